//! `leaks FILE|DIR…`: the gate that looks for what must not be written down.

use std::path::PathBuf;

use clap::Args;
use harness::Looked;

use crate::{report::words, terminal};

/// Arguments of `leaks`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Leaks {
    /// Files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

const AFTER_HELP: &str = "\
Hidden files are looked at, links are followed, gzip, escaped JSON and bodies that a HAR keeps in base64 are unpacked; what git
keeps of a folder is left out.

Exit codes:
  0  nothing found
  1  something is there that must not be
  2  usage, or nothing found and something could not be looked at";

impl Leaks {
    pub(crate) fn run(&self) -> u8 {
        let Looked { leaks, unreadable } = harness::look_through(&self.paths);
        for leak in &leaks {
            outln!("{leak}");
        }
        if !leaks.is_empty() {
            outln!("\nTake it out of the file and of git's history, and make the token invalid.");
        } else if unreadable.is_empty() {
            outln!("no token, cookie or e-mail address of a real domain");
        } else {
            outln!(
                "no token, cookie or e-mail address of a real domain in what could be looked at"
            );
        }
        out!("{}", terminal::unreadable(&words::unreadable(&unreadable, 0, usize::MAX)));
        match (leaks.is_empty(), unreadable.is_empty()) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 0,
        }
    }
}

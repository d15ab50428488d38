//! `leaks FILE|DIR…`: the gate that looks for what must not be written down.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `leaks`.
#[derive(Debug, Args)]
pub struct Leaks {
    /// Files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

impl Leaks {
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let leaks = crate::record::scan(&self.paths)?;
        for leak in &leaks {
            outln!("{leak}");
        }
        if leaks.is_empty() {
            outln!("no token, cookie or e-mail address of a real domain");
        } else {
            outln!("\nTake it out of the file and of git's history, and make the token invalid.");
        }
        Ok(u8::from(!leaks.is_empty()))
    }
}

//! `diff OLD NEW`: what a new version of the vendor's document does to readers and to the quirks.

use std::path::PathBuf;

use clap::Args;
use contract::{Change, Diff, Effect};

use crate::{
    Defaults, faults,
    report::words::{self, printable},
    terminal,
};

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct DiffArgs {
    /// The document as it was: a file, or the folder of its files
    old: PathBuf,
    /// The document as it is now
    new: PathBuf,
    /// The contract folder whose quirks are held against both
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing breaks a reader of responses and no quirk is touched
  1  something does
  2  usage, or a document that could not be read";

impl DiffArgs {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let quirks = match self.contract.as_ref().or(defaults.contract.as_ref()) {
            Some(folder) => harness::read_contract(folder)?.quirks,
            None => Vec::new(),
        };
        let [old, new] = [&self.old, &self.new].map(|it| harness::read_documents(it));
        let diff = contract::diff(&old?, &new?, &quirks)
            .map_err(|it| faults("what is compared has", &it))?;
        out!("{}", if self.json { diff.to_json() } else { screen(&diff) });
        Ok(u8::from(!diff.is_harmless()))
    }
}

fn screen(diff: &Diff) -> String {
    if diff.quirks.is_empty() && diff.changes.is_empty() {
        return "Nothing changes for a reader of responses, and no quirk is touched.\n".into();
    }
    let of = |effect: Effect| diff.changes.iter().filter(move |it| it.effect == effect).count();
    let mut out = format!(
        "For a reader of responses {} {}, {} only {}, {} only {}. {} touched.\n",
        words::plural(of(Effect::Breaks) as u64, "change"),
        if of(Effect::Breaks) == 1 { "breaks something" } else { "break something" },
        of(Effect::Adds),
        if of(Effect::Adds) == 1 { "adds" } else { "add" },
        of(Effect::Narrows),
        if of(Effect::Narrows) == 1 { "narrows" } else { "narrow" },
        match diff.quirks.len() {
            1 => "1 quirk is".to_owned(),
            count => format!("{count} quirks are"),
        },
    );
    if !diff.quirks.is_empty() {
        out += "\nQuirks\n";
    }
    for it in &diff.quirks {
        out += &format!(
            "  {:<13} {}\n{:16}{} {} `{}`\n{:16}{}\n",
            it.touch.as_str(),
            printable(&it.id),
            "",
            it.operation,
            it.status,
            it.place,
            "",
            printable(&it.message)
        );
    }
    let mut operation = None;
    for change in &diff.changes {
        if operation != Some(&change.operation) {
            out += &format!("\n{}\n", change.operation);
            operation = Some(&change.operation);
        }
        out += &line(change);
    }
    out
}

fn line(change: &Change) -> String {
    let style = match change.effect {
        Effect::Breaks => terminal::ERROR,
        Effect::Adds | Effect::Narrows => anstyle::Style::new(),
    };
    let status = change.status.as_deref().unwrap_or_default();
    let place = change.place.as_ref().map_or_else(String::new, ToString::to_string);
    let where_ = [status, &place].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>();
    let where_ = if where_.is_empty() { String::new() } else { where_.join(" ") + ": " };
    let what = printable(format!("{where_}{}", change.what));
    format!("  {style}{:<16}{style:#} {what}\n", change.effect.as_str())
}

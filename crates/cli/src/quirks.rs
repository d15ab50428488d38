//! `quirks`: the register as a table.

use clap::{Args, Subcommand};
use contract::{Contract, QuirkReport, Run, RunOptions};

use crate::{
    Defaults, Sources, Today, message::Message, report::words::unreadable_of, suggest::Suggest,
    terminal,
};

/// Arguments of `quirks`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Quirks {
    #[command(subcommand)]
    command: Option<QuirksCommand>,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    today: Today,
}

#[derive(Debug, Subcommand)]
enum QuirksCommand {
    /// Drafts a quirk file for each deviation that no quirk explains yet
    Suggest(Suggest),
    /// Writes the message to the vendor about one quirk, in Markdown
    Report(Message),
}

impl Quirks {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        match &self.command {
            Some(QuirksCommand::Suggest(it)) => return it.run(defaults),
            Some(QuirksCommand::Report(it)) => return it.run(defaults),
            None => {}
        }
        let contract = self.sources.load(defaults)?;
        let options = RunOptions {
            base_urls: self.sources.base_url.clone(),
            today: Some(self.today.day()),
            ..RunOptions::default()
        };
        let mut run = Run::new(&contract, options);
        self.sources.check(&mut run, defaults, None)?;
        let report = run.report();
        out!("{}", table(&contract, &report.quirks));
        out!("{}", terminal::unreadable(&unreadable_of(&report)));
        Ok(if report.unreadable.is_empty() { 0 } else { 2 })
    }
}

fn table(contract: &Contract, states: &[QuirkReport]) -> String {
    if states.is_empty() {
        return "The register is empty.\n".into();
    }
    let mut out = String::new();
    for state in states {
        let quirk = contract
            .quirks()
            .iter()
            .find(|it| it.id == state.id)
            .expect("states are of the register");
        out += &terminal::quirk_line(state, 1);
        out += &format!("    {}\n", quirk.summary);
        let kinds: Vec<_> = quirk.evidence.iter().map(|it| it.kind.as_str()).collect();
        let review = match quirk.review_by {
            Some(day) => format!("review by {day}"),
            None => "permanent".to_owned(),
        };
        out += &format!("    {} {} `{}`\n", state.operation, state.status, state.place);
        out += &format!(
            "    known since {}, {review}, evidence: {}\n",
            quirk.known_since,
            or_none(&kinds)
        );
        out += &format!("    {}\n\n", quirk.reason);
    }
    out
}

fn or_none(words: &[&str]) -> String {
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

//! `check [FILE|DIR…]`.

use anyhow::bail;
use clap::Args;
use contract::{Contract, ContractTexts, Report, Run, RunOptions, Unreadable};

use crate::{
    Bulk, Defaults, Sources, Today, fields,
    live::{Begin, ProbingArgs},
    operations,
    report::{
        FailOn, Output,
        words::{plural, printable},
    },
    shape, terminal,
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    live: ProbingArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    today: Today,
    /// Check only this operation, such as "GET /chat/chatrooms/{id}"; may be repeated
    #[arg(long, value_name = "OPERATION")]
    include: Vec<String>,
    /// Leave this operation out, documented or not; may be repeated
    #[arg(long, value_name = "OPERATION", value_parser = operation)]
    exclude: Vec<String>,
    /// Take no document with faults: list all of them, and check nothing
    #[arg(long)]
    strict_documents: bool,
    /// The least grave finding that breaks the contract; notes never do
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    #[command(flatten)]
    output: Output,
}

impl Check {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let texts = self.sources.texts(defaults)?;
        let contract = crate::compile(&texts)?;
        if self.strict_documents {
            sound(&contract, &texts)?;
        }
        self.check_names(&contract)?;
        let own = self.sources.own_places(defaults)?;
        self.output.hold_against(&self.sources.files_read(defaults), &own)?;
        let asking = match self.live.begin(&contract, self.sources.stand_ins(defaults))? {
            Begin::Files => None,
            Begin::Ask(asking) => Some(asking),
            Begin::Printed => return Ok(0),
        };
        let mut base_urls = self.sources.base_url.clone();
        base_urls.extend(asking.iter().map(|it| it.base_url().to_owned()));
        let options = RunOptions {
            base_urls,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            today: Some(self.today.day()),
            fail_on: Some(self.fail_on.into()),
            shard: self.bulk.shard,
            no_fast_path: self.bulk.no_fast_path,
            baseline: Some(shape::read(&self.sources.shape_folder(defaults)?)?),
            at: asking
                .as_ref()
                .map(|_| jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        };
        let mut run = Run::new(&contract, options);
        self.sources.check_or_ask(&mut run, asking.as_deref(), defaults, Some(&self.bulk))?;
        for name in run.excluded_in_vain() {
            terminal::warn(&format!(
                "--exclude `{name}` leaves nothing out: neither the contract has it nor what came"
            ));
        }
        let mut report = run.report();
        if let Some(asking) = &asking {
            report = asking.without_secrets(report, &texts)?;
        }
        contract.locate(&texts, &mut report);
        if let Some(types) = self.sources.types(defaults) {
            fields::locate(types, &mut report);
        }
        let code = self.output.deliver(&report, defaults);
        self.tell_of_bodies(&report);
        Ok(code)
    }

    /// A body alone does not say what it answers.
    fn tell_of_bodies(&self, report: &Report) {
        let is_json = |it: &&Unreadable| it.entry.is_none() && it.source.ends_with(".json");
        let found = report.unreadable.iter().find(is_json);
        if let Some(it) = found.filter(|_| self.sources.operation.is_none()) {
            terminal::warn(&printable(format!(
                "if {} is a body alone, say what it answers: --operation \"GET /path\" --status 200; bodies of several \
                 operations go into NDJSON, an exchange a line",
                it.source
            )));
        }
    }

    /// A misspelt operation would silently check nothing.
    fn check_names(&self, contract: &Contract) -> anyhow::Result<()> {
        let known: Vec<&str> = contract.operations().map(contract::OperationId::as_str).collect();
        for name in &self.include {
            if !known.contains(&name.as_str()) {
                bail!("no operation `{name}` in the contract; it has: {}", operations(contract));
            }
        }
        Ok(())
    }
}

/// What may be left out need not be documented.
fn operation(text: &str) -> Result<String, String> {
    match text.split_once(' ') {
        Some((method, path)) if !method.is_empty() && path.starts_with('/') => Ok(text.to_owned()),
        _ => Err("promised a method and a path, such as \"GET /chat/chatrooms/{id}\"".into()),
    }
}

/// # Errors
/// Everything that is wrong with the vendor's document.
fn sound(contract: &Contract, texts: &ContractTexts) -> anyhow::Result<()> {
    let faults: Vec<String> =
        contract.located_faults(texts).iter().map(ToString::to_string).collect();
    match faults.len() as u64 {
        0 => Ok(()),
        count => bail!("the document has {}\n{}", plural(count, "fault"), faults.join("\n")),
    }
}

//! `check [FILE|DIR…]`.

use anyhow::bail;
use clap::Args;
use contract::{Contract, ContractTexts, Run, RunOptions};

use crate::{
    Bulk, Defaults, Sources, Today, fields,
    live::{Begin, ProbingArgs},
    operations,
    report::{FailOn, Output},
    shape,
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
    /// Leave this operation out; may be repeated
    #[arg(long, value_name = "OPERATION")]
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
        let mut report = run.report();
        if let Some(asking) = &asking {
            report = asking.without_secrets(report, &texts)?;
        }
        contract.locate(&texts, &mut report);
        if let Some(types) = self.sources.types(defaults) {
            fields::locate(types, &mut report);
        }
        Ok(self.output.deliver(&report, defaults))
    }

    /// A misspelt operation would silently check nothing.
    fn check_names(&self, contract: &Contract) -> anyhow::Result<()> {
        let known: Vec<&str> = contract.operations().map(contract::OperationId::as_str).collect();
        for name in self.include.iter().chain(&self.exclude) {
            if !known.contains(&name.as_str()) {
                bail!("no operation `{name}` in the contract; it has: {}", operations(contract));
            }
        }
        Ok(())
    }
}

/// # Errors
/// Everything that is wrong with the vendor's document.
fn sound(contract: &Contract, texts: &ContractTexts) -> anyhow::Result<()> {
    let faults: Vec<String> =
        contract.located_faults(texts).iter().map(ToString::to_string).collect();
    match faults.len() {
        0 => Ok(()),
        1 => bail!("the document has 1 fault\n{}", faults[0]),
        count => bail!("the document has {count} faults\n{}", faults.join("\n")),
    }
}

//! `check [FILE|DIR…]`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use contract::{Contract, Run, RunOptions, Severity};

use crate::{
    Bulk, Defaults, Sources,
    live::{Begin, LiveArgs},
    operations, shape, terminal,
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    bulk: Bulk,
    /// Check only this operation, such as "GET /chat/chatrooms/{id}"; may be repeated
    #[arg(long, value_name = "OPERATION")]
    include: Vec<String>,
    /// Leave this operation out; may be repeated
    #[arg(long, value_name = "OPERATION")]
    exclude: Vec<String>,
    /// The least grave finding that breaks the contract; notes never do
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Also write the report in this form; may be repeated
    #[arg(long, value_name = "json=PATH", value_delimiter = ',', value_parser = report_target)]
    report: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

impl Check {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let contract = self.sources.load(defaults)?;
        self.check_names(&contract)?;
        let fail_on = match self.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
        };
        let asking = match self.live.begin(&contract, defaults)? {
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
            today: Some(self.sources.today()),
            fail_on: Some(fail_on),
            no_fast_path: self.bulk.no_fast_path,
            baseline: Some(shape::read(&self.sources.shape_folder(defaults)?)?),
            at: asking
                .as_ref()
                .map(|_| jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        };
        let mut run = Run::new(&contract, options);
        self.sources.check_or_ask(&mut run, asking.as_deref(), defaults, Some(&self.bulk))?;
        let report = run.report();
        out!("{}", terminal::report(&report, defaults.command));
        let mut code = report.exit_code;
        for path in &self.report {
            if let Err(error) = harness::write_whole(path, report.to_json().as_bytes()) {
                anstream::eprintln!(
                    "{}error:{} {error}",
                    terminal::ERROR.render(),
                    terminal::ERROR.render_reset()
                );
                // A broken contract is the graver news.
                code = if code == 1 { 1 } else { 2 };
            }
        }
        Ok(code)
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

fn report_target(text: &str) -> Result<PathBuf, String> {
    match text.split_once('=') {
        Some(("json", path)) if !path.is_empty() => Ok(path.into()),
        Some(("json", _)) => Err("no path after `json=`".into()),
        _ => Err("promised FORMAT=PATH; the formats are: json".into()),
    }
}

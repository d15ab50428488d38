//! `check [FILE|DIR…]`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use contract::{Contract, Run, RunOptions, Severity};

use crate::{
    Defaults, Sources,
    html::html,
    live::{Begin, LiveArgs},
    shape, strength, terminal,
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    live: LiveArgs,
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
    #[arg(long, value_name = "FORM=PATH", value_delimiter = ',', value_parser = report_target)]
    report: Vec<(Form, PathBuf)>,
    /// What `strength --json` wrote, to be told in the HTML report
    #[arg(long, value_name = "PATH")]
    strength: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Html,
}

impl Check {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let contract = self.sources.load(defaults)?;
        self.check_names(&contract)?;
        let strength = self.strength.as_deref().map(strength::read).transpose()?;
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
            baseline: Some(shape::read(&self.sources.shape_folder(defaults)?)?),
            at: asking
                .as_ref()
                .map(|_| jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        };
        let mut run = Run::new(&contract, options);
        self.sources.check_or_ask(&mut run, asking.as_deref(), defaults)?;
        let report = run.report();
        out!("{}", terminal::report(&report, defaults.command));
        let mut code = report.exit_code;
        for (form, path) in &self.report {
            let text = match form {
                Form::Json => report.to_json(),
                Form::Html => html(&report, strength.as_ref()),
            };
            if let Err(error) = harness::write_whole(path, text.as_bytes()) {
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
                bail!("no operation `{name}` in the contract; it has: {}", known.join(", "));
            }
        }
        Ok(())
    }
}

fn report_target(text: &str) -> Result<(Form, PathBuf), String> {
    let form = |name: &str| match name {
        "json" => Some(Form::Json),
        "html" => Some(Form::Html),
        _ => None,
    };
    match text.split_once('=').and_then(|(name, path)| Some((name, form(name)?, path))) {
        Some((name, _, "")) => Err(format!("no path after `{name}=`")),
        Some((_, form, path)) => Ok((form, path.into())),
        None => Err("promised FORM=PATH; the forms are: json, html".into()),
    }
}

//! Asking a server: the options that say how, and the asking.

use std::{collections::BTreeMap, env, time::Duration};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use contract::{Contract, ContractTexts, Provenance, Report, Text};
use harness::{Answer, LiveOptions, NoAnswer, Plan, Planned, Probes};
use secrecy::{ExposeSecret, SecretString};

use crate::{progress::Progress, report::words::plural, shell};

/// A server of our own that can be asked instead of the live one.
#[derive(Debug)]
pub struct StandIns {
    /// The scenarios, each with what it does.
    pub scenarios: Vec<(&'static str, &'static str)>,
    /// Starts a scenario.
    pub start: fn(&str) -> anyhow::Result<Running>,
}

/// A stand-in that runs until this is dropped.
pub struct Running {
    /// What keeps it running.
    pub server: Box<dyn std::any::Any>,
    /// What the environment's variables are for it.
    pub variables: BTreeMap<&'static str, String>,
}

/// Whom to ask, and how.
#[derive(Debug, Args)]
pub(crate) struct LiveArgs {
    /// Ask the live server that contract.toml names
    #[arg(long, conflicts_with = "files")]
    live: bool,
    /// Start the stand-in server and ask it; `serve --help` lists the scenarios
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, require_equals = true, default_missing_value = "known", conflicts_with_all = ["files", "live"])]
    stand_in: Option<String>,
    /// Print the requests that would be sent, and send none
    #[arg(long)]
    dry_run: bool,
    /// Send at most this many requests, retries included
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_requests: u64,
    /// Send at most this many requests a second, minute or hour
    #[arg(long, value_name = "N/s|m|h", default_value = "60/m", value_parser = interval)]
    rate_limit: Duration,
}

/// Whom to ask, and how, by commands that may ask wrongly.
#[derive(Debug, Args)]
pub(crate) struct ProbingArgs {
    #[command(flatten)]
    live: LiveArgs,
    /// Also send wrong requests: no token, unknown id, wrong method; `=access` also a garbage token and another account
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "polite", value_name = "access")]
    probes: Option<ProbesArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProbesArg {
    Polite,
    Access,
}

/// What a run asks.
pub(crate) struct Asking {
    plan: Plan,
    options: LiveOptions,
    /// Kept until the last answer.
    _stand_in: Option<Running>,
}

impl ProbingArgs {
    /// Whom the command asks, where it asks anybody.
    ///
    /// # Errors
    /// Where an option of live runs stands alone, or the run cannot be planned.
    pub(crate) fn begin(
        &self,
        contract: &Contract,
        stand_ins: Option<&StandIns>,
    ) -> anyhow::Result<Begin> {
        let Self { live, probes } = self;
        if !live.live && live.stand_in.is_none() {
            if live.dry_run || probes.is_some() {
                bail!("--dry-run and --probes go with --live");
            }
            return Ok(Begin::Files);
        }
        let probes = match probes {
            None => Probes::Off,
            Some(ProbesArg::Polite) => Probes::Polite,
            Some(ProbesArg::Access) => Probes::Access,
        };
        live.begin(contract, probes, stand_ins)
    }

    /// What was given of this and says whom to ask, as words behind a command.
    pub(crate) fn again(&self) -> String {
        match (&self.live.stand_in, self.live.live) {
            (Some(scenario), _) => format!(" --stand-in={}", shell::quoted(scenario)),
            (None, true) => " --live".to_owned(),
            (None, false) => String::new(),
        }
    }
}

impl LiveArgs {
    /// Whom a command asks that has nobody else to take answers from.
    ///
    /// # Errors
    /// Where the run cannot be planned.
    pub(crate) fn ask(
        &self,
        contract: &Contract,
        stand_ins: Option<&StandIns>,
    ) -> anyhow::Result<Begin> {
        self.begin(contract, Probes::Off, stand_ins)
    }

    fn begin(
        &self,
        contract: &Contract,
        probes: Probes,
        stand_ins: Option<&StandIns>,
    ) -> anyhow::Result<Begin> {
        let asking = self.asking(contract, probes, stand_ins)?;
        if self.dry_run {
            out!("{}", asking.in_words());
            return Ok(Begin::Printed);
        }
        Ok(Begin::Ask(Box::new(asking)))
    }

    /// Plans the run, and starts the stand-in where it is to be asked.
    fn asking(
        &self,
        contract: &Contract,
        probes: Probes,
        stand_ins: Option<&StandIns>,
    ) -> anyhow::Result<Asking> {
        let stand_in = self.stand_in.as_deref().map(|name| start(name, stand_ins)).transpose()?;
        let variable = |name: &str| match &stand_in {
            Some(running) => running.variables.get(name).cloned(),
            None => env::var(name).ok(),
        };
        let plan = harness::plan(contract.settings().live.as_ref(), probes, &variable)?;
        let mut options = LiveOptions {
            budget: self.max_requests,
            interval: self.rate_limit,
            ..LiveOptions::polite()
        };
        if stand_in.is_some() {
            // Our own server need not be spared.
            options.interval = Duration::ZERO;
            options.backoff = Duration::from_millis(20);
            options.provenance = Provenance::StandIn;
            options.read_timeout = Duration::from_secs(2);
            options.total_timeout = Duration::from_secs(5);
        }
        Ok(Asking { plan, options, _stand_in: stand_in })
    }
}

/// Where a command's exchanges come from.
pub(crate) enum Begin {
    /// From files.
    Files,
    /// From a server.
    Ask(Box<Asking>),
    /// From nowhere: the requests were only to be printed, and were.
    Printed,
}

impl Asking {
    /// The requests, without any value.
    fn in_words(&self) -> String {
        let requests: String =
            self.plan.requests.iter().map(|it| format!("  {}\n", it.in_words())).collect();
        format!(
            "{} to {}, at most {} with retries:\n{requests}",
            plural(self.plan.requests.len() as u64, "request"),
            self.plan.base_url,
            self.options.budget
        )
    }

    /// The base URL, which is in scope.
    pub(crate) fn base_url(&self) -> &str {
        &self.plan.base_url
    }

    pub(crate) fn provenance(&self) -> Provenance {
        self.options.provenance
    }

    /// What the answers come from, in reports.
    pub(crate) fn source(&self) -> &'static str {
        self.options.provenance.as_str()
    }

    /// What no output may hold. What the contract itself says, such as a version or a media type, is no secret.
    pub(crate) fn secrets(&self, contract: &ContractTexts) -> Vec<SecretString> {
        let ContractTexts { documented, quirks, modelled, settings } = contract;
        let said = |it: &&SecretString| {
            let mut texts = documented.iter().chain(quirks).chain(modelled).chain(settings);
            texts.any(|text| text.text.contains(it.expose_secret()))
        };
        self.plan.secrets.iter().filter(|it| !said(it)).cloned().collect()
    }

    /// The report with `*` where an answer has a secret of the run for a member's name.
    pub(crate) fn without_secrets(
        &self,
        report: Report,
        contract: &ContractTexts,
    ) -> anyhow::Result<Report> {
        let text = report.to_json();
        let starred = harness::starred(&text, &self.secrets(contract));
        if starred == text {
            return Ok(report);
        }
        let starred = Text { name: "the report".to_owned(), text: starred };
        Report::read(&starred).map_err(|_| {
            anyhow::anyhow!(
                "a secret of this run is a word of our reports, which would tell it; ask with another secret"
            )
        })
    }

    /// Asks, with progress on a terminal.
    pub(crate) fn ask(
        &self,
        mut each: impl FnMut(usize, &Planned, &Result<Answer, NoAnswer>),
    ) -> anyhow::Result<()> {
        let progress = Progress::new();
        let count = self.plan.requests.len();
        harness::ask(&self.plan, &self.options, |index, planned, answer| {
            each(index, planned, &answer);
            progress.tell(format_args!("asked {} of {count}", index + 1));
        })?;
        Ok(())
    }
}

fn start(scenario: &str, stand_ins: Option<&StandIns>) -> anyhow::Result<Running> {
    let stand_ins = stand_ins.context("there is no stand-in for this contract; use --live")?;
    if !stand_ins.scenarios.iter().any(|it| it.0 == scenario) {
        let names: Vec<&str> = stand_ins.scenarios.iter().map(|it| it.0).collect();
        bail!("no scenario `{scenario}`; there are: {}", names.join(", "));
    }
    (stand_ins.start)(scenario).context("the stand-in could not start")
}

/// `60/m` as the time between two requests.
fn interval(text: &str) -> Result<Duration, String> {
    let promised = || "promised a number and a unit, such as 60/m, 2/s or 100/h".to_owned();
    let (number, unit) = text.split_once('/').ok_or_else(promised)?;
    let number: f64 = number.parse().map_err(|_| promised())?;
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(promised()),
    };
    // Slower than one a day is a mistake.
    let wait = seconds / number;
    if number > 0.0 && (0.0..=86_400.0).contains(&wait) {
        Duration::try_from_secs_f64(wait).map_err(|_| promised())
    } else {
        Err(promised())
    }
}

//! Reports and their forms: all are made from the canonical report, by `check` at once or by `report` later.

mod github;
mod html;
mod junit;
mod markdown;
pub(crate) mod places;
mod sarif;
pub(crate) mod words;

use std::{
    env,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use contract::{Report, Severity, Strength};

use crate::{Defaults, terminal};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Canonical reports (`check --report json=PATH`): one, or those of all parts of a run
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// The least grave finding that breaks the contract [default: what the reports say]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
}

impl From<FailOn> for Severity {
    fn from(it: FailOn) -> Self {
        match it {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
        }
    }
}

/// What becomes of a report.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Also give the report in these forms: json=PATH, junit=PATH, sarif=PATH, markdown=PATH, html=PATH, github; may be
    /// repeated; `-` is standard output, in place of what is shown
    #[arg(long, value_name = "FORM=PATH", value_delimiter = ',', value_parser = target)]
    report: Vec<Target>,
    /// What `strength --json` wrote, to be told in the HTML report
    #[arg(long, value_name = "PATH")]
    strength: Option<PathBuf>,
    /// Unfold everything: all findings in full, notes, all that was left alone
    #[arg(short, long)]
    verbose: bool,
}

/// A form, and where it goes.
#[derive(Debug, Clone)]
enum Target {
    File(Form, PathBuf),
    /// Standard output, which then shows nothing else.
    Screen(Form),
    /// Annotations on standard output, and the step's summary where there is one.
    GitHub,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Junit,
    Sarif,
    Markdown,
    Html,
}

impl Form {
    const ALL: &[(&str, Self)] = &[
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("sarif", Self::Sarif),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
    ];

    fn of(self, report: &Report, strength: Option<&Strength>) -> String {
        match self {
            Self::Json => report.to_json(),
            Self::Junit => junit::junit(report),
            Self::Sarif => sarif::sarif(report),
            Self::Markdown => markdown::markdown(report),
            Self::Html => html::html(report, strength),
        }
    }
}

fn target(text: &str) -> Result<Target, String> {
    let names: Vec<&str> = Form::ALL.iter().map(|it| it.0).collect();
    let promised =
        format!("promised FORM=PATH or `github`; the forms with a path are: {}", names.join(", "));
    match text.split_once('=') {
        None if text == "github" => Ok(Target::GitHub),
        Some((name, path)) => match Form::ALL.iter().find(|it| it.0 == name) {
            Some(_) if path.is_empty() => Err(format!("no path after `{name}=`")),
            Some((_, form)) if path == "-" || path == "/dev/stdout" => Ok(Target::Screen(*form)),
            Some((_, form)) => Ok(Target::File(*form, path.into())),
            None => Err(promised),
        },
        None => Err(promised),
    }
}

impl ReportArgs {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        self.output.hold_against(&self.reports, &[])?;
        let mut reports = Vec::new();
        for path in &self.reports {
            let text = harness::read_text(path).context("a report could not be read")?;
            let read = Report::read(&text);
            let report = read.map_err(|it| anyhow::anyhow!("a report could not be read\n{it}"))?;
            reports.push((text.name, report));
        }
        let mut report = contract::join(reports).context("the reports could not be joined")?;
        if let Some(fail_on) = self.fail_on {
            report.fail_on(fail_on.into());
        }
        Ok(self.output.deliver(&report, defaults))
    }
}

impl Output {
    /// Holds where the forms go against each other, against what the command reads and against the contract's own places.
    ///
    /// # Errors
    /// Where a form would take another's place, or that of what is read.
    pub(crate) fn hold_against(&self, read: &[PathBuf], own: &[PathBuf]) -> anyhow::Result<()> {
        let files = self.report.iter().filter_map(|it| match it {
            Target::File(_, path) => Some(path.as_path()),
            Target::Screen(_) | Target::GitHub => None,
        });
        let read: Vec<PathBuf> = read.iter().chain(&self.strength).cloned().collect();
        places::hold_against(&files.collect::<Vec<_>>(), &read, own)?;
        let on_screen = |it: &&Target| !matches!(it, Target::File(..));
        let has_form = self.report.iter().any(|it| matches!(it, Target::Screen(_)));
        if has_form && self.report.iter().filter(on_screen).count() > 1 {
            bail!("two forms for standard output, which holds one; name a path for each other");
        }
        Ok(())
    }

    /// The report as people see it, unless standard output was asked for a form.
    fn screen(
        &self,
        report: &Report,
        strength: Option<&Strength>,
        command: &'static str,
    ) -> String {
        let form = self.report.iter().find_map(|it| match it {
            Target::Screen(form) => Some(form.of(report, strength)),
            Target::File(..) | Target::GitHub => None,
        });
        form.unwrap_or_else(|| terminal::report(report, &terminal::View::of(self.verbose, command)))
    }

    /// Prints the report, gives it in every form that was asked for, and says with which exit code the command ends.
    pub(crate) fn deliver(&self, report: &Report, defaults: &Defaults) -> u8 {
        let mut code = report.exit_code;
        let mut complain = |error: &str| {
            terminal::complain(error);
            // A broken contract is the graver news.
            code = if code == 1 { 1 } else { 2 };
        };
        let strength = self.strength.as_deref().map(|it| strength_of(it, report)).transpose();
        let strength = strength.unwrap_or_else(|error| {
            complain(&format!("{error:#}"));
            None
        });
        out!("{}", self.screen(report, strength.as_ref(), defaults.command));
        for target in &self.report {
            let written = match target {
                Target::File(form, path) => {
                    let text = form.of(report, strength.as_ref());
                    harness::write_whole(path, text.as_bytes()).map_err(|it| it.to_string())
                }
                Target::Screen(_) => Ok(()),
                Target::GitHub => github(report),
            };
            if let Err(error) = written {
                complain(&error);
            }
        }
        code
    }
}

/// What planted faults showed of the report's contract.
fn strength_of(path: &Path, report: &Report) -> anyhow::Result<Strength> {
    let text = harness::read_text(path)?;
    let strength = Strength::read(&text).map_err(|it| anyhow::anyhow!("{it}"))?;
    if strength.contract != report.run.contract {
        bail!(
            "{}: the strength of another contract than the report's; make it anew with `strength --json`",
            path.display()
        );
    }
    Ok(strength)
}

/// Annotations for the log, and the Markdown for the summary of the step.
fn github(report: &Report) -> Result<(), String> {
    out!("\n{}", github::annotations(report));
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|it| !it.is_empty()) else {
        return Ok(());
    };
    // Other commands of the step may have written to it.
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut it| it.write_all(markdown::markdown(report).as_bytes()));
    written.map_err(|it| format!("{}: could not be written: {it}", path.display()))
}

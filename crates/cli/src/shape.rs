//! `shape [--accept]`: the observed shape, and what is new in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use contract::{Run, RunOptions, Severity, Shape};

use crate::{Defaults, Sources, report::words::unreadable_of, shell, terminal};

/// Arguments of `shape`.
#[derive(Debug, Args)]
pub struct ShapeArgs {
    #[command(flatten)]
    sources: Sources,
    /// Write the observed shape as the accepted one; without it, nothing is written
    #[arg(long)]
    accept: bool,
    /// The folder of the accepted shape [default: `shape` in the contract folder]
    #[arg(long, value_name = "DIR")]
    shape: Option<PathBuf>,
}

impl ShapeArgs {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let contract = self.sources.load(defaults)?;
        let folder = match &self.shape {
            Some(folder) => folder.clone(),
            None => self.sources.shape_folder(defaults)?,
        };
        // What is to be replaced need not be readable.
        let baseline = if self.accept { Shape::default() } else { read(&folder)? };
        let base_urls = self.sources.base_url.clone();
        let mut run = Run::new(
            &contract,
            RunOptions { base_urls, baseline: Some(baseline), ..RunOptions::default() },
        );
        self.sources.check(&mut run, defaults, None)?;
        let report = run.report();
        out!("{}", terminal::unreadable(&unreadable_of(&report)));
        let shape = run.shape();
        if shape.is_empty() {
            bail!("nothing was seen that the vendor said; cases and the stand-in do not count");
        }
        if self.accept {
            if report.count(Severity::Error) > 0 || !report.unreadable.is_empty() {
                bail!(
                    "the contract is not kept, or a source could not be read; settle that first (`{} check{}`)",
                    defaults.command,
                    self.sources.again()
                );
            }
            for (name, text) in shape.files(&contract) {
                let path = folder.join(name);
                harness::write_whole(&path, text.as_bytes())?;
                outln!("wrote {}", path.display());
            }
            return Ok(0);
        }
        out!("{}", shape.in_words());
        let changes: Vec<_> =
            report.findings.iter().filter(|it| it.rule.id().starts_with("shape-")).collect();
        if changes.is_empty() {
            outln!("\nNothing new, nothing gone.");
        }
        for change in &changes {
            let status = change.status.map_or_else(String::new, |it| format!(" {it}"));
            let place = change.place.as_ref().map_or_else(String::new, |it| format!(" {it}"));
            outln!(
                "\n{} {}{status}{place}\n  {}",
                change.rule.id(),
                change.operation,
                change.message
            );
        }
        if !changes.is_empty() {
            let folder = self
                .shape
                .as_ref()
                .map_or_else(String::new, |it| format!(" --shape {}", shell::quoted(it.display())));
            let again = self.sources.again();
            outln!("\nTo accept: {} shape --accept{folder}{again}", defaults.command);
        }
        let is_another = changes.iter().any(|it| it.severity <= Severity::Warning);
        Ok(match (is_another, report.unreadable.is_empty()) {
            (true, _) => 1,
            (false, false) => 2,
            (false, true) => 0,
        })
    }
}

/// The accepted shape of a folder; nothing where there is no folder.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Shape> {
    let texts =
        harness::read_texts(folder, "json").context("the accepted shape could not be read")?;
    Shape::read(&texts).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the accepted shape could not be read\n{}", faults.join("\n"))
    })
}

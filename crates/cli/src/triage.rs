//! `triage REPORT…`: what to open, update and close after a night, as JSON.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

/// Arguments of `triage`.
#[derive(Debug, Args)]
pub struct Triage {
    /// Canonical reports, tonight's the last: those of live runs by their times, others as they are named, the oldest first
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
}

impl Triage {
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let mut texts = Vec::new();
        for path in &self.reports {
            texts.push(harness::read_text(path).context("a report could not be read")?);
        }
        let triage = contract::triage(&texts).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("a report could not be read\n{}", faults.join("\n"))
        })?;
        outln!("{}", serde_json::to_string_pretty(&triage)?);
        Ok(u8::from(triage.red))
    }
}

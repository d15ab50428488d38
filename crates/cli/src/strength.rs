//! `strength [FILE|DIR…]`: plants faults in every observed value and lists what no assertion notices.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use contract::Strength;

use crate::{Defaults, Sources};

/// Arguments of `strength`.
#[derive(Debug, Args)]
pub struct StrengthArgs {
    #[command(flatten)]
    sources: Sources,
    /// Exit 1 where a smaller share of the faults is noticed, such as 0.9
    #[arg(long, value_name = "SHARE", value_parser = share)]
    fail_under: Option<f64>,
    /// Also write the result as JSON
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

impl StrengthArgs {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let contract = self.sources.load(defaults)?;
        let mut strength = Strength::default();
        let mut unreadable = 0;
        let base_urls = &self.sources.base_url;
        self.sources.each(&contract, defaults, |entry| match entry {
            Ok(exchange) => contract.plant_faults(&exchange, base_urls, &mut strength),
            Err(_) => unreadable += 1,
        })?;
        if strength.planted == 0 {
            bail!(
                "no fault could be planted: no readable exchange has a JSON body that keeps the contract"
            );
        }
        crate::out!("{}", in_words(&strength));
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(&strength)? + "\n";
            harness::write_whole(path, text.as_bytes())?;
        }
        if unreadable > 0 {
            crate::outln!(
                "\n{unreadable} sources or entries could not be read; `{} check` names them",
                defaults.command
            );
            return Ok(2);
        }
        Ok(u8::from(self.fail_under.is_some_and(|it| strength.share() < it)))
    }
}

/// Reads what `--json` wrote.
///
/// # Errors
/// Where it cannot be read, or is something else.
pub(crate) fn read(path: &Path) -> anyhow::Result<Strength> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).map_err(|error| {
        let line = error.line();
        anyhow!("{}:{line}: promised what `strength --json` writes; make it anew", path.display())
    })
}

fn in_words(strength: &Strength) -> String {
    let mut out = format!(
        "{} of {} planted faults noticed ({:.1} %)\n\n",
        strength.noticed,
        strength.planted,
        strength.share() * 100.0
    );
    for (operator, [planted, noticed]) in &strength.operators {
        out += &format!("  {operator:<18} {noticed:>5} of {planted}\n");
    }
    if !strength.survivors.is_empty() {
        out += "\nUnnoticed\n";
    }
    for (place, operators) in &strength.survivors {
        out += &format!("  {place}\n");
        for (operator, survivors) in operators {
            out += &format!("    {operator:<18} {} x{}\n", survivors.reason, survivors.count);
        }
    }
    out
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|it| (0.0..=1.0).contains(it));
    share.ok_or_else(|| "promised a share between 0 and 1".into())
}

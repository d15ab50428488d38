//! `strength [FILE|DIR…]`: plants faults in every observed value and lists what no assertion notices.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use contract::{Meter, OperationId, Planted, Strength, Survivors};

use crate::{Defaults, Sources, progress::Progress, report::words::plural};

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
        let mut meter = Meter::new(&contract, &self.sources.base_url);
        let mut unreadable = 0;
        let progress = Progress::new();
        self.sources.each(&contract, defaults, |entry| {
            match entry {
                Ok(exchange) => meter.plant(&exchange),
                Err(_) => unreadable += 1,
            }
            let Strength { faults, responses, .. } = meter.strength();
            progress
                .tell(format_args!("planted {} faults in {responses} responses", faults.planted));
        })?;
        drop(progress);
        let strength = meter.strength();
        if strength.faults.planted == 0 {
            bail!(
                "no fault could be planted: promised a response with a JSON body that keeps the contract, came {}; \
                 `{} check` says what breaks it",
                none_kept(strength),
                defaults.command
            );
        }
        crate::out!("{}", in_words(strength));
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(strength)? + "\n";
            harness::write_whole(path, text.as_bytes())?;
        }
        if unreadable > 0 {
            crate::outln!(
                "\n{unreadable} sources or entries could not be read; `{} check` names them",
                defaults.command
            );
            return Ok(2);
        }
        Ok(u8::from(self.fail_under.is_some_and(|it| strength.faults.share() < it)))
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

fn none_kept(strength: &Strength) -> String {
    match strength.broken_responses {
        0 => "none that has a JSON body".into(),
        1 => "one that does not keep it".into(),
        count => format!("{count} that do not keep it"),
    }
}

fn in_words(strength: &Strength) -> String {
    let Planted { planted, noticed } = strength.faults;
    let mut out = format!(
        "{noticed} of {planted} planted faults noticed ({:.1} %), in {}\n",
        strength.faults.share() * 100.0,
        plural(strength.responses, "response"),
    );
    let left_out = [
        (strength.alike_responses, "showing nothing new"),
        (strength.broken_responses, "breaking the contract as they came"),
    ];
    for (count, why) in left_out.into_iter().filter(|it| it.0 > 0) {
        out += &format!("{} left out, {why}\n", plural(count, "response"));
    }
    out.push('\n');
    for (operator, Planted { planted, noticed }) in &strength.operators {
        out += &format!("  {:<18} {noticed:>5} of {planted}\n", operator.as_str());
    }
    if !strength.survivors.is_empty() {
        out += "\nUnnoticed, by reason\n";
    }
    for (reason, count) in by_reason(strength) {
        out += &format!("  {count:>5}  {reason}\n");
    }
    for of_response in strength.survivors.chunk_by(|a, b| response(a) == response(b)) {
        let (operation, status) = response(&of_response[0]);
        out += &format!("\nUnnoticed in {operation} {status}\n");
        for at_place in of_response.chunk_by(|a, b| a.place == b.place) {
            out += &format!("  {}\n", at_place[0].place);
            for it in at_place {
                out += &format!("    {:<18} {} x{}\n", it.operator.as_str(), it.reason, it.count);
            }
        }
    }
    out
}

/// The operation and status that survivors are of.
pub(crate) fn response(survivors: &Survivors) -> (&OperationId, u16) {
    (&survivors.operation, survivors.status)
}

/// How many survived for each reason, the most frequent first. Quirks count together.
pub(crate) fn by_reason(strength: &Strength) -> Vec<(&str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for it in &strength.survivors {
        let reason =
            if it.reason.starts_with("quirk ") { "a quirk widened it" } else { &it.reason };
        *counts.entry(reason).or_default() += it.count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|it| std::cmp::Reverse(it.1));
    counts
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|it| (0.0..=1.0).contains(it));
    share.ok_or_else(|| "promised a share between 0 and 1".into())
}

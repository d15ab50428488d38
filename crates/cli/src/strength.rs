//! `strength [FILE|DIR…]`: plants faults in every observed value and lists what no assertion notices.

use std::{
    collections::BTreeMap,
    num::NonZero,
    path::{Path, PathBuf},
    thread::available_parallelism,
};

use clap::Args;
use contract::{LeftOut, Meter, OperationId, Planted, Severity, Strength, Survivors};

use crate::{
    Defaults, Sources,
    progress::Progress,
    report::{
        FailOn, places,
        words::{left_unread, plural},
    },
    terminal,
};

/// Arguments of `strength`.
#[derive(Debug, Args)]
pub struct StrengthArgs {
    #[command(flatten)]
    sources: Sources,
    /// The least grave finding by which a fault is noticed
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Exit 1 where a smaller share of the faults is noticed, such as 0.9
    #[arg(long, value_name = "SHARE", value_parser = share)]
    fail_under: Option<f64>,
    /// How many threads plant [default: one for each core]; what is found is the same
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Also write the result as JSON; `-` is standard output, and the words go to standard error
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

impl StrengthArgs {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let contract = self.sources.load(defaults)?;
        let written: Vec<&Path> = self.json_file().into_iter().collect();
        let own = self.sources.own_places(defaults)?;
        places::hold_against(&written, &self.sources.files_read(defaults), &own)?;
        let cores = || available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let mut meter = Meter::new(&contract, &self.sources.base_url, self.fail_on.into())
            .with_threads(self.threads.unwrap_or_else(cores));
        let mut unreadable = LeftOut::default();
        let progress = Progress::new();
        self.sources.each(&contract, defaults, |entry| {
            match entry {
                Ok(exchange) => meter.plant(&exchange),
                Err(it) => unreadable.tell(it),
            }
            let Strength { faults, responses, .. } = meter.strength();
            progress
                .tell(format_args!("planted {} faults in {responses} responses", faults.planted));
        })?;
        drop(progress);
        let strength = meter.strength();
        let unreadable = left_unread(unreadable);
        let too_few = self.fail_under.filter(|it| strength.faults.share() < *it);
        let mut words = in_words(strength) + &terminal::unreadable(&unreadable);
        if let Some(asked) = too_few {
            words += &format!(
                "\n{} is less than the {} % that --fail-under asks for\n",
                percent(strength.faults),
                (asked * 1e6).round() / 1e4
            );
        }
        let json = || serde_json::to_string_pretty(strength).map(|it| it + "\n");
        match (&self.json, self.json_file()) {
            (Some(_), None) => {
                terminal::mutter(words.trim_end());
                crate::out!("{}", json()?);
            }
            (_, None) => crate::out!("{words}"),
            (_, Some(path)) => {
                crate::out!("{words}");
                harness::write_whole(path, json()?.as_bytes())?;
            }
        }
        Ok(match () {
            () if too_few.is_some() => 1,
            () if !unreadable.is_empty() => 2,
            () if strength.faults.planted == 0 => 3,
            () => 0,
        })
    }

    /// Where the JSON is written, unless that is standard output.
    fn json_file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|it| *it != Path::new("-"))
    }
}

fn in_words(strength: &Strength) -> String {
    let Planted { planted, noticed } = strength.faults;
    let responses = plural(strength.responses, "response");
    let mut out = match planted {
        0 => "No fault could be planted: no response with a JSON body keeps the contract\n"
            .to_owned(),
        _ => format!(
            "{noticed} of {planted} planted faults noticed ({}), in {responses}\n",
            percent(strength.faults)
        ),
    };
    for it in left_out(strength) {
        out += &format!("{it}\n");
    }
    if planted > 0 {
        out.push('\n');
    }
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
                let often =
                    if it.count > 1 { format!(" ({} times)", it.count) } else { String::new() };
                out += &format!("    {:<18} {}{often}\n", it.operator.as_str(), it.reason);
            }
        }
    }
    out
}

/// What got no faults, each kind in words.
pub(crate) fn left_out(strength: &Strength) -> Vec<String> {
    let fail_on = match strength.fail_on {
        Severity::Error => "",
        _ => ", warnings included",
    };
    let told = |count: u64, what: &str, why: String| {
        (count > 0).then(|| format!("{} left out: {why}", plural(count, what)))
    };
    [
        told(strength.alike_responses, "response", "nothing new to plant in".into()),
        told(
            strength.broken_responses,
            "response",
            format!("the contract is broken without any fault{fail_on}; `check` says by what"),
        ),
        told(strength.left_alone, "exchange", "not judged by a JSON body; `check` says why".into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The share of faults that were noticed, rounded down: 100 % is all of them.
pub(crate) fn percent(faults: Planted) -> String {
    let per_mille = (faults.noticed * 1_000).checked_div(faults.planted).unwrap_or(1_000);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
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

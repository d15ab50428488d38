//! `record`: asks the live server, or takes a HAR, and writes masked recordings.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
};

use anyhow::bail;
use clap::Args;
use contract::{Contract, Exchange, LeftOut, MaskKey, Masked, Provenance};
use harness::RecordingInfo;

use crate::{
    Defaults,
    live::{Begin, LiveArgs},
    report::words::left_unread,
    terminal,
};

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct Record {
    #[command(flatten)]
    live: LiveArgs,
    /// Take exchanges of this HAR, such as a browser's export, instead of asking; may be repeated
    #[arg(long = "from", value_name = "FILE", id = "files", conflicts_with = "dry_run")]
    files: Vec<PathBuf>,
    /// The folder that the recordings are written to [default: `recordings` in the contract folder]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL", value_parser = crate::base_url)]
    base_url: Vec<String>,
}

/// What is recorded: the first exchange of each shape.
#[derive(Default)]
struct Taken {
    by_name: BTreeMap<String, (Masked, Provenance)>,
    foreign: usize,
    no_answer: usize,
    /// Of the shape of one that was taken before.
    alike: usize,
    dropped: Vec<String>,
}

impl Record {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let Some(folder) = self.contract.as_ref().or(defaults.contract.as_ref()) else {
            bail!("no contract folder; name one with --contract DIR");
        };
        let contract = crate::load(folder)?;
        let own = self.contract.as_ref().map(|it| it.join("recordings"));
        let Some(to) = self.to.clone().or(own).or_else(|| defaults.recordings.first().cloned())
        else {
            bail!("no folder to write to; name one with --to DIR");
        };
        let (key, is_fresh) = mask_key(&contract)?;
        if self.live.has_probes() {
            bail!("answers to wrong requests are not recorded; leave --probes out");
        }
        let mut taken = Taken::default();
        let mut secrets = Vec::new();
        let mut unreadable = LeftOut::default();
        if self.files.is_empty() {
            let Begin::Ask(asking) = self.live.ask(&contract, defaults)? else {
                return Ok(0);
            };
            let base_urls = [self.base_url.clone(), vec![asking.base_url().to_owned()]].concat();
            // What is live now is a recording when somebody reads it.
            let provenance = match asking.provenance() {
                Provenance::Live => Provenance::Recorded,
                other => other,
            };
            asking.ask(|index, planned, answer| match answer {
                Ok(answer) => {
                    let exchange =
                        harness::exchange(asking.source(), index, planned, answer, provenance);
                    taken.take(&contract, &exchange, &base_urls, &key);
                }
                Err(_) => taken.no_answer += 1,
            })?;
            secrets = asking.into_secrets();
        } else {
            for path in &self.files {
                harness::each_exchange(path, None, |entry| match entry {
                    Ok(exchange) => taken.take(&contract, &exchange, &self.base_url, &key),
                    Err(it) => unreadable.tell(it),
                });
            }
        }
        let info = |provenance| RecordingInfo {
            provenance,
            recorded_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            tool: concat!("paperwire ", env!("CARGO_PKG_VERSION")).to_owned(),
            contract: contract.hash().to_owned(),
        };
        let mut written = 0;
        let mut known = 0;
        for (name, (masked, provenance)) in &taken.by_name {
            let path = to.join(name);
            if is_whole(&path) {
                // The shape is in the name: what is there says the same.
                known += 1;
                continue;
            }
            let text = harness::recording(masked, &info(*provenance));
            let leaks = harness::leaks(name, &text, &secrets);
            if let Some(leak) = leaks.first() {
                bail!(
                    "not written: {leak}; tell the contract what it is (`x-sensitive`), or leave it out"
                );
            }
            harness::write_whole(&path, text.as_bytes())?;
            written += 1;
            outln!("wrote {}", path.display());
        }
        taken.tell(written, known, is_fresh);
        let unreadable = left_unread(unreadable);
        out!("{}", terminal::unreadable(&unreadable));
        Ok(match (unreadable.is_empty(), taken.by_name.is_empty()) {
            (false, _) => 2,
            (true, true) => 3,
            (true, false) => 0,
        })
    }
}

impl Taken {
    fn take(
        &mut self,
        contract: &Contract,
        exchange: &Exchange<'_>,
        base_urls: &[String],
        key: &MaskKey,
    ) {
        // Quota, outage and a refused token say nothing about the contract.
        let says_nothing = exchange.status == 0
            || exchange.status == 429
            || exchange.status >= 500
            || (matches!(exchange.status, 401 | 403)
                && exchange.asked_by_us
                && exchange.probe.is_none());
        if says_nothing {
            self.no_answer += 1;
            return;
        }
        let Some(masked) = contract.mask(exchange, base_urls, key) else {
            self.foreign += 1;
            return;
        };
        let name = harness::recording_name(&contract.file_names()[&masked.operation], &masked);
        if !masked.why_dropped.is_empty() {
            let places: BTreeSet<String> =
                masked.why_dropped.iter().map(ToString::to_string).collect();
            self.dropped
                .push(format!("{name}: {}", places.into_iter().collect::<Vec<_>>().join(", ")));
        }
        if self.by_name.contains_key(&name) {
            self.alike += 1;
            return;
        }
        self.by_name.insert(name, (masked, exchange.provenance));
    }

    fn tell(&self, written: usize, known: usize, is_fresh: bool) {
        outln!(
            "{} exchanges: {written} recorded, {known} of a shape that is recorded already, {} of a shape like another's, \
             {} not of the contract, {} without an answer that says something",
            self.by_name.len() + self.alike + self.foreign + self.no_answer,
            self.alike,
            self.foreign,
            self.no_answer,
        );
        for dropped in &self.dropped {
            outln!("body left out, since masking would change what is found: {dropped}");
        }
        if written > 0 && is_fresh {
            outln!(
                "masked with a key of this run alone: the same person has another mask in the next recording"
            );
        }
    }
}

/// Whether there is a recording that can be read; one that cannot is written anew.
fn is_whole(path: &Path) -> bool {
    let (mut read, mut broken) = (0, 0);
    if path.is_file() {
        harness::each_exchange(path, None, |entry| match entry {
            Ok(_) => read += 1,
            Err(_) => broken += 1,
        });
    }
    read > 0 && broken == 0
}

/// The key that contract.toml names, or a fresh one.
fn mask_key(contract: &Contract) -> anyhow::Result<(MaskKey, bool)> {
    let variable = contract
        .settings()
        .mask_key
        .as_deref()
        .map(|it| it.trim_start_matches("${").trim_end_matches('}'));
    if let Some(text) = variable.and_then(|it| env::var(it).ok()).filter(|it| !it.trim().is_empty())
    {
        return Ok((MaskKey::from_text(&text), false));
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|it| anyhow::anyhow!("no random key could be made: {it}"))?;
    Ok((MaskKey::new(bytes), true))
}

//! `record`: asks the live server, or takes recorded traffic, and writes masked recordings.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
};

use anyhow::bail;
use clap::Args;
use contract::{Contract, Exchange, LeftOut, MaskKey, Masked, OperationId, Provenance, Unreadable};
use harness::{RecordingInfo, starred};
use secrecy::SecretString;

use crate::{
    Defaults,
    live::{Begin, LiveArgs},
    report::words::{left_unread, plural},
    terminal,
};

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct Record {
    #[command(flatten)]
    live: LiveArgs,
    /// Take the exchanges of these HAR or NDJSON files, such as a browser's export, or of folders or patterns of them, instead
    /// of asking; may be repeated
    #[arg(long = "from", value_name = "FILE|DIR", id = "files", conflicts_with = "dry_run")]
    files: Vec<PathBuf>,
    /// The folder that the recordings are written to [default: `recordings` in the contract folder]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL")]
    base_url: Vec<String>,
}

/// What is recorded: the first exchange of each shape, and each that shows a code beyond those.
struct Taken<'c> {
    contract: &'c Contract,
    base_urls: Vec<String>,
    key: MaskKey,
    to: PathBuf,
    operations: BTreeMap<OperationId, String>,
    by_name: BTreeMap<String, (Masked, Provenance)>,
    /// What was taken shows, and what is recorded already.
    codes: BTreeMap<(OperationId, u16), BTreeSet<String>>,
    foreign: usize,
    no_answer: usize,
    /// Showing nothing beyond what is recorded already.
    known: usize,
    /// Showing nothing beyond what was taken before.
    alike: usize,
    dropped: Vec<String>,
    /// Whether there is a recording of a name that can be read.
    recorded: BTreeMap<String, bool>,
}

impl Record {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        crate::check_base_urls(&self.base_url)?;
        let Some(folder) = self.contract.as_ref().or(defaults.contract.as_ref()) else {
            bail!("no contract folder; name one with --contract DIR");
        };
        let texts = crate::read(folder)?;
        let contract = crate::compile(&texts)?;
        let own = self.contract.as_ref().map(|it| it.join("recordings"));
        let Some(to) = self.to.clone().or(own).or_else(|| defaults.recordings.first().cloned())
        else {
            bail!("no folder to write to; name one with --to DIR");
        };
        let (key, is_fresh) = mask_key(&contract)?;
        let mut taken = Taken::new(&contract, self.base_url.clone(), key, to);
        let mut secrets = Vec::new();
        let mut unreadable = LeftOut::default();
        if self.files.is_empty() {
            let stand_ins = defaults.stand_ins.as_ref().filter(|_| self.contract.is_none());
            let Begin::Ask(asking) = self.live.ask(&contract, stand_ins)? else {
                return Ok(0);
            };
            taken.base_urls.push(asking.base_url().to_owned());
            // What is live now is a recording when somebody reads it.
            let provenance = match asking.provenance() {
                Provenance::Live => Provenance::Recorded,
                other => other,
            };
            asking.ask(|index, planned, answer| match answer {
                Ok(answer) => {
                    let exchange =
                        harness::exchange(asking.source(), index, planned, answer, provenance);
                    taken.take(&exchange);
                }
                Err(_) => taken.no_answer += 1,
            })?;
            secrets = asking.secrets(&texts);
        } else {
            self.each_exchange(|entry| match entry {
                Ok(exchange) => taken.take(&exchange),
                Err(it) => unreadable.tell(it),
            });
        }
        let written = taken.write(&secrets)?;
        taken.tell(written, is_fresh, &secrets);
        let unreadable = left_unread(unreadable);
        out!("{}", terminal::unreadable(&unreadable));
        let is_nothing = written + taken.known + taken.alike == 0;
        Ok(match (unreadable.is_empty(), is_nothing) {
            (false, _) => 2,
            (true, true) => 3,
            (true, false) => 0,
        })
    }

    /// Gives every exchange of the files, or what cannot be read, to `each`.
    fn each_exchange(&self, mut each: impl FnMut(Result<Exchange<'_>, Unreadable>)) {
        for found in self.files.iter().flat_map(|it| harness::recordings(it, false)) {
            match found {
                Ok(path) => harness::each_exchange(&path, None, &mut each),
                Err(error) => each(Err(crate::unreadable(&error))),
            }
        }
    }
}

impl<'c> Taken<'c> {
    fn new(contract: &'c Contract, base_urls: Vec<String>, key: MaskKey, to: PathBuf) -> Self {
        Self {
            contract,
            base_urls,
            key,
            to,
            operations: contract.file_names(),
            by_name: BTreeMap::new(),
            codes: BTreeMap::new(),
            foreign: 0,
            no_answer: 0,
            known: 0,
            alike: 0,
            dropped: Vec::new(),
            recorded: BTreeMap::new(),
        }
    }

    fn take(&mut self, exchange: &Exchange<'_>) {
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
        let Some(masked) = self.contract.mask(exchange, &self.base_urls, &self.key) else {
            self.foreign += 1;
            return;
        };
        let name = harness::recording_name(&self.operations[&masked.operation], &masked);
        if !masked.why_dropped.is_empty() {
            let places: BTreeSet<String> =
                masked.why_dropped.iter().map(ToString::to_string).collect();
            self.dropped
                .push(format!("{name}: {}", places.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let is_recorded = self.is_recorded(&name);
        let is_taken = is_recorded || self.by_name.contains_key(&name);
        let codes = self.codes_of(&masked);
        if is_taken && masked.codes.is_subset(codes) {
            match is_recorded {
                true => self.known += 1,
                false => self.alike += 1,
            }
            return;
        }
        codes.extend(masked.codes.iter().cloned());
        let name = self.free(&name);
        self.by_name.insert(name, (masked, exchange.provenance));
    }

    /// The codes that answers of an operation and status have shown.
    fn codes_of(&mut self, masked: &Masked) -> &mut BTreeSet<String> {
        let Self { contract, base_urls, key, to, operations, codes, .. } = self;
        let response = (masked.operation.clone(), masked.status);
        codes.entry(response).or_insert_with(|| {
            let start = format!("{}-{}-", operations[&masked.operation], masked.status);
            let mut shown = BTreeSet::new();
            for path in recordings_of(to, &start) {
                harness::each_exchange(&path, None, |entry| {
                    let recorded = entry.ok().and_then(|it| contract.mask(&it, base_urls, key));
                    let same = recorded.filter(|it| {
                        it.operation == masked.operation && it.status == masked.status
                    });
                    shown.extend(same.into_iter().flat_map(|it| it.codes));
                });
            }
            shown
        })
    }

    /// The name, or the first with a number that no other recording has.
    fn free(&mut self, name: &str) -> String {
        let stem = name.trim_end_matches(".har");
        let mut names =
            std::iter::once(name.to_owned()).chain((2..).map(|it| format!("{stem}-{it}.har")));
        names
            .find(|it| !self.by_name.contains_key(it) && !self.is_recorded(it))
            .expect("numbers have no end")
    }

    /// Whether there is a recording that can be read; one that cannot is written anew.
    fn is_recorded(&mut self, name: &str) -> bool {
        let path = self.to.join(name);
        *self.recorded.entry(name.to_owned()).or_insert_with(|| {
            let (mut read, mut broken) = (0, 0);
            if path.is_file() {
                harness::each_exchange(&path, None, |entry| match entry {
                    Ok(_) => read += 1,
                    Err(_) => broken += 1,
                });
            }
            read > 0 && broken == 0
        })
    }

    /// Writes the recordings, and says how many.
    fn write(&self, secrets: &[SecretString]) -> anyhow::Result<usize> {
        let info = |provenance| RecordingInfo {
            provenance,
            recorded_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            tool: concat!("paperwire ", env!("CARGO_PKG_VERSION")).to_owned(),
            contract: self.contract.hash().to_owned(),
        };
        for (name, (masked, provenance)) in &self.by_name {
            let text = harness::recording(masked, &info(*provenance));
            if let Some(leak) = harness::leaks(name, &text, secrets).first() {
                bail!(
                    "not written: {leak}; tell the contract what it is (`x-sensitive`), or leave it out"
                );
            }
            let path = self.to.join(name);
            harness::write_whole(&path, text.as_bytes())?;
            outln!("wrote {}", path.display());
        }
        Ok(self.by_name.len())
    }

    fn tell(&self, written: usize, is_fresh: bool, secrets: &[SecretString]) {
        let left_out = [
            (self.known, "showing nothing beyond what is recorded already"),
            (self.alike, "showing nothing beyond another"),
            (self.foreign, "not of the contract"),
            (self.no_answer, "without an answer that says something"),
        ];
        let all = written + left_out.iter().map(|it| it.0).sum::<usize>();
        let mut line = format!("{}: {written} recorded", plural(all as u64, "exchange"));
        for (count, why) in left_out.iter().filter(|it| it.0 > 0) {
            line += &format!(", {count} {why}");
        }
        outln!("{line}");
        for dropped in &self.dropped {
            let dropped = starred(dropped, secrets);
            outln!("body left out, since masking would change what is found: {dropped}");
        }
        if written > 0 && is_fresh {
            outln!(
                "masked with a key of this run alone: the same person has another mask in the next recording"
            );
        }
    }
}

/// The recordings of a folder whose names start so, in order; none where there is no folder.
fn recordings_of(folder: &Path, start: &str) -> Vec<PathBuf> {
    let found = harness::recordings(folder, false).into_iter().filter_map(Result::ok);
    let is_meant = |it: &PathBuf| {
        it.file_name().and_then(|it| it.to_str()).is_some_and(|it| it.starts_with(start))
    };
    found.filter(is_meant).collect()
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

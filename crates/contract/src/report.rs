//! The canonical report. Every other form is made from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    document::{DocumentFault, OperationId},
    finding::Finding,
    format, left_out,
    place::Place,
    quirk::{Evidence, QuirkId},
    rule::Severity,
    shape::Compared,
    shard::Shard,
    tally::{PlaceTally, add},
    text::{Fault, Text},
};

/// What one run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this format.
    pub format_version: u32,
    /// What made the report.
    pub run: RunInfo,
    /// Whether the contract was kept.
    pub verdict: Verdict,
    /// 0 kept, 1 broken, 2 a source could not be read, 3 could not check.
    pub exit_code: u8,
    /// How many exchanges there were.
    pub exchanges: ExchangeCounts,
    /// What is wrong with the vendor's document; the rest of it was used.
    pub document_faults: Vec<DocumentFault>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// The register, each quirk at each of its places.
    pub quirks: Vec<QuirkReport>,
    /// What was promised and what was seen at each place of the responses that came, those that nothing showed included.
    pub places: Vec<PlaceTally>,
    /// The observed shape and the accepted one, where they were compared.
    pub shape: Option<Compared>,
    /// Operations that were asked, with answers that say something or not.
    pub asked: BTreeSet<OperationId>,
    /// Operations of which an answer was judged.
    pub judged: BTreeSet<OperationId>,
    /// Operations that were judged by documented + quirks, because the model lacks them.
    pub without_model: BTreeSet<OperationId>,
    /// Exchanges that were left alone or could not be checked, and why: the first 100, each reason among them.
    pub skipped: Vec<Skipped>,
    /// How many there are in all, by reason.
    #[serde(default)]
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// Sources, or entries of them, that could not be read: the first 100, of as many sources as can be.
    pub unreadable: Vec<Unreadable>,
    /// How many there are in all, by source.
    #[serde(default)]
    pub unreadable_by_source: BTreeMap<String, u64>,
}

/// What made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// The tool and its version.
    pub tool: String,
    /// A hash over the contract's texts.
    pub contract: String,
    /// The servers that the contract is about: the document's, with a value for each variable, and the base URLs. Reports of
    /// older versions do not say it.
    #[serde(default)]
    pub servers: BTreeSet<String>,
    /// When the run asked a server; none where it only read recordings.
    pub at: Option<String>,
    /// The least grave finding that breaks the contract.
    pub fail_on: Severity,
    /// Which part of the exchanges was checked, such as `1/4`; none where all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub shard: Option<Shard>,
}

/// Whether the contract was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// What was seen is what is expected, known quirks included.
    Kept,
    /// Something differs.
    Broken,
    /// Nothing was judged, or nothing of an operation that was asked.
    CouldNotCheck,
}

/// How many exchanges there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeCounts {
    /// Judged.
    pub checked: u64,
    /// Left alone: no body in the source, a limit, not modified, a preflight.
    pub skipped: u64,
    /// Not of this contract.
    pub out_of_scope: u64,
    /// Answers that say nothing about the contract: quota, outage.
    pub could_not_check: u64,
    /// Those of the judged that a real server sent from a host that neither the document nor a base URL names: only their
    /// paths speak for them. Reports of older versions do not say it.
    #[serde(default)]
    pub on_foreign_hosts: u64,
    /// Those out of scope that came from the host of one of the servers, below another base path. Reports of older versions
    /// do not say it.
    #[serde(default)]
    pub beside_base_path: u64,
}

impl ExchangeCounts {
    pub(crate) fn absorb(&mut self, other: Self) {
        add(&mut self.checked, other.checked);
        add(&mut self.skipped, other.skipped);
        add(&mut self.out_of_scope, other.out_of_scope);
        add(&mut self.could_not_check, other.could_not_check);
        add(&mut self.on_foreign_hosts, other.on_foreign_hosts);
        add(&mut self.beside_base_path, other.beside_base_path);
    }
}

/// A quirk at one of its places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuirkReport {
    /// The quirk.
    pub id: QuirkId,
    /// The quirk in one line.
    pub summary: String,
    /// The file that it stands in.
    pub file: String,
    /// What the document's schema says there, in words.
    pub declared: String,
    /// What the document's prose claims, in words, where that differs.
    pub described: Option<String>,
    /// What comes instead, in words; none where `also` comes.
    pub returned: Option<String>,
    /// What comes as well, in words; none where `returned` comes.
    pub also: Option<String>,
    /// Why this is believed.
    pub reason: String,
    /// When it became known.
    pub known_since: Date,
    /// When it must be looked at again; none for a permanent quirk.
    pub review_by: Option<Date>,
    /// Where the matter is followed.
    pub ticket: Option<String>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The operation.
    pub operation: OperationId,
    /// The response's status.
    pub status: u16,
    /// Where in the body.
    pub place: Place,
    /// What this run says about it.
    pub state: QuirkState,
    /// Whether it is past its `review_by`.
    pub expired: bool,
    /// Values that show the quirk.
    pub confirmed: u64,
    /// Those of them that a real server sent.
    pub confirmed_on_wire: u64,
    /// Values that speak neither for it nor against it.
    pub neutral: u64,
    /// Values that keep the documented promise instead.
    pub healed: u64,
    /// Values that are neither.
    pub mutated: u64,
}

/// What a run says about a quirk.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum QuirkState {
    /// It turned into another deviation.
    Mutated,
    /// Some values show it, some keep the documented promise.
    PartlyHealed,
    /// The vendor keeps the documented promise.
    Healed,
    /// It was seen.
    Confirmed,
    /// Values were seen, and none shows it.
    Unconfirmed,
    /// No value was seen at its place.
    NotExercised,
}

impl QuirkReport {
    /// What its counts say.
    pub(crate) fn counted_state(&self) -> QuirkState {
        match self {
            Self { mutated: 1.., .. } => QuirkState::Mutated,
            Self { healed: 1.., confirmed: 1.., .. } => QuirkState::PartlyHealed,
            Self { healed: 1.., .. } => QuirkState::Healed,
            Self { confirmed: 1.., .. } => QuirkState::Confirmed,
            Self { neutral: 1.., .. } => QuirkState::Unconfirmed,
            _ => QuirkState::NotExercised,
        }
    }
}

impl QuirkState {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mutated => "mutated",
            Self::PartlyHealed => "partly-healed",
            Self::Healed => "healed",
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
            Self::NotExercised => "not-exercised",
        }
    }
}

/// An exchange that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// The file, or what else it came from.
    pub source: String,
    /// Its number in the source, from zero.
    pub entry: usize,
    /// Why.
    pub reason: String,
}

/// A source, or an entry of it, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unreadable {
    /// The file, or what else it is.
    pub source: String,
    /// The entry, from zero; none where the source as a whole is concerned.
    pub entry: Option<usize>,
    /// The byte of the source, where that is known.
    pub byte: Option<usize>,
    /// What was promised, what was found, what settles it.
    pub reason: String,
}

/// The version of the canonical report that is written and read.
pub(crate) const FORMAT_VERSION: u32 = 1;

impl Report {
    /// Reads a canonical report.
    ///
    /// # Errors
    /// Where the text is none, or one of another version.
    pub fn read(text: &Text) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let promised = "promised a canonical report (`check --report json=PATH`)";
        let none = |error: serde_json::Error| text.fault(Some(error.line()), promised);
        let Version { format_version } = serde_json::from_str(&text.text).map_err(none)?;
        if format_version != FORMAT_VERSION {
            let reason = format!(
                "a canonical report of version {format_version}; this program reads version {FORMAT_VERSION}: \
                 make the report again with it"
            );
            return Err(text.fault(None, reason));
        }
        let mut report: Self = serde_json::from_str(&text.text).map_err(none)?;
        // Older reports name all, and count none.
        if report.skipped_by_reason.is_empty() {
            report.skipped_by_reason = left_out::counted(&report.skipped);
        }
        if report.unreadable_by_source.is_empty() {
            report.unreadable_by_source = left_out::counted(&report.unreadable);
        }
        Ok(report)
    }

    /// Moves the line between what breaks the contract and what does not.
    pub fn fail_on(&mut self, severity: Severity) {
        self.run.fail_on = severity.min(Severity::Warning);
        self.conclude();
    }

    /// Draws the verdict and the exit code from everything else.
    pub(crate) fn conclude(&mut self) {
        let broken = self.findings.iter().any(|it| self.breaks(it));
        let nothing_judged = self.exchanges.checked == 0 || self.unjudged().next().is_some();
        (self.verdict, self.exit_code) = match (broken, self.unreadable.is_empty(), nothing_judged)
        {
            (true, ..) => (Verdict::Broken, 1),
            (false, false, true) => (Verdict::CouldNotCheck, 2),
            (false, false, false) => (Verdict::Kept, 2),
            (false, true, true) => (Verdict::CouldNotCheck, 3),
            (false, true, false) => (Verdict::Kept, 0),
        };
    }

    /// Whether a finding breaks the contract in this run.
    pub fn breaks(&self, finding: &Finding) -> bool {
        finding.severity <= self.run.fail_on
    }

    /// The operations that were asked and gave no answer that could be judged.
    pub fn unjudged(&self) -> impl Iterator<Item = &OperationId> {
        self.asked.difference(&self.judged)
    }

    /// How many exchanges were left alone or could not be checked, beyond those that are named.
    pub fn more_skipped(&self) -> u64 {
        beyond(&self.skipped_by_reason, self.skipped.len())
    }

    /// How much could not be read, beyond what is named.
    pub fn more_unreadable(&self) -> u64 {
        beyond(&self.unreadable_by_source, self.unreadable.len())
    }

    /// The report as canonical JSON, with a final newline. Equal input gives equal bytes.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("only maps with text keys");
        text.push('\n');
        text
    }

    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|it| it.severity == severity).count()
    }
}

fn beyond(counts: &BTreeMap<String, u64>, named: usize) -> u64 {
    let all = counts.values().fold(0_u64, |all, it| all.saturating_add(*it));
    all.saturating_sub(named as u64)
}

/// The published JSON Schema of the canonical report.
pub(crate) fn schema() -> Value {
    format::written_schema::<Report>("urn:paperwire:format:report")
}

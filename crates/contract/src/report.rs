//! The canonical report. Every other form is made from it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    document::OperationId, finding::Finding, format, place::Place, quirk::QuirkId, rule::Severity,
    tally::PlaceTally,
};

/// What one run found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// The register, each quirk at each of its places.
    pub quirks: Vec<QuirkReport>,
    /// What was seen at each place.
    pub places: Vec<PlaceTally>,
    /// Operations that were judged by documented + quirks, because the model lacks them.
    pub without_model: Vec<OperationId>,
    /// Exchanges that were left alone or could not be checked, and why.
    pub skipped: Vec<Skipped>,
    /// Sources, or entries of them, that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// What made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunInfo {
    /// The tool and its version.
    pub tool: String,
    /// A hash over the contract's texts.
    pub contract: String,
    /// When the run asked a server; none where it only read recordings.
    pub at: Option<String>,
}

/// Whether the contract was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExchangeCounts {
    /// Judged.
    pub checked: u64,
    /// Left alone: no body in the source, a limit, not modified, a preflight.
    pub skipped: u64,
    /// Not of this contract.
    pub out_of_scope: u64,
    /// Answers that say nothing about the contract: quota, outage.
    pub could_not_check: u64,
}

impl ExchangeCounts {
    pub(crate) fn absorb(&mut self, other: Self) {
        self.checked += other.checked;
        self.skipped += other.skipped;
        self.out_of_scope += other.out_of_scope;
        self.could_not_check += other.could_not_check;
    }
}

/// A quirk at one of its places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuirkReport {
    /// The quirk.
    pub id: QuirkId,
    /// The quirk in one line.
    pub summary: String,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// The file, or what else it came from.
    pub source: String,
    /// Its number in the source, from zero.
    pub entry: usize,
    /// Why.
    pub reason: String,
}

/// A source, or an entry of it, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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

impl Report {
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

/// The published JSON Schema of the canonical report.
pub(crate) fn schema() -> Value {
    format::written_schema::<Report>("urn:paperwire:format:report")
}

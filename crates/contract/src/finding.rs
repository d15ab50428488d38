//! One defect: where it is, what was promised, what came, and what settles it.

use std::{collections::BTreeSet, num::NonZero};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    document::OperationId,
    place::Place,
    quirk::QuirkId,
    report::QuirkReport,
    rule::{Rule, Severity},
    words::{QuirkTopic, Topic},
};

/// One defect, however often it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// 12 hex digits of a hash over operation, status, place and rule, and the quirk where the rule is about one. It
    /// does not move with wording, the layout of `$ref`, the number of items or versions of libraries.
    pub id: String,
    /// The rule.
    pub rule: Rule,
    /// How grave it is.
    pub severity: Severity,
    /// The operation; for an undocumented one, its method and its path: the longest documented prefix, then what reads as
    /// a name, and `*` for what does not.
    pub operation: OperationId,
    /// The response's status; none where the whole operation is concerned.
    pub status: Option<u16>,
    /// Where in the body; none where no body is concerned.
    pub place: Option<Place>,
    /// What was promised, in words.
    pub promised: String,
    /// Who promised it.
    pub promised_by: PromisedBy,
    /// The types that came, or the media types of bodies. Never a value.
    pub came: BTreeSet<String>,
    /// The quirk that it is about.
    pub quirk: Option<QuirkId>,
    /// The modelled field at the place, `Chatroom.source`, where there is one.
    pub field: Option<String>,
    /// Where no alternative fits: the one that comes nearest, from one.
    pub nearest_branch: Option<usize>,
    /// What that is called, and what is wrong inside it, in words.
    pub nearest: Option<String>,
    /// Where the contract's texts say what was promised; none where they do not, or nobody looked.
    pub promised_at: Option<Location>,
    /// How many values show it.
    pub count: u64,
    /// In how many exchanges.
    pub exchanges: u64,
    /// Where it was seen first; none where no exchange is concerned.
    pub first: Option<Sighting>,
    /// What was promised and what came, in a sentence.
    pub message: String,
    /// What to do next.
    pub settle: String,
}

/// Who promised it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PromisedBy {
    /// The document's schema.
    Documented,
    /// The document's prose.
    Described,
    /// A quirk.
    Quirk,
    /// The model alone.
    Model,
}

impl PromisedBy {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Described => "described",
            Self::Quirk => "quirk",
            Self::Model => "model",
        }
    }
}

/// A place in a text of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file.
    pub file: String,
    /// Counted from one.
    pub line: NonZero<usize>,
    /// The character of the line, counted from one.
    pub column: NonZero<usize>,
}

/// Where something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sighting {
    /// The file, or what else the exchange came from.
    pub source: String,
    /// The number of the entry in the source, from zero.
    pub entry: usize,
    /// A JSON pointer into the body; what does not read as a name and is not in the contract is `*`.
    pub pointer: String,
    /// The byte of the source at which it stands, where that is known.
    pub byte: Option<usize>,
}

impl Finding {
    /// Says it in words, of what is known by now; `quirks` are the register's.
    pub(crate) fn word(&mut self, quirks: &[QuirkReport]) {
        let of_quirk = |it: &&QuirkReport| Some(&it.id) == self.quirk.as_ref();
        let at_place = |it: &&QuirkReport| {
            it.operation == self.operation
                && Some(it.status) == self.status
                && Some(&it.place) == self.place.as_ref()
        };
        let mut entries = quirks.iter().filter(of_quirk);
        let first = self.quirk.as_ref().and_then(|_| entries.clone().next());
        let here = self.quirk.as_ref().and_then(|_| entries.find(at_place));
        let topic = Topic {
            rule: self.rule,
            place: self.place.as_ref(),
            promised: &self.promised,
            by: self.promised_by,
            came: &self.came,
            quirk: here.or(first).map(QuirkTopic::from),
            field: self.field.as_deref(),
            partly: self.rule == Rule::QuirkHealed && here.is_some_and(|it| it.confirmed > 0),
            nearest: self.nearest.as_deref(),
        };
        let (message, settle) = (topic.message(), topic.settle());
        self.message = message;
        self.settle = settle;
    }
}

/// The gravest first, then by operation, status and place.
pub(crate) fn sort(findings: &mut [Finding]) {
    fn key(it: &Finding) -> impl Ord {
        (it.severity, &it.operation, it.status, &it.place, it.rule, &it.quirk)
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
}

/// The stable name of a finding.
pub(crate) fn id(
    operation: &OperationId,
    status: Option<u16>,
    place: Option<&Place>,
    rule: Rule,
    quirk: Option<&QuirkId>,
) -> String {
    let mut hash = Sha256::new();
    let status = status.map(|it| it.to_string());
    let parts = [
        operation.as_str(),
        status.as_deref().unwrap_or_default(),
        place.map(Place::as_str).unwrap_or("-"),
        rule.id(),
        quirk.map(QuirkId::as_str).unwrap_or_default(),
    ];
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..6])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

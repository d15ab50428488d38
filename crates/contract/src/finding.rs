//! One defect: where it is, what was promised, what came, and what settles it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    document::OperationId,
    place::Place,
    quirk::QuirkId,
    rule::{Rule, Severity},
};

/// One defect, however often it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// 12 hex digits of a hash over operation, status, place and rule, and the quirk where the rule is about one. It
    /// does not move with wording, the layout of `$ref`, the number of items or versions of libraries.
    pub id: String,
    /// The rule.
    pub rule: Rule,
    /// How grave it is.
    pub severity: Severity,
    /// The operation; for an undocumented one, its method and its path, in which what does not read as a name is `*`.
    pub operation: OperationId,
    /// The response's status; none where the whole operation is concerned.
    pub status: Option<u16>,
    /// Where in the body; none where no body is concerned.
    pub place: Option<Place>,
    /// What was promised, in words.
    pub promised: String,
    /// Who promised it.
    pub promised_by: PromisedBy,
    /// The types that came. Never a value.
    pub came: BTreeSet<String>,
    /// The quirk that it is about.
    pub quirk: Option<QuirkId>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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

/// Where something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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

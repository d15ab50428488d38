//! The register of quirks: places where the wire is known to differ from what is documented, both sides pinned.

mod annotate;
mod apply;
mod file;
mod standing;
mod verdict;

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use annotate::with_quirks;
pub(crate) use apply::{apply, in_order, write};
pub use file::{Evidence, EvidenceKind};
pub(crate) use file::{read, schema};
pub(crate) use standing::{Standing, check_against, standing};
pub(crate) use verdict::{PlaceQuirks, Verdict};

use crate::{document::OperationId, place::Place};

/// A quirk's name: the name of its file without `.toml`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct QuirkId(String);

impl QuirkId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuirkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A known difference between what is documented and what the wire shows.
#[derive(Debug, Clone)]
pub struct Quirk {
    /// Its name.
    pub id: QuirkId,
    /// The file that it stands in, as messages name it.
    pub file: String,
    /// One line: documented what, returned what.
    pub summary: String,
    /// What the document's schema says there; `false` where it says nothing.
    pub declared: Value,
    /// What the document's prose claims, where that differs.
    pub described: Option<Value>,
    /// What the wire shows.
    pub wire: Wire,
    /// Why this is believed.
    pub reason: String,
    /// When it became known.
    pub known_since: Date,
    /// When it must be looked at again; none for a permanent quirk.
    pub review_by: Option<Date>,
    /// Where the matter is followed.
    pub ticket: Option<String>,
    /// The places that share it.
    pub at: Vec<QuirkPlace>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// What the wire shows at a quirk's places.
#[derive(Debug, Clone, PartialEq)]
pub enum Wire {
    /// This, instead of what is declared. `false`: the member never comes.
    Returned(Value),
    /// This as well. `false`: the member may be missing.
    Also(Value),
}

impl Wire {
    /// Its key in the quirk's file.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Returned(_) => "returned",
            Self::Also(_) => "also",
        }
    }

    /// The schema of what comes.
    pub fn schema(&self) -> &Value {
        match self {
            Self::Returned(it) | Self::Also(it) => it,
        }
    }

    /// Whether a member that does not come shows the quirk.
    pub(crate) fn is_nothing(&self) -> bool {
        *self.schema() == Value::Bool(false)
    }
}

/// A place of a response.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuirkPlace {
    /// The operation.
    pub operation: OperationId,
    /// The status of its response.
    pub status: u16,
    /// Where in the body; empty for the whole response.
    pub place: Place,
}

impl Quirk {
    /// Whether the quirk is past the day on which it must be looked at again.
    pub fn is_expired(&self, today: Date) -> bool {
        self.review_by.is_some_and(|it| today > it)
    }

    /// Whether the document says nothing of the places.
    pub(crate) fn is_undocumented(&self) -> bool {
        self.declared == Value::Bool(false)
    }
}

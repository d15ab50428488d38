//! The register of quirks: places where the wire is known to differ from what is documented, both sides pinned.

mod annotate;
mod apply;
mod content;
mod file;
mod standing;
mod verdict;
mod within;

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use annotate::with_quirks;
pub(crate) use apply::{WrittenAt, apply, in_order, write};
pub use content::ContentForm;
pub(crate) use content::{Came, Holds, judge_content, media_type_of};
pub use file::{Evidence, EvidenceKind};
pub(crate) use file::{read, schema};
pub(crate) use standing::{Standing, check_against, claim_the_same, media_types_of, standing};
pub(crate) use verdict::{Alternatives, PlaceQuirks, Verdict};
pub(crate) use within::{MixedAlternative, MixedAlternatives, Says, Within};

use crate::{
    document::OperationId,
    place::Place,
    schema::{describe::describe, fragment},
};

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
    /// What the document says there.
    pub declared: Declared,
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

/// What the document says at a quirk's places.
#[derive(Debug, Clone, PartialEq)]
pub enum Declared {
    /// This JSON Schema; `false` where it says nothing.
    Schema(Value),
    /// That a value fits exactly one alternative of a `oneOf`.
    OneAlternative,
    /// That a member, or the items, are as the alternative has them that the value is.
    OwnAlternative,
    /// That a body comes as one of these media types.
    MediaTypes(Vec<String>),
    /// Nothing: it has no such operation.
    NoOperation,
}

/// What comes at a quirk's places.
#[derive(Debug, Clone, PartialEq)]
pub enum Comes {
    /// What fits this JSON Schema. `false`: nothing.
    Schema(Value),
    /// A value that fits several alternatives of a `oneOf`.
    SeveralAlternatives,
    /// A member, or items, as another alternative than the value's own has them.
    AnotherAlternative,
    /// A body of this form.
    Content(ContentForm),
}

/// What the wire shows at a quirk's places.
#[derive(Debug, Clone, PartialEq)]
pub enum Wire {
    /// This, instead of what is declared. `false`: the member never comes.
    Returned(Comes),
    /// This as well. `false`: the member may be missing.
    Also(Comes),
}

impl Declared {
    /// What it says of a value alone, where it is about one.
    pub(crate) fn schema(&self) -> Option<&Value> {
        match self {
            Self::Schema(it) => Some(it),
            Self::NoOperation => Some(&Value::Bool(false)),
            Self::OneAlternative | Self::OwnAlternative | Self::MediaTypes(_) => None,
        }
    }

    /// In a few words, for reports.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Schema(it) => describe(&fragment::normal(it)),
            Self::OneAlternative => "one alternative (`oneOf`)".into(),
            Self::OwnAlternative => "what its own alternative says".into(),
            Self::MediaTypes(names) => names.join(" or "),
            Self::NoOperation => "no such operation".into(),
        }
    }
}

impl Comes {
    /// In a few words, for reports.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Schema(it) => describe(&fragment::normal(it)),
            Self::SeveralAlternatives => "several alternatives (`oneOf`)".into(),
            Self::AnotherAlternative => "what another alternative says".into(),
            Self::Content(it) => it.in_words(),
        }
    }
}

impl Wire {
    /// Its key in the quirk's file.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Returned(_) => "returned",
            Self::Also(_) => "also",
        }
    }

    /// What comes.
    pub fn comes(&self) -> &Comes {
        match self {
            Self::Returned(it) | Self::Also(it) => it,
        }
    }

    /// The schema of what comes, where the quirk is about a value.
    pub(crate) fn schema(&self) -> Option<&Value> {
        match self.comes() {
            Comes::Schema(it) => Some(it),
            Comes::SeveralAlternatives | Comes::AnotherAlternative | Comes::Content(_) => None,
        }
    }

    /// Whether a member that does not come shows the quirk.
    pub(crate) fn is_nothing(&self) -> bool {
        self.schema() == Some(&Value::Bool(false))
    }

    pub(crate) fn is_returned(&self) -> bool {
        matches!(self, Self::Returned(_))
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
        self.declared.schema() == Some(&Value::Bool(false))
    }

    /// What is declared and what comes, where the quirk is about a value.
    pub(crate) fn schemas(&self) -> Option<(&Value, &Value)> {
        Some((self.declared.schema()?, self.wire.schema()?))
    }

    /// Whether it is about as what the bodies of a response come, or whether they do, rather than about a value.
    pub(crate) fn is_of_form(&self) -> bool {
        matches!(self.declared, Declared::MediaTypes(_)) || self.content().is_some()
    }

    /// The form of the bodies that come, where the quirk is about that.
    pub(crate) fn content(&self) -> Option<&ContentForm> {
        match self.wire.comes() {
            Comes::Content(it) => Some(it),
            Comes::Schema(_) | Comes::SeveralAlternatives | Comes::AnotherAlternative => None,
        }
    }
}

//! Two versions of the vendor's document: what the newer one does to a reader of responses and to the register of quirks.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    change::{self, Change, Effect},
    contract::collect,
    document::{self, Document, OperationId},
    format,
    place::Place,
    quirk::{self, Quirk, QuirkId, Standing},
    schema::{Side, Store},
    text::{Fault, Faults, Text},
};

/// What changed from one document to another. Nothing about wording or layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diff {
    /// The version of this format.
    pub format_version: u32,
    /// The quirks to which the newer document does something, in order of name.
    pub quirks: Vec<TouchedQuirk>,
    /// What changed for a reader of responses, in order of operation, status and place.
    pub changes: Vec<Change>,
}

/// A quirk at one of its places, where the newer document is not what the quirk was written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TouchedQuirk {
    /// The quirk.
    pub id: QuirkId,
    /// The operation.
    pub operation: OperationId,
    /// The response's status.
    pub status: u16,
    /// Where in the body.
    pub place: Place,
    /// What the newer document does to it.
    pub touch: Touch,
    /// What the newer document says, and what settles it.
    pub message: String,
}

/// What a document does to a quirk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Touch {
    /// It now allows what comes.
    Resolved,
    /// It says neither what the quirk declares nor what comes.
    Contradicted,
    /// It no longer has the place.
    Orphaned,
}

impl Touch {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Contradicted => "contradicted",
            Self::Orphaned => "orphaned",
        }
    }
}

impl Diff {
    /// Whether nothing breaks a reader and no quirk is touched.
    pub fn is_harmless(&self) -> bool {
        self.quirks.is_empty() && self.changes.iter().all(|it| it.effect != Effect::Breaks)
    }

    /// The difference as JSON, with a final newline.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("only maps with text keys");
        text.push('\n');
        text
    }
}

/// Compares two versions of a document, each as its files, and holds the quirks against both.
///
/// # Errors
/// Everything that is wrong with the texts, at once.
pub fn diff(old: &[Text], new: &[Text], quirks: &[Text]) -> Result<Diff, Faults> {
    let mut faults = Vec::new();
    let documents = [old, new].map(|it| collect(&mut faults, document::load(it)));
    let read = quirks.iter().filter_map(|it| collect(&mut faults, quirk::read(it)));
    let quirks: Vec<Quirk> = read.collect();
    let [Some(before), Some(after)] = documents else { return Err(Faults(faults)) };
    let roots = [&before, &after].map(|it| it.origins().root.clone());
    let store = Store { documented: before.value, modelled: after.value.into() };
    let mut document = |side: Side, file: &str| {
        let in_file = |message| Fault { file: file.to_owned(), line: None, message };
        let in_text = |it: Vec<String>| -> Vec<Fault> { it.into_iter().map(in_file).collect() };
        collect(&mut faults, Document::read(&store, side).map_err(in_text))
    };
    let before = document(Side::Documented, &roots[0]);
    let after = document(Side::Modelled, &roots[1]);
    match (before, after) {
        (Some(before), Some(after)) if faults.is_empty() => Ok(Diff {
            format_version: 1,
            quirks: touched(&store, &before, &after, &quirks),
            changes: change::between(&store, &before, &after),
        }),
        _ => Err(Faults(faults)),
    }
}

fn touched(
    store: &Store,
    before: &Document,
    after: &Document,
    quirks: &[Quirk],
) -> Vec<TouchedQuirk> {
    let places = quirks.iter().flat_map(|quirk| quirk.at.iter().map(move |at| (quirk, at)));
    let touched = places.filter_map(|(quirk, at)| {
        let was = quirk::standing(store, before, quirk, at);
        let is = quirk::standing(store, after, quirk, at);
        let never_comes = quirk.wire.is_nothing();
        let (touch, message) = match (&was, is) {
            (_, Standing::Needed) => return None,
            (was, is) if *was == is => return None,
            (Standing::Needed, Standing::Orphaned(_)) if never_comes => {
                (Touch::Resolved, "the document no longer has what never comes".to_owned())
            }
            (_, Standing::Resolved) => {
                (Touch::Resolved, "the document now allows what comes".to_owned())
            }
            (_, Standing::Contradicted(why)) => (Touch::Contradicted, why),
            (_, Standing::Orphaned(why)) => (Touch::Orphaned, why),
        };
        let message = match touch {
            Touch::Resolved => format!("{message}; delete {} and keep the model", quirk.file),
            Touch::Contradicted | Touch::Orphaned => format!("{message} in {}", quirk.file),
        };
        Some(TouchedQuirk {
            id: quirk.id.clone(),
            operation: at.operation.clone(),
            status: at.status,
            place: at.place.clone(),
            touch,
            message,
        })
    });
    touched.collect()
}

/// The published JSON Schema of a difference.
pub(crate) fn schema() -> Value {
    format::written_schema::<Diff>("urn:paperwire:format:diff")
}

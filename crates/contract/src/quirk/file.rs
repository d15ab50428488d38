//! A quirk as a file.

use std::borrow::Cow;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::{
    document::{OperationId, assert_integer_formats},
    format,
    place::Place,
    quirk::{Quirk, QuirkId, QuirkPlace, Wire},
    text::{Fault, Text},
};

/// A place where the wire is known to differ from what is documented.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(title = "Quirk")]
#[serde(deny_unknown_fields)]
struct QuirkFile {
    /// One line: documented what, returned what.
    #[schemars(regex(pattern = r"\S"))]
    summary: String,
    /// What the document's schema says at the place; checked against it, by meaning. `false`: the document has no such
    /// member or status.
    declared: Fragment,
    /// What the document's prose claims, where that differs from its schema.
    described: Option<Fragment>,
    /// What comes instead of what is declared. `false`: the member never comes.
    returned: Option<Fragment>,
    /// What comes beside what is declared, or beside the place's `returned`.
    also: Option<Fragment>,
    /// Why this is believed.
    #[schemars(regex(pattern = r"\S"))]
    reason: String,
    /// When the difference became known.
    known_since: Date,
    /// When it must be looked at again.
    review_by: Option<Date>,
    /// Instead of `review_by`: it need not be looked at again.
    #[serde(default)]
    permanent: bool,
    /// Where the matter is followed.
    ticket: Option<String>,
    /// The places that share the quirk.
    #[schemars(length(min = 1))]
    at: Vec<At>,
    /// What it rests on.
    #[serde(default)]
    evidence: Vec<Evidence>,
}

/// A place of a response.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct At {
    /// `GET /chat/chatrooms/{id}`.
    operation: String,
    /// The response's status.
    #[schemars(range(min = 100, max = 599))]
    status: u16,
    /// A JSON pointer in which `*` stands for every item or map key; empty for the whole response.
    #[schemars(regex(pattern = r"^(/.*)?$"))]
    place: String,
}

/// What a quirk rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What kind it is.
    pub kind: EvidenceKind,
    /// What it shows.
    pub note: String,
    /// Where it can be read.
    pub url: Option<String>,
}

/// The kinds of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceKind {
    /// An example in the reference.
    Example,
    /// Another page of the reference.
    Page,
    /// A conclusion that nothing has shown yet.
    Inference,
    /// A recorded exchange.
    Recording,
}

impl EvidenceKind {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Page => "page",
            Self::Inference => "inference",
            Self::Recording => "recording",
        }
    }
}

/// A JSON Schema, as a TOML table, a boolean, or a JSON text in quotes where TOML cannot say it.
#[derive(Debug)]
struct Fragment(Value);

impl<'de> Deserialize<'de> for Fragment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut fragment = match Value::deserialize(d)? {
            Value::String(text) => serde_json::from_str(&text).map_err(D::Error::custom)?,
            fragment => fragment,
        };
        assert_integer_formats(&mut fragment);
        Ok(Self(fragment))
    }
}

impl JsonSchema for Fragment {
    fn schema_name() -> Cow<'static, str> {
        "Fragment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSON Schema, as a TOML table, a boolean, or a JSON text in quotes where TOML cannot say it.",
            "type": ["object", "boolean", "string"],
        })
    }
}

/// The published JSON Schema of a quirk file.
pub(crate) fn schema() -> Value {
    format::schema::<QuirkFile>("urn:paperwire:format:quirk")
}

/// Reads a quirk; its name is the file's.
///
/// # Errors
/// Everything wrong with the file by itself.
pub(crate) fn read(text: &Text) -> Result<Quirk, Vec<Fault>> {
    let file: QuirkFile = format::read(text)?;
    let mut faults = Vec::new();
    let wire = match (file.returned, file.also) {
        (Some(returned), None) => Some(Wire::Returned(returned.0)),
        (None, Some(also)) => Some(Wire::Also(also.0)),
        (Some(_), Some(_)) => {
            faults.push(
                "both `returned` and `also`; keep one, and give the other a quirk of its own",
            );
            None
        }
        (None, None) => {
            faults.push("neither `returned` nor `also`; say what the wire shows");
            None
        }
    };
    match (file.review_by, file.permanent) {
        (None, false) => faults.push("neither `review_by` nor `permanent = true`; add one"),
        (Some(_), true) => faults.push("both `review_by` and `permanent`; keep one"),
        _ => {}
    }
    let mut faults: Vec<_> = faults.into_iter().map(|it| text.fault(None, it)).collect();
    let fragments = [
        ("declared", Some(&file.declared.0)),
        ("described", file.described.as_ref().map(|it| &it.0)),
        ("what comes", wire.as_ref().map(Wire::schema)),
    ];
    for (key, fragment) in fragments {
        let Some(fragment) = fragment else { continue };
        if let Err(why) = crate::schema::fragment::validator(fragment) {
            faults.push(text.fault(None, format!("{key}: not a JSON Schema by itself: {why}")));
        }
    }
    let at = file.at.iter().map(|at| QuirkPlace {
        operation: OperationId::named(&at.operation),
        status: at.status,
        place: Place::parse(&at.place).expect("the file's schema allows only places"),
    });
    match wire {
        Some(wire) if faults.is_empty() => Ok(Quirk {
            id: QuirkId(id_of(&text.name)),
            file: text.name.clone(),
            summary: file.summary,
            declared: file.declared.0,
            described: file.described.map(|it| it.0),
            wire,
            reason: file.reason,
            known_since: file.known_since,
            review_by: file.review_by,
            ticket: file.ticket,
            at: at.collect(),
            evidence: file.evidence,
        }),
        _ => Err(faults),
    }
}

fn id_of(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".toml").unwrap_or(file).to_owned()
}

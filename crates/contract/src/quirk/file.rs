//! A quirk as a file.

use std::{borrow::Cow, sync::LazyLock};

use jiff::civil::Date;
use jsonschema::Validator;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    document::{OperationId, assert_formats},
    format::{self, Format},
    place::Place,
    quirk::{Quirk, QuirkId, QuirkPlace, Wire},
    schema::fragment,
    text::{Fault, Text},
};

/// A place where the wire is known to differ from what is documented.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(title = "Quirk")]
#[serde(deny_unknown_fields)]
struct QuirkFile {
    /// One line: documented what, returned what.
    #[schemars(regex(pattern = format::NOT_BLANK))]
    summary: String,
    /// What the document's schema says at the place; checked against it, by meaning. `false`: the document has no such
    /// member or status.
    declared: Fragment,
    /// What the document's prose claims, where that differs from its schema.
    described: Option<Fragment>,
    /// What comes instead of what is declared. `false`: the member never comes.
    returned: Option<Fragment>,
    /// What comes beside what is declared, or beside the place's `returned`. `false`: the member may be missing.
    also: Option<Fragment>,
    /// Why this is believed.
    #[schemars(regex(pattern = format::NOT_BLANK))]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
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
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Fragment(Value);

impl Fragment {
    /// The schema, with the integer formats that no validator asserts spelled out.
    fn schema(self) -> Result<Value, String> {
        let mut schema = match self.0 {
            Value::String(text) => serde_json::from_str(&text).map_err(|_| {
                "promised a JSON Schema, found a text that is no JSON; correct it".to_owned()
            })?,
            schema => schema,
        };
        if let Some(keyword) = unknown_keyword(&schema) {
            return Err(format!("`{keyword}` is no keyword of JSON Schema; correct its spelling"));
        }
        fragment::check(&schema).map_err(|place| {
            format!("promised a JSON Schema; correct what stands at `{place}` in it")
        })?;
        assert_formats(&mut schema);
        Ok(schema)
    }
}

/// A keyword that JSON Schema does not have. A validator would ignore it, and the quirk would pin less than it says.
fn unknown_keyword(schema: &Value) -> Option<&str> {
    /// Beside those that constrain a value itself.
    const KEYWORDS: &[&str] = &[
        "required",
        "dependentRequired",
        "minContains",
        "maxContains",
        "title",
        "description",
        "examples",
        "default",
        "deprecated",
        "$comment",
        "contentEncoding",
        "contentMediaType",
    ];
    const SCHEMAS: &[&str] = &[
        "not",
        "if",
        "then",
        "else",
        "items",
        "contains",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "propertyNames",
    ];
    const LISTS: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
    const MAPS: &[&str] = &["properties", "patternProperties", "dependentSchemas"];
    let keywords = schema.as_object()?;
    keywords.iter().find_map(|(name, value)| match name.as_str() {
        it if fragment::OWN.contains(&it) || KEYWORDS.contains(&it) || it.starts_with("x-") => None,
        it if SCHEMAS.contains(&it) => unknown_keyword(value),
        it if LISTS.contains(&it) => value.as_array()?.iter().find_map(unknown_keyword),
        it if MAPS.contains(&it) => value.as_object()?.values().find_map(unknown_keyword),
        it => Some(it),
    })
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

/// Made where a file is not plainly one.
static FORMAT: LazyLock<Validator> = LazyLock::new(format::validator::<QuirkFile>);

impl Format for QuirkFile {
    fn is_plain(&self, value: &Value) -> bool {
        let says = |text: &str| text.contains(|it: char| it.is_ascii_graphic());
        let is_date = |key: &str| value[key].as_str().is_none_or(|it| it.len() == 10);
        let is_schema =
            |it: &Fragment| matches!(it.0, Value::Object(_) | Value::Bool(_) | Value::String(_));
        let is_place = |it: &At| {
            (100..=599).contains(&it.status)
                && (it.place.is_empty() || it.place.starts_with('/'))
                && !it.place.contains(|it: char| it.is_control() || "\u{2028}\u{2029}".contains(it))
        };
        let Self { summary, declared, described, returned, also, reason, at, .. } = self;
        let fragments = [Some(declared), described.as_ref(), returned.as_ref(), also.as_ref()];
        says(summary)
            && says(reason)
            && fragments.into_iter().flatten().all(is_schema)
            && is_date("known_since")
            && is_date("review_by")
            && !at.is_empty()
            && at.iter().all(is_place)
    }
}

/// Reads a quirk; its name is the file's.
///
/// # Errors
/// Everything wrong with the file by itself.
pub(crate) fn read(text: &Text) -> Result<Quirk, Vec<Fault>> {
    let file: QuirkFile = format::read(text, &FORMAT)?;
    let mut faults = Vec::new();
    let mut fault =
        |key: &str, message: &str| faults.push(text.fault(text.line_of_key(key), message));
    match (&file.returned, &file.also) {
        (Some(_), Some(_)) => fault(
            "also",
            "both `returned` and `also`; keep one, and give the other a quirk of its own",
        ),
        (None, None) => fault("declared", "neither `returned` nor `also`; say what the wire shows"),
        _ => {}
    }
    match (file.review_by, file.permanent) {
        (None, false) => {
            fault("known_since", "neither `review_by` nor `permanent = true`; add one")
        }
        (Some(_), true) => fault("permanent", "both `review_by` and `permanent`; keep one"),
        _ => {}
    }
    let mut schema = |key: &str, fragment: Option<Fragment>| {
        let schema = fragment?.schema();
        schema.map_err(|it| fault(key, &format!("`{key}`: {it}"))).ok()
    };
    let declared = schema("declared", Some(file.declared));
    let described = schema("described", file.described);
    let returned = schema("returned", file.returned).map(Wire::Returned);
    let also = schema("also", file.also).map(Wire::Also);
    let at = file.at.iter().map(|at| QuirkPlace {
        operation: OperationId::named(&at.operation),
        status: at.status,
        place: Place::parse(&at.place).expect("the file's schema allows only places"),
    });
    match (declared, returned.or(also)) {
        (Some(declared), Some(wire)) if faults.is_empty() => Ok(Quirk {
            id: QuirkId(id_of(&text.name)),
            file: text.name.clone(),
            summary: file.summary,
            declared,
            described,
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

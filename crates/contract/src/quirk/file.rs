//! A quirk as a file.

use std::{borrow::Cow, sync::LazyLock};

use jiff::civil::Date;
use jsonschema::Validator;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    document::{OperationId, assert_formats, essence, is_json},
    format::{self, Format, are_tables},
    place::Place,
    quirk::{Comes, ContentForm, Declared, Quirk, QuirkId, QuirkPlace, Wire},
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
    /// member, status or body. `{ operation = false }`: it has no such operation.
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

/// A JSON Schema, as a TOML table, a boolean, or a JSON text in quotes where TOML cannot say it; or what no schema can say.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Fragment(Value);

/// What a fragment says.
enum Said {
    Schema(Value),
    OneAlternative,
    SeveralAlternatives,
    OwnAlternative,
    AnotherAlternative,
    Content { media_types: Vec<String>, json: Option<bool> },
    NoOperation,
}

impl Fragment {
    /// Whether it says what no schema can.
    fn is_beyond_schema(&self) -> bool {
        let keys = ["alternatives", "media_type", "json", "operation"];
        keys.into_iter().any(|key| self.0.get(key).is_some())
    }

    fn said(self) -> Result<Said, String> {
        let Some(own) = self.0.as_object().filter(|_| self.is_beyond_schema()) else {
            return self.schema().map(Said::Schema);
        };
        let keys: Vec<&str> = own.keys().map(String::as_str).collect();
        let media_types = || -> Vec<String> {
            let names = match &own["media_type"] {
                Value::Array(names) => names.as_slice(),
                one => std::slice::from_ref(one),
            };
            names.iter().filter_map(Value::as_str).map(essence).collect()
        };
        match keys.as_slice() {
            ["alternatives"] => Ok(match own["alternatives"].as_str() {
                Some("one") => Said::OneAlternative,
                Some("own") => Said::OwnAlternative,
                Some("another") => Said::AnotherAlternative,
                _ => Said::SeveralAlternatives,
            }),
            ["media_type"] => Ok(Said::Content { media_types: media_types(), json: None }),
            ["media_type", "json"] | ["json", "media_type"] => {
                Ok(Said::Content { media_types: media_types(), json: own["json"].as_bool() })
            }
            ["operation"] => Ok(Said::NoOperation),
            _ => Err(format!(
                "found `{}`; say a JSON Schema, or `alternatives`, or `media_type` (with `json`), or `operation`",
                keys.join("`, `")
            )),
        }
    }

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

impl Said {
    fn declared(self) -> Result<Declared, String> {
        match self {
            Self::Schema(it) => Ok(Declared::Schema(it)),
            Self::OneAlternative => Ok(Declared::OneAlternative),
            Self::OwnAlternative => Ok(Declared::OwnAlternative),
            Self::Content { media_types, json: None } => Ok(Declared::MediaTypes(media_types)),
            Self::NoOperation => Ok(Declared::NoOperation),
            Self::SeveralAlternatives => {
                Err("a `oneOf` promises one alternative; say `{ alternatives = \"one\" }`".into())
            }
            Self::AnotherAlternative => {
                Err("a member is promised by the value's own alternative; say `{ alternatives = \"own\" }`".into())
            }
            Self::Content { json: Some(_), .. } => {
                Err("`json` says what comes; leave it out".into())
            }
        }
    }

    fn comes(self) -> Result<Comes, String> {
        match self {
            Self::Schema(it) => Ok(Comes::Schema(it)),
            Self::SeveralAlternatives => Ok(Comes::SeveralAlternatives),
            Self::Content { media_types, json } => match <[String; 1]>::try_from(media_types) {
                Ok([media_type]) if media_type.contains('*') => {
                    Err("a range of media types pins none; name one".into())
                }
                Ok([media_type]) => {
                    let json = json.unwrap_or_else(|| is_json(&media_type));
                    Ok(Comes::Content(ContentForm { media_type, json }))
                }
                Err(_) => Err("one media type to a quirk; give each other a quirk of its own".into()),
            },
            Self::OneAlternative => Err(
                "a value that fits one alternative keeps the promise; say `{ alternatives = \"several\" }`".into(),
            ),
            Self::AnotherAlternative => Ok(Comes::AnotherAlternative),
            Self::OwnAlternative => Err(
                "a member as its own alternative has it keeps the promise; say `{ alternatives = \"another\" }`".into(),
            ),
            Self::NoOperation => Err("an operation that does not come is no deviation; say `operation = false` in `declared`".into()),
        }
    }
}

/// What keeps a quirk's sides from being about the same: the key at fault, and what settles it.
fn mismatch(
    declared: &Declared,
    wire: &Wire,
    described: bool,
    at: &[At],
) -> Option<(&'static str, String)> {
    let of_whole = || at.iter().all(|it| it.place.is_empty());
    let whole = |what: &str| {
        let message = format!("{what} is of the whole response; say `place = \"\"`");
        (!of_whole()).then_some(("place", message))
    };
    let not_the_same = |promise: &str| {
        let message = format!("`declared` and `{}` are not about the same; {promise}", wire.key());
        Some(("declared", message))
    };
    match (declared, wire.comes()) {
        (_, Comes::SeveralAlternatives) if wire.is_returned() => Some((
            "returned",
            "a value that fits one alternative keeps the promise, so several never replace it; say `also`".into(),
        )),
        (_, Comes::AnotherAlternative) if wire.is_returned() => Some((
            "returned",
            "which alternative a value is differs from value to value, so another's never replaces its own; say `also`".into(),
        )),
        (_, Comes::AnotherAlternative) if at.iter().any(|it| it.place.is_empty()) => {
            Some(("place", "the whole body is no member of an alternative; name one".into()))
        }
        (Declared::OneAlternative, Comes::SeveralAlternatives)
        | (Declared::OwnAlternative, Comes::AnotherAlternative)
            if described =>
        {
            Some(("described", "prose claims nothing about alternatives; leave `described` out".into()))
        }
        (Declared::MediaTypes(_) | Declared::NoOperation, _) | (_, Comes::Content(_)) if described => {
            Some(("described", "only a value is described; leave `described` out".into()))
        }
        (Declared::Schema(_), Comes::Schema(_))
        | (Declared::OneAlternative, Comes::SeveralAlternatives)
        | (Declared::OwnAlternative, Comes::AnotherAlternative) => None,
        (Declared::NoOperation, Comes::Schema(_) | Comes::Content(_)) => whole("an operation"),
        (Declared::MediaTypes(_), Comes::Content(_) | Comes::Schema(Value::Bool(false))) => {
            whole("a media type")
        }
        (Declared::Schema(Value::Bool(false)), Comes::Content(_)) => whole("a media type"),
        (
            Declared::Schema(_) | Declared::OneAlternative | Declared::OwnAlternative,
            Comes::Content(_),
        ) => {
            not_the_same("name the documented media type, or say `declared = false` where no body is documented")
        }
        (_, Comes::SeveralAlternatives) => not_the_same("say `declared = { alternatives = \"one\" }`"),
        (_, Comes::AnotherAlternative) => not_the_same("say `declared = { alternatives = \"own\" }`"),
        (Declared::OneAlternative, Comes::Schema(_)) => {
            not_the_same("say `also = { alternatives = \"several\" }`")
        }
        (Declared::OwnAlternative, Comes::Schema(_)) => {
            not_the_same("say `also = { alternatives = \"another\" }`")
        }
        (Declared::MediaTypes(_), Comes::Schema(_)) => not_the_same("name the media type that comes"),
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
            "description": "A JSON Schema, as a TOML table, a boolean, or a JSON text in quotes where TOML cannot say it; or what no schema can say.",
            "type": ["object", "boolean", "string"],
            "properties": {
                "alternatives": {
                    "description": "How many alternatives of the place's `oneOf` a value fits; or which of them says what a member is: the value's own, or another.",
                    "enum": ["one", "several", "own", "another"],
                },
                "media_type": {
                    "description": "As what the body comes, without parameters. In `declared`, a list where several are documented.",
                    "type": ["string", "array"],
                    "pattern": MEDIA_TYPE,
                    "items": { "type": "string", "pattern": MEDIA_TYPE },
                    "minItems": 1,
                },
                "json": {
                    "description": "Whether the body is JSON, where the media type's name says otherwise.",
                    "type": "boolean",
                },
                "operation": {
                    "description": "In `declared`: the document has no such operation.",
                    "enum": [false],
                },
            },
        })
    }
}

/// A media type without parameters, or a range of them.
const MEDIA_TYPE: &str = r"^[A-Za-z*]+/[A-Za-z0-9.+*_-]+$";

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
        let is_schema = |it: &Fragment| {
            matches!(it.0, Value::Object(_) | Value::Bool(_) | Value::String(_))
                && !it.is_beyond_schema()
        };
        let is_place = |it: &At| {
            (100..=599).contains(&it.status)
                && (it.place.is_empty() || it.place.starts_with('/'))
                && !it.place.contains(|it: char| it.is_control() || "\u{2028}\u{2029}".contains(it))
        };
        let are_tables = |key: &str| are_tables(value[key].as_array().into_iter().flatten());
        let Self { summary, declared, described, returned, also, reason, at, .. } = self;
        let fragments = [Some(declared), described.as_ref(), returned.as_ref(), also.as_ref()];
        says(summary)
            && says(reason)
            && fragments.into_iter().flatten().all(is_schema)
            && is_date("known_since")
            && is_date("review_by")
            && !at.is_empty()
            && at.iter().all(is_place)
            && are_tables("at")
            && are_tables("evidence")
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
    fn said<T>(
        key: &str,
        fragment: Option<Fragment>,
        read: fn(Said) -> Result<T, String>,
        fault: &mut dyn FnMut(&str, &str),
    ) -> Option<T> {
        let said = fragment?.said().and_then(read);
        said.map_err(|it| fault(key, &format!("`{key}`: {it}"))).ok()
    }
    fn schema(said: Said) -> Result<Value, String> {
        match said {
            Said::Schema(it) => Ok(it),
            _ => Err("promised a JSON Schema".into()),
        }
    }
    let is_described = file.described.is_some();
    let declared = said("declared", Some(file.declared), Said::declared, &mut fault);
    let described = said("described", file.described, schema, &mut fault);
    let returned = said("returned", file.returned, Said::comes, &mut fault).map(Wire::Returned);
    let also = said("also", file.also, Said::comes, &mut fault).map(Wire::Also);
    let wire = returned.or(also);
    if let (Some(declared), Some(wire)) = (&declared, &wire)
        && let Some((key, message)) = mismatch(declared, wire, is_described, &file.at)
    {
        fault(key, &message);
    }
    let at = file.at.iter().map(|at| QuirkPlace {
        operation: OperationId::named(&at.operation),
        status: at.status,
        place: Place::parse(&at.place).expect("the file's schema allows only places"),
    });
    match (declared, wire) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_plainly_a_quirk_file_is_one() {
        format::assert_plain_is_right::<QuirkFile>(&json!({
            "summary": "s", "declared": { "type": "string" }, "described": true, "returned": { "type": "integer" },
            "also": false, "reason": "r", "known_since": "2026-11-22", "review_by": "2027-05-22", "permanent": false,
            "ticket": "t", "at": [{ "operation": "GET /x", "status": 200, "place": "/a" }],
            "evidence": [{ "kind": "example", "note": "n", "url": "u" }],
        }));
    }
}

//! What keywords come to for values of one type: of scalars beyond their type, of members that are not named.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::{
    form::form_number,
    quirk::Verdict,
    schema::{fragment, tree::type_of},
    shortcut::{plan::EMPTY, tell::Came},
    tally::{PlaceId, Sight, SightId, Tally, code_in_words},
};

/// What is promised of scalars beyond their type.
#[derive(Debug, Default)]
pub(super) struct Scalars {
    /// A value must be in each of these lists.
    pub(super) lists: Vec<Vec<Value>>,
    pub(super) codes: Vec<Code>,
    /// Whole numbers outside of these are refused.
    pub(super) bounds: Bounds,
    /// What else is asked of numbers; of such as are not whole, the bounds too.
    pub(super) whole: Option<Validator>,
    pub(super) numbers: Option<Validator>,
    /// The form of texts, and whether it is that of a date-time and nothing else.
    pub(super) form: Option<Validator>,
    pub(super) is_date_time: bool,
    pub(super) lengths: Option<Validator>,
    /// Whether it matters what a text says.
    pub(super) is_read: bool,
}

/// A value that is counted as a code.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) value: Value,
    pub(super) sight: SightId,
    /// What it says about the quirks of its place, where that is not the same for all values.
    pub(super) verdicts: Vec<(usize, Verdict)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    least: i128,
    most: i128,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { least: i128::MIN, most: i128::MAX }
    }
}

impl Bounds {
    pub(super) fn hold(self, number: i128) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

/// A code, of which nothing is known but that it is one.
pub(super) fn code(tally: &mut Tally, place: PlaceId, value: Value) -> Code {
    let words = code_in_words(&value);
    let text = value.as_str();
    let form = text.and_then(form_number).map_or(0, |it| it + 1);
    let sight = Sight::Value {
        type_name: type_of(&value),
        empty: form == EMPTY,
        form: Came::with_form("", form).form.filter(|_| form != EMPTY),
        code: Some(&words),
    };
    Code { sight: tally.sight(place, sight), value, verdicts: Vec::new() }
}

pub(super) fn is_open(rest: &Value) -> bool {
    *rest == Value::Bool(true) || rest.as_object().is_some_and(Map::is_empty)
}

pub(super) fn is_closed(keywords: &Map<String, Value>) -> bool {
    keywords.get("additionalProperties") == Some(&Value::Bool(false))
}

/// Whether a schema's own `type` takes a type; none where it is none.
pub(super) fn takes(keywords: &Map<String, Value>, type_name: &str) -> Option<bool> {
    let is = |it: &str| it == type_name || (it == "number" && type_name == "integer");
    match keywords.get("type") {
        None => Some(true),
        Some(Value::String(it)) => Some(is(it)),
        Some(Value::Array(them)) => Some(them.iter().filter_map(Value::as_str).any(is)),
        Some(_) => None,
    }
}

/// Whether it is known what a keyword says of values of a type. What is not listed here, jsonschema decides.
pub(super) fn is_known(name: &str, value: &Value, type_name: &str) -> bool {
    let is_scalar = !matches!(type_name, "array" | "object");
    match name {
        "$ref" | "type" | "allOf" | "anyOf" | "oneOf" => true,
        "enum" => is_scalar && value.is_array(),
        "const" => is_scalar,
        "properties" => type_name != "object" || value.is_object(),
        "required" => type_name != "object" || value.is_array(),
        "additionalProperties" => type_name != "object" || value.is_boolean() || value.is_object(),
        "unevaluatedProperties" => type_name != "object" || is_open(value),
        "patternProperties" | "minProperties" | "maxProperties" | "propertyNames"
        | "dependentRequired" | "dependentSchemas" | "dependencies" => type_name != "object",
        "items" => type_name != "array" || value.is_object() || *value == Value::Bool(true),
        "minItems" | "maxItems" => true,
        "prefixItems" | "additionalItems" | "unevaluatedItems" | "uniqueItems" | "contains"
        | "minContains" | "maxContains" => type_name != "array",
        "format" | "pattern" | "minLength" | "maxLength" | "minimum" | "maximum"
        | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => true,
        "title" | "description" | "default" | "example" | "examples" | "deprecated"
        | "readOnly" | "writeOnly" | "nullable" | "externalDocs" | "xml" | "discriminator"
        | "$comment" => true,
        _ => name.starts_with("x-"),
    }
}

/// Whole bounds; none where one is no whole number.
pub(super) fn bounds(holding: &[&Map<String, Value>], least: &str, most: &str) -> Option<Bounds> {
    let mut bounds = Bounds::default();
    let whole = |it: &Value| it.as_i64().map(i128::from).or_else(|| it.as_u64().map(i128::from));
    for keywords in holding {
        if let Some(it) = keywords.get(least) {
            bounds.least = bounds.least.max(whole(it)?);
        }
        if let Some(it) = keywords.get(most) {
            bounds.most = bounds.most.min(whole(it)?);
        }
    }
    Some(bounds)
}

/// What is promised of scalars beyond their type; none where it cannot be asked of a value alone.
pub(super) fn scalars(holding: &[&Map<String, Value>], type_name: &str) -> Option<Scalars> {
    let mut scalars = Scalars::default();
    for keywords in holding {
        if let Some(Value::Array(list)) = keywords.get("enum") {
            scalars.lists.push(list.clone());
        }
        if let Some(value) = keywords.get("const") {
            scalars.lists.push(vec![value.clone()]);
        }
    }
    // Equal numbers of two spellings are another's affair.
    let is_plain = |it: &Value| !it.is_number() || it.is_i64();
    if !scalars.lists.iter().flatten().all(is_plain) {
        return None;
    }
    let asked = |names: &[&str]| -> Option<Option<Validator>> {
        let of = |it: &Map<String, Value>| -> Map<String, Value> {
            let own = it.iter().filter(|it| names.contains(&it.0.as_str()));
            own.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let schemas = holding.iter().map(|it| Value::Object(of(it)));
        let schemas: Vec<Value> = schemas.filter(|it| *it != json!({})).collect();
        if schemas.is_empty() {
            return Some(None);
        }
        fragment::validator(&json!({ "allOf": schemas })).ok().map(Some)
    };
    const BOUNDS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    match type_name {
        "string" => {
            scalars.form = asked(&["format", "pattern"])?;
            let forms = holding.iter().flat_map(|it| [it.get("format"), it.get("pattern")]);
            let forms: Vec<&Value> = forms.flatten().collect();
            scalars.is_date_time = !forms.is_empty() && forms.iter().all(|it| **it == "date-time");
            scalars.lengths = asked(&["minLength", "maxLength"])?;
            scalars.is_read =
                scalars.form.is_some() || scalars.lengths.is_some() || !scalars.lists.is_empty();
        }
        "integer" | "number" => {
            scalars.numbers = asked(&[&BOUNDS[..], &["multipleOf"]].concat())?;
            let exclusive =
                holding.iter().any(|it| BOUNDS[2..].iter().any(|name| it.contains_key(*name)));
            match bounds(holding, "minimum", "maximum") {
                Some(bounds) if !exclusive => {
                    scalars.bounds = bounds;
                    scalars.whole = asked(&["multipleOf"])?;
                }
                _ => scalars.whole = scalars.numbers.clone(),
            }
        }
        _ => {}
    }
    Some(scalars)
}

//! Our own files: their published JSON Schemas, and reading TOML against them with every fault at once.

use std::sync::LazyLock;

use jsonschema::{Validator, error::ValidationErrorKind};
use schemars::{
    JsonSchema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, RestrictFormats},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    place::segments,
    text::{Fault, Text},
};

/// The pattern of a text that says something.
pub(crate) const NOT_BLANK: &str = r"\S";

/// The JSON Schema of one of our own formats, under its `$id`.
pub fn schema<T: JsonSchema>(id: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(RecursiveTransform(drop_nulls))
        .with_transform(RecursiveTransform(list_constants))
        .with_transform(RestrictFormats::default())
        .into_generator();
    with_id(generator.root_schema_for::<T>().to_value(), id)
}

/// As [`schema`], of what we write rather than read.
pub(crate) fn written_schema<T: JsonSchema>(id: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(list_constants))
        .with_transform(RestrictFormats::default())
        .into_generator();
    with_id(generator.root_schema_for::<T>().to_value(), id)
}

/// What checks texts of one of our own formats: its published schema.
pub(crate) fn validator<T: JsonSchema>() -> Validator {
    jsonschema::draft202012::options()
        .offline()
        .should_validate_formats(true)
        .build(&schema::<T>("urn:paperwire:format"))
        .expect("schemars writes valid schemas")
}

/// One of our own formats that people write.
pub(crate) trait Format: DeserializeOwned + JsonSchema {
    /// Whether the published schema takes what was read from a value, as far as the types do not say so. Where this is false
    /// it may take it all the same.
    fn is_plain(&self, value: &Value) -> bool;
}

/// Whether all are tables: serde reads a struct from a list of its values too.
pub(crate) fn are_tables<'v>(mut values: impl Iterator<Item = &'v Value>) -> bool {
    values.all(Value::is_object)
}

/// Reads a TOML text of a format that has a published schema. The schema is what checks it, unless it is plain what that
/// would say: compiling it takes as long as all else.
///
/// # Errors
/// Everything that the schema refuses, or TOML's own first complaint.
pub(crate) fn read<T: Format>(
    text: &Text,
    validator: &LazyLock<Validator>,
) -> Result<T, Vec<Fault>> {
    let table = DeTable::parse(&text.text).map_err(|error| {
        let line = error.span().map(|it| text.line_of(it.start));
        vec![text.fault(line, format!("not TOML: {}", error.message()))]
    })?;
    let value = table_to_json(table.get_ref());
    if let Ok(read) = T::deserialize(&value)
        && read.is_plain(&value)
    {
        return Ok(read);
    }
    let mut faults = Vec::new();
    for error in validator.iter_errors(&value) {
        for (key, message) in explain(&error) {
            let byte = span_of(table.get_ref(), error.instance_path().as_str(), key.as_deref());
            faults.push(text.fault(byte.map(|it| text.line_of(it)), message));
        }
    }
    faults.sort();
    faults.dedup();
    if !faults.is_empty() {
        return Err(faults);
    }
    serde_json::from_value(value)
        .map_err(|error| vec![text.fault(None, format!("cannot be read: {error}; correct it"))])
}

/// A schema error in words, one for each key that it is about. These are the contract's own files, so keys may be named.
fn explain(error: &jsonschema::ValidationError<'_>) -> Vec<(Option<String>, String)> {
    let pointer = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| {
                let place =
                    if pointer.is_empty() { String::new() } else { format!(" in `{pointer}`") };
                (
                    Some(key.clone()),
                    format!("unknown key `{key}`{place}; remove it or correct its spelling"),
                )
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let place = if pointer.is_empty() { String::new() } else { format!(" in `{pointer}`") };
            vec![(None, format!("no `{key}`{place}; add it"))]
        }
        ValidationErrorKind::Pattern { pattern } if pattern == NOT_BLANK => {
            vec![(None, format!("`{pointer}` is blank; fill it in"))]
        }
        ValidationErrorKind::Pattern { pattern } => {
            vec![(None, format!("`{pointer}` is not of the form `{pattern}`; correct it"))]
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<_> =
                options.as_array().into_iter().flatten().map(Value::to_string).collect();
            vec![(None, format!("`{pointer}`: promised one of {}", options.join(", ")))]
        }
        ValidationErrorKind::MinItems { .. } => {
            vec![(None, format!("`{pointer}` is empty; add at least one"))]
        }
        _ => vec![(None, format!("`{pointer}`: {}", error.masked_with("the value")))],
    }
}

fn with_id(schema: Value, id: &str) -> Value {
    let Value::Object(keywords) = schema else { unreachable!("a struct's schema is an object") };
    let mut out = Map::new();
    out.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    out.insert("$id".into(), json!(id));
    out.extend(keywords.into_iter().filter(|it| it.0 != "$schema"));
    Value::Object(out)
}

/// TOML has no null: what is optional is left out. Defaults are our own affair.
fn drop_nulls(schema: &mut schemars::Schema) {
    let Some(keywords) = schema.as_object_mut() else { return };
    keywords.shift_remove("default");
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            keywords["type"] = one.clone();
        }
    }
    let null = json!({ "type": "null" });
    let Some(Value::Array(mut branches)) = keywords.get("anyOf").cloned() else { return };
    branches.retain(|it| *it != null);
    if let [Value::Object(one)] = branches.as_slice() {
        keywords.shift_remove("anyOf");
        keywords.extend(one.clone());
    }
}

/// One list of words instead of a branch for each: validators then name the words.
fn list_constants(schema: &mut schemars::Schema) {
    let Some(keywords) = schema.as_object_mut() else { return };
    let branches = keywords.get("oneOf").and_then(Value::as_array);
    let constants: Option<Vec<Value>> =
        branches.and_then(|it| it.iter().map(|it| it.get("const").cloned()).collect());
    if let Some(constants) = constants {
        keywords.shift_remove("oneOf");
        keywords.insert("type".into(), json!("string"));
        keywords.insert("enum".into(), Value::Array(constants));
    }
}

fn table_to_json(table: &DeTable<'_>) -> Value {
    let members =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())));
    Value::Object(members.collect())
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(it) => Value::from(it.as_ref()),
        DeValue::Integer(it) => i64::from_str_radix(it.as_str(), it.radix())
            .map_or_else(|_| Value::from(it.as_str()), Value::from),
        DeValue::Float(it) => {
            it.as_str().parse::<f64>().map_or_else(|_| Value::from(it.as_str()), Value::from)
        }
        DeValue::Boolean(it) => Value::Bool(*it),
        DeValue::Datetime(it) => Value::String(it.to_string()),
        DeValue::Array(items) => items.iter().map(|it| to_json(it.get_ref())).collect(),
        DeValue::Table(table) => table_to_json(table),
    }
}

/// The byte at which the value of `pointer`, or the key below it, stands; the nearest ancestor's where it has none.
fn span_of(table: &DeTable<'_>, pointer: &str, key: Option<&str>) -> Option<usize> {
    let mut here: Option<&Spanned<DeValue<'_>>> = None;
    let mut start = None;
    let key_in = |table: &DeTable<'_>, name: &str| {
        table.iter().find(|it| it.0.get_ref() == name).map(|it| it.0.span().start)
    };
    for segment in segments(pointer) {
        let owner = here.map_or(Some(table), |it| it.get_ref().as_table());
        let next = match (owner, here.map(Spanned::get_ref)) {
            (Some(owner), _) => {
                start = key_in(owner, &segment).or(start);
                owner.get(segment.as_ref())
            }
            (None, Some(DeValue::Array(items))) => {
                segment.parse::<usize>().ok().and_then(|it| items.get(it))
            }
            _ => None,
        };
        let Some(next) = next else { break };
        if here.is_some_and(|it| it.get_ref().is_array()) {
            start = Some(next.span().start);
        }
        here = Some(next);
    }
    let owner = here.map_or(Some(table), |it| it.get_ref().as_table());
    key.and_then(|key| key_in(owner?, key)).or(start)
}

/// Holds what is plain to the published schema: no value of a file, whatever stands in its place, is plainly right and
/// refused.
#[cfg(test)]
pub(crate) fn assert_plain_is_right<T: Format>(file: &Value) {
    let validator = validator::<T>();
    let is_plain = |it: &Value| T::deserialize(it).is_ok_and(|read| read.is_plain(it));
    assert!(is_plain(file) && validator.is_valid(file), "{file}");
    let odd = json!([
        "", " ", "\n", "\u{a0}", "a", "/a\nb", "/a\u{2028}b", "/~", "2026-11-22T10:00:00", "2026-13-01", "2026-1-01",
        "${A}", "${a}", "x${A1}y", "GET x", "POST /x", "example", 0, 99, 200, 600, -1, 200.0, 1e300, true, false, [], [1],
        ["a"], [{}], {}, {"type": 1}, {"media_type": "text/html"}, {"a": "b"}, {"a": 1}
    ]);
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, it)| places(it, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at_item, it)| {
                    places(it, &format!("{at}/{at_item}"), found);
                });
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    places(file, "", &mut all);
    // The whole file is a table.
    for place in all.into_iter().skip(1) {
        let put = |change: &dyn Fn(&mut Value)| {
            let mut changed = file.clone();
            change(changed.pointer_mut(&place).expect("it is there"));
            assert!(!is_plain(&changed) || validator.is_valid(&changed), "{place}: {changed}");
        };
        for value in odd.as_array().into_iter().flatten() {
            put(&|it| *it = value.clone());
        }
        put(&|it| {
            if let Value::Object(members) = it {
                *it = members.values().cloned().collect();
            }
        });
        put(&|it| {
            if let Value::Object(members) = it {
                members.insert("unknown".into(), json!(1));
            }
        });
    }
}

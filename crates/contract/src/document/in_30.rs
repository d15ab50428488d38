//! Schemas of JSON Schema 2020-12 as OpenAPI 3.0 can say them: the other way round than `schema.rs` reads them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::schema::SINCE_31;

/// Whether a document is of OpenAPI 3.0.
pub(crate) fn is_30(document: &Value) -> bool {
    document["openapi"].as_str().is_some_and(|it| it.starts_with("3.0"))
}

/// A schema in the words of OpenAPI 3.0. What those cannot say is left out, so it takes no less.
pub(crate) fn in_30(schema: Value) -> Value {
    let mut keywords = match schema {
        Value::Bool(true) => return json!({}),
        Value::Bool(false) => return json!({ "not": {} }),
        Value::Object(it) => it,
        other => return other,
    };
    keywords.retain(|keyword, it| {
        !is_unsaid(keyword) && (keyword != "not" || unsaid_in_30(it).is_empty())
    });
    let takes_null = without_null(&mut keywords);
    for (keyword, value) in &mut keywords {
        match (keyword.as_str(), value) {
            ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => {
                all.iter_mut().for_each(|it| *it = in_30(it.take()));
            }
            ("properties", Value::Object(all)) => {
                all.values_mut().for_each(|it| *it = in_30(it.take()));
            }
            ("additionalProperties", Value::Bool(_)) => {}
            ("items" | "not" | "additionalProperties", one) => *one = in_30(one.take()),
            _ => {}
        }
    }
    if let Some(value) = keywords.shift_remove("const") {
        keywords.insert("enum".into(), json!([value]));
    }
    exclusive_bounds(&mut keywords);
    one_type(&mut keywords);
    match takes_null {
        true => nullable(keywords),
        false => Value::Object(keywords),
    }
}

/// The keywords of a schema that OpenAPI 3.0 has no words for.
pub(crate) fn unsaid_in_30(schema: &Value) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            found.extend(SINCE_31.iter().filter(|it| is_unsaid(it) && *it == keyword));
            match (keyword.as_str(), value) {
                ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => open.extend(all),
                ("properties", Value::Object(all)) => open.extend(all.values()),
                ("items" | "not" | "additionalProperties", one) => open.push(one),
                _ => {}
            }
        }
    }
    found
}

fn is_unsaid(keyword: &str) -> bool {
    keyword != "const" && SINCE_31.contains(&keyword)
}

/// Takes null out of the types and alternatives of a schema; whether it was there.
fn without_null(keywords: &mut Map<String, Value>) -> bool {
    let is_null = |it: &Value| *it == json!({ "type": "null" });
    let of_type = match keywords.get_mut("type") {
        Some(Value::Array(names)) if names.iter().any(|it| it == "null") => {
            names.retain(|it| it != "null");
            names.is_empty()
        }
        Some(Value::String(name)) if name == "null" => true,
        _ => {
            let Some(Value::Array(all)) = keywords.get_mut("anyOf") else { return false };
            let count = all.len();
            all.retain(|it| !is_null(it));
            if all.len() == count || all.is_empty() {
                return false;
            }
            if let [one] = all.as_slice() {
                let one = one.clone();
                instead_of_union(keywords, one);
            }
            return true;
        }
    };
    if of_type {
        // A list of null alone stands beside a type: without one, `nullable` means nothing.
        keywords.insert("type".into(), "string".into());
        keywords.insert("enum".into(), json!([null]));
    }
    true
}

/// Puts the one alternative in the place of its `anyOf`.
fn instead_of_union(keywords: &mut Map<String, Value>, one: Value) {
    keywords.shift_remove("anyOf");
    match one {
        Value::Object(one)
            if !one.contains_key("$ref") && one.keys().all(|it| !keywords.contains_key(it)) =>
        {
            keywords.extend(one);
        }
        one => {
            let all_of = keywords.entry("allOf").or_insert_with(|| json!([]));
            all_of.as_array_mut().into_iter().for_each(|it| it.push(one.clone()));
        }
    }
}

fn nullable(mut keywords: Map<String, Value>) -> Value {
    if let Some(Value::Array(values)) = keywords.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    // Beside a reference, nothing is read.
    if let Some(reference) = keywords.shift_remove("$ref") {
        keywords.insert("allOf".into(), json!([{ "$ref": reference }]));
    }
    keywords.insert("nullable".into(), true.into());
    Value::Object(keywords)
}

/// In OpenAPI 3.0, `exclusiveMinimum: true` makes `minimum` exclusive.
fn exclusive_bounds(keywords: &mut Map<String, Value>) {
    for (exclusive, bound, is_lower) in
        [("exclusiveMinimum", "minimum", true), ("exclusiveMaximum", "maximum", false)]
    {
        let Some(value) = keywords.get(exclusive).and_then(Value::as_f64) else { continue };
        let other = keywords.get(bound).and_then(Value::as_f64);
        let is_stricter = other.is_none_or(|it| if is_lower { value >= it } else { value <= it });
        let value = keywords.shift_remove(exclusive);
        if let (Some(value), true) = (value, is_stricter) {
            keywords.insert(bound.into(), value);
            keywords.insert(exclusive.into(), true.into());
        }
    }
}

/// A type in the place of a list of one, alternatives in the place of a list of several.
fn one_type(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(names)) = keywords.get("type") else { return };
    let mut all: Vec<Value> = names.iter().map(|it| json!({ "type": it })).collect();
    keywords.shift_remove("type");
    match all.len() {
        1 => {
            keywords.extend(all.remove(0).as_object_mut().map(std::mem::take).unwrap_or_default());
        }
        _ if keywords.contains_key("anyOf") => {
            let all_of = keywords.entry("allOf").or_insert_with(|| json!([]));
            let either = json!({ "anyOf": all });
            all_of.as_array_mut().into_iter().for_each(|it| it.push(either.clone()));
        }
        _ => {
            keywords.insert("anyOf".into(), all.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_31_become_words_of_30() {
        let reference = json!({ "$ref": "#/components/schemas/A" });
        let nothing = json!({ "type": "null" });
        let cases = [
            (json!({ "type": ["string", "null"] }), json!({ "type": "string", "nullable": true })),
            (
                json!({ "anyOf": [{ "type": "string", "enum": ["a"] }, nothing] }),
                json!({ "type": "string", "enum": ["a", null], "nullable": true }),
            ),
            (
                json!({ "description": "d", "anyOf": [reference, nothing] }),
                json!({ "description": "d", "allOf": [reference], "nullable": true }),
            ),
            (
                json!({ "anyOf": [reference, { "type": "integer" }, nothing] }),
                json!({ "anyOf": [reference, { "type": "integer" }], "nullable": true }),
            ),
            (nothing, json!({ "type": "string", "enum": [null], "nullable": true })),
            (
                json!({ "type": ["string", "integer"], "minLength": 1 }),
                json!({ "minLength": 1, "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
            ),
            (
                json!({ "type": "object", "properties": { "a": { "const": 1 }, "b": false } }),
                json!({ "type": "object", "properties": { "a": { "enum": [1] }, "b": { "not": {} } } }),
            ),
            (
                json!({ "type": "number", "exclusiveMinimum": 3, "minimum": 1, "exclusiveMaximum": 9, "maximum": 5 }),
                json!({ "type": "number", "minimum": 3, "maximum": 5, "exclusiveMinimum": true }),
            ),
            (
                json!({ "type": "array", "contains": {}, "items": true, "not": { "if": {} } }),
                json!({ "type": "array", "items": {} }),
            ),
            (
                json!({ "type": "string", "example": null }),
                json!({ "type": "string", "example": null }),
            ),
        ];
        for (schema, expected) in cases {
            assert_eq!(in_30(schema.clone()), expected, "{schema}");
            assert_eq!(in_30(expected.clone()), expected);
        }
        let unsaid = unsaid_in_30(&json!({ "const": 1, "items": { "if": {}, "contains": {} } }));
        assert_eq!(unsaid.into_iter().collect::<Vec<_>>(), ["contains", "if"]);
    }
}

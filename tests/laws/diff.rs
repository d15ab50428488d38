//! Two versions of a document: a layout anew is no change, and a change is told at its place.

use std::slice::from_ref;

use contract::{Diff, Effect, Text, diff};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn document(schema: Value, components: Value) -> Text {
    let document = json!({
        "openapi": "3.1.0",
        "paths": { "/x": { "get": { "responses": { "200": {
            "description": "", "content": { "application/json": { "schema": schema } },
        } } } } },
        "components": { "schemas": components },
    });
    Text { name: "openapi.json".into(), text: document.to_string() }
}

fn compare(old: &Text, new: &Text) -> Diff {
    diff(from_ref(old), from_ref(new), &[]).unwrap_or_else(|it| panic!("{it}"))
}

fn told(diff: &Diff) -> Vec<String> {
    diff.changes.iter().map(ToString::to_string).collect()
}

/// Schemas without references.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "string", "format": "date-time" })),
        Just(json!({ "type": ["integer", "null"] })),
        Just(json!({ "type": "integer", "format": "int32" })),
        Just(json!({ "type": "integer", "enum": [0, 7] })),
        Just(json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| json!({ "type": "array", "items": it })),
            inner.clone().prop_map(|it| json!({ "type": "object", "additionalProperties": it })),
            (prop::collection::btree_map("[a-d]|required|\\$ref", inner, 1..4), any::<bool>())
                .prop_map(|(members, closed)| {
                    let required: Vec<&String> = members.keys().take(1).collect();
                    let mut schema =
                        json!({ "type": "object", "properties": members, "required": required });
                    if closed {
                        schema["additionalProperties"] = json!(false);
                    }
                    schema
                }),
        ]
    })
}

/// The same laid out anew: schemas become components, keys are turned round, prose is added.
fn laid_out_anew(schema: &Value, components: &mut Map<String, Value>) -> Value {
    let Some(keywords) = schema.as_object() else { return schema.clone() };
    let mut anew = Map::new();
    anew.insert("description".into(), json!("in other words"));
    for (name, value) in keywords.iter().rev() {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(members)) => {
                let members = members.iter().rev();
                members.map(|(name, it)| (name.clone(), laid_out_anew(it, components))).collect()
            }
            ("items" | "additionalProperties", it) => laid_out_anew(it, components),
            ("type" | "enum" | "anyOf", Value::Array(values)) => {
                values.iter().rev().cloned().collect()
            }
            _ => value.clone(),
        };
        anew.insert(name.clone(), value);
    }
    let name = format!("C/{}", components.len());
    components.insert(name.clone(), Value::Object(anew));
    json!({ "$ref": format!("#/components/schemas/{}", name.replace('/', "~1")), "title": "t" })
}

/// The places of a schema's values, and where in the schema they stand.
fn places(schema: &Value, place: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    found.push((place.to_owned(), pointer.to_owned()));
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            places(&schema[keyword], &format!("{place}/*"), &format!("{pointer}/{keyword}"), found);
        }
    }
    for (name, it) in schema["properties"].as_object().into_iter().flatten() {
        places(it, &format!("{place}/{name}"), &format!("{pointer}/properties/{name}"), found);
    }
}

proptest! {
    #[test]
    fn a_document_laid_out_anew_says_the_same(schema in schema()) {
        let old = document(schema.clone(), json!({}));
        prop_assert_eq!(told(&compare(&old, &old)), [""; 0]);
        let mut components = Map::new();
        let anew = laid_out_anew(&schema, &mut components);
        let new = document(anew, Value::Object(components));
        prop_assert_eq!(told(&compare(&old, &new)), [""; 0]);
        prop_assert_eq!(told(&compare(&new, &old)), [""; 0]);
    }

    #[test]
    fn a_change_is_told_at_its_place(schema in schema(), which in any::<prop::sample::Index>()) {
        let mut all = Vec::new();
        places(&schema, "", "", &mut all);
        let (place, pointer) = which.get(&all);
        let mut changed = schema.clone();
        *changed.pointer_mut(pointer).unwrap() = json!({ "type": "number", "minimum": 7 });
        let diff = compare(&document(schema, json!({})), &document(changed, json!({})));
        let places: Vec<_> = diff.changes.iter().filter_map(|it| it.place.as_ref()).collect();
        prop_assert!(places.iter().any(|it| it.as_str() == place), "{:?}", told(&diff));
        prop_assert!(places.iter().all(|it| it.as_str().starts_with(place)), "{:?}", told(&diff));
        prop_assert!(diff.changes.iter().any(|it| it.effect == Effect::Breaks));
    }
}

#[test]
fn recursive_components_laid_out_anew_say_the_same() {
    let node = |next: Value| json!({ "type": "object", "properties": { "next": next } });
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let old = document(reference("N"), json!({ "N": node(reference("N")) }));
    // Unrolled once, under two other names.
    let new = document(
        node(reference("A")),
        json!({ "A": node(reference("B")), "B": node(node(reference("A"))) }),
    );
    assert_eq!(told(&compare(&old, &new)), [""; 0]);
    let deeper = json!({ "N": node(json!({ "anyOf": [reference("N"), { "type": "null" }] })) });
    let diff = compare(&old, &document(reference("N"), deeper));
    assert_eq!(
        told(&diff)[0],
        "GET /x 200 /next: null is new: object becomes object or null (breaks a reader)"
    );
}

#[test]
fn what_is_no_place_is_told_too() {
    let content = |types: &[&str]| -> Value {
        let types =
            types.iter().map(|it| ((*it).to_owned(), json!({ "schema": { "type": "object" } })));
        json!({ "description": "", "content": Value::Object(types.collect()) })
    };
    let with = |responses: Value| {
        let document =
            json!({ "openapi": "3.1.0", "paths": { "/x": { "get": { "responses": responses } } } });
        Text { name: "openapi.json".into(), text: document.to_string() }
    };
    let old = json!({ "4XX": content(&["application/json"]), "5XX": content(&[]) });
    let new = json!({ "4XX": content(&["application/problem+json"]), "200": content(&[]) });
    let expected = [
        "GET /x 200: new status (only adds)",
        "GET /x 4XX (whole body): no longer comes as application/json (breaks a reader)",
        "GET /x 4XX (whole body): also comes as application/problem+json (only adds)",
        "GET /x 5XX: status no longer described (breaks a reader)",
    ];
    assert_eq!(told(&compare(&with(old), &with(new))), expected);
    let schema = |more: Value| {
        let mut schema = json!({ "type": "object", "properties": { "a": {} } });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document(schema, json!({}))
    };
    let cases = [
        (
            json!({ "additionalProperties": false }),
            json!({}),
            "GET /x 200 (whole body): other members may come (only adds)",
        ),
        (
            json!({}),
            json!({ "additionalProperties": false }),
            "GET /x 200 (whole body): no other members come (only narrows)",
        ),
        (
            json!({ "dependentRequired": { "a": ["b"] } }),
            json!({}),
            "GET /x 200 (whole body): `dependentRequired` says something else (breaks a reader)",
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(&compare(&schema(old), &schema(new))), [expected]);
    }
}

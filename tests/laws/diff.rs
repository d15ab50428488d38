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

/// What is said of all alternatives together may stay while one of them says something else.
#[test]
fn alternatives_are_compared_one_by_one() {
    let of = |kind: &str, properties: Value, required: Value| {
        let mut all = json!({ "kind": { "const": kind } });
        all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        json!({ "type": "object", "required": required, "properties": all })
    };
    let (string, integer) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let card = |required: Value| of("Card", json!({ "last4": string, "n": string }), required);
    let bank = of("Bank", json!({ "iban": string, "n": integer }), json!(["kind", "iban"]));
    let both = || json!({ "Card": card(json!(["kind", "last4"])), "Bank": bank });
    let with = |more: Value| {
        let mut all = both();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let pay = |names: &[&str]| {
        let all: Vec<Value> = names.iter().map(|it| reference(it)).collect();
        json!({ "type": "object", "required": ["kind"], "oneOf": all, "discriminator": { "propertyName": "kind" } })
    };
    let old = || document(pay(&["Card", "Bank"]), both());
    let inline = |names: &[&str], components: &Value| json!({ "oneOf": names.iter().map(|it| components[it].clone()).collect::<Vec<_>>() });
    let swapped = json!({
        "Card": of("Card", json!({ "last4": string, "n": integer }), json!(["kind", "last4"])),
        "Bank": of("Bank", json!({ "iban": string, "n": string }), json!(["kind", "iban"])),
    });
    let loose = with(json!({ "Card": card(json!(["kind"])) }));
    let gift = with(json!({ "Gift": of("Gift", json!({ "last4": string }), json!(["kind"])) }));
    let unkind = |components: &Value| {
        let mut all = components.clone();
        for it in all.as_object_mut().unwrap().values_mut() {
            it["properties"].as_object_mut().unwrap().shift_remove("kind");
        }
        all
    };
    let nested =
        || with(json!({ "More": { "anyOf": [reference("Bank"), unkind(&both())["Card"]] } }));
    let breaks = |what: &str| format!("GET /x 200 {what} (breaks a reader)");
    let cases = [
        // Another order, another layout.
        (old(), document(pay(&["Bank", "Card"]), both()), vec![]),
        (old(), document(inline(&["Bank", "Card"], &both()), json!({})), vec![]),
        (old(), document(pay(&["Card", "Bank"]), loose.clone()), vec![breaks("/last4: may be missing in `Card`")]),
        (
            document(inline(&["Card", "Bank"], &both()), json!({})),
            document(inline(&["Bank", "Card"], &loose), json!({})),
            vec![breaks("/last4: may be missing in alternative 1")],
        ),
        (
            document(inline(&["Card", "Bank"], &unkind(&both())), json!({})),
            document(inline(&["Card", "Bank"], &unkind(&loose)), json!({})),
            vec![breaks("/last4: may be missing in alternative 1")],
        ),
        (
            old(),
            document(pay(&["Card", "Bank"]), swapped),
            vec![
                breaks("/n: string becomes integer in `Card`"),
                breaks("/n: integer becomes string in `Bank`"),
            ],
        ),
        (
            old(),
            document(pay(&["Card", "Bank", "Gift"]), gift.clone()),
            vec![breaks("(whole body): `Gift` may come as well"), breaks("/kind: exactly \"Bank\" or exactly \"Card\" becomes exactly \"Bank\" or exactly \"Card\" or exactly \"Gift\"")],
        ),
        (
            document(pay(&["Card", "Bank", "Gift"]), gift),
            old(),
            vec![
                "GET /x 200 (whole body): `Gift` comes no longer (only narrows)".to_owned(),
                "GET /x 200 /kind: exactly \"Bank\" or exactly \"Card\" or exactly \"Gift\" becomes exactly \"Bank\" or exactly \"Card\" (only narrows)".to_owned(),
            ],
        ),
        // What came only with what comes no longer.
        (
            old(),
            document(pay(&["Card"]), both()),
            vec![
                "GET /x 200 (whole body): `Bank` comes no longer (only narrows)".to_owned(),
                "GET /x 200 /kind: exactly \"Bank\" or exactly \"Card\" becomes exactly \"Card\" (only narrows)".to_owned(),
                "GET /x 200 /last4: always there (only narrows)".to_owned(),
                "GET /x 200 /n: integer or string becomes string (only narrows)".to_owned(),
            ],
        ),
        // Alternatives of an alternative, as a component and written out.
        (
            document(json!({ "oneOf": [reference("Card"), reference("More")] }), nested()),
            document(json!({ "oneOf": [reference("Card"), reference("Bank"), unkind(&both())["Card"]] }), nested()),
            vec![],
        ),
        (
            document(json!({ "oneOf": [reference("Card"), reference("Bank"), unkind(&both())["Card"]] }), nested()),
            document(json!({ "oneOf": [reference("Card"), reference("More")] }), nested()),
            vec![],
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told(&compare(&old, &new)), expected, "{}", new.text);
    }
    // What is said beside the alternatives is said of each.
    let beside = with(json!({ "Card": card(json!(["kind"])) }));
    let mut all = pay(&["Card", "Bank"]);
    all["required"] = json!(["kind", "last4"]);
    let diff = compare(&old(), &document(all, beside));
    assert_eq!(told(&diff), ["GET /x 200 /last4: always there (only narrows)"]);
}

#[test]
fn the_names_of_parameters_are_nothing_to_a_reader() {
    let of = |path: &str, schema: Value| {
        let get = json!({ "responses": { "200": {
            "description": "", "content": { "application/json": { "schema": schema } },
        } } });
        let document = json!({ "openapi": "3.1.0", "paths": { path: { "get": get } } });
        Text { name: "openapi.json".into(), text: document.to_string() }
    };
    let (string, integer) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let old = of("/orders/{order_id}", string.clone());
    assert_eq!(told(&compare(&old, &of("/orders/{id}", string))), [""; 0]);
    assert_eq!(
        told(&compare(&old, &of("/orders/{id}", integer.clone()))),
        ["GET /orders/{id} 200 (whole body): string becomes integer (breaks a reader)"]
    );
    assert_eq!(
        told(&compare(&old, &of("/order/{id}", integer))),
        [
            "GET /order/{id}: new operation (only adds)",
            "GET /orders/{order_id}: operation no longer described (breaks a reader)"
        ]
    );
}

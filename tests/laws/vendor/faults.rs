//! Documents with faults: each is told at its place, and the rest is used.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{answered, documented, faults, told};

fn response(schema: Value) -> Value {
    json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
}

fn document(paths: Value, schemas: Value) -> String {
    json!({"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}).to_string()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn faults_are_told_at_their_places() {
    let get = |more: Value| {
        let mut operation =
            json!({"responses": response(json!({"type": "object", "required": ["a"]}))});
        operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "get": operation })
    };
    let id = json!([{"name": "id", "in": "path", "required": true}]);
    let paths = json!({
        "/a/{id}": get(json!({"parameters": id, "operationId": "a"})),
        "/a/{name}": get(json!({"parameters": [{"name": "name", "in": "path"}], "operationId": "a"})),
        "/b/{id}": get(json!({"parameters": [{"name": "x", "in": "path"}]})),
        "/c": {"$ref": "#/components/pathItems/Gone"},
        "/d": {"get": {"responses": {"9XX": {}, "200": {"$ref": "#/components/responses/Gone"}}}},
        "/e": {"get": null},
        "/f": {"get": {"responses": []}},
        "g": get(json!({})),
    });
    let contract = documented(&[("v.json", &document(paths, json!({})))]).unwrap();
    let text = faults(&contract).join("\n");
    insta::with_settings!({snapshot_path => tests::root().join("snapshots"), prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("document-faults", text);
    });
    let judged = |path: &str| {
        let url = format!("https://v.test{path}");
        told(&answered(&contract, &url, 200, "application/json", "{}"))
    };
    assert_eq!(
        ["/a/1", "/b/1", "/d", "/g"].map(judged),
        ["required /a", "required /a", "", "required /a"]
    );
}

#[test]
fn a_member_that_occurs_twice_is_told() {
    for (name, text) in [
        ("v.json", r#"{"openapi": "3.1.0", "paths": {}, "paths": {"/a": {"get": {}}}}"#),
        ("v.yaml", "openapi: 3.1.0\npaths: {}\npaths: {/a: {get: {}}}"),
    ] {
        let contract = documented(&[(name, text)]).unwrap();
        assert!(faults(&contract)[0].contains("#/paths: the member occurs twice"), "{name}");
    }
}

#[test]
fn circles_are_cut_where_it_changes_least() {
    let circles = [
        ("itself", json!({"A": reference("A")}), json!({"x": 1}), "", 1),
        ("a chain", json!({"A": reference("B"), "B": reference("A")}), json!({"x": 1}), "", 1),
        (
            "allOf",
            json!({"A": {"allOf": [reference("A")], "required": ["a"]}}),
            json!({}),
            "required /a",
            1,
        ),
        (
            "anyOf",
            json!({"A": {"anyOf": [reference("A"), {"type": "string"}]}}),
            json!(1),
            "type",
            1,
        ),
        (
            "alternatives that build on their base",
            json!({
                "A": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"], "oneOf": [reference("B"), reference("C")]},
                "B": {"allOf": [reference("A"), {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]},
                "C": {"allOf": [reference("A"), {"properties": {"c": {"type": "integer"}}, "required": ["c"]}]},
            }),
            json!({"kind": "b", "b": 1}),
            "",
            2,
        ),
        (
            "through members",
            json!({"A": {"properties": {"a": reference("A")}}}),
            json!({"a": {"a": {}}}),
            "",
            0,
        ),
    ];
    for (what, schemas, body, expected, count) in circles {
        let text =
            document(json!({"/x": {"get": {"responses": response(reference("A"))}}}), schemas);
        let contract = documented(&[("v.json", &text)]).unwrap();
        assert_eq!(faults(&contract).len(), count, "{what}: {:#?}", faults(&contract));
        let report =
            answered(&contract, "https://v.test/x", 200, "application/json", &body.to_string());
        assert_eq!(told(&report), expected, "{what}");
    }
}

#[test]
fn no_length_or_depth_overwhelms() {
    let chain = |link: &dyn Fn(Value) -> Value| {
        let schemas =
            (0..10_000).map(|it| (format!("S{it}"), link(reference(&format!("S{}", it + 1)))));
        let last = [("S10000".to_owned(), json!({"type": "object"}))];
        let schemas: Map<String, Value> = schemas.chain(last).collect();
        document(
            json!({"/x": {"get": {"responses": response(reference("S0"))}}}),
            Value::Object(schemas),
        )
    };
    let chains = [
        ("members", chain(&|it| json!({"properties": {"a": it}}))),
        ("references", chain(&|it| it)),
        ("allOf", chain(&|it| json!({"allOf": [it]}))),
    ];
    for (what, text) in chains {
        let contract = documented(&[("v.json", &text)]).unwrap();
        let report = answered(&contract, "https://v.test/x", 200, "application/json", "{}");
        assert_eq!(told(&report), "", "{what}");
    }
    let nested = (0..10_000).fold("{}".to_owned(), |text, _| format!(r#"{{"items":{text}}}"#));
    let nested = format!(
        r#"{{"openapi": "3.1.0", "paths": {{}}, "components": {{"schemas": {{"A": {nested}}}}}}}"#
    );
    assert!(documented(&[("v.json", &nested)]).unwrap_err().contains("nests deeper"));
    assert!(documented(&[("v.yaml", &nested)]).unwrap_err().contains("nests deeper"));
}

/// The pointers of every value in a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, it)| pointers(it, &format!("{at}/{}", escaped(name)), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, it)| pointers(it, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_document_panics_and_what_it_promises_can_be_asked(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
        version in prop::sample::select(vec!["3.0.3", "3.1.0"]),
    ) {
        let mut document: Value = serde_json::from_str(include_str!("everything.json")).unwrap();
        document["openapi"] = version.into();
        for (place, value) in changes {
            let mut places = Vec::new();
            pointers(&document, "", &mut places);
            let values = [
                json!(null), json!(true), json!(false), json!(-1), json!(1.5), json!("x"), json!(""), json!([]), json!({}),
                json!({"$ref": "#"}), json!({"$ref": "#/components/schemas/A"}), json!({"$ref": "#/paths/~1x/get"}),
                json!({"$ref": 1}), json!({"nullable": true, "$ref": "#/components/schemas/B"}), json!({"allOf": [{"$ref": "#/components/schemas/B"}]}),
                json!([{"$ref": "#/components/schemas/C"}, true]), json!({"type": ["string", "string"], "pattern": "(", "$id": "x:y"}),
            ];
            let at = document.pointer_mut(&places[place.index(places.len())]).unwrap();
            *at = values[value.index(values.len())].clone();
        }
        for name in ["v.json", "v.yaml"] {
            let Ok(contract) = documented(&[(name, &document.to_string())]) else { continue };
            for status in [200, 404, 500] {
                for body in [r#"{"kind": "b", "a": [1, null], "b": {"kind": "c", "c": "2024"}}"#, "[]", "null", "1"] {
                    let report = answered(&contract, "https://v.test/x", status, "application/json", body);
                    let unusable = report.skipped.iter().find(|it| it.reason.contains("cannot be used"));
                    prop_assert!(unusable.is_none(), "{unusable:?} {document}");
                }
            }
        }
    }
}

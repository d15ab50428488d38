//! The shortcut changes nothing: the report of any sequence of bodies is the same with it and without it.

use std::{fs, num::NonZero};

use contract::{Contract, Exchange, Provenance, Run, RunOptions};
use harness::{Bulk, check_all};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tests::{CONTRACT, exchange};

use crate::faults::{Fault, example, leaves};

/// The report and the shape, as written.
fn told(contract: &Contract, bodies: &[(Provenance, Vec<u8>)], no_fast_path: bool) -> String {
    let mut run = Run::new(contract, RunOptions { no_fast_path, ..RunOptions::default() });
    for (number, (provenance, body)) in bodies.iter().enumerate() {
        // Not in order: what comes later may be the first sighting.
        let entry = number ^ 5;
        run.check(&Exchange { entry, provenance: *provenance, ..exchange(200, body) });
    }
    let files = run.shape().files(contract).into_iter().map(|it| it.1);
    run.report().to_json() + &files.collect::<String>()
}

fn same(contract: &Contract, bodies: &[(Provenance, Vec<u8>)]) {
    // Seen twice, everything is known.
    let bodies = [bodies, bodies].concat();
    let (short, full) = (told(contract, &bodies, false), told(contract, &bodies, true));
    if short != full {
        let differ = short.lines().zip(full.lines()).find(|it| it.0 != it.1);
        panic!("{differ:?}");
    }
}

/// What is told of a file.
fn told_of_file(path: &std::path::Path, no_fast_path: bool) -> (String, u64) {
    let new = || Run::new(&CONTRACT, RunOptions { no_fast_path, ..RunOptions::default() });
    let mut run = new();
    let bulk = Bulk { threads: Some(NonZero::<usize>::MIN), answered: None };
    check_all(&mut run, &new, &[Ok(path.to_owned())], &bulk);
    (run.report().to_json(), run.taken_short())
}

/// The same of bodies as they are written in files: each as a line, and in a HAR with texts that are escaped in several
/// ways.
fn same_in_files(bodies: &[Vec<u8>]) -> u64 {
    let url = "https://domain.tld/api/v2/chat/chatrooms/8";
    let bodies: Vec<String> =
        bodies.iter().filter_map(|it| String::from_utf8(it.clone()).ok()).collect();
    let lines = bodies.iter().filter(|it| !it.contains('\n')).map(|it| {
        format!("{{\"url\":\"{url}\",\"status\":200,\"content_type\":\"application/json\",\"body\":{it}}}")
    });
    let texts = bodies.iter().flat_map(|it| {
        let quoted = Value::from(&**it).to_string();
        let ascii: String = quoted
            .encode_utf16()
            .map(|it| match it {
                0..0x80 => char::from(it as u8).to_string(),
                it => format!("\\u{it:04x}"),
            })
            .collect();
        let broken = quoted.replacen("\\\"", "\\x", 1);
        [quoted.replace('/', "\\/"), ascii, broken, quoted]
    });
    let entries = texts.map(|it| {
        format!("{{\"request\":{{\"method\":\"GET\",\"url\":\"{url}\"}},\"response\":{{\"status\":200,\"content\":{{\"mimeType\":\"application/json\",\"text\":{it}}}}}}}")
    });
    let entries: Vec<String> = entries.collect();
    let lines: Vec<String> = lines.collect();
    let files = [
        (".ndjson", [&*lines, &*lines].concat().join("\n")),
        (
            ".har",
            format!("{{\"log\":{{\"entries\":[{}]}}}}", [&*entries, &*entries].concat().join(",")),
        ),
    ];
    let mut taken = 0;
    for (ending, text) in files {
        let file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
        fs::write(file.path(), text).unwrap();
        let (short, taken_short) = told_of_file(file.path(), false);
        let (full, _) = told_of_file(file.path(), true);
        if short != full {
            let differ = short.lines().zip(full.lines()).find(|it| it.0 != it.1);
            panic!("{ending}: {differ:?}");
        }
        taken += taken_short;
    }
    taken
}

#[test]
fn bodies_in_files() {
    let mut bodies = crate::hostile::bodies();
    bodies.retain(|it| it.len() < 100_000);
    same_in_files(&bodies);
    let pretty = serde_json::to_vec_pretty(&example()).unwrap();
    let odd = example().to_string().replacen(
        "\"string\"",
        r#""a \"quoted\" \/ \\ \u00e9 \ud83d\ude00 é""#,
        3,
    );
    let half = example().to_string().replacen("\"string\"", r#""\ud83d""#, 1);
    let good = vec![example().to_string().into_bytes(), pretty, odd.into_bytes()];
    // All but the first of two lines twice, and of three ways of writing three bodies twice.
    assert_eq!(same_in_files(&good), (2 * 2 - 1) + (2 * 3 * 3 - 1));
    same_in_files(&[good, vec![half.into_bytes()]].concat());
}

fn recorded(bodies: impl IntoIterator<Item = Vec<u8>>) -> Vec<(Provenance, Vec<u8>)> {
    bodies.into_iter().map(|it| (Provenance::Recorded, it)).collect()
}

#[test]
fn every_single_fault_alone_and_with_all_others() {
    let mut bodies = vec![example()];
    for pointer in leaves(&example()) {
        for fault in Fault::ALL {
            let mut body = example();
            if fault.plant(&mut body, &pointer) {
                bodies.push(body);
            }
        }
    }
    for pointer in ["", "/ambassadors/0", "/ambassadors/0/chatroom_pivot_data/0", "/last_rating"] {
        for extra in [json!(1), json!(""), json!({ "a": [1.5] }), json!([]), json!(null)] {
            let mut body = example();
            body.pointer_mut(pointer).unwrap()["extra"] = extra;
            bodies.push(body);
        }
    }
    same(&CONTRACT, &recorded(bodies.iter().map(|it| it.to_string().into_bytes())));
}

#[test]
fn what_was_seen_before_is_taken() {
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    let faults = Fault::ALL.iter().enumerate().map(|(number, fault)| {
        let mut body = example();
        fault.plant(&mut body, ["/ambassadors/0/active", "/date_insert", "/source"][number % 3]);
        body.to_string()
    });
    let bodies: Vec<String> = faults.chain([example().to_string()]).collect();
    for _ in 0..3 {
        bodies.iter().for_each(|it| run.check(&exchange(200, it.as_bytes())));
    }
    assert!(run.taken_short() >= 2 * bodies.len() as u64, "{}", run.taken_short());
}

#[test]
fn hostile_bodies() {
    let bodies = crate::hostile::bodies();
    same(&CONTRACT, &recorded(bodies));
}

#[test]
fn schemas_of_every_kind() {
    let shapes = [
        json!({"type": "object", "properties": {"a": {"type": ["integer", "null"], "minimum": 1, "maximum": 9}}, "additionalProperties": false, "required": ["a", "b"]}),
        json!({"type": "object", "properties": {"a": {"type": "number", "exclusiveMinimum": 1, "multipleOf": 0.5}}, "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "patternProperties": {"^b": {"type": "string"}}}),
        json!({"type": "array", "minItems": 1, "maxItems": 2, "items": {"anyOf": [{"type": "integer", "minimum": 2}, {"type": "string", "minLength": 2}, {"type": "null"}]}}),
        json!({"anyOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"type": "null"}]}),
        json!({"anyOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"type": "array", "items": {"type": "integer"}}]}),
        json!({"oneOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"a": {"const": "x"}}}]}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"enum": ["x", 1, null]}}, "additionalProperties": false}]}),
        json!({"type": "object", "properties": {"a": {"enum": [1, 2.0, "x", null, true]}, "b": {"const": 3}}, "unevaluatedProperties": false}),
        json!({"type": "object", "properties": {"a": {"type": "string", "format": "date-time"}, "b": {"type": "string", "pattern": "^x", "maxLength": 3}, "c": {"type": "boolean", "x-sensitive": "identifier"}}}),
        json!({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Tree"}}}),
        json!({"oneOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "object", "properties": {"a": {"type": "integer"}}}], "discriminator": {"propertyName": "a", "mapping": {"x": "Tree"}}}),
        json!({"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}], "discriminator": {"propertyName": "b"}}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"additionalProperties": {"type": ["integer", "string"], "minLength": 1}}]}),
        json!({"allOf": [{"properties": {"a": {}}, "unevaluatedProperties": true}, {"properties": {"b": {"type": "integer"}}, "additionalProperties": {"properties": {"a": {"type": "null"}}}}]}),
        json!({"anyOf": [{"type": "null"}, {"type": "null"}, {"type": "object", "required": ["a"]}]}),
        json!({"anyOf": [{"allOf": [{"type": "null"}, {"type": ["null", "string"]}]}, {"type": "object", "properties": {"a": {"type": "integer"}}}]}),
        json!({"anyOf": [{"type": "null", "enum": [null]}, {"type": "array", "items": {"type": "integer"}}]}),
        json!({"anyOf": [{"allOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "array", "items": {"type": "integer"}}]}),
        json!({"not": {"type": "string"}}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true}),
        json!({"type": "object", "properties": {"a": false, "b": true, "c": {}}}),
        json!({"if": {"required": ["a"]}, "then": {"properties": {"a": {"type": "string"}}}, "else": {"required": ["b"]}}),
        json!({"type": "string", "properties": {"a": {"type": "integer"}}, "items": {"type": "integer"}, "required": ["a"]}),
        json!({"enum": [null, {"a": 1}, [1], "x", 1]}),
        json!(true),
    ];
    let values: Vec<Value> = serde_json::from_str(
        r#"[null, true, 1, 2, 0, -1, 1.5, 2.0, 1e2, 10, "x", "", "xx", "2023-10-06T13:41:09.123Z", "2023-02-30T00:00:00Z",
            "2023-10-31T13:41:09Z", "2023-10-06t13:41:09z", "2023-10-06T13:41:09.Z", "2016-12-31T23:59:60Z", [], [1], [1, 1], [1, 2, 3], ["x"], [1, "x"],
            ["xx", 2, null, 0], {}, {"a": 1}, {"a": 1, "b": 1}, {"a": {"a": {"a": null}}}, {"a": "x", "b": "x"}, {"b": "x"}]"#,
    )
    .unwrap();
    let members = values.iter().flat_map(|it| {
        ["a", "b", "c", "d", "a/b~c"].map(|name| json!({ name: it, "b": 3, "a": it }))
    });
    let bodies: Vec<Vec<u8>> =
        values.iter().cloned().chain(members).map(|it| it.to_string().into_bytes()).collect();
    for schema in shapes {
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{ "url": "https://domain.tld/api/v2" }],
            "paths": { "/chat/chatrooms/{id}": { "get": { "responses": { "200": { "description": "",
                "content": { "application/json": { "schema": schema } } } } } } },
            "components": { "schemas": { "Tree": { "type": "object", "properties": {
                "a": { "$ref": "#/components/schemas/Tree" } }, "required": ["a"] } } },
        });
        let text = |text: String| contract::Text { name: "documented.json".into(), text };
        for modelled in [None, Some(text(document.to_string()))] {
            let contract = Contract::load(&contract::ContractTexts {
                documented: vec![text(document.to_string())],
                quirks: Vec::new(),
                modelled,
                settings: None,
            })
            .unwrap_or_else(|it| panic!("{it}\n{schema}"));
            same(&contract, &recorded(bodies.clone()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn faulty_bodies(
        planted in prop::collection::vec(
            prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(Fault::ALL)), 0..4), 1..8),
        provenances in prop::collection::vec(prop::sample::select(Provenance::ALL), 8),
    ) {
        let bodies = planted.iter().zip(provenances).map(|(faults, provenance)| {
            let mut body = example();
            for (at, fault) in faults {
                let leaves = leaves(&body);
                fault.plant(&mut body, at.get::<String>(&leaves));
            }
            (provenance, body.to_string().into_bytes())
        });
        let bodies: Vec<_> = bodies.collect();
        same(&CONTRACT, &bodies);
        same_in_files(&bodies.into_iter().map(|it| it.1).collect::<Vec<_>>());
    }

    #[test]
    fn generated_bodies(seeds in prop::collection::vec(any::<u64>(), 1..4)) {
        let bodies = seeds.iter().map(|seed| {
            let body = noson::generate(&crate::models::SCHEMA, &mut StdRng::seed_from_u64(*seed)).unwrap();
            body.to_string().into_bytes()
        });
        same(&CONTRACT, &recorded(bodies));
    }

    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let bodies = changes.iter().map(|(at, byte)| {
            let mut body = example().to_string().into_bytes();
            let at = at.index(body.len());
            body[at] = *byte;
            body
        });
        let bodies: Vec<Vec<u8>> = bodies.collect();
        same_in_files(&bodies);
        same(&CONTRACT, &recorded(bodies));
    }
}

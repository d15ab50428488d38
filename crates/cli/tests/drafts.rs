//! A set of traffic that holds a contradiction of every rule that traffic can show: with the drafted quirks and a reason
//! for each it passes, and a copy in which any value is something else does not.

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::paperwire;
use serde_json::{Value, json};

fn document() -> Value {
    let object = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required });
    let integer = json!({ "type": "integer" });
    let string = json!({ "type": "string" });
    let named =
        |more: &str| object(json!({ "id": integer, "name": string, more: integer }), json!(["id"]));
    let branch = |own: &str| object(json!({ "id": integer, own: integer }), json!(["id", own]));
    let kind = |own: &str| json!({ "type": "object", "properties": { "kind": { "enum": [own] }, own: integer }, "required": ["kind"], "additionalProperties": false });
    let thing = object(
        json!({
            "name": string,
            "state": string,
            "level": { "type": "string", "enum": ["low", "high"] },
            "priority": { "type": "integer", "enum": [1, 2] },
            "made_at": { "type": "string", "format": "date-time" },
            "count": { "type": "integer", "maximum": 10 },
            "must": string,
            "box": { "type": "object", "properties": { "side": integer }, "additionalProperties": false },
            "sizes": { "type": "object", "properties": { "small": integer }, "additionalProperties": false },
            "tags": { "type": "array", "items": string },
            "labels": { "type": "object", "additionalProperties": string },
            "several": { "oneOf": [named("size"), named("weight")] },
            "none": { "oneOf": [branch("a"), branch("b")] },
            "any": { "anyOf": [string, integer] },
            "lacking": { "anyOf": [branch("a"), branch("b")] },
            "blend": { "oneOf": [kind("a"), kind("b")] },
        }),
        json!(["must"]),
    );
    let answer = |schema: Value| json!({ "200": { "description": "", "content": { "application/json": { "schema": schema } } } });
    let get = |responses: Value| json!({ "get": { "responses": responses } });
    let plain = || get(answer(object(json!({ "a": integer }), json!(["a"]))));
    let nothing = || json!({ "post": { "responses": { "202": { "description": "" } } } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Things", "version": "1" },
        "servers": [{ "url": "https://api.things.test/v1" }],
        "paths": {
            "/things/{id}": get(answer(thing)),
            "/lists": get(answer(json!({ "type": "array", "items": object(json!({ "v": string }), json!(["v"])) }))),
            "/html": plain(), "/api": plain(), "/plain": plain(), "/broken": plain(), "/empty": plain(), "/mixed": plain(),
            "/table": get(json!({ "200": { "description": "", "content": { "text/csv": {} } } })),
            "/done": nothing(), "/done-html": nothing(), "/done-or-not": nothing(),
        },
    })
}

/// An exchange of the set.
fn line(request: &str, status: u16, content_type: &str, body: Value) -> Value {
    let (method, path) = request.split_once(' ').unwrap();
    let mut line = json!({ "method": method, "url": format!("https://api.things.test/v1{path}"), "status": status });
    if !content_type.is_empty() {
        line["content_type"] = content_type.into();
    }
    match body {
        // What is no JSON.
        Value::String(text) => line["text"] = text.into(),
        body => line["body"] = body,
    }
    line
}

const JSON: &str = "application/json; charset=utf-8";

/// The traffic. What the document promises of each, and what comes, is not the same.
fn traffic() -> Vec<Value> {
    let thing = json!({
        "name": "a", "state": 2, "level": "middling", "priority": 3, "made_at": "2026-01-02 03:04", "count": 40, "must": "b",
        "box": { "side": 1, "extra": 5 }, "sizes": { "1024": 1 }, "tags": ["x", 7], "labels": { "a": "x", "b": 8 },
        "several": { "id": 1, "name": "fits both" }, "none": { "id": "1", "a": 1 }, "any": true, "lacking": { "a": 1 }, "blend": { "kind": "a", "b": 1 },
    });
    // Null where a value is promised, a required member that is missing; the rest as promised.
    let other = json!({ "name": null, "tags": [], "several": { "id": 2 }, "made_at": "2026-01-02T03:04:05Z" });
    vec![
        line("GET /things/1", 200, JSON, thing),
        line("GET /things/2", 200, JSON, other),
        line("GET /things/3", 404, "text/html", json!("<p>no such thing</p>")),
        line("GET /things/4", 409, JSON, json!({})),
        line("GET /things/5", 410, "", json!("")),
        line("GET /lists", 200, JSON, json!([{ "v": 1 }, {}])),
        line("GET /html", 200, "text/html; charset=utf-8", json!({ "a": 1 })),
        line("GET /api", 200, "application/vnd.api+json", json!({ "a": 1 })),
        line("GET /plain", 200, "text/plain", json!("as you wish")),
        line("GET /broken", 200, JSON, json!("{\"a\": ")),
        line("GET /empty", 200, JSON, json!("")),
        line("GET /mixed", 200, JSON, json!({ "a": 1 })),
        line("GET /mixed", 200, "text/html", json!({ "a": 1 })),
        line("GET /mixed", 200, "text/plain", json!("as you wish")),
        line("GET /table", 200, "", json!("")),
        line("POST /done", 202, JSON, json!({})),
        line("POST /done-html", 202, "text/html", json!("<p>done</p>")),
        line("POST /done-or-not", 202, JSON, json!({})),
        line("POST /done-or-not", 202, "", json!("")),
        line("GET /things/6/history", 200, JSON, json!([])),
        line("DELETE /things/7", 200, "text/plain", json!("gone")),
    ]
}

/// A fault: the exchange, and the place that it must be found at.
struct Fault {
    line: Value,
    place: String,
}

/// Every exchange of the set with one thing wrong: each value in turn is something else, the body is, the media type is.
fn faults(traffic: &[Value]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for line in traffic {
        let with = |key: &str, value: Value| {
            let mut faulty = line.clone();
            faulty[key] = value;
            Fault { line: faulty, place: String::new() }
        };
        match line.get("body") {
            Some(body) => {
                for (pointer, place) in places(body) {
                    let mut faulty = line.clone();
                    let value = faulty["body"].pointer_mut(&pointer).unwrap();
                    *value = if value.is_object() || value.is_array() {
                        json!("something else")
                    } else {
                        json!(["something else"])
                    };
                    faults.push(Fault { line: faulty, place });
                }
                faults.push(with("content_type", "image/png".into()));
            }
            None if line.get("text").is_some_and(|it| it != "") => {
                faults.push(with("content_type", "image/png".into()));
            }
            None => {}
        }
        faults.push(with("status", 418.into()));
    }
    faults
}

/// Every value of a body: its pointer and its place.
fn places(body: &Value) -> Vec<(String, String)> {
    let mut places = vec![(String::new(), String::new())];
    let mut open = vec![(String::new(), String::new(), body)];
    while let Some((pointer, place, value)) = open.pop() {
        let below: Vec<(String, String, &Value)> = match value {
            Value::Object(members) => members
                .iter()
                .map(|(name, it)| {
                    // The one map, and a name that is data.
                    let segment = if place.ends_with("/labels")
                        || name.len() == 4 && name.parse::<u16>().is_ok()
                    {
                        "*"
                    } else {
                        name
                    };
                    (format!("{pointer}/{name}"), format!("{place}/{segment}"), it)
                })
                .collect(),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(at, it)| (format!("{pointer}/{at}"), format!("{place}/*"), it))
                    .collect()
            }
            _ => Vec::new(),
        };
        places.extend(below.iter().map(|it| (it.0.clone(), it.1.clone())));
        open.extend(below);
    }
    places
}

fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(|it| format!("{it}\n")).collect()
}

fn report(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap()
}

/// Whether a report has an error of the exchange's response, at the place or at a value that holds it.
fn is_found(report: &Value, fault: &Fault) -> bool {
    let path = fault.line["url"].as_str().unwrap().trim_start_matches("https://api.things.test/v1");
    let method = fault.line["method"].as_str().unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let is_of = |it: &Value| {
        let operation = it["operation"].as_str().unwrap();
        let (its_method, template) = operation.split_once(' ').unwrap();
        let template: Vec<&str> = template.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        let is_alike = |(a, b): (&&str, &&str)| a.starts_with('{') || a == b;
        its_method == method
            && template.len() == path.len()
            && template.iter().zip(&path).all(is_alike)
    };
    let at_place = |it: &Value| {
        let place = it["place"].as_str().unwrap_or_default();
        fault.place == place || fault.place.starts_with(&format!("{place}/"))
    };
    let mut errors = findings.filter(|it| it["severity"] == "error");
    errors.any(|it| is_of(it) && it["status"] == fault.line["status"] && at_place(it))
}

#[test]
fn a_set_with_every_contradiction_passes_by_its_drafts_and_no_faulty_copy_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let traffic = traffic();
    fs::write(folder.join("things.json"), document().to_string()).unwrap();
    fs::write(folder.join("traffic.ndjson"), ndjson(&traffic)).unwrap();
    let init =
        ["init", "things.json", "traffic.ndjson", "--out", "things", "--today", "2026-11-23"];
    let screen = paperwire(folder, &init);
    assert!(screen.starts_with("exit 0\n"), "{screen}");

    let mut drafts = String::new();
    let mut files: Vec<_> =
        fs::read_dir(folder.join("things/quirks")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        drafts += &text.split("reason  ").next().unwrap().replacen(
            "#:schema ../format/quirk.schema.json\n",
            "",
            1,
        );
        for at in text.split("[[at]]\n").skip(1) {
            drafts += &at.split("\n\n").next().unwrap().trim_end().replace('\n', " | ");
            drafts += "\n";
        }
        drafts += "\n";
        assert!(text.contains("reason      = \"\""), "{text}");
        fs::write(&path, text.replace("reason      = \"\"", "reason      = \"Seen.\"")).unwrap();
    }
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("command__init-drafts", drafts));

    let check = |file: &str| {
        paperwire(
            folder,
            &[
                "check",
                "--contract",
                "things",
                "--today",
                "2026-11-23",
                file,
                "--report",
                "json=report.json",
            ],
        )
    };
    let kept = check("traffic.ndjson");
    assert!(
        kept.starts_with("exit 0\nContract kept. 21 exchanges checked: 0 errors, 0 warnings"),
        "{kept}"
    );
    let unconfirmed: Vec<Value> = report(folder)["quirks"].as_array().unwrap().clone();
    let unconfirmed = unconfirmed.iter().filter(|it| it["state"] != "confirmed");
    assert_eq!(unconfirmed.map(|it| it["id"].clone()).collect::<Vec<_>>(), Vec::<Value>::new());

    let faults = faults(&traffic);
    let lines: Vec<Value> = faults.iter().map(|it| it.line.clone()).collect();
    fs::write(folder.join("faulty.ndjson"), ndjson(&lines)).unwrap();
    let broken = check("faulty.ndjson");
    assert!(broken.starts_with("exit 1\nContract broken."), "{broken}");
    let report = report(folder);
    let missed: BTreeSet<String> = faults
        .iter()
        .filter(|it| !is_found(&report, it))
        .map(|it| format!("{} {} {}", it.line["url"], it.line["status"], it.place))
        .collect();
    assert_eq!(missed, BTreeSet::new());
    // One fault alone is enough.
    for fault in &faults {
        fs::write(folder.join("faulty.ndjson"), ndjson(std::slice::from_ref(&fault.line))).unwrap();
        let broken = check("faulty.ndjson");
        assert!(broken.starts_with("exit 1\n"), "{} {}\n{broken}", fault.line, fault.place);
    }
}

#[test]
fn what_drafts_uncover_is_drafted_too() {
    let branch = |own: &str| json!({ "type": "object", "properties": { "id": { "type": "integer" }, own: { "type": "integer" } }, "required": ["id", own] });
    let schema = json!({ "oneOf": [branch("a"), branch("b")] });
    let mut document = document();
    document["paths"] = json!({ "/x": { "get": { "responses": { "200": { "description": "", "content": { "application/json": { "schema": schema } } } } } } });
    // Each fits no alternative. With what makes the one fit `a`, the other fits that as well.
    let traffic =
        [json!({}), json!({ "b": null })].map(|it| line("GET /x", 200, "application/json", it));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("x.json"), document.to_string()).unwrap();
    fs::write(folder.join("traffic.ndjson"), ndjson(&traffic)).unwrap();
    let make = |out: &str, traffic: &[&str]| {
        let screen = paperwire(folder, &[&["init", "x.json"], traffic, &["--out", out]].concat());
        assert!(screen.starts_with("exit 0\n"), "{screen}");
    };
    make("at-once", &["traffic.ndjson"]);
    make("later", &[]);
    let suggest = ["quirks", "suggest", "--contract", "later", "traffic.ndjson"];
    let screen = paperwire(folder, &suggest);
    assert!(screen.starts_with("exit 0\n") && screen.contains("body-fits-several"), "{screen}");
    for out in ["at-once", "later"] {
        for path in fs::read_dir(folder.join(out).join("quirks")).unwrap() {
            let path = path.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace("reason      = \"\"", "reason      = \"Seen.\""))
                .unwrap();
        }
        let kept = paperwire(folder, &["check", "--contract", out, "traffic.ndjson"]);
        assert!(kept.starts_with("exit 0\n"), "{kept}");
    }
}

#[test]
fn what_no_draft_explains_is_named_with_its_reason() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
    let mut document = document();
    document["paths"] = json!({ "/x": { "get": { "responses": { "200": { "description": "", "content": { "application/json": { "schema": schema } } } } } } });
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("x.json"), document.to_string()).unwrap();
    let twice = line("GET /x", 200, "application/json", json!("{\"a\": 1, \"a\": 2}"));
    fs::write(folder.join("traffic.ndjson"), ndjson(&[twice])).unwrap();
    let screen = paperwire(folder, &["init", "x.json", "traffic.ndjson", "--out", "made"]);
    assert!(screen.starts_with("exit 0\n"), "{screen}");
    let named = "no draft explains 1 error:\n  duplicate-member GET /x 200 /a: what a member means that comes twice";
    assert!(screen.contains(named), "{screen}");
    let suggest = ["quirks", "suggest", "--contract", "made", "traffic.ndjson"];
    let screen = paperwire(folder, &suggest);
    assert!(screen.contains(named), "{screen}");
}

//! Quirks about what no schema can say: several alternatives, or another one, media types, operations.

use contract::{Contract, QuirkState, Run, RunOptions, Written};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Vendor, ok, told, vendor};

const ALTERNATIVES: &str =
    "declared = { alternatives = \"one\" }\nalso = { alternatives = \"several\" }";

/// What is found in bodies, and what each state of the quirks is.
fn states(it: &Vendor, bodies: &[Value]) -> (String, Vec<QuirkState>) {
    let contract = it.load().unwrap();
    let mut run = Run::new(&contract, RunOptions::default());
    for body in bodies {
        let text = body.to_string();
        let mut exchange = tests::exchange(200, text.as_bytes());
        exchange.url = "https://v.test/api/x".into();
        run.check(&exchange);
    }
    let report = run.report();
    (told(&report), report.quirks.iter().map(|it| it.state).collect())
}

#[test]
fn a_value_that_fits_several_alternatives() {
    let member = |name: &str| json!({"type": "object", "properties": {name: {"type": "integer"}}, "required": [name]});
    let components = json!({
        "A": member("a"), "B": member("b"),
        "AB": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
        "Kinds": {
            "oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
            "discriminator": {"propertyName": "kind"},
        },
        "Both": {
            "anyOf": [{"type": "object"}, {"type": "null"}],
            "oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
        },
    });
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let of = |schema: Value| json!({"type": "object", "properties": {"v": schema, "w": schema}});
    let v = |value: Value| json!({ "v": value });
    let (one, both, none) = (json!({"a": 1}), json!({"a": 1, "b": 1}), json!({}));
    // The schema of `/v`, a value that fits one alternative, one that fits several, one that fits none.
    let cases = [
        (refer("AB"), "/v"),
        (json!({"oneOf": [member("a"), member("b")]}), "/v"),
        (json!({"allOf": [refer("AB")]}), "/v"),
        // Of nested alternatives, all at the place are meant.
        (json!({"oneOf": [{"type": "string"}, refer("AB")]}), "/v"),
        (json!({"anyOf": [refer("AB"), {"type": "null"}]}), "/v"),
        (refer("Both"), "/v"),
        // Without the member that names one, several fit.
        (refer("Kinds"), "/v"),
    ];
    for (schema, place) in cases {
        let paper = vendor(of(schema.clone())).components(components.clone());
        assert_eq!(paper.finds(v(both.clone())), "type /v", "{schema}");
        let it = paper.quirk(place, ALTERNATIVES);
        let is = |bodies: &[&Value]| {
            states(&it, &bodies.iter().map(|it| v((*it).clone())).collect::<Vec<_>>())
        };
        let confirmed = ("quirk-confirmed /v".to_owned(), vec![QuirkState::Confirmed]);
        assert_eq!(is(&[&both]), confirmed, "{schema}");
        assert_eq!(is(&[&one, &both]), confirmed, "{schema}");
        assert_eq!(is(&[&one]), (String::new(), vec![QuirkState::Unconfirmed]), "{schema}");
        assert_eq!(is(&[&none]).0, "type /v", "{schema}");
        // Another place of the same schema is none of the quirk's.
        assert_eq!(it.finds(json!({"w": both})), "type /w", "{schema}");
    }
    let kinds = vendor(of(refer("Kinds"))).components(components).quirk("/v", ALTERNATIVES);
    let named = kinds.finds(v(json!({"kind": "A", "a": 1, "b": 1})));
    assert_eq!(named, "undocumented-field /v/b, undocumented-field /v/kind");
}

const ANOTHER: &str =
    "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }";

#[test]
fn a_member_as_another_alternative_has_it() {
    let closed = |kind: &str, members: Value| {
        let mut properties = members;
        properties["k"] = json!({"type": "string", "enum": [kind]});
        json!({"type": "object", "properties": properties, "required": ["k"], "additionalProperties": false})
    };
    let components = json!({
        "A": closed("a", json!({"a": {"type": "integer"}, "n": {"type": "integer"}})),
        "B": closed("b", json!({"m": {"type": "string"}, "n": {"type": "string"}})),
        "C": closed("c", json!({"m": {"type": "boolean"}, "n": {"type": "integer"}})),
    });
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let all = || json!([refer("A"), refer("B"), refer("C")]);
    let inline = json!([components["A"], components["B"], components["C"]]);
    let named = json!({"propertyName": "k", "mapping": {"a": "A", "b": "B", "c": "C"}});
    let cases = [
        json!({"oneOf": all()}),
        json!({"anyOf": inline}),
        json!({"oneOf": all(), "discriminator": named}),
        json!({"allOf": [{"oneOf": all()}, {"type": "object"}]}),
        json!({"anyOf": [{"oneOf": all()}, {"type": "null"}]}),
        json!({"anyOf": [refer("A"), refer("B"), refer("C"), {"type": "null"}]}),
    ];
    for schema in cases {
        let of = json!({"type": "object", "properties": {"v": schema, "w": schema}});
        let paper = vendor(of).components(components.clone());
        let it = paper.clone_with("/v/m", ANOTHER).clone_with("/v/n", ANOTHER);
        let v = |value: Value| json!({ "v": value });
        // What says nothing about the quirks, what confirms them, and what is refused as it was.
        for kept in [
            json!({"k": "a", "a": 1}),
            json!({"k": "b", "m": "x", "n": "x"}),
            json!({"k": "c", "m": true}),
        ] {
            assert_eq!(it.finds(v(kept.clone())), "", "{schema} {kept}");
        }
        for (mixed, found) in [
            (json!({"k": "a", "m": "x"}), "quirk-confirmed /v/m"),
            (json!({"k": "a", "m": true}), "quirk-confirmed /v/m"),
            (json!({"k": "b", "m": true}), "quirk-confirmed /v/m"),
            (json!({"k": "c", "n": "x"}), "quirk-confirmed /v/n"),
            (json!({"k": "a", "m": "x", "n": "x"}), "quirk-confirmed /v/m, quirk-confirmed /v/n"),
        ] {
            assert_ne!(paper.finds(v(mixed.clone())), "", "{schema} {mixed}");
            assert_eq!(it.finds(v(mixed.clone())), found, "{schema} {mixed}");
            // Another place of the same schema is none of the quirk's.
            assert_ne!(it.finds(json!({ "w": mixed })), "", "{schema} {mixed}");
        }
        for fault in [
            json!({"k": "a", "m": 1}),
            json!({"k": "a", "m": "x", "a": "x"}),
            json!({"k": "b", "a": 1}),
            json!({"k": "a", "m": "x", "z": 1}),
            json!({"k": "z", "m": "x"}),
            json!({"m": "x"}),
            json!([]),
        ] {
            let report = it.report(200, "application/json", &v(fault.clone()).to_string());
            assert_eq!(report.exit_code, 1, "{schema} {fault}: {}", told(&report));
        }
    }
}

#[test]
fn what_fits_several_alternatives_by_another_fits_no_more_than_before() {
    let of = |members: Value, required: Value| json!({"type": "object", "properties": members, "required": required, "additionalProperties": false});
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"v": {"oneOf": [
        of(json!({"message": text, "id": text}), json!(["message", "id"])),
        of(json!({"message": text}), json!(["message"])),
        of(json!({"message": text, "sha": text}), json!(["message", "sha"])),
        of(json!({"message": text, "note": text}), json!(["message"])),
    ]}}});
    let it = vendor(schema).quirk("/v/sha", ANOTHER);
    // Documented, and so not of another alternative, though with the quirk the second has it too.
    assert_eq!(it.finds(json!({"v": {"message": "x", "sha": "x"}})), "");
    let mixed = json!({"v": {"message": "x", "id": "x", "sha": "x"}});
    assert_eq!(it.finds(mixed), "quirk-confirmed /v/sha");
    // Of these, two alternatives have what came: as documented.
    assert_eq!(it.finds(json!({"v": {"message": "x"}})), "type /v");
}

#[test]
fn members_of_another_alternative_one_in_the_other() {
    let of = |members: Value| json!({"type": "object", "properties": members, "additionalProperties": false});
    let inner = |kind: &str, m: &str| of(json!({"j": {"enum": [kind]}, "m": {"type": m}}));
    let m = json!({"oneOf": [inner("x", "integer"), inner("y", "string")]});
    let schema = json!({"oneOf": [
        of(json!({"k": {"enum": ["a"]}, "m": m})),
        of(json!({"k": {"enum": ["b"]}, "n": {"type": "string"}})),
    ]});
    let mut it = vendor(schema).quirk("/m", ANOTHER);
    // The same quirk, at both places.
    it.quirks[0] += "[[at]]\noperation = \"GET /x\"\nstatus = 200\nplace = \"/m/m\"\n";
    assert_eq!(it.finds(json!({"k": "b", "m": {"j": "x", "m": 1}})), "quirk-confirmed /m");
    assert_eq!(it.finds(json!({"k": "a", "m": {"j": "x", "m": "x"}})), "quirk-confirmed /m/m");
    let both = json!({"k": "b", "m": {"j": "x", "m": "x"}});
    assert_eq!(it.finds(both), "quirk-confirmed /m, quirk-confirmed /m/m");
    assert_eq!(it.finds(json!({"k": "a", "m": {"j": "x", "m": 1}})), "");
    let fault = json!({"k": "b", "m": {"j": "x", "m": true}});
    assert_eq!(it.report(200, "application/json", &fault.to_string()).exit_code, 1);
}

#[test]
fn items_as_another_alternative_has_them() {
    let list = |of: &str| json!({"type": "array", "items": {"type": of}});
    let schema = json!({"properties": {"v": {"anyOf": [list("string"), list("integer")]}}});
    let paper = vendor(schema);
    let of = |items: Value| json!({ "v": items });
    assert_eq!(paper.finds(of(json!(["x", 1]))), "type /v");
    let it = paper.quirk("/v/*", ANOTHER);
    assert_eq!(it.finds(of(json!(["x", 1]))), "quirk-confirmed /v/*");
    assert_eq!(it.finds(of(json!(["x", "y"]))), "");
    assert_eq!(it.finds(of(json!(["x", true]))), "type /v");
}

#[test]
fn alternatives_that_no_longer_differ_about_a_member() {
    let of = |schema: Value| vendor(json!({"properties": {"v": schema}})).quirk("/v/m", ANOTHER);
    let member = |schema: Value| json!({"type": "object", "properties": {"m": schema}});
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
    let differ = json!({"anyOf": [member(text.clone()), member(number)]});
    assert_eq!(of(differ).differs(), "");
    let described = json!({"type": "string", "description": "m"});
    let alike = json!({"anyOf": [member(text.clone()), member(described)]});
    assert_eq!(of(alike).differs(), "quirk-resolved /v/m");
    assert_eq!(of(member(text)).differs(), "quirk-resolved /v/m");
    let gone = of(json!({"type": "object"})).load().map(|_| ()).unwrap_err();
    assert!(gone.contains("no alternative of the document has the place"), "{gone}");
}

/// An object with some of the members `a`, `b` and `c`, of which it may require some, and which may be closed.
fn alternatives() -> impl Strategy<Value = Vec<Value>> {
    let says = prop_oneof![
        Just(json!({"type": "integer"})),
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "enum": ["x"]})),
        Just(json!({"type": ["string", "null"]})),
    ];
    let members = prop::collection::btree_map("[abc]", says, 0..4);
    let one = (members, prop::collection::btree_set("[abc]", 0..2), any::<bool>());
    let one = one.prop_map(|(properties, required, closed)| {
        let mut schema = json!({"type": "object", "properties": properties, "required": required});
        if closed {
            schema["additionalProperties"] = false.into();
        }
        schema
    });
    prop::collection::vec(one, 2..4)
}

/// Whether a value is one of the alternatives but for a member that is as another of them has it.
fn is_mixed(alternatives: &[Value], name: &str, value: &Value) -> bool {
    let takes = |schema: &Value| jsonschema::is_valid(schema, value);
    let says = |it: &Value| it["properties"].get(name).cloned();
    alternatives.iter().any(|own| {
        let others = alternatives.iter().filter_map(says);
        let names = says(own).is_some() || own.get("additionalProperties").is_some();
        others.filter(|_| names).any(|other| {
            let mut mixed = own.clone();
            mixed["properties"][name] = other;
            takes(&mixed)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn nothing_else_is_taken_than_what_another_alternative_has(
        alternatives in alternatives(),
        keyword in prop_oneof![Just("anyOf"), Just("oneOf")],
        names in prop::collection::btree_map(
            "[abcd]", prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!("y")), Just(json!(null)), Just(json!(true))], 0..4,
        ),
    ) {
        let schema = json!({ keyword: alternatives });
        let paper = vendor(schema.clone());
        let it = paper.clone_with("/a", ANOTHER);
        prop_assume!(it.load().is_ok() && it.differs().is_empty());
        let value = json!(names);
        let documented: Vec<bool> = alternatives.iter().map(|it| jsonschema::is_valid(it, &value)).collect();
        let expected = jsonschema::is_valid(&schema, &value)
            || (!documented.contains(&true) && is_mixed(&alternatives, "a", &value));
        let is_kept = |it: &Vendor| it.report(200, "application/json", &value.to_string()).exit_code == 0;
        prop_assert_eq!(is_kept(&it), expected, "{} {}", schema, value);
        // What is documented is none of the quirk's.
        let confirms = it.finds(value.clone()).contains("quirk-confirmed /a");
        prop_assert_eq!(confirms, expected && !is_kept(&paper), "{} {}", schema, value);
        let full = it.report_in_full(200, "application/json", &value.to_string()).to_json();
        prop_assert_eq!(it.report(200, "application/json", &value.to_string()).to_json(), full);
    }
}

#[test]
fn several_alternatives_inside_items_beside_other_quirks() {
    let branch = |name: &str| json!({"type": "object", "properties": {"id": {"type": "string"}, name: {"type": "integer"}}, "required": ["id"]});
    let it = || vendor(json!({"type": "array", "items": {"oneOf": [branch("a"), branch("b")]}}));
    let ids = "declared = { type = \"string\" }\nreturned = { type = \"integer\" }";
    // On paper, such an item fits neither: the other quirk makes it fit both.
    let both = it().quirk("/*/id", ids).quirk("/*", ALTERNATIVES);
    assert_eq!(both.finds(json!([{"id": 1}])), "quirk-confirmed /*, quirk-confirmed /*/id");
    assert_eq!(both.finds(json!([{"id": "x"}])), "quirk-healed /*/id");
    let alone = it().quirk("/*/id", ids);
    assert_eq!(alone.finds(json!([{"id": 1}])), "type /*, quirk-confirmed /*/id");
}

#[test]
fn alternatives_that_the_document_no_longer_has() {
    let of = |schema: Value| vendor(json!({"properties": {"v": schema}})).quirk("/v", ALTERNATIVES);
    let branches = json!([{"type": "object"}, {"type": "object"}]);
    assert_eq!(of(json!({ "oneOf": branches })).differs(), "");
    assert_eq!(of(json!({ "anyOf": branches })).differs(), "quirk-resolved /v");
    assert_eq!(of(json!({"type": "object"})).differs(), "quirk-resolved /v");
    let gone = vendor(json!({"properties": {"w": true}})).quirk("/v", ALTERNATIVES);
    assert!(gone.load().unwrap_err().contains("no such place"));
}

/// The answers of one operation by media type, with quirks of its 200.
fn content(content: &Value, quirks: &[&str]) -> Vendor {
    let responses =
        json!({"200": {"description": "", "content": content}, "202": {"description": ""}});
    let it = Vendor { responses, ..Vendor::default() };
    quirks.iter().fold(it, |it, says| it.quirk("", says))
}

fn json_of_a() -> Value {
    json!({"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}})
}

#[test]
fn a_body_of_another_media_type() {
    const JSON: &str = "declared = { media_type = \"application/json\" }\n";
    let html = format!("{JSON}returned = {{ media_type = \"text/html\", json = true }}");
    let api = format!("{JSON}returned = {{ media_type = \"application/vnd.api+json\" }}");
    let text = format!("{JSON}returned = {{ media_type = \"text/plain\" }}");
    let also = format!("{JSON}also = {{ media_type = \"text/html\", json = true }}");
    let no_json = format!("{JSON}also = {{ media_type = \"application/json\", json = false }}");
    let (good, bad) = ("{\"a\": 1}", "{\"a\": \"x\"}");
    // The quirks, what comes, and what is found.
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "text/html", good, "content-type -"),
        (&[], "application/json", "OK", "body-not-json"),
        (&[&html], "text/html; charset=utf-8", good, "quirk-confirmed"),
        (&[&html], "text/html", bad, "type /a, quirk-confirmed"),
        (&[&html], "text/html", "42", "type, quirk-confirmed"),
        (&[&html], "text/html", "<p>", "quirk-mutated"),
        (&[&html], "text/plain", good, "quirk-mutated"),
        (&[&html], "application/json", good, "quirk-healed"),
        (&[&html], "application/json", "OK", "quirk-mutated"),
        // Without a media type, nothing heals.
        (&[&html], "", good, ""),
        (&[&html], "", "", "body-missing"),
        (&[&api], "application/vnd.api+json", good, "quirk-confirmed"),
        (&[&api], "application/vnd.api+json", bad, "type /a, quirk-confirmed"),
        (&[&api], "application/vnd.api+json", "OK", "quirk-mutated"),
        (&[&text], "text/plain", "OK", "quirk-confirmed"),
        (&[&text], "text/plain", "42", "quirk-confirmed"),
        (&[&text], "text/plain", good, "quirk-mutated"),
        (&[&text], "text/html", "OK", "quirk-mutated"),
        (&[&also], "text/html", good, "quirk-confirmed"),
        (&[&also], "application/json", good, ""),
        (&[&also], "text/plain", good, "content-type -"),
        (&[&no_json], "application/json", "OK", "quirk-confirmed"),
        (&[&no_json], "", "OK", "quirk-confirmed"),
        (&[&no_json], "application/json", good, ""),
        (&[&no_json], "text/plain", "OK", "content-type -"),
        (&[&also, &no_json], "application/json", "OK", "quirk-confirmed"),
        (&[&also, &no_json], "text/html", good, "quirk-confirmed"),
        (&[&text, &also], "text/html", good, "quirk-confirmed"),
        (&[&text, &also], "application/json", good, "quirk-healed"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = content(&json_of_a(), quirks);
        let report = it.report(200, media_type, body);
        assert_eq!(told(&report), *found, "{quirks:?} {media_type} {body}");
        let full = it.report_in_full(200, media_type, body);
        assert_eq!(report.to_json(), full.to_json(), "{quirks:?} {media_type} {body}");
    }
}

#[test]
fn a_body_of_no_json_that_does_not_come() {
    let csv = json!({"text/csv": {"schema": {"type": "string"}}});
    let declared = "declared = { media_type = \"text/csv\" }\n";
    let (never, sometimes) =
        (format!("{declared}returned = false"), format!("{declared}also = false"));
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "text/csv", "", "body-missing"),
        (&[&never], "", "", "quirk-confirmed"),
        (&[&never], "text/csv", "a;b", "quirk-healed"),
        (&[&never], "text/html", "<p>", "quirk-mutated"),
        (&[&sometimes], "", "", "quirk-confirmed"),
        (&[&sometimes], "text/csv", "a;b", ""),
        (&[&sometimes], "text/html", "<p>", "content-type -"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = content(&csv, quirks);
        assert_eq!(
            told(&it.report(200, media_type, body)),
            *found,
            "{quirks:?} {media_type} {body}"
        );
    }
    assert_eq!(content(&json!({}), &[&never]).differs(), "quirk-resolved");
}

#[test]
fn members_of_a_closed_object_whose_names_are_data() {
    let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let others = "declared = false\nreturned = { type = \"integer\" }";
    let it = vendor(json!({"properties": {"o": {"anyOf": [closed, {"type": "null"}]}}}));
    assert_eq!(it.finds(json!({"o": {"1234": 1}})), "undocumented-field /o/*");
    let it = it.quirk("/o/*", others);
    assert_eq!(it.finds(json!({"o": {"a": "x", "1234": 1}})), "quirk-confirmed /o/*");
    assert_eq!(it.finds(json!({"o": {"a": "x", "1234": "1"}})), "quirk-mutated /o/*");
    assert_eq!(it.finds(json!({"o": {"a": 1}})), "type /o/a");
    let open = vendor(json!({"type": "object", "additionalProperties": {"type": "integer"}}));
    assert_eq!(open.quirk("/*", others).differs(), "quirk-resolved /*");
}

#[test]
fn a_body_where_none_is_documented() {
    let json = "declared = false\nreturned = { type = \"object\" }";
    let html = "declared = false\nreturned = { media_type = \"text/html\" }";
    let also = "declared = false\nalso = { media_type = \"text/html\" }";
    let problem = "declared = false\nreturned = { media_type = \"application/problem+json\" }";
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "application/json", "{}", "body-unexpected"),
        (&[json], "application/json", "{}", "quirk-confirmed"),
        (&[json], "application/json", "[]", "quirk-mutated"),
        (&[json], "application/json", "", "quirk-healed"),
        (&[html], "text/html", "<p>", "quirk-confirmed"),
        (&[html], "text/plain", "<p>", "quirk-mutated"),
        (&[html], "application/json", "{}", "quirk-mutated"),
        (&[html], "text/html", "", "quirk-healed"),
        (&[also], "text/html", "", ""),
        (&[also], "text/plain", "<p>", "content-type -"),
        (&[problem], "application/problem+json", "{\"x\": 1}", "quirk-confirmed"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = Vendor { responses: content(&json_of_a(), &[]).responses, ..Vendor::default() };
        let it = quirks.iter().fold(it, |it, says| it.quirk_of(202, "", says));
        let report = it.report(202, media_type, body);
        assert_eq!(told(&report), *found, "{quirks:?} {media_type} {body}");
    }
}

#[test]
fn a_status_that_is_not_documented_comes_as_anything_or_as_one_media_type() {
    let anything = "declared = false\nreturned = true";
    let html = "declared = false\nreturned = { media_type = \"text/html\" }";
    let cases = [
        (anything, "text/html", "<p>", "quirk-confirmed"),
        (anything, "application/problem+json", "{}", "quirk-confirmed"),
        (anything, "", "", "quirk-confirmed"),
        (html, "text/html", "<p>", "quirk-confirmed"),
        (html, "text/plain", "gone", "quirk-mutated"),
        (html, "text/html", "{\"a\": 1}", "quirk-mutated"),
        (html, "text/html", "", "body-missing"),
    ];
    for (says, media_type, body, found) in cases {
        let it = vendor(json!({"type": "object"})).quirk_of(404, "", says);
        assert_eq!(told(&it.report(404, media_type, body)), found, "{says} {media_type} {body}");
    }
}

#[test]
fn what_the_document_makes_of_a_quirk_of_the_media_type() {
    let html = "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\", json = true }";
    let json = json_of_a();
    let both = json!({"application/json": json["application/json"], "text/html": {}});
    assert_eq!(content(&json, &[html]).differs(), "");
    assert_eq!(content(&both, &[html]).differs(), "quirk-resolved");
    let several =
        html.replace("\"application/json\" }\n", "[\"text/csv\", \"application/json\"] }\n");
    let csv = json!({"application/json; charset=utf-8": json["application/json"], "text/csv": {}});
    assert_eq!(content(&csv, &[&several]).differs(), "");
}

/// The contract of `GET /x`, with a quirk about another operation.
fn new_operation(operation: &str, says: &str) -> Result<Contract, String> {
    let mut it = vendor(json!({"type": "object"})).quirk("", says);
    it.quirks[0] = it.quirks[0].replace("GET /x", operation);
    it.load()
}

#[test]
fn an_operation_that_is_not_documented() {
    let says = "declared = { operation = false }\nreturned = { type = \"object\" }";
    let contract = new_operation("GET /rooms/{room}/log", says).unwrap();
    let finds = |path: &str, status: u16, body: &str| -> String {
        told(&super::answered(
            &contract,
            &format!("https://v.test/api{path}"),
            status,
            "application/json",
            body,
        ))
    };
    assert_eq!(finds("/rooms/8/log", 200, "{}"), "quirk-confirmed");
    assert_eq!(finds("/rooms/8/log", 200, "[]"), "quirk-mutated");
    assert_eq!(finds("/rooms/8/log", 404, "{}"), "undocumented-status -");
    assert_eq!(finds("/rooms/8/logs", 200, "{}"), "undocumented-operation -");
    let found = |operation: &str, says: &str| match new_operation(operation, says) {
        Ok(it) => told(&Run::new(&it, RunOptions::default()).report()),
        Err(fault) => fault,
    };
    assert_eq!(found("GET /x", says), "quirk-resolved");
    for (operation, says, fault) in [
        ("POST /x", &says.replace("{ operation = false }", "false"), "no such operation"),
        ("FETCH /y", &says.to_owned(), "correct it"),
        (
            "GET /x\"\nstatus = 404\nplace = \"\"\n[[at]]\noperation = \"GET /x",
            &says.to_owned(),
            "not the status",
        ),
    ] {
        let told = found(operation, says);
        assert!(told.contains(fault), "{operation}: {told}");
    }
}

#[test]
fn what_is_wrong_with_such_a_quirk() {
    let of = |schema: Value| Vendor { responses: ok(schema), ..Vendor::default() };
    let object = || {
        of(
            json!({"type": "object", "properties": {"a": {"oneOf": [{"type": "object"}, {"type": "object"}]}}}),
        )
    };
    let cases = [
        ("/a", "declared = { alternatives = \"one\" }\nreturned = { alternatives = \"several\" }"),
        ("/a", "declared = { type = \"object\" }\nalso = { alternatives = \"several\" }"),
        ("/a", "declared = { alternatives = \"one\" }\nalso = { type = \"null\" }"),
        ("/a", "declared = { alternatives = \"several\" }\nalso = { alternatives = \"one\" }"),
        ("/a", "declared = { alternatives = \"two\" }\nalso = { alternatives = \"several\" }"),
        (
            "/a",
            "declared = { alternatives = \"one\", type = \"object\" }\nalso = { alternatives = \"several\" }",
        ),
        (
            "/a",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\" }",
        ),
        ("", "declared = { media_type = \"application/json\" }\nreturned = { type = \"object\" }"),
        ("", "declared = { type = \"object\" }\nreturned = { media_type = \"text/html\" }"),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = [\"text/html\", \"text/csv\"] }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/*\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html; charset=utf-8\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\", json = false }\nreturned = { media_type = \"text/html\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/*\" }\nreturned = { media_type = \"application/xml\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/xml\" }\nreturned = { media_type = \"text/html\" }",
        ),
        ("", "declared = false\nreturned = { media_type = \"text/html\" }"),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\" }\ndescribed = { type = \"string\" }",
        ),
        ("", "declared = { json = true }\nreturned = { media_type = \"text/html\" }"),
        ("", "declared = { operation = false }\nreturned = { operation = false }"),
        ("", "declared = { operation = true }\nreturned = true"),
        ("/a", "declared = { alternatives = \"own\" }\nreturned = { alternatives = \"another\" }"),
        ("/a", "declared = { alternatives = \"another\" }\nalso = { alternatives = \"own\" }"),
        ("/a", "declared = { type = \"object\" }\nalso = { alternatives = \"another\" }"),
        ("/a", "declared = { alternatives = \"own\" }\nalso = { type = \"null\" }"),
        ("/a", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"several\" }"),
        ("", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }"),
        (
            "/a",
            "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }\ndescribed = { type = \"string\" }",
        ),
        ("/a/b", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }"),
    ];
    let told = cases.map(|(place, says)| {
        let faults = object().quirk(place, says).load().map(|_| ()).expect_err(says);
        format!("{says}\n  {}\n\n", faults.replace('\n', "\n  "))
    });
    let twice =
        "declared = { media_type = \"application/json\" }\nalso = { media_type = \"text/html\" }";
    let faults = object().quirk("", twice).quirk("", twice).load().map(|_| ()).unwrap_err();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(tests::root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("quirk-form-faults", told.concat() + "twice\n  " + &faults)
    });
}

/// A contract with a quirk of each new form, and answers that show what they may.
fn of_every_form() -> (Contract, Vec<(u16, &'static str, &'static str)>) {
    let branch = |name: &str| json!({"type": "object", "properties": {"id": {"type": "integer"}, name: {"type": "integer"}}, "required": ["id"]});
    let closed = |name: &str| json!({"type": "object", "properties": {"k": {"enum": [name]}, name: {"type": "integer"}}, "required": ["k"], "additionalProperties": false});
    let schema = json!({"type": "object", "properties": {
        "v": {"oneOf": [branch("a"), branch("b")]}, "m": {"oneOf": [closed("a"), closed("b")]},
    }});
    let mut it = vendor(schema);
    it.responses["202"] = json!({"description": ""});
    let declared = "declared = { media_type = \"application/json\" }\n";
    let it = it
        .quirk("/v", ALTERNATIVES)
        .quirk("/m/b", ANOTHER)
        .quirk("", &format!("{declared}returned = {{ media_type = \"text/html\", json = true }}"))
        .quirk(
            "",
            &format!("{declared}also = {{ media_type = \"application/json\", json = false }}"),
        )
        .quirk_of(202, "", "declared = false\nalso = { media_type = \"text/plain\" }")
        .quirk_of(404, "", "declared = false\nreturned = true");
    let mut answers = Vec::new();
    for media_type in ["application/json", "text/html; charset=utf-8", "text/plain", ""] {
        for status in [200, 202, 404] {
            for body in [
                "{}",
                "{\"v\": {\"id\": 1}}",
                "{\"v\": {\"id\": 1, \"a\": \"x\"}}",
                "{\"v\": 1}",
                "{\"m\": {\"k\": \"a\", \"b\": 1}}",
                "{\"m\": {\"k\": \"b\", \"b\": 1}}",
                "{\"m\": {\"k\": \"a\", \"b\": \"x\"}}",
                "42",
                "OK",
                "",
            ] {
                answers.push((status, media_type, body));
            }
        }
    }
    (it.load().unwrap(), answers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_short_way_the_parts_and_the_order_find_the_same(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let (contract, answers) = of_every_form();
        let give = |run: &mut Run<'_>, entry: usize| {
            let (status, media_type, body) = *picks[entry].get(&answers);
            let mut exchange = tests::exchange(status, body.as_bytes());
            exchange.url = "https://v.test/api/x".into();
            exchange.content_type = (!media_type.is_empty()).then(|| media_type.into());
            exchange.entry = entry;
            if !run.check_known(&exchange, Written::Plain(body)) {
                run.check(&exchange);
            }
        };
        let run = |no_fast_path: bool, entries: &mut dyn Iterator<Item = usize>| {
            let mut run = Run::new(&contract, RunOptions { no_fast_path, ..RunOptions::default() });
            entries.for_each(|it| give(&mut run, it));
            run
        };
        let all = picks.len();
        let whole = run(false, &mut (0..all));
        let drafts = whole.drafts(jiff::civil::date(2026, 1, 1));
        let report = whole.report().to_json();
        prop_assert_eq!(&run(true, &mut (0..all)).report().to_json(), &report);
        prop_assert_eq!(&run(false, &mut (0..all).rev()).report().to_json(), &report);
        let cut = cut.index(all);
        let parts = [run(false, &mut (0..cut)), run(true, &mut (cut..all))];
        let reports = parts.iter().map(Run::report).collect();
        prop_assert_eq!(&tests::join(reports).unwrap().to_json(), &report);
        let [mut first, second] = parts;
        first.absorb(second);
        prop_assert_eq!(&first.report().to_json(), &report);
        prop_assert_eq!(first.drafts(jiff::civil::date(2026, 1, 1)), drafts);
    }
}

#[test]
fn no_media_type_that_may_be_data_is_told() {
    for media_type in
        ["text/ann@example.org", "ann/html", "application/x-5550199", "text/html<b>", "text/"]
    {
        let paper = content(&json_of_a(), &[]);
        for body in ["{\"a\": 1}", "OK"] {
            let report = paper.report(200, media_type, body).to_json();
            assert!(!report.contains(media_type), "{report}");
        }
    }
    let told = content(&json_of_a(), &[]).report(200, "application/vnd.api+json", "{\"a\": 1}");
    assert!(told.findings[0].message.ends_with("application/vnd.api+json came"));
}

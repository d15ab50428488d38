//! Quirks about alternatives: a value that fits several, a member or items as another alternative has them.

use contract::{QuirkState, Run, RunOptions};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Vendor, told, vendor};

pub(super) const ALTERNATIVES: &str =
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

pub(super) const ANOTHER: &str =
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

//! What the meter plants in other vendors' answers, and what it leaves out.

use std::collections::BTreeSet;

use contract::{Exchange, Meter, Severity, Strength};
use serde_json::{Value, json};

use super::{Vendor, vendor};

impl Vendor {
    fn strength(&self, body: &Value) -> Strength {
        self.strength_in(std::slice::from_ref(body))
    }

    fn strength_in(&self, bodies: &[Value]) -> Strength {
        self.strength_by(Severity::Error, bodies)
    }

    fn strength_by(&self, fail_on: Severity, bodies: &[Value]) -> Strength {
        let contract = self.load().unwrap();
        let mut meter = Meter::new(&contract, &[], fail_on);
        for body in bodies {
            let text = body.to_string();
            let url = "https://v.test/api/x".into();
            meter.plant(&Exchange { url, ..tests::exchange(200, text.as_bytes()) });
        }
        meter.strength().clone()
    }
}

/// What survives, each by place and operator.
fn survivors(strength: &Strength) -> BTreeSet<String> {
    strength.survivors.iter().map(|it| format!("{} {}", it.place, it.operator.as_str())).collect()
}

/// An object with these members, all required.
fn object(properties: Value) -> Value {
    let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

#[test]
fn a_list_of_words_that_is_opened_shows() {
    let of = |status: Value| vendor(object(json!({ "status": status })));
    let body = json!({ "status": "open" });
    let closed = of(json!({ "type": "string", "enum": ["open", "shut"] })).strength(&body);
    let opened = of(json!({ "type": "string" })).strength(&body);
    let new: Vec<_> = survivors(&opened).difference(&survivors(&closed)).cloned().collect();
    assert_eq!(new, ["/status empty", "/status too-long", "/status unknown-code"]);
}

/// A list, or a map, of things of two kinds, which their `kind` tells apart.
fn of_two_kinds(keyword: &str) -> Vendor {
    let of = |kind: &str, size: Value| {
        object(json!({ "kind": { "const": kind }, "size": size, "tags": { "type": "array" } }))
    };
    let kinds = [
        of("a", json!({ "type": "integer" })),
        of("b", json!({ "type": "integer", "enum": [1, 2] })),
    ];
    vendor(json!({ keyword: { "oneOf": kinds } }))
}

fn a(size: usize) -> Value {
    json!({ "kind": "a", "size": size, "tags": [] })
}

#[test]
fn of_what_is_alike_two_get_faults() {
    let other = [json!({ "kind": "b", "size": 1, "tags": [] })];
    let of = |count: usize| -> Vec<Value> {
        (0..count).map(|it| a(it % 9)).chain(other.clone()).collect()
    };
    let list = of_two_kinds("items");
    let few = list.strength(&json!(of(2)));
    assert_eq!(few, list.strength(&json!(of(300))));
    let is_there = |it: &str| survivors(&few).contains(it);
    assert!(is_there("/*/size unknown-code") && few.faults.noticed > 0, "{few:?}");

    let map = of_two_kinds("additionalProperties");
    let keyed = |count: usize| -> Value {
        of(count).into_iter().enumerate().map(|(at, it)| (format!("k{at}"), it)).collect()
    };
    assert_eq!(map.strength(&keyed(2)), map.strength(&keyed(300)));

    // What is true of items is true of responses.
    let two = list.strength_in(&[json!([a(1)]), json!([a(2)])]);
    let three = list.strength_in(&[json!([a(1)]), json!([a(2)]), json!([a(3), a(4)])]);
    assert_eq!((two.responses, three.responses, three.alike_responses), (2, 2, 1));
    assert_eq!(two.faults, three.faults);
}

#[test]
fn what_differs_in_form_is_not_alike() {
    let item = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let list = vendor(json!({ "items": item }));
    let faults = |body: Value| list.strength(&body).faults.planted;
    let [text, date] = ["b c", "2026-01-02"].map(|it| json!({ "a": it }));
    let two = faults(json!([text, text]));
    assert_eq!(two, faults(json!([text, text, text])));
    assert!(two < faults(json!([text, text, date])));
}

/// What holds for a list or an object as a whole holds for the body as it came, not for some of it.
#[test]
fn faults_are_planted_in_whole_bodies() {
    let one = json!({ "type": "integer", "enum": [1] });
    let item = json!({ "type": "object" });
    let short = json!({ "type": "array", "maxItems": 2, "items": { "type": "integer" } });
    let long = json!({ "type": "array", "minItems": 3, "items": { "type": "integer", "enum": [1, 2, 3, 4] } });
    let four = json!({ "k": 1, "l": 1, "m": 1, "n": 1 });
    let ok = json!({ "ok": 1 });
    let cases = [
        (
            json!({ "type": "object", "additionalProperties": one, "minProperties": 2 }),
            four.clone(),
            "/* removed",
            true,
        ),
        (
            json!({ "type": "object", "additionalProperties": one, "maxProperties": 4 }),
            four,
            "(whole body) extra-member",
            false,
        ),
        (
            json!({ "type": "array", "items": item, "contains": { "required": ["ok"] }, "minContains": 2 }),
            json!([ok, ok, ok, ok]),
            "/*/* removed",
            true,
        ),
        (json!({ "oneOf": [short, long] }), json!([1, 2, 3, 4]), "/* unknown-code", false),
    ];
    for (schema, body, fault, survives) in cases {
        let found = survivors(&vendor(schema.clone()).strength(&body));
        assert_eq!(found.contains(fault), survives, "{schema} {found:?}");
    }
}

/// Whatever stands first, what only another item or response shows is shown.
#[test]
fn what_differs_in_its_object_is_not_alike() {
    let kinds = json!({
        "type": "object", "required": ["kind"],
        "properties": { "kind": { "enum": ["a", "b"] }, "x": { "type": "integer", "enum": [1, 2] } },
        "if": { "properties": { "kind": { "const": "a" } } }, "then": { "required": ["x"] },
    });
    let [a, b] = ["a", "b"].map(|it| json!({ "kind": it, "x": 1 }));
    let together = json!({
        "type": "object", "dependentRequired": { "y": ["x"] },
        "properties": { "x": { "type": "integer", "enum": [1] }, "y": { "type": "integer", "enum": [1] } },
    });
    let [xy, x] = [json!({ "y": 1, "x": 1 }), json!({ "x": 1 })];
    for (item, items) in [(kinds, [&a, &a, &b]), (together, [&xy, &xy, &x])] {
        let list = vendor(json!({ "type": "array", "items": item }));
        let found = survivors(&list.strength(&json!(items)));
        assert!(found.contains("/*/x removed"), "{found:?}");
    }
    let one = json!({ "type": "integer", "enum": [1] });
    let map =
        vendor(json!({ "type": "object", "required": ["p", "q"], "additionalProperties": one }));
    let found = survivors(&map.strength(&json!({ "p": 1, "q": 1, "c": 1 })));
    assert!(found.contains("/* removed") && !found.contains("/p removed"), "{found:?}");
}

#[test]
fn a_swap_is_tried_where_it_is_likely_to_go_unnoticed() {
    let name = json!({ "type": "string", "minLength": 1 });
    let email = json!({ "type": "string", "format": "email" });
    let person = vendor(object(json!({ "email": email, "first": name, "last": name })));
    let found = survivors(
        &person.strength(&json!({ "email": "a.b@x.org", "first": "Ann", "last": "Lee" })),
    );
    let swapped: Vec<_> = found.iter().filter(|it| it.ends_with("swapped")).collect();
    assert_eq!(swapped, ["/first swapped", "/last swapped"]);
    // The `@` is what makes it an e-mail.
    assert!(!found.contains("/email one-character"), "{found:?}");
}

#[test]
fn reasons_are_true() {
    let limited = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    let listed = json!({ "type": "integer", "enum": [1, 97] });
    let any_list = json!({ "type": ["array", "null"] });
    let list = json!({ "type": "array", "maxItems": 9 });
    let mixed = json!({ "type": ["string", "array"] });
    let it = vendor(json!({ "type": "object", "properties": {
        "limited": limited, "listed": listed, "any_list": any_list, "list": list, "mixed": mixed,
        "plain": { "type": "integer" }, "short": { "type": "string", "maxLength": 5000 }, "text": { "type": "string" },
    } }))
    .quirk("/any_list/*", "declared = false\nreturned = { type = \"integer\" }")
    .quirk("/more", "declared = false\nalso = { type = \"object\" }");
    let body = json!({
        "limited": 1, "listed": 1, "any_list": [], "list": [1], "mixed": "a b", "plain": 1, "short": "a b", "text": "b c",
        "more": { "a": 1 },
    });
    let found = it.strength(&body);
    let reason = |place: &str, operator: &str| {
        let survivors = found.survivors.iter();
        let mut of =
            survivors.filter(|it| (it.place.as_str(), it.operator.as_str()) == (place, operator));
        of.next().map(|it| it.reason.clone()).unwrap_or_default()
    };
    let cases = [
        ("/limited", "unknown-code", "within its limits"),
        ("/limited", "removed", "optional member"),
        ("/listed", "unknown-code", "it is of the listed values"),
        ("/plain", "unknown-code", "a number without a list of codes or limits"),
        ("/any_list", "null", "null is allowed"),
        ("/any_list", "empty", ""),
        ("/list", "truncated", "as many items are allowed"),
        ("/any_list", "swapped", "quirk `q0` widened it"),
        ("/mixed", "in-a-list", "another type is allowed"),
        ("/mixed", "unknown-code", "free text"),
        ("/short", "too-long", "within its limits"),
        ("/text", "too-long", "free text"),
        ("/more", "removed", "optional member"),
    ];
    for (place, operator, expected) in cases {
        assert_eq!(reason(place, operator), expected, "{place} {operator}");
    }
}

#[test]
fn what_breaks_the_contract_as_it_came_is_told() {
    let it = vendor(object(json!({ "a": { "type": "integer" } })));
    let broken = it.strength(&json!({ "a": "x" }));
    assert_eq!((broken.broken_responses, broken.responses, broken.faults.planted), (1, 0, 0));
    // A warning breaks it only where that is asked for.
    let body = json!({ "a": 1, "b": 2 });
    let warned = it.strength(&body);
    assert_eq!((warned.broken_responses, warned.responses), (0, 1));
    assert!(survivors(&warned).contains("(whole body) extra-member"));
    let strict = it.strength_by(Severity::Warning, &[body, json!({ "a": 1 })]);
    assert_eq!((strict.broken_responses, strict.responses), (1, 1));
    assert!(!survivors(&strict).contains("(whole body) extra-member"));
}

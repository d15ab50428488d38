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
fn what_is_alike_is_one_fault() {
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
    let pair = |first: usize| json!([a(first), a(first + 1)]);
    let mut pairs: Vec<Value> = [1, 2, 3].map(pair).into();
    let three = list.strength_in(&pairs);
    pairs.push(json!([a(3), a(4), a(5)]));
    let four = list.strength_in(&pairs);
    assert_eq!((three.responses, four.responses, four.alike_responses), (3, 3, 1));
    assert_eq!(three.faults, four.faults);
}

/// More recordings of a stronger schema do not make it look weaker.
#[test]
fn what_is_said_of_values_lowers_no_share() {
    let code = json!({ "type": "integer", "enum": (0..30).collect::<Vec<_>>() });
    let pair = vendor(object(json!({ "a": code, "b": code })));
    let pairs = |count: u32| (0..count).map(|it| json!({ "a": it % 30, "b": it / 30 }));
    let few = pair.strength_in(&pairs(5).collect::<Vec<_>>()).faults;
    assert_eq!(few, pair.strength_in(&pairs(90).collect::<Vec<_>>()).faults);
    let list = vendor(json!({ "type": "array", "minItems": 1, "items": { "type": "integer" } }));
    let lists = |count: u32| (2..count + 2).map(|it| json!((0..it).collect::<Vec<_>>()));
    let few = list.strength_in(&lists(3).collect::<Vec<_>>()).faults;
    assert_eq!(few, list.strength_in(&lists(30).collect::<Vec<_>>()).faults);
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
    assert_eq!(swapped, ["/first swapped"]);
    // The `@` is what makes it an e-mail.
    assert!(!found.contains("/email one-character"), "{found:?}");
}

#[test]
fn reasons_are_true() {
    let limited = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    let listed = json!({ "type": "integer", "enum": [1, 97] });
    let any_list = json!({ "type": ["array", "null"] });
    let list = json!({ "type": "array", "maxItems": 9 });
    let mixed = json!({ "type": ["string", "array"], "minLength": 1 });
    let open_list = json!({ "anyOf": [{ "enum": ["a", "b"] }, { "type": "string" }] });
    let any_text =
        json!({ "anyOf": [{ "type": "string", "format": "uuid" }, { "type": "string" }] });
    let tuple = json!({ "type": "array", "prefixItems": [listed, listed], "items": false });
    let it = vendor(json!({ "type": "object", "properties": {
        "limited": limited, "listed": listed, "any_list": any_list, "list": list, "mixed": mixed,
        "untyped": { "minLength": 1 }, "halves": { "type": "number", "enum": [1, 1.5] },
        "open_list": open_list, "any_text": any_text, "tuple": tuple,
        "plain": { "type": "integer" }, "digits": { "type": "string", "format": "int64" }, "short": { "type": "string", "maxLength": 5000 }, "text": { "type": "string" },
    } }))
    .quirk("/any_list/*", "declared = false\nreturned = { type = \"integer\" }")
    .quirk("/more", "declared = false\nalso = { type = \"object\" }");
    let body = json!({
        "limited": 1, "listed": 1, "any_list": [], "list": [1, 2], "mixed": ["a b"], "plain": 1, "digits": "123",
        "untyped": "a b", "halves": 1, "open_list": "a", "any_text": "0f0e0d0c-0b0a-4908-8706-050403020100", "tuple": [1, 1], "short": "a b", "text": "b c",
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
        ("/listed", "unknown-code", ""),
        ("/untyped", "number-instead", "nothing promised"),
        ("/untyped", "null", "nothing promised"),
        ("/halves", "fraction", "it is of the listed values"),
        ("/open_list", "empty", "free text"),
        ("/open_list", "unknown-code", "free text"),
        ("/any_text", "one-character", "free text"),
        ("/digits", "empty", "free text"),
        ("/tuple", "truncated", "as many items are allowed"),
        ("/plain", "unknown-code", "a number without a list of codes or limits"),
        ("/any_list", "null", "null is allowed"),
        ("/any_list", "empty", ""),
        ("/list", "truncated", "as many items are allowed"),
        ("/any_list", "swapped", "quirk `q0` widened it"),
        ("/mixed", "text-instead", "another type is allowed"),
        ("/mixed", "empty", "nothing says how many items"),
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

/// The faults that survive only where a member's schema is the weaker one, of a body with that member.
fn shown_by_weakening(schema: &Value, weaker: &Value, value: &Value) -> BTreeSet<String> {
    let found = |schema: &Value| {
        let mut of = object(json!({ "f": schema }));
        of["additionalProperties"] = json!(false);
        survivors(&vendor(of).strength(&json!({ "f": value })))
    };
    found(weaker).difference(&found(schema)).cloned().collect()
}

#[test]
fn what_is_weakened_shows() {
    let integer = json!({ "type": "integer" });
    let of_integers =
        json!({ "type": "object", "properties": { "n": integer }, "additionalProperties": false });
    let opened = |to: Value| {
        let mut opened = of_integers.clone();
        opened["additionalProperties"] = to;
        opened
    };
    let or = |type_name: &str, another: &str| json!({ "type": [type_name, another] });
    let cases = [
        (json!({ "type": "boolean" }), or("boolean", "string"), json!(true), "text-instead"),
        (json!({ "type": "integer" }), or("integer", "boolean"), json!(5), "boolean-instead"),
        (json!({ "type": "string" }), or("string", "object"), json!("a b"), "object-instead"),
        (json!({ "type": "array" }), or("array", "string"), json!([1]), "text-instead"),
        (
            json!({ "type": "object" }),
            json!({ "anyOf": [{ "type": "object" }, { "type": "array", "maxItems": 0 }] }),
            json!({ "n": 1 }),
            "list-instead",
        ),
        (
            json!({ "type": "string", "enum": ["EUR", "USD"], "minLength": 3, "maxLength": 3 }),
            json!({ "type": "string", "minLength": 3, "maxLength": 3 }),
            json!("EUR"),
            "unknown-code",
        ),
        (
            json!({ "enum": ["EUR", "USD"], "pattern": "^[A-Z]{3}$" }),
            json!({ "pattern": "^[A-Z]{3}$" }),
            json!("EUR"),
            "unknown-code",
        ),
        (
            json!({ "type": "integer", "enum": [1, 2], "minimum": 0, "maximum": 9 }),
            json!({ "type": "integer", "minimum": 0, "maximum": 9 }),
            json!(1),
            "unknown-code",
        ),
        (
            json!({ "format": "date-time", "enum": ["2026-01-02T00:00:00Z"] }),
            json!({ "format": "date-time" }),
            json!("2026-01-02T00:00:00Z"),
            "unknown-code",
        ),
        (
            json!({ "format": "email", "enum": ["a@b.org"] }),
            json!({ "format": "email" }),
            json!("a@b.org"),
            "unknown-code",
        ),
        (
            json!({ "pattern": "^[1-9]$", "enum": ["1", "2"] }),
            json!({ "pattern": "^[1-9]$" }),
            json!("1"),
            "unknown-code",
        ),
        (
            json!({ "pattern": "^#[0-9a-f]{6}$", "enum": ["#ffffff"] }),
            json!({ "pattern": "^#[0-9a-f]{6}$" }),
            json!("#ffffff"),
            "unknown-code",
        ),
        (
            json!({ "type": "integer", "format": "int32", "minimum": 0 }),
            json!({ "type": "integer", "format": "int32" }),
            json!(5),
            "negative",
        ),
        (
            json!({ "type": "integer", "exclusiveMinimum": 0 }),
            json!({ "type": "integer", "minimum": 0 }),
            json!(5),
            "zero",
        ),
        (
            json!({ "type": "integer", "minimum": 3 }),
            json!({ "type": "number", "minimum": 3 }),
            json!(3),
            "fraction",
        ),
        (
            of_integers.clone(),
            opened(json!({ "type": "string" })),
            json!({ "n": 1 }),
            "extra-member",
        ),
        (
            json!({ "type": "string", "format": "date-time" }),
            json!({ "type": "string", "pattern": "^[0-9-]+T[0-9:]+$" }),
            json!("2026-01-02T10:11:12"),
            "broken-date",
        ),
        (
            json!({ "type": "string", "maxLength": 1500 }),
            json!({ "type": "string" }),
            json!("abc ".repeat(325)),
            "too-long",
        ),
    ];
    for (schema, weaker, value, operator) in cases {
        let shown = shown_by_weakening(&schema, &weaker, &value);
        assert!(shown.contains(&format!("/f {operator}")), "{schema} {weaker} {shown:?}");
    }
}

/// Whichever comes first, what only another value shows is shown.
#[test]
fn other_values_are_tried() {
    let integer = json!({ "type": "integer" });
    let up_to = |maximum: u32| json!({ "type": "integer", "minimum": 1, "maximum": maximum });
    let two_or_more = json!({ "type": "array", "minItems": 2, "items": integer });
    let of_two =
        |keyword: &str, says: Value| json!({ "type": "array", "items": integer, keyword: says });
    let [listed, limited] = [json!({ "enum": [1, 2, 3, 4, 5] }), up_to(100)];
    let pair = |a: Value, b: Value| object(json!({ "a": a, "b": b }));
    let pairs = |pairs: &[(u8, u8)]| -> Vec<Value> {
        pairs.iter().map(|it| json!({ "a": it.0, "b": it.1 })).collect()
    };
    let lists = |lists: &[&[u8]]| lists.iter().map(|it| json!(it)).collect::<Vec<_>>();
    let numbers = |numbers: &[f64]| numbers.iter().map(|it| json!({ "n": it })).collect::<Vec<_>>();
    let of_n = |says: Value| object(json!({ "n": says }));
    let number = of_n(json!({ "type": "number" }));
    let cases = [
        (two_or_more, lists(&[&[1, 2], &[2, 3], &[1, 2, 3]]), "(whole body) truncated"),
        (of_two("contains", json!({ "const": 2 })), lists(&[&[2], &[2], &[2, 2]]), "/* zero"),
        (of_two("uniqueItems", json!(true)), lists(&[&[1, 2], &[1, 2], &[1]]), "/* unknown-code"),
        (pair(up_to(3), listed), pairs(&[(1, 4), (1, 5), (1, 2)]), "/a swapped"),
        (pair(up_to(10), limited), pairs(&[(1, 50), (2, 60), (3, 5)]), "/a swapped"),
        (number.clone(), numbers(&[0.0, 0.0, 0.0, 5.0]), "/n zero"),
        (number, numbers(&[1e300, 1e300, 1e300, 1.5]), "/n fraction"),
        (
            of_n(json!({ "type": "number", "maximum": 10 })),
            numbers(&[10.0, 10.0, 10.0, 5.0]),
            "/n unknown-code",
        ),
    ];
    for (schema, mut bodies, fault) in cases {
        for _ in 0..2 {
            let found = survivors(&vendor(schema.clone()).strength_in(&bodies));
            assert!(found.contains(fault), "{schema} {bodies:?} {found:?}");
            bodies.reverse();
        }
    }
}

/// What is listed is no fault, however it is written and wherever the list stands.
#[test]
fn listed_values_are_not_planted() {
    let cases = [
        (json!({ "type": "integer", "enum": [1, 2] }), json!(1.0)),
        (json!({ "enum": [1.0, 2.0, 0.0, -1.0] }), json!(1)),
        (json!({ "anyOf": [{ "enum": [1, 3] }, { "enum": [2, 0] }] }), json!(1)),
        (json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }), json!("a")),
        (json!({ "enum": ('a'..='z').collect::<Vec<_>>() }), json!("n")),
        (json!({ "enum": [u64::MAX, 1e300] }), json!(1e300)),
    ];
    for (schema, value) in cases {
        let closed = vendor(object(json!({ "f": schema })));
        let found = survivors(&closed.strength(&json!({ "f": value })));
        let of_codes = found.iter().filter(|it| it.starts_with("/f "));
        assert_eq!(of_codes.collect::<Vec<_>>(), Vec::<&String>::new(), "{schema}");
    }
}

#[test]
fn one_body_is_one_fault() {
    let bodies = |body: Value| {
        contract::faults(&body).map(|it| it.2.to_string()).fold(
            (0, BTreeSet::new()),
            |(count, mut all), it| {
                all.insert(it);
                (count + 1, all)
            },
        )
    };
    for body in [
        json!({ "a": 1, "b": 2, "list": [1], "one": { "member": 7 } }),
        json!({ "a": 1, "b": -2, "c": 2_147_483_647, "d": 0.5, "e": 1e300 }),
        json!({ "a": "x", "b": "y", "c": "", "d": true, "e": null, "f": {}, "g": [], "h": [1, 2] }),
    ] {
        let (count, different) = bodies(body.clone());
        assert_eq!(count, different.len(), "{body}");
    }
}

#[test]
fn what_no_json_body_judges_is_left_alone() {
    let schema = object(json!({ "a": { "type": "integer" } }));
    let content = json!({
        "application/json": { "schema": schema },
        "text/plain": { "schema": { "type": "string" } },
    });
    let responses = json!({ "200": { "description": "", "content": content } });
    let contract = Vendor { responses, ..Vendor::default() }.load().unwrap();
    let exchange = |bytes: &'static [u8]| Exchange {
        url: "https://v.test/api/x".into(),
        ..tests::exchange(200, bytes)
    };
    let cases = [
        (Exchange { content_type: Some("text/plain".into()), ..exchange(b"{\"a\":1}") }, (0, 1)),
        (Exchange { method: "HEAD".into(), ..exchange(b"{\"a\":1}") }, (0, 1)),
        (exchange(b"\xef\xbb\xbf{\"a\":1}"), (1, 0)),
    ];
    for (exchange, expected) in cases {
        let mut meter = Meter::new(&contract, &[], Severity::Error);
        meter.plant(&exchange);
        let Strength { responses, left_alone, .. } = meter.strength();
        assert_eq!((*responses, *left_alone), expected, "{exchange:?}");
    }
}

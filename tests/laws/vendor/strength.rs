//! What the meter plants in other vendors' answers, and what it leaves out.

use std::collections::BTreeSet;

use contract::{Exchange, Meter, Strength};
use serde_json::{Value, json};

use super::{Vendor, vendor};

impl Vendor {
    fn strength(&self, body: &Value) -> Strength {
        self.strength_in(std::slice::from_ref(body))
    }

    fn strength_in(&self, bodies: &[Value]) -> Strength {
        let contract = self.load().unwrap();
        let mut meter = Meter::new(&contract, &[]);
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
    assert_eq!(survivors(&closed), BTreeSet::new());
    let blind = ["/status empty", "/status unknown-code"];
    assert_eq!(survivors(&opened), blind.map(Into::into).into());
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

/// Where the contract asks for more items than get faults, all of them stay.
#[test]
fn a_body_that_needs_all_its_items_keeps_them() {
    let item = object(json!({ "kind": { "const": "a" } }));
    let list = |least: u64| vendor(json!({ "minItems": least, "items": item }));
    let body = json!([{ "kind": "a" }, { "kind": "a" }, { "kind": "a" }]);
    let [two, three] = [2, 3].map(|least| list(least).strength(&body));
    assert_eq!(two.faults.planted, three.faults.planted);
    let is_blind = |it| survivors(it).contains("(whole body) truncated");
    assert!(is_blind(&two) && !is_blind(&three));
}

#[test]
fn what_breaks_the_contract_as_it_came_is_told() {
    let it = vendor(object(json!({ "a": { "type": "integer" } })));
    let broken = it.strength(&json!({ "a": "x" }));
    assert_eq!((broken.broken_responses, broken.responses, broken.faults.planted), (1, 0, 0));
    // A warning is no break, and does not count as noticed.
    let warned = it.strength(&json!({ "a": 1, "b": 2 }));
    assert_eq!((warned.broken_responses, warned.responses), (0, 1));
    let is_there = |it: &str| survivors(&warned).contains(it);
    assert!(is_there("/b null") && is_there("/b removed") && !is_there("/a null"), "{warned:?}");
}

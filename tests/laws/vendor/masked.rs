//! What is kept of another vendor's answers when they are recorded, and how a field is marked.

use contract::MaskKey;
use serde_json::{Value, json};

use super::{Vendor, vendor};

fn masked(it: &Vendor, url: &str, body: &Value) -> (String, Value) {
    let contract = it.load().unwrap();
    let bytes = body.to_string();
    let mut exchange = tests::exchange(200, bytes.as_bytes());
    exchange.url = url.into();
    let masked = contract.mask(&exchange, &[], &MaskKey::from_text("key")).unwrap();
    assert_eq!(masked.why_dropped, []);
    let body = serde_json::from_str(&masked.body.unwrap()).unwrap();
    (masked.url, body)
}

#[test]
fn described_numbers_and_dates_are_kept_unless_they_are_marked() {
    let of = |mark: Value| {
        let mut id = json!({"type": "integer"});
        let mut born = json!({"type": "string", "format": "date"});
        for it in [&mut id, &mut born] {
            it.as_object_mut().unwrap().extend(mark.as_object().unwrap().clone());
        }
        vendor(
            json!({"type": "object", "properties": {"id": id, "born": born, "text": {"type": "string"}}}),
        )
    };
    let url = "https://v.test/api/x";
    let body = json!({"id": 8_001_011, "born": "1980-01-01", "text": "Ada", "mobile": 79_123_456});
    let plain = of(json!({}));
    let kept = masked(&plain, url, &body).1;
    assert_eq!([&kept["id"], &kept["born"]], [&body["id"], &body["born"]]);
    assert!(kept["text"] != body["text"] && kept["mobile"] != body["mobile"], "{kept}");
    let marked = masked(&of(json!({"x-sensitive": "identifier"})), url, &body).1;
    assert!(marked["id"] != body["id"] && marked["born"] != body["born"], "{marked}");
    // What a quirk describes is kept too, unless the quirk marks it.
    let returned = |more: &str| {
        let says = format!("declared = false\nreturned = {{ type = \"integer\"{more} }}");
        masked(&plain.clone_with("/mobile", &says), url, &body).1["mobile"].clone()
    };
    assert_eq!(returned(""), body["mobile"]);
    assert_ne!(returned(", x-sensitive = \"identifier\""), body["mobile"]);
}

#[test]
fn an_unknown_kind_is_a_fault_of_the_document() {
    let it = vendor(json!({"type": "string", "x-sensitive": "surname"})).load().unwrap();
    let faults = super::faults(&it);
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].ends_with(
            "promised one of name, e-mail, username, URL, identifier, free text; read as free text"
        ),
        "{faults:?}"
    );
}

/// With the name masked, another alternative would be meant, and the answer would be left out.
#[test]
fn the_name_of_an_alternative_is_kept() {
    let of = |member: &str| {
        let properties = json!({"kind": {"type": "string"}, member: {"type": "string"}});
        json!({"type": "object", "required": ["kind"], "properties": properties})
    };
    let names = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let animal = json!({
        "oneOf": [names("Cat"), names("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"hound": "#/components/schemas/Dog"}},
    });
    let it = vendor(json!({"type": "array", "items": animal}))
        .components(json!({"Cat": of("name"), "Dog": of("owner")}));
    let body =
        json!([{"kind": "Cat", "name": "Ada"}, {"kind": "hound", "owner": "Ada"}, {"kind": "Ada"}]);
    let masked = masked(&it, "https://v.test/api/x", &body).1;
    assert_eq!([&masked[0]["kind"], &masked[1]["kind"]], ["Cat", "hound"]);
    assert!(!masked.to_string().contains("Ada"), "{masked}");
}

#[test]
fn a_listed_value_that_is_marked_becomes_one_of_the_list() {
    let marked = |says: Value| {
        let mut says = says;
        says["x-sensitive"] = json!("identifier");
        says
    };
    let codes = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let it = vendor(json!({"type": "object", "properties": {
        "code": marked(json!({"enum": codes})), "size": marked(json!({"enum": [1, 2, "x"]})), "is": marked(json!({"const": true})),
    }}));
    let kept = codes.map(|code| {
        let body = json!({"code": code, "size": 2, "is": true});
        let masked = masked(&it, "https://v.test/api/x", &body).1;
        assert!(masked["size"].is_number() && masked["is"] == true, "{masked}");
        masked["code"] == code
    });
    assert!(kept.contains(&false), "none is another");
}

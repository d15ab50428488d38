//! What a body becomes, by the schema of its places.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    contract::Contract,
    example,
    mask::{MaskKey, Masked},
    schema::fragment,
};

fn contract(schema: &Value) -> Contract {
    let content = json!({ "application/json": { "schema": schema }, "text/plain": {} });
    example::contract(example::document(&content, &json!({})))
}

fn masked(contract: &Contract, content_type: &str, body: &[u8]) -> Masked {
    let answer = example::answer(0, content_type, body);
    contract.mask(&answer, &[], &MaskKey::from_text("key")).unwrap()
}

/// The mask of a text at a place of this schema; none where the body was dropped.
fn mask_of(contract: &Contract, text: &str) -> Option<String> {
    let body = json!({ "a": text }).to_string();
    let body = masked(contract, "application/json", body.as_bytes()).body?;
    let body: Value = serde_json::from_str(&body).unwrap();
    Some(body["a"].as_str().unwrap().to_owned())
}

fn with_place(schema: &Value) -> Contract {
    contract(&json!({ "type": "object", "properties": { "a": schema } }))
}

/// Keywords of a place, and a text of it.
fn cases() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "format": "uri" }), "https://secret.tld/secret/x//1?secret=1#secret"),
        (json!({ "format": "uri" }), "secret:abc"),
        (json!({ "format": "uri", "pattern": "^https?://" }), "http://secret.tld"),
        (json!({ "format": "uri", "maxLength": 20 }), "https://secret.tld/a"),
        (json!({ "format": "iri" }), "https://sécret.tld/secret"),
        (json!({ "format": "uri-reference" }), "/secret?a"),
        (json!({ "format": "iri-reference" }), "secret/é"),
        (json!({ "format": "uri-template" }), "https://secret.tld/{secret}"),
        (json!({ "format": "email" }), "secret@secret.tld"),
        (json!({ "pattern": "^[^@]+@[^@]+$" }), "secret@secret.tld"),
        (json!({ "format": "idn-email" }), "sécret@secret.tld"),
        (json!({ "format": "hostname" }), "secret.tld"),
        (json!({ "format": "idn-hostname" }), "sécret.tld"),
        (json!({ "format": "ipv4" }), "203.45.67.189"),
        (json!({ "format": "ipv6" }), "fe80::1234:5678"),
        (json!({ "format": "uuid" }), "12345678-9abc-4def-8123-456789abcdef"),
        (
            json!({ "format": "uuid", "pattern": "^[0-9A-F-]+$" }),
            "12345678-9ABC-4DEF-8123-456789ABCDEF",
        ),
        (json!({ "format": "time" }), "11:22:33.4567+02:00"),
        (json!({ "format": "duration" }), "P1234DT5678M"),
        (json!({ "format": "json-pointer" }), "/secret/1"),
        (json!({ "format": "relative-json-pointer" }), "1234/secret"),
        (json!({ "format": "relative-json-pointer" }), "1234#"),
        (json!({ "format": "regex" }), "^secret$"),
        (json!({ "maxLength": 12 }), "secret words"),
        (json!({ "maxLength": 6 }), "secret"),
        (json!({ "minLength": 30 }), "secret secret secret secret secret"),
        (json!({ "maxLength": 6 }), "sécrèt"),
        (json!({ "pattern": "^[0-9a-f]{12}$" }), "0123456789ab"),
        (json!({ "pattern": "^[A-Z]{2}-[0-9]{6}$" }), "AB-123456"),
        (json!({ "pattern": "^user_[a-z]+$" }), "user_secret"),
    ]
}

#[test]
fn a_text_keeps_what_its_schema_asks_for_and_none_of_its_words() {
    for (keywords, text) in cases() {
        let contract = with_place(&keywords);
        let masked = mask_of(&contract, text).unwrap_or_else(|| panic!("{keywords}: dropped"));
        assert_eq!(Some(&masked), mask_of(&contract, text).as_ref(), "{keywords}");
        let validator = fragment::validator(&keywords).unwrap();
        assert!(validator.is_valid(&text.into()), "{keywords} {text}");
        assert!(validator.is_valid(&masked.clone().into()), "{keywords} {masked}");
        assert_ne!(masked, text);
        for word in ["secret", "sécret", "tld", "1234", "5678", "203.45", "11:22", "AB"] {
            assert!(!masked.contains(word), "{keywords} {masked}");
        }
    }
}

#[test]
fn a_fault_stays_the_fault_that_it_is() {
    for (keywords, text) in [
        (json!({ "format": "uri" }), "https://secret.tld/{secret}"),
        (json!({ "format": "uri" }), "secret"),
        (json!({ "format": "email" }), "secret at secret.tld"),
        (json!({ "format": "email" }), "secret@@"),
        (json!({ "format": "ipv4" }), "203.45.67.1890"),
        (json!({ "format": "ipv4" }), "12345"),
        (json!({ "format": "uuid" }), "12345678-9abc"),
        (json!({ "format": "date" }), "2020-secret"),
        (json!({ "maxLength": 6 }), "secrets"),
        (json!({ "minLength": 20 }), "secret"),
        (json!({ "pattern": "^[a-z]+$", "maxLength": 20 }), "secret 1"),
        (json!({ "pattern": "^[a-z]+$", "maxLength": 5 }), "secret"),
        (json!({ "format": "uri-reference" }), "secret secret"),
        (json!({ "format": "regex" }), "(secret"),
    ] {
        let masked = mask_of(&with_place(&keywords), text);
        let masked = masked.unwrap_or_else(|| panic!("{keywords}: dropped"));
        let validator = fragment::validator(&keywords).unwrap();
        assert!(!validator.is_valid(&masked.clone().into()), "{keywords} {masked}");
        assert!(!masked.contains("secret"), "{keywords} {masked}");
    }
}

#[test]
fn a_body_that_is_not_json_is_another_that_is_not() {
    let contract = with_place(&json!({}));
    for (content_type, body) in [("text/plain", "secret words"), ("application/json", "{secret")] {
        let masked = masked(&contract, content_type, body.as_bytes());
        assert!(masked.body.is_some_and(|it| !it.contains("secret")), "{content_type}");
    }
    let empty = masked(&contract, "application/json", b"");
    assert_eq!((empty.body, empty.size, empty.why_dropped), (None, Some(0), Vec::new()));
}

#[test]
fn short_texts_have_masks_of_their_own() {
    let contract = with_place(&json!({ "pattern": "^[g-z][0-9]$" }));
    let mut texts = HashMap::new();
    for text in ('g'..='z').flat_map(|a| (0..10).map(move |b| format!("{a}{b}"))) {
        // A mask that is the text itself is none.
        if let Some(masked) = mask_of(&contract, &text).filter(|it| it.len() == 2) {
            assert_eq!(texts.insert(masked, text.clone()), None, "{text}");
        }
    }
    assert!(texts.len() > 100, "{}", texts.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_word_of_any_text_is_kept(
        at in any::<prop::sample::Index>(),
        word in "[a-z]{5,9}|[A-Z]{5,9}|[0-9]{6,9}|[à-öа-я]{5,9}",
        before in "[a-z:/@#?%{}+. -]{0,12}",
        after in "\\PC{0,8}",
    ) {
        let cases = cases();
        let (keywords, _) = at.get(&cases);
        let contract = with_place(keywords);
        let text = format!("{before}{word} {after}");
        // The words that stand in masks and patterns are no data.
        prop_assume!(!["masked-", "example", "invalid", "https", "user"].iter().any(|it| it.contains(&word)));
        if let Some(masked) = mask_of(&contract, &text) {
            prop_assert!(!masked.contains(&word), "{} {}", keywords, masked);
            let validator = fragment::validator(keywords).unwrap();
            prop_assert_eq!(validator.is_valid(&masked.into()), validator.is_valid(&text.into()));
        }
    }
}

//! Quirks below alternatives that a discriminator names: the good alternatives stay good, and each quirk is only of those
//! that have the member.

use contract::{Contract, ContractTexts, Provenance, Report, Run, RunOptions, Text};
use serde_json::{Value, json};

use super::told;

/// Two operations that share an animal, which a member names.
fn animals(mapping: Option<Value>) -> Value {
    let get =
        || json!({"get": {"responses": super::ok(json!({"$ref": "#/components/schemas/Animal"}))}});
    let branch = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let mut discriminator = json!({"propertyName": "kind"});
    if let Some(mapping) = mapping {
        discriminator["mapping"] = mapping;
    }
    let of = |own: Value| json!({"allOf": [branch("Base"), {"type": "object", "properties": own}]});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Z", "version": "1"},
        "servers": [{"url": "https://z.test"}],
        "paths": {"/a": get(), "/b": get()},
        "components": {"schemas": {
            "Animal": {"oneOf": [branch("Cat"), branch("Dog")], "discriminator": discriminator},
            "Base": {"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string"}, "weight": {"type": "number"},
            }},
            "Cat": of(json!({"lives": {"type": "integer"}})),
            "Dog": of(json!({"trained": {"type": "boolean"}})),
        }},
    })
}

fn quirk(says: &str, operation: &str, place: &str) -> Text {
    let text = format!(
        "summary = \"q\"\n{says}\nreason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
         [[at]]\noperation = \"{operation}\"\nstatus = 200\nplace = \"{place}\"\n"
    );
    Text { name: format!("q{}.toml", place.replace('/', "-")), text }
}

fn texts(document: &Value, quirks: Vec<Text>) -> ContractTexts {
    ContractTexts {
        documented: vec![Text { name: "openapi.json".into(), text: document.to_string() }],
        quirks,
        modelled: None,
        settings: None,
    }
}

/// What is found in a body, with the shortcut as without it.
fn found(contract: &Contract, path: &str, body: &Value) -> String {
    let report = |no_fast_path: bool| -> Report {
        let mut run = Run::new(contract, RunOptions { no_fast_path, ..RunOptions::default() });
        let bytes = body.to_string();
        for entry in 0..3 {
            let mut exchange = tests::exchange(200, bytes.as_bytes());
            exchange.url = format!("https://z.test{path}").into();
            exchange.provenance = Provenance::Recorded;
            exchange.entry = entry;
            run.check(&exchange);
        }
        run.report()
    };
    let (quick, full) = (report(false), report(true));
    assert_eq!(quick.to_json(), full.to_json(), "{body}");
    told(&full)
}

#[test]
fn a_branch_that_a_quirk_changes_is_named_as_before() {
    let wide = "declared = { type = \"number\" }\nalso = { type = \"string\" }";
    let mapped = json!({"cat": "#/components/schemas/Cat", "Dog": "Dog"});
    for (mapping, cat, mapping_then) in [
        (
            None,
            "Cat",
            json!({"Cat": "#/components/schemas/Cat_2", "Dog": "#/components/schemas/Dog_2"}),
        ),
        (
            Some(mapped),
            "cat",
            json!({
                "cat": "#/components/schemas/Cat_2", "Dog": "#/components/schemas/Dog_2",
                "Cat": "#/components/schemas/Cat_2",
            }),
        ),
    ] {
        let document = animals(mapping);
        let lives = "declared = { type = \"integer\" }\nalso = { type = \"null\" }";
        let quirks = vec![quirk(wide, "GET /a", "/weight"), quirk(lives, "GET /a", "/lives")];
        let texts = texts(&document, quirks);
        let contract = Contract::load(&texts).unwrap_or_else(|it| panic!("{it}"));
        let corrected = contract.corrected(&texts.documented).unwrap().unwrap().openapi;
        let schema = &corrected["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert_eq!(schema["discriminator"]["mapping"], mapping_then);
        assert_eq!(schema["oneOf"][0], json!({"$ref": "#/components/schemas/Cat_2"}));
        assert_eq!(
            corrected["components"]["schemas"]["Animal"],
            document["components"]["schemas"]["Animal"]
        );
        let by_corrected = Contract::load(&self::texts(&corrected, Vec::new())).unwrap();
        let cases = [
            ("/a", json!({"kind": cat, "weight": "3 kg"}), "quirk-confirmed /weight", ""),
            ("/a", json!({"kind": cat, "lives": 9, "weight": 3.5}), "", ""),
            ("/a", json!({"kind": cat, "lives": null}), "quirk-confirmed /lives", ""),
            ("/a", json!({"kind": "Dog", "weight": 3.5}), "", ""),
            ("/a", json!({"kind": cat, "weight": true}), "type /weight", "type /weight"),
            ("/b", json!({"kind": cat, "weight": "3 kg"}), "type /weight", "type /weight"),
        ];
        for (path, body, pinned, in_corrected) in cases {
            assert_eq!(found(&contract, path, &body), pinned, "{path} {body}");
            assert_eq!(found(&by_corrected, path, &body), in_corrected, "{path} {body}");
        }
    }
}

#[test]
fn a_copied_branch_is_called_as_the_document_has_it() {
    let mut document = animals(None);
    document["components"]["schemas"]["Cat"]["allOf"][1]["required"] = json!(["lives"]);
    document["components"]["schemas"]["Dog"]["allOf"][1]["required"] = json!(["trained"]);
    let wide = "declared = { type = \"number\" }\nalso = { type = \"string\" }";
    let texts = texts(&document, vec![quirk(wide, "GET /a", "/weight")]);
    let contract = Contract::load(&texts).unwrap_or_else(|it| panic!("{it}"));
    let report =
        super::answered(&contract, "https://z.test/a", 200, "application/json", "{\"kind\":\"x\"}");
    let message = &report.findings[0].message;
    assert!(message.contains("`Cat`, `Dog`"), "{message}");
}

#[test]
fn what_an_alternative_never_had_is_not_missing_in_it() {
    let alternative = |kind: &str, more: Value, required: Value| {
        let mut properties = json!({"kind": {"const": kind}});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "object", "required": required, "properties": properties})
    };
    let string = json!({"type": "string"});
    let all = ["Card", "Bank", "Gift"];
    let all = all.map(|it| json!({"$ref": format!("#/components/schemas/{it}")}));
    let pay = json!({
        "oneOf": all,
        "discriminator": {"propertyName": "kind"},
    });
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Z", "version": "1"},
        "servers": [{"url": "https://z.test"}],
        "paths": {"/p": {"get": {"responses": super::ok(pay)}}},
        "components": {"schemas": {
            "Card": alternative("Card", json!({"last4": string}), json!(["kind", "last4"])),
            "Bank": alternative("Bank", json!({"iban": string}), json!(["kind", "iban"])),
            "Gift": alternative("Gift", json!({"last4": string}), json!(["kind"])),
        }},
    });
    let missing = quirk("declared = { type = \"string\" }\nalso = false", "GET /p", "/last4");
    let texts = texts(&document, vec![missing]);
    let contract = Contract::load(&texts).unwrap_or_else(|it| panic!("{it}"));
    let cases = [
        (json!({"kind": "Card"}), "quirk-confirmed /last4"),
        (json!({"kind": "Card", "last4": "1"}), ""),
        (json!({"kind": "Bank", "iban": "DE1"}), ""),
        (json!({"kind": "Gift"}), ""),
    ];
    for (body, expected) in cases {
        assert_eq!(found(&contract, "/p", &body), expected, "{body}");
        let bytes = body.to_string();
        let mut exchange = tests::exchange(200, bytes.as_bytes());
        exchange.url = "https://z.test/p".into();
        exchange.provenance = Provenance::Recorded;
        let shown = contract.shows(&contract.quirks()[0], &exchange, &[]);
        assert_eq!(shown.is_some(), !expected.is_empty(), "{body}");
    }
    let corrected = contract.corrected(&texts.documented).unwrap().unwrap().openapi;
    let card = &corrected["components"]["schemas"]["Card"];
    assert_eq!(*card, alternative("Card", json!({"last4": {"type": "string"}}), json!(["kind"])));
}

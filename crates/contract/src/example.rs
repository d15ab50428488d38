//! A contract of one operation, `GET /a`, and an answer of it, for tests.

use serde_json::{Value, json};

use crate::{
    contract::{Contract, ContractTexts},
    exchange::{Body, Exchange, Origin, Provenance},
    text::Text,
};

/// The document whose operation answers this `content`, with these component schemas.
pub(crate) fn document(content: &Value, schemas: &Value) -> Text {
    let get = json!({ "responses": { "200": { "description": "a", "content": content } } });
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": "t", "version": "1" },
        "servers": [{ "url": "https://domain.tld" }],
        "paths": { "/a": { "get": get } },
        "components": { "schemas": schemas },
    });
    Text { name: "openapi.json".into(), text: document.to_string() }
}

/// The contract that a document is by itself.
pub(crate) fn contract(document: Text) -> Contract {
    let texts = ContractTexts {
        documented: vec![document],
        quirks: Vec::new(),
        modelled: None,
        settings: None,
    };
    Contract::load(&texts).unwrap()
}

/// An answer of the operation.
pub(crate) fn answer<'a>(entry: usize, content_type: &str, body: &'a [u8]) -> Exchange<'a> {
    Exchange {
        source: "example",
        entry,
        byte: None,
        provenance: Provenance::Case,
        probe: None,
        asked_by_us: false,
        method: "GET".into(),
        url: "https://domain.tld/a".into(),
        preflight: false,
        status: 200,
        content_type: Some(content_type.to_owned().into()),
        body: Body::Bytes { bytes: body.into(), origin: Origin::Unknown },
    }
}

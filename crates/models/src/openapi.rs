//! Which operation returns which type, as an OpenAPI 3.1 document, and each type as a schema of its own.

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform,
};
use serde_json::{Map, Value, json};

use crate::{Chatroom, ErrorMessage};

type Subschema = fn(&mut SchemaGenerator) -> Schema;

/// A response body's type, under the name that it has in [`openapi`]'s components.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelledType {
    /// The Rust type's name.
    pub name: String,
    /// Its JSON Schema, draft 2020-12, with references to other types as `#/components/schemas/<name>`.
    pub schema: Value,
}

/// The types of the operations' bodies and all that they hold, in order of name.
pub fn types() -> Vec<ModelledType> {
    let mut generator = generator();
    for (.., body) in RESPONSES {
        if let Some(body) = body {
            body(&mut generator);
        }
    }
    let definitions = generator.take_definitions(true).into_iter();
    let mut types: Vec<_> =
        definitions.map(|(name, schema)| ModelledType { name, schema }).collect();
    types.sort_by(|a, b| a.name.cmp(&b.name));
    types
}

/// The modelled operations as an OpenAPI 3.1 document: what each status returns, and nothing about requests but the
/// path's parameters.
pub fn openapi() -> Value {
    let mut generator = generator();
    let mut responses = Map::new();
    for (status, description, body) in RESPONSES {
        let mut response = json!({ "description": description });
        if let Some(body) = body {
            let schema = body(&mut generator);
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        responses.insert(status.to_string(), response);
    }
    let schemas: Map<_, _> = types().into_iter().map(|it| (it.name, it.schema)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Popsell chat API, as modelled",
            "version": "2",
            "description": "Generated from crates/models by `cargo xtask schema`. Not to be edited.",
        },
        "paths": {
            "/chat/chatrooms/{id}": {
                "get": {
                    "operationId": "getChatroom",
                    "parameters": [
                        { "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } },
                    ],
                    "responses": responses,
                },
            },
        },
        "components": { "schemas": schemas },
    })
}

/// The answers of `GET /chat/chatrooms/{id}`: status, description, body.
const RESPONSES: &[(u16, &str, Option<Subschema>)] = &[
    (200, "The chatroom.", Some(body::<Chatroom>)),
    (401, "No valid token.", Some(body::<ErrorMessage>)),
    (403, "No permission for this route.", None),
];

fn body<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        // The contract of reading: a member that our types can do without is not required of the vendor.
        .for_deserialize()
        .with(|it| it.definitions_path = "/components/schemas".into())
        .with_transform(RecursiveTransform(standard_keywords_only))
        .into_generator()
}

/// Turns schemars' own integer formats into the bounds that they stand for, and drops defaults, which say something
/// about our types and nothing about the wire.
fn standard_keywords_only(schema: &mut Schema) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    keywords.shift_remove("default");
    let bounds = match keywords.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    keywords.shift_remove("format");
    keywords.insert("minimum".into(), bounds.0);
    keywords.insert("maximum".into(), bounds.1);
}

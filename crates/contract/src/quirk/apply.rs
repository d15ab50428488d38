//! The register written into the document: documented + quirks.

use serde_json::{Map, Value, json};

use crate::{
    document::{Document, Operation},
    quirk::{Quirk, QuirkPlace, Wire, standing::Resolved},
    schema::{
        Address, Side, Store,
        edit::{self, Edit},
        fragment,
        sharing::Sharing,
    },
};

/// Writes the quirks into the documented side: what then stands there is documented + quirks.
pub(crate) fn apply(
    store: &mut Store,
    document: &Document,
    quirks: &[Quirk],
    resolved: &[Resolved],
) {
    if quirks.is_empty() {
        return;
    }
    let mut sharing = Sharing::of(store);
    for (quirk, places) in in_order(quirks, resolved) {
        write(store, &mut sharing, document, quirk, &places);
    }
}

/// The quirks in the order in which they are written, each with the places where it is still needed. What is returned
/// comes first: what also comes is added to it.
pub(crate) fn in_order<'q>(
    quirks: &'q [Quirk],
    resolved: &[Resolved],
) -> Vec<(&'q Quirk, Vec<&'q QuirkPlace>)> {
    let of = |(number, quirk): (usize, &'q Quirk)| {
        let needed = |at: &&QuirkPlace| !resolved.contains(&(number, (*at).clone()));
        (quirk, quirk.at.iter().filter(needed).collect())
    };
    let mut ordered: Vec<(&Quirk, Vec<&QuirkPlace>)> = quirks.iter().enumerate().map(of).collect();
    ordered.sort_by_key(|it| matches!(it.0.wire, Wire::Also(_)));
    ordered
}

/// Writes one quirk into the documented side. A component that only its places share is changed where it stands.
pub(crate) fn write(
    store: &mut Store,
    sharing: &mut Sharing,
    document: &Document,
    quirk: &Quirk,
    places: &[&QuirkPlace],
) {
    let mut roots = Vec::new();
    for at in places {
        if let Some(operation) = document.operation(at.operation.as_str()) {
            let root = own_schema(store, sharing, operation, at.status);
            roots.push((root, at.place.segments().map(Into::into).collect::<Vec<String>>()));
        }
    }
    sharing.find(store, &roots);
    for (root, segments) in &roots {
        let instead = |was: Value| replaced(quirk, &was);
        let also = |was: Value| match was {
            // What `own_schema` put where nothing was documented.
            Value::Bool(true) if quirk.is_undocumented() => quirk.wire.schema().clone(),
            was => widened(was, quirk.wire.schema()),
        };
        let is_there = !edit::find(store, root, segments).is_empty();
        let how = match &quirk.wire {
            Wire::Returned(Value::Bool(false)) => Edit::Remove,
            Wire::Also(Value::Bool(false)) => Edit::MayBeMissing,
            it if !is_there => Edit::Insert(it.schema()),
            Wire::Returned(_) => Edit::Replace(&instead),
            Wire::Also(_) => Edit::Replace(&also),
        };
        edit::edit(store, sharing, root, segments, &how);
    }
}

/// What comes instead of a schema, with what was said beside it that still holds.
fn replaced(quirk: &Quirk, was: &Value) -> Value {
    let comes = quirk.wire.schema();
    let (Some(was), Some(comes)) = (was.as_object(), comes.as_object()) else {
        return comes.clone();
    };
    let is_shown =
        |it: &Value| fragment::validator(quirk.wire.schema()).is_ok_and(|by| by.is_valid(it));
    let holds = |name: &str, value: &Value| match name {
        "title" | "deprecated" | "externalDocs" | "readOnly" | "writeOnly" => true,
        "description" => quirk.described.is_none(),
        "example" => is_shown(value),
        "examples" => value.as_array().is_some_and(|it| it.iter().all(is_shown)),
        _ => name.starts_with("x-"),
    };
    let mut schema = comes.clone();
    for (name, value) in was.iter().filter(|it| holds(it.0, it.1)) {
        schema.entry(name).or_insert_with(|| value.clone());
    }
    Value::Object(schema)
}

/// A schema that takes what comes as well.
fn widened(was: Value, comes: &Value) -> Value {
    let Value::Object(mut keywords) = was else {
        return json!({ "anyOf": [was, comes] });
    };
    if *comes == json!({ "type": "null" })
        && let Some(types) = types_that_may_grow(&keywords)
    {
        keywords.insert("type".into(), types.into());
        return Value::Object(keywords);
    }
    let is_union = is_union(&keywords);
    match keywords.get_mut("anyOf") {
        Some(Value::Array(branches)) if is_union => {
            if !branches.contains(comes) {
                branches.push(comes.clone());
            }
            Value::Object(keywords)
        }
        _ => json!({ "anyOf": [keywords, comes] }),
    }
}

/// The types of a schema with null among them, where nothing else in it would refuse a null.
fn types_that_may_grow(keywords: &Map<String, Value>) -> Option<Vec<Value>> {
    const REFUSING: &[&str] =
        &["$ref", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"];
    if REFUSING.iter().any(|it| keywords.contains_key(*it)) {
        return None;
    }
    let mut types = match keywords.get("type")? {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    if !types.contains(&json!("null")) {
        types.push(json!("null"));
    }
    Some(types)
}

/// Whether a schema is an `anyOf` and what may be said about any schema.
fn is_union(keywords: &Map<String, Value>) -> bool {
    let annotates = |it: &String| {
        matches!(it.as_str(), "anyOf" | "title" | "description") || it.starts_with("x-")
    };
    keywords.keys().all(annotates)
}

/// The address of an operation's own JSON schema for a status: what it shares with others is copied, what is not
/// documented is added.
fn own_schema(
    store: &mut Store,
    sharing: &mut Sharing,
    operation: &Operation,
    status: u16,
) -> Address {
    let documented = |pointer: String| Address { side: Side::Documented, pointer };
    let responses = documented(operation.pointer.clone()).child("responses");
    let own = responses.child(&status.to_string());
    let response = operation.response(status);
    let shared = response.filter(|it| it.address != own);
    let is_reference = store.get(&own).is_some_and(|it| it.get("$ref").is_some());
    if store.get(&own).is_none() || is_reference {
        let copy = shared.and_then(|it| store.get(&it.address).cloned());
        let copy = copy.unwrap_or_else(|| json!({ "description": "Added by a quirk." }));
        if let Some(Value::Object(responses)) = edit::get_mut(store, &responses) {
            responses.insert(status.to_string(), copy);
        }
        sharing.read(store, &own);
    }
    let media_type = response.and_then(|it| it.content.iter().find(|it| it.is_json()));
    let media_type = media_type.map_or("application/json", |it| it.key.as_str());
    let schema = own.child("content").child(media_type).child("schema");
    if store.get(&schema).is_none()
        && let Some(Value::Object(response)) = edit::get_mut(store, &own)
    {
        let content = response.entry("content").or_insert_with(|| json!({}));
        content[media_type] = json!({ "schema": true });
    }
    schema
}

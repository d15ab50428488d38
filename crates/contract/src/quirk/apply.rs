//! The register written into the document: documented + quirks.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value, json};

use crate::{
    document::{Content, Document, Operation, PathTemplate, essence, is_json},
    place::push_segment,
    quirk::{
        Comes, Declared, Quirk, QuirkPlace, Wire,
        content::ContentForm,
        standing::{Resolved, media_types_of},
    },
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
    for (quirk, places) in in_order((store, document), quirks, resolved) {
        // What comes as another media type than the documented one is judged by what is documented.
        if !matches!(quirk.declared, Declared::MediaTypes(_)) {
            write(store, &mut sharing, document, quirk, &places, &|it| it);
        }
    }
}

/// A place that a quirk is written at.
pub(crate) struct WrittenAt<'q> {
    pub(crate) at: &'q QuirkPlace,
    /// The media types that it is about, where several are documented as JSON; else the one that is.
    media_types: Option<Vec<String>>,
}

/// The quirks in the order in which they are written, with the places where each is still needed; `paper` is the
/// document without any quirk. What is returned comes first: what also comes is added to it. Media types come last: till
/// then the documented ones lead to the schemas.
pub(crate) fn in_order<'q>(
    paper: (&Store, &Document),
    quirks: &'q [Quirk],
    resolved: &[Resolved],
) -> Vec<(&'q Quirk, Vec<WrittenAt<'q>>)> {
    let of = |(number, quirk): (usize, &'q Quirk)| {
        let needed = |at: &&QuirkPlace| !resolved.contains(&(number, (*at).clone()));
        let written = |at| {
            let media_types = media_types_of(paper.0, paper.1, quirk, at);
            let media_types = media_types.map(|it| it.into_iter().map(ToOwned::to_owned).collect());
            WrittenAt { at, media_types }
        };
        (quirk, quirk.at.iter().filter(needed).map(written).collect())
    };
    let mut ordered: Vec<(&Quirk, Vec<WrittenAt<'q>>)> =
        quirks.iter().enumerate().map(of).flat_map(by_depth).collect();
    ordered.sort_by_key(|(quirk, places)| match quirk.wire.comes() {
        Comes::Schema(_) => (0, !quirk.wire.is_returned(), Reverse(0)),
        Comes::SeveralAlternatives => (1, false, Reverse(0)),
        // The deepest first: what is above is made of what stands below.
        Comes::AnotherAlternative => (2, false, Reverse(depth(places))),
        // What comes as well first: it is made of what is documented.
        Comes::Content(_) => (3, quirk.wire.is_returned(), Reverse(0)),
    });
    ordered
}

/// A quirk of members that may be as another alternative has them is written at the places of each depth by itself.
fn by_depth<'q>(
    (quirk, places): (&'q Quirk, Vec<WrittenAt<'q>>),
) -> Vec<(&'q Quirk, Vec<WrittenAt<'q>>)> {
    if *quirk.wire.comes() != Comes::AnotherAlternative {
        return vec![(quirk, places)];
    }
    let mut by_depth: BTreeMap<usize, Vec<WrittenAt<'q>>> = BTreeMap::new();
    for it in places {
        by_depth.entry(it.at.place.segments().count()).or_default().push(it);
    }
    by_depth.into_values().map(|it| (quirk, it)).collect()
}

fn depth(places: &[WrittenAt<'_>]) -> usize {
    places.first().map_or(0, |it| it.at.place.segments().count())
}

/// Writes one quirk into the documented side. A component that only its places share is changed where it stands. `spell` puts
/// a schema into the words of the document.
pub(crate) fn write(
    store: &mut Store,
    sharing: &mut Sharing,
    document: &Document,
    quirk: &Quirk,
    places: &[WrittenAt<'_>],
    spell: &dyn Fn(Value) -> Value,
) {
    if let Some(form) = quirk.content() {
        for at in places {
            let response = own_response(store, sharing, document, at.at);
            write_content(store, &response, quirk, form);
        }
        return;
    }
    if quirk.is_of_form() {
        for at in places.iter().filter(|_| quirk.wire.is_returned()) {
            let response = own_response(store, sharing, document, at.at);
            if let Some(Value::Object(response)) = edit::get_mut(store, &response) {
                response.shift_remove("content");
            }
        }
        return;
    }
    let mut roots = Vec::new();
    for WrittenAt { at, media_types } in places {
        let segments: Vec<String> = at.place.segments().map(Into::into).collect();
        let media_types = media_types.iter().flatten().map(|it| Some(it.as_str()));
        let media_types: Vec<Option<&str>> = media_types.collect();
        for media_type in if media_types.is_empty() { vec![None] } else { media_types } {
            let root = own_schema(store, sharing, document, (quirk, at), media_type);
            roots.push((root, segments.clone()));
        }
    }
    sharing.find(store, &roots);
    for (root, segments) in &roots {
        let comes = match quirk.wire.comes() {
            Comes::Schema(it) => it,
            Comes::SeveralAlternatives => {
                edit::edit(store, sharing, root, segments, &Edit::SeveralAlternatives);
                continue;
            }
            Comes::AnotherAlternative => {
                edit::edit(store, sharing, root, segments, &Edit::AnotherAlternative);
                continue;
            }
            Comes::Content(_) => continue,
        };
        let instead = |was: Value| spell(replaced(quirk, comes, &was));
        let also = |was: Value| match was {
            // What `own_schema` put where nothing was documented.
            Value::Bool(true) if quirk.is_undocumented() => spell(comes.clone()),
            was => spell(widened(was, comes)),
        };
        let inserted = spell(comes.clone());
        let is_there = !edit::find(store, root, segments).is_empty();
        let how = match &quirk.wire {
            Wire::Returned(_) if quirk.wire.is_nothing() => Edit::Remove(&inserted),
            Wire::Also(_) if quirk.wire.is_nothing() => Edit::MayBeMissing,
            _ if !is_there => Edit::Insert(&inserted),
            Wire::Returned(_) => Edit::Replace(&instead),
            Wire::Also(_) => Edit::Replace(&also),
        };
        edit::edit(store, sharing, root, segments, &how);
    }
}

/// What comes instead of a schema, with what was said beside it that still holds.
fn replaced(quirk: &Quirk, comes: &Value, was: &Value) -> Value {
    let is_shown = |it: &Value| fragment::validator(comes).is_ok_and(|by| by.is_valid(it));
    let (Some(was), Some(comes)) = (was.as_object(), comes.as_object()) else {
        return comes.clone();
    };
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

/// The object of a quirk's operation; one that is not documented is added.
fn own_operation(store: &mut Store, document: &Document, at: &QuirkPlace) -> Address {
    if let Some(operation) = document.operation(at.operation.as_str()) {
        return Address { side: Side::Documented, pointer: operation.pointer.clone() };
    }
    let (method, template) = at.operation.as_str().split_once(' ').unwrap_or(("GET", "/"));
    let mut operation = json!({ "responses": {} });
    let parameters = parameters_in(document, template);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    let mut pointer = "/paths".to_owned();
    for (segment, empty) in [(template, json!({})), (&method.to_ascii_lowercase(), operation)] {
        let owner = Address { side: Side::Documented, pointer: pointer.clone() };
        if let Some(Value::Object(owner)) = edit::get_mut(store, &owner) {
            owner.entry(segment).or_insert(empty);
        }
        push_segment(&mut pointer, segment);
    }
    Address { side: Side::Documented, pointer }
}

/// The parameters of a path that is not documented. They may hold slashes where they do in documented paths that start alike.
fn parameters_in(document: &Document, template: &str) -> Vec<Value> {
    let read = PathTemplate::parse(template);
    let operations = document.operations.iter();
    let with_slashes: BTreeSet<&str> =
        operations.flat_map(|it| read.slashes_as_in(&it.template)).collect();
    let parameter = |name: &String| {
        let schema = json!({ "type": "string" });
        let mut parameter =
            json!({ "name": name, "in": "path", "required": true, "schema": schema });
        if with_slashes.contains(name.as_str()) {
            parameter["x-multi-segment"] = true.into();
        }
        parameter
    };
    read.names().iter().map(parameter).collect()
}

/// The address of an operation's own response for a status: what it shares with others is copied, what is not documented
/// is added.
fn own_response(
    store: &mut Store,
    sharing: &mut Sharing,
    document: &Document,
    at: &QuirkPlace,
) -> Address {
    let responses = own_operation(store, document, at).child("responses");
    let own = responses.child(&at.status.to_string());
    let operation = document.operation(at.operation.as_str());
    let response = operation.and_then(|it| it.response(at.status));
    let shared = response.filter(|it| it.address != own);
    let is_reference = store.get(&own).is_some_and(|it| it.get("$ref").is_some());
    if store.get(&own).is_none() || is_reference {
        let copy = shared.and_then(|it| store.get(&it.address).cloned());
        let copy = copy.unwrap_or_else(|| json!({ "description": "Added by a quirk." }));
        if let Some(Value::Object(responses)) = edit::get_mut(store, &responses) {
            responses.insert(at.status.to_string(), copy);
        }
        sharing.read(store, &own);
    }
    own
}

/// The address of the JSON schema of a quirk's response: of a media type, else of the first, which is added where there is
/// none.
fn own_schema(
    store: &mut Store,
    sharing: &mut Sharing,
    document: &Document,
    (quirk, at): (&Quirk, &QuirkPlace),
    media_type: Option<&str>,
) -> Address {
    let own = own_response(store, sharing, document, at);
    let response = document.operation(at.operation.as_str());
    let response = response.and_then(|it: &Operation| it.response(at.status));
    let is_it = |it: &&Content| match media_type {
        Some(media_type) => it.media_type == media_type,
        None => it.is_json(),
    };
    let media_type = response.and_then(|it| it.content.iter().find(is_it));
    // Where only the status is pinned, whatever comes with it may come as anything.
    let is_anything = response.is_none() && quirk.wire.schema() == Some(&Value::Bool(true));
    let added = if is_anything { "*/*" } else { "application/json" };
    let media_type = media_type.map_or(added, |it| it.key.as_str());
    let schema = own.child("content").child(media_type).child("schema");
    if store.get(&schema).is_none()
        && let Some(Value::Object(response)) = edit::get_mut(store, &own)
    {
        let content = response.entry("content").or_insert_with(|| json!({}));
        content[media_type] = json!({ "schema": true });
    }
    schema
}

/// Writes as what the bodies of a response come. JSON under another name is what is documented as JSON.
fn write_content(store: &mut Store, response: &Address, quirk: &Quirk, form: &ContentForm) {
    let Some(Value::Object(response)) = edit::get_mut(store, response) else { return };
    let content = response.entry("content").or_insert_with(|| json!({}));
    let Some(content) = content.as_object_mut() else { return };
    let documented = content.iter().find(|it| is_json(&essence(it.0)));
    let comes = match (form.json, documented) {
        (true, Some((_, media_type))) => media_type.clone(),
        (true, None) => json!({ "schema": {} }),
        (false, _) if is_json(&form.media_type) => {
            json!({ "schema": { "description": "A text that is not JSON." } })
        }
        (false, _) => json!({ "schema": { "type": "string" } }),
    };
    if let Declared::MediaTypes(declared) = &quirk.declared
        && quirk.wire.is_returned()
    {
        content.retain(|key, _| !declared.contains(&essence(key)));
    }
    if !content.keys().any(|it| essence(it) == form.media_type) {
        content.insert(form.media_type.clone(), comes);
    }
}

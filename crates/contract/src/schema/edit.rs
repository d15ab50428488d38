//! Changes a schema at a place, inside every branch that describes it, without touching what other places share with it.

use serde_json::{Map, Value};

use crate::{
    place::ANY,
    schema::{Address, Side, Store},
};

/// What to do at the place.
pub(crate) enum Edit<'e> {
    /// Puts what the function makes of the schema in its place.
    Replace(&'e dyn Fn(Value) -> Value),
    /// Adds the member, which the parent lacks.
    Insert(&'e Value),
    /// The member never comes: nothing fits it, and nothing requires it.
    Remove,
}

/// Edits the document at every schema that describes the place below `root`. A `$ref` on the way is replaced by a copy
/// of its target. Returns how many schemas were changed; none where the place is not described.
pub(crate) fn edit(
    store: &mut Store,
    root: &Address,
    segments: &[String],
    edit: &Edit<'_>,
) -> usize {
    match (edit, segments.split_last()) {
        (Edit::Insert(schema), Some((name, parent))) => {
            let insert = |mut owner: Value| {
                insert_member(&mut owner, name, (*schema).clone());
                owner
            };
            // A parent composed of several schemas takes the member beside them.
            replace(store, root, parent, &insert)
        }
        (Edit::Remove, Some((name, parent))) => {
            let forget = |mut owner: Value| {
                remove_requirement(&mut owner, name);
                owner
            };
            let never = |_| Value::Bool(false);
            replace(store, root, parent, &forget);
            replace(store, root, segments, &never)
        }
        (Edit::Replace(make), _) => replace(store, root, segments, *make),
        (Edit::Insert(_), None) => 0,
        (Edit::Remove, None) => replace(store, root, segments, &|_| Value::Bool(false)),
    }
}

/// The schemas that describe the place below `root`, references followed.
pub(crate) fn find(store: &Store, root: &Address, segments: &[String]) -> Vec<Address> {
    let mut found = Vec::new();
    collect(store, root, segments, &mut found, 0);
    found
}

/// References that lead through more than this many others lead in a circle.
pub(crate) const MAX_CHAIN: usize = 64;

fn collect(
    store: &Store,
    at: &Address,
    segments: &[String],
    found: &mut Vec<Address>,
    chain: usize,
) {
    let Some(schema) = store.get(at) else { return };
    let Some((segment, rest)) = segments.split_first() else {
        if !found.contains(at) {
            found.push(at.clone());
        }
        return;
    };
    let Some(keywords) = schema.as_object() else { return };
    if chain > MAX_CHAIN {
        return;
    }
    if let Some(target) = target(store, at) {
        collect(store, &target, segments, found, chain + 1);
    }
    for part in parts(at, keywords) {
        collect(store, &part, segments, found, chain + 1);
    }
    for child in children(at, keywords, segment) {
        collect(store, &child, rest, found, 0);
    }
}

fn replace(
    store: &mut Store,
    at: &Address,
    segments: &[String],
    make: &dyn Fn(Value) -> Value,
) -> usize {
    if segments.is_empty() {
        inline(store, at);
        let Some(schema) = get_mut(store, at) else { return 0 };
        *schema = make(schema.take());
        return 1;
    }
    if find(store, at, segments).is_empty() {
        return 0;
    }
    inline(store, at);
    let Some(keywords) = store.get(at).and_then(Value::as_object) else {
        return 0;
    };
    let (segment, rest) = segments.split_first().expect("checked above: not empty");
    let parts = parts(at, keywords);
    let children = children(at, keywords, segment);
    let in_parts: usize = parts.iter().map(|it| replace(store, it, segments, make)).sum();
    let in_children: usize = children.iter().map(|it| replace(store, it, rest, make)).sum();
    in_parts + in_children
}

/// Where the `$ref` at an address leads.
pub(crate) fn target(store: &Store, at: &Address) -> Option<Address> {
    let reference = store.get(at)?.get("$ref")?.as_str()?;
    store.resolve(at.side, reference)
}

/// The schemas that describe the same value: members of `allOf` and the branches.
fn parts(at: &Address, keywords: &Map<String, Value>) -> Vec<Address> {
    let parts = parts_by_keyword(at, keywords);
    parts.into_iter().flat_map(|it| it.1).collect()
}

/// As [`parts`], by the keyword that joins them. `then` and `else` are one group: either may hold.
pub(crate) fn parts_by_keyword(
    at: &Address,
    keywords: &Map<String, Value>,
) -> Vec<(&'static str, Vec<Address>)> {
    let mut parts = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let count = keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        let list = at.child(keyword);
        parts.push((keyword, (0..count).map(|it| list.child(&it.to_string())).collect()));
    }
    let conditional = ["then", "else"].into_iter().filter(|it| keywords.contains_key(*it));
    parts.push(("then", conditional.map(|it| at.child(it)).collect()));
    parts
}

/// The schemas of a member, or of the items and map values.
pub(crate) fn children(at: &Address, keywords: &Map<String, Value>, segment: &str) -> Vec<Address> {
    if segment != ANY {
        let known = keywords.get("properties").is_some_and(|it| it.get(segment).is_some());
        return known.then(|| at.child("properties").child(segment)).into_iter().collect();
    }
    let mut children = Vec::new();
    for keyword in ["items", "additionalProperties", "unevaluatedProperties"] {
        if keywords.get(keyword).is_some_and(Value::is_object) {
            children.push(at.child(keyword));
        }
    }
    let prefix = keywords.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
    children.extend((0..prefix).map(|it| at.child("prefixItems").child(&it.to_string())));
    let patterns = keywords.get("patternProperties").and_then(Value::as_object);
    children.extend(
        patterns.into_iter().flat_map(Map::keys).map(|it| at.child("patternProperties").child(it)),
    );
    children
}

/// Replaces the `$ref` at an address by a copy of what it leads to; keywords beside it hold too.
fn inline(store: &mut Store, at: &Address) {
    for _ in 0..MAX_CHAIN {
        let Some(target) = target(store, at) else { return };
        let mut copy = store.get(&target).cloned().unwrap_or(Value::Bool(true));
        let Some(schema) = get_mut(store, at) else { return };
        let Some(siblings) = schema.as_object_mut() else { return };
        siblings.shift_remove("$ref");
        let conflicts =
            |copied: &Map<String, Value>| siblings.keys().any(|it| copied.contains_key(it));
        match copy.as_object_mut() {
            Some(copied) if !conflicts(copied) => copied.extend(std::mem::take(siblings)),
            None if siblings.is_empty() => {}
            _ => {
                let all_of = siblings.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
                if let Some(all_of) = all_of.as_array_mut() {
                    all_of.push(copy);
                }
                return;
            }
        }
        *schema = copy;
    }
}

fn insert_member(owner: &mut Value, name: &str, schema: Value) {
    if let Some(owner) = owner.as_object_mut() {
        let properties = owner.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(name.to_owned(), schema);
        }
    }
}

fn remove_requirement(owner: &mut Value, name: &str) {
    let Some(owner) = owner.as_object_mut() else { return };
    if let Some(Value::Array(required)) = owner.get_mut("required") {
        required.retain(|it| it != name);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(parts)) = owner.get_mut(keyword) {
            parts.iter_mut().for_each(|it| remove_requirement(it, name));
        }
    }
}

pub(crate) fn get_mut<'s>(store: &'s mut Store, at: &Address) -> Option<&'s mut Value> {
    let document = match at.side {
        Side::Documented => &mut store.documented,
        Side::Modelled => &mut store.modelled,
    };
    document.pointer_mut(&at.pointer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(document: Value, place: &str, how: &Edit<'_>) -> (Value, usize) {
        let mut store = Store { documented: document, modelled: Value::Null };
        let root = Address { side: Side::Documented, pointer: "/root".into() };
        let segments: Vec<String> = crate::place::segments(place).map(Into::into).collect();
        let count = edit(&mut store, &root, &segments, how);
        (store.documented["root"].take(), count)
    }

    const NULL: &dyn Fn(Value) -> Value = &|was| json!({ "anyOf": [was, { "type": "null" }] });

    #[test]
    fn what_others_share_stays_as_it_is() {
        let document = json!({
            "root": {"type": "array", "items": {"$ref": "#/shared"}},
            "shared": {"properties": {"a": {"type": "string"}, "b": {"$ref": "#/shared"}}},
        });
        let (root, count) = edited(document, "/*/a", &Edit::Replace(NULL));
        assert_eq!(count, 1);
        assert_eq!(root["items"]["properties"]["a"], NULL(json!({"type": "string"})));
        assert_eq!(root["items"]["properties"]["b"], json!({"$ref": "#/shared"}));
    }

    #[test]
    fn every_branch_that_describes_the_place_is_changed() {
        let document = json!({"root": {
            "allOf": [{"properties": {"a": true}}, {"properties": {"b": true}}],
            "anyOf": [{"properties": {"a": {"type": "string"}}}, {"type": "null"}],
        }});
        let (root, count) = edited(document, "/a", &Edit::Replace(&|_| json!(false)));
        assert_eq!(count, 2);
        assert_eq!(root["allOf"][1], json!({"properties": {"b": true}}));
        assert_eq!(root["anyOf"][0], json!({"properties": {"a": false}}));
    }

    #[test]
    fn members_are_added_and_removed() {
        let document = json!({"root": {"properties": {"a": true}, "required": ["a", "b"]}});
        let (root, count) = edited(document.clone(), "/c", &Edit::Insert(&json!({"type": "null"})));
        assert_eq!((count, &root["properties"]["c"]), (1, &json!({"type": "null"})));
        let (root, count) = edited(document, "/a", &Edit::Remove);
        assert_eq!((count, root), (1, json!({"properties": {"a": false}, "required": ["b"]})));
    }

    #[test]
    fn a_place_that_is_not_described_changes_nothing() {
        let document = json!({"root": {"$ref": "#/root"}});
        assert_eq!(edited(document, "/a", &Edit::Replace(NULL)), (json!({"$ref": "#/root"}), 0));
    }
}

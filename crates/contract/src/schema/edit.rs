//! Finds the schemas that describe a place, and changes them: inside every branch that describes it, without touching what
//! other places share with it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    place::ANY,
    schema::{Address, Side, Store, another, discriminator, sharing::Sharing, store::member},
};

/// How many references may hold for one value, one behind the other.
pub(crate) const MOST_REFERENCES: usize = 100;

/// What to do at the place.
pub(crate) enum Edit<'e> {
    /// Puts what the function makes of the schema in its place.
    Replace(&'e dyn Fn(Value) -> Value),
    /// Adds the member, which the parent lacks.
    Insert(&'e Value),
    /// The member never comes: nothing fits it, which the schema says, and nothing requires it.
    Remove(&'e Value),
    /// Nothing requires the member.
    MayBeMissing,
    /// A value may fit several alternatives of each `oneOf`.
    SeveralAlternatives,
    /// The member may be as another alternative has it.
    AnotherAlternative,
}

/// Stands beside alternatives that a quirk has changed: `several` where an `anyOf` was a `oneOf`, and what `another.rs` says.
pub(crate) const MARK: &str = "x-alternatives";
/// At [`MARK`] where several alternatives may fit.
const SEVERAL: &str = "several";

/// Lists the members that a schema required before a quirk said that they may be missing. The engine's own: no corrected
/// document has it.
pub(crate) const MAY_BE_MISSING: &str = "x-may-be-missing";

/// Edits the document at every schema that describes the place below `root`. A `$ref` on the way to what others share is
/// replaced by a copy of its target; one that leads back to what is being followed stays. Nothing happens where the place
/// is not described. An edit made twice is made once.
pub(crate) fn edit(
    store: &mut Store,
    sharing: &mut Sharing,
    root: &Address,
    segments: &[String],
    edit: &Edit<'_>,
) {
    let mut way = Way { sharing, followed: Vec::new() };
    match (edit, segments.split_last()) {
        (Edit::Replace(make), _) => {
            visit(store, root, segments, &mut way, &mut |store, at, _| replace(store, at, make))
        }
        (Edit::Insert(schema), Some((name, parent))) => {
            visit(store, root, parent, &mut way, &mut |store, at, sharing| {
                insert(store, at, name, schema, &mut Way { sharing, followed: Vec::new() })
            });
        }
        (Edit::Insert(_), None) => {}
        (Edit::SeveralAlternatives, _) => {
            visit(store, root, segments, &mut way, &mut |store, at, sharing| {
                loosen(store, at, &mut Way { sharing, followed: Vec::new() })
            });
        }
        (Edit::AnotherAlternative, Some((name, parent))) => {
            visit(store, root, parent, &mut way, &mut |store, at, sharing| {
                another::mix(store, at, name, &mut Way { sharing, followed: Vec::new() })
            });
        }
        (Edit::AnotherAlternative, None) => {}
        (Edit::Remove(_) | Edit::MayBeMissing, last) => {
            if let Edit::Remove(never) = *edit {
                visit(store, root, segments, &mut way, &mut |store, at, _| {
                    replace(store, at, &|_| never.clone())
                });
            }
            if let Some((name, parent)) = last {
                visit(store, root, parent, &mut way, &mut |store, at, sharing| {
                    forget(store, at, name, &mut Way { sharing, followed: Vec::new() })
                });
            }
        }
    }
}

/// What is known on the way to a place.
pub(crate) struct Way<'w> {
    pub(crate) sharing: &'w mut Sharing,
    /// The references that were followed at this level.
    pub(crate) followed: Vec<Address>,
}

/// The schemas that describe the place below `root`.
pub(crate) fn find(store: &Store, root: &Address, segments: &[String]) -> Vec<Address> {
    let mut here = vec![root.clone()];
    for segment in segments {
        here = below(store, &described_by(store, &here), segment);
    }
    here.retain(|it| store.get(it).is_some());
    here
}

/// The schemas of a segment below those of `all` that describe it.
pub(crate) fn below(store: &Store, all: &[Address], segment: &str) -> Vec<Address> {
    let mut below: Vec<Address> = Vec::new();
    for at in all {
        let keywords = store.get(at).and_then(Value::as_object);
        for child in keywords.map_or(Vec::new(), |it| children(at, it, segment)) {
            if !below.contains(&child) {
                below.push(child);
            }
        }
    }
    below
}

/// The schemas and all that hold for the same value: where references lead, members of `allOf`, branches.
pub(crate) fn described_by(store: &Store, schemas: &[Address]) -> Vec<Address> {
    let mut all: Vec<Address> = Vec::new();
    let mut open = schemas.to_vec();
    while let Some(at) = open.pop() {
        if all.contains(&at) {
            continue;
        }
        open.extend(target(store, &at));
        if let Some(keywords) = store.get(&at).and_then(Value::as_object) {
            open.extend(parts(&at, keywords));
        }
        all.push(at);
    }
    all
}

/// What is done to a schema.
type Act<'a> = &'a mut dyn FnMut(&mut Store, &Address, &mut Sharing);

/// Calls `act` with every schema that describes the place.
fn visit(store: &mut Store, at: &Address, segments: &[String], way: &mut Way<'_>, act: Act<'_>) {
    let Some((segment, rest)) = segments.split_first() else {
        return act(store, at, way.sharing);
    };
    if find(store, at, segments).is_empty() {
        return;
    }
    let followed = way.followed.len();
    if let Some(at) = own(store, at, segments, way)
        && let Some(keywords) = store.get(&at).and_then(Value::as_object)
    {
        let parts = parts(&at, keywords);
        let children = children(&at, keywords, segment);
        for part in parts {
            visit(store, &part, segments, way, act);
        }
        for child in children {
            let way = &mut Way { sharing: way.sharing, followed: Vec::new() };
            visit(store, &child, rest, way, act);
        }
    }
    way.followed.truncate(followed);
}

fn replace(store: &mut Store, at: &Address, make: &dyn Fn(Value) -> Value) {
    if let Some(schema) = get_mut(store, at) {
        *schema = make(schema.take());
    }
}

/// Adds a member, or all that are not named, where members are named: in the schema itself, or in those of its parts that name some.
fn insert(store: &mut Store, at: &Address, name: &str, schema: &Value, way: &mut Way<'_>) {
    let followed = way.followed.len();
    if let Some(at) = own(store, at, &[name.to_owned()], way)
        && let Some(keywords) = store.get(&at).and_then(Value::as_object)
    {
        let names_members =
            |it: &Address| store.get(it).is_some_and(|it| it.get("properties").is_some());
        let naming =
            |it: &Address| described_by(store, std::slice::from_ref(it)).iter().any(names_members);
        let parts: Vec<Address> = parts(&at, keywords).into_iter().filter(naming).collect();
        if parts.is_empty() || keywords.contains_key("properties") {
            insert_member(store, &at, name, schema);
        }
        for part in parts {
            insert(store, &part, name, schema, way);
        }
    }
    way.followed.truncate(followed);
}

pub(crate) fn insert_member(store: &mut Store, at: &Address, name: &str, schema: &Value) {
    if let Some(Value::Object(owner)) = get_mut(store, at) {
        if name == ANY {
            owner.insert("additionalProperties".into(), schema.clone());
            return;
        }
        let properties = owner.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(name.to_owned(), schema.clone());
        }
    }
}

/// Whether a schema that describes the place below `root` requires the member.
pub(crate) fn requires(store: &Store, root: &Address, segments: &[String], name: &str) -> bool {
    let requires = |it: &Address| {
        let required = store.get(it).and_then(|it| it.get("required")).and_then(Value::as_array);
        required.is_some_and(|it| it.iter().any(|it| it == name))
    };
    described_by(store, &find(store, root, segments)).iter().any(requires)
}

/// No part of the schema requires the member any more.
fn forget(store: &mut Store, at: &Address, name: &str, way: &mut Way<'_>) {
    if !requires(store, at, &[], name) {
        return;
    }
    let followed = way.followed.len();
    if let Some(at) = own(store, at, &[name.to_owned()], way)
        && let Some(Value::Object(owner)) = get_mut(store, &at)
    {
        if let Some(Value::Array(required)) = owner.get_mut("required")
            && required.iter().any(|it| it == name)
        {
            required.retain(|it| it != name);
            let missing = owner.entry(MAY_BE_MISSING).or_insert_with(|| Value::Array(Vec::new()));
            missing.as_array_mut().into_iter().for_each(|it| it.push(name.into()));
        }
        let parts = parts(&at, owner);
        for part in parts {
            forget(store, &part, name, way);
        }
    }
    way.followed.truncate(followed);
}

/// The schemas with a `oneOf` that describe the place below `root`.
pub(crate) fn with_one_of(store: &Store, root: &Address, segments: &[String]) -> Vec<Address> {
    let has_one_of = |it: &Address| store.get(it).is_some_and(|it| it.get("oneOf").is_some());
    let all = described_by(store, &find(store, root, segments));
    all.into_iter().filter(has_one_of).collect()
}

/// The schemas at the place below `root` whose `anyOf` was a `oneOf`.
pub(crate) fn loosened(store: &Store, root: &Address, segments: &[String]) -> Vec<Address> {
    let is_loosened =
        |it: &Address| store.get(it).is_some_and(|it| it.get(MARK).is_some_and(|it| it == SEVERAL));
    let all = described_by(store, &find(store, root, segments));
    all.into_iter().filter(is_loosened).collect()
}

/// Every `oneOf` that holds for a value becomes an `anyOf`.
fn loosen(store: &mut Store, at: &Address, way: &mut Way<'_>) {
    if with_one_of(store, at, &[]).is_empty() {
        return;
    }
    let followed = way.followed.len();
    if let Some(at) = own(store, at, &[], way)
        && let Some(Value::Object(owner)) = get_mut(store, &at)
    {
        if owner.contains_key("oneOf") {
            *owner = with_any_of(std::mem::take(owner));
        }
        let parts = parts(&at, owner);
        for part in parts {
            loosen(store, &part, way);
        }
    }
    way.followed.truncate(followed);
}

/// A schema with an `anyOf` where its `oneOf` stood; in an `allOf` where it has another `anyOf`.
fn with_any_of(mut schema: Map<String, Value>) -> Map<String, Value> {
    if schema.contains_key("anyOf") {
        let mut apart = Map::new();
        for name in ["oneOf", "discriminator"] {
            apart.extend(schema.shift_remove(name).map(|it| (name.to_owned(), it)));
        }
        let all_of = schema.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(all_of) = all_of.as_array_mut() {
            all_of.push(Value::Object(with_any_of(apart)));
        }
        return schema;
    }
    let mut loosened = Map::new();
    for (name, value) in schema {
        if name == "oneOf" {
            loosened.insert("anyOf".into(), value);
            loosened.insert(MARK.into(), SEVERAL.into());
        } else {
            loosened.insert(name, value);
        }
    }
    loosened
}

/// Where the `$ref` at an address leads.
pub(crate) fn target(store: &Store, at: &Address) -> Option<Address> {
    let reference = member(store.get(at)?.as_object()?, "$ref")?.as_str()?;
    store.resolve(at.side, reference)
}

/// The address itself, or where references lead from it while what stands there `is_reference` and no more.
pub(crate) fn follow(
    store: &Store,
    at: &Address,
    is_reference: impl Fn(&Map<String, Value>) -> bool,
) -> Address {
    let mut at = at.clone();
    // A longer chain is a circle.
    for _ in 0..MOST_REFERENCES {
        let keywords = store.get(&at).and_then(Value::as_object);
        match target(store, &at).filter(|_| keywords.is_some_and(&is_reference)) {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

/// Whether an object is a `$ref` and nothing else.
pub(crate) fn is_reference_alone(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.contains_key("$ref")
}

/// The schemas that describe the same value: members of `allOf` and the branches.
pub(crate) fn parts(at: &Address, keywords: &Map<String, Value>) -> Vec<Address> {
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
        if let Some(Value::Array(schemas)) = member(keywords, keyword) {
            let list = at.child(keyword);
            let all = (0..schemas.len()).map(|it| list.child(&it.to_string()));
            parts.push((keyword, all.collect()));
        }
    }
    let conditional = ["then", "else"].into_iter().filter(|it| member(keywords, it).is_some());
    let conditional: Vec<Address> = conditional.map(|it| at.child(it)).collect();
    if !conditional.is_empty() {
        parts.push(("then", conditional));
    }
    parts
}

/// The schemas of a member, or of the items and map values.
pub(crate) fn children(at: &Address, keywords: &Map<String, Value>, segment: &str) -> Vec<Address> {
    if segment != ANY {
        let known = member(keywords, "properties").is_some_and(|it| it.get(segment).is_some());
        return known.then(|| at.child("properties").child(segment)).into_iter().collect();
    }
    let mut children = Vec::new();
    for keyword in ["items", "additionalProperties", "unevaluatedProperties"] {
        if member(keywords, keyword).is_some_and(Value::is_object) {
            children.push(at.child(keyword));
        }
    }
    let prefix = member(keywords, "prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
    children.extend((0..prefix).map(|it| at.child("prefixItems").child(&it.to_string())));
    let patterns = member(keywords, "patternProperties").and_then(Value::as_object);
    children.extend(
        patterns.into_iter().flat_map(Map::keys).map(|it| at.child("patternProperties").child(it)),
    );
    children
}

/// Where to change what an address says of the segments below it: where its references lead as long as nothing else shares
/// that, else there, in a copy. None where they lead to what was followed already.
pub(crate) fn own(
    store: &mut Store,
    at: &Address,
    segments: &[String],
    way: &mut Way<'_>,
) -> Option<Address> {
    let mut at = at.clone();
    while let Some(target) = target(store, &at) {
        if way.followed.contains(&target) {
            return None;
        }
        way.followed.push(target.clone());
        if way.sharing.is_unshared(&target, segments) {
            at = target;
            continue;
        }
        if let Some(copy) = discriminator::copy_named(store, &at, &target) {
            let schema = discriminator::owner(&at)?;
            way.sharing.read(store, &schema);
            way.sharing.read(store, &copy);
            at = copy;
            continue;
        }
        let stays = copy(store, &at, &target)?;
        way.sharing.read(store, &at);
        if !stays {
            break;
        }
    }
    Some(at)
}

/// Replaces the `$ref` at an address by a copy of what it leads to; keywords beside it hold too. Whether the copy itself
/// stands there then, and not in an `allOf`.
fn copy(store: &mut Store, at: &Address, target: &Address) -> Option<bool> {
    let mut copy = store.get(target).cloned().unwrap_or(Value::Bool(true));
    let schema = get_mut(store, at)?;
    let siblings = schema.as_object_mut()?;
    siblings.shift_remove("$ref");
    let conflicts = |copied: &Map<String, Value>| siblings.keys().any(|it| copied.contains_key(it));
    match copy.as_object_mut() {
        Some(copied) if !conflicts(copied) => copied.extend(std::mem::take(siblings)),
        None if siblings.is_empty() => {}
        _ => {
            let all_of = siblings.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
            if let Some(all_of) = all_of.as_array_mut() {
                all_of.push(copy);
            }
            return Some(false);
        }
    }
    *schema = copy;
    Some(true)
}

pub(crate) fn get_mut<'s>(store: &'s mut Store, at: &Address) -> Option<&'s mut Value> {
    let document = match at.side {
        Side::Documented => &mut store.documented,
        Side::Modelled => Arc::make_mut(&mut store.modelled),
    };
    document.pointer_mut(&at.pointer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(document: Value, place: &str, how: &Edit<'_>) -> Value {
        let mut store = Store { documented: document, ..Store::default() };
        let root = Address { side: Side::Documented, pointer: "/root".into() };
        let segments: Vec<String> = crate::place::segments(place).map(Into::into).collect();
        edit(&mut store, &mut Sharing::default(), &root, &segments, how);
        store.documented["root"].take()
    }

    const NULL: &dyn Fn(Value) -> Value = &|was| json!({ "anyOf": [was, { "type": "null" }] });

    #[test]
    fn what_others_share_stays_as_it_is() {
        let document = json!({
            "root": {"type": "array", "items": {"$ref": "#/shared"}},
            "shared": {"properties": {"a": {"type": "string"}, "b": {"$ref": "#/shared"}}},
        });
        let root = edited(document, "/*/a", &Edit::Replace(NULL));
        assert_eq!(root["items"]["properties"]["a"], NULL(json!({"type": "string"})));
        assert_eq!(root["items"]["properties"]["b"], json!({"$ref": "#/shared"}));
    }

    #[test]
    fn every_branch_that_describes_the_place_is_changed() {
        let document = json!({"root": {
            "allOf": [{"properties": {"a": true}}, {"properties": {"b": true}}],
            "anyOf": [{"properties": {"a": {"type": "string"}}}, {"type": "null"}],
        }});
        let root = edited(document, "/a", &Edit::Replace(&|_| json!(false)));
        assert_eq!(
            root["allOf"],
            json!([{"properties": {"a": false}}, {"properties": {"b": true}}])
        );
        assert_eq!(root["anyOf"][0], json!({"properties": {"a": false}}));
    }

    #[test]
    fn a_member_is_added_where_members_are_named() {
        let null = json!({"type": "null"});
        let plain = json!({"root": {"properties": {"a": true}, "required": ["a", "b"]}});
        assert_eq!(edited(plain, "/c", &Edit::Insert(&null))["properties"]["c"], null);
        let closed = json!({"root": {"anyOf": [{"properties": {}, "additionalProperties": false}, {"type": "null"}]}});
        let root = edited(closed, "/c", &Edit::Insert(&null));
        assert_eq!(root["anyOf"][0]["properties"]["c"], null);
        assert_eq!(root["anyOf"][1], null);
    }

    #[test]
    fn a_member_that_never_comes_is_required_nowhere() {
        let document = json!({
            "root": {"allOf": [{"$ref": "#/base"}, {"required": ["a"]}], "required": ["a", "b"]},
            "base": {"properties": {"a": true}, "required": ["a"]},
        });
        let root = edited(document, "/a", &Edit::Remove(&json!(false)));
        let base = json!({"properties": {"a": false}, "required": [], MAY_BE_MISSING: ["a"]});
        let parts = [base, json!({"required": [], MAY_BE_MISSING: ["a"]})];
        assert_eq!(root, json!({"allOf": parts, "required": ["b"], MAY_BE_MISSING: ["a"]}));
    }

    #[test]
    fn circles_end() {
        let own = json!({"root": {"$ref": "#/root"}});
        assert_eq!(edited(own.clone(), "/a", &Edit::Replace(NULL)), own["root"]);
        let pets = json!({
            "root": {"$ref": "#/pet"},
            "pet": {"properties": {"kind": true}, "oneOf": [{"$ref": "#/cat"}, {"$ref": "#/dog"}]},
            "cat": {"allOf": [{"$ref": "#/pet"}, {"properties": {"lives": true}}]},
            "dog": {"allOf": [{"$ref": "#/pet"}, {"properties": {"tricks": true}}]},
        });
        let root = edited(pets, "/kind", &Edit::Replace(&|_| json!(false)));
        assert_eq!(root["properties"]["kind"], json!(false));
    }
}

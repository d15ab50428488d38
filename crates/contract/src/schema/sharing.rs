//! Which components of a document nothing else shares, so that a change to one place may be made where they stand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    place::push_segment,
    schema::{
        Address, Side, Store,
        edit::{children, parts, target},
    },
};

/// A schema, and the segments from it down to the place that is to change.
type Way = (Address, Vec<String>);

/// The references of the documented side, and what may be changed where it stands.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    /// Where references to a component stand, or to what is in it.
    references: BTreeMap<String, BTreeSet<Address>>,
    unshared: BTreeSet<Way>,
}

impl Sharing {
    pub(crate) fn of(store: &Store) -> Self {
        let mut sharing = Self::default();
        sharing.read(store, &Address { side: Side::Documented, pointer: String::new() });
        sharing
    }

    /// Takes notice of the references in what stands at an address.
    pub(crate) fn read(&mut self, store: &Store, at: &Address) {
        if let Some(value) = store.get(at) {
            self.read_value(value, &mut at.pointer.clone());
        }
    }

    fn read_value(&mut self, value: &Value, pointer: &mut String) {
        let length = pointer.len();
        match value {
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                if let Some(component) = reference.and_then(component) {
                    let at = Address { side: Side::Documented, pointer: pointer.clone() };
                    self.references.entry(component).or_default().insert(at);
                }
                for (name, member) in members {
                    push_segment(pointer, name);
                    self.read_value(member, pointer);
                    pointer.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    push_segment(pointer, &index.to_string());
                    self.read_value(item, pointer);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }

    /// Finds what only these places share, each a schema and the segments below it. All of them are to change alike.
    pub(crate) fn find(&mut self, store: &Store, places: &[Way]) {
        let mut search = Search { store, reached: BTreeMap::new(), seen: BTreeSet::new() };
        for (root, segments) in places {
            search.walk(root, segments, None);
        }
        let mut reached = search.reached;
        loop {
            let is_shared = |((component, _), from): &(&Way, &BTreeMap<Address, Option<Way>>)| {
                let known = self.references.get(&component.pointer);
                let elsewhere = known.is_none_or(|it| it.iter().any(|at| !from.contains_key(at)));
                elsewhere || from.values().flatten().any(|it| !reached.contains_key(it))
            };
            let shared: Vec<Way> =
                reached.iter().filter(is_shared).map(|it| it.0.clone()).collect();
            if shared.is_empty() {
                break;
            }
            reached.retain(|way, _| !shared.contains(way));
        }
        self.unshared = reached.into_keys().collect();
    }

    /// Whether a component may be changed where it stands, at the segments below it.
    pub(crate) fn is_unshared(&self, component: &Address, segments: &[String]) -> bool {
        self.unshared.contains(&(component.clone(), segments.to_vec()))
    }
}

struct Search<'s> {
    store: &'s Store,
    /// The components on the ways, each with the references that led to it and the component that those stand in.
    reached: BTreeMap<Way, BTreeMap<Address, Option<Way>>>,
    seen: BTreeSet<(Way, Option<Way>)>,
}

impl Search<'_> {
    fn walk(&mut self, at: &Address, segments: &[String], within: Option<&Way>) {
        let way = (at.clone(), segments.to_vec());
        let Some((segment, rest)) = segments.split_first() else { return };
        if !self.seen.insert((way, within.cloned())) {
            return;
        }
        let Some(keywords) = self.store.get(at).and_then(Value::as_object) else { return };
        if let Some(target) = target(self.store, at) {
            let way = (target.clone(), segments.to_vec());
            let from = self.reached.entry(way.clone()).or_default();
            if is_only_reference(keywords) {
                from.insert(at.clone(), within.cloned());
            }
            self.walk(&target, segments, Some(&way));
        }
        for part in parts(at, keywords) {
            self.walk(&part, segments, within);
        }
        for child in children(at, keywords, segment) {
            self.walk(&child, rest, within);
        }
    }
}

/// The component that a reference within the document leads to, or into.
fn component(reference: &str) -> Option<String> {
    let path = reference.strip_prefix("#/components/")?;
    let mut segments = path.splitn(3, '/');
    Some(format!("/components/{}/{}", segments.next()?, segments.next()?))
}

/// Whether nothing beside the reference says something of the value.
fn is_only_reference(keywords: &Map<String, Value>) -> bool {
    let annotates = |it: &String| {
        matches!(it.as_str(), "$ref" | "title" | "description" | "summary") || it.starts_with("x-")
    };
    keywords.keys().all(annotates)
}

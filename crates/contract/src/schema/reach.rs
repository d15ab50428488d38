//! The part of a contract's documents that judging by one schema reads. A vendor's document may have thousands of schemas
//! of which each leads to most others; a body comes to few of them.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::{
    place::segments,
    schema::{
        Address, Side, Store,
        discriminator::{compiled, place_compiled},
        edit,
    },
};

/// Schemas that are read. What they apply and is not among them takes any value.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    schemas: HashSet<Address>,
}

/// A schema and the value that it is applied to; none: any value.
type Applied<'v> = (Address, Option<&'v Value>);

impl Reach {
    /// What judging any value by the schema at an address reads; none where that is more than `most` schemas.
    pub(crate) fn of_any_value(store: &Store, at: &Address, most: usize) -> Option<Self> {
        let mut reach = Self::default();
        let mut open = vec![at.clone()];
        while let Some(at) = open.pop() {
            if reach.schemas.contains(&at) {
                continue;
            }
            if reach.schemas.len() == most {
                return None;
            }
            open.extend(applied(store, &at, None).into_iter().map(|it| it.0));
            reach.schemas.insert(at);
        }
        Some(reach)
    }

    /// Adds what judging a value reads. Whether any of it is new.
    pub(crate) fn add(&mut self, store: &Store, at: &Address, value: &Value) -> bool {
        let before = self.schemas.len();
        let mut seen: HashSet<(Address, Option<usize>)> = HashSet::new();
        let mut open: Vec<Applied<'_>> = vec![(at.clone(), Some(value))];
        while let Some((at, value)) = open.pop() {
            let which = value.map(|it| std::ptr::from_ref(it) as usize);
            if seen.contains(&(at.clone(), which)) {
                continue;
            }
            open.extend(applied(store, &at, value));
            self.schemas.insert(at.clone());
            seen.insert((at, which));
        }
        self.schemas.len() > before
    }

    /// A side's document with the schemas that are read where they are compiled, if any are.
    pub(crate) fn document(&self, store: &Store, side: Side) -> Option<Value> {
        let mut kept = Kept::default();
        for address in self.schemas.iter().filter(|it| it.side == side) {
            kept.at(&address.pointer).is_schema = true;
        }
        if kept.is_empty() {
            return None;
        }
        let mut document = kept.of(store.document(side));
        for at in self.schemas.iter().filter(|it| it.side == side) {
            let Some(target) = edit::target(store, at) else { continue };
            let moved = place_compiled(store, &target);
            if moved != target
                && let Some(schema) = document.pointer_mut(&place_compiled(store, at).pointer)
            {
                schema["$ref"] = moved.reference().into();
            }
        }
        Some(document)
    }
}

/// How a keyword has other schemas.
enum Holds {
    One,
    List,
    Map,
}

fn holds(keyword: &str) -> Option<Holds> {
    Some(match keyword {
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::List,
        "properties" | "patternProperties" | "dependentSchemas" | "dependencies" => Holds::Map,
        "not"
        | "if"
        | "then"
        | "else"
        | "items"
        | "contains"
        | "propertyNames"
        | "additionalProperties"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Holds::One,
        _ => return None,
    })
}

/// The schemas that the schema at an address applies to a value or what is in it.
fn applied<'v>(store: &Store, at: &Address, value: Option<&'v Value>) -> Vec<Applied<'v>> {
    let Some(Value::Object(keywords)) = store.get(at) else { return Vec::new() };
    let mut all: Vec<Applied<'v>> = Vec::new();
    if let Some(target) = edit::target(store, at) {
        all.push((target, value));
    }
    for (keyword, schema) in keywords {
        let Some(holds) = holds(keyword) else { continue };
        let place = at.child(keyword);
        let schemas: Vec<Address> = match (holds, schema) {
            (Holds::One, _) => vec![place],
            (Holds::List, Value::Array(list)) => {
                (0..list.len()).map(|it| place.child(&it.to_string())).collect()
            }
            (Holds::Map, Value::Object(map)) => {
                if let ("properties", Some(value)) = (keyword.as_str(), value) {
                    all.extend(members(store, &place, map, value));
                    continue;
                }
                map.keys().map(|it| place.child(it)).collect()
            }
            (Holds::List | Holds::Map, _) => continue,
        };
        for (index, schema) in schemas.into_iter().enumerate() {
            match (keyword.as_str(), value) {
                (_, None) => all.push((schema, None)),
                ("propertyNames", Some(Value::Object(_))) => all.push((schema, None)),
                (
                    "patternProperties" | "additionalProperties" | "unevaluatedProperties",
                    Some(Value::Object(members)),
                ) => all.extend(members.values().map(|it| (schema.clone(), Some(it)))),
                ("prefixItems", Some(Value::Array(items))) => {
                    all.extend(items.get(index).map(|it| (schema, Some(it))));
                }
                ("items" | "contains" | "unevaluatedItems", Some(Value::Array(items))) => {
                    all.extend(items.iter().map(|it| (schema.clone(), Some(it))));
                }
                (
                    "propertyNames"
                    | "patternProperties"
                    | "additionalProperties"
                    | "unevaluatedProperties"
                    | "prefixItems"
                    | "items"
                    | "contains"
                    | "unevaluatedItems",
                    Some(_),
                ) => {}
                (_, Some(value)) => all.push((schema, Some(value))),
            }
        }
    }
    all
}

/// The schemas of the members that an object has, and the plain ones of those that it lacks: they may tell branches apart.
fn members<'v>(
    store: &Store,
    place: &Address,
    named: &Map<String, Value>,
    value: &'v Value,
) -> Vec<Applied<'v>> {
    let Value::Object(members) = value else { return Vec::new() };
    let applied = |name: &String| {
        let at = place.child(name);
        match members.get(name) {
            Some(member) => Some((at, Some(member))),
            None => {
                let target = edit::follow(store, &at, edit::is_reference_alone);
                store.get(&target).is_some_and(applies_none).then_some((at, None))
            }
        }
    };
    named.keys().filter_map(applied).collect()
}

/// Whether a schema says all by itself.
fn applies_none(schema: &Value) -> bool {
    let keywords = schema.as_object();
    keywords.is_none_or(|it| it.keys().all(|it| it != "$ref" && holds(it).is_none()))
}

/// What is kept of a document: schemas, and what stands above them.
#[derive(Default)]
struct Kept {
    is_schema: bool,
    below: BTreeMap<String, Kept>,
}

impl Kept {
    fn is_empty(&self) -> bool {
        !self.is_schema && self.below.is_empty()
    }

    fn at(&mut self, pointer: &str) -> &mut Self {
        segments(pointer).fold(self, |it, name| it.below.entry(name.into_owned()).or_default())
    }

    fn of(&self, value: &Value) -> Value {
        match value {
            Value::Object(keywords) if self.is_schema => Value::Object(self.of_schema(keywords)),
            Value::Object(members) => {
                let kept = |(name, kept): (&String, &Self)| {
                    Some((name.clone(), kept.of(members.get(name)?)))
                };
                Value::Object(compiled(members, self.below.iter().filter_map(kept).collect()))
            }
            Value::Array(items) => {
                let kept = |(index, item)| self.schema(&format!("{index}"), item);
                Value::Array(items.iter().enumerate().map(kept).collect())
            }
            value => value.clone(),
        }
    }

    fn of_schema(&self, keywords: &Map<String, Value>) -> Map<String, Value> {
        let mut schema = Map::new();
        for (keyword, value) in keywords {
            let below = self.below.get(keyword);
            let kept = match (holds(keyword), value) {
                (Some(Holds::One), _) => self.schema(keyword, value),
                (Some(Holds::List), Value::Array(_)) => {
                    below.map_or_else(|| Self::default().of(value), |it| it.of(value))
                }
                (Some(Holds::Map), Value::Object(schemas)) => {
                    let none = Self::default();
                    let below = below.unwrap_or(&none);
                    let kept = schemas.iter().map(|it| (it.0.clone(), below.schema(it.0, it.1)));
                    Value::Object(kept.collect())
                }
                _ if below.is_some_and(|it| !it.is_empty()) => {
                    below.map_or(Value::Null, |it| it.of(value))
                }
                _ if is_silent(keyword) => continue,
                _ => value.clone(),
            };
            schema.insert(keyword.clone(), kept);
        }
        // Without it, jsonschema names none of the members that a closed object may not have.
        if keywords.get("additionalProperties") == Some(&Value::Bool(false)) {
            schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        }
        compiled(keywords, schema)
    }

    /// The schema below, if it is kept or says all by itself; else one that takes anything.
    fn schema(&self, name: &str, schema: &Value) -> Value {
        match self.below.get(name) {
            Some(kept) => kept.of(schema),
            None if applies_none(schema) => schema.clone(),
            None => Value::Bool(true),
        }
    }
}

/// Whether a keyword says nothing of values.
fn is_silent(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(keyword, "description" | "title" | "$defs" | "definitions")
}

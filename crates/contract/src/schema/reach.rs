//! The part of a contract's documents that judging by one schema reads. A vendor's document may have thousands of schemas
//! of which each leads to most others; a body comes to few of them.

use std::collections::{BTreeMap, HashMap, HashSet};

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
    numbers: HashMap<Address, usize>,
    schemas: Vec<Schema>,
    read: usize,
}

/// A schema that is read, or that one of those applies.
#[derive(Debug)]
struct Schema {
    at: Address,
    is_read: bool,
    /// Whether it was read for any value.
    is_read_whole: bool,
    /// The schemas that it applies, by number. Known when it is read.
    applied: Vec<(To, usize)>,
}

/// What a schema applies another to.
#[derive(Debug)]
enum To {
    Itself,
    EachItem,
    Item(usize),
    EachMember,
    /// Where it is missing, a plain schema may still tell branches apart.
    Member {
        name: String,
        is_plain: bool,
    },
    EachName,
}

impl Reach {
    /// What judging any value by the schema at an address reads; none where that is more than `most` schemas.
    pub(crate) fn of_any_value(store: &Store, at: &Address, most: usize) -> Option<Self> {
        let mut reach = Self::default();
        reach.read(store, at, None, most).then_some(reach)
    }

    /// Adds what judging a value reads. Whether any of it is new.
    pub(crate) fn add(&mut self, store: &Store, at: &Address, value: &Value) -> bool {
        let before = self.read;
        self.read(store, at, Some(value), usize::MAX);
        self.read > before
    }

    /// Reads what judging a value, or any, reads. Whether that is no more than `most` schemas.
    fn read(&mut self, store: &Store, at: &Address, value: Option<&Value>, most: usize) -> bool {
        let mut seen: HashSet<(usize, *const Value)> = HashSet::new();
        let mut open = vec![(self.number(at.clone()), value)];
        while let Some((number, value)) = open.pop() {
            if !self.schemas[number].is_read {
                if self.read == most {
                    return false;
                }
                self.read_one(store, number);
            }
            let schema = &mut self.schemas[number];
            let is_new = match value {
                _ if schema.applied.is_empty() => false,
                Some(value) => !schema.is_read_whole && seen.insert((number, value)),
                None => !std::mem::replace(&mut schema.is_read_whole, true),
            };
            if !is_new {
                continue;
            }
            for (to, applied) in &schema.applied {
                match (to, value) {
                    (_, None) | (To::EachName, Some(Value::Object(_))) => {
                        open.push((*applied, None));
                    }
                    (To::Itself, Some(_)) => open.push((*applied, value)),
                    (To::EachItem, Some(Value::Array(items))) => {
                        open.extend(items.iter().map(|it| (*applied, Some(it))));
                    }
                    (To::Item(index), Some(Value::Array(items))) => {
                        open.extend(items.get(*index).map(|it| (*applied, Some(it))));
                    }
                    (To::EachMember, Some(Value::Object(members))) => {
                        open.extend(members.values().map(|it| (*applied, Some(it))));
                    }
                    (To::Member { name, is_plain }, Some(Value::Object(members))) => {
                        let member = members.get(name);
                        if member.is_some() || *is_plain {
                            open.push((*applied, member));
                        }
                    }
                    _ => {}
                }
            }
        }
        true
    }

    fn read_one(&mut self, store: &Store, number: usize) {
        let applied = applied(store, &self.schemas[number].at);
        let applied = applied.into_iter().map(|(to, at)| (to, self.number(at))).collect();
        let schema = &mut self.schemas[number];
        (schema.applied, schema.is_read) = (applied, true);
        self.read += 1;
    }

    fn number(&mut self, at: Address) -> usize {
        if let Some(known) = self.numbers.get(&at) {
            return *known;
        }
        let number = self.schemas.len();
        self.numbers.insert(at.clone(), number);
        let schema = Schema { at, is_read: false, is_read_whole: false, applied: Vec::new() };
        self.schemas.push(schema);
        number
    }

    fn addresses(&self, side: Side) -> impl Iterator<Item = &Address> {
        let read = self.schemas.iter().filter(|it| it.is_read).map(|it| &it.at);
        read.filter(move |it| it.side == side)
    }

    /// A side's document with the schemas that are read where they are compiled, if any are.
    pub(crate) fn document(&self, store: &Store, side: Side) -> Option<Value> {
        let mut kept = Kept::default();
        for address in self.addresses(side) {
            kept.at(&address.pointer).is_schema = true;
        }
        if kept.is_empty() {
            return None;
        }
        let mut document = kept.of(store.document(side));
        for at in self.addresses(side) {
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

/// The schemas that the schema at an address applies, and to what.
fn applied(store: &Store, at: &Address) -> Vec<(To, Address)> {
    let Some(Value::Object(keywords)) = store.get(at) else { return Vec::new() };
    let mut all: Vec<(To, Address)> = Vec::new();
    all.extend(edit::target(store, at).map(|it| (To::Itself, it)));
    for (keyword, schema) in keywords {
        let place = at.child(keyword);
        match (holds(keyword), schema) {
            (Some(Holds::One), _) => {
                let to = match keyword.as_str() {
                    "propertyNames" => To::EachName,
                    "additionalProperties" | "unevaluatedProperties" => To::EachMember,
                    "items" | "contains" | "unevaluatedItems" => To::EachItem,
                    _ => To::Itself,
                };
                all.push((to, place));
            }
            (Some(Holds::List), Value::Array(list)) => {
                let is_of_items = keyword == "prefixItems";
                let to = |index| if is_of_items { To::Item(index) } else { To::Itself };
                all.extend((0..list.len()).map(|it| (to(it), place.child(&it.to_string()))));
            }
            (Some(Holds::Map), Value::Object(schemas)) => {
                let to = |name: &String, at: &Address| match keyword.as_str() {
                    "properties" => {
                        To::Member { name: name.clone(), is_plain: is_plain(store, at) }
                    }
                    "patternProperties" => To::EachMember,
                    _ => To::Itself,
                };
                let schemas = schemas.keys().map(|name| (name, place.child(name)));
                all.extend(schemas.map(|(name, at)| (to(name, &at), at)));
            }
            _ => {}
        }
    }
    all
}

/// Whether what a schema refers to says all by itself.
fn is_plain(store: &Store, at: &Address) -> bool {
    let target = edit::follow(store, at, edit::is_reference_alone);
    store.get(&target).is_some_and(applies_none)
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

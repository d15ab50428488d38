//! Alternatives inside alternatives. jsonschema tells of a value that fits none what each refuses, down to the last: with
//! every level that is as many times more as there are alternatives. Where that is too much, what is wrong is told along the
//! alternative that is meant.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::{
    place::push_segment,
    rule::Rule,
    schema::{
        fragment,
        tree::{Member, NodeId, Tree},
    },
    violation::{Nearest, Violation, from_error},
};

/// More alternatives than this are not told of one body.
const MOST: u64 = 20_000;

/// Whether jsonschema tells of few alternatives in a body.
pub(super) fn are_few(tree: &Tree, root: NodeId, body: &Value) -> bool {
    Count { tree, known: HashMap::new() }.told(root, body) <= MOST
}

/// Counts the alternatives that jsonschema tells of.
struct Count<'a> {
    tree: &'a Tree,
    known: HashMap<(NodeId, *const Value), u64>,
}

impl Count<'_> {
    fn told(&mut self, id: NodeId, value: &Value) -> u64 {
        let key = (id, std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // What leads back to itself for the same value tells nothing more.
        self.known.insert(key, 0);
        let tree = self.tree;
        let mut told = 0_u64;
        for id in tree.beside(id, value) {
            told = told.saturating_add(self.told(id, value));
        }
        for union in tree.unions(id) {
            if is_container(value) && union.takes(value) {
                continue;
            }
            for id in union.alternatives() {
                told = told.saturating_add(1).saturating_add(self.told(id, value));
            }
        }
        for (_, below, value) in children(tree, id, value) {
            for id in below {
                told = told.saturating_add(self.told(id, value));
            }
        }
        self.known.insert(key, told);
        told
    }
}

fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// The members and items of a value with the schemas that a schema has for them.
fn children<'v>(
    tree: &Tree,
    id: NodeId,
    value: &'v Value,
) -> Vec<(String, Vec<NodeId>, &'v Value)> {
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, it)| (index.to_string(), tree.item(&[id], index), it)).collect()
        }
        Value::Object(members) => {
            let below = |(name, value): (&String, &'v Value)| match tree.member(&[id], name) {
                Member::Known(below) | Member::MapKey(below) => (name.clone(), below, value),
                Member::Undocumented { .. } => (name.clone(), Vec::new(), value),
            };
            members.iter().map(below).collect()
        }
        _ => Vec::new(),
    }
}

/// What is wrong along the alternatives that are meant; at a value that clearly means none, that it fits none.
pub(super) fn violations(tree: &Tree, root: NodeId, body: &Value) -> Vec<Violation> {
    let mut found = Found { tree, seen: HashSet::new(), violations: Vec::new() };
    found.look(root, body, &mut String::new());
    if found.violations.is_empty() {
        found.violations.push(Violation::new(String::new(), Rule::Type));
    }
    found.violations
}

struct Found<'a> {
    tree: &'a Tree,
    seen: HashSet<(NodeId, *const Value)>,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn look(&mut self, id: NodeId, value: &Value, pointer: &mut String) {
        if !self.seen.insert((id, std::ptr::from_ref(value))) {
            return;
        }
        let tree = self.tree;
        self.refused_here(id, value, pointer);
        for id in tree.beside(id, value) {
            self.look(id, value, pointer);
        }
        for union in tree.unions(id).filter(|it| !it.takes(value)) {
            match union.live(value).as_slice() {
                [meant] => self.look(*meant, value, pointer),
                live => {
                    let rule = if value.is_null() { Rule::Null } else { Rule::Type };
                    let first = union.alternatives().position(|it| live.contains(&it));
                    let nearest = first.map(|it| Nearest { number: it + 1, list: union.list() });
                    let here = Violation::new(pointer.clone(), rule);
                    self.violations.push(Violation { nearest, ..here });
                }
            }
        }
        let length = pointer.len();
        for (name, below, value) in children(tree, id, value) {
            push_segment(pointer, &name);
            for id in below {
                self.look(id, value, pointer);
            }
            pointer.truncate(length);
        }
    }

    /// What a schema refuses by what it says itself.
    fn refused_here(&mut self, id: NodeId, value: &Value, pointer: &str) {
        let tree = self.tree;
        let address = tree.node(id).address.as_ref();
        let schema = address.and_then(|it| tree.validators().store().get(it)).map(alone);
        let Some(Ok(validator)) = schema.map(|it| fragment::validator(&it)) else { return };
        let refused = validator.iter_errors(value).flat_map(|it| from_error(tree, &it));
        let here = |it: Violation| Violation { pointer: format!("{pointer}{}", it.pointer), ..it };
        self.violations.extend(refused.map(here));
    }
}

/// A schema without those that it applies: what it names may be anything.
fn alone(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut alone = Map::new();
    for (keyword, value) in keywords {
        let value = match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(named)) => {
                named.keys().map(|it| (it.clone(), json!(true))).collect()
            }
            ("additionalProperties", Value::Bool(_)) => value.clone(),
            (
                "type" | "enum" | "const" | "format" | "pattern" | "required" | "dependentRequired"
                | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
                | "minLength" | "maxLength" | "minItems" | "maxItems" | "uniqueItems"
                | "minProperties" | "maxProperties",
                _,
            ) => value.clone(),
            _ => continue,
        };
        alone.insert(keyword.clone(), value);
    }
    Value::Object(alone)
}

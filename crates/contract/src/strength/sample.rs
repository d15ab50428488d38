//! Chooses the values that get faults: what is wrong with one of many that are alike shows nothing new in the next.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    mem::discriminant,
};

use serde_json::{Map, Value};

use crate::{
    document::OperationId,
    judge::Judge,
    place::{ANY, push_segment},
    schema::tree::{Member, NodeId, Tree},
    strength::plant::{operators_for, sibling_to_swap_with},
};

/// How many get faults of values that are alike.
const OF_A_KIND: u8 = 2;

/// By these, what holds for a member depends on which others there are.
const RELATING: &[&str] = &[
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "minProperties",
    "maxProperties",
    "not",
];

/// Knows how many of each kind have got faults.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    counts: HashMap<u64, u8>,
}

/// Where a value stands, as far as that makes values alike.
struct Standing<'a> {
    /// A hash of the response and the place in it.
    place: u64,
    given: &'a [NodeId],
    /// A hash of what holds for the object or list that it is in.
    parent: u64,
    /// A hash of the place of the sibling that it is swapped with.
    sibling: Option<u64>,
}

impl Sampler {
    /// JSON pointers to the values of a response's body that get faults. Values are alike that stand at one place of one
    /// response, for which the same schemas hold, as for what they are in, and in which the same faults make sense.
    pub(super) fn sample(
        &mut self,
        operation: &OperationId,
        status: u16,
        judge: &Judge,
        body: &Value,
    ) -> Vec<String> {
        let place = hash((operation, status, &judge.media_type));
        let at = Standing { place, given: &[judge.root], parent: 0, sibling: None };
        let mut chosen = Vec::new();
        self.choose(&judge.tree, &at, body, &mut String::new(), &mut chosen);
        chosen
    }

    fn choose(
        &mut self,
        tree: &Tree,
        at: &Standing<'_>,
        value: &Value,
        pointer: &mut String,
        chosen: &mut Vec<String>,
    ) {
        let live = tree.live(at.given, value);
        let operators: Vec<_> = operators_for(value).collect();
        let kind = hash((at.place, &live, discriminant(value), operators, at.parent, at.sibling));
        if self.has_room_for(kind) {
            chosen.push(pointer.clone());
        }
        let length = pointer.len();
        let mut below = |name: &str, at: &Standing<'_>, value: &Value| {
            push_segment(pointer, name);
            self.choose(tree, at, value, pointer, chosen);
            pointer.truncate(length);
        };
        match value {
            Value::Array(items) => {
                let (place, parent) = (hash((at.place, ANY)), hash(&live));
                for (index, item) in items.iter().enumerate() {
                    let given = tree.item(&live, index);
                    let at = Standing { place, given: &given, parent, sibling: None };
                    below(&index.to_string(), &at, item);
                }
            }
            Value::Object(members) => {
                let parent = hash((&live, names_that_matter(tree, &live, members)));
                let segment_of = |name: &'_ str| match tree.member(&live, name) {
                    Member::MapKey(given) if !tree.requires(&live, name) => (given, None),
                    Member::Known(given) | Member::MapKey(given) => (given, Some(name.to_owned())),
                    Member::Undocumented { .. } => (Vec::new(), Some(name.to_owned())),
                };
                for (name, member) in members {
                    let (given, segment) = segment_of(name);
                    let sibling = sibling_to_swap_with(members, name);
                    let at = Standing {
                        place: hash((at.place, segment.as_deref().unwrap_or(ANY))),
                        given: &given,
                        parent,
                        sibling: sibling.map(|it| hash(segment_of(it.0).1)),
                    };
                    below(name, &at, member);
                }
            }
            _ => {}
        }
    }

    fn has_room_for(&mut self, kind: u64) -> bool {
        let count = self.counts.entry(kind).or_default();
        let has_room = *count < OF_A_KIND;
        *count += u8::from(has_room);
        has_room
    }
}

fn names_that_matter<'m>(
    tree: &Tree,
    live: &[NodeId],
    members: &'m Map<String, Value>,
) -> BTreeSet<&'m String> {
    if tree.says(live, RELATING) { members.keys().collect() } else { BTreeSet::new() }
}

fn hash(it: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

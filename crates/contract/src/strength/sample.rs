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

/// How many get faults of values that are alike, each another than the others.
const OF_A_KIND: usize = 3;

/// By these, what holds for a member depends on which others there are.
const RELATING_MEMBERS: &[&str] = &[
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "minProperties",
    "maxProperties",
    "not",
];

/// By these, what holds for an item depends on which others there are.
const RELATING_ITEMS: &[&str] = &["contains", "uniqueItems"];

/// Knows which values of each kind have got faults, by hash.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    values: HashMap<Kind, Vec<u64>>,
}

/// A hash of what makes values alike.
pub(super) type Kind = u64;

/// A value that gets faults.
pub(super) struct Chosen {
    /// A JSON pointer to it.
    pub(super) pointer: String,
    /// The schemas that hold for it.
    pub(super) live: Vec<NodeId>,
    pub(super) kind: Kind,
    /// Whether it is swapped with a sibling, else it gets all other faults.
    pub(super) is_swapped: bool,
}

/// Where a value stands.
struct Standing<'a> {
    /// A hash of the response and the place in it.
    place: u64,
    given: &'a [NodeId],
    /// A hash of what holds for the object or list that it is in.
    parent: u64,
    /// A hash of what stands beside it, as far as what holds for it depends on that.
    beside: u64,
    /// Hashes of the place and of the value of the sibling that it is swapped with.
    sibling: Option<(u64, u64)>,
}

impl Sampler {
    /// The values of a response's body that get faults. Values are alike that stand at one place of one response, for which
    /// the same schemas hold, as for what they are in, and in which the same faults make sense.
    pub(super) fn sample(
        &mut self,
        operation: &OperationId,
        status: u16,
        judge: &Judge,
        body: &Value,
    ) -> Vec<Chosen> {
        let place = hash((operation, status, &judge.media_type));
        let at = Standing { place, given: &[judge.root], parent: 0, beside: 0, sibling: None };
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
        chosen: &mut Vec<Chosen>,
    ) {
        let live = tree.live(at.given, value);
        let kind = (discriminant(value), operators_for(value));
        let kind = hash((at.place, &live, kind, at.parent));
        let mut choose = |kind, value, is_swapped| {
            if self.has_room_for(kind, value) {
                let (pointer, live) = (pointer.clone(), live.clone());
                chosen.push(Chosen { pointer, live, kind, is_swapped });
            }
        };
        choose(kind, hash((value, at.beside)), false);
        if let Some((place, sibling)) = at.sibling {
            choose(hash((kind, place)), hash((value, sibling)), true);
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
                let beside = hash(tree.says(&live, RELATING_ITEMS).then_some(items));
                for (index, item) in items.iter().enumerate() {
                    let given = tree.item(&live, index);
                    let at = Standing { place, given: &given, parent, beside, sibling: None };
                    below(&index.to_string(), &at, item);
                }
            }
            Value::Object(members) => {
                let parent = hash(&live);
                let beside = hash(names_that_matter(tree, &live, members));
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
                        beside,
                        sibling: sibling.map(|it| (hash(segment_of(it.0).1), hash(it.1))),
                    };
                    below(name, &at, member);
                }
            }
            _ => {}
        }
    }

    fn has_room_for(&mut self, kind: Kind, value: u64) -> bool {
        let values = self.values.entry(kind).or_default();
        let has_room = values.len() < OF_A_KIND && !values.contains(&value);
        if has_room {
            values.push(value);
        }
        has_room
    }
}

fn names_that_matter<'m>(
    tree: &Tree,
    live: &[NodeId],
    members: &'m Map<String, Value>,
) -> BTreeSet<&'m String> {
    if tree.says(live, RELATING_MEMBERS) { members.keys().collect() } else { BTreeSet::new() }
}

fn hash(it: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

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
    strength::{
        Operator,
        plant::{operators_for, sibling_to_swap_with},
        reason::LIMITS_OF_LISTS,
    },
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

/// A value that gets faults.
pub(super) struct Chosen {
    /// A JSON pointer to it.
    pub(super) pointer: String,
    /// The schemas that hold for it.
    pub(super) live: Vec<NodeId>,
    pub(super) operators: Vec<Operator>,
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
    /// A hash of both values where one of them is listed.
    swapped: Option<u64>,
}

impl Sampler {
    /// The values of a response's body that get faults. Values are alike that stand at one place of one response, for which
    /// the same schemas hold, as for what they are in, and in which the same faults make sense. Lists of different lengths are
    /// not alike where those are limited, values that are swapped where they are listed.
    pub(super) fn sample(
        &mut self,
        operation: &OperationId,
        status: u16,
        judge: &Judge,
        body: &Value,
    ) -> Vec<Chosen> {
        let place = hash((operation, status, &judge.media_type));
        let given = &[judge.root];
        let at = Standing { place, given, parent: 0, sibling: None, swapped: None };
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
        let kind = hash((at.place, &live, kind, at.parent, at.sibling));
        let operators = self.operators_with_room(
            kind,
            &[
                (
                    length_that_matters(tree, &live, value),
                    &[Operator::Truncated, Operator::Duplicated],
                ),
                (at.swapped, &[Operator::Swapped]),
            ],
        );
        if !operators.is_empty() {
            chosen.push(Chosen { pointer: pointer.clone(), live: live.clone(), operators });
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
                    let at =
                        Standing { place, given: &given, parent, sibling: None, swapped: None };
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
                let is_listed = |given: &[NodeId], value: &Value| {
                    tree.live(given, value).iter().any(|it| !tree.node(*it).codes.is_empty())
                };
                for (name, member) in members {
                    let (given, segment) = segment_of(name);
                    let sibling = sibling_to_swap_with(members, name);
                    let listed = sibling.filter(|it| {
                        is_listed(&given, member) || is_listed(&segment_of(it.0).0, it.1)
                    });
                    let at = Standing {
                        place: hash((at.place, segment.as_deref().unwrap_or(ANY))),
                        given: &given,
                        parent,
                        sibling: sibling.map(|it| hash(segment_of(it.0).1)),
                        swapped: listed.map(|it| hash((member, it.1))),
                    };
                    below(name, &at, member);
                }
            }
            _ => {}
        }
    }

    /// All operators where a kind has room, else those for which a finer kind of it has.
    fn operators_with_room(
        &mut self,
        kind: u64,
        finer: &[(Option<u64>, &[Operator])],
    ) -> Vec<Operator> {
        let mut with_room = Vec::new();
        for (what, operators) in finer {
            if what.is_some_and(|it| self.has_room_for(hash((kind, operators, it)))) {
                with_room.extend_from_slice(operators);
            }
        }
        if self.has_room_for(kind) { Operator::ALL.to_vec() } else { with_room }
    }

    fn has_room_for(&mut self, kind: u64) -> bool {
        let count = self.counts.entry(kind).or_default();
        let has_room = *count < OF_A_KIND;
        *count += u8::from(has_room);
        has_room
    }
}

/// A hash of a list's length where schemas limit it, of all of it where they say what it must contain.
fn length_that_matters(tree: &Tree, live: &[NodeId], value: &Value) -> Option<u64> {
    let items = value.as_array()?;
    match () {
        () if tree.says(live, &["contains"]) => Some(hash(items)),
        () if tree.says(live, LIMITS_OF_LISTS) => Some(hash(items.len())),
        () => None,
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

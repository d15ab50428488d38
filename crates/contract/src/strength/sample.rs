//! Chooses the values that get faults: what is wrong with one of many that are alike shows nothing new in the next.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    mem::discriminant,
};

use serde_json::{Map, Value};

use crate::{
    document::OperationId,
    judge::Judge,
    place::{ANY, push_segment},
    schema::tree::{Member, NodeId, Tree},
    strength::plant::{operators_for, sibling_of_its_type},
};

/// How many get faults of values that are alike.
const OF_A_KIND: u8 = 2;

/// A value, and where in it those stand that get faults.
#[derive(Debug)]
pub(super) struct Sample {
    /// Without the items, and values of maps, that no fault is planted in; but for the first.
    pub(super) fewer: Value,
    pub(super) chosen: Vec<Chosen>,
}

/// JSON pointers to a value that gets faults.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) in_whole: String,
    pub(super) in_fewer: String,
}

/// Knows what has got faults.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    counts: HashMap<u64, u8>,
}

/// Where a value stands, as far as it makes values alike.
struct At<'a> {
    /// Of the response and the place in it.
    hash: u64,
    given: &'a [NodeId],
    has_sibling_of_its_type: bool,
}

impl Sampler {
    /// Chooses from a response's body. Values are alike that stand at one place of one response, are described by the same
    /// schemas, and that the same operators make something of.
    pub(super) fn sample(
        &mut self,
        operation: &OperationId,
        status: u16,
        judge: &Judge,
        body: &Value,
    ) -> Sample {
        let at = At {
            hash: hash((operation, status, &judge.media_type)),
            given: &[judge.root],
            has_sibling_of_its_type: false,
        };
        self.choose(&judge.tree, &at, body)
    }

    fn choose(&mut self, tree: &Tree, at: &At<'_>, value: &Value) -> Sample {
        let live = tree.live(at.given, value);
        let operators: Vec<_> = operators_for(value).collect();
        let kind =
            hash((at.hash, &live, discriminant(value), operators, at.has_sibling_of_its_type));
        let (fewer, mut chosen) = match value {
            Value::Array(items) => {
                let mut below = Below::default();
                let mut few = Vec::new();
                let at_items = hash((at.hash, ANY));
                for (index, item) in items.iter().enumerate() {
                    let given = tree.item(&live, index);
                    let at = At { hash: at_items, given: &given, has_sibling_of_its_type: false };
                    let sample = self.choose(tree, &at, item);
                    if few.is_empty() || !sample.chosen.is_empty() {
                        below.add(&index.to_string(), &few.len().to_string(), sample.chosen);
                        few.push(sample.fewer);
                    }
                }
                (Value::Array(few), below.chosen)
            }
            Value::Object(members) => {
                let mut below = Below::default();
                let mut few = Map::new();
                let mut has_key = false;
                for (name, member) in members {
                    let (given, is_key) = match tree.member(&live, name) {
                        Member::Known(given) => (given, false),
                        Member::MapKey(given) => (given, true),
                        Member::Undocumented { .. } => (Vec::new(), false),
                    };
                    let segment = if is_key { ANY } else { name };
                    let at = At {
                        hash: hash((at.hash, segment)),
                        given: &given,
                        has_sibling_of_its_type: sibling_of_its_type(members, name).is_some(),
                    };
                    let sample = self.choose(tree, &at, member);
                    if !is_key || !has_key || !sample.chosen.is_empty() {
                        has_key |= is_key;
                        below.add(name, name, sample.chosen);
                        few.insert(name.clone(), sample.fewer);
                    }
                }
                (Value::Object(few), below.chosen)
            }
            _ => (value.clone(), Vec::new()),
        };
        if self.has_room_for(kind) {
            chosen.push(Chosen { in_whole: String::new(), in_fewer: String::new() });
        }
        Sample { fewer, chosen }
    }

    fn has_room_for(&mut self, kind: u64) -> bool {
        let count = self.counts.entry(kind).or_default();
        let has_room = *count < OF_A_KIND;
        *count += u8::from(has_room);
        has_room
    }
}

/// What is chosen below a value.
#[derive(Default)]
struct Below {
    chosen: Vec<Chosen>,
}

impl Below {
    fn add(&mut self, in_whole: &str, in_fewer: &str, chosen: Vec<Chosen>) {
        let below = |segment: &str, pointer: &str| {
            let mut prefix = String::new();
            push_segment(&mut prefix, segment);
            prefix + pointer
        };
        self.chosen.extend(chosen.iter().map(|it| Chosen {
            in_whole: below(in_whole, &it.in_whole),
            in_fewer: below(in_fewer, &it.in_fewer),
        }));
    }
}

fn hash(it: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

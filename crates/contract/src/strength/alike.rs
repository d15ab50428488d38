//! Leaves out of a body what is like its siblings: a fault in the third item of a kind shows what one in the first shows.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    mem::discriminant,
};

use serde_json::{Map, Value};

use crate::{
    judge::Judge,
    schema::tree::{Member, NodeId, Tree},
    strength::plant::operators_for,
};

/// How many of a kind stay: one to be beside another.
const OF_A_KIND: usize = 2;

/// The body with at most two items, or values of a map, of a kind: those that the same schemas describe and the same faults
/// make sense in.
pub(super) fn without_alike(judge: &Judge, body: &Value) -> Value {
    fewer(&judge.tree, &[judge.root], body).0
}

/// The value without what is alike in it, and its kind.
fn fewer(tree: &Tree, given: &[NodeId], value: &Value) -> (Value, u64) {
    let live = tree.live(given, value);
    let mut kind = DefaultHasher::new();
    (discriminant(value), &live).hash(&mut kind);
    let value = match value {
        Value::Array(items) => {
            let mut kinds = Kinds::default();
            let few = items.iter().enumerate().filter_map(|(index, item)| {
                let (item, kind) = fewer(tree, &tree.item(&live, index), item);
                kinds.has_room_for(kind).then_some(item)
            });
            let few = few.collect();
            kinds.hash(&mut kind);
            Value::Array(few)
        }
        Value::Object(members) => {
            let mut kinds = Kinds::default();
            let mut few = Map::new();
            for (name, member) in members {
                let (given, is_key) = match tree.member(&live, name) {
                    Member::Known(given) => (given, false),
                    Member::MapKey(given) => (given, true),
                    Member::Undocumented { .. } => (Vec::new(), false),
                };
                let (member, of_member) = fewer(tree, &given, member);
                if !is_key {
                    (name, of_member).hash(&mut kind);
                } else if !kinds.has_room_for(of_member) {
                    continue;
                }
                few.insert(name.clone(), member);
            }
            kinds.hash(&mut kind);
            Value::Object(few)
        }
        _ => {
            operators_for(value).for_each(|it| it.hash(&mut kind));
            value.clone()
        }
    };
    (value, kind.finish())
}

/// How many of each kind there are.
#[derive(Default)]
struct Kinds(HashMap<u64, usize>);

impl Kinds {
    fn has_room_for(&mut self, kind: u64) -> bool {
        let count = self.0.entry(kind).or_default();
        *count += 1;
        *count <= OF_A_KIND
    }

    /// Which there are, whatever their order.
    fn hash(&self, hasher: &mut impl Hasher) {
        self.0.keys().collect::<BTreeSet<_>>().hash(hasher);
    }
}

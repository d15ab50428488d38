//! Why nothing noticed a fault: what the contract says at the place, and does not say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    judge::Judge,
    place::segments,
    quirk::{Quirk, Verdict},
    schema::tree::{Member, Node, NodeId},
    strength::{Operator, plant::is_same},
    tally::Tally,
    walk::{Sight, walk},
};

const LIMITS_OF_NUMBERS: &[&str] =
    &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const LIMITS_OF_TEXTS: &[&str] = &["minLength", "maxLength"];
const LIMITS_OF_LISTS: &[&str] =
    &["minItems", "maxItems", "uniqueItems", "contains", "prefixItems"];

/// A fault that nothing noticed.
pub(super) struct Survivor<'p> {
    pub(super) operator: Operator,
    /// A JSON pointer to the value.
    pub(super) pointer: &'p str,
    /// The schemas that held for the value.
    pub(super) live_before: &'p [NodeId],
    /// The quirks that the body confirms without it.
    pub(super) confirmed_before: &'p Confirmed,
    /// The body with it.
    pub(super) after: &'p Value,
}

/// The quirks that a body confirms, by number, and JSON pointers to where it does.
pub(super) type Confirmed = BTreeSet<(String, usize)>;

pub(super) fn confirmed(judge: &Judge, body: &Value) -> Confirmed {
    let sights = walk(judge, body, &mut Tally::default(), &mut Vec::new()).into_iter();
    let confirmed = |sight| match sight {
        Sight::Quirk { spot, quirk, verdict: Verdict::Confirmed, .. } => {
            Some((spot.pointer, quirk))
        }
        _ => None,
    };
    sights.filter_map(confirmed).collect()
}

impl Survivor<'_> {
    pub(super) fn reason(&self, judge: &Judge, quirks: &[Quirk]) -> String {
        let confirmed = confirmed(judge, self.after);
        let by_quirk = self.widened_here(&confirmed).or_else(|| {
            // What a quirk lets come may hold anything.
            self.live_before.is_empty().then(|| self.widened_above(&confirmed)).flatten()
        });
        match by_quirk {
            Some(quirk) => format!("quirk `{}` widened it", quirks[quirk].id),
            None => self.by_schema(judge).to_owned(),
        }
    }

    /// The quirk that the faulty value, its absence, or what it now holds confirms.
    fn widened_here(&self, confirmed: &Confirmed) -> Option<usize> {
        let here = confirmed.iter().find(|it| it.0 == self.pointer);
        let is_below =
            |it: &str| it.strip_prefix(self.pointer).is_some_and(|it| it.starts_with('/'));
        let mut new = confirmed.difference(self.confirmed_before);
        here.or_else(|| new.find(|it| is_below(&it.0))).map(|it| it.1)
    }

    fn widened_above(&self, confirmed: &Confirmed) -> Option<usize> {
        let is_above =
            |it: &str| self.pointer.strip_prefix(it).is_some_and(|it| it.starts_with('/'));
        confirmed.iter().rev().find(|it| is_above(&it.0)).map(|it| it.1)
    }

    fn by_schema(&self, judge: &Judge) -> &'static str {
        // What takes the faulty value need not be what took the one before it.
        let live_after = live_at(judge, self.after, self.pointer);
        let (live, value) = match self.after.pointer(self.pointer) {
            Some(value) => (&live_after[..], value),
            None => (self.live_before, &Value::Null),
        };
        let nodes = || live.iter().map(|it| judge.tree.node(*it));
        let limits = match value {
            Value::Number(_) => LIMITS_OF_NUMBERS,
            Value::String(_) => LIMITS_OF_TEXTS,
            Value::Array(_) => LIMITS_OF_LISTS,
            _ => &[],
        };
        let has_limits = judge.tree.says(live, limits);
        let is_listed = nodes().flat_map(|it| &it.codes).any(|it| is_same(it, value));
        let has_form = value.is_string() && nodes().any(|it| it.has_form);
        let is_identifier = nodes().any(|it| it.sensitive.as_deref() == Some("identifier"));
        let says_type = nodes().any(Node::says_type);
        let is_described = !live.is_empty();
        match (self.operator, value) {
            (Operator::Removed, _) if is_described => "optional member",
            (Operator::Swapped, _) if is_described => "a sibling of the same type",
            _ if is_listed => "it is of the listed values",
            (Operator::Null, _) if says_type => "null is allowed",
            (Operator::Fraction, _) if says_type => "fractions are allowed",
            (operator, _) if operator.changes_type() => match says_type {
                true => "another type is allowed",
                false => "nothing promised",
            },
            _ if !says_type && !has_form && !has_limits => "nothing promised",
            (Operator::ExtraMember, _) => "open object",
            (_, Value::Object(_)) => "nothing required",
            (_, Value::Array(_)) if has_limits => "as many items are allowed",
            (_, Value::Array(_)) => "nothing says how many items",
            (_, Value::String(_)) if has_form => "its form allows it",
            _ if is_identifier => "opaque id",
            _ if has_limits => "within its limits",
            (_, Value::String(_)) => "free text",
            (_, Value::Number(_)) => "a number without a list of codes or limits",
            _ => "nothing promised",
        }
    }
}

/// The schemas that hold for the value at a pointer.
fn live_at(judge: &Judge, body: &Value, pointer: &str) -> Vec<NodeId> {
    let tree = &judge.tree;
    let mut live = tree.live(&[judge.root], body);
    let mut here = body;
    for segment in segments(pointer) {
        let (nodes, below) = match here {
            Value::Array(items) => {
                let index = segment.parse().unwrap_or(usize::MAX);
                (tree.item(&live, index), items.get(index))
            }
            _ => match tree.member(&live, &segment) {
                Member::Known(nodes) | Member::MapKey(nodes) => (nodes, here.get(&*segment)),
                Member::Undocumented { .. } => return Vec::new(),
            },
        };
        let Some(below) = below else { return Vec::new() };
        live = tree.live(&nodes, below);
        here = below;
    }
    live
}

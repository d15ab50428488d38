//! Why nothing noticed a fault: what the contract says at the place, and does not say.

use serde_json::Value;

use crate::{
    judge::Judge,
    place::segments,
    quirk::{Quirk, Verdict},
    schema::tree::{Member, Node},
    strength::Operator,
    tally::Tally,
    walk::{Sight, walk},
};

/// The reason that a fault at a JSON pointer into a body went unnoticed.
pub(super) fn reason(
    judge: &Judge,
    quirks: &[Quirk],
    operator: Operator,
    pointer: &str,
    before: &Value,
    faulty: &Value,
) -> String {
    if let Some(quirk) = widening(judge, pointer, faulty) {
        return format!("quirk `{}` widened it", quirks[quirk].id);
    }
    let nodes = nodes_at(judge, before, pointer);
    let is_promised = nodes.iter().any(|it| it.says_type() || !it.codes.is_empty());
    let is_identifier = nodes.iter().any(|it| it.sensitive.as_deref() == Some("identifier"));
    let has_form = nodes.iter().any(|it| it.has_form);
    let value = before.pointer(pointer).unwrap_or(&Value::Null);
    match (operator, value) {
        (Operator::Removed, _) => "optional member",
        _ if !is_promised => "nothing promised",
        (Operator::ExtraMember, _) => "open object",
        (_, Value::Array(_)) => "nothing says how many items",
        (_, Value::Object(_)) => "nothing required",
        _ if is_identifier => "opaque id",
        (Operator::Null, _) => "null is allowed",
        (Operator::Swapped, _) => "a sibling of the same type",
        (_, Value::String(_)) if has_form => "its form allows it",
        (_, Value::String(_)) => "free text",
        (_, Value::Number(_)) => "a number without a list of codes or limits",
        _ => "nothing promised",
    }
    .to_owned()
}

/// The quirk that the faulty value, or its absence, confirms.
fn widening(judge: &Judge, pointer: &str, faulty: &Value) -> Option<usize> {
    walk(judge, faulty, &mut Tally::default(), &mut Vec::new()).into_iter().find_map(|sight| {
        match sight {
            Sight::Quirk { spot, quirk, verdict: Verdict::Confirmed, .. }
                if spot.pointer == pointer =>
            {
                Some(quirk)
            }
            _ => None,
        }
    })
}

/// The schemas that hold for the value at a pointer.
fn nodes_at<'j>(judge: &'j Judge, body: &Value, pointer: &str) -> Vec<&'j Node> {
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
    live.into_iter().map(|it| tree.node(it)).collect()
}

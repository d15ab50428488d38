//! Members that are only written are required of requests, not of answers (OpenAPI 3.0.4, section 4.7.24.2), wherever the
//! schema that says so stands: at the member, behind its reference, or in another branch of an `allOf`.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use crate::{document::files::beside_null, place::push_segment, schema::store::percent_decode};

/// A chain of references or branches that is longer says no more.
const DEEPEST: usize = 16;

/// Takes what is only written out of every `required`.
pub(super) fn not_required(document: &mut Value) {
    let mut found = Vec::new();
    below(document, document, &mut String::new(), &mut found);
    for (pointer, names) in found {
        if let Some(Value::Array(required)) = document.pointer_mut(&pointer) {
            required.retain(|it| !it.as_str().is_some_and(|it| names.contains(it)));
        }
    }
}

/// Pointers of `required`, and what each may not hold.
type Found = Vec<(String, BTreeSet<String>)>;

fn below(document: &Value, here: &Value, pointer: &mut String, found: &mut Found) {
    let length = pointer.len();
    match here {
        Value::Object(members) => {
            schema(document, here, pointer, found);
            for (name, member) in members {
                push_segment(pointer, name);
                below(document, member, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                push_segment(pointer, &index.to_string());
                below(document, item, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// What of a schema's own `required`, and of that of its own branches, is only written.
fn schema(document: &Value, here: &Value, pointer: &str, found: &mut Found) {
    let branches = here.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let own = |schema: &Value| {
        let required = schema.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        let names = names.filter(|it| is_write_only(document, here, it, DEEPEST));
        names.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let mut add = |at: String, names: BTreeSet<String>| {
        if !names.is_empty() {
            found.push((at, names));
        }
    };
    add(format!("{pointer}/required"), own(here));
    for (index, branch) in branches.iter().enumerate() {
        add(format!("{pointer}/allOf/{index}/required"), own(branch));
    }
}

/// Whether a schema says of a member that it is only written.
fn is_write_only(document: &Value, schema: &Value, name: &str, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if let Some(member) = schema.get("properties").and_then(|it| it.get(name)) {
        return says_write_only(document, member, depth);
    }
    let branches = schema.get("allOf").and_then(Value::as_array);
    let branches = branches.into_iter().flatten();
    branches.chain(target(document, schema)).any(|it| is_write_only(document, it, name, depth))
}

/// Whether a member's schema says so, or what it refers to.
fn says_write_only(document: &Value, member: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    member.get("writeOnly") == Some(&Value::Bool(true))
        || beside_null(member)
            .into_iter()
            .chain(target(document, member))
            .any(|it| says_write_only(document, it, depth))
}

fn target<'d>(document: &'d Value, schema: &Value) -> Option<&'d Value> {
    let reference = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
    let pointer = match reference.contains('%') {
        true => Cow::Owned(percent_decode(reference)?),
        false => Cow::Borrowed(reference),
    };
    document.pointer(&pointer)
}

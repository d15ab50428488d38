//! Alternatives that a value does not fit, in words: what they are called, which comes nearest, and what is wrong inside
//! that. Places, types and names of the contract, never a value.

use crate::{
    check::body::BodyAt,
    place::segments,
    rule::Rule,
    schema::{
        Address, Store, another::Group, describe::describe, discriminator::component_name, edit,
        fragment, tree::type_of,
    },
    violation::{Nearest, Violation},
    walk::spot,
};

/// More alternatives and faults than this are counted.
const MOST: usize = 3;

/// What alternatives promise: `one of 2 alternatives: `Cat`, `Dog``.
pub(super) fn promised(store: &Store, list: &Address) -> String {
    let documented = Group::of_list(store, list).map_or(Vec::new(), |it| it.documented);
    let count = documented.len();
    let mut names: Vec<String> = Vec::new();
    for name in documented.iter().filter_map(|it| name(store, it)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.is_empty() {
        true => format!("one of {count} alternatives"),
        false => format!("one of {count} alternatives: {}", listed(names, ", ")),
    }
}

/// Which alternative comes nearest, and what is wrong inside.
pub(super) fn nearest(
    store: &Store,
    body: &BodyAt<'_>,
    violation: &Violation,
    nearest: &Nearest,
) -> String {
    let number = nearest.number;
    let Some(list) = &nearest.list else { return format!("number {number} comes nearest") };
    let group = Group::of_list(store, list);
    let alternative = |all: &[Address]| all.get(number - 1).cloned();
    let documented = group.as_ref().and_then(|it| alternative(&it.documented));
    let name = documented.and_then(|it| component(store, &it));
    let name = name.unwrap_or_else(|| format!("number {number}"));
    let schema = group.and_then(|it| alternative(it.alternatives()));
    let schema = schema.unwrap_or_else(|| list.child(&(number - 1).to_string()));
    let inside = violation.inner.iter().filter(|it| it.pointer != violation.pointer);
    let faults: Vec<String> = inside
        .map(|it| fault(store, body, &schema, segments(&violation.pointer).count(), it))
        .collect();
    match faults.is_empty() {
        true => format!("{name} comes nearest"),
        false => format!("{name} comes nearest, in which {}", listed(faults, "; ")),
    }
}

/// What is wrong at a place below an alternative's value, to which `depth` segments lead.
fn fault(
    store: &Store,
    body: &BodyAt<'_>,
    schema: &Address,
    depth: usize,
    violation: &Violation,
) -> String {
    let place = spot(body.judge, body.value, &violation.pointer).place;
    let path: Vec<String> = segments(&place).skip(depth).map(Into::into).collect();
    let below = place.split('/').skip(depth + 1).collect::<Vec<_>>().join("/");
    let promise = || {
        let promise = fragment::below(store, schema, &path);
        promise.map_or_else(|| "a value".into(), |it| describe(&it))
    };
    let came = match body.value.pointer(&violation.pointer).map_or("nothing", type_of) {
        it @ ("null" | "nothing") => it.to_owned(),
        it @ ("integer" | "array" | "object") => format!("an {it}"),
        it => format!("a {it}"),
    };
    let what = match violation.rule {
        _ if violation.is_ambiguous => "fits several alternatives".to_owned(),
        _ if violation.nearest.is_some() => "matches no alternative".to_owned(),
        Rule::Required => "is missing".to_owned(),
        Rule::UndocumentedField => "is not promised".to_owned(),
        Rule::Enum => format!("is {came} outside the list where {} is promised", promise()),
        Rule::Format => format!("is {came} of another form where {} is promised", promise()),
        Rule::Bounds => format!("is {came} outside the limits where {} is promised", promise()),
        _ => format!("is {came} where {} is promised", promise()),
    };
    format!("`/{below}` {what}")
}

/// An alternative's name, or what it promises of the value itself, if anything.
fn name(store: &Store, schema: &Address) -> Option<String> {
    component(store, schema)
        .or_else(|| Some(describe(&fragment::at(store, schema))).filter(|it| it != "anything"))
}

/// The component that a schema is, in words.
fn component(store: &Store, schema: &Address) -> Option<String> {
    let target = edit::follow(store, schema, |it| it.contains_key("$ref"));
    component_name(store, &target).map(|it| format!("`{it}`"))
}

/// The first of several.
fn listed(mut all: Vec<String>, separator: &str) -> String {
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.join(separator)
}

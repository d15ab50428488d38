//! What a schema promises of one value alone, without its members and items, and how two such promises relate.
//!
//! Whole objects with arrays are beyond what canonical forms decide; place by place they are exact.

use std::collections::HashMap;

use jsonschema::{
    Draft, Validator,
    canonical::{self, CanonicalSchema, Containment, Satisfiability},
};
use serde_json::{Map, Value, json};

use crate::{
    document::misspelt,
    place::ANY,
    schema::{
        Address, Store, another,
        circles::{Circles, Read},
        edit, pattern,
        store::member,
        tree::type_of,
    },
};

/// Keywords that constrain the value itself.
pub(crate) const OWN: &[&str] = &[
    "type",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The promise at an address: self-contained, without annotations, in one spelling for what is spelled alike.
pub(crate) fn at(store: &Store, address: &Address) -> Value {
    Reader { store, circles: Circles::default() }.read(address)
}

/// The promise at a place below an address: all that describes it must hold, and one of the branches that do. A branch
/// that takes such values and is silent about the place promises nothing there. None where nothing describes it.
pub(crate) fn below(store: &Store, address: &Address, segments: &[String]) -> Option<Value> {
    let root = Promise::At(address.clone());
    let promise = segments.iter().try_fold(root, |it, segment| it.below(store, segment));
    promise.map(|it| it.value(store))
}

/// What schemas promise of one place, by their addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Promise {
    /// What a schema promises.
    At(Address),
    /// Nothing, by a branch that is silent about the place.
    Free,
    All(Vec<Promise>),
    Any(Vec<Promise>),
}

impl Promise {
    /// The promise, self-contained.
    pub(crate) fn value(&self, store: &Store) -> Value {
        let values = |them: &[Self]| them.iter().map(|it| it.value(store)).collect();
        match self {
            Self::At(address) => at(store, address),
            Self::Free => Value::Bool(true),
            Self::All(them) => all(values(them)),
            Self::Any(them) => union(values(them)),
        }
    }

    /// The promise of a segment below the place; none where nothing describes it.
    pub(crate) fn below(&self, store: &Store, segment: &str) -> Option<Self> {
        Below { store, segment, known: HashMap::new() }.of(self)
    }

    /// None where there is nothing but silence.
    fn any(mut them: Vec<Self>) -> Option<Self> {
        dedup(&mut them);
        match them.len() {
            _ if them.iter().all(|it| *it == Self::Free) => None,
            1 => them.pop(),
            _ => Some(Self::Any(them)),
        }
    }

    fn all(mut them: Vec<Self>) -> Option<Self> {
        dedup(&mut them);
        match them.len() {
            0 => None,
            1 => them.pop(),
            _ => Some(Self::All(them)),
        }
    }
}

struct Below<'b> {
    store: &'b Store,
    segment: &'b str,
    /// What is known already; nothing yet where a schema leads back to itself.
    known: HashMap<Address, Option<Promise>>,
}

impl Below<'_> {
    fn of(&mut self, promise: &Promise) -> Option<Promise> {
        match promise {
            Promise::At(address) => self.at(address),
            Promise::Free => Some(Promise::Free),
            Promise::All(them) => Promise::all(them.iter().filter_map(|it| self.of(it)).collect()),
            Promise::Any(them) => Promise::any(them.iter().filter_map(|it| self.of(it)).collect()),
        }
    }

    fn at(&mut self, address: &Address) -> Option<Promise> {
        if let Some(known) = self.known.get(address) {
            return known.clone();
        }
        self.known.insert(address.clone(), None);
        let promise = self.step(address);
        self.known.insert(address.clone(), promise.clone());
        promise
    }

    fn step(&mut self, address: &Address) -> Option<Promise> {
        let store = self.store;
        let keywords = store.get(address)?.as_object()?;
        let own = edit::children(address, keywords, self.segment);
        let own = Promise::any(own.into_iter().map(Promise::At).collect());
        let target = edit::target(store, address).and_then(|it| self.at(&it));
        let mut promises: Vec<Promise> = own.into_iter().chain(target).collect();
        for (keyword, parts) in edit::parts_by_keyword(address, keywords) {
            let described: Vec<Option<Promise>> = parts.iter().map(|it| self.at(it)).collect();
            if keyword == "allOf" {
                promises.extend(described.into_iter().flatten());
            } else if described.iter().any(Option::is_some) {
                let silent = |(part, it): (&Address, Option<Promise>)| {
                    it.or_else(|| self.is_free(part, self.segment).then_some(Promise::Free))
                };
                let any = parts.iter().zip(described).filter_map(silent).collect();
                promises.extend(Promise::any(any));
            }
        }
        Promise::all(promises)
    }

    /// Whether a schema takes objects (or arrays) and lets whatever it likes stand below them.
    fn is_free(&self, address: &Address, segment: &str) -> bool {
        let container = if segment == ANY { ["array", "object"] } else { ["object", "object"] };
        let promise = at(self.store, address);
        let takes = |name: &str| may_take(&promise, name);
        let constrains = |it: &Address| {
            let has =
                |keyword: &str| self.store.get(it).is_some_and(|it| it.get(keyword).is_some());
            ["properties", "patternProperties", "additionalProperties", "items", "prefixItems"]
                .into_iter()
                .any(has)
        };
        let schemas = edit::described_by(self.store, std::slice::from_ref(address));
        container.into_iter().any(takes) && !schemas.iter().any(constrains)
    }
}

/// Whether a promise may take values of a type, as far as types say.
fn may_take(promise: &Value, name: &str) -> bool {
    let list = |keyword: &str| promise.get(keyword).and_then(Value::as_array);
    let by_type = match promise.get("type") {
        Some(Value::String(it)) => it == name,
        Some(Value::Array(them)) => them.iter().any(|it| it == name),
        _ => *promise != json!(false),
    };
    by_type
        && list("anyOf").is_none_or(|it| it.iter().any(|it| may_take(it, name)))
        && list("allOf").is_none_or(|it| it.iter().all(|it| may_take(it, name)))
}

/// The promise of several schemas that all hold, or of which any may.
pub(crate) fn union(mut fragments: Vec<Value>) -> Value {
    dedup(&mut fragments);
    match fragments.len() {
        0 => Value::Bool(true),
        1 => fragments.remove(0),
        _ => any_of(fragments),
    }
}

pub(crate) fn all(fragments: Vec<Value>) -> Value {
    let mut parts: Vec<Value> = fragments.into_iter().filter(|it| *it != json!(true)).collect();
    dedup(&mut parts);
    let mut merged: Vec<Value> = Vec::new();
    for part in parts {
        match merged.iter_mut().find_map(|it| merge(it, &part)) {
            Some(()) => {}
            None => merged.push(part),
        }
    }
    match merged.len() {
        0 => Value::Bool(true),
        1 => merged.remove(0),
        _ => json!({ "allOf": merged }),
    }
}

/// A fragment as people write it, in the spelling of [`at`].
pub(crate) fn normal(fragment: &Value) -> Value {
    let store = Store { documented: fragment.clone(), ..Store::default() };
    let root = Address { side: crate::schema::Side::Documented, pointer: String::new() };
    at(&store, &root)
}

/// Whether every value that `inner` takes is taken by `outer`.
pub(crate) fn covers(outer: &Value, inner: &Value) -> Containment {
    if outer == inner || *outer == json!(true) || *inner == json!(false) {
        return Containment::Yes;
    }
    if let Some(known) = covers_plainly(outer, inner) {
        return known;
    }
    match (canonical(outer), canonical(inner)) {
        (Some(outer), Some(inner)) => outer.covers(&inner).unwrap_or(Containment::Unknown),
        _ => Containment::Unknown,
    }
}

/// As [`covers`], where it needs no canonical form, which costs much: the inner promise says all that the outer says, or it
/// takes null and the outer does not, or texts by a pattern and the outer those of a format, or lists a value of a type that
/// the outer does not take.
fn covers_plainly(outer: &Value, inner: &Value) -> Option<Containment> {
    const BEYOND_TYPE: &[&str] = &["enum", "const", "allOf", "anyOf", "oneOf", "not"];
    let (says, said) = (outer.as_object()?, inner.as_object()?);
    let (outer, inner) = (types(outer)?, types(inner)?);
    let fits = |it: &&str| fits_type(&outer, it);
    let others_are_said =
        says.iter().all(|(name, it)| name == "type" || said.get(name) == Some(it));
    if others_are_said && inner.iter().all(fits) {
        return Some(Containment::Yes);
    }
    if says.contains_key("format") && said.contains_key("pattern") && said.len() == 2 {
        return (inner == ["string"]).then_some(Containment::No);
    }
    if let (Some(Value::Array(listed)), 2) = (said.get("enum"), said.len())
        && listed.iter().map(type_of).any(|it| inner.contains(&it) && !fits_type(&outer, it))
    {
        return Some(Containment::No);
    }
    let takes_null =
        inner.contains(&"null") && !BEYOND_TYPE.iter().any(|it| said.contains_key(*it));
    (takes_null && !outer.contains(&"null")).then_some(Containment::No)
}

fn fits_type(types: &[&str], name: &str) -> bool {
    types.contains(&name) || (name == "integer" && types.contains(&"number"))
}

/// The types that a fragment names.
fn types(fragment: &Value) -> Option<Vec<&str>> {
    match fragment.get("type")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(them) => Some(them.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

/// Whether both take the same values.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    covers(a, b) == Containment::Yes && covers(b, a) == Containment::Yes
}

/// Whether no value fits both; false where that cannot be decided.
pub(crate) fn disjoint(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (types(a), types(b)) {
        let is_numeric = |it: &&str| ["integer", "number"].contains(it);
        let are_numeric = a.iter().any(is_numeric) && b.iter().any(is_numeric);
        if !are_numeric && !a.iter().any(|it| b.contains(it)) {
            return true;
        }
    }
    let (Some(a), Some(b)) = (canonical(a), canonical(b)) else {
        return false;
    };
    a.intersect(&b).is_ok_and(|it| it.satisfiability() == Satisfiability::No)
}

/// A value that `inner` takes and `outer` refuses, from the bounds and lists of both and some plain values.
pub(crate) fn witness(outer: &Value, inner: &Value) -> Option<Value> {
    let mut candidates = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(2_147_483_648_i64),
        json!(""),
        json!("a"),
        json!("2"),
        json!("2023-10-06T13:41:09Z"),
        json!("2023-10-06 13:41:09.123"),
        json!("2023-10-06"),
        json!([]),
        json!({}),
    ];
    for fragment in [outer, inner] {
        collect_candidates(fragment, &mut candidates);
    }
    let (outer, inner) = (validator(outer).ok()?, validator(inner).ok()?);
    candidates.into_iter().find(|it| inner.is_valid(it) && !outer.is_valid(it))
}

/// Whether a fragment is a JSON Schema.
///
/// # Errors
/// The place in the fragment that is none.
pub(crate) fn check(fragment: &Value) -> Result<(), String> {
    // What asks for jsonschema's word compiles the meta-schema.
    let is_plain = |(keyword, value): (&String, &Value)| match keyword.as_str() {
        "pattern" => value.as_str().is_some_and(pattern::is_plainly_one),
        "title" | "description" => value.is_string(),
        _ => OWN.contains(&keyword.as_str()) && misspelt(keyword, value).is_none(),
    };
    match fragment {
        Value::Bool(_) => Ok(()),
        Value::Object(keywords) if keywords.iter().all(is_plain) => Ok(()),
        _ => validator(fragment).map(drop),
    }
}

/// A validator of a self-contained fragment.
///
/// # Errors
/// The place in the fragment that is no JSON Schema.
pub(crate) fn validator(fragment: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .build(fragment)
        .map_err(|it| it.instance_path().as_str().to_owned())
}

fn canonical(fragment: &Value) -> Option<CanonicalSchema> {
    // Without formats a date-time would cover any string.
    canonical::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .canonicalize(fragment)
        .ok()
}

fn collect_candidates(fragment: &Value, candidates: &mut Vec<Value>) {
    match fragment {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match (keyword.as_str(), value) {
                    ("enum", Value::Array(values)) => candidates.extend(values.iter().cloned()),
                    ("const", value) => candidates.push(value.clone()),
                    ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", bound) => {
                        let neighbours = bound.as_i64().into_iter().flat_map(|it| {
                            [it.checked_sub(1), Some(it), it.checked_add(1)].into_iter().flatten()
                        });
                        candidates.extend(neighbours.map(Value::from));
                    }
                    ("minLength" | "maxLength", bound) => {
                        let length = bound.as_u64().unwrap_or(0).min(1_000) as usize;
                        let lengths = [length.saturating_sub(1), length, length + 1];
                        candidates.extend(lengths.map(|it| Value::from("a".repeat(it))));
                    }
                    (_, value) => collect_candidates(value, candidates),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| collect_candidates(it, candidates)),
        _ => {}
    }
}

struct Reader<'s> {
    store: &'s Store,
    circles: Circles<Value>,
}

impl Read<Value> for Reader<'_> {
    fn circles(&mut self) -> &mut Circles<Value> {
        &mut self.circles
    }

    fn read_through(&mut self, address: &Address) -> Value {
        let keywords = match self.store.get(address) {
            Some(Value::Object(keywords)) => keywords,
            Some(Value::Bool(all)) => return Value::Bool(*all),
            _ => return Value::Bool(true),
        };
        let mut parts = vec![own(keywords)];
        if let Some(target) = member(keywords, "$ref")
            .and_then(Value::as_str)
            .and_then(|it| self.store.resolve(address.side, it))
        {
            parts.push(self.read(&target));
        }
        parts.extend(self.read_list(address, keywords, "allOf"));
        for keyword in ["anyOf", "oneOf"] {
            // What takes members as another alternative has them says of the value alone what the documented ones say.
            let group = another::Group::of(address, keywords, keyword);
            let documented = group.map_or(Vec::new(), |it| it.documented);
            if !documented.is_empty() {
                parts.push(union(documented.iter().map(|it| self.read(it)).collect()));
            }
        }
        if member(keywords, "not").is_some() {
            let not = self.read(&address.child("not"));
            parts.push(json!({ "not": not }));
        }
        all(parts)
    }
}

impl Reader<'_> {
    fn read(&mut self, address: &Address) -> Value {
        self.read_once(address).unwrap_or(Value::Bool(true))
    }

    fn read_list(
        &mut self,
        address: &Address,
        keywords: &Map<String, Value>,
        keyword: &str,
    ) -> Vec<Value> {
        let Some(Value::Array(schemas)) = member(keywords, keyword) else { return Vec::new() };
        let list = address.child(keyword);
        (0..schemas.len()).map(|it| self.read(&list.child(&it.to_string()))).collect()
    }
}

/// In the order of [`OWN`].
fn own(keywords: &Map<String, Value>) -> Value {
    let number = |name: &str| OWN.iter().position(|it| *it == name);
    let mut own: Vec<(usize, &str, &Value)> = keywords
        .iter()
        .filter_map(|(name, value)| Some((number(name)?, name.as_str(), value)))
        .collect();
    own.sort_unstable_by_key(|it| it.0);
    if own.is_empty() {
        return Value::Bool(true);
    }
    own.into_iter().map(|(_, name, value)| (name.to_owned(), sorted(name, value))).collect()
}

fn sorted(keyword: &str, value: &Value) -> Value {
    match (keyword, value) {
        ("type" | "enum", Value::Array(values)) => {
            let mut values = values.clone();
            values.sort_by_key(ToString::to_string);
            values.dedup();
            match (keyword, values.as_slice()) {
                ("type", [one]) => one.clone(),
                _ => Value::Array(values),
            }
        }
        _ => value.clone(),
    }
}

/// Takes `part` into `into` where no keyword stands in both with another meaning.
fn merge(into: &mut Value, part: &Value) -> Option<()> {
    let (into, part) = (into.as_object_mut()?, part.as_object()?);
    let fits = part.iter().all(|(k, v)| into.get(k).is_none_or(|it| it == v));
    fits.then(|| into.extend(part.iter().map(|(k, v)| (k.clone(), v.clone()))))
}

fn any_of(branches: Vec<Value>) -> Value {
    let mut flat: Vec<Value> = Vec::new();
    for branch in branches {
        match branch {
            Value::Bool(true) => return branch,
            Value::Bool(false) => {}
            Value::Object(ref it) if it.len() == 1 && it.contains_key("anyOf") => {
                flat.extend(it["anyOf"].as_array().cloned().unwrap_or_default());
            }
            _ => flat.push(branch),
        }
    }
    dedup(&mut flat);
    fold_null(&mut flat);
    match flat.len() {
        0 => Value::Bool(false),
        1 => flat.remove(0),
        _ => {
            flat.sort_by_key(ToString::to_string);
            json!({ "anyOf": flat })
        }
    }
}

/// Spells "this type or null" as a list of types, where no other keyword would then refuse the null.
fn fold_null(branches: &mut Vec<Value>) {
    let null = json!({ "type": "null" });
    let [a, b] = branches.as_slice() else { return };
    let other = match (*a == null, *b == null) {
        (true, false) => b,
        (false, true) => a,
        _ => return,
    };
    let Some(keywords) = other.as_object() else {
        return;
    };
    let refuses_null = ["enum", "const", "anyOf", "allOf", "oneOf", "not"]
        .iter()
        .any(|it| keywords.contains_key(*it));
    let Some(Value::String(name)) = keywords.get("type") else {
        return;
    };
    if refuses_null {
        return;
    }
    let mut folded = keywords.clone();
    folded.insert("type".into(), sorted("type", &json!([name, "null"])));
    *branches = vec![Value::Object(folded)];
}

fn dedup<T: PartialEq>(values: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::new();
    for value in values.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *values = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_a_schema_is_one() {
        let odd = json!([
            null, true, 0, 1, -1, 1.5, 2.0, 1e300, "", "a", "string", "(", "[z-a]", "date", "no-format", [], ["a"],
            ["string", "null"], ["string", "string"], [1], {}, {"a": 1}, [[]], ["string", "x"]
        ]);
        let mut plain = 0;
        for keyword in OWN.iter().chain(&["title", "description", "$comment", "unknown"]) {
            for value in odd.as_array().unwrap() {
                let schema = json!({ "type": "string", (*keyword): value });
                plain += usize::from(check(&schema).is_ok());
                assert_eq!(check(&schema).is_ok(), validator(&schema).is_ok(), "{schema}");
            }
        }
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn one_spelling_for_what_is_spelled_alike() {
        let cases = [
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                json!({"type": ["null", "string"]}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/$defs/x"}], "$defs": {"x": {"type": "string"}}}),
                json!({"type": "string"}),
            ),
            (
                json!({"type": ["string"], "description": "…", "format": "date-time"}),
                json!({"type": "string", "format": "date-time"}),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}),
                json!({"type": "object"}),
            ),
            (
                json!({"allOf": [{"type": "integer"}, {"minimum": 3}]}),
                json!({"type": "integer", "minimum": 3}),
            ),
            (json!({"allOf": [{"$ref": "#"}]}), json!(true)),
            (
                json!({"anyOf": [{"enum": [1]}, {"type": "null"}]}),
                json!({"anyOf": [{"enum": [1]}, {"type": "null"}]}),
            ),
        ];
        for (spelled, expected) in cases {
            assert_eq!(normal(&spelled), expected, "{spelled}");
        }
    }

    #[test]
    fn a_no_has_a_witness() {
        let cases = [
            (
                json!({"type": "integer", "enum": [0, 1]}),
                json!({"type": "integer", "enum": [0, 1, 2]}),
                json!(2),
            ),
            (json!({"type": "string"}), json!({"type": ["null", "string"]}), json!(null)),
            (
                json!({"type": "integer", "maximum": 2147483647}),
                json!({"type": "integer"}),
                json!(2147483648_i64),
            ),
            (
                json!({"type": "string", "format": "date-time"}),
                json!({"type": "string"}),
                json!(""),
            ),
        ];
        for (outer, inner, expected) in cases {
            assert_eq!(covers(&outer, &inner), Containment::No, "{outer} {inner}");
            assert_eq!(witness(&outer, &inner), Some(expected), "{outer} {inner}");
            assert_eq!(covers(&inner, &outer), Containment::Yes, "{inner} {outer}");
            assert_eq!(witness(&inner, &outer), None);
        }
    }
}

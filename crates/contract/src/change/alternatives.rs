//! Which alternative (`anyOf`, `oneOf`) of one document is which of another: what is said of all of them together may stay
//! while each says something else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    inclusion::segments_of,
    same::Sameness,
    schema::{Address, Store, discriminator::Discriminator, edit, fragment},
};

/// An alternative of both documents, or of one.
#[derive(Debug)]
pub(super) enum Told {
    Both([Address; 2]),
    Gone(Address),
    New,
}

/// The alternatives that hold objects or lists at a place, each with its name in words. Empty where neither document has
/// several, or where they are joined in other ways.
pub(super) fn told(
    store: &Store,
    sameness: &mut Sameness<'_>,
    found: &[Vec<Address>; 2],
) -> Vec<(String, Told)> {
    let [old, new] = found.each_ref().map(|it| groups(store, it));
    if old.len() != new.len() {
        return Vec::new();
    }
    let groups = old.into_iter().zip(new);
    let several = groups.filter(|it| it.0.len().max(it.1.len()) > 1);
    several.flat_map(|(old, new)| paired(sameness, old, new)).collect()
}

/// The schemas that hold for every value of a place: those found, where references lead, and members of `allOf`.
pub(super) fn holding(store: &Store, found: &[Address]) -> Vec<Address> {
    let mut all = found.to_vec();
    let mut next = 0;
    while let Some(at) = all.get(next).cloned() {
        next += 1;
        let keywords = store.get(&at).and_then(Value::as_object);
        let parts = keywords.map_or(Vec::new(), |it| edit::parts_by_keyword(&at, it));
        let parts = parts.into_iter().filter(|it| it.0 == "allOf").flat_map(|it| it.1);
        for further in edit::target(store, &at).into_iter().chain(parts) {
            if !all.contains(&further) {
                all.push(further);
            }
        }
    }
    all
}

#[derive(Debug)]
struct Alternative {
    at: Address,
    number: usize,
    /// The values of a discriminator that name it.
    values: BTreeSet<String>,
    component: Option<String>,
    /// The members of which it has one value alone.
    kinds: BTreeMap<String, Value>,
}

impl Alternative {
    fn name(&self) -> String {
        let component = self.component.as_ref().map(|it| format!("`{it}`"));
        component.unwrap_or_else(|| format!("alternative {}", self.number))
    }

    fn is_named(&self) -> bool {
        self.component.is_some() || !self.values.is_empty() || !self.kinds.is_empty()
    }

    fn is_of_kind(&self, other: &Self) -> bool {
        let mut shared = self.kinds.iter().filter_map(|it| Some((it.1, other.kinds.get(it.0)?)));
        let first = shared.next();
        first.is_some_and(|(a, b)| a == b) && shared.all(|(a, b)| a == b)
    }
}

fn groups(store: &Store, found: &[Address]) -> Vec<Vec<Alternative>> {
    let mut groups = Vec::new();
    for at in holding(store, found) {
        let Some(keywords) = store.get(&at).and_then(Value::as_object) else { continue };
        for (keyword, parts) in edit::parts_by_keyword(&at, keywords) {
            if !matches!(keyword, "anyOf" | "oneOf") {
                continue;
            }
            let discriminator = Discriminator::of(keywords, keyword);
            let names_of =
                |index| discriminator.as_ref().map(|it| it.names(index)).unwrap_or_default();
            let mut named = Vec::new();
            for (index, part) in parts.into_iter().enumerate() {
                let values: BTreeSet<String> = names_of(index);
                let mut parts = vec![part];
                if values.is_empty() {
                    unfold(store, &mut parts);
                }
                named.extend(parts.into_iter().map(|it| (values.clone(), it)));
            }
            let of = |(index, (values, at)): (usize, (BTreeSet<String>, Address))| Alternative {
                values,
                component: edit::target(store, &at).and_then(|it| Some(it.component()?.to_owned())),
                kinds: kinds(store, &at),
                number: index + 1,
                at,
            };
            let named = named.into_iter().enumerate().filter(|it| has_parts(store, &it.1.1));
            groups.push(named.map(of).collect());
        }
    }
    groups
}

/// Puts alternatives into the place of those that are alternatives and nothing else: a document may write them out, or not.
fn unfold(store: &Store, parts: &mut Vec<Address>) {
    let mut known = BTreeSet::new();
    let mut next = 0;
    while let Some(part) = parts.get(next) {
        let at = edit::follow(store, part, |it| it.contains_key("$ref"));
        let keywords = store.get(&at).and_then(Value::as_object);
        let below = keywords.filter(|it| it.len() == 1).map(|it| edit::parts_by_keyword(&at, it));
        match below.as_deref() {
            Some([("anyOf" | "oneOf", below)]) if known.insert(at.clone()) => {
                parts.splice(next..=next, below.iter().cloned());
            }
            _ => next += 1,
        }
    }
}

/// Whether an alternative takes what has members or items; what others say is told of the value as a whole.
fn has_parts(store: &Store, at: &Address) -> bool {
    let has_parts = |it: &Value| it == "object" || it == "array";
    let says = || match &fragment::at(store, at)["type"] {
        Value::Array(types) => types.iter().any(has_parts),
        one => has_parts(one),
    };
    !segments_of(store, at).is_empty() || says()
}

fn kinds(store: &Store, at: &Address) -> BTreeMap<String, Value> {
    let holding = holding(store, std::slice::from_ref(at));
    let all = holding.iter().filter_map(|it| store.get(it)?.get("properties")?.as_object());
    let only = |schema: &Value| match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => Some(one.clone()),
        (None, Some(Value::Array(all))) if all.len() == 1 => Some(all[0].clone()),
        _ => None,
    };
    all.flatten().filter_map(|(name, it)| Some((name.clone(), only(it)?))).collect()
}

/// Pairs alternatives by what names them, then those that say the same, then those that nothing names by their order.
fn paired(
    sameness: &mut Sameness<'_>,
    mut old: Vec<Alternative>,
    mut new: Vec<Alternative>,
) -> Vec<(String, Told)> {
    let mut told = Vec::new();
    let mut pair = |is_pair: &mut dyn FnMut(&Alternative, &Alternative) -> bool| {
        let mut left = Vec::new();
        for one in old.drain(..) {
            match new.iter().position(|other| is_pair(&one, other)) {
                Some(index) => {
                    let name = one.name();
                    told.push((one.number, name, Told::Both([one.at, new.remove(index).at])));
                }
                None => left.push(one),
            }
        }
        old = left;
    };
    pair(&mut |a, b| !a.values.is_disjoint(&b.values));
    pair(&mut |a, b| a.component.is_some() && a.component == b.component);
    pair(&mut Alternative::is_of_kind);
    pair(&mut |a, b| {
        let are_named = !a.values.is_empty() && !b.values.is_empty();
        let of = std::slice::from_ref;
        !are_named && sameness.of_all(of(&a.at), of(&b.at))
    });
    pair(&mut |a, b| !a.is_named() || !b.is_named());
    told.extend(old.into_iter().map(|it| (it.number, it.name(), Told::Gone(it.at))));
    told.extend(new.iter().map(|it| (it.number, it.name(), Told::New)));
    told.sort_by_key(|it| it.0);
    told.into_iter().map(|(_, name, told)| (name, told)).collect()
}

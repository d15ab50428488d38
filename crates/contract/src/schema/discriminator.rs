//! OpenAPI's discriminators: a member whose value names the branch that is meant (OpenAPI 3.1.1, section 4.8.25).

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::{
    place::unescape,
    schema::{
        Address, Store,
        edit::get_mut,
        store::{percent_decode, reference_to},
    },
};

/// Stands in a component that an edit copied, and says of which one.
const COPY_OF: &str = "x-copy-of";

/// Which branch each value of a member names.
#[derive(Debug)]
pub(crate) struct Discriminator {
    member: String,
    branches: HashMap<String, usize>,
}

impl Discriminator {
    /// The discriminator of a schema's `anyOf` or `oneOf`, where it has one. A branch is known by its component's name;
    /// `mapping` gives it others.
    pub(crate) fn of(keywords: &Map<String, Value>, keyword: &str) -> Option<Self> {
        let discriminator = keywords.get("discriminator")?;
        let member = discriminator.get("propertyName")?.as_str()?.to_owned();
        let branches = keywords.get(keyword)?.as_array()?.iter().enumerate();
        let names: HashMap<String, usize> = branches
            .filter_map(|(index, it)| Some((last_name(it.get("$ref")?.as_str()?), index)))
            .collect();
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mapped = mapping.into_iter().flatten().filter_map(|(value, target)| {
            Some((value.clone(), *names.get(&last_name(target.as_str()?))?))
        });
        let mapped: Vec<(String, usize)> = mapped.collect();
        Some(Self { member, branches: names.into_iter().chain(mapped).collect() })
    }

    /// The branch that a value names.
    pub(crate) fn branch(&self, value: &Value) -> Option<usize> {
        self.branches.get(value.get(&self.member)?.as_str()?).copied()
    }

    /// The member by which a value names a branch.
    pub(crate) fn naming_member(&self, value: &Value) -> Option<&str> {
        self.branch(value).map(|_| self.member.as_str())
    }

    /// The values that name a branch.
    pub(crate) fn names(&self, branch: usize) -> BTreeSet<String> {
        let names = self.branches.iter().filter(|it| *it.1 == branch);
        names.map(|it| it.0.clone()).collect()
    }

    /// The discriminator of a `oneOf` that names branches.
    fn naming(keywords: &Map<String, Value>) -> Option<Self> {
        Self::of(keywords, "oneOf").filter(|it| !it.branches.is_empty())
    }

    /// A schema that takes the values that name no branch; as a `not`, it evaluates no member.
    fn names_none(&self) -> Value {
        let mut names: Vec<&String> = self.branches.keys().collect();
        names.sort();
        let member = &self.member;
        json!({ "not": { "type": "object", "required": [member], "properties": { member: { "enum": names } } } })
    }
}

/// Leads a branch that a discriminator names by its component to a copy of that component, named by all that named it.
/// Where the copy stands; none where no discriminator names branches there.
pub(crate) fn copy_named(store: &mut Store, branch: &Address, target: &Address) -> Option<Address> {
    let schema = owner(branch)?;
    store.get(&schema)?.get("discriminator")?.get("propertyName")?.as_str()?;
    let (copy, is_first) = copy_of(store, target)?;
    let reference = Value::from(reference_to(&copy.pointer));
    let name = last_name(&target.pointer);
    let keywords = get_mut(store, &schema)?.as_object_mut()?;
    for keyword in ["anyOf", "oneOf"] {
        let branches = keywords.get_mut(keyword).and_then(Value::as_array_mut);
        for it in branches.into_iter().flatten() {
            let leads_to = it.get("$ref").and_then(Value::as_str);
            if leads_to.and_then(|it| Address::of(branch.side, it)).as_ref() == Some(target) {
                it["$ref"] = reference.clone();
            }
        }
    }
    let discriminator = keywords.get_mut("discriminator")?.as_object_mut()?;
    let mapping = discriminator.entry("mapping").or_insert_with(|| json!({})).as_object_mut()?;
    let names = |it: &&mut Value| it.as_str().map(last_name).as_ref() == Some(&name);
    mapping.values_mut().filter(names).for_each(|it| *it = reference.clone());
    if is_first {
        mapping.entry(name).or_insert(reference);
    }
    Some(copy)
}

/// The schema whose branch stands at an address.
pub(crate) fn owner(branch: &Address) -> Option<Address> {
    let (list, number) = branch.pointer.rsplit_once('/')?;
    let (schema, keyword) = list.rsplit_once('/')?;
    let is_branch = matches!(keyword, "anyOf" | "oneOf") && number.parse::<usize>().is_ok();
    is_branch.then(|| Address { side: branch.side, pointer: schema.to_owned() })
}

/// Adds a copy of a component beside it; whether what it copies was none itself.
fn copy_of(store: &mut Store, target: &Address) -> Option<(Address, bool)> {
    let mut copy = store.get(target)?.clone();
    let original = copy.get(COPY_OF).and_then(Value::as_str).map(last_name);
    let (is_first, original) =
        (original.is_none(), original.unwrap_or_else(|| last_name(&target.pointer)));
    if let Some(keywords) = copy.as_object_mut() {
        keywords.entry(COPY_OF).or_insert_with(|| reference_to(&target.pointer).into());
    }
    let root = Address { side: target.side, pointer: String::new() };
    let mut schemas = get_mut(store, &root)?;
    for name in ["components", "schemas"] {
        schemas = schemas.as_object_mut()?.entry(name).or_insert_with(|| json!({}));
    }
    let schemas = schemas.as_object_mut()?;
    let mut names = (2_usize..).map(|it| format!("{original}_{it}"));
    let name = names.find(|it| !schemas.contains_key(it))?;
    let at = root.child("components").child("schemas").child(&name);
    schemas.insert(name, copy);
    Some((at, is_first))
}

/// The name of a component, as the document has it.
pub(crate) fn component_name(store: &Store, component: &Address) -> Option<String> {
    let name = component.component()?;
    let original = store.get(component)?.get(COPY_OF).and_then(Value::as_str);
    Some(original.map_or_else(|| name.to_owned(), last_name))
}

/// What is kept of a schema, as it is compiled: its `oneOf` is one for values that name no branch of it, and an `anyOf` for
/// those that do, at any depth. That stands last in its `allOf`.
pub(crate) fn compiled(
    keywords: &Map<String, Value>,
    mut kept: Map<String, Value>,
) -> Map<String, Value> {
    let Some(discriminator) = Discriminator::naming(keywords) else { return kept };
    let Some(branches) = kept.shift_remove("oneOf") else { return kept };
    let names_none = discriminator.names_none();
    let either =
        json!({ "if": names_none, "then": { "oneOf": branches }, "else": { "anyOf": branches } });
    let all_of =
        kept.entry("allOf").or_insert_with(|| vec![Value::Bool(true); parts(keywords)].into());
    if let Value::Array(all_of) = all_of {
        all_of.push(either);
    }
    kept
}

/// Where what stands at an address of the documents is compiled.
pub(crate) fn place_compiled(store: &Store, at: &Address) -> Address {
    const ONE_OF: &str = "oneOf";
    if !at.pointer.contains(ONE_OF) {
        return at.clone();
    }
    let mut pointer = String::new();
    let mut here = Some(store.document(at.side));
    for segment in at.pointer.split('/').skip(1) {
        match here.and_then(naming_schema).filter(|_| segment == ONE_OF) {
            Some(keywords) => pointer += &format!("/allOf/{}/then/oneOf", parts(keywords)),
            None => pointer += &format!("/{segment}"),
        }
        here = here.and_then(|it| below(it, segment));
    }
    Address { side: at.side, pointer }
}

/// Where what is compiled at an address stands in the documents.
pub(crate) fn place_in_documents(store: &Store, at: &Address) -> Address {
    let mut pointer = String::new();
    let mut here = Some(store.document(at.side));
    let mut rest: Vec<&str> = at.pointer.split('/').skip(1).collect();
    rest.reverse();
    while let Some(mut segment) = rest.pop() {
        let keywords = here.and_then(naming_schema).filter(|_| segment == "allOf");
        if let (Some(keywords), [.., "oneOf" | "anyOf", "then" | "else", number]) =
            (keywords, &rest[..])
            && number.parse() == Ok(parts(keywords))
        {
            rest.truncate(rest.len() - 3);
            segment = "oneOf";
        }
        pointer += &format!("/{segment}");
        here = here.and_then(|it| below(it, segment));
    }
    Address { side: at.side, pointer }
}

fn naming_schema(schema: &Value) -> Option<&Map<String, Value>> {
    schema.as_object().filter(|it| Discriminator::naming(it).is_some())
}

/// How many schemas a schema's own `allOf` has.
fn parts(keywords: &Map<String, Value>) -> usize {
    keywords.get("allOf").and_then(Value::as_array).map_or(0, Vec::len)
}

fn below<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        value => value.get(&*unescape(segment)),
    }
}

/// `Dog` for `#/components/schemas/Dog`, for `Dog` and for the file `schemas/Dog`.
fn last_name(reference: &str) -> String {
    let reference = percent_decode(reference).unwrap_or_default().replace("~1", "/");
    reference.rsplit(['/', '#']).find(|it| !it.is_empty()).unwrap_or_default().to_owned()
}

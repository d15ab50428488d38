//! modelled ⊆ documented + quirks, decided place by place before anything is observed.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::canonical::Containment;
use serde_json::{Map, Value, json};

use crate::{
    document::{Document, Operation, OperationId, Response, StatusPattern},
    place::{ANY, Place},
    rule::Rule,
    schema::{
        Address, Store,
        circles::{Circles, Read},
        describe::describe,
        edit,
        fragment::{self, Promise},
    },
};

/// A break of the inclusion, or a hole in the model.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) rule: Rule,
    pub(crate) operation: OperationId,
    /// None where the operation, or a range of statuses, is concerned.
    pub(crate) status: Option<u16>,
    pub(crate) place: Option<Place>,
    /// What documented + quirks promise there.
    pub(crate) promised: String,
    /// What the model makes of it.
    pub(crate) message: String,
}

const LENT: &str = "the model lacks it; it is judged by documented + quirks";

/// Compares the two sides, and lends the model what it lacks: the places that only documented + quirks know are judged
/// by them.
pub(crate) fn compare(
    store: &mut Store,
    documented: &Document,
    modelled: &Document,
) -> Vec<Difference> {
    let mut found = Found::default();
    for operation in &modelled.operations {
        match documented.operation(operation.id.as_str()) {
            Some(promised) => operations(store, promised, operation, &mut found),
            None => found.add(Difference {
                rule: Rule::UnexplainedDifference,
                operation: operation.id.clone(),
                status: None,
                place: None,
                promised: "no such operation".into(),
                message: "the model has an operation that the document lacks".into(),
            }),
        }
    }
    for Loan { owner, keyword, name, sources } in found.loans {
        let references: Vec<Value> =
            sources.iter().map(|it| json!({ "$ref": it.reference() })).collect();
        let schema = match references.as_slice() {
            [one] => one.clone(),
            _ => json!({ "anyOf": references }),
        };
        if let Some(Value::Object(owner)) = edit::get_mut(store, &owner) {
            match name {
                Some(name) => owner.entry(keyword).or_insert_with(|| json!({}))[name] = schema,
                None => {
                    owner.entry(keyword).or_insert(schema);
                }
            }
        }
    }
    found.differences.into_values().collect()
}

/// Operation, status, place, rule, and for a range of statuses what is promised of it.
type About = (OperationId, Option<u16>, Option<Place>, Rule, String);

#[derive(Default)]
struct Found {
    /// By what they are about: one finding, however much is to be said of it.
    differences: BTreeMap<About, Difference>,
    loans: Vec<Loan>,
}

impl Found {
    fn add(&mut self, difference: Difference) {
        let Difference { rule, operation, status, place, .. } = &difference;
        // Without a status, the response is told apart by what is promised of it.
        let range = if status.is_none() { difference.promised.clone() } else { String::new() };
        let key = (operation.clone(), *status, place.clone(), *rule, range);
        match self.differences.get_mut(&key) {
            Some(known) if known.message != difference.message => {
                known.message = format!("{}; {}", known.message, difference.message);
            }
            Some(_) => {}
            None => {
                self.differences.insert(key, difference);
            }
        }
    }
}

/// A place that only documented + quirks know, to be added to the modelled schema that should have it.
struct Loan {
    owner: Address,
    keyword: &'static str,
    name: Option<String>,
    sources: Vec<Address>,
}

fn operations(store: &Store, documented: &Operation, modelled: &Operation, found: &mut Found) {
    let both = documented.responses.iter().chain(&modelled.responses);
    let patterns: BTreeSet<StatusPattern> = both.map(|it| it.status).collect();
    for pattern in patterns {
        let mut comparison =
            Comparison { store, operation: &modelled.id, pattern, found, visited: BTreeSet::new() };
        comparison.responses(documented.of_pattern(pattern), modelled.of_pattern(pattern));
    }
}

/// A place on one side: the schemas that describe it, and what they promise together.
struct Here {
    schemas: Vec<Address>,
    promise: Option<Promise>,
}

impl Here {
    fn root(schema: &Address) -> Self {
        Self { schemas: vec![schema.clone()], promise: Some(Promise::At(schema.clone())) }
    }

    /// A segment below it; `all` is everything that describes this place.
    fn below(&self, store: &Store, all: &[Address], segment: &str) -> Self {
        let mut schemas = edit::below(store, all, segment);
        schemas.retain(|it| store.get(it).is_some());
        Self { schemas, promise: self.promise.as_ref().and_then(|it| it.below(store, segment)) }
    }

    fn value(&self, store: &Store) -> Value {
        self.promise.as_ref().map_or(Value::Bool(true), |it| it.value(store))
    }
}

struct Comparison<'c> {
    store: &'c Store,
    operation: &'c OperationId,
    pattern: StatusPattern,
    found: &'c mut Found,
    /// Pairs of schemas whose members were compared: the same pair below another place would tell the same again.
    visited: BTreeSet<[Vec<Address>; 2]>,
}

impl Comparison<'_> {
    fn responses(&mut self, documented: Option<&Response>, modelled: Option<&Response>) {
        let root = Place::root();
        match (documented, modelled) {
            (None, Some(_)) => self.wider(
                &root,
                "no such status",
                "the model has a status that neither the document nor a quirk has",
            ),
            (Some(_), None) => self.lacking(&root, "a response"),
            (None, None) => {}
            (Some(documented), Some(modelled)) => {
                match (documented.json_schema(), modelled.json_schema()) {
                    (Some(documented), Some(modelled)) => {
                        let sides = [documented, modelled].map(Here::root);
                        self.place(sides, &root)
                    }
                    (None, Some(_)) => self.wider(
                        &root,
                        "no JSON body",
                        "the model has a body that neither the document nor a quirk has",
                    ),
                    (Some(_), None) => self.lacking(&root, "a JSON body"),
                    (None, None) => {}
                }
            }
        }
    }

    fn wider(&mut self, place: &Place, promised: impl Into<String>, message: impl Into<String>) {
        self.add(Rule::UnexplainedDifference, place, promised.into(), message.into());
    }

    fn lacking(&mut self, place: &Place, promised: impl Into<String>) {
        self.add(Rule::Unmodelled, place, promised.into(), LENT.into());
    }

    fn add(&mut self, rule: Rule, place: &Place, promised: String, message: String) {
        let (status, message) = match self.pattern {
            StatusPattern::Exact(status) => (Some(status), message),
            range => (None, format!("{} {message}", range.in_words())),
        };
        let (operation, place) = (self.operation.clone(), Some(place.clone()));
        self.found.add(Difference { rule, operation, status, place, promised, message });
    }

    /// Compares a place that both sides have, then what is below it.
    fn place(&mut self, sides: [Here; 2], place: &Place) {
        let store = self.store;
        let [promised, accepted] = sides.each_ref().map(|it| it.value(store));
        self.promises(place, &promised, &accepted);
        let [documented, modelled] = sides.each_ref().map(|it| &it.schemas);
        let all = [documented, modelled].map(|it| edit::described_by(store, it));
        let key = all.each_ref().map(|it| beyond_references(store, it));
        if !self.visited.insert(key) {
            return;
        }
        let [documented_all, modelled_all] = &all;
        self.rest(place, documented_all, modelled_all);
        self.beyond_comparison(place, documented_all, modelled_all);
        let names = |all: &[Address]| -> BTreeSet<String> {
            all.iter().flat_map(|it| segments_below(store, it)).collect()
        };
        let (documented_names, modelled_names) = (names(documented_all), names(modelled_all));
        let [needed, given] = [documented, modelled].map(|it| requirements(store, it));
        for name in needed.difference(&given).filter(|it| modelled_names.contains(*it)) {
            self.wider(&place.member(name), "present", "the model can do without a member that is documented as required; make it required");
        }
        let open = documented_all.iter().any(|it| rest_of(store, it) == Some(Rest::Open));
        for name in documented_names.union(&modelled_names) {
            let child = place.member(name);
            let below = |side: usize| sides[side].below(store, &all[side], name);
            match (documented_names.contains(name), modelled_names.contains(name)) {
                (true, true) => self.place([below(0), below(1)], &child),
                (false, true) if open => {}
                (false, _) => self.wider(&child, "no such place", "the model has a place that neither the document nor a quirk has; remove it, or pin it with a quirk (`declared = false`)"),
                (true, false) => self.lend(&child, name, below(0), documented_all, modelled_all),
            }
        }
    }

    fn promises(&mut self, place: &Place, promised: &Value, accepted: &Value) {
        let covered = fragment::covers(promised, accepted);
        let why = match covered {
            Containment::Yes => return,
            Containment::No => {
                let witness = fragment::witness(promised, accepted);
                witness.map_or_else(String::new, |it| {
                    format!("; {it}, say, is accepted and not promised")
                })
            }
            Containment::Unknown => {
                ", and whether that is more cannot be decided; spell both sides alike".to_owned()
            }
        };
        let message = format!("the model accepts {}{why}", describe(accepted));
        self.wider(place, describe(promised), message);
    }

    /// Members that neither side names: a model that takes any says more than a document that does not say so.
    fn rest(&mut self, place: &Place, documented: &[Address], modelled: &[Address]) {
        let of = |all: &[Address]| -> BTreeSet<Rest> {
            all.iter().filter_map(|it| rest_of(self.store, it)).collect()
        };
        if of(modelled).contains(&Rest::Open) && !of(documented).contains(&Rest::Open) {
            self.wider(
                &place.member(ANY),
                "no such members",
                "the model takes any other member, and the document does not say that any may come",
            );
        }
    }

    /// What is promised in ways that are not compared place by place must be spelled alike.
    fn beyond_comparison(&mut self, place: &Place, documented: &[Address], modelled: &[Address]) {
        let of = |all: &[Address]| -> BTreeSet<String> {
            all.iter().flat_map(|it| uncompared(self.store, it)).collect()
        };
        let (documented, modelled) = (of(documented), of(modelled));
        for keyword in documented.difference(&modelled) {
            let keyword = keyword.split(' ').next().unwrap_or_default();
            let message = format!(
                "the model does not spell `{keyword}` as the document does, and whether it accepts more cannot be decided; spell both sides alike"
            );
            self.wider(place, format!("what `{keyword}` says"), message);
        }
    }

    /// A documented place that the model lacks: told, and added to the modelled schema that should have it.
    fn lend(
        &mut self,
        child: &Place,
        name: &str,
        promised: Here,
        documented: &[Address],
        modelled: &[Address],
    ) {
        let store = self.store;
        let Here { schemas: sources, .. } = &promised;
        let promised = promised.value(store);
        // What never comes needs no model.
        if promised == json!(false) {
            return;
        }
        self.lacking(child, describe(&promised));
        let has =
            |at: &Address, keyword: &str| store.get(at).is_some_and(|it| it.get(keyword).is_some());
        let is_array =
            name == ANY && documented.iter().any(|it| has(it, "items") || has(it, "prefixItems"));
        let (keyword, container) = match name {
            _ if is_array => ("items", "array"),
            ANY => ("additionalProperties", "object"),
            _ => ("properties", "object"),
        };
        let owner = modelled.iter().find(|it| has(it, "properties") && !is_array).or_else(|| {
            modelled.iter().find(|it| {
                let types = store.get(it).and_then(|it| it.get("type"));
                types.is_some_and(|it| {
                    it == container
                        || it.as_array().is_some_and(|it| it.iter().any(|it| it == container))
                })
            })
        });
        if let Some(owner) = owner {
            let name = (keyword == "properties").then(|| name.to_owned());
            let sources = sources.clone();
            self.found.loans.push(Loan { owner: owner.clone(), keyword, name, sources });
        }
    }
}

/// The schemas in order, without those that only refer to others of them: what tells a recursion.
pub(crate) fn beyond_references(store: &Store, schemas: &[Address]) -> Vec<Address> {
    let told = schemas.iter().filter(|it| edit::target(store, it).is_none());
    told.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The members that a schema names, and `*` where it describes items or map values.
pub(crate) fn segments_below(store: &Store, at: &Address) -> Vec<String> {
    let Some(keywords) = store.get(at).and_then(Value::as_object) else {
        return Vec::new();
    };
    let properties = keywords.get("properties").and_then(Value::as_object);
    let mut segments: Vec<String> = properties.into_iter().flat_map(Map::keys).cloned().collect();
    if !edit::children(at, keywords, ANY).is_empty() {
        segments.push(ANY.to_owned());
    }
    segments
}

/// The members that must be there, whichever branch holds; a branch for null apart.
pub(crate) fn requirements(store: &Store, schemas: &[Address]) -> BTreeSet<String> {
    let mut reader = Requirements { store, circles: Circles::default() };
    schemas.iter().flat_map(|it| reader.at(it)).collect()
}

struct Requirements<'s> {
    store: &'s Store,
    circles: Circles<BTreeSet<String>>,
}

impl Requirements<'_> {
    fn at(&mut self, at: &Address) -> BTreeSet<String> {
        self.read_once(at).unwrap_or_default()
    }
}

impl Read<BTreeSet<String>> for Requirements<'_> {
    fn circles(&mut self) -> &mut Circles<BTreeSet<String>> {
        &mut self.circles
    }

    fn read_through(&mut self, at: &Address) -> BTreeSet<String> {
        let store = self.store;
        let Some(keywords) = store.get(at).and_then(Value::as_object) else {
            return BTreeSet::new();
        };
        let own = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut required: BTreeSet<String> =
            own.filter_map(Value::as_str).map(str::to_owned).collect();
        if let Some(target) = edit::target(store, at) {
            required.extend(self.at(&target));
        }
        for (keyword, parts) in edit::parts_by_keyword(at, keywords) {
            let takes_objects = |it: &&Address| !is_for_null(store, it);
            let of_parts = parts.iter().filter(takes_objects).map(|it| self.at(it));
            if keyword == "allOf" {
                required.extend(of_parts.flatten());
            } else {
                required.extend(of_parts.reduce(|a, b| &a & &b).unwrap_or_default());
            }
        }
        required
    }
}

fn is_for_null(store: &Store, at: &Address) -> bool {
    fragment::at(store, at) == json!({ "type": "null" })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rest {
    Closed,
    Open,
    Map,
}

/// What a schema says of members that it does not name, where it says something.
pub(crate) fn rest_of(store: &Store, at: &Address) -> Option<Rest> {
    let keywords = store.get(at)?.as_object()?;
    let rest =
        keywords.get("additionalProperties").or_else(|| keywords.get("unevaluatedProperties"))?;
    Some(match rest {
        Value::Bool(false) => Rest::Closed,
        Value::Bool(true) => Rest::Open,
        Value::Object(it) if it.is_empty() => Rest::Open,
        _ => Rest::Map,
    })
}

/// Keywords that are not compared place by place.
pub(crate) const UNCOMPARED: &[&str] = &[
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "maxContains",
    "minContains",
    "prefixItems",
    "propertyNames",
    "unevaluatedItems",
];

/// What a schema promises by keywords that are not compared place by place, each with how it is spelled.
fn uncompared(store: &Store, at: &Address) -> Vec<String> {
    let Some(keywords) = store.get(at).and_then(Value::as_object) else {
        return Vec::new();
    };
    let mut found: Vec<String> =
        UNCOMPARED.iter().filter_map(|it| Some(format!("{it} {}", keywords.get(*it)?))).collect();
    if keywords.get("items") == Some(&json!(false)) {
        found.push("items false".into());
    }
    // Branches that are told apart by more than null.
    for (keyword, parts) in edit::parts_by_keyword(at, keywords) {
        let objects = parts.iter().filter(|it| !segments_of(store, it).is_empty()).count();
        if keyword != "allOf" && objects > 1 {
            found.push(format!("{keyword} of {objects}"));
        }
    }
    found
}

/// The members, items and map values that a schema and what holds with it names.
pub(crate) fn segments_of(store: &Store, at: &Address) -> Vec<String> {
    let all = edit::described_by(store, std::slice::from_ref(at));
    all.iter().flat_map(|it| segments_below(store, it)).collect()
}

//! What the document and the model say of each place of a response, in words, whether or not it was seen.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
};

use serde_json::{Value, json};

use crate::{
    contract::Contract,
    document::OperationId,
    inclusion::{beyond_references, requirements, segments_below},
    place::{ANY, Place},
    schema::{Address, Store, describe::describe, edit, fragment},
    tally::PlaceTally,
};

/// How many places of one response are listed whether or not they were seen, from the whole body downwards: the schemas
/// of some vendors have thousands.
const MOST_PLACES: usize = 200;

/// What is said of one place; none where a side does not have it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promise {
    documented: Option<String>,
    modelled: Option<String>,
}

/// What is said of the places of one response, by the segments of each.
pub(crate) type Promises = BTreeMap<Vec<String>, Promise>;

/// The places that the document (without quirks) or the model has.
pub(crate) fn promises(contract: &Contract, operation: &OperationId, status: u16) -> Promises {
    let mut promises = Promises::new();
    let [documented, modelled] = sides(contract, operation, status)
        .map(|side| side.map_or_else(BTreeMap::new, |side| side.places()));
    for (segments, words) in documented {
        promises.entry(segments).or_default().documented = Some(words);
    }
    for (segments, words) in modelled {
        promises.entry(segments).or_default().modelled = Some(words);
    }
    promises
}

/// The tallies of one response with what is promised at each place, and the promised places that nothing showed, in
/// order.
pub(crate) fn with_promises(
    contract: &Contract,
    operation: &OperationId,
    status: u16,
    tallies: Vec<PlaceTally>,
) -> Vec<PlaceTally> {
    let promises = contract.promises(operation, status);
    let sides = sides(contract, operation, status);
    let unseen = |(segments, promise): (&Vec<String>, &Promise)| {
        let place = segments.iter().fold(Place::root(), |place, it| place.member(it));
        let Promise { documented, modelled } = promise.clone();
        let tally = PlaceTally::unseen(operation.clone(), status, place);
        (segments.clone(), PlaceTally { documented, modelled, ..tally })
    };
    let mut places: BTreeMap<Vec<String>, PlaceTally> = promises.iter().map(unseen).collect();
    for tally in tallies {
        let segments: Vec<String> = tally.place.segments().map(Into::into).collect();
        let promise = promises.get(&segments).cloned().unwrap_or_else(|| {
            let [documented, modelled] =
                sides.each_ref().map(|it| it.as_ref()?.words_below(&segments));
            Promise { documented, modelled }
        });
        let Promise { documented, modelled } = promise;
        places.insert(segments, PlaceTally { documented, modelled, ..tally });
    }
    places.into_values().collect()
}

/// The document as the vendor has it, and the model as it is: nothing lent to it.
fn sides<'c>(
    contract: &'c Contract,
    operation: &OperationId,
    status: u16,
) -> [Option<Side<'c>>; 2] {
    let documented = contract.paper_schema(operation, status);
    let modelled = contract.modelled.as_ref().and_then(|it| it.operation(operation.as_str()));
    let modelled = modelled.and_then(|it| it.json_schema(status));
    let side = |root| Side { store: &contract.paper, root, known: RefCell::default() };
    [documented, modelled].map(|it| it.map(side))
}

/// One side's schema of a response.
struct Side<'c> {
    store: &'c Store,
    root: &'c Address,
    /// What is known of places that were asked for.
    known: RefCell<HashMap<Vec<String>, Option<fragment::Promise>>>,
}

/// A place on the way down.
struct Step {
    segments: Vec<String>,
    schemas: Vec<Address>,
    required: bool,
    /// The schemas of the places above: one that leads back to itself is not followed.
    above: Vec<Vec<Address>>,
}

impl Side<'_> {
    fn places(&self) -> BTreeMap<Vec<String>, String> {
        let mut places = BTreeMap::new();
        let root = Step {
            segments: Vec::new(),
            schemas: vec![self.root.clone()],
            required: false,
            above: Vec::new(),
        };
        let mut open = VecDeque::from([root]);
        while let Some(step) = open.pop_front() {
            let all = edit::described_by(self.store, &step.schemas);
            let key = beyond_references(self.store, &all);
            let room = MOST_PLACES.saturating_sub(places.len() + open.len() + 1);
            if room > 0 && !step.above.contains(&key) {
                let names: BTreeSet<String> =
                    all.iter().flat_map(|it| segments_below(self.store, it)).collect();
                let required = requirements(self.store, &step.schemas);
                let above = [step.above.as_slice(), &[key]].concat();
                open.extend(names.into_iter().take(room).map(|name| Step {
                    segments: [step.segments.as_slice(), std::slice::from_ref(&name)].concat(),
                    schemas: self.children(&all, &name),
                    required: required.contains(&name),
                    above: above.clone(),
                }));
            }
            let promise = match step.schemas.as_slice() {
                [one] => Some(fragment::at(self.store, one)),
                _ => self.promise(&step.segments),
            };
            let words = in_words(&promise.unwrap_or(json!(true)), step.required);
            places.insert(step.segments, words);
        }
        places
    }

    fn children(&self, all: &[Address], name: &str) -> Vec<Address> {
        let of = |it: &Address| {
            let keywords = self.store.get(it).and_then(Value::as_object);
            keywords.map_or(Vec::new(), |keywords| edit::children(it, keywords, name))
        };
        all.iter().flat_map(of).collect()
    }

    /// What is promised at a place, by what is promised above it.
    fn promise(&self, segments: &[String]) -> Option<Value> {
        self.promised(segments).map(|it| it.value(self.store))
    }

    fn promised(&self, segments: &[String]) -> Option<fragment::Promise> {
        let Some((last, parent)) = segments.split_last() else {
            return Some(fragment::Promise::At(self.root.clone()));
        };
        if let Some(known) = self.known.borrow().get(segments) {
            return known.clone();
        }
        let promise = self.promised(parent).and_then(|it| it.below(self.store, last));
        self.known.borrow_mut().insert(segments.to_vec(), promise.clone());
        promise
    }

    /// What is said of a place that is not listed; a value below an object that names no members may be anything.
    fn words_below(&self, segments: &[String]) -> Option<String> {
        if let Some(promise) = self.promise(segments) {
            return Some(in_words(&promise, false));
        }
        let (last, parent) = segments.split_last()?;
        let above = edit::described_by(self.store, &edit::find(self.store, self.root, parent));
        let is_open = |it: &Address| {
            let keyword = |name: &str| self.store.get(it).and_then(|it| it.get(name));
            [keyword("additionalProperties"), keyword("unevaluatedProperties")]
                .into_iter()
                .flatten()
                .any(|it| *it == json!(true) || *it == json!({}))
        };
        let names_none = || above.iter().all(|it| segments_below(self.store, it).is_empty());
        let is_free =
            last == ANY && !above.is_empty() && (above.iter().any(is_open) || names_none());
        is_free.then(|| describe(&json!(true)))
    }
}

fn in_words(promise: &Value, required: bool) -> String {
    let words = describe(promise);
    if required { format!("required {words}") } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::ContractTexts, text::Text};

    fn contract(schema: &Value) -> Contract {
        let content = json!({ "application/json": { "schema": schema } });
        let get = json!({ "responses": { "200": { "description": "a", "content": content } } });
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "t", "version": "1" },
            "servers": [{ "url": "https://domain.tld" }],
            "paths": { "/a": { "get": get } },
            "components": { "schemas": { "Node": schema } },
        });
        let documented = Text { name: "openapi.json".into(), text: document.to_string() };
        let texts = ContractTexts {
            documented: vec![documented],
            quirks: Vec::new(),
            modelled: None,
            settings: None,
        };
        Contract::load(&texts).unwrap()
    }

    fn words(schema: &Value) -> Vec<String> {
        let promises = promises(&contract(schema), &OperationId::named("GET /a"), 200);
        let line = |(segments, it): (&Vec<String>, &Promise)| {
            format!("/{}: {}", segments.join("/"), it.documented.as_deref().unwrap_or("-"))
        };
        promises.iter().map(line).collect()
    }

    #[test]
    fn a_schema_that_leads_back_to_itself_is_not_followed() {
        let node = json!({
            "type": "object",
            "properties": {
                "id": { "type": "integer" },
                "next": { "anyOf": [{ "$ref": "#/components/schemas/Node" }, { "type": "null" }] },
            },
            "required": ["id"],
        });
        let places = words(&node);
        assert_eq!(places[..3], ["/: object", "/id: required integer", "/next: object or null"]);
        assert!(places.len() < 9, "{places:?}");
    }

    #[test]
    fn the_list_has_an_end_and_starts_at_the_top() {
        let names = (0..2 * MOST_PLACES).map(|it| (format!("n{it}"), json!({ "type": "string" })));
        let deep = json!({ "type": "object", "properties": { "below": { "type": "null" } } });
        let all = names.chain([("a".to_owned(), deep)]);
        let places = words(&json!({ "type": "object", "properties": Value::from_iter(all) }));
        assert_eq!(places.len(), MOST_PLACES);
        assert_eq!(places[..2], ["/: object", "/a: object"]);
        assert!(!places.contains(&"/a/below: null".to_owned()));
    }

    #[test]
    fn below_an_object_that_names_no_members_is_anything() {
        let schema = json!({
            "type": "object",
            "properties": {
                "open": {
                    "type": "object",
                    "properties": { "a": { "type": "null" } },
                    "additionalProperties": true,
                },
                "silent": { "type": "object" },
                "named": { "type": "object", "properties": { "a": { "type": "null" } } },
            },
        });
        let contract = contract(&schema);
        let [documented, _] = sides(&contract, &OperationId::named("GET /a"), 200);
        let below = |name: &str| {
            documented.as_ref().unwrap().words_below(&[name.to_owned(), ANY.to_owned()])
        };
        assert_eq!(below("open").as_deref(), Some("anything"));
        assert_eq!(below("silent").as_deref(), Some("anything"));
        assert_eq!(below("named"), None);
    }
}

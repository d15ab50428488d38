//! What the document and the model say of each place of a response, in words, whether or not it was seen.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    rc::Rc,
};

use serde_json::json;

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
            let [documented, modelled] = sides.each_ref().map(|it| it.as_ref()?.words(&segments));
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
    known: RefCell<HashMap<Vec<String>, Rc<Described>>>,
}

/// What describes a place.
struct Described {
    schemas: Vec<Address>,
    all: OnceCell<Vec<Address>>,
    required: OnceCell<BTreeSet<String>>,
    promise: OnceCell<Option<fragment::Promise>>,
}

impl Described {
    /// The schemas, and all that hold with them.
    fn all(&self, store: &Store) -> &[Address] {
        self.all.get_or_init(|| edit::described_by(store, &self.schemas))
    }

    fn requires(&self, store: &Store, name: &str) -> bool {
        self.required.get_or_init(|| requirements(store, &self.schemas)).contains(name)
    }
}

/// A place on the way down.
struct Step {
    segments: Vec<String>,
    /// The schemas of the places above: one that leads back to itself is not followed.
    above: Vec<Vec<Address>>,
}

impl Side<'_> {
    fn places(&self) -> BTreeMap<Vec<String>, String> {
        let mut places = BTreeMap::new();
        let mut open = VecDeque::from([Step { segments: Vec::new(), above: Vec::new() }]);
        while let Some(step) = open.pop_front() {
            let here = self.described(&step.segments);
            let all = here.all(self.store);
            let key = beyond_references(self.store, all);
            let room = MOST_PLACES.saturating_sub(places.len() + open.len() + 1);
            if room > 0 && !step.above.contains(&key) {
                let names: BTreeSet<String> =
                    all.iter().flat_map(|it| segments_below(self.store, it)).collect();
                let above = [step.above.as_slice(), &[key]].concat();
                open.extend(names.into_iter().take(room).map(|name| Step {
                    segments: [step.segments.as_slice(), &[name]].concat(),
                    above: above.clone(),
                }));
            }
            let words = self.words(&step.segments).unwrap_or_else(|| describe(&json!(true)));
            places.insert(step.segments, words);
        }
        places
    }

    /// What describes a place, by what describes the one above.
    fn described(&self, segments: &[String]) -> Rc<Described> {
        if let Some(known) = self.known.borrow().get(segments) {
            return known.clone();
        }
        let schemas = match segments.split_last() {
            None => vec![self.root.clone()],
            Some((last, parent)) => {
                edit::below(self.store, self.described(parent).all(self.store), last)
            }
        };
        let (all, required, promise) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let described = Rc::new(Described { schemas, all, required, promise });
        self.known.borrow_mut().insert(segments.to_vec(), described.clone());
        described
    }

    fn promise(&self, segments: &[String]) -> Option<fragment::Promise> {
        let promise = || match segments.split_last() {
            None => Some(fragment::Promise::At(self.root.clone())),
            Some((last, parent)) => self.promise(parent)?.below(self.store, last),
        };
        self.described(segments).promise.get_or_init(promise).clone()
    }

    /// What is said of a place; a value below an object that names no members may be anything.
    fn words(&self, segments: &[String]) -> Option<String> {
        let here = self.described(segments);
        let promise = match here.schemas.as_slice() {
            [one] => Some(fragment::at(self.store, one)),
            _ => self.promise(segments).map(|it| it.value(self.store)),
        };
        let above = segments.split_last().map(|(last, parent)| (last, self.described(parent)));
        if let Some(promise) = promise {
            let required = above.is_some_and(|(last, above)| above.requires(self.store, last));
            let words = describe(&promise);
            return Some(if required { format!("required {words}") } else { words });
        }
        let (last, above) = above?;
        let is_open = |it: &Address| {
            let keyword = |name: &str| self.store.get(it).and_then(|it| it.get(name));
            [keyword("additionalProperties"), keyword("unevaluatedProperties")]
                .into_iter()
                .flatten()
                .any(|it| *it == json!(true) || *it == json!({}))
        };
        let all = above.all(self.store);
        let names_none = || all.iter().all(|it| segments_below(self.store, it).is_empty());
        let is_free = last == ANY && !all.is_empty() && (all.iter().any(is_open) || names_none());
        is_free.then(|| describe(&json!(true)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::example;

    fn contract(schema: &Value) -> Contract {
        let content = json!({ "application/json": { "schema": schema } });
        example::contract(example::document(&content, &json!({ "Node": schema })))
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
        let below =
            |name: &str| documented.as_ref().unwrap().words(&[name.to_owned(), ANY.to_owned()]);
        assert_eq!(below("open").as_deref(), Some("anything"));
        assert_eq!(below("silent").as_deref(), Some("anything"));
        assert_eq!(below("named"), None);
    }
}

//! modelled ⊆ documented + quirks, decided place by place before anything is observed.

use std::collections::BTreeSet;

use jsonschema::canonical::Containment;
use serde_json::{Map, Value, json};

use crate::{
    document::{Document, Operation, OperationId, StatusPattern},
    place::{ANY, Place},
    rule::Rule,
    schema::{
        Address, Store,
        describe::describe,
        edit::{self, Edit},
        fragment,
    },
};

/// A break of the inclusion, or a hole in the model.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) rule: Rule,
    pub(crate) operation: OperationId,
    pub(crate) status: Option<u16>,
    pub(crate) place: Option<Place>,
    /// What documented + quirks promise there.
    pub(crate) promised: String,
    /// What the model makes of it.
    pub(crate) message: String,
}

/// Compares the two sides, and lends the model what it lacks: the places that only documented + quirks know are judged
/// by them.
pub(crate) fn compare(
    store: &mut Store,
    documented: &Document,
    modelled: &Document,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for operation in &modelled.operations {
        let Some(promised) = documented.operation(operation.id.as_str()) else {
            differences.push(Difference {
                rule: Rule::UnexplainedDifference,
                operation: operation.id.clone(),
                status: None,
                place: None,
                promised: "no such operation".into(),
                message: "the model has an operation that the document lacks".into(),
            });
            continue;
        };
        for status in statuses(operation).union(&statuses(promised)).copied() {
            let mut comparison = Comparison {
                store,
                operation: &operation.id,
                status,
                differences: &mut differences,
            };
            comparison.status(promised, operation);
        }
    }
    differences
}

fn statuses(operation: &Operation) -> BTreeSet<u16> {
    let exact = operation.responses.iter().filter_map(|it| match it.status {
        StatusPattern::Exact(status) => Some(status),
        StatusPattern::Class(_) | StatusPattern::Default => None,
    });
    exact.collect()
}

struct Comparison<'c> {
    store: &'c mut Store,
    operation: &'c OperationId,
    status: u16,
    differences: &'c mut Vec<Difference>,
}

impl Comparison<'_> {
    fn status(&mut self, documented: &Operation, modelled: &Operation) {
        let root = Place::root();
        match (documented.response(self.status), modelled.response(self.status)) {
            (None, _) => self.add(
                Rule::UnexplainedDifference,
                &root,
                "no such status",
                "the model has a status that neither the document nor a quirk has",
            ),
            (Some(_), None) => self.add(
                Rule::Unmodelled,
                &root,
                "a response",
                "the model lacks the status; it is judged by documented + quirks",
            ),
            (Some(_), Some(_)) => {
                match (documented.json_schema(self.status), modelled.json_schema(self.status)) {
                    (Some(documented), Some(modelled)) => {
                        let roots = (documented.clone(), modelled.clone());
                        self.place(&roots, &mut Vec::new(), &mut Vec::new());
                    }
                    (None, Some(_)) => self.add(
                        Rule::UnexplainedDifference,
                        &root,
                        "no JSON body",
                        "the model has a body that neither the document nor a quirk has",
                    ),
                    (Some(_), None) => self.add(
                        Rule::Unmodelled,
                        &root,
                        "a JSON body",
                        "the model lacks the body; it is judged by documented + quirks",
                    ),
                    (None, None) => {}
                }
            }
        }
    }

    fn add(
        &mut self,
        rule: Rule,
        place: &Place,
        promised: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.differences.push(Difference {
            rule,
            operation: self.operation.clone(),
            status: Some(self.status),
            place: Some(place.clone()),
            promised: promised.into(),
            message: message.into(),
        });
    }

    /// Compares a place that both sides have, then what is below it. `above` holds the schemas of the places above:
    /// a place that is described by the same ones again is a recursion.
    fn place(
        &mut self,
        roots: &(Address, Address),
        segments: &mut Vec<String>,
        above: &mut Vec<[Vec<Address>; 2]>,
    ) {
        let (documented, modelled) = roots;
        let place = place_of(segments);
        let promised = fragment::below(self.store, documented, segments).unwrap_or(json!(true));
        let accepted = fragment::below(self.store, modelled, segments).unwrap_or(json!(true));
        self.promises(&place, &promised, &accepted);
        let schemas = [documented, modelled].map(|root| {
            let mut schemas = described_by(self.store, &edit::find(self.store, root, segments));
            schemas.sort();
            schemas
        });
        if above.contains(&schemas) {
            return;
        }
        let [documented_here, modelled_here] = &schemas;
        let open = documented_here.iter().any(|it| is_open(self.store, it));
        let names = |schemas: &[Address]| -> BTreeSet<String> {
            schemas.iter().flat_map(|it| segments_below(self.store, it)).collect()
        };
        let (documented_names, modelled_names) = (names(documented_here), names(modelled_here));
        let required = |schemas: &[Address]| -> BTreeSet<String> {
            schemas.iter().flat_map(|it| requirements(self.store, it)).collect()
        };
        let loosened: Vec<String> =
            required(documented_here).difference(&required(modelled_here)).cloned().collect();
        for name in loosened.iter().filter(|it| modelled_names.contains(*it)) {
            self.add(Rule::UnexplainedDifference, &place.member(name), "present", "the model can do without a member that is documented as required; make it required, or pin the difference with a quirk");
        }
        above.push(schemas.clone());
        for name in documented_names.union(&modelled_names) {
            segments.push(name.clone());
            let child = place_of(segments);
            match (documented_names.contains(name), modelled_names.contains(name)) {
                (true, true) => self.place(roots, segments, above),
                (false, true) if open => {}
                (false, _) => self.add(Rule::UnexplainedDifference, &child, "no such place", "the model has a place that neither the document nor a quirk has; remove it, or pin it with a quirk (`declared = false`)"),
                (true, false) => {
                    let promised = fragment::below(self.store, documented, segments).unwrap_or(json!(true));
                    // What never comes needs no model.
                    if promised != json!(false) {
                        self.add(Rule::Unmodelled, &child, describe(&promised), "the model lacks a documented place; it is judged by documented + quirks");
                        self.lend(roots, segments);
                    }
                }
            }
            segments.pop();
        }
        above.pop();
    }

    fn promises(&mut self, place: &Place, promised: &Value, accepted: &Value) {
        let words = (describe(promised), describe(accepted));
        match fragment::covers(promised, accepted) {
            Containment::Yes => {}
            Containment::No => {
                let witness = fragment::witness(promised, accepted)
                    .map_or_else(String::new, |it| format!("; {it}, say, is accepted and not promised"));
                self.add(Rule::UnexplainedDifference, place, words.0, format!("the model accepts {}{witness}", words.1));
            }
            Containment::Unknown => self.add(
                Rule::UnexplainedDifference,
                place,
                words.0,
                format!("the model accepts {}, and whether that is more cannot be decided; spell both sides alike", words.1),
            ),
        }
    }

    /// Adds a member that only the documented side knows to the modelled side.
    fn lend(&mut self, (documented, modelled): &(Address, Address), segments: &[String]) {
        if segments.last().is_some_and(|it| it == ANY) {
            return;
        }
        let sources = edit::find(self.store, documented, segments);
        let references: Vec<Value> =
            sources.iter().map(|it| json!({ "$ref": it.reference() })).collect();
        let schema = match references.as_slice() {
            [one] => one.clone(),
            _ => json!({ "anyOf": references }),
        };
        edit::edit(self.store, modelled, segments, &Edit::Insert(&schema));
    }
}

fn place_of(segments: &[String]) -> Place {
    segments.iter().fold(Place::root(), |place, it| place.member(it))
}

/// The schemas and all that hold for the same value.
pub(crate) fn described_by(store: &Store, schemas: &[Address]) -> Vec<Address> {
    let mut all: Vec<Address> = Vec::new();
    let mut open = schemas.to_vec();
    while let Some(at) = open.pop() {
        if all.contains(&at) {
            continue;
        }
        open.extend(edit::target(store, &at));
        if let Some(keywords) = store.get(&at).and_then(Value::as_object) {
            open.extend(edit::parts_by_keyword(&at, keywords).into_iter().flat_map(|it| it.1));
        }
        all.push(at);
    }
    all
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

pub(crate) fn requirements(store: &Store, at: &Address) -> Vec<String> {
    let required = store.get(at).and_then(|it| it.get("required")).and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a schema says that any member may come.
fn is_open(store: &Store, at: &Address) -> bool {
    let rest = |keyword: &str| store.get(at).and_then(|it| it.get(keyword)).cloned();
    ["additionalProperties", "unevaluatedProperties"]
        .into_iter()
        .filter_map(rest)
        .any(|it| it == json!(true) || it == json!({}))
}

//! Two versions of a description of the responses: what the newer one does to a reader of the older, place by place.
//! Nothing about wording.

mod alternatives;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt,
    rc::Rc,
    sync::Arc,
};

use jsonschema::canonical::Containment;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use self::alternatives::{Told, holding, told};
use crate::{
    document::{Document, Operation, OperationId, Response, StatusPattern, assert_formats},
    inclusion::{
        Rest, UNCOMPARED, beyond_references, requirements, rest_of, segments_below, segments_of,
    },
    place::Place,
    same::Sameness,
    schema::{Address, Side, Store, describe::describe, edit, fragment},
};

/// What a change does to a reader of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Something may come that did not before, or may fail to come.
    Breaks,
    /// Something is new beside what was.
    Adds,
    /// Less may come than before.
    Narrows,
}

impl Effect {
    /// The effect in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks a reader",
            Self::Adds => "only adds",
            Self::Narrows => "only narrows",
        }
    }
}

/// A change at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The operation.
    pub operation: OperationId,
    /// The response's status as the document has it (`200`, `4XX`, `default`); none where the whole operation changes.
    pub status: Option<String>,
    /// Where in the body; none where no body is concerned.
    pub place: Option<Place>,
    /// What it does to a reader.
    pub effect: Effect,
    /// What changes, in words.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(status) = &self.status {
            write!(f, " {status}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " {place}")?;
        }
        write!(f, ": {} ({})", self.what, self.effect.as_str())
    }
}

/// The changes from one OpenAPI 3.1 document to another, in order of operation, status and place.
///
/// # Errors
/// Where one of them cannot be read.
pub fn changes(old: &Value, new: &Value) -> Result<Vec<Change>, Vec<String>> {
    let mut store = Store { documented: old.clone(), modelled: Arc::new(new.clone()) };
    assert_formats(&mut store.documented);
    assert_formats(Arc::make_mut(&mut store.modelled));
    let old = Document::read(&store, Side::Documented)?;
    let new = Document::read(&store, Side::Modelled)?;
    Ok(between(&store, &old, &new))
}

/// The changes from the documented side of a store to its other side.
pub(crate) fn between(store: &Store, old: &Document, new: &Document) -> Vec<Change> {
    let mut comparison = Comparison {
        store,
        operation: OperationId::named(""),
        status: None,
        changes: Vec::new(),
        sameness: Sameness::new(store),
        known: HashMap::new(),
    };
    let renamed = renamed(old, new);
    let is_old = |it: &&Operation| renamed.values().any(|id| **id == it.id);
    let all = old.operations.iter().filter(|it| !is_old(it)).chain(&new.operations);
    for id in all.map(|it| &it.id).collect::<BTreeSet<_>>() {
        comparison.operation = id.clone();
        comparison.status = None;
        let old_id = renamed.get(id).copied().unwrap_or(id);
        match (old.operation(old_id.as_str()), new.operation(id.as_str())) {
            (Some(old), Some(new)) => comparison.operation(old, new),
            (Some(_), None) => {
                comparison.add(None, Effect::Breaks, "operation no longer described")
            }
            (None, _) => comparison.add(None, Effect::Adds, "new operation"),
        }
    }
    comparison.changes
}

/// Operations that differ in the names of path parameters alone: the newer name, then the older.
fn renamed<'d>(old: &'d Document, new: &'d Document) -> BTreeMap<&'d OperationId, &'d OperationId> {
    let only = |it: &&'d Operation, other: &Document| other.operation(it.id.as_str()).is_none();
    let older = old.operations.iter().filter(|it| only(it, new)).collect::<Vec<_>>();
    let pair = |newer: &'d Operation| {
        let is_alike = |older: &&&Operation| {
            older.method == newer.method
                && older.query == newer.query
                && older.template.is_alike(&newer.template)
        };
        let mut alike = older.iter().filter(is_alike);
        Some((&newer.id, &alike.next()?.id))
    };
    new.operations.iter().filter(|it| only(it, old)).filter_map(pair).collect()
}

struct Comparison<'c> {
    store: &'c Store,
    operation: OperationId,
    status: Option<StatusPattern>,
    changes: Vec<Change>,
    sameness: Sameness<'c>,
    /// What was found of nodes: many operations return the same components.
    known: HashMap<Node, Rc<Compared>>,
}

/// A place of both documents: two schemas, and the segments below them. Where one schema on each side says all there is
/// to be said of the place, it is that and no segments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node {
    roots: [Address; 2],
    segments: Vec<String>,
}

/// What changes at a node.
struct Compared {
    /// By the member that it is about; none for the place itself.
    changes: Vec<(Option<String>, Effect, String)>,
    /// Places below that both have, where something may differ.
    below: Vec<(String, Node)>,
    /// The alternatives of the place, where something may differ, each with its name in words.
    alternatives: Vec<(String, Alternative)>,
    /// What is said of all of them alike.
    beside: [Beside; 2],
    /// The schemas whose members were compared: another place with the same would tell the same again.
    schemas: [Vec<Address>; 2],
}

/// An alternative of a place.
enum Alternative {
    Both(Node),
    /// It came, or comes, only in one of the documents.
    Of(Effect),
}

/// What one document says of members whatever the alternative.
#[derive(Default)]
struct Beside {
    required: BTreeSet<String>,
    names: BTreeSet<String>,
}

/// A node that is still to be compared.
struct Open {
    place: Place,
    node: Node,
    /// The alternative that it is in, in words.
    within: Option<String>,
    /// Where it is an alternative: the node that has it.
    of: Option<Rc<Compared>>,
}

impl Open {
    fn below(&self, name: &str, node: &Node) -> Self {
        let place = self.place.member(name);
        Self { place, node: node.clone(), within: self.within.clone(), of: None }
    }

    /// Whether what changes of a member in an alternative is said beside the alternatives, so that nothing changes.
    fn is_said_beside(&self, name: &str, what: &str) -> bool {
        let beside = |says: fn(&Compared) -> &BTreeSet<String>| {
            self.of.as_ref().is_some_and(|it| says(it).contains(name))
        };
        match what {
            MAY_BE_MISSING => beside(|it| &it.beside[1].required),
            ALWAYS_THERE => beside(|it| &it.beside[0].required),
            NO_LONGER_PROMISED => beside(|it| &it.beside[1].names),
            NEW => beside(|it| &it.beside[0].names),
            _ => false,
        }
    }
}

const MAY_BE_MISSING: &str = "may be missing";
const ALWAYS_THERE: &str = "always there";
const NO_LONGER_PROMISED: &str = "no longer promised";
const NEW: &str = "new";

impl Comparison<'_> {
    fn add(&mut self, place: Option<Place>, effect: Effect, what: impl Into<String>) {
        let change = Change {
            operation: self.operation.clone(),
            status: self.status.map(|it| it.in_words().trim_end_matches(':').to_owned()),
            place,
            effect,
            what: what.into(),
        };
        // Two media types of one response may tell the same.
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let both = old.responses.iter().chain(&new.responses);
        for pattern in both.map(|it| it.status).collect::<BTreeSet<_>>() {
            self.status = Some(pattern);
            match (old.of_pattern(pattern), new.of_pattern(pattern)) {
                (Some(old), Some(new)) => self.response(old, new),
                (Some(_), None) => self.add(None, Effect::Breaks, "status no longer described"),
                (None, _) => self.add(None, Effect::Adds, "new status"),
            }
        }
    }

    fn response(&mut self, old: &Response, new: &Response) {
        let of = |response: &Response, media_type: &str| {
            response.content.iter().position(|it| it.media_type == media_type)
        };
        for old_content in &old.content {
            let media_type = &old_content.media_type;
            match of(new, media_type).map(|it| &new.content[it]) {
                None => {
                    let what = format!("no longer comes as {media_type}");
                    self.add(Some(Place::root()), Effect::Breaks, what);
                }
                Some(new_content) if old_content.is_json() => {
                    match (&old_content.schema, &new_content.schema) {
                        (Some(old), Some(new)) => self.body([old, new]),
                        (Some(_), None) => {
                            self.add(Some(Place::root()), Effect::Breaks, "body no longer promised")
                        }
                        (None, Some(_)) => self.add(Some(Place::root()), Effect::Adds, "new body"),
                        (None, None) => {}
                    }
                }
                Some(_) => {}
            }
        }
        for content in new.content.iter().filter(|it| of(old, &it.media_type).is_none()) {
            let what = format!("also comes as {}", content.media_type);
            self.add(Some(Place::root()), Effect::Adds, what);
        }
    }

    /// Compares what two schemas say of a body, the places nearest to its root first. What changes in one alternative is
    /// told where that is worse than what changes in all of them together.
    fn body(&mut self, roots: [&Address; 2]) {
        let first = self.changes.len();
        let mut visited = BTreeSet::new();
        let mut worst: BTreeMap<Place, Effect> = BTreeMap::new();
        let mut within: Vec<(Place, Effect, String)> = Vec::new();
        let node = Node { roots: roots.map(Clone::clone), segments: Vec::new() };
        let mut open =
            VecDeque::from([Open { place: Place::root(), node, within: None, of: None }]);
        while let Some(here) = open.pop_front() {
            let compared = self.node(&here.node);
            let is_new = visited.insert(compared.schemas.clone());
            for (member, effect, what) in &compared.changes {
                let place = match member {
                    None => here.place.clone(),
                    Some(name) if is_new && !here.is_said_beside(name, what) => {
                        here.place.member(name)
                    }
                    Some(_) => continue,
                };
                match &here.within {
                    Some(alternative) => {
                        within.push((place, *effect, format!("{what} in {alternative}")));
                    }
                    None => {
                        let known = worst.entry(place.clone()).or_insert(*effect);
                        *known = (*known).min(*effect);
                        self.add(Some(place), *effect, what);
                    }
                }
            }
            if !is_new {
                continue;
            }
            open.extend(compared.below.iter().map(|(name, node)| here.below(name, node)));
            for (name, alternative) in &compared.alternatives {
                match alternative {
                    Alternative::Both(node) => open.push_back(Open {
                        place: here.place.clone(),
                        node: node.clone(),
                        within: Some(name.clone()),
                        of: Some(compared.clone()),
                    }),
                    Alternative::Of(effect) => {
                        let what = match effect {
                            Effect::Narrows => format!("{name} comes no longer"),
                            Effect::Breaks | Effect::Adds => format!("{name} may come as well"),
                        };
                        self.add(Some(here.place.clone()), *effect, what);
                    }
                }
            }
        }
        for (place, effect, what) in within {
            if worst.get(&place).is_none_or(|it| *it > effect) {
                self.add(Some(place), effect, what);
            }
        }
        self.changes[first..].sort_by(|a, b| a.place.cmp(&b.place));
    }

    fn node(&mut self, node: &Node) -> Rc<Compared> {
        if let Some(known) = self.known.get(node) {
            return known.clone();
        }
        let compared = Rc::new(self.compared(node));
        self.known.insert(node.clone(), compared.clone());
        compared
    }

    fn compared(&mut self, Node { roots, segments }: &Node) -> Compared {
        let store = self.store;
        let found = roots.each_ref().map(|it| edit::find(store, it, segments));
        let [old, new] =
            roots.each_ref().map(|it| fragment::below(store, it, segments).unwrap_or(json!(true)));
        let own = compare(&old, &new).map(|(effect, what)| (None, effect, what));
        let schemas = found.each_ref().map(|it| edit::described_by(store, it));
        let mut compared = Compared {
            changes: own.into_iter().collect(),
            below: Vec::new(),
            alternatives: Vec::new(),
            beside: Default::default(),
            schemas: schemas.each_ref().map(|it| beyond_references(store, it)),
        };
        if self.sameness.of_all(&found[0], &found[1]) {
            // Whatever changes here comes from above.
            return compared;
        }
        let changes = &mut compared.changes;
        changes.extend(self.rest(&schemas).into_iter().map(|(effect, what)| (None, effect, what)));
        let names = |it: &Vec<Address>| -> BTreeSet<String> {
            it.iter().flat_map(|it| segments_below(store, it)).collect()
        };
        let [old_names, new_names] = schemas.each_ref().map(names);
        let [old_required, new_required] = found.each_ref().map(|it| requirements(store, it));
        let alternatives = told(store, &mut self.sameness, &found);
        if !alternatives.is_empty() {
            compared.beside = found.each_ref().map(|it| Beside {
                required: requirements(store, it),
                names: names(&holding(store, it)),
            });
        }
        let (mut kept, mut gone) = (compared.beside[0].names.clone(), BTreeSet::new());
        for (name, told) in alternatives {
            let alternative = match told {
                Told::Both(roots) => {
                    kept.extend(segments_of(store, &roots[0]));
                    Alternative::Both(Node { roots, segments: Vec::new() })
                }
                Told::Gone(at) => {
                    gone.extend(segments_of(store, &at));
                    Alternative::Of(Effect::Narrows)
                }
                Told::New => Alternative::Of(Effect::Breaks),
            };
            compared.alternatives.push((name, alternative));
        }
        let changes = &mut compared.changes;
        for name in old_names.union(&new_names) {
            let mut add =
                |effect, what: &str| changes.push((Some(name.clone()), effect, what.to_owned()));
            match (old_names.contains(name), new_names.contains(name)) {
                // That the alternative comes no longer says it.
                (true, false) if gone.contains(name) && !kept.contains(name) => {}
                (true, false) => add(Effect::Breaks, NO_LONGER_PROMISED),
                (false, _) => add(Effect::Adds, NEW),
                (true, true) => {
                    match (old_required.contains(name), new_required.contains(name)) {
                        (true, false) => add(Effect::Breaks, MAY_BE_MISSING),
                        (false, true) => add(Effect::Narrows, ALWAYS_THERE),
                        _ => {}
                    }
                    let below = [segments.as_slice(), std::slice::from_ref(name)].concat();
                    let node = self.nearest(roots, below);
                    // Where one schema says all, the same schema says the same.
                    let [old, new] = node.roots.each_ref().map(std::slice::from_ref);
                    if !node.segments.is_empty() || !self.sameness.of_all(old, new) {
                        compared.below.push((name.clone(), node));
                    }
                }
            }
        }
        compared
    }

    /// The node of a place, as near as one schema on each side says all of it.
    fn nearest(&self, roots: &[Address; 2], segments: Vec<String>) -> Node {
        let alone = |root: &Address| -> Option<Address> {
            let found = edit::find(self.store, root, &segments);
            let [one] = found.as_slice() else { return None };
            let says_all =
                fragment::below(self.store, root, &segments)? == fragment::at(self.store, one);
            says_all.then(|| self.sameness.follow(one))
        };
        match roots.each_ref().map(alone) {
            [Some(old), Some(new)] => Node { roots: [old, new], segments: Vec::new() },
            _ => Node { roots: roots.clone(), segments },
        }
    }

    /// What is said of members that are not named, and in ways that are not compared place by place.
    fn rest(&mut self, [old, new]: &[Vec<Address>; 2]) -> Vec<(Effect, String)> {
        let mut changes = Vec::new();
        let closed =
            |all: &[Address]| all.iter().any(|it| rest_of(self.store, it) == Some(Rest::Closed));
        match (closed(old), closed(new)) {
            (true, false) => changes.push((Effect::Adds, "other members may come".to_owned())),
            (false, true) => changes.push((Effect::Narrows, "no other members come".to_owned())),
            _ => {}
        }
        for keyword in UNCOMPARED {
            let [old, new] = [old, new].map(|all| -> Vec<Address> {
                let children = all.iter().map(|it| it.child(keyword));
                children.filter(|it| self.store.get(it).is_some()).collect()
            });
            if !self.sameness.of_all(&old, &new) {
                changes.push((Effect::Breaks, format!("`{keyword}` says something else")));
            }
        }
        changes
    }
}

fn compare(old: &Value, new: &Value) -> Option<(Effect, String)> {
    let null = json!({ "type": "null" });
    let takes_null = |it: &Value| fragment::covers(it, &null) == Containment::Yes;
    let codes = |it: &Value| it.get("enum").and_then(Value::as_array).cloned();
    match (fragment::covers(old, new), fragment::covers(new, old)) {
        (Containment::Yes, Containment::Yes) => None,
        (Containment::Yes, _) => {
            Some((Effect::Narrows, format!("{} becomes {}", describe(old), describe(new))))
        }
        _ if takes_null(new) && !takes_null(old) => Some((
            Effect::Breaks,
            format!("null is new: {} becomes {}", describe(old), describe(new)),
        )),
        _ => {
            let new_codes: Vec<String> = match (codes(old), codes(new)) {
                (Some(old), Some(new)) => {
                    new.iter().filter(|it| !old.contains(it)).map(Value::to_string).collect()
                }
                _ => Vec::new(),
            };
            let (was, is) = (describe(old), describe(new));
            let what = match (new_codes.is_empty(), was == is) {
                (false, _) => format!("new codes: {}", new_codes.join(", ")),
                (true, false) => format!("{was} becomes {is}"),
                (true, true) => format!("{was}: {} changes", differing(old, new)),
            };
            Some((Effect::Breaks, what))
        }
    }
}

/// The keywords that two fragments do not share.
fn differing(old: &Value, new: &Value) -> String {
    let keywords = [old, new].map(|it| it.as_object().cloned().unwrap_or_default());
    let all: BTreeSet<&String> = keywords.iter().flat_map(|it| it.keys()).collect();
    let differ = all.into_iter().filter(|it| keywords[0].get(*it) != keywords[1].get(*it));
    differ.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(schema: Value) -> Value {
        json!({
            "openapi": "3.1.0",
            "paths": {"/a": {"get": {"responses": {"200": {
                "content": {"application/json": {"schema": schema}},
            }}}}},
        })
    }

    fn check(old: Value, new: Value) -> String {
        let changes = changes(&document(old), &document(new)).unwrap();
        changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_change_says_what_it_does_to_a_reader() {
        let member = |schema: Value| json!({"type": "object", "properties": {"m": schema}, "required": ["m"]});
        let string = json!({"type": "string"});
        let cases = [
            (member(string.clone()), member(json!({"description": "…", "type": "string"})), ""),
            (
                member(string.clone()),
                member(json!({"type": ["string", "null"]})),
                "GET /a 200 /m: null is new: string becomes string or null (breaks a reader)",
            ),
            (
                member(json!({"type": "integer", "enum": [0, 1]})),
                member(json!({"type": "integer", "enum": [0, 1, 2]})),
                "GET /a 200 /m: new codes: 2 (breaks a reader)",
            ),
            (
                member(json!({"type": "integer"})),
                member(json!({"type": "number"})),
                "GET /a 200 /m: integer becomes number (breaks a reader)",
            ),
            (
                member(json!({"type": "number"})),
                member(json!({"type": "integer"})),
                "GET /a 200 /m: number becomes integer (only narrows)",
            ),
            (
                member(string.clone()),
                json!({"type": "object", "properties": {"m": string}}),
                "GET /a 200 /m: may be missing (breaks a reader)",
            ),
            (
                member(string.clone()),
                json!({"type": "object"}),
                "GET /a 200 /m: no longer promised (breaks a reader)",
            ),
            (json!({"type": "object"}), member(string), "GET /a 200 /m: new (only adds)"),
        ];
        for (old, new, expected) in cases {
            assert_eq!(check(old, new), expected);
        }
    }

    #[test]
    fn a_recursive_schema_ends() {
        let mut old = document(json!({"$ref": "#/components/schemas/N"}));
        old["components"] = json!({"schemas": {"N": {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}}}}});
        assert_eq!(changes(&old, &old).unwrap(), []);
    }
}

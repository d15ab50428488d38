//! Two versions of a description of the responses: what the newer one does to a reader of the older, place by place.
//! Nothing about wording.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    rc::Rc,
    sync::Arc,
};

use jsonschema::canonical::Containment;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    document::{Document, Operation, OperationId, Response, StatusPattern, assert_formats},
    inclusion::{Rest, UNCOMPARED, beyond_references, requirements, rest_of, segments_below},
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
    let all = old.operations.iter().chain(&new.operations);
    for id in all.map(|it| &it.id).collect::<BTreeSet<_>>() {
        comparison.operation = id.clone();
        comparison.status = None;
        match (old.operation(id.as_str()), new.operation(id.as_str())) {
            (Some(old), Some(new)) => comparison.operation(old, new),
            (Some(_), None) => {
                comparison.add(None, Effect::Breaks, "operation no longer described")
            }
            (None, _) => comparison.add(None, Effect::Adds, "new operation"),
        }
    }
    comparison.changes
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
    /// The schemas whose members were compared: another place with the same would tell the same again.
    schemas: [Vec<Address>; 2],
}

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

    /// Compares what two schemas say of a body, the places nearest to its root first.
    fn body(&mut self, roots: [&Address; 2]) {
        let first = self.changes.len();
        let mut visited = BTreeSet::new();
        let root = Node { roots: roots.map(Clone::clone), segments: Vec::new() };
        let mut open = VecDeque::from([(Place::root(), root)]);
        while let Some((place, node)) = open.pop_front() {
            let compared = self.node(&node);
            let is_new = visited.insert(compared.schemas.clone());
            for (member, effect, what) in &compared.changes {
                match member {
                    None => self.add(Some(place.clone()), *effect, what),
                    Some(name) if is_new => self.add(Some(place.member(name)), *effect, what),
                    Some(_) => {}
                }
            }
            if is_new {
                let below = compared.below.iter();
                open.extend(below.map(|(name, node)| (place.member(name), node.clone())));
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
        for name in old_names.union(&new_names) {
            let mut add =
                |effect, what: &str| changes.push((Some(name.clone()), effect, what.to_owned()));
            match (old_names.contains(name), new_names.contains(name)) {
                (true, false) => add(Effect::Breaks, "no longer promised"),
                (false, _) => add(Effect::Adds, "new"),
                (true, true) => {
                    match (old_required.contains(name), new_required.contains(name)) {
                        (true, false) => add(Effect::Breaks, "may be missing"),
                        (false, true) => add(Effect::Narrows, "always there"),
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

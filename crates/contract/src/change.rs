//! Two versions of a description of the responses: what the newer one does to a reader of the older, place by place.
//! Nothing about wording.

use std::{collections::BTreeSet, fmt};

use jsonschema::canonical::Containment;
use serde_json::{Value, json};

use crate::{
    document::{Document, Operation, OperationId, StatusPattern},
    inclusion::{beyond_references, requirements, segments_below},
    place::Place,
    schema::{Address, Side, Store, describe::describe, edit, fragment},
};

/// What a change does to a reader of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The operation.
    pub operation: OperationId,
    /// The response's status; none where the whole operation changes.
    pub status: Option<u16>,
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
        if let Some(status) = self.status {
            write!(f, " {status}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " {place}")?;
        }
        write!(f, ": {} ({})", self.what, self.effect.as_str())
    }
}

/// The changes from one OpenAPI 3.1 document to another.
///
/// # Errors
/// Where one of them cannot be read.
pub fn changes(old: &Value, new: &Value) -> Result<Vec<Change>, Vec<String>> {
    let store = Store { documented: old.clone(), modelled: new.clone() };
    let old = Document::read(&store, Side::Documented)?;
    let new = Document::read(&store, Side::Modelled)?;
    let mut changes = Vec::new();
    let ids: BTreeSet<&OperationId> =
        old.operations.iter().chain(&new.operations).map(|it| &it.id).collect();
    for id in ids {
        let mut comparison = Comparison {
            store: &store,
            operation: id,
            status: None,
            changes: &mut changes,
            visited: BTreeSet::new(),
        };
        match (old.operation(id.as_str()), new.operation(id.as_str())) {
            (Some(old), Some(new)) => comparison.operation(old, new),
            (Some(_), None) => {
                comparison.add(None, Effect::Breaks, "operation no longer described")
            }
            (None, _) => comparison.add(None, Effect::Adds, "new operation"),
        }
    }
    Ok(changes)
}

struct Comparison<'c> {
    store: &'c Store,
    operation: &'c OperationId,
    status: Option<u16>,
    changes: &'c mut Vec<Change>,
    /// Pairs of schemas whose members were compared.
    visited: BTreeSet<[Vec<Address>; 2]>,
}

impl Comparison<'_> {
    fn add(&mut self, place: Option<Place>, effect: Effect, what: impl Into<String>) {
        let change = Change {
            operation: self.operation.clone(),
            status: self.status,
            place,
            effect,
            what: what.into(),
        };
        self.changes.push(change);
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let both = old.responses.iter().chain(&new.responses);
        let exact = both.filter_map(|it| match it.status {
            StatusPattern::Exact(status) => Some(status),
            StatusPattern::Class(_) | StatusPattern::Default => None,
        });
        for status in exact.collect::<BTreeSet<_>>() {
            self.status = Some(status);
            match (old.response(status), new.response(status)) {
                (Some(_), None) => self.add(None, Effect::Breaks, "status no longer described"),
                (None, _) => self.add(None, Effect::Adds, "new status"),
                (Some(_), Some(_)) => match (old.json_schema(status), new.json_schema(status)) {
                    (Some(old), Some(new)) => {
                        self.visited.clear();
                        self.place([old, new], &mut Vec::new())
                    }
                    (Some(_), None) => {
                        self.add(Some(Place::root()), Effect::Breaks, "body no longer promised")
                    }
                    (None, Some(_)) => self.add(Some(Place::root()), Effect::Adds, "new body"),
                    (None, None) => {}
                },
            }
        }
    }

    fn place(&mut self, roots: [&Address; 2], segments: &mut Vec<String>) {
        let place = segments.iter().fold(Place::root(), |place, it| place.member(it));
        let [old, new] =
            roots.map(|it| fragment::below(self.store, it, segments).unwrap_or(json!(true)));
        if let Some((effect, what)) = compare(&old, &new) {
            self.add(Some(place.clone()), effect, what);
        }
        let found = roots.map(|it| edit::find(self.store, it, segments));
        let schemas = found.each_ref().map(|it| edit::described_by(self.store, it));
        if !self.visited.insert(schemas.each_ref().map(|it| beyond_references(self.store, it))) {
            return;
        }
        let names = |it: &Vec<Address>| -> BTreeSet<String> {
            it.iter().flat_map(|it| segments_below(self.store, it)).collect()
        };
        let [old_names, new_names] = schemas.each_ref().map(names);
        let [old_required, new_required] = found.each_ref().map(|it| requirements(self.store, it));
        for name in old_names.union(&new_names) {
            let child = Some(place.member(name));
            match (old_names.contains(name), new_names.contains(name)) {
                (true, false) => self.add(child, Effect::Breaks, "no longer promised"),
                (false, _) => self.add(child, Effect::Adds, "new"),
                (true, true) => {
                    match (old_required.contains(name), new_required.contains(name)) {
                        (true, false) => self.add(child, Effect::Breaks, "may be missing"),
                        (false, true) => self.add(child, Effect::Narrows, "always there"),
                        _ => {}
                    }
                    segments.push(name.clone());
                    self.place(roots, segments);
                    segments.pop();
                }
            }
        }
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
            let what = if new_codes.is_empty() {
                format!("{} becomes {}", describe(old), describe(new))
            } else {
                format!("new codes: {}", new_codes.join(", "))
            };
            Some((Effect::Breaks, what))
        }
    }
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

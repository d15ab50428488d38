//! The walk over a document by what its objects are: schemas are translated, references are collected.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::{
    document::files::{At, Dialect, Files},
    document::schema::Translator,
    place::push_segment,
};

/// What an object of a document is (OpenAPI 3.1, section 4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Document,
    Components,
    PathItem,
    Operation,
    /// A map of path items by expression.
    Callback,
    Parameter,
    /// Also a request body: both have `content`.
    Response,
    MediaType,
    Schema,
}

/// How an object holds others.
#[derive(Debug, Clone, Copy)]
enum Holds {
    One(Kind),
    Map(Kind),
    List(Kind),
}

impl Kind {
    /// What stands under a member.
    fn below(self, member: &str) -> Option<Holds> {
        use Holds::{List, Map, One};
        Some(match (self, member) {
            (Self::Document, "components") => One(Self::Components),
            (Self::Document, "paths" | "webhooks") => Map(Self::PathItem),
            (Self::Components, "schemas") => Map(Self::Schema),
            (Self::Components, "responses" | "requestBodies") => Map(Self::Response),
            (Self::Components, "parameters" | "headers") => Map(Self::Parameter),
            (Self::Components, "pathItems") => Map(Self::PathItem),
            (Self::Components | Self::Operation, "callbacks") => Map(Self::Callback),
            (Self::PathItem | Self::Operation, "parameters") => List(Self::Parameter),
            (Self::PathItem, it) if super::METHODS.contains(&it) => One(Self::Operation),
            (Self::Callback, it) if !it.starts_with("x-") => One(Self::PathItem),
            (Self::Operation, "responses") => Map(Self::Response),
            (Self::Operation, "requestBody") => One(Self::Response),
            (Self::Parameter | Self::Response, "content") => Map(Self::MediaType),
            (Self::Response, "headers") => Map(Self::Parameter),
            (Self::Parameter | Self::MediaType, "schema") => One(Self::Schema),
            (
                Self::Schema,
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
            ) => Map(Self::Schema),
            (Self::Schema, "allOf" | "anyOf" | "oneOf" | "prefixItems") => List(Self::Schema),
            (
                Self::Schema,
                "items"
                | "additionalProperties"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties",
            ) => One(Self::Schema),
            _ => return None,
        })
    }
}

/// References by the file they stand in and their text, each with what stands there and where.
pub(super) type References = BTreeMap<(usize, String), Vec<(Kind, String)>>;

/// Walks the document from its root, then whatever its references lead to, and gives the references.
pub(super) fn walk(files: &mut Files, dialect: Dialect) -> References {
    let mut walker = Walker {
        file: files.root,
        place: String::new(),
        references: References::new(),
        found: Vec::new(),
        translator: Translator::new(dialect),
        faults: Vec::new(),
    };
    let mut open = vec![(At { file: files.root, pointer: String::new() }, Kind::Document)];
    let mut begun: HashSet<At> = HashSet::new();
    while let Some((at, kind)) = open.pop() {
        if !begun.insert(at.clone()) {
            continue;
        }
        let Some(place) = files.values[at.file].pointer_mut(&at.pointer) else { continue };
        let mut value = place.take();
        walker.file = at.file;
        walker.place.clone_from(&at.pointer);
        walker.value(&mut value, kind);
        if let Some(place) = files.values[at.file].pointer_mut(&at.pointer) {
            *place = value;
        }
        for (file, reference, kind) in walker.found.drain(..) {
            if let Ok(target) = files.resolve(file, &reference)
                && !is_walked_from_the_root(files, &target)
            {
                open.push((target, kind));
            }
        }
    }
    files.has_write_only = walker.translator.has_write_only;
    for (at, message) in walker.faults.into_iter().chain(walker.translator.folded()) {
        files.fault(at.file, &at.pointer, &message);
    }
    walker.references
}

fn is_walked_from_the_root(files: &Files, at: &At) -> bool {
    let mut segments = at.pointer.split('/').skip(1);
    at.file == files.root
        && segments.next() == Some("components")
        && segments.next().is_some_and(|it| Kind::Components.below(it).is_some())
}

struct Walker {
    file: usize,
    place: String,
    references: References,
    /// References that were not met before.
    found: Vec<(usize, String, Kind)>,
    translator: Translator,
    faults: Vec<(At, String)>,
}

impl Walker {
    fn value(&mut self, value: &mut Value, kind: Kind) {
        let members = match value {
            Value::Object(members) => members,
            Value::Bool(_) if kind == Kind::Schema => return,
            _ => {
                let message = match kind {
                    Kind::Schema => "promised a schema, an object; read as one that takes anything",
                    _ => "promised an object; left out",
                };
                self.fault("", message);
                *value = match kind {
                    Kind::Schema => Value::Bool(true),
                    _ => Value::Object(serde_json::Map::new()),
                };
                return;
            }
        };
        match members.get("$ref") {
            Some(Value::String(reference)) => {
                let places = self.references.entry((self.file, reference.clone())).or_default();
                if places.is_empty() {
                    self.found.push((self.file, reference.clone(), kind));
                }
                places.push((kind, self.place.clone()));
            }
            Some(_) if kind != Kind::Callback => {
                members.shift_remove("$ref");
                self.fault("$ref", "promised a text; left out");
            }
            _ => {}
        }
        for (name, member) in members.iter_mut() {
            let Some(holds) = kind.below(name) else { continue };
            self.step(name, |walker| walker.held(member, holds));
        }
        if kind == Kind::Schema {
            let at = At { file: self.file, pointer: self.place.clone() };
            self.translator.translate(value, &at, &mut self.faults);
        }
    }

    fn held(&mut self, value: &mut Value, holds: Holds) {
        match (holds, value) {
            (Holds::One(kind), value) => self.value(value, kind),
            (Holds::Map(kind), Value::Object(members)) => {
                for (name, member) in members.iter_mut().filter(|it| !is_extension(it.0, kind)) {
                    self.step(name, |walker| walker.value(member, kind));
                }
            }
            (Holds::List(kind), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.step(&index.to_string(), |walker| walker.value(item, kind));
                }
            }
            // What holds schemas is told with the keyword.
            (Holds::Map(Kind::Schema) | Holds::List(Kind::Schema), _) => {}
            (Holds::Map(_), value) => {
                self.fault("", "promised an object; left out");
                *value = Value::Object(serde_json::Map::new());
            }
            (Holds::List(_), value) => {
                self.fault("", "promised a list; left out");
                *value = Value::Array(Vec::new());
            }
        }
    }

    fn step(&mut self, segment: &str, then: impl FnOnce(&mut Self)) {
        let length = self.place.len();
        push_segment(&mut self.place, segment);
        then(self);
        self.place.truncate(length);
    }

    fn fault(&mut self, member: &str, message: &str) {
        let mut pointer = self.place.clone();
        if !member.is_empty() {
            push_segment(&mut pointer, member);
        }
        self.faults.push((At { file: self.file, pointer }, message.to_owned()));
    }
}

/// Maps of anything but names that people choose may hold extensions.
fn is_extension(name: &str, kind: Kind) -> bool {
    kind != Kind::Schema && kind != Kind::MediaType && name.starts_with("x-")
}

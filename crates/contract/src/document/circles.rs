//! Schemas that refer to themselves for the same value: no validator ends on them. The circle is cut where that changes
//! least.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::{
    place::push_segment,
    schema::{edit::MOST_REFERENCES, store::percent_decode},
};

/// After so many rounds, whatever closes a circle is cut.
const CAREFUL_ROUNDS: usize = 8;

const APPLICATORS: &[&str] = &[
    "$ref",
    "allOf",
    "anyOf",
    "dependentSchemas",
    "discriminator",
    "else",
    "if",
    "not",
    "oneOf",
    "then",
];

/// Cuts every circle and every endless chain that starts at one of the targets of references, and tells where.
pub(super) fn cut(document: &mut Value, targets: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for round in 0.. {
        let mut search = Search {
            document,
            is_careful: round < CAREFUL_ROUNDS,
            heights: HashMap::new(),
            open: HashMap::new(),
            edges: Vec::new(),
            cuts: BTreeMap::new(),
        };
        for target in targets {
            if let Some(schema) = search.document.pointer(target) {
                search.visit(schema, target, "$ref");
            }
        }
        let cuts = search.cuts;
        if cuts.is_empty() {
            break;
        }
        for (pointer, (replacement, message)) in cuts {
            if let Some(schema) = document.pointer_mut(&pointer) {
                *schema = replacement;
            }
            told.push((pointer, message));
        }
    }
    told
}

struct Search<'d> {
    document: &'d Value,
    is_careful: bool,
    /// How many references follow behind a schema that is done.
    heights: HashMap<*const Value, usize>,
    /// The schemas that are being visited, by the number of references that led there.
    open: HashMap<*const Value, usize>,
    edges: Vec<Edge>,
    cuts: BTreeMap<String, (Value, String)>,
}

/// A `$ref` on the way.
#[derive(Clone)]
struct Edge {
    pointer: String,
    /// The keyword that holds it.
    via: &'static str,
    target: String,
}

impl<'d> Search<'d> {
    /// How many references follow one another behind a schema, for the same value.
    fn visit(&mut self, schema: &'d Value, at: &str, via: &'static str) -> usize {
        let id: *const Value = schema;
        let Value::Object(keywords) = schema else { return 0 };
        if let Some(height) = self.heights.get(&id) {
            return *height;
        }
        self.open.insert(id, self.edges.len());
        let mut height = 0;
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            height = self.reference(reference, at, via);
        }
        for (keyword, below, part) in parts(keywords) {
            height = height.max(self.visit(part, &format!("{at}{below}"), keyword));
        }
        self.open.remove(&id);
        self.heights.insert(id, height);
        height
    }

    fn reference(&mut self, reference: &str, at: &str, via: &'static str) -> usize {
        let Some(target) = reference.strip_prefix('#').and_then(percent_decode) else { return 0 };
        let Some(schema) = self.document.pointer(&target) else { return 0 };
        let edge = Edge { pointer: at.to_owned(), via, target: target.clone() };
        if let Some(since) = self.open.get(&std::ptr::from_ref(schema)) {
            let circle: Vec<Edge> = self.edges[*since..].iter().cloned().chain([edge]).collect();
            self.cut_circle(&circle);
            return 0;
        }
        self.edges.push(edge);
        let height = match self.edges.len() > MOST_REFERENCES {
            true => MOST_REFERENCES,
            false => self.visit(schema, &target, "$ref") + 1,
        };
        let edge = self.edges.pop();
        match edge {
            Some(edge) if height > MOST_REFERENCES || self.edges.len() == MOST_REFERENCES => {
                let message = format!(
                    "more than {MOST_REFERENCES} references hold for one value; cut off here, read as a schema that takes anything"
                );
                self.cuts.insert(edge.pointer, (Value::Bool(true), message));
                0
            }
            _ => height,
        }
    }

    /// A schema that all of another's alternatives build on is meant without the alternatives.
    fn cut_circle(&mut self, circle: &[Edge]) {
        let Some(last) = circle.last() else { return };
        let on_base = circle.iter().find(|it| it.via == "allOf" && self.is_careful);
        let edge = on_base.unwrap_or(last);
        let (replacement, reading) = match edge.via {
            "anyOf" | "oneOf" => (Value::Bool(false), "this alternative adds nothing"),
            "allOf" | "$ref" => {
                let own = self.document.pointer(&edge.target).and_then(Value::as_object);
                let own: Map<String, Value> = own
                    .into_iter()
                    .flatten()
                    .filter(|it| !APPLICATORS.contains(&it.0.as_str()))
                    .map(|(keyword, value)| (keyword.clone(), value.clone()))
                    .collect();
                (
                    Value::Object(own),
                    "read as what the schema says itself, without its alternatives",
                )
            }
            _ => (Value::Bool(true), "read as a schema that takes anything"),
        };
        let message = format!(
            "`$ref` leads in a circle back to its own schema, for the same value; {reading}"
        );
        self.cuts.insert(edge.pointer.clone(), (replacement, message));
    }
}

/// The schemas that hold for the same value, each with the keyword that holds it and its pointer below the schema.
fn parts(keywords: &Map<String, Value>) -> Vec<(&'static str, String, &Value)> {
    let mut found = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let items = keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
        found.extend(items.enumerate().map(|(i, it)| (keyword, format!("/{keyword}/{i}"), it)));
    }
    for keyword in ["not", "if", "then", "else"] {
        found.extend(keywords.get(keyword).map(|it| (keyword, format!("/{keyword}"), it)));
    }
    let dependent = "dependentSchemas";
    let members = keywords.get(dependent).and_then(Value::as_object).into_iter().flatten();
    found.extend(members.map(|(name, it)| {
        let mut pointer = format!("/{dependent}");
        push_segment(&mut pointer, name);
        (dependent, pointer, it)
    }));
    found
}

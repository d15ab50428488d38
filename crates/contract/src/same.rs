//! Whether two schemas say the same, whatever their layout and wording: references followed, annotations left out.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::schema::{Address, Store, edit};

/// Two addresses.
type Pair = (Address, Address);

/// Answers for one store; what it found once it knows.
#[derive(Debug)]
pub(crate) struct Sameness<'s> {
    store: &'s Store,
    same: HashSet<Pair>,
    different: HashSet<Pair>,
}

/// What a part of a schema is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Schema,
    /// Names, each with a schema.
    Map,
    /// Schemas in order.
    List,
    /// Values in no order.
    Set,
    Reference,
    Data,
}

impl Part {
    /// What a keyword of a schema holds; none for an annotation.
    fn of(keyword: &str, value: &Value) -> Option<Self> {
        Some(match keyword {
            "title" | "description" | "example" | "examples" | "default" | "deprecated"
            | "externalDocs" | "xml" | "readOnly" | "writeOnly" | "discriminator" | "$comment"
            | "$defs" | "definitions" => return None,
            it if it.starts_with("x-") => return None,
            "properties" | "patternProperties" | "dependentSchemas" => Self::Map,
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => Self::List,
            "type" | "enum" | "required" => Self::Set,
            "$ref" => Self::Reference,
            _ if value.is_object() || value.is_boolean() => Self::Schema,
            _ => Self::Data,
        })
    }
}

impl<'s> Sameness<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store, same: HashSet::new(), different: HashSet::new() }
    }

    /// Whether the schemas of two lists say the same, one by one.
    pub(crate) fn of_all(&mut self, a: &[Address], b: &[Address]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.of(a, b))
    }

    fn of(&mut self, a: &Address, b: &Address) -> bool {
        let pair = (self.follow(a), self.follow(b));
        if self.same.contains(&pair) || self.different.contains(&pair) {
            return self.same.contains(&pair);
        }
        // A pair that leads back to itself is the same unless something else differs.
        let mut assumed = HashSet::new();
        let is_same = self.schemas(&pair.0, &pair.1, &mut assumed);
        if is_same {
            self.same.extend(assumed);
            self.same.insert(pair);
        } else {
            self.different.insert(pair);
        }
        is_same
    }

    fn schemas(&self, a: &Address, b: &Address, assumed: &mut HashSet<Pair>) -> bool {
        let pair = (self.follow(a), self.follow(b));
        if pair.0 != *a || pair.1 != *b {
            if self.different.contains(&pair) {
                return false;
            }
            if self.same.contains(&pair) || !assumed.insert(pair.clone()) {
                return true;
            }
        }
        let (a, b) = (&pair.0, &pair.1);
        let (Some(Value::Object(old)), Some(Value::Object(new))) =
            (self.store.get(a), self.store.get(b))
        else {
            return self.store.get(a) == self.store.get(b);
        };
        said(old).count() == said(new).count()
            && said(old).all(|(name, part)| {
                let (a, b) = (a.child(name), b.child(name));
                new.contains_key(name) && self.parts(part, &a, &b, assumed)
            })
    }

    fn parts(&self, part: Part, a: &Address, b: &Address, assumed: &mut HashSet<Pair>) -> bool {
        let mut below = |segment: &str| self.schemas(&a.child(segment), &b.child(segment), assumed);
        match (part, self.store.get(a), self.store.get(b)) {
            (Part::Schema, ..) => self.schemas(a, b, assumed),
            (Part::Reference, ..) => match (self.target(a), self.target(b)) {
                (Some(a), Some(b)) => self.schemas(&a, &b, assumed),
                _ => false,
            },
            (Part::Map, Some(Value::Object(old)), Some(Value::Object(new))) => {
                old.len() == new.len()
                    && old.keys().all(|name| new.contains_key(name) && below(name))
            }
            (Part::List, Some(Value::Array(old)), Some(Value::Array(new))) => {
                old.len() == new.len() && (0..old.len()).all(|it| below(&it.to_string()))
            }
            (Part::Set, Some(Value::Array(old)), Some(Value::Array(new))) => {
                old.iter().all(|it| new.contains(it)) && new.iter().all(|it| old.contains(it))
            }
            (_, old, new) => old == new,
        }
    }

    /// Where a `$ref` keyword leads.
    fn target(&self, keyword: &Address) -> Option<Address> {
        self.store.resolve(keyword.side, self.store.get(keyword)?.as_str()?)
    }

    /// The schema itself, or where it leads while it is a reference and no more.
    pub(crate) fn follow(&self, at: &Address) -> Address {
        edit::follow(self.store, at, |it| said(it).all(|(name, _)| name == "$ref"))
    }
}

/// The keywords that are no annotations.
fn said(keywords: &Map<String, Value>) -> impl Iterator<Item = (&String, Part)> {
    keywords.iter().filter_map(|(name, value)| Some((name, Part::of(name, value)?)))
}

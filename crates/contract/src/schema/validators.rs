//! The compiled schemas of one contract: each when it is first asked for, and as far as values come.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::schema::{Address, Side, Store, discriminator::place_compiled, edit, excerpt::Excerpt};

/// A schema that leads to no more than this many is compiled at once, for any value.
const FEW: usize = 500;

/// Compiles schemas of a contract's documents.
#[derive(Debug)]
pub(crate) struct Validators {
    store: Arc<Store>,
    few: usize,
    known: Mutex<HashMap<Address, Compiled>>,
}

/// What validates by one schema.
#[derive(Debug, Clone)]
pub(crate) enum Compiled {
    Whole(Arc<Validator>),
    Growing(Arc<Growing>),
}

/// A schema that leads to many others, compiled as far as the values that came reach into them.
#[derive(Debug)]
pub(crate) struct Growing {
    store: Arc<Store>,
    address: Address,
    grown: Mutex<Grown>,
}

#[derive(Debug, Default)]
struct Grown {
    excerpt: Excerpt,
    validator: Option<Arc<Validator>>,
}

impl Validators {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, few: FEW, known: Mutex::default() }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What validates by the schema at an address.
    ///
    /// # Errors
    /// Where it is no JSON Schema; documents that were loaded have none of that.
    pub(crate) fn get(&self, at: &Address) -> Result<Compiled, String> {
        let at = edit::follow(&self.store, at, edit::is_reference_alone);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known().get(&at) {
            return Ok(compiled.clone());
        }
        let compiled = match Excerpt::of_any_value(&self.store, &at, self.few) {
            Some(excerpt) => Compiled::Whole(compile(&self.store, &at, &excerpt)?.into()),
            None => Compiled::Growing(Arc::new(Growing {
                store: self.store.clone(),
                address: at.clone(),
                grown: Mutex::default(),
            })),
        };
        known().insert(at, compiled.clone());
        Ok(compiled)
    }
}

impl Compiled {
    /// What validates a value.
    ///
    /// # Errors
    /// As [`Validators::get`].
    pub(crate) fn of(&self, value: &Value) -> Result<Arc<Validator>, String> {
        match self {
            Self::Whole(validator) => Ok(validator.clone()),
            Self::Growing(growing) => growing.of(value),
        }
    }

    /// Whether the schema takes a value; what cannot be used takes all.
    pub(crate) fn is_valid(&self, value: &Value) -> bool {
        match self {
            Self::Whole(validator) => validator.is_valid(value),
            Self::Growing(growing) => growing.of(value).ok().is_none_or(|it| it.is_valid(value)),
        }
    }
}

impl Growing {
    fn of(&self, value: &Value) -> Result<Arc<Validator>, String> {
        let Self { store, address, grown } = self;
        // What a panic left is whole: a validator is made before it is put in.
        let mut grown = grown.lock().unwrap_or_else(PoisonError::into_inner);
        let Grown { excerpt, validator } = &mut *grown;
        let is_new = excerpt.add(store, address, value);
        if let (Some(validator), false) = (&validator, is_new) {
            return Ok(validator.clone());
        }
        let compiled = Arc::new(compile(store, address, excerpt)?);
        Ok(validator.insert(compiled).clone())
    }
}

fn compile(store: &Store, at: &Address, excerpt: &Excerpt) -> Result<Validator, String> {
    let documents =
        [Side::Documented, Side::Modelled].map(|side| (side, excerpt.document(store, side)));
    let mut registry = Registry::new().draft(Draft::Draft202012);
    for (side, document) in &documents {
        if let Some(document) = document {
            registry = registry.add(side.uri(), document).map_err(|it| it.to_string())?;
        }
    }
    let registry = registry.prepare().map_err(|it| it.to_string())?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .should_validate_formats(true)
        .with_registry(&registry)
        .build(&json!({ "$ref": place_compiled(store, at).reference() }))
        .map_err(|it| format!("{at}: not a JSON Schema: {}", it.masked()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;
    use crate::{document::load, schema::tree::Tree, text::Text, violation::violations};

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[abc]", Just("a/b".to_owned())]
    }

    fn schema() -> impl Strategy<Value = Value> {
        let types = ["null", "boolean", "integer", "string", "array", "object"];
        let leaf = prop_oneof![
            proptest::sample::select(types.to_vec()).prop_map(|it| json!({ "type": it })),
            proptest::sample::select(&["A", "B", "C", "A/oneOf/1", "B/oneOf/0/oneOf/0"][..])
                .prop_map(|it| json!({ "$ref": format!("#/components/schemas/{it}") })),
            Just(json!({ "enum": ["a", 1] })),
            Just(json!({ "const": "b", "description": "b" })),
            Just(json!({ "type": "string", "format": "date" })),
            any::<bool>().prop_map(Value::Bool),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let list = proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::Array);
            let members = proptest::collection::vec((name(), inner.clone()), 1..4);
            let members = members.prop_map(|it| Value::Object(it.into_iter().collect()));
            let required = proptest::collection::btree_set(name(), 1..3);
            let lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
            let singles = [
                "not",
                "if",
                "then",
                "else",
                "items",
                "contains",
                "propertyNames",
                "additionalProperties",
                "unevaluatedItems",
                "unevaluatedProperties",
            ];
            let maps = ["properties", "properties", "dependentSchemas", "patternProperties"];
            let keyword = prop_oneof![
                1 => (proptest::sample::select(lists.to_vec()), list),
                1 => (proptest::sample::select(singles.to_vec()), inner),
                4 => (proptest::sample::select(maps.to_vec()), members),
                1 => required.prop_map(|it| ("required", json!(it))),
            ];
            let keywords = proptest::collection::vec(keyword, 1..4);
            (keywords, any::<bool>()).prop_map(|(them, is_named)| {
                let them = them.into_iter().map(|it| (it.0.to_owned(), it.1));
                let mut schema: Map<String, Value> = them.collect();
                if is_named && schema.contains_key("oneOf") {
                    let mapping = json!({ "a": "A", "b": "B" });
                    let discriminator = json!({ "propertyName": "a", "mapping": mapping });
                    schema.insert("discriminator".into(), discriminator);
                }
                Value::Object(schema)
            })
        })
    }

    fn body() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (0..3).prop_map(Value::from),
            "[ab]".prop_map(Value::from),
            Just(json!("2020-01-01")),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let members = proptest::collection::vec((name(), inner.clone()), 0..4);
            prop_oneof![
                1 => proptest::collection::vec(inner, 0..3).prop_map(Value::Array),
                3 => members.prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_compiled_for_the_values_that_came_judges_as_what_was_compiled_for_any(
            schemas in [schema(), schema(), schema()],
            bodies in proptest::collection::vec(body(), 1..5),
        ) {
            let [a, b, c] = schemas;
            let document = json!({
                "openapi": "3.1.0",
                "info": { "title": "t", "version": "1" },
                "components": { "schemas": { "A": a, "B": b, "C": c } },
            });
            let text = Text { name: "openapi.json".into(), text: document.to_string() };
            let documented = load(&[text]).unwrap().value;
            let store = Arc::new(Store { documented, ..Store::default() });
            let pointer = "/components/schemas/A".to_owned();
            let at = Address { side: Side::Documented, pointer };
            let [whole, growing] = [usize::MAX, 0].map(|few| {
                Validators { store: store.clone(), few, known: Mutex::default() }.get(&at)
            });
            // What is no schema is none either way.
            let Ok(whole) = whole else { return Ok(()) };
            let growing = growing.unwrap();
            let tree = Tree::new(Validators::new(store));
            for body in &bodies {
                let [whole, growing] = [&whole, &growing]
                    .map(|it| violations(&tree, &it.of(body).unwrap(), body));
                prop_assert_eq!(whole, growing);
            }
        }
    }
}

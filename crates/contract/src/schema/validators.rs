//! The compiled schemas of one contract: each when it is first asked for, and as far as values come.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::schema::{Address, Side, Store, discriminator::place_compiled, edit, reach::Reach};

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
    reach: Reach,
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
        let compiled = match Reach::of_any_value(&self.store, &at, self.few) {
            Some(reach) => Compiled::Whole(compile(&self.store, &at, &reach)?.into()),
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
        let Grown { reach, validator } = &mut *grown;
        let is_new = reach.add(store, address, value);
        if let (Some(validator), false) = (&validator, is_new) {
            return Ok(validator.clone());
        }
        let compiled = Arc::new(compile(store, address, reach)?);
        Ok(validator.insert(compiled).clone())
    }
}

fn compile(store: &Store, at: &Address, reach: &Reach) -> Result<Validator, String> {
    let documents =
        [Side::Documented, Side::Modelled].map(|side| (side, reach.document(store, side)));
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
mod tests;

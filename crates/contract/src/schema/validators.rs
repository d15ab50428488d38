//! The compiled schemas of one contract: each when it is first asked for, and once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::json;

use crate::schema::{Address, Side, Store, edit};

/// Compiles schemas of a contract's documents.
#[derive(Debug)]
pub(crate) struct Validators {
    store: Arc<Store>,
    known: Mutex<HashMap<Address, Arc<Validator>>>,
}

impl Validators {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, known: Mutex::default() }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What validates by the schema at an address.
    ///
    /// # Errors
    /// Where it is no JSON Schema; documents that were loaded have none of that.
    pub(crate) fn get(&self, at: &Address) -> Result<Arc<Validator>, String> {
        let at = edit::follow(&self.store, at, edit::is_reference_alone);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = known().get(&at) {
            return Ok(validator.clone());
        }
        let validator = Arc::new(self.compile(&at)?);
        known().insert(at, validator.clone());
        Ok(validator)
    }

    fn compile(&self, at: &Address) -> Result<Validator, String> {
        let mut registry = Registry::new().draft(Draft::Draft202012);
        for side in [Side::Documented, Side::Modelled] {
            if !self.store.document(side).is_null() {
                let document = self.store.document(side);
                registry = registry.add(side.uri(), document).map_err(|it| it.to_string())?;
            }
        }
        let registry = registry.prepare().map_err(|it| it.to_string())?;
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .with_registry(&registry)
            .build(&json!({ "$ref": at.reference() }))
            .map_err(|it| format!("{at}: not a JSON Schema: {}", it.masked()))
    }
}

//! OpenAPI's discriminators: a member whose value names the branch that is meant (OpenAPI 3.1.1, section 4.8.25).

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::schema::store::percent_decode;

/// Which branch each value of a member names.
#[derive(Debug)]
pub(crate) struct Discriminator {
    member: String,
    branches: HashMap<String, usize>,
}

impl Discriminator {
    /// The discriminator of a schema's `anyOf` or `oneOf`, where it has one. A branch is known by its component's name;
    /// `mapping` gives it others.
    pub(crate) fn of(keywords: &Map<String, Value>, keyword: &str) -> Option<Self> {
        let discriminator = keywords.get("discriminator")?;
        let member = discriminator.get("propertyName")?.as_str()?.to_owned();
        let branches = keywords.get(keyword)?.as_array()?.iter().enumerate();
        let names: HashMap<String, usize> = branches
            .filter_map(|(index, it)| Some((last_name(it.get("$ref")?.as_str()?), index)))
            .collect();
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mapped = mapping.into_iter().flatten().filter_map(|(value, target)| {
            Some((value.clone(), *names.get(&last_name(target.as_str()?))?))
        });
        let mapped: Vec<(String, usize)> = mapped.collect();
        Some(Self { member, branches: names.into_iter().chain(mapped).collect() })
    }

    /// The branch that a value names.
    pub(crate) fn branch(&self, value: &Value) -> Option<usize> {
        self.branches.get(value.get(&self.member)?.as_str()?).copied()
    }
}

/// `Dog` for `#/components/schemas/Dog`, for `Dog` and for the file `schemas/Dog`.
fn last_name(reference: &str) -> String {
    let reference = percent_decode(reference).unwrap_or_default().replace("~1", "/");
    reference.rsplit(['/', '#']).find(|it| !it.is_empty()).unwrap_or_default().to_owned()
}

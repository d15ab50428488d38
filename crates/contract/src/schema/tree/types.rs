//! The JSON Schema types of values and of schemas.

use serde_json::{Map, Value};

/// The types that a branch takes, as far as its `type` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Types(Option<Vec<String>>);

impl Types {
    /// What a schema's own `type` says; any type where it says nothing.
    pub(super) fn of(keywords: &Map<String, Value>) -> Self {
        let names = match keywords.get("type") {
            Some(Value::String(name)) => Some(vec![name.clone()]),
            Some(Value::Array(names)) => {
                Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            _ => None,
        };
        Self(names)
    }

    /// Whether it says anything.
    pub(super) fn are_said(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn take(&self, value: &Value) -> bool {
        self.0.as_ref().is_none_or(|types| types.iter().any(|it| is_type(value, it)))
    }

    pub(super) fn take_type(&self, name: &str) -> bool {
        let is = |it: &String| it == name || (it == "number" && name == "integer");
        self.0.as_ref().is_none_or(|types| types.iter().any(is))
    }

    /// The types that both take.
    pub(super) fn and(self, other: Self) -> Self {
        let (Some(ours), Some(theirs)) = (&self.0, &other.0) else {
            return if self.0.is_some() { self } else { other };
        };
        let has = |types: &[String], it: &str| types.iter().any(|name| name == it);
        let all = ours.iter().chain(theirs);
        let takes = |types: &[String], it: &str| {
            has(types, it) || (it == "integer" && has(types, "number"))
        };
        let mut both: Vec<String> =
            all.filter(|it| takes(ours, it) && takes(theirs, it)).cloned().collect();
        both.sort();
        both.dedup();
        Self(Some(both))
    }

    /// The types that one of them takes.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(ours, theirs)| [ours, theirs].concat()))
    }

    pub(super) fn overlap(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.iter().any(|it| b.contains(it)) || (numeric(a) && numeric(b)),
            _ => true,
        }
    }
}

fn numeric(types: &[String]) -> bool {
    types.iter().any(|it| it == "integer" || it == "number")
}

/// Whether a value is of a JSON Schema type; `1.0` is an integer.
pub(crate) fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "number" => value.is_number(),
        _ => type_of(value) == name,
    }
}

/// The most precise JSON Schema type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(it) if it.as_f64().is_some_and(|it| it.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

//! What is known of the values that show a defect: as much as a schema may say of them, and no more.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What is known of a defect.
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) exchanges: u64,
    /// Values at the place that are not null, the good ones included.
    pub(crate) values: u64,
    /// Values of the place above.
    pub(crate) parents: u64,
    pub(crate) first: String,
    pub(crate) field: Option<String>,
    pub(crate) observed: Observed,
}

impl Seen {
    /// Adds what was seen of another defect of the same place.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.exchanges = self.exchanges.max(other.exchanges);
        self.observed.types.extend(other.observed.types);
        self.observed.codes.extend(other.observed.codes);
        self.observed.beyond_codes |= other.observed.beyond_codes;
    }
}

/// Whole numbers beyond this are not codes but data.
const LARGEST_CODE: u64 = 99;
/// More different numbers than this are not codes.
const MOST_CODES: usize = 10;

/// What was seen of the values that show a defect, as far as a schema may say it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    types: BTreeSet<&'static str>,
    codes: BTreeSet<i64>,
    /// Whether some value was no small whole number, or may not be told.
    beyond_codes: bool,
}

impl Observed {
    /// Takes a value's type, and its number where it is a whole one and no personal data.
    pub(crate) fn see(&mut self, type_name: &'static str, number: Option<i64>) {
        self.types.insert(type_name);
        match number {
            _ if type_name == "null" => {}
            Some(code) if code.unsigned_abs() <= LARGEST_CODE => {
                self.codes.insert(code);
            }
            _ => self.beyond_codes = true,
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.types.extend(other.types);
        self.codes.extend(other.codes);
        self.beyond_codes |= other.beyond_codes;
    }

    /// The schema that all of them fit; nulls apart.
    pub(crate) fn schema(&self) -> Value {
        let types: Vec<&str> = self.types.iter().copied().filter(|it| *it != "null").collect();
        let types = match types.as_slice() {
            [] => json!("null"),
            [one] => json!(one),
            several => json!(several),
        };
        let mut schema = json!({ "type": types });
        let are_codes =
            !self.beyond_codes && !self.codes.is_empty() && self.codes.len() <= MOST_CODES;
        if are_codes && types == json!("integer") {
            schema["enum"] = self.codes.iter().map(|it| json!(it)).collect();
        }
        schema
    }

    pub(crate) fn rust_type(&self) -> String {
        let types: Vec<&str> = self.types.iter().copied().filter(|it| *it != "null").collect();
        let name = match types.as_slice() {
            ["integer", "number"] => "f64",
            [one] => rust_type(&json!({ "type": one })),
            _ => "serde_json::Value",
        };
        if self.types.contains("null") { format!("Option<{name}>") } else { name.to_owned() }
    }

    /// Whether null is one of several types.
    pub(crate) fn has_null_beside_others(&self) -> bool {
        self.types.contains("null") && self.types.len() > 1
    }

    pub(crate) fn first_type(&self) -> &'static str {
        self.types.iter().next().copied().unwrap_or("value")
    }
}

/// The Rust type that reads what a schema says.
pub(crate) fn rust_type(schema: &Value) -> &'static str {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => "Timestamp",
        (Some("string"), _) => "String",
        (Some("integer"), _) => "i64",
        (Some("number"), _) => "f64",
        (Some("boolean"), _) => "bool",
        (Some("array"), _) => "Vec<serde_json::Value>",
        _ => "serde_json::Value",
    }
}

//! What is known of the values that show a defect: as much as a schema may say of them, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    place::{ANY, printable_name},
    quirk::ContentForm,
    rule::Rule,
};

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
    /// Whether it was only seen inside an alternative that came nearest, and so may not be what is wrong.
    pub(crate) is_inside: bool,
    /// Whether it is no more than a warning.
    pub(crate) is_warning: bool,
    pub(crate) observed: Observed,
}

impl Seen {
    /// Adds what was seen of another defect of the same place.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.exchanges = self.exchanges.max(other.exchanges);
        self.is_inside &= other.is_inside;
        self.is_warning &= other.is_warning;
        self.observed.absorb(other.observed);
    }
}

/// A value that may be a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Number(i64),
    /// A text that reads as a name, where the document lists values.
    Word(Box<str>),
}

impl Code {
    /// The code that a text may be, at a place where the document lists values.
    pub(crate) fn word(text: &str) -> Option<Self> {
        (text != ANY && printable_name(text) == text).then(|| Self::Word(text.into()))
    }

    /// The code that a value may be that breaks a rule and is no personal data.
    pub(crate) fn of(rule: Rule, value: &Value) -> Option<Self> {
        match value {
            Value::String(text) if rule == Rule::Enum => Self::word(text),
            value => value.as_i64().map(Self::Number),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Number(it) => json!(it),
            Self::Word(it) => json!(it),
        }
    }
}

/// Whole numbers beyond this are not codes but data.
const LARGEST_CODE: u64 = 99;
/// More different values than this are not codes.
const MOST_CODES: usize = 10;
/// Where the document lists none, fewer different numbers than this are not codes: one may be any number.
const FEWEST_CODES: usize = 2;
/// Codes come again and again; there, each comes at least this often.
const LEAST_OFTEN: u64 = 2;

/// What was seen of the values that show a defect, as far as a schema may say it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    types: BTreeSet<&'static str>,
    /// How often each came.
    codes: BTreeMap<Code, u64>,
    /// Whether some value was no small whole number and no word, or may not be told.
    beyond_codes: bool,
    /// Whether some value was refused because it fits several alternatives, or would be once what is wrong inside is pinned.
    pub(crate) fits_several: bool,
    /// Whether some value is what is declared by itself, and wrong only inside or in fitting several alternatives.
    pub(crate) keeps_declared: bool,
    /// As what media type the document has the bodies that held them, where that is JSON.
    pub(crate) media_types: BTreeSet<String>,
    /// Where answers as a whole are at fault: as what they came, by status.
    pub(crate) answers: BTreeMap<u16, Answers>,
}

/// As what answers of a status came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    pub(crate) forms: BTreeSet<ContentForm>,
    /// Whether some had no body, or came as what may not be told.
    pub(crate) beyond_forms: bool,
    types: BTreeSet<&'static str>,
}

impl Answers {
    /// The schema that all bodies fit, where all are JSON and none came as anything else than `application/json`.
    pub(crate) fn schema_of_json(&self) -> Option<Value> {
        let json = ContentForm { media_type: "application/json".into(), json: true };
        let is_json = !self.beyond_forms && self.forms.len() == 1 && self.forms.contains(&json);
        let types: Vec<&str> = self.types.iter().copied().collect();
        is_json.then(|| match types.as_slice() {
            [one] => json!({ "type": one }),
            several => json!({ "type": several }),
        })
    }
}

impl Observed {
    /// Takes a value's type, and the code that it may be.
    pub(crate) fn see(&mut self, type_name: &'static str, code: Option<&Code>) {
        self.types.insert(type_name);
        match code {
            _ if type_name == "null" => {}
            Some(Code::Number(it)) if it.unsigned_abs() > LARGEST_CODE => self.beyond_codes = true,
            Some(code) => self.see_code(code, 1),
            None => self.beyond_codes = true,
        }
    }

    fn see_code(&mut self, code: &Code, count: u64) {
        if let Some(known) = self.codes.get_mut(code) {
            *known += count;
        } else if self.codes.len() <= MOST_CODES {
            // One more than codes may be tells that they are too many.
            self.codes.insert(code.clone(), count);
        }
    }

    /// Takes an answer: as what its body came, where that may be told, and the body's type.
    pub(crate) fn answer(
        &mut self,
        status: u16,
        form: Option<ContentForm>,
        type_name: &'static str,
    ) {
        let answers = self.answers.entry(status).or_default();
        answers.beyond_forms |= form.is_none();
        answers.forms.extend(form);
        answers.types.insert(type_name);
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.types.extend(other.types);
        for (code, count) in &other.codes {
            self.see_code(code, *count);
        }
        self.beyond_codes |= other.beyond_codes;
        self.fits_several |= other.fits_several;
        self.keeps_declared |= other.keeps_declared;
        self.media_types.extend(other.media_types);
        for (status, answers) in other.answers {
            let all = self.answers.entry(status).or_default();
            all.beyond_forms |= answers.beyond_forms;
            all.forms.extend(answers.forms);
            all.types.extend(answers.types);
        }
    }

    /// Whether no value came at fault by itself: each fits several alternatives.
    pub(crate) fn has_no_value(&self) -> bool {
        self.types.is_empty()
    }

    /// The schema that all of them fit; nulls apart. Values are listed where they are codes: few, and words or small numbers
    /// where the document lists values too (`lists_codes`), or small numbers of which each was seen again.
    pub(crate) fn schema(&self, lists_codes: bool) -> Value {
        let types: Vec<&str> = self.types.iter().copied().filter(|it| *it != "null").collect();
        let types = match types.as_slice() {
            [] => json!("null"),
            [one] => json!(one),
            several => json!(several),
        };
        let mut schema = json!({ "type": types });
        let come_again =
            || self.codes.len() >= FEWEST_CODES && self.codes.values().all(|it| *it >= LEAST_OFTEN);
        let are_codes =
            !self.beyond_codes && !self.codes.is_empty() && self.codes.len() <= MOST_CODES;
        let is_listed = match types.as_str() {
            Some("integer") => lists_codes || come_again(),
            Some("string") => lists_codes,
            _ => false,
        };
        if are_codes && is_listed {
            schema["enum"] = self.codes.keys().map(Code::value).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_codes_where_they_come_again() {
        // The numbers that came, and the codes that are drafted where the document lists none, and where it does.
        let cases: &[(&[i64], &[i64], &[i64])] = &[
            (&[2], &[], &[2]),
            (&[2, 2, 2], &[], &[2]),
            (&[1, 2], &[], &[1, 2]),
            (&[1, 2, 2, 1], &[1, 2], &[1, 2]),
            (&[1, 1, 2, 2, 3], &[], &[1, 2, 3]),
            (&[1, 1, 2, 2, 100], &[], &[]),
            (&[0, 0, -1, -1], &[-1, 0], &[-1, 0]),
        ];
        for (numbers, plainly, listed) in cases {
            let mut observed = Observed::default();
            numbers.iter().for_each(|it| observed.see("integer", Some(&Code::Number(*it))));
            for (lists_codes, codes) in [(false, plainly), (true, listed)] {
                let mut expected = json!({ "type": "integer" });
                if !codes.is_empty() {
                    expected["enum"] = json!(codes);
                }
                assert_eq!(observed.schema(lists_codes), expected, "{numbers:?} {lists_codes}");
            }
        }
        let eleven: Vec<i64> = (0..11).flat_map(|it| [it, it]).collect();
        let mut observed = Observed::default();
        eleven.iter().for_each(|it| observed.see("integer", Some(&Code::Number(*it))));
        assert_eq!(observed.schema(true), json!({ "type": "integer" }));
    }

    #[test]
    fn texts_are_codes_where_they_read_as_names_beside_others() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["soon"], &["soon"]),
            (&["soon", "LATE-2", "soon"], &["LATE-2", "soon"]),
            (&["soon", "Jane Doe"], &[]),
            (&["0612345678"], &[]),
            (&["a@b.test"], &[]),
            (&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"], &[]),
        ];
        for (texts, codes) in cases {
            let mut observed = Observed::default();
            texts.iter().for_each(|it| observed.see("string", Code::word(it).as_ref()));
            let mut expected = json!({ "type": "string" });
            assert_eq!(observed.schema(false), expected, "{texts:?}");
            if !codes.is_empty() {
                expected["enum"] = json!(codes);
            }
            assert_eq!(observed.schema(true), expected, "{texts:?}");
        }
    }
}

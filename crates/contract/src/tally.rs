//! The observed shape: what was seen at each place, counted. Never a value, but for codes that the contract lists.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    document::OperationId, form::form_of, place::Place, schema::tree::type_of, shape::PlaceShape,
};

/// What was seen at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceTally {
    /// The operation.
    pub operation: OperationId,
    /// The response's status.
    pub status: u16,
    /// Where in the body.
    pub place: Place,
    /// What the document says of it, in words, without any quirk; none where it has no such place.
    pub documented: Option<String>,
    /// What the model says of it, in words; none where it has no such place.
    pub modelled: Option<String>,
    /// Values seen, nulls included.
    pub seen: u64,
    /// Nulls among them.
    pub null: u64,
    /// Objects that lacked the member.
    pub missing: u64,
    /// Empty texts, arrays and objects among them.
    pub empty: u64,
    /// Values by JSON type.
    pub types: BTreeMap<String, u64>,
    /// Texts by well-known form, where they hold no personal data.
    pub formats: BTreeMap<String, u64>,
    /// Values by code, at places with a list of codes or with booleans.
    pub codes: BTreeMap<String, u64>,
}

impl PlaceTally {
    /// Takes in what another part of the run saw at the place.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.seen += other.seen;
        self.null += other.null;
        self.missing += other.missing;
        self.empty += other.empty;
        add_counts(&mut self.types, other.types);
        add_counts(&mut self.formats, other.formats);
        add_counts(&mut self.codes, other.codes);
    }

    /// A place at which nothing was seen.
    pub(crate) fn unseen(operation: OperationId, status: u16, place: Place) -> Self {
        Self {
            operation,
            status,
            place,
            documented: None,
            modelled: None,
            seen: 0,
            null: 0,
            missing: 0,
            empty: 0,
            types: BTreeMap::new(),
            formats: BTreeMap::new(),
            codes: BTreeMap::new(),
        }
    }
}

/// The tally of a place and those below it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    seen: u64,
    null: u64,
    missing: u64,
    empty: u64,
    types: BTreeMap<&'static str, u64>,
    formats: BTreeMap<&'static str, u64>,
    codes: BTreeMap<String, u64>,
    below: BTreeMap<String, Tally>,
}

impl Tally {
    pub(crate) fn below(&mut self, segment: &str) -> &mut Self {
        if !self.below.contains_key(segment) {
            self.below.insert(segment.to_owned(), Self::default());
        }
        self.below.get_mut(segment).expect("inserted above")
    }

    /// Counts a value, by its type alone.
    pub(crate) fn see(&mut self, value: &Value) {
        self.seen += 1;
        *self.types.entry(type_of(value)).or_default() += 1;
        let is_empty = match value {
            Value::Null => {
                self.null += 1;
                false
            }
            Value::String(it) => it.is_empty(),
            Value::Array(it) => it.is_empty(),
            Value::Object(it) => it.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        self.empty += u64::from(is_empty);
    }

    /// Counts a value's form and code, which only values without personal data have; `codes` are those that the
    /// contract lists there.
    pub(crate) fn see_more<'c>(
        &mut self,
        value: &Value,
        mut codes: impl Iterator<Item = &'c Value>,
    ) {
        if let Some(form) = value.as_str().filter(|it| !it.is_empty()).and_then(form_of) {
            *self.formats.entry(form).or_default() += 1;
        }
        let code = match value {
            Value::Bool(_) => Some(value.to_string()),
            Value::Null => None,
            _ => codes.find(|it| *it == value).map(code_in_words),
        };
        if let Some(code) = code {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    /// How many values that are not null stand at a place.
    pub(crate) fn values_at(&self, place: &Place) -> u64 {
        let mut here = self;
        for segment in place.segments() {
            match here.below.get(&*segment) {
                Some(below) => here = below,
                None => return 0,
            }
        }
        here.seen - here.null
    }

    pub(crate) fn miss(&mut self) {
        self.missing += 1;
    }

    /// Takes what one exchange showed into this tally of many.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.seen += other.seen;
        self.null += other.null;
        self.missing += other.missing;
        self.empty += other.empty;
        add_counts(&mut self.types, other.types);
        add_counts(&mut self.formats, other.formats);
        add_counts(&mut self.codes, other.codes);
        for (segment, tally) in other.below {
            self.below.entry(segment).or_default().absorb(tally);
        }
    }

    /// Takes what one exchange showed into an observed shape.
    pub(crate) fn add_to(&self, places: &mut BTreeMap<String, PlaceShape>, place: &Place) {
        if self.seen + self.missing > 0 {
            let shape = places.entry(place.as_str().to_owned()).or_default();
            shape.add(self.seen, self.missing, self.empty);
            add_counts(&mut shape.types, named(&self.types));
            add_counts(&mut shape.formats, named(&self.formats));
            add_counts(&mut shape.codes, self.codes.clone());
        }
        for (segment, tally) in &self.below {
            tally.add_to(places, &place.member(segment));
        }
    }

    /// The places in order, this one first, that were seen or missed.
    pub(crate) fn places(
        &self,
        operation: &OperationId,
        status: u16,
        place: &Place,
        out: &mut Vec<PlaceTally>,
    ) {
        if self.seen + self.missing > 0 {
            out.push(PlaceTally {
                seen: self.seen,
                null: self.null,
                missing: self.missing,
                empty: self.empty,
                types: named(&self.types),
                formats: named(&self.formats),
                codes: self.codes.clone(),
                ..PlaceTally::unseen(operation.clone(), status, place.clone())
            });
        }
        for (segment, tally) in &self.below {
            tally.places(operation, status, &place.member(segment), out);
        }
    }
}

fn named(counts: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

pub(crate) fn add_counts<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (name, count) in from {
        *to.entry(name).or_default() += count;
    }
}

fn code_in_words(code: &Value) -> String {
    match code {
        Value::String(text) => text.clone(),
        _ => code.to_string(),
    }
}

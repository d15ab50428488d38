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

/// The number of a place in a [`Tally`].
pub(crate) type PlaceId = usize;

/// The tally of one response's places, over all exchanges that showed it. The whole body is place 0.
#[derive(Debug)]
pub(crate) struct Tally {
    /// How many exchanges were counted.
    pub(crate) exchanges: u64,
    places: Vec<Counts>,
}

/// What one exchange shows at one place; counted when the whole exchange is known ([`Tally::add`]).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight {
    Value {
        place: PlaceId,
        type_name: &'static str,
        empty: bool,
        form: Option<&'static str>,
        /// By number, as [`Tally::code`] gives it.
        code: Option<usize>,
    },
    /// An object lacked the member.
    Missing { place: PlaceId },
}

#[derive(Debug, Default)]
struct Counts {
    name: Place,
    missing: u64,
    empty: u64,
    /// Short lists: a place has few types, forms and codes.
    types: Vec<(&'static str, u64)>,
    formats: Vec<(&'static str, u64)>,
    codes: Vec<(String, u64)>,
    below: BTreeMap<String, PlaceId>,
    present_in: u64,
    absent_in: u64,
    /// The last exchange, from one, with a value or without one.
    last_present: u64,
    last_absent: u64,
}

impl Counts {
    fn seen(&self) -> u64 {
        self.types.iter().map(|it| it.1).sum()
    }

    fn null(&self) -> u64 {
        self.types.iter().find(|it| it.0 == "null").map_or(0, |it| it.1)
    }

    fn is_seen_or_missing(&self) -> bool {
        self.seen() + self.missing > 0
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self { exchanges: 0, places: vec![Counts::default()] }
    }
}

impl Tally {
    /// The place of a member, or of `*`, below another.
    pub(crate) fn below(&mut self, place: PlaceId, segment: &str) -> PlaceId {
        if let Some(below) = self.places[place].below.get(segment) {
            return *below;
        }
        let below = self.places.len();
        let name = self.places[place].name.member(segment);
        self.places.push(Counts { name, ..Counts::default() });
        self.places[place].below.insert(segment.to_owned(), below);
        below
    }

    /// The place of a number.
    pub(crate) fn name(&self, place: PlaceId) -> &Place {
        &self.places[place].name
    }

    /// The number of a code at a place.
    pub(crate) fn code(&mut self, place: PlaceId, code: &str) -> usize {
        let codes = &mut self.places[place].codes;
        codes.iter().position(|it| it.0 == code).unwrap_or_else(|| {
            codes.push((code.to_owned(), 0));
            codes.len() - 1
        })
    }

    /// Counts what one exchange showed.
    pub(crate) fn add(&mut self, sights: &[Sight]) {
        self.exchanges += 1;
        let exchange = self.exchanges;
        for sight in sights {
            match *sight {
                Sight::Value { place, type_name, empty, form, code } => {
                    let counts = &mut self.places[place];
                    count(&mut counts.types, type_name);
                    counts.empty += u64::from(empty);
                    if let Some(form) = form {
                        count(&mut counts.formats, form);
                    }
                    if let Some(code) = code {
                        counts.codes[code].1 += 1;
                    }
                    if counts.last_present != exchange {
                        counts.last_present = exchange;
                        counts.present_in += 1;
                        // Another object of the exchange lacked it.
                        counts.absent_in -= u64::from(counts.last_absent == exchange);
                    }
                }
                Sight::Missing { place } => {
                    let counts = &mut self.places[place];
                    counts.missing += 1;
                    if counts.last_present != exchange && counts.last_absent != exchange {
                        counts.last_absent = exchange;
                        counts.absent_in += 1;
                    }
                }
            }
        }
    }

    /// How many values that are not null stand at a place.
    pub(crate) fn values_at(&self, place: &Place) -> u64 {
        let mut here = &self.places[0];
        for segment in place.segments() {
            match here.below.get(&*segment) {
                Some(below) => here = &self.places[*below],
                None => return 0,
            }
        }
        here.seen() - here.null()
    }

    /// Takes another tally of the same response into this one.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.exchanges += other.exchanges;
        self.absorb_place(0, other, 0);
    }

    fn absorb_place(&mut self, place: PlaceId, other: &Self, of_other: PlaceId) {
        let from = &other.places[of_other];
        let to = &mut self.places[place];
        to.missing += from.missing;
        to.empty += from.empty;
        to.present_in += from.present_in;
        to.absent_in += from.absent_in;
        add_listed(&mut to.types, &from.types);
        add_listed(&mut to.formats, &from.formats);
        add_listed(&mut to.codes, &from.codes);
        for (segment, of_other) in &from.below {
            let below = self.below(place, segment);
            self.absorb_place(below, other, *of_other);
        }
    }

    /// The places that were seen or missed, as an observed shape has them.
    pub(crate) fn shape(&self) -> BTreeMap<String, PlaceShape> {
        let mut places = BTreeMap::new();
        self.each(0, &mut |counts| {
            let shape = PlaceShape {
                types: named(&counts.types),
                formats: named(&counts.formats),
                codes: named(&counts.codes),
                missing: counts.missing,
                empty: counts.empty,
                present_in: counts.present_in,
                absent_in: counts.absent_in,
            };
            places.insert(counts.name.as_str().to_owned(), shape);
        });
        places
    }

    /// The places in order, the whole body first, that were seen or missed.
    pub(crate) fn places(&self, operation: &OperationId, status: u16) -> Vec<PlaceTally> {
        let mut places = Vec::new();
        self.each(0, &mut |counts| {
            places.push(PlaceTally {
                seen: counts.seen(),
                null: counts.null(),
                missing: counts.missing,
                empty: counts.empty,
                types: named(&counts.types),
                formats: named(&counts.formats),
                codes: named(&counts.codes),
                ..PlaceTally::unseen(operation.clone(), status, counts.name.clone())
            });
        });
        places
    }

    fn each(&self, place: PlaceId, then: &mut impl FnMut(&Counts)) {
        let counts = &self.places[place];
        if counts.is_seen_or_missing() {
            then(counts);
        }
        for below in counts.below.values() {
            self.each(*below, then);
        }
    }
}

/// A value by its type alone.
pub(crate) fn sight(place: PlaceId, value: &Value) -> Sight {
    let empty = match value {
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    Sight::Value { place, type_name: type_of(value), empty, form: None, code: None }
}

/// The form of a text, as it is counted where the text is no personal data; an empty one is counted as that.
pub(crate) fn counted_form(text: &str) -> Option<&'static str> {
    if text.is_empty() { None } else { form_of(text) }
}

/// The code of a value, as it is counted where the value is no personal data; `codes` are those that the contract lists.
pub(crate) fn counted_code<'c>(
    value: &Value,
    mut codes: impl Iterator<Item = &'c Value>,
) -> Option<String> {
    match value {
        Value::Bool(_) => Some(value.to_string()),
        Value::Null => None,
        _ => codes.find(|it| *it == value).map(code_in_words),
    }
}

fn count(counts: &mut Vec<(&'static str, u64)>, word: &'static str) {
    // Mostly it is the very same text.
    let is = |it: &(&str, u64)| std::ptr::eq(it.0, word) || it.0 == word;
    match counts.iter_mut().find(|it| is(it)) {
        Some(it) => it.1 += 1,
        None => counts.push((word, 1)),
    }
}

fn add_listed<K: PartialEq + Clone>(to: &mut Vec<(K, u64)>, from: &[(K, u64)]) {
    for (key, count) in from {
        match to.iter_mut().find(|it| it.0 == *key) {
            Some(it) => it.1 += count,
            None => to.push((key.clone(), *count)),
        }
    }
}

pub(crate) fn add_counts<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *to.entry(key).or_default() += count;
    }
}

fn named<K: Clone, N: From<K> + Ord>(counts: &[(K, u64)]) -> BTreeMap<N, u64> {
    let counted = counts.iter().filter(|it| it.1 > 0);
    counted.map(|(key, count)| (N::from(key.clone()), *count)).collect()
}

pub(crate) fn code_in_words(code: &Value) -> String {
    match code {
        Value::String(text) => text.clone(),
        _ => code.to_string(),
    }
}

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
        add(&mut self.seen, other.seen);
        add(&mut self.null, other.null);
        add(&mut self.missing, other.missing);
        add(&mut self.empty, other.empty);
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
/// The number of what may be seen at a place.
pub(crate) type SightId = usize;

/// The tally of one response's places, over all exchanges that showed it. The whole body is place 0.
#[derive(Debug)]
pub(crate) struct Tally {
    /// How many exchanges were counted.
    pub(crate) exchanges: u64,
    places: Vec<Counts>,
    sights: Vec<Seen>,
}

/// What may be seen at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight<'s> {
    Value {
        type_name: &'static str,
        empty: bool,
        form: Option<&'static str>,
        code: Option<&'s str>,
    },
    /// An object lacked the member.
    Missing,
}

/// How often something was seen.
#[derive(Debug)]
struct Seen {
    place: PlaceId,
    kind: Kind,
    count: u64,
}

/// A [`Sight`] that is kept.
#[derive(Debug)]
enum Kind {
    Value {
        type_name: &'static str,
        empty: bool,
        form: Option<&'static str>,
        code: Option<Box<str>>,
    },
    Missing,
}

impl Kind {
    fn as_sight(&self) -> Sight<'_> {
        match self {
            Self::Value { type_name, empty, form, code } => {
                Sight::Value { type_name, empty: *empty, form: *form, code: code.as_deref() }
            }
            Self::Missing => Sight::Missing,
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    name: Place,
    /// A short list: a place has few types, forms and codes.
    sights: Vec<SightId>,
    below: BTreeMap<String, PlaceId>,
    present_in: u64,
    absent_in: u64,
    /// The last exchange, from one, with a value or without one.
    last_present: u64,
    last_absent: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { exchanges: 0, places: vec![Counts::default()], sights: Vec::new() }
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

    /// The number of what may be seen at a place.
    pub(crate) fn sight(&mut self, place: PlaceId, sight: Sight<'_>) -> SightId {
        let is = |it: &&SightId| self.sights[**it].kind.as_sight() == sight;
        if let Some(known) = self.places[place].sights.iter().find(is) {
            return *known;
        }
        let kind = match sight {
            Sight::Value { type_name, empty, form, code } => {
                Kind::Value { type_name, empty, form, code: code.map(Into::into) }
            }
            Sight::Missing => Kind::Missing,
        };
        let number = self.sights.len();
        self.sights.push(Seen { place, kind, count: 0 });
        self.places[place].sights.push(number);
        number
    }

    /// Counts what one exchange showed.
    pub(crate) fn add(&mut self, sights: &[SightId]) {
        self.exchanges += 1;
        let exchange = self.exchanges;
        for sight in sights {
            let seen = &mut self.sights[*sight];
            seen.count += 1;
            let counts = &mut self.places[seen.place];
            match seen.kind {
                Kind::Value { .. } if counts.last_present != exchange => {
                    counts.last_present = exchange;
                    counts.present_in += 1;
                    // Another object of the exchange lacked it.
                    counts.absent_in -= u64::from(counts.last_absent == exchange);
                }
                Kind::Missing
                    if counts.last_present != exchange && counts.last_absent != exchange =>
                {
                    counts.last_absent = exchange;
                    counts.absent_in += 1;
                }
                Kind::Value { .. } | Kind::Missing => {}
            }
        }
    }

    /// How many values that are not null stand at a place.
    pub(crate) fn values_at(&self, place: &Place) -> u64 {
        let mut here = 0;
        for segment in place.segments() {
            match self.places[here].below.get(&*segment) {
                Some(below) => here = *below,
                None => return 0,
            }
        }
        let shape = self.shape_of(here);
        let nulls = shape.types.get("null").copied().unwrap_or_default();
        shape.types.values().sum::<u64>() - nulls
    }

    /// Takes another tally of the same response into this one.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.exchanges += other.exchanges;
        self.absorb_place(0, other, 0);
    }

    fn absorb_place(&mut self, place: PlaceId, other: &Self, of_other: PlaceId) {
        let from = &other.places[of_other];
        let to = &mut self.places[place];
        to.present_in += from.present_in;
        to.absent_in += from.absent_in;
        for seen in from.sights.iter().map(|it| &other.sights[*it]) {
            let sight = self.sight(place, seen.kind.as_sight());
            self.sights[sight].count += seen.count;
        }
        for (segment, of_other) in &from.below {
            let below = self.below(place, segment);
            self.absorb_place(below, other, *of_other);
        }
    }

    /// What was seen at a place.
    fn shape_of(&self, place: PlaceId) -> PlaceShape {
        let counts = &self.places[place];
        let mut shape = PlaceShape {
            present_in: counts.present_in,
            absent_in: counts.absent_in,
            ..PlaceShape::default()
        };
        for Seen { kind, count, .. } in counts.sights.iter().map(|it| &self.sights[*it]) {
            match kind {
                _ if *count == 0 => {}
                Kind::Missing => shape.missing += count,
                Kind::Value { type_name, empty, form, code } => {
                    shape.empty += u64::from(*empty) * count;
                    let words = [
                        (&mut shape.types, Some(*type_name)),
                        (&mut shape.formats, *form),
                        (&mut shape.codes, code.as_deref()),
                    ];
                    for (counts, word) in words {
                        if let Some(word) = word {
                            *counts.entry(word.to_owned()).or_default() += count;
                        }
                    }
                }
            }
        }
        shape
    }

    /// The places that were seen or missed, as an observed shape has them.
    pub(crate) fn shape(&self) -> BTreeMap<String, PlaceShape> {
        let mut places = BTreeMap::new();
        self.each(0, &mut |name, shape| {
            places.insert(name.as_str().to_owned(), shape);
        });
        places
    }

    /// The places in order, the whole body first, that were seen or missed.
    pub(crate) fn places(&self, operation: &OperationId, status: u16) -> Vec<PlaceTally> {
        let mut places = Vec::new();
        self.each(0, &mut |name, shape| {
            places.push(PlaceTally {
                seen: shape.types.values().sum(),
                null: shape.types.get("null").copied().unwrap_or_default(),
                missing: shape.missing,
                empty: shape.empty,
                types: shape.types,
                formats: shape.formats,
                codes: shape.codes,
                ..PlaceTally::unseen(operation.clone(), status, name.clone())
            });
        });
        places
    }

    fn each(&self, place: PlaceId, then: &mut impl FnMut(&Place, PlaceShape)) {
        let shape = self.shape_of(place);
        if !shape.types.is_empty() || shape.missing > 0 {
            then(&self.places[place].name, shape);
        }
        for below in self.places[place].below.values() {
            self.each(*below, then);
        }
    }
}

/// A value by its type alone.
pub(crate) fn sight(value: &Value) -> Sight<'static> {
    let empty = match value {
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    Sight::Value { type_name: type_of(value), empty, form: None, code: None }
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

pub(crate) fn add_counts<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        add(to.entry(key).or_default(), count);
    }
}

/// Adds up counts. Those of a report may be any: a sum that no count can hold stays the largest.
pub(crate) fn add(to: &mut u64, count: u64) {
    *to = to.saturating_add(count);
}

pub(crate) fn code_in_words(code: &Value) -> String {
    match code {
        Value::String(text) => text.clone(),
        _ => code.to_string(),
    }
}

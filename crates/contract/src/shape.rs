//! The observed shape as a baseline: what has been seen at each place, accepted by somebody, compared with what is seen
//! now. Types, forms, listed codes and counts, never a value.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    contract::Contract,
    document::OperationId,
    format,
    place::{Place, ancestors},
    rule::Rule,
    tally::{add, add_counts},
    text::{Fault, Text, printable},
};

/// How unlikely it must be that a member is missing by chance before it is called gone.
pub const CHANCE: f64 = 0.001;

/// What has been seen in the responses of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<ResponseShape>", into = "Vec<ResponseShape>")]
#[schemars(with = "Vec<ResponseShape>")]
pub struct Shape {
    responses: BTreeMap<(OperationId, u16), ResponseShape>,
}

impl From<Vec<ResponseShape>> for Shape {
    fn from(responses: Vec<ResponseShape>) -> Self {
        let keyed =
            responses.into_iter().map(|it| ((OperationId::named(&it.operation), it.status), it));
        Self { responses: keyed.collect() }
    }
}

impl From<Shape> for Vec<ResponseShape> {
    fn from(shape: Shape) -> Self {
        shape.responses.into_values().collect()
    }
}

/// What was seen, and what it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// The accepted shape.
    pub accepted: Shape,
    /// What the vendor's own answers showed.
    pub seen: Shape,
}

/// What has been seen in the responses of one operation and status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Shape")]
#[serde(deny_unknown_fields)]
pub struct ResponseShape {
    /// The version of this format.
    format_version: u32,
    /// The operation.
    operation: String,
    /// The response's status.
    status: u16,
    /// How many exchanges were seen.
    exchanges: u64,
    /// What was seen at each place.
    places: BTreeMap<String, PlaceShape>,
}

/// What has been seen at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceShape {
    /// Values by JSON type.
    pub(crate) types: BTreeMap<String, u64>,
    /// Texts by well-known form.
    pub(crate) formats: BTreeMap<String, u64>,
    /// Values by listed code.
    pub(crate) codes: BTreeMap<String, u64>,
    /// Objects that lacked the member.
    pub(crate) missing: u64,
    /// Empty texts, arrays and objects.
    pub(crate) empty: u64,
    /// Exchanges in which there was a value.
    pub(crate) present_in: u64,
    /// Exchanges in which there could have been one, and was none.
    pub(crate) absent_in: u64,
}

/// A difference between the baseline and what is seen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShapeChange {
    pub(crate) rule: Rule,
    pub(crate) operation: OperationId,
    pub(crate) status: u16,
    /// None where there is no baseline for the response.
    pub(crate) place: Option<Place>,
    pub(crate) what: String,
}

/// The published JSON Schema of a shape file.
pub(crate) fn schema() -> Value {
    format::schema::<ResponseShape>("urn:paperwire:format:shape")
}

impl Shape {
    /// Reads shape files.
    ///
    /// # Errors
    /// Every file that is none.
    pub fn read(texts: &[Text]) -> Result<Self, Vec<Fault>> {
        let mut shape = Self::default();
        let mut faults = Vec::new();
        for text in texts {
            match serde_json::from_str::<ResponseShape>(&text.text) {
                Ok(it) => {
                    let key = (OperationId::named(&it.operation), it.status);
                    match shape.responses.entry(key) {
                        Entry::Vacant(free) => {
                            free.insert(it);
                        }
                        Entry::Occupied(_) => faults.push(text.fault(
                            None,
                            format!(
                                "holds the shape of `{}` {}, as another file of the folder does; remove the older of the two",
                                it.operation, it.status
                            ),
                        )),
                    }
                }
                Err(error) => faults.push(text.fault(
                    Some(error.line()),
                    "promised a shape as `shape --accept` writes it; restore the file, or accept the shape again",
                )),
            }
        }
        if faults.is_empty() { Ok(shape) } else { Err(faults) }
    }

    /// The files of what was seen of a contract: a name and a text for each operation and status.
    pub fn files(&self, contract: &Contract) -> Vec<(String, String)> {
        let names = contract.file_names();
        let file = |((operation, status), shape): (&(OperationId, u16), &ResponseShape)| {
            let text = serde_json::to_string_pretty(shape).expect("only maps with text keys");
            (format!("{}-{status}.json", names[operation]), text + "\n")
        };
        self.responses.iter().map(file).collect()
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.responses.is_empty()
    }

    /// The shape in lines for people.
    pub fn in_words(&self) -> String {
        let mut out = String::new();
        for ((operation, status), shape) in &self.responses {
            out += &format!("{operation} {status}, {} seen\n", shape.exchanges);
            for (place, seen) in &shape.places {
                let place = if place.is_empty() { "(whole body)".into() } else { printable(place) };
                out += &format!("  {place}: {}\n", seen.in_words());
            }
        }
        out
    }

    /// Adds what exchanges of one operation and status showed.
    pub(crate) fn insert(
        &mut self,
        operation: &OperationId,
        status: u16,
        exchanges: u64,
        places: BTreeMap<String, PlaceShape>,
    ) {
        let response = ResponseShape {
            format_version: 1,
            operation: operation.as_str().to_owned(),
            status,
            exchanges,
            places,
        };
        self.responses.insert((operation.clone(), status), response);
    }

    /// Takes in what another part of the run saw.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (key, shape) in other.responses {
            match self.responses.entry(key) {
                Entry::Vacant(it) => {
                    it.insert(shape);
                }
                Entry::Occupied(it) => {
                    let known = it.into_mut();
                    add(&mut known.exchanges, shape.exchanges);
                    for (place, seen) in shape.places {
                        known.places.entry(place).or_default().absorb(seen);
                    }
                }
            }
        }
    }

    /// What differs now from this baseline. A response without a baseline is one change.
    pub(crate) fn compare(&self, now: &Self) -> Vec<ShapeChange> {
        let mut changes = Vec::new();
        // With no baseline at all, one note says so.
        let compared = if self.is_empty() { 1 } else { usize::MAX };
        for ((operation, status), seen) in now.responses.iter().take(compared) {
            let mut add = |rule: Rule, place: Option<&str>, what: String| {
                let place = place.map(|it| Place::parse(it).unwrap_or_default());
                changes.push(ShapeChange {
                    rule,
                    operation: operation.clone(),
                    status: *status,
                    place,
                    what,
                });
            };
            let Some(baseline) = self.responses.get(&(operation.clone(), *status)) else {
                add(Rule::ShapeNew, None, "there is no accepted shape of this response yet".into());
                continue;
            };
            let mut new_places: BTreeSet<&str> = BTreeSet::new();
            for (place, seen) in &seen.places {
                let Some(known) = baseline.places.get(place) else {
                    // What is below a new place is new with it.
                    if !ancestors(place).any(|it| new_places.contains(it)) {
                        add(
                            Rule::ShapeNew,
                            Some(place),
                            format!("the place itself: {}", seen.in_words()),
                        );
                    }
                    new_places.insert(place);
                    continue;
                };
                let new = seen.beyond(known);
                if !new.is_empty() {
                    add(Rule::ShapeNew, Some(place), printable(new.join(", ")));
                }
                if is_gone(known, seen) {
                    let what = format!(
                        "in all of {} exchanges before, in none of {} now",
                        known.present_in, seen.absent_in
                    );
                    add(Rule::ShapeGone, Some(place), what);
                }
            }
        }
        changes
    }
}

impl PlaceShape {
    fn absorb(&mut self, other: Self) {
        add_counts(&mut self.types, other.types);
        add_counts(&mut self.formats, other.formats);
        add_counts(&mut self.codes, other.codes);
        add(&mut self.missing, other.missing);
        add(&mut self.empty, other.empty);
        add(&mut self.present_in, other.present_in);
        add(&mut self.absent_in, other.absent_in);
    }

    fn in_words(&self) -> String {
        let mut words: Vec<String> =
            self.types.iter().map(|(name, count)| format!("{name} {count}")).collect();
        words.extend(self.formats.iter().map(|(name, count)| format!("({name}) {count}")));
        words.extend(self.codes.iter().map(|(name, count)| format!("code {name} {count}")));
        let rest = [(self.missing, "missing"), (self.empty, "empty")];
        words.extend(
            rest.iter().filter(|it| it.0 > 0).map(|(count, word)| format!("{word} {count}")),
        );
        printable(words.join(", "))
    }

    /// What is here and not in the baseline.
    fn beyond(&self, known: &Self) -> Vec<String> {
        let new = |now: &BTreeMap<String, u64>,
                   known: &BTreeMap<String, u64>,
                   word: &str|
         -> Vec<String> {
            now.keys()
                .filter(|it| !known.contains_key(*it))
                .map(|it| format!("{word}{it}"))
                .collect()
        };
        let mut words = new(&self.types, &known.types, "");
        words.extend(new(&self.formats, &known.formats, "form "));
        words.extend(new(&self.codes, &known.codes, "code "));
        if self.missing > 0 && known.missing == 0 {
            words.push("missing".into());
        }
        words
    }
}

/// Whether a member that was always there is gone.
///
/// If nothing had changed, every order of the exchanges would be equally likely. Of `before` exchanges with the member
/// and `now` without it, the chance that those without are just the latest ones is one in *before + now over now*. The
/// member is gone where that is at most [`CHANCE`], so at most one place in a thousand is called gone by mistake: 100
/// exchanges before need two now, 17 need three, 3 need seventeen, and a small sample alone is never enough.
fn is_gone(known: &PlaceShape, seen: &PlaceShape) -> bool {
    let (before, now) = (known.present_in, seen.absent_in);
    if before == 0 || now == 0 || known.absent_in > 0 || known.missing > 0 || seen.present_in > 0 {
        return false;
    }
    let mut chance = 1.0;
    for it in 1..=now {
        chance *= it as f64 / (before + it) as f64;
        if chance <= CHANCE {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::example;

    #[test]
    fn a_member_is_gone_only_where_chance_is_excluded() {
        let gone = |before: u64, now: u64| {
            let known = PlaceShape { present_in: before, ..PlaceShape::default() };
            let seen = PlaceShape { absent_in: now, missing: now, ..PlaceShape::default() };
            is_gone(&known, &seen)
        };
        for (before, least) in [(3, 17), (17, 3), (100, 2), (1_000, 1)] {
            assert!(gone(before, least) && !gone(before, least - 1), "{before} {least}");
        }
        assert!(!gone(0, 1_000) && gone(1, 1_000));
        assert!(!gone(999, 0));
    }

    #[test]
    fn new_is_what_the_baseline_lacks() {
        let place = |types: &[&str]| PlaceShape {
            types: types.iter().map(|it| ((*it).to_owned(), 1)).collect(),
            present_in: 1,
            ..PlaceShape::default()
        };
        let shape = |places: Vec<(&str, PlaceShape)>| {
            let mut shape = Shape::default();
            let places = places.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
            shape.insert(&OperationId::named("GET /a"), 200, 1, places);
            shape
        };
        let baseline = shape(vec![("", place(&["object"])), ("/a", place(&["string"]))]);
        let now = shape(vec![
            ("", place(&["object"])),
            ("/a", place(&["null", "string"])),
            ("/b", place(&["object"])),
            ("/b/c", place(&["string"])),
        ]);
        let told = |it: Vec<ShapeChange>| -> Vec<String> {
            it.iter()
                .map(|it| format!("{}: {}", it.place.clone().unwrap_or_default(), it.what))
                .collect()
        };
        assert_eq!(told(baseline.compare(&now)), ["/a: null", "/b: the place itself: object 1"]);
        assert_eq!(baseline.compare(&baseline), []);
        assert_eq!(now.compare(&baseline), []);
        assert_eq!(told(Shape::default().compare(&now)).len(), 1);
    }

    #[test]
    fn each_operation_has_a_file_of_its_own() {
        let operation = json!({ "get": { "responses": { "200": { "description": "a" } } } });
        let paths = ["/a/b", "/a-b", "/a/{b}", "/c/{id}"];
        let paths: BTreeMap<&str, &Value> = paths.map(|it| (it, &operation)).into();
        let document =
            json!({ "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": paths });
        let contract =
            example::contract(Text { name: "a.json".into(), text: document.to_string() });
        let mut shape = Shape::default();
        for operation in contract.operations() {
            shape.insert(operation, 200, 1, BTreeMap::new());
        }
        let files = shape.files(&contract);
        let names: Vec<&str> = files.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(
            names,
            [
                "get-a-b-3c8680cc-200.json",
                "get-a-b-840b7118-200.json",
                "get-a-b-a5c38ae4-200.json",
                "get-c-id-200.json"
            ]
        );
        let texts: Vec<Text> = files.into_iter().map(|(name, text)| Text { name, text }).collect();
        let read = Shape::read(&texts);
        assert_eq!(read, Ok(shape));
        // As a file that had its name when the operation was alone with its words.
        let old = Text { name: "get-a-b-200.json".into(), ..texts[0].clone() };
        let faults = Shape::read(&[texts[0].clone(), old]).unwrap_err();
        assert_eq!(
            faults[0].to_string(),
            "get-a-b-200.json: holds the shape of `GET /a-b` 200, as another file of the folder does; remove the older of the two"
        );
    }
}

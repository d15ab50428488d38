//! Reads a body's text: the value, the members that occur twice, and where in the text a pointer stands.

use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    collections::HashMap,
    fmt,
    rc::Rc,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, map::Entry, value::RawValue};

use crate::place::{push_segment, segments};

/// How deep a body may nest before it is left alone. serde_json itself stops at 128.
pub const MAX_DEPTH: usize = 120;

/// A body that was read.
#[derive(Debug)]
pub(crate) struct Json {
    /// The last one of members that occur twice stands here.
    pub(crate) value: Value,
    /// Pointers of members that occur more than once in one object, in order of the text.
    pub(crate) duplicates: Vec<String>,
}

/// Why a body gave no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is not JSON from this byte on.
    NotJson { byte: usize },
    /// It is JSON that nests deeper than [`MAX_DEPTH`].
    TooDeep,
    /// It is JSON that holds a number or a text that no value can hold (`1e400`, half a surrogate pair).
    Unrepresentable,
}

pub(crate) fn read(text: &[u8]) -> Result<Json, Unread> {
    let state = RefCell::new(State::default());
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = Element { state: &state }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let state = state.into_inner();
    match read {
        Ok(value) => Ok(Json { value, duplicates: state.duplicates }),
        Err(_) if state.too_deep => Err(Unread::TooDeep),
        Err(error) => Err(match std::str::from_utf8(text) {
            Err(utf8) => Unread::NotJson { byte: utf8.valid_up_to() },
            Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => Unread::Unrepresentable,
            Ok(_) => Unread::NotJson { byte: byte_of(text, error.line(), error.column()) },
        }),
    }
}

/// Finds where in a text values stand. What is read on the way is kept, so that many are found in one reading.
#[derive(Debug)]
pub(crate) struct Locator<'t> {
    text: &'t str,
    root: OnceCell<Option<&'t RawValue>>,
    containers: RefCell<HashMap<String, Rc<Container<'t>>>>,
}

#[derive(Debug)]
enum Container<'t> {
    Members(HashMap<String, &'t RawValue>),
    Items(Vec<&'t RawValue>),
}

impl<'t> Locator<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, root: OnceCell::new(), containers: RefCell::default() }
    }

    /// The byte at which the value of `pointer` starts, or its nearest ancestor that is there.
    pub(crate) fn byte(&self, pointer: &str) -> usize {
        self.find(&segments(pointer).collect::<Vec<_>>()).0
    }

    /// Whether the text is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.root().is_some()
    }

    /// The byte at which the value of the segments starts, or its nearest ancestor that is there, and how many segments
    /// lead to it.
    pub(crate) fn find(&self, segments: &[Cow<'_, str>]) -> (usize, usize) {
        let Some(mut raw) = self.root() else { return (0, 0) };
        let mut here = String::new();
        let mut found = 0;
        for segment in segments {
            let container = self.container(&here, raw);
            let child = match container.as_deref() {
                Some(Container::Members(members)) => members.get(&**segment).copied(),
                Some(Container::Items(items)) => {
                    segment.parse::<usize>().ok().and_then(|it| items.get(it).copied())
                }
                None => None,
            };
            let Some(child) = child else { break };
            raw = child;
            found += 1;
            push_segment(&mut here, segment);
        }
        (raw.get().as_ptr() as usize - self.text.as_ptr() as usize, found)
    }

    fn root(&self) -> Option<&'t RawValue> {
        *self.root.get_or_init(|| serde_json::from_str(self.text).ok())
    }

    fn container(&self, pointer: &str, raw: &'t RawValue) -> Option<Rc<Container<'t>>> {
        if let Some(known) = self.containers.borrow().get(pointer) {
            return Some(known.clone());
        }
        let container = match raw.get().as_bytes().first()? {
            b'{' => Container::Members(serde_json::from_str(raw.get()).ok()?),
            b'[' => Container::Items(serde_json::from_str(raw.get()).ok()?),
            _ => return None,
        };
        let container = Rc::new(container);
        self.containers.borrow_mut().insert(pointer.to_owned(), container.clone());
        Some(container)
    }
}

/// The byte offset of serde_json's line and column, both counted from one.
pub fn byte_of(text: &[u8], line: usize, column: usize) -> usize {
    let line_start = text
        .split_inclusive(|it| *it == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    (line_start + column.saturating_sub(1)).min(text.len())
}

#[derive(Default)]
struct State {
    pointer: String,
    depth: usize,
    too_deep: bool,
    duplicates: Vec<String>,
}

struct Element<'s> {
    state: &'s RefCell<State>,
}

impl Element<'_> {
    /// Runs `read` one level deeper, below `segment`.
    fn descend<T, E: Error>(
        &self,
        segment: &str,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let length = {
            let mut state = self.state.borrow_mut();
            if state.depth == MAX_DEPTH {
                state.too_deep = true;
                return Err(E::custom("too deep"));
            }
            state.depth += 1;
            let length = state.pointer.len();
            push_segment(&mut state.pointer, segment);
            length
        };
        let value = read();
        let mut state = self.state.borrow_mut();
        state.depth -= 1;
        state.pointer.truncate(length);
        value
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        let number = Number::from_f64(v).ok_or_else(|| E::custom("not finite"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let state = self.state;
        let mut items = Vec::new();
        loop {
            let segment = items.len().to_string();
            let item = self.descend(&segment, || seq.next_element_seed(Element { state }))?;
            let Some(item) = item else {
                return Ok(Value::Array(items));
            };
            items.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let state = self.state;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<Name>()? {
            let name = name.0;
            let value = self.descend(&name, || map.next_value_seed(Element { state }))?;
            match members.entry(name) {
                Entry::Vacant(it) => {
                    it.insert(value);
                }
                Entry::Occupied(mut it) => {
                    let mut state = state.borrow_mut();
                    let mut pointer = state.pointer.clone();
                    push_segment(&mut pointer, it.key());
                    state.duplicates.push(pointer);
                    it.insert(value);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

/// A member's name. A plain `String` would do, but for serde_json's own marker names, which a body may hold.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_named_where_they_stand() {
        let json = read(br#"{"a":1,"b":[{"c":1,"c":2}],"a":{"x":1}}"#).unwrap();
        assert_eq!(json.duplicates, ["/b/0/c", "/a"]);
        assert_eq!(json.value["b"][0]["c"], 2);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        let cases: &[(&[u8], Unread)] = &[
            (b"", Unread::NotJson { byte: 0 }),
            (b"{\n  \"a\": x}", Unread::NotJson { byte: 9 }),
            (b"{} {}", Unread::NotJson { byte: 3 }),
            (b"\"\xff\"", Unread::NotJson { byte: 1 }),
            (b"[1e400]", Unread::Unrepresentable),
            (br#"["\ud800"]"#, Unread::Unrepresentable),
            (&nested(10_000), Unread::TooDeep),
        ];
        for (text, expected) in cases {
            let text_for_people = String::from_utf8_lossy(&text[..text.len().min(20)]);
            assert_eq!(read(text).unwrap_err(), *expected, "{text_for_people}");
        }
        assert!(read(&nested(MAX_DEPTH)).is_ok());
    }

    #[test]
    fn a_pointer_is_found_in_the_text() {
        let text = r#" {"a~/b": [10, {"c": "x"}], "d": 1}"#;
        let locator = Locator::new(text);
        let at = |pointer| &text[locator.byte(pointer)..][..3];
        assert_eq!(at("/a~0~1b/1/c"), r#""x""#);
        assert_eq!(at("/a~0~1b/0"), "10,");
        assert_eq!(&text[locator.byte("/d/missing")..], "1}", "the nearest ancestor");
    }
}

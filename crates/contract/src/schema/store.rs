//! The documents of one contract and the addresses of schemas in them.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use crate::place::{push_segment, unescape};

/// Which of the contract's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    Documented,
    Modelled,
}

impl Side {
    /// The name under which the document is referred to and given to jsonschema.
    pub(crate) const fn uri(self) -> &'static str {
        match self {
            Self::Documented => "urn:paperwire:documented",
            Self::Modelled => "urn:paperwire:modelled",
        }
    }
}

/// Where a schema stands: a document and a JSON pointer in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) side: Side,
    pub(crate) pointer: String,
}

impl Address {
    /// The address that a `$ref` at `from` names, whether or not there is something.
    pub(crate) fn of(from: Side, reference: &str) -> Option<Self> {
        let (side, fragment) = [Side::Documented, Side::Modelled]
            .into_iter()
            .find_map(|side| Some((side, reference.strip_prefix(side.uri())?)))
            .unwrap_or((from, reference));
        let pointer = percent_decode(fragment.strip_prefix('#')?)?;
        Some(Self { side, pointer })
    }

    pub(crate) fn child(&self, segment: &str) -> Self {
        let mut pointer = self.pointer.clone();
        push_segment(&mut pointer, segment);
        Self { side: self.side, pointer }
    }

    /// The address as a `$ref` that holds in every document of the contract.
    pub(crate) fn reference(&self) -> String {
        format!("{}{}", self.side.uri(), reference_to(&self.pointer))
    }

    /// The component's name where the address is one, `Chatroom` for `#/components/schemas/Chatroom`.
    pub(crate) fn component(&self) -> Option<&str> {
        let name = self.pointer.strip_prefix("/components/schemas/")?;
        (!name.contains('/')).then_some(name)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.pointer)
    }
}

/// A pointer as a `$ref` inside its document.
pub(crate) fn reference_to(pointer: &str) -> String {
    let mut reference = "#".to_owned();
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                reference.push(byte as char);
            }
            _ => reference.push_str(&format!("%{byte:02X}")),
        }
    }
    reference
}

/// The documents of one contract.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    pub(crate) documented: Value,
    /// Shared by those who differ in what is documented alone.
    pub(crate) modelled: Arc<Value>,
}

impl Store {
    pub(crate) fn document(&self, side: Side) -> &Value {
        match side {
            Side::Documented => &self.documented,
            Side::Modelled => &self.modelled,
        }
    }

    pub(crate) fn get(&self, address: &Address) -> Option<&Value> {
        at(self.document(address.side), &address.pointer)
    }

    /// The address that a `$ref` at `from` names, where there is something.
    pub(crate) fn resolve(&self, from: Side, reference: &str) -> Option<Address> {
        Address::of(from, reference).filter(|it| self.get(it).is_some())
    }
}

/// As `Value::pointer`, quicker: documents are looked up often, and segments are short.
fn at<'d>(document: &'d Value, pointer: &str) -> Option<&'d Value> {
    if pointer.is_empty() {
        return Some(document);
    }
    if !pointer.starts_with('/') {
        return None;
    }
    let (mut here, mut start, mut is_escaped) = (document, 1, false);
    for (at, byte) in pointer.bytes().enumerate().skip(1) {
        match byte {
            b'/' => {
                here = step(here, &pointer[start..at], is_escaped)?;
                (start, is_escaped) = (at + 1, false);
            }
            b'~' => is_escaped = true,
            _ => {}
        }
    }
    step(here, pointer.get(start..)?, is_escaped)
}

/// Fewer members are sooner compared than hashed.
const FEW: usize = 8;

/// As `Map::get`, quicker for what has as few members as schemas have.
pub(crate) fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    if members.len() > FEW {
        return members.get(name);
    }
    members.iter().find(|it| it.0 == name).map(|it| it.1)
}

fn step<'d>(here: &'d Value, segment: &str, is_escaped: bool) -> Option<&'d Value> {
    match here {
        Value::Object(members) if !is_escaped => member(members, segment),
        Value::Object(members) if members.len() <= FEW => {
            members.iter().find(|it| is_escaped_as(it.0, segment)).map(|it| it.1)
        }
        Value::Object(members) => members.get(&*unescape(segment)),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Whether a segment of a pointer means a name (RFC 6901, section 4).
fn is_escaped_as(name: &str, segment: &str) -> bool {
    let mut rest = segment.as_bytes();
    let means = |it: u8| {
        let (first, after) = match rest {
            [b'~', b'1', after @ ..] => (b'/', after),
            [b'~', b'0', after @ ..] => (b'~', after),
            [first, after @ ..] => (*first, after),
            [] => return false,
        };
        rest = after;
        first == it
    };
    name.bytes().all(means) && rest.is_empty()
}

/// A URI's part without its escapes; none where they are broken.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pointers_lead_where_they_should(
            names in proptest::collection::vec("[a~/01é]{0,3}", 0..12),
            pointer in "a?(/[a~/01é]{0,4}){0,3}",
        ) {
            let inner: serde_json::Map<String, Value> =
                names.iter().enumerate().map(|(number, it)| (it.clone(), number.into())).collect();
            let outer = names.iter().map(|it| (it.clone(), Value::Object(inner.clone())));
            let document = Value::Object(outer.collect());
            prop_assert_eq!(at(&document, &pointer), document.pointer(&pointer));
            for name in &names {
                let mut pointer = String::new();
                push_segment(&mut pointer, name);
                prop_assert_eq!(at(&document, &pointer), document.get(name));
            }
        }
    }
}

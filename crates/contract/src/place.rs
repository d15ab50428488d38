//! Where in a body something stands: the place (`/ambassadors/*/email`) and what may be printed of a member's name.

use std::{borrow::Cow, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::printable;

/// A JSON pointer (RFC 6901) in which `*` stands for every array item or map key. Empty: the whole body.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Place(String);

impl TryFrom<String> for Place {
    type Error = BrokenPlace;

    fn try_from(text: String) -> Result<Self, BrokenPlace> {
        Self::parse(&text)
    }
}

/// A text that is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a place is empty (the whole body) or starts with `/`")]
pub struct BrokenPlace;

impl Place {
    /// The whole body.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a place as people write it.
    ///
    /// # Errors
    /// Where it is neither empty nor starts with `/`.
    pub fn parse(text: &str) -> Result<Self, BrokenPlace> {
        match text {
            "" => Ok(Self::root()),
            _ if text.starts_with('/') => Ok(Self(text.to_owned())),
            _ => Err(BrokenPlace),
        }
    }

    /// The place as a JSON pointer.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The place between backquotes, or that it is the whole body.
    pub(crate) fn in_words(&self) -> String {
        if self.0.is_empty() { "the whole body".into() } else { format!("`{self}`") }
    }

    /// The member of that name below this place.
    pub fn member(&self, name: &str) -> Self {
        let mut child = self.0.clone();
        push_segment(&mut child, name);
        Self(child)
    }

    /// The parent and the last segment; none for the whole body.
    pub fn split_last(&self) -> Option<(Self, String)> {
        let (parent, last) = self.0.rsplit_once('/')?;
        Some((Self(parent.to_owned()), unescape(last).into_owned()))
    }

    /// The segments, unescaped.
    pub fn segments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        segments(&self.0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.0.is_empty() { "(whole body)".into() } else { printable(&self.0) })
    }
}

/// The segment that stands for every array item and map key.
pub(crate) const ANY: &str = "*";

/// The segments of a JSON pointer, unescaped.
pub(crate) fn segments(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(unescape)
}

/// Appends a segment to a JSON pointer, escaped as RFC 6901 says.
pub(crate) fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    if !segment.contains(['~', '/']) {
        return pointer.push_str(segment);
    }
    for c in segment.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(c),
        }
    }
}

/// The pointer's ancestors, the whole body first, the pointer itself left out.
pub(crate) fn ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.match_indices('/').map(|(at, _)| &pointer[..at])
}

/// A member name that the contract does not know, as it may be printed: itself where it reads as a name, else `*`.
///
/// Names can be data (an e-mail address as a map's key). A name here is `[A-Za-z_][A-Za-z0-9_-]{0,39}` with at most
/// three digits.
pub(crate) fn printable_name(name: &str) -> &str {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let all_well = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if starts_well && all_well && name.len() <= 40 && digits <= 3 { name } else { ANY }
}

pub(crate) fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') {
        segment.replace("~1", "/").replace("~0", "~").into()
    } else {
        segment.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_escaped_and_unescaped() {
        let place = Place::root().member("a/b").member("c~d").member(ANY);
        assert_eq!(place.as_str(), "/a~1b/c~0d/*");
        assert_eq!(place.segments().collect::<Vec<_>>(), ["a/b", "c~d", "*"]);
        assert_eq!(Place::root().segments().count(), 0);
    }

    #[test]
    fn only_names_are_printed() {
        for name in ["email", "_links", "x-id2", "line1"] {
            assert_eq!(printable_name(name), name);
        }
        for data in ["ann@example.org", "0042", "id1234", "", "a b", &"x".repeat(41)] {
            assert_eq!(printable_name(data), ANY, "{data}");
        }
    }

    #[test]
    fn ancestors_are_by_segment() {
        assert_eq!(ancestors("/a/bc/0").collect::<Vec<_>>(), ["", "/a", "/a/bc"]);
        assert_eq!(ancestors("").count(), 0);
    }
}

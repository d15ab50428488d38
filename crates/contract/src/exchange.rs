//! A request and its response, from wherever they came.

use std::{borrow::Cow, cell::OnceCell};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an exchange comes from, and so what it is worth as evidence.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The reference's own example.
    Example,
    /// Made by hand to try the contract on.
    Case,
    /// Our stand-in server.
    StandIn,
    /// A recording of a real server.
    Recorded,
    /// A real server, asked in this run.
    Live,
}

impl Provenance {
    /// Every provenance.
    pub const ALL: &[Self] =
        &[Self::Example, Self::Case, Self::StandIn, Self::Recorded, Self::Live];

    /// The word in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Case => "case",
            Self::StandIn => "stand-in",
            Self::Recorded => "recorded",
            Self::Live => "live",
        }
    }

    /// Whether the vendor said it: the reference or a real server.
    pub(crate) fn is_vendors(self) -> bool {
        matches!(self, Self::Example | Self::Recorded | Self::Live)
    }

    /// Whether a real server said it.
    pub fn is_wire(self) -> bool {
        matches!(self, Self::Recorded | Self::Live)
    }
}

/// A deliberately wrong request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// Without a token.
    NoToken,
    /// With a token that is none.
    GarbageToken,
    /// For what belongs to another account.
    OtherAccount,
    /// For what does not exist.
    UnknownId,
    /// With a method that the operation does not have.
    WrongMethod,
}

impl Probe {
    /// Every probe.
    pub const ALL: &[Self] = &[
        Self::NoToken,
        Self::GarbageToken,
        Self::OtherAccount,
        Self::UnknownId,
        Self::WrongMethod,
    ];

    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::GarbageToken => "garbage-token",
            Self::OtherAccount => "other-account",
            Self::UnknownId => "unknown-id",
            Self::WrongMethod => "wrong-method",
        }
    }

    /// Whether an answer to it that gives what was asked for is a hole.
    pub(crate) fn must_fail(self) -> bool {
        match self {
            Self::NoToken | Self::GarbageToken | Self::OtherAccount => true,
            Self::UnknownId | Self::WrongMethod => false,
        }
    }
}

/// A request and its response, as far as the contract looks at them.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// The file, or what else it came from.
    pub source: &'a str,
    /// Its number in the source, from zero.
    pub entry: usize,
    /// The byte of the source at which it starts, where that is known.
    pub byte: Option<usize>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The way in which the request was wrong on purpose; none for a good one.
    pub probe: Option<Probe>,
    /// Whether this run asked it itself, with credentials that it believes to be good.
    pub asked_by_us: bool,
    /// The request's method.
    pub method: Cow<'a, str>,
    /// The request's URL, absolute.
    pub url: Cow<'a, str>,
    /// Whether the request is a CORS preflight (it has `Access-Control-Request-Method`).
    pub preflight: bool,
    /// The response's status; 0 where there was no response.
    pub status: u16,
    /// The response's `Content-Type`, where it has one.
    pub content_type: Option<Cow<'a, str>>,
    /// The response's body.
    pub body: Body<'a>,
}

impl Exchange<'_> {
    /// Whether it belongs to the observed shape: the vendor's own answer to a good request.
    pub(crate) fn is_shape(&self) -> bool {
        self.provenance.is_vendors() && self.probe.is_none()
    }
}

/// A response's body.
#[derive(Debug, Clone)]
pub enum Body<'a> {
    /// The source holds none. A size says whether there was one: zero, or more where the source left it out.
    Absent {
        /// The body's size in bytes, where the source knows it.
        size: Option<u64>,
    },
    /// There was one larger than the reader takes.
    TooLarge,
    /// There was one that is compressed, and could not be unpacked.
    Packed {
        /// In words, for people.
        why: &'static str,
    },
    /// There it is.
    Bytes {
        /// The body's bytes.
        bytes: Cow<'a, [u8]>,
        /// Where they stand in the source.
        origin: Origin<'a>,
    },
}

/// The JSON text of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written<'t> {
    /// As it is.
    Plain(&'t str),
    /// As the content of a JSON string.
    InText(&'t str),
}

/// Where a body's bytes stand in their source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Nowhere that could be pointed at.
    Unknown,
    /// Encoded, from this byte on.
    Encoded {
        /// Where the encoded text starts.
        byte: usize,
    },
    /// As they are, from this byte on.
    Verbatim {
        /// Where the body starts.
        byte: usize,
    },
    /// As the content of a JSON string.
    Escaped {
        /// Where the string's content starts, after its quote.
        byte: usize,
        /// The string's content as it stands in the source.
        raw: &'a str,
    },
}

/// Finds where in their source bytes of a body stand. An escaped text is read once, however many are asked for.
#[derive(Debug)]
pub(crate) struct SourceBytes<'a> {
    origin: Origin<'a>,
    /// Of an escaped text, some bytes of the value, each with where it stands in the source.
    marks: OnceCell<Vec<(usize, usize)>>,
}

/// How many bytes of an escaped text are read again at most.
const MARK_EVERY: usize = 1024;

impl<'a> SourceBytes<'a> {
    pub(crate) fn new(origin: Origin<'a>) -> Self {
        Self { origin, marks: OnceCell::new() }
    }

    /// The byte of the source at which a byte of the body stands, or the nearest that can be told.
    pub(crate) fn find(&self, offset: usize) -> Option<usize> {
        match self.origin {
            Origin::Unknown => None,
            Origin::Encoded { byte } => Some(byte),
            Origin::Verbatim { byte } => Some(byte + offset),
            Origin::Escaped { byte, raw } => Some(byte + self.in_escaped(raw, offset)),
        }
    }

    /// How far into a JSON string's raw content the byte stands that is `offset` bytes into the string's value.
    fn in_escaped(&self, raw: &str, offset: usize) -> usize {
        let marks = self.marks.get_or_init(|| {
            let mut marks = vec![(0, 0)];
            let (mut value, mut at) = (0, 0);
            while at < raw.len() {
                (value, at) = unescaped(raw, value, at, value + MARK_EVERY);
                marks.push((value, at));
            }
            marks
        });
        let next = marks.partition_point(|it| it.0 <= offset);
        let (value, at) = marks[next - 1];
        unescaped(raw, value, at, offset).1
    }
}

/// Reads a JSON string's raw content on, up to the byte `offset` of its value; both places are given and returned.
fn unescaped(raw: &str, mut value: usize, mut at: usize, offset: usize) -> (usize, usize) {
    let bytes = raw.as_bytes();
    while at < bytes.len() && value < offset {
        let (consumed, produced) = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'u')) => {
                let digits =
                    raw.get(at + 2..at + 6).and_then(|it| u32::from_str_radix(it, 16).ok());
                match digits.unwrap_or_default() {
                    0..0x80 => (6, 1),
                    0x80..0x800 => (6, 2),
                    // The first half of a pair: twelve bytes here, four in the value.
                    0xD800..0xDC00 => (12, 4),
                    _ => (6, 3),
                }
            }
            (b'\\', Some(_)) => (2, 1),
            _ => (1, 1),
        };
        at += consumed;
        value += produced;
    }
    (value, at.min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_counted() {
        let raw = r#"{\"a\":\"\u00e9é\ud83d\ude00\",\n\"b\":1}"#;
        let value: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
        let find = |raw: &str, offset| {
            SourceBytes::new(Origin::Escaped { byte: 0, raw }).find(offset).unwrap()
        };
        let offset = value.find('1').unwrap();
        assert_eq!(&raw[find(raw, offset)..], "1}");
        assert_eq!(find(raw, 0), 0);
        assert_eq!(find(raw, 1_000), raw.len());
        let long = raw.repeat(200);
        let offset = 199 * value.len() + offset;
        assert_eq!(&long[find(&long, offset)..], "1}");
    }
}

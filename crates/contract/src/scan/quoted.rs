//! JSON strings as they are written.

use std::borrow::Cow;

use super::bytes::{ONES, first_zero};

/// A JSON string as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'t> {
    /// What stands between the quotes.
    pub raw: &'t str,
    /// Whether some of it is escaped.
    pub is_escaped: bool,
    /// Whether it is escaped once more, as it stands in a text.
    pub(super) in_text: bool,
    /// Whether UTF-16 units are escaped, of which one may be half a character.
    pub(super) has_units: bool,
}

impl<'t> Quoted<'t> {
    /// What stands between the quotes of a JSON string whose escapes are well-formed.
    pub fn new(raw: &'t str) -> Self {
        let is_escaped = raw.contains('\\');
        Self { raw, is_escaped, in_text: false, has_units: is_escaped }
    }

    /// The text; none where an escape is half a surrogate pair.
    #[inline]
    pub fn text(self) -> Option<Cow<'t, str>> {
        if !self.is_escaped {
            return Some(self.raw.into());
        }
        let text = unescape(self.raw)?;
        if self.in_text && text.contains('\\') {
            return unescape(&text).map(Cow::Owned);
        }
        Some(text.into())
    }

    /// Whether it is a text, whatever it says.
    pub(crate) fn is_text(self) -> bool {
        !self.has_units || self.text().is_some()
    }
}

/// The text of a JSON string's content whose escapes are well-formed; none where one is half a surrogate pair.
pub(super) fn unescape(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    // No escape is shorter than what it stands for.
    let mut text = vec![0; bytes.len()];
    let (mut at, mut end) = (0, 0);
    while at < bytes.len() {
        // Eight at a time; what is wrong of them is written again.
        if let (Some(from), Some(to)) = (bytes.get(at..at + 8), text.get_mut(end..end + 8)) {
            to.copy_from_slice(from);
            let word = u64::from_le_bytes(from.try_into().expect("eight bytes"));
            let length = first_zero(word ^ (ONES * u64::from(b'\\')));
            (at, end) = (at + length, end + length);
            if length == 8 {
                continue;
            }
        }
        if bytes[at] != b'\\' {
            text[end] = bytes[at];
            (at, end) = (at + 1, end + 1);
            continue;
        }
        let escaped = *bytes.get(at + 1)?;
        at += 2;
        text[end] = match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let unit = |at: usize| u32::from_str_radix(raw.get(at..at + 4)?, 16).ok();
                let first = unit(at)?;
                at += 4;
                let code = if (0xD800..0xDC00).contains(&first) {
                    let second = bytes[at..].starts_with(b"\\u").then(|| unit(at + 2))??;
                    at += 6;
                    let low = second.checked_sub(0xDC00).filter(|it| *it < 0x400)?;
                    0x10000 + ((first - 0xD800) << 10) + low
                } else {
                    first
                };
                let length = char::from_u32(code)?.encode_utf8(&mut text[end..]).len();
                end += length;
                continue;
            }
            other => other,
        };
        end += 1;
    }
    text.truncate(end);
    String::from_utf8(text).ok()
}

/// How long what follows a backslash is, and whether it is a UTF-16 unit.
pub(super) fn escape(bytes: &[u8]) -> Option<(usize, bool)> {
    match *bytes.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some((1, false)),
        b'u' if bytes.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => Some((5, true)),
        _ => None,
    }
}

/// The same in a text, where most escapes are escaped themselves.
pub(super) fn escape_in_text(bytes: &[u8]) -> Option<(usize, bool)> {
    match *bytes.first()? {
        b'\\' => match (*bytes.get(1)?, bytes.get(2)) {
            (b'\\', Some(b'"' | b'\\' | b'/')) => Some((3, false)),
            (b'"' | b'\\', _) => None,
            _ => escape(&bytes[1..]).map(|it| (1 + it.0, it.1)),
        },
        b'/' => Some((1, false)),
        // A character of the text; one that means something there is left to others.
        b'u' => {
            let (length, _) = escape(bytes)?;
            let is_ascii = bytes[1..3] == *b"00" && bytes[3] < b'8';
            (!is_ascii).then_some((length, true))
        }
        _ => None,
    }
}

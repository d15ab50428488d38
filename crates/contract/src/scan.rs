//! Reads JSON text without building anything. Strict, so that whatever it takes serde_json takes too, as the same value;
//! what it does not take may still be JSON (it stops early at deep nesting).

use std::borrow::Cow;

use serde_json::Value;

/// Deeper text is left to others: half of what serde_json reads.
const MAX_DEPTH: usize = 100;

/// A place in a text. Every method gives none where the text is not what it reads; the scanner is then of no more use.
///
/// `IN_TEXT`: the JSON is the content of a JSON string, and read as it is written there.
#[derive(Debug, Clone)]
pub struct Scanner<'t, const IN_TEXT: bool = false> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// A value, or the start of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of at most 18 digits, written as one.
    Whole(i64),
    /// Any other number, as it is written.
    Number(&'t str),
    /// A text.
    Text(Quoted<'t>),
    /// The start of an array: [`Scanner::item`] reads on.
    Array,
    /// The start of an object: [`Scanner::member`] reads on.
    Object,
}

/// A JSON string as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'t> {
    /// What stands between the quotes.
    pub raw: &'t str,
    /// Whether some of it is escaped.
    pub is_escaped: bool,
    /// Whether it is escaped once more, as it stands in a text.
    in_text: bool,
    /// Whether UTF-16 units are escaped, of which one may be half a character.
    has_units: bool,
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
fn unescape(raw: &str) -> Option<String> {
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

impl<'t> Scanner<'t> {
    /// At the start of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }
}

impl<'t> Scanner<'t, true> {
    /// At the start of JSON that is the content of a JSON string, as it is written there. The string itself need not be
    /// well-formed: what is no JSON in it is not taken.
    pub(crate) fn in_text(raw: &'t str) -> Self {
        Self { text: raw, at: 0, depth: 0 }
    }
}

impl<'t, const IN_TEXT: bool> Scanner<'t, IN_TEXT> {
    /// How many bytes a quote takes.
    const QUOTE: usize = if IN_TEXT { 2 } else { 1 };

    /// The byte at which it is.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space; of an escaped quote, the quote.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b' ' => self.at += 1,
                b'\n' | b'\t' | b'\r' if !IN_TEXT => self.at += 1,
                b'\\' if IN_TEXT => match *bytes.get(self.at + 1)? {
                    b'n' | b't' | b'r' => self.at += 2,
                    b'"' => return Some(b'"'),
                    _ => return None,
                },
                byte => return Some(byte),
            }
        }
    }

    /// Whether nothing but white space is left.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none() && self.at == self.text.len()
    }

    /// Reads a whole scalar, or the start of an array or object.
    #[inline(always)]
    pub fn token(&mut self) -> Option<Token<'t>> {
        match self.peek()? {
            b'"' => self.quoted().map(Token::Text),
            b'{' => self.open().map(|()| Token::Object),
            b'[' => self.open().map(|()| Token::Array),
            b't' => self.word("true", Token::Bool(true)),
            b'f' => self.word("false", Token::Bool(false)),
            b'n' => self.word("null", Token::Null),
            _ => self.number(),
        }
    }

    fn open(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn close(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    #[inline]
    fn word(&mut self, word: &str, token: Token<'t>) -> Option<Token<'t>> {
        let is_there = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is_there.then_some(token)
    }

    #[inline]
    fn number(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let is_negative = bytes[start] == b'-';
        let whole = start + usize::from(is_negative);
        let (mut at, mut value) = (whole, 0_i64);
        while let Some(digit) = bytes.get(at).map(|it| it.wrapping_sub(b'0')).filter(|it| *it < 10)
        {
            value = value.wrapping_mul(10).wrapping_add(digit.into());
            at += 1;
        }
        let is_plain = !matches!(bytes.get(at), Some(b'.' | b'e' | b'E'));
        // More digits may be too large for 64 bits, and `-0` and `01` are not what they look like.
        let is_short =
            (1..=18).contains(&(at - whole)) && (bytes[whole] != b'0' || at - start == 1);
        if is_plain && is_short {
            self.at = at;
            return Some(Token::Whole(if is_negative { -value } else { value }));
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let is_negative = bytes[start] == b'-';
        let whole = start + usize::from(is_negative);
        let mut at = digits(whole);
        if at == whole || (bytes[whole] == b'0' && at > whole + 1) {
            return None;
        }
        if bytes.get(at) == Some(&b'.') {
            let fraction = at + 1;
            at = digits(fraction);
            if at == fraction {
                return None;
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let exponent = at;
            at = digits(exponent);
            if at == exponent {
                return None;
            }
        }
        self.at = at;
        Some(Token::Number(&self.text[start..at]))
    }

    #[inline(always)]
    fn quoted(&mut self) -> Option<Quoted<'t>> {
        let bytes = self.text.as_bytes();
        let start = self.at + Self::QUOTE;
        let mut at = start;
        let (mut is_escaped, mut has_units) = (false, false);
        loop {
            at += plain_length(bytes.get(at..)?);
            match *bytes.get(at)? {
                b'"' if !IN_TEXT => break,
                b'\\' if IN_TEXT && *bytes.get(at + 1)? == b'"' => break,
                b'\\' => {
                    let (length, is_unit) = if IN_TEXT {
                        escape_in_text(bytes.get(at + 1..)?)?
                    } else {
                        escape(bytes.get(at + 1..)?)?
                    };
                    is_escaped = true;
                    has_units |= is_unit;
                    at += 1 + length;
                }
                _ => return None,
            }
        }
        self.at = at + Self::QUOTE;
        Some(Quoted { raw: &self.text[start..at], is_escaped, in_text: IN_TEXT, has_units })
    }

    /// In an array: whether there is another item to read. At its end, the array is left.
    #[inline]
    pub fn item(&mut self, is_first: bool) -> Option<bool> {
        match self.peek()? {
            b']' => {
                self.close();
                Some(false)
            }
            _ if is_first => Some(true),
            b',' => {
                self.at += 1;
                (self.peek()? != b']').then_some(true)
            }
            _ => None,
        }
    }

    /// In an object: the next member's name, its value then to be read; none inside at its end, and the object is left.
    #[inline]
    pub fn member(&mut self, is_first: bool) -> Option<Option<Quoted<'t>>> {
        if self.is_next_member(is_first)? { self.name().map(Some) } else { Some(None) }
    }

    /// In an object: whether there is another member, its name then to be read. At its end, the object is left.
    #[inline]
    pub(crate) fn is_next_member(&mut self, is_first: bool) -> Option<bool> {
        match self.peek()? {
            b'}' => {
                self.close();
                return Some(false);
            }
            b'"' if is_first => {}
            b',' if !is_first => {
                self.at += 1;
                if self.peek()? != b'"' {
                    return None;
                }
            }
            _ => return None,
        }
        Some(true)
    }

    /// Reads a member's name.
    pub(crate) fn name(&mut self) -> Option<Quoted<'t>> {
        let name = self.quoted()?;
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        Some(name)
    }

    /// Reads a member's name if it is written as this one is: with its quotes, and a colon right after it.
    #[inline]
    pub(crate) fn name_is(&mut self, written: &WrittenName) -> bool {
        let written: &[u8] = if IN_TEXT { &written.in_text } else { &written.plain };
        let is_it = self.text.as_bytes().get(self.at..).is_some_and(|it| starts_with(it, written));
        if is_it {
            self.at += written.len();
        }
        is_it
    }

    /// Reads over a value, and gives its text.
    pub fn skip(&mut self) -> Option<&'t str> {
        self.peek()?;
        let start = self.at;
        let token = self.token()?;
        self.skip_rest(token)?;
        Some(&self.text[start..self.at])
    }

    /// The JSON that is written as a part of the text.
    pub(crate) fn written(part: &'t str) -> Option<Cow<'t, str>> {
        if IN_TEXT { unescape(part).map(Cow::Owned) } else { Some(part.into()) }
    }

    fn skip_rest(&mut self, token: Token<'t>) -> Option<()> {
        let mut is_first = true;
        match token {
            Token::Array => {
                while self.item(is_first)? {
                    is_first = false;
                    self.skip()?;
                }
            }
            Token::Object => {
                while self.member(is_first)?.is_some() {
                    is_first = false;
                    self.skip()?;
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// A member's name with its quotes and colon, as it is written in JSON, and in JSON that stands in a text.
#[derive(Debug)]
pub(crate) struct WrittenName {
    plain: Box<[u8]>,
    in_text: Box<[u8]>,
}

impl WrittenName {
    pub(crate) fn new(name: &str) -> Self {
        let plain = format!("{}:", Value::from(name));
        let in_text = Value::from(&*plain).to_string();
        Self {
            plain: plain.as_bytes().into(),
            in_text: in_text.as_bytes()[1..in_text.len() - 1].into(),
        }
    }
}

/// Eight at a time: names are too short for what the standard library does.
#[inline]
fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    let Some(bytes) = bytes.get(..start.len()) else { return false };
    let (ours, our_rest) = bytes.as_chunks::<8>();
    let (theirs, their_rest) = start.as_chunks::<8>();
    ours.iter().zip(theirs).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && our_rest.iter().zip(their_rest).all(|(a, b)| a == b)
}

impl<'t> Scanner<'t> {
    /// As [`Scanner::skip`], but an object or array is read over by its quotes and brackets alone: what is between them
    /// need not be JSON.
    pub fn leap(&mut self) -> Option<&'t str> {
        if !matches!(self.peek()?, b'{' | b'[') {
            return self.skip();
        }
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start;
        let mut depth = 0_usize;
        loop {
            match bytes.get(at)? {
                b'"' => at += 1 + closing_quote(&bytes[at + 1..], &mut false)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at + 1;
                        return Some(&self.text[start..self.at]);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads over a text up to the quote that closes it, and gives what is between: it need not be well-formed.
    pub fn leap_text(&mut self) -> Option<&'t str> {
        if self.peek()? != b'"' {
            return None;
        }
        let rest = &self.text[self.at + 1..];
        let raw = &rest[..closing_quote(rest.as_bytes(), &mut false)?];
        self.at += raw.len() + 2;
        Some(raw)
    }

    /// As [`Scanner::leap`], of the last value of an object whose text ends with the object's.
    pub fn last(&mut self) -> Option<&'t str> {
        self.peek()?;
        let rest = self.text[self.at..].trim_ascii_end().strip_suffix('}')?;
        self.at += rest.len();
        Some(rest)
    }
}

/// How long what follows a backslash is, and whether it is a UTF-16 unit.
fn escape(bytes: &[u8]) -> Option<(usize, bool)> {
    match *bytes.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some((1, false)),
        b'u' if bytes.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => Some((5, true)),
        _ => None,
    }
}

/// The same in a text, where most escapes are escaped themselves.
fn escape_in_text(bytes: &[u8]) -> Option<(usize, bool)> {
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

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// How many of a word's bytes, from the lowest, stand before one that is zero.
fn first_zero(word: u64) -> usize {
    let found = word.wrapping_sub(ONES) & !word & HIGH;
    found.trailing_zeros() as usize / 8
}

/// The high bits of a word's bytes that are zero, and of no others.
fn zeros(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word) & HIGH
}

/// Where in the rest of a text the quote stands that closes it. `is_escaped` says whether the first byte is, and then,
/// where there is no such quote, whether what comes next is.
pub fn closing_quote(bytes: &[u8], is_escaped: &mut bool) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, bytes) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let escaped = (backslashes << 8) | (u64::from(*is_escaped) << 7);
        let found = if backslashes & escaped == 0 {
            *is_escaped = backslashes >> 63 == 1;
            let quotes = zeros(word ^ (ONES * u64::from(b'"'))) & !escaped;
            (quotes != 0).then(|| quotes.trailing_zeros() as usize / 8)
        } else {
            // A backslash that is escaped escapes nothing.
            closing_quote_among(bytes, is_escaped)
        };
        if let Some(found) = found {
            *is_escaped = false;
            return Some(number * 8 + found);
        }
    }
    closing_quote_among(rest, is_escaped).map(|it| words.len() * 8 + it)
}

fn closing_quote_among(bytes: &[u8], is_escaped: &mut bool) -> Option<usize> {
    bytes.iter().position(|byte| {
        let closes = *byte == b'"' && !*is_escaped;
        *is_escaped = *byte == b'\\' && !*is_escaped;
        closes
    })
}

/// How many bytes stand before the first quote, backslash or control character: eight at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for eight in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*eight);
        // A byte becomes negative where it is zero: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
        let zero = |it: u64| it.wrapping_sub(ONES) & !it;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let ends = |it: &u8| matches!(it, b'"' | b'\\' | 0..0x20);
    length + bytes[length..].iter().position(ends).unwrap_or(bytes.len() - length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The value of a text, as far as the scanner takes it.
    fn read(text: &str) -> Option<Value> {
        let mut scanner = Scanner::new(text);
        let value = value(&mut scanner)?;
        scanner.is_at_end().then_some(value)
    }

    fn value<const IN_TEXT: bool>(scanner: &mut Scanner<'_, IN_TEXT>) -> Option<Value> {
        Some(match scanner.token()? {
            Token::Null => Value::Null,
            Token::Bool(it) => it.into(),
            Token::Whole(it) => it.into(),
            Token::Number(it) => serde_json::from_str(it).ok()?,
            Token::Text(it) => it.text()?.into(),
            Token::Array => {
                let mut items = Vec::new();
                while scanner.item(items.is_empty())? {
                    items.push(value(scanner)?);
                }
                items.into()
            }
            Token::Object => {
                let mut members = serde_json::Map::new();
                let mut is_first = true;
                while let Some(name) = scanner.member(is_first)? {
                    is_first = false;
                    members.insert(name.text()?.into_owned(), value(scanner)?);
                }
                members.into()
            }
        })
    }

    #[test]
    fn what_is_json_is_taken() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            "[1,-2,0,3.5,1e2,-0,-0.0,1E+2,123456789012345678901]",
            r#"{"a":{"b":[true,false]}}"#,
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#,
            r#"{"a":1,"a":2}"#,
        ] {
            assert_eq!(read(text), serde_json::from_str(text).ok(), "{text}");
            assert!(read(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_not() {
        for text in [
            "",
            "nul",
            "[1,]",
            "[,1]",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "[1 2]",
            "1 2",
            "]",
            "[}",
            "\"",
            "1e400",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&("[".repeat(101) + &"]".repeat(101))), None);
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_serde_json_reads(text in r#"[\[\]{}",:\\u0-9ade.+\- tfnulrs\n]{0,24}"#) {
            if let Some(value) = read(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
            }
        }

        #[test]
        fn a_leap_ends_where_a_value_does(text in r#"[\[\]{}",:\\u0-9ae\n\u{e9}]{0,24}"#) {
            let (mut strict, mut loose) = (Scanner::new(&text), Scanner::new(&text));
            let leapt = loose.leap();
            if let Some(skipped) = strict.skip() {
                prop_assert_eq!(leapt, Some(skipped));
                prop_assert_eq!(loose.at(), strict.at());
            }
        }

        #[test]
        fn what_stands_in_a_text_is_read_as_it_is(text in r#"[\[\]{}",:\\/u0-9ad+\- tfnulrs\n\u{e9}]{0,24}"#, escapes in 0..3_u8) {
            let plain = read(&text);
            let quoted = Value::from(&*text).to_string();
            let quoted = match escapes {
                0 => quoted,
                1 => quoted.replace('/', "\\/"),
                _ => quoted.replace('é', "\\u00e9"),
            };
            let mut scanner = Scanner::in_text(&quoted[1..quoted.len() - 1]);
            let value = value(&mut scanner).filter(|_| scanner.is_at_end());
            prop_assert_eq!(value, plain);
        }

        #[test]
        fn the_closing_quote_is_the_first_that_is_not_escaped(text in r#"["\\a]{0,40}"#, cut in 0..40_usize) {
            let slow = {
                let mut is_escaped = false;
                closing_quote_among(text.as_bytes(), &mut is_escaped)
            };
            prop_assert_eq!(closing_quote(text.as_bytes(), &mut false), slow);
            let (start, end) = text.as_bytes().split_at(cut.min(text.len()));
            let mut is_escaped = false;
            let in_parts = closing_quote(start, &mut is_escaped)
                .or_else(|| closing_quote(end, &mut is_escaped).map(|it| start.len() + it));
            prop_assert_eq!(in_parts, slow);
            prop_assert!(slow.is_none() || !is_escaped);
        }

        #[test]
        fn texts_are_read_as_serde_json_reads_them(text: String, before in 0..9_usize) {
            let quoted = format!("{}{}", " ".repeat(before), serde_json::to_string(&text).unwrap());
            prop_assert_eq!(read(&quoted), Some(Value::String(text)));
        }
    }
}

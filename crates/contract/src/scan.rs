//! Reads JSON text without building anything. Strict, so that whatever it takes serde_json takes too, as the same value;
//! what it does not take may still be JSON (it stops early at deep nesting).

mod bytes;
mod quoted;

use std::borrow::Cow;

use serde_json::Value;

pub use self::{bytes::closing_quote, quoted::Quoted};
use self::{
    bytes::{plain_length, starts_with},
    quoted::{escape, escape_in_text, unescape},
};

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

#[cfg(test)]
mod tests;

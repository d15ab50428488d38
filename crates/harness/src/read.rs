//! Takes sources apart into exchanges, one at a time, and reads those.

mod har;
mod line;
mod unpack;
mod window;

use std::{borrow::Cow, io::Read};

use contract::{Body, Exchange, Origin, Provenance, Unreadable, Written, byte_of};
use serde::de::IgnoredAny;

pub use line::{ExchangeLine, exchange_line_schema};
use window::Window;

/// The largest body that is looked at, in bytes.
pub const MAX_BODY: usize = 64 * 1024 * 1024;

/// How an exchange is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    /// An entry of a HAR of that provenance.
    Har(Provenance),
    /// A line of NDJSON.
    Line,
    /// The body alone, of an answer that is told.
    Body(Answered),
}

/// What a plain body is the answer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The request's method.
    pub method: String,
    /// A URL of the operation.
    pub url: String,
    /// The response's status.
    pub status: u16,
}

/// An exchange as it stands in its source.
#[derive(Debug, Clone)]
pub(crate) struct Raw<'a> {
    /// The source's name.
    pub source: &'a str,
    /// How it is written.
    pub format: Format,
    /// What stands there.
    pub bytes: &'a [u8],
    /// Its number in the source, from zero.
    pub entry: usize,
    /// The byte of the source at which it starts.
    pub byte: usize,
    /// What reading it loosely gave, where that was done to find its end.
    pub loose: Option<Loose<'a>>,
}

/// An exchange without its body, and the body's text, which need not be JSON.
pub(crate) type Loose<'a> = (Exchange<'a>, Written<'a>);

impl<'a> Raw<'a> {
    /// The exchange.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(&self) -> Result<Exchange<'a>, Unreadable> {
        let fault = |byte: usize, reason: String| Unreadable {
            source: self.source.to_owned(),
            entry: Some(self.entry),
            byte: Some(self.byte + byte),
            reason,
        };
        if let Format::Body(answered) = &self.format {
            return Ok(self.body(answered));
        }
        let text = std::str::from_utf8(self.bytes).map_err(|it| {
            fault(it.valid_up_to(), "not UTF-8 from here on; export it again".to_owned())
        })?;
        let read = match self.format {
            Format::Har(_) => har::entry::read(self, text),
            _ => line::read(self, text, line::over_json),
        };
        read.map_err(|reason| match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => fault(0, reason),
            Err(error) => {
                let byte = byte_of(self.bytes, error.line(), error.column());
                fault(byte, "not JSON from here on; export it again".to_owned())
            }
        })
    }

    /// The exchange without its body, and the body's text; none where there is anything wrong, or unusual.
    pub(crate) fn read_loosely(&mut self) -> Option<Loose<'a>> {
        if let Some(loose) = self.loose.take() {
            return Some(loose);
        }
        let text = std::str::from_utf8(self.bytes).ok()?;
        match self.format {
            Format::Har(_) => {
                let (loose, length) = har::entry::read_loosely(self, text)?;
                (length == text.len()).then_some(loose)
            }
            Format::Line => line::read_loosely(self, text),
            Format::Body(_) => None,
        }
    }

    fn body(&self, answered: &Answered) -> Exchange<'a> {
        let body = match self.bytes.len() {
            0 => Body::Absent { size: Some(0) },
            _ => Body::Bytes { bytes: self.bytes.into(), origin: Origin::Verbatim { byte: 0 } },
        };
        Exchange {
            method: answered.method.clone().into(),
            status: answered.status,
            body,
            ..self.exchange(answered.url.clone().into())
        }
    }

    /// An exchange of which only the URL is known.
    fn exchange(&self, url: Cow<'a, str>) -> Exchange<'a> {
        Exchange {
            source: self.source,
            entry: self.entry,
            byte: Some(self.byte),
            provenance: match self.format {
                Format::Har(provenance) => provenance,
                Format::Line | Format::Body(_) => Provenance::Recorded,
            },
            probe: None,
            asked_by_us: false,
            method: "GET".into(),
            url,
            preflight: false,
            status: 0,
            content_type: None,
            body: Body::Absent { size: None },
        }
    }
}

/// What a source holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Har,
    Lines,
    Body(Answered),
    /// Its first bytes say whether it is a HAR or lines.
    Unknown,
}

/// Gives every exchange of a source, or what is wrong with it, to `each`. `again` gives the source's bytes a second
/// time, where a HAR may say after its entries what they are.
pub(crate) fn split<'r, R: Read>(
    reader: R,
    source: &str,
    kind: &Kind,
    again: &dyn Fn() -> Option<Box<dyn Read + 'r>>,
    each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
) {
    let mut window = Window::new(reader);
    let fault = |byte: usize, reason: String| Unreadable {
        source: source.to_owned(),
        entry: None,
        byte: Some(byte),
        reason,
    };
    let start = match window.at_least(4) {
        Ok(start) => start,
        Err(error) => return each(Err(Unreadable { byte: None, ..fault(0, error.to_string()) })),
    };
    if let Kind::Body(answered) = kind {
        return body(&mut window, source, answered, each);
    }
    if matches!(start, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]) {
        let what = if *kind == Kind::Lines { "NDJSON" } else { "a HAR" };
        return each(Err(fault(0, format!("UTF-16 or UTF-32; {what} is UTF-8: save it as that"))));
    }
    if start.starts_with(b"\xef\xbb\xbf") {
        window.advance(3);
    }
    if *kind == Kind::Lines || (*kind == Kind::Unknown && !is_har(&mut window)) {
        line::split(&mut window, source, each);
    } else {
        let later = again().and_then(|it| har::meta(&mut Window::new(it)));
        har::split(&mut window, source, later, each);
    }
}

/// Whether what comes looks like a HAR rather than like lines: a first line that is a whole object without a `log` is one
/// of lines, and so is nothing at all.
fn is_har<R: Read>(window: &mut Window<R>) -> bool {
    let Ok(start) = window.at_least(64 * 1024) else { return true };
    let line = start.split(|it| *it == b'\n').find(|it| !it.trim_ascii().is_empty());
    let Some(line) = line else { return false };
    let members = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line);
    match members {
        Ok(members) => !members.contains_key("url"),
        // A line longer than this, or a HAR over several lines.
        Err(_) => {
            let has = |name: &str| memchr::memmem::find(line, name.as_bytes());
            match (has("\"log\""), has("\"url\"")) {
                (None, Some(_)) => false,
                // So long a first line, and not yet a `log`.
                (None, None) => !(line.starts_with(b"{") && line.len() > 60 * 1024),
                (Some(log), Some(url)) => log < url,
                _ => true,
            }
        }
    }
}

fn body<R: Read>(
    window: &mut Window<R>,
    source: &str,
    answered: &Answered,
    each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
) {
    let format = Format::Body(answered.clone());
    match window.at_least(MAX_BODY + 1) {
        Ok(bytes) if bytes.len() <= MAX_BODY => {
            each(Ok(Raw { source, format, bytes, entry: 0, byte: 0, loose: None }));
        }
        read => {
            let reason = match read {
                Ok(_) => "larger than what is looked at".to_owned(),
                Err(error) => error.to_string(),
            };
            let source = source.to_owned();
            each(Err(Unreadable { source, entry: None, byte: None, reason }));
        }
    }
}

/// Reads a HAR's exchanges in order and gives each, or what is wrong with it, to `each`.
pub fn read_har(
    source: &str,
    bytes: &[u8],
    mut each: impl FnMut(Result<Exchange<'_>, Unreadable>),
) {
    let has_meta = memchr::memmem::find(bytes, b"\"_paperwire\"").is_some();
    let again = || has_meta.then(|| Box::new(bytes) as Box<dyn Read + '_>);
    split(bytes, source, &Kind::Har, &again, &mut |raw| each(raw.and_then(|it| it.read())));
}

#[cfg(test)]
mod tests;

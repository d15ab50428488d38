//! NDJSON: one exchange a line.

use std::{borrow::Cow, io::Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use contract::{Body, Exchange, Origin, Provenance, Scanner, Token, Unreadable, Written};
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    MAX_BODY,
    read::{
        Format, Loose, Raw,
        unpack::{self, Headers},
        window::{Value, Window},
    },
};

/// One exchange, on a line of its own. Members in any order, each at most once; others are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(title = "Exchange", extend("additionalProperties" = true))]
pub struct ExchangeLine {
    /// The request's URL, absolute.
    pub url: String,
    /// The request's method; GET where it is left out.
    #[serde(default)]
    pub method: Option<String>,
    /// The response's status; 0 where there was no response.
    pub status: u16,
    /// The response's `Content-Type`.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The response's body where it is JSON, as it came.
    #[serde(default)]
    pub body: Option<serde_json::Value>,
    /// The response's body as a text, where it is no JSON or may be none.
    #[serde(default)]
    pub text: Option<String>,
    /// The response's body in base64, where it is no text; it may be gzip.
    #[serde(default)]
    pub base64: Option<String>,
    /// Whether the request is a CORS preflight.
    #[serde(default)]
    pub preflight: Option<bool>,
    /// Where the exchange comes from; `recorded` where it is left out.
    #[serde(default)]
    pub provenance: Option<Provenance>,
}

/// The published JSON Schema of a line.
pub fn exchange_line_schema() -> serde_json::Value {
    contract::format_schema::<ExchangeLine>("urn:paperwire:format:exchange")
}

/// Gives every line that is not blank to `each`.
pub(super) fn split<R: Read>(
    window: &mut Window<R>,
    source: &str,
    each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>),
) {
    let mut entry = 0;
    let fault = |entry: Option<usize>, byte: usize, reason: String| Unreadable {
        source: source.to_owned(),
        entry,
        byte: Some(byte),
        reason,
    };
    loop {
        let at = window.byte();
        match window.line() {
            Ok(None) if entry > 0 => return,
            Ok(None) => {
                let reason = "promised at least one line, an exchange as the contract's format/exchange.schema.json says, none came; \
                              record it again or leave it out";
                return each(Err(fault(None, at, reason.to_owned())));
            }
            Ok(Some(Value::Kept(line))) => {
                let byte = window.byte_of(&line);
                let bytes = window.bytes(line);
                if !bytes.trim_ascii().is_empty() {
                    let format = Format::Line;
                    each(Ok(Raw { source, format, bytes, entry, byte, loose: None }));
                    entry += 1;
                }
            }
            Ok(Some(Value::TooLarge)) => {
                let reason = "a line larger than what is looked at; leave its body out";
                each(Err(fault(Some(entry), at, reason.to_owned())));
                entry += 1;
            }
            Err(error) => return each(Err(fault(None, at, error.to_string()))),
        }
    }
}

/// Reads a line, over its body as it is told.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read<'a>(
    raw: &Raw<'a>,
    text: &'a str,
    over: OverBody<'a>,
) -> Result<Exchange<'a>, String> {
    let mut scanner = Scanner::new(text);
    let mut line = Line::default();
    let read = line.members(&mut scanner, over).filter(|()| scanner.is_at_end());
    if let Some(fault) = line.fault {
        return Err(fault);
    }
    if read.is_none() {
        return Err(
            "promised an object as the contract's format/exchange.schema.json says, on one line"
                .to_owned(),
        );
    }
    let url = line.url.ok_or("the line has no `url`; add it")?;
    let status = line.status.ok_or("the line has no `status`; add it, 0 where no answer came")?;
    let byte_of = |part: &str| raw.byte + (part.as_ptr() as usize - text.as_ptr() as usize);
    let body = match (line.body, line.text, line.base64) {
        (None, None, None) => Body::Absent { size: None },
        (Some(it), None, None) if it.len() > MAX_BODY => Body::TooLarge,
        (Some(it), None, None) => {
            let origin = Origin::Verbatim { byte: byte_of(it) };
            Body::Bytes { bytes: it.as_bytes().into(), origin }
        }
        (None, Some((it, _)), None) if it.is_empty() => Body::Absent { size: Some(0) },
        (None, Some((it, raw)), None) => {
            let origin = Origin::Escaped { byte: byte_of(raw), raw };
            let bytes = match it {
                Cow::Borrowed(it) => it.as_bytes().into(),
                Cow::Owned(it) => it.into_bytes().into(),
            };
            Body::Bytes { bytes, origin }
        }
        (None, None, Some((it, raw))) => {
            let bytes = STANDARD.decode(it.as_bytes()).map_err(|_| "`base64` holds none")?;
            let content_type = line.content_type.as_deref().unwrap_or("json");
            let headers = Headers { content_type, ..Headers::default() };
            unpack::body(bytes, headers, Origin::Encoded { byte: byte_of(raw) })
        }
        _ => return Err("more than one of `body`, `text` and `base64`; keep one".to_owned()),
    };
    Ok(Exchange {
        method: line.method.unwrap_or("GET".into()),
        provenance: line.provenance.unwrap_or(Provenance::Recorded),
        preflight: line.preflight.unwrap_or(false),
        status,
        content_type: line.content_type,
        body,
        ..raw.exchange(url)
    })
}

/// Reads over JSON, however deep it nests: what is too deep to be looked at is said of the body, as of any other.
pub(super) fn over_json<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    let start = scanner.clone();
    scanner.skip().or_else(|| {
        *scanner = start;
        let leapt = scanner.leap()?;
        serde_json::from_str::<IgnoredAny>(leapt).ok()?;
        Some(leapt)
    })
}

/// Reads a line with a body that need not be JSON; none where there is anything wrong with it.
pub(super) fn read_loosely<'a>(raw: &Raw<'a>, text: &'a str) -> Option<Loose<'a>> {
    let ends_with_object = text.trim_ascii_end().ends_with("}}");
    let over = if ends_with_object { Scanner::last } else { Scanner::leap };
    let exchange = read(raw, text, over).ok()?;
    match exchange.body {
        Body::Bytes { bytes: Cow::Borrowed(bytes), origin: Origin::Verbatim { byte } } => {
            let start = byte - raw.byte;
            let body = Written::Plain(text.get(start..start + bytes.len())?);
            Some((Exchange { body: Body::Absent { size: None }, ..exchange }, body))
        }
        _ => None,
    }
}

/// How a body is read over.
type OverBody<'a> = fn(&mut Scanner<'a>) -> Option<&'a str>;

/// A text, and as it is written.
type TextAt<'a> = (Cow<'a, str>, &'a str);

#[derive(Default)]
struct Line<'a> {
    url: Option<Cow<'a, str>>,
    method: Option<Cow<'a, str>>,
    status: Option<u16>,
    content_type: Option<Cow<'a, str>>,
    body: Option<&'a str>,
    text: Option<TextAt<'a>>,
    base64: Option<TextAt<'a>>,
    preflight: Option<bool>,
    provenance: Option<Provenance>,
    fault: Option<String>,
}

impl<'a> Line<'a> {
    fn members(&mut self, scanner: &mut Scanner<'a>, over: OverBody<'a>) -> Option<()> {
        if scanner.token()? != Token::Object {
            return None;
        }
        let mut is_first = true;
        while let Some(name) = scanner.member(is_first)? {
            is_first = false;
            let name = name.text()?;
            if self.member(&name, scanner, over).is_none() {
                let promised =
                    "promised as the contract's format/exchange.schema.json says, and once";
                self.fault.get_or_insert_with(|| format!("`{}`: {promised}", known(&name)));
                return None;
            }
        }
        Some(())
    }

    fn member(&mut self, name: &str, scanner: &mut Scanner<'a>, over: OverBody<'a>) -> Option<()> {
        let mut quoted = || match scanner.token()? {
            Token::Text(it) => Some((it.text()?, it.raw)),
            _ => None,
        };
        match name {
            "url" => once(&mut self.url, quoted()?.0),
            "method" => once(&mut self.method, quoted()?.0),
            "content_type" => match scanner.token()? {
                Token::Null => Some(()),
                Token::Text(it) => once(&mut self.content_type, it.text()?),
                _ => None,
            },
            "text" => once(&mut self.text, quoted()?),
            "base64" => once(&mut self.base64, quoted()?),
            "body" => once(&mut self.body, over(scanner)?),
            "status" => match scanner.token()? {
                Token::Whole(it) => once(&mut self.status, u16::try_from(it).ok()?),
                _ => None,
            },
            "preflight" => match scanner.token()? {
                Token::Bool(it) => once(&mut self.preflight, it),
                _ => None,
            },
            "provenance" => {
                let word = quoted()?.0;
                let known = Provenance::ALL.iter().find(|it| it.as_str() == word)?;
                once(&mut self.provenance, *known)
            }
            _ => over_json(scanner).map(drop),
        }
    }
}

/// A member's name where it is one of ours.
fn known(name: &str) -> &str {
    const NAMES: [&str; 9] = [
        "url",
        "method",
        "status",
        "content_type",
        "body",
        "text",
        "base64",
        "preflight",
        "provenance",
    ];
    NAMES.into_iter().find(|it| *it == name).unwrap_or("a member")
}

fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

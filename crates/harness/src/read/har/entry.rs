//! One entry of a HAR: lenient where programs are, and quick where they write what HAR 1.2 says.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use contract::{Body, Exchange, Origin, Quoted, Scanner, Token, Written};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, value::RawValue};

use crate::{
    MAX_BODY,
    read::{
        Loose, Raw,
        unpack::{self, Headers},
    },
};

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    request: Option<Request<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    url: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient")]
    headers: Option<Vec<Header>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(default, deserialize_with = "lenient")]
    status: Option<Number>,
    #[serde(default, deserialize_with = "lenient")]
    headers: Option<Vec<Header>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    content: Option<Content<'a>>,
    #[serde(default, rename = "bodySize", deserialize_with = "lenient")]
    body_size: Option<Number>,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    value: Option<String>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(default, deserialize_with = "lenient")]
    size: Option<Number>,
    #[serde(default, rename = "mimeType", deserialize_with = "lenient")]
    mime_type: Option<String>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    encoding: Option<String>,
}

/// A member of the promised type, or none.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    let raw = <&RawValue>::deserialize(d)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// Reads an entry.
///
/// # Errors
/// What is wrong with it.
pub(in crate::read) fn read<'a>(raw: &Raw<'a>, text: &'a str) -> Result<Exchange<'a>, String> {
    quick(raw, text).map_or_else(|| lenient_read(raw, text), Ok)
}

pub(in crate::read) fn lenient_read<'a>(
    raw: &Raw<'a>,
    text: &'a str,
) -> Result<Exchange<'a>, String> {
    let entry: Entry<'a> = serde_json::from_str(text)
        .map_err(|_| "promised an entry object in which each member occurs once".to_owned())?;
    let request = entry.request.ok_or("the entry has no request; remove it")?;
    let url = request.url.ok_or("the entry's request has no URL; remove it")?;
    let preflight = header(request.headers.as_deref(), "access-control-request-method").is_some();
    let (status, content_type, body) = match entry.response {
        None => (0, None, Body::Absent { size: None }),
        Some(response) => {
            let status =
                whole(response.status.as_ref()).and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
            let declared = header(response.headers.as_deref(), "content-type");
            let declared = declared.filter(|it| !it.trim().is_empty()).map(str::to_owned);
            let mime_type = response.content.as_ref().and_then(|it| it.mime_type.clone());
            let size = whole(response.content.as_ref().and_then(|it| it.size.as_ref()))
                .or_else(|| whole(response.body_size.as_ref()));
            let body = match response.content {
                Some(content) => {
                    let packed = header(response.headers.as_deref(), "content-encoding");
                    let headers = Headers {
                        content_type: declared.as_deref().or(mime_type.as_deref()).unwrap_or(""),
                        content_encoding: packed.unwrap_or_default(),
                    };
                    body(raw, text, content, size, headers)?
                }
                None => Body::Absent { size },
            };
            (status, declared.or(mime_type), body)
        }
    };
    Ok(Exchange {
        method: request.method.unwrap_or(Cow::Borrowed("GET")),
        preflight,
        status,
        content_type: content_type.map(Cow::Owned),
        body,
        ..raw.exchange(url)
    })
}

fn body<'a>(
    raw: &Raw<'a>,
    entry: &'a str,
    content: Content<'a>,
    size: Option<u64>,
    headers: Headers<'_>,
) -> Result<Body<'a>, String> {
    let text = content.text.map(RawValue::get).filter(|it| it.starts_with('"'));
    let text = text.map(|it| Quoted::new(&it[1..it.len() - 1]));
    body_of(raw, entry, text, content.encoding.as_deref(), size, headers)
}

fn body_of<'a>(
    entry: &Raw<'a>,
    entry_text: &'a str,
    text: Option<Quoted<'a>>,
    encoding: Option<&str>,
    size: Option<u64>,
    headers: Headers<'_>,
) -> Result<Body<'a>, String> {
    let Some(quoted) = text else {
        return Ok(Body::Absent { size });
    };
    let inner = quoted.raw;
    if inner.len() + 2 > MAX_BODY {
        return Ok(Body::TooLarge);
    }
    if inner.is_empty() {
        return Ok(Body::Absent { size: Some(size.unwrap_or(0)) });
    }
    let byte = entry.byte + (inner.as_ptr() as usize - entry_text.as_ptr() as usize);
    let text = quoted.text().ok_or("`content.text` is no Unicode text; export it again")?;
    if encoding.is_some_and(|it| it.eq_ignore_ascii_case("base64")) {
        let compact: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
        let bytes = BASE64
            .decode(compact)
            .map_err(|_| "`content.encoding` says base64, and `content.text` is none")?;
        return Ok(unpack::body(bytes, headers, Origin::Encoded { byte }));
    }
    let bytes = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    Ok(Body::Bytes { bytes, origin: Origin::Escaped { byte, raw: inner } })
}

/// Some recorders leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn header<'h>(headers: Option<&'h [Header]>, name: &str) -> Option<&'h str> {
    let of_name = |it: &&Header| it.name.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name));
    headers?.iter().find(of_name)?.value.as_deref()
}

/// A number that is none, or -1, says nothing.
fn whole(number: Option<&Number>) -> Option<u64> {
    let number = number?;
    number.as_u64().or_else(|| {
        number.as_f64().filter(|it| *it >= 0.0 && it.fract() == 0.0).map(|it| it as u64)
    })
}

/// Reads an entry whose members that matter are of the promised types, each there at most once and none with an escaped
/// name; any other is none of its business.
fn quick<'a>(raw: &Raw<'a>, text: &'a str) -> Option<Exchange<'a>> {
    let mut scanner = Scanner::new(text);
    let (exchange, content) = quick_parts(raw, &mut scanner, |scanner| match scanner.token()? {
        Token::Text(it) => Some(it),
        _ => None,
    })?;
    if !scanner.is_at_end() {
        return None;
    }
    let size = content.size;
    let body = match content.is_there {
        // The headers say how an encoded body is to be unpacked.
        true if content.encoding.is_some_and(|it| !it.is_empty()) => return None,
        true => body_of(raw, text, content.text, None, size, Headers::default()).ok()?,
        false => Body::Absent { size },
    };
    Some(Exchange { body, ..exchange })
}

/// The same, without the body, and the body's text, which need not be well-formed; and how long the entry is: it may end
/// before the text does.
pub(in crate::read) fn read_loosely<'a>(
    raw: &Raw<'a>,
    text: &'a str,
) -> Option<(Loose<'a>, usize)> {
    let mut scanner = Scanner::new(text);
    let (exchange, content) = quick_parts(raw, &mut scanner, Scanner::leap_text)?;
    // As `body_of` has it: with its quotes.
    let is_looked_at = |it: &&str| it.len() + 2 <= MAX_BODY && content.encoding.is_none();
    let text = content.text.filter(is_looked_at)?;
    Some(((exchange, Written::InText(text)), scanner.at()))
}

/// What a response says of its body.
struct QuickContent<'a, T> {
    is_there: bool,
    size: Option<u64>,
    text: Option<T>,
    encoding: Option<&'a str>,
}

fn quick_parts<'a, T>(
    raw: &Raw<'a>,
    scanner: &mut Scanner<'a>,
    over_text: impl Fn(&mut Scanner<'a>) -> Option<T>,
) -> Option<(Exchange<'a>, QuickContent<'a, T>)> {
    let (mut request, mut response) = (None, None);
    each_member(scanner, |scanner, name| match name {
        "request" => once(&mut request, quick_request(scanner)?),
        "response" => once(&mut response, quick_response(scanner, &over_text)?),
        _ => scanner.skip().map(drop),
    })?;
    let (request, response) = (request?, response?);
    let (size, body_size) = (response.size, response.body_size);
    let size = size.filter(|it| *it >= 0).or(body_size.filter(|it| *it >= 0));
    let content = QuickContent {
        is_there: response.has_content,
        size: size.map(i64::unsigned_abs),
        text: response.text,
        encoding: response.encoding,
    };
    let declared = response.content_type.filter(|it| !it.trim().is_empty());
    let exchange = Exchange {
        method: Cow::Borrowed(request.method?),
        preflight: request.preflight,
        status: u16::try_from(response.status?).unwrap_or(0),
        content_type: declared.or(response.mime_type).map(Cow::Borrowed),
        ..raw.exchange(Cow::Borrowed(request.url?))
    };
    Some((exchange, content))
}

#[derive(Default)]
struct QuickRequest<'a> {
    method: Option<&'a str>,
    url: Option<&'a str>,
    preflight: bool,
    has_headers: bool,
}

struct QuickResponse<'a, T> {
    status: Option<i64>,
    content_type: Option<&'a str>,
    has_headers: bool,
    has_content: bool,
    mime_type: Option<&'a str>,
    size: Option<i64>,
    body_size: Option<i64>,
    text: Option<T>,
    encoding: Option<&'a str>,
}

fn quick_request<'a>(scanner: &mut Scanner<'a>) -> Option<QuickRequest<'a>> {
    let mut request = QuickRequest::default();
    each_member(scanner, |scanner, name| match name {
        "method" => once(&mut request.method, plain(scanner)?),
        "url" => once(&mut request.url, plain(scanner)?),
        "headers" if !request.has_headers => {
            request.has_headers = true;
            each_header(scanner, |name, _| {
                request.preflight |= name.eq_ignore_ascii_case("access-control-request-method");
            })
        }
        "headers" => None,
        _ => scanner.skip().map(drop),
    })?;
    Some(request)
}

fn quick_response<'a, T>(
    scanner: &mut Scanner<'a>,
    over_text: &impl Fn(&mut Scanner<'a>) -> Option<T>,
) -> Option<QuickResponse<'a, T>> {
    let mut response = QuickResponse {
        status: None,
        content_type: None,
        has_headers: false,
        has_content: false,
        mime_type: None,
        size: None,
        body_size: None,
        text: None,
        encoding: None,
    };
    each_member(scanner, |scanner, name| match name {
        "status" => once(&mut response.status, whole_number(scanner)?),
        "bodySize" => once(&mut response.body_size, whole_number(scanner)?),
        "headers" if !response.has_headers => {
            response.has_headers = true;
            each_header(scanner, |name, value| {
                if name.eq_ignore_ascii_case("content-type") && response.content_type.is_none() {
                    response.content_type = Some(value);
                }
            })
        }
        "content" if !response.has_content => {
            response.has_content = true;
            each_member(scanner, |scanner, name| match name {
                "size" => once(&mut response.size, whole_number(scanner)?),
                "mimeType" => once(&mut response.mime_type, plain(scanner)?),
                "encoding" => once(&mut response.encoding, plain(scanner)?),
                "text" => once(&mut response.text, over_text(scanner)?),
                _ => scanner.skip().map(drop),
            })
        }
        "headers" | "content" => None,
        _ => scanner.skip().map(drop),
    })?;
    Some(response)
}

fn each_member<'a>(
    scanner: &mut Scanner<'a>,
    mut each: impl FnMut(&mut Scanner<'a>, &'a str) -> Option<()>,
) -> Option<()> {
    if scanner.token()? != Token::Object {
        return None;
    }
    let mut is_first = true;
    while let Some(name) = scanner.member(is_first)? {
        is_first = false;
        if name.is_escaped {
            return None;
        }
        each(scanner, name.raw)?;
    }
    Some(())
}

/// Headers whose names and values are plain texts.
fn each_header<'a>(
    scanner: &mut Scanner<'a>,
    mut each: impl FnMut(&'a str, &'a str),
) -> Option<()> {
    if scanner.token()? != Token::Array {
        return None;
    }
    let mut is_first = true;
    while scanner.item(is_first)? {
        is_first = false;
        let (mut name, mut value) = (None, None);
        each_member(scanner, |scanner, member| match member {
            "name" => once(&mut name, plain(scanner)?),
            "value" => match scanner.token()? {
                Token::Text(it) => once(&mut value, it),
                _ => None,
            },
            _ => scanner.skip().map(drop),
        })?;
        let (name, value) = (name?, value?);
        // Only one header's value matters, and that one needs no escape.
        if value.is_escaped && name.eq_ignore_ascii_case("content-type") {
            return None;
        }
        each(name, value.raw);
    }
    Some(())
}

fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn plain<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    match scanner.token()? {
        Token::Text(it) if !it.is_escaped => Some(it.raw),
        _ => None,
    }
}

fn whole_number(scanner: &mut Scanner<'_>) -> Option<i64> {
    match scanner.token()? {
        Token::Whole(it) => Some(it),
        _ => None,
    }
}

//! One entry of a HAR: lenient where programs are, and quick where they write what HAR 1.2 says.

use std::{borrow::Cow, fmt};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use contract::{Body, Exchange, Origin, Quoted, Scanner, Token, Written};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Number, value::RawValue};

use crate::{
    MAX_BODY,
    read::{
        Loose, Raw,
        unpack::{self, Headers},
    },
};

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
    let [request, response] = Member { path: "", raw: text }.members(["request", "response"])?;
    let request = request.ok_or("the entry has no request; remove it")?;
    let [method, url, headers] =
        request.members(["request.method", "request.url", "request.headers"])?;
    let url = url.ok_or("the entry's request has no URL; remove it")?.text()?;
    let method = method.map(Member::text).transpose()?;
    let headers = headers_of(headers)?;
    let preflight = header(&headers, "access-control-request-method").is_some();
    let exchange = Exchange {
        // Some programs write down only what is not the usual.
        method: method.unwrap_or(Cow::Borrowed("GET")),
        preflight,
        ..raw.exchange(url)
    };
    match response {
        None => Ok(exchange),
        Some(response) => answered(raw, text, exchange, response),
    }
}

fn answered<'a>(
    raw: &Raw<'a>,
    text: &'a str,
    exchange: Exchange<'a>,
    response: Member<'a>,
) -> Result<Exchange<'a>, String> {
    let [status, headers, content, body_size] = response.members([
        "response.status",
        "response.headers",
        "response.content",
        "response.bodySize",
    ])?;
    let content = content.map(|it| {
        it.members([
            "response.content.size",
            "response.content.mimeType",
            "response.content.text",
            "response.content.encoding",
        ])
    });
    let [size, mime_type, body, encoding] = content.transpose()?.unwrap_or_default();
    let status = status.map_or(Ok(0), Member::status)?;
    let headers = headers_of(headers)?;
    let declared = header(&headers, "content-type").filter(|it| !it.trim().is_empty());
    let mime_type = mime_type.map(Member::text).transpose()?;
    let content_type = declared.map(|it| Cow::Owned(it.to_owned())).or(mime_type);
    let size = size.and_then(Member::whole).or_else(|| body_size.and_then(Member::whole));
    let encoding = encoding.map(Member::text).transpose()?;
    let unpacked_by = Headers {
        content_type: content_type.as_deref().unwrap_or(""),
        content_encoding: header(&headers, "content-encoding").unwrap_or_default(),
    };
    let quoted = body.map(Member::quoted).transpose()?;
    let body = body_of(raw, text, quoted, encoding.as_deref(), size, unpacked_by)?;
    Ok(Exchange { status, content_type, body, ..exchange })
}

/// A value of an entry, as it is written, and the path that leads there.
#[derive(Clone, Copy)]
struct Member<'a> {
    path: &'static str,
    raw: &'a str,
}

impl<'a> Member<'a> {
    /// The members at these paths, each there at most once; none for what is null.
    fn members<const N: usize>(
        self,
        paths: [&'static str; N],
    ) -> Result<[Option<Member<'a>>; N], String> {
        let mut reader = serde_json::Deserializer::from_str(self.raw);
        let found = reader.deserialize_map(Wanted { paths }).map_err(|_| self.is_no_object())?;
        match found {
            Ok(members) => Ok(members.map(|it| it.filter(|it| it.raw != "null"))),
            Err(path) => {
                Err(format!("`{path}` stands there twice, promised once; export it again"))
            }
        }
    }

    fn text(self) -> Result<Cow<'a, str>, String> {
        self.quoted()?
            .text()
            .ok_or_else(|| format!("`{}` is no Unicode text; export it again", self.path))
    }

    fn quoted(self) -> Result<Quoted<'a>, String> {
        let inner = self.raw.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        inner.map(Quoted::new).ok_or_else(|| self.is_no("a string"))
    }

    /// A status; 0 is what programs write where no answer came.
    fn status(self) -> Result<u16, String> {
        let status = self.whole().and_then(|it| u16::try_from(it).ok()).filter(|it| is_status(*it));
        status.ok_or_else(|| {
            let path = self.path;
            format!("`{path}`: promised a whole number from 0 to 999, none came; export it again")
        })
    }

    /// A number that is none, or -1, says nothing.
    fn whole(self) -> Option<u64> {
        let number: Number = serde_json::from_str(self.raw).ok()?;
        number.as_u64().or_else(|| {
            number.as_f64().filter(|it| *it >= 0.0 && it.fract() == 0.0).map(|it| it as u64)
        })
    }

    fn is_no_object(self) -> String {
        match (self.raw.starts_with('{'), self.path) {
            (true, "") => {
                "the entry has a name that is no Unicode text; export it again".to_owned()
            }
            (true, path) => format!("`{path}` has a name that is no Unicode text; export it again"),
            (false, _) => self.is_no("an object"),
        }
    }

    fn is_no(self, promised: &str) -> String {
        let came = match self.raw.as_bytes().first() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        match self.path {
            "" => format!("promised an entry, which is an object, {came} came; export it again"),
            path => {
                format!("`{path}`: promised {promised}, {came} came; export it again")
            }
        }
    }
}

fn is_status(number: u16) -> bool {
    number <= 999
}

/// The members of an object that are looked for; another is none of its business.
struct Wanted<const N: usize> {
    paths: [&'static str; N],
}

impl<'de, const N: usize> Visitor<'de> for Wanted<N> {
    /// The members, or the path of one that is there twice.
    type Value = Result<[Option<Member<'de>>; N], &'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Name<'n>(#[serde(borrow)] Cow<'n, str>);
        let mut members = [None; N];
        let mut twice = None;
        while let Some(Name(name)) = map.next_key()? {
            let is_it = |path: &&str| path.rsplit('.').next() == Some(&*name);
            let Some(index) = self.paths.iter().position(is_it) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let path = self.paths[index];
            let raw = map.next_value::<&RawValue>()?.get();
            if members[index].replace(Member { path, raw }).is_some() {
                twice = Some(path);
            }
        }
        Ok(twice.map_or(Ok(members), Err))
    }
}

/// A name and a value.
type Header<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Names and values of headers; those without are left out, as some programs write them.
fn headers_of(list: Option<Member<'_>>) -> Result<Vec<Header<'_>>, String> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let headers: Vec<&RawValue> =
        serde_json::from_str(list.raw).map_err(|_| list.is_no("an array"))?;
    let mut read = Vec::with_capacity(headers.len());
    for header in headers {
        let [name, value] = Member { raw: header.get(), ..list }.members(["name", "value"])?;
        let [name, value] = [name, value].map(|it| it.and_then(|it| it.text().ok()));
        read.extend(name.zip(value));
    }
    Ok(read)
}

fn header<'h>(headers: &'h [Header<'_>], name: &str) -> Option<&'h str> {
    headers.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &*it.1)
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
    let encoding = encoding.unwrap_or_default().to_ascii_lowercase();
    if encoding == "base64" {
        let compact: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
        let bytes = BASE64
            .decode(compact)
            .map_err(|_| "`content.encoding` says base64, and `content.text` is none")?;
        return Ok(unpack::body(bytes, headers, Origin::Encoded { byte }));
    }
    // Some programs name the character set here, which is that of the file.
    if !["", "utf-8", "utf8"].contains(&&*encoding) {
        return Err("`response.content.encoding`: promised base64 or nothing, another came; export it again with one of them".to_owned());
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
        status: u16::try_from(response.status?).ok().filter(|it| is_status(*it))?,
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

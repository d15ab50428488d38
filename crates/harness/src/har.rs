//! Reads HAR 1.2 as programs really write it: members in any order, absent, null or of another type where they do not
//! matter, a byte-order mark, base64 bodies. What cannot be read is named by entry and byte; the rest is read.

use std::{borrow::Cow, cell::RefCell, fmt};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use contract::{Body, Exchange, Origin, Provenance, Unreadable, byte_of};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, value::RawValue};

/// The largest body that is looked at, in bytes.
pub const MAX_BODY: usize = 64 * 1024 * 1024;

/// Reads a HAR's exchanges in order and gives each, or what is wrong with it, to `each`. What is wrong with the file as
/// a whole comes last, after the entries before the fault.
///
/// The provenance is what `log._paperwire.provenance` says; a HAR without it was recorded by somebody else's program.
pub fn read_har(
    source: &str,
    bytes: &[u8],
    mut each: impl FnMut(Result<Exchange<'_>, Unreadable>),
) {
    let fault = |entry: Option<usize>, byte: Option<usize>, reason: String| Unreadable {
        source: source.to_owned(),
        entry,
        byte,
        reason,
    };
    if let Some(why) = other_encoding(bytes) {
        return each(Err(fault(None, Some(0), why.into())));
    }
    let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let (text, not_utf8) = match std::str::from_utf8(&bytes[bom..]) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = &bytes[bom..bom + error.valid_up_to()];
            (std::str::from_utf8(valid).unwrap_or_default(), Some(bom + error.valid_up_to()))
        }
    };
    let collected = RefCell::new(Collected::default());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Har { collected: &collected }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    let Collected { entries, meta, has_log, has_entries } = collected.into_inner();
    let provenance = match meta.as_ref().map_or(Ok(Provenance::Recorded), Meta::provenance) {
        Ok(provenance) => provenance,
        Err(reason) => return each(Err(fault(None, None, reason))),
    };
    for (index, raw) in entries.iter().enumerate() {
        let byte = bom + raw.get().as_ptr() as usize - text.as_ptr() as usize;
        let place = Place { source, text, bom, index, byte };
        each(
            exchange(&place, raw, provenance)
                .map_err(|reason| fault(Some(index), Some(byte), reason)),
        );
    }
    let in_entries = |reason: &str| match (has_entries, entries.len()) {
        (true, whole) => format!(
            "{reason}, in or after entry {whole} ({whole} before it were read); export it again"
        ),
        (false, _) => format!("{reason}; promised a HAR 1.2 file"),
    };
    match read {
        _ if not_utf8.is_some() => {
            each(Err(fault(None, not_utf8, in_entries("not UTF-8 from here on"))))
        }
        Err(error) => {
            let byte = bom + byte_of(text.as_bytes(), error.line(), error.column());
            let reason = if error.is_eof() {
                "the file ends too early"
            } else {
                "not the JSON of a HAR from here on"
            };
            each(Err(fault(None, Some(byte), in_entries(reason))));
        }
        Ok(()) if !has_log => {
            each(Err(fault(None, None, "no `log`; promised a HAR 1.2 file".into())))
        }
        Ok(()) if entries.is_empty() => {
            each(Err(fault(
                None,
                None,
                "no entries in `log.entries`; record again with the network panel open".into(),
            )));
        }
        Ok(()) => {}
    }
}

fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            Some("UTF-16 or UTF-32; a HAR is UTF-8: save it as that")
        }
        [0x1f, 0x8b, ..] => Some("gzip; unpack it first"),
        _ => None,
    }
}

/// What the outer levels of a HAR hold.
#[derive(Debug, Default)]
struct Collected<'a> {
    entries: Vec<&'a RawValue>,
    meta: Option<Meta>,
    has_log: bool,
    has_entries: bool,
}

/// What our own recordings say about themselves.
#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default, deserialize_with = "lenient")]
    provenance: Option<String>,
}

impl Meta {
    fn provenance(&self) -> Result<Provenance, String> {
        let known =
            Provenance::ALL.iter().find(|it| self.provenance.as_deref() == Some(it.as_str()));
        let words: Vec<_> = Provenance::ALL.iter().map(|it| it.as_str()).collect();
        known.copied().ok_or_else(|| {
            format!("`log._paperwire.provenance`: promised one of {}", words.join(", "))
        })
    }
}

struct Har<'c, 'a> {
    collected: &'c RefCell<Collected<'a>>,
}

struct Log<'c, 'a> {
    collected: &'c RefCell<Collected<'a>>,
}

struct Entries<'c, 'a> {
    collected: &'c RefCell<Collected<'a>>,
}

impl<'a> DeserializeSeed<'a> for Har<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Har<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a log")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            if name == "log" {
                self.collected.borrow_mut().has_log = true;
                map.next_value_seed(Log { collected: self.collected })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Log<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Log<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log with entries")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            match &*name {
                "entries" => {
                    self.collected.borrow_mut().has_entries = true;
                    map.next_value_seed(Entries { collected: self.collected })?;
                }
                "_paperwire" => {
                    let raw: &RawValue = map.next_value()?;
                    let meta = serde_json::from_str(raw.get()).unwrap_or_default();
                    self.collected.borrow_mut().meta = Some(meta);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Entries<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Entries<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(entry) = seq.next_element::<&'a RawValue>()? {
            self.collected.borrow_mut().entries.push(entry);
        }
        Ok(())
    }
}

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

/// Where an entry stands.
struct Place<'a> {
    source: &'a str,
    text: &'a str,
    /// The length of the byte-order mark before the text.
    bom: usize,
    index: usize,
    byte: usize,
}

fn exchange<'a>(
    place: &Place<'a>,
    raw: &'a RawValue,
    provenance: Provenance,
) -> Result<Exchange<'a>, String> {
    let entry: Entry<'a> = serde_json::from_str(raw.get())
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
                Some(content) => body(place, content, size)?,
                None => Body::Absent { size },
            };
            (status, declared.or(mime_type), body)
        }
    };
    Ok(Exchange {
        source: place.source,
        entry: place.index,
        byte: Some(place.byte),
        provenance,
        probe: None,
        asked_by_us: false,
        method: request.method.unwrap_or(Cow::Borrowed("GET")),
        url,
        preflight,
        status,
        content_type: content_type.map(Cow::Owned),
        body,
    })
}

fn body<'a>(
    place: &Place<'a>,
    content: Content<'a>,
    size: Option<u64>,
) -> Result<Body<'a>, String> {
    let Some(raw) = content.text.filter(|it| it.get().starts_with('"')) else {
        return Ok(Body::Absent { size });
    };
    if raw.get().len() > MAX_BODY {
        return Ok(Body::TooLarge);
    }
    let inner = &raw.get()[1..raw.get().len() - 1];
    if inner.is_empty() {
        return Ok(Body::Absent { size: Some(size.unwrap_or(0)) });
    }
    let byte = place.bom + inner.as_ptr() as usize - place.text.as_ptr() as usize;
    let text: Cow<'a, str> = if inner.contains('\\') {
        let text = serde_json::from_str(raw.get())
            .map_err(|_| "`content.text` is no Unicode text; export it again")?;
        Cow::Owned(text)
    } else {
        Cow::Borrowed(inner)
    };
    let is_base64 = content.encoding.is_some_and(|it| it.eq_ignore_ascii_case("base64"));
    if is_base64 {
        let compact: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
        let bytes = BASE64
            .decode(compact)
            .map_err(|_| "`content.encoding` says base64, and `content.text` is none")?;
        return Ok(Body::Bytes { bytes: Cow::Owned(bytes), origin: Origin::Encoded { byte } });
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

#[cfg(test)]
mod tests;

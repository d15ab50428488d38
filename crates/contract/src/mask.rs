//! Takes personal data out of an exchange before anybody writes it down: keyed, equal for equal inputs, of the same type
//! and form, so that what is masked still is judged as it was.
//!
//! What the model or the document calls personal (`x-sensitive`) is masked by its kind, and every other text that they do not
//! list. So is what no schema describes, and what is not of the promised type: nobody knows what it holds.

mod form;
mod letters;
mod masker;
mod moment;
mod number;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    contract::Contract,
    document::{Operation, OperationId, essence, normal},
    exchange::{Body, Exchange, Origin},
    finding::{Finding, hex},
    json,
    mask::masker::Masker,
    place::Place,
    report::Report,
    rule::Severity,
    run::{Run, RunOptions},
    scope::{Located, Scope, locate, servers},
    tally::PlaceTally,
};

/// The kinds of personal data that `x-sensitive` may name.
pub(crate) const KINDS: [&str; 6] =
    ["name", "e-mail", "username", "URL", "identifier", "free text"];

/// The key of a masking: who has it can tell whether a masked value stands for a given one.
#[derive(Clone)]
pub struct MaskKey([u8; 32]);

impl MaskKey {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key from a text of any length.
    pub fn from_text(text: &str) -> Self {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(b"paperwire mask key").expect("any length will do");
        mac.update(text.as_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    fn digest(&self, label: &str, text: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length will do");
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaskKey")
    }
}

/// An exchange that may be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The operation.
    pub operation: OperationId,
    /// The method.
    pub method: String,
    /// The URL, on the documented server, with masked identifiers.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: Option<String>,
    /// The body; none where there was none, or where it had to be dropped.
    pub body: Option<String>,
    /// The size of the body in bytes, also of one that is left out; none where the source did not know it.
    pub size: Option<u64>,
    /// Why the body was dropped, by place.
    pub why_dropped: Vec<Place>,
    /// A hash of the body's shape: places, types and forms, and what is found in them.
    pub shape: String,
    /// The listed codes of the body that is written down, each with its place.
    pub codes: BTreeSet<String>,
}

impl Contract {
    /// The exchange without personal data; none where it is not of the contract's operations.
    ///
    /// The masked exchange is judged as the original is: where the findings differ, the body is dropped.
    pub fn mask(
        &self,
        exchange: &Exchange<'_>,
        base_urls: &[String],
        key: &MaskKey,
    ) -> Option<Masked> {
        let all_base_urls = servers(&[self.settings.base_urls.as_slice(), base_urls].concat());
        let url = normal(&exchange.url);
        let located = locate(&self.documented, &all_base_urls, exchange, &url);
        let Located { scope: Scope::Operation(operation), path: Some(path), .. } = located else {
            return None;
        };
        let server = match self.server_of(operation) {
            server if server.contains("://") => server,
            base_path => format!("https://api.invalid{base_path}"),
        };
        let path = Masker { key }.path(path, &operation.template);
        let url = format!("{server}{path}{}", query_of(operation));
        let options = || RunOptions { base_urls: base_urls.to_vec(), ..RunOptions::default() };
        let before = self.judged(exchange, options());
        let mut masked = Masked {
            operation: operation.id.clone(),
            method: exchange.method.to_ascii_uppercase(),
            url: url.clone(),
            status: exchange.status,
            content_type: exchange
                .content_type
                .as_deref()
                .map(|it| self.known_type(operation, exchange.status, it)),
            body: None,
            size: None,
            why_dropped: Vec::new(),
            shape: shape(&before),
            codes: BTreeSet::new(),
        };
        let bytes = match &exchange.body {
            Body::Bytes { bytes, .. } => bytes,
            Body::Absent { size } => {
                masked.size = *size;
                return Some(masked);
            }
            Body::TooLarge | Body::Packed { .. } => {
                // How large it is was not measured; that there was one is known.
                masked.size = Some(1);
                masked.why_dropped.push(Place::root());
                return Some(masked);
            }
        };
        masked.size = Some(bytes.len() as u64);
        if bytes.is_empty() {
            return Some(masked);
        }
        let Some(body) = self.masked_body(operation, exchange, bytes, key) else {
            masked.why_dropped.push(Place::root());
            return Some(masked);
        };
        let again = Exchange {
            url: url.into(),
            body: Body::Bytes { bytes: body.as_bytes().into(), origin: Origin::Unknown },
            ..exchange.clone()
        };
        let after = self.judged(&again, options());
        masked.why_dropped = differing(&before, &after);
        if masked.why_dropped.is_empty() {
            masked.size = Some(body.len() as u64);
            masked.body = Some(body);
            masked.codes = codes(&after);
        }
        Some(masked)
    }

    fn judged(&self, exchange: &Exchange<'_>, options: RunOptions) -> Report {
        let mut run = Run::new(self, options);
        run.check(exchange);
        run.report()
    }

    /// A media type that is documented or pinned, or that everybody knows; any other could be data.
    fn known_type(&self, operation: &Operation, status: u16, content_type: &str) -> String {
        const COMMON: &[&str] = &[
            "application/json",
            "application/problem+json",
            "application/xml",
            "application/octet-stream",
            "text/html",
            "text/plain",
            "text/xml",
            "text/event-stream",
        ];
        let media_type = essence(content_type);
        let documented = operation
            .response(status)
            .is_some_and(|it| it.content.iter().any(|it| it.media_type == media_type));
        let pinned = self
            .content_quirks(&operation.id, status)
            .any(|it| it.1.content().is_some_and(|it| it.media_type == media_type));
        if documented
            || pinned
            || COMMON.contains(&media_type.as_str())
            || !media_type.contains('/')
        {
            if media_type.contains('/') { media_type } else { String::new() }
        } else {
            "application/x-other".to_owned()
        }
    }

    fn masked_body(
        &self,
        operation: &Operation,
        exchange: &Exchange<'_>,
        bytes: &[u8],
        key: &MaskKey,
    ) -> Option<String> {
        let masker = Masker { key };
        let Ok(body) = json::read(bytes) else {
            return Some(masker.opaque(&String::from_utf8_lossy(bytes)));
        };
        if !body.duplicates.is_empty() {
            return None;
        }
        let value = match self.judge_of(operation, exchange).ok().flatten() {
            Some(judge) => masker.value(judge, &body.value, &[judge.root]),
            None => masker.unknown(&body.value),
        };
        Some(value.to_string())
    }
}

/// The query that the document has beside the path; any other is left out.
fn query_of(operation: &Operation) -> String {
    if operation.query.is_empty() {
        return String::new();
    }
    format!("?{}", operation.query.join("&"))
}

/// What a finding says that masking must not change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    severity: Severity,
    came: BTreeSet<String>,
    count: u64,
}

impl Judged {
    pub(crate) fn of(finding: &Finding) -> Self {
        Self { severity: finding.severity, came: finding.came.clone(), count: finding.count }
    }
}

/// The places at which two reports say different things.
fn differing(before: &Report, after: &Report) -> Vec<Place> {
    let told = |report: &Report| -> BTreeMap<(Option<Place>, &'static str), Judged> {
        let findings =
            report.findings.iter().map(|it| ((it.place.clone(), it.rule.id()), Judged::of(it)));
        findings.collect()
    };
    let (before, after) = (told(before), told(after));
    let keys = before.keys().chain(after.keys());
    let differing = keys.filter(|it| before.get(*it) != after.get(*it));
    let mut places: Vec<Place> = differing.map(|it| it.0.clone().unwrap_or_default()).collect();
    places.sort();
    places.dedup();
    places
}

/// The codes that were seen, each with its place.
fn codes(report: &Report) -> BTreeSet<String> {
    let at = |place: &PlaceTally| -> Vec<String> {
        place.codes.keys().map(|code| format!("{} {code}", place.place.as_str())).collect()
    };
    report.places.iter().flat_map(at).collect()
}

/// A hash of places, types and forms, and of what is found in them: two answers of one shape show the same.
fn shape(report: &Report) -> String {
    let mut text = String::new();
    for place in report.places.iter().filter(|it| it.seen + it.missing > 0) {
        let types: Vec<&str> =
            place.types.keys().chain(place.formats.keys()).map(String::as_str).collect();
        text += &format!("{} {} {}\n", place.place.as_str(), types.join(" "), place.missing > 0);
    }
    // A code that no list has is of the type of the others, and must be recorded all the same.
    for finding in
        report.findings.iter().filter(|it| it.first.is_some() && it.severity <= Severity::Warning)
    {
        let came: Vec<&str> = finding.came.iter().map(String::as_str).collect();
        text += &format!("{} {}\n", finding.id, came.join(" "));
    }
    let key = MaskKey([0; 32]);
    hex(&key.digest("shape", text.as_bytes())[..4])
}

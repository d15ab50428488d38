//! Reads an OpenAPI 3.1 document: which operations there are, and where the schemas of their responses stand.

use std::{borrow::Cow, cmp::Ordering, fmt};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::schema::{Address, Side, Store};

/// An operation as people name it: `GET /chat/chatrooms/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct OperationId(String);

impl OperationId {
    /// The operation of that name, `GET /path`.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The operation of that method, in capitals, and path template.
    pub fn new(method: &str, template: &str) -> Self {
        Self(format!("{method} {template}"))
    }

    /// The operation as part of a file's name: `get-chat-chatrooms-id`.
    pub fn slug(&self) -> String {
        let words = self.0.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
        words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
    }

    /// The operation as people name it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for OperationId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

/// What a document says, as far as responses go.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) servers: Vec<String>,
    /// Concrete paths before templates.
    pub(crate) operations: Vec<Operation>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: OperationId,
    pub(crate) method: String,
    pub(crate) template: PathTemplate,
    /// Of the operation's object.
    pub(crate) pointer: String,
    pub(crate) responses: Vec<Response>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusPattern,
    /// Where the response stands, its reference followed.
    pub(crate) address: Address,
    pub(crate) content: Vec<Content>,
}

#[derive(Debug)]
pub(crate) struct Content {
    /// As the document spells it.
    pub(crate) key: String,
    /// In lower case, without parameters: `application/json`, `*/*`.
    pub(crate) media_type: String,
    pub(crate) schema: Option<Address>,
}

/// A key of `responses`: `200`, `4XX` or `default`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StatusPattern {
    Exact(u16),
    Class(u16),
    Default,
}

impl StatusPattern {
    fn parse(key: &str) -> Option<Self> {
        match key.as_bytes() {
            b"default" => Some(Self::Default),
            [class @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => {
                Some(Self::Class(u16::from(class - b'0')))
            }
            [b'1'..=b'5', _, _] => key.parse().ok().map(Self::Exact),
            _ => None,
        }
    }

    /// The key in words, for messages.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::Exact(status) => format!("{status}:"),
            Self::Class(class) => format!("{class}XX:"),
            Self::Default => "default:".to_owned(),
        }
    }

    fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(it) => it == status,
            Self::Class(it) => it == status / 100,
            Self::Default => true,
        }
    }
}

impl Operation {
    /// The response that the document promises for a status: the exact one, then the class, then the default.
    pub(crate) fn response(&self, status: u16) -> Option<&Response> {
        let matching = self.responses.iter().filter(|it| it.status.matches(status));
        matching.min_by_key(|it| it.status)
    }

    /// The response of a key of `responses`; for an exact status, the one that holds for it.
    pub(crate) fn of_pattern(&self, pattern: StatusPattern) -> Option<&Response> {
        match pattern {
            StatusPattern::Exact(status) => self.response(status),
            range => self.responses.iter().find(|it| it.status == range),
        }
    }

    /// The schema promised for a status as JSON, where there is one.
    pub(crate) fn json_schema(&self, status: u16) -> Option<&Address> {
        self.response(status)?.json_schema()
    }
}

impl Response {
    /// The first schema promised as JSON, where there is one.
    pub(crate) fn json_schema(&self) -> Option<&Address> {
        self.content.iter().find(|it| it.is_json())?.schema.as_ref()
    }

    /// What is promised for a media type: itself, then a range.
    pub(crate) fn content_for(&self, media_type: &str) -> Option<&Content> {
        if let Some(exact) = self.content.iter().find(|it| it.media_type == media_type) {
            return Some(exact);
        }
        let range = media_type.split_once('/').map(|(kind, _)| format!("{kind}/*"));
        [range.as_deref(), Some("*/*")]
            .into_iter()
            .flatten()
            .find_map(|wanted| self.content.iter().find(|it| it.media_type == wanted))
    }
}

impl Content {
    pub(crate) fn is_json(&self) -> bool {
        is_json(&self.media_type) || matches!(self.media_type.as_str(), "*/*" | "application/*")
    }
}

/// Whether a media type without parameters is JSON (RFC 6839 for the suffix).
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json") || media_type == "text/json"
}

impl Document {
    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|it| it.id.as_str() == id)
    }

    /// Reads a document of the store.
    ///
    /// # Errors
    /// Every fault that is found, each with its place in the document.
    pub(crate) fn read(store: &Store, side: Side) -> Result<Self, Vec<String>> {
        let root = store.document(side);
        let mut faults = Vec::new();
        match root.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.1") => {}
            Some(version) => faults.push(format!(
                "#/openapi: promised 3.1.x, found {version}; convert the document to OpenAPI 3.1"
            )),
            None => faults.push("#/openapi: missing; this is no OpenAPI 3.1 document".into()),
        }
        let server = |it: &Value| Some(it.get("url")?.as_str()?.trim_end_matches('/').to_owned());
        let servers = root.get("servers").and_then(Value::as_array);
        let servers = servers.into_iter().flatten().filter_map(server).collect();
        let paths = root.get("paths").and_then(Value::as_object);
        if paths.is_none() {
            faults.push("#/paths: missing; the document describes no operation".into());
        }
        let mut reader = Reader { store, side, faults };
        let mut operations = Vec::new();
        for template in paths.into_iter().flat_map(Map::keys) {
            let item = reader.follow(&reader.root().child("paths").child(template));
            operations.extend(reader.path_item(template, &item));
        }
        operations.sort_by(|a, b| a.template.cmp(&b.template).then_with(|| a.id.cmp(&b.id)));
        reader.unresolved_references(root, &reader.root());
        if reader.faults.is_empty() { Ok(Self { servers, operations }) } else { Err(reader.faults) }
    }
}

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

struct Reader<'s> {
    store: &'s Store,
    side: Side,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn root(&self) -> Address {
        Address { side: self.side, pointer: String::new() }
    }

    /// The address itself, or where its `$ref` leads.
    fn follow(&self, address: &Address) -> Address {
        let mut address = address.clone();
        // A chain longer than this is a circle, which `unresolved_references` does not see.
        for _ in 0..32 {
            let reference = self.store.get(&address).and_then(|it| it.get("$ref"));
            let Some(target) =
                reference.and_then(Value::as_str).and_then(|it| self.store.resolve(self.side, it))
            else {
                break;
            };
            address = target;
        }
        address
    }

    fn path_item(&mut self, template: &str, item: &Address) -> Vec<Operation> {
        let methods = METHODS.iter().map(|method| (method, item.child(method)));
        let present: Vec<_> = methods.filter(|(_, it)| self.store.get(it).is_some()).collect();
        present
            .into_iter()
            .map(|(method, address)| {
                let method = method.to_ascii_uppercase();
                Operation {
                    id: OperationId::new(&method, template),
                    method,
                    template: PathTemplate::parse(template),
                    responses: self.responses(&address.child("responses")),
                    pointer: address.pointer,
                }
            })
            .collect()
    }

    fn responses(&mut self, address: &Address) -> Vec<Response> {
        let Some(responses) = self.store.get(address).and_then(Value::as_object) else {
            return Vec::new();
        };
        let mut read = Vec::new();
        for key in responses.keys().filter(|it| !it.starts_with("x-")) {
            let at = address.child(key);
            let Some(status) = StatusPattern::parse(key) else {
                self.faults.push(format!("{at}: promised a status such as 200, 4XX or default"));
                continue;
            };
            let response = self.follow(&at);
            let content = response.child("content");
            let media_types = self.store.get(&content).and_then(Value::as_object);
            let content = media_types.into_iter().flatten().map(|(name, media_type)| {
                let schema = media_type.get("schema").map(|_| content.child(name).child("schema"));
                Content { key: name.clone(), media_type: essence(name), schema }
            });
            read.push(Response { status, content: content.collect(), address: response });
        }
        read
    }

    fn unresolved_references(&mut self, value: &Value, at: &Address) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref")
                    && self.store.resolve(self.side, reference).is_none()
                {
                    self.faults
                        .push(format!("{at}: `$ref` {reference} leads nowhere in this document"));
                }
                // In a map of names, `default` is a name.
                let last = at.pointer.rsplit('/').next().unwrap_or_default();
                let is_map = matches!(
                    last,
                    "properties" | "patternProperties" | "$defs" | "schemas" | "responses"
                );
                for (name, member) in members {
                    let is_data = matches!(
                        name.as_str(),
                        "example" | "examples" | "default" | "enum" | "const"
                    );
                    if is_map || !is_data {
                        self.unresolved_references(member, &at.child(name));
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.unresolved_references(item, &at.child(&index.to_string()));
                }
            }
            _ => {}
        }
    }
}

/// A media type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// OpenAPI's integer formats (format registry, `int32` and `int64`), which no validator asserts, as the bounds that
/// they stand for.
pub(crate) fn assert_integer_formats(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let bounds = match keywords.get("format").and_then(Value::as_str) {
                Some("int32") => Some((json!(i32::MIN), json!(i32::MAX))),
                Some("int64") => Some((json!(i64::MIN), json!(i64::MAX))),
                _ => None,
            };
            if let Some((minimum, maximum)) = bounds {
                keywords.shift_remove("format");
                keywords.entry("minimum").or_insert(minimum);
                keywords.entry("maximum").or_insert(maximum);
            }
            keywords.values_mut().for_each(assert_integer_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(assert_integer_formats),
        _ => {}
    }
}

/// Gives every path its own operations where it shares them with another by `$ref`, so that a quirk on one is not one on
/// the other.
pub(crate) fn unshare_paths(document: &mut Value) {
    let root = document.clone();
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    for item in paths.values_mut() {
        let reference =
            item.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        let target =
            reference.and_then(|it| root.pointer(&it.replace("%7B", "{").replace("%7D", "}")));
        if let Some(target) = target {
            *item = target.clone();
        }
    }
}

/// A path with parameters: `/chat/chatrooms/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// What stands before the first parameter and after the last.
    Parameter {
        before: String,
        after: String,
    },
}

impl PathTemplate {
    pub(crate) fn parse(template: &str) -> Self {
        let segments = template.trim_matches('/').split('/').map(|segment| {
            match (segment.find('{'), segment.rfind('}')) {
                (Some(open), Some(close)) if open < close => Segment::Parameter {
                    before: segment[..open].to_owned(),
                    after: segment[close + 1..].to_owned(),
                },
                _ => Segment::Literal(segment.to_owned()),
            }
        });
        Self { segments: segments.collect() }
    }

    /// Which of the segments hold a parameter.
    pub(crate) fn is_parameter(&self) -> impl Iterator<Item = bool> {
        self.segments.iter().map(|it| matches!(it, Segment::Parameter { .. }))
    }

    /// Whether a path, without its query, is one of this template.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        path.split('/').count() == self.segments.len()
            && self.segments.iter().zip(path.split('/')).all(|(segment, text)| match segment {
                Segment::Literal(literal) => text == literal || decoded(text) == *literal,
                Segment::Parameter { before, after } => text
                    .strip_prefix(before.as_str())
                    .and_then(|it| it.strip_suffix(after.as_str()))
                    .is_some_and(|it| !it.is_empty()),
            })
    }
}

impl PartialOrd for PathTemplate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Concrete segments before parameters, so that the first match is the most concrete one.
impl Ord for PathTemplate {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |it: &Self| -> Vec<(bool, String)> {
            let rank = |it: &Segment| match it {
                Segment::Literal(text) => (false, text.clone()),
                Segment::Parameter { before, after } => (true, format!("{before}{{}}{after}")),
            };
            it.segments.iter().map(rank).collect()
        };
        rank(self).cmp(&rank(other))
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let escape = match (byte, tail) {
            (b'%', [a, b, ..]) => {
                std::str::from_utf8(&[*a, *b]).ok().and_then(|it| u8::from_str_radix(it, 16).ok())
            }
            _ => None,
        };
        bytes.push(escape.unwrap_or(*byte));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concrete_paths_win_over_templates() {
        let mut templates = ["/a/{id}", "/{x}/me", "/a/me"].map(PathTemplate::parse);
        templates.sort();
        let first = |path| templates.iter().position(|it| it.matches(path));
        assert_eq!(
            [first("/a/me"), first("/a/7"), first("/b/me"), first("/b/7")],
            [Some(0), Some(1), Some(2), None]
        );
    }

    #[test]
    fn parameters_take_one_segment_that_is_not_empty() {
        let template = PathTemplate::parse("/files/{name}.json");
        for (path, matches) in [
            ("/files/a.json", true),
            ("/files/.json", false),
            ("/files/a/b.json", false),
            ("/files", false),
        ] {
            assert_eq!(template.matches(path), matches, "{path}");
        }
        assert!(PathTemplate::parse("/a b/{id}").matches("/a%20b/1"));
    }

    #[test]
    fn statuses_are_exact_then_by_class_then_default() {
        let keys = ["default", "4XX", "404"].map(|it| StatusPattern::parse(it).unwrap());
        let best = |status| keys.iter().filter(|it| it.matches(status)).min().copied();
        assert_eq!(best(404), Some(StatusPattern::Exact(404)));
        assert_eq!(best(400), Some(StatusPattern::Class(4)));
        assert_eq!(best(500), Some(StatusPattern::Default));
        assert_eq!(StatusPattern::parse("9XX"), None);
    }
}

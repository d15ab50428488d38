//! Reads OpenAPI documents: which operations there are, and where the schemas of their responses stand.

mod circles;
mod fault;
mod files;
mod in_30;
mod lines;
mod load;
mod read;
mod routes;
mod schema;
mod server;
mod template;
mod walk;
mod write_only;
mod yaml;

use std::{collections::HashMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fault::DocumentFault;
pub use files::{is_document, referred_files};
pub(crate) use in_30::{in_30, is_30, unsaid_in_30};
pub(crate) use lines::Lines;
pub(crate) use load::{Loaded, Origins, as_written, load};
pub(crate) use routes::Routes;
pub(crate) use schema::{assert_formats, misspelt};
pub(crate) use server::{Server, normal};
pub(crate) use template::PathTemplate;

use crate::{schema::Address, text::printable};

/// An operation as people name it: `GET /chat/chatrooms/{id}`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct OperationId(String);

/// In characters: a file's name has more than that in it, and file systems take 255 bytes.
const LONGEST_SLUG: usize = 120;

impl OperationId {
    /// The operation of that name, `GET /path`.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The operation of that method, in capitals, and path template.
    pub fn new(method: &str, template: &str) -> Self {
        Self(format!("{method} {template}"))
    }

    /// The operation in the words of a file's name, as far as file systems take it: `get-chat-chatrooms-id`. Others may have
    /// the same.
    pub(crate) fn slug(&self) -> String {
        let words = self.0.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
        slug.truncate(LONGEST_SLUG);
        slug
    }

    /// The operation as people name it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0))
    }
}

/// What a document says, as far as responses go.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Those of the document, then those of paths and operations.
    pub(crate) servers: Vec<Server>,
    /// Concrete paths before templates.
    pub(crate) operations: Vec<Operation>,
    /// The number of each operation by name.
    numbers: HashMap<OperationId, usize>,
    pub(crate) routes: Routes,
    /// What is wrong with the operations, each with its place in the document.
    pub(crate) faults: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: OperationId,
    /// Whether only quirks have it.
    pub(crate) is_added: bool,
    pub(crate) method: String,
    pub(crate) template: PathTemplate,
    /// The pairs of the query that its path key has beside the template, as they stand there: `beta=true`.
    pub(crate) query: Vec<String>,
    /// The servers that have it, by number; none where the document names none.
    pub(crate) servers: Vec<usize>,
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
    /// The first segments of the path, as the document spells them.
    pub(crate) fn first_segments(&self, count: usize) -> impl Iterator<Item = &str> {
        let path = self.id.as_str().split_once(' ').map_or("", |it| it.1);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.trim_matches('/').split('/').take(count)
    }

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
    /// The promised media types and ranges of them.
    pub(crate) fn media_types(&self) -> impl Iterator<Item = &str> {
        self.content.iter().map(|it| it.media_type.as_str())
    }

    /// The first schema promised as JSON, where there is one.
    pub(crate) fn json_schema(&self) -> Option<&Address> {
        self.content.iter().find(|it| it.is_json())?.schema.as_ref()
    }

    /// All that is promised as JSON and has a schema, each with that.
    pub(crate) fn json_contents(&self) -> impl Iterator<Item = (&Content, &Address)> {
        let json = self.content.iter().filter(|it| it.is_json());
        json.filter_map(|it| Some((it, it.schema.as_ref()?)))
    }

    /// What is promised for a media type: itself, then the range that says most of it.
    pub(crate) fn content_for(&self, media_type: &str) -> Option<&Content> {
        let matching = self.content.iter().filter(|it| it.takes(media_type));
        matching.min_by_key(|it| {
            let wildcards = it.media_type.matches('*').count();
            (wildcards, std::cmp::Reverse(it.media_type.len()))
        })
    }
}

impl Content {
    pub(crate) fn is_json(&self) -> bool {
        is_json(&self.media_type) || matches!(self.media_type.as_str(), "*/*" | "application/*")
    }

    fn takes(&self, media_type: &str) -> bool {
        takes(&self.media_type, media_type)
    }
}

/// Whether a media type is the promised one, or of the promised range: `application/*`, `application/*+json`.
pub(crate) fn takes(promised: &str, media_type: &str) -> bool {
    match promised.split_once('*') {
        None => promised == media_type,
        Some(("", "/*")) => true,
        Some((before, after)) => media_type
            .strip_prefix(before)
            .and_then(|it| it.strip_suffix(after))
            .is_some_and(|it| !it.is_empty()),
    }
}

/// The media type of server-sent events (HTML, section 9.2).
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Whether a media type without parameters is JSON (RFC 6839 for the suffix).
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json") || media_type == "text/json"
}

impl Document {
    /// Tells what quirks have added to a document.
    pub(crate) fn tell_added(&mut self, paper: &Self) {
        for it in &mut self.operations {
            it.is_added = paper.operation(it.id.as_str()).is_none();
        }
    }

    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.numbers.get(&OperationId::named(id)).map(|it| &self.operations[*it])
    }
}

pub(crate) const METHODS: &[&str] =
    &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A media type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

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

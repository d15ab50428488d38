//! As what a body comes: its media type, and whether it is JSON. No schema can say it, so these quirks are judged here.

use serde_json::Value;

use crate::{
    document::{Response, essence, is_json, takes},
    json::Unread,
    quirk::{Quirk, Verdict, Wire},
};

/// The form in which bodies come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentForm {
    /// In lower case, without parameters: `text/html`.
    pub media_type: String,
    /// Whether the body is JSON, whatever the media type says.
    pub json: bool,
}

impl ContentForm {
    /// In a few words, for reports.
    pub(crate) fn in_words(&self) -> String {
        let Self { media_type, json } = self;
        match (is_json(media_type), json) {
            (true, true) | (false, false) => media_type.clone(),
            (false, true) => format!("{media_type} with JSON in it"),
            (true, false) => format!("{media_type} with no JSON in it"),
        }
    }

    /// Whether these media types, or ranges of them, promise it.
    pub(crate) fn is_promised<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        let is_promised = names.any(|it| takes(it, &self.media_type));
        is_promised && (self.json || !is_json(&self.media_type))
    }
}

/// A body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Came {
    /// Without parameters; none where the source has none.
    pub(crate) media_type: Option<String>,
    pub(crate) holds: Holds,
}

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// An object or array of JSON.
    Container,
    /// JSON, though plain text often looks the same: `42`.
    Scalar,
    /// No JSON.
    Other,
}

impl Holds {
    /// Of a text that was read as JSON, or not.
    pub(crate) fn of(read: Result<&Value, &Unread>) -> Self {
        match read {
            Ok(Value::Array(_) | Value::Object(_)) => Self::Container,
            Ok(_) => Self::Scalar,
            Err(Unread::TooDeep | Unread::Unrepresentable) => Self::Container,
            Err(Unread::NotJson { .. }) => Self::Other,
        }
    }

    /// Of a text that is known to be JSON.
    pub(crate) fn of_json(text: &[u8]) -> Self {
        let first = text.iter().find(|it| !it.is_ascii_whitespace());
        if matches!(first, Some(b'{' | b'[')) { Self::Container } else { Self::Scalar }
    }
}

impl Came {
    /// In a few words, for reports.
    pub(crate) fn in_words(&self) -> String {
        match (self.form(), &self.media_type) {
            (Some(form), _) => form.in_words(),
            (None, Some(_)) => "another media type".into(),
            (None, None) if self.is_json() => "JSON".into(),
            (None, None) => "a text that is not JSON".into(),
        }
    }

    /// The media type, where it may be printed: of a registered kind, and a name rather than data.
    pub(crate) fn printable(&self) -> Option<&str> {
        const KINDS: &[&str] = &[
            "application",
            "audio",
            "font",
            "image",
            "message",
            "model",
            "multipart",
            "text",
            "video",
        ];
        let media_type = self.media_type.as_deref()?;
        let (kind, name) = media_type.split_once('/')?;
        let reads_as_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        // As for the names of members: at most three digits.
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        let is_name = reads_as_name && name.len() <= 80 && digits <= 3;
        (KINDS.contains(&kind) && is_name).then_some(media_type)
    }

    /// The form that a quirk may pin; none where the media type may not be told.
    pub(crate) fn form(&self) -> Option<ContentForm> {
        let media_type = self.printable()?.to_owned();
        let json = self.is_json_in(&media_type);
        Some(ContentForm { media_type, json })
    }

    /// Whether it is JSON. What another media type calls a text stays one where it is no object or array.
    fn is_json_in(&self, media_type: &str) -> bool {
        match self.holds {
            Holds::Container => true,
            Holds::Scalar => is_json(media_type),
            Holds::Other => false,
        }
    }

    fn is_json(&self) -> bool {
        self.holds != Holds::Other
    }

    fn fits(&self, pinned: &ContentForm, response: Option<&Response>) -> bool {
        let json = match (&self.media_type, self.holds) {
            // A scalar is what is said of it.
            (Some(_), Holds::Scalar) if !is_json(&pinned.media_type) => pinned.json,
            _ => self.is_json(),
        };
        let same_type = match &self.media_type {
            Some(it) => *it == pinned.media_type,
            // A recorder without media types: what is promised is what came.
            None => response.is_some_and(|it| it.content_for(&pinned.media_type).is_some()),
        };
        same_type && json == pinned.json
    }

    /// Whether a response promises it; without a media type, nothing speaks against it but a body that is no JSON.
    fn is_promised_by(&self, response: &Response) -> bool {
        match &self.media_type {
            Some(media_type) => {
                let form = ContentForm { media_type: media_type.clone(), json: self.is_json() };
                form.is_promised(response.media_types())
            }
            None => self.is_json() && response.content.iter().any(|it| is_json(&it.media_type)),
        }
    }
}

/// The media type of an answer; recorders write an empty or invented one where the server sent none.
pub(crate) fn media_type_of(content_type: Option<&str>) -> Option<String> {
    content_type.map(essence).filter(|it| it.contains('/'))
}

/// What a body, by its form, says about each of a response's quirks that are about it. `response` is the document's own.
pub(crate) fn judge_content<'q>(
    quirks: impl Iterator<Item = (usize, &'q Quirk)>,
    response: Option<&Response>,
    came: &Came,
) -> Vec<(usize, Verdict)> {
    let pinned: Vec<(usize, &Quirk, bool)> = quirks
        .map(|(number, it)| {
            (number, it, it.content().is_some_and(|form| came.fits(form, response)))
        })
        .collect();
    let is_promised = response.is_some_and(|it| came.is_promised_by(it));
    let is_foreseen = pinned.iter().any(|it| it.2);
    // Without a media type, a body that is JSON speaks neither for nor against a media type.
    let speaks = came.media_type.is_some() || !is_promised;
    let verdict = |quirk: &Quirk, fits: bool| match &quirk.wire {
        _ if fits && !is_promised => Verdict::Confirmed,
        Wire::Returned(_) if !is_foreseen && is_promised && speaks => Verdict::Healed,
        Wire::Returned(_) if !is_foreseen && !is_promised => Verdict::Mutated,
        Wire::Returned(_) | Wire::Also(_) => Verdict::Neutral,
    };
    pinned.iter().map(|(number, quirk, fits)| (*number, verdict(quirk, *fits))).collect()
}

//! Findings in words: what was promised, what came, and what to do next.

use std::collections::BTreeSet;

use crate::{
    finding::PromisedBy,
    place::Place,
    quirk::{Quirk, QuirkId},
    report::QuirkReport,
    rule::Rule,
};

/// What a sentence is about.
pub(crate) struct Topic<'t> {
    pub(crate) rule: Rule,
    pub(crate) place: Option<&'t Place>,
    pub(crate) promised: &'t str,
    pub(crate) by: PromisedBy,
    pub(crate) came: &'t BTreeSet<String>,
    pub(crate) quirk: Option<QuirkTopic<'t>>,
    /// The modelled field at the place, `Chatroom.source`, where there is one.
    pub(crate) field: Option<&'t str>,
    /// Whether the quirk's place also shows the deviation in this run.
    pub(crate) partly: bool,
    /// The alternative that comes nearest, where none fits.
    pub(crate) nearest: Option<&'t str>,
}

/// The quirk that a sentence is about.
#[derive(Clone, Copy)]
pub(crate) struct QuirkTopic<'t> {
    pub(crate) id: &'t QuirkId,
    file: &'t str,
    summary: &'t str,
    /// What in its file says what comes.
    key: &'static str,
}

impl<'t> From<&'t Quirk> for QuirkTopic<'t> {
    fn from(it: &'t Quirk) -> Self {
        Self { id: &it.id, file: &it.file, summary: &it.summary, key: it.wire.key() }
    }
}

impl<'t> From<&'t QuirkReport> for QuirkTopic<'t> {
    fn from(it: &'t QuirkReport) -> Self {
        let key = if it.returned.is_some() { "returned" } else { "also" };
        Self { id: &it.id, file: &it.file, summary: &it.summary, key }
    }
}

impl Topic<'_> {
    /// What was promised and what came.
    pub(crate) fn message(&self) -> String {
        let Self { promised, .. } = self;
        let came = listed(self.came);
        let by = self.promiser();
        let quirk = self.quirk.map_or("", |it| it.id.as_str());
        match self.rule {
            Rule::Access => "a request that must be refused (without a token, with a token that is none, or for another account) was answered".into(),
            Rule::Null => format!("{by} promises {promised}; null came"),
            Rule::Type => match self.nearest {
                Some(nearest) => format!("{by} promises {promised}; the {came} that came matches no alternative, {nearest}"),
                None => format!("{by} promises {promised}; {came} came"),
            },
            Rule::Enum => format!("{by} promises {promised}; {came} outside the list came"),
            Rule::Format => format!("{by} promises {promised}; {came} of another form came"),
            Rule::Bounds => format!("{by} promises {promised}; {came} outside the limits came"),
            Rule::Required => format!("{by} promises {promised}; nothing came"),
            Rule::UndocumentedField => match self.by {
                PromisedBy::Model => format!("neither the reference nor the model has this member; {came} came"),
                _ => format!("the reference has no such member; {came} came"),
            },
            Rule::DuplicateMember => "a member name is promised to occur once in an object; it came more than once, and readers keep different ones".into(),
            Rule::BodyNotJson => format!("{by} promises {promised}; a text that is not JSON came"),
            Rule::BodyMissing => format!("{by} promises {promised}; no body came"),
            Rule::BodyUnexpected => "the reference promises no body for this status; one came".into(),
            Rule::ContentType if self.came.is_empty() => format!("the reference promises {promised}; another media type came"),
            Rule::ContentType => format!("the reference promises {promised}; {came} came"),
            Rule::UndocumentedStatus => "the reference does not have this status; it came".into(),
            Rule::UndocumentedOperation => "the reference does not have this operation; it was answered".into(),
            Rule::QuirkMutated => format!("the known deviation `{quirk}` changed its nature: {promised} was pinned; {came} came"),
            Rule::QuirkHealed if self.partly => format!("the known deviation `{quirk}` is partly gone: {promised} was pinned; {came} came too, as documented or described"),
            Rule::QuirkHealed => format!("the known deviation `{quirk}` is gone: {promised} was pinned; {came} came, as documented or described"),
            Rule::ShapeNew => "not in the accepted shape".into(),
            Rule::ShapeGone => "gone since the accepted shape".into(),
            Rule::QuirkConfirmed => format!("known: {}", self.quirk.map_or("", |it| it.summary)),
            Rule::QuirkUnconfirmed => format!("values came, and none shows `{quirk}`"),
            Rule::QuirkExpired => format!("`{quirk}` is past its `review_by`"),
            Rule::QuirkResolved => format!("the document now promises {promised}, which allows what `{quirk}` pins"),
            Rule::UnexplainedDifference | Rule::Unmodelled => format!("documented + quirks promise {promised}"),
        }
    }

    /// What to do next.
    pub(crate) fn settle(&self) -> String {
        let file = self.quirk.map_or("", |it| it.file);
        let field = self
            .field
            .map_or_else(String::new, |it| format!(", then let the model's `{it}` follow"));
        let modelled = self.field.is_some();
        match self.rule {
            Rule::Null | Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds => match self.by {
                PromisedBy::Model => {
                    let field = self.field.unwrap_or("type");
                    format!("if the answer is right, widen the model's `{field}`, and pin what the reference does not say with a quirk; else tell the vendor")
                }
                _ => format!("tell the vendor, or pin it with a quirk at this place{field}"),
            },
            Rule::Access => "tell the vendor at once, and nobody else: this is a hole".into(),
            Rule::Required => match (self.by, self.field) {
                (PromisedBy::Model, Some(field)) => {
                    format!("tell the vendor, or make the model's `{field}` optional")
                }
                _ => format!("tell the vendor: the reference requires it; or pin it with a quirk at this place (`also = false`: may be missing){field}"),
            },
            Rule::UndocumentedField if modelled => {
                let owner = self.field.and_then(|it| it.rsplit_once('.')).map_or("the type", |it| it.0);
                format!("pin it with a quirk (`declared = false`) and add it to the model's `{owner}`, or tell the vendor")
            }
            Rule::UndocumentedField => "pin it with a quirk (`declared = false`), or add it to the document".into(),
            Rule::DuplicateMember => "tell the vendor: RFC 8259, section 4, leaves the meaning open".into(),
            Rule::BodyMissing => "look at what answered (a proxy, an error page?); tell the vendor".into(),
            Rule::BodyNotJson | Rule::ContentType => "look at what answered (a proxy, an error page?); tell the vendor, or pin it with a quirk of the media type (`media_type`, place `\"\"`)".into(),
            Rule::BodyUnexpected => "pin it with a quirk at the whole response (`declared = false`, place `\"\"`)".into(),
            Rule::UndocumentedStatus => "pin it with a quirk at the whole response (`declared = false`, place `\"\"`), or tell the vendor".into(),
            Rule::UndocumentedOperation => "add it to the document, pin it with a quirk (`declared = { operation = false }`), or leave it out with --exclude".into(),
            Rule::QuirkMutated => format!("if the new form is right, change what {} says in {file}{field}", self.key()),
            Rule::QuirkHealed if self.partly => format!("turn `returned` into `also` in {file}: both forms come{field}"),
            Rule::QuirkHealed => format!("delete {file}{field}"),
            Rule::ShapeNew | Rule::ShapeGone => "look whether your code copes with it, record it, and accept the shape (`shape --accept`)".into(),
            Rule::QuirkConfirmed => "nothing to do".into(),
            Rule::QuirkUnconfirmed => format!("look whether {file} is still needed"),
            Rule::QuirkExpired => format!("look at it again, and move `review_by` in {file} or delete the file"),
            Rule::QuirkResolved => format!("delete {file} and keep the model"),
            Rule::UnexplainedDifference => "narrow the model, or pin the difference with a quirk".into(),
            Rule::Unmodelled => "add it to the model".into(),
        }
    }

    fn promiser(&self) -> String {
        match (self.by, self.quirk) {
            (PromisedBy::Documented, _) => "the reference".into(),
            (PromisedBy::Described, _) => "the reference's prose".into(),
            (PromisedBy::Quirk, Some(quirk)) => format!("`{}`", quirk.id),
            (PromisedBy::Quirk, None) => "a quirk".into(),
            (PromisedBy::Model, _) => "the model".into(),
        }
    }

    fn key(&self) -> String {
        format!("`{}`", self.quirk.map_or("returned", |it| it.key))
    }
}

/// `a, b and c`.
fn listed(words: &BTreeSet<String>) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => "nothing".into(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

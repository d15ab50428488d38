//! Finds the line of the contract's texts that a finding contradicts: the place to look at, and mostly the one to edit.

use std::num::NonZero;

use crate::{
    contract::{Contract, ContractTexts},
    document::{DocumentFault, Lines},
    finding::{Finding, Location, PromisedBy},
    place::{Place, push_segment},
    quirk::Quirk,
    report::Report,
    rule::Rule,
    schema::{Address, Side, Store, edit},
    text::Text,
};

impl Contract {
    /// Says of each finding where the contract's texts promise what it contradicts: in the quirk's file, the document, or
    /// the exported model; and of each fault of the document its line. `texts` are those that the contract was loaded from.
    pub fn locate(&self, texts: &ContractTexts, report: &mut Report) {
        let documented: Vec<Lines<'_>> = texts.documented.iter().map(Lines::new).collect();
        let modelled = texts.modelled.as_ref().map(Lines::new);
        for finding in &mut report.findings {
            let quirk =
                finding.quirk.as_ref().and_then(|id| self.quirks.iter().find(|it| it.id == *id));
            finding.promised_at = match quirk {
                // An accepted shape was seen: no text promises it, and a joined report says it without the texts.
                _ if matches!(finding.rule, Rule::ShapeNew | Rule::ShapeGone) => None,
                Some(quirk) => in_quirk(texts, quirk, finding.rule),
                None if finding.promised_by == PromisedBy::Model => modelled
                    .as_ref()
                    .and_then(|it| of_field(it, finding.field.as_deref()?))
                    .or_else(|| self.in_document(&documented, finding)),
                None => self.in_document(&documented, finding),
            };
        }
        locate_faults(&documented, &mut report.document_faults);
    }

    /// What is wrong with the vendor's document, each with its line.
    pub fn located_faults(&self, texts: &ContractTexts) -> Vec<DocumentFault> {
        let documented: Vec<Lines<'_>> = texts.documented.iter().map(Lines::new).collect();
        let mut faults = self.document_faults().to_vec();
        locate_faults(&documented, &mut faults);
        faults
    }

    fn in_document(&self, files: &[Lines<'_>], finding: &Finding) -> Option<Location> {
        let (file, pointer) = self.origins.in_file(&self.documented_at(finding));
        at(files.iter().find(|it| it.text.name == file)?, &pointer)
    }

    /// A pointer into the document, to what says most about the finding.
    fn documented_at(&self, finding: &Finding) -> String {
        let Some(operation) = self.paper_document().operation(finding.operation.as_str()) else {
            return "/paths".into();
        };
        let responses = format!("{}/responses", operation.pointer);
        let Some(response) = finding.status.and_then(|it| operation.response(it)) else {
            return responses;
        };
        let of_body = !matches!(
            finding.rule,
            Rule::ContentType | Rule::BodyMissing | Rule::BodyUnexpected | Rule::BodyNotJson
        );
        let place = finding.place.as_ref().filter(|_| of_body);
        let says = |place| {
            let schema = response.json_schema()?;
            let required = || requirement(&self.paper, schema, place);
            let required = (finding.rule == Rule::Required).then(required).flatten();
            required.or_else(|| nearest(&self.paper, schema, place))
        };
        place.and_then(says).map_or_else(|| response.address.pointer.clone(), |it| it.pointer)
    }
}

fn locate_faults(files: &[Lines<'_>], faults: &mut [DocumentFault]) {
    for fault in faults.iter_mut().filter(|it| it.line.is_none()) {
        let lines = files.iter().find(|it| it.text.name == fault.file);
        let position = lines.and_then(|it| it.of_pointer(&fault.pointer));
        fault.line = position.and_then(|it| NonZero::new(it.0));
    }
}

/// The entry of `required` that names a member of which nothing else is said.
fn requirement(store: &Store, schema: &Address, place: &Place) -> Option<Address> {
    let segments: Vec<String> = place.segments().map(Into::into).collect();
    let (name, parent) = segments.split_last()?;
    if !edit::find(store, schema, &segments).is_empty() {
        return None;
    }
    let above = edit::described_by(store, &edit::find(store, schema, parent));
    let entry = |it: &Address| {
        let required = store.get(it)?.get("required")?.as_array()?;
        let index = required.iter().position(|it| it == name)?;
        Some(it.child("required").child(&index.to_string()))
    };
    above.iter().filter(|it| it.side == Side::Documented).filter_map(entry).min()
}

/// The schema that describes the place, or the nearest place above it.
fn nearest(store: &Store, schema: &Address, place: &Place) -> Option<Address> {
    let mut segments: Vec<String> = place.segments().map(Into::into).collect();
    loop {
        let found = edit::find(store, schema, &segments).into_iter();
        if let Some(at) = found.filter(|it| it.side == Side::Documented).min() {
            return Some(at);
        }
        segments.pop()?;
    }
}

/// The line of a quirk's file that says what the finding is about.
fn in_quirk(texts: &ContractTexts, quirk: &Quirk, rule: Rule) -> Option<Location> {
    let text = texts.quirks.iter().find(|it| it.name == quirk.file)?;
    let key = match rule {
        Rule::QuirkExpired => "review_by",
        Rule::QuirkResolved => "declared",
        _ => quirk.wire.key(),
    };
    let line = text.line_of_key(key).unwrap_or(1);
    let content = text.text.lines().nth(line - 1).unwrap_or_default();
    // The value, where it stands on the key's line.
    let value = content.find('=').map_or(0, |it| it + 1);
    let blank = content[value..].chars().take_while(|it| it.is_whitespace()).count();
    let column = content[..value].chars().count() + blank + 1;
    location(text, (line, column))
}

/// Where the value of a pointer starts.
fn at(lines: &Lines<'_>, pointer: &str) -> Option<Location> {
    location(lines.text, lines.of_pointer(pointer)?)
}

fn location(text: &Text, (line, column): (usize, usize)) -> Option<Location> {
    let (line, column) = (NonZero::new(line)?, NonZero::new(column)?);
    Some(Location { file: text.name.clone(), line, column })
}

/// Where the exported model has a field, `Chatroom.source`.
fn of_field(lines: &Lines<'_>, field: &str) -> Option<Location> {
    let (component, member) = field.split_once('.')?;
    let mut pointer = String::new();
    for segment in ["components", "schemas", component, "properties", member] {
        push_segment(&mut pointer, segment);
    }
    at(lines, &pointer)
}

//! The files of a document: parsed, the root found, references between them followed. Never a file that is not given,
//! never the network.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    num::NonZero,
};

use serde_json::{Value, json};

use crate::{
    document::{DocumentFault, yaml},
    json::{self, Unread},
    place::{push_segment, segments},
    schema::store::percent_decode,
    text::{Fault, Text},
};

/// A place in the files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) file: usize,
    pub(super) pointer: String,
}

/// The files of one document.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) names: Vec<String>,
    /// Null where a file could not be read.
    pub(super) values: Vec<Value>,
    numbers: HashMap<String, usize>,
    /// Files that are schemas of that `$id`.
    ids: HashMap<String, usize>,
    /// Where `$anchor`s stand, by file and name.
    anchors: HashMap<(usize, String), String>,
    /// The file that has an `openapi` member.
    pub(super) root: usize,
    pub(super) faults: Vec<DocumentFault>,
    /// Whether any schema is of what is only written.
    pub(super) has_write_only: bool,
}

/// OpenAPI 3.0 has a schema dialect of its own; since 3.1 it is JSON Schema 2020-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    V30,
    V31,
}

impl Files {
    /// Reads the files of a document.
    ///
    /// # Errors
    /// Where no file, or more than one, is the root of an OpenAPI document that can be read.
    pub(super) fn read(texts: &[Text]) -> Result<(Self, Dialect), Vec<Fault>> {
        let mut files = Self {
            names: texts.iter().map(|it| it.name.clone()).collect(),
            values: Vec::new(),
            numbers: texts.iter().enumerate().map(|(i, it)| (normal(&it.name), i)).collect(),
            ids: HashMap::new(),
            anchors: HashMap::new(),
            root: 0,
            faults: Vec::new(),
            has_write_only: false,
        };
        let mut broken = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let value = match parse(text) {
                Ok((value, duplicates)) => {
                    for pointer in duplicates {
                        files.fault(
                            number,
                            &pointer,
                            "the member occurs twice in its object; the last one is used",
                        );
                    }
                    value
                }
                Err(fault) => {
                    files.faults.push(DocumentFault {
                        file: fault.file.clone(),
                        pointer: String::new(),
                        line: fault.line.and_then(NonZero::new),
                        message: fault.message.clone(),
                    });
                    broken.push(fault);
                    Value::Null
                }
            };
            if let Some(Value::String(id)) = value.get("$id") {
                files.ids.insert(id.trim_end_matches('#').to_owned(), number);
            }
            if text.text.contains("$anchor") {
                each_anchor(&value, &mut String::new(), &mut |name, pointer| {
                    files.anchors.insert((number, name.to_owned()), pointer.to_owned());
                });
            }
            files.values.push(value);
        }
        files.root = files.find_root(texts, broken)?;
        let dialect = files.dialect(&texts[files.root])?;
        Ok((files, dialect))
    }

    fn find_root(&self, texts: &[Text], broken: Vec<Fault>) -> Result<usize, Vec<Fault>> {
        let with = |member: &str| -> Vec<usize> {
            let has = |it: &&usize| self.values[**it].get(member).is_some();
            (0..texts.len()).collect::<Vec<_>>().iter().filter(has).copied().collect()
        };
        let mut roots = with("openapi");
        if roots.len() > 1 {
            // Files may be whole documents each; the one that no other needs is the one that was meant.
            let needed: BTreeSet<usize> =
                (0..texts.len()).flat_map(|file| self.needed_by(file)).collect();
            if let [one] = roots.iter().filter(|it| !needed.contains(it)).collect::<Vec<_>>()[..] {
                roots = vec![*one];
            }
        }
        match roots.as_slice() {
            [one] => Ok(*one),
            [] => {
                if let [swagger, ..] = with("swagger").as_slice() {
                    return Err(vec![texts[*swagger].fault(None, "#/swagger: this is Swagger 2.0; promised OpenAPI 3.0 or 3.1. Convert it first, for example with `npx swagger2openapi`")]);
                }
                if !broken.is_empty() {
                    return Err(broken);
                }
                let missing = "#/openapi: missing; this is no OpenAPI document";
                Err(match texts {
                    [] => Vec::new(),
                    [only] => vec![only.fault(None, missing)],
                    [first, ..] => vec![first.fault(None, format!("{missing}, nor is any of the {} files beside it", texts.len() - 1))],
                })
            }
            several => Err(several
                .iter()
                .map(|it| texts[*it].fault(None, "#/openapi: several files have this member, so which one is the document cannot be told; keep one"))
                .collect()),
        }
    }

    /// The other files that a file refers to.
    fn needed_by(&self, file: usize) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        each_reference(&self.values[file], &mut |reference| {
            let other = reference.split('#').next().unwrap_or_default();
            needed.extend(percent_decode(other).and_then(|it| self.named(file, &it)));
        });
        needed.remove(&file);
        needed
    }

    /// The file that a path from another file leads to.
    fn named(&self, from: usize, path: &str) -> Option<usize> {
        let folder = self.names[from].rsplit_once(['/', '\\']).map_or("", |it| it.0);
        let name = normal(&format!("{folder}/{path}"));
        let found =
            self.numbers.get(&name).or_else(|| self.numbers.get(name.trim_start_matches('/')));
        found.copied()
    }

    fn dialect(&mut self, text: &Text) -> Result<Dialect, Vec<Fault>> {
        let version = match &self.values[self.root]["openapi"] {
            Value::String(it) => it.clone(),
            Value::Number(it) => {
                let version = it.to_string();
                self.fault(self.root, "/openapi", "promised a text; write the version in quotes");
                version
            }
            _ => String::new(),
        };
        let mut numbers = version.split('.');
        match (numbers.next(), numbers.next()) {
            (Some("3"), Some("0")) => Ok(Dialect::V30),
            (Some("3"), Some("1")) => Ok(Dialect::V31),
            (Some("3"), Some(_)) => {
                self.fault(self.root, "/openapi", "promised 3.0.x or 3.1.x; read as 3.1");
                Ok(Dialect::V31)
            }
            _ => Err(vec![text.fault(None, format!("#/openapi: promised 3.0.x or 3.1.x, found {}; convert the document to OpenAPI 3", if version.is_empty() { "no version" } else { &version }))]),
        }
    }

    pub(super) fn fault(&mut self, file: usize, pointer: &str, message: &str) {
        let file = self.names[file].clone();
        self.faults.push(DocumentFault {
            file,
            pointer: pointer.to_owned(),
            line: None,
            message: message.to_owned(),
        });
    }

    /// Where a `$ref` of a file leads.
    ///
    /// # Errors
    /// Why it leads nowhere, in words.
    pub(super) fn resolve(&self, from: usize, reference: &str) -> Result<At, &'static str> {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if file.is_empty() {
            from
        } else if let Some(schema) = self.ids.get(file) {
            *schema
        } else if file.contains(':') || file.starts_with("//") {
            return Err(
                "leads out of the contract folder to an address, and none is ever asked; put the file into `documented/`",
            );
        } else {
            let file = percent_decode(file).ok_or("is no reference")?;
            self.named(from, &file).ok_or("leads to a file that is not in `documented/`")?
        };
        let pointer = percent_decode(fragment).ok_or("is no reference")?;
        let pointer = match pointer.starts_with('/') || pointer.is_empty() {
            true => pointer,
            false => self
                .anchors
                .get(&(file, pointer))
                .cloned()
                .ok_or("names an anchor that is not in the file")?,
        };
        let found = find(&self.values[file], &pointer);
        // By the letter, `#/` names a member without a name; what is meant is the whole file.
        let found = found.or_else(|| (pointer == "/").then(String::new));
        let pointer = found.ok_or("leads nowhere in the document")?;
        Ok(At { file, pointer })
    }
}

/// Whether a text is the root of an OpenAPI document.
pub fn is_document(text: &Text) -> bool {
    parse(text).is_ok_and(|(value, _)| value.get("openapi").is_some())
}

/// The other files that a text of a document refers to, each as a path from the text's own folder; none where it cannot
/// be read.
pub fn referred_files(text: &Text) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    if let Ok((value, _)) = parse(text) {
        each_reference(&value, &mut |reference| {
            let file = reference.split('#').next().unwrap_or_default();
            let is_path = !file.is_empty() && !file.contains(':') && !file.starts_with("//");
            files.extend(percent_decode(file).filter(|_| is_path));
        });
    }
    files
}

/// Gives the text of every `$ref`, wherever it stands.
fn each_reference(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                each(reference);
            }
            members.values().for_each(|it| each_reference(it, each));
        }
        Value::Array(items) => items.iter().for_each(|it| each_reference(it, each)),
        _ => {}
    }
}

/// Gives every `$anchor` and the pointer of what it names.
fn each_anchor(value: &Value, pointer: &mut String, each: &mut dyn FnMut(&str, &str)) {
    let length = pointer.len();
    let mut below = |segment: &str, value: &Value| {
        push_segment(pointer, segment);
        each_anchor(value, pointer, each);
        pointer.truncate(length);
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, it)| below(name, it));
            if let Some(Value::String(name)) = members.get("$anchor") {
                each(name, pointer);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, it)| below(&index.to_string(), it));
        }
        _ => {}
    }
}

pub(super) fn parse(text: &Text) -> Result<(Value, Vec<String>), Fault> {
    let content = text.text.strip_prefix('\u{feff}').unwrap_or(&text.text);
    let is_yaml = [".yaml", ".yml"].iter().any(|it| text.name.to_ascii_lowercase().ends_with(it));
    match json::read(content.as_bytes()) {
        Ok(read) => Ok((read.value, read.duplicates)),
        // YAML is more than JSON.
        Err(Unread::NotJson { .. }) if is_yaml => match yaml::read(content) {
            Ok(read) => Ok((read.value, read.duplicates)),
            Err(it) => Err(text.fault(Some(it.line), it.message)),
        },
        Err(Unread::NotJson { byte }) => {
            Err(text.fault(Some(text.line_of(byte)), format!("not JSON from byte {byte} on")))
        }
        Err(Unread::TooDeep) => {
            Err(text.fault(None, format!("nests deeper than {} levels", json::MAX_DEPTH)))
        }
        Err(Unread::Unrepresentable) => {
            Err(text.fault(None, "holds a number or text that no value can hold"))
        }
    }
}

/// A path without `.`, `..` and doubled slashes, as far as its text tells.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// The pointer at which stands what `pointer` named before null was written beside schemas on the way as an `anyOf`.
pub(super) fn find(root: &Value, pointer: &str) -> Option<String> {
    let segments: Vec<_> = segments(pointer).collect();
    let mut found = Vec::new();
    descend(root, &segments, &mut found, &mut 10_000).then(|| {
        let mut pointer = String::new();
        found.iter().rev().for_each(|it| push_segment(&mut pointer, it));
        pointer
    })
}

/// Whether the segments lead somewhere, within so many steps; which were taken is put into `found`, the last one first.
fn descend<'p>(
    here: &Value,
    rest: &[Cow<'p, str>],
    found: &mut Vec<Cow<'p, str>>,
    steps: &mut usize,
) -> bool {
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    let Some((segment, further)) = rest.split_first() else { return true };
    if let Some(schema) = beside_null(here)
        && descend(schema, rest, found, steps)
    {
        found.extend(["0".into(), "anyOf".into()]);
        return true;
    }
    let child = match here {
        Value::Array(items) => segment.parse::<usize>().ok().and_then(|it| items.get(it)),
        _ => here.get(&**segment),
    };
    let is_there = child.is_some_and(|it| descend(it, further, found, steps));
    if is_there {
        found.push(segment.clone());
    }
    is_there
}

/// The schema that null was written beside.
pub(super) fn beside_null(schema: &Value) -> Option<&Value> {
    let keywords = schema.as_object().filter(|it| it.len() == 1)?;
    match keywords.get("anyOf")?.as_array()?.as_slice() {
        [schema, null] if *null == json!({ "type": "null" }) => Some(schema),
        _ => None,
    }
}

//! From the files of a document to one value that every reader of it can trust: references lead somewhere inside it,
//! schemas are JSON Schema 2020-12, no circle is without end. What had to be mended for that is listed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value, json};

use crate::{
    document::{
        DocumentFault, circles,
        files::{At, Files, find, parse},
        walk::{self, Kind, References},
        write_only,
    },
    place::{push_segment, segments},
    schema::store::reference_to,
    text::{Fault, Text},
};

/// The member of the root under which the other files of the document stand, by name.
const FILES: &str = "x-paperwire-files";

/// A chain of references between path items that is longer is a circle.
const LONGEST_CHAIN: usize = 32;

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// In the dialect of OpenAPI 3.1, in one piece.
    pub(crate) value: Value,
    pub(crate) faults: Vec<DocumentFault>,
    origins: Origins,
}

/// Where in the files stands what a [`Loaded::value`] holds.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// The name of the file that is the document's root.
    pub(crate) root: String,
    /// What was copied, by its pointer, from which pointer.
    copies: BTreeMap<String, String>,
}

/// Reads the files of a document.
///
/// # Errors
/// Where there is no document that could be used.
pub(crate) fn load(texts: &[Text]) -> Result<Loaded, Vec<Fault>> {
    let (mut files, dialect) = Files::read(texts)?;
    let references = walk::walk(&mut files, dialect);
    let targets = settle(&mut files, references);
    let root = files.names[files.root].clone();
    let has_write_only = files.has_write_only;
    let (mut value, faults) = combine(files);
    if has_write_only {
        write_only::not_required(&mut value);
    }
    let mut loaded = Loaded { value, faults, origins: Origins { root, ..Origins::default() } };
    for (pointer, message) in circles::cut(&mut loaded.value, &targets) {
        loaded.fault(&pointer, message);
    }
    loaded.origins.copies = unshare_paths(&mut loaded.value);
    Ok(loaded)
}

/// A document of one file as the vendor wrote it, but that no path shares its operations with another.
///
/// # Errors
/// Where it is neither JSON nor YAML.
pub(crate) fn as_written(text: &Text) -> Result<Value, Fault> {
    let (mut value, _) = parse(text)?;
    unshare_paths(&mut value);
    Ok(value)
}

impl Origins {
    /// The name of the file, and the pointer into it, of a pointer into [`Loaded::value`].
    pub(crate) fn in_file(&self, pointer: &str) -> (String, String) {
        let mut pointer = Cow::Borrowed(pointer);
        // A copy of a copy, and so on: no longer chain is written out.
        for _ in 0..LONGEST_CHAIN {
            let Some(original) = self.original(&pointer) else { break };
            pointer = Cow::Owned(original);
        }
        let mut rest = segments(&pointer);
        match (rest.next().as_deref(), rest.next()) {
            (Some(FILES), Some(file)) => {
                let mut pointer = String::new();
                rest.for_each(|it| push_segment(&mut pointer, &it));
                (file.into_owned(), pointer)
            }
            _ => (self.root.clone(), pointer.clone().into_owned()),
        }
    }

    /// The pointer that something was copied from: only members of path items are.
    fn original(&self, pointer: &str) -> Option<String> {
        let end = pointer.match_indices('/').nth(3).map_or(pointer.len(), |it| it.0);
        let (copy, rest) = pointer.split_at(end);
        Some(self.copies.get(copy)?.clone() + rest)
    }
}

impl Loaded {
    /// Where in the files things stand.
    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    /// The faults in order of file and place, and where things stand.
    pub(crate) fn into_parts(mut self) -> (Vec<DocumentFault>, Origins) {
        self.faults.sort();
        self.faults.dedup();
        (self.faults, self.origins)
    }

    /// Adds a fault at a place of [`Self::value`].
    pub(crate) fn fault(&mut self, pointer: &str, message: String) {
        let (file, pointer) = self.origins.in_file(pointer);
        self.faults.push(DocumentFault { file, pointer, line: None, message });
    }
}

/// Makes every reference lead to where its target will stand, takes away what leads nowhere, and gives the targets.
fn settle(files: &mut Files, references: References) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for ((file, reference), places) in references {
        match files.resolve(file, &reference) {
            Ok(target) => {
                let pointer = combined(files, &target);
                let settled = reference_to(&pointer);
                if settled != reference {
                    for (_, place) in &places {
                        if let Some(Value::Object(holder)) = at(files, file, place) {
                            holder.insert("$ref".into(), settled.clone().into());
                        }
                    }
                }
                targets.insert(pointer);
            }
            Err(why) => {
                for (kind, place) in &places {
                    let message = format!("`$ref` {reference} {why}; {}", without(*kind));
                    files.fault(file, place, &message);
                    if let Some(holder) = at(files, file, place) {
                        take_away(holder, *kind);
                    }
                }
            }
        }
    }
    targets
}

fn at<'f>(files: &'f mut Files, file: usize, place: &str) -> Option<&'f mut Value> {
    let mut with_reference = place.to_owned();
    push_segment(&mut with_reference, "$ref");
    let place = find(&files.values[file], &with_reference)?;
    files.values[file].pointer_mut(place.strip_suffix("/$ref")?)
}

fn without(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "read as a schema that takes anything",
        Kind::Response => "read as a response of which only the status is known",
        _ => "left out",
    }
}

fn take_away(holder: &mut Value, kind: Kind) {
    match (holder, kind) {
        (holder, Kind::Response) => *holder = json!({ "content": { "*/*": {} } }),
        (Value::Object(holder), _) => {
            holder.shift_remove("$ref");
        }
        _ => {}
    }
}

/// Where a place of a file stands in the document made of all files.
fn combined(files: &Files, at: &At) -> String {
    if at.file == files.root {
        return at.pointer.clone();
    }
    let mut pointer = format!("/{FILES}");
    push_segment(&mut pointer, &files.names[at.file]);
    pointer + &at.pointer
}

fn combine(files: Files) -> (Value, Vec<DocumentFault>) {
    let Files { names, values, root, faults, .. } = files;
    let mut document = Value::Null;
    let mut others = Map::new();
    for (number, (name, value)) in names.into_iter().zip(values).enumerate() {
        if number == root {
            document = value;
        } else {
            others.insert(name, value);
        }
    }
    if let (Value::Object(document), false) = (&mut document, others.is_empty()) {
        document.insert(FILES.to_owned(), Value::Object(others));
    }
    (document, faults)
}

/// Gives every path its own operations where it shares them with another by `$ref`, so that a quirk on one is not one on
/// the other. What stands beside the `$ref` holds too. Gives what was copied from where.
fn unshare_paths(document: &mut Value) -> BTreeMap<String, String> {
    let mut copies = BTreeMap::new();
    let names: Vec<String> = match document.get("paths") {
        Some(Value::Object(paths)) => {
            paths.iter().filter(|it| it.1.get("$ref").is_some()).map(|it| it.0.clone()).collect()
        }
        _ => Vec::new(),
    };
    for name in names {
        let mut item = document["paths"][&name].take();
        for _ in 0..LONGEST_CHAIN {
            let Some(own) = item.as_object_mut() else { break };
            let Some(Value::String(reference)) = own.shift_remove("$ref") else { break };
            let pointer =
                reference.strip_prefix('#').and_then(crate::schema::store::percent_decode);
            let Some(pointer) = pointer else { break };
            let Some(Value::Object(target)) = document.pointer(&pointer) else { break };
            for (member, value) in target {
                own.entry(member).or_insert_with(|| {
                    let mut copy = "/paths".to_owned();
                    push_segment(&mut copy, &name);
                    push_segment(&mut copy, member);
                    let mut original = pointer.clone();
                    push_segment(&mut original, member);
                    copies.insert(copy, original);
                    value.clone()
                });
            }
        }
        document["paths"][&name] = item;
    }
    copies
}

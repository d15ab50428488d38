//! YAML 1.2 (core schema) as JSON values.

mod spans;

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

pub(super) use spans::{Position, Spans};

use crate::{json::MAX_DEPTH, place::push_segment};

/// A YAML text that was read.
pub(super) struct Yaml {
    /// The last one of members that occur twice stands here.
    pub(super) value: Value,
    /// Pointers of members that occur more than once in one mapping.
    pub(super) duplicates: Vec<String>,
}

/// Why a text gave no value.
pub(super) struct NotYaml {
    /// Counted from one.
    pub(super) line: usize,
    pub(super) message: String,
}

/// How many values aliases may add, beside as many as the text has bytes: more is a bomb.
const FREE_ALIASED: usize = 10_000;

pub(super) fn read(text: &str) -> Result<Yaml, NotYaml> {
    let mut builder = Builder { budget: text.len() + FREE_ALIASED, ..Builder::default() };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| NotYaml {
            line: error.marker().line(),
            message: format!("not YAML: {}", error.info()),
        })?;
        documents += usize::from(matches!(event, Event::DocumentStart(_)));
        let read = match documents {
            0 | 1 => builder.event(event),
            _ => Err("several YAML documents in one file; keep one".to_owned()),
        };
        read.map_err(|message| NotYaml { line: span.start.line(), message })?;
    }
    Ok(Yaml { value: builder.root, duplicates: builder.duplicates })
}

#[derive(Default)]
struct Builder {
    root: Value,
    open: Vec<Container>,
    anchors: HashMap<usize, Anchored>,
    budget: usize,
    duplicates: Vec<String>,
}

/// A value that aliases may stand for, how many values it holds and how deep it nests.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A value, and the text of a scalar as it may stand for a key.
#[derive(Clone)]
struct Node {
    value: Value,
    key: Option<String>,
    is_merge: bool,
}

struct Container {
    kind: Kind,
    anchor: usize,
    size: usize,
    depth: usize,
}

enum Kind {
    Items(Vec<Value>),
    Members {
        members: Map<String, Value>,
        /// The key whose value comes next.
        key: Option<Key>,
        merged: Vec<Value>,
    },
}

enum Key {
    Name(String),
    /// `<<` (YAML 1.1 merge key): members of other mappings, which the mapping's own replace.
    Merge,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(&text, style, tag.as_deref());
                self.add(node, anchor, 1, 0)
            }
            Event::SequenceStart(anchor, _) => self.begin(Kind::Items(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => {
                let members = Map::new();
                self.begin(Kind::Members { members, key: None, merged: Vec::new() }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some(Anchored { node, size, depth }) = self.anchors.get(&anchor) else {
                    return Err("an alias stands inside what it stands for".into());
                };
                self.budget = self
                    .budget
                    .checked_sub(*size)
                    .ok_or("the aliases stand for more than a document may hold")?;
                let (node, size, depth) = (node.clone(), *size, *depth);
                self.add(node, 0, size, depth)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, kind: Kind, anchor: usize) -> Result<(), String> {
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep());
        }
        self.open.push(Container { kind, anchor, size: 1, depth: 0 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Container { kind, anchor, size, depth }) = self.open.pop() else { return Ok(()) };
        let value = match kind {
            Kind::Items(items) => Value::Array(items),
            Kind::Members { mut members, merged, .. } => {
                for more in merged {
                    merge(&mut members, more)?;
                }
                Value::Object(members)
            }
        };
        self.add(Node { value, key: None, is_merge: false }, anchor, size, depth + 1)
    }

    /// Puts a value where the next one belongs.
    fn add(&mut self, node: Node, anchor: usize, size: usize, depth: usize) -> Result<(), String> {
        if self.open.len() + depth > MAX_DEPTH {
            return Err(too_deep());
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        let Some(container) = self.open.last_mut() else {
            self.root = node.value;
            return Ok(());
        };
        container.size += size;
        container.depth = container.depth.max(depth);
        let twice = match &mut container.kind {
            Kind::Items(items) => {
                items.push(node.value);
                None
            }
            Kind::Members { members, key, merged } => match key.take() {
                None => {
                    let name = node.key.ok_or("a key that is no plain text")?;
                    *key = Some(if node.is_merge { Key::Merge } else { Key::Name(name) });
                    None
                }
                Some(Key::Merge) => {
                    merged.push(node.value);
                    None
                }
                Some(Key::Name(name)) => {
                    let twice = members.contains_key(&name).then(|| name.clone());
                    members.insert(name, node.value);
                    twice
                }
            },
        };
        if let Some(name) = twice {
            let pointer = self.pointer(&name);
            self.duplicates.push(pointer);
        }
        Ok(())
    }

    /// The pointer of a member of the innermost mapping.
    fn pointer(&self, name: &str) -> String {
        let mut pointer = String::new();
        let outer = self.open.iter().take(self.open.len().saturating_sub(1));
        for container in outer {
            match &container.kind {
                Kind::Items(items) => push_segment(&mut pointer, &items.len().to_string()),
                Kind::Members { key: Some(Key::Name(name)), .. } => {
                    push_segment(&mut pointer, name)
                }
                Kind::Members { .. } => push_segment(&mut pointer, "<<"),
            }
        }
        push_segment(&mut pointer, name);
        pointer
    }
}

fn too_deep() -> String {
    format!("nests deeper than {MAX_DEPTH} levels")
}

fn merge(members: &mut Map<String, Value>, more: Value) -> Result<(), String> {
    match more {
        Value::Object(more) => {
            for (name, value) in more {
                members.entry(name).or_insert(value);
            }
            Ok(())
        }
        Value::Array(several) => several.into_iter().try_for_each(|it| merge(members, it)),
        _ => Err("`<<` must be given a mapping, or a list of them".into()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Node {
    let is_plain = style == ScalarStyle::Plain;
    let is_text = tag.is_some_and(|it| it.is_yaml_core_schema() && it.suffix == "str");
    let value = if is_plain && !is_text { plain(text) } else { None };
    Node {
        value: value.unwrap_or_else(|| Value::from(text)),
        key: Some(text.to_owned()),
        is_merge: is_plain && text == "<<",
    }
}

/// What a plain scalar stands for in the core schema (YAML 1.2.2, section 10.3.2); none for a text. So a date is a text,
/// and so is `yes`.
fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let radix = |prefix: &str, radix| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok().map(Value::from)
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(number);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let looks_like_a_number = unsigned.starts_with(|it: char| it.is_ascii_digit() || it == '.')
        && unsigned.contains(|it: char| it.is_ascii_digit())
        && unsigned.chars().all(|it| it.is_ascii_digit() || ".eE+-".contains(it));
    if !looks_like_a_number {
        return None;
    }
    if unsigned.bytes().all(|it| it.is_ascii_digit()) {
        let text = text.strip_prefix('+').unwrap_or(text);
        let integer = text.parse::<i64>().map(Value::from);
        if let Ok(integer) = integer.or_else(|_| text.parse::<u64>().map(Value::from)) {
            return Some(integer);
        }
    }
    Number::from_f64(text.parse().ok()?).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        read(text).map(|it| it.value).unwrap_or_else(|it| panic!("{}: {}", it.line, it.message))
    }

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        let cases = [
            ("2024-01-31", json!("2024-01-31")),
            ("2024-01-31T10:00:00Z", json!("2024-01-31T10:00:00Z")),
            ("yes", json!("yes")),
            ("'1'", json!("1")),
            ("!!str 1", json!("1")),
            ("1_000", json!("1_000")),
            ("0x1F", json!(31)),
            ("-12", json!(-12)),
            ("+12", json!(12)),
            ("1e3", json!(1000.0)),
            ("3.1", json!(3.1)),
            ("1.2.3", json!("1.2.3")),
            (".inf", json!(".inf")),
            ("18446744073709551615", json!(u64::MAX)),
            ("~", json!(null)),
            ("", json!(null)),
            ("|\n  a\n  b\n", json!("a\nb\n")),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_texts_whatever_they_look_like() {
        assert_eq!(
            value("200: a\n4XX: b\nnull: c\n"),
            json!({"200": "a", "4XX": "b", "null": "c"})
        );
    }

    #[test]
    fn anchors_and_merges_are_written_out() {
        let text = "base: &b {a: 1, b: [x]}\nmore:\n  b: own\n  <<: *b\nlist: [*b, *b]\n";
        let base = json!({"a": 1, "b": ["x"]});
        let expected = json!({"base": base, "more": {"b": "own", "a": 1}, "list": [base, base]});
        assert_eq!(value(text), expected);
    }

    #[test]
    fn keys_that_occur_twice_are_named() {
        let read =
            read("a:\n  - b: 1\n    b: 2\na: 3\n").unwrap_or_else(|it| panic!("{}", it.message));
        assert_eq!(read.duplicates, ["/a/0/b", "/a"]);
        assert_eq!(read.value, json!({"a": 3}));
    }

    #[test]
    fn bombs_and_nonsense_are_refused() {
        let bomb: String = (1..30).fold("a0: &a0 [x]\n".to_owned(), |text, it| {
            text + &format!("a{it}: &a{it} [*a{0}, *a{0}, *a{0}]\n", it - 1)
        });
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let steps = "\n".to_owned();
        let steps = (0..1_000).fold(steps, |text, it| text + &" ".repeat(it) + "a:\n");
        let cases = [
            (bomb.as_str(), "more than a document may hold"),
            ("a: &a [*a]", "inside"),
            (deep.as_str(), ""),
            (steps.as_str(), ""),
            ("? [a]\n: 1", "no plain text"),
            ("a: 1\n---\nb: 2", "several"),
            ("a: [", "not YAML"),
            ("<<: 1", "`<<`"),
        ];
        for (text, expected) in cases {
            let error = read(text).map(|it| it.value.to_string()).map_err(|it| it.message);
            assert!(error.as_ref().is_err_and(|it| it.contains(expected)), "{error:?}");
        }
    }
}

//! Where in a YAML text values stand.

use std::{borrow::Cow, collections::HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A line and a column, both counted from one, in characters.
pub(in crate::document) type Position = (usize, usize);

/// The places of a text's values. What aliases stand for is there once.
#[derive(Debug)]
pub(in crate::document) struct Spans {
    root: Held,
    nodes: Vec<Node>,
}

/// A value where it stands: an alias has a place of its own.
#[derive(Debug, Clone, Copy)]
struct Held {
    at: Position,
    /// By its number.
    node: usize,
}

#[derive(Debug)]
enum Node {
    Scalar,
    Items(Vec<Held>),
    Members {
        own: HashMap<String, Held>,
        /// What `<<` was given.
        merged: Vec<Held>,
    },
}

impl Spans {
    /// Reads the places of a text; none where it is no YAML.
    pub(in crate::document) fn read(text: &str) -> Option<Self> {
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            builder.event(event, span)?;
        }
        Some(Self { root: builder.root?, nodes: builder.nodes })
    }

    /// Where the value of the segments stands, or its nearest ancestor that is there, and how many segments lead to it.
    pub(in crate::document) fn find(&self, segments: &[Cow<'_, str>]) -> (Position, usize) {
        let mut here = self.root;
        for (index, segment) in segments.iter().enumerate() {
            let Some(child) = self.child(here, segment) else { return (here.at, index) };
            here = child;
        }
        (here.at, segments.len())
    }

    fn child(&self, of: Held, segment: &str) -> Option<Held> {
        match &self.nodes[of.node] {
            Node::Scalar => None,
            Node::Items(items) => {
                segment.parse::<usize>().ok().and_then(|it| items.get(it)).copied()
            }
            Node::Members { own, merged } => own.get(segment).copied().or_else(|| {
                merged.iter().find_map(|it| match &self.nodes[it.node] {
                    // A list of mappings to merge.
                    Node::Items(several) => several.iter().find_map(|it| self.child(*it, segment)),
                    Node::Scalar | Node::Members { .. } => self.child(*it, segment),
                })
            }),
        }
    }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, usize>,
    root: Option<Held>,
}

/// A container whose end has not come.
struct Open {
    held: Held,
    /// The key whose value comes next, and where it stands.
    key: Option<(Key, Position)>,
}

enum Key {
    Name(String),
    Merge,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let at = (span.start.line(), span.start.col() + 1);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                if let Some(open) = self.open.last_mut()
                    && open.key.is_none()
                    && matches!(self.nodes[open.held.node], Node::Members { .. })
                {
                    let is_merge = style == ScalarStyle::Plain && text == "<<";
                    let key = if is_merge { Key::Merge } else { Key::Name(text.into_owned()) };
                    open.key = Some((key, at));
                    return Some(());
                }
                let held = self.node(Node::Scalar, at, anchor);
                self.add(held)
            }
            Event::SequenceStart(anchor, _) => self.begin(Node::Items(Vec::new()), at, anchor),
            Event::MappingStart(anchor, _) => {
                let members = Node::Members { own: HashMap::new(), merged: Vec::new() };
                self.begin(members, at, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                Some(())
            }
            Event::Alias(anchor) => {
                let node = *self.anchors.get(&anchor)?;
                // A circle would never end.
                let is_open = self.open.iter().any(|it| it.held.node == node);
                (!is_open).then_some(())?;
                self.add(Held { at, node })
            }
            _ => Some(()),
        }
    }

    fn node(&mut self, node: Node, at: Position, anchor: usize) -> Held {
        let number = self.nodes.len();
        self.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, number);
        }
        Held { at, node: number }
    }

    fn begin(&mut self, node: Node, at: Position, anchor: usize) -> Option<()> {
        let held = self.node(node, at, anchor);
        self.add(held)?;
        self.open.push(Open { held, key: None });
        Some(())
    }

    /// Puts a value where the next one belongs. None where a key is no text.
    fn add(&mut self, mut held: Held) -> Option<()> {
        let Some(open) = self.open.last_mut() else {
            // Of several documents in one file, nothing is read.
            return self.root.replace(held).is_none().then_some(());
        };
        match &mut self.nodes[open.held.node] {
            Node::Scalar => return None,
            Node::Items(items) => items.push(held),
            Node::Members { own, merged } => match open.key.take()? {
                (Key::Name(name), at) => {
                    // A block starts below its key, which says more.
                    if held.at.0 != at.0 {
                        held.at = at;
                    }
                    own.insert(name, held);
                }
                (Key::Merge, _) => merged.push(held),
            },
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::segments;

    const TEXT: &str = "\
openapi: 3.0.3
info: {title: T, 'ver sion': \"1\"}
base: &base
  type: object
  required: [id, name]
more:
  <<: *base
  own: |
    text
also: *base
list:
  - a: 1
    b: 2
  - *base
  -
    - x
  - plain
lists:
- a: é
  200:
    c: é
merged:
  <<: [{p: 1}, *base]
flow: {a: [1, {b: 2}],
  c: 3}
empty:
? long
: value
twice: 1
twice: 2
";

    #[test]
    fn a_pointer_is_found_in_every_style() {
        let spans = Spans::read(TEXT).unwrap();
        let cases = [
            ("", (1, 1), 0),
            ("/openapi", (1, 10), 1),
            ("/info", (2, 7), 1),
            ("/info/title", (2, 15), 2),
            ("/info/ver sion", (2, 30), 2),
            ("/base", (3, 7), 1),
            ("/base/type", (4, 9), 2),
            ("/base/required/1", (5, 18), 3),
            ("/more", (6, 1), 1),
            ("/more/own", (8, 3), 2),
            ("/more/type", (4, 9), 2),
            ("/also", (10, 7), 1),
            ("/also/required/0", (5, 14), 3),
            ("/list/0", (12, 5), 2),
            ("/list/0/b", (13, 8), 3),
            ("/list/1", (14, 5), 2),
            ("/list/1/type", (4, 9), 3),
            ("/list/2/0", (16, 7), 3),
            ("/list/3", (17, 5), 2),
            ("/list/9", (11, 1), 1),
            ("/lists/0/200/c", (21, 8), 4),
            ("/merged/p", (23, 12), 2),
            ("/merged/required", (5, 13), 2),
            ("/flow/a/1/b", (24, 19), 4),
            ("/flow/c", (25, 6), 2),
            ("/empty/x", (26, 6), 1),
            ("/long", (27, 3), 1),
            ("/twice", (30, 8), 1),
            ("/missing/x", (1, 1), 0),
        ];
        let found = cases.map(|(pointer, ..)| {
            let (position, found) = spans.find(&segments(pointer).collect::<Vec<_>>());
            (pointer, position, found)
        });
        assert_eq!(found, cases);
    }

    #[test]
    fn what_is_no_document_has_no_places() {
        for text in ["a: [", "a: &a [*a]", "? [a]\n: 1", "a: 1\n---\nb: 2", ""] {
            assert!(Spans::read(text).is_none(), "{text}");
        }
    }
}

//! Finds the line of a document's text at which a pointer stands. Reads the text when it is first asked, and never changes
//! what was loaded.

use std::{borrow::Cow, cell::OnceCell};

use crate::{
    document::yaml::{Position, Spans},
    json::Locator,
    place::segments,
    text::Text,
};

/// A text, JSON or YAML, and where its values stand.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    pub(crate) text: &'t Text,
    places: OnceCell<Option<Places<'t>>>,
}

#[derive(Debug)]
enum Places<'t> {
    Json { content: &'t str, locator: Locator<'t>, starts: Vec<usize> },
    Yaml(Spans),
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t Text) -> Self {
        Self { text, places: OnceCell::new() }
    }

    /// The line and column, both counted from one, at which the value of a pointer starts, or its nearest ancestor; none
    /// where the text cannot be read.
    pub(crate) fn of_pointer(&self, pointer: &str) -> Option<Position> {
        let places = self.places.get_or_init(|| Places::read(self.text)).as_ref()?;
        let mut segments: Vec<Cow<'_, str>> = segments(pointer).collect();
        loop {
            let (position, found) = places.find(&segments);
            // Where null may come, the schema was moved into an `anyOf` that the text does not have.
            match segments.get(found..found + 2) {
                Some([any_of, first]) if any_of == "anyOf" && first == "0" => {
                    segments.drain(found..found + 2);
                }
                _ => return Some(position),
            }
        }
    }
}

impl<'t> Places<'t> {
    fn read(text: &'t Text) -> Option<Self> {
        let content = text.text.strip_prefix('\u{feff}').unwrap_or(&text.text);
        let locator = Locator::new(content);
        if locator.is_json() {
            return Some(Self::Json { content, locator, starts: line_starts(content) });
        }
        Spans::read(content).map(Self::Yaml)
    }

    fn find(&self, segments: &[Cow<'_, str>]) -> (Position, usize) {
        match self {
            Self::Json { content, locator, starts } => {
                let (byte, found) = locator.find(segments);
                let line = starts.partition_point(|it| *it <= byte);
                let before = content.get(starts[line - 1]..byte).unwrap_or_default();
                ((line, before.chars().count() + 1), found)
            }
            Self::Yaml(spans) => spans.find(segments),
        }
    }
}

/// The bytes at which lines start.
fn line_starts(text: &str) -> Vec<usize> {
    [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::push_segment;

    fn positions(text: &str, pointers: &[&str]) -> Vec<Option<Position>> {
        let text = Text { name: "a.yaml".into(), text: text.into() };
        let lines = Lines::new(&text);
        pointers.iter().map(|it| lines.of_pointer(it)).collect()
    }

    #[test]
    fn json_and_yaml_are_found_alike() {
        let pointers = ["/a/b", "/a/b/anyOf/0/c", "/a/x"];
        let json = [Some((2, 13)), Some((2, 19)), Some((2, 7))];
        assert_eq!(positions("{\n \"a\": {\"b\": {\"c\": 1}}}", &pointers), json);
        assert_eq!(positions("\u{feff}{\n \"a\": {\"b\": {\"c\": 1}}}", &pointers), json);
        let yaml = [Some((2, 9)), Some((2, 13)), Some((2, 5))];
        assert_eq!(positions("{\n a: {b: {c: 1}}}", &pointers), yaml);
        assert_eq!(positions("\"", &["/a"]), [None]);
    }

    #[test]
    fn json_read_as_yaml_has_the_same_places() {
        let text = include_str!("../../../../tests/laws/vendor/everything.json");
        let yaml = Spans::read(text).unwrap();
        let text = Text { name: "everything.json".into(), text: text.into() };
        let json = Lines::new(&text);
        let value: serde_json::Value = serde_json::from_str(&text.text).unwrap();
        let mut open = vec![(String::new(), &value)];
        while let Some((pointer, value)) = open.pop() {
            let segments: Vec<_> = segments(&pointer).collect();
            let (position, found) = yaml.find(&segments);
            assert_eq!(found, segments.len(), "{pointer}");
            assert_eq!(json.of_pointer(&pointer), Some(position), "{pointer}");
            let mut below = |segment: &str, value| {
                let mut pointer = pointer.clone();
                push_segment(&mut pointer, segment);
                open.push((pointer, value));
            };
            match value {
                serde_json::Value::Object(members) => {
                    members.iter().for_each(|(name, it)| below(name, it));
                }
                serde_json::Value::Array(items) => {
                    items.iter().enumerate().for_each(|(index, it)| below(&index.to_string(), it));
                }
                _ => {}
            }
        }
    }
}

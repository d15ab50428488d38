//! Path templates: `/repos/{owner}/{repo}`, `/a/{name}.{ext}`, `/contents/{path}` where the path holds slashes.

use std::{borrow::Cow, cmp::Ordering};

/// A path with parameters: `/chat/chatrooms/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    segments: Vec<Segment>,
    names: Vec<String>,
    /// Whether it ends in a parameter that may hold slashes.
    takes_slashes: bool,
}

/// What stands between two slashes: texts, with one parameter between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    texts: Vec<String>,
    /// The number of its first parameter.
    first: usize,
}

impl Segment {
    fn is_literal(&self) -> bool {
        self.texts.len() == 1
    }

    /// Whether it is a parameter and nothing else.
    fn is_all(&self) -> bool {
        self.texts.len() == 2 && self.texts.iter().all(String::is_empty)
    }

    /// The text, where it has no parameter.
    pub(super) fn literal(&self) -> Option<&str> {
        self.texts.first().filter(|_| self.is_literal()).map(String::as_str)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if self.is_all() {
            return !text.is_empty();
        }
        let Some((first, rest)) = self.texts.split_first() else { return false };
        if rest.is_empty() {
            return text == first || decoded(text) == *first;
        }
        text.strip_prefix(first.as_str()).is_some_and(|it| parameters_match(rest, it))
    }

    /// A text with other values of the parameters.
    fn with_values(&self, text: &str, value: impl Fn(&str) -> String) -> String {
        if self.is_literal() {
            return text.to_owned();
        }
        let (first, following) = self.texts.split_first().expect("never empty");
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return value(text) };
        let mut out = first.clone();
        for (index, next) in following.iter().enumerate() {
            let is_last = index + 1 == following.len();
            let least = rest.chars().next().map_or(0, char::len_utf8);
            let end = match is_last {
                true => rest.strip_suffix(next.as_str()).map(str::len),
                false => rest[least..].find(next.as_str()).map(|it| least + it),
            };
            let Some(end) = end else { return value(text) };
            out += &value(&rest[..end]);
            out += next;
            rest = &rest[end + next.len()..];
        }
        out
    }
}

/// Whether a text is parameters, none of them empty, each with the text that follows it.
fn parameters_match(following: &[String], text: &str) -> bool {
    let Some((last, between)) = following.split_last() else { return text.is_empty() };
    let mut rest = text;
    for next in between {
        // The shortest parameter leaves the most for those that follow.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let Some(at) =
            rest.get(first..).filter(|_| first > 0).and_then(|it| it.find(next.as_str()))
        else {
            return false;
        };
        rest = &rest[first + at + next.len()..];
    }
    rest.strip_suffix(last.as_str()).is_some_and(|it| !it.is_empty())
}

impl PathTemplate {
    pub(crate) fn parse(template: &str) -> Self {
        let mut names = Vec::new();
        let mut takes_slashes = false;
        let segments = template.trim_matches('/').split('/').map(|segment| {
            let first = names.len();
            let mut texts = vec![String::new()];
            let mut rest = segment;
            while let Some((before, after)) = rest.split_once('{') {
                let Some((name, after)) = after.split_once('}') else { break };
                texts.last_mut().expect("never empty").push_str(before);
                texts.push(String::new());
                takes_slashes = spells_slashes(name);
                names.push(name.trim_matches(['+', '*', '.']).to_owned());
                rest = after;
            }
            texts.last_mut().expect("never empty").push_str(rest);
            Segment { texts, first }
        });
        let segments = segments.collect();
        Self { segments, names, takes_slashes }
    }

    /// As the template, where the document says of a parameter that it may hold slashes.
    pub(crate) fn with_slashes_in(mut self, name: &str) -> Self {
        self.takes_slashes |= self.names.last().is_some_and(|it| it == name);
        self
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The names of the parameters, in order.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether both take the same paths: they differ in the names of parameters only.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.segments == other.segments
    }

    /// A path of this template with other values of its parameters; what a last one takes beyond its segment included.
    pub(crate) fn with_values(&self, path: &str, value: impl Fn(&str) -> String) -> String {
        let mut segments = self.segments.iter();
        let last = self.segments.last().filter(|it| !it.is_literal());
        let texts = path.trim_start_matches('/').split('/');
        let masked = texts.map(|text| match (segments.next(), last) {
            (Some(segment), _) => segment.with_values(text, &value),
            (None, Some(_)) => value(text),
            (None, None) => text.to_owned(),
        });
        format!("/{}", masked.collect::<Vec<_>>().join("/"))
    }

    /// Whether a path, without its query, is one of this template.
    #[cfg(test)]
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut texts = path.trim_matches('/').split('/');
        self.segments.iter().all(|it| texts.next().is_some_and(|text| it.matches(text)))
            && texts.next().is_none()
    }

    /// Whether a path is one of this template where its last parameter holds slashes and the document says that it may.
    pub(crate) fn matches_with_slashes(&self, path: &str) -> bool {
        let Some((last, before)) = self.segments.split_last() else { return false };
        if !self.takes_slashes || last.is_literal() {
            return false;
        }
        let mut rest = path.trim_matches('/');
        for segment in before {
            let Some((text, after)) = rest.split_once('/') else { return false };
            if !segment.matches(text) {
                return false;
            }
            rest = after;
        }
        last.matches(rest)
    }
}

/// Whether a parameter is one whose values are paths: spelled `{+path}`, `{path*}` or `{path+}` as others do, or named so.
fn spells_slashes(name: &str) -> bool {
    name.starts_with('+')
        || name.ends_with(['*', '+'])
        || name.ends_with("...")
        || name.to_ascii_lowercase().ends_with("path")
}

impl PartialOrd for PathTemplate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Concrete segments before parameters, so that the first match is the most concrete one.
impl Ord for PathTemplate {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |it: &Segment| {
            let concrete = it.texts.iter().map(String::len).sum::<usize>();
            (!it.is_literal(), std::cmp::Reverse(if it.is_literal() { 0 } else { concrete }))
        };
        let ranks = self.segments.iter().map(rank).cmp(other.segments.iter().map(rank));
        ranks
            .then_with(|| {
                let texts = |it: &Self| -> Vec<Vec<String>> {
                    it.segments.iter().map(|it| it.texts.clone()).collect()
                };
                texts(self).cmp(&texts(other))
            })
            .then_with(|| self.names.cmp(&other.names))
    }
}

pub(super) fn decoded(text: &str) -> Cow<'_, str> {
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
        let mut templates =
            ["/a/{id}", "/{x}/me", "/a/me", "/a/{id}.json"].map(PathTemplate::parse);
        templates.sort();
        let first = |path| templates.iter().position(|it| it.matches(path));
        assert_eq!(
            ["/a/me", "/a/7.json", "/a/7", "/b/me", "/b/7"].map(first),
            [Some(0), Some(1), Some(2), Some(3), None]
        );
    }

    #[test]
    fn parameters_take_one_segment_that_is_not_empty() {
        let cases = [
            ("/files/{name}.json", "/files/a.json", true),
            ("/files/{name}.json", "/files/.json", false),
            ("/files/{name}.json", "/files/a/b.json", false),
            ("/files/{name}.json", "/files", false),
            ("/a b/{id}", "/a%20b/1", true),
            ("/x/{id}", "/x/a%2Fb", true),
            ("/x/{owner}.{ext}", "/x/a.b.c", true),
            ("/x/{owner}.{ext}", "/x/a.", false),
            ("/compare/{base}...{head}", "/compare/v1.0...v2", true),
            ("/compare/{base}...{head}", "/compare/v1..v2", false),
            ("/x/{a}{b}", "/x/ab", true),
            ("/x/{a}{b}", "/x/a", false),
            ("/x/{a", "/x/{a", true),
            ("/", "/", true),
        ];
        for (template, path, matches) in cases {
            assert_eq!(PathTemplate::parse(template).matches(path), matches, "{template} {path}");
        }
    }

    #[test]
    fn other_values_leave_the_text_between_them() {
        let cases = [
            ("/users/{id}", "/users/1", "/users/<1>"),
            ("/files/{name}.json", "/files/a.json", "/files/<a>.json"),
            ("/compare/{base}...{head}", "/compare/v1.0...é", "/compare/<v1.0>...<é>"),
            ("/x/{a}{b}", "/x/éb", "/x/<é><b>"),
            ("/contents/{path}", "/contents/a/b", "/contents/<a>/<b>"),
            ("/files/{name}.json", "/files/a", "/files/<a>"),
            ("/users/{id}/", "/users/1/", "/users/<1>/<>"),
        ];
        for (template, path, expected) in cases {
            let masked = PathTemplate::parse(template).with_values(path, |it| format!("<{it}>"));
            assert_eq!(masked, expected, "{template}");
        }
    }

    #[test]
    fn only_paths_hold_slashes() {
        let cases = [
            ("/contents/{path}", "/contents/a/b.txt", true),
            ("/contents/{file_path}", "/contents/a/b/c", true),
            ("/raw/{name*}", "/raw/a/b", true),
            ("/users/{id}", "/users/1/unknown", false),
            ("/contents/{path}/raw", "/contents/a/b/raw", false),
            ("/contents/{path}", "/contents", false),
        ];
        for (template, path, matches) in cases {
            let template = PathTemplate::parse(template);
            assert_eq!(template.matches_with_slashes(path), matches, "{path}");
        }
        let said = PathTemplate::parse("/refs/{ref}").with_slashes_in("ref");
        assert!(said.matches_with_slashes("/refs/heads/main"));
    }
}

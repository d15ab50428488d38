//! Path templates: `/repos/{owner}/{repo}`, `/a/{name}.{ext}`, `/contents/{path}` where the path holds slashes.

use std::{borrow::Cow, cmp::Ordering, ops::Range};

/// A path with parameters: `/chat/chatrooms/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    segments: Vec<Segment>,
    names: Vec<String>,
    /// The segments, by number, whose parameters may hold slashes.
    with_slashes: Vec<usize>,
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
    pub(super) fn is_all(&self) -> bool {
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
        let mut with_slashes = Vec::new();
        let segments =
            template.trim_matches('/').split('/').enumerate().map(|(number, segment)| {
                let first = names.len();
                let mut texts = vec![String::new()];
                let mut rest = segment;
                while let Some((before, after)) = rest.split_once('{') {
                    let Some((name, after)) = after.split_once('}') else { break };
                    texts.last_mut().expect("never empty").push_str(before);
                    texts.push(String::new());
                    if spells_slashes(name) && with_slashes.last() != Some(&number) {
                        with_slashes.push(number);
                    }
                    names.push(name.trim_matches(['+', '*', '.']).to_owned());
                    rest = after;
                }
                texts.last_mut().expect("never empty").push_str(rest);
                Segment { texts, first }
            });
        let segments = segments.collect();
        Self { segments, names, with_slashes }
    }

    /// As the template, where the document says of a parameter that it may hold slashes.
    pub(crate) fn with_slashes_in(mut self, name: &str) -> Self {
        let here = self.names.iter().enumerate().filter(|it| it.1 == name);
        let here =
            here.map(|(number, _)| self.segments.partition_point(|it| it.first <= number) - 1);
        self.with_slashes.extend(here);
        self.with_slashes.sort_unstable();
        self.with_slashes.dedup();
        self
    }

    /// The parameters that may hold slashes in another template, as far as this one starts with the same segments and names.
    pub(crate) fn slashes_as_in(&self, other: &Self) -> impl Iterator<Item = &str> {
        let is_alike = |number: usize| {
            let here = self.segments.get(..=number);
            let names = ..other.parameters_of(number).end;
            here == other.segments.get(..=number) && self.names[names] == other.names[names]
        };
        let numbers = other.with_slashes.iter().copied().filter(move |it| is_alike(*it));
        numbers.flat_map(|it| &self.names[self.parameters_of(it)]).map(String::as_str)
    }

    /// The numbers of a segment's parameters.
    fn parameters_of(&self, segment: usize) -> Range<usize> {
        let Segment { texts, first } = &self.segments[segment];
        *first..first + texts.len() - 1
    }

    /// Whether the document says of a parameter that it may hold slashes.
    pub(super) fn takes_slashes(&self) -> bool {
        !self.with_slashes.is_empty()
    }

    /// How many segments have no parameter.
    pub(crate) fn literals(&self) -> usize {
        self.segments.iter().filter(|it| it.is_literal() && !it.texts[0].is_empty()).count()
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

    /// Whether a path, without its query, is one of this template.
    #[cfg(test)]
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut texts = path.trim_matches('/').split('/');
        self.segments.iter().all(|it| texts.next().is_some_and(|text| it.matches(text)))
            && texts.next().is_none()
    }

    /// Whether a path is one of this template where parameters hold slashes as far as the document says that they may.
    pub(crate) fn matches_with_slashes(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        self.takes_slashes() && self.starts_as(path) && self.is_whole(path, &self.ends(path))
    }

    /// How many segments a path starts with, and where they end in it, where the last of them stands behind a parameter that
    /// takes slashes.
    pub(super) fn prefix_with_slashes(&self, path: &str) -> Option<(usize, usize)> {
        let first = *self.with_slashes.first().filter(|_| self.starts_as(path))?;
        let ends = self.ends(path);
        let last = (first + 1..ends.len()).rev().find(|it| !self.with_slashes.contains(it))?;
        Some((last + 1, *ends[last].first()?))
    }

    /// Whether a path starts with the first segments.
    pub(super) fn starts_with(&self, path: &str, segments: usize) -> bool {
        self.ends(path).len() >= segments
    }

    /// A path with other values of the parameters, of each part between slashes; where it is no path of the template, of all.
    pub(crate) fn with_values(&self, path: &str, value: impl Fn(&str) -> String) -> String {
        let path = path.trim_matches('/');
        let value = |text: &str| text.split('/').map(&value).collect::<Vec<_>>().join("/");
        let mut ends = self.ends(path);
        if !self.is_whole(path, &ends) {
            return format!("/{}", value(path));
        }
        let mut end = path.len();
        let mut backwards = Vec::new();
        for (number, segment) in self.segments.iter().enumerate().rev() {
            ends.pop();
            let takes_slashes = self.with_slashes.contains(&number);
            let is_it = |it: &usize| {
                path.get(*it..end)
                    .is_some_and(|it| segment.matches(it) && (takes_slashes || !it.contains('/')))
            };
            let starts =
                ends.last().map_or_else(|| vec![0], |it| it.iter().map(|it| it + 1).collect());
            let start = starts.into_iter().find(is_it).expect("every end has a start");
            backwards.push(segment.with_values(&path[start..end], value));
            end = start.saturating_sub(1);
        }
        backwards.reverse();
        format!("/{}", backwards.join("/"))
    }

    /// Whether the segments before the first that takes slashes are those of a path: most templates fail here.
    fn starts_as(&self, path: &str) -> bool {
        let fixed = self.with_slashes.first().copied().unwrap_or(0);
        let mut texts = path.split('/');
        self.segments[..fixed].iter().all(|it| texts.next().is_some_and(|text| it.matches(text)))
    }

    fn is_whole(&self, path: &str, ends: &[Vec<usize>]) -> bool {
        ends.len() == self.segments.len() && ends.last().is_some_and(|it| it.contains(&path.len()))
    }

    /// Where in a path each segment may end, for as many segments as it starts with.
    fn ends(&self, path: &str) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let starts = all.last().map_or_else(
                || vec![0],
                |ends| ends.iter().filter(|it| **it < path.len()).map(|it| it + 1).collect(),
            );
            let slashes = |from: usize| path[from..].match_indices('/').map(move |it| from + it.0);
            let ends: Vec<usize> = if self.with_slashes.contains(&number) {
                // What starts later could start here too: its first parameter takes what lies between.
                let start = starts.iter().find(|it| path[**it..].starts_with(&segment.texts[0]));
                let ends = |it: &usize| slashes(*it).chain([path.len()]);
                let is_it = |it: &(usize, usize)| segment.matches(&path[it.0..it.1]);
                let spans = start.into_iter().flat_map(|it| ends(it).map(|end| (*it, end)));
                spans.filter(is_it).map(|it| it.1).collect()
            } else {
                let spans =
                    starts.iter().map(|it| (*it, slashes(*it).next().unwrap_or(path.len())));
                spans.filter(|it| segment.matches(&path[it.0..it.1])).map(|it| it.1).collect()
            };
            if ends.is_empty() {
                break;
            }
            all.push(ends);
        }
        all
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
            ("/users/{id}/", "/users/1/", "/users/<1>"),
            ("/a/{path}/b", "/a/x/y/b", "/a/<x>/<y>/b"),
            ("/{path}/a/{path}/b", "/a/a/x/a/b", "/<a>/a/<x>/<a>/b"),
            ("/{path}.js/{id}/b", "/x/a.js/a.js/b", "/<x>/<a>.js/<a.js>/b"),
            // What is no path of the template.
            ("/files/{name}.json", "/files/a", "/<files>/<a>"),
            ("/a", "/b/a", "/<b>/<a>"),
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
            ("/contents/{path}/raw", "/contents/a/b/raw", true),
            ("/contents/{path}/raw", "/contents/a/raw/b", false),
            ("/contents/{path}/{line}", "/contents/a/b/7", true),
            ("/contents/{path}.json/raw", "/contents/a/b.json/raw", true),
            ("/contents/{path}.json/raw", "/contents/a/.json/raw", true),
            ("/contents/{path}.json/raw", "/contents/.json/raw", false),
            ("/{path}/a/{path}/b", "/a/a/a/a/b", true),
            ("/{path}/a/{path}/b", "/a/a/b", false),
            ("/contents/{path}", "/contents", false),
        ];
        for (template, path, matches) in cases {
            let template = PathTemplate::parse(template);
            assert_eq!(template.matches_with_slashes(path), matches, "{path}");
        }
        let said = PathTemplate::parse("/a/{x}/refs/{ref}/b").with_slashes_in("ref");
        assert!(said.matches_with_slashes("/a/x/refs/heads/main/b"));
        assert!(!said.matches_with_slashes("/a/x/y/refs/main/b"));
    }
}

//! The operations of a path, found without trying every template.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::document::template::{PathTemplate, Segment, decoded};

/// Every template as a way from segment to segment.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// The first is where paths start.
    nodes: Vec<Node>,
    /// Where the template of each operation ends.
    ends: Vec<usize>,
    /// Those whose parameters may hold slashes, the most concrete first.
    with_slashes: Vec<WithSlashes>,
}

#[derive(Debug, Default)]
struct Node {
    /// Whether a parameter leads here, and nothing else.
    is_parameter: bool,
    by_text: BTreeMap<String, usize>,
    by_pattern: Vec<(Segment, usize)>,
    /// Those whose template ends here, in order of number.
    operations: Vec<usize>,
    /// Those whose template leads here, in order of number.
    through: Vec<usize>,
}

/// An operation whose parameters may hold slashes.
#[derive(Debug)]
struct WithSlashes {
    number: usize,
    template: PathTemplate,
    /// The operations whose template goes on with a literal.
    continued: Vec<(usize, PathTemplate)>,
}

/// What a path starts with: the first segments of an operation's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) operation: usize,
    pub(crate) segments: usize,
    /// Where they end in the path.
    pub(crate) end: usize,
}

impl Routes {
    /// The ways to operations, whose templates stand in order of precedence.
    pub(super) fn new<'t>(templates: impl Iterator<Item = &'t PathTemplate>) -> Self {
        let mut routes = Self { nodes: vec![Node::default()], ..Self::default() };
        let templates: Vec<&PathTemplate> = templates.collect();
        for (number, template) in templates.iter().enumerate() {
            let end = routes.way(number, template);
            routes.nodes[end].operations.push(number);
            routes.ends.push(end);
        }
        let numbers = 0..templates.len();
        let with_slashes = numbers.filter(|it| templates[*it].takes_slashes()).map(|number| {
            let literals = routes.nodes[routes.ends[number]].by_text.values();
            let behind = literals.flat_map(|it| &routes.nodes[*it].through);
            let continued = behind.map(|it| (*it, templates[*it].clone())).collect();
            WithSlashes { number, template: templates[number].clone(), continued }
        });
        let mut with_slashes: Vec<WithSlashes> = with_slashes.collect();
        with_slashes.sort_by_key(|it| {
            let segments = it.template.segments().len();
            (Reverse(it.template.literals()), Reverse(segments), it.number)
        });
        Self { with_slashes, ..routes }
    }

    fn way(&mut self, number: usize, template: &PathTemplate) -> usize {
        let mut here = 0;
        for segment in template.segments() {
            let next = self.nodes.len();
            let node = &mut self.nodes[here];
            here = match segment.literal() {
                Some(text) => *node.by_text.entry(text.to_owned()).or_insert(next),
                None => match node.by_pattern.iter().find(|it| it.0 == *segment) {
                    Some(known) => known.1,
                    None => {
                        node.by_pattern.push((segment.clone(), next));
                        next
                    }
                },
            };
            if here == next {
                self.nodes.push(Node { is_parameter: segment.is_all(), ..Node::default() });
            }
            self.nodes[here].through.push(number);
        }
        here
    }

    /// The first operation, by number, of those that `is_there`, whose template takes a path as it stands.
    pub(crate) fn first(&self, path: &str, is_there: &dyn Fn(usize) -> bool) -> Option<usize> {
        let mut first: Option<usize> = None;
        // Not by recursion: templates are as long as a document has them. Most paths have one way.
        let mut here = Some((0, Some(path.trim_matches('/'))));
        let mut others = Vec::new();
        while let Some((node, rest)) = here.take().or_else(|| others.pop()) {
            let node: &Node = &self.nodes[node];
            let Some(rest) = rest else {
                let here = node.operations.iter().copied().find(|it| is_there(*it));
                first = first.into_iter().chain(here).min();
                continue;
            };
            let end = rest.bytes().position(|it| it == b'/');
            let (text, rest) = match end {
                Some(end) => (&rest[..end], Some(&rest[end + 1..])),
                None => (rest, None),
            };
            let mut next = node.next(text).map(|it| (it, rest));
            here = next.next();
            others.extend(next);
        }
        first
    }

    /// As [`Self::first`], with slashes in parameters as the document says that they may be there: the one with the most
    /// literals. None where the document goes on with a literal behind it that the path has too, and knows no such path.
    pub(crate) fn first_with_slashes(
        &self,
        path: &str,
        is_there: &dyn Fn(usize) -> bool,
    ) -> Option<usize> {
        let path = path.trim_matches('/');
        let takes =
            |it: &&WithSlashes| is_there(it.number) && it.template.matches_with_slashes(path);
        let first = self.with_slashes.iter().find(takes)?;
        let segments = first.template.segments().len();
        let goes_on =
            |it: &(usize, PathTemplate)| is_there(it.0) && it.1.starts_with(path, segments + 1);
        (!first.continued.iter().any(goes_on)).then_some(first.number)
    }

    /// The longest way that a path starts with; of several, the most concrete. A parameter beside literals may be another
    /// literal that is not documented: it counts where a template ends with it or goes on with a literal.
    pub(crate) fn prefix(&self, path: &str, is_there: &dyn Fn(usize) -> bool) -> Option<Prefix> {
        let path = path.trim_matches('/');
        let mut longest = None;
        let mut nodes = vec![0];
        let mut start = 0;
        for segments in 1.. {
            let Some(rest) = path.get(start..) else { break };
            let end = start + rest.find('/').unwrap_or(rest.len());
            let operation =
                |node: &usize| self.nodes[*node].through.iter().copied().find(|it| is_there(*it));
            let next = |it: &usize| {
                let node = &self.nodes[*it];
                node.next(&path[start..end]).filter(|it| {
                    let next = &self.nodes[*it];
                    let is_known = !next.operations.is_empty() || !next.by_text.is_empty();
                    is_known || !next.is_parameter || node.by_text.is_empty()
                })
            };
            nodes = nodes.iter().flat_map(next).collect();
            let Some(operation) = nodes.iter().filter_map(operation).min() else { break };
            longest = Some(Prefix { operation, segments, end });
            start = end + 1;
        }
        for it in self.with_slashes.iter().filter(|it| is_there(it.number)) {
            if let Some((segments, end)) = it.template.prefix_with_slashes(path)
                && longest.is_none_or(|it| it.segments < segments)
            {
                longest = Some(Prefix { operation: it.number, segments, end });
            }
        }
        longest
    }

    /// The operations, by number, whose template takes the same paths as that of one.
    pub(crate) fn alike(&self, operation: usize) -> &[usize] {
        &self.nodes[self.ends[operation]].operations
    }
}

impl Node {
    /// Where the text of a segment leads.
    fn next(&self, text: &str) -> impl Iterator<Item = usize> {
        let as_it_stands = self.by_text.get(text);
        let as_meant = text.contains('%').then(|| self.by_text.get(&*decoded(text))).flatten();
        // A `%` that escapes nothing means itself: no way is gone twice.
        let as_meant = as_meant.filter(|it| Some(*it) != as_it_stands);
        let by_pattern = self.by_pattern.iter().filter(move |it| it.0.matches(text));
        as_it_stands.into_iter().chain(as_meant).chain(by_pattern.map(|it| &it.1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_way_is_gone_twice() {
        let template = "/%".repeat(64);
        let routes = Routes::new([PathTemplate::parse(&template)].iter());
        assert_eq!(routes.first(&template, &|_| true), Some(0));
    }

    proptest! {
        #[test]
        fn routes_find_what_trying_every_template_finds(
            templates in proptest::collection::vec("(/(a|b|%20|1|\\{x\\}|a\\{x\\}|\\{x\\}\\.\\{y\\}|\\{x\\}b)?){1,4}", 1..12),
            path in "(/(a|b| |%20|%61|1|ab|a\\.b)?){0,4}",
            missing in 0..12_usize,
        ) {
            let mut templates: Vec<_> = templates.iter().map(|it| PathTemplate::parse(it)).collect();
            templates.sort();
            let routes = Routes::new(templates.iter());
            let is_there = |it: usize| it != missing;
            let first = (0..templates.len()).find(|it| is_there(*it) && templates[*it].matches(&path));
            prop_assert_eq!(routes.first(&path, &is_there), first);
            for (number, template) in templates.iter().enumerate() {
                let alike = (0..templates.len()).filter(|it| templates[*it].is_alike(template));
                prop_assert_eq!(routes.alike(number), alike.collect::<Vec<_>>());
            }
        }

        #[test]
        fn slashes_are_found_as_by_trying_every_way_to_hold_them(
            templates in proptest::collection::vec("(/(a|b|\\{x\\}|\\{y\\*\\}|a\\{y\\*\\}|\\{y\\*\\}b)){1,4}", 1..8),
            path in "(/(a|b|1|ab|a1)?){1,6}",
            missing in 0..8_usize,
        ) {
            let mut read: Vec<_> = templates.iter().map(|it| (PathTemplate::parse(it), it.as_str())).collect();
            read.sort();
            let is_there = |it: usize| it != missing;
            let routes = Routes::new(read.iter().map(|it| &it.0));
            let path = path.trim_matches('/');
            let segments = |it: usize| read[it].1.trim_matches('/').split('/').collect::<Vec<_>>();
            let there = || (0..read.len()).filter(|it| is_there(*it));
            let rank = |it: &usize| {
                let all = segments(*it);
                let literals = all.iter().filter(|it| !it.contains('{')).count();
                (Reverse(literals), Reverse(all.len()), *it)
            };
            let takes = |it: &usize| read[*it].1.contains('*') && left(&segments(*it), path).contains(&None);
            let goes_on = |first: usize, it: usize| {
                let (first, all) = (segments(first), segments(it));
                let next = all.get(first.len()).filter(|it| !it.contains('{'));
                // What a parameter is called does not matter.
                let alike = |it: &&str| if *it == "{y*}" { "{x}" } else { *it }.to_owned();
                let is_behind = all.len() > first.len() && all.iter().zip(&first).all(|(a, b)| alike(a) == alike(b));
                is_behind && next.is_some() && !left(&all[..=first.len()], path).is_empty()
            };
            let first = there().filter(takes).min_by_key(rank);
            let first = first.filter(|first| !there().any(|it| goes_on(*first, it)));
            prop_assert_eq!(routes.first_with_slashes(path, &is_there), first);

            let texts: Vec<&str> = path.split('/').collect();
            let all: Vec<Vec<&str>> = (0..read.len()).map(|it| {
                segments(it).into_iter().map(|it| if it == "{y*}" { "{x}" } else { it }).collect()
            }).collect();
            let literal_behind = |start: &[&str]| all.iter().any(|it| {
                it.starts_with(start) && it.get(start.len()).is_some_and(|it| !it.contains('{'))
            });
            let is_doubtful = |start: &[&str]| {
                let Some(("{x}", before)) = start.split_last().map(|it| (*it.0, it.1)) else { return false };
                literal_behind(before) && !literal_behind(start) && !all.iter().any(|it| it == start)
            };
            let as_it_stands = |it: usize, count: usize| {
                if (1..=count).any(|count| is_doubtful(&all[it][..count])) {
                    return false;
                }
                let prefix = format!("/{}", segments(it)[..count].join("/"));
                count <= texts.len() && PathTemplate::parse(&prefix).matches(&texts[..count].join("/"))
            };
            let with_slashes = |it: usize, count: usize| {
                let all = &segments(it)[..count];
                let holds = all[..count - 1].iter().any(|it| it.contains('*'));
                holds && !all[count - 1].contains('*') && !left(all, path).is_empty()
            };
            let longest = |takes: &dyn Fn(usize, usize) -> bool| {
                let takes = |it: usize| (1..=segments(it).len()).filter(move |count| takes(it, *count)).max();
                there().filter_map(takes).max()
            };
            let found = routes.prefix(path, &is_there);
            prop_assert_eq!(found.map(|it| it.segments), longest(&as_it_stands).max(longest(&with_slashes)));
            if let Some(it) = found {
                let rest = path[it.end..].strip_prefix('/');
                prop_assert!(left(&segments(it.operation)[..it.segments], path).contains(&rest));
            }
        }
    }

    /// What may be left of a path after segments, of which those with a `*` hold slashes: found by trying every way.
    fn left<'p>(segments: &[&str], path: &'p str) -> Vec<Option<&'p str>> {
        let Some((last, before)) = segments.split_last() else { return vec![Some(path)] };
        let mut all = Vec::new();
        for start in left(before, path).into_iter().flatten() {
            let cuts = start.match_indices('/').map(|it| it.0).chain([start.len()]);
            for cut in cuts {
                let (text, rest) = start.split_at(cut);
                let may_be = last.contains('*') || !text.contains('/');
                if may_be && PathTemplate::parse(last).matches(&text.replace('/', "1")) {
                    all.push(rest.strip_prefix('/'));
                }
            }
        }
        all
    }
}

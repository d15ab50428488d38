//! The operations of a path, found without trying every template.

use std::collections::BTreeMap;

use crate::document::template::{PathTemplate, Segment, decoded};

/// Every template as a way from segment to segment.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// The first is where paths start.
    nodes: Vec<Node>,
    /// Where the template of each operation ends.
    ends: Vec<usize>,
}

#[derive(Debug, Default)]
struct Node {
    by_text: BTreeMap<String, usize>,
    by_pattern: Vec<(Segment, usize)>,
    /// Those whose template ends here, in order of number.
    operations: Vec<usize>,
}

impl Routes {
    /// The ways to operations, whose templates stand in order of precedence.
    pub(super) fn new<'t>(templates: impl Iterator<Item = &'t PathTemplate>) -> Self {
        let mut routes = Self { nodes: vec![Node::default()], ends: Vec::new() };
        for (number, template) in templates.enumerate() {
            let end = routes.way(template);
            routes.nodes[end].operations.push(number);
            routes.ends.push(end);
        }
        routes
    }

    fn way(&mut self, template: &PathTemplate) -> usize {
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
                self.nodes.push(Node::default());
            }
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
            let as_it_stands = node.by_text.get(text);
            let as_meant = text.contains('%').then(|| node.by_text.get(&*decoded(text))).flatten();
            let by_pattern = node.by_pattern.iter().filter(|it| it.0.matches(text)).map(|it| &it.1);
            let next = as_it_stands.into_iter().chain(as_meant).chain(by_pattern);
            let mut next = next.map(|it| (*it, rest));
            here = next.next();
            others.extend(next);
        }
        first
    }

    /// The operations, by number, whose template takes the same paths as that of one.
    pub(crate) fn alike(&self, operation: usize) -> &[usize] {
        &self.nodes[self.ends[operation]].operations
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    }
}

//! What a run leaves out: all of it is counted, and the first of each kind is named, so that a day of it takes no more
//! memory than a minute.

use std::collections::BTreeMap;

use crate::{
    report::{Skipped, Unreadable},
    tally::add_counts,
};

/// How many of a list are named. What a person reads is shorter, and whoever wants all of it has the sources.
pub(crate) const MOST_NAMED: usize = 100;

/// Something that was left out, in order of where it stands.
pub trait IsLeftOut: Ord {
    /// What it is counted by: few in number, whatever the number of exchanges.
    fn kind(&self) -> &str;
}

impl IsLeftOut for Skipped {
    fn kind(&self) -> &str {
        &self.reason
    }
}

impl IsLeftOut for Unreadable {
    fn kind(&self) -> &str {
        &self.source
    }
}

/// Some of what was left out by name, all of it by count.
#[derive(Debug, Clone)]
pub struct LeftOut<T> {
    named: Vec<T>,
    counts: BTreeMap<String, u64>,
}

impl<T> Default for LeftOut<T> {
    fn default() -> Self {
        Self { named: Vec::new(), counts: BTreeMap::new() }
    }
}

impl<T: IsLeftOut> LeftOut<T> {
    /// Takes one.
    pub fn tell(&mut self, one: T) {
        match self.counts.get_mut(one.kind()) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(one.kind().to_owned(), 1);
            }
        }
        self.named.push(one);
        // Not at each, which would take a sort each time.
        if self.named.len() >= 2 * MOST_NAMED {
            keep_first(&mut self.named, MOST_NAMED);
        }
    }

    /// Takes what another has: as if this one had been told of both.
    pub(crate) fn absorb(&mut self, other: Self) {
        add_counts(&mut self.counts, other.counts);
        self.named.extend(other.named);
        keep_first(&mut self.named, MOST_NAMED);
    }

    /// What a report keeps.
    pub(crate) fn from_parts(named: Vec<T>, counts: BTreeMap<String, u64>) -> Self {
        Self { named, counts }
    }

    /// Those that are named, in order, and how many there are of each kind.
    pub fn into_parts(mut self) -> (Vec<T>, BTreeMap<String, u64>) {
        keep_first(&mut self.named, MOST_NAMED);
        (self.named, self.counts)
    }
}

/// How many of each kind are named where nobody counted.
pub(crate) fn counted<T: IsLeftOut>(named: &[T]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for it in named {
        *counts.entry(it.kind().to_owned()).or_default() += 1;
    }
    counts
}

/// Keeps so many, in order: the first of every kind before the second of any, so that a source full of faults does not
/// hide that another could not be read. What is kept of several lists together is kept of each.
pub fn keep_first<T: IsLeftOut>(all: &mut Vec<T>, most: usize) {
    all.sort();
    if all.len() <= most {
        return;
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, &str, usize)> = Vec::with_capacity(all.len());
    for (index, it) in all.iter().enumerate() {
        let rank = seen.entry(it.kind()).or_default();
        ranked.push((*rank, it.kind(), index));
        *rank += 1;
    }
    ranked.sort_unstable();
    let mut is_kept = vec![false; all.len()];
    ranked.iter().take(most).for_each(|it| is_kept[it.2] = true);
    let mut is_kept = is_kept.into_iter();
    all.retain(|_| is_kept.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unreadable(source: usize, entry: usize) -> Unreadable {
        let (source, reason) = (format!("{source}.har"), "torn".to_owned());
        Unreadable { source, entry: Some(entry), byte: None, reason }
    }

    #[test]
    fn a_source_full_of_faults_hides_no_other() {
        let mut left_out = LeftOut::default();
        (0..1_000).for_each(|it| left_out.tell(unreadable(1, it)));
        (2..5).for_each(|it| left_out.tell(unreadable(it, 7)));
        let (named, counts) = left_out.into_parts();
        assert_eq!(named.len(), MOST_NAMED);
        assert_eq!(named[..97], (0..97).map(|it| unreadable(1, it)).collect::<Vec<_>>());
        assert_eq!(named[97..], [unreadable(2, 7), unreadable(3, 7), unreadable(4, 7)]);
        assert_eq!(counts.values().copied().collect::<Vec<_>>(), [1_000, 1, 1, 1]);
    }

    proptest! {
        /// Whoever was told of it, and in whatever order.
        #[test]
        fn what_is_named_and_counted_does_not_depend_on_who_was_told(
            all in prop::collection::vec((0..150_usize, 0..40_usize, 0..4_usize), 0..900), few in any::<bool>(),
        ) {
            let mut whole = LeftOut::default();
            let mut parts = [(); 4].map(|()| LeftOut::default());
            for (source, entry, part) in all {
                let one = unreadable(if few { source % 3 } else { source }, entry);
                whole.tell(one.clone());
                parts[part].tell(one);
            }
            let mut joined = LeftOut::default();
            for part in parts.into_iter().rev() {
                let (named, counts) = part.into_parts();
                joined.absorb(LeftOut::from_parts(named, counts));
            }
            prop_assert_eq!(joined.into_parts(), whole.into_parts());
        }
    }
}

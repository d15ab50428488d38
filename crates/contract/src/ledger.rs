//! What a run has counted: defects by what makes them the same, quirks by place, and what was seen at each place. All of
//! it by number, so that who counts the same thing again need not look it up.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    document::OperationId,
    exchange::Exchange,
    finding::{PromisedBy, Sighting},
    observed::Observed,
    place::Place,
    quirk::Verdict,
    rule::{Rule, Severity},
    tally::Tally,
};

/// What makes two sightings the same defect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) operation: OperationId,
    pub(crate) status: Option<u16>,
    pub(crate) place: Option<Place>,
    pub(crate) rule: Rule,
    /// By number.
    pub(crate) quirk: Option<usize>,
}

/// One defect, as far as it has been seen.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) severity: Severity,
    pub(crate) details: Details,
    pub(crate) came: BTreeSet<String>,
    pub(crate) count: u64,
    pub(crate) exchanges: u64,
    last_exchange: u64,
    pub(crate) observed: Observed,
}

/// What is told of a defect where it was seen first.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    pub(crate) promised: String,
    pub(crate) by: PromisedBy,
    pub(crate) field: Option<String>,
    pub(crate) nearest_branch: Option<usize>,
    pub(crate) nearest: Option<String>,
    pub(crate) first: Sighting,
}

impl Fold {
    fn new(severity: Severity, details: Details) -> Self {
        Self {
            severity,
            details,
            came: BTreeSet::new(),
            count: 0,
            exchanges: 0,
            last_exchange: 0,
            observed: Observed::default(),
        }
    }

    /// Whether what is told of it was seen after an exchange: by source, then by entry.
    fn is_after(&self, source: &str, entry: usize) -> bool {
        let first = &self.details.first;
        (source, entry) < (&first.source, first.entry)
    }

    fn absorb(&mut self, other: Self) {
        let first = &other.details.first;
        if self.is_after(&first.source, first.entry) {
            self.details = other.details;
        }
        self.severity = self.severity.min(other.severity);
        self.came.extend(other.came);
        self.count += other.count;
        self.exchanges += other.exchanges;
        self.observed.absorb(other.observed);
    }
}

/// How often values said what about a quirk at one place.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct QuirkCounts {
    pub(crate) confirmed: u64,
    pub(crate) confirmed_on_wire: u64,
    pub(crate) neutral: u64,
    pub(crate) healed: u64,
    pub(crate) mutated: u64,
}

impl QuirkCounts {
    fn absorb(&mut self, other: Self) {
        self.confirmed += other.confirmed;
        self.confirmed_on_wire += other.confirmed_on_wire;
        self.neutral += other.neutral;
        self.healed += other.healed;
        self.mutated += other.mutated;
    }

    pub(crate) fn add(&mut self, verdict: Verdict, on_wire: bool) {
        match verdict {
            Verdict::Confirmed => {
                self.confirmed += 1;
                self.confirmed_on_wire += u64::from(on_wire);
            }
            Verdict::Neutral => self.neutral += 1,
            Verdict::Healed => self.healed += 1,
            Verdict::Mutated => self.mutated += 1,
        }
    }
}

/// A quirk's number at a place of a response.
pub(crate) type QuirkAt = (usize, OperationId, u16, Place);
/// A response: operation, status, and whether it belongs to the observed shape.
pub(crate) type ResponseAt = (OperationId, u16, bool);

/// Things by key, each with a number that stays.
#[derive(Debug)]
pub(crate) struct Numbered<K, V> {
    numbers: BTreeMap<K, usize>,
    values: Vec<V>,
}

impl<K, V> Default for Numbered<K, V> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<K: Ord, V> Numbered<K, V> {
    pub(crate) fn number(&self, key: &K) -> Option<usize> {
        self.numbers.get(key).copied()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.number(key).map(|it| self.at(it))
    }

    fn at(&self, number: usize) -> &V {
        &self.values[number]
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> &mut V {
        &mut self.values[number]
    }

    pub(crate) fn number_or(&mut self, key: K, new: impl FnOnce() -> V) -> usize {
        *self.numbers.entry(key).or_insert_with(|| {
            self.values.push(new());
            self.values.len() - 1
        })
    }

    /// In order of key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.numbers.iter().map(|(key, number)| (key, &self.values[*number]))
    }

    fn absorb(&mut self, other: Self, add: impl Fn(&mut V, V)) {
        let mut values: Vec<Option<V>> = other.values.into_iter().map(Some).collect();
        for (key, number) in other.numbers {
            let Some(value) = values[number].take() else { continue };
            match self.number(&key) {
                Some(known) => add(self.get_mut(known), value),
                None => {
                    self.number_or(key, || value);
                }
            }
        }
    }
}

/// What a run has counted.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The number of the exchange being checked, from one.
    pub(crate) exchange: u64,
    pub(crate) folds: Numbered<Key, Fold>,
    /// What is wrong inside the branches that come nearest. It is drafted, and told as one finding of the value.
    pub(crate) inside_branches: Numbered<Key, Fold>,
    pub(crate) quirks: Numbered<QuirkAt, QuirkCounts>,
    pub(crate) tallies: Numbered<ResponseAt, Tally>,
    /// The statuses whose answers came as what is documented, at least once.
    as_promised: BTreeMap<OperationId, BTreeSet<u16>>,
}

impl Ledger {
    /// Adds a sighting of a defect; `details` is asked for the earliest one, by source and entry.
    pub(crate) fn fold(
        &mut self,
        key: Key,
        exchange: &Exchange<'_>,
        severity: Severity,
        came: Option<String>,
        details: impl FnOnce() -> Details,
    ) -> &mut Observed {
        let number = match self.folds.number(&key) {
            None => self.folds.number_or(key, || Fold::new(severity, details())),
            Some(number) => {
                if self.is_news(number, exchange) {
                    self.folds.get_mut(number).details = details();
                }
                number
            }
        };
        let fold = self.count(number, severity);
        fold.came.extend(came);
        &mut fold.observed
    }

    /// Makes what is told from now on stand among the defects inside branches, or among the others again.
    pub(crate) fn turn_to_branches(&mut self) {
        std::mem::swap(&mut self.folds, &mut self.inside_branches);
    }

    /// Whether an exchange is an earlier sighting of a defect than those before it.
    pub(crate) fn is_news(&self, number: usize, exchange: &Exchange<'_>) -> bool {
        self.folds.at(number).is_after(exchange.source, exchange.entry)
    }

    /// Adds a sighting of a defect that has a number.
    pub(crate) fn count(&mut self, number: usize, severity: Severity) -> &mut Fold {
        let exchange = self.exchange;
        let fold = self.folds.get_mut(number);
        fold.count += 1;
        fold.exchanges += u64::from(fold.last_exchange != exchange);
        fold.last_exchange = exchange;
        fold.severity = fold.severity.min(severity);
        fold
    }

    /// What was seen of a defect that has been told.
    pub(crate) fn observed(&mut self, key: &Key) -> Option<&mut Observed> {
        let number = self.folds.number(key)?;
        Some(&mut self.folds.get_mut(number).observed)
    }

    /// Takes notice of an answer that came as what is documented: its media type, or without a body.
    pub(crate) fn as_promised(&mut self, operation: &OperationId, status: u16) {
        match self.as_promised.get_mut(operation) {
            Some(statuses) => {
                statuses.insert(status);
            }
            None => {
                self.as_promised.insert(operation.clone(), [status].into());
            }
        }
    }

    /// Whether some answer came so.
    pub(crate) fn came_as_promised(&self, operation: &OperationId, status: u16) -> bool {
        self.as_promised.get(operation).is_some_and(|it| it.contains(&status))
    }

    pub(crate) fn tally(&mut self, response: ResponseAt) -> usize {
        self.tallies.number_or(response, Tally::default)
    }

    /// Takes what another ledger counted in other exchanges.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.folds.absorb(other.folds, Fold::absorb);
        self.inside_branches.absorb(other.inside_branches, Fold::absorb);
        self.quirks.absorb(other.quirks, QuirkCounts::absorb);
        self.tallies.absorb(other.tallies, |to, from| to.absorb(&from));
        for (operation, statuses) in other.as_promised {
            self.as_promised.entry(operation).or_default().extend(statuses);
        }
        self.exchange = self.exchange.max(other.exchange);
    }
}

//! Folds what exchanges show into one report: one defect is one finding, whether one value shows it or 10,000.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::civil::Date;
use serde_json::Value;

use crate::{
    contract::Contract,
    document::OperationId,
    exchange::Exchange,
    finding::{self, Finding, PromisedBy, Sighting},
    observed::{Observed, Seen},
    place::Place,
    promise::with_promises,
    quirk::{Quirk, QuirkPlace, Verdict as QuirkVerdict, Wire},
    report::{
        self, ExchangeCounts, FORMAT_VERSION, QuirkReport, QuirkState, Report, RunInfo, Skipped,
        Unreadable, Verdict,
    },
    rule::{Rule, Severity},
    schema::{describe::describe, fragment},
    shape::{Compared, Shape, ShapeChange},
    tally::Tally,
    words::Topic,
};

/// What a run is told beside its exchanges.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// URLs that stand for the document's server, beside those of `contract.toml`.
    pub base_urls: Vec<String>,
    /// Only these operations, where there are any.
    pub include: Vec<String>,
    /// Not these operations.
    pub exclude: Vec<String>,
    /// The day on which quirks may be past their `review_by`; without it none is.
    pub today: Option<Date>,
    /// The accepted shape, where the run is to be compared with it.
    pub baseline: Option<Shape>,
    /// When the run asks a server, as an RFC 3339 date-time.
    pub at: Option<String>,
    /// The least grave finding that breaks the contract; notes never do.
    pub fail_on: Option<Severity>,
}

/// A run in progress.
#[derive(Debug)]
pub struct Run<'c> {
    pub(crate) contract: &'c Contract,
    pub(crate) options: RunOptions,
    pub(crate) counts: ExchangeCounts,
    /// In-scope operations that were answered, in whatever way.
    pub(crate) asked: BTreeSet<OperationId>,
    pub(crate) judged: BTreeSet<OperationId>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) unreadable: Vec<Unreadable>,
    pub(crate) tallies: BTreeMap<(OperationId, u16), Tally>,
    /// What the vendor's own answers showed.
    pub(crate) shape: Shape,
    folds: BTreeMap<Key, Fold>,
    /// What is wrong inside the branches that come nearest. It is drafted, and told as one finding of the value.
    inside_branches: BTreeMap<Key, Fold>,
    quirk_counts: BTreeMap<(usize, OperationId, u16, Place), QuirkCounts>,
    /// The number of the exchange being checked.
    exchange: u64,
}

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
struct Fold {
    severity: Severity,
    details: Details,
    came: BTreeSet<String>,
    count: u64,
    exchanges: u64,
    last_exchange: u64,
    observed: Observed,
}

/// What is told of a defect where it was seen first.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    pub(crate) promised: String,
    pub(crate) by: PromisedBy,
    pub(crate) field: Option<String>,
    pub(crate) nearest_branch: Option<usize>,
    pub(crate) first: Sighting,
}

#[derive(Debug, Default, Clone, Copy)]
struct QuirkCounts {
    confirmed: u64,
    confirmed_on_wire: u64,
    neutral: u64,
    healed: u64,
    mutated: u64,
}

impl<'c> Run<'c> {
    /// A run that has seen nothing yet.
    pub fn new(contract: &'c Contract, options: RunOptions) -> Self {
        Self {
            contract,
            options,
            counts: ExchangeCounts::default(),
            asked: BTreeSet::new(),
            judged: BTreeSet::new(),
            skipped: Vec::new(),
            unreadable: Vec::new(),
            tallies: BTreeMap::new(),
            shape: Shape::default(),
            folds: BTreeMap::new(),
            inside_branches: BTreeMap::new(),
            quirk_counts: BTreeMap::new(),
            exchange: 0,
        }
    }

    /// Tells of a source, or an entry, that could not be read.
    pub fn unreadable(&mut self, unreadable: Unreadable) {
        self.unreadable.push(unreadable);
    }

    pub(crate) fn next_exchange(&mut self) {
        self.exchange += 1;
    }

    /// Adds a sighting of a defect; `details` is asked for the earliest one, by source and entry.
    pub(crate) fn fold(
        &mut self,
        key: Key,
        exchange: &Exchange<'_>,
        severity: Severity,
        came: Option<String>,
        details: impl FnOnce() -> Details,
    ) -> &mut Observed {
        let fold = match self.folds.entry(key) {
            Entry::Vacant(it) => it.insert(Fold {
                severity,
                details: details(),
                came: BTreeSet::new(),
                count: 0,
                exchanges: 0,
                last_exchange: 0,
                observed: Observed::default(),
            }),
            Entry::Occupied(it) => {
                let fold = it.into_mut();
                let first = &fold.details.first;
                if (exchange.source, exchange.entry) < (&first.source, first.entry) {
                    fold.details = details();
                }
                fold
            }
        };
        fold.count += 1;
        fold.exchanges += u64::from(fold.last_exchange != self.exchange);
        fold.last_exchange = self.exchange;
        fold.severity = fold.severity.min(severity);
        fold.came.extend(came);
        &mut fold.observed
    }

    /// Keeps what `tell` tells out of the findings.
    pub(crate) fn inside_branch(&mut self, tell: impl FnOnce(&mut Self)) {
        std::mem::swap(&mut self.folds, &mut self.inside_branches);
        tell(self);
        std::mem::swap(&mut self.folds, &mut self.inside_branches);
    }

    /// The gravest of what exchanges showed.
    pub(crate) fn worst_seen(&self) -> Option<Severity> {
        self.folds.values().map(|it| it.severity).min()
    }

    /// The defects that exchanges showed, in order of place; those inside branches last.
    pub(crate) fn seen_defects(&self) -> impl Iterator<Item = (&Key, Seen)> {
        self.folds.iter().chain(&self.inside_branches).map(|(key, fold)| {
            let first = &fold.details.first;
            let first = format!("{}, entry {}", first.source, first.entry);
            let place = key.place.clone().unwrap_or_default();
            let tally = key.status.and_then(|it| self.tallies.get(&(key.operation.clone(), it)));
            let seen = Seen {
                count: fold.count,
                exchanges: fold.exchanges,
                values: tally.map_or(0, |it| it.values_at(&place)),
                parents: place
                    .split_last()
                    .and_then(|it| Some(tally?.values_at(&it.0)))
                    .unwrap_or_default(),
                first,
                field: fold.details.field.clone(),
                observed: fold.observed.clone(),
            };
            (key, seen)
        })
    }

    pub(crate) fn count_quirk(
        &mut self,
        quirk: usize,
        operation: &OperationId,
        status: u16,
        place: Place,
        verdict: QuirkVerdict,
        on_wire: bool,
    ) {
        let counts =
            self.quirk_counts.entry((quirk, operation.clone(), status, place)).or_default();
        match verdict {
            QuirkVerdict::Confirmed => {
                counts.confirmed += 1;
                counts.confirmed_on_wire += u64::from(on_wire);
            }
            QuirkVerdict::Neutral => counts.neutral += 1,
            QuirkVerdict::Healed => counts.healed += 1,
            QuirkVerdict::Mutated => counts.mutated += 1,
        }
    }

    /// What the vendor's own answers showed: the reference's examples, recordings and live answers.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What the run found.
    pub fn report(&self) -> Report {
        let quirks = self.quirk_reports();
        let shape = self
            .options
            .baseline
            .as_ref()
            .map(|accepted| Compared { accepted: accepted.clone(), seen: self.shape.clone() });
        let mut findings = self.folded_findings(&quirks);
        findings.extend(self.differences());
        findings.extend(shape.iter().flat_map(shape_findings));
        findings.extend(self.quirk_findings(&quirks));
        finding::sort(&mut findings);
        let mut places = Vec::new();
        for ((operation, status), tally) in &self.tallies {
            let mut seen = Vec::new();
            tally.places(operation, *status, &Place::root(), &mut seen);
            places.extend(with_promises(self.contract, operation, *status, seen));
        }
        let mut report = Report {
            format_version: FORMAT_VERSION,
            run: RunInfo {
                tool: concat!("paperwire ", env!("CARGO_PKG_VERSION")).to_owned(),
                contract: self.contract.hash.clone(),
                at: self.options.at.clone(),
                fail_on: self.options.fail_on.unwrap_or(Severity::Error).min(Severity::Warning),
            },
            verdict: Verdict::CouldNotCheck,
            exit_code: 3,
            exchanges: self.counts,
            document_faults: self.contract.document_faults().to_vec(),
            findings,
            quirks,
            places,
            shape,
            asked: self.asked.clone(),
            judged: self.judged.clone(),
            without_model: self.without_model(),
            skipped: self.skipped.clone(),
            unreadable: self.unreadable.clone(),
        };
        report::order(&mut report.skipped, &mut report.unreadable);
        report.conclude();
        report
    }

    fn without_model(&self) -> BTreeSet<OperationId> {
        let operations = self.contract.documented.operations.iter();
        let unmodelled = operations
            .filter(|it| self.judged.contains(&it.id) && self.contract.model_of(it).is_none());
        unmodelled.map(|it| it.id.clone()).collect()
    }

    fn folded_findings(&self, quirks: &[QuirkReport]) -> Vec<Finding> {
        let folds = self.folds.iter().map(|(key, fold)| {
            let Key { operation, status, place, rule, quirk } = key.clone();
            let quirk = quirk.map(|it| self.contract.quirks[it].id.clone());
            let details = fold.details.clone();
            let mut found = Finding {
                id: finding::id(&operation, status, place.as_ref(), rule, quirk.as_ref()),
                rule,
                severity: fold.severity,
                operation,
                status,
                place,
                promised: details.promised,
                promised_by: details.by,
                came: fold.came.clone(),
                quirk,
                field: details.field,
                nearest_branch: details.nearest_branch,
                promised_at: None,
                count: fold.count,
                exchanges: fold.exchanges,
                first: Some(details.first),
                message: String::new(),
                settle: String::new(),
            };
            found.word(quirks);
            found
        });
        folds.collect()
    }

    /// Breaks of modelled ⊆ documented + quirks, and quirks that the document no longer needs.
    fn differences(&self) -> Vec<Finding> {
        let no_values = BTreeSet::new();
        let mut findings: Vec<Finding> = Vec::new();
        for difference in &self.contract.differences {
            let topic = about_contract(
                difference.rule,
                difference.place.as_ref(),
                &difference.promised,
                &no_values,
            );
            let found = finding(&topic, difference.operation.clone(), difference.status);
            let message = format!("{}; {}", found.message, difference.message);
            findings.push(Finding { message, ..found });
        }
        for (number, at) in &self.contract.resolved {
            let quirk = &self.contract.quirks[*number];
            let promised = self.promise_at(at);
            let topic = Topic {
                promised: &promised,
                ..about_quirk(Rule::QuirkResolved, quirk, &at.place, &no_values)
            };
            findings.push(finding(&topic, at.operation.clone(), Some(at.status)));
        }
        findings
    }

    fn promise_at(&self, at: &QuirkPlace) -> String {
        let operation = self.contract.documented.operation(at.operation.as_str());
        let schema = operation.and_then(|it| it.json_schema(at.status));
        let segments: Vec<String> = at.place.segments().map(Into::into).collect();
        let promise = schema.and_then(|it| fragment::below(&self.contract.store, it, &segments));
        promise.map_or_else(String::new, |it| describe(&it))
    }

    fn quirk_findings(&self, quirks: &[QuirkReport]) -> Vec<Finding> {
        let no_values = BTreeSet::new();
        let mut findings = Vec::new();
        for report in quirks {
            let quirk = self
                .contract
                .quirks
                .iter()
                .find(|it| it.id == report.id)
                .expect("reports are of the register");
            let mut add = |rule: Rule, count: u64| {
                let pinned = describe(&fragment::normal(quirk.wire.schema()));
                let topic = Topic {
                    promised: &pinned,
                    ..about_quirk(rule, quirk, &report.place, &no_values)
                };
                let found = finding(&topic, report.operation.clone(), Some(report.status));
                findings.push(Finding { count, ..found });
            };
            if report.state == QuirkState::Unconfirmed {
                add(Rule::QuirkUnconfirmed, report.neutral);
            }
            if report.expired {
                add(Rule::QuirkExpired, 1);
            }
        }
        findings
    }

    fn quirk_reports(&self) -> Vec<QuirkReport> {
        let today = self.options.today;
        let places = self.contract.quirks.iter().enumerate();
        let places =
            places.flat_map(|(number, quirk)| quirk.at.iter().map(move |at| (number, quirk, at)));
        let reports = places.map(|(number, quirk, at)| {
            let key = (number, at.operation.clone(), at.status, at.place.clone());
            let counts = self.quirk_counts.get(&key).copied().unwrap_or_default();
            let in_words = |schema: &Value| describe(&fragment::normal(schema));
            let (returned, also) = match &quirk.wire {
                Wire::Returned(schema) => (Some(in_words(schema)), None),
                Wire::Also(schema) => (None, Some(in_words(schema))),
            };
            let mut report = QuirkReport {
                id: quirk.id.clone(),
                summary: quirk.summary.clone(),
                file: quirk.file.clone(),
                declared: in_words(&quirk.declared),
                described: quirk.described.as_ref().map(in_words),
                returned,
                also,
                reason: quirk.reason.clone(),
                known_since: quirk.known_since,
                review_by: quirk.review_by,
                ticket: quirk.ticket.clone(),
                evidence: quirk.evidence.clone(),
                operation: at.operation.clone(),
                status: at.status,
                place: at.place.clone(),
                state: QuirkState::NotExercised,
                expired: today.is_some_and(|it| quirk.is_expired(it)),
                confirmed: counts.confirmed,
                confirmed_on_wire: counts.confirmed_on_wire,
                neutral: counts.neutral,
                healed: counts.healed,
                mutated: counts.mutated,
            };
            report.state = report.counted_state();
            report
        });
        reports.collect()
    }
}

/// What is new and what is gone in the observed shape.
pub(crate) fn shape_findings(shape: &Compared) -> Vec<Finding> {
    let no_values = BTreeSet::new();
    let finding = |change: ShapeChange| {
        let topic =
            about_contract(change.rule, change.place.as_ref(), "the accepted shape", &no_values);
        let found = finding(&topic, change.operation, Some(change.status));
        // Without a baseline nothing can be new.
        let severity = if change.place.is_some() { found.severity } else { Severity::Note };
        Finding { severity, message: format!("{}: {}", found.message, change.what), ..found }
    };
    shape.accepted.compare(&shape.seen).into_iter().map(finding).collect()
}

/// What is no news of a single value.
fn about_contract<'t>(
    rule: Rule,
    place: Option<&'t Place>,
    promised: &'t str,
    came: &'t BTreeSet<String>,
) -> Topic<'t> {
    Topic {
        rule,
        place,
        promised,
        by: PromisedBy::Documented,
        came,
        quirk: None,
        field: None,
        partly: false,
        nearest_branch: None,
    }
}

fn about_quirk<'t>(
    rule: Rule,
    quirk: &'t Quirk,
    place: &'t Place,
    came: &'t BTreeSet<String>,
) -> Topic<'t> {
    Topic {
        by: PromisedBy::Quirk,
        quirk: Some(quirk.into()),
        ..about_contract(rule, Some(place), "", came)
    }
}

/// A finding about which nothing is known but its topic.
fn finding(topic: &Topic<'_>, operation: OperationId, status: Option<u16>) -> Finding {
    let quirk = topic.quirk.map(|it| it.id.clone());
    Finding {
        id: finding::id(&operation, status, topic.place, topic.rule, quirk.as_ref()),
        rule: topic.rule,
        severity: topic.rule.severity(),
        operation,
        status,
        place: topic.place.cloned(),
        promised: topic.promised.to_owned(),
        promised_by: topic.by,
        came: BTreeSet::new(),
        quirk,
        field: None,
        nearest_branch: None,
        promised_at: None,
        count: 1,
        exchanges: 0,
        first: None,
        message: topic.message(),
        settle: topic.settle(),
    }
}

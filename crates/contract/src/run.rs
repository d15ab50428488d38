//! Folds what exchanges show into one report: one defect is one finding, whether one value shows it or 10,000.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use crate::{
    contract::Contract,
    document::{OperationId, Server},
    finding::{self, Finding, PromisedBy},
    ledger::{Key, Ledger},
    left_out::LeftOut,
    observed::Seen,
    place::Place,
    promise::with_promises,
    quirk::{Quirk, QuirkPlace, Wire},
    report::{
        ExchangeCounts, FORMAT_VERSION, QuirkReport, QuirkState, Report, RunInfo, Skipped,
        Unreadable, Verdict,
    },
    rule::{Rule, Severity},
    schema::{describe::describe, fragment},
    scope::servers,
    shape::{Compared, Shape, ShapeChange},
    shard::Shard,
    shortcut::Shortcuts,
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
    /// Which part of the exchanges the run is given, where it is not given all.
    pub shard: Option<Shard>,
    /// Check every body in full, where a shortcut would find the same.
    pub no_fast_path: bool,
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
    /// Every URL that stands for the document's server.
    pub(crate) base_urls: Vec<Server>,
    pub(crate) ledger: Ledger,
    pub(crate) shortcuts: Shortcuts<'c>,
    /// Operations that came, are not documented and were not to be checked.
    pub(crate) undocumented_left_out: BTreeSet<OperationId>,
    skipped: LeftOut<Skipped>,
    unreadable: LeftOut<Unreadable>,
}

impl<'c> Run<'c> {
    /// A run that has seen nothing yet.
    pub fn new(contract: &'c Contract, options: RunOptions) -> Self {
        let base_urls = [contract.settings.base_urls.as_slice(), &options.base_urls].concat();
        Self {
            contract,
            base_urls: servers(&base_urls),
            options,
            counts: ExchangeCounts::default(),
            asked: BTreeSet::new(),
            judged: BTreeSet::new(),
            ledger: Ledger::default(),
            shortcuts: Shortcuts::default(),
            undocumented_left_out: BTreeSet::new(),
            skipped: LeftOut::default(),
            unreadable: LeftOut::default(),
        }
    }

    /// What the run checks by.
    pub fn contract(&self) -> &'c Contract {
        self.contract
    }

    /// What the run was told.
    pub fn options(&self) -> &RunOptions {
        &self.options
    }

    /// The operations of the options' `exclude` that neither the contract has nor what came.
    pub fn excluded_in_vain(&self) -> impl Iterator<Item = &str> {
        let known = self.contract.operations().chain(&self.undocumented_left_out);
        let known: BTreeSet<&str> = known.map(OperationId::as_str).collect();
        self.options.exclude.iter().map(String::as_str).filter(move |it| !known.contains(it))
    }

    /// How many bodies the full check has left to the shortcut.
    pub fn taken_short(&self) -> u64 {
        self.shortcuts.taken
    }

    /// Tells of a source, or an entry, that could not be read.
    pub fn unreadable(&mut self, unreadable: Unreadable) {
        self.unreadable.tell(unreadable);
    }

    /// Takes what another run of the same contract and options found in other exchanges: as if this run had checked them
    /// all.
    pub fn absorb(&mut self, other: Self) {
        self.counts.absorb(other.counts);
        self.asked.extend(other.asked);
        self.judged.extend(other.judged);
        self.undocumented_left_out.extend(other.undocumented_left_out);
        self.skipped.absorb(other.skipped);
        self.unreadable.absorb(other.unreadable);
        self.ledger.absorb(other.ledger);
    }

    pub(crate) fn next_exchange(&mut self) {
        self.ledger.exchange += 1;
    }

    pub(crate) fn tell_skipped(&mut self, skipped: Skipped) {
        self.skipped.tell(skipped);
    }

    /// What all exchanges with a response showed.
    fn tallies(&self) -> BTreeMap<(&OperationId, u16), Tally> {
        let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
        let seen = self.ledger.tallies.iter().filter(|it| it.1.exchanges > 0);
        for ((operation, status, _), tally) in seen {
            tallies.entry((operation, *status)).or_default().absorb(tally);
        }
        tallies
    }

    /// Keeps what `tell` tells out of the findings.
    pub(crate) fn inside_branch(&mut self, tell: impl FnOnce(&mut Self)) {
        self.ledger.turn_to_branches();
        tell(self);
        self.ledger.turn_to_branches();
    }

    /// The gravest of what exchanges showed.
    pub(crate) fn worst_seen(&self) -> Option<Severity> {
        self.ledger.folds.iter().map(|it| it.1.severity).min()
    }

    /// The defects that exchanges showed, in order of place; those inside branches last.
    pub(crate) fn seen_defects(&self) -> impl Iterator<Item = (&Key, Seen)> {
        let tallies = self.tallies();
        let folds = self.ledger.folds.iter().map(|it| (it, false));
        let inside = self.ledger.inside_branches.iter().map(|it| (it, true));
        folds.chain(inside).map(move |((key, fold), is_inside)| {
            let first = &fold.details.first;
            let first = format!("{}, entry {}", first.source, first.entry);
            let place = key.place.clone().unwrap_or_default();
            let tally = key.status.and_then(|it| tallies.get(&(&key.operation, it)));
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
                is_inside,
                is_warning: fold.severity > Severity::Error,
                observed: fold.observed.clone(),
            };
            (key, seen)
        })
    }

    /// What the vendor's own answers showed: the reference's examples, recordings and live answers.
    pub fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        for ((operation, status, is_shape), tally) in self.ledger.tallies.iter() {
            if *is_shape && tally.exchanges > 0 {
                shape.insert(operation, *status, tally.exchanges, tally.shape());
            }
        }
        shape
    }

    /// What the run found, without what it saw at each place.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings_with(&self.quirk_reports(), self.compared().as_ref())
    }

    fn findings_with(&self, quirks: &[QuirkReport], shape: Option<&Compared>) -> Vec<Finding> {
        let mut findings = self.folded_findings(quirks);
        findings.extend(self.differences());
        findings.extend(shape.into_iter().flat_map(shape_findings));
        findings.extend(self.quirk_findings(quirks));
        finding::sort(&mut findings);
        findings
    }

    fn compared(&self) -> Option<Compared> {
        let accepted = self.options.baseline.as_ref()?.clone();
        Some(Compared { accepted, seen: self.shape() })
    }

    /// What the run found.
    pub fn report(&self) -> Report {
        let quirks = self.quirk_reports();
        let shape = self.compared();
        let findings = self.findings_with(&quirks, shape.as_ref());
        let mut places = Vec::new();
        for ((operation, status), tally) in self.tallies() {
            let seen = tally.places(operation, status);
            places.extend(with_promises(self.contract, operation, status, seen));
        }
        let (skipped, skipped_by_reason) = self.skipped.clone().into_parts();
        let (unreadable, unreadable_by_source) = self.unreadable.clone().into_parts();
        let mut report = Report {
            format_version: FORMAT_VERSION,
            run: RunInfo {
                tool: concat!("paperwire ", env!("CARGO_PKG_VERSION")).to_owned(),
                contract: self.contract.hash.clone(),
                servers: self.servers().map(Server::url).collect(),
                at: self.options.at.clone(),
                fail_on: self.options.fail_on.unwrap_or(Severity::Error).min(Severity::Warning),
                shard: self.options.shard,
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
            skipped,
            skipped_by_reason,
            unreadable,
            unreadable_by_source,
        };
        report.conclude();
        report
    }

    /// The servers that the contract is about, by whatever name.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.contract.documented.servers.iter().chain(&self.base_urls)
    }

    fn without_model(&self) -> BTreeSet<OperationId> {
        let operations = self.contract.documented.operations.iter();
        let unmodelled = operations
            .filter(|it| self.judged.contains(&it.id) && self.contract.model_of(it).is_none());
        unmodelled.map(|it| it.id.clone()).collect()
    }

    fn folded_findings(&self, quirks: &[QuirkReport]) -> Vec<Finding> {
        let folds = self.ledger.folds.iter().map(|(key, fold)| {
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
                nearest: details.nearest,
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
            let promised = self.promise_at(quirk, at);
            let topic = Topic {
                promised: &promised,
                ..about_quirk(Rule::QuirkResolved, quirk, &at.place, &no_values)
            };
            findings.push(finding(&topic, at.operation.clone(), Some(at.status)));
        }
        findings
    }

    fn promise_at(&self, quirk: &Quirk, at: &QuirkPlace) -> String {
        if quirk.is_of_form() {
            let response = self.contract.paper_response(&at.operation, at.status);
            return response
                .map_or_else(String::new, |it| it.media_types().collect::<Vec<_>>().join(" or "));
        }
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
                let pinned = quirk.wire.comes().in_words();
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
            let counts = self.ledger.quirks.get(&key).copied().unwrap_or_default();
            let in_words = |schema: &Value| describe(&fragment::normal(schema));
            let (returned, also) = match &quirk.wire {
                Wire::Returned(comes) => (Some(comes.in_words()), None),
                Wire::Also(comes) => (None, Some(comes.in_words())),
            };
            let mut report = QuirkReport {
                id: quirk.id.clone(),
                summary: quirk.summary.clone(),
                file: quirk.file.clone(),
                declared: quirk.declared.in_words(),
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
        nearest: None,
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
        nearest: None,
        promised_at: None,
        count: 1,
        exchanges: 0,
        first: None,
        message: topic.message(),
        settle: topic.settle(),
    }
}

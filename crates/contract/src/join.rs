//! Joins the reports of parts of a run into the report of the whole: the same bytes as if one run had seen everything,
//! whatever the parts and their order. Each exchange must have been seen by one of them.

use std::collections::{BTreeMap, btree_map::Entry};

use crate::{
    finding::{self, Finding},
    left_out::LeftOut,
    report::{QuirkReport, QuirkState, Report, Skipped, Unreadable},
    rule::Rule,
    run::shape_findings,
    shape::Compared,
    shard::Shard,
    tally::{PlaceTally, add},
};

/// How many missing parts are named.
const MOST_TOLD: usize = 5;

/// Why reports cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There is none.
    #[error("no report to join")]
    Nothing,
    /// They are not of one run.
    #[error(
        "{name} is of another {what} than {first_name} ({other}, not {first}); check all parts anew with the same one"
    )]
    Differs {
        /// The report.
        name: String,
        /// What differs.
        what: &'static str,
        /// The first report.
        first_name: String,
        /// What the first report has.
        first: String,
        /// What this one has.
        other: String,
    },
    /// Two are of one part.
    #[error(
        "{first_name} and {name} are both of part {shard}, whose exchanges would count twice; name one report of each part"
    )]
    Repeated {
        /// The part.
        shard: Shard,
        /// The report.
        name: String,
        /// The one before it.
        first_name: String,
    },
    /// A part has none.
    #[error(
        "no report of part {missing}, and {name} is of part {shard}; name the reports of all parts"
    )]
    Missing {
        /// The parts, in words.
        missing: String,
        /// A report that there is.
        name: String,
        /// Its part.
        shard: Shard,
    },
}

/// The report of the whole run, from those of its parts, each with its name. The line that breaks the contract is the
/// strictest of theirs.
///
/// # Errors
/// Where there is no report, they are of another contract, tool or accepted shape, or say of which parts they are and those
/// are not the parts of one run, each once.
pub fn join(named: Vec<(String, Report)>) -> Result<Report, JoinError> {
    check_alike(&named)?;
    check_parts(&named)?;
    let mut reports: Vec<Report> = named.into_iter().map(|it| it.1).collect();
    // What only one of them can give must not depend on the order in which they are named.
    if reports.len() > 1 {
        reports.sort_by_cached_key(Report::to_json);
    }
    let mut reports = reports.into_iter();
    let mut whole = reports.next().ok_or(JoinError::Nothing)?;
    whole.run.shard = None;
    let mut findings = Findings::default();
    findings.take(std::mem::take(&mut whole.findings));
    let mut places = Places::default();
    places.take(std::mem::take(&mut whole.places));
    let mut skipped = skipped_of(&mut whole);
    let mut unreadable = unreadable_of(&mut whole);
    for mut part in reports {
        skipped.absorb(skipped_of(&mut part));
        unreadable.absorb(unreadable_of(&mut part));
        findings.take(part.findings);
        places.take(part.places);
        whole.exchanges.absorb(part.exchanges);
        whole.run.fail_on = whole.run.fail_on.max(part.run.fail_on);
        whole.run.at = match (whole.run.at.take(), part.run.at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        whole.run.servers.extend(part.run.servers);
        whole.asked.extend(part.asked);
        whole.judged.extend(part.judged);
        whole.without_model.extend(part.without_model);
        if let (Some(shape), Some(part)) = (&mut whole.shape, part.shape) {
            shape.seen.absorb(part.seen);
        }
        for quirk in part.quirks {
            absorb_quirk(&mut whole.quirks, quirk);
        }
    }
    for quirk in &mut whole.quirks {
        quirk.state = quirk.counted_state();
    }
    (whole.skipped, whole.skipped_by_reason) = skipped.into_parts();
    (whole.unreadable, whole.unreadable_by_source) = unreadable.into_parts();
    whole.findings = findings.of_whole(&whole.quirks, whole.shape.as_ref());
    whole.places = places.0.into_values().collect();
    whole.conclude();
    Ok(whole)
}

fn skipped_of(report: &mut Report) -> LeftOut<Skipped> {
    let (named, counts) = (&mut report.skipped, &mut report.skipped_by_reason);
    LeftOut::from_parts(std::mem::take(named), std::mem::take(counts))
}

fn unreadable_of(report: &mut Report) -> LeftOut<Unreadable> {
    let (named, counts) = (&mut report.unreadable, &mut report.unreadable_by_source);
    LeftOut::from_parts(std::mem::take(named), std::mem::take(counts))
}

fn check_alike(reports: &[(String, Report)]) -> Result<(), JoinError> {
    let Some(((first_name, first), others)) = reports.split_first() else {
        return Err(JoinError::Nothing);
    };
    let accepted = |it: &Report| it.shape.as_ref().map(|it| it.accepted.clone());
    let parts = |it: &Report| it.run.shard.map_or("none".to_owned(), |it| it.of.to_string());
    for (name, other) in others {
        let differs = |what, first: &str, other: &str| JoinError::Differs {
            name: name.clone(),
            what,
            first_name: first_name.clone(),
            first: first.to_owned(),
            other: other.to_owned(),
        };
        if other.run.contract != first.run.contract {
            return Err(differs("contract", &first.run.contract, &other.run.contract));
        }
        if other.run.tool != first.run.tool {
            return Err(differs("tool", &first.run.tool, &other.run.tool));
        }
        if accepted(other) != accepted(first) {
            return Err(differs("accepted shape", "one", "another"));
        }
        if parts(other) != parts(first) {
            return Err(differs("number of parts", &parts(first), &parts(other)));
        }
    }
    Ok(())
}

/// Holds that each part of a run is there once, where reports that are alike say of which part they are.
fn check_parts(reports: &[(String, Report)]) -> Result<(), JoinError> {
    let mut by_part: BTreeMap<u64, (&String, Shard)> = BTreeMap::new();
    for (name, report) in reports {
        let Some(shard) = report.run.shard else { continue };
        if let Some((first_name, _)) = by_part.insert(shard.number, (name, shard)) {
            let (name, first_name) = (name.clone(), first_name.clone());
            return Err(JoinError::Repeated { shard, name, first_name });
        }
    }
    let Some((name, shard)) = by_part.values().next().copied() else { return Ok(()) };
    let mut missing = (1..=shard.of).filter(|it| !by_part.contains_key(it));
    let told: Vec<String> = missing
        .by_ref()
        .take(MOST_TOLD)
        .map(|number| Shard { number, ..shard }.to_string())
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let more = if missing.next().is_some() { " and more" } else { "" };
    let missing = format!("{}{more}", told.join(", "));
    Err(JoinError::Missing { missing, name: name.clone(), shard })
}

fn absorb_quirk(quirks: &mut Vec<QuirkReport>, part: QuirkReport) {
    let is_same = |it: &&mut QuirkReport| {
        it.id == part.id
            && it.operation == part.operation
            && it.status == part.status
            && it.place == part.place
    };
    match quirks.iter_mut().find(is_same) {
        Some(known) => {
            known.expired |= part.expired;
            add(&mut known.confirmed, part.confirmed);
            add(&mut known.confirmed_on_wire, part.confirmed_on_wire);
            add(&mut known.neutral, part.neutral);
            add(&mut known.healed, part.healed);
            add(&mut known.mutated, part.mutated);
        }
        None => quirks.push(part),
    }
}

/// Findings by what makes two of them the same.
#[derive(Default)]
struct Findings {
    /// Shown by exchanges, by id.
    seen: BTreeMap<String, Finding>,
    /// About the contract itself: the same in all parts.
    of_contract: Vec<Finding>,
}

impl Findings {
    fn take(&mut self, part: Vec<Finding>) {
        // Two differences may share their id, but not their words.
        let known: Vec<Finding> = self.of_contract.clone();
        for finding in part {
            match finding.rule {
                // The joined shape says it anew.
                Rule::ShapeNew | Rule::ShapeGone => {}
                _ if finding.first.is_some() => self.see(finding),
                _ if known
                    .iter()
                    .any(|it| (&it.id, &it.message) == (&finding.id, &finding.message)) => {}
                _ => self.of_contract.push(finding),
            }
        }
    }

    fn see(&mut self, part: Finding) {
        let known = match self.seen.entry(part.id.clone()) {
            Entry::Vacant(it) => {
                it.insert(part);
                return;
            }
            Entry::Occupied(it) => it.into_mut(),
        };
        let place = |it: &Finding| it.first.as_ref().map(|it| (it.source.clone(), it.entry));
        let count = known.count.saturating_add(part.count);
        let exchanges = known.exchanges.saturating_add(part.exchanges);
        let severity = known.severity.min(part.severity);
        let came = known.came.union(&part.came).cloned().collect();
        // All that is told of a defect is told of its first sighting.
        if place(&part) < place(known) {
            *known = part;
        }
        (known.count, known.exchanges) = (count, exchanges);
        (known.severity, known.came) = (severity, came);
    }

    fn of_whole(self, quirks: &[QuirkReport], shape: Option<&Compared>) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.seen.into_values().collect();
        for finding in &mut all {
            finding.word(quirks);
        }
        all.extend(self.of_contract.into_iter().filter_map(|it| still_holds(it, quirks)));
        all.extend(shape.into_iter().flat_map(shape_findings));
        finding::sort(&mut all);
        all
    }
}

/// What a part says about a quirk that no value of its own confirms, where no other part did.
fn still_holds(finding: Finding, quirks: &[QuirkReport]) -> Option<Finding> {
    if finding.rule != Rule::QuirkUnconfirmed {
        return Some(finding);
    }
    let at = |it: &&QuirkReport| -> bool {
        Some(&it.id) == finding.quirk.as_ref()
            && it.operation == finding.operation
            && Some(it.status) == finding.status
            && Some(&it.place) == finding.place.as_ref()
    };
    let quirk = quirks.iter().find(at)?;
    (quirk.state == QuirkState::Unconfirmed).then_some(Finding { count: quirk.neutral, ..finding })
}

/// Tallies in the order in which a run tells them: a place, then those below it.
#[derive(Default)]
struct Places(BTreeMap<(String, u16, Vec<String>), PlaceTally>);

impl Places {
    fn take(&mut self, part: Vec<PlaceTally>) {
        for tally in part {
            let segments = tally.place.segments().map(Into::into).collect();
            match self.0.entry((tally.operation.as_str().to_owned(), tally.status, segments)) {
                Entry::Vacant(it) => {
                    it.insert(tally);
                }
                Entry::Occupied(it) => it.into_mut().absorb(tally),
            }
        }
    }
}

//! From the past nights' reports and tonight's: what to open, update and close, as data that a workflow only carries out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    finding::Finding,
    format,
    place::Place,
    quirk::QuirkId,
    report::{Report, Verdict},
    rule::{Rule, Severity},
    tally::PlaceTally,
    text::{Fault, Text},
};

/// What to do after a night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Triage {
    /// The version of this format.
    pub format_version: u32,
    /// Whether the night needs somebody: something new or changed, unauthorised, or the third *could not check* in a row.
    pub red: bool,
    /// Why it is red, in sentences.
    pub reasons: Vec<String>,
    /// Issues to open.
    pub open: Vec<Issue>,
    /// Issues whose finding shows another form than before.
    pub update: Vec<Issue>,
    /// Issues whose place was seen without the finding.
    pub close: Vec<Closed>,
    /// Issues of findings that are known and were seen tonight: they should have one.
    pub known: Vec<Issue>,
    /// Ids of findings that are known and not settled.
    pub still_open: Vec<String>,
}

/// An issue to open or update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issue {
    /// The finding's id.
    pub id: String,
    /// An action.
    pub title: String,
    /// Markdown, with the id in a marker by which the issue is found again.
    pub body: String,
}

/// An issue to close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Closed {
    /// The finding's id.
    pub id: String,
    /// Why.
    pub comment: String,
}

/// The published JSON Schema of a triage.
pub(crate) fn schema() -> Value {
    format::written_schema::<Triage>("urn:paperwire:format:triage")
}

/// Compares the nights, tonight last: those that say when they asked by their times, all others as they come.
///
/// # Errors
/// Every text that is no canonical report.
pub fn triage(reports: &[Text]) -> Result<Triage, Vec<Fault>> {
    let (mut nights, mut faults) = (Vec::new(), Vec::new());
    for text in reports {
        match Report::read(text) {
            Ok(night) => nights.push(night),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    in_order(&mut nights);
    let Some((tonight, past)) = nights.split_last() else {
        return Ok(nothing());
    };
    let mut open: BTreeMap<&str, &Finding> = BTreeMap::new();
    for night in past {
        settle_night(night, &mut open);
    }
    let now: BTreeMap<&str, &Finding> =
        worth_an_issue(tonight).map(|it| (it.id.as_str(), it)).collect();
    let mut triage = nothing();
    for (id, found) in &now {
        match open.get(id) {
            None => triage.open.push(issue(found, None)),
            // Fewer forms than before are a smaller sample.
            Some(before) if !found.came.is_subset(&before.came) => {
                triage.update.push(issue(found, Some(before)))
            }
            Some(_) => {
                triage.known.push(issue(found, None));
                triage.still_open.push((*id).to_owned());
            }
        }
    }
    for (id, found) in open.iter().filter(|it| !now.contains_key(*it.0)) {
        if was_seen(tonight, found) {
            let comment = format!("Tonight {} was seen without it.", in_words(found));
            triage.close.push(Closed { id: (*id).to_owned(), comment });
        } else {
            triage.still_open.push((*id).to_owned());
        }
    }
    triage.still_open.sort();
    triage.reasons = reasons(&triage, tonight, past);
    triage.red = !triage.reasons.is_empty();
    Ok(triage)
}

/// Puts the nights that say when they asked in order, among the places that they have.
fn in_order(nights: &mut [Report]) {
    let time = |it: &Report| it.run.at.as_ref()?.parse::<Timestamp>().ok();
    let places: Vec<usize> = (0..nights.len()).filter(|it| time(&nights[*it]).is_some()).collect();
    let mut timed: Vec<Report> = places.iter().map(|it| nights[*it].clone()).collect();
    timed.sort_by_key(time);
    for (place, night) in places.into_iter().zip(timed) {
        nights[place] = night;
    }
}

fn nothing() -> Triage {
    Triage {
        format_version: 1,
        red: false,
        reasons: Vec::new(),
        open: Vec::new(),
        update: Vec::new(),
        close: Vec::new(),
        known: Vec::new(),
        still_open: Vec::new(),
    }
}

/// What is open after a night, given what was before it.
fn settle_night<'n>(night: &'n Report, open: &mut BTreeMap<&'n str, &'n Finding>) {
    let now: BTreeMap<&str, &Finding> =
        worth_an_issue(night).map(|it| (it.id.as_str(), it)).collect();
    open.retain(|id, found| now.contains_key(id) || !was_seen(night, found));
    open.extend(now);
}

fn worth_an_issue(night: &Report) -> impl Iterator<Item = &Finding> {
    // A hole is told to the vendor, not to whoever reads the issues.
    night.findings.iter().filter(|it| it.severity != Severity::Note && it.rule != Rule::Access)
}

/// Whether a night saw the finding's place, so that its absence means something. An outage and an empty list do not.
fn was_seen(night: &Report, found: &Finding) -> bool {
    // What is wrong with the contract itself is seen without asking anybody.
    let of_contract =
        [Rule::UnexplainedDifference, Rule::Unmodelled, Rule::QuirkResolved, Rule::QuirkExpired];
    if of_contract.contains(&found.rule) {
        return true;
    }
    if night.exchanges.checked == 0 {
        return false;
    }
    let of_operation = |it: &&PlaceTally| it.operation == found.operation && it.seen > 0;
    let mut places = night.places.iter().filter(of_operation);
    let of_status = |it: &PlaceTally| Some(it.status) == found.status;
    match (&found.place, found.rule) {
        // A member that is no more cannot be seen: its object can.
        (Some(place), Rule::UndocumentedField | Rule::ShapeNew | Rule::DuplicateMember) => {
            let parent = place.split_last().unwrap_or_default().0;
            places.any(|it| of_status(it) && (it.place == parent || it.place == *place))
        }
        // An answer without a body leaves no place: whatever the operation answered will do.
        (_, Rule::BodyUnexpected | Rule::UndocumentedStatus | Rule::UndocumentedOperation) => {
            places.next().is_some()
        }
        (None, _) => places.any(of_status),
        (Some(place), _) => places.any(|it| of_status(it) && it.place == *place),
    }
}

fn reasons(triage: &Triage, tonight: &Report, past: &[Report]) -> Vec<String> {
    let count = |count: usize, word: &str| {
        let s = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {word} finding{s}."))
    };
    let mut reasons: Vec<String> =
        [count(triage.open.len(), "new"), count(triage.update.len(), "changed")]
            .into_iter()
            .flatten()
            .collect();
    if tonight.findings.iter().any(|it| it.rule == Rule::Access) {
        reasons.push("Access: a request that must be refused was answered. Tell the vendor, and nobody else.".into());
    }
    let refused = ["could not check: status 401", "could not check: status 403"];
    if refused.iter().any(|it| tonight.skipped_by_reason.contains_key(*it)) {
        reasons.push("Unauthorised: the token or the brand was refused; renew it.".into());
    }
    let could_not =
        |night: &Report| night.verdict == Verdict::CouldNotCheck || night.exchanges.checked == 0;
    let nights = past.iter().chain([tonight]).rev().take_while(|it| could_not(it)).count();
    if nights >= 3 {
        reasons.push(format!("Could not check for {nights} nights in a row."));
    }
    reasons
}

fn in_words(found: &Finding) -> String {
    let status = found.status.map_or_else(String::new, |it| format!(" {it}"));
    let place =
        found.place.as_ref().map(Place::as_str).map_or_else(String::new, |it| format!(" `{it}`"));
    format!("{}{status}{place}", found.operation)
}

fn issue(found: &Finding, before: Option<&Finding>) -> Issue {
    let where_ = in_words(found);
    let quirk = found.quirk.as_ref().map_or("", QuirkId::as_str);
    let title = match found.rule {
        Rule::QuirkHealed => format!("Delete quirk {quirk}: {where_} keeps its promise"),
        Rule::QuirkMutated => format!("Update quirk {quirk}: {where_} changed its nature"),
        Rule::QuirkExpired => format!("Review quirk {quirk}"),
        Rule::QuirkResolved => format!("Delete quirk {quirk}: the reference now describes it"),
        Rule::UnexplainedDifference => format!("Narrow the model, or pin: {where_}"),
        Rule::Unmodelled => format!("Model {where_}"),
        Rule::UndocumentedField => format!("Pin and model the new member {where_}"),
        Rule::ShapeNew | Rule::ShapeGone => format!("Review the changed shape of {where_}"),
        rule => format!("Tell the vendor, or pin: {} at {where_}", rule.id()),
    };
    let listed = |it: &BTreeSet<String>| it.iter().cloned().collect::<Vec<_>>().join(", ");
    let changed = before.map_or_else(String::new, |before| {
        format!(
            "\n**Changed:** {} came before, {} tonight.\n",
            listed(&before.came),
            listed(&found.came)
        )
    });
    let body = format!(
        "{where_}\n\n{}.\n{changed}\n**What settles it:** {}.\n\nSeen {} times tonight, rule `{}`.\n\n<!-- paperwire:{} -->\n",
        found.message,
        found.settle,
        found.count,
        found.rule.id(),
        found.id
    );
    Issue { id: found.id.clone(), title, body }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(came: &str) -> Value {
        json!({
            "id": "0123456789ab", "rule": "type", "severity": "error", "operation": "GET /a", "status": 200,
            "place": "/m", "promised": "p", "promised_by": "documented", "came": [came], "count": 1, "exchanges": 1,
            "message": "m", "settle": "s",
        })
    }

    /// A night with findings at `/m`, which was seen or not.
    fn night(findings: Vec<Value>, seen: u64) -> Value {
        let place = json!({
            "operation": "GET /a", "status": 200, "place": "/m", "seen": seen, "null": 0, "missing": 0, "empty": 0,
            "types": {}, "formats": {}, "codes": {},
        });
        report("kept", 1, findings, vec![place])
    }

    fn outage() -> Value {
        report("could-not-check", 0, Vec::new(), Vec::new())
    }

    fn report(verdict: &str, checked: u64, findings: Vec<Value>, places: Vec<Value>) -> Value {
        json!({
            "format_version": 1,
            "run": { "tool": "paperwire", "contract": "0123456789ab", "fail_on": "error" },
            "verdict": verdict, "exit_code": 0,
            "exchanges": { "checked": checked, "skipped": 0, "out_of_scope": 0, "could_not_check": 0 },
            "findings": findings, "quirks": [], "places": places, "asked": [], "judged": [], "without_model": [],
            "skipped": [], "unreadable": [], "document_faults": [],
        })
    }

    /// An outage with a fault of the contract itself.
    fn standing() -> Value {
        let mut night = outage();
        let mut fault = finding("null");
        fault["rule"] = json!("unexplained-difference");
        night["findings"] = json!([fault]);
        night["verdict"] = json!("broken");
        night
    }

    /// What is opened, updated, closed and still open, and whether the night is red.
    fn check(nights: &[Value]) -> String {
        let texts: Vec<Text> = nights
            .iter()
            .enumerate()
            .map(|(it, night)| Text { name: it.to_string(), text: night.to_string() })
            .collect();
        let it = triage(&texts).unwrap();
        let counts = [it.open.len(), it.update.len(), it.close.len(), it.still_open.len()];
        format!("{counts:?}{}", if it.red { " red" } else { "" })
    }

    #[test]
    fn a_finding_is_opened_once_and_closed_where_its_place_was_seen_without_it() {
        let (bad, good, empty) =
            (night(vec![finding("null")], 1), night(vec![], 1), night(vec![], 0));
        let cases: &[(&str, &[&Value], &str)] = &[
            ("nothing", &[&good], "[0, 0, 0, 0]"),
            ("new", &[&good, &bad], "[1, 0, 0, 0] red"),
            ("the same two nights", &[&bad, &bad], "[0, 0, 0, 1]"),
            ("healed", &[&bad, &good], "[0, 0, 1, 0]"),
            ("an empty list closes nothing", &[&bad, &empty], "[0, 0, 0, 1]"),
            ("an outage closes nothing", &[&bad, &outage()], "[0, 0, 0, 1]"),
            ("back after it was closed", &[&bad, &good, &bad], "[1, 0, 0, 0] red"),
            ("still there after an outage", &[&bad, &outage(), &bad], "[0, 0, 0, 1]"),
            ("another form", &[&bad, &night(vec![finding("array")], 1)], "[0, 1, 0, 0] red"),
            ("fewer forms", &[&night(vec![finding("null")], 1), &bad], "[0, 0, 0, 1]"),
            (
                "a standing fault of the contract hides no outage",
                &[&standing(), &standing(), &standing()],
                "[0, 0, 0, 1] red",
            ),
            ("two outages", &[&outage(), &outage()], "[0, 0, 0, 0]"),
            ("three outages", &[&outage(), &outage(), &outage()], "[0, 0, 0, 0] red"),
            ("no night", &[], "[0, 0, 0, 0]"),
        ];
        for (what, nights, expected) in cases {
            let nights: Vec<Value> = nights.iter().map(|it| (*it).clone()).collect();
            assert_eq!(check(&nights), *expected, "{what}");
        }
    }

    #[test]
    fn nights_are_in_order_of_their_times() {
        let (bad, good) = (night(vec![finding("null")], 1), night(vec![], 1));
        let at = |night: &Value, at: &str| {
            let mut night = night.clone();
            night["run"]["at"] = json!(at);
            night
        };
        let (first, second) = ("2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z");
        for (what, nights, expected) in [
            ("as they came", [at(&bad, first), at(&good, second)], "[0, 0, 1, 0]"),
            ("the newest first", [at(&good, second), at(&bad, first)], "[0, 0, 1, 0]"),
            ("of one time", [at(&good, first), at(&bad, first)], "[1, 0, 0, 0] red"),
            ("one without", [good.clone(), at(&bad, first)], "[1, 0, 0, 0] red"),
            ("no time", [at(&good, "tonight"), at(&bad, first)], "[1, 0, 0, 0] red"),
        ] {
            assert_eq!(check(&nights), expected, "{what}");
        }
    }

    #[test]
    fn a_refused_token_makes_the_night_red() {
        let mut night = outage();
        night["skipped"] =
            json!([{ "source": "live", "entry": 0, "reason": "could not check: status 401" }]);
        assert_eq!(check(&[night]), "[0, 0, 0, 0] red");
    }
}

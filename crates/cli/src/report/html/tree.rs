//! The response as a tree, one row per place: documented, quirk, modelled, observed, and whether they agree.

use std::collections::{BTreeMap, HashMap};

use contract::{
    Finding, OperationId, Place, PlaceTally, QuirkReport, QuirkState, Report, Rule, Severity,
};
use maud::{Markup, html};

use super::{
    observed::{key, observed, presence},
    register::state_mark,
};
use crate::report::words::plural;

/// A place of a response.
type At<'r> = (&'r str, u16, &'r str);

/// With more rows than this, only the responses with errors or warnings are shown unfolded.
const MOST_UNFOLDED: usize = 400;
/// A browser lays out this many rows at a time, when they come into view.
const CHUNK: usize = 100;
/// How many findings a row names.
const MOST_NAMED: usize = 3;

/// What stands at each place of a report.
pub(super) struct Places<'r> {
    /// The numbers of the rows.
    rows: HashMap<At<'r>, usize>,
    findings: HashMap<At<'r>, Vec<&'r Finding>>,
    quirks: HashMap<At<'r>, Vec<&'r QuirkReport>>,
}

impl<'r> Places<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let rows = report.places.iter().enumerate();
        let mut places = Self {
            rows: rows.map(|(row, it)| (at(&it.operation, it.status, &it.place), row)).collect(),
            findings: HashMap::new(),
            quirks: HashMap::new(),
        };
        for finding in &report.findings {
            if let (Some(status), Some(place)) = (finding.status, &finding.place) {
                let here = places.findings.entry(at(&finding.operation, status, place));
                here.or_default().push(finding);
            }
        }
        for quirk in &report.quirks {
            let here = places.quirks.entry(at(&quirk.operation, quirk.status, &quirk.place));
            here.or_default().push(quirk);
        }
        places
    }

    /// The number of the row of a place, where there is one.
    pub(super) fn row(&self, operation: &OperationId, status: u16, place: &Place) -> Option<usize> {
        self.rows.get(&at(operation, status, place)).copied()
    }
}

fn at<'r>(operation: &'r OperationId, status: u16, place: &'r Place) -> At<'r> {
    (operation.as_str(), status, place.as_str())
}

/// How the four sides of a place stand to each other, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Error,
    Warning,
    Quirk,
    NotSeen,
    Undocumented,
    Agrees,
}

impl State {
    fn words(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Quirk => "known quirk",
            Self::NotSeen => "not seen",
            Self::Undocumented => "undocumented",
            Self::Agrees => "agrees",
        }
    }

    /// A sign of its own shape, so that no colour is needed.
    fn sign(self) -> &'static str {
        match self {
            Self::Error => "✗",
            Self::Warning => "!",
            Self::Quirk => "≈",
            Self::NotSeen => "○",
            Self::Undocumented => "?",
            Self::Agrees => "✓",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Quirk => "known",
            Self::NotSeen => "unseen",
            Self::Undocumented => "undocumented",
            Self::Agrees => "agrees",
        }
    }
}

/// One row.
struct Row<'r> {
    number: usize,
    tally: &'r PlaceTally,
    findings: &'r [&'r Finding],
    quirks: &'r [&'r QuirkReport],
}

/// What rows can be filtered by: the letter of each row's `data-is`, and the words of the choice.
const FILTERS: &[(char, &str)] = &[
    ('e', "errors"),
    ('w', "warnings"),
    ('q', "quirks"),
    ('u', "undocumented"),
    ('m', "not modelled"),
    ('n', "null or missing"),
    ('o', "not seen"),
];

impl Row<'_> {
    fn state(&self) -> State {
        let gravest = self.findings.iter().map(|it| it.severity).min();
        let confirmed = self.quirks.iter().any(|it| it.state == QuirkState::Confirmed);
        match gravest {
            Some(Severity::Error) => State::Error,
            Some(Severity::Warning) => State::Warning,
            _ if confirmed => State::Quirk,
            _ if self.tally.seen == 0 => State::NotSeen,
            _ if self.tally.documented.is_none() => State::Undocumented,
            _ => State::Agrees,
        }
    }

    fn filters(&self) -> String {
        let tally = self.tally;
        let is = |filter: char| match filter {
            'e' => self.findings.iter().any(|it| it.severity == Severity::Error),
            'w' => self.findings.iter().any(|it| it.severity == Severity::Warning),
            'q' => !self.quirks.is_empty(),
            'u' => tally.seen > 0 && tally.documented.is_none(),
            'm' => tally.documented.is_some() && tally.modelled.is_none(),
            'n' => tally.seen > 0 && (tally.null > 0 || tally.missing > 0),
            _ => tally.seen == 0,
        };
        FILTERS.iter().map(|it| it.0).filter(|it| is(*it)).collect()
    }
}

pub(super) fn section(report: &Report, places: &Places<'_>) -> Markup {
    if report.places.is_empty() {
        return html! {};
    }
    let mut responses: BTreeMap<(&OperationId, u16), Vec<Row<'_>>> = BTreeMap::new();
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    for (number, tally) in report.places.iter().enumerate() {
        let at = at(&tally.operation, tally.status, &tally.place);
        let row = Row {
            number,
            tally,
            findings: places.findings.get(&at).map_or(&[], Vec::as_slice),
            quirks: places.quirks.get(&at).map_or(&[], Vec::as_slice),
        };
        for filter in row.filters().chars() {
            *counts.entry(filter).or_default() += 1;
        }
        responses.entry((&tally.operation, tally.status)).or_default().push(row);
    }
    let unfold_all = report.places.len() <= MOST_UNFOLDED;
    let told = |rows: &[Row<'_>]| rows.iter().any(|it| it.state() <= State::Warning);
    html! {
        section aria-labelledby="places" {
            h2 id="places" tabindex="-1" { "Places" }
            search.tools hidden {
                fieldset {
                    legend { "Show" }
                    label { input type="radio" name="show" value="" checked; " all " span.faint { (report.places.len()) } }
                    @for (filter, words) in FILTERS {
                        @if let Some(count) = counts.get(filter) {
                            label { input type="radio" name="show" value=(filter); " " (words) " " span.faint { (count) } }
                        }
                    }
                }
                label.search { "Search " input type="search" id="place" name="place" placeholder="/place" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"; }
                output name="shown" for="place" {}
            }
            p.legend {
                @for state in [State::Agrees, State::Quirk, State::Error, State::Warning, State::Undocumented, State::NotSeen] {
                    span class=(state.class()) { span.sign aria-hidden="true" { (state.sign()) } " " (state.words()) } " "
                }
                span { (key("value")) " values" } " " span { (key("other")) " other types" } " " span { (key("null")) " null" } " " span { (key("missing")) " missing" }
            }
            @for ((operation, status), rows) in &responses {
                details.response open[unfold_all || told(rows)] {
                    summary { h3 { (operation) " " (status) } " " span.faint { (plural(rows.len() as u64, "place")) } }
                    (table(operation, *status, rows))
                }
            }
        }
    }
}

fn table(operation: &OperationId, status: u16, rows: &[Row<'_>]) -> Markup {
    html! {
        table.tree role="treegrid" aria-label={ "Places of " (operation) " " (status) } {
            thead { tr { th scope="col" { "place" } th scope="col" { "documented" } th scope="col" { "quirk" }
                th scope="col" { "modelled" } th scope="col" { "observed" } th scope="col" { "state" } } }
            @for chunk in rows.chunks(CHUNK) { tbody { @for it in chunk { (row(it)) } } }
        }
    }
}

fn row(row: &Row<'_>) -> Markup {
    let tally = row.tally;
    let state = row.state();
    let depth = tally.place.segments().count();
    let name = tally.place.split_last().map_or("(whole body)".into(), |it| it.1);
    html! {
        tr id={ "p" (row.number) } class=(state.class()) aria-level=(depth + 1) data-place=(tally.place.as_str()) data-is=(row.filters()) {
            th scope="row" class={ "d" (depth.min(12)) } { span.sign aria-hidden="true" { (state.sign()) } " " span { (name) } }
            td { @match &tally.documented {
                Some(words) if row.is_replaced() => s { (words) },
                Some(words) => (words),
                None => span.none { "not documented" },
            } }
            td { @for it in row.quirks { (quirk(it)) } }
            td { @match &tally.modelled {
                Some(words) => (words),
                None => span.none { "not modelled" },
            } }
            td { @if tally.seen > 0 || tally.missing > 0 { div.observed { (presence(tally)) " " span { (observed(tally)) } } } }
            td { span.state { (state.words()) } (named(row.findings)) }
        }
    }
}

impl Row<'_> {
    /// Whether the wire shows something else than what is documented.
    fn is_replaced(&self) -> bool {
        let replaces =
            |it: &&QuirkReport| it.returned.is_some() && it.state == QuirkState::Confirmed;
        self.quirks.iter().any(replaces)
    }
}

fn quirk(quirk: &QuirkReport) -> Markup {
    let words = match (&quirk.returned, &quirk.also) {
        (Some(words), _) => words.clone(),
        (None, Some(words)) => format!("or {words}"),
        (None, None) => String::new(),
    };
    html! { p { a href={ "#quirk-" (quirk.id) } title=(quirk.id) { (words) } " " (state_mark(quirk.state)) } }
}

/// Links to what was found; what a quirk's own column says is not said again.
fn named(findings: &[&Finding]) -> Markup {
    let told: Vec<_> = findings
        .iter()
        .filter(|it| !matches!(it.rule, Rule::QuirkConfirmed | Rule::QuirkUnconfirmed))
        .collect();
    html! {
        @for it in told.iter().take(MOST_NAMED) { " " a.finding href={ "#" (it.id) } { (it.rule.id()) } }
        @if told.len() > MOST_NAMED { " and " (told.len() - MOST_NAMED) " more" }
    }
}

//! The findings by rule. What is said alike is said once, with all the places that it is said of.

use std::collections::{HashMap, HashSet};

use contract::{Finding, Report, Rule, Severity};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::{sentence, tree::Places, whereabouts};
use crate::report::words::{self, plural};

/// How many places of a card, and how many cards of a rule, are shown unfolded.
const UNFOLDED: usize = 20;

/// The findings of a rule that are equally grave.
pub(super) struct OfRule<'r> {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    pub(super) cards: Vec<Card<'r>>,
}

/// Findings of which the same is said.
pub(super) struct Card<'r> {
    /// At least one.
    pub(super) findings: Vec<&'r Finding>,
}

impl Card<'_> {
    /// Where it is.
    pub(super) fn title(&self) -> Markup {
        let first = self.findings[0];
        match self.findings.len() as u64 {
            1 => whereabouts(&first.operation, first.status, first.place.as_ref()),
            count => html! {
                (whereabouts(&first.operation, first.status, None)) " " b { (plural(count, "place")) }
            },
        }
    }
}

/// The findings as the page tells them, in the report's order as far as folding leaves it: a rule and a card stand where
/// their first finding does.
pub(super) fn fold(report: &Report) -> Vec<OfRule<'_>> {
    let mut rules: Vec<OfRule<'_>> = Vec::new();
    let mut rule_at = HashMap::new();
    let mut card_at = HashMap::new();
    for finding in &report.findings {
        let of_rule = *rule_at.entry((finding.severity, finding.rule)).or_insert_with(|| {
            rules.push(OfRule {
                rule: finding.rule,
                severity: finding.severity,
                cards: Vec::new(),
            });
            rules.len() - 1
        });
        let cards = &mut rules[of_rule].cards;
        let said = (
            of_rule,
            &finding.operation,
            finding.status,
            &finding.message,
            &finding.settle,
            &finding.promised,
            finding.promised_by,
            &finding.came,
            &finding.quirk,
        );
        let card = *card_at.entry(said).or_insert_with(|| {
            cards.push(Card { findings: Vec::new() });
            cards.len() - 1
        });
        cards[card].findings.push(finding);
    }
    rules
}

pub(super) fn section(report: &Report, rules: &[OfRule<'_>], places: &Places<'_>) -> Markup {
    if report.findings.is_empty() {
        return html! {};
    }
    let (told, notes): (Vec<_>, Vec<_>) =
        rules.iter().partition(|it| it.severity <= Severity::Warning);
    let mut ids = HashSet::new();
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" tabindex="-1" { "Findings" }
            @for it in &told { (of_rule(it, places, &mut ids)) }
            @if !notes.is_empty() {
                details.notes open[told.is_empty()] {
                    summary { (plural(report.count(Severity::Note) as u64, "note")) ": known, and said so that nothing is hidden" }
                    @for it in &notes { (of_rule(it, places, &mut ids)) }
                }
            }
        }
    }
}

fn of_rule<'r>(it: &OfRule<'r>, places: &Places<'_>, ids: &mut HashSet<&'r str>) -> Markup {
    let count: usize = it.cards.iter().map(|it| it.findings.len()).sum();
    let (first, rest) = it.cards.split_at(it.cards.len().min(UNFOLDED));
    html! {
        section.rule {
            h3 { span class={ "severity " (it.severity.as_str()) } { (it.severity.as_str()) } " " (it.rule.id())
                @if count > 1 { " " span.faint { (count) } } }
            details.explain {
                summary { "What " code { (it.rule.id()) } " means and what settles it" }
                (PreEscaped(page(it.rule)))
            }
            @for it in first { (card(it, places, ids)) }
            @if !rest.is_empty() {
                details {
                    summary { (rest.len()) " more of this rule" }
                    @for it in rest { (card(it, places, ids)) }
                }
            }
        }
    }
}

fn card<'r>(card: &Card<'r>, places: &Places<'_>, ids: &mut HashSet<&'r str>) -> Markup {
    let finding = card.findings[0];
    let (first, rest) = card.findings.split_at(card.findings.len().min(UNFOLDED));
    html! {
        article.card {
            h4 { (card.title()) }
            p { (sentence(&finding.message)) }
            dl {
                @if !finding.promised.is_empty() {
                    div { dt { "promised" } dd { (finding.promised) " " span.faint { "(" (promised_by(card)) ")" } } }
                }
                @if finding.first.is_some() && says_what(finding.rule) {
                    div { dt { "came" } dd { (came(finding)) } }
                }
                div { dt { "settle" } dd { (sentence(&finding.settle)) } }
                @if let Some(quirk) = &finding.quirk {
                    div { dt { "quirk" } dd { a href={ "#quirk-" (quirk) } { (quirk) } } }
                }
            }
            ul { @for it in first { (sighting(it, places, ids)) } }
            @if !rest.is_empty() {
                details {
                    summary { (plural(rest.len() as u64, "more place")) }
                    ul { @for it in rest { (sighting(it, places, ids)) } }
                }
            }
        }
    }
}

/// A finding's place, id, and how often and where first it was seen.
fn sighting<'r>(finding: &'r Finding, places: &Places<'_>, ids: &mut HashSet<&'r str>) -> Markup {
    // An id is a link's target once.
    let id = ids.insert(&finding.id).then_some(&finding.id);
    let row =
        finding.place.as_ref().and_then(|it| places.row(&finding.operation, finding.status?, it));
    html! {
        li id=[id] tabindex=[id.map(|_| "-1")] {
            @match (&finding.place, row) {
                (Some(place), Some(row)) => a.place href={ "#p" (row) } { (place) },
                (Some(place), None) => span.place { (place) },
                (None, _) => span.place { (finding.operation) },
            }
            " " a.id href={ "#" (finding.id) } { (finding.id) }
            @if let Some(first) = &finding.first {
                @if let Some(often) = words::often(finding) { " " span.faint { (often) ", first " (words::sighting(first)) } }
            }
        }
    }
}

/// Who promised it, and the line that says so where it is the same for all.
fn promised_by(card: &Card<'_>) -> String {
    let first = card.findings[0];
    let by = if words::is_of_shape(first) { "accepted shape" } else { first.promised_by.as_str() };
    let is_shared = card.findings.iter().all(|it| it.promised_at == first.promised_at);
    match &first.promised_at {
        Some(at) if is_shared => format!("{by}: {}:{}", at.file, at.line),
        _ => by.to_owned(),
    }
}

fn came(finding: &Finding) -> String {
    let came: Vec<&str> = finding.came.iter().map(String::as_str).collect();
    if came.is_empty() { "nothing".to_owned() } else { came.join(", ") }
}

/// A rule's page as HTML: its title stands above already, and its headings are below a rule's.
fn page(rule: Rule) -> String {
    let mut in_title = false;
    let events = Parser::new(rule.page()).filter_map(|event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Start(Tag::Heading { .. }) => Some(Event::Html("<h4>".into())),
        Event::End(TagEnd::Heading(_)) => Some(Event::Html("</h4>\n".into())),
        event => Some(event),
    });
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events);
    out
}

/// Whether what came is a type, or the lack of a value.
fn says_what(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Null
            | Rule::Type
            | Rule::Required
            | Rule::Enum
            | Rule::Format
            | Rule::Bounds
            | Rule::UndocumentedField
            | Rule::QuirkMutated
            | Rule::QuirkHealed
            | Rule::QuirkConfirmed
    )
}

//! A report as one page that needs no network: the verdict and what to do, the response as a tree of places, the
//! findings, the register of quirks, and what was left out. Reads without JavaScript; with it, it filters and searches.

mod findings;
mod left_out;
mod observed;
mod register;
mod tree;

use base64::{Engine, prelude::BASE64_STANDARD};
use contract::{OperationId, Place, QuirkState, Report, Severity, Strength, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::report::words::{self, counts, plural, verdict};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// How many things to do are named at the top.
const MOST_STEPS: usize = 5;

/// The page of a report, with the strength meter's result where there is one. Equal input gives equal bytes.
pub(crate) fn html(report: &Report, strength: Option<&Strength>) -> String {
    let rules = findings::fold(report);
    let places = tree::Places::of(report);
    // Nothing is fetched, and only what stands here runs, whatever a text might smuggle in.
    let policy = format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash_of(STYLE),
        hash_of(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (verdict(report)) " · paperwire" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE.trim_end())) }
            }
            body {
                header {
                    p.tool { (report.run.tool) " · contract " code { (report.run.contract) }
                        @if let Some(at) = &report.run.at { " · asked " time datetime=(at) { (at) } } }
                    h1 class=(verdict_class(report)) { (verdict(report)) }
                    p.lead { (summary(report)) }
                }
                (contents(report, strength))
                main {
                    (next_steps(report, &rules))
                    (tree::section(report, &places))
                    (findings::section(report, &rules, &places))
                    (register::section(report, &places))
                    @if let Some(strength) = strength { (left_out::strength(strength)) }
                    (left_out::section(report))
                    (left_out::document_faults(report))
                }
                script { (PreEscaped(SCRIPT.trim_end())) }
            }
        }
    };
    // HTML has no place for control characters, not even escaped.
    let is_control = |it: char| it.is_control() && it != '\n';
    page.into_string().replace(is_control, "\u{fffd}")
}

/// The hash of an element's text, as a policy names it (CSP 3, section 2.3.1). Without white space at the end: checkers trim it.
fn hash_of(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.trim_end())))
}

fn verdict_class(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::CouldNotCheck => "unsure",
    }
}

/// What was checked and found, in a sentence.
fn summary(report: &Report) -> String {
    let known = report.quirks.iter().filter(|it| it.state == QuirkState::Confirmed).count();
    let known = if known == 0 {
        String::new()
    } else {
        format!(" {} seen again, as known.", plural(known as u64, "quirk"))
    };
    counts(report) + &known
}

fn contents(report: &Report, strength: Option<&Strength>) -> Markup {
    html! {
        nav aria-label="Sections" {
            @if !report.places.is_empty() { a href="#places" { "Places" } }
            @if !report.findings.is_empty() { a href="#findings" { "Findings" } }
            @if !report.quirks.is_empty() { a href="#quirks" { "Quirks" } }
            @if strength.is_some() { a href="#strength" { "Strength" } }
            a href="#left-out" { "Left out" }
            @if !report.document_faults.is_empty() { a href="#document" { "Document" } }
        }
    }
}

/// What to do, the gravest first.
fn next_steps(report: &Report, rules: &[findings::OfRule<'_>]) -> Markup {
    let line = if report.verdict == Verdict::Broken && report.count(Severity::Error) > 0 {
        Severity::Error
    } else {
        Severity::Warning
    };
    let cards: Vec<_> =
        rules.iter().filter(|it| it.severity <= line).flat_map(|it| &it.cards).collect();
    let unseen: usize =
        report.quirks.iter().filter(|it| it.confirmed > 0 && it.confirmed_on_wire == 0).count();
    html! {
        section.next aria-labelledby="next" {
            h2 id="next" { "What to do" }
            @if cards.is_empty() && report.unreadable.is_empty() && report.verdict == Verdict::Kept {
                p { "Nothing: what was seen is what is expected." }
            }
            @if report.verdict == Verdict::CouldNotCheck {
                p { "Nothing was judged, or nothing of an operation that was asked: see "
                    a href="#left-out" { "what was left out" } " and why."
                    @if let Some(told) = words::out_of_scope(report) { " " (with_code(&told)) "." } }
            }
            @if !cards.is_empty() { ol {
                @for card in cards.iter().take(MOST_STEPS) {
                    li {
                        a href={ "#" (card.findings[0].id) } { (card.title()) }
                        ": " (with_code(&card.findings[0].message)) "."
                        p.settle { (sentence(&card.findings[0].settle)) }
                    }
                }
            } }
            @if cards.len() > MOST_STEPS {
                p { "And " a href="#findings" { (cards.len() - MOST_STEPS) " more" } "." }
            }
            @if !report.unreadable.is_empty() {
                p { a href="#left-out" { (plural(report.unreadable_by_source.len() as u64, "source")) " could not be read" } "." }
            }
            @if !report.document_faults.is_empty() {
                p { a href="#document" { (plural(report.document_faults.len() as u64, "fault")) " of the document" }
                    ": what is around them was used." }
            }
            @if unseen > 0 {
                p.faint { "Not yet seen on the wire: " (plural(unseen as u64, "known quirk")) ", shown by examples or a stand-in alone." }
            }
        }
    }
}

/// A sentence of ours, in which backticks mark code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// As [`with_code`], as a sentence of its own.
fn sentence(text: &str) -> Markup {
    let first = text.chars().next().map(|it| it.to_ascii_uppercase());
    let text: String = first.into_iter().chain(text.chars().skip(1)).collect();
    html! { (with_code(&text)) "." }
}

/// `GET /rooms/{id} 200 /name`, each part where there is one.
fn whereabouts(operation: &OperationId, status: Option<u16>, place: Option<&Place>) -> Markup {
    html! {
        (operation)
        @if let Some(status) = status { " " (status) }
        @if let Some(place) = place { " " b { (place) } }
    }
}

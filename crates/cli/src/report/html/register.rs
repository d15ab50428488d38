//! The register of quirks: what is declared, what comes instead, why that is believed, since when and until when.

use std::collections::BTreeMap;

use contract::{Evidence, QuirkId, QuirkReport, QuirkState, Report};
use maud::{Markup, html};

use super::{sentence, tree::Places, whereabouts};
use crate::report::words::quirk_counts;

pub(super) fn section(report: &Report, places: &Places<'_>) -> Markup {
    if report.quirks.is_empty() {
        return html! {};
    }
    let mut by_id: BTreeMap<&QuirkId, Vec<&QuirkReport>> = BTreeMap::new();
    for quirk in &report.quirks {
        by_id.entry(&quirk.id).or_default().push(quirk);
    }
    let mut quirks: Vec<_> = by_id.into_iter().collect();
    quirks.sort_by_key(|it| it.1.iter().map(|it| it.state).min());
    html! {
        section aria-labelledby="quirks" {
            h2 id="quirks" tabindex="-1" { "Register of quirks" }
            p.faint { "Places where the wire is known to differ from what is documented. Each is checked on every value: it is confirmed, healed or mutated." }
            @for (id, at) in &quirks { (quirk(id, at, places)) }
        }
    }
}

fn quirk(id: &QuirkId, at: &[&QuirkReport], places: &Places<'_>) -> Markup {
    let it = at[0];
    html! {
        article.card.quirk id={ "quirk-" (id) } tabindex="-1" {
            h3 { (id) " "
                @if let Some(state) = at.iter().map(|it| it.state).min() { (state_mark(state)) }
                @if it.expired { " " span.mark.expired { "expired" } } }
            p { (sentence(&it.summary)) }
            dl {
                div { dt { "declared" } dd { (it.declared) } }
                @if let Some(described) = &it.described { div { dt { "described" } dd { (described) } } }
                @if let Some(returned) = &it.returned { div { dt { "comes instead" } dd { (returned) } } }
                @if let Some(also) = &it.also { div { dt { "comes as well" } dd { (also) } } }
                div { dt { "reason" } dd { (it.reason) } }
                div { dt { "known since" } dd { (date(it.known_since)) } }
                div { dt { "review by" } dd {
                    @match it.review_by {
                        Some(day) => { (date(day)) @if it.expired { ", which is past" } },
                        None => { "never: permanent" },
                    }
                } }
                @if let Some(ticket) = &it.ticket { div { dt { "ticket" } dd { (link(ticket, ticket)) } } }
                div { dt { "file" } dd { code { (it.file) } } }
            }
            h4 { "Evidence" }
            @if it.evidence.is_empty() { p.faint { "None is written down." } }
            ul { @for it in &it.evidence { li { (evidence(it)) } } }
            h4 { "Seen" }
            ul {
                @for it in at {
                    li {
                        @match places.row(&it.operation, it.status, &it.place) {
                            Some(row) => a.place href={ "#p" (row) } { (whereabouts(&it.operation, Some(it.status), Some(&it.place))) },
                            None => span.place { (whereabouts(&it.operation, Some(it.status), Some(&it.place))) },
                        }
                        " " (state_mark(it.state)) " " span.faint { (quirk_counts(it)) }
                    }
                }
            }
        }
    }
}

/// A quirk's state, as a word with its own sign.
pub(super) fn state_mark(state: QuirkState) -> Markup {
    html! { span class={ "mark " (state.as_str()) } { (state.as_str()) } }
}

/// A day; a browser adds how far away it is.
fn date(day: impl std::fmt::Display) -> Markup {
    html! { time.day datetime=(day) { (day) } }
}

fn evidence(evidence: &Evidence) -> Markup {
    html! {
        span.mark { (evidence.kind.as_str()) } " " (evidence.note)
        @if let Some(url) = &evidence.url { " " (link(url, url)) }
    }
}

/// A link where the address is one of the web; other schemes may run code.
fn link(address: &str, text: &str) -> Markup {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    html! {
        @if is_web { a href=(address) rel="noreferrer" { (text) } } @else { (text) }
    }
}

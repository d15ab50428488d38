//! What the verdict does not cover: faults that nothing would notice, exchanges left alone, sources that could not be read.

use std::collections::BTreeMap;

use contract::{DocumentFault, Planted, Report, Skipped, Strength};
use maud::{Markup, html};

use super::{observed::bar, with_code};
use crate::{
    report::words::{self, plural},
    strength::{by_reason, left_out, percent, response},
};

/// How many rows are shown unfolded.
const UNFOLDED: usize = 10;

/// What planted faults showed.
pub(super) fn strength(strength: &Strength) -> Markup {
    let Planted { planted, noticed } = strength.faults;
    html! {
        section aria-labelledby="strength" {
            h2 id="strength" tabindex="-1" { "Strength" }
            p.faint { "Faults were planted in recorded responses, one at a time. What no assertion noticed could change without a word." }
            p { (noticed) " of " (planted) " planted faults noticed ("
                (percent(strength.faults)) "), in " (plural(strength.responses, "response")) "."
                @for it in left_out(strength) { " " (with_code(&it)) "." }
            }
            table.plain {
                thead { tr { th scope="col" { "fault" } th scope="col" { "noticed" } th scope="col" { "share" } } }
                tbody {
                    @for (operator, Planted { planted, noticed }) in &strength.operators {
                        tr { th scope="row" { (operator.as_str()) } td.number { (noticed) " of " (planted) }
                            td { (bar(&[("value", *noticed)], *planted)) } }
                    }
                }
            }
            @if !strength.survivors.is_empty() {
                table.plain {
                    thead { tr { th scope="col" { "why unnoticed" } th scope="col" { "times" } } }
                    tbody {
                        @for (reason, count) in by_reason(strength) {
                            tr { th scope="row" { (reason) } td.number { (count) } }
                        }
                    }
                }
            }
            @for of_response in strength.survivors.chunk_by(|a, b| response(a) == response(b)) {
                details open[strength.survivors.len() <= UNFOLDED] {
                    summary { "Unnoticed in " code { (of_response[0].operation.as_str()) " " (of_response[0].status) } ", by place" }
                    table.plain {
                        thead { tr { th scope="col" { "place" } th scope="col" { "fault" } th scope="col" { "times" } th scope="col" { "why" } } }
                        tbody {
                            @for it in of_response {
                                tr { th.place scope="row" { (it.place) } td.word { (it.operator.as_str()) } td.number { (it.count) } td { (with_code(&it.reason)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is wrong with the vendor's document, file by file.
pub(super) fn document_faults(report: &Report) -> Markup {
    let mut by_file: BTreeMap<&str, Vec<&DocumentFault>> = BTreeMap::new();
    for fault in &report.document_faults {
        by_file.entry(&fault.file).or_default().push(fault);
    }
    html! {
        @if !by_file.is_empty() {
            section aria-labelledby="document" {
                h2 id="document" tabindex="-1" { "Faults of the document" }
                p.faint { "What is wrong with the vendor's document, and how it was read." }
                @for (file, faults) in by_file {
                    details open[faults.len() <= UNFOLDED] {
                        summary { (plural(faults.len() as u64, "fault")) " in " span.place { (file) } }
                        ul { @for it in faults { li { span.place { "#" (it.pointer) } @if let Some(line) = it.line { ", line " (line.get()) } ": " (with_code(&it.message)) } } }
                    }
                }
            }
        }
    }
}

pub(super) fn section(report: &Report) -> Markup {
    let counts = words::left_out(report);
    let nothing =
        counts.is_empty() && report.unreadable.is_empty() && report.without_model.is_empty();
    let mut by_reason: BTreeMap<&str, Vec<&Skipped>> = BTreeMap::new();
    for skipped in &report.skipped {
        by_reason.entry(&skipped.reason).or_default().push(skipped);
    }
    html! {
        section aria-labelledby="left-out" {
            h2 id="left-out" tabindex="-1" { "Left out" }
            @if nothing { p { "Nothing: every exchange was judged." } }
            @if !report.unreadable.is_empty() {
                h3 { "Could not be read" }
                ul {
                    @for it in &report.unreadable {
                        li { span.place { (it.source) }
                            @if let Some(entry) = it.entry { ", entry " (entry) }
                            @if let Some(byte) = it.byte { ", byte " (byte) }
                            ": " (it.reason) }
                    }
                    @if report.more_unreadable() > 0 { li { "and " (report.more_unreadable()) " more" } }
                }
            }
            ul { @for it in &counts { li { (it) } } }
            @if let Some(told) = words::foreign_hosts(report) { p { (with_code(&told)) "." } }
            @for (reason, count) in &report.skipped_by_reason {
                @let skipped = by_reason.get(reason.as_str()).map_or(&[][..], Vec::as_slice);
                @let more = count.saturating_sub(skipped.len() as u64);
                details open[skipped.len() <= UNFOLDED] {
                    summary { (plural(*count, "exchange")) ": " (reason) }
                    ul {
                        @for it in skipped { li { span.place { (it.source) } ", entry " (it.entry) } }
                        @if more > 0 { li { "and " (more) " more" } }
                    }
                }
            }
            @for operation in &report.without_model {
                p { code { (operation) } " has no model; documented + quirks judged it." }
            }
        }
    }
}

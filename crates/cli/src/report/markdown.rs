//! Markdown for a merge request or a step's summary: the verdict and a table, the rest folded.

use std::{collections::BTreeMap, fmt::Write};

use contract::{Finding, Report, Rule};

use crate::report::words::{
    counts, foreign_hosts, left_out, often, plural, printable, quirk_counts, sighting, subject,
    verdict,
};

/// How many findings have a row, and their own words folded below it.
const MOST_TOLD: usize = 25;
/// The longest report, in bytes: a comment on GitHub holds 65,536 characters.
const LONGEST: usize = 60_000;

/// The report as GitHub-flavoured Markdown.
pub(super) fn markdown(report: &Report) -> String {
    let mut out = format!("## {}\n\n{}\n", verdict(report), counts(report));
    let left_out = left_out(report);
    if !left_out.is_empty() {
        let _ = writeln!(out, "\n{}.", left_out.join(", "));
    }
    if let Some(told) = foreign_hosts(report) {
        let _ = writeln!(out, "\n{told}.");
    }
    let found: Vec<&Finding> = report.findings.iter().filter(|it| is_news(it)).collect();
    out += &table(&found);
    let sections = found.iter().take(MOST_TOLD).map(|it| details(it));
    let sections = sections.chain([quirks(report), not_checked(report), document_faults(report)]);
    let mut folded = 0;
    for section in sections {
        if out.len() + section.len() > LONGEST {
            folded += 1;
        } else {
            out += &section;
        }
    }
    if folded > 0 {
        let _ = writeln!(out, "\n{} left out for length.", plural(folded as u64, "section"));
    }
    let _ = writeln!(
        out,
        "\n<sub>{}, contract {}</sub>",
        plain(&report.run.tool),
        plain(&report.run.contract)
    );
    out
}

fn is_news(finding: &Finding) -> bool {
    !matches!(finding.rule, Rule::QuirkConfirmed | Rule::QuirkUnconfirmed)
}

fn table(found: &[&Finding]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n| | rule | where | what |\n|---|---|---|---|\n");
    for finding in found.iter().take(MOST_TOLD) {
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} |",
            finding.severity.as_str(),
            finding.rule.id(),
            cell(&code(&subject(finding))),
            cell(&prose(&shortened(&finding.message, 300)))
        );
    }
    if found.len() > MOST_TOLD {
        let mut by_rule: BTreeMap<(_, Rule), u64> = BTreeMap::new();
        for finding in &found[MOST_TOLD..] {
            *by_rule.entry((finding.severity, finding.rule)).or_default() += 1;
        }
        let rules: Vec<String> =
            by_rule.iter().map(|((_, rule), count)| format!("`{}` {count}", rule.id())).collect();
        let more = plural((found.len() - MOST_TOLD) as u64, "more finding");
        let _ = writeln!(out, "\nAnd {more}: {}.", rules.join(", "));
    }
    out
}

fn details(finding: &Finding) -> String {
    let mut out = format!(
        "\n<details><summary>{} <code>{}</code> {}</summary>\n\n",
        finding.severity.as_str(),
        finding.rule.id(),
        html(&subject(finding))
    );
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "- **{name}:** {text}");
    };
    row("means", prose(&finding.message));
    if let (Some(first), Some(often)) = (&finding.first, often(finding)) {
        row("seen", format!("{often}, first in {}", code(&sighting(first))));
    }
    if let Some(at) = &finding.promised_at {
        row("promised in", code(&format!("{}:{}", at.file, at.line)));
    }
    row("settle", prose(&finding.settle));
    row("id", code(&finding.id));
    out += "\n</details>\n";
    out
}

fn quirks(report: &Report) -> String {
    if report.quirks.is_empty() {
        return String::new();
    }
    let count = plural(report.quirks.len() as u64, "place");
    let mut out = format!(
        "\n<details><summary>Known quirks ({count})</summary>\n\n| state | quirk | what | seen |\n|---|---|---|---|\n"
    );
    for it in &report.quirks {
        let seen = quirk_counts(it);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {seen} |",
            it.state.as_str(),
            cell(&code(it.id.as_str())),
            cell(&prose(&it.summary))
        );
    }
    out += "\n</details>\n";
    out
}

fn not_checked(report: &Report) -> String {
    let unjudged =
        report.unjudged().map(|it| (it.to_string(), "asked, and no answer could be judged"));
    let unreadable = report.unreadable.iter().map(|it| (it.source.clone(), it.reason.as_str()));
    let skipped = report.skipped.iter();
    let skipped =
        skipped.map(|it| (format!("{}, entry {}", it.source, it.entry), it.reason.as_str()));
    let unnamed = report.more_unreadable().saturating_add(report.more_skipped());
    folded("Not checked", unjudged.chain(unreadable).chain(skipped).collect(), unnamed)
}

fn document_faults(report: &Report) -> String {
    let faults = report.document_faults.iter().map(|it| (it.place(), it.message.as_str()));
    folded("Faults of the document", faults.collect(), 0)
}

/// What there is, each with why, under a title, and how much more that has no name; nothing where there is nothing.
fn folded(title: &str, all: Vec<(String, &str)>, unnamed: u64) -> String {
    if all.is_empty() {
        return String::new();
    }
    let count = unnamed.saturating_add(all.len() as u64);
    let mut out = format!("\n<details><summary>{title} ({count})</summary>\n\n");
    for (what, why) in all.iter().take(MOST_TOLD) {
        let _ = writeln!(out, "- {}: {}", code(what), prose(why));
    }
    if let Some(more @ 1..) = count.checked_sub(all.len().min(MOST_TOLD) as u64) {
        let _ = writeln!(out, "- and {more} more");
    }
    out += "\n</details>\n";
    out
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        // A code span that is cut would swallow what follows.
        Some((at, _)) => format!("{}…", text[..at].replace('`', "'")),
        None => text.to_owned(),
    }
}

/// What stands in a table, where a bar ends a cell, in a code span too.
fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// A code span, whatever it holds.
fn code(text: &str) -> String {
    format!("`{}`", printable(text).replace('`', "'"))
}

/// A sentence of ours, whose backticks are code spans, and in which everything else stands for itself.
fn prose(text: &str) -> String {
    let spans: Vec<&str> = text.split('`').collect();
    if spans.len().is_multiple_of(2) {
        return plain(&text.replace('`', "'"));
    }
    let each = spans.iter().enumerate().map(|(index, span)| match index % 2 {
        0 => plain(span),
        _ => code(span),
    });
    each.collect()
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in html(text).chars() {
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '~' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn html(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let told = prose("`a|b` <b> *x* 1|2");
        assert_eq!(told, "`a|b` &lt;b&gt; \\*x\\* 1|2");
        assert_eq!(cell(&told), "`a\\|b` &lt;b&gt; \\*x\\* 1\\|2");
        assert_eq!(prose("an odd ` one"), "an odd ' one");
        assert_eq!(code("a`b\nc"), "`a'b c`");
        assert_eq!(shortened("`long`", 3), "'lo…");
    }
}

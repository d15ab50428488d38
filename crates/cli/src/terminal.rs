//! A report for the terminal: the verdict first, then findings by operation, then the quirks, then what was left out.

use std::{collections::BTreeMap, fmt::Write, fs};

use anstyle::{AnsiColor, Style};
use contract::{
    Finding, OperationId, QuirkReport, QuirkState, Report, Rule, Severity, Sighting, Verdict,
};

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// How many findings are told in full; the canonical report has all.
const MOST_FINDINGS: usize = 50;
/// How many faults of the document are named; `--strict-documents` lists all.
const MOST_FAULTS: usize = 10;
/// How many skipped exchanges are named.
const MOST_SKIPPED: usize = 5;

/// The whole report, coloured; printing strips the colours where they are not wanted.
pub(crate) fn report(report: &Report, command: &str) -> String {
    let mut out = headline(report);
    out += &findings(report);
    out += &quirks(report);
    out += &left_out(report);
    out += &document_faults(report);
    out += &unreadable(report);
    out += &next_step(report, command);
    out
}

fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

/// `1 error`, `2 errors`.
fn plural(count: impl Into<u64>, word: &str) -> String {
    match count.into() {
        1 => format!("1 {word}"),
        count if word.ends_with('y') => format!("{count} {}ies", &word[..word.len() - 1]),
        count => format!("{count} {word}s"),
    }
}

fn headline(report: &Report) -> String {
    let verdict = match report.verdict {
        Verdict::Kept => paint(GOOD, "Contract kept."),
        Verdict::Broken => paint(ERROR, "Contract broken."),
        Verdict::CouldNotCheck => paint(WARNING, "Could not check."),
    };
    let counts =
        [Severity::Error, Severity::Warning].map(|it| plural(report.count(it) as u64, it.as_str()));
    format!(
        "{verdict} {} checked: {}.\n",
        plural(report.exchanges.checked, "exchange"),
        counts.join(", ")
    )
}

fn findings(report: &Report) -> String {
    let mut by_operation: BTreeMap<&OperationId, Vec<&Finding>> = BTreeMap::new();
    let told = |it: &&Finding| !matches!(it.rule, Rule::QuirkConfirmed | Rule::QuirkUnconfirmed);
    let all: Vec<&Finding> = report.findings.iter().filter(told).collect();
    for finding in all.iter().take(MOST_FINDINGS) {
        by_operation.entry(&finding.operation).or_default().push(finding);
    }
    let mut out = String::new();
    for (operation, findings) in by_operation {
        let _ = writeln!(out, "\n{}", paint(STRONG, operation));
        for finding in findings {
            out += &one(finding);
        }
    }
    if all.len() > MOST_FINDINGS {
        let more = plural((all.len() - MOST_FINDINGS) as u64, "more finding");
        let _ = writeln!(out, "\n{more}; --report json=PATH has all");
    }
    out
}

fn one(finding: &Finding) -> String {
    let style = match finding.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    };
    let rule = paint(style, format!("{}[{}]", finding.severity.as_str(), finding.rule.id()));
    let status = finding.status.map_or_else(String::new, |it| format!(" {it}"));
    let place = finding.place.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let mut out =
        format!("\n  {rule}{status}{} {}\n", paint(STRONG, place), paint(FAINT, &finding.id));
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "    {} {text}", paint(FAINT, format!("{name:<8}")));
    };
    if says_more(finding.rule) {
        row("means", &finding.message);
    } else {
        row("promised", &format!("{} ({})", finding.promised, finding.promised_by.as_str()));
    }
    if let Some(first) = &finding.first {
        let came: Vec<&str> = finding.came.iter().map(String::as_str).collect();
        let came = if came.is_empty() { "nothing".to_owned() } else { came.join(", ") };
        let came = if says_what(finding.rule) { format!("{came}, ") } else { String::new() };
        let often = format!(
            "{} in {}",
            plural(finding.count, "time"),
            plural(finding.exchanges, "exchange")
        );
        row("came", &format!("{came}{often}"));
        row("first", &sighting(first));
    }
    row("settle", &finding.settle);
    out
}

/// Whether the finding's sentence says more than its columns.
fn says_more(rule: Rule) -> bool {
    !says_what(rule) || matches!(rule, Rule::QuirkMutated | Rule::QuirkHealed)
}

/// Whether what came is a type, or the lack of a value.
fn says_what(rule: Rule) -> bool {
    match rule {
        Rule::Null
        | Rule::Type
        | Rule::Required
        | Rule::Enum
        | Rule::Format
        | Rule::Bounds
        | Rule::UndocumentedField
        | Rule::QuirkMutated
        | Rule::QuirkHealed
        | Rule::QuirkConfirmed => true,
        Rule::Access
        | Rule::BodyNotJson
        | Rule::BodyMissing
        | Rule::ContentType
        | Rule::DuplicateMember
        | Rule::UndocumentedStatus
        | Rule::QuirkResolved
        | Rule::UnexplainedDifference
        | Rule::UndocumentedOperation
        | Rule::BodyUnexpected
        | Rule::Unmodelled
        | Rule::ShapeNew
        | Rule::ShapeGone
        | Rule::QuirkExpired
        | Rule::QuirkUnconfirmed => false,
    }
}

fn sighting(first: &Sighting) -> String {
    let line = first.byte.and_then(|it| line_of(&first.source, it));
    let line = line.map_or_else(String::new, |it| format!(":{it}"));
    let pointer =
        if first.pointer.is_empty() { String::new() } else { format!(", {}", first.pointer) };
    format!("{}{line}, entry {}{pointer}", first.source, first.entry)
}

/// The line of a file, counted from one, in which a byte stands.
fn line_of(path: &str, byte: usize) -> Option<usize> {
    let content = fs::read(path).ok()?;
    let before = content.get(..byte)?;
    Some(before.iter().filter(|it| **it == b'\n').count() + 1)
}

fn quirks(report: &Report) -> String {
    if report.quirks.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(STRONG, "Known quirks"));
    let mut quirks: Vec<&QuirkReport> = report.quirks.iter().collect();
    quirks.sort_by_key(|it| it.state);
    for quirk in quirks {
        out += &quirk_line(quirk);
        // What was not seen needs no more words here; `quirks` has them.
        if !matches!(quirk.state, QuirkState::Unconfirmed | QuirkState::NotExercised) {
            let _ = writeln!(out, "                {}", quirk.summary);
        }
    }
    out
}

/// A quirk's state, name and counts in one line.
pub(crate) fn quirk_line(quirk: &QuirkReport) -> String {
    let style = match quirk.state {
        QuirkState::Mutated | QuirkState::PartlyHealed | QuirkState::Healed => ERROR,
        QuirkState::Confirmed => GOOD,
        QuirkState::Unconfirmed => NOTE,
        QuirkState::NotExercised => FAINT,
    };
    let mut counts = Vec::new();
    for (count, word) in
        [(quirk.mutated, "mutated"), (quirk.healed, "healed"), (quirk.confirmed, "confirmed")]
    {
        if count > 0 {
            counts.push(format!("{count} {word}"));
        }
    }
    match quirk.state {
        QuirkState::Unconfirmed => {
            counts.push(format!("{} seen, none shows it", plural(quirk.neutral, "value")))
        }
        QuirkState::NotExercised => counts.push("no value seen".into()),
        _ if quirk.confirmed_on_wire == 0 => counts.push("not yet seen on the wire".into()),
        _ => counts.push(format!("{} of them on the wire", quirk.confirmed_on_wire)),
    }
    if quirk.expired {
        counts.push("expired".into());
    }
    let state = paint(style, format!("{:<13}", quirk.state.as_str()));
    format!("  {state} {} {}\n", quirk.id, paint(FAINT, format!("({})", counts.join(", "))))
}

fn left_out(report: &Report) -> String {
    let counts = &report.exchanges;
    let mut out = String::new();
    let rows = [
        (counts.skipped, "left alone"),
        (counts.out_of_scope, "out of scope"),
        (counts.could_not_check, "could not be checked"),
    ];
    let words: Vec<String> = rows
        .iter()
        .filter(|it| it.0 > 0)
        .map(|(count, words)| format!("{} {words}", plural(*count, "exchange")))
        .collect();
    if !words.is_empty() {
        let _ = writeln!(out, "\n{}", words.join(", "));
    }
    for skipped in report.skipped.iter().take(MOST_SKIPPED) {
        let _ = writeln!(out, "  {}, entry {}: {}", skipped.source, skipped.entry, skipped.reason);
    }
    if report.skipped.len() > MOST_SKIPPED {
        let _ = writeln!(out, "  and {} more", report.skipped.len() - MOST_SKIPPED);
    }
    for operation in &report.without_model {
        let _ = writeln!(out, "\n{operation} has no model; documented + quirks judged it");
    }
    out
}

/// What is wrong with the vendor's document.
fn document_faults(report: &Report) -> String {
    let faults = &report.document_faults;
    if faults.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(STRONG, "Faults of the document"));
    for fault in faults.iter().take(MOST_FAULTS) {
        let place = paint(FAINT, format!("{}#{}", fault.file, fault.pointer));
        let _ = writeln!(out, "  {place}\n    {}", fault.message);
    }
    if faults.len() > MOST_FAULTS {
        let more = faults.len() - MOST_FAULTS;
        let _ = writeln!(out, "  and {more} more; --strict-documents lists all");
    }
    out
}

/// What could not be read, each with what settles it.
pub(crate) fn unreadable(report: &Report) -> String {
    let mut out = String::new();
    for it in &report.unreadable {
        let entry = it.entry.map_or_else(String::new, |it| format!(", entry {it}"));
        let byte = it.byte.map_or_else(String::new, |it| format!(", byte {it}"));
        let _ = write!(
            out,
            "\n{} {}{entry}{byte}: {}",
            paint(ERROR, "could not be read:"),
            it.source,
            it.reason
        );
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn next_step(report: &Report, command: &str) -> String {
    let counts = &report.exchanges;
    if counts.checked == 0 && counts.out_of_scope > 0 {
        return "\nIf the exchanges out of scope are of another host than the documented one, name it: --base-url URL\n"
            .into();
    }
    match report.findings.iter().find(|it| it.severity == Severity::Error) {
        Some(finding) => format!("\nMore about a rule: {command} explain {}\n", finding.rule.id()),
        None => String::new(),
    }
}

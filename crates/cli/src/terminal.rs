//! A report for the terminal: the verdict first, then findings by operation, then the quirks, then what was left out.

mod excerpt;
mod snippet;

use std::{collections::BTreeMap, fmt::Write, io::Write as _};

use anstyle::{AnsiColor, Style};
use contract::{Finding, OperationId, QuirkReport, QuirkState, Report, Rule, Severity, Verdict};

use crate::{
    report::words::{self, printable},
    terminal::excerpt::Files,
};

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The bars and arrows around excerpts.
const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// How many findings are told in full; the canonical report has all.
const MOST_TOLD: usize = 20;
/// How many more have a line.
const MOST_NAMED: usize = 50;
/// How many kinds of faults of the document are named; `--strict-documents` lists all.
const MOST_FAULTS: usize = 5;
/// How many quirks are named, but for those that changed.
const MOST_QUIRKS: usize = 30;
/// Up to how many operations without a model are named.
const MOST_UNMODELLED: usize = 3;
/// How many skipped exchanges are named, and operations of which none could be judged.
const MOST_SKIPPED: usize = 5;
/// How wide the lines are where nobody says.
const WIDTH: usize = 100;

/// How a report is looked at.
#[derive(Debug)]
pub(crate) struct View {
    /// How people call the commands.
    command: &'static str,
    /// Whether everything is told in full.
    unfolded: bool,
    /// How many characters a line holds.
    width: usize,
}

impl View {
    /// The view of this process' standard output.
    pub(crate) fn of(unfolded: bool, command: &'static str) -> Self {
        let width =
            terminal_size::terminal_size_of(std::io::stdout()).map(|it| usize::from(it.0.0));
        Self { command, unfolded, width: width.unwrap_or(WIDTH).max(40) }
    }
}

/// The whole report, coloured; printing strips the colours where they are not wanted.
pub(crate) fn report(report: &Report, view: &View) -> String {
    let mut out = headline(report);
    out += &findings(report, view);
    out += &quirks(report, view);
    out += &left_out(report, view);
    out += &document_faults(report, view);
    let most = if view.unfolded { usize::MAX } else { words::MOST_UNREADABLE };
    out += &unreadable(&words::unreadable(&report.unreadable, report.more_unreadable(), most));
    out += &next_step(report, view);
    out
}

/// Says on standard error that something went wrong.
pub(crate) fn complain(error: &str) {
    mutter(&format!("{} {error}", paint(ERROR, "error:")));
}

/// Says on standard error what was done otherwise than it may have been meant.
pub(crate) fn warn(what: &str) {
    mutter(&format!("{} {what}", paint(WARNING, "warning:")));
}

/// Writes a line to standard error. Where it cannot be written, there is nobody to tell that to, and no reason to stop.
pub(crate) fn mutter(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", legible(line));
}

/// A text without what does more to a terminal than to end lines and to colour them.
pub(crate) fn legible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|it: char| it.is_control() && it != '\n') {
        let (before, control) = rest.split_at(at);
        out += before;
        let is_parameter = |it: char| it.is_ascii_digit() || it == ';';
        let colour = control.strip_prefix("\u{1b}[").map(|it| it.trim_start_matches(is_parameter));
        if let Some(after) = colour.and_then(|it| it.strip_prefix('m')) {
            out += &control[..control.len() - after.len()];
            rest = after;
        } else {
            out.push(' ');
            rest = control.split_at(control.chars().next().map_or(0, char::len_utf8)).1;
        }
    }
    out + rest
}

fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

fn headline(report: &Report) -> String {
    let style = match report.verdict {
        Verdict::Kept => GOOD,
        Verdict::Broken => ERROR,
        Verdict::CouldNotCheck => WARNING,
    };
    let verdict = format!("{}.", words::verdict(report));
    format!("{} {}\n", paint(style, verdict), words::counts(report))
}

fn findings(report: &Report, view: &View) -> String {
    // What is known is told by the register below.
    let is_news = |it: &&Finding| {
        view.unfolded || !matches!(it.rule, Rule::QuirkConfirmed | Rule::QuirkUnconfirmed)
    };
    let all: Vec<&Finding> = report.findings.iter().filter(is_news).collect();
    let told = if view.unfolded { all.len() } else { all.len().min(MOST_TOLD) };
    let named = (all.len() - told).min(MOST_NAMED);
    let (in_full, folded) = all.split_at(told);
    let files = Files::of(in_full.iter().copied());
    let mut by_operation: BTreeMap<&OperationId, String> = BTreeMap::new();
    for finding in in_full {
        *by_operation.entry(&finding.operation).or_default() += &one(finding, &files, view);
    }
    let mut out = String::new();
    for (operation, findings) in by_operation {
        let _ = writeln!(out, "\n{}\n{findings}", paint(STRONG, operation));
        // Each ends in a blank line.
        out.pop();
    }
    if named > 0 {
        out.push('\n');
    }
    for finding in &folded[..named] {
        let _ = writeln!(out, "{} {}", title(finding), paint(FAINT, &finding.operation));
    }
    if !folded.is_empty() {
        let more = match folded.len() - named {
            0 => String::new(),
            more => format!("and {}; ", words::plural(more as u64, "more finding")),
        };
        let _ = writeln!(out, "\n{more}-v tells all in full, --report json=PATH keeps them");
    }
    out
}

/// A text between words wrapped, each line so far from the left.
fn indented(text: &str, indent: usize, view: &View) -> String {
    let lines = snippet::wrapped(&printable(text), view.width.saturating_sub(indent));
    lines.iter().map(|it| format!("{:indent$}{it}\n", "")).collect()
}

/// `error[type] 200 /place 0123456789ab`
fn title(finding: &Finding) -> String {
    let style = match finding.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    };
    let rule = paint(style, format!("{}[{}]", finding.severity.as_str(), finding.rule.id()));
    let status = finding.status.map_or_else(String::new, |it| format!(" {it}"));
    let place = finding.place.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    format!("  {rule}{status}{} {}", paint(STRONG, place), paint(FAINT, &finding.id))
}

fn one(finding: &Finding, files: &Files, view: &View) -> String {
    let mut out = format!("\n{}\n", title(finding));
    out += &indented(&finding.message, 4, view);
    let excerpts = excerpt::excerpts(finding, files, view.unfolded);
    // An arrow says how often; without one, a row does.
    let has_arrow = excerpts.first().is_some_and(|it| !it.lines.is_empty());
    let seen = words::often(finding).filter(|_| !has_arrow).map(|it| ("seen", it));
    let rows: Vec<(&str, String)> =
        seen.into_iter().chain([("settle", printable(&finding.settle))]).collect();
    out += &snippet::draw(&excerpts, &rows, view.width);
    out
}

fn quirks(report: &Report, view: &View) -> String {
    if report.quirks.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(STRONG, "Known quirks"));
    let told = one_a_state(&report.quirks);
    let has_changed = |it: &QuirkReport| {
        use QuirkState::{Healed, Mutated, PartlyHealed};
        it.expired || matches!(it.state, Mutated | PartlyHealed | Healed)
    };
    let changed = told.iter().filter(|it| has_changed(&it.0)).count();
    let most = if view.unfolded { told.len() } else { MOST_QUIRKS.max(changed) };
    // What asks for somebody comes first.
    let (first, others): (Vec<_>, Vec<_>) = told.iter().partition(|it| has_changed(&it.0));
    for (quirk, places) in first.into_iter().chain(others).take(most) {
        out += &quirk_line(quirk, *places);
        // What was not seen needs no more words here; `quirks` has them.
        if !matches!(quirk.state, QuirkState::Unconfirmed | QuirkState::NotExercised) {
            out += &indented(&quirk.summary, 16, view);
        }
    }
    if let Some(more @ 1..) = told.len().checked_sub(most) {
        let _ = writeln!(out, "  and {more} more; -v tells all");
    }
    out
}

/// The states of each quirk, in order, each with the number of places that are in it.
fn one_a_state(quirks: &[QuirkReport]) -> Vec<(QuirkReport, usize)> {
    let mut told: Vec<(QuirkReport, usize)> = Vec::new();
    for quirk in quirks {
        // In order of name: the places of a quirk stand together.
        let of_quirk = told.iter_mut().rev().take_while(|it| it.0.id == quirk.id);
        match of_quirk.into_iter().find(|it| it.0.state == quirk.state) {
            Some((all, places)) => {
                all.mutated = all.mutated.saturating_add(quirk.mutated);
                all.healed = all.healed.saturating_add(quirk.healed);
                all.confirmed = all.confirmed.saturating_add(quirk.confirmed);
                all.confirmed_on_wire =
                    all.confirmed_on_wire.saturating_add(quirk.confirmed_on_wire);
                all.neutral = all.neutral.saturating_add(quirk.neutral);
                *places += 1;
            }
            None => told.push((quirk.clone(), 1)),
        }
    }
    told.sort_by_key(|it| it.0.state);
    told
}

/// A quirk's state, name and counts, of one place or several, in one line.
pub(crate) fn quirk_line(quirk: &QuirkReport, places: usize) -> String {
    let style = match quirk.state {
        QuirkState::Mutated | QuirkState::PartlyHealed | QuirkState::Healed => ERROR,
        QuirkState::Confirmed => GOOD,
        QuirkState::Unconfirmed => NOTE,
        QuirkState::NotExercised => FAINT,
    };
    let state = paint(style, format!("{:<13}", quirk.state.as_str()));
    let mut counts = words::quirk_counts(quirk);
    if places > 1 {
        let _ = write!(counts, ", at {places} places");
    }
    format!("  {state} {} {}\n", printable(&quirk.id), paint(FAINT, format!("({counts})")))
}

fn left_out(report: &Report, view: &View) -> String {
    let mut out = String::new();
    let counts = words::left_out(report);
    if !counts.is_empty() {
        let _ = writeln!(out, "\n{}", counts.join(", "));
    }
    let named = if view.unfolded { usize::MAX } else { MOST_SKIPPED };
    for skipped in report.skipped.iter().take(named) {
        let (source, reason) = (printable(&skipped.source), printable(&skipped.reason));
        let _ = writeln!(out, "  {source}, entry {}: {reason}", skipped.entry);
    }
    let unnamed = report.skipped.len().saturating_sub(named) as u64;
    let more = report.more_skipped().saturating_add(unnamed);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
    let unjudged: Vec<String> = report.unjudged().map(ToString::to_string).collect();
    let named = if view.unfolded { usize::MAX } else { MOST_SKIPPED };
    if !unjudged.is_empty() {
        let _ = writeln!(out, "\nAsked, and no answer could be judged");
    }
    for operation in unjudged.iter().take(named) {
        let _ = writeln!(out, "  {operation}");
    }
    if let Some(more @ 1..) = unjudged.len().checked_sub(named) {
        let _ = writeln!(out, "  and {more} more");
    }
    if let Some(told) = words::foreign_hosts(report) {
        out.push('\n');
        out += &indented(&told, 0, view);
    }
    let unmodelled = &report.without_model;
    match unmodelled.len() {
        0 => {}
        few @ ..=MOST_UNMODELLED => {
            let names: Vec<String> = unmodelled.iter().map(ToString::to_string).collect();
            let (has, them) = if few == 1 { ("has", "it") } else { ("have", "them") };
            let names = names.join(", ");
            let _ = writeln!(out, "\n{names} {has} no model; documented + quirks judged {them}");
        }
        many => {
            let _ =
                writeln!(out, "\n{many} operations have no model; documented + quirks judged them");
        }
    }
    out
}

/// What is wrong with the vendor's document.
fn document_faults(report: &Report, view: &View) -> String {
    let faults = &report.document_faults;
    if faults.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(STRONG, "Faults of the document"));
    let alike = words::alike(faults);
    for (fault, count) in alike.iter().take(MOST_FAULTS) {
        let more = count - 1;
        let elsewhere = match more {
            0 => String::new(),
            more => format!(" and {}", words::plural(more as u64, "more place")),
        };
        let place = paint(FAINT, format!("{}{elsewhere}", fault.place()));
        let _ = writeln!(out, "  {place}");
        out += &indented(&fault.message, 4, view);
    }
    let named: usize = alike.iter().take(MOST_FAULTS).map(|it| it.1).sum();
    if let Some(more @ 1..) = faults.len().checked_sub(named) {
        let _ = writeln!(out, "  and {more} more; --strict-documents lists all");
    } else if alike.len() < faults.len() {
        let _ = writeln!(out, "  --strict-documents lists every place");
    }
    out
}

/// What could not be read, each with what settles it.
pub(crate) fn unreadable(lines: &[String]) -> String {
    let mut out = String::new();
    for line in lines {
        let _ = write!(out, "\n{} {line}", paint(ERROR, "could not be read:"));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn next_step(report: &Report, view: &View) -> String {
    if let Some(told) = words::out_of_scope(report) {
        return format!("\n{}", indented(&told, 0, view));
    }
    match report.findings.iter().find(|it| it.severity == Severity::Error) {
        Some(finding) => {
            format!("\nMore about a rule: {} explain {}\n", view.command, finding.rule.id())
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn a_terminal_is_told_lines_and_colours_alone() {
        for (text, expected) in [
            ("a\nb é", "a\nb é"),
            ("\u{1b}[1m\u{1b}[31ma\u{1b}[0m", "\u{1b}[1m\u{1b}[31ma\u{1b}[0m"),
            ("\u{1b}[2Ja\r\u{7}\u{9b}1A\u{1b}\n", " [2Ja   1A \n"),
            ("\u{1b}]0;title\u{7}\u{1b}[31", " ]0;title  [31"),
        ] {
            assert_eq!(legible(text), expected, "{text:?}");
        }
    }
}

//! JUnit XML, as Jenkins' `junit-10.xsd` has it: a suite for each operation, in it a case for each status and rule.
//!
//! Written by hand: it is a dozen lines, and what writes it for others brings clocks and random ids.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use contract::{Finding, OperationId, Report, Rule, Skipped};

use crate::report::words::{self, often, plural, quirk_counts, sighting};

/// How many findings of one case are told in full.
const MOST_TOLD: usize = 20;
/// How many more are named by id and place.
const MOST_NAMED: usize = 200;

/// The report as JUnit XML. Findings below the line that breaks the contract are told by cases that pass.
pub(super) fn junit(report: &Report) -> String {
    let mut suites: Vec<Suite> =
        by_operation(report).into_iter().map(|(it, cases)| Suite::of(report, it, cases)).collect();
    suites.extend(sources(report));
    suites.extend(document(report));
    let sum = |count: fn(&Case) -> bool| -> usize { suites.iter().map(|it| it.count(count)).sum() };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        r#"<testsuites name="paperwire" tests="{}" failures="{}" errors="{}">"#,
        sum(|_| true),
        sum(Case::failed),
        sum(Case::is_error)
    );
    suites.iter().for_each(|it| it.write(&mut out));
    out += "</testsuites>\n";
    out
}

struct Suite {
    name: String,
    properties: Vec<(String, String)>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed { told: Option<String> },
    Failed { rule: Rule, message: String, told: String },
    CouldNotCheck { message: String },
    Skipped { message: String },
}

/// What makes a case: a status, where there is one, and a rule.
type Key = (Option<u16>, Rule);

/// The cases of each operation that was answered or is concerned by a finding.
fn by_operation(report: &Report) -> BTreeMap<&OperationId, BTreeMap<Key, Vec<&Finding>>> {
    let mut operations: BTreeMap<&OperationId, BTreeMap<Key, Vec<&Finding>>> = BTreeMap::new();
    let answered: BTreeSet<_> = report.places.iter().map(|it| (&it.operation, it.status)).collect();
    for (operation, status) in answered {
        let cases = operations.entry(operation).or_default();
        for rule in Rule::ALL.iter().filter(|it| is_always_judged(**it)) {
            cases.entry((Some(status), *rule)).or_default();
        }
    }
    for operation in report.asked.iter().chain(&report.judged) {
        operations.entry(operation).or_default();
    }
    for finding in &report.findings {
        let cases = operations.entry(&finding.operation).or_default();
        cases.entry((finding.status, finding.rule)).or_default().push(finding);
    }
    operations
}

/// Whether each body is judged by the rule, so that its case stands there when it passes, too.
fn is_always_judged(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Null
            | Rule::Type
            | Rule::Required
            | Rule::Enum
            | Rule::Format
            | Rule::Bounds
            | Rule::BodyNotJson
            | Rule::ContentType
            | Rule::DuplicateMember
            | Rule::UndocumentedField
            | Rule::QuirkMutated
            | Rule::QuirkHealed
    )
}

impl Suite {
    fn of(report: &Report, operation: &OperationId, cases: BTreeMap<Key, Vec<&Finding>>) -> Self {
        let mut cases: Vec<Case> = cases
            .into_iter()
            .map(|((status, rule), found)| case(report, status, rule, &found))
            .collect();
        if report.unjudged().any(|it| it == operation) {
            let message = "asked, and no answer could be judged".to_owned();
            cases.push(Case {
                name: "answered".into(),
                outcome: Outcome::CouldNotCheck { message },
            });
        }
        let quirks = report.quirks.iter().filter(|it| it.operation == *operation);
        let properties = quirks.map(|it| {
            let name = format!("quirk {} {} {}", it.id, it.status, it.place);
            (name, format!("{} ({}): {}", it.state.as_str(), quirk_counts(it), it.summary))
        });
        Self { name: operation.to_string(), properties: properties.collect(), cases }
    }

    fn count(&self, is: fn(&Case) -> bool) -> usize {
        self.cases.iter().filter(|it| is(it)).count()
    }

    fn write(&self, out: &mut String) {
        let name = escaped(&self.name);
        let _ = writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
            self.cases.len(),
            self.count(Case::failed),
            self.count(Case::is_error),
            self.count(Case::is_skipped)
        );
        if !self.properties.is_empty() {
            out.push_str("    <properties>\n");
            for (name, value) in &self.properties {
                let _ = writeln!(
                    out,
                    r#"      <property name="{}" value="{}"/>"#,
                    escaped(name),
                    escaped(value)
                );
            }
            out.push_str("    </properties>\n");
        }
        for case in &self.cases {
            let _ =
                write!(out, r#"    <testcase classname="{name}" name="{}""#, escaped(&case.name));
            let inner = case.outcome.xml();
            let _ = match inner.as_str() {
                "" => writeln!(out, "/>"),
                inner => writeln!(out, ">\n      {inner}\n    </testcase>"),
            };
        }
        out.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    fn is_error(&self) -> bool {
        matches!(self.outcome, Outcome::CouldNotCheck { .. })
    }

    fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped { .. })
    }
}

impl Outcome {
    fn xml(&self) -> String {
        match self {
            Self::Passed { told: None } => String::new(),
            Self::Passed { told: Some(told) } => {
                format!("<system-out>{}</system-out>", escaped(told))
            }
            Self::Failed { rule, message, told } => format!(
                r#"<failure type="{}" message="{}">{}</failure>"#,
                rule.id(),
                escaped(message),
                escaped(told)
            ),
            Self::CouldNotCheck { message } => {
                format!(r#"<error type="could-not-check" message="{}"/>"#, escaped(message))
            }
            Self::Skipped { message } => format!(r#"<skipped message="{}"/>"#, escaped(message)),
        }
    }
}

fn case(report: &Report, status: Option<u16>, rule: Rule, found: &[&Finding]) -> Case {
    let name = match status {
        Some(status) => format!("{status} {}", rule.id()),
        None => rule.id().to_owned(),
    };
    let told = (!found.is_empty()).then(|| told(found));
    let breaking = found.iter().filter(|it| report.breaks(it)).count();
    let outcome = match (breaking, told) {
        (1.., Some(told)) => {
            let message = match found {
                [one] => one.message.clone(),
                _ => format!("{} of {}", plural(found.len() as u64, "finding"), rule.id()),
            };
            Outcome::Failed { rule, message, told }
        }
        (_, told) => Outcome::Passed { told },
    };
    Case { name, outcome }
}

fn told(found: &[&Finding]) -> String {
    let mut out = String::new();
    for finding in found.iter().take(MOST_TOLD) {
        let _ = writeln!(
            out,
            "{} {} {}",
            finding.severity.as_str(),
            finding.id,
            words::subject(finding)
        );
        let _ = writeln!(out, "  {}", finding.message);
        if let (Some(first), Some(often)) = (&finding.first, often(finding)) {
            let _ = writeln!(out, "  {often}, first {}", sighting(first));
        }
        let _ = writeln!(out, "  settle: {}", finding.settle);
    }
    for finding in found.iter().skip(MOST_TOLD).take(MOST_NAMED) {
        let _ = writeln!(
            out,
            "{} {} {}",
            finding.severity.as_str(),
            finding.id,
            words::subject(finding)
        );
    }
    if let Some(more @ 1..) = found.len().checked_sub(MOST_TOLD + MOST_NAMED) {
        let _ = writeln!(out, "and {more} more; the canonical report has all");
    }
    out
}

/// What could not be read, and what was left alone: once for each reason. Errors are what the exit code tells, too.
fn sources(report: &Report) -> Option<Suite> {
    let mut cases = Vec::new();
    if report.exchanges.checked == 0 {
        let left_out = words::left_out(report);
        let message =
            if left_out.is_empty() { "no exchange was read".into() } else { left_out.join(", ") };
        cases.push(Case { name: "judged".into(), outcome: Outcome::CouldNotCheck { message } });
    }
    let mut is_told = BTreeSet::new();
    for it in report.unreadable.iter().filter(|it| is_told.insert(&it.source)) {
        let counted = report.unreadable_by_source.get(&it.source).copied().unwrap_or(1);
        let more = match counted.saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let message = format!("could not be read: {}{more}", it.reason);
        cases.push(Case { name: it.source.clone(), outcome: Outcome::CouldNotCheck { message } });
    }
    let unnamed = report.unreadable_by_source.len().saturating_sub(is_told.len());
    if unnamed > 0 {
        let message = format!("{} could not be read", plural(unnamed as u64, "more source"));
        cases.push(Case { name: "sources".into(), outcome: Outcome::CouldNotCheck { message } });
    }
    for (reason, count) in &report.skipped_by_reason {
        let first = report.skipped.iter().find(|it| it.reason == *reason);
        let first = first.map_or_else(String::new, |Skipped { source, entry, .. }| {
            format!(", the first is {source}, entry {entry}")
        });
        let message = format!("{}{first}", plural(*count, "exchange"));
        cases.push(Case { name: reason.clone(), outcome: Outcome::Skipped { message } });
    }
    if let Some(told) = words::foreign_hosts(report) {
        let outcome = Outcome::Passed { told: Some(told) };
        cases.push(Case { name: "foreign hosts".into(), outcome });
    }
    if cases.is_empty() {
        return None;
    }
    Some(Suite { name: "exchanges".into(), properties: Vec::new(), cases })
}

/// What is wrong with the vendor's document. It fails nothing: the rest of it was used.
fn document(report: &Report) -> Option<Suite> {
    let faults = &report.document_faults;
    let mut told: String = faults.iter().take(MOST_NAMED).map(|it| format!("{it}\n")).collect();
    if let Some(more @ 1..) = faults.len().checked_sub(MOST_NAMED) {
        let _ = writeln!(told, "and {more} more; the canonical report has all");
    }
    let case = Case {
        name: plural(faults.len() as u64, "fault"),
        outcome: Outcome::Passed { told: Some(told) },
    };
    let suite = Suite { name: "document".into(), properties: Vec::new(), cases: vec![case] };
    (!faults.is_empty()).then_some(suite)
}

/// A text in XML: markup escaped, and what XML 1.0 cannot hold as U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_xml_cannot_hold_is_written() {
        assert_eq!(
            escaped("<a b=\"c\">&\u{0}\u{1b}[31m\r\n\u{ffff}é]]>"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}[31m&#13;\n\u{fffd}é]]&gt;"
        );
    }
}

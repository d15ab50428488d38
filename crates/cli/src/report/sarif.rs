//! SARIF 2.1.0 (OASIS): what code scanning shows beside the line to edit. Kept under GitHub's limits.

use contract::{DocumentFault, Finding, Location, Report, Rule, Severity, Verdict};
use serde_json::{Value, json};

use crate::report::words::{file_of, foreign_hosts, often, plural, sighting, subject};

/// GitHub takes no more results of a run; the gravest come first.
const MOST_RESULTS: usize = 25_000;
/// How many notifications of one kind there are.
const MOST_NOTIFICATIONS: usize = 100;

/// The report as SARIF. Known deviations are suppressed results, with why they are believed.
pub(super) fn sarif(report: &Report) -> String {
    let results: Vec<Value> =
        report.findings.iter().take(MOST_RESULTS).map(|it| result(report, it)).collect();
    let left_out = report.findings.len() - results.len();
    let run = json!({
        "tool": { "driver": {
            "name": "paperwire",
            "semanticVersion": report.run.tool.rsplit(' ').next().unwrap_or_default(),
            "rules": Rule::ALL.iter().map(|it| rule(*it)).collect::<Vec<_>>(),
        } },
        "invocations": [{
            "executionSuccessful": report.verdict != Verdict::CouldNotCheck && report.unreadable.is_empty(),
            "exitCode": report.exit_code,
            "toolExecutionNotifications": notifications(report, left_out),
            "toolConfigurationNotifications": document_faults(report),
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "verdict": report.verdict,
            "contract": report.run.contract,
            "exchanges": report.exchanges,
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "notes": report.count(Severity::Note),
        },
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    log.to_string() + "\n"
}

fn rule(rule: Rule) -> Value {
    let page = rule.page();
    json!({
        "id": rule.id(),
        "shortDescription": { "text": rule.meaning() },
        "helpUri": format!("urn:paperwire:rule:{}", rule.id()),
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": rule.severity().as_str() },
    })
}

fn result(report: &Report, finding: &Finding) -> Value {
    let number = Rule::ALL.iter().position(|it| *it == finding.rule);
    let mut text = format!("{}. What settles it: {}.", finding.message, finding.settle);
    if let (Some(first), Some(often)) = (&finding.first, often(finding)) {
        text += &format!(" Seen {often}, first in {}.", sighting(first));
    }
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": number,
        "level": finding.severity.as_str(),
        "message": { "text": text },
        "locations": [location(report, finding)],
        "partialFingerprints": { "finding/v1": finding.id },
        "occurrenceCount": finding.count,
        "suppressions": suppressions(report, finding),
        "properties": {
            "operation": finding.operation,
            "status": finding.status,
            "place": finding.place,
            "promised": finding.promised,
            "promisedBy": finding.promised_by,
            "came": finding.came,
            "quirk": finding.quirk,
            "field": finding.field,
            "exchanges": finding.exchanges,
        },
    });
    if let (Some(_), Some(first)) = (&finding.promised_at, &finding.first) {
        let mut seen = json!({ "id": 0 });
        if let Some(file) = file_of(report, finding) {
            seen["physicalLocation"] = json!({ "artifactLocation": { "uri": uri(file) } });
        }
        seen["message"] = json!({ "text": format!("first seen in {}", sighting(first)) });
        result["relatedLocations"] = json!([seen]);
    }
    result
}

/// Where somebody edits: what was promised, or else where it was seen.
fn location(report: &Report, finding: &Finding) -> Value {
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": subject(finding), "kind": "member" }],
    });
    let physical = match (&finding.promised_at, file_of(report, finding)) {
        (Some(Location { file, line, column }), _) => Some(json!({
            "artifactLocation": { "uri": uri(file) },
            "region": { "startLine": line, "startColumn": column },
        })),
        (None, Some(file)) => Some(json!({ "artifactLocation": { "uri": uri(file) } })),
        (None, None) => None,
    };
    if let Some(physical) = physical {
        location["physicalLocation"] = physical;
    }
    location
}

/// Known deviations are accepted, and say why.
fn suppressions(report: &Report, finding: &Finding) -> Value {
    if !matches!(finding.rule, Rule::QuirkConfirmed | Rule::QuirkUnconfirmed) {
        return json!([]);
    }
    let quirk = report.quirks.iter().find(|it| Some(&it.id) == finding.quirk.as_ref());
    let reason = quirk.map_or("", |it| &it.reason);
    json!([{ "kind": "external", "status": "accepted", "justification": reason }])
}

/// What was not judged, and what did not fit in.
fn notifications(report: &Report, left_out: usize) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::new();
    if left_out > 0 {
        let more = plural(left_out as u64, "more finding");
        told.push(tell(
            "warning",
            format!("{more}: code scanning takes {MOST_RESULTS}; the canonical report has all"),
        ));
    }
    for it in report.unjudged() {
        told.push(tell("error", format!("{it}: asked, and no answer could be judged")));
    }
    for it in &report.unreadable {
        told.push(tell("error", format!("{}: could not be read: {}", it.source, it.reason)));
    }
    if let Some(it) = foreign_hosts(report) {
        told.push(tell("note", it));
    }
    for it in &report.skipped {
        told.push(tell("note", format!("{}, entry {}: {}", it.source, it.entry, it.reason)));
    }
    folded(told, report.more_unreadable().saturating_add(report.more_skipped()))
}

/// What is wrong with the vendor's document: a place in it, and how it was read.
fn document_faults(report: &Report) -> Vec<Value> {
    let notification = |fault: &DocumentFault| {
        let mut told = tell("warning", fault.message.clone());
        let mut physical = json!({ "artifactLocation": { "uri": uri(&fault.file) } });
        if let Some(line) = fault.line {
            physical["region"] = json!({ "startLine": line });
        }
        told["locations"] = json!([{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": format!("#{}", fault.pointer), "kind": "member" }],
        }]);
        told
    };
    folded(report.document_faults.iter().map(notification).collect(), 0)
}

fn tell(level: &str, text: String) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

fn folded(mut told: Vec<Value>, unnamed: u64) -> Vec<Value> {
    let more = unnamed.saturating_add(told.len().saturating_sub(MOST_NOTIFICATIONS) as u64);
    told.truncate(MOST_NOTIFICATIONS);
    if more > 0 {
        let keeps = if unnamed > 0 { "counts" } else { "has" };
        told.push(tell("note", format!("and {more} more; the canonical report {keeps} all")));
    }
    told
}

/// A file's path as a URI reference (RFC 3986): relative as it is, absolute as `file:`.
fn uri(path: &str) -> String {
    if cfg!(windows) { uri_on_windows(path) } else { uri_reference(path) }
}

/// The same of a path with backslashes, which may start with a drive.
fn uri_on_windows(path: &str) -> String {
    let path = path.replace('\\', "/");
    let drive = path.split_once(':').filter(|it| it.0.len() == 1 && it.1.starts_with('/'));
    match drive {
        Some((drive, rest)) => format!("file:///{drive}:{}", percent_encoded(rest)),
        None => uri_reference(&path),
    }
}

fn uri_reference(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", percent_encoded(path.trim_start_matches("./")))
}

fn percent_encoded(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uri_references() {
        for (path, expected) in [
            ("a/b.har", "a/b.har"),
            ("./a b%.har", "a%20b%25.har"),
            ("/tmp/é.har", "file:///tmp/%C3%A9.har"),
            (r"w\x/a.har", "w%5Cx/a.har"),
        ] {
            assert_eq!(uri_reference(path), expected);
        }
        for (path, expected) in [
            (r".\a b\c.har", "a%20b/c.har"),
            (r"C:\a b\c.har", "file:///C:/a%20b/c.har"),
            ("C:/a.har", "file:///C:/a.har"),
            (r"\a.har", "file:///a.har"),
        ] {
            assert_eq!(uri_on_windows(path), expected);
        }
    }
}

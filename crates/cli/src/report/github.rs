//! GitHub's workflow commands: annotations in the log and beside the lines of a pull request.

use contract::{Finding, Report, Severity};

use crate::report::words::{file_of, foreign_hosts, often, plural, subject};

/// GitHub shows this many annotations of one level and step, and 50 of a run.
const MOST_OF_A_LEVEL: usize = 10;

/// A line for each of the gravest findings, and one for those that are folded. Notes are not news.
pub(super) fn annotations(report: &Report) -> String {
    let mut out = String::new();
    for (severity, command) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let found: Vec<&Finding> =
            report.findings.iter().filter(|it| it.severity == severity).collect();
        let told = if found.len() > MOST_OF_A_LEVEL { MOST_OF_A_LEVEL - 1 } else { found.len() };
        found.iter().take(told).for_each(|it| out += &annotation(report, command, it));
        if found.len() > told {
            let more = plural((found.len() - told) as u64, &format!("more {command}"));
            out += &format!(
                "::{command} title=paperwire::{more}; the step's summary and the report have them\n"
            );
        }
    }
    for (count, what, words) in [
        (report.unreadable_by_source.len(), "source", "could not be read"),
        (report.unjudged().count(), "operation", "could not be checked"),
        (report.document_faults.len(), "fault", "of the document, and how each is read"),
    ] {
        if count > 0 {
            let what = plural(count as u64, what);
            out += &format!("::notice title=paperwire::{what} {words}: see the step's summary\n");
        }
    }
    if let Some(told) = foreign_hosts(report) {
        out += &format!("::notice title=paperwire::{told}\n");
    }
    out
}

fn annotation(report: &Report, command: &str, finding: &Finding) -> String {
    let place = match (&finding.promised_at, file_of(report, finding)) {
        (Some(at), _) => format!("file={},line={},col={},", property(&at.file), at.line, at.column),
        (None, Some(file)) => format!("file={},", property(file)),
        (None, None) => String::new(),
    };
    let title = format!("{} {}", finding.rule.id(), subject(finding));
    let often = often(finding).map_or_else(String::new, |it| format!(" ({it})"));
    let text = format!("{}{often}\nsettle: {}\n{}", finding.message, finding.settle, finding.id);
    format!("::{command} {place}title={}::{}\n", property(&title), data(&text))
}

/// A command's message, as the runner unescapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_is_escaped() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}

//! One named test per recorded response, per case and per quirk. A response's verdict is asserted before its snapshot, so
//! accepting a snapshot never turns an error green.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use contract::{Exchange, Quirk, QuirkState, Report, Rule, Run, RunOptions, Severity, Verdict};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tests::{CONTRACT, har_files, read, report_by, root, summary};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for path in har_files("tests/recordings") {
        trials.extend(recording(&path));
    }
    for path in har_files("tests/cases") {
        trials.push(case(&path));
    }
    trials.extend(CONTRACT.quirks().iter().map(quirk));
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test for each response of a recording.
fn recording(path: &Path) -> Vec<Trial> {
    let name = name(path, "tests/recordings");
    let mut trials = Vec::new();
    let mut entries = 0;
    read(path, |entry| {
        let name = format!("recording::{name}::{entries}");
        entries += 1;
        let checked = entry.map(|it| (it.status, report_on(&it)));
        trials.push(Trial::test(name.clone(), move || {
            let (status, report) = checked.map_err(|it| Failed::from(it.reason))?;
            if report.verdict != Verdict::Kept {
                return Err(Failed::from(format!(
                    "status {status}: the contract is not kept\n\n{}",
                    summary(&report)
                )));
            }
            compare(&name, &report)
        }));
    });
    trials
}

fn report_on(exchange: &Exchange<'_>) -> Report {
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    run.check(exchange);
    run.report()
}

/// A test for a case, whose folder is named for its outcome.
fn case(path: &Path) -> Trial {
    let name = format!("case::{}", name(path, "tests/cases"));
    let path = path.to_owned();
    Trial::test(name.clone(), move || {
        let report = report_by(&CONTRACT, &path);
        if let Some(unreadable) = report.unreadable.first() {
            return Err(Failed::from(unreadable.reason.clone()));
        }
        let outcome = name.split("::").nth(1).unwrap_or_default();
        if let Err(promised) = has_outcome(outcome, &report) {
            let summary = summary(&report);
            return Err(Failed::from(format!(
                "cases/{outcome}: promised {promised}; found\n\n{summary}"
            )));
        }
        compare(&name, &report)
    })
}

/// Whether a report is what the folder's name says; what is promised where it is not.
fn has_outcome(outcome: &str, report: &Report) -> Result<(), &'static str> {
    let rules = |severity: Severity| -> Vec<Rule> {
        report.findings.iter().filter(|it| it.severity == severity).map(|it| it.rule).collect()
    };
    let (errors, warnings) = (rules(Severity::Error), rules(Severity::Warning));
    let only = |rule: Rule| !errors.is_empty() && errors.iter().all(|it| *it == rule);
    let of_register =
        |it: &Rule| matches!(it, Rule::QuirkHealed | Rule::QuirkMutated | Rule::UndocumentedField);
    let (holds, promised) = match outcome {
        "clean" => (
            errors.is_empty() && warnings.is_empty() && report.exit_code == 0,
            "no finding above a note, exit 0",
        ),
        "warned" => (
            errors.is_empty() && !warnings.is_empty() && report.exit_code == 0,
            "only warnings, exit 0",
        ),
        "violation" => (
            !errors.is_empty() && !errors.iter().any(of_register) && report.exit_code == 1,
            "errors that no quirk and no undocumented field explains, exit 1",
        ),
        "undocumented" => (
            errors.contains(&Rule::UndocumentedField) && report.exit_code == 1,
            "an undocumented field, exit 1",
        ),
        "mutated" => (
            only(Rule::QuirkMutated) && report.exit_code == 1,
            "a mutated quirk and nothing else, exit 1",
        ),
        "healed" => (
            only(Rule::QuirkHealed) && report.exit_code == 1,
            "a healed quirk and nothing else, exit 1",
        ),
        "skipped" => {
            (report.findings.is_empty() && report.exit_code == 3, "nothing judged, exit 3")
        }
        _ => (
            false,
            "a folder named clean, warned, violation, undocumented, mutated, healed or skipped",
        ),
    };
    if holds { Ok(()) } else { Err(promised) }
}

/// A test that reads as the register's entry: it passes when a recorded exchange confirms the quirk.
fn quirk(quirk: &Quirk) -> Trial {
    let name = format!("quirk::{}: {}", quirk.id, quirk.summary);
    let id = quirk.id.clone();
    Trial::ignorable_test(name, move || {
        let mut run = Run::new(&CONTRACT, RunOptions::default());
        for path in har_files("tests/recordings") {
            read(&path, |entry| {
                if let Ok(exchange) = entry {
                    run.check(&exchange);
                }
            });
        }
        let report = run.report();
        let states = || report.quirks.iter().filter(|it| it.id == id).map(|it| it.state);
        let settled: Vec<String> = report
            .findings
            .iter()
            .filter(|it| it.quirk.as_ref() == Some(&id) && it.severity == Severity::Error)
            .map(|it| format!("{}; {}", it.message, it.settle))
            .collect();
        if !settled.is_empty() {
            return Err(Failed::from(settled.join("\n")));
        }
        if states().any(|it| it == QuirkState::Confirmed) {
            return Ok(Completion::Completed);
        }
        Ok(Completion::ignored_with("no exchange yet"))
    })
}

/// Compares a report with its snapshot.
fn compare(name: &str, report: &Report) -> Result<(), Failed> {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let file = name.replace("::", "/").replace('/', "__");
    let text = summary(report);
    let compared = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(file.as_str(), text));
    }));
    compared.map_err(|_| {
        Failed::from(format!(
            "snapshots/{file}.snap differs from what was seen, as told above\n\
             To accept it: INSTA_UPDATE=always cargo test -p tests --test suite -- --exact '{name}'"
        ))
    })
}

/// A file's path below a folder, without `.har`, with `::` for the separators.
fn name(path: &Path, folder: &str) -> String {
    let below = path.strip_prefix(root().join(folder)).unwrap_or(path).with_extension("");
    below.iter().map(|it| it.to_string_lossy()).collect::<Vec<_>>().join("::")
}

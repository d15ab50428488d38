//! The commands as a user runs them: exit codes and output.

mod common;
#[path = "commands/contracts.rs"]
mod contracts;
#[path = "commands/sources.rs"]
mod sources;

use std::{collections::BTreeMap, fs};

use common::{compare, root};

fn xtask(arguments: &[&str]) -> String {
    common::xtask(arguments, &BTreeMap::new())
}

fn check(arguments: &[&str]) -> String {
    xtask(&[&["check", "--today", "2026-11-23"], arguments].concat())
}

#[test]
fn the_recordings_are_kept() {
    compare("check", &check(&[]));
}

#[test]
fn a_broken_contract_is_told_defect_by_defect() {
    compare(
        "check-broken",
        &check(&[
            "tests/cases/violation/several-at-once.har",
            "tests/cases/healed",
            "tests/cases/mutated/source-null.har",
        ]),
    );
}

#[test]
fn colours_are_for_those_who_want_them() {
    let file = "tests/cases/violation/null-not-allowed.har";
    let coloured = xtask(&["--color", "always", "check", "--today", "2026-11-23", file]);
    assert!(coloured.contains("\u{1b}["));
    compare("check-coloured", &coloured);
    assert!(!check(&[file]).contains("\u{1b}["));
}

#[test]
fn what_is_folded_is_unfolded() {
    let file = "tests/cases/violation/one-defect-200-times.har";
    compare("check-unfolded", &check(&[file, "--verbose"]));
}

#[test]
fn each_folder_of_cases_has_its_exit_code() {
    let codes = [
        ("clean", 0),
        ("warned", 0),
        ("violation", 1),
        ("undocumented", 1),
        ("mutated", 1),
        ("healed", 1),
        ("skipped", 3),
    ];
    for (folder, code) in codes {
        let screen = check(&[&format!("tests/cases/{folder}")]);
        assert!(screen.starts_with(&format!("exit {code}\n")), "{folder}: {screen}");
    }
    assert!(check(&["tests/cases/warned", "--fail-on", "warning"]).starts_with("exit 1\n"));
    assert!(check(&["tests/cases/clean", "--fail-on", "warning"]).starts_with("exit 0\n"));
}

#[test]
fn operations_can_be_chosen() {
    let operation = "GET /chat/chatrooms/{id}";
    assert!(check(&["--include", operation]).starts_with("exit 0\n"));
    assert!(check(&["--exclude", operation]).starts_with("exit 3\n"));
    compare("unknown-operation", &check(&["--include", "GET /chat/rooms"]));
    // What is not documented can be left out too, as its finding says.
    let undocumented = "tests/cases/warned/operation.har";
    assert!(check(&[undocumented]).contains("leave it out with --exclude"));
    let screen = check(&[undocumented, "--exclude", "GET /chat/chatrooms/{id}/messages"]);
    assert!(screen.starts_with("exit 0\n") && !screen.contains("warning["), "{screen}");
    let screen = check(&[undocumented, "--exclude", "GET /chat/rooms"]);
    assert!(
        screen.starts_with("exit 0\n")
            && screen.contains("--exclude `GET /chat/rooms` leaves nothing out"),
        "{screen}"
    );
    assert!(check(&["--exclude", "chatrooms"]).starts_with("exit 2\n"));
}

#[test]
fn another_host_is_named_by_its_base_url() {
    let folder = tempfile::tempdir().unwrap();
    let example = fs::read_to_string(root().join("tests/recordings/get-chatroom-200.har")).unwrap();
    let file = folder.path().join("staging.har");
    fs::write(&file, example.replace("https://domain.tld/api/v2", "https://staging.example.org"))
        .unwrap();
    let file = file.to_str().unwrap();
    let screen = check(&[file]);
    assert!(screen.starts_with("exit 3\n") && screen.contains("--base-url"), "{screen}");
    assert!(screen.contains("about `https://domain.tld/api/v2`. If what is out of"), "{screen}");
    let beside = folder.path().join("beside.har");
    fs::write(&beside, example.replace("domain.tld/api/v2", "user:secret@domain.tld")).unwrap();
    let screen = check(&[beside.to_str().unwrap()]);
    assert!(!screen.contains("secret"), "{screen}");
    fs::write(&beside, example.replace("domain.tld/api/v2", "domain.tld")).unwrap();
    let screen = check(&[beside.to_str().unwrap()]);
    assert!(screen.contains("1 exchange came from its host, below another"), "{screen}");
    assert!(check(&[file, "--base-url", "https://staging.example.org"]).starts_with("exit 0\n"));
}

#[test]
fn the_canonical_report_is_written_and_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = || {
        check(&["tests/cases/violation", "--report", &format!("json={}", path.display())]);
        fs::read_to_string(&path).unwrap()
    };
    let first = report();
    assert!(first.contains("\"verdict\": \"broken\"") && first.ends_with("}\n"));
    assert_eq!(report(), first);
}

#[test]
fn an_expired_quirk_is_a_warning() {
    let screen = xtask(&["check", "--today", "2027-05-23"]);
    assert!(
        screen.starts_with("exit 0\n") && screen.contains("warning[quirk-expired]"),
        "{screen}"
    );
    assert!(xtask(&["check", "--today", "2027-05-22"]).contains("0 warnings"));
}

#[test]
fn the_register_is_a_table() {
    compare("quirks", &xtask(&["quirks", "--today", "2026-11-23"]));
}

#[test]
fn rules_are_explained() {
    compare("explain", &xtask(&["explain"]));
    compare("explain-quirk-healed", &xtask(&["explain", "quirk-healed"]));
}

#[test]
fn the_exported_schemas_are_those_of_the_types() {
    assert_eq!(xtask(&["schema", "--check"]), "exit 0\nschemas are up to date\n");
}

#[test]
fn nothing_is_drafted_beside_a_quirk_that_changed() {
    for (case, step) in [
        (
            "mutated/source-null",
            "change what `returned` says in schemas/quirks/source-is-an-integer.toml",
        ),
        ("healed/source-word", "delete schemas/quirks/source-is-an-integer.toml"),
    ] {
        let screen = xtask(&["quirks", "suggest", &format!("tests/cases/{case}.har")]);
        assert!(screen.contains(step) && screen.contains("nothing to draft"), "{screen}");
    }
}

/// What is not yet seen on the wire is not told as if it were.
#[test]
fn the_vendor_is_told_of_a_quirk() {
    let report = |id: &str| xtask(&["quirks", "report", id]);
    compare("quirks-report-example", &report("established-dialogue-is-a-timestamp"));
    compare("quirks-report-inference", &report("last-rating-is-nullable"));
    let unknown = report("source-is-a-number");
    assert!(
        unknown.starts_with("exit 2\n") && unknown.contains("source-is-an-integer"),
        "{unknown}"
    );
}

/// The README shows what the commands print, line by line, but for what it leaves out (`…`).
#[test]
fn the_readme_shows_real_output() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut shown = 0;
    for block in readme.split("```console\n$ cargo xtask ").skip(1) {
        let block = block.split("```").next().unwrap();
        let (command, lines) = block.split_once('\n').unwrap();
        let arguments: Vec<&str> = command.split(' ').chain(["--today", "2026-11-23"]).collect();
        let screen = xtask(&arguments);
        for line in lines.lines().filter(|it| it.trim() != "…") {
            assert!(
                screen.lines().any(|it| it == line),
                "`{command}` does not print: {line}\n{screen}"
            );
            shown += 1;
        }
    }
    assert!(shown > 10, "{shown}");
}

/// The expected blind spots of this contract, reviewed: a new one shows here.
#[test]
fn the_contract_would_notice_all_but_these_faults() {
    compare("strength", &xtask(&["strength"]));
    let too_weak = xtask(&["strength", "--fail-under", "0.99"]);
    assert!(too_weak.starts_with("exit 1\n"), "{too_weak}");
    let asked = "% is less than the 99 % that --fail-under asks for\n";
    assert!(too_weak.ends_with(asked), "{too_weak}");
    // The words are elsewhere.
    let json = xtask(&["strength", "--json", "-"]);
    assert!(json.starts_with("exit 0\n{\n") && json.contains("\"faults\": {"), "{json}");
    let unjudged = xtask(&["strength", "tests/cases/skipped"]);
    assert!(unjudged.starts_with("exit 3\nNo fault could be planted"), "{unjudged}");
}

//! The commands as a user runs them: exit codes, output, bad input.

mod common;

use std::{collections::BTreeMap, fs, path::PathBuf};

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

/// What cannot be checked says what was promised, what came and what to do next; exit 2, nothing written.
#[test]
fn bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, bytes: &[u8]| fs::write(at(name), bytes).unwrap();
    let example = fs::read(root().join("tests/recordings/get-chatroom-200.har")).unwrap();
    write("not-json.har", b"GET / HTTP/1.1");
    write("truncated.har", &example[..example.len() - 400]);
    write("utf-16.har", &[0xff, 0xfe, 0x7b, 0]);
    write("no-entries.har", br#"{"log": {"version": "1.2", "entries": []}}"#);
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir(at("folder.har")).unwrap();
    let path = |name: &str| at(name).display().to_string();
    let unwritable = format!("json={}", at("not-json.har").join("report.json").display());
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("no such file", vec![path("missing.har")]),
        ("an empty folder", vec![path("empty")]),
        ("a folder called x.har", vec![path("folder.har")]),
        ("not JSON", vec![path("not-json.har")]),
        ("truncated", vec![path("truncated.har")]),
        ("UTF-16", vec![path("utf-16.har")]),
        ("no entries", vec![path("no-entries.har")]),
        ("no contract folder", vec!["--contract".into(), path("missing")]),
        ("a contract folder without a document", vec!["--contract".into(), path("empty")]),
        ("an unknown flag", vec!["--verbos".into()]),
        ("an unknown report format", vec!["--report".into(), "pdf=x".into()]),
        ("a report that cannot be written", vec!["--report".into(), unwritable]),
    ];
    let mut screens = String::new();
    for (what, arguments) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let screen = check(&arguments).replace(&folder.path().display().to_string(), "[folder]");
        assert!(screen.starts_with("exit 2\n"), "{what}: {screen}");
        screens += &format!("# {what}\n\n{}\n\n", told(&screen));
    }
    screens += &format!("# an unknown rule\n\n{}\n", xtask(&["explain", "quirk-heeled"]));
    compare("bad-input", &screens);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
}

/// Runs `cargo xtask` with these outputs, and gives its exit code.
#[cfg(target_os = "linux")]
fn xtask_into(
    arguments: &[&str],
    stdout: impl Into<std::process::Stdio>,
    stderr: impl Into<std::process::Stdio>,
) -> Option<i32> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"));
    let command = command.current_dir(root()).args(arguments).stdout(stdout).stderr(stderr);
    command.status().unwrap().code()
}

#[cfg(target_os = "linux")]
#[test]
fn what_nobody_hears_is_still_done() {
    use std::{fs::OpenOptions, io::pipe, process::Stdio};

    let closed = || pipe().unwrap().1;
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let faulty = ["check", "--contract", "missing"];
    assert_eq!(xtask_into(&faulty, Stdio::null(), closed()), Some(2));
    assert_eq!(xtask_into(&faulty, full(), full()), Some(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = format!("json={}", path.display());
    for (file, code) in [("tests/recordings", 2), ("tests/cases/violation", 1)] {
        let check = ["check", file, "--report", &report];
        assert_eq!(xtask_into(&check, full(), closed()), Some(code), "{file}");
        assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"), "{file}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(xtask_into(&["check"], closed(), closed()), Some(0));
}

/// A screen without the table of quirks, which says the same each time.
fn told(screen: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_quirks = false;
    for line in screen.lines() {
        in_quirks = line == "Known quirks" || (in_quirks && line.starts_with("  "));
        if !in_quirks {
            lines.push(line);
        }
    }
    lines.join("\n").replace("\n\n\n", "\n\n")
}

#[test]
fn what_can_be_read_is_checked_beside_what_cannot() {
    let screen = check(&["tests/cases/violation", "missing.har"]);
    assert!(screen.starts_with("exit 1\n") && screen.contains("missing.har"), "{screen}");
    let screen = check(&["tests/recordings", "missing.har"]);
    assert!(screen.starts_with("exit 2\nContract kept."), "{screen}");
    let screen = xtask(&["shape", "tests/recordings", "missing.har"]);
    assert!(screen.starts_with("exit 2\n") && screen.contains("Nothing new"), "{screen}");
}

/// What cannot be read of a source is told to a person's measure, and counted.
#[test]
fn of_many_faults_the_first_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("a.ndjson"), "{}\n".repeat(2_000)).unwrap();
    fs::write(path("b.har"), "{").unwrap();
    let named = |arguments: &[&str]| {
        let screen = check(&[&[folder.path().to_str().unwrap()], arguments].concat());
        assert!(screen.starts_with("exit 2\n"), "{screen}");
        assert!(screen.contains("b.har, byte 0: "), "{screen}");
        let more = screen
            .lines()
            .find_map(|it| it.strip_prefix("could not be read: ")?.strip_suffix(" more"));
        (screen.matches("a.ndjson, entry ").count(), more.map(str::to_owned))
    };
    assert_eq!(named(&[]), (9, Some("1991".into())));
    assert_eq!(named(&["-v"]), (99, Some("1901".into())));
}

#[test]
fn sources_of_every_kind_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let har = fs::read_to_string(root().join("tests/recordings/get-chatroom-200.har")).unwrap();
    let har: serde_json::Value = serde_json::from_str(&har).unwrap();
    let body = har["log"]["entries"][0]["response"]["content"]["text"].as_str().unwrap();
    let body = serde_json::from_str::<serde_json::Value>(body).unwrap().to_string();
    let line = |id: u32| {
        let url = format!("https://domain.tld/api/v2/chat/chatrooms/{id}");
        format!(r#"{{"url":"{url}","status":200,"content_type":"application/json","body":{body}}}"#)
    };
    fs::write(path("day.ndjson"), [line(1), "{".into(), line(2), line(3)].join("\n")).unwrap();
    fs::write(path("body.json"), &body).unwrap();
    fs::write(path("unnamed"), line(4)).unwrap();
    let operation = ["--operation", "GET /chat/chatrooms/{id}", "--status", "200"];
    let told = |arguments: &[&str]| {
        let screen = check(arguments);
        let exit = screen.lines().next().unwrap_or_default().to_owned();
        (exit, screen.lines().nth(1).unwrap_or_default().to_owned(), screen)
    };
    let kept = |count: &str| format!("Contract kept. {count} checked: 0 errors, 0 warnings.");
    let files = ["day.ndjson", "*.ndjson", "", "body.json", "unnamed"].map(path);
    let [day, pattern, whole, body, unnamed] = files.each_ref().map(String::as_str);
    let with = |file| [&[file], &operation[..]].concat();
    let cases = [
        ("exit 2", vec![day], "3 exchanges"),
        ("exit 2", vec![pattern], "3 exchanges"),
        ("exit 2", vec![whole], "3 exchanges"),
        ("exit 2", with(whole), "4 exchanges"),
        ("exit 0", with(body), "1 exchange"),
        ("exit 0", vec![unnamed], "1 exchange"),
        ("exit 0", vec!["--shard", "1/2", day], "2 exchanges"),
        ("exit 2", vec!["--shard", "2/2", day], "1 exchange"),
    ];
    for (exit, arguments, count) in cases {
        let (came, verdict, screen) = told(&arguments);
        assert_eq!((came.as_str(), verdict), (exit, kept(count)), "{screen}");
        assert!(exit == "exit 0" || screen.contains("day.ndjson, entry 1"), "{screen}");
    }
    let unknown = ["--operation", "GET /x", "--status", "200"];
    for arguments in [&["--shard", "3/2"][..], &["--threads", "0"], &operation[..2], &unknown] {
        assert_eq!(told(arguments).0, "exit 2", "{arguments:?}");
    }
    assert_eq!(told(&["-"]).0, "exit 2");
    fs::write(path("empty.ndjson"), "").unwrap();
    let (exit, _, screen) = told(&[unnamed, &path("empty.ndjson")]);
    assert!(exit == "exit 2" && screen.contains("empty.ndjson, byte 0: promised"), "{screen}");
}

#[test]
fn a_run_is_joined_of_all_its_parts_and_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let [whole, joined, one, two, three] = ["whole", "joined", "1", "2", "3"].map(at);
    let cases = ["tests/cases/violation", "tests/cases/healed"];
    check(&[&cases[..], &["--report", &format!("json={whole}")]].concat());
    for (part, path) in [("1/3", &one), ("2/3", &two), ("3/3", &three)] {
        check(&[&cases[..], &["--shard", part, "--report", &format!("json={path}")]].concat());
    }
    let report = |parts: &[&str]| {
        let to = format!("json={joined}");
        let screen = xtask(&[&["report"], parts, &["--report", &to]].concat());
        screen.replace(&at(""), "[folder]/")
    };
    assert!(report(&[&three, &one, &two]).starts_with("exit 1\n"));
    assert_eq!(fs::read_to_string(&joined).unwrap(), fs::read_to_string(&whole).unwrap());
    let refused: String = [
        report(&[&one, &three]),
        report(&[&one]),
        report(&[&one, &two, &three, &one]),
        report(&[&whole, &one]),
        check(&["--stand-in", "--shard", "1/3"]),
    ]
    .concat();
    compare("parts-that-are-no-whole", &refused);
}

/// A copy of `schemas/` in a folder of its own.
fn contract_copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("schemas");
    for sub in ["documented", "quirks", "modelled"] {
        fs::create_dir_all(to.join(sub)).unwrap();
        for entry in fs::read_dir(root().join("schemas").join(sub)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, to.join(sub).join(path.file_name().unwrap())).unwrap();
        }
    }
    (folder, to)
}

#[test]
fn every_fault_of_a_contract_is_told_at_once() {
    let (_folder, contract) = contract_copy();
    for (id, from, to) in
        [("source-is-an-integer", "reason", "raeson"), ("image-is-nullable", "/image", "/portrait")]
    {
        let path = contract.join("quirks").join(format!("{id}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(from, to)).unwrap();
    }
    let screen = check(&["--contract", contract.to_str().unwrap()]);
    compare("contract-faults", &screen.replace(&contract.display().to_string(), "[contract]"));
}

const DOCUMENT_WITH_FAULTS: &str = "\
openapi: 3.0.3
servers: [{url: /api/v2}]
paths:
  /chat/chatrooms/{id}:
    get:
      parameters: [{name: id, in: path}]
      responses:
        200:
          description: A room, since 2024-01-31
          content: {application/json: {schema: {$ref: schemas/room.yml}}}
        4XX: {description: '', content: {'*/*': {}}}
components:
  schemas:
    Broken:
      properties:
";

#[test]
fn a_document_with_faults_is_used_unless_none_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let documented = folder.path().join("documented");
    fs::create_dir_all(documented.join("schemas")).unwrap();
    let members = (0..12).map(|it| format!("        m{it}: {{$ref: 'gone.yaml#/{it}'}}\n"));
    let document = DOCUMENT_WITH_FAULTS.to_owned() + &members.collect::<String>();
    fs::write(documented.join("openapi.yaml"), document).unwrap();
    fs::write(
        documented.join("schemas/room.yml"),
        "properties: {id: {type: integer, nullable: true}}\n",
    )
    .unwrap();
    let contract = folder.path().to_str().unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["--contract", contract, "tests/recordings"], more].concat();
        check(&arguments).replace(contract, "[contract]")
    };
    let screen = run(&[]);
    assert!(screen.starts_with("exit 0\n") && screen.contains("undocumented-field"), "{screen}");
    let faults = screen.split_once("Faults of the document").map(|it| it.1);
    compare("document-faults", faults.unwrap_or(&screen));
    let strict = run(&["--strict-documents"]);
    assert!(
        strict.starts_with("exit 2\n") && strict.contains("the document has 12 faults"),
        "{strict}"
    );
    assert_eq!(strict.matches("gone.yaml").count(), 12, "{strict}");
}

#[test]
fn without_a_model_the_document_and_its_quirks_judge() {
    let (_folder, contract) = contract_copy();
    fs::remove_dir_all(contract.join("modelled")).unwrap();
    let contract = contract.to_str().unwrap();
    let screen = check(&["--contract", contract, "tests/recordings"]);
    assert!(
        screen.starts_with("exit 0\n")
            && screen.contains("has no model; documented + quirks judged it"),
        "{screen}"
    );
    // What only the model promises is not missed; what the document promises is.
    assert!(
        check(&["--contract", contract, "tests/cases/violation/member-missing.har"])
            .starts_with("exit 0\n")
    );
    assert!(
        check(&["--contract", contract, "tests/cases/violation/another-type.har"])
            .starts_with("exit 1\n")
    );
    assert!(check(&["--contract", contract, "tests/cases/mutated"]).starts_with("exit 1\n"));
    let screen = check(&["--contract", contract, "tests/cases/undocumented/field.har"]);
    assert!(
        screen.starts_with("exit 0\n") && screen.contains("warning[undocumented-field]"),
        "{screen}"
    );
}

/// What is of the default contract alone says nothing about another.
#[test]
fn another_contract_has_no_recordings_and_no_stand_in_of_ours() {
    let (_folder, contract) = contract_copy();
    let contract = contract.to_str().unwrap();
    let screen = check(&["--contract", contract]);
    assert!(screen.starts_with("exit 2\n") && screen.contains("no recordings; name"), "{screen}");
    for command in ["check", "record"] {
        let screen = xtask(&[command, "--stand-in", "--contract", contract]);
        assert!(
            screen.starts_with("exit 2\n") && screen.contains("there is no stand-in for this"),
            "{screen}"
        );
    }
}

/// The vendor's next document: what it does to the quirks and to readers, and nothing about its wording.
#[test]
fn a_new_version_of_the_document_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = root().join("schemas/documented/openapi.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let same = folder.path().join("same.json");
    let description = "Get a chatroom by id";
    assert!(text.contains(description));
    fs::write(&same, text.replace(description, "Another wording")).unwrap();
    let schemas = &mut document["components"]["schemas"];
    let room = &mut schemas["Chatroom"]["properties"];
    room["source"] = serde_json::json!({ "type": "integer", "enum": [0, 1, 2] });
    room["established_dialogue"] = serde_json::json!({ "type": "boolean" });
    room["type_discussion"]["enum"] = serde_json::json!([0, 1]);
    room["topics"] = serde_json::json!({ "type": "array" });
    let ambassador = schemas["Ambassador"]["properties"].as_object_mut().unwrap();
    ambassador.shift_remove("email_tmp");
    ambassador["customer_id"] = serde_json::json!({ "type": ["string", "null"] });
    let operation = document["paths"]["/chat/chatrooms/{id}"]["get"].clone();
    document["paths"]["/chat/chatrooms"] = serde_json::json!({ "post": operation });
    let responses = &mut document["paths"]["/chat/chatrooms/{id}"]["get"]["responses"];
    responses["404"] = serde_json::json!({ "description": "" });
    responses.as_object_mut().unwrap().shift_remove("403");
    let new = folder.path().join("new.json");
    fs::write(&new, document.to_string()).unwrap();
    let diff =
        |new: &std::path::Path| xtask(&["diff", path.to_str().unwrap(), new.to_str().unwrap()]);
    let nothing = "exit 0\nNothing changes for a reader of responses, and no quirk is touched.\n";
    assert_eq!(diff(&same), nothing);
    compare("diff", &diff(&new));
    let missing = diff(&folder.path().join("missing.json"));
    assert!(missing.starts_with("exit 2\n") && missing.contains("missing.json"), "{missing}");
    fs::write(&new, "{}").unwrap();
    let screen = diff(&new);
    assert!(screen.starts_with("exit 2\n") && screen.contains("new.json"), "{screen}");
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
    assert!(
        too_weak.ends_with("76.8 % is less than the 99 % that --fail-under asks for\n"),
        "{too_weak}"
    );
    let unjudged = xtask(&["strength", "tests/cases/skipped"]);
    assert!(unjudged.starts_with("exit 3\nNo fault could be planted"), "{unjudged}");
}

//! What the commands read: sources of every kind, what of them cannot be read, and parts of a run.

use std::fs;

use super::{check, compare, root, xtask};

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
    let (exit, _, screen) = told(&[body]);
    assert!(
        exit == "exit 2" && screen.contains("body.json is a body alone, say what it"),
        "{screen}"
    );
    assert!(!told(&[day]).2.contains("a body alone"));
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

//! Recording, accepting shapes, drafting quirks and triage as a user does them, and that none of it leaks.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use common::{root, xtask as xtask_with};
use stand_in::{BRAND, CANARY, OTHER_BRAND, ROOMS, Scenario, StandIn, TOKEN};

fn xtask(arguments: &[&str]) -> String {
    xtask_with(arguments, &BTreeMap::new())
}

/// The files of a folder with their texts.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let read = |path: PathBuf| {
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            fs::read_to_string(&path).unwrap(),
        )
    };
    entries.map(|it| read(it.unwrap().path())).collect()
}

/// The variables by which a server is asked as the live one.
fn asking(server: &StandIn) -> BTreeMap<&'static str, String> {
    let rooms: Vec<String> = ROOMS.iter().map(ToString::to_string).collect();
    BTreeMap::from([
        ("POPSELL_BASE_URL", server.base_url()),
        ("POPSELL_TOKEN", TOKEN.to_owned()),
        ("POPSELL_BRAND", BRAND.to_string()),
        ("POPSELL_OTHER_BRAND", OTHER_BRAND.to_string()),
        ("POPSELL_CHATROOM_IDS", rooms.join(",")),
    ])
}

fn masked_by(key: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("POPSELL_MASK_KEY", key.to_owned())])
}

/// The lines of findings and quirks of a check.
fn judged(path: &str) -> Vec<String> {
    let screen = xtask(&["check", "--today", "2026-11-23", path]);
    let told = |it: &&str| {
        it.contains("error[") || it.contains("warning[") || it.starts_with("  confirmed")
    };
    screen.lines().filter(told).map(str::to_owned).collect()
}

#[test]
fn what_is_recorded_is_judged_as_what_was_answered() {
    for scenario in [
        "known",
        "healed",
        "mutated",
        "new-field",
        "field-gone",
        "null-everywhere",
        "undocumented-status",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().to_str().unwrap();
        let screen = xtask(&["record", &format!("--stand-in={scenario}"), "--to", to]);
        assert!(
            screen.starts_with("exit 0\n") && !screen.contains("body left out"),
            "{scenario}: {screen}"
        );
        let asked = xtask(&["check", &format!("--stand-in={scenario}"), "--today", "2026-11-23"]);
        for line in judged(to) {
            let rule = line.trim().split(['(', ' ']).next().unwrap().to_owned();
            assert!(asked.contains(&rule), "{scenario}: {line} is not in {asked}");
        }
        assert_eq!(
            judged(to).iter().any(|it| it.contains("error[")),
            asked.contains("error["),
            "{scenario}"
        );
    }
}

#[test]
fn two_recordings_with_one_key_agree() {
    let record = |key: &str| {
        let folder = tempfile::tempdir().unwrap();
        xtask_with(
            &["record", "--stand-in", "--to", folder.path().to_str().unwrap()],
            &masked_by(key),
        );
        let texts: Vec<String> = files(folder.path()).into_values().collect();
        // But for the moment of the recording.
        texts
            .join("")
            .lines()
            .filter(|it| !it.contains("recorded_at") && !it.contains("startedDateTime"))
            .collect::<String>()
    };
    let (one, again, other) = (record("one key"), record("one key"), record("another key"));
    assert!(!one.is_empty() && one == again && one != other);
}

#[test]
fn recording_again_writes_only_what_shows_something_new() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    assert!(xtask(&["record", "--stand-in", "--to", to]).contains(": 4 recorded\n"));
    let before = files(folder.path());
    assert!(
        xtask(&["record", "--stand-in", "--to", to])
            .contains(": 0 recorded, 4 showing nothing beyond what is recorded already")
    );
    assert_eq!(files(folder.path()), before);
    xtask(&["record", "--stand-in=null-everywhere", "--to", to]);
    assert_eq!(files(folder.path()).len(), before.len() + 1);
    // What cannot be read any more is no recording.
    let broken = folder.path().join(before.keys().next().unwrap());
    fs::write(&broken, "half").unwrap();
    assert!(
        xtask(&["record", "--stand-in", "--to", to])
            .contains(": 1 recorded, 3 showing nothing beyond what is recorded already")
    );
}

#[test]
fn a_body_that_was_too_large_is_no_missing_body() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    let screen = xtask(&["record", "--stand-in=endless-body", "--to", to]);
    assert!(screen.starts_with("exit 0\n") && screen.contains("body left out"), "{screen}");
    let screen = xtask(&["check", to]);
    assert!(
        screen.starts_with("exit 3\n") && screen.contains("the source left the body out"),
        "{screen}"
    );
    assert!(xtask(&["record", "--stand-in", "--probes", "--to", to]).starts_with("exit 2\n"));
}

#[test]
fn a_deviation_of_the_same_types_is_recorded_too() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    for file in
        ["tests/recordings/get-chatroom-200.har", "tests/cases/mutated/source-unknown-code.har"]
    {
        assert!(xtask(&["record", "--from", file, "--to", to]).contains(": 1 recorded"), "{file}");
    }
    let screen = xtask(&["check", to]);
    assert!(screen.contains("error[quirk-mutated] 200 /source"), "{screen}");
}

#[test]
fn a_recording_says_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    xtask(&["record", "--stand-in", "--to", folder.path().to_str().unwrap()]);
    let text = files(folder.path()).into_values().next().unwrap();
    for said in [
        "\"provenance\": \"stand-in\"",
        "\"recorded_at\": \"20",
        "\"tool\": \"paperwire ",
        "\"contract\": \"",
        "\"masked\": true",
    ] {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn a_browsers_export_loses_what_is_not_of_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let room = fs::read_to_string(root().join("tests/recordings/get-chatroom-200.har")).unwrap();
    let mut har: serde_json::Value =
        serde_json::from_str(&room.replace("Great ambassador", CANARY)).unwrap();
    har["log"].as_object_mut().unwrap().shift_remove("_paperwire");
    let entry = &mut har["log"]["entries"][0];
    entry["request"]["headers"] =
        serde_json::json!([{ "name": "Authorization", "value": format!("Bearer {TOKEN}") }]);
    entry["request"]["url"] =
        "https://domain.tld/api/v2/chat/chatrooms/8012345?token=secret-in-a-query".into();
    let mut foreign = entry.clone();
    foreign["request"]["url"] = "https://cdn.example.org/logo.png".into();
    har["log"]["entries"].as_array_mut().unwrap().push(foreign);
    let browser = folder.path().join("browser.har");
    fs::write(&browser, har.to_string()).unwrap();
    let to = folder.path().join("to");
    let screen =
        xtask(&["record", "--from", browser.to_str().unwrap(), "--to", to.to_str().unwrap()]);
    assert!(screen.starts_with("exit 0\n") && screen.contains("1 not of the contract"), "{screen}");
    let text = files(&to).into_values().collect::<String>();
    assert!(text.contains("\"provenance\": \"recorded\""));
    for secret in [CANARY, TOKEN, "secret-in-a-query", "8012345"] {
        assert!(!text.contains(secret) && !screen.contains(secret), "{secret}");
    }
}

#[test]
fn an_accepted_shape_tells_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut live = BTreeMap::new();
    let record = |scenario: Scenario, to: &str, live: &mut BTreeMap<&'static str, String>| {
        let server = StandIn::start(scenario, 0).unwrap();
        live.extend(asking(&server));
        xtask_with(&["record", "--rate-limit", "1000/s", "--to", to], live)
    };
    assert!(record(Scenario::Known, &at("known"), &mut live).starts_with("exit 0\n"));
    assert!(record(Scenario::NullEverywhere, &at("nulls"), &mut live).starts_with("exit 0\n"));
    let shape = at("shape");
    let accepted = xtask(&["shape", "--accept", "--shape", &shape, &at("known")]);
    assert!(accepted.starts_with("exit 0\nwrote "), "{accepted}");
    assert!(
        xtask(&["shape", "--shape", &shape, &at("known")]).contains("Nothing new, nothing gone.")
    );
    let new = xtask(&["shape", "--shape", &shape, &at("nulls")]);
    assert!(
        new.starts_with("exit 1\n")
            && new.contains("shape-new GET /chat/chatrooms/{id} 200 /last_rating"),
        "{new}"
    );
    let stand_in = xtask(&["record", "--stand-in", "--to", &at("stand-in")]);
    assert!(stand_in.starts_with("exit 0\n"));
    assert!(
        xtask(&["shape", "--shape", &shape, &at("stand-in")]).contains("the stand-in do not count")
    );
}

/// A copy of `schemas/` in a folder of its own.
fn contract_copy(folder: &Path) -> String {
    let to = folder.join("schemas");
    for sub in ["documented", "quirks", "modelled", ""] {
        fs::create_dir_all(to.join(sub)).unwrap();
        for entry in fs::read_dir(root().join("schemas").join(sub)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(sub).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    to.display().to_string()
}

#[test]
fn a_draft_cannot_be_loaded_unread_and_explains_just_its_finding() {
    let folder = tempfile::tempdir().unwrap();
    let contract = contract_copy(folder.path());
    // Without the model, the quirk alone settles it.
    fs::remove_dir_all(Path::new(&contract).join("modelled")).unwrap();
    let ask = |command: &[&str], scenario: Scenario| {
        let server = StandIn::start(scenario, 0).unwrap();
        let live =
            ["--contract", &contract, "--live", "--rate-limit", "1000/s", "--today", "2026-11-23"];
        xtask_with(&[command, &live].concat(), &asking(&server))
    };
    let check = |scenario| ask(&["check"], scenario);
    assert!(check(Scenario::UndocumentedStatus).starts_with("exit 1\n"));
    let drafted = ask(&["quirks", "suggest"], Scenario::UndocumentedStatus);
    assert!(drafted.contains("status-202-is-undocumented.toml"), "{drafted}");
    let unread = check(Scenario::UndocumentedStatus);
    assert!(
        unread.starts_with("exit 2\n") && unread.contains("`reason` is blank; fill it in"),
        "{unread}"
    );
    let path = Path::new(&contract).join("quirks/status-202-is-undocumented.toml");
    let draft = fs::read_to_string(&path).unwrap();
    fs::write(&path, draft.replace("reason      = \"\"", "reason      = \"seen in a trial\""))
        .unwrap();
    let known = check(Scenario::UndocumentedStatus);
    assert!(
        known.starts_with("exit 0\n") && known.contains("confirmed     status-202-is-undocumented"),
        "{known}"
    );
    assert!(
        check(Scenario::Mutated).starts_with("exit 1\n")
            && check(Scenario::Healed).starts_with("exit 1\n")
    );
    // A draft is never written over.
    let suggest = ["quirks", "suggest", "--to", &contract];
    let again = ask(&suggest, Scenario::NewField);
    assert!(again.contains("unread-count-is-undocumented.toml\n"), "{again}");
    let over = ask(&suggest, Scenario::NewField);
    assert!(over.starts_with("exit 2\n") && over.contains("there already"), "{over}");
}

#[test]
fn nights_are_triaged_from_their_reports() {
    let folder = tempfile::tempdir().unwrap();
    let night = |name: &str, scenario: &str| {
        let path = folder.path().join(name).display().to_string();
        xtask(&[
            "check",
            &format!("--stand-in={scenario}"),
            "--today",
            "2026-11-23",
            "--report",
            &format!("json={path}"),
        ]);
        path
    };
    let (good, bad, outage) = (night("1", "known"), night("2", "new-field"), night("3", "outage"));
    let opened = xtask(&["triage", &good, &bad]);
    assert!(
        opened.starts_with("exit 1\n")
            && opened.contains(
                "Pin and model the new member GET /chat/chatrooms/{id} 200 `/unread_count`"
            ),
        "{opened}"
    );
    assert!(xtask(&["triage", &bad, &bad]).starts_with("exit 0\n"));
    assert!(xtask(&["triage", &bad, &outage]).starts_with("exit 0\n"));
    let closed = xtask(&["triage", &bad, &outage, &good]);
    assert!(closed.starts_with("exit 0\n") && closed.contains("was seen without it"), "{closed}");
    assert!(xtask(&["triage", &outage, &outage, &outage]).contains("3 nights in a row"));
    let wrong = xtask(&["triage", "Cargo.toml"]);
    assert!(
        wrong.starts_with("exit 2\n")
            && wrong.contains("Cargo.toml:1: promised a canonical report"),
        "{wrong}"
    );
}

#[test]
fn no_canary_is_in_any_output() {
    let slow = [Scenario::SlowDrip, Scenario::HugeBody, Scenario::TooManyRequests];
    let scenarios = Scenario::ALL.iter().copied().filter(|it| !slow.contains(it));
    let outputs: Vec<(String, String)> = std::thread::scope(|scope| {
        let running: Vec<_> =
            scenarios.map(|scenario| scope.spawn(move || outputs_of(scenario))).collect();
        running.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    let secrets = [
        "kx7q",
        TOKEN,
        "Robin",
        "robin8",
        "guest8",
        "Kind and quick",
        "Asked about",
        "images.example.org",
        "C-8",
    ];
    for (name, text) in &outputs {
        for secret in secrets {
            assert!(!text.contains(secret), "{name} holds {secret}: {text}");
        }
    }
    assert!(
        outputs.iter().any(|it| it.0.starts_with("canaries recorded")),
        "the canaries' room was recorded"
    );
    let told =
        |it: &&(String, String)| it.0 == "canaries report.html" && it.1.contains("Contract broken");
    assert_eq!(outputs.iter().filter(told).count(), 1, "the canaries' page was made");
}

/// Everything that the commands print and write when they ask a scenario.
fn outputs_of(scenario: Scenario) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let name = scenario.name();
    let stand_in = format!("--stand-in={name}");
    let at = |it: &str| folder.path().join(it).display().to_string();
    let forms = ["report.json", "report.xml", "report.sarif", "report.md", "report.html"];
    let [json, junit, sarif, markdown, html] = forms.map(at);
    let report =
        format!("json={json},junit={junit},sarif={sarif},markdown={markdown},html={html},github");
    let (recorded, drafts, report_file) = (at("recorded"), at("drafts"), at("report.json"));
    let commands: &[&[&str]] = &[
        &["check", &stand_in, "--probes=access", "--report", &report],
        &["check", &stand_in, "--dry-run"],
        &["record", &stand_in, "--to", &recorded],
        &["quirks", "suggest", &stand_in, "--to", &drafts],
        &["check", &recorded, "--verbose"],
        &["triage", &report_file],
        &["report", &report_file, "--verbose"],
    ];
    let mut outputs: Vec<(String, String)> =
        commands.iter().map(|it| (format!("{name} {}", it[0]), xtask(it))).collect();
    for form in forms {
        let text = fs::read_to_string(at(form));
        assert!(text.is_ok(), "{name}: no {form}: {}", outputs[0].1);
        outputs.push((format!("{name} {form}"), text.unwrap_or_default()));
    }
    for sub in ["recorded", "drafts"] {
        let files = files(&folder.path().join(sub)).into_iter();
        outputs.extend(
            files.map(|(file, text)| (format!("{name} {sub} {file}"), format!("{file} {text}"))),
        );
    }
    outputs
}

#[test]
fn what_cannot_be_read_is_told_by_entry_and_byte() {
    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("day.ndjson");
    let line = r#"{"url":"https://domain.tld/api/v2/chat/chatrooms/8","status":401,"body":{}}"#;
    fs::write(&day, format!("{line}\n{{\n")).unwrap();
    let day = day.to_str().unwrap();
    let to = folder.path().join("to").display().to_string();
    for command in [
        &["record", "--from", day, "--to", &to][..],
        &["quirks", "report", "source-is-an-integer", day],
    ] {
        let screen = xtask(command);
        assert!(
            screen.starts_with("exit 2\n") && screen.contains("day.ndjson, entry 1, byte 76: "),
            "{screen}"
        );
    }
}

#[test]
fn the_gate_names_the_line_and_not_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.txt");
    let token = ["Bear", "er abcdefgh12345678"].concat();
    fs::write(&file, format!("fine\nAuthorization: {token}\nfor {CANARY}\n")).unwrap();
    let screen = xtask(&["leaks", folder.path().to_str().unwrap()]);
    assert!(
        screen.starts_with("exit 1\n") && screen.contains("log.txt:2: a bearer token"),
        "{screen}"
    );
    assert!(
        screen.contains("log.txt:3: an e-mail address")
            && !screen.contains("abcdefgh")
            && !screen.contains("kx7q"),
        "{screen}"
    );
    let log = file.to_str().unwrap();
    let with_missing = xtask(&["leaks", log, "missing.txt"]);
    assert!(
        with_missing.starts_with("exit 1\n")
            && with_missing.contains("log.txt:2: a bearer token")
            && with_missing.contains("could not be read: missing.txt: "),
        "{with_missing}"
    );
    let missing = xtask(&["leaks", "README.md", "missing.txt"]);
    assert!(
        missing.starts_with("exit 2\n") && missing.contains(" in what could be looked at\n"),
        "{missing}"
    );
    assert!(
        xtask(&["leaks", "schemas", "snapshots", "tests/recordings", "tests/cases"])
            .starts_with("exit 0\n")
    );
}

//! What the commands write and keep: nothing for another's sake, nothing that is secret, nothing in another's place.

mod common;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    thread,
};

use common::{paperwire, paperwire_with};
use serde_json::{Value, json};

/// A contract folder `c` whose operations answer with this schema.
fn contract(folder: &Path, paths: &[&str], schema: &Value) {
    let content = json!({ "application/json": { "schema": schema } });
    let get =
        json!({ "get": { "responses": { "200": { "description": "", "content": content } } } });
    let paths: serde_json::Map<String, Value> =
        paths.iter().map(|it| ((*it).to_owned(), get.clone())).collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": "A", "version": "1" },
        "servers": [{ "url": "https://v.test" }],
        "paths": paths,
    });
    fs::create_dir_all(folder.join("c/documented")).unwrap();
    fs::write(folder.join("c/documented/openapi.json"), document.to_string()).unwrap();
}

fn number() -> Value {
    json!({ "type": "object", "properties": { "n": { "type": "integer" } } })
}

fn line(path: &str, body: &Value) -> String {
    let exchange = json!({ "url": format!("https://v.test{path}"), "status": 200, "content_type": "application/json", "body": body });
    format!("{exchange}\n")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn operations_of_the_same_words_have_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a/b", "/a-b", "/a/{b}", "/c"], &number());
    let body = json!({ "n": 1 });
    let lines = ["/a/b", "/a-b", "/a/x", "/c"].map(|it| line(it, &body)).concat();
    fs::write(folder.join("day.ndjson"), lines).unwrap();
    let run = |arguments: &[&str]| paperwire(folder, &[arguments, &["--contract", "c"]].concat());
    let recorded = run(&["record", "--from", "day.ndjson"]);
    assert!(recorded.contains("\n4 exchanges: 4 recorded"), "{recorded}");
    let checked = run(&["check"]);
    assert!(checked.contains("4 exchanges checked"), "{checked}");
    let again = run(&["record", "--from", "day.ndjson"]);
    assert!(again.contains("4 exchanges: 0 recorded, 4 showing"), "{again}");
    run(&["shape", "--accept", "day.ndjson"]);
    let shape = run(&["shape", "day.ndjson"]);
    assert!(
        shape.starts_with("exit 0\n") && shape.contains("Nothing new, nothing gone."),
        "{shape}"
    );
    let names = names(&folder.join("c/shape"));
    assert_eq!(names.len(), 4);
    assert!(names.contains(&"get-c-200.json".to_owned()), "{names:?}");
}

/// What is accepted of recordings is all that the answers showed: in the shape, nothing is new to them.
/// File systems take names of 255 bytes.
#[test]
fn operations_of_long_paths_have_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [one, other] = ["one", "other"].map(|it| format!("{}/{it}", "/segment".repeat(40)));
    contract(folder, &[&one, &other], &number());
    let lines = [&one, &other].map(|it| line(it, &json!({ "n": 1 }))).concat();
    fs::write(folder.join("day.ndjson"), lines).unwrap();
    let run = |arguments: &[&str]| paperwire(folder, &[arguments, &["--contract", "c"]].concat());
    let recorded = run(&["record", "--from", "day.ndjson"]);
    assert!(recorded.contains("\n2 exchanges: 2 recorded\n"), "{recorded}");
    run(&["shape", "--accept"]);
    let shapes = run(&["shape"]);
    assert!(
        shapes.starts_with("exit 0\n") && names(&folder.join("c/shape")).len() == 2,
        "{shapes}"
    );
}

#[test]
fn every_code_that_was_seen_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let code = json!({ "enum": [1, 2, 3] });
    contract(
        folder,
        &["/a"],
        &json!({ "type": "object", "properties": { "codes": { "type": "array", "items": code } } }),
    );
    let bodies = [json!([1]), json!([2]), json!([1, 2]), json!([3, 1])];
    let lines = bodies.map(|it| line("/a", &json!({ "codes": it }))).concat();
    fs::write(folder.join("day.ndjson"), lines).unwrap();
    let run = |arguments: &[&str]| paperwire(folder, &[arguments, &["--contract", "c"]].concat());
    let recorded = run(&["record", "--from", "day.ndjson"]);
    assert!(
        recorded.contains("4 exchanges: 3 recorded, 1 showing nothing beyond another"),
        "{recorded}"
    );
    let files = names(&folder.join("c/recordings"));
    assert!(files[0].ends_with("-2.har") && files[1].ends_with("-3.har"), "{files:?}");
    run(&["shape", "--accept"]);
    let shape = run(&["shape", "day.ndjson"]);
    assert!(shape.contains("Nothing new, nothing gone."), "{shape}");
    let again = run(&["record", "--from", "day.ndjson"]);
    assert!(again.contains("4 exchanges: 0 recorded, 4 showing"), "{again}");
    assert_eq!(names(&folder.join("c/recordings")), files);
}

/// A server that answers each request with this body.
fn server(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    url
}

const LIVE: &str = "\
[live]
base_url = \"${BASE_URL}\"
headers = { \"X-Api-Key\" = \"${API_KEY}\", Accept = \"${API_FORM}\" }

[live.token]
header = \"Authorization\"
value = \"Token token=${API_TOKEN}\"

[[live.ask]]
operation = \"GET /a\"
";

#[test]
fn no_output_holds_what_proves_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    fs::write(folder.join("c/contract.toml"), LIVE).unwrap();
    let secrets = ["canary-key", "canary-token"];
    let asked = |body: Value, arguments: &[&str]| {
        let variables = [
            ("BASE_URL", server(body.to_string())),
            ("API_KEY", secrets[0].to_owned()),
            ("API_TOKEN", secrets[1].to_owned()),
            ("API_FORM", "application/json".to_owned()),
        ];
        paperwire_with(folder, &[arguments, &["--live", "--contract", "c"]].concat(), &variables)
    };
    let run =
        |arguments: &[&str]| asked(json!({ "n": 1, secrets[0]: 1, secrets[1]: "x" }), arguments);
    fs::create_dir(folder.join("out")).unwrap();
    let forms = ["json", "html", "markdown", "sarif", "junit"];
    let outputs = forms.map(|it| format!("{it}=out/{it}")).join(",");
    let screens = [
        ("exit 0\n", run(&["check", "--report", &format!("{outputs},github")])),
        ("exit 2\n", run(&["record"])),
        ("exit 2\n", run(&["quirks", "suggest"])),
    ];
    for (exit, screen) in &screens {
        assert!(screen.starts_with(exit) && !screen.contains("canary"), "{screen}");
    }
    assert!(screens[0].1.contains("warning[undocumented-field] 200 /* "), "{}", screens[0].1);
    assert!(screens[1].1.contains("a secret of this run"), "{}", screens[1].1);
    for form in forms {
        let text = fs::read_to_string(folder.join("out").join(form)).unwrap();
        assert!(!text.contains("canary"), "{form}");
    }
    assert!(!folder.join("c/recordings").exists() && !folder.join("c/quirks").exists());
    // What the contract says itself is no secret.
    let recorded = asked(json!({ "n": 1 }), &["record"]);
    assert!(recorded.starts_with("exit 0\n") && recorded.contains(" 1 recorded"), "{recorded}");
}

#[test]
fn no_report_takes_the_place_of_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    fs::create_dir(folder.join("c/recordings")).unwrap();
    let line = line("/a", &json!({ "n": 1 }));
    for name in ["day.ndjson", "c/recordings/a.ndjson"] {
        fs::write(folder.join(name), &line).unwrap();
    }
    let check =
        ["check", "--contract", "c", "day.ndjson", "--report", "json=c/recordings/a.ndjson"];
    let screen = paperwire(folder, &check);
    assert!(
        screen.starts_with("exit 2\n") && screen.contains("belongs to the contract"),
        "{screen}"
    );
    assert_eq!(fs::read_to_string(folder.join("c/recordings/a.ndjson")).unwrap(), line);
}

#[test]
fn no_message_holds_a_base_url_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    for command in [
        &["check", "--contract", "c"][..],
        &["record", "--contract", "c", "--from", "day.ndjson"],
        &["init", "c/documented/openapi.json"],
    ] {
        let url = ["--base-url", "https://ann:canary@v.test/v1?token=canary"];
        let screen = paperwire(folder, &[command, &url].concat());
        assert!(screen.starts_with("exit 2\n") && !screen.contains("canary"), "{screen}");
        assert!(screen.contains("--base-url: promised a URL such as"), "{screen}");
    }
}

/// What is printed to be run next runs.
#[test]
fn the_next_step_can_be_run_as_it_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    fs::create_dir(folder.join("my days")).unwrap();
    fs::write(folder.join("my days/day.ndjson"), line("/a", &json!({ "n": 1 }))).unwrap();
    let shape = paperwire(folder, &["shape", "--contract", "c", "my days"]);
    let step = "\nTo accept: paperwire shape --accept --contract c 'my days'\n";
    assert!(shape.starts_with("exit 0\n") && shape.ends_with(step), "{shape}");
    let made = paperwire(
        folder,
        &["init", "c/documented/openapi.json", "my days", "--out", "the contract"],
    );
    for step in [
        "\n  1. paperwire check --contract 'the contract' 'my days'\n",
        "\n  2. paperwire record --contract 'the contract' --from 'my days'   #",
    ] {
        assert!(made.starts_with("exit 0\n") && made.contains(step), "{made}");
    }
    let record = ["record", "--contract", "the contract", "--from", "my days"];
    let recorded = paperwire(folder, &record);
    assert!(recorded.starts_with("exit 0\n") && recorded.contains("1 recorded"), "{recorded}");
    fs::write(folder.join("my days/day.ndjson"), line("/a", &json!({ "n": "x" }))).unwrap();
    let drafted = paperwire(folder, &["quirks", "suggest", "--contract", "c", "my days"]);
    let step = "then `paperwire check --contract c 'my days'`.\n";
    assert!(drafted.starts_with("exit 0\n") && drafted.ends_with(step), "{drafted}");
}

#[test]
fn a_folder_that_cannot_be_made_is_not_made_and_the_users_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    let document = fs::read(folder.join("c/documented/openapi.json")).unwrap();
    for name in ["v.json", "api-docs", "v.txt", ".hid.json"] {
        fs::write(folder.join(name), &document).unwrap();
    }
    fs::write(folder.join("page.har"), "<html>").unwrap();
    fs::write(folder.join("empty.har"), r#"{"log": {"version": "1.2", "entries": []}}"#).unwrap();
    fs::write(folder.join("day.har"), "{}").unwrap();
    let before = names(folder);
    let none = "promised an OpenAPI document, called *.json, *.yaml or *.yml";
    let cases: [(&[&str], &str); 7] = [
        (&["api-docs"], &format!("api-docs: {none}")),
        (&["v.txt"], &format!("v.txt: {none}")),
        (&[".hid.json"], &format!(".hid.json: {none}")),
        (&["day.har", "v.json"], "they stand the other way round: paperwire init v.json day.har"),
        (
            &["day.har", "v.json", "--out", "my c", "--base-url", "https://h.test/v1"],
            "paperwire init v.json day.har --out 'my c' --base-url https://h.test/v1\n",
        ),
        (&["v.json", "page.har"], "nothing of the traffic could be read, and no folder was made"),
        (&["v.json", "empty.har"], "nothing of the traffic could be read, and no folder was made"),
    ];
    for (arguments, told) in cases {
        let screen = paperwire(folder, &[&["init"], arguments].concat());
        assert!(screen.starts_with("exit 2\n") && screen.contains(told), "{screen}");
        assert!(!screen.contains(".paperwire"), "{screen}");
        assert_eq!(names(folder), before);
    }
    // An empty folder that is not the one it runs in is as good as none.
    fs::create_dir(folder.join("empty")).unwrap();
    let here = paperwire(&folder.join("empty"), &["init", "../v.json", "--out", "."]);
    assert!(here.starts_with("exit 2\n") && here.contains("such as ./contract"), "{here}");
    let made = paperwire(folder, &["init", "v.json", "--out", "empty"]);
    assert!(made.starts_with("exit 0\n"), "{made}");
}

#[test]
fn traffic_of_which_nothing_is_checked_is_told_as_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    let document = "c/documented/openapi.json";
    let outage = line("/a", &json!({})).replace("200", "503");
    fs::write(folder.join("outage.ndjson"), outage).unwrap();
    let foreign = line("/x/a", &json!({})).replace("v.test", "w.test");
    fs::write(folder.join("foreign.ndjson"), foreign).unwrap();
    let screen = paperwire(folder, &["init", document, "outage.ndjson", "--out", "one"]);
    assert!(
        screen.starts_with("exit 3\n") && screen.contains("outage.ndjson, entry 0: "),
        "{screen}"
    );
    assert!(!screen.contains("base_urls"), "{screen}");
    let screen = paperwire(folder, &["init", document, "foreign.ndjson", "--out", "two"]);
    assert!(
        screen.starts_with("exit 3\n")
            && screen.contains("1. nothing of the traffic was checked: name the server"),
        "{screen}"
    );
    assert!(
        screen.contains("3. paperwire quirks suggest --contract two foreign.ndjson "),
        "{screen}"
    );
}

#[test]
fn the_corrected_document_is_written_for_any_contract() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    contract(folder, &["/a"], &number());
    let schema =
        |more: &[&str]| paperwire(folder, &[&["schema", "--contract", "c"], more].concat());
    assert_eq!(schema(&[]), "exit 0\nno quirk corrects the document\n");
    fs::create_dir(folder.join("c/quirks")).unwrap();
    let quirk = folder.join("c/quirks/n-is-a-string.toml");
    fs::write(&quirk, QUIRK).unwrap();
    let told = |done: &str| {
        ["overlay", "openapi"].map(|it| format!("c/corrected/{it}.json {done}\n")).concat()
    };
    assert_eq!(schema(&["--check"]), format!("exit 1\n{}", told("would change")));
    assert_eq!(schema(&[]), format!("exit 0\n{}", told("written")));
    assert_eq!(schema(&["--check"]), "exit 0\nup to date\n");
    let openapi = fs::read_to_string(folder.join("c/corrected/openapi.json")).unwrap();
    assert!(openapi.contains("\"string\""), "{openapi}");
    fs::remove_file(&quirk).unwrap();
    assert_eq!(schema(&[]), format!("exit 0\n{}", told("removed")));
}

const QUIRK: &str = "\
summary = \"documented an integer, returned a string\"
declared = { type = \"integer\" }
returned = { type = \"string\" }
reason = \"Seen.\"
known_since = 2026-01-01
review_by = 2026-06-01
at = [{ operation = \"GET /a\", status = 200, place = \"/n\" }]
";

/// A binary speaks of its own commands, and of flags that do something.
#[test]
fn help_speaks_of_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &[&str]| paperwire(folder.path(), &[command, &["--help"]].concat());
    for command in [&["check"][..], &["record"], &["quirks", "suggest"]] {
        let help = help(command);
        assert!(help.starts_with("exit 0\n") && !help.contains("stand-in"), "{help}");
    }
    assert!(!help(&["record"]).contains("--probes"));
    for command in [&["shape"][..], &["strength"], &["quirks", "report"]] {
        assert!(!help(command).contains("--today"), "{command:?}");
    }
    for command in ["record", "shape"] {
        assert!(help(&[command]).contains("\nExit codes:\n  0  "), "{command}");
    }
    let rules = paperwire(folder.path(), &["explain"]);
    let pages = rules.lines().skip(1).filter_map(|it| it.split_whitespace().nth(1));
    for rule in pages {
        let page = paperwire(folder.path(), &["explain", rule]);
        assert!(page.starts_with("exit 0\n") && !page.contains("xtask"), "{page}");
    }
}

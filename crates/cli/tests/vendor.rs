//! Another vendor, from a document and a HAR to a contract that would notice: the commands as their user runs them.

mod common;

use std::{fs, path::Path};

use common::paperwire;
use serde_json::{Value, json};

fn compare(name: &str, screen: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("command__{name}"), screen));
}

fn document() -> Value {
    let order = json!({
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": { "type": "integer" },
            "state": { "type": "string" },
            "paid_at": { "type": "string", "format": "date-time" },
            "buyer": { "$ref": "#/components/schemas/Buyer" },
        },
    });
    let buyer = json!({
        "type": "object",
        "properties": { "name": { "type": "string" }, "phone": { "type": "string" } },
    });
    let answer = |schema: Value| json!({ "200": { "description": "", "content": { "application/json": { "schema": schema } } } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Orders", "version": "1" },
        "servers": [{ "url": "https://api.orders.test/v1" }],
        "security": [{ "key": [] }],
        "externalDocs": { "url": "https://docs.orders.test" },
        "paths": {
            "/orders": { "get": { "responses": answer(json!({ "type": "array", "items": { "$ref": "#/components/schemas/Order" } })) } },
            "/buyers/{id}": { "get": {
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } },
                    { "name": "x-region", "in": "header", "required": true, "schema": { "type": "string" } },
                ],
                "responses": answer(json!({ "$ref": "#/components/schemas/Buyer" })),
            } },
        },
        "components": {
            "schemas": { "Order": order, "Buyer": buyer },
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" } },
        },
    })
}

/// What the server answers: `state` is a number, `paid_at` may be null, and an order's buyer has no text for a phone.
fn orders() -> Value {
    let order = |id: u32, paid_at: Value| json!({ "id": id, "state": 2, "paid_at": paid_at, "buyer": { "name": "Canary Finch", "phone": 5550199 }, "note": "CANARY-NOTE" });
    json!([order(1, json!("2026-01-02T03:04:05Z")), order(2, Value::Null)])
}

fn har(answers: &[(&str, Value)]) -> String {
    let entries = answers.iter().map(|(path, body)| {
        json!({
            "request": { "method": "GET", "url": format!("https://api.orders.test/v1{path}"), "headers": [{ "name": "X-Key", "value": "CANARY-KEY" }] },
            "response": { "status": 200, "headers": [], "content": { "mimeType": "application/json", "text": body.to_string() } },
        })
    });
    json!({ "log": { "version": "1.2", "entries": entries.collect::<Vec<_>>() } }).to_string()
}

/// A folder with the vendor's document and traffic.
fn vendor() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let buyer = json!({ "name": "Canary Wren", "phone": "555-0188" });
    fs::write(folder.path().join("orders.json"), document().to_string()).unwrap();
    fs::write(
        folder.path().join("traffic.har"),
        har(&[("/orders", orders()), ("/buyers/3", buyer)]),
    )
    .unwrap();
    folder
}

const INIT: &[&str] =
    &["init", "orders.json", "traffic.har", "--out", "orders", "--today", "2026-11-23"];

/// Gives every drafted quirk a reason.
fn give_reasons(folder: &Path) {
    let quirks = fs::read_dir(folder.join("orders/quirks")).unwrap();
    for path in quirks.map(|it| it.unwrap().path()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("reason      = \"\""), "{text}");
        let text = text.replace("reason      = \"\"", "reason      = \"Seen in the shop.\"");
        fs::write(&path, text).unwrap();
    }
}

#[test]
fn from_a_document_and_traffic_to_a_contract_that_would_notice() {
    let folder = vendor();
    let folder = folder.path();
    let run = |arguments: &[&str]| paperwire(folder, arguments);
    let check = |file: &str| run(&["check", "--contract", "orders", "--today", "2026-11-23", file]);
    compare("init", &run(INIT));
    compare("init-settings", &fs::read_to_string(folder.join("orders/contract.toml")).unwrap());
    // A draft that nobody has read is refused.
    let refused = check("traffic.har");
    assert!(refused.starts_with("exit 2\n") && refused.contains("`reason` is blank"), "{refused}");
    give_reasons(folder);
    let kept = check("traffic.har");
    assert!(kept.starts_with("exit 0\nContract kept. 2 exchanges checked: 0 errors"), "{kept}");

    let faults: [(&str, Value); 4] = [
        ("/0/state", json!("open")),
        ("/1/id", json!("2")),
        ("/0/paid_at", json!("yesterday")),
        ("/0/buyer/phone", json!(true)),
    ];
    for (pointer, value) in faults {
        let mut orders = orders();
        *orders.pointer_mut(pointer).unwrap() = value;
        fs::write(folder.join("faulty.har"), har(&[("/orders", orders)])).unwrap();
        let broken = check("faulty.har");
        assert!(broken.starts_with("exit 1\n"), "{pointer}: {broken}");
    }
    // What is kept of the traffic is masked, and found where the contract is.
    let recorded = run(&["record", "--contract", "orders", "--from", "traffic.har"]);
    assert!(recorded.starts_with("exit 0\n"), "{recorded}");
    let kept = run(&["check", "--contract", "orders", "--today", "2026-11-23"]);
    assert!(kept.starts_with("exit 0\nContract kept. 2 exchanges"), "{kept}");
    assert_no_canaries(&folder.join("orders"));
}

#[test]
fn the_message_to_the_vendor_shows_no_value() {
    let folder = vendor();
    let folder = folder.path();
    let run = |arguments: &[&str]| paperwire(folder, arguments);
    run(INIT);
    give_reasons(folder);
    let report = |id: &str| run(&["quirks", "report", id, "--contract", "orders", "traffic.har"]);
    let message = report("phone-is-an-integer");
    assert!(!message.to_lowercase().contains("canary") && !message.contains("555"), "{message}");
    compare("quirks-report", &message);
    let unknown = report("phone");
    assert!(
        unknown.starts_with("exit 2\n") && unknown.contains("phone-is-an-integer"),
        "{unknown}"
    );
    // Without traffic nothing pretends that there was any.
    let unseen = run(&["quirks", "report", "phone-is-an-integer", "--contract", "orders"]);
    assert!(unseen.starts_with("exit 0\n") && unseen.contains("Not yet seen on the wire"));
    assert!(!unseen.contains("HTTP 200"), "{unseen}");
}

const YAML: &str = "\
openapi: 3.0.3
info: {title: Orders, version: '1'}
servers:
  - url: https://api.orders.test/v1
paths:
  /orders:
    $ref: ./paths/orders.yaml
";

const FILES: &[(&str, &str)] = &[
    ("split/orders.yaml", YAML),
    (
        "split/paths/orders.yaml",
        "get:
  responses:
    200:
      description: All of them.
      content:
        application/json:
          schema:
            type: array
            items: {$ref: '../schemas/order.yaml#/Order'}
",
    ),
    (
        "split/schemas/order.yaml",
        "Order:
  type: object
  required: [id]
  properties:
    id: {type: integer}
    state:
      type: string
      minimum: none
    paid_at: {type: string, format: date-time, nullable: true}
    buyer: {}
    note:
      type: string
",
    ),
    ("split/package.json", "{}"),
    (
        "root.json",
        r#"{"openapi": "3.0.3", "servers": [{"url": "https://api.orders.test/v1"}], "paths": {"/orders": {"$ref": "split/paths/orders.yaml"}}}"#,
    ),
    ("above/api/orders.yaml", "openapi: 3.1.0\npaths: {/orders: {$ref: ../orders.yaml}}\n"),
    ("above/orders.yaml", "get: {responses: {200: {description: ''}}}\n"),
];

#[test]
fn yaml_and_several_files_are_taken_as_they_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.join("traffic.har"), har(&[("/orders", orders())])).unwrap();
    let init = |document: &str, more: &[&str]| {
        let _ = fs::remove_dir_all(folder.join("orders"));
        let today = ["--out", "orders", "--today", "2026-11-23"];
        paperwire(folder, &[&["init", document][..], more, &today].concat())
    };
    // A root, the folder that holds it, and JSON that refers to YAML make the same contract.
    for (document, root, parts) in [
        ("split/orders.yaml", "orders.yaml", ""),
        ("split", "orders.yaml", ""),
        ("root.json", "root.json", "split/"),
    ] {
        let screen = init(document, &["traffic.har"]);
        assert!(screen.starts_with("exit 0\n"), "{document}: {screen}");
        assert!(
            screen.contains("1 operation in 3 files") && screen.contains("state-is-an-integer"),
            "{screen}"
        );
        for file in
            [root, &format!("{parts}paths/orders.yaml"), &format!("{parts}schemas/order.yaml")]
        {
            assert!(folder.join("orders/documented").join(file).is_file(), "{document}: {file}");
        }
        assert!(!folder.join("orders/documented/package.json").exists());
    }
    compare("init-yaml", &init("split", &["traffic.har"]));
    give_reasons(folder);
    let check = ["check", "--contract", "orders", "--today", "2026-11-23", "traffic.har"];
    let kept = paperwire(folder, &check);
    assert!(kept.starts_with("exit 0\nContract kept. 1 exchange"), "{kept}");
    let report = ["quirks", "report", "state-is-an-integer", "--contract", "orders", "traffic.har"];
    let message = paperwire(folder, &report);
    assert!(message.starts_with("exit 0\n") && message.contains("has 3 files"), "{message}");
    // Findings name the file, and the line in it.
    init("split", &[]);
    let broken = paperwire(folder, &check);
    compare("check-yaml", &broken);

    let above = init("above/api/orders.yaml", &[]);
    assert!(
        above.starts_with("exit 2\n") && above.contains("name the folder that holds both"),
        "{above}"
    );
    assert!(init("above", &[]).contains("with 1 operation in 2 files"));
}

#[test]
fn a_document_without_operations_loads_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("traffic.har"), har(&[("/orders", orders())])).unwrap();
    let documents = [
        ("webhooks: {paid: {post: {responses: {200: {description: ''}}}}}", "#/webhooks"),
        ("paths: {}", "#/paths"),
        ("components: {schemas: {A: {type: string}}}", "#/components"),
    ];
    for (members, place) in documents {
        fs::write(folder.join("orders.yaml"), format!("openapi: 3.1.0\n{members}\n")).unwrap();
        let _ = fs::remove_dir_all(folder.join("orders"));
        let made = paperwire(folder, &["init", "orders.yaml", "traffic.har", "--out", "orders"]);
        assert!(made.starts_with("exit 3\n") && made.contains("nothing can be checked"), "{made}");
        let check = paperwire(folder, &["check", "--contract", "orders", "traffic.har"]);
        assert!(check.starts_with("exit 3\nCould not check."), "{check}");
        assert!(check.contains(&format!("orders.yaml:2{place}\n")), "{check}");
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_half_made() {
    let folder = vendor();
    let folder = folder.path();
    let run = |arguments: &[&str]| paperwire(folder, arguments);
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let mut broken = document();
    broken["openapi"] = json!("2.0");
    fs::write(folder.join("orders.json"), broken.to_string()).unwrap();
    let screen = run(INIT);
    assert!(
        screen.starts_with("exit 2\n") && screen.contains("orders.json: #/openapi"),
        "{screen}"
    );
    assert!(run(&["init", "missing.json"]).contains("missing.json"));
    let missing = run(&["init", "orders.json", "missing.har"]);
    assert!(missing.starts_with("exit 2\n") && missing.contains("missing.har"), "{missing}");
    assert_eq!(names(), before);

    fs::write(folder.join("orders.json"), document().to_string()).unwrap();
    let alone = run(&["init", "orders.json", "--out", "alone"]);
    assert!(alone.starts_with("exit 0\n"), "{alone}");
    let again = run(&["init", "orders.json", "--out", "alone"]);
    assert!(again.starts_with("exit 2\n") && again.contains("not empty"), "{again}");
    // A foreign server's traffic is left alone, and what settles that is said.
    let foreign = har(&[("/orders", orders())]).replace("api.orders.test/v1", "localhost:8080");
    fs::write(folder.join("foreign.har"), foreign).unwrap();
    let screen = run(&["init", "orders.json", "foreign.har", "--out", "foreign"]);
    assert!(
        screen.starts_with("exit 3\n") && screen.contains("name the server that was asked"),
        "{screen}"
    );
}

#[test]
fn what_of_the_traffic_cannot_be_read_is_told_by_entry_and_byte() {
    let folder = vendor();
    let folder = folder.path();
    let line = r#"{"url":"https://api.orders.test/v1/orders","status":200,"body":[]}"#;
    fs::write(folder.join("day.ndjson"), format!("{line}\n{{\n")).unwrap();
    let screen = paperwire(folder, &["init", "orders.json", "day.ndjson"]);
    assert!(
        screen.starts_with("exit 2\n") && screen.contains("day.ndjson, entry 1, byte 67: "),
        "{screen}"
    );
}

#[test]
fn every_form_tells_of_hosts_that_nobody_names() {
    let folder = vendor();
    let folder = folder.path();
    let run = |arguments: &[&str]| paperwire(folder, arguments);
    let staging = har(&[("/orders", json!([]))]).replace("api.orders.test", "canary.test");
    fs::write(folder.join("staging.har"), staging).unwrap();
    let told = "1 exchange judged by path, on hosts that the document does not name";
    let made = run(&["init", "orders.json", "staging.har", "--out", "orders"]);
    assert!(made.contains(told), "{made}");

    let forms = ["json", "html", "markdown", "sarif", "junit"];
    let outputs = forms.map(|it| format!("{it}=out/{it}")).join(",");
    fs::create_dir(folder.join("out")).unwrap();
    let check = ["check", "--contract", "orders", "staging.har", "traffic.har"];
    let screen = run(&[&check[..], &["--report", &format!("{outputs},github")]].concat());
    assert_eq!(screen.matches(told).count(), 2, "{screen}");
    for form in forms {
        let text = fs::read_to_string(folder.join("out").join(form)).unwrap();
        let word = if form == "json" { "\"on_foreign_hosts\": 1" } else { told };
        assert!(text.contains(word), "{form}");
    }
    assert_no_canaries(&folder.join("out"));

    let named = run(&[&check[..], &["--base-url", "https://canary.test/v1"]].concat());
    assert!(!named.contains("does not name"), "{named}");
}

#[test]
fn what_was_asked_and_could_not_be_judged_is_named() {
    let folder = vendor();
    let folder = folder.path();
    paperwire(folder, &["init", "orders.json", "--out", "orders"]);
    let line = |path: &str, status: u16| {
        let url = format!("https://api.orders.test/v1{path}");
        let exchange =
            json!({ "url": url, "status": status, "content_type": "application/json", "body": [] });
        format!("{exchange}\n")
    };
    let lines = line("/orders", 200) + &line("/buyers/1", 503);
    fs::write(folder.join("traffic.ndjson"), lines).unwrap();
    let check = ["check", "--contract", "orders", "--today", "2026-11-23", "traffic.ndjson"];
    compare("check-outage", &paperwire(folder, &check));
}

/// A runner takes a line that starts with `::` for a command, and a terminal obeys what follows an escape.
#[test]
fn what_the_vendor_calls_things_is_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |arguments: &[&str]| paperwire(folder, arguments);
    let name = "a\n::stop-commands::\u{1b}[31mRED";
    let code = "open\n::stop-commands::\u{1b}[31mRED";
    let document = |kind: &str| {
        let members = json!({ name: { "type": kind }, "state": { "type": "string", "enum": ["shut", code] } });
        let schema = json!({ "type": "object", "properties": members });
        let content = json!({ "application/json": { "schema": schema } });
        json!({
            "openapi": "3.1.0",
            "servers": [{ "url": "https://api.orders.test/v1" }],
            "paths": { format!("/{name}"): { "get": { "responses": { "200": { "description": "", "content": content } } } } },
        })
        .to_string()
    };
    fs::write(folder.join("old.json"), document("string")).unwrap();
    fs::write(folder.join("new.json"), document("integer")).unwrap();
    let traffic = |body: Value| har(&[("/a%0A::stop-commands::%1B%5B31mRED", body)]);
    fs::write(folder.join("faulty.har"), traffic(json!({ name: null, "state": "ajar" }))).unwrap();
    fs::write(folder.join("good.har"), traffic(json!({ name: "x", "state": code }))).unwrap();
    fs::create_dir(folder.join("kept")).unwrap();
    let secret = format!("ann{}", "@popular-mail.com");
    fs::write(folder.join("kept").join("x\n::stop-commands::\u{1b}[31mRED.har"), secret).unwrap();
    run(&["init", "old.json", "--out", "orders"]);
    let check = ["--color", "always", "check", "--contract", "orders", "faulty.har"];
    let commands: [(&[&str], &str); 9] = [
        (&check, "error[null]"),
        (&[&check[..], &["-v"]].concat(), "error[enum]"),
        (&[&check[..], &["--report", "github"]].concat(), "::error "),
        (&[&check[..], &["--include", "nope"]].concat(), "no operation"),
        (&["check", "--contract", "orders", "kept"], "could not be read"),
        (&["shape", "--contract", "orders", "good.har"], "shape-new"),
        (&["strength", "--contract", "orders", "good.har"], "Unnoticed"),
        (&["diff", "old.json", "new.json"], "breaks"),
        (&["leaks", "kept"], "e-mail"),
    ];
    for (arguments, expected) in commands {
        let screen = run(arguments);
        assert!(screen.contains(expected) && screen.contains("[31mRED"), "{arguments:?}: {screen}");
        assert!(!screen.contains("\u{1b}[31mRED"), "{arguments:?}: {screen:?}");
        let is_command = |it: &str| it.trim_start().starts_with("::stop");
        assert!(!screen.lines().any(is_command), "{arguments:?}: {screen}");
    }
}

fn assert_no_canaries(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_canaries(&path);
        } else {
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            assert!(!text.contains("canary"), "{}", path.display());
        }
    }
}

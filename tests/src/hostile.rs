//! Laws that hold whatever comes in. The fuzz targets call them with noise, the suite with what fuzzing found worth keeping.

use std::{collections::BTreeSet, sync::LazyLock};

use contract::{Body, Contract, ContractTexts, Exchange, MaskKey, Report, Run, RunOptions, Text};
use serde_json::{Value, json};

use crate::{CONTRACT, exchange};

/// Panics where the law is broken by these bytes.
pub type Law = fn(&[u8]);

/// Each law under the name of its fuzz target.
pub const LAWS: &[(&str, Law)] = &[
    ("har", har),
    ("body", body),
    ("shortcut", shortcut),
    ("quirk_file", quirk_file),
    ("document", document),
    ("path", path),
    ("mask", mask),
];

/// A vendor that keeps quirk files and documents quick to load.
static VENDOR: LazyLock<ContractTexts> = LazyLock::new(|| {
    let text = |name: &str, text: &str| Text { name: name.into(), text: text.into() };
    ContractTexts {
        documented: vec![text("openapi.json", include_str!("../fuzz/seeds/document/vendor.json"))],
        quirks: Vec::new(),
        modelled: None,
        settings: None,
    }
});

/// A recording: each entry is an exchange or is told as unreadable, and each exchange is counted once.
pub fn har(bytes: &[u8]) {
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    let (mut exchanges, mut unreadable) = (0, 0);
    harness::read_har("noise.har", bytes, |entry| match entry {
        Ok(exchange) => {
            exchanges += 1;
            run.check(&exchange);
        }
        Err(reason) => {
            unreadable += 1;
            run.unreadable(reason);
        }
    });
    let report = run.report();
    let counts = report.exchanges;
    let counted = counts.checked + counts.skipped + counts.out_of_scope + counts.could_not_check;
    assert_eq!(counted, exchanges);
    assert_eq!(report.unreadable.len() as u64 + report.more_unreadable(), unreadable);
    assert!(exchanges > 0 || unreadable > 0 || report.exit_code == 3, "nothing read is no verdict");
    assert!(unreadable == 0 || [1, 2].contains(&report.exit_code), "what was not read is told");
}

/// A body: what is found in it does not hang on how it is laid out, unless a member stands there twice.
pub fn body(bytes: &[u8]) {
    let found = |bytes: &[u8]| {
        let report = check(&CONTRACT, &exchange(200, bytes));
        report.to_json();
        report.findings.iter().map(|it| (it.rule.id(), it.id.clone())).collect::<BTreeSet<_>>()
    };
    let as_it_is = found(bytes);
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    if as_it_is.iter().all(|it| it.0 != "duplicate-member") {
        let again = serde_json::to_string_pretty(&value).expect("it was read");
        assert_eq!(found(again.as_bytes()), as_it_is);
    }
}

/// A body, after everything in it was seen before: the shortcut reports what the full check does.
pub fn shortcut(bytes: &[u8]) {
    let told = |no_fast_path: bool| {
        let mut run = Run::new(&CONTRACT, RunOptions { no_fast_path, ..RunOptions::default() });
        for entry in 0..3 {
            run.check(&Exchange { entry, ..exchange(200, bytes) });
        }
        run.report().to_json()
    };
    assert_eq!(told(false), told(true));
}

/// A quirk file: read, or refused with a fault that names the file.
pub fn quirk_file(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let file = Text { name: "noise.toml".into(), text: text.into() };
    match Contract::load(&ContractTexts { quirks: vec![file], ..VENDOR.clone() }) {
        Ok(contract) => drop(check(&contract, &exchange(200, b"{\"id\":\"1\"}"))),
        Err(faults) => assert!(faults.0.iter().any(|it| it.file == "noise.toml"), "{faults}"),
    }
}

/// A vendor's document, JSON or YAML: read, or refused with a fault that names the file; what is wrong with it has a line,
/// and what it documents can be asked.
pub fn document(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let documented = vec![Text { name: "noise.yaml".into(), text: text.into() }];
    let texts = ContractTexts { documented, ..VENDOR.clone() };
    let contract = match Contract::load(&texts) {
        Ok(contract) => contract,
        Err(faults) => {
            return assert!(faults.0.iter().any(|it| it.file == "noise.yaml"), "{faults}");
        }
    };
    let breaks = text.chars().filter(|it| ['\n', '\r'].contains(it)).count();
    for fault in contract.located_faults(&texts) {
        assert!(fault.line.is_some_and(|it| (1..=breaks + 1).contains(&it.get())), "{fault}");
    }
    let operations: Vec<String> = contract.operations().map(|it| it.as_str().to_owned()).collect();
    for operation in operations {
        let (method, template) = operation.split_once(' ').expect("a method and a template");
        for body in [&b"{\"a\":[1,\"x\",null]}"[..], b"[{}]"] {
            let url = format!("https://vendor.example{template}");
            let asked = Exchange { method: method.into(), url: url.into(), ..exchange(200, body) };
            check(&contract, &asked);
            contract.mask(&asked, &[], &MaskKey::from_text("law"));
        }
    }
}

/// Path templates, a line each, and a URL after them: nothing panics, and a template finds its own operation.
pub fn path(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (templates, url) = text.rsplit_once('\n').unwrap_or((text, "/"));
    let templates: Vec<&str> = templates.lines().take(8).collect();
    let paths: serde_json::Map<String, Value> = templates
        .iter()
        .map(|it| {
            ((*it).to_owned(), json!({ "get": { "responses": { "200": { "description": "" } } } }))
        })
        .collect();
    let document = json!({ "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": paths,
        "servers": [{ "url": "https://vendor.example/v1" }] });
    let documented = vec![Text { name: "openapi.json".into(), text: document.to_string() }];
    let Ok(contract) = Contract::load(&ContractTexts { documented, ..VENDOR.clone() }) else {
        return;
    };
    for url in [url.to_owned(), format!("https://vendor.example/v1{url}")] {
        let asked = Exchange { url: url.into(), ..exchange(200, b"{}") };
        check(&contract, &asked);
        contract.mask(&asked, &[], &MaskKey::from_text("law"));
    }
    for template in templates.iter().filter(|it| is_plain(it)) {
        let url = format!("https://vendor.example/v1{}", template.replace("{id}", "7"));
        let report = check(&contract, &Exchange { url: url.into(), ..exchange(200, b"{}") });
        let unknown =
            report.findings.iter().any(|it| it.rule == contract::Rule::UndocumentedOperation);
        assert!(!unknown && report.exchanges.out_of_scope == 0, "{template}");
    }
}

/// Whether a template is a path of plain segments and `{id}`s.
fn is_plain(template: &str) -> bool {
    let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase());
    template.strip_prefix('/').is_some_and(|it| it.split('/').all(|it| it == "{id}" || is_word(it)))
}

/// Masking: what comes out is judged as what went in, and holds none of its texts.
pub fn mask(bytes: &[u8]) {
    let mark = "m4rk";
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return };
    put_in_texts(&mut value, mark);
    let text = value.to_string();
    let asked = exchange(200, text.as_bytes());
    let Some(masked) = CONTRACT.mask(&asked, &[], &MaskKey::from_text("law")) else { return };
    let Some(body) = &masked.body else {
        return assert!(!masked.why_dropped.is_empty(), "a body is gone and nothing says why");
    };
    assert!(!body.contains(mark), "a text of the body was kept");
    let found = |it: &Report| {
        it.findings.iter().map(|it| (it.id.clone(), it.count)).collect::<BTreeSet<_>>()
    };
    let after = Exchange {
        body: Body::Bytes { bytes: body.as_bytes().into(), origin: contract::Origin::Unknown },
        ..asked.clone()
    };
    assert_eq!(found(&check(&CONTRACT, &after)), found(&check(&CONTRACT, &asked)));
}

/// Puts a mark into every text.
fn put_in_texts(value: &mut Value, mark: &str) {
    match value {
        Value::String(text) => text.push_str(mark),
        Value::Array(items) => items.iter_mut().for_each(|it| put_in_texts(it, mark)),
        Value::Object(members) => members.values_mut().for_each(|it| put_in_texts(it, mark)),
        _ => {}
    }
}

fn check(contract: &Contract, exchange: &Exchange<'_>) -> Report {
    let mut run = Run::new(contract, RunOptions::default());
    run.check(exchange);
    run.report()
}

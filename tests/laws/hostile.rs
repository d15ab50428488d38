//! Hostile input: nothing panics, nothing hangs, and the verdict is not fooled.

use std::{fs, panic};

use contract::{Contract, ContractTexts, Exchange, MaskKey, Report, Run, RunOptions, Text};
use proptest::prelude::*;
use tests::{CONTRACT, exchange, hostile::LAWS, texts};

/// Checks a body as a 200, and masks it.
fn report(bytes: &[u8]) -> Report {
    let exchange = exchange(200, bytes);
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    run.check(&exchange);
    CONTRACT.mask(&exchange, &[], &MaskKey::from_text("law"));
    run.report()
}

/// What is found or why the body is left alone.
fn told(bytes: &[u8]) -> String {
    let report = report(bytes);
    let errors = report.findings.iter().filter(|it| it.severity == contract::Severity::Error);
    let mut words: Vec<String> = errors
        .map(|it| format!("{} {}", it.rule.id(), it.place.as_ref().map_or("", |it| it.as_str())))
        .collect();
    words.extend(report.skipped.iter().map(|it| it.reason.clone()));
    words.sort();
    words.dedup();
    words.join(", ")
}

fn example() -> String {
    crate::faults::example().to_string()
}

/// Bodies that try to fool a reader.
pub(crate) fn bodies() -> Vec<Vec<u8>> {
    cases().into_iter().map(|it| it.1).collect()
}

/// What each is, and what is told of it.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let with = |from: &str, to: &str| {
        let text = example();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let id = |to: &str| with("\"id_chatroom\":8", &format!("\"id_chatroom\":{to}"));
    let name = |to: &str| with("\"firstname\":\"string\"", &format!("\"firstname\":{to}"));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    vec![
        ("as it is", example().into_bytes(), ""),
        ("blank", b"   ".to_vec(), "body-not-json "),
        ("10,000 levels", nested(10_000), "limit: depth"),
        ("a million levels", nested(1_000_000), "limit: depth"),
        ("1e400", id("1e400"), "limit: a number or text that no value can hold"),
        ("minus zero", id("-0"), ""),
        ("8.0", id("8.0"), ""),
        ("beyond 64 bits", id("18446744073709551616"), "bounds /id_chatroom"),
        ("beyond i64", id("9223372036854775808"), "bounds /id_chatroom"),
        ("a thousand digits", id(&"9".repeat(300)), "bounds /id_chatroom"),
        (
            "half a surrogate pair",
            name("\"\\ud800\""),
            "limit: a number or text that no value can hold",
        ),
        ("NUL escaped", name("\"a\\u0000b\""), ""),
        ("NUL as it is", name("\"a\0b\""), "body-not-json "),
        (
            "invalid UTF-8",
            [&example().as_bytes()[..40], b"\xff", &example().as_bytes()[40..]].concat(),
            "body-not-json ",
        ),
        ("a byte-order mark", [b"\xef\xbb\xbf", example().as_bytes()].concat(), ""),
        ("two values", format!("{} {}", example(), example()).into_bytes(), "body-not-json "),
        (
            "the good one last",
            with("{\"id_chatroom\":8", "{\"id_chatroom\":\"x\",\"id_chatroom\":8"),
            "duplicate-member /id_chatroom",
        ),
        (
            "the good one first",
            with("{\"id_chatroom\":8", "{\"id_chatroom\":8,\"id_chatroom\":8"),
            "duplicate-member /id_chatroom",
        ),
        (
            "a number that is a marker of serde_json",
            with("\"last_rating\":{", "\"last_rating\":{\"$serde_json::private::Number\":\"1\","),
            "",
        ),
    ]
}

#[test]
fn hostile_bodies_are_told_for_what_they_are() {
    for (what, bytes, expected) in cases() {
        assert_eq!(told(&bytes), expected, "{what}");
    }
}

#[test]
fn every_law_holds_for_what_fuzzing_left() {
    for folder in ["tests/fuzz/seeds", "tests/fuzz/corpus"] {
        let files = crate::repository::files_below(folder);
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let bytes = fs::read(&file).unwrap();
            for (name, law) in LAWS {
                let held = panic::catch_unwind(|| law(&bytes));
                assert!(held.is_ok(), "the law of {name} is broken by {}", file.display());
            }
        }
    }
}

#[test]
fn a_wide_body_is_read_in_time() {
    let members: Vec<String> = (0..10_000).map(|it| format!("\"m{it}\":{it}")).collect();
    let wide = format!("{{{}}}", members.join(","));
    assert!(told(wide.as_bytes()).contains("undocumented-field /*"));
}

proptest! {
    #[test]
    fn no_body_panics(noise in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte: u8) {
        report(&noise);
        let mut changed = example().into_bytes();
        let at = at.index(changed.len());
        report(&changed[..at]);
        changed[at] = byte;
        report(&changed);
    }

    #[test]
    fn no_url_panics(url: String, path in "[a-zA-Z0-9/%{}._-]{0,40}", base: String) {
        for url in [url, format!("https://domain.tld/api/v2{path}"), path] {
            let mut run = Run::new(&CONTRACT, RunOptions { base_urls: vec![base.clone()], ..RunOptions::default() });
            let exchange = Exchange { url: url.into(), ..exchange(200, b"{}") };
            run.check(&exchange);
            CONTRACT.mask(&exchange, std::slice::from_ref(&base), &MaskKey::from_text("law"));
        }
    }
}

proptest! {
    // Each case loads six contracts.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_text_of_a_contract_panics(noise: String, at in any::<prop::sample::Index>(), with in "[\\[\\]{}\",:=a#/0-9]{0,3}") {
        let cut = |text: &str| {
            let mut at = at.index(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            format!("{}{with}{}", &text[..at], &text[at..])
        };
        let load = |texts: ContractTexts| drop(Contract::load(&texts));
        let good = texts();
        let named = |text: String| Text { name: "x.json".into(), text };
        load(ContractTexts { documented: vec![named(noise.clone())], ..good.clone() });
        load(ContractTexts { documented: vec![named(cut(&good.documented[0].text))], ..good.clone() });
        load(ContractTexts { quirks: vec![named(noise.clone())], ..good.clone() });
        load(ContractTexts { quirks: vec![named(cut(&good.quirks[0].text))], ..good.clone() });
        load(ContractTexts { settings: Some(named(noise)), ..good.clone() });
        load(ContractTexts { modelled: Some(named(cut(&good.modelled.as_ref().unwrap().text))), ..good });
    }
}

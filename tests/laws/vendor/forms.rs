//! Quirks about what no schema can say: media types, answers and operations that are not documented.

use contract::{Contract, Run, RunOptions, Written};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Vendor,
    mixed::{ALTERNATIVES, ANOTHER},
    ok, told, vendor,
};

/// The answers of one operation by media type, with quirks of its 200.
fn content(content: &Value, quirks: &[&str]) -> Vendor {
    let responses =
        json!({"200": {"description": "", "content": content}, "202": {"description": ""}});
    let it = Vendor { responses, ..Vendor::default() };
    quirks.iter().fold(it, |it, says| it.quirk("", says))
}

fn json_of_a() -> Value {
    json!({"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}})
}

#[test]
fn a_body_of_another_media_type() {
    const JSON: &str = "declared = { media_type = \"application/json\" }\n";
    let html = format!("{JSON}returned = {{ media_type = \"text/html\", json = true }}");
    let api = format!("{JSON}returned = {{ media_type = \"application/vnd.api+json\" }}");
    let text = format!("{JSON}returned = {{ media_type = \"text/plain\" }}");
    let also = format!("{JSON}also = {{ media_type = \"text/html\", json = true }}");
    let no_json = format!("{JSON}also = {{ media_type = \"application/json\", json = false }}");
    let (good, bad) = ("{\"a\": 1}", "{\"a\": \"x\"}");
    // The quirks, what comes, and what is found.
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "text/html", good, "content-type -"),
        (&[], "application/json", "OK", "body-not-json"),
        (&[&html], "text/html; charset=utf-8", good, "quirk-confirmed"),
        (&[&html], "text/html", bad, "type /a, quirk-confirmed"),
        (&[&html], "text/html", "42", "type, quirk-confirmed"),
        (&[&html], "text/html", "<p>", "quirk-mutated"),
        (&[&html], "text/plain", good, "quirk-mutated"),
        (&[&html], "application/json", good, "quirk-healed"),
        (&[&html], "application/json", "OK", "quirk-mutated"),
        // Without a media type, nothing heals.
        (&[&html], "", good, ""),
        (&[&html], "", "", "body-missing"),
        (&[&api], "application/vnd.api+json", good, "quirk-confirmed"),
        (&[&api], "application/vnd.api+json", bad, "type /a, quirk-confirmed"),
        (&[&api], "application/vnd.api+json", "OK", "quirk-mutated"),
        (&[&text], "text/plain", "OK", "quirk-confirmed"),
        (&[&text], "text/plain", "42", "quirk-confirmed"),
        (&[&text], "text/plain", good, "quirk-mutated"),
        (&[&text], "text/html", "OK", "quirk-mutated"),
        (&[&also], "text/html", good, "quirk-confirmed"),
        (&[&also], "application/json", good, ""),
        (&[&also], "text/plain", good, "content-type -"),
        (&[&no_json], "application/json", "OK", "quirk-confirmed"),
        (&[&no_json], "", "OK", "quirk-confirmed"),
        (&[&no_json], "application/json", good, ""),
        (&[&no_json], "text/plain", "OK", "content-type -"),
        (&[&also, &no_json], "application/json", "OK", "quirk-confirmed"),
        (&[&also, &no_json], "text/html", good, "quirk-confirmed"),
        (&[&text, &also], "text/html", good, "quirk-confirmed"),
        (&[&text, &also], "application/json", good, "quirk-healed"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = content(&json_of_a(), quirks);
        let report = it.report(200, media_type, body);
        assert_eq!(told(&report), *found, "{quirks:?} {media_type} {body}");
        let full = it.report_in_full(200, media_type, body);
        assert_eq!(report.to_json(), full.to_json(), "{quirks:?} {media_type} {body}");
    }
}

#[test]
fn a_body_of_no_json_that_does_not_come() {
    let csv = json!({"text/csv": {"schema": {"type": "string"}}});
    let declared = "declared = { media_type = \"text/csv\" }\n";
    let (never, sometimes) =
        (format!("{declared}returned = false"), format!("{declared}also = false"));
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "text/csv", "", "body-missing"),
        (&[&never], "", "", "quirk-confirmed"),
        (&[&never], "text/csv", "a;b", "quirk-healed"),
        (&[&never], "text/html", "<p>", "quirk-mutated"),
        (&[&sometimes], "", "", "quirk-confirmed"),
        (&[&sometimes], "text/csv", "a;b", ""),
        (&[&sometimes], "text/html", "<p>", "content-type -"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = content(&csv, quirks);
        assert_eq!(
            told(&it.report(200, media_type, body)),
            *found,
            "{quirks:?} {media_type} {body}"
        );
    }
    assert_eq!(content(&json!({}), &[&never]).differs(), "quirk-resolved");
}

#[test]
fn members_of_a_closed_object_whose_names_are_data() {
    let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let others = "declared = false\nreturned = { type = \"integer\" }";
    let it = vendor(json!({"properties": {"o": {"anyOf": [closed, {"type": "null"}]}}}));
    assert_eq!(it.finds(json!({"o": {"1234": 1}})), "undocumented-field /o/*");
    let it = it.quirk("/o/*", others);
    assert_eq!(it.finds(json!({"o": {"a": "x", "1234": 1}})), "quirk-confirmed /o/*");
    assert_eq!(it.finds(json!({"o": {"a": "x", "1234": "1"}})), "quirk-mutated /o/*");
    assert_eq!(it.finds(json!({"o": {"a": 1}})), "type /o/a");
    let open = vendor(json!({"type": "object", "additionalProperties": {"type": "integer"}}));
    assert_eq!(open.quirk("/*", others).differs(), "quirk-resolved /*");
}

#[test]
fn a_body_where_none_is_documented() {
    let json = "declared = false\nreturned = { type = \"object\" }";
    let html = "declared = false\nreturned = { media_type = \"text/html\" }";
    let also = "declared = false\nalso = { media_type = \"text/html\" }";
    let problem = "declared = false\nreturned = { media_type = \"application/problem+json\" }";
    let cases: &[(&[&str], &str, &str, &str)] = &[
        (&[], "application/json", "{}", "body-unexpected"),
        (&[json], "application/json", "{}", "quirk-confirmed"),
        (&[json], "application/json", "[]", "quirk-mutated"),
        (&[json], "application/json", "", "quirk-healed"),
        (&[html], "text/html", "<p>", "quirk-confirmed"),
        (&[html], "text/plain", "<p>", "quirk-mutated"),
        (&[html], "application/json", "{}", "quirk-mutated"),
        (&[html], "text/html", "", "quirk-healed"),
        (&[also], "text/html", "", ""),
        (&[also], "text/plain", "<p>", "content-type -"),
        (&[problem], "application/problem+json", "{\"x\": 1}", "quirk-confirmed"),
    ];
    for (quirks, media_type, body, found) in cases {
        let it = Vendor { responses: content(&json_of_a(), &[]).responses, ..Vendor::default() };
        let it = quirks.iter().fold(it, |it, says| it.quirk_of(202, "", says));
        let report = it.report(202, media_type, body);
        assert_eq!(told(&report), *found, "{quirks:?} {media_type} {body}");
    }
}

#[test]
fn a_status_that_is_not_documented_comes_as_anything_or_as_one_media_type() {
    let anything = "declared = false\nreturned = true";
    let html = "declared = false\nreturned = { media_type = \"text/html\" }";
    let cases = [
        (anything, "text/html", "<p>", "quirk-confirmed"),
        (anything, "application/problem+json", "{}", "quirk-confirmed"),
        (anything, "", "", "quirk-confirmed"),
        (html, "text/html", "<p>", "quirk-confirmed"),
        (html, "text/plain", "gone", "quirk-mutated"),
        (html, "text/html", "{\"a\": 1}", "quirk-mutated"),
        (html, "text/html", "", "body-missing"),
    ];
    for (says, media_type, body, found) in cases {
        let it = vendor(json!({"type": "object"})).quirk_of(404, "", says);
        assert_eq!(told(&it.report(404, media_type, body)), found, "{says} {media_type} {body}");
    }
}

#[test]
fn what_the_document_makes_of_a_quirk_of_the_media_type() {
    let html = "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\", json = true }";
    let json = json_of_a();
    let both = json!({"application/json": json["application/json"], "text/html": {}});
    assert_eq!(content(&json, &[html]).differs(), "");
    assert_eq!(content(&both, &[html]).differs(), "quirk-resolved");
    let several =
        html.replace("\"application/json\" }\n", "[\"text/csv\", \"application/json\"] }\n");
    let csv = json!({"application/json; charset=utf-8": json["application/json"], "text/csv": {}});
    assert_eq!(content(&csv, &[&several]).differs(), "");
}

/// The contract of `GET /x`, with a quirk about another operation.
fn new_operation(operation: &str, says: &str) -> Result<Contract, String> {
    let mut it = vendor(json!({"type": "object"})).quirk("", says);
    it.quirks[0] = it.quirks[0].replace("GET /x", operation);
    it.load()
}

#[test]
fn an_operation_that_is_not_documented() {
    let says = "declared = { operation = false }\nreturned = { type = \"object\" }";
    let contract = new_operation("GET /rooms/{room}/log", says).unwrap();
    let finds = |path: &str, status: u16, body: &str| -> String {
        told(&super::answered(
            &contract,
            &format!("https://v.test/api{path}"),
            status,
            "application/json",
            body,
        ))
    };
    assert_eq!(finds("/rooms/8/log", 200, "{}"), "quirk-confirmed");
    assert_eq!(finds("/rooms/8/log", 200, "[]"), "quirk-mutated");
    assert_eq!(finds("/rooms/8/log", 404, "{}"), "undocumented-status -");
    assert_eq!(finds("/rooms/8/logs", 200, "{}"), "undocumented-operation -");
    let found = |operation: &str, says: &str| match new_operation(operation, says) {
        Ok(it) => told(&Run::new(&it, RunOptions::default()).report()),
        Err(fault) => fault,
    };
    assert_eq!(found("GET /x", says), "quirk-resolved");
    for (operation, says, fault) in [
        ("POST /x", &says.replace("{ operation = false }", "false"), "no such operation"),
        ("FETCH /y", &says.to_owned(), "correct it"),
        (
            "GET /x\"\nstatus = 404\nplace = \"\"\n[[at]]\noperation = \"GET /x",
            &says.to_owned(),
            "not the status",
        ),
    ] {
        let told = found(operation, says);
        assert!(told.contains(fault), "{operation}: {told}");
    }
}

#[test]
fn what_is_wrong_with_such_a_quirk() {
    let of = |schema: Value| Vendor { responses: ok(schema), ..Vendor::default() };
    let object = || {
        of(
            json!({"type": "object", "properties": {"a": {"oneOf": [{"type": "object"}, {"type": "object"}]}}}),
        )
    };
    let cases = [
        ("/a", "declared = { alternatives = \"one\" }\nreturned = { alternatives = \"several\" }"),
        ("/a", "declared = { type = \"object\" }\nalso = { alternatives = \"several\" }"),
        ("/a", "declared = { alternatives = \"one\" }\nalso = { type = \"null\" }"),
        ("/a", "declared = { alternatives = \"several\" }\nalso = { alternatives = \"one\" }"),
        ("/a", "declared = { alternatives = \"two\" }\nalso = { alternatives = \"several\" }"),
        (
            "/a",
            "declared = { alternatives = \"one\", type = \"object\" }\nalso = { alternatives = \"several\" }",
        ),
        (
            "/a",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\" }",
        ),
        ("", "declared = { media_type = \"application/json\" }\nreturned = { type = \"object\" }"),
        ("", "declared = { type = \"object\" }\nreturned = { media_type = \"text/html\" }"),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = [\"text/html\", \"text/csv\"] }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/*\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html; charset=utf-8\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/json\", json = false }\nreturned = { media_type = \"text/html\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/*\" }\nreturned = { media_type = \"application/xml\" }",
        ),
        (
            "",
            "declared = { media_type = \"application/xml\" }\nreturned = { media_type = \"text/html\" }",
        ),
        ("", "declared = false\nreturned = { media_type = \"text/html\" }"),
        (
            "",
            "declared = { media_type = \"application/json\" }\nreturned = { media_type = \"text/html\" }\ndescribed = { type = \"string\" }",
        ),
        ("", "declared = { json = true }\nreturned = { media_type = \"text/html\" }"),
        ("", "declared = { operation = false }\nreturned = { operation = false }"),
        ("", "declared = { operation = true }\nreturned = true"),
        ("/a", "declared = { alternatives = \"own\" }\nreturned = { alternatives = \"another\" }"),
        ("/a", "declared = { alternatives = \"another\" }\nalso = { alternatives = \"own\" }"),
        ("/a", "declared = { type = \"object\" }\nalso = { alternatives = \"another\" }"),
        ("/a", "declared = { alternatives = \"own\" }\nalso = { type = \"null\" }"),
        ("/a", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"several\" }"),
        ("", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }"),
        (
            "/a",
            "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }\ndescribed = { type = \"string\" }",
        ),
        ("/a/b", "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }"),
    ];
    let told = cases.map(|(place, says)| {
        let faults = object().quirk(place, says).load().map(|_| ()).expect_err(says);
        format!("{says}\n  {}\n\n", faults.replace('\n', "\n  "))
    });
    let twice =
        "declared = { media_type = \"application/json\" }\nalso = { media_type = \"text/html\" }";
    let faults = object().quirk("", twice).quirk("", twice).load().map(|_| ()).unwrap_err();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(tests::root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("quirk-form-faults", told.concat() + "twice\n  " + &faults)
    });
}

/// A contract with a quirk of each new form, and answers that show what they may.
fn of_every_form() -> (Contract, Vec<(u16, &'static str, &'static str)>) {
    let branch = |name: &str| json!({"type": "object", "properties": {"id": {"type": "integer"}, name: {"type": "integer"}}, "required": ["id"]});
    let closed = |name: &str| json!({"type": "object", "properties": {"k": {"enum": [name]}, name: {"type": "integer"}}, "required": ["k"], "additionalProperties": false});
    let schema = json!({"type": "object", "properties": {
        "v": {"oneOf": [branch("a"), branch("b")]}, "m": {"oneOf": [closed("a"), closed("b")]},
    }});
    let mut it = vendor(schema);
    it.responses["202"] = json!({"description": ""});
    let declared = "declared = { media_type = \"application/json\" }\n";
    let it = it
        .quirk("/v", ALTERNATIVES)
        .quirk("/m/b", ANOTHER)
        .quirk("", &format!("{declared}returned = {{ media_type = \"text/html\", json = true }}"))
        .quirk(
            "",
            &format!("{declared}also = {{ media_type = \"application/json\", json = false }}"),
        )
        .quirk_of(202, "", "declared = false\nalso = { media_type = \"text/plain\" }")
        .quirk_of(404, "", "declared = false\nreturned = true");
    let mut answers = Vec::new();
    for media_type in ["application/json", "text/html; charset=utf-8", "text/plain", ""] {
        for status in [200, 202, 404] {
            for body in [
                "{}",
                "{\"v\": {\"id\": 1}}",
                "{\"v\": {\"id\": 1, \"a\": \"x\"}}",
                "{\"v\": 1}",
                "{\"m\": {\"k\": \"a\", \"b\": 1}}",
                "{\"m\": {\"k\": \"b\", \"b\": 1}}",
                "{\"m\": {\"k\": \"a\", \"b\": \"x\"}}",
                "42",
                "OK",
                "",
            ] {
                answers.push((status, media_type, body));
            }
        }
    }
    (it.load().unwrap(), answers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_short_way_the_parts_and_the_order_find_the_same(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let (contract, answers) = of_every_form();
        let give = |run: &mut Run<'_>, entry: usize| {
            let (status, media_type, body) = *picks[entry].get(&answers);
            let mut exchange = tests::exchange(status, body.as_bytes());
            exchange.url = "https://v.test/api/x".into();
            exchange.content_type = (!media_type.is_empty()).then(|| media_type.into());
            exchange.entry = entry;
            if !run.check_known(&exchange, Written::Plain(body)) {
                run.check(&exchange);
            }
        };
        let run = |no_fast_path: bool, entries: &mut dyn Iterator<Item = usize>| {
            let mut run = Run::new(&contract, RunOptions { no_fast_path, ..RunOptions::default() });
            entries.for_each(|it| give(&mut run, it));
            run
        };
        let all = picks.len();
        let whole = run(false, &mut (0..all));
        let drafts = whole.drafts(jiff::civil::date(2026, 1, 1));
        let report = whole.report().to_json();
        prop_assert_eq!(&run(true, &mut (0..all)).report().to_json(), &report);
        prop_assert_eq!(&run(false, &mut (0..all).rev()).report().to_json(), &report);
        let cut = cut.index(all);
        let parts = [run(false, &mut (0..cut)), run(true, &mut (cut..all))];
        let reports = parts.iter().map(Run::report).collect();
        prop_assert_eq!(&tests::join(reports).unwrap().to_json(), &report);
        let [mut first, second] = parts;
        first.absorb(second);
        prop_assert_eq!(&first.report().to_json(), &report);
        prop_assert_eq!(first.drafts(jiff::civil::date(2026, 1, 1)), drafts);
    }
}

#[test]
fn no_media_type_that_may_be_data_is_told() {
    for media_type in
        ["text/ann@example.org", "ann/html", "application/x-5550199", "text/html<b>", "text/"]
    {
        let paper = content(&json_of_a(), &[]);
        for body in ["{\"a\": 1}", "OK"] {
            let report = paper.report(200, media_type, body).to_json();
            assert!(!report.contains(media_type), "{report}");
        }
    }
    let told = content(&json_of_a(), &[]).report(200, "application/vnd.api+json", "{\"a\": 1}");
    assert!(told.findings[0].message.ends_with("application/vnd.api+json came"));
}

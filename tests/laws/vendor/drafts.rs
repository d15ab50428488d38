//! Quirks drafted from answers: with reasons they make those answers pass, and not others.

use contract::{Contract, ContractTexts, Report, Rule, Run, RunOptions, Severity, Text};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ok, told};

/// A document of 3.0 with one operation, `GET /x`.
fn contract(responses: &Value, quirks: Vec<Text>) -> Contract {
    let schemas = json!({
        "A": {"type": "object", "required": ["a", "id"], "properties": {"a": {"type": "integer"}, "id": {"type": "integer"}}},
        "B": {"type": "object", "required": ["b", "id"], "properties": {"b": {"type": "integer"}, "id": {"type": "integer"}}},
        "C": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"type": "integer"}}, "additionalProperties": false},
        "D": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["zz"]}, "b": {"type": "string"}, "c": {"type": "boolean"}}, "additionalProperties": false},
    });
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "", "version": ""}, "servers": [{"url": "//v.test"}],
        "paths": {"/x": {"get": {"responses": responses}}}, "components": {"schemas": schemas},
    });
    let documented = vec![Text { name: "v.json".into(), text: document.to_string() }];
    let texts = ContractTexts { documented, quirks, modelled: None, settings: None };
    Contract::load(&texts).unwrap()
}

fn run<'c>(contract: &'c Contract, bodies: &[Value]) -> Run<'c> {
    let bodies: Vec<_> = bodies.iter().map(|it| ("application/json", it.clone())).collect();
    run_as(contract, &bodies)
}

fn run_as<'c>(contract: &'c Contract, bodies: &[(&str, Value)]) -> Run<'c> {
    let mut run = Run::new(contract, RunOptions::default());
    for (media_type, body) in bodies {
        let text = if *body == json!("no body") { String::new() } else { body.to_string() };
        let mut exchange = tests::exchange(200, text.as_bytes());
        exchange.url = "https://v.test/x".into();
        exchange.content_type = Some((*media_type).into());
        run.check(&exchange);
    }
    run
}

/// The drafts of a run, each with a reason.
fn drafts(run: &Run<'_>) -> Vec<Text> {
    let drafts = run.drafts(date(2026, 1, 1)).into_iter();
    drafts
        .map(|it| Text {
            name: format!("{}.toml", it.id),
            text: it.text.replace("reason      = \"\"", "reason = \"seen\""),
        })
        .collect()
}

/// What is graver than a note.
fn told_aloud(mut report: Report) -> String {
    report
        .findings
        .retain(|it| it.severity != Severity::Note && it.rule != Rule::UndocumentedField);
    told(&report)
}

#[test]
fn drafts_with_reasons_make_their_answers_pass_and_not_others() {
    let branches = |key: &str| json!({key: [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]});
    let of =
        |schema: Value| json!({"type": "object", "required": ["v"], "properties": {"v": schema}});
    let string = || of(json!({"type": "string"}));
    let kinds = ["a", "b"].map(|it| {
        json!({"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "enum": [it]}}})
    });
    // The document, what came, what is found in it, another answer, and what is found in that.
    let cases = [
        (string(), vec![json!({"v": "a"}), json!({})], "required /v", json!({"v": 1}), "type /v"),
        (
            string(),
            vec![json!({"v": null}), json!({})],
            "null /v, required /v",
            json!({"v": 1}),
            "type /v",
        ),
        (string(), vec![json!({"v": 1})], "type /v", json!({"v": true}), "quirk-mutated /v"),
        (
            json!({"type": "object", "required": ["w"]}),
            vec![json!({})],
            "required /w",
            json!([]),
            "type",
        ),
        (
            of(json!({"type": "string", "format": "date"})),
            vec![json!({"v": "x"}), json!({"v": 1}), json!({"v": "2026-01-01"})],
            "type /v, format /v",
            json!({"v": []}),
            "type /v",
        ),
        (
            of(json!({"type": "integer", "format": "int32"})),
            vec![json!({"v": 1}), json!({"v": 3_000_000_000_i64})],
            "bounds /v",
            json!({"v": "1"}),
            "type /v",
        ),
        (
            of(branches("oneOf")),
            vec![json!({"v": {"a": 1}})],
            "required /v/id",
            json!({"v": {"a": "1", "id": 1}}),
            "type /v/a",
        ),
        (
            of(branches("anyOf")),
            vec![json!({"v": {"b": "x", "id": 1}}), json!({"v": {"b": "x", "id": 2}})],
            "type /v/b",
            json!({"v": {"b": [], "id": 1}}),
            "quirk-mutated /v/b",
        ),
        (
            of(branches("anyOf")),
            vec![json!({"v": {"a": 1, "id": 1, "b": "x"}})],
            "",
            json!({"v": {}}),
            "type /v",
        ),
        // One alternative is clearly meant, and has the member as another type; what came is documented of the other.
        (
            of(json!({"oneOf": [
                {"type": "object", "properties": {"k": {"type": "integer"}, "n": {"type": "string"}}, "required": ["n"]},
                {"type": "object", "properties": {"k": {"type": "string"}, "l": {"type": "string"}, "m": {"type": "string"}}, "required": ["k"]},
            ]})),
            vec![json!({"v": {"k": 1, "l": "x", "m": "x"}})],
            "type /v/k",
            json!({"v": {"k": [], "l": "x", "m": "x"}}),
            "type /v/k",
        ),
        // One value is refused by its type and by its code, in each alternative: it came once.
        (
            of(json!({"oneOf": kinds})),
            vec![json!({"v": {"k": "a"}}), json!({"v": {"k": true}})],
            "type /v",
            json!({"v": {"k": 1}}),
            "type /v",
        ),
        // The nearest alternative is not one that is closed, and has none of the members.
        (
            of(
                json!({"anyOf": [{"type": "object", "properties": {"k": {"type": "string", "enum": ["a"]}}}, {"type": "object", "additionalProperties": false}]}),
            ),
            vec![json!({"v": {"k": "b"}})],
            "type /v",
            json!({"v": {"k": 1}}),
            "quirk-mutated /v/k",
        ),
        (string(), vec![json!("no body")], "body-missing", json!({}), "required /v"),
        (
            json!({"type": "array", "items": string()}),
            vec![json!([{"v": 1}, {}])],
            "type /*/v, required /*/v",
            json!({}),
            "type",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            vec![json!({"a": 1, "b": "x"})],
            "type /*",
            json!({"a": []}),
            "type /*",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string", "nullable": true}}),
            vec![json!({"a": 1, "b": null})],
            "type /*",
            json!({"a": []}),
            "type /*",
        ),
    ];
    for (schema, bodies, found, faulty, then) in cases {
        let responses = ok(schema.clone());
        let paper = contract(&responses, Vec::new());
        let seen = run(&paper, &bodies);
        let mut places: Vec<String> =
            told_aloud(seen.report()).split(", ").map(Into::into).collect();
        let mut expected: Vec<&str> = found.split(", ").collect();
        places.sort();
        expected.sort_unstable();
        assert_eq!(places, expected, "{schema}");
        let pinned = contract(&responses, drafts(&seen));
        assert_eq!(told_aloud(run(&pinned, &bodies).report()), "", "{schema}");
        assert_eq!(told_aloud(run(&pinned, &[faulty]).report()), then, "{schema}");
    }
}

#[test]
fn members_of_another_alternative_are_drafted_as_one() {
    let kind = |own: &str| json!({"type": "object", "properties": {"k": {"enum": [own]}, own: {"type": "integer"}}, "required": ["k"], "additionalProperties": false});
    let mixes = || json!({"oneOf": [kind("a"), kind("b")]});
    let schema = json!({"type": "object", "properties": {
        "p": mixes(), "q": mixes(), "r": {"type": "array", "items": mixes()},
        "s": {"type": "object", "properties": {"b": {"type": "string"}}},
    }});
    let mixed = json!({"k": "a", "b": 1});
    let bodies = [json!({"p": mixed, "q": mixed, "r": [{"k": "b", "b": 1}, mixed], "s": {"b": 1}})];
    let responses = ok(schema);
    let paper = contract(&responses, Vec::new());
    let drafts = drafts(&run(&paper, &bodies));
    let mut names: Vec<&str> = drafts.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["b-is-an-integer.toml", "b-is-of-another-alternative.toml"]);
    let places = drafts.iter().map(|it| it.text.matches("[[at]]").count());
    assert_eq!(places.sum::<usize>(), 4);
    let pinned = contract(&responses, drafts);
    assert_eq!(told_aloud(run(&pinned, &bodies).report()), "");
}

#[test]
fn what_differs_in_one_of_several_media_types_is_drafted_for_it() {
    let of = |v: Value| json!({"schema": {"type": "object", "required": ["v"], "properties": {"v": v, "w": {"type": "string"}}}});
    let (json, scim) = ("application/json", "application/scim+json");
    let responses = json!({"200": {"description": "", "content": {
        json: of(json!({"type": "string"})), scim: of(json!({"type": "integer"})),
    }}});
    let bodies = [
        (json, json!({"v": "a", "w": "b"})),
        (scim, json!({"v": "a", "w": 1})),
        (scim, json!({"v": 1, "w": null})),
        (scim, json!("no body")),
    ];
    let paper = contract(&responses, Vec::new());
    let seen = run_as(&paper, &bodies);
    assert_eq!(told_aloud(seen.report()), "body-missing, type /v, null /w, type /w");
    let pinned = contract(&responses, drafts(&seen));
    assert_eq!(told_aloud(run_as(&pinned, &bodies).report()), "");
    // What is said of the other media type stays as it is; what is said of both holds in both.
    let faults = [
        (json, json!({"v": 1}), "type /v"),
        (json, json!({"v": "a", "w": []}), "type /w"),
        (scim, json!({"v": []}), "type /v"),
        (json, json!({"v": "a", "w": 1}), ""),
    ];
    for (media_type, body, found) in faults {
        let report = run_as(&pinned, &[(media_type, body.clone())]).report();
        assert_eq!(told_aloud(report), found, "{media_type} {body}");
    }
}

#[test]
fn what_is_the_same_of_members_of_a_name_is_one_draft() {
    let of = |names: &[&str], schema: Value| {
        let members = names.iter().map(|it| ((*it).to_owned(), schema.clone()));
        json!({"type": "object", "properties": members.collect::<serde_json::Map<_, _>>()})
    };
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let schema = of(&["l", "r"], of(&["n", "_m"], texts));
    let value = json!({"n": [1], "_m": [1]});
    let bodies = [json!({"l": value, "r": value})];
    let seen = contract(&ok(schema.clone()), Vec::new());
    let drafts = drafts(&run(&seen, &bodies));
    let places = |it: &Text| -> Vec<String> {
        let places = it.text.lines().filter_map(|it| it.strip_prefix("place     = "));
        places.map(ToOwned::to_owned).collect()
    };
    let told: Vec<_> = drafts.iter().map(|it| (it.name.as_str(), places(it).join(" "))).collect();
    let expected = [
        ("item-is-an-integer.toml", "\"/l/_m/*\" \"/r/_m/*\"".to_owned()),
        ("item-is-an-integer-2.toml", "\"/l/n/*\" \"/r/n/*\"".to_owned()),
    ];
    assert_eq!(told, expected);
    assert!(drafts[0].text.contains("seen 2 times at 2 places"), "{}", drafts[0].text);
    let pinned = contract(&ok(schema), drafts);
    assert_eq!(told_aloud(run(&pinned, &bodies).report()), "");
}

#[test]
fn a_member_that_may_be_missing_may_also_come() {
    let schema =
        json!({"type": "object", "required": ["v"], "properties": {"v": {"type": "string"}}});
    let quirk = |says: &str| Text {
        name: "q.toml".into(),
        text: format!(
            "summary = \"q\"\n{says}\nreason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
             [[at]]\noperation = \"GET /x\"\nstatus = 200\nplace = \"/v\"\n"
        ),
    };
    let says = "declared = { type = \"string\" }\nalso = false";
    let pinned = contract(&ok(schema), vec![quirk(says)]);
    for (body, found) in
        [(json!({}), "quirk-confirmed /v"), (json!({"v": "x"}), ""), (json!({"v": 1}), "type /v")]
    {
        assert_eq!(told(&run(&pinned, &[body]).report()), found);
    }
    let optional = json!({"type": "object", "properties": {"v": {"type": "string"}}});
    let resolved = contract(&ok(optional), vec![quirk(says)]);
    assert_eq!(told(&run(&resolved, &[]).report()), "quirk-resolved /v");
}

/// A schema of the kinds that documents have, in which references lead to those of [`contract`].
fn schemas(maps: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "integer"})),
        Just(json!({"type": "string"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "number", "maximum": 5})),
        Just(json!({"type": "string", "enum": ["x", "y"]})),
        Just(json!({"type": "integer", "enum": [1, 2]})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "nullable": true, "minLength": 2})),
        Just(json!({"$ref": "#/components/schemas/A"})),
        Just(json!({"$ref": "#/components/schemas/B"})),
        Just(json!({"$ref": "#/components/schemas/C"})),
        Just(json!({"$ref": "#/components/schemas/D"})),
        Just(json!({"type": "array", "items": {"type": "string"}})),
        Just(json!({})),
    ];
    let alternative = leaf.clone().boxed();
    leaf.prop_recursive(3, 24, 3, move |inner| {
        let members = prop::collection::btree_map("[abc]", inner.clone(), 1..4);
        let object = (members, prop::collection::btree_set("[abcd]", 0..3));
        let object = object.prop_map(|(properties, required)| {
            json!({"type": "object", "properties": properties, "required": required})
        });
        let branches = || prop::collection::vec(alternative.clone(), 2..4);
        prop_oneof![
            object,
            inner.clone().prop_map(move |it| match maps {
                true => json!({"type": "object", "additionalProperties": it}),
                false => json!({"type": "array", "items": it}),
            }),
            branches().prop_map(|them| json!({"oneOf": them})),
            branches().prop_map(|them| json!({"anyOf": them})),
            inner.clone().prop_map(|it| json!({"allOf": [{"$ref": "#/components/schemas/B"}, {"type": "object", "properties": {"c": it}}]})),
        ]
    })
}

fn values(maps: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(1)),
        Just(json!(7)),
        Just(json!(0.5)),
        Just(json!("x")),
        Just(json!("zz")),
        Just(json!("2026-01-01")),
        Just(json!(true)),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            list.prop_map(move |it| if maps { json!({ "a": it.len() }) } else { it.into() }),
            prop::collection::btree_map("[abcd]", inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

proptest! {
    // The same documents and answers each time: what the drafts cannot say yet (docs/vendors.md) is rare, and not looked for
    // here.
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]
    #[test]
    fn drafts_of_any_answers_make_them_pass(
        // A place cannot tell items from the values of a map.
        (schema, bodies) in any::<bool>().prop_flat_map(|maps| {
            (schemas(maps), prop::collection::vec(values(maps), 1..4))
        }),
    ) {
        let responses = ok(schema.clone());
        let mut quirks: Vec<Text> = Vec::new();
        // As the commands do: what one draft pins may uncover another.
        for _ in 0..3 {
            let pinned = contract(&responses, quirks.clone());
            let seen = run(&pinned, &bodies);
            // `/*` is an item here and a map's value there: one quirk cannot tell them apart.
            let is_both = |it: &contract::PlaceTally| {
                ["array", "object"].iter().all(|name| it.types.contains_key(*name))
            };
            prop_assume!(!seen.report().places.iter().any(is_both));
            let drafts = seen.drafts(date(2026, 1, 1));
            let drafts = drafts.iter().map(contract::Draft::as_if_read);
            quirks.extend(drafts);
        }
        let pinned = contract(&responses, quirks.clone());
        let mut report = run(&pinned, &bodies).report();
        report.findings.retain(|it| it.severity == Severity::Error);
        let left = told(&report);
        let said: Vec<&str> = quirks.iter().map(|it| it.text.split("reason").next().unwrap()).collect();
        prop_assert_eq!(left, "", "{:#?}", said);
    }
}

//! Contracts of other vendors, as small as a story needs: documents without our habits.

mod alternatives;
mod dialect;
mod drafts;
mod faults;
mod files;
mod forms;
mod masked;
mod mixed;
mod named;
mod routes;
mod strength;

use contract::{Body, Contract, ContractTexts, Report, Rule, Run, RunOptions, Text};
use serde_json::{Value, json};

/// A contract with one operation, `GET /x`.
#[derive(Default, Clone)]
struct Vendor {
    responses: Value,
    components: Value,
    /// The model's responses and components.
    model: Option<(Value, Value)>,
    /// What follows the fields that every quirk has.
    quirks: Vec<String>,
}

/// The responses of an operation whose 200 is JSON of this schema.
fn ok(schema: Value) -> Value {
    json!({ "200": { "description": "", "content": { "application/json": { "schema": schema } } } })
}

fn vendor(schema: Value) -> Vendor {
    Vendor { responses: ok(schema), ..Vendor::default() }
}

fn document(responses: &Value, components: &Value) -> Text {
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "", "version": "" }, "servers": [{ "url": "https://v.test/api" }],
        "paths": { "/x": { "get": { "responses": responses } } },
        "components": { "schemas": components },
    });
    Text { name: "openapi.json".into(), text: document.to_string() }
}

impl Vendor {
    fn components(self, components: Value) -> Self {
        Self { components, ..self }
    }

    fn model(self, schema: Value) -> Self {
        self.model_responses(ok(schema), Value::Null)
    }

    fn model_responses(self, responses: Value, components: Value) -> Self {
        Self { model: Some((responses, components)), ..self }
    }

    /// The same with a quirk at a place of the 200.
    fn clone_with(&self, place: &str, says: &str) -> Self {
        self.clone().quirk(place, says)
    }

    /// A quirk at a place of the 200.
    fn quirk(self, place: &str, says: &str) -> Self {
        self.quirk_of(200, place, says)
    }

    fn quirk_of(mut self, status: u16, place: &str, says: &str) -> Self {
        self.quirks.push(format!(
            "summary = \"q\"\n{says}\nreason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
             [[at]]\noperation = \"GET /x\"\nstatus = {status}\nplace = \"{place}\"\n"
        ));
        self
    }

    fn load(&self) -> Result<Contract, String> {
        let texts = ContractTexts {
            documented: vec![document(&self.responses, &self.components)],
            quirks: self
                .quirks
                .iter()
                .enumerate()
                .map(|(index, text)| Text { name: format!("q{index}.toml"), text: text.clone() })
                .collect(),
            modelled: self.model.as_ref().map(|it| document(&it.0, &it.1)),
            settings: None,
        };
        Contract::load(&texts).map_err(|it| it.to_string())
    }

    fn report(&self, status: u16, media_type: &str, body: &str) -> Report {
        self.report_by(RunOptions::default(), status, media_type, body)
    }

    /// As [`Self::report`], without the shortcut.
    fn report_in_full(&self, status: u16, media_type: &str, body: &str) -> Report {
        let options = RunOptions { no_fast_path: true, ..RunOptions::default() };
        self.report_by(options, status, media_type, body)
    }

    fn report_by(&self, options: RunOptions, status: u16, media_type: &str, body: &str) -> Report {
        let contract = self.load().unwrap();
        let mut run = Run::new(&contract, options);
        let mut exchange = tests::exchange(status, body.as_bytes());
        exchange.url = "https://v.test/api/x".into();
        exchange.content_type = Some(media_type.into());
        if body.is_empty() {
            exchange.body = Body::Absent { size: Some(0) };
        }
        run.check(&exchange);
        run.report()
    }

    /// What is found in a 200, each by rule and place.
    fn finds(&self, body: Value) -> String {
        told(&self.report(200, "application/json", &body.to_string()))
    }

    /// What is found before anything is observed.
    fn differs(&self) -> String {
        let contract = self.load().unwrap();
        told(&Run::new(&contract, RunOptions::default()).report())
    }
}

/// The contract of a document's files, each a name and a text.
fn documented(files: &[(&str, &str)]) -> Result<Contract, String> {
    let text = |it: &(&str, &str)| Text { name: it.0.into(), text: it.1.into() };
    let texts = ContractTexts {
        documented: files.iter().map(text).collect(),
        quirks: Vec::new(),
        modelled: None,
        settings: None,
    };
    Contract::load(&texts).map_err(|it| it.to_string())
}

/// What is wrong with a document, each fault by place and message.
fn faults(contract: &Contract) -> Vec<String> {
    contract.document_faults().iter().map(ToString::to_string).collect()
}

/// What is found in the answer to a GET.
fn answered(contract: &Contract, url: &str, status: u16, media_type: &str, body: &str) -> Report {
    let mut run = Run::new(contract, RunOptions::default());
    let mut exchange = tests::exchange(status, body.as_bytes());
    exchange.url = url.into();
    exchange.content_type = Some(media_type.into());
    run.check(&exchange);
    run.report()
}

fn told(report: &Report) -> String {
    let findings = report.findings.iter().filter(|it| it.rule != Rule::QuirkUnconfirmed);
    let lines: Vec<String> = findings
        .map(|it| {
            format!("{} {}", it.rule.id(), it.place.as_ref().map_or("-", |it| it.as_str()))
                .trim()
                .to_owned()
        })
        .collect();
    lines.join(", ")
}

#[test]
fn recursive_schemas_are_compared_and_end() {
    let node = |more: Value| {
        let mut node = json!({"type": "object", "properties": {"id": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/components/schemas/N"}}}});
        node["properties"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "N": node })
    };
    let root = json!({"$ref": "#/components/schemas/N"});
    let it = vendor(root.clone())
        .components(node(json!({"extra": {"type": "string"}})))
        .model_responses(ok(root), node(json!({})));
    assert_eq!(it.differs(), "unmodelled /extra");
    // What only the document knows is judged by it, however deep.
    assert_eq!(
        it.finds(json!({"kids": [{"kids": [{"extra": 1}]}]})),
        "type /kids/*/kids/*/extra, unmodelled /extra"
    );
}

#[test]
fn schemas_that_refer_to_each_other_end() {
    let names: Vec<String> = (0..7).map(|it| format!("T{it}")).collect();
    let members = || -> Value {
        let member = |it: &String| {
            (it.to_lowercase(), json!({"$ref": format!("#/components/schemas/{it}")}))
        };
        json!({"type": "object", "properties": Value::Object(names.iter().map(member).collect())})
    };
    let all = Value::Object(names.iter().map(|it| (it.clone(), members())).collect());
    let root = json!({"$ref": "#/components/schemas/T0"});
    let it = vendor(root.clone()).components(all.clone()).model_responses(ok(root), all);
    assert_eq!(it.differs(), "");
    assert_eq!(it.finds(json!({"t1": {"t2": {"t3": 7}}})), "type /t1/t2/t3");
}

#[test]
fn a_quirk_on_a_circle_of_branches_ends() {
    let pets = json!({
        "Pet": {"properties": {"kind": {"type": "string"}}, "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"tricks": {"type": "integer"}}}]},
    });
    let it = vendor(json!({"$ref": "#/components/schemas/Pet"})).components(pets);
    assert!(
        it.quirk("/kind", "declared = { type = \"string\" }\nreturned = { type = \"integer\" }")
            .load()
            .is_ok()
    );
}

#[test]
fn ranges_of_statuses_are_judged_by_their_own_schema() {
    let content = |name: &str| json!({"description": "", "content": {"application/json": {"schema": {"type": "object", "required": [name]}}}});
    let responses = json!({"5XX": content("five"), "default": content("other"), "499": content("exact"), "4XX": content("four")});
    let it = Vendor { responses, ..Vendor::default() };
    let finds = |status: u16| told(&it.report(status, "application/json", "{}"));
    assert_eq!(
        [500, 200, 404, 499].map(finds),
        ["required /five", "required /other", "required /four", "required /exact"]
    );
}

#[test]
fn ranges_of_statuses_are_compared_with_the_model() {
    let content = |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let string = json!({"type": "object", "properties": {"e": {"type": "string"}}});
    let wider = json!({"type": "object", "properties": {"e": {}, "n": {"type": "integer"}}});
    let with = |documented: Value, modelled: Value| {
        let it = Vendor { responses: documented, ..Vendor::default() };
        it.model_responses(modelled, Value::Null).differs()
    };
    assert_eq!(
        with(json!({"default": content(string.clone())}), json!({"default": content(wider)})),
        "unexplained-difference /e, unexplained-difference /n"
    );
    assert_eq!(with(json!({}), json!({"4XX": content(string.clone())})), "unexplained-difference");
    assert_eq!(with(json!({"default": content(string)}), json!({})), "unmodelled");
}

#[test]
fn every_way_to_be_wider_is_a_difference() {
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    let int = json!({"type": "integer"});
    let a = object(json!({"a": int}));
    let with = |schema: &Value, more: Value| {
        let mut schema = schema.clone();
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schema
    };
    let cases: &[(&str, Value, Value, &str)] = &[
        ("the same", a.clone(), a.clone(), ""),
        ("narrower", a.clone(), with(&a, json!({"required": ["a"]})), ""),
        (
            "open where the document is silent",
            a.clone(),
            with(&a, json!({"additionalProperties": true})),
            "unexplained-difference /*",
        ),
        (
            "open where it is closed",
            with(&a, json!({"additionalProperties": false})),
            with(&a, json!({"additionalProperties": true})),
            "unexplained-difference /*",
        ),
        (
            "any value where a map has one type",
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "additionalProperties": true}),
            "unexplained-difference /*, unmodelled /*",
        ),
        (
            "one of two members where both are required",
            with(&object(json!({"a": int, "b": int})), json!({"required": ["a", "b"]})),
            with(
                &object(json!({"a": int, "b": int})),
                json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            ),
            "unexplained-difference /a, unexplained-difference /b",
        ),
        (
            "a branch that takes any object",
            a.clone(),
            json!({"anyOf": [a, {"type": "object"}]}),
            "unexplained-difference /a",
        ),
        (
            "another order of items",
            json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
            "unexplained-difference",
        ),
        (
            "more items than there may be",
            json!({"type": "array", "items": false}),
            json!({"type": "array"}),
            "unexplained-difference",
        ),
        (
            "without a dependency",
            with(&a, json!({"dependentRequired": {"a": ["b"]}})),
            a.clone(),
            "unexplained-difference",
        ),
        (
            "both spelled int32",
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "integer", "format": "int32"}),
            "",
        ),
        ("null", int.clone(), json!({"type": ["integer", "null"]}), "unexplained-difference"),
    ];
    for (what, documented, modelled, expected) in cases {
        assert_eq!(
            vendor(documented.clone()).model(modelled.clone()).differs(),
            *expected,
            "{what}"
        );
    }
}

#[test]
fn what_the_model_lacks_is_judged_by_the_document() {
    let items =
        vendor(json!({"properties": {"a": {"type": "array", "items": {"type": "string"}}}}))
            .model(json!({"properties": {"a": {"type": "array"}}}));
    assert_eq!(items.finds(json!({"a": [1]})), "type /a/*, unmodelled /a/*");
    let nullable = vendor(json!({"properties": {"o": {"anyOf": [{"type": "object", "properties": {"m": {"type": "string"}}}, {"type": "null"}]}}}))
        .model(json!({"properties": {"o": {"anyOf": [{"type": "object", "properties": {}}, {"type": "null"}]}}}));
    assert_eq!(nullable.finds(json!({"o": {"m": 1}})), "type /o/m, unmodelled /o/m");
}

#[test]
fn one_bad_leaf_hides_nothing_and_unmasks_nothing() {
    let schema = json!({
        "allOf": [{"properties": {"a": {"type": "string"}, "c": {"type": "string"}}}],
        "properties": {"b": {"type": "integer"}},
        "unevaluatedProperties": false,
    });
    let it = vendor(schema);
    assert_eq!(it.finds(json!({"a": 1, "b": 2, "c": "x"})), "type /a");
    assert_eq!(it.finds(json!({"a": 1, "b": 2, "z": "x"})), "type /a, undocumented-field /z");
}

#[test]
fn a_fault_inside_a_branch_is_told_once() {
    let branch = |kind: &str| json!({"type": "object", "properties": {"kind": {"const": kind}, "x": {"type": "string"}}, "required": ["kind"], "additionalProperties": false});
    let it = vendor(json!({"properties": {"item": {"oneOf": [branch("a"), branch("b")]}}}));
    assert_eq!(it.finds(json!({"item": {"kind": "a", "zz": 1}})), "undocumented-field /item/zz");
    assert_eq!(it.finds(json!({"item": {"kind": "c"}})), "type /item");
    let quirky =
        it.quirk("/item/x", "declared = { type = \"string\" }\nreturned = { type = \"integer\" }");
    assert_eq!(quirky.finds(json!({"item": {"kind": "a", "x": 1}})), "quirk-confirmed /item/x");
    assert_eq!(quirky.finds(json!({"item": {"kind": "a", "x": "s"}})), "quirk-healed /item/x");
    assert_eq!(quirky.finds(json!({"item": {"kind": "a", "x": null}})), "quirk-mutated /item/x");
}

#[test]
fn a_member_that_never_comes() {
    let never = "declared = { type = \"string\" }\nreturned = false";
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}});
    let modelled = vendor(schema)
        .quirk("/a", never)
        .model(json!({"type": "object", "properties": {"b": {"type": "integer"}}}));
    assert_eq!(modelled.finds(json!({"b": 1})), "quirk-confirmed /a");
    assert_eq!(modelled.finds(json!({"b": 1, "a": "s"})), "quirk-healed /a");
    let base = json!({"Base": {"properties": {"a": {"type": "string"}}, "required": ["a"]}});
    let behind = vendor(json!({"allOf": [{"$ref": "#/components/schemas/Base"}]}))
        .components(base)
        .quirk("/a", never);
    assert_eq!(behind.finds(json!({})), "quirk-confirmed /a");
    let body = vendor(json!({"type": "object"}))
        .quirk("", "declared = { type = \"object\" }\nreturned = false");
    assert_eq!(told(&body.report(200, "application/json", "")), "quirk-confirmed");
}

#[test]
fn a_member_that_is_not_documented() {
    let new = "declared = false\nreturned = { type = \"integer\" }";
    let closed = json!({"properties": {"o": {"anyOf": [{"type": "object", "properties": {"a": true}, "additionalProperties": false}, {"type": "null"}]}}});
    assert_eq!(
        vendor(closed).quirk("/o/new", new).finds(json!({"o": {"new": 1}})),
        "quirk-confirmed /o/new"
    );
    let plain = || vendor(json!({"type": "object", "properties": {"a": true}}));
    assert_eq!(plain().finds(json!({"new": 1})), "undocumented-field /new");
    assert_eq!(plain().quirk("/new", new).finds(json!({"new": 1})), "quirk-confirmed /new");
    assert_eq!(plain().quirk("/new", new).finds(json!({"new": "s"})), "quirk-mutated /new");
}

#[test]
fn two_quirks_of_a_status_that_others_share() {
    let text = json!({"type": "string"});
    let responses = json!({"default": {"description": "", "content": {"application/json": {
        "schema": {"type": "object", "properties": {"a": text, "b": text}},
    }}}});
    let integer = "declared = { type = \"string\" }\nreturned = { type = \"integer\" }";
    let it = Vendor { responses, ..Vendor::default() }
        .quirk_of(404, "/a", integer)
        .quirk_of(404, "/b", integer);
    let finds = |status: u16| told(&it.report(status, "application/json", "{\"a\": 1, \"b\": 2}"));
    assert_eq!(finds(404), "quirk-confirmed /a, quirk-confirmed /b");
    assert_eq!(finds(500), "type /a, type /b");
}

#[test]
fn a_status_that_is_not_documented() {
    let it = vendor(json!({"type": "object"}));
    assert_eq!(told(&it.report(404, "application/json", "{}")), "undocumented-status -");
    let it = it.quirk_of(
        404,
        "",
        "declared = false\nreturned = { type = \"object\", required = [\"message\"] }",
    );
    assert_eq!(
        told(&it.report(404, "application/json", "{\"message\": \"m\"}")),
        "quirk-confirmed"
    );
    assert_eq!(told(&it.report(404, "application/json", "{}")), "quirk-mutated");
    let bare =
        vendor(json!({"type": "object"})).quirk_of(404, "", "declared = false\nreturned = true");
    assert_eq!(told(&bare.report(404, "application/json", "")), "quirk-confirmed");
    assert_eq!(told(&bare.report(404, "application/json", "[1]")), "quirk-confirmed");
}

/// `also` leaves what is documented in force: what is neither breaks the reference's promise, and the quirk's part is named.
#[test]
fn what_a_quirk_adds_is_not_promised_by_the_reference() {
    let of = |schema: Value| vendor(json!({"type": "object", "properties": {"note": schema}}));
    let null = "also = { type = \"null\" }";
    let cases = [
        (
            of(json!({"type": "string"})).quirk("/note", &format!("declared = {{ type = \"string\" }}\n{null}")),
            "the reference promises string, and null by `q0`; integer came",
        ),
        (
            of(json!({"type": "string", "enum": ["a"]}))
                .quirk("/note", &format!("declared = {{ type = \"string\", enum = [\"a\"] }}\n{null}"))
                .quirk("/note", "declared = { type = \"string\", enum = [\"a\"] }\nalso = { type = \"boolean\" }"),
            "the reference promises string, one of \"a\", and null by `q0`, and boolean by `q1`; the integer that came matches no alternative, number 1 comes nearest",
        ),
        (of(json!({"type": "string"})), "the reference promises string; integer came"),
    ];
    for (it, expected) in cases {
        let report = it.report(200, "application/json", "{\"note\": 7}");
        let errors = report.findings.iter().filter(|it| it.rule == Rule::Type);
        assert_eq!(errors.map(|it| it.message.as_str()).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn each_media_type_has_its_schema() {
    let content = json!({
        "application/json; charset=utf-8": {"schema": {"type": "object", "properties": {"j": {"type": "string"}}, "required": ["j"]}},
        "application/problem+json": {"schema": {"type": "object", "required": ["p"]}},
        "text/plain": {},
    });
    let responses = json!({"200": {"$ref": "#/components/schemas/R"}});
    let it = Vendor { responses, ..Vendor::default() }
        .components(json!({"R": {"description": "", "content": content}}));
    let finds = |it: &Vendor, media_type: &str, body: &str| told(&it.report(200, media_type, body));
    let it = it.quirk("/j", "declared = { type = \"string\" }\nreturned = { type = \"integer\" }");
    assert_eq!(finds(&it, "application/json", "{\"j\": 1}"), "quirk-confirmed /j");
    assert_eq!(finds(&it, "application/problem+json", "{\"p\": 1}"), "");
    assert_eq!(finds(&it, "application/problem+json", "{\"j\": 1}"), "required /p");
    assert_eq!(finds(&it, "text/plain", "hello"), "");
    assert_eq!(finds(&it, "text/html", "hello"), "content-type -");
}

/// Mostly a gateway's answer: it is no evidence of what the API answers.
#[test]
fn an_outage_that_only_default_describes_is_not_judged() {
    let error = || {
        let schema = json!({"type": "object", "required": ["message"]});
        json!({"description": "", "content": {"application/json": {"schema": schema}}})
    };
    let of = |key: &str| Vendor {
        responses: json!({"200": error(), key: error()}),
        ..Vendor::default()
    };
    let cases = [
        ("default", 503, "text/html", "<html>", None),
        ("default", 429, "text/plain", "slow down", None),
        ("default", 504, "", "", None),
        ("default", 503, "", "<html>", None),
        ("default", 503, "", "{}", Some("required /message")),
        ("default", 503, "application/json", "{}", Some("required /message")),
        ("default", 503, "application/json", "{\"message\": \"m\"}", Some("")),
        ("default", 404, "text/html", "<html>", Some("content-type -")),
        ("5XX", 503, "text/html", "<html>", Some("content-type -")),
        ("503", 503, "text/html", "<html>", Some("content-type -")),
    ];
    for (key, status, media_type, body, judged) in cases {
        let report = of(key).report(status, media_type, body);
        assert_eq!(report.exchanges.could_not_check, u64::from(judged.is_none()), "{key} {status}");
        assert_eq!(told(&report), judged.unwrap_or_default(), "{key} {status} {media_type}");
    }
    // A quirk of the status says that it is the API's.
    let pinned = of("default").quirk_of(
        503,
        "",
        "declared = { media_type = \"application/json\" }\nalso = { media_type = \"text/html\" }",
    );
    assert_eq!(told(&pinned.report(503, "text/html", "<html>")), "quirk-confirmed");
}

#[test]
fn a_register_cannot_contradict_itself() {
    let it = || vendor(json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let cases = [
        ("/b", "declared = false\nreturned = false"),
        ("/*", "declared = { type = \"string\" }\nalso = false"),
        ("/a", "declared = { type = \"string\" }\nreturned = { type = \"integer\", enumm = [1] }"),
        ("/a", "declared = { typ = \"string\" }\nreturned = { type = \"integer\" }"),
    ];
    for (place, says) in cases {
        assert!(it().quirk(place, says).load().is_err(), "{says}");
    }
    let twice =
        it().quirk("/a", "declared = { type = \"string\" }\nreturned = { type = \"integer\" }");
    let at = "[[at]]\noperation = \"GET /x\"\nstatus = 200\nplace = \"/a\"\n";
    let twice =
        Vendor { quirks: twice.quirks.iter().map(|it| format!("{it}{at}")).collect(), ..twice };
    assert!(twice.load().unwrap_err().contains("named twice"));
}

//! A second opinion: validity by a validator that shares no code with ours, and the walk by a slow version of itself that
//! reads the schemas as they stand.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, SchemaIndex, Schemas};
use contract::{Contract, ContractTexts, Report, Rule, Run, RunOptions, Severity, Text};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Map, Value, json};
use tests::exchange;

/// A document's schemas as the second validator has them.
struct Oracle {
    document: Value,
    compiler: Compiler,
    schemas: Schemas,
    compiled: BTreeMap<String, SchemaIndex>,
}

impl Oracle {
    fn new(document: Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("http://law.test/document", document.clone()).unwrap();
        Self { document, compiler, schemas: Schemas::new(), compiled: BTreeMap::new() }
    }

    /// Whether the value keeps the schema at a JSON pointer into the document.
    fn accepts(&mut self, pointer: &str, value: &Value) -> bool {
        let index = *self.compiled.entry(pointer.to_owned()).or_insert_with(|| {
            let escaped = pointer.replace('{', "%7B").replace('}', "%7D").replace(' ', "%20");
            let address = format!("http://law.test/document#{escaped}");
            self.compiler.compile(&address, &mut self.schemas).unwrap()
        });
        self.schemas.validate(value, index).is_ok()
    }

    /// Places of members that nothing names, and of every value below what is named, by the rules of ARCHITECTURE as
    /// plainly as they can be said.
    fn walk(&mut self, at: &[String], value: &Value, place: &str, seen: &mut Seen) {
        *seen.places.entry(place.to_owned()).or_default() += 1;
        let live: BTreeSet<String> = at.iter().flat_map(|it| self.live(it, value)).collect();
        let schema = |it: &String| self.document.pointer(it).unwrap().clone();
        let schemas: Vec<(String, Value)> =
            live.iter().map(|it| (it.clone(), schema(it))).collect();
        match value {
            Value::Array(items) => {
                let below: Vec<String> = schemas
                    .iter()
                    .filter(|it| it.1["items"].is_object())
                    .map(|it| format!("{}/items", it.0))
                    .collect();
                items.iter().for_each(|it| self.walk(&below, it, &format!("{place}/*"), seen));
            }
            Value::Object(members) => {
                for (name, value) in members {
                    let has = |it: &Value| it["properties"].get(name).is_some();
                    let is_map = |it: &Value| it.as_object().is_some_and(|it| !it.is_empty());
                    let is_open = |it: &Value| *it == json!(true) || *it == json!({});
                    let is_named = schemas.iter().any(|it| has(&it.1));
                    let rest: Vec<&(String, Value)> =
                        schemas.iter().filter(|it| !has(&it.1)).collect();
                    let of_rest = |wanted: &dyn Fn(&Value) -> bool| -> Vec<&String> {
                        let says = rest.iter().filter(|it| wanted(&it.1["additionalProperties"]));
                        says.map(|it| &it.0).collect()
                    };
                    let named = schemas.iter().filter(|it| has(&it.1));
                    let mut describing: Vec<String> =
                        named.map(|it| format!("{}/properties/{name}", it.0)).collect();
                    let maps = of_rest(&is_map).into_iter();
                    describing.extend(maps.map(|it| format!("{it}/additionalProperties")));
                    let is_closed = !of_rest(&|it| *it == json!(false)).is_empty();
                    let says_open = !of_rest(&is_open).is_empty();
                    let names_any = schemas
                        .iter()
                        .any(|it| it.1["properties"].as_object().is_some_and(|it| !it.is_empty()));
                    let is_described = !describing.is_empty();
                    if is_described && is_closed {
                        seen.disputed.extend([format!("{place}/*"), format!("{place}/{name}")]);
                    }
                    if is_named {
                        self.walk(&describing, value, &format!("{place}/{name}"), seen);
                    } else if is_described || (!is_closed && (says_open || !names_any)) {
                        self.walk(&describing, value, &format!("{place}/*"), seen);
                    } else {
                        seen.undocumented.insert(format!("{place}/{name}"));
                    }
                }
            }
            _ => {}
        }
    }

    /// The schemas that hold for a value where the one at `at` does.
    fn live(&mut self, at: &str, value: &Value) -> BTreeSet<String> {
        let schema = self.document.pointer(at).unwrap().clone();
        let mut live = BTreeSet::from([at.to_owned()]);
        if let Some(target) = schema["$ref"].as_str() {
            live.extend(self.live(&target[1..], value));
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let count = schema[keyword].as_array().map_or(0, Vec::len);
            let all: Vec<String> = (0..count).map(|it| format!("{at}/{keyword}/{it}")).collect();
            let branches = if keyword == "allOf" { all } else { self.branches(all, value) };
            live.extend(branches.iter().flat_map(|it| self.live(it, value)));
        }
        live
    }

    /// All branches, where none takes values of this type. Of those that do, but for the closed ones that name none of the
    /// object's members while another names some: the only one that the members allow; else those that accept the value, or
    /// all of them.
    fn branches(&mut self, all: Vec<String>, value: &Value) -> Vec<String> {
        let candidates: Vec<String> =
            all.iter().filter(|it| self.takes_type(it, value)).cloned().collect();
        if candidates.is_empty() {
            return all;
        }
        let is_foreign = |it: &String| self.is_closed(it) && !self.names_some(it, value);
        let is_named = candidates.iter().any(|it| self.names_some(it, value));
        let candidates: Vec<String> =
            candidates.iter().filter(|it| !is_named || !is_foreign(it)).cloned().collect();
        let allowed: Vec<String> =
            candidates.iter().filter(|it| self.allows_members(it, value)).cloned().collect();
        if candidates.len() == 1 || allowed.is_empty() {
            return candidates;
        }
        if allowed.len() == 1 {
            return allowed;
        }
        let accepting: Vec<String> =
            allowed.into_iter().filter(|it| self.accepts(it, value)).collect();
        if accepting.is_empty() { candidates } else { accepting }
    }

    /// A schema and those that hold with it whatever the value: what it refers to, and its `allOf`.
    fn together(&self, at: &str) -> Vec<(String, &Value)> {
        let schema = self.document.pointer(at).unwrap();
        let parts = schema["allOf"].as_array().map_or(0, Vec::len);
        let parts = (0..parts).map(|it| format!("{at}/allOf/{it}"));
        let target = schema["$ref"].as_str().map(|it| it[1..].to_owned());
        let further = target.into_iter().chain(parts).flat_map(|it| self.together(&it));
        [(at.to_owned(), schema)].into_iter().chain(further).collect()
    }

    /// Whether a schema's `type`, and that of those that hold with it, takes the value's: of alternatives, that of any.
    fn takes_type(&self, at: &str, value: &Value) -> bool {
        let is = |name: &str| match name {
            "integer" => value.as_f64().is_some_and(|it| it.fract() == 0.0),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        self.together(at).iter().all(|(at, schema)| {
            let own = match &schema["type"] {
                Value::String(name) => is(name),
                Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
                _ => true,
            };
            own && ["anyOf", "oneOf"].iter().all(|keyword| {
                let count = schema[*keyword].as_array().map_or(0, Vec::len);
                let takes = |it: usize| self.takes_type(&format!("{at}/{keyword}/{it}"), value);
                count == 0 || (0..count).any(takes)
            })
        })
    }

    fn names_some(&self, at: &str, value: &Value) -> bool {
        let names = |it: &Value, name: &str| it["properties"].get(name).is_some();
        let mut members = value.as_object().into_iter().flatten();
        members.any(|(name, _)| self.together(at).iter().any(|it| names(it.1, name)))
    }

    fn is_closed(&self, at: &str) -> bool {
        let is_closed = |it: &Value| {
            it["additionalProperties"] == false && it.get("patternProperties").is_none()
        };
        self.together(at).iter().any(|it| is_closed(it.1))
    }

    /// Whether an object has what a schema requires, and no member beside the values that it lists for it.
    fn allows_members(&self, at: &str, value: &Value) -> bool {
        let Some(members) = value.as_object() else { return true };
        self.together(at).iter().all(|(_, schema)| {
            let required = schema["required"].as_array().into_iter().flatten();
            let listed = |(name, schema): (&String, &Value)| match members.get(name) {
                None | Some(Value::Number(_)) => true,
                Some(value) => match (&schema["enum"], schema.get("const")) {
                    (Value::Array(values), _) => values.contains(value),
                    (_, Some(it)) => it == value,
                    _ => true,
                },
            };
            required.into_iter().all(|it| members.contains_key(it.as_str().unwrap()))
                && schema["properties"].as_object().into_iter().flatten().all(listed)
        })
    }
}

#[derive(Debug, Default, PartialEq)]
struct Seen {
    undocumented: BTreeSet<String>,
    places: BTreeMap<String, u64>,
    /// Members that one schema names and another excludes: the walk knows them, and jsonschema refuses them.
    disputed: BTreeSet<String>,
}

impl Seen {
    /// What the walk alone decides.
    fn without(mut self, disputed: &BTreeSet<String>) -> Self {
        if !disputed.is_empty() {
            self.undocumented.clear();
        }
        self.places.retain(|it, _| !disputed.contains(it));
        self.disputed.clear();
        self
    }
}

/// The schemas that others refer to: one that refers to itself, one that is open, one that is closed.
fn components() -> Value {
    json!({
        "Node": {
            "type": "object", "required": ["a"],
            "properties": { "a": { "type": "integer" }, "b": { "anyOf": [{ "$ref": "#/components/schemas/Node" }, { "type": "null" }] } }
        },
        "Open": { "type": "object", "properties": { "a": { "type": "string" } }, "additionalProperties": true },
        "Closed": { "type": "object", "properties": { "b": { "type": "boolean" } }, "additionalProperties": false },
    })
}

const ROOT: &str = "/paths/~1x/get/responses/200/content/application~1json/schema";

fn document(schema: &Value) -> Value {
    json!({
        "openapi": "3.1.0", "info": { "title": "", "version": "" }, "servers": [{ "url": "https://domain.tld/api/v2" }],
        "paths": { "/x": { "get": { "responses": {
            "200": { "description": "", "content": { "application/json": { "schema": schema } } }
        } } } },
        "components": { "schemas": components() },
    })
}

fn load(schema: &Value) -> Contract {
    let documented = vec![Text { name: "document".into(), text: document(schema).to_string() }];
    let texts = ContractTexts { documented, quirks: Vec::new(), modelled: None, settings: None };
    Contract::load(&texts).unwrap_or_else(|it| panic!("{it}\n{schema}"))
}

fn report(contract: &Contract, body: &Value) -> Report {
    let text = body.to_string();
    let mut asked = exchange(200, text.as_bytes());
    asked.url = "https://domain.tld/api/v2/x".into();
    let mut run = Run::new(contract, RunOptions::default());
    run.check(&asked);
    run.report()
}

/// Whether something is wrong with the body by its schema.
fn refuses(report: &Report) -> bool {
    report.findings.iter().any(|it| it.severity == Severity::Error)
}

fn seen(report: &Report) -> Seen {
    let undocumented = report.findings.iter().filter(|it| it.rule == Rule::UndocumentedField);
    let undocumented: BTreeSet<String> =
        undocumented.map(|it| it.place.as_ref().unwrap().as_str().to_owned()).collect();
    let places = report.places.iter().filter(|it| it.seen > 0);
    let places = places
        .map(|it| (it.place.as_str().to_owned(), it.seen))
        // The walk counts an undocumented member, and goes no further.
        .filter(|it| !undocumented.contains(&it.0))
        .collect();
    Seen { undocumented, places, ..Seen::default() }
}

/// Schemas as vendors write them.
fn schema() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["Node", "Open", "Closed"]);
    let leaf = prop_oneof![
        prop::sample::select(vec![
            json!({}),
            json!({ "type": "string" }),
            json!({ "type": "integer", "minimum": 0, "exclusiveMaximum": 8 }),
            json!({ "type": "number" }),
            json!({ "type": ["boolean", "null"] }),
            json!({ "type": ["string", "integer"] }),
            json!({ "enum": [1, "a", null] }),
            json!({ "const": "b" }),
            json!({ "type": "string", "format": "date-time" }),
            json!({ "type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]*$" }),
            json!({ "type": "null" }),
            json!({ "type": "object" }),
        ]),
        name.prop_map(|it| json!({ "$ref": format!("#/components/schemas/{it}") })),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let rest = prop_oneof![
            3 => Just(None),
            1 => Just(Some(json!(true))),
            1 => Just(Some(json!(false))),
            1 => inner.clone().prop_map(Some),
        ];
        let members = prop::collection::btree_map("[abc]", inner.clone(), 0..4);
        let object = (members, prop::collection::btree_set("[abd]", 0..2), rest, any::<bool>());
        let two = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            4 => object.prop_map(|(members, required, rest, typed)| {
                let mut schema = json!({ "properties": members, "required": required });
                if typed {
                    schema["type"] = json!("object");
                }
                if let Some(rest) = rest {
                    schema["additionalProperties"] = rest;
                }
                schema
            }),
            2 => (inner.clone(), 0..3_u8).prop_map(|(items, least)| {
                json!({ "type": "array", "items": items, "minItems": least % 2, "maxItems": 3, "uniqueItems": least == 2 })
            }),
            3 => (prop::sample::select(vec!["allOf", "anyOf", "oneOf"]), two)
                .prop_map(|(keyword, branches)| json!({ keyword: branches })),
            1 => inner.prop_map(|it| json!({ "not": it })),
        ]
    })
}

/// Schemas with the keywords that fewer vendors use, over those that all do.
fn rarer() -> impl Strategy<Value = Value> {
    let own = prop::sample::select(vec![
        json!({ "minProperties": 1 }),
        json!({ "maxProperties": 1 }),
        json!({ "dependentRequired": { "a": ["b"] } }),
        json!({ "propertyNames": { "pattern": "^[ab]$" } }),
        json!({ "multipleOf": 2 }),
        json!({ "type": "string", "format": "uuid" }),
        json!({ "type": "array", "contains": { "type": "integer" } }),
        json!({ "unevaluatedProperties": false }),
        json!({ "unevaluatedItems": false }),
    ]);
    (own, schema(), schema(), 0..7_u8).prop_map(|(mut own, one, other, how)| {
        let (keyword, value) = match how {
            0 => ("patternProperties", json!({ "^[ab]$": one, "c": other })),
            1 => ("prefixItems", json!([one, other])),
            2 => ("allOf", json!([one, other])),
            3 => ("anyOf", json!([one, other])),
            4 => ("oneOf", json!([one, other, { "type": "null" }])),
            5 => {
                own["then"] = other;
                ("if", one)
            }
            _ => ("properties", json!({ "a": one, "b": other })),
        };
        own[keyword] = value;
        own
    })
}

/// Bodies that know the schemas' names and values.
fn body() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(7.0),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("a"),
        json!("b"),
        json!("abcd"),
        json!("2023-10-06T13:41:09Z"),
        json!("2023-02-30T13:41:09Z"),
    ]);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::btree_map("[abcd]", inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

fn config() -> ProptestConfig {
    let regressions = proptest::test_runner::FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(regressions)), ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_validators_and_both_walks_agree(
        schema in schema(),
        mut bodies in prop::collection::vec(body(), 1..12),
        seed: u64,
    ) {
        let contract = load(&schema);
        let mut oracle = Oracle::new(document(&schema));
        let whole = json!({ "allOf": [schema], "components": { "schemas": components() } });
        bodies.extend(noson::generate(&whole, &mut StdRng::seed_from_u64(seed)));
        for body in &bodies {
            let report = report(&contract, body);
            prop_assert_eq!(
                refuses(&report), !oracle.accepts(ROOT, body),
                "{}\n{}\n{}", schema, body, tests::summary(&report)
            );
            let mut slow = Seen::default();
            oracle.walk(&[ROOT.to_owned()], body, "", &mut slow);
            let disputed = slow.disputed.clone();
            prop_assert_eq!(
                seen(&report).without(&disputed), slow.without(&disputed),
                "{}\n{}", schema, body
            );
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_validators_agree_on_rarer_keywords(
        schema in rarer(),
        bodies in prop::collection::vec(body(), 1..12),
    ) {
        let contract = load(&schema);
        let mut oracle = Oracle::new(document(&schema));
        for body in &bodies {
            let report = report(&contract, body);
            prop_assert_eq!(
                refuses(&report), !oracle.accepts(ROOT, body),
                "{}\n{}\n{}", schema, body, tests::summary(&report)
            );
        }
    }
}

/// Calls a function with every schema that has a `oneOf`.
fn each_one_of(schema: &mut Value, with: &dyn Fn(&mut Map<String, Value>)) {
    match schema {
        Value::Object(keywords) => {
            keywords.values_mut().for_each(|it| each_one_of(it, with));
            if keywords.get("oneOf").is_some_and(Value::is_array) {
                with(keywords);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| each_one_of(it, with)),
        _ => {}
    }
}

const NAMES: [(&str, &str); 2] = [("a", "Open"), ("b", "Node")];

/// Adds discriminators by the member `a`.
fn discriminated(keywords: &mut Map<String, Value>) {
    let mapping: Map<String, Value> =
        NAMES.iter().map(|it| (it.0.to_owned(), it.1.into())).collect();
    keywords.insert("discriminator".into(), json!({ "propertyName": "a", "mapping": mapping }));
}

/// Says what a discriminator means: where it names a branch, one may match or several; else exactly one.
fn as_conditions(keywords: &mut Map<String, Value>) {
    let branches = keywords.remove("oneOf").unwrap();
    let is_there = |name: &str| {
        let reference = format!("#/components/schemas/{name}");
        branches.as_array().unwrap().iter().any(|it| it["$ref"] == *reference)
    };
    let names = NAMES.iter().filter(|it| is_there(it.1)).flat_map(|it| [it.0, it.1]);
    let names = names.collect::<Vec<_>>();
    let named =
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "enum": names } } });
    let either = json!({ "anyOf": [
        { "allOf": [named, { "anyOf": branches }] },
        { "allOf": [{ "not": named }, { "oneOf": branches }] },
    ] });
    // Beside the other keywords: some of them ask what it evaluated.
    let all_of = keywords.entry("allOf").or_insert_with(|| json!([]));
    all_of.as_array_mut().unwrap().push(either);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_validators_agree_on_what_discriminators_name(
        schema in prop_oneof![schema(), rarer()],
        bodies in prop::collection::vec(body(), 1..12),
    ) {
        let [mut schema, mut plain] = [schema.clone(), schema];
        each_one_of(&mut schema, &discriminated);
        each_one_of(&mut plain, &as_conditions);
        let contract = load(&schema);
        let mut oracle = Oracle::new(document(&plain));
        for body in &bodies {
            let report = report(&contract, body);
            prop_assert_eq!(
                refuses(&report), !oracle.accepts(ROOT, body),
                "{}\n{}\n{}", schema, body, tests::summary(&report)
            );
        }
    }
}

/// Faults that break what is modelled, documented or pinned survive nowhere in this contract.
#[test]
fn what_nothing_notices_breaks_no_schema() {
    // The second is documented + quirks.
    let mut descriptions = ["modelled", "corrected"].map(|folder| {
        let path = tests::root().join("schemas").join(folder).join("openapi.json");
        Oracle::new(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    });
    let schema =
        "/paths/~1chat~1chatrooms~1{id}/get/responses/200/content/application~1json/schema";
    let mut unnoticed = 0;
    for (operator, pointer, faulty) in contract::faults(&crate::faults::example()) {
        if !refuses(&crate::faults::report_on(&faulty)) {
            unnoticed += 1;
            for description in &mut descriptions {
                assert!(description.accepts(schema, &faulty), "{operator:?} at {pointer}");
            }
        }
    }
    assert!(unnoticed > 0, "some faults break nothing");
}

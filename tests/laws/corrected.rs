//! The corrected document: what the overlay makes of the vendor's, by the words of its specification, and what it promises.

use std::{collections::BTreeSet, fs};

use contract::{Contract, ContractTexts, Rule, Run, RunOptions, Severity, Text, changes};
use proptest::prelude::*;
use serde_json::{Value, json};
use serde_json_path::JsonPath;
use tests::{har_files, report_by, root, texts};

/// An overlay applied to a document (Overlay 1.0.0, Action Object), slowly and to the letter.
fn applied(overlay: &Value, document: &Value) -> Value {
    let mut document = document.clone();
    for action in overlay["actions"].as_array().unwrap() {
        let path = JsonPath::parse(action["target"].as_str().unwrap()).unwrap();
        let nodes = path.query_located(&document);
        let pointers: Vec<String> =
            nodes.iter().map(|it| it.location().to_json_pointer()).collect();
        assert_eq!(pointers.len(), 1, "{}", action["target"]);
        for pointer in pointers {
            if action["remove"] == true {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                let name = name.replace("~1", "/").replace("~0", "~");
                let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                parent.remove(&name).unwrap();
            } else {
                merge(document.pointer_mut(&pointer).unwrap(), &action["update"]);
            }
        }
    }
    document
}

/// "The properties of the update object are merged recursively"; what is no object takes the place of what was there. The
/// specification does not say how lists merge, so no list may meet another.
fn merge(target: &mut Value, update: &Value) {
    for (name, value) in update.as_object().expect("the targets are objects") {
        match target.get_mut(name) {
            Some(was @ Value::Object(_)) if value.is_object() => merge(was, value),
            Some(was) => {
                assert!(!was.is_array() && !was.is_object() && !value.is_array(), "{name}");
                *was = value.clone();
            }
            None => target[name] = value.clone(),
        }
    }
}

fn load(texts: &ContractTexts) -> Contract {
    Contract::load(texts).unwrap_or_else(|it| panic!("{it}"))
}

fn read(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// This repository's contract, with the corrected document for the vendor's.
fn corrected() -> ContractTexts {
    let mut texts = texts();
    texts.documented[0].text = read("schemas/corrected/openapi.json").to_string();
    texts
}

#[test]
fn the_overlay_makes_the_corrected_document() {
    let documented = read("schemas/documented/openapi.json");
    let overlay = read("schemas/corrected/overlay.json");
    assert_eq!(applied(&overlay, &documented), read("schemas/corrected/openapi.json"));
    assert_ne!(documented, read("schemas/corrected/openapi.json"));
}

#[test]
fn the_corrected_document_judges_without_a_quirk_as_the_documented_one_does_with_them() {
    let contract = load(&ContractTexts { quirks: Vec::new(), ..corrected() });
    for path in har_files("tests/recordings") {
        let report = report_by(&contract, &path);
        assert_eq!(report.count(Severity::Error), 0, "{}: {:?}", path.display(), report.findings);
        assert!(report.exchanges.checked > 0 && report.quirks.is_empty());
    }
    for folder in ["violation", "undocumented", "mutated", "healed"] {
        for path in har_files(&format!("tests/cases/{folder}")) {
            assert_eq!(report_by(&contract, &path).exit_code, 1, "{}", path.display());
        }
    }
}

#[test]
fn the_corrected_document_needs_no_quirk() {
    let contract = load(&corrected());
    let report = Run::new(&contract, RunOptions::default()).report();
    let resolved = report.findings.iter().filter(|it| it.rule == Rule::QuirkResolved);
    let resolved: BTreeSet<_> = resolved.filter_map(|it| it.quirk.clone()).collect();
    let all: BTreeSet<_> = contract.quirks().iter().map(|it| it.id.clone()).collect();
    assert_eq!(resolved, all);
    assert!(contract.corrected(&corrected().documented).unwrap().is_none());
}

/// A vendor of two operations that share components, and quirks at some of their places.
#[derive(Debug, Clone)]
struct Vendor {
    /// What each component's members are: a text, or (a list of) a component further on.
    components: Vec<Vec<Member>>,
    /// The component that each operation returns.
    roots: [usize; 2],
}

#[derive(Debug, Clone)]
enum Member {
    Text,
    One(usize),
    List(usize),
}

const OPERATIONS: [&str; 2] = ["/x", "/it's/{id}"];

impl Vendor {
    fn schema(&self, component: usize) -> Value {
        let reference = |it: usize| {
            let further = (component + 1 + it).min(self.components.len() - 1);
            if further == component {
                json!({ "type": "string" })
            } else {
                json!({ "$ref": format!("#/components/schemas/C{further}") })
            }
        };
        let member = |(number, member): (usize, &Member)| {
            let schema = match member {
                Member::Text => json!({ "type": "string", "maxLength": 9, "examples": ["a"] }),
                Member::One(it) => reference(*it),
                Member::List(it) => json!({ "type": "array", "items": reference(*it) }),
            };
            (format!("m{number}"), schema)
        };
        let members = self.components[component].iter().enumerate().map(member);
        json!({ "type": "object", "properties": Value::Object(members.collect()), "required": ["m0"] })
    }

    fn document(&self) -> Value {
        let components = (0..self.components.len()).map(|it| (format!("C{it}"), self.schema(it)));
        let operation = |root: usize| {
            let schema = json!({ "$ref": format!("#/components/schemas/C{root}") });
            json!({ "get": { "responses": { "200": {
                "description": "", "content": { "application/json": { "schema": schema } },
            } } } })
        };
        let [x, y] = self.roots.map(operation);
        json!({
            "openapi": "3.1.0",
            "info": { "title": "", "version": "" },
            "paths": { OPERATIONS[0]: x, OPERATIONS[1]: y },
            "components": { "schemas": Value::Object(components.collect()) },
        })
    }

    /// The places of texts with a bound below a component.
    fn places(&self, component: usize, above: &str, found: &mut Vec<String>) {
        let last = self.components.len() - 1;
        for (number, member) in self.components[component].iter().enumerate() {
            let place = format!("{above}/m{number}");
            match member {
                Member::Text => found.push(place),
                Member::One(it) if component < last => {
                    self.places((component + 1 + it).min(last), &place, found)
                }
                Member::List(it) if component < last => {
                    self.places((component + 1 + it).min(last), &format!("{place}/*"), found)
                }
                Member::One(_) | Member::List(_) => {}
            }
        }
    }
}

fn vendor() -> impl Strategy<Value = Vendor> {
    let member = prop_oneof![
        Just(Member::Text),
        (0..2_usize).prop_map(Member::One),
        (0..2_usize).prop_map(Member::List)
    ];
    let components = prop::collection::vec(prop::collection::vec(member, 1..4), 2..5);
    (components, [0..2_usize, 0..2_usize])
        .prop_map(|(components, roots)| Vendor { components, roots })
}

const WIRE: [&str; 4] = [
    "returned = { type = \"integer\" }",
    "also = { type = \"null\" }",
    "also = { type = \"integer\" }",
    "returned = false",
];

proptest! {
    #[test]
    fn only_the_places_of_a_quirk_are_corrected(
        vendor in vendor(),
        picks in prop::collection::vec((0..2_usize, any::<prop::sample::Index>()), 1..6),
        wire in prop::sample::select(WIRE.as_slice()),
        split in any::<bool>(),
    ) {
        let mut places = BTreeSet::new();
        for (operation, pick) in picks {
            let mut all = Vec::new();
            vendor.places(vendor.roots[operation], "", &mut all);
            if !all.is_empty() {
                places.insert((OPERATIONS[operation], pick.get(&all).clone()));
            }
        }
        prop_assume!(!places.is_empty());
        let at = places.iter().map(|(path, place)| {
            format!("[[at]]\noperation = \"GET {path}\"\nstatus = 200\nplace = \"{place}\"\n")
        });
        let head = format!(
            "summary = \"q\"\ndeclared = {{ type = \"string\", maxLength = 9 }}\n{wire}\nreason = \"r\"\n\
             known_since = 2026-01-01\npermanent = true\n"
        );
        // One quirk of all the places, or one of each.
        let quirks = if split {
            at.map(|at| format!("{head}{at}")).collect()
        } else {
            vec![format!("{head}{}", at.collect::<String>())]
        };
        let documented = vendor.document();
        let mut texts = ContractTexts {
            documented: vec![Text { name: "openapi.json".into(), text: documented.to_string() }],
            quirks: quirks
                .into_iter()
                .enumerate()
                .map(|(number, text)| Text { name: format!("q{number}.toml"), text })
                .collect(),
            modelled: None,
            settings: None,
        };
        let corrected = load(&texts).corrected(&texts.documented).unwrap().unwrap();
        prop_assert_eq!(&applied(&corrected.overlay, &documented), &corrected.openapi);
        for change in changes(&documented, &corrected.openapi).unwrap() {
            let path = change.operation.as_str().strip_prefix("GET ").unwrap();
            let place = change.place.as_ref().unwrap().as_str().to_owned();
            prop_assert!(places.iter().any(|it| it.0 == path && it.1 == place), "{}", change);
        }
        texts.documented[0].text = corrected.openapi.to_string();
        let contract = load(&texts);
        let report = Run::new(&contract, RunOptions::default()).report();
        let resolved = report.findings.iter().filter(|it| it.rule == Rule::QuirkResolved).count();
        prop_assert_eq!(resolved, places.len());
    }
}

/// What no schema can say is corrected too, as far as OpenAPI can say it.
#[test]
fn forms_beside_schemas_are_corrected() {
    let json = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/C" } } });
    let branches = json!([{ "$ref": "#/components/schemas/C" }, { "type": "object" }]);
    let choice = json!({ "application/json": { "schema": { "type": "object", "properties": { "v": { "oneOf": branches } } } } });
    let get = |content: Value| json!({ "get": { "responses": { "200": { "description": "", "content": content } } } });
    let closed = |name: &str| json!({ "properties": { name: { "type": "integer" } }, "required": [name], "additionalProperties": false });
    let mixed = json!({ "application/json": { "schema": { "properties": { "v": { "oneOf": [closed("k"), closed("m")] } } } } });
    let documented = json!({
        "openapi": "3.1.0",
        "info": { "title": "", "version": "" },
        "paths": {
            "/another": get(mixed),
            "/several": get(choice), "/html": get(json.clone()), "/also": get(json.clone()), "/text": get(json),
            "/none": get(json!({ "text/csv": {} })),
            "/unexpected": { "get": { "responses": { "202": { "description": "" } } } },
        },
        "components": { "schemas": { "C": { "type": "object", "properties": { "a": { "type": "integer" } } } } },
    });
    let is_json = "declared = { media_type = \"application/json\" }\n";
    let quirks = [
        (
            "/several",
            200,
            "/v",
            "declared = { alternatives = \"one\" }\nalso = { alternatives = \"several\" }"
                .to_owned(),
        ),
        (
            "/another",
            200,
            "/v/m",
            "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }"
                .to_owned(),
        ),
        (
            "/html",
            200,
            "",
            format!("{is_json}returned = {{ media_type = \"text/html\", json = true }}"),
        ),
        (
            "/also",
            200,
            "",
            format!("{is_json}also = {{ media_type = \"text/html\", json = true }}"),
        ),
        ("/text", 200, "", format!("{is_json}returned = {{ media_type = \"text/plain\" }}")),
        ("/none", 200, "", "declared = { media_type = \"text/csv\" }\nreturned = false".to_owned()),
        (
            "/unexpected",
            202,
            "",
            "declared = false\nreturned = { media_type = \"text/html\" }".to_owned(),
        ),
        (
            "/new/{id}",
            200,
            "",
            "declared = { operation = false }\nreturned = { type = \"object\" }".to_owned(),
        ),
    ];
    let text = |(number, (path, status, place, says)): (usize, &(&str, u16, &str, String))| Text {
        name: format!("q{number}.toml"),
        text: format!(
            "summary = \"q\"\n{says}\nreason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
             [[at]]\noperation = \"GET {path}\"\nstatus = {status}\nplace = \"{place}\"\n"
        ),
    };
    let mut texts = ContractTexts {
        documented: vec![Text { name: "openapi.json".into(), text: documented.to_string() }],
        quirks: quirks.iter().enumerate().map(text).collect(),
        modelled: None,
        settings: None,
    };
    let corrected = load(&texts).corrected(&texts.documented).unwrap().unwrap();
    assert_eq!(applied(&corrected.overlay, &documented), corrected.openapi);
    let of = |path: &str| &corrected.openapi["paths"][path]["get"]["responses"]["200"]["content"];
    let reference = json!({ "schema": { "$ref": "#/components/schemas/C" } });
    assert_eq!(*of("/html"), json!({ "text/html": reference }));
    assert_eq!(*of("/also"), json!({ "application/json": reference, "text/html": reference }));
    assert_eq!(*of("/text"), json!({ "text/plain": { "schema": { "type": "string" } } }));
    assert_eq!(*of("/none"), json!(null));
    let several = &of("/several")["application/json"]["schema"]["properties"]["v"];
    assert_eq!(*several, json!({ "anyOf": branches, "x-alternatives": "several" }));
    let another = &of("/another")["application/json"]["schema"]["properties"]["v"]["oneOf"];
    let mut with_m = closed("k");
    with_m["properties"]["m"] = json!({ "type": "integer" });
    let either = json!({ "anyOf": [closed("k"), closed("m")] });
    let mixed =
        json!({ "not": either, "anyOf": [with_m, closed("m")], "x-alternatives": "another" });
    assert_eq!(*another, json!([closed("k"), closed("m"), mixed]));
    texts.documented[0].text = corrected.openapi.to_string();
    let contract = load(&texts);
    let faults = contract.document_faults().iter().map(ToString::to_string);
    let of_new: Vec<String> = faults.filter(|it| it.contains("~1new")).collect();
    assert_eq!(of_new, Vec::<String>::new());
    let report = Run::new(&contract, RunOptions::default()).report();
    let resolved = report.findings.iter().filter(|it| it.rule == Rule::QuirkResolved).count();
    assert_eq!(resolved, quirks.len());
}

/// A document of OpenAPI 3.0 is corrected in its own words: nothing is wrong with what comes of it.
#[test]
fn a_document_of_30_stays_one() {
    let properties = json!({
        "text": { "type": "string" },
        "code": { "type": "string", "enum": ["a", "b"] },
        "other": { "$ref": "#/components/schemas/C" },
        "either": { "type": "boolean" },
        "one": { "type": "string" },
        "above": { "type": "string" },
        "never": { "type": "string" },
        "list": { "type": "string" },
    });
    let documented = json!({
        "openapi": "3.0.3",
        "info": { "title": "", "version": "" },
        "paths": { "/a": { "get": { "responses": { "200": { "description": "", "content": { "application/json": {
            "schema": { "type": "object", "properties": properties },
        } } } } } } },
        "components": { "schemas": { "C": { "type": "object", "properties": { "a": { "type": "integer" } } } } },
    });
    let null = "also = { type = \"null\" }";
    let quirks = [
        ("text", null, json!({ "type": "string", "nullable": true })),
        ("code", null, json!({ "type": "string", "enum": ["a", "b", null], "nullable": true })),
        (
            "other",
            null,
            json!({ "allOf": [{ "$ref": "#/components/schemas/C" }], "nullable": true }),
        ),
        (
            "either",
            "returned = { type = [\"integer\", \"string\"] }",
            json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }] }),
        ),
        ("one", "returned = { const = 1 }", json!({ "enum": [1] })),
        (
            "above",
            "returned = { type = \"integer\", exclusiveMinimum = 3 }",
            json!({ "type": "integer", "minimum": 3, "exclusiveMinimum": true }),
        ),
        ("never", "returned = false", json!({ "not": {} })),
        (
            "list",
            "returned = { type = \"array\", contains = { type = \"integer\" } }",
            json!({ "type": "array" }),
        ),
        (
            "new",
            "returned = { type = \"null\" }",
            json!({ "type": "string", "enum": [null], "nullable": true }),
        ),
    ];
    let declared = |name: &str| match name {
        "code" => r#"{ type = "string", enum = ["a", "b"] }"#,
        "other" => r#"{ type = "object" }"#,
        "either" => r#"{ type = "boolean" }"#,
        "new" => "false",
        _ => r#"{ type = "string" }"#,
    };
    let text = |(name, says, _): &(&str, &str, Value)| Text {
        name: format!("{name}-q.toml"),
        text: format!(
            "summary = \"q\"\ndeclared = {}\n{says}\nreason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
             [[at]]\noperation = \"GET /a\"\nstatus = 200\nplace = \"/{name}\"\n",
            declared(name)
        ),
    };
    let mut texts = ContractTexts {
        documented: vec![Text { name: "openapi.json".into(), text: documented.to_string() }],
        quirks: quirks.iter().map(text).collect(),
        modelled: None,
        settings: None,
    };
    let corrected = load(&texts).corrected(&texts.documented).unwrap().unwrap();
    assert_eq!(applied(&corrected.overlay, &documented), corrected.openapi);
    let schema = &corrected.openapi["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
        ["schema"];
    for (name, _, expected) in &quirks {
        assert_eq!(schema["properties"][name], *expected, "{name}");
    }
    let said: Vec<&str> = corrected.overlay["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["description"].as_str())
        .filter(|it| it.contains("cannot say"))
        .collect();
    assert!(
        said.iter().all(|it| *it == "list-q: q (OpenAPI 3.0 cannot say `contains`)"),
        "{said:?}"
    );
    assert!(!said.is_empty());
    texts.documented[0].text = corrected.openapi.to_string();
    let contract = load(&texts);
    assert_eq!(contract.document_faults(), []);
    let report = Run::new(&contract, RunOptions::default()).report();
    let resolved = report.findings.iter().filter(|it| it.rule == Rule::QuirkResolved).count();
    assert_eq!(resolved, quirks.len());
}

/// A component is changed where it stands while nothing else shares it, and copied to the place where something does.
#[test]
fn what_others_share_is_copied_to_the_place() {
    let vendor =
        Vendor { components: vec![vec![Member::One(0)], vec![Member::Text]], roots: [0, 0] };
    let actions = |paths: &[&str]| -> Vec<String> {
        let at = paths.iter().map(|it| {
            format!("[[at]]\noperation = \"GET {it}\"\nstatus = 200\nplace = \"/m0/m0\"\n")
        });
        let text = format!(
            "summary = \"q\"\ndeclared = {{ type = \"string\", maxLength = 9 }}\nalso = {{ type = \"null\" }}\nreason = \"r\"\n\
             known_since = 2026-01-01\npermanent = true\n{}",
            at.collect::<String>()
        );
        let texts = ContractTexts {
            documented: vec![Text {
                name: "openapi.json".into(),
                text: vendor.document().to_string(),
            }],
            quirks: vec![Text { name: "q.toml".into(), text }],
            modelled: None,
            settings: None,
        };
        let corrected = load(&texts).corrected(&texts.documented).unwrap().unwrap();
        let actions = corrected.overlay["actions"].as_array().unwrap().clone();
        actions.iter().map(|it| it["target"].as_str().unwrap().to_owned()).collect()
    };
    let schema = r"$.paths['/it\'s/{id}'].get.responses['200'].content['application/json'].schema";
    assert_eq!(actions(&OPERATIONS[1..]), [format!("{schema}['$ref']"), schema.to_owned()]);
    let text = "$.components.schemas.C1.properties.m0";
    assert_eq!(actions(&OPERATIONS), [format!("{text}.type"), text.to_owned()]);
}

//! A finding's id is made of what it is about: how the schemas are laid out does not move it.

use std::collections::BTreeSet;

use contract::{Contract, ContractTexts, Text};
use serde_json::{Map, Value, json};
use tests::{CONTRACT, har_files, report_by, texts};

/// The ids of everything that the cases show.
fn ids(contract: &Contract) -> BTreeSet<String> {
    let reports = har_files("tests/cases").into_iter().map(|it| report_by(contract, &it));
    reports.flat_map(|it| it.findings).map(|it| it.id).collect()
}

fn with(change: impl Fn(Value) -> Value) -> Contract {
    let texts = texts();
    let changed = |text: &Text| {
        let document = change(serde_json::from_str(&text.text).unwrap());
        Text { name: text.name.clone(), text: document.to_string() }
    };
    let modelled = texts.modelled.as_ref().map(changed);
    let documented = texts.documented.iter().map(changed).collect();
    Contract::load(&ContractTexts { documented, modelled, ..texts })
        .unwrap_or_else(|it| panic!("{it}"))
}

#[test]
fn renaming_and_reordering_components_moves_no_id() {
    let renamed = with(|document| {
        let renamed =
            document.to_string().replace("#/components/schemas/", "#/components/schemas/Another");
        let mut document: Value = serde_json::from_str(&renamed).unwrap();
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        let reversed = std::mem::take(schemas).into_iter().rev();
        *schemas = reversed.map(|(name, schema)| (format!("Another{name}"), schema)).collect();
        document
    });
    assert_eq!(ids(&renamed), ids(&CONTRACT));
}

#[test]
fn inlining_components_moves_no_id() {
    let inlined = with(|document| {
        let components = document["components"]["schemas"].as_object().unwrap().clone();
        let mut document = document;
        document["paths"] = inline(&document["paths"], &components);
        document["components"] = json!({});
        document
    });
    assert_eq!(ids(&inlined), ids(&CONTRACT));
}

fn inline(value: &Value, components: &Map<String, Value>) -> Value {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            let target =
                target.and_then(|it| components.get(it.strip_prefix("#/components/schemas/")?));
            let mut inlined: Map<String, Value> = match target {
                Some(target) => inline(target, components).as_object().unwrap().clone(),
                None => Map::new(),
            };
            let rest = members.iter().filter(|it| it.0 != "$ref");
            inlined.extend(rest.map(|(name, value)| (name.clone(), inline(value, components))));
            Value::Object(inlined)
        }
        Value::Array(items) => items.iter().map(|it| inline(it, components)).collect(),
        _ => value.clone(),
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let once = || -> Vec<String> {
        let contract = with(|document| document);
        har_files("tests/cases").iter().map(|it| report_by(&contract, it).to_json()).collect()
    };
    assert_eq!(once(), once());
}

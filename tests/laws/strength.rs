//! The meter's own honesty: a weakened contract shows exactly the new survivors.

use std::collections::BTreeSet;

use contract::{Contract, ContractTexts, Strength, Text};
use serde_json::{Value, json};
use tests::{CONTRACT, har_files, read, texts};

/// The survivors on the reference's examples, each by place and operator.
fn survivors(contract: &Contract) -> BTreeSet<String> {
    let mut strength = Strength::default();
    for path in har_files("tests/recordings") {
        read(&path, |entry| contract.plant_faults(&entry.unwrap(), &[], &mut strength));
    }
    let places = strength.survivors.iter();
    places
        .flat_map(|(place, operators)| operators.keys().map(move |it| format!("{place} {it}")))
        .collect()
}

fn weakened(weaken: impl Fn(&mut Value)) -> BTreeSet<String> {
    let texts = texts();
    let modelled = texts.modelled.as_ref().map(|it| {
        let mut document: Value = serde_json::from_str(&it.text).unwrap();
        weaken(&mut document["components"]["schemas"]);
        Text { name: it.name.clone(), text: document.to_string() }
    });
    let contract =
        Contract::load(&ContractTexts { modelled, ..texts }).unwrap_or_else(|it| panic!("{it}"));
    survivors(&contract).difference(&survivors(&CONTRACT)).cloned().collect()
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn a_list_of_codes_removed() {
    let found = weakened(|it| {
        it["DiscussionType"].as_object_mut().unwrap().shift_remove("enum");
    });
    assert_eq!(
        found,
        set(&[
            "/type_discussion beyond-int32",
            "/type_discussion swapped",
            "/type_discussion unknown-code"
        ])
    );
}

#[test]
fn a_requirement_removed() {
    let found = weakened(|it| {
        it["Ambassador"]["required"].as_array_mut().unwrap().retain(|it| it != "email")
    });
    assert_eq!(found, set(&["/ambassadors/*/email removed"]));
}

#[test]
fn an_object_opened() {
    let found = weakened(|it| it["ChatroomPivotData"]["additionalProperties"] = json!(true));
    assert_eq!(found, set(&["/ambassadors/*/chatroom_pivot_data/* extra-member"]));
}

//! The meter's own honesty: a weakened contract shows exactly the new survivors.

use std::{collections::BTreeSet, num::NonZero};

use contract::{Contract, ContractTexts, Meter, Severity, Strength, Text};
use serde_json::{Value, json};
use tests::{CONTRACT, har_files, read, texts};

/// What faults in the reference's examples show.
fn strength(contract: &Contract, threads: usize) -> Strength {
    let threads = NonZero::new(threads).unwrap();
    let mut meter = Meter::new(contract, &[], Severity::Error).with_threads(threads);
    for path in har_files("tests/recordings") {
        read(&path, |entry| meter.plant(&entry.unwrap()));
    }
    meter.strength().clone()
}

/// The survivors on the reference's examples, each by place and operator.
fn survivors(contract: &Contract) -> BTreeSet<String> {
    let survivors = strength(contract, 1).survivors;
    survivors.iter().map(|it| format!("{} {}", it.place, it.operator.as_str())).collect()
}

/// The survivors that a weaker model brings.
fn weakened(weaken: impl Fn(&mut Value)) -> BTreeSet<String> {
    weakened_from(texts(), weaken)
}

fn weakened_from(texts: ContractTexts, weaken: impl Fn(&mut Value)) -> BTreeSet<String> {
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
fn more_threads_show_the_same() {
    let alone = strength(&CONTRACT, 1);
    assert!(alone.faults.planted > 0 && !alone.survivors.is_empty());
    assert_eq!(strength(&CONTRACT, 3), alone);
}

#[test]
fn a_list_of_codes_removed() {
    let found = weakened(|it| {
        it["DiscussionType"].as_object_mut().unwrap().shift_remove("enum");
    });
    assert_eq!(found, without_codes("/type_discussion"));
}

/// What survives at a place whose list of codes is gone.
fn without_codes(place: &str) -> BTreeSet<String> {
    let bounds = ["zero", "negative", "beyond-int32", "below-int32", "beyond-int64"];
    let operators = [&["unknown-code", "swapped"][..], &bounds].concat();
    operators.iter().map(|it| format!("{place} {it}")).collect()
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

#[test]
fn a_bound_removed() {
    let cases = [
        (
            "Ambassador",
            "active",
            "maximum",
            &["/ambassadors/*/active beyond-int32", "/ambassadors/*/active beyond-int64"][..],
        ),
        ("Ambassador", "active", "minimum", &["/ambassadors/*/active below-int32"]),
        ("Chatroom", "id_chatroom", "maximum", &["/id_chatroom beyond-int64"]),
    ];
    for (schema, member, bound, survivors) in cases {
        let found = weakened(|it| {
            let member = &mut it[schema]["properties"][member];
            assert!(member.as_object_mut().unwrap().shift_remove(bound).is_some());
        });
        assert_eq!(found, set(survivors), "{bound} of {member}");
    }
}

#[test]
fn a_quirk_widened() {
    let mut texts = texts();
    let quirk = texts.quirks.iter_mut().find(|it| it.name.ends_with("source-is-an-integer.toml"));
    let quirk = quirk.unwrap();
    quirk.text = quirk.text.replace(
        "returned    = { type = \"integer\", enum = [0, 1, 2] }",
        "returned    = { type = \"integer\" }",
    );
    let found = weakened_from(texts, |it| {
        it["Source"].as_object_mut().unwrap().shift_remove("enum");
    });
    assert_eq!(found, without_codes("/source"));
}

//! Any single change that the contract forbids, in any leaf of a clean response, is one error at its place, also in a
//! body that has other faults.

use std::fs;

use contract::{Finding, Report, Rule, Run, RunOptions, Severity};
use serde_json::{Value, json};
use tests::CONTRACT;

/// A change to one leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    AnotherType,
    Null,
    Removed,
    BeyondInt32,
    BeyondInt64,
    Fraction,
    BrokenText,
    UnknownCode,
}

impl Fault {
    pub(crate) const ALL: &[Self] = &[
        Self::AnotherType,
        Self::Null,
        Self::Removed,
        Self::BeyondInt32,
        Self::BeyondInt64,
        Self::Fraction,
        Self::BrokenText,
        Self::UnknownCode,
    ];

    /// Plants the fault; false where it makes no sense.
    pub(crate) fn plant(self, body: &mut Value, pointer: &str) -> bool {
        if self == Self::Removed {
            let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", ""));
            let parent = body.pointer_mut(parent).and_then(Value::as_object_mut);
            return parent.is_some_and(|it| it.shift_remove(name).is_some());
        }
        let leaf = body.pointer_mut(pointer).expect("a leaf of the body");
        let faulty = match (self, &*leaf) {
            (Self::AnotherType, Value::String(_)) => json!(7),
            (Self::AnotherType, _) => json!({ "a": "b" }),
            (Self::Null, _) => Value::Null,
            (Self::BeyondInt32, Value::Number(_)) => json!(2_147_483_648_i64),
            (Self::BeyondInt64, Value::Number(_)) => json!(9_223_372_036_854_775_808_u64),
            (Self::Fraction, Value::Number(_)) => json!(0.5),
            (Self::BrokenText, Value::String(_)) => json!("2023-02-30T25:00"),
            (Self::UnknownCode, Value::Number(_)) => json!(5),
            _ => return false,
        };
        *leaf = faulty;
        true
    }

    /// The rule that it breaks at a place of the example, as the reference, the quirks and the model have it.
    fn breaks(self, place: &str) -> Option<Rule> {
        let last = place.rsplit('/').next().unwrap_or_default();
        let optional = ["last_message_date", "established_dialogue"]
            .contains(&place.trim_start_matches('/'))
            || ["image", "username", "email_tmp", "last_read_message"].contains(&last);
        let is_code = ["/source", "/type_chatroom", "/type_discussion"].contains(&place);
        let is_int32 = ["active", "status", "id_ambassador", "last_read_message"].contains(&last)
            || place.ends_with("chatroom_pivot_data/*/id_chatroom");
        let is_date = ["/date_insert", "/last_message_date", "/ambassadors/*/last_action_date"]
            .contains(&place);
        let is_quirk = ["/source", "/established_dialogue"].contains(&place);
        let rule = match self {
            Self::Null | Self::Removed if optional => return None,
            Self::Removed => return Some(Rule::Required),
            Self::AnotherType => Rule::Type,
            Self::Null => Rule::Null,
            Self::BeyondInt32 | Self::BeyondInt64 | Self::UnknownCode if is_code => Rule::Enum,
            Self::BeyondInt32 if is_int32 => Rule::Bounds,
            Self::BeyondInt64 => Rule::Bounds,
            Self::Fraction => Rule::Type,
            Self::BrokenText if is_date || is_quirk => Rule::Format,
            Self::BeyondInt32 | Self::BrokenText | Self::UnknownCode => return None,
        };
        Some(if is_quirk { Rule::QuirkMutated } else { rule })
    }
}

/// The reference's own 200 example.
pub(crate) fn example() -> Value {
    let path = tests::root().join("tests/recordings/get-chatroom-200.har");
    let har: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = har["log"]["entries"][0]["response"]["content"]["text"].as_str().unwrap();
    serde_json::from_str(text).unwrap()
}

/// Checks one body as a 200.
pub(crate) fn report_on(body: &Value) -> Report {
    report_on_status(200, body)
}

/// Checks one body as an answer of a status.
pub(crate) fn report_on_status(status: u16, body: &Value) -> Report {
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    run.check(&tests::exchange(status, body.to_string().as_bytes()));
    run.report()
}

/// Pointers of everything that has no members or items.
pub(crate) fn leaves(value: &Value) -> Vec<String> {
    let below = |segment: &str, child: &Value| -> Vec<String> {
        leaves(child).into_iter().map(|it| format!("/{segment}{it}")).collect()
    };
    match value {
        Value::Object(members) => members.iter().flat_map(|(name, it)| below(name, it)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, it)| below(&index.to_string(), it)).collect()
        }
        _ => vec![String::new()],
    }
}

fn errors(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|it| it.severity == Severity::Error).collect()
}

fn place_of(pointer: &str) -> String {
    pointer.replace("/0", "/*")
}

#[test]
fn each_single_fault_is_one_error_at_its_place() {
    for (clean, other_errors) in [(example(), 0), (with_other_faults(), 2)] {
        for pointer in leaves(&clean).iter().filter(|it| !it.contains("other")) {
            for fault in Fault::ALL {
                let mut body = clean.clone();
                if !fault.plant(&mut body, pointer) {
                    continue;
                }
                let place = place_of(pointer);
                let report = report_on(&body);
                let here: Vec<Rule> = errors(&report)
                    .iter()
                    .filter(|it| it.place.as_ref().is_some_and(|it| it.as_str() == place))
                    .map(|it| it.rule)
                    .collect();
                let expected: Vec<Rule> = fault.breaks(&place).into_iter().collect();
                assert_eq!(here, expected, "{fault:?} at {place}");
                assert_eq!(
                    errors(&report).len(),
                    expected.len() + other_errors,
                    "{fault:?} at {place}"
                );
                assert_eq!(
                    report.exit_code,
                    u8::from(!errors(&report).is_empty()),
                    "{fault:?} at {place}"
                );
            }
        }
    }
}

/// Faults at places that no leaf of the example has.
fn with_other_faults() -> Value {
    let mut body = example();
    body["other"] = json!(1);
    body["ambassadors"][0]["other"] = json!("x");
    body
}

#[test]
fn an_extra_member_is_one_error_where_the_object_is_closed() {
    let closed = ["", "/ambassadors/0", "/ambassadors/0/chatroom_pivot_data/0"];
    let open = ["/last_rating", "/last_summary"];
    for (objects, expected) in [(&closed[..], 1), (&open[..], 0)] {
        for pointer in objects {
            let mut body = example();
            body.pointer_mut(pointer).unwrap()["extra"] = json!({ "deep": { "er": 1 } });
            let report = report_on(&body);
            assert_eq!(errors(&report).len(), expected, "{pointer}");
            for finding in errors(&report) {
                assert_eq!(finding.rule, Rule::UndocumentedField);
                assert_eq!(
                    finding.place.as_ref().unwrap().as_str(),
                    format!("{}/extra", place_of(pointer))
                );
            }
        }
    }
}

#[test]
fn ten_thousand_items_with_one_defect_each_are_one_finding() {
    let mut body = example();
    let mut item = body["ambassadors"][0].clone();
    item["online"] = json!("yes");
    body["ambassadors"] = json!(vec![item; 10_000]);
    let report = report_on(&body);
    let [finding] = errors(&report)[..] else { panic!("{}", tests::summary(&report)) };
    assert_eq!((finding.rule, finding.count, finding.exchanges), (Rule::Type, 10_000, 1));
}

#[test]
fn no_value_of_a_body_is_in_a_report() {
    let canary = "canary-7f3a";
    let mut texts = example();
    for pointer in leaves(&texts) {
        *texts.pointer_mut(&pointer).unwrap() = json!(canary);
    }
    let mut names = example();
    for pointer in ["", "/ambassadors/0", "/last_rating"] {
        names.pointer_mut(pointer).unwrap()["canary@7f3a.example"] =
            json!({ "canary 7f3a": canary });
    }
    for body in [texts, names, json!(canary), json!([canary]), json!({ "canary 7f3a": [canary] })] {
        let report = report_on(&body);
        assert!(
            report.exit_code == 1 && !report.to_json().contains("7f3a"),
            "{}",
            report.to_json()
        );
    }
}

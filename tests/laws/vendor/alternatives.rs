//! Values that fit no alternative: which is meant, where what is wrong is told, and in which words.

use contract::Severity;
use serde_json::{Value, json};

use super::{Vendor, told, vendor};

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn text() -> Value {
    json!({"type": "string"})
}

/// An API whose body is one of alternatives.
fn of(keyword: &str, alternatives: Value) -> Vendor {
    let object = |required: Value, properties: Value| {
        let required: Vec<Value> = required.as_array().unwrap().clone();
        json!({"type": "object", "required": required, "properties": properties})
    };
    let user: Vec<&str> = vec!["login", "id", "a", "b", "c", "d", "e"];
    let members: serde_json::Map<String, Value> =
        user.iter().map(|it| ((*it).to_owned(), text())).collect();
    let block = |kind: &str, name: &str| {
        object(
            json!(["kind", name]),
            json!({"kind": {"const": kind}, name: text(), "note": text()}),
        )
    };
    vendor(json!({keyword: alternatives})).components(json!({
        "User": object(json!(user), Value::Object(members)),
        "Empty": {"type": "object", "properties": {}, "additionalProperties": false},
        "Answer": object(json!(["id", "text"]), json!({"id": text(), "text": text()})),
        "Event": object(json!(["event"]), json!({"event": text(), "id": text()})),
        "Other": object(json!(["event"]), json!({"event": {"type": "integer"}, "at": text()})),
        "Named": object(json!(["event"]), json!({"event": text(), "at": text(), "by": text()})),
        "Text": block("text", "text"),
        "Image": block("image", "url"),
    }))
}

/// What is found with and without the shortcut, each error by rule, place and sentence.
fn errors(it: &Vendor, body: &Value) -> (String, Vec<String>) {
    let [quick, full] = [Vendor::report, Vendor::report_in_full]
        .map(|report| report(it, 200, "application/json", &body.to_string()));
    assert_eq!(quick.findings, full.findings, "{body}");
    let errors = quick.findings.iter().filter(|it| it.severity == Severity::Error);
    let sentences = errors.map(|it| it.message.clone()).collect();
    let mut report = quick;
    report.findings.retain(|it| it.severity == Severity::Error);
    (told(&report), sentences)
}

#[test]
fn what_is_wrong_is_told_inside_the_alternative_that_is_meant() {
    let (user, empty) = (reference("User"), reference("Empty"));
    let (answer, event, other) = (reference("Answer"), reference("Event"), reference("Other"));
    let (words, image) = (reference("Text"), reference("Image"));
    let list = json!({"type": "array", "items": answer});
    let both = json!({"oneOf": [words, image]});
    // The alternatives, the body, what is found.
    let cases = [
        // It names most of the members, and no other names half as many.
        (json!([answer, event]), json!({"id": "x", "text": 5}), "type /text"),
        (json!([answer, event]), json!({"text": "x"}), "required /id"),
        (
            json!([user, empty]),
            json!({"login": "x", "id": "x", "a": "a", "b": "b", "c": "c"}),
            "required /d, required /e",
        ),
        (
            json!([empty, user]),
            json!({"login": 1, "x": 1}),
            "required /a, required /b, required /c, required /d, required /e, required /id, type /login",
        ),
        // The other names as many.
        (json!([answer, event]), json!({"id": "x"}), "type"),
        (json!([event, other]), json!({"event": null}), "type"),
        // It names none.
        (json!([answer, event]), json!({}), "type"),
        (json!([answer, event]), json!({"x": 1, "y": 1}), "type"),
        // Only one is of the type.
        (
            json!([list, answer]),
            json!([{"id": "x", "text": "x"}, {"id": 1, "text": "x"}]),
            "type /*/id",
        ),
        (json!([text(), list]), json!([{"id": "x"}]), "required /*/text"),
        (json!([text(), list]), json!(5), "type"),
        // The value says its kind.
        (
            json!([image, words]),
            json!({"kind": "text", "url": "x", "note": 1}),
            "required /text, type /note",
        ),
        (
            json!([image, words]),
            json!({"kind": "image", "url": 1, "text": "x", "note": "x"}),
            "type /url",
        ),
        (json!([words, image]), json!({"kind": "sound", "text": "x", "note": "x"}), "type"),
        // Alternatives inside alternatives.
        (json!([both, answer]), json!({"kind": "text", "text": 1, "note": "x"}), "type /text"),
        (
            json!([{"allOf": [both]}, {"anyOf": [answer, list]}]),
            json!({"kind": "image", "url": 1}),
            "type /url",
        ),
        (json!([both, text()]), json!({"kind": "sound", "note": 1}), "type"),
    ];
    for keyword in ["oneOf", "anyOf"] {
        for (alternatives, body, expected) in &cases {
            let mut expected: Vec<&str> = expected.split(", ").collect();
            let found = errors(&of(keyword, alternatives.clone()), body).0;
            let mut found: Vec<&str> = found.split(", ").collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{keyword} {alternatives} {body}");
        }
    }
}

#[test]
fn what_mixes_alternatives_is_no_alternative_of_its_own() {
    let another = "declared = { alternatives = \"own\" }\nalso = { alternatives = \"another\" }";
    let numbered = json!({"type": "object", "properties": {"event": {"type": "integer"}, "n": text()}, "required": ["n"]});
    for keyword in ["oneOf", "anyOf"] {
        let say = |alternatives: Value, body: Value| {
            errors(&of(keyword, alternatives).quirk("/event", another), &body).1.join("\n")
        };
        let alike = json!([reference("Event"), reference("Other")]);
        assert_eq!(
            say(alike, json!({"event": null, "at": 1, "id": "x"})),
            "the reference promises one of 2 alternatives: `Event`, `Other`; the object that came matches no alternative, `Event` comes nearest, in which `/event` matches no alternative"
        );
        // The alternative that is meant, with what another has.
        let apart = || json!([numbered, reference("Named")]);
        assert_eq!(say(apart(), json!({"event": 1, "at": "x", "by": "x"})), "");
        assert_eq!(
            say(apart(), json!({"event": 1, "at": "x", "by": 1})),
            "the reference promises string; integer came"
        );
        assert_eq!(
            say(apart(), json!({"event": true, "at": "x", "by": "x"})),
            "the reference promises integer or string; the boolean that came matches no alternative, number 1 comes nearest"
        );
    }
}

#[test]
fn a_finding_says_which_alternative_is_meant_and_what_is_wrong_in_it() {
    let user = reference("User");
    let (answer, event, other) = (reference("Answer"), reference("Event"), reference("Other"));
    let (words, image) = (reference("Text"), reference("Image"));
    let say = |alternatives: Value, body: Value| errors(&of("oneOf", alternatives), &body).1;
    insta::assert_debug_snapshot!(say(json!([answer, event]), json!({"id": 5})), @r#"
    [
        "the reference promises one of 2 alternatives: `Answer`, `Event`; the object that came matches no alternative, `Answer` comes nearest, in which `/id` is an integer where string is promised; `/text` is missing",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([event, other]), json!({"event": null, "at": 1, "id": 1})), @r#"
    [
        "the reference promises one of 2 alternatives: `Event`, `Other`; the object that came matches no alternative, `Event` comes nearest, in which `/event` is null where string is promised; `/id` is an integer where string is promised",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([event, other]), json!({"event": null, "at": 1})), @r#"
    [
        "the reference promises one of 2 alternatives: `Event`, `Other`; the object that came matches no alternative, `Other` comes nearest, in which `/at` is an integer where string is promised; `/event` is null where integer is promised",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([user, answer, event]), json!({"x": 1})), @r#"
    [
        "the reference promises one of 3 alternatives: `User`, `Answer`, `Event`; the object that came matches no alternative, `Event` comes nearest, in which `/event` is missing",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([words, image]), json!({"kind": "sound", "note": 1})), @r#"
    [
        "the reference promises one of 2 alternatives: `Text`, `Image`; the object that came matches no alternative, `Text` comes nearest, in which `/kind` is a string outside the list where exactly \"text\" is promised; `/note` is an integer where string is promised; `/text` is missing",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([{"required": ["a"]}, {"required": ["b"]}]), json!({})), @r#"
    [
        "the reference promises one of 2 alternatives; the object that came matches no alternative, number 1 comes nearest, in which `/a` is missing",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([text(), {"type": "integer"}]), json!({})), @r#"
    [
        "the reference promises integer or string; the object that came matches no alternative, number 1 comes nearest",
    ]
    "#);
    // What the alternative that is meant promises, whatever another one promises there.
    insta::assert_debug_snapshot!(say(json!([{"type": "object", "properties": {"event": {"type": "integer"}, "n": text()}, "required": ["n"]}, reference("Named")]), json!({"event": 1, "at": "x", "by": "x"})), @r#"
    [
        "the reference promises string; integer came",
    ]
    "#);
    insta::assert_debug_snapshot!(say(json!([text(), {"type": "array", "items": answer}]), json!([{"id": 1, "text": "x"}])), @r#"
    [
        "the reference promises string; integer came",
    ]
    "#);
}

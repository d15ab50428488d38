//! The register: what it explains, and every way in which a quirk file can be wrong.

use contract::{Contract, ContractTexts, Rule, Run, RunOptions, Text};
use tests::texts;

#[test]
fn deleting_any_quirk_leaves_a_difference_unexplained_at_its_place() {
    let texts = texts();
    for (index, quirk) in tests::CONTRACT.quirks().iter().enumerate() {
        let mut fewer = texts.clone();
        fewer.quirks.remove(index);
        let contract = Contract::load(&fewer).unwrap_or_else(|it| panic!("{it}"));
        let report = Run::new(&contract, RunOptions::default()).report();
        let differences =
            report.findings.iter().filter(|it| it.rule == Rule::UnexplainedDifference);
        let places: Vec<_> = differences.map(|it| it.place.clone().unwrap()).collect();
        assert_eq!(places, [quirk.at[0].place.clone()], "without {}", quirk.id);
        assert_eq!(report.exit_code, 1);
    }
}

#[test]
fn a_quirk_that_the_document_now_describes_is_resolved() {
    let mut texts = texts();
    let documented = texts.documented[0].text.replacen(
        "\"source\": {\n              \"type\": \"string\"",
        "\"source\": {\n              \"type\": \"integer\"",
        1,
    );
    let documented = documented.replacen(
        "\"source\": {\n            \"type\": \"string\"",
        "\"source\": {\n            \"type\": \"integer\"",
        1,
    );
    let documented = documented.replacen(
        "\"source\": {\n          \"type\": \"string\"",
        "\"source\": {\n          \"type\": \"integer\"",
        1,
    );
    assert_ne!(documented, texts.documented[0].text);
    texts.documented[0].text = documented;
    let contract = Contract::load(&texts).unwrap_or_else(|it| panic!("{it}"));
    let report = Run::new(&contract, RunOptions::default()).report();
    let found: Vec<_> = report.findings.iter().map(|it| (it.rule, it.settle.as_str())).collect();
    assert_eq!(
        found,
        [(
            Rule::QuirkResolved,
            "delete schemas/quirks/source-is-an-integer.toml and keep the model"
        )]
    );
}

/// What loading says when `source-is-an-integer.toml` is changed; the file's name is left out.
#[track_caller]
fn faults(change: impl Fn(&str) -> String) -> String {
    let mut texts = texts();
    let quirk = texts.quirks.iter_mut().find(|it| it.name.contains("source-is")).unwrap();
    quirk.text = change(&quirk.text);
    let faults = Contract::load(&texts).expect_err("promised a fault");
    let texts: Vec<String> = faults.0.iter().map(std::string::ToString::to_string).collect();
    texts.join("\n").replace("schemas/quirks/source-is-an-integer.toml", "quirk")
}

fn replace(from: &'static str, to: &'static str) -> impl Fn(&str) -> String {
    move |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }
}

fn without(key: &'static str) -> impl Fn(&str) -> String {
    move |text| text.lines().filter(|it| !it.starts_with(key)).map(|it| format!("{it}\n")).collect()
}

const RETURNED: &str = "returned    = { type = \"integer\", enum = [0, 1, 2] }";

#[test]
fn what_is_wrong_with_a_quirk_file_by_itself() {
    let all: Vec<(&str, String)> = vec![
        ("not TOML", faults(|_| "summary = ".into())),
        (
            "unknown keys",
            faults(|it| {
                format!(
                    "seen = 3\n{it}\n[[evidence]]\nkind = \"page\"\nnote = \"x\"\nlink = \"x\"\n"
                )
            }),
        ),
        ("no reason", faults(without("reason"))),
        ("a blank reason", faults(replace("reason      = \"The page", "reason      = \"  \" #"))),
        ("neither review_by nor permanent", faults(without("review_by"))),
        (
            "both review_by and permanent",
            faults(replace("review_by", "permanent = true\nreview_by")),
        ),
        ("no returned", faults(without("returned"))),
        ("returned and also", faults(|it| format!("also = {{ type = \"null\" }}\n{it}"))),
        ("no place", faults(|it| format!("at = []\n{}", it.split("[[at]]").next().unwrap()))),
        ("a broken place", faults(replace("\"/source\"", "\"source\""))),
        ("an unknown kind of evidence", faults(replace("\"example\"", "\"rumour\""))),
        ("a broken date", faults(replace("2027-05-22", "2027-13-22"))),
        ("no JSON Schema", faults(replace(RETURNED, "returned = { type = \"int\" }"))),
        ("JSON text that is none", faults(replace(RETURNED, "returned = \"{\""))),
    ];
    insta_text("quirk-file-faults", &all);
}

#[test]
fn what_is_wrong_with_a_quirk_against_the_document() {
    let all: Vec<(&str, String)> = vec![
        (
            "an operation that the document lacks",
            faults(replace("GET /chat/chatrooms/{id}", "GET /chat/rooms/{id}")),
        ),
        ("a status without a body", faults(replace("status    = 200", "status    = 403"))),
        ("a place that the document lacks", faults(replace("\"/source\"", "\"/sources\""))),
        (
            "declared is not what the document says",
            faults(replace(
                "declared    = { type = \"string\" }",
                "declared    = { type = \"boolean\" }",
            )),
        ),
        (
            "declared covers what comes",
            faults(replace(RETURNED, "returned = { type = \"string\", minLength = 1 }")),
        ),
        (
            "described does not exclude what comes",
            faults(replace(
                RETURNED,
                "returned = { type = \"integer\" }\ndescribed = { type = \"integer\", minimum = 5 }",
            )),
        ),
        (
            "declared = false where the document has the place",
            faults(replace("declared    = { type = \"string\" }", "declared    = false")),
        ),
        (
            "declared = false under a place that the document lacks",
            faults(|it| {
                replace("\"/source\"", "\"/sources/x\"")(&replace(
                    "declared    = { type = \"string\" }",
                    "declared    = false",
                )(it))
            }),
        ),
    ];
    insta_text("quirk-contradictions", &all);
}

#[test]
fn two_quirks_that_claim_the_same_value() {
    let also = |schema: &str| {
        let mut texts = texts();
        let quirk = texts.quirks.iter().find(|it| it.name.contains("source-is")).unwrap();
        let text = quirk.text.replacen(RETURNED, schema, 1);
        texts.quirks.push(Text { name: "schemas/quirks/another.toml".into(), text });
        load(&texts)
    };
    let all: Vec<(&str, String)> = vec![
        ("two say what is returned", also("returned = { type = \"boolean\" }")),
        ("an overlap", also("also = { type = \"integer\", minimum = 2 }")),
        ("none", also("also = { type = \"null\" }")),
    ];
    insta_text("quirk-claims", &all);
}

fn load(texts: &ContractTexts) -> String {
    match Contract::load(texts) {
        Ok(_) => "loads".into(),
        Err(faults) => faults.to_string(),
    }
}

fn insta_text(name: &str, all: &[(&str, String)]) {
    let text: String = all
        .iter()
        .map(|(what, said)| format!("{what}\n  {}\n\n", said.replace('\n', "\n  ")))
        .collect();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(tests::root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

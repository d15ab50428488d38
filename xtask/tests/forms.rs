//! The forms of a report: as many findings in each, in one order; valid, folded, and made later from the canonical report.

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use common::{compare, root, xtask};
use serde_json::{Value, json};

const FORMS: [&str; 5] = ["json", "junit", "sarif", "markdown", "html"];

/// Runs a command with every form, and gives what was written and, under `screen` and `summary`, what was printed.
fn forms(arguments: &[&str], folder: &Path) -> BTreeMap<&'static str, String> {
    let path = |form: &str| folder.join(form);
    let targets: Vec<String> =
        FORMS.iter().map(|it| format!("{it}={}", path(it).display())).collect();
    let targets = targets.join(",") + ",github";
    let summary = path("summary").display().to_string();
    let _ = fs::remove_file(&summary);
    let variables = BTreeMap::from([("GITHUB_STEP_SUMMARY", summary)]);
    let screen = xtask(&[arguments, &["--report", &targets]].concat(), &variables);
    let mut written: BTreeMap<&str, String> = FORMS
        .iter()
        .map(|it| (*it, fs::read_to_string(path(it)).unwrap_or_else(|_| panic!("{screen}"))))
        .collect();
    written.insert("summary", fs::read_to_string(path("summary")).unwrap());
    written.insert("screen", screen);
    written
}

const BROKEN: &[&str] = &[
    "check",
    "--today",
    "2026-11-23",
    "tests/cases/violation/several-at-once.har",
    "tests/cases/violation/undocumented-status.har",
    "tests/cases/healed",
    "tests/cases/mutated/source-null.har",
    "tests/cases/warned",
    "tests/cases/skipped",
];

/// The ids in the order in which a text first names them.
fn ids_in<'a>(text: &str, ids: &[&'a str]) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> =
        ids.iter().filter_map(|it| Some((text.find(*it)?, *it))).collect();
    found.sort();
    found.into_iter().map(|it| it.1).collect()
}

#[test]
fn every_form_has_the_same_findings_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    let forms = forms(BROKEN, folder.path());
    let report: Value = serde_json::from_str(&forms["json"]).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    let all: Vec<String> = findings.iter().map(id).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let is_known = |it: &Value| {
        matches!(it["rule"].as_str().unwrap(), "quirk-confirmed" | "quirk-unconfirmed")
    };
    let news: Vec<String> = findings.iter().filter(|it| !is_known(it)).map(id).collect();
    assert!(news.len() > 5 && news.len() < all.len());
    assert_eq!(ids_in(&forms["markdown"], &all), news);
    assert_eq!(forms["summary"], forms["markdown"]);

    let sarif: Value = serde_json::from_str(&forms["sarif"]).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let fingerprints: Vec<&str> = results
        .iter()
        .map(|it| it["partialFingerprints"]["finding/v1"].as_str().unwrap())
        .collect();
    assert_eq!(fingerprints, all);
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!(result["ruleId"], finding["rule"]);
        assert_eq!(result["occurrenceCount"], finding["count"]);
        let known = result["suppressions"].as_array().unwrap();
        assert_eq!(known.len(), usize::from(is_known(finding)));
        assert!(known.iter().all(|it| it["justification"].as_str().unwrap().len() > 10));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64().is_some(), "{result:#}");
    }

    // The page folds by rule and by what is said: each rule, and each card of a rule, stands where its first finding does.
    let links = forms["html"].split("<li id=\"").skip(1).map(|it| &it[..12]);
    let links: Vec<&str> = links.filter(|it| all.contains(it)).collect();
    let mut folded: Vec<&Value> = Vec::new();
    for finding in findings {
        let is_alike = |it: &&Value| ["severity", "rule"].iter().all(|key| it[key] == finding[key]);
        let after = folded.iter().rposition(is_alike).map_or(folded.len(), |it| it + 1);
        folded.insert(after, finding);
    }
    assert_eq!(links, folded.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>());

    let named: BTreeSet<&str> = ids_in(&forms["junit"], &all).into_iter().collect();
    assert_eq!(named, all.iter().copied().collect());
    let broken: BTreeSet<_> = findings
        .iter()
        .filter(|it| it["severity"] == "error")
        .map(|it| [&it["operation"], &it["status"], &it["rule"]].map(ToString::to_string))
        .collect();
    assert_eq!(forms["junit"].matches("<failure ").count(), broken.len());

    let counts = ["error", "warning"].map(|severity| {
        let count = findings.iter().filter(|it| it["severity"] == severity).count();
        assert_eq!(run["properties"][format!("{severity}s")], count);
        if count == 1 { format!("1 {severity}") } else { format!("{count} {severity}s") }
    });
    for form in ["screen", "markdown", "html"] {
        assert!(forms[form].contains(&counts.join(", ")), "{form}: {}", forms[form]);
    }
    let annotations = forms["screen"].lines().filter(|it| it.starts_with("::error "));
    assert_eq!(
        annotations.count(),
        findings.iter().filter(|it| it["severity"] == "error").count().min(10)
    );
    compare("form-junit", &forms["junit"]);
    compare("form-markdown", &forms["markdown"]);
    let told = json!({ "invocations": run["invocations"], "results": [results[0], results[all.len() - 1]] });
    compare("form-sarif", &format!("{told:#}"));
    let annotations: Vec<&str> =
        forms["screen"].lines().filter(|it| it.starts_with("::")).collect();
    compare("form-github", &annotations.join("\n"));
}

/// Whoever only looks at the cases learns what the exit code says.
#[test]
fn cases_fail_where_the_command_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xml");
    for (arguments, fails) in [
        (&["tests/recordings"][..], false),
        (&["tests/cases/warned", "tests/cases/skipped"], false),
        (&["tests/cases/warned", "--fail-on", "warning"], true),
        (&["tests/cases/violation"], true),
        (&["tests/cases/skipped"], true),
        (&["tests/cases/skipped/out-of-scope.har"], true),
        (&["tests/recordings", "no-such-file.har"], true),
    ] {
        let target = format!("junit={}", path.display());
        let screen =
            xtask(&[&["check", "--report", &target], arguments].concat(), &BTreeMap::new());
        let cases = fs::read_to_string(&path).unwrap();
        assert_eq!(screen.starts_with("exit 0\n"), !fails, "{screen}");
        let tells = cases.contains("<failure ") || cases.contains("<error ");
        assert_eq!(tells, fails, "{arguments:?}: {cases}");
    }
}

#[test]
fn forms_are_made_later_from_the_canonical_report() {
    let (at_once, later) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = forms(BROKEN, at_once.path());
    let json = at_once.path().join("json").display().to_string();
    assert_eq!(forms(&["report", &json], later.path()), first);
    let screen = xtask(&["report", &json, "--fail-on", "warning"], &BTreeMap::new());
    assert!(screen.starts_with("exit 1\n"), "{screen}");
}

#[test]
fn parts_are_joined_into_the_report_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let check = |name: &str, sources: &[&str]| {
        let report = format!("json={}", at(name));
        let options = ["check", "--today", "2026-11-23", "--report", &report];
        xtask(&[&options, sources].concat(), &BTreeMap::new())
    };
    let folders = ["tests/cases/healed", "tests/cases/mutated", "tests/recordings", "missing.har"];
    let whole = check("whole.json", &folders);
    for (index, it) in folders.iter().enumerate() {
        check(&format!("{index}.json"), &[it]);
        let shard = format!("{}/{}", index + 1, folders.len());
        check(&format!("shard-{index}.json"), &[&folders[..], &["--shard", &shard]].concat());
    }
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    let joined = format!("json={}", at("joined.json"));
    let [parts, shards] =
        ["", "shard-"].map(|kind| [2, 0, 3, 1].map(|it| at(&format!("{kind}{it}.json"))));
    for parts in [&parts, &shards] {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let arguments = [&["report"], parts.as_slice(), &["--report", &joined]].concat();
        assert_eq!(xtask(&arguments, &BTreeMap::new()), whole);
        assert_eq!(read("joined.json"), read("whole.json"));
    }

    fs::write(
        at("other.json"),
        read("0.json").replacen("\"contract\": \"", "\"contract\": \"x", 1),
    )
    .unwrap();
    let refused = xtask(&["report", &parts[1], &at("other.json")], &BTreeMap::new());
    assert!(
        refused.starts_with("exit 2\n")
            && refused.contains("other.json is of another contract than "),
        "{refused}"
    );
    let wrong = xtask(&["report", "Cargo.toml"], &BTreeMap::new());
    assert!(wrong.contains("Cargo.toml:1: promised a canonical report"), "{wrong}");
    let unknown = xtask(&["report", &parts[0], "--report", "pdf=x"], &BTreeMap::new());
    assert!(unknown.starts_with("exit 2\n") && unknown.contains("json, junit, sarif"), "{unknown}");
}

/// A canonical report with so many findings at places of their own.
fn large(count: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let target = format!("json={}", path.display());
    xtask(
        &["check", "tests/cases/violation/several-at-once.har", "--report", &target],
        &BTreeMap::new(),
    );
    let mut report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let one = report["findings"][0].clone();
    let finding = |index: usize| {
        let mut it = one.clone();
        it["id"] = json!(format!("{index:012x}"));
        it["place"] = json!(format!("/list/*/member-{index}"));
        it["first"]["pointer"] = json!(format!("/list/{index}/member-{index}"));
        it
    };
    report["findings"] = (0..count).map(finding).collect();
    report.to_string()
}

#[test]
fn many_findings_are_folded_into_what_people_read_and_tools_take() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    fs::write(&path, large(50_000)).unwrap();
    let begun = Instant::now();
    let forms = forms(&["report", path.to_str().unwrap()], folder.path());
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(forms["screen"].contains("50000 errors"));
    assert!(forms["screen"].lines().count() < 600, "{}", forms["screen"].lines().count());
    assert!(forms["screen"].lines().filter(|it| it.starts_with("::")).count() <= 30);
    assert!(forms["markdown"].len() < 65_536 && forms["markdown"].contains("50000 errors"));
    assert!(forms["junit"].len() < 1_000_000, "{}", forms["junit"].len());
    let sarif: Value = serde_json::from_str(&forms["sarif"]).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(sarif["runs"][0]["properties"]["errors"], 50_000);
    // What is said alike is said once, and a link leads to each.
    assert_eq!(forms["html"].matches("<article").count(), 1 + QUIRKS);
    assert_eq!(forms["html"].matches("<li id=\"").count(), 50_000);
}

/// The files of `schemas/quirks`.
const QUIRKS: usize = 10;

/// What is wrong with the vendor's document is told by each form, breaks nothing, and is folded.
/// A runner's annotation and a code scanner's location lead to files, and to nothing else.
#[test]
fn what_is_no_file_is_not_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    let report = &forms(&["check", "tests/cases/mutated"], folder.path())["json"];
    let mut report: Value = serde_json::from_str(report).unwrap();
    let path = folder.path().join("edited.json");
    for (source, at, is_file) in [
        ("a.har", Value::Null, true),
        ("live", Value::Null, true),
        ("live", json!("2026-11-23T02:00:00Z"), false),
        ("stand-in", json!("2026-11-23T02:00:00Z"), false),
        ("(standard input)", Value::Null, false),
    ] {
        report["run"]["at"] = at;
        for finding in report["findings"].as_array_mut().unwrap() {
            finding["promised_at"] = Value::Null;
            if finding["first"].is_object() {
                finding["first"]["source"] = json!(source);
            }
        }
        fs::write(&path, report.to_string()).unwrap();
        let forms = forms(&["report", path.to_str().unwrap()], folder.path());
        assert_eq!(forms["screen"].contains("file="), is_file, "{source}: {}", forms["screen"]);
        assert_eq!(forms["sarif"].contains("artifactLocation"), is_file, "{source}");
        assert!(forms["sarif"].contains(&format!("first in {source}, entry")), "{source}");
    }
}

/// Sets the numbers under a name, wherever it stands.
fn set(value: &mut Value, name: &str, number: u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|it| set(it, name, number)),
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::Number(it) if key == name => *it = number.into(),
                    _ => set(member, name, number),
                }
            }
        }
        _ => {}
    }
}

/// The names under which numbers stand.
fn numbers(value: &Value) -> BTreeSet<String> {
    let of_member = |(key, member): (&String, &Value)| match member {
        Value::Number(_) => [key.clone()].into(),
        _ => numbers(member),
    };
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Object(members) => members.iter().flat_map(of_member).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whoever edits a report by hand may write any number.
#[test]
fn no_number_of_a_report_stops_a_form() {
    let folder = tempfile::tempdir().unwrap();
    let sources =
        ["tests/cases/violation/several-at-once.har", "tests/cases/skipped", "missing.har"];
    let forms = forms(&[&["check"], &sources[..]].concat(), folder.path());
    let report: Value = serde_json::from_str(&forms["json"]).unwrap();
    let path = folder.path().join("edited.json").display().to_string();
    let targets = ["junit", "sarif", "markdown", "html"]
        .map(|it| format!("{it}={}", folder.path().join(it).display()))
        .join(",");
    let names = numbers(&report);
    for name in ["line", "column", "seen", "missing", "missing.har", "out_of_scope", "count"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    for name in &names {
        for number in [0, u64::MAX] {
            let mut edited = report.clone();
            set(&mut edited, name, number);
            fs::write(&path, edited.to_string()).unwrap();
            let report = ["report", &path, &path, "-v", "--report", &format!("{targets},github")];
            let screen = xtask(&report, &BTreeMap::new());
            assert!(!screen.contains("a fault of this program"), "{name} = {number}: {screen}");
            let is_refused = screen.contains("promised a canonical report");
            assert!(is_refused || number > 0 || !["line", "column"].contains(&name.as_str()));
        }
    }
}

#[test]
fn every_form_tells_the_documents_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faulty.json");
    let target = format!("json={}", path.display());
    xtask(&["check", "--report", &target], &BTreeMap::new());
    let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let fault = |index: usize| json!({ "file": "a b.yaml", "pointer": format!("/paths/~1x/{index}"), "message": "`$ref` <blink>\u{1b}[31m leads nowhere" });
    report["document_faults"] = (0..300).map(fault).collect();
    fs::write(&path, report.to_string()).unwrap();
    let forms = forms(&["report", path.to_str().unwrap()], folder.path());
    assert!(forms["screen"].starts_with("exit 0\n"), "{}", forms["screen"]);
    assert!(forms["screen"].contains("::notice title=paperwire::300 faults of the document"));
    for (form, told, count) in [
        ("screen", "a b.yaml#/paths/~1x/0 and 299 more places", 1),
        ("markdown", "`a b.yaml#/paths/~1x/", 25),
        ("junit", "a b.yaml#/paths/~1x/", 200),
        ("html", "#/paths/~1x/", 300),
        ("sarif", "\"#/paths/~1x/", 100),
    ] {
        let text = &forms[form];
        assert_eq!(text.matches(told).count(), count, "{form}: {text}");
        assert!(text.contains("leads nowhere") && !text.contains('\u{1b}'), "{form}");
        assert!(["screen", "sarif"].contains(&form) || !text.contains("<blink>"), "{form}");
    }
    let sarif: Value = serde_json::from_str(&forms["sarif"]).unwrap();
    let told = &sarif["runs"][0]["invocations"][0]["toolConfigurationNotifications"];
    assert_eq!(
        told[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "a%20b.yaml"
    );
    assert_eq!(told[100]["message"]["text"], "and 200 more; the canonical report has all");
}

/// What is left out is named up to a measure and counted in full, by each form.
#[test]
fn every_form_counts_what_it_does_not_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.ndjson");
    let unmodified =
        r#"{"url":"https://domain.tld/api/v2/chat/chatrooms/8","status":304}"#.to_owned() + "\n";
    fs::write(&path, "{}\n".repeat(2_000) + &unmodified.repeat(3_000)).unwrap();
    let forms = forms(&["check", path.to_str().unwrap()], folder.path());
    for (form, told) in [
        ("screen", "could not be read: 1990 more\n"),
        ("screen", "\n  and 2995 more\n"),
        ("screen", "paperwire::1 source could not be read"),
        ("markdown", "Not checked (5001)"),
        ("markdown", "and 4976 more"),
        ("junit", "add it (and 1999 more)"),
        ("junit", "3000 exchanges, the first is "),
        ("html", "and 1900 more"),
        ("html", "3000 exchanges: not modified"),
        ("html", "and 2900 more"),
        ("sarif", "and 4901 more; the canonical report counts all"),
    ] {
        assert!(forms[form].contains(told), "{form}: {told}\n{}", forms[form]);
    }
}

/// The help of a rule is its page, in SARIF as in `explain`.
#[test]
fn every_rule_has_its_help() {
    let folder = tempfile::tempdir().unwrap();
    let forms = forms(&["check"], folder.path());
    let sarif: Value = serde_json::from_str(&forms["sarif"]).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let pages = fs::read_dir(root().join("crates/contract/explain")).unwrap().count();
    assert_eq!(rules.len(), pages);
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        let page = xtask(&["explain", id], &BTreeMap::new());
        assert_eq!(format!("exit 0\n{}", rule["help"]["markdown"].as_str().unwrap()), page);
        assert!(rule["helpUri"].as_str().unwrap().ends_with(id));
        assert!(rule["shortDescription"]["text"].as_str().unwrap().len() > 10, "{id}");
    }
}

/// A report takes no other's place, nor that of what the command reads; nothing is checked then, and nothing written.
#[test]
fn reports_have_places_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let example = fs::read(root().join("tests/recordings/get-chatroom-200.har")).unwrap();
    fs::write(at("room.har"), &example).unwrap();
    let told = |arguments: &[&str]| {
        let screen = xtask(arguments, &BTreeMap::new());
        assert!(screen.starts_with("exit 2\nerror: "), "{screen}");
        screen.replace(&at(""), "[folder]/")
    };
    let check = |report: &str| told(&["check", &at("room.har"), "--report", report]);
    let mut screens = check(&format!("json={}", at("room.har")));
    screens += &check("json=schemas/quirks/report.toml");
    screens += &check("html=schemas/contract.toml");
    screens += &check(&format!("json={0},html={0}", at("new")));
    screens += &check("json=-,html=-");
    let written = format!("json={}", at("report.json"));
    let room = at("room.har");
    assert!(xtask(&["check", &room, "--report", &written], &BTreeMap::new()).starts_with("exit 0"));
    screens += &told(&["report", &at("report.json"), "--report", &written]);
    screens += &told(&["strength", &room, "--json", &room]);
    compare("reports-in-place-of-others", &screens);
    assert_eq!(fs::read(at("room.har")).unwrap(), example);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn standard_output_holds_a_form_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let check = |target: &str| {
        let arguments = ["check", "--today", "2026-11-23", "--report", target];
        xtask(&arguments, &BTreeMap::new())
    };
    assert!(check(&format!("json={}", path.display())).contains("Known quirks"));
    let report = fs::read_to_string(&path).unwrap();
    for target in ["json=-", "json=/dev/stdout"] {
        assert_eq!(check(target), format!("exit 0\n{report}"));
    }
}

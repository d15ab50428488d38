//! The report of a whole run is the join of its parts' reports, however the exchanges were handed out.

use std::sync::LazyLock;

use contract::{
    Body, ContractTexts, Exchange, Origin, Provenance, Report, Rule, Run, RunOptions, Severity,
    Shape, Shard, Text, Unreadable,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::{CONTRACT, har_files, join, read};

use crate::faults::example;

/// What a part of a run is given: an exchange, or what could not be read.
#[derive(Debug, Clone)]
struct Entry {
    source: String,
    entry: usize,
    status: u16,
    method: String,
    url: String,
    provenance: Provenance,
    body: Option<Vec<u8>>,
    readable: bool,
}

impl Entry {
    fn give(&self, run: &mut Run<'_>) {
        if !self.readable {
            let reason = "not the JSON of a HAR from here on".to_owned();
            let (source, entry) = (self.source.clone(), Some(self.entry));
            return run.unreadable(Unreadable { source, entry, byte: Some(7), reason });
        }
        let body = match &self.body {
            Some(bytes) => {
                Body::Bytes { bytes: bytes.into(), origin: Origin::Verbatim { byte: self.entry } }
            }
            None => Body::Absent { size: None },
        };
        run.check(&Exchange {
            source: &self.source,
            entry: self.entry,
            byte: Some(self.entry),
            provenance: self.provenance,
            probe: None,
            asked_by_us: self.provenance == Provenance::Live,
            method: self.method.as_str().into(),
            url: self.url.as_str().into(),
            preflight: false,
            status: self.status,
            content_type: None,
            body,
        });
    }
}

/// What all cases and recordings hold, as if real servers had sent some of it.
static KNOWN: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = Vec::new();
    for path in [har_files("tests/recordings"), har_files("tests/cases")].concat() {
        read(&path, |entry| {
            let exchange = entry.unwrap();
            entries.push(Entry {
                source: String::new(),
                entry: 0,
                status: exchange.status,
                method: exchange.method.to_string(),
                // The base path is documented, some of the hosts are not.
                url: match entries.len() % 3 {
                    0 => exchange.url.replace("domain.tld", "staging.test"),
                    _ => exchange.url.to_string(),
                },
                provenance: Provenance::ALL[entries.len() % Provenance::ALL.len()],
                body: match exchange.body {
                    Body::Bytes { bytes, .. } => Some(bytes.into_owned()),
                    Body::Absent { .. } | Body::TooLarge | Body::Packed { .. } => None,
                },
                readable: true,
            });
        });
    }
    entries
});

static TEXTS: LazyLock<ContractTexts> = LazyLock::new(tests::texts);

/// A baseline with which both new and gone places are found.
static BASELINE: LazyLock<Shape> = LazyLock::new(|| {
    let mut known = example();
    known["source"] = json!("text");
    let mut run = Run::new(&CONTRACT, RunOptions::default());
    for entry in 0..1_000 {
        let mut exchange = tests::exchange(200, &[]);
        let always = json!({ "last_message_date": "2025-05-04T09:42:00Z" });
        let body = if entry == 0 { known.clone() } else { always };
        let bytes = body.to_string().into_bytes();
        exchange.provenance = Provenance::Recorded;
        exchange.body = Body::Bytes { bytes: bytes.into(), origin: Origin::Unknown };
        run.check(&exchange);
    }
    run.shape()
});

fn options(fail_on: Severity) -> RunOptions {
    RunOptions {
        today: Some("2027-06-01".parse().unwrap()),
        baseline: Some(BASELINE.clone()),
        fail_on: Some(fail_on),
        ..RunOptions::default()
    }
}

fn report<'e>(entries: impl IntoIterator<Item = &'e Entry>, fail_on: Severity) -> Report {
    let mut run = Run::new(&CONTRACT, options(fail_on));
    entries.into_iter().for_each(|it| it.give(&mut run));
    located(run.report())
}

/// As a command writes it; the join has no texts of a contract.
fn located(mut report: Report) -> Report {
    CONTRACT.locate(&TEXTS, &mut report);
    report
}

/// The report of one part of the entries, which says so.
fn part(entries: &[(usize, Entry)], shard: Shard, fail_on: Severity) -> Report {
    let options = RunOptions { shard: Some(shard), ..options(fail_on) };
    let mut run = Run::new(&CONTRACT, options);
    let of_part = entries.iter().filter(|it| it.0 as u64 == shard.number - 1);
    of_part.for_each(|it| it.1.give(&mut run));
    located(run.report())
}

/// As a file keeps it.
fn kept(report: &Report) -> Report {
    Report::read(&Text { name: "report.json".into(), text: report.to_json() }).unwrap()
}

/// Some of what is known, each with its part and its number in one of three sources.
fn entries() -> impl Strategy<Value = (Vec<(usize, Entry)>, usize, u64)> {
    let one = (0..KNOWN.len(), 0..3_usize, 0..5_usize, 0..20_u8);
    (prop::collection::vec(one, 0..24), 1..6_usize, any::<u64>()).prop_map(
        |(picked, parts, order)| {
            let entries =
                picked.into_iter().enumerate().map(|(index, (known, source, part, broken))| {
                    let source = format!("{}.har", ["b", "a", "c"][source]);
                    let known = KNOWN[known].clone();
                    (part % parts, Entry { source, entry: index, readable: broken > 0, ..known })
                });
            (entries.collect(), parts, order)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_whole_is_the_join_of_its_parts((entries, parts, order) in entries(), warnings in any::<bool>()) {
        let fail_on = if warnings { Severity::Warning } else { Severity::Error };
        let whole = report(entries.iter().map(|it| &it.1), fail_on);
        prop_assert_eq!(&kept(&whole), &whole);
        let mut reports: Vec<Report> = (0..parts)
            .map(|part| kept(&report(entries.iter().filter(|it| it.0 == part).map(|it| &it.1), fail_on)))
            .collect();
        // Any order.
        for index in (1..reports.len()).rev() {
            reports.swap(index, order as usize % (index + 1));
        }
        let joined = join(reports.clone()).unwrap();
        prop_assert_eq!(joined.to_json(), whole.to_json());
        // Also of parts that say which they are, and then no other number of them.
        let of = parts as u64;
        let mut named: Vec<Report> = (1..=of)
            .rev()
            .map(|number| kept(&part(&entries, Shard { number, of }, fail_on)))
            .collect();
        prop_assert_eq!(join(named.clone()).unwrap().to_json(), whole.to_json());
        let again = named[order as usize % parts].clone();
        prop_assert!(join([named.clone(), vec![again]].concat()).is_err());
        named.remove(order as usize % parts);
        prop_assert!(join(named).is_err());
        // Also of parts that were joined before.
        let rest = reports.split_off(reports.len() / 2);
        if !reports.is_empty() {
            let joined = join(vec![join(rest).unwrap(), join(reports).unwrap()]).unwrap();
            prop_assert_eq!(joined.to_json(), whole.to_json());
        }
    }
}

#[test]
fn the_law_is_about_all_kinds_of_findings() {
    let whole = report(KNOWN.iter(), Severity::Error);
    for rule in [
        Rule::QuirkHealed,
        Rule::QuirkMutated,
        Rule::QuirkExpired,
        Rule::ShapeNew,
        Rule::Required,
        Rule::UndocumentedField,
    ] {
        assert!(whole.findings.iter().any(|it| it.rule == rule), "{}", rule.id());
    }
    let example = report(&KNOWN[..1], Severity::Error);
    assert!(example.findings.iter().any(|it| it.rule == Rule::QuirkUnconfirmed));
    let gone = tests::exchange(200, b"{}");
    let mut run = Run::new(&CONTRACT, options(Severity::Error));
    run.check(&Exchange { provenance: Provenance::Recorded, ..gone });
    assert!(run.report().findings.iter().any(|it| it.rule == Rule::ShapeGone));
}

#[test]
fn what_is_not_of_one_run_is_not_joined() {
    let one = report([], Severity::Error);
    let refused = |change: &dyn Fn(&mut Report)| {
        let mut other = one.clone();
        change(&mut other);
        join(vec![one.clone(), other]).unwrap_err().to_string()
    };
    let of_parts = |shards: &[&str]| {
        let of_part = |it: &&str| {
            let mut part = one.clone();
            part.run.shard = Some(it.parse().unwrap());
            part
        };
        join(shards.iter().map(of_part).collect()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        [
            refused(&|it| it.run.contract = "another".into()),
            refused(&|it| it.run.tool = "paperwire 9.9.9".into()),
            refused(&|it| it.shape.as_mut().unwrap().accepted = Shape::default()),
            join(Vec::new()).unwrap_err().to_string(),
            of_parts(&["1/3", "3/3"]),
            of_parts(&["2/9"]),
            of_parts(&["1/3", "2/3", "3/3", "2/3"]),
            of_parts(&["1/2", "2/3"]),
            refused(&|it| it.run.shard = Some("1/2".parse().unwrap())),
        ]
        .join("\n").replace(CONTRACT.hash(), "HASH").replace(&one.run.tool, "TOOL"),
        @"
    report 2 is of another contract than report 1 (another, not HASH); check all parts anew with the same one
    report 2 is of another tool than report 1 (paperwire 9.9.9, not TOOL); check all parts anew with the same one
    report 2 is of another accepted shape than report 1 (another, not one); check all parts anew with the same one
    no report to join
    no report of part 2/3, and report 1 is of part 1/3; name the reports of all parts
    no report of part 1/9, 3/9, 4/9, 5/9, 6/9 and more, and report 1 is of part 2/9; name the reports of all parts
    report 2 and report 4 are both of part 2/3, whose exchanges would count twice; name one report of each part
    report 2 is of another number of parts than report 1 (3, not 2); check all parts anew with the same one
    report 2 is of another number of parts than report 1 (2, not none); check all parts anew with the same one
    "
    );
    let text = one.to_json().replacen("\"format_version\": 1", "\"format_version\": 2", 1);
    let fault = Report::read(&Text { name: "r.json".into(), text }).unwrap_err();
    assert!(fault.to_string().starts_with("r.json: a canonical report of version 2"), "{fault}");
}

#[test]
fn a_part_that_there_cannot_be_is_no_report() {
    let mut one = report([], Severity::Error);
    one.run.shard = Some(Shard { number: 1, of: 2 });
    for broken in ["3/2", "0/2", "1/0", "-1/2", "half"] {
        let text = one.to_json().replace("\"1/2\"", &format!("\"{broken}\""));
        let fault = Report::read(&Text { name: "r.json".into(), text }).unwrap_err();
        assert!(fault.to_string().contains("promised a canonical report"), "{broken}: {fault}");
    }
}

#[test]
fn counts_that_nobody_counted_do_not_turn_over() {
    let whole = report(KNOWN.iter(), Severity::Error);
    let mut value: Value = serde_json::from_str(&whole.to_json()).unwrap();
    let largest = |value: &mut Value| {
        for count in value.as_object_mut().unwrap().values_mut().filter(|it| it.is_u64()) {
            *count = u64::MAX.into();
        }
    };
    largest(&mut value["exchanges"]);
    for (list, counts) in
        [("findings", &["count", "exchanges"][..]), ("quirks", &["mutated", "neutral"])]
    {
        for it in value[list].as_array_mut().unwrap() {
            counts.iter().for_each(|count| it[count] = u64::MAX.into());
        }
    }
    let tampered = Report::read(&Text { name: "r.json".into(), text: value.to_string() }).unwrap();
    let joined = join(vec![tampered.clone(), whole, tampered]).unwrap();
    assert_eq!(joined.exchanges.checked, u64::MAX);
    assert!(joined.findings.iter().any(|it| it.count == u64::MAX));
}

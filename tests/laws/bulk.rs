//! How sources are checked changes nothing: on one thread or several, whole or in parts, packed or not.

use std::{fs, io::Write, num::NonZero, path::PathBuf};

use contract::{Report, Run, RunOptions, Shard};
use flate2::{Compression, write::GzEncoder};
use harness::{Bulk, check_all};
use serde_json::{Value, json};
use tests::{CONTRACT, join};

use crate::faults::{Fault, example, leaves};

/// A folder of sources of every kind, larger than one thread is given at a time, with things that cannot be read.
fn sources() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let leaves = leaves(&example());
    let bodies: Vec<Value> = (0..1_200)
        .map(|number: usize| {
            let mut body = example();
            if number.is_multiple_of(3) {
                let fault = Fault::ALL[number % Fault::ALL.len()];
                fault.plant(&mut body, &leaves[number % leaves.len()]);
            }
            body
        })
        .collect();
    let url = "https://domain.tld/api/v2/chat/chatrooms/8";
    let line = |body: &Value| json!({ "url": url, "status": 200, "body": body }).to_string();
    let mut lines: Vec<String> = bodies.iter().map(line).collect();
    lines[7] = "{".into();
    lines[500] = json!({ "url": url, "status": 304 }).to_string();
    let entries: Vec<Value> = bodies[..40]
        .iter()
        .map(|body| {
            json!({ "request": { "method": "GET", "url": url },
                "response": { "status": 200, "content": { "text": body.to_string() } } })
        })
        .collect();
    let har = json!({ "log": { "entries": entries } }).to_string();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(har.as_bytes()).unwrap();
    let files = [
        ("a.ndjson", lines.join("\n").into_bytes()),
        ("b.har", har.into_bytes()),
        ("c.har.gz", packed.finish().unwrap()),
        ("d.har", b"{".to_vec()),
    ];
    let mut paths = vec![folder.path().join("missing.har")];
    for (name, bytes) in files {
        paths.push(folder.path().join(name));
        fs::write(paths.last().unwrap(), bytes).unwrap();
    }
    (folder, paths)
}

fn run(paths: &[PathBuf], threads: usize, shard: Option<Shard>) -> Run<'static> {
    let new = || Run::new(&CONTRACT, RunOptions { shard, ..RunOptions::default() });
    let mut run = new();
    let found: Vec<harness::Found> = paths.iter().cloned().map(Ok).collect();
    let bulk = Bulk { threads: NonZero::new(threads), answered: None };
    check_all(&mut run, &new, &found, &bulk);
    run
}

#[test]
fn threads_and_parts_find_the_same() {
    let (_folder, paths) = sources();
    let whole = run(&paths, 1, None);
    let report: Report = whole.report();
    assert_eq!((report.unreadable.len(), report.skipped.len()), (3, 1));
    assert_eq!(report.exchanges.checked, 1_200 - 2 + 40 + 40);
    let told = |run: &Run<'_>| {
        let shape: String = run.shape().files(&CONTRACT).into_iter().map(|it| it.1).collect();
        run.report().to_json() + &shape
    };
    for threads in [2, 3, 8] {
        assert!(told(&run(&paths, threads, None)) == told(&whole), "{threads} threads");
    }
    for of in [1, 2, 7] {
        let parts = || (1..=of).rev().map(|number| run(&paths, 2, Some(Shard { number, of })));
        let mut absorbed = Run::new(&CONTRACT, RunOptions::default());
        parts().for_each(|it| absorbed.absorb(it));
        assert!(told(&absorbed) == told(&whole), "{of} parts");
        let joined = join(parts().map(|it| it.report()).collect()).unwrap();
        assert!(joined.to_json() == report.to_json(), "{of} parts");
    }
}

/// What cannot be read and what is left alone is counted in full, and only the first of it named: whoever read it.
#[test]
fn threads_and_parts_name_and_count_the_same_of_what_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://domain.tld/api/v2/chat/chatrooms/8";
    let unmodified = json!({ "url": url, "status": 304 }).to_string() + "\n";
    let unanswered = json!({ "url": url, "status": 0 }).to_string();
    let entries = vec!["{}"; 9_000].join(",");
    let mut paths = Vec::new();
    for (name, text) in [
        ("a.ndjson", "{}\n".repeat(9_000) + &unmodified.repeat(3_000) + &unanswered),
        ("b.har", format!(r#"{{"log": {{"entries": [{entries}]}}}}"#)),
        ("c.har", "{".to_owned()),
    ] {
        paths.push(folder.path().join(name));
        fs::write(paths.last().unwrap(), text).unwrap();
    }
    let whole = run(&paths, 1, None).report();
    assert_eq!((whole.unreadable.len(), whole.skipped.len(), whole.exit_code), (100, 100, 2));
    let counts =
        |it: &std::collections::BTreeMap<String, u64>| it.values().copied().collect::<Vec<_>>();
    assert_eq!(counts(&whole.unreadable_by_source), [9_000, 9_000, 1]);
    assert_eq!(counts(&whole.skipped_by_reason), [1, 3_000]);
    assert!(whole.unreadable.iter().any(|it| it.source.ends_with("c.har")), "one fault of many");
    assert_eq!((whole.more_unreadable(), whole.more_skipped()), (18_001 - 100, 3_001 - 100));
    for threads in [2, 8] {
        assert!(run(&paths, threads, None).report() == whole, "{threads} threads");
    }
    for of in [2, 7] {
        let parts =
            (1..=of).rev().map(|number| run(&paths, 2, Some(Shard { number, of })).report());
        assert!(join(parts.collect()).unwrap().to_json() == whole.to_json(), "{of} parts");
    }
}

/// How deep a body may nest does not depend on what it is written in.
#[test]
fn a_deep_body_is_the_same_in_a_har_and_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://domain.tld/api/v2/chat/chatrooms/8";
    let path = folder.path().join("deep");
    for depth in [99, 100, 101, 119, 120, 121, 100_000] {
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let har = format!(
            r#"{{"log": {{"entries": [{{"request": {{"url": "{url}"}}, "response": {{"status": 200, "content": {{"text": "{body}"}}}}}}]}}}}"#
        );
        let line = format!(r#"{{"url": "{url}", "status": 200, "body": {body}}}"#);
        let [har, line] = [har, line].map(|text| {
            fs::write(&path, text).unwrap();
            let report = run(std::slice::from_ref(&path), 1, None).report();
            let findings: Vec<_> = report.findings.iter().map(|it| (it.rule, it.count)).collect();
            (report.exit_code, report.exchanges, report.skipped, findings)
        });
        assert_eq!(har, line, "{depth} levels");
        assert_eq!(har.2.iter().any(|it| it.reason == "limit: depth"), depth > contract::MAX_DEPTH);
    }
}

#[test]
fn packed_and_plain_are_the_same() {
    let (_folder, paths) = sources();
    let report = |path: &PathBuf| run(std::slice::from_ref(path), 1, None).report();
    let (plain, packed) = (report(&paths[2]).to_json(), report(&paths[3]).to_json());
    assert_eq!(packed.replace("c.har.gz", "b.har"), plain);
}

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
        let shape: String = run.shape().files().into_iter().map(|it| it.1).collect();
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

#[test]
fn packed_and_plain_are_the_same() {
    let (_folder, paths) = sources();
    let report = |path: &PathBuf| run(std::slice::from_ref(path), 1, None).report();
    let (plain, packed) = (report(&paths[2]).to_json(), report(&paths[3]).to_json());
    assert_eq!(packed.replace("c.har.gz", "b.har"), plain);
}

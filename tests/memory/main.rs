//! Memory is bounded by a small multiple of the input, whatever the input. Alone in its process: it counts every allocation.

use std::{fs, sync::Mutex};

use contract::{Run, RunOptions};
use harness::{Bulk, check_all};
use peak_alloc::PeakAlloc;
use tests::{CONTRACT, hostile::LAWS};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes on the heap for each byte that came in: a JSON value of two bytes (`0,`) takes 72 in memory, and a check holds it
/// as it came, masked, and as the law reads it.
const MULTIPLE: usize = 600;

/// What is allocated beside it would be counted, too.
static ALONE: Mutex<()> = Mutex::new(());

fn repeated(open: &str, unit: &str, close: &str) -> Vec<u8> {
    let size = 60_000;
    format!("{open}{}{close}", unit.repeat(size / unit.len())).into_bytes()
}

#[test]
fn memory_is_bounded_by_a_small_multiple_of_the_input() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let inputs = [
        ("zeros", repeated("[", "0,", "0]")),
        ("objects", repeated("[", "{},", "{}]")),
        ("members", {
            let members: Vec<String> = (0..4_000).map(|it| format!("\"member{it}\":0")).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        }),
        ("one member again and again", repeated("{", "\"a\":0,", "\"a\":0}")),
        ("nesting", repeated("", "[", "")),
        ("escapes", repeated("\"", "\\u0041", "\"")),
        ("participants", repeated("{\"ambassadors\":[", "{\"online\":1},", "{}]}")),
        ("entries", repeated("{\"log\":{\"entries\":[", "{},", "{}]}}")),
        (
            "paths",
            repeated(
                "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{\"responses\":{}}}},\"x\":[",
                "{\"a\":1},",
                "{}]}",
            ),
        ),
        ("tables", repeated("", "[[at]]\n", "")),
        ("segments", repeated("", "/{id}", "\n/7")),
        ("templates", repeated("", "/{id}/a\n", "/7")),
    ];
    for (what, input) in inputs {
        for (name, law) in LAWS {
            // What is compiled once is not the input's.
            law(b"{}");
            HEAP.reset_peak_usage();
            let before = HEAP.current_usage();
            law(&input);
            let multiple = (HEAP.peak_usage() - before) / input.len();
            println!("{what:30} {name:12} {multiple}");
            assert!(multiple <= MULTIPLE, "{what}, {name}: {multiple} times the input");
        }
    }
}

/// Exchanges that cannot be read, or are left alone, take no memory each.
#[test]
fn memory_does_not_grow_with_what_is_left_out() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.ndjson");
    let unmodified = "{\"url\":\"https://domain.tld/api/v2/chat/chatrooms/8\",\"status\":304}\n";
    for (what, line) in [("faults", "{}\n"), ("left alone", unmodified)] {
        let peak = |lines: usize, threads: usize| {
            fs::write(&path, line.repeat(lines)).unwrap();
            HEAP.reset_peak_usage();
            let before = HEAP.current_usage();
            let mut run = Run::new(&CONTRACT, RunOptions::default());
            let new = || Run::new(&CONTRACT, RunOptions::default());
            let threads = std::num::NonZero::new(threads);
            let bulk = Bulk { threads, answered: None };
            check_all(&mut run, &new, &[Ok(path.clone())], &bulk);
            run.report().to_json();
            HEAP.peak_usage() - before
        };
        peak(1, 1);
        for threads in [1, 2] {
            let (few, many) = (peak(20_000, threads), peak(80_000, threads));
            println!("{what}, {threads} threads: {few} and {many} bytes");
            assert!(
                many < 2 * few + 4_000_000,
                "{what}, {threads} threads: {few} and {many} bytes"
            );
        }
    }
}

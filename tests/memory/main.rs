//! Memory is bounded by a small multiple of the input, whatever the input. Alone in its process: it counts every allocation.

use peak_alloc::PeakAlloc;
use tests::hostile::LAWS;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Bytes on the heap for each byte that came in: a JSON value of two bytes (`0,`) takes 72 in memory, and a check holds it
/// as it came, masked, and as the law reads it.
const MULTIPLE: usize = 600;

fn repeated(open: &str, unit: &str, close: &str) -> Vec<u8> {
    let size = 60_000;
    format!("{open}{}{close}", unit.repeat(size / unit.len())).into_bytes()
}

#[test]
fn memory_is_bounded_by_a_small_multiple_of_the_input() {
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

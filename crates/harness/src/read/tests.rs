use std::io::{self, Read};

use contract::{Body, Exchange, Unreadable};
use proptest::prelude::*;

use super::{Answered, Kind, split};

/// What is read: a line for each exchange or fault.
pub(super) fn told(read: Result<Exchange<'_>, Unreadable>) -> String {
    match read {
        Ok(it) => {
            let body = match &it.body {
                Body::Absent { size } => format!("no body, size {size:?}"),
                Body::TooLarge => "too large".into(),
                Body::Packed { why } => (*why).to_owned(),
                Body::Bytes { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
            };
            let media_type = it.content_type.as_deref().unwrap_or("-");
            let preflight = if it.preflight { " preflight" } else { "" };
            let byte = it.byte.unwrap_or_default();
            let at = format!("{}@{byte}", it.entry);
            format!("{at} {} {} {}{preflight} {media_type}: {body}", it.method, it.url, it.status)
        }
        Err(it) => {
            let entry = it.entry.map_or_else(String::new, |it| format!(" entry {it}"));
            let byte = it.byte.map_or_else(String::new, |it| format!(" byte {it}"));
            format!("fault{entry}{byte}: {}", it.reason)
        }
    }
}

fn read(reader: impl Read, kind: &Kind) -> String {
    let mut lines = Vec::new();
    split(reader, "x", kind, &|| None, &mut |raw| lines.push(told(raw.and_then(|it| it.read()))));
    lines.join("\n")
}

fn lines(text: &str) -> String {
    read(text.as_bytes(), &Kind::Lines)
}

#[test]
fn lines_are_exchanges() {
    let cases = [
        (
            r#"{"url":"https://a/b","status":200,"body":{"a":[1, 2]}}"#,
            r#"0@0 GET https://a/b 200 -: {"a":[1, 2]}"#,
        ),
        (
            r#" {"status":404,"body":null,"x":{"url":1},"method":"PUT","url":"https://a/\"b","content_type":"a/b","preflight":true} "#,
            r#"0@0 PUT https://a/"b 404 preflight a/b: null"#,
        ),
        (r#"{"url":"u","status":0,"content_type":null}"#, "0@0 GET u 0 -: no body, size None"),
        (r#"{"url":"u","status":200,"text":"a\nb"}"#, "0@0 GET u 200 -: a\nb"),
        (r#"{"url":"u","status":200,"text":""}"#, "0@0 GET u 200 -: no body, size Some(0)"),
        (r#"{"url":"u","status":200,"base64":"e30="}"#, "0@0 GET u 200 -: {}"),
        (
            r#"{"url":"u","status":200,"base64":"H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="}"#,
            "0@0 GET u 200 -: {}",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(lines(text), expected, "{text}");
    }
}

#[test]
fn a_source_without_a_line_is_named() {
    let promised = "promised at least one line, an exchange as the contract's format/exchange.schema.json says, none came";
    for (text, byte) in [("", 0), ("\n \r\n\n", 5), ("\u{feff}", 3)] {
        for kind in [Kind::Lines, Kind::Unknown] {
            let told = read(text.as_bytes(), &kind);
            assert_eq!(
                told,
                format!("fault byte {byte}: {promised}; record it again or leave it out")
            );
        }
    }
}

#[test]
fn a_broken_line_is_told_and_the_next_one_read() {
    let good = r#"{"url":"u","status":200}"#;
    let cases = [
        ("{\"url\": x}", "byte 8: not JSON from here on; export it again"),
        ("{\"url\":\"u\",\"status\":200} {}", "byte 25: not JSON from here on; export it again"),
        (
            "[1]",
            "byte 0: promised an object as the contract's format/exchange.schema.json says, on one line",
        ),
        ("{\"status\":200}", "byte 0: the line has no `url`; add it"),
        ("{\"url\":\"u\"}", "byte 0: the line has no `status`; add it, 0 where no answer came"),
        (
            "{\"url\":\"u\",\"status\":\"200\"}",
            "byte 0: `status`: promised as the contract's format/exchange.schema.json says, and once",
        ),
        (
            "{\"url\":\"u\",\"url\":\"u\",\"status\":1}",
            "byte 0: `url`: promised as the contract's format/exchange.schema.json says, and once",
        ),
        (
            "{\"url\":\"u\",\"status\":1,\"provenance\":\"hearsay\"}",
            "byte 0: `provenance`: promised as the contract's format/exchange.schema.json says, and once",
        ),
        (
            "{\"url\":\"u\",\"status\":1,\"body\":1,\"text\":\"1\"}",
            "byte 0: more than one of `body`, `text` and `base64`; keep one",
        ),
        ("{\"url\":\"u\",\"status\":1,\"base64\":\"?\"}", "byte 0: `base64` holds none"),
    ];
    for (line, fault) in cases {
        let told = lines(&format!("{line}\n{good}"));
        let next = format!("1@{} GET u 200 -: no body, size None", line.len() + 1);
        assert_eq!(told, format!("fault entry 0 {fault}\n{next}"), "{line}");
    }
    let invalid = [b"{\"url\":\"\xff\"}\n".as_slice(), good.as_bytes()].concat();
    let told = read(invalid.as_slice(), &Kind::Lines);
    assert!(told.starts_with("fault entry 0 byte 8: not UTF-8 from here on"), "{told}");
}

/// How deep it may nest is asked of a body, whatever it is written in.
#[test]
fn a_deep_line_is_read() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let line = format!(r#"{{"url":"u","x":{deep},"status":200,"body":{deep}}}"#);
    assert_eq!(lines(&line), format!("0@0 GET u 200 -: {deep}"));
    assert!(lines(&line.replacen("]", "}", 1)).contains("not JSON from here on"));
    assert!(lines(&deep).contains("promised an object"));
}

#[test]
fn a_broken_entry_is_told_and_the_next_one_read() {
    let good = r#"{"request": {"url": "u"}}"#;
    for (entry, byte) in [(r#"{"a": x}"#, 27), (r#"{"request": {"url": "u",}}"#, 45)] {
        let told =
            read(format!(r#"{{"log": {{"entries": [{entry}, {good}]}}}}"#).as_bytes(), &Kind::Har);
        let (first, second) = told.split_once('\n').unwrap();
        assert_eq!(
            first,
            format!("fault entry 0 byte {byte}: not JSON from here on; export it again")
        );
        assert!(second.starts_with("1@"), "{second}");
    }
}

#[test]
fn what_a_source_holds_is_seen_from_its_start() {
    let line = r#"{"url":"https://a/b","status":200}"#;
    let har = r#"{"_x": 1, "log": {"entries": [{"request": {"url": "https://a/b"}}]}}"#;
    for (text, expected) in [
        (line.to_owned(), "0@0 GET https://a/b 200"),
        (format!("\u{feff}\n\n{line}\n{line}"), "0@5 GET https://a/b 200"),
        (har.to_owned(), "0@30 GET https://a/b 0"),
        (har.replace(' ', "\n"), "0@30 GET https://a/b 0"),
        (
            format!(r#"{{"body":"{}",{}"#, "x".repeat(300_000), &line[1..]),
            "0@0 GET https://a/b 200",
        ),
        ("[]".to_owned(), "fault byte 0: not the JSON of a HAR"),
    ] {
        let told = read(text.as_bytes(), &Kind::Unknown);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn a_plain_body_is_the_answer_to_what_was_asked() {
    let kind =
        Kind::Body(Answered { method: "GET".into(), url: "https://a/b".into(), status: 200 });
    assert_eq!(read(b"[1]".as_slice(), &kind), "0@0 GET https://a/b 200 -: [1]");
    assert_eq!(read(b"".as_slice(), &kind), "0@0 GET https://a/b 200 -: no body, size Some(0)");
}

/// Gives a text in pieces.
struct Pieces<'t> {
    text: &'t [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.next().unwrap_or(1).min(self.text.len()).min(to.len());
        to[..size].copy_from_slice(&self.text[..size]);
        self.text = &self.text[size..];
        Ok(size)
    }
}

proptest! {
    #[test]
    fn pieces_are_read_as_the_whole(
        bodies in prop::collection::vec(r#"[a-z"\\{}\[\],:é\n]{0,40}"#, 0..6),
        sizes in prop::collection::vec(1..50_usize, 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let entries: Vec<String> = bodies.iter().map(|it| {
            let text = serde_json::to_string(it).unwrap();
            format!(r#"{{"request": {{"method": "GET", "url": {text}}}, "response": {{"status": 200, "content": {{"text": {text}}}}}}}"#)
        }).collect();
        let har = format!(r#"{{"log": {{"version": "1.2", "entries": [{}], "pages": [{{}}]}}}}"#, entries.join(" ,\n"));
        let lines: Vec<String> = bodies.iter().map(|it| serde_json::json!({"url": it, "status": 200, "body": [it]}).to_string()).collect();
        for (text, kind) in [(har, Kind::Har), (lines.join("\r\n"), Kind::Lines)] {
            for end in [text.len(), cut.index(text.len() + 1)] {
                let text = &text.as_bytes()[..end];
                let pieces = Pieces { text, sizes: sizes.clone().into_iter().cycle() };
                prop_assert_eq!(read(pieces, &kind), read(text, &kind));
            }
        }
    }

    #[test]
    fn an_entry_is_read_quickly_as_slowly(
        url in r#"[a-z"\\é]{0,6}"#, status in prop_oneof![Just("200"), Just("-1"), Just("2e2"), Just("\"200\""), Just("null"), Just("70000")],
        size in prop_oneof![Just("-1"), Just("0"), Just("5"), Just("\"5\""), Just("1.0")],
        encoding in prop_oneof![Just("\"base64\""), Just("\"\""), Just("null"), Just("7")],
        text in prop_oneof![Just("\"e30=\""), Just("\"\\u00e9{}\""), Just("\"\""), Just("null"), Just("\"\\ud800\"")],
        media_type in prop_oneof![Just("\"a/b\""), Just("\" \""), Just("7"), Just("\"a\\/b\"")],
        header in prop_oneof![Just("Content-Type"), Just("content-type"), Just("x"), Just("Access-Control-Request-Method")],
    ) {
        let url = serde_json::to_string(&url).unwrap();
        let headers = format!(r#"[{{"name": "{header}", "value": {media_type}}}, {{"name": "b", "value": "c"}}]"#);
        let entry = format!(
            r#"{{"request": {{"method": "GET", "url": {url}, "headers": {headers}}}, "response": {{"status": {status}, "headers": {headers}, "bodySize": {size}, "content": {{"size": {size}, "mimeType": {media_type}, "encoding": {encoding}, "text": {text}}}}}}}"#
        );
        let raw = super::Raw { source: "x", format: super::Format::Har(contract::Provenance::Recorded), bytes: entry.as_bytes(), entry: 0, byte: 0, loose: None };
        let slow = super::har::entry::lenient_read(&raw, &entry).map_err(|_| ());
        let read = super::har::entry::read(&raw, &entry).map_err(|_| ());
        prop_assert_eq!(format!("{read:?}"), format!("{slow:?}"));
    }
}

use contract::{Body, Provenance};
use proptest::prelude::*;

use crate::read_har;

/// What is read of a HAR: a line for each exchange or fault.
fn check(bytes: &[u8]) -> String {
    let mut lines = Vec::new();
    read_har("x.har", bytes, |entry| {
        lines.push(match entry {
            Ok(it) => {
                let body = match &it.body {
                    Body::Absent { size } => format!("no body, size {size:?}"),
                    Body::TooLarge => "too large".into(),
                    Body::Packed { why } => (*why).to_owned(),
                    Body::Bytes { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
                };
                let media_type = it.content_type.as_deref().unwrap_or("-");
                let preflight = if it.preflight { " preflight" } else { "" };
                format!("{} {} {}{preflight} {media_type}: {body}", it.method, it.url, it.status)
            }
            Err(it) => {
                let entry = it.entry.map_or_else(String::new, |it| format!(" entry {it}"));
                let byte = it.byte.map_or_else(String::new, |it| format!(" byte {it}"));
                format!("fault{entry}{byte}: {}", it.reason)
            }
        });
    });
    lines.join("\n")
}

fn har(entries: &str) -> String {
    format!(r#"{{"log": {{"entries": [{entries}]}}}}"#)
}

fn entry(response: &str) -> String {
    har(&format!(
        r#"{{"request": {{"method": "GET", "url": "https://a/b"}}, "response": {response}}}"#
    ))
}

#[test]
fn what_programs_write_is_read() {
    let cases = [
        ("absent members", entry(r#"{"status": 200}"#), "GET https://a/b 200 -: no body, size None"),
        ("no response", har(r#"{"request": {"url": "https://a/b"}}"#), "GET https://a/b 0 -: no body, size None"),
        (
            "a null response",
            har(r#"{"request": {"method": null, "url": "https://a/b"}, "response": null}"#),
            "GET https://a/b 0 -: no body, size None",
        ),
        (
            "minus one and empty values",
            entry(r#"{"status": 0, "bodySize": -1, "content": {"size": -1, "mimeType": ""}}"#),
            "GET https://a/b 0 : no body, size None",
        ),
        (
            "a body that was left out",
            entry(r#"{"status": 200, "content": {"size": 12, "mimeType": "application/json", "text": ""}}"#),
            "GET https://a/b 200 application/json: no body, size Some(12)",
        ),
        (
            "the size beside the content",
            entry(r#"{"status": 200, "bodySize": 0, "content": {}}"#),
            "GET https://a/b 200 -: no body, size Some(0)",
        ),
        (
            "numbers as decimals, names in any case",
            entry(r#"{"status": 200.0, "headers": [{"name": "CONTENT-TYPE", "value": "text/json"}], "content": {"text": "1"}}"#),
            "GET https://a/b 200 text/json: 1",
        ),
        (
            "null, and sizes and headers that say nothing",
            entry(r#"{"status": null, "headers": [{"name": null, "value": 7}, {}], "bodySize": [], "content": {"size": "x", "mimeType": null, "text": "1", "encoding": null}}"#),
            "GET https://a/b 0 -: 1",
        ),
        (
            "members in another order, and unknown ones",
            r#"{"_x": {"log": 1}, "log": {"pages": null, "entries": [{"_initiator": {"a": [1]}, "response": {"content": {"text": "1", "_y": 0}, "status": 200}, "request": {"url": "https://a/b", "method": "GET"}}], "version": null}}"#.to_owned(),
            "GET https://a/b 200 -: 1",
        ),
        (
            "base64 whatever the media type, with line breaks and without padding",
            entry(r#"{"status": 200, "content": {"mimeType": "application/json", "encoding": "Base64", "text": "eyJh\nIjox\nfQ"}}"#),
            r#"GET https://a/b 200 application/json: {"a":1}"#,
        ),
        (
            "a body that was kept compressed",
            entry(r#"{"status": 200, "headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": {"mimeType": "text/x", "encoding": "base64", "text": "H4sIAAAAAAACA6uuBQBDv6ajAgAAAA=="}}"#),
            "GET https://a/b 200 text/x: {}",
        ),
        (
            "an encoding that is none",
            entry(r#"{"status": 200, "content": {"encoding": "utf-8", "text": "e30="}}"#),
            "GET https://a/b 200 -: e30=",
        ),
        (
            "a preflight",
            har(r#"{"request": {"method": "OPTIONS", "url": "https://a/b", "headers": [{"name": "Access-Control-Request-Method", "value": "GET"}]}, "response": {"status": 204}}"#),
            "OPTIONS https://a/b 204 preflight -: no body, size None",
        ),
        ("escapes", entry(r#"{"status": 200, "content": {"text": "{\"a\": \"\u00e9\\n\"}"}}"#), "GET https://a/b 200 -: {\"a\": \"é\\n\"}"),
        ("a byte-order mark", format!("\u{feff}{}", entry(r#"{"status": 200}"#)), "GET https://a/b 200 -: no body, size None"),
    ];
    for (what, text, expected) in cases {
        assert_eq!(check(text.as_bytes()), expected, "{what}");
    }
}

#[test]
fn what_is_broken_is_named_by_entry_and_byte() {
    let whole = r#"{"request": {"url": "https://a/b"}, "response": {"status": 200}}"#;
    let good = "GET https://a/b 200 -: no body, size None";
    let truncated = har(&format!("{whole}, {whole}"));
    let truncated = &truncated[..truncated.len() - 10];
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let invalid = [har(whole).replace("https", "é").as_bytes(), b"\xff"].concat();
    let invalid = [&invalid[..20], b"\xff", &invalid[20..]].concat();
    let cases: [(&str, Vec<u8>, String); 14] = [
        ("nothing", b"".into(), "fault byte 0: the file ends too early; promised a HAR 1.2 file".into()),
        ("not JSON", b"HTTP/1.1 200 OK".into(), "fault byte 0: not the JSON of a HAR from here on; promised a HAR 1.2 file".into()),
        ("another JSON", b"[]".into(), "fault byte 0: not the JSON of a HAR from here on; promised a HAR 1.2 file".into()),
        ("no log", b"{}".into(), "fault: no `log`; promised a HAR 1.2 file".into()),
        ("no entries", br#"{"log": {}}"#.into(), "fault: no entries in `log.entries`; record again with the network panel open".into()),
        ("UTF-16", utf16, "fault byte 0: UTF-16 or UTF-32; a HAR is UTF-8: save it as that".into()),
        (
            "truncated",
            truncated.into(),
            format!("{good}\nfault byte 143: the file ends too early, in or after entry 1 (1 before it were read); export it again"),
        ),
        (
            "invalid UTF-8",
            invalid,
            "fault byte 20: not UTF-8 from here on, in or after entry 0 (0 before it were read); export it again".into(),
        ),
        (
            "an entry that is none",
            har(&format!("7, {whole}")).into(),
            format!("fault entry 0 byte 21: promised an entry, which is an object, a number came; export it again\n{good}"),
        ),
        ("no request", har("{}").into(), "fault entry 0 byte 21: the entry has no request; remove it".into()),
        ("no URL", har(r#"{"request": {}}"#).into(), "fault entry 0 byte 21: the entry's request has no URL; remove it".into()),
        (
            "base64 that is none",
            entry(r#"{"content": {"encoding": "base64", "text": "?"}}"#).into(),
            "fault entry 0 byte 21: `content.encoding` says base64, and `content.text` is none".into(),
        ),
        (
            "half a surrogate pair",
            entry(r#"{"content": {"text": "\ud800"}}"#).into(),
            "fault entry 0 byte 21: `content.text` is no Unicode text; export it again".into(),
        ),
        (
            "an unknown provenance",
            br#"{"log": {"_paperwire": {"provenance": "hearsay"}, "entries": [{}]}}"#.into(),
            "fault: `log._paperwire.provenance`: promised one of example, case, stand-in, recorded, live".into(),
        ),
    ];
    for (what, bytes, expected) in cases {
        assert_eq!(check(&bytes), expected, "{what}");
    }
}

#[test]
fn deep_nesting_neither_panics_nor_hangs() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = har(&format!(
        r#"{{"_x": {deep}, "request": {{"url": "https://a/b"}}, "response": {deep}}}"#
    ));
    let told =
        "fault entry 0 byte 21: `response`: promised an object, an array came; export it again";
    assert_eq!(check(text.as_bytes()), told);
    let text = har(&format!(r#"{{"_x": {deep}, "request": {{"url": "https://a/b"}}}}"#));
    assert_eq!(check(text.as_bytes()), "GET https://a/b 0 -: no body, size None");
    let told = "fault entry 0 byte 21: promised an entry, which is an object, an array came; export it again";
    assert_eq!(check(har(&deep).as_bytes()), told);
}

/// Half a truth would be told as another: no response, no body, a body that is text.
#[test]
fn a_damaged_entry_is_named_and_not_left_alone() {
    let content = |it: &str| entry(&format!(r#"{{"status": 200, "content": {it}}}"#));
    let status = |it: &str| entry(&format!(r#"{{"status": {it}, "content": {{"text": "1"}}}}"#));
    let request = |it: &str| har(&format!(r#"{{"request": {it}, "response": {{"status": 200}}}}"#));
    let no_status = "`response.status`: promised a whole number from 0 to 999, none came";
    let no_encoding = "`response.content.encoding`: promised base64 or nothing, another came";
    let cases = [
        (
            content(r#"{"text": "1", "text": "2"}"#),
            "`response.content.text` stands there twice, promised once",
        ),
        (
            content(r#"{"mimeType": "a/b", "text": "1", "mimeType": "a/b"}"#),
            "`response.content.mimeType` stands there twice, promised once",
        ),
        (
            content(r#"{"encoding": "base64", "text": "e30=", "enc\u006fding": "base64"}"#),
            "`response.content.encoding` stands there twice, promised once",
        ),
        (content(r#"{"text": 1}"#), "`response.content.text`: promised a string, a number came"),
        (
            content(r#"{"text": {"a": 1}}"#),
            "`response.content.text`: promised a string, an object came",
        ),
        (
            content(r#"{"mimeType": 7, "text": "1"}"#),
            "`response.content.mimeType`: promised a string, a number came",
        ),
        (content(r#"["1"]"#), "`response.content`: promised an object, an array came"),
        (content(r#"{"text": "1", "encoding": "rot13"}"#), no_encoding),
        (
            content(r#"{"text": "1", "encoding": 5}"#),
            "`response.content.encoding`: promised a string, a number came",
        ),
        (status(r#""200""#), no_status),
        (status("-1"), no_status),
        (status("200.5"), no_status),
        (status("99999"), no_status),
        (status("1e400"), no_status),
        (status(r#"200, "status": 200"#), "`response.status` stands there twice, promised once"),
        (
            entry(r#"{"status": 200, "headers": {}}"#),
            "`response.headers`: promised an array, an object came",
        ),
        (entry("true"), "`response`: promised an object, a boolean came"),
        (
            request(r#"{"url": "https://a/b", "url": "https://a/b"}"#),
            "`request.url` stands there twice, promised once",
        ),
        (request(r#"{"url": 5}"#), "`request.url`: promised a string, a number came"),
        (request(r#"{"url": "\ud800"}"#), "`request.url` is no Unicode text"),
        (
            request(r#"{"method": 5, "url": "https://a/b"}"#),
            "`request.method`: promised a string, a number came",
        ),
        (request(r#"{"url": "u", "\ud800": 1}"#), "`request` has a name that is no Unicode text"),
        (request("[]"), "`request`: promised an object, an array came"),
        (
            har(r#"{"request": {"url": "u"}, "request": {"url": "u"}}"#),
            "`request` stands there twice, promised once",
        ),
    ];
    for (text, expected) in cases {
        let told = check(text.as_bytes());
        assert!(
            told.starts_with(&format!("fault entry 0 byte 21: {expected}; export it again")),
            "{text}\n{told}"
        );
    }
}

#[test]
fn a_foreign_recording_was_recorded_and_ours_says_what_it_is() {
    let provenance = |meta: &str| {
        let mut found = None;
        let text = format!(r#"{{"log": {{"entries": [{{"request": {{"url": "u"}}}}]{meta}}}}}"#);
        read_har("x.har", text.as_bytes(), |it| found = it.ok().map(|it| it.provenance));
        found
    };
    assert_eq!(provenance(""), Some(Provenance::Recorded));
    assert_eq!(
        provenance(r#", "_paperwire": {"provenance": "stand-in"}"#),
        Some(Provenance::StandIn)
    );
    assert_eq!(provenance(r#", "_paperwire": {}"#), None);
}

proptest! {
    /// Any text at all, and any cut or change of a good HAR.
    #[test]
    fn nothing_makes_it_panic(noise in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        check(&noise);
        let good = entry(r#"{"status": 200, "content": {"encoding": "base64", "text": "e30=\u00e9"}}"#);
        let at = at.index(good.len());
        check(&good.as_bytes()[..at]);
        let mut changed = good.into_bytes();
        changed[at] = byte;
        check(&changed);
    }
}

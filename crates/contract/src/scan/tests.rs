use proptest::prelude::*;
use serde_json::Value;

use super::{bytes::closing_quote_among, *};

/// The value of a text, as far as the scanner takes it.
fn read(text: &str) -> Option<Value> {
    let mut scanner = Scanner::new(text);
    let value = value(&mut scanner)?;
    scanner.is_at_end().then_some(value)
}

fn value<const IN_TEXT: bool>(scanner: &mut Scanner<'_, IN_TEXT>) -> Option<Value> {
    Some(match scanner.token()? {
        Token::Null => Value::Null,
        Token::Bool(it) => it.into(),
        Token::Whole(it) => it.into(),
        Token::Number(it) => serde_json::from_str(it).ok()?,
        Token::Text(it) => it.text()?.into(),
        Token::Array => {
            let mut items = Vec::new();
            while scanner.item(items.is_empty())? {
                items.push(value(scanner)?);
            }
            items.into()
        }
        Token::Object => {
            let mut members = serde_json::Map::new();
            let mut is_first = true;
            while let Some(name) = scanner.member(is_first)? {
                is_first = false;
                members.insert(name.text()?.into_owned(), value(scanner)?);
            }
            members.into()
        }
    })
}

#[test]
fn what_is_json_is_taken() {
    for text in [
        "null",
        " [ ] ",
        "{}",
        "[1,-2,0,3.5,1e2,-0,-0.0,1E+2,123456789012345678901]",
        r#"{"a":{"b":[true,false]}}"#,
        r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#,
        r#"{"a":1,"a":2}"#,
    ] {
        assert_eq!(read(text), serde_json::from_str(text).ok(), "{text}");
        assert!(read(text).is_some(), "{text}");
    }
}

#[test]
fn what_is_none_is_not() {
    for text in [
        "",
        "nul",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "[1 2]",
        "1 2",
        "]",
        "[}",
        "\"",
        "1e400",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read(&("[".repeat(101) + &"]".repeat(101))), None);
}

proptest! {
    #[test]
    fn what_is_taken_is_what_serde_json_reads(text in r#"[\[\]{}",:\\u0-9ade.+\- tfnulrs\n]{0,24}"#) {
        if let Some(value) = read(&text) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
        }
    }

    #[test]
    fn a_leap_ends_where_a_value_does(text in r#"[\[\]{}",:\\u0-9ae\n\u{e9}]{0,24}"#) {
        let (mut strict, mut loose) = (Scanner::new(&text), Scanner::new(&text));
        let leapt = loose.leap();
        if let Some(skipped) = strict.skip() {
            prop_assert_eq!(leapt, Some(skipped));
            prop_assert_eq!(loose.at(), strict.at());
        }
    }

    #[test]
    fn what_stands_in_a_text_is_read_as_it_is(text in r#"[\[\]{}",:\\/u0-9ad+\- tfnulrs\n\u{e9}]{0,24}"#, escapes in 0..3_u8) {
        let plain = read(&text);
        let quoted = Value::from(&*text).to_string();
        let quoted = match escapes {
            0 => quoted,
            1 => quoted.replace('/', "\\/"),
            _ => quoted.replace('é', "\\u00e9"),
        };
        let mut scanner = Scanner::in_text(&quoted[1..quoted.len() - 1]);
        let value = value(&mut scanner).filter(|_| scanner.is_at_end());
        prop_assert_eq!(value, plain);
    }

    #[test]
    fn the_closing_quote_is_the_first_that_is_not_escaped(text in r#"["\\a]{0,40}"#, cut in 0..40_usize) {
        let slow = {
            let mut is_escaped = false;
            closing_quote_among(text.as_bytes(), &mut is_escaped)
        };
        prop_assert_eq!(closing_quote(text.as_bytes(), &mut false), slow);
        let (start, end) = text.as_bytes().split_at(cut.min(text.len()));
        let mut is_escaped = false;
        let in_parts = closing_quote(start, &mut is_escaped)
            .or_else(|| closing_quote(end, &mut is_escaped).map(|it| start.len() + it));
        prop_assert_eq!(in_parts, slow);
        prop_assert!(slow.is_none() || !is_escaped);
    }

    #[test]
    fn texts_are_read_as_serde_json_reads_them(text: String, before in 0..9_usize) {
        let quoted = format!("{}{}", " ".repeat(before), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(read(&quoted), Some(Value::String(text)));
    }
}

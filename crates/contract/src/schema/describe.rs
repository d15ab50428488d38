//! A fragment in words: `integer, one of 0, 1, 2`.

use serde_json::Value;

/// What a fragment promises, in a few words. Only what the contract says can occur here, never a value of a body.
pub(crate) fn describe(fragment: &Value) -> String {
    match fragment {
        Value::Bool(true) => "anything".into(),
        Value::Object(keywords) => {
            let mut words = Vec::new();
            if let Some(types) = keywords.get("type") {
                words.push(types_in_words(
                    types,
                    keywords.get("format"),
                    keywords.contains_key("pattern"),
                ));
            } else if let Some(format) = keywords.get("format").and_then(Value::as_str) {
                words.push(format.to_owned());
            }
            if let Some(Value::Array(values)) = keywords.get("enum") {
                words.push(format!("one of {}", listed(values)));
            }
            if let Some(value) = keywords.get("const") {
                words.push(format!("exactly {value}"));
            }
            words.extend(bounds_in_words(keywords));
            for (keyword, conjunction) in [("anyOf", " or "), ("allOf", " and ")] {
                if let Some(Value::Array(branches)) = keywords.get(keyword) {
                    let branches: Vec<_> = branches.iter().map(describe).collect();
                    words.push(branches.join(conjunction));
                }
            }
            if let Some(not) = keywords.get("not") {
                words.push(format!("not {}", describe(not)));
            }
            if words.is_empty() { "anything".into() } else { words.join(", ") }
        }
        _ => "nothing".into(),
    }
}

fn types_in_words(types: &Value, format: Option<&Value>, pattern: bool) -> String {
    let qualifier = match format.and_then(Value::as_str) {
        Some(format) => format!(" ({format})"),
        None if pattern => " (of a fixed form)".into(),
        None => String::new(),
    };
    match types {
        Value::String(name) => format!("{name}{qualifier}"),
        Value::Array(names) => {
            let mut names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
            // "string or null" reads better than "null or string".
            names.sort_by_key(|it| (*it == "null", *it));
            let mut words: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            if let Some(string) = words.iter_mut().find(|it| *it == "string") {
                string.push_str(&qualifier);
            }
            words.join(" or ")
        }
        _ => "anything".into(),
    }
}

fn bounds_in_words(keywords: &serde_json::Map<String, Value>) -> Option<String> {
    let number = |name: &str| keywords.get(name).filter(|it| it.is_number());
    if number("minimum").and_then(Value::as_i64) == Some(i64::from(i32::MIN))
        && number("maximum").and_then(Value::as_i64) == Some(i64::from(i32::MAX))
    {
        return Some("within 32 bits".into());
    }
    if number("minimum").and_then(Value::as_i64) == Some(i64::MIN)
        && number("maximum").and_then(Value::as_i64) == Some(i64::MAX)
    {
        return Some("within 64 bits".into());
    }
    let words: Vec<_> = [
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
        ("multipleOf", "a multiple of"),
        ("minLength", "at least this long:"),
        ("maxLength", "at most this long:"),
        ("minItems", "items, at least"),
        ("maxItems", "items, at most"),
        ("minProperties", "members, at least"),
        ("maxProperties", "members, at most"),
    ]
    .into_iter()
    .filter_map(|(keyword, words)| Some(format!("{words} {}", number(keyword)?)))
    .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The values of an enum, the first ten.
fn listed(values: &[Value]) -> String {
    let mut words: Vec<_> = values.iter().take(10).map(Value::to_string).collect();
    if values.len() > 10 {
        words.push(format!("{} more", values.len() - 10));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fragments_read_as_words() {
        let cases = [
            (json!({"type": "integer", "enum": [0, 1, 2]}), "integer, one of 0, 1, 2"),
            (
                json!({"type": ["null", "string"], "format": "date-time"}),
                "string (date-time) or null",
            ),
            (
                json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
                "integer, within 32 bits",
            ),
            (json!({"anyOf": [{"type": "object"}, {"type": "null"}]}), "object or null"),
            (json!(true), "anything"),
            (json!(false), "nothing"),
        ];
        for (fragment, words) in cases {
            assert_eq!(describe(&fragment), words);
        }
    }
}

//! What turns one JSON document into another, as actions of an OpenAPI Overlay 1.0
//! (<https://spec.openapis.org/overlay/v1.0.0.html>).

use serde_json::{Map, Value, json};

/// One action of an overlay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Action {
    /// A JSONPath (RFC 9535) that names one place.
    target: String,
    does: Does,
}

#[derive(Debug, Clone, PartialEq)]
enum Does {
    Remove,
    Update(Value),
}

impl Action {
    /// The action as it stands in an overlay.
    pub(crate) fn to_value(&self, description: &str) -> Value {
        let Self { target, does } = self;
        match does {
            Does::Remove => {
                json!({ "target": target, "description": description, "remove": true })
            }
            Does::Update(update) => {
                json!({ "target": target, "description": description, "update": update })
            }
        }
    }
}

/// The actions that make `after` of `before`. An update only merges, so what must go is removed first.
pub(crate) fn actions(before: &Value, after: &Value) -> Vec<Action> {
    let mut difference = Difference::default();
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        difference.members("$", before, after);
    }
    let removals = difference.removals.into_iter().map(|target| (target, Does::Remove));
    let updates = difference.updates.into_iter().map(|(target, it)| (target, Does::Update(it)));
    removals.chain(updates).map(|(target, does)| Action { target, does }).collect()
}

#[derive(Default)]
struct Difference {
    removals: Vec<String>,
    updates: Vec<(String, Value)>,
}

impl Difference {
    fn members(&mut self, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        for name in before.keys().filter(|it| !after.contains_key(*it)) {
            self.removals.push(member(path, name));
        }
        let mut update = Map::new();
        for (name, value) in after {
            match before.get(name) {
                Some(was) if was == value => {}
                Some(was) if self.below(&member(path, name), was, value) => {}
                Some(was) => {
                    // One plain value takes the place of another; anything else would be merged with what is there.
                    let is_plain = |it: &Value| !it.is_object() && !it.is_array();
                    if !is_plain(was) || !is_plain(value) {
                        self.removals.push(member(path, name));
                    }
                    update.insert(name.clone(), value.clone());
                }
                None => {
                    update.insert(name.clone(), value.clone());
                }
            }
        }
        if !update.is_empty() {
            self.updates.push((path.to_owned(), Value::Object(update)));
        }
    }

    /// Whether the difference could be told further down.
    fn below(&mut self, path: &str, before: &Value, after: &Value) -> bool {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                self.members(path, before, after);
                true
            }
            (Value::Array(before), Value::Array(after)) => {
                let pairs = || before.iter().zip(after).enumerate().filter(|(_, (a, b))| a != b);
                let is_object =
                    |(_, (a, b)): (usize, (&Value, &Value))| a.is_object() && b.is_object();
                if before.len() != after.len() || !pairs().all(is_object) {
                    return false;
                }
                for (index, (a, b)) in pairs() {
                    self.below(&format!("{path}[{index}]"), a, b);
                }
                true
            }
            _ => false,
        }
    }
}

/// The path of a member: `$.paths['/a/{id}']`.
fn member(path: &str, name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    if is_plain {
        return format!("{path}.{name}");
    }
    let mut quoted = String::new();
    for c in name.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            c if (c as u32) < 0x20 => quoted += &format!("\\u{:04x}", c as u32),
            c => quoted.push(c),
        }
    }
    format!("{path}['{quoted}']")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: Value, after: Value) -> Vec<String> {
        let told = |it: &Action| match &it.does {
            Does::Remove => format!("{} goes", it.target),
            Does::Update(update) => format!("{} gets {update}", it.target),
        };
        actions(&before, &after).iter().map(told).collect()
    }

    #[test]
    fn what_must_go_goes_first() {
        let cases = [
            (json!({"a": 1}), json!({"a": 1}), vec![]),
            (
                json!({"a": {"t": 1, "e": []}}),
                json!({"a": {"t": 2, "n": {}}}),
                vec!["$.a.e goes", r#"$.a gets {"t":2,"n":{}}"#],
            ),
            (
                json!({"r": ["a", "b"]}),
                json!({"r": ["b"]}),
                vec!["$.r goes", r#"$ gets {"r":["b"]}"#],
            ),
            (
                json!({"l": [{"a": 1}, {"b": 1}]}),
                json!({"l": [{"a": 1}, {"b": {}}]}),
                vec!["$.l[1].b goes", r#"$.l[1] gets {"b":{}}"#],
            ),
            (
                json!({"a": {"x": 1}}),
                json!({"a": false}),
                vec!["$.a goes", r#"$ gets {"a":false}"#],
            ),
        ];
        for (before, after, expected) in cases {
            assert_eq!(told(before, after), expected);
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let names = ["a_1", "/x/{id}", "200", "it's", "a\\b", "a\nb", "ä", "x-y", ""];
        let paths = names.map(|it| member("$", it));
        assert_eq!(
            paths,
            [
                "$.a_1",
                "$['/x/{id}']",
                "$['200']",
                r"$['it\'s']",
                r"$['a\\b']",
                r"$['a\u000ab']",
                "$['ä']",
                "$['x-y']",
                "$['']"
            ]
        );
    }
}

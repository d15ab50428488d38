//! Masks one value: keyed, of the same type and form, by what the contract says of its place.

use std::mem::discriminant;

use serde_json::{Map, Value};

use crate::{
    document::PathTemplate,
    finding::hex,
    form::form_of,
    judge::Judge,
    mask::MaskKey,
    place::printable_name,
    schema::tree::{Member, NodeId, Tree},
};

/// Masks values with a key.
pub(super) struct Masker<'k> {
    pub(super) key: &'k MaskKey,
}

impl Masker<'_> {
    pub(super) fn value(&self, judge: &Judge, value: &Value, given: &[NodeId]) -> Value {
        let tree = &judge.tree;
        let live = tree.live(given, value);
        if let Some(kind) = live.iter().find_map(|it| tree.node(*it).sensitive.as_deref()) {
            return match value {
                _ if is_listed(tree, &live, value) => self.another_listed(tree, &live, value),
                Value::String(text) if !text.is_empty() => {
                    self.text(tree, &live, text, self.sensitive(text, kind)).into()
                }
                _ => self.unknown(value),
            };
        }
        match value {
            Value::Object(members) => {
                let mut masked = Map::new();
                let naming: Vec<&str> = tree.naming_members(&live, value).collect();
                for (name, value) in members {
                    let (name, value) = match tree.member(&live, name) {
                        // The document has the value as an alternative's name.
                        _ if naming.contains(&name.as_str()) => (name.clone(), value.clone()),
                        Member::Known(nodes) => (name.clone(), self.value(judge, value, &nodes)),
                        Member::MapKey(nodes) if !nodes.is_empty() => {
                            (self.name(name), self.value(judge, value, &nodes))
                        }
                        Member::MapKey(_) | Member::Undocumented { .. } => {
                            (self.name(name), self.unknown(value))
                        }
                    };
                    masked.insert(name, value);
                }
                Value::Object(masked)
            }
            Value::Array(items) => {
                let item =
                    |(index, it): (usize, &Value)| self.value(judge, it, &tree.item(&live, index));
                items.iter().enumerate().map(item).collect()
            }
            // A value may be anything, unless the contract lists it; a type need not stand beside the list.
            Value::String(_) | Value::Number(_) | Value::Bool(_)
                if is_listed(tree, &live, value) =>
            {
                value.clone()
            }
            // A moment where the contract describes one says nothing about who.
            Value::String(text)
                if live.iter().any(|it| tree.node(*it).has_form) && is_moment(text) =>
            {
                value.clone()
            }
            Value::String(text) => self.text(tree, &live, text, self.opaque(text)).into(),
            _ if tree.describes(&live, value) => value.clone(),
            _ => self.unknown(value),
        }
    }

    /// One of the listed values of the same type: any other would be refused.
    fn another_listed(&self, tree: &Tree, live: &[NodeId], value: &Value) -> Value {
        let lists = live.iter().map(|it| &tree.node(*it).codes).filter(|it| it.contains(value));
        let is_of_type = |it: &&Value| discriminant(*it) == discriminant(value);
        let codes: Vec<&Value> = lists.flatten().filter(is_of_type).collect();
        let digest = self.key.digest("listed", value.to_string().as_bytes());
        let number =
            digest.iter().fold(0, |number, it| (number * 256 + usize::from(*it)) % codes.len());
        codes[number].clone()
    }

    /// A member's name, where it may be data.
    fn name(&self, name: &str) -> String {
        if printable_name(name) == name {
            name.to_owned()
        } else {
            // Still no name that would be printed.
            format!("*{}", self.hex("name", name, 4))
        }
    }

    fn sensitive(&self, text: &str, kind: &str) -> String {
        match kind {
            // Another text would be refused where a moment is promised.
            _ if is_moment(text) => self.moment(text),
            "e-mail" => format!("{}@example.org", self.hex(kind, text, 5)),
            "URL" => format!("https://example.org/{}", self.hex(kind, text, 6)),
            "username" => format!("user-{}", self.hex(kind, text, 4)),
            "name" => format!("Name-{}", self.hex(kind, text, 4)),
            "identifier" if form_of(text) == Some("digits") => self.digits(text),
            "identifier" => format!("id-{}", self.hex(kind, text, 5)),
            _ => format!("text-{}", self.hex(kind, text, 5)),
        }
    }

    /// A value of which nobody knows what it holds: its type and form stay.
    pub(super) fn unknown(&self, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::Bool(_) => Value::Bool(false),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.opaque(text).into(),
            Value::Array(items) => items.iter().map(|it| self.unknown(it)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (self.name(name), self.unknown(value))).collect()
            }
        }
    }

    /// A text that says no more than the form.
    pub(super) fn opaque(&self, text: &str) -> String {
        match form_of(text) {
            Some("digits") => self.digits(text),
            Some("empty") => String::new(),
            Some(_) => self.moment(text),
            None => format!("masked-{}", self.hex("text", text, 5)),
        }
    }

    pub(super) fn hex(&self, label: &str, text: &str, bytes: usize) -> String {
        hex(&self.key.digest(label, text.as_bytes())[..bytes])
    }

    /// A path whose parameters are masked.
    pub(super) fn path(&self, path: &str, template: &PathTemplate) -> String {
        template.with_values(path, |value| match form_of(value) {
            Some("digits") => self.digits(value),
            _ => self
                .of_format("uuid", value)
                .filter(|_| is_uuid(value))
                .unwrap_or_else(|| format!("id-{}", self.hex("identifier", value, 5))),
        })
    }
}

fn is_listed(tree: &Tree, live: &[NodeId], value: &Value) -> bool {
    live.iter().any(|it| tree.node(*it).codes.contains(value))
}

fn is_uuid(text: &str) -> bool {
    let digits = text.split('-').map(|it| (it.len(), it.bytes().all(|it| it.is_ascii_hexdigit())));
    digits.eq([8, 4, 4, 4, 12].map(|it| (it, true)))
}

fn is_moment(text: &str) -> bool {
    form_of(text).is_some_and(|it| it.starts_with("date"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::schema::tree::type_of;

    #[test]
    fn a_uuid_in_a_path_is_masked_as_in_a_body() {
        let key = MaskKey::from_text("a");
        let masker = Masker { key: &key };
        let (template, uuid) =
            (PathTemplate::parse("/users/{id}"), "12345678-9abc-4def-8123-456789abcdef");
        let masked = masker.path(&format!("/users/{uuid}"), &template);
        assert_eq!(masked.rsplit('/').next(), masker.of_format("uuid", uuid).as_deref());
        assert!(masker.path("/users/ada", &template).contains("id-"));
    }

    proptest! {
        #[test]
        fn an_unknown_value_keeps_its_types_and_none_of_its_texts(text in "[a-z]{4}[ @.][a-z]{6,12}", number: i64) {
            let key = MaskKey::from_text("a");
            let value = json!({ (text.clone()): [text.clone(), number, null, true, 1.5, { "inner": text.clone() }] });
            let masked = Masker { key: &key }.unknown(&value);
            prop_assert!(!masked.to_string().contains(&text));
            let types = |it: &Value| -> Vec<&'static str> {
                it.as_object().unwrap().values().next().unwrap().as_array().unwrap().iter().map(type_of).collect()
            };
            prop_assert_eq!(types(&masked), types(&value));
        }
    }
}

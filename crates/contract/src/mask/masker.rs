//! Masks one value: keyed, of the same type and form, by what the contract says of its place.

use serde_json::{Map, Number, Value};

use crate::{
    document::PathTemplate,
    finding::hex,
    form::form_of,
    judge::Judge,
    mask::MaskKey,
    place::printable_name,
    schema::tree::{Member, NodeId, type_of},
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
            return self.sensitive(value, kind);
        }
        match value {
            Value::Object(members) => {
                let mut masked = Map::new();
                for (name, value) in members {
                    let (name, value) = match tree.member(&live, name) {
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
            // A text may say anything, unless the contract lists it.
            Value::String(_) if live.iter().any(|it| tree.node(*it).codes.contains(value)) => {
                value.clone()
            }
            // A moment where the contract describes one says nothing about who.
            Value::String(text)
                if live.iter().any(|it| tree.node(*it).has_form) && is_moment(text) =>
            {
                value.clone()
            }
            Value::String(_) => self.unknown(value),
            _ if tree.describes(&live, value) => value.clone(),
            _ => self.unknown(value),
        }
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

    fn sensitive(&self, value: &Value, kind: &str) -> Value {
        let Value::String(text) = value else {
            return self.unknown(value);
        };
        if text.is_empty() {
            return value.clone();
        }
        let masked = match kind {
            "e-mail" => format!("{}@example.org", self.hex(kind, text, 5)),
            "URL" => format!("https://example.org/{}", self.hex(kind, text, 6)),
            "username" => format!("user-{}", self.hex(kind, text, 4)),
            "name" => format!("Name-{}", self.hex(kind, text, 4)),
            "identifier" if form_of(text) == Some("digits") => self.digits(text),
            "identifier" => format!("id-{}", self.hex(kind, text, 5)),
            _ => format!("text-{}", self.hex(kind, text, 5)),
        };
        Value::String(masked)
    }

    /// A value of which nobody knows what it holds: its type and form stay.
    pub(super) fn unknown(&self, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::Bool(_) => Value::Bool(false),
            Value::Number(number) => self.number(number),
            Value::String(text) => Value::String(match form_of(text) {
                Some("digits") => self.digits(text),
                Some("empty") => String::new(),
                Some(_) => self.moment(text),
                None => format!("masked-{}", self.hex("text", text, 5)),
            }),
            Value::Array(items) => items.iter().map(|it| self.unknown(it)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (self.name(name), self.unknown(value))).collect()
            }
        }
    }

    /// Another moment of the same form: a date can be a birthday.
    fn moment(&self, text: &str) -> String {
        let digest = self.key.digest("moment", text.as_bytes());
        let pair =
            |index: usize, least: u8, count: u8| format!("{:02}", least + digest[index] % count);
        let mut masked = format!(
            "{}{}-{}-{}",
            19 + digest[0] % 2,
            pair(1, 0, 100),
            pair(2, 1, 12),
            pair(3, 1, 28)
        );
        let mut rest = text.get(10..).unwrap_or_default();
        if rest.len() >= 9 {
            masked +=
                &format!("{}{}:{}:{}", &rest[..1], pair(4, 0, 24), pair(5, 0, 60), pair(6, 0, 60));
            rest = &rest[9..];
        }
        if let Some(fraction) = rest.strip_prefix('.') {
            let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
            masked.push('.');
            masked.extend((0..count).map(|it| char::from(b'0' + digest[7 + it % 25] % 10)));
            rest = &fraction[count..];
        }
        // What is left is the zone.
        masked + rest
    }

    fn number(&self, number: &Number) -> Value {
        if let Some(whole) = number.as_i64() {
            let masked = i64::try_from(self.permuted(whole.unsigned_abs())).unwrap_or(i64::MAX);
            return Value::from(if whole < 0 { -masked } else { masked });
        }
        match number.as_u64() {
            Some(whole) => Value::from(self.permuted(whole)),
            None => {
                let whole = number.as_f64().unwrap_or_default().abs().min(1e9) as u64;
                let masked = self.permuted(whole) as f64;
                let is_whole = type_of(&Value::Number(number.clone())) == "integer";
                Value::from(if is_whole { masked } else { masked + 0.5 })
            }
        }
    }

    /// A text of digits, of the same length.
    fn digits(&self, text: &str) -> String {
        match text.parse::<u64>() {
            Ok(number) if !text.starts_with('0') || text == "0" => {
                self.permuted(number).to_string()
            }
            _ => {
                let digest = self.key.digest("digits", text.as_bytes());
                let digits = text
                    .bytes()
                    .enumerate()
                    .map(|(index, _)| char::from(b'0' + digest[index % 32] % 10));
                digits.collect()
            }
        }
    }

    /// A keyed permutation of the numbers of one decimal width, those within 32 bits among themselves.
    fn permuted(&self, number: u64) -> u64 {
        let (least, most) = domain(number);
        let size = u128::from(most - least) + 1;
        let half = (128 - (size - 1).leading_zeros()).div_ceil(2).max(1);
        let mask = (1_u128 << half) - 1;
        let mut it = u128::from(number - least);
        // A Feistel network permutes a power of four; numbers outside the domain walk on until they are inside.
        loop {
            let (mut left, mut right) = (it >> half, it & mask);
            for round in 0_u8..6 {
                let mut input = right.to_le_bytes().to_vec();
                input.extend([round, half as u8]);
                input.extend(least.to_le_bytes());
                let digest = self.key.digest("number", &input);
                let word = u128::from_le_bytes(digest[..16].try_into().expect("16 bytes"));
                (left, right) = (right, left ^ (word & mask));
            }
            it = (left << half) | right;
            if it < size {
                return least + it as u64;
            }
        }
    }

    fn hex(&self, label: &str, text: &str, bytes: usize) -> String {
        hex(&self.key.digest(label, text.as_bytes())[..bytes])
    }

    /// A path whose parameters are masked.
    pub(super) fn path(&self, path: &str, template: &PathTemplate) -> String {
        let path = path.trim_matches('/');
        let segments = path.split('/').zip(template.parameters_in(path));
        let segments = segments.map(|(segment, is_parameter)| match is_parameter {
            true if form_of(segment) == Some("digits") => self.digits(segment),
            true => format!("id-{}", self.hex("identifier", segment, 5)),
            false => segment.to_owned(),
        });
        format!("/{}", segments.collect::<Vec<_>>().join("/"))
    }
}

fn is_moment(text: &str) -> bool {
    form_of(text).is_some_and(|it| it.starts_with("date"))
}

/// The numbers of a decimal width, cut at the ends of 31, 32 and 63 bits, so that none leaves its range.
fn domain(number: u64) -> (u64, u64) {
    let width = number.checked_ilog10().unwrap_or(0);
    let mut least = if width == 0 { 0 } else { 10_u64.pow(width) };
    let mut most = 10_u64.checked_pow(width + 1).map_or(u64::MAX, |it| it - 1);
    for limit in [i32::MAX as u64, u64::from(u32::MAX), i64::MAX as u64] {
        if number <= limit {
            most = most.min(limit);
        } else {
            least = least.max(limit + 1);
        }
    }
    (least, most)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_of_a_width_are_permuted() {
        let key = MaskKey::from_text("a");
        let masker = Masker { key: &key };
        let masked: BTreeSet<u64> = (100..1000).map(|it| masker.permuted(it)).collect();
        assert_eq!(masked, (100..1000).collect());
        assert_ne!(
            masked.iter().copied().collect::<Vec<_>>(),
            (100..1000).map(|it| masker.permuted(it)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_moment_becomes_another_of_its_form() {
        let key = MaskKey::from_text("a");
        for text in [
            "1984-03-02",
            "1984-03-02T04:05:06Z",
            "1984-03-02 04:05:06.789",
            "1984-03-02T04:05:06.0612345678+02:00",
        ] {
            let masked = Masker { key: &key }.moment(text);
            assert_eq!((form_of(&masked), masked.len()), (form_of(text), text.len()), "{text}");
            assert!(masked != text && !masked.contains("0612345678"), "{masked}");
        }
    }

    proptest! {
        #[test]
        fn a_number_keeps_its_width_and_range(number: u64, key: String) {
            let key = MaskKey::from_text(&key);
            let masked = Masker { key: &key }.permuted(number);
            prop_assert_eq!(masked.to_string().len(), number.to_string().len());
            prop_assert_eq!(masked <= i32::MAX as u64, number <= i32::MAX as u64);
            prop_assert_eq!(masked <= i64::MAX as u64, number <= i64::MAX as u64);
        }

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

//! The faults themselves.

use std::{borrow::Cow, mem::discriminant};

use serde_json::{Map, Value, json};

use crate::{
    form::form_of,
    place::{ANY, printable_name, push_segment, unescape},
    strength::Operator,
};

/// How long a text is that is too long, in characters.
const LONG: usize = 1_000;

/// Every fault that makes sense in a body: the operator, the JSON pointer of the value, the faulty body.
pub fn faults(body: &Value) -> impl Iterator<Item = (Operator, String, Value)> {
    let each = |pointer: String| Operator::ALL.iter().map(move |it| (*it, pointer.clone()));
    pointers(body).into_iter().flat_map(each).filter_map(|(operator, pointer)| {
        let faulty = plant(operator, body, &pointer)?;
        Some((operator, pointer, faulty))
    })
}

/// Pointers of every value, the whole body last.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut below = |segment: &str, child: &Value| {
        let mut prefix = String::new();
        push_segment(&mut prefix, segment);
        all.extend(pointers(child).into_iter().map(|it| format!("{prefix}{it}")));
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, it)| below(name, it)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, it)| below(&index.to_string(), it))
        }
        _ => {}
    }
    all.push(String::new());
    all
}

/// The body with a fault; none where it makes no sense at the value.
pub(super) fn plant(operator: Operator, body: &Value, pointer: &str) -> Option<Value> {
    match operator {
        Operator::Removed => remove(body, pointer),
        Operator::Swapped => swap(body, pointer),
        _ => {
            let value = body.pointer(pointer)?;
            let wrong = wrong(operator, value)?;
            let mut faulty = body.clone();
            *faulty.pointer_mut(pointer)? = wrong;
            Some(faulty)
        }
    }
}

/// The operators that make something of a value.
pub(super) fn operators_for(value: &Value) -> impl Iterator<Item = Operator> {
    Operator::ALL.iter().copied().filter(|it| wrong(*it, value).is_some())
}

/// What an operator makes of a value, if anything.
fn wrong(operator: Operator, value: &Value) -> Option<Value> {
    let wrong = match (operator, value) {
        (Operator::AnotherType, Value::String(_)) => json!(7),
        (Operator::AnotherType, Value::Object(_)) => json!("text"),
        (Operator::AnotherType, _) => json!({ "planted": 1 }),
        (Operator::Null, _) => Value::Null,
        (Operator::ExtraMember, Value::Object(members)) => {
            let mut members = members.clone();
            let mut name = "planted_member".to_owned();
            while members.contains_key(&name) {
                name.push('x');
            }
            members.insert(name, json!(1));
            Value::Object(members)
        }
        (Operator::Empty, Value::String(_)) => json!(""),
        (Operator::Empty, Value::Array(_)) => json!([]),
        (Operator::Empty, Value::Object(_)) => json!({}),
        (Operator::UnknownCode, Value::Number(_)) => json!(97),
        (Operator::UnknownCode, Value::String(text)) => Value::String(another_text(text)),
        (Operator::BeyondInt32, Value::Number(_)) => json!(2_147_483_648_i64),
        (Operator::BelowInt32, Value::Number(_)) => json!(-2_147_483_649_i64),
        (Operator::BeyondInt64, Value::Number(_)) => json!(9_223_372_036_854_775_808_u64),
        (Operator::Fraction, Value::Number(_)) => json!(0.5),
        (Operator::BrokenDate, Value::String(text)) if is_moment(text) => {
            Value::String(format!("{}02-30{}", &text[..5], &text[10..]))
        }
        (Operator::OddDate, Value::String(text)) => Value::String(without_zone(text)?.to_owned()),
        (Operator::TooLong, Value::String(text)) => {
            Value::String(text.chars().chain("x".repeat(LONG).chars()).take(LONG).collect())
        }
        (Operator::OneCharacter, Value::String(text)) => Value::String(one_changed(text)?),
        (Operator::InAList, it) if !it.is_array() => json!([it]),
        (Operator::NumberAsText, Value::Number(number)) => Value::String(number.to_string()),
        (Operator::BooleanAsNumber, Value::Bool(it)) => json!(u8::from(*it)),
        (Operator::Truncated, Value::Array(items)) if !items.is_empty() => {
            Value::Array(items[..items.len() - 1].to_vec())
        }
        (Operator::Duplicated, Value::Array(items)) if !items.is_empty() => {
            Value::Array(items.iter().chain(items.last()).cloned().collect())
        }
        _ => return None,
    };
    (wrong != *value).then_some(wrong)
}

/// A text as no list has it: a word that begins as the text does; where that reads as no word, the text and a `~`.
fn another_text(text: &str) -> String {
    let more = match text.chars().next_back() {
        _ if printable_name(text) == ANY => "~",
        Some('A'..='Z') => "XQ",
        Some('0'..='9') => "97",
        _ => "xq",
    };
    format!("{text}{more}")
}

/// A moment without its zone.
fn without_zone(text: &str) -> Option<&str> {
    let at = text.rfind(['Z', 'z', '+', '-']).filter(|it| *it > "2020-01-01T".len())?;
    is_moment(text).then(|| &text[..at])
}

/// The text with one of the characters changed that give it its form: the `@` of an e-mail; none where it has none.
fn one_changed(text: &str) -> Option<String> {
    let at = text.find('@').or_else(|| text.find([':', '-', '/', '.']))?;
    (!text.contains(' ') || is_moment(text)).then(|| format!("{}_{}", &text[..at], &text[at + 1..]))
}

fn is_moment(text: &str) -> bool {
    form_of(text).is_some_and(|it| it.starts_with("date"))
}

/// The parent of what a JSON pointer leads to, and its name there; none of the whole.
fn split(pointer: &str) -> Option<(&str, Cow<'_, str>)> {
    pointer.rsplit_once('/').map(|(parent, name)| (parent, unescape(name)))
}

fn remove(body: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = split(pointer)?;
    body.pointer(parent)?.as_object()?;
    let mut faulty = body.clone();
    faulty.pointer_mut(parent)?.as_object_mut()?.shift_remove(&*name);
    Some(faulty)
}

/// Lets a member and a sibling change their values.
fn swap(body: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = split(pointer)?;
    let members = body.pointer(parent)?.as_object()?;
    let (sibling, other) = sibling_to_swap_with(members, &name)?;
    let mut faulty = body.clone();
    let swapped = faulty.pointer_mut(parent)?.as_object_mut()?;
    swapped.insert(sibling.clone(), members.get(&*name)?.clone());
    swapped.insert(name.into_owned(), other.clone());
    Some(faulty)
}

/// Another member with another value of a member's type: the first in which the same faults make sense, so that the swap is
/// likely to go unnoticed, else the first.
pub(super) fn sibling_to_swap_with<'m>(
    members: &'m Map<String, Value>,
    name: &str,
) -> Option<(&'m String, &'m Value)> {
    let value = members.get(name)?;
    let is_of_type = |it: &Value| discriminant(it) == discriminant(value) && it != value;
    let is_like = |it: &Value| operators_for(it).eq(operators_for(value));
    let mut siblings = members.iter().filter(|it| *it.0 != *name && is_of_type(it.1));
    let first = siblings.clone().next();
    siblings.find(|it| is_like(it.1)).or(first)
}

//! The faults themselves.

use std::{borrow::Cow, mem::discriminant};

use serde_json::{Map, Number, Value, json};

use crate::{
    place::{push_segment, unescape},
    strength::Operator,
};

/// By how much a text is longer that is too long, in characters.
const LONGER: usize = 1_000;

const BEYOND_INT32: i64 = 1 << 31;
const BELOW_INT32: i64 = -BEYOND_INT32 - 1;

/// The integers that operators plant.
const FIXED: [Option<i64>; 4] = [Some(0), Some(-1), Some(BEYOND_INT32), Some(BELOW_INT32)];

/// From here on, a number and a half is a whole number again.
const NO_HALVES: f64 = (1_u64 << 52) as f64;

/// Every fault that makes sense in a body: the operator, the JSON pointer of the value, the faulty body.
pub fn faults(body: &Value) -> impl Iterator<Item = (Operator, String, Value)> {
    let each = |pointer: String| Operator::ALL.iter().map(move |it| (*it, pointer.clone()));
    pointers(body).into_iter().flat_map(each).flat_map(|(operator, pointer)| {
        let faulty = plant(operator, body, &pointer, &[]);
        faulty.into_iter().map(move |it| (operator, pointer.clone(), it))
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

/// The body with each fault of an operator; none where it makes no sense at the value. `codes` are the value's listed ones.
pub(super) fn plant(
    operator: Operator,
    body: &Value,
    pointer: &str,
    codes: &[&Value],
) -> Vec<Value> {
    match operator {
        Operator::Removed => remove(body, pointer).into_iter().collect(),
        Operator::Swapped => swap(body, pointer).into_iter().collect(),
        _ => {
            let Some(value) = body.pointer(pointer) else { return Vec::new() };
            let put = |wrong| {
                let mut faulty = body.clone();
                *faulty.pointer_mut(pointer)? = wrong;
                Some(faulty)
            };
            wrong(operator, value, codes).into_iter().filter_map(put).collect()
        }
    }
}

/// The operators that make something of a value.
pub(super) fn operators_for(value: &Value) -> Vec<Operator> {
    let like = small_like(value);
    let makes_some = |it: &Operator| !wrong(*it, &like, &[]).is_empty();
    Operator::ALL.iter().copied().filter(makes_some).collect()
}

/// A small value in which the same faults make sense.
fn small_like(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Number(_) => Cow::Owned(json!(1)),
        Value::Array(items) => Cow::Owned(items.iter().take(2).map(|_| Value::Null).collect()),
        Value::Object(members) if !members.is_empty() => {
            Cow::Owned(json!({ "a": null, "b": null }))
        }
        _ => Cow::Borrowed(value),
    }
}

/// What an operator makes of a value: nothing, one thing, or several of which each may go unnoticed.
fn wrong(operator: Operator, value: &Value, codes: &[&Value]) -> Vec<Value> {
    match (operator, value) {
        (Operator::ExtraMember, Value::Object(members)) => with_extra_member(members),
        (Operator::UnknownCode, Value::Number(number)) => unlisted(numbers_near(number), codes),
        (Operator::UnknownCode, Value::String(text)) => unlisted(texts_like(text), codes),
        (Operator::Zero, Value::Number(number)) if number.as_f64() != Some(0.0) => {
            unlisted([json!(0)].into_iter(), codes)
        }
        (Operator::Negative, Value::Number(number)) if number.as_f64() != Some(-1.0) => {
            unlisted([json!(-1)].into_iter(), codes)
        }
        (Operator::Fraction, Value::Number(number)) => halves_beside(number),
        _ => wrong_one(operator, value).filter(|it| it != value).into_iter().collect(),
    }
}

fn wrong_one(operator: Operator, value: &Value) -> Option<Value> {
    Some(match (operator, value) {
        (Operator::TextInstead, _) if !value.is_string() => json!("text"),
        (Operator::NumberInstead, _) if !value.is_number() => json!(7),
        (Operator::BooleanInstead, _) if !value.is_boolean() => json!(true),
        (Operator::ObjectInstead, _) if !value.is_object() => json!({}),
        (Operator::ListInstead, _) if !value.is_array() => json!([]),
        (Operator::Null, _) => Value::Null,
        (Operator::Empty, Value::String(_)) => json!(""),
        (Operator::Empty, Value::Array(_)) => json!([]),
        // One member less than one is `removed`.
        (Operator::Empty, Value::Object(members)) if members.len() != 1 => json!({}),
        (Operator::BeyondInt32, Value::Number(_)) => json!(BEYOND_INT32),
        (Operator::BelowInt32, Value::Number(_)) => json!(BELOW_INT32),
        (Operator::BeyondInt64, Value::Number(_)) => json!(9_223_372_036_854_775_808_u64),
        (Operator::BrokenDate, Value::String(text)) if is_moment(text) => {
            json!(format!("{}02-30{}", &text[..5], &text[10..]))
        }
        (Operator::OddDate, Value::String(text)) => json!(without_zone(text)?),
        (Operator::TooLong, Value::String(text)) => json!(text.clone() + &"x".repeat(LONGER)),
        (Operator::OneCharacter, Value::String(text)) => json!(one_changed(text)?),
        (Operator::InAList, it) if !it.is_array() => json!([it]),
        (Operator::NumberAsText, Value::Number(number)) => json!(number.to_string()),
        (Operator::BooleanAsNumber, Value::Bool(it)) => json!(u8::from(*it)),
        // One item less than one is `empty`.
        (Operator::Truncated, Value::Array(items)) if items.len() > 1 => {
            json!(items[..items.len() - 1])
        }
        (Operator::Duplicated, Value::Array(items)) if !items.is_empty() => {
            json!(items.iter().chain(items.last()).collect::<Vec<_>>())
        }
        _ => return None,
    })
}

/// An object with one member more: of each type, as maps take one and not another.
fn with_extra_member(members: &Map<String, Value>) -> Vec<Value> {
    let mut name = "planted_member".to_owned();
    while members.contains_key(&name) {
        name.push('x');
    }
    let with = |value| {
        let mut members = members.clone();
        members.insert(name.clone(), value);
        Value::Object(members)
    };
    [json!(1), json!("text"), json!(true), json!({}), json!([])].map(with).into()
}

/// The first that is not of the listed values.
fn unlisted(mut candidates: impl Iterator<Item = Value>, codes: &[&Value]) -> Vec<Value> {
    candidates.find(|it| !codes.iter().any(|code| is_same(code, it))).into_iter().collect()
}

/// Whether JSON Schema takes two values for one: numbers are equal by value.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

/// Other numbers, the nearest first: what bounds the number bounds one of them. None is what another operator plants.
fn numbers_near(number: &Number) -> impl Iterator<Item = Value> {
    let near = move |step: i64| match (number.as_i64(), number.as_f64().unwrap_or_default()) {
        (Some(it), _) => [it.checked_add(step), it.checked_sub(step)].map(|it| json!(it)),
        (None, it) if it.abs() < NO_HALVES => {
            [it + step as f64, it - step as f64].map(|it| json!(it))
        }
        (None, it) => [it / (step + 1) as f64, 1.0 / step as f64].map(|it| json!(it)),
    };
    let is_free = |it: &Value| it.is_number() && !FIXED.contains(&it.as_i64());
    (1..).flat_map(near).filter(is_free)
}

/// The number and a half, and less a half, unless that is zero.
fn halves_beside(number: &Number) -> Vec<Value> {
    match number.as_f64() {
        Some(it) if it.abs() < NO_HALVES => {
            [it + 0.5, it - 0.5].iter().filter(|it| **it != 0.0).map(|it| json!(it)).collect()
        }
        _ => vec![json!(0.5)],
    }
}

/// Other texts of the same length: with another letter or digit for the last, before a moment's zone, the nearest first;
/// where there is none, with a `~` at the end.
fn texts_like(text: &str) -> impl Iterator<Item = Value> {
    let (time, _) = text.split_at(without_zone(text).map_or(text.len(), str::len));
    let at = time.rfind(|it: char| it.is_ascii_alphanumeric());
    let at = at.or_else(|| text.char_indices().next_back().map(|it| it.0)).unwrap_or(0);
    let (start, end) = text.split_at(at);
    let mut end = end.chars();
    let others = end.next().map_or_else(|| vec!['~'], others_like);
    let like: Vec<String> =
        others.iter().map(|it| format!("{start}{it}{}", end.as_str())).collect();
    // Where all of them are listed.
    let longer = format!("{text}~");
    like.into_iter().chain([longer]).map(Value::String)
}

/// The other letters or digits, the nearest first; of digits the higher, of letters the lower: more patterns take them.
fn others_like(character: char) -> Vec<char> {
    let class = match character {
        '0'..='9' => '0'..='9',
        'a'..='z' => 'a'..='z',
        'A'..='Z' => 'A'..='Z',
        '~' => '!'..='!',
        _ => '~'..='~',
    };
    let mut others: Vec<char> = class.filter(|it| *it != character).collect();
    let is_later = |it: char| (it > character) != character.is_ascii_digit();
    others.sort_by_key(|it| (u32::from(*it).abs_diff(u32::from(character)), is_later(*it)));
    others
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

/// Whether a text begins with a day, whatever form of a time follows.
fn is_moment(text: &str) -> bool {
    let has_form = |(at, it): (usize, &u8)| match at {
        4 | 7 => *it == b'-',
        10 => b"Tt ".contains(it),
        _ => it.is_ascii_digit(),
    };
    text.len() >= 10
        && text.is_ascii()
        && text.bytes().take(11).enumerate().all(|it| has_form((it.0, &it.1)))
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

/// Lets a member and a sibling change their values; none where the sibling, which stands before it, does that.
fn swap(body: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = split(pointer)?;
    let members = body.pointer(parent)?.as_object()?;
    let (sibling, other) = sibling_to_swap_with(members, &name)?;
    let is_before = members.keys().take_while(|it| **it != *name).any(|it| it == sibling);
    if is_before && sibling_to_swap_with(members, sibling).is_some_and(|it| **it.0 == *name) {
        return None;
    }
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
    let operators = operators_for(value);
    let is_like = |it: &Value| operators_for(it) == operators;
    let mut siblings = members.iter().filter(|it| *it.0 != *name && is_of_type(it.1));
    let first = siblings.clone().next();
    siblings.find(|it| is_like(it.1)).or(first)
}

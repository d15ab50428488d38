//! The faults themselves.

use serde_json::{Value, json};

use crate::strength::Operator;

/// Every fault that makes sense in a body: the operator, the JSON pointer of the value, the faulty body.
pub fn faults(body: &Value) -> impl Iterator<Item = (Operator, String, Value)> {
    let each = |pointer: String| Operator::ALL.iter().map(move |it| (*it, pointer.clone()));
    pointers(body).into_iter().flat_map(each).filter_map(|(operator, pointer)| {
        let mut faulty = body.clone();
        plant(operator, &mut faulty, &pointer)?;
        (faulty != *body).then_some((operator, pointer, faulty))
    })
}

/// Pointers of every value, the whole body last.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut below = |segment: &str, child: &Value| {
        let mut prefix = String::new();
        crate::place::push_segment(&mut prefix, segment);
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

/// Plants a fault; none where it makes no sense at the value.
fn plant(operator: Operator, body: &mut Value, pointer: &str) -> Option<()> {
    let at_once = match operator {
        Operator::Removed => Some(remove(body, pointer)),
        Operator::Swapped => Some(swap(body, pointer)),
        _ => None,
    };
    if let Some(planted) = at_once {
        return planted;
    }
    let value = body.pointer_mut(pointer)?;
    let faulty = match (operator, &*value) {
        (Operator::AnotherType, Value::String(_)) => json!(7),
        (Operator::AnotherType, Value::Object(_)) => json!("text"),
        (Operator::AnotherType, _) => json!({ "planted": 1 }),
        (Operator::Null, it) if !it.is_null() => Value::Null,
        (Operator::ExtraMember, Value::Object(members)) => {
            let mut members = members.clone();
            members.insert("planted_member".into(), json!(1));
            Value::Object(members)
        }
        (Operator::Empty, Value::String(_)) => json!(""),
        (Operator::Empty, Value::Array(_)) => json!([]),
        (Operator::Empty, Value::Object(_)) => json!({}),
        (Operator::UnknownCode, Value::Number(_)) => json!(97),
        (Operator::BeyondInt32, Value::Number(_)) => json!(2_147_483_648_i64),
        (Operator::Fraction, Value::Number(_)) => json!(0.5),
        (Operator::BrokenDate, Value::String(text)) if is_moment(text) => {
            Value::String(format!("{}02-30{}", &text[..5], &text[10..]))
        }
        (Operator::OddDate, Value::String(text)) if is_moment(text) && text.ends_with('Z') => {
            Value::String(text.trim_end_matches('Z').to_owned())
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
    *value = faulty;
    Some(())
}

/// The text with one of the characters changed that give it its form, as the `@` of an e-mail; none where it has none.
fn one_changed(text: &str) -> Option<String> {
    let at = text.find(['@', ':', '-', '/', '.'])?;
    (!text.contains(' ') || is_moment(text)).then(|| format!("{}_{}", &text[..at], &text[at + 1..]))
}

fn is_moment(text: &str) -> bool {
    crate::form::form_of(text).is_some_and(|it| it.starts_with("date"))
}

fn remove(body: &mut Value, pointer: &str) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    body.pointer_mut(parent)?.as_object_mut()?.shift_remove(&name).map(|_| ())
}

/// Gives a member the value of the next sibling of its type.
fn swap(body: &mut Value, pointer: &str) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let members = body.pointer_mut(parent)?.as_object_mut()?;
    let value = members.get(&name)?.clone();
    let is_like =
        |it: &Value| std::mem::discriminant(it) == std::mem::discriminant(&value) && *it != value;
    let sibling =
        members.iter().find(|it| *it.0 != name && is_like(it.1)).map(|it| it.0.clone())?;
    let other = members.insert(sibling.clone(), value)?;
    members.insert(name, other);
    Some(())
}

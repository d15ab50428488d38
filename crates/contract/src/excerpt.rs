//! What of a body shows a quirk: the way to the value, and the value's form.

use serde_json::Value;

use crate::{
    place::{ANY, Place, printable_name},
    quirk::Quirk,
};

/// The first value at the place that shows the quirk, with the way to it; what stands beside it is left out. None where
/// no value does. `shows` is asked of a value and of what holds it; where the member is missing, of a null.
pub(crate) fn excerpt(
    quirk: &Quirk,
    shows: &dyn Fn(Option<&Value>, &Value) -> bool,
    body: &Value,
    place: &Place,
) -> Option<String> {
    let missing = quirk.wire.is_nothing();
    let codes = quirk.wire.schema().and_then(|it| it.get("enum")).and_then(Value::as_array);
    let segments: Vec<_> = place.segments().map(String::from).collect();
    let search = Search { shows, missing, codes: codes.map_or(&[], Vec::as_slice) };
    search.below(None, body, &segments, 0)
}

struct Search<'s> {
    shows: &'s dyn Fn(Option<&Value>, &Value) -> bool,
    /// Whether it is shown by a member that is missing.
    missing: bool,
    codes: &'s [Value],
}

impl Search<'_> {
    fn below(
        &self,
        owner: Option<&Value>,
        value: &Value,
        segments: &[String],
        depth: usize,
    ) -> Option<String> {
        let Some((segment, rest)) = segments.split_first() else {
            return (self.shows)(owner, value).then(|| self.form(value));
        };
        let indent = "  ".repeat(depth + 1);
        let rest_of =
            |count: usize| if count > 1 { format!(",\n{indent}…") } else { String::new() };
        let end = "  ".repeat(depth);
        match value {
            Value::Array(items) if segment == ANY => {
                let item =
                    items.iter().find_map(|it| self.below(Some(value), it, rest, depth + 1))?;
                Some(format!("[\n{indent}{item}{}\n{end}]", rest_of(items.len())))
            }
            Value::Object(members) if self.missing && rest.is_empty() => {
                let is_missing =
                    !members.contains_key(segment) && (self.shows)(Some(value), &Value::Null);
                is_missing.then(|| format!("{{\n{indent}…\n{end}}}"))
            }
            Value::Object(members) => {
                let (name, member) =
                    members.iter().filter(|it| segment == ANY || it.0 == segment).find_map(
                        |(name, it)| Some((name, self.below(Some(value), it, rest, depth + 1)?)),
                    )?;
                let name = if segment == ANY { printable_name(name) } else { name };
                let name = Value::from(name);
                Some(format!("{{\n{indent}{name}: {member}{}\n{end}}}", rest_of(members.len())))
            }
            _ => None,
        }
    }

    /// A value without what it says: digits are `0`, letters `x`. A code that the quirk lists is shown.
    fn form(&self, value: &Value) -> String {
        match value {
            _ if self.codes.contains(value) => value.to_string(),
            Value::Null | Value::Bool(_) => value.to_string(),
            Value::Number(number) if number.is_f64() => "0.0".into(),
            Value::Number(_) => "0".into(),
            Value::String(text) => {
                let masked = text.chars().take(40).map(|c| match c {
                    c if c.is_numeric() => '0',
                    c if c.is_alphanumeric() => 'x',
                    c => c,
                });
                Value::from(masked.collect::<String>()).to_string()
            }
            Value::Array(items) if items.is_empty() => "[]".into(),
            Value::Array(_) => "[ … ]".into(),
            Value::Object(members) if members.is_empty() => "{}".into(),
            Value::Object(_) => "{ … }".into(),
        }
    }
}

//! Drafts as files.

use jiff::{ToSpan, civil::Date};
use serde_json::Value;

use super::Cause;

/// How a draft's reason stands in its file.
const BLANK_REASON: &str = "reason      = \"\"";

/// A draft's file as it would be once somebody has read it and said a reason.
pub(super) fn with_a_reason(file: &str) -> String {
    file.replacen(BLANK_REASON, "reason      = \"to be said\"", 1)
}

impl Cause {
    /// The draft, known since `today`.
    pub(super) fn file(&self, today: Date) -> String {
        let review = today.saturating_add(6.months());
        let places = self.at.iter().map(|(operation, status, place)| {
            format!(
                "\n[[at]]\noperation = {}\nstatus    = {status}\nplace     = {}\n",
                quoted(operation.as_str()),
                quoted(place.as_str()),
            )
        });
        format!(
            "#:schema ../format/quirk.schema.json\n\
             summary     = {}\n\
             declared    = {}\n\
             {:<11} = {}\n\
             {BLANK_REASON}\n\
             known_since = {today}\n\
             review_by   = {review}\n\
             {}\n\
             [[evidence]]\n\
             kind = \"recording\"\n\
             note = {}\n",
            quoted(&self.outline.summary),
            toml(&self.outline.declared),
            self.outline.comes.0,
            toml(&self.outline.comes.1),
            places.collect::<String>(),
            quoted(&self.note()),
        )
    }

    fn note(&self) -> String {
        let plural = |count: u64, word: &str| {
            if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
        };
        let times = plural(self.count, "time");
        // An exchange may show several places.
        let among = match self.at.len() {
            1 => format!("in {}", plural(self.exchanges, "exchange")),
            several => format!("at {several} places"),
        };
        format!("seen {times} {among}, first in {}", self.first)
    }
}

/// A schema in TOML; as a JSON text where TOML cannot say it.
fn toml(value: &Value) -> String {
    fn sayable(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Array(items) => items.iter().all(sayable),
            Value::Object(members) => members.values().all(sayable),
            _ => true,
        }
    }
    fn inline(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
            }
            Value::Object(members) => {
                let members =
                    members.iter().map(|(name, it)| format!("{} = {}", key(name), inline(it)));
                format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
            }
            Value::String(text) => quoted(text),
            _ => value.to_string(),
        }
    }
    if sayable(value) { inline(value) } else { quoted(&value.to_string()) }
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A TOML basic string; JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

//! Drafts quirks from what exchanges showed: the declared side from the document, the other side from the values' types,
//! forms and small codes. The reason stays blank, so that no draft can be loaded unread; nothing else keeps one from loading.

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};
use jsonschema::canonical::Containment;
use serde_json::{Value, json};

use crate::{
    document::OperationId,
    ledger::Key,
    observed::{Seen, rust_type},
    place::{ANY, Place, printable_name},
    quirk,
    rule::Rule,
    run::Run,
    schema::{describe::describe, fragment},
    text::Text,
};

/// A quirk file to be read, completed and kept, or thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The quirk's name; the file's is the same with `.toml`.
    pub id: String,
    /// The file.
    pub text: String,
    /// What the model's field must become, where it is known.
    pub field: Option<String>,
}

/// What is drafted for one defect.
struct Outline {
    id: String,
    summary: String,
    declared: Value,
    /// `returned` or `also`, and its schema.
    comes: (&'static str, Value),
    field: Option<String>,
}

impl Run<'_> {
    /// A draft for each deviation that no quirk explains yet, in order of place. `today` is when they become known.
    pub fn drafts(&self, today: Date) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let taken: BTreeSet<&str> = self.contract.quirks.iter().map(|it| it.id.as_str()).collect();
        for (key, seen) in one_a_place(self.seen_defects()) {
            let Some(mut outline) = self.outline(key, &seen) else { continue };
            let is_taken = |id: &str| taken.contains(id) || drafts.iter().any(|it| it.id == id);
            let plain = outline.id.clone();
            for number in 2.. {
                if !is_taken(&outline.id) {
                    break;
                }
                outline.id = format!("{plain}-{number}");
            }
            if !self.would_load(&text(key, &seen, &outline, "to be said", today)) {
                continue;
            }
            let text = text(key, &seen, &outline, "", today);
            drafts.push(Draft { id: outline.id, text, field: outline.field });
        }
        drafts
    }

    /// Whether the document needs a quirk, once it has a reason. It does not where another alternative, or another media
    /// type, has what came, or where only the model is narrower.
    fn would_load(&self, text: &str) -> bool {
        let text = Text { name: String::new(), text: text.to_owned() };
        quirk::read(&text).is_ok_and(|quirk| {
            let (store, document) = (&self.contract.paper, self.contract.paper_document());
            quirk::check_against(store, document, &[(quirk, &text)]).is_ok_and(|it| it.is_empty())
        })
    }

    fn outline(&self, key: &Key, seen: &Seen) -> Option<Outline> {
        let place = key.place.clone().unwrap_or_default();
        let declared = self.declared(&key.operation, key.status?, &place);
        let name = place.split_last().map_or_else(|| "body".to_owned(), |it| it.1);
        let is_name = name != ANY && printable_name(&name) == name;
        let word = slug(if is_name { &name } else { "item" });
        let observed = &seen.observed;
        let field = |rust_type: String| {
            let (owner, field) = seen.field.as_deref()?.rsplit_once('.')?;
            Some(format!("in {owner}: pub {field}: {rust_type},"))
        };
        match key.rule {
            Rule::Null => Some(Outline {
                id: format!("{word}-is-nullable"),
                summary: "documented without null, may be null".into(),
                comes: ("also", json!({ "type": "null" })),
                field: field(format!("Option<{}>", rust_type(declared.as_ref()?))),
                declared: declared?,
            }),
            Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds => {
                let declared = declared?;
                let schema = observed.schema();
                let kind = observed.first_type();
                // Where declared values come too, both forms do; so they may where null is one, which is not counted here.
                let takes_null = fragment::covers(&declared, &json!({ "type": "null" }));
                let both = seen.count < seen.values || takes_null == Containment::Yes;
                let key = if both { "also" } else { "returned" };
                if fragment::covers(&declared, &schema) == Containment::Yes {
                    // Only the model is narrower: nothing to pin against the document.
                    return None;
                }
                let rust_type =
                    if both { "serde_json::Value".to_owned() } else { observed.rust_type() };
                Some(Outline {
                    id: format!("{word}-is-{}", with_article(kind)),
                    summary: format!(
                        "documented {}, returned {}",
                        describe(&declared),
                        describe(&schema)
                    ),
                    declared,
                    comes: (key, schema),
                    field: field(rust_type),
                })
            }
            Rule::Required | Rule::BodyMissing => {
                let declared = declared.unwrap_or(Value::Bool(true));
                Some(Outline {
                    id: format!("{word}-may-be-missing"),
                    summary: "documented as always there, may be missing".into(),
                    comes: ("also", Value::Bool(false)),
                    field: field(format!("Option<{}>", rust_type(&declared))),
                    declared,
                })
            }
            Rule::UndocumentedField if is_name => {
                let mut schema = observed.schema();
                if observed.has_null_beside_others() {
                    schema = json!({ "anyOf": [schema, { "type": "null" }] });
                }
                let rust_type = observed.rust_type();
                let is_optional = seen.count < seen.parents && !rust_type.starts_with("Option");
                let rust_type =
                    if is_optional { format!("Option<{rust_type}>") } else { rust_type };
                Some(Outline {
                    id: format!("{word}-is-undocumented"),
                    summary: format!(
                        "not documented, returned {}",
                        describe(&fragment::normal(&schema))
                    ),
                    declared: Value::Bool(false),
                    comes: ("returned", schema),
                    field: field(rust_type),
                })
            }
            Rule::UndocumentedStatus => Some(Outline {
                id: format!("status-{}-is-undocumented", key.status?),
                summary: "a status that is not documented".into(),
                declared: Value::Bool(false),
                comes: ("returned", Value::Bool(true)),
                field: None,
            }),
            _ => None,
        }
    }

    /// What the document says at a place, without any quirk.
    fn declared(&self, operation: &OperationId, status: u16, place: &Place) -> Option<Value> {
        let schema = self.contract.paper_schema(operation, status)?;
        let segments: Vec<String> = place.segments().map(Into::into).collect();
        fragment::below(&self.contract.paper, schema, &segments)
    }
}

/// In order of place. What is wrong with the values of one place by several rules is one defect: one quirk says what comes
/// there.
fn one_a_place<'k>(seen: impl Iterator<Item = (&'k Key, Seen)>) -> Vec<(&'k Key, Seen)> {
    let is_of_value =
        |it: &Key| matches!(it.rule, Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds);
    let same_place =
        |a: &Key, b: &Key| (&a.operation, a.status, &a.place) == (&b.operation, b.status, &b.place);
    let mut seen: Vec<(&Key, Seen)> = seen.collect();
    seen.sort_by_key(|it| it.0);
    let mut defects: Vec<(&Key, Seen)> = Vec::new();
    for (key, seen) in seen {
        match defects.last_mut() {
            Some((last, all))
                if *last == key
                    || (is_of_value(last) && is_of_value(key) && same_place(last, key)) =>
            {
                all.absorb(seen);
            }
            _ => defects.push((key, seen)),
        }
    }
    defects
}

fn text(key: &Key, seen: &Seen, outline: &Outline, reason: &str, today: Date) -> String {
    let review = today.saturating_add(6.months());
    let place = key.place.as_ref().map_or("", Place::as_str);
    let plural = |count: u64, word: &str| {
        if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
    };
    let often = format!("{} in {}", plural(seen.count, "time"), plural(seen.exchanges, "exchange"));
    let note = format!("seen {often}, first in {}", seen.first);
    format!(
        "#:schema ../format/quirk.schema.json\n\
         summary     = {}\n\
         declared    = {}\n\
         {:<11} = {}\n\
         reason      = \"{reason}\"\n\
         known_since = {today}\n\
         review_by   = {review}\n\n\
         [[at]]\n\
         operation = {}\n\
         status    = {}\n\
         place     = {}\n\n\
         [[evidence]]\n\
         kind = \"recording\"\n\
         note = {}\n",
        quoted(&outline.summary),
        toml(&outline.declared),
        outline.comes.0,
        toml(&outline.comes.1),
        quoted(key.operation.as_str()),
        key.status.unwrap_or_default(),
        quoted(place),
        quoted(&note),
    )
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

fn slug(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article}-{kind}")
}

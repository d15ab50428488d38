//! Writes the names of the quirks into a model, so that its readers see what is known.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    document::Document,
    quirk::{Quirk, read},
    schema::{Side, Store, edit},
    text::{Fault, Faults, Text},
};

/// The model with an `x-quirk` at each place that has quirks: one name, or a list of several.
///
/// # Errors
/// What is wrong with the quirk files by themselves, or with the model.
pub fn with_quirks(modelled: Value, quirks: &[Text]) -> Result<Value, Faults> {
    let mut faults = Vec::new();
    let read = quirks.iter().filter_map(|text| read(text).map_err(|it| faults.extend(it)).ok());
    let quirks: Vec<Quirk> = read.collect();
    let mut store = Store { modelled: modelled.into(), ..Store::default() };
    let document = Document::read(&store, Side::Modelled).map_err(|it| {
        let fault = |message| Fault { file: "the model".into(), line: None, message };
        Faults(it.into_iter().map(fault).collect())
    })?;
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    for quirk in &quirks {
        for at in &quirk.at {
            let root =
                document.operation(at.operation.as_str()).and_then(|it| it.json_schema(at.status));
            let segments: Vec<String> = at.place.segments().map(Into::into).collect();
            for schema in root.map_or(Vec::new(), |it| edit::find(&store, it, &segments)) {
                if let Some(Value::Object(keywords)) = edit::get_mut(&mut store, &schema) {
                    add(keywords.entry("x-quirk").or_insert(Value::Null), quirk.id.as_str());
                }
            }
        }
    }
    Ok(Arc::unwrap_or_clone(store.modelled))
}

fn add(names: &mut Value, name: &str) {
    match names {
        Value::Null => *names = json!(name),
        Value::String(one) if one != name => *names = json!([one.clone(), name]),
        Value::Array(several) if !several.contains(&json!(name)) => several.push(json!(name)),
        _ => {}
    }
}

//! `cargo xtask schema [--check]`: what is generated from the types, formats and quirks, written or compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use models::ModelledType;
use serde_json::{Map, Value, json};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Write nothing; say what would change, place by place, and exit 1 where anything would
    #[arg(long)]
    check: bool,
}

impl Schema {
    pub(crate) fn run(&self, schemas: &Path) -> anyhow::Result<u8> {
        let texts = harness::read_contract(schemas)?;
        let openapi = contract::with_quirks(models::openapi(), &texts.quirks)?;
        let mut generated = generated(schemas, &openapi);
        generated.extend(paperwire::corrected(schemas, &texts)?);
        let stale = stale(schemas, &generated)?;
        let differing: Vec<&PathBuf> = generated
            .iter()
            .filter(|it| fs::read(it.0).ok().as_deref() != Some(it.1.as_bytes()))
            .map(|it| it.0)
            .collect();
        if self.check {
            let old = texts.modelled.as_ref().and_then(|it| serde_json::from_str(&it.text).ok());
            return Ok(tell(&differing, &stale, old.as_ref(), &openapi));
        }
        for path in &differing {
            harness::write_whole(path, generated[*path].as_bytes())?;
            paperwire::outln!("wrote {}", path.display());
        }
        for path in &stale {
            fs::remove_file(path)
                .with_context(|| format!("{}: could not be removed", path.display()))?;
            paperwire::outln!("removed {}", path.display());
        }
        if differing.is_empty() && stale.is_empty() {
            paperwire::outln!("{} schemas are up to date", generated.len());
        }
        Ok(0)
    }
}

/// Every generated file with its content.
fn generated(schemas: &Path, openapi: &Value) -> BTreeMap<PathBuf, String> {
    let components =
        openapi["components"]["schemas"].as_object().expect("the model has components");
    let modelled = schemas.join("modelled");
    let mut files = BTreeMap::from([(modelled.join("openapi.json"), text(openapi))]);
    for ModelledType { name, .. } in models::types() {
        files.insert(modelled.join(format!("{name}.schema.json")), text(&alone(&name, components)));
    }
    let line = ("exchange.schema.json", harness::exchange_line_schema());
    for (name, schema) in contract::format_schemas().into_iter().chain([line]) {
        files.insert(schemas.join("format").join(name), text(&schema));
    }
    files
}

/// A component as a schema of its own, with the definitions that it needs.
fn alone(name: &str, components: &Map<String, Value>) -> Value {
    let mut needed = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if needed.insert(name.clone()) {
            references(&components[&name], &mut open);
        }
    }
    let definitions: Map<String, Value> = needed
        .into_iter()
        .map(|it| (it.clone(), with_local_references(&components[&it])))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:paperwire:modelled:{name}"),
        "$ref": format!("#/$defs/{name}"),
        "$defs": definitions,
    })
}

const COMPONENTS: &str = "#/components/schemas/";

fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|it| it.strip_prefix(COMPONENTS)).map(str::to_owned));
            members.values().for_each(|it| references(it, names));
        }
        Value::Array(items) => items.iter().for_each(|it| references(it, names)),
        _ => {}
    }
}

fn with_local_references(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value.as_str()) {
                ("$ref", Some(reference)) => {
                    (name.clone(), json!(reference.replacen(COMPONENTS, "#/$defs/", 1)))
                }
                _ => (name.clone(), with_local_references(value)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => items.iter().map(with_local_references).collect(),
        _ => schema.clone(),
    }
}

fn text(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("only maps with text keys");
    text.push('\n');
    text
}

/// Files in the generated folders that nothing generates any more.
fn stale(schemas: &Path, generated: &BTreeMap<PathBuf, String>) -> anyhow::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for folder in ["modelled", "corrected", "format"]
        .map(|it| schemas.join(it))
        .into_iter()
        .filter(|it| it.is_dir())
    {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "json") && !generated.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// Says what would change; 1 where anything would.
fn tell(differing: &[&PathBuf], stale: &[PathBuf], old: Option<&Value>, new: &Value) -> u8 {
    if differing.is_empty() && stale.is_empty() {
        paperwire::outln!("schemas are up to date");
        return 0;
    }
    for path in differing {
        let what = if path.exists() { "would change" } else { "would be written" };
        paperwire::outln!("{} {what}", path.display());
    }
    for path in stale {
        paperwire::outln!("{} would be removed", path.display());
    }
    match old.map(|it| contract::changes(it, new)) {
        Some(Ok(changes)) if changes.is_empty() => {
            paperwire::outln!("\nNo place changes: wording and layout only.")
        }
        Some(Ok(changes)) => {
            paperwire::outln!("\nFor a reader of responses:");
            changes.iter().for_each(|it| paperwire::outln!("  {it}"));
        }
        Some(Err(_)) | None => paperwire::outln!(
            "\nThe modelled document there cannot be read, so places are not compared."
        ),
    }
    paperwire::outln!("\nTo accept: cargo xtask schema");
    1
}

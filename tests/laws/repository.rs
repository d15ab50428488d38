//! Rules of this repository that no compiler knows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tests::root;

/// The files below a folder of the repository, in order.
pub(crate) fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn files(folder: &str, extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let has_extension = |it: &PathBuf| {
        it.extension().and_then(|it| it.to_str()).is_some_and(|it| extensions.contains(&it))
    };
    let found: Vec<_> = files_below(folder)
        .into_iter()
        .filter(has_extension)
        .map(|it| (it.clone(), fs::read_to_string(&it).unwrap()))
        .collect();
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn the_engine_knows_no_vendor() {
    for room in ["crates/contract", "crates/harness", "crates/cli"] {
        for (path, text) in files(room, &["rs", "toml", "md"]) {
            let text = text.to_lowercase();
            assert!(!text.contains("popsell"), "{} names a vendor", path.display());
            assert!(!text.contains("stand_in::"), "{} uses the stand-in", path.display());
        }
        let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let crates = ["models", "stand-in"].map(|it| manifest.contains(it));
        assert_eq!(crates, [false, false], "{room} depends on a vendor's crates");
    }
}

#[test]
fn every_quirk_names_its_schema_in_its_first_line() {
    for (path, text) in files("schemas/quirks", &["toml"]) {
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, "#:schema ../format/quirk.schema.json", "{}", path.display());
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-'),
            "{id}"
        );
    }
}

#[test]
fn every_exported_schema_is_one_and_stands_alone() {
    for (path, text) in
        files("schemas/modelled", &["json"]).iter().chain(&files("schemas/format", &["json"]))
    {
        let name = path.display();
        let schema: Value = serde_json::from_str(text).unwrap();
        assert!(text.ends_with("}\n"), "{name} does not end in a newline");
        if path.ends_with("openapi.json") {
            continue;
        }
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(
            schema["$id"].as_str().is_some_and(|it| it.starts_with("urn:paperwire:")),
            "{name}"
        );
        // An unknown format or an open reference fails here.
        let built = jsonschema::draft202012::options()
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .build(&schema);
        assert!(built.is_ok(), "{name}: {}", built.unwrap_err());
    }
}

#[test]
fn every_exchange_says_where_it_comes_from() {
    for (folder, provenance) in [("tests/recordings", None), ("tests/cases", Some("case"))] {
        for (path, text) in files(folder, &["har"]) {
            let har: Value = serde_json::from_str(&text).unwrap();
            let said = har["log"]["_paperwire"]["provenance"].as_str();
            assert!(said.is_some(), "{} does not say where it comes from", path.display());
            assert!(provenance.is_none() || said == provenance, "{}", path.display());
        }
    }
}

#[test]
fn the_report_is_what_its_schema_says() {
    let schema = fs::read_to_string(root().join("schemas/format/report.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    for path in tests::har_files("tests/cases") {
        let report = tests::report_by(&tests::CONTRACT, Path::new(&path));
        let report: Value = serde_json::from_str(&report.to_json()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

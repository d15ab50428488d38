//! Finds the Rust field that a finding about the model is to be settled in, by reading the types' sources.

use std::{num::NonZero, path::Path};

use contract::{Location, PromisedBy, Report};

/// Says of each finding that the model alone makes where its field stands; the exported model stays where there is none.
pub(crate) fn locate(types: &Path, report: &mut Report) {
    let is_models = |it: &&mut contract::Finding| it.promised_by == PromisedBy::Model;
    let mut findings = report.findings.iter_mut().filter(is_models).peekable();
    if findings.peek().is_none() {
        return;
    }
    let mut sources: Vec<(String, String)> = Vec::new();
    // Without the sources, the exported model is what can be pointed at.
    let _ = harness::each_text(types, &mut |path: &Path, text: &str| {
        sources.push((path.display().to_string(), text.to_owned()));
    });
    for finding in findings {
        let Some((owner, member)) = finding.field.as_deref().and_then(|it| it.split_once('.'))
        else {
            continue;
        };
        let found = sources.iter().find_map(|(file, text)| {
            let (line, column) = field(text, owner, member)?;
            let (line, column) = (NonZero::new(line)?, NonZero::new(column)?);
            Some(Location { file: file.clone(), line, column })
        });
        if found.is_some() {
            finding.promised_at = found;
        }
    }
}

/// Where a struct has a field, or the struct itself where the field has another name in Rust.
fn field(text: &str, owner: &str, member: &str) -> Option<(usize, usize)> {
    let starts_with = |line: &str, word: &str, name: &str| {
        let rest = line.trim_start().trim_start_matches("pub ").strip_prefix(word);
        let rest = rest.and_then(|it| it.strip_prefix(name));
        rest.is_some_and(|it| !it.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let mut lines = text.lines().enumerate().skip_while(|it| !starts_with(it.1, "struct ", owner));
    let (number, declaration) = lines.next()?;
    let at = |number: usize, line: &str| (number + 1, line.len() - line.trim_start().len() + 1);
    let mut body = lines.take_while(|it| it.1.trim_end() != "}");
    let named = body.find(|it| starts_with(it.1, "", member) && it.1.contains(':'));
    Some(named.map_or_else(|| at(number, declaration), |it| at(it.0, it.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_its_own_struct() {
        let text = "struct AB {\n    b: u8,\n}\n\npub struct A {\n    /// b: no\n    pub bc: u8,\n    pub b: u8,\n}\n";
        assert_eq!(field(text, "A", "b"), Some((8, 5)));
        assert_eq!(field(text, "A", "renamed"), Some((5, 1)));
        assert_eq!(field(text, "C", "b"), None);
    }
}

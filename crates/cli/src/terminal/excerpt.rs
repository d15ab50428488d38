//! What is shown of the recording, masked, and of the text of the contract that a finding contradicts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use contract::{Finding, Location, PromisedBy, Rule, Severity};

use crate::{
    report::words::often,
    terminal::{ERROR, NOTE, WARNING, snippet::Excerpt},
};

/// Lines of the files that findings name, as far as they can be read here.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The line in which a byte of a recording stands.
    lines: BTreeMap<(String, usize), usize>,
    /// The text of a line of the contract.
    texts: BTreeMap<(String, usize), String>,
}

impl Files {
    /// Looks up what the findings name.
    pub(super) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut bytes: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut wanted: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for finding in findings {
            if let Some((first, byte)) = finding.first.as_ref().and_then(|it| Some((it, it.byte?)))
            {
                bytes.entry(&first.source).or_default().insert(byte);
            }
            if let Some(at) = &finding.promised_at {
                wanted.entry(&at.file).or_default().insert(at.line.get());
            }
        }
        let mut files = Self::default();
        for (source, bytes) in bytes {
            let lines = harness::lines_of(Path::new(source), &bytes);
            files
                .lines
                .extend(lines.into_iter().map(|(byte, line)| ((source.to_owned(), byte), line)));
        }
        for (file, wanted) in wanted {
            let text =
                harness::read_text(Path::new(file)).map_or_else(|_| String::new(), |it| it.text);
            let lines = text.lines().enumerate().filter(|it| wanted.contains(&(it.0 + 1)));
            files
                .texts
                .extend(lines.map(|(index, line)| ((file.to_owned(), index + 1), line.to_owned())));
        }
        files
    }
}

/// The excerpts of a finding: what came, then what it contradicts.
pub(super) fn excerpts(finding: &Finding, files: &Files, unfolded: bool) -> Vec<Excerpt> {
    let style = match finding.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    };
    let came = came(finding, files, unfolded).map(|it| Excerpt { style, ..it });
    let promised = finding.promised_at.as_ref().map(|at| promised(finding, at, files));
    came.into_iter().chain(promised).collect()
}

/// The member of the recording, its value masked, and those that it stands in.
fn came(finding: &Finding, files: &Files, unfolded: bool) -> Option<Excerpt> {
    let first = finding.first.as_ref()?;
    let line = first.byte.and_then(|it| files.lines.get(&(first.source.clone(), it))).copied();
    let number = line.map_or_else(String::new, |it| format!(":{it}"));
    let byte = first.byte.map_or_else(String::new, |it| format!(", byte {it}"));
    let pointer =
        if first.pointer.is_empty() { String::new() } else { format!(", {}", first.pointer) };
    let origin = format!("{}{number}, entry {}{byte}{pointer}", first.source, first.entry);
    let words: Vec<&str> = finding.came.iter().map(String::as_str).collect();
    let often = often(finding).unwrap_or_default();
    let name = first.pointer.rsplit('/').next().unwrap_or_default();
    let (value, what) = match (finding.rule, words.as_slice()) {
        (Rule::Required, _) => ("{ … }", format!("`{name}` is missing")),
        (Rule::DuplicateMember, _) => ("…", "not the only one of its name".to_owned()),
        (_, []) if first.pointer.is_empty() => ("", String::new()),
        (_, []) => ("…", "here".to_owned()),
        (_, [one]) => (masked(one), format!("{one} came")),
        (_, several) => ("…", format!("{} came", several.join(", "))),
    };
    let mut segments: Vec<&str> = first.pointer.split('/').skip(1).collect();
    if finding.rule == Rule::Required {
        segments.pop();
    }
    let (lines, start) = match value {
        "" => (Vec::new(), 0),
        _ if unfolded => on_lines(&segments, value),
        _ => on_a_line(&segments, value),
    };
    let arrow = (start, value.chars().count());
    let label = format!("{what}, {often}");
    Some(Excerpt { origin, line, lines, arrow, label, style: ERROR })
}

/// What stands for a value of a type.
fn masked(came: &str) -> &'static str {
    match came.split(' ').next().unwrap_or_default() {
        "null" => "null",
        "string" => "\"…\"",
        "array" => "[…]",
        "object" => "{…}",
        _ => "…",
    }
}

fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|it| it.is_ascii_digit())
}

/// `{ "a": [ … { "b": null …`, and where the value starts.
fn on_a_line(segments: &[&str], value: &str) -> (Vec<String>, usize) {
    let mut line = String::new();
    for segment in segments {
        line += &match *segment {
            "0" => "[ ".to_owned(),
            it if is_index(it) => "[ … ".to_owned(),
            "*" => "{ *: ".to_owned(),
            it => format!("{{ \"{}\": ", unescaped(it)),
        };
    }
    let start = line.chars().count();
    let more = if segments.is_empty() || value.starts_with('…') { "" } else { " …" };
    (vec![format!("{line}{value}{more}")], start)
}

/// A line for each object and array that the value stands in.
fn on_lines(segments: &[&str], value: &str) -> (Vec<String>, usize) {
    let mut lines = Vec::new();
    let mut before = String::new();
    for (depth, segment) in segments.iter().enumerate() {
        let opens = if is_index(segment) { "[" } else { "{" };
        lines.push(format!("{before}{opens}"));
        let indent = "  ".repeat(depth + 1);
        before = match *segment {
            it if is_index(it) => format!("{indent}{it}: "),
            "*" => format!("{indent}*: "),
            it => format!("{indent}\"{}\": ", unescaped(it)),
        };
    }
    let start = before.chars().count();
    lines.push(format!("{before}{value}"));
    (lines, start)
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// The line of the contract that says what was promised.
fn promised(finding: &Finding, at: &Location, files: &Files) -> Excerpt {
    let Location { file, .. } = at;
    let (line, column) = (at.line.get(), at.column.get());
    let text = files.texts.get(&(file.clone(), line));
    let end = text.map_or(0, |it| it.trim_end().trim_end_matches(',').chars().count());
    let blank = text.map_or(0, |it| it.chars().take_while(|it| it.is_whitespace()).count());
    // An object that opens here says its name on this line, and no more.
    let start = if end <= column { blank } else { column - 1 };
    let end = text.and_then(|it| value_end(it, start)).unwrap_or(end);
    let by = match finding.promised_by {
        PromisedBy::Documented => "documented",
        PromisedBy::Described => "described",
        PromisedBy::Quirk => "pinned",
        PromisedBy::Model => "modelled",
    };
    Excerpt {
        origin: format!("{file}:{line}:{column}"),
        line: Some(line),
        lines: text.into_iter().cloned().collect(),
        arrow: (start, end.saturating_sub(start)),
        label: format!("{by}: {}", finding.promised),
        style: NOTE,
    }
}

/// Where the object, array or text that starts there ends, if it ends on this line: a document may be one line.
fn value_end(line: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    let mut escaped = false;
    for (index, c) in line.chars().enumerate().skip(start) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(it), c) if it == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, _) if depth == 0 => return None,
            (None, _) => {}
        }
        if depth == 0 && quote.is_none() {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_ends_where_the_value_does() {
        for (line, start, end) in [
            (r#"{"a": {"b": "}\"]"}, "c": 1}"#, 6, Some(19)),
            ("returned = { pattern = '^[{]$' }  # why", 11, Some(32)),
            (r#""a": "text", "b""#, 5, Some(11)),
            ("\"a\": {", 5, None),
            ("pub a: String,", 0, None),
            ("{", 5, None),
        ] {
            assert_eq!(value_end(line, start), end, "{line}");
        }
    }

    #[test]
    fn the_member_stands_among_its_parents() {
        let (lines, start) = on_a_line(&["a", "2", "b~1c"], "null");
        assert_eq!(lines, [r#"{ "a": [ … { "b/c": null …"#]);
        assert_eq!(lines[0].chars().skip(start).take(4).collect::<String>(), "null");
        let (lines, start) = on_lines(&["a", "2", "*"], "{…}");
        assert_eq!(lines, ["{", "  \"a\": [", "    2: {", "      *: {…}"]);
        assert_eq!(lines[3].chars().skip(start).collect::<String>(), "{…}");
        assert_eq!(on_a_line(&[], "[…]"), (vec!["[…]".to_owned()], 0));
    }
}

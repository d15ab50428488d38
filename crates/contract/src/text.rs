//! The texts that a contract is read from, and what is wrong with them.

use std::fmt;

/// A text on one line, without what moves a terminal's cursor or starts a command of a runner.
pub fn printable(text: impl fmt::Display) -> String {
    text.to_string().replace(char::is_control, " ")
}

/// A file's text under the name that people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As it stands in messages: `schemas/quirks/source-is-an-integer.toml`.
    pub name: String,
    /// The content.
    pub text: String,
}

/// Something wrong with a text of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The text's name.
    pub file: String,
    /// Counted from one, where it is known.
    pub line: Option<usize>,
    /// What was promised, what was found, what settles it.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (printable(&self.file), printable(&self.message));
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {message}"),
            None => write!(f, "{file}: {message}"),
        }
    }
}

/// Everything that is wrong with a contract, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl Text {
    pub(crate) fn fault(&self, line: Option<usize>, message: impl Into<String>) -> Fault {
        Fault { file: self.name.clone(), line, message: message.into() }
    }

    /// The line, counted from one, that starts with a TOML key or header.
    pub(crate) fn line_of_key(&self, key: &str) -> Option<usize> {
        let starts = |line: &str| {
            let rest = line.trim_start().strip_prefix(key);
            rest.is_some_and(|it| !it.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        };
        self.text.lines().position(starts).map(|it| it + 1)
    }

    /// The line, counted from one, of a TOML header by its number among those alike.
    pub(crate) fn line_of_header(&self, header: &str, index: usize) -> Option<usize> {
        let lines =
            self.text.lines().enumerate().filter(|it| it.1.trim_start().starts_with(header));
        lines.map(|it| it.0 + 1).nth(index)
    }

    /// The line, counted from one, of a byte.
    pub(crate) fn line_of(&self, byte: usize) -> usize {
        let before = &self.text.as_bytes()[..byte.min(self.text.len())];
        before.iter().filter(|it| **it == b'\n').count() + 1
    }
}

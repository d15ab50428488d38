//! Commands as people type them again.

use std::fmt;

/// A word as a shell reads it: in quotes where it holds what means something else there.
pub(crate) fn quoted(word: impl fmt::Display) -> String {
    let word = word.to_string();
    let is_plain = |it: char| it.is_alphanumeric() || "-_./:=,@%+".contains(it);
    match word.chars().all(is_plain) && !word.is_empty() {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_another() {
        for (word, expected) in [
            ("logs/day-1.har", "logs/day-1.har"),
            ("https://v.test:8080/v1", "https://v.test:8080/v1"),
            ("my traffic.har", "'my traffic.har'"),
            ("GET /a/{id}", "'GET /a/{id}'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}

//! Commands as people type them again.

use std::fmt;

/// A word on one line as a shell reads it: in quotes where it holds what means something else there. A file's name that begins
/// as an option does is led by `./`.
pub(crate) fn quoted(word: impl fmt::Display) -> String {
    let mut word = word.to_string();
    if word.starts_with('-') && word != "-" {
        word.insert_str(0, "./");
    }
    let is_plain = |it: char| it.is_alphanumeric() || "-_./:=,@%+".contains(it);
    match () {
        () if word.is_empty() => "''".to_owned(),
        () if word.chars().all(is_plain) => word,
        () if word.contains(char::is_control) => {
            format!("$'{}'", word.chars().map(escaped).collect::<String>())
        }
        () => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A character between `$'` and `'`.
fn escaped(character: char) -> String {
    match character {
        '\'' | '\\' => format!("\\{character}"),
        it if it.is_control() => {
            let mut bytes = [0; 4];
            it.encode_utf8(&mut bytes).bytes().map(|it| format!("\\{it:03o}")).collect()
        }
        it => it.to_string(),
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
            ("-", "-"),
            ("-t.har", "./-t.har"),
            ("a\n::error::it's\\.har", r"$'a\012::error::it\'s\\.har'"),
            ("\u{1b}[31m", r"$'\033[31m'"),
            ("\u{9b}1A", r"$'\302\2331A'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}

//! Draws lines of sources with an arrow under a place, as compilers do.
//!
//! `annotate-snippets` draws sources as they are; a line of a recording is shown masked and cut, under its own number.

use std::fmt::Write;

use anstyle::Style;

use crate::{
    report::words::printable,
    terminal::{FAINT, FRAME, paint},
};

/// A place in a source.
pub(super) struct Excerpt {
    /// Where: `schemas/quirks/x.toml:4`.
    pub(super) origin: String,
    /// The number of the first line, where it is known.
    pub(super) line: Option<usize>,
    /// The lines; the arrow is under the last. None where there is nothing to show.
    pub(super) lines: Vec<String>,
    /// Where the arrow starts and how long it is, in characters.
    pub(super) arrow: (usize, usize),
    /// What the arrow says.
    pub(super) label: String,
    /// How the arrow is drawn: the first excerpt's is the defect.
    pub(super) style: Style,
}

/// Draws excerpts one below the other, then rows of words, each line indented and at most `width` wide.
pub(super) fn draw(excerpts: &[Excerpt], rows: &[(&str, String)], width: usize) -> String {
    let digits =
        excerpts.iter().filter_map(|it| it.line).max().map_or(1, |it| it.to_string().len());
    let indent = INDENT + digits;
    let bar = paint(FRAME, "|");
    let mut out = String::new();
    for (index, excerpt) in excerpts.iter().enumerate() {
        let mark = paint(FRAME, if index == 0 { "-->" } else { ":::" });
        let _ = writeln!(out, "{:indent$}{mark} {}", "", printable(&excerpt.origin));
        let Some((last, parents)) = excerpt.lines.split_last() else { continue };
        let room = width.saturating_sub(indent + 3).max(20);
        let (last, start, length) = fit(last, excerpt.arrow, room);
        let _ = writeln!(out, "{:indent$} {bar}", "");
        let number = excerpt.line.map_or_else(String::new, |it| it.to_string());
        for (index, line) in parents.iter().chain([&last]).enumerate() {
            let number = if index == 0 { number.as_str() } else { "" };
            let number = paint(FRAME, format!("{number:>indent$}"));
            let line: String = printable(line).chars().take(room).collect();
            let _ = writeln!(out, "{number} {bar} {line}");
        }
        let arrow = if index == 0 { "^" } else { "-" }.repeat(length);
        let label = printable(&excerpt.label);
        // Beside the arrow where there is room, else below it.
        if start + length + 1 + label.chars().count() <= room {
            let arrow = paint(excerpt.style, format!("{arrow} {label}"));
            let _ = writeln!(out, "{:indent$} {bar} {:start$}{arrow}", "", "");
        } else {
            let _ =
                writeln!(out, "{:indent$} {bar} {:start$}{}", "", "", paint(excerpt.style, arrow));
            for line in wrapped(&label, room) {
                let _ = writeln!(out, "{:indent$} {bar} {}", "", paint(excerpt.style, line));
            }
        }
        let _ = writeln!(out, "{:indent$} {bar}", "");
    }
    for (name, text) in rows {
        let taken = indent + 5 + name.len();
        for (index, line) in wrapped(text, width.saturating_sub(taken).max(20)).iter().enumerate() {
            let _ = match index {
                0 => writeln!(
                    out,
                    "{:indent$} {} {}: {line}",
                    "",
                    paint(FRAME, "="),
                    paint(FAINT, name)
                ),
                _ => writeln!(out, "{:taken$}{line}", ""),
            };
        }
    }
    out
}

/// How far findings stand from the left.
const INDENT: usize = 4;

/// The lines of a text that is at most so many characters wide; a word that is longer has its own line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("starts with one");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The part of a line that shows the arrow's place, and the arrow in it.
fn fit(line: &str, (start, length): (usize, usize), room: usize) -> (String, usize, usize) {
    let all: Vec<char> = line.chars().collect();
    if all.len() <= room {
        return (line.to_owned(), start, length.clamp(1, room));
    }
    let from = if start + length < room { 0 } else { start.saturating_sub(room / 3) };
    let mut shown: Vec<char> = all[from..].iter().copied().take(room).collect();
    if from > 0 {
        shown[0] = '…';
    }
    if from + room < all.len() {
        shown[room - 1] = '…';
    }
    let start = start - from;
    (shown.into_iter().collect(), start, length.clamp(1, room - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("longer_than_it a", 5), ["longer_than_it", "a"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn a_long_line_shows_the_arrows_place() {
        let line = format!("{}HERE{}", "a".repeat(100), "b".repeat(100));
        let (shown, start, length) = fit(&line, (100, 4), 30);
        assert_eq!(shown.chars().count(), 30);
        assert_eq!(shown.chars().skip(start).take(length).collect::<String>(), "HERE");
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(fit("short", (0, 5), 30), ("short".into(), 0, 5));
    }

    #[test]
    fn nothing_is_wider_than_the_terminal_but_paths() {
        let excerpt = Excerpt {
            origin: "a.har:1".into(),
            line: Some(1),
            lines: vec!["x".repeat(200)],
            arrow: (150, 60),
            label: "a label that does not fit beside its arrow".into(),
            style: Style::new(),
        };
        let drawn = draw(&[excerpt], &[("settle", "a word ".repeat(20))], 50);
        let plain = anstream::adapter::strip_str(&drawn).to_string();
        assert!(plain.lines().all(|it| it.chars().count() <= 50), "{plain}");
    }
}

//! Masks texts character by character: letters by letters of their case, digits by digits, marks kept. It tells more of a
//! text than a name would, so it is for places whose schema asks for that.

use std::collections::{BTreeSet, HashSet};

use crate::mask::masker::Masker;

/// How many characters in a row make a word.
const WORD: usize = 4;

/// How often a mask that holds a word of its text by chance is made anew; of a long text any mask does.
const ROUNDS: u8 = 8;

/// Which characters stand for those of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Hexadecimal digits for all: the mask says no more than how long the text is.
    Length,
    /// Hexadecimal digits for letters and digits.
    Hex,
    /// Characters of the same class.
    Class,
}

impl Alphabet {
    /// What may stand for a character; none where that says nothing.
    fn of(self, character: char, is_upper: bool) -> Option<&'static str> {
        let hex = if is_upper { "0123456789ABCDEF" } else { "0123456789abcdef" };
        match (self, character) {
            (Self::Length, _) => Some(hex),
            (_, it) if it.is_ascii() && !it.is_ascii_alphanumeric() => None,
            (Self::Hex, _) => Some(hex),
            (Self::Class, '0'..='9') => Some("0123456789"),
            (Self::Class, 'a'..='z') => Some("abcdefghijklmnopqrstuvwxyz"),
            (Self::Class, 'A'..='Z') => Some("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            (Self::Class, it) if it.is_lowercase() => Some("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ"),
            (Self::Class, it) if it.is_uppercase() => Some("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ"),
            (Self::Class, it) if it.is_alphanumeric() => Some("一丁七万三上下不世中丸主久乗九"),
            (Self::Class, _) => Some("←↑→↓↔↕↖↗↘↙"),
        }
    }
}

impl Masker<'_> {
    /// A text of as many characters; words in `kept` stay.
    pub(super) fn letters(
        &self,
        alphabet: Alphabet,
        text: &str,
        kept: &BTreeSet<String>,
    ) -> String {
        let mut masked: Vec<char> = text.chars().collect();
        let is_upper = masked.iter().any(char::is_ascii_uppercase);
        let mut places = Vec::new();
        let mut secret = HashSet::new();
        let mut at = 0;
        for run in runs(&masked) {
            if !kept.contains(&String::from_iter(run)) {
                let characters = run.iter().map(|it| alphabet.of(*it, is_upper)).zip(at..);
                places.extend(characters.filter_map(|it| Some((it.1, it.0?))));
                if run[0].is_alphanumeric() {
                    secret.extend(run.windows(WORD).map(<[char]>::to_vec));
                }
            }
            at += run.len();
        }
        for round in 0..ROUNDS {
            if !self.permute(&mut masked, &places) {
                self.replace(&mut masked, &places, text, round);
            }
            if !masked.windows(WORD).any(|it| secret.contains(it)) {
                break;
            }
        }
        masked.into_iter().collect()
    }

    /// Puts other characters in their places, so that no two short texts get the same; false where it cannot.
    fn permute(&self, masked: &mut [char], places: &[(usize, &str)]) -> bool {
        const MOST: u128 = 1 << 120;
        let (mut number, mut size) = (0, 1);
        for (at, characters) in places {
            let count = characters.chars().count() as u128;
            let Some(index) = characters.chars().position(|it| it == masked[*at]) else {
                return false;
            };
            size *= count;
            if size > MOST {
                return false;
            }
            number = number * count + index as u128;
        }
        // Texts that differ elsewhere are permuted in their own ways.
        let mut domain: Vec<char> = masked.to_vec();
        for (at, characters) in places {
            domain[*at] = characters.chars().next().unwrap_or_default();
        }
        let domain = String::from_iter(domain);
        let mut number = self.permutation("letters", domain.as_bytes(), size, number);
        for (at, characters) in places.iter().rev() {
            let count = characters.chars().count() as u128;
            masked[*at] = characters.chars().nth((number % count) as usize).unwrap_or_default();
            number /= count;
        }
        true
    }

    /// Puts other characters in their places, by a digest of the text.
    fn replace(&self, masked: &mut [char], places: &[(usize, &str)], text: &str, round: u8) {
        let seed = self.key.digest("text by character", text.as_bytes());
        for (block, places) in places.chunks(32).enumerate() {
            let input = [&seed[..], &block.to_le_bytes(), &[round]].concat();
            let digest = self.key.digest("block of characters", &input);
            for ((at, characters), byte) in places.iter().zip(digest) {
                let index = usize::from(byte) % characters.chars().count();
                masked[*at] = characters.chars().nth(index).unwrap_or_default();
            }
        }
    }
}

/// The words of a pattern: what a vendor writes in a contract is nobody's data.
pub(super) fn words(pattern: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = pattern.chars().collect();
    let words: Vec<String> = runs(&characters)
        .filter(|it| it.len() > 1 && it[0].is_alphanumeric())
        .map(String::from_iter)
        .collect();
    words.into_iter()
}

/// Runs of letters and digits, and what stands between them.
fn runs(text: &[char]) -> impl Iterator<Item = &[char]> {
    text.chunk_by(|a, b| a.is_alphanumeric() == b.is_alphanumeric())
}

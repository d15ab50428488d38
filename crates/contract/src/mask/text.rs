//! Masks a text so that the schemas of its place say the same of it as before.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    form::form_of,
    mask::{
        letters::{Alphabet, words},
        masker::Masker,
    },
    schema::{
        tree::{NodeId, Tree},
        validators::Compiled,
    },
};

/// So many hexadecimal digits tell texts apart.
const LONG_ENOUGH: usize = 8;

/// What schemas say of a text.
struct Rules<'t> {
    compiled: Vec<Compiled>,
    formats: Vec<&'t str>,
    /// The words of the patterns.
    words: BTreeSet<String>,
}

impl<'t> Rules<'t> {
    fn of(tree: &'t Tree, live: &[NodeId]) -> Self {
        const KEYWORDS: [&str; 4] = ["format", "pattern", "minLength", "maxLength"];
        let validators = tree.validators();
        let mut rules = Self { compiled: Vec::new(), formats: Vec::new(), words: BTreeSet::new() };
        for address in live.iter().filter_map(|it| tree.node(*it).address.as_ref()) {
            let keywords = validators.store().get(address).and_then(Value::as_object);
            let is_about_texts =
                |it: &&Map<String, Value>| KEYWORDS.iter().any(|keyword| it.contains_key(*keyword));
            let Some(keywords) = keywords.filter(is_about_texts) else { continue };
            let word = |keyword: &str| keywords.get(keyword).and_then(Value::as_str);
            rules.compiled.extend(validators.get(address).ok());
            rules.formats.extend(word("format"));
            rules.words.extend(word("pattern").into_iter().flat_map(words));
        }
        rules
    }

    /// What they refuse in a text, by the places of their keywords.
    fn refused(&self, text: &str) -> Vec<BTreeSet<String>> {
        let text = Value::from(text);
        let refused = |it: &Compiled| {
            let validator = it.of(&text).ok()?;
            Some(validator.iter_errors(&text).map(|it| it.schema_path().to_string()).collect())
        };
        self.compiled.iter().map(|it| refused(it).unwrap_or_default()).collect()
    }
}

impl Masker<'_> {
    /// The first mask of which the schemas say what they say of the text, from those that tell least of it; `plain` where
    /// there is none.
    pub(super) fn text(&self, tree: &Tree, live: &[NodeId], text: &str, plain: String) -> String {
        let rules = Rules::of(tree, live);
        if rules.compiled.is_empty() {
            return plain;
        }
        let refused = rules.refused(text);
        if rules.refused(&plain) == refused {
            return plain;
        }
        let of_format = rules.formats.iter().filter_map(|it| self.of_format(it, text));
        let address = text.contains('@').then(|| self.address(text));
        let none = BTreeSet::new();
        let by_character = [
            (Alphabet::Length, &none),
            (Alphabet::Class, &none),
            (Alphabet::Hex, &none),
            (Alphabet::Class, &rules.words),
        ];
        let fits = |alphabet: Alphabet| match alphabet {
            Alphabet::Length => text.chars().count() >= LONG_ENOUGH,
            Alphabet::Hex => {
                text.chars().filter(|it| it.is_alphanumeric()).all(|it| it.is_ascii_hexdigit())
            }
            Alphabet::Class => true,
        };
        let by_character = by_character
            .into_iter()
            // What looks like somebody's address is none that may be written down.
            .filter(|it| address.is_none() && fits(it.0))
            .map(|(alphabet, kept)| self.letters(alphabet, text, kept));
        of_format
            .chain(address.clone())
            .chain(by_character)
            .find(|it| it != text && form_of(it) == form_of(text) && rules.refused(it) == refused)
            .unwrap_or(plain)
    }
}

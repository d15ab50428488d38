//! Regular expressions that are plainly ones.

/// What a pattern may come to, counted in characters it can be in: less than any engine takes.
const MOST: usize = 2_000;

/// Groups in groups.
const MOST_DEPTH: usize = 20;

/// Whether a pattern (ECMA-262) is one that every engine reads: letters, digits and marks, classes of them, groups,
/// alternatives and small repetitions. What is not plainly one may be one all the same.
pub(crate) fn is_plainly_one(pattern: &str) -> bool {
    let mut reader = Reader { rest: pattern.as_bytes() };
    reader.alternatives(0).is_some_and(|size| reader.rest.is_empty() && size <= MOST)
}

struct Reader<'p> {
    rest: &'p [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The size of what stands up to the end or a closing parenthesis.
    fn alternatives(&mut self, depth: usize) -> Option<usize> {
        if depth > MOST_DEPTH {
            return None;
        }
        let mut size = 0_usize;
        loop {
            match self.rest.first() {
                None | Some(b')') => return Some(size),
                Some(b'|' | b'^' | b'$') => {
                    self.next();
                    if matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{')) {
                        return None;
                    }
                }
                Some(_) => {
                    let atom = self.atom(depth)?;
                    size = size.checked_add(atom.checked_mul(self.times()?)?)?;
                }
            }
        }
    }

    fn atom(&mut self, depth: usize) -> Option<usize> {
        match self.next()? {
            b'(' => {
                let _ = self.take(b"?:");
                if self.rest.first() == Some(&b'?') {
                    return None;
                }
                // Nothing, or a mark of a place alone, may not be repeated by every engine.
                let size = self.alternatives(depth + 1).filter(|it| *it > 0)?;
                (self.next()? == b')').then_some(size + 1)
            }
            b'[' => self.class(),
            b'\\' => is_escape(self.next()?).then_some(10),
            b'.' => Some(10),
            it => is_plain(it).then_some(1),
        }
    }

    /// Of single characters and ranges of letters or digits.
    fn class(&mut self) -> Option<usize> {
        let _ = self.take(b"^");
        let mut is_empty = true;
        loop {
            match self.next()? {
                b']' if is_empty => return None,
                b']' => return Some(10),
                b'\\' if is_escape(self.next()?) => {}
                from if from.is_ascii_alphanumeric() && self.take(b"-") => {
                    let to = self.next()?;
                    let alike =
                        [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase]
                            .iter()
                            .any(|kind| kind(&from) && kind(&to));
                    if !alike || from > to {
                        return None;
                    }
                }
                it if is_plain(it) && !matches!(it, b'-' | b'&' | b'~') => {}
                b'.' | b'+' | b'*' | b'?' | b'$' | b'(' | b')' => {}
                _ => return None,
            }
            is_empty = false;
        }
    }

    /// How often the atom before may come at most, or one more than at least.
    fn times(&mut self) -> Option<usize> {
        let times = match self.rest.first() {
            Some(b'*' | b'+' | b'?') => {
                self.next();
                2
            }
            Some(b'{') => {
                self.next();
                let least = self.number()?;
                let most = match self.next()? {
                    b'}' => least,
                    b',' if self.take(b"}") => least + 1,
                    b',' => {
                        let most = self.number()?;
                        (self.next()? == b'}').then_some(most)?
                    }
                    _ => return None,
                };
                (least <= most).then_some(most.max(1))?
            }
            _ => return Some(1),
        };
        let _ = self.take(b"?");
        (!matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{'))).then_some(times)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.iter().take_while(|it| it.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        std::str::from_utf8(number).ok()?.parse().ok().filter(|it| *it <= MOST)
    }
}

/// A character that stands for itself wherever it stands.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" -_,:/@#=~<>!&%;'\"".contains(&byte)
}

/// What may follow a backslash.
fn is_escape(byte: u8) -> bool {
    b"dws.-/\\()[]{}*+?^$|".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::is_plainly_one;
    use crate::schema::fragment;

    #[test]
    fn what_vendors_write_is_plainly_one() {
        for pattern in [
            "",
            "^[0-9]{4}-(?:0[1-9]|1[02])$",
            "^[A-Za-z0-9_\\-.]+@[a-z]+\\.[a-z]{2,3}$",
            "^(a|b)*?\\d+\\s?[^/]+$",
        ] {
            assert!(is_plainly_one(pattern), "{pattern}");
        }
        for pattern in [
            "(",
            "[z-a]",
            "a{2,1}",
            "(?=a)",
            "a**",
            "\\p{L}",
            "[]",
            "a{2000}{2000}",
            "é",
            "^*",
            "(?:)*",
        ] {
            assert!(!is_plainly_one(pattern), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plainly_one_can_be_read(
            pattern in r"([a-c0-2&~.\-^$|]|\[\^?|\]|\(\??:?|\)|\\[a-z.\-\]\[]|[*+?]|\{[0-9]{0,2},?[0-9]{0,2}\}?){0,14}",
        ) {
            if is_plainly_one(&pattern) {
                prop_assert!(fragment::validator(&json!({ "pattern": pattern })).is_ok(), "{}", pattern);
            }
        }
    }
}

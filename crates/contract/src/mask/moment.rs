//! Masks dates and times of day.

use crate::mask::masker::Masker;

impl Masker<'_> {
    /// Another moment of the same form: a date can be a birthday.
    pub(super) fn moment(&self, text: &str) -> String {
        let digest = self.key.digest("moment", text.as_bytes());
        let pair =
            |index: usize, least: u8, count: u8| format!("{:02}", least + digest[index] % count);
        let mut masked = format!(
            "{}{}-{}-{}",
            19 + digest[0] % 2,
            pair(1, 0, 100),
            pair(2, 1, 12),
            pair(3, 1, 28)
        );
        let mut rest = text.get(10..).unwrap_or_default();
        if rest.len() >= 9 {
            masked +=
                &format!("{}{}:{}:{}", &rest[..1], pair(4, 0, 24), pair(5, 0, 60), pair(6, 0, 60));
            rest = &rest[9..];
        }
        if let Some(fraction) = rest.strip_prefix('.') {
            let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
            masked.push('.');
            masked.extend((0..count).map(|it| char::from(b'0' + digest[7 + it % 25] % 10)));
            rest = &fraction[count..];
        }
        // What is left is the zone.
        masked + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{form::form_of, mask::MaskKey};

    #[test]
    fn a_moment_becomes_another_of_its_form() {
        let key = MaskKey::from_text("a");
        for text in [
            "1984-03-02",
            "1984-03-02T04:05:06Z",
            "1984-03-02 04:05:06.789",
            "1984-03-02T04:05:06.0612345678+02:00",
        ] {
            let masked = Masker { key: &key }.moment(text);
            assert_eq!((form_of(&masked), masked.len()), (form_of(text), text.len()), "{text}");
            assert!(masked != text && !masked.contains("0612345678"), "{masked}");
        }
    }
}

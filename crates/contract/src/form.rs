//! The form of a text, where it has a well-known one: more than its type, less than its value.

/// The forms that have a name: that of JSON Schema's `format` where there is one.
pub(crate) const FORMS: [&str; 5] =
    ["empty", "digits", "date", "date-time", "date and time without a zone"];

/// The name of a text's form.
pub(crate) fn form_of(text: &str) -> Option<&'static str> {
    form_number(text).map(|it| FORMS[it])
}

/// The number of a text's form among [`FORMS`].
pub(crate) fn form_number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first() {
        None => Some(0),
        Some(first) if !first.is_ascii_digit() => None,
        _ if bytes.iter().all(u8::is_ascii_digit) => Some(1),
        _ if !is_date(bytes) => None,
        _ => match bytes.get(10) {
            None => Some(2),
            Some(b'T') if zone(&bytes[11..]).is_some_and(is_zone) => Some(3),
            Some(b' ') if zone(&bytes[11..]).is_some_and(<[u8]>::is_empty) => Some(4),
            _ => None,
        },
    }
}

/// Whether a text is a date-time (RFC 3339) that needs no calendar: a day that every month has, no leap second, in UTC.
pub(crate) fn is_plain_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let two = |at: usize| (bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0');
    form_number(text) == Some(3)
        && bytes.ends_with(b"Z")
        && (bytes[19] != b'.' || bytes[20].is_ascii_digit())
        && (1..=12).contains(&two(5))
        && (1..=28).contains(&two(8))
        && two(11) < 24
        && two(14) < 60
        && two(17) < 60
}

fn is_date(bytes: &[u8]) -> bool {
    const START: Form = Form::new(*b"dddd-dd-");
    const END: Form = Form::new(*b"dd-dd-dd");
    let (Some(start), Some(end)) = (bytes.first_chunk(), bytes.get(2..10)) else { return false };
    START.fits(*start) && end.first_chunk().is_some_and(|it| END.fits(*it))
}

/// What stands after the time of day.
fn zone(time: &[u8]) -> Option<&[u8]> {
    const SECONDS: Form = Form::new(*b"dd:dd:dd");
    let (seconds, rest) = time.split_first_chunk()?;
    let fraction = match rest.strip_prefix(b".") {
        Some(it) => 1 + it.iter().take_while(|it| it.is_ascii_digit()).count(),
        None => 0,
    };
    SECONDS.fits(*seconds).then_some(&rest[fraction..])
}

fn is_zone(zone: &[u8]) -> bool {
    match zone {
        b"Z" | b"z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Eight bytes, each a digit or one that is told: compared at once.
struct Form {
    /// With zeros for digits.
    spelt: u64,
    /// The bits in which a digit may differ from zero.
    digits: u64,
}

impl Form {
    /// `d` stands for a digit.
    const fn new(form: [u8; 8]) -> Self {
        let (mut spelt, mut digits) = ([b'0'; 8], [0x0F; 8]);
        let mut at = 0;
        while at < 8 {
            if form[at] != b'd' {
                (spelt[at], digits[at]) = (form[at], 0);
            }
            at += 1;
        }
        Self { spelt: u64::from_le_bytes(spelt), digits: u64::from_le_bytes(digits) }
    }

    fn fits(&self, bytes: [u8; 8]) -> bool {
        const EACH: u64 = u64::MAX / 255;
        let differs = u64::from_le_bytes(bytes) ^ self.spelt;
        // Six more than nine is beyond four bits.
        differs & !self.digits == 0 && (differs + EACH * 6) & (EACH * 0xF0) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{form_of, is_plain_date_time};

    #[test]
    fn forms_have_names() {
        let cases = [
            ("", Some("empty")),
            ("2", Some("digits")),
            ("2023-10-06", Some("date")),
            ("2023-10-06T13:41:09.123000Z", Some("date-time")),
            ("2023-10-06T13:41:09+02:00", Some("date-time")),
            ("2023-10-06 13:41:09.123", Some("date and time without a zone")),
            ("2023-10-06T13:41:09", None),
            ("2023-10-0:", None),
            ("2023/10-06", None),
            ("2023-10-06T13:41:0/Z", None),
            ("2023-10-06T13:41:09-0200", None),
            ("direct", None),
            ("é", None),
        ];
        for (text, form) in cases {
            assert_eq!(form_of(text), form, "{text}");
        }
    }

    #[test]
    fn what_is_plainly_a_date_time_is_one() {
        let format = serde_json::json!({ "format": "date-time" });
        let format = crate::schema::fragment::validator(&format).unwrap();
        let plain = "2023-10-06T13:41:09.120Z";
        assert!(is_plain_date_time(plain) && is_plain_date_time("2023-02-28T00:00:00Z"));
        for at in 0..plain.len() {
            for byte in b"0123456789-:.TZz +".iter() {
                let text = format!("{}{}{}", &plain[..at], char::from(*byte), &plain[at + 1..]);
                let short = format!("{}{}", &plain[..at], &plain[at + 1..]);
                for text in [text, short] {
                    let is_plain = is_plain_date_time(&text);
                    assert!(!is_plain || format.is_valid(&text.clone().into()), "{text}");
                }
            }
        }
    }
}

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
        _ if !has_form(bytes.get(..10)?, b"dddd-dd-dd") => None,
        _ => match bytes.get(10) {
            None => Some(2),
            Some(b'T') if zone(&bytes[11..]).is_some_and(is_zone) => Some(3),
            Some(b' ') if zone(&bytes[11..]).is_some_and(<[u8]>::is_empty) => Some(4),
            _ => None,
        },
    }
}

/// What stands after the time of day.
fn zone(time: &[u8]) -> Option<&[u8]> {
    let (seconds, rest) = time.split_at_checked(8)?;
    let fraction = match rest.strip_prefix(b".") {
        Some(it) => 1 + it.iter().take_while(|it| it.is_ascii_digit()).count(),
        None => 0,
    };
    has_form(seconds, b"dd:dd:dd").then_some(&rest[fraction..])
}

fn is_zone(zone: &[u8]) -> bool {
    matches!(zone, b"Z" | b"z") || has_form(zone, b"+dd:dd") || has_form(zone, b"-dd:dd")
}

/// Whether `text` follows `form`, in which `d` stands for a digit.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.len() == form.len()
        && text.iter().zip(form).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            _ => byte == form,
        })
}

#[cfg(test)]
mod tests {
    use super::form_of;

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
            ("direct", None),
            ("é", None),
        ];
        for (text, form) in cases {
            assert_eq!(form_of(text), form, "{text}");
        }
    }
}

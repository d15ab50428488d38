//! The form of a text, where it has a well-known one: more than its type, less than its value.

/// The name of the form: that of JSON Schema's `format` where there is one.
pub(crate) fn form_of(text: &str) -> Option<&'static str> {
    let digits = || !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if text.is_empty() {
        Some("empty")
    } else if digits() {
        Some("digits")
    } else if !text.get(..10).is_some_and(|it| has_form(it.as_bytes(), b"dddd-dd-dd")) {
        None
    } else if text.len() == 10 {
        Some("date")
    } else if is_date_time(text, 'T') {
        Some("date-time")
    } else if is_date_time(text, ' ') {
        Some("date and time without a zone")
    } else {
        None
    }
}

fn is_date_time(text: &str, separator: char) -> bool {
    let Some((date, time)) = text.split_once(separator) else {
        return false;
    };
    let Some((seconds, rest)) = time.split_at_checked(8) else {
        return false;
    };
    let fraction = rest
        .strip_prefix('.')
        .map_or(0, |it| 1 + it.bytes().take_while(u8::is_ascii_digit).count());
    let zone = &rest.as_bytes()[fraction..];
    let has_zone =
        matches!(zone, b"Z" | b"z") || has_form(zone, b"+dd:dd") || has_form(zone, b"-dd:dd");
    has_form(date.as_bytes(), b"dddd-dd-dd")
        && has_form(seconds.as_bytes(), b"dd:dd:dd")
        && (if separator == 'T' { has_zone } else { zone.is_empty() })
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

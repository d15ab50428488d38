//! The two ways in which the page writes a moment.
//!
//! jiff alone reads more than RFC 3339 allows (a space for the `T`, `+0000`, `Z[UTC]`), so the shape of the text is
//! checked here first and jiff gives it its meaning.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A text that is not a timestamp of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenTimestamp;

impl fmt::Display for BrokenTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a timestamp of the expected form")
    }
}

impl std::error::Error for BrokenTimestamp {}

/// An instant: RFC 3339 `date-time`, such as `2023-10-06T13:41:09.123000Z`.
///
/// Printed in UTC with as many decimals as it needs, so equal as an instant, not as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The instant.
    pub fn instant(self) -> jiff::Timestamp {
        self.0
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = BrokenTimestamp;

    /// Takes the years 0 to 9999 in UTC: RFC 3339 has no others.
    fn try_from(instant: jiff::Timestamp) -> Result<Self, BrokenTimestamp> {
        let year = instant.to_zoned(jiff::tz::TimeZone::UTC).year();
        (0..=9999).contains(&year).then_some(Self(instant)).ok_or(BrokenTimestamp)
    }
}

impl FromStr for Timestamp {
    type Err = BrokenTimestamp;

    fn from_str(text: &str) -> Result<Self, BrokenTimestamp> {
        if !is_rfc3339(text.as_bytes()) {
            return Err(BrokenTimestamp);
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| BrokenTimestamp)?;
        instant.try_into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment without a zone, `YYYY-MM-DD HH:MM:SS.fff`: how the page's sample shows `established_dialogue`.
///
/// Which zone is meant is nowhere stated (`GET /brand` has a `timezone`), so this is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZonelessTimestamp(jiff::civil::DateTime);

impl ZonelessTimestamp {
    /// A regular expression (ECMA-262) of exactly the texts that this type reads: it knows the lengths of months and
    /// leap years.
    pub const PATTERN: &str = concat!(
        r"^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
        r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
        r"|02-(?:0[1-9]|1[0-9]|2[0-8]))",
        r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)",
        r" (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}$",
    );

    /// The date and time of day, in an unstated zone.
    pub fn date_time(self) -> jiff::civil::DateTime {
        self.0
    }
}

impl TryFrom<jiff::civil::DateTime> for ZonelessTimestamp {
    type Error = BrokenTimestamp;

    /// Takes years 0 to 9999 and whole milliseconds: all that the form can say.
    fn try_from(moment: jiff::civil::DateTime) -> Result<Self, BrokenTimestamp> {
        let sayable = moment.year() >= 0 && moment.subsec_nanosecond() % 1_000_000 == 0;
        sayable.then_some(Self(moment)).ok_or(BrokenTimestamp)
    }
}

impl FromStr for ZonelessTimestamp {
    type Err = BrokenTimestamp;

    fn from_str(text: &str) -> Result<Self, BrokenTimestamp> {
        let b = text.as_bytes();
        // Two digits above 59 are no second; jiff would read 60 as a leap second.
        if !has_form(b, b"dddd-dd-dd dd:dd:dd.ddd") || b[17] > b'5' {
            return Err(BrokenTimestamp);
        }
        text.parse().map(Self).map_err(|_| BrokenTimestamp)
    }
}

impl fmt::Display for ZonelessTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.3}", self.0.date(), self.0.time())
    }
}

fn is_rfc3339(text: &[u8]) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let fraction = match rest.strip_prefix(b".") {
        Some(digits) => digits.iter().take_while(|it| it.is_ascii_digit()).count() + 1,
        None => 0,
    };
    let zone = &rest[fraction..];
    has_form(seconds, b"dddd-dd-ddTdd:dd:dd")
        && fraction != 1
        && (matches!(zone, b"Z" | b"z") || has_form(zone, b"+dd:dd") || has_form(zone, b"-dd:dd"))
}

/// Whether `text` follows `form`, in which `d` stands for a digit and `T` for either case.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.len() == form.len()
        && text.iter().zip(form).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b'T' => byte.eq_ignore_ascii_case(&b'T'),
            _ => byte == form,
        })
}

/// Travels as text, and has the given schema.
macro_rules! as_text {
    ($name:ident, $schema:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

as_text!(Timestamp, json_schema!({ "type": "string", "format": "date-time" }));
as_text!(
    ZonelessTimestamp,
    json_schema!({ "type": "string", "pattern": ZonelessTimestamp::PATTERN })
);

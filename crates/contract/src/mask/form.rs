//! Masks texts of a `format`: others of the same format, under names that belong to nobody.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{finding::hex, form::form_of, mask::masker::Masker};

/// Schemes that say nothing about who; another one could be somebody's own.
const SCHEMES: [&str; 10] =
    ["https", "http", "ftp", "git", "mailto", "ssh", "tel", "urn", "ws", "wss"];

impl Masker<'_> {
    /// A text of a format; none where any text will do, where nothing is known of it, or where the text is not of it.
    pub(super) fn of_format(&self, format: &str, text: &str) -> Option<String> {
        Some(match format {
            "email" | "idn-email" => self.address(text),
            "uri" | "iri" => self.url(text)?,
            "ipv4" => {
                let number = u32::from(text.parse::<Ipv4Addr>().ok()?);
                let masked = self.permutation("ipv4", &[], 1 << 32, number.into());
                Ipv4Addr::from(masked as u32).to_string()
            }
            "ipv6" => {
                let digest = self.key.digest("ipv6", text.as_bytes());
                let host = u128::from_be_bytes(digest[..16].try_into().expect("16 bytes")) >> 32;
                // The network of documentation (RFC 3849).
                Ipv6Addr::from((0x2001_0db8 << 96) | host).to_string()
            }
            "uuid" => self.uuid(text)?,
            "time" => {
                let moment = format!("2000-01-01T{text}");
                (form_of(&moment) == Some("date-time"))
                    .then(|| self.moment(&moment).split_off("2000-01-01T".len()))?
            }
            "duration" => self.duration(text),
            "json-pointer" => self.pointer(text),
            "relative-json-pointer" => {
                let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
                let rest = if text.ends_with('#') { "#" } else { &self.pointer(&text[end..]) };
                format!("{}{rest}", self.digits(&text[..end]))
            }
            _ => return None,
        })
    }

    /// An e-mail address.
    pub(super) fn address(&self, text: &str) -> String {
        format!("masked-{}@example.invalid", self.hex("e-mail", text, 5))
    }

    /// A URL of the same parts: it is the host that tells it from others.
    fn url(&self, text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once(':')?;
        let known = SCHEMES.into_iter().find(|it| it.eq_ignore_ascii_case(scheme));
        let name = format!("masked-{}", self.hex("URL", text, 5));
        let Some(rest) = rest.strip_prefix("//") else {
            return Some(format!("{}:{name}", known.unwrap_or("urn:masked")));
        };
        let mut url = format!("{}://{name}.example.invalid", known.unwrap_or("https"));
        let (rest, fragment) = rest.split_once('#').map_or((rest, ""), |it| (it.0, "#masked"));
        let (path, query) = rest.split_once('?').map_or((rest, ""), |it| (it.0, "?masked"));
        for segment in path.split('/').skip(1) {
            url += if segment.is_empty() { "/" } else { "/masked" };
        }
        Some(url + query + fragment)
    }

    /// A UUID of the same version and case.
    fn uuid(&self, text: &str) -> Option<String> {
        const VERSION_AND_VARIANT: [usize; 2] = [14, 19];
        let digits = hex(&self.key.digest("uuid", text.to_ascii_lowercase().as_bytes()));
        let mut digits = digits.chars();
        let masked = text.chars().enumerate().map(|(at, it)| match it {
            '-' => Some(it),
            _ if VERSION_AND_VARIANT.contains(&at) => it.is_ascii_hexdigit().then_some(it),
            'A'..='F' => digits.next().map(|it| it.to_ascii_uppercase()),
            _ => digits.next(),
        });
        masked.collect()
    }

    /// Other numbers of the same units.
    fn duration(&self, text: &str) -> String {
        let mut masked = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(|it: char| it.is_ascii_digit()) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|it: char| !it.is_ascii_digit()).unwrap_or(from.len());
            masked += before;
            masked += &self.digits(&from[..end]);
            rest = &from[end..];
        }
        masked + rest
    }

    /// A JSON pointer of as many segments.
    fn pointer(&self, text: &str) -> String {
        let name = self.hex("pointer", text, 5);
        text.split('/').skip(1).map(|_| format!("/masked-{name}")).collect()
    }
}

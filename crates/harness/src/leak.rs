//! Looks for what must not be written down: tokens, cookies, e-mail addresses of real domains, this run's own secrets.
//! Tells where, never what.

use std::{borrow::Cow, fmt, sync::LazyLock};

use contract::printable;
use regex::{Captures, Regex};
use secrecy::{ExposeSecret, SecretString};

/// Something that must not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The text's name.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// What it looks like.
    pub kind: &'static str,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", printable(&self.file), self.line, self.kind)
    }
}

/// Headers, and parameters of a query, whose values are secret.
const SECRET: &str = "(?:(?:set-)?cookie|(?:proxy-)?authorization|x-(?:[a-z0-9]+-)*(?:key|token)|(?:access|api)[_-]?(?:key|token))";
/// A member that a HAR may have beside name and value.
const MEMBER: &str = r#""[a-z_]+"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^"{}\[\],]+)"#;

static PATTERNS: LazyLock<[(Regex, &str); 11]> = LazyLock::new(|| {
    let member = |name: &str, value: &str| format!(r#""{name}"\s*:\s*"{value}"#);
    let [name, value] = [member("name", SECRET), member("value", r#"(?:[^"\\]|\\.)"#)];
    let more = format!(r"(?:,\s*{MEMBER}\s*)*?,\s*");
    [
        (regex(r"(?i)\bbearer[ +]+[a-z0-9._~+/=-]{8,}"), "a bearer token"),
        (regex(r"(?i)\bbasic[ +]+[a-z0-9+/]{8,}={0,2}"), "a user and password"),
        (regex(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}"), "a JSON web token"),
        (regex(r#"(?i)\b(set-)?cookie"?\s*[:=]\s*"?[a-z0-9_-]+=[^;\s"]{4,}"#), "a cookie"),
        (
            regex(r#"(?i)\bx-(?:[a-z0-9]+-)*(?:key|token)\b"?\s*[:=]\s*"?[a-z0-9._~+/=-]{8,}"#),
            "a header that is secret",
        ),
        // Documents have these as names of what they describe: a value has a digit.
        (
            regex(concat!(
                r#"(?i)\b(?:(?:access|api)[_-]?(?:key|token)|(?:proxy-)?authorization)"?[ \t]*[:=][ \t]*"?"#,
                r"(?:[a-z]+ +)?(?:[a-z0-9]+=)?[a-z._~+/=-]*[0-9][a-z0-9._~+/=-]{7,}",
            )),
            "a header that is secret",
        ),
        (regex(&format!(r#"(?i){name}"\s*{more}{value}"#)), "a header that is secret"),
        (regex(&format!(r#"(?i){value}+"\s*{more}{name}""#)), "a header that is secret"),
        (
            regex(r"(?i)[?&#;](?:(?:access|api|auth)[_-]?)?(?:key|token)=[a-z0-9._~+/%-]{8,}"),
            "a token in a URL",
        ),
        (regex(r#"://[^\s/?\#@:"'<>{}$\\]+:[^\s/?\#@"'<>{}$\\]+@"#), "a user and password"),
        (regex(r#""cookies"\s*:\s*\[\s*\{"#), "a cookie"),
    ]
});
static E_MAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"[\p{L}0-9._%+-]+(?:@|%40)([\p{L}0-9-]+(?:\.[\p{L}0-9-]+)*\.\p{L}{2,})")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed pattern")
}

/// One of JSON's escapes (RFC 8259, section 7).
static ESCAPE: LazyLock<Regex> = LazyLock::new(|| regex(r"\\(?:u([0-9a-fA-F]{4})|(.))"));

/// How deep JSON stands as text in JSON: a body in a recording that a log keeps in its lines.
const MOST_LAYERS: usize = 3;

/// Everything in a text that must not be there, in order of line; also what JSON's escapes spell in another way.
pub fn leaks(file: &str, text: &str, secrets: &[SecretString]) -> Vec<Leak> {
    let mut found = Vec::new();
    let mut spelling = Cow::Borrowed(text);
    for _ in 0..=MOST_LAYERS {
        found.extend(leaks_as_spelt(&spelling, secrets));
        if !spelling.contains('\\') {
            break;
        }
        spelling = Cow::Owned(unescaped(&spelling));
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(line, kind)| Leak { file: file.to_owned(), line, kind }).collect()
}

/// A text with `*` for each secret.
pub fn starred(text: &str, secrets: &[SecretString]) -> String {
    secrets.iter().fold(text.to_owned(), |text, it| text.replace(it.expose_secret(), "*"))
}

/// The lines of leaks, and what each looks like.
fn leaks_as_spelt(text: &str, secrets: &[SecretString]) -> Vec<(usize, &'static str)> {
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    for (pattern, kind) in PATTERNS.iter() {
        found.extend(pattern.find_iter(text).map(|it| (it.start(), *kind)));
    }
    let foreign = E_MAIL.captures_iter(text).filter(|it| !is_reserved(&it[1]));
    let foreign = foreign.filter_map(|it| it.get(0));
    found.extend(foreign.map(|it| (it.start(), "an e-mail address outside the reserved domains")));
    for secret in secrets {
        let places = text.match_indices(secret.expose_secret());
        found.extend(places.map(|it| (it.0, "a secret of this run")));
    }
    found.sort_unstable();
    let (mut line, mut at) = (1, 0);
    for (start, _) in &mut found {
        line += text[at..*start].matches('\n').count();
        at = *start;
        *start = line;
    }
    found
}

/// A text with one layer of JSON's escapes resolved. Its lines stay.
fn unescaped(text: &str) -> String {
    let meant = |escape: &Captures<'_>| -> char {
        let code = escape.get(1).and_then(|it| u32::from_str_radix(it.as_str(), 16).ok());
        let meant = match code {
            Some(code) => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            None => escape[2].chars().next().filter(|it| !"bfnrt".contains(*it)).unwrap_or(' '),
        };
        if meant == '\n' { ' ' } else { meant }
    };
    ESCAPE.replace_all(text, |it: &Captures<'_>| meant(it).to_string()).into_owned()
}

/// Domains that belong to nobody (RFC 2606).
fn is_reserved(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let ends_in = |it: &str| domain == it[1..] || domain.ends_with(it);
    [".example", ".test", ".invalid", ".localhost", ".example.com", ".example.net", ".example.org"]
        .into_iter()
        .any(ends_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_are_told_by_line_and_never_by_value() {
        let secrets = [SecretString::from("s3cret-of-the-run".to_owned())];
        let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "x"].join(".");
        let cases = [
            (format!("{}: {} {}", "Authorization", "Bearer", "abcdefgh1234"), "a bearer token"),
            (format!("\"token\": \"{jwt}\""), "a JSON web token"),
            (format!("{}: session=abcdef", "Set-Cookie"), "a cookie"),
            (
                format!("ann{}", "@popular-mail.com"),
                "an e-mail address outside the reserved domains",
            ),
            (format!("{} {}", "Basic", "YW5uOnNlY3JldA=="), "a user and password"),
            (
                format!("{{\"name\": \"{}\",\"value\": \"laravel=1\"}}", "Cookie"),
                "a header that is secret",
            ),
            (format!("\"{}\": [{{\"name\": 1}}]", "cookies"), "a cookie"),
            (
                format!("q=ann{}", "%40popular-mail.com"),
                "an e-mail address outside the reserved domains",
            ),
            ("x s3cret-of-the-run y".to_owned(), "a secret of this run"),
            (
                format!("ann{}", "\\u0040popular-mail.com"),
                "an e-mail address outside the reserved domains",
            ),
            (r"\u0042earer abcdefgh1234".to_owned(), "a bearer token"),
            (r"x s3cret\\u002dof-the-run\n y".to_owned(), "a secret of this run"),
            (
                format!(r#"{{\"name\": \"{}\",\"value\": \"laravel=1\"}}"#, "Cookie"),
                "a header that is secret",
            ),
            (
                format!(r#"{{"value":"a\"b","comment":"","name":"{}"}}"#, "Cookie"),
                "a header that is secret",
            ),
            (
                format!(r#"{{"name":"{}","value":"sk_live_abcdefghijkl"}}"#, "x-api-key"),
                "a header that is secret",
            ),
            (format!("{}: sk_live_abcdefghijkl", "X-Auth-Token"), "a header that is secret"),
            (format!("{}: 8f3kd93jfk39fk3k", "api-key"), "a header that is secret"),
            (format!("curl -H \"{}: 8f3kd93jfk39fk3k\" x", "apikey"), "a header that is secret"),
            (format!(r#"{{"{}":"sk_live_abcdefghijkl"}}"#, "X-API-Key"), "a header that is secret"),
            (format!("{}: Token 8f3kd93jfk39fk3k", "Authorization"), "a header that is secret"),
            (format!(r#"{{"{}":"8f3kd93jfk39fk3k"}}"#, "Authorization"), "a header that is secret"),
            (format!("{}: Token token=8f3kd93jfk39", "Authorization"), "a header that is secret"),
            (
                format!("https://v.test/x?a=1&{}=abcdefghijklmnop", "access_token"),
                "a token in a URL",
            ),
            (format!("https://v.test/x#{}=abcdefghijklmnop", "access_token"), "a token in a URL"),
            (format!("?a=1&amp;{}=abcdefghijklmnop", "access_token"), "a token in a URL"),
            (format!("https://ann:{}@localhost/x", "pass"), "a user and password"),
            (format!("ann{}", "@müller.de"), "an e-mail address outside the reserved domains"),
        ];
        for (text, kind) in cases {
            let found = leaks("f", &format!("fine\n{text}\n"), &secrets);
            assert_eq!(
                found.iter().map(ToString::to_string).collect::<Vec<_>>(),
                [format!("f:2: {kind}")]
            );
        }
        for fine in [
            "ann@example.org",
            "a@b.test",
            "Bearer ${TOKEN}",
            "bearer token",
            "cookies: []",
            "maintainers@users.example",
            "ann@müller.example",
            "https://${USER}:${PASSWORD}@v.test",
            "https://v.test:8080/a@b",
            "https://v.test/x?page=2&key=name&token=",
            "x-api-key: ${TOKEN}",
            "api_key: required-for-everything",
            "Authorization: Token token=${TOKEN}",
            "Authorization: Bearer of a token",
            "api-key:\n  description: v2 of it",
            r#"{"name": "accept", "value": "*/*"}, {"name": "Cookie", "value": ""}"#,
            r#"{"value": "", "name": "x-api-key"}, {"value": "*/*", "name": "accept"}"#,
        ] {
            assert_eq!(leaks("f", fine, &secrets), [], "{fine}");
        }
    }
}

//! Servers of a document: base URLs, some with variables.

use std::borrow::Cow;

use serde_json::Value;

/// A base URL, `https://{region}.example.org/v1` or `/v1`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    parts: Vec<Part>,
    /// How many of the parts stand before the path; none where the URL has no host.
    origin: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A variable with its listed values; any other value without a slash is one too.
    Variable(Vec<String>),
}

impl Server {
    /// Reads a Server Object.
    pub(crate) fn read(server: &Value) -> Option<Self> {
        let url = server.get("url")?.as_str()?.trim();
        let listed = |name: &str| {
            let variable = server.get("variables").and_then(|it| it.get(name));
            let values = variable.and_then(|it| it.get("enum")).and_then(Value::as_array);
            let default = variable.and_then(|it| it.get("default"));
            let texts = values.into_iter().flatten().chain(default).filter_map(Value::as_str);
            texts.map(|it| it.trim_end_matches('/').to_owned()).collect()
        };
        Some(Self::parse(url, &listed))
    }

    /// The server of a URL without variables.
    pub(crate) fn of_url(url: &str) -> Self {
        Self::parse(url, &|_| Vec::new())
    }

    fn parse(url: &str, listed: &dyn Fn(&str) -> Vec<String>) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let (origin, path) = split_origin(url).unwrap_or(("", url));
        let mut parts = Vec::new();
        if origin.starts_with("//") {
            parts.push(Part::Variable(vec!["http:".into(), "https:".into()]));
        }
        push_parts(&origin_in_one_spelling(origin), listed, &mut parts);
        let origin = (!parts.is_empty()).then_some(parts.len());
        let starts = path.is_empty() || path.starts_with(['/', '{']);
        push_parts(&if starts { path.to_owned() } else { format!("/{path}") }, listed, &mut parts);
        let origin = match parts.first() {
            // The whole origin is a variable.
            Some(Part::Variable(values)) if origin.is_none() => {
                values.iter().any(|it| it.contains("://")).then_some(1)
            }
            _ => origin,
        };
        Self { parts, origin }
    }

    /// The path of a URL, as [`normal`] writes it, below the server.
    pub(crate) fn below<'u>(&self, url: &'u str) -> Option<&'u str> {
        self.origin?;
        rest(&self.parts, url)
    }

    /// The path of a URL on any host below the server's base path.
    pub(crate) fn below_base_path<'u>(&self, url: &'u str) -> Option<&'u str> {
        let (_, path) = split_origin(url)?;
        rest(&self.parts[self.origin.unwrap_or(0)..], path)
    }

    /// Whether a URL, as [`normal`] writes it, is on its host.
    pub(crate) fn has_host_of(&self, url: &str) -> bool {
        self.origin.is_some_and(|it| rest(&self.parts[..it], url).is_some())
    }

    /// Whether it is on a host, which may be a variable; else any host is one.
    pub(crate) fn has_host(&self) -> bool {
        self.origin.is_some()
    }

    /// Whether the path has a text, beside slashes and variables.
    pub(crate) fn has_base_path(&self) -> bool {
        let of_path = &self.parts[self.origin.unwrap_or(0)..];
        of_path.iter().any(|it| matches!(it, Part::Text(it) if it.bytes().any(|it| it != b'/')))
    }

    /// The URL, with the first listed value for each variable.
    pub(crate) fn url(&self) -> String {
        let text = |it: &Part| match it {
            Part::Text(text) => text.clone(),
            Part::Variable(values) => values.last().cloned().unwrap_or_else(|| "x".into()),
        };
        self.parts.iter().map(text).collect()
    }
}

fn push_parts(text: &str, listed: &dyn Fn(&str) -> Vec<String>, parts: &mut Vec<Part>) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Variable(listed(name)));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
}

/// What follows the parts in a text, by whole segments.
fn rest<'t>(parts: &[Part], text: &'t str) -> Option<&'t str> {
    let Some((part, following)) = parts.split_first() else {
        return (text.is_empty() || text.starts_with('/')).then_some(text);
    };
    let listed = match part {
        Part::Text(it) => return rest(following, text.strip_prefix(it.as_str())?),
        Part::Variable(listed) => listed,
    };
    let as_listed = listed.iter().filter_map(|it| text.strip_prefix(it.as_str()));
    let end = text.find('/').unwrap_or(text.len());
    let any = text[..end].char_indices().map(|(at, it)| &text[at + it.len_utf8()..]);
    as_listed.chain(any).find_map(|it| rest(following, it))
}

/// A URL without query and fragment, scheme and host in lower case, without the scheme's own port.
pub(crate) fn normal(url: &str) -> Cow<'_, str> {
    let end = url.bytes().position(|it| matches!(it, b'?' | b'#')).unwrap_or(url.len());
    let url = &url[..end];
    let Some((origin, path)) = split_origin(url) else {
        return url.trim_end_matches('/').into();
    };
    let path = path.trim_end_matches('/');
    let is_plain = |it: u8| matches!(it, b'a'..=b'z' | b'-' | b'.' | b'/');
    // Only the scheme's colon: no port.
    if origin.bytes().filter(|it| !is_plain(*it)).eq(*b":") {
        return url[..origin.len() + path.len()].into();
    }
    format!("{}{path}", origin_in_one_spelling(origin)).into()
}

fn origin_in_one_spelling(origin: &str) -> String {
    let lower = |it: &str| match it.contains('{') {
        // Names of variables keep their spelling.
        true => it.to_owned(),
        false => it.to_ascii_lowercase(),
    };
    match lower(origin).split_once("://") {
        Some(("https", host)) => format!("https://{}", host.trim_end_matches(":443")),
        Some(("http", host)) => format!("http://{}", host.trim_end_matches(":80")),
        _ => lower(origin),
    }
}

/// `https://host`, or `//host` of whatever scheme (RFC 3986, section 4.2), and `/path`.
pub(crate) fn split_origin(url: &str) -> Option<(&str, &str)> {
    let host = if url.starts_with("//") { 2 } else { url.find("://")? + 3 };
    let path = url[host..].find('/').map_or(url.len(), |it| host + it);
    Some(url.split_at(path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_value_of_a_variable_is_one() {
        let server = |url: &str| {
            let variables = json!({
                "region": {"default": "eu", "enum": ["eu", "us"]},
                "base": {"default": "api/v1"},
                "url": {"default": "https://v.test/api"},
            });
            Server::read(&json!({"url": url, "variables": variables})).unwrap()
        };
        let cases = [
            ("https://{region}.v.test/v1", "https://asia.v.test/v1/x", Some("/x")),
            ("https://{region}.v.test/v1", "https://a.b.v.test/v1/x", Some("/x")),
            ("https://{region}.v.test/v1", "https://v.test/v1/x", None),
            ("https://V.test:443/{base}/", "https://v.test/api/v1/x", Some("/x")),
            ("https://v.test/{base}", "https://v.test/other/x", Some("/x")),
            ("{url}/v2", "https://v.test/api/v2/x", Some("/x")),
            ("https://v.test/v1", "https://v.test/v10/x", None),
            ("//V.test/v1", "https://v.test/v1/x", Some("/x")),
            ("//v.test/v1", "http://v.test/v1/x", Some("/x")),
            ("//v.test/v1", "https://other.test/v1/x", None),
            ("/v1", "https://v.test/v1/x", None),
        ];
        for (server_url, url, expected) in cases {
            assert_eq!(server(server_url).below(url), expected, "{server_url} {url}");
        }
    }

    #[test]
    fn a_base_path_is_one_on_any_host() {
        for (server, expected) in [
            ("/v1", Some("/x")),
            ("v1/", Some("/x")),
            ("/", Some("/v1/x")),
            ("https://other.test/v1", Some("/x")),
            ("/v2", None),
        ] {
            let server_of = Server::of_url(server);
            let below = server_of.below_base_path("https://v.test/v1/x");
            assert_eq!(below, expected, "{server}");
        }
    }
}

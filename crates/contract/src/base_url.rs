//! What a URL must be that stands for a document's server: one that the URLs of exchanges can lie under.

use std::net::Ipv6Addr;

/// Holds a text against what a base URL is: scheme, host, maybe a port, and the path before those of the document.
///
/// # Errors
/// What was promised and what came, without the text itself.
pub fn check_base_url(url: &str) -> Result<(), String> {
    why_not(url).map_or(Ok(()), |why| {
        Err(format!("promised a URL such as https://staging.example.org/api/v2; {why}"))
    })
}

fn why_not(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some("it has no scheme");
    };
    if !["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
        return Some("its scheme is neither http nor https");
    }
    if url.contains(|it: char| it.is_whitespace() || it.is_control()) {
        return Some("it holds white space; leave that out, or write %20");
    }
    if url.contains(['?', '#']) {
        return Some(
            "it has a query or a fragment, and what is asked of a server differs there; leave it out",
        );
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Some("it holds a user or password; leave them out");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if port.is_some_and(|it| it.parse::<u16>().is_err()) {
        return Some("its port is no number from 0 to 65535");
    }
    if !is_host(host) {
        return Some("its host is neither a name nor an address");
    }
    None
}

/// A name, or an address (RFC 3986, section 3.2.2).
fn is_host(text: &str) -> bool {
    let address = text.strip_prefix('[').map(|it| it.strip_suffix(']').unwrap_or_default());
    match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !text.is_empty() && !text.contains([':', '[', ']', '\\']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_one_that_exchanges_can_lie_under() {
        for url in [
            "https://v.test",
            "HTTPS://V.test:443/api/v2/",
            "http://localhost:8080",
            "http://127.0.0.1:8080/x",
            "http://[::1]",
            "http://[::1]:8080/x",
            "https://{region}.v.test/v1",
        ] {
            assert_eq!(check_base_url(url), Ok(()), "{url}");
        }
        let cases = [
            ("v.test/api", "it has no scheme"),
            ("ftp://v.test", "its scheme is neither http nor https"),
            ("https://v.test/a b", "it holds white space"),
            ("https://v.test ", "it holds white space"),
            ("https://v.test?x=1", "it has a query"),
            ("https://v.test/#x", "it has a query or a fragment"),
            ("https://ann:x@v.test", "it holds a user or password"),
            ("https://v.test:99999/x", "its port"),
            ("https://v.test:", "its port"),
            ("https://", "its host is neither a name nor an address"),
            ("https:///x", "its host is neither a name nor an address"),
            ("http://[::1", "its host is neither a name nor an address"),
            ("http://[::1x]", "its host is neither a name nor an address"),
            ("http://::1", "its host is neither a name nor an address"),
        ];
        for (url, why) in cases {
            let told = check_base_url(url).unwrap_err();
            assert!(told.contains(&format!("; {why}")), "{url}: {told}");
        }
    }
}

//! The requests of a live run: what `contract.toml` says, with the environment's variables put in.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use contract::{Ask, Live, OperationId, Probe};
use secrecy::{ExposeSecret, SecretString};

/// The requests of a live run, in order.
#[derive(Debug)]
pub struct Plan {
    /// The server, base path included.
    pub base_url: String,
    /// The requests, the good ones first.
    pub requests: Vec<Planned>,
    /// Texts that no output may hold.
    pub secrets: Vec<SecretString>,
}

/// A request that a live run is going to send.
#[derive(Debug)]
pub struct Planned {
    /// The operation.
    pub operation: OperationId,
    /// The method.
    pub method: &'static str,
    /// The URL. It holds identifiers: it is sent, never printed.
    pub url: SecretString,
    /// The headers by name.
    pub headers: BTreeMap<String, SecretString>,
    /// The way in which it is wrong on purpose.
    pub probe: Option<Probe>,
    /// Which of the parameters' values it is, from one, and of how many.
    pub number: (usize, usize),
}

/// Which wrong requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probes {
    /// None.
    Off,
    /// Without a token, for what does not exist, with another method.
    Polite,
    /// Also with a token that is none, and for what belongs to another account.
    Access,
}

/// Why a live run cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// `contract.toml` says nothing about live runs.
    #[error("contract.toml has no `[live]`; say there what a live run asks")]
    NotLive,
    /// Variables of the environment that are not set.
    #[error("not set in the environment: {}; contract.toml needs them for a live run", names.join(", "))]
    Missing {
        /// Their names.
        names: Vec<String>,
    },
    /// A base URL that must not be asked.
    #[error("the base URL of `[live]` is none: {why}")]
    BaseUrl {
        /// What was promised and what came.
        why: String,
    },
    /// A base URL that everybody on the way could read along.
    #[error(
        "the base URL is http, which shows the token to everybody on the way; use https (http only to loopback)"
    )]
    Overheard,
    /// An operation with a parameter that has no value.
    #[error(
        "`{operation}` needs a value for the parameter `{parameter}`; give one under `[[live.ask]]`, `parameters`"
    )]
    Parameter {
        /// The operation.
        operation: String,
        /// The parameter.
        parameter: String,
    },
    /// Access probes without another account.
    #[error(
        "--probes=access needs another account of yours: `[live.other_account]` in contract.toml"
    )]
    NoOtherAccount,
}

/// Plans a live run.
///
/// # Errors
/// All variables that are not set, at once, or what else is wrong.
pub fn plan(
    live: Option<&Live>,
    probes: Probes,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Plan, PlanError> {
    let live = live.ok_or(PlanError::NotLive)?;
    let mut filler = Filler { variable, missing: BTreeSet::new(), secrets: BTreeSet::new() };
    let base_url = filler.fill(&live.base_url).trim_end_matches('/').to_owned();
    // Header names are equal in any case (RFC 9110, section 5.1).
    let mut header =
        |name: &str, value: &str| (name.to_ascii_lowercase(), filler.fill_secretly(value));
    let headers: BTreeMap<String, String> =
        live.headers.iter().map(|(k, v)| header(k, v)).collect();
    let token = live.token.as_ref().map(|(k, v)| header(k, v));
    let wants_access = probes == Probes::Access;
    if wants_access && live.other_account.is_empty() {
        return Err(PlanError::NoOtherAccount);
    }
    let other = live.other_account.iter().filter(|_| wants_access);
    let other: BTreeMap<String, String> = other.map(|(k, v)| header(k, v)).collect();
    let asks: Vec<Filled<'_>> = live.asks.iter().map(|it| Filled::new(it, &mut filler)).collect();
    if !filler.missing.is_empty() {
        return Err(PlanError::Missing { names: filler.missing.into_iter().collect() });
    }
    contract::check_base_url(&base_url).map_err(|why| PlanError::BaseUrl { why })?;
    if !is_confidential(&base_url) {
        return Err(PlanError::Overheard);
    }
    let mut planner = Planner {
        base_url: &base_url,
        headers: &headers,
        token: token.as_ref(),
        requests: Vec::new(),
    };
    for ask in &asks {
        let paths = ask.paths(&ask.parameters)?;
        let count = paths.len();
        for (index, path) in paths.iter().enumerate() {
            planner.add(ask, path, "GET", None, planner.good_headers(), (index + 1, count));
        }
    }
    for ask in asks.iter().filter(|_| probes != Probes::Off) {
        planner.probes(ask, &other)?;
    }
    let requests = planner.requests;
    let secrets = filler.secrets.into_iter().map(SecretString::from).collect();
    Ok(Plan { base_url, requests, secrets })
}

struct Filler<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    missing: BTreeSet<String>,
    secrets: BTreeSet<String>,
}

/// What is shorter may be a word of any answer.
const SHORTEST_SECRET: usize = 8;

impl Filler<'_> {
    /// As [`Self::fill`], where no output may hold what is put in.
    fn fill_secretly(&mut self, text: &str) -> String {
        let mut values = Vec::new();
        let filled = self.fill_each(text, &mut |it| values.push(it.to_owned()));
        let words = values.iter().flat_map(|it| it.split_whitespace().chain([it.as_str()]));
        let secrets = words.filter(|it| it.len() >= SHORTEST_SECRET).map(str::to_owned);
        self.secrets.extend(secrets);
        filled
    }

    /// The text with its `${VARIABLE}`s put in; those that are not set, or empty, are remembered.
    fn fill(&mut self, text: &str) -> String {
        self.fill_each(text, &mut |_| {})
    }

    fn fill_each(&mut self, text: &str, each: &mut dyn FnMut(&str)) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            match (self.variable)(name).filter(|it| !it.trim().is_empty()) {
                Some(value) => {
                    filled.push_str(value.trim());
                    each(value.trim());
                }
                None => {
                    self.missing.insert(name.to_owned());
                }
            }
            rest = after;
        }
        filled + rest
    }
}

struct Filled<'a> {
    ask: &'a Ask,
    parameters: BTreeMap<String, String>,
    unknown: BTreeMap<String, String>,
}

impl<'a> Filled<'a> {
    fn new(ask: &'a Ask, filler: &mut Filler<'_>) -> Self {
        let mut fill = |of: &BTreeMap<String, String>| {
            of.iter().map(|(k, v)| (k.clone(), filler.fill(v))).collect()
        };
        Self { ask, parameters: fill(&ask.parameters), unknown: fill(&ask.unknown) }
    }

    fn template(&self) -> &str {
        self.ask.operation.as_str().split_once(' ').map_or("", |it| it.1)
    }

    /// A path for each combination of the parameters' values.
    fn paths(&self, parameters: &BTreeMap<String, String>) -> Result<Vec<String>, PlanError> {
        let mut paths = vec![String::new()];
        let mut rest = self.template();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let values = parameters.get(name).ok_or_else(|| PlanError::Parameter {
                operation: self.ask.operation.to_string(),
                parameter: name.to_owned(),
            })?;
            // Dots alone would lead up the path.
            let says_something = |it: &&str| !it.is_empty() && *it != "." && *it != "..";
            let values: Vec<&str> =
                values.split(',').map(str::trim).filter(says_something).collect();
            if values.is_empty() {
                return Err(PlanError::Parameter {
                    operation: self.ask.operation.to_string(),
                    parameter: name.to_owned(),
                });
            }
            let longer = |path: &String| -> Vec<String> {
                values.iter().map(|it| format!("{path}{before}{}", percent_encoded(it))).collect()
            };
            paths = paths.iter().flat_map(longer).collect();
            rest = after;
        }
        Ok(paths.into_iter().map(|it| it + rest).collect())
    }
}

struct Planner<'p> {
    base_url: &'p str,
    headers: &'p BTreeMap<String, String>,
    token: Option<&'p (String, String)>,
    requests: Vec<Planned>,
}

impl Planner<'_> {
    fn good_headers(&self) -> BTreeMap<String, String> {
        let mut headers = self.headers.clone();
        headers.extend(self.token.cloned());
        headers
    }

    fn probes(
        &mut self,
        ask: &Filled<'_>,
        other: &BTreeMap<String, String>,
    ) -> Result<(), PlanError> {
        let paths = ask.paths(&ask.parameters)?;
        let Some(path) = paths.first() else { return Ok(()) };
        if let Some((name, _)) = self.token {
            let mut headers = self.good_headers();
            headers.remove(name);
            self.add(ask, path, "GET", Some(Probe::NoToken), headers, (1, 1));
        }
        if !ask.unknown.is_empty() {
            let unknown = ask.paths(&ask.unknown)?;
            if let Some(unknown) = unknown.first() {
                self.add(ask, unknown, "GET", Some(Probe::UnknownId), self.good_headers(), (1, 1));
            }
        }
        self.add(ask, path, "OPTIONS", Some(Probe::WrongMethod), self.good_headers(), (1, 1));
        if !other.is_empty() {
            if let Some((name, _)) = self.token {
                let mut headers = self.good_headers();
                headers.insert(name.clone(), "Bearer not-a-token".to_owned());
                self.add(ask, path, "GET", Some(Probe::GarbageToken), headers, (1, 1));
            }
            let mut headers = self.good_headers();
            headers.extend(other.clone());
            self.add(ask, path, "GET", Some(Probe::OtherAccount), headers, (1, 1));
        }
        Ok(())
    }

    fn add(
        &mut self,
        ask: &Filled<'_>,
        path: &str,
        method: &'static str,
        probe: Option<Probe>,
        headers: BTreeMap<String, String>,
        number: (usize, usize),
    ) {
        self.requests.push(Planned {
            operation: ask.ask.operation.clone(),
            method,
            url: format!("{}{path}", self.base_url).into(),
            headers: headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
            probe,
            number,
        });
    }
}

impl Planned {
    /// The request without any value: what a dry run prints.
    pub fn in_words(&self) -> String {
        let template = self.operation.as_str().split_once(' ').map_or("", |it| it.1);
        let number = match self.number {
            (_, 1) => String::new(),
            (number, count) => format!(", value {number} of {count}"),
        };
        let probe = self.probe.map_or_else(String::new, |it| format!(", probe {}", it.as_str()));
        let names: Vec<&str> = self.headers.keys().map(String::as_str).collect();
        format!("{} {template}{number}{probe} (headers: {})", self.method, names.join(", "))
    }

    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }
}

/// Plain http gives the token to everybody on the way, unless there is no way.
fn is_confidential(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    scheme.eq_ignore_ascii_case("https") || (scheme.eq_ignore_ascii_case("http") && is_loopback)
}

/// A path segment as RFC 3986 allows it.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(base_url: &str) -> Live {
        let texts = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        Live {
            base_url: base_url.to_owned(),
            headers: texts(&[
                ("Accept", "application/json"),
                ("X-Api-Key", "${KEY}"),
                ("X-Brand", "${BRAND}"),
            ]),
            token: Some(("Authorization".to_owned(), "Token token=${TOKEN}".to_owned())),
            other_account: texts(&[("X-Api-Key", "${OTHER_KEY}")]),
            asks: Vec::new(),
        }
    }

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "KEY" => "key-of-ann",
            "BRAND" => "3",
            "TOKEN" => "Secret token-of-ann",
            "OTHER_KEY" => "key-of-ben",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn http_is_for_loopback_only() {
        let told = |url: &str| plan(Some(&live(url)), Probes::Off, &variable).map(|_| ());
        for good in [
            "https://a.example/api",
            "HTTPS://a.example",
            "http://127.0.0.1:80/x",
            "HTTP://127.0.0.1:80/x",
            "http://localhost",
            "http://[::1]:8080/api",
        ] {
            assert!(told(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://a.example", "shows the token"),
            ("HTTP://a.example", "shows the token"),
            ("http://127.0.0.1.evil.example", "shows the token"),
            ("ftp://a", "its scheme is neither http nor https"),
            ("a.example", "it has no scheme"),
            ("https://u:p@a", "it holds a user or password"),
            ("https://a?x", "it has a query"),
            ("https://a:99999", "its port"),
        ] {
            let why_not = told(bad).unwrap_err().to_string();
            assert!(why_not.contains(why) && !why_not.contains(bad), "{bad}: {why_not}");
        }
    }

    #[test]
    fn what_is_put_into_headers_is_secret() {
        let secrets = |probes| -> Vec<String> {
            let plan = plan(Some(&live("https://a.example")), probes, &variable).unwrap();
            plan.secrets.iter().map(|it| it.expose_secret().to_owned()).collect()
        };
        let own = ["Secret token-of-ann", "key-of-ann", "token-of-ann"];
        assert_eq!(secrets(Probes::Off), own);
        assert_eq!(secrets(Probes::Access), [own[0], own[1], "key-of-ben", own[2]]);
    }
}

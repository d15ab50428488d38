//! `contract.toml`: which exchanges a contract is about, and what a live run asks.

use std::{collections::BTreeMap, sync::LazyLock};

use jsonschema::Validator;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    base_url::check_base_url,
    document::OperationId,
    format::{self, Format, are_tables},
    text::{Fault, Text},
};

/// What `contract.toml` says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// URLs that stand for the document's server, base path included.
    pub base_urls: Vec<String>,
    /// What a live run asks, where it says so.
    pub live: Option<Live>,
    /// The key of the masking, as a `${VARIABLE}`; without one, each recording has a key of its own.
    pub mask_key: Option<String>,
}

/// What a live run asks. Texts may hold `${VARIABLE}`s of the environment.
#[derive(Debug, Clone)]
pub struct Live {
    /// The server, base path included.
    pub base_url: String,
    /// Headers of every request.
    pub headers: BTreeMap<String, String>,
    /// The header that holds the token, and its value.
    pub token: Option<(String, String)>,
    /// The headers that differ for another account of yours, for the access probes.
    pub other_account: BTreeMap<String, String>,
    /// What to ask.
    pub asks: Vec<Ask>,
}

/// An operation to ask.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The operation.
    pub operation: OperationId,
    /// The path parameters; a list with commas is a request for each value.
    pub parameters: BTreeMap<String, String>,
    /// Path parameters of something that does not exist.
    pub unknown: BTreeMap<String, String>,
}

/// What belongs to a contract beside the document, the quirks and the model.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(title = "Contract")]
#[serde(deny_unknown_fields)]
struct ContractFile {
    /// Which exchanges the contract is about.
    #[serde(default)]
    scope: ScopeTable,
    /// What a live run asks. Texts may hold `${VARIABLE}`s of the environment; secrets must.
    live: Option<LiveTable>,
    /// How recordings are made.
    #[serde(default)]
    record: RecordTable,
}

/// How recordings are made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordTable {
    /// The key of the masking, as a variable: `${API_MASK_KEY}`. With the same key, equal values are masked alike in all
    /// recordings; where the variable is not set, each run has a key of its own.
    #[schemars(regex(pattern = r"^\$\{[A-Z][A-Z0-9_]*\}$"))]
    mask_key: Option<String>,
}

/// Which exchanges the contract is about.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScopeTable {
    /// URLs that stand for the document's server, base path included: `https://staging.example.org/api/v2`.
    #[serde(default)]
    base_urls: Vec<String>,
}

/// What a live run asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LiveTable {
    /// The server, base path included: `${API_BASE_URL}`.
    base_url: String,
    /// Headers of every request.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The header that holds the token.
    token: Option<TokenTable>,
    /// Headers that differ for another account of yours, for `--probes=access`.
    #[serde(default)]
    other_account: BTreeMap<String, String>,
    /// What to ask.
    #[schemars(length(min = 1))]
    ask: Vec<AskTable>,
}

/// The header that holds the token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenTable {
    /// The header's name.
    header: String,
    /// Its value, with the token as a variable: `Bearer ${API_TOKEN}`.
    #[schemars(regex(pattern = r"\$\{[A-Z][A-Z0-9_]*\}"))]
    value: String,
}

/// An operation to ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskTable {
    /// `GET /chat/chatrooms/{id}`; only GET is asked.
    #[schemars(regex(pattern = r"^GET /"))]
    operation: String,
    /// The path parameters; a list with commas is a request for each value.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    /// Path parameters of something that does not exist, for `--probes`.
    #[serde(default)]
    unknown: BTreeMap<String, String>,
}

/// The published JSON Schema of `contract.toml`.
pub(crate) fn schema() -> Value {
    format::schema::<ContractFile>("urn:paperwire:format:contract")
}

/// Made where a file is not plainly one.
static FORMAT: LazyLock<Validator> = LazyLock::new(format::validator::<ContractFile>);

impl Format for ContractFile {
    fn is_plain(&self, value: &Value) -> bool {
        let has_variable =
            |it: &str| it.find('$').is_some_and(|at| after_variable(&it[at..]).is_some());
        let tables = ["/scope", "/record", "/live", "/live/token"];
        let asks = value.pointer("/live/ask").and_then(Value::as_array).into_iter().flatten();
        let Self { live, record, .. } = self;
        are_tables(tables.iter().filter_map(|it| value.pointer(it)).chain(asks))
            && record.mask_key.as_deref().is_none_or(|it| after_variable(it) == Some(""))
            && live.as_ref().is_none_or(|it| {
                it.token.as_ref().is_none_or(|it| has_variable(&it.value))
                    && !it.ask.is_empty()
                    && it.ask.iter().all(|it| it.operation.starts_with("GET /"))
            })
    }
}

/// What follows a `${NAME}`.
fn after_variable(text: &str) -> Option<&str> {
    let (name, rest) = text.strip_prefix("${")?.split_once('}')?;
    let starts_well = name.starts_with(|it: char| it.is_ascii_uppercase());
    let is_name = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
    (starts_well && name.bytes().all(is_name)).then_some(rest)
}

/// Reads `contract.toml`.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(text: &Text) -> Result<Settings, Vec<Fault>> {
    let file: ContractFile = format::read(text, &FORMAT)?;
    check_base_urls(text, &file.scope.base_urls)?;
    let live = file.live.map(|live| Live {
        base_url: live.base_url,
        headers: live.headers,
        token: live.token.map(|it| (it.header, it.value)),
        other_account: live.other_account,
        asks: live
            .ask
            .into_iter()
            .map(|it| Ask {
                operation: OperationId::named(&it.operation),
                parameters: it.parameters,
                unknown: it.unknown,
            })
            .collect(),
    });
    Ok(Settings { base_urls: file.scope.base_urls, live, mask_key: file.record.mask_key })
}

fn check_base_urls(text: &Text, urls: &[String]) -> Result<(), Vec<Fault>> {
    let fault = |url: &String| {
        let why = check_base_url(url).err()?;
        let line = text.text.lines().position(|it| it.contains(url.as_str())).map(|it| it + 1);
        Some(text.fault(line, format!("`scope.base_urls`: {why}")))
    };
    let faults: Vec<Fault> = urls.iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base_urls_that_nothing_lies_under_are_told_by_their_lines() {
        let text = "[scope]\nbase_urls = [\n  \"https://v.test\",\n  \"v.test/api\",\n  \"https://v.test?x\",\n]\n";
        let faults = read(&Text { name: "contract.toml".into(), text: text.into() }).unwrap_err();
        let lines: Vec<Option<usize>> = faults.iter().map(|it| it.line).collect();
        assert_eq!(lines, [Some(4), Some(5)], "{faults:?}");
    }

    #[test]
    fn what_is_plainly_a_contract_file_is_one() {
        format::assert_plain_is_right::<ContractFile>(&json!({
            "scope": { "base_urls": ["https://x.test"] },
            "record": { "mask_key": "${KEY}" },
            "live": {
                "base_url": "${URL}", "headers": { "a": "b" }, "token": { "header": "h", "value": "Bearer ${TOKEN}" },
                "other_account": { "a": "b" },
                "ask": [{ "operation": "GET /x/{id}", "parameters": { "id": "1" }, "unknown": { "id": "0" } }],
            },
        }));
    }
}

//! A request as a command that people can run, with a variable for everything that only they know.

use serde_json::Value;

use crate::document::Operation;

/// The command that asks an operation at its address, a template. What the document says is needed is in it.
pub(crate) fn curl(document: &Value, operation: &Operation, address: &str) -> String {
    let mut url = literal(address);
    for name in address.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0) {
        url = url.replace(&literal(&format!("{{{name}}}")), &variable(name));
    }
    let mut headers = Vec::new();
    let mut query = Vec::new();
    for (place, name) in parameters(document, operation) {
        match place.as_str() {
            "header" => headers.push(format!("{}: {}", literal(&name), variable(&name))),
            "query" => query.push(format!("{}={}", literal(&name), variable(&name))),
            _ => {}
        }
    }
    headers.extend(credentials(document, operation));
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let method = match operation.method.as_str() {
        "GET" => String::new(),
        other => format!(" --request {other}"),
    };
    let headers: String = headers.iter().map(|it| format!(" \\\n  --header \"{it}\"")).collect();
    format!("curl --include{method}{headers} \\\n  \"{url}\"")
}

/// The parameters that must be there: where they stand, and their names.
fn parameters(document: &Value, operation: &Operation) -> Vec<(String, String)> {
    let path = operation.pointer.rsplit_once('/').map_or("", |it| it.0);
    let lists =
        [path, &operation.pointer].map(|it| document.pointer(it)?.get("parameters")?.as_array());
    let all = lists.into_iter().flatten().flatten().map(|it| resolved(document, it));
    let required = all.filter(|it| it.get("required") == Some(&Value::Bool(true)));
    let said = |it: &Value, key: &str| Some(it.get(key)?.as_str()?.to_owned());
    required.filter_map(|it| Some((said(it, "in")?, said(it, "name")?))).collect()
}

/// The headers by which the first of the accepted ways proves who asks.
fn credentials(document: &Value, operation: &Operation) -> Vec<String> {
    let own = document.pointer(&operation.pointer).and_then(|it| it.get("security"));
    let ways = own.or_else(|| document.get("security")).and_then(Value::as_array);
    let names = ways.and_then(|it| it.first()).and_then(Value::as_object);
    let schemes = document.pointer("/components/securitySchemes");
    let header = |name: &String| {
        let scheme = resolved(document, schemes?.get(name)?);
        let said = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        match (said("type"), said("scheme").to_ascii_lowercase().as_str(), said("in")) {
            ("http", "basic", _) => Some("Authorization: Basic ${CREDENTIALS}".to_owned()),
            ("http" | "oauth2" | "openIdConnect", ..) => {
                Some("Authorization: Bearer ${TOKEN}".to_owned())
            }
            ("apiKey", _, "header") => Some(format!("{}: ${{TOKEN}}", literal(said("name")))),
            ("apiKey", _, "cookie") => {
                Some(format!("Cookie: {}=${{TOKEN}}", literal(said("name"))))
            }
            _ => None,
        }
    };
    names.into_iter().flat_map(|it| it.keys()).filter_map(header).collect()
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    reference.and_then(|it| document.pointer(it)).unwrap_or(value)
}

/// A shell variable for a parameter: `$X_BRAND`.
fn variable(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("${{{}}}", name.chars().map(word).collect::<String>())
}

/// A text between the double quotes of a shell.
fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '"' | '$' | '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

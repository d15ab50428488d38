//! Which exchanges the contract is about.

use std::borrow::Cow;

use crate::{
    document::{Document, Operation, OperationId},
    exchange::Exchange,
    place::printable_name,
};

/// What an exchange is to the contract.
#[derive(Debug)]
pub(crate) enum Scope<'d> {
    /// Somebody else's: a page's image.
    Out,
    /// The API's, and not documented; paths have their data removed.
    Undocumented(OperationId),
    /// An operation of the document.
    Operation(&'d Operation),
}

/// Finds the operation of an exchange under the documented servers and the further base URLs; on a foreign host only
/// where the documented base path and a template match.
pub(crate) fn scope<'d>(
    document: &'d Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> Scope<'d> {
    let (own_path, foreign_paths) = paths(document, base_urls, exchange);
    if let Some(path) = own_path {
        return match find(document, &exchange.method, &path) {
            Found::Operation(operation) => Scope::Operation(operation),
            Found::Path(template) => {
                Scope::Undocumented(OperationId::new(&method(exchange), template))
            }
            Found::Nothing => {
                Scope::Undocumented(OperationId::new(&method(exchange), &without_data(&path)))
            }
        };
    }
    for path in foreign_paths {
        match find(document, &exchange.method, &path) {
            Found::Operation(operation) => return Scope::Operation(operation),
            Found::Path(template) => {
                return Scope::Undocumented(OperationId::new(&method(exchange), template));
            }
            Found::Nothing => {}
        }
    }
    Scope::Out
}

/// The path below the server of an exchange that is in scope, without its query.
pub(crate) fn path_in_scope(
    document: &Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> Option<String> {
    let (own_path, foreign_paths) = paths(document, base_urls, exchange);
    let of_template =
        |path: &String| matches!(find(document, &exchange.method, path), Found::Operation(_));
    own_path.or_else(|| foreign_paths.into_iter().find(of_template))
}

/// The path below one of the contract's own servers, and those that it would be below the documented base paths.
fn paths(
    document: &Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> (Option<String>, Vec<String>) {
    let url = normal(&exchange.url);
    let bases = document.servers.iter().chain(base_urls).map(|it| normal(it));
    let own = bases.filter_map(|base| below(&url, &base)).min_by_key(String::len);
    if own.is_some() {
        return (own, Vec::new());
    }
    // Without a server, or with a relative one, any host will do (OpenAPI 3.1, Server Object).
    let anywhere = document.servers.is_empty().then(String::new);
    let foreign = document.servers.iter().chain(&anywhere).filter_map(|server| {
        let base_path = split_origin(server).map_or(server.as_str(), |it| it.1);
        let (_, path) = split_origin(&url)?;
        below(path, base_path)
    });
    (own, foreign.collect())
}

enum Found<'d> {
    Operation(&'d Operation),
    /// The path is documented, the method is not.
    Path(&'d str),
    Nothing,
}

fn find<'d>(document: &'d Document, method: &str, path: &str) -> Found<'d> {
    let mut matching = document.operations.iter().filter(|it| it.template.matches(path)).peekable();
    let Some(first) = matching.peek() else {
        return Found::Nothing;
    };
    // Only the most concrete template counts: `/a/me` is not `/a/{id}`.
    let template = first.id.as_str().split_once(' ').map_or("", |it| it.1);
    let template_of = &first.template;
    let same: Vec<_> =
        document.operations.iter().filter(|it| it.template == *template_of).collect();
    let of_method = |method: &str| same.iter().find(|it| it.method.eq_ignore_ascii_case(method));
    let head_as_get = || method.eq_ignore_ascii_case("HEAD").then(|| of_method("GET")).flatten();
    match of_method(method).or_else(head_as_get) {
        Some(operation) => Found::Operation(operation),
        None => Found::Path(template),
    }
}

/// The method where it reads as one.
fn method(exchange: &Exchange<'_>) -> String {
    let method = exchange.method.to_ascii_uppercase();
    printable_name(&method).to_owned()
}

/// A URL without query and fragment, scheme and host in lower case, without the scheme's own port.
fn normal(url: &str) -> Cow<'_, str> {
    let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let Some((origin, path)) = split_origin(url) else {
        return url.into();
    };
    let of_scheme = |it: &str| match it.split_once("://") {
        Some(("https", host)) => format!("https://{}", host.trim_end_matches(":443")),
        Some(("http", host)) => format!("http://{}", host.trim_end_matches(":80")),
        _ => it.to_owned(),
    };
    let has_port = origin.ends_with(":443") || origin.ends_with(":80");
    if !has_port && !origin.bytes().any(|it| it.is_ascii_uppercase()) {
        return url.into();
    }
    format!("{}{path}", of_scheme(&origin.to_ascii_lowercase())).into()
}

/// `https://host` and `/path`.
fn split_origin(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let path = url[host..].find('/').map_or(url.len(), |it| host + it);
    Some(url.split_at(path))
}

/// The path of `url` below `base`, by whole segments.
fn below(url: &str, base: &str) -> Option<String> {
    let rest = url.strip_prefix(base.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
}

fn without_data(path: &str) -> String {
    let segments: Vec<_> =
        path.split('/').map(|it| if it.is_empty() { it } else { printable_name(it) }).collect();
    segments.join("/")
}

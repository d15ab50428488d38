//! Which exchanges the contract is about.

use crate::{
    document::{Document, Operation, OperationId, Server, normal},
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

/// The servers of URLs.
pub(crate) fn servers(urls: &[String]) -> Vec<Server> {
    urls.iter().map(|it| Server::of_url(it)).collect()
}

/// Finds the operation of an exchange under the documented servers and the further base URLs; on a foreign host only
/// where the documented base path and a template match.
pub(crate) fn scope<'d>(
    document: &'d Document,
    base_urls: &[Server],
    exchange: &Exchange<'_>,
) -> Scope<'d> {
    scope_and_path(document, base_urls, exchange, &normal(&exchange.url)).0
}

/// The path below the server of an exchange that is of an operation or under the contract's servers, without its query.
pub(crate) fn path_in_scope(
    document: &Document,
    base_urls: &[Server],
    exchange: &Exchange<'_>,
) -> Option<String> {
    let url = normal(&exchange.url);
    scope_and_path(document, base_urls, exchange, &url).1.map(str::to_owned)
}

fn scope_and_path<'d, 'u>(
    document: &'d Document,
    base_urls: &[Server],
    exchange: &Exchange<'_>,
    url: &'u str,
) -> (Scope<'d>, Option<&'u str>) {
    let (own, foreign) = paths(document, base_urls, url);
    for below in if own.is_empty() { &foreign } else { &own } {
        match find(document, exchange, *below) {
            Found::Operation(operation) => {
                return (Scope::Operation(operation), Some(below.path));
            }
            Found::Path(template) => {
                let id = OperationId::new(&method(exchange), template);
                return (Scope::Undocumented(id), Some(below.path));
            }
            Found::Nothing => {}
        }
    }
    match own.into_iter().next() {
        Some(Below { path, .. }) => {
            let id = OperationId::new(&method(exchange), &without_data(path));
            (Scope::Undocumented(id), Some(path))
        }
        None => (Scope::Out, None),
    }
}

/// A path below a server.
#[derive(Clone, Copy)]
struct Below<'u> {
    /// The documented server's number; none where the path may be of any operation.
    server: Option<usize>,
    path: &'u str,
}

/// The paths below the contract's own servers, the shortest first, and those that it would be below the documented base
/// paths.
fn paths<'u>(
    document: &Document,
    base_urls: &[Server],
    url: &'u str,
) -> (Vec<Below<'u>>, Vec<Below<'u>>) {
    let documented = || document.servers.iter().enumerate();
    let given = base_urls.iter().filter_map(|it| it.below(url));
    let mut own: Vec<Below<'u>> = documented()
        .filter_map(|(number, it)| Some(Below { server: Some(number), path: it.below(url)? }))
        .chain(given.map(|path| Below { server: None, path }))
        .collect();
    own.sort_by_key(|it| it.path.len());
    if !own.is_empty() {
        return (own, Vec::new());
    }
    // Without a server, or with a relative one, any host will do (OpenAPI 3.1, Server Object).
    let anywhere = document.servers.is_empty().then(|| Server::of_url("/"));
    let anywhere = anywhere.and_then(|it| it.below_base_path(url));
    let foreign = documented()
        .filter_map(|(number, it)| {
            Some(Below { server: Some(number), path: it.below_base_path(url)? })
        })
        .chain(anywhere.map(|path| Below { server: None, path }));
    (own, foreign.collect())
}

enum Found<'d> {
    Operation(&'d Operation),
    /// The path is documented, the method is not.
    Path(&'d str),
    Nothing,
}

fn find<'d>(document: &'d Document, exchange: &Exchange<'_>, below: Below<'_>) -> Found<'d> {
    let method = &*exchange.method;
    let operations = &document.operations;
    let is_there = |number: usize| {
        below.server.is_none_or(|server| operations[number].servers.contains(&server))
    };
    // A parameter takes slashes only where no template takes the path as it stands.
    let with_slashes = || {
        let takes = |it: &Operation| it.template.matches_with_slashes(below.path);
        let numbers = 0..operations.len();
        numbers.into_iter().find(|it| takes(&operations[*it]) && is_there(*it))
    };
    let Some(first) = document.routes.first(below.path, &is_there).or_else(with_slashes) else {
        return Found::Nothing;
    };
    // Only the most concrete template counts: `/a/me` is not `/a/{id}`.
    let alike = document.routes.alike(first).iter().filter(|it| is_there(**it));
    let of_method = |method: &str| {
        let alike = alike.clone().map(|it| &operations[*it]);
        // The one whose query the request has; where it has none of them, the one that asks for least.
        alike.filter(|it| it.method.eq_ignore_ascii_case(method)).min_by_key(|it| {
            let asked = it.query.len();
            if has_query(exchange, &it.query) { (0, usize::MAX - asked) } else { (1, asked) }
        })
    };
    let head_as_get = || method.eq_ignore_ascii_case("HEAD").then(|| of_method("GET")).flatten();
    match of_method(method).or_else(head_as_get) {
        Some(operation) => Found::Operation(operation),
        None => Found::Path(operations[first].id.as_str().split_once(' ').map_or("", |it| it.1)),
    }
}

/// Whether a request's URL has every pair of a query.
fn has_query(exchange: &Exchange<'_>, pairs: &[String]) -> bool {
    if pairs.is_empty() {
        return true;
    }
    let url = exchange.url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or("", |it| it.1);
    pairs.iter().all(|pair| query.split('&').any(|it| it == pair))
}

/// The method where it reads as one.
fn method(exchange: &Exchange<'_>) -> String {
    let method = exchange.method.to_ascii_uppercase();
    printable_name(&method).to_owned()
}

fn without_data(path: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    let segments: Vec<_> =
        path.split('/').map(|it| if it.is_empty() { it } else { printable_name(it) }).collect();
    segments.join("/")
}

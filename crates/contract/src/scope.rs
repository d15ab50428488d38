//! Which exchanges the contract is about.

use crate::{
    document::{Document, Operation, OperationId, PathTemplate, Server, normal},
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
    scope_and_path(document, base_urls, exchange).0
}

/// The path below the server of an exchange that is of an operation or under the contract's servers, without its query.
pub(crate) fn path_in_scope(
    document: &Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> Option<String> {
    scope_and_path(document, base_urls, exchange).1
}

fn scope_and_path<'d>(
    document: &'d Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> (Scope<'d>, Option<String>) {
    let (own, foreign) = paths(document, base_urls, exchange);
    for below in if own.is_empty() { &foreign } else { &own } {
        match find(document, &exchange.method, below) {
            Found::Operation(operation) => {
                return (Scope::Operation(operation), Some(below.path.clone()));
            }
            Found::Path(template) => {
                let id = OperationId::new(&method(exchange), template);
                return (Scope::Undocumented(id), Some(below.path.clone()));
            }
            Found::Nothing => {}
        }
    }
    match own.into_iter().next() {
        Some(Below { path, .. }) => {
            let id = OperationId::new(&method(exchange), &without_data(&path));
            (Scope::Undocumented(id), Some(path))
        }
        None => (Scope::Out, None),
    }
}

/// A path below a server.
struct Below {
    /// The documented server's number; none where the path may be of any operation.
    server: Option<usize>,
    path: String,
}

/// The paths below the contract's own servers, the shortest first, and those that it would be below the documented base
/// paths.
fn paths(
    document: &Document,
    base_urls: &[String],
    exchange: &Exchange<'_>,
) -> (Vec<Below>, Vec<Below>) {
    let url = normal(&exchange.url);
    let documented = || document.servers.iter().enumerate();
    let given = base_urls.iter().filter_map(|it| Server::of_url(it).below(&url));
    let mut own: Vec<Below> = documented()
        .filter_map(|(number, it)| Some(Below { server: Some(number), path: it.below(&url)? }))
        .chain(given.map(|path| Below { server: None, path }))
        .collect();
    own.sort_by_key(|it| it.path.len());
    if !own.is_empty() {
        return (own, Vec::new());
    }
    // Without a server, or with a relative one, any host will do (OpenAPI 3.1, Server Object).
    let anywhere = document.servers.is_empty().then(|| Server::of_url("/"));
    let anywhere = anywhere.and_then(|it| it.below_base_path(&url));
    let foreign = documented()
        .filter_map(|(number, it)| {
            Some(Below { server: Some(number), path: it.below_base_path(&url)? })
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

fn find<'d>(document: &'d Document, method: &str, below: &Below) -> Found<'d> {
    let operations = &document.operations;
    let is_there = |it: &Operation| below.server.is_none_or(|number| it.servers.contains(&number));
    let first = |matches: &dyn Fn(&PathTemplate) -> bool| {
        operations.iter().position(|it| matches(&it.template) && is_there(it))
    };
    // A parameter takes slashes only where no template takes the path as it stands.
    let first = first(&|it| it.matches(&below.path))
        .or_else(|| first(&|it| it.matches_with_slashes(&below.path)));
    let Some(first) = first else {
        return Found::Nothing;
    };
    // Only the most concrete template counts: `/a/me` is not `/a/{id}`.
    let alike = |it: &&Operation| it.template.is_alike(&operations[first].template);
    let same = || operations[first..].iter().take_while(alike).filter(|it| is_there(it));
    let of_method = |method: &str| same().find(|it| it.method.eq_ignore_ascii_case(method));
    let head_as_get = || method.eq_ignore_ascii_case("HEAD").then(|| of_method("GET")).flatten();
    match of_method(method).or_else(head_as_get) {
        Some(operation) => Found::Operation(operation),
        None => Found::Path(operations[first].id.as_str().split_once(' ').map_or("", |it| it.1)),
    }
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

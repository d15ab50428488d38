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

/// What an exchange is to the contract, and why.
#[derive(Debug)]
pub(crate) struct Located<'d, 'u> {
    pub(crate) scope: Scope<'d>,
    /// The path below the server, without its query, where the exchange is in scope.
    pub(crate) path: Option<&'u str>,
    /// Whether only its path speaks for it: nobody names its host.
    pub(crate) by_path: bool,
}

/// What an exchange is to the contract.
pub(crate) fn scope<'d>(
    document: &'d Document,
    base_urls: &[Server],
    exchange: &Exchange<'_>,
) -> Scope<'d> {
    locate(document, base_urls, exchange, &normal(&exchange.url)).scope
}

/// Finds the operation of an exchange under the documented servers and the further base URLs; on a foreign host only
/// where the documented base path and a template match, and say more than that there is a path. `url` is the
/// exchange's, as [`normal`] writes it.
pub(crate) fn locate<'d, 'u>(
    document: &'d Document,
    base_urls: &[Server],
    exchange: &Exchange<'_>,
    url: &'u str,
) -> Located<'d, 'u> {
    let (own, elsewhere) = paths(document, base_urls, url);
    for below in if own.is_empty() { &elsewhere } else { &own } {
        let scope = match find(document, exchange, *below) {
            Found::Operation(operation) => Scope::Operation(operation),
            Found::Path(template) => {
                Scope::Undocumented(OperationId::new(&method(exchange), template))
            }
            Found::Nothing => continue,
        };
        return Located { scope, path: Some(below.path), by_path: below.host == Host::Foreign };
    }
    let path = own.first().map(|it| it.path);
    let scope = own.first().map_or(Scope::Out, |it| {
        Scope::Undocumented(OperationId::new(&method(exchange), &name(document, *it)))
    });
    Located { scope, path, by_path: false }
}

/// A path below a server.
#[derive(Clone, Copy)]
struct Below<'u> {
    /// The documented server's number; none where the path may be of any operation.
    server: Option<usize>,
    path: &'u str,
    host: Host,
}

impl Below<'_> {
    fn has(&self, operation: &Operation) -> bool {
        self.server.is_none_or(|it| operation.servers.contains(&it))
    }
}

/// Whose host a URL is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    /// That of a documented server or a further base URL, or any where none is documented.
    Own,
    /// One that nobody names.
    Foreign,
}

/// The paths below the contract's own servers, the shortest first, and those that it would be below the documented base
/// paths.
fn paths<'u>(
    document: &Document,
    base_urls: &[Server],
    url: &'u str,
) -> (Vec<Below<'u>>, Vec<Below<'u>>) {
    let documented = || document.servers.iter().enumerate();
    let below = |server, path| Below { server, path, host: Host::Own };
    let given = base_urls.iter().filter_map(|it| it.below(url));
    let mut own: Vec<Below<'u>> = documented()
        .filter_map(|(number, it)| Some(below(Some(number), it.below(url)?)))
        .chain(given.map(|path| below(None, path)))
        .collect();
    own.sort_by_key(|it| it.path.len());
    if !own.is_empty() {
        return (own, Vec::new());
    }
    // Without a server, or with a relative one, any host will do (OpenAPI 3.1, Server Object).
    let anywhere = document.servers.is_empty().then(|| Server::of_url("/"));
    let anywhere = anywhere.and_then(|it| it.below_base_path(url));
    let elsewhere = documented()
        .filter_map(|(number, it)| {
            let host = if it.has_host() { Host::Foreign } else { Host::Own };
            Some(Below { server: Some(number), path: it.below_base_path(url)?, host })
        })
        .chain(anywhere.map(|path| below(None, path)));
    (own, elsewhere.collect())
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
    let is_there = |number: usize| below.has(&operations[number]);
    let routes = &document.routes;
    // A parameter takes slashes only where no template takes the path as it stands.
    let with_slashes = || routes.first_with_slashes(below.path, &is_there);
    let Some(first) = routes.first(below.path, &is_there).or_else(with_slashes) else {
        return Found::Nothing;
    };
    // Only the most concrete template counts: `/a/me` is not `/a/{id}`.
    let alike = routes.alike(first).iter().filter(|it| is_there(**it)).map(|it| &operations[*it]);
    if below.host == Host::Foreign && !speaks_for_a_host(document, below, alike.clone()) {
        return Found::Nothing;
    }
    let of_method = |method: &str| {
        // The one whose query the request has; where it has none of them, the one that asks for least.
        alike.clone().filter(|it| it.method.eq_ignore_ascii_case(method)).min_by_key(|it| {
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

/// Whether the path of operations is enough to take a foreign host for the API's: the document has it, not only a
/// quirk, and some of its text must be there, so that it is not every site's.
fn speaks_for_a_host<'d>(
    document: &Document,
    below: Below<'_>,
    mut alike: impl Iterator<Item = &'d Operation>,
) -> bool {
    let has_base_path = below.server.is_some_and(|it| document.servers[it].has_base_path());
    alike.any(|it| !it.is_added && (has_base_path || it.template.literals() > 0))
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

/// A path that is not documented: the longest documented prefix as the document spells it, then what reads as a name.
fn name(document: &Document, below: Below<'_>) -> String {
    let path = below.path.trim_matches('/');
    let is_there = |number: usize| below.has(&document.operations[number]);
    let prefix = document.routes.prefix(path, &is_there);
    let known = prefix.map(|it| document.operations[it.operation].first_segments(it.segments));
    let rest = path.get(prefix.map_or(0, |it| it.end + 1)..);
    let rest = rest.into_iter().flat_map(|it| it.split('/'));
    let rest = rest.map(|it| if it.is_empty() { it } else { printable_name(it) });
    let segments: Vec<&str> = known.into_iter().flatten().chain(rest).collect();
    format!("/{}", segments.join("/"))
}

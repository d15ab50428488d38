//! Which operation and which content an answer is held against: servers, templates, media types.

use contract::{Contract, ContractTexts, MaskKey, Provenance, Report, Run, RunOptions, Text};
use serde_json::{Value, json};
use tests::join;

use super::{answered, documented, told};

/// A document in which every operation requires a member of its own name, and `{ref}`s may hold slashes.
fn document(servers: Value, paths: &[&str]) -> String {
    let item = |path: &&str| {
        let schema = json!({"type": "object", "required": [path]});
        let response =
            json!({"description": "", "content": {"application/json": {"schema": schema}}});
        let parameter =
            json!({"name": "ref", "in": "path", "required": true, "x-multi-segment": true});
        let parameters = if path.contains("{ref}") { json!([parameter]) } else { json!([]) };
        let get = json!({"parameters": parameters, "responses": {"200": response}});
        ((*path).to_owned(), json!({ "get": get }))
    };
    let paths: serde_json::Map<String, Value> = paths.iter().map(item).collect();
    json!({"openapi": "3.0.0", "servers": servers, "paths": paths}).to_string()
}

/// The template by which an answer is judged: each asks for another member.
fn template(report: &Report) -> String {
    match told(report).strip_prefix("required /") {
        Some(name) => name.replace("~1", "/"),
        None if report.exchanges.out_of_scope > 0 => "out of scope".into(),
        None => told(report),
    }
}

fn routed(servers: Value, paths: &[&str], url: &str) -> String {
    let contract = documented(&[("v.json", &document(servers, paths))]).unwrap();
    template(&answered(&contract, url, 200, "application/json", "{}"))
}

#[test]
fn the_most_concrete_template_is_taken() {
    let undocumented = "undocumented-operation -";
    let paths = [
        "/a/{id}",
        "/a/me",
        "/a/{owner}.{ext}",
        "/a/{id}/b",
        "/compare/{base}...{head}",
        "/contents/{path}",
        "/contents/{path}/raw",
        "/{any}",
    ];
    let cases = [
        ("/a/me", "/a/me"),
        ("/a/7", "/a/{id}"),
        ("/a/x%2Fy", "/a/{id}"),
        ("/a/logo.png", "/a/{owner}.{ext}"),
        ("/a/7/b", "/a/{id}/b"),
        ("/a/7/c", undocumented),
        ("/compare/v1...v2", "/compare/{base}...{head}"),
        ("/contents/readme", "/contents/{path}"),
        ("/contents/docs/raw", "/contents/{path}/raw"),
        ("/contents/docs/a/b.txt", "/contents/{path}"),
        ("/b", "/{any}"),
        ("/b/c", undocumented),
    ];
    for (path, expected) in cases {
        let servers = json!([{"url": "https://v.test"}]);
        let url = format!("https://v.test{path}?q=1");
        assert_eq!(routed(servers, &paths, &url), expected, "{path}");
    }
}

#[test]
fn slashes_leave_to_literals_what_is_theirs() {
    let undocumented = "undocumented-operation -";
    let paths = [
        "/b/{ref}",
        "/b/{ref}/protection",
        "/b/{ref}/protection/admins",
        "/b/{sha}/comments",
        "/b/{ref}/merge/{other}",
        "/files/public/list/all",
        "/files/{path}",
    ];
    let cases = [
        ("/b/main", "/b/{ref}"),
        ("/b/stable/2.6", "/b/{ref}"),
        ("/b/stable/2.6/protection", "/b/{ref}/protection"),
        ("/b/main/protection/admins", "/b/{ref}/protection/admins"),
        ("/b/stable/2.6/protection/admins", "/b/{ref}/protection/admins"),
        ("/b/protection/admins", "/b/{ref}"),
        ("/b/main/protection/deletions", undocumented),
        ("/b/stable/2.6/protection/deletions", undocumented),
        ("/b/main/protection/admins/7", undocumented),
        ("/b/stable/merge/main", "/b/{ref}/merge/{other}"),
        ("/b/stable/2.6/merge/main", "/b/{ref}/merge/{other}"),
        ("/b/stable/2.6/merge/main/7", undocumented),
        // Only what the literal stands behind says whether slashes may come before it.
        ("/b/abc/comments", "/b/{sha}/comments"),
        ("/b/abc/comments/7", undocumented),
        ("/b/stable/2.6/comments", "/b/{ref}"),
        // Not behind the parameter that holds the slashes.
        ("/files/public/list/some", "/files/{path}"),
    ];
    for (path, expected) in cases {
        let servers = json!([{"url": "https://v.test"}]);
        assert_eq!(routed(servers, &paths, &format!("https://v.test{path}")), expected, "{path}");
    }
}

#[test]
fn slashes_are_masked_wherever_they_stand() {
    let paths = ["/b/{ref}/protection/{id}"];
    let contract = documented(&[("v.json", &document(Value::Null, &paths))]).unwrap();
    let mut asked = tests::exchange(200, b"{}");
    asked.url = "https://v.test/b/secret/branch/protection/secret".into();
    let masked = contract.mask(&asked, &[], &MaskKey::from_text("law")).unwrap();
    assert!(masked.url.starts_with("https://api.invalid/b/id-"), "{}", masked.url);
    let segments: Vec<_> = masked.url.split('/').map(|it| it.split('-').next().unwrap()).collect();
    assert_eq!(segments[3..], ["b", "id", "id", "protection", "id"]);
}

/// The contract of a document on `https://v.test` and of quirks that say that operations are not in it.
fn with_operations(paths: &[&str], operations: &[&str]) -> Contract {
    let servers = json!([{"url": "https://v.test"}]);
    let documented = vec![Text { name: "v.json".into(), text: document(servers, paths) }];
    let quirk = |(number, operation): (usize, &&str)| Text {
        name: format!("q{number}.toml"),
        text: format!(
            "summary = \"q\"\ndeclared = {{ operation = false }}\nreturned = {{ type = \"object\" }}\n\
             reason = \"r\"\nknown_since = 2026-01-01\npermanent = true\n\
             [[at]]\noperation = \"{operation}\"\nstatus = 200\nplace = \"\"\n"
        ),
    };
    let quirks = operations.iter().enumerate().map(quirk).collect();
    let texts = ContractTexts { documented, quirks, modelled: None, settings: None };
    Contract::load(&texts).unwrap_or_else(|it| panic!("{it}"))
}

/// What recorded answers to GETs show.
fn recorded(contract: &Contract, urls: &[&str]) -> Report {
    let mut run = Run::new(contract, RunOptions::default());
    for (entry, url) in urls.iter().enumerate() {
        let mut exchange = tests::exchange(200, b"{}");
        (exchange.url, exchange.entry) = ((*url).into(), entry);
        exchange.provenance = Provenance::Recorded;
        run.check(&exchange);
    }
    run.report()
}

#[test]
fn what_is_not_documented_is_named_by_the_longest_documented_prefix() {
    let paths = [
        "/orgs/{org}",
        "/orgs/{org}/repos/{repo}",
        "/orgs/{org}/teams/{team}",
        "/orgs/{org}/{product}/{enablement}",
        "/orgs/me",
        "/{any}/{id}/{more}/x",
        "/gists/{user}/{id}",
        "/repos/{owner}/{repo}/contents/{path}",
        "/b/{ref}",
        "/b/{ref}/protection/admins",
        "/raw/{name*}/at/{id}",
        "/v{version}/x",
        "/a b/{id}",
    ];
    let cases = [
        ("/orgs/acme/projects", "/orgs/{org}/projects"),
        ("/orgs/globex/projects/", "/orgs/{org}/projects"),
        ("/orgs/acme/repos/x/7", "/orgs/{org}/repos/{repo}/*"),
        ("/orgs/acme/repos", "/orgs/{org}/repos"),
        ("/orgs/acme/repos/x/forks", "/orgs/{org}/repos/{repo}/forks"),
        ("/orgs/me/projects", "/orgs/me/projects"),
        // Not of `{product}`: the document has literals there, and this may be one that it lacks.
        ("/orgs/acme/projects/7/columns", "/orgs/{org}/projects/*/columns"),
        ("/gists/acme", "/gists/{user}"),
        ("/orgs", "/orgs"),
        ("/repos/acme/site/contents/", "/repos/{owner}/{repo}/contents"),
        ("/b/main/protection/deletions", "/b/{ref}/protection/deletions"),
        ("/b/stable/2.6/protection/deletions", "/b/{ref}/protection/deletions"),
        ("/raw/a/b/at/7/8", "/raw/{name*}/at/{id}/*"),
        ("/v7/y", "/v{version}/y"),
        ("/a%20b/7/c", "/a b/{id}/c"),
        ("/else/7", "/else/*"),
        ("/", "/"),
    ];
    let contract = with_operations(&paths, &[]);
    for (path, expected) in cases {
        let report = recorded(&contract, &[&format!("https://v.test{path}")]);
        let operations: Vec<_> = report.findings.iter().map(|it| it.operation.as_str()).collect();
        assert_eq!(operations, [format!("GET {expected}")], "{path}");
    }
}

#[test]
fn a_quirk_of_an_operation_is_confirmed_by_all_that_have_its_name() {
    let paths = ["/orgs/{org}", "/b/{ref}", "/b/{ref}/protection"];
    let cases = [
        ("/orgs/{org}/projects", ["/orgs/acme/projects", "/orgs/globex/projects"]),
        ("/b/{ref}/protection/x", ["/b/main/protection/x", "/b/stable/2.6/protection/x"]),
    ];
    for (name, asked) in cases {
        let operation = format!("GET {name}");
        let urls = asked.map(|it| format!("https://v.test{it}"));
        let urls = [urls[0].as_str(), urls[1].as_str()];
        let contract = with_operations(&paths, &[&operation]);
        assert_eq!(recorded(&contract, &urls).quirks[0].confirmed, 2, "{name}");
    }
}

#[test]
fn a_foreign_host_needs_more_than_a_path() {
    let out = "out of scope";
    let undocumented = "undocumented-operation -";
    let with = |server: &str, path: &str, url: &str| {
        let servers = if server.is_empty() { Value::Null } else { json!([{ "url": server }]) };
        routed(servers, &[path], url)
    };
    let cases = [
        ("https://v.test", "/", "https://v.test/", "/"),
        ("https://v.test", "/", "https://www.test/", out),
        ("https://v.test", "/{id}", "https://www.test/about", out),
        ("https://v.test", "/{a}/{b}", "https://www.test/about/us", out),
        ("https://v.test", "/{path}", "https://www.test/about/us", out),
        ("https://v.test", "/users/{id}", "https://staging.test/users/7", "/users/{id}"),
        ("https://v.test", "/users/{id}", "https://v.test/else", undocumented),
        ("https://v.test/v1", "/{id}", "https://staging.test/v1/7", "/{id}"),
        ("https://v.test/v1", "/", "https://staging.test/v1", "/"),
        ("https://v.test/{base}", "/{id}", "https://www.test/about/us", out),
        // Where nobody names a host, any is the API's.
        ("", "/", "https://www.test/", "/"),
        ("/", "/{id}", "https://www.test/about", "/{id}"),
    ];
    for (server, path, url, expected) in cases {
        assert_eq!(with(server, path, url), expected, "{server} {path} {url}");
    }
}

#[test]
fn a_quirk_pulls_no_foreign_host_into_scope() {
    let contract = with_operations(&["/users"], &["GET /things/{id}", "POST /users"]);
    let report = recorded(
        &contract,
        &["https://v.test/things/7", "https://www.test/things/7", "https://staging.test/users"],
    );
    let counts = report.exchanges;
    assert_eq!((counts.checked, counts.out_of_scope, counts.on_foreign_hosts), (2, 1, 1));
}

#[test]
fn what_only_its_path_speaks_for_is_counted() {
    let contract = with_operations(&["/users", "/{id}"], &[]);
    let urls = [
        "https://v.test/users",
        "https://staging.test/users",
        "https://other.test/users",
        "https://other.test/else",
    ];
    let counted = |base_url: Option<&str>, provenance: Provenance, urls: &[&str]| {
        let base_urls = base_url.into_iter().map(Into::into).collect();
        let mut run = Run::new(&contract, RunOptions { base_urls, ..RunOptions::default() });
        for url in urls {
            let mut exchange = tests::exchange(200, b"{}");
            (exchange.url, exchange.provenance) = ((*url).into(), provenance);
            run.check(&exchange);
        }
        run.report()
    };
    let count =
        |base_url, provenance| counted(base_url, provenance, &urls).exchanges.on_foreign_hosts;
    assert_eq!(count(None, Provenance::Recorded), 2);
    assert_eq!(count(Some("https://staging.test"), Provenance::Live), 1);
    for ours in [Provenance::Example, Provenance::Case, Provenance::StandIn] {
        assert_eq!(count(None, ours), 0);
    }
    let of = |urls| counted(None, Provenance::Recorded, urls);
    let joined = join(vec![of(&urls[..2]), of(&urls[2..])]).unwrap();
    assert_eq!(joined.exchanges, of(&urls).exchanges);
    // Where no host is documented, none is foreign.
    let anywhere = documented(&[("v.json", &document(Value::Null, &["/users"]))]).unwrap();
    assert_eq!(recorded(&anywhere, &urls[..3]).exchanges.on_foreign_hosts, 0);
    // A report of an older version does not say it.
    let mut older: Value = serde_json::from_str(&joined.to_json()).unwrap();
    older["exchanges"].as_object_mut().unwrap().remove("on_foreign_hosts").unwrap();
    let text = Text { name: "older.json".into(), text: older.to_string() };
    assert_eq!(Report::read(&text).unwrap().exchanges.on_foreign_hosts, 0);
}

#[test]
fn a_query_in_a_path_key_is_that_of_requests() {
    let paths = ["/a", "/a?beta=true", "/a?beta=true&x=1", "/b?v=2", "/b?v=3&w=1"];
    let cases = [
        ("/a", "/a"),
        ("/a?beta=false", "/a"),
        ("/a?limit=1&beta=true", "/a?beta=true"),
        ("/a?x=1&beta=true#top", "/a?beta=true&x=1"),
        ("/b", "/b?v=2"),
        ("/b?w=1&v=3", "/b?v=3&w=1"),
    ];
    for (path, expected) in cases {
        let url = format!("https://v.test{path}");
        assert_eq!(routed(Value::Null, &paths, &url), expected, "{path}");
    }
    let contract = documented(&[("v.json", &document(Value::Null, &paths))]).unwrap();
    let mut asked = tests::exchange(200, b"{}");
    asked.url = "https://v.test/a?token=secret&beta=true".into();
    let masked = contract.mask(&asked, &[], &MaskKey::from_text("law")).unwrap();
    assert_eq!(masked.url, "https://api.invalid/a?beta=true");
}

#[test]
fn servers_have_variables_and_base_paths() {
    let with = |url: &str| json!([{"url": url, "variables": {"region": {"default": "eu"}, "base": {"default": "v1", "enum": ["v1", "v2"]}}}]);
    let out = "out of scope";
    let cases = [
        ("https://v.test", "https://v.test/x", "/x"),
        ("https://v.test/", "https://V.TEST:443/x", "/x"),
        ("https://v.test/v1", "https://v.test/v1/x", "/x"),
        ("https://v.test/v1", "https://v.test/v2/x", out),
        ("https://{region}.v.test/{base}", "https://asia.v.test/v3/x", "/x"),
        ("https://{region}.v.test/{base}", "https://asia.v.test/", out),
        ("/v1", "https://anywhere.test/v1/x", "/x"),
        ("/v1", "https://anywhere.test/x", out),
        ("/", "https://anywhere.test/x", "/x"),
        ("https://v.test/v1", "https://staging.test/v1/x", "/x"),
    ];
    for (server, url, expected) in cases {
        assert_eq!(routed(with(server), &["/x"], url), expected, "{server} {url}");
    }
    assert_eq!(routed(Value::Null, &["/x"], "https://anywhere.test/x"), "/x");
}

#[test]
fn paths_and_operations_have_servers_of_their_own() {
    let response = |name: &str| json!({"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "required": [name]}}}}});
    let server = |url: &str| json!([{ "url": url }]);
    let document = json!({"openapi": "3.1.0", "servers": server("https://v.test/v1"), "paths": {
        "/x": {"get": {"responses": response("root")}},
        "/y": {"servers": server("https://files.test"), "get": {"responses": response("path")}},
        "/z": {"servers": server("https://files.test"), "get": {"servers": server("https://z.test"), "responses": response("operation")}},
    }});
    let contract = documented(&[("v.json", &document.to_string())]).unwrap();
    let undocumented = "undocumented-operation -";
    for (url, expected) in [
        ("https://v.test/v1/x", "root"),
        ("https://files.test/y", "path"),
        ("https://z.test/z", "operation"),
        ("https://v.test/v1/y", undocumented),
        ("https://files.test/z", undocumented),
    ] {
        let report = answered(&contract, url, 200, "application/json", "{}");
        assert_eq!(template(&report), expected, "{url}");
    }
}

#[test]
fn answers_are_held_against_the_content_they_came_as() {
    let schema = |name: &str| json!({"schema": {"type": "object", "required": [name]}});
    let document = |content: Value| {
        let document = json!({"openapi": "3.1.0", "paths": {"/x": {"get": {"responses": {"200": {"description": "", "content": content}}}}}});
        documented(&[("v.json", &document.to_string())]).unwrap()
    };
    let both = json!({"application/json": schema("j"), "application/vnd.v.v1+json": schema("v"), "text/event-stream": {}});
    let ranges = json!({"application/*+json": schema("suffix"), "application/*": schema("range"), "*/*": schema("any")});
    let json = json!({"application/json": schema("j")});
    let cases = [
        (&both, "application/json; charset=utf-8", "{}", "required /j"),
        (&both, "Application/VND.v.v1+json", "{}", "required /v"),
        (&both, "text/event-stream", "data: {}\n\n", ""),
        (&both, "text/html", "<p>", "content-type -"),
        (&ranges, "application/hal+json", "{}", "required /suffix"),
        (&ranges, "application/json", "{}", "required /range"),
        (&ranges, "text/json", "{}", "required /any"),
        (&ranges, "text/html", "<p>", ""),
        (&json, "application/problem+json", "{}", "content-type -, required /j"),
        (&json, "text/event-stream", "data: {}\n\n", "content-type -"),
    ];
    for (content, media_type, body, expected) in cases {
        let contract = document(content.clone());
        let report = answered(&contract, "https://v.test/x", 200, media_type, body);
        assert_eq!(told(&report), expected, "{content} {media_type}");
    }
    let stream = answered(&document(json), "https://v.test/x", 200, "text/event-stream", "data: 1");
    assert!(stream.findings[0].message.contains("an event stream came"), "{:?}", stream.findings);
    let left_alone =
        answered(&document(both), "https://v.test/x", 200, "text/event-stream", "data: 1");
    assert!(left_alone.skipped[0].reason.contains("event stream"));
}

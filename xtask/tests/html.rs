//! The HTML report as people meet it: its text, and the page in a browser.

mod chromium;
mod common;

use std::{collections::BTreeMap, fs, io::Write, path::PathBuf};

use chromium::Browser;
use common::root;

/// The page of a run over recordings and cases, in a folder of its own.
fn page(arguments: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let report = format!("html={}", path.display());
    let always = ["check", "--today", "2026-11-23", "--report", &report];
    common::xtask(&[&always, arguments].concat(), &BTreeMap::new());
    (folder, path)
}

const BROKEN: &[&str] = &[
    "tests/recordings",
    "tests/cases/violation/several-at-once.har",
    "tests/cases/violation/one-defect-200-times.har",
    "tests/cases/undocumented/field.har",
    "tests/cases/mutated/source-null.har",
    "tests/cases/skipped",
];

/// What a reader reads: the text of the body, a line for each row or block, cells apart by bars.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    let mut text = String::new();
    for part in body.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        match name {
            "h1" | "h2" | "h3" | "h4" => text += "\n\n# ",
            "p" | "li" | "tr" | "dt" | "summary" | "pre" | "label" | "nav" | "fieldset" => {
                text.push('\n')
            }
            "th" | "td" | "dd" => text += " | ",
            _ => {}
        }
        text += words;
    }
    for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(escaped, plain);
    }
    let lines = text.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|it| !it.is_empty()).map(|it| it.replace("# ", "\n# ") + "\n").collect()
}

#[test]
fn the_page_reads_without_a_browser() {
    let (_folder, path) = page(BROKEN);
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = text(&fs::read_to_string(path).unwrap());
    settings.bind(|| insta::assert_snapshot!("command__html", text));
}

#[test]
fn what_nothing_would_notice_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let strength = folder.path().join("strength.json").display().to_string();
    common::xtask(&["strength", "--json", &strength], &BTreeMap::new());
    let (_folder, path) = page(&["--strength", &strength]);
    let text = text(&fs::read_to_string(path).unwrap());
    assert!(text.contains("# Strength\n") && text.contains("planted faults noticed"), "{text}");
    assert!(text.contains("| /last_rating | extra-member | 5 | open object"), "{text}");
}

#[test]
fn equal_runs_make_equal_pages() {
    let pages = [page(BROKEN), page(BROKEN)].map(|it| fs::read(it.1).unwrap());
    assert_eq!(pages[0], pages[1]);
}

#[test]
fn what_is_no_strength_of_the_contract_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    common::xtask(&["strength", "--json", &path("own.json")], &BTreeMap::new());
    let own = fs::read_to_string(path("own.json")).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&own).unwrap();
    other["contract"] = "0".repeat(12).into();
    fs::write(path("other.json"), other.to_string()).unwrap();
    other["format_version"] = 99.into();
    fs::write(path("later.json"), other.to_string()).unwrap();
    let promised = "promised what `strength --json` writes";
    let cases = [
        ("schemas/contract.toml".to_owned(), promised),
        (path("later.json"), promised),
        (path("other.json"), "the strength of another contract than the report's"),
    ];
    for (strength, expected) in cases {
        let screen = common::xtask(&["check", "--strength", &strength], &BTreeMap::new());
        assert!(screen.starts_with("exit 2\n") && screen.contains(expected), "{screen}");
    }
}

/// How many elements of a selector are shown.
fn shown(browser: &mut Browser, selector: &str) -> u64 {
    let all = format!("[...document.querySelectorAll({selector:?})]");
    let count = browser.value(&format!("{all}.filter((it) => it.checkVisibility()).length"));
    count.as_u64().unwrap()
}

const ROWS: &str = ".tree tbody tr";
const FOCUSED: &str = "document.activeElement.dataset.place";

#[test]
fn the_page_works_in_a_browser() {
    let Some(mut browser) = Browser::start() else {
        // What the macros print is shown only where a test fails.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the HTML report in a browser; no Chromium on this machine (Debian: apt-get install chromium)"
        );
        return;
    };
    let (_folder, path) = page(BROKEN);
    browser.width(1200);
    browser.open(&path, "");
    let all = shown(&mut browser, ROWS);
    assert!(all > 40, "{all}");

    // It filters, and the rows above a match stay.
    browser.value("document.querySelector('input[value=e]').click()");
    let errors = browser.value("document.querySelectorAll('.tree tr.error').length").as_u64();
    assert_eq!(shown(&mut browser, ".tree tr.error"), errors.unwrap());
    let filtered = shown(&mut browser, ROWS);
    assert!(errors.unwrap() > 2 && filtered < all, "{errors:?} {filtered}");
    assert_eq!(shown(&mut browser, ".tree tr[data-place='/ambassadors/*']"), 1);
    browser.value("document.querySelector('input[value=\"\"]').click()");
    assert_eq!(shown(&mut browser, ROWS), all);

    // It searches, from the keyboard alone.
    browser.press("/");
    browser.write("EMAIL");
    let found = browser.value("document.querySelector('output').value");
    assert_eq!(found, format!("2 of {all}"));
    assert_eq!(shown(&mut browser, ROWS), 5, "two places, and the three above them");
    browser.value("document.querySelector('#place').value = ''; document.querySelector('.tools').dispatchEvent(new Event('input'))");
    assert_eq!(shown(&mut browser, ROWS), all);

    // The tree is moved through with the arrows.
    browser.value("document.querySelector('.tree tr[tabindex=\"0\"]').focus()");
    assert_eq!(browser.value(FOCUSED), "");
    browser.press("ArrowDown");
    assert_eq!(browser.value(FOCUSED), "/ambassadors");
    browser.press("ArrowLeft");
    let folded = shown(&mut browser, ROWS);
    assert!(folded < all);
    browser.press("ArrowDown");
    assert_ne!(browser.value(FOCUSED), "/ambassadors/*");
    browser.press("ArrowUp");
    browser.press("ArrowRight");
    assert_eq!(shown(&mut browser, ROWS), all);
    browser.press("ArrowRight");
    assert_eq!(browser.value(FOCUSED), "/ambassadors/*");
    browser.press("End");
    assert_eq!(browser.value(FOCUSED), "/unread_count");
    browser.press("Home");
    assert_eq!(browser.value(FOCUSED), "");

    // A link leads to a row, and Enter from the row to its finding.
    browser.value("location.hash = document.querySelector('[data-place=\"/source\"]').id");
    browser.value("new Promise(requestAnimationFrame)");
    assert_eq!(browser.value(FOCUSED), "/source");
    browser.press("Enter");
    let finding = browser.value("location.hash.slice(1)").as_str().unwrap().to_owned();
    browser.value("new Promise(requestAnimationFrame)");
    assert_eq!(browser.value("document.activeElement.id"), finding);

    // A link to what is folded opens it: a known deviation's note.
    let note = browser.value("document.querySelector('.notes li[id]').id");
    let note = note.as_str().unwrap();
    browser.open(&path, "");
    assert_eq!(shown(&mut browser, ".notes li"), 0);
    browser.open(&path, &format!("#{note}"));
    assert_eq!(browser.value("document.activeElement.id"), note);
    assert_eq!(shown(&mut browser, &format!("[id='{note}']")), 1);

    // On a phone nothing is wider than the screen.
    for width in [320, 390, 1200] {
        browser.width(width);
        browser.open(&path, "");
        let wide = browser.value("document.documentElement.scrollWidth").as_u64();
        assert!(wide <= Some(width.into()), "at {width} pixels: {wide:?}");
    }

    // On paper nothing is folded.
    browser.print();
    let details = browser
        .value("document.querySelectorAll('details > p, details > ul, details .card').length");
    assert_eq!(
        shown(&mut browser, "details > p, details > ul, details .card"),
        details.as_u64().unwrap()
    );
    assert!(details.as_u64() > Some(10));
    assert_eq!(shown(&mut browser, ".tools"), 0);

    // Nothing was fetched and nothing went wrong; and a fetch would have been refused and seen.
    assert_eq!(browser.errors(), Vec::<String>::new());
    let file = format!("file://{}", path.display());
    assert_eq!(browser.requests(), [&file]);
    browser.value("fetch('http://127.0.0.1:9/').catch(() => 0)");
    assert!(browser.errors().concat().contains("Content Security Policy"));
}

/// Names, reasons and addresses may hold anything.
#[test]
fn a_text_is_never_markup() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let hostile = "</style><script>alert(1)</script><b title='\\u0007";
    let document = r#"{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://domain.tld"}],
        "paths": {"/a": {"get": {"responses": {"200": {"description": "a", "content": {"application/json": {"schema":
        {"type": "object", "properties": {"HOSTILE": {"type": "string", "enum": ["HOSTILE"]}, "b": {"type": "string"}}}}}}}}}}}"#;
    write("contract/documented/openapi.json", &document.replace("HOSTILE", hostile));
    let quirk = r#"
        summary = "HOSTILE"
        declared = { type = "string" }
        returned = { type = "integer" }
        reason = "HOSTILE"
        known_since = 2026-11-22
        permanent = true
        ticket = "javascript:alert(1)"
        at = [{ operation = "GET /a", status = 200, place = "/b" }]
        evidence = [{ kind = "page", note = "HOSTILE", url = "javascript:alert(1)" }]"#;
    write("contract/quirks/hostile.toml", &quirk.replace("HOSTILE", hostile));
    let har = r#"{"log": {"version": "1.2", "_paperwire": {"provenance": "case"}, "entries": [{"request": {"method": "GET", "url": "https://domain.tld/a"},
        "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{\"HOSTILE\": 1, \"b\": 2}"}}}]}}"#;
    let hostile_in_har = hostile.replace('\\', "\\\\");
    write("<img src=x>.har", &har.replace("HOSTILE", &hostile_in_har));
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (_folder, path) = page(&["--contract", &at("contract"), &at("<img src=x>.har")]);
    let page = fs::read_to_string(path).unwrap();
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
            && page.contains("javascript:alert(1)")
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</style").count(), 1);
    for markup in ["<img", "<b title", "href=\"javascript", "\u{7}"] {
        assert!(!page.contains(markup), "{markup}");
    }
}

//! What the suite and the laws share: this repository's contract, recordings and cases.

pub mod hostile;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use contract::{
    Body, Contract, ContractTexts, Exchange, JoinError, Origin, PlaceTally, Provenance, Report,
    Run, RunOptions, Severity, Unreadable,
};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the suite stands in the repository")
}

/// The texts of this repository's contract.
pub fn texts() -> ContractTexts {
    let mut texts =
        harness::read_contract(&root().join("schemas")).expect("schemas/ is a contract folder");
    // Messages name files from the root on, wherever the repository lies.
    let relative = |name: &mut String| {
        let path = Path::new(name.as_str());
        *name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    };
    texts.quirks.iter_mut().for_each(|it| relative(&mut it.name));
    texts.documented.iter_mut().for_each(|it| relative(&mut it.name));
    texts
}

/// This repository's contract.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    Contract::load(&texts()).unwrap_or_else(|it| panic!("schemas/ has faults\n{it}"))
});

/// The HAR files below a folder of the repository, in order.
pub fn har_files(folder: &str) -> Vec<PathBuf> {
    let found = harness::recordings(&root().join(folder), false);
    found.into_iter().map(|it| it.unwrap_or_else(|it| panic!("{it}"))).collect()
}

/// Reads a HAR and gives each entry to `each`.
pub fn read(path: &Path, each: impl FnMut(Result<Exchange<'_>, Unreadable>)) {
    let bytes = fs::read(path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    let source = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    harness::read_har(&source, &bytes, each);
}

/// The report of a whole run, from those of its parts, which are named by their number.
///
/// # Errors
/// Where they are not of one run.
pub fn join(reports: Vec<Report>) -> Result<Report, JoinError> {
    let named = reports.into_iter().enumerate();
    contract::join(named.map(|(index, it)| (format!("report {}", index + 1), it)).collect())
}

/// The report on all entries of a HAR, by a contract.
pub fn report_by(contract: &Contract, path: &Path) -> Report {
    let mut run = Run::new(contract, RunOptions::default());
    read(path, |entry| match entry {
        Ok(exchange) => run.check(&exchange),
        Err(unreadable) => run.unreadable(unreadable),
    });
    run.report()
}

/// What is kept of a report as a snapshot: the findings, and the shape that was seen. Never a value.
pub fn summary(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = finding.place.as_ref().map_or_else(String::new, |it| format!(" {it}"));
        let status = finding.status.map_or_else(String::new, |it| format!(" {it}"));
        if finding.severity == Severity::Note {
            let _ = writeln!(out, "{} note[{}]{status}{place}", finding.id, finding.rule.id());
            continue;
        }
        let came: Vec<_> = finding.came.iter().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "{} {}[{}] {}{status}{place}\n    promised {} ({}), came {} x{}\n    {}\n    {}",
            finding.id,
            finding.severity.as_str(),
            finding.rule.id(),
            finding.operation,
            finding.promised,
            finding.promised_by.as_str(),
            if came.is_empty() { "nothing".to_owned() } else { came.join(", ") },
            finding.count,
            finding.message,
            finding.settle,
        );
    }
    for skipped in &report.skipped {
        let _ = writeln!(out, "entry {} left alone: {}", skipped.entry, skipped.reason);
    }
    if !report.places.is_empty() {
        out.push_str("\nshape\n");
    }
    for place in report.places.iter().filter(|it| it.seen + it.missing > 0) {
        let _ = writeln!(out, "{} {}: {}", place.status, place.place, shape(place));
    }
    out
}

fn shape(place: &PlaceTally) -> String {
    let mut words: Vec<String> = place.types.keys().map(|it| (*it).to_owned()).collect();
    words.extend(place.formats.keys().map(|it| format!("({it})")));
    for (count, word) in [(place.missing, "missing"), (place.empty, "empty")] {
        if count > 0 {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

/// An exchange that a test makes: a `GET` of the chatroom, answered with JSON.
pub fn exchange(status: u16, body: &[u8]) -> Exchange<'_> {
    Exchange {
        source: "law",
        entry: 0,
        byte: None,
        provenance: Provenance::Case,
        probe: None,
        asked_by_us: false,
        method: "GET".into(),
        url: "https://domain.tld/api/v2/chat/chatrooms/8".into(),
        preflight: false,
        status,
        content_type: Some("application/json".into()),
        body: Body::Bytes { bytes: body.into(), origin: Origin::Unknown },
    }
}

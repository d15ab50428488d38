//! What several forms say alike.

use contract::{
    DocumentFault, Finding, LeftOut, Provenance, QuirkReport, QuirkState, Report, Rule, Severity,
    Sighting, Unreadable, Verdict, keep_first,
};

pub(crate) use contract::printable;

/// How much of what could not be read is told at once.
pub(crate) const MOST_UNREADABLE: usize = 10;

/// How many servers of a contract are named.
const MOST_SERVERS: usize = 3;

/// `1 error`, `2 errors`.
pub(crate) fn plural(count: impl Into<u64>, word: &str) -> String {
    match count.into() {
        1 => format!("1 {word}"),
        count if word.ends_with('y') => format!("{count} {}ies", &word[..word.len() - 1]),
        count => format!("{count} {word}s"),
    }
}

pub(crate) fn verdict(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Kept => "Contract kept",
        Verdict::Broken => "Contract broken",
        Verdict::CouldNotCheck => "Could not check",
    }
}

/// `3 exchanges checked: 1 error, 0 warnings.`
pub(crate) fn counts(report: &Report) -> String {
    let counts =
        [Severity::Error, Severity::Warning].map(|it| plural(report.count(it) as u64, it.as_str()));
    format!("{} checked: {}.", plural(report.exchanges.checked, "exchange"), counts.join(", "))
}

/// `GET /a 200 /place`.
pub(crate) fn subject(finding: &Finding) -> String {
    let status = finding.status.map_or_else(String::new, |it| format!(" {it}"));
    let place = finding.place.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    format!("{}{status}{place}", finding.operation)
}

/// Whether a finding is about the accepted shape, which nothing in the contract promises.
pub(crate) fn is_of_shape(finding: &Finding) -> bool {
    matches!(finding.rule, Rule::ShapeNew | Rule::ShapeGone)
}

/// `3 times in 2 exchanges`; nothing where no exchange is concerned.
pub(crate) fn often(finding: &Finding) -> Option<String> {
    finding.first.as_ref()?;
    let (count, exchanges) = (finding.count, finding.exchanges);
    Some(format!("{} in {}", plural(count, "time"), plural(exchanges, "exchange")))
}

/// `x.har, entry 0, byte 1234, /place`.
pub(crate) fn sighting(first: &Sighting) -> String {
    let byte = first.byte.map_or_else(String::new, |it| format!(", byte {it}"));
    let pointer =
        if first.pointer.is_empty() { String::new() } else { format!(", {}", first.pointer) };
    format!("{}, entry {}{byte}{pointer}", first.source, first.entry)
}

/// The file that a finding was first seen in; none where what was seen came from a server or through standard input.
pub(crate) fn file_of<'f>(report: &Report, finding: &'f Finding) -> Option<&'f str> {
    let source = finding.first.as_ref()?.source.as_str();
    let is_server = report.run.at.is_some()
        && [Provenance::Live, Provenance::StandIn].iter().any(|it| it.as_str() == source);
    (!is_server && source != harness::STANDARD_INPUT).then_some(source)
}

/// What was counted of a quirk.
pub(crate) fn quirk_counts(quirk: &QuirkReport) -> String {
    let words =
        [(quirk.mutated, "mutated"), (quirk.healed, "healed"), (quirk.confirmed, "confirmed")];
    let seen = words.iter().filter(|it| it.0 > 0).map(|(count, word)| format!("{count} {word}"));
    let mut counts: Vec<String> = seen.collect();
    match quirk.state {
        QuirkState::Unconfirmed => {
            counts.push(format!("{} seen, none shows it", plural(quirk.neutral, "value")))
        }
        QuirkState::NotExercised => counts.push("no value seen".into()),
        _ if quirk.confirmed_on_wire == 0 => counts.push("not yet seen on the wire".into()),
        _ => counts.push(format!("{} of them on the wire", quirk.confirmed_on_wire)),
    }
    if quirk.expired {
        counts.push("expired".into());
    }
    counts.join(", ")
}

/// Faults of a document by what is wrong: the first of each, and how many there are.
pub(crate) fn alike(faults: &[DocumentFault]) -> Vec<(&DocumentFault, usize)> {
    let mut alike: Vec<(&DocumentFault, usize)> = Vec::new();
    for fault in faults {
        match alike.iter_mut().find(|it| it.0.message == fault.message) {
            Some((_, count)) => *count += 1,
            None => alike.push((fault, 1)),
        }
    }
    alike
}

/// `2 exchanges left alone`, and so on; empty where all were checked.
pub(crate) fn left_out(report: &Report) -> Vec<String> {
    let counts = &report.exchanges;
    let rows = [
        (counts.skipped, "left alone"),
        (counts.out_of_scope, "out of scope"),
        (counts.could_not_check, "could not be checked"),
    ];
    let told = rows.iter().filter(|it| it.0 > 0);
    told.map(|(count, words)| format!("{} {words}", plural(*count, "exchange"))).collect()
}

/// What could not be read, a line each: so much of it at most, and how much more there is.
pub(crate) fn unreadable(named: &[Unreadable], more: u64, most: usize) -> Vec<String> {
    let mut told = named.to_vec();
    keep_first(&mut told, most);
    let more = more.saturating_add((named.len() - told.len()) as u64);
    let line = |it: &Unreadable| {
        let entry = it.entry.map_or_else(String::new, |it| format!(", entry {it}"));
        let byte = it.byte.map_or_else(String::new, |it| format!(", byte {it}"));
        printable(format!("{}{entry}{byte}: {}", it.source, it.reason))
    };
    told.iter().map(line).chain((more > 0).then(|| format!("{more} more"))).collect()
}

/// The same of what was counted on the way.
pub(crate) fn left_unread(left_out: LeftOut<Unreadable>) -> Vec<String> {
    let (named, counts) = left_out.into_parts();
    let more = counts.values().sum::<u64>() - named.len() as u64;
    unreadable(&named, more, MOST_UNREADABLE)
}

/// The same of a report, folded.
pub(crate) fn unreadable_of(report: &Report) -> Vec<String> {
    unreadable(&report.unreadable, report.more_unreadable(), MOST_UNREADABLE)
}

/// Why exchanges may be out of scope where none was judged, and what settles it.
pub(crate) fn out_of_scope(report: &Report) -> Option<String> {
    let counts = &report.exchanges;
    if counts.checked > 0 || counts.out_of_scope == 0 {
        return None;
    }
    let servers = &report.run.servers;
    let named: Vec<String> =
        servers.iter().take(MOST_SERVERS).map(|it| format!("`{it}`")).collect();
    let more = match servers.len().saturating_sub(MOST_SERVERS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let about = match named.as_slice() {
        [] => String::new(),
        named => format!("The contract is about {}{more}. ", named.join(", ")),
    };
    let may_be = match counts.beside_base_path {
        0 => "If what is out of scope is the same API on another host".to_owned(),
        count => format!(
            "{} came from its host, below another base path; if that is the API",
            plural(count, "exchange")
        ),
    };
    Some(format!("{about}{may_be}, name the server, base path included: `--base-url URL`"))
}

/// How many exchanges were judged though nobody names their host, and what settles it; none where there are none.
pub(crate) fn foreign_hosts(report: &Report) -> Option<String> {
    let count = report.exchanges.on_foreign_hosts;
    let judged = plural(count, "exchange");
    (count > 0).then(|| {
        format!(
            "{judged} judged by path, on hosts that the document does not name; `--base-url URL` says which host is the API's"
        )
    })
}

//! The message to the vendor about one quirk, in Markdown: what the reference says, what comes, and what would correct it.

use std::fmt::Write;

use serde_json::Value;

use crate::{
    contract::Contract,
    curl::curl,
    document::Operation,
    excerpt::excerpt,
    exchange::{Body, Exchange, Provenance},
    json,
    quirk::{
        Came, Comes, Declared, Holds, Quirk, QuirkPlace, Verdict, Wire, judge_content,
        media_type_of,
    },
    report::QuirkReport,
    schema::{Side, describe::describe, fragment},
    scope::{Scope, scope, servers},
    tally::Tally,
    text::{Faults, Text},
    walk::{Sight, walk},
};

/// An exchange that shows a quirk, as far as it may be told: no value is in it but codes that the quirk pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where the exchange comes from.
    pub provenance: Provenance,
    request: String,
    status: u16,
    /// Where the quirk is about it.
    content_type: Option<String>,
    body: String,
}

impl Contract {
    /// What an exchange shows of a quirk; none where it does not show it, or where the vendor did not say it.
    pub fn shows(
        &self,
        quirk: &Quirk,
        exchange: &Exchange<'_>,
        base_urls: &[String],
    ) -> Option<Shown> {
        let all_base_urls = servers(&[self.settings.base_urls.as_slice(), base_urls].concat());
        let Scope::Operation(operation) = scope(&self.documented, &all_base_urls, exchange) else {
            return None;
        };
        let mut of_response = quirk
            .at
            .iter()
            .filter(|it| it.operation == operation.id && it.status == exchange.status);
        let Body::Bytes { bytes, .. } = &exchange.body else { return None };
        let (content_type, body) = match quirk.content() {
            Some(form) => {
                of_response.next()?;
                let read = json::read(bytes);
                let came = Came {
                    media_type: media_type_of(exchange.content_type.as_deref()),
                    holds: Holds::of(read.as_ref().map(|it| &it.value)),
                };
                let response = self.paper_response(&operation.id, exchange.status);
                let said = judge_content([(0, quirk)].into_iter(), response, &came);
                (said == [(0, Verdict::Confirmed)]).then_some(())?;
                let body = if form.json { "{ … }" } else { "…" };
                (Some(form.media_type.clone()), body.to_owned())
            }
            None => {
                let body = json::read(bytes).ok()?.value;
                let lacking = self.lacking(quirk, operation, exchange, &body);
                let mut shown = of_response.filter_map(|at| {
                    let shows = |owner: Option<&Value>, it: &Value| match owner {
                        Some(owner) if quirk.wire.is_nothing() => {
                            lacking.iter().any(|it| std::ptr::eq(*it, owner))
                        }
                        owner => self.is_shown_by(quirk, operation, exchange, at, (owner, it)),
                    };
                    excerpt(quirk, &shows, &body, &at.place)
                });
                (None, shown.next()?)
            }
        };
        let request = format!("{} {}", operation.method, self.address_of(operation));
        let status = exchange.status;
        let provenance = exchange.provenance;
        let shown = Shown { provenance, request, status, content_type, body };
        provenance.is_vendors().then_some(shown)
    }

    /// The objects of a body that show a quirk by a member that they lack.
    fn lacking<'v>(
        &self,
        quirk: &Quirk,
        operation: &Operation,
        exchange: &Exchange<'_>,
        body: &'v Value,
    ) -> Vec<&'v Value> {
        let judge = self.judge_of(operation, exchange).ok().flatten();
        let Some(judge) = judge.filter(|_| quirk.wire.is_nothing()) else { return Vec::new() };
        let (mut tally, mut counted) = (Tally::default(), Vec::new());
        let sights = walk(judge, body, &mut tally, &mut counted).into_iter();
        let owners = sights.filter_map(|it| match it {
            Sight::Quirk { spot, value: None, quirk: number, verdict: Verdict::Confirmed }
                if self.quirks[number].id == quirk.id =>
            {
                body.pointer(spot.pointer.rsplit_once('/')?.0)
            }
            Sight::Quirk { .. } | Sight::Undocumented { .. } => None,
        });
        owners.collect()
    }

    /// Whether a value at a place, with what holds it, shows a quirk.
    fn is_shown_by(
        &self,
        quirk: &Quirk,
        operation: &Operation,
        exchange: &Exchange<'_>,
        at: &QuirkPlace,
        (owner, value): (Option<&Value>, &Value),
    ) -> bool {
        let judge = || self.judge_of(operation, exchange).ok().flatten();
        match quirk.schemas() {
            Some((declared, comes)) => {
                let fits = |by: &Value| fragment::validator(by).is_ok_and(|it| it.is_valid(value));
                fits(comes) && !fits(declared)
            }
            None if *quirk.wire.comes() == Comes::AnotherAlternative => {
                let parent = at.place.split_last().map(|it| it.0);
                let above = || judge()?.quirks.find(parent.as_ref()?.segments());
                let within = above().map_or(&[][..], |it| it.here.within()).iter();
                let mut of_quirk = within.filter(|it| self.quirks[it.number].id == quirk.id);
                owner.is_some_and(|owner| {
                    of_quirk.any(|it| it.judge(owner, value) == Verdict::Confirmed)
                })
            }
            None => judge().is_some_and(|judge| {
                let here = judge.quirks.find(at.place.segments());
                let said = here.map_or(Vec::new(), |it| it.here.judge(value));
                said.into_iter().any(|(number, verdict)| {
                    self.quirks[number].id == quirk.id && verdict == Verdict::Confirmed
                })
            }),
        }
    }

    /// The message about a quirk. `seen` is what a run says of it, `shown` an exchange of that run, `documented` the text
    /// of the vendor's document.
    ///
    /// # Errors
    /// Where the document cannot be read.
    pub fn message(
        &self,
        quirk: &Quirk,
        seen: &[QuirkReport],
        shown: Option<&Shown>,
        documented: &[Text],
    ) -> Result<String, Faults> {
        let sections = [
            self.title(quirk),
            self.reference(quirk),
            wire(quirk, seen),
            often(quirk, seen),
            shown.map_or(String::new(), Shown::section),
            self.request(quirk),
            self.correction_section(quirk, documented)?,
        ];
        let sections: Vec<String> = sections.into_iter().filter(|it| !it.is_empty()).collect();
        Ok(sections.join("\n"))
    }

    fn title(&self, quirk: &Quirk) -> String {
        let summary = first_in_capitals(&quirk.summary);
        let mut out = match quirk.at.as_slice() {
            [one] => format!("# {}: {}\n\n", one.place.in_words(), quirk.summary),
            _ => format!("# {summary}\n\n"),
        };
        for at in &quirk.at {
            let _ = writeln!(
                out,
                "- `{}`, status {}, {}",
                at.operation,
                at.status,
                at.place.in_words()
            );
        }
        out
    }

    fn reference(&self, quirk: &Quirk) -> String {
        let mut out = "## What the reference says\n\n".to_owned();
        let operations = self.documented.operations.iter();
        let mut pages: Vec<String> = operations
            .filter(|it| quirk.at.iter().any(|at| at.operation == it.id))
            .filter_map(|it| self.page_of(it))
            .collect();
        pages.dedup();
        if pages.is_empty() {
            let info = &self.paper.document(Side::Documented)["info"];
            let said = |key: &str| info[key].as_str().unwrap_or("?");
            pages.push(format!("Your document `{}`, version {}", said("title"), said("version")));
        }
        let _ = writeln!(out, "{}:\n", pages.join(", "));
        match &quirk.declared {
            Declared::Schema(Value::Bool(false)) => {
                out += "Nothing: the place is not documented.\n";
            }
            Declared::NoOperation => out += "Nothing: the operation is not documented.\n",
            Declared::Schema(declared) => {
                let declared = fragment::normal(declared);
                let words = first_in_capitals(&describe(&declared));
                let _ = write!(out, "{words}.\n\n{}", code("json", &pretty(&declared)));
            }
            Declared::OneAlternative => {
                out += "A value that fits exactly one of the alternatives (`oneOf`).\n";
            }
            Declared::OwnAlternative => {
                out += "Alternatives (`oneOf` or `anyOf`) that say different things of the member: a value is one of them.\n";
            }
            Declared::MediaTypes(_) => {
                let _ = writeln!(out, "The body comes as {}.", quirk.declared.in_words());
            }
        }
        if let Some(described) = &quirk.described {
            let _ = writeln!(
                out,
                "\nIts prose says something else: {}.",
                describe(&fragment::normal(described))
            );
        }
        out
    }

    /// Where an operation is documented, and when that was read.
    fn page_of(&self, operation: &Operation) -> Option<String> {
        let document = self.paper.document(Side::Documented);
        let said = |keyword: &str| {
            let own = document.pointer(&operation.pointer)?.get(keyword);
            own.or_else(|| document.get(keyword))
        };
        let docs = said("externalDocs")?;
        let url = docs.get("url")?.as_str()?;
        let title = docs.get("description").and_then(Value::as_str);
        let retrieved = said("x-retrieved").and_then(Value::as_str);
        let when = retrieved.map_or_else(String::new, |it| format!(", as retrieved on {it}"));
        let page = title.map_or_else(|| format!("<{url}>"), |it| format!("[{it}]({url})"));
        Some(format!("{page}{when}"))
    }

    fn address_of(&self, operation: &Operation) -> String {
        let server = self.server_of(operation);
        let template = operation.id.as_str().split_once(' ').map_or("", |it| it.1);
        format!("{server}{template}")
    }

    fn request(&self, quirk: &Quirk) -> String {
        let mut operations: Vec<&Operation> = quirk
            .at
            .iter()
            .filter_map(|it| self.documented.operation(it.operation.as_str()))
            .collect();
        operations.dedup_by_key(|it| &it.id);
        let document = self.paper.document(Side::Documented);
        let commands: Vec<String> =
            operations.iter().map(|it| curl(document, it, &self.address_of(it))).collect();
        format!(
            "## To see it\n\nWith your own values in the variables:\n\n{}",
            code("sh", &commands.join("\n"))
        )
    }

    fn correction_section(&self, quirk: &Quirk, documented: &[Text]) -> Result<String, Faults> {
        if documented.len() > 1 {
            let files = documented.len();
            return Ok(format!(
                "## What would correct the reference\n\nOur copy of it has {files} files, and an overlay corrects one: \
                 there is none here.\n"
            ));
        }
        let actions = self.correction(quirk, documented)?;
        Ok(if actions.is_empty() {
            "## What would correct the reference\n\nNothing: it allows what comes.\n".to_owned()
        } else {
            format!(
                "## What would correct the reference\n\nThese actions of an \
                 [OpenAPI Overlay](https://spec.openapis.org/overlay/v1.0.0.html) on our copy of it:\n\n{}",
                code("json", &pretty(&actions.into()))
            )
        })
    }
}

impl Shown {
    fn section(&self) -> String {
        let whence = if self.provenance.is_wire() {
            "Recorded from a server."
        } else {
            "This is the reference's own example, not an answer of a server."
        };
        let Self { request, status, body, .. } = self;
        let header = self.content_type.as_ref();
        let header = header.map_or_else(String::new, |it| format!("\nContent-Type: {it}"));
        format!(
            "## An answer that shows it\n\n{whence} Values are masked: `0` stands for a digit, `x` for a letter, `…` for \
             what is left out.\n\n{}",
            code("http", &format!("{request}\n\nHTTP {status}{header}\n\n{body}"))
        )
    }
}

fn wire(quirk: &Quirk, seen: &[QuirkReport]) -> String {
    let mut out = match (
        total(quirk, seen, |it| it.confirmed_on_wire),
        total(quirk, seen, |it| it.confirmed),
    ) {
        (1.., _) => "## What comes\n\n",
        (0, 1..) => "## What its own example shows\n\n",
        (0, 0) => "## What we believe comes\n\n",
    }
    .to_owned();
    let is_nothing = quirk.wire.is_nothing();
    let how = match &quirk.wire {
        Wire::Returned(_) if is_nothing || quirk.is_undocumented() => "",
        Wire::Returned(_) => " instead",
        Wire::Also(_) => " as well",
    };
    match quirk.wire.comes() {
        Comes::Schema(_) if is_nothing && quirk.wire.is_returned() => {
            out += "Nothing: the member never comes.\n";
        }
        Comes::Schema(_) if is_nothing => out += "Sometimes nothing: the member may be missing.\n",
        Comes::Schema(comes) => {
            let comes = fragment::normal(comes);
            let words = first_in_capitals(&describe(&comes));
            let _ = write!(out, "{words}{how}.\n\n{}", code("json", &pretty(&comes)));
        }
        Comes::SeveralAlternatives => out += "A value that fits several of them as well.\n",
        Comes::AnotherAlternative => {
            out += "A value that is one of them, with the member as another of them has it, as well.\n";
        }
        Comes::Content(form) => {
            let _ = writeln!(out, "The body comes as {}{how}.", form.in_words());
        }
    }
    let _ = writeln!(out, "\nWhy we believe it: {}", quirk.reason);
    if !quirk.evidence.is_empty() {
        out.push('\n');
    }
    for evidence in &quirk.evidence {
        let url = evidence.url.as_ref().map_or_else(String::new, |it| format!(" (<{it}>)"));
        let _ = writeln!(out, "- {}: {}{url}", evidence.kind.as_str(), evidence.note);
    }
    out
}

fn often(quirk: &Quirk, seen: &[QuirkReport]) -> String {
    let of = |count| total(quirk, seen, count);
    let (confirmed, on_wire) = (of(|it| it.confirmed), of(|it| it.confirmed_on_wire));
    let otherwise = of(|it| it.neutral + it.healed);
    let mut out = format!("## How often\n\nKnown since {}. ", quirk.known_since);
    out += &match (on_wire, confirmed) {
        (0, 0) => "Not yet seen on the wire, and in no example: it rests on what is listed above."
            .to_owned(),
        (0, _) => format!(
            "Not yet seen on the wire: the reference's own examples show it, in {}.",
            values(confirmed)
        ),
        _ => format!("Seen on the wire in {}.", values(on_wire)),
    };
    if otherwise > 0 {
        let _ = write!(out, " {} as documented.", was(otherwise));
    }
    let mutated = of(|it| it.mutated);
    if mutated > 0 {
        let _ = write!(out, " {} neither.", was(mutated));
    }
    out.push('\n');
    out
}

/// A count of a quirk over all its places.
fn total(quirk: &Quirk, seen: &[QuirkReport], count: fn(&QuirkReport) -> u64) -> u64 {
    seen.iter().filter(|it| it.id == quirk.id).map(count).sum()
}

fn values(count: u64) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

fn was(count: u64) -> String {
    format!("{} {}", values(count), if count == 1 { "was" } else { "were" })
}

fn code(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("only maps with text keys")
}

fn first_in_capitals(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |it| it.to_uppercase().collect::<String>() + rest.as_str())
}

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
    quirk::{Quirk, Wire},
    report::QuirkReport,
    schema::{Side, describe::describe, fragment},
    scope::{Scope, scope, servers},
    text::{Faults, Text},
};

/// An exchange that shows a quirk, as far as it may be told: no value is in it but codes that the quirk pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where the exchange comes from.
    pub provenance: Provenance,
    request: String,
    status: u16,
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
        let body = json::read(bytes).ok()?.value;
        let body = of_response.find_map(|at| excerpt(quirk, &body, &at.place))?;
        let request = format!("{} {}", operation.method, self.address_of(operation));
        let status = exchange.status;
        let provenance = exchange.provenance;
        provenance.is_vendors().then_some(Shown { provenance, request, status, body })
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
        if quirk.is_undocumented() {
            out += "Nothing: the place is not documented.\n";
        } else {
            let declared = fragment::normal(&quirk.declared);
            let _ = write!(
                out,
                "{}.\n\n{}",
                first_in_capitals(&describe(&declared)),
                code("json", &pretty(&declared))
            );
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
        format!(
            "## An answer that shows it\n\n{whence} Values are masked: `0` stands for a digit, `x` for a letter, `…` for \
             what is left out.\n\n{}",
            code("http", &format!("{request}\n\nHTTP {status}\n\n{body}"))
        )
    }
}

fn wire(quirk: &Quirk, seen: &[QuirkReport]) -> String {
    let comes = fragment::normal(quirk.wire.schema());
    let words = first_in_capitals(&describe(&comes));
    let mut out = match (
        total(quirk, seen, |it| it.confirmed_on_wire),
        total(quirk, seen, |it| it.confirmed),
    ) {
        (1.., _) => "## What comes\n\n",
        (0, 1..) => "## What its own example shows\n\n",
        (0, 0) => "## What we believe comes\n\n",
    }
    .to_owned();
    match &quirk.wire {
        Wire::Returned(Value::Bool(false)) => out += "Nothing: the member never comes.\n",
        Wire::Also(Value::Bool(false)) => out += "Sometimes nothing: the member may be missing.\n",
        Wire::Returned(_) => {
            let instead = if quirk.is_undocumented() { "" } else { " instead" };
            let _ = write!(out, "{words}{instead}.\n\n{}", code("json", &pretty(&comes)));
        }
        Wire::Also(_) => {
            let _ = write!(out, "{words} as well.\n\n{}", code("json", &pretty(&comes)));
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

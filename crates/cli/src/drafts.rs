//! Drafts of one run after the other: what one pins may uncover another.

use anyhow::Result;
use contract::{Contract, ContractTexts, Draft, Finding, Rule, Run, Severity};
use jiff::civil::Date;

use crate::report::words::{plural, printable};

/// A value that a draft makes fit an alternative may fit another too; more rounds than this show nothing more.
const MOST_ROUNDS: usize = 6;

/// How many errors are named that no draft explains.
const MOST_LEFT: usize = 5;

/// What was drafted, and what stays an error once every draft has a reason.
pub(crate) struct Drafts {
    pub(crate) drafts: Vec<Draft>,
    /// None where that is not known: the exchanges cannot be checked again.
    pub(crate) left: Option<Vec<Finding>>,
}

/// The drafts of a run, and those of what remains when they have reasons. `check` gives the same exchanges to another run.
pub(crate) fn drafts(
    run: &Run<'_>,
    texts: &ContractTexts,
    today: Date,
    mut check: impl FnMut(&mut Run<'_>) -> Result<()>,
) -> Result<Drafts> {
    let mut all = run.drafts(today);
    if all.is_empty() {
        return Ok(Drafts { drafts: all, left: Some(errors(run)) });
    }
    for round in 1.. {
        let mut texts = texts.clone();
        texts.quirks.extend(all.iter().map(Draft::as_if_read));
        // What contradicts each other is for people to settle.
        let Ok(contract) = Contract::load(&texts) else { break };
        let mut again = Run::new(&contract, run.options().clone());
        check(&mut again)?;
        let more = if round < MOST_ROUNDS { again.drafts(today) } else { Vec::new() };
        if more.is_empty() {
            return Ok(Drafts { drafts: all, left: Some(errors(&again)) });
        }
        all.extend(more);
    }
    Ok(Drafts { drafts: all, left: None })
}

fn errors(run: &Run<'_>) -> Vec<Finding> {
    let mut findings = run.findings();
    findings.retain(|it| it.severity == Severity::Error);
    findings
}

impl Drafts {
    /// What stays an error, and why no draft explains it.
    pub(crate) fn left_in_words(&self) -> String {
        let Some(left @ [_, ..]) = self.left.as_deref() else { return String::new() };
        let mut out = format!("no draft explains {}:\n", plural(left.len() as u64, "error"));
        for it in left.iter().take(MOST_LEFT) {
            let status = it.status.map_or_else(String::new, |it| format!(" {it}"));
            let place = it.place.as_ref().map_or("", |it| it.as_str());
            let place = if place.is_empty() { String::new() } else { format!(" {place}") };
            let (rule, why) = (it.rule.id(), why(it));
            let line = format!("{rule} {}{status}{place}: {why}", it.operation);
            out += &format!("  {}\n", printable(&line));
        }
        if let Some(more @ 1..) = left.len().checked_sub(MOST_LEFT) {
            out += &format!("  and {more} more\n");
        }
        out
    }
}

/// Why an error stays.
fn why(finding: &Finding) -> &str {
    match finding.rule {
        // What settles it is in the file of the quirk that there is.
        Rule::QuirkMutated | Rule::QuirkHealed => &finding.settle,
        Rule::DuplicateMember => "what a member means that comes twice, no quirk could say",
        Rule::UndocumentedField => "no quirk could say that the member may come here",
        _ if finding.nearest_branch.is_some() => {
            "it fits no alternative, and what is wrong inside the nearest could not be pinned alone"
        }
        _ => "no quirk pins this",
    }
}

//! `explain [RULE]`.

use clap::{Args, builder::PossibleValuesParser};
use contract::Rule;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The rule; without one, all are listed
    #[arg(value_parser = PossibleValuesParser::new(Rule::ALL.iter().map(|it| it.id())), hide_possible_values = true)]
    rule: Option<String>,
}

impl Explain {
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        match self.rule.as_deref().and_then(Rule::named) {
            Some(rule) => out!("{}", rule.page()),
            None => out!("{}", list()),
        }
        Ok(0)
    }
}

fn list() -> String {
    let width = Rule::ALL.iter().map(|it| it.id().len()).max().unwrap_or_default();
    let line = |rule: &Rule| {
        format!("{:<8} {:<width$}  {}\n", rule.severity().as_str(), rule.id(), meaning(*rule))
    };
    Rule::ALL.iter().map(line).collect()
}

/// The first sentence of a rule's page, which starts below its title.
fn meaning(rule: Rule) -> &'static str {
    let paragraph = rule.page().lines().nth(2).unwrap_or_default();
    let end = [". ", ": "].iter().filter_map(|it| paragraph.find(it)).min();
    end.map_or(paragraph.trim_end_matches('.'), |it| &paragraph[..it])
}

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
        format!("{:<8} {:<width$}  {}\n", rule.severity().as_str(), rule.id(), rule.meaning())
    };
    Rule::ALL.iter().map(line).collect()
}

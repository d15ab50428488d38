//! Drafts of one run after the other: what one pins may uncover another.

use anyhow::Result;
use contract::{Contract, ContractTexts, Draft, Run};
use jiff::civil::Date;

/// A value that a draft makes fit an alternative may fit another too; more rounds than this show nothing more.
const MOST_ROUNDS: usize = 4;

/// The drafts of a run, and those of what remains when they have reasons. `check` gives the same exchanges to another run.
pub(crate) fn drafts(
    run: &Run<'_>,
    texts: &ContractTexts,
    today: Date,
    mut check: impl FnMut(&mut Run<'_>) -> Result<()>,
) -> Result<Vec<Draft>> {
    let mut all = run.drafts(today);
    let mut last = all.len();
    for _ in 1..MOST_ROUNDS {
        if last == 0 {
            break;
        }
        let mut texts = texts.clone();
        texts.quirks.extend(all.iter().map(Draft::as_if_read));
        // What contradicts each other is for people to settle.
        let Ok(contract) = Contract::load(&texts) else { break };
        let mut again = Run::new(&contract, run.options().clone());
        check(&mut again)?;
        let more = again.drafts(today);
        last = more.len();
        all.extend(more);
    }
    Ok(all)
}

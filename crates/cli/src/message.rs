//! `quirks report ID`: the message to the vendor about one quirk.

use anyhow::bail;
use clap::Args;
use contract::{Provenance, Run, RunOptions, Shown};

use crate::{Defaults, Sources, report::words::unreadable_of, terminal};

/// Arguments of `quirks report`.
#[derive(Debug, Args)]
pub(crate) struct Message {
    /// The quirk's name
    id: String,
    #[command(flatten)]
    sources: Sources,
}

impl Message {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let texts = self.sources.texts(defaults)?;
        let contract = crate::compile(&texts)?;
        let Some(quirk) = contract.quirks().iter().find(|it| it.id.as_str() == self.id) else {
            let known: Vec<&str> = contract.quirks().iter().map(|it| it.id.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!("no quirk `{}` in the register; it has: {known}", self.id);
        };
        let base_urls = self.sources.base_url.clone();
        let options = RunOptions { base_urls: base_urls.clone(), ..RunOptions::default() };
        let mut run = Run::new(&contract, options);
        let mut shown: Option<Shown> = None;
        let is_wire = |it: &Option<Shown>| it.as_ref().is_some_and(|it| it.provenance.is_wire());
        self.sources.each(&contract, defaults, |entry| match entry {
            // What we made ourselves tells the vendor nothing.
            Ok(it) if !it.provenance.is_wire() && it.provenance != Provenance::Example => {}
            Ok(exchange) => {
                run.check(&exchange);
                if !is_wire(&shown) {
                    let this = contract.shows(quirk, &exchange, &base_urls);
                    if shown.is_none() || is_wire(&this) {
                        shown = this;
                    }
                }
            }
            Err(it) => run.unreadable(it),
        })?;
        let report = run.report();
        out!("{}", contract.message(quirk, &report.quirks, shown.as_ref(), &texts.documented)?);
        if !report.unreadable.is_empty() {
            // What is printed is for sending.
            terminal::mutter(&terminal::unreadable(&unreadable_of(&report)));
        }
        Ok(if report.unreadable.is_empty() { 0 } else { 2 })
    }
}

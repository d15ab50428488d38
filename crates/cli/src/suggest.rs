//! `quirks suggest`: drafts a quirk for each deviation that no quirk explains yet.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use contract::{Run, RunOptions};

use crate::{
    Defaults, Sources, Today, compile,
    drafts::{Drafts, drafts},
    live::{Begin, ProbingArgs},
    report::words::unreadable_of,
    terminal,
};

/// Arguments of `quirks suggest`.
#[derive(Debug, Args)]
pub(crate) struct Suggest {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    live: ProbingArgs,
    #[command(flatten)]
    today: Today,
    /// The folder that the drafts are written to [default: `quirks` in the contract folder]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Suggest {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let texts = self.sources.texts(defaults)?;
        let contract = compile(&texts)?;
        let quirks = self.sources.folder(defaults)?.join("quirks");
        let to = self.to.clone().unwrap_or(quirks);
        let asking = match self.live.begin(&contract, self.sources.stand_ins(defaults))? {
            Begin::Files => None,
            Begin::Ask(asking) => Some(asking),
            Begin::Printed => return Ok(0),
        };
        let mut base_urls = self.sources.base_url.clone();
        base_urls.extend(asking.iter().map(|it| it.base_url().to_owned()));
        let mut run = Run::new(&contract, RunOptions { base_urls, ..RunOptions::default() });
        self.sources.check_or_ask(&mut run, asking.as_deref(), defaults, None)?;
        let report = run.report();
        let today = self.today.day();
        // A server is not asked again, and a stream is read once.
        let is_stream = self.sources.files.iter().any(|it| harness::is_read_once(it));
        let drafts = match asking.is_some() || is_stream {
            true => Drafts { drafts: run.drafts(today), left: None },
            false => drafts(&run, &texts, today, |run| self.sources.check(run, defaults, None))?,
        };
        let left = drafts.left_in_words();
        let drafts = drafts.drafts;
        let secrets = asking.as_ref().map_or_else(Vec::new, |it| it.secrets(&texts));
        for draft in &drafts {
            if harness::starred(&draft.text, &secrets) != draft.text {
                bail!(
                    "not drafted: an answer has a secret of this run for a member's name; tell the vendor"
                );
            }
            let path = to.join(format!("{}.toml", draft.id));
            if path.exists() {
                bail!("{}: there already; read it, then complete or delete it", path.display());
            }
        }
        for draft in &drafts {
            let path = to.join(format!("{}.toml", draft.id));
            harness::write_whole(&path, draft.text.as_bytes())?;
            outln!("wrote {}", path.display());
            if let Some(field) = &draft.field {
                outln!("  {field}");
            }
        }
        out!("{}{left}", terminal::unreadable(&unreadable_of(&report)));
        if drafts.is_empty() {
            outln!("nothing to draft: no deviation that a quirk could pin is unexplained");
        } else {
            outln!(
                "\nEach has a blank `reason` and cannot be loaded so: read it, say why you believe it or delete it, let the \
                 model follow, then `{} check{}{}`.",
                defaults.command,
                self.live.again(),
                self.sources.again()
            );
        }
        Ok(if report.unreadable.is_empty() { 0 } else { 2 })
    }
}

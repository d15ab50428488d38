//! Which contract a command is about, and which exchanges.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use contract::{Contract, ContractTexts, Exchange, Run, Shard, Unreadable};

use crate::{Defaults, StandIns, check_base_urls, compile, live, operations, read, shell};

/// Which contract, and which exchanges.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    /// HAR or NDJSON files, gzipped or not, folders or patterns of them; `-` is standard input
    #[arg(value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
    /// Plain JSON files are bodies of this operation's answers, such as "GET /chat/chatrooms/{id}"
    #[arg(long, value_name = "OPERATION", requires = "status")]
    pub(crate) operation: Option<String>,
    /// The status of those answers
    #[arg(long, value_name = "STATUS", requires = "operation", value_parser = clap::value_parser!(u16).range(100..600))]
    status: Option<u16>,
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Vec<String>,
}

impl Sources {
    pub(crate) fn load(&self, defaults: &Defaults) -> anyhow::Result<Contract> {
        compile(&self.texts(defaults)?)
    }

    pub(crate) fn texts(&self, defaults: &Defaults) -> anyhow::Result<ContractTexts> {
        check_base_urls(&self.base_url)?;
        read(self.folder(defaults)?)
    }

    pub(crate) fn folder<'s>(&'s self, defaults: &'s Defaults) -> anyhow::Result<&'s Path> {
        let folder = self.contract.as_deref().or(defaults.contract.as_deref());
        folder.context("no contract folder; name one with --contract DIR")
    }

    /// The folder of the model's types: the default's belongs to the default contract.
    pub(crate) fn types<'d>(&self, defaults: &'d Defaults) -> Option<&'d Path> {
        defaults.types.as_deref().filter(|_| self.contract.is_none())
    }

    /// The folder of the accepted shape: the default's belongs to the default contract.
    pub(crate) fn shape_folder(&self, defaults: &Defaults) -> anyhow::Result<PathBuf> {
        match (&self.contract, &defaults.shape, &defaults.contract) {
            (Some(contract), ..) | (None, None, Some(contract)) => Ok(contract.join("shape")),
            (None, Some(shape), _) => Ok(shape.clone()),
            (None, None, None) => bail!("no contract folder; name one with --contract DIR"),
        }
    }

    /// The places of what the contract is made of, which nothing else is written to.
    pub(crate) fn own_places(&self, defaults: &Defaults) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.folder(defaults)?;
        let mut places = ["documented", "modelled", "quirks", "contract.toml"]
            .map(|it| folder.join(it))
            .to_vec();
        places.push(self.shape_folder(defaults)?);
        places.extend(self.recordings(defaults));
        Ok(places)
    }

    /// The folders of the contract's recordings: the default's belong to the default contract.
    fn recordings(&self, defaults: &Defaults) -> Vec<PathBuf> {
        match &self.contract {
            Some(contract) => vec![contract.join("recordings")],
            None => defaults.recordings.clone(),
        }
    }

    /// The servers of our own for the contract.
    pub(crate) fn stand_ins<'d>(&self, defaults: &'d Defaults) -> Option<&'d StandIns> {
        defaults.stand_ins.as_ref().filter(|_| self.contract.is_none())
    }

    /// What was given of this, as words behind a command.
    pub(crate) fn again(&self) -> String {
        let status = self.status.map(|it| it.to_string());
        let options = [
            ("contract", self.contract.as_ref().map(|it| it.display().to_string())),
            ("operation", self.operation.clone()),
            ("status", status),
        ];
        let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let base_urls = self.base_url.iter().map(|it| ("base-url", it.clone()));
        let options = options.chain(base_urls);
        let options = options.map(|(name, value)| format!(" --{name} {}", shell::quoted(value)));
        let files = self.files.iter().map(|it| format!(" {}", shell::quoted(it.display())));
        options.chain(files).collect()
    }

    /// Checks every answer of a server, or every exchange of the files.
    pub(crate) fn check_or_ask(
        &self,
        run: &mut Run<'_>,
        asking: Option<&live::Asking>,
        defaults: &Defaults,
        bulk: Option<&Bulk>,
    ) -> anyhow::Result<()> {
        match asking {
            Some(asking) => asking.ask(|index, planned, answer| {
                harness::check_answer(
                    run,
                    asking.source(),
                    index,
                    planned,
                    answer,
                    asking.provenance(),
                );
            }),
            None => self.check(run, defaults, bulk),
        }
    }

    /// Checks every exchange of the files.
    pub(crate) fn check(
        &self,
        run: &mut Run<'_>,
        defaults: &Defaults,
        bulk: Option<&Bulk>,
    ) -> anyhow::Result<()> {
        let found = self.found(defaults);
        if found.is_empty() {
            bail!("no recordings; name HAR or NDJSON files, or folders of them");
        }
        let bulk = harness::Bulk {
            threads: bulk.and_then(|it| it.threads),
            answered: self.answered(run.contract())?,
        };
        let (contract, options) = (run.contract(), run.options().clone());
        harness::check_all(run, &|| Run::new(contract, options.clone()), &found, &bulk);
        Ok(())
    }

    /// Gives every exchange of the files, or what cannot be read, to `each`.
    pub(crate) fn each(
        &self,
        contract: &Contract,
        defaults: &Defaults,
        mut each: impl FnMut(Result<Exchange<'_>, Unreadable>),
    ) -> anyhow::Result<()> {
        let answered = self.answered(contract)?;
        for found in self.found(defaults) {
            match found {
                Ok(path) => harness::each_exchange(&path, answered.as_ref(), &mut each),
                Err(unreadable) => each(Err(unreadable)),
            }
        }
        Ok(())
    }

    /// The files that are named, else the contract's recordings.
    fn found(&self, defaults: &Defaults) -> Vec<harness::Found> {
        let own = || {
            let mut own = self.recordings(defaults);
            // A contract need not have any.
            own.retain(|it| self.contract.is_none() || it.is_dir());
            own
        };
        let paths = if self.files.is_empty() { &own() } else { &self.files };
        let mut found = Vec::new();
        for path in paths {
            let files = harness::recordings(path, self.operation.is_some());
            found.extend(files.into_iter().map(|it| it.map_err(|it| unreadable(&it))));
        }
        found
    }

    /// The recordings that there are to read.
    pub(crate) fn files_read(&self, defaults: &Defaults) -> Vec<PathBuf> {
        self.found(defaults).into_iter().filter_map(Result::ok).collect()
    }

    /// What plain JSON files are the bodies of.
    fn answered(&self, contract: &Contract) -> anyhow::Result<Option<harness::Answered>> {
        let (Some(operation), Some(status)) = (&self.operation, self.status) else {
            return Ok(None);
        };
        let Some((method, url)) = contract.request_of(operation) else {
            bail!("no operation `{operation}` in the contract; it has: {}", operations(contract));
        };
        Ok(Some(harness::Answered { method, url, status }))
    }
}

/// How much at a time.
#[derive(Debug, Args)]
pub(crate) struct Bulk {
    /// How many threads check [default: one for each core]; what is found is the same
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Check only the K-th of N parts of the exchanges, from 1; each exchange belongs to one part
    #[arg(long, value_name = "K/N", conflicts_with_all = ["live", "stand_in"])]
    pub(crate) shard: Option<Shard>,
    /// Check every body in full, to compare: what is found is the same
    #[arg(long)]
    pub(crate) no_fast_path: bool,
}

pub(crate) fn unreadable(error: &harness::SourceError) -> Unreadable {
    let source = error.path().display().to_string();
    let reason = error.to_string();
    let reason = reason
        .strip_prefix(&format!("{}: ", contract::printable(&source)))
        .map(str::to_owned)
        .unwrap_or(reason);
    Unreadable { source, entry: None, byte: None, reason }
}

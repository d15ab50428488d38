//! `schema`, of any contract: the vendor's document as the wire is, and the overlay that makes it so.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use contract::ContractTexts;
use serde_json::Value;

/// Arguments of `schema` where no types are exported.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Corrected {
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: PathBuf,
    /// Write nothing; say what would change, and exit 1 where anything would
    #[arg(long)]
    check: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  written, or up to date
  1  something would change, by --check
  2  usage or configuration: a contract that cannot be read, or a document of several files, which no overlay corrects";

const NAMES: [&str; 2] = ["overlay.json", "openapi.json"];

impl Corrected {
    /// Writes `corrected/` of the contract, or says what would change.
    ///
    /// # Errors
    /// Where the contract cannot be read, or a file cannot be written.
    pub fn run(&self) -> anyhow::Result<u8> {
        let files = corrected(&self.contract, &crate::read(&self.contract)?)?;
        let mut is_another = false;
        for path in NAMES.map(|it| self.contract.join("corrected").join(it)) {
            let text = files.get(&path);
            if fs::read_to_string(&path).ok().as_ref() == text {
                continue;
            }
            is_another = true;
            let done = match (text, self.check) {
                (Some(_), true) => "would change",
                (None, true) => "would be removed",
                (Some(text), false) => {
                    harness::write_whole(&path, text.as_bytes())?;
                    "written"
                }
                (None, false) => {
                    fs::remove_file(&path).with_context(|| path.display().to_string())?;
                    "removed"
                }
            };
            outln!("{} {done}", path.display());
        }
        if !is_another {
            match files.is_empty() {
                true => outln!("no quirk corrects the document"),
                false => outln!("up to date"),
            }
        }
        Ok(u8::from(self.check && is_another))
    }
}

/// The vendor's document as the wire is, and the overlay that makes it so, by path; nothing where no quirk corrects it.
///
/// # Errors
/// Where the contract is none, or its document is of several files.
pub fn corrected(
    folder: &Path,
    texts: &ContractTexts,
) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    // The model has no say in it, and may be what is being made.
    let contract = crate::compile(&ContractTexts { modelled: None, ..texts.clone() })?;
    let corrected = contract
        .corrected(&texts.documented)
        .map_err(|it| crate::faults("the document has", &it))?;
    let folder = folder.join("corrected");
    let [overlay, openapi] = NAMES.map(|it| folder.join(it));
    Ok(corrected.map_or(BTreeMap::new(), |it| {
        BTreeMap::from([(overlay, pretty(&it.overlay)), (openapi, pretty(&it.openapi))])
    }))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("only maps with text keys") + "\n"
}

//! `init VENDOR [TRAFFIC.har]`: the first minute with an API: a contract folder, checked, with its quirks drafted.

mod documents;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::bail;
use clap::Args;
use contract::{Contract, ContractTexts, OperationId, Report, Run, RunOptions};
use harness::{NewFolder, write_whole};

use crate::{
    Defaults, Today, check_base_urls,
    drafts::{Drafts, drafts},
    faults,
    report::words::{alike, foreign_hosts, plural, printable, unreadable_of},
    shell, terminal,
};

/// How many faults of the document are named.
const MOST_FAULTS: usize = 3;

/// Of how many exchanges it is told why they were left alone, where nothing was checked.
const MOST_SKIPPED: usize = 3;

const DEFAULT_OUT: &str = "contract";

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The vendor's OpenAPI document, JSON or YAML, with the files beside it that it refers to; or a folder that holds it
    document: PathBuf,
    /// Recorded traffic: a HAR file, such as a browser's export, or NDJSON, or a folder of them
    traffic: Option<PathBuf>,
    /// The folder that is made
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    out: PathBuf,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL")]
    base_url: Vec<String>,
    #[command(flatten)]
    today: Today,
}

impl Init {
    pub(crate) fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        let Self { document, traffic, out, .. } = self;
        check_base_urls(&self.base_url)?;
        if let Some(traffic) = traffic
            && harness::is_recording(document)
            && documents::is_read(traffic)
        {
            let right = [traffic, document].map(|it| shell::quoted(it.display())).join(" ");
            bail!(
                "{}: promised the vendor's document, and this is called as recorded traffic; they stand the other way round: \
                 {} init {right}{}",
                document.display(),
                defaults.command,
                self.options_again()
            );
        }
        let documents = documents::collect(document)?;
        let recordings = match traffic {
            Some(path) => {
                harness::recordings(path, false).into_iter().collect::<Result<Vec<_>, _>>()?
            }
            None => Vec::new(),
        };
        let made = NewFolder::begin(out)?;
        for (name, text) in &documents.texts {
            write_whole(&made.path().join("documented").join(name), text.as_bytes())?;
        }
        fs::create_dir(made.path().join("quirks"))?;
        let line = ("exchange.schema.json", harness::exchange_line_schema());
        for (name, schema) in contract::format_schemas().into_iter().chain([line]) {
            if ["contract.schema.json", "quirk.schema.json", "exchange.schema.json"].contains(&name)
            {
                let text = serde_json::to_string_pretty(&schema)? + "\n";
                write_whole(&made.path().join("format").join(name), text.as_bytes())?;
            }
        }
        let texts = named_as_if_in(out, made.path())?;
        let contract = Contract::load(&texts).map_err(|mut it| {
            it.0.iter_mut().for_each(|it| documents.name(&mut it.file, out));
            faults(&format!("{} has", document.display()), &it)
        })?;
        let settings = settings(&contract, &self.base_url);
        write_whole(&made.path().join("contract.toml"), settings.as_bytes())?;

        let options = RunOptions { base_urls: self.base_url.clone(), ..RunOptions::default() };
        let mut run = Run::new(&contract, options);
        check(&mut run, &recordings);
        let seen = run.report();
        if is_unread(&seen) {
            out!("{}", terminal::unreadable(&unreadable_of(&seen)));
            bail!("nothing of the traffic could be read, and no folder was made");
        }
        let today = self.today.day();
        let can_be_read_again = !traffic.as_deref().is_some_and(harness::is_read_once);
        let drafts = match can_be_read_again {
            true => drafts(&run, &texts, today, |run| {
                check(run, &recordings);
                Ok(())
            })?,
            false => Drafts { drafts: run.drafts(today), left: None },
        };
        let left = drafts.left_in_words();
        let drafts = drafts.drafts;
        for draft in &drafts {
            let path = made.path().join("quirks").join(format!("{}.toml", draft.id));
            write_whole(&path, draft.text.as_bytes())?;
        }
        made.finish()?;

        let report = run.report();
        outln!(
            "made {} of {}, with {}{}",
            out.display(),
            document.display(),
            plural(contract.operations().count() as u64, "operation"),
            match documents.texts.len() {
                1 => String::new(),
                several => format!(" in {several} files"),
            }
        );
        out!("{}", self.document_faults(&contract, &texts, defaults.command));
        if traffic.is_some() {
            out!("{}", told(&report));
        }
        if !drafts.is_empty() {
            outln!(
                "drafted {} in {}:",
                plural(drafts.len() as u64, "quirk"),
                out.join("quirks").display()
            );
            drafts.iter().take(5).for_each(|it| outln!("  {}", it.id));
            if drafts.len() > 5 {
                outln!("  … and {} more", drafts.len() - 5);
            }
        }
        out!("{left}");
        let has_operations = contract.operations().next().is_some();
        out!("{}", self.next(defaults.command, &report, has_operations, !drafts.is_empty()));
        let is_unchecked = traffic.is_some() && report.exchanges.checked == 0;
        Ok(match (report.unreadable.is_empty(), is_unchecked) {
            (false, _) => 2,
            (true, true) => 3,
            (true, false) => 0,
        })
    }

    /// The first faults of the document, and how to see all.
    /// The options that were given, as words behind a command.
    fn options_again(&self) -> String {
        let out =
            (self.out != Path::new(DEFAULT_OUT)).then(|| ("out", self.out.display().to_string()));
        let base_urls = self.base_url.iter().map(|it| ("base-url", it.clone()));
        let today = self.today.today.map(|it| ("today", it.to_string()));
        let options = out.into_iter().chain(base_urls).chain(today);
        options.map(|(name, value)| format!(" --{name} {}", shell::quoted(value))).collect()
    }

    fn document_faults(&self, contract: &Contract, texts: &ContractTexts, command: &str) -> String {
        let faults = contract.located_faults(texts);
        if faults.is_empty() {
            return String::new();
        }
        let mut out = format!(
            "{} of the document, which is used all the same:\n",
            plural(faults.len() as u64, "fault")
        );
        let told: Vec<_> = alike(&faults).into_iter().take(MOST_FAULTS).collect();
        for (fault, _) in &told {
            out += &format!("  {}\n", printable(fault));
        }
        if let Some(more @ 1..) = faults.len().checked_sub(told.len()) {
            let contract = shell::quoted(self.out.display());
            let all = format!("{command} check --contract {contract} --strict-documents");
            out += &format!("  and {more} more; all: {all}\n");
        }
        out
    }

    /// What to do now, in order.
    fn next(
        &self,
        command: &str,
        report: &Report,
        has_operations: bool,
        has_drafts: bool,
    ) -> String {
        let folder = self.out.display();
        let out = shell::quoted(&folder);
        let traffic = self.traffic.as_ref().map(|it| shell::quoted(it.display()));
        let is_unchecked = self.traffic.is_some() && report.exchanges.checked == 0;
        let mut steps = Vec::new();
        if !has_operations {
            steps.push(format!(
                "nothing can be checked by this document: put one that describes operations into {folder}/documented"
            ));
        } else if is_unchecked && report.exchanges.out_of_scope > 0 {
            steps.push(format!(
                "nothing of the traffic was checked: name the server that was asked under `base_urls` in \
                 {folder}/contract.toml, as in https://staging.example.org/api/v2"
            ));
        }
        if has_drafts {
            steps.push(format!(
                "read each draft in {folder}/quirks; say why you believe it in `reason`, or delete it: until then nothing \
                 loads"
            ));
        }
        let traffic = traffic.unwrap_or_else(|| "TRAFFIC.har".into());
        steps.push(format!("{command} check --contract {out} {traffic}"));
        if is_unchecked && has_operations {
            steps.push(format!(
                "{command} quirks suggest --contract {out} {traffic}   # drafts a quirk for each deviation"
            ));
        }
        steps.push(format!(
            "{command} record --contract {out} --from {traffic}   # keeps it masked in {folder}/recordings; commit that, \
             never the traffic itself"
        ));
        let steps = steps.iter().enumerate().map(|(index, it)| format!("  {}. {it}\n", index + 1));
        format!("\nNext:\n{}", steps.collect::<String>())
    }
}

/// Whether there was traffic, and nothing of it could be read.
fn is_unread(report: &Report) -> bool {
    let counts = report.exchanges;
    let read = counts.checked + counts.out_of_scope + counts.skipped + counts.could_not_check;
    read == 0 && !report.unreadable.is_empty()
}

fn check(run: &mut Run<'_>, recordings: &[PathBuf]) {
    for path in recordings {
        harness::each_exchange(path, None, |entry| match entry {
            Ok(exchange) => run.check(&exchange),
            Err(it) => run.unreadable(it),
        });
    }
}

/// What the traffic showed, in a line or two.
fn told(report: &Report) -> String {
    let counts = report.exchanges;
    let mut out = format!(
        "{} checked, {} not of this API, {} left alone: {}, {}\n",
        plural(counts.checked, "exchange"),
        counts.out_of_scope,
        counts.skipped + counts.could_not_check,
        plural(report.count(contract::Severity::Error) as u64, "error"),
        plural(report.count(contract::Severity::Warning) as u64, "warning"),
    );
    if let Some(told) = foreign_hosts(report) {
        out += &format!("{told}\n");
    }
    if counts.checked == 0 {
        for skipped in report.skipped.iter().take(MOST_SKIPPED) {
            let (source, reason) = (printable(&skipped.source), printable(&skipped.reason));
            out += &format!("  {source}, entry {}: {reason}\n", skipped.entry);
        }
    }
    out + &terminal::unreadable(&unreadable_of(report))
}

/// The texts of a folder under the names that they will have.
fn named_as_if_in(out: &Path, made: &Path) -> anyhow::Result<ContractTexts> {
    let mut texts = harness::read_contract(made)?;
    for contract::Text { name, .. } in &mut texts.documented {
        if let Ok(rest) = Path::new(name.as_str()).strip_prefix(made) {
            *name = out.join(rest).display().to_string();
        }
    }
    Ok(texts)
}

/// `contract.toml`, with what is not known yet as comments.
fn settings(contract: &Contract, base_urls: &[String]) -> String {
    let base_urls = serde_json::to_string(base_urls).expect("a list of texts");
    let asked: Vec<&str> = contract
        .operations()
        .map(OperationId::as_str)
        .filter(|it| it.starts_with("GET "))
        .collect();
    let asked = asked.first().copied().unwrap_or("GET /path/{id}");
    let parameters: Vec<String> = asked
        .split('{')
        .skip(1)
        .filter_map(|it| it.split_once('}'))
        .map(|(name, _)| format!("{name} = \"1,2\""))
        .collect();
    format!(
        "#:schema format/contract.schema.json

[scope]
# URLs that stand for the documented server, base path included: \"https://staging.example.org/api/v2\"
base_urls = {base_urls}

# What `check --live` and `record` ask. Secrets come from the environment alone.
# [live]
# base_url = \"${{API_BASE_URL}}\"
#
# [live.token]
# header = \"Authorization\"
# value  = \"Bearer ${{API_TOKEN}}\"
#
# [[live.ask]]
# operation  = {}
# parameters = {{ {} }}
#
# With a key, recordings of different days agree on who is who.
# [record]
# mask_key = \"${{API_MASK_KEY}}\"
",
        serde_json::Value::from(asked),
        parameters.join(", "),
    )
}

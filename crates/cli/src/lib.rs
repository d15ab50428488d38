//! The commands as people type them, for any API's contract folder.
//!
//! The edge: arguments, clock, terminal and exit codes. What a contract means is decided in `contract`; knows no vendor.

/// Prints to standard output. Where that cannot be written, the command goes on: what it writes elsewhere is wanted all the
/// same; [`exit`] ends the process as a program does that cannot say what it found.
#[macro_export]
macro_rules! out {
    ($($argument:tt)*) => {
        $crate::write_out(&format!($($argument)*))
    };
}

/// As [`out`], with a newline.
#[macro_export]
macro_rules! outln {
    () => { $crate::write_out("\n") };
    ($($argument:tt)*) => {
        $crate::write_out(&(format!($($argument)*) + "\n"))
    };
}

mod check;
mod corrected;
mod diff;
mod drafts;
mod explain;
mod fields;
mod init;
mod leaks;
mod live;
mod message;
mod progress;
mod quirks;
mod record;
mod report;
mod shape;
mod shell;
mod strength;
mod suggest;
mod terminal;
mod triage;

use std::{
    io::Write,
    num::NonZero,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use contract::{Contract, ContractTexts, Exchange, Run, Shard, Unreadable};

pub use corrected::{Corrected, corrected};
pub use live::{Running, StandIns};

/// What a command takes where it is not told.
#[derive(Debug)]
pub struct Defaults {
    /// The contract folder; without one, `--contract` must be given.
    pub contract: Option<PathBuf>,
    /// The folder of the accepted shape; without one, `shape` in the contract folder.
    pub shape: Option<PathBuf>,
    /// The folder of the Rust types that the contract's model is exported from, where there is one.
    pub types: Option<PathBuf>,
    /// The recordings that are checked.
    pub recordings: Vec<PathBuf>,
    /// A server of our own, where there is one for the contract.
    pub stand_ins: Option<StandIns>,
    /// How people call the commands: `cargo xtask`.
    pub command: &'static str,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Global {
    /// Makes the options hold for the process.
    pub fn apply(&self) {
        match self.color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
        // What a panic says may hold a value of a body or a token: only its place is told.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map_or_else(String::new, |it| format!(" at {}:{}", it.file(), it.line()));
            terminal::mutter(&format!(
                "error: a fault of this program{place}; please report it with the command that shows it"
            ));
        }));
    }
}

/// What an API says on paper, next to what it says on the wire.
#[derive(Debug, Parser)]
#[command(name = "paperwire", version, arg_required_else_help = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: OfAnyApi,
}

/// The commands of the binary.
#[derive(Debug, Subcommand)]
enum OfAnyApi {
    #[command(flatten)]
    Command(Box<Command>),
    /// Writes corrected/ of a contract: an OpenAPI Overlay made from its quirks, and the document with it applied
    Schema(Corrected),
}

impl Cli {
    /// Runs the command for any API: its contract folder is named, and has its own recordings.
    ///
    /// # Errors
    /// As [`Command::run`].
    pub fn run(&self) -> anyhow::Result<u8> {
        let defaults = Defaults {
            contract: None,
            shape: None,
            types: None,
            recordings: Vec::new(),
            stand_ins: None,
            command: "paperwire",
        };
        match &self.command {
            OfAnyApi::Command(it) => it.run(&defaults),
            OfAnyApi::Schema(it) => it.run(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a contract folder of a vendor's document, and drafts its quirks from recorded traffic
    Init(init::Init),
    /// Checks recorded exchanges against the contract
    #[command(after_help = EXIT_CODES)]
    Check(check::Check),
    /// Shows the register of known quirks and what the recordings say about each
    Quirks(quirks::Quirks),
    /// Asks the live server, or takes recorded traffic, and writes masked recordings
    #[command(after_help = RECORD_EXIT_CODES)]
    Record(record::Record),
    /// Looks for tokens, cookies and e-mail addresses of real domains in files
    Leaks(leaks::Leaks),
    /// Shows the observed shape and what is new in it; accepting it is a named act
    #[command(after_help = SHAPE_EXIT_CODES)]
    Shape(shape::ShapeArgs),
    /// Plants faults in what was observed, one at a time, and lists what nothing notices
    #[command(after_help = STRENGTH_EXIT_CODES)]
    Strength(strength::StrengthArgs),
    /// Makes other forms of canonical reports, and joins those of the parts of a run
    Report(report::ReportArgs),
    /// From past nights' reports and tonight's: what to open, update and close, as JSON; exit 1 where the night is red
    Triage(triage::Triage),
    /// Two versions of the vendor's document: what changed for a reader of responses, and for the quirks
    Diff(diff::DiffArgs),
    /// Explains a rule: what it means, an example, what settles it
    Explain(explain::Explain),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  kept: what was seen is what is expected, known quirks included
  1  broken: something differs
  2  usage or configuration, or a source that could not be read (the rest is still checked)
  3  could not check: nothing was judged, or nothing of an operation that was asked";

const RECORD_EXIT_CODES: &str = "\
Exit codes:
  0  recorded, or nothing that is not recorded already
  2  usage or configuration, or a source that could not be read (the rest is still recorded)
  3  nothing to record: no answer that is of the contract and says something";

const SHAPE_EXIT_CODES: &str = "\
Exit codes:
  0  nothing new and nothing gone, nothing accepted yet, or accepted just now
  1  something is new or gone
  2  usage or configuration, or a source that could not be read (the rest is still looked at)";

const STRENGTH_EXIT_CODES: &str = "\
Exit codes:
  0  enough of the faults were noticed
  1  fewer were noticed than --fail-under asks for
  2  usage or configuration, or a source that could not be read (the rest has got faults)
  3  no fault could be planted";

impl Command {
    /// Runs the command and prints to standard output.
    ///
    /// # Errors
    /// What is wrong with the arguments or the contract; nothing was written then.
    pub fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        match self {
            Self::Init(it) => it.run(defaults),
            Self::Check(it) => it.run(defaults),
            Self::Quirks(it) => it.run(defaults),
            Self::Record(it) => it.run(defaults),
            Self::Leaks(it) => Ok(it.run()),
            Self::Strength(it) => it.run(defaults),
            Self::Report(it) => it.run(defaults),
            Self::Triage(it) => it.run(),
            Self::Shape(it) => it.run(defaults),
            Self::Diff(it) => it.run(defaults),
            Self::Explain(it) => it.run(),
        }
    }
}

/// The command line without `--stand-in` in its help: for binaries that have no server of their own.
pub fn without_stand_ins(command: clap::Command) -> clap::Command {
    let without = |it: clap::Command| it.mut_arg("stand_in", |it| it.hide(true));
    command
        .mut_subcommand("check", without)
        .mut_subcommand("record", without)
        .mut_subcommand("quirks", |it| it.mut_subcommand("suggest", without))
}

/// Whether standard output could not be written.
static IS_UNHEARD: AtomicBool = AtomicBool::new(false);

/// Writes to standard output at once, colours stripped where they are not wanted.
pub fn write_out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let mut shown = AutoStream::new(Vec::new(), AutoStream::choice(&stdout));
    let written = shown.write_all(terminal::legible(text).as_bytes()).and_then(|()| {
        stdout.write_all(&shown.into_inner())?;
        stdout.flush()
    });
    match written {
        Ok(()) => {}
        // Nobody reads on: `| head`. The exit code still says what was found.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            if !IS_UNHEARD.swap(true, Ordering::Relaxed) {
                terminal::complain(&format!("standard output could not be written: {error}"));
            }
        }
    }
}

/// Ends a process as a command's result says: an error is printed and is exit code 2, and so is a result that could not be
/// printed, but for the graver news.
pub fn exit(result: anyhow::Result<u8>) -> ExitCode {
    match result {
        Ok(0 | 3) if IS_UNHEARD.load(Ordering::Relaxed) => ExitCode::from(2),
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Which contract, and which exchanges.
#[derive(Debug, Args)]
struct Sources {
    /// HAR or NDJSON files, gzipped or not, folders or patterns of them; `-` is standard input
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// Plain JSON files are bodies of this operation's answers, such as "GET /chat/chatrooms/{id}"
    #[arg(long, value_name = "OPERATION", requires = "status")]
    operation: Option<String>,
    /// The status of those answers
    #[arg(long, value_name = "STATUS", requires = "operation", value_parser = clap::value_parser!(u16).range(100..600))]
    status: Option<u16>,
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL")]
    base_url: Vec<String>,
}

/// Which day it is.
#[derive(Debug, Args)]
struct Today {
    /// Take this day for today's, when quirks expire and are drafted [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
}

impl Today {
    fn day(&self) -> jiff::civil::Date {
        let now = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        self.today.unwrap_or_else(now)
    }
}

impl Sources {
    fn load(&self, defaults: &Defaults) -> anyhow::Result<Contract> {
        compile(&self.texts(defaults)?)
    }

    fn texts(&self, defaults: &Defaults) -> anyhow::Result<ContractTexts> {
        check_base_urls(&self.base_url)?;
        read(self.folder(defaults)?)
    }

    fn folder<'s>(&'s self, defaults: &'s Defaults) -> anyhow::Result<&'s Path> {
        let folder = self.contract.as_deref().or(defaults.contract.as_deref());
        folder.context("no contract folder; name one with --contract DIR")
    }

    /// The folder of the model's types: the default's belongs to the default contract.
    fn types<'d>(&self, defaults: &'d Defaults) -> Option<&'d Path> {
        defaults.types.as_deref().filter(|_| self.contract.is_none())
    }

    /// The folder of the accepted shape: the default's belongs to the default contract.
    fn shape_folder(&self, defaults: &Defaults) -> anyhow::Result<PathBuf> {
        match (&self.contract, &defaults.shape, &defaults.contract) {
            (Some(contract), ..) | (None, None, Some(contract)) => Ok(contract.join("shape")),
            (None, Some(shape), _) => Ok(shape.clone()),
            (None, None, None) => bail!("no contract folder; name one with --contract DIR"),
        }
    }

    /// The places of what the contract is made of, which nothing else is written to.
    fn own_places(&self, defaults: &Defaults) -> anyhow::Result<Vec<PathBuf>> {
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
    fn stand_ins<'d>(&self, defaults: &'d Defaults) -> Option<&'d StandIns> {
        defaults.stand_ins.as_ref().filter(|_| self.contract.is_none())
    }

    /// What was given of this, as words behind a command.
    fn again(&self) -> String {
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
    fn check_or_ask(
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
    fn check(
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
    fn each(
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
    fn files_read(&self, defaults: &Defaults) -> Vec<PathBuf> {
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

/// The operations of a contract, in a line.
fn operations(contract: &Contract) -> String {
    let names: Vec<String> = contract.operations().map(ToString::to_string).collect();
    names.join(", ")
}

/// How much at a time.
#[derive(Debug, Args)]
struct Bulk {
    /// How many threads check [default: one for each core]; what is found is the same
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Check only the K-th of N parts of the exchanges, from 1; each exchange belongs to one part
    #[arg(long, value_name = "K/N", conflicts_with_all = ["live", "stand_in"])]
    shard: Option<Shard>,
    /// Check every body in full, to compare: what is found is the same
    #[arg(long)]
    no_fast_path: bool,
}

/// Reads and compiles the contract of a folder.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(folder: &Path) -> anyhow::Result<Contract> {
    compile(&read(folder)?)
}

fn read(folder: &Path) -> anyhow::Result<ContractTexts> {
    harness::read_contract(folder).context("the contract could not be read")
}

fn compile(texts: &ContractTexts) -> anyhow::Result<Contract> {
    Contract::load(texts).map_err(|it| faults("the contract has", &it))
}

/// Everything that is wrong with what has the faults.
fn faults(who: &str, faults: &contract::Faults) -> anyhow::Error {
    let count = report::words::plural(faults.0.len() as u64, "fault");
    anyhow::anyhow!("{who} {count}\n{faults}")
}

fn unreadable(error: &harness::SourceError) -> Unreadable {
    let source = error.path().display().to_string();
    let reason = error.to_string();
    let reason = reason
        .strip_prefix(&format!("{}: ", contract::printable(&source)))
        .map(str::to_owned)
        .unwrap_or(reason);
    Unreadable { source, entry: None, byte: None, reason }
}

/// # Errors
/// The first that is none, without its text: it may hold a password.
fn check_base_urls(urls: &[String]) -> anyhow::Result<()> {
    for url in urls {
        contract::check_base_url(url).map_err(|it| anyhow::anyhow!("--base-url: {it}"))?;
    }
    Ok(())
}

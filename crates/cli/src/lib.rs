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
mod output;
mod progress;
mod quirks;
mod record;
mod report;
mod shape;
mod shell;
mod sources;
mod strength;
mod suggest;
mod terminal;
mod triage;

use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use contract::{Contract, ContractTexts};

pub use corrected::{Corrected, corrected};
pub use live::{Running, StandIns};
pub use output::{exit, write_out};
use sources::{Bulk, Sources, unreadable};

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

/// The operations of a contract, in a line.
fn operations(contract: &Contract) -> String {
    let names: Vec<String> = contract.operations().map(ToString::to_string).collect();
    names.join(", ")
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

/// # Errors
/// The first that is none, without its text: it may hold a password.
fn check_base_urls(urls: &[String]) -> anyhow::Result<()> {
    for url in urls {
        contract::check_base_url(url).map_err(|it| anyhow::anyhow!("--base-url: {it}"))?;
    }
    Ok(())
}

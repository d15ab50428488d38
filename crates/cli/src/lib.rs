//! The commands as people type them, for any API's contract folder.
//!
//! The edge: arguments, clock, terminal and exit codes. What a contract means is decided in `contract`; knows no vendor.

/// Prints to standard output. Where nobody reads it any more, or the disk is full, the process ends as a program does that
/// cannot say what it found.
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
mod explain;
mod html;
mod leaks;
mod live;
mod quirks;
mod record;
mod shape;
mod strength;
mod suggest;
mod terminal;
mod triage;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anstream::ColorChoice;
use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use contract::{Contract, Run, Unreadable};

pub use live::{Running, StandIns};

/// What a command takes where it is not told.
#[derive(Debug)]
pub struct Defaults {
    /// The contract folder; without one, `--contract` must be given.
    pub contract: Option<PathBuf>,
    /// The folder of the accepted shape; without one, `shape` in the contract folder.
    pub shape: Option<PathBuf>,
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
            anstream::eprintln!(
                "error: a fault of this program{place}; please report it with the command that shows it"
            );
        }));
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks recorded exchanges against the contract
    #[command(after_help = EXIT_CODES)]
    Check(check::Check),
    /// Shows the register of known quirks and what the recordings say about each
    Quirks(quirks::Quirks),
    /// Asks the live server, or takes a browser's HAR, and writes masked recordings
    Record(record::Record),
    /// Looks for tokens, cookies and e-mail addresses of real domains in files
    Leaks(leaks::Leaks),
    /// Shows the observed shape and what is new in it; accepting it is a named act
    Shape(shape::ShapeArgs),
    /// Plants faults in every observed value and lists what no assertion notices
    Strength(strength::StrengthArgs),
    /// From past nights' reports and tonight's: what to open, update and close, as JSON; exit 1 where the night is red
    Triage(triage::Triage),
    /// Explains a rule: what it means, an example, what settles it
    Explain(explain::Explain),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  kept: what was seen is what is expected, known quirks included
  1  broken: something differs
  2  usage or configuration, or a source that could not be read (the rest is still checked)
  3  could not check: nothing was judged, or nothing of an operation that was asked";

impl Command {
    /// Runs the command and prints to standard output.
    ///
    /// # Errors
    /// What is wrong with the arguments or the contract; nothing was written then.
    pub fn run(&self, defaults: &Defaults) -> anyhow::Result<u8> {
        match self {
            Self::Check(it) => it.run(defaults),
            Self::Quirks(it) => it.run(defaults),
            Self::Record(it) => it.run(defaults),
            Self::Leaks(it) => it.run(),
            Self::Strength(it) => it.run(defaults),
            Self::Triage(it) => it.run(),
            Self::Shape(it) => it.run(defaults),
            Self::Explain(it) => it.run(),
        }
    }
}

/// Writes to standard output, colours stripped where they are not wanted.
pub fn write_out(text: &str) {
    let written = std::io::Write::write_all(&mut anstream::stdout().lock(), text.as_bytes());
    match written {
        Ok(()) => {}
        // Nobody reads on: `| head`. The exit code still says what was found.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            anstream::eprintln!("error: standard output could not be written: {error}");
            std::process::exit(2);
        }
    }
}

/// Ends a process as a command's result says: an error is printed and is exit code 2.
pub fn exit(result: anyhow::Result<u8>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            anstream::eprintln!(
                "{}error:{} {error:#}",
                terminal::ERROR.render(),
                terminal::ERROR.render_reset()
            );
            ExitCode::from(2)
        }
    }
}

/// Which contract, and which exchanges.
#[derive(Debug, Args)]
struct Sources {
    /// HAR files, or folders of them
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// The contract folder
    #[arg(long, value_name = "DIR")]
    contract: Option<PathBuf>,
    /// A URL that stands for the documented server, base path included; may be repeated
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Vec<String>,
    /// Take this day for today's, when quirks expire [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
}

impl Sources {
    fn load(&self, defaults: &Defaults) -> anyhow::Result<Contract> {
        let Some(folder) = self.contract.as_ref().or(defaults.contract.as_ref()) else {
            bail!("no contract folder; name one with --contract DIR");
        };
        load(folder)
    }

    /// The folder of the accepted shape: the default's belongs to the default contract.
    fn shape_folder(&self, defaults: &Defaults) -> anyhow::Result<PathBuf> {
        match (&self.contract, &defaults.shape, &defaults.contract) {
            (Some(contract), ..) | (None, None, Some(contract)) => Ok(contract.join("shape")),
            (None, Some(shape), _) => Ok(shape.clone()),
            (None, None, None) => bail!("no contract folder; name one with --contract DIR"),
        }
    }

    fn today(&self) -> jiff::civil::Date {
        self.today
            .unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// Checks every answer of a server, or every exchange of the files.
    fn check_or_ask(
        &self,
        run: &mut Run<'_>,
        asking: Option<&live::Asking>,
        defaults: &Defaults,
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
            None => self.check(run, defaults),
        }
    }

    /// Checks every exchange of the files.
    fn check(&self, run: &mut Run<'_>, defaults: &Defaults) -> anyhow::Result<()> {
        let paths = if self.files.is_empty() { &defaults.recordings } else { &self.files };
        if paths.is_empty() {
            bail!("no recordings; name HAR files or folders of them");
        }
        for path in paths {
            match harness::recordings(path) {
                Ok(files) => files.iter().for_each(|it| harness::check_file(run, it)),
                Err(error) => run.unreadable(unreadable(path, &error)),
            }
        }
        Ok(())
    }
}

/// Reads and compiles the contract of a folder.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(folder: &Path) -> anyhow::Result<Contract> {
    let texts = harness::read_contract(folder).context("the contract could not be read")?;
    Contract::load(&texts).map_err(|faults| {
        let count = faults.0.len();
        let s = if count == 1 { "" } else { "s" };
        anyhow::anyhow!("the contract has {count} fault{s}\n{faults}")
    })
}

fn unreadable(path: &Path, error: &harness::SourceError) -> Unreadable {
    let source = path.display().to_string();
    let reason = error.to_string();
    let reason = reason.strip_prefix(&format!("{source}: ")).map(str::to_owned).unwrap_or(reason);
    Unreadable { source, entry: None, byte: None, reason }
}

fn base_url(text: &str) -> Result<String, String> {
    let host = text.split_once("://").map(|it| it.1.split('/').next().unwrap_or_default());
    match host {
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(text.to_owned()),
        Some(host) if host.contains('@') => Err("holds a user or password; leave them out".into()),
        _ => {
            Err("promised a URL with its scheme, such as https://staging.example.org/api/v2".into())
        }
    }
}

//! The binary `paperwire`: a contract folder and recordings in, a verdict out.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use paperwire::{Command, Corrected, Defaults, Global};

/// What an API says on paper, next to what it says on the wire.
#[derive(Parser)]
#[command(name = "paperwire", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Chore,
}

#[derive(Subcommand)]
enum Chore {
    #[command(flatten)]
    Command(Box<Command>),
    /// Writes corrected/ of a contract: an OpenAPI Overlay made from its quirks, and the document with it applied
    Schema(Corrected),
}

fn main() -> ExitCode {
    // There is no server of ours for any other API.
    let command = paperwire::without_stand_ins(Cli::command());
    let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|it| it.exit());
    cli.global.apply();
    // A folder of any other API names its own recordings.
    let defaults = Defaults {
        contract: None,
        shape: None,
        types: None,
        recordings: Vec::new(),
        stand_ins: None,
        command: "paperwire",
    };
    paperwire::exit(match cli.command {
        Chore::Schema(it) => it.run(),
        Chore::Command(it) => it.run(&defaults),
    })
}

//! The binary `paperwire`: a contract folder and recordings in, a verdict out.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use paperwire::Cli;

fn main() -> ExitCode {
    // There is no server of ours for any other API.
    let command = paperwire::without_stand_ins(Cli::command());
    let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|it| it.exit());
    cli.global.apply();
    paperwire::exit(cli.run())
}

//! The binary `paperwire`: a contract folder and recordings in, a verdict out.

use std::process::ExitCode;

use clap::Parser;
use paperwire::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.global.apply();
    paperwire::exit(cli.run())
}

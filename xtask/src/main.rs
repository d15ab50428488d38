//! This repository's chores: `schema`, and the commands of `paperwire` with this repository's folders as defaults.

mod schema;
mod serve;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use paperwire::{Defaults, Global};

/// What Popsell's API says on paper, next to what it says on the wire.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Runs the stand-in server, for people and other tools
    Serve(serve::Serve),
    /// Regenerates schemas/modelled, schemas/corrected and schemas/format from the types and quirks
    Schema(schema::Schema),
    #[command(flatten)]
    Command(Box<paperwire::Command>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.global.apply();
    let defaults = Defaults {
        contract: Some(in_repository("schemas")),
        shape: Some(in_repository("snapshots/shape")),
        types: Some(in_repository("crates/models/src")),
        recordings: vec![in_repository("tests/recordings")],
        stand_ins: Some(serve::stand_ins()),
        command: "cargo xtask",
    };
    paperwire::exit(match cli.command {
        Chore::Serve(serve) => serve.run(),
        Chore::Schema(schema) => schema.run(&in_repository("schemas")),
        Chore::Command(command) => command.run(&defaults),
    })
}

/// A path of this repository: short where the command runs at its root, whole elsewhere.
fn in_repository(path: &str) -> PathBuf {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the repository");
    match env::current_dir() {
        Ok(here) if here == root => path.into(),
        _ => root.join(path),
    }
}

//! `cargo xtask serve`: the stand-in, for people and other tools, and for `check --stand-in`.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::{Args, builder::PossibleValuesParser};
use paperwire::{Running, StandIns};
use stand_in::{BRAND, OTHER_BRAND, OTHER_ROOM, ROOMS, Scenario, StandIn, TOKEN};

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = scenarios())]
pub(crate) struct Serve {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// What the server does
    #[arg(long, default_value = "known", hide_possible_values = true, value_parser = PossibleValuesParser::new(Scenario::ALL.iter().map(|it| it.name())))]
    scenario: String,
}

impl Serve {
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let server = start(&self.scenario, self.port)?;
        paperwire::outln!("{} on {}, until Ctrl-C\n", self.scenario, server.base_url());
        paperwire::outln!("export POPSELL_BASE_URL={}", server.base_url());
        for (name, value) in credentials() {
            paperwire::outln!("export {name}={value}");
        }
        paperwire::outln!("\nroom {OTHER_ROOM} belongs to brand {OTHER_BRAND}");
        server.wait();
        Ok(0)
    }
}

/// The stand-in as `check --stand-in` uses it.
pub(crate) fn stand_ins() -> StandIns {
    StandIns {
        scenarios: Scenario::ALL.iter().map(|it| (it.name(), it.about())).collect(),
        start: |scenario| {
            let server = start(scenario, 0)?;
            let mut variables = credentials();
            variables.insert("POPSELL_BASE_URL", server.base_url());
            Ok(Running { server: Box::new(server), variables })
        },
    }
}

fn start(scenario: &str, port: u16) -> anyhow::Result<StandIn> {
    let scenario = Scenario::named(scenario).context("no such scenario")?;
    StandIn::start(scenario, port).with_context(|| format!("port {port} on 127.0.0.1"))
}

fn credentials() -> BTreeMap<&'static str, String> {
    let rooms: Vec<String> = ROOMS.iter().map(ToString::to_string).collect();
    BTreeMap::from([
        ("POPSELL_TOKEN", TOKEN.to_owned()),
        ("POPSELL_BRAND", BRAND.to_string()),
        ("POPSELL_OTHER_BRAND", OTHER_BRAND.to_string()),
        ("POPSELL_CHATROOM_IDS", rooms.join(",")),
    ])
}

fn scenarios() -> String {
    let width = Scenario::ALL.iter().map(|it| it.name().len()).max().unwrap_or_default();
    let lines: Vec<String> =
        Scenario::ALL.iter().map(|it| format!("  {:<width$}  {}", it.name(), it.about())).collect();
    format!("Scenarios:\n{}", lines.join("\n"))
}

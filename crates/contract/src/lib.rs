//! What keeping an API's contract means: **observed ⊆ modelled ⊆ documented + quirks**, every inclusion checked and every
//! break named.
//!
//! Texts, dates and exchanges come in, findings come out. No file, network, clock, environment or terminal is touched
//! here (`clippy.toml` holds that wall), and no vendor is known: a contract is data.
//!
//! The flow: [`Contract::load`] reads and compiles the texts, [`Run::check`] judges one [`Exchange`] after another,
//! [`Run::report`] folds what they showed into one [`Report`].

mod base_url;
mod change;
mod check;
mod contract;
mod corrected;
mod curl;
mod diff;
mod document;
#[cfg(test)]
mod example;
mod excerpt;
mod exchange;
mod finding;
mod form;
mod format;
mod inclusion;
mod join;
mod json;
mod judge;
mod ledger;
mod left_out;
mod locate;
mod mask;
mod message;
mod observed;
mod overlay;
mod place;
mod promise;
mod quirk;
mod report;
mod rule;
mod run;
mod same;
mod scan;
mod schema;
mod scope;
mod settings;
mod shape;
mod shard;
mod shortcut;
mod strength;
mod suggest;
mod tally;
mod text;
mod triage;
mod violation;
mod walk;
mod words;

pub use base_url::check_base_url;
pub use change::{Change, Effect, changes};
pub use contract::{Contract, ContractTexts};
pub use corrected::Corrected;
pub use diff::{Diff, Touch, TouchedQuirk, diff};
pub use document::{DocumentFault, OperationId, is_document, referred_files};
pub use exchange::{Body, Exchange, Origin, Probe, Provenance, Written};
pub use finding::{Finding, Location, PromisedBy, Sighting};
pub use join::{JoinError, join};
pub use json::{MAX_DEPTH, byte_of};
pub use left_out::{IsLeftOut, LeftOut, keep_first};
pub use mask::{MaskKey, Masked};
pub use message::Shown;
pub use place::{BrokenPlace, Place};
pub use quirk::{
    Comes, ContentForm, Declared, Evidence, EvidenceKind, Quirk, QuirkId, QuirkPlace, Wire,
    with_quirks,
};
pub use report::{
    ExchangeCounts, QuirkReport, QuirkState, Report, RunInfo, Skipped, Unreadable, Verdict,
};
pub use rule::{Rule, Severity};
pub use run::{Run, RunOptions};
pub use scan::{Quoted, Scanner, Token, closing_quote};
pub use settings::{Ask, Live, Settings};
pub use shape::{CHANCE, Compared, PlaceShape, ResponseShape, Shape};
pub use shard::Shard;
pub use strength::{Meter, Operator, Planted, Strength, Survivors, faults};
pub use suggest::Draft;
pub use tally::PlaceTally;
pub use text::{Fault, Faults, Text, printable};
pub use triage::{Closed, Issue, Triage, triage};

pub use format::schema as format_schema;

/// The published JSON Schemas of our own files, by file name.
pub fn format_schemas() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("contract.schema.json", settings::schema()),
        ("diff.schema.json", diff::schema()),
        ("quirk.schema.json", quirk::schema()),
        ("report.schema.json", report::schema()),
        ("shape.schema.json", shape::schema()),
        ("strength.schema.json", strength::schema()),
        ("triage.schema.json", triage::schema()),
    ]
}

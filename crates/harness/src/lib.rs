//! Brings exchanges in and takes reports out. Reads contract folders and recordings, writes files whole or not at all.
//!
//! Decides nothing about a contract, and knows no vendor.

mod folder;
mod har;
mod live;
mod plan;
mod source;
mod write;

pub use folder::{FolderError, read_contract};
pub use har::{MAX_BODY, read_har};
pub use live::{Answer, LiveError, LiveOptions, NoAnswer, ask, check_answer};
pub use plan::{Plan, PlanError, Planned, Probes, plan};
pub use source::{SourceError, check_file, recordings};
pub use write::{WriteError, write_whole};

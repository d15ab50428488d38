//! Brings exchanges in and takes reports out. Reads contract folders and recordings, writes files whole or not at all.
//!
//! Decides nothing about a contract, and knows no vendor.

mod folder;
mod har;
mod source;
mod write;

pub use folder::{FolderError, read_contract};
pub use har::{MAX_BODY, read_har};
pub use source::{SourceError, check_file, recordings};
pub use write::{WriteError, write_whole};

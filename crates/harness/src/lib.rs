//! Brings exchanges in and takes reports out. Reads contract folders and recordings, writes files whole or not at all.
//!
//! Decides nothing about a contract, and knows no vendor.

mod folder;
mod har;
mod leak;
mod live;
mod new_folder;
mod plan;
mod recording;
mod source;
mod write;

pub use folder::{FolderError, read_contract, read_documents, read_text, read_texts};
pub use har::{MAX_BODY, read_har};
pub use leak::{Leak, leaks};
pub use live::{Answer, LiveError, LiveOptions, NoAnswer, ask, check_answer, exchange};
pub use new_folder::NewFolder;
pub use plan::{Plan, PlanError, Planned, Probes, plan};
pub use recording::{RecordingInfo, recording, recording_name};
pub use source::{SourceError, check_file, each_exchange, each_text, lines_of, recordings};
pub use write::{WriteError, write_whole};

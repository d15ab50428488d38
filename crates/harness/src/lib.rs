//! Brings exchanges in and takes reports out. Reads contract folders and recordings, writes files whole or not at all.
//!
//! Decides nothing about a contract, and knows no vendor.

mod bulk;
mod folder;
mod gzip;
mod leak;
mod live;
mod look;
mod new_folder;
mod plan;
mod read;
mod recording;
mod source;
mod write;

pub use bulk::{Bulk, Found, check_all};
pub use folder::{FolderError, read_contract, read_documents, read_text, read_texts};
pub use leak::{Leak, leaks, starred};
pub use live::{Answer, LiveError, LiveOptions, NoAnswer, ask, check_answer, exchange};
pub use look::{Looked, look_through};
pub use new_folder::NewFolder;
pub use plan::{Plan, PlanError, Planned, Probes, plan};
pub use read::{Answered, ExchangeLine, MAX_BODY, exchange_line_schema, read_har};
pub use recording::{RecordingInfo, recording, recording_name};
pub use source::{
    STANDARD_INPUT, SourceError, each_exchange, each_text, is_read_once, is_recording, lines_of,
    recordings,
};
pub use write::{WriteError, write_whole};

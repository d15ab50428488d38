//! What Popsell's chat API looks like on the wire: Rust types, their JSON Schema, and which operation returns which.
//!
//! Never speaks HTTP and never opens a file: `cargo xtask schema` writes what [`openapi`] and [`types`] return.
//!
//! "The page" in the docstrings is "Get a chatroom by id" of the public reference,
//! <https://apidoc.popsell.com/operation/operation-get-chat-chatrooms-parameter>; other pages are named by their operation.
//! Nothing here was observed on a running service; `schemas/quirks/` says what each departure from the page rests on.

mod ambassador;
mod chatroom;
mod code;
mod integer;
mod openapi;
mod time;

pub use ambassador::{Ambassador, ChatroomPivotData};
pub use chatroom::{Chatroom, ErrorMessage, LastRating, LastSummary};
pub use code::{ChatroomType, DiscussionType, Source, UnknownCode};
pub use openapi::{ModelledType, openapi, types};
pub use time::{BrokenTimestamp, Timestamp, ZonelessTimestamp};

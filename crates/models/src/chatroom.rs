//! The chatroom, the root of the operation's 200 response, and the error message of its 401.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Ambassador, ChatroomType, DiscussionType, Source, Timestamp, ZonelessTimestamp, integer::whole,
};

/// A chatroom as `GET /chat/chatrooms/{id}` returns it (the page, response 200).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chatroom {
    /// The room's id (the page: integer, sample 8).
    #[serde(deserialize_with = "whole")]
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub id_chatroom: i64,
    /// Who takes part (the page: array of object; its sample holds one).
    pub ambassadors: Vec<Ambassador>,
    /// When the room was created (the page: date-time, sample with six decimals).
    pub date_insert: Timestamp,
    /// When the last message was sent (the page: date-time). Null in a room without messages: inferred, quirk
    /// `last-message-date-is-nullable`.
    pub last_message_date: Option<Timestamp>,
    /// One to one or one to many (the page: integer; the codes are in its prose).
    pub type_chatroom: ChatroomType,
    /// Between whom the room is (the page: integer; the codes are in its prose).
    pub type_discussion: DiscussionType,
    /// How the room came about (the page: declared a string, described by codes, sample the integer 2: quirk
    /// `source-is-an-integer`).
    pub source: Source,
    /// Since when at least two authors have written (the page: declared a date-time, described as true/false, sample a
    /// timestamp without a zone: quirk `established-dialogue-is-a-timestamp`). Null while there is one author: inferred,
    /// quirk `established-dialogue-is-nullable`.
    pub established_dialogue: Option<ZonelessTimestamp>,
    /// The last rating given in the room (the page: object, additional properties allowed). Null in an unrated room:
    /// inferred, quirk `last-rating-is-nullable`.
    pub last_rating: Option<LastRating>,
    /// The last summary of the room (the page: object, additional properties allowed). Null in a room never summarised:
    /// inferred, quirk `last-summary-is-nullable`.
    pub last_summary: Option<LastSummary>,
}

impl Chatroom {
    /// Whether at least two authors have written: what the page's prose promises of `established_dialogue`.
    pub fn is_established(&self) -> bool {
        self.established_dialogue.is_some()
    }
}

/// The last rating given in a room (the page, `last_rating`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LastRating {
    /// The score (the page: integer, sample 5; no range is given).
    #[serde(deserialize_with = "whole")]
    pub value: i64,
    /// What the rater wrote (the page: string).
    #[schemars(extend("x-sensitive" = "free text"))]
    pub comment: String,
    /// Further members, which the page allows here.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The last summary of a room (the page, `last_summary`; all its samples are placeholders).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LastSummary {
    /// When the summary was made (the page: a plain string, without a format).
    pub date_insert: String,
    /// The summary (the page: string).
    #[schemars(extend("x-sensitive" = "free text"))]
    pub summary: String,
    /// A code (the page: integer; no page lists its values).
    #[serde(deserialize_with = "whole")]
    pub anomaly: i64,
    /// A code (the page: integer; no page lists its values).
    #[serde(deserialize_with = "whole")]
    pub topic: i64,
    /// Further members, which the page allows here.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The body of a 401 (the page, response 401, sample `Unauthorized.`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorMessage {
    /// What went wrong, for people (the page: string).
    pub message: String,
}

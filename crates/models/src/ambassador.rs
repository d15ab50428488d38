//! The people in a room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    integer::{whole, whole_or_null},
};

/// A participant of a room (the page, `ambassadors`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ambassador {
    /// The participant's id (the page: integer, int32).
    #[serde(deserialize_with = "whole")]
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub id_ambassador: i32,
    /// Address of a portrait (the page: string; `GET /widget/ambassadors/{id}` and `POST /manager/ambassadors` mark it
    /// nullable: quirk `image-is-nullable`).
    #[schemars(extend("x-sensitive" = "URL"))]
    pub image: Option<String>,
    /// Given name (the page: string).
    #[schemars(extend("x-sensitive" = "name"))]
    pub firstname: String,
    /// Family name (the page: string).
    #[schemars(extend("x-sensitive" = "name"))]
    pub lastname: String,
    /// Public name (the page: string; `GET /widget/ambassadors/{id}` and `POST /manager/ambassadors` mark it nullable:
    /// quirk `username-is-nullable`).
    #[schemars(extend("x-sensitive" = "username"))]
    pub username: Option<String>,
    /// E-mail address (the page: string).
    #[schemars(extend("x-sensitive" = "e-mail"))]
    pub email: String,
    /// E-mail address left by a guest (the page: string; `PATCH /chat/ambassadors/{ambassador}` takes null: quirk
    /// `email-tmp-is-nullable`).
    #[schemars(extend("x-sensitive" = "e-mail"))]
    pub email_tmp: Option<String>,
    /// The participant's id at the brand's shop (the page: string).
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub customer_id: String,
    /// State of the account (the page: integer, int32, without codes; `GET /manager/ambassadors` lists -5 to 1).
    #[serde(deserialize_with = "whole")]
    pub active: i32,
    /// Role (the page: integer, int32, without codes; `GET /chat/ambassadors` lists 0 to 8 for its filter).
    #[serde(deserialize_with = "whole")]
    pub status: i32,
    /// Whether `last_action_date` is less than five minutes ago (the page: boolean).
    pub online: bool,
    /// When the participant last did something (the page: date-time).
    pub last_action_date: Timestamp,
    /// Whether the personal data was removed (the page: boolean).
    pub anonymized: bool,
    /// The participant's state in the room (the page: array of object; its sample holds one).
    pub chatroom_pivot_data: Vec<ChatroomPivotData>,
}

/// A participant's state in a room (the page, `chatroom_pivot_data`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatroomPivotData {
    /// The room's id (the page: integer, int32, though the room's own is a plain integer).
    #[serde(deserialize_with = "whole")]
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub id_chatroom: i32,
    /// The participant's id (the page: integer, int32).
    #[serde(deserialize_with = "whole")]
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub id_ambassador: i32,
    /// Id of the last message that the participant has read (the page: integer, int32). Null where nothing was read:
    /// inferred, quirk `last-read-message-is-nullable`.
    #[serde(default, deserialize_with = "whole_or_null")]
    #[schemars(extend("x-sensitive" = "identifier"))]
    pub last_read_message: Option<i32>,
    /// Whether the participant is blocked in the room (the page: boolean).
    pub is_blocked: bool,
    /// Whether the participant has archived the room (the page: boolean).
    pub archived: bool,
}

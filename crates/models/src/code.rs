//! Values that the page lists as integer codes in its prose.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::integer::whole;

/// A code that the page does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCode;

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a code that the page does not list")
    }
}

impl std::error::Error for UnknownCode {}

/// An enumeration that travels as an integer.
macro_rules! codes {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $code:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[doc = $variant_doc])+ $variant = $code,)+
        }

        impl $name {
            /// Every listed code, ascending.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The integer on the wire.
            pub const fn code(self) -> u8 {
                self as u8
            }
        }

        impl TryFrom<i64> for $name {
            type Error = UnknownCode;

            fn try_from(code: i64) -> Result<Self, UnknownCode> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(UnknownCode),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_u8(self.code())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::try_from(whole::<_, i64>(d)?).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": concat!($($doc, "\n"),+).trim(),
                    "type": "integer",
                    "enum": [$($code),+],
                })
            }
        }
    };
}

codes! {
    /// How many take part: 0 one to one, 7 one to many (the page, `type_chatroom`).
    ChatroomType {
        /// Two participants.
        OneToOne = 0,
        /// One participant facing many.
        OneToMany = 7,
    }
}

codes! {
    /// Between whom the room is: 0 members, 1 externals, 2 members and externals (the page, `type_discussion`).
    DiscussionType {
        /// Between members.
        Members = 0,
        /// Between externals.
        Externals = 1,
        /// Between members and externals.
        Both = 2,
    }
}

codes! {
    /// How the room came about: 0 direct, 1 waiting list, 2 hot list (the page, `source`, in its prose).
    Source {
        /// Opened directly.
        Direct = 0,
        /// From the waiting list.
        WaitingList = 1,
        /// From the hot list.
        HotList = 2,
    }
}

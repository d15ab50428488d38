//! Would the contract notice? Plants faults in recorded responses, one at a time, and runs the real check on each.

mod meter;
mod plant;
mod reason;
mod sample;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{meter::Meter, plant::faults};

use crate::{
    document::OperationId,
    format,
    place::Place,
    rule::Severity,
    text::{Fault, Text},
};

macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal;)+) => {
        /// A way to make a response wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Operator {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Operator {
            /// Every operator.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

operators! {
    /// A text where something else came.
    TextInstead = "text-instead";
    /// A number where something else came.
    NumberInstead = "number-instead";
    /// A boolean where something else came.
    BooleanInstead = "boolean-instead";
    /// An object where something else came.
    ObjectInstead = "object-instead";
    /// An empty list where something else came.
    ListInstead = "list-instead";
    /// Null.
    Null = "null";
    /// Not there.
    Removed = "removed";
    /// A member that nothing names.
    ExtraMember = "extra-member";
    /// An empty text, list or object.
    Empty = "empty";
    /// A number or a text like it that the list does not have.
    UnknownCode = "unknown-code";
    /// Zero.
    Zero = "zero";
    /// A number just below zero.
    Negative = "negative";
    /// A number beyond 32 bits.
    BeyondInt32 = "beyond-int32";
    /// A negative number beyond 32 bits.
    BelowInt32 = "below-int32";
    /// A number beyond 64 bits.
    BeyondInt64 = "beyond-int64";
    /// A text with 1,000 characters more.
    TooLong = "too-long";
    /// A fraction for an integer.
    Fraction = "fraction";
    /// A day that no month has.
    BrokenDate = "broken-date";
    /// A moment in another form: without its zone.
    OddDate = "odd-date";
    /// One character changed of those that give a text its form.
    OneCharacter = "one-character";
    /// The value in a list.
    InAList = "in-a-list";
    /// A number as a text.
    NumberAsText = "number-as-text";
    /// A boolean as 0 or 1.
    BooleanAsNumber = "boolean-as-number";
    /// The value of a sibling of the same type.
    Swapped = "swapped";
    /// One item less.
    Truncated = "truncated";
    /// One item twice.
    Duplicated = "duplicated";
}

impl Operator {
    /// Whether what it plants is of another JSON type.
    fn changes_type(self) -> bool {
        matches!(
            self,
            Self::TextInstead
                | Self::NumberInstead
                | Self::BooleanInstead
                | Self::ObjectInstead
                | Self::ListInstead
                | Self::Null
                | Self::InAList
                | Self::NumberAsText
                | Self::BooleanAsNumber
        )
    }
}

/// What planted faults showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// The version of this format.
    pub format_version: u32,
    /// The hash of the contract.
    pub contract: String,
    /// The least grave finding by which a fault was noticed.
    pub fail_on: Severity,
    /// Responses that faults were planted in.
    pub responses: u64,
    /// Responses with nothing but what has got faults elsewhere: none was planted in them.
    pub alike_responses: u64,
    /// Responses that break the contract as they came: none was planted in them.
    pub broken_responses: u64,
    /// Exchanges that are not judged by a JSON body: out of scope, undocumented, without one.
    pub left_alone: u64,
    /// All faults.
    pub faults: Planted,
    /// Faults by operator.
    pub operators: BTreeMap<Operator, Planted>,
    /// Faults that nothing noticed, in order of response, place and operator.
    pub survivors: Vec<Survivors>,
}

/// How many faults were planted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planted {
    /// All of them.
    pub planted: u64,
    /// Those that broke the contract.
    pub noticed: u64,
}

/// Faults of one operator at one place that nothing noticed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survivors {
    /// The operation.
    pub operation: OperationId,
    /// The response's status.
    pub status: u16,
    /// Where they were planted.
    pub place: Place,
    /// What was planted.
    pub operator: Operator,
    /// Why nothing noticed them.
    pub reason: String,
    /// How many.
    pub count: u64,
}

impl Planted {
    /// The share of faults that were noticed; one where none was planted.
    pub fn share(self) -> f64 {
        if self.planted == 0 { 1.0 } else { self.noticed as f64 / self.planted as f64 }
    }

    fn add(&mut self, noticed: bool) {
        self.planted += 1;
        self.noticed += u64::from(noticed);
    }

    /// Tells that a fault that was noticed in one value is not in another.
    fn take_back(&mut self) {
        self.noticed -= 1;
    }
}

/// The version that is written and read.
const FORMAT_VERSION: u32 = 1;

impl Strength {
    fn nothing_planted(contract: &str, fail_on: Severity) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            contract: contract.to_owned(),
            fail_on,
            responses: 0,
            alike_responses: 0,
            broken_responses: 0,
            left_alone: 0,
            faults: Planted::default(),
            operators: BTreeMap::new(),
            survivors: Vec::new(),
        }
    }

    /// Reads what `strength --json` wrote.
    ///
    /// # Errors
    /// Where the text is something else, or of another version.
    pub fn read(text: &Text) -> Result<Self, Fault> {
        let promised =
            |line| text.fault(line, "promised what `strength --json` writes; make it anew");
        let read: Self =
            serde_json::from_str(&text.text).map_err(|it| promised(Some(it.line())))?;
        if read.format_version == FORMAT_VERSION { Ok(read) } else { Err(promised(None)) }
    }

    fn add_survivor(&mut self, new: Survivors) {
        fn key(it: &Survivors) -> impl Ord {
            (&it.operation, it.status, &it.place, it.operator, &it.reason)
        }
        match self.survivors.binary_search_by(|it| key(it).cmp(&key(&new))) {
            Ok(known) => self.survivors[known].count += new.count,
            Err(at) => self.survivors.insert(at, new),
        }
    }
}

/// The published JSON Schema of what the meter writes.
pub(crate) fn schema() -> Value {
    format::written_schema::<Strength>("urn:paperwire:format:strength")
}

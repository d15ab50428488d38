//! Would the contract notice? Plants faults in recorded responses, one at a time, and runs the real check on each.

mod plant;
mod reason;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::plant::faults;
use self::reason::reason;

use crate::{
    contract::Contract,
    exchange::{Body, Exchange, Origin},
    json,
    judge::Judge,
    rule::Severity,
    run::{Run, RunOptions},
    walk::spot,
};

macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal;)+) => {
        /// A way to make a response wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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
    /// A value of another JSON type.
    AnotherType = "another-type";
    /// Null.
    Null = "null";
    /// Not there.
    Removed = "removed";
    /// A member that nothing names.
    ExtraMember = "extra-member";
    /// An empty text, list or object.
    Empty = "empty";
    /// A number that no list has.
    UnknownCode = "unknown-code";
    /// A number beyond 32 bits.
    BeyondInt32 = "beyond-int32";
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

/// What planted faults showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Strength {
    /// Faults that were planted.
    pub planted: u64,
    /// Faults that made an error or a warning.
    pub noticed: u64,
    /// Planted and noticed, by operator.
    pub operators: BTreeMap<String, [u64; 2]>,
    /// Faults that nothing noticed, by place and operator, each with how many and why.
    pub survivors: BTreeMap<String, BTreeMap<String, Survivors>>,
}

/// Faults of one operator at one place that nothing noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Survivors {
    /// How many.
    pub count: u64,
    /// Why nothing noticed them.
    pub reason: String,
}

impl Strength {
    /// The share of faults that were noticed; one where none was planted.
    pub fn share(&self) -> f64 {
        if self.planted == 0 { 1.0 } else { self.noticed as f64 / self.planted as f64 }
    }
}

impl Contract {
    /// Plants every fault that makes sense in the body of an exchange that keeps the contract, and adds what was noticed.
    /// Nothing where the exchange has no JSON body, or does not keep the contract to begin with.
    pub fn plant_faults(
        &self,
        exchange: &Exchange<'_>,
        base_urls: &[String],
        strength: &mut Strength,
    ) {
        let Body::Bytes { bytes, .. } = &exchange.body else { return };
        let Ok(body) = json::read(bytes) else { return };
        let base_urls = [self.settings.base_urls.as_slice(), base_urls].concat();
        let Some(judge) = self.judge_of_scope(exchange, &base_urls) else { return };
        let planter = Planter { contract: self, judge, exchange, base_urls: &base_urls };
        if planter.is_noticed(&body.value) {
            return;
        }
        for (operator, pointer, faulty) in faults(&body.value) {
            planter.plant(operator, &body.value, &pointer, &faulty, strength);
        }
    }
}

struct Planter<'p> {
    contract: &'p Contract,
    judge: &'p Judge,
    exchange: &'p Exchange<'p>,
    base_urls: &'p [String],
}

impl Planter<'_> {
    fn is_noticed(&self, body: &Value) -> bool {
        let text = body.to_string();
        let base_urls = self.base_urls.to_vec();
        // Nothing is seen twice here.
        let options = RunOptions { base_urls, no_fast_path: true, ..RunOptions::default() };
        let mut run = Run::new(self.contract, options);
        run.check(&Exchange {
            body: Body::Bytes { bytes: text.as_bytes().into(), origin: Origin::Unknown },
            ..self.exchange.clone()
        });
        run.worst_seen().is_some_and(|it| it <= Severity::Warning)
    }

    fn plant(
        &self,
        operator: Operator,
        body: &Value,
        pointer: &str,
        faulty: &Value,
        strength: &mut Strength,
    ) {
        let noticed = self.is_noticed(faulty);
        strength.planted += 1;
        strength.noticed += u64::from(noticed);
        let of_operator = strength.operators.entry(operator.as_str().to_owned()).or_default();
        of_operator[0] += 1;
        of_operator[1] += u64::from(noticed);
        if noticed {
            return;
        }
        let place = spot(self.judge, body, pointer).place();
        let reason = reason(self.judge, &self.contract.quirks, operator, pointer, body, faulty);
        let at_place = strength.survivors.entry(place.to_string()).or_default();
        at_place
            .entry(operator.as_str().to_owned())
            .or_insert(Survivors { count: 0, reason })
            .count += 1;
    }
}

//! Would the contract notice? Plants faults in recorded responses, one at a time, and runs the real check on each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    contract::Contract,
    exchange::{Body, Exchange, Origin},
    json,
    judge::Judge,
    place::Place,
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
    /// One character more in a text of a known form.
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Strength {
    /// Faults that were planted.
    pub planted: u64,
    /// Faults that made an error or a warning.
    pub noticed: u64,
    /// Planted and noticed, by operator.
    pub operators: BTreeMap<&'static str, [u64; 2]>,
    /// Faults that nothing noticed, by place and operator, each with how many and why.
    pub survivors: BTreeMap<String, BTreeMap<&'static str, Survivors>>,
}

/// Faults of one operator at one place that nothing noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Survivors {
    /// How many.
    pub count: u64,
    /// Why nothing noticed them.
    pub reason: &'static str,
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
        for pointer in pointers(&body.value) {
            for operator in Operator::ALL {
                let mut faulty = body.value.clone();
                if plant(*operator, &mut faulty, &pointer).is_none() || faulty == body.value {
                    continue;
                }
                planter.count(
                    *operator,
                    &body.value,
                    &pointer,
                    planter.is_noticed(&faulty),
                    strength,
                );
            }
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
        run.has_seen(Severity::Warning)
    }

    fn count(
        &self,
        operator: Operator,
        body: &Value,
        pointer: &str,
        noticed: bool,
        strength: &mut Strength,
    ) {
        strength.planted += 1;
        strength.noticed += u64::from(noticed);
        let of_operator = strength.operators.entry(operator.as_str()).or_default();
        of_operator[0] += 1;
        of_operator[1] += u64::from(noticed);
        if noticed {
            return;
        }
        let place = spot(self.judge, body, pointer).place();
        let reason = self.reason(operator, &place);
        let at_place = strength.survivors.entry(place.to_string()).or_default();
        at_place.entry(operator.as_str()).or_insert(Survivors { count: 0, reason }).count += 1;
    }

    /// Why nothing noticed a fault, as far as the contract itself says.
    fn reason(&self, operator: Operator, place: &Place) -> &'static str {
        let has_quirk = self
            .contract
            .quirks
            .iter()
            .flat_map(|it| &it.at)
            .any(|it| it.place == *place && it.status == self.exchange.status);
        match operator {
            Operator::Null if has_quirk => "a quirk allows null",
            Operator::Removed => "optional member",
            Operator::ExtraMember => "open object",
            Operator::Truncated | Operator::Duplicated => "nothing says how many items",
            Operator::Empty => "nothing says how long",
            Operator::Swapped => "a sibling of the same type",
            Operator::UnknownCode | Operator::BeyondInt32 => {
                "a number without a list of codes or limits"
            }
            Operator::BrokenDate | Operator::OddDate | Operator::OneCharacter => {
                "a text without a form"
            }
            Operator::AnotherType
            | Operator::Null
            | Operator::Fraction
            | Operator::InAList
            | Operator::NumberAsText
            | Operator::BooleanAsNumber => "nothing promised",
        }
    }
}

/// Pointers of every value, the whole body last.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut below = |segment: &str, child: &Value| {
        let mut prefix = String::new();
        crate::place::push_segment(&mut prefix, segment);
        all.extend(pointers(child).into_iter().map(|it| format!("{prefix}{it}")));
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, it)| below(name, it)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, it)| below(&index.to_string(), it))
        }
        _ => {}
    }
    all.push(String::new());
    all
}

/// Plants a fault; none where it makes no sense at the value.
fn plant(operator: Operator, body: &mut Value, pointer: &str) -> Option<()> {
    let at_once = match operator {
        Operator::Removed => Some(remove(body, pointer)),
        Operator::Swapped => Some(swap(body, pointer)),
        _ => None,
    };
    if let Some(planted) = at_once {
        return planted;
    }
    let value = body.pointer_mut(pointer)?;
    let faulty = match (operator, &*value) {
        (Operator::AnotherType, Value::String(_)) => json!(7),
        (Operator::AnotherType, Value::Object(_)) => json!("text"),
        (Operator::AnotherType, _) => json!({ "planted": 1 }),
        (Operator::Null, it) if !it.is_null() => Value::Null,
        (Operator::ExtraMember, Value::Object(members)) => {
            let mut members = members.clone();
            members.insert("planted_member".into(), json!(1));
            Value::Object(members)
        }
        (Operator::Empty, Value::String(_)) => json!(""),
        (Operator::Empty, Value::Array(_)) => json!([]),
        (Operator::Empty, Value::Object(_)) => json!({}),
        (Operator::UnknownCode, Value::Number(_)) => json!(97),
        (Operator::BeyondInt32, Value::Number(_)) => json!(2_147_483_648_i64),
        (Operator::Fraction, Value::Number(_)) => json!(0.5),
        (Operator::BrokenDate, Value::String(text)) if is_moment(text) => {
            Value::String(format!("{}02-30{}", &text[..5], &text[10..]))
        }
        (Operator::OddDate, Value::String(text)) if is_moment(text) && text.ends_with('Z') => {
            Value::String(text.trim_end_matches('Z').to_owned())
        }
        (Operator::OneCharacter, Value::String(text)) if is_moment(text) => {
            Value::String(format!("{text}x"))
        }
        (Operator::InAList, it) if !it.is_array() => json!([it]),
        (Operator::NumberAsText, Value::Number(number)) => Value::String(number.to_string()),
        (Operator::BooleanAsNumber, Value::Bool(it)) => json!(u8::from(*it)),
        (Operator::Truncated, Value::Array(items)) if !items.is_empty() => {
            Value::Array(items[..items.len() - 1].to_vec())
        }
        (Operator::Duplicated, Value::Array(items)) if !items.is_empty() => {
            Value::Array(items.iter().chain(items.last()).cloned().collect())
        }
        _ => return None,
    };
    *value = faulty;
    Some(())
}

fn is_moment(text: &str) -> bool {
    crate::form::form_of(text).is_some_and(|it| it.starts_with("date"))
}

fn remove(body: &mut Value, pointer: &str) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    body.pointer_mut(parent)?.as_object_mut()?.shift_remove(&name).map(|_| ())
}

/// Gives a member the value of the next sibling of its type.
fn swap(body: &mut Value, pointer: &str) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let members = body.pointer_mut(parent)?.as_object_mut()?;
    let value = members.get(&name)?.clone();
    let is_like =
        |it: &Value| std::mem::discriminant(it) == std::mem::discriminant(&value) && *it != value;
    let sibling =
        members.iter().find(|it| *it.0 != name && is_like(it.1)).map(|it| it.0.clone())?;
    let other = members.insert(sibling.clone(), value)?;
    members.insert(name, other);
    Some(())
}

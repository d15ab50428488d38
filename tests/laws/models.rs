//! Each type and its exported schema agree: what the type prints the schema accepts; what the schema accepts the type reads,
//! and prints equal as a value; one fault away from valid both accept or both refuse.

use std::{collections::BTreeSet, sync::LazyLock};

use jsonschema::Validator;
use models::{
    Ambassador, Chatroom, ChatroomPivotData, ChatroomType, DiscussionType, ErrorMessage,
    LastRating, LastSummary, Source, Timestamp, ZonelessTimestamp,
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Map, Value, json};

use crate::faults::{Fault, leaves};

/// A type's schema as it is exported.
struct Exported {
    schema: Value,
    validator: Validator,
}

impl Exported {
    fn of(name: &str) -> Self {
        let path = tests::root().join(format!("schemas/modelled/{name}.schema.json"));
        let text = std::fs::read_to_string(path).expect("`cargo xtask schema` wrote it");
        let schema: Value = serde_json::from_str(&text).expect("it is JSON");
        let options = jsonschema::draft202012::options();
        let validator = options.should_validate_formats(true).build(&schema);
        Self { schema, validator: validator.expect("it is a schema") }
    }
}

/// The schema of the whole answer as it is exported.
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| Exported::of("Chatroom").schema);

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| Exported::of("Chatroom").validator);

fn config() -> Config {
    let regressions = FileFailurePersistence::WithSource("regressions");
    Config { failure_persistence: Some(Box::new(regressions)), ..Config::default() }
}

/// The laws of each type, for values that a strategy makes and values made from its exported schema.
macro_rules! agree {
    ($($laws:ident: $type:ident = $values:expr;)+) => {
        const AGREEING: &[&str] = &[$(stringify!($type)),+];

        $(mod $laws {
            use super::*;

            static EXPORTED: LazyLock<Exported> =
                LazyLock::new(|| Exported::of(stringify!($type)));

            proptest! {
                #![proptest_config(config())]

                #[test]
                fn what_the_type_prints_the_schema_accepts(value in $values) {
                    let printed = serde_json::to_value(&value).unwrap();
                    prop_assert!(EXPORTED.validator.is_valid(&printed), "{}", printed);
                    prop_assert_eq!(serde_json::from_value::<$type>(printed).unwrap(), value);
                }

                #[test]
                fn what_the_schema_accepts_the_type_reads_and_prints_equal(seed: u64) {
                    let mut random = StdRng::seed_from_u64(seed);
                    let generated = noson::generate(&EXPORTED.schema, &mut random).unwrap();
                    prop_assume!(EXPORTED.validator.is_valid(&generated));
                    let read: $type = serde_json::from_value(generated.clone()).unwrap();
                    let printed = serde_json::to_value(&read).unwrap();
                    prop_assert_eq!(plain(&printed), plain(&generated));
                }

                #[test]
                fn one_fault_away_both_accept_or_both_refuse(
                    value in $values,
                    at: prop::sample::Index,
                    fault in fault(),
                ) {
                    let mut body = serde_json::to_value(&value).unwrap();
                    let leaves = leaves(&body);
                    let leaf: &String = at.get(&leaves);
                    if !fault.plant(&mut body, leaf) {
                        return Ok(());
                    }
                    let accepted = EXPORTED.validator.is_valid(&body);
                    let read = serde_json::from_value::<$type>(body);
                    prop_assert_eq!(accepted, read.is_ok(), "{:?} at {}: {:?}", fault, leaf, read.err());
                }
            }
        })+
    };
}

agree! {
    of_chatroom: Chatroom = chatroom();
    of_ambassador: Ambassador = ambassador();
    of_chatroom_pivot_data: ChatroomPivotData = pivot();
    of_last_rating: LastRating = last_rating();
    of_last_summary: LastSummary = last_summary();
    of_error_message: ErrorMessage = error_message();
    of_chatroom_type: ChatroomType = prop::sample::select(ChatroomType::ALL);
    of_discussion_type: DiscussionType = prop::sample::select(DiscussionType::ALL);
    of_source: Source = prop::sample::select(Source::ALL);
}

#[test]
fn every_exported_type_has_its_laws() {
    let files = crate::repository::files_below("schemas/modelled");
    let names =
        files.iter().filter_map(|it| it.file_name()?.to_str()?.strip_suffix(".schema.json"));
    assert_eq!(names.collect::<BTreeSet<_>>(), AGREEING.iter().copied().collect());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_types_print_keeps_the_contract(room in chatroom(), error in error_message()) {
        let answers = [
            (200, serde_json::to_value(&room).unwrap()),
            (401, serde_json::to_value(&error).unwrap()),
        ];
        for (status, printed) in answers {
            let report = crate::faults::report_on_status(status, &printed);
            prop_assert_eq!(report.exit_code, 0, "{}", tests::summary(&report));
        }
    }
}

/// Where the types differ from the schema although nothing is wrong: the whole list.
#[test]
fn the_exceptions_are_these() {
    let with = |text: &str| {
        let mut room = crate::faults::example();
        room["date_insert"] = json!(text);
        room
    };
    let refused = [
        ("more decimals than a nanosecond", "2023-10-06T13:41:09.1234567891Z"),
        ("the last day that RFC 3339 has", "9999-12-31T23:59:59.999Z"),
        ("a year before 0 in UTC", "0000-01-01T00:00:00+00:01"),
    ];
    for (why, text) in refused {
        assert!(VALIDATOR.is_valid(&with(text)), "{why}");
        assert!(serde_json::from_value::<Chatroom>(with(text)).is_err(), "{why}");
    }
    // A leap second is read as the second before it.
    let leap: Chatroom = serde_json::from_value(with("2016-12-31T23:59:60Z")).unwrap();
    assert_eq!(leap.date_insert.to_string(), "2016-12-31T23:59:59Z");
    // An optional member that is absent is printed as null.
    let mut absent = crate::faults::example();
    absent.as_object_mut().unwrap().shift_remove("last_rating");
    let absent: Chatroom = serde_json::from_value(absent).unwrap();
    assert_eq!(serde_json::to_value(absent).unwrap()["last_rating"], Value::Null);
}

#[test]
fn an_integer_may_be_written_with_a_fraction_of_zero() {
    let mut room = crate::faults::example();
    room["id_chatroom"] = json!(8.0);
    room["source"] = json!(2.0);
    room["ambassadors"][0]["chatroom_pivot_data"][0]["last_read_message"] = json!(1e2);
    assert!(VALIDATOR.is_valid(&room));
    let read: Chatroom = serde_json::from_value(room).unwrap();
    assert_eq!((read.id_chatroom, read.source), (8, Source::HotList));
    assert!(read.is_established());
}

/// A value without what may differ between equal ones: the spelling of numbers and instants, and members that are null
/// or absent.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(it) if it.fract() == 0.0 && it.abs() < 9e15 => json!(it as i64),
            _ => value.clone(),
        },
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(instant) => json!(instant),
            Err(_) => value.clone(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|it| !it.1.is_null());
            Value::Object(members.map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        _ => value.clone(),
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(Fault::ALL)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    // The years 0 to 9998: the last one is among the exceptions.
    (-62_167_219_200_i64..253_370_764_800, 0..1_000_000_000_i32).prop_map(
        |(seconds, nanoseconds)| {
            let instant = jiff::Timestamp::new(seconds, nanoseconds).expect("in range");
            Timestamp::try_from(instant).expect("in range")
        },
    )
}

fn zoneless() -> impl Strategy<Value = ZonelessTimestamp> {
    (timestamp(), 0..1000_i32).prop_map(|(timestamp, millisecond)| {
        let moment = timestamp.instant().to_zoned(jiff::tz::TimeZone::UTC).datetime();
        let moment =
            moment.with().subsec_nanosecond(millisecond * 1_000_000).build().expect("in range");
        ZonelessTimestamp::try_from(moment).expect("whole milliseconds")
    })
}

fn more() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("extra_[a-z]{1,4}", any::<i32>().prop_map(Value::from), 0..3)
        .prop_map(|it| it.into_iter().collect())
}

prop_compose! {
    fn last_rating()(value: i64, comment: String, more in more()) -> LastRating {
        LastRating { value, comment, more }
    }
}

prop_compose! {
    fn last_summary()(date_insert: String, summary: String, anomaly: i64, topic: i64, more in more()) -> LastSummary {
        LastSummary { date_insert, summary, anomaly, topic, more }
    }
}

prop_compose! {
    fn error_message()(message: String) -> ErrorMessage {
        ErrorMessage { message }
    }
}

prop_compose! {
    fn pivot()(id_chatroom: i32, id_ambassador: i32, last_read_message: Option<i32>, is_blocked: bool, archived: bool)
        -> ChatroomPivotData {
        ChatroomPivotData { id_chatroom, id_ambassador, last_read_message, is_blocked, archived }
    }
}

prop_compose! {
    fn ambassador()(
        (image, username, email_tmp) in any::<(Option<String>, Option<String>, Option<String>)>(),
        (firstname, lastname, email, customer_id) in any::<(String, String, String, String)>(),
        (id_ambassador, active, status, online, anonymized) in any::<(i32, i32, i32, bool, bool)>(),
        last_action_date in timestamp(),
        chatroom_pivot_data in prop::collection::vec(pivot(), 0..3),
    ) -> Ambassador {
        Ambassador {
            id_ambassador, image, firstname, lastname, username, email, email_tmp, customer_id, active, status, online,
            last_action_date, anonymized, chatroom_pivot_data,
        }
    }
}

prop_compose! {
    fn chatroom()(
        id_chatroom: i64,
        ambassadors in prop::collection::vec(ambassador(), 0..3),
        date_insert in timestamp(),
        last_message_date in prop::option::of(timestamp()),
        type_chatroom in prop::sample::select(ChatroomType::ALL),
        type_discussion in prop::sample::select(DiscussionType::ALL),
        source in prop::sample::select(Source::ALL),
        established_dialogue in prop::option::of(zoneless()),
        last_rating in prop::option::of(last_rating()),
        last_summary in prop::option::of(last_summary()),
    ) -> Chatroom {
        Chatroom {
            id_chatroom, ambassadors, date_insert, last_message_date, type_chatroom, type_discussion, source,
            established_dialogue, last_rating, last_summary,
        }
    }
}

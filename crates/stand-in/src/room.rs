//! The rooms that the stand-in knows, as JSON texts.

use serde_json::{Value, json};

use crate::{CANARY, OTHER_ROOM, ROOMS, Scenario};

/// The room of that id, as the scenario has it.
pub(crate) fn room(id: u32, scenario: Scenario) -> Option<Value> {
    if !ROOMS.contains(&id) && id != OTHER_ROOM {
        return None;
    }
    let mut room = plain(id);
    match scenario {
        Scenario::Healed => heal(&mut room),
        Scenario::PartlyHealed if id % 2 == 1 => heal(&mut room),
        Scenario::Mutated => room["source"] = json!({ "code": 2 }),
        Scenario::NewField => room["unread_count"] = json!(3),
        Scenario::FieldGone => {
            for participant in participants(&mut room) {
                if let Some(members) = participant.as_object_mut() {
                    members.shift_remove("email");
                }
            }
        }
        Scenario::NullEverywhere => {
            for name in ["last_message_date", "established_dialogue", "last_rating", "last_summary"]
            {
                room[name] = Value::Null;
            }
            for participant in participants(&mut room) {
                for name in ["image", "username", "email_tmp"] {
                    participant[name] = Value::Null;
                }
                participant["chatroom_pivot_data"][0]["last_read_message"] = Value::Null;
            }
        }
        Scenario::Canaries => {
            plant(&mut room);
            room["canarykx7q1234"] = json!({ CANARY: [CANARY, 1] });
            room["unread"] = json!(CANARY);
            room["last_rating"]["canary kx7q"] = json!(CANARY);
            room["ambassadors"][0]["online"] = json!(CANARY);
        }
        _ => {}
    }
    Some(room)
}

fn participants(room: &mut Value) -> impl Iterator<Item = &mut Value> {
    room["ambassadors"].as_array_mut().into_iter().flatten()
}

/// Puts the canary into every text.
fn plant(value: &mut Value) {
    match value {
        Value::String(text) => *text = format!("{CANARY} {text}"),
        Value::Array(items) => items.iter_mut().for_each(plant),
        Value::Object(members) => members.values_mut().for_each(plant),
        _ => {}
    }
}

fn heal(room: &mut Value) {
    room["source"] = json!("direct");
    room["established_dialogue"] = json!(true);
}

/// A room with the known quirks: `source` is an integer, `established_dialogue` a timestamp without a zone.
fn plain(id: u32) -> Value {
    let people: Vec<Value> = (0..1 + id % 3).map(|it| participant(id, id * 10 + it)).collect();
    json!({
        "id_chatroom": id,
        "ambassadors": people,
        "date_insert": format!("2026-0{}-06T13:41:09.123000Z", 1 + id % 9),
        "last_message_date": format!("2026-0{}-07T08:00:00.000000Z", 1 + id % 9),
        "type_chatroom": if id % 4 == 3 { 7 } else { 0 },
        "type_discussion": id % 3,
        "source": id % 3,
        "established_dialogue": format!("2026-0{}-06 13:45:10.456", 1 + id % 9),
        "last_rating": { "value": 1 + id % 5, "comment": "Kind and quick" },
        "last_summary": {
            "date_insert": "2026-09-01 10:00:00",
            "summary": "Asked about sizes, got an answer.",
            "anomaly": 0,
            "topic": id % 4,
        },
    })
}

fn participant(room: u32, id: u32) -> Value {
    json!({
        "id_ambassador": id,
        "image": format!("https://images.example.org/{id}.jpg"),
        "firstname": "Robin",
        "lastname": "Example",
        "username": format!("robin{id}"),
        "email": format!("robin{id}@example.org"),
        "email_tmp": format!("guest{id}@example.org"),
        "customer_id": format!("C-{id}"),
        "active": 1,
        "status": id % 9,
        "online": id.is_multiple_of(2),
        "last_action_date": "2026-11-20T09:42:00Z",
        "anonymized": false,
        "chatroom_pivot_data": [{
            "id_chatroom": room,
            "id_ambassador": id,
            "last_read_message": id + 1000,
            "is_blocked": false,
            "archived": id.is_multiple_of(5),
        }],
    })
}

//! A corpus of responses, made anew for each measurement: the same for the same numbers.

use std::io::{self, Write};

use serde_json::{Value, json};

/// What a corpus is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One exchange a line.
    Ndjson,
    /// One HAR.
    Har,
}

/// What a corpus holds.
#[derive(Debug, Clone, Copy)]
pub struct Corpus {
    /// How many responses.
    pub responses: u64,
    /// How many of a hundred break the contract.
    pub bad_percent: u64,
    /// How many ambassadors each room has: 2 make a body of about 1.3 kB.
    pub ambassadors: u64,
}

impl Corpus {
    /// Writes the corpus.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, format: Format, to: &mut impl Write) -> io::Result<()> {
        if format == Format::Har {
            to.write_all(
                br#"{"log":{"version":"1.2","creator":{"name":"corpus","version":"1"},"entries":["#,
            )?;
        }
        for number in 0..self.responses {
            let body = self.body(number);
            let url = format!("https://domain.tld/api/v2/chat/chatrooms/{number}");
            match format {
                Format::Ndjson => writeln!(
                    to,
                    r#"{{"url":"{url}","method":"GET","status":200,"content_type":"application/json","body":{body}}}"#
                )?,
                Format::Har => {
                    let comma = if number == 0 { "" } else { "," };
                    let text = Value::String(body);
                    write!(
                        to,
                        r#"{comma}{{"startedDateTime":"2026-01-01T00:00:00.000Z","time":12.5,"request":{{"method":"GET","url":"{url}","httpVersion":"HTTP/1.1","cookies":[],"headers":[{{"name":"Accept","value":"application/json"}}],"queryString":[],"headersSize":-1,"bodySize":0}},"response":{{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","cookies":[],"headers":[{{"name":"Content-Type","value":"application/json"}}],"content":{{"size":{},"mimeType":"application/json","text":{text}}},"redirectURL":"","headersSize":-1,"bodySize":-1}},"cache":{{}},"timings":{{"send":0,"wait":12,"receive":0.5}}}}"#,
                        text.as_str().map_or(0, str::len),
                    )?;
                }
            }
        }
        if format == Format::Har {
            to.write_all(b"]}}")?;
        }
        to.flush()
    }

    /// The body of a response, by number.
    pub fn body(&self, number: u64) -> String {
        let mut random = Random(number);
        let mut body = self.good(&mut random, number);
        if random.below(100) < self.bad_percent {
            spoil(&mut body, &mut random);
        }
        body.to_string()
    }

    fn good(&self, random: &mut Random, number: u64) -> Value {
        let maybe = |value: Value, random: &mut Random| {
            if random.below(4) == 0 { Value::Null } else { value }
        };
        let ambassadors = (0..self.ambassadors).map(|it| {
            let id = number * 10 % 2_000_000_000 + it;
            json!({
                "id_ambassador": id,
                "image": maybe(json!(format!("https://img.example.org/{id}.jpg")), random),
                "firstname": format!("First{}", random.below(900)),
                "lastname": "Doe \"the\" é",
                "username": maybe(json!(format!("user{id}")), random),
                "email": format!("user{id}@example.org"),
                "email_tmp": maybe(json!("tmp@example.org"), random),
                "customer_id": format!("C{}", random.below(1_000_000)),
                "active": 1,
                "status": random.below(9),
                "online": random.below(2) == 0,
                "last_action_date": date(random),
                "anonymized": false,
                "chatroom_pivot_data": [{
                    "id_chatroom": number,
                    "id_ambassador": id,
                    "last_read_message": maybe(json!(random.below(100_000)), random),
                    "is_blocked": false,
                    "archived": random.below(2) == 0,
                }],
            })
        });
        json!({
            "id_chatroom": number,
            "ambassadors": ambassadors.collect::<Vec<_>>(),
            "date_insert": date(random),
            "last_message_date": maybe(json!(date(random)), random),
            "type_chatroom": random.below(2) * 7,
            "type_discussion": random.below(3),
            "source": random.below(3),
            "established_dialogue": maybe(json!(date(random).replace('T', " ").replace("000Z", "")), random),
            "last_rating": maybe(json!({ "value": random.below(6), "comment": "Great ambassador" }), random),
            "last_summary": maybe(json!({ "date_insert": date(random), "summary": "They spoke of \"shoes\".\nAgain.", "anomaly": 0, "topic": 3 }), random),
        })
    }
}

fn date(random: &mut Random) -> String {
    let (month, day, hour) = (1 + random.below(12), 1 + random.below(28), random.below(24));
    let (minute, milli) = (random.below(60), random.below(1_000));
    format!("2023-{month:02}-{day:02}T{hour:02}:{minute:02}:09.{milli:03}000Z")
}

/// Plants one of many faults.
fn spoil(body: &mut Value, random: &mut Random) {
    let first = "/ambassadors/0";
    let at = |name: &str| format!("{first}/{name}");
    let (pointer, value) = match random.below(12) {
        0 => ("/id_chatroom".into(), json!("8")),
        1 => (at("online"), json!("yes")),
        2 => (at("email"), Value::Null),
        3 => ("/type_chatroom".into(), json!(5)),
        4 => ("/date_insert".into(), json!("2023-02-30T13:41:09.123000Z")),
        5 => ("/source".into(), json!("direct")),
        6 => ("/source".into(), json!(9)),
        7 => ("/established_dialogue".into(), json!("2023-10-06")),
        8 => (at("active"), json!(3_000_000_000_u64)),
        9 => (at("status"), json!(1.5)),
        10 => {
            body["surprise"] = json!("x");
            return;
        }
        _ => {
            body.as_object_mut().expect("an object").shift_remove("type_discussion");
            return;
        }
    };
    if let Some(it) = body.pointer_mut(&pointer) {
        *it = value;
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (it ^ (it >> 31)) % limit
    }
}

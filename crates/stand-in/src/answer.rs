//! One request, one answer.

use std::{
    convert::Infallible,
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, Method, Response, StatusCode, header},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{BRAND, CANARY, OTHER_BRAND, OTHER_ROOM, Scenario, TOKEN, room::room};

const PATH: &str = "/api/v2/chat/chatrooms/";

pub(crate) async fn answer(scenario: Scenario, number: u64, request: Request) -> Response<Body> {
    match scenario {
        Scenario::TooManyRequests => {
            let mut answer = message(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests.");
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            return answer;
        }
        Scenario::Outage => return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Scenario::Unavailable if number < 2 => {
            return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        }
        Scenario::ExpiringToken if number >= 2 => {
            return message(StatusCode::UNAUTHORIZED, "Unauthorized.");
        }
        Scenario::Redirect => {
            let elsewhere = header::HeaderValue::from_static("https://elsewhere.example.org/login");
            let mut answer = empty(StatusCode::FOUND);
            answer.headers_mut().insert(header::LOCATION, elsewhere);
            return answer;
        }
        _ => {}
    }
    match admitted(scenario, &request) {
        Ok(room) => found(scenario, &room),
        Err(refusal) => *refusal,
    }
}

/// The room that the request may see.
fn admitted(scenario: Scenario, request: &Request) -> Result<Value, Box<Response<Body>>> {
    let Some(id) = request.uri().path().strip_prefix(PATH) else {
        return Err(Box::new(message(StatusCode::NOT_FOUND, "The route could not be found.")));
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Box::new(message(
            StatusCode::METHOD_NOT_ALLOWED,
            "The method is not supported for this route.",
        )));
    }
    let open = scenario == Scenario::OpenDoors;
    let text = |name: &str| text(request.headers(), name);
    if !open && text("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return Err(Box::new(message(StatusCode::UNAUTHORIZED, "Unauthorized.")));
    }
    let Ok(id) = id.parse::<u32>() else {
        let errors = json!({ "id": ["The id must be an integer."] });
        let body = json!({ "message": "The id must be an integer.", "errors": errors });
        return Err(Box::new(json_answer(StatusCode::UNPROCESSABLE_ENTITY, body.to_string())));
    };
    let Some(room) = room(id, scenario) else {
        let text = if scenario == Scenario::Canaries { CANARY } else { "Not Found." };
        return Err(Box::new(message(StatusCode::NOT_FOUND, text)));
    };
    let owner = if id == OTHER_ROOM { OTHER_BRAND } else { BRAND };
    if !open && text("x-popsell-brand").and_then(|it| it.parse().ok()) != Some(owner) {
        return Err(Box::new(empty(StatusCode::FORBIDDEN)));
    }
    Ok(room)
}

fn found(scenario: Scenario, room: &Value) -> Response<Body> {
    let text = room.to_string();
    match scenario {
        Scenario::UndocumentedStatus => json_answer(StatusCode::ACCEPTED, text),
        Scenario::WrongContentType => {
            let page = "<!doctype html><title>Maintenance</title>";
            typed(StatusCode::OK, "text/html; charset=utf-8", Body::from(page))
        }
        Scenario::NotJson => json_answer(StatusCode::OK, format!("var room = {text}")),
        Scenario::DuplicateMembers => {
            let rest = text.trim_start_matches('{');
            json_answer(StatusCode::OK, format!("{{\"id_chatroom\": 1, {rest}"))
        }
        Scenario::TruncatedBody | Scenario::Reset => {
            let half = text[..text.len() / 2].to_owned();
            let chunks =
                vec![Ok(half.into()), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
            let mut answer =
                typed(StatusCode::OK, "application/json", Body::new(Chunks(chunks.into_iter())));
            answer.headers_mut().insert(header::CONTENT_LENGTH, text.len().into());
            answer
        }
        Scenario::EndlessBody => {
            let chunks = std::iter::once("[").chain(std::iter::repeat("0,"));
            let chunks = chunks.map(|it| Ok::<Bytes, Infallible>(it.repeat(8192).into()));
            typed(StatusCode::OK, "application/json", Body::new(Chunks(chunks)))
        }
        Scenario::SlowDrip => typed(StatusCode::OK, "application/json", Body::new(Drip::of(text))),
        Scenario::HugeBody => {
            let person = room["ambassadors"][0].to_string();
            let (before, after) = text.split_once(&person).unwrap_or((&text, ""));
            let people = std::iter::repeat_n(format!("{person},").repeat(1_000), 100);
            let chunks = std::iter::once(before.to_owned())
                .chain(people)
                .chain([person.clone(), after.to_owned()]);
            let chunks: Vec<_> = chunks.map(|it| Ok::<Bytes, Infallible>(it.into())).collect();
            typed(StatusCode::OK, "application/json", Body::new(Chunks(chunks.into_iter())))
        }
        Scenario::CompressedBody => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
            let body = written.expect("writing into memory");
            let mut answer = typed(StatusCode::OK, "application/json", Body::from(body));
            answer
                .headers_mut()
                .insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
            answer
        }
        _ => json_answer(StatusCode::OK, text),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn message(status: StatusCode, message: &str) -> Response<Body> {
    json_answer(status, json!({ "message": message }).to_string())
}

fn json_answer(status: StatusCode, text: String) -> Response<Body> {
    typed(status, "application/json", Body::from(text))
}

fn typed(status: StatusCode, media_type: &'static str, body: Body) -> Response<Body> {
    let mut answer = empty(status);
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
    *answer.body_mut() = body;
    answer
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// A body in chunks; an error breaks the connection.
struct Chunks<I>(I);

impl<I, E> HttpBody for Chunks<I>
where
    I: Iterator<Item = Result<Bytes, E>> + Unpin,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, E>>> {
        Poll::Ready(self.0.next().map(|it| it.map(http_body::Frame::data)))
    }
}

/// A body a byte at a time.
struct Drip {
    bytes: std::vec::IntoIter<u8>,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl Drip {
    const PAUSE: Duration = Duration::from_millis(200);

    fn of(text: String) -> Self {
        Self {
            bytes: text.into_bytes().into_iter(),
            pause: Box::pin(tokio::time::sleep(Self::PAUSE)),
        }
    }
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.pause.as_mut().poll(context));
        let next = tokio::time::Instant::now() + Self::PAUSE;
        self.pause.as_mut().reset(next);
        Poll::Ready(self.bytes.next().map(|it| Ok(http_body::Frame::data(vec![it].into()))))
    }
}

//! Asks a live server: bounded in requests, time, rate and size; follows no redirect; retries only what says nothing.
//!
//! The one place with async: everything behind it is plain functions over values.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::{Body, Exchange, Origin, Provenance, Run};
use reqwest::{
    Client, Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, task::JoinSet, time::Instant};

use crate::plan::{Plan, Planned};

/// How a live run behaves.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// How many requests may be sent, retries included.
    pub budget: u64,
    /// The least time between two requests.
    pub interval: Duration,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How often a request that got no usable answer is sent again.
    pub retries: u32,
    /// The first pause before a retry; it doubles, and `Retry-After` makes it longer.
    pub backoff: Duration,
    /// The longest pause that a `Retry-After` is followed to.
    pub longest_pause: Duration,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Time without a byte.
    pub read_timeout: Duration,
    /// Time for a whole answer.
    pub total_timeout: Duration,
    /// The largest body that is taken, in bytes.
    pub max_body: usize,
    /// Where the answers come from.
    pub provenance: Provenance,
}

impl LiveOptions {
    /// Sixty requests a minute, two hundred in all.
    pub fn polite() -> Self {
        Self {
            budget: 200,
            interval: Duration::from_secs(1),
            concurrency: 4,
            retries: 3,
            backoff: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            max_body: 32 * 1024 * 1024,
            provenance: Provenance::Live,
        }
    }
}

/// An answer to a planned request.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The body; none where it was larger than allowed.
    pub body: Option<Vec<u8>>,
}

/// After so many requests without an answer that says something, the others are not sent: an outage is not waited for
/// request by request.
const GIVE_UP: u64 = 8;

/// Why a request got no answer. Never holds a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The budget was used up.
    #[error("not sent: the request budget is used up")]
    Budget,
    /// No connection.
    #[error("unreachable")]
    Unreachable,
    /// Too slow.
    #[error("timed out")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// Nothing that could be judged came for a while.
    #[error("not sent: {GIVE_UP} requests in a row got no answer that says something")]
    GivenUp,
    /// The request could not be made.
    #[error("a header or the URL is not valid")]
    Invalid,
}

/// Why a live run could not start.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made: {0}")]
pub struct LiveError(String);

/// Asks what is planned and gives each answer to `each`, in the plan's order.
///
/// # Errors
/// Where no client could be made. What goes wrong with a request is its answer.
pub fn ask(
    plan: &Plan,
    options: &LiveOptions,
    mut each: impl FnMut(usize, &Planned, Result<Answer, NoAnswer>),
) -> Result<u64, LiveError> {
    let failed = |it: &dyn std::fmt::Display| LiveError(it.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|it| failed(&it))?;
    let client = client(plan, options).map_err(|it| failed(&it.without_url()))?;
    let asker = Arc::new(Asker {
        client,
        options: options.clone(),
        sent: AtomicU64::new(0),
        in_vain: AtomicU64::new(0),
        next_slot: Mutex::new(Instant::now()),
    });
    runtime.block_on(async {
        let mut under_way: JoinSet<(usize, Result<Answer, NoAnswer>)> = JoinSet::new();
        let mut waiting: BTreeMap<usize, Result<Answer, NoAnswer>> = BTreeMap::new();
        let (mut started, mut told) = (0, 0);
        while told < plan.requests.len() {
            // No answer waits for a slow one before it in more than a window's number.
            while started < plan.requests.len() && started < told + options.concurrency {
                let (asker, index) = (asker.clone(), started);
                let request = request(&plan.requests[index]);
                under_way.spawn(async move { (index, asker.answer(request).await) });
                started += 1;
            }
            if let Some(done) = under_way.join_next().await {
                let (index, answer) = done.expect("an asker does not panic");
                waiting.insert(index, answer);
            }
            while let Some(answer) = waiting.remove(&told) {
                each(told, &plan.requests[told], answer);
                told += 1;
            }
        }
    });
    Ok(asker.sent.load(Ordering::SeqCst))
}

/// Judges an answer, or counts that there was none.
pub fn check_answer(
    run: &mut Run<'_>,
    source: &str,
    index: usize,
    planned: &Planned,
    answer: &Result<Answer, NoAnswer>,
    provenance: Provenance,
) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => {
            return run.unanswered(
                source,
                index,
                &planned.operation,
                planned.probe,
                &why.to_string(),
            );
        }
    };
    run.check(&exchange(source, index, planned, answer, provenance));
}

/// An answer as an exchange.
pub fn exchange<'a>(
    source: &'a str,
    index: usize,
    planned: &'a Planned,
    answer: &'a Answer,
    provenance: Provenance,
) -> Exchange<'a> {
    Exchange {
        source,
        entry: index,
        byte: None,
        provenance,
        probe: planned.probe,
        asked_by_us: true,
        method: planned.method.into(),
        url: planned.url().into(),
        preflight: false,
        status: answer.status,
        content_type: answer.content_type.as_deref().map(Into::into),
        body: match &answer.body {
            Some(bytes) => Body::Bytes { bytes: bytes.into(), origin: Origin::Unknown },
            None => Body::TooLarge,
        },
    }
}

fn client(plan: &Plan, options: &LiveOptions) -> Result<Client, reqwest::Error> {
    // A second call finds it installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("paperwire/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .timeout(options.total_timeout);
    if plan.base_url.starts_with("http://") {
        // Loopback: no proxy between, and no certificates needed on the machine.
        builder = builder.no_proxy().tls_certs_only(Vec::<reqwest::Certificate>::new());
    } else {
        builder = builder.https_only(true);
    }
    builder.build()
}

struct Asker {
    client: Client,
    options: LiveOptions,
    sent: AtomicU64,
    /// How many requests in a row got no answer that says something.
    in_vain: AtomicU64,
    /// When the next request may be sent.
    next_slot: Mutex<Instant>,
}

type Request = Option<(Method, String, HeaderMap)>;

fn request(planned: &Planned) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in &planned.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers.entry("accept").or_insert(HeaderValue::from_static("application/json"));
    let method = Method::from_bytes(planned.method.as_bytes()).ok()?;
    Some((method, planned.url().to_owned(), headers))
}

impl Asker {
    async fn answer(&self, request: Request) -> Result<Answer, NoAnswer> {
        if self.in_vain.load(Ordering::SeqCst) >= GIVE_UP {
            return Err(NoAnswer::GivenUp);
        }
        let answer = self.answer_with_retries(request).await;
        if answer.as_ref().is_ok_and(|it| !says_nothing(it.status)) {
            self.in_vain.store(0, Ordering::SeqCst);
        } else {
            self.in_vain.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }

    async fn answer_with_retries(&self, request: Request) -> Result<Answer, NoAnswer> {
        let (method, url, headers) = request.ok_or(NoAnswer::Invalid)?;
        let mut pause = self.options.backoff;
        let mut attempt = 0;
        let mut last = Err(NoAnswer::Budget);
        loop {
            if self.wait_for_slot().await.is_err() {
                return last;
            }
            let sent = self.once(&method, &url, &headers).await;
            let wait = match &sent {
                Ok((answer, retry_after)) if says_nothing(answer.status) => {
                    retry_after.unwrap_or(pause).max(pause)
                }
                Ok(_)
                | Err(
                    NoAnswer::Invalid | NoAnswer::Budget | NoAnswer::GivenUp | NoAnswer::TimedOut,
                ) => {
                    return sent.map(|it| it.0);
                }
                Err(NoAnswer::Unreachable | NoAnswer::Broken) => pause,
            };
            if attempt == self.options.retries || wait > self.options.longest_pause {
                return sent.map(|it| it.0);
            }
            last = sent.map(|it| it.0);
            tokio::time::sleep(wait).await;
            pause *= 2;
            attempt += 1;
        }
    }

    /// Waits until another request may be sent, and counts it.
    async fn wait_for_slot(&self) -> Result<(), NoAnswer> {
        let mut next = self.next_slot.lock().await;
        if self.sent.load(Ordering::SeqCst) >= self.options.budget {
            return Err(NoAnswer::Budget);
        }
        tokio::time::sleep_until(*next).await;
        *next = Instant::now() + self.options.interval;
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
    ) -> Result<(Answer, Option<Duration>), NoAnswer> {
        let request = self.client.request(method.clone(), url).headers(headers.clone());
        let mut response = request.send().await.map_err(|it| no_answer(&it))?;
        let status = response.status();
        let text = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let content_type = text("content-type");
        let retry_after =
            text(RETRY_AFTER.as_str()).and_then(|it| pause(it.trim(), jiff::Timestamp::now()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|it| no_answer(&it))? {
            if body.len() + chunk.len() > self.options.max_body {
                return Ok((
                    Answer { status: status.as_u16(), content_type, body: None },
                    retry_after,
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((Answer { status: status.as_u16(), content_type, body: Some(body) }, retry_after))
    }
}

/// What `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3).
fn pause(text: &str, now: jiff::Timestamp) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
        // More than a number holds is longer than anybody waits.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Answers that are worth another try: they cannot be judged.
fn says_nothing(status: u16) -> bool {
    let again = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    again.iter().any(|it| it.as_u16() == status)
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        NoAnswer::TimedOut
    } else if error.is_connect() {
        NoAnswer::Unreachable
    } else if error.is_builder() {
        NoAnswer::Invalid
    } else {
        NoAnswer::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_a_number_or_a_date() {
        let now = "2026-11-23T03:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            ("Mon, 23 Nov 2026 03:01:30 GMT", Some(90)),
            ("Mon, 23 Nov 2026 02:00:00 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(
                pause(text, now),
                seconds.map(|it| if it == u64::MAX {
                    Duration::MAX
                } else {
                    Duration::from_secs(it)
                }),
                "{text}"
            );
        }
    }
}

//! The check of one exchange: scope, operation, status, content type. What its body holds is judged in `body`.

mod body;

use crate::{
    check::body::{BodyAt, Branches, Told},
    document::{EVENT_STREAM, Operation, OperationId, Response, essence, is_json},
    exchange::{Body, Exchange, Origin, Probe, SourceBytes, Written},
    finding::{PromisedBy, Sighting},
    json::{self, Locator, Unread},
    judge::Judge,
    ledger::{Details, Key, QuirkCounts},
    place::Place,
    quirk::Verdict,
    report::Skipped,
    rule::{Rule, Severity},
    run::Run,
    scope::{Scope, scope},
    shortcut::Taken,
    walk::spot,
};

impl<'c> Run<'c> {
    /// Judges an exchange.
    pub fn check(&mut self, exchange: &Exchange<'_>) {
        self.next_exchange();
        let contract = self.contract;
        match scope(&contract.documented, &self.base_urls, exchange) {
            Scope::Out => self.counts.out_of_scope += 1,
            Scope::Undocumented(_) if is_preflight(exchange) => {
                self.skip(exchange, "CORS preflight")
            }
            Scope::Undocumented(operation) if self.is_excluded(&operation) => {
                self.counts.out_of_scope += 1
            }
            Scope::Undocumented(operation) if exchange.probe.is_some() => {
                self.probed(&operation, exchange)
            }
            Scope::Undocumented(operation) => {
                self.skip(exchange, "operation not documented");
                let at = At { operation: &operation, status: None, exchange };
                self.note(&at, Rule::UndocumentedOperation, None, "no such operation".into());
            }
            Scope::Operation(operation) if self.is_excluded(&operation.id) => {
                self.counts.out_of_scope += 1
            }
            Scope::Operation(operation) => self.answer(operation, exchange),
        }
    }

    /// Judges an exchange by its body's text, whatever else its body is, if the shortcut takes that; where it does not,
    /// nothing has happened. What it takes is JSON.
    pub fn check_known(&mut self, exchange: &Exchange<'_>, text: Written<'_>) -> bool {
        let contract = self.contract;
        let Scope::Operation(operation) = scope(&contract.documented, &self.base_urls, exchange)
        else {
            return false;
        };
        let is_plain = exchange.probe.is_none()
            && !exchange.asked_by_us
            && !exchange.preflight
            && !exchange.method.eq_ignore_ascii_case("HEAD")
            && !self.is_excluded(&operation.id);
        let Some(judge) = self.shortcuts.judge_of(operation, exchange).filter(|_| is_plain) else {
            return false;
        };
        self.next_exchange();
        let at = At { operation: &operation.id, status: Some(exchange.status), exchange };
        let is_taken = self.take_shortcut(judge, &at, text) == Taken::Yes;
        if is_taken {
            self.judged(operation, exchange);
        } else {
            self.ledger.exchange -= 1;
        }
        is_taken
    }

    /// Tells of a request of an operation that got no answer.
    pub fn unanswered(
        &mut self,
        source: &str,
        entry: usize,
        operation: &OperationId,
        probe: Option<Probe>,
        reason: &str,
    ) {
        if probe.is_none() {
            self.asked.insert(operation.clone());
        }
        self.counts.could_not_check += 1;
        self.tell_skipped(Skipped {
            source: source.to_owned(),
            entry,
            reason: format!("could not check: {reason}"),
        });
    }

    fn is_excluded(&self, operation: &OperationId) -> bool {
        let named = |list: &[String]| list.iter().any(|it| it == operation.as_str());
        named(&self.options.exclude)
            || (!self.options.include.is_empty() && !named(&self.options.include))
    }

    fn skip(&mut self, exchange: &Exchange<'_>, reason: &str) {
        self.counts.skipped += 1;
        self.left_alone(exchange, reason);
    }

    fn left_alone(&mut self, exchange: &Exchange<'_>, reason: &str) {
        self.tell_skipped(Skipped {
            source: exchange.source.to_owned(),
            entry: exchange.entry,
            reason: reason.to_owned(),
        });
    }

    /// An answer to a wrong request says nothing about whether the operation works.
    fn judged(&mut self, operation: &Operation, exchange: &Exchange<'_>) {
        self.counts.checked += 1;
        if exchange.probe.is_none() && !self.judged.contains(&operation.id) {
            self.judged.insert(operation.id.clone());
        }
    }

    fn answer(&mut self, operation: &Operation, exchange: &Exchange<'_>) {
        let at = At { operation: &operation.id, status: Some(exchange.status), exchange };
        if is_preflight(exchange) {
            return self.skip(exchange, "CORS preflight");
        }
        if exchange.probe.is_none() && !self.asked.contains(&operation.id) {
            self.asked.insert(operation.id.clone());
        }
        match (exchange.status, operation.response(exchange.status)) {
            (0, _) => self.skip(exchange, "no response"),
            (304, _) => self.skip(exchange, "not modified"),
            (200..=299, _) if exchange.probe.is_some_and(Probe::must_fail) => {
                self.judged(operation, exchange);
                let promised = "a refusal".to_owned();
                self.note(&at, Rule::Access, None, promised);
            }
            (401 | 403, _) if exchange.asked_by_us && exchange.probe.is_none() => {
                self.could_not_check(exchange);
            }
            (429 | 500..=599, None) => self.could_not_check(exchange),
            (_, None) => {
                self.judged(operation, exchange);
                let severity = match exchange.probe {
                    // The reference rarely says what a wrong request gets.
                    Some(_) => Severity::Note,
                    None => Rule::UndocumentedStatus.severity(),
                };
                let sighting = at.sighting(String::new(), exchange.byte);
                let promised = "no such status".to_owned();
                let rule = (Rule::UndocumentedStatus, severity);
                self.note_at(&at, rule, None, promised, None, sighting);
            }
            (_, Some(response)) => self.response(operation, response, &at),
        }
    }

    /// An answer to a request with a method that the reference does not have.
    fn probed(&mut self, operation: &OperationId, exchange: &Exchange<'_>) {
        self.counts.checked += 1;
        let at = At { operation, status: Some(exchange.status), exchange };
        let rule = (Rule::UndocumentedOperation, Severity::Note);
        let sighting = at.sighting(String::new(), exchange.byte);
        self.note_at(&at, rule, None, "no such operation".into(), None, sighting);
    }

    fn could_not_check(&mut self, exchange: &Exchange<'_>) {
        self.counts.could_not_check += 1;
        self.left_alone(exchange, &format!("could not check: status {}", exchange.status));
    }

    fn response(&mut self, operation: &Operation, response: &Response, at: &At<'_>) {
        let exchange = at.exchange;
        let documents_content = !response.content.is_empty();
        let is_head = exchange.method.eq_ignore_ascii_case("HEAD");
        let (bytes, origin): (&[u8], Origin<'_>) = match &exchange.body {
            _ if is_head || exchange.status == 204 => (&[], Origin::Unknown),
            Body::Bytes { bytes, origin } => (bytes, *origin),
            Body::Absent { size: Some(0) } => (&[], Origin::Unknown),
            Body::Absent { size: None } if !documents_content => (&[], Origin::Unknown),
            Body::Absent { .. } => return self.skip(exchange, "the source left the body out"),
            Body::TooLarge => return self.skip(exchange, "limit: size"),
            Body::Packed { why } => return self.skip(exchange, why),
        };
        if is_head {
            return self.judged(operation, exchange);
        }
        let promised = || listed(response);
        if bytes.is_empty() {
            self.judged(operation, exchange);
            let judge = self.contract.judge_of(operation, exchange).ok().flatten();
            let never = judge.map_or(Vec::new(), |it| it.quirks.here.judge_no_body());
            for (quirk, verdict) in &never {
                self.no_body(at, *quirk, *verdict);
            }
            if !never.is_empty() {
                return;
            }
            if documents_content && !response.content.iter().all(|it| it.media_type == "*/*") {
                self.note(at, Rule::BodyMissing, Some(Place::root()), promised());
            }
            return;
        }
        let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = &bytes[bom..];
        let written = std::str::from_utf8(text).ok().map(Written::Plain);
        // An answer as one before it, judged by the same: nothing else is to be told of it.
        let judge = self.shortcuts.judge_of(operation, exchange);
        let take = |run: &mut Self, judge| {
            written.map_or(Taken::No, |it| run.take_shortcut(judge, at, it))
        };
        let taken = judge.map(|it| take(self, it));
        if taken == Some(Taken::Yes) {
            return self.judged(operation, exchange);
        }
        if !documents_content {
            self.judged(operation, exchange);
            return self.note(at, Rule::BodyUnexpected, Some(Place::root()), "no body".into());
        }
        let media_type = exchange.content_type.as_deref().map(essence);
        // Recorders write an empty or invented type where the server sent none.
        let media_type = media_type.filter(|it| it.contains('/'));
        let content = match &media_type {
            Some(media_type) => response.content_for(media_type),
            None => response.content.iter().find(|it| it.is_json()),
        };
        let promises_json = response.content.iter().any(|it| is_json(&it.media_type));
        let came_as_json = media_type.as_deref().is_none_or(is_json);
        let is_event_stream = media_type.as_deref() == Some(EVENT_STREAM);
        if content.is_none() {
            let came = is_event_stream.then(|| "an event stream".to_owned());
            let first = at.sighting(String::new(), exchange.byte);
            let rule = Rule::ContentType;
            self.note_at(at, (rule, rule.severity()), None, promised(), came, first);
            if !promises_json || is_event_stream {
                return self.judged(operation, exchange);
            }
        } else if is_event_stream {
            return self.skip(exchange, "an event stream, as documented; events are not judged");
        } else if !came_as_json {
            return self.judged(operation, exchange);
        }
        let taken = match taken {
            Some(taken) => taken,
            None => {
                let judge = self.contract.judge_of(operation, exchange).ok().flatten();
                if let (Some(judge), true) = (judge, content.is_some()) {
                    self.shortcuts.remember(operation, exchange, judge);
                }
                judge.map_or(Taken::No, |it| take(self, it))
            }
        };
        if taken == Taken::Yes {
            return self.judged(operation, exchange);
        }
        let body = match json::read(text) {
            Ok(body) => body,
            Err(Unread::TooDeep) => return self.skip(exchange, "limit: depth"),
            Err(Unread::Unrepresentable) => {
                return self.skip(exchange, "limit: a number or text that no value can hold");
            }
            Err(Unread::NotJson { byte }) => {
                self.judged(operation, exchange);
                if content.is_some() {
                    let sighting =
                        at.sighting(String::new(), SourceBytes::new(origin).find(bom + byte));
                    let rule = (Rule::BodyNotJson, Rule::BodyNotJson.severity());
                    self.note_at(at, rule, Some(Place::root()), promised(), None, sighting);
                }
                return;
            }
        };
        let judge = match self.contract.judge_of(operation, exchange) {
            Ok(judge) => judge,
            Err(why) => {
                return self
                    .skip(exchange, &format!("the document's schema cannot be used: {why}"));
            }
        };
        self.judged(operation, exchange);
        let Some(judge) = judge else { return };
        let text = std::str::from_utf8(&bytes[bom..]).unwrap_or_default();
        let place = BodyAt {
            at,
            judge,
            value: &body.value,
            locator: Locator::new(text),
            bom,
            source: SourceBytes::new(origin),
        };
        for pointer in &body.duplicates {
            let spot = spot(judge, &body.value, pointer);
            let (rule, by) = (Rule::DuplicateMember, PromisedBy::Documented);
            let severity = rule.severity();
            self.tell(&place, &spot, None, Told { rule, by, severity, branches: Branches::None });
        }
        self.body(&place, operation, exchange.status);
        if let Taken::News(shortcut) = taken {
            self.shortcuts.learn(&mut self.ledger, shortcut, &body.value);
        }
    }

    fn take_shortcut(&mut self, judge: &'c Judge, at: &At<'_>, text: Written<'_>) -> Taken {
        if self.options.no_fast_path {
            return Taken::No;
        }
        self.shortcuts.take(&mut self.ledger, &self.contract.store, judge, at, text)
    }

    /// A body that a quirk says never comes, and that did not.
    fn no_body(&mut self, at: &At<'_>, quirk: usize, verdict: Verdict) {
        let At { operation, exchange, .. } = at;
        let quirk_at = (quirk, (*operation).clone(), exchange.status, Place::root());
        let counts = self.ledger.quirks.number_or(quirk_at, QuirkCounts::default);
        self.ledger.quirks.get_mut(counts).add(verdict, exchange.provenance.is_wire());
        let rule = Rule::QuirkConfirmed;
        let key = at.key(rule, Some(Place::root()), Some(quirk));
        let first = at.sighting(String::new(), exchange.byte);
        let by = PromisedBy::Quirk;
        self.ledger.fold(key, exchange, rule.severity(), Some("nothing".into()), || Details {
            promised: "no body".into(),
            by,
            field: None,
            nearest_branch: None,
            first,
        });
    }

    /// Adds a finding about the answer as a whole.
    fn note(&mut self, at: &At<'_>, rule: Rule, place: Option<Place>, promised: String) {
        let sighting = at.sighting(String::new(), at.exchange.byte);
        self.note_at(at, (rule, rule.severity()), place, promised, None, sighting);
    }

    fn note_at(
        &mut self,
        at: &At<'_>,
        (rule, severity): (Rule, Severity),
        place: Option<Place>,
        promised: String,
        came: Option<String>,
        first: Sighting,
    ) {
        let key = at.key(rule, place, None);
        self.ledger.fold(key, at.exchange, severity, came, || Details {
            promised,
            by: PromisedBy::Documented,
            field: None,
            nearest_branch: None,
            first,
        });
    }
}

/// The answer that is being judged.
pub(crate) struct At<'a> {
    pub(crate) operation: &'a OperationId,
    status: Option<u16>,
    pub(crate) exchange: &'a Exchange<'a>,
}

impl At<'_> {
    fn key(&self, rule: Rule, place: Option<Place>, quirk: Option<usize>) -> Key {
        Key { operation: self.operation.clone(), status: self.status, place, rule, quirk }
    }

    fn sighting(&self, pointer: String, byte: Option<usize>) -> Sighting {
        Sighting {
            source: self.exchange.source.to_owned(),
            entry: self.exchange.entry,
            pointer,
            byte,
        }
    }
}

fn is_preflight(exchange: &Exchange<'_>) -> bool {
    exchange.preflight && exchange.method.eq_ignore_ascii_case("OPTIONS")
}

/// The documented media types.
fn listed(response: &Response) -> String {
    let names: Vec<_> = response.content.iter().map(|it| it.media_type.as_str()).collect();
    names.join(" or ")
}

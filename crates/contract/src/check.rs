//! The check of one exchange: scope, operation, status, content type. What its body holds is judged in `body`.

mod body;
mod nearest;

use crate::{
    check::body::{BodyAt, Told},
    document::{
        Content, EVENT_STREAM, Operation, OperationId, Response, StatusPattern, is_json, normal,
    },
    exchange::{Body, Exchange, Origin, Probe, SourceBytes, Written},
    finding::{PromisedBy, Sighting},
    json::{self, Locator, Unread},
    judge::Judge,
    ledger::{Details, Key, QuirkCounts},
    place::Place,
    quirk::{Came, ContentForm, Holds, Verdict, judge_content, media_type_of},
    report::Skipped,
    rule::{Rule, Severity},
    run::Run,
    schema::tree::type_of,
    scope::{Located, Scope, locate},
    shortcut::Taken,
    walk::spot,
};

impl<'c> Run<'c> {
    /// Judges an exchange.
    pub fn check(&mut self, exchange: &Exchange<'_>) {
        self.next_exchange();
        let contract = self.contract;
        let url = normal(&exchange.url);
        let located = locate(&contract.documented, &self.base_urls, exchange, &url);
        let checked = self.counts.checked;
        match located.scope {
            Scope::Out => {
                self.counts.out_of_scope += 1;
                let is_beside = self.servers().any(|it| it.has_host_of(&url));
                self.counts.beside_base_path += u64::from(is_beside);
            }
            Scope::Undocumented(_) if is_preflight(exchange) => {
                self.skip(exchange, "CORS preflight")
            }
            Scope::Undocumented(operation) if self.is_excluded(&operation) => {
                self.counts.out_of_scope += 1;
                self.undocumented_left_out.insert(operation);
            }
            Scope::Undocumented(operation) if exchange.probe.is_some() => {
                self.probed(&operation, exchange)
            }
            Scope::Undocumented(operation) => {
                self.skip(exchange, "operation not documented");
                let at = At { operation: &operation, status: None, exchange };
                self.note(&at, Rule::UndocumentedOperation, None, "no such operation".into());
                self.observe(&at, Rule::UndocumentedOperation, None, form_of(exchange));
            }
            Scope::Operation(operation) if self.is_excluded(&operation.id) => {
                self.counts.out_of_scope += 1
            }
            Scope::Operation(operation) => self.answer(operation, exchange),
        }
        self.count_foreign(located.by_path, checked, exchange);
    }

    /// Counts an exchange that was judged on a host that nobody names. What we made ourselves has no host of its own.
    fn count_foreign(&mut self, by_path: bool, checked_before: u64, exchange: &Exchange<'_>) {
        if by_path && exchange.provenance.is_wire() {
            self.counts.on_foreign_hosts += self.counts.checked - checked_before;
        }
    }

    /// Judges an exchange by its body's text, whatever else its body is, if the shortcut takes that; where it does not,
    /// nothing has happened. What it takes is JSON.
    pub fn check_known(&mut self, exchange: &Exchange<'_>, text: Written<'_>) -> bool {
        let contract = self.contract;
        let url = normal(&exchange.url);
        let located = locate(&contract.documented, &self.base_urls, exchange, &url);
        let Located { scope: Scope::Operation(operation), by_path, .. } = located else {
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
            let checked = self.counts.checked;
            self.judged(operation, exchange);
            self.count_foreign(by_path, checked, exchange);
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
            (429 | 500..=599, Some(response))
                if is_not_the_apis(response, exchange)
                    && !self.contract.has_content_quirks(&operation.id, exchange.status) =>
            {
                self.could_not_check(exchange);
            }
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
                self.observe(&at, Rule::UndocumentedStatus, None, form_of(exchange));
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
        if bytes.is_empty() {
            return self.empty_body(operation, response, at);
        }
        let promised = || listed(response);
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
            self.note(at, Rule::BodyUnexpected, Some(Place::root()), "no body".into());
            let rule = Rule::BodyUnexpected;
            return self.observe(at, rule, Some(Place::root()), form_of(exchange));
        }
        // Every body says something about a quirk of the media type, so what judges them is not remembered.
        let pinned = self.contract.has_content_quirks(&operation.id, exchange.status);
        let media_type = media_type_of(exchange.content_type.as_deref());
        let content = match &media_type {
            Some(media_type) => response.content_for(media_type),
            None => response.content.iter().find(|it| it.is_json()),
        };
        let promises_json = response.content.iter().any(|it| is_json(&it.media_type));
        let came_as_json = media_type.as_deref().is_none_or(is_json);
        let is_event_stream = media_type.as_deref() == Some(EVENT_STREAM);
        if let (Some(content), false) = (content, pinned) {
            if is_event_stream {
                let reason = "an event stream, as documented; events are not judged";
                return self.skip(exchange, reason);
            }
            if !came_as_json {
                self.judged(operation, exchange);
                self.ledger.as_promised(&operation.id, exchange.status);
                return self.of_any_type(operation, content, at);
            }
        }
        let is_judged = came_as_json || (content.is_none() && promises_json && !is_event_stream);
        let taken = match taken {
            Some(taken) => taken,
            None if !is_judged => Taken::No,
            None => {
                let judge = self.contract.judge_of(operation, exchange).ok().flatten();
                if let (Some(judge), true, false) = (judge, content.is_some(), pinned) {
                    self.shortcuts.remember(operation, exchange, judge);
                }
                judge.map_or(Taken::No, |it| take(self, it))
            }
        };
        let body = if taken == Taken::Yes { None } else { Some(json::read(text)) };
        let holds = match &body {
            None => Holds::of_json(text),
            Some(read) => Holds::of(read.as_ref().map(|it| &it.value)),
        };
        let came = Came { media_type, holds };
        let confirmed = if pinned { self.content(operation, at, &came) } else { None };
        let is_promised = content.is_some() && (!came_as_json || holds != Holds::Other);
        if is_promised {
            self.ledger.as_promised(&operation.id, exchange.status);
        } else if confirmed.is_none() {
            let (rule, place, byte) = match &body {
                Some(Err(Unread::NotJson { byte })) if content.is_some() => {
                    let byte = SourceBytes::new(origin).find(bom + byte);
                    (Rule::BodyNotJson, Some(Place::root()), byte)
                }
                _ => (Rule::ContentType, None, exchange.byte),
            };
            let named = (rule == Rule::ContentType).then(|| match is_event_stream {
                true => Some("an event stream".to_owned()),
                false => came.printable().map(ToOwned::to_owned),
            });
            let first = at.sighting(String::new(), byte);
            let severity = rule.severity();
            self.note_at(at, (rule, severity), place.clone(), promised(), named.flatten(), first);
            // Where something is documented, the body's type is told of apart.
            self.observe(at, rule, place, (came.form(), "object"));
        }
        // What a quirk says to be a text is no JSON, whatever it looks like.
        let is_text = confirmed == Some(ByForm::AsText);
        let body = match body {
            _ if !is_judged || is_text => return self.judged(operation, exchange),
            None => return self.judged(operation, exchange),
            Some(Ok(body)) => body,
            Some(Err(Unread::TooDeep)) => return self.skip(exchange, "limit: depth"),
            Some(Err(Unread::Unrepresentable)) => {
                return self.skip(exchange, "limit: a number or text that no value can hold");
            }
            Some(Err(Unread::NotJson { .. })) => return self.judged(operation, exchange),
        };
        let judge = self.contract.judge_of(operation, exchange).map_err(ToOwned::to_owned);
        let judge = judge
            .and_then(|judge| judge.map(|it| Ok((it, it.validators(&body.value)?))).transpose());
        let (judge, validators) = match judge {
            Ok(Some(judge)) => judge,
            Ok(None) => return self.judged(operation, exchange),
            Err(why) => {
                return self
                    .skip(exchange, &format!("the document's schema cannot be used: {why}"));
            }
        };
        self.judged(operation, exchange);
        let text = std::str::from_utf8(&bytes[bom..]).unwrap_or_default();
        let place = BodyAt {
            at,
            judge,
            validators,
            value: &body.value,
            locator: Locator::new(text),
            bom,
            source: SourceBytes::new(origin),
        };
        for pointer in &body.duplicates {
            let spot = spot(judge, &body.value, pointer);
            let (rule, by) = (Rule::DuplicateMember, PromisedBy::Documented);
            let severity = rule.severity();
            self.tell(&place, &spot, None, Told { rule, by, severity, refused: None });
        }
        self.body(&place, operation, exchange.status);
        if let Taken::News(shortcut) = taken {
            self.shortcuts.learn(&mut self.ledger, shortcut, &body.value);
        }
    }

    /// An answer without a body.
    fn empty_body(&mut self, operation: &Operation, response: &Response, at: &At<'_>) {
        let exchange = at.exchange;
        self.judged(operation, exchange);
        let judge = self.contract.judge_of(operation, exchange).ok().flatten();
        let mut never = judge.map_or(Vec::new(), |it| it.quirks.here.judge_no_body());
        let of_form = self.contract.content_quirks(&operation.id, exchange.status);
        let of_form = of_form.filter(|it| it.1.wire.is_nothing());
        never.extend(of_form.map(|it| (it.0, Verdict::Confirmed)));
        for (quirk, verdict) in &never {
            self.whole(at, *quirk, *verdict, "nothing".into());
        }
        if !never.is_empty() {
            return;
        }
        let documented = self.contract.paper_response(&operation.id, exchange.status);
        if documented.is_some_and(|it| it.content.is_empty()) {
            self.ledger.as_promised(&operation.id, exchange.status);
            for (quirk, verdict) in self.contract.quirks_of_emptiness(at.operation, exchange.status)
            {
                self.whole(at, quirk, verdict, "nothing".into());
            }
            return;
        }
        if !response.content.is_empty() && !response.content.iter().all(|it| it.media_type == "*/*")
        {
            self.note(at, Rule::BodyMissing, Some(Place::root()), listed(response));
            let key = at.key(Rule::BodyMissing, Some(Place::root()), None);
            if let (Some(observed), Some(judge)) = (self.ledger.observed(&key), judge) {
                observed.media_types.insert(judge.media_type.clone());
            }
        }
    }

    /// A body that is no JSON, as promised: where a quirk pins only its status, it shows the quirk.
    fn of_any_type(&mut self, operation: &Operation, content: &Content, at: &At<'_>) {
        if content.media_type != "*/*" {
            return;
        }
        let judge = self.contract.judge_of(operation, at.exchange).ok().flatten();
        for (quirk, verdict) in judge.map_or(Vec::new(), |it| it.quirks.here.judge_anything()) {
            self.whole(at, quirk, verdict, "a body".into());
        }
    }

    /// What a body, by its form, says about the quirks that are about it; none where nothing is told of its form.
    fn content(&mut self, operation: &Operation, at: &At<'_>, came: &Came) -> Option<ByForm> {
        let status = at.exchange.status;
        let quirks = self.contract.content_quirks(&operation.id, status);
        let response = self.contract.paper_response(&operation.id, status);
        let said = judge_content(quirks, response, came);
        for (quirk, verdict) in &said {
            self.whole(at, *quirk, *verdict, came.in_words());
        }
        let is_text = |(number, verdict): &(usize, Verdict)| {
            let form = self.contract.quirks[*number].content();
            *verdict == Verdict::Confirmed && form.is_some_and(|it| !it.json)
        };
        let is_told = said.iter().any(|it| it.1 != Verdict::Neutral);
        is_told.then(|| if said.iter().any(is_text) { ByForm::AsText } else { ByForm::AsItCame })
    }

    /// Keeps what a draft may say of an answer with whose form something is wrong, or of which nothing is promised: as what
    /// its body came, and the body's type.
    fn observe(
        &mut self,
        at: &At<'_>,
        rule: Rule,
        place: Option<Place>,
        (form, type_name): (Option<ContentForm>, &'static str),
    ) {
        if let Some(observed) = self.ledger.observed(&at.key(rule, place, None)) {
            observed.answer(at.exchange.status, form, type_name);
        }
    }

    fn take_shortcut(&mut self, judge: &'c Judge, at: &At<'_>, text: Written<'_>) -> Taken {
        if self.options.no_fast_path {
            return Taken::No;
        }
        self.shortcuts.take(&mut self.ledger, &self.contract.store, judge, at, text)
    }

    /// What an answer as a whole says about a quirk.
    fn whole(&mut self, at: &At<'_>, quirk: usize, verdict: Verdict, came: String) {
        let At { operation, exchange, .. } = at;
        let quirk_at = (quirk, (*operation).clone(), exchange.status, Place::root());
        let counts = self.ledger.quirks.number_or(quirk_at, QuirkCounts::default);
        self.ledger.quirks.get_mut(counts).add(verdict, exchange.provenance.is_wire());
        let Some(rule) = verdict.rule() else { return };
        let key = at.key(rule, Some(Place::root()), Some(quirk));
        let first = at.sighting(String::new(), exchange.byte);
        let wire = &self.contract.quirks[quirk].wire;
        let promised = if wire.is_nothing() { "no body".into() } else { wire.comes().in_words() };
        let by = PromisedBy::Quirk;
        self.ledger.fold(key, exchange, rule.severity(), Some(came), || Details {
            promised,
            by,
            field: None,
            nearest_branch: None,
            nearest: None,
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
            nearest: None,
            first,
        });
    }
}

/// How a body is read of whose form a quirk's verdict is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ByForm {
    /// As JSON, where it is.
    AsItCame,
    /// A quirk says that it is a text.
    AsText,
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

/// Whether an answer that only `default` describes does not come as documented there: mostly a gateway's.
fn is_not_the_apis(response: &Response, exchange: &Exchange<'_>) -> bool {
    let may_be_documented = || match &exchange.body {
        Body::Bytes { bytes, .. } if bytes.is_empty() => false,
        // Without a media type, what is no JSON may be what else is documented.
        Body::Bytes { bytes, .. } => {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let is_json = !matches!(json::read(text), Err(Unread::NotJson { .. }));
            is_json || response.content.iter().any(|it| !it.is_json())
        }
        Body::Absent { size } => size.is_some_and(|it| it > 0),
        Body::TooLarge | Body::Packed { .. } => true,
    };
    let comes_as_documented = match media_type_of(exchange.content_type.as_deref()) {
        _ if exchange.method.eq_ignore_ascii_case("HEAD") => true,
        Some(media_type) => response.content_for(&media_type).is_some(),
        None => response.content.is_empty() || may_be_documented(),
    };
    response.status == StatusPattern::Default && !comes_as_documented
}

fn is_preflight(exchange: &Exchange<'_>) -> bool {
    exchange.preflight && exchange.method.eq_ignore_ascii_case("OPTIONS")
}

/// As what a body comes, where there is one and that may be told, and its type.
fn form_of(exchange: &Exchange<'_>) -> (Option<ContentForm>, &'static str) {
    let Body::Bytes { bytes, .. } = &exchange.body else { return (None, "null") };
    if bytes.is_empty() {
        return (None, "null");
    }
    let read = json::read(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let came = Came {
        media_type: media_type_of(exchange.content_type.as_deref()),
        holds: Holds::of(read.as_ref().map(|it| &it.value)),
    };
    (came.form(), read.map_or("string", |it| type_of(&it.value)))
}

/// The documented media types.
fn listed(response: &Response) -> String {
    let names: Vec<_> = response.content.iter().map(|it| it.media_type.as_str()).collect();
    names.join(" or ")
}

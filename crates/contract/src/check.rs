//! The check of one exchange: scope, operation, status, content type, body.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::{
    contract::Contract,
    document::{Operation, OperationId, Response, essence, is_json},
    exchange::{Body, Exchange, Origin, Probe},
    finding::{Finding, PromisedBy, Sighting},
    form::form_of,
    json::{self, Locator, Unread},
    judge::Judge,
    place::{Place, ancestors, segments},
    quirk::Verdict,
    report::Skipped,
    rule::{Rule, Severity},
    run::{Details, Key, Run},
    schema::{
        describe::describe,
        fragment,
        tree::{Member, type_of},
    },
    scope::{Scope, scope},
    tally::Tally,
    violation::{Violation, violations},
    walk::{Sight, Spot, spot, walk},
};

impl Run<'_> {
    /// Judges an exchange.
    pub fn check(&mut self, exchange: &Exchange<'_>) {
        self.next_exchange();
        let contract = self.contract;
        let base_urls = [contract.settings.base_urls.as_slice(), &self.options.base_urls].concat();
        match scope(&contract.documented, &base_urls, exchange) {
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
        self.skipped.push(Skipped {
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
        self.tell_skipped(exchange, reason);
    }

    fn tell_skipped(&mut self, exchange: &Exchange<'_>, reason: &str) {
        self.skipped.push(Skipped {
            source: exchange.source.to_owned(),
            entry: exchange.entry,
            reason: reason.to_owned(),
        });
    }

    /// An answer to a wrong request says nothing about whether the operation works.
    fn judged(&mut self, operation: &Operation, exchange: &Exchange<'_>) {
        self.counts.checked += 1;
        if exchange.probe.is_none() {
            self.judged.insert(operation.id.clone());
        }
    }

    fn answer(&mut self, operation: &Operation, exchange: &Exchange<'_>) {
        let at = At { operation: &operation.id, status: Some(exchange.status), exchange };
        if is_preflight(exchange) {
            return self.skip(exchange, "CORS preflight");
        }
        if exchange.probe.is_none() {
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
                self.note_at(&at, Rule::UndocumentedStatus, severity, None, promised, sighting);
            }
            (_, Some(response)) => self.response(operation, response, &at),
        }
    }

    /// An answer to a request with a method that the reference does not have.
    fn probed(&mut self, operation: &OperationId, exchange: &Exchange<'_>) {
        self.counts.checked += 1;
        let at = At { operation, status: Some(exchange.status), exchange };
        let (rule, promised) = (Rule::UndocumentedOperation, "no such operation".to_owned());
        self.note_at(
            &at,
            rule,
            Severity::Note,
            None,
            promised,
            at.sighting(String::new(), exchange.byte),
        );
    }

    fn could_not_check(&mut self, exchange: &Exchange<'_>) {
        self.counts.could_not_check += 1;
        self.tell_skipped(exchange, &format!("could not check: status {}", exchange.status));
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
        };
        if is_head {
            return self.judged(operation, exchange);
        }
        let promised = || listed(response);
        if bytes.is_empty() {
            self.judged(operation, exchange);
            let judge = self.contract.judge_of(operation, exchange);
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
        if content.is_none() {
            self.note(at, Rule::ContentType, None, promised());
            if !promises_json {
                return self.judged(operation, exchange);
            }
        } else if !came_as_json {
            return self.judged(operation, exchange);
        }
        let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let body = match json::read(&bytes[bom..]) {
            Ok(body) => body,
            Err(Unread::TooDeep) => return self.skip(exchange, "limit: depth"),
            Err(Unread::Unrepresentable) => {
                return self.skip(exchange, "limit: a number or text that no value can hold");
            }
            Err(Unread::NotJson { byte }) => {
                self.judged(operation, exchange);
                if content.is_some() {
                    let sighting = at.sighting(String::new(), origin.byte_of(bom + byte));
                    let rule = Rule::BodyNotJson;
                    self.note_at(
                        at,
                        rule,
                        rule.severity(),
                        Some(Place::root()),
                        promised(),
                        sighting,
                    );
                }
                return;
            }
        };
        self.judged(operation, exchange);
        let Some(judge) = self.contract.judge_of(operation, exchange) else {
            return;
        };
        let text = std::str::from_utf8(&bytes[bom..]).unwrap_or_default();
        let place =
            BodyAt { at, judge, value: &body.value, locator: Locator::new(text), bom, origin };
        for pointer in &body.duplicates {
            let spot = spot(judge, &body.value, pointer);
            let (rule, by) = (Rule::DuplicateMember, PromisedBy::Documented);
            let severity = rule.severity();
            self.tell(&place, &spot, None, Told { rule, by, severity, nearest_branch: None });
        }
        self.body(&place, operation, exchange.status);
    }

    fn body(&mut self, body: &BodyAt<'_>, operation: &Operation, status: u16) {
        let judge = body.judge;
        let mut tally = Tally::default();
        let sights = walk(judge, body.value, &mut tally);
        if body.at.exchange.provenance.is_vendors() && body.at.exchange.probe.is_none() {
            tally.add_to(self.shape.entry(&operation.id, status), &Place::root());
        }
        self.tallies.entry((operation.id.clone(), status)).or_default().absorb(tally);
        let mut settled: HashSet<String> = HashSet::new();
        let mut undocumented: HashSet<String> = HashSet::new();
        for sight in &sights {
            match sight {
                Sight::Undocumented { spot, value, closed } => {
                    undocumented.insert(spot.pointer.clone());
                    self.undocumented(body, spot, value, *closed);
                }
                Sight::Quirk { spot, value, quirk, verdict } => {
                    if matches!(verdict, Verdict::Healed | Verdict::Mutated) {
                        settled.insert(spot.pointer.clone());
                    }
                    self.quirk(body, spot, *value, *quirk, *verdict);
                }
            }
        }
        if judge.validator.is_valid(body.value) {
            return;
        }
        let documented: Option<HashSet<String>> =
            judge.documented.as_ref().map(|(_, validator)| {
                let refused = violations(validator, body.value).into_iter();
                refused.map(|it| it.pointer).collect()
            });
        let refused = violations(&judge.validator, body.value);
        let count = refused.len();
        for violation in refused {
            let pointer = &violation.pointer;
            let is_settled =
                settled.contains(pointer) || ancestors(pointer).any(|it| settled.contains(it));
            if is_settled || undocumented.contains(pointer) {
                continue;
            }
            // The branch that comes nearest has only faults that are told already.
            let is_told = |it: &String| {
                undocumented.contains(it)
                    || settled.contains(it)
                    || ancestors(it).any(|it| settled.contains(it))
            };
            if !violation.inner.is_empty() && violation.inner.iter().all(is_told) {
                continue;
            }
            // One bad leaf makes known members look unevaluated; the walk knows better.
            if violation.is_unevaluated && count > 1 {
                continue;
            }
            let by_document = documented.as_ref().is_none_or(|it| it.contains(pointer));
            self.violation(body, &violation, by_document);
        }
    }

    fn undocumented(&mut self, body: &BodyAt<'_>, spot: &Spot, value: &Value, closed: bool) {
        let by = if body.judge.is_modelled() && !closed {
            PromisedBy::Model
        } else {
            PromisedBy::Documented
        };
        let severity =
            if body.judge.is_modelled() || closed { Severity::Error } else { Severity::Warning };
        let rule = Rule::UndocumentedField;
        self.tell(body, spot, Some(value), Told { rule, by, severity, nearest_branch: None });
    }

    fn quirk(
        &mut self,
        body: &BodyAt<'_>,
        spot: &Spot,
        value: Option<&Value>,
        quirk: usize,
        verdict: Verdict,
    ) {
        let At { operation, exchange, .. } = body.at;
        self.count_quirk(
            quirk,
            operation,
            exchange.status,
            spot.place(),
            verdict,
            exchange.provenance.is_wire(),
        );
        let rule = match verdict {
            Verdict::Confirmed => Rule::QuirkConfirmed,
            Verdict::Healed => Rule::QuirkHealed,
            Verdict::Mutated => Rule::QuirkMutated,
            Verdict::Neutral => return,
        };
        let came = value.map_or_else(|| "nothing".to_owned(), |it| came(it, spot.sensitive));
        let pinned = describe(&fragment::normal(self.contract.quirks[quirk].wire.schema()));
        let key = body.at.key(rule, Some(spot.place()), Some(quirk));
        self.fold(key, rule.severity(), Some(came), || Details {
            promised: pinned,
            by: PromisedBy::Quirk,
            field: body.field(&spot.pointer),
            nearest_branch: None,
            first: body.sighting(spot),
        });
    }

    /// A body that a quirk says never comes, and that did not.
    fn no_body(&mut self, at: &At<'_>, quirk: usize, verdict: Verdict) {
        let At { operation, exchange, .. } = at;
        self.count_quirk(
            quirk,
            operation,
            exchange.status,
            Place::root(),
            verdict,
            exchange.provenance.is_wire(),
        );
        let rule = Rule::QuirkConfirmed;
        let key = at.key(rule, Some(Place::root()), Some(quirk));
        let first = at.sighting(String::new(), exchange.byte);
        let by = PromisedBy::Quirk;
        self.fold(key, rule.severity(), Some("nothing".into()), || Details {
            promised: "no body".into(),
            by,
            field: None,
            nearest_branch: None,
            first,
        });
    }

    fn violation(&mut self, body: &BodyAt<'_>, violation: &Violation, by_document: bool) {
        let spot = spot(body.judge, body.value, &violation.pointer);
        let by = if by_document { PromisedBy::Documented } else { PromisedBy::Model };
        let severity = match violation.rule {
            // The schema itself is closed there.
            Rule::UndocumentedField => Severity::Error,
            rule => rule.severity(),
        };
        let Violation { rule, nearest_branch, .. } = violation.clone();
        let value = body.value.pointer(&violation.pointer);
        self.tell(body, &spot, value, Told { rule, by, severity, nearest_branch });
    }

    /// Adds a finding about a value, or the lack of one.
    fn tell(&mut self, body: &BodyAt<'_>, spot: &Spot, value: Option<&Value>, told: Told) {
        let Told { rule, by, severity, nearest_branch } = told;
        // Nobody knows what an undocumented member holds.
        let sensitive = spot.sensitive || rule == Rule::UndocumentedField;
        let came = value.map(|it| came(it, sensitive));
        let store = &self.contract.store;
        let key = body.at.key(rule, Some(spot.place()), None);
        let observed = self.fold(key, severity, came, || {
            let path: Vec<String> = segments(&spot.place).map(Into::into).collect();
            let promise = fragment::below(store, body.judge.promised_by(by), &path);
            Details {
                promised: match rule {
                    Rule::UndocumentedField => "no such member".into(),
                    Rule::DuplicateMember => "one member of the name".into(),
                    _ => promise.map_or_else(|| "a value".into(), |it| describe(&it)),
                },
                by,
                field: body.field(&spot.pointer),
                nearest_branch,
                first: body.sighting(spot),
            }
        });
        if let Some(value) = value {
            observed.see(value, sensitive);
        }
    }

    /// Adds a finding about the answer as a whole.
    fn note(&mut self, at: &At<'_>, rule: Rule, place: Option<Place>, promised: String) {
        let sighting = at.sighting(String::new(), at.exchange.byte);
        self.note_at(at, rule, rule.severity(), place, promised, sighting);
    }

    fn note_at(
        &mut self,
        at: &At<'_>,
        rule: Rule,
        severity: Severity,
        place: Option<Place>,
        promised: String,
        first: Sighting,
    ) {
        let key = at.key(rule, place, None);
        self.fold(key, severity, None, || Details {
            promised,
            by: PromisedBy::Documented,
            field: None,
            nearest_branch: None,
            first,
        });
    }
}

impl Contract {
    /// What judges an exchange's body, where the exchange is of a documented operation.
    pub(crate) fn judge_of_scope(
        &self,
        exchange: &Exchange<'_>,
        base_urls: &[String],
    ) -> Option<&Judge> {
        match scope(&self.documented, base_urls, exchange) {
            Scope::Operation(operation) => self.judge_of(operation, exchange),
            Scope::Out | Scope::Undocumented(_) => None,
        }
    }

    /// What judges an exchange's body as JSON: by the content that it came as, else by the first that is JSON.
    pub(crate) fn judge_of(
        &self,
        operation: &Operation,
        exchange: &Exchange<'_>,
    ) -> Option<&Judge> {
        let response = operation.response(exchange.status)?;
        let media_type = exchange.content_type.as_deref().map(essence);
        let content = media_type.and_then(|it| response.content_for(&it)).filter(|it| it.is_json());
        let content = content.or_else(|| response.content.iter().find(|it| it.is_json()))?;
        self.judge(operation, exchange.status, &content.media_type)
    }
}

/// What a finding says that masking must not change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    severity: Severity,
    came: BTreeSet<String>,
    count: u64,
}

impl Judged {
    pub(crate) fn of(finding: &Finding) -> Self {
        Self { severity: finding.severity, came: finding.came.clone(), count: finding.count }
    }
}

/// What is told of a value.
struct Told {
    rule: Rule,
    by: PromisedBy,
    severity: Severity,
    nearest_branch: Option<usize>,
}

/// The answer that is being judged.
struct At<'a> {
    operation: &'a OperationId,
    status: Option<u16>,
    exchange: &'a Exchange<'a>,
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

/// The body that is being judged.
struct BodyAt<'a> {
    at: &'a At<'a>,
    judge: &'a Judge,
    value: &'a Value,
    locator: Locator<'a>,
    /// How many bytes of a byte-order mark stand before the text.
    bom: usize,
    origin: Origin<'a>,
}

impl BodyAt<'_> {
    fn sighting(&self, spot: &Spot) -> Sighting {
        let offset = self.bom + self.locator.byte(&spot.pointer);
        self.at.sighting(spot.shown.clone(), self.origin.byte_of(offset))
    }

    /// The model's name of the field at a pointer, `Ambassador.email`: the nearest type and its member.
    fn field(&self, pointer: &str) -> Option<String> {
        if !self.judge.is_modelled() {
            return None;
        }
        let tree = &self.judge.tree;
        let mut given = vec![self.judge.root];
        let mut here = Some(self.value);
        let mut field = None;
        for segment in segments(pointer) {
            let value = here?;
            let live = tree.live(&given, value);
            if value.is_array() {
                let index = segment.parse().unwrap_or(usize::MAX);
                given = tree.item(&live, index);
                here = value.get(index);
            } else {
                if let Some(component) = tree.component(&live) {
                    let name = crate::place::printable_name(&segment);
                    field = Some(format!("{component}.{name}"));
                }
                given = match tree.member(&live, &segment) {
                    Member::Known(nodes) | Member::MapKey(nodes) => nodes,
                    Member::Undocumented { .. } => Vec::new(),
                };
                here = value.get(&*segment);
            }
        }
        field
    }
}

fn is_preflight(exchange: &Exchange<'_>) -> bool {
    exchange.preflight && exchange.method.eq_ignore_ascii_case("OPTIONS")
}

/// The type of a value, and the form of a text that is no personal data.
fn came(value: &Value, sensitive: bool) -> String {
    match value {
        Value::String(text) if !sensitive => match form_of(text) {
            Some(form) => format!("string ({form})"),
            None => "string".into(),
        },
        _ => type_of(value).into(),
    }
}

/// The documented media types.
fn listed(response: &Response) -> String {
    let names: Vec<_> = response.content.iter().map(|it| it.media_type.as_str()).collect();
    names.join(" or ")
}

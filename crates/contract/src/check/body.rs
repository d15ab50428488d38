//! The check of one body: what the walk came upon, what jsonschema refuses, what the quirks say of either.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    check::{At, nearest},
    contract::Contract,
    document::Operation,
    exchange::SourceBytes,
    finding::{PromisedBy, Sighting},
    form::form_of,
    json::Locator,
    judge::{BodyValidators, Judge},
    ledger::{Details, QuirkCounts},
    observed::Code,
    place::{ancestors, printable_name, segments},
    quirk::{Quirk, Verdict},
    rule::{Rule, Severity},
    run::Run,
    schema::{
        Store,
        describe::describe,
        fragment,
        tree::{Member, type_of},
    },
    violation::{Violation, violations},
    walk::{Sight, Spot, spot, walk},
};

/// The body that is being judged.
pub(super) struct BodyAt<'a> {
    pub(super) at: &'a At<'a>,
    pub(super) judge: &'a Judge,
    pub(super) validators: BodyValidators,
    pub(super) value: &'a Value,
    pub(super) locator: Locator<'a>,
    /// How many bytes of a byte-order mark stand before the text.
    pub(super) bom: usize,
    pub(super) source: SourceBytes<'a>,
}

impl BodyAt<'_> {
    fn sighting(&self, spot: &Spot) -> Sighting {
        let offset = self.bom + self.locator.byte(&spot.pointer);
        self.at.sighting(spot.shown.clone(), self.source.find(offset))
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
                    let name = printable_name(&segment);
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

/// What is told of a value.
pub(super) struct Told<'v> {
    pub(super) rule: Rule,
    pub(super) by: PromisedBy,
    pub(super) severity: Severity,
    /// What jsonschema refuses.
    pub(super) refused: Option<&'v Violation>,
}

impl Run<'_> {
    pub(super) fn body(&mut self, body: &BodyAt<'_>, operation: &Operation, status: u16) {
        let judge = body.judge;
        let mut counted = Vec::new();
        let is_shape = body.at.exchange.is_shape();
        let tally = self.ledger.tally((operation.id.clone(), status, is_shape));
        let tally = self.ledger.tallies.get_mut(tally);
        let sights = walk(judge, body.value, tally, &mut counted);
        tally.add(&counted);
        let mut settled: HashSet<String> = HashSet::new();
        let mut undocumented: HashSet<String> = HashSet::new();
        for sight in &sights {
            match sight {
                Sight::Undocumented { spot, value, closed } => {
                    // A warning stands for no refusal.
                    if self.undocumented(body, spot, value, *closed) == Severity::Error {
                        undocumented.insert(spot.pointer.clone());
                    }
                }
                Sight::Quirk { spot, value, quirk, verdict } => {
                    if matches!(verdict, Verdict::Healed | Verdict::Mutated) {
                        settled.insert(spot.pointer.clone());
                    }
                    self.quirk(body, spot, *value, *quirk, *verdict);
                }
            }
        }
        if body.validators.schema.is_valid(body.value) {
            return;
        }
        let tree = &judge.tree;
        let documented: Option<HashSet<String>> =
            body.validators.documented.as_ref().map(|validator| {
                let at = judge.promised_by(PromisedBy::Documented);
                let refused = violations(tree, at, validator, body.value).into_iter();
                refused.map(|it| it.pointer).collect()
            });
        let refused = violations(tree, &judge.address, &body.validators.schema, body.value);
        let count = refused.len();
        for violation in refused {
            let pointer = &violation.pointer;
            let is_settled =
                settled.contains(pointer) || ancestors(pointer).any(|it| settled.contains(it));
            if is_settled || undocumented.contains(pointer) {
                continue;
            }
            // The branch that comes nearest has only faults that are told already.
            let is_told = |it: &Violation| {
                let it = &it.pointer;
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

    fn undocumented(
        &mut self,
        body: &BodyAt<'_>,
        spot: &Spot,
        value: &Value,
        closed: bool,
    ) -> Severity {
        let by = if body.judge.is_modelled() && !closed {
            PromisedBy::Model
        } else {
            PromisedBy::Documented
        };
        let severity =
            if body.judge.is_modelled() || closed { Severity::Error } else { Severity::Warning };
        let rule = Rule::UndocumentedField;
        self.tell(body, spot, Some(value), Told { rule, by, severity, refused: None });
        severity
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
        let at = (quirk, (*operation).clone(), exchange.status, spot.place());
        let counts = self.ledger.quirks.number_or(at, QuirkCounts::default);
        self.ledger.quirks.get_mut(counts).add(verdict, exchange.provenance.is_wire());
        let Some(rule) = verdict.rule() else { return };
        let came = value.map_or_else(|| "nothing".to_owned(), |it| came(it, spot.sensitive));
        let pinned = || self.contract.quirks[quirk].wire.comes().in_words();
        let key = body.at.key(rule, Some(spot.place()), Some(quirk));
        self.ledger.fold(key, exchange, rule.severity(), Some(came), || Details {
            promised: pinned(),
            by: PromisedBy::Quirk,
            field: body.field(&spot.pointer),
            nearest_branch: None,
            nearest: None,
            first: body.sighting(spot),
        });
    }

    fn violation(&mut self, body: &BodyAt<'_>, violation: &Violation, by_document: bool) {
        let spot = spot(body.judge, body.value, &violation.pointer);
        let by = if by_document { PromisedBy::Documented } else { PromisedBy::Model };
        let severity = severity(violation);
        self.inside(body, violation, by);
        let rule = violation.rule;
        let value = body.value.pointer(&violation.pointer);
        self.tell(body, &spot, value, Told { rule, by, severity, refused: Some(violation) });
    }

    /// Tells apart what is wrong inside the branch that comes nearest.
    fn inside(&mut self, body: &BodyAt<'_>, violation: &Violation, by: PromisedBy) {
        for it in violation.inner.iter().filter(|it| it.pointer != violation.pointer) {
            self.inside(body, it, by);
            let told = Told { rule: it.rule, by, severity: severity(it), refused: Some(it) };
            let spot = spot(body.judge, body.value, &it.pointer);
            let value = body.value.pointer(&it.pointer);
            self.inside_branch(|run| run.tell(body, &spot, value, told));
        }
    }

    /// Adds a finding about a value, or the lack of one.
    pub(super) fn tell(
        &mut self,
        body: &BodyAt<'_>,
        spot: &Spot,
        value: Option<&Value>,
        told: Told<'_>,
    ) {
        let Told { rule, by, severity, refused } = told;
        // Nobody knows what an undocumented member holds.
        let sensitive = spot.sensitive || rule == Rule::UndocumentedField;
        let came = value.map(|it| came(it, sensitive));
        let contract = self.contract;
        let store: &Store = &contract.store;
        let key = body.at.key(rule, Some(spot.place()), None);
        let observed = self.ledger.fold(key, body.at.exchange, severity, came, || {
            let alternatives = refused.filter(|it| !it.is_ambiguous);
            let alternatives = alternatives.and_then(|it| Some((it, it.nearest.as_ref()?)));
            Details {
                promised: match rule {
                    Rule::UndocumentedField => "no such member".into(),
                    Rule::DuplicateMember => "one member of the name".into(),
                    _ if refused.is_some_and(|it| it.is_ambiguous) => {
                        "what fits exactly one alternative (`oneOf`), and it fits several".into()
                    }
                    _ => (by == PromisedBy::Documented)
                        .then(|| with_quirks(contract, body.judge, spot))
                        .flatten()
                        .unwrap_or_else(|| promised_in_words(store, body.judge, spot, by, refused)),
                },
                by,
                field: body.field(&spot.pointer),
                nearest_branch: alternatives.map(|it| it.1.number),
                nearest: alternatives.map(|it| nearest::nearest(store, body, it.0, it.1)),
                first: body.sighting(spot),
            }
        });
        let is_ambiguous = refused.is_some_and(|it| it.is_ambiguous);
        let is_wrong_itself = !is_ambiguous && !refused.is_some_and(Violation::is_wrong_inside);
        observed.fits_several |= refused.is_some_and(|it| it.is_ambiguous || it.would_be_ambiguous);
        observed.keeps_declared |= !is_wrong_itself;
        if !observed.media_types.contains(&body.judge.media_type) {
            observed.media_types.insert(body.judge.media_type.clone());
        }
        if let Some(value) = value.filter(|_| is_wrong_itself) {
            let code = Code::of(rule, value).filter(|_| !sensitive);
            observed.see(type_of(value), code.as_ref());
        }
    }
}

fn severity(violation: &Violation) -> Severity {
    match violation.rule {
        // The schema itself is closed there.
        Rule::UndocumentedField => Severity::Error,
        rule => rule.severity(),
    }
}

/// What is promised at a place where quirks add to what is documented: by the document, and by which quirk.
fn with_quirks(contract: &Contract, judge: &Judge, spot: &Spot) -> Option<String> {
    let here = judge.quirks.find(segments(&spot.place))?;
    let adds = |number: &usize| {
        let quirk = &contract.quirks[*number];
        let is_needed = !contract.resolved.iter().any(|it| it.0 == *number);
        is_needed
            && !quirk.wire.is_returned()
            && !quirk.wire.is_nothing()
            && !quirk.is_undocumented()
    };
    let all: Vec<&Quirk> =
        here.here.numbers().filter(adds).map(|it| &contract.quirks[it]).collect();
    let documented = all.first()?.declared.in_words();
    let added = all.iter().map(|it| format!(", and {} by `{}`", it.wire.comes().in_words(), it.id));
    Some(documented + &added.collect::<String>())
}

/// What is promised at a place: by the alternative that is meant, where one is.
fn promised_in_words(
    store: &Store,
    judge: &Judge,
    spot: &Spot,
    by: PromisedBy,
    refused: Option<&Violation>,
) -> String {
    let root = judge.promised_by(by);
    // What the model refuses may be what the reference has in another form.
    let refused = refused.filter(|_| *root == judge.address);
    let path: Vec<String> = segments(&spot.place).map(Into::into).collect();
    let meant = refused.and_then(|it| it.meant.as_ref());
    let of_meant = meant.and_then(|it| fragment::below(store, &it.schema, path.get(it.depth..)?));
    let promise = of_meant.or_else(|| fragment::below(store, root, &path));
    let words = promise.map_or_else(|| "a value".into(), |it| describe(&it));
    let alternatives = refused.and_then(|it| Some((it, it.nearest.as_ref()?.list.as_ref()?)));
    match alternatives {
        Some((it, list)) if it.is_wrong_inside() || words == "anything" => {
            nearest::promised(store, list)
        }
        _ => words,
    }
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

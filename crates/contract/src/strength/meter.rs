//! Plants faults in responses, one at a time, and asks the real check of each whether it notices.

use serde_json::Value;

use crate::{
    contract::Contract,
    document::Operation,
    exchange::{Body, Exchange, Origin},
    json,
    judge::Judge,
    rule::Severity,
    run::{Run, RunOptions},
    strength::{
        Operator, Strength, Survivors,
        plant::plant,
        reason::reason,
        sample::{Sample, Sampler},
    },
    walk::spot,
};

/// What measures how many faults a contract would notice.
pub struct Meter<'c> {
    contract: &'c Contract,
    base_urls: Vec<String>,
    sampler: Sampler,
    strength: Strength,
}

impl<'c> Meter<'c> {
    /// A meter that has planted nothing yet; `base_urls` stand for the document's server, beside those of `contract.toml`.
    pub fn new(contract: &'c Contract, base_urls: &[String]) -> Self {
        let base_urls = [contract.settings.base_urls.as_slice(), base_urls].concat();
        Self { contract, base_urls, sampler: Sampler::default(), strength: Strength::default() }
    }

    /// What the faults showed.
    pub fn strength(&self) -> &Strength {
        &self.strength
    }

    /// Plants every fault that makes sense in the body of an exchange that keeps the contract; of values that are alike, in
    /// two. Nothing where the exchange is not judged by its JSON body.
    pub fn plant(&mut self, exchange: &Exchange<'_>) {
        let Body::Bytes { bytes, .. } = &exchange.body else { return };
        let Some(operation) = self.contract.operation_of(exchange, &self.base_urls) else { return };
        let Ok(Some(judge)) = self.contract.judge_of(operation, exchange) else { return };
        let mut checker = Checker::new(self.contract, exchange, &self.base_urls);
        let defects = checker.defects(exchange);
        if checker.run.counts.checked == 0 {
            return;
        }
        if checker.has_seen_errors() {
            self.strength.broken_responses += 1;
            return;
        }
        let Ok(json) = json::read(bytes) else { return };
        let whole = Subject { body: json.value, defects };
        let Sample { fewer, chosen } =
            self.sampler.sample(&operation.id, exchange.status, judge, &whole.body);
        if chosen.is_empty() {
            self.strength.alike_responses += 1;
            return;
        }
        self.strength.responses += 1;
        let fewer = Subject { defects: checker.defects_of(&fewer), body: fewer };
        // A list may have to have the items that were left out.
        let fewer_will_do = !checker.has_seen_errors();
        let mut planter = Planter { operation, judge, checker, strength: &mut self.strength };
        for at in chosen {
            for operator in Operator::ALL {
                if fewer_will_do && !operator.is_of_length() {
                    planter.plant(*operator, &fewer, &at.in_fewer);
                } else {
                    planter.plant(*operator, &whole, &at.in_whole);
                }
            }
        }
    }
}

/// A body that gets faults.
struct Subject {
    body: Value,
    /// What it shows without a fault, as [`Checker::defects`] has it.
    defects: Vec<u64>,
}

/// Checks bodies as an exchange brings them.
struct Checker<'p> {
    exchange: &'p Exchange<'p>,
    run: Run<'p>,
}

impl<'p> Checker<'p> {
    fn new(contract: &'p Contract, exchange: &'p Exchange<'p>, base_urls: &[String]) -> Self {
        // Nothing is seen twice here.
        let base_urls = base_urls.to_vec();
        let options = RunOptions { base_urls, no_fast_path: true, ..RunOptions::default() };
        Self { exchange, run: Run::new(contract, options) }
    }

    /// How often an exchange shows each defect that is an error or a warning, by the defect's number.
    fn defects(&mut self, exchange: &Exchange<'_>) -> Vec<u64> {
        let before = self.run.defect_counts();
        self.run.check(exchange);
        let mut counts = self.run.defect_counts();
        counts.iter_mut().zip(before).for_each(|(count, before)| *count -= before);
        counts
    }

    fn defects_of(&mut self, body: &Value) -> Vec<u64> {
        let text = body.to_string();
        let bytes = text.as_bytes().into();
        let body = Body::Bytes { bytes, origin: Origin::Unknown };
        self.defects(&Exchange { body, ..self.exchange.clone() })
    }

    fn has_seen_errors(&self) -> bool {
        self.run.worst_seen() == Some(Severity::Error)
    }
}

/// Plants faults in the bodies of one exchange.
struct Planter<'p> {
    operation: &'p Operation,
    judge: &'p Judge,
    checker: Checker<'p>,
    strength: &'p mut Strength,
}

impl Planter<'_> {
    fn plant(&mut self, operator: Operator, subject: &Subject, pointer: &str) {
        let Some(faulty) = plant(operator, &subject.body, pointer) else { return };
        let noticed = self.is_noticed(subject, &faulty);
        self.strength.faults.add(noticed);
        self.strength.operators.entry(operator).or_default().add(noticed);
        if noticed {
            return;
        }
        let quirks = &self.checker.run.contract().quirks;
        self.strength.add_survivor(Survivors {
            operation: self.operation.id.clone(),
            status: self.checker.exchange.status,
            place: spot(self.judge, &subject.body, pointer).place(),
            operator,
            reason: reason(self.judge, quirks, operator, pointer, &subject.body, &faulty),
            count: 1,
        });
    }

    /// Whether there is an error or a warning that was not there before, or one more often.
    fn is_noticed(&mut self, subject: &Subject, faulty: &Value) -> bool {
        let now = self.checker.defects_of(faulty);
        let before = subject.defects.iter().copied().chain(std::iter::repeat(0));
        now.into_iter().zip(before).any(|(now, before)| now > before)
    }
}

//! Plants faults in responses, one at a time, and asks the real check of each whether it notices.

use std::{
    iter,
    num::NonZero,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

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
        reason::{Confirmed, Survivor, confirmed},
        sample::{Chosen, Sampler},
    },
    walk::spot,
};

/// What measures how many faults a contract would notice.
pub struct Meter<'c> {
    contract: &'c Contract,
    base_urls: Vec<String>,
    threads: NonZero<usize>,
    sampler: Sampler,
    strength: Strength,
}

impl<'c> Meter<'c> {
    /// A meter that has planted nothing yet. `base_urls` stand for the document's server, beside those of `contract.toml`;
    /// what is graver than `fail_on`, or as grave, is noticed.
    pub fn new(contract: &'c Contract, base_urls: &[String], fail_on: Severity) -> Self {
        let base_urls = [contract.settings.base_urls.as_slice(), base_urls].concat();
        let strength = Strength::nothing_planted(contract.hash(), fail_on.min(Severity::Warning));
        let (threads, sampler) = (NonZero::<usize>::MIN, Sampler::default());
        Self { contract, base_urls, threads, sampler, strength }
    }

    /// The meter, with so many threads that plant in each exchange; they show what one shows.
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads, ..self }
    }

    /// What the faults showed.
    pub fn strength(&self) -> &Strength {
        &self.strength
    }

    /// Plants every fault that makes sense in the body of an exchange that keeps the contract; of values that are alike, in
    /// two. An exchange that is not judged by a JSON body is only counted.
    pub fn plant(&mut self, exchange: &Exchange<'_>) {
        if self.plant_in_judged(exchange).is_none() {
            self.strength.left_alone += 1;
        }
    }

    fn plant_in_judged(&mut self, exchange: &Exchange<'_>) -> Option<()> {
        let Body::Bytes { bytes, .. } = &exchange.body else { return None };
        let operation = self.contract.operation_of(exchange, &self.base_urls)?;
        let judge = self.contract.judge_of(operation, exchange).ok()??;
        let checker = Checker {
            contract: self.contract,
            exchange,
            base_urls: &self.base_urls,
            fail_on: self.strength.fail_on,
        };
        let as_it_came = checker.check(exchange);
        if as_it_came.counts.checked == 0 {
            return None;
        }
        if checker.is_broken(&as_it_came) {
            self.strength.broken_responses += 1;
            return Some(());
        }
        if as_it_came.ledger.tallies.iter().all(|it| it.1.exchanges == 0) {
            return None;
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let body = json::read(bytes).ok()?.value;
        let chosen = self.sampler.sample(&operation.id, exchange.status, judge, &body);
        if chosen.is_empty() {
            self.strength.alike_responses += 1;
            return Some(());
        }
        self.strength.responses += 1;
        let confirmed = confirmed(judge, &body);
        let planter = Planter { operation, judge, checker, body, confirmed };
        for (operator, survivor) in planter.plant_all(&chosen, self.threads) {
            self.strength.faults.add(survivor.is_none());
            self.strength.operators.entry(operator).or_default().add(survivor.is_none());
            survivor.into_iter().for_each(|it| self.strength.add_survivor(it));
        }
        Some(())
    }
}

/// Checks bodies as an exchange brings them.
struct Checker<'p> {
    contract: &'p Contract,
    exchange: &'p Exchange<'p>,
    base_urls: &'p [String],
    fail_on: Severity,
}

impl<'p> Checker<'p> {
    fn check(&self, exchange: &Exchange<'_>) -> Run<'p> {
        let base_urls = self.base_urls.to_vec();
        // Nothing is seen twice in a run of one exchange: there is no shortcut.
        let options = RunOptions { base_urls, no_fast_path: true, ..RunOptions::default() };
        let mut run = Run::new(self.contract, options);
        run.check(exchange);
        run
    }

    fn is_broken(&self, run: &Run<'_>) -> bool {
        run.worst_seen().is_some_and(|it| it <= self.fail_on)
    }

    fn is_broken_by(&self, body: &Value) -> bool {
        let text = body.to_string();
        let bytes = text.as_bytes().into();
        let body = Body::Bytes { bytes, origin: Origin::Unknown };
        self.is_broken(&self.check(&Exchange { body, ..self.exchange.clone() }))
    }
}

/// Plants faults in the body of one exchange.
struct Planter<'p> {
    operation: &'p Operation,
    judge: &'p Judge,
    checker: Checker<'p>,
    body: Value,
    confirmed: Confirmed,
}

/// A fault that was planted, and as what it survived where nothing noticed it.
type Outcome = (Operator, Option<Survivors>);

impl Planter<'_> {
    /// Plants the faults that make sense in the chosen values. What comes out is in no order.
    fn plant_all(&self, chosen: &[Chosen], threads: NonZero<usize>) -> Vec<Outcome> {
        let mut faults = Vec::new();
        for chosen in chosen {
            faults.extend(chosen.operators.iter().map(|it| (*it, chosen)));
        }
        let next = AtomicUsize::new(0);
        let plant_next = || -> Vec<Outcome> {
            let faults = iter::from_fn(|| faults.get(next.fetch_add(1, Ordering::Relaxed)));
            faults.flat_map(|it| self.plant(it.0, it.1)).collect()
        };
        thread::scope(|scope| {
            let threads = threads.get().min(faults.len());
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(plant_next)).collect();
            let mut outcomes = plant_next();
            for other in others {
                outcomes.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            outcomes
        })
    }

    fn plant(&self, operator: Operator, chosen: &Chosen) -> impl Iterator<Item = Outcome> {
        let codes = chosen.live.iter().flat_map(|it| &self.judge.tree.node(*it).codes);
        let codes: Vec<&Value> = codes.collect();
        let faulty = plant(operator, &self.body, &chosen.pointer, &codes).into_iter();
        faulty.map(move |it| (operator, self.survivors(operator, chosen, &it)))
    }

    /// As what a fault survives, if nothing notices it.
    fn survivors(&self, operator: Operator, at: &Chosen, faulty: &Value) -> Option<Survivors> {
        if self.checker.is_broken_by(faulty) {
            return None;
        }
        let survivor = Survivor {
            operator,
            pointer: &at.pointer,
            live_before: &at.live,
            confirmed_before: &self.confirmed,
            after: faulty,
        };
        Some(Survivors {
            operation: self.operation.id.clone(),
            status: self.checker.exchange.status,
            place: spot(self.judge, &self.body, &at.pointer).place(),
            operator,
            reason: survivor.reason(self.judge, &self.checker.contract.quirks),
            count: 1,
        })
    }
}

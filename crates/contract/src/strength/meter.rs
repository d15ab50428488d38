//! Plants faults in responses, one at a time, and asks the real check of each whether it notices.

use std::{
    collections::HashMap,
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
        sample::{Chosen, Kind, Sampler},
    },
    walk::spot,
};

/// What measures how many faults a contract would notice.
pub struct Meter<'c> {
    contract: &'c Contract,
    base_urls: Vec<String>,
    threads: NonZero<usize>,
    sampler: Sampler,
    /// The faults that were planted, and whether each survives in some value.
    faults: HashMap<Fault, bool>,
    strength: Strength,
}

/// A fault in values of a kind: what an operator makes of them, by number where it makes several things.
type Fault = (Kind, Operator, usize);

impl<'c> Meter<'c> {
    /// A meter that has planted nothing yet. `base_urls` stand for the document's server, beside those of `contract.toml`;
    /// what is graver than `fail_on`, or as grave, is noticed.
    pub fn new(contract: &'c Contract, base_urls: &[String], fail_on: Severity) -> Self {
        let base_urls = [contract.settings.base_urls.as_slice(), base_urls].concat();
        let strength = Strength::nothing_planted(contract.hash(), fail_on.min(Severity::Warning));
        let (threads, sampler) = (NonZero::<usize>::MIN, Sampler::default());
        Self { contract, base_urls, threads, sampler, faults: HashMap::new(), strength }
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
    /// some. An exchange that is not judged by a JSON body is only counted.
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
        let known = &self.faults;
        let planter = Planter { operation, judge, checker, body, confirmed, known };
        for (fault, survivors) in planter.plant_all(&chosen, self.threads) {
            if self.faults.get(&fault) != Some(&true) {
                self.tell(fault, survivors);
            }
        }
        Some(())
    }

    /// Counts a fault that was planted once more: it is noticed where it is in every value.
    fn tell(&mut self, fault: Fault, survivors: Option<Survivors>) {
        let survived = self.faults.insert(fault, survivors.is_some());
        let of_operator = self.strength.operators.entry(fault.1).or_default();
        for planted in [&mut self.strength.faults, of_operator] {
            match survived {
                None => planted.add(survivors.is_none()),
                Some(_) if survivors.is_some() => planted.take_back(),
                Some(_) => {}
            }
        }
        survivors.into_iter().for_each(|it| self.strength.add_survivor(it));
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
    known: &'p HashMap<Fault, bool>,
}

/// A fault that was planted in a value, and as what it survived where nothing noticed it.
type Outcome = (Fault, Option<Survivors>);

impl Planter<'_> {
    /// Plants the faults that make sense in the chosen values, but for those that are known to survive.
    fn plant_all(&self, chosen: &[Chosen], threads: NonZero<usize>) -> Vec<Outcome> {
        let mut work = Vec::new();
        for chosen in chosen {
            let is_asked = |it: &&Operator| (**it == Operator::Swapped) == chosen.is_swapped;
            work.extend(Operator::ALL.iter().filter(is_asked).map(|it| (chosen, *it)));
        }
        let next = AtomicUsize::new(0);
        let plant_next = || -> Vec<(usize, Outcome)> {
            let mut outcomes = Vec::new();
            let numbers = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            for (number, (chosen, operator)) in numbers.map_while(|it| Some((it, work.get(it)?))) {
                outcomes.extend(self.plant(*operator, chosen).map(|it| (number, it)));
            }
            outcomes
        };
        let mut outcomes = thread::scope(|scope| {
            let threads = threads.get().min(work.len());
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(plant_next)).collect();
            let mut outcomes = plant_next();
            for other in others {
                outcomes.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            outcomes
        });
        outcomes.sort_by_key(|it| it.0);
        outcomes.into_iter().map(|it| it.1).collect()
    }

    fn plant(&self, operator: Operator, chosen: &Chosen) -> impl Iterator<Item = Outcome> {
        let codes = match operator {
            Operator::UnknownCode | Operator::Zero | Operator::Negative => self.listed(chosen),
            _ => Vec::new(),
        };
        let faulty = plant(operator, &self.body, &chosen.pointer, &codes).into_iter();
        let faults = faulty.enumerate().map(move |it| ((chosen.kind, operator, it.0), it.1));
        let is_open = |it: &(Fault, Value)| self.known.get(&it.0) != Some(&true);
        faults
            .filter(is_open)
            .map(move |(fault, it)| (fault, self.survivors(operator, chosen, &it)))
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

    /// The values that the schemas of a value list, and their alternatives.
    fn listed(&self, at: &Chosen) -> Vec<&Value> {
        let tree = &self.judge.tree;
        let value = self.body.pointer(&at.pointer).unwrap_or(&Value::Null);
        let mut all = at.live.clone();
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            next += 1;
            let alternatives = tree.unions(id).flat_map(|it| it.alternatives().collect::<Vec<_>>());
            for further in alternatives.chain(tree.beside(id, value)) {
                if !all.contains(&further) {
                    all.push(further);
                }
            }
        }
        all.iter().flat_map(|it| &tree.node(*it).codes).collect()
    }
}

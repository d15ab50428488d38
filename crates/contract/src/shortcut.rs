//! The short way through a body: one pass over its bytes that counts what the full check has named before.
//!
//! The full check (`check/body.rs`) alone names a defect. The shortcut knows, place by place and type by type, what the
//! full check would say; where it does not know, or would be the first to see a defect or a confirmed quirk, it leaves the
//! body alone and nothing has happened. So a report is the same with and without it: a law of `tests/laws/shortcut.rs`.
//!
//! - `plan.rs` says what is known: made from the schemas, for the places that bodies have shown.
//! - `keywords.rs` says what its schemas' keywords come to.
//! - `tell.rs` numbers what may be told.
//! - `pass.rs` reads one body by what they know.

mod keywords;
mod pass;
mod plan;
mod tell;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    check::At,
    document::{Operation, OperationId},
    exchange::{Exchange, Written},
    judge::Judge,
    ledger::{Ledger, ResponseAt},
    scan::Scanner,
    schema::Store,
    shortcut::{
        pass::{Pass, Shown, Stop},
        plan::{Numbers, Plan},
        tell::Tells,
    },
};

/// The shortcuts of a run, one for each judge, status and kind of evidence.
#[derive(Debug, Default)]
pub(crate) struct Shortcuts<'c> {
    by_judge: BTreeMap<(usize, u16, bool), usize>,
    all: Vec<Shortcut<'c>>,
    shown: Shown,
    round: Round,
    /// How many bodies were taken.
    pub(crate) taken: u64,
    last: Option<Route<'c>>,
}

/// What judged the last answer: most are like the one before.
#[derive(Debug)]
struct Route<'c> {
    operation: OperationId,
    status: u16,
    content_type: Option<String>,
    judge: &'c Judge,
}

/// Exchanges of one source, in the order in which they stand there.
#[derive(Debug, Default)]
struct Round {
    number: u64,
    source: String,
    entry: usize,
}

impl Round {
    /// The number of the exchange's round, from one.
    fn of(&mut self, exchange: &Exchange<'_>) -> u64 {
        if self.number == 0 || self.source != exchange.source || exchange.entry < self.entry {
            self.number += 1;
            self.source = exchange.source.to_owned();
        }
        self.entry = exchange.entry;
        self.number
    }
}

#[derive(Debug)]
struct Shortcut<'c> {
    plan: Plan<'c>,
    response: ResponseAt,
    tally: usize,
    tells: Tells,
}

/// Whether a body was taken, and if not, whether it could teach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    No,
    /// It has a place, or a type at a place, that no body had before.
    News(usize),
}

impl<'c> Shortcuts<'c> {
    /// What judges an answer, where it judged the last one and that came as the same.
    pub(crate) fn judge_of(
        &self,
        operation: &Operation,
        exchange: &Exchange<'_>,
    ) -> Option<&'c Judge> {
        let last = self.last.as_ref()?;
        let is_same = last.status == exchange.status
            && last.content_type.as_deref() == exchange.content_type.as_deref()
            && last.operation == operation.id;
        is_same.then_some(last.judge)
    }

    /// Remembers what judges an answer whose content type is what is promised.
    pub(crate) fn remember(
        &mut self,
        operation: &Operation,
        exchange: &Exchange<'_>,
        judge: &'c Judge,
    ) {
        self.last = Some(Route {
            operation: operation.id.clone(),
            status: exchange.status,
            content_type: exchange.content_type.as_deref().map(str::to_owned),
            judge,
        });
    }

    /// Counts everything that a body shows, if all of it is known.
    pub(crate) fn take(
        &mut self,
        ledger: &mut Ledger,
        store: &'c Store,
        judge: &'c Judge,
        at: &At<'_>,
        text: Written<'_>,
    ) -> Taken {
        let exchange = at.exchange;
        let key = (std::ptr::from_ref(judge) as usize, exchange.status, exchange.is_shape());
        let number = *self.by_judge.entry(key).or_insert_with(|| {
            let response = (at.operation.clone(), exchange.status, exchange.is_shape());
            let tally = ledger.tally(response.clone());
            self.all.push(Shortcut {
                plan: Plan::new(judge, store),
                response,
                tally,
                tells: Tells::default(),
            });
            self.all.len() - 1
        });
        let Shortcut { plan, response, tally, tells } = &mut self.all[number];
        let shown = &mut self.shown;
        shown.clear();
        let numbers = Numbers { tally: ledger.tallies.get_mut(*tally), tells };
        let read = match text {
            Written::Plain(text) => Pass::new(plan, Scanner::new(text), numbers, shown).body(),
            Written::InText(raw) => Pass::new(plan, Scanner::in_text(raw), numbers, shown).body(),
        };
        match read {
            Err(Stop::News) => return Taken::News(number),
            Err(Stop::Unknown) => return Taken::No,
            Ok(()) => {}
        }
        let round = self.round.of(exchange);
        let at = (&*response, *tally);
        if !shown.told.iter().all(|it| tells.is_known(it.tell, ledger, at, exchange, round)) {
            return Taken::No;
        }
        for it in &shown.told {
            tells.count(it.tell, ledger, exchange.provenance.is_wire(), it.code.as_ref());
        }
        ledger.tallies.get_mut(*tally).add(&shown.sights);
        self.taken += 1;
        Taken::Yes
    }

    /// Learns the places of a body that the full check has read.
    pub(crate) fn learn(&mut self, ledger: &mut Ledger, shortcut: usize, body: &Value) {
        let Shortcut { plan, tally, tells, .. } = &mut self.all[shortcut];
        plan.learn(body, &mut Numbers { tally: ledger.tallies.get_mut(*tally), tells });
    }
}

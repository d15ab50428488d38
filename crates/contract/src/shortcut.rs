//! The short way through a body: one pass over its bytes that counts what the full check has named before.
//!
//! The full check (`check/body.rs`) alone names a defect. The shortcut knows, place by place and type by type, what the
//! full check would say; where it does not know, or would be the first to see a defect or a confirmed quirk, it leaves the
//! body alone and nothing has happened. So a report is the same with and without it: a law of `tests/laws/shortcut.rs`.
//!
//! - `plan.rs` says what is known: made from the schemas, for the places that bodies have shown.
//! - `pass.rs` reads one body by it.

mod pass;
mod plan;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    check::At,
    document::{Operation, OperationId},
    exchange::Exchange,
    judge::Judge,
    ledger::{Key, Ledger, QuirkCounts, ResponseAt},
    rule::Rule,
    schema::Store,
    shortcut::{
        pass::{Pass, Stop, Told},
        plan::Plan,
    },
    tally::{PlaceId, Sight},
};

/// The shortcuts of a run, one for each judge, status and kind of evidence.
#[derive(Debug, Default)]
pub(crate) struct Shortcuts<'c> {
    by_judge: BTreeMap<(usize, u16, bool), usize>,
    all: Vec<Shortcut<'c>>,
    pass: Buffers,
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

/// What a pass fills, kept to be filled again.
#[derive(Debug, Default)]
struct Buffers {
    counted: Vec<Sight>,
    told: Vec<Told>,
}

#[derive(Debug)]
struct Shortcut<'c> {
    plan: Plan<'c>,
    response: ResponseAt,
    tally: usize,
    /// Numbers in the ledger of what has been named.
    folds: BTreeMap<(PlaceId, Rule, Option<usize>), usize>,
    quirks: BTreeMap<(PlaceId, usize), usize>,
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
        text: &[u8],
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
                folds: BTreeMap::new(),
                quirks: BTreeMap::new(),
            });
            self.all.len() - 1
        });
        let Ok(text) = std::str::from_utf8(text) else { return Taken::No };
        let shortcut = &mut self.all[number];
        let Buffers { counted, told } = &mut self.pass;
        counted.clear();
        told.clear();
        let tally = ledger.tallies.get_mut(shortcut.tally);
        match Pass::new(&shortcut.plan, text, tally, counted, told).body() {
            Err(Stop::News) => return Taken::News(number),
            Err(Stop::Unknown) => return Taken::No,
            Ok(()) => {}
        }
        if !told.iter_mut().all(|it| shortcut.find(ledger, exchange, it)) {
            return Taken::No;
        }
        for it in told {
            it.count(ledger, exchange.provenance.is_wire());
        }
        ledger.tallies.get_mut(shortcut.tally).add(counted);
        self.taken += 1;
        Taken::Yes
    }

    /// Learns the places of a body that the full check has read.
    pub(crate) fn learn(&mut self, ledger: &mut Ledger, shortcut: usize, body: &Value) {
        let shortcut = &mut self.all[shortcut];
        shortcut.plan.learn(body, ledger.tallies.get_mut(shortcut.tally));
    }
}

impl Shortcut<'_> {
    /// Finds the number under which the ledger counts it; false where the full check must name it first.
    fn find(&mut self, ledger: &mut Ledger, exchange: &Exchange<'_>, told: &mut Told) -> bool {
        let (operation, status, _) = &self.response;
        match told {
            Told::Quirk { place, quirk, number, .. } => {
                *number = *self.quirks.entry((*place, *quirk)).or_insert_with(|| {
                    let place = ledger.tallies.get_mut(self.tally).name(*place).clone();
                    let at = (*quirk, operation.clone(), *status, place);
                    ledger.quirks.number_or(at, QuirkCounts::default)
                });
                true
            }
            Told::Defect { place, rule, quirk, number, .. } => {
                let at = (*place, *rule, *quirk);
                let known = self.folds.get(&at).copied().or_else(|| {
                    let place = ledger.tallies.get_mut(self.tally).name(*place).clone();
                    let key = Key {
                        operation: operation.clone(),
                        status: Some(*status),
                        place: Some(place),
                        rule: *rule,
                        quirk: *quirk,
                    };
                    ledger.folds.number(&key)
                });
                let Some(known) = known else { return false };
                self.folds.insert(at, known);
                *number = known;
                !ledger.is_news(known, exchange)
            }
        }
    }
}

impl Told {
    fn count(&self, ledger: &mut Ledger, on_wire: bool) {
        match self {
            Self::Quirk { verdict, number, .. } => {
                ledger.quirks.get_mut(*number).add(*verdict, on_wire);
            }
            Self::Defect { severity, came, is_observed, number, .. } => {
                let fold = ledger.count(*number, *severity);
                if !came.is_nothing() && !fold.came.iter().any(|it| came.is(it)) {
                    fold.came.insert(came.to_string());
                }
                if *is_observed {
                    fold.observed.see(came.type_name, came.number);
                }
            }
        }
    }
}

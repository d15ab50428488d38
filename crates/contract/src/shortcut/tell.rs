//! What may be told of the values of one response beside their places, by number: telling it again is adding one.

use std::{collections::BTreeMap, fmt};

use crate::{
    exchange::Exchange,
    form::FORMS,
    ledger::{Key, Ledger, QuirkCounts, ResponseAt},
    observed::Code,
    quirk::Verdict,
    rule::{Rule, Severity},
    tally::PlaceId,
};

/// The number of a [`Tell`].
pub(super) type TellId = usize;

/// What may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tell {
    Quirk {
        place: PlaceId,
        quirk: usize,
        verdict: Verdict,
    },
    Defect {
        place: PlaceId,
        rule: Rule,
        quirk: Option<usize>,
        severity: Severity,
        came: Came,
        /// Whether the value is among those from which a quirk is drafted.
        is_observed: bool,
    },
}

/// What is told of a value that shows a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Came {
    /// Empty where nothing is told.
    pub(super) type_name: &'static str,
    pub(super) form: Option<&'static str>,
}

impl Came {
    pub(super) const NOT_TOLD: Self = Self::type_alone("");
    pub(super) const NOTHING: Self = Self::type_alone("nothing");

    pub(super) const fn type_alone(type_name: &'static str) -> Self {
        Self { type_name, form: None }
    }

    /// With the form of a [`FormSlot`].
    pub(super) fn with_form(type_name: &'static str, form: FormSlot) -> Self {
        Self { type_name, form: form.checked_sub(1).map(|it| FORMS[it]) }
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Some(form) => write!(f, "{} ({form})", self.type_name),
            None => f.write_str(self.type_name),
        }
    }
}

/// The number of a form among [`FORMS`] from one; zero for none.
pub(super) type FormSlot = usize;

/// Something for each [`FormSlot`].
pub(super) type ByForm<T> = [T; FORMS.len() + 1];

/// Everything that may be told of one response's values.
#[derive(Debug, Default)]
pub(super) struct Tells {
    numbers: BTreeMap<Tell, TellId>,
    all: Vec<Numbered>,
}

#[derive(Debug)]
struct Numbered {
    tell: Tell,
    /// Its number in the ledger.
    counted_as: Option<usize>,
    /// Whether the ledger has the words for what came.
    has_came: bool,
    /// The round in which it was no news.
    known_in: u64,
}

impl Tells {
    pub(super) fn number(&mut self, tell: Tell) -> TellId {
        *self.numbers.entry(tell).or_insert_with(|| {
            self.all.push(Numbered { tell, counted_as: None, has_came: false, known_in: 0 });
            self.all.len() - 1
        })
    }

    /// Whether the ledger has named it before, in an exchange that is not after this one. In one `round`, what was no news
    /// once is none later.
    pub(super) fn is_known(
        &mut self,
        tell: TellId,
        ledger: &mut Ledger,
        (response, tally): (&ResponseAt, usize),
        exchange: &Exchange<'_>,
        round: u64,
    ) -> bool {
        let numbered = &mut self.all[tell];
        if numbered.known_in == round {
            return true;
        }
        let (operation, status, _) = response;
        let place = |ledger: &mut Ledger, place| ledger.tallies.get_mut(tally).name(place).clone();
        let is_known = match numbered.tell {
            Tell::Quirk { place: at, quirk, .. } => {
                if numbered.counted_as.is_none() {
                    let at = (quirk, operation.clone(), *status, place(ledger, at));
                    numbered.counted_as = Some(ledger.quirks.number_or(at, QuirkCounts::default));
                }
                true
            }
            Tell::Defect { place: at, rule, quirk, .. } => {
                if numbered.counted_as.is_none() {
                    let place = Some(place(ledger, at));
                    let (operation, status) = (operation.clone(), Some(*status));
                    let key = Key { operation, status, place, rule, quirk };
                    numbered.counted_as = ledger.folds.number(&key);
                }
                numbered.counted_as.is_some_and(|it| !ledger.is_news(it, exchange))
            }
        };
        if is_known {
            numbered.known_in = round;
        }
        is_known
    }

    /// Counts what is known; `code` is what came, where it may be one and is no personal data.
    pub(super) fn count(
        &mut self,
        tell: TellId,
        ledger: &mut Ledger,
        on_wire: bool,
        code: Option<&Code>,
    ) {
        let numbered = &mut self.all[tell];
        let Some(number) = numbered.counted_as else { return };
        match numbered.tell {
            Tell::Quirk { verdict, .. } => ledger.quirks.get_mut(number).add(verdict, on_wire),
            Tell::Defect { severity, came, is_observed, .. } => {
                let fold = ledger.count(number, severity);
                if !numbered.has_came {
                    numbered.has_came = true;
                    if came != Came::NOT_TOLD {
                        fold.came.insert(came.to_string());
                    }
                }
                if is_observed {
                    fold.observed.see(came.type_name, code);
                }
            }
        }
    }
}

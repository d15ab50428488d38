//! What a value at a quirk's place says about the quirk.

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    quirk::{Comes, Quirk, Within},
    rule::Rule,
    schema::{discriminator::Discriminator, fragment, validators::Compiled},
};

/// What one value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It is what the quirk says, and not what is documented.
    Confirmed,
    /// It speaks neither for the quirk nor against it.
    Neutral,
    /// It is what is documented or described, and the quirk says that this never comes.
    Healed,
    /// It is neither what is documented nor what the quirk says.
    Mutated,
}

impl Verdict {
    /// What is found then, if anything.
    pub(crate) fn rule(self) -> Option<Rule> {
        match self {
            Self::Confirmed => Some(Rule::QuirkConfirmed),
            Self::Healed => Some(Rule::QuirkHealed),
            Self::Mutated => Some(Rule::QuirkMutated),
            Self::Neutral => None,
        }
    }
}

/// The quirks of one place, ready to judge values.
#[derive(Debug, Default)]
pub(crate) struct PlaceQuirks {
    quirks: Vec<Pinned>,
    /// Quirks that let values fit several alternatives: their numbers, and the alternatives of each `oneOf` there.
    several: Vec<(usize, Vec<Alternatives>)>,
    /// Quirks of members or items that may be as another alternative of this place has them.
    within: Vec<Within>,
}

/// The alternatives that a `oneOf` promises.
#[derive(Debug)]
pub(crate) struct Alternatives {
    pub(crate) branches: Vec<Compiled>,
    /// What says which of them is meant; then it does no harm that another fits too.
    pub(crate) discriminator: Option<Discriminator>,
}

impl Alternatives {
    fn fit_several(&self, value: &Value) -> bool {
        let is_named = self.discriminator.as_ref().is_some_and(|it| it.branch(value).is_some());
        !is_named && self.branches.iter().filter(|it| it.is_valid(value)).nth(1).is_some()
    }
}

#[derive(Debug)]
struct Pinned {
    /// The quirk's number in the register.
    number: usize,
    returned: bool,
    /// Whether a member that does not come shows it.
    nothing: bool,
    /// Whether anything may come, a body or none: only the status is new.
    anything: bool,
    /// Whether a value's type alone says what the quirk says of it.
    by_type: bool,
    comes: Validator,
    declared: Option<Validator>,
    described: Option<Validator>,
}

impl Pinned {
    fn keeps_promise(&self, value: &Value) -> bool {
        let fits = |it: &Option<Validator>| it.as_ref().is_some_and(|it| it.is_valid(value));
        fits(&self.declared) || fits(&self.described)
    }
}

/// Whether a schema speaks of nothing but types.
fn is_of_type_alone(schema: &Value) -> bool {
    schema.is_boolean()
        || schema
            .as_object()
            .is_some_and(|it| it.keys().all(|it| it == "type" || it == "description"))
}

impl PlaceQuirks {
    /// Adds a quirk of the register; `alternatives` are those of the `oneOf`s at the place that the quirk is about.
    pub(crate) fn add(
        &mut self,
        number: usize,
        quirk: &Quirk,
        alternatives: impl FnOnce() -> Vec<Alternatives>,
    ) {
        let (declared, comes) = match (quirk.schemas(), quirk.wire.comes()) {
            (Some(schemas), _) => schemas,
            (None, Comes::SeveralAlternatives) => {
                return self.several.push((number, alternatives()));
            }
            // It is of the place above, or no value's.
            (None, Comes::AnotherAlternative | Comes::Content(_) | Comes::Schema(_)) => return,
        };
        let compile =
            |schema: &Value| fragment::validator(schema).expect("checked when the quirk was read");
        self.quirks.push(Pinned {
            number,
            returned: quirk.wire.is_returned(),
            nothing: quirk.wire.is_nothing(),
            anything: quirk.is_undocumented() && *comes == Value::Bool(true),
            by_type: [comes, declared].into_iter().chain(&quirk.described).all(is_of_type_alone),
            comes: compile(comes),
            declared: (!quirk.is_undocumented()).then(|| compile(declared)),
            described: quirk.described.as_ref().map(compile),
        });
    }

    /// Adds a quirk of a member, or of the items.
    pub(crate) fn add_within(&mut self, within: Within) {
        self.within.push(within);
    }

    /// Quirks of members or items that are judged by the value that holds them.
    pub(crate) fn within(&self) -> &[Within] {
        &self.within
    }

    /// Whether there is a quirk at the place.
    pub(crate) fn is_some(&self) -> bool {
        !self.quirks.is_empty() || !self.several.is_empty()
    }

    /// The quirks' numbers in the register, in the order in which values judge them.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.quirks.iter().map(|it| it.number)
    }

    /// Whether all values of a type say the same about each quirk of the place.
    pub(crate) fn by_type(&self) -> bool {
        self.several.is_empty() && self.within.is_empty() && self.quirks.iter().all(|it| it.by_type)
    }

    /// What a value says about each quirk of the place.
    pub(crate) fn judge(&self, value: &Value) -> Vec<(usize, Verdict)> {
        let comes: Vec<bool> = self.quirks.iter().map(|it| it.comes.is_valid(value)).collect();
        let contradicted = if comes.contains(&true) { None } else { self.contradicted(value) };
        let verdict = |index: usize, it: &Pinned| match contradicted {
            Some((number, verdict)) if number == it.number => verdict,
            _ if comes[index] && !it.declared.as_ref().is_some_and(|it| it.is_valid(value)) => {
                Verdict::Confirmed
            }
            _ => Verdict::Neutral,
        };
        let judged = self.quirks.iter().enumerate();
        let judged = judged.map(|(index, it)| (it.number, verdict(index, it)));
        let several = self.several.iter().map(|(number, groups)| {
            let fits = groups.iter().any(|it| it.fit_several(value));
            (*number, if fits { Verdict::Confirmed } else { Verdict::Neutral })
        });
        judged.chain(several).collect()
    }

    /// What a missing member says: it confirms that it never comes, where it is one of the value's, or that it may be
    /// missing, where it is one that would be required.
    pub(crate) fn judge_missing(
        &self,
        is_named: bool,
        would_be_required: bool,
    ) -> Vec<(usize, Verdict)> {
        let shows =
            |it: &&Pinned| it.nothing && if it.returned { is_named } else { would_be_required };
        let missing = self.quirks.iter().filter(shows);
        missing.map(|it| (it.number, Verdict::Confirmed)).collect()
    }

    /// What a missing body says: it also confirms a status of which only the status is pinned.
    pub(crate) fn judge_no_body(&self) -> Vec<(usize, Verdict)> {
        let content = self.quirks.iter().filter(|it| it.nothing || it.anything);
        content.map(|it| (it.number, Verdict::Confirmed)).collect()
    }

    /// What a body that is no JSON says: it confirms a status of which only the status is pinned.
    pub(crate) fn judge_anything(&self) -> Vec<(usize, Verdict)> {
        let status = self.quirks.iter().filter(|it| it.anything);
        status.map(|it| (it.number, Verdict::Confirmed)).collect()
    }

    /// The quirk that a value contradicts which none of them foresees.
    ///
    /// Where every quirk only adds to what is declared, a declared value is what everybody expects.
    fn contradicted(&self, value: &Value) -> Option<(usize, Verdict)> {
        let kept = self.quirks.iter().any(|it| it.keeps_promise(value));
        if let Some(returned) = self.quirks.iter().find(|it| it.returned) {
            let verdict = if kept { Verdict::Healed } else { Verdict::Mutated };
            return Some((returned.number, verdict));
        }
        let declared =
            self.quirks.iter().any(|it| it.declared.as_ref().is_some_and(|it| it.is_valid(value)));
        let described = |it: &&Pinned| it.described.as_ref().is_some_and(|it| it.is_valid(value));
        let healed = self.quirks.iter().find(described)?;
        (!declared).then_some((healed.number, Verdict::Healed))
    }
}

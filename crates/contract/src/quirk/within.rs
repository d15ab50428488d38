//! What a value says about quirks of its members, or items, that may be as another alternative than the value's own has them.

use serde_json::Value;

use crate::{
    quirk::Verdict,
    schema::{discriminator::Discriminator, validators::Compiled},
};

/// A quirk of a place below the one that has alternatives.
#[derive(Debug)]
pub(crate) struct Within {
    /// Its number in the register.
    pub(crate) number: usize,
    /// The member's name, or `*` for items.
    pub(crate) segment: String,
    pub(crate) groups: Vec<MixedAlternatives>,
}

/// Alternatives of which a member may be as another has it.
#[derive(Debug)]
pub(crate) struct MixedAlternatives {
    /// What takes values that none of them takes, but with such members.
    pub(crate) mixed: Compiled,
    pub(crate) alternatives: Vec<MixedAlternative>,
    /// What says which of them is meant.
    pub(crate) discriminator: Option<Discriminator>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct MixedAlternative {
    /// With members that may be as another has them.
    pub(crate) whole: Compiled,
    /// What it says of the member.
    pub(crate) own: Option<Says>,
    /// What it says of the member with what another says.
    pub(crate) also: Option<Says>,
}

/// What schemas say of a value.
#[derive(Debug)]
pub(crate) enum Says {
    This(Compiled),
    Anything,
    All(Vec<Says>),
    Any(Vec<Says>),
}

impl Says {
    fn takes(&self, value: &Value) -> bool {
        match self {
            Self::This(it) => it.is_valid(value),
            Self::Anything => true,
            Self::All(them) => them.iter().all(|it| it.takes(value)),
            Self::Any(them) => them.iter().any(|it| it.takes(value)),
        }
    }
}

impl Within {
    /// What a member of a value says.
    pub(crate) fn judge(&self, owner: &Value, member: &Value) -> Verdict {
        let mixes = self.groups.iter().any(|it| it.mix(owner, member));
        if mixes { Verdict::Confirmed } else { Verdict::Neutral }
    }
}

impl MixedAlternatives {
    /// Whether a member of a value is as another alternative has it, and not its own: the one that the value names, else the
    /// first that takes it so, where none takes it as documented.
    fn mix(&self, owner: &Value, member: &Value) -> bool {
        let named = self.discriminator.as_ref().and_then(|it| it.branch(owner));
        let own = match named {
            Some(named) => self.alternatives.get(named),
            None if self.mixed.is_valid(owner) => {
                self.alternatives.iter().find(|it| it.whole.is_valid(owner))
            }
            None => None,
        };
        let takes = |it: &Option<Says>| it.as_ref().is_some_and(|it| it.takes(member));
        own.is_some_and(|it| takes(&it.also) && !takes(&it.own))
    }
}

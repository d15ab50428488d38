//! Our own walk over a body: what is undocumented, what quirks say, what was seen at each place. Right also where the
//! body is otherwise invalid; validity itself is jsonschema's word.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    judge::{Judge, QuirkTree},
    place::{ANY, Place, printable_name, push_segment, segments},
    quirk::Verdict,
    schema::tree::{Member, NodeId},
    tally::{self, PlaceId, SightId, Tally, counted_code, counted_form},
};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// As a JSON pointer into the body: real names, never printed.
    pub(crate) pointer: String,
    /// As it may be printed: names outside the contract that may be data are `*`.
    pub(crate) shown: String,
    pub(crate) place: String,
    /// Whether it holds personal data.
    pub(crate) sensitive: bool,
}

/// What the walk came upon.
#[derive(Debug)]
pub(crate) enum Sight<'v> {
    /// A member that nothing names. Only the topmost one is told.
    Undocumented { spot: Spot, value: &'v Value, closed: bool },
    /// What a value, or its absence, says about a quirk, by the quirk's number.
    Quirk { spot: Spot, value: Option<&'v Value>, quirk: usize, verdict: Verdict },
}

/// Walks a body, counts what it sees and tells what is remarkable, in order of the body.
///
/// What it counts is added to `counted`; `tally` only gives the places their numbers.
pub(crate) fn walk<'v>(
    judge: &Judge,
    body: &'v Value,
    tally: &mut Tally,
    counted: &mut Vec<SightId>,
) -> Vec<Sight<'v>> {
    let start = Start { given: &[judge.root], quirks: Some(&judge.quirks), place: 0 };
    walk_from(judge, &start, body, tally, counted)
}

/// Where a walk starts: the schemas that hold there, the quirks of the place and below it, the place's number.
pub(crate) struct Start<'j> {
    pub(crate) given: &'j [NodeId],
    pub(crate) quirks: Option<&'j QuirkTree>,
    pub(crate) place: PlaceId,
}

/// As [`walk`], of a part of a body. Spots are told from there on.
pub(crate) fn walk_from<'v>(
    judge: &Judge,
    start: &Start<'_>,
    body: &'v Value,
    tally: &mut Tally,
    counted: &mut Vec<SightId>,
) -> Vec<Sight<'v>> {
    let mut walk = Walk {
        judge,
        tally,
        counted,
        sights: Vec::new(),
        spot: Spot {
            pointer: String::new(),
            shown: String::new(),
            place: String::new(),
            sensitive: false,
        },
    };
    walk.value(body, start.given, start.quirks, start.place);
    walk.sights
}

struct Walk<'j, 'v, 't> {
    judge: &'j Judge,
    tally: &'t mut Tally,
    counted: &'t mut Vec<SightId>,
    sights: Vec<Sight<'v>>,
    spot: Spot,
}

impl<'j, 'v> Walk<'j, 'v, '_> {
    fn value(
        &mut self,
        value: &'v Value,
        given: &[NodeId],
        quirks: Option<&'j QuirkTree>,
        place: PlaceId,
    ) {
        let tree = &self.judge.tree;
        let live = tree.live(given, value);
        let sensitive = live.iter().any(|it| tree.node(*it).sensitive.is_some());
        let was_sensitive = std::mem::replace(&mut self.spot.sensitive, sensitive);
        let mut sight = tally::sight(value);
        let words;
        if let tally::Sight::Value { form, code, .. } = &mut sight
            && !sensitive
        {
            *form = value.as_str().and_then(counted_form);
            let codes = live.iter().flat_map(|it| &tree.node(*it).codes);
            words = counted_code(value, codes);
            *code = words.as_deref();
        }
        self.counted.push(self.tally.sight(place, sight));
        if let Some(quirks) = quirks {
            for (quirk, verdict) in quirks.here.judge(value) {
                self.quirk(Some(value), quirk, verdict);
            }
        }
        match value {
            Value::Object(members) => self.members(members, &live, quirks, place),
            Value::Array(items) => {
                let below = self.tally.below(place, ANY);
                for (index, item) in items.iter().enumerate() {
                    let item_nodes = tree.item(&live, index);
                    let quirks = quirks.and_then(QuirkTree::any);
                    self.step(&index.to_string(), &index.to_string(), ANY, |walk| {
                        walk.value(item, &item_nodes, quirks, below)
                    });
                }
            }
            _ => {}
        }
        if let Some(quirks) = quirks {
            self.within(value, &live, quirks);
        }
        self.spot.sensitive = was_sensitive;
    }

    /// What members and items say about quirks that are judged by the value that holds them.
    fn within(&mut self, value: &'v Value, live: &[NodeId], quirks: &'j QuirkTree) {
        let tree = &self.judge.tree;
        for within in quirks.here.within() {
            let mut judge = |name: &str, member: &'v Value, given: &[NodeId]| {
                let live = tree.live(given, member);
                let sensitive = live.iter().any(|it| tree.node(*it).sensitive.is_some());
                let shown = if within.segment == ANY { printable_name(name) } else { name };
                self.step(name, shown, &within.segment, |walk| {
                    let was_sensitive = std::mem::replace(&mut walk.spot.sensitive, sensitive);
                    walk.quirk(Some(member), within.number, within.judge(value, member));
                    walk.spot.sensitive = was_sensitive;
                });
            };
            match (within.segment.as_str(), value) {
                (ANY, Value::Array(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        judge(&index.to_string(), item, &tree.item(live, index));
                    }
                }
                (ANY, Value::Object(members)) => {
                    for (name, member) in members {
                        if let Member::MapKey(given) = tree.member(live, name) {
                            judge(name, member, &given);
                        }
                    }
                }
                (name, Value::Object(members)) => {
                    if let (Some(member), Member::Known(given) | Member::MapKey(given)) =
                        (members.get(name), tree.member(live, name))
                    {
                        judge(name, member, &given);
                    }
                }
                _ => {}
            }
        }
    }

    fn members(
        &mut self,
        members: &'v Map<String, Value>,
        live: &[NodeId],
        quirks: Option<&'j QuirkTree>,
        place: PlaceId,
    ) {
        let tree = &self.judge.tree;
        for (name, value) in members {
            let quirks_of_name = quirks.and_then(|it| it.member(name));
            match tree.member(live, name) {
                Member::Known(nodes) => {
                    self.step(name, name, name, |walk| {
                        let below = walk.tally.below(place, name);
                        walk.value(value, &nodes, quirks_of_name, below)
                    });
                }
                Member::MapKey(nodes) => {
                    let quirks = quirks_of_name.or_else(|| quirks.and_then(QuirkTree::any));
                    self.step(name, printable_name(name), ANY, |walk| {
                        let below = walk.tally.below(place, ANY);
                        walk.value(value, &nodes, quirks, below)
                    });
                }
                // The model lacks what a quirk says never comes: what comes all the same is the quirk's.
                Member::Undocumented { .. }
                    if quirks_of_name.is_some_and(|it| it.here.is_some()) =>
                {
                    let quirks = quirks_of_name;
                    self.step(name, name, name, |walk| {
                        let below = walk.tally.below(place, name);
                        walk.value(value, &[], quirks, below)
                    });
                }
                Member::Undocumented { closed } => {
                    let shown = printable_name(name);
                    let below = self.tally.below(place, shown);
                    self.counted.push(self.tally.sight(below, tally::sight(value)));
                    self.step(name, shown, shown, |walk| {
                        let spot = walk.spot.clone();
                        walk.sights.push(Sight::Undocumented { spot, value, closed });
                    });
                }
            }
        }
        let named: BTreeSet<&str> = tree.named_members(live).collect();
        for name in named.into_iter().filter(|it| !members.contains_key(*it)) {
            let place = self.tally.below(place, name);
            self.counted.push(self.tally.sight(place, tally::Sight::Missing));
        }
        let quirks = quirks.into_iter().flat_map(QuirkTree::members);
        for (name, quirks) in quirks.filter(|it| !members.contains_key(it.0)) {
            for (quirk, verdict) in self.judge.judge_missing(quirks, live, name) {
                self.step(name, name, name, |walk| walk.quirk(None, quirk, verdict));
            }
        }
    }

    fn quirk(&mut self, value: Option<&'v Value>, quirk: usize, verdict: Verdict) {
        let spot = self.spot.clone();
        self.sights.push(Sight::Quirk { spot, value, quirk, verdict });
    }

    fn step(&mut self, name: &str, shown: &str, segment: &str, then: impl FnOnce(&mut Self)) {
        let lengths = [&self.spot.pointer, &self.spot.shown, &self.spot.place].map(String::len);
        push_segment(&mut self.spot.pointer, name);
        push_segment(&mut self.spot.shown, shown);
        push_segment(&mut self.spot.place, segment);
        then(self);
        self.spot.pointer.truncate(lengths[0]);
        self.spot.shown.truncate(lengths[1]);
        self.spot.place.truncate(lengths[2]);
    }
}

/// The spot of a pointer into a body; the last segment need not be there.
pub(crate) fn spot(judge: &Judge, body: &Value, pointer: &str) -> Spot {
    let tree = &judge.tree;
    let mut spot = Spot {
        pointer: pointer.to_owned(),
        shown: String::new(),
        place: String::new(),
        sensitive: false,
    };
    let mut here = Some(body);
    let mut given = vec![judge.root];
    for segment in segments(pointer) {
        let live = here.map_or(Vec::new(), |it| tree.live(&given, it));
        match here {
            Some(Value::Array(items)) => {
                let index = segment.parse::<usize>().unwrap_or(usize::MAX);
                given = tree.item(&live, index);
                here = items.get(index);
                push_segment(&mut spot.shown, &segment);
                push_segment(&mut spot.place, ANY);
            }
            _ => {
                // A member that is only required is named by the contract all the same.
                let required = || tree.requires(&live, &segment);
                let (nodes, shown, name) = match tree.member(&live, &segment) {
                    Member::Known(nodes) => (nodes, &*segment, &*segment),
                    Member::MapKey(nodes) if required() => (nodes, &*segment, &*segment),
                    Member::MapKey(nodes) => (nodes, printable_name(&segment), ANY),
                    Member::Undocumented { .. } if required() => (Vec::new(), &*segment, &*segment),
                    Member::Undocumented { .. } => {
                        let name = printable_name(&segment);
                        (Vec::new(), name, name)
                    }
                };
                here = here.and_then(|it| it.get(&*segment));
                push_segment(&mut spot.shown, shown);
                push_segment(&mut spot.place, name);
                given = nodes;
            }
        }
    }
    let live = match here {
        Some(value) => tree.live(&given, value),
        None => given,
    };
    spot.sensitive = live.iter().any(|it| tree.node(*it).sensitive.is_some());
    spot
}

impl Spot {
    pub(crate) fn place(&self) -> Place {
        Place::parse(&self.place).expect("built from segments")
    }
}

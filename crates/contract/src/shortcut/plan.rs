//! What the full check would say, known beforehand: for each place that bodies have shown, and each type of value there.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::{
    judge::{Judge, QuirkTree},
    place::ANY,
    quirk::{PlaceQuirks, Verdict},
    rule::{Rule, Severity},
    scan::WrittenName,
    schema::{
        Store, edit,
        tree::{Member, NodeId, type_of},
    },
    shortcut::{
        keywords::{Bounds, Scalars, bounds, code, is_closed, is_known, is_open, scalars, takes},
        tell::{ByForm, Came, FormSlot, Tell, TellId, Tells},
    },
    tally::{PlaceId, Sight, SightId, Tally},
};

/// The JSON Schema types, by number.
pub(super) const TYPES: [&str; 7] =
    ["null", "boolean", "integer", "number", "string", "array", "object"];

pub(super) const NULL: usize = 0;
pub(super) const BOOLEAN: usize = 1;
pub(super) const INTEGER: usize = 2;
pub(super) const NUMBER: usize = 3;
pub(super) const STRING: usize = 4;
pub(super) const ARRAY: usize = 5;
pub(super) const OBJECT: usize = 6;

/// The form of an empty text.
pub(super) const EMPTY: FormSlot = 1;

/// More places than this are not learnt: the keys of a map that a schema names without end.
const MOST_STATES: usize = 20_000;

pub(super) type StateId = usize;

/// What is known of one response's bodies. State 0 is the whole body.
#[derive(Debug)]
pub(super) struct Plan<'c> {
    judge: &'c Judge,
    store: &'c Store,
    pub(super) states: Vec<State<'c>>,
}

/// The values at one place under the same schemas.
#[derive(Debug)]
pub(super) struct State<'c> {
    given: Vec<NodeId>,
    quirks: Option<&'c QuirkTree>,
    pub(super) place: PlaceId,
    /// Whether what is wrong here is told of a value further up.
    pub(super) told_above: bool,
    /// By type; none where no value of the type was learnt.
    pub(super) cases: [Option<Case<'c>>; TYPES.len()],
}

/// The values of one type at one place.
#[derive(Debug)]
pub(super) enum Case<'c> {
    /// It depends on more than is known here.
    Unknown,
    Known(Box<Known<'c>>),
}

#[derive(Debug)]
pub(super) struct Known<'c> {
    pub(super) sensitive: bool,
    /// What is wrong with every value of the type.
    pub(super) refused: Option<Rule>,
    pub(super) quirks: Verdicts<'c>,
    pub(super) values: Values,
    /// What is seen where a value comes, by its form: a text that is empty, array or object has that form.
    pub(super) sights: ByForm<SightId>,
    /// Whether what is wrong below is told of this value, or of one further up.
    pub(super) told_above: bool,
}

/// What values say about the quirks of their place.
#[derive(Debug)]
pub(super) enum Verdicts<'c> {
    /// All the same.
    All(Vec<Said>),
    /// Each its own; what that is stands in the order of the quirks, by verdict.
    Each(&'c PlaceQuirks, Vec<[Said; VERDICTS.len()]>),
}

/// The verdicts by number.
pub(super) const VERDICTS: [Verdict; 4] =
    [Verdict::Confirmed, Verdict::Neutral, Verdict::Healed, Verdict::Mutated];

/// What is told where something is said of a quirk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// Whether it settles what the schemas refuse there.
    pub(super) settles: bool,
    pub(super) quirk: TellId,
    /// By the value's form.
    pub(super) finding: Option<ByForm<TellId>>,
}

impl Said {
    fn new(
        tells: &mut Tells,
        place: PlaceId,
        (quirk, verdict): (usize, Verdict),
        came: impl Fn(FormSlot) -> Came,
    ) -> Self {
        let rule = match verdict {
            Verdict::Confirmed => Some(Rule::QuirkConfirmed),
            Verdict::Healed => Some(Rule::QuirkHealed),
            Verdict::Mutated => Some(Rule::QuirkMutated),
            Verdict::Neutral => None,
        };
        let finding = rule.map(|rule| {
            std::array::from_fn(|form| {
                tells.number(Tell::Defect {
                    place,
                    rule,
                    quirk: Some(quirk),
                    severity: rule.severity(),
                    came: came(form),
                    is_observed: false,
                })
            })
        });
        Self {
            settles: matches!(verdict, Verdict::Healed | Verdict::Mutated),
            quirk: tells.number(Tell::Quirk { place, quirk, verdict }),
            finding,
        }
    }
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most values are scalars, and another pointer costs")]
pub(super) enum Values {
    Scalars(Scalars),
    Arrays { items: StateId, bounds: Bounds },
    Objects(Objects),
}

#[derive(Debug)]
pub(super) struct Objects {
    pub(super) named: Vec<Named>,
    by_name: HashMap<String, usize>,
    pub(super) others: Others,
}

/// A member that the schemas or the quirks name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) written: WrittenName,
    /// None where it is unknown what holds for it.
    pub(super) state: Option<StateId>,
    /// What is seen where it is missing.
    pub(super) missing: Option<SightId>,
    /// What is told where it is missed as required.
    pub(super) required: Option<TellId>,
    /// What its not being there says about its quirks.
    pub(super) never: Vec<Said>,
}

/// Members that nothing names.
#[derive(Debug)]
pub(super) enum Others {
    Unknown,
    Values(StateId),
    Undocumented(Severity),
}

impl Objects {
    /// The number of the member of a name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// Where what is counted has its numbers.
pub(super) struct Numbers<'n> {
    pub(super) tally: &'n mut Tally,
    pub(super) tells: &'n mut Tells,
}

impl<'c> Plan<'c> {
    pub(super) fn new(judge: &'c Judge, store: &'c Store) -> Self {
        let mut plan = Self { judge, store, states: Vec::new() };
        plan.state(vec![judge.root], Some(&judge.quirks), 0, false);
        plan
    }

    fn state(
        &mut self,
        given: Vec<NodeId>,
        quirks: Option<&'c QuirkTree>,
        place: PlaceId,
        told_above: bool,
    ) -> StateId {
        self.states.push(State { given, quirks, place, told_above, cases: Default::default() });
        self.states.len() - 1
    }

    /// Learns every place of a body and the types of the values there.
    pub(super) fn learn(&mut self, body: &Value, numbers: &mut Numbers<'_>) {
        self.learn_value(0, body, numbers);
    }

    fn learn_value(&mut self, state: StateId, value: &Value, numbers: &mut Numbers<'_>) {
        let number = TYPES.iter().position(|it| *it == type_of(value)).expect("a type of JSON");
        if self.states[state].cases[number].is_none() {
            if self.states.len() > MOST_STATES {
                return;
            }
            let known = self.known(state, value, numbers);
            let case = known.map_or(Case::Unknown, |it| Case::Known(Box::new(it)));
            self.states[state].cases[number] = Some(case);
        }
        let Some(Case::Known(known)) = &self.states[state].cases[number] else { return };
        match (&known.values, value) {
            (Values::Arrays { items, .. }, Value::Array(values)) => {
                let items = *items;
                for value in values {
                    self.learn_value(items, value, numbers);
                }
            }
            (Values::Objects(objects), Value::Object(members)) => {
                let mut below = Vec::with_capacity(members.len());
                for (name, value) in members {
                    let state = match (objects.find(name), &objects.others) {
                        (Some(number), _) => objects.named[number].state,
                        (None, Others::Values(state)) => Some(*state),
                        (None, Others::Unknown | Others::Undocumented(_)) => None,
                    };
                    below.push((state, value));
                }
                for (state, value) in below {
                    if let Some(state) = state {
                        self.learn_value(state, value, numbers);
                    }
                }
            }
            _ => {}
        }
    }

    /// What is known of the values of a value's type; none where they depend on more.
    fn known(
        &mut self,
        state: StateId,
        value: &Value,
        numbers: &mut Numbers<'_>,
    ) -> Option<Known<'c>> {
        let type_name = type_of(value);
        let State { given, quirks, place, told_above, .. } = &self.states[state];
        let (quirks, place, told_above) = (*quirks, *place, *told_above);
        let tree = &self.judge.tree;
        let live = tree.live_of_type(given, type_name)?;
        let mut holding = Vec::new();
        for id in &live.holding {
            let Some(address) = &tree.node(*id).address else { continue };
            match self.store.get(address)? {
                Value::Bool(true) => {}
                Value::Object(keywords) => {
                    let leads = edit::target(self.store, address).is_some();
                    if keywords.contains_key("$ref") && !leads {
                        return None;
                    }
                    holding.push(keywords);
                }
                _ => return None,
            }
        }
        let mut refused = None;
        for keywords in &holding {
            if !takes(keywords, type_name)? {
                refused = Some(if type_name == "null" { Rule::Null } else { Rule::Type });
            }
            if !keywords.iter().all(|(name, value)| is_known(name, value, type_name)) {
                return None;
            }
        }
        let told_above = told_above || live.one_of_several;
        let nodes = live.nodes;
        let sensitive = nodes.iter().any(|it| tree.node(*it).sensitive.is_some());
        let values = match (type_name, value) {
            (_, Value::Object(members)) => {
                // In the order in which they come, as far as that is known.
                let mut order = Vec::new();
                order.extend(members.keys().map(String::as_str));
                let objects =
                    self.objects(&order, &nodes, &holding, quirks, place, told_above, numbers)?;
                Values::Objects(objects)
            }
            ("array", _) => {
                let items = tree.item(&nodes, 0);
                let below = numbers.tally.below(place, ANY);
                let bounds = bounds(&holding, "minItems", "maxItems")?;
                let quirks = quirks.and_then(QuirkTree::any);
                Values::Arrays { items: self.state(items, quirks, below, told_above), bounds }
            }
            _ => {
                let mut scalars = scalars(&holding, type_name)?;
                let codes = nodes.iter().flat_map(|it| &tree.node(*it).codes);
                let codes: Vec<Value> = match type_name {
                    _ if sensitive => Vec::new(),
                    "boolean" => vec![true.into(), false.into()],
                    "null" => Vec::new(),
                    _ => codes.filter(|it| type_of(it) == type_name).cloned().collect(),
                };
                scalars.codes =
                    codes.into_iter().map(|it| code(numbers.tally, place, it)).collect();
                Values::Scalars(scalars)
            }
        };
        let told = |form: FormSlot| if type_name == "string" && !sensitive { form } else { 0 };
        let came = |form| Came::with_form(type_name, told(form));
        let here = quirks.map(|it| &it.here);
        let here = here.filter(|it| it.is_some() || !it.within().is_empty());
        let (quirks, values) = match (here, values) {
            (None, values) => (Verdicts::All(Vec::new()), values),
            (Some(here), values) if here.by_type() || type_name == "null" => {
                let verdicts = here.judge(&sample(type_name)).into_iter();
                let said = verdicts.map(|it| Said::new(numbers.tells, place, it, came));
                (Verdicts::All(said.collect()), values)
            }
            (Some(here), Values::Scalars(mut scalars)) => {
                for code in &mut scalars.codes {
                    code.verdicts = here.judge(&code.value);
                }
                scalars.is_read = true;
                let said = here.numbers().map(|quirk| {
                    VERDICTS.map(|it| Said::new(numbers.tells, place, (quirk, it), came))
                });
                (Verdicts::Each(here, said.collect()), Values::Scalars(scalars))
            }
            (Some(_), Values::Arrays { .. } | Values::Objects(_)) => return None,
        };
        let values = match values {
            Values::Scalars(scalars) if !sensitive => {
                Values::Scalars(Scalars { is_read: true, ..scalars })
            }
            values => values,
        };
        let sights = std::array::from_fn(|form| {
            // What is empty is counted as that.
            let empty = form == EMPTY;
            let form = if empty { None } else { came(form).form };
            numbers.tally.sight(place, Sight::Value { type_name, empty, form, code: None })
        });
        Some(Known { sensitive, refused, quirks, values, sights, told_above })
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of an object, taken apart")]
    fn objects(
        &mut self,
        order: &[&str],
        live: &[NodeId],
        holding: &[&'c Map<String, Value>],
        quirks: Option<&'c QuirkTree>,
        place: PlaceId,
        told_above: bool,
        numbers: &mut Numbers<'_>,
    ) -> Option<Objects> {
        let tree = &self.judge.tree;
        let required = |name: &str| {
            let mut lists = holding.iter().filter_map(|it| it.get("required")?.as_array());
            lists.any(|it| it.iter().any(|it| it == name))
        };
        // As `additionalProperties` beside the names has it, which the walk does not ask.
        let refused_by_name = |name: &str| {
            holding.iter().any(|it| {
                let own = it.get("properties").is_some_and(|it| it.get(name).is_some());
                let rest = it.get("additionalProperties");
                !own && rest.is_some_and(|it| !is_open(it))
            })
        };
        let documented: BTreeSet<&str> = tree.named_members(live).collect();
        let mut names: Vec<&str> = tree.named_members(live).collect();
        names.extend(quirks.into_iter().flat_map(QuirkTree::members).map(|it| it.0));
        let lists = holding.iter().filter_map(|it| it.get("required")?.as_array());
        names.extend(lists.flatten().filter_map(Value::as_str));
        names.sort_by_key(|name| order.iter().position(|it| it == name).unwrap_or(order.len()));
        let mut named: Vec<Named> = Vec::new();
        let mut by_name = HashMap::new();
        for name in names {
            if by_name.contains_key(name) {
                continue;
            }
            let quirks_of_name = quirks.and_then(|it| it.member(name));
            let any = || quirks_of_name.or_else(|| quirks.and_then(QuirkTree::any));
            let at_name = numbers.tally.below(place, name);
            let tree = &self.judge.tree;
            let value = match tree.member(live, name) {
                Member::Known(_) if refused_by_name(name) => None,
                Member::Known(nodes) => Some((nodes, quirks_of_name, at_name)),
                // What is required has a place of its own where it is refused.
                Member::MapKey(_) if holding.iter().any(|it| is_closed(it)) || required(name) => {
                    None
                }
                Member::MapKey(nodes) => Some((nodes, any(), numbers.tally.below(place, ANY))),
                Member::Undocumented { closed: false }
                    if quirks_of_name.is_some_and(|it| it.here.is_some()) =>
                {
                    Some((Vec::new(), quirks_of_name, at_name))
                }
                Member::Undocumented { .. } => None,
            };
            let state =
                value.map(|(nodes, quirks, place)| self.state(nodes, quirks, place, told_above));
            let never =
                quirks_of_name.map_or(Vec::new(), |it| self.judge.judge_missing(it, live, name));
            let never = never
                .into_iter()
                .map(|it| Said::new(numbers.tells, at_name, it, |_| Came::NOTHING));
            let never = never.collect();
            by_name.insert(name.to_owned(), named.len());
            named.push(Named {
                written: WrittenName::new(name),
                state,
                missing: documented
                    .contains(name)
                    .then(|| numbers.tally.sight(at_name, Sight::Missing)),
                required: required(name).then(|| {
                    let rule = Rule::Required;
                    numbers.tells.number(Tell::Defect {
                        place: at_name,
                        rule,
                        quirk: None,
                        severity: rule.severity(),
                        came: Came::NOT_TOLD,
                        is_observed: false,
                    })
                }),
                never,
            });
        }
        // Any name that none of them is: without patterns, all such names are alike.
        let mut unnamed = "_".to_owned();
        while by_name.contains_key(&unnamed) {
            unnamed.push('_');
        }
        let others = match self.judge.tree.member(live, &unnamed) {
            Member::Known(_) => Others::Unknown,
            Member::MapKey(_) if holding.iter().any(|it| is_closed(it)) => Others::Unknown,
            Member::MapKey(nodes) => {
                let below = numbers.tally.below(place, ANY);
                let quirks = quirks.and_then(QuirkTree::any);
                Others::Values(self.state(nodes, quirks, below, told_above))
            }
            Member::Undocumented { closed: true } if told_above => Others::Unknown,
            Member::Undocumented { closed } if closed || self.judge.is_modelled() => {
                Others::Undocumented(Severity::Error)
            }
            Member::Undocumented { .. } => Others::Undocumented(Severity::Warning),
        };
        Some(Objects { named, by_name, others })
    }
}

/// Some value of a type.
fn sample(type_name: &str) -> Value {
    match type_name {
        "null" => Value::Null,
        "boolean" => json!(true),
        "integer" => json!(1),
        "number" => json!(0.5),
        "string" => json!("text"),
        "array" => json!([]),
        _ => json!({}),
    }
}

//! The schemas of a contract, compiled for walking a body: which members, items and map values are known at a value,
//! whatever else is wrong with it. Each is compiled when a value first comes to it.

mod compile;
mod types;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, OnceLock, PoisonError},
};

use jsonschema::Validator;
use serde_json::{Map, Value};

use self::types::Types;
pub(crate) use self::types::type_of;
use crate::schema::{
    Address,
    discriminator::Discriminator,
    validators::{Compiled, Validators},
};

/// A schema in the tree.
pub(crate) type NodeId = usize;

/// Schemas that refer to each other, by number.
#[derive(Debug)]
pub(crate) struct Tree {
    slots: boxcar::Vec<Slot>,
    numbers: Mutex<HashMap<Address, NodeId>>,
    validators: Validators,
}

/// A schema that has its number, compiled or not.
#[derive(Debug)]
struct Slot {
    address: Address,
    node: OnceLock<Node>,
}

/// What one schema says about the members of a value, and which others say more about it.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) address: Option<Address>,
    /// `$ref` and `allOf`: they hold for the same value.
    also: Vec<NodeId>,
    /// `anyOf`, `oneOf`: in each group at least one may hold.
    groups: Vec<Group>,
    condition: Option<Condition>,
    members: BTreeMap<String, NodeId>,
    patterns: Vec<(Validator, NodeId)>,
    rest: Rest,
    prefix: Vec<NodeId>,
    items: Option<NodeId>,
    /// Members that must be there.
    pub(crate) required: Vec<String>,
    /// Members that must be there but for a quirk.
    may_be_missing: Vec<String>,
    /// The listed values where there is an `enum` or `const`.
    pub(crate) codes: Vec<Value>,
    /// Whether it describes the form of a text.
    pub(crate) has_form: bool,
    /// The kind of personal data that it stands for.
    pub(crate) sensitive: Option<String>,
    /// The types that it takes, where it says so.
    types: Types,
}

impl Node {
    /// Whether it says of what type a value is.
    pub(crate) fn says_type(&self) -> bool {
        self.types.are_said()
    }
}

/// What a schema says of members that it does not name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Rest {
    #[default]
    Silent,
    Closed,
    /// But for what schemas of the same value say.
    Unevaluated,
    Open,
    Map(NodeId),
}

/// The schemas that are live for every value of a type.
#[derive(Debug, Default)]
pub(crate) struct LiveOfType {
    pub(crate) nodes: Vec<NodeId>,
    /// Those of them that must hold.
    pub(crate) holding: Vec<NodeId>,
    /// Whether some of them are one of several that may hold, so that what is wrong is told of the value as a whole.
    pub(crate) one_of_several: bool,
}

/// Branches of which at least one may hold.
#[derive(Debug)]
struct Group {
    keyword: &'static str,
    branches: Vec<Branch>,
    discriminator: Option<Discriminator>,
}

/// An `anyOf` or `oneOf` in the tree.
pub(crate) struct Union<'t> {
    tree: &'t Tree,
    id: NodeId,
    group: &'t Group,
}

impl Union<'_> {
    /// The address of the list.
    pub(crate) fn list(&self) -> Option<Address> {
        Some(self.tree.node(self.id).address.as_ref()?.child(self.group.keyword))
    }

    pub(crate) fn alternatives(&self) -> impl Iterator<Item = NodeId> {
        self.group.branches.iter().map(|it| it.node)
    }

    /// Those that may be meant by a value, as [`Tree::live`] has it.
    pub(crate) fn live(&self, value: &Value) -> Vec<NodeId> {
        self.tree.live_branches(self.group, value).iter().map(|it| it.node).collect()
    }

    pub(crate) fn takes(&self, value: &Value) -> bool {
        self.alternatives().any(|it| self.tree.takes(it, value))
    }
}

#[derive(Debug)]
struct Branch {
    node: NodeId,
    types: Types,
    /// Whether it is `null` and says nothing else.
    is_null: bool,
    /// Where it shares types of value with other branches: what tells them apart.
    validator: Option<LazyValidator>,
}

/// `if`, and what holds with it or without it.
#[derive(Debug)]
struct Condition {
    holds: LazyValidator,
    with: Vec<NodeId>,
    without: Option<NodeId>,
}

/// A validator that is compiled when a value asks for it.
#[derive(Debug)]
struct LazyValidator {
    address: Address,
    compiled: OnceLock<Option<Compiled>>,
}

impl LazyValidator {
    fn is_valid(&self, value: &Value, validators: &Validators) -> bool {
        let compiled = self.compiled.get_or_init(|| validators.get(&self.address).ok());
        compiled.as_ref().is_none_or(|it| it.is_valid(value))
    }
}

/// How an alternative stands to a value, whatever is wrong inside: by this the walk and findings tell which is meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Likeness {
    /// Whether it is closed and names none of the members, and another alternative names some.
    pub(crate) is_foreign: bool,
    /// Whether a member is missing or not of the listed values.
    pub(crate) is_excluded: bool,
    /// Whether the members of which it lists one value alone have that; none where there is none.
    pub(crate) is_of_kind: Option<bool>,
    /// How many of the value's members it names.
    pub(crate) named: usize,
}

/// How a member stands to the schemas that hold at its object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Named by a schema; these describe it.
    Known(Vec<NodeId>),
    /// A key of a map; these describe its values.
    MapKey(Vec<NodeId>),
    /// Not named, where members are named and nothing says that others may come.
    Undocumented { closed: bool },
}

impl Tree {
    pub(crate) fn new(validators: Validators) -> Self {
        Self { slots: boxcar::Vec::new(), numbers: Mutex::default(), validators }
    }

    pub(crate) fn validators(&self) -> &Validators {
        &self.validators
    }

    /// The number of the schema at an address.
    pub(crate) fn number(&self, address: &Address) -> NodeId {
        // A map that a panic left is whole: numbers are given before they are put in.
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = numbers.get(address) {
            return *id;
        }
        let id = self.slots.push(Slot { address: address.clone(), node: OnceLock::new() });
        numbers.insert(address.clone(), id);
        id
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        let slot = &self.slots[id];
        slot.node.get_or_init(|| self.compile(&slot.address))
    }

    /// The schemas that hold for the value: those given, what they refer to, and their live branches.
    pub(crate) fn live(&self, given: &[NodeId], value: &Value) -> Vec<NodeId> {
        let mut live = Vec::with_capacity(given.len() + 2);
        for id in given {
            self.add_live(*id, value, &mut live);
        }
        live
    }

    fn add_live(&self, id: NodeId, value: &Value, live: &mut Vec<NodeId>) {
        if live.contains(&id) {
            return;
        }
        live.push(id);
        let node = self.node(id);
        for also in &node.also {
            self.add_live(*also, value, live);
        }
        for branch in node.groups.iter().flat_map(|it| self.live_branches(it, value)) {
            self.add_live(branch.node, value, live);
        }
        if let Some(condition) = &node.condition {
            let holds = condition.holds.is_valid(value, &self.validators);
            let further = if holds { &condition.with[..] } else { condition.without.as_slice() };
            further.iter().for_each(|it| self.add_live(*it, value, live));
        }
    }

    /// As [`Tree::live`], of every value of a type; none where that depends on more than the type.
    pub(crate) fn live_of_type(&self, given: &[NodeId], type_name: &str) -> Option<LiveOfType> {
        let mut live = LiveOfType::default();
        for id in given {
            self.add_live_of_type(*id, type_name, true, &mut live)?;
        }
        Some(live)
    }

    fn add_live_of_type(
        &self,
        id: NodeId,
        type_name: &str,
        holds: bool,
        live: &mut LiveOfType,
    ) -> Option<()> {
        if live.nodes.contains(&id) {
            // A null branch that is live but does not hold could come by another way as one that holds.
            return (live.holding.contains(&id) || !holds).then_some(());
        }
        live.nodes.push(id);
        if holds {
            live.holding.push(id);
        }
        let node = self.node(id);
        for also in &node.also {
            self.add_live_of_type(*also, type_name, holds, live)?;
        }
        for group in &node.groups {
            // An object's members may say which branch is meant.
            if type_name == "object" && group.discriminator.is_some() {
                return None;
            }
            let promising = || group.branches.iter().filter(|it| !it.is_null);
            live.one_of_several |= promising().count() > 1;
            let of_type: Vec<&Branch> =
                group.branches.iter().filter(|it| it.types.take_type(type_name)).collect();
            match of_type.as_slice() {
                [one] => self.add_live_of_type(one.node, type_name, holds, live)?,
                // Refused by the one branch beside null: it is what is promised.
                [] if type_name != "object"
                    && promising().count() == 1
                    && group.branches.len() <= 2 =>
                {
                    for branch in &group.branches {
                        let holds = holds && !branch.is_null;
                        self.add_live_of_type(branch.node, type_name, holds, live)?;
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// The branch that the value names, or the only one that it can be; the branches that take it; where none does, those
    /// of its type; where there is none, all. One that is closed is not meant where it names none of the members and another
    /// names some.
    fn live_branches<'b>(&self, group: &'b Group, value: &Value) -> Vec<&'b Branch> {
        if let Some(named) = group.discriminator.as_ref().and_then(|it| it.branch(value)) {
            return vec![&group.branches[named]];
        }
        let mut candidates: Vec<_> =
            group.branches.iter().filter(|it| it.types.take(value)).collect();
        match candidates.len() {
            0 => return group.branches.iter().collect(),
            1 => return candidates,
            _ => {}
        }
        if candidates.iter().any(|it| self.is_closed_to(it.node, value))
            && candidates.iter().any(|it| self.names_some(it.node, value))
        {
            candidates.retain(|it| !self.is_closed_to(it.node, value));
        }
        // Most branches are told apart by a member's code; compiling their schemas costs more than all the rest.
        let possible: Vec<_> =
            candidates.iter().filter(|it| !self.excludes(it.node, value)).copied().collect();
        match possible.len() {
            0 => return candidates,
            1 => return possible,
            _ => {}
        }
        let takes = |it: &&&Branch| {
            it.validator.as_ref().is_none_or(|it| it.is_valid(value, &self.validators))
        };
        let valid: Vec<_> = possible.iter().filter(takes).copied().collect();
        if valid.is_empty() { candidates } else { valid }
    }

    /// The schemas that hold with one for a value, but for alternatives.
    pub(crate) fn beside(&self, id: NodeId, value: &Value) -> Vec<NodeId> {
        let node = self.node(id);
        let mut beside = node.also.clone();
        if let Some(condition) = &node.condition {
            let holds = condition.holds.is_valid(value, &self.validators);
            beside.extend(if holds { &condition.with[..] } else { condition.without.as_slice() });
        }
        beside
    }

    /// The members by which an object names the alternatives that are meant.
    pub(crate) fn naming_members<'t>(
        &'t self,
        live: &'t [NodeId],
        value: &'t Value,
    ) -> impl Iterator<Item = &'t str> {
        let groups = live.iter().flat_map(|it| &self.node(*it).groups);
        groups.filter_map(|it| it.discriminator.as_ref()?.naming_member(value))
    }

    /// Each `anyOf` or `oneOf` of a schema.
    pub(crate) fn unions(&self, id: NodeId) -> impl Iterator<Item = Union<'_>> {
        self.node(id).groups.iter().map(move |group| Union { tree: self, id, group })
    }

    /// Whether a schema takes a value; what cannot be used takes all.
    fn takes(&self, id: NodeId, value: &Value) -> bool {
        let address = self.node(id).address.as_ref();
        let compiled = address.and_then(|it| self.validators.get(it).ok());
        compiled.is_none_or(|it| it.is_valid(value))
    }

    /// How each alternative stands to a value.
    pub(crate) fn likenesses(&self, alternatives: &[NodeId], value: &Value) -> Vec<Likeness> {
        let is_named = alternatives.iter().any(|it| self.names_some(*it, value));
        let of = |id: &NodeId| Likeness {
            is_foreign: is_named && self.is_closed_to(*id, value),
            is_excluded: self.excludes(*id, value),
            is_of_kind: self.is_of_kind(*id, value),
            named: self.named(*id, value),
        };
        alternatives.iter().map(of).collect()
    }

    fn is_of_kind(&self, id: NodeId, value: &Value) -> Option<bool> {
        let members = self.together(id).flat_map(|it| &it.members);
        let said = members.filter_map(|(name, member)| match self.node(*member).codes.as_slice() {
            [code] => value.get(name).map(|it| it == code),
            _ => None,
        });
        said.reduce(|all, it| all && it)
    }

    /// How many members of an object a schema names, with what holds with it and its alternatives.
    fn named(&self, id: NodeId, value: &Value) -> usize {
        let mut all = vec![id];
        let mut next = 0;
        while let Some(id) = all.get(next) {
            let node = self.node(*id);
            let branches = node.groups.iter().flat_map(|it| &it.branches).map(|it| it.node);
            for further in node.also.iter().copied().chain(branches) {
                if !all.contains(&further) {
                    all.push(further);
                }
            }
            next += 1;
        }
        let nodes = all.iter().map(|it| self.node(*it));
        let names = value.as_object().into_iter().flat_map(Map::keys);
        names.filter(|name| nodes.clone().any(|it| it.members.contains_key(*name))).count()
    }

    /// Whether a schema, or what holds with it, plainly refuses an object: a member is missing or not of the listed values.
    fn excludes(&self, id: NodeId, value: &Value) -> bool {
        let Some(members) = value.as_object() else { return false };
        self.together(id).any(|node| {
            let refuses = |(name, member): (&String, &NodeId)| {
                let codes = &self.node(*member).codes;
                !codes.is_empty()
                    && members.get(name).is_some_and(|it| !it.is_number() && !codes.contains(it))
            };
            node.required.iter().any(|it| !members.contains_key(it))
                || node.members.iter().any(refuses)
        })
    }

    /// Whether a schema, or what holds with it, names a member of an object.
    fn names_some(&self, id: NodeId, value: &Value) -> bool {
        let mut names = value.as_object().into_iter().flat_map(Map::keys);
        names.any(|name| self.together(id).any(|it| it.members.contains_key(name)))
    }

    /// Whether a schema, or what holds with it, refuses members that it does not name, and that is all of an object's.
    fn is_closed_to(&self, id: NodeId, value: &Value) -> bool {
        self.together(id).any(|it| it.rest == Rest::Closed && it.patterns.is_empty())
            && !self.names_some(id, value)
    }

    /// A schema, and those that hold with it whatever the value.
    fn together(&self, id: NodeId) -> impl Iterator<Item = &Node> {
        let mut all = vec![id];
        let mut next = 0;
        std::iter::from_fn(move || {
            let node = self.node(*all.get(next)?);
            next += 1;
            let further: Vec<NodeId> =
                node.also.iter().filter(|it| !all.contains(it)).copied().collect();
            all.extend(further);
            Some(node)
        })
    }

    /// How a member of an object stands to the schemas that hold for the object.
    pub(crate) fn member(&self, live: &[NodeId], name: &str) -> Member {
        let mut describing = Vec::new();
        let [mut is_named, mut names_members] = [false; 2];
        let [mut is_open, mut is_closed, mut is_unevaluated] = [false; 3];
        for node in live.iter().map(|it| self.node(*it)) {
            let before = describing.len();
            describing.extend(node.members.get(name));
            is_named |= describing.len() > before;
            if !node.patterns.is_empty() {
                let text = Value::String(name.to_owned());
                let patterns = node.patterns.iter().filter(|it| it.0.is_valid(&text));
                describing.extend(patterns.map(|it| it.1));
            }
            names_members |= !node.members.is_empty() || !node.patterns.is_empty();
            // What a schema says of the rest holds also for what another one names.
            match node.rest {
                _ if describing.len() > before => {}
                Rest::Map(values) => describing.push(values),
                Rest::Open => is_open = true,
                Rest::Closed => is_closed = true,
                Rest::Unevaluated => is_unevaluated = true,
                Rest::Silent => {}
            }
        }
        let is_closed = is_closed || (is_unevaluated && !is_open);
        if is_named {
            Member::Known(describing)
        } else if !describing.is_empty() || (!is_closed && (is_open || !names_members)) {
            Member::MapKey(describing)
        } else {
            Member::Undocumented { closed: is_closed }
        }
    }

    /// Whether the schemas say of what type the value is, and it is.
    pub(crate) fn describes(&self, live: &[NodeId], value: &Value) -> bool {
        let mut typed =
            live.iter().map(|it| &self.node(*it).types).filter(|it| it.are_said()).peekable();
        typed.peek().is_some() && typed.all(|it| it.take(value))
    }

    /// The schemas of an array's item.
    pub(crate) fn item(&self, live: &[NodeId], index: usize) -> Vec<NodeId> {
        let nodes = live.iter().map(|it| self.node(*it));
        nodes.filter_map(|it| it.prefix.get(index).copied().or(it.items)).collect()
    }

    /// Whether a schema has one of some keywords.
    pub(crate) fn says(&self, live: &[NodeId], keywords: &[&str]) -> bool {
        let addresses = live.iter().filter_map(|it| self.node(*it).address.as_ref());
        let mut schemas = addresses.filter_map(|it| self.validators.store().get(it));
        schemas.any(|it| keywords.iter().any(|keyword| it.get(keyword).is_some()))
    }

    /// Whether a schema requires a member of that name.
    pub(crate) fn requires(&self, live: &[NodeId], name: &str) -> bool {
        live.iter().any(|it| self.node(*it).required.iter().any(|it| it == name))
    }

    /// Whether a schema requires a member of that name but for a quirk.
    pub(crate) fn would_require(&self, live: &[NodeId], name: &str) -> bool {
        live.iter().any(|it| self.node(*it).may_be_missing.iter().any(|it| it == name))
    }

    /// Members that the schemas name.
    pub(crate) fn named_members<'t>(&'t self, live: &'t [NodeId]) -> impl Iterator<Item = &'t str> {
        live.iter().flat_map(|it| self.node(*it).members.keys().map(String::as_str))
    }

    /// The component that describes an object, by name: the Rust type on the modelled side.
    pub(crate) fn component(&self, live: &[NodeId]) -> Option<&str> {
        let addresses = live.iter().filter_map(|it| self.node(*it).address.as_ref());
        addresses.into_iter().find_map(Address::component)
    }
}

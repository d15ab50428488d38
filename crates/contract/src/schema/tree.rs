//! The schemas of one response, compiled for walking a body: which members, items and map values are known at a value,
//! whatever else is wrong with it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::schema::{
    Address, Store, discriminator::Discriminator, edit, fragment, validators::Validators,
};

/// A schema in the tree.
pub(crate) type NodeId = usize;

/// Schemas that refer to each other, by number.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    validators: Arc<Validators>,
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
    /// The listed values where there is an `enum` or `const`.
    pub(crate) codes: Vec<Value>,
    /// Whether it describes the form of a text.
    pub(crate) has_form: bool,
    /// The kind of personal data that it stands for.
    pub(crate) sensitive: Option<String>,
    /// The types that it takes, where it says so.
    types: Types,
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
    branches: Vec<Branch>,
    discriminator: Option<Discriminator>,
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
    compiled: OnceLock<Option<Arc<Validator>>>,
}

impl LazyValidator {
    fn is_valid(&self, value: &Value, validators: &Validators) -> bool {
        let compiled = self.compiled.get_or_init(|| validators.get(&self.address).ok());
        compiled.as_ref().is_none_or(|it| it.is_valid(value))
    }
}

/// The types that a branch takes, as far as its `type` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Types(Option<Vec<String>>);

impl Node {
    /// Whether it says of what type a value is.
    pub(crate) fn says_type(&self) -> bool {
        self.types.0.is_some()
    }
}

impl Types {
    fn take(&self, value: &Value) -> bool {
        self.0.as_ref().is_none_or(|types| types.iter().any(|it| is_type(value, it)))
    }

    fn take_type(&self, name: &str) -> bool {
        let is = |it: &String| it == name || (it == "number" && name == "integer");
        self.0.as_ref().is_none_or(|types| types.iter().any(is))
    }

    /// The types that both take.
    fn and(self, other: Self) -> Self {
        let (Some(ours), Some(theirs)) = (&self.0, &other.0) else {
            return if self.0.is_some() { self } else { other };
        };
        let has = |types: &[String], it: &str| types.iter().any(|name| name == it);
        let all = ours.iter().chain(theirs);
        let takes = |types: &[String], it: &str| {
            has(types, it) || (it == "integer" && has(types, "number"))
        };
        let mut both: Vec<String> =
            all.filter(|it| takes(ours, it) && takes(theirs, it)).cloned().collect();
        both.sort();
        both.dedup();
        Self(Some(both))
    }

    fn overlap(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.iter().any(|it| b.contains(it)) || (numeric(a) && numeric(b)),
            _ => true,
        }
    }
}

fn numeric(types: &[String]) -> bool {
    types.iter().any(|it| it == "integer" || it == "number")
}

/// Whether a value is of a JSON Schema type; `1.0` is an integer.
pub(crate) fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "number" => value.is_number(),
        _ => type_of(value) == name,
    }
}

/// The most precise JSON Schema type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(it) if it.as_f64().is_some_and(|it| it.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
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
    /// Compiles the schema at `root` and all that it reaches.
    pub(crate) fn compile(validators: &Arc<Validators>, root: &Address) -> (Self, NodeId) {
        let store = validators.store();
        let mut compiler = Compiler { store, numbers: HashMap::new(), open: Vec::new() };
        let root = compiler.node(root);
        let mut nodes: Vec<Node> = Vec::new();
        // Not by recursion: schemas may stand one below the other as far as a document is long.
        while let Some((id, address)) = compiler.open.pop() {
            let mut node = match store.get(&address) {
                Some(Value::Object(keywords)) => compiler.keywords(&address, keywords),
                _ => Node::default(),
            };
            node.address = Some(address);
            if nodes.len() <= id {
                nodes.resize_with(id + 1, Node::default);
            }
            nodes[id] = node;
        }
        (Self { nodes, validators: validators.clone() }, root)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
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
    /// of its type; where there is none, all.
    fn live_branches<'b>(&self, group: &'b Group, value: &Value) -> Vec<&'b Branch> {
        if let Some(named) = group.discriminator.as_ref().and_then(|it| it.branch(value)) {
            return vec![&group.branches[named]];
        }
        let candidates: Vec<_> = group.branches.iter().filter(|it| it.types.take(value)).collect();
        match candidates.len() {
            0 => return group.branches.iter().collect(),
            1 => return candidates,
            _ => {}
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

    /// Whether a schema, or what holds with it, plainly refuses an object: a member is missing or not of the listed values.
    fn excludes(&self, id: NodeId, value: &Value) -> bool {
        let Some(members) = value.as_object() else { return false };
        let mut all = vec![id];
        let mut next = 0;
        while let Some(node) = all.get(next).map(|it| self.node(*it)) {
            next += 1;
            let refuses = |(name, member): (&String, &NodeId)| {
                let codes = &self.node(*member).codes;
                !codes.is_empty()
                    && members.get(name).is_some_and(|it| !it.is_number() && !codes.contains(it))
            };
            if node.required.iter().any(|it| !members.contains_key(it))
                || node.members.iter().any(refuses)
            {
                return true;
            }
            let further: Vec<NodeId> =
                node.also.iter().filter(|it| !all.contains(it)).copied().collect();
            all.extend(further);
        }
        false
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
            live.iter().map(|it| &self.node(*it).types).filter(|it| it.0.is_some()).peekable();
        typed.peek().is_some() && typed.all(|it| it.take(value))
    }

    /// The schemas of an array's item.
    pub(crate) fn item(&self, live: &[NodeId], index: usize) -> Vec<NodeId> {
        let nodes = live.iter().map(|it| self.node(*it));
        nodes.filter_map(|it| it.prefix.get(index).copied().or(it.items)).collect()
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

struct Compiler<'c> {
    store: &'c Store,
    numbers: HashMap<Address, NodeId>,
    /// Numbered, and not compiled yet.
    open: Vec<(NodeId, Address)>,
}

impl Compiler<'_> {
    fn node(&mut self, address: &Address) -> NodeId {
        if let Some(id) = self.numbers.get(address) {
            return *id;
        }
        let id = self.numbers.len();
        self.numbers.insert(address.clone(), id);
        self.open.push((id, address.clone()));
        id
    }

    fn keywords(&mut self, at: &Address, keywords: &Map<String, Value>) -> Node {
        let mut node = Node::default();
        if let Some(target) = edit::target(self.store, at) {
            node.also.push(self.node(&target));
        }
        node.also.extend(self.list(at, keywords, "allOf"));
        for keyword in ["anyOf", "oneOf"] {
            let branches = self.list(at, keywords, keyword);
            if !branches.is_empty() {
                let addresses =
                    (0..branches.len()).map(|it| at.child(keyword).child(&it.to_string()));
                let branches = self.branches(branches, addresses.collect());
                let discriminator = Discriminator::of(keywords, keyword);
                node.groups.push(Group { branches, discriminator });
            }
        }
        if keywords.contains_key("if") {
            let mut schemas = |names: &[&str]| -> Vec<NodeId> {
                let there = names.iter().filter(|it| keywords.contains_key(**it));
                there.map(|it| self.node(&at.child(it))).collect()
            };
            node.condition = Some(Condition {
                with: schemas(&["if", "then"]),
                without: schemas(&["else"]).pop(),
                holds: LazyValidator { address: at.child("if"), compiled: OnceLock::new() },
            });
        }
        if let Some(properties) = keywords.get("properties").and_then(Value::as_object) {
            let list = at.child("properties");
            for name in properties.keys() {
                node.members.insert(name.clone(), self.node(&list.child(name)));
            }
        }
        if let Some(patterns) = keywords.get("patternProperties").and_then(Value::as_object) {
            for pattern in patterns.keys() {
                let matcher = fragment::validator(&serde_json::json!({ "pattern": pattern }));
                let values = self.node(&at.child("patternProperties").child(pattern));
                node.patterns.extend(matcher.ok().map(|it| (it, values)));
            }
        }
        for keyword in ["unevaluatedProperties", "additionalProperties"] {
            node.rest = match keywords.get(keyword) {
                Some(Value::Bool(false)) if keyword == "unevaluatedProperties" => Rest::Unevaluated,
                Some(Value::Bool(false)) => Rest::Closed,
                Some(Value::Bool(true)) => Rest::Open,
                Some(Value::Object(it)) if it.is_empty() => Rest::Open,
                Some(_) => Rest::Map(self.node(&at.child(keyword))),
                None => node.rest,
            };
        }
        node.prefix = self.list(at, keywords, "prefixItems");
        if keywords.get("items").is_some_and(Value::is_object) {
            node.items = Some(self.node(&at.child("items")));
        }
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        node.required = required.filter_map(Value::as_str).map(str::to_owned).collect();
        node.codes = match (keywords.get("enum"), keywords.get("const")) {
            (Some(Value::Array(values)), _) => values.clone(),
            (_, Some(value)) => vec![value.clone()],
            _ => Vec::new(),
        };
        node.sensitive =
            keywords.get("x-sensitive").map(|it| it.as_str().unwrap_or_default().to_owned());
        node.has_form = keywords.contains_key("format") || keywords.contains_key("pattern");
        node.types = types_of(keywords).unwrap_or_default();
        node
    }

    fn list(&mut self, at: &Address, keywords: &Map<String, Value>, keyword: &str) -> Vec<NodeId> {
        let count = keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        let list = at.child(keyword);
        (0..count).map(|it| self.node(&list.child(&it.to_string()))).collect()
    }

    fn branches(&self, nodes: Vec<NodeId>, addresses: Vec<Address>) -> Vec<Branch> {
        let types: Vec<_> = addresses.iter().map(|it| types_at(self.store, it)).collect();
        let shares_types = |index: usize| {
            let others = types.iter().enumerate().filter(|it| it.0 != index);
            others.into_iter().any(|it| it.1.overlap(&types[index]))
        };
        let branches =
            nodes.into_iter().zip(addresses).enumerate().map(|(index, (node, address))| {
                let is_null = is_null(self.store, &address);
                let validator = shares_types(index)
                    .then(|| LazyValidator { address, compiled: OnceLock::new() });
                Branch { node, types: types[index].clone(), is_null, validator }
            });
        branches.collect()
    }
}

/// What a schema says of the type, and those that hold with it.
/// Whether a schema is `null`, named or not, and says nothing else.
fn is_null(store: &Store, at: &Address) -> bool {
    let mut at = at.clone();
    for _ in 0..32 {
        let Some(keywords) = store.get(&at).and_then(Value::as_object) else { return false };
        match edit::target(store, &at).filter(|_| keywords.len() == 1) {
            Some(target) => at = target,
            None => {
                let says = |it: &String| !matches!(it.as_str(), "type" | "title" | "description");
                return keywords.get("type").is_some_and(|it| it == "null")
                    && !keywords.keys().any(says);
            }
        }
    }
    false
}

fn types_at(store: &Store, at: &Address) -> Types {
    let mut types = Types(None);
    let mut all = vec![at.clone()];
    let mut next = 0;
    while let Some(at) = all.get(next).cloned() {
        next += 1;
        let Some(keywords) = store.get(&at).and_then(Value::as_object) else { continue };
        if let Some(own) = types_of(keywords) {
            types = types.and(own);
        }
        let parts = keywords.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        let parts = (0..parts).map(|it| at.child("allOf").child(&it.to_string()));
        for further in edit::target(store, &at).into_iter().chain(parts) {
            if !all.contains(&further) {
                all.push(further);
            }
        }
    }
    types
}

/// What a schema's own `type` says.
fn types_of(keywords: &Map<String, Value>) -> Option<Types> {
    match keywords.get("type")? {
        Value::String(name) => Some(Types(Some(vec![name.clone()]))),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).map(str::to_owned);
            Some(Types(Some(names.collect())))
        }
        _ => None,
    }
}

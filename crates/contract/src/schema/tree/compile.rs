//! Makes a tree of the schemas that one schema reaches.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value};

use crate::schema::{
    Address, Store, another,
    discriminator::Discriminator,
    edit, fragment,
    tree::{Branch, Condition, Group, LazyValidator, Node, NodeId, Rest, Tree, Types},
    validators::Validators,
};

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
            let group = another::Group::of(at, keywords, keyword);
            let addresses = group.map_or(Vec::new(), |it| it.alternatives().to_vec());
            if !addresses.is_empty() {
                let branches = addresses.iter().map(|it| self.node(it)).collect();
                let branches = self.branches(branches, addresses);
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
        node.types = Types::of(keywords);
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

/// Whether a schema is `null`, named or not, and says nothing else.
fn is_null(store: &Store, at: &Address) -> bool {
    let at = edit::follow(store, at, edit::is_reference_alone);
    let keywords = store.get(&at).and_then(Value::as_object);
    keywords.is_some_and(|keywords| {
        let says = |it: &String| !matches!(it.as_str(), "type" | "title" | "description");
        keywords.get("type").is_some_and(|it| it == "null") && !keywords.keys().any(says)
    })
}

/// What a schema says of the type, and those that hold with it: of alternatives, what any of them says.
fn types_at(store: &Store, at: &Address) -> Types {
    /// Alternatives inside alternatives: what is deeper may be of any type.
    const DEEPEST: usize = 4;
    fn read(store: &Store, at: &Address, depth: usize) -> Types {
        let mut types = Types::default();
        let mut all = vec![at.clone()];
        let mut next = 0;
        while let Some(at) = all.get(next).cloned() {
            next += 1;
            let Some(keywords) = store.get(&at).and_then(Value::as_object) else { continue };
            types = types.and(Types::of(keywords));
            let of_list = |keyword: &str| -> Vec<Address> {
                let count = keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
                let list = at.child(keyword);
                (0..count).map(|it| list.child(&it.to_string())).collect()
            };
            for keyword in ["anyOf", "oneOf"] {
                let branches = of_list(keyword);
                let branches = branches.iter().filter(|_| depth < DEEPEST);
                let branches = branches.map(|it| read(store, it, depth + 1));
                types = types.and(branches.reduce(Types::or).unwrap_or_default());
            }
            for further in edit::target(store, &at).into_iter().chain(of_list("allOf")) {
                if !all.contains(&further) {
                    all.push(further);
                }
            }
        }
        types
    }
    read(store, at, 0)
}

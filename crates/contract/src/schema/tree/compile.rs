//! What one schema says, for the tree.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::schema::{
    Address, Store, another,
    discriminator::Discriminator,
    edit, fragment,
    tree::{Branch, Condition, Group, LazyValidator, Node, NodeId, Rest, Tree, Types},
};

impl Tree {
    /// What the schema at an address says; those that it names have a number, and are not compiled.
    pub(super) fn compile(&self, address: &Address) -> Node {
        let node = match self.store().get(address) {
            Some(Value::Object(keywords)) => self.keywords(address, keywords),
            _ => Node::default(),
        };
        Node { address: Some(address.clone()), ..node }
    }

    fn keywords(&self, at: &Address, keywords: &Map<String, Value>) -> Node {
        let mut node = Node::default();
        if let Some(target) = edit::target(self.store(), at) {
            node.also.push(self.number(&target));
        }
        node.also.extend(self.list(at, keywords, "allOf"));
        for keyword in ["anyOf", "oneOf"] {
            let group = another::Group::of(at, keywords, keyword);
            let addresses = group.map_or(Vec::new(), |it| it.alternatives().to_vec());
            if !addresses.is_empty() {
                let branches = addresses.iter().map(|it| self.number(it)).collect();
                let branches = self.branches(branches, addresses);
                let discriminator = Discriminator::of(keywords, keyword);
                node.groups.push(Group { keyword, branches, discriminator });
            }
        }
        if keywords.contains_key("if") {
            let schemas = |names: &[&str]| -> Vec<NodeId> {
                let there = names.iter().filter(|it| keywords.contains_key(**it));
                there.map(|it| self.number(&at.child(it))).collect()
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
                node.members.insert(name.clone(), self.number(&list.child(name)));
            }
        }
        if let Some(patterns) = keywords.get("patternProperties").and_then(Value::as_object) {
            for pattern in patterns.keys() {
                let matcher = fragment::validator(&serde_json::json!({ "pattern": pattern }));
                let values = self.number(&at.child("patternProperties").child(pattern));
                node.patterns.extend(matcher.ok().map(|it| (it, values)));
            }
        }
        for keyword in ["unevaluatedProperties", "additionalProperties"] {
            node.rest = match keywords.get(keyword) {
                Some(Value::Bool(false)) if keyword == "unevaluatedProperties" => Rest::Unevaluated,
                Some(Value::Bool(false)) => Rest::Closed,
                Some(Value::Bool(true)) => Rest::Open,
                Some(Value::Object(it)) if it.is_empty() => Rest::Open,
                Some(_) => Rest::Map(self.number(&at.child(keyword))),
                None => node.rest,
            };
        }
        node.prefix = self.list(at, keywords, "prefixItems");
        if keywords.get("items").is_some_and(Value::is_object) {
            node.items = Some(self.number(&at.child("items")));
        }
        let names = |keyword: &str| -> Vec<String> {
            let names = keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
            names.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        node.required = names("required");
        node.may_be_missing = names(edit::MAY_BE_MISSING);
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

    fn list(&self, at: &Address, keywords: &Map<String, Value>, keyword: &str) -> Vec<NodeId> {
        let count = keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        let list = at.child(keyword);
        (0..count).map(|it| self.number(&list.child(&it.to_string()))).collect()
    }

    fn store(&self) -> &Store {
        self.validators.store()
    }

    fn branches(&self, nodes: Vec<NodeId>, addresses: Vec<Address>) -> Vec<Branch> {
        let types: Vec<_> = addresses.iter().map(|it| types_at(self.store(), it)).collect();
        let shares_types = |index: usize| {
            let others = types.iter().enumerate().filter(|it| it.0 != index);
            others.into_iter().any(|it| it.1.overlap(&types[index]))
        };
        let branches =
            nodes.into_iter().zip(addresses).enumerate().map(|(index, (node, address))| {
                let is_null = is_null(self.store(), &address);
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

//! The operations of a document.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::{
    document::{
        Content, Document, METHODS, Operation, OperationId, PathTemplate, Response, Routes, Server,
        StatusPattern, essence,
    },
    schema::{Address, Side, Store, edit},
};

impl Document {
    /// Reads a document of the store.
    ///
    /// # Errors
    /// Where it has nothing that a document of OpenAPI has.
    pub(crate) fn read(store: &Store, side: Side) -> Result<Self, Vec<String>> {
        let root = store.document(side);
        let has = |member: &str| root.get(member).and_then(Value::as_object);
        let paths = has("paths");
        if paths.or(has("webhooks")).or(has("components")).is_none() {
            return Err(vec!["#/paths: the document describes no operation".into()]);
        }
        let mut reader = Reader { store, side, document: Self::default() };
        let servers = reader.servers(root).unwrap_or_default();
        let mut operations = Vec::new();
        let templates = paths.into_iter().flat_map(Map::keys);
        for template in templates.filter(|it| !it.starts_with("x-")) {
            let item = reader.root().child("paths").child(template);
            operations.extend(reader.path_item(template, &item, &servers));
        }
        if operations.is_empty() {
            let (member, what) = match (paths, has("webhooks")) {
                (Some(_), _) => ("/paths", "the document describes no operation"),
                (None, Some(_)) => {
                    ("/webhooks", "the document describes only what the vendor asks of others")
                }
                (None, None) => ("/components", "the document describes parts, and no operation"),
            };
            let message = format!("{what}: there is nothing that answers could be held against");
            reader.document.faults.push((member.to_owned(), message));
        }
        operations.sort_by(|a, b| a.template.cmp(&b.template).then_with(|| a.id.cmp(&b.id)));
        let mut document = reader.document;
        document.numbers =
            operations.iter().enumerate().map(|(number, it)| (it.id.clone(), number)).collect();
        document.routes = Routes::new(operations.iter().map(|it| &it.template));
        document.operations = operations;
        document.find_duplicates(store);
        Ok(document)
    }

    fn find_duplicates(&mut self, store: &Store) {
        let mut faults = Vec::new();
        for alike in self.operations.chunk_by(|a, b| a.template.is_alike(&b.template)) {
            for (index, operation) in alike.iter().enumerate() {
                let is_same =
                    |it: &&Operation| it.method == operation.method && it.query == operation.query;
                if let Some(first) = alike[..index].iter().find(is_same) {
                    let message = format!(
                        "{} takes the same paths as {}, which is used",
                        operation.id, first.id
                    );
                    faults.push((operation.pointer.clone(), message));
                }
            }
        }
        let mut names: HashMap<&str, &OperationId> = HashMap::new();
        for operation in &self.operations {
            let address = Address { side: Side::Documented, pointer: operation.pointer.clone() };
            let name =
                store.get(&address).and_then(|it| it.get("operationId")).and_then(Value::as_str);
            if let Some(name) = name
                && let Some(first) = names.insert(name, &operation.id)
            {
                let message = format!("`operationId` is that of {first} too; it is not read");
                faults.push((address.child("operationId").pointer, message));
            }
        }
        self.faults.extend(faults);
    }
}

struct Reader<'s> {
    store: &'s Store,
    side: Side,
    document: Document,
}

impl<'s> Reader<'s> {
    fn root(&self) -> Address {
        Address { side: self.side, pointer: String::new() }
    }

    fn fault(&mut self, at: &Address, message: impl Into<String>) {
        self.document.faults.push((at.pointer.clone(), message.into()));
    }

    /// The numbers of the servers that an object names, where it names some.
    fn servers(&mut self, owner: &Value) -> Option<Vec<usize>> {
        let servers = owner.get("servers")?.as_array()?;
        let known = &mut self.document.servers;
        let number = |server: Server| {
            known.iter().position(|it| *it == server).unwrap_or_else(|| {
                known.push(server);
                known.len() - 1
            })
        };
        let numbers: Vec<usize> = servers.iter().filter_map(Server::read).map(number).collect();
        (!numbers.is_empty()).then_some(numbers)
    }

    /// The address itself, or where its `$ref` leads.
    fn follow(&self, address: &Address) -> Address {
        edit::follow(self.store, address, |_| true)
    }

    fn path_item(&mut self, template: &str, at: &Address, servers: &[usize]) -> Vec<Operation> {
        let store: &'s Store = self.store;
        let Some(item) = store.get(at) else { return Vec::new() };
        if !template.starts_with('/') {
            self.fault(at, "promised a path that starts with `/`; read as if it did");
        }
        let without_fragment = template.split('#').next().unwrap_or_default();
        if without_fragment != template {
            self.fault(at, "a fragment is no part of a path; not compared");
        }
        let (path, query) = match without_fragment.split_once('?') {
            Some((path, query)) => {
                self.fault(at, "a query is no part of a path; read as of requests that have it");
                (path, query.split('&').filter(|it| !it.is_empty()).map(str::to_owned).collect())
            }
            None => (without_fragment, Vec::new()),
        };
        let shared = self.servers(item).unwrap_or_else(|| servers.to_vec());
        let shared_parameters = self.path_parameters(&at.child("parameters"));
        let mut operations = Vec::new();
        for method in METHODS {
            let Some(operation) = item.get(*method).filter(|it| it.is_object()) else { continue };
            let address = at.child(method);
            let mut parameters = shared_parameters.clone();
            parameters.extend(self.path_parameters(&address.child("parameters")));
            let mut read = PathTemplate::parse(path);
            self.compare_parameters(&address, &read, &parameters);
            for parameter in parameters.iter().filter(|it| it.takes_slashes) {
                read = read.with_slashes_in(&parameter.name);
            }
            let method = method.to_ascii_uppercase();
            operations.push(Operation {
                id: OperationId::new(&method, template),
                is_added: false,
                method,
                template: read,
                query: query.clone(),
                servers: self.servers(operation).unwrap_or_else(|| shared.clone()),
                responses: self.responses(&address.child("responses")),
                pointer: address.pointer,
            });
        }
        operations
    }

    fn path_parameters(&self, list: &Address) -> Vec<PathParameter> {
        let count = self.store.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        let parameters = (0..count).filter_map(|index| {
            let parameter = self.store.get(&self.follow(&list.child(&index.to_string())))?;
            let says = |member: &str| parameter.get(member) == Some(&Value::Bool(true));
            (parameter.get("in")? == "path").then_some(())?;
            Some(PathParameter {
                name: parameter.get("name")?.as_str()?.to_owned(),
                takes_slashes: says("allowReserved") || says("x-multi-segment"),
            })
        });
        parameters.collect()
    }

    fn compare_parameters(
        &mut self,
        at: &Address,
        template: &PathTemplate,
        declared: &[PathParameter],
    ) {
        let names: HashSet<&str> = template.names().iter().map(String::as_str).collect();
        let declared: HashSet<&str> = declared.iter().map(|it| it.name.as_str()).collect();
        let listed = |names: HashSet<&&str>| {
            let mut names: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
            names.sort();
            names.join(", ")
        };
        // One fault, however many parameters: each names the path.
        let undeclared = listed(names.difference(&declared).collect());
        if !undeclared.is_empty() {
            self.fault(at, format!("in the path and not declared: {undeclared}; any value is one"));
        }
        let extra = listed(declared.difference(&names).collect());
        if !extra.is_empty() {
            self.fault(at, format!("declared and not in the path: {extra}; left out"));
        }
    }

    fn responses(&mut self, address: &Address) -> Vec<Response> {
        let store: &'s Store = self.store;
        let Some(responses) = store.get(address).and_then(Value::as_object) else {
            return Vec::new();
        };
        let mut read = Vec::new();
        for key in responses.keys().filter(|it| !it.starts_with("x-")) {
            let at = address.child(key);
            let Some(status) = StatusPattern::parse(key) else {
                self.fault(&at, "promised a status such as 200, 4XX or default; left out");
                continue;
            };
            let response = self.follow(&at);
            let content = response.child("content");
            let media_types = store.get(&content).and_then(Value::as_object);
            let contents = media_types.into_iter().flat_map(Map::iter).map(|(name, _)| {
                let at = self.follow(&content.child(name));
                let has_schema = store.get(&at).is_some_and(|it| it.get("schema").is_some());
                let schema = has_schema.then(|| at.child("schema"));
                Content { key: name.clone(), media_type: essence(name), schema }
            });
            read.push(Response { status, content: contents.collect(), address: response });
        }
        read
    }
}

/// A declared parameter of a path.
#[derive(Debug, Clone)]
struct PathParameter {
    name: String,
    /// Whether the document says that its values may hold slashes.
    takes_slashes: bool,
}

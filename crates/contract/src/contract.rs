//! One contract, read from texts: what is documented, the quirks, the model, and everything compiled from them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use sha2::{Digest, Sha256};

use crate::{
    document::{
        self, Document, DocumentFault, Loaded, Operation, OperationId, Origins, Response,
        StatusPattern, essence,
    },
    exchange::Exchange,
    finding::hex,
    inclusion::{self, Difference},
    judge::Judge,
    place::Place,
    promise::{Promises, promises},
    quirk::{self, Quirk, QuirkPlace, Verdict},
    schema::{Address, Side, Store, tree::Tree, validators::Validators},
    scope::{Scope, scope, servers},
    settings::{self, Settings},
    text::{Fault, Faults, Text},
};

/// The texts of one contract.
#[derive(Debug, Clone)]
pub struct ContractTexts {
    /// The vendor's document, OpenAPI 3.0 or 3.1, as JSON or YAML: the file with the `openapi` member, and those that it
    /// refers to. References between them are read by their names.
    pub documented: Vec<Text>,
    /// The quirk files.
    pub quirks: Vec<Text>,
    /// The model: OpenAPI 3.1, as JSON. Without one, documented + quirks have the last word.
    pub modelled: Option<Text>,
    /// `contract.toml`.
    pub settings: Option<Text>,
}

/// A contract that can judge exchanges.
#[derive(Debug)]
pub struct Contract {
    /// The document as the vendor has it.
    pub(crate) paper: Arc<Store>,
    /// None where there is no quirk: then it is as documented.
    paper_document: Option<Document>,
    /// The document with the quirks written into it, and the model with what it lacks lent to it.
    pub(crate) store: Arc<Store>,
    pub(crate) documented: Document,
    document_faults: Vec<DocumentFault>,
    /// Where in its files the document stands.
    pub(crate) origins: Origins,
    pub(crate) modelled: Option<Document>,
    pub(crate) quirks: Vec<Quirk>,
    /// Those about as what bodies come, by number.
    content_quirks: BTreeMap<(OperationId, u16), Vec<usize>>,
    /// Quirks, by number, that the document no longer needs.
    pub(crate) resolved: Vec<(usize, QuirkPlace)>,
    pub(crate) differences: Vec<Difference>,
    pub(crate) settings: Settings,
    pub(crate) hash: String,
    tree: Arc<Tree>,
    judges: Judges,
    /// Made when a report first asks.
    promises: Mutex<BTreeMap<(OperationId, u16), Arc<Promises>>>,
}

impl Contract {
    /// Reads and compiles a contract.
    ///
    /// # Errors
    /// Everything that is wrong with the texts, at once.
    pub fn load(texts: &ContractTexts) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let documented = collect(&mut faults, document::load(&texts.documented));
        let modelled = texts.modelled.as_ref().and_then(|it| collect(&mut faults, model(it)));
        let settings =
            texts.settings.as_ref().and_then(|it| collect(&mut faults, settings::read(it)));
        let read = texts
            .quirks
            .iter()
            .filter_map(|text| Some((collect(&mut faults, quirk::read(text))?, text)));
        let quirks: Vec<(Quirk, &Text)> = read.collect();
        let Some(mut documented) = documented else {
            return Err(Faults(faults));
        };
        let value = std::mem::take(&mut documented.value);
        let mut store = Store {
            documented: value,
            modelled: modelled.map(|it| it.value).unwrap_or_default().into(),
        };
        let document =
            collect(&mut faults, operations(&store, Side::Documented, &documented.origins().root));
        let modelled = texts.modelled.as_ref().filter(|_| !store.modelled.is_null());
        let modelled = modelled
            .and_then(|it| collect(&mut faults, operations(&store, Side::Modelled, &it.name)));
        let resolved = document
            .as_ref()
            .and_then(|it| collect(&mut faults, quirk::check_against(&store, it, &quirks)));
        let (Some(mut document), Some(resolved), true) = (document, resolved, faults.is_empty())
        else {
            return Err(Faults(faults));
        };
        for (pointer, message) in std::mem::take(&mut document.faults) {
            documented.fault(&pointer, message);
        }
        let quirks: Vec<Quirk> = quirks.into_iter().map(|it| it.0).collect();
        let paper = (!quirks.is_empty()).then(|| Arc::new(store.clone()));
        let (with_quirks, document) = match &paper {
            Some(_) => {
                quirk::apply(&mut store, &document, &quirks, &resolved);
                // Quirks may have added responses and operations.
                let with_quirks = operations(&store, Side::Documented, &documented.origins().root);
                let mut with_quirks = with_quirks.map_err(Faults)?;
                with_quirks.tell_added(&document);
                (with_quirks, Some(document))
            }
            None => (document, None),
        };
        let differences = modelled
            .as_ref()
            .map_or(Vec::new(), |it| inclusion::compare(&mut store, &with_quirks, it));
        let store = Arc::new(store);
        let (document_faults, origins) = documented.into_parts();
        Ok(Self {
            paper: paper.unwrap_or_else(|| store.clone()),
            paper_document: document,
            judges: judges(&with_quirks, modelled.as_ref()),
            tree: Arc::new(Tree::new(Validators::new(store.clone()))),
            documented: with_quirks,
            origins,
            document_faults,
            modelled,
            content_quirks: content_quirks(&quirks),
            quirks,
            resolved,
            differences,
            settings: settings.unwrap_or_default(),
            hash: hash(texts),
            promises: Mutex::default(),
            store,
        })
    }

    /// The register of quirks, in order of name.
    pub fn quirks(&self) -> &[Quirk] {
        &self.quirks
    }

    /// 12 hex digits over the contract's texts.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What `contract.toml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is wrong with the vendor's document; the rest of it is used.
    pub fn document_faults(&self) -> &[DocumentFault] {
        &self.document_faults
    }

    /// The documented operations, those that quirks add to included.
    pub fn operations(&self) -> impl Iterator<Item = &OperationId> {
        self.documented.operations.iter().map(|it| &it.id)
    }

    /// Each operation as part of a file's name, no two alike: `get-chat-chatrooms-id`, with digits of its own where another
    /// operation has the same words.
    pub fn file_names(&self) -> BTreeMap<OperationId, String> {
        let mut with_words: BTreeMap<String, Vec<&OperationId>> = BTreeMap::new();
        for operation in self.operations() {
            with_words.entry(operation.slug()).or_default().push(operation);
        }
        let names = with_words.into_iter().flat_map(|(words, operations)| {
            let is_alone = operations.len() == 1;
            operations.into_iter().map(move |it| {
                let digits = || hex(&Sha256::digest(it.as_str())[..4]);
                let name = if is_alone { words.clone() } else { format!("{words}-{}", digits()) };
                (it.clone(), name)
            })
        });
        names.collect()
    }

    /// A request of an operation, as far as its answers' place goes: method and URL; none where there is no such operation.
    pub fn request_of(&self, operation: &str) -> Option<(String, String)> {
        let operation = self.documented.operation(operation)?;
        let (method, path) = operation.id.as_str().split_once(' ')?;
        let server = self.server_of(operation);
        let host = if server.contains("://") { "" } else { "http://localhost" };
        Some((method.to_owned(), format!("{host}{server}{path}")))
    }

    /// The document as the vendor has it.
    pub(crate) fn paper_document(&self) -> &Document {
        self.paper_document.as_ref().unwrap_or(&self.documented)
    }

    /// The schema that the document, without any quirk, has for a status.
    pub(crate) fn paper_schema(&self, operation: &OperationId, status: u16) -> Option<&Address> {
        self.paper_document().operation(operation.as_str())?.json_schema(status)
    }

    /// The response that the document, without any quirk, has for a status.
    pub(crate) fn paper_response(&self, operation: &OperationId, status: u16) -> Option<&Response> {
        self.paper_document().operation(operation.as_str())?.response(status)
    }

    /// The quirks about as what the bodies of a response come, by number.
    pub(crate) fn content_quirks(
        &self,
        operation: &OperationId,
        status: u16,
    ) -> impl Iterator<Item = (usize, &Quirk)> {
        let numbers = self.content_quirks.get(&(operation.clone(), status));
        numbers.into_iter().flatten().map(|it| (*it, &self.quirks[*it]))
    }

    /// Whether there are any such quirks.
    pub(crate) fn has_content_quirks(&self, operation: &OperationId, status: u16) -> bool {
        !self.content_quirks.is_empty() && self.content_quirks(operation, status).next().is_some()
    }

    /// What an answer without a body, as documented, says about the quirks that a body comes.
    pub(crate) fn quirks_of_emptiness(
        &self,
        operation: &OperationId,
        status: u16,
    ) -> Vec<(usize, Verdict)> {
        let here = |it: &QuirkPlace| {
            it.status == status && it.place == Place::root() && it.operation == *operation
        };
        let quirks = self.quirks.iter().enumerate().filter(|it| it.1.is_undocumented());
        let quirks = quirks.filter(|it| it.1.at.iter().any(here));
        let verdict =
            |it: &Quirk| if it.wire.is_returned() { Verdict::Healed } else { Verdict::Neutral };
        quirks.map(|(number, it)| (number, verdict(it))).collect()
    }

    /// What is said of the places of a response, in words.
    pub(crate) fn promises(&self, operation: &OperationId, status: u16) -> Arc<Promises> {
        // A map that a panic left is whole: entries are made before they are put in.
        let mut known = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (operation.clone(), status);
        known.entry(key).or_insert_with(|| promises(self, operation, status).into()).clone()
    }

    /// The URL of an operation's first server, or only its base path; empty where none is documented.
    pub(crate) fn server_of(&self, operation: &Operation) -> String {
        let first = operation.servers.first();
        first.map_or_else(String::new, |it| self.documented.servers[*it].url())
    }

    pub(crate) fn model_of(&self, operation: &Operation) -> Option<&Operation> {
        self.modelled.as_ref()?.operation(operation.id.as_str())
    }

    /// The documented operation that an exchange is of.
    pub(crate) fn operation_of(
        &self,
        exchange: &Exchange<'_>,
        base_urls: &[String],
    ) -> Option<&Operation> {
        match scope(&self.documented, &servers(base_urls), exchange) {
            Scope::Operation(operation) => Some(operation),
            Scope::Out | Scope::Undocumented(_) => None,
        }
    }

    /// What judges an exchange's body as JSON, where something does: by the content that it came as, else by the first
    /// that is JSON.
    ///
    /// # Errors
    /// Why the schema cannot be used.
    pub(crate) fn judge_of(
        &self,
        operation: &Operation,
        exchange: &Exchange<'_>,
    ) -> Result<Option<&Judge>, &str> {
        let Some(response) = operation.response(exchange.status) else { return Ok(None) };
        let media_type = exchange.content_type.as_deref().map(essence);
        let content = media_type.and_then(|it| response.content_for(&it)).filter(|it| it.is_json());
        let content = content.or_else(|| response.content.iter().find(|it| it.is_json()));
        content.map_or(Ok(None), |it| self.judge(operation, exchange.status, &it.media_type))
    }

    /// What judges the JSON bodies of a status that come as the given content; made when it is first asked for.
    fn judge(
        &self,
        operation: &Operation,
        status: u16,
        media_type: &str,
    ) -> Result<Option<&Judge>, &str> {
        let key = |pattern| (operation.id.clone(), pattern, media_type.to_owned());
        let range = operation.response(status).map(|it| it.status);
        // The model may tell apart statuses that the document does not.
        let patterns = [Some(StatusPattern::Exact(status)), range].into_iter().flatten();
        for pattern in patterns {
            if let Some(judge) = self.judges.get(&key(pattern)) {
                let judge = judge.get_or_init(|| self.make_judge(operation, pattern, media_type));
                return judge.as_ref().map(Option::as_ref).map_err(String::as_str);
            }
        }
        Ok(None)
    }

    fn make_judge(
        &self,
        operation: &Operation,
        pattern: StatusPattern,
        media_type: &str,
    ) -> Result<Option<Judge>, String> {
        let Some(response) = operation.of_pattern(pattern) else { return Ok(None) };
        let content = response.content.iter().rfind(|it| it.media_type == media_type);
        let model = self.model_of(operation).and_then(|it| it.of_pattern(pattern));
        let about = (&operation.id, pattern);
        let is_about = |quirk: &Quirk, at: &QuirkPlace| {
            let about = quirk::media_types_of(&self.paper, self.paper_document(), quirk, at)?;
            Some(about.contains(&media_type))
        };
        content.map_or(Ok(None), |it| {
            Judge::make(&self.tree, about, response, it, model, &self.quirks, is_about)
        })
    }
}

/// The judges of a contract by operation, key of `responses` and media type, each made when it is first asked for.
type Judges =
    BTreeMap<(OperationId, StatusPattern, String), OnceLock<Result<Option<Judge>, String>>>;

fn judges(documented: &Document, modelled: Option<&Document>) -> Judges {
    let mut judges = BTreeMap::new();
    for operation in &documented.operations {
        let model = modelled.and_then(|it| it.operation(operation.id.as_str()));
        let both = operation.responses.iter().chain(model.into_iter().flat_map(|it| &it.responses));
        let patterns: BTreeSet<StatusPattern> = both.map(|it| it.status).collect();
        for pattern in patterns {
            let content = operation.of_pattern(pattern).into_iter().flat_map(|it| &it.content);
            for content in content.filter(|it| it.is_json()) {
                let key = (operation.id.clone(), pattern, content.media_type.clone());
                judges.insert(key, OnceLock::new());
            }
        }
    }
    judges
}

fn content_quirks(quirks: &[Quirk]) -> BTreeMap<(OperationId, u16), Vec<usize>> {
    let mut numbers: BTreeMap<(OperationId, u16), Vec<usize>> = BTreeMap::new();
    for (number, quirk) in quirks.iter().enumerate().filter(|it| it.1.is_of_form()) {
        for at in &quirk.at {
            numbers.entry((at.operation.clone(), at.status)).or_default().push(number);
        }
    }
    numbers
}

/// The model, of which nothing may be wrong.
fn model(text: &Text) -> Result<Loaded, Vec<Fault>> {
    let loaded = document::load(std::slice::from_ref(text))?;
    let faults =
        loaded.faults.iter().map(|it| text.fault(None, format!("#{}: {}", it.pointer, it.message)));
    let faults: Vec<Fault> = faults.collect();
    if faults.is_empty() { Ok(loaded) } else { Err(faults) }
}

fn operations(store: &Store, side: Side, file: &str) -> Result<Document, Vec<Fault>> {
    let fault = |message| Fault { file: file.to_owned(), line: None, message };
    let read = Document::read(store, side).and_then(|it| match side {
        // A model that says nothing is a mistake; a document may be about webhooks alone.
        Side::Modelled if it.operations.is_empty() => {
            Err(vec!["#/paths: the model describes no operation".into()])
        }
        Side::Modelled | Side::Documented => Ok(it),
    });
    read.map_err(|it| it.into_iter().map(fault).collect())
}

pub(crate) fn collect<T>(faults: &mut Vec<Fault>, read: Result<T, Vec<Fault>>) -> Option<T> {
    read.map_err(|it| faults.extend(it)).ok()
}

/// What a report says it was made with: 12 hex digits over the texts, wherever they lie.
fn hash(texts: &ContractTexts) -> String {
    let mut hash = Sha256::new();
    let quirks = texts.quirks.iter();
    for text in texts.documented.iter().chain(&texts.modelled).chain(&texts.settings).chain(quirks)
    {
        let file = text.name.rsplit(['/', '\\']).next().unwrap_or_default();
        for part in [file, &text.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex(&hash.finalize()[..6])
}

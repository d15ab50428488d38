//! One contract, read from texts: what is documented, the quirks, the model, and everything compiled from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    document::{
        Document, Operation, OperationId, StatusPattern, assert_integer_formats, essence,
        unshare_paths,
    },
    exchange::Exchange,
    finding::hex,
    inclusion::{self, Difference},
    json::byte_of,
    judge::{Judge, JudgeMaker},
    quirk::{self, Quirk},
    schema::{Address, Side, Store},
    scope::{Scope, scope},
    settings::{self, Settings},
    text::{Fault, Faults, Text},
};

/// The texts of one contract.
#[derive(Debug, Clone)]
pub struct ContractTexts {
    /// The vendor's document: OpenAPI 3.1, as JSON.
    pub documented: Text,
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
    pub(crate) paper: Store,
    paper_document: Document,
    /// The document with the quirks written into it, and the model with what it lacks lent to it.
    pub(crate) store: Store,
    pub(crate) documented: Document,
    pub(crate) modelled: Option<Document>,
    pub(crate) quirks: Vec<Quirk>,
    /// Quirks, by number, that the document no longer needs.
    pub(crate) resolved: Vec<(usize, quirk::QuirkPlace)>,
    pub(crate) differences: Vec<Difference>,
    pub(crate) settings: Settings,
    pub(crate) hash: String,
    judges: Judges,
}

impl Contract {
    /// Reads and compiles a contract.
    ///
    /// # Errors
    /// Everything that is wrong with the texts, at once.
    pub fn load(texts: &ContractTexts) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut documented = collect(&mut faults, json(&texts.documented));
        documented.iter_mut().for_each(assert_integer_formats);
        documented.iter_mut().for_each(unshare_paths);
        let mut modelled = texts.modelled.as_ref().and_then(|it| collect(&mut faults, json(it)));
        modelled.iter_mut().for_each(assert_integer_formats);
        let settings =
            texts.settings.as_ref().and_then(|it| collect(&mut faults, settings::read(it)));
        let read = texts
            .quirks
            .iter()
            .filter_map(|text| Some((collect(&mut faults, quirk::read(text))?, text)));
        let quirks: Vec<(Quirk, &Text)> = read.collect();
        let mut store = Store {
            documented: documented.unwrap_or_default(),
            modelled: modelled.unwrap_or_default(),
        };
        if store.documented.is_null() {
            return Err(Faults(faults));
        }
        let in_document = |it: Vec<String>| -> Vec<Fault> {
            it.into_iter().map(|it| texts.documented.fault(None, it)).collect()
        };
        let document =
            collect(&mut faults, Document::read(&store, Side::Documented).map_err(in_document));
        let modelled =
            texts.modelled.as_ref().filter(|_| !store.modelled.is_null()).and_then(|text| {
                let in_model =
                    |it: Vec<String>| it.into_iter().map(|it| text.fault(None, it)).collect();
                collect(&mut faults, Document::read(&store, Side::Modelled).map_err(in_model))
            });
        let resolved = document
            .as_ref()
            .and_then(|it| collect(&mut faults, quirk::check_against(&store, it, &quirks)));
        let (Some(document), Some(resolved), true) = (document, resolved, faults.is_empty()) else {
            return Err(Faults(faults));
        };
        let quirks: Vec<Quirk> = quirks.into_iter().map(|it| it.0).collect();
        let (paper, paper_document) = (store.clone(), document);
        let document = &paper_document;
        quirk::apply(&mut store, document, &quirks, &resolved);
        // Quirks may have added responses.
        let documented =
            Document::read(&store, Side::Documented).map_err(|it| Faults(in_document(it)))?;
        let differences = modelled
            .as_ref()
            .map_or(Vec::new(), |it| inclusion::compare(&mut store, &documented, it));
        let judges = judges(&store, &documented, modelled.as_ref(), &quirks)
            .map_err(|it| Faults(in_document(it)))?;
        Ok(Self {
            paper,
            paper_document,
            documented,
            modelled,
            quirks,
            resolved,
            differences,
            settings: settings.unwrap_or_default(),
            hash: hash(texts),
            judges,
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

    /// The documented operations, those that quirks add to included.
    pub fn operations(&self) -> impl Iterator<Item = &OperationId> {
        self.documented.operations.iter().map(|it| &it.id)
    }

    /// A request of an operation, as far as its answers' place goes: method and URL; none where there is no such operation.
    pub fn request_of(&self, operation: &str) -> Option<(String, String)> {
        let operation = self.documented.operation(operation)?;
        let (method, path) = operation.id.as_str().split_once(' ')?;
        let server = self.documented.servers.first().map_or("", String::as_str);
        let host = if server.contains("://") { "" } else { "http://localhost" };
        Some((method.to_owned(), format!("{host}{server}{path}")))
    }

    /// The schema that the document, without any quirk, has for a status.
    pub(crate) fn paper_schema(&self, operation: &OperationId, status: u16) -> Option<&Address> {
        self.paper_document.operation(operation.as_str())?.json_schema(status)
    }

    pub(crate) fn model_of(&self, operation: &Operation) -> Option<&Operation> {
        self.modelled.as_ref()?.operation(operation.id.as_str())
    }

    /// What judges an exchange's body, where the exchange is of a documented operation.
    pub(crate) fn judge_of_scope(
        &self,
        exchange: &Exchange<'_>,
        base_urls: &[String],
    ) -> Option<&Judge> {
        match scope(&self.documented, base_urls, exchange) {
            Scope::Operation(operation) => self.judge_of(operation, exchange),
            Scope::Out | Scope::Undocumented(_) => None,
        }
    }

    /// What judges an exchange's body as JSON: by the content that it came as, else by the first that is JSON.
    pub(crate) fn judge_of(
        &self,
        operation: &Operation,
        exchange: &Exchange<'_>,
    ) -> Option<&Judge> {
        let response = operation.response(exchange.status)?;
        let media_type = exchange.content_type.as_deref().map(essence);
        let content = media_type.and_then(|it| response.content_for(&it)).filter(|it| it.is_json());
        let content = content.or_else(|| response.content.iter().find(|it| it.is_json()))?;
        self.judge(operation, exchange.status, &content.media_type)
    }

    /// What judges the JSON bodies of a status that come as the given content.
    fn judge(&self, operation: &Operation, status: u16, media_type: &str) -> Option<&Judge> {
        let key = |pattern| (operation.id.clone(), pattern, media_type.to_owned());
        let pattern = operation.response(status)?.status;
        // The model may tell apart statuses that the document does not.
        self.judges
            .get(&key(StatusPattern::Exact(status)))
            .or_else(|| self.judges.get(&key(pattern)))
    }
}

/// The judges of a contract by operation, key of `responses` and media type.
type Judges = BTreeMap<(OperationId, StatusPattern, String), Judge>;

fn judges(
    store: &Store,
    documented: &Document,
    modelled: Option<&Document>,
    quirks: &[Quirk],
) -> Result<Judges, Vec<String>> {
    let maker = JudgeMaker::new(store).map_err(|it| vec![it])?;
    let mut judges = BTreeMap::new();
    let mut faults = Vec::new();
    for operation in &documented.operations {
        let model = modelled.and_then(|it| it.operation(operation.id.as_str()));
        let both = operation.responses.iter().chain(model.into_iter().flat_map(|it| &it.responses));
        let patterns: BTreeSet<StatusPattern> = both.map(|it| it.status).collect();
        for pattern in patterns {
            let Some(response) = operation.of_pattern(pattern) else { continue };
            let model = model.and_then(|it| it.of_pattern(pattern));
            for content in response.content.iter().filter(|it| it.is_json()) {
                match maker.judge(&operation.id, pattern, response, content, model, quirks) {
                    Ok(Some(judge)) => {
                        judges.insert(
                            (operation.id.clone(), pattern, content.media_type.clone()),
                            judge,
                        );
                    }
                    Ok(None) => {}
                    Err(fault) => {
                        faults.push(format!("{} {}: {fault}", operation.id, pattern.in_words()))
                    }
                }
            }
        }
    }
    if faults.is_empty() { Ok(judges) } else { Err(faults) }
}

fn json(text: &Text) -> Result<Value, Vec<Fault>> {
    let content = text.text.strip_prefix('\u{feff}').unwrap_or(&text.text);
    serde_json::from_str(content).map_err(|error| {
        let byte = byte_of(content.as_bytes(), error.line(), error.column());
        vec![text.fault(Some(error.line()), format!("not JSON from byte {byte} on"))]
    })
}

fn collect<T>(faults: &mut Vec<Fault>, read: Result<T, Vec<Fault>>) -> Option<T> {
    read.map_err(|it| faults.extend(it)).ok()
}

/// What a report says it was made with: 12 hex digits over the texts, wherever they lie.
fn hash(texts: &ContractTexts) -> String {
    let mut hash = Sha256::new();
    let quirks = texts.quirks.iter();
    for text in
        [&texts.documented].into_iter().chain(&texts.modelled).chain(&texts.settings).chain(quirks)
    {
        let file = text.name.rsplit(['/', '\\']).next().unwrap_or_default();
        for part in [file, &text.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex(&hash.finalize()[..6])
}

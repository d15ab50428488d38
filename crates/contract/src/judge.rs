//! Everything that is needed to judge the bodies of one response, compiled.

use std::collections::BTreeMap;

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::{
    document::{Content, OperationId, Response, StatusPattern},
    finding::PromisedBy,
    place::ANY,
    quirk::{PlaceQuirks, Quirk, QuirkPlace},
    schema::{
        Address, Side, Store,
        tree::{NodeId, Tree},
    },
};

/// What judges the JSON bodies of one response.
#[derive(Debug)]
pub(crate) struct Judge {
    /// The schema that has the last word: the model's where there is one, else documented + quirks.
    pub(crate) address: Address,
    pub(crate) validator: Validator,
    /// Documented + quirks, where the model has the last word.
    pub(crate) documented: Option<(Address, Validator)>,
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) quirks: QuirkTree,
}

/// The quirks of one response by place.
#[derive(Debug, Default)]
pub(crate) struct QuirkTree {
    pub(crate) here: PlaceQuirks,
    below: BTreeMap<String, QuirkTree>,
}

impl QuirkTree {
    fn at(&mut self, segments: &[String]) -> &mut Self {
        match segments.split_first() {
            None => self,
            Some((segment, rest)) => self.below.entry(segment.clone()).or_default().at(rest),
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.below.get(name)
    }

    pub(crate) fn any(&self) -> Option<&Self> {
        self.below.get(ANY)
    }

    /// The members with quirks, by name.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.below.iter().map(|it| (it.0.as_str(), it.1))
    }
}

/// Makes judges of one contract's documents.
pub(crate) struct JudgeMaker<'s> {
    store: &'s Store,
    registry: Registry<'s>,
}

impl<'s> JudgeMaker<'s> {
    /// # Errors
    /// Where a document's schemas cannot be registered.
    pub(crate) fn new(store: &'s Store) -> Result<Self, String> {
        let mut registry = Registry::new().draft(Draft::Draft202012);
        for side in [Side::Documented, Side::Modelled] {
            if !store.document(side).is_null() {
                registry =
                    registry.add(side.uri(), store.document(side)).map_err(|it| it.to_string())?;
            }
        }
        let registry = registry.prepare().map_err(|it| it.to_string())?;
        Ok(Self { store, registry })
    }

    /// The judge of a response, where it has a JSON schema.
    ///
    /// # Errors
    /// The first schema that is none.
    pub(crate) fn judge(
        &self,
        operation: &OperationId,
        pattern: StatusPattern,
        documented: &Response,
        content: &Content,
        modelled: Option<&Response>,
        quirks: &[Quirk],
    ) -> Result<Option<Judge>, String> {
        let promised = content.schema.as_ref();
        let model = modelled.and_then(|it| {
            let of_media_type =
                it.content_for(&content.media_type).and_then(|it| it.schema.as_ref());
            of_media_type.or_else(|| it.json_schema())
        });
        let Some(address) = model.or(promised) else {
            return Ok(None);
        };
        let validator = |at: &Address| self.validator(at);
        let (tree, root) = Tree::compile(self.store, address, &validator)?;
        let mut quirk_tree = QuirkTree::default();
        // A quirk is written into the first content that is JSON.
        let is_first = documented.json_schema() == promised;
        for (number, quirk) in quirks.iter().enumerate().filter(|_| is_first) {
            let here = |it: &&QuirkPlace| {
                it.operation == *operation && StatusPattern::Exact(it.status) == pattern
            };
            for at in quirk.at.iter().filter(here) {
                let segments: Vec<String> = at.place.segments().map(Into::into).collect();
                quirk_tree.at(&segments).here.add(number, quirk);
            }
        }
        let documented = match (model, promised) {
            (Some(_), Some(promised)) => Some((promised.clone(), self.validator(promised)?)),
            _ => None,
        };
        Ok(Some(Judge {
            validator: self.validator(address)?,
            address: address.clone(),
            documented,
            tree,
            root,
            quirks: quirk_tree,
        }))
    }

    fn validator(&self, at: &Address) -> Result<Validator, String> {
        let schema: Value = json!({ "$ref": at.reference() });
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .with_registry(&self.registry)
            .build(&schema)
            .map_err(|it| format!("{at}: not a JSON Schema: {}", it.masked()))
    }
}

impl Judge {
    pub(crate) fn is_modelled(&self) -> bool {
        self.address.side == Side::Modelled
    }

    /// The schema of whoever promises.
    pub(crate) fn promised_by(&self, by: PromisedBy) -> &Address {
        match (by, &self.documented) {
            (PromisedBy::Documented, Some((documented, _))) => documented,
            _ => &self.address,
        }
    }
}

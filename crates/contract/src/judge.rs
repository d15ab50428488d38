//! Everything that is needed to judge the bodies of one response, compiled.

use std::{collections::BTreeMap, sync::Arc};

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    document::{Content, OperationId, Response, StatusPattern},
    finding::PromisedBy,
    place::ANY,
    quirk::{
        Alternatives, Comes, MixedAlternative, MixedAlternatives, PlaceQuirks, Quirk, QuirkPlace,
        Says, Verdict, Within,
    },
    schema::{
        Address, Side, another,
        discriminator::Discriminator,
        edit,
        fragment::Promise,
        tree::{Member, NodeId, Tree},
        validators::{Compiled, Validators},
    },
};

/// What judges the JSON bodies of one response.
#[derive(Debug)]
pub(crate) struct Judge {
    /// The schema that has the last word: the model's where there is one, else documented + quirks.
    pub(crate) address: Address,
    pub(crate) schema: Compiled,
    /// Documented + quirks, where the model has the last word.
    pub(crate) documented: Option<(Address, Compiled)>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) root: NodeId,
    pub(crate) quirks: QuirkTree,
    /// As the document has it.
    pub(crate) media_type: String,
}

/// What validates one body.
#[derive(Debug)]
pub(crate) struct BodyValidators {
    pub(crate) schema: Arc<Validator>,
    pub(crate) documented: Option<Arc<Validator>>,
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

    /// The quirks of a place and below it, where there are any.
    pub(crate) fn find<S: AsRef<str>>(
        &self,
        mut segments: impl Iterator<Item = S>,
    ) -> Option<&Self> {
        segments.try_fold(self, |it, segment| it.member(segment.as_ref()))
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

impl Judge {
    /// The judge of a response, where it has a JSON schema. `is_about` tells whether a quirk is about bodies of its media
    /// type, where the document has several that are JSON.
    ///
    /// # Errors
    /// The first schema that is none.
    pub(crate) fn make(
        tree: &Arc<Tree>,
        (operation, pattern): (&OperationId, StatusPattern),
        documented: &Response,
        content: &Content,
        modelled: Option<&Response>,
        quirks: &[Quirk],
        is_about: impl Fn(&Quirk, &QuirkPlace) -> Option<bool>,
    ) -> Result<Option<Self>, String> {
        let promised = content.schema.as_ref();
        let model = modelled.and_then(|it| {
            let of_media_type =
                it.content_for(&content.media_type).and_then(|it| it.schema.as_ref());
            of_media_type.or_else(|| it.json_schema())
        });
        let Some(address) = model.or(promised) else {
            return Ok(None);
        };
        let validators = tree.validators();
        let mut quirk_tree = QuirkTree::default();
        // Where there are not several, a quirk is written into the first content that is JSON.
        let is_first = documented.json_schema() == promised;
        for (number, quirk) in quirks.iter().enumerate() {
            let here = |it: &&QuirkPlace| {
                it.operation == *operation && StatusPattern::Exact(it.status) == pattern
            };
            let here = quirk.at.iter().filter(here);
            for at in here.filter(|it| is_about(quirk, it).unwrap_or(is_first)) {
                let segments: Vec<String> = at.place.segments().map(Into::into).collect();
                if let (Comes::AnotherAlternative, Some((name, parent)), Some(promised)) =
                    (quirk.wire.comes(), segments.split_last(), promised)
                {
                    let groups = mixed_alternatives(validators, promised, parent, name);
                    let within = Within { number, segment: name.clone(), groups };
                    quirk_tree.at(parent).here.add_within(within);
                    continue;
                }
                let alternatives = || {
                    let places = promised.map(|it| alternatives(validators, it, &segments));
                    places.unwrap_or_default()
                };
                quirk_tree.at(&segments).here.add(number, quirk, alternatives);
            }
        }
        let documented = match (model, promised) {
            (Some(_), Some(promised)) => Some((promised.clone(), validators.get(promised)?)),
            _ => None,
        };
        Ok(Some(Self {
            schema: validators.get(address)?,
            address: address.clone(),
            documented,
            root: tree.number(address),
            tree: tree.clone(),
            quirks: quirk_tree,
            media_type: content.media_type.clone(),
        }))
    }

    /// What validates a body: by the schema that has the last word, and by documented + quirks where that is another.
    ///
    /// # Errors
    /// The first schema that is none.
    pub(crate) fn validators(&self, body: &Value) -> Result<BodyValidators, String> {
        let documented = self.documented.as_ref().map(|it| it.1.of(body)).transpose()?;
        Ok(BodyValidators { schema: self.schema.of(body)?, documented })
    }

    /// What a member that did not come says about its quirks; `live` are the schemas of the value that lacks it.
    pub(crate) fn judge_missing(
        &self,
        quirks: &QuirkTree,
        live: &[NodeId],
        name: &str,
    ) -> Vec<(usize, Verdict)> {
        let is_named = matches!(self.tree.member(live, name), Member::Known(_));
        // A model says nothing of what never comes, and does not require what may be missing.
        match self.is_modelled() {
            true => quirks.here.judge_missing(true, is_named),
            false => quirks.here.judge_missing(is_named, self.tree.would_require(live, name)),
        }
    }

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

/// The alternatives at a place of which a quirk says that several may fit.
fn alternatives(validators: &Validators, root: &Address, segments: &[String]) -> Vec<Alternatives> {
    let store = validators.store();
    let groups = edit::loosened(store, root, segments).into_iter();
    let read = |at: Address| {
        let keywords = store.get(&at)?.as_object()?;
        let count = keywords.get("anyOf")?.as_array()?.len();
        let list = at.child("anyOf");
        let branches =
            (0..count).filter_map(|it| validators.get(&list.child(&it.to_string())).ok());
        Some(Alternatives {
            branches: branches.collect(),
            discriminator: Discriminator::of(keywords, "anyOf"),
        })
    };
    groups.filter_map(read).collect()
}

/// The alternatives at a place of which a member may be as another has it.
fn mixed_alternatives(
    validators: &Validators,
    root: &Address,
    parent: &[String],
    name: &str,
) -> Vec<MixedAlternatives> {
    let store = validators.store();
    let says = |at: &Address| {
        let promise = Promise::At(at.clone()).below(store, name)?;
        says(validators, &promise)
    };
    let read = |(at, keyword, group): (Address, &str, another::Group)| {
        let mixed = group.mixed?;
        let both = group.documented.iter().zip(&mixed.alternatives);
        let alternative = |(documented, copy): (&Address, &Address)| {
            let whole = validators.get(copy).ok()?;
            Some(MixedAlternative { whole, own: says(documented), also: says(copy) })
        };
        Some(MixedAlternatives {
            mixed: validators.get(&mixed.at).ok()?,
            alternatives: both.map(alternative).collect::<Option<_>>()?,
            discriminator: Discriminator::of(store.get(&at)?.as_object()?, keyword),
        })
    };
    another::mixed(store, root, parent).into_iter().filter_map(read).collect()
}

fn says(validators: &Validators, promise: &Promise) -> Option<Says> {
    let all =
        |them: &[Promise]| them.iter().map(|it| says(validators, it)).collect::<Option<Vec<_>>>();
    Some(match promise {
        Promise::At(at) => Says::This(validators.get(at).ok()?),
        Promise::Free => Says::Anything,
        Promise::All(them) => Says::All(all(them)?),
        Promise::Any(them) => Says::Any(all(them)?),
    })
}

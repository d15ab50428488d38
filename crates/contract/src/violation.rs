//! What jsonschema refuses, as one violation a value: the first in the order null, type, enum, format, bounds.

mod nested;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind, paths::Location};
use serde_json::{Map, Value};

use crate::{
    place::{ancestors, push_segment, segments},
    rule::Rule,
    schema::{
        Address, Side, Store,
        another::Group,
        discriminator::{Discriminator, place_in_documents},
        tree::{Likeness, NodeId, Tree},
    },
};

/// What is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Of the value, or of the member that is missing.
    pub(crate) pointer: String,
    pub(crate) rule: Rule,
    /// The alternative of an `anyOf` or `oneOf` that comes nearest, where none matches.
    pub(crate) nearest: Option<Nearest>,
    /// What is wrong inside that alternative.
    pub(crate) inner: Vec<Violation>,
    /// The alternative that is meant, where it is told of that alone.
    pub(crate) meant: Option<Meant>,
    /// Whether it is a member that no schema evaluated.
    pub(crate) is_unevaluated: bool,
    /// Whether more than one alternative of a `oneOf` takes the value.
    pub(crate) is_ambiguous: bool,
    /// Whether no alternative of a `oneOf` takes it, and more than one would, if what is wrong inside the nearest were not.
    pub(crate) would_be_ambiguous: bool,
}

/// An alternative that comes nearest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nearest {
    /// From one.
    pub(crate) number: usize,
    /// All alternatives: the `anyOf` or `oneOf`.
    pub(crate) list: Option<Address>,
}

/// An alternative that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) schema: Address,
    /// How many segments lead to its value.
    pub(crate) depth: usize,
}

impl Violation {
    fn new(pointer: String, rule: Rule) -> Self {
        Self {
            pointer,
            rule,
            nearest: None,
            inner: Vec::new(),
            meant: None,
            is_unevaluated: false,
            is_ambiguous: false,
            would_be_ambiguous: false,
        }
    }

    /// Whether it fits an alternative but for what is wrong inside it.
    pub(crate) fn is_wrong_inside(&self) -> bool {
        !self.inner.is_empty() && self.inner.iter().all(|it| it.pointer != self.pointer)
    }
}

/// Everything that the schema at an address refuses in a body, in order of pointer.
pub(crate) fn violations(
    tree: &Tree,
    at: &Address,
    validator: &Validator,
    body: &Value,
) -> Vec<Violation> {
    let root = tree.number(at);
    let all = if nested::are_few(tree, root, body) {
        one_a_value(validator.iter_errors(body).flat_map(|it| from_error(tree, &it)))
    } else {
        one_a_value(nested::violations(tree, root, body).into_iter())
    };
    // A value of another type has no members to speak of.
    let of_another_type: HashSet<String> = all
        .iter()
        .filter(|it| matches!(it.rule, Rule::Null | Rule::Type))
        .map(|it| it.pointer.clone())
        .collect();
    let speaks = |it: &Violation| !ancestors(&it.pointer).any(|it| of_another_type.contains(it));
    all.into_iter().filter(speaks).collect()
}

/// The worst of each value, in order of pointer.
fn one_a_value(all: impl Iterator<Item = Violation>) -> Vec<Violation> {
    let mut by_pointer: BTreeMap<String, Violation> = BTreeMap::new();
    for violation in all {
        match by_pointer.get(&violation.pointer) {
            Some(worse) if rank(worse.rule) <= rank(violation.rule) => {}
            _ => {
                by_pointer.insert(violation.pointer.clone(), violation);
            }
        }
    }
    by_pointer.into_values().collect()
}

fn rank(rule: Rule) -> usize {
    let order = [Rule::Required, Rule::Null, Rule::Type, Rule::Enum, Rule::Format, Rule::Bounds];
    order.iter().position(|it| *it == rule).unwrap_or(order.len())
}

fn from_error(tree: &Tree, error: &ValidationError<'_>) -> Vec<Violation> {
    let pointer = pointer_of(error.instance_path());
    let value = error.instance();
    let here = |rule: Rule| {
        let rule = if value.is_null() { Rule::Null } else { rule };
        vec![Violation::new(pointer.clone(), rule)]
    };
    let member = |name: &str, rule: Rule| {
        let mut pointer = pointer.clone();
        push_segment(&mut pointer, name);
        Violation::new(pointer, rule)
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![member(name, Rule::Required)]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|it| member(it, Rule::UndocumentedField)).collect()
        }
        ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let unevaluated = |it: &String| Violation {
                is_unevaluated: true,
                ..member(it, Rule::UndocumentedField)
            };
            unexpected.iter().map(unevaluated).collect()
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let list = alternatives(tree.validators().store(), error);
            let is_one_of = matches!(error.kind(), ValidationErrorKind::OneOfNotValid { .. });
            let union = Union { tree, pointer: &pointer, value, list, is_one_of };
            union.refused(context)
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            here(Rule::Type).into_iter().map(|it| Violation { is_ambiguous: true, ..it }).collect()
        }
        ValidationErrorKind::Type { .. }
        | ValidationErrorKind::FalseSchema
        | ValidationErrorKind::Not { .. } => here(Rule::Type),
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => here(Rule::Enum),
        ValidationErrorKind::Format { .. }
        | ValidationErrorKind::Pattern { .. }
        | ValidationErrorKind::ContentEncoding { .. }
        | ValidationErrorKind::ContentMediaType { .. }
        | ValidationErrorKind::FromUtf8 { .. } => here(Rule::Format),
        _ => here(Rule::Bounds),
    }
}

/// What each alternative refuses.
type Context<'e> = [Vec<ValidationError<'e>>];

/// A value that no alternative takes.
struct Union<'a> {
    tree: &'a Tree,
    pointer: &'a str,
    value: &'a Value,
    /// The `anyOf` or `oneOf`.
    list: Option<Address>,
    is_one_of: bool,
}

impl Union<'_> {
    /// What is told of the value. Where a member may be as another alternative has it, that is what the alternatives refuse
    /// with such members; how many of them would fit is as documented.
    fn refused(&self, context: &Context<'_>) -> Vec<Violation> {
        let group = self.list.as_ref().and_then(|it| Group::of_list(self.store(), it));
        let Some(group) = group else { return self.of_alternatives(context, None) };
        let Some((documented, mixed)) = apart(&group, context) else {
            return self.of_alternatives(context, Some(&group));
        };
        let as_documented = Group { documented: group.documented.clone(), mixed: None };
        let as_documented = self.of_alternatives(documented, Some(&as_documented));
        let would_be = as_documented.iter().any(|it| it.would_be_ambiguous);
        let mut refused = self.of_alternatives(mixed, Some(&group));
        refused.iter_mut().for_each(|it| it.would_be_ambiguous &= would_be);
        refused
    }

    fn store(&self) -> &Store {
        self.tree.validators().store()
    }

    /// The alternative that the value names, the only one beside null, and one that is clearly meant, is judged by itself;
    /// otherwise there is one violation, with what is wrong inside the alternative that comes nearest.
    fn of_alternatives(&self, context: &Context<'_>, group: Option<&Group>) -> Vec<Violation> {
        let Self { tree, pointer, value, ref list, is_one_of } = *self;
        let of = |errors: &[ValidationError<'_>]| -> Vec<Violation> {
            errors.iter().flat_map(|it| from_error(tree, it)).collect()
        };
        let alone = |index: usize, told: Vec<Violation>| {
            let schema = group.and_then(|it| it.alternatives().get(index).cloned());
            let meant = schema.map(|schema| Meant { schema, depth: segments(pointer).count() });
            let told_of =
                |it: Violation| Violation { meant: it.meant.or_else(|| meant.clone()), ..it };
            told.into_iter().map(told_of).collect()
        };
        let named = list.as_ref().and_then(|it| discriminator(self.store(), it));
        let named = named.and_then(|it| it.branch(value));
        if let Some(index) = named
            && let Some(errors) = context.get(index).filter(|it| !it.is_empty())
        {
            return alone(index, of(errors));
        }
        let is_null_branch = |errors: &[ValidationError<'_>]| {
            matches!(errors, [one] if pointer_of(one.instance_path()) == pointer
            && matches!(one.kind(), ValidationErrorKind::Type { kind } if accepts_only_null(kind)))
        };
        let others: Vec<usize> =
            (0..context.len()).filter(|it| !is_null_branch(&context[*it])).collect();
        if let [only] = others.as_slice() {
            return of(&context[*only]);
        }
        // As documented: with what it may have of another, each is like the others.
        let likenesses = match group {
            Some(group) => {
                let ids: Vec<NodeId> =
                    others.iter().map(|it| tree.number(&group.documented[*it])).collect();
                tree.likenesses(&ids, value)
            }
            None => vec![Likeness::default(); others.len()],
        };
        let mut is_nested_ambiguous = false;
        let alternatives = others.iter().zip(likenesses).map(|(index, likeness)| {
            // Of alternatives inside the alternative, what is wrong inside the nearest of them.
            let told = of(&context[*index]);
            let apart =
                told.iter().flat_map(|it| match it.is_wrong_inside() && it.pointer == pointer {
                    true => {
                        is_nested_ambiguous |= it.would_be_ambiguous;
                        it.inner.clone()
                    }
                    false => vec![it.clone()],
                });
            let violations = one_a_value(apart);
            let is_of_type = !violations.iter().any(|it| {
                it.pointer == pointer
                    && !it.is_ambiguous
                    && matches!(it.rule, Rule::Type | Rule::Null)
            });
            Alternative { index: *index, is_of_type, likeness, told, violations }
        });
        let alternatives: Vec<Alternative> = alternatives.collect();
        let Some(nearest) = alternatives.iter().min_by_key(|it| it.distance()) else {
            return vec![Violation::new(pointer.to_owned(), Rule::Type)];
        };
        let worst = nearest.violations.iter().min_by_key(|it| rank(it.rule));
        let rule = match worst {
            _ if value.is_null() => Rule::Null,
            // What is wrong is inside the alternative: as a whole, the value is of none of the promised kinds.
            Some(it) if it.pointer != pointer => Rule::Type,
            Some(it) => it.rule,
            None => Rule::Type,
        };
        // The nearest takes it but for that: it is itself one of several alternatives, and several fit.
        let is_ambiguous = worst.is_some_and(|it| it.pointer == pointer && it.is_ambiguous);
        let rivals = || alternatives.iter().filter(|it| it.index != nearest.index);
        let is_wrong_there = |at: &Violation| {
            at.pointer != pointer && nearest.violations.iter().any(|it| it.pointer == at.pointer)
        };
        let would_not_be = |it: &Violation| it.is_ambiguous || is_wrong_there(it);
        let would_be_ambiguous = is_one_of
            && (is_nested_ambiguous || rivals().any(|it| it.violations.iter().all(would_not_be)));
        let is_wrong_inside = nearest.violations.iter().all(|it| it.pointer != pointer);
        if is_wrong_inside && !would_be_ambiguous && nearest.is_meant(value, rivals()) {
            return alone(nearest.index, nearest.told.clone());
        }
        vec![Violation {
            nearest: Some(Nearest { number: nearest.index + 1, list: list.clone() }),
            inner: nearest.violations.clone(),
            is_ambiguous,
            would_be_ambiguous,
            ..Violation::new(pointer.to_owned(), rule)
        }]
    }
}

/// What the documented alternatives refuse, and what they refuse with members that may be as another has them.
fn apart<'c, 'e>(
    group: &Group,
    context: &'c Context<'e>,
) -> Option<(&'c Context<'e>, &'c Context<'e>)> {
    group.mixed.as_ref()?;
    let (of_mixed, documented) = context.split_last()?;
    let of_copies = of_mixed.iter().find_map(|it| match it.kind() {
        ValidationErrorKind::AnyOf { context } => Some(context.as_slice()),
        _ => None,
    });
    Some((documented, of_copies?))
}

/// An alternative that does not take the value.
struct Alternative {
    index: usize,
    /// Whether it takes values of the type.
    is_of_type: bool,
    likeness: Likeness,
    /// What is wrong by it.
    told: Vec<Violation>,
    /// The same, the worst of each value, without the alternatives inside it.
    violations: Vec<Violation>,
}

impl Alternative {
    /// How far the value is from it. Near is one of its type and, as the walk has it, one that the members do not exclude; then
    /// one of the kind that the value says, one that names most of the members, one with few faults, and the first.
    fn distance(&self) -> impl Ord {
        let Likeness { is_foreign, is_excluded, is_of_kind, named } = self.likeness;
        let is_of_other_kind = |it: &&Violation| {
            matches!(it.rule, Rule::Required | Rule::Enum | Rule::UndocumentedField)
        };
        let of_other_kind = self.violations.iter().filter(is_of_other_kind).count();
        let is_far = (!self.is_of_type, is_foreign, is_excluded, is_of_kind != Some(true));
        (is_far, Reverse(named), of_other_kind, self.violations.len(), self.index)
    }

    /// Whether the value can mean no other: none of its type; or, of an object, none that is of the kind that it says, or
    /// none that names more than half as many of its members, of which this one names half at least.
    fn is_meant<'a>(&self, value: &Value, rivals: impl Iterator<Item = &'a Self>) -> bool {
        let rivals: Vec<&Self> = rivals.filter(|it| it.is_of_type).collect();
        let members = value.as_object().map_or(0, Map::len);
        let is_of_kind = self.likeness.is_of_kind;
        let named = self.likeness.named;
        let is_other_kind = rivals.iter().all(|it| it.likeness.is_of_kind != Some(true));
        let is_other_shape = rivals.iter().all(|it| it.likeness.named * 2 <= named);
        let is_alone = rivals.is_empty()
            || (is_of_kind == Some(true) && is_other_kind)
            || (named > 0 && named * 2 >= members && is_other_shape && is_other_kind);
        self.is_of_type && is_of_kind != Some(false) && is_alone
    }
}

/// The address of the `anyOf` or `oneOf` that is at fault.
fn alternatives(store: &Store, error: &ValidationError<'_>) -> Option<Address> {
    let location = error.absolute_keyword_location()?.as_str();
    let at = place_in_documents(store, &Address::of(Side::Documented, location)?);
    Some(at).filter(|it| store.get(it).is_some())
}

/// The discriminator of the schema that has alternatives.
fn discriminator(store: &Store, alternatives: &Address) -> Option<Discriminator> {
    let (schema, keyword) = alternatives.pointer.rsplit_once('/')?;
    let schema = Address { side: alternatives.side, pointer: schema.to_owned() };
    Discriminator::of(store.get(&schema)?.as_object()?, keyword)
}

fn accepts_only_null(kind: &jsonschema::error::TypeKind) -> bool {
    match kind {
        jsonschema::error::TypeKind::Single(it) => it.to_string() == "null",
        jsonschema::error::TypeKind::Multiple(_) => false,
    }
}

fn pointer_of(location: &Location) -> String {
    location.as_str().to_owned()
}

//! What jsonschema refuses, as one violation a value: the first in the order null, type, enum, format, bounds.

use std::collections::{BTreeMap, HashSet};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind, paths::Location};
use serde_json::Value;

use crate::{
    place::{ancestors, push_segment},
    rule::Rule,
    schema::{Address, Side, Store, another, discriminator::Discriminator},
};

/// What is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Of the value, or of the member that is missing.
    pub(crate) pointer: String,
    pub(crate) rule: Rule,
    /// The branch of an `anyOf` or `oneOf` that comes nearest, from one, where none matches.
    pub(crate) nearest_branch: Option<usize>,
    /// What is wrong inside that branch.
    pub(crate) inner: Vec<Violation>,
    /// Whether it is a member that no schema evaluated.
    pub(crate) is_unevaluated: bool,
    /// Whether more than one alternative of a `oneOf` takes the value.
    pub(crate) is_ambiguous: bool,
    /// Whether no alternative of a `oneOf` takes it, and more than one would, if what is wrong inside the nearest were not.
    pub(crate) would_be_ambiguous: bool,
}

impl Violation {
    fn new(pointer: String, rule: Rule) -> Self {
        Self {
            pointer,
            rule,
            nearest_branch: None,
            inner: Vec::new(),
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

/// Everything that a schema of the store refuses in a body, in order of pointer.
pub(crate) fn violations(store: &Store, validator: &Validator, body: &Value) -> Vec<Violation> {
    let errors = validator.iter_errors(body);
    let all = one_a_value(errors.flat_map(|it| from_error(store, &it)));
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

fn from_error(store: &Store, error: &ValidationError<'_>) -> Vec<Violation> {
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
            let named = discriminator(store, error).and_then(|it| it.branch(value));
            let mut found = match mixed(store, error, context) {
                None => from_branches(store, &pointer, value, context, named),
                Some((documented, mixed)) => {
                    let of_documented = from_branches(store, &pointer, value, documented, named);
                    let would_be = of_documented.iter().any(|it| it.would_be_ambiguous);
                    let mut found = from_branches(store, &pointer, value, mixed, named);
                    found.iter_mut().for_each(|it| it.would_be_ambiguous &= would_be);
                    found
                }
            };
            if matches!(error.kind(), ValidationErrorKind::AnyOf { .. }) {
                found.iter_mut().for_each(|it| it.would_be_ambiguous = false);
            }
            found
        }
        // The branch that the value names is the one that is meant.
        ValidationErrorKind::OneOfMultipleValid { .. }
            if discriminator(store, error).is_some_and(|it| it.branch(value).is_some()) =>
        {
            Vec::new()
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

/// What each branch refuses.
type Context<'e> = [Vec<ValidationError<'e>>];

/// A value that no branch takes. The branch that it names, and one beside null, is judged by itself; otherwise there is one violation, that of
/// the branch that comes nearest.
fn from_branches(
    store: &Store,
    pointer: &str,
    value: &Value,
    context: &Context<'_>,
    named: Option<usize>,
) -> Vec<Violation> {
    let is_null_branch = |errors: &[ValidationError<'_>]| {
        matches!(errors, [one] if pointer_of(one.instance_path()) == pointer
            && matches!(one.kind(), ValidationErrorKind::Type { kind } if accepts_only_null(kind)))
    };
    let of = |errors: &[ValidationError<'_>]| -> Vec<Violation> {
        errors.iter().flat_map(|it| from_error(store, it)).collect()
    };
    if let Some(errors) = named.and_then(|it| context.get(it)).filter(|it| !it.is_empty()) {
        return of(errors);
    }
    let others: Vec<(usize, &Vec<ValidationError<'_>>)> =
        context.iter().enumerate().filter(|it| !is_null_branch(it.1)).collect();
    if let [(_, only)] = others.as_slice() {
        return of(only);
    }
    // The nearest branch is one that takes the type, then one whose members and codes the value has, then one with few
    // faults, then the first.
    let mut is_nested_ambiguous = false;
    let branches: Vec<(usize, Vec<Violation>)> = others
        .iter()
        .map(|(index, errors)| {
            let found = of(errors).into_iter();
            // Of alternatives inside the alternative, what is wrong inside the nearest of them.
            let apart = found.flat_map(|it| match it.is_wrong_inside() && it.pointer == pointer {
                true => {
                    is_nested_ambiguous |= it.would_be_ambiguous;
                    it.inner
                }
                false => vec![it],
            });
            (*index, one_a_value(apart))
        })
        .collect();
    let nearest = branches.iter().min_by_key(|(index, violations)| {
        let is_of_type = |it: &Violation| {
            it.pointer == pointer && !it.is_ambiguous && matches!(it.rule, Rule::Type | Rule::Null)
        };
        let of_type = violations.iter().any(is_of_type);
        let is_of_other_kind = |it: &&Violation| {
            matches!(it.rule, Rule::Required | Rule::Enum | Rule::UndocumentedField)
        };
        let of_other_kind = violations.iter().filter(is_of_other_kind);
        (of_type, of_other_kind.count(), violations.len(), *index)
    });
    let worst = nearest.as_ref().and_then(|it| it.1.iter().min_by_key(|it| rank(it.rule)));
    let rule = match worst {
        _ if value.is_null() => Rule::Null,
        // What is wrong is inside the branch: as a whole, the value is of none of the promised kinds.
        Some(it) if it.pointer != pointer => Rule::Type,
        Some(it) => it.rule,
        None => Rule::Type,
    };
    // The nearest branch takes it but for that: it is itself one of several alternatives, and several fit.
    let is_ambiguous = worst.is_some_and(|it| it.pointer == pointer && it.is_ambiguous);
    let is_wrong_there = |at: &Violation, inside: &[Violation]| {
        at.pointer != pointer && inside.iter().any(|it| it.pointer == at.pointer)
    };
    let would_be_ambiguous = nearest.is_some_and(|(nearest, inside)| {
        let mut others = branches.iter().filter(|it| it.0 != *nearest);
        let would_not_be = |it: &Violation| it.is_ambiguous || is_wrong_there(it, inside);
        is_nested_ambiguous || others.any(|it| it.1.iter().all(would_not_be))
    });
    let (nearest_branch, inner) = nearest.map(|it| (it.0 + 1, it.1.clone())).unzip();
    let inner = inner.unwrap_or_default();
    vec![Violation {
        nearest_branch,
        inner,
        is_ambiguous,
        would_be_ambiguous,
        ..Violation::new(pointer.to_owned(), rule)
    }]
}

/// The context of the documented alternatives, and of the same with members that may be as another has them, where they may.
fn mixed<'c, 'e>(
    store: &Store,
    error: &ValidationError<'_>,
    context: &'c Context<'e>,
) -> Option<(&'c Context<'e>, &'c Context<'e>)> {
    let (schema, keyword) = at_fault(store, error)?;
    another::Group::of(&schema, store.get(&schema)?.as_object()?, keyword)?.mixed?;
    let (of_mixed, documented) = context.split_last()?;
    let of_copies = of_mixed.iter().find_map(|it| match it.kind() {
        ValidationErrorKind::AnyOf { context } => Some(context.as_slice()),
        _ => None,
    });
    Some((documented, of_copies?))
}

/// The schema whose `anyOf` or `oneOf` is at fault, and which of them.
fn at_fault<'e>(store: &Store, error: &'e ValidationError<'_>) -> Option<(Address, &'e str)> {
    let location = error.absolute_keyword_location()?.as_str();
    let (schema, keyword) = location.rsplit_once('/')?;
    Some((store.resolve(Side::Documented, schema)?, keyword))
}

/// The discriminator of the schema whose `anyOf` or `oneOf` is at fault.
fn discriminator(store: &Store, error: &ValidationError<'_>) -> Option<Discriminator> {
    let (schema, keyword) = at_fault(store, error)?;
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

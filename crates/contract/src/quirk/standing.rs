//! The register held against a document.

use serde_json::{Value, json};

use crate::{
    document::{Document, METHODS, PathTemplate, Response},
    place::{ANY, Place},
    quirk::{Comes, ContentForm, Declared, Quirk, QuirkPlace, Wire},
    schema::{Address, Store, another, describe::describe, edit, fragment},
    text::{Fault, Text},
};
use jsonschema::canonical::Containment;

/// A quirk that the document no longer needs, and where.
pub(crate) type Resolved = (usize, QuirkPlace);

/// How a quirk stands to a document at one of its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The document says what the quirk declares.
    Needed,
    /// The document allows what comes.
    Resolved,
    /// The document says something else there, and what settles it.
    Contradicted(String),
    /// The document has no such place, and what settles it.
    Orphaned(String),
}

/// Holds every quirk against the document as it is, without any quirk applied.
///
/// # Errors
/// Every contradiction at once.
pub(crate) fn check_against(
    store: &Store,
    document: &Document,
    quirks: &[(Quirk, &Text)],
) -> Result<Vec<Resolved>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut resolved = Vec::new();
    for (number, (quirk, text)) in quirks.iter().enumerate() {
        let mut fault =
            |key: &str, message: String| faults.push(text.fault(text.line_of_key(key), message));
        check_alone(quirk, &mut fault);
        for (index, at) in quirk.at.iter().enumerate() {
            match standing(store, document, quirk, at) {
                Standing::Needed => {}
                Standing::Resolved => resolved.push((number, at.clone())),
                Standing::Contradicted(why) | Standing::Orphaned(why) => {
                    let message = format!("{} {} `{}`: {why}", at.operation, at.status, at.place);
                    faults.push(text.fault(text.line_of_header("[[at]]", index), message));
                }
            }
        }
    }
    for (index, (quirk, text)) in quirks.iter().enumerate() {
        for (other, _) in &quirks[..index] {
            if let Some(message) = claim_the_same(quirk, other) {
                faults.push(text.fault(None, message));
            }
        }
    }
    if faults.is_empty() { Ok(resolved) } else { Err(faults) }
}

fn check_alone(quirk: &Quirk, fault: &mut dyn FnMut(&str, String)) {
    if quirk.wire.is_nothing() && quirk.is_undocumented() {
        fault(
            "declared",
            "`declared = false`: nothing is documented and nothing comes, so no value could confirm the quirk; delete the file".into(),
        );
    }
    let is_item = |at: &&QuirkPlace| at.place.split_last().is_some_and(|it| it.1 == ANY);
    if quirk.wire.is_nothing()
        && let Some(at) = quirk.at.iter().find(is_item)
    {
        fault(
            quirk.wire.key(),
            format!("`{}`: an item or map key is never missing; name a member", at.place),
        );
    }
    if let Some(twice) =
        quirk.at.iter().enumerate().find(|(index, at)| quirk.at[..*index].contains(at))
    {
        fault(
            "[[at]]",
            format!(
                "{} {} `{}`: named twice; keep one",
                twice.1.operation, twice.1.status, twice.1.place
            ),
        );
    }
    let is_covered = match (&quirk.declared, quirk.wire.comes()) {
        (Declared::MediaTypes(declared), Comes::Content(form)) => {
            form.is_promised(declared.iter().map(String::as_str))
        }
        _ => quirk.schemas().is_some_and(|(declared, comes)| {
            !quirk.is_undocumented()
                && !quirk.wire.is_nothing()
                && fragment::covers(declared, &fragment::normal(comes)) == Containment::Yes
        }),
    };
    if is_covered {
        fault("declared", "`declared` covers what comes, so no value could confirm the quirk; narrow `declared` or delete the file".into());
    }
    if let (Some(described), Some(comes)) = (&quirk.described, quirk.wire.schema())
        && !fragment::disjoint(&fragment::normal(described), &fragment::normal(comes))
    {
        fault("described", "`described` does not exclude what comes; spell them so that no value fits both, or leave `described` out".into());
    }
}

/// How a quirk stands to the document, without any quirk applied, at one of its places.
pub(crate) fn standing(
    store: &Store,
    document: &Document,
    quirk: &Quirk,
    at: &QuirkPlace,
) -> Standing {
    let orphaned = |why: String| Standing::Orphaned(why);
    let Some(operation) = document.operation(at.operation.as_str()) else {
        return match quirk.declared {
            Declared::NoOperation => standing_of_new(document, at),
            _ => orphaned("the document has no such operation; correct `operation`".into()),
        };
    };
    let response = operation.response(at.status);
    if quirk.declared == Declared::NoOperation && response.is_none() {
        let why = "the document has the operation, and not the status; say `declared = false`";
        return Standing::Contradicted(why.into());
    }
    if quirk.is_of_form() {
        return standing_of_content(quirk, quirk.content(), response);
    }
    let roots: Vec<&Address> =
        response.map_or(Vec::new(), |it| it.json_contents().map(|it| it.1).collect());
    let of = |root: Option<&Address>| standing_of_value(store, quirk, at, root);
    let Some((first, others)) = roots.split_first() else { return of(None) };
    // Where several media types are documented as JSON, it is about those of which it says what is documented.
    let mut standing = of(Some(first));
    for other in others {
        if standing == Standing::Needed {
            break;
        }
        standing = match of(Some(other)) {
            better @ (Standing::Needed | Standing::Resolved) => better,
            Standing::Contradicted(_) | Standing::Orphaned(_) => standing,
        };
    }
    standing
}

/// The media types documented as JSON that a quirk is about; none where there are not several.
pub(crate) fn media_types_of<'d>(
    store: &Store,
    document: &'d Document,
    quirk: &Quirk,
    at: &QuirkPlace,
) -> Option<Vec<&'d str>> {
    let response = document.operation(at.operation.as_str())?.response(at.status)?;
    if quirk.is_of_form() || response.json_contents().nth(1).is_none() {
        return None;
    }
    let needs = |root| standing_of_value(store, quirk, at, Some(root)) == Standing::Needed;
    let about = response.json_contents().filter(|it| needs(it.1));
    Some(about.map(|it| it.0.media_type.as_str()).collect())
}

/// As [`standing`], of a quirk about values of bodies of one media type.
fn standing_of_value(
    store: &Store,
    quirk: &Quirk,
    at: &QuirkPlace,
    root: Option<&Address>,
) -> Standing {
    let orphaned = |why: String| Standing::Orphaned(why);
    if let (Comes::SeveralAlternatives, Some(root)) = (quirk.wire.comes(), root) {
        return standing_of_alternatives(store, root, &at.place);
    }
    let Some((parent, name)) = at.place.split_last() else {
        return standing_of_whole(store, quirk, root);
    };
    if let (Comes::AnotherAlternative, Some(root)) = (quirk.wire.comes(), root) {
        let segments = path(&at.place);
        return if edit::find(store, root, &segments).is_empty() {
            orphaned("no alternative of the document has the place; correct `place`, or say `declared = false`".into())
        } else if another::differ(store, root, &path(&parent), &name) {
            Standing::Needed
        } else {
            Standing::Resolved
        };
    }
    let Some(root) = root else {
        return orphaned(
            "the document has no JSON response of that status; correct `status`".into(),
        );
    };
    let documented = fragment::below(store, root, &path(&at.place));
    let may_be_missing = quirk.wire.is_nothing() && !quirk.wire.is_returned();
    if may_be_missing && !edit::requires(store, root, &path(&parent), &name) {
        return match documented {
            Some(_) => Standing::Resolved,
            None => orphaned("the document neither has nor requires it; correct `place`".into()),
        };
    }
    // A member may be required and nothing said of it.
    match documented.or_else(|| may_be_missing.then_some(Value::Bool(true))) {
        Some(it) if quirk.is_undocumented() => undeclared(quirk, &it, "has the place, as"),
        Some(it) => declared(quirk, &it),
        None if !quirk.is_undocumented() => orphaned(
            "the document has no such place; correct `place`, or say `declared = false`".into(),
        ),
        None if edit::find(store, root, &path(&parent)).is_empty() => {
            orphaned(format!("the document has no `{parent}` that could hold it; correct `place`"))
        }
        None => Standing::Needed,
    }
}

/// As [`standing`], of an operation that the document lacks.
fn standing_of_new(document: &Document, at: &QuirkPlace) -> Standing {
    let id = at.operation.as_str();
    let Some((method, template)) = id.split_once(' ').filter(|(method, template)| {
        template.starts_with('/') && METHODS.iter().any(|it| it.to_ascii_uppercase() == *method)
    }) else {
        let why = "an operation is a method in capitals and a path, `GET /a/{id}`; correct it";
        return Standing::Orphaned(why.into());
    };
    let read = PathTemplate::parse(template);
    let alike =
        document.operations.iter().find(|it| it.method == method && it.template.is_alike(&read));
    match alike {
        Some(it) => Standing::Contradicted(format!("the document has it as {}; say so", it.id)),
        None => Standing::Needed,
    }
}

/// As [`standing`], of a quirk about the form of bodies.
fn standing_of_content(
    quirk: &Quirk,
    form: Option<&ContentForm>,
    response: Option<&Response>,
) -> Standing {
    let Some(response) = response else {
        return match quirk.declared {
            Declared::MediaTypes(_) => {
                Standing::Orphaned("the document has no such status; say `declared = false`".into())
            }
            Declared::Schema(_)
            | Declared::OneAlternative
            | Declared::OwnAlternative
            | Declared::NoOperation => Standing::Needed,
        };
    };
    // Without a form, nothing comes.
    let is_promised = match form {
        Some(form) => form.is_promised(response.media_types()),
        None => response.content.is_empty(),
    };
    if is_promised {
        return Standing::Resolved;
    }
    let mut documented: Vec<&str> = response.media_types().collect();
    documented.sort_unstable();
    let says = match documented.as_slice() {
        [] => "promises no body there".to_owned(),
        names => format!("says {}", names.join(" or ")),
    };
    match &quirk.declared {
        Declared::MediaTypes(declared) => {
            let mut declared: Vec<&str> = declared.iter().map(String::as_str).collect();
            declared.sort_unstable();
            if declared == documented {
                return Standing::Needed;
            }
            Standing::Contradicted(format!(
                "`declared` says {}, the document {says}; write down what the document says",
                declared.join(" or ")
            ))
        }
        _ if documented.is_empty() => Standing::Needed,
        _ => Standing::Contradicted(format!(
            "`declared` says that nothing is documented, the document {says}; say so in `declared`"
        )),
    }
}

/// As [`standing`], of a quirk that lets a value fit several alternatives.
fn standing_of_alternatives(store: &Store, root: &Address, place: &Place) -> Standing {
    let segments = path(place);
    if !edit::with_one_of(store, root, &segments).is_empty() {
        Standing::Needed
    } else if edit::find(store, root, &segments).is_empty() {
        Standing::Orphaned("the document has no such place; correct `place`".into())
    } else {
        Standing::Resolved
    }
}

/// As [`standing`], of a quirk of a whole response.
fn standing_of_whole(store: &Store, quirk: &Quirk, root: Option<&Address>) -> Standing {
    match root {
        None if quirk.is_undocumented() => Standing::Needed,
        None => Standing::Orphaned(
            "the document promises no JSON body there; say `declared = false`".into(),
        ),
        Some(root) if quirk.is_undocumented() => {
            undeclared(quirk, &fragment::at(store, root), PROMISES)
        }
        Some(root) => declared(quirk, &fragment::at(store, root)),
    }
}

/// What a document does about a whole response.
const PROMISES: &str = "promises";

/// Of a quirk that declares nothing where the document says something.
fn undeclared(quirk: &Quirk, documented: &Value, has: &str) -> Standing {
    // Of a status or operation of which only that it comes is pinned, any promise will do.
    let only_that_it_comes = has == PROMISES && quirk.wire.schema() == Some(&Value::Bool(true));
    if only_that_it_comes || allows(documented, quirk) {
        return Standing::Resolved;
    }
    Standing::Contradicted(format!(
        "`declared = false`, but the document {has} {}; say so in `declared`",
        describe(documented)
    ))
}

fn declared(quirk: &Quirk, documented: &Value) -> Standing {
    let declared = quirk.declared.schema().map(fragment::normal);
    if declared.is_some_and(|it| fragment::equal(documented, &it)) {
        return Standing::Needed;
    }
    if allows(documented, quirk) {
        return Standing::Resolved;
    }
    Standing::Contradicted(format!(
        "`declared` says {}, the document says {}; write down what the document says",
        quirk.declared.in_words(),
        describe(documented)
    ))
}

/// Whether what is documented is wide enough for what comes; nothing comes only where nothing is documented.
fn allows(documented: &Value, quirk: &Quirk) -> bool {
    match &quirk.wire {
        Wire::Also(_) if quirk.wire.is_nothing() => false,
        Wire::Returned(_) if quirk.wire.is_nothing() => *documented == json!(false),
        it => it.schema().is_some_and(|comes| {
            fragment::covers(documented, &fragment::normal(comes)) == Containment::Yes
        }),
    }
}

/// Why two quirks cannot stand beside each other, if they cannot.
pub(crate) fn claim_the_same(a: &Quirk, b: &Quirk) -> Option<String> {
    let shared = a.at.iter().find(|it| b.at.contains(it))?;
    let where_ = format!("{} {} `{}`", shared.operation, shared.status, shared.place);
    let overlap = match (a.wire.comes(), b.wire.comes()) {
        // Of one media type only one of them can say what is documented: they are about different ones.
        (Comes::Schema(_), Comes::Schema(_)) if !declare_the_same(a, b) => return None,
        (Comes::Schema(a), Comes::Schema(b)) => {
            !fragment::disjoint(&fragment::normal(a), &fragment::normal(b))
        }
        (Comes::Content(a), Comes::Content(b)) => a == b,
        (Comes::SeveralAlternatives, Comes::SeveralAlternatives)
        | (Comes::AnotherAlternative, Comes::AnotherAlternative) => true,
        // One is about a value, the other about how it comes.
        (
            Comes::Schema(_)
            | Comes::SeveralAlternatives
            | Comes::AnotherAlternative
            | Comes::Content(_),
            _,
        ) => return None,
    };
    if a.wire.is_returned() && b.wire.is_returned() {
        return Some(format!(
            "{where_}: `{}` says what is returned there too; keep one `returned`, make the other `also`",
            b.id
        ));
    }
    overlap.then(|| {
        format!(
            "{where_}: a value could fit both this and `{}`; make them exclude each other",
            b.id
        )
    })
}

fn declare_the_same(a: &Quirk, b: &Quirk) -> bool {
    let declared = [a, b].map(|it| it.declared.schema().map(fragment::normal));
    match declared {
        [Some(a), Some(b)] => fragment::equal(&a, &b),
        [a, b] => a == b,
    }
}

fn path(place: &Place) -> Vec<String> {
    place.segments().map(Into::into).collect()
}

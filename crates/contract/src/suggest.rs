//! Drafts quirks from what exchanges showed: the declared side from the document, the other side from the values' types
//! and codes, and from the media types of bodies. The reason stays blank, so that no draft can be loaded unread; nothing
//! else keeps one from loading.

mod file;

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use jsonschema::canonical::Containment;
use serde_json::{Value, json};

use crate::{
    document::{OperationId, Response, is_json},
    ledger::Key,
    observed::{Answers, Seen, rust_type},
    place::{ANY, Place, printable_name},
    quirk::{self, ContentForm},
    rule::Rule,
    run::Run,
    schema::{another, describe::describe, fragment},
    text::Text,
};

/// A quirk file to be read, completed and kept, or thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The quirk's name; the file's is the same with `.toml`.
    pub id: String,
    /// The file.
    pub text: String,
    /// What the model's field must become, where it is known.
    pub field: Option<String>,
}

impl Draft {
    /// The file as it would be once somebody has read it and said a reason.
    pub fn as_if_read(&self) -> Text {
        Text { name: format!("{}.toml", self.id), text: file::with_a_reason(&self.text) }
    }
}

/// What is drafted of one place.
#[derive(Debug, Clone)]
struct Outline {
    id: String,
    summary: String,
    declared: Value,
    /// `returned` or `also`, and what it says.
    comes: (&'static str, Value),
    field: Option<String>,
    at: (OperationId, u16, Place),
}

/// What is drafted of every place that it is seen at.
#[derive(Debug, Clone)]
struct Cause {
    outline: Outline,
    at: Vec<(OperationId, u16, Place)>,
    count: u64,
    exchanges: u64,
    first: String,
    /// Whether it is of what was only seen inside the alternative that came nearest.
    is_inside: bool,
}

impl Cause {
    fn new(outline: Outline, seen: &Seen) -> Self {
        Self {
            at: vec![outline.at.clone()],
            outline,
            count: seen.count,
            exchanges: seen.exchanges,
            first: seen.first.clone(),
            is_inside: seen.is_inside,
        }
    }

    /// What it says wherever it is seen: of members of that name, or of what is in them.
    fn says(&self) -> String {
        let Outline { id, summary, declared, comes, field, at: (.., place) } = &self.outline;
        let segments: Vec<_> = place.segments().collect();
        let name = segments.iter().rposition(|it| it != ANY).unwrap_or_default();
        let member = &segments[name..];
        format!("{id} {member:?} {summary} {declared} {comes:?} {field:?}")
    }

    /// Whether it is that a member is as another alternative has it.
    fn mixes(&self) -> bool {
        self.outline.comes.1["alternatives"] == "another"
    }

    /// Whether what is wrong inside the nearest alternative may be explained by what else is drafted: with that, the value may
    /// fit another one.
    fn may_wait(&self, all: &[Self]) -> bool {
        let (operation, status, place) = &self.outline.at;
        let is_of_response = |it: &&Self| {
            let is_of_form = it.outline.comes.1.get("media_type").is_some();
            it.outline.at.0 == *operation && it.outline.at.1 == *status && !is_of_form
        };
        let holds_this = |it: &Self| {
            let owner = it.outline.at.2.split_last().map_or_else(Place::root, |it| it.0);
            let mut below = place.segments();
            owner.segments().all(|it| below.next() == Some(it))
        };
        let settles = |it: &Self| match self.mixes() {
            true => !it.mixes() || !it.is_inside,
            false => it.mixes() && !it.is_inside && holds_this(it),
        };
        self.is_inside && all.iter().filter(is_of_response).any(settles)
    }

    /// Those that say the same, as one.
    fn of_all(them: &[Self]) -> Option<Self> {
        let first = them.first()?.clone();
        Some(Self {
            at: them.iter().flat_map(|it| it.at.iter().cloned()).collect(),
            count: them.iter().map(|it| it.count).sum(),
            exchanges: them.iter().map(|it| it.exchanges).sum(),
            ..first
        })
    }
}

/// What a draft says of an answer as a whole.
struct Whole {
    id: String,
    comes: Value,
    words: String,
}

impl Whole {
    fn of_form(form: &ContentForm) -> Self {
        let mut comes = json!({ "media_type": form.media_type });
        if form.json != is_json(&form.media_type) {
            comes["json"] = form.json.into();
        }
        let id = match is_json(&form.media_type) && !form.json {
            true => "body-is-not-json".to_owned(),
            false => format!("body-is-{}", slug(&form.media_type)),
        };
        Self { id, comes, words: form.in_words() }
    }

    fn of_schema(schema: Value) -> Self {
        Self { id: "body-is-undocumented".into(), words: describe(&schema), comes: schema }
    }
}

impl Run<'_> {
    /// A draft for each deviation that no quirk explains yet, in order of place. What they may uncover is drafted by the next
    /// run. `today` is when they become known.
    pub fn drafts(&self, today: Date) -> Vec<Draft> {
        let mut causes: Vec<Cause> = Vec::new();
        // A response has one quirk that says what comes instead of what is documented.
        let mut replaced: BTreeSet<(OperationId, u16)> = BTreeSet::new();
        // Nulls and other values may fit several alternatives of one place, or mix them.
        let mut of_alternatives: BTreeSet<(String, (OperationId, u16, Place))> = BTreeSet::new();
        for (key, seen) in one_a_place(self.seen_defects()) {
            for mut outline in self.outlines(key, &seen) {
                if let Some(which) = outline.comes.1["alternatives"].as_str()
                    && !of_alternatives.insert((which.to_owned(), outline.at.clone()))
                {
                    continue;
                }
                let (operation, status, _) = &outline.at;
                let response = (operation.clone(), *status);
                let is_of_form = outline.comes.1.get("media_type").is_some();
                if is_of_form && replaced.contains(&response) {
                    outline.comes.0 = "also";
                }
                let cause = Cause::new(outline, &seen);
                if !self.would_load(&cause.file(today)) {
                    continue;
                }
                if is_of_form && cause.outline.comes.0 == "returned" {
                    replaced.insert(response);
                }
                causes.push(cause);
            }
        }
        let is_needed: Vec<bool> = causes.iter().map(|it| !it.may_wait(&causes)).collect();
        let needed = causes.into_iter().zip(is_needed).filter(|it| it.1).map(|it| it.0);
        let mut taken: BTreeSet<String> =
            self.contract.quirks.iter().map(|it| it.id.to_string()).collect();
        let draft = |cause: Cause| {
            let id = free(&cause.outline.id, &mut taken);
            Draft { id, text: cause.file(today), field: cause.outline.field }
        };
        self.folded(needed, today).into_iter().map(draft).collect()
    }

    /// Deviations that say the same of members of the same name, as one, in the order of the first of each.
    fn folded(&self, causes: impl Iterator<Item = Cause>, today: Date) -> Vec<Cause> {
        let mut alike: Vec<Vec<Cause>> = Vec::new();
        let mut by_words: HashMap<String, usize> = HashMap::new();
        for cause in causes {
            let number = *by_words.entry(cause.says()).or_insert(alike.len());
            if number == alike.len() {
                alike.push(Vec::new());
            }
            alike[number].push(cause);
        }
        let one = |them: Vec<Cause>| match Cause::of_all(&them) {
            Some(all) if self.would_load(&all.file(today)) => vec![all],
            _ => them,
        };
        alike.into_iter().flat_map(one).collect()
    }

    /// Whether the document needs a quirk, once it has a reason. It does not where another alternative, or another media
    /// type, has what came, or where only the model is narrower.
    fn would_load(&self, draft: &str) -> bool {
        let text = Text { name: String::new(), text: file::with_a_reason(draft) };
        quirk::read(&text).is_ok_and(|quirk| {
            let (store, document) = (&self.contract.paper, self.contract.paper_document());
            let claims = |it| quirk::claim_the_same(&quirk, it).is_some();
            if self.contract.quirks.iter().any(claims) {
                return false;
            }
            quirk::check_against(store, document, &[(quirk, &text)]).is_ok_and(|it| it.is_empty())
        })
    }

    fn outlines(&self, key: &Key, seen: &Seen) -> Vec<Outline> {
        match (key.rule, key.status) {
            (Rule::UndocumentedOperation, _) => self.of_operation(key, seen),
            (Rule::UndocumentedStatus, Some(status)) => {
                let answers = seen.observed.answers.get(&status);
                let whole = answers.map_or_else(|| Whole::of_schema(json!(true)), Answers::whole);
                let id = format!("status-{status}-is-undocumented");
                let summary = "a status that is not documented".into();
                let whole = Whole { id, ..whole };
                let at = (key.operation.clone(), status);
                vec![Outline { summary, ..self.of_whole(at, whole, json!(false), true) }]
            }
            (Rule::ContentType | Rule::BodyNotJson | Rule::BodyUnexpected, Some(status)) => {
                self.of_form(key, status, seen)
            }
            (_, Some(status)) => self.of_values(key, status, seen),
            (_, None) => Vec::new(),
        }
    }

    /// As what bodies came, where that is not what is documented.
    fn of_form(&self, key: &Key, status: u16, seen: &Seen) -> Vec<Outline> {
        let Some(answers) = seen.observed.answers.get(&status) else { return Vec::new() };
        let declared = self.declared_media_types(&key.operation, status);
        let wholes: Vec<Whole> = match answers.schema_of_json() {
            Some(schema) if declared == json!(false) => vec![Whole::of_schema(schema)],
            _ => answers.forms.iter().map(Whole::of_form).collect(),
        };
        let quirks = || self.contract.content_quirks(&key.operation, status);
        let is_alone = !self.ledger.came_as_promised(&key.operation, status)
            && !quirks().any(|it| it.1.wire.is_returned());
        let of_whole =
            |it| self.of_whole((key.operation.clone(), status), it, declared.clone(), is_alone);
        wholes.into_iter().map(of_whole).collect()
    }

    /// The media types of a response in the document, without any quirk; `false` where there are none.
    fn declared_media_types(&self, operation: &OperationId, status: u16) -> Value {
        let documented = self.contract.paper_response(operation, status);
        let names: Vec<&str> = documented.into_iter().flat_map(Response::media_types).collect();
        match names.as_slice() {
            [] => json!(false),
            [one] => json!({ "media_type": one }),
            several => json!({ "media_type": several }),
        }
    }

    /// What an operation answers that is not documented.
    fn of_operation(&self, key: &Key, seen: &Seen) -> Vec<Outline> {
        // These say nothing about the contract, and a HEAD is judged as its GET.
        let says_something = |it: &u16| !matches!(it, 0..=99 | 304 | 429 | 500..);
        let Some(operation) = named(&key.operation) else { return Vec::new() };
        let answers = seen.observed.answers.iter().filter(|it| says_something(it.0));
        let outline = |(status, answers): (&u16, &Answers)| {
            let whole = Whole { id: operation.slug(), ..answers.whole() };
            let declared = json!({ "operation": false });
            let summary = "an operation that is not documented".into();
            let at = (operation.clone(), *status);
            Outline { summary, ..self.of_whole(at, whole, declared, true) }
        };
        answers.map(outline).collect()
    }

    fn of_whole(
        &self,
        (operation, status): (OperationId, u16),
        whole: Whole,
        declared: Value,
        is_alone: bool,
    ) -> Outline {
        let documented = match &declared["media_type"] {
            Value::String(one) => one.clone(),
            Value::Array(several) => {
                several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
            }
            _ => "without a body".into(),
        };
        Outline {
            id: whole.id,
            summary: format!("documented {documented}, returned {}", whole.words),
            declared,
            comes: (if is_alone { "returned" } else { "also" }, whole.comes),
            field: None,
            at: (operation, status, Place::root()),
        }
    }

    /// A draft for each thing that the document says of the place: one, but where several media types are JSON.
    fn of_values(&self, key: &Key, status: u16, seen: &Seen) -> Vec<Outline> {
        let place = key.place.clone().unwrap_or_default();
        let mut outlines = Vec::new();
        if seen.observed.fits_several {
            outlines.push(Outline {
                id: format!("{}-fits-several", word(&place)),
                summary: "documented as one alternative, fits several".into(),
                declared: json!({ "alternatives": "one" }),
                comes: ("also", json!({ "alternatives": "several" })),
                field: None,
                at: (key.operation.clone(), status, place.clone()),
            });
            if seen.observed.has_no_value() {
                return outlines;
            }
        }
        let mut says = self.declared(&key.operation, status, &place, &seen.observed.media_types);
        if key.rule == Rule::UndocumentedField {
            if says.iter().any(Option::is_some) && seen.is_warning {
                return outlines;
            }
            if says.iter().any(Option::is_some) {
                // Another alternative has the member.
                outlines.extend(self.of_another_alternative(key, status, place));
                return outlines;
            }
            says = vec![None];
        }
        for declared in says {
            outlines.extend(self.of_value(key, status, seen, declared));
        }
        outlines
    }

    fn of_value(
        &self,
        key: &Key,
        status: u16,
        seen: &Seen,
        declared: Option<Value>,
    ) -> Option<Outline> {
        let place = key.place.clone().unwrap_or_default();
        let word = word(&place);
        let observed = &seen.observed;
        let field = |rust_type: String| {
            let (owner, field) = seen.field.as_deref()?.rsplit_once('.')?;
            Some(format!("in {owner}: pub {field}: {rust_type},"))
        };
        let at = (key.operation.clone(), status, place.clone());
        let is_declared = |comes: &Value| {
            declared.as_ref().is_some_and(|it| fragment::covers(it, comes) == Containment::Yes)
        };
        match key.rule {
            Rule::Null if is_declared(&json!({ "type": "null" })) => {
                self.of_another_alternative(key, status, place)
            }
            Rule::Null => Some(Outline {
                id: format!("{word}-is-nullable"),
                summary: "documented without null, may be null".into(),
                comes: ("also", json!({ "type": "null" })),
                field: field(format!("Option<{}>", rust_type(declared.as_ref()?))),
                declared: declared?,
                at,
            }),
            // What is wrong is inside the value, and drafted there.
            Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds if observed.has_no_value() => {
                None
            }
            Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds => {
                let declared = declared?;
                let schema = observed.schema(lists_values(&declared));
                let kind = observed.first_type();
                // Where declared values come too, both forms do; so they may where null is one, which is not counted here.
                let takes_null = fragment::covers(&declared, &json!({ "type": "null" }));
                let both = seen.count < seen.values
                    || observed.keeps_declared
                    || self.is_item_of_another_type(key)
                    || takes_null == Containment::Yes;
                let how = if both { "also" } else { "returned" };
                if fragment::covers(&declared, &schema) == Containment::Yes {
                    return self.of_another_alternative(key, status, place);
                }
                let rust_type =
                    if both { "serde_json::Value".to_owned() } else { observed.rust_type() };
                Some(Outline {
                    id: format!("{word}-is-{}", with_article(kind)),
                    summary: format!(
                        "documented {}, returned {}",
                        describe(&declared),
                        describe(&schema)
                    ),
                    declared,
                    comes: (how, schema),
                    field: field(rust_type),
                    at,
                })
            }
            Rule::BodyMissing if self.contract.paper_schema(&key.operation, status).is_none() => {
                Some(Outline {
                    id: "body-may-be-missing".into(),
                    summary: "documented as always there, may be missing".into(),
                    declared: self.declared_media_types(&key.operation, status),
                    comes: ("also", Value::Bool(false)),
                    field: None,
                    at,
                })
            }
            Rule::Required | Rule::BodyMissing => {
                let declared = declared.unwrap_or(Value::Bool(true));
                Some(Outline {
                    id: format!("{word}-may-be-missing"),
                    summary: "documented as always there, may be missing".into(),
                    comes: ("also", Value::Bool(false)),
                    field: field(format!("Option<{}>", rust_type(&declared))),
                    declared,
                    at,
                })
            }
            Rule::UndocumentedField => {
                let mut schema = observed.schema(false);
                if observed.has_null_beside_others() {
                    schema = json!({ "anyOf": [schema, { "type": "null" }] });
                }
                let rust_type = observed.rust_type();
                let is_optional = seen.count < seen.parents && !rust_type.starts_with("Option");
                let rust_type =
                    if is_optional { format!("Option<{rust_type}>") } else { rust_type };
                Some(Outline {
                    id: format!("{word}-is-undocumented"),
                    summary: format!(
                        "not documented, returned {}",
                        describe(&fragment::normal(&schema))
                    ),
                    declared: Value::Bool(false),
                    comes: ("returned", schema),
                    field: field(rust_type),
                    at,
                })
            }
            _ => None,
        }
    }

    /// What the document has at the place, in another alternative than the value's own: of the place, or of the nearest above
    /// it of which alternatives say different things. Where only the model is narrower, there is nothing to pin.
    fn of_another_alternative(&self, key: &Key, status: u16, place: Place) -> Option<Outline> {
        let document = self.contract.paper_document();
        let operation = document.operation(key.operation.as_str())?;
        if self.contract.model_of(operation).is_some() {
            return None;
        }
        let response = operation.response(status)?;
        let differ = |place: &Place| {
            let segments: Vec<String> = place.segments().map(Into::into).collect();
            segments.split_last().is_some_and(|(name, parent)| {
                let mut schemas = response.json_contents();
                schemas.any(|it| another::differ(&self.contract.paper, it.1, parent, name))
            })
        };
        let up = |it: &Place| it.split_last().map(|it| it.0);
        let place = std::iter::successors(Some(place), up).find(differ)?;
        Some(Outline {
            id: format!("{}-is-of-another-alternative", word(&place)),
            summary: "documented as its own alternative says, returned as another says".into(),
            declared: json!({ "alternatives": "own" }),
            comes: ("also", json!({ "alternatives": "another" })),
            field: None,
            at: (key.operation.clone(), status, place),
        })
    }

    /// Whether an item stands in what also came as another type: the values of a map then stand at the same place.
    fn is_item_of_another_type(&self, key: &Key) -> bool {
        let Some((parent, _)) =
            key.place.as_ref().and_then(Place::split_last).filter(|it| it.1 == ANY)
        else {
            return false;
        };
        let parent = Key { place: Some(parent), rule: Rule::Type, ..key.clone() };
        let told = [&self.ledger.folds, &self.ledger.inside_branches];
        told.into_iter().any(|it| it.number(&parent).is_some())
    }

    /// What the document says at a place, without any quirk: of each of the media types, where it has several that are JSON.
    fn declared(
        &self,
        operation: &OperationId,
        status: u16,
        place: &Place,
        media_types: &BTreeSet<String>,
    ) -> Vec<Option<Value>> {
        let response = self.contract.paper_response(operation, status);
        let all: Vec<_> = response.map_or(Vec::new(), |it| it.json_contents().collect());
        let held = all.iter().filter(|it| media_types.contains(&it.0.media_type));
        let schemas: Vec<_> = match held.map(|it| it.1).collect::<Vec<_>>() {
            none if none.is_empty() => all.first().map(|it| it.1).into_iter().collect(),
            some => some,
        };
        let segments: Vec<String> = place.segments().map(Into::into).collect();
        let mut declared: Vec<Option<Value>> = Vec::new();
        for schema in schemas {
            let says = fragment::below(&self.contract.paper, schema, &segments);
            if !declared.contains(&says) {
                declared.push(says);
            }
        }
        if declared.is_empty() { vec![None] } else { declared }
    }
}

impl Answers {
    /// What a draft says of them all: one form, or anything.
    fn whole(&self) -> Whole {
        let mut forms = self.forms.iter();
        match (self.schema_of_json(), forms.next(), forms.next()) {
            (Some(schema), ..) => Whole::of_schema(schema),
            (None, Some(form), None) if !self.beyond_forms => Whole::of_form(form),
            _ => Whole::of_schema(json!(true)),
        }
    }
}

/// An operation as a document has it: what is data in its path is a parameter.
fn named(operation: &OperationId) -> Option<OperationId> {
    let (method, path) = operation.as_str().split_once(' ')?;
    let mut parameters = 0;
    let segments = path.split('/').map(|it| {
        if it != ANY {
            return it.to_owned();
        }
        parameters += 1;
        format!("{{p{parameters}}}")
    });
    let path = segments.collect::<Vec<_>>().join("/");
    (method != "HEAD").then(|| OperationId::new(method, &path))
}

/// Whether a promise lists values.
fn lists_values(promise: &Value) -> bool {
    let any_in =
        |keyword: &str| promise[keyword].as_array().is_some_and(|it| it.iter().any(lists_values));
    promise.get("enum").is_some()
        || promise.get("const").is_some()
        || any_in("anyOf")
        || any_in("allOf")
}

fn last_name(place: &Place) -> String {
    place.split_last().map_or_else(|| "body".to_owned(), |it| it.1)
}

fn is_name(name: &str) -> bool {
    name != ANY && printable_name(name) == name
}

/// What a place is called in a quirk's name.
fn word(place: &Place) -> String {
    let name = last_name(place);
    slug(if is_name(&name) { &name } else { "item" })
}

/// In order of place. What is wrong with the values of one place by several rules is one defect: one quirk says what comes
/// there.
fn one_a_place<'k>(seen: impl Iterator<Item = (&'k Key, Seen)>) -> Vec<(&'k Key, Seen)> {
    let is_of_value =
        |it: &Key| matches!(it.rule, Rule::Type | Rule::Enum | Rule::Format | Rule::Bounds);
    let same_place =
        |a: &Key, b: &Key| (&a.operation, a.status, &a.place) == (&b.operation, b.status, &b.place);
    let mut seen: Vec<(&Key, Seen)> = seen.collect();
    seen.sort_by_key(|it| it.0);
    let mut defects: Vec<(&Key, Seen)> = Vec::new();
    for (key, seen) in seen {
        let is_same = |it: &&mut (&Key, Seen)| {
            *it.0 == *key || (is_of_value(it.0) && is_of_value(key) && same_place(it.0, key))
        };
        // In order of place, so those of the same place are the last.
        let of_place = defects.iter_mut().rev().take_while(|it| same_place(it.0, key));
        match of_place.into_iter().find(is_same) {
            Some((_, all)) => all.absorb(seen),
            None => defects.push((key, seen)),
        }
    }
    defects
}

fn slug(name: &str) -> String {
    let slug = name.to_ascii_lowercase().replace(['_', '/', '+', '.'], "-");
    // A name that starts with a dash reads as an option of a command.
    match slug.trim_matches('-') {
        "" => "member".into(),
        slug => slug.into(),
    }
}

/// The name, or the first with a number behind it that is not taken, which it is then.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|it| format!("{name}-{it}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|it| !taken.contains(it)).expect("numbers have no end");
    taken.insert(free.clone());
    free
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article}-{kind}")
}

//! Alternatives of which a member may be as another of them has it.
//!
//! Beside the alternatives of a group (`anyOf` or `oneOf`) stands one more. It takes what none of them takes, where one of
//! them takes it but for the members that are as another has them: so what is documented is judged as before, and nothing
//! fits several alternatives that did not.

use serde_json::{Map, Value, json};

use crate::{
    place::ANY,
    schema::{
        Address, Store,
        edit::{self, MARK, Way},
        fragment::Promise,
        sharing::Sharing,
    },
};

/// What stands at [`MARK`] of that one.
const ANOTHER: &str = "another";

/// Alternatives of a group.
pub(crate) struct Group {
    /// As the document has them.
    pub(crate) documented: Vec<Address>,
    /// The one more, where there is one.
    pub(crate) mixed: Option<Mixed>,
}

/// What takes what none of the documented alternatives takes.
pub(crate) struct Mixed {
    pub(crate) at: Address,
    /// The documented alternatives, in their order, with members that may be as another has them.
    pub(crate) alternatives: Vec<Address>,
}

impl Group {
    /// The group of a keyword of the schema at an address.
    pub(crate) fn of(at: &Address, keywords: &Map<String, Value>, keyword: &str) -> Option<Self> {
        let all = keywords.get(keyword)?.as_array()?;
        let list = at.child(keyword);
        let mut documented: Vec<Address> =
            (0..all.len()).map(|it| list.child(&it.to_string())).collect();
        let is_marked = |it: &&Value| it.get(MARK).is_some_and(|it| it == ANOTHER);
        let copies = all.last().filter(is_marked).and_then(|it| it["anyOf"].as_array());
        let mixed = copies.and_then(|copies| {
            let at = documented.pop()?;
            let list = at.child("anyOf");
            let alternatives = (0..copies.len()).map(|it| list.child(&it.to_string())).collect();
            Some(Mixed { at, alternatives })
        });
        Some(Self { documented, mixed })
    }

    /// The group that an `anyOf` or `oneOf` is.
    pub(crate) fn of_list(store: &Store, list: &Address) -> Option<Self> {
        let (schema, keyword) = list.pointer.rsplit_once('/')?;
        let schema = Address { side: list.side, pointer: schema.to_owned() };
        Self::of(&schema, store.get(&schema)?.as_object()?, keyword)
    }

    /// The alternatives that a value is judged by: with the members that may be as another has them.
    pub(crate) fn alternatives(&self) -> &[Address] {
        self.mixed.as_ref().map_or(&self.documented, |it| &it.alternatives)
    }
}

/// Whether alternatives at a place say different things of a member, or of the items, and it may not be as another of them has
/// it already.
pub(crate) fn differ(store: &Store, root: &Address, parent: &[String], name: &str) -> bool {
    let all = edit::described_by(store, &edit::find(store, root, parent));
    let is_unsettled = |group: &Group| {
        let says = all_say(store, &group.documented, name);
        let admits =
            |it: &Mixed| it.alternatives.iter().all(|it| admits(store, it, name, &says.different));
        says.differ && !group.mixed.as_ref().is_some_and(admits)
    };
    all.iter().flat_map(|it| groups(store, it)).any(|it| is_unsettled(&it.1))
}

/// The groups of the schema at an address, by keyword.
fn groups(store: &Store, at: &Address) -> Vec<(&'static str, Group)> {
    let Some(keywords) = store.get(at).and_then(Value::as_object) else { return Vec::new() };
    let of = |keyword| Some((keyword, Group::of(at, keywords, keyword)?));
    ["anyOf", "oneOf"].into_iter().filter_map(of).collect()
}

/// Groups at a place in which a member may be as another alternative has it.
pub(crate) fn mixed(
    store: &Store,
    root: &Address,
    parent: &[String],
) -> Vec<(Address, &'static str, Group)> {
    let all = edit::described_by(store, &edit::find(store, root, parent));
    let of = |at: &Address| {
        let groups = groups(store, at).into_iter().filter(|it| it.1.mixed.is_some());
        groups.map(|(keyword, it)| (at.clone(), keyword, it)).collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
}

/// Lets a member, or the items, be as another alternative has it: in the outermost groups whose alternatives differ about it.
pub(crate) fn mix(store: &mut Store, at: &Address, name: &str, way: &mut Way<'_>) {
    let differs_below = |store: &Store| {
        let all = edit::described_by(store, std::slice::from_ref(at));
        let groups = all.iter().flat_map(|it| groups(store, it));
        groups.into_iter().any(|it| all_say(store, &it.1.documented, name).differ)
    };
    if !differs_below(store) {
        return;
    }
    let followed = way.followed.len();
    if let Some(at) = edit::own(store, at, &[name.to_owned()], way)
        && let Some(keywords) = store.get(&at).and_then(Value::as_object)
    {
        let parts = edit::parts_by_keyword(&at, keywords);
        for (keyword, parts) in parts {
            let keywords = store.get(&at).and_then(Value::as_object);
            let group = keywords.and_then(|it| Group::of(&at, it, keyword));
            let group = group.filter(|_| matches!(keyword, "anyOf" | "oneOf"));
            match group {
                Some(group) if all_say(store, &group.documented, name).differ => {
                    widen(store, &at, keyword, &group, name, way.sharing);
                }
                group => {
                    parts.iter().for_each(|it| mix(store, it, name, way));
                    if let Some(Mixed { at: mixed, .. }) = group.and_then(|it| it.mixed) {
                        exclude_documented(store, &at.child(keyword), &mixed);
                    }
                }
            }
        }
    }
    way.followed.truncate(followed);
}

fn widen(
    store: &mut Store,
    at: &Address,
    keyword: &str,
    group: &Group,
    name: &str,
    sharing: &mut Sharing,
) {
    let says = all_say(store, &group.documented, name).different;
    let list = at.child(keyword);
    if group.mixed.is_none()
        && let Some(Value::Array(all)) = edit::get_mut(store, &list)
    {
        let documented = Value::Array(all.clone());
        all.push(json!({ "not": { "anyOf": documented }, "anyOf": documented, MARK: ANOTHER }));
    }
    let keywords = store.get(at).and_then(Value::as_object);
    let mixed = keywords.and_then(|it| Group::of(at, it, keyword)).and_then(|it| it.mixed);
    let Some(mixed) = mixed else { return };
    // What the copies refer to is the document's, which stays as it is.
    let mut copies = Sharing::default();
    for alternative in &mixed.alternatives {
        let mut way = Way { sharing: &mut copies, followed: Vec::new() };
        admit(store, alternative, name, &says, &mut way);
    }
    exclude_documented(store, &list, &mixed.at);
    sharing.read(store, &mixed.at);
}

/// What none of the documented alternatives takes.
fn exclude_documented(store: &mut Store, list: &Address, mixed: &Address) {
    let Some(Value::Array(all)) = store.get(list) else { return };
    let documented: Vec<Value> = all[..all.len() - 1].to_vec();
    if let Some(mixed) = edit::get_mut(store, mixed) {
        mixed["not"] = json!({ "anyOf": documented });
    }
}

/// Every schema of an alternative that names the member, or that is closed, takes also what the others say of it.
fn admit(store: &mut Store, at: &Address, name: &str, says: &[Value], way: &mut Way<'_>) {
    if admits(store, at, name, says) {
        return;
    }
    let followed = way.followed.len();
    if let Some(at) = edit::own(store, at, &[name.to_owned()], way)
        && let Some(keywords) = store.get(&at).and_then(Value::as_object)
    {
        let (children, parts) = (edit::children(&at, keywords, name), edit::parts(&at, keywords));
        if lacks(keywords, name) {
            edit::insert_member(store, &at, name, &any(says.to_vec()));
        }
        for child in children {
            if let Some(schema) = edit::get_mut(store, &child) {
                *schema = with_others(schema.take(), says);
            }
        }
        parts.iter().for_each(|it| admit(store, it, name, says, way));
    }
    way.followed.truncate(followed);
}

/// Whether an alternative takes what any says of the member.
fn admits(store: &Store, at: &Address, name: &str, says: &[Value]) -> bool {
    let takes_all = |at: &Address| {
        let Some(keywords) = store.get(at).and_then(Value::as_object) else { return true };
        let children = edit::children(at, keywords, name);
        let mut children = children.iter().filter_map(|it| store.get(it));
        !lacks(keywords, name) && children.all(|it| others(it, says).is_empty())
    };
    edit::described_by(store, std::slice::from_ref(at)).iter().all(takes_all)
}

fn with_others(was: Value, says: &[Value]) -> Value {
    let others = others(&was, says);
    if others.is_empty() { was } else { any([vec![was], others].concat()) }
}

/// What others say beside what a schema says.
fn others(was: &Value, says: &[Value]) -> Vec<Value> {
    let alternatives = was.get("anyOf").and_then(Value::as_array);
    let is_said = |it: &&Value| {
        same(was, it) || alternatives.is_some_and(|all| all.iter().any(|one| same(one, it)))
    };
    says.iter().filter(|it| !is_said(it)).cloned().collect()
}

fn any(mut schemas: Vec<Value>) -> Value {
    if schemas.len() == 1 { schemas.remove(0) } else { json!({ "anyOf": schemas }) }
}

/// What alternatives say of a member.
struct AllSay {
    /// What they say, each once.
    different: Vec<Value>,
    /// Whether they say different things, or one refuses what another names.
    differ: bool,
}

fn all_say(store: &Store, alternatives: &[Address], name: &str) -> AllSay {
    let refuses = |it: &Address| {
        let all = edit::described_by(store, std::slice::from_ref(it));
        let mut all = all.iter().filter_map(|it| store.get(it)?.as_object());
        all.any(|it| lacks(it, name))
    };
    let mut different: Vec<Value> = Vec::new();
    let mut is_refused = false;
    for alternative in alternatives {
        match Promise::At(alternative.clone()).below(store, name) {
            Some(promise) => {
                let says = whole(store, &promise);
                if !different.iter().any(|it| same(it, &says)) {
                    different.push(says);
                }
            }
            None => is_refused |= refuses(alternative),
        }
    }
    let differ = different.len() > 1 || (is_refused && !different.is_empty());
    AllSay { different, differ }
}

/// A promise with all that is said of members and items.
fn whole(store: &Store, promise: &Promise) -> Value {
    let all = |them: &[Promise]| them.iter().map(|it| whole(store, it)).collect::<Vec<_>>();
    match promise {
        Promise::At(at) => store.get(at).cloned().unwrap_or(Value::Bool(true)),
        Promise::Free => Value::Bool(true),
        Promise::All(them) => json!({ "allOf": all(them) }),
        Promise::Any(them) => any(all(them)),
    }
}

/// Whether a schema names members, and refuses this one.
fn lacks(keywords: &Map<String, Value>, name: &str) -> bool {
    let is_closed = |keyword: &str| keywords.get(keyword) == Some(&Value::Bool(false));
    name != ANY
        && (is_closed("additionalProperties") || is_closed("unevaluatedProperties"))
        && !keywords.contains_key("patternProperties")
        && keywords.get("properties").is_none_or(|it| it.get(name).is_none())
}

/// Whether two schemas say the same but for their annotations.
fn same(a: &Value, b: &Value) -> bool {
    fn says(schema: &Value) -> Vec<(&String, &Value)> {
        const ANNOTATIONS: &[&str] = &["title", "description", "example", "examples", "deprecated"];
        let keywords = schema.as_object().into_iter().flatten();
        let says = |it: &(&String, &Value)| !ANNOTATIONS.contains(&it.0.as_str());
        keywords.filter(says).collect()
    }
    match (a, b) {
        (Value::Object(_), Value::Object(_)) => {
            let (a, b) = (says(a), says(b));
            a.len() == b.len() && a.iter().all(|it| b.contains(it))
        }
        _ => a == b,
    }
}

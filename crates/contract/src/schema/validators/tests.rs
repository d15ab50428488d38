use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::{
    document::load,
    example,
    exchange::Exchange,
    mask::MaskKey,
    run::{Run, RunOptions},
    schema::tree::Tree,
    text::Text,
    violation::violations,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]", Just("a/b".to_owned())]
}

fn schema() -> impl Strategy<Value = Value> {
    let types = ["null", "boolean", "integer", "string", "array", "object"];
    let leaf = prop_oneof![
        proptest::sample::select(types.to_vec()).prop_map(|it| json!({ "type": it })),
        proptest::sample::select(&["A", "B", "C", "A/oneOf/1", "B/oneOf/0/oneOf/0"][..])
            .prop_map(|it| json!({ "$ref": format!("#/components/schemas/{it}") })),
        Just(json!({ "enum": ["a", 1] })),
        Just(json!({ "const": "b", "description": "b" })),
        Just(json!({ "type": "string", "format": "date" })),
        any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::Array);
        let members = proptest::collection::vec((name(), inner.clone()), 1..4);
        let members = members.prop_map(|it| Value::Object(it.into_iter().collect()));
        let required = proptest::collection::btree_set(name(), 1..3);
        let lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
        let singles = [
            "not",
            "if",
            "then",
            "else",
            "items",
            "contains",
            "propertyNames",
            "additionalProperties",
            "unevaluatedItems",
            "unevaluatedProperties",
        ];
        let maps = ["properties", "properties", "dependentSchemas", "patternProperties"];
        let keyword = prop_oneof![
            1 => (proptest::sample::select(lists.to_vec()), list),
            1 => (proptest::sample::select(singles.to_vec()), inner),
            4 => (proptest::sample::select(maps.to_vec()), members),
            1 => required.prop_map(|it| ("required", json!(it))),
        ];
        let keywords = proptest::collection::vec(keyword, 1..4);
        (keywords, any::<bool>()).prop_map(|(them, is_named)| {
            let them = them.into_iter().map(|it| (it.0.to_owned(), it.1));
            let mut schema: Map<String, Value> = them.collect();
            if is_named && schema.contains_key("oneOf") {
                let mapping = json!({ "a": "A", "b": "B" });
                let discriminator = json!({ "propertyName": "a", "mapping": mapping });
                schema.insert("discriminator".into(), discriminator);
            }
            Value::Object(schema)
        })
    })
}

fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (0..3).prop_map(Value::from),
        "[ab]".prop_map(Value::from),
        Just(json!("2020-01-01")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = proptest::collection::vec((name(), inner.clone()), 0..4);
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..3).prop_map(Value::Array),
            3 => members.prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A document whose one operation answers what `A` describes.
fn document([a, b, c]: [Value; 3]) -> Text {
    let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/A" } } });
    example::document(&content, &json!({ "A": a, "B": b, "C": c }))
}

fn answer(entry: usize, body: &str) -> Exchange<'_> {
    example::answer(entry, "application/json", body.as_bytes())
}

proptest! {
    #[test]
    fn what_was_compiled_for_the_values_that_came_judges_as_what_was_compiled_for_any(
        schemas in [schema(), schema(), schema()],
        bodies in proptest::collection::vec(body(), 1..5),
    ) {
        let documented = load(&[document(schemas)]).unwrap().value;
        let store = Arc::new(Store { documented, ..Store::default() });
        let pointer = "/components/schemas/A".to_owned();
        let at = Address { side: Side::Documented, pointer };
        let [whole, growing] = [usize::MAX, 0].map(|few| {
            Validators { store: store.clone(), few, known: Mutex::default() }.get(&at)
        });
        // What is no schema is none either way.
        let Ok(whole) = whole else { return Ok(()) };
        let growing = growing.unwrap();
        let tree = Tree::new(Validators::new(store));
        for body in &bodies {
            let [whole, growing] = [&whole, &growing]
                .map(|it| violations(&tree, &at, &it.of(body).unwrap(), body));
            prop_assert_eq!(whole, growing);
        }
    }
    /// Schemas that lead to each other, for the same value too, through whatever applies them.
    #[test]
    fn what_is_knotted_ends_and_the_short_way_says_the_same(
        schemas in [schema(), schema(), schema()],
        bodies in proptest::collection::vec(body(), 1..5),
    ) {
        let contract = example::contract(document(schemas));
        let bodies: Vec<String> = bodies.iter().map(Value::to_string).collect();
        let [short, full] = [false, true].map(|no_fast_path| {
            let mut run = Run::new(&contract, RunOptions { no_fast_path, ..RunOptions::default() });
            for (entry, body) in bodies.iter().chain(&bodies).enumerate() {
                run.check(&answer(entry, body));
            }
            (run.report().to_json(), run.drafts(jiff::civil::date(2026, 1, 1)))
        });
        prop_assert_eq!(&short.0, &full.0);
        prop_assert_eq!(short.1, full.1);
        for body in &bodies {
            contract.mask(&answer(0, body), &[], &MaskKey::from_text("law"));
        }
    }
}

/// A tree of nodes of four kinds, each with the kinds' schemas below it, and what is wrong at its deepest node.
fn nested(depth: usize, order: [&str; 2]) -> (Text, String) {
    let kind = |kind: &str| {
        let own = |name: &str| match name {
            "kind" => json!({ "const": kind }),
            _ => json!({ "type": "array", "items": { "$ref": "#/components/schemas/A" } }),
        };
        let properties: Map<String, Value> =
            order.iter().map(|it| ((*it).to_owned(), own(it))).collect();
        json!({ "type": "object", "required": ["kind"], "properties": properties })
    };
    let kinds = ["p", "q", "r", "s"].map(kind);
    let mut body = json!({ "kind": 5 });
    for _ in 0..depth {
        body = json!({ "kind": "s", "kids": [body] });
    }
    let none = || json!(true);
    (document([json!({ "anyOf": kinds }), none(), none()]), body.to_string())
}

#[test]
fn alternatives_that_nest_deep_are_told_along_those_that_are_meant() {
    for (depth, order) in [(2, ["kind", "kids"]), (20, ["kind", "kids"]), (20, ["kids", "kind"])] {
        let (document, body) = nested(depth, order);
        let contract = example::contract(document);
        let mut run =
            Run::new(&contract, RunOptions { no_fast_path: true, ..RunOptions::default() });
        run.check(&answer(0, &body));
        let found: Vec<String> = run
            .report()
            .findings
            .iter()
            .map(|it| format!("{} {}", it.rule.id(), it.place.clone().unwrap_or_default()))
            .collect();
        assert_eq!(found, [format!("type {}", "/kids/*".repeat(depth))], "{order:?}");
    }
}

/// What is read twice at each of many levels is found once at each.
#[test]
fn schemas_that_fan_out_load() {
    let mut schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
    let mut schemas = Map::new();
    for level in 0..30 {
        schemas.insert(format!("L{level}"), schema);
        let below = json!({ "$ref": format!("#/components/schemas/L{level}") });
        schema = json!({ "anyOf": [below, below] });
    }
    schemas.insert("A".into(), schema);
    let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/A" } } });
    let contract = example::contract(example::document(&content, &Value::Object(schemas)));
    let mut run = Run::new(&contract, RunOptions::default());
    run.check(&answer(0, "{\"a\":1}"));
    assert_eq!(run.report().exit_code, 0);
}

//! The dialects of OpenAPI 3.0 and 3.1: one case a rule, each a schema and what is found in bodies.

use serde_json::{Value, json};

use super::{answered, documented, faults, told};

const V30: &str = "3.0.3";
const V31: &str = "3.1.0";

struct Case {
    rule: &'static str,
    version: &'static str,
    /// The schema of the member `m`.
    schema: Value,
    /// Values of the member, and what is found.
    values: Vec<(Value, &'static str)>,
    /// What the document's faults say, in order.
    faults: &'static [&'static str],
}

fn case(
    rule: &'static str,
    version: &'static str,
    schema: Value,
    values: &[(Value, &'static str)],
    faults: &'static [&'static str],
) -> Case {
    Case { rule, version, schema, values: values.to_vec(), faults }
}

fn components() -> Value {
    json!({
        "Any": {"type": "object"},
        "Name": {"type": "string", "minLength": 2},
        "Secret": {"type": "string", "writeOnly": true},
        "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}, "required": ["kind", "lives"]},
        "Dog": {"type": "object", "properties": {"kind": {"type": "string"}, "tricks": {"type": "array", "items": {"type": "string"}}}, "required": ["kind", "tricks"]},
    })
}

fn cases() -> Vec<Case> {
    let name = "#/components/schemas/Name";
    let pets = |keyword: &str, discriminator: Value| {
        let branches =
            json!([{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]);
        json!({keyword: branches, "discriminator": discriminator})
    };
    let mapped =
        json!({"propertyName": "kind", "mapping": {"c": "#/components/schemas/Cat", "d": "Dog"}});
    vec![
        case(
            "null only where it is said",
            V30,
            json!({"type": "string"}),
            &[(json!("a"), ""), (json!(null), "null /m")],
            &[],
        ),
        case(
            "nullable",
            V30,
            json!({"type": "string", "nullable": true}),
            &[(json!(null), ""), (json!(1), "type /m")],
            &[],
        ),
        case(
            "not nullable",
            V30,
            json!({"type": "string", "nullable": false}),
            &[(json!(null), "null /m")],
            &[],
        ),
        case(
            "nullable beside a reference",
            V30,
            json!({"$ref": name, "nullable": true}),
            &[(json!(null), ""), (json!("a"), "bounds /m")],
            &["null may come"],
        ),
        case(
            "nullable beside allOf",
            V30,
            json!({"allOf": [{"$ref": name}], "nullable": true}),
            &[(json!(null), ""), (json!("a"), "bounds /m")],
            &[],
        ),
        case(
            "nullable beside type and allOf",
            V30,
            json!({"type": "string", "allOf": [{"$ref": name}], "nullable": true}),
            &[(json!(null), ""), (json!("a"), "bounds /m")],
            &[],
        ),
        case(
            "nullable beside oneOf",
            V30,
            json!({"oneOf": [{"$ref": name}, {"type": "integer"}], "nullable": true}),
            &[(json!(null), ""), (json!(1), ""), (json!(true), "type /m")],
            &[],
        ),
        case(
            "nullable, the enum lacks null",
            V30,
            json!({"type": "string", "enum": ["a"], "nullable": true}),
            &[(json!(null), ""), (json!("b"), "enum /m")],
            &["lacks null"],
        ),
        case(
            "nullable, the enum has null",
            V30,
            json!({"type": "string", "enum": ["a", null], "nullable": true}),
            &[(json!(null), ""), (json!("b"), "enum /m")],
            &[],
        ),
        case(
            "nullable without a type",
            V30,
            json!({"nullable": true}),
            &[(json!(null), ""), (json!(1), "")],
            &[],
        ),
        case(
            "nullable in 3.1",
            V31,
            json!({"type": "string", "nullable": true}),
            &[(json!(null), "null /m")],
            &["no meaning in OpenAPI 3.1"],
        ),
        case(
            "a list of types in 3.1",
            V31,
            json!({"type": ["string", "null"]}),
            &[(json!(null), ""), (json!(1), "type /m")],
            &[],
        ),
        case(
            "a list of types in 3.0",
            V30,
            json!({"type": ["string", "null"]}),
            &[(json!(null), ""), (json!(1), "type /m")],
            &["no list of types"],
        ),
        case(
            "an exclusive bound in 3.0",
            V30,
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": false}),
            &[(json!(1), "bounds /m"), (json!(2), ""), (json!(5), "")],
            &[],
        ),
        case(
            "an exclusive bound without a bound",
            V30,
            json!({"type": "integer", "exclusiveMaximum": true}),
            &[(json!(1), "")],
            &["no `maximum`"],
        ),
        case(
            "an exclusive bound in 3.1",
            V31,
            json!({"type": "integer", "exclusiveMinimum": 1}),
            &[(json!(1), "bounds /m"), (json!(2), "")],
            &[],
        ),
        case(
            "a boolean bound in 3.1",
            V31,
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
            &[(json!(1), "")],
            &["promised a number"],
        ),
        case(
            "beside a reference in 3.0",
            V30,
            json!({"$ref": name, "maxLength": 3, "description": "…"}),
            &[(json!("abcd"), "")],
            &["ignores what stands beside"],
        ),
        case(
            "beside a reference in 3.1",
            V31,
            json!({"$ref": name, "maxLength": 3}),
            &[(json!("abcd"), "bounds /m")],
            &[],
        ),
        case(
            "an example is no promise",
            V30,
            json!({"type": "string", "example": {"$ref": "nowhere"}, "default": 1}),
            &[(json!("a"), "")],
            &[],
        ),
        case(
            "int32",
            V30,
            json!({"type": "integer", "format": "int32"}),
            &[(json!(2_147_483_647), ""), (json!(2_147_483_648_i64), "bounds /m")],
            &[],
        ),
        case(
            "int64",
            V30,
            json!({"type": "integer", "format": "int64"}),
            &[(json!(i64::MAX), ""), (json!(u64::MAX), "bounds /m")],
            &[],
        ),
        case(
            "int32 of a text",
            V30,
            json!({"type": "string", "format": "int32"}),
            &[(json!("9999999999"), "")],
            &[],
        ),
        case(
            "float and double",
            V30,
            json!({"anyOf": [{"type": "number", "format": "float"}, {"type": "number", "format": "double"}]}),
            &[(json!(0.1), ""), (json!(3), "")],
            &[],
        ),
        case(
            "byte, binary and password",
            V30,
            json!({"allOf": [{"type": "string", "format": "byte"}, {"format": "binary"}, {"format": "password"}]}),
            &[(json!("not base64!"), "")],
            &[],
        ),
        case(
            "date-time",
            V30,
            json!({"type": "string", "format": "date-time"}),
            &[(json!("2024-01-31T10:00:00Z"), ""), (json!("2024-01-31 10:00"), "format /m")],
            &[],
        ),
        case(
            "an unknown format",
            V30,
            json!({"type": "string", "format": "unix-time"}),
            &[(json!("x"), "")],
            &["`unix-time` is unknown"],
        ),
        case(
            "a pattern",
            V30,
            json!({"type": "string", "pattern": "^\\d{2}(?=a)"}),
            &[(json!("12a"), ""), (json!("12b"), "format /m")],
            &[],
        ),
        case(
            "a broken pattern",
            V30,
            json!({"type": "string", "pattern": "^[a-", "maxLength": 3}),
            &[(json!("x"), ""), (json!("long"), "bounds /m")],
            &["no regular expression"],
        ),
        case(
            "required of requests only",
            V30,
            json!({"type": "object", "properties": {"p": {"type": "string", "writeOnly": true}, "r": {"type": "string", "readOnly": true}}, "required": ["p", "r"]}),
            &[(json!({"r": ""}), ""), (json!({}), "required /m/r")],
            &[],
        ),
        case(
            "required of requests only, behind a reference",
            V30,
            json!({"properties": {"p": {"$ref": "#/components/schemas/Secret"}, "n": {"$ref": "#/components/schemas/Secret", "nullable": true}}, "required": ["p", "n", "r"]}),
            &[(json!({}), "required /m/r")],
            &["null may come"],
        ),
        case(
            "required of requests only, in other branches",
            V31,
            json!({"required": ["p"], "allOf": [{"properties": {"p": {"writeOnly": true}, "r": {}}}, {"required": ["p", "r"]}, {"$ref": "#/components/schemas/Any"}]}),
            &[(json!({}), "required /m/r")],
            &[],
        ),
        case(
            "a member that is required twice",
            V31,
            json!({"required": ["a", "b", "a"], "dependentRequired": {"a": ["c", "c"]}}),
            &[(json!({"a": 1, "b": 2, "c": 3}), ""), (json!({"b": 2}), "required /m/a")],
            &["names a member twice", "names a member twice"],
        ),
        case(
            "an enum of another type",
            V31,
            json!({"type": "object", "properties": {"a": {"type": "string", "enum": [1, 2, null]}, "b": {"type": ["integer", "null"], "enum": ["1"]}, "c": {"type": "number", "enum": ["x", 2]}}}),
            &[
                (json!({"a": "1", "b": 1, "c": 2}), ""),
                (json!({"a": 1, "c": 3}), "type /m/a, enum /m/c"),
            ],
            &["no value of the promised type", "no value of the promised type"],
        ),
        case(
            "a pattern between slashes",
            V30,
            json!({"type": "string", "pattern": "/^[a-z]+$/"}),
            &[(json!("a"), ""), (json!("1"), "format /m")],
            &["read without them"],
        ),
        case(
            "a pattern between slashes with flags",
            V30,
            json!({"type": "string", "pattern": "/^[a-z]+$/i"}),
            &[(json!("A"), "")],
            &["left out"],
        ),
        case(
            "a pattern that holds slashes",
            V30,
            json!({"type": "string", "pattern": "/a/"}),
            &[(json!("x/a/y"), ""), (json!("a"), "format /m")],
            &[],
        ),
        case(
            "3.1 keywords in 3.0",
            V30,
            json!({"const": "a"}),
            &[(json!("a"), ""), (json!("b"), "enum /m")],
            &["no such keyword"],
        ),
        case(
            "a type that is none",
            V31,
            json!({"type": "any", "maxLength": 1}),
            &[(json!(1), ""), (json!("ab"), "bounds /m")],
            &["one of JSON Schema's types"],
        ),
        case(
            "keywords of another form",
            V31,
            json!({"type": "object", "required": true, "properties": null, "minProperties": -1, "enum": []}),
            &[(json!({}), "")],
            &["", "", "", ""],
        ),
        case(
            "a schema that is none",
            V31,
            json!({"properties": {"x": null}}),
            &[(json!({"x": 1}), "")],
            &["promised a schema"],
        ),
        case(
            "the branch that a discriminator names",
            V30,
            pets("oneOf", mapped.clone()),
            &[
                (json!({"kind": "c", "lives": 9}), ""),
                (json!({"kind": "c", "lives": "nine"}), "type /m/lives"),
                (json!({"kind": "d", "tricks": [1]}), "type /m/tricks/*"),
                (json!({"kind": "Dog", "tricks": 1}), "type /m/tricks"),
                (json!({"kind": "d", "tricks": [], "lives": 9}), "undocumented-field /m/lives"),
            ],
            &[],
        ),
        case(
            "a branch that matches beside the one that a discriminator names",
            V30,
            json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Any"}], "discriminator": {"propertyName": "kind"}}),
            &[
                (json!({"kind": "Cat", "lives": 9}), ""),
                (json!({"kind": "other", "lives": 9}), "type /m"),
            ],
            &[],
        ),
        case(
            "a branch that matches beside the one that a discriminator names",
            V30,
            json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Any"}], "discriminator": {"propertyName": "kind"}}),
            &[
                (json!({"kind": "Cat", "lives": 9}), ""),
                (json!({"kind": "other", "lives": 9}), "type /m"),
            ],
            &[],
        ),
        case(
            "one reading of a discriminator at every depth",
            V30,
            {
                let named = json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Any"}], "discriminator": {"propertyName": "kind"}});
                let of = |it: &Value| json!({"type": "object", "required": ["p"], "properties": {"p": it}});
                let other = json!({"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}});
                json!({"type": "object", "properties": {
                    "items": {"type": "array", "items": named},
                    "all": {"allOf": [named, {"properties": {"x": {"type": "string"}}}]},
                    "any": {"anyOf": [of(&named), other]},
                    "one": {"oneOf": [of(&named), other]},
                    "both": {"oneOf": [of(&json!({"allOf": [named]})), {"oneOf": [of(&json!({"type": "array", "items": named})), other]}]},
                    "plain": {"oneOf": [named, {"type": "string"}]},
                    "twice": {"oneOf": [named, {"$ref": "#/components/schemas/Cat"}]},
                    "not": {"not": named},
                }})
            },
            &[
                (
                    json!({"items": [{"kind": "Cat", "lives": 9}, {"kind": "Cat", "lives": "x"}, {"lives": 9}]}),
                    "",
                ),
                (json!({"items": [{"kind": "x", "lives": 9}]}), "type /m/items/*"),
                (json!({"all": {"kind": "Cat", "lives": 9, "x": "x"}}), ""),
                (json!({"any": {"p": {"kind": "Cat", "lives": 9}}}), ""),
                (json!({"one": {"p": {"kind": "Cat", "lives": 9}}}), ""),
                (json!({"both": {"p": {"kind": "Cat", "lives": 9}}}), ""),
                (json!({"both": {"p": [{"kind": "Cat", "lives": 9}]}}), ""),
                (json!({"plain": {"kind": "Cat", "lives": 9}}), ""),
                // What matches by the discriminator's reading is one of several.
                (json!({"twice": {"kind": "Cat", "lives": 9}}), "type /m/twice"),
                (json!({"not": {"kind": "Cat", "lives": 9}}), "type /m/not"),
                (json!({"not": {"kind": "x", "lives": 9}}), ""),
            ],
            &[],
        ),
        case(
            "a discriminator and null",
            V30,
            {
                let mut schema = pets("anyOf", mapped);
                schema["nullable"] = json!(true);
                schema
            },
            &[(json!(null), ""), (json!({"kind": "c", "lives": null}), "null /m/lives")],
            &[],
        ),
        case(
            "silent about other members",
            V30,
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            &[(json!({"b": 1}), "undocumented-field /m/b")],
            &[],
        ),
        case(
            "closed",
            V30,
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
            &[(json!({"b": 1}), "undocumented-field /m/b")],
            &[],
        ),
        case(
            "open",
            V30,
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true}),
            &[(json!({"b": 1}), "")],
            &[],
        ),
    ]
}

#[test]
fn each_rule_of_the_dialects_holds() {
    for Case { rule, version, schema, values, faults: expected } in cases() {
        let document = json!({
            "openapi": version, "info": {"title": "", "version": ""}, "servers": [{"url": "https://v.test"}],
            "paths": {"/x": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
                "schema": {"type": "object", "properties": {"m": schema}}}}}}}}},
            "components": {"schemas": components()},
        });
        let contract = documented(&[("v.json", &document.to_string())]).unwrap();
        let said = faults(&contract);
        assert_eq!(said.len(), expected.len(), "{rule}: {said:#?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{rule}: {said}");
            assert!(said.starts_with("v.json#/paths/~1x/get/responses/200/content/application~1json/schema/properties/m"), "{said}");
        }
        for (value, expected) in values {
            let body = json!({ "m": value }).to_string();
            let report = answered(&contract, "https://v.test/x", 200, "application/json", &body);
            assert_eq!(told(&report), expected, "{rule}: {body}");
        }
    }
}

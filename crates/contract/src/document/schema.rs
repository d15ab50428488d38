//! Schemas as OpenAPI 3.0 and 3.1 have them, made into JSON Schema 2020-12 without faults. The policy is told in
//! `docs/openapi.md`.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::{
    document::files::{At, Dialect},
    mask::KINDS,
    place::push_segment,
    schema::fragment,
};

/// Translates schemas one by one, the inner ones first.
pub(super) struct Translator {
    dialect: Dialect,
    /// Whether a pattern is a regular expression.
    patterns: HashMap<String, bool>,
    /// Unknown formats, each with its first place and the number of places.
    formats: BTreeMap<String, (At, usize)>,
    /// Whether any schema is of what is only written.
    pub(super) has_write_only: bool,
}

/// What nobody reads here, and what may hold data that looks like references.
const DATA: &[&str] =
    &["$anchor", "$schema", "default", "example", "examples", "externalDocs", "xml"];

/// Keywords beside a `$ref` that say nothing of values.
const ANNOTATIONS: &[&str] =
    &["$ref", "description", "summary", "title", "deprecated", "readOnly", "writeOnly", "nullable"];

/// Keywords of JSON Schema that OpenAPI 3.0 does not have (OpenAPI 3.0.4, section 4.7.24).
pub(super) const SINCE_31: &[&str] = &[
    "$defs",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords that would change how references are read.
const UNREAD: &[&str] = &["$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef", "$vocabulary"];

/// The formats that are asserted (JSON Schema 2020-12, Validation, section 7.3).
const ASSERTED: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Formats of OpenAPI's registry that assert nothing here; the integers that do are made bounds.
const REGISTERED: &[&str] = &[
    "base64url",
    "binary",
    "byte",
    "char",
    "commonmark",
    "decimal",
    "decimal128",
    "double",
    "double-int",
    "float",
    "html",
    "http-date",
    "media-range",
    "password",
    "sf-binary",
    "sf-boolean",
    "sf-decimal",
    "sf-integer",
    "sf-string",
    "sf-token",
];

impl Translator {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, patterns: HashMap::new(), formats: BTreeMap::new(), has_write_only: false }
    }

    /// Translates a schema whose inner schemas are translated.
    pub(super) fn translate(
        &mut self,
        schema: &mut Value,
        at: &At,
        faults: &mut Vec<(At, String)>,
    ) {
        // As OpenAPI 3.0 has to say that nothing comes.
        if self.dialect == Dialect::V30 && *schema == json!({ "not": {} }) {
            *schema = Value::Bool(false);
        }
        let Value::Object(keywords) = schema else { return };
        let mut fault = |keyword: &str, message: String| {
            let mut pointer = at.pointer.clone();
            push_segment(&mut pointer, keyword);
            faults.push((At { file: at.file, pointer }, message));
        };
        if self.dialect == Dialect::V30 {
            only_reference(keywords, &mut fault);
            exclusive_bounds(keywords, &mut fault);
        }
        if at.pointer.is_empty() {
            // That of a file is known to those who refer to it.
            keywords.shift_remove("$id");
        }
        keywords.retain(|keyword, value| self.stays(keyword, value, &mut fault));
        required_once(keywords, &mut fault);
        enum_of_another_type(keywords, &mut fault);
        pattern_between_slashes(keywords, &mut fault);
        self.pattern(keywords, &mut fault);
        self.format(keywords, at);
        self.has_write_only |= keywords.get("writeOnly") == Some(&Value::Bool(true));
        match (keywords.shift_remove("nullable"), self.dialect) {
            (Some(Value::Bool(true)), Dialect::V30) => nullable(schema, &mut fault),
            (Some(Value::Bool(_)), Dialect::V30) | (None, _) => {}
            (Some(_), Dialect::V30) => fault("nullable", "promised a boolean; left out".into()),
            (Some(_), Dialect::V31) => fault(
                "nullable",
                "has no meaning in OpenAPI 3.1, and is not read; write `type: [..., \"null\"]`"
                    .into(),
            ),
        }
    }

    /// Whether a keyword is kept; what is wrong with it is told.
    fn stays(&self, keyword: &str, value: &Value, fault: &mut dyn FnMut(&str, String)) -> bool {
        if DATA.contains(&keyword) {
            return false;
        }
        if UNREAD.contains(&keyword) {
            fault(keyword, "is not read; references are JSON pointers and anchors here".into());
            return false;
        }
        if keyword == "x-sensitive" && !value.as_str().is_some_and(|it| KINDS.contains(&it)) {
            fault(keyword, format!("promised one of {}; read as free text", KINDS.join(", ")));
        }
        if let Some(promised) = misspelt(keyword, value) {
            fault(keyword, format!("promised {promised}; left out"));
            return false;
        }
        if self.dialect == Dialect::V30 {
            if SINCE_31.contains(&keyword) {
                fault(keyword, "OpenAPI 3.0 has no such keyword; read as 3.1 does".into());
            } else if keyword == "type" && value.is_array() {
                fault(keyword, "OpenAPI 3.0 knows no list of types; read as 3.1 does".into());
            } else if keyword == "type" && value == "null" {
                fault(keyword, "OpenAPI 3.0 knows no type `null`; read as 3.1 does".into());
            }
        }
        true
    }

    /// Faults that are told once however many places have them.
    pub(super) fn folded(self) -> Vec<(At, String)> {
        let told = self.formats.into_iter().map(|(format, (at, count))| {
            let more = if count > 1 {
                format!(" (and at {} more places)", count - 1)
            } else {
                String::new()
            };
            (at, format!("the format `{format}` is unknown, and promises nothing{more}"))
        });
        told.collect()
    }

    /// JSON Schema's patterns are those of ECMA-262; what its own engine cannot read promises nothing.
    fn pattern(&mut self, keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
        let mut reads = |pattern: &str| {
            let known = self.patterns.get(pattern).copied();
            known.unwrap_or_else(|| {
                let reads = fragment::check(&json!({ "pattern": pattern })).is_ok();
                self.patterns.insert(pattern.to_owned(), reads);
                reads
            })
        };
        if let Some(Value::String(pattern)) = keywords.get("pattern")
            && !reads(pattern)
        {
            keywords.shift_remove("pattern");
            fault("pattern", "no regular expression that can be read (ECMA-262); left out".into());
        }
        if let Some(Value::Object(patterns)) = keywords.get_mut("patternProperties") {
            let count = patterns.len();
            patterns.retain(|pattern, _| reads(pattern));
            if patterns.len() < count {
                fault(
                    "patternProperties",
                    "holds what is no regular expression that can be read (ECMA-262); left out"
                        .into(),
                );
            }
        }
    }

    fn format(&mut self, keywords: &mut Map<String, Value>, at: &At) {
        let Some(Value::String(format)) = keywords.get("format") else { return };
        let format = format.clone();
        assert_format(keywords, &format);
        let is_known = ASSERTED.iter().chain(REGISTERED).any(|it| *it == format);
        if !is_known && integer_bounds(&format).is_none() {
            let mut first = at.clone();
            push_segment(&mut first.pointer, "format");
            self.formats.entry(format).or_insert((first, 0)).1 += 1;
        }
    }
}

/// Makes a format what is asserted of it: itself, bounds, or nothing.
fn assert_format(keywords: &mut Map<String, Value>, format: &str) {
    if let Some((minimum, maximum)) = integer_bounds(format) {
        keywords.entry("minimum").or_insert(minimum);
        keywords.entry("maximum").or_insert(maximum);
    } else if ASSERTED.contains(&format) {
        return;
    }
    keywords.shift_remove("format");
}

/// The bounds that OpenAPI's integer formats stand for (OpenAPI format registry), which no validator asserts.
fn integer_bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(0), json!(u8::MAX)),
        "uint16" => (json!(0), json!(u16::MAX)),
        "uint32" => (json!(0), json!(u32::MAX)),
        "uint64" => (json!(0), json!(u64::MAX)),
        _ => return None,
    })
}

/// Reads the formats of a fragment as those of documents are read.
pub(crate) fn assert_formats(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if let Some(format) = keywords.get("format").and_then(Value::as_str) {
                let format = format.to_owned();
                assert_format(keywords, &format);
            }
            keywords.values_mut().for_each(assert_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(assert_formats),
        _ => {}
    }
}

/// In OpenAPI 3.0, what stands beside a `$ref` is ignored; null beside it is meant all the same.
fn only_reference(keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
    if !keywords.contains_key("$ref") {
        return;
    }
    keywords.retain(|keyword, _| {
        let stays = ANNOTATIONS.contains(&keyword.as_str()) || keyword.starts_with("x-");
        if !stays {
            fault(keyword, "OpenAPI 3.0 ignores what stands beside a `$ref`; left out".into());
        }
        stays
    });
    if keywords.get("nullable") == Some(&Value::Bool(true)) {
        fault(
            "nullable",
            "OpenAPI 3.0 ignores what stands beside a `$ref`; read as it is meant, null may come"
                .into(),
        );
    }
}

/// In OpenAPI 3.0, `exclusiveMinimum: true` makes `minimum` exclusive.
fn exclusive_bounds(keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match keywords.get(exclusive) {
            Some(Value::Bool(true)) => match keywords.shift_remove(bound) {
                Some(value) => {
                    keywords.insert(exclusive.to_owned(), value);
                }
                None => {
                    keywords.shift_remove(exclusive);
                    fault(
                        exclusive,
                        format!("there is no `{bound}` that it could make exclusive; left out"),
                    );
                }
            },
            Some(Value::Bool(false)) => {
                keywords.shift_remove(exclusive);
            }
            Some(Value::Number(_)) => {
                fault(exclusive, "promised a boolean in OpenAPI 3.0; read as 3.1 does".into());
            }
            _ => {}
        }
    }
}

/// What a keyword must be, where its value is not.
pub(crate) fn misspelt(keyword: &str, value: &Value) -> Option<&'static str> {
    let texts = |it: &Value| it.as_array().is_some_and(|it| it.iter().all(Value::is_string));
    let (fits, promised) = match keyword {
        "type" => match value {
            Value::String(name) => (is_type_name(name), "one of JSON Schema's types"),
            Value::Array(names) => {
                let known = names.iter().all(|it| it.as_str().is_some_and(is_type_name));
                let distinct = (1..names.len()).all(|it| !names[..it].contains(&names[it]));
                (known && distinct && !names.is_empty(), "a list of JSON Schema's types, each once")
            }
            _ => (false, "one of JSON Schema's types"),
        },
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
            (value.is_object(), "a map of schemas")
        }
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
            (value.as_array().is_some_and(|it| !it.is_empty()), "a list of schemas")
        }
        "enum" => (value.as_array().is_some_and(|it| !it.is_empty()), "a list of values"),
        "required" => (texts(value), "a list of names"),
        "dependentRequired" => {
            (value.as_object().is_some_and(|it| it.values().all(texts)), "lists of names by name")
        }
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => (
            value.as_u64().is_some()
                || value.as_f64().is_some_and(|it| it >= 0.0 && it.fract() == 0.0),
            "a count",
        ),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
            (value.is_number(), "a number")
        }
        "multipleOf" => (value.as_f64().is_some_and(|it| it > 0.0), "a number above 0"),
        "uniqueItems" => (value.is_boolean(), "a boolean"),
        "pattern" | "format" => (value.is_string(), "a text"),
        "items"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => (value.is_object() || value.is_boolean(), "a schema"),
        "discriminator" => (
            value.get("propertyName").is_some_and(Value::is_string),
            "an object with `propertyName`",
        ),
        _ => (true, ""),
    };
    (!fits).then_some(promised)
}

fn is_type_name(name: &str) -> bool {
    ["array", "boolean", "integer", "null", "number", "object", "string"].contains(&name)
}

/// Takes away names that are required already: jsonschema counts them, and would miss a member that is there.
fn required_once(keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
    let mut once = |keyword: &str, names: &mut Value| {
        let Value::Array(names) = names else { return };
        let all = names.len();
        let mut known = HashSet::new();
        names.retain(|it| known.insert(it.clone()));
        if names.len() < all {
            fault(keyword, "names a member twice; read as once".into());
        }
    };
    if let Some(names) = keywords.get_mut("required") {
        once("required", names);
    }
    if let Some(Value::Object(lists)) = keywords.get_mut("dependentRequired") {
        lists.values_mut().for_each(|it| once("dependentRequired", it));
    }
}

/// Takes away a list of values none of which is of the type beside it: YAML reads `[1, 2]` as numbers, and no answer
/// could keep both.
fn enum_of_another_type(keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
    let Some(Value::Array(values)) = keywords.get("enum") else { return };
    let types: Vec<&str> = match keywords.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let mut said = values.iter().filter(|it| !it.is_null()).peekable();
    if said.peek().is_some() && !said.any(|value| types.iter().any(|it| is_of_type(value, it))) {
        keywords.shift_remove("enum");
        fault("enum", "holds no value of the promised type; left out".into());
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.as_f64().is_some_and(|it| it.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// A pattern as programs write it, `/^a$/i`, matches nothing: a slash stands before the start.
fn pattern_between_slashes(keywords: &mut Map<String, Value>, fault: &mut dyn FnMut(&str, String)) {
    let Some(Value::String(pattern)) = keywords.get("pattern") else { return };
    let within = pattern.strip_prefix('/').and_then(|it| it.rsplit_once('/'));
    let Some((within, flags)) = within.filter(|it| it.0.starts_with('^') && it.0.ends_with('$'))
    else {
        return;
    };
    match flags {
        "" | "u" | "g" => {
            let within = within.to_owned();
            keywords.insert("pattern".to_owned(), Value::String(within));
            fault("pattern", "stands between slashes; read without them".into());
        }
        _ => {
            keywords.shift_remove("pattern");
            fault("pattern", "stands between slashes and has flags; left out".into());
        }
    }
}

/// Lets null come. An `enum` that lacks it, a `$ref` and an `allOf` do not keep it out: that is how vendors mean it, though
/// OpenAPI 3.0.3 says otherwise.
fn nullable(schema: &mut Value, fault: &mut dyn FnMut(&str, String)) {
    let Value::Object(keywords) = schema else { return };
    if let Some(Value::Array(values)) = keywords.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
        fault(
            "enum",
            "lacks null, though the schema is `nullable`; read as it is meant, null may come"
                .into(),
        );
    }
    match keywords.get_mut("type") {
        Some(Value::String(name)) if name != "null" => {
            keywords["type"] = json!([name, "null"]);
        }
        Some(Value::Array(names)) if !names.contains(&json!("null")) => names.push(json!("null")),
        _ => {}
    }
    let refuses_null = ["$ref", "allOf", "anyOf", "oneOf", "not", "const", "if"];
    if refuses_null.iter().any(|it| keywords.contains_key(*it)) {
        *schema = json!({ "anyOf": [schema.take(), { "type": "null" }] });
    }
}

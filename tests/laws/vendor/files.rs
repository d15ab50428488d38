//! Documents in YAML and in several files.

use contract::{ContractTexts, DocumentFault, OperationId, Text};

use super::{answered, documented, faults, told};

const ROOT: &str = "\
openapi: 3.0.3
servers: [{url: https://v.test}]
x-shared: &object
  type: object
paths:
  /pets:
    $ref: paths/pets.yaml
  /owners/{id}:
    get:
      parameters: [{$ref: 'common/parameters.json#/id'}]
      responses:
        200:
          description: since 2024-01-31
          content:
            application/json:
              schema:
                <<: *object
                properties:
                  since: {type: string, format: date, example: 2024-01-31}
                  pets: {$ref: 'schemas/pet.yaml#/Pets'}
        default: {$ref: 'common/responses.yaml#/Error'}
";

const FILES: &[(&str, &str)] = &[
    (
        "documented/paths/pets.yaml",
        "get:\n  responses:\n    200:\n      description: ''\n      content:\n        application/json:\n          schema: {$ref: ../schemas/pet.yaml#/Pets}\n",
    ),
    (
        "documented/schemas/pet.yaml",
        "Pets:\n  type: array\n  items: {$ref: '#/Pet'}\nPet:\n  type: object\n  properties:\n    name: {type: string, nullable: true}\n    parent: {$ref: '#/Pet', nullable: true}\n  required: [name]\n",
    ),
    (
        "documented/common/parameters.json",
        r#"{"id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}}"#,
    ),
    (
        "documented/common/responses.yaml",
        "Error:\n  description: ''\n  content:\n    application/json:\n      schema: {type: object, required: [message]}\n",
    ),
];

#[test]
fn a_document_may_be_several_files() {
    let root = [("documented/openapi.yaml", ROOT)];
    let contract = documented(&[&root, FILES].concat()).unwrap();
    let expected = [
        "documented/schemas/pet.yaml#/Pet/properties/parent/nullable: OpenAPI 3.0 ignores what stands beside a `$ref`; read as it is meant, null may come",
    ];
    assert_eq!(faults(&contract), expected);
    let cases = [
        ("/pets", 200, r#"[{"name": null, "parent": {"name": "a", "parent": null}}]"#, ""),
        ("/pets", 200, r#"[{"name": "a", "parent": {"name": 1}}]"#, "type /*/parent/name"),
        (
            "/owners/1",
            200,
            r#"{"pets": [{}], "since": "x"}"#,
            "required /pets/*/name, format /since",
        ),
        ("/owners/1", 500, "{}", "required /message"),
    ];
    for (path, status, body, expected) in cases {
        let url = format!("https://v.test{path}");
        let report = answered(&contract, &url, status, "application/json", body);
        assert_eq!(told(&report), expected, "{path} {body}");
    }
}

/// Where the text stands that each finding contradicts, and each fault: `file:line:column`.
fn lines(files: &[(&str, &str)], url: &str, body: &str) -> Vec<String> {
    let contract = documented(files).unwrap();
    let mut report = answered(&contract, url, 200, "application/json", body);
    let texts = ContractTexts {
        documented: files.iter().map(|it| Text { name: it.0.into(), text: it.1.into() }).collect(),
        quirks: Vec::new(),
        modelled: None,
        settings: None,
    };
    contract.locate(&texts, &mut report);
    let findings = report.findings.iter().map(|it| {
        let at = it.promised_at.as_ref().unwrap();
        let place = it.place.as_ref().map_or("", |it| it.as_str());
        format!("{place} {}:{}:{}", at.file, at.line, at.column)
    });
    findings.chain(report.document_faults.iter().map(DocumentFault::place)).collect()
}

#[test]
fn findings_and_faults_have_the_lines_of_their_files() {
    let root = [("documented/openapi.yaml", ROOT)];
    let files = [&root, FILES].concat();
    // Through the path item's reference, an anchor's merge and the `anyOf` of what may be null.
    let cases = [
        (
            "/pets",
            r#"[{"name": 1, "parent": {"name": 2}}]"#,
            vec![
                "/*/name documented/schemas/pet.yaml:7:11",
                "/*/parent/name documented/schemas/pet.yaml:7:11",
            ],
        ),
        ("/pets", "{}", vec![" documented/paths/pets.yaml:7:19"]),
        (
            "/owners/1",
            r#"{"since": 1, "pets": 1}"#,
            vec!["/pets documented/openapi.yaml:20:25", "/since documented/openapi.yaml:19:26"],
        ),
    ];
    for (path, body, expected) in cases {
        let mut found = lines(&files, &format!("https://v.test{path}"), body);
        let fault = found.pop().unwrap();
        assert_eq!(fault, "documented/schemas/pet.yaml:8#/Pet/properties/parent/nullable");
        assert_eq!(found, expected, "{path} {body}");
    }
    // The same document in JSON, with a byte order mark.
    let json = "\u{feff}{\"openapi\": \"3.0.3\", \"paths\": {\n\"/x\": {\"get\": {\"responses\": {\"200\": {\"content\": {\"application/json\": {\"schema\":\n{\"type\": \"object\", \"nullable\": true, \"allOf\": [\n{\"properties\": {\"a\":\n{\"type\": \"text\", \"enum\": [1]}}}]}}}}}}}}}";
    assert_eq!(
        lines(&[("v.json", json)], "https://v.test/x", r#"{"a": 2}"#),
        [
            "/a v.json:5:1",
            "v.json:5#/paths/~1x/get/responses/200/content/application~1json/schema/allOf/0/properties/a/type"
        ]
    );
    // What is required and described nowhere.
    let json = "{\"openapi\": \"3.0.3\", \"paths\": {\"/x\": {\"get\": {\"responses\": {\"200\": {\"content\": {\"application/json\": {\"schema\": {\"$ref\": \"#/components/schemas/A\"}}}}}}}},\n\"components\": {\"schemas\": {\"A\": {\"required\": [\"a\",\n\"b\"], \"properties\": {\"a\": {}}}}}}";
    assert_eq!(lines(&[("v.json", json)], "https://v.test/x", r#"{"a": 2}"#), ["/b v.json:3:1"]);
}

#[test]
fn references_stay_inside_the_folder() {
    let root = "openapi: 3.1.0\npaths:\n  /x:\n    get:\n      responses:\n        200:\n          description: ''\n          content:\n            application/json:\n              schema:\n                properties:\n                  a: {$ref: 'https://v.test/a.json'}\n                  b: {$ref: ../../secret.json#/b}\n                  c: {$ref: '/etc/passwd'}\n                  d: {$ref: '#/nowhere'}\n                  e: {$ref: '#anchor'}\n                  f: {type: integer}\n";
    let contract = documented(&[("documented/openapi.yaml", root)]).unwrap();
    let said = faults(&contract);
    let expected = [
        "no",
        "none is ever asked",
        "not in `documented/`",
        "not in `documented/`",
        "leads nowhere",
        "names an anchor that is not in the file",
    ];
    assert_eq!(said.len(), 5, "{said:#?}");
    for (said, expected) in said.iter().zip(&expected[1..]) {
        assert!(said.contains(expected), "{said}");
    }
    let report = answered(
        &contract,
        "https://v.test/x",
        200,
        "application/json",
        r#"{"a": 1, "b": 2, "f": "x"}"#,
    );
    assert_eq!(told(&report), "type /f");
}

#[test]
fn references_into_what_may_be_null_are_followed() {
    let root = "openapi: 3.0.0\npaths:\n  /x:\n    get:\n      responses:\n        200:\n          description: ''\n          content:\n            application/json:\n              schema: {properties: {a: {$ref: '#/components/schemas/A'}, second: {$ref: '#/components/schemas/A/anyOf/1'}}}\ncomponents:\n  schemas:\n    A: {nullable: true, anyOf: [{$ref: part.yaml#/S}, {$ref: part.yaml#/I}, {$ref: gone.yaml}]}\n";
    let part = ("part.yaml", "S: {type: string}\nI: {type: integer}\n");
    let contract = documented(&[("openapi.yaml", root), part]).unwrap();
    assert_eq!(faults(&contract).len(), 1, "{:#?}", faults(&contract));
    let report = answered(
        &contract,
        "https://v.test/x",
        200,
        "application/json",
        r#"{"a": null, "second": "s"}"#,
    );
    assert_eq!(told(&report), "type /second");
}

#[test]
fn which_file_is_the_document_must_be_clear() {
    let paths = "paths: {}";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("a.yaml", "openapi: 3.0.0\npaths: {}"), ("b.yaml", "openapi: 3.1.0\npaths: {}")],
            "several files have this member",
        ),
        (
            &[
                ("a.yaml", "openapi: 3.0.0\npaths: {/a: {$ref: b.yaml#/paths/a}}"),
                ("b.yaml", "openapi: 3.1.0\npaths: {/b: {$ref: a.yaml#/paths/b}}"),
            ],
            "several files have this member",
        ),
        (&[("a.yaml", paths), ("b.yaml", paths)], "nor is any of the 1 files beside it"),
        (&[("a.yaml", paths)], "this is no OpenAPI document"),
        (&[("a.json", r#"{"swagger": "2.0", "paths": {}}"#)], "this is Swagger 2.0"),
        (&[("a.json", r#"{"openapi": "2.0.0", "paths": {}}"#)], "promised 3.0.x or 3.1.x"),
        (&[("a.json", r#"{"openapi": "3.1.0"}"#)], "describes no operation"),
        (&[("a.json", "{\n  \"openapi\": x}")], "a.json:2: not JSON"),
        (&[("a.yaml", "openapi: 3.1.0\npaths: [")], "not YAML"),
        (&[("a.yaml", "")], "this is no OpenAPI document"),
    ];
    for (files, expected) in cases {
        let error = documented(files).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    let broken_part = [("a.yaml", "openapi: 3.1.0\npaths: {/a: {get: {}}}"), ("b.yaml", "a: 1\n]")];
    let fault = &faults(&documented(&broken_part).unwrap())[0];
    assert!(fault.starts_with("b.yaml:2#: not YAML"), "{fault}");
}

#[test]
fn of_whole_documents_the_one_that_no_other_needs_is_meant() {
    let operation = "{get: {responses: {200: {description: ''}}}}";
    let part = format!("openapi: 3.0.0\npaths: {{/part: {operation}}}");
    let files = [
        ("a.yaml", &*part),
        ("b.yaml", "openapi: 3.0.0\npaths: {/b: {$ref: 'a.yaml#/paths/~1part'}}"),
    ];
    let contract = documented(&files).unwrap();
    let operations: Vec<&str> = contract.operations().map(OperationId::as_str).collect();
    assert_eq!(operations, ["GET /b"]);
}

#[test]
fn references_that_vendors_write_are_read_as_they_are_meant() {
    let root = "openapi: 3.1.0\npaths:\n  /x: {$ref: 'x.yaml#/'}\ncomponents:\n  mediaTypes: {}\n";
    let x = "get: {responses: {200: {description: '', content: {application/json: {$ref: 'json.yaml#'}}}}}\n";
    let json = "schema: {properties: {a: {$ref: 'https://v.test/a.json'}, b: {$ref: 'https://v.test/a.json#b'}}}\n";
    let a = r##"{"$id": "https://v.test/a.json", "type": "integer", "$defs": {"B": {"$anchor": "b", "type": "string"}, "C": {"$ref": "#b"}}}"##;
    let files = [("openapi.yaml", root), ("x.yaml", x), ("json.yaml", json), ("a.json", a)];
    let contract = documented(&files).unwrap();
    assert_eq!(faults(&contract), [""; 0]);
    let body = r#"{"a": "1", "b": 1}"#;
    let report = answered(&contract, "https://v.test/x", 200, "application/json", body);
    assert_eq!(told(&report), "type /a, type /b");
}

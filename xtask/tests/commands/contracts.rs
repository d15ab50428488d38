//! What the commands check by: contracts with faults, without a model, and new versions of the vendor's document.

use std::{fs, path::PathBuf};

use super::{check, compare, root, xtask};

/// A copy of `schemas/` in a folder of its own.
fn contract_copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("schemas");
    for sub in ["documented", "quirks", "modelled"] {
        fs::create_dir_all(to.join(sub)).unwrap();
        for entry in fs::read_dir(root().join("schemas").join(sub)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, to.join(sub).join(path.file_name().unwrap())).unwrap();
        }
    }
    (folder, to)
}

#[test]
fn every_fault_of_a_contract_is_told_at_once() {
    let (_folder, contract) = contract_copy();
    for (id, from, to) in
        [("source-is-an-integer", "reason", "raeson"), ("image-is-nullable", "/image", "/portrait")]
    {
        let path = contract.join("quirks").join(format!("{id}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(from, to)).unwrap();
    }
    let screen = check(&["--contract", contract.to_str().unwrap()]);
    compare("contract-faults", &screen.replace(&contract.display().to_string(), "[contract]"));
}

const DOCUMENT_WITH_FAULTS: &str = "\
openapi: 3.0.3
servers: [{url: /api/v2}]
paths:
  /chat/chatrooms/{id}:
    get:
      parameters: [{name: id, in: path}]
      responses:
        200:
          description: A room, since 2024-01-31
          content: {application/json: {schema: {$ref: schemas/room.yml}}}
        4XX: {description: '', content: {'*/*': {}}}
components:
  schemas:
    Broken:
      properties:
";

#[test]
fn a_document_with_faults_is_used_unless_none_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let documented = folder.path().join("documented");
    fs::create_dir_all(documented.join("schemas")).unwrap();
    let members = (0..12).map(|it| format!("        m{it}: {{$ref: 'gone.yaml#/{it}'}}\n"));
    let document = DOCUMENT_WITH_FAULTS.to_owned() + &members.collect::<String>();
    fs::write(documented.join("openapi.yaml"), document).unwrap();
    fs::write(
        documented.join("schemas/room.yml"),
        "properties: {id: {type: integer, nullable: true}}\n",
    )
    .unwrap();
    let contract = folder.path().to_str().unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["--contract", contract, "tests/recordings"], more].concat();
        check(&arguments).replace(contract, "[contract]")
    };
    let screen = run(&[]);
    assert!(screen.starts_with("exit 0\n") && screen.contains("undocumented-field"), "{screen}");
    let faults = screen.split_once("Faults of the document").map(|it| it.1);
    compare("document-faults", faults.unwrap_or(&screen));
    let strict = run(&["--strict-documents"]);
    assert!(
        strict.starts_with("exit 2\n") && strict.contains("the document has 12 faults"),
        "{strict}"
    );
    assert_eq!(strict.matches("gone.yaml").count(), 12, "{strict}");
}

#[test]
fn without_a_model_the_document_and_its_quirks_judge() {
    let (_folder, contract) = contract_copy();
    fs::remove_dir_all(contract.join("modelled")).unwrap();
    let contract = contract.to_str().unwrap();
    let screen = check(&["--contract", contract, "tests/recordings"]);
    assert!(
        screen.starts_with("exit 0\n")
            && screen.contains("has no model; documented + quirks judged it"),
        "{screen}"
    );
    // What only the model promises is not missed; what the document promises is.
    assert!(
        check(&["--contract", contract, "tests/cases/violation/member-missing.har"])
            .starts_with("exit 0\n")
    );
    assert!(
        check(&["--contract", contract, "tests/cases/violation/another-type.har"])
            .starts_with("exit 1\n")
    );
    assert!(check(&["--contract", contract, "tests/cases/mutated"]).starts_with("exit 1\n"));
    let screen = check(&["--contract", contract, "tests/cases/undocumented/field.har"]);
    assert!(
        screen.starts_with("exit 0\n") && screen.contains("warning[undocumented-field]"),
        "{screen}"
    );
}

/// What is of the default contract alone says nothing about another.
#[test]
fn another_contract_has_no_recordings_and_no_stand_in_of_ours() {
    let (_folder, contract) = contract_copy();
    let contract = contract.to_str().unwrap();
    let screen = check(&["--contract", contract]);
    assert!(screen.starts_with("exit 2\n") && screen.contains("no recordings; name"), "{screen}");
    for command in ["check", "record"] {
        let screen = xtask(&[command, "--stand-in", "--contract", contract]);
        assert!(
            screen.starts_with("exit 2\n") && screen.contains("there is no stand-in for this"),
            "{screen}"
        );
    }
}

/// The vendor's next document: what it does to the quirks and to readers, and nothing about its wording.
#[test]
fn a_new_version_of_the_document_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = root().join("schemas/documented/openapi.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let same = folder.path().join("same.json");
    let description = "Get a chatroom by id";
    assert!(text.contains(description));
    fs::write(&same, text.replace(description, "Another wording")).unwrap();
    let schemas = &mut document["components"]["schemas"];
    let room = &mut schemas["Chatroom"]["properties"];
    room["source"] = serde_json::json!({ "type": "integer", "enum": [0, 1, 2] });
    room["established_dialogue"] = serde_json::json!({ "type": "boolean" });
    room["type_discussion"]["enum"] = serde_json::json!([0, 1]);
    room["topics"] = serde_json::json!({ "type": "array" });
    let ambassador = schemas["Ambassador"]["properties"].as_object_mut().unwrap();
    ambassador.shift_remove("email_tmp");
    ambassador["customer_id"] = serde_json::json!({ "type": ["string", "null"] });
    let operation = document["paths"]["/chat/chatrooms/{id}"]["get"].clone();
    document["paths"]["/chat/chatrooms"] = serde_json::json!({ "post": operation });
    let responses = &mut document["paths"]["/chat/chatrooms/{id}"]["get"]["responses"];
    responses["404"] = serde_json::json!({ "description": "" });
    responses.as_object_mut().unwrap().shift_remove("403");
    let new = folder.path().join("new.json");
    fs::write(&new, document.to_string()).unwrap();
    let diff =
        |new: &std::path::Path| xtask(&["diff", path.to_str().unwrap(), new.to_str().unwrap()]);
    let nothing = "exit 0\nNothing changes for a reader of responses, and no quirk is touched.\n";
    assert_eq!(diff(&same), nothing);
    compare("diff", &diff(&new));
    let missing = diff(&folder.path().join("missing.json"));
    assert!(missing.starts_with("exit 2\n") && missing.contains("missing.json"), "{missing}");
    fs::write(&new, "{}").unwrap();
    let screen = diff(&new);
    assert!(screen.starts_with("exit 2\n") && screen.contains("new.json"), "{screen}");
}

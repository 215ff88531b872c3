//! The document of the API is the committed one, and never takes away what somebody may use.

use crate::house::run;
use serde_json::Value;

const COMMITTED: &str = include_str!("../../../../docs/openapi.json");

fn printed() -> String {
    let folder = tempfile::tempdir().expect("folder");
    String::from_utf8(run(folder.path(), None, &["openapi"]).stdout).expect("UTF-8")
}

#[test]
fn the_committed_document_is_the_one_of_the_code() {
    assert!(
        printed().trim() == COMMITTED.trim(),
        "docs/openapi.json is out of date: write it and the types of the UI with `make api`"
    );
}

#[test]
fn nothing_that_was_promised_is_taken_away() {
    let now: Value = serde_json::from_str(&printed()).expect("JSON");
    let before: Value = serde_json::from_str(COMMITTED).expect("JSON");
    let mut gone = Vec::new();
    for (path, methods) in before["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let still = &now["paths"][path][method];
            if still["operationId"] != operation["operationId"] {
                gone.push(format!("{method} {path}"));
            }
        }
    }
    for (name, schema) in before["components"]["schemas"].as_object().expect("schemas") {
        let still = &now["components"]["schemas"][name];
        for property in schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys()) {
            if still["properties"].get(property).is_none() {
                gone.push(format!("{name}.{property}"));
            }
        }
    }
    assert!(gone.is_empty(), "gone: {gone:?}");
}

#[test]
fn every_operation_has_its_own_name_a_tag_and_a_reason_for_its_faults() {
    let document: Value = serde_json::from_str(&printed()).expect("JSON");
    let mut names = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in methods.as_object().expect("methods") {
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(name.contains('_') && names.insert(name.to_owned()), "{method} {path}: {name}");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('4')), "{name} tells no fault");
        }
    }
}

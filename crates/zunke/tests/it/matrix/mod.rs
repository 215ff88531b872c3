//! Who gets into which operation, and whom he meets there: every operation of the document the binary serves, called by
//! everybody. What is found is compared with tables in `tests/it/data`, which only a looked-at change moves.

mod bodies;
mod eyes;
mod gate;
mod world;

use crate::house::run;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One operation of the document.
pub struct Operation {
    pub method: String,
    /// With its `{names}`.
    pub path: String,
    pub takes_body: bool,
    /// The least that its body must be, with [`bodies::WHO`] wherever a customer or a ticket may be named.
    pub body: Option<Value>,
    /// Names of its parameters in the query, and whether they must be there.
    pub query: Vec<(String, bool)>,
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path.trim_start_matches("/api/v1"))
    }

    pub fn takes(&self, parameter: &str) -> bool {
        self.query.iter().any(|(name, _)| name == parameter)
    }

    /// The path with `id` for its first name, ids of nothing for the others, and what the query must have.
    pub fn called(&self, id: &str) -> String {
        let mut first = Some(id);
        let parts: Vec<String> = self
            .path
            .split('/')
            .map(|part| match part.strip_prefix('{').map(|name| name.trim_end_matches('}')) {
                Some("year" | "number") => "1".to_owned(),
                Some(_) => first.take().map_or_else(|| nothing("cus"), str::to_owned),
                None => part.to_owned(),
            })
            .collect();
        let needed: Vec<String> = self
            .query
            .iter()
            .filter(|(_, required)| *required)
            .map(|(name, _)| match name.as_str() {
                "day" | "from" | "to" | "until" => format!("{name}=2026-11-01"),
                _ => format!("{name}={}", nothing("cus")),
            })
            .collect();
        let mark = if needed.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", parts.join("/"), needed.join("&"))
    }
}

/// An id of the right form that stands for nothing.
pub fn nothing(prefix: &str) -> String {
    format!("{prefix}_00000000000070008000000000000000")
}

/// The operations of the document that this binary serves.
pub fn operations() -> Vec<Operation> {
    let folder = tempfile::tempdir().expect("a folder");
    let document: Value =
        serde_json::from_slice(&run(folder.path(), None, &["openapi"]).stdout).expect("the document of the API");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let query = parameters
                .iter()
                .filter(|one| one["in"] == "query")
                .map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), one["required"] == true))
                .collect();
            let takes_body = operation.get("requestBody").is_some();
            let body = operation.pointer("/requestBody/content/application~1json/schema");
            let body = body.map(|schema| bodies::least(&document, schema, 0));
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), takes_body, body, query });
        }
    }
    assert!(all.len() > 350, "{} operations", all.len());
    all
}

/// Compares a table with the one that was looked at. `ZUNKE_BLESS=1` writes it instead.
pub fn compare(file: &str, head: &str, rows: &BTreeMap<String, String>) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "it", "data", file].iter().collect();
    let table: String = rows.iter().map(|(name, cells)| format!("{name:<62} {}\n", cells.trim_end())).collect();
    if std::env::var_os("ZUNKE_BLESS").is_some_and(|word| word == "1") {
        std::fs::write(&path, format!("{head}\n{table}")).expect("the table is written");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let mut before: BTreeMap<&str, &str> = kept
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_at_checked(62))
        .map(|(name, cells)| (name.trim(), cells.trim()))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let mut wrong = Vec::new();
    for (name, cells) in rows {
        match before.remove(name.as_str()) {
            None => wrong.push(format!("{name} is in no row; it is now: {}", cells.trim())),
            Some(known) if known != cells.trim() => {
                wrong.push(format!("{name}\n    was: {known}\n    now: {}", cells.trim()));
            }
            Some(_) => {}
        }
    }
    wrong.extend(before.keys().map(|name| format!("{name} has a row and is no operation any more")));
    assert!(
        wrong.is_empty(),
        "{file} does not say what happens:\n{}\n\nIf that is meant: ZUNKE_BLESS=1 cargo test -p zunke --test it matrix, \
         read the difference line by line, and let somebody else read it too (docs/access.md, The matrix).",
        wrong.join("\n")
    );
}

//! What the pages on security claim is there: each test that they name stands in the file that they name.

use std::path::Path;

const PAGES: [(&str, &str); 3] = [
    ("docs/asvs.md", include_str!("../../../../docs/asvs.md")),
    ("docs/threat-model.md", include_str!("../../../../docs/threat-model.md")),
    ("SECURITY.md", include_str!("../../../../SECURITY.md")),
];

/// The text of the test's file, where it has the test.
fn proves(root: &Path, file: &str, test: &str) -> bool {
    let path = if file.starts_with("web/") { root.join(file) } else { root.join("crates").join(file) };
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let marked = |found: usize| text[..found].rfind("#[").is_some_and(|at| text[at..found].contains("test"));
    text.find(&format!("fn {test}(")).is_some_and(marked) || text.contains(&format!("it('{test}'"))
}

#[test]
fn every_test_that_the_pages_on_security_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut named = 0;
    for (page, text) in PAGES {
        for (file, test) in text.split('`').filter_map(|piece| piece.split_once("::")) {
            if !(file.ends_with(".rs") || file.ends_with(".ts")) {
                continue;
            }
            named += 1;
            assert!(proves(&root, file, test), "{page} names {file}::{test}, which is not there");
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or("");
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                let from = root.join(page);
                assert!(from.parent().is_some_and(|folder| folder.join(target).exists()), "{page} leads to {target}");
            }
        }
    }
    assert!(named > 150, "{named}");
}

#[test]
fn the_table_has_every_requirement_once_with_an_answer() {
    let (_, text) = PAGES[0];
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.trim_matches('|').splitn(4, '|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 259, "the requirements of levels 1 and 2");
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        assert!(seen.insert(row[0].to_owned()), "{} stands twice", row[0]);
        assert!(["yes", "partly", "no", "n/a"].contains(&row[2]), "{row:?}");
        assert!(!row[3].is_empty(), "{} has neither a test nor a reason", row[0]);
    }
}

#[test]
fn no_pattern_of_a_user_is_ever_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("Cargo.lock");
    let mut backtracking = Vec::new();
    for package in lock.split("[[package]]") {
        let name = package.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or("").trim_matches('"');
        assert!(!["onig", "onig_sys", "pcre", "pcre2", "pcre2-sys"].contains(&name), "{name} backtracks");
        if package.contains("\n \"fancy-regex") {
            backtracking.push(name.to_owned());
        }
        // What is ours takes no pattern at all.
        assert!(
            !(name.starts_with("zunke") && package.contains("\n \"regex")),
            "{name} runs patterns: bound their size, and say so"
        );
    }
    assert!(backtracking.iter().all(|name| name == "zxcvbn"), "{backtracking:?}");
}

//! Reads the source of all rooms and finds SQL that one of the three databases does not take, or takes ill.

use std::path::{Path, PathBuf};

/// What a statement must not hold, and what to write instead. Upper case.
const FORBIDDEN: [(&str, &str); 18] = [
    ("DISTINCT ON", "GROUP BY, or a window function"),
    ("ILIKE", "LIKE on a folded column"),
    ("::", "CAST(… AS …)"),
    ("NOW()", "a parameter: time is given"),
    ("CURRENT_TIMESTAMP", "a parameter: time is given"),
    ("CURRENT_DATE", "a parameter: time is given"),
    ("NOT IN (SELECT", "NOT EXISTS"),
    ("GREATEST(", "CASE WHEN"),
    ("LEAST(", "CASE WHEN"),
    ("LATERAL", "two statements, or a join"),
    ("FOR UPDATE", "a first statement that updates the customer's row"),
    ("SKIP LOCKED", "a conditional UPDATE … RETURNING on a local table"),
    ("DATE_TRUNC", "whole numbers of days, computed in the organisation's zone"),
    ("INTERVAL '", "whole numbers of milliseconds or days"),
    ("MERGE INTO", "INSERT … ON CONFLICT"),
    ("PG_ADVISORY", "a row in a table"),
    ("ROLLUP", "several groupings"),
    ("AUTOINCREMENT", "ids of the application"),
];
/// A line that says why a statement is one engine's own, above it: `// SQLite only: …`, `// PostgreSQL only: …`.
const SAID: [&str; 2] = ["// SQLite only", "// PostgreSQL only"];
/// Folders and files that speak to one engine by their trade.
const ENGINES: [&str; 5] = ["postgres", "sqlite", "postgres.rs", "sqlite.rs", "testing.rs"];

fn sources() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        std::fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path().join("src")).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| ENGINES.iter().any(|engine| name == *engine)) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The string literals of a Rust source, each with the line on which it begins.
fn literals(source: &str) -> Vec<(usize, String)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line += 1,
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
                continue;
            }
            // A quote as a character: '"' or '\"'.
            b'\'' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 3,
            b'"' => {
                let hashes = source[..at].bytes().rev().take_while(|byte| *byte == b'#').count();
                let raw = bytes.get(at.wrapping_sub(hashes + 1)) == Some(&b'r');
                let begin = at + 1;
                at = begin;
                loop {
                    match bytes.get(at) {
                        None => break,
                        Some(b'\\') if !raw => at += 1,
                        Some(b'"') if !raw || source[at + 1..].bytes().take(hashes).all(|byte| byte == b'#') => break,
                        Some(_) => {}
                    }
                    at += 1;
                }
                let text = source.get(begin..at).unwrap_or_default();
                found.push((line, text.to_owned()));
                line += text.matches('\n').count();
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The faults of the SQL in one source: line, what, and what instead.
fn faults(source: &str) -> Vec<(usize, &'static str, &'static str)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (line, text) in literals(source) {
        let plain = text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let sql = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", " WHERE ", " AND ", "ORDER BY ", " JOIN "]
            .iter()
            .any(|word| plain.contains(word) || plain.starts_with(word.trim_start()));
        if !sql {
            continue;
        }
        let above = lines[line.saturating_sub(6)..line.min(lines.len())].iter();
        if above.clone().any(|line| SAID.iter().any(|said| line.contains(said))) {
            continue;
        }
        let upper = plain.to_uppercase();
        for (word, instead) in FORBIDDEN {
            if upper.contains(word) {
                found.push((line, word, instead));
            }
        }
    }
    found
}

#[test]
fn every_statement_is_good_for_all_three_databases() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} sources were found", sources.len());
    let mut told = Vec::new();
    let mut seen = 0;
    for path in sources {
        let source = std::fs::read_to_string(&path).unwrap();
        seen +=
            literals(&source).iter().filter(|(_, text)| text.contains("SELECT ") || text.contains("UPDATE ")).count();
        for (line, word, instead) in faults(&source) {
            told.push(format!("{}:{line}: {word} (write {instead})", path.display()));
        }
    }
    assert!(seen > 60, "only {seen} statements were found");
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn a_forbidden_statement_is_found_where_it_stands() {
    let bad = "fn a() {\n    tx.query(\"SELECT a::text FROM b\");\n    tx.query(r#\"SELECT DISTINCT\n ON (a) a FROM b\"#);\n}";
    let found: Vec<_> = faults(bad).into_iter().map(|(line, word, _)| (line, word)).collect();
    assert_eq!(found, [(2, "::"), (3, "DISTINCT ON")]);
    let least = "let more = \" AND score >= LEAST($1, $2)\";";
    assert_eq!(faults(least).len(), 1);
    assert_eq!(faults("// SELECT a::text\nlet c = '\"'; let path = \"std::fmt\";"), []);
    assert_eq!(faults("// PostgreSQL only: the search index\nlet a = \"SELECT a::text\";"), []);
}

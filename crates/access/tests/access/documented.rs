//! The table of roles in the docs is the one in code.

use std::fmt::Write;
use zunke_access::{Permission, Role};

#[test]
fn the_table_of_the_docs_says_what_each_role_may_do() {
    let page = include_str!("../../../../docs/access.md");
    let written: Vec<String> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            cells[1..7].join(" | ")
        })
        .collect();
    let wanted: Vec<String> = Permission::ALL
        .iter()
        .map(|permission| {
            let mut line = format!("`{}`", permission.word());
            for role in Role::ALL {
                write!(line, " | {}", if role.has(*permission) { "●" } else { "" }).expect("text");
            }
            line
        })
        .collect();
    assert_eq!(written, wanted, "docs/access.md, Roles: one row for each permission, in the order of role.rs");
}

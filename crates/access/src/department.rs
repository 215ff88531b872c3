//! Departments as a tree. Each keeps its path of ids from the root, so that "and below" is one prefix.

use zunke_kernel::id::DepartmentId;
use zunke_kernel::{Error, Result};

/// The most departments from the root to a leaf.
pub const DEPTH_MAX: usize = 12;

pub const NAME_CHARS_MAX: usize = 60;

/// The path of a department below `parent`.
#[must_use]
pub fn path_below(parent: Option<&str>, id: DepartmentId) -> String {
    format!("{}{}/", parent.unwrap_or(""), id.0.simple())
}

/// The pattern of LIKE that a department and all below it match. A path has only digits, letters and slashes.
#[must_use]
pub fn prefix(path: &str) -> String {
    format!("{path}%")
}

#[must_use]
pub fn depth(path: &str) -> usize {
    path.matches('/').count()
}

/// The path that `below` gets when the department of path `from` moves to `to`; `None` where it isn't below it.
#[must_use]
pub fn moved(below: &str, from: &str, to: &str) -> Option<String> {
    below.strip_prefix(from).map(|rest| format!("{to}{rest}"))
}

/// Refuses a move into the own subtree, and one that makes the tree too deep (`tail`: levels below the moved one).
pub fn check_move(own: &str, parent: Option<&str>, tail: usize) -> Result<()> {
    if parent.is_some_and(|parent| parent.starts_with(own)) {
        return Err(Error::conflict(
            "department_cycle",
            "不能把部门移到自己或自己的下级部门之下。",
            "A department cannot be moved below itself.",
        )
        .at("parent_id"));
    }
    if parent.map_or(0, depth) + 1 + tail > DEPTH_MAX {
        return Err(Error::invalid(
            "department_too_deep",
            format!("部门最多 {DEPTH_MAX} 级。"),
            format!("Departments go at most {DEPTH_MAX} levels deep."),
        )
        .at("parent_id"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    #[test]
    fn a_department_moves_with_all_below_it_but_never_below_itself() {
        let ids: Vec<_> = (1..=4).map(|at| DepartmentId::new(Instant(at))).collect();
        let root = path_below(None, ids[0]);
        let sales = path_below(Some(&root), ids[1]);
        let team = path_below(Some(&sales), ids[2]);
        let service = path_below(Some(&root), ids[3]);
        assert_eq!(depth(&team), 3);
        assert!(check_move(&sales, Some(&service), 1).is_ok());
        assert!(check_move(&sales, None, 1).is_ok());
        for inside in [&sales, &team] {
            assert_eq!(check_move(&sales, Some(inside), 1).expect_err("cycle").code, "department_cycle");
        }
        let to = path_below(Some(&service), ids[1]);
        assert_eq!(moved(&team, &sales, &to), Some(path_below(Some(&to), ids[2])));
        assert_eq!(moved(&service, &sales, &to), None);
        assert_eq!(check_move(&sales, Some(&service), DEPTH_MAX).expect_err("deep").code, "department_too_deep");
    }
}

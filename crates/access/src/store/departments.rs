//! The table of departments.

use zunke_kernel::Result;
use zunke_kernel::id::DepartmentId;
use zunke_store::Tx;

/// The path of a department, if it is there.
pub fn path_of(tx: &mut Tx, id: DepartmentId) -> Result<Option<String>> {
    tx.query_one("SELECT path FROM departments WHERE department_id = $1", &[id.into()], |row| row.text(0))
}

/// The ids of all departments whose path matches, in the order of the tree.
pub fn at_or_below(tx: &mut Tx, pattern: &str) -> Result<Vec<DepartmentId>> {
    tx.query("SELECT department_id FROM departments WHERE path LIKE $1 ORDER BY path", &[pattern.into()], |row| {
        row.id(0, DepartmentId)
    })
}

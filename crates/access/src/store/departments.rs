//! The table of departments.

use crate::department;
use zunke_kernel::id::DepartmentId;
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx, Value};

/// A department as stored.
#[derive(Clone, Debug)]
pub struct Department {
    pub id: DepartmentId,
    pub parent: Option<DepartmentId>,
    pub name: String,
    pub path: String,
    pub version: i64,
}

const COLUMNS: &str = "department_id, parent_id, name, path, version";

fn read(row: &Row) -> Result<Department> {
    Ok(Department {
        id: row.id(0, DepartmentId)?,
        parent: row.opt_id(1, DepartmentId)?,
        name: row.text(2)?,
        path: row.text(3)?,
        version: row.int(4)?,
    })
}

/// One change of the tree at a time: whoever comes second sees what the first has done.
pub fn lock(tx: &mut Tx, now: Instant) -> Result<()> {
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = 'departments'", &[now.into()])?;
    Ok(())
}

pub fn find(tx: &mut Tx, id: DepartmentId) -> Result<Option<Department>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM departments WHERE department_id = $1"), &[id.into()], read)
}

/// All of them; the root before what is below it.
pub fn list(tx: &mut Tx) -> Result<Vec<Department>> {
    tx.query(&format!("SELECT {COLUMNS} FROM departments ORDER BY path"), &[], read)
}

pub fn count(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one("SELECT COUNT(*) FROM departments", &[], |row| row.int(0))?.unwrap_or(0))
}

/// How many active staff each department has itself.
pub fn staff_counts(tx: &mut Tx) -> Result<Vec<(DepartmentId, i64)>> {
    tx.query(
        "SELECT department_id, COUNT(*) FROM staff WHERE department_id IS NOT NULL AND active = $1
         GROUP BY department_id",
        &[true.into()],
        |row| Ok((row.id(0, DepartmentId)?, row.int(1)?)),
    )
}

/// Whether another department under this parent has the name.
pub fn name_taken(tx: &mut Tx, parent: Option<DepartmentId>, name: &str, but: DepartmentId) -> Result<bool> {
    let found = match parent {
        Some(parent) => tx.query_one(
            "SELECT 1 FROM departments WHERE name = $1 AND department_id <> $2 AND parent_id = $3",
            &[name.into(), but.into(), parent.into()],
            |row| row.int(0),
        )?,
        None => tx.query_one(
            "SELECT 1 FROM departments WHERE name = $1 AND department_id <> $2 AND parent_id IS NULL",
            &[name.into(), but.into()],
            |row| row.int(0),
        )?,
    };
    Ok(found.is_some())
}

pub fn insert(tx: &mut Tx, now: Instant, department: &Department) -> Result<()> {
    tx.execute(
        "INSERT INTO departments (department_id, parent_id, name, path, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        &[
            department.id.into(),
            department.parent.into(),
            department.name.as_str().into(),
            department.path.as_str().into(),
            department.version.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Writes name, parent and path; the version counts up. All below follow from path `from` to the new one.
pub fn update(tx: &mut Tx, now: Instant, changed: &Department, from: &str) -> Result<()> {
    tx.execute(
        "UPDATE departments SET parent_id = $1, name = $2, path = $3, version = version + 1, updated_at = $4
         WHERE department_id = $5",
        &[
            changed.parent.into(),
            changed.name.as_str().into(),
            changed.path.as_str().into(),
            now.into(),
            changed.id.into(),
        ],
    )?;
    if changed.path == from {
        return Ok(());
    }
    let below = tx.query(
        "SELECT department_id, path FROM departments WHERE path LIKE $1 AND department_id <> $2",
        &[department::prefix(from).into(), changed.id.into()],
        |row| Ok((row.id(0, DepartmentId)?, row.text(1)?)),
    )?;
    let rows: Vec<Vec<Value>> = below
        .into_iter()
        .filter_map(|(id, path)| Some(vec![department::moved(&path, from, &changed.path)?.into(), id.into()]))
        .collect();
    tx.execute_many("UPDATE departments SET path = $1 WHERE department_id = $2", &rows)?;
    Ok(())
}

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

/// The longest path that begins with this one, as levels below it.
pub fn levels_below(tx: &mut Tx, path: &str) -> Result<usize> {
    let paths =
        tx.query("SELECT path FROM departments WHERE path LIKE $1", &[department::prefix(path).into()], |row| {
            row.text(0)
        })?;
    let own = department::depth(path);
    Ok(paths.iter().map(|below| department::depth(below) - own).max().unwrap_or(0))
}

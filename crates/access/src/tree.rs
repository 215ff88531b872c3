//! Changes of the tree of departments, one at a time.

use crate::department::{self, NAME_CHARS_MAX};
use crate::staff::check_name;
use crate::store::departments as table;
use serde_json::json;
use zunke_http::Change;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Tx, audit};

pub use crate::store::departments::Department;

/// The most departments there may be: the tree is read whole.
pub const COUNT_MAX: i64 = 2_000;

fn parent_of(tx: &mut Tx, parent: Option<DepartmentId>) -> Result<Option<Department>> {
    let Some(id) = parent else { return Ok(None) };
    let found = table::find(tx, id)?.ok_or_else(|| {
        Error::invalid("department_unknown", "没有该上级部门。", "There is no such parent department.").at("parent_id")
    })?;
    Ok(Some(found))
}

fn check_taken(tx: &mut Tx, department: &Department) -> Result<()> {
    if table::name_taken(tx, department.parent, &department.name, department.id)? {
        return Err(Error::conflict(
            "department_name_taken",
            "同一级下已有同名部门。",
            "There is a department of this name at the same place.",
        )
        .at("name"));
    }
    Ok(())
}

/// Makes a department.
pub fn create(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    name: &str,
    parent: Option<DepartmentId>,
) -> Result<Department> {
    table::lock(tx, now)?;
    let name = check_name(name, NAME_CHARS_MAX)?;
    if table::count(tx)? >= COUNT_MAX {
        return Err(Error::conflict(
            "department_limit",
            format!("最多 {COUNT_MAX} 个部门。"),
            format!("There can be at most {COUNT_MAX} departments."),
        ));
    }
    let above = parent_of(tx, parent)?;
    let above = above.as_ref().map(|parent| parent.path.as_str());
    let id = DepartmentId::new(now);
    let path = department::path_below(above, id);
    department::check_move(&path, above, 0)?;
    let made = Department { id, parent, name, path, version: 1 };
    check_taken(tx, &made)?;
    table::insert(tx, now, &made)?;
    let detail = json!({"name": made.name, "parent_id": made.parent});
    audit::write(tx, now, by, "department.create", &id.to_string(), &detail)?;
    Ok(made)
}

/// Renames a department, or moves it with all below it.
pub fn change(
    tx: &mut Tx,
    now: Instant,
    by: StaffId,
    id: DepartmentId,
    (name, parent): (Option<&str>, Change<DepartmentId>),
    version: impl Fn(i64) -> Result<()>,
) -> Result<Department> {
    table::lock(tx, now)?;
    let before = table::find(tx, id)?.ok_or_else(Error::not_found)?;
    version(before.version)?;
    let mut after = before.clone();
    if let Some(name) = name {
        after.name = check_name(name, NAME_CHARS_MAX)?;
    }
    after.parent = parent.over(before.parent);
    if after.parent != before.parent {
        let above = parent_of(tx, after.parent)?;
        let above = above.as_ref().map(|parent| parent.path.as_str());
        department::check_move(&before.path, above, table::levels_below(tx, &before.path)?)?;
        after.path = department::path_below(above, id);
    }
    check_taken(tx, &after)?;
    table::update(tx, now, &after, &before.path)?;
    after.version += 1;
    let detail = json!({
        "before": {"name": before.name, "parent_id": before.parent},
        "after": {"name": after.name, "parent_id": after.parent},
    });
    audit::write(tx, now, Some(by), "department.change", &id.to_string(), &detail)?;
    Ok(after)
}

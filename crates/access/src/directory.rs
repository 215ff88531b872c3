//! Who and what there is, for rooms above that name staff or departments in their own rows.

use crate::store::{departments, staff};
use std::collections::HashMap;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Result};
use zunke_store::Tx;

/// 422 unless somebody of this id works here.
pub fn require_staff(tx: &mut Tx, id: StaffId, field: &str) -> Result<()> {
    match staff::find(tx, id)? {
        Some(found) if found.active => Ok(()),
        _ => Err(Error::invalid(
            "staff_unknown",
            "该员工不存在或已停用，请重新选择。",
            "There is no such member of staff, or not any more; please choose again.",
        )
        .at(field)),
    }
}

/// 422 unless there is such a department.
pub fn require_department(tx: &mut Tx, id: DepartmentId, field: &str) -> Result<()> {
    match departments::find(tx, id)? {
        Some(_) => Ok(()),
        None => Err(Error::invalid(
            "department_unknown",
            "该部门不存在，请重新选择。",
            "There is no such department; please choose again.",
        )
        .at(field)),
    }
}

/// The names of staff, those who have left among them. A page names a handful.
pub fn staff_names(tx: &mut Tx, ids: impl IntoIterator<Item = StaffId>) -> Result<HashMap<StaffId, String>> {
    let mut names = HashMap::new();
    for id in ids {
        if !names.contains_key(&id)
            && let Some(found) = staff::find(tx, id)?
        {
            names.insert(id, found.name);
        }
    }
    Ok(names)
}

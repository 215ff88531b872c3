//! Who and what there is, for rooms above that name staff or departments in their own rows.

use crate::store::{departments, people, staff};
use crate::{Permission, Role, Scope};
use std::collections::HashMap;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Instant, Kind, Result};
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

/// For a job: what the one who started it may see now. 403 `starter_gone` where he has left, or may no longer do
/// this: what he could not do himself, his job must not do for him.
pub fn scope_of_starter(tx: &mut Tx, id: StaffId, permission: Permission, now: Instant) -> Result<Scope> {
    match people::find_active(tx, id)? {
        Some(person) if person.role.has(permission) => people::scope(tx, &person, now),
        _ => Err(Error::new(
            Kind::Forbidden,
            "starter_gone",
            "发起该任务的员工已停用或不再有此权限，任务已停止，请由其他同事重新发起。",
            "The member of staff who started this has left or may not do it any more; it has stopped. Somebody else can start it again.",
        )),
    }
}

/// Whether somebody works here and has this permission.
pub fn staff_may(tx: &mut Tx, id: StaffId, permission: Permission) -> Result<bool> {
    Ok(people::find_active(tx, id)?.is_some_and(|person| person.role.has(permission)))
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

/// Who works here now: id, name and login, for files in which people are written by name.
pub fn staff_called(tx: &mut Tx) -> Result<Vec<(StaffId, String, String)>> {
    let filter = staff::Filter { active: Some(true), ..staff::Filter::default() };
    let people = staff::list(tx, &filter, false, 100_000)?;
    Ok(people.into_iter().map(|one| (one.id, one.name, one.login)).collect())
}

/// Somebody who works here, or did.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub id: StaffId,
    pub name: String,
    pub role: Role,
    pub department: Option<DepartmentId>,
    pub active: bool,
}

/// Everybody, those who have left among them, in the order in which they came.
pub fn colleagues(tx: &mut Tx) -> Result<Vec<Colleague>> {
    let people = staff::list(tx, &staff::Filter::default(), false, 100_000)?;
    let read = |one: staff::Staff| Colleague {
        id: one.id,
        name: one.name,
        role: one.role,
        department: one.department,
        active: one.active,
    };
    Ok(people.into_iter().map(read).collect())
}

//! Who and what there is, for rooms above that name staff or departments in their own rows.

use crate::rights::Granted;
use crate::store::{departments, people, roles, staff};
use crate::{Permission, PermissionSet, Role, Scope};
use std::collections::HashMap;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant, Kind, Result};
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
        Some(person) if people::granted(tx, &person, now)?.permissions.has(permission) => {
            people::scope(tx, &person, now)
        }
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
    // A permission that a group gives or takes for some days is the person's own matter.
    Ok(people::find_active(tx, id)?.is_some_and(|person| person.set.permissions.has(permission)))
}

/// What somebody may do now, with his groups; nothing for who has left.
pub fn granted(tx: &mut Tx, id: StaffId, now: Instant) -> Result<Granted> {
    match people::find_active(tx, id)? {
        Some(person) => people::granted(tx, &person, now),
        None => Ok(Granted::nothing()),
    }
}

/// Somebody as he stands: whether he may log in, what he may do, whom he sees.
pub struct Standing {
    pub active: bool,
    pub granted: Granted,
    pub scope: Scope,
}

/// How somebody stands, who has left among them; for explanations.
pub fn standing(tx: &mut Tx, id: StaffId, now: Instant) -> Result<Option<Standing>> {
    let Some(known) = staff::find(tx, id)? else { return Ok(None) };
    let Some(person) = people::find(tx, id)? else { return Ok(None) };
    Ok(Some(Standing {
        active: known.active,
        granted: people::granted(tx, &person, now)?,
        scope: people::scope(tx, &person, now)?,
    }))
}

/// What everybody may do on a day, looked up once for many people: for rooms that choose among staff.
pub struct Holders {
    /// By the key of a role; only those that are not as they were shipped.
    roles: HashMap<String, PermissionSet>,
    groups: HashMap<StaffId, (PermissionSet, PermissionSet)>,
}

impl Holders {
    pub fn load(tx: &mut Tx, today: Day) -> Result<Self> {
        let roles = roles::all(tx)?.into_iter().map(|role| (role.key, role.set.permissions)).collect();
        let mut groups: HashMap<StaffId, (PermissionSet, PermissionSet)> = HashMap::new();
        for group in roles::groups(tx)? {
            for member in group.members {
                if member.from <= today && member.until.is_none_or(|until| until >= today) {
                    let (allow, deny) = groups.entry(member.staff_id).or_default();
                    *allow = allow.and(group.set.allow);
                    *deny = deny.and(group.set.deny);
                }
            }
        }
        Ok(Self { roles, groups })
    }

    /// Whether this person may; `role` is the word of a shipped role, or the key of an own one.
    #[must_use]
    pub fn may(&self, staff: StaffId, role: &str, permission: Permission) -> bool {
        let shipped = || role.parse::<Role>().ok().map(|role| role.permissions().into_iter().collect());
        let of_role = self.roles.get(role).copied().or_else(shipped).unwrap_or_default();
        let (allow, deny) = self.groups.get(&staff).copied().unwrap_or_default();
        of_role.and(allow).with_needs().without(deny).has(permission)
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

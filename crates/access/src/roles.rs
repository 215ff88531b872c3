//! Roles as an administrator sees them: the shipped ones, changed or not, and those of the organisation's own making.

use crate::rights::{ROLES_MAX, RoleSet, check_role_name};
use crate::role::Role;
use crate::store::roles as table;
use std::str::FromStr as _;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

pub use crate::store::roles::StoredRole;

zunke_kernel::id_type!(/** A role of the organisation's own making. */ RoleId, "rol");

/// A role with how many active people have it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub role: StoredRole,
    pub people: i64,
}

/// The shipped roles as they stand, then the own ones by name.
pub fn list(tx: &mut Tx) -> Result<Vec<Listed>> {
    let mut stored = table::all(tx)?;
    let holders = table::holders(tx)?;
    let people = |key: &str| holders.iter().find(|(held, _)| held == key).map_or(0, |(_, people)| *people);
    let mut all = Vec::new();
    for role in Role::ALL {
        let changed = stored.iter().position(|one| one.key == role.word()).map(|at| stored.remove(at));
        all.push(changed.unwrap_or_else(|| shipped(role)));
    }
    stored.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
    all.extend(stored);
    Ok(all.into_iter().map(|role| Listed { people: people(&role.key), role }).collect())
}

fn shipped(role: Role) -> StoredRole {
    StoredRole { key: role.word().to_owned(), base: role, name: None, set: RoleSet::shipped(role), version: 0 }
}

/// A role by its key: 404 where there is none.
pub fn find(tx: &mut Tx, key: &str) -> Result<StoredRole> {
    if let Some(found) = table::find(tx, key)? {
        return Ok(found);
    }
    Role::from_str(key).map(shipped).map_err(|_| Error::not_found())
}

/// The shipped role and the own key that a staff row keeps for a role.
pub(crate) fn of_key(tx: &mut Tx, key: &str) -> Result<(Role, Option<String>)> {
    if let Ok(role) = Role::from_str(key) {
        return Ok((role, None));
    }
    let found = table::find(tx, key)?.ok_or_else(|| {
        Error::invalid("role_unknown", "没有该角色，请重新选择。", "There is no such role; please choose again.")
            .at("role_key")
    })?;
    Ok((found.base, Some(found.key)))
}

/// Makes a role from a shipped one.
pub(crate) fn make(tx: &mut Tx, now: Instant, base: Role, name: &str, set: RoleSet) -> Result<StoredRole> {
    not_administrator(base)?;
    if table::all(tx)?.iter().filter(|role| role.name.is_some()).count() >= ROLES_MAX {
        return Err(Error::conflict(
            "roles_too_many",
            format!("自定义角色最多 {ROLES_MAX} 个。"),
            format!("There are at most {ROLES_MAX} roles of one's own."),
        ));
    }
    let name = Some(check_role_name(name)?);
    let role = StoredRole { key: RoleId::new(now).to_string(), base, name, set: set.check()?, version: 1 };
    keep(tx, now, role)
}

/// Keeps a role that was changed; it holds from the next request on.
pub(crate) fn change(tx: &mut Tx, now: Instant, mut role: StoredRole) -> Result<StoredRole> {
    not_administrator(role.base)?;
    role.name = role.name.as_deref().map(check_role_name).transpose()?;
    role.set = role.set.check()?;
    role.version += 1;
    keep(tx, now, role)
}

fn keep(tx: &mut Tx, now: Instant, role: StoredRole) -> Result<StoredRole> {
    if table::save(tx, now, &role)? {
        return Ok(role);
    }
    Err(Error::conflict(
        "name_taken",
        "已有同名的角色，请换一个名称。",
        "A role of this name is there; please choose another.",
    )
    .at("name"))
}

/// Removes an own role that nobody has; a shipped one goes back to what it was.
pub(crate) fn remove(tx: &mut Tx, key: &str) -> Result<()> {
    let role = find(tx, key)?;
    if role.name.is_some() && table::people_of(tx, key)? > 0 {
        return Err(Error::conflict(
            "role_in_use",
            "还有员工使用该角色，请先为他们更换角色。",
            "There are people with this role; give them another one first.",
        ));
    }
    table::delete(tx, key).map(drop)
}

fn not_administrator(role: Role) -> Result<()> {
    if role != Role::Administrator {
        return Ok(());
    }
    Err(Error::invalid(
        "administrator_fixed",
        "管理员角色不能修改，也不能作为自定义角色的基础，否则可能无人能改回设置。",
        "The administrator's role stays as it is, and no other is made from it: nobody could set it right again.",
    )
    .at("base"))
}

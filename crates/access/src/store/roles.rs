//! The tables of roles and of groups.

use crate::groups::{Group, GroupSet, Member, StaffGroupId};
use crate::rights::RoleSet;
use crate::role::{PermissionSet, Role};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// A role as it is kept: an own one, or a shipped one that was changed.
#[derive(Clone, Debug)]
pub struct StoredRole {
    /// The word of a shipped role, or `rol_…`.
    pub key: String,
    pub base: Role,
    /// `None` for a shipped role.
    pub name: Option<String>,
    pub set: RoleSet,
    pub version: i64,
}

const ROLE: &str = "SELECT role_key, base, name, content, version FROM roles";

fn role(row: &Row) -> Result<StoredRole> {
    Ok(StoredRole {
        key: row.text(0)?,
        base: row.str(1)?.parse()?,
        name: row.opt_text(2)?,
        set: row.json(3)?,
        version: row.int(4)?,
    })
}

pub fn all(tx: &mut Tx) -> Result<Vec<StoredRole>> {
    tx.query(&format!("{ROLE} ORDER BY role_key"), &[], role)
}

pub fn find(tx: &mut Tx, key: &str) -> Result<Option<StoredRole>> {
    tx.query_one(&format!("{ROLE} WHERE role_key = $1"), &[key.into()], role)
}

fn key_of(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Makes or replaces a role; `false` where another has its name.
pub fn save(tx: &mut Tx, now: Instant, role: &StoredRole) -> Result<bool> {
    let name_key = role.name.as_deref().map(key_of);
    if let Some(name_key) = &name_key {
        let sql = "SELECT 1 FROM roles WHERE name_key = $1 AND role_key <> $2";
        if tx.query_one(sql, &[name_key.as_str().into(), role.key.as_str().into()], |row| row.int(0))?.is_some() {
            return Ok(false);
        }
    }
    let content = serde_json::to_value(&role.set).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO roles (role_key, base, name, name_key, content, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (role_key) DO UPDATE SET name = $3, name_key = $4, content = $5, version = $6, updated_at = $7",
        &[
            role.key.as_str().into(),
            role.base.word().into(),
            role.name.as_deref().into(),
            name_key.into(),
            Value::json(&content),
            role.version.into(),
            now.into(),
        ],
    )?;
    Ok(true)
}

pub fn delete(tx: &mut Tx, key: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM roles WHERE role_key = $1", &[key.into()])? > 0)
}

/// How many active members of staff have each role, by its key.
pub fn holders(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    let sql =
        "SELECT COALESCE(role_key, role), COUNT(*) FROM staff WHERE active = $1 GROUP BY COALESCE(role_key, role)";
    tx.query(sql, &[true.into()], |row| Ok((row.text(0)?, row.int(1)?)))
}

/// How many members of staff, those who have left among them, have this own role.
pub fn people_of(tx: &mut Tx, key: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM staff WHERE role_key = $1";
    Ok(tx.query_one(sql, &[key.into()], |row| row.int(0))?.unwrap_or(0))
}

fn group(row: &Row) -> Result<Group> {
    Ok(Group {
        id: row.id(0, StaffGroupId)?,
        name: row.text(1)?,
        set: row.json(2)?,
        members: Vec::new(),
        version: row.int(3)?,
    })
}

/// All groups with their members, by name.
pub fn groups(tx: &mut Tx) -> Result<Vec<Group>> {
    let mut groups =
        tx.query("SELECT group_id, name, content, version FROM staff_groups ORDER BY name, group_id", &[], group)?;
    let sql = "SELECT group_id, staff_id, from_day, until_day FROM staff_group_members ORDER BY group_id, staff_id";
    let members = tx.query(sql, &[], |row| {
        let member = Member { staff_id: row.id(1, StaffId)?, from: row.day(2)?, until: row.opt_day(3)? };
        Ok((row.id(0, StaffGroupId)?, member))
    })?;
    for (id, member) in members {
        if let Some(group) = groups.iter_mut().find(|group| group.id == id) {
            group.members.push(member);
        }
    }
    Ok(groups)
}

/// Makes or replaces a group and its members; `false` where another has its name.
pub fn save_group(tx: &mut Tx, now: Instant, group: &Group) -> Result<bool> {
    let name_key = key_of(&group.name);
    let sql = "SELECT 1 FROM staff_groups WHERE name_key = $1 AND group_id <> $2";
    if tx.query_one(sql, &[name_key.as_str().into(), group.id.0.into()], |row| row.int(0))?.is_some() {
        return Ok(false);
    }
    let content = serde_json::to_value(&group.set).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO staff_groups (group_id, name, name_key, content, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (group_id) DO UPDATE SET name = $2, name_key = $3, content = $4, version = $5, updated_at = $6",
        &[
            group.id.0.into(),
            group.name.as_str().into(),
            name_key.into(),
            Value::json(&content),
            group.version.into(),
            now.into(),
        ],
    )?;
    tx.execute("DELETE FROM staff_group_members WHERE group_id = $1", &[group.id.0.into()])?;
    for member in &group.members {
        tx.execute(
            "INSERT INTO staff_group_members (group_id, staff_id, from_day, until_day) VALUES ($1, $2, $3, $4)",
            &[group.id.0.into(), member.staff_id.into(), member.from.into(), member.until.into()],
        )?;
    }
    Ok(true)
}

pub fn delete_group(tx: &mut Tx, id: StaffGroupId) -> Result<bool> {
    tx.execute("DELETE FROM staff_group_members WHERE group_id = $1", &[id.0.into()])?;
    Ok(tx.execute("DELETE FROM staff_groups WHERE group_id = $1", &[id.0.into()])? > 0)
}

/// What the groups of somebody say on a day: what they add, what they take away, and the groups themselves.
pub struct OfGroups {
    pub allowed: PermissionSet,
    pub denied: PermissionSet,
    pub groups: Vec<StaffGroupId>,
}

/// The groups that somebody belongs to on this day.
pub fn of_groups(tx: &mut Tx, staff: StaffId, day: Day) -> Result<OfGroups> {
    let sql = "SELECT g.group_id, g.content FROM staff_group_members m JOIN staff_groups g ON g.group_id = m.group_id
               WHERE m.staff_id = $1 AND m.from_day <= $2 AND (m.until_day IS NULL OR m.until_day >= $2)";
    let found =
        tx.query(sql, &[staff.into(), day.into()], |row| Ok((row.id(0, StaffGroupId)?, row.json::<GroupSet>(1)?)))?;
    let mut all = OfGroups { allowed: PermissionSet::default(), denied: PermissionSet::default(), groups: Vec::new() };
    for (id, set) in found {
        all.allowed = all.allowed.and(set.allow);
        all.denied = all.denied.and(set.deny);
        all.groups.push(id);
    }
    Ok(all)
}

/// Who else belongs to one of the groups of this person on this day.
pub fn fellows(tx: &mut Tx, staff: StaffId, day: Day) -> Result<Vec<StaffId>> {
    let sql = "SELECT DISTINCT o.staff_id FROM staff_group_members m
               JOIN staff_group_members o ON o.group_id = m.group_id AND o.staff_id <> m.staff_id
               WHERE m.staff_id = $1 AND m.from_day <= $2 AND (m.until_day IS NULL OR m.until_day >= $2)
                 AND o.from_day <= $2 AND (o.until_day IS NULL OR o.until_day >= $2)
               ORDER BY o.staff_id";
    tx.query(sql, &[staff.into(), day.into()], |row| row.id(0, StaffId))
}

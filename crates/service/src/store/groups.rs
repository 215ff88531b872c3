//! The groups that tickets are routed to.

use crate::routing::decide::Group;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{GroupId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// A group as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceGroup)]
pub struct Stored {
    pub id: GroupId,
    pub name: String,
    /// Ranks it is for; none: any.
    pub levels: Option<Vec<i64>>,
    pub members: Vec<StaffId>,
    /// Gives tickets to the member with the most room; otherwise members take the next by themselves.
    pub pushes: bool,
    /// Where a ticket goes that waited here for `overflow_after_min` minutes.
    pub overflow_id: Option<GroupId>,
    pub overflow_after_min: Option<i64>,
    pub archived: bool,
    pub version: i64,
    /// Tickets in it that nobody has.
    pub waiting: i64,
}

impl Stored {
    /// As routing sees it.
    #[must_use]
    pub fn as_group(&self) -> Group {
        Group {
            id: self.id,
            name: self.name.clone(),
            levels: self.levels.clone(),
            members: self.members.clone(),
            pushes: self.pushes,
        }
    }
}

fn read(row: &Row) -> Result<Stored> {
    Ok(Stored {
        id: row.id(0, GroupId)?,
        name: row.text(1)?,
        levels: row.opt_json(2)?,
        members: Vec::new(),
        pushes: row.bool(3)?,
        overflow_id: row.opt_id(4, GroupId)?,
        overflow_after_min: row.opt_int(5)?,
        archived: row.bool(6)?,
        version: row.int(7)?,
        waiting: 0,
    })
}

const COLUMNS: &str = "group_id, name, levels, pushes, overflow_id, overflow_after_min, archived, version";

/// All groups in the order of their names, with their members.
pub fn all(tx: &mut Tx, archived_too: bool) -> Result<Vec<Stored>> {
    let only = if archived_too { "" } else { " WHERE archived = $1" };
    let params: &[Value] = if archived_too { &[] } else { &[false.into()] };
    let sql = format!("SELECT {COLUMNS} FROM service_groups{only} ORDER BY name_key");
    let mut groups = tx.query(&sql, params, read)?;
    let sql = "SELECT group_id, staff_id FROM service_group_members ORDER BY group_id, staff_id";
    tx.for_each(sql, &[], |row| {
        let (group, staff) = (row.id(0, GroupId)?, row.id(1, StaffId)?);
        if let Some(group) = groups.iter_mut().find(|one| one.id == group) {
            group.members.push(staff);
        }
        Ok(())
    })?;
    Ok(groups)
}

/// One group; 404 where there is none.
pub fn find(tx: &mut Tx, id: GroupId) -> Result<Stored> {
    all(tx, true)?.into_iter().find(|group| group.id == id).ok_or_else(Error::not_found)
}

/// How many tickets of each group nobody has; answers how many of no group.
pub fn count_waiting(tx: &mut Tx, groups: &mut [Stored]) -> Result<i64> {
    let sql = "SELECT group_id, COUNT(*) FROM ticket_queue WHERE assignee_id IS NULL AND active GROUP BY group_id";
    let mut nobodys = 0;
    tx.for_each(sql, &[], |row| {
        let (group, waiting) = (row.opt_id(0, GroupId)?, row.int(1)?);
        match groups.iter_mut().find(|one| Some(one.id) == group) {
            Some(group) => group.waiting = waiting,
            None => nobodys += waiting,
        }
        Ok(())
    })?;
    Ok(nobodys)
}

/// Has routing look again at what waits in a group.
pub fn look_again(tx: &mut Tx, group: GroupId, at: Instant) -> Result<()> {
    tx.execute(
        "UPDATE ticket_routes SET retry_at = $1 WHERE ticket_id IN (
           SELECT q.ticket_id FROM ticket_queue q WHERE q.group_id = $2 AND q.assignee_id IS NULL AND q.active)",
        &[at.into(), group.into()],
    )?;
    Ok(())
}

/// The groups that somebody is in.
pub fn of_member(tx: &mut Tx, staff: StaffId) -> Result<Vec<GroupId>> {
    let sql = "SELECT m.group_id FROM service_group_members m JOIN service_groups g ON g.group_id = m.group_id
               WHERE m.staff_id = $1 AND g.archived = $2 ORDER BY m.group_id";
    tx.query(sql, &[staff.into(), false.into()], |row| row.id(0, GroupId))
}

fn name_taken() -> Error {
    Error::conflict("group_name_taken", "已有同名的服务组。", "There is a group of this name already.").at("name")
}

/// Writes a new group.
pub fn insert(tx: &mut Tx, group: &Stored) -> Result<()> {
    let levels = group.levels.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let done = tx.execute(
        "INSERT INTO service_groups (group_id, name, name_key, levels, pushes, overflow_id, overflow_after_min, archived,
           version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT DO NOTHING",
        &[
            group.id.into(),
            group.name.as_str().into(),
            group.name.to_lowercase().into(),
            levels.into(),
            group.pushes.into(),
            group.overflow_id.into(),
            group.overflow_after_min.into(),
            group.archived.into(),
        ],
    )?;
    if done == 0 {
        return Err(name_taken());
    }
    set_members(tx, group)
}

/// Writes a group as the next version after the one it has; 412 where it has another by now.
pub fn update(tx: &mut Tx, group: &Stored) -> Result<()> {
    let sql = "SELECT 1 FROM service_groups WHERE name_key = $1 AND group_id <> $2";
    if tx.query_one(sql, &[group.name.to_lowercase().into(), group.id.into()], |row| row.int(0))?.is_some() {
        return Err(name_taken());
    }
    let levels = group.levels.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let done = tx.execute(
        "UPDATE service_groups SET name = $1, name_key = $2, levels = $3, pushes = $4, overflow_id = $5,
           overflow_after_min = $6, archived = $7, version = version + 1 WHERE group_id = $8 AND version = $9",
        &[
            group.name.as_str().into(),
            group.name.to_lowercase().into(),
            levels.into(),
            group.pushes.into(),
            group.overflow_id.into(),
            group.overflow_after_min.into(),
            group.archived.into(),
            group.id.into(),
            group.version.into(),
        ],
    )?;
    if done == 0 {
        return Err(Error::stale());
    }
    set_members(tx, group)
}

fn set_members(tx: &mut Tx, group: &Stored) -> Result<()> {
    tx.execute("DELETE FROM service_group_members WHERE group_id = $1", &[group.id.into()])?;
    let rows: Vec<Vec<Value>> = group.members.iter().map(|staff| vec![group.id.into(), (*staff).into()]).collect();
    tx.execute_many("INSERT INTO service_group_members (group_id, staff_id) VALUES ($1, $2)", &rows)?;
    Ok(())
}

//! Calendars and all their versions.

use crate::ticket::Ticket;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use utoipa::ToSchema;
use zunke_kernel::calendar::{Calendar, CalendarSpec};
use zunke_kernel::id::{CalendarId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

/// A calendar as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = WorkingCalendar)]
pub struct Stored {
    pub id: CalendarId,
    pub version: i64,
    pub updated_at: Instant,
    pub spec: CalendarSpec,
}

const SELECT: &str = "SELECT c.calendar_id, c.version, c.updated_at, v.spec FROM calendars c
    JOIN calendar_versions v ON v.calendar_id = c.calendar_id AND v.version = c.version WHERE NOT c.archived";

fn read(row: &Row) -> Result<Stored> {
    Ok(Stored { id: row.id(0, CalendarId)?, version: row.int(1)?, updated_at: row.instant(2)?, spec: row.json(3)? })
}

/// Every calendar that is in use, by name.
pub fn all(tx: &mut Tx) -> Result<Vec<Stored>> {
    tx.query(&format!("{SELECT} ORDER BY c.name_key"), &[], read)
}

pub fn find(tx: &mut Tx, id: CalendarId) -> Result<Option<Stored>> {
    tx.query_one(&format!("{SELECT} AND c.calendar_id = $1"), &[id.into()], read)
}

/// 422 unless there is such a calendar.
pub fn require(tx: &mut Tx, id: CalendarId) -> Result<Stored> {
    find(tx, id)?.ok_or_else(|| {
        Error::invalid(
            "calendar_unknown",
            "没有该日历，请重新选择。",
            "There is no such calendar; please choose again.",
        )
        .at("calendar_id")
    })
}

fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn name_free(tx: &mut Tx, id: CalendarId, name: &str) -> Result<()> {
    let sql = "SELECT 1 FROM calendars WHERE name_key = $1 AND calendar_id <> $2";
    match tx.query_one(sql, &[name_key(name).into(), id.into()], |row| row.int(0))? {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            "name_taken",
            "已有同名的日历，请换一个名称。",
            "There is a calendar of this name already; please choose another.",
        )
        .at("name")),
    }
}

fn text(spec: &CalendarSpec) -> Result<String> {
    serde_json::to_string(spec).map_err(Error::internal)
}

/// Writes a new calendar.
pub fn insert(tx: &mut Tx, now: Instant, staff: Option<StaffId>, spec: &CalendarSpec) -> Result<Stored> {
    let id = CalendarId::new(now);
    name_free(tx, id, &spec.name)?;
    tx.execute(
        "INSERT INTO calendars (calendar_id, name, name_key, version, updated_at) VALUES ($1, $2, $3, 1, $4)",
        &[id.into(), spec.name.as_str().into(), name_key(&spec.name).into(), now.into()],
    )?;
    version(tx, now, staff, id, 1, spec)?;
    Ok(Stored { id, version: 1, updated_at: now, spec: spec.clone() })
}

fn version(
    tx: &mut Tx,
    now: Instant,
    staff: Option<StaffId>,
    id: CalendarId,
    at: i64,
    spec: &CalendarSpec,
) -> Result<()> {
    tx.execute(
        "INSERT INTO calendar_versions (calendar_id, version, spec, staff_id, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), at.into(), text(spec)?.into(), staff.into(), now.into()],
    )?;
    Ok(())
}

/// Writes the next version; somebody else's meanwhile is a stale version.
pub fn update(tx: &mut Tx, now: Instant, staff: Option<StaffId>, old: &Stored, spec: &CalendarSpec) -> Result<Stored> {
    name_free(tx, old.id, &spec.name)?;
    let next = old.version + 1;
    let changed = tx.execute(
        "UPDATE calendars SET name = $3, name_key = $4, version = $5, updated_at = $6
         WHERE calendar_id = $1 AND version = $2 AND NOT archived",
        &[
            old.id.into(),
            old.version.into(),
            spec.name.as_str().into(),
            name_key(&spec.name).into(),
            next.into(),
            now.into(),
        ],
    )?;
    if changed == 0 {
        return Err(Error::stale());
    }
    version(tx, now, staff, old.id, next, spec)?;
    Ok(Stored { id: old.id, version: next, updated_at: now, spec: spec.clone() })
}

/// Takes a calendar out of use; 409 while a policy counts by it.
pub fn archive(tx: &mut Tx, old: &Stored) -> Result<()> {
    let sql = "SELECT name FROM service_policies WHERE calendar_id = $1 AND NOT archived ORDER BY place LIMIT 1";
    if let Some(name) = tx.query_one(sql, &[old.id.into()], |row| row.text(0))? {
        return Err(Error::conflict(
            "calendar_in_use",
            format!("服务标准“{name}”正在使用该日历，请先改用其他日历。"),
            format!("The policy “{name}” counts by this calendar; give it another one first."),
        ));
    }
    // Its name becomes free; its versions stay for the tickets that were measured by them.
    tx.execute(
        "UPDATE calendars SET archived = $2, name_key = $3 WHERE calendar_id = $1",
        &[old.id.into(), true.into(), format!("{}#{}", name_key(&old.spec.name), old.id).into()],
    )?;
    Ok(())
}

/// One version, ready to compute; compiled once for all who ask for the same document.
pub fn compiled(tx: &mut Tx, id: CalendarId, at: i64) -> Result<Arc<Calendar>> {
    let sql = "SELECT spec FROM calendar_versions WHERE calendar_id = $1 AND version = $2";
    let spec = tx
        .query_one(sql, &[id.into(), at.into()], |row| row.text(0))?
        .ok_or_else(|| Error::internal("a clock names a calendar that is not there"))?;
    cached(spec)
}

/// The calendar by which working days are counted where no promise names one: of the last policy in order, which is the one
/// for everybody; where that never closes, of the first policy that does; without any, China's as it is shipped.
pub fn working(tx: &mut Tx) -> Result<Arc<Calendar>> {
    let sql = "SELECT v.spec FROM service_policies p JOIN calendars c ON c.calendar_id = p.calendar_id
               JOIN calendar_versions v ON v.calendar_id = c.calendar_id AND v.version = c.version
               WHERE p.active AND NOT p.archived ORDER BY p.place DESC";
    let specs: Vec<CalendarSpec> = tx.query(sql, &[], |row| row.json(0))?;
    let spec = specs.into_iter().find(|spec| !spec.always).unwrap_or_else(zunke_kernel::calendar::cn);
    cached(text(&spec)?)
}

/// The calendar of the last promise that was made to a ticket, if it has one that closes.
pub fn of_ticket(tx: &mut Tx, ticket: &Ticket) -> Result<Arc<Calendar>> {
    let sql = "SELECT v.spec FROM ticket_clocks k JOIN calendars c ON c.calendar_id = k.calendar_id
               JOIN calendar_versions v ON v.calendar_id = c.calendar_id AND v.version = c.version
               WHERE k.customer_id = $1 AND k.ticket_id = $2 ORDER BY k.started_at DESC, k.metric DESC LIMIT 1";
    let spec: Option<CalendarSpec> =
        tx.query_one(sql, &[ticket.customer.into(), ticket.id.into()], |row| row.json(0))?;
    match spec.filter(|spec| !spec.always) {
        Some(spec) => cached(text(&spec)?),
        None => working(tx),
    }
}

/// Compiled calendars by their documents: what is computed depends on nothing else.
static CACHE: LazyLock<Mutex<HashMap<String, Arc<Calendar>>>> = LazyLock::new(Mutex::default);
const CACHED: usize = 32;

fn cached(spec: String) -> Result<Arc<Calendar>> {
    let mut cache = CACHE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(found) = cache.get(&spec) {
        return Ok(found.clone());
    }
    let calendar = Arc::new(Calendar::build(&serde_json::from_str(&spec).map_err(Error::internal)?)?);
    if cache.len() >= CACHED {
        cache.clear();
    }
    cache.insert(spec, calendar.clone());
    Ok(calendar)
}

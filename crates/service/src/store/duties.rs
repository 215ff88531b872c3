//! What somebody has to do: his own tasks, tasks of tickets, planned visits; and the addresses of his calendar.

use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, StaffId, TaskId, TicketId, VisitId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Row, Tx};

zunke_kernel::id_type!(/** An address under which a calendar program reads somebody's tasks. */ FeedId, "feed");

/// A task of somebody's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StaffTask)]
pub struct Own {
    pub id: TaskId,
    pub staff_id: StaffId,
    pub customer_id: Option<CustomerId>,
    pub title: String,
    pub note: Option<String>,
    pub due_day: Option<Day>,
    /// `open`, `done` or `cancelled`.
    pub state: String,
    /// `own`, `visit` or `hand_over`.
    pub source: String,
    pub created_by: Option<StaffId>,
    pub created_at: Instant,
    pub done_at: Option<Instant>,
    pub version: i64,
}

const OWN: &str = "SELECT task_id, staff_id, customer_id, title, note, due_day, state, source, created_by, created_at, done_at, \
     version FROM staff_tasks";

fn own(row: &Row) -> Result<Own> {
    Ok(Own {
        id: row.id(0, TaskId)?,
        staff_id: row.id(1, StaffId)?,
        customer_id: row.opt_id(2, CustomerId)?,
        title: row.text(3)?,
        note: row.opt_text(4)?,
        due_day: row.opt_day(5)?,
        state: row.text(6)?,
        source: row.text(7)?,
        created_by: row.opt_id(8, StaffId)?,
        created_at: row.instant(9)?,
        done_at: row.opt_instant(10)?,
        version: row.int(11)?,
    })
}

pub fn insert(tx: &mut Tx, task: &Own, source_id: Option<uuid::Uuid>) -> Result<()> {
    tx.execute(
        "INSERT INTO staff_tasks (task_id, staff_id, customer_id, title, note, due_day, state, source, source_id, created_by,
           created_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            task.id.into(),
            task.staff_id.into(),
            task.customer_id.into(),
            task.title.as_str().into(),
            task.note.clone().into(),
            task.due_day.into(),
            task.state.as_str().into(),
            task.source.as_str().into(),
            source_id.into(),
            task.created_by.into(),
            task.created_at.into(),
            task.version.into(),
        ],
    )?;
    Ok(())
}

/// Over the version that was read; false where somebody was quicker.
pub fn update(tx: &mut Tx, task: &Own) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE staff_tasks SET title = $1, note = $2, due_day = $3, state = $4, done_at = $5, version = version + 1
         WHERE task_id = $6 AND version = $7",
        &[
            task.title.as_str().into(),
            task.note.clone().into(),
            task.due_day.into(),
            task.state.as_str().into(),
            task.done_at.into(),
            task.id.into(),
            task.version.into(),
        ],
    )?;
    Ok(changed == 1)
}

pub fn find(tx: &mut Tx, id: TaskId) -> Result<Option<Own>> {
    tx.query_one(&format!("{OWN} WHERE task_id = $1"), &[id.into()], own)
}

/// Open tasks, or those done since an instant, the soonest due first.
pub fn list(tx: &mut Tx, staff: StaffId, done_since: Option<Instant>, limit: i64) -> Result<Vec<Own>> {
    match done_since {
        None => tx.query(
            &format!(
                "{OWN} WHERE staff_id = $1 AND state = 'open' ORDER BY COALESCE(due_day, 99999999), task_id LIMIT $2"
            ),
            &[staff.into(), limit.into()],
            own,
        ),
        Some(since) => tx.query(
            &format!(
                "{OWN} WHERE staff_id = $1 AND state = 'done' AND done_at >= $2 ORDER BY done_at DESC, task_id LIMIT $3"
            ),
            &[staff.into(), since.into(), limit.into()],
            own,
        ),
    }
}

/// Open tasks about a customer, anybody's.
pub fn of_customer(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Own>> {
    let sql = format!(
        "{OWN} WHERE customer_id = $1 AND state = 'open' ORDER BY COALESCE(due_day, 99999999), task_id LIMIT 50"
    );
    tx.query(&sql, &[customer.into()], own)
}

/// A task of a ticket that is somebody's.
#[derive(Clone, Debug)]
pub struct OfTicket {
    pub id: TaskId,
    pub ticket: TicketId,
    pub number: i64,
    pub customer: CustomerId,
    pub kind: String,
    pub title: String,
    pub due_at: Option<Instant>,
    pub version: i64,
    pub changed: Instant,
}

/// Open tasks of tickets, the soonest due first.
pub fn of_tickets(tx: &mut Tx, staff: StaffId, limit: i64) -> Result<Vec<OfTicket>> {
    tx.query(
        "SELECT k.task_id, k.ticket_id, t.number, k.customer_id, k.kind, k.title, k.due_at, k.version, k.created_at
         FROM ticket_tasks k JOIN tickets t ON t.customer_id = k.customer_id AND t.ticket_id = k.ticket_id
         WHERE k.assignee_id = $1 AND k.state = 'open'
         ORDER BY COALESCE(k.due_at, 9000000000000000), k.task_id LIMIT $2",
        &[staff.into(), limit.into()],
        |row| {
            Ok(OfTicket {
                id: row.id(0, TaskId)?,
                ticket: row.id(1, TicketId)?,
                number: row.int(2)?,
                customer: row.id(3, CustomerId)?,
                kind: row.text(4)?,
                title: row.text(5)?,
                due_at: row.opt_instant(6)?,
                version: row.int(7)?,
                changed: row.instant(8)?,
            })
        },
    )
}

/// A planned visit that is somebody's.
#[derive(Clone, Debug)]
pub struct OfVisit {
    pub id: VisitId,
    pub customer: CustomerId,
    pub kind: String,
    pub purpose: Option<String>,
    pub day: Day,
    pub version: i64,
    pub changed: Instant,
}

pub fn of_visits(tx: &mut Tx, staff: StaffId, limit: i64) -> Result<Vec<OfVisit>> {
    tx.query(
        "SELECT visit_id, customer_id, kind, purpose, day, version, created_at FROM visits
         WHERE staff_id = $1 AND state = 'planned' ORDER BY day, visit_id LIMIT $2",
        &[staff.into(), limit.into()],
        |row| {
            Ok(OfVisit {
                id: row.id(0, VisitId)?,
                customer: row.id(1, CustomerId)?,
                kind: row.text(2)?,
                purpose: row.opt_text(3)?,
                day: row.day(4)?,
                version: row.int(5)?,
                changed: row.instant(6)?,
            })
        },
    )
}

/// An address of somebody's calendar, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CalendarFeed)]
pub struct Feed {
    pub id: FeedId,
    pub created_at: Instant,
    /// To within an hour.
    pub read_at: Option<Instant>,
}

pub fn add_feed(tx: &mut Tx, staff: StaffId, feed: &Feed, hash: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO calendar_feeds (feed_id, staff_id, secret_hash, created_at) VALUES ($1, $2, $3, $4)",
        &[feed.id.0.into(), staff.into(), hash.into(), feed.created_at.into()],
    )?;
    Ok(())
}

pub fn feeds(tx: &mut Tx, staff: StaffId) -> Result<Vec<Feed>> {
    let sql =
        "SELECT feed_id, created_at, read_at FROM calendar_feeds WHERE staff_id = $1 ORDER BY created_at, feed_id";
    tx.query(sql, &[staff.into()], |row| {
        Ok(Feed { id: row.id(0, FeedId)?, created_at: row.instant(1)?, read_at: row.opt_instant(2)? })
    })
}

pub fn remove_feed(tx: &mut Tx, staff: StaffId, id: FeedId) -> Result<bool> {
    let sql = "DELETE FROM calendar_feeds WHERE feed_id = $1 AND staff_id = $2";
    Ok(tx.execute(sql, &[id.0.into(), staff.into()])? == 1)
}

/// Whose calendar it is, for the hash of a secret; and when it was read last.
pub fn feed_of(tx: &mut Tx, hash: &[u8]) -> Result<Option<(FeedId, StaffId, Option<Instant>)>> {
    let sql = "SELECT feed_id, staff_id, read_at FROM calendar_feeds WHERE secret_hash = $1";
    tx.query_one(sql, &[hash.into()], |row| Ok((row.id(0, FeedId)?, row.id(1, StaffId)?, row.opt_instant(2)?)))
}

pub fn feed_read(tx: &mut Tx, now: Instant, id: FeedId) -> Result<()> {
    tx.execute("UPDATE calendar_feeds SET read_at = $1 WHERE feed_id = $2", &[now.into(), id.0.into()])?;
    Ok(())
}

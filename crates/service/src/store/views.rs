//! Saved views of the list of tickets.

use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

zunke_kernel::id_type!(/** A saved view of the list of tickets. */ TicketViewId, "tvw");

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TicketView)]
pub struct View {
    pub id: TicketViewId,
    pub staff_id: StaffId,
    pub name: String,
    /// Seen by all, changed by its maker.
    pub shared: bool,
    /// Filters, order and columns, as the screen keeps them.
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    pub version: i64,
}

const COLUMNS: &str = "view_id, staff_id, name, shared, content, version";

fn read(row: &Row) -> Result<View> {
    Ok(View {
        id: row.id(0, TicketViewId)?,
        staff_id: row.id(1, StaffId)?,
        name: row.text(2)?,
        shared: row.bool(3)?,
        content: row.json(4)?,
        version: row.int(5)?,
    })
}

/// One's own and the shared ones.
pub fn seen_by(tx: &mut Tx, staff: StaffId) -> Result<Vec<View>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ticket_views WHERE staff_id = $1 OR shared = $2 ORDER BY created_at, view_id LIMIT 500"
    );
    tx.query(&sql, &[staff.into(), true.into()], read)
}

/// One's own view; 404 for anybody else's.
pub fn own(tx: &mut Tx, staff: StaffId, id: TicketViewId) -> Result<View> {
    let sql = format!("SELECT {COLUMNS} FROM ticket_views WHERE view_id = $1 AND staff_id = $2");
    tx.query_one(&sql, &[id.0.into(), staff.into()], read)?.ok_or_else(Error::not_found)
}

/// How many somebody has.
pub fn count(tx: &mut Tx, staff: StaffId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM ticket_views WHERE staff_id = $1";
    Ok(tx.query_one(sql, &[staff.into()], |row| row.int(0))?.unwrap_or(0))
}

/// Writes a view, new or changed.
pub fn put(tx: &mut Tx, now: Instant, view: &View) -> Result<()> {
    tx.execute(
        "INSERT INTO ticket_views (view_id, staff_id, name, shared, content, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (view_id) DO UPDATE SET name = excluded.name, shared = excluded.shared,
           content = excluded.content, version = excluded.version",
        &[
            view.id.0.into(),
            view.staff_id.into(),
            view.name.as_str().into(),
            view.shared.into(),
            (&view.content).into(),
            view.version.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Deletes one's own.
pub fn delete(tx: &mut Tx, staff: StaffId, id: TicketViewId) -> Result<bool> {
    let sql = "DELETE FROM ticket_views WHERE view_id = $1 AND staff_id = $2";
    Ok(tx.execute(sql, &[id.0.into(), staff.into()])? == 1)
}

//! Saved views of lists: columns, filters and order under a name.

use super::ViewId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx};

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct View {
    pub id: ViewId,
    /// The list it belongs to: `customers`.
    pub page: String,
    pub name: String,
    /// Whatever the UI keeps of a list.
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    /// Seen by all, changed by its maker.
    pub shared: bool,
    pub staff_id: StaffId,
    pub created_at: Instant,
}

const COLUMNS: &str = "view_id, page, name, content, shared, staff_id, created_at";

fn read(row: &Row) -> Result<View> {
    Ok(View {
        id: row.id(0, ViewId)?,
        page: row.text(1)?,
        name: row.text(2)?,
        content: row.json(3)?,
        shared: row.bool(4)?,
        staff_id: row.id(5, StaffId)?,
        created_at: row.instant(6)?,
    })
}

/// The own and the shared ones.
pub(crate) fn seen_by(tx: &mut Tx, staff: StaffId, page: Option<&str>) -> Result<Vec<View>> {
    let views = tx.query(
        &format!("SELECT {COLUMNS} FROM saved_views WHERE staff_id = $1 OR shared = $2 ORDER BY created_at, view_id"),
        &[staff.into(), true.into()],
        read,
    )?;
    Ok(views.into_iter().filter(|view| page.is_none_or(|page| view.page == page)).collect())
}

pub(crate) fn insert(tx: &mut Tx, view: &View) -> Result<()> {
    tx.execute(
        "INSERT INTO saved_views (view_id, page, name, content, shared, staff_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            view.id.0.into(),
            view.page.as_str().into(),
            view.name.as_str().into(),
            (&view.content).into(),
            view.shared.into(),
            view.staff_id.into(),
            view.created_at.into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn count(tx: &mut Tx, staff: StaffId) -> Result<i64> {
    Ok(tx
        .query_one("SELECT COUNT(*) FROM saved_views WHERE staff_id = $1", &[staff.into()], |row| row.int(0))?
        .unwrap_or(0))
}

/// Deletes one's own; answers whether there was one.
pub(crate) fn delete(tx: &mut Tx, staff: StaffId, id: ViewId) -> Result<bool> {
    let gone =
        tx.execute("DELETE FROM saved_views WHERE view_id = $1 AND staff_id = $2", &[id.0.into(), staff.into()])?;
    Ok(gone == 1)
}

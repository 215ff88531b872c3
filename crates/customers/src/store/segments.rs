//! Saved segments.

use super::{SegmentId, name_key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx};

/// A segment as it is stored: its condition in JSON.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    #[schema(value_type = Object)]
    pub condition: serde_json::Value,
    pub created_by: Option<StaffId>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

const COLUMNS: &str = "segment_id, name, condition, created_by, version, created_at, updated_at";

fn read(row: &Row) -> Result<Segment> {
    Ok(Segment {
        id: row.id(0, SegmentId)?,
        name: row.text(1)?,
        condition: row.json(2)?,
        created_by: row.opt_id(3, StaffId)?,
        version: row.int(4)?,
        created_at: row.instant(5)?,
        updated_at: row.instant(6)?,
    })
}

pub(crate) fn all(tx: &mut Tx) -> Result<Vec<Segment>> {
    tx.query(&format!("SELECT {COLUMNS} FROM segments ORDER BY name_key"), &[], read)
}

pub(crate) fn find(tx: &mut Tx, id: SegmentId) -> Result<Option<Segment>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM segments WHERE segment_id = $1"), &[id.0.into()], read)
}

/// Whose the name is.
pub(crate) fn named(tx: &mut Tx, name: &str) -> Result<Option<SegmentId>> {
    tx.query_one("SELECT segment_id FROM segments WHERE name_key = $1", &[name_key(name).into()], |row| {
        row.id(0, SegmentId)
    })
}

/// `false` where the name is taken.
pub(crate) fn insert(tx: &mut Tx, segment: &Segment) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO segments (segment_id, name, name_key, condition, created_by, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $6) ON CONFLICT (name_key) DO NOTHING",
        &[
            segment.id.0.into(),
            segment.name.as_str().into(),
            name_key(&segment.name).into(),
            (&segment.condition).into(),
            segment.created_by.into(),
            segment.created_at.into(),
        ],
    )?;
    Ok(made == 1)
}

/// Locks one segment for a change; `None` where there is none.
pub(crate) fn lock(tx: &mut Tx, id: SegmentId) -> Result<Option<Segment>> {
    tx.execute("UPDATE segments SET updated_at = updated_at WHERE segment_id = $1", &[id.0.into()])?;
    find(tx, id)
}

pub(crate) fn update(tx: &mut Tx, now: Instant, segment: &Segment) -> Result<()> {
    tx.execute(
        "UPDATE segments SET name = $1, name_key = $2, condition = $3, version = version + 1, updated_at = $4
         WHERE segment_id = $5",
        &[
            segment.name.as_str().into(),
            name_key(&segment.name).into(),
            (&segment.condition).into(),
            now.into(),
            segment.id.0.into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn delete(tx: &mut Tx, id: SegmentId) -> Result<()> {
    tx.execute("DELETE FROM segments WHERE segment_id = $1", &[id.0.into()])?;
    Ok(())
}

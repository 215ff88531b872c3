//! Programmes and the versions of their rules.

use super::versions::{self, Publication};
use crate::rfm::CubeCuts;
use crate::rules::Rules;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use zunke_kernel::id::{ProgrammeId, StaffId, VersionId};
use zunke_kernel::{Day, Error, Instant, Result, Text};
use zunke_store::{Row, Tx, Value};

pub use super::versions::Version;

/// A programme: one ladder of levels.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Programme {
    pub id: ProgrammeId,
    pub name: Text,
    pub template: String,
    /// Its level stands in lists of customers.
    pub is_primary: bool,
    pub published: Option<VersionId>,
    /// The ETag of the draft.
    pub draft_version: i64,
    pub evaluated_at: Option<Instant>,
    pub evaluated_as_of: Option<Day>,
    pub created_at: Instant,
    /// Set aside: it decides nothing any more, and what it decided stays on record.
    pub archived_at: Option<Instant>,
}

/// A programme that decides levels now.
#[derive(Clone, Debug)]
pub struct Active {
    pub programme: ProgrammeId,
    pub is_primary: bool,
    pub version: VersionId,
    pub rules: Arc<Rules>,
    /// As last drawn from everyone; the middle before that.
    pub cuts: Arc<CubeCuts>,
}

const COLUMNS: &str = "programme_id, name_zh, name_en, template, is_primary, published_id, draft_version, \
     evaluated_at, evaluated_as_of, created_at, archived_at";

fn programme(row: &Row) -> Result<Programme> {
    Ok(Programme {
        id: row.id(0, ProgrammeId)?,
        name: Text::new(row.text(1)?, row.text(2)?),
        template: row.text(3)?,
        is_primary: row.bool(4)?,
        published: row.opt_id(5, VersionId)?,
        draft_version: row.int(6)?,
        evaluated_at: row.opt_instant(7)?,
        evaluated_as_of: row.opt_day(8)?,
        created_at: row.instant(9)?,
        archived_at: row.opt_instant(10)?,
    })
}

/// The primary one first, then by age; those set aside last.
pub fn list(tx: &mut Tx) -> Result<Vec<Programme>> {
    let mut all = tx.query(&format!("SELECT {COLUMNS} FROM programmes ORDER BY programme_id"), &[], programme)?;
    all.sort_by_key(|programme| (programme.archived_at.is_some(), !programme.is_primary));
    Ok(all)
}

pub fn find(tx: &mut Tx, id: ProgrammeId) -> Result<Programme> {
    let sql = format!("SELECT {COLUMNS} FROM programmes WHERE programme_id = $1");
    tx.query_one(&sql, &[id.into()], programme)?.ok_or_else(Error::not_found)
}

/// The primary programme, where there is one.
pub fn primary(tx: &mut Tx) -> Result<Option<Programme>> {
    Ok(list(tx)?.into_iter().find(|programme| programme.is_primary))
}

/// Makes a programme with a draft; the first one is primary.
pub fn create(tx: &mut Tx, now: Instant, name: &Text, template: &str, rules: &Rules) -> Result<ProgrammeId> {
    let id = ProgrammeId::new(now);
    let count = tx.query_one("SELECT COUNT(*) FROM programmes", &[], |row| row.int(0))?.unwrap_or(0);
    if count >= 20 {
        return Err(Error::conflict("programmes_too_many", "体系最多 20 个。", "There are 20 programmes at most."));
    }
    tx.execute(
        "INSERT INTO programmes (programme_id, name_zh, name_en, template, is_primary, draft, draft_version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            (&*name.zh).into(),
            (&*name.en).into(),
            template.into(),
            (count == 0).into(),
            json(rules)?,
            1_i64.into(),
            now.into(),
        ],
    )?;
    Ok(id)
}

/// Gives a programme another name.
pub fn rename(tx: &mut Tx, id: ProgrammeId, name: &Text) -> Result<()> {
    let sql = "UPDATE programmes SET name_zh = $1, name_en = $2 WHERE programme_id = $3";
    tx.execute(sql, &[(&*name.zh).into(), (&*name.en).into(), id.into()])?;
    Ok(())
}

/// Sets a programme aside, or takes it up again.
///
/// # Errors
/// 409 `programme_is_primary` for the one whose levels stand in lists.
pub fn archive(tx: &mut Tx, id: ProgrammeId, at: Option<Instant>) -> Result<()> {
    let sql = "UPDATE programmes SET archived_at = $1 WHERE programme_id = $2";
    tx.execute(sql, &[at.into(), id.into()])?;
    if at.is_some() && find(tx, id)?.is_primary {
        return Err(Error::conflict(
            "programme_is_primary",
            "主体系不能停用，请先把另一个体系设为主体系。",
            "The primary programme can't be set aside: make another one primary first.",
        ));
    }
    Ok(())
}

/// Makes a programme the one whose levels stand in lists. The lists follow with the next evaluation that is made
/// afresh (see `crate::primary`).
///
/// # Errors
/// 409 `programme_not_in_force` for one that decides nothing.
pub fn make_primary(tx: &mut Tx, id: ProgrammeId) -> Result<()> {
    tx.execute("UPDATE programmes SET is_primary = (programme_id = $1)", &[id.into()])?;
    let programme = find(tx, id)?;
    if programme.published.is_none() || programme.archived_at.is_some() {
        return Err(Error::conflict(
            "programme_not_in_force",
            "只有已发布且在用的体系才能设为主体系。",
            "Only a programme that is published and in use can be the primary one.",
        ));
    }
    Ok(())
}

pub(crate) fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_string(value).map(Value::Text).map_err(Error::internal)
}

/// The draft, if it differs from what is published; the published rules otherwise.
pub fn draft(tx: &mut Tx, id: ProgrammeId) -> Result<Option<Rules>> {
    let sql = "SELECT draft FROM programmes WHERE programme_id = $1";
    let text = tx.query_one(sql, &[id.into()], |row| row.opt_text(0))?.ok_or_else(Error::not_found)?;
    text.map(|text| Rules::read(&text)).transpose()
}

/// Saves a draft made on `version`; answers the new version. 412 where someone else saved meanwhile.
pub fn save_draft(tx: &mut Tx, id: ProgrammeId, version: i64, rules: Option<&Rules>) -> Result<i64> {
    let draft = rules.map_or(Ok(Value::Null), json)?;
    let done = tx.execute(
        "UPDATE programmes SET draft = $1, draft_version = draft_version + 1
         WHERE programme_id = $2 AND draft_version = $3",
        &[draft, id.into(), version.into()],
    )?;
    if done == 0 {
        find(tx, id)?;
        return Err(Error::stale());
    }
    Ok(version + 1)
}

/// Publishes rules at once; see [`versions::publish`].
pub fn publish(
    tx: &mut Tx,
    now: Instant,
    id: ProgrammeId,
    rules: &Rules,
    note: &str,
    by: Option<StaffId>,
) -> Result<Version> {
    let publication = Publication { rules, note, by, from: None, restored_from: None };
    versions::publish(tx, now, id, &publication)
}

/// Rules of a version. Kept in memory once read: they never change.
pub fn rules(tx: &mut Tx, version: VersionId) -> Result<Arc<Rules>> {
    static KNOWN: OnceLock<Mutex<HashMap<VersionId, Arc<Rules>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    if let Some(rules) = known.lock().unwrap_or_else(PoisonError::into_inner).get(&version) {
        return Ok(Arc::clone(rules));
    }
    let sql = "SELECT rules FROM programme_versions WHERE version_id = $1";
    let text = tx.query_one(sql, &[version.into()], |row| row.text(0))?.ok_or_else(Error::not_found)?;
    let rules = Arc::new(Rules::read(&text).map_err(|error| Error::internal(format!("stored rules: {error}")))?);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > 64 {
        known.clear();
    }
    known.insert(version, Arc::clone(&rules));
    Ok(rules)
}

/// What decides levels now: every programme with a published version that is not set aside.
pub fn active(tx: &mut Tx) -> Result<Vec<Active>> {
    let rows = tx.query(
        "SELECT programmes.programme_id, is_primary, published_id, cuts FROM programmes
         LEFT JOIN rfm_cuts ON rfm_cuts.version_id = programmes.published_id
         WHERE published_id IS NOT NULL AND archived_at IS NULL ORDER BY programmes.programme_id",
        &[],
        |row| {
            let cuts: Option<CubeCuts> = row.opt_json(3)?;
            Ok((row.id(0, ProgrammeId)?, row.bool(1)?, row.id(2, VersionId)?, cuts))
        },
    )?;
    rows.into_iter()
        .map(|(programme, is_primary, version, cuts)| {
            let rules = rules(tx, version)?;
            let cuts = Arc::new(cuts.unwrap_or_else(CubeCuts::middle));
            Ok(Active { programme, is_primary, version, rules, cuts })
        })
        .collect()
}

/// Stores the cuts of a version.
pub fn save_cuts(tx: &mut Tx, version: VersionId, as_of: Day, cuts: &CubeCuts) -> Result<()> {
    tx.execute(
        "INSERT INTO rfm_cuts (version_id, as_of, cuts) VALUES ($1, $2, $3)
         ON CONFLICT (version_id) DO UPDATE SET as_of = excluded.as_of, cuts = excluded.cuts",
        &[version.into(), as_of.into(), json(cuts)?],
    )?;
    Ok(())
}

/// Notes that everyone was evaluated.
pub fn evaluated(tx: &mut Tx, now: Instant, programme: ProgrammeId, version: VersionId, as_of: Day) -> Result<()> {
    tx.execute(
        "UPDATE programmes SET evaluated_at = $1, evaluated_as_of = $2, evaluated_id = $3 WHERE programme_id = $4",
        &[now.into(), as_of.into(), version.into(), programme.into()],
    )?;
    Ok(())
}

//! Programmes and the versions of their rules.

use crate::rfm::CubeCuts;
use crate::rules::Rules;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use zunke_kernel::id::{ProgrammeId, StaffId, VersionId};
use zunke_kernel::{Day, Error, Instant, Result, Text};
use zunke_store::{Row, Tx, Value};

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
}

/// A published version, without its rules.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TierVersion)]
pub struct Version {
    pub id: VersionId,
    pub number: i64,
    /// `published` or `retired`.
    pub state: String,
    pub note: String,
    pub published_at: Instant,
    pub published_by: Option<StaffId>,
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
     evaluated_at, evaluated_as_of, created_at";

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
    })
}

/// The primary one first, then by age.
pub fn list(tx: &mut Tx) -> Result<Vec<Programme>> {
    let mut all = tx.query(&format!("SELECT {COLUMNS} FROM programmes ORDER BY programme_id"), &[], programme)?;
    all.sort_by_key(|programme| !programme.is_primary);
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

/// Publishes rules as the next version; the version before is retired. The rules never change again.
pub fn publish(
    tx: &mut Tx,
    now: Instant,
    id: ProgrammeId,
    rules: &Rules,
    note: &str,
    by: Option<StaffId>,
) -> Result<Version> {
    // The first statement takes the row, so that two who publish at once get two numbers.
    tx.execute("UPDATE programmes SET draft_version = draft_version + 1 WHERE programme_id = $1", &[id.into()])?;
    let last = "SELECT MAX(number) FROM programme_versions WHERE programme_id = $1";
    let number = tx.query_one(last, &[id.into()], |row| row.opt_int(0))?.flatten().unwrap_or(0) + 1;
    let version = VersionId::new(now);
    let before = find(tx, id)?.published;
    tx.execute(
        "UPDATE programme_versions SET state = 'retired' WHERE programme_id = $1 AND state = 'published'",
        &[id.into()],
    )?;
    tx.execute(
        "INSERT INTO programme_versions (version_id, programme_id, number, state, rules, note, published_at, published_by)
         VALUES ($1, $2, $3, 'published', $4, $5, $6, $7)",
        &[version.into(), id.into(), number.into(), json(rules)?, note.into(), now.into(), by.into()],
    )?;
    tx.execute(
        "UPDATE programmes SET published_id = $1, draft = NULL WHERE programme_id = $2",
        &[version.into(), id.into()],
    )?;
    if let Some(before) = before {
        // Until everyone is evaluated, one customer is graded by the limits known so far.
        tx.execute(
            "INSERT INTO rfm_cuts (version_id, as_of, cuts) SELECT $1, as_of, cuts FROM rfm_cuts WHERE version_id = $2",
            &[version.into(), before.into()],
        )?;
    }
    Ok(Version {
        id: version,
        number,
        state: "published".into(),
        note: note.into(),
        published_at: now,
        published_by: by,
    })
}

/// Newest first.
pub fn versions(tx: &mut Tx, id: ProgrammeId) -> Result<Vec<Version>> {
    tx.query(
        "SELECT version_id, number, state, note, published_at, published_by FROM programme_versions
         WHERE programme_id = $1 ORDER BY number DESC",
        &[id.into()],
        |row| {
            Ok(Version {
                id: row.id(0, VersionId)?,
                number: row.int(1)?,
                state: row.text(2)?,
                note: row.text(3)?,
                published_at: row.instant(4)?,
                published_by: row.opt_id(5, StaffId)?,
            })
        },
    )
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

/// What decides levels now: every programme with a published version.
pub fn active(tx: &mut Tx) -> Result<Vec<Active>> {
    let rows = tx.query(
        "SELECT programmes.programme_id, is_primary, published_id, cuts FROM programmes
         LEFT JOIN rfm_cuts ON rfm_cuts.version_id = programmes.published_id
         WHERE published_id IS NOT NULL ORDER BY programmes.programme_id",
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

//! How levels are held: the columns of lives in `standings`, the layers on top, the gate.

use super::for_ids;
use crate::life::border::Watch;
use crate::life::layers::{Layer, Layers};
use crate::life::{Base, Fallen, Held, Pending};
use std::collections::HashMap;
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId, StaffId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// What is on record of one customer's life in one programme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lived {
    /// None: never looked at as a life.
    pub held: Option<Held>,
    /// Whether the columns of a life are filled.
    pub known: bool,
    /// The last day on which it was looked at.
    pub on: Day,
    /// How it stood before that day.
    pub opening: Option<Base>,
    pub taken_on: Option<Day>,
    pub approved: Option<(LevelId, Day)>,
    /// Why a person should look at it, as [`crate::life::border::Watch`] writes it.
    pub watched: Option<Watch>,
    pub revision: i64,
    pub layers: Layers,
}

const COLUMNS: &str = "customer_id, programme_id, held_level, held_rank, held_since, COALESCE(held_on, as_of), \
    keep_until, observe_until, fallen_level, fallen_rank, fallen_on, pending_level, pending_rank, pending_asked, \
    stands, opening, opened_on, taken_on, approved_level, approved_asked, revision, stage, level_id, level_rank, since, watched";

fn rank(row: &Row, at: usize) -> Result<u8> {
    Ok(row.opt_int(at)?.and_then(|rank| u8::try_from(rank).ok()).unwrap_or(0))
}

fn lived(row: &Row) -> Result<Lived> {
    let fallen = match (row.opt_id(8, LevelId)?, row.opt_day(10)?) {
        (Some(level), Some(on)) => Some(Fallen { level, rank: rank(row, 9)?, on }),
        _ => None,
    };
    let pending = match (row.opt_id(11, LevelId)?, row.opt_day(13)?) {
        (Some(level), Some(asked)) => Some(Pending { level, rank: rank(row, 12)?, asked }),
        _ => None,
    };
    let known = row.opt_text(21)?.is_some();
    let held = if known {
        Held {
            level: row.opt_id(2, LevelId)?,
            rank: rank(row, 3)?,
            since: row.opt_day(4)?.unwrap_or_default(),
            keep_until: row.opt_day(6)?,
            observe_until: row.opt_day(7)?,
            fallen,
            pending,
            stands: row.opt_bool(14)?.unwrap_or(false),
        }
    } else {
        // From before there were lives: the level as it stands.
        Held { level: row.opt_id(22, LevelId)?, rank: rank(row, 23)?, since: row.day(24)?, ..Held::default() }
    };
    let opening = match row.opt_day(16)? {
        Some(on) => Some(Base { held: row.opt_json(15)?.unwrap_or(held), on }),
        None if known => None,
        None => Some(Base { held, on: row.day(5)? }),
    };
    let approved = row.opt_id(18, LevelId)?.zip(row.opt_day(19)?);
    Ok(Lived {
        held: Some(held),
        known,
        on: row.day(5)?,
        opening,
        taken_on: row.opt_day(17)?,
        approved,
        watched: row.opt_text(25)?.and_then(|text| Watch::read(&text)),
        revision: row.int(20)?,
        layers: Layers::default(),
    })
}

/// The lives of these customers in all programmes, with what lies on top.
pub fn read(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<(CustomerId, ProgrammeId), Lived>> {
    let mut all = HashMap::with_capacity(ids.len());
    let sql = format!("SELECT {COLUMNS} FROM standings WHERE customer_id IN ({{ids}})");
    for_ids(tx, &sql, &[], ids, |row| {
        all.insert((row.id(0, CustomerId)?, row.id(1, ProgrammeId)?), lived(row)?);
        Ok(())
    })?;
    let sql = format!("SELECT {LAYER} FROM level_layers WHERE customer_id IN ({{ids}})");
    for_ids(tx, &sql, &[], ids, |row| {
        let life: &mut Lived = all.entry((row.id(0, CustomerId)?, row.id(1, ProgrammeId)?)).or_default();
        lay(row, &mut life.layers)
    })?;
    Ok(all)
}

/// The same of a run of customers in one programme.
pub fn range(
    tx: &mut Tx,
    programme: ProgrammeId,
    first: CustomerId,
    last: CustomerId,
) -> Result<HashMap<CustomerId, Lived>> {
    let mut all = HashMap::new();
    let params = [first.into(), last.into(), programme.into()];
    let within = "customer_id >= $1 AND customer_id <= $2 AND programme_id = $3";
    tx.for_each(&format!("SELECT {COLUMNS} FROM standings WHERE {within}"), &params, |row| {
        all.insert(row.id(0, CustomerId)?, lived(row)?);
        Ok(())
    })?;
    tx.for_each(&format!("SELECT {LAYER} FROM level_layers WHERE {within}"), &params, |row| {
        lay(row, &mut all.entry(row.id(0, CustomerId)?).or_default().layers)
    })?;
    Ok(all)
}

const LAYER: &str = "customer_id, programme_id, kind, level_id, from_day, until_day, reason, by_staff";

fn lay(row: &Row, layers: &mut Layers) -> Result<()> {
    let layer = Some(Layer {
        level: row.id(3, LevelId)?,
        from: row.day(4)?,
        until: row.opt_day(5)?,
        reason: row.text(6)?,
        by: row.opt_id(7, StaffId)?,
    });
    match row.str(2)? {
        "manual" => layers.manual = layer,
        _ => layers.grant = layer,
    }
    Ok(())
}

/// Whether any level has something on top, or has had: most houses without lives ask no further.
pub fn any(tx: &mut Tx) -> Result<bool> {
    let mut there = |sql: &str| Ok(tx.query_one(sql, &[], |row| row.int(0))?.is_some());
    Ok(there("SELECT 1 FROM level_layers LIMIT 1")? || there("SELECT 1 FROM level_gates LIMIT 1")?)
}

/// Puts a layer on a customer, in place of the one of its kind. `kind`: `manual` or `grant`.
pub fn put_layer(
    tx: &mut Tx,
    now: Instant,
    customer: CustomerId,
    programme: ProgrammeId,
    kind: &str,
    layer: &Layer,
) -> Result<()> {
    tx.execute(
        "INSERT INTO level_layers (customer_id, programme_id, kind, level_id, from_day, until_day, reason, by_staff, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (customer_id, programme_id, kind) DO UPDATE SET level_id = excluded.level_id,
           from_day = excluded.from_day, until_day = excluded.until_day, reason = excluded.reason,
           by_staff = excluded.by_staff, made_at = excluded.made_at",
        &[
            customer.into(),
            programme.into(),
            kind.into(),
            layer.level.into(),
            layer.from.into(),
            layer.until.into(),
            (&*layer.reason).into(),
            layer.by.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Takes a layer away; answers whether there was one.
pub fn take_layer(tx: &mut Tx, customer: CustomerId, programme: ProgrammeId, kind: &str) -> Result<bool> {
    let sql = "DELETE FROM level_layers WHERE customer_id = $1 AND programme_id = $2 AND kind = $3";
    Ok(tx.execute(sql, &[customer.into(), programme.into(), kind.into()])? == 1)
}

/// Notes that a rise was approved; whoever looks next raises.
pub fn approve(tx: &mut Tx, customer: CustomerId, programme: ProgrammeId, level: LevelId, asked: Day) -> Result<()> {
    tx.execute(
        "UPDATE standings SET approved_level = $1, approved_asked = $2 WHERE customer_id = $3 AND programme_id = $4",
        &[level.into(), asked.into(), customer.into(), programme.into()],
    )?;
    Ok(())
}

/// Columns of a life as they are written after those of a standing, in the order of [`values`].
pub const WRITTEN: [&str; 21] = [
    "held_level",
    "held_rank",
    "held_since",
    "held_on",
    "stage",
    "keep_until",
    "observe_until",
    "fallen_level",
    "fallen_rank",
    "fallen_on",
    "pending_level",
    "pending_rank",
    "pending_asked",
    "stands",
    "opening",
    "opened_on",
    "taken_on",
    "approved_level",
    "approved_asked",
    "watched",
    "due_day",
];

/// What is written of a life; nothing of a standing without one.
#[must_use]
pub fn values(life: Option<&Lived>, due: Option<Day>) -> Vec<Value> {
    let Some((life, held)) = life.filter(|life| life.known).and_then(|life| Some((life, life.held?))) else {
        return vec![Value::Null; WRITTEN.len()];
    };
    let rank = |rank: Option<u8>| Value::from(rank.map(i64::from));
    let opening = life.opening.filter(|base| base.held != held);
    let opening = opening.map(|base| serde_json::to_string(&base.held).unwrap_or_default());
    vec![
        held.level.into(),
        i64::from(held.rank).into(),
        held.since.into(),
        life.on.into(),
        stage(&held).into(),
        held.keep_until.into(),
        held.observe_until.into(),
        held.fallen.map(|fallen| fallen.level).into(),
        rank(held.fallen.map(|fallen| fallen.rank)),
        held.fallen.map(|fallen| fallen.on).into(),
        held.pending.map(|pending| pending.level).into(),
        rank(held.pending.map(|pending| pending.rank)),
        held.pending.map(|pending| pending.asked).into(),
        held.stands.into(),
        opening.into(),
        life.opening.map(|base| base.on).into(),
        life.taken_on.into(),
        life.approved.map(|(level, _)| level).into(),
        life.approved.map(|(_, asked)| asked).into(),
        life.watched.map(Watch::word).into(),
        due.into(),
    ]
}

/// `active` or `observation`.
#[must_use]
pub fn stage(held: &Held) -> &'static str {
    if held.observe_until.is_some() { "observation" } else { "active" }
}

/// Up to which day levels may be lost in a programme.
pub fn gate(tx: &mut Tx, programme: ProgrammeId) -> Result<Day> {
    let sql = "SELECT through FROM level_gates WHERE programme_id = $1";
    Ok(tx.query_one(sql, &[programme.into()], |row| row.day(0))?.unwrap_or(Day(i32::MIN / 2)))
}

/// Opens the gate up to a day; it never closes again.
pub fn open_gate(tx: &mut Tx, programme: ProgrammeId, through: Day) -> Result<()> {
    tx.execute(
        "INSERT INTO level_gates (programme_id, through) VALUES ($1, $2)
         ON CONFLICT (programme_id) DO UPDATE SET through = excluded.through
         WHERE level_gates.through < excluded.through",
        &[programme.into(), through.into()],
    )?;
    Ok(())
}

/// Customers of a programme for whom a day has fallen due, rising by id, after one.
pub fn due(
    tx: &mut Tx,
    programme: ProgrammeId,
    as_of: Day,
    after: Option<CustomerId>,
    most: i64,
) -> Result<Vec<CustomerId>> {
    let mut params: Vec<Value> = vec![programme.into(), as_of.into(), most.into()];
    let beyond = if let Some(after) = after {
        params.push(after.into());
        " AND s.customer_id > $4"
    } else {
        ""
    };
    let sql = format!(
        "SELECT s.customer_id FROM standings s JOIN customers c ON c.customer_id = s.customer_id
         WHERE s.programme_id = $1 AND s.due_day <= $2 AND c.status = 'active'{beyond}
         ORDER BY s.customer_id LIMIT $3"
    );
    tx.query(&sql, &params, |row| row.id(0, CustomerId))
}

/// Standings above a rank: those who have something to lose.
pub fn levelled(tx: &mut Tx, programme: ProgrammeId, above: u8) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM standings WHERE programme_id = $1 AND held_rank > $2";
    Ok(tx.query_one(sql, &[programme.into(), i64::from(above).into()], |row| row.int(0))?.unwrap_or(0))
}

//! Where customers stand, and the decisions that brought them there.

use super::{execute_for_ids, for_ids};
use crate::decision::{Cause, Change, Decision, Standing};
use crate::evaluate::Assessment;
use crate::image::Recorded;
use crate::keep::Ready;
use crate::life::notice::Notice;
use crate::store::lives::{self, Lived};
use crate::store::queue;
use std::collections::{HashMap, HashSet};
use zunke_kernel::id::{CustomerId, JobId, LevelId, ProgrammeId};
use zunke_kernel::{Day, Instant, Result, Text};
use zunke_store::{Engine, Tx, Value, outbox};

/// The message that a level has changed, for the rooms above.
pub const LEVEL_CHANGED: &str = "tiering.level_changed";

/// What is to be written about one customer in one programme.
#[derive(Clone, Debug)]
pub struct Row {
    pub customer: CustomerId,
    pub standing: Standing,
    pub assessment: Assessment,
    pub fingerprint: i64,
    /// What was on record when this was reckoned; 0: nothing.
    pub revision: i64,
    /// The potential to show in lists from now on, where it has changed and the programme is the primary one.
    pub potential: Option<f64>,
    pub decision: Option<Told>,
    /// How the level is held, where it has a life or something on top.
    pub life: Option<Box<LifeRow>>,
}

/// What is to be written about one customer's life.
#[derive(Clone, Debug)]
pub struct LifeRow {
    pub lived: Lived,
    /// The next day on which time alone changes something.
    pub due: Option<Day>,
    /// What happened before the row's own decision, in order, and what changed no level.
    pub told: Vec<Told>,
    pub notice: Option<Notice>,
    pub asks: Vec<Asked>,
    /// A loss is due and waits for a run.
    pub waits: bool,
}

/// A change of the queue: an item for somebody to look at, or (without `to`) that there is none any longer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub kind: &'static str,
    /// The level in question, and since when.
    pub to: Option<(LevelId, Day)>,
    pub why: Option<Text>,
}

impl Row {
    /// Everything that is told of this customer, in order.
    pub fn told(&self) -> impl Iterator<Item = &Told> {
        let life = self.life.as_ref().map_or(&[][..], |life| &life.told);
        life.iter().chain(&self.decision)
    }
}

/// A decision with its words and inputs, both as JSON.
#[derive(Clone, Debug)]
pub struct Told {
    pub decision: Decision,
    pub reason: String,
    pub inputs: String,
}

/// What is on record for these customers in all programmes.
pub fn read(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<(CustomerId, ProgrammeId), Recorded>> {
    let mut all = HashMap::with_capacity(ids.len());
    let sql = "SELECT customer_id, programme_id, level_id, level_rank, since, fingerprint, revision FROM standings
               WHERE customer_id IN ({ids})";
    for_ids(tx, sql, &[], ids, |row| {
        let recorded = Recorded {
            level: row.opt_id(2, LevelId)?,
            rank: u8::try_from(row.int(3)?).unwrap_or(0),
            potential: 0,
            since: row.day(4)?,
            fingerprint: row.int(5)?,
            revision: row.int(6)?,
        };
        all.insert((row.id(0, CustomerId)?, row.id(1, ProgrammeId)?), recorded);
        Ok(())
    })?;
    Ok(all)
}

/// Which of these standings are as they were: customer and revision.
pub fn unchanged(tx: &mut Tx, programme: ProgrammeId, known: &[(CustomerId, i64)]) -> Result<HashSet<CustomerId>> {
    let ids: Vec<CustomerId> = known.iter().map(|(id, _)| *id).collect();
    let mut revisions = HashMap::with_capacity(ids.len());
    let sql = "SELECT customer_id, revision FROM standings WHERE programme_id = $1 AND customer_id IN ({ids})";
    for_ids(tx, sql, &[programme.into()], &ids, |row| {
        revisions.insert(row.id(0, CustomerId)?, row.int(1)?);
        Ok(())
    })?;
    let same = |(id, revision): &&(CustomerId, i64)| revisions.get(id).copied().unwrap_or(0) == *revision;
    Ok(known.iter().filter(same).map(|(id, _)| *id).collect())
}

/// Joining days of these customers.
pub fn joined(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Day>> {
    let mut all = HashMap::new();
    let sql = "SELECT customer_id, joined_day FROM customers WHERE customer_id IN ({ids}) AND joined_day IS NOT NULL";
    for_ids(tx, sql, &[], ids, |row| {
        all.insert(row.id(0, CustomerId)?, row.day(1)?);
        Ok(())
    })?;
    Ok(all)
}

/// Keeps others from these customers until the end of the transaction. SQLite has one writer and needs nothing.
pub fn lock(tx: &mut Tx, ids: &[CustomerId]) -> Result<()> {
    if tx.engine() == Engine::Postgres {
        execute_for_ids(tx, "UPDATE customers SET turn = turn + 1 WHERE customer_id IN ({ids})", ids)?;
    }
    Ok(())
}

/// Writes standings, decisions and messages of customers who are locked. A standing whose `revision` is not the one that
/// its row was reckoned from stays as it is: fewer answered than given means that the whole must be taken back.
pub fn write(tx: &mut Tx, now: Instant, as_of: Day, ready: &Ready, rows: &[Row]) -> Result<u64> {
    let (programme, version) = (ready.programme, ready.version);
    let standings: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            vec![
                row.customer.into(),
                programme.into(),
                row.standing.level.into(),
                i64::from(row.standing.rank).into(),
                row.standing.since.into(),
                row.assessment.score.into(),
                row.assessment.loyalty.into(),
                i64::from(row.assessment.grades.code()).into(),
                // Of the primary programme it stands apart, with the headline.
                if ready.is_primary { 0.0 } else { row.assessment.potential }.into(),
                as_of.into(),
                version.into(),
                now.into(),
                row.fingerprint.into(),
                (row.revision + 1).into(),
            ]
        })
        .collect();
    let written = tx.execute_many(
        "INSERT INTO standings (customer_id, programme_id, level_id, level_rank, since, score, loyalty, rfm, potential,
           as_of, version_id, decided_at, fingerprint, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (customer_id, programme_id) DO UPDATE SET level_id = excluded.level_id,
           level_rank = excluded.level_rank, since = excluded.since, score = excluded.score,
           loyalty = excluded.loyalty, rfm = excluded.rfm, potential = excluded.potential, as_of = excluded.as_of,
           version_id = excluded.version_id, decided_at = excluded.decided_at,
           fingerprint = excluded.fingerprint, revision = excluded.revision
         WHERE standings.revision = excluded.revision - 1",
        &standings,
    )?;
    if written < rows.len() as u64 {
        return Ok(written);
    }
    lives(tx, now, programme, rows)?;
    let told: Vec<(&Row, usize, &Told)> =
        rows.iter().flat_map(|row| row.told().enumerate().map(move |(at, told)| (row, at, told))).collect();
    let decisions: Vec<Vec<Value>> =
        told.iter().map(|(row, at, told)| decision(now, programme, row, *at, told)).collect();
    tx.execute_many(
        "INSERT INTO decisions (customer_id, decided_at, decision_id, programme_id, change_kind, cause, from_rank,
           to_rank, from_level, to_level, as_of, version_id, score, reason, inputs)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &decisions,
    )?;
    let mut messages = Vec::new();
    for (row, _, told) in told {
        let Decision { change, cause, from, to, as_of, .. } = told.decision;
        // When a whole base is placed for the first time, nobody has risen.
        if change == Change::Entered && cause != Cause::Activity || change == Change::Asked {
            continue;
        }
        let payload = serde_json::json!({
            "customer_id": row.customer, "programme_id": programme, "change": change, "cause": cause,
            "from_rank": from.map_or(0, |from| from.rank), "to_rank": to.rank,
            "from_level": from.and_then(|from| from.level), "to_level": to.level, "as_of": as_of,
            "stage": row.life.as_ref().and_then(|life| life.lived.held).map(|held| lives::stage(&held)),
        });
        messages.push((row.customer.to_string(), payload.to_string()));
    }
    outbox::send_many(tx, now, LEVEL_CHANGED, &messages)?;
    Ok(written)
}

/// The message that a level is at stake, for the rooms above: once for each cycle and kind.
pub const NOTICE: &str = "tiering.notice";

/// How levels are held, what the queue asks, and notices. Standings without a life are none of its business.
fn lives(tx: &mut Tx, now: Instant, programme: ProgrammeId, rows: &[Row]) -> Result<()> {
    let lived: Vec<(&Row, &LifeRow)> = rows.iter().filter_map(|row| Some((row, row.life.as_deref()?))).collect();
    if lived.is_empty() {
        return Ok(());
    }
    let values: Vec<Vec<Value>> = lived
        .iter()
        .map(|(row, life)| {
            let mut values = lives::values(Some(&life.lived), life.due);
            values.extend([row.customer.into(), programme.into()]);
            values
        })
        .collect();
    let columns: Vec<String> =
        lives::WRITTEN.iter().enumerate().map(|(at, column)| format!("{column} = ${}", at + 1)).collect();
    let key = lives::WRITTEN.len() + 1;
    let sql = format!(
        "UPDATE standings SET {} WHERE customer_id = ${key} AND programme_id = ${}",
        columns.join(", "),
        key + 1
    );
    tx.execute_many(&sql, &values)?;
    for (row, life) in lived {
        queue::ask(tx, now, programme, row, &life.asks)?;
        let Some(notice) = life.notice else { continue };
        let fresh = tx.execute(
            "INSERT INTO level_notices (customer_id, programme_id, cycle, kind, sent_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (customer_id, programme_id, cycle, kind) DO NOTHING",
            &[row.customer.into(), programme.into(), notice.end.into(), notice.kind().into(), now.into()],
        )?;
        if fresh == 1 {
            let payload = serde_json::json!({
                "kind": notice.kind(), "customer_id": row.customer, "programme_id": programme, "cycle": notice.end,
                "level": row.standing.level, "rank": row.standing.rank,
            });
            outbox::send(
                tx,
                now,
                NOTICE,
                &format!("{}/{programme}/{}/{}", row.customer, notice.end, notice.kind()),
                &payload,
            )?;
        }
    }
    Ok(())
}

fn decision(now: Instant, programme: ProgrammeId, row: &Row, at: usize, told: &Told) -> Vec<Value> {
    let Decision { change, cause, from, to, version, as_of, score, .. } = told.decision;
    vec![
        row.customer.into(),
        now.into(),
        decision_id(now, row.revision + 1, at).into(),
        programme.into(),
        change.word().into(),
        cause.word().into(),
        from.map_or(0, |from| i64::from(from.rank)).into(),
        i64::from(to.rank).into(),
        from.and_then(|from| from.level).into(),
        to.level.into(),
        as_of.into(),
        version.into(),
        score.into(),
        (&*told.reason).into(),
        (&*told.inputs).into(),
    ]
}

/// A time-ordered id in which two decisions of one millisecond about one customer keep their order: the twelve bits
/// after the time are the standing's revision, and six more the place among those of one writing.
fn decision_id(now: Instant, revision: i64, at: usize) -> uuid::Uuid {
    let random = JobId::new(now).0.into_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[6..]);
    let revision = revision.to_le_bytes();
    (tail[0], tail[1], tail[2]) = (revision[1] & 0x0f, revision[0], u8::try_from(at.min(63)).unwrap_or(63));
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.0).unwrap_or(0), &tail).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_of_the_same_millisecond_keep_their_order() {
        let ids: Vec<_> = (1..600).map(|revision| decision_id(Instant(1_800_000_000_000), revision, 0)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(decision_id(Instant(1_800_000_000_001), 1, 0) > ids[598]);
        assert!(
            decision_id(Instant(1_800_000_000_000), 7, 1) > ids[6]
                && decision_id(Instant(1_800_000_000_000), 7, 9) < ids[7]
        );
    }
}

//! Jobs that come round by the clock.

use super::cron::Cron;
use super::{NewJob, enqueue};
use crate::{Tx, Value};
use zunke_kernel::{Error, Instant, Result, Zone};

/// A schedule as it stands.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: String,
    pub cron: String,
    pub zone: String,
    pub kind: String,
    pub payload: serde_json::Value,
    pub next_at: Instant,
}

/// Sets a schedule; the same again leaves its next run where it is.
pub fn schedule(
    tx: &mut Tx,
    now: Instant,
    zone: &Zone,
    name: &str,
    cron: &str,
    kind: &str,
    payload: &serde_json::Value,
) -> Result<()> {
    let next = Cron::parse(cron)?.next(now, zone).ok_or_else(|| {
        Error::invalid("cron_never", "该时间表达式永远不会到来。", "This schedule never comes round.")
    })?;
    let before = tx.query_one("SELECT cron, zone, next_at FROM schedules WHERE name = $1", &[name.into()], |row| {
        Ok((row.text(0)?, row.text(1)?, row.instant(2)?))
    })?;
    let next = match before {
        Some((old, old_zone, next)) if old == cron && old_zone == zone.name() => next,
        _ => next,
    };
    tx.execute(
        "INSERT INTO schedules (name, cron, zone, kind, payload, next_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, zone = excluded.zone, kind = excluded.kind,
         payload = excluded.payload, next_at = excluded.next_at",
        &[name.into(), cron.into(), zone.name().into(), kind.into(), payload.into(), next.into()],
    )?;
    Ok(())
}

pub fn unschedule(tx: &mut Tx, name: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM schedules WHERE name = $1", &[name.into()])? == 1)
}

/// All schedules, the next one first.
pub fn schedules(tx: &mut Tx) -> Result<Vec<Schedule>> {
    listed(tx, "SELECT name, cron, zone, kind, payload, next_at FROM schedules ORDER BY next_at, name", &[])
}

/// Queues what has come round. Runs that were missed while nobody was there are made up for by one.
pub(super) fn come_round(tx: &mut Tx, now: Instant) -> Result<()> {
    let due = listed(
        tx,
        "SELECT name, cron, zone, kind, payload, next_at FROM schedules WHERE next_at <= $1 ORDER BY next_at, name",
        &[now.into()],
    )?;
    for schedule in due {
        let next = Zone::parse(&schedule.zone)
            .and_then(|zone| Ok(Cron::parse(&schedule.cron)?.next(now, &zone)))
            .ok()
            .flatten();
        let Some(next) = next else {
            tracing::error!(schedule = schedule.name, cron = schedule.cron, "a schedule can't be read; it was removed");
            unschedule(tx, &schedule.name)?;
            continue;
        };
        // Only one of several nodes moves it on, and that one queues the job.
        let mine = tx.execute(
            "UPDATE schedules SET next_at = $2 WHERE name = $1 AND next_at = $3",
            &[schedule.name.as_str().into(), next.into(), schedule.next_at.into()],
        )?;
        if mine == 1 {
            let mut job = NewJob::new(&schedule.kind, schedule.payload, now);
            job.dedup_key = Some(format!("schedule:{}", schedule.name));
            enqueue(tx, now, job)?;
        }
    }
    Ok(())
}

fn listed(tx: &mut Tx, sql: &str, params: &[Value]) -> Result<Vec<Schedule>> {
    tx.query(sql, params, |row| {
        Ok(Schedule {
            name: row.text(0)?,
            cron: row.text(1)?,
            zone: row.text(2)?,
            kind: row.text(3)?,
            payload: row.json(4)?,
            next_at: row.instant(5)?,
        })
    })
}

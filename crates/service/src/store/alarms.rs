//! Alarms: the steps of escalation that are to be taken, and those that were.

use crate::clock::promise::Role;
use serde::{Deserialize, Serialize};
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx, Value};

/// Who is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    #[serde(default)]
    pub roles: Vec<Role>,
    #[serde(default)]
    pub staff: Vec<StaffId>,
}

/// One step of one due time of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub ticket: TicketId,
    pub metric: String,
    pub due: Instant,
    pub step: String,
    pub fire: Instant,
    pub told: Told,
}

impl Alarm {
    /// What it is known by on its ticket.
    #[must_use]
    pub fn key(&self) -> (&str, Instant, &str) {
        (&self.metric, self.due, &self.step)
    }
}

/// Keeps the alarms of a ticket as wanted: those not wanted any more go, new ones come, and what has fired stays fired.
pub fn keep(tx: &mut Tx, ticket: TicketId, wanted: &[Alarm]) -> Result<()> {
    let sql = "SELECT metric, due_at, step, fire_at, fired_at FROM clock_alarms WHERE ticket_id = $1";
    let there = tx.query(sql, &[ticket.into()], |row| {
        Ok((row.text(0)?, row.instant(1)?, row.text(2)?, row.instant(3)?, row.opt_instant(4)?.is_some()))
    })?;
    for (metric, due, step, fire, fired) in &there {
        let still = wanted.iter().any(|one| one.key() == (metric, *due, step) && one.fire == *fire);
        if !fired && !still {
            tx.execute(
                "DELETE FROM clock_alarms WHERE ticket_id = $1 AND metric = $2 AND due_at = $3 AND step = $4
                 AND fired_at IS NULL",
                &[ticket.into(), metric.as_str().into(), (*due).into(), step.as_str().into()],
            )?;
        }
    }
    let new: Vec<Vec<Value>> = wanted
        .iter()
        .filter(|one| {
            !there.iter().any(|(metric, due, step, fire, fired)| {
                one.key() == (metric, *due, step) && (*fired || one.fire == *fire)
            })
        })
        .map(|one| {
            let told = serde_json::to_string(&one.told).map_err(zunke_kernel::Error::internal)?;
            Ok(vec![
                ticket.into(),
                one.metric.as_str().into(),
                one.due.into(),
                one.step.as_str().into(),
                one.fire.into(),
                told.into(),
            ])
        })
        .collect::<Result<_>>()?;
    if !new.is_empty() {
        tx.execute_many(
            "INSERT INTO clock_alarms (ticket_id, metric, due_at, step, fire_at, told) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (ticket_id, metric, due_at, step) DO NOTHING",
            &new,
        )?;
    }
    Ok(())
}

/// Takes alarms that are due, oldest first: whoever marks one fires it, in the same transaction.
pub fn take(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<Alarm>> {
    let due = tx.query(
        "SELECT ticket_id, metric, due_at, step, fire_at, told FROM clock_alarms
         WHERE fired_at IS NULL AND fire_at <= $1 ORDER BY fire_at, ticket_id LIMIT $2",
        &[now.into(), limit.into()],
        |row| {
            Ok(Alarm {
                ticket: row.id(0, TicketId)?,
                metric: row.text(1)?,
                due: row.instant(2)?,
                step: row.text(3)?,
                fire: row.instant(4)?,
                told: row.json(5)?,
            })
        },
    )?;
    let mut taken = Vec::with_capacity(due.len());
    for alarm in due {
        let won = tx.execute(
            "UPDATE clock_alarms SET fired_at = $5 WHERE ticket_id = $1 AND metric = $2 AND due_at = $3 AND step = $4
             AND fired_at IS NULL",
            &[
                alarm.ticket.into(),
                alarm.metric.as_str().into(),
                alarm.due.into(),
                alarm.step.as_str().into(),
                now.into(),
            ],
        )?;
        if won == 1 {
            taken.push(alarm);
        }
    }
    Ok(taken)
}

/// When the next one is due that is not yet.
pub fn next(tx: &mut Tx) -> Result<Option<Instant>> {
    let sql = "SELECT fire_at FROM clock_alarms WHERE fired_at IS NULL ORDER BY fire_at LIMIT 1";
    tx.query_one(sql, &[], |row| row.instant(0))
}

/// What an alarm needs to know of its ticket.
pub struct Where {
    pub customer: CustomerId,
    pub number: i64,
    pub events: i64,
    pub assignee: Option<StaffId>,
    pub group: Option<GroupId>,
    pub manager: Option<StaffId>,
}

/// Counts up the ticket's events for one more, and tells where it is.
pub fn stamp(tx: &mut Tx, now: Instant, ticket: TicketId) -> Result<Option<Where>> {
    let sql = "SELECT customer_id FROM ticket_keys WHERE ticket_id = $1";
    let Some(customer) = tx.query_one(sql, &[ticket.into()], |row| row.id(0, CustomerId))? else { return Ok(None) };
    let read = |row: &Row| {
        Ok(Where {
            customer,
            number: row.int(0)?,
            events: row.int(1)? - 1,
            assignee: row.opt_id(2, StaffId)?,
            group: row.opt_id(3, GroupId)?,
            manager: None,
        })
    };
    let found = tx.query_one(
        "UPDATE tickets SET events = events + 1, version = version + 1, updated_at = $3
         WHERE customer_id = $1 AND ticket_id = $2 RETURNING number, events, assignee_id, group_id",
        &[customer.into(), ticket.into(), now.into()],
        read,
    )?;
    let Some(mut found) = found else { return Ok(None) };
    let sql = "SELECT owner_id FROM customers WHERE customer_id = $1";
    found.manager = tx.query_one(sql, &[customer.into()], |row| row.opt_id(0, StaffId))?.flatten();
    Ok(Some(found))
}

/// Writes who was told.
pub fn told(tx: &mut Tx, alarm: &Alarm, staff: &[StaffId]) -> Result<()> {
    let told = Told { roles: alarm.told.roles.clone(), staff: staff.to_vec() };
    let told = serde_json::to_string(&told).map_err(zunke_kernel::Error::internal)?;
    tx.execute(
        "UPDATE clock_alarms SET told = $5 WHERE ticket_id = $1 AND metric = $2 AND due_at = $3 AND step = $4",
        &[alarm.ticket.into(), alarm.metric.as_str().into(), alarm.due.into(), alarm.step.as_str().into(), told.into()],
    )?;
    Ok(())
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Escalation)]
pub struct Fired {
    pub ticket_id: TicketId,
    pub number: i64,
    pub subject: String,
    pub metric: String,
    /// `p50`: half of the time used; `m0`: at the due time; `m-30`, `m60`: minutes before and after it.
    pub step: String,
    pub due_at: Instant,
    pub fired_at: Instant,
    pub told: Vec<StaffId>,
}

/// The newest steps that were taken, of tickets that the actor sees.
pub fn fired(tx: &mut Tx, actor: &zunke_access::Actor, mine: bool, limit: i64) -> Result<Vec<Fired>> {
    let (seen, mut params) = crate::visible::seen(tx.engine(), actor, "t");
    let mut extra = String::new();
    if mine {
        params.push(format!("%{}%", actor.staff).into());
        extra = format!(" AND a.told LIKE ${}", params.len());
    }
    params.push(limit.into());
    let sql = format!(
        "SELECT a.ticket_id, t.number, t.subject, a.metric, a.step, a.due_at, a.fired_at, a.told
         FROM clock_alarms a JOIN ticket_keys k ON k.ticket_id = a.ticket_id
         JOIN tickets t ON t.customer_id = k.customer_id AND t.ticket_id = k.ticket_id
         WHERE a.fired_at IS NOT NULL{seen}{extra} ORDER BY a.fired_at DESC, a.ticket_id LIMIT ${}",
        params.len()
    );
    tx.query(&sql, &params, |row| {
        let told: Told = row.json(7)?;
        Ok(Fired {
            ticket_id: row.id(0, TicketId)?,
            number: row.int(1)?,
            subject: row.text(2)?,
            metric: row.text(3)?,
            step: row.text(4)?,
            due_at: row.instant(5)?,
            fired_at: row.instant(6)?,
            told: told.staff,
        })
    })
}

//! Steps before and after a breach: each is taken once for a due time, and the people whom it names are told.

use crate::clock::promise::Role;
use crate::event::What;
use crate::store::alarms::{self, Alarm, Where};
use crate::work;
use serde_json::json;
use std::collections::HashMap;
use zunke_access::Role as StaffRole;
use zunke_access::directory::{Colleague, colleagues};
use zunke_kernel::id::{GroupId, StaffId};
use zunke_kernel::{Instant, Result, Zone};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::{Tx, outbox};

/// The topic of steps that were taken: `{ticket_id, number, metric, step, due_at, to}`.
pub const TOPIC: &str = "service.escalation";

/// Alarms of one transaction.
const BATCH: i64 = 250;
const MINUTE_MS: i64 = 60_000;

/// Fires the alarms that are due. It comes round every minute, and in between at the very moment of the next alarm.
pub struct Alarms;

impl Alarms {
    pub const KIND: &'static str = "service.alarms";
}

/// Lets the alarms come round.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "service.alarms", "* * * * *", Alarms::KIND, &json!({}))
}

impl Handler for Alarms {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let mut fired = 0;
        loop {
            let now = job.now();
            // One transaction marks, writes and tells: cut off, nothing of it has happened, and it is done again.
            let count = job.db.write(|tx| {
                let count = fire(tx, now, BATCH)?;
                job.checkpoint(tx, &json!({ "fired": fired + count }))?;
                Ok(count)
            })?;
            fired += count;
            if count < BATCH {
                break;
            }
        }
        let now = job.now();
        job.db.write(|tx| match alarms::next(tx)? {
            Some(next) if next <= now.plus_ms(MINUTE_MS) => {
                let at = next.max(now.plus_ms(1_000));
                let key = format!("{}:{}", Self::KIND, at.0 / 1_000);
                let job = NewJob { dedup_key: Some(key), ..NewJob::new(Self::KIND, json!({}), at) };
                jobs::enqueue(tx, now, job).map(|_| ())
            }
            _ => Ok(()),
        })?;
        Ok(json!({ "fired": fired }))
    }
}

/// Fires up to `limit` alarms that are due; answers how many.
pub fn fire(tx: &mut Tx, now: Instant, limit: i64) -> Result<i64> {
    let taken = alarms::take(tx, now, limit)?;
    if taken.is_empty() {
        return Ok(0);
    }
    let mut house = House { staff: colleagues(tx)?, groups: HashMap::new() };
    let mut messages = Vec::with_capacity(taken.len());
    let mut changed = Vec::with_capacity(taken.len());
    for alarm in &taken {
        let Some(place) = alarms::stamp(tx, now, alarm.ticket)? else { continue };
        let to = house.told(tx, alarm, &place)?;
        let what = What::Escalated {
            metric: alarm.metric.clone(),
            step: alarm.step.clone(),
            due_at: Some(alarm.due),
            to: to.clone(),
        };
        crate::store::events::write(tx, (place.customer, alarm.ticket, place.events), now, None, &what)?;
        alarms::told(tx, alarm, &to)?;
        let key = alarm.ticket.to_string();
        let payload = json!({ "ticket_id": alarm.ticket, "number": place.number, "metric": alarm.metric,
            "step": alarm.step, "due_at": alarm.due, "to": to });
        messages.push((key.clone(), payload.to_string()));
        let payload = json!({ "ticket_id": alarm.ticket, "number": place.number, "what": "escalated" });
        changed.push((key, payload.to_string()));
    }
    outbox::send_many(tx, now, TOPIC, &messages)?;
    outbox::send_many(tx, now, work::TOPIC, &changed)?;
    Ok(i64::try_from(taken.len()).unwrap_or(limit))
}

/// Who is told where nobody is nearer: the operations managers, or the administrators where there are none.
pub fn supervisors(tx: &mut Tx) -> Result<Vec<StaffId>> {
    Ok(House { staff: colleagues(tx)?, groups: HashMap::new() }.supervisors(None))
}

/// Who works here, asked once for all alarms of a transaction.
struct House {
    staff: Vec<Colleague>,
    groups: HashMap<GroupId, Vec<StaffId>>,
}

impl House {
    fn works_here(&self, id: StaffId) -> bool {
        self.staff.iter().any(|one| one.id == id && one.active)
    }

    fn told(&mut self, tx: &mut Tx, alarm: &Alarm, place: &Where) -> Result<Vec<StaffId>> {
        let mut to: Vec<StaffId> = alarm.told.staff.clone();
        for role in &alarm.told.roles {
            match role {
                Role::Assignee => to.extend(place.assignee),
                Role::Manager => to.extend(place.manager),
                Role::Group => {
                    if let Some(group) = place.group {
                        to.extend(self.group(tx, group)?);
                    }
                }
                Role::Supervisor => to.extend(self.supervisors(place.assignee.or(place.manager))),
            }
        }
        to.retain(|id| self.works_here(*id));
        if to.is_empty() {
            // Nobody has it yet: somebody must know nevertheless.
            to = self.supervisors(None);
        }
        to.sort_unstable();
        to.dedup();
        Ok(to)
    }

    fn group(&mut self, tx: &mut Tx, group: GroupId) -> Result<Vec<StaffId>> {
        if let Some(known) = self.groups.get(&group) {
            return Ok(known.clone());
        }
        let sql = "SELECT staff_id FROM service_group_members WHERE group_id = $1 ORDER BY staff_id";
        let members = tx.query(sql, &[group.into()], |row| row.id(0, StaffId))?;
        self.groups.insert(group, members.clone());
        Ok(members)
    }

    /// The operations managers of the department of who has the ticket; where it has none, all of them; where there are
    /// none at all, the administrators.
    fn supervisors(&self, of: Option<StaffId>) -> Vec<StaffId> {
        let department = of.and_then(|id| self.staff.iter().find(|one| one.id == id)).and_then(|one| one.department);
        let with = |role: StaffRole, here: bool| -> Vec<StaffId> {
            let fits = |one: &&Colleague| one.active && one.role == role && (!here || one.department == department);
            self.staff.iter().filter(fits).map(|one| one.id).collect()
        };
        let near = if department.is_some() { with(StaffRole::OperationsManager, true) } else { Vec::new() };
        for found in [near, with(StaffRole::OperationsManager, false)] {
            if !found.is_empty() {
                return found;
            }
        }
        with(StaffRole::Administrator, false)
    }
}

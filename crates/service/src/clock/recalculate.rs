//! What has to be counted again: a calendar changed, or a customer's level.

use super::run::Changed;
use crate::context::{Context, Hooks};
use crate::event::What;
use crate::owner;
use crate::store::{calendars, clocks, people};
use crate::work;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use zunke_customers::Observer;
use zunke_kernel::id::{CalendarId, CustomerId, StaffId, TicketId};
use zunke_kernel::{Instant, Result};
use zunke_store::jobs::{self, Handler, NewJob, Running};
use zunke_store::outbox::{Message, Subscriber};
use zunke_store::{Tx, audit};
use zunke_tiering::store::standings::LEVEL_CHANGED;

/// Tickets of one transaction.
const BATCH: i64 = 100;

/// Counts the open due times again after a calendar changed; those that are over stay as they were measured.
pub struct Recalculate {
    pub observers: Vec<Arc<dyn Observer>>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    calendar: CalendarId,
    staff: Option<StaffId>,
}

#[derive(Default, Serialize, Deserialize)]
struct Progress {
    after: Option<TicketId>,
    tickets: i64,
    moved: i64,
}

impl Recalculate {
    pub const KIND: &'static str = "service.recalculate";
}

/// Enqueues it, in the transaction that changes the calendar.
pub fn enqueue(tx: &mut Tx, now: Instant, staff: Option<StaffId>, calendar: CalendarId, version: i64) -> Result<()> {
    let job = NewJob {
        dedup_key: Some(format!("{}:{calendar}:{version}", Recalculate::KIND)),
        created_by: staff,
        ..NewJob::new(Recalculate::KIND, json!(Payload { calendar, staff }), now)
    };
    jobs::enqueue(tx, now, job)?;
    Ok(())
}

impl Handler for Recalculate {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value> {
        let Payload { calendar, staff } = job.read()?;
        let hooks = Hooks { observers: self.observers.clone() };
        let mut progress: Progress =
            job.progress.clone().and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
        loop {
            let now = job.now();
            let (after, tickets, moved) = (progress.after, progress.tickets, progress.moved);
            let (next, more) = job.db.write(|tx| {
                let ids = clocks::running_by(tx, calendar, after, BATCH)?;
                let mut next = Progress { after, tickets, moved };
                let cx = Context::load(tx, now, staff)?;
                for id in &ids {
                    next.moved += i64::from(again(tx, &cx, &hooks, *id, calendar)?);
                    next.tickets += 1;
                    next.after = Some(*id);
                }
                job.checkpoint(tx, &json!(next))?;
                Ok((next, !ids.is_empty()))
            })?;
            progress = next;
            if !more {
                return Ok(json!({ "tickets": progress.tickets, "moved": progress.moved }));
            }
        }
    }
}

/// Counts one ticket again by the calendar as it is now; answers whether its next due time moved.
fn again(tx: &mut Tx, cx: &Context, hooks: &Hooks, id: TicketId, calendar: CalendarId) -> Result<bool> {
    let Some(version) = calendars::find(tx, calendar)?.map(|found| found.version) else { return Ok(false) };
    let before = crate::store::tickets::find(tx, id)?.map(|ticket| ticket.next_due_at);
    let after = work::touch(tx, cx, hooks, id, "calendar_changed", |tx, ticket| {
        let detail = json!(Changed { calendar, version });
        work::note(tx, cx, ticket, cx.now, What::CalendarChanged { detail })?;
        Ok(ticket.number)
    });
    let number = after?;
    let after = crate::store::tickets::find(tx, id)?.map(|ticket| ticket.next_due_at);
    if before == after {
        return Ok(false);
    }
    let detail =
        json!({ "number": number, "calendar_id": calendar, "version": version, "before": before, "after": after });
    audit::write(tx, cx.now, cx.actor, "ticket.due_recalculated", &id.to_string(), &detail)?;
    Ok(true)
}

/// A customer's level changed: the promises of his open tickets follow, in the declared mode.
pub struct OnLevel {
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Subscriber for OnLevel {
    fn name(&self) -> &'static str {
        "service.clocks"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[LEVEL_CHANGED]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        let Ok(customer) = message.key.parse::<CustomerId>() else { return Ok(()) };
        let hooks = Hooks { observers: self.observers.clone() };
        let cx = Context::load(tx, message.sent_at, None)?;
        for id in clocks::open_of(tx, customer)? {
            // As he stands now: what has happened since the message counts.
            let Some(standing) = people::standing(tx, customer)? else { return Ok(()) };
            let ticket = crate::store::tickets::find(tx, id)?;
            if ticket.is_some_and(|ticket| ticket.level_rank != standing.rank) {
                work::touch(tx, &cx, &hooks, id, "level_changed", |tx, ticket| {
                    owner::level(tx, &cx, ticket, standing.rank, standing.level)
                })?;
            }
        }
        Ok(())
    }
}

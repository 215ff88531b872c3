//! Solved tickets are closed after a while without a word; heartbeats that ended are swept.

use crate::change::{rules, settle, stand};
use crate::context::{Context, Hooks};
use crate::state::{Act, Next, next};
use crate::store::onscreen;
use crate::work;
use zunke_kernel::id::TicketId;
use zunke_kernel::{Instant, Result, Zone};
use zunke_store::jobs::{self, Handler, Running};
use zunke_store::{Tx, Value};

const DAY_MS: i64 = 86_400_000;
const BATCH: usize = 100;

/// The job that does it.
#[derive(Clone, Debug, Default)]
pub struct CloseSolved {
    pub hooks: Hooks,
}

impl CloseSolved {
    pub const KIND: &'static str = "service.close";
}

/// Each hour, so that a day's worth never comes at once.
pub fn schedule(tx: &mut Tx, now: Instant, zone: &Zone) -> Result<()> {
    jobs::schedule(tx, now, zone, "service.close", "20 * * * *", CloseSolved::KIND, &serde_json::json!({}))
}

impl Handler for CloseSolved {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run(&self, job: &Running) -> Result<serde_json::Value> {
        let mut closed = 0_usize;
        loop {
            let now = (job.clock)();
            let due = job.db.read(|tx| due(tx, now))?;
            if due.is_empty() {
                break;
            }
            closed += job.db.write(|tx| {
                let done = close(tx, now, &self.hooks, &due)?;
                job.checkpoint(tx, &serde_json::json!({ "closed": closed + done }))?;
                Ok(done)
            })?;
        }
        let now = (job.clock)();
        job.db.write(|tx| onscreen::sweep(tx, now))?;
        Ok(serde_json::json!({ "closed": closed }))
    }
}

fn due(tx: &mut Tx, now: Instant) -> Result<Vec<TicketId>> {
    let days = Context::load(tx, now, None)?.settings.close_days;
    let before: Value = now.plus_ms(-days * DAY_MS).into();
    let sql = format!(
        "SELECT ticket_id FROM tickets WHERE state = 'solved' AND solved_at <= $1 ORDER BY opened_at, ticket_id LIMIT {BATCH}"
    );
    tx.query(&sql, &[before], |row| row.id(0, TicketId))
}

/// Closes those of these tickets that are still solved.
pub fn close(tx: &mut Tx, now: Instant, hooks: &Hooks, tickets: &[TicketId]) -> Result<usize> {
    let cx = Context::load(tx, now, None)?;
    let mut sorted = tickets.to_vec();
    sorted.sort_unstable();
    let mut closed = 0;
    for id in sorted {
        work::touch(tx, &cx, hooks, id, "closed", |tx, ticket| {
            if let Next::To(to) = next(stand(ticket), Act::TimeUp, now, rules(&cx))? {
                settle(tx, &cx, ticket, to, now, None)?;
                closed += 1;
            }
            Ok(())
        })?;
    }
    Ok(closed)
}

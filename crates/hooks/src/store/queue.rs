//! Deliveries on their way: taken under a lease, settled by whom holds it. While a lease lasts, `due_at` is its end.

use crate::backoff;
use crate::event::EventId;
use crate::send::Answer;
use crate::store::webhooks;
use crate::webhook::WebhookId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// A delivery that is this process's to make until `lease`.
#[derive(Clone, Debug)]
pub struct Taken {
    pub webhook: WebhookId,
    pub event: EventId,
    pub kind: String,
    pub at: Instant,
    pub payload: serde_json::Value,
    pub tries: i64,
    pub attempts: i64,
    pub give_up_at: Instant,
    pub lease: Instant,
}

/// How long a call may be away before somebody else makes it: longer than any call.
pub const LEASE_MS: i64 = 60_000;

const HEADS: &str = "FROM webhook_deliveries d WHERE d.webhook_id = $1 AND d.state = 'pending' AND d.due_at <= $2
    AND NOT EXISTS (SELECT 1 FROM webhook_deliveries e WHERE e.webhook_id = d.webhook_id AND e.state = 'pending'
      AND e.order_key = d.order_key
      AND (e.position < d.position OR e.position = d.position AND e.event_id < d.event_id))";

/// Whether this webhook has something to be told now.
pub fn waiting(tx: &mut Tx, now: Instant, webhook: WebhookId) -> Result<bool> {
    let sql = "SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'pending' AND due_at <= $2 LIMIT 1";
    Ok(tx.query_one(sql, &[webhook.0.into(), now.into()], |row| row.int(0))?.is_some())
}

/// Takes what is due, of each key only the first; at most `limit`.
pub fn take(tx: &mut Tx, now: Instant, webhook: WebhookId, limit: i64) -> Result<Vec<Taken>> {
    let lease = now.plus_ms(LEASE_MS);
    let sql = format!(
        "SELECT d.event_id, d.event_type, d.tries, d.attempts, d.give_up_at, d.due_at {HEADS}
         ORDER BY d.due_at, d.position LIMIT $3"
    );
    let heads = tx.query(&sql, &[webhook.0.into(), now.into(), limit.into()], |row| {
        let taken = Taken {
            webhook,
            event: row.id(0, EventId)?,
            kind: row.text(1)?,
            at: now,
            payload: serde_json::Value::Null,
            tries: row.int(2)?,
            attempts: row.int(3)?,
            give_up_at: row.instant(4)?,
            lease,
        };
        Ok((taken, row.instant(5)?))
    })?;
    let mut taken = Vec::with_capacity(heads.len());
    for (mut one, due) in heads {
        // Of several nodes one has it.
        let mine = tx.execute(
            "UPDATE webhook_deliveries SET due_at = $4, attempts = attempts + 1, tries = tries + 1
             WHERE webhook_id = $1 AND event_id = $2 AND state = 'pending' AND due_at = $3",
            &[webhook.0.into(), one.event.0.into(), due.into(), lease.into()],
        )?;
        if mine == 0 {
            continue;
        }
        (one.tries, one.attempts) = (one.tries + 1, one.attempts + 1);
        let sql = "SELECT at, payload FROM webhook_events WHERE event_id = $1";
        match tx.query_one(sql, &[one.event.0.into()], |row| Ok((row.instant(0)?, row.json(1)?)))? {
            Some((at, payload)) => {
                (one.at, one.payload) = (at, payload);
                taken.push(one);
            }
            None => tracing::error!(event = %one.event, "a delivery without its event"),
        }
    }
    Ok(taken)
}

/// Stores what a call came to, and what follows: told, tried again later, or left for a person.
pub fn settle(tx: &mut Tx, now: Instant, taken: &Taken, began: Instant, answer: &Answer) -> Result<()> {
    let (webhook, event) = (taken.webhook, taken.event);
    let status = answer.status.map(i64::from);
    tx.execute(
        "INSERT INTO webhook_attempts (webhook_id, event_id, attempt, at, took_ms, status, problem, answer)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND event_id = $2)
         ON CONFLICT (webhook_id, event_id, attempt) DO NOTHING",
        &[
            webhook.0.into(),
            event.0.into(),
            taken.attempts.into(),
            began.into(),
            (now.0 - began.0).into(),
            status.into(),
            answer.problem.as_deref().into(),
            answer.text.as_deref().into(),
        ],
    )?;
    let next = if answer.delivered() || answer.gone() {
        None
    } else {
        backoff::next(now, taken.tries, event.0.as_bytes()[15], answer.wait_ms, taken.give_up_at)
    };
    let state = match (answer.delivered(), next) {
        (true, _) => "delivered",
        (false, Some(_)) => "pending",
        (false, None) => "dead",
    };
    // Who has lost his lease meanwhile has nothing to say about the delivery any more; that it arrived counts always.
    tx.execute(
        "UPDATE webhook_deliveries SET state = $4, status = $5, problem = $6, due_at = COALESCE($7, due_at), done_at = $8
         WHERE webhook_id = $1 AND event_id = $2 AND state = 'pending' AND (due_at = $3 OR $4 = 'delivered')",
        &[
            webhook.0.into(),
            event.0.into(),
            taken.lease.into(),
            state.into(),
            status.into(),
            answer.problem.as_deref().into(),
            next.into(),
            if state == "pending" { None } else { Some(now) }.into(),
        ],
    )?;
    if answer.delivered() {
        return webhooks::succeeded(tx, now, webhook);
    }
    if answer.gone() {
        webhooks::stop(tx, webhook, "gone")?;
    }
    webhooks::failed(tx, now, webhook, backoff::rest_ms)
}

/// Forgets what happened before an instant, told or not; answers how many deliveries.
pub fn purge(tx: &mut Tx, before: Instant) -> Result<u64> {
    tx.execute("DELETE FROM webhook_attempts WHERE at < $1", &[before.into()])?;
    let gone = tx.execute(
        "DELETE FROM webhook_deliveries WHERE event_id IN (SELECT event_id FROM webhook_events WHERE at < $1)",
        &[before.into()],
    )?;
    tx.execute("DELETE FROM webhook_events WHERE at < $1", &[before.into()])?;
    Ok(gone)
}

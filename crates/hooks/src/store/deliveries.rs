//! The log of deliveries, for people: what was told, what failed, and to begin it anew.

use crate::event::EventId;
use crate::webhook::WebhookId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Instant, Result};
use zunke_store::{Row, Tx, Value};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookDeliveryState)]
pub enum State {
    /// On its way, or to be tried again.
    Pending,
    Delivered,
    /// Given up; a person may begin it anew.
    Dead,
}

impl State {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "delivered" => Self::Delivered,
            "dead" => Self::Dead,
            _ => Self::Pending,
        }
    }
}

/// One event on its way to one webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    pub event_id: EventId,
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub at: Instant,
    pub state: State,
    /// Calls made so far.
    pub attempts: i64,
    /// The next call, where it is pending.
    pub due_at: Option<Instant>,
    /// The HTTP status of the last call.
    pub status: Option<i64>,
    /// Why the last call did not count: `status`, `timeout`, `address_refused`, `name_unknown`, `connection_refused`,
    /// `connection_broken`, `tls`, `redirected`, `url_invalid`, `secret_broken`.
    pub problem: Option<String>,
    pub done_at: Option<Instant>,
}

/// One call.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct Attempt {
    pub attempt: i64,
    pub at: Instant,
    pub took_ms: i64,
    pub status: Option<i64>,
    pub problem: Option<String>,
    /// The beginning of what was answered.
    pub answer: Option<String>,
}

const COLUMNS: &str = "d.event_id, d.event_type, e.at, d.state, d.attempts, d.due_at, d.status, d.problem, d.done_at";

fn read(row: &Row) -> Result<Delivery> {
    let state = State::read(row.str(3)?);
    Ok(Delivery {
        event_id: row.id(0, EventId)?,
        kind: row.text(1)?,
        at: row.instant(2)?,
        state,
        attempts: row.int(4)?,
        due_at: Some(row.instant(5)?).filter(|_| state == State::Pending),
        status: row.opt_int(6)?,
        problem: row.opt_text(7)?,
        done_at: row.opt_instant(8)?,
    })
}

/// The newest first, from before `after`.
pub fn list(
    tx: &mut Tx,
    webhook: WebhookId,
    state: Option<State>,
    after: Option<EventId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries d JOIN webhook_events e ON e.event_id = d.event_id
         WHERE d.webhook_id = $1"
    );
    let mut params: Vec<Value> = vec![webhook.0.into()];
    if let Some(state) = state {
        params.push(state.word().into());
        sql.push_str(&format!(" AND d.state = ${}", params.len()));
    }
    if let Some(after) = after {
        params.push(after.0.into());
        sql.push_str(&format!(" AND d.event_id < ${}", params.len()));
    }
    params.push(limit.into());
    sql.push_str(&format!(" ORDER BY d.event_id DESC LIMIT ${}", params.len()));
    tx.query(&sql, &params, read)
}

/// One delivery with what it carries.
pub fn find(tx: &mut Tx, webhook: WebhookId, event: EventId) -> Result<Option<(Delivery, serde_json::Value)>> {
    let sql = format!(
        "SELECT {COLUMNS}, e.payload FROM webhook_deliveries d JOIN webhook_events e ON e.event_id = d.event_id
         WHERE d.webhook_id = $1 AND d.event_id = $2"
    );
    tx.query_one(&sql, &[webhook.0.into(), event.0.into()], |row| Ok((read(row)?, row.json(9)?)))
}

pub fn attempts(tx: &mut Tx, webhook: WebhookId, event: EventId) -> Result<Vec<Attempt>> {
    tx.query(
        "SELECT attempt, at, took_ms, status, problem, answer FROM webhook_attempts
         WHERE webhook_id = $1 AND event_id = $2 ORDER BY attempt DESC LIMIT 100",
        &[webhook.0.into(), event.0.into()],
        |row| {
            Ok(Attempt {
                attempt: row.int(0)?,
                at: row.instant(1)?,
                took_ms: row.int(2)?,
                status: row.opt_int(3)?,
                problem: row.opt_text(4)?,
                answer: row.opt_text(5)?,
            })
        },
    )
}

/// Begins one delivery anew, whatever became of it; `false` where there is none.
pub fn again(tx: &mut Tx, now: Instant, give_up_at: Instant, webhook: WebhookId, event: EventId) -> Result<bool> {
    let done = tx.execute(
        "UPDATE webhook_deliveries SET state = 'pending', tries = 0, due_at = $3, give_up_at = $4, done_at = NULL
         WHERE webhook_id = $1 AND event_id = $2",
        &[webhook.0.into(), event.0.into(), now.into(), give_up_at.into()],
    )?;
    Ok(done > 0)
}

/// Begins anew what happened within a time: what was given up, or all of it. Answers how many.
pub fn again_many(
    tx: &mut Tx,
    now: Instant,
    give_up_at: Instant,
    webhook: WebhookId,
    (from, until): (Instant, Instant),
    only_dead: bool,
) -> Result<u64> {
    let which = if only_dead { "state = 'dead'" } else { "state <> 'pending'" };
    tx.execute(
        &format!(
            "UPDATE webhook_deliveries SET state = 'pending', tries = 0, due_at = $2, give_up_at = $3, done_at = NULL
             WHERE webhook_id = $1 AND {which} AND event_id IN
               (SELECT event_id FROM webhook_events WHERE at >= $4 AND at < $5)"
        ),
        &[webhook.0.into(), now.into(), give_up_at.into(), from.into(), until.into()],
    )
}

/// How many wait and how many were given up, for each webhook.
pub fn counts(tx: &mut Tx) -> Result<Vec<(WebhookId, State, i64)>> {
    tx.query(
        "SELECT webhook_id, state, COUNT(*) FROM webhook_deliveries WHERE state IN ('pending', 'dead')
         GROUP BY webhook_id, state",
        &[],
        |row| Ok((row.id(0, WebhookId)?, State::read(row.str(1)?), row.int(2)?)),
    )
}

//! Messages from a room to those above it: sent in the transaction of their cause, handled once in effect.
//!
//! A message is spread into one delivery per subscriber that knows its topic at that moment; handling it and
//! taking the delivery off the list are one transaction. Deliveries are tried in the order of sending; one
//! that fails comes back later, and does not hold up the others.

use crate::db::Db;
use crate::{Tx, Value};
use std::sync::Arc;
use uuid::Uuid;
use zunke_kernel::id::JobId;
use zunke_kernel::{Error, Instant, Result};

/// Messages spread, and deliveries made, in one transaction.
const BATCH: i64 = 64;
/// A delivery that failed so often waits for a person.
const ATTEMPTS: i64 = 10;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: Uuid,
    pub topic: String,
    /// What it is about, as its sender writes it.
    pub key: String,
    pub payload: serde_json::Value,
    pub sent_at: Instant,
}

/// Who acts on messages.
pub trait Subscriber: Send + Sync {
    /// Its stable name: deliveries are remembered under it.
    fn name(&self) -> &'static str;

    fn topics(&self) -> &'static [&'static str];

    /// Has the effect, all of it through `tx`.
    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()>;
}

/// Sends a message in the transaction of its cause.
pub fn send(tx: &mut Tx, now: Instant, topic: &str, key: &str, payload: &serde_json::Value) -> Result<()> {
    send_many(tx, now, topic, &[(key.to_owned(), payload.to_string())])
}

/// Sends messages of one topic, each with its key and its payload as JSON, in the transaction of their cause.
pub fn send_many(tx: &mut Tx, now: Instant, topic: &str, messages: &[(String, String)]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Value>> = messages
        .iter()
        .map(|(key, payload)| {
            let id = JobId::new(now).0;
            vec![id.into(), topic.into(), key.into(), payload.into(), now.into(), false.into()]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO outbox (message_id, topic, message_key, payload, sent_at, spread) VALUES ($1, $2, $3, $4, $5, $6)",
        &rows,
    )?;
    tx.ring_after_commit();
    Ok(())
}

/// Spreads fresh messages and makes one batch of deliveries; answers how many were made or failed.
pub fn deliver_pending(db: &Db, subscribers: &[Arc<dyn Subscriber>], now: Instant) -> Result<usize> {
    if db.read(|tx| Ok(!fresh(tx)?.is_empty()))? {
        db.write(|tx| spread(tx, subscribers, now))?;
    }
    let due = db.read(|tx| due(tx, subscribers, now))?;
    if due.is_empty() {
        return Ok(0);
    }
    db.write(|tx| {
        for (name, attempts, message) in &due {
            let Some(subscriber) = subscribers.iter().find(|subscriber| subscriber.name() == name) else { continue };
            let handled = tx.attempt(|tx| {
                let mine = tx.execute(
                    "DELETE FROM outbox_deliveries WHERE subscriber = $1 AND message_id = $2",
                    &[name.into(), message.id.into()],
                )?;
                if mine == 1 { subscriber.handle(tx, message) } else { Ok(()) }
            });
            if let Err(error) = handled {
                tracing::warn!(subscriber = name, message = %message.id, %error, "a delivery failed");
                later(tx, now, name, message.id, attempts + 1, &error)?;
            }
        }
        Ok(())
    })?;
    Ok(due.len())
}

/// How many deliveries have failed for good.
pub fn dead(tx: &mut Tx) -> Result<i64> {
    let count = tx.query_one("SELECT COUNT(*) FROM outbox_deliveries WHERE due_at IS NULL", &[], |row| row.int(0))?;
    Ok(count.unwrap_or(0))
}

/// Tries the deliveries again that had failed for good; answers how many.
pub fn retry_dead(tx: &mut Tx, now: Instant) -> Result<u64> {
    tx.ring_after_commit();
    tx.execute("UPDATE outbox_deliveries SET due_at = $1, attempts = 0 WHERE due_at IS NULL", &[now.into()])
}

/// Forgets messages from before an instant that have been delivered everywhere; answers how many.
pub fn purge(tx: &mut Tx, before: Instant) -> Result<u64> {
    tx.execute(
        "DELETE FROM outbox WHERE spread AND sent_at < $1 AND NOT EXISTS
         (SELECT 1 FROM outbox_deliveries WHERE outbox_deliveries.message_id = outbox.message_id)",
        &[before.into()],
    )
}

fn fresh(tx: &mut Tx) -> Result<Vec<(Uuid, String)>> {
    tx.query(
        "SELECT message_id, topic FROM outbox WHERE NOT spread ORDER BY message_id LIMIT $1",
        &[BATCH.into()],
        |row| Ok((row.uuid(0)?, row.text(1)?)),
    )
}

fn spread(tx: &mut Tx, subscribers: &[Arc<dyn Subscriber>], now: Instant) -> Result<()> {
    for (id, topic) in fresh(tx)? {
        // Of several nodes one spreads it.
        let mine = tx
            .execute("UPDATE outbox SET spread = $2 WHERE message_id = $1 AND NOT spread", &[id.into(), true.into()])?;
        if mine == 0 {
            continue;
        }
        for subscriber in subscribers.iter().filter(|subscriber| subscriber.topics().contains(&topic.as_str())) {
            tx.execute(
                "INSERT INTO outbox_deliveries (subscriber, message_id, attempts, due_at) VALUES ($1, $2, 0, $3)
                 ON CONFLICT (subscriber, message_id) DO NOTHING",
                &[subscriber.name().into(), id.into(), now.into()],
            )?;
        }
    }
    Ok(())
}

fn due(tx: &mut Tx, subscribers: &[Arc<dyn Subscriber>], now: Instant) -> Result<Vec<(String, i64, Message)>> {
    if subscribers.is_empty() {
        return Ok(Vec::new());
    }
    let mut params: Vec<Value> = vec![now.into()];
    let mut places = Vec::new();
    for subscriber in subscribers {
        params.push(subscriber.name().into());
        places.push(format!("${}", params.len()));
    }
    params.push(BATCH.into());
    let sql = format!(
        "SELECT d.subscriber, d.attempts, m.message_id, m.topic, m.message_key, m.payload, m.sent_at
         FROM outbox_deliveries d JOIN outbox m ON m.message_id = d.message_id
         WHERE d.due_at <= $1 AND d.subscriber IN ({}) ORDER BY d.due_at, d.message_id LIMIT ${}",
        places.join(", "),
        params.len()
    );
    tx.query(&sql, &params, |row| {
        let message = Message {
            id: row.uuid(2)?,
            topic: row.text(3)?,
            key: row.text(4)?,
            payload: row.json(5)?,
            sent_at: row.instant(6)?,
        };
        Ok((row.text(0)?, row.int(1)?, message))
    })
}

fn later(tx: &mut Tx, now: Instant, subscriber: &str, id: Uuid, attempts: i64, error: &Error) -> Result<()> {
    let pause = 2_000_i64 << attempts.clamp(0, 10);
    let due = if attempts >= ATTEMPTS { None } else { Some(now.plus_ms(pause)) };
    tx.execute(
        "UPDATE outbox_deliveries SET attempts = $3, due_at = $4, error = $5 WHERE subscriber = $1 AND message_id = $2",
        &[subscriber.into(), id.into(), attempts.into(), due.into(), error.to_string().into()],
    )?;
    Ok(())
}

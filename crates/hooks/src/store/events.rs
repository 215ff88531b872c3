//! Events as they are kept.

use super::{LIST_MAX, places, texts};
use crate::event::{EventId, EventType};
use std::collections::{HashMap, HashSet};
use zunke_kernel::{Instant, Result};
use zunke_store::{Tx, Value};

/// The last position of each key; keys without events are absent.
pub fn positions(tx: &mut Tx, keys: &[&str]) -> Result<HashMap<String, i64>> {
    let mut found = HashMap::new();
    for chunk in keys.chunks(LIST_MAX) {
        let sql = format!(
            "SELECT order_key, MAX(position) FROM webhook_events WHERE order_key IN ({}) GROUP BY order_key",
            places(0, chunk.len())
        );
        tx.for_each(&sql, &texts(chunk.iter().copied()), |row| {
            found.insert(row.text(0)?, row.int(1)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// Of these keys those of which one of `kinds` was told at this very moment.
pub fn told_at(tx: &mut Tx, at: Instant, keys: &[String], kinds: [EventType; 2]) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for chunk in keys.chunks(LIST_MAX) {
        let sql = format!(
            "SELECT order_key FROM webhook_events WHERE at = $1 AND event_type IN ($2, $3) AND order_key IN ({})",
            places(3, chunk.len())
        );
        let mut params: Vec<Value> = vec![at.into(), kinds[0].word().into(), kinds[1].word().into()];
        params.extend(texts(chunk.iter().map(String::as_str)));
        tx.for_each(&sql, &params, |row| {
            found.insert(row.text(0)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// One event and who is told.
pub struct Kept<'a> {
    pub id: EventId,
    pub kind: EventType,
    pub key: &'a str,
    pub position: i64,
    pub data: String,
    pub to: Vec<uuid::Uuid>,
}

/// Keeps events, and that they are to be told.
pub fn insert(tx: &mut Tx, now: Instant, give_up_at: Instant, events: &[Kept<'_>]) -> Result<()> {
    let rows: Vec<Vec<Value>> = events
        .iter()
        .map(|event| {
            vec![
                event.id.0.into(),
                event.kind.word().into(),
                event.key.into(),
                event.position.into(),
                now.into(),
                event.data.as_str().into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO webhook_events (event_id, event_type, order_key, position, at, payload) VALUES ($1, $2, $3, $4, $5, $6)",
        &rows,
    )?;
    let rows: Vec<Vec<Value>> = events
        .iter()
        .flat_map(|event| {
            event.to.iter().map(move |to| {
                vec![
                    (*to).into(),
                    event.id.0.into(),
                    event.kind.word().into(),
                    event.key.into(),
                    event.position.into(),
                    now.into(),
                    give_up_at.into(),
                ]
            })
        })
        .collect();
    tx.execute_many(
        "INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, order_key, position, state, tries, attempts,
           due_at, give_up_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', 0, 0, $6, $7)",
        &rows,
    )?;
    Ok(())
}

//! Webhooks as they are stored.

use crate::event::EventType;
use crate::webhook::{COUNT_MAX, Webhook, WebhookId};
use std::collections::BTreeSet;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "webhook_id, name, url, events, active, stopped, old_until, failures, failing_since, open_at,
    succeeded_at, created_by, created_at, version, secret, old_secret";

fn read(row: &Row) -> Result<Webhook> {
    let words: Vec<String> = row.json(3)?;
    Ok(Webhook {
        id: row.id(0, WebhookId)?,
        name: row.text(1)?,
        url: row.text(2)?,
        // A word of a newer version is passed over.
        events: words.iter().filter_map(|word| EventType::read(word)).collect(),
        active: row.bool(4)?,
        stopped: row.opt_text(5)?,
        old_until: row.opt_instant(6)?,
        failures: row.int(7)?,
        failing_since: row.opt_instant(8)?,
        open_at: Some(row.instant(9)?).filter(|at| at.0 > 0),
        succeeded_at: row.opt_instant(10)?,
        created_by: row.opt_id(11, StaffId)?,
        created_at: row.instant(12)?,
        version: row.int(13)?,
        secret: row.bytes(14)?,
        old_secret: row.opt_bytes(15)?,
    })
}

pub fn list(tx: &mut Tx) -> Result<Vec<Webhook>> {
    tx.query(&format!("SELECT {COLUMNS} FROM webhooks ORDER BY name_key"), &[], read)
}

pub fn find(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM webhooks WHERE webhook_id = $1"), &[id.0.into()], read)
}

/// Who wants what.
pub fn wishes(tx: &mut Tx) -> Result<Vec<(WebhookId, BTreeSet<EventType>)>> {
    tx.query("SELECT webhook_id, events FROM webhooks WHERE active = $1", &[true.into()], |row| {
        let words: Vec<String> = row.json(1)?;
        Ok((row.id(0, WebhookId)?, words.iter().filter_map(|word| EventType::read(word)).collect()))
    })
}

fn free(tx: &mut Tx, webhook: &Webhook) -> Result<()> {
    let sql = "SELECT 1 FROM webhooks WHERE name_key = $1 AND webhook_id <> $2";
    match tx.query_one(sql, &[webhook.name.to_lowercase().into(), webhook.id.0.into()], |row| row.int(0))? {
        None => Ok(()),
        Some(_) => Err(Error::conflict("name_taken", "该名称已被使用。", "This name is in use already.").at("name")),
    }
}

fn words(events: &BTreeSet<EventType>) -> Value {
    let words: Vec<&str> = events.iter().map(|event| event.word()).collect();
    serde_json::json!(words).into()
}

pub fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<()> {
    free(tx, webhook)?;
    if tx.query_one("SELECT COUNT(*) FROM webhooks", &[], |row| row.int(0))?.unwrap_or(0) >= COUNT_MAX {
        return Err(Error::conflict(
            "webhook_limit",
            format!("最多 {COUNT_MAX} 个 Webhook，请先删除不用的。"),
            format!("At most {COUNT_MAX} webhooks; please delete unused ones first."),
        ));
    }
    tx.execute(
        "INSERT INTO webhooks (webhook_id, name, name_key, url, events, active, secret, failures, open_at, version,
           created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 1, $8, $9, $9)",
        &[
            webhook.id.0.into(),
            webhook.name.as_str().into(),
            webhook.name.to_lowercase().into(),
            webhook.url.as_str().into(),
            words(&webhook.events),
            webhook.active.into(),
            webhook.secret.clone().into(),
            webhook.created_by.into(),
            webhook.created_at.into(),
        ],
    )?;
    Ok(())
}

/// Stores what a person changed; how it stands with its calls is begun anew.
pub fn update(tx: &mut Tx, now: Instant, webhook: &Webhook) -> Result<()> {
    free(tx, webhook)?;
    tx.execute(
        "UPDATE webhooks SET name = $2, name_key = $3, url = $4, events = $5, active = $6, secret = $7, old_secret = $8,
           old_until = $9, stopped = NULL, failures = 0, failing_since = NULL, open_at = 0, version = version + 1,
           updated_at = $10
         WHERE webhook_id = $1",
        &[
            webhook.id.0.into(),
            webhook.name.as_str().into(),
            webhook.name.to_lowercase().into(),
            webhook.url.as_str().into(),
            words(&webhook.events),
            webhook.active.into(),
            webhook.secret.clone().into(),
            webhook.old_secret.clone().into(),
            webhook.old_until.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Takes it away with all that was to be told it.
pub fn delete(tx: &mut Tx, id: WebhookId) -> Result<bool> {
    for table in ["webhook_attempts", "webhook_deliveries"] {
        tx.execute(&format!("DELETE FROM {table} WHERE webhook_id = $1"), &[id.0.into()])?;
    }
    Ok(tx.execute("DELETE FROM webhooks WHERE webhook_id = $1", &[id.0.into()])? > 0)
}

/// A call came through.
pub fn succeeded(tx: &mut Tx, now: Instant, id: WebhookId) -> Result<()> {
    tx.execute(
        "UPDATE webhooks SET failures = 0, failing_since = NULL, open_at = 0, succeeded_at = $2 WHERE webhook_id = $1",
        &[id.0.into(), now.into()],
    )?;
    Ok(())
}

/// A call failed.
pub fn failed(tx: &mut Tx, now: Instant, id: WebhookId, rest_ms: impl Fn(i64) -> i64) -> Result<()> {
    let failures = tx.query_one(
        "UPDATE webhooks SET failures = failures + 1, failing_since = COALESCE(failing_since, $2) WHERE webhook_id = $1
         RETURNING failures",
        &[id.0.into(), now.into()],
        |row| row.int(0),
    )?;
    let rest = failures.map_or(0, rest_ms);
    if rest > 0 {
        let params = [id.0.into(), now.plus_ms(rest).into()];
        tx.execute("UPDATE webhooks SET open_at = $2 WHERE webhook_id = $1", &params)?;
    }
    Ok(())
}

/// The receiver wants no more.
pub fn stop(tx: &mut Tx, id: WebhookId, why: &str) -> Result<()> {
    let params = [id.0.into(), false.into(), why.into()];
    tx.execute("UPDATE webhooks SET active = $2, stopped = $3, version = version + 1 WHERE webhook_id = $1", &params)?;
    Ok(())
}

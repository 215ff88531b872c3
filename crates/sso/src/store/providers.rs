//! Providers as they are stored.

use crate::provider::{COUNT_MAX, Provider, ProviderId};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "provider_id, enabled, content, secret, version, created_by, created_at";

fn read(row: &Row) -> Result<Provider> {
    Ok(Provider {
        id: row.id(0, ProviderId)?,
        enabled: row.bool(1)?,
        settings: row.json(2)?,
        secret: row.opt_bytes(3)?,
        version: row.int(4)?,
        created_by: row.opt_id(5, StaffId)?,
        created_at: row.instant(6)?,
    })
}

pub fn list(tx: &mut Tx) -> Result<Vec<Provider>> {
    tx.query(&format!("SELECT {COLUMNS} FROM sign_in_providers ORDER BY name_key"), &[], read)
}

pub fn find(tx: &mut Tx, id: ProviderId) -> Result<Option<Provider>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM sign_in_providers WHERE provider_id = $1"), &[id.0.into()], read)
}

fn content(provider: &Provider) -> Result<Value> {
    Ok(serde_json::to_string(&provider.settings).map_err(Error::internal)?.into())
}

fn free(tx: &mut Tx, provider: &Provider) -> Result<()> {
    let sql = "SELECT 1 FROM sign_in_providers WHERE name_key = $1 AND provider_id <> $2";
    let key = provider.settings.name.to_lowercase();
    match tx.query_one(sql, &[key.into(), provider.id.0.into()], |row| row.int(0))? {
        None => Ok(()),
        Some(_) => Err(Error::conflict("name_taken", "该名称已被使用。", "This name is in use already.").at("name")),
    }
}

pub fn insert(tx: &mut Tx, provider: &Provider) -> Result<()> {
    free(tx, provider)?;
    if tx.query_one("SELECT COUNT(*) FROM sign_in_providers", &[], |row| row.int(0))?.unwrap_or(0) >= COUNT_MAX {
        return Err(Error::conflict(
            "sign_in_limit",
            format!("最多 {COUNT_MAX} 个登录方式，请先删除不用的。"),
            format!("At most {COUNT_MAX} sign-in methods; please delete unused ones first."),
        ));
    }
    tx.execute(
        "INSERT INTO sign_in_providers (provider_id, kind, name, name_key, enabled, content, secret, version, created_by,
           created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9)",
        &[
            provider.id.0.into(),
            provider.settings.kind.word().into(),
            provider.settings.name.as_str().into(),
            provider.settings.name.to_lowercase().into(),
            provider.enabled.into(),
            content(provider)?,
            provider.secret.clone().into(),
            provider.created_by.into(),
            provider.created_at.into(),
        ],
    )?;
    Ok(())
}

/// Writes all but who made it; the version counts up.
pub fn update(tx: &mut Tx, now: Instant, provider: &Provider) -> Result<()> {
    free(tx, provider)?;
    tx.execute(
        "UPDATE sign_in_providers SET name = $2, name_key = $3, enabled = $4, content = $5, secret = $6,
           version = version + 1, updated_at = $7
         WHERE provider_id = $1",
        &[
            provider.id.0.into(),
            provider.settings.name.as_str().into(),
            provider.settings.name.to_lowercase().into(),
            provider.enabled.into(),
            content(provider)?,
            provider.secret.clone().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub fn delete(tx: &mut Tx, id: ProviderId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM sign_in_providers WHERE provider_id = $1", &[id.0.into()])? > 0)
}

/// Every secret, sealed.
pub fn secrets(tx: &mut Tx) -> Result<Vec<(ProviderId, Vec<u8>)>> {
    let sql = "SELECT provider_id, secret FROM sign_in_providers WHERE secret IS NOT NULL";
    tx.query(sql, &[], |row| Ok((row.id(0, ProviderId)?, row.bytes(1)?)))
}

/// Puts a secret in the place of the one that was read, unless that has changed meanwhile.
pub fn swap(tx: &mut Tx, id: ProviderId, before: &[u8], after: &[u8]) -> Result<u64> {
    tx.execute(
        "UPDATE sign_in_providers SET secret = $1 WHERE provider_id = $2 AND secret = $3",
        &[after.into(), id.0.into(), before.into()],
    )
}

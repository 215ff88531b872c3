//! Public forms and signed hooks as they are stored.

use crate::intake::form::{Form, FormId};
use crate::intake::hook::{Hook, HookId};
use crate::intake::mailbox::Problem;
use zunke_kernel::id::TicketId;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx};

const FORM: &str = "form_id, public_key, name, active, settings, version";
const HOOK: &str = "hook_id, public_key, name, active, mapping, secret, taken, last_at, problem, version";

fn read_form(row: &Row) -> Result<Form> {
    Ok(Form {
        id: row.id(0, FormId)?,
        key: row.text(1)?,
        name: row.text(2)?,
        active: row.bool(3)?,
        settings: row.json(4)?,
        version: row.int(5)?,
    })
}

fn read_hook(row: &Row) -> Result<Hook> {
    Ok(Hook {
        id: row.id(0, HookId)?,
        key: row.text(1)?,
        name: row.text(2)?,
        active: row.bool(3)?,
        mapping: row.json(4)?,
        sealed: row.opt_bytes(5)?.unwrap_or_default(),
        taken: row.int(6)?,
        last_at: row.opt_instant(7)?,
        problem: row.opt_json(8)?,
        version: row.int(9)?,
    })
}

pub fn forms(tx: &mut Tx) -> Result<Vec<Form>> {
    tx.query(&format!("SELECT {FORM} FROM service_forms ORDER BY name_key"), &[], read_form)
}

pub fn form(tx: &mut Tx, id: FormId) -> Result<Option<Form>> {
    tx.query_one(&format!("SELECT {FORM} FROM service_forms WHERE form_id = $1"), &[id.0.into()], read_form)
}

/// The form behind a public address; one that is switched off is none.
pub fn open_form(tx: &mut Tx, key: &str) -> Result<Option<Form>> {
    let sql = format!("SELECT {FORM} FROM service_forms WHERE public_key = $1");
    Ok(tx.query_one(&sql, &[key.into()], read_form)?.filter(|form| form.active))
}

fn require_free(tx: &mut Tx, table: (&str, &str), name: &str, own: uuid::Uuid) -> Result<()> {
    let sql = format!("SELECT 1 FROM {} WHERE name_key = $1 AND {} <> $2", table.0, table.1);
    match tx.query_one(&sql, &[name.to_lowercase().into(), own.into()], |row| row.int(0))? {
        None => Ok(()),
        Some(_) => Err(Error::conflict("name_taken", "该名称已被使用。", "This name is in use already.").at("name")),
    }
}

/// Writes a form, new or changed.
pub fn save_form(tx: &mut Tx, now: Instant, form: &Form) -> Result<()> {
    require_free(tx, ("service_forms", "form_id"), &form.name, form.id.0)?;
    let settings = serde_json::to_string(&form.settings).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO service_forms (form_id, public_key, name, name_key, active, settings, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
         ON CONFLICT (form_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
           active = excluded.active, settings = excluded.settings, version = service_forms.version + 1",
        &[
            form.id.0.into(),
            form.key.as_str().into(),
            form.name.as_str().into(),
            form.name.to_lowercase().into(),
            form.active.into(),
            settings.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub fn delete_form(tx: &mut Tx, id: FormId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM service_forms WHERE form_id = $1", &[id.0.into()])? == 1)
}

pub fn hooks(tx: &mut Tx) -> Result<Vec<Hook>> {
    tx.query(&format!("SELECT {HOOK} FROM service_hooks ORDER BY name_key"), &[], read_hook)
}

pub fn hook(tx: &mut Tx, id: HookId) -> Result<Option<Hook>> {
    tx.query_one(&format!("SELECT {HOOK} FROM service_hooks WHERE hook_id = $1"), &[id.0.into()], read_hook)
}

/// The hook behind a public address; one that is switched off is none.
pub fn open_hook(tx: &mut Tx, key: &str) -> Result<Option<Hook>> {
    let sql = format!("SELECT {HOOK} FROM service_hooks WHERE public_key = $1");
    Ok(tx.query_one(&sql, &[key.into()], read_hook)?.filter(|hook| hook.active))
}

/// Writes a hook, new or changed.
pub fn save_hook(tx: &mut Tx, now: Instant, hook: &Hook) -> Result<()> {
    require_free(tx, ("service_hooks", "hook_id"), &hook.name, hook.id.0)?;
    let mapping = serde_json::to_string(&hook.mapping).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO service_hooks (hook_id, public_key, name, name_key, active, secret, mapping, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
         ON CONFLICT (hook_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
           active = excluded.active, secret = excluded.secret, mapping = excluded.mapping,
           version = service_hooks.version + 1",
        &[
            hook.id.0.into(),
            hook.key.as_str().into(),
            hook.name.as_str().into(),
            hook.name.to_lowercase().into(),
            hook.active.into(),
            hook.sealed.clone().into(),
            mapping.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub fn delete_hook(tx: &mut Tx, id: HookId) -> Result<bool> {
    tx.execute("DELETE FROM hook_threads WHERE hook_id = $1", &[id.0.into()])?;
    Ok(tx.execute("DELETE FROM service_hooks WHERE hook_id = $1", &[id.0.into()])? == 1)
}

/// Notes that a message was taken, or what it was refused for.
pub fn heard(tx: &mut Tx, now: Instant, id: HookId, problem: Option<&Problem>) -> Result<()> {
    let taken = i64::from(problem.is_none());
    let problem = problem.map(serde_json::to_string).transpose().map_err(Error::internal)?;
    tx.execute(
        "UPDATE service_hooks SET taken = taken + $2, last_at = $3, problem = $4 WHERE hook_id = $1",
        &[id.0.into(), taken.into(), now.into(), problem.into()],
    )?;
    Ok(())
}

/// The ticket in which a conversation goes on.
pub fn thread(tx: &mut Tx, hook: HookId, thread: &str) -> Result<Option<TicketId>> {
    let sql = "SELECT ticket_id FROM hook_threads WHERE hook_id = $1 AND thread = $2";
    tx.query_one(sql, &[hook.0.into(), thread.into()], |row| row.id(0, TicketId))
}

pub fn set_thread(tx: &mut Tx, hook: HookId, thread: &str, ticket: TicketId) -> Result<()> {
    tx.execute(
        "INSERT INTO hook_threads (hook_id, thread, ticket_id) VALUES ($1, $2, $3)
         ON CONFLICT (hook_id, thread) DO UPDATE SET ticket_id = excluded.ticket_id",
        &[hook.0.into(), thread.into(), ticket.into()],
    )?;
    Ok(())
}

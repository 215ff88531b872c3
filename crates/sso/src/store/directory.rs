//! The keys of the directory, and what it calls people.

use crate::scim::DirectoryKeyId;
use serde::Serialize;
use utoipa::ToSchema;
use zunke_access::{Role, Secret};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

/// Use is noted no more often than this.
pub const NOTE_MS: i64 = 300_000;

/// A key of the directory, without the key.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DirectoryKey)]
pub struct Key {
    pub id: DirectoryKeyId,
    pub name: String,
    /// What those become whom the directory makes.
    pub role: Role,
    pub department_id: Option<DepartmentId>,
    pub created_by: StaffId,
    pub created_at: Instant,
    /// To within five minutes.
    pub used_at: Option<Instant>,
}

const KEY: &str = "key_id, name, role, department_id, created_by, created_at, used_at";

fn key(row: &Row) -> Result<Key> {
    Ok(Key {
        id: row.id(0, DirectoryKeyId)?,
        name: row.text(1)?,
        role: row.str(2)?.parse()?,
        department_id: row.opt_id(3, DepartmentId)?,
        created_by: row.id(4, StaffId)?,
        created_at: row.instant(5)?,
        used_at: row.opt_instant(6)?,
    })
}

pub fn keys(tx: &mut Tx) -> Result<Vec<Key>> {
    tx.query(&format!("SELECT {KEY} FROM directory_keys ORDER BY key_id DESC"), &[], key)
}

pub fn insert_key(tx: &mut Tx, one: &Key, secret: &Secret) -> Result<()> {
    tx.execute(
        "INSERT INTO directory_keys (key_hash, key_id, name, role, department_id, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            secret.hash()[..].into(),
            one.id.0.into(),
            one.name.as_str().into(),
            one.role.word().into(),
            one.department_id.into(),
            one.created_by.into(),
            one.created_at.into(),
        ],
    )?;
    Ok(())
}

pub fn delete_key(tx: &mut Tx, id: DirectoryKeyId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM directory_keys WHERE key_id = $1", &[id.0.into()])? > 0)
}

/// Whose key this is.
pub fn find_key(tx: &mut Tx, secret: &Secret) -> Result<Option<Key>> {
    let sql = format!("SELECT {KEY} FROM directory_keys WHERE key_hash = $1");
    tx.query_one(&sql, &[secret.hash()[..].into()], key)
}

/// Notes that a key is used, now and then.
pub fn note_use(tx: &mut Tx, now: Instant, id: DirectoryKeyId) -> Result<()> {
    tx.execute(
        "UPDATE directory_keys SET used_at = $1 WHERE key_id = $2 AND (used_at IS NULL OR used_at < $3)",
        &[now.into(), id.0.into(), now.plus_ms(-NOTE_MS).into()],
    )?;
    Ok(())
}

/// A person as the directory sees him.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: StaffId,
    pub login: String,
    pub name: String,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub external_id: Option<String>,
}

const PERSON: &str =
    "SELECT s.staff_id, s.login, s.name, s.active, s.version, s.created_at, s.updated_at, d.external_id
     FROM staff s LEFT JOIN directory_people d ON d.staff_id = s.staff_id";

fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: row.id(0, StaffId)?,
        login: row.text(1)?,
        name: row.text(2)?,
        active: row.bool(3)?,
        version: row.int(4)?,
        created_at: row.instant(5)?,
        updated_at: row.instant(6)?,
        external_id: row.opt_text(7)?,
    })
}

/// Whom the directory asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    Login(String),
    ExternalId(String),
    Id(StaffId),
    Active(bool),
    Nobody,
}

impl Wanted {
    fn sql(&self) -> (&'static str, Vec<Value>) {
        match self {
            Self::All => ("", Vec::new()),
            Self::Login(login) => (" WHERE s.login = $1", vec![login.as_str().into()]),
            Self::ExternalId(id) => (" WHERE d.external_id = $1", vec![id.as_str().into()]),
            Self::Id(id) => (" WHERE s.staff_id = $1", vec![(*id).into()]),
            Self::Nobody => (" WHERE 1 = 0", Vec::new()),
            Self::Active(active) => (" WHERE s.active = $1", vec![(*active).into()]),
        }
    }
}

/// So many from there on, in the order in which they came, and how many there are in all.
pub fn people(tx: &mut Tx, wanted: &Wanted, skip: i64, limit: i64) -> Result<(Vec<Person>, i64)> {
    let (condition, mut params) = wanted.sql();
    let count =
        format!("SELECT COUNT(*) FROM staff s LEFT JOIN directory_people d ON d.staff_id = s.staff_id{condition}");
    let all = tx.query_one(&count, &params, |row| row.int(0))?.unwrap_or(0);
    let next = params.len() + 1;
    params.extend([limit.into(), skip.into()]);
    let sql = format!("{PERSON}{condition} ORDER BY s.staff_id LIMIT ${next} OFFSET ${}", next + 1);
    Ok((tx.query(&sql, &params, person)?, all))
}

pub fn find(tx: &mut Tx, id: StaffId) -> Result<Person> {
    let sql = format!("{PERSON} WHERE s.staff_id = $1");
    tx.query_one(&sql, &[id.into()], person)?.ok_or_else(Error::not_found)
}

/// Keeps what the directory calls him.
pub fn call(tx: &mut Tx, id: StaffId, external_id: Option<&str>) -> Result<()> {
    tx.execute(
        "INSERT INTO directory_people (staff_id, external_id) VALUES ($1, $2)
         ON CONFLICT (staff_id) DO UPDATE SET external_id = excluded.external_id",
        &[id.into(), external_id.into()],
    )?;
    Ok(())
}

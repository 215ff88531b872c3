//! All SQL of the vault's fields and values.

use super::{Class, Field, Form, Sealed, SensitiveFieldId};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Instant, Result, Text};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "field_id, field_key, name_zh, name_en, class, form, archived, version";
/// Rows that are sealed anew at one time.
const PAGE: i64 = 500;

fn read(row: &Row) -> Result<Field> {
    Ok(Field {
        id: row.id(0, SensitiveFieldId)?,
        key: row.text(1)?,
        name: Text::new(row.text(2)?, row.text(3)?),
        class: Class::read(row.str(4)?)?,
        form: Form::read(row.str(5)?)?,
        archived: row.bool(6)?,
        version: row.int(7)?,
    })
}

/// All fields, archived ones too, in the order in which they were made.
pub fn fields(tx: &mut Tx) -> Result<Vec<Field>> {
    tx.query(&format!("SELECT {COLUMNS} FROM sensitive_fields ORDER BY created_at, field_id"), &[], read)
}

pub fn field(tx: &mut Tx, id: SensitiveFieldId) -> Result<Option<Field>> {
    tx.query_one(&format!("SELECT {COLUMNS} FROM sensitive_fields WHERE field_id = $1"), &[id.0.into()], read)
}

/// Locks a field for a change.
pub fn lock(tx: &mut Tx, id: SensitiveFieldId) -> Result<Option<Field>> {
    tx.execute("UPDATE sensitive_fields SET updated_at = updated_at WHERE field_id = $1", &[id.0.into()])?;
    field(tx, id)
}

/// `false` where the key is taken.
pub fn insert(tx: &mut Tx, now: Instant, field: &Field) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO sensitive_fields (field_id, field_key, name_zh, name_en, class, form, archived, version, created_at,
           updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING",
        &[
            field.id.0.into(),
            field.key.as_str().into(),
            field.name.zh.as_str().into(),
            field.name.en.as_str().into(),
            field.class.word().into(),
            field.form.word().into(),
            field.archived.into(),
            field.version.into(),
            now.into(),
        ],
    )?;
    Ok(made == 1)
}

pub fn update(tx: &mut Tx, now: Instant, field: &Field) -> Result<()> {
    tx.execute(
        "UPDATE sensitive_fields SET name_zh = $1, name_en = $2, class = $3, archived = $4, version = $5, updated_at = $6
         WHERE field_id = $7",
        &[
            field.name.zh.as_str().into(),
            field.name.en.as_str().into(),
            field.class.word().into(),
            field.archived.into(),
            field.version.into(),
            now.into(),
            field.id.0.into(),
        ],
    )?;
    Ok(())
}

fn sealed(row: &Row, at: usize) -> Result<Sealed> {
    Ok(Sealed {
        field: row.id(at, SensitiveFieldId)?,
        value_id: row.uuid(at + 1)?,
        sealed: row.bytes(at + 2)?,
        updated_at: row.instant(at + 3)?,
        updated_by: row.opt_id(at + 4, StaffId)?,
    })
}

/// The values of a customer.
pub fn of(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Sealed>> {
    tx.query(
        "SELECT field_id, value_id, sealed, updated_at, updated_by FROM customer_sensitive WHERE customer_id = $1",
        &[customer.into()],
        |row| sealed(row, 0),
    )
}

/// Puts a value in the place of the one before.
pub fn put(tx: &mut Tx, customer: CustomerId, value: &Sealed, blind: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO customer_sensitive (customer_id, field_id, value_id, sealed, blind, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (customer_id, field_id) DO UPDATE SET value_id = excluded.value_id, sealed = excluded.sealed,
           blind = excluded.blind, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        &[
            customer.into(),
            value.field.0.into(),
            value.value_id.into(),
            value.sealed.as_slice().into(),
            blind.into(),
            value.updated_at.into(),
            value.updated_by.into(),
        ],
    )?;
    Ok(())
}

pub fn clear(tx: &mut Tx, customer: CustomerId, field: SensitiveFieldId) -> Result<bool> {
    let sql = "DELETE FROM customer_sensitive WHERE customer_id = $1 AND field_id = $2";
    Ok(tx.execute(sql, &[customer.into(), field.0.into()])? > 0)
}

/// Who has this value, by its blind index.
pub fn holders(tx: &mut Tx, field: SensitiveFieldId, blind: &[u8], limit: i64) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT customer_id FROM customer_sensitive WHERE field_id = $1 AND blind = $2 ORDER BY customer_id LIMIT $3",
        &[field.0.into(), blind.into(), limit.into()],
        |row| row.id(0, CustomerId),
    )
}

/// The next values of all customers.
pub fn page(tx: &mut Tx, after: Option<(CustomerId, SensitiveFieldId)>) -> Result<Vec<(CustomerId, Sealed)>> {
    let columns = "customer_id, field_id, value_id, sealed, updated_at, updated_by";
    let (sql, params): (String, Vec<Value>) = match after {
        None => (
            format!("SELECT {columns} FROM customer_sensitive ORDER BY customer_id, field_id LIMIT $1"),
            vec![PAGE.into()],
        ),
        Some((customer, field)) => (
            format!(
                "SELECT {columns} FROM customer_sensitive
                 WHERE customer_id > $1 OR (customer_id = $1 AND field_id > $2)
                 ORDER BY customer_id, field_id LIMIT $3"
            ),
            vec![customer.into(), field.0.into(), PAGE.into()],
        ),
    };
    tx.query(&sql, &params, |row| Ok((row.id(0, CustomerId)?, sealed(row, 1)?)))
}

/// Rows of new seal, customer, field and the seal that stood.
pub fn renew(tx: &mut Tx, rows: &[Vec<Value>]) -> Result<u64> {
    tx.execute_many(
        "UPDATE customer_sensitive SET sealed = $1 WHERE customer_id = $2 AND field_id = $3 AND sealed = $4",
        rows,
    )
}

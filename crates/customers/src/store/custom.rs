//! Fields of our own making and their values.

use super::{execute_in, for_each_in, name_key};
use crate::custom::{CustomField, Details, FieldChange, FieldId, FieldKind, FieldValue, Told, filled, words_sort};
use crate::query;
use std::collections::{BTreeMap, HashMap};
use zunke_access::Scope;
use zunke_kernel::id::{CustomerId, ImportId, StaffId};
use zunke_kernel::{Day, Error, Instant, Money, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "field_id, field_key, kind, position, archived, definition, version, created_at, updated_at";

fn read(row: &Row) -> Result<CustomField> {
    let details: Details = row.json(5)?;
    Ok(CustomField {
        id: row.id(0, FieldId)?,
        key: row.text(1)?,
        kind: FieldKind::of_word(row.str(2)?).ok_or_else(|| Error::internal("a field of an unknown kind"))?,
        position: row.int(3)?,
        archived: row.bool(4)?,
        label: filled(&details.name),
        details,
        version: row.int(6)?,
        created_at: row.instant(7)?,
        updated_at: row.instant(8)?,
    })
}

/// All fields in their order, archived ones too.
pub(crate) fn all(tx: &mut Tx) -> Result<Vec<CustomField>> {
    tx.query(&format!("SELECT {COLUMNS} FROM custom_fields ORDER BY position, field_id"), &[], read)
}

/// Locks one field for a change; `None` where there is none.
pub(crate) fn lock(tx: &mut Tx, id: FieldId) -> Result<Option<CustomField>> {
    tx.execute("UPDATE custom_fields SET updated_at = updated_at WHERE field_id = $1", &[id.0.into()])?;
    tx.query_one(&format!("SELECT {COLUMNS} FROM custom_fields WHERE field_id = $1"), &[id.0.into()], read)
}

/// `false` where key or name is taken.
pub(crate) fn insert(tx: &mut Tx, field: &CustomField) -> Result<bool> {
    let made = tx.execute(
        "INSERT INTO custom_fields (field_id, field_key, name_key, kind, position, archived, definition, version,
           created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) ON CONFLICT DO NOTHING",
        &[
            field.id.0.into(),
            field.key.as_str().into(),
            name_key(&field.label.zh).into(),
            field.kind.word().into(),
            field.position.into(),
            field.archived.into(),
            definition(field)?.into(),
            field.created_at.into(),
        ],
    )?;
    Ok(made == 1)
}

pub(crate) fn update(tx: &mut Tx, now: Instant, field: &CustomField) -> Result<()> {
    tx.execute(
        "UPDATE custom_fields SET name_key = $1, kind = $2, position = $3, archived = $4, definition = $5,
           updated_at = $6, version = version + 1 WHERE field_id = $7",
        &[
            name_key(&field.label.zh).into(),
            field.kind.word().into(),
            field.position.into(),
            field.archived.into(),
            definition(field)?.into(),
            now.into(),
            field.id.0.into(),
        ],
    )?;
    Ok(())
}

/// Places fields in an order; their versions stay, for nobody edits a place in a form.
pub(crate) fn place(tx: &mut Tx, ids: &[FieldId]) -> Result<()> {
    let rows: Vec<Vec<Value>> = ids.iter().zip(1i64..).map(|(id, at)| vec![at.into(), id.0.into()]).collect();
    tx.execute_many("UPDATE custom_fields SET position = $1 WHERE field_id = $2", &rows)?;
    Ok(())
}

fn definition(field: &CustomField) -> Result<String> {
    serde_json::to_string(&field.details).map_err(Error::internal)
}

/// Whether any customer has a value of it.
pub(crate) fn is_used(tx: &mut Tx, field: &CustomField) -> Result<bool> {
    let column = column(field.kind);
    let sql = format!("SELECT 1 FROM customer_fields WHERE field_id = $1 AND {column} IS NOT NULL LIMIT 1");
    Ok(tx.query_one(&sql, &[field.id.0.into()], |row| row.int(0))?.is_some())
}

/// The column that lists sort by and indexes hold.
pub(crate) const fn column(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "words_sort",
        FieldKind::Number => "fraction",
        FieldKind::Person => "staff_id",
        FieldKind::Money | FieldKind::Date | FieldKind::Choice | FieldKind::Choices | FieldKind::YesNo => "whole",
    }
}

/// A value as it stands in one row; of several choices this is one of them.
fn value(kind: FieldKind, row: &Row, at: usize) -> Result<Option<FieldValue>> {
    Ok(match kind {
        FieldKind::Text => row.opt_text(at + 2)?.map(FieldValue::Text),
        FieldKind::Number => row.opt_real(at + 1)?.map(FieldValue::Number),
        FieldKind::Person => row.opt_id(at + 3, StaffId)?.map(FieldValue::Person),
        FieldKind::Money => row.opt_int(at)?.map(|whole| FieldValue::Money(Money(whole))),
        FieldKind::Date => row.opt_day(at)?.map(FieldValue::Date),
        FieldKind::Choice => row.opt_int(at)?.map(FieldValue::Choice),
        FieldKind::Choices => row.opt_int(at)?.map(|number| FieldValue::Choices(vec![number])),
        FieldKind::YesNo => row.opt_int(at)?.map(|whole| FieldValue::YesNo(whole != 0)),
    })
}

/// The values of customers: one set query for any number of them.
pub(crate) fn values_of(
    tx: &mut Tx,
    customers: &[CustomerId],
) -> Result<HashMap<CustomerId, BTreeMap<FieldId, FieldValue>>> {
    let fields: HashMap<FieldId, CustomField> = all(tx)?.into_iter().map(|field| (field.id, field)).collect();
    let mut found: HashMap<CustomerId, BTreeMap<FieldId, FieldValue>> = HashMap::new();
    if fields.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    for_each_in(
        tx,
        "SELECT customer_id, field_id, whole, fraction, words, staff_id FROM customer_fields
         WHERE customer_id IN ({list})",
        &[],
        &ids,
        &mut |row| {
            let id = row.id(1, FieldId)?;
            let Some(field) = fields.get(&id) else { return Ok(()) };
            let Some(read) = value(field.kind, row, 2)? else { return Ok(()) };
            let mine = found.entry(row.id(0, CustomerId)?).or_default();
            if let (FieldValue::Choices(more), Some(FieldValue::Choices(numbers))) = (&read, mine.get_mut(&id)) {
                numbers.extend(more);
            } else {
                mine.insert(id, read);
            }
            Ok(())
        },
    )?;
    for values in found.values_mut() {
        for (id, value) in values.iter_mut() {
            if let (FieldValue::Choices(numbers), Some(field)) = (value, fields.get(id)) {
                *numbers = crate::custom::in_order(field, numbers);
            }
        }
    }
    Ok(found)
}

/// All values of one field, streamed; of several choices once per customer.
pub(crate) fn stream(
    tx: &mut Tx,
    field: &CustomField,
    each: &mut dyn FnMut(CustomerId, FieldValue) -> Result<()>,
) -> Result<()> {
    if field.kind == FieldKind::Choices {
        return tx.for_each(
            "SELECT customer_id, COUNT(*) FROM customer_fields WHERE field_id = $1 GROUP BY customer_id",
            &[field.id.0.into()],
            |row| each(row.id(0, CustomerId)?, FieldValue::Choices((1..=row.int(1)?).collect())),
        );
    }
    tx.for_each(
        &format!(
            "SELECT customer_id, whole, fraction, words, staff_id FROM customer_fields
             WHERE field_id = $1 AND {} IS NOT NULL",
            column(field.kind)
        ),
        &[field.id.0.into()],
        |row| match value(field.kind, row, 1)? {
            Some(value) => each(row.id(0, CustomerId)?, value),
            None => Ok(()),
        },
    )
}

/// Takes values away.
pub(crate) fn drop_values(tx: &mut Tx, gone: &[(CustomerId, FieldId)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = gone.iter().map(|(id, field)| vec![(*id).into(), field.0.into()]).collect();
    tx.execute_many("DELETE FROM customer_fields WHERE customer_id = $1 AND field_id = $2", &rows)?;
    Ok(())
}

/// Writes values that are not there yet.
pub(crate) fn insert_values(tx: &mut Tx, come: &[(CustomerId, FieldId, FieldValue)]) -> Result<()> {
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(come.len());
    for (id, field, value) in come {
        let mut put = |item: i64, [whole, fraction, words, sort, staff]: [Value; 5]| {
            rows.push(vec![(*id).into(), field.0.into(), item.into(), whole, fraction, words, sort, staff]);
        };
        let whole = |value: i64| [value.into(), Value::Null, Value::Null, Value::Null, Value::Null];
        match value {
            FieldValue::Text(text) => {
                put(0, [Value::Null, Value::Null, text.as_str().into(), words_sort(text).into(), Value::Null]);
            }
            FieldValue::Number(number) => {
                put(0, [Value::Null, (*number).into(), Value::Null, Value::Null, Value::Null]);
            }
            FieldValue::Person(id) => put(0, [Value::Null, Value::Null, Value::Null, Value::Null, (*id).into()]),
            FieldValue::Money(money) => put(0, whole(money.0)),
            FieldValue::Date(Day(day)) => put(0, whole(i64::from(*day))),
            FieldValue::Choice(number) => put(0, whole(*number)),
            FieldValue::YesNo(yes) => put(0, whole(i64::from(*yes))),
            FieldValue::Choices(numbers) => numbers.iter().for_each(|number| put(*number, whole(*number))),
        }
    }
    tx.execute_many(
        "INSERT INTO customer_fields (customer_id, field_id, item, whole, fraction, words, words_sort, staff_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &rows,
    )?;
    Ok(())
}

/// Remembers changes. Two of one field in one millisecond are told as one.
pub(crate) fn note(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    import: Option<ImportId>,
    told: &[Told],
) -> Result<()> {
    let json = |value: &Option<FieldValue>| value.as_ref().map(|value| value.to_json().to_string());
    let rows: Vec<Vec<Value>> = told
        .iter()
        .map(|told| {
            vec![
                told.id.into(),
                now.into(),
                told.field.0.into(),
                json(&told.before).into(),
                json(&told.after).into(),
                by.into(),
                import.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO customer_field_history (customer_id, changed_at, field_id, before, after, staff_id, import_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (customer_id, changed_at, field_id) DO UPDATE SET after = excluded.after",
        &rows,
    )?;
    Ok(())
}

fn change(row: &Row, at: usize) -> Result<FieldChange> {
    Ok(FieldChange {
        field_id: row.id(at, FieldId)?,
        at: row.instant(at + 1)?,
        before: row.opt_json(at + 2)?,
        after: row.opt_json(at + 3)?,
        staff_id: row.opt_id(at + 4, StaffId)?,
        import_id: row.opt_id(at + 5, ImportId)?,
    })
}

/// The newest changes of a customer first.
pub(crate) fn history(tx: &mut Tx, customer: CustomerId, limit: u32) -> Result<Vec<FieldChange>> {
    tx.query(
        "SELECT field_id, changed_at, before, after, staff_id, import_id FROM customer_field_history
         WHERE customer_id = $1 ORDER BY changed_at DESC, field_id LIMIT $2",
        &[customer.into(), limit.into()],
        |row| change(row, 0),
    )
}

/// Customers within the scope whose values an import changed, in the order of their ids.
pub(crate) fn changed_by(
    tx: &mut Tx,
    scope: &Scope,
    import: ImportId,
    after: CustomerId,
    limit: u32,
) -> Result<Vec<CustomerId>> {
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let at = params.len();
    params.extend([import.into(), after.into(), limit.into()]);
    let sql = format!(
        "SELECT DISTINCT h.customer_id FROM customer_field_history h
         JOIN customers c ON c.customer_id = h.customer_id
         WHERE h.import_id = ${} AND h.customer_id > ${}{seen} ORDER BY h.customer_id LIMIT ${}",
        at + 1,
        at + 2,
        at + 3
    );
    tx.query(&sql, &params, |row| row.id(0, CustomerId))
}

/// What an import changed of these customers, the last change first.
pub(crate) fn changes_of(
    tx: &mut Tx,
    import: ImportId,
    customers: &[CustomerId],
) -> Result<Vec<(CustomerId, FieldChange)>> {
    let ids: Vec<Value> = customers.iter().map(|id| (*id).into()).collect();
    let mut found = Vec::new();
    for_each_in(
        tx,
        "SELECT customer_id, field_id, changed_at, before, after, staff_id, import_id FROM customer_field_history
         WHERE import_id = $1 AND customer_id IN ({list})",
        &[import.into()],
        &ids,
        &mut |row| {
            found.push((row.id(0, CustomerId)?, change(row, 1)?));
            Ok(())
        },
    )?;
    found.sort_by_key(|(_, change)| std::cmp::Reverse(change.at));
    Ok(found)
}

/// Takes away all values and their history of customers who are gone.
pub(crate) fn remove(tx: &mut Tx, ids: &[Value]) -> Result<()> {
    for table in ["customer_fields", "customer_field_history"] {
        execute_in(tx, &format!("DELETE FROM {table} WHERE customer_id IN ({{list}})"), &[], ids)?;
    }
    Ok(())
}

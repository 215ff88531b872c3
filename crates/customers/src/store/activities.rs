//! Activities and the keys by which each counts once.

use super::for_each_in;
use crate::activity::{Activity, Direction, Kind, Line};
use crate::preference::Deed;
use std::collections::HashMap;
use zunke_kernel::id::{ActivityId, CustomerId, ImportId, StaffId};
use zunke_kernel::{Error, Instant, Result, Zone};
use zunke_store::{Row, Tx, Value};

pub(crate) const COLUMNS: &str = "a.customer_id, a.occurred_at, a.activity_id, a.kind, a.day, a.source, a.source_id, \
     a.revision, a.amount, a.quantity, a.channel, a.direction, a.subject, a.body, a.staff_id, a.of_source_id, a.lines, \
     a.recorded_at";

/// What is known of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub customer: CustomerId,
    pub occurred_at: Instant,
    pub id: ActivityId,
    pub revision: i64,
    pub hash: i64,
}

pub(crate) fn read(row: &Row) -> Result<Activity> {
    let lines: Vec<Line> = row.opt_json(16)?.unwrap_or_default();
    Ok(Activity {
        customer_id: row.id(0, CustomerId)?,
        occurred_at: row.instant(1)?,
        id: row.id(2, ActivityId)?,
        kind: Kind::read(row.str(3)?)?,
        day: row.day(4)?,
        source: row.text(5)?,
        source_id: row.text(6)?,
        revision: row.int(7)?,
        amount: row.opt_money(8)?,
        quantity: row.opt_int(9)?,
        channel: row.opt_text(10)?,
        direction: row.opt_str(11)?.and_then(Direction::read),
        subject: row.opt_text(12)?,
        body: row.opt_text(13)?,
        staff_id: row.opt_id(14, StaffId)?,
        of_source_id: row.opt_text(15)?,
        lines,
        recorded_at: row.instant(17)?,
    })
}

/// Claims keys; answers how many were free. In the order of the keys, so that batches don't wait in a circle.
pub(crate) fn claim(tx: &mut Tx, keys: &mut [((&str, &str), Key)]) -> Result<u64> {
    keys.sort_unstable_by_key(|(key, _)| *key);
    let rows: Vec<Vec<Value>> = keys.iter().map(|((source, source_id), key)| key_row(source, source_id, key)).collect();
    tx.execute_many(
        "INSERT INTO activity_keys (source, source_id, customer_id, occurred_at, activity_id, revision, content_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, source_id) DO NOTHING",
        &rows,
    )
}

fn key_row(source: &str, source_id: &str, key: &Key) -> Vec<Value> {
    vec![
        source.into(),
        source_id.into(),
        key.customer.into(),
        key.occurred_at.into(),
        key.id.into(),
        key.revision.into(),
        key.hash.into(),
    ]
}

/// What stands under these keys.
pub(crate) fn keys<'a>(tx: &mut Tx, wanted: &[(&'a str, &'a str)]) -> Result<HashMap<(&'a str, &'a str), Key>> {
    let mut groups: HashMap<&'a str, HashMap<&'a str, &'a str>> = HashMap::new();
    for (source, source_id) in wanted {
        groups.entry(source).or_default().insert(source_id, source_id);
    }
    let mut found = HashMap::with_capacity(wanted.len());
    for (source, ids) in groups {
        let mut list: Vec<&str> = ids.keys().copied().collect();
        list.sort_unstable();
        let list: Vec<Value> = list.into_iter().map(Value::from).collect();
        for_each_in(
            tx,
            "SELECT source_id, customer_id, occurred_at, activity_id, revision, content_hash FROM activity_keys
             WHERE source = $1 AND source_id IN ({list})",
            &[source.into()],
            &list,
            &mut |row| {
                if let Some(source_id) = ids.get(row.str(0)?) {
                    let key = Key {
                        customer: row.id(1, CustomerId)?,
                        occurred_at: row.instant(2)?,
                        id: row.id(3, ActivityId)?,
                        revision: row.int(4)?,
                        hash: row.int(5)?,
                    };
                    found.insert((source, *source_id), key);
                }
                Ok(())
            },
        )?;
    }
    Ok(found)
}

/// Puts a newer version under its key.
pub(crate) fn rekey(tx: &mut Tx, keys: &[((&str, &str), Key)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = keys
        .iter()
        .map(|((source, source_id), key)| {
            vec![
                key.customer.into(),
                key.occurred_at.into(),
                key.revision.into(),
                key.hash.into(),
                (*source).into(),
                (*source_id).into(),
            ]
        })
        .collect();
    tx.execute_many(
        "UPDATE activity_keys SET customer_id = $1, occurred_at = $2, revision = $3, content_hash = $4
         WHERE source = $5 AND source_id = $6",
        &rows,
    )?;
    Ok(())
}

/// The activities that stand under keys.
pub(crate) fn under(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<ActivityId, Activity>> {
    let mut found = HashMap::with_capacity(keys.len());
    let sql = format!(
        "SELECT {COLUMNS} FROM activities a WHERE a.customer_id = $1 AND a.occurred_at = $2 AND a.activity_id = $3"
    );
    for key in keys {
        let activity = tx
            .query_one(&sql, &[key.customer.into(), key.occurred_at.into(), key.id.into()], read)?
            .ok_or_else(|| Error::internal(format!("{} has a key and no row", key.id)))?;
        found.insert(key.id, activity);
    }
    Ok(found)
}

/// Takes the rows of keys away; the keys stay.
pub(crate) fn delete(tx: &mut Tx, keys: &[Key]) -> Result<()> {
    let rows: Vec<Vec<Value>> =
        keys.iter().map(|key| vec![key.customer.into(), key.occurred_at.into(), key.id.into()]).collect();
    tx.execute_many("DELETE FROM activities WHERE customer_id = $1 AND occurred_at = $2 AND activity_id = $3", &rows)?;
    Ok(())
}

/// Takes keys away.
pub(crate) fn unkey(tx: &mut Tx, keys: &[(&str, &str)]) -> Result<()> {
    let rows: Vec<Vec<Value>> = keys.iter().map(|(source, id)| vec![(*source).into(), (*id).into()]).collect();
    tx.execute_many("DELETE FROM activity_keys WHERE source = $1 AND source_id = $2", &rows)?;
    Ok(())
}

pub(crate) fn insert(tx: &mut Tx, activities: &[(&Activity, Option<&str>)], import: Option<ImportId>) -> Result<()> {
    let rows: Vec<Vec<Value>> = activities
        .iter()
        .map(|(activity, lines)| {
            vec![
                activity.customer_id.into(),
                activity.occurred_at.into(),
                activity.id.into(),
                activity.kind.word().into(),
                activity.day.into(),
                activity.source.as_str().into(),
                activity.source_id.as_str().into(),
                activity.revision.into(),
                activity.amount.into(),
                activity.quantity.into(),
                activity.channel.as_deref().into(),
                activity.direction.map(Direction::word).into(),
                activity.subject.as_deref().into(),
                activity.body.as_deref().into(),
                activity.staff_id.into(),
                activity.of_source_id.as_deref().into(),
                (*lines).into(),
                import.into(),
                activity.recorded_at.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO activities (customer_id, occurred_at, activity_id, kind, day, source, source_id, revision, amount,
           quantity, channel, direction, subject, body, staff_id, of_source_id, lines, import_id, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        &rows,
    )?;
    Ok(())
}

/// One page of a time line, the newest first; `before` is the last entry seen.
pub(crate) fn timeline(
    tx: &mut Tx,
    customer: CustomerId,
    kind: Option<Kind>,
    before: Option<(Instant, ActivityId)>,
    limit: u32,
) -> Result<Vec<Activity>> {
    let mut params: Vec<Value> = vec![customer.into()];
    let mut filter = String::new();
    if let Some(kind) = kind {
        params.push(kind.word().into());
        filter.push_str(&format!(" AND a.kind = ${}", params.len()));
    }
    if let Some((at, id)) = before {
        params.extend([at.into(), id.into()]);
        let place = params.len();
        filter.push_str(&format!(" AND (a.occurred_at, a.activity_id) < (${}, ${place})", place - 1));
    }
    params.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM activities a WHERE a.customer_id = $1{filter}
         ORDER BY a.occurred_at DESC, a.activity_id DESC LIMIT ${}",
        params.len()
    );
    tx.query(&sql, &params, read)
}

/// What preferences are drawn from, since an instant.
pub(crate) fn deeds(
    tx: &mut Tx,
    customer: CustomerId,
    since: Instant,
    zone: &Zone,
    each: &mut dyn FnMut(&Deed),
) -> Result<()> {
    tx.for_each(
        "SELECT kind, occurred_at, day, amount, channel, direction, lines FROM activities
         WHERE customer_id = $1 AND occurred_at >= $2 ORDER BY occurred_at",
        &[customer.into(), since.into()],
        |row| {
            let (occurred_at, day) = (row.instant(1)?, row.day(2)?);
            let hour = (occurred_at.0 - zone.start_of(day).0) / 3_600_000;
            each(&Deed {
                kind: Kind::read(row.str(0)?)?,
                day,
                hour: i8::try_from(hour.clamp(0, 23)).unwrap_or(0),
                amount: row.opt_money(3)?.unwrap_or_default(),
                channel: row.opt_text(4)?,
                direction: row.opt_str(5)?.and_then(Direction::read),
                lines: row.opt_json(6)?.unwrap_or_default(),
            });
            Ok(())
        },
    )
}

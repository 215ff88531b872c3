//! Values as they come in: checked, written where they differ, remembered for the time line and for undo.

use super::{FieldId, FieldValue, Sight, from_json};
use crate::store::custom as store;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;
use zunke_access::{FieldRight, Scope, directory};
use zunke_kernel::id::{CustomerId, ImportId, StaffId};
use zunke_kernel::money::shorten;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

/// What changes of one customer; `None` empties a field.
pub type Changes = Vec<(FieldId, Option<FieldValue>)>;

/// Reads `{key: value}` as it comes over the API. Every fault names its field. `had` are the values that stand.
pub(crate) fn read_changes(
    tx: &mut Tx,
    sight: &Sight,
    body: &BTreeMap<String, Json>,
    had: &HashMap<FieldId, FieldValue>,
) -> Result<Changes> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let fields = super::fields(tx, sight, FieldRight::Read)?;
    let mut faults = Vec::new();
    let mut changes = Changes::new();
    for (key, json) in body {
        let Some(field) = fields.iter().find(|field| field.key == *key) else {
            let key = shorten(key);
            faults.push(
                Error::invalid(
                    "field_unknown",
                    format!("没有“{key}”这个自定义字段，可能已归档。"),
                    format!("There is no custom field “{key}”; it may have been archived."),
                )
                .at(format!("fields.{key}")),
            );
            continue;
        };
        if sight.right(field) < FieldRight::Write {
            faults.push(zunke_access::rights::not_writable(&field.path()));
            continue;
        }
        let before = had.get(&field.id);
        match from_json(field, json, before) {
            Err(error) => faults.push(error),
            Ok(value) => {
                if let Some(FieldValue::Person(id)) = &value
                    && before != value.as_ref()
                    && let Err(error) = directory::require_staff(tx, *id, &field.path())
                {
                    faults.push(error);
                    continue;
                }
                if value.is_none() && field.details.required {
                    faults.push(missing(field));
                    continue;
                }
                changes.push((field.id, value));
            }
        }
    }
    Error::gather(faults).map_or(Ok(changes), Err)
}

fn missing(field: &super::CustomField) -> Error {
    let label = &field.label;
    Error::invalid("field_required", format!("请填写“{}”。", label.zh), format!("“{}” must be filled in.", label.en))
        .at(field.path())
}

/// The values that stand.
pub(crate) fn had(tx: &mut Tx, id: CustomerId) -> Result<HashMap<FieldId, FieldValue>> {
    Ok(store::values_of(tx, &[id])?.remove(&id).unwrap_or_default().into_iter().collect())
}

/// What a person must fill in of a new customer and has not.
pub(crate) fn required(tx: &mut Tx, sight: &Sight, changes: &Changes) -> Result<()> {
    let given: HashSet<FieldId> = changes.iter().filter(|(_, value)| value.is_some()).map(|(id, _)| *id).collect();
    let lacking = super::fields(tx, sight, FieldRight::Write)?;
    let lacking = lacking.iter().filter(|field| field.details.required && !given.contains(&field.id));
    Error::gather(lacking.map(missing).collect()).map_or(Ok(()), Err)
}

/// Writes values where they differ from what stands, and remembers what stood. The customers are locked. Answers whose
/// values changed.
pub(crate) fn write(
    tx: &mut Tx,
    now: Instant,
    by: Option<StaffId>,
    import: Option<ImportId>,
    changes: &[(CustomerId, FieldId, Option<FieldValue>)],
) -> Result<HashSet<CustomerId>> {
    if changes.is_empty() {
        return Ok(HashSet::new());
    }
    let mut ids: Vec<CustomerId> = changes.iter().map(|(id, ..)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut had = store::values_of(tx, &ids)?;
    // Of several changes of one value in a batch the last one stands.
    let mut last: BTreeMap<(CustomerId, FieldId), Option<FieldValue>> = BTreeMap::new();
    for (id, field, value) in changes {
        last.insert((*id, *field), value.clone());
    }
    let mut gone = Vec::new();
    let mut come = Vec::new();
    let mut told = Vec::new();
    for ((id, field), value) in last {
        let before = had.get_mut(&id).and_then(|values| values.remove(&field));
        if before == value {
            continue;
        }
        if before.is_some() {
            gone.push((id, field));
        }
        told.push(Told { id, field, before, after: value.clone() });
        come.extend(value.map(|value| (id, field, value)));
    }
    store::drop_values(tx, &gone)?;
    store::insert_values(tx, &come)?;
    store::note(tx, now, by, import, &told)?;
    Ok(told.into_iter().map(|told| told.id).collect())
}

/// One change, as it is remembered.
pub(crate) struct Told {
    pub id: CustomerId,
    pub field: FieldId,
    pub before: Option<FieldValue>,
    pub after: Option<FieldValue>,
}

/// A change of a customer's field, for readers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FieldChange {
    pub field_id: FieldId,
    pub at: Instant,
    /// Absent: it was empty.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Json>,
    /// Absent: it was emptied.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Json>,
    /// Absent where an import or the system did it.
    pub staff_id: Option<StaffId>,
    pub import_id: Option<ImportId>,
}

/// Brings back what an import changed, of up to `limit` changes of customers from `after` on; a value that somebody
/// changed since stays. Answers the customer to go on with, and whose values came back.
pub(crate) fn undo(
    tx: &mut Tx,
    now: Instant,
    scope: &Scope,
    import: ImportId,
    after: CustomerId,
    limit: u32,
) -> Result<(Option<CustomerId>, Vec<CustomerId>)> {
    let customers = store::changed_by(tx, scope, import, after, limit)?;
    let Some(last) = customers.last().copied() else { return Ok((None, Vec::new())) };
    crate::store::customers::lock(tx, &customers)?;
    let fields = store::all(tx)?;
    let stood = store::values_of(tx, &customers)?;
    // Two rows of one file may have changed one value: from the last change back to the first.
    let mut back: BTreeMap<(CustomerId, FieldId), Option<FieldValue>> = BTreeMap::new();
    for (id, change) in store::changes_of(tx, import, &customers)? {
        let Some(field) = fields.iter().find(|field| field.id == change.field_id) else { continue };
        // What was allowed then may come back.
        let value = |json: &Option<Json>| json.as_ref().and_then(|json| super::read_stored(field, json));
        let there = match back.get(&(id, field.id)) {
            Some(value) => value.clone(),
            None => stood.get(&id).and_then(|values| values.get(&field.id)).cloned(),
        };
        if there == value(&change.after) {
            back.insert((id, field.id), value(&change.before));
        }
    }
    let back: Vec<_> = back.into_iter().map(|((id, field), value)| (id, field, value)).collect();
    let changed = write(tx, now, None, None, &back)?;
    let changed: Vec<CustomerId> = changed.iter().copied().collect();
    crate::store::customers::touch(tx, now, &changed)?;
    Ok((Some(last), changed))
}

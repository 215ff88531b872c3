//! Values as numbers: the inputs of scores.

use super::{CustomField, FieldId, FieldKind, FieldValue};
use crate::store::custom as store;
use std::collections::HashMap;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Result};
use zunke_store::Tx;

/// A value as a number: a number or an amount as it is, a day as days ago (negative: yet to come), yes 1 and no 0, a
/// choice by its number (`c2` is 2: points by choice are the asker's), several choices as how many. Texts and people
/// are no numbers.
#[must_use]
pub(super) fn number(value: &FieldValue, today: Day) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts and numbers of choices are small")]
    Some(match value {
        FieldValue::Number(number) => *number,
        FieldValue::Money(money) => money.as_f64(),
        FieldValue::Date(day) => f64::from(today.since(*day)),
        FieldValue::YesNo(yes) => f64::from(u8::from(*yes)),
        FieldValue::Choice(number) => *number as f64,
        FieldValue::Choices(numbers) => numbers.len() as f64,
        FieldValue::Text(_) | FieldValue::Person(_) => return None,
    })
}

/// The values of some customers as numbers, by the field's key. Who has none of a field is not in it.
pub fn numbers(
    tx: &mut Tx,
    keys: &[&str],
    customers: &[CustomerId],
    today: Day,
) -> Result<HashMap<CustomerId, HashMap<String, f64>>> {
    let wanted = wanted(tx, keys)?;
    let mut found: HashMap<CustomerId, HashMap<String, f64>> = HashMap::new();
    for (id, values) in store::values_of(tx, customers)? {
        for (field, value) in values {
            if let (Some(key), Some(number)) = (wanted.get(&field), number(&value, today)) {
                found.entry(id).or_default().insert(key.clone(), number);
            }
        }
    }
    Ok(found)
}

/// The values of one field of all customers as numbers, streamed in no order. Answers whether there is such a field.
pub fn for_each_number(
    tx: &mut Tx,
    key: &str,
    today: Day,
    each: &mut dyn FnMut(CustomerId, f64) -> Result<()>,
) -> Result<bool> {
    let Some(field) = store::all(tx)?.into_iter().find(|field| field.key == key && is_number(field)) else {
        return Ok(false);
    };
    store::stream(tx, &field, &mut |id, value| match number(&value, today) {
        Some(number) => each(id, number),
        None => Ok(()),
    })?;
    Ok(true)
}

/// The values of one field of some customers in words, in every language in which they are written: a text, the names
/// of choices. Who has none is not in it; nobody is where there is no such field.
pub fn words(tx: &mut Tx, key: &str, customers: &[CustomerId]) -> Result<HashMap<CustomerId, Vec<String>>> {
    let Some(field) = store::all(tx)?.into_iter().find(|field| field.key == key && !field.archived) else {
        return Ok(HashMap::new());
    };
    let named = |number: i64| {
        let said = field.choice(number).map(|choice| choice.label.clone());
        said.into_iter().flat_map(|said| [said.zh, said.en]).filter(|word| !word.is_empty())
    };
    let mut found = HashMap::new();
    for (id, values) in store::values_of(tx, customers)? {
        for (_, value) in values.into_iter().filter(|(other, _)| *other == field.id) {
            let words: Vec<String> = match value {
                FieldValue::Text(text) => vec![text],
                FieldValue::Choice(number) => named(number).collect(),
                FieldValue::Choices(numbers) => numbers.into_iter().flat_map(named).collect(),
                _ => continue,
            };
            found.insert(id, words);
        }
    }
    Ok(found)
}

fn is_number(field: &CustomField) -> bool {
    !matches!(field.kind, FieldKind::Text | FieldKind::Person)
}

fn wanted(tx: &mut Tx, keys: &[&str]) -> Result<HashMap<FieldId, String>> {
    let all = store::all(tx)?.into_iter().filter(is_number);
    Ok(all.filter(|field| keys.contains(&field.key.as_str())).map(|field| (field.id, field.key)).collect())
}

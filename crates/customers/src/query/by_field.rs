//! Lists in the order of a field of our own. The values stand in rows of their own with an index, so the list is walked
//! along that index; whoever has no value follows behind, by id. A choice is walked in the order in which the field
//! offers its choices, whatever their numbers.

use super::plan::Plan;
use super::{CustomerQuery, Statement, columns};
use crate::custom::{FieldId, FieldKind};
use crate::store::custom as store;
use crate::store::customers::{self, Stored};
use serde_json::{Value as Json, json};
use std::fmt::Write;
use zunke_kernel::id::CustomerId;
use zunke_kernel::page::Page;
use zunke_kernel::{Error, Result};
use zunke_store::{Row, Tx, Value};

/// Columns of a customer's row: the value stands behind them.
fn width() -> usize {
    columns().split(", ").count()
}

impl CustomerQuery {
    pub(super) fn list_by_field(&self, tx: &mut Tx, field: FieldId, kind: FieldKind) -> Result<Page<Stored>> {
        let plan = self.plan_by_field(tx)?;
        let wanted = self.limit as usize + 1;
        let mut found: Vec<(Stored, Option<Json>)> = Vec::with_capacity(wanted);
        // (value or none, id) of the last one seen.
        let after = match self.after.as_deref() {
            Some([value, Value::Uuid(id)]) => Some((value.clone(), CustomerId(*id))),
            Some(_) => return Err(Error::internal("a mark of another order")),
            None => None,
        };
        let past_values = matches!(after, Some((Value::Null, _)));
        if !past_values {
            if kind == FieldKind::Choice {
                self.by_choice(tx, field, &plan, after.as_ref(), wanted, &mut found)?;
            } else {
                let (sql, params) = self.valued_sql(tx, field, kind, &plan, after.as_ref(), wanted);
                let at = width();
                found = tx.query(&sql, &params, |row| Ok((customers::read(row)?, Some(value(kind, row, at)?))))?;
            }
        }
        if found.len() < wanted {
            let behind = after.filter(|_| past_values).map(|(_, id)| id);
            let (sql, params) = self.unvalued_sql(tx, field, kind, &plan, behind, wanted - found.len());
            found.extend(tx.query(&sql, &params, |row| Ok((customers::read(row)?, None)))?);
        }
        let more = found.len() == wanted;
        found.truncate(self.limit as usize);
        let next = found.last().filter(|_| more).map(|(last, value)| self.sort.field_mark(value.as_ref(), last));
        Ok(Page { items: found.into_iter().map(|(row, _)| row).collect(), next })
    }

    fn plan_by_field(&self, tx: &mut Tx) -> Result<Plan> {
        let plan = Plan::of(tx, &self.scope, &self.filter)?;
        if self.filter.levels.is_empty() && self.scope.levels == zunke_access::LevelReach::All {
            return Ok(plan);
        }
        plan.across_levels(tx, &self.ranks())
    }

    /// Those who have a value, in its order. The index is walked (the left side of the join comes first), but for few
    /// answers, which are fetched and sorted.
    fn valued_sql(
        &self,
        tx: &Tx,
        field: FieldId,
        kind: FieldKind,
        plan: &Plan,
        after: Option<&(Value, CustomerId)>,
        limit: usize,
    ) -> (String, Vec<Value>) {
        let mut statement = Statement::new(tx.engine());
        let column = store::column(kind);
        let off = plan.off();
        let from = if plan.looked_up {
            "customers c CROSS JOIN customer_fields s"
        } else {
            "customer_fields s CROSS JOIN customers c"
        };
        let id = statement.bind(field.0);
        let mut sql = format!(
            "SELECT {}, s.{column} FROM {from} WHERE s.customer_id = c.customer_id AND s.field_id = {id}
             AND {off}s.{column} IS NOT NULL AND s.item = 0",
            columns()
        );
        let sign = if self.sort.descending { "<" } else { ">" };
        if let Some((value, id)) = after {
            let (value, id) = (statement.bind(value.clone()), statement.bind(*id));
            let _ = write!(sql, " AND ({off}s.{column}, s.customer_id) {sign} ({value}, {id})");
        }
        let condition = self.condition(&mut statement, plan, None);
        let direction = if self.sort.descending { " DESC" } else { "" };
        let limit = statement.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let _ =
            write!(sql, " AND {condition} ORDER BY {off}s.{column}{direction}, s.customer_id{direction} LIMIT {limit}");
        (sql, statement.params)
    }

    fn by_choice(
        &self,
        tx: &mut Tx,
        field: FieldId,
        plan: &Plan,
        after: Option<&(Value, CustomerId)>,
        wanted: usize,
        found: &mut Vec<(Stored, Option<Json>)>,
    ) -> Result<()> {
        let fields = store::all(tx)?;
        let offered = fields.iter().find(|one| one.id == field).map(|one| &one.details.choices);
        let mut numbers: Vec<i64> =
            offered.into_iter().flatten().filter_map(crate::custom::FieldChoice::number).collect();
        if self.sort.descending {
            numbers.reverse();
        }
        let mut behind = None;
        if let Some((Value::Int(number), id)) = after {
            // A choice that is gone meanwhile: from the first one again would double rows, so what follows is empty.
            let at = numbers.iter().position(|one| one == number).unwrap_or(numbers.len());
            numbers.drain(..at);
            behind = Some(*id);
        }
        for number in numbers {
            if found.len() >= wanted {
                break;
            }
            let mut statement = Statement::new(tx.engine());
            let id = statement.bind(field.0);
            let value = statement.bind(number);
            let from = if plan.looked_up {
                "customers c CROSS JOIN customer_fields s"
            } else {
                "customer_fields s CROSS JOIN customers c"
            };
            let mut sql = format!(
                "SELECT {} FROM {from} WHERE s.customer_id = c.customer_id AND s.field_id = {id} AND s.whole = {value}",
                columns()
            );
            if let Some(id) = behind.take() {
                let id = statement.bind(id);
                let sign = if self.sort.descending { "<" } else { ">" };
                let _ = write!(sql, " AND s.customer_id {sign} {id}");
            }
            let condition = self.condition(&mut statement, plan, None);
            let direction = if self.sort.descending { " DESC" } else { "" };
            let limit = statement.bind(i64::try_from(wanted - found.len()).unwrap_or(i64::MAX));
            let _ = write!(sql, " AND {condition} ORDER BY s.customer_id{direction} LIMIT {limit}");
            found.extend(tx.query(&sql, &statement.params, |row| Ok((customers::read(row)?, Some(json!(number)))))?);
        }
        Ok(())
    }

    /// Those without a value, by id.
    fn unvalued_sql(
        &self,
        tx: &Tx,
        field: FieldId,
        kind: FieldKind,
        plan: &Plan,
        behind: Option<CustomerId>,
        limit: usize,
    ) -> (String, Vec<Value>) {
        let mut statement = Statement::new(tx.engine());
        let id = statement.bind(field.0);
        let mut sql = format!(
            "SELECT {} FROM customers c WHERE NOT EXISTS (SELECT 1 FROM customer_fields s
             WHERE s.customer_id = c.customer_id AND s.field_id = {id} AND s.{} IS NOT NULL)",
            columns(),
            store::column(kind)
        );
        if let Some(id) = behind {
            let id = statement.bind(id);
            let _ = write!(sql, " AND c.customer_id > {id}");
        }
        let condition = self.condition(&mut statement, plan, None);
        let limit = statement.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let _ = write!(sql, " AND {condition} ORDER BY {}c.customer_id LIMIT {limit}", plan.off());
        (sql, statement.params)
    }
}

fn value(kind: FieldKind, row: &Row, at: usize) -> Result<Json> {
    Ok(match kind {
        FieldKind::Text => json!(row.text(at)?),
        FieldKind::Number => json!(row.real(at)?),
        _ => json!(row.int(at)?),
    })
}

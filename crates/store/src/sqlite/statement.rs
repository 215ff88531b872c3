//! Running one statement on a SQLite connection, from its cache of prepared statements.

use crate::error::{self, Fault};
use crate::row::{Inner, Row};
use crate::value::Value;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use zunke_kernel::Error;

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Self::Bool(value) => ValueRef::Integer(i64::from(*value)),
        }))
    }
}

pub(crate) fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| error::sqlite(&error, sql))?;
    let order = order(&statement, sql, params.len())?;
    bind(&mut statement, sql, order.as_deref(), params)?;
    run(&mut statement, sql)
}

pub(crate) fn execute_many(connection: &Connection, sql: &str, rows: &[Vec<Value>]) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| error::sqlite(&error, sql))?;
    let order = order(&statement, sql, rows.first().map_or(0, Vec::len))?;
    let mut changed = 0;
    for row in rows {
        bind(&mut statement, sql, order.as_deref(), row)?;
        changed += run(&mut statement, sql)?;
    }
    Ok(changed)
}

/// Calls `each` per row until it answers `false`.
pub(crate) fn walk(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    each: &mut dyn FnMut(&Row) -> bool,
) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| error::sqlite(&error, sql))?;
    let order = order(&statement, sql, params.len())?;
    bind(&mut statement, sql, order.as_deref(), params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| error::sqlite(&error, sql))? {
        if !each(&Row(Inner::Sqlite(row))) {
            break;
        }
    }
    Ok(())
}

fn run(statement: &mut CachedStatement<'_>, sql: &str) -> Result<u64, Fault> {
    if statement.column_count() == 0 {
        return statement.raw_execute().map(|changed| changed as u64).map_err(|error| error::sqlite(&error, sql));
    }
    // A statement with RETURNING whose rows nobody wants: step it through and count them.
    let mut rows = statement.raw_query();
    let mut changed = 0;
    while rows.next().map_err(|error| error::sqlite(&error, sql))?.is_some() {
        changed += 1;
    }
    Ok(changed)
}

/// For every SQLite parameter slot the index of its value; `None` where they agree one to one. SQLite
/// numbers `$n` by first appearance, so a statement that names `$2` before `$1` needs the order.
fn order(statement: &CachedStatement<'_>, sql: &str, given: usize) -> Result<Option<Vec<usize>>, Fault> {
    let count = statement.parameter_count();
    let mut order: Option<Vec<usize>> = None;
    let mut largest = 0;
    for slot in 1..=count {
        let number = statement
            .parameter_name(slot)
            .and_then(|name| name.get(1..)?.parse::<usize>().ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| misbound(sql, "parameters are written $1…$n"))?;
        largest = largest.max(number);
        if number != slot && order.is_none() {
            order = Some((0..slot - 1).collect());
        }
        if let Some(order) = &mut order {
            order.push(number - 1);
        }
    }
    if largest != given || count != given {
        return Err(misbound(sql, &format!("{given} values for {largest} parameters")));
    }
    Ok(order)
}

fn bind(
    statement: &mut CachedStatement<'_>,
    sql: &str,
    order: Option<&[usize]>,
    params: &[Value],
) -> Result<(), Fault> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(misbound(sql, &format!("{} values for {wanted} parameters", params.len())));
    }
    for slot in 0..wanted {
        let value = params.get(order.map_or(slot, |order| order[slot])).unwrap_or(&Value::Null);
        statement.raw_bind_parameter(slot + 1, value).map_err(|error| error::sqlite(&error, sql))?;
    }
    Ok(())
}

fn misbound(sql: &str, what: &str) -> Fault {
    Fault::plain(Error::internal(format!("{what}; in: {}", error::head(sql))))
}

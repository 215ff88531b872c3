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
/// numbers `$n` by first appearance, so a statement that names `$2` before `$1` needs the order. It is read from the
/// text: asking SQLite for the names of a long list takes time that grows with its square.
fn order(statement: &CachedStatement<'_>, sql: &str, given: usize) -> Result<Option<Vec<usize>>, Fault> {
    let count = statement.parameter_count();
    let appearing = appearing(sql).filter(|order| order.len() == count);
    let order = appearing.ok_or_else(|| misbound(sql, "parameters are written $1…$n"))?;
    let largest = order.iter().map(|at| at + 1).max().unwrap_or(0);
    if largest != given || count != given {
        return Err(misbound(sql, &format!("{given} values for {largest} parameters")));
    }
    let straight = order.iter().enumerate().all(|(slot, at)| slot == *at);
    Ok(if straight { None } else { Some(order) })
}

/// The parameters of a statement in the order of their first appearance, from 0; `None` where one has no number.
fn appearing(sql: &str) -> Option<Vec<usize>> {
    let bytes = sql.as_bytes();
    let mut found: Vec<usize> = Vec::new();
    let mut seen: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1;
                }
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
            }
            b'?' => return None,
            b'$' => {
                let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number: usize = sql.get(at + 1..at + 1 + digits)?.parse().ok().filter(|number| *number > 0)?;
                if number > 65_535 {
                    return None;
                }
                if seen.len() < number {
                    seen.resize(number, false);
                }
                if !std::mem::replace(&mut seen[number - 1], true) {
                    found.push(number - 1);
                }
                at += digits;
            }
            _ => {}
        }
        at += 1;
    }
    Some(found)
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

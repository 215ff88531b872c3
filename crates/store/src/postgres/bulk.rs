//! One statement for many rows. A row-by-row `INSERT … VALUES ($1, …)` or `UPDATE … WHERE key = $n` is written anew
//! over arrays of its parameters, so that a thousand rows are one message, one plan and one execution.

use crate::value::Value;
use bytes::{BufMut, BytesMut};
use std::collections::HashSet;
use std::fmt::Write;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// Rows of one message.
pub(super) const ROWS: usize = 2_000;
/// Fewer rows are sent one by one.
pub(super) const LEAST: usize = 4;

/// A statement over arrays: parameter n holds the n-th parameters of all rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bulk {
    pub sql: String,
    pub is_update: bool,
    /// The parameters that name the row which is changed: two rows of one execution must not name the same.
    key: Vec<usize>,
}

impl Bulk {
    /// The same over arrays, where that means the same; `types` are those of its parameters.
    pub fn of(sql: &str, types: &[Type]) -> Option<Self> {
        let sql = sql.trim();
        if sql.contains('\'') || sql.contains("RETURNING") || sql.contains("SELECT") {
            return None;
        }
        if sql.starts_with("INSERT INTO ") { Self::insert(sql, types) } else { Self::update(sql, types) }
    }

    fn insert(sql: &str, types: &[Type]) -> Option<Self> {
        let (head, rest) = sql.split_once("VALUES")?;
        let (values, tail) = bracketed(rest)?;
        let values: Vec<&str> = split(values);
        let mut key = Vec::new();
        if let Some(rest) = tail.trim().strip_prefix("ON CONFLICT") {
            let (conflict, action) = bracketed(rest)?;
            if action.trim().starts_with("DO UPDATE") {
                let columns: Vec<&str> = split(bracketed(&head[head.find('(')?..])?.0);
                for column in split(conflict) {
                    let at = columns.iter().position(|name| *name == column)?;
                    key.push(parameter(values.get(at)?)?);
                }
            }
        } else if !tail.trim().is_empty() {
            return None;
        }
        if tail.contains('$') {
            return None;
        }
        let values = named(&values.join(", "), types.len())?;
        let sql = format!("{head}SELECT {values} FROM {} {}", arrays(types)?, tail.trim());
        Some(Self { sql, is_update: false, key })
    }

    fn update(sql: &str, types: &[Type]) -> Option<Self> {
        let (head, condition) = sql.split_once("WHERE")?;
        if !head.starts_with("UPDATE ") || head.contains("FROM") || condition.contains("WHERE") {
            return None;
        }
        // The parts before the first OR or bracket that say `column = $n` name the row.
        let plain = condition.split(['(']).next().unwrap_or_default();
        if condition.contains(" OR ") && !condition.contains('(') {
            return None;
        }
        let mut key = Vec::new();
        for (column, value) in plain.split(" AND ").filter_map(|part| part.split_once('=')) {
            let column = column.trim();
            if let Some(at) = parameter(value.trim()).filter(|_| column.chars().all(is_name)) {
                // Where the name itself changes, a row after may mean the one that a row before has renamed.
                if head.split([' ', ',']).any(|word| word == column) {
                    return None;
                }
                key.push(at);
            }
        }
        if key.is_empty() {
            return None;
        }
        let (head, condition) = (named(head, types.len())?, named(condition, types.len())?);
        let sql = format!("{}FROM {} WHERE{condition}", head, arrays(types)?);
        Some(Self { sql, is_update: true, key })
    }

    /// Whether no two of these rows name the same.
    pub fn suits(&self, rows: &[Vec<Value>]) -> bool {
        if self.key.is_empty() {
            return true;
        }
        let mut seen = HashSet::with_capacity(rows.len());
        let mut name = Vec::new();
        rows.iter().all(|row| {
            name.clear();
            for at in &self.key {
                match &row[*at] {
                    Value::Null => name.push(0),
                    Value::Int(value) => name.extend_from_slice(&value.to_be_bytes()),
                    Value::Real(value) => name.extend_from_slice(&value.to_be_bytes()),
                    Value::Bool(value) => name.push(u8::from(*value)),
                    Value::Uuid(id) => name.extend_from_slice(id.as_bytes()),
                    Value::Text(text) => {
                        name.extend_from_slice(&text.len().to_be_bytes());
                        name.extend_from_slice(text.as_bytes());
                    }
                    Value::Bytes(bytes) => {
                        name.extend_from_slice(&bytes.len().to_be_bytes());
                        name.extend_from_slice(bytes);
                    }
                }
            }
            seen.insert(name.clone())
        })
    }
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}

/// The place of `$n`, from 0.
fn parameter(text: &str) -> Option<usize> {
    text.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)
}

/// What stands in the brackets that `text` begins with, and what comes after them.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('(')?;
    let mut depth = 1;
    for (at, letter) in inner.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

/// The parts of a list, each without space around it.
fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in list.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts
}

/// `$n` as the column of the arrays.
fn named(text: &str, count: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len() + count * 4);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
        let number: usize = after[..digits].parse().ok()?;
        if number == 0 || number > count {
            return None;
        }
        out.push_str(before);
        let _ = write!(out, "u.p{number}");
        rest = &after[digits..];
    }
    out.push_str(rest);
    Some(out)
}

/// `unnest(CAST($1 AS BIGINT[]), …) AS u (p1, …)`.
fn arrays(types: &[Type]) -> Option<String> {
    let mut out = "unnest(".to_owned();
    for (at, wanted) in types.iter().enumerate() {
        let word = match *wanted {
            Type::INT8 => "BIGINT",
            Type::TEXT => "TEXT",
            Type::UUID => "UUID",
            Type::BYTEA => "BYTEA",
            Type::FLOAT8 => "DOUBLE PRECISION",
            Type::BOOL => "BOOLEAN",
            _ => return None,
        };
        let _ = write!(out, "{}CAST(${} AS {word}[])", if at == 0 { "" } else { ", " }, at + 1);
    }
    out.push_str(") AS u (");
    for at in 1..=types.len() {
        let _ = write!(out, "{}p{at}", if at == 1 { "" } else { ", " });
    }
    out.push(')');
    Some(out)
}

/// One parameter of all rows, as an array.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub rows: &'a [Vec<Value>],
    pub at: usize,
}

impl ToSql for Column<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let Kind::Array(element) = wanted.kind() else { return Err("an array is wanted".into()) };
        let has_null = self.rows.iter().any(|row| row[self.at] == Value::Null);
        out.put_i32(1);
        out.put_i32(i32::from(has_null));
        out.put_u32(element.oid());
        out.put_i32(i32::try_from(self.rows.len())?);
        out.put_i32(1);
        for row in self.rows {
            let place = out.len();
            out.put_i32(-1);
            if matches!(row[self.at].to_sql(element, out)?, IsNull::No) {
                let size = i32::try_from(out.len() - place - 4)?;
                out[place..place + 4].copy_from_slice(&size.to_be_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        self.to_sql(wanted, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(keys: &[i64]) -> Vec<Vec<Value>> {
        keys.iter().map(|key| vec![Value::Int(*key), Value::Null]).collect()
    }

    #[test]
    fn an_insert_is_written_over_arrays() {
        let types = [Type::INT8, Type::TEXT];
        let bulk = Bulk::of("INSERT INTO t (a, b, c) VALUES ($1, $2, 1)", &types).unwrap();
        assert_eq!(
            bulk.sql,
            "INSERT INTO t (a, b, c) SELECT u.p1, u.p2, 1 FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS TEXT[])) AS u (p1, p2) "
        );
        assert!(bulk.suits(&rows(&[1, 1])), "twice the same is for the database to refuse");
        let upsert = "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b";
        let bulk = Bulk::of(upsert, &types).unwrap();
        assert!(bulk.sql.ends_with("ON CONFLICT (a) DO UPDATE SET b = excluded.b"), "{}", bulk.sql);
        assert!(bulk.suits(&rows(&[1, 2])));
        assert!(!bulk.suits(&rows(&[1, 2, 1])), "one statement changes a row once");
    }

    #[test]
    fn an_update_is_written_over_arrays() {
        let types = [Type::INT8, Type::INT8];
        let bulk = Bulk::of("UPDATE t SET a = $1 WHERE id = $2 AND (a <> $1 OR b > $1)", &types).unwrap();
        assert_eq!(
            bulk.sql,
            "UPDATE t SET a = u.p1 FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[])) AS u (p1, p2) \
             WHERE id = u.p2 AND (a <> u.p1 OR b > u.p1)"
        );
        assert_eq!(bulk.key, [1]);
    }

    #[test]
    fn what_would_not_mean_the_same_stays_as_it_is() {
        let one = [Type::INT8];
        for sql in [
            "DELETE FROM t WHERE a = $1",
            "INSERT INTO t (a) VALUES ($1) RETURNING a",
            "INSERT INTO t (a, b) VALUES ($1, 'x')",
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $1",
            "INSERT INTO t (a) VALUES ($1 + 1) ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "INSERT INTO t (a) SELECT a FROM s WHERE a = $1",
            "UPDATE t SET a = 1 WHERE b > $1",
            "UPDATE t SET a = 1 WHERE b = $1 OR c = $1",
            "UPDATE t SET a = 1, b = 2 WHERE b = $1",
        ] {
            assert_eq!(Bulk::of(sql, &one), None, "{sql}");
        }
        assert_eq!(Bulk::of("INSERT INTO t (a) VALUES ($1)", &[Type::TS_VECTOR]), None);
    }
}

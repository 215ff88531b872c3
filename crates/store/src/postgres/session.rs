//! One connection, its prepared statements, and running one statement on it.

use super::adapt::type_of;
use super::bulk::{self, Bulk, Column};
use super::wait::wait;
use crate::error::{self, Fault};
use crate::row::{Inner, Row};
use crate::value::Value;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

/// Prepared statements kept per connection; the one longest unused makes room.
const STATEMENTS: usize = 256;
/// Statements on their way at one time when one is run for many rows.
const IN_FLIGHT: usize = 256;

pub(crate) struct Session {
    client: Client,
    statements: HashMap<String, Kept>,
    uses: u64,
    /// Whether rows are spread over servers: there an UPDATE over arrays is not taken.
    spread: Option<bool>,
}

struct Kept {
    statement: Statement,
    used: u64,
    /// The same for many rows at once; looked for when first wanted.
    bulk: Option<Option<Arc<Bulk>>>,
}

impl Session {
    pub fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new(), uses: 0, spread: None }
    }

    pub fn closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Plain statements without parameters: BEGIN, COMMIT, a migration.
    pub fn batch(&self, sql: &str) -> Result<(), Fault> {
        wait(self.client.batch_execute(sql)).map_err(|error| error::postgres(&error, sql))
    }

    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Fault> {
        let statement = self.prepared(sql, params)?;
        wait(self.client.execute_raw(&statement, params)).map_err(|error| error::postgres(&error, sql))
    }

    /// Runs one statement for all rows, over arrays of their values where that means the same; else sends the rows
    /// without waiting for the answers in between.
    pub fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, Fault> {
        let Some(first) = rows.first() else { return Ok(0) };
        let statement = self.prepared(sql, first)?;
        if let Some(row) = rows.iter().find(|row| row.len() != first.len()) {
            return Err(misbound(sql, row.len(), first.len()));
        }
        if rows.len() >= bulk::LEAST
            && let Some(bulk) = self.bulk(sql, &statement)?
            && rows.chunks(bulk::ROWS).all(|rows| bulk.suits(rows))
        {
            let mut changed = 0;
            for rows in rows.chunks(bulk::ROWS) {
                let columns: Vec<Column> = (0..first.len()).map(|at| Column { rows, at }).collect();
                let statement = self.prepared(&bulk.sql, first)?;
                changed += wait(self.client.execute_raw(&statement, &columns))
                    .map_err(|error| error::postgres(&error, sql))?;
            }
            return Ok(changed);
        }
        let client = &self.client;
        wait(
            stream::iter(rows)
                .map(|row| client.execute_raw(&statement, row))
                .buffered(IN_FLIGHT)
                .try_fold(0, |sum, changed| std::future::ready(Ok(sum + changed))),
        )
        .map_err(|error| error::postgres(&error, sql))
    }

    /// Calls `each` per row, as they come in, until it answers `false`.
    pub fn walk(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&Row) -> bool) -> Result<(), Fault> {
        let statement = self.prepared(sql, params)?;
        let failed = |error: tokio_postgres::Error| error::postgres(&error, sql);
        let rows = wait(self.client.query_raw(&statement, params)).map_err(failed)?;
        let mut rows = pin!(rows);
        while let Some(row) = wait(rows.try_next()).map_err(failed)? {
            if !each(&Row(Inner::Postgres(&row))) {
                break;
            }
        }
        Ok(())
    }

    /// Calls `each` with what `COPY … TO STDOUT` writes, until it answers `false`.
    pub fn copy_out(&mut self, sql: &str, each: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Fault> {
        let failed = |error: tokio_postgres::Error| error::postgres(&error, sql);
        let mut pieces = pin!(wait(self.client.copy_out(sql)).map_err(failed)?);
        while let Some(piece) = wait(pieces.try_next()).map_err(failed)? {
            if !each(&piece) {
                break;
            }
        }
        Ok(())
    }

    /// Feeds `COPY … FROM STDIN` until `next` has no more; answers the rows that came.
    pub fn copy_in(&mut self, sql: &str, next: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<u64, Fault> {
        let failed = |error: tokio_postgres::Error| error::postgres(&error, sql);
        let mut sink = pin!(wait(self.client.copy_in::<_, Bytes>(sql)).map_err(failed)?);
        while let Some(piece) = next() {
            wait(sink.as_mut().send(Bytes::from(piece))).map_err(failed)?;
        }
        wait(sink.finish()).map_err(failed)
    }

    /// The form over arrays of a statement that is prepared, where it has one.
    fn bulk(&mut self, sql: &str, statement: &Statement) -> Result<Option<Arc<Bulk>>, Fault> {
        let Some(kept) = self.statements.get_mut(sql) else { return Ok(None) };
        let bulk = kept.bulk.get_or_insert_with(|| Bulk::of(sql, statement.params()).map(Arc::new)).clone();
        let Some(bulk) = bulk else { return Ok(None) };
        if bulk.is_update && self.is_spread()? {
            return Ok(None);
        }
        Ok(Some(bulk))
    }

    fn is_spread(&mut self) -> Result<bool, Fault> {
        if let Some(spread) = self.spread {
            return Ok(spread);
        }
        let mut spread = false;
        self.walk("SELECT 1 FROM pg_extension WHERE extname = $1", &[Value::from("citus")], &mut |_| {
            spread = true;
            false
        })?;
        self.spread = Some(spread);
        Ok(spread)
    }

    fn prepared(&mut self, sql: &str, params: &[Value]) -> Result<Statement, Fault> {
        self.uses += 1;
        let types = if typeless(sql) { params.iter().map(type_of).collect() } else { Vec::new() };
        let typed;
        let key = if types.is_empty() {
            sql
        } else {
            typed = types.iter().fold(sql.to_owned(), |key, wanted: &Type| key + "\n" + wanted.name());
            &typed
        };
        let statement = if let Some(kept) = self.statements.get_mut(key) {
            kept.used = self.uses;
            kept.statement.clone()
        } else {
            let statement =
                wait(self.client.prepare_typed(sql, &types)).map_err(|error| error::postgres(&error, sql))?;
            if self.statements.len() >= STATEMENTS {
                let oldest = self.statements.iter().min_by_key(|(_, kept)| kept.used).map(|(key, _)| key.clone());
                oldest.and_then(|key| self.statements.remove(&key));
            }
            self.statements.insert(key.to_owned(), Kept { statement: statement.clone(), used: self.uses, bulk: None });
            statement
        };
        if statement.params().len() != params.len() {
            return Err(misbound(sql, params.len(), statement.params().len()));
        }
        Ok(statement)
    }
}

/// PostgreSQL infers the types of parameters from the columns they meet. In a list of VALUES that is not the
/// one of an INSERT they meet none and would all be text, so there the values tell.
fn typeless(sql: &str) -> bool {
    let start = sql.trim_start().get(..6).unwrap_or("");
    !start.eq_ignore_ascii_case("INSERT") && sql.contains("VALUES")
}

fn misbound(sql: &str, given: usize, wanted: usize) -> Fault {
    let head = error::head(sql);
    Fault::plain(zunke_kernel::Error::internal(format!("{given} values for {wanted} parameters; in: {head}")))
}

//! One connection, its prepared statements, and running one statement on it.

use super::adapt::type_of;
use super::wait::wait;
use crate::error::{self, Fault};
use crate::row::{Inner, Row};
use crate::value::Value;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::pin::pin;
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
}

struct Kept {
    statement: Statement,
    used: u64,
}

impl Session {
    pub fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new(), uses: 0 }
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

    /// Sends the rows without waiting for the answers in between.
    pub fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, Fault> {
        let Some(first) = rows.first() else { return Ok(0) };
        let statement = self.prepared(sql, first)?;
        if let Some(row) = rows.iter().find(|row| row.len() != first.len()) {
            return Err(misbound(sql, row.len(), first.len()));
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
            self.statements.insert(key.to_owned(), Kept { statement: statement.clone(), used: self.uses });
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

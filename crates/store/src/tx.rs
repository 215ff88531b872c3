//! One unit of work: the statements of a read or a write, on whichever engine is below.

use crate::error::{self, Fault};
use crate::{Engine, Row, Value, postgres, sqlite};
use zunke_kernel::{Error, Result};

/// The statements of one unit of work. SQL has parameters `$1…$n`; prepared statements are kept per
/// connection. After a statement has failed, all further ones fail (see [`Tx::attempt`]).
pub struct Tx<'a> {
    inner: Inner<'a>,
    state: State,
    depth: u32,
}

pub(crate) enum Inner<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

/// What the owner of the transaction has to know once the closure is through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub failed: bool,
    pub retry: bool,
    pub broken: bool,
    /// It made work for the worker.
    pub ring: bool,
    /// Rows that it has changed so far, as far as statements tell.
    pub changed: u64,
    /// It is in the record of who did what.
    pub audited: bool,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(inner: Inner<'a>) -> Self {
        Self { inner, state: State::default(), depth: 0 }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; answers the number of rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.ready()?;
        let done = match &mut self.inner {
            Inner::Sqlite(connection) => sqlite::statement::execute(connection, sql, params),
            Inner::Postgres(session) => session.execute(sql, params),
        };
        self.state.changed += *done.as_ref().unwrap_or(&0);
        self.noted(done)
    }

    /// Runs one statement for every row of parameters, prepared once; answers the number of rows changed.
    pub fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64> {
        self.ready()?;
        if rows.is_empty() {
            return Ok(0);
        }
        let done = match &mut self.inner {
            Inner::Sqlite(connection) => sqlite::statement::execute_many(connection, sql, rows),
            Inner::Postgres(session) => session.execute_many(sql, rows),
        };
        self.state.changed += *done.as_ref().unwrap_or(&0);
        self.noted(done)
    }

    /// Rows that were changed so far, those of a statement that changes and answers (RETURNING) among them.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.state.changed
    }

    /// Whether [`crate::audit`] has an entry of it.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.state.audited
    }

    pub(crate) fn audited(&mut self) {
        self.state.audited = true;
    }

    /// All rows of an answer. Rows come in no order but that of ORDER BY.
    pub fn query<T>(&mut self, sql: &str, params: &[Value], mut map: impl FnMut(&Row) -> Result<T>) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.for_each(sql, params, |row| {
            all.push(map(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first row of an answer, or none.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.walk(sql, params, &mut |row| {
            first = Some(map(row)?);
            Ok(false)
        })?;
        Ok(first)
    }

    /// Streams an answer of any length in bounded memory.
    pub fn for_each(&mut self, sql: &str, params: &[Value], mut each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        self.walk(sql, params, &mut |row| each(row).map(|()| true))
    }

    /// Runs a part that may fail without spending the whole: on `Err` only what the part did is undone.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.ready()?;
        self.depth += 1;
        let name = format!("part_{}", self.depth);
        let opened = self.control(&format!("SAVEPOINT {name}"));
        if let Err(error) = opened {
            self.depth -= 1;
            return Err(error);
        }
        let done = part(self);
        let failed = std::mem::take(&mut self.state.failed);
        let closed = match (&done, failed, self.state.retry || self.state.broken) {
            // The engine wants the whole unit of work again: leave it spent.
            (_, _, true) => {
                self.state.failed = true;
                Ok(())
            }
            (Ok(_), false, _) => self.control(&format!("RELEASE {name}")),
            _ => self.control(&format!("ROLLBACK TO {name}")).and_then(|()| self.control(&format!("RELEASE {name}"))),
        };
        self.depth -= 1;
        closed?;
        if failed && done.is_ok() { Err(error::spent()) } else { done }
    }

    /// What PostgreSQL's COPY … TO STDOUT writes, in the pieces in which it comes.
    pub(crate) fn copy_out(&mut self, sql: &str, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.ready()?;
        let Inner::Postgres(session) = &mut self.inner else { return Err(Error::internal("COPY is PostgreSQL's")) };
        let mut told = None;
        let done = session.copy_out(sql, &mut |bytes| {
            told = each(bytes).err();
            told.is_none()
        });
        self.noted(done)?;
        told.map_or(Ok(()), Err)
    }

    /// Wakes the worker once this is committed.
    pub(crate) fn ring_after_commit(&mut self) {
        self.state.ring = true;
    }

    /// Walks an answer until `each` says `false`.
    fn walk(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&Row) -> Result<bool>) -> Result<()> {
        self.ready()?;
        let mut told: Option<Error> = None;
        let changes = ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.trim_start().starts_with(word));
        let mut changed = 0;
        let mut each = |row: &Row| {
            changed += u64::from(changes);
            each(row).unwrap_or_else(|error| {
                told = Some(error);
                false
            })
        };
        let done = match &mut self.inner {
            Inner::Sqlite(connection) => sqlite::statement::walk(connection, sql, params, &mut each),
            Inner::Postgres(session) => session.walk(sql, params, &mut each),
        };
        self.state.changed += changed;
        self.noted(done)?;
        told.map_or(Ok(()), Err)
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        let done = match &mut self.inner {
            Inner::Sqlite(connection) => sqlite::statement::execute(connection, sql, &[]).map(|_| ()),
            Inner::Postgres(session) => session.batch(sql),
        };
        self.noted(done)
    }

    fn ready(&self) -> Result<()> {
        if self.state.failed { Err(error::spent()) } else { Ok(()) }
    }

    fn noted<T>(&mut self, done: Result<T, Fault>) -> Result<T> {
        done.map_err(|fault| {
            self.state.failed = true;
            self.state.retry |= fault.retry;
            self.state.broken |= fault.broken;
            fault.error
        })
    }
}

//! PostgreSQL beside the process: a small pool of connections on a runtime of their own, driven from plain
//! threads.
//!
//! Reads run REPEATABLE READ READ ONLY, so that one unit of reading sees one snapshot, as on SQLite. Writes
//! run READ COMMITTED: a unit that changes a customer begins with the statement that locks the customer's
//! row, and claims (queues, unique values) are conditional updates whose row count is looked at, so nothing
//! rests on stronger isolation; SERIALIZABLE would add aborts under load, and Citus does not have it
//! across nodes.

mod adapt;
mod bulk;
mod pool;
mod session;
mod wait;

use crate::db::Unit;
use crate::error::{self, Fault};
use crate::tx::{self, State, Tx};
use pool::Pool;
pub(crate) use session::Session;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use zunke_kernel::{Error, Kind, Result};

/// How often a unit of work is run again after a deadlock, a conflict or a lost connection.
const RETRIES: u32 = 8;

pub(crate) struct Postgres {
    pool: Pool,
    turns: AtomicU64,
}

impl Postgres {
    /// Connects once, so that a wrong address is told at the start.
    pub fn open(url: &str) -> Result<Self> {
        let pool = Pool::new(url)?;
        drop(pool.take()?);
        Ok(Self { pool, turns: AtomicU64::new(0) })
    }

    pub fn read(&self, work: &mut Unit<'_>) -> Result<()> {
        let mut session = self.begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").map_err(|fault| fault.error)?;
        let outcome = catch_unwind(AssertUnwindSafe(|| ran(&mut session, work)));
        match session.batch("COMMIT") {
            Ok(()) => session.keep(),
            Err(fault) => tracing::debug!(error = %fault.error, "a read ended badly; its connection was dropped"),
        }
        match outcome {
            Ok((done, _)) => done,
            Err(panic) => resume_unwind(panic),
        }
    }

    pub fn write(&self, work: &mut Unit<'_>) -> (Result<()>, State) {
        let mut tries = 0;
        loop {
            let (done, state) = self.try_write(work);
            if done.is_ok() || !state.retry || tries == RETRIES {
                return (done, state);
            }
            tries += 1;
            // Later each time, and those that met each other not at one moment again.
            let apart = self.turns.fetch_add(1, Ordering::Relaxed) % 7;
            std::thread::sleep(Duration::from_millis((1 << tries) + apart));
        }
    }

    fn try_write(&self, work: &mut Unit<'_>) -> (Result<()>, State) {
        let mut session = match self.begun("BEGIN") {
            Ok(session) => session,
            Err(fault) => return (Err(fault.error), State { retry: fault.retry, ..State::default() }),
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| ran(&mut session, work)));
        let good = matches!(&outcome, Ok((Ok(_), _)));
        let ended = session.batch(if good { "COMMIT" } else { "ROLLBACK" });
        if ended.as_ref().is_ok_and(|()| !session.closed()) {
            session.keep();
        }
        match (outcome, ended) {
            (Err(panic), _) => resume_unwind(panic),
            (Ok((Ok(()), state)), Ok(())) => (Ok(()), state),
            (Ok((Ok(_), _)), Err(fault)) if fault.broken => (Err(unknown_end(&fault)), State::default()),
            (Ok((Ok(_), _)), Err(fault)) => {
                (Err(fault.error), State { failed: true, retry: fault.retry, ..State::default() })
            }
            (Ok((Err(error), state)), _) => (Err(error), state),
        }
    }

    /// A connection with a transaction begun. One that died in the pool is replaced.
    fn begun(&self, begin: &str) -> Result<pool::Taken<'_>, Fault> {
        loop {
            let session =
                self.pool.take().map_err(|error| Fault { retry: error.kind == Kind::Busy, error, broken: true })?;
            match session.batch(begin) {
                Ok(()) => return Ok(session),
                Err(fault) if fault.broken && !session.fresh() => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// One closure in one transaction that several nodes take in turn: for migrations.
    pub fn alone<T>(&self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let mut session = self.begun("BEGIN").map_err(|fault| fault.error)?;
        session.batch("SELECT pg_advisory_xact_lock(7825104411)").map_err(|fault| fault.error)?;
        let done = work(&mut session);
        // On an error the connection is dropped, and the transaction with it.
        if done.is_ok() {
            session.batch("COMMIT").map_err(|fault| fault.error)?;
            session.keep();
        }
        done
    }
}

/// Statements that can't run in a transaction, on a connection of their own: for making test databases.
pub(crate) fn administer<T>(url: &str, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
    let pool = Pool::new(url)?;
    let mut session = pool.take()?;
    work(&mut session)
}

fn ran(session: &mut Session, work: &mut Unit<'_>) -> (Result<()>, State) {
    let mut tx = Tx::new(tx::Inner::Postgres(session));
    let done = work(&mut tx);
    let state = tx.state();
    match done {
        Ok(()) if state.failed => (Err(error::spent()), state),
        done => (done, state),
    }
}

/// The connection was lost while the commit was on its way: it may have been done. Running the work again
/// could do it twice, so the caller decides (with its idempotency key).
fn unknown_end(fault: &Fault) -> Error {
    Error::new(
        Kind::Busy,
        "commit_unknown",
        "与数据库的连接中断，操作可能已完成，请刷新确认后再试。",
        "The connection to the database was lost; the change may have been made. Reload and check before trying again.",
    )
    .caused_by(&fault.error)
}

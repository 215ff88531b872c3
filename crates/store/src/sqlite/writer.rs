//! The one writer of a SQLite file. Every caller runs its own closure, in a savepoint of the transaction
//! that is open, and then waits for the commit that covers it. Who finds nobody behind himself commits for
//! all: one sync to disk for as many callers as had gathered, and no thread in between.

use super::queue::{Queue, Turn};
use super::statement;
use crate::db::{Unit, lock};
use crate::error;
use crate::tx::{Inner, State, Tx};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use zunke_kernel::{Error, Result};

/// A commit covers at most so many closures …
const MEMBERS: u32 = 128;
/// … or about so many changed rows, so that a click never waits for a long row of imports.
const ROWS: u64 = 4_000;

pub(super) struct Writer {
    queue: Queue,
    desk: Mutex<Desk>,
}

struct Desk {
    connection: Connection,
    batch: Option<Batch>,
}

/// The transaction that is open.
struct Batch {
    fate: Arc<Fate>,
    members: u32,
    changes_before: u64,
}

/// What became of a batch; its members wait here.
#[derive(Default)]
struct Fate {
    known: Mutex<Option<Result<()>>>,
    bell: Condvar,
}

impl Fate {
    fn tell(&self, outcome: Result<()>) {
        *lock(&self.known) = Some(outcome);
        self.bell.notify_all();
    }

    fn hear(&self) -> Result<()> {
        let mut known = lock(&self.known);
        loop {
            if let Some(outcome) = &*known {
                return outcome.clone();
            }
            known = self.bell.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Writer {
    pub fn new(connection: Connection) -> Self {
        Self { queue: Queue::default(), desk: Mutex::new(Desk { connection, batch: None }) }
    }

    /// Runs `work` and answers once its commit is on disk. The state says what else came of it.
    pub fn run(&self, work: &mut Unit<'_>) -> (Result<()>, State) {
        let turn = self.queue.enter();
        let mut desk = self.desk();
        let fate = match desk.begin() {
            Ok(fate) => fate,
            Err(fault) => {
                // Earlier members may rely on this turn for their commit.
                desk.settle(&turn);
                return (Err(fault.error), State { retry: fault.retry, ..State::default() });
            }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| desk.part(work)));
        if !matches!(&outcome, Ok((Ok(_), _))) {
            desk.undo_part();
        }
        desk.settle(&turn);
        drop(desk);
        drop(turn);
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok((Err(error), state)) => (Err(error), state),
            // The commit may be done by a later caller: wait for it.
            Ok((Ok(()), state)) => (fate.hear(), State { retry: false, ..state }),
        }
    }

    /// Commits what is open, then lends the bare connection.
    pub fn alone<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let turn = self.queue.enter();
        let mut desk = self.desk();
        desk.commit();
        let done = work(&desk.connection);
        if !desk.connection.is_autocommit() {
            let _ = desk.connection.execute_batch("ROLLBACK");
        }
        drop(desk);
        drop(turn);
        done
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic of a closure is caught before it could leave the desk half done.
        lock(&self.desk)
    }
}

impl Desk {
    /// Opens a transaction where none is, and a savepoint in it.
    fn begin(&mut self) -> Result<Arc<Fate>, error::Fault> {
        if self.batch.is_none() {
            statement::execute(&self.connection, "BEGIN IMMEDIATE", &[])?;
            let changes_before = self.connection.total_changes();
            self.batch = Some(Batch { fate: Arc::default(), members: 0, changes_before });
        }
        statement::execute(&self.connection, "SAVEPOINT unit", &[])?;
        let Some(batch) = &mut self.batch else { return Err(error::Fault::plain(error::spent())) };
        batch.members += 1;
        Ok(Arc::clone(&batch.fate))
    }

    fn part(&self, work: &mut Unit<'_>) -> (Result<()>, State) {
        let mut tx = Tx::new(Inner::Sqlite(&self.connection));
        let done = work(&mut tx);
        let state = tx.state();
        let done = match done {
            Ok(()) if state.failed => Err(error::spent()),
            Ok(()) => statement::execute(&self.connection, "RELEASE unit", &[]).map(drop).map_err(|fault| fault.error),
            Err(error) => Err(error),
        };
        (done, state)
    }

    /// Takes back what the present closure did, and only that.
    fn undo_part(&mut self) {
        if self.connection.is_autocommit() {
            // SQLite itself gave up the whole transaction (disk full, I/O error): nobody's work is there.
            self.lose(Error::internal("the transaction was rolled back by SQLite"));
            return;
        }
        let undone = statement::execute(&self.connection, "ROLLBACK TO unit", &[])
            .and_then(|_| statement::execute(&self.connection, "RELEASE unit", &[]));
        if let Err(fault) = undone {
            let _ = self.connection.execute_batch("ROLLBACK");
            self.lose(fault.error);
        }
    }

    /// Commits unless somebody waits who will; he then commits for both.
    fn settle(&mut self, turn: &Turn<'_>) {
        let Some(batch) = &self.batch else { return };
        let changes = self.connection.total_changes().saturating_sub(batch.changes_before);
        if batch.members >= MEMBERS || changes >= ROWS || !turn.followed() {
            self.commit();
        }
    }

    fn commit(&mut self) {
        if self.batch.is_none() {
            return;
        }
        match statement::execute(&self.connection, "COMMIT", &[]) {
            Ok(_) => {
                if let Some(batch) = self.batch.take() {
                    batch.fate.tell(Ok(()));
                }
            }
            Err(fault) => {
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
                self.lose(fault.error);
            }
        }
    }

    fn lose(&mut self, error: Error) {
        if let Some(batch) = self.batch.take() {
            tracing::error!(%error, members = batch.members, "a batch of writes was lost; its callers were told");
            batch.fate.tell(Err(error));
        }
    }
}

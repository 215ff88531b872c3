//! Brings what stands in the write-ahead log into the file, beside the writer: a commit waits for the log alone. Only
//! where the log has grown far beyond what this thread manages does the writer do it himself.

use crate::db::lock;
use rusqlite::Connection;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Pages in the log that are worth the trip: 64 MB.
const WORTH: i32 = 16_000;
/// Pages in the log from which the writer does it himself: 512 MB.
const BACKLOG: i32 = 128_000;

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    wanted: bool,
    ended: bool,
    /// Pages of the log that are in the file already.
    done: i32,
}

/// The thread; it ends when this is dropped.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// `own` is the thread's connection, `writer` the one whose commits fill the log.
    pub fn start(own: Connection, writer: &mut Connection) -> rusqlite::Result<Self> {
        Self::start_at(own, writer, BACKLOG)
    }

    fn start_at(own: Connection, writer: &mut Connection, backlog: i32) -> rusqlite::Result<Self> {
        let shared = Arc::<Shared>::default();
        let seen = Arc::clone(&shared);
        writer.wal_hook(Some(move |wal: &mut rusqlite::hooks::Wal, pages: i32| {
            // What this answers, the commit answers, though it has been done: a log that can't be brought in now, since the
            // thread is at it or a reader stands in the way, is left to the next commit.
            if pages >= backlog
                && let Err(error) = wal.checkpoint()
            {
                tracing::debug!(%error, "the writer did not bring in the log; the next commit tries again");
            }
            let mut state = lock(&seen.state);
            // The log has begun anew.
            if pages < state.done {
                state.done = 0;
            }
            if pages - state.done >= WORTH {
                state.wanted = true;
                seen.bell.notify_one();
            }
            Ok(())
        }))?;
        let kept = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("zunke-log".into()).spawn(move || keep(&own, &kept)).ok();
        Ok(Self { shared, thread })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        lock(&self.shared.state).ended = true;
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(own: &Connection, shared: &Shared) {
    loop {
        {
            let mut state = lock(&shared.state);
            while !state.wanted && !state.ended {
                state = shared.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.ended {
                return;
            }
            state.wanted = false;
        }
        // Busy, pages in the log, pages of them in the file.
        match own.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i32>(2)) {
            Ok(done) => lock(&shared.state).done = done.max(0),
            Err(error) => tracing::warn!(%error, "the log was not brought into the file; the next commit asks again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_commit_never_fails_because_the_log_is_being_brought_in_by_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || {
            let connection = Connection::open(folder.path().join("log.db")).expect("a database");
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").expect("settings");
            connection
        };
        let mut writer = open();
        writer.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, filling BLOB)").expect("a table");
        // Every commit brings the log in by itself, while others do the same all the time.
        let keeper = Keeper::start_at(open(), &mut writer, 1).expect("a keeper");
        let ended = Arc::new(AtomicBool::new(false));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (own, ended) = (open(), Arc::clone(&ended));
                std::thread::spawn(move || {
                    while !ended.load(Ordering::Relaxed) {
                        let _ = own.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i32>(0));
                    }
                })
            })
            .collect();
        let failed: Vec<_> = (0..1_000)
            .filter_map(|n| writer.execute("INSERT INTO t VALUES (?1, zeroblob(40000))", [n]).err())
            .collect();
        ended.store(true, Ordering::Relaxed);
        for other in others {
            other.join().expect("the other ends");
        }
        drop(keeper);
        assert!(failed.is_empty(), "{} of 1,000 failed: {:?}", failed.len(), failed[0]);
    }
}

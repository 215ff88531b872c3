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
        let shared = Arc::<Shared>::default();
        let seen = Arc::clone(&shared);
        writer.wal_hook(Some(move |wal: &mut rusqlite::hooks::Wal, pages: i32| {
            if pages >= BACKLOG {
                // A reader may stand in the way of the last pages: the next commit tries again.
                wal.checkpoint()?;
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

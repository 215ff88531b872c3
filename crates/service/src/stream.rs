//! News of tickets for everybody who has a page open: one poller for all listeners of a process, however many there are,
//! and none while nobody listens.
//!
//! The poller reads the tickets that were written since it last looked, by the index on `updated_at`. It looks a little
//! further back each time, because a transaction may be committed after a later one, and on other machines by another
//! clock; what was told already it knows by version. So news may come twice and never not at all: a listener asks the
//! server again for what he shows, and is right either way. What a listener may see is asked of the database for each
//! batch, never assumed from an earlier one.

use crate::store::news;
use crate::ticket::State;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use zunke_http::App;
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Kind, Result};

/// How often the poller looks.
pub const EVERY: Duration = Duration::from_millis(750);
/// How far back it looks each time, beyond what it has seen.
pub const OVERLAP_MS: i64 = 10_000;
/// News in one batch; more than so many at a time are told as "look at everything again".
pub const BATCH: i64 = 400;
/// How long after it was cut off a listener is told what he missed; later he looks at everything again.
pub const REPLAY_MS: i64 = 5 * 60_000;
/// Listeners of one process.
const LISTENERS_MAX: usize = 5_000;
/// Batches that a slow listener may lag behind before he has to look at everything again.
const LAG: usize = 64;

/// That a ticket was written, and what a page needs to know to decide whether to ask for it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = TicketNews)]
pub struct News {
    pub ticket_id: TicketId,
    #[serde(skip)]
    pub customer: CustomerId,
    pub number: i64,
    pub version: i64,
    pub state: State,
    pub assignee_id: Option<StaffId>,
    pub group_id: Option<GroupId>,
    pub urgent: bool,
    /// Who spoke last: `customer` or `staff`.
    pub last_side: Option<String>,
    pub opened_at: Instant,
    pub updated_at: Instant,
}

/// What all listeners get.
#[derive(Clone, Debug)]
pub enum Told {
    News(Arc<Vec<News>>),
    /// Too much at a time: look at everything again.
    All,
}

/// The poller and its listeners, one for a process. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    told: broadcast::Sender<Told>,
    polling: Mutex<bool>,
    ended: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        let inner =
            Inner { told: broadcast::channel(LAG).0, polling: Mutex::new(false), ended: watch::channel(false).0 };
        Self { inner: Arc::new(inner) }
    }
}

impl Live {
    /// Ends all streams: the process is asked to end, and would else wait for them.
    pub fn end(&self) {
        self.inner.ended.send_replace(true);
    }

    /// Turns true when the streams have to end.
    #[must_use]
    pub fn ending(&self) -> watch::Receiver<bool> {
        self.inner.ended.subscribe()
    }

    /// Listens from now on; starts the poller where it does not run. 503 where too many listen already.
    pub fn listen(&self, app: &App) -> Result<broadcast::Receiver<Told>> {
        if self.inner.told.receiver_count() >= LISTENERS_MAX {
            return Err(Error::new(
                Kind::Busy,
                "stream_full",
                "实时更新的连接已满，页面会改为定时刷新。",
                "Too many live connections; the page refreshes from time to time instead.",
            ));
        }
        let receiver = self.inner.told.subscribe();
        let mut polling = self.inner.polling.lock().unwrap_or_else(PoisonError::into_inner);
        if !*polling {
            *polling = true;
            tokio::spawn(self.clone().poll(app.clone()));
        }
        Ok(receiver)
    }

    /// Nobody listens any more: the poller may stop. Asked under the lock, so that no new listener is left without one.
    fn may_stop(&self) -> bool {
        let mut polling = self.inner.polling.lock().unwrap_or_else(PoisonError::into_inner);
        let stop = self.inner.told.receiver_count() == 0 || *self.inner.ended.borrow();
        *polling = !stop;
        stop
    }

    async fn poll(self, app: App) {
        let mut memory = Memory::at(app.now());
        loop {
            tokio::time::sleep(EVERY).await;
            if self.may_stop() {
                return;
            }
            let since = memory.since();
            match app.db.read_async(move |tx| news::since(tx, since, BATCH)).await {
                Ok(rows) => {
                    if let Some(told) = memory.fresh(rows, app.now()) {
                        let _ = self.inner.told.send(told);
                    }
                }
                Err(error) => tracing::warn!(%error, "news of tickets could not be read; it is tried again"),
            }
        }
    }
}

/// What was told already.
#[derive(Debug)]
struct Memory {
    newest: Instant,
    versions: HashMap<TicketId, (i64, Instant)>,
}

impl Memory {
    fn at(now: Instant) -> Self {
        Self { newest: now, versions: HashMap::new() }
    }

    fn since(&self) -> Instant {
        Instant(self.newest.0 - OVERLAP_MS)
    }

    /// What of the rows (oldest first) was not told yet. A full batch means that there may be more than was read.
    fn fresh(&mut self, rows: Vec<News>, now: Instant) -> Option<Told> {
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) >= BATCH {
            *self = Self::at(now);
            return Some(Told::All);
        }
        let mut fresh = Vec::new();
        for row in rows {
            self.newest = self.newest.max(row.updated_at);
            let before = self.versions.insert(row.ticket_id, (row.version, row.updated_at));
            if before.is_none_or(|(version, _)| version != row.version) {
                fresh.push(row);
            }
        }
        let since = self.since();
        self.versions.retain(|_, (_, at)| *at >= since);
        (!fresh.is_empty()).then(|| Told::News(Arc::new(fresh)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, version: i64, at: i64) -> News {
        News {
            ticket_id: TicketId(uuid::Uuid::from_u128(u128::try_from(id).expect("small"))),
            customer: crate::ticket::NOBODY,
            number: id,
            version,
            state: State::Open,
            assignee_id: None,
            group_id: None,
            urgent: false,
            last_side: None,
            opened_at: Instant(0),
            updated_at: Instant(at),
        }
    }

    fn numbers(told: Option<Told>) -> Vec<i64> {
        match told {
            Some(Told::News(rows)) => rows.iter().map(|row| row.number).collect(),
            Some(Told::All) => vec![-1],
            None => Vec::new(),
        }
    }

    #[test]
    fn each_version_is_told_once_though_the_poller_looks_back() {
        let mut memory = Memory::at(Instant(100_000));
        assert_eq!(numbers(memory.fresh(vec![row(1, 1, 100_500)], Instant(101_000))), [1]);
        assert_eq!(numbers(memory.fresh(vec![row(1, 1, 100_500)], Instant(102_000))), [0_i64; 0]);
        assert_eq!(numbers(memory.fresh(vec![row(1, 2, 101_500)], Instant(102_000))), [1]);
    }

    #[test]
    fn what_is_committed_after_a_later_one_is_told_too() {
        let mut memory = Memory::at(Instant(100_000));
        assert_eq!(numbers(memory.fresh(vec![row(2, 1, 105_000)], Instant(105_000))), [2]);
        assert!(memory.since() <= Instant(104_000));
        assert_eq!(numbers(memory.fresh(vec![row(1, 1, 104_000), row(2, 1, 105_000)], Instant(106_000))), [1]);
    }

    #[test]
    fn too_much_at_a_time_is_told_as_everything_and_the_memory_stays_small() {
        let mut memory = Memory::at(Instant(0));
        let many = (0..BATCH).map(|id| row(id, 1, 1_000)).collect();
        assert_eq!(numbers(memory.fresh(many, Instant(2_000))), [-1]);
        for step in 1..50 {
            let _ = memory.fresh(vec![row(step, 1, 2_000 + step * OVERLAP_MS)], Instant(0));
        }
        assert!(memory.versions.len() <= 3, "{}", memory.versions.len());
    }
}

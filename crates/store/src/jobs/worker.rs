//! The threads that do the jobs: they wait for the bell, take a job, run its handler, store what became of
//! it. One more keeps leases, schedules and messages going.

use super::claim::{self, LEASE_MS, Lease};
use super::schedule;
use crate::db::{Db, lock};
use crate::outbox::{self, Subscriber};
use crate::{Tx, idempotency};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use zunke_kernel::id::JobId;
use zunke_kernel::{Error, Instant, Result};

/// What time it is. The binary gives the real one.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// How often an idle worker looks for work of other nodes; its own node rings.
const POLL: Duration = Duration::from_secs(1);
/// How long finished jobs and delivered messages, and answers to repeated calls, are remembered.
const KEEP_JOBS_MS: i64 = 30 * 86_400_000;
const KEEP_KEYS_MS: i64 = 2 * 86_400_000;
const SWEEP_EVERY_MS: i64 = 3_600_000;

/// What does the jobs of one kind.
pub trait Handler: Send + Sync {
    fn kind(&self) -> &'static str;

    /// Does the job, blocking. An error leads to another attempt, later and later, and in the end to a dead
    /// job; an error of the input (invalid, not found, forbidden) at once. What ran before a crash runs
    /// again, from the last checkpoint.
    fn run(&self, job: &Running<'_>) -> Result<serde_json::Value>;
}

/// A job in the hands of its handler.
pub struct Running<'a> {
    pub db: &'a Db,
    pub id: JobId,
    pub payload: serde_json::Value,
    /// The last checkpoint of an earlier attempt.
    pub progress: Option<serde_json::Value>,
    /// 1 for the first.
    pub attempt: i64,
    pub created_by: Option<zunke_kernel::id::StaffId>,
    pub clock: &'a (dyn Fn() -> Instant + Send + Sync),
    lease: Lease,
    stopping: &'a AtomicBool,
}

impl Running<'_> {
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.clock)()
    }

    /// The payload as the handler's own type.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.payload.clone()).map_err(|error| {
            Error::invalid("job_payload_invalid", "任务参数无效。", "The job's payload is not valid.").caused_by(error)
        })
    }

    /// Stores how far the work has come, in the transaction of that work, and keeps the lease. Fails with
    /// `job_cancelled`, `job_lease_lost` or `job_interrupted` (the process ends): the handler passes that on.
    pub fn checkpoint(&self, tx: &mut Tx, progress: &serde_json::Value) -> Result<()> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Error::conflict(
                "job_interrupted",
                "服务正在停止，任务稍后继续。",
                "The service is stopping; the job goes on later.",
            ));
        }
        claim::checkpoint(tx, self.now(), self.lease, progress)
    }
}

/// Handlers, subscribers and the threads for them, ready to start.
pub struct Worker {
    db: Db,
    clock: Clock,
    handlers: Vec<Arc<dyn Handler>>,
    subscribers: Vec<Arc<dyn Subscriber>>,
    threads: usize,
}

/// A started worker. Dropping it stops it as [`WorkerHandle::stop`] does.
pub struct WorkerHandle {
    crew: Arc<Crew>,
    threads: Vec<JoinHandle<()>>,
}

struct Crew {
    worker: Worker,
    stopping: AtomicBool,
    held: Mutex<Vec<Lease>>,
}

impl Worker {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, handlers: Vec::new(), subscribers: Vec::new(), threads: 2 }
    }

    #[must_use]
    pub fn handlers(mut self, handlers: Vec<Arc<dyn Handler>>) -> Self {
        self.handlers = handlers;
        self
    }

    #[must_use]
    pub fn subscribers(mut self, subscribers: Vec<Arc<dyn Subscriber>>) -> Self {
        self.subscribers = subscribers;
        self
    }

    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Starts with handlers only.
    pub fn start(db: Db, handlers: Vec<Arc<dyn Handler>>, clock: Clock, threads: usize) -> Result<WorkerHandle> {
        Self::new(db, clock).handlers(handlers).threads(threads).spawn()
    }

    pub fn spawn(self) -> Result<WorkerHandle> {
        let count = self.threads;
        let crew = Arc::new(Crew { worker: self, stopping: AtomicBool::new(false), held: Mutex::default() });
        let mut handle = WorkerHandle { crew: Arc::clone(&crew), threads: Vec::new() };
        for at in 0..count {
            let crew = Arc::clone(&crew);
            let thread = std::thread::Builder::new().name(format!("job-{at}")).spawn(move || crew.work());
            handle.threads.push(thread.map_err(Error::internal)?);
        }
        let keeper = std::thread::Builder::new().name("job-keeper".to_owned()).spawn(move || crew.keep());
        handle.threads.push(keeper.map_err(Error::internal)?);
        Ok(handle)
    }

    /// Does the first job that is due, on this thread; answers its id. For tests and the command line.
    pub fn run_once(db: &Db, handlers: &[Arc<dyn Handler>], now: Instant) -> Result<Option<JobId>> {
        if db.read(|tx| claim::untidy(tx, now))? {
            db.write(|tx| {
                claim::tidy(tx, now)?;
                schedule::come_round(tx, now)
            })?;
        }
        one(db, handlers, &|| now, &AtomicBool::new(false), &Mutex::default())
    }
}

impl WorkerHandle {
    /// Takes no new jobs, interrupts the running ones at their next checkpoint, and waits for them.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.crew.stopping.store(true, Ordering::Relaxed);
        self.crew.worker.db.bell().ring();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a worker thread had panicked");
            }
        }
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Crew {
    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn work(&self) {
        let Worker { db, clock, handlers, .. } = &self.worker;
        while !self.stopping() {
            // Read before the look, so that a ring in between is not missed.
            let rung = db.bell().count();
            match one(db, handlers, &**clock, &self.stopping, &self.held) {
                Ok(Some(_)) => {}
                Ok(None) => db.bell().wait(rung, POLL * 60),
                Err(error) => {
                    tracing::error!(%error, "a worker could not take or settle a job");
                    db.bell().wait(rung, POLL);
                }
            }
        }
    }

    fn keep(&self) {
        let Worker { db, clock, .. } = &self.worker;
        let mut extended = clock();
        let mut swept = None;
        while !self.stopping() {
            let mut rung = db.bell().count();
            let now = clock();
            let done = self.tick(now).and_then(|called| {
                // Its own ring must not wake the keeper again.
                rung += u64::from(called);
                if now.0 - extended.0 >= LEASE_MS / 3 {
                    extended = now;
                    self.extend(now)?;
                }
                if swept.is_none_or(|swept: Instant| now.0 - swept.0 >= SWEEP_EVERY_MS) {
                    swept = Some(now);
                    sweep(db, now)?;
                }
                Ok(())
            });
            if let Err(error) = done {
                tracing::error!(%error, "the keeper of the jobs met a fault; it goes on");
            }
            db.bell().wait(rung, POLL);
        }
    }

    fn tick(&self, now: Instant) -> Result<bool> {
        let Worker { db, handlers, subscribers, .. } = &self.worker;
        if db.read(|tx| claim::untidy(tx, now))? {
            db.write(|tx| {
                claim::tidy(tx, now)?;
                schedule::come_round(tx, now)?;
                tx.ring_after_commit();
                Ok(())
            })?;
        }
        // Jobs of other nodes, which can't ring here.
        let kinds = kinds(handlers);
        let idle = lock(&self.held).len() < self.worker.threads;
        let call = idle && db.read(|tx| claim::anything_queued(tx, &kinds))?;
        if call {
            db.bell().ring();
        }
        while !self.stopping() && outbox::deliver_pending(db, subscribers, now)? > 0 {}
        Ok(call)
    }

    fn extend(&self, now: Instant) -> Result<()> {
        let held = lock(&self.held).clone();
        for lease in held {
            self.worker.db.write(|tx| claim::extend(tx, now, lease))?;
        }
        Ok(())
    }
}

fn sweep(db: &Db, now: Instant) -> Result<()> {
    let jobs = db.write(|tx| super::purge(tx, now.plus_ms(-KEEP_JOBS_MS)))?;
    let keys = db.write(|tx| idempotency::purge(tx, now.plus_ms(-KEEP_KEYS_MS)))?;
    let messages = db.write(|tx| outbox::purge(tx, now.plus_ms(-KEEP_JOBS_MS)))?;
    tracing::debug!(jobs, keys, messages, "swept what is remembered long enough");
    Ok(())
}

fn kinds(handlers: &[Arc<dyn Handler>]) -> Vec<&'static str> {
    handlers.iter().map(|handler| handler.kind()).collect()
}

/// Takes, runs and settles one job.
fn one(
    db: &Db,
    handlers: &[Arc<dyn Handler>],
    clock: &(dyn Fn() -> Instant + Send + Sync),
    stopping: &AtomicBool,
    held: &Mutex<Vec<Lease>>,
) -> Result<Option<JobId>> {
    let kinds = kinds(handlers);
    if !db.read(|tx| claim::anything_queued(tx, &kinds))? {
        return Ok(None);
    }
    let now = clock();
    let Some((lease, job)) = db.write(|tx| claim::claim(tx, now, &kinds))? else { return Ok(None) };
    lock(held).push(lease);
    let running = Running {
        db,
        id: job.id,
        payload: job.payload,
        progress: job.progress,
        attempt: job.attempts,
        created_by: job.created_by,
        clock,
        lease,
        stopping,
    };
    let handler = handlers.iter().find(|handler| handler.kind() == job.kind);
    let done = match handler {
        Some(handler) => catch_unwind(AssertUnwindSafe(|| handler.run(&running))).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(Error::internal(format!("the handler panicked: {}", said.unwrap_or("without a word"))))
        }),
        None => Err(Error::internal("no handler for this kind")),
    };
    let now = clock();
    let settled = db.write(|tx| match &done {
        Ok(result) => claim::finish(tx, now, lease, result),
        Err(error) => {
            tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, %error, "a job did not end well");
            claim::fail(tx, now, lease, job.attempts, error)
        }
    });
    lock(held).retain(|other| other.lease != lease.lease);
    settled.map(|()| Some(job.id))
}

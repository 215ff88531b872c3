use crate::NOW;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use zunke_kernel::{Error, Instant, Result, Zone};
use zunke_store::Db;
use zunke_store::jobs::{self, Clock, Handler, NewJob, Running, State, Worker};
use zunke_store::testing::TestDb;

on_every_engine!(
    a_job_is_done_once_and_keeps_its_result,
    a_job_of_an_undone_cause_is_not_there,
    a_live_dedup_key_makes_no_second_job,
    the_urgent_and_the_older_come_first,
    jobs_that_nobody_here_can_do_hold_up_nobody,
    a_job_waits_for_its_time,
    a_failing_job_comes_back_later_and_ends_dead,
    bad_input_is_not_tried_again,
    a_panicking_handler_is_a_failed_attempt,
    a_job_goes_on_from_its_checkpoint_when_its_worker_vanished,
    a_worker_that_lost_its_lease_cant_write_any_more,
    a_cancelled_job_stops_at_its_checkpoint,
    a_schedule_queues_one_job_for_all_that_was_missed,
    many_workers_do_every_job_once,
    a_queued_job_is_heard_of_at_once,
    stopping_gives_the_running_job_back,
    lists_and_counts_show_what_is_there,
);

/// Runs a function as the handler of kind `test`.
struct Test<F>(F);

impl<F: Fn(&Running<'_>) -> Result<Value> + Send + Sync> Handler for Test<F> {
    fn kind(&self) -> &'static str {
        "test"
    }

    fn run(&self, job: &Running<'_>) -> Result<Value> {
        (self.0)(job)
    }
}

fn handlers(run: impl Fn(&Running<'_>) -> Result<Value> + Send + Sync + 'static) -> Vec<Arc<dyn Handler>> {
    vec![Arc::new(Test(run))]
}

fn put(db: &Db, payload: impl Into<Value>) -> zunke_kernel::id::JobId {
    let payload = payload.into();
    db.write(|tx| jobs::enqueue(tx, NOW, NewJob::new("test", payload.clone(), NOW))).unwrap()
}

fn job(db: &Db, id: zunke_kernel::id::JobId) -> jobs::Job {
    db.read(|tx| jobs::find(tx, id)).unwrap().unwrap()
}

fn a_job_is_done_once_and_keeps_its_result(db: &TestDb) {
    let id = put(db, json!({"n": 20}));
    let double = handlers(|job| Ok(json!(job.payload["n"].as_i64().unwrap() * 2)));
    assert_eq!(Worker::run_once(db, &double, NOW).unwrap(), Some(id));
    assert_eq!(Worker::run_once(db, &double, NOW).unwrap(), None);
    let done = job(db, id);
    assert_eq!((done.state, done.result, done.attempts), (State::Done, Some(json!(40)), 1));
    assert_eq!(done.finished_at, Some(NOW));
    assert_eq!(db.write(|tx| jobs::purge(tx, NOW.plus_ms(1))).unwrap(), 1);
}

fn a_job_of_an_undone_cause_is_not_there(db: &TestDb) {
    let undone = db.write(|tx| {
        jobs::enqueue(tx, NOW, NewJob::new("test", json!({}), NOW))?;
        Err::<(), _>(Error::not_found())
    });
    assert!(undone.is_err());
    assert_eq!(Worker::run_once(db, &handlers(|_| Ok(Value::Null)), NOW).unwrap(), None);
}

fn a_live_dedup_key_makes_no_second_job(db: &TestDb) {
    let put = || {
        let new = NewJob { dedup_key: Some("evaluate".to_owned()), ..NewJob::new("test", json!({}), NOW) };
        db.write(|tx| jobs::enqueue(tx, NOW, new.clone())).unwrap()
    };
    let first = put();
    assert_eq!(put(), first);
    Worker::run_once(db, &handlers(|_| Ok(Value::Null)), NOW).unwrap();
    let second = put();
    assert_ne!(second, first, "the key is free once the job is done");
    db.write(|tx| jobs::cancel(tx, NOW, second)).unwrap();
    assert_ne!(put(), second, "or cancelled");
}

fn the_urgent_and_the_older_come_first(db: &TestDb) {
    for (name, priority, at) in [("late", 0, 0), ("early", 0, -5), ("urgent", 9, 0), ("idle", -1, -9)] {
        let new = NewJob { priority, ..NewJob::new("test", json!(name), NOW.plus_ms(at)) };
        db.write(|tx| jobs::enqueue(tx, NOW, new.clone())).unwrap();
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let handlers = handlers(move |job| {
        log.lock().unwrap().push(job.payload.clone());
        Ok(Value::Null)
    });
    while Worker::run_once(db, &handlers, NOW).unwrap().is_some() {}
    assert_eq!(*seen.lock().unwrap(), ["urgent", "early", "late", "idle"]);
}

fn jobs_that_nobody_here_can_do_hold_up_nobody(db: &TestDb) {
    db.write(|tx| {
        for _ in 0..20 {
            jobs::enqueue(tx, NOW, NewJob { priority: 5, ..NewJob::new("foreign", json!({}), NOW) })?;
        }
        Ok(())
    })
    .unwrap();
    let handlers = handlers(|_| Ok(Value::Null));
    assert_eq!(Worker::run_once(db, &handlers, NOW).unwrap(), None);
    let ours = put(db, 1);
    assert_eq!(Worker::run_once(db, &handlers, NOW).unwrap(), Some(ours));
    assert_eq!(Worker::run_once(db, &[], NOW).unwrap(), None);
}

fn a_job_waits_for_its_time(db: &TestDb) {
    let later = NOW.plus_secs(60);
    let id = db.write(|tx| jobs::enqueue(tx, NOW, NewJob::new("test", json!({}), later))).unwrap();
    let handlers = handlers(|_| Ok(Value::Null));
    assert_eq!(job(db, id).state, State::Waiting);
    assert_eq!(Worker::run_once(db, &handlers, NOW.plus_secs(59)).unwrap(), None);
    assert_eq!(Worker::run_once(db, &handlers, later).unwrap(), Some(id));
}

fn a_failing_job_comes_back_later_and_ends_dead(db: &TestDb) {
    let id = put(db, json!({}));
    let failing = handlers(|_| Err(Error::internal("secret cause")));
    let mut now = NOW;
    let mut pauses = Vec::new();
    while !job(db, id).state.finished() {
        assert_eq!(Worker::run_once(db, &failing, now).unwrap(), Some(id));
        let after = job(db, id);
        if after.state == State::Waiting {
            assert_eq!(Worker::run_once(db, &failing, now).unwrap(), None, "not at once");
            pauses.push(after.run_at.0 - now.0);
            now = after.run_at;
        }
    }
    let dead = job(db, id);
    assert_eq!((dead.state, dead.attempts), (State::Dead, 8));
    assert_eq!(dead.error.unwrap().code, "internal");
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
    assert!(db.write(|tx| jobs::retry_dead(tx, now, id)).unwrap());
    assert_eq!(Worker::run_once(db, &handlers(|_| Ok(json!("now it works"))), now).unwrap(), Some(id));
    assert_eq!(job(db, id).state, State::Done);
    assert!(!db.write(|tx| jobs::retry_dead(tx, now, id)).unwrap());
}

fn bad_input_is_not_tried_again(db: &TestDb) {
    let id = put(db, json!({}));
    Worker::run_once(db, &handlers(|_| Err(Error::invalid("file_unreadable", "无法读取", "unreadable"))), NOW).unwrap();
    let dead = job(db, id);
    assert_eq!((dead.state, dead.error.unwrap().text.zh.as_str()), (State::Dead, "无法读取"));
}

fn a_panicking_handler_is_a_failed_attempt(db: &TestDb) {
    let id = put(db, json!({}));
    Worker::run_once(db, &handlers(|_| panic!("on purpose")), NOW).unwrap();
    assert_eq!(job(db, id).state, State::Waiting);
}

/// A handler that counts in steps and vanishes in the middle, as a killed process does.
fn a_job_goes_on_from_its_checkpoint_when_its_worker_vanished(db: &TestDb) {
    let id = put(db, json!({}));
    // The first worker: takes the job, does three steps and is never heard of again.
    let vanishing = handlers(|job| {
        for step in 1..=3 {
            job.db.write(|tx| job.checkpoint(tx, &json!(step)))?;
        }
        std::panic::resume_unwind(Box::new("vanished"));
    });
    let taken = Worker::run_once(db, &vanishing, NOW).unwrap();
    assert_eq!(taken, Some(id));
    db.write(|tx| {
        // As a kill would have left it: running, under a lease.
        tx.execute(
            "UPDATE jobs SET state = 'running', lease_id = $2, lease_until = $3 WHERE job_id = $1",
            &[id.into(), zunke_store::Uuid::from_u128(1).into(), NOW.plus_secs(30).into()],
        )
    })
    .unwrap();
    let seen = Arc::new(AtomicI64::new(0));
    let from = Arc::clone(&seen);
    let going_on = handlers(move |job| {
        from.store(job.progress.as_ref().and_then(Value::as_i64).unwrap_or(0), Ordering::Relaxed);
        Ok(Value::Null)
    });
    assert_eq!(Worker::run_once(db, &going_on, NOW.plus_secs(29)).unwrap(), None, "its lease still holds");
    assert_eq!(Worker::run_once(db, &going_on, NOW.plus_secs(31)).unwrap(), Some(id));
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    assert_eq!(job(db, id).state, State::Done);
}

fn a_worker_that_lost_its_lease_cant_write_any_more(db: &TestDb) {
    let id = put(db, json!({}));
    db.write(|tx| tx.execute("CREATE TABLE work (n BIGINT)", &[])).unwrap();
    let slow = handlers(|job| {
        job.db.write(|tx| {
            tx.execute("UPDATE jobs SET lease_id = $1", &[zunke_store::Uuid::from_u128(2).into()]).map(|_| ())
        })?;
        let done = job.db.write(|tx| {
            tx.execute("INSERT INTO work (n) VALUES (1)", &[])?;
            job.checkpoint(tx, &json!(1))
        });
        assert_eq!(done.as_ref().unwrap_err().code, "job_lease_lost");
        done.map(|()| Value::Null)
    });
    Worker::run_once(db, &slow, NOW).unwrap();
    assert_eq!(job(db, id).state, State::Running, "it is the other worker's");
    let rows = db.read(|tx| tx.query_one("SELECT COUNT(*) FROM work", &[], |row| row.int(0))).unwrap();
    assert_eq!(rows, Some(0), "the work went with the checkpoint");
}

fn a_cancelled_job_stops_at_its_checkpoint(db: &TestDb) {
    let id = put(db, json!({}));
    let handlers = handlers(|job| {
        job.db.write(|tx| job.checkpoint(tx, &json!(1)))?;
        assert_eq!(job.db.write(|tx| jobs::cancel(tx, NOW, job.id)).unwrap(), State::Running);
        job.db.write(|tx| job.checkpoint(tx, &json!(2)))?;
        panic!("went on");
    });
    Worker::run_once(db, &handlers, NOW).unwrap();
    let stopped = job(db, id);
    assert_eq!((stopped.state, stopped.progress), (State::Cancelled, Some(json!(1))));
    assert_eq!(db.write(|tx| jobs::cancel(tx, NOW, id)).unwrap(), State::Cancelled);
    let nobody = zunke_kernel::id::JobId::new(NOW);
    assert_eq!(db.write(|tx| jobs::cancel(tx, NOW, nobody)).unwrap_err().code, "not_found");
}

fn a_schedule_queues_one_job_for_all_that_was_missed(db: &TestDb) {
    let zone = Zone::default();
    let set = |now: Instant, cron: &str| {
        db.write(|tx| jobs::schedule(tx, now, &zone, "nightly", cron, "test", &json!({"as_of": null})))
    };
    set(NOW, "30 3 * * *").unwrap();
    let next = db.read(jobs::schedules).unwrap()[0].next_at;
    set(NOW.plus_secs(3_600), "30 3 * * *").unwrap();
    assert_eq!(db.read(jobs::schedules).unwrap()[0].next_at, next, "setting it again changes nothing");
    assert!(set(NOW, "61 * * * *").is_err());
    let handlers = handlers(|_| Ok(Value::Null));
    assert_eq!(Worker::run_once(db, &handlers, NOW).unwrap(), None);
    let much_later = next.plus_secs(5 * 86_400 + 60);
    assert!(Worker::run_once(db, &handlers, much_later).unwrap().is_some());
    assert_eq!(Worker::run_once(db, &handlers, much_later).unwrap(), None);
    assert_eq!(db.read(jobs::schedules).unwrap()[0].next_at, next.plus_secs(6 * 86_400));
    assert!(db.write(|tx| jobs::unschedule(tx, "nightly")).unwrap());
}

fn steady() -> Clock {
    Arc::new(|| NOW)
}

fn many_workers_do_every_job_once(db: &TestDb) {
    let ids: Vec<_> = (0..120).map(|at| put(db, json!(at))).collect();
    let runs = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let runs = Arc::clone(&runs);
            let counting = handlers(move |_| {
                runs.fetch_add(1, Ordering::Relaxed);
                Ok(Value::Null)
            });
            Worker::start(Db::open(&db.url).unwrap(), counting, steady(), 3).unwrap()
        })
        .collect();
    for _ in 0..600 {
        if ids.iter().all(|id| job(db, *id).state == State::Done) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    workers.into_iter().for_each(jobs::WorkerHandle::stop);
    assert_eq!(runs.load(Ordering::Relaxed), ids.len());
}

fn a_queued_job_is_heard_of_at_once(db: &TestDb) {
    let (done, heard) = mpsc::channel();
    let handlers = handlers(move |_| {
        done.send(()).unwrap();
        Ok(Value::Null)
    });
    let worker = Worker::start(db.db.clone(), handlers, steady(), 2).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    for _ in 0..5 {
        put(db, json!({}));
        heard.recv_timeout(Duration::from_millis(900)).expect("without waiting for the next look");
    }
    worker.stop();
}

fn stopping_gives_the_running_job_back(db: &TestDb) {
    let id = put(db, json!({}));
    let (begun, wait) = mpsc::channel();
    let handlers = handlers(move |job| {
        for step in 0..10_000 {
            job.db.write(|tx| job.checkpoint(tx, &json!(step)))?;
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Value::Null)
    });
    let worker = Worker::start(db.db.clone(), handlers, steady(), 1).unwrap();
    wait.recv().unwrap();
    worker.stop();
    let given_back = job(db, id);
    assert_eq!((given_back.state, given_back.attempts), (State::Queued, 0));
    assert!(given_back.progress.is_some());
}

fn lists_and_counts_show_what_is_there(db: &TestDb) {
    let ids: Vec<_> = (0..3).map(|at| put(db, json!(at))).collect();
    db.write(|tx| jobs::cancel(tx, NOW, ids[1])).unwrap();
    let list = |filter: jobs::Filter| {
        let mut found: Vec<_> =
            db.read(|tx| jobs::list(tx, &filter, 10)).unwrap().into_iter().map(|job| job.id).collect();
        found.sort_unstable();
        found
    };
    let mut all = ids.clone();
    all.sort_unstable();
    assert_eq!(list(jobs::Filter::default()), all);
    assert_eq!(list(jobs::Filter { state: Some(State::Cancelled), ..jobs::Filter::default() }), [ids[1]]);
    assert_eq!(list(jobs::Filter { kind: Some("none".to_owned()), ..jobs::Filter::default() }), []);
    assert_eq!(db.read(jobs::counts).unwrap(), [(State::Cancelled, 1), (State::Queued, 2)]);
}

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use zunke_kernel::{Error, Result};
use zunke_store::testing::TestDb;
use zunke_store::{Db, Tx};

on_every_engine!(
    a_unit_is_there_as_a_whole_or_not_at_all,
    after_a_failed_statement_the_unit_can_only_fail,
    a_fenced_part_may_fail_alone,
    a_panic_leaves_nothing_and_harms_nobody,
    a_write_inside_a_write_is_refused,
    a_read_sees_one_snapshot_and_cant_write,
    counting_up_from_many_threads_loses_nothing,
    failing_units_among_good_ones_take_nobody_along,
    units_run_from_every_kind_of_thread,
    a_lock_taken_in_opposite_orders_is_sorted_out,
    what_is_answered_is_seen_by_the_next_reader,
    a_reference_to_nothing_is_a_conflict,
);

fn counter(db: &Db) {
    db.write(|tx| {
        tx.execute("CREATE TABLE counters (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)", &[])?;
        tx.execute("INSERT INTO counters (id, n) VALUES (1, 0), (2, 0)", &[])
    })
    .unwrap();
}

fn count(tx: &mut Tx, id: i64) -> Result<i64> {
    Ok(tx.query_one("SELECT n FROM counters WHERE id = $1", &[id.into()], |row| row.int(0))?.unwrap_or(-1))
}

fn up(tx: &mut Tx, id: i64) -> Result<u64> {
    tx.execute("UPDATE counters SET n = n + 1 WHERE id = $1", &[id.into()])
}

fn a_unit_is_there_as_a_whole_or_not_at_all(db: &TestDb) {
    counter(db);
    let error = db.write(|tx| {
        up(tx, 1)?;
        assert_eq!(count(tx, 1)?, 1, "a unit sees what it did");
        Err::<(), _>(Error::conflict("no", "否", "no"))
    });
    assert_eq!(error.unwrap_err().code, "no");
    assert_eq!(db.read(|tx| count(tx, 1)).unwrap(), 0);
    assert_eq!(db.write(|tx| up(tx, 1).and_then(|_| up(tx, 2))).unwrap(), 1);
    assert_eq!(db.read(|tx| Ok((count(tx, 1)?, count(tx, 2)?))).unwrap(), (1, 1));
}

fn after_a_failed_statement_the_unit_can_only_fail(db: &TestDb) {
    counter(db);
    let done = db.write(|tx| {
        up(tx, 1)?;
        let _swallowed = tx.execute("INSERT INTO counters (id, n) VALUES (1, 0)", &[]);
        let _also = up(tx, 2);
        Ok(())
    });
    assert!(done.is_err(), "a swallowed failure is still one");
    assert_eq!(db.read(|tx| Ok((count(tx, 1)?, count(tx, 2)?))).unwrap(), (0, 0));
}

fn a_fenced_part_may_fail_alone(db: &TestDb) {
    counter(db);
    db.write(|tx| {
        up(tx, 1)?;
        let refused = tx.attempt(|tx| {
            up(tx, 1)?;
            tx.attempt(|tx| up(tx, 2))?;
            tx.execute("INSERT INTO counters (id, n) VALUES (1, 0)", &[])
        });
        assert_eq!(refused.unwrap_err().code, "already_exists");
        assert!(tx.attempt(|tx| up(tx, 1).and_then(|_| Err::<(), _>(Error::not_found()))).is_err());
        let swallowed = tx.attempt(|tx| {
            let _ = tx.execute("INSERT INTO counters (id, n) VALUES (1, 0)", &[]);
            Ok(())
        });
        assert!(swallowed.is_err());
        tx.attempt(|tx| up(tx, 1))
    })
    .unwrap();
    assert_eq!(db.read(|tx| Ok((count(tx, 1)?, count(tx, 2)?))).unwrap(), (2, 0));
}

fn a_panic_leaves_nothing_and_harms_nobody(db: &TestDb) {
    counter(db);
    for _ in 0..20 {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            db.write(|tx| {
                up(tx, 1)?;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "gives the closure its type")]
                Ok(())
            })
        }));
        assert!(panicked.is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            db.read(|tx| tx.for_each("SELECT n FROM counters", &[], |_| panic!("on purpose")))
        }));
        assert!(panicked.is_err());
        db.write(|tx| up(tx, 2)).unwrap();
    }
    assert_eq!(db.read(|tx| Ok((count(tx, 1)?, count(tx, 2)?))).unwrap(), (0, 20));
}

fn a_write_inside_a_write_is_refused(db: &TestDb) {
    counter(db);
    let inner = db.db.clone();
    let error = db.write(|_| inner.write(|tx| up(tx, 1))).unwrap_err();
    assert_eq!(error.code, "internal");
    assert_eq!(db.write(|tx| up(tx, 1)).unwrap(), 1, "and the next one is welcome");
}

fn a_read_sees_one_snapshot_and_cant_write(db: &TestDb) {
    counter(db);
    let writer = db.db.clone();
    db.read(|tx| {
        assert_eq!(count(tx, 1)?, 0);
        std::thread::spawn(move || writer.write(|tx| up(tx, 1)).unwrap()).join().unwrap();
        assert_eq!(count(tx, 1)?, 0, "still the same snapshot");
        Ok(())
    })
    .unwrap();
    assert!(db.read(|tx| up(tx, 1)).is_err());
    assert_eq!(db.read(|tx| count(tx, 1)).unwrap(), 1);
}

fn counting_up_from_many_threads_loses_nothing(db: &TestDb) {
    counter(db);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                for _ in 0..25 {
                    db.write(|tx| up(tx, 1)).unwrap();
                }
            });
        }
    });
    assert_eq!(db.read(|tx| count(tx, 1)).unwrap(), 600);
}

fn failing_units_among_good_ones_take_nobody_along(db: &TestDb) {
    counter(db);
    let good = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let good = &good;
            scope.spawn(move || {
                for at in 0..20 {
                    match (thread + at) % 4 {
                        0 => {
                            let done = db.write(|tx| up(tx, 1).and_then(|_| Err::<(), _>(Error::not_found())));
                            assert_eq!(done.unwrap_err().code, "not_found");
                        }
                        1 => {
                            let done = db.write(|tx| {
                                up(tx, 1)?;
                                tx.execute("INSERT INTO counters (id, n) VALUES (1, 0)", &[])
                            });
                            assert_eq!(done.unwrap_err().code, "already_exists");
                        }
                        2 => {
                            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                                db.write(|tx| -> Result<()> {
                                    up(tx, 1)?;
                                    panic!("on purpose")
                                })
                            }));
                            assert!(done.is_err());
                        }
                        _ => {
                            db.write(|tx| up(tx, 1)).unwrap();
                            good.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let counted = db.read(|tx| count(tx, 1)).unwrap();
    assert_eq!(usize::try_from(counted).unwrap(), good.load(Ordering::Relaxed));
}

fn units_run_from_every_kind_of_thread(db: &TestDb) {
    counter(db);
    for threads in [1, 4] {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
        let (here, there) = (db.db.clone(), db.db.clone());
        runtime.block_on(async move {
            // A slip that must not panic: blocking inside the runtime.
            here.write(|tx| up(tx, 1)).unwrap();
            tokio::spawn(async move { there.write(|tx| up(tx, 1)).unwrap() }).await.unwrap();
            here.write_async(|tx| up(tx, 1)).await.unwrap();
            here.read_async(|tx| count(tx, 1)).await.unwrap();
            // A handle that is dropped inside the runtime.
            drop(here);
        });
        let url = db.url.clone();
        runtime.block_on(async move { Db::open(&url).unwrap().ping().unwrap() });
    }
    assert_eq!(db.read(|tx| count(tx, 1)).unwrap(), 6);
}

fn a_lock_taken_in_opposite_orders_is_sorted_out(db: &TestDb) {
    counter(db);
    let met = Arc::new(Barrier::new(2));
    let first_try = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (one, other) in [(1, 2), (2, 1)] {
            let (met, first_try) = (Arc::clone(&met), &first_try);
            scope.spawn(move || {
                let tries = AtomicUsize::new(0);
                db.write(|tx| {
                    up(tx, one)?;
                    if tx.engine() == zunke_store::Engine::Postgres && tries.fetch_add(1, Ordering::Relaxed) == 0 {
                        first_try.fetch_add(1, Ordering::Relaxed);
                        met.wait();
                    }
                    up(tx, other)
                })
                .unwrap();
            });
        }
    });
    assert_eq!(db.read(|tx| Ok((count(tx, 1)?, count(tx, 2)?))).unwrap(), (2, 2));
}

fn what_is_answered_is_seen_by_the_next_reader(db: &TestDb) {
    counter(db);
    std::thread::scope(|scope| {
        for id in [1, 2] {
            scope.spawn(move || {
                for n in 1..=100 {
                    db.write(|tx| up(tx, id)).unwrap();
                    assert_eq!(db.read(|tx| count(tx, id)).unwrap(), n);
                }
            });
        }
    });
}

fn a_reference_to_nothing_is_a_conflict(db: &TestDb) {
    counter(db);
    let error = db
        .write(|tx| {
            tx.execute("CREATE TABLE parts (counter BIGINT NOT NULL REFERENCES counters (id))", &[])?;
            tx.execute("INSERT INTO parts (counter) VALUES ($1)", &[99.into()])
        })
        .unwrap_err();
    assert_eq!(error.code, "still_referenced");
}

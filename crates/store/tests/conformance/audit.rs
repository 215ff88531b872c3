use crate::NOW;
use serde_json::json;
use zunke_kernel::id::StaffId;
use zunke_store::audit::{self, Filter, Verified};
use zunke_store::testing::TestDb;

on_every_engine!(
    entries_are_chained_and_listed_newest_first,
    a_chain_that_was_touched_is_found_out,
    writing_from_many_threads_leaves_no_gap,
);

fn entry(db: &TestDb, at: i64, actor: Option<StaffId>, action: &str, subject: &str) {
    db.write(|tx| audit::write(tx, NOW.plus_ms(at), actor, action, subject, &json!({"n": at}))).unwrap();
}

fn entries_are_chained_and_listed_newest_first(db: &TestDb) {
    let staff = StaffId::new(NOW);
    entry(db, 1, Some(staff), "customer.export", "cus_1");
    entry(db, 2, None, "customer.update", "cus_2");
    entry(db, 3, Some(staff), "programme.publish", "prg_1");
    let list = |filter: Filter, limit| {
        let entries = db.read(|tx| audit::list(tx, &filter, limit)).unwrap();
        entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(list(Filter::default(), 10), [3, 2, 1]);
    assert_eq!(list(Filter::default(), 2), [3, 2]);
    assert_eq!(list(Filter { before: Some(2), ..Filter::default() }, 10), [1]);
    assert_eq!(list(Filter { actor: Some(staff), ..Filter::default() }, 10), [3, 1]);
    assert_eq!(list(Filter { action: Some("customer.".to_owned()), ..Filter::default() }, 10), [2, 1]);
    assert_eq!(list(Filter { action: Some("customer".to_owned()), ..Filter::default() }, 10), [] as [i64; 0]);
    assert_eq!(list(Filter { subject: Some("cus_2".to_owned()), ..Filter::default() }, 10), [2]);
    let (from, until) = (Some(NOW.plus_ms(2)), Some(NOW.plus_ms(3)));
    assert_eq!(list(Filter { from, until, ..Filter::default() }, 10), [2]);
    assert_eq!(db.read(audit::verify).unwrap(), Verified { entries: 3, broken_at: None });
}

fn a_chain_that_was_touched_is_found_out(db: &TestDb) {
    for at in 1..=5 {
        entry(db, at, None, "customer.update", "cus_1");
    }
    let broken = |sql: &str| {
        db.write(|tx| tx.execute(sql, &[])).unwrap();
        db.read(audit::verify).unwrap().broken_at
    };
    assert_eq!(broken("UPDATE audit SET subject = 'cus_1' WHERE seq = 5"), None, "nothing changed");
    assert_eq!(broken("DELETE FROM audit WHERE seq = 5"), Some(5), "the end cut off");
    assert_eq!(broken("DELETE FROM audit WHERE seq = 3"), Some(3), "one taken out");
    assert_eq!(broken("UPDATE audit SET detail = '{\"n\":9}' WHERE seq = 2"), Some(2), "one changed");
}

fn writing_from_many_threads_leaves_no_gap(db: &TestDb) {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for at in 0..10 {
                    entry(db, at, None, "customer.update", "cus_1");
                }
            });
        }
    });
    assert_eq!(db.read(audit::verify).unwrap(), Verified { entries: 80, broken_at: None });
}

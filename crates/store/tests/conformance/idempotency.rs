use crate::NOW;
use std::sync::atomic::{AtomicUsize, Ordering};
use zunke_store::idempotency::{Claim, claim, keep, purge, request_hash};
use zunke_store::testing::TestDb;

on_every_engine!(
    the_same_call_is_answered_again_and_another_refused,
    a_failed_call_leaves_its_key_free,
    of_many_at_one_time_one_does_the_work,
);

fn the_same_call_is_answered_again_and_another_refused(db: &TestDb) {
    let hash = request_hash("POST", "/api/v1/customers", b"{}");
    let call = |caller: &str, hash: &[u8; 32]| {
        db.write(|tx| {
            let claimed = claim(tx, NOW, caller, "key-1", hash)?;
            if claimed == Claim::Fresh {
                keep(tx, caller, "key-1", 201, "{\"id\":1}")?;
            }
            Ok(claimed)
        })
    };
    assert_eq!(call("a", &hash).unwrap(), Claim::Fresh);
    assert_eq!(call("a", &hash).unwrap(), Claim::Replay { status: 201, body: "{\"id\":1}".to_owned() });
    assert_eq!(call("b", &hash).unwrap(), Claim::Fresh, "a key belongs to its caller");
    let other = request_hash("POST", "/api/v1/customers", b"{ }");
    assert_eq!(call("a", &other).unwrap_err().code, "idempotency_key_reused");
    assert_eq!(db.write(|tx| purge(tx, NOW.plus_ms(1))).unwrap(), 2);
    assert_eq!(call("a", &other).unwrap(), Claim::Fresh);
}

fn a_failed_call_leaves_its_key_free(db: &TestDb) {
    let hash = request_hash("POST", "/", b"");
    let failed = db.write(|tx| {
        claim(tx, NOW, "a", "k", &hash)?;
        Err::<(), _>(zunke_kernel::Error::not_found())
    });
    assert!(failed.is_err());
    assert_eq!(db.write(|tx| claim(tx, NOW, "a", "k", &hash)).unwrap(), Claim::Fresh);
}

fn of_many_at_one_time_one_does_the_work(db: &TestDb) {
    let hash = request_hash("POST", "/", b"");
    let fresh = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let claimed = db
                    .write(|tx| {
                        let claimed = claim(tx, NOW, "a", "k", &hash)?;
                        if claimed == Claim::Fresh {
                            keep(tx, "a", "k", 200, "once")?;
                        }
                        Ok(claimed)
                    })
                    .unwrap();
                match claimed {
                    Claim::Fresh => drop(fresh.fetch_add(1, Ordering::Relaxed)),
                    Claim::Replay { body, .. } => assert_eq!(body, "once"),
                }
            });
        }
    });
    assert_eq!(fresh.load(Ordering::Relaxed), 1);
}

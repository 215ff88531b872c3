use crate::NOW;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use zunke_kernel::{Error, Result};
use zunke_store::outbox::{self, Message, Subscriber, deliver_pending};
use zunke_store::testing::TestDb;
use zunke_store::{Db, Tx};

on_every_engine!(
    a_message_has_its_effect_once_with_each_subscriber,
    an_undone_unit_sends_nothing,
    a_failing_delivery_comes_back_and_holds_nobody_up,
    a_delivery_that_never_works_is_kept_for_a_person,
    several_nodes_deliver_once,
);

struct Log {
    name: &'static str,
    failures: AtomicUsize,
}

impl Subscriber for Log {
    fn name(&self) -> &'static str {
        self.name
    }

    fn topics(&self) -> &'static [&'static str] {
        &["level.changed"]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        tx.execute("INSERT INTO log (who, what) VALUES ($1, $2)", &[self.name.into(), message.key.as_str().into()])?;
        let fails = message.key == "bad" && self.failures.load(Ordering::Relaxed) > 0;
        if fails {
            self.failures.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::internal("not now"));
        }
        Ok(())
    }
}

fn log(name: &'static str, failures: usize) -> Arc<dyn Subscriber> {
    Arc::new(Log { name, failures: AtomicUsize::new(failures) })
}

fn ready(db: &Db, keys: &[&str]) {
    db.write(|tx| {
        tx.execute("CREATE TABLE IF NOT EXISTS log (who TEXT NOT NULL, what TEXT NOT NULL)", &[])?;
        for key in keys {
            outbox::send(tx, NOW, "level.changed", key, &json!({"key": key}))?;
        }
        outbox::send(tx, NOW, "other.topic", "nobody", &json!({}))
    })
    .unwrap();
}

fn logged(db: &Db) -> Vec<(String, String)> {
    db.read(|tx| tx.query("SELECT who, what FROM log ORDER BY who, what", &[], |row| Ok((row.text(0)?, row.text(1)?))))
        .unwrap()
}

fn pair(who: &str, what: &str) -> (String, String) {
    (who.to_owned(), what.to_owned())
}

fn a_message_has_its_effect_once_with_each_subscriber(db: &TestDb) {
    ready(db, &["a", "b"]);
    let subscribers = [log("one", 0), log("two", 0)];
    assert_eq!(deliver_pending(db, &subscribers, NOW).unwrap(), 4);
    assert_eq!(deliver_pending(db, &subscribers, NOW).unwrap(), 0);
    assert_eq!(logged(db), [pair("one", "a"), pair("one", "b"), pair("two", "a"), pair("two", "b")]);
    assert_eq!(db.write(|tx| outbox::purge(tx, NOW.plus_ms(1))).unwrap(), 3);
}

fn an_undone_unit_sends_nothing(db: &TestDb) {
    ready(db, &[]);
    let undone = db.write(|tx| {
        outbox::send(tx, NOW, "level.changed", "a", &json!({}))?;
        Err::<(), _>(Error::not_found())
    });
    assert!(undone.is_err());
    assert_eq!(deliver_pending(db, &[log("one", 0)], NOW).unwrap(), 0);
}

fn a_failing_delivery_comes_back_and_holds_nobody_up(db: &TestDb) {
    ready(db, &["a", "bad", "c"]);
    let subscribers = [log("one", 1)];
    deliver_pending(db, &subscribers, NOW).unwrap();
    assert_eq!(logged(db), [pair("one", "a"), pair("one", "c")], "what the failed one did is undone");
    assert_eq!(deliver_pending(db, &subscribers, NOW.plus_secs(1)).unwrap(), 0, "not at once");
    deliver_pending(db, &subscribers, NOW.plus_secs(60)).unwrap();
    assert_eq!(logged(db), [pair("one", "a"), pair("one", "bad"), pair("one", "c")]);
}

fn a_delivery_that_never_works_is_kept_for_a_person(db: &TestDb) {
    ready(db, &["bad"]);
    let subscribers = [log("one", 10)];
    for hour in 0..20 {
        deliver_pending(db, &subscribers, NOW.plus_secs(hour * 3_600)).unwrap();
    }
    assert_eq!(db.read(outbox::dead).unwrap(), 1);
    assert_eq!(db.write(|tx| outbox::purge(tx, NOW.plus_secs(86_400))).unwrap(), 1, "only the other topic's");
    let later = NOW.plus_secs(200 * 3_600);
    assert_eq!(db.write(|tx| outbox::retry_dead(tx, later)).unwrap(), 1);
    deliver_pending(db, &subscribers, later).unwrap();
    assert_eq!(logged(db), [pair("one", "bad")]);
}

fn several_nodes_deliver_once(db: &TestDb) {
    let keys: Vec<String> = (0..200).map(|at| format!("{at:03}")).collect();
    ready(db, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let other = Db::open(&db.url).unwrap();
                let subscribers = [log("one", 0)];
                let mut idle = 0;
                while idle < 3 {
                    idle = if deliver_pending(&other, &subscribers, NOW).unwrap() == 0 { idle + 1 } else { 0 };
                }
            });
        }
    });
    assert_eq!(logged(db).into_iter().map(|(_, what)| what).collect::<Vec<_>>(), keys);
}

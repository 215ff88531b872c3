use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use zunke_store::testing::database;
use zunke_store::{Db, Engine};

const CHILD: &str = "ZUNKE_TEST_WRITES_TO";
const THREADS: i64 = 4;

/// Not a promise by itself: the process that the next test kills.
#[test]
#[expect(clippy::print_stdout, reason = "tells what was answered")]
fn a_process_that_writes_until_it_is_killed() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let db = Db::open(&url).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let db = &db;
            scope.spawn(move || {
                for at in 0..100_000 {
                    let id = at * THREADS + thread;
                    db.write(|tx| {
                        tx.execute("INSERT INTO pairs (id, half) VALUES ($1, 1)", &[id.into()])?;
                        tx.execute("INSERT INTO pairs (id, half) VALUES ($1, 2)", &[id.into()])
                    })
                    .unwrap();
                    println!("\nanswered {id}");
                }
            });
        }
    });
}

#[test]
fn what_was_answered_survives_a_kill_and_nothing_is_there_by_halves() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(db) = database(engine) else { continue };
        db.write(|tx| {
            let sql = "CREATE TABLE pairs (id BIGINT NOT NULL, half BIGINT NOT NULL, PRIMARY KEY (id, half))";
            tx.execute(sql, &[])
        })
        .unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["failures::a_process_that_writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(CHILD, &db.url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answered = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            answered.extend(line.unwrap().strip_prefix("answered ").and_then(|id| id.parse::<i64>().ok()));
            if answered.len() == 200 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(answered.len() >= 200, "{engine:?}: only {}", answered.len());
        let again = Db::open(&db.url).unwrap();
        let whole = again
            .write(|tx| tx.query("SELECT id FROM pairs GROUP BY id HAVING COUNT(*) = 2", &[], |row| row.int(0)))
            .unwrap();
        let halves = again
            .read(|tx| tx.query("SELECT id FROM pairs GROUP BY id HAVING COUNT(*) <> 2", &[], |row| row.int(0)))
            .unwrap();
        assert_eq!(halves, [] as [i64; 0]);
        assert!(answered.iter().all(|id| whole.contains(id)), "{engine:?}: something answered is gone");
    }
}

#[test]
fn a_pool_whose_connections_were_cut_goes_on() {
    let Some(db) = database(Engine::Postgres) else { return };
    db.write(|tx| tx.execute("CREATE TABLE t (n BIGINT)", &[])).unwrap();
    let cut = |from: &Db| {
        from.read(|tx| {
            tx.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
                &[],
                |row| row.bool(0),
            )
        })
        .unwrap()
    };
    let other = Db::open(&db.url).unwrap();
    for at in 0..3 {
        // Several connections in the pool, all cut.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| db.write(|tx| tx.execute("INSERT INTO t (n) VALUES ($1)", &[at.into()])).unwrap());
            }
        });
        assert!(!cut(&other).is_empty());
        db.write(|tx| tx.execute("INSERT INTO t (n) VALUES ($1)", &[at.into()])).unwrap();
    }
    // And in the middle of a unit: it is run again.
    let tries = std::cell::Cell::new(0);
    db.write(|tx| {
        tx.execute("INSERT INTO t (n) VALUES (99)", &[])?;
        if tries.replace(tries.get() + 1) == 0 {
            cut(&other);
        }
        tx.execute("INSERT INTO t (n) VALUES (99)", &[])
    })
    .unwrap();
    assert_eq!(tries.get(), 2);
    let count = |n: i64| {
        db.read(|tx| tx.query_one("SELECT COUNT(*) FROM t WHERE n = $1", &[n.into()], |row| row.int(0))).unwrap()
    };
    assert_eq!((count(0), count(99)), (Some(5), Some(2)));
}

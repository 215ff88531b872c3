//! What the layer costs over the bare driver, in one run: `cargo run --release -p zunke-store --example measure`.
//! With `ZUNKE_TEST_POSTGRES` set, PostgreSQL too (one column, no bare peer). Prints a Markdown table.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement stops at what it did not expect")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use zunke_store::testing::{TestDb, database};
use zunke_store::{Db, Engine, Value, jobs, jobs::NewJob};

const ROWS: i64 = 1_000;
const BATCHES: i64 = 50;
const SINGLES: i64 = 64;
const THREADS: i64 = 32;
const MAKE: &str = "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a BIGINT NOT NULL, b TEXT NOT NULL)";
const PUT: &str = "INSERT INTO t (id, a, b) VALUES ($1, $2, $3)";

/// Runs the measurements in turn, several times, and keeps the best of each: the machine is shared.
fn best(rounds: usize, works: &mut [&mut dyn FnMut() -> Duration]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; works.len()];
    for _ in 0..rounds {
        for (work, best) in works.iter_mut().zip(&mut best) {
            *best = work().min(*best);
        }
    }
    best
}

fn bare(folder: &std::path::Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.join(format!("{}.db", zunke_store::Uuid::now_v7()))).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").unwrap();
    connection.execute_batch(MAKE).unwrap();
    connection
}

fn fresh(engine: Engine) -> Option<TestDb> {
    let db = database(engine)?;
    db.write(|tx| tx.execute(MAKE, &[])).unwrap();
    Some(db)
}

fn bare_batches(folder: &std::path::Path) -> Duration {
    let mut connection = bare(folder);
    let begun = Instant::now();
    for batch in 0..BATCHES {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        {
            let mut statement = tx.prepare_cached("INSERT INTO t (id, a, b) VALUES (?1, ?2, ?3)").unwrap();
            for row in 0..ROWS {
                let id = batch * ROWS + row;
                statement.execute(rusqlite::params![id, row, format!("row {id}")]).unwrap();
            }
        }
        tx.commit().unwrap();
    }
    begun.elapsed()
}

fn values(id: i64) -> Vec<Value> {
    vec![id.into(), (id % ROWS).into(), format!("row {id}").into()]
}

fn batches(db: &Db, many: bool) -> Duration {
    let begun = Instant::now();
    for batch in 0..BATCHES {
        db.write(|tx| {
            let ids = batch * ROWS..(batch + 1) * ROWS;
            if many {
                return tx.execute_many(PUT, &ids.map(values).collect::<Vec<_>>());
            }
            ids.map(|id| tx.execute(PUT, &values(id))).sum()
        })
        .unwrap();
    }
    begun.elapsed()
}

/// One commit at a time behind a mutex: what a program does that does not share commits.
fn bare_singles(folder: &std::path::Path) -> Duration {
    let connection = Arc::new(Mutex::new(bare(folder)));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let connection = Arc::clone(&connection);
            scope.spawn(move || {
                for at in 0..SINGLES {
                    let id = thread * SINGLES + at;
                    let connection = connection.lock().unwrap();
                    let mut statement =
                        connection.prepare_cached("INSERT INTO t (id, a, b) VALUES (?1, 0, 'x')").unwrap();
                    statement.execute([id]).unwrap();
                }
            });
        }
    });
    begun.elapsed()
}

fn singles(db: &Db) -> (Duration, Duration) {
    let begun = Instant::now();
    let slowest = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let slowest = &slowest;
            scope.spawn(move || {
                for at in 0..SINGLES {
                    let id = thread * SINGLES + at;
                    let sent = Instant::now();
                    db.write(|tx| tx.execute("INSERT INTO t (id, a, b) VALUES ($1, 0, 'x')", &[id.into()])).unwrap();
                    slowest.lock().unwrap().push(sent.elapsed());
                }
            });
        }
    });
    let whole = begun.elapsed();
    let mut all = slowest.into_inner().unwrap();
    all.sort_unstable();
    (whole, all[all.len() * 99 / 100])
}

fn bare_points(connection: &rusqlite::Connection) -> Duration {
    let begun = Instant::now();
    connection.execute_batch("BEGIN").unwrap();
    for id in 0..10_000 {
        let mut statement = connection.prepare_cached("SELECT a, b FROM t WHERE id = ?1").unwrap();
        let row: (i64, String) = statement.query_row([id * 5], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        std::hint::black_box(row);
    }
    connection.execute_batch("COMMIT").unwrap();
    begun.elapsed()
}

fn points(db: &Db) -> Duration {
    let begun = Instant::now();
    db.read(|tx| {
        for id in 0..10_000 {
            let row = tx.query_one("SELECT a, b FROM t WHERE id = $1", &[(id * 5).into()], |row| {
                Ok((row.int(0)?, row.text(1)?))
            })?;
            std::hint::black_box(row);
        }
        Ok(())
    })
    .unwrap();
    begun.elapsed()
}

fn bare_scan(connection: &rusqlite::Connection) -> Duration {
    let begun = Instant::now();
    let mut statement = connection.prepare_cached("SELECT id, a, b FROM t").unwrap();
    let rows: Vec<(i64, i64, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    std::hint::black_box(rows);
    begun.elapsed()
}

fn scan(db: &Db) -> Duration {
    let begun = Instant::now();
    let rows = db
        .read(|tx| tx.query("SELECT id, a, b FROM t", &[], |row| Ok((row.int(0)?, row.int(1)?, row.text(2)?))))
        .unwrap();
    std::hint::black_box(rows);
    begun.elapsed()
}

struct Nothing;

impl jobs::Handler for Nothing {
    fn kind(&self) -> &'static str {
        "nothing"
    }

    fn run(&self, _: &jobs::Running<'_>) -> zunke_kernel::Result<serde_json::Value> {
        Ok(serde_json::Value::Null)
    }
}

/// Taking and settling 200 jobs, with so many queued behind them.
fn claims(engine: Engine, queued: i64) -> Option<Duration> {
    let db = database(engine)?;
    let now = zunke_kernel::Instant(1_800_000_000_000);
    for _ in 0..queued / ROWS {
        db.write(|tx| {
            for _ in 0..ROWS {
                jobs::enqueue(tx, now, NewJob::new("nothing", serde_json::json!({}), now))?;
            }
            Ok(())
        })
        .unwrap();
    }
    let handlers: Vec<Arc<dyn jobs::Handler>> = vec![Arc::new(Nothing)];
    let begun = Instant::now();
    for _ in 0..200 {
        jobs::Worker::run_once(&db, &handlers, now).unwrap().unwrap();
    }
    Some(begun.elapsed() / 200)
}

fn line(what: &str, bare: Option<Duration>, ours: Duration, per: i64) {
    let us = |time: Duration| time.as_secs_f64() * 1e6 / per as f64;
    match bare {
        Some(bare) => println!(
            "| {what} | {:.1} µs | {:.1} µs | {:.2} |",
            us(bare),
            us(ours),
            ours.as_secs_f64() / bare.as_secs_f64()
        ),
        None => println!("| {what} | – | {:.1} µs | – |", us(ours)),
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    println!("| what | bare driver | zunke-store | ratio |\n| --- | --- | --- | --- |");
    let sqlite = || fresh(Engine::Sqlite).unwrap();
    let found = best(
        5,
        &mut [&mut || bare_batches(folder.path()), &mut || batches(&sqlite(), true), &mut || batches(&sqlite(), false)],
    );
    line("SQLite: row of a batch of 1,000, execute_many", Some(found[0]), found[1], ROWS * BATCHES);
    line("SQLite: row of a batch of 1,000, execute", Some(found[0]), found[2], ROWS * BATCHES);
    let connection = bare(folder.path());
    let db = sqlite();
    batches(&db, true);
    for id in 0..ROWS * BATCHES {
        let mut statement = connection.prepare_cached("INSERT INTO t (id, a, b) VALUES (?1, ?2, ?3)").unwrap();
        if id == 0 {
            connection.execute_batch("BEGIN").unwrap();
        }
        statement.execute(rusqlite::params![id, id % ROWS, format!("row {id}")]).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    let found = best(
        7,
        &mut [&mut || bare_points(&connection), &mut || points(&db), &mut || bare_scan(&connection), &mut || scan(&db)],
    );
    line("SQLite: read by key", Some(found[0]), found[1], 10_000);
    line("SQLite: row of a scan", Some(found[2]), found[3], ROWS * BATCHES);
    let mut p99 = Duration::MAX;
    let found = best(
        3,
        &mut [&mut || bare_singles(folder.path()), &mut || {
            let (whole, slow) = singles(&sqlite());
            p99 = p99.min(slow);
            whole
        }],
    );
    line("SQLite: synced write of 32 threads", Some(found[0]), found[1], THREADS * SINGLES);
    println!("\nSQLite: 99 of 100 of these writes took at most {:.1} ms.\n", p99.as_secs_f64() * 1e3);
    if let Some(postgres) = fresh(Engine::Postgres) {
        line("PostgreSQL: row of a batch of 1,000, execute_many", None, batches(&postgres, true), ROWS * BATCHES);
        line("PostgreSQL: read by key", None, points(&postgres), 10_000);
        line("PostgreSQL: row of a scan", None, scan(&postgres), ROWS * BATCHES);
        line("PostgreSQL: write of 32 threads", None, singles(&fresh(Engine::Postgres).unwrap()).0, THREADS * SINGLES);
    }
    println!("\n| a job taken and settled, with so many queued | 1,000 | 100,000 |\n| --- | --- | --- |");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let (Some(few), Some(many)) = (claims(engine, ROWS), claims(engine, 100 * ROWS)) {
            println!("| {engine:?} | {:.2} ms | {:.2} ms |", few.as_secs_f64() * 1e3, many.as_secs_f64() * 1e3);
        }
    }
}

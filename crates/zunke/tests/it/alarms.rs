//! Ten thousand tickets due in the same minute, and a house that is killed while it tells of them.

use crate::house::{run, zunke};
use serde_json::json;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant as Stopwatch};
use zunke_kernel::Instant;
use zunke_kernel::id::TicketId;
use zunke_service::escalation::Alarms;
use zunke_store::jobs::{self, NewJob};
use zunke_store::{Db, Engine, Value, testing};

const DUE: i64 = 10_000;
const KILLS: i64 = 6;
/// So long nothing may happen before the test gives up; no measure of speed.
const PATIENCE: Duration = Duration::from_secs(180);

fn counted(db: &Db, sql: &str) -> i64 {
    db.read(|tx| tx.query_one(sql, &[], |row| row.int(0))).expect("asked").expect("a row")
}

fn fired(db: &Db) -> i64 {
    counted(db, "SELECT COUNT(*) FROM clock_alarms WHERE fired_at IS NOT NULL")
}

/// Open tickets of nobody known, whose due time was in the last minute.
fn make_due(db: &Db, now: Instant) {
    let tickets: Vec<TicketId> = (0..DUE).map(|_| TicketId::new(now)).collect();
    let rows = |row: &dyn Fn(usize, TicketId) -> Vec<Value>| -> Vec<Vec<Value>> {
        tickets.iter().enumerate().map(|(at, id)| row(at, *id)).collect()
    };
    let nobody = zunke_service::ticket::NOBODY;
    db.write(|tx| {
        tx.execute_many(
            "INSERT INTO tickets (customer_id, ticket_id, number, kind, priority, state, channel, subject, opened_rank,
               level_rank, opened_at, version, updated_at)
             VALUES ($1, $2, $3, 'question', 'normal', 'open', 'api', 'x', 0, 0, $4, 1, $4)",
            &rows(&|at, id| {
                vec![nobody.into(), id.into(), (1_000_000 + i64::try_from(at).unwrap_or(0)).into(), now.into()]
            }),
        )?;
        tx.execute_many(
            "INSERT INTO ticket_keys (ticket_id, customer_id) VALUES ($1, $2)",
            &rows(&|_, id| vec![id.into(), nobody.into()]),
        )?;
        tx.execute_many(
            "INSERT INTO clock_alarms (ticket_id, metric, due_at, step, fire_at, told)
             VALUES ($1, 'resolution', $2, 'm0', $2, '{\"roles\":[\"assignee\",\"supervisor\"],\"staff\":[]}')",
            &rows(&|at, id| vec![id.into(), now.plus_ms(-i64::try_from(at % 60_000).unwrap_or(0)).into()]),
        )
    })
    .expect("made");
}

fn serve(folder: &Path, url: &str) -> Child {
    zunke(folder, Some(url))
        .args(["serve", "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

/// As if the leases of the dead had run out and the next minute had come.
fn time_passes(db: &Db) {
    db.write(|tx| {
        tx.execute("UPDATE jobs SET lease_until = 0 WHERE state = 'running'", &[])?;
        jobs::enqueue(tx, Instant(0), NewJob::new(Alarms::KIND, json!({}), Instant(0))).map(|_| ())
    })
    .expect("a job");
}

fn killed_while_it_tells(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match testing::database(engine) {
            Some(server) => Some(server),
            None => return,
        },
    };
    let file = format!("sqlite:{}", folder.path().join("zunke.db").display());
    let url = server.as_ref().map_or(file, |server| server.url.clone());
    assert!(run(folder.path(), Some(&url), &["migrate"]).status.success());
    let db = Db::open(&url).expect("opens");
    let first = run(
        folder.path(),
        Some(&url),
        &["user", "add", "--login", "boss", "--name", "Boss", "--role", "operations_manager"],
    );
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    #[expect(clippy::disallowed_methods, reason = "beside a process that reads the clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    make_due(&db, Instant(i64::try_from(now.as_millis()).expect("a time")));

    let mut kills = 0;
    let mut told = 0;
    while told < DUE {
        time_passes(&db);
        let mut house = serve(folder.path(), &url);
        // Killed when it has told of some more: in the middle of a transaction, or just after one.
        let enough = if kills < KILLS { told + 1 } else { DUE };
        let begun = Stopwatch::now();
        while fired(&db) < enough {
            assert!(begun.elapsed() < PATIENCE, "{told} of {DUE} told, and then nothing");
            assert!(house.try_wait().expect("state").is_none(), "the house ended by itself");
            std::thread::sleep(Duration::from_millis(3));
        }
        // SIGKILL.
        house.kill().expect("kill");
        house.wait().expect("an end");
        told = fired(&db);
        kills += i64::from(told < DUE);
        // What is marked is written and sent, whatever moment it was.
        assert_eq!(counted(&db, "SELECT COUNT(*) FROM ticket_events WHERE kind = 'escalated'"), told);
        assert_eq!(counted(&db, "SELECT COUNT(*) FROM outbox WHERE topic = 'service.escalation'"), told);
    }
    println!("{engine:?}: {kills} kills");
    assert!(kills >= KILLS, "only {kills} kills met it at work");
    let twice = "SELECT COUNT(*) FROM (SELECT ticket_id FROM ticket_events WHERE kind = 'escalated'
                 GROUP BY ticket_id HAVING COUNT(*) > 1) AS twice";
    assert_eq!((told, counted(&db, twice)), (DUE, 0), "each told once");
}

#[test]
fn killed_while_ten_thousand_are_due_each_is_told_once_on_sqlite() {
    killed_while_it_tells(Engine::Sqlite);
}

#[test]
fn killed_while_ten_thousand_are_due_each_is_told_once_on_postgresql() {
    killed_while_it_tells(Engine::Postgres);
}

//! Lists of tickets walk an index of theirs: what a page costs does not grow with the tickets that there are.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use zunke_access::Role;
use zunke_kernel::Locale;
use zunke_kernel::id::StaffId;
use zunke_service::store::list::{Filter, Having, Sort, statement};
use zunke_service::ticket::State;
use zunke_store::testing::{TestDb, databases};
use zunke_store::{Engine, Value};

const TICKETS: i64 = 4_000;

/// So many closed tickets, one in twenty of them open and queued.
fn fill(db: &TestDb) {
    let id = |number: i64| {
        uuid::Uuid::from_u128(0x01a3_0000_0000_7000_8000_0000_0000_0000 + u128::try_from(number).expect("positive"))
    };
    let mut rows = Vec::new();
    let mut queued = Vec::new();
    for number in 1..=TICKETS {
        let open = number % 20 == 0;
        let state = if open { "open" } else { "closed" };
        rows.push(vec![
            Value::Uuid(uuid::Uuid::nil()),
            id(number).into(),
            number.into(),
            state.into(),
            (number * 1_000).into(),
        ]);
        if open {
            queued.push(vec![id(number).into(), Value::Uuid(uuid::Uuid::nil()), (number * 1_000).into()]);
        }
    }
    db.write(|tx| {
        tx.execute_many(
            "INSERT INTO tickets (customer_id, ticket_id, number, kind, priority, state, channel, subject, opened_rank,
               level_rank, opened_at, version, updated_at)
             VALUES ($1, $2, $3, 'question', 'normal', $4, 'api', '在吗', 0, 0, $5, 1, $5)",
            &rows,
        )?;
        tx.execute_many(
            "INSERT INTO ticket_queue (ticket_id, customer_id, kind, level_rank, priority, urgent, active, opened_at, due_at,
               turn_at) VALUES ($1, $2, 'question', 0, 'normal', FALSE, TRUE, $3, $3, $3)",
            &queued,
        )?;
        if tx.engine() == Engine::Postgres {
            tx.execute("ANALYZE tickets", &[])?;
            tx.execute("ANALYZE ticket_queue", &[])?;
        }
        Ok(())
    })
    .expect("filled");
}

#[test]
fn no_page_reads_all_tickets() {
    for db in databases() {
        let house = House::new(db);
        fill(&house.db);
        let actor = zunke_access::Actor {
            staff: StaffId::new(NOW),
            name: "boss".into(),
            login: "boss".into(),
            role: Role::Administrator,
            role_key: None,
            permissions: zunke_access::RoleSet::shipped(Role::Administrator).permissions,
            fields: std::sync::Arc::default(),
            seen_by: None,
            department: None,
            scope: zunke_access::Scope::all(),
            locale: Locale::Zh,
            key: None,
        };
        let open: Vec<State> = State::ALL.iter().copied().filter(|state| !state.is_done()).collect();
        let mine = Filter { having: Having::Staff(actor.staff), ..Filter::default() };
        for (name, filter, sort) in [
            ("all", Filter::default(), Sort::Opened),
            ("updated", Filter::default(), Sort::Updated),
            ("due", Filter::default(), Sort::Due),
            ("turn", Filter::default(), Sort::Turn),
            ("nobody's", Filter { having: Having::Nobody, ..Filter::default() }, Sort::Due),
            ("mine", mine, Sort::Turn),
            ("closed", Filter { states: vec![State::Closed], ..Filter::default() }, Sort::Opened),
            ("open by opening", Filter { states: open, ..Filter::default() }, Sort::Opened),
            ("one number", Filter { number: Some(17), ..Filter::default() }, Sort::Opened),
        ] {
            let engine = house.db.engine();
            let (sql, params) = statement(engine, &actor, &filter, sort, 50, None).expect("good").expect("some");
            let explain = match engine {
                Engine::Sqlite => format!("EXPLAIN QUERY PLAN {sql}"),
                Engine::Postgres => format!("EXPLAIN {sql}"),
            };
            let column = usize::from(engine == Engine::Sqlite) * 3;
            let plan = house.db.read(|tx| tx.query(&explain, &params, |row| row.text(column))).expect("a plan");
            let text = plan.join("\n");
            // The page itself, found already, is read whole: that is the one that SQLite calls `t` once more.
            let whole = plan.iter().filter(|line| *line == "SCAN t").count();
            assert!(whole <= 1 && !text.contains("SCAN q\n"), "{engine:?} {name} reads all tickets:\n{text}");
            assert!(!text.contains("Seq Scan on tickets"), "{engine:?} {name} reads all tickets:\n{text}");
        }
    }
}

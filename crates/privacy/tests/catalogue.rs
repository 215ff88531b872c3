//! Every table that has rows about a customer is answered for by a room: a new one is found here, before a person who was
//! erased stays in it.

use std::collections::BTreeSet;
use zunke_customers::privacy::{Holder, OwnHolder};
use zunke_service::privacy::ServiceHolder;
use zunke_store::testing::databases;
use zunke_store::{Engine, Tx};
use zunke_tiering::privacy::LevelHolder;

fn tables(tx: &mut Tx) -> zunke_kernel::Result<BTreeSet<String>> {
    let sql = match tx.engine() {
        // SQLite only: its own catalogue.
        Engine::Sqlite => {
            "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND (c.name = 'customer_id' OR m.name IN ('customer_search', 'ticket_search'))"
        }
        // PostgreSQL only: its own catalogue.
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND column_name = 'customer_id'"
        }
    };
    Ok(tx.query(sql, &[], |row| row.text(0))?.into_iter().collect())
}

#[test]
fn every_table_about_a_customer_is_answered_for_once() {
    let holders: [&dyn Holder; 3] = [&OwnHolder::default(), &LevelHolder, &ServiceHolder::default()];
    let mut answered = BTreeSet::new();
    for holder in holders {
        for (table, _) in holder.tables() {
            assert!(answered.insert((*table).to_owned()), "{table} is answered for twice");
        }
    }
    for db in databases() {
        let there = db.read(tables).expect("the catalogue");
        let forgotten: Vec<&String> = there.difference(&answered).collect();
        assert!(
            forgotten.is_empty(),
            "nobody says what becomes of these when a person is erased: {forgotten:?}; add them to the holder of their room"
        );
        let gone: Vec<&String> = answered.difference(&there).collect();
        assert!(gone.is_empty(), "these are answered for and not there: {gone:?}");
    }
}

//! A ticket's rows go to another customer: when it becomes known whose it is, or that it was somebody else's. The customer
//! is part of their keys (and on a cluster says on which server they are), so they are copied and deleted, not changed.

use zunke_kernel::Result;
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_store::{Engine, Tx, Value};

/// The tables with `customer_id` in their key that hold rows of a ticket. A test reads the catalogue: a table with
/// `ticket_id` and `customer_id` that is in neither list fails it.
pub const MOVED: &[&str] = &[
    "tickets",
    "ticket_events",
    "ticket_messages",
    "ticket_tasks",
    "ticket_links",
    "ticket_files",
    "ticket_clocks",
    "csat_answers",
    "voices",
    "voice_topics",
    "improvement_contributors",
    "return_visits",
];

/// Those that only name the customer beside another key.
pub const NAMED: &[&str] = &["ticket_keys", "ticket_queue", "voice_postings"];

/// Moves every row of a locked ticket.
pub fn all(tx: &mut Tx, ticket: TicketId, from: CustomerId, to: CustomerId) -> Result<()> {
    let searched: &[&str] = if tx.engine() == Engine::Postgres { &["ticket_search"] } else { &[] };
    for table in MOVED.iter().chain(searched) {
        let columns = columns(tx, table)?;
        if columns.is_empty() {
            continue;
        }
        let taken: Vec<&str> =
            columns.iter().map(|column| if column == "customer_id" { "$1" } else { column.as_str() }).collect();
        let cast = if tx.engine() == Engine::Postgres { "CAST($1 AS UUID)" } else { "$1" };
        let taken: Vec<&str> = taken.into_iter().map(|column| if column == "$1" { cast } else { column }).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE customer_id = $2 AND ticket_id = $3",
            columns.join(", "),
            taken.join(", ")
        );
        tx.execute(&sql, &[to.into(), from.into(), ticket.into()])?;
        let sql = format!("DELETE FROM {table} WHERE customer_id = $1 AND ticket_id = $2");
        tx.execute(&sql, &[from.into(), ticket.into()])?;
    }
    for table in NAMED {
        let sql = format!("UPDATE {table} SET customer_id = $1 WHERE ticket_id = $2");
        tx.execute(&sql, &[to.into(), ticket.into()])?;
    }
    Ok(())
}

fn columns(tx: &mut Tx, table: &str) -> Result<Vec<String>> {
    let (sql, params): (String, Vec<Value>) = match tx.engine() {
        Engine::Sqlite => (format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"), Vec::new()),
        Engine::Postgres => (
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
                .to_owned(),
            vec![table.into()],
        ),
    };
    tx.query(&sql, &params, |row| row.text(0))
}

/// The tickets of a customer.
pub fn tickets_of(tx: &mut Tx, customer: CustomerId) -> Result<Vec<TicketId>> {
    let sql = "SELECT ticket_id FROM tickets WHERE customer_id = $1 ORDER BY ticket_id";
    tx.query(sql, &[customer.into()], |row| row.id(0, TicketId))
}

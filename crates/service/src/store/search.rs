//! What tickets are searched by. SQLite keeps tokens in an FTS5 table by the ticket's number, PostgreSQL in a `tsvector` by
//! its key.

use crate::ticket::Ticket;
use zunke_kernel::Result;
use zunke_kernel::search::{Document, Need, Term};
use zunke_store::{Engine, Tx};

/// Sets the tokens of a ticket, replacing what was there. `name`: of its customer.
pub fn put(tx: &mut Tx, ticket: &Ticket, name: Option<&str>) -> Result<()> {
    let mut document = Document::new();
    let texts = [Some(ticket.subject.as_str()), ticket.product.as_deref(), ticket.sender.as_deref(), name];
    for text in texts.into_iter().flatten() {
        document.name(text);
    }
    match tx.engine() {
        Engine::Sqlite => tx.execute(
            "INSERT OR REPLACE INTO ticket_search (rowid, tokens) VALUES ($1, $2)",
            &[ticket.number.into(), document.text().into()],
        )?,
        Engine::Postgres => tx.execute(
            "INSERT INTO ticket_search (customer_id, ticket_id, tokens)
             VALUES ($1, $2, CAST(CAST($3 AS TEXT) AS TSVECTOR))
             ON CONFLICT (customer_id, ticket_id) DO UPDATE SET tokens = excluded.tokens",
            &[ticket.customer.into(), ticket.id.into(), document.text().into()],
        )?,
    };
    Ok(())
}

/// The needs of a search in the language of the engine; tokens are letters and digits, so nothing needs escaping.
#[must_use]
pub fn question(engine: Engine, needs: &[Need]) -> String {
    let term = |term: &Term| match (engine, term.prefix) {
        (Engine::Sqlite, true) => format!("\"{}\"*", term.token),
        (Engine::Sqlite, false) => format!("\"{}\"", term.token),
        (Engine::Postgres, true) => format!("'{}':*", term.token),
        (Engine::Postgres, false) => format!("'{}'", term.token),
    };
    let (or, and) = match engine {
        Engine::Sqlite => (" OR ", " AND "),
        Engine::Postgres => (" | ", " & "),
    };
    let need = |need: &Need| format!("({})", need.iter().map(term).collect::<Vec<_>>().join(or));
    needs.iter().map(need).collect::<Vec<_>>().join(and)
}

/// The condition that ticket `t` answers the question bound at `place`.
#[must_use]
pub fn matches(engine: Engine, place: &str) -> String {
    match engine {
        Engine::Sqlite => {
            format!("t.number IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH {place})")
        }
        Engine::Postgres => format!(
            "EXISTS (SELECT 1 FROM ticket_search f WHERE f.customer_id = t.customer_id AND f.ticket_id = t.ticket_id \
             AND f.tokens @@ CAST(CAST({place} AS TEXT) AS TSQUERY))"
        ),
    }
}

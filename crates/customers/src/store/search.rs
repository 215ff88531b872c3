//! The search index: the one place where the two engines differ. SQLite keeps tokens in an FTS5 table by the row's
//! number, PostgreSQL in a `tsvector` with a GIN index by the customer's id. Neither breaks or folds words itself.

use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_kernel::search::{Need, Term};
use zunke_store::{Engine, Tx, Value};

/// Sets the tokens of customers, replacing what was there. `fresh`: none of them has any yet.
pub(crate) fn put_many(tx: &mut Tx, rows: &[(CustomerId, String)], fresh: bool) -> Result<()> {
    let sql = match (tx.engine(), fresh) {
        (Engine::Sqlite, true) => {
            "INSERT INTO customer_search (rowid, tokens) SELECT row_id, $1 FROM customers WHERE customer_id = $2"
        }
        (Engine::Sqlite, false) => {
            "INSERT OR REPLACE INTO customer_search (rowid, tokens)
             SELECT row_id, $1 FROM customers WHERE customer_id = $2"
        }
        (Engine::Postgres, _) => {
            "INSERT INTO customer_search (tokens, customer_id) VALUES (CAST(CAST($1 AS TEXT) AS TSVECTOR), $2)
             ON CONFLICT (customer_id) DO UPDATE SET tokens = excluded.tokens"
        }
    };
    let rows: Vec<Vec<Value>> = rows.iter().map(|(id, tokens)| vec![tokens.into(), (*id).into()]).collect();
    tx.execute_many(sql, &rows)?;
    Ok(())
}

/// Takes customers out of the index, before their rows go.
pub(crate) fn drop_many(tx: &mut Tx, ids: &[CustomerId]) -> Result<()> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "DELETE FROM customer_search WHERE rowid IN (SELECT row_id FROM customers WHERE customer_id IN ({list}))"
        }
        Engine::Postgres => "DELETE FROM customer_search WHERE customer_id IN ({list})",
    };
    let ids: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    super::execute_in(tx, sql, &[], &ids)?;
    Ok(())
}

/// The needs of a search in the language of the engine; tokens are letters and digits, so nothing needs escaping.
pub(crate) fn question(engine: Engine, needs: &[Need]) -> String {
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

/// The condition that customer `c` answers the question bound at `place`. `walked`: many answer it, so the list is
/// walked in its own order and each row is looked up, instead of fetching all answers and sorting them.
pub(crate) fn matches(engine: Engine, place: &str, walked: bool) -> String {
    match engine {
        Engine::Sqlite => {
            let row = if walked { "+c.row_id" } else { "c.row_id" };
            format!("{row} IN (SELECT rowid FROM customer_search WHERE customer_search MATCH {place})")
        }
        Engine::Postgres => format!(
            "EXISTS (SELECT 1 FROM customer_search s WHERE s.customer_id = c.customer_id \
             AND s.tokens @@ CAST(CAST({place} AS TEXT) AS TSQUERY))"
        ),
    }
}

/// Whether more than `bound` customers answer the question: then a sorted page is found sooner by walking.
pub(crate) fn is_common(tx: &mut Tx, question: &str, bound: i64) -> Result<bool> {
    if tx.engine() == Engine::Postgres {
        return Ok(false);
    }
    let found = tx.query_one(
        "SELECT COUNT(*) FROM (SELECT rowid FROM customer_search WHERE customer_search MATCH $1 LIMIT $2)",
        &[question.into(), (bound + 1).into()],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0) > bound)
}

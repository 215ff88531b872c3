//! Which tickets were written lately, and who may know.

use crate::stream::News;
use crate::ticket::State;
use crate::visible;
use std::collections::HashSet;
use zunke_access::Actor;
use zunke_kernel::id::{CustomerId, GroupId, StaffId, TicketId};
use zunke_kernel::{Error, Instant, Result};
use zunke_store::{Row, Tx, Value};

const COLUMNS: &str = "t.customer_id, t.ticket_id, t.number, t.version, t.state, t.assignee_id, t.group_id, t.urgent, \
    t.last_side, t.opened_at, t.updated_at";

fn read(row: &Row) -> Result<News> {
    Ok(News {
        customer: row.id(0, CustomerId)?,
        ticket_id: row.id(1, TicketId)?,
        number: row.int(2)?,
        version: row.int(3)?,
        state: State::read(row.str(4)?).ok_or_else(|| Error::internal("a ticket has an unknown state"))?,
        assignee_id: row.opt_id(5, StaffId)?,
        group_id: row.opt_id(6, GroupId)?,
        urgent: row.bool(7)?,
        last_side: row.opt_text(8)?,
        opened_at: row.instant(9)?,
        updated_at: row.instant(10)?,
    })
}

/// The tickets written at `since` or later, oldest first, at most `limit`.
pub fn since(tx: &mut Tx, since: Instant, limit: i64) -> Result<Vec<News>> {
    let sql =
        format!("SELECT {COLUMNS} FROM tickets t WHERE t.updated_at >= $1 ORDER BY t.updated_at, t.ticket_id LIMIT $2");
    tx.query(&sql, &[since.into(), limit.into()], read)
}

/// Those of the news that the actor may know of; one question for all of them.
pub fn for_actor(tx: &mut Tx, actor: &Actor, news: &[News]) -> Result<Vec<News>> {
    let (seen, mut params) = visible::seen(tx.engine(), actor, "t");
    if seen.is_empty() || news.is_empty() {
        return Ok(news.to_vec());
    }
    let mut list = |values: Vec<Value>| -> String {
        let places: Vec<String> = (params.len() + 1..=params.len() + values.len()).map(|at| format!("${at}")).collect();
        params.extend(values);
        places.join(", ")
    };
    let customers: HashSet<CustomerId> = news.iter().map(|one| one.customer).collect();
    let customers = list(customers.into_iter().map(Value::from).collect());
    let tickets = list(news.iter().map(|one| one.ticket_id.into()).collect());
    let sql = format!(
        "SELECT t.ticket_id FROM tickets t WHERE t.customer_id IN ({customers}) AND t.ticket_id IN ({tickets}){seen}"
    );
    let may: HashSet<TicketId> = tx.query(&sql, &params, |row| row.id(0, TicketId))?.into_iter().collect();
    Ok(news.iter().filter(|one| may.contains(&one.ticket_id)).cloned().collect())
}

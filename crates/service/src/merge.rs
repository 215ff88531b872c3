//! Tickets, visits and tasks when two entries of one customer become one: they go with their clocks as they stand.

use crate::store::{moving, tickets};
use zunke_customers::RecordContext;
use zunke_customers::merge::{Couple, Fate, Joiner, Origin, Since, back, over};
use zunke_kernel::Result;
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_store::{Tx, Value};

/// The room of service as a joiner.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceJoiner;

const TICKETS: &str = "its ticket";

const TABLES: &[(&str, Fate, &str)] = &[
    ("tickets", Fate::Moved, ""),
    ("ticket_search", Fate::Follows, TICKETS),
    ("ticket_keys", Fate::Follows, TICKETS),
    ("ticket_events", Fate::Follows, TICKETS),
    ("ticket_messages", Fate::Follows, TICKETS),
    ("ticket_tasks", Fate::Follows, TICKETS),
    ("ticket_links", Fate::Follows, TICKETS),
    ("ticket_files", Fate::Follows, TICKETS),
    ("ticket_queue", Fate::Follows, TICKETS),
    ("ticket_clocks", Fate::Follows, TICKETS),
    ("csat_answers", Fate::Follows, TICKETS),
    ("voices", Fate::Follows, TICKETS),
    ("voice_topics", Fate::Follows, TICKETS),
    ("voice_postings", Fate::Follows, TICKETS),
    ("improvement_contributors", Fate::Follows, TICKETS),
    ("return_visits", Fate::Follows, TICKETS),
    ("feedback_opt_outs", Fate::Joined, "who wants no messages of one entry wants none of both"),
    ("customer_managers", Fate::Left, "who managed that entry"),
    ("hand_over_items", Fate::Left, "the protocol of a hand-over stays as it was signed"),
    ("visits", Fate::Moved, ""),
    ("visit_keys", Fate::Follows, "its visit"),
    ("staff_tasks", Fate::Moved, ""),
];

impl Joiner for ServiceJoiner {
    fn tables(&self) -> &'static [(&'static str, Fate, &'static str)] {
        TABLES
    }

    fn joined(&self, tx: &mut Tx, _: &RecordContext, couple: &Couple) -> Result<()> {
        let (source, target) = (couple.source, couple.target);
        for id in moving::tickets_of(tx, source)? {
            if tickets::lock(tx, id)?.is_none() {
                continue;
            }
            moving::all(tx, id, source, target)?;
            tx.execute(
                "UPDATE tickets SET origin_customer_id = COALESCE(origin_customer_id, $3), version = version + 1
                 WHERE customer_id = $1 AND ticket_id = $2",
                &[target.into(), id.into(), source.into()],
            )?;
        }
        over(tx, "visits", (source, target), Origin::Remember, ("", &[]))?;
        follow_visits(tx, (source, target))?;
        tx.execute(
            "UPDATE staff_tasks SET customer_id = $1, origin_customer_id = COALESCE(origin_customer_id, $2)
             WHERE customer_id = $2",
            &[target.into(), source.into()],
        )?;
        over(tx, "feedback_opt_outs", (source, target), Origin::None, ("", &[]))?;
        Ok(())
    }

    fn parting(&self, tx: &mut Tx, _: &RecordContext, couple: &Couple) -> Result<()> {
        let (source, target) = (couple.source, couple.target);
        for home in &couple.family {
            let sql = "SELECT ticket_id FROM tickets WHERE customer_id = $1 AND origin_customer_id = $2";
            for id in tx.query(sql, &[target.into(), (*home).into()], |row| row.id(0, TicketId))? {
                if tickets::lock(tx, id)?.is_none() {
                    continue;
                }
                moving::all(tx, id, target, source)?;
                tx.execute(
                    "UPDATE tickets SET origin_customer_id = NULLIF(origin_customer_id, $1), version = version + 1
                     WHERE customer_id = $1 AND ticket_id = $2",
                    &[source.into(), id.into()],
                )?;
            }
            tx.execute(
                "UPDATE staff_tasks SET customer_id = $1, origin_customer_id = NULLIF(origin_customer_id, $1)
                 WHERE customer_id = $2 AND origin_customer_id = $3",
                &[source.into(), target.into(), (*home).into()],
            )?;
        }
        back(tx, "visits", couple)?;
        follow_visits(tx, (target, source))?;
        // A refusal is not taken back by parting: it holds for both from here on.
        tx.execute(
            "INSERT INTO feedback_opt_outs (customer_id, since, staff_id)
             SELECT c.customer_id, o.since, o.staff_id FROM feedback_opt_outs o, customers c
             WHERE o.customer_id = $1 AND c.customer_id = $2 ON CONFLICT DO NOTHING",
            &[target.into(), source.into()],
        )?;
        Ok(())
    }

    fn since(&self, tx: &mut Tx, couple: &Couple) -> Result<Vec<Since>> {
        let sql = "SELECT number, opened_at FROM tickets
                   WHERE customer_id = $1 AND origin_customer_id IS NULL AND opened_at >= $2
                   ORDER BY opened_at LIMIT 200";
        let params: [Value; 2] = [couple.target.into(), couple.merged_at.into()];
        tx.query(sql, &params, |row| {
            Ok(Since { kind: "ticket".to_owned(), label: row.int(0)?.to_string(), at: row.instant(1)? })
        })
    }
}

fn follow_visits(tx: &mut Tx, (from, to): (CustomerId, CustomerId)) -> Result<()> {
    tx.execute(
        "UPDATE visit_keys SET customer_id = $1 WHERE customer_id = $2 AND visit_id IN
           (SELECT visit_id FROM visits WHERE customer_id = $1)",
        &[to.into(), from.into()],
    )?;
    Ok(())
}

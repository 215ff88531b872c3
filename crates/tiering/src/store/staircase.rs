//! Who came to each level, who left it, and who kept it, from the decisions that are stored.

use serde::Serialize;
use std::collections::BTreeMap;
use zunke_access::Scope;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, ProgrammeId};
use zunke_kernel::{Day, Result};
use zunke_store::Tx;

/// One rank over a year.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rank {
    /// The mean score of those who stand there now.
    pub score: Option<f64>,
    /// Those who stood there on the first day.
    pub stood: i64,
    /// Those of them who stand there or above now.
    pub kept: i64,
}

/// Entries and exits of one month, by rank 0 to 10.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = StaircaseMonth)]
pub struct Month {
    /// `2026-11`.
    pub month: String,
    pub entries: Vec<i64>,
    pub exits: Vec<i64>,
}

/// A year of a ladder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    pub ranks: [Rank; 11],
    pub months: Vec<Month>,
}

fn place(rank: i64) -> usize {
    usize::try_from(rank).unwrap_or(0).min(10)
}

/// Reads the year that began on `since`. Ranks are those of the decisions: where a level has another number now, its
/// old one counts.
pub fn read(tx: &mut Tx, scope: &Scope, programme: ProgrammeId, since: Day) -> Result<Flow> {
    let mut flow = Flow::default();
    let (seen, mut params) = query::seen(tx.engine(), scope);
    params.push(programme.into());
    params.push(since.into());
    let (own, from) = (params.len() - 1, params.len());
    let now = format!(
        "SELECT s.level_rank, AVG(s.score), COUNT(CASE WHEN s.since <= ${from} THEN 1 END)
         FROM customers c JOIN standings s ON s.customer_id = c.customer_id AND s.programme_id = ${own}
         WHERE c.status = 'active'{seen} GROUP BY s.level_rank"
    );
    tx.for_each(&now, &params, |row| {
        let rank = &mut flow.ranks[place(row.int(0)?)];
        rank.score = row.opt_real(1)?.map(|score| (score * 10.0).round() / 10.0);
        // Whoever has stood there since before the first day kept it.
        let kept = row.int(2)?;
        (rank.stood, rank.kept) = (rank.stood + kept, rank.kept + kept);
        Ok(())
    })?;
    let moved = format!(
        "SELECT d.customer_id, d.from_rank, d.to_rank, d.as_of, s.level_rank FROM decisions d
         JOIN customers c ON c.customer_id = d.customer_id
         JOIN standings s ON s.customer_id = d.customer_id AND s.programme_id = d.programme_id
         WHERE d.programme_id = ${own} AND d.as_of > ${from} AND c.status = 'active'{seen}
         ORDER BY d.customer_id, d.decided_at, d.decision_id"
    );
    let mut months: BTreeMap<(i16, i8), Month> = BTreeMap::new();
    let mut last: Option<CustomerId> = None;
    tx.for_each(&moved, &params, |row| {
        let (customer, from, to) = (row.id(0, CustomerId)?, place(row.int(1)?), place(row.int(2)?));
        let (day, now) = (row.day(3)?, place(row.int(4)?));
        if last != Some(customer) {
            // The first decision of the year tells where he stood when it began.
            last = Some(customer);
            flow.ranks[from].stood += 1;
            flow.ranks[from].kept += i64::from(now >= from);
        }
        let date = day.date();
        let month = months.entry((date.year(), date.month())).or_insert_with(|| Month {
            month: format!("{:04}-{:02}", date.year(), date.month()),
            entries: vec![0; 11],
            exits: vec![0; 11],
        });
        if from != to {
            month.entries[to] += 1;
            month.exits[from] += 1;
        }
        Ok(())
    })?;
    flow.months = months.into_values().collect();
    Ok(flow)
}

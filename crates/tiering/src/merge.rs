//! Levels when two entries of one customer become one: the days move with the activities; the higher level is kept until
//! it would have been looked at next; the entry that went keeps its own level's history and comes back with it.

use crate::decision::Cause;
use crate::keep::{Moment, keep};
use crate::store::buckets;
use zunke_customers::RecordContext;
use zunke_customers::merge::{Couple, Fate, Joiner};
use zunke_kernel::id::{LevelId, ProgrammeId};
use zunke_kernel::{Day, Error, Result};
use zunke_store::Tx;

/// The room of levels as a joiner.
#[derive(Clone, Copy, Debug, Default)]
pub struct LevelJoiner;

const TABLES: &[(&str, Fate, &str)] = &[
    ("measure_buckets", Fate::Derived, "from the activities"),
    ("standings", Fate::Joined, "the higher level is kept until the next assessment"),
    ("decisions", Fate::Left, "what was decided about that entry"),
    ("level_layers", Fate::Left, "put on that entry by hand"),
    ("level_notices", Fate::Left, "what was sent about that entry"),
    ("level_queue", Fate::Left, "a merge is refused while a rise waits for a person"),
    ("ltv_values", Fate::Derived, "by the next forecast"),
    ("customer_potentials", Fate::Derived, "from the activities"),
];

/// Where the rules have no cycle, so many days.
const KEPT_DAYS: i32 = 365;

impl Joiner for LevelJoiner {
    fn tables(&self) -> &'static [(&'static str, Fate, &'static str)] {
        TABLES
    }

    fn may_join(&self, tx: &mut Tx, couple: &Couple) -> Result<()> {
        let sql = "SELECT 1 FROM level_queue WHERE customer_id IN ($1, $2) AND kind = 'upgrade' AND state = 'open'";
        if tx.query_one(sql, &[couple.source.into(), couple.target.into()], |row| row.int(0))?.is_some() {
            return Err(Error::conflict(
                "merge_approval_open",
                "其中一位客户有待审批的升级，请先处理。",
                "A rise of one of the two waits for approval; please decide on it first.",
            ));
        }
        Ok(())
    }

    fn joined(&self, tx: &mut Tx, context: &RecordContext, couple: &Couple) -> Result<()> {
        let higher: Vec<(ProgrammeId, LevelId, Option<Day>)> = tx.query(
            "SELECT s.programme_id, s.level_id, s.keep_until FROM standings s
             LEFT JOIN standings t ON t.customer_id = $2 AND t.programme_id = s.programme_id
             WHERE s.customer_id = $1 AND s.level_id IS NOT NULL AND s.level_rank > COALESCE(t.level_rank, 0)",
            &[couple.source.into(), couple.target.into()],
            |row| Ok((row.id(0, ProgrammeId)?, row.id(1, LevelId)?, row.opt_day(2)?)),
        )?;
        for (programme, level, keep_until) in &higher {
            let until = keep_until.filter(|day| *day >= context.today).unwrap_or(Day(context.today.0 + KEPT_DAYS));
            tx.execute(
                "INSERT INTO level_layers (customer_id, programme_id, kind, level_id, from_day, until_day, reason, by_staff,
                   made_at)
                 VALUES ($1, $2, 'grant', $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (customer_id, programme_id, kind) DO NOTHING",
                &[
                    couple.target.into(),
                    (*programme).into(),
                    (*level).into(),
                    context.today.into(),
                    until.into(),
                    "合并客户，保留较高等级 Merge: the higher level is kept".into(),
                    context.actor.into(),
                    couple.merged_at.into(),
                ],
            )?;
        }
        if higher.is_empty() { Ok(()) } else { look(tx, context, couple) }
    }

    fn parting(&self, tx: &mut Tx, context: &RecordContext, couple: &Couple) -> Result<()> {
        // The days of the entry are made anew from the activities that come back.
        tx.execute("DELETE FROM measure_buckets WHERE customer_id = $1", &[couple.source.into()])?;
        let sql = "DELETE FROM level_layers WHERE customer_id = $1 AND kind = 'grant' AND made_at = $2";
        let gone = tx.execute(sql, &[couple.target.into(), couple.merged_at.into()])?;
        if gone > 0 { look(tx, context, couple) } else { Ok(()) }
    }
}

/// Levels of the customer who stays, anew.
fn look(tx: &mut Tx, context: &RecordContext, couple: &Couple) -> Result<()> {
    let years = buckets::read(tx, &[couple.target])?;
    let moment = Moment { now: context.now, as_of: context.today, currency: context.currency, cause: Cause::Activity };
    keep(tx, &moment, &[couple.target], &years).map(|_| ())
}

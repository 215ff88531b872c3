//! Passing over many lives: whose day has fallen due, what would become of them, the brake, and doing it. The cost
//! follows those for whom something is due, not the size of the base.

use super::judge::Case;
use crate::decision::{Cause, Change};
use crate::evaluate::{Assessment, Scratch};
use crate::image::{Image, Partition, Sections};
use crate::inputs;
use crate::keep::{Moment, Ready, keep};
use crate::run::Progress;
use crate::store::buckets;
use crate::store::lives::{self, Lived};
use crate::store::programmes::Active;
use crate::store::runs::{self, NewRun};
use crate::store::standings::{self, Row};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use zunke_customers::privacy::standing;
use zunke_kernel::id::{CustomerId, LevelId};
use zunke_kernel::{Currency, Day, Instant, Money, Result};
use zunke_store::{Db, Tx};

/// Customers that are read or written in one transaction.
const BATCH: usize = 500;

/// What a run comes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = LevelRunReport)]
pub struct Report {
    /// Customers it is about.
    pub customers: u64,
    /// Customers that are done.
    pub done: u64,
    pub kept: u64,
    pub observed: u64,
    pub recovered: u64,
    pub raised: u64,
    pub lowered: u64,
    pub moves: Vec<Move>,
    pub brake: Brake,
}

/// Customers who go from one level to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LevelRunMove)]
pub struct Move {
    pub from_level: Option<LevelId>,
    pub from_rank: u8,
    pub to_level: Option<LevelId>,
    pub to_rank: u8,
    pub customers: u64,
    /// Their net spend over the whole life.
    pub revenue: Money,
}

/// How many may fall, and how many would.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = LevelBrake)]
pub struct Brake {
    /// Share of those with a level above the lowest who would fall.
    pub share: f64,
    /// The share that may fall without anybody's approval.
    pub limit: f64,
    /// Customers with a level above the lowest.
    pub levelled: u64,
}

impl Brake {
    #[must_use]
    pub fn stops(&self) -> bool {
        self.share > self.limit
    }
}

impl Report {
    /// Counts what a row does.
    pub fn count(&mut self, row: &Row, before: (Option<LevelId>, u8)) {
        for told in row.told() {
            match told.decision.change {
                Change::Kept => self.kept += 1,
                Change::Observed => self.observed += 1,
                Change::Recovered => self.recovered += 1,
                _ => {}
            }
        }
        let after = (row.standing.level, row.standing.rank);
        if after.0 == before.0 {
            return;
        }
        if after.1 > before.1 {
            self.raised += 1;
        } else if after.1 < before.1 {
            self.lowered += 1;
        }
        let same = |known: &&mut Move| known.from_level == before.0 && known.to_level == after.0;
        if let Some(known) = self.moves.iter_mut().find(same) {
            known.customers += 1;
            known.revenue.0 += row.assessment.net_spend.0;
        } else {
            self.moves.push(Move {
                from_level: before.0,
                from_rank: before.1,
                to_level: after.0,
                to_rank: after.1,
                customers: 1,
                revenue: row.assessment.net_spend,
            });
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.customers += other.customers;
        self.kept += other.kept;
        self.observed += other.observed;
        self.recovered += other.recovered;
        self.raised += other.raised;
        self.lowered += other.lowered;
        for one in other.moves {
            let same = |known: &&mut Move| known.from_level == one.from_level && known.to_level == one.to_level;
            match self.moves.iter_mut().find(same) {
                Some(known) => {
                    known.customers += one.customers;
                    known.revenue.0 += one.revenue.0;
                }
                None => self.moves.push(one),
            }
        }
        self
    }

    #[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
    fn braked(mut self, tx: &mut Tx, ready: &Ready) -> Result<Self> {
        let Some(book) = &ready.book else { return Ok(self) };
        let lowest = book.rungs.first().map_or(0, |rung| rung.rank);
        let levelled = u64::try_from(lives::levelled(tx, ready.programme, lowest)?).unwrap_or(0);
        let share = if levelled == 0 { 0.0 } else { self.lowered as f64 / levelled as f64 };
        self.brake = Brake { share, limit: book.life.review.brake, levelled };
        self.moves.sort_by_key(|one| (one.from_rank, one.to_rank));
        Ok(self)
    }
}

/// The lives of a partition; of rules without lives, of those with something on top.
pub fn lives(tx: &mut Tx, ready: &Ready, partition: &Partition) -> Result<HashMap<CustomerId, Lived>> {
    let Some(last) = partition.last() else { return Ok(HashMap::new()) };
    if ready.book.is_none() && !lives::any(tx)? {
        return Ok(HashMap::new());
    }
    lives::range(tx, ready.programme, partition.id(0), last)
}

/// Judges a customer of the image.
pub fn judge(
    ready: &Ready,
    partition: &Partition,
    at: usize,
    lived: Option<&Lived>,
    cause: Cause,
    assessment: &Assessment,
    scratch: &mut Scratch,
) -> Option<Row> {
    let new = Lived::default();
    let lived = lived.unwrap_or(&new);
    // Read after the image: whoever has changed since is judged anew when his row is written.
    let recorded = partition.recorded(at);
    let case = Case {
        customer: partition.id(at),
        days: partition.days(at),
        profile: partition.profile(at, &ready.evaluator.plan),
        recorded: &recorded,
        lived,
        cause,
        taken_back: false,
    };
    ready.judge_life(&case, assessment, scratch)
}

/// What would become of those for whom a day has fallen due, with the gate open.
pub fn survey_due(db: &Db, ready: &Ready) -> Result<Report> {
    let as_of = ready.evaluator.as_of();
    let open = Ready { gate: as_of, ..ready.clone() };
    let mut report = Report::default();
    let mut after = None;
    loop {
        let done = db.read(|tx| {
            let ids = lives::due(tx, open.programme, as_of, after, i64::try_from(BATCH).unwrap_or(500))?;
            let years = buckets::read(tx, &ids)?;
            let recorded = standings::read(tx, &ids)?;
            let lived = lives::read(tx, &ids)?;
            let profiles = inputs::profiles(tx, &open.evaluator.plan, &ids)?;
            let nothing = Vec::new();
            let mut scratch = Scratch::default();
            for id in ids.iter().filter(|id| !open.frozen.contains(id)) {
                let key = (*id, open.programme);
                let (Some(recorded), Some(lived)) = (recorded.get(&key), lived.get(&key)) else { continue };
                let sections = buckets::sections(years.get(id).unwrap_or(&nothing));
                let profile = profiles.get(id).copied().unwrap_or_default();
                open.evaluator.gather(Sections::new(&sections), &mut scratch);
                let assessment = open.evaluator.assess(&mut scratch, profile, &open.cuts);
                let days = Sections::new(&sections);
                let case =
                    Case { customer: *id, days, profile, recorded, lived, cause: Cause::Review, taken_back: false };
                report.customers += 1;
                if let Some(row) = open.judge_life(&case, &assessment, &mut scratch) {
                    report.count(&row, (recorded.level, recorded.rank));
                }
            }
            Ok(ids)
        })?;
        match done.last() {
            Some(last) if done.len() == BATCH => after = Some(*last),
            _ => break,
        }
    }
    db.read(|tx| report.braked(tx, ready))
}

/// What would become of everyone, with the gate open.
pub fn survey_all(db: &Db, ready: &Ready, image: &Image) -> Result<Report> {
    let open = Ready { gate: ready.evaluator.as_of(), ..ready.clone() };
    let parts = image.partitions.par_iter().map(|partition| {
        let lives = db.read(|tx| lives(tx, &open, partition))?;
        let mut report = Report { customers: partition.len() as u64, ..Report::default() };
        let mut scratch = Scratch::default();
        for at in (0..partition.len()).filter(|at| !open.frozen.contains(&partition.id(*at))) {
            open.evaluator.gather(partition.days(at), &mut scratch);
            let assessment =
                open.evaluator.assess(&mut scratch, partition.profile(at, &open.evaluator.plan), &open.cuts);
            let recorded = partition.recorded(at);
            let lived = lives.get(&partition.id(at));
            if let Some(row) = judge(&open, partition, at, lived, Cause::Review, &assessment, &mut scratch) {
                report.count(&row, (recorded.level, recorded.rank));
            }
        }
        Ok(report)
    });
    let parts: Result<Vec<Report>> = parts.collect();
    let whole = parts?.into_iter().fold(Report::default(), Report::join);
    db.read(|tx| whole.clone().braked(tx, ready))
}

/// Rules ready for an evaluation of everyone. Where levels have lives, the gate is opened up to its day first, unless
/// more would fall than the brake lets; then a run waits for approval, and the evaluation does everything else.
pub fn ready(db: &Db, now: Instant, active: &Active, as_of: Day, currency: Currency) -> Result<Ready> {
    let mut ready = db.read(|tx| {
        let frozen = Arc::new(standing::restricted(tx)?);
        Ok(Ready { frozen, ..Ready::load(tx, active, as_of, currency)? })
    })?;
    if ready.book.is_none() || ready.gate >= as_of {
        return Ok(ready);
    }
    let report = survey_due(db, &ready)?;
    let programme = ready.programme;
    if report.brake.stops() {
        let new =
            NewRun { programme, kind: "daily", state: "waiting_approval", as_of, preview: false, report, by: None };
        db.write(|tx| {
            if runs::open(tx, programme)?.is_none() {
                runs::create(tx, now, &new)?;
            }
            Ok(())
        })?;
    } else {
        db.write(|tx| lives::open_gate(tx, programme, as_of))?;
        ready.gate = as_of;
    }
    Ok(ready)
}

/// Does what has fallen due, in small transactions; answers how many customers it looked at.
pub fn apply_due(db: &Db, ready: &Ready, moment: &Moment, progress: Progress<'_>, all: u64) -> Result<u64> {
    let mut after = None;
    let mut done = 0;
    loop {
        let ids =
            db.read(|tx| lives::due(tx, ready.programme, moment.as_of, after, i64::try_from(BATCH).unwrap_or(500)))?;
        let Some(last) = ids.last().copied() else { return Ok(done) };
        done += ids.len() as u64;
        db.write(|tx| {
            standings::lock(tx, &ids)?;
            let years = buckets::read(tx, &ids)?;
            keep(tx, moment, &ids, &years)?;
            progress(tx, done, all.max(done))
        })?;
        after = Some(last);
    }
}

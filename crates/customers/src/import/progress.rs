//! How far an import has come, and what it has done so far. Stored with every chunk, in its transaction.

use super::problem::Reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zunke_kernel::{Day, Instant, Money, Text};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Rows are read and put aside by order.
    #[default]
    Reading,
    /// Orders, customers, contacts are recorded.
    Recording,
    Finished,
}

/// Counts and sums of one import. Sums are of what the file says; orders that were here already count as well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Progress {
    pub phase: Phase,
    pub rows_total: u64,
    /// Data rows read, blank ones left out.
    pub rows_read: u64,
    /// Rows that are recorded or skipped for good.
    pub rows_settled: u64,
    pub accepted: u64,
    /// By reason.
    pub skipped: BTreeMap<String, u64>,
    /// Different customers in the rows that could be read.
    pub customers: u64,
    pub customers_created: u64,
    /// Customers of a customer file whose data changed.
    pub customers_changed: u64,
    pub orders: u64,
    pub refunds: u64,
    pub interactions: u64,
    pub order_sum: Money,
    pub refund_sum: Money,
    /// Activities that are new here.
    pub recorded: u64,
    /// Here already, word for word.
    pub duplicates: u64,
    /// Here already with other content, and replaced.
    pub replaced: u64,
    /// A newer version was here already.
    pub stale: u64,
    pub first_activity_day: Option<Day>,
    pub last_activity_day: Option<Day>,
    pub rows_per_second: u64,
    pub seconds_left: Option<u64>,
    pub updated_at: Option<Instant>,
    /// Texts of the first refusals, by row.
    pub refusals: BTreeMap<u64, Text>,
    /// Where to go on: partition and place in it.
    pub partition: usize,
    pub place: usize,
    /// It is being undone, or was.
    pub undoing: bool,
    /// Of an undo: what stays because its customer is not within the scope of the one who undoes.
    pub out_of_reach: u64,
    /// Of an undo: activities taken back, brought back, customers removed.
    pub withdrawn: u64,
    pub restored: u64,
    pub customers_removed: u64,
}

/// Texts of refusals that are kept; further ones are in the error file by their reason.
const REFUSALS_KEPT: usize = 200;

impl Progress {
    pub fn skip(&mut self, reason: Reason, rows: u64) {
        if rows > 0 {
            *self.skipped.entry(reason.code().to_owned()).or_default() += rows;
            self.rows_settled += rows;
        }
    }

    pub fn refuse(&mut self, row: u64, text: Text) {
        if self.refusals.len() < REFUSALS_KEPT {
            self.refusals.insert(row, text);
        }
    }

    pub fn saw(&mut self, day: Day) {
        self.first_activity_day = Some(self.first_activity_day.map_or(day, |first| first.min(day)));
        self.last_activity_day = Some(self.last_activity_day.map_or(day, |last| last.max(day)));
    }

    #[must_use]
    pub fn skipped_rows(&self) -> u64 {
        self.skipped.values().sum()
    }
}

/// Rows per second of this run, and from it the time left.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    began: Instant,
    rows: u64,
}

impl Pace {
    #[must_use]
    pub fn new(now: Instant, progress: &Progress) -> Self {
        Self { began: now, rows: progress.rows_settled }
    }

    /// The pace of reading. The time left is not known before rows are recorded.
    pub fn reading(began: Instant, now: Instant, progress: &mut Progress) {
        let millis = u64::try_from(now.0.saturating_sub(began.0)).unwrap_or(0).max(1);
        progress.rows_per_second = progress.rows_read.saturating_mul(1_000) / millis;
        progress.seconds_left = None;
        progress.updated_at = Some(now);
    }

    pub fn mark(&self, now: Instant, progress: &mut Progress) {
        let millis = u64::try_from(now.0.saturating_sub(self.began.0)).unwrap_or(0).max(1);
        let rows = progress.rows_settled.saturating_sub(self.rows);
        progress.rows_per_second = rows.saturating_mul(1_000) / millis;
        let left = progress.rows_total.saturating_sub(progress.rows_settled);
        progress.seconds_left = (rows > 0).then(|| left.saturating_mul(millis) / rows / 1_000);
        progress.updated_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_pace_of_this_run() {
        let mut progress = Progress { rows_total: 10_000, rows_settled: 2_000, ..Progress::default() };
        let pace = Pace::new(Instant(0), &progress);
        progress.rows_settled = 4_000;
        pace.mark(Instant(2_000), &mut progress);
        assert_eq!((progress.rows_per_second, progress.seconds_left), (1_000, Some(6)));
    }

    #[test]
    fn while_a_file_is_read_its_pace_is_that_of_reading() {
        let mut progress = Progress { rows_total: 100_000, rows_read: 60_000, ..Progress::default() };
        Pace::reading(Instant(1_000), Instant(3_000), &mut progress);
        assert_eq!((progress.rows_per_second, progress.seconds_left), (30_000, None));
    }

    #[test]
    fn an_older_checkpoint_reads_back() {
        let progress: Progress = serde_json::from_str(r#"{"rows_read": 5}"#).expect("reads");
        assert_eq!(progress.rows_read, 5);
    }
}

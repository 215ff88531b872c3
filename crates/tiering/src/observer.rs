//! What happens here when activities are recorded: in the same transaction the days move, and the levels with them.

use crate::bucket;
use crate::decision::Cause;
use crate::inputs;
use crate::keep::{Moment, keep, keep_taken};
use crate::measure::{DayValues, Delta, line_code};
use crate::store::{self, buckets, buckets::Years, programmes};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zunke_access::settings;
use zunke_customers::activity::{Activity, Direction};
use zunke_customers::{Change, Kind, Observer, RecordContext};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Instant, Result};
use zunke_store::Tx;

/// Counts what has been touched since the process began, so that an image in memory knows when it is old.
#[derive(Clone, Debug, Default)]
pub struct Touched(Arc<AtomicU64>);

impl Touched {
    pub fn touch(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Keeps measures and levels in step with activities.
#[derive(Clone, Debug, Default)]
pub struct Tiering {
    pub touched: Touched,
}

/// What an activity adds to its day.
#[must_use]
pub fn values_of(activity: &Activity) -> DayValues {
    let amount = activity.amount.map_or(0, |amount| amount.0);
    match activity.kind {
        Kind::Order => {
            let of_lines = || activity.lines.iter().map(|line| line.quantity).sum();
            let mut lines: BTreeMap<u32, i64> = BTreeMap::new();
            for category in activity.lines.iter().filter_map(|line| line.category.as_deref()) {
                if !category.trim().is_empty() {
                    // Once per order, however many lines.
                    lines.insert(line_code(category), 1);
                }
            }
            DayValues {
                orders: 1,
                gross: amount,
                quantity: activity.quantity.unwrap_or_else(of_lines),
                lines: lines.into_iter().collect(),
                ..DayValues::default()
            }
        }
        Kind::Refund => DayValues { refunds: 1, refund_amount: amount, ..DayValues::default() },
        Kind::Interaction => DayValues {
            contacts: 1,
            inbound: i64::from(activity.direction == Some(Direction::Inbound)),
            ..DayValues::default()
        },
    }
}

/// From whom a change takes something back that he had: a refund, a correction downwards, a withdrawal.
fn taken_from(change: &Change) -> Option<CustomerId> {
    let worth = |activity: &Activity| {
        let values = values_of(activity);
        (values.gross - values.refund_amount, values.orders - values.refunds)
    };
    match (&change.before, &change.after) {
        (None, Some(after)) => (after.kind == Kind::Refund).then_some(after.customer_id),
        (Some(before), None) => (before.kind == Kind::Order).then_some(before.customer_id),
        (Some(before), Some(after)) if before.customer_id != after.customer_id => {
            if before.kind == Kind::Order {
                Some(before.customer_id)
            } else {
                None
            }
        }
        (Some(before), Some(after)) => {
            let (was, is) = (worth(before), worth(after));
            (is.0 < was.0 || is.1 < was.1).then_some(after.customer_id)
        }
        (None, None) => None,
    }
}

impl Observer for Tiering {
    fn recorded(&self, tx: &mut Tx, context: &RecordContext, changes: &[Change]) -> Result<()> {
        let mut deltas: BTreeMap<CustomerId, BTreeMap<i16, Vec<Delta>>> = BTreeMap::new();
        let mut taken = HashSet::new();
        for change in changes {
            taken.extend(taken_from(change));
            for (activity, sign) in [(&change.before, -1), (&change.after, 1)] {
                let Some(activity) = activity else { continue };
                let mut values = DayValues::default();
                values.add(&values_of(activity), sign);
                // A corrected activity may have gone over to another customer.
                let years = deltas.entry(activity.customer_id).or_default();
                years.entry(activity.day.year()).or_default().push(Delta { day: activity.day, values });
            }
        }
        if deltas.is_empty() {
            return Ok(());
        }
        let customers: Vec<CustomerId> = deltas.keys().copied().collect();
        let mut years = buckets::read(tx, &customers)?;
        let mut rows = Vec::new();
        for (customer, changed) in &deltas {
            apply(*customer, changed, &mut years, &mut rows)?;
        }
        buckets::write(tx, rows)?;
        let moment =
            Moment { now: context.now, as_of: context.today, currency: context.currency, cause: Cause::Activity };
        keep_taken(tx, &moment, &customers, &years, &taken)?;
        self.touched.touch();
        Ok(())
    }

    fn edited(&self, tx: &mut Tx, now: Instant, today: Day, customers: &[CustomerId]) -> Result<bool> {
        if !programmes::active(tx)?.iter().any(|active| inputs::any(&active.rules)) {
            return Ok(false);
        }
        let currency = settings::load(tx)?.currency;
        let years = buckets::read(tx, customers)?;
        let moment = Moment { now, as_of: today, currency, cause: Cause::Activity };
        let written = keep(tx, &moment, customers, &years)?;
        // What rules are tried on has changed, even where no level has.
        self.touched.touch();
        Ok(written > 0)
    }

    fn removed(&self, tx: &mut Tx, _: Instant, customers: &[CustomerId]) -> Result<()> {
        store::forget(tx, customers)?;
        self.touched.touch();
        Ok(())
    }
}

/// Applies the changes of one customer to his years in memory, and notes what to write.
fn apply(
    customer: CustomerId,
    changed: &BTreeMap<i16, Vec<Delta>>,
    years: &mut HashMap<CustomerId, Years>,
    rows: &mut Vec<(CustomerId, i16, Vec<u8>)>,
) -> Result<()> {
    let own = years.entry(customer).or_default();
    for (year, deltas) in changed {
        let place = own.binary_search_by_key(year, |(year, _)| *year);
        let before: &[u8] = place.map_or(&[], |at| &own[at].1);
        let after = bucket::apply(before, bucket::first_of(*year), deltas)?;
        if after == before {
            continue;
        }
        rows.push((customer, *year, after.clone()));
        match place {
            Ok(at) if after.is_empty() => drop(own.remove(at)),
            Ok(at) => own[at].1 = after,
            Err(at) => own.insert(at, (*year, after)),
        }
    }
    Ok(())
}

//! Figures of the whole base: what is in it, who holds which share, and whether it is twenty to eighty.

use crate::store::{programmes, read};
use serde::Serialize;
use zunke_access::Scope;
use zunke_kernel::{Day, Instant, Money, Result, Text};
use zunke_store::Tx;

/// How concentrated revenue is. Counted over everyone who ever ordered or returned anything, by net spend; the best
/// 20 % are ⌊n/5⌋ customers (874 of 4,372), the best 5 % ⌊n/20⌋ (218), at least one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Pareto {
    pub customers: u64,
    pub top20_customers: u64,
    /// 0 to 1 of all net spend.
    pub top20_share: f64,
    pub top5_customers: u64,
    pub top5_share: f64,
    /// Share of customers (best first) and of revenue, in steps of 2 %.
    pub curve: Vec<[f64; 2]>,
}

/// `net` holds net spends, best first.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
pub fn pareto(net: &[i64]) -> Pareto {
    let total: i128 = net.iter().map(|net| i128::from(*net)).sum();
    let share = |count: usize| {
        let sum: i128 = net[..count].iter().map(|net| i128::from(*net)).sum();
        if total > 0 { sum as f64 / total as f64 } else { 0.0 }
    };
    let best = |percent: usize| if net.is_empty() { 0 } else { (net.len() * percent / 100).max(1) };
    let (top20, top5) = (best(20), best(5));
    let curve = if net.is_empty() {
        Vec::new()
    } else {
        (0..=50).map(|step| [step as f64 / 50.0, share(net.len() * step / 50)]).collect()
    };
    Pareto {
        customers: net.len() as u64,
        top20_customers: top20 as u64,
        top20_share: share(top20),
        top5_customers: top5 as u64,
        top5_share: share(top5),
        curve,
    }
}

/// One level and what it holds.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LevelSum {
    /// Absent for those without a level.
    pub level_id: Option<zunke_kernel::id::LevelId>,
    pub rank: u8,
    pub name: Text,
    pub colour: String,
    pub customers: i64,
    /// 0 to 1.
    pub customer_share: f64,
    /// Net spend over the whole life.
    pub revenue: Money,
    pub revenue_share: f64,
}

/// The rows of all levels from rank sums; those without a level only where there are some.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares need no more than 53 bits")]
pub fn level_sums(rules: Option<&crate::rules::Rules>, sums: &[read::Sum; 11]) -> Vec<LevelSum> {
    let customers: i64 = sums.iter().map(|sum| sum.customers).sum();
    let revenue: i64 = sums.iter().map(|sum| sum.revenue.0).sum();
    let share = |part: i64, whole: i64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
    let none = Text::new("暂无等级", "No level yet");
    (0..=10_u8)
        .filter_map(|rank| {
            let sum = sums[usize::from(rank)];
            let level = rules.and_then(|rules| rules.level_of_rank(rank));
            if level.is_none() && sum.customers == 0 {
                return None;
            }
            let (name, colour) =
                level.map_or_else(|| (none.clone(), "#bfbfbf".to_owned()), |l| (l.name.clone(), l.colour.clone()));
            Some(LevelSum {
                level_id: level.map(|level| level.id),
                rank,
                name,
                colour,
                customers: sum.customers,
                customer_share: share(sum.customers, customers),
                revenue: sum.revenue,
                revenue_share: share(sum.revenue.0, revenue),
            })
        })
        .collect()
}

/// Figures of the whole database, for the command line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stats {
    pub customers: i64,
    pub orders: i64,
    pub refunds: i64,
    pub interactions: i64,
    pub order_sum: Money,
    pub refund_sum: Money,
    pub net_sum: Money,
    /// Customers who returned something and never ordered anything here.
    pub only_refunds: i64,
    /// Customers with orders or refunds whose net spend is zero or less.
    pub net_not_positive: i64,
    pub levels: Vec<LevelSum>,
    pub pareto: Pareto,
    pub evaluated_at: Option<Instant>,
    pub evaluated_as_of: Option<Day>,
}

/// Counts everything. Reads all activities: seconds with ten millions of them.
pub fn stats(tx: &mut Tx) -> Result<Stats> {
    let totals = read::totals(tx)?;
    let primary = programmes::primary(tx)?;
    let rules = match primary.as_ref().and_then(|programme| programme.published) {
        Some(version) => Some(programmes::rules(tx, version)?),
        None => None,
    };
    let sums = read::levels(tx, &Scope::all())?;
    let net = read::buyers(tx, &Scope::all())?;
    Ok(Stats {
        customers: totals.customers,
        orders: totals.orders,
        refunds: totals.refunds,
        interactions: totals.interactions,
        order_sum: totals.order_sum,
        refund_sum: totals.refund_sum,
        net_sum: totals.order_sum - totals.refund_sum,
        only_refunds: totals.only_refunds,
        net_not_positive: totals.net_not_positive,
        levels: level_sums(rules.as_deref(), &sums),
        pareto: pareto(&net),
        evaluated_at: primary.as_ref().and_then(|programme| programme.evaluated_at),
        evaluated_as_of: primary.as_ref().and_then(|programme| programme.evaluated_as_of),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_fifth_of_4372_are_874_and_the_best_twentieth_218() {
        let net = vec![1; 4_372];
        let pareto = pareto(&net);
        assert_eq!((pareto.top20_customers, pareto.top5_customers), (874, 218));
        assert_eq!(pareto.curve.len(), 51);
        assert_eq!(pareto.curve[50], [1.0, 1.0]);
    }

    #[test]
    fn no_customers_one_customer_and_nothing_but_refunds_have_an_answer() {
        assert_eq!(pareto(&[]), Pareto::default());
        let one = pareto(&[10]);
        assert_eq!((one.top20_customers, one.top20_share), (1, 1.0));
        assert_eq!(pareto(&[-1, -5]).top20_share, 0.0);
    }
}

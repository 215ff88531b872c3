//! Pictures of a fit, and what is to be said against it.

use super::base::Base;
use super::bgnbd::BgNbd;
use super::fit::{Method, Report};
use super::holdout::BINS;
use super::predict;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zunke_kernel::{Day, Text};

/// Customers by their number of repeat purchases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvHistogramBar)]
pub struct Bar {
    /// The last bar stands for this many and more.
    pub purchases: u32,
    pub actual: f64,
    pub expected: f64,
}

/// Repeat purchases of all, from the beginning up to a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvTrackingPoint)]
pub struct Point {
    pub day: Day,
    pub actual: f64,
    pub expected: f64,
}

/// What the reader should know before trusting the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvWarning)]
pub struct Warning {
    pub code: String,
    pub text: Text,
}

impl Warning {
    fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: Text::new(zh, en) }
    }
}

/// How many have 0, 1, … 6, 7 and more repeat purchases, and how many should have by the model.
#[must_use]
pub fn histogram<Id>(base: &Base<Id>, model: &BgNbd, unit: f64) -> Vec<Bar> {
    let mut actual = [0.0; BINS];
    let mut ages: BTreeMap<u32, u64> = BTreeMap::new();
    for buyer in &base.buyers {
        actual[(buyer.x as usize).min(BINS - 1)] += 1.0;
        *ages.entry(buyer.age).or_default() += 1;
    }
    let mut expected = [0.0; BINS];
    for (age, customers) in ages {
        for (sum, chance) in expected.iter_mut().zip(predict::counts(model, f64::from(age) / unit, BINS - 1)) {
            *sum += customers as f64 * chance;
        }
    }
    (0..)
        .zip(actual.iter().zip(expected))
        .map(|(purchases, (actual, expected))| Bar { purchases, actual: *actual, expected })
        .collect()
}

/// Most points of the picture.
const POINTS: i32 = 260;

/// Repeat purchases so far, week by week (or in longer steps over a long history), with those that the model expects of
/// customers who came when these came.
#[must_use]
pub fn tracking<Id>(base: &Base<Id>, model: &BgNbd, unit: f64) -> Vec<Point> {
    let mut firsts: BTreeMap<i32, u64> = BTreeMap::new();
    for buyer in &base.buyers {
        *firsts.entry(base.until.saturating_sub(i32::try_from(buyer.age).unwrap_or(i32::MAX))).or_default() += 1;
    }
    let Some((&begin, _)) = firsts.first_key_value() else { return Vec::new() };
    let end = base.check.as_ref().map_or(base.until, |check| check.to.max(base.until));
    let span = end.saturating_sub(begin);
    let step = 7 * (span / 7 / POINTS + 1);
    let by_elapsed: Vec<f64> =
        (0..=span).into_par_iter().map(|days| predict::expected_from_start(model, f64::from(days) / unit)).collect();
    let mut points = Vec::new();
    let mut day = begin;
    while day < end {
        day = day.saturating_add(step).min(end);
        let actual: u64 = base.repeats.range(..=day).map(|(_, count)| count).sum();
        let expected: f64 = firsts
            .range(..=day)
            .filter_map(|(first, count)| {
                let elapsed = usize::try_from(day - first).ok()?;
                Some(*count as f64 * by_elapsed.get(elapsed)?)
            })
            .sum();
        points.push(Point { day: Day(day), actual: actual as f64, expected });
    }
    points
}

/// Repeat buyers that a model needs.
pub const FEWEST: u64 = 100;
/// Repeat buyers below which its parameters are still loose.
const FEW: u64 = 300;
/// Days of history below which half a year's habits don't show.
const SHORT: u32 = 180;
/// Of the purchases in the holdout, or of the customers in the histogram.
const TOLERATED: f64 = 0.2;
/// Correlation of frequency and value above which they are no longer independent.
const RELATED: f64 = 0.3;

/// What is to be said against a report, the gravest first.
#[must_use]
pub fn warnings(report: &Report, span: u32) -> Vec<Warning> {
    let mut all = Vec::new();
    let percent = |share: f64| format!("{:.0}%", share.abs() * 100.0);
    if report.customers == 0 {
        return vec![Warning::new(
            "no_purchases",
            "还没有任何购买记录，无法估算。",
            "Nothing has been bought yet, so there is nothing to estimate.",
        )];
    }
    if report.repeat_customers < FEWEST {
        all.push(Warning::new(
            "few_repeat_buyers",
            format!("复购客户只有 {} 位，少于建模所需的 {FEWEST} 位，已改用简化方法。", report.repeat_customers),
            format!(
                "Only {} customers have bought again; the model needs {FEWEST}. The plain method was used instead.",
                report.repeat_customers
            ),
        ));
    } else if report.repeat_customers < FEW {
        all.push(Warning::new(
            "some_repeat_buyers",
            format!("复购客户仅 {} 位，参数尚不稳定，请只看大致排序。", report.repeat_customers),
            format!("Only {} customers have bought again: the parameters are loose, so trust the order rather than the amounts.", report.repeat_customers),
        ));
    }
    if report.repeat_customers >= FEWEST && report.method == Method::Average {
        all.push(Warning::new(
            "fit_not_found",
            "模型在这些数据上没有找到稳定的解，已改用简化方法。",
            "The model found no stable solution on this data. The plain method was used instead.",
        ));
    }
    if let Some(fit) = &report.bg_nbd
        && fit.at_border
    {
        all.push(Warning::new("parameters_at_border", "模型参数跑到了边界，说明数据不足以区分“流失”与“买得少”，结果仅供参考。", "A parameter has run to its limit: this data can't tell who has left from who buys rarely. Take the figures as a rough guide."));
    }
    if let Some(error) = report.holdout.as_ref().and_then(|holdout| holdout.error)
        && error.abs() > TOLERATED
    {
        let (zh, en) = if error > 0.0 { ("高估", "too many") } else { ("低估", "too few") };
        all.push(Warning::new(
            "holdout_error",
            format!("用留出的时段检验，模型{zh}了 {} 的购买次数。", percent(error)),
            format!("Checked on days it had not seen, the model expected {} {en} purchases.", percent(error)),
        ));
    }
    let off: f64 = report.histogram.iter().map(|bar| (bar.actual - bar.expected).abs()).sum::<f64>() / 2.0;
    if report.method == Method::BgNbd && off > TOLERATED * report.customers as f64 {
        all.push(Warning::new(
            "histogram_error",
            "实际复购次数的分布与模型相差较大。",
            "How often customers really bought again is far from what the model says.",
        ));
    }
    if span < SHORT {
        all.push(Warning::new(
            "short_history",
            format!("历史只有 {span} 天，季节和流失还看不出来。"),
            format!("There are only {span} days of history: seasons and customers lost don't show yet."),
        ));
    } else if report.horizon_days > f64::from(span) {
        all.push(Warning::new(
            "horizon_beyond_history",
            format!("预测时长（{:.0} 天）超过了历史长度（{span} 天）。", report.horizon_days),
            format!("The horizon ({:.0} days) is longer than the history ({span} days).", report.horizon_days),
        ));
    }
    if let Some(fit) = &report.gamma_gamma {
        if let Some(related) = fit.correlation.filter(|related| related.abs() > RELATED) {
            all.push(Warning::new(
                "value_follows_frequency",
                format!("购买次数与客单价明显相关（{related:.2}），价值估算会有偏差。"),
                format!(
                    "How often customers buy goes along with how much they spend ({related:.2}): the values are biased."
                ),
            ));
        }
        if fit.at_border {
            all.push(Warning::new(
                "value_parameters_at_border",
                "客单价模型的参数跑到了边界，单次价值仅供参考。",
                "A parameter of the value model has run to its limit; take the value of an order as a rough guide.",
            ));
        }
    }
    if report.method == Method::BgNbd && report.value_method == Method::Average {
        all.push(Warning::new(
            "value_plain",
            "客单价模型不适用，单次价值改用客户自己的均值（向总体均值收缩）。",
            "The value model doesn't fit; the value of an order is each customer's own mean, drawn towards everyone's.",
        ));
    }
    all
}

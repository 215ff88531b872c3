//! The whole: a base in, models and their judgement out, and a figure for each customer.

use super::average::Average;
use super::base::{Base, Buyer};
use super::bgnbd::{self, BgNbd, Groups};
use super::gamma_gamma::{self, GammaGamma, Values};
use super::holdout::{Holdout, hold};
use super::judge::{self, Bar, FEWEST, Point, Warning};
use super::predict;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use zunke_kernel::Day;

/// The unit in which the parameters count time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LtvUnit)]
pub enum Unit {
    Day,
    #[default]
    Week,
    /// A twelfth of 365.25 days.
    Month,
}

impl Unit {
    #[must_use]
    pub fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => 30.437_5,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LtvMethod)]
pub enum Method {
    /// BG/NBD, with Gamma-Gamma for the value.
    BgNbd,
    GammaGamma,
    /// Own pace × retention × own mean, for thin data.
    Average,
}

/// What is asked of a fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    pub unit: Unit,
    /// In units.
    pub horizon: f64,
    /// Per year, such as 0.1.
    pub discount: f64,
}

impl Asked {
    /// The continuous rate per day.
    fn rate(&self) -> f64 {
        self.discount.max(0.0).ln_1p() / 365.25
    }

    fn horizon_days(&self) -> f64 {
        self.horizon * self.unit.days()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BgNbdFit {
    #[serde(flatten)]
    pub model: BgNbd,
    pub log_likelihood: f64,
    pub evaluations: u32,
    pub converged: bool,
    pub at_border: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GammaGammaFit {
    #[serde(flatten)]
    pub model: GammaGamma,
    pub log_likelihood: f64,
    /// Customers with repeat purchases whose mean is above 0.
    pub customers: u64,
    pub evaluations: u32,
    pub converged: bool,
    pub at_border: bool,
    /// Of the number of repeat purchases and their mean; the model takes it for 0.
    pub correlation: Option<f64>,
}

/// The fit in the words of a shopkeeper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvTypical)]
pub struct Typical {
    /// Repeat purchases in the 365 days after the first one.
    pub first_year_purchases: f64,
    /// Days between purchases while customers are there, on the whole.
    pub days_between: Option<f64>,
    /// The chance to leave for good after a repeat purchase; of the plain method, in a period.
    pub leave_chance: f64,
    pub order_value: f64,
}

/// What all customers' figures come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvTotals)]
pub struct Totals {
    /// Sum of the chances to be there.
    pub alive: f64,
    pub expected_purchases: f64,
    pub ltv: f64,
}

/// A fit and all that is to be known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvReport)]
pub struct Report {
    pub method: Method,
    pub value_method: Method,
    pub as_of: Day,
    pub unit: Unit,
    /// In units.
    pub horizon: f64,
    pub horizon_days: f64,
    /// Per year.
    pub discount: f64,
    /// Customers who have bought.
    pub customers: u64,
    pub repeat_customers: u64,
    /// Customers who have not.
    pub without_purchase: u64,
    /// First and repeat ones.
    pub purchases: u64,
    pub bg_nbd: Option<BgNbdFit>,
    pub gamma_gamma: Option<GammaGammaFit>,
    pub average: Option<Average>,
    pub typical: Typical,
    pub totals: Totals,
    pub histogram: Vec<Bar>,
    pub tracking: Vec<Point>,
    pub holdout: Option<Holdout>,
    pub warnings: Vec<Warning>,
}

/// One customer's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LtvFigure)]
pub struct Figure {
    /// 0 to 1.
    pub p_alive: f64,
    /// Over the horizon.
    pub expected_purchases: f64,
    /// The same, each discounted to the day of standing.
    pub discounted_purchases: f64,
    /// Of one purchase.
    pub expected_value: f64,
    /// Discounted purchases × value.
    pub ltv: f64,
}

/// The models that figures come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    pub unit: Unit,
    pub buying: Option<BgNbd>,
    pub worth: Option<GammaGamma>,
    pub average: Average,
}

/// Finds the models on customers as they are known, and says how.
fn find(buyers: &[Buyer], unit: Unit) -> (Model, Option<BgNbdFit>, Option<GammaGammaFit>) {
    let average = Average::of(buyers);
    let mut model = Model { unit, buying: None, worth: None, average };
    if (buyers.iter().filter(|buyer| buyer.x > 0).count() as u64) < FEWEST {
        return (model, None, None);
    }
    let groups = Groups::new(buyers.iter().map(|buyer| (buyer.x, buyer.recency, buyer.age)).collect());
    let (buying, optimum) = bgnbd::fit(&groups, unit.days());
    let bought = BgNbdFit {
        model: buying,
        log_likelihood: optimum.value,
        evaluations: optimum.evaluations,
        converged: optimum.converged,
        at_border: optimum.at_border,
    };
    model.buying = optimum.converged.then_some(buying);
    let values = Values::new(buyers.iter().map(|buyer| (buyer.x, buyer.mean())).collect());
    if (values.customers() as u64) < FEWEST {
        return (model, Some(bought), None);
    }
    let (worth, optimum) = gamma_gamma::fit(&values);
    let fitted = GammaGammaFit {
        model: worth,
        log_likelihood: optimum.value,
        customers: values.customers() as u64,
        evaluations: optimum.evaluations,
        converged: optimum.converged,
        at_border: optimum.at_border,
        correlation: correlation(buyers),
    };
    model.worth = (optimum.converged && worth.q > 1.0).then_some(worth);
    (model, Some(bought), Some(fitted))
}

/// Of the repeat purchases and their mean value (Pearson).
fn correlation(buyers: &[Buyer]) -> Option<f64> {
    let rows = || buyers.iter().filter(|b| b.x > 0 && b.mean() > 0.0).map(|b| (f64::from(b.x), b.mean()));
    let (mut n, mut mx, mut my) = (0.0, 0.0, 0.0);
    for (x, y) in rows() {
        n += 1.0;
        mx += x;
        my += y;
    }
    (mx, my) = (mx / n, my / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in rows() {
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
        xy += (x - mx) * (y - my);
    }
    let found = xy / (xx * yy).sqrt();
    found.is_finite().then_some(found)
}

/// Fits a base and judges the fit.
#[must_use]
pub fn fit<Id>(base: &Base<Id>, asked: &Asked) -> (Report, Vec<Figure>) {
    let (model, bg_nbd, gamma_gamma) = find(&base.buyers, asked.unit);
    let figures = model.figures(&base.buyers, asked);
    let unit = asked.unit.days();
    let holdout = base.check.as_ref().filter(|check| !check.buyers.is_empty() && check.to > check.split).map(|check| {
        // What is checked must not have been learnt from: an earlier split has a fit of its own.
        if check.split < base.until { hold(&find(&check.buyers, asked.unit).0, check) } else { hold(&model, check) }
    });
    let (histogram, tracking) = match &model.buying {
        Some(buying) => (judge::histogram(base, buying, unit), judge::tracking(base, buying, unit)),
        None => (Vec::new(), Vec::new()),
    };
    let mut totals = Totals::default();
    for figure in &figures {
        totals.alive += figure.p_alive;
        totals.expected_purchases += figure.expected_purchases;
        totals.ltv += figure.ltv;
    }
    let span = base.span();
    let mut report = Report {
        method: if model.buying.is_some() { Method::BgNbd } else { Method::Average },
        value_method: if model.worth.is_some() { Method::GammaGamma } else { Method::Average },
        as_of: Day(base.until),
        unit: asked.unit,
        horizon: asked.horizon,
        horizon_days: asked.horizon_days(),
        discount: asked.discount,
        customers: base.buyers.len() as u64,
        repeat_customers: base.buyers.iter().filter(|buyer| buyer.x > 0).count() as u64,
        without_purchase: base.others.len() as u64,
        purchases: base.buyers.iter().map(|buyer| u64::from(buyer.x) + 1).sum(),
        bg_nbd,
        gamma_gamma,
        average: model.buying.is_none().then_some(model.average),
        typical: model.typical(),
        totals,
        histogram,
        tracking,
        holdout,
        warnings: Vec::new(),
    };
    report.warnings = judge::warnings(&report, span);
    (report, figures)
}

impl Model {
    fn typical(&self) -> Typical {
        let order_value = self.worth.and_then(|worth| worth.mean()).unwrap_or(self.average.value);
        match &self.buying {
            Some(model) => Typical {
                first_year_purchases: predict::expected_from_start(model, 365.0 / self.unit.days()),
                days_between: Some(self.unit.days() * model.alpha / model.r),
                leave_chance: model.a / (model.a + model.b),
                order_value,
            },
            None => Typical {
                first_year_purchases: self.average.pace * 365.0,
                days_between: Some(1.0 / self.average.pace).filter(|days| days.is_finite()),
                leave_chance: 1.0 - self.average.retention,
                order_value,
            },
        }
    }

    /// Purchases expected of each in so many days.
    #[must_use]
    pub fn purchases(&self, buyers: &[Buyer], days: f64) -> Vec<f64> {
        let asked = Asked { unit: self.unit, horizon: days / self.unit.days(), discount: 0.0 };
        self.figures(buyers, &asked).iter().map(|figure| figure.expected_purchases).collect()
    }

    /// Every customer's figures.
    #[must_use]
    pub fn figures(&self, buyers: &[Buyer], asked: &Asked) -> Vec<Figure> {
        let unit = self.unit.days();
        let (horizon, days, rate) = (asked.horizon_days() / unit, asked.horizon_days(), asked.rate());
        let value = |buyer: &Buyer| {
            let expected = self.worth.and_then(|worth| worth.expected(buyer.x, buyer.mean()));
            expected.unwrap_or_else(|| self.average.order_value(buyer))
        };
        let figure = |p_alive: f64, (expected, discounted): (f64, f64), value: f64| Figure {
            p_alive,
            expected_purchases: expected,
            discounted_purchases: discounted,
            expected_value: value,
            ltv: discounted * value,
        };
        let Some(model) = self.buying else {
            return buyers
                .par_iter()
                .map(|buyer| {
                    let average = &self.average;
                    figure(average.alive(buyer), average.purchases(buyer, days, rate), value(buyer))
                })
                .collect();
        };
        // What is expected of who is alive rests on x and the age alone, which many share.
        let key = |buyer: &Buyer| u64::from(buyer.x) << 32 | u64::from(buyer.age);
        let mut keys: Vec<u64> = buyers.par_iter().map(key).collect();
        keys.par_sort_unstable();
        keys.dedup();
        let known: Vec<(f64, f64)> = keys
            .par_iter()
            .map(|key| {
                let (x, age) = ((key >> 32) as u32, f64::from(*key as u32) / unit);
                predict::over_horizon(&model, x, age, horizon, rate * unit)
            })
            .collect();
        buyers
            .par_iter()
            .map(|buyer| {
                let (expected, discounted) = keys.binary_search(&key(buyer)).map_or((0.0, 0.0), |at| known[at]);
                let alive =
                    predict::alive(&model, buyer.x, f64::from(buyer.recency) / unit, f64::from(buyer.age) / unit);
                figure(alive, (alive * expected, alive * discounted), value(buyer))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ltv::base::{Check, DayFact};
    use crate::ltv::sample;

    const BUYING: BgNbd = BgNbd { r: 0.6, alpha: 6.0, a: 0.8, b: 2.6 };
    const WORTH: GammaGamma = GammaGamma { p: 6.0, q: 4.0, v: 15.0 };
    const ASKED: Asked = Asked { unit: Unit::Week, horizon: 52.0, discount: 0.1 };

    fn base(count: u32) -> Base<u32> {
        let mut base = Base::new(1_000, None);
        base.buyers = sample::customers(count, 700, 400, &BUYING, &WORTH, 7);
        base.ids = (0..count).collect();
        base
    }

    fn near(found: f64, wanted: f64, share: f64) {
        assert!((found / wanted - 1.0).abs() < share, "{found} instead of {wanted}");
    }

    #[test]
    fn known_parameters_are_found_again_in_a_few_evaluations() {
        let (report, figures) = fit(&base(40_000), &ASKED);
        let found = report.bg_nbd.expect("a fit");
        near(found.model.r, BUYING.r, 0.06);
        near(found.model.alpha, BUYING.alpha, 0.06);
        near(found.model.a, BUYING.a, 0.12);
        near(found.model.b, BUYING.b, 0.15);
        assert!(found.converged && !found.at_border && found.evaluations <= 15, "{found:?}");
        let worth = report.gamma_gamma.expect("a fit");
        near(worth.model.p, WORTH.p, 0.06);
        near(worth.model.q, WORTH.q, 0.06);
        near(worth.model.v, WORTH.v, 0.12);
        assert!(worth.converged && worth.evaluations <= 20, "{worth:?}");
        assert_eq!((report.method, report.value_method), (Method::BgNbd, Method::GammaGamma));
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        let whole: f64 = report.histogram.iter().map(|bar| bar.expected).sum();
        near(whole, 40_000.0, 1e-6);
        for bar in &report.histogram {
            assert!((bar.actual - bar.expected).abs() < 600.0, "{bar:?}");
        }
        assert!(figures.iter().all(|figure| figure.ltv.is_finite() && figure.ltv >= 0.0));
    }

    #[test]
    fn the_unit_of_time_changes_the_parameters_and_no_figure() {
        let base = base(5_000);
        let (weeks, by_week) = fit(&base, &ASKED);
        let (days, by_day) = fit(&base, &Asked { unit: Unit::Day, horizon: 364.0, ..ASKED });
        near(days.bg_nbd.expect("fit").model.alpha, 7.0 * weeks.bg_nbd.expect("fit").model.alpha, 1e-3);
        for (one, other) in by_week.iter().zip(&by_day) {
            assert!((one.ltv - other.ltv).abs() < 1e-3 * one.ltv.max(1.0), "{one:?} {other:?}");
        }
    }

    #[test]
    fn thin_data_has_the_plain_method_and_is_told_so() {
        let mut base = base(60);
        base.others = vec![1, 2];
        let (report, figures) = fit(&base, &ASKED);
        assert_eq!((report.method, report.value_method), (Method::Average, Method::Average));
        assert_eq!(report.warnings[0].code, "few_repeat_buyers");
        assert!(report.average.is_some() && figures.len() == 60 && report.without_purchase == 2);
        let (empty, none) = fit(&Base::<u32>::new(0, Some((0, 0))), &ASKED);
        assert_eq!((empty.warnings[0].code.as_str(), none.len()), ("no_purchases", 0));
        assert!(serde_json::to_string(&empty).is_ok_and(|text| !text.contains("null,null")));
    }

    #[test]
    fn data_against_the_model_is_warned_of() {
        // Who buys more often spends far more each time, and all stop on one day: neither model supports it.
        let mut base = Base::new(400, Some((200, 400)));
        for k in 0..900_i32 {
            let gap = 5 + k % 60;
            let days: Vec<DayFact> = (0..)
                .map(|n| k % 30 + n * gap)
                .take_while(|day| *day < 190)
                .map(|day| DayFact { day, orders: 1, net: 10_000 * i64::from(600 / gap), refunded: false })
                .collect();
            base.push(k, &days);
        }
        let (report, _) = fit(&base, &ASKED);
        let codes: Vec<&str> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert!(codes.contains(&"value_follows_frequency"), "{codes:?}");
        let holdout = report.holdout.expect("a check");
        assert_eq!((holdout.actual, holdout.error), (0.0, None), "nothing was bought");
    }

    #[test]
    fn a_check_before_the_day_of_standing_is_made_by_a_fit_of_its_own() {
        let mut base = base(20_000);
        let early = sample::customers(20_000, 400, 300, &BUYING, &WORTH, 8);
        base.check = Some(Check { split: 800, to: 1_000, later: vec![1; early.len()], buyers: early });
        let (report, _) = fit(&base, &ASKED);
        let holdout = report.holdout.expect("a check");
        assert_eq!((holdout.customers, holdout.actual), (20_000, 20_000.0));
        assert_eq!(holdout.bins.iter().map(|bin| bin.customers).sum::<u64>(), 20_000);
    }
}

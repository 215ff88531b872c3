//! Ladders to start from. Every figure can be changed afterwards; `docs/tiering.md` lists them.

use crate::indicator::{Aggregate, Indicator, MeasureSource, Source, Window};
use crate::ladder::{Comparison, Level, Need, Rule, Test};
use crate::life::Life;
use crate::measure::Measure;
use crate::rfm::Settings;
use crate::rules::{Potential, Rules};
use crate::score::{Bands, Dimension, Part, Score, Step};
use serde::Serialize;
use zunke_kernel::id::LevelId;
use zunke_kernel::{Instant, Text};

/// A template as it is offered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Template {
    pub id: String,
    pub name: Text,
    pub description: Text,
    pub levels: Vec<Text>,
    /// Its thresholds are drawn from the company's own customers when it is chosen.
    pub from_own_data: bool,
    /// How levels may be held, kept and lost; the template itself holds a level as long as its entry rule holds.
    pub recommended_life: Life,
}

/// The ids of the templates, in the order in which they are offered.
pub const IDS: [&str; 4] = ["own_data", "retail", "b2b", "annual_plan"];

/// All templates.
#[must_use]
pub fn all() -> Vec<Template> {
    IDS.iter().filter_map(|id| face(id)).collect()
}

#[must_use]
pub fn face(id: &str) -> Option<Template> {
    let (name, description, levels) = match id {
        "own_data" => (
            Text::new("按自有数据推荐", "From your own data"),
            Text::new(
                "按近一年净消费，取前 20%、5%、1% 的客户为银卡、金卡、钻石；门槛由现有客户算出，币种和规模不限。",
                "The best 20, 5 and 1% by net spend of the last year become Silver, Gold and Diamond; the thresholds come from your own customers, in any currency and size.",
            ),
            &[("普通会员", "Member"), ("银卡", "Silver"), ("金卡", "Gold"), ("钻石", "Diamond")][..],
        ),
        "retail" => (
            Text::new("零售：银/金/铂/钻", "Retail: Silver, Gold, Platinum, Diamond"),
            Text::new(
                "近一年净消费满 2,000、10,000、50,000、200,000，并有相应的购买次数。",
                "Net spend of the last year from 2,000, 10,000, 50,000 and 200,000, each with a number of orders.",
            ),
            &[("银卡", "Silver"), ("金卡", "Gold"), ("铂金卡", "Platinum"), ("钻石卡", "Diamond")][..],
        ),
        "b2b" => (
            Text::new("企业客户：普通/重要/VIP", "B2B: Ordinary, Key, VIP"),
            Text::new(
                "以综合评分为主：重要 50 分、VIP 75 分，并看合作年限和采购次数。",
                "By the composite score: Key from 50, VIP from 75, with years of cooperation and orders.",
            ),
            &[("普通客户", "Ordinary"), ("重要客户", "Key"), ("VIP客户", "VIP")][..],
        ),
        "annual_plan" => (
            Text::new("年度计划：普通VIP/银卡/金卡/钻石", "Annual plan: VIP, Silver, Gold, Diamond"),
            Text::new(
                "钻石：年消费≥100,000 或月消费≥5,000，年购买≥10 次，综合评分高于 80。",
                "Diamond: 100,000 a year or 5,000 a month, 10 orders a year, and a score above 80.",
            ),
            &[("普通VIP", "VIP"), ("银卡VIP", "Silver VIP"), ("金卡VIP", "Gold VIP"), ("钻石VIP", "Diamond VIP")][..],
        ),
        _ => return None,
    };
    let levels = levels.iter().map(|(zh, en)| Text::new(*zh, *en)).collect();
    let recommended_life = Life::recommended();
    Some(Template { id: id.into(), name, description, levels, from_own_data: id == "own_data", recommended_life })
}

/// What the company's own buyers are like: values at 20, 40, 60, 80, 90, 95 and 99 % of those with an order in the
/// last 365 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    pub net_spend: [f64; 7],
    pub per_order: [f64; 7],
    pub orders: [f64; 7],
}

/// Draws the values at 20, 40, 60, 80, 90, 95, 99 %; `None` of nothing.
#[must_use]
pub fn percentiles(values: &mut [f64]) -> Option<[f64; 7]> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some([20, 40, 60, 80, 90, 95, 99].map(|percent| values[(values.len() * percent / 100).min(last)]))
}

/// The rules of a template, with fresh level ids; `None` for an unknown one. `own_data` without data uses the
/// retail figures.
#[must_use]
pub fn build(id: &str, now: Instant, own: Option<&Percentiles>) -> Option<Rules> {
    let face = face(id)?;
    let ladder = match id {
        "own_data" => own_data(own),
        "retail" => retail(),
        "b2b" => b2b(),
        _ => annual_plan(),
    };
    let colours: &[&str] = match face.levels.len() {
        3 => &["#8c8c8c", "#1677ff", "#722ed1"],
        _ => &["#8c8c8c", "#5b8ff9", "#d48806", "#722ed1"],
    };
    let levels = face
        .levels
        .into_iter()
        .zip(ladder)
        .zip(colours)
        .enumerate()
        .map(|(at, ((name, (entry, guards)), colour))| Level {
            id: LevelId::new(now),
            rank: u8::try_from(at + 1).unwrap_or(10),
            name,
            colour: (*colour).into(),
            entry,
            guards,
            keep: None,
            approval: false,
            benefit_cost: None,
        })
        .collect();
    Some(Rules {
        form: 1,
        indicators: indicators(),
        rfm: Settings::default(),
        score: composite(id, own),
        loyalty: loyalty(),
        levels,
        life: None,
        potential: Potential::default(),
        moves: Vec::new(),
    })
}

type Step4 = (Rule, Vec<Test>);

fn test(fact: &str, is: Comparison, value: f64) -> Test {
    Test { fact: fact.into(), is, value }
}

fn least(fact: &str, value: f64) -> Test {
    test(fact, Comparison::AtLeast, value)
}

/// One large purchase is not loyalty, and what goes back was not bought.
fn guards(order_days: f64) -> Vec<Test> {
    vec![
        least("order_days_365", order_days),
        test("best_day_share_365", Comparison::AtMost, 0.8),
        test("refund_rate_365", Comparison::AtMost, 0.5),
    ]
}

fn retail() -> Vec<Step4> {
    vec![
        (Rule::default(), vec![]),
        (Rule::all(vec![least("net_spend_365", 10_000.0), least("orders_365", 4.0)]), guards(2.0)),
        (Rule::all(vec![least("net_spend_365", 50_000.0), least("orders_365", 6.0)]), guards(3.0)),
        (Rule::all(vec![least("net_spend_365", 200_000.0), least("orders_365", 8.0)]), guards(4.0)),
    ]
}

fn b2b() -> Vec<Step4> {
    vec![
        (Rule::default(), vec![]),
        (Rule::all(vec![least("score", 50.0), least("orders_365", 3.0)]), guards(2.0)),
        (Rule::all(vec![least("score", 75.0), least("orders_365", 6.0), least("years_since_first", 1.0)]), guards(4.0)),
    ]
}

fn annual_plan() -> Vec<Step4> {
    let amounts = |year: f64, month: f64| Rule {
        need: Need::Any(1),
        tests: vec![least("net_spend_365", year), least("net_spend_30", month)],
        groups: vec![],
    };
    let level = |year: f64, month: f64, orders: f64, score: Test| Rule {
        need: Need::All,
        tests: vec![least("orders_365", orders), score],
        groups: vec![amounts(year, month)],
    };
    vec![
        (Rule::default(), vec![]),
        (level(20_000.0, 1_000.0, 3.0, least("score", 40.0)), guards(2.0)),
        (level(50_000.0, 2_500.0, 6.0, least("score", 60.0)), guards(3.0)),
        (level(100_000.0, 5_000.0, 10.0, test("score", Comparison::MoreThan, 80.0)), guards(4.0)),
    ]
}

fn own_data(own: Option<&Percentiles>) -> Vec<Step4> {
    let [silver, gold, diamond] =
        own.map_or([10_000.0, 50_000.0, 200_000.0], |own| [3, 5, 6].map(|at: usize| handy(own.net_spend[at])));
    // Equal percentiles (a tiny base) must still make a rising ladder.
    let gold = if gold > silver { gold } else { silver * 1.5 };
    let diamond = if diamond > gold { diamond } else { gold * 1.5 };
    vec![
        (Rule::default(), vec![]),
        (Rule::all(vec![least("net_spend_365", silver)]), guards(2.0)),
        (Rule::all(vec![least("net_spend_365", gold)]), guards(2.0)),
        (Rule::all(vec![least("net_spend_365", diamond)]), guards(3.0)),
    ]
}

/// Down to two digits: 4,183 becomes 4,100. At least 1.
fn handy(value: f64) -> f64 {
    if value < 1.0 || !value.is_finite() {
        return 1.0;
    }
    let scale = 10_f64.powf(value.log10().floor() - 1.0);
    if scale < 1.0 { value.floor() } else { (value / scale).floor() * scale }
}

fn measure(id: &str, zh: &str, en: &str, of: Measure, aggregate: Aggregate, window: Window) -> Indicator {
    Indicator {
        id: id.into(),
        name: Text::new(zh, en),
        source: Source::Measure(MeasureSource { of, aggregate, window }),
    }
}

fn indicators() -> Vec<Indicator> {
    use Aggregate::{
        ActiveDays, ActiveMonths, DaysSinceLast, Distinct, LargestDayShare, Momentum, NewDistinct, PerOrder,
        ShareOfGross, Sum, YearsSinceFirst,
    };
    use Measure::{Contacts, GrossSpend, InboundContacts, NetSpend, Orders, ProductLines, RefundAmount};
    let year = Window::Days(365);
    let life = Window::Lifetime;
    vec![
        measure("net_spend_365", "近一年净消费", "Net spend, last 365 days", NetSpend, Sum, year),
        measure("net_spend_30", "近30天净消费", "Net spend, last 30 days", NetSpend, Sum, Window::Days(30)),
        measure("orders_365", "近一年订单数", "Orders, last 365 days", Orders, Sum, year),
        measure("per_order_365", "近一年客单价", "Average order, last 365 days", NetSpend, PerOrder, year),
        measure("order_days_365", "近一年购买天数", "Days with an order, last 365 days", Orders, ActiveDays, year),
        measure(
            "best_day_share_365",
            "近一年最大单日占比",
            "Share of the best day, last 365 days",
            GrossSpend,
            LargestDayShare,
            year,
        ),
        measure("refund_rate_365", "近一年退款率", "Refund rate, last 365 days", RefundAmount, ShareOfGross, year),
        measure("days_since_last", "距最近一次购买", "Days since the last order", Orders, DaysSinceLast, life),
        measure("years_since_first", "合作年限", "Years since the first order", Orders, YearsSinceFirst, life),
        measure(
            "active_months_365",
            "近一年活跃月数",
            "Months with an order, last 365 days",
            Orders,
            ActiveMonths,
            year,
        ),
        measure("momentum_90", "近90天消费势头", "Momentum of spend, 90 days", NetSpend, Momentum, Window::Days(90)),
        measure("product_lines_365", "近一年产品线数", "Product lines, last 365 days", ProductLines, Distinct, year),
        measure(
            "new_lines_365",
            "近一年新增产品线",
            "New product lines, last 365 days",
            ProductLines,
            NewDistinct,
            year,
        ),
        measure("contacts_365", "近一年互动次数", "Contacts, last 365 days", Contacts, Sum, year),
        measure("inbound_365", "近一年主动互动", "Contacts by the customer, last 365 days", InboundContacts, Sum, year),
        Indicator {
            id: "influence".into(),
            name: Text::new("品牌影响力评定", "Influence, as rated"),
            source: Source::Attribute("influence".into()),
        },
    ]
}

fn part(indicator: &str, weight: f64, steps: &[(f64, f64)]) -> Part {
    let steps = steps.iter().map(|(from, points)| Step { from: *from, points: *points }).collect();
    Part { indicator: indicator.into(), weight, bands: Bands::Step(steps), missing: 0.0 }
}

const POINTS: [f64; 7] = [20.0, 35.0, 50.0, 65.0, 80.0, 90.0, 100.0];

/// Seven rising steps from the percentiles; equal ones keep only the higher points.
fn own_steps(values: &[f64; 7], whole: bool) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (value, points) in values.iter().zip(POINTS) {
        let from = if whole { value.round().max(1.0) } else { handy(*value) };
        match steps.last_mut() {
            Some(last) if last.0 >= from => last.1 = points,
            _ => steps.push((from, points)),
        }
    }
    steps
}

fn composite(id: &str, own: Option<&Percentiles>) -> Score {
    let fixed = |values: [f64; 7]| values.into_iter().zip(POINTS).collect::<Vec<_>>();
    let b2b = id == "b2b";
    let (spend, order, orders) = match own {
        Some(own) if id == "own_data" => {
            (own_steps(&own.net_spend, false), own_steps(&own.per_order, false), own_steps(&own.orders, true))
        }
        _ if b2b => (
            fixed([10_000.0, 50_000.0, 100_000.0, 300_000.0, 1_000_000.0, 3_000_000.0, 10_000_000.0]),
            fixed([1_000.0, 5_000.0, 10_000.0, 30_000.0, 100_000.0, 300_000.0, 1_000_000.0]),
            fixed([1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 52.0]),
        ),
        _ => (
            fixed([500.0, 2_000.0, 5_000.0, 10_000.0, 30_000.0, 60_000.0, 100_000.0]),
            fixed([50.0, 100.0, 300.0, 600.0, 1_500.0, 3_000.0, 6_000.0]),
            fixed([1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0]),
        ),
    };
    let dimension = |id: &str, zh: &str, en: &str, weight: f64, indicators: Vec<Part>| Dimension {
        id: id.into(),
        name: Text::new(zh, en),
        weight,
        indicators,
    };
    let weights = if b2b { [35.0, 15.0, 25.0, 10.0, 15.0] } else { [45.0, 15.0, 20.0, 5.0, 15.0] };
    Score {
        dimensions: vec![
            dimension(
                "spending",
                "消费贡献",
                "Spending",
                weights[0],
                vec![
                    part("net_spend_365", 50.0, &spend),
                    part("per_order_365", 20.0, &order),
                    part("orders_365", 30.0, &orders),
                ],
            ),
            dimension(
                "potential",
                "发展潜力",
                "Potential",
                weights[1],
                vec![
                    part("momentum_90", 60.0, &[(0.0, 0.0), (0.2, 30.0), (0.4, 60.0), (0.5, 80.0), (0.6, 100.0)]),
                    part("new_lines_365", 40.0, &[(1.0, 50.0), (2.0, 75.0), (3.0, 100.0)]),
                ],
            ),
            dimension(
                "stickiness",
                "合作黏性",
                "Stickiness",
                weights[2],
                vec![
                    part(
                        "years_since_first",
                        30.0,
                        &[(0.0, 20.0), (0.5, 50.0), (1.0, 70.0), (2.0, 85.0), (3.0, 100.0)],
                    ),
                    part(
                        "active_months_365",
                        50.0,
                        &[(1.0, 15.0), (2.0, 30.0), (4.0, 55.0), (6.0, 75.0), (8.0, 90.0), (10.0, 100.0)],
                    ),
                    part("product_lines_365", 20.0, &[(1.0, 40.0), (2.0, 60.0), (3.0, 80.0), (5.0, 100.0)]),
                ],
            ),
            dimension(
                "influence",
                "品牌影响力",
                "Influence",
                weights[3],
                vec![part(
                    "influence",
                    100.0,
                    &[(20.0, 20.0), (40.0, 40.0), (60.0, 60.0), (80.0, 80.0), (100.0, 100.0)],
                )],
            ),
            dimension(
                "engagement",
                "互动参与度",
                "Engagement",
                weights[4],
                vec![
                    part("contacts_365", 60.0, &[(1.0, 30.0), (3.0, 60.0), (6.0, 80.0), (12.0, 100.0)]),
                    part("inbound_365", 40.0, &[(1.0, 40.0), (2.0, 70.0), (4.0, 100.0)]),
                ],
            ),
        ],
    }
}

/// How regularly, how long and how recently: money plays no part.
fn loyalty() -> Score {
    let dimension = |id: &str, zh: &str, en: &str, weight: f64, indicators: Vec<Part>| Dimension {
        id: id.into(),
        name: Text::new(zh, en),
        weight,
        indicators,
    };
    Score {
        dimensions: vec![
            dimension(
                "regularity",
                "购买规律",
                "Regularity",
                40.0,
                vec![part(
                    "active_months_365",
                    100.0,
                    &[(1.0, 15.0), (2.0, 30.0), (4.0, 55.0), (6.0, 75.0), (9.0, 90.0), (12.0, 100.0)],
                )],
            ),
            dimension(
                "tenure",
                "合作时长",
                "Tenure",
                30.0,
                vec![part(
                    "years_since_first",
                    100.0,
                    &[(0.0, 10.0), (0.5, 35.0), (1.0, 60.0), (2.0, 80.0), (3.0, 100.0)],
                )],
            ),
            dimension(
                "recency",
                "近期活跃",
                "Recency",
                30.0,
                vec![part(
                    "days_since_last",
                    100.0,
                    &[(0.0, 100.0), (31.0, 80.0), (61.0, 60.0), (91.0, 40.0), (181.0, 20.0), (366.0, 0.0)],
                )],
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{Severity, validate};

    #[test]
    fn every_template_is_sound_and_reads_back_from_its_json() {
        for id in IDS {
            let rules = build(id, Instant(0), None).expect(id);
            let errors: Vec<_> =
                validate(&rules).into_iter().filter(|fault| fault.severity == Severity::Error).collect();
            assert_eq!(errors, [], "{id}");
            let text = serde_json::to_string(&rules).expect("writes");
            assert_eq!(Rules::read(&text).expect("reads"), rules, "{id}");
        }
        assert!(build("nothing", Instant(0), None).is_none());
        assert_eq!(all().len(), 4);
    }

    #[test]
    fn own_data_makes_a_sound_rising_ladder_of_any_base_even_of_one_value() {
        for values in [vec![12.0], vec![0.5; 10], (1..=1000).map(f64::from).collect(), vec![-3.0, 0.0, 7.5e9]] {
            let mut values: Vec<f64> = values;
            let found = percentiles(&mut values).expect("values");
            let own = Percentiles { net_spend: found, per_order: found, orders: found };
            let rules = build("own_data", Instant(0), Some(&own)).expect("rules");
            let errors: Vec<_> =
                validate(&rules).into_iter().filter(|fault| fault.severity == Severity::Error).collect();
            assert_eq!(errors, [], "{values:?}");
        }
        assert_eq!(percentiles(&mut []), None);
        assert_eq!(handy(4_183.0), 4_100.0);
        assert_eq!(handy(0.2), 1.0);
    }

    #[test]
    fn the_annual_plan_has_the_figures_of_the_plan() {
        let rules = build("annual_plan", Instant(0), None).expect("rules");
        let diamond = rules.levels.last().expect("diamond");
        let tests = diamond.entry.every_test();
        for (fact, is, value) in [
            ("net_spend_365", Comparison::AtLeast, 100_000.0),
            ("net_spend_30", Comparison::AtLeast, 5_000.0),
            ("orders_365", Comparison::AtLeast, 10.0),
            ("score", Comparison::MoreThan, 80.0),
        ] {
            assert!(tests.iter().any(|test| test.fact == fact && test.is == is && test.value == value), "{fact}");
        }
    }
}

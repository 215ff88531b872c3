use super::*;
use crate::bucket::{first_of, pack};
use crate::image::{Partition, Recorded};
use crate::ladder::Need;
use crate::measure::DayValues;
use crate::rfm::Grading;
use crate::templates;
use zunke_kernel::Instant;
use zunke_kernel::id::CustomerId;

fn dice(seed: &mut u64) -> i64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    i64::try_from(*seed >> 40).expect("small")
}

fn image(customers: i64) -> Image {
    let mut seed = 7;
    let mut image = Image::default();
    for half in 0..2 {
        let mut partition = Partition::default();
        for at in (0..customers).filter(|at| at % 2 == half) {
            let joined = (at % 3 == 0).then(|| first_of(2023).plus(i32::try_from(at % 300).expect("small")));
            partition.push(CustomerId::new(Instant(at)), joined);
            let rank = u8::try_from(at % 4).expect("small");
            partition.record(partition.len() - 1, Recorded { rank, revision: 1, ..Recorded::default() });
            for year in [2025, 2026] {
                let mut days: Vec<i64> = (0..dice(&mut seed) % 8).map(|_| dice(&mut seed) % 365).collect();
                days.sort_unstable();
                days.dedup();
                let days: Vec<_> = days
                    .into_iter()
                    .map(|day| {
                        let values = DayValues {
                            orders: 1,
                            gross: dice(&mut seed) % 30_000 * 10_000,
                            refunds: i64::from(day % 9 == 0),
                            refund_amount: if day % 9 == 0 { 5_000_000 } else { 0 },
                            quantity: day % 5,
                            contacts: i64::from(day % 7 == 0),
                            lines: vec![(u32::try_from(day % 4).expect("small"), 1)],
                            ..DayValues::default()
                        };
                        (first_of(year).plus(i32::try_from(day).expect("small")), values)
                    })
                    .collect();
                if !days.is_empty() {
                    partition.push_year(first_of(year), &pack(&days, first_of(year)));
                }
            }
        }
        partition.shrink();
        image.partitions.push(partition);
    }
    image
}

fn test(fact: &str, is: Comparison, value: f64) -> Test {
    Test { fact: fact.into(), is, value }
}

/// Rules that somebody moves sliders of: one after the other.
fn tried(template: &str) -> Vec<Rules> {
    let rules = templates::build(template, Instant(0), None).expect("template");
    let mut all = vec![rules.clone(), rules.clone()];
    let mut change = |change: &dyn Fn(&mut Rules)| {
        let mut next = all.last().expect("one").clone();
        change(&mut next);
        all.push(next);
    };
    change(&|rules| rules.score.dimensions[0].weight += 7.0);
    change(&|rules| rules.score.dimensions[0].indicators[0].weight += 3.0);
    change(&|rules| {
        for level in &mut rules.levels {
            level.entry.tests.iter_mut().for_each(|test| test.value *= 0.9);
        }
    });
    change(&|rules| rules.levels[1].guards.push(test("rfm_r", Comparison::AtLeast, 3.0)));
    change(&|rules| rules.rfm.recency = Grading::Bands([365.0, 180.0, 90.0, 30.0]));
    change(&|rules| rules.levels[2].guards.push(test("loyalty", Comparison::MoreThan, 20.0)));
    change(&|rules| rules.loyalty.dimensions.iter_mut().for_each(|dimension| dimension.weight += 5.0));
    change(&|rules| {
        let any = vec![
            test("score", Comparison::LessThan, 90.0),
            test("score", Comparison::AtMost, 12.5),
            test("nothing_like_it", Comparison::AtMost, 12.5),
        ];
        rules.levels[1].entry.groups.push(Rule { need: Need::Any(1), tests: any, groups: vec![] });
    });
    change(&|rules| rules.levels[1].guards.clear());
    change(&|rules| {
        for indicator in &mut rules.indicators {
            if let Source::Measure(source) = &mut indicator.source
                && source.window == Window::Days(365)
            {
                source.window = Window::Days(200);
            }
        }
    });
    change(&|rules| rules.levels.truncate(1));
    all
}

#[test]
fn slider_after_slider_the_columns_say_what_the_packed_days_say() {
    let image = image(900);
    let wanted = Wanted { movers: 7, ..Wanted::default() };
    for template in ["retail", "b2b", "annual_plan"] {
        let mut columns = Columns::default();
        let mut different = std::collections::BTreeSet::new();
        for (at, rules) in tried(template).iter().enumerate() {
            let as_of = Day::from_ymd(2026, if at > 8 { 5 } else { 9 }, 1).expect("a day");
            let cuts = image.cuts(rules, as_of);
            let counted = columns.simulate(&image, rules, as_of, &cuts, &wanted, &|| false).expect("few tests");
            let packed = image.simulate(rules, as_of, &cuts, &wanted, &|| false);
            assert_eq!(counted, packed, "{template}, change {at}");
            different.insert(format!("{:?}", packed.expect("runs").levels().map(|level| level.customers)));
        }
        assert!(different.len() > 3, "{template}: the changes change something");
        assert!(columns.size() > 900 * 25);
    }
}

#[test]
fn a_simulation_that_nobody_waits_for_stops_and_the_next_one_is_right() {
    let image = image(100);
    let rules = templates::build("retail", Instant(0), None).expect("template");
    let as_of = Day::from_ymd(2026, 9, 1).expect("a day");
    let cuts = image.cuts(&rules, as_of);
    let mut columns = Columns::default();
    let wanted = Wanted::default();
    assert_eq!(columns.simulate(&image, &rules, as_of, &cuts, &wanted, &|| true), Some(Err(Cancelled)));
    let counted = columns.simulate(&image, &rules, as_of, &cuts, &wanted, &|| false);
    assert_eq!(counted, Some(image.simulate(&rules, as_of, &cuts, &wanted, &|| false)));
}

#[test]
fn rules_with_more_tests_than_are_kept_are_left_to_the_packed_days() {
    let image = image(10);
    let mut rules = templates::build("retail", Instant(0), None).expect("template");
    let fact = rules.indicators[0].id.clone();
    rules.levels[1].guards = (0..60).map(|at| test(&fact, Comparison::AtLeast, f64::from(at))).collect();
    let as_of = Day::from_ymd(2026, 9, 1).expect("a day");
    let cuts = image.cuts(&rules, as_of);
    assert_eq!(Columns::default().simulate(&image, &rules, as_of, &cuts, &Wanted::default(), &|| false), None);
}

//! Times the evaluation of everyone from the image in memory: `cargo run --release --example image_bench [customers]`.
//!
//! Ten orders a customer over three years, drawn by a fixed generator; the rules are the retail template.

use std::time::Instant as Clock;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Instant};
use zunke_tiering::bucket::{first_of, pack};
use zunke_tiering::image::{Image, Partition};
use zunke_tiering::measure::DayValues;
use zunke_tiering::simulation::Wanted;
use zunke_tiering::templates;

/// A small generator of known quality (SplitMix64), so that every run sees the same customers.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> i64 {
        i64::try_from(self.next() % end).unwrap_or(0)
    }
}

fn build(customers: i64) -> Image {
    let mut dice = Dice(7);
    let mut image = Image::default();
    let mut partition = Partition::default();
    for number in 0..customers {
        partition.push(CustomerId::new(Instant(1_700_000_000_000 + number)), None);
        let orders = 1 + dice.below(19);
        let worth = 20 + dice.below(2_000);
        for year in [2024, 2025, 2026] {
            let first = first_of(year);
            let count = orders / 3 + i64::from(dice.below(3) < orders % 3);
            let mut days: Vec<i64> = (0..count).map(|_| dice.below(365)).collect();
            days.sort_unstable();
            days.dedup();
            let days: Vec<(Day, DayValues)> = days
                .into_iter()
                .map(|day| {
                    let gross = (worth * 100 + dice.below(20_000)) * 100;
                    let values = DayValues { orders: 1, gross, quantity: 1 + dice.below(5), ..DayValues::default() };
                    (first.plus(i32::try_from(day).unwrap_or(0)), values)
                })
                .collect();
            if !days.is_empty() {
                partition.push_year(first, &pack(&days, first));
            }
        }
        if partition.len() == 16_384 {
            partition.shrink();
            image.partitions.push(std::mem::take(&mut partition));
        }
    }
    image.partitions.push(partition);
    image
}

#[expect(clippy::print_stdout, reason = "its output is the point")]
fn main() {
    let customers = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let image = build(customers);
    let days: usize =
        image.partitions.iter().map(|part| (0..part.len()).map(|at| part.days(at).count()).sum::<usize>()).sum();
    println!("{customers} customers, {days} order days, {} MB", image.size() / 1_000_000);
    let began = Clock::now();
    let sum: i64 = image
        .partitions
        .iter()
        .flat_map(|part| (0..part.len()).flat_map(|at| part.days(at).map(|day| day.gross)))
        .fold(0, i64::wrapping_add);
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let each = began.elapsed().as_nanos() as f64 / days as f64;
    println!("decoding on one core: {each:.1} ns a day (sum {sum})");
    for template in ["retail", "annual_plan"] {
        let Some(rules) = templates::build(template, Instant(0), None) else { continue };
        let Some(as_of) = Day::from_ymd(2026, 11, 22) else { continue };
        for run in 0..4 {
            let began = Clock::now();
            let cuts = image.cuts(&rules, as_of);
            let drawn = began.elapsed();
            let simulation = image.simulate(&rules, as_of, &cuts, &Wanted::default(), &|| false);
            let levels = simulation.map(|done| done.levels().map(|level| level.customers)).unwrap_or_default();
            println!(
                "{template} run {run}: cuts {drawn:?}, all {:?}; customers per level {:?}",
                began.elapsed(),
                &levels[..5]
            );
        }
    }
}

//! The file of a year, and its days one by one in whatever order: the same customers, measures, scores and levels.

use crate::extract;
use crate::house::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use zunke_customers::Observer;
use zunke_customers::import::{Files, Mapping, Options, Summary, run_file};
use zunke_kernel::Instant;
use zunke_store::testing::{TestDb, databases};
use zunke_tiering::Tiers;

/// As of the day after the last one.
const EVALUATE: [&str; 4] = ["evaluate", "--as-of", "2011-12-10", "--pin"];

struct Company {
    db: TestDb,
    folder: tempfile::TempDir,
    clock: AtomicI64,
}

impl Company {
    fn all() -> Vec<Self> {
        let company = |db| {
            let company =
                Self { db, folder: tempfile::tempdir().expect("folder"), clock: AtomicI64::new(1_790_000_000_000) };
            company.json(&["organisation", "set", "--time-zone", "Europe/London", "--currency", "GBP"]);
            company
        };
        databases().into_iter().map(company).collect()
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        json(self.folder.path(), Some(&self.db.url), arguments)
    }

    /// What `zunke import` does, without a process for each of hundreds of files.
    fn load(&self, path: &Path) -> Summary {
        let files = Files::new(self.folder.path().join("imports"));
        let mapping = Mapping::built_in("online-retail").expect("built in");
        let clock = || Instant(self.clock.fetch_add(11, Ordering::Relaxed));
        let observers: [Arc<dyn Observer>; 1] = [Tiers::default().observer()];
        let options = Options { files: &files, by: None };
        run_file(&self.db, &clock, path, &mapping, &observers, &options, &|_| {}).expect("loads")
    }

    fn stats(&self) -> serde_json::Value {
        let mut stats = self.json(&["stats", "--fingerprint"]);
        stats["evaluated_at"] = serde_json::Value::Null;
        for level in stats["levels"].as_array_mut().into_iter().flatten() {
            level["level_id"] = serde_json::Value::Null;
        }
        stats
    }
}

/// Some order of all days, every fifth of them twice.
fn shuffled(days: &[PathBuf], mut seed: u64) -> Vec<&PathBuf> {
    let mut order: Vec<&PathBuf> = days.iter().chain(days.iter().step_by(5)).collect();
    for at in (1..order.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, usize::try_from(seed >> 33).expect("small") % (at + 1));
    }
    order
}

/// `rules_first`: levels are there from the beginning and move with each day; else they come at the end.
fn days_come_to_the_whole(rules_first: bool, seed: u64) {
    let folder = tempfile::tempdir().expect("folder");
    let days = extract::write_days(folder.path());
    assert!(days.len() > 150, "{}", days.len());
    let mut prints = Vec::new();
    for (whole, parts) in Company::all().into_iter().zip(Company::all()) {
        if rules_first {
            whole.json(&EVALUATE);
            parts.json(&EVALUATE);
        }
        let loaded = whole.load(&extract::file()).progress;
        let (mut recorded, mut orders) = (0, 0);
        for day in shuffled(&days, seed) {
            let loaded = parts.load(day).progress;
            recorded += loaded.recorded;
            orders += loaded.orders + loaded.refunds;
        }
        assert_eq!(recorded, loaded.recorded, "what came twice counts once");
        assert!(orders > recorded, "some came twice");
        assert_eq!(whole.json(&EVALUATE)["levels"], parts.json(&EVALUATE)["levels"]);
        let (one, other) = (whole.stats(), parts.stats());
        assert_eq!(one, other, "seed {seed}");
        let placed = one["levels"].as_array().expect("levels").iter().filter(|level| level["customers"] != 0).count();
        assert!(placed > 1, "there is more than one level to be in: {one}");
        prints.push(one["fingerprint"].clone());
    }
    assert!(prints.iter().all(|print| *print == prints[0]), "the same on both engines");
}

#[test]
fn days_in_any_order_and_some_twice_come_to_the_whole_file() {
    days_come_to_the_whole(false, 1);
}

#[test]
fn days_in_any_order_come_to_the_whole_file_with_levels_that_move_on_the_way() {
    days_come_to_the_whole(true, 2);
}

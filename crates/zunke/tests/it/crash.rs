//! Killed at any moment, an import and an evaluation come to the same as undisturbed ones.

use crate::house::{json, zunke};
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use zunke_store::{Engine, testing};

const IMPORT_KILLS: u64 = 12;
const EVALUATION_KILLS: u64 = 8;
const DAY: &str = "2011-12-10";

/// Order lines as the retailer has them, with cancellations, repeated lines and rows without a customer.
fn write_orders(path: &Path) {
    let mut text = String::from("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for invoice in 0..4_000_u32 {
        let customer = 12_000 + invoice * 7 % 900;
        let (month, day) = (1 + invoice / 31 % 11, 1 + invoice % 28);
        let cancelled = if invoice % 17 == 0 { "C" } else { "" };
        for line in 0..1 + invoice % 4 {
            let quantity = if cancelled.is_empty() { i64::from(1 + line) } else { -i64::from(1 + line) };
            let customer = if invoice % 23 == 0 { String::new() } else { customer.to_string() };
            let _ = writeln!(
                text,
                "{cancelled}{},{},THING {line},{quantity},{month}/{day}/2011 9:{:02},{}.{:02},{customer},France",
                500_000 + invoice,
                21_000 + line,
                invoice % 60,
                1 + invoice % 40,
                invoice % 100,
            );
        }
    }
    std::fs::write(path, text).expect("write");
}

/// Starts a command and kills it after `after`; answers whether it was still running.
fn kill_after(folder: &Path, database: &str, arguments: &[&str], after: Duration) -> bool {
    let mut command = zunke(folder, Some(database));
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("start");
    std::thread::sleep(after);
    let running = child.try_wait().expect("state").is_none();
    child.kill().expect("kill");
    child.wait().expect("end");
    running
}

/// Some share of `whole`: no two kills at the same point.
fn moment(whole: Duration, number: u64) -> Duration {
    let share = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 1_000;
    whole.mul_f64(f64::from(u32::try_from(share).expect("small")) / 1_000.0)
}

fn killed_and_undisturbed_agree(engine: Engine) {
    let (Some(calm), Some(rough)) = (testing::database(engine), testing::database(engine)) else { return };
    let folder = tempfile::tempdir().expect("folder");
    let (calm_data, rough_data) = (folder.path().join("calm"), folder.path().join("rough"));
    for data in [&calm_data, &rough_data] {
        std::fs::create_dir(data).expect("folder");
    }
    let file = folder.path().join("orders.csv");
    write_orders(&file);
    let file = file.to_str().expect("a path");
    let import = ["import", file, "--mapping", "online-retail"];
    for (data, url) in [(&calm_data, &calm.url), (&rough_data, &rough.url)] {
        json(data, Some(url), &["organisation", "set", "--time-zone", "Europe/London", "--currency", "GBP"]);
    }

    let started = Instant::now();
    let undisturbed = json(&calm_data, Some(&calm.url), &import);
    let whole = started.elapsed();
    assert!(undisturbed["orders"].as_u64() > Some(3_000), "{undisturbed}");
    let mut hit = 0;
    for number in 1..=IMPORT_KILLS {
        hit += u64::from(kill_after(&rough_data, &rough.url, &import, moment(whole / 2, number)));
    }
    let resumed = json(&rough_data, Some(&rough.url), &import);
    assert!(hit >= IMPORT_KILLS / 2, "only {hit} kills met a running import");
    for figure in ["rows_read", "accepted", "skipped", "orders", "refunds", "order_sum", "refund_sum", "customers"] {
        assert_eq!(resumed[figure], undisturbed[figure], "{figure}");
    }

    let started = Instant::now();
    json(&calm_data, Some(&calm.url), &["evaluate", "--as-of", DAY]);
    let whole = started.elapsed();
    json(&rough_data, Some(&rough.url), &["evaluate", "--as-of", DAY]);
    for number in 1..=EVALUATION_KILLS {
        // Another day each time, so that there is something to write.
        let day = format!("2011-{:02}-15", 3 + number);
        kill_after(&rough_data, &rough.url, &["evaluate", "--as-of", &day], moment(whole, 100 + number));
    }
    json(&rough_data, Some(&rough.url), &["evaluate", "--as-of", DAY]);

    let figures = |data: &Path, url: &str| {
        let mut stats = json(data, Some(url), &["stats", "--fingerprint"]);
        stats["evaluated_at"] = serde_json::Value::Null;
        for level in stats["levels"].as_array_mut().into_iter().flatten() {
            level["level_id"] = serde_json::Value::Null;
        }
        stats
    };
    assert_eq!(figures(&rough_data, &rough.url), figures(&calm_data, &calm.url));
    assert_eq!(json(&rough_data, Some(&rough.url), &["doctor"])["ok"], true);
}

#[test]
fn killed_at_twenty_moments_on_sqlite_nothing_is_lost_and_nothing_repeated() {
    killed_and_undisturbed_agree(Engine::Sqlite);
}

#[test]
fn killed_at_twenty_moments_on_postgresql_nothing_is_lost_and_nothing_repeated() {
    killed_and_undisturbed_agree(Engine::Postgres);
}

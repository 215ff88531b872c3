//! A database of an earlier schema, with data in it, opened by today's program. `data/schema-5.db.gz` is forty customers of
//! the demo company as the program wrote them when 0005 was its last migration.

use crate::house::{json, run};
use std::io::Read;

const EARLIER: &[u8] = include_bytes!("data/schema-5.db.gz");

#[test]
fn a_database_of_the_first_schema_goes_on_with_all_its_data_and_an_evaluation_comes_to_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(EARLIER).read_to_end(&mut plain).expect("gzip");
    std::fs::write(folder.path().join("old.db"), plain).expect("a file");
    let database = Some("sqlite:old.db");
    let ask = |arguments: &[&str]| json(folder.path(), database, arguments);

    let migrated = ask(&["migrate"]);
    assert_eq!(migrated["applied"][0], "0006_life");
    assert_eq!(ask(&["migrate"])["applied"].as_array().map(Vec::len), Some(0), "twice is once");

    let stats = ask(&["stats"]);
    let counted = |name: &str| stats[name].as_i64();
    assert_eq!((counted("customers"), counted("orders"), counted("refunds")), (Some(40), Some(820), Some(18)));
    assert_eq!(counted("interactions"), Some(352));
    assert_eq!((&stats["order_sum"], &stats["refund_sum"]), (&"2529739.25".into(), &"43179.25".into()));
    let of_rank = |at: usize| stats["levels"][at]["customers"].as_i64();
    assert_eq!((of_rank(0), of_rank(3)), (Some(20), Some(20)), "everyone stands where he stood");

    let day = ["evaluate", "--as-of", "2026-11-23"];
    let first = ask(&day);
    assert_eq!(first["customers"], 40);
    let again = ask(&day);
    assert_eq!((&again["written"], &again["levels"]), (&0.into(), &first["levels"]));
    assert_eq!(ask(&["doctor"])["ok"], true);
}

#[test]
fn a_file_that_is_no_database_is_refused_in_words_and_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.db");
    std::fs::write(&path, b"customer,amount\nA,1\n".repeat(300)).expect("a file");
    let output = run(folder.path(), Some("sqlite:old.db"), &["migrate"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("old.db") && !said.contains("panicked"), "{said}");
    assert_eq!(std::fs::read(&path).expect("the file").len(), 20 * 300);
}

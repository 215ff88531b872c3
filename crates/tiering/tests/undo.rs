//! After the undo of an import nothing is kept here of the customers that went with it.

mod common;

use common::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use zunke_customers::Observer;
use zunke_customers::import::{Files, Mapping, Options, run, run_file, undo};
use zunke_kernel::Instant;
use zunke_store::{Db, testing};
use zunke_tiering::Tiering;

fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    db.read(|tx| tx.query_one(&sql, &[], |row| row.int(0))).expect(table).unwrap_or(0)
}

#[test]
fn customers_who_went_with_an_import_leave_no_row_behind() {
    for db in testing::databases() {
        programme(&db, "retail");
        let stays = customer(&db, 1);
        record(&db, "2026-11-22", &[added(activity(stays, zunke_customers::Kind::Order, "2026-11-01", 9_000))]);
        let tables = ["measure_buckets", "standings", "decisions"];
        let before = tables.map(|table| count(&db, table));
        let folder = tempfile::tempdir().expect("folder");
        let files = Files::new(folder.path().join("imports"));
        let path = folder.path().join("orders.csv");
        let head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
        let rows: String =
            (0..50).map(|row| format!("{row},A,,1,2011-0{}-02,90000,{},UK\n", row % 9 + 1, row % 7)).collect();
        std::fs::write(&path, format!("{head}{rows}")).expect("written");
        let mapping = Mapping::built_in("online-retail").expect("built in");
        let clock = AtomicI64::new(NOW.0);
        let now = || Instant(clock.fetch_add(7, Ordering::Relaxed));
        let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Tiering::default())];
        let options = Options { files: &files, by: None };
        let done = run_file(&db, &now, &path, &mapping, &observers, &options, &|_| {}).expect("loads");
        assert_eq!((done.progress.orders, count(&db, "customers")), (50, 8));
        assert!(count(&db, "standings") > before[1] && count(&db, "measure_buckets") > before[0]);
        db.write(|tx| run::undo(tx, done.import_id, None, now())).expect("asked");
        let undone = undo::undo(&db, done.import_id, None, &observers, &now, &|_, _| Ok(())).expect("undone");
        assert_eq!((undone.withdrawn, undone.customers_removed), (50, 7));
        assert_eq!(tables.map(|table| count(&db, table)), before);
    }
}

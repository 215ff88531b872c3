//! Imports on both databases: exact on real data, whole after a crash, without effect the second time, and undone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use zunke_customers::custom::Reader;
use zunke_customers::import::mapping::{Cancellation, Field, Kind, Mapping};
use zunke_customers::import::store::{self, State};
use zunke_customers::import::values::DateOrder;
use zunke_customers::import::{Files, Options, Summary, errors, preview, reader, run, run_file, suggest, undo};
use zunke_customers::{Change, Observer, Observers, RecordContext};
use zunke_kernel::{Error, Instant, Locale, Result};
use zunke_store::testing::{TestDb, databases};
use zunke_store::{Db, Tx};

const NOW: i64 = 1_790_000_000_000;

struct Place {
    db: TestDb,
    folder: tempfile::TempDir,
    files: Files,
    clock: AtomicI64,
}

impl Place {
    fn all() -> Vec<Self> {
        let place = |db| {
            let folder = tempfile::tempdir().expect("folder");
            let files = Files::new(folder.path().join("imports"));
            Self { db, folder, files, clock: AtomicI64::new(NOW) }
        };
        databases().into_iter().map(place).collect()
    }

    fn now(&self) -> Instant {
        Instant(self.clock.fetch_add(7, Ordering::Relaxed))
    }

    fn load_with(&self, path: &Path, mapping: &Mapping, observers: &[Arc<dyn Observer>]) -> Result<Summary> {
        let options = Options { files: &self.files, by: None };
        run_file(&self.db, &|| self.now(), path, mapping, observers, &options, &|_| {})
    }

    fn load(&self, path: &Path, mapping: &Mapping) -> Summary {
        self.load_with(path, mapping, &[]).expect("loads")
    }

    fn text(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Everything that an import may touch, as one text.
    fn state(&self) -> String {
        let list = |sql: &str| self.db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect("query").join("\n");
        [
            "SELECT a.source || ' ' || a.source_id || ' ' || a.kind || ' ' || CAST(a.occurred_at AS TEXT) || ' ' || CAST(a.amount AS TEXT)
               || ' ' || COALESCE(CAST(a.quantity AS TEXT), '-') || ' ' || COALESCE(a.lines, '') || ' ' || e.value
             FROM activities a JOIN external_ids e ON e.customer_id = a.customer_id ORDER BY a.source, a.source_id",
            "SELECT source || ' ' || source_id FROM activity_keys ORDER BY source, source_id",
            "SELECT name || ' ' || COALESCE(region, '') FROM customers ORDER BY name",
            "SELECT phone FROM customer_phones ORDER BY phone",
            "SELECT source || ' ' || value FROM external_ids ORDER BY source, value",
        ]
        .map(list)
        .join("\n--\n")
    }

    fn count(&self, table: &str) -> i64 {
        count(&self.db, table)
    }
}

fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    db.read(|tx| tx.query_one(&sql, &[], |row| row.int(0))).expect("count").unwrap_or(0)
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn looked() -> RecordContext {
    RecordContext {
        now: Instant(NOW),
        zone: zunke_kernel::Zone::default(),
        today: zunke_kernel::Zone::default().day_of(Instant(NOW)),
        currency: zunke_kernel::Currency::CNY,
        actor: None,
        scope: zunke_access::Scope::all(),
        import_id: None,
        observers: Observers::default(),
    }
}

fn online_retail() -> Mapping {
    Mapping::built_in("online-retail").expect("built in")
}

fn check_facts(summary: &Summary, facts: &serde_json::Value) {
    let progress = &summary.progress;
    let number = |name: &str| facts[name].as_u64().expect("a number");
    assert_eq!(progress.rows_read, number("rows"));
    assert_eq!(progress.rows_settled, number("rows"));
    assert_eq!(progress.accepted, number("accepted"));
    assert_eq!(progress.skipped, [("no_customer".to_owned(), number("no_customer"))].into());
    assert_eq!((progress.orders, progress.refunds), (number("orders"), number("refunds")));
    assert_eq!(progress.customers, number("customers"));
    let money = |name: &str| zunke_kernel::Money::parse(facts[name].as_str().expect("a text")).expect("money");
    assert_eq!((progress.order_sum, progress.refund_sum), (money("order_sum"), money("refund_sum")));
}

fn extract_facts() -> serde_json::Value {
    let text = std::fs::read_to_string(data("online-retail-extract.json")).expect("facts");
    serde_json::from_str(&text).expect("json")
}

#[test]
fn real_data_comes_out_exactly_and_the_second_time_changes_nothing() {
    let facts = extract_facts();
    for place in Place::all() {
        let path = data("online-retail-extract.csv.gz");
        let summary = place.load(&path, &online_retail());
        check_facts(&summary, &facts);
        assert_eq!(summary.progress.recorded, 623);
        assert_eq!(summary.progress.customers_created, 139);
        assert_eq!(summary.progress.last_activity_day.expect("day").to_string(), "2011-12-09");
        let state = place.state();
        let again = place.load(&path, &online_retail());
        check_facts(&again, &facts);
        assert_eq!((again.progress.duplicates, again.progress.recorded, again.resumed), (623, 0, false));
        assert_eq!(again.progress.customers_created, 0);
        assert_eq!(place.state(), state);
        // The invoice of most lines keeps its sum and some of its lines.
        let most = place
            .db
            .read(|tx| tx.query("SELECT lines FROM activities", &[], |row| row.json::<Vec<serde_json::Value>>(0)))
            .expect("lines");
        assert_eq!(most.iter().map(Vec::len).max(), Some(200));
    }
}

/// Fails on its `at`th call, like a process that is killed between two chunks.
struct Falls {
    at: usize,
    calls: AtomicUsize,
}

impl Observer for Falls {
    fn recorded(&self, _: &mut Tx, _: &RecordContext, _: &[Change]) -> Result<()> {
        if self.calls.fetch_add(1, Ordering::Relaxed) + 1 >= self.at {
            return Err(Error::internal("the lights went out"));
        }
        Ok(())
    }
}

#[test]
fn an_import_that_fell_goes_on_where_it_stopped() {
    for place in Place::all() {
        let mut rows = String::from("会员号,订单号,下单时间,实付金额,手机\n");
        for at in 0..4_500 {
            rows.push_str(&format!(
                "{},A{at},2026-01-{:02} 10:00:00,{}.5,139{:08}\n",
                at % 700,
                at % 28 + 1,
                at % 90,
                at % 700
            ));
            if at % 100 == 7 {
                rows.push_str(&format!("{},B{at},昨天,1,\n", at % 700));
            }
        }
        let path = place.text("orders.csv", &rows);
        let found = reader::inspect(&path, "orders.csv", &reader::ReadOptions::default()).expect("reads");
        let mapping = suggest::suggest(&found, "orders.csv");
        assert_eq!(mapping.kind, Kind::Orders);
        for at in [1, 3, 2] {
            let falls: Arc<dyn Observer> = Arc::new(Falls { at, calls: AtomicUsize::new(0) });
            let error = place.load_with(&path, &mapping, &[falls]).expect_err("falls");
            assert_eq!(error.code, "internal");
            assert!(place.count("activities") < 4_500);
        }
        let summary = place.load(&path, &mapping);
        assert!(summary.resumed);
        let progress = &summary.progress;
        assert_eq!((progress.rows_read, progress.accepted, progress.recorded), (4_545, 4_500, 4_500));
        assert_eq!((progress.orders, progress.customers, progress.customers_created), (4_500, 700, 700));
        assert_eq!(progress.skipped, [("value_invalid".to_owned(), 45)].into());
        assert_eq!(
            (place.count("activities"), place.count("customers"), place.count("customer_phones")),
            (4_500, 700, 700)
        );
        assert_eq!(place.count("imports"), 1);
    }
}

#[test]
fn day_files_in_any_order_and_some_twice_are_the_whole_file() {
    let path = data("online-retail-extract.csv.gz");
    let mut days: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let found = reader::inspect(&path, "x.csv.gz", &reader::ReadOptions::default()).expect("reads");
    reader::read(&path, &found.shape, &mut |row| {
        let day = row.cell(4)[..7].to_owned();
        let text = days.entry(day).or_insert_with(|| found.shape.columns.join(",") + "\n");
        let cells: Vec<String> = row.cells().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
        Ok(true)
    })
    .expect("reads");
    for (whole, parts) in Place::all().into_iter().zip(Place::all()) {
        whole.load(&path, &online_retail());
        let mut names: Vec<_> = days.keys().collect();
        names.sort_by_key(|name| name.bytes().rev().collect::<Vec<_>>());
        names.extend(days.keys().step_by(3));
        for name in names {
            parts.load(&parts.text(&format!("{name}.csv"), &days[name]), &online_retail());
        }
        assert!(whole.state() == parts.state());
    }
}

#[test]
fn of_orders_that_name_two_regions_the_earliest_decides_and_a_person_stands_above_them() {
    let head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    let early = "1,a,A,1,2011-01-05 10:00:00,2,77,Norway\n";
    let late = "2,a,A,1,2011-03-05 10:00:00,2,77,Spain\n";
    let region = |place: &Place| {
        let sql = "SELECT region FROM customers";
        place.db.read(|tx| tx.query(sql, &[], |row| row.opt_text(0))).expect("regions")
    };
    for files in [vec![early, late], vec![late, early], vec![&[late, early].concat()], vec![late, early, late]] {
        for place in Place::all() {
            for (at, rows) in files.iter().enumerate() {
                place.load(&place.text(&format!("{at}.csv"), &format!("{head}{rows}")), &online_retail());
            }
            assert_eq!(region(&place), [Some("Norway".to_owned())], "{files:?}");
        }
    }
    for place in Place::all() {
        place.load(&place.text("late.csv", &format!("{head}{late}")), &online_retail());
        let said = "UPDATE customers SET region = 'Chile', place_from = NULL";
        place.db.write(|tx| tx.execute(said, &[])).expect("said by a person");
        place.load(&place.text("early.csv", &format!("{head}{early}")), &online_retail());
        assert_eq!(region(&place), [Some("Chile".to_owned())]);
    }
}

#[test]
fn a_corrected_invoice_replaces_and_its_undo_brings_the_old_one_back() {
    let head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    for place in Place::all() {
        let first = place.text(
            "1.csv",
            &format!("{head}1,A,,2,2011-01-01 10:00:00,1.5,7.0,UK\n1,B,,1,2011-01-01 10:01:00,0.125,7.0,UK\n2,A,,1,2011-01-02 10:00:00,4,8.0,UK\n"),
        );
        place.load(&first, &online_retail());
        let before = place.state();
        let second = place.text(
            "2.csv",
            &format!("{head}1,A,,3,2011-01-01 10:00:00,1.5,7.0,UK\n3,A,,1,2011-01-02 10:00:00,4,9.0,UK\n"),
        );
        let summary = place.load(&second, &online_retail());
        assert_eq!((summary.progress.replaced, summary.progress.recorded), (1, 1));
        assert_ne!(place.state(), before);
        let id = summary.import_id;
        place.db.write(|tx| run::undo(tx, id, None, Instant(NOW))).expect("undoing");
        let done = undo::undo(&place.db, id, None, &[], &|| place.now(), &|_, _| Ok(())).expect("undone");
        assert_eq!((done.withdrawn, done.restored, done.customers_removed), (2, 1, 1));
        assert_eq!(place.state(), before);
        let import = place.db.read(|tx| store::find(tx, id)).expect("import");
        assert_eq!(import.state, State::Undone);
        let error = place.db.write(|tx| run::undo(tx, id, None, Instant(NOW))).expect_err("twice");
        assert_eq!(error.code, "import_state");
    }
}

#[test]
fn undo_of_a_whole_import_leaves_nothing() {
    for place in Place::all() {
        let empty = place.state();
        let summary = place.load(&data("online-retail-extract.csv.gz"), &online_retail());
        place.db.write(|tx| run::undo(tx, summary.import_id, None, Instant(NOW))).expect("undoing");
        let done =
            undo::undo(&place.db, summary.import_id, None, &[], &|| place.now(), &|_, _| Ok(())).expect("undone");
        assert_eq!((done.withdrawn, done.customers_removed), (623, 139));
        assert_eq!(place.state(), empty);
    }
}

#[test]
fn the_error_file_can_be_corrected_and_loaded_again() {
    let head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    for place in Place::all() {
        let path = place.text(
            "1.csv",
            &format!("{head}1,A,\"=x, y\",2,2011-01-01 10:00:00,1.5,,UK\n2,B,,-1,2011-01-01 10:01:00,4,8.0,UK\n3,A,,1,2011-01-02 10:00:00,4,8.0,UK\n3,A,,1,2011-13-02 10:00:00,4,8.0,UK\n4,A,,1,2011-01-02,5,9,UK\n"),
        );
        let summary = place.load(&path, &online_retail());
        let skipped = [("negative_order", 1), ("no_customer", 1), ("other_row", 1), ("value_invalid", 1)];
        assert_eq!(summary.progress.skipped, skipped.map(|(code, count)| (code.to_owned(), count)).into());
        assert_eq!(summary.progress.accepted, 1);
        let file = |id, locale| {
            let import = place.db.read(|tx| store::find(tx, id)).expect("import");
            let mut out = Vec::new();
            errors::write(&import, &place.files, &zunke_kernel::Zone::default(), Reader::default(), locale, &mut out)
                .expect("written");
            String::from_utf8(out).expect("text")
        };
        let text = file(summary.import_id, Locale::Zh);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[0].starts_with("\u{feff}InvoiceNo,") && lines[0].ends_with(",Country,错误"));
        assert!(lines[1].starts_with("1,A,\"'=x, y\",2,") && lines[1].contains("第 2 行：缺少客户"), "{}", lines[1]);
        assert!(lines[2].starts_with("2,B,,-1,") && lines[2].contains("合计为负"), "{}", lines[2]);
        assert!(lines[3].contains("其他行有误") && lines[4].contains("“2011-13-02 10:00:00”不是日期"), "{}", lines[4]);
        assert!(file(summary.import_id, Locale::En).contains("Row 5: Column “InvoiceDate”"));
        let corrected = text.replace(",1.5,,UK", ",1.5,7,UK").replace("-1,", "1,").replace("2011-13", "2011-01");
        let again = place.load(&place.text("again.csv", &corrected), &online_retail());
        assert_eq!((again.progress.accepted, again.progress.orders, again.progress.skipped.len()), (4, 3, 0));
        assert_eq!(again.progress.order_sum.to_string(), "15.00");
        assert_eq!(place.count("activities"), 4);
    }
}

fn customers_mapping() -> Mapping {
    Mapping {
        kind: Kind::Customers,
        source: "crm".into(),
        columns: [
            (Field::CustomerId, "编号"),
            (Field::CustomerName, "姓名"),
            (Field::Phone, "手机"),
            (Field::Birthday, "生日"),
            (Field::City, "城市"),
        ]
        .map(|(field, column)| (field, column.to_owned()))
        .into(),
        fields: [].into(),
        constants: [].into(),
        date_order: DateOrder::Ymd,
        time_zone: None,
        cancellation: Cancellation::default(),
        drop_zero: false,
        skip: None,
        read: reader::ReadOptions::default(),
    }
}

#[test]
fn a_customer_file_fills_and_corrects_but_never_blanks() {
    for place in Place::all() {
        let first = place.text(
            "1.csv",
            "编号,姓名,手机,生日,城市\n001,王小明,138 1234 5678,1986-05-04,上海\n002,𠮷田,,1940/6/1,\n003,李雷,+86 13912345678,,北京\n,无名,,,\n004,错,12,,\n",
        );
        let summary = place.load(&first, &customers_mapping());
        assert_eq!((summary.progress.accepted, summary.progress.customers_created), (3, 3));
        assert_eq!(summary.progress.skipped, [("no_customer".to_owned(), 1), ("value_invalid".to_owned(), 1)].into());
        let second = place.text(
            "2.csv",
            "编号,姓名,手机,生日,城市\n001,王晓明,,,\n002,,１３７１２３４５６７８,,大阪\n005,另一人,13912345678,,\n003,李雷,13912345678,,北京\n",
        );
        let summary = place.load(&second, &customers_mapping());
        assert_eq!(
            (summary.progress.accepted, summary.progress.customers_created, summary.progress.customers_changed),
            (4, 1, 2)
        );
        let rows = place
            .db
            .read(|tx| {
                tx.query(
                    "SELECT c.name, c.birthday, c.city, p.phone FROM customers c JOIN external_ids e ON e.customer_id = c.customer_id
                     LEFT JOIN customer_phones p ON p.customer_id = c.customer_id ORDER BY e.value",
                    &[],
                    |row| Ok((row.text(0)?, row.opt_day(1)?.map(|day| day.to_string()), row.opt_text(2)?, row.opt_text(3)?)),
                )
            })
            .expect("rows");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(rows[0], ("王晓明".into(), text("1986-05-04"), text("上海"), text("+8613812345678")));
        assert_eq!(rows[1], ("𠮷田".into(), text("1940-06-01"), text("大阪"), text("+8613712345678")));
        assert_eq!(rows[2], ("李雷".into(), None, text("北京"), text("+8613912345678")));
        // Another id of the same system with the same phone is another customer, without the phone.
        assert_eq!(rows[3], ("另一人".into(), None, None, None));
    }
}

#[test]
fn customers_are_matched_by_phone_across_systems() {
    for place in Place::all() {
        place.load(&place.text("1.csv", "编号,姓名,手机,生日,城市\n001,王小明,13812345678,,\n"), &customers_mapping());
        let mut shop = customers_mapping();
        shop.kind = Kind::Orders;
        shop.source = "shop".into();
        shop.columns = [
            (Field::Id, "单号"),
            (Field::CustomerId, "买家"),
            (Field::CustomerName, "收货人"),
            (Field::Phone, "电话"),
            (Field::OccurredAt, "时间"),
            (Field::Amount, "金额"),
        ]
        .map(|(field, column)| (field, column.to_owned()))
        .into();
        let orders = place.text(
            "orders.csv",
            "单号,买家,收货人,电话,时间,金额\nA1,b1,小明,+86-138-1234-5678,2026-01-01,10\nA2,b1,小明,,2026-01-02,\"1,234.5\"\nA3,b2,韩梅梅,138****5678,2026-01-03,￥３０\nA3,b2,韩梅梅,,2026-01-03,30\nA4,b2,,,2026-01-04,-5\n",
        );
        shop.cancellation.negative = true;
        let summary = place.load(&orders, &shop);
        let progress = &summary.progress;
        assert_eq!((progress.orders, progress.refunds, progress.duplicates), (4, 1, 1));
        assert_eq!((place.count("customers"), place.count("activities"), place.count("external_ids")), (2, 4, 3));
        let names = place
            .db
            .read(|tx| tx.query("SELECT name FROM customers ORDER BY name", &[], |row| row.text(0)))
            .expect("names");
        assert_eq!(names, ["王小明", "韩梅梅"], "an order file fills blanks only");
    }
}

#[test]
fn a_preview_says_what_will_happen_and_does_nothing() {
    for place in Place::all() {
        let path = data("online-retail-extract.csv.gz");
        place.load(&path, &online_retail());
        let state = place.state();
        let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
                    900001,A,,1,2011-12-09 10:00:00,2,99999,UK\n900001,B,,1,2011-12-09 10:00:00,2,99999,UK\n\
                    C900002,A,,-1,2011-12-09 10:00:00,2,99999,UK\n900003,A,,1,2011-12-09 10:00:00,2,,UK\n900004,A,,x,2011-12-09 10:00:00,2,1,UK\n";
        let file = place.text("new.csv", text);
        let found = reader::inspect(&file, "new.csv", &reader::ReadOptions::default()).expect("reads");
        let shown = place
            .db
            .read(|tx| preview::preview(tx, &file, &found.shape, &online_retail(), found.rows, &looked()))
            .expect("preview");
        let wills: Vec<_> = shown.rows.iter().map(|row| (row.will, row.creates_customer, row.problems.len())).collect();
        use preview::Will;
        assert_eq!(
            wills,
            [
                (Will::Order, true, 0),
                (Will::Order, false, 0),
                (Will::Refund, false, 0),
                (Will::Skip, false, 1),
                (Will::Skip, false, 1)
            ]
        );
        assert_eq!(shown.counts, [(Will::Order, 2), (Will::Refund, 1), (Will::Skip, 2)].into());
        // The same file again would change nothing.
        let found = reader::inspect(&path, "x.csv.gz", &reader::ReadOptions::default()).expect("reads");
        let shown = place
            .db
            .read(|tx| preview::preview(tx, &path, &found.shape, &online_retail(), found.rows, &looked()))
            .expect("preview");
        assert_eq!(shown.rows.len(), 50);
        assert!(shown.rows.iter().all(|row| matches!(row.will, Will::Duplicate | Will::Skip)));
        assert_eq!(place.state(), state);
    }
}

#[test]
fn a_wrong_mapping_and_a_wrong_file_leave_nothing_behind() {
    for place in Place::all() {
        let path = place.text("1.csv", "a,b\n1,2\n");
        let error = place.load_with(&path, &online_retail(), &[]).expect_err("no such columns");
        assert_eq!((error.code, error.others.len()), ("mapping_column_unknown", 6));
        let path = place.text("2.csv", "%PDF-1.4");
        assert_eq!(place.load_with(&path, &online_retail(), &[]).expect_err("pdf").code, "file_type_wrong");
        assert_eq!(
            place.load_with(Path::new("/nowhere"), &online_retail(), &[]).expect_err("missing").code,
            "file_unreadable"
        );
        assert_eq!(place.count("imports"), 0);
        // Absurd amounts, future dates, unknown currencies are problems of their rows.
        let mut orders = customers_mapping();
        orders.kind = Kind::Orders;
        orders.columns = [
            (Field::Id, "单号"),
            (Field::CustomerId, "买家"),
            (Field::OccurredAt, "时间"),
            (Field::Amount, "金额"),
            (Field::Currency, "币种"),
        ]
        .map(|(field, column)| (field, column.to_owned()))
        .into();
        let path = place.text(
            "3.csv",
            "单号,买家,时间,金额,币种\n1,a,2026-01-01,999999999999999,\n2,a,2099-01-01,1,\n3,a,2026-01-01,1,银元\n4,a,2026-01-01,-1,\n5,a,2026-01-01,1,USD\n6,a,2026-01-01,1,人民币\n",
        );
        let summary = place.load(&path, &orders);
        let skipped = [("in_future", 1), ("negative_order", 1), ("refused", 1), ("value_invalid", 2)];
        assert_eq!(summary.progress.skipped, skipped.map(|(code, count)| (code.to_owned(), count)).into());
        assert_eq!(summary.progress.accepted, 1);
    }
}

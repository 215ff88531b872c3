//! Moving customers between categories, and taking a move back.

mod support;

use support::*;
use zunke_access::{LevelReach, Scope};
use zunke_customers::custom;
use zunke_customers::import::{Files, Mapping, Options, errors, run_file, undo};
use zunke_customers::{CategoryId, Headline, MoveId, NewCustomer, RecordContext, category, headline};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Locale, Zone};
use zunke_store::Db;
use zunke_store::testing::databases;

fn made(db: &Db, name: &str) -> CategoryId {
    let id = CategoryId::new(NOW);
    db.write(|tx| {
        tx.execute(
            "INSERT INTO customer_categories (category_id, name, name_key, colour, place, version, created_at)
             VALUES ($1, $2, $2, '#000000', 0, 1, 0)",
            &[id.0.into(), name.into()],
        )
    })
    .expect("a category");
    id
}

fn at(ms: i64) -> RecordContext {
    RecordContext { now: NOW.plus_ms(ms), ..context() }
}

fn stands(db: &Db) -> Vec<String> {
    db.read(|tx| {
        tx.query(
            "SELECT c.name, k.name FROM customers c LEFT JOIN customer_categories k ON k.category_id = c.category_id
             ORDER BY c.name",
            &[],
            |row| Ok(format!("{} {}", row.text(0)?, row.opt_text(1)?.unwrap_or_else(|| "-".into()))),
        )
    })
    .expect("asked")
}

fn shift(db: &Db, context: &RecordContext, ids: &[CustomerId], to: Option<CategoryId>) -> Option<MoveId> {
    db.write(|tx| category::shift(tx, context, ids, to)).expect("moved").map(|done| done.id)
}

#[test]
fn a_move_is_taken_back_but_for_those_whom_others_have_moved_since() {
    for db in databases() {
        let (key, retail) = (made(&db, "重点"), made(&db, "零售"));
        let ids: Vec<CustomerId> =
            ["a", "b", "c", "d"].iter().map(|name| create(&db, &NewCustomer::named(*name)).expect("made")).collect();
        shift(&db, &at(0), &ids[..1], Some(retail));
        let bulk = shift(&db, &at(10), &ids, Some(key)).expect("four moved");
        assert_eq!(stands(&db), ["a 重点", "b 重点", "c 重点", "d 重点"]);
        // One goes elsewhere; one goes away and comes back: both were moved since.
        shift(&db, &at(20), &ids[1..2], Some(retail));
        shift(&db, &at(20), &ids[2..3], None);
        shift(&db, &at(30), &ids[2..3], Some(key));
        let undone = db.write(|tx| category::undo(tx, &at(40), bulk)).expect("undone");
        assert_eq!(stands(&db), ["a 零售", "b 零售", "c 重点", "d -"]);
        let mut left = undone.left.clone();
        left.sort_unstable();
        let mut wanted = vec![ids[1], ids[2]];
        wanted.sort_unstable();
        assert_eq!(left, wanted);
        let twice = db.write(|tx| category::undo(tx, &at(50), bulk)).expect_err("only once");
        assert_eq!(twice.code, "move_undone");
        let back = undone.back.expect("two went back");
        assert_eq!(back.customers, 2);
        db.write(|tx| category::undo(tx, &at(60), back.id)).expect("an undoing can be undone");
        assert_eq!(stands(&db), ["a 重点", "b 零售", "c 重点", "d 重点"]);
    }
}

#[test]
fn nobody_moves_whom_he_may_not_and_a_deleted_category_leaves_its_name() {
    for db in databases() {
        let key = made(&db, "重点");
        let ids: Vec<CustomerId> =
            ["a", "b"].iter().map(|name| create(&db, &NewCustomer::named(*name)).expect("made")).collect();
        let high = Headline { level_rank: 5, ..Headline::empty(ids[1]) };
        db.write(|tx| headline::write_many(tx, std::slice::from_ref(&high))).expect("a level");
        let mut scope = Scope::all();
        scope.rights.categorise = LevelReach::Only((0..5).collect());
        let narrow = RecordContext { scope, ..at(1) };
        let moved = shift(&db, &narrow, &ids, Some(key)).expect("one");
        assert_eq!(stands(&db), ["a 重点", "b -"]);
        assert!(shift(&db, &at(2), &ids[..1], Some(key)).is_none(), "he stands there already");
        let unknown =
            db.write(|tx| category::shift(tx, &at(3), &ids, Some(CategoryId::new(NOW)))).expect_err("nowhere");
        assert_eq!(unknown.code, "category_unknown");
        db.write(|tx| category::remove(tx, &at(4), key)).expect("deleted");
        assert_eq!(stands(&db), ["a -", "b -"]);
        let undone = db.write(|tx| category::undo(tx, &at(5), moved)).expect("asked");
        assert_eq!((undone.back.is_none(), undone.left), (true, vec![ids[0]]), "moved since: by the deletion");
        let names = "SELECT after_name FROM customer_category_history WHERE customer_id = $1 ORDER BY changed_at";
        let kept = db.read(|tx| tx.query(names, &[ids[0].into()], |row| row.opt_text(0))).expect("asked");
        assert_eq!(kept, [Some("重点".to_owned()), None]);
    }
}

#[test]
fn a_file_moves_customers_by_the_name_of_a_category_and_its_undo_brings_back_where_they_stood() {
    for db in databases() {
        let (key, retail) = (made(&db, "重点"), made(&db, "零售"));
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(folder.path().join("imports"));
        let load = |name: &str, ms: i64, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("编号,姓名,客户分类\n{text}")).expect("written");
            let mapping = serde_json::from_value(serde_json::json!({"kind": "customers", "source": "crm",
                "columns": {"customer_id": "编号", "customer_name": "姓名", "customer_category": "客户分类"}}))
            .expect("a mapping");
            let options = Options { files: &files, by: None };
            run_file(&db, &|| NOW.plus_ms(ms), &path, &mapping, &[], &options, &|_| {}).expect("loaded")
        };
        let first = load("a.csv", 0, "1,a,重点\n2,b, 零售 \n3,c,\n4,d,批发\n");
        assert_eq!((first.progress.accepted, first.progress.skipped_rows()), (3, 1), "{:?}", first.progress);
        assert_eq!(stands(&db), ["a 重点", "b 零售", "c -"]);
        let import = db.read(|tx| zunke_customers::import::store::find(tx, first.import_id)).expect("found");
        let reader = db.read(|tx| custom::Reader::load(tx, &custom::Sight::all())).expect("a reader");
        let mut out = Vec::new();
        errors::write(&import, &files, &Zone::default(), reader, Locale::Zh, &mut out).expect("told");
        let told = String::from_utf8(out).expect("text");
        assert!(told.contains("没有该客户分类，现有：") && told.contains("重点"), "{told}");
        // The last row of a customer counts; an empty cell changes nothing; a new customer starts where the file says.
        let second = load("b.csv", 10, "1,a,零售\n1,a,零售\n2,b,\n3,c,零售\n3,c,重点\n5,e,重点\n");
        assert_eq!((second.progress.accepted, second.progress.customers_created), (6, 1), "{:?}", second.progress);
        assert_eq!(stands(&db), ["a 零售", "b 零售", "c 重点", "e 重点"]);
        let id = |name: &str| {
            let sql = "SELECT customer_id FROM customers WHERE name = $1";
            db.read(|tx| tx.query_one(sql, &[name.into()], |row| row.id(0, CustomerId))).expect("asked").expect("one")
        };
        // Somebody moves one of them since.
        shift(&db, &at(20), &[id("c")], Some(retail));
        db.write(|tx| zunke_customers::import::run::undo(tx, second.import_id, None, NOW.plus_ms(30))).expect("asked");
        undo::undo(&db, second.import_id, None, &[], &|| NOW.plus_ms(31), &|_, _| Ok(())).expect("undone");
        assert_eq!(stands(&db), ["a 重点", "b 零售", "c 零售"], "but for whom somebody has moved since");
        shift(&db, &at(40), &[id("a")], Some(key));
        let elsewhere: Mapping = serde_json::from_value(serde_json::json!({"kind": "orders", "source": "crm",
            "columns": {"customer_id": "编号", "customer_category": "客户分类"}}))
        .expect("a mapping");
        assert!(elsewhere.faults().iter().any(|fault| fault.code == "mapping_category_elsewhere"));
    }
}

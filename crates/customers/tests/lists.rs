//! Customers are read through a scope: list, count, search, one, and a time line agree; pages lose and double none.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops as the test would")]

mod support;

use support::*;
use zunke_access::{LevelReach, Reach, Scope};
use zunke_customers::{
    CustomerQuery, CustomerRef, Filter, Headline, ListParams, NewCustomer, Sort, SortKey, headline, make, query,
};
use zunke_kernel::id::{CustomerId, DepartmentId, StaffId};
use zunke_kernel::{Day, Money, Zone};
use zunke_store::Db;
use zunke_store::testing::{databases, sqlite};

fn params() -> ListParams {
    ListParams::default()
}

fn filtered(db: &Db, scope: &Scope, params: &ListParams) -> CustomerQuery {
    db.read(|tx| {
        let filter = Filter::read(tx, params, context().today, Zone::default())?;
        let sort = params.sort.as_deref().map(Sort::read).transpose()?.unwrap_or_default();
        CustomerQuery::new(scope).filter(filter).sort(sort).page(params.limit, params.after.as_deref())
    })
    .expect("a good filter")
}

fn names(db: &Db, scope: &Scope, params: &ListParams) -> Vec<String> {
    let query = filtered(db, scope, params);
    db.read(|tx| query.list(tx)).expect("a list").items.into_iter().map(|row| row.name).collect()
}

fn search(db: &Db, text: &str) -> Vec<String> {
    let mut found = names(db, &Scope::all(), &ListParams { search: Some(text.into()), ..params() });
    found.sort();
    found
}

fn refused(params: &ListParams) -> (&'static str, Option<String>) {
    let db = sqlite();
    let error = db.read(|tx| Filter::read(tx, params, context().today, Zone::default())).expect_err("refused");
    (error.code, error.field)
}

#[test]
fn a_customer_is_found_alike_on_every_engine() {
    for db in databases() {
        for customer in [
            NewCustomer::named("王小明").with(phone("138 1234 5678")).with(email("xm.wang@example.com")),
            NewCustomer::named("陳曉東").with(phone("13912340000")),
            NewCustomer::named("单雄信").with(Some(external("ERP-00421"))),
            NewCustomer::named("100% 棉_麻"),
            NewCustomer::named("ACME 贸易有限公司"),
            NewCustomer::named("𠮷田"),
        ] {
            create(&db, &customer).unwrap();
        }
        for (text, found) in [
            ("王", &["王小明"][..]),
            ("小明", &["王小明"]),
            ("wxm", &["王小明"]),
            ("wangxiao", &["王小明"]),
            ("xiao", &["王小明", "陳曉東"]),
            ("陈晓东", &["陳曉東"]),
            ("陳", &["陳曉東"]),
            ("shanxiongxin", &["单雄信"]),
            ("dxx", &["单雄信"]),
            ("5678", &["王小明"]),
            ("13912340000", &["陳曉東"]),
            ("+86 139 1234 0000", &["陳曉東"]),
            ("xm.wang@example.com", &["王小明"]),
            ("erp-00421", &["单雄信"]),
            ("ａｃｍｅ", &["ACME 贸易有限公司"]),
            ("贸易", &["ACME 贸易有限公司"]),
            ("100%", &["100% 棉_麻"]),
            ("𠮷", &["𠮷田"]),
            ("%", &[]),
            ("_", &[]),
            ("\" OR 1", &[]),
            ("* NOT", &[]),
            ("李", &[]),
            ("9999", &[]),
        ] {
            assert_eq!(search(&db, text), found, "{text} on {:?}", db.engine());
        }
        let id =
            db.read(|tx| filtered(&db, &Scope::all(), &ListParams { search: Some("wxm".into()), ..params() }).list(tx));
        let id = id.unwrap().items[0].id;
        let rename = make::Patch { name: Some("李雷".into()), ..make::Patch::default() };
        db.write(|tx| make::update(tx, &context(), id, zunke_http::IfMatch(None), &rename)).unwrap();
        assert_eq!((search(&db, "wxm").len(), search(&db, "lilei").len(), search(&db, "5678").len()), (0, 1, 1));
    }
}

/// A customer, its owner, its department, its rank.
type Placed = (CustomerId, Option<StaffId>, Option<DepartmentId>, i64);

fn people(db: &Db) -> (Vec<Placed>, [StaffId; 2], [DepartmentId; 2]) {
    let staff = [StaffId::new(NOW), StaffId::new(NOW)];
    let departments = [DepartmentId::new(NOW), DepartmentId::new(NOW)];
    let mut all = Vec::new();
    let mut heads = Vec::new();
    for owner in [None, Some(staff[0]), Some(staff[1])] {
        for department in [None, Some(departments[0]), Some(departments[1])] {
            for rank in [0, 2, 4] {
                let new = NewCustomer { owner_id: owner, department_id: department, ..NewCustomer::named("王小明") };
                let id = create(db, &new).unwrap();
                record(db, &[order(CustomerRef::Id(id), &id.to_string(), 1, "5")]);
                heads.push(Headline { level_rank: rank, score: Some(50.0), ..Headline::empty(id) });
                all.push((id, owner, department, rank));
            }
        }
    }
    db.write(|tx| headline::write_many(tx, &heads)).unwrap();
    (all, staff, departments)
}

/// Case 37 for what is here: every reach × level, every way to read agrees with the one rule of the scope.
#[test]
fn every_way_to_read_agrees_with_the_scope() {
    for db in databases() {
        let (all, staff, departments) = people(&db);
        let reaches = [
            Reach::All,
            Reach::Own(staff[0]),
            Reach::Department(vec![departments[0]]),
            Reach::Department(departments.to_vec()),
            Reach::Department(Vec::new()),
        ];
        let levels =
            [LevelReach::All, LevelReach::Only(vec![4]), LevelReach::Only(vec![0, 2]), LevelReach::Only(vec![])];
        for reach in &reaches {
            for levels in &levels {
                let scope = Scope::seeing(reach.clone(), levels.clone());
                let mut expected: Vec<CustomerId> = all
                    .iter()
                    .filter(|(_, owner, dept, rank)| scope.sees(*owner, *dept, *rank))
                    .map(|one| one.0)
                    .collect();
                expected.sort();
                let listed = |params: &ListParams| {
                    let query = filtered(&db, &scope, params);
                    let mut ids: Vec<CustomerId> =
                        db.read(|tx| query.list(tx)).unwrap().items.into_iter().map(|row| row.id).collect();
                    let counted = db.read(|tx| query.count(tx)).unwrap();
                    let mut streamed = Vec::new();
                    db.read(|tx| {
                        query.for_each(tx, |row| {
                            streamed.push(row.id);
                            Ok(())
                        })
                    })
                    .unwrap();
                    let mut chosen = db.read(|tx| query.ids(tx, 1_000)).unwrap();
                    for list in [&mut ids, &mut streamed, &mut chosen] {
                        list.sort();
                    }
                    assert_eq!((ids.len() as i64, &ids, &ids), (counted, &streamed, &chosen), "{scope:?}");
                    ids
                };
                for sort in ["-level", "-score", "score", "name", "-net_spend", "created"] {
                    assert_eq!(
                        listed(&ListParams { sort: Some(sort.into()), ..params() }),
                        expected,
                        "{scope:?} {sort}"
                    );
                }
                assert_eq!(
                    listed(&ListParams { search: Some("wxm".into()), ..params() }),
                    expected,
                    "search {scope:?}"
                );
                assert_eq!(
                    listed(&ListParams { level: Some("0,2,4".into()), ..params() }),
                    expected,
                    "levels {scope:?}"
                );
                let ids: Vec<CustomerId> = all.iter().map(|one| one.0).collect();
                let mut seen = db.read(|tx| query::within(tx, &scope, &ids)).unwrap();
                seen.sort();
                assert_eq!(seen, expected, "within {scope:?}");
                let missing =
                    db.read(|tx| CustomerQuery::new(&scope).find(tx, CustomerId::new(NOW))).expect_err("missing");
                for (id, owner, department, rank) in &all {
                    let found = db.read(|tx| CustomerQuery::new(&scope).find(tx, *id));
                    let sees = scope.sees(*owner, *department, *rank);
                    assert_eq!(found.is_ok(), sees, "{scope:?} {id}");
                    if let Err(error) = found {
                        assert_eq!(
                            (error.code, &error.text, &error.field),
                            (missing.code, &missing.text, &missing.field)
                        );
                    }
                    let outcome =
                        record_with(&db, &scoped(&scope), &[order(CustomerRef::Id(*id), &id.to_string(), 1, "5")], &[]);
                    assert_eq!(outcome, [if sees { "duplicate" } else { "customer_unknown" }], "{scope:?}");
                }
            }
        }
    }
}

/// Case 38: equal keys, and rows that come in while somebody pages.
#[test]
fn pages_of_equal_keys_lose_and_double_none_while_rows_come_in() {
    for db in databases() {
        let ids: Vec<CustomerId> = (0..25).map(|_| create(&db, &NewCustomer::named("王小明")).unwrap()).collect();
        let heads: Vec<Headline> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| Headline {
                level_rank: (at % 3) as i64,
                score: if at % 4 == 0 { None } else { Some((at % 2) as f64) },
                net_spend: Money::units((at % 2) as i64),
                last_order_day: if at % 3 == 0 { None } else { Some(Day(20_000 + (at % 2) as i32)) },
                ..Headline::empty(*id)
            })
            .collect();
        let near: Vec<_> = ids.iter().enumerate().filter(|(at, _)| at % 5 != 0).map(|(_, id)| (*id, 0.5)).collect();
        db.write(|tx| {
            headline::write_many(tx, &heads)?;
            headline::write_potentials(tx, &near)
        })
        .unwrap();
        for key in SortKey::ALL {
            for descending in [false, true] {
                let sort = Sort { key, descending };
                let mut seen: Vec<CustomerId> = Vec::new();
                let mut after: Option<String> = None;
                for _ in 0..200 {
                    let query = CustomerQuery::new(&Scope::all()).sort(sort).page(Some(4), after.as_deref()).unwrap();
                    let page = db.read(|tx| query.list(tx)).unwrap();
                    seen.extend(page.items.iter().map(|row| row.id));
                    if seen.len() < 20 {
                        create(&db, &NewCustomer::named("王小明")).unwrap();
                    }
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let mut once = seen.clone();
                once.sort();
                once.dedup();
                assert_eq!(once.len(), seen.len(), "{sort:?} doubles some");
                assert!(ids.iter().all(|id| once.binary_search(id).is_ok()), "{sort:?} loses some");
            }
        }
    }
}

#[test]
fn a_mark_of_another_order_and_bad_filters_are_refused_with_their_field() {
    let mark = |sort: &str| zunke_kernel::page::mark(&serde_json::json!([sort, [1, "cus_x"]]));
    for after in ["zz".to_owned(), mark("score"), mark("-net_spend")] {
        let sorted = CustomerQuery::system().sort(Sort { key: SortKey::NetSpend, descending: true });
        assert_eq!(sorted.page(None, Some(&after)).expect_err("made up").code, "after_invalid");
    }
    assert_eq!(Sort::read("password").expect_err("unknown").code, "sort_invalid");
    for (params, code, field) in [
        (ListParams { level: Some("3,x".into()), ..params() }, "filter_invalid", "level"),
        (ListParams { level: Some("11".into()), ..params() }, "filter_invalid", "level"),
        (ListParams { status: Some("gone".into()), ..params() }, "filter_invalid", "status"),
        (ListParams { owner: Some("cus_1".into()), ..params() }, "filter_invalid", "owner"),
        (ListParams { rfm_group: Some("55".into()), ..params() }, "filter_invalid", "rfm_group"),
        (ListParams { net_spend_min: Some("1,000".into()), ..params() }, "amount_invalid", "net_spend_min"),
        (ListParams { search: Some("x".repeat(101)), ..params() }, "search_too_long", "search"),
        (ListParams { condition: Some("{".into()), ..params() }, "condition_invalid", "condition"),
        (ListParams { condition: Some("{\"field\":\"x\"}".into()), ..params() }, "field_unknown", "condition.field"),
        (
            ListParams { segment: Some("seg_00000000000000000000000000000000".into()), ..params() },
            "segment_unknown",
            "segment",
        ),
    ] {
        assert_eq!(refused(&params), (code, Some(field.to_owned())));
    }
}

#[test]
fn filters_narrow_and_archived_customers_are_asked_for() {
    for db in databases() {
        let (a, b) = (create(&db, &NewCustomer::named("甲")).unwrap(), create(&db, &NewCustomer::named("乙")).unwrap());
        let head = Headline { rfm: 543, score: Some(80.0), net_spend: Money::units(9), ..Headline::empty(a) };
        db.write(|tx| headline::write_many(tx, std::slice::from_ref(&head))).unwrap();
        let all = Scope::all();
        let one = |params: ListParams| names(&db, &all, &params);
        assert_eq!(one(ListParams { rfm_group: Some("5x3".into()), ..params() }), ["甲"]);
        assert_eq!(one(ListParams { rfm_group: Some("4xx,xx4".into()), ..params() }), [""; 0]);
        assert_eq!(one(ListParams { score_max: Some(90.0), ..params() }), ["甲"]);
        assert_eq!(one(ListParams { net_spend_min: Some("9".into()), ..params() }), ["甲"]);
        assert_eq!(one(ListParams { owner: Some("none".into()), ..params() }).len(), 2);
        db.write(|tx| make::set_status(tx, &context(), b, zunke_customers::Status::Archived)).unwrap();
        assert_eq!(one(params()), ["甲"]);
        assert_eq!(one(ListParams { status: Some("archived".into()), ..params() }), ["乙"]);
        assert_eq!(one(ListParams { status: Some("all".into()), ..params() }).len(), 2);
    }
}

/// The lists that people look at all day walk an index and sort nothing, whatever the size.
#[test]
fn hot_lists_walk_an_index() {
    let db = sqlite();
    let plan = |params: ListParams| {
        let query = filtered(&db, &Scope::all(), &params);
        db.read(|tx| {
            let (sql, values) = query.statement(tx)?;
            let lines = tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &values, |row| row.text(3))?;
            Ok(lines.join("; "))
        })
        .unwrap()
    };
    for (params, index) in [
        (params(), "customers_level_score"),
        (ListParams { level: Some("3".into()), sort: Some("-score".into()), ..params() }, "customers_level_score"),
        (ListParams { level: Some("3,4".into()), sort: Some("-score".into()), ..params() }, "customers_level_score"),
        (ListParams { sort: Some("-net_spend".into()), ..params() }, "customers_net_spend"),
        (ListParams { sort: Some("-last_order_day".into()), ..params() }, "customers_last_order"),
        (ListParams { sort: Some("name".into()), ..params() }, "customers_name"),
        (ListParams { sort: Some("-created".into()), ..params() }, "INDEX customers"),
    ] {
        let plan = plan(params.clone());
        let several = params.level.as_deref() == Some("3,4");
        assert!(plan.contains(index), "{params:?}: {plan}");
        assert!(several || !plan.contains("TEMP B-TREE"), "{params:?} sorts: {plan}");
    }
}

/// A rare search is fetched by its rows and sorted; a common one walks the order of the list, where there is one.
#[test]
fn a_search_is_fetched_or_walked_by_how_common_it_is() {
    let db = sqlite();
    for _ in 0..3 {
        let mut batch = vec![NewCustomer::named("王小明"); 700];
        db.write(|tx| make::create_many(tx, &context(), &mut batch.clone())).unwrap();
        batch.clear();
    }
    create(&db, &NewCustomer::named("单雄信")).unwrap();
    let ask = |text: &str, level: Option<&str>, sort: &str| {
        let asked = ListParams {
            search: Some(text.into()),
            level: level.map(Into::into),
            sort: Some(sort.into()),
            limit: Some(500),
            ..params()
        };
        let query = filtered(&db, &Scope::all(), &asked);
        let (sql, values) = db.read(|tx| query.statement(tx)).unwrap();
        let plan = db.read(|tx| tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &values, |row| row.text(3))).unwrap();
        let found = db.read(|tx| query.list(tx)).unwrap().items.len();
        assert_eq!(db.read(|tx| query.count(tx)).unwrap(), if text == "王" { 2_100 } else { 1 });
        (plan.join("; "), found)
    };
    for sort in ["-level", "-score", "name", "-orders"] {
        for level in [None, Some("0")] {
            let (plan, found) = ask("单", level, sort);
            assert_eq!(found, 1);
            assert!(plan.contains("SEARCH c USING INTEGER PRIMARY KEY"), "rare, {sort}: {plan}");
            let (plan, found) = ask("王", level, sort);
            assert_eq!(found, 500);
            let walked = matches!((sort, level), ("-level" | "name", _) | ("-score", Some(_)));
            assert_eq!(plan.contains("INTEGER PRIMARY KEY"), !walked, "common, {sort} {level:?}: {plan}");
            assert!(!walked || !plan.contains("TEMP B-TREE"), "common, {sort} {level:?}: {plan}");
        }
    }
}

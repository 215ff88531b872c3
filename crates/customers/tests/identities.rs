//! Case 26: a phone, an address, an external id belongs to one customer, however it is written and whoever is first.

mod support;

use support::*;
use zunke_access::{LevelReach, Reach, Scope};
use zunke_customers::{Identity, NewCustomer, make};
use zunke_http::{Change, IfMatch};
use zunke_kernel::id::StaffId;
use zunke_store::testing::databases;

#[test]
fn two_spellings_of_a_phone_are_one_and_the_second_customer_is_told_whose_it_is() {
    for db in databases() {
        let first = create(&db, &NewCustomer::named("王小明").with(phone("138 1234 5678"))).unwrap();
        for text in ["+8613812345678", "１３８１２３４５６７８", "0086 138-1234-5678"] {
            let error = create(&db, &NewCustomer::named("李雷").with(phone(text))).expect_err(text);
            assert_eq!((error.code, error.field.as_deref()), ("identity_taken", Some("phones")));
            assert!(error.text.zh.contains("王小明") && error.text.en.contains(&first.to_string()), "{error}");
        }
        create(&db, &NewCustomer::named("韩梅").with(email("Mei@Example.com"))).unwrap();
        let error = create(&db, &NewCustomer::named("韩梅").with(email("mei@example.COM"))).expect_err("same address");
        assert_eq!(error.field.as_deref(), Some("emails"));
        assert_eq!((count(&db, "customers"), count(&db, "customer_phones"), count(&db, "customer_emails")), (2, 1, 1));
    }
}

#[test]
fn an_empty_identity_never_matches() {
    for db in databases() {
        for name in ["甲", "乙", "丙"] {
            create(
                &db,
                &NewCustomer::named(name)
                    .with(phone(" "))
                    .with(email(""))
                    .with(Identity::external("erp", " ").unwrap()),
            )
            .unwrap();
        }
        assert_eq!((count(&db, "customers"), count(&db, "customer_identities")), (3, 0));
    }
}

#[test]
fn whose_it_is_is_not_said_to_who_may_not_see_him() {
    for db in databases() {
        create(&db, &NewCustomer::named("王小明").with(phone("13812345678"))).unwrap();
        let scope = Scope::seeing(Reach::Own(StaffId::new(NOW)), LevelReach::All);
        let done =
            db.write(|tx| make::create(tx, &scoped(&scope), NewCustomer::named("李雷").with(phone("13812345678"))));
        let error = done.expect_err("taken");
        assert_eq!(error.code, "identity_taken");
        assert!(!error.text.zh.contains("王小明") && !error.text.en.contains("cus_"), "{error}");
    }
}

#[test]
fn of_two_at_one_moment_one_wins_and_nothing_of_the_other_is_left() {
    for db in databases() {
        let won: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|worker: u32| {
                    let db = &db;
                    scope.spawn(move || {
                        let new = NewCustomer::named(format!("客户{worker}"))
                            .with(phone("13812345678"))
                            .with(Some(external(&format!("own-{worker}"))));
                        usize::from(create(db, &new).is_ok())
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("worker")).sum()
        });
        assert_eq!(won, 1);
        assert_eq!((count(&db, "customers"), count(&db, "customer_phones"), count(&db, "external_ids")), (1, 1, 1));
        assert_eq!(count(&db, "customer_identities"), 2);
    }
}

#[test]
fn in_one_batch_the_first_has_it_and_the_others_are_told() {
    for db in databases() {
        let mut batch = [
            NewCustomer::named("甲").with(phone("13812345678")),
            NewCustomer::named("乙").with(phone("+86 13812345678")).with(email("b@b.cn")),
            NewCustomer::named("丙").with(email("b@b.cn")),
            NewCustomer::named(" "),
        ];
        let made = db.write(|tx| make::create_many(tx, &context(), &mut batch.clone())).unwrap();
        let codes: Vec<&str> =
            made.iter().map(|one| one.as_ref().map_or_else(|error| error.code, |_| "made")).collect();
        assert_eq!(codes, ["made", "identity_taken", "made", "name_required"]);
        assert_eq!(count(&db, "customer_emails"), 1);
        batch[3].name = "丁".into();
        assert_eq!(count(&db, "customers"), 2);
    }
}

#[test]
fn a_changed_number_is_free_again_and_a_taken_one_changes_nothing() {
    for db in databases() {
        let a = create(&db, &NewCustomer::named("甲").with(phone("13812345678"))).unwrap();
        let b = create(&db, &NewCustomer::named("乙").with(phone("13900000000"))).unwrap();
        let with = |number: &str| make::Patch {
            identities: Some(phone(number).into_iter().collect()),
            city: Change::Set(" 上海 ".into()),
            ..make::Patch::default()
        };
        let update =
            |id, patch: &make::Patch, version| db.write(|tx| make::update(tx, &context(), id, IfMatch(version), patch));
        assert_eq!(update(b, &with("13812345678"), None).expect_err("taken").code, "identity_taken");
        assert_eq!(update(a, &with("13700000000"), Some(7)).expect_err("stale").code, "version_changed");
        let changed = update(a, &with("13700000000"), Some(1)).unwrap();
        assert_eq!((changed.version, changed.city.as_deref()), (2, Some("上海")));
        assert_eq!(update(b, &with("13812345678"), Some(1)).unwrap().version, 2);
        assert_eq!(count(&db, "customer_phones"), 2);
    }
}

//! Activities: what is delivered twice counts once, late and out of order alike; a refused row leaves nothing.

mod support;

use std::sync::Arc;
use support::*;
use zunke_access::{LevelReach, Reach, Scope};
use zunke_customers::{CustomerRef, Kind, Line, NewActivity, NewCustomer, Observer, Outcome, withdraw};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Currency, Error, Instant, Money};
use zunke_store::testing::databases;

#[test]
fn what_is_delivered_twice_counts_once() {
    for db in databases() {
        let rows = [shop_order("A", "1", 3, "10"), shop_order("B", "2", 2, "20"), shop_order("A", "3", 1, "30")];
        assert_eq!(record(&db, &rows), ["recorded"; 3]);
        let before = state(&db);
        assert_eq!(record(&db, &rows), ["duplicate"; 3]);
        let twice = [rows[0].clone(), rows[0].clone(), shop_order("C", "4", 1, "5"), shop_order("C", "4", 1, "5")];
        assert_eq!(record(&db, &twice), ["duplicate", "duplicate", "recorded", "duplicate"]);
        assert_eq!(state(&db)[..3], before[..]);
        assert_eq!((count(&db, "customers"), count(&db, "activities"), count(&db, "activity_keys")), (3, 4, 4));
    }
}

#[test]
fn revisions_in_any_order_leave_the_highest() {
    let version = |revision: i64| {
        let mut row = shop_order("A", "1", 10 - revision, &format!("{}", 100 + revision));
        row.revision = revision;
        row
    };
    let mut ends = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]] {
        for db in databases() {
            for revision in order {
                record(&db, &[version(revision)]);
            }
            ends.push(state(&db));
            let all: Vec<NewActivity> = order.iter().map(|revision| version(*revision)).collect();
            assert!(record(&db, &all).iter().all(|word| ["stale", "duplicate"].contains(word)));
        }
        for db in databases() {
            let all: Vec<NewActivity> = order.iter().map(|revision| version(*revision)).collect();
            record(&db, &all);
            ends.push(state(&db));
        }
    }
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
    assert!(ends[0][0].contains("r2 Some(1020000)"), "{}", ends[0][0]);
}

#[test]
fn an_equal_revision_with_other_content_is_replaced_and_observers_see_both() {
    for db in databases() {
        let witness = Arc::new(Witness::default());
        let observers: Vec<Arc<dyn Observer>> = vec![witness.clone()];
        let run = |rows: &[NewActivity]| record_with(&db, &context(), rows, &observers);
        assert_eq!(run(&[shop_order("A", "1", 3, "10")]), ["recorded"]);
        assert_eq!(run(&[shop_order("A", "1", 3, "12"), shop_order("A", "2", 1, "1")]), ["replaced", "recorded"]);
        assert_eq!(run(&[shop_order("A", "1", 3, "12")]), ["duplicate"]);
        // The order turns out to be another customer's: it moves.
        assert_eq!(run(&[shop_order("B", "1", 3, "12")]), ["replaced"]);
        let told = witness.0.lock().unwrap().clone();
        assert_eq!(told.len(), 3, "a batch without a change tells nothing");
        assert_eq!(told[1].len(), 2);
        let changed = told[1].iter().find(|change| change.before.is_some()).expect("a replacement");
        assert_eq!(changed.before.as_ref().and_then(|old| old.amount), Some(Money::units(10)));
        assert_eq!(changed.after.as_ref().and_then(|new| new.amount), Some(Money::units(12)));
        assert_eq!(told[2].len(), 2, "one leaves, one comes");
        assert_ne!(told[2][0].customer, told[2][1].customer);
        assert_eq!(count(&db, "activities"), 2);
    }
}

#[test]
fn each_bad_row_is_refused_by_itself_and_leaves_nothing() {
    for db in databases() {
        let id = create(&db, &NewCustomer::named("王小明")).unwrap();
        let known = CustomerRef::Id(id);
        let mut negative = order(known.clone(), "n", 1, "1");
        negative.amount = Some(Money(-1));
        let mut refund = order(known.clone(), "r", 1, "1");
        (refund.kind, refund.amount) = (Kind::Refund, Some(Money(-1)));
        let absurd = order(known.clone(), "a", 1, "100000000001");
        let mut dollars = order(known.clone(), "d", 1, "1");
        dollars.currency = Some(Currency::parse("USD").unwrap());
        let mut ahead = order(known.clone(), "f", 1, "1");
        ahead.occurred_at = NOW.plus_ms(DAY_MS + 1);
        let mut early = order(known.clone(), "e", 1, "1");
        early.occurred_at = Instant(-3_000_000_000_000);
        let mut none = order(known.clone(), "m", 1, "1");
        none.amount = None;
        let mut talk = order(known.clone(), "t", 1, "1");
        talk.kind = Kind::Interaction;
        let mut many = order(known.clone(), "q", 1, "1");
        many.quantity = Some(i64::MAX);
        let mut lines = order(known.clone(), "l", 1, "1");
        lines.lines = vec![Line { quantity: i64::MIN, ..Line::default() }, Line { quantity: 1, ..Line::default() }];
        let mut wordy = order(known.clone(), "w", 1, "1");
        wordy.lines = vec![Line { sku: Some("长".repeat(301)), ..Line::default() }];
        let nameless = order(known.clone(), " ", 1, "1");
        let stranger = order(CustomerRef::Id(CustomerId::new(NOW)), "s", 1, "1");
        let unknown = order(CustomerRef::Identity { identity: external("nobody"), create: None }, "u", 1, "1");
        let zero = order(known.clone(), "zero", 1, "0");
        let mut edge = order(known, "edge", 1, "0.3");
        edge.occurred_at = NOW.plus_ms(DAY_MS);
        let rows = [
            negative, refund, absurd, dollars, ahead, early, none, talk, many, lines, wordy, nameless, stranger,
            unknown, zero, edge,
        ];
        assert_eq!(
            record(&db, &rows),
            [
                "amount_negative",
                "amount_negative",
                "amount_absurd",
                "currency_not_own",
                "occurred_in_future",
                "occurred_too_early",
                "amount_required",
                "amount_not_here",
                "quantity_absurd",
                "quantity_absurd",
                "text_too_long",
                "field_required",
                "customer_unknown",
                "customer_unknown",
                "recorded",
                "recorded",
            ]
        );
        assert_eq!((count(&db, "activities"), count(&db, "activity_keys"), count(&db, "customers")), (2, 2, 1));
    }
}

#[test]
fn a_batch_of_more_than_a_thousand_is_refused_whole() {
    let db = zunke_store::testing::sqlite();
    let rows: Vec<NewActivity> = (0..1_001).map(|number| shop_order("A", &number.to_string(), 1, "1")).collect();
    let error = db.write(|tx| zunke_customers::record(tx, &context(), &rows, &[])).expect_err("too many");
    assert_eq!(error.code, "batch_too_large");
    assert_eq!(count(&db, "customers"), 0);
}

#[test]
fn an_observer_that_refuses_undoes_the_whole_batch() {
    struct Refuses;
    impl Observer for Refuses {
        fn recorded(
            &self,
            _: &mut zunke_store::Tx,
            _: &zunke_customers::RecordContext,
            _: &[zunke_customers::Change],
        ) -> zunke_kernel::Result<()> {
            Err(Error::conflict("no", "不行", "no"))
        }
    }
    for db in databases() {
        let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Refuses)];
        let rows = [shop_order("A", "1", 1, "1")];
        let done = db.write(|tx| zunke_customers::record(tx, &context(), &rows, &observers));
        assert_eq!(done.expect_err("refused").code, "no");
        for table in ["customers", "activities", "activity_keys", "external_ids"] {
            assert_eq!(count(&db, table), 0, "{table}");
        }
    }
}

#[test]
fn outside_the_scope_a_customer_is_as_unknown_as_one_that_is_not_there() {
    for db in databases() {
        let (mine, theirs) = (StaffId::new(NOW), StaffId::new(NOW));
        let foreign = create(
            &db,
            &NewCustomer { owner_id: Some(theirs), ..NewCustomer::named("别人的") }.with(Some(external("F"))),
        );
        let foreign = foreign.unwrap();
        record(&db, &[order(CustomerRef::Id(foreign), "1", 1, "1")]);
        let before = state(&db);
        let scope = Scope::seeing(Reach::Own(mine), LevelReach::All);
        let context = scoped(&scope);
        let run = |row: NewActivity| {
            let outcomes =
                db.write(|tx| zunke_customers::record(tx, &context, std::slice::from_ref(&row), &[])).unwrap();
            outcomes.into_iter().next().unwrap()
        };
        let Outcome::Refused(by_id) = run(order(CustomerRef::Id(foreign), "2", 1, "1")) else { panic!("recorded") };
        let Outcome::Refused(missing) = run(order(CustomerRef::Id(CustomerId(foreign.0)), "2", 1, "1")) else {
            panic!()
        };
        assert_eq!((by_id.code, by_id.text), (missing.code, missing.text));
        let by_name = run(order(CustomerRef::Identity { identity: external("F"), create: None }, "2", 1, "1"));
        assert_eq!(word(&by_name), "customer_unknown");
        // With leave to make one: the identity is taken, by whom is not said.
        let Outcome::Refused(taken) = run(shop_order("F", "2", 1, "1")) else { panic!("recorded") };
        assert!(["identity_taken", "customer_unknown"].contains(&taken.code), "{taken}");
        assert!(!taken.text.zh.contains("别人的") && !taken.text.en.contains("cus_"));
        // Nor can somebody else's order be drawn over by its key.
        assert_eq!(word(&run(shop_order("own", "1", 1, "9"))), "activity_key_taken");
        assert_eq!(state(&db), before);
    }
}

#[test]
fn parallel_batches_with_the_same_keys_count_each_once() {
    for db in databases() {
        let rows: Vec<NewActivity> =
            (0..60).map(|number| shop_order(&format!("{}", number % 7), &format!("{number}"), 1, "1")).collect();
        let recorded: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|worker| {
                    let mut mine = rows.clone();
                    mine.rotate_left(worker * 13);
                    let db = &db;
                    scope.spawn(move || record(db, &mine).into_iter().filter(|word| *word == "recorded").count())
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("worker")).sum()
        });
        assert_eq!(recorded, 60);
        assert_eq!((count(&db, "customers"), count(&db, "activities"), count(&db, "external_ids")), (7, 60, 7));
    }
}

#[test]
fn a_withdrawn_activity_is_as_if_it_had_never_come() {
    for db in databases() {
        record(&db, &[shop_order("A", "1", 1, "1")]);
        let before = state(&db);
        record(&db, &[shop_order("A", "2", 1, "2"), shop_order("A", "3", 1, "3")]);
        let witness = Arc::new(Witness::default());
        let observers: Vec<Arc<dyn Observer>> = vec![witness.clone()];
        let keys = [("shop", "2"), ("shop", "3"), ("shop", "never")];
        let gone = db.write(|tx| withdraw(tx, &context(), &keys, &observers)).unwrap();
        assert_eq!(gone, 2);
        assert_eq!(state(&db), before);
        assert!(witness.0.lock().unwrap()[0].iter().all(|change| change.after.is_none()));
        assert_eq!(record(&db, &[shop_order("A", "2", 1, "2")]), ["recorded"]);
    }
}

#[test]
fn lines_and_words_come_back_as_they_were() {
    for db in databases() {
        let witness = Arc::new(Witness::default());
        let observers: Vec<Arc<dyn Observer>> = vec![witness.clone()];
        let mut row = shop_order("A", "1", 1, "0.3");
        row.lines = vec![
            Line {
                sku: Some("茶-1".into()),
                category: Some("茶".into()),
                quantity: 3,
                amount: Money(3_000),
                ..Line::default()
            };
            2
        ];
        row.subject = Some("春茶 🍵".into());
        record_with(&db, &context(), std::slice::from_ref(&row), &observers);
        row.amount = Some(Money(3_001));
        record_with(&db, &context(), std::slice::from_ref(&row), &observers);
        let told = witness.0.lock().unwrap();
        let (first, second) = (told[0][0].after.clone().unwrap(), told[1][0].clone());
        assert_eq!(second.before.as_ref(), Some(&first), "what is read back is what was written");
        assert_eq!(second.after.unwrap().lines, row.lines);
    }
}

//! Measures and levels move with activities, in any order, on every database.

mod common;

use common::*;
use proptest::prelude::*;
use zunke_customers::activity::{Activity, Line};
use zunke_customers::{Change, Kind};
use zunke_kernel::id::CustomerId;
use zunke_store::{Db, testing};
use zunke_tiering::evaluate;
use zunke_tiering::rules::Rules;
use zunke_tiering::store::programmes;

fn line(category: &str) -> Line {
    Line { category: Some(category.into()), quantity: 1, ..Line::default() }
}

fn removed(activity: Activity) -> Change {
    Change { customer: activity.customer_id, before: Some(activity), after: None }
}

/// Everything that is kept, but for times and ids of writing.
fn kept(db: &Db) -> Vec<String> {
    db.read(|tx| {
        let mut all = tx.query(
            "SELECT customer_id, year, days FROM measure_buckets ORDER BY customer_id, year",
            &[],
            |row| Ok(format!("{:?} {} {:?}", row.uuid(0)?, row.int(1)?, row.bytes(2)?)),
        )?;
        all.extend(tx.query(
            "SELECT customer_id, level_rank, score, rfm FROM standings ORDER BY customer_id",
            &[],
            |row| Ok(format!("{:?} {} {} {}", row.uuid(0)?, row.int(1)?, row.real(2)?, row.int(3)?)),
        )?);
        all.extend(tx.query(
            "SELECT customer_id, potential FROM customer_potentials ORDER BY customer_id",
            &[],
            |row| Ok(format!("{:?} {}", row.uuid(0)?, row.real(1)?)),
        )?);
        all.extend(tx.query(
            "SELECT customer_id, level_rank, score, rfm, orders, net_spend, last_order_day FROM customers ORDER BY customer_id",
            &[],
            |row| {
                Ok(format!(
                    "{:?} {} {} {} {} {} {}",
                    row.uuid(0)?, row.int(1)?, row.real(2)?, row.int(3)?, row.int(4)?, row.int(5)?, row.int(6)?
                ))
            },
        )?);
        Ok(all)
    })
    .expect("reads")
}

fn rank(db: &Db, customer: CustomerId) -> (i64, i64, String) {
    db.read(|tx| {
        tx.query_one(
            "SELECT customers.level_rank, standings.level_rank, net_spend FROM customers
             JOIN standings ON standings.customer_id = customers.customer_id WHERE customers.customer_id = $1",
            &[customer.into()],
            |row| Ok((row.int(0)?, row.int(1)?, row.money(2)?.to_string())),
        )
    })
    .expect("reads")
    .expect("on record")
}

fn decisions(db: &Db) -> Vec<(String, i64, i64)> {
    db.read(|tx| {
        tx.query("SELECT change_kind, from_rank, to_rank FROM decisions ORDER BY decision_id", &[], |row| {
            Ok((row.text(0)?, row.int(1)?, row.int(2)?))
        })
    })
    .expect("reads")
}

#[test]
fn an_order_exactly_on_the_threshold_raises_the_level_at_once_and_its_withdrawal_lowers_it() {
    for db in testing::databases() {
        programme(&db, "retail");
        let anna = customer(&db, 1);
        let order = |on: &str, amount| added(activity(anna, Kind::Order, on, amount));
        record(
            &db,
            "2026-06-30",
            &[order("2026-06-01", 2_500), order("2026-06-05", 2_500), order("2026-06-10", 2_500)],
        );
        assert_eq!(rank(&db, anna), (1, 1, "7500.00".into()));
        let last = activity(anna, Kind::Order, "2026-06-20", 2_500);
        record(&db, "2026-06-30", &[added(last.clone())]);
        assert_eq!(rank(&db, anna), (2, 2, "10000.00".into()), "10,000 exactly, with the order just placed");
        record(&db, "2026-06-30", &[removed(last)]);
        assert_eq!(rank(&db, anna).0, 1);
        assert_eq!(decisions(&db), [("raised".into(), 1, 2), ("lowered".into(), 2, 1)]);
        let messages = db
            .read(|tx| {
                tx.query_one("SELECT COUNT(*) FROM outbox WHERE topic = 'tiering.level_changed'", &[], |r| r.int(0))
            })
            .expect("reads");
        assert_eq!(messages, Some(2));
    }
}

#[test]
fn one_large_purchase_makes_no_vip_and_a_future_order_is_not_there_yet() {
    for db in testing::databases() {
        programme(&db, "retail");
        let anna = customer(&db, 1);
        record(&db, "2026-06-30", &[added(activity(anna, Kind::Order, "2026-06-01", 900_000))]);
        assert_eq!(rank(&db, anna).0, 1);
        let ben = customer(&db, 2);
        let orders: Vec<Change> = ["2026-06-25", "2026-06-26", "2026-07-15", "2026-07-16"]
            .map(|on| added(activity(ben, Kind::Order, on, 3_000)))
            .into();
        record(&db, "2026-06-30", &orders);
        assert_eq!(rank(&db, ben), (1, 1, "6000.00".into()));
        evaluate(&db, &|| NOW, Some(day("2026-07-16"))).expect("evaluates");
        assert_eq!(rank(&db, ben), (2, 2, "12000.00".into()), "time alone has brought the orders in");
    }
}

#[test]
fn a_refund_after_a_rise_takes_the_level_back() {
    for db in testing::databases() {
        programme(&db, "retail");
        let anna = customer(&db, 1);
        let orders: Vec<Change> =
            (1..=5).map(|d| added(activity(anna, Kind::Order, &format!("2026-06-0{d}"), 2_000))).collect();
        record(&db, "2026-06-30", &orders);
        assert_eq!(rank(&db, anna).0, 2);
        record(&db, "2026-06-30", &[added(activity(anna, Kind::Refund, "2026-06-20", 1))]);
        assert_eq!(rank(&db, anna), (1, 1, "9999.00".into()));
    }
}

#[test]
fn who_orders_while_everyone_is_evaluated_keeps_that_order_and_the_others_are_written() {
    for db in testing::databases() {
        programme(&db, "retail");
        let all: Vec<CustomerId> = (0..12).map(|at| customer(&db, at)).collect();
        let orders = |id: CustomerId| {
            (1..=6).map(move |d| added(activity(id, Kind::Order, &format!("2026-06-0{d}"), 1_000 + i64::from(d))))
        };
        let changes: Vec<Change> = all.iter().flat_map(|id| orders(*id)).collect();
        record(&db, "2026-06-30", &changes);
        // The clock is asked again once everyone has been read: just then somebody orders.
        let asked = std::sync::atomic::AtomicU32::new(0);
        let clock = || {
            if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
                record(&db, "2026-12-20", &[added(activity(all[3], Kind::Order, "2026-12-20", 20_000))]);
            }
            NOW
        };
        let during = evaluate(&db, &clock, Some(day("2026-12-20"))).expect("evaluates");
        assert!(during.written > 0, "days since the last order have moved for the others");
        assert_eq!(rank(&db, all[3]), (2, 2, "26021.00".into()));
        let after = evaluate(&db, &|| NOW, Some(day("2026-12-20"))).expect("evaluates");
        assert_eq!(rank(&db, all[3]).0, 2);
        let again = evaluate(&db, &|| NOW, Some(day("2026-12-20"))).expect("evaluates");
        assert_eq!((again.written, after.changed), (0, 0));
    }
}

#[test]
fn an_evaluation_run_twice_changes_nothing_and_finds_customers_without_activities() {
    for db in testing::databases() {
        programme(&db, "retail");
        let all: Vec<CustomerId> = (0..30).map(|at| customer(&db, at)).collect();
        let changes: Vec<Change> = all[..20]
            .iter()
            .enumerate()
            .flat_map(|(at, id)| {
                (1..=6).map(move |d| {
                    added(activity(
                        *id,
                        Kind::Order,
                        &format!("2026-0{d}-10"),
                        400 * i64::try_from(at).expect("small") + 10,
                    ))
                })
            })
            .collect();
        record(&db, "2026-06-30", &changes);
        let first = evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        assert_eq!(first.customers, 30);
        assert!(first.written >= 10, "those without activities come on record");
        let before = kept(&db);
        let again = evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        assert_eq!((again.written, again.changed), (0, 0));
        assert_eq!(kept(&db), before);
        assert_eq!(again.levels.iter().sum::<u64>(), 30);
    }
}

/// Customer, potential, and how often his standing was written.
fn potentials(db: &Db) -> Vec<(CustomerId, f64, i64)> {
    db.read(|tx| {
        tx.query(
            "SELECT p.customer_id, p.potential, s.revision FROM customer_potentials p
             JOIN standings s ON s.customer_id = p.customer_id ORDER BY p.customer_id",
            &[],
            |row| Ok((row.id(0, CustomerId)?, row.real(1)?, row.int(2)?)),
        )
    })
    .expect("reads")
}

#[test]
fn a_threshold_that_moves_moves_potentials_alone_and_never_over_what_came_meanwhile() {
    for db in testing::databases() {
        let programme = programme(&db, "retail");
        let all: Vec<CustomerId> = (0..3).map(|at| customer(&db, at)).collect();
        let orders =
            |id: CustomerId| (1..=6).map(move |d| added(activity(id, Kind::Order, &format!("2026-06-0{d}"), 1_600)));
        let changes: Vec<Change> = all.iter().flat_map(|id| orders(*id)).collect();
        record(&db, "2026-06-30", &changes);
        evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        let near = potentials(&db);
        assert_eq!(near.len(), 3, "9,600 of 10,000");
        let publish = |least: f64| {
            db.write(|tx| {
                let active = programmes::active(tx)?;
                let mut rules = Rules::clone(&active[0].rules);
                assert_eq!(rules.levels[1].entry.tests[0].fact, "net_spend_365");
                rules.levels[1].entry.tests[0].value = least;
                programmes::publish(tx, NOW, programme, &rules, "moved", None)
            })
            .expect("published")
        };
        publish(12_000.0);
        let second = evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        let further = potentials(&db);
        assert_eq!((second.changed, second.written), (0, 0), "nothing but potentials");
        for (before, after) in near.iter().zip(&further) {
            assert!(after.1 < before.1 && after.2 == before.2, "{before:?}, {after:?}");
        }
        // And back, while one of them orders and rises.
        publish(10_000.0);
        let asked = std::sync::atomic::AtomicU32::new(0);
        let clock = || {
            if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
                record(&db, "2026-06-30", &[added(activity(all[1], Kind::Order, "2026-06-20", 2_000))]);
            }
            NOW
        };
        evaluate(&db, &clock, Some(day("2026-06-30"))).expect("evaluates");
        assert_eq!(rank(&db, all[1]).0, 2);
        assert_eq!(potentials(&db), [near[0], near[2]], "who has risen has a longer way before him again");
    }
}

#[test]
fn before_there_are_rules_the_facts_are_kept_already() {
    for db in testing::databases() {
        let anna = customer(&db, 1);
        record(&db, "2026-06-30", &[added(activity(anna, Kind::Order, "2026-06-01", 70))]);
        let found = db
            .read(|tx| {
                tx.query_one("SELECT orders, net_spend, level_rank FROM customers", &[], |r| {
                    Ok((r.int(0)?, r.money(1)?.to_string(), r.int(2)?))
                })
            })
            .expect("reads");
        assert_eq!(found, Some((1, "70.00".into(), 0)));
        let summary = evaluate(&db, &|| NOW, None).expect("nothing to evaluate");
        assert_eq!(summary.programmes, 0);
    }
}

#[test]
fn writers_at_once_on_one_customer_lose_nothing_even_beside_an_evaluation() {
    for db in testing::databases() {
        programme(&db, "retail");
        let anna = customer(&db, 1);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let db = &db;
                scope.spawn(move || {
                    for at in 0..10 {
                        let order = added(activity(anna, Kind::Order, &format!("2026-0{}-1{at}", thread + 1), 100));
                        let tiering = zunke_tiering::Tiering::default();
                        db.write(|tx| {
                            // What the recording room does first.
                            tx.execute("UPDATE customers SET turn = turn + 1 WHERE customer_id = $1", &[anna.into()])?;
                            zunke_customers::Observer::recorded(
                                &tiering,
                                tx,
                                &context("2026-06-30"),
                                std::slice::from_ref(&order),
                            )
                        })
                        .expect("recorded");
                    }
                });
            }
            for _ in 0..5 {
                evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
            }
        });
        assert_eq!(rank(&db, anna).2, "4000.00");
        let again = evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        evaluate(&db, &|| NOW, Some(day("2026-06-30"))).expect("evaluates");
        assert!(again.written <= 1);
        assert_eq!(rank(&db, anna).0, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Any order, any split into deliveries, some delivered and taken back and delivered again.
    #[test]
    fn any_order_split_and_repetition_leaves_the_same_days_scores_and_levels(
        events in prop::collection::vec((0..6_usize, 0..3_u8, 1..=12_u8, 1..=28_u8, 1..9_000_i64), 1..60),
        turn in any::<prop::sample::Index>(),
        size in 1..9_usize,
    ) {
        for db in testing::databases() {
            let other = testing::database(db.engine()).expect("a second one");
            for db in [&db, &other] {
                programme(db, "retail");
            }
            let people: Vec<CustomerId> = (0..6).map(|at| customer(&db, at)).collect();
            other.write(|tx| {
                for id in &people {
                    tx.execute(
                        "INSERT INTO customers (customer_id, kind, name, name_sort, status, version, created_at, updated_at)
                         VALUES ($1, 'person', 'x', 'x', 'active', 1, 0, 0)",
                        &[(*id).into()],
                    )?;
                }
                Ok(())
            }).expect("the same people");
            let changes: Vec<Change> = events
                .iter()
                .map(|(who, kind, month, date, amount)| {
                    let kind = [Kind::Order, Kind::Refund, Kind::Interaction][usize::from(*kind)];
                    let year = if amount % 3 == 0 { 2025 } else { 2026 };
                    let mut activity = activity(people[*who], kind, &format!("{year}-{month:02}-{date:02}"), *amount);
                    if kind == Kind::Order && amount % 2 == 0 {
                        activity.lines = vec![line("护肤"), line(if amount % 5 == 0 { "彩妆" } else { "护肤" })];
                    }
                    added(activity)
                })
                .collect();
            record(&db, "2026-12-31", &changes);
            let mut mixed = changes.clone();
            let at = turn.index(mixed.len());
            mixed.rotate_left(at);
            mixed.reverse();
            for part in mixed.chunks(size) {
                record(&other, "2026-12-31", part);
                // One is withdrawn and comes again.
                let first = part[0].after.clone().expect("added");
                record(&other, "2026-12-31", &[removed(first.clone())]);
                record(&other, "2026-12-31", &[added(first)]);
            }
            for db in [&db, &other] {
                evaluate(db, &|| NOW, Some(day("2026-12-31"))).expect("evaluates");
            }
            prop_assert_eq!(kept(&db), kept(&other));
        }
    }
}

//! The life of a level as it is kept: through refunds, observation, runs and kills, the same on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use std::sync::atomic::{AtomicU32, Ordering};
use zunke_customers::{Change, Kind};
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId, StaffId};
use zunke_kernel::{Currency, Day, Error, Instant, Text};
use zunke_store::jobs::{Handler, NewJob, Worker};
use zunke_store::{Db, Tx, jobs, testing};
use zunke_tiering::decision::Cause;
use zunke_tiering::keep::Moment;
use zunke_tiering::ladder::{Comparison, Rule, Test};
use zunke_tiering::life::layers::Layer;
use zunke_tiering::life::{Life, work};
use zunke_tiering::rules::Rules;
use zunke_tiering::store::{buckets, lives, programmes, runs};
use zunke_tiering::{Tiering, evaluate, run, templates};

fn needs(amount: f64) -> Rule {
    Rule::all(vec![Test { fact: "net_spend_365".into(), is: Comparison::AtLeast, value: amount }])
}

/// Four levels by the spend of a year: everyone, 1,000, 5,000, 20,000; each is kept by half of it.
fn rules() -> Rules {
    let mut rules = templates::build("retail", Instant(0), None).expect("a template");
    rules.life = Some(Life::recommended());
    for (level, amount) in rules.levels.iter_mut().zip([0.0, 1_000.0, 5_000.0, 20_000.0]) {
        level.entry = if amount > 0.0 { needs(amount) } else { Rule::default() };
        level.keep = (amount > 0.0).then(|| needs(amount / 2.0));
        level.guards.clear();
    }
    rules
}

/// Without a brake.
fn loose(mut rules: Rules) -> Rules {
    rules.life.iter_mut().for_each(|life| life.review.brake = 1.0);
    rules
}

fn publish(db: &Db, rules: &Rules) -> ProgrammeId {
    db.write(|tx| {
        let id = programmes::create(tx, NOW, &Text::new("会员", "Members"), "retail", rules)?;
        programmes::publish(tx, NOW, id, rules, "first", None)?;
        Ok(id)
    })
    .expect("a programme")
}

fn order(customer: CustomerId, on: &str, amount: i64) -> Change {
    added(activity(customer, Kind::Order, on, amount))
}

fn refund(customer: CustomerId, on: &str, amount: i64) -> Change {
    added(activity(customer, Kind::Refund, on, amount))
}

/// Rank, stage, last day of the cycle, last day of the observation.
fn held(db: &Db, customer: CustomerId) -> (i64, String, String, String) {
    let sql = "SELECT level_rank, stage, keep_until, observe_until FROM standings WHERE customer_id = $1";
    db.read(|tx| {
        tx.query_one(sql, &[customer.into()], |row| {
            let text = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
            Ok((row.int(0)?, row.opt_text(1)?.unwrap_or_default(), text(row.opt_day(2)?), text(row.opt_day(3)?)))
        })
    })
    .expect("reads")
    .expect("on record")
}

fn at(rank: i64, stage: &str, keep: &str, observe: &str) -> (i64, String, String, String) {
    (rank, stage.into(), keep.into(), observe.into())
}

fn story(db: &Db, customer: CustomerId) -> Vec<String> {
    let sql = "SELECT change_kind, as_of FROM decisions WHERE customer_id = $1 ORDER BY decision_id";
    db.read(|tx| tx.query(sql, &[customer.into()], |row| Ok(format!("{} {}", row.text(0)?, row.day(1)?))))
        .expect("reads")
}

fn reasons(db: &Db, customer: CustomerId) -> Vec<Text> {
    let sql = "SELECT reason FROM decisions WHERE customer_id = $1 ORDER BY decision_id";
    db.read(|tx| tx.query(sql, &[customer.into()], |row| row.json(0))).expect("reads")
}

fn notices(db: &Db, customer: CustomerId) -> Vec<String> {
    let sql = "SELECT payload FROM outbox WHERE topic = 'tiering.notice' ORDER BY message_id";
    let all: Vec<serde_json::Value> = db.read(|tx| tx.query(sql, &[], |row| row.json(0))).expect("reads");
    let own = all.into_iter().filter(|one| one["customer_id"] == serde_json::json!(customer));
    let mut kinds: Vec<String> = own.map(|one| one["kind"].as_str().expect("a kind").to_owned()).collect();
    kinds.sort();
    kinds
}

fn pass(db: &Db, on: &str) -> Vec<runs::Run> {
    work::daily(db, &|| NOW, Some(day(on)), None, &|_, _, _| Ok(())).expect("a pass")
}

fn look(db: &Db, on: &str) {
    evaluate(db, &|| NOW, Some(day(on))).expect("evaluates");
}

fn keep(db: &Db, customer: CustomerId, on: &str) {
    let moment = Moment { now: NOW, as_of: day(on), currency: Currency::CNY, cause: Cause::Person };
    db.write(|tx| {
        let years = buckets::read(tx, &[customer])?;
        zunke_tiering::keep::keep(tx, &moment, &[customer], &years)
    })
    .expect("kept");
}

fn approve(db: &Db, id: uuid::Uuid) {
    db.write(|tx| {
        runs::turn(tx, id, &["waiting_approval", "preview"], "running")?;
        runs::decided(tx, id, StaffId::new(NOW), Some("ok"))
    })
    .expect("approved");
    work::go(db, &|| NOW, id, &|_, _, _| Ok(())).expect("done");
}

fn ids(db: &Db) -> Vec<CustomerId> {
    let sql = "SELECT customer_id FROM customers ORDER BY customer_id";
    db.read(|tx| tx.query(sql, &[], |row| row.id(0, CustomerId))).expect("reads")
}

/// The customers of [`people`]: the same ids in every database.
fn people(db: &Db, count: u128) -> Vec<CustomerId> {
    db.write(|tx| {
        for number in 0..count {
            tx.execute(
                "INSERT INTO customers (customer_id, kind, name, name_sort, status, version, created_at, updated_at)
                 VALUES ($1, 'person', 'x', 'x', 'active', 1, 0, 0)",
                &[CustomerId(uuid::Uuid::from_u128(number + 100)).into()],
            )?;
        }
        Ok(())
    })
    .expect("customers");
    ids(db)
}

/// Everything that is kept of lives, but for moments and ids of writing.
fn everything(db: &Db) -> Vec<String> {
    let sql =
        "SELECT customer_id, level_rank, held_rank, held_since, keep_until, observe_until, fallen_rank, fallen_on,
                 pending_rank, pending_asked, due_day, stage, stands, score FROM standings ORDER BY customer_id";
    let standings = db.read(|tx| {
        tx.query(sql, &[], |row| {
            let numbers: Result<Vec<Option<i64>>, Error> = (1..11).map(|at| row.opt_int(at)).collect();
            let stands = row.opt_bool(12)?;
            Ok(format!("{} {:?} {:?} {stands:?} {}", row.uuid(0)?, numbers?, row.opt_text(11)?, row.real(13)?))
        })
    });
    let sql = "SELECT customer_id, change_kind, cause, from_rank, to_rank, as_of, reason, inputs FROM decisions
               ORDER BY customer_id, decision_id";
    let decisions = db.read(|tx| {
        tx.query(sql, &[], |row| {
            let inputs: serde_json::Value = row.json(7)?;
            let ranks = (row.int(3)?, row.int(4)?);
            let words = (row.text(1)?, row.text(2)?, row.text(6)?);
            Ok(format!("{} {words:?} {ranks:?} {} {inputs}", row.uuid(0)?, row.day(5)?))
        })
    });
    standings.expect("reads").into_iter().chain(decisions.expect("reads")).collect()
}

#[test]
fn a_refund_after_a_rise_leads_through_observation_and_down_only_when_it_ends() {
    for db in testing::databases() {
        publish(&db, &rules());
        let anna = customer(&db, 1);
        record(&db, "2026-03-01", &[order(anna, "2026-03-01", 100)]);
        record(&db, "2026-03-10", &[order(anna, "2026-03-10", 6_000)]);
        assert_eq!(held(&db, anna), at(3, "active", "2027-03-31", ""));
        record(&db, "2026-03-20", &[refund(anna, "2026-03-20", 6_000)]);
        assert_eq!(held(&db, anna), at(3, "observation", "2027-03-31", "2026-04-19"));
        let reason = reasons(&db, anna).pop().expect("a reason");
        assert!(reason.zh.contains("还差 ¥2,400.00，请在 4 月 19 日前达到"), "{}", reason.zh);
        assert!(reason.en.contains("¥2,400.00 short") && reason.en.contains("by 19 April 2026"), "{}", reason.en);
        look(&db, "2026-04-19");
        assert_eq!(held(&db, anna).0, 3, "the last day belongs to it");
        look(&db, "2026-04-20");
        assert_eq!(held(&db, anna).0, 3, "she is all who have a level: the brake");
        let run = db.read(|tx| runs::list(tx, 10, None)).expect("runs").items.pop().expect("a run that waits");
        assert_eq!((&*run.state, run.report.lowered, run.report.brake.share), ("waiting_approval", 1, 1.0));
        approve(&db, run.id);
        assert_eq!(held(&db, anna), at(2, "active", "2027-04-30", ""));
        assert_eq!(story(&db, anna), ["raised 2026-03-10", "observed 2026-03-20", "lowered 2026-04-20"]);
        let reason = reasons(&db, anna).pop().expect("a reason");
        assert!(reason.zh.contains("即可恢复"), "{}", reason.zh);
        record(&db, "2026-05-01", &[order(anna, "2026-05-01", 2_500)]);
        assert_eq!(held(&db, anna).0, 3, "the way back needs no more than keeping would have");
        assert_eq!(story(&db, anna).pop().expect("one"), "returned 2026-05-01");
    }
}

#[test]
fn a_short_dip_inside_observation_is_forgiven_and_notices_go_out_once_each() {
    for db in testing::databases() {
        publish(&db, &loose(rules()));
        let anna = customer(&db, 1);
        record(&db, "2025-06-10", &[order(anna, "2025-06-10", 6_000)]);
        assert_eq!(held(&db, anna).2, "2026-06-30");
        for on in ["2026-04-01", "2026-04-02", "2026-05-31", "2026-06-23", "2026-06-24", "2026-06-30", "2026-06-30"] {
            pass(&db, on);
        }
        // Her order leaves the window on 10 June: before that the keep rule holds, and nobody is warned.
        assert_eq!(notices(&db, anna), ["keep_0", "keep_7"]);
        pass(&db, "2026-07-01");
        assert_eq!(held(&db, anna), at(3, "observation", "2026-06-30", "2026-07-30"));
        pass(&db, "2026-07-01");
        record(&db, "2026-07-15", &[order(anna, "2026-07-15", 2_500)]);
        assert_eq!(held(&db, anna), at(3, "active", "2027-06-30", ""));
        assert_eq!(story(&db, anna), ["entered 2025-06-10", "observed 2026-07-01", "recovered 2026-07-15"]);
        assert_eq!(notices(&db, anna), ["keep_0", "keep_7", "observation_30"]);
    }
}

#[test]
fn a_manual_level_and_a_grant_lie_on_top_and_what_is_beneath_goes_on_untouched() {
    for db in testing::databases() {
        let rules = loose(rules());
        let programme = publish(&db, &rules);
        let anna = customer(&db, 1);
        record(&db, "2026-01-10", &[order(anna, "2026-01-10", 1_500)]);
        let lay = |kind: &str, rank: usize, from: &str, until: &str| {
            let (from, until, reason) = (day(from), Some(day(until)), "重要合作伙伴".to_owned());
            let layer = Layer { level: rules.levels[rank - 1].id, from, until, reason, by: None };
            db.write(|tx| lives::put_layer(tx, NOW, anna, programme, kind, &layer)).expect("a layer");
            keep(&db, anna, &from.to_string());
        };
        lay("grant", 3, "2026-02-01", "2026-02-10");
        assert_eq!(held(&db, anna).0, 3);
        lay("manual", 4, "2026-02-05", "2026-02-20");
        assert_eq!(held(&db, anna).0, 4);
        pass(&db, "2026-02-11");
        assert_eq!(held(&db, anna).0, 4, "the grant has ended beneath the manual level");
        record(&db, "2026-02-15", &[order(anna, "2026-02-15", 5_000)]);
        assert_eq!(held(&db, anna).0, 4);
        pass(&db, "2026-02-21");
        assert_eq!(held(&db, anna).0, 3, "what has become of the computed level meanwhile");
        let told = story(&db, anna);
        let expected = [
            "entered 2026-01-10",
            "raised 2026-02-01",
            "raised 2026-02-05",
            "beneath 2026-02-15",
            "lowered 2026-02-21",
        ];
        assert_eq!(told, expected);
        assert!(reasons(&db, anna)[2].zh.contains("重要合作伙伴"));
    }
}

#[test]
fn a_review_that_would_lower_four_of_ten_stops_at_the_brake_and_goes_on_when_approved() {
    for db in testing::databases() {
        publish(&db, &rules());
        let all: Vec<CustomerId> = (1..=10).map(|number| customer(&db, number)).collect();
        record(&db, "2025-06-10", &all.iter().map(|id| order(*id, "2025-06-10", 6_000)).collect::<Vec<_>>());
        record(&db, "2026-05-10", &all[4..].iter().map(|id| order(*id, "2026-05-10", 3_000)).collect::<Vec<_>>());
        pass(&db, "2026-07-01");
        assert!(all[..4].iter().all(|id| held(&db, *id).1 == "observation"));
        assert!(all[4..].iter().all(|id| held(&db, *id).2 == "2027-06-30"), "renewed");
        let run = pass(&db, "2026-08-01").pop().expect("a run");
        assert_eq!((&*run.kind, &*run.state), ("review", "waiting_approval"), "the first of a month");
        assert_eq!((run.report.lowered, run.report.brake.levelled), (4, 10));
        assert!((run.report.brake.share - 0.4).abs() < 1e-9);
        assert_eq!(run.report.moves.len(), 1);
        // Neither the next pass nor the nightly evaluation nor an order gets past the brake.
        pass(&db, "2026-08-02");
        look(&db, "2026-08-02");
        record(&db, "2026-08-02", &[order(all[0], "2026-08-02", 1)]);
        assert!(all.iter().all(|id| held(&db, *id).0 == 3));
        // Who makes it up meanwhile is lowered no more.
        record(&db, "2026-08-02", &[order(all[1], "2026-08-02", 3_000)]);
        approve(&db, run.id);
        assert_eq!(db.read(|tx| runs::find(tx, run.id)).expect("the run").state, "done");
        look(&db, "2026-08-02");
        let ranks: Vec<i64> = all[..4].iter().map(|id| held(&db, *id).0).collect();
        assert_eq!(ranks, [2, 3, 2, 2]);
    }
}

#[test]
fn a_run_done_twice_or_killed_half_way_comes_to_the_same_and_tells_everything_once() {
    for db in testing::databases() {
        let straight = testing::database(db.engine()).expect("a second one");
        let mut rules = loose(rules());
        for (at, level) in rules.levels.iter_mut().enumerate() {
            level.id = LevelId(uuid::Uuid::from_u128(at as u128 + 1));
        }
        for db in [&*db, &*straight] {
            publish(db, &rules);
            let all = people(db, 1_200);
            record(db, "2025-06-10", &all.iter().map(|id| order(*id, "2025-06-10", 6_000)).collect::<Vec<_>>());
            let more = all.iter().step_by(3).map(|id| order(*id, "2026-05-10", 3_000));
            record(db, "2026-05-10", &more.collect::<Vec<_>>());
        }
        let kill = |after: u32| {
            let steps = AtomicU32::new(0);
            move |_: &mut Tx, _: u64, _: u64| {
                if steps.fetch_add(1, Ordering::Relaxed) < after { Ok(()) } else { Err(Error::internal("killed")) }
            }
        };
        for on in ["2026-07-02", "2026-08-02"] {
            pass(&straight, on);
            for after in 0..2 {
                work::daily(&db, &|| NOW, Some(day(on)), None, &kill(after)).expect_err("killed");
            }
            pass(&db, on);
            pass(&db, on);
            look(&db, on);
            look(&straight, on);
        }
        let (one, other) = (everything(&db), everything(&straight));
        assert_eq!(one, other);
        assert_eq!(one.iter().filter(|line| line.contains("\"lowered\"")).count(), 800);
    }
}

#[test]
fn fifty_writers_on_one_customer_end_where_one_after_the_other_would() {
    for db in testing::databases() {
        publish(&db, &loose(rules()));
        let anna = customer(&db, 1);
        record(&db, "2026-01-10", &[order(anna, "2026-01-10", 100)]);
        std::thread::scope(|scope| {
            for thread in 0..50 {
                let db = &db;
                scope.spawn(move || {
                    let change = match thread % 5 {
                        4 => refund(anna, "2026-02-01", 700),
                        _ => order(anna, "2026-02-01", 200),
                    };
                    db.write(|tx| {
                        // What the recording room does first.
                        tx.execute("UPDATE customers SET turn = turn + 1 WHERE customer_id = $1", &[anna.into()])?;
                        let change = std::slice::from_ref(&change);
                        zunke_customers::Observer::recorded(&Tiering::default(), tx, &context("2026-02-01"), change)
                    })
                    .expect("recorded");
                });
            }
            scope.spawn(|| look(&db, "2026-02-01"));
            scope.spawn(|| pass(&db, "2026-02-01"));
        });
        // 100 + 40 × 200 − 10 × 700: whatever was reached in between, in the evening it is 1,100.
        assert_eq!(held(&db, anna), at(2, "active", "2027-02-28", ""));
    }
}

#[test]
fn any_order_of_a_days_deliveries_ends_in_the_same_life() {
    for db in testing::databases() {
        publish(&db, &loose(rules()));
        let people: Vec<CustomerId> = (1..=24).map(|number| customer(&db, number)).collect();
        for id in &people {
            record(&db, "2025-03-01", &[order(*id, "2025-03-01", 6_000)]);
        }
        pass(&db, "2026-04-01");
        let today = "2026-04-05";
        // All 24 orders of: a refund, a large purchase, its cancellation, a small purchase.
        for (turn, id) in people.iter().enumerate() {
            let big = activity(*id, Kind::Order, today, 30_000);
            let mut deliveries = vec![
                refund(*id, today, 50),
                added(big.clone()),
                Change { customer: *id, before: Some(big), after: None },
                order(*id, today, 40),
            ];
            let mut left = turn;
            for size in (1..=4).rev() {
                let next = deliveries.remove(left % size);
                left /= size;
                record(&db, today, &[next]);
            }
        }
        let all: Vec<_> = people.iter().map(|id| held(&db, *id)).collect();
        assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        assert_eq!((all[0].0, &*all[0].1), (3, "observation"));
    }
}

#[test]
fn both_databases_decide_the_same_from_the_same_history() {
    let mut told = Vec::new();
    for db in testing::databases() {
        let mut rules = rules();
        for (at, level) in rules.levels.iter_mut().enumerate() {
            level.id = LevelId(uuid::Uuid::from_u128(at as u128 + 1));
        }
        rules.levels[3].approval = true;
        publish(&db, &loose(rules));
        let people = people(&db, 12);
        let mut on = day("2024-01-05");
        for turn in 0..60_i64 {
            let id = people[usize::try_from(turn * 7 % 12).expect("small")];
            let text = on.to_string();
            let change = match turn % 6 {
                5 => refund(id, &text, turn * 31),
                _ => order(id, &text, (turn * 977) % 9_000 + 1),
            };
            record(&db, &text, &[change]);
            if turn % 4 == 0 {
                pass(&db, &text);
            }
            if turn % 15 == 0 {
                look(&db, &text);
            }
            on = on.plus(i32::try_from(turn * 13 % 37).expect("small"));
        }
        told.push(everything(&db));
    }
    assert!(told[0].len() > 40, "{}", told[0].len());
    if let [sqlite, postgres] = &told[..] {
        assert_eq!(sqlite, postgres);
    }
}

#[test]
fn standings_from_before_there_were_lives_are_taken_on_with_a_full_cycle() {
    for db in testing::databases() {
        let mut plain = rules();
        plain.life = None;
        let programme = publish(&db, &plain);
        let anna = customer(&db, 1);
        record(&db, "2024-03-01", &[order(anna, "2024-03-01", 6_000)]);
        assert_eq!(held(&db, anna).1, "", "without settings nothing of a life is kept");
        let mut with = loose(plain);
        with.life = Some(Life::recommended());
        db.write(|tx| programmes::publish(tx, NOW, programme, &with, "lives", None)).expect("published");
        // Her year is over long ago: without a life she would fall at once.
        run::evaluate_with(&db, &|| NOW, Some(day("2026-02-10")), Cause::Rules, &|_, _, _| Ok(())).expect("evaluates");
        assert_eq!(held(&db, anna), at(3, "active", "2027-02-28", ""));
        let mut without = with.clone();
        without.life = None;
        db.write(|tx| programmes::publish(tx, NOW, programme, &without, "no lives", None)).expect("published");
        look(&db, "2026-02-11");
        assert_eq!(held(&db, anna), at(1, "", "", ""), "and back again to what the entry rule says");
    }
}

#[test]
fn a_rise_that_needs_approval_waits_in_the_queue_and_comes_when_it_is_given() {
    for db in testing::databases() {
        let mut rules = rules();
        rules.levels[3].approval = true;
        rules.life.iter_mut().for_each(|life| life.review.borderline = None);
        let programme = publish(&db, &rules);
        let anna = customer(&db, 1);
        record(&db, "2026-01-10", &[order(anna, "2026-01-10", 25_000)]);
        assert_eq!(held(&db, anna).0, 3, "the highest level that is free");
        let items = |db: &Db| {
            db.read(|tx| {
                tx.query("SELECT kind, state, asked_on FROM level_queue", &[], |row| {
                    Ok(format!("{} {} {}", row.text(0)?, row.text(1)?, row.day(2)?))
                })
            })
            .expect("reads")
        };
        assert_eq!(items(&db), ["upgrade open 2026-01-10"]);
        record(&db, "2026-01-12", &[refund(anna, "2026-01-12", 10_000)]);
        assert_eq!(items(&db), ["upgrade lapsed 2026-01-10"], "deserved no more");
        record(&db, "2026-01-12", &[order(anna, "2026-01-12", 10_000)]);
        record(&db, "2026-01-15", &[order(anna, "2026-01-15", 1)]);
        assert_eq!(items(&db), ["upgrade open 2026-01-10"], "by the evening it had never been in doubt");
        db.write(|tx| lives::approve(tx, anna, programme, rules.levels[3].id, day("2026-01-10"))).expect("approved");
        keep(&db, anna, "2026-01-16");
        assert_eq!(held(&db, anna).0, 4);
        assert_eq!(story(&db, anna).pop().expect("one"), "raised 2026-01-16");
    }
}

#[test]
fn the_job_of_the_day_is_done_by_the_worker() {
    for db in testing::databases() {
        publish(&db, &loose(rules()));
        let anna = customer(&db, 1);
        record(&db, "2025-06-10", &[order(anna, "2025-06-10", 6_000)]);
        db.write(|tx| jobs::enqueue(tx, NOW, NewJob::new(work::RUN, serde_json::json!({}), NOW))).expect("queued");
        let handlers: Vec<std::sync::Arc<dyn Handler>> = vec![std::sync::Arc::new(work::Runs::default())];
        Worker::run_once(&db, &handlers, NOW).expect("runs");
        assert_eq!(story(&db, anna), ["entered 2025-06-10", "observed 2026-07-01", "lowered 2026-07-31"]);
        let run = db.read(|tx| runs::list(tx, 5, None)).expect("runs").items.pop().expect("one");
        assert_eq!((&*run.state, run.report.observed, run.report.lowered, run.report.done), ("done", 1, 1, 1));
    }
}

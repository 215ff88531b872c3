//! Promises as callers meet them: calendars, policies, due times that explain themselves, alarms that fire once.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::sync::Arc;
use zunke_access::Role;
use zunke_kernel::Instant;
use zunke_service::clock::recalculate::{OnLevel, Recalculate};
use zunke_service::escalation::{Alarms, fire};
use zunke_service::policy::defaults;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::databases;
use zunke_store::{audit, outbox};

/// The defaults, and a house. `NOW` is a Monday, 16:00 in Shanghai.
fn house(db: zunke_store::testing::TestDb) -> House {
    let house = House::new(db);
    house.db.write(|tx| defaults::seed(tx, NOW)).expect("seeded");
    house.db.write(|tx| defaults::seed(tx, NOW)).expect("once only");
    house
}

fn clock<'a>(clocks: &'a Value, metric: &str) -> &'a Value {
    clocks["items"].as_array().expect("items").iter().rfind(|one| one["metric"] == metric).expect("a clock")
}

fn fired(house: &House) -> i64 {
    let now = house.now();
    house.db.write(|tx| fire(tx, now, 10_000)).expect("fired")
}

#[tokio::test]
async fn a_ticket_is_due_as_its_policy_says_and_says_why() {
    for db in databases() {
        let house = house(db);
        let policies = house.get("/service-policies").await;
        assert_eq!(policies["items"].as_array().map(Vec::len), Some(4));
        let customer = house.customer("李四", 0, None, None);
        let id = house.ticket(customer, "question", "怎么换货").await;
        let clocks = house.get(&format!("/tickets/{id}/clocks")).await;
        let first = clock(&clocks, "first_response");
        // 24 hours of any day.
        assert_eq!(first["due_at"], "2027-01-19T08:00:00.000Z");
        assert_eq!(first["status"], "running");
        assert_eq!(first["policy"]["name"], "普通客户");
        let solution = clock(&clocks, "resolution");
        // Three working days later at the same time of day.
        assert_eq!(solution["due_at"], "2027-01-21T08:00:00.000Z");
        assert_eq!(solution["calendar"]["name"], "cn");
        let days = solution["days"].as_array().expect("days");
        assert_eq!((days[0]["minutes"].as_i64(), days[1]["minutes"].as_i64()), (Some(120), Some(480)));
        assert_eq!(days[1]["hours"], json!(["09:00-12:00", "13:00-18:00"]));
        let listed = house.get("/tickets?view=all").await;
        assert_eq!(listed["items"][0]["next_metric"], "first_response");
        // Answered and given to the customer: the clock stands still.
        house.later(HOUR);
        house
            .post(
                &format!("/tickets/{id}/messages"),
                json!({ "body": "请提供订单号。", "visibility": "public", "state_after": "waiting" }),
            )
            .await;
        let clocks = house.get(&format!("/tickets/{id}/clocks")).await;
        assert_eq!(clock(&clocks, "first_response")["status"], "met");
        assert_eq!(clock(&clocks, "resolution")["status"], "paused");
        assert_eq!(clock(&clocks, "resolution")["due_at"], Value::Null);
        house.later(HOUR);
        house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        let clocks = house.get(&format!("/tickets/{id}/clocks")).await;
        assert_eq!(clock(&clocks, "resolution")["status"], "met");
        assert_eq!(clock(&clocks, "resolution")["pauses"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn each_step_fires_once_and_again_when_the_due_time_moves() {
    for db in databases() {
        let house = house(db);
        let customer = house.customer("王五", 0, None, None);
        let id = house.ticket(customer, "complaint", "漏发").await;
        assert_eq!(fired(&house), 0);
        // Half of 24 hours: first response and solution.
        house.later(12 * HOUR);
        assert_eq!((fired(&house), fired(&house)), (2, 0));
        house.later(8 * HOUR);
        assert_eq!((fired(&house), fired(&house)), (2, 0), "four fifths");
        let steps = house.get("/service/escalations?mine=true").await;
        assert_eq!(steps["items"].as_array().map(Vec::len), Some(4), "nobody has it: the administrators are told");
        assert_eq!(steps["items"][0]["step"], "p80");
        // Moved by hand to a later time: its own steps come, the old breach does not.
        let due = "2027-01-20T08:00:00.000Z";
        let body = json!({ "metric": "resolution", "due_at": due, "reason": "等仓库盘点" });
        let (status, answer) = house.call(&house.boss, "PUT", &format!("/tickets/{id}/due"), None, Some(body)).await;
        assert_eq!((status, clock(&answer, "resolution")["due_at"].as_str()), (200, Some(due)));
        let fresh = fired(&house);
        assert!(fresh <= 1, "at most where it stands now: {fresh}");
        house.later(4 * HOUR);
        assert_eq!(fired(&house), 2, "the first response is due, and half of the new time for the solution is used");
        house.later(24 * HOUR);
        let rest = fired(&house);
        assert!((2..=4).contains(&rest), "{rest}");
        assert_eq!(fired(&house), 0);
        // Taken back, policy and calendar say again.
        let path = format!("/tickets/{id}/due?metric=resolution&reason=x");
        let (status, answer) = house.call(&house.boss, "DELETE", &path, None, None).await;
        assert_eq!((status, clock(&answer, "resolution")["due_at"].as_str()), (200, Some("2027-01-19T08:00:00.000Z")));
        let (status, code, _) = house.refused("DELETE", &path, Value::Null).await;
        assert_eq!((status, code.as_str()), (409, "clock_not_running"));
        let whole = house.get(&format!("/tickets/{id}")).await;
        let kinds: Vec<&str> =
            whole["events"].as_array().expect("events").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert!(kinds.contains(&"escalated") && kinds.contains(&"manual_due"));
        // Solved: nothing fires any more.
        house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        house.later(48 * HOUR);
        assert_eq!(fired(&house), 0);
    }
}

#[tokio::test]
async fn a_changed_calendar_moves_open_due_times_with_an_entry_in_the_record() {
    for db in databases() {
        let house = house(db);
        let customer = house.customer("赵六", 0, None, None);
        let open = house.ticket(customer, "question", "开着的").await;
        let done = house.ticket(customer, "question", "结束的").await;
        house.patch(&format!("/tickets/{done}"), json!({ "state": "solved" })).await;
        let before = house.get(&format!("/tickets/{done}/clocks")).await;
        let calendar = house.get("/calendars").await["items"][0].clone();
        let id = calendar["id"].as_str().expect("an id");
        // Tuesday 19 January becomes a holiday.
        let mut exceptions: Vec<Value> = calendar["spec"]["exceptions"].as_array().cloned().unwrap_or_default();
        exceptions.push(json!({ "from": "2027-01-19", "name": "厂休" }));
        let mut spec = calendar["spec"].clone();
        spec["exceptions"] = json!(exceptions);
        let (status, _) =
            house.call(&house.boss, "PATCH", &format!("/calendars/{id}"), Some(7), Some(spec.clone())).await;
        assert_eq!(status, 412);
        let (status, saved) = house.call(&house.boss, "PATCH", &format!("/calendars/{id}"), Some(1), Some(spec)).await;
        assert_eq!((status, saved["version"].as_i64()), (200, Some(2)), "{saved}");
        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Recalculate { observers: Vec::new() }), Arc::new(Alarms)];
        while Worker::run_once(&house.db, &handlers, house.now()).expect("worked").is_some() {}
        let after = house.get(&format!("/tickets/{open}/clocks")).await;
        assert_eq!(clock(&after, "resolution")["due_at"], "2027-01-22T08:00:00.000Z");
        assert_eq!(house.get(&format!("/tickets/{done}/clocks")).await, before);
        let filter = audit::Filter { action: Some("ticket.due_recalculated".into()), ..audit::Filter::default() };
        let rows = house.db.read(|tx| audit::list(tx, &filter, 10)).expect("rows");
        // The next due time of the open one is its first response, 24 hours of any day: only a due time that moved is told.
        assert!(rows.len() <= 1);
    }
}

#[tokio::test]
async fn a_rise_while_a_ticket_is_open_tightens_its_promise() {
    for db in databases() {
        let house = house(db);
        let body = json!({ "name": "钻石", "calendar_id": house.get("/calendars").await["items"][0]["id"], "rank_from": 4,
            "targets": [{ "metric": "first_response", "amount": 60, "unit": "working_minutes" }], "mode": "tighten" });
        let made = house.post("/service-policies", body).await;
        let policies = house.get("/service-policies").await;
        let mut ids: Vec<Value> =
            policies["items"].as_array().expect("items").iter().map(|one| one["id"].clone()).collect();
        ids.rotate_right(1);
        assert_eq!(ids[0], made["id"]);
        let (status, _) =
            house.call(&house.boss, "PUT", "/service-policies/order", None, Some(json!({ "ids": ids }))).await;
        assert_eq!(status, 200);
        let customer = house.customer("孙七", 0, None, None);
        let id = house.ticket(customer, "question", "升级").await;
        house
            .db
            .write(|tx| {
                tx.execute("UPDATE customers SET level_rank = 4 WHERE customer_id = $1", &[customer.into()])?;
                let payload = json!({});
                outbox::send(tx, NOW, "tiering.level_changed", &customer.to_string(), &payload)
            })
            .expect("raised");
        let subscribers: Vec<Arc<dyn outbox::Subscriber>> = vec![Arc::new(OnLevel { observers: Vec::new() })];
        outbox::deliver_pending(&house.db, &subscribers, NOW).expect("delivered");
        let clocks = house.get(&format!("/tickets/{id}/clocks")).await;
        let first = clock(&clocks, "first_response");
        assert_eq!(
            (first["due_at"].as_str(), first["policy"]["name"].as_str()),
            (Some("2027-01-18T09:00:00.000Z"), Some("钻石"))
        );
        assert_eq!(clocks["items"].as_array().map(Vec::len), Some(2), "{clocks}");
    }
}

#[tokio::test]
async fn a_policy_is_tried_on_a_ticket_that_is_not_there() {
    for db in databases() {
        let house = house(db);
        let body = json!({ "kind": "complaint", "level_rank": 0, "opened_at": "2026-09-30T09:50:00Z" });
        let (status, tried) = house.call(&house.boss, "POST", "/service-policies/try", None, Some(body)).await;
        assert_eq!((status, tried["policy"]["name"].as_str()), (200, Some("普通客户投诉")));
        assert_eq!(tried["dues"][1]["due_at"], "2026-10-01T09:50:00.000Z");
        assert_eq!(tried["looked_at"].as_array().map(Vec::len), Some(4));
    }
}

#[tokio::test]
async fn what_can_not_be_is_refused_with_its_field() {
    for db in databases() {
        let house = house(db);
        let calendar = house.get("/calendars").await["items"][0]["id"].clone();
        let never = json!({ "name": "never", "zone": "Asia/Shanghai", "week": {} });
        let refused = house.refused("POST", "/calendars", never).await;
        assert_eq!(refused, (422, "calendar_never_open".into(), "week".into()));
        let (status, code, field) = house
            .refused(
                "POST",
                "/calendars",
                json!({ "name": "x", "zone": "Mars/Base", "week": { "mon": ["09:00-10:00"] } }),
            )
            .await;
        assert_eq!((status, code.as_str(), field.as_str()), (422, "time_zone_unknown", "zone"));
        let again = json!({ "name": "CN", "zone": "Asia/Shanghai", "always": true });
        assert_eq!(house.refused("POST", "/calendars", again).await, (409, "name_taken".into(), "name".into()));
        let path = format!("/calendars/{}", calendar.as_str().expect("an id"));
        assert_eq!(house.refused("DELETE", &path, Value::Null).await.1, "calendar_in_use");
        let (status, answer) = house
            .call(&house.boss, "POST", &format!("{path}/exceptions/import"), Some(1), Some(json!({ "year": 2030 })))
            .await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("holidays_unknown")));
        let (status, _) = house
            .call(&house.boss, "POST", &format!("{path}/exceptions/import"), Some(1), Some(json!({ "year": 2026 })))
            .await;
        assert_eq!(status, 200);
        let year = house.get(&format!("{path}/year/2026")).await;
        assert_eq!((year["working_days"].as_i64(), year["official"].as_bool()), (Some(248), Some(true)));
        for (body, code) in [
            (json!({ "name": "", "calendar_id": calendar, "targets": [] }), "name_invalid"),
            (json!({ "name": "a", "calendar_id": calendar, "targets": [] }), "targets_missing"),
            (
                json!({ "name": "a", "calendar_id": calendar,
                    "targets": [{ "metric": "update", "amount": 0, "unit": "minutes" }] }),
                "amount_invalid",
            ),
            (
                json!({ "name": "a", "calendar_id": "cal_00000000000000000000000000000000",
                    "targets": [{ "metric": "update", "amount": 1, "unit": "minutes" }] }),
                "calendar_unknown",
            ),
        ] {
            assert_eq!(house.refused("POST", "/service-policies", body).await.1, code);
        }
        let agent = house.person("agent", Role::Agent);
        let customer = house.customer("钱一", 0, Some(agent.id), None);
        let id = house.ticket(customer, "question", "手动").await;
        let body = json!({ "metric": "resolution", "due_at": "2027-02-01T00:00:00Z", "reason": "x" });
        let (status, _) = house.call(&agent, "PUT", &format!("/tickets/{id}/due"), None, Some(body.clone())).await;
        assert_eq!(status, 403);
        let mut past = body.clone();
        past["due_at"] = json!("2020-01-01T00:00:00Z");
        assert_eq!(house.refused("PUT", &format!("/tickets/{id}/due"), past).await.2, "due_at");
        let mut silent = body;
        silent["reason"] = json!(" ");
        assert_eq!(house.refused("PUT", &format!("/tickets/{id}/due"), silent).await.2, "reason");
    }
}

#[test]
fn ten_thousand_in_one_minute_are_told_once_each() {
    for db in databases() {
        let house = house(db);
        let many: i64 = 2_000;
        let at = NOW.plus_ms(HOUR);
        let customer = house.customer("万人", 0, None, None);
        house
            .db
            .write(|tx| {
                for number in 1..=many {
                    let id = zunke_kernel::id::TicketId::new(NOW);
                    tx.execute(
                        "INSERT INTO tickets (customer_id, ticket_id, number, kind, priority, state, channel, subject,
                           opened_rank, level_rank, opened_at, version, updated_at)
                         VALUES ($1, $2, $3, 'question', 'normal', 'open', 'api', 'x', 0, 0, $4, 1, $4)",
                        &[customer.into(), id.into(), number.into(), NOW.into()],
                    )?;
                    tx.execute(
                        "INSERT INTO ticket_keys (ticket_id, customer_id) VALUES ($1, $2)",
                        &[id.into(), customer.into()],
                    )?;
                    tx.execute(
                        "INSERT INTO clock_alarms (ticket_id, metric, due_at, step, fire_at, told)
                         VALUES ($1, 'resolution', $2, 'm0', $2, '{\"roles\":[\"assignee\",\"supervisor\"],\"staff\":[]}')",
                        &[id.into(), Instant(at.0 + number % 60_000).into()],
                    )?;
                }
                Ok(())
            })
            .expect("made");
        house.later(HOUR + 60_000);
        let begun = std::time::Instant::now();
        // Two that fire at once, one of them cut off in the middle of its transaction.
        let now = house.now();
        let cut: zunke_kernel::Result<()> = house.db.write(|tx| {
            fire(tx, now, 250)?;
            Err(zunke_kernel::Error::internal("kill -9"))
        });
        assert!(cut.is_err());
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| while house.db.write(|tx| fire(tx, now, 250)).expect("fired") > 0 {});
            }
        });
        eprintln!("{many} alarms fired in {:?}", begun.elapsed());
        let counts = |sql: &'static str| {
            house.db.read(|tx| tx.query_one(sql, &[], |row| row.int(0))).expect("asked").expect("a row")
        };
        assert_eq!(counts("SELECT COUNT(*) FROM ticket_events WHERE kind = 'escalated'"), many);
        assert_eq!(counts("SELECT COUNT(*) FROM clock_alarms WHERE fired_at IS NULL"), 0);
        assert_eq!(counts("SELECT COUNT(*) FROM outbox WHERE topic = 'service.escalation'"), many);
    }
}

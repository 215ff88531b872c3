//! Visits and tasks as callers meet them: over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod company;

use company::{Company, NOW, Person, day};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_kernel::Text;
use zunke_kernel::id::CustomerId;
use zunke_store::testing::databases;
use zunke_tiering::store::programmes;
use zunke_tiering::templates;

/// A programme; the ids of its levels, the lowest first.
fn levels(house: &Company) -> Vec<String> {
    house
        .db
        .write(|tx| {
            let rules = templates::build("retail", NOW, None).expect("a template");
            let id = programmes::create(tx, NOW, &Text::new("会员", "Members"), "retail", &rules)?;
            programmes::publish(tx, NOW, id, &rules, "first", None)?;
            Ok(rules.levels.iter().map(|level| level.id.to_string()).collect())
        })
        .expect("a programme")
}

fn put_on_level(house: &Company, ids: &[CustomerId], level: &str, since: i32) {
    let level: zunke_kernel::id::LevelId = level.parse().expect("an id");
    let since = company::today().plus(since);
    house
        .db
        .write(|tx| {
            for id in ids {
                let sql = "UPDATE customers SET level_id = $1, level_since = $2 WHERE customer_id = $3";
                tx.execute(sql, &[level.into(), since.into(), (*id).into()])?;
            }
            Ok(())
        })
        .expect("put");
}

fn made(customer: CustomerId) -> Value {
    json!({
        "customer_id": customer, "kind": "visit", "state": "done", "purpose": "新品介绍", "notes": "对钻石礼遇很满意",
        "mood": "good", "next": {"title": "寄样品", "due_day": day(3)},
    })
}

#[tokio::test]
async fn a_visit_recorded_on_the_phone_is_in_the_time_line_and_its_next_step_among_the_tasks() {
    for db in databases() {
        let house = Company::new(db);
        let lin = house.person("lin", Role::AccountManager);
        let own = house.customers("王女士", 1, 3, Some(lin.id))[0];
        let foreign = house.customers("外人", 1, 3, None)[0];
        let visit = house.post(&lin, "/visits", made(own)).await;
        assert_eq!(
            (&visit["state"], &visit["day"], &visit["staff_name"]),
            (&json!("done"), &json!(day(0)), &json!("lin"))
        );
        let line = house.get(&lin, &format!("/customers/{own}/timeline")).await;
        assert_eq!(
            (&line["items"][0]["channel"], &line["items"][0]["direction"]),
            (&json!("visit"), &json!("outbound"))
        );
        let tasks = house.get(&lin, "/my/tasks").await;
        let task = &tasks["items"][0];
        assert_eq!(
            (&task["kind"], &task["title"], &task["due_day"]),
            (&json!("own"), &json!("寄样品"), &json!(day(3)))
        );
        assert_eq!(task["customer_name"], json!("王女士00"));
        // What is out of sight is not there, whether it is or not.
        let unseen = house.refused(&lin, "POST", "/visits", made(foreign)).await;
        assert_eq!((unseen.0, unseen.2.as_str()), (404, "customer_id"));
        assert_eq!(house.get(&lin, "/visits").await["items"].as_array().map(Vec::len), Some(1));
        house.post(&house.boss, "/visits", made(foreign)).await;
        assert_eq!(house.get(&lin, "/visits").await["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(house.get(&house.boss, "/visits?staff_id=me").await["items"].as_array().map(Vec::len), Some(1));
        // Bad input is named at its field, and leaves nothing behind.
        for (change, field) in [
            (json!({"day": day(1)}), "day"),
            (json!({"state": "planned", "day": day(-1)}), "day"),
            (json!({"state": "cancelled"}), "state"),
            (json!({"notes": "长".repeat(4_001)}), "notes"),
            (json!({"next": {"title": "  "}}), "next.title"),
            (json!({"staff_id": house.boss.id}), ""),
        ] {
            let mut body = made(own);
            for (key, value) in change.as_object().expect("an object") {
                body[key] = value.clone();
            }
            let bad = house.refused(&lin, "POST", "/visits", body).await;
            assert!([403, 422].contains(&bad.0) && bad.2 == field, "{change}: {bad:?}");
        }
        let line = house.get(&lin, &format!("/customers/{own}/timeline")).await;
        assert_eq!(line["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_planned_visit_is_moved_made_or_called_off_once() {
    for db in databases() {
        let house = Company::new(db);
        let (lin, wang) = (house.person("lin", Role::AccountManager), house.person("wang", Role::AccountManager));
        let own = house.customers("客", 1, 3, Some(lin.id))[0];
        let plan = json!({"customer_id": own, "kind": "call", "state": "planned", "day": day(5)});
        let visit = house.post(&lin, "/visits", plan.clone()).await;
        let path = format!("/visits/{}", visit["id"].as_str().unwrap_or(""));
        let (status, moved) = house.edit(&lin, &path, 1, json!({"day": day(9)})).await;
        assert_eq!((status, &moved["day"]), (200, &json!(day(9))));
        assert_eq!(house.edit(&lin, &path, 1, json!({"day": day(8)})).await.0, 412);
        assert_eq!(house.call(&wang, "PATCH", &path, Some(json!({"state": "done"}))).await.0, 404);
        let (status, done) = house.edit(&lin, &path, 2, json!({"state": "done", "notes": "已通话"})).await;
        assert_eq!((status, &done["day"]), (200, &json!(day(0))), "recorded without a day it was made today");
        let bad = house.refused(&lin, "PATCH", &path, json!({"state": "cancelled", "reason": "改期"})).await;
        assert_eq!(bad.1, "visit_settled");
        let line = house.get(&lin, &format!("/customers/{own}/timeline")).await;
        assert_eq!((line["items"].as_array().map(Vec::len), &line["items"][0]["channel"]), (Some(1), &json!("phone")));
        let visit = house.post(&lin, "/visits", plan).await;
        let path = format!("/visits/{}", visit["id"].as_str().unwrap_or(""));
        let bad = house.refused(&lin, "PATCH", &path, json!({"state": "cancelled"})).await;
        assert_eq!(bad.2, "reason");
        assert_eq!(house.edit(&lin, &path, 1, json!({"state": "cancelled", "reason": "客户出差"})).await.0, 200);
        assert_eq!(house.get(&lin, "/my/tasks").await["items"], json!([]));
    }
}

#[tokio::test]
async fn coverage_tells_who_has_had_his_visits_and_the_plan_fills_the_working_days() {
    for db in databases() {
        let house = Company::new(db);
        let lin = house.person("lin", Role::AccountManager);
        let levels = levels(&house);
        let vips = house.customers("贵宾", 4, 4, Some(lin.id));
        put_on_level(&house, &vips[..3], &levels[3], -200);
        put_on_level(&house, &vips[3..], &levels[3], -3);
        let plan = json!({"items": [{"level_id": levels[3], "visits": 1, "per": "month"}]});
        let (status, _) = house.call(&house.boss, "PUT", "/visit-plans", Some(plan)).await;
        assert_eq!(status, 200);
        house.post(&lin, "/visits", made(vips[0])).await;
        let later = json!({"customer_id": vips[1], "kind": "visit", "state": "planned", "day": day(4)});
        house.post(&lin, "/visits", later).await;
        let seen = house.get(&lin, "/visits/coverage?staff_id=me").await;
        let all = &seen["all"];
        let counts = ["customers", "covered", "planned", "due", "overdue"].map(|key| all[key].as_i64().unwrap_or(-1));
        assert_eq!(counts, [4, 1, 1, 1, 1]);
        assert_eq!(
            (&seen["items"][0]["standing"], &seen["items"][0]["customer_name"]),
            (&json!("overdue"), &json!("贵宾02"))
        );
        assert_eq!(house.get(&lin, "/visits/coverage?standing=covered").await["total"], json!(1));
        // First what would be planned, then the same.
        let seen = house.post(&lin, "/visits/plan", json!({"preview": true, "per_day": 1})).await;
        assert_eq!((&seen["applied"], seen["items"].as_array().map(Vec::len)), (&json!(false), Some(2)));
        let days: Vec<&str> =
            seen["items"].as_array().expect("items").iter().filter_map(|item| item["day"].as_str()).collect();
        assert_eq!(days, [day(0), day(3)], "today is a Friday");
        let done = house.post(&lin, "/visits/plan", json!({"per_day": 1})).await;
        assert_eq!(done["items"], seen["items"]);
        let again = house.post(&lin, "/visits/plan", json!({"per_day": 1})).await;
        assert_eq!(again["items"], json!([]), "nobody is planned twice");
        // Others' customers count for others.
        let wang = house.person("wang", Role::AccountManager);
        assert_eq!(house.get(&wang, "/visits/coverage").await["all"]["customers"], json!(0));
        assert_eq!(house.refused(&wang, "POST", "/visits/plan", json!({"staff_id": lin.id})).await.0, 403);
        // Bad plans.
        let bad = json!({"items": [{"level_id": levels[3], "visits": 0, "per": "month"}]});
        assert_eq!(house.refused(&house.boss, "PUT", "/visit-plans", bad).await.2, "items[0].visits");
        let one = json!({"level_id": levels[3], "visits": 1, "per": "month"});
        let bad = house.refused(&house.boss, "PUT", "/visit-plans", json!({"items": [one, one]})).await;
        assert_eq!(bad.2, "items[1].level_id");
        assert_eq!(house.refused(&lin, "PUT", "/visit-plans", json!({"items": []})).await.0, 403);
    }
}

#[tokio::test]
async fn own_tasks_are_noted_moved_and_ticked_off() {
    for db in databases() {
        let house = Company::new(db);
        let (lin, wang) = (house.person("lin", Role::AccountManager), house.person("wang", Role::AccountManager));
        let late = house.post(&lin, "/my/tasks", json!({"title": "补签合同", "due_day": day(-2)})).await;
        house.post(&lin, "/my/tasks", json!({"title": "想一想"})).await;
        house.post(&lin, "/my/tasks", json!({"title": "回电", "due_day": day(0)})).await;
        let tasks = house.get(&lin, "/my/tasks").await;
        assert_eq!((&tasks["overdue"], &tasks["today_count"]), (&json!(1), &json!(1)));
        let titles: Vec<&str> =
            tasks["items"].as_array().expect("items").iter().filter_map(|one| one["title"].as_str()).collect();
        assert_eq!(titles, ["补签合同", "回电", "想一想"]);
        let week = house.get(&lin, &format!("/my/tasks?from={}&to={}", day(0), day(7))).await;
        assert_eq!(week["items"].as_array().map(Vec::len), Some(2), "what is overdue is always there");
        let path = format!("/my/tasks/{}", late["id"].as_str().unwrap_or(""));
        assert_eq!(house.call(&wang, "PATCH", &path, Some(json!({"state": "done"}))).await.0, 404);
        let (status, done) = house.edit(&lin, &path, 1, json!({"state": "done"})).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")));
        assert_eq!(house.edit(&lin, &path, 1, json!({"title": "旧"})).await.0, 412);
        assert_eq!(house.get(&lin, "/my/tasks").await["done"].as_array().map(Vec::len), Some(1));
        assert_eq!(house.refused(&lin, "POST", "/my/tasks", json!({"title": " "})).await.2, "title");
        assert_eq!(
            house.refused(&lin, "POST", "/my/tasks", json!({"title": "x", "due_day": "1999-01-01"})).await.2,
            "due_day"
        );
        assert_eq!(house.refused(&wang, "POST", "/my/tasks", json!({"title": "x", "staff_id": lin.id})).await.0, 403);
        house.post(&house.boss, "/my/tasks", json!({"title": "派给林", "staff_id": lin.id})).await;
        assert_eq!(house.get(&lin, "/my/tasks").await["items"].as_array().map(Vec::len), Some(3));
    }
}

async fn calendar(house: &Company, token: &str) -> (u16, String) {
    let (status, bytes) =
        house.raw(None::<&Person>, "GET", &format!("/my/calendar.ics?token={token}"), None, None).await;
    (status, String::from_utf8(bytes).expect("text"))
}

#[tokio::test]
async fn a_calendar_is_read_with_its_token_alone_and_never_after_it_was_taken_back() {
    for db in databases() {
        let house = Company::new(db);
        let lin = house.person("lin", Role::AccountManager);
        let own = house.customers("王女士", 1, 3, Some(lin.id))[0];
        let plan = json!({"customer_id": own, "kind": "visit", "state": "planned", "day": day(5), "purpose": "新品"});
        house.post(&lin, "/visits", plan).await;
        house.post(&lin, "/my/tasks", json!({"title": "没有日期的不进日历"})).await;
        let feed = house.post(&lin, "/my/calendar-feeds", json!({})).await;
        let token = feed["token"].as_str().expect("a token").to_owned();
        let (status, text) = calendar(&house, &token).await;
        assert_eq!(status, 200);
        assert!(text.contains("SUMMARY:拜访 · 新品 · 王女士00\r\n"), "{text}");
        assert!(
            text.contains(&format!("DTSTART;VALUE=DATE:{}\r\n", day(5).replace('-', ""))) && !text.contains("没有日期")
        );
        // The secret is nowhere but with its owner.
        let listed = house.get(&lin, "/my/calendar-feeds").await;
        assert!(!listed.to_string().contains("zkc_") && !listed["items"][0]["read_at"].is_null());
        let kept = "SELECT COUNT(*) FROM audit WHERE detail LIKE '%zkc_%'";
        assert_eq!(house.db.read(|tx| tx.query_one(kept, &[], |row| row.int(0))).expect("read"), Some(0));
        assert_eq!(calendar(&house, "zkc_0000").await.0, 404);
        assert_eq!(house.raw(None, "GET", "/my/calendar.ics", None, None).await.0, 401);
        let (status, own) = house.raw(Some(&lin), "GET", "/my/calendar.ics", None, None).await;
        assert!(status == 200 && String::from_utf8_lossy(&own).contains("新品"), "who is logged in needs no token");
        // Customers who are somebody else's now are not named any more.
        house.db.write(|tx| tx.execute("UPDATE customers SET owner_id = NULL", &[])).expect("taken");
        assert!(calendar(&house, &token).await.1.contains("SUMMARY:拜访 · 新品\r\n"));
        let wang = house.person("wang", Role::AccountManager);
        let path = format!("/my/calendar-feeds/{}", feed["id"].as_str().unwrap_or(""));
        assert_eq!(house.call(&wang, "DELETE", &path, None).await.0, 404);
        let second = house.post(&lin, "/my/calendar-feeds", json!({})).await;
        assert_eq!(house.call(&lin, "DELETE", &path, None).await.0, 204);
        assert_eq!(calendar(&house, &token).await.0, 404, "taken back");
        let second = second["token"].as_str().expect("a token").to_owned();
        assert_eq!(calendar(&house, &second).await.0, 200);
        house
            .db
            .write(|tx| tx.execute("UPDATE staff SET active = $1 WHERE login = 'lin'", &[false.into()]))
            .expect("left");
        assert_eq!(calendar(&house, &second).await.0, 404, "who has left has no calendar");
    }
}

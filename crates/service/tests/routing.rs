//! Queue, routing and presence as callers meet them: over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use zunke_access::Role;
use zunke_kernel::id::TicketId;
use zunke_service::Hooks;
use zunke_service::routing::work;
use zunke_store::testing::databases;

/// Somebody who sees every ticket and works on them.
fn worker(house: &House, login: &str) -> Person {
    house.person(login, Role::OperationsManager)
}

async fn online(house: &House, who: &Person) {
    let (status, answer) = house.call(who, "PUT", "/presence", None, Some(json!({ "state": "online" }))).await;
    assert_eq!((status, answer["state"].as_str()), (200, Some("online")));
}

async fn next(house: &House, who: &Person) -> Value {
    let (status, answer) = house.call(who, "POST", "/tickets/next", None, None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn round(house: &House) -> work::Round {
    work::round(&house.db, house.now(), &Hooks::default()).expect("a round")
}

#[tokio::test]
async fn the_next_ticket_is_a_vips_and_nobody_is_given_the_same_twice() {
    for db in databases() {
        let house = House::new(db);
        let (ordinary, vip) = (house.customer("普通", 0, None, None), house.customer("钻石", 4, None, None));
        let first = house.ticket(ordinary, "question", "先来的").await;
        let second = house.ticket(vip, "question", "贵客的").await;
        let who = worker(&house, "li");
        let taken = next(&house, &who).await;
        assert_eq!(taken["ticket"]["id"], second.as_str());
        assert_eq!(taken["ticket"]["state"], "open");
        assert_eq!(taken["ticket"]["assignee"]["name"], "li");
        assert_eq!(next(&house, &who).await["ticket"]["id"], first.as_str());
        let none = next(&house, &who).await;
        assert!(none["ticket"].is_null() && none["why"]["zh"].is_string());
        let whole = house.get(&format!("/tickets/{first}")).await;
        let kinds: Vec<&str> =
            whole["events"].as_array().expect("events").iter().filter_map(|one| one["kind"].as_str()).collect();
        assert!(kinds.contains(&"claimed"), "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sixteen_who_take_at_once_never_get_the_same_ticket() {
    for db in databases() {
        let house = std::sync::Arc::new(House::new(db));
        let customer = house.customer("王", 0, None, None);
        for number in 0..40 {
            house.ticket(customer, "question", &format!("{number}")).await;
        }
        let mut hands = Vec::new();
        for number in 0..16 {
            let (house, who) = (house.clone(), worker(&house, &format!("w{number}")));
            hands.push(tokio::spawn(async move {
                let mut taken = Vec::new();
                while let Some(id) = next(&house, &who).await["ticket"]["id"].as_str() {
                    taken.push(id.to_owned());
                }
                taken
            }));
        }
        let mut all = Vec::new();
        for hand in hands {
            all.extend(hand.await.expect("no fault"));
        }
        assert_eq!(all.len(), 40, "each was taken");
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 40, "and none twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_certain_ticket_is_taken_once_and_handed_back_with_a_reason() {
    for db in databases() {
        let house = House::new(db);
        let (li, wang) = (worker(&house, "li"), worker(&house, "wang"));
        let customer = house.customer("王", 0, None, None);
        let id = house.ticket(customer, "question", "发票").await;
        let claim = format!("/tickets/{id}/claim");
        let (one, two) =
            tokio::join!(house.call(&li, "POST", &claim, None, None), house.call(&wang, "POST", &claim, None, None));
        let (winner, loser) = if one.0 == 200 { (&li, two) } else { (&wang, one) };
        assert_eq!((loser.0, loser.1["code"].as_str()), (409, Some("ticket_taken")));
        let (status, again) = house.call(winner, "POST", &claim, None, None).await;
        assert_eq!((status, again["code"].as_str()), (409, Some("ticket_yours")));
        let release = format!("/tickets/{id}/release");
        let (status, answer) = house.call(winner, "POST", &release, None, Some(json!({ "reason": " " }))).await;
        assert_eq!((status, answer["field"].as_str()), (422, Some("reason")));
        let (status, answer) = house.call(winner, "POST", &release, None, Some(json!({ "reason": "不熟" }))).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["ticket"]["assignee"].is_null());
        let refused = house.refused("POST", &release, json!({ "reason": "又退" })).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "ticket_unassigned"));
        house.patch(&format!("/tickets/{id}"), json!({ "state": "solved" })).await;
        assert_eq!(house.refused("POST", &claim, json!({})).await.1, "ticket_not_active");
    }
}

#[tokio::test]
async fn a_vips_ticket_goes_to_his_manager_and_to_the_deputy_while_he_is_absent() {
    for db in databases() {
        let house = House::new(db);
        let (manager, deputy) = (worker(&house, "manager"), worker(&house, "deputy"));
        online(&house, &manager).await;
        online(&house, &deputy).await;
        let vip = house.customer("钻石", 4, Some(manager.id), None);
        let id = house.ticket(vip, "question", "一").await;
        let whole = house.get(&format!("/tickets/{id}")).await;
        assert_eq!(whole["ticket"]["assignee"]["name"], "manager");
        let why = house.get(&format!("/tickets/{id}/route")).await;
        assert_eq!((why["stage"].as_str(), why["staff"]["name"].as_str()), (Some("manager"), Some("manager")));
        let today = "2027-01-18";
        house
            .post(
                "/managers/deputies",
                json!({ "staff_id": manager.id, "deputy_id": deputy.id, "from_day": today, "until_day": today }),
            )
            .await;
        house
            .post("/absences", json!({ "staff_id": manager.id, "from_day": today, "until_day": today, "kind": "sick" }))
            .await;
        let second = house.ticket(vip, "question", "二").await;
        let why = house.get(&format!("/tickets/{second}/route")).await;
        assert_eq!((why["stage"].as_str(), why["staff"]["name"].as_str()), (Some("deputy"), Some("deputy")));
        assert_eq!(why["tried"][0]["reason"]["en"], "absent");
        // What the absent one has in hand goes on within a minute.
        assert_eq!(round(&house).handed_back, 1);
        let whole = house.get(&format!("/tickets/{id}")).await;
        assert_eq!(whole["ticket"]["assignee"]["name"], "deputy");
        assert_eq!(round(&house), work::Round::default(), "and once only");
    }
}

#[tokio::test]
async fn an_empty_pool_is_a_state_with_a_reason_and_ends_when_somebody_comes() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王", 0, None, None);
        let id = house.ticket(customer, "question", "夜里").await;
        let why = house.get(&format!("/tickets/{id}/route")).await;
        assert_eq!((why["stage"].as_str(), why["staff"].is_null()), (Some("waiting"), true));
        assert_eq!(round(&house).found, 0);
        house.later(2 * 60_000);
        assert_eq!(round(&house).found, 0, "nobody has come");
        let li = worker(&house, "li");
        online(&house, &li).await;
        house.later(60_000);
        online(&house, &li).await;
        assert_eq!(round(&house).found, 1);
        let whole = house.get(&format!("/tickets/{id}")).await;
        assert_eq!(whole["ticket"]["assignee"]["name"], "li");
    }
}

#[tokio::test]
async fn a_group_overflows_after_its_minutes_and_never_in_a_circle() {
    for db in databases() {
        let house = House::new(db);
        let li = worker(&house, "li");
        online(&house, &li).await;
        let help = house.post("/service-groups", json!({ "name": "支援", "levels": [99] })).await;
        let vip = house
            .post(
                "/service-groups",
                json!({ "name": "贵宾组", "levels": [4, 5], "members": [li.id], "overflow_id": help["id"],
                    "overflow_after_min": 10 }),
            )
            .await;
        let customer = house.customer("钻石", 4, None, None);
        let id = house.ticket(customer, "question", "急").await;
        let path = format!("/tickets/{id}");
        assert_eq!(house.get(&path).await["ticket"]["group"]["name"], "贵宾组");
        assert!(house.get(&path).await["ticket"]["assignee"].is_null(), "its members take it by themselves");
        house.later(9 * 60_000);
        assert_eq!(round(&house).overflowed, 0);
        house.later(60_000);
        assert_eq!(round(&house).overflowed, 1);
        assert_eq!(house.get(&path).await["ticket"]["group"]["name"], "支援");
        let why = house.get(&format!("{path}/route")).await;
        assert!(why["why"]["zh"].as_str().is_some_and(|text| text.contains("贵宾组")), "{why}");
        let circle = json!({ "overflow_id": vip["id"], "overflow_after_min": 5 });
        let path = format!("/service-groups/{}", help["id"].as_str().expect("an id"));
        let refused = house.refused("PATCH", &path, circle).await;
        assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), (422, "overflow_circle", "overflow_id"));
        for (body, field) in [
            (json!({ "overflow_after_min": 5 }), "overflow_after_min"),
            (json!({ "levels": [] }), "levels"),
            (json!({ "name": " " }), "name"),
            (json!({ "members": ["stf_00000000000000000000000000000001"] }), "members"),
        ] {
            assert_eq!(house.refused("PATCH", &path, body).await.2, field);
        }
        assert_eq!(house.refused("POST", "/service-groups", json!({ "name": "贵宾组" })).await.1, "group_name_taken");
        let (status, answer) = house.call(&house.boss, "PATCH", &path, Some(99), Some(json!({ "name": "x" }))).await;
        assert_eq!((status, answer["code"].as_str()), (412, Some("version_changed")));
    }
}

#[tokio::test]
async fn a_pushing_group_fills_the_one_with_the_most_room_up_to_his_capacity() {
    for db in databases() {
        let house = House::new(db);
        let (li, wang) = (worker(&house, "li"), worker(&house, "wang"));
        online(&house, &li).await;
        online(&house, &wang).await;
        let (status, _) = house
            .call(
                &house.boss,
                "PUT",
                &format!("/staff/{}/skills", li.id),
                Some(0),
                Some(json!({ "skills": ["EN"], "capacity": 1 })),
            )
            .await;
        assert_eq!(status, 200);
        house.post("/service-groups", json!({ "name": "全员", "members": [li.id, wang.id], "pushes": true })).await;
        let customer = house.customer("王", 0, None, None);
        let mut owners = Vec::new();
        for number in 0..4 {
            let id = house.ticket(customer, "question", &format!("{number}")).await;
            let whole = house.get(&format!("/tickets/{id}")).await;
            owners.push(whole["ticket"]["assignee"]["name"].as_str().expect("somebody").to_owned());
        }
        assert_eq!(owners.iter().filter(|name| *name == "li").count(), 1, "{owners:?}");
        let english = json!({ "customer_id": customer, "kind": "question", "body": "Hello", "language": "en-GB" });
        let id = house.post("/tickets", english).await["id"].as_str().expect("an id").to_owned();
        let why = house.get(&format!("/tickets/{id}/route")).await;
        assert_eq!((why["stage"].as_str(), why["skills"][0].as_str()), (Some("waiting"), Some("en")), "{why}");
        // The only one who speaks it is full; the other one may not take it either, until the skill is given up.
        assert!(next(&house, &wang).await["ticket"].is_null());
        house.later(16 * 60_000);
        assert_eq!(next(&house, &wang).await["ticket"]["id"], id.as_str());
    }
}

#[tokio::test]
async fn a_trial_says_why_each_was_taken_or_not_and_writes_nothing() {
    for db in databases() {
        let house = House::new(db);
        let (manager, other) = (worker(&house, "manager"), worker(&house, "other"));
        online(&house, &other).await;
        let vip = house.customer("钻石", 4, Some(manager.id), None);
        let tried = house.post("/service/route", json!({ "customer_id": vip, "kind": "complaint" })).await;
        assert_eq!((tried["stage"].as_str(), tried["staff"]["name"].as_str()), (Some("anyone"), Some("other")));
        assert_eq!(tried["tried"][0]["reason"]["zh"], "不在岗");
        let none = house.refused("POST", "/service/route", json!({ "waited_min": -1 })).await;
        assert_eq!((none.0, none.2.as_str()), (422, "waited_min"));
        let unknown = json!({ "customer_id": "cus_00000000000000000000000000000009" });
        assert_eq!(house.refused("POST", "/service/route", unknown).await.1, "customer_unknown");
        let rows = house.db.read(|tx| tx.query_one("SELECT COUNT(*) FROM ticket_routes", &[], |row| row.int(0)));
        assert_eq!(rows.expect("counted"), Some(0));
    }
}

#[tokio::test]
async fn the_urgent_lane_has_a_reason_and_a_quota() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王", 0, None, None);
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(house.ticket(customer, "question", &format!("{number}")).await);
            house.later(1_000);
        }
        let urge = |id: &str| format!("/tickets/{id}/urgent");
        for id in &ids[2..] {
            house.post(&urge(id), json!({ "on": true, "reason": "媒体关注" })).await;
        }
        let refused = house.refused("POST", &urge(&ids[0]), json!({ "on": true, "reason": "也急" })).await;
        assert_eq!((refused.0, refused.1.as_str()), (409, "urgent_quota_used"));
        let who = worker(&house, "li");
        assert_eq!(next(&house, &who).await["ticket"]["id"], ids[2].as_str());
        house.later(DAY);
        house.post(&urge(&ids[0]), json!({ "on": true, "reason": "第二天" })).await;
    }
}

#[tokio::test]
async fn presence_expires_and_shifts_absences_and_skills_are_checked() {
    for db in databases() {
        let house = House::new(db);
        let agent = house.person("agent", Role::Agent);
        online(&house, &agent).await;
        let of = |team: Value| {
            let all = team["items"].as_array().expect("items").clone();
            all.into_iter().find(|one| one["name"] == "agent").expect("the agent")
        };
        assert_eq!(of(house.get("/presence/team").await)["state"], "online");
        house.later(121_000);
        assert_eq!(of(house.get("/presence/team").await)["state"], "offline");
        let (_, beat) = house.call(&agent, "PUT", "/presence", None, Some(json!({}))).await;
        assert_eq!(beat["state"], "online");
        // 2027-01-18 is a Monday, 16:00 in Shanghai.
        let shift = json!({ "staff": [agent.id], "weekdays": [1, 2], "from_minute": 480, "until_minute": 720 });
        let made = house.post("/shifts", shift.clone()).await;
        assert_eq!(made["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(house.post("/shifts", shift).await["items"].as_array().map(Vec::len), Some(0), "no doubles");
        assert_eq!(of(house.get("/presence/team").await)["on_shift"], false);
        for id in made["items"].as_array().expect("shifts").iter().filter_map(|one| one["id"].as_str()) {
            assert_eq!(house.call(&house.boss, "DELETE", &format!("/shifts/{id}"), None, None).await.0, 204);
        }
        assert_eq!(of(house.get("/presence/team").await)["on_shift"], true);
        for (path, body, field) in [
            ("/shifts", json!({ "staff": [], "weekdays": [1], "from_minute": 0, "until_minute": 60 }), "staff"),
            (
                "/shifts",
                json!({ "staff": [agent.id], "weekdays": [8], "from_minute": 0, "until_minute": 60 }),
                "weekdays",
            ),
            (
                "/shifts",
                json!({ "staff": [agent.id], "weekdays": [1], "from_minute": 60, "until_minute": 60 }),
                "until_minute",
            ),
            ("/absences", json!({ "from_day": "2027-01-20", "until_day": "2027-01-19", "kind": "leave" }), "until_day"),
            ("/absences", json!({ "from_day": "2027-01-20", "until_day": "2027-01-20", "kind": "party" }), "kind"),
        ] {
            let refused = house.refused("POST", path, body).await;
            assert_eq!((refused.0, refused.2.as_str()), (422, field), "{path}");
        }
        let other =
            json!({ "staff_id": house.boss.id, "from_day": "2027-01-20", "until_day": "2027-01-20", "kind": "leave" });
        assert_eq!(house.call(&agent, "POST", "/absences", None, Some(other)).await.0, 403, "for others: not an agent");
        let own = json!({ "from_day": "2027-01-18", "until_day": "2027-01-18", "kind": "training" });
        let (status, own) = house.call(&agent, "POST", "/absences", None, Some(own)).await;
        assert_eq!(status, 201);
        assert_eq!(of(house.get("/presence/team").await)["absent"], true);
        let path = format!("/absences/{}", own["id"].as_str().expect("an id"));
        assert_eq!(house.call(&agent, "DELETE", &path, None, None).await.0, 204);
        assert_eq!(house.call(&agent, "DELETE", &path, None, None).await.0, 404);
        let skills = format!("/staff/{}/skills", agent.id);
        let put = |body: Value, version: i64| house.call(&house.boss, "PUT", &skills, Some(version), Some(body));
        let skills = json!({ "skills": ["en"] });
        assert_eq!(put(json!({ "skills": ["a,b"], "capacity": 2_000 }), 0).await.1["field"], "skills[0]");
        assert_eq!(put(skills.clone(), 0).await.1["version"], 1);
        assert_eq!(put(skills, 0).await.0, 412);
    }
}

#[tokio::test]
async fn settings_are_checked_and_places_follow_them() {
    for db in databases() {
        let house = House::new(db);
        let vip = house.customer("钻石", 4, None, None);
        let id = house.ticket(vip, "question", "一").await;
        let ticket: TicketId = id.parse().expect("an id");
        let turn = || {
            let sql = "SELECT turn_at FROM ticket_queue WHERE ticket_id = $1";
            house.db.read(|tx| tx.query_one(sql, &[ticket.into()], |row| row.int(0))).expect("read").expect("a row")
        };
        assert_eq!(turn(), NOW.0 - 16 * HOUR);
        let mut settings = house.get("/service/routing").await;
        assert_eq!(settings["version"], 0);
        settings.as_object_mut().expect("an object").remove("version");
        settings["order"]["level_minutes"] = json!(60);
        settings["needs"] = json!([{ "kinds": ["complaint"], "skill": "Senior " }]);
        let put =
            |body: Value, version: i64| house.call(&house.boss, "PUT", "/service/routing", Some(version), Some(body));
        let (status, saved) = put(settings.clone(), 0).await;
        assert_eq!((status, saved["needs"][0]["skill"].as_str()), (200, Some("senior")), "{saved}");
        assert_eq!(work::reorder(&house.db, |_, _| Ok(())).expect("moved"), 1);
        assert_eq!(turn(), NOW.0 - 4 * HOUR);
        assert_eq!(put(settings.clone(), 0).await.0, 412);
        settings["order"]["guard_share"] = json!(101);
        settings["capacity"] = json!(0);
        let (status, answer) = put(settings, 1).await;
        assert_eq!((status, answer["field"].as_str()), (422, Some("order.guard_share")));
    }
}

#[tokio::test]
async fn a_simulation_answers_over_http_and_names_what_it_cannot_play() {
    let house = House::new(zunke_store::testing::sqlite());
    let plan = json!({
        "staff": [{ "people": 3 }],
        "flows": [{ "level_rank": 0, "per_hour": 20, "promise_minutes": 240, "work_minutes": 6 },
                  { "level_rank": 4, "per_hour": 2, "promise_minutes": 60, "work_minutes": 6 }],
        "crowds": [{ "level_rank": 4, "tickets": 100, "at_minute": 60 }],
    });
    let played = house.post("/service/simulate", plan).await;
    let rules: Vec<&str> =
        played["results"].as_array().expect("results").iter().filter_map(|one| one["rule"].as_str()).collect();
    assert_eq!(rules, ["house", "vips_first", "arrival"]);
    assert_eq!(played["results"][0]["levels"][1]["broken"], 0, "{played}");
    let none = json!({ "staff": [], "flows": [] });
    assert_eq!(house.refused("POST", "/service/simulate", none).await.2, "staff");
}

#[tokio::test]
async fn a_change_that_makes_ordinary_customers_fare_worse_is_an_alarm() {
    for db in databases() {
        let house = House::new(db);
        let empty = house.get("/service/fairness").await;
        assert!(empty["lowest_rank"].is_null() && empty["alarm"] == false, "{empty}");
        let changed = NOW.0 - 14 * DAY;
        house
            .db
            .write(|tx| {
                tx.execute("DELETE FROM service_policies", &[])?;
                tx.execute(
                    "INSERT INTO service_policies (policy_id, place, name, active, calendar_id, content, archived, version,
                       updated_at) VALUES ($1, 1, '贵宾一小时', $2, $1, '{}', $3, 1, $4)",
                    &[uuid::Uuid::nil().into(), true.into(), false.into(), changed.into()],
                )?;
                // Every ordinary promise was kept before; after it, one in four was not. VIPs fare well throughout.
                let mut rows = Vec::new();
                for number in 0..200_i64 {
                    let ended = changed + (number - 100) * 2 * HOUR;
                    for (rank, met) in [(0_i64, ended < changed || number % 4 != 0), (4, true)] {
                        let state = if met { "met" } else { "breached" };
                        let id = uuid::Uuid::from_u128((number * 10 + rank + 1) as u128);
                        rows.push(vec![id.into(), state.into(), ended.into(), rank.into()]);
                    }
                }
                tx.execute_many(
                    "INSERT INTO ticket_clocks (customer_id, ticket_id, metric, run, state, started_at, due_at, ended_at,
                       manual, kind, priority, level_rank)
                     VALUES ($1, $1, 'first_response', 1, $2, $3, $3, $3, FALSE, 'question', 'normal', $4)",
                    &rows,
                )
            })
            .expect("written");
        let found = house.get("/service/fairness").await;
        assert_eq!((found["lowest_rank"].as_i64(), found["alarm"].as_bool()), (Some(0), Some(true)), "{found}");
        assert_eq!(found["changes"][0]["verdict"], "worse");
        assert_eq!(found["weeks"].as_array().map(Vec::len), Some(12));
        let sum = |rank: i64, what: &str| -> i64 {
            let weeks = found["weeks"].as_array().expect("weeks").iter();
            let levels = weeks.flat_map(|week| week["levels"].as_array().expect("levels").iter());
            levels.filter(|one| one["level_rank"] == rank).filter_map(|one| one[what].as_i64()).sum()
        };
        assert_eq!((sum(4, "kept"), sum(4, "due")), (200, 200));
        assert_eq!((sum(0, "kept"), sum(0, "due")), (175, 200));
        // Whoever runs the service has a task of it, once.
        let chief = house.person("chief", Role::OperationsManager);
        let agent = house.person("agent", Role::Agent);
        let look = || house.db.write(|tx| zunke_service::fairness::watch::look(tx, house.now())).expect("looked");
        assert_eq!((look(), look()), (1, 0));
        let (status, tasks) = house.call(&chief, "GET", "/my/tasks", None, None).await;
        assert_eq!(status, 200, "{tasks}");
        let tasks = tasks["items"].as_array().expect("tasks");
        assert_eq!((tasks.len(), &tasks[0]["detail"]), (1, &json!("fairness")), "{tasks:?}");
        let (title, note) = (tasks[0]["title"].as_str().unwrap_or(""), tasks[0]["note"].as_str().unwrap_or(""));
        assert!(title.contains("贵宾一小时") && note.contains("100.0%") && note.contains("75.0%"), "{title} {note}");
        let (_, none) = house.call(&agent, "GET", "/my/tasks", None, None).await;
        assert_eq!(none["items"].as_array().map(Vec::len), Some(0));
        // Figures of the whole company are for who sees the whole company.
        let (status, refused) = house.call(&agent, "GET", "/service/fairness", None, None).await;
        assert_eq!((status, refused["code"].as_str()), (403, Some("everyone_required")), "{refused}");
        let (status, _) = house.call(&chief, "GET", "/service/fairness", None, None).await;
        assert_eq!(status, 200);
    }
}

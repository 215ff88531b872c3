//! Managers as callers meet them: over HTTP, on every database.

mod company;

use company::{Company, NOW, Person, day, today};
use serde_json::{Value, json};
use std::sync::{Arc, Barrier};
use zunke_access::Role;
use zunke_customers::{Observer, Observers, OwnerWhy, RecordContext, make};
use zunke_kernel::Instant;
use zunke_kernel::id::CustomerId;
use zunke_service::manager::work::OnRise;
use zunke_service::manager::{self, Keeper, place};
use zunke_store::outbox::{self, Subscriber};
use zunke_store::testing::databases;

fn line<'a>(list: &'a Value, who: &Person) -> &'a Value {
    let id = who.id.to_string();
    let items = list["items"].as_array().expect("items");
    items.iter().find(|one| one["staff_id"] == json!(id)).expect("the manager is in the list")
}

#[tokio::test]
async fn the_load_of_managers_is_counted_from_their_customers() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (lin, gone) = (house.person("lin", Role::AccountManager), house.person("gone", Role::AccountManager));
        house.customers("钻石", 3, 4, Some(lin.id));
        house.customers("普通", 7, 1, Some(lin.id));
        house.customers("无主", 2, 3, None);
        house.customers("旧", 1, 3, Some(gone.id));
        house.db.write(|tx| tx.execute("UPDATE staff SET active = $1 WHERE login = 'gone'", &[false.into()])).unwrap();
        let list = house.get(&house.boss, "/managers").await;
        let row = line(&list, &lin);
        assert_eq!(row["load"], json!({"customers": 10, "vips": 3, "places": 3.0}));
        assert_eq!((&row["cap"], &list["without"], &list["vip_from"]), (&json!(50.0), &json!(2), &json!(3)));
        assert_eq!(line(&list, &gone)["active"], json!(false), "who has left and still has customers is shown");
        // Weights and caps.
        let (status, _) = house
            .call(
                &house.boss,
                "PUT",
                "/managers/settings",
                Some(json!({"cap": 40, "vip_from": 3, "weights": {"4": 2.5}})),
            )
            .await;
        assert_eq!(status, 200);
        let path = format!("/managers/{}", lin.id);
        let (status, _) = house.edit(&house.boss, &path, 0, json!({"cap": 10, "regions": ["上海市", "江苏"]})).await;
        assert_eq!(status, 200);
        let list = house.get(&house.boss, "/managers").await;
        let row = line(&list, &lin);
        assert_eq!((&row["load"]["places"], &row["cap"]), (&json!(7.5), &json!(10.0)));
        // A manager sees himself.
        let own = house.get(&lin, "/managers").await;
        assert_eq!((own["items"].as_array().map(Vec::len), &own["without"]), (Some(1), &json!(0)));
        // Bad input.
        let (status, answer) = house.edit(&house.boss, &path, 0, json!({"cap": 20})).await;
        assert_eq!((status, &answer["code"]), (412, &json!("version_changed")));
        let bad = house.refused(&house.boss, "PUT", "/managers/settings", json!({"cap": 0, "vip_from": 12})).await;
        assert_eq!(bad, (422, "cap_invalid".into(), "cap".into()));
        let bad = house.refused(&lin, "PATCH", &path, json!({"cap": 100})).await;
        assert_eq!(bad.0, 403, "nobody raises his own cap");
        let bad = house.refused(&house.boss, "PATCH", &path, json!({"cap": -1})).await;
        assert_eq!(bad.0, 422);
    }
}

#[tokio::test]
async fn a_preview_changes_nothing_and_what_it_shows_is_what_is_done() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (near, far) = (house.person("near", Role::AccountManager), house.person("far", Role::AccountManager));
        house.call(&house.boss, "PATCH", &format!("/managers/{}", near.id), Some(json!({"regions": ["上海"]}))).await;
        house.customers("已有", 48, 3, Some(near.id));
        let vips = house.customers("新贵", 4, 4, None);
        let preview = house.post(&house.boss, "/managers/assign/preview", json!({})).await;
        assert_eq!((&preview["applied"], preview["items"].as_array().map(Vec::len)), (&json!(false), Some(4)));
        assert!(vips.iter().all(|id| house.owner(*id).is_none()));
        let done = house.post(&house.boss, "/managers/assign", json!({})).await;
        assert_eq!(done["items"], preview["items"]);
        let (to_near, to_far) = (house.vips_of(near.id) - 48, house.vips_of(far.id));
        assert_eq!((to_near, to_far), (2, 2), "the region first, and then whoever has a place");
        assert!(done["items"][0]["reasons"][0]["zh"].as_str().unwrap_or("").contains("上海"));
        // Who has a manager keeps him.
        let again = house.post(&house.boss, "/managers/assign", json!({"customer_ids": vips})).await;
        assert_eq!(again["items"], json!([]));
        // History tells who, since when and how.
        let of = house.get(&house.boss, &format!("/customers/{}/manager", vips[0])).await;
        assert_eq!((&of["history"][0]["why"], of["history"].as_array().map(Vec::len)), (&json!("automatic"), Some(1)));
        assert_eq!(of["history"][0]["staff_name"], of["name"]);
    }
}

#[tokio::test]
async fn whoever_changes_an_owner_the_cap_holds_and_the_history_knows() {
    for db in databases() {
        let house = Company::new(db);
        house.vips_from_three().await;
        let (lin, wang) = (house.person("lin", Role::AccountManager), house.person("wang", Role::AccountManager));
        house.customers("已有", 49, 3, Some(lin.id));
        let vips = house.customers("贵宾", 3, 3, None);
        let plain = house.customers("普通", 2, 1, None);
        // By the customer's page.
        let path = format!("/customers/{}", vips[0]);
        let (status, _) = house.call(&house.boss, "PATCH", &path, Some(json!({"owner_id": lin.id}))).await;
        assert_eq!(status, 200);
        let path = format!("/customers/{}", vips[1]);
        let full = house.refused(&house.boss, "PATCH", &path, json!({"owner_id": lin.id})).await;
        assert_eq!(full, (409, "manager_full".into(), "owner_id".into()));
        // In bulk, whole or not at all; who takes no place is free.
        let body = json!({"customers": [vips[1], vips[2], plain[0]], "owner_id": lin.id});
        assert_eq!(house.refused(&house.boss, "POST", "/customers/bulk/assign", body).await.0, 409);
        let body = json!({"customers": plain, "owner_id": lin.id});
        assert_eq!(house.call(&house.boss, "POST", "/customers/bulk/assign", Some(body)).await.0, 200);
        // By hand, to somebody chosen.
        let body = json!({"customer_ids": [vips[1]], "staff_id": lin.id});
        let full = house.refused(&house.boss, "POST", "/managers/assign", body).await;
        assert_eq!(full, (409, "manager_full".into(), "staff_id".into()));
        assert_eq!((house.vips_of(lin.id), house.owner(vips[2]), house.owner(plain[0])), (50, None, Some(lin.id)));
        let body = json!({"customer_ids": [vips[0], vips[1]], "staff_id": wang.id});
        house.post(&house.boss, "/managers/assign", body).await;
        assert_eq!((house.vips_of(lin.id), house.vips_of(wang.id)), (49, 2));
        let of = house.get(&house.boss, &format!("/customers/{}/manager", vips[0])).await;
        let names: Vec<&str> =
            of["history"].as_array().expect("a list").iter().filter_map(|one| one["staff_name"].as_str()).collect();
        assert_eq!(names, ["wang", "lin"]);
        // What is not seen is not there.
        assert_eq!(house.call(&lin, "GET", &format!("/customers/{}/manager", vips[0]), None).await.0, 404);
        let bad = house.refused(&wang, "POST", "/managers/assign", json!({"customer_ids": [vips[0]]})).await;
        assert_eq!(bad.0, 403);
        let bad = house.refused(&house.boss, "POST", "/managers/assign", json!({"customer_ids": []})).await;
        assert_eq!(bad, (422, "customers_invalid".into(), "customer_ids".into()));
    }
}

#[test]
fn of_thirty_assignments_at_once_one_gets_the_fiftieth_place() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for db in databases() {
        let house = runtime.block_on(async {
            let house = Company::new(db);
            house.vips_from_three().await;
            house
        });
        let lin = house.person("lin", Role::AccountManager);
        house.customers("已有", 49, 3, Some(lin.id));
        let rivals = house.customers("对手", 30, 3, None);
        let start = Arc::new(Barrier::new(rivals.len()));
        let won: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = rivals
                .iter()
                .enumerate()
                .map(|(at, id)| {
                    let (start, db) = (start.clone(), house.db.db.clone());
                    scope.spawn(move || {
                        start.wait();
                        let done = db.write(|tx| {
                            let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Keeper)];
                            let loaded = RecordContext::load(tx, NOW)?;
                            let context = RecordContext { observers: Observers(observers), ..loaded };
                            // By the house, by somebody's hand, and past both: every way in.
                            match at % 3 {
                                0 => place::apply(tx, &context, &[*id], None).map(|done| done.unplaced == 0),
                                1 => place::apply(tx, &context, &[*id], Some(lin.id)).map(|_| true),
                                _ => {
                                    make::give_many(tx, &context, &[*id], Some(lin.id), OwnerWhy::ByHand).map(|_| true)
                                }
                            }
                        });
                        match done {
                            Ok(placed) => placed,
                            Err(error) => {
                                assert_eq!(error.code, "manager_full", "{error}");
                                false
                            }
                        }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "one winner");
        assert_eq!(house.vips_of(lin.id), 50, "the cap holds");
        let owned = rivals.iter().filter(|id| house.owner(**id).is_some()).count();
        assert_eq!(owned, 1);
    }
}

#[tokio::test]
async fn who_rises_to_a_vip_level_is_given_a_manager_once_and_only_where_it_is_switched_on() {
    for db in databases() {
        let house = Company::new(db);
        let (lin, _) = (house.person("lin", Role::AccountManager), house.person("clerk", Role::Agent));
        let risen = house.customers("升", 2, 3, None);
        let plain = house.customers("平", 1, 2, None)[0];
        let subscribers: Vec<Arc<dyn Subscriber>> = vec![Arc::new(OnRise { observers: vec![Arc::new(Keeper)] })];
        let rise = |id: CustomerId, at: Instant| {
            house
                .db
                .write(|tx| {
                    outbox::send(tx, at, "tiering.level_changed", &id.to_string(), &json!({"customer": id}))?;
                    outbox::send(tx, at, "tiering.level_changed", &id.to_string(), &json!({"customer": id}))
                })
                .expect("sent");
            while outbox::deliver_pending(&house.db, &subscribers, at).expect("delivered") > 0 {}
        };
        house.vips_from_three().await;
        rise(risen[0], NOW);
        assert_eq!(house.owner(risen[0]), None, "it is switched off");
        let body = json!({"cap": 1, "vip_from": 3, "automatic": true});
        assert_eq!(house.call(&house.boss, "PUT", "/managers/settings", Some(body)).await.0, 200);
        rise(risen[0], NOW);
        rise(plain, NOW);
        rise(risen[1], NOW);
        assert_eq!((house.owner(risen[0]), house.owner(plain)), (Some(lin.id), None));
        assert_eq!(house.owner(risen[1]), None, "full: a state, not an exception");
        assert_eq!(house.get(&house.boss, "/managers").await["without"], json!(1));
        let of = house.get(&house.boss, &format!("/customers/{}/manager", risen[0])).await;
        assert_eq!(of["history"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_deputy_sees_the_managers_customers_on_his_days_only() {
    for db in databases() {
        let house = Company::new(db);
        let (lin, wang) = (house.person("lin", Role::AccountManager), house.person("wang", Role::AccountManager));
        let nurse = house.person("nurse", Role::Agent);
        let own = house.customers("自", 2, 2, Some(wang.id));
        let theirs = house.customers("客", 3, 3, Some(lin.id));
        house.customers("外", 1, 3, None);
        let new = json!({"customer_id": theirs[0], "kind": "question", "channel": "phone", "subject": "发票", "body": "发票何时开？"});
        let ticket = house.post(&house.boss, "/tickets", new).await["id"].as_str().expect("an id").to_owned();
        let count = async |who: &Person| house.get(who, "/customers/count").await["count"].as_i64();
        let (one, talk) = (format!("/customers/{}", theirs[0]), format!("/tickets/{ticket}"));
        let open = async |who: &Person| {
            let seen = house.call(who, "GET", &one, None).await.0;
            assert_eq!(seen, house.call(who, "GET", &talk, None).await.0, "page and ticket");
            seen
        };
        assert_eq!((count(&wang).await, open(&wang).await), (Some(2), 404));
        let later = json!({"deputy_id": wang.id, "from_day": day(1), "until_day": day(2)});
        house.post(&lin, "/managers/deputies", later).await;
        assert_eq!(open(&wang).await, 404, "not before his first day");
        let ahead = NOW.plus_secs(86_400);
        let seen = |at: Instant| {
            let may = zunke_access::Permission::ReadCustomers;
            let scope = house.db.read(|tx| zunke_access::directory::scope_of_starter(tx, wang.id, may, at));
            let scope = scope.expect("a scope");
            house.db.read(|tx| zunke_customers::query::within(tx, &scope, &theirs)).expect("asked").len()
        };
        assert_eq!(
            (seen(NOW), seen(ahead), seen(ahead.plus_secs(86_400)), seen(ahead.plus_secs(172_800))),
            (0, 3, 3, 0)
        );
        for deputy in [&wang, &nurse] {
            let now = json!({"deputy_id": deputy.id, "from_day": day(0), "until_day": day(0)});
            house.post(&lin, "/managers/deputies", now).await;
        }
        assert_eq!((count(&wang).await, open(&wang).await), (Some(5), 200));
        assert_eq!((count(&nurse).await, open(&nurse).await), (Some(3), 200), "beside an empty department");
        assert_eq!(house.call(&wang, "GET", &format!("/customers/{}", own[0]), None).await.0, 200);
        house
            .db
            .write(|tx| tx.execute("UPDATE staff SET levels = '[2]' WHERE login = 'wang'", &[]))
            .expect("his own levels hold");
        assert_eq!((count(&wang).await, open(&wang).await), (Some(2), 404));
    }
}

#[tokio::test]
async fn deputies_stand_in_on_their_days_and_no_others() {
    for db in databases() {
        let house = Company::new(db);
        let (lin, wang) = (house.person("lin", Role::AccountManager), house.person("wang", Role::AccountManager));
        let customer = house.customers("客", 1, 3, Some(lin.id))[0];
        let body = json!({"deputy_id": wang.id, "from_day": day(0), "until_day": day(2), "note": "休假"});
        let made = house.post(&lin, "/managers/deputies", body.clone()).await;
        assert_eq!(made["deputy_name"], json!("wang"));
        let on =
            |ahead: i32| house.db.read(|tx| manager::of(tx, customer, today().plus(ahead))).expect("read").deputies;
        assert_eq!((on(0), on(2), on(3), on(-1)), (vec![wang.id], vec![wang.id], vec![], vec![]));
        let managed = house.db.read(|tx| manager::of(tx, CustomerId::new(NOW), today())).expect("read");
        assert_eq!(managed, manager::Managed::default(), "an unknown customer has nobody");
        let of = house.get(&lin, &format!("/customers/{customer}/manager")).await;
        assert_eq!(of["deputies"][0]["deputy_id"], json!(wang.id));
        // Nobody names deputies for others, or himself, or for days gone by.
        let other = json!({"staff_id": lin.id, "deputy_id": wang.id, "from_day": day(0), "until_day": day(2)});
        assert_eq!(house.refused(&wang, "POST", "/managers/deputies", other).await.0, 403);
        let own = json!({"deputy_id": lin.id, "from_day": day(0), "until_day": day(2)});
        assert_eq!(house.refused(&lin, "POST", "/managers/deputies", own).await.1, "deputy_self");
        let past = json!({"deputy_id": wang.id, "from_day": day(-9), "until_day": day(-2)});
        assert_eq!(house.refused(&lin, "POST", "/managers/deputies", past).await.1, "days_past");
        let path = format!("/managers/deputies/{}", made["id"].as_str().unwrap_or(""));
        assert_eq!(house.call(&wang, "DELETE", &path, None).await.0, 404);
        assert_eq!(house.call(&lin, "DELETE", &path, None).await.0, 204);
        assert!(house.db.read(|tx| manager::of(tx, customer, today())).expect("read").deputies.is_empty());
    }
}

//! Versions over HTTP and in jobs, on every database.

#[expect(dead_code, reason = "each test file uses its own part")]
mod common;
#[path = "common/house.rs"]
mod house;

use common::*;
use house::House;
use serde_json::{Value, json};
use std::sync::Arc;
use zunke_access::Role;
use zunke_kernel::Zone;
use zunke_store::jobs::{Handler, Worker};
use zunke_store::testing::databases;
use zunke_tiering::publish::MakeLive;
use zunke_tiering::store::versions;

async fn made(house: &House) -> (String, Value) {
    let made = house.post("/tiering/programmes", json!({"template": "retail"})).await;
    let path = format!("/tiering/programmes/{}", made["id"].as_str().expect("id"));
    (path, made["draft"].clone())
}

async fn save(house: &House, path: &str, rules: &Value) {
    let version = house.get(path).await["version"].as_i64().expect("a version");
    let body = Some(json!({"rules": rules}));
    let (status, answer) = house.call(&house.boss, "PUT", &format!("{path}/draft"), Some(version), body).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_can_be_read_compared_and_brought_back_with_a_reason() {
    for db in databases() {
        let house = House::new(db);
        let (path, mut rules) = made(&house).await;
        house.post(&format!("{path}/publish"), json!({"note": "开始"})).await;
        rules["levels"][1]["name"] = json!({"zh": "黄金卡", "en": "Golden"});
        rules["levels"][2]["entry"]["tests"][0]["value"] = json!(60_000);
        save(&house, &path, &rules).await;
        let draft = house.post(&format!("{path}/compare"), json!({})).await;
        assert_eq!((draft["from"].clone(), draft["items"].as_array().map(Vec::len)), (json!(1), Some(2)), "{draft}");
        house.post(&format!("{path}/publish"), json!({"note": "改名"})).await;

        let first = house.get(&format!("{path}/versions/1")).await;
        assert_eq!((&first["state"], &first["rules"]["levels"][1]["name"]["zh"]), (&json!("retired"), &json!("金卡")));
        let changes = house.get(&format!("{path}/versions/2/changes")).await;
        assert_eq!(changes["items"].as_array().map(Vec::len), Some(2), "{changes}");
        assert!(changes["items"][0]["text"]["zh"].as_str().is_some_and(|text| text.contains("金卡 → 黄金卡")));
        let back = house.get(&format!("{path}/versions/1/changes?with=2")).await;
        assert!(back["items"][0]["text"]["zh"].as_str().is_some_and(|text| text.contains("黄金卡 → 金卡")));

        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{path}/versions/1/restore"), None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (422, &json!("note_missing")), "{refused}");
        let restored = house.post(&format!("{path}/versions/1/restore"), json!({"note": "改名有误"})).await;
        assert_eq!((&restored["number"], &restored["restored_from"]), (&json!(3), &json!(1)), "{restored}");
        let now = house.get(&path).await;
        assert_eq!(now["rules"]["levels"], first["rules"]["levels"], "the same levels under the same ids");
        let all = house.get(&format!("{path}/versions")).await;
        let states: Vec<&str> =
            all["items"].as_array().expect("all").iter().filter_map(|each| each["state"].as_str()).collect();
        assert_eq!(states, ["published", "retired", "retired"]);
        let (status, refused) = house
            .call(&house.boss, "POST", &format!("{path}/versions/3/restore"), None, Some(json!({"note": "x"})))
            .await;
        assert_eq!((status, &refused["code"]), (409, &json!("version_in_force")));
        for gone in ["/versions/9", "/versions/9/changes", "/versions/3/changes?with=9"] {
            assert_eq!(house.call(&house.boss, "GET", &format!("{path}{gone}"), None, None).await.0, 404, "{gone}");
        }
        let reader = house.person("reader", Role::Analyst);
        let restore = format!("{path}/versions/1/restore");
        assert_eq!(house.call(&reader, "POST", &restore, None, Some(json!({"note": "x"}))).await.0, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_from_a_day_on_waits_can_be_taken_back_and_begins_to_hold_once() {
    for db in databases() {
        let house = House::new(db);
        let (path, mut rules) = made(&house).await;
        house.post(&format!("{path}/publish"), json!({})).await;
        rules["levels"][1]["entry"]["tests"][0]["value"] = json!(12_000);
        save(&house, &path, &rules).await;
        let zone = Zone::default();
        let today = zone.day_of(NOW);
        let yesterday = json!({"effective_from": today.plus(-1).to_string()});
        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{path}/publish"), None, Some(yesterday)).await;
        assert_eq!((status, &refused["code"]), (422, &json!("day_past")), "{refused}");

        let start = today.plus(10);
        let from = json!({"effective_from": start.to_string(), "note": "下月起"});
        let waiting = house.post(&format!("{path}/publish"), from.clone()).await;
        assert_eq!((&waiting["state"], &waiting["number"]), (&json!("scheduled"), &json!(2)), "{waiting}");
        let whole = house.get(&path).await;
        assert_eq!(whole["scheduled"]["number"], json!(2));
        assert_eq!(whole["rules"]["levels"][1]["entry"]["tests"][0]["value"].as_f64(), Some(10_000.0), "not yet");
        let (status, refused) = house
            .call(&house.boss, "POST", &format!("{path}/versions/1/restore"), None, Some(json!({"note": "x"})))
            .await;
        assert_eq!((status, &refused["code"]), (409, &json!("version_in_force")));

        let cancelled = house.post(&format!("{path}/versions/2/cancel"), json!({})).await;
        assert_eq!(cancelled["state"], json!("cancelled"));
        let whole = house.get(&path).await;
        assert_eq!(whole["draft"]["levels"][1]["entry"]["tests"][0]["value"].as_f64(), Some(12_000.0), "a draft again");
        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{path}/versions/2/cancel"), None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (409, &json!("version_not_scheduled")));

        house.post(&format!("{path}/publish"), from).await;
        save(&house, &path, &rules).await;
        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{path}/publish"), None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (409, &json!("publication_scheduled")), "{refused}");

        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(MakeLive::default())];
        let begins = zone.start_of(start);
        let run = |now| Worker::run_once(&house.db, &handlers, now).expect("runs");
        run(begins.plus_ms(-1));
        assert_eq!(house.get(&path).await["rules"]["levels"][1]["entry"]["tests"][0]["value"].as_f64(), Some(10_000.0));
        run(begins);
        let whole = house.get(&path).await;
        assert_eq!(whole["rules"]["levels"][1]["entry"]["tests"][0]["value"].as_f64(), Some(12_000.0), "{whole}");
        assert_eq!(whole["scheduled"], Value::Null);
        let version = house.get(&format!("{path}/versions/3")).await;
        assert_eq!((&version["state"], version["live_at"].is_null()), (&json!("published"), false));
        // Another run of the job, as after a crash, finds nothing to do.
        let id = house.db.read(|tx| {
            let all = zunke_tiering::store::programmes::list(tx)?;
            Ok(versions::of_number(tx, all[0].id, 3)?.id)
        });
        let again = house.db.write(|tx| zunke_tiering::publish::make_live(tx, begins, *id.as_ref().expect("id")));
        assert_eq!(again.expect("answers"), zunke_tiering::publish::Outcome::Nothing);
        assert_eq!(house.db.write(|tx| zunke_tiering::publish::catch_up(tx, begins)).expect("answers"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_job_left_behind_is_caught_up_and_a_killed_transaction_leaves_nothing() {
    for db in databases() {
        let house = House::new(db);
        let (path, _) = made(&house).await;
        let start = Zone::default().day_of(NOW).plus(3);
        house.post(&format!("{path}/publish"), json!({"effective_from": start.to_string()})).await;
        let begins = Zone::default().start_of(start);
        let killed = house.db.write(|tx| {
            zunke_tiering::publish::catch_up(tx, begins)?;
            Err::<(), _>(zunke_kernel::Error::internal("killed"))
        });
        assert!(killed.is_err());
        assert_eq!(house.get(&path).await["rules"], Value::Null, "nothing has happened");
        assert_eq!(house.db.write(|tx| zunke_tiering::publish::catch_up(tx, begins)).expect("answers"), 1);
        assert_eq!(house.db.write(|tx| zunke_tiering::publish::catch_up(tx, begins)).expect("answers"), 0);
        assert_ne!(house.get(&path).await["rules"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_programme_stands_beside_the_first_can_become_primary_and_be_set_aside() {
    for db in databases() {
        let house = House::new(db);
        let anna = customer(&house.db, 1);
        let (first, _) = made(&house).await;
        house.post(&format!("{first}/publish"), json!({})).await;
        let name = json!({"zh": "乙品牌", "en": "Brand B"});
        let second = house.post("/tiering/programmes", json!({"template": "b2b", "name": name})).await;
        let second = format!("/tiering/programmes/{}", second["id"].as_str().expect("id"));
        let choose = |path: String| async move { path };
        let primary = choose(format!("{second}/primary")).await;
        let (status, refused) = house.call(&house.boss, "POST", &primary, None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (409, &json!("programme_not_in_force")), "not published yet");
        house.post(&format!("{second}/publish"), json!({})).await;
        zunke_tiering::evaluate(&house.db, &|| NOW, None).expect("evaluates");

        let both = house.get(&format!("/customers/{anna}/programmes")).await;
        assert_eq!(both["items"].as_array().map(Vec::len), Some(2), "{both}");
        assert_eq!(
            (&both["items"][0]["is_primary"], &both["items"][1]["name"]["zh"]),
            (&json!(true), &json!("乙品牌"))
        );
        let preview = house.get(&primary).await;
        assert_eq!(preview["items"][0]["customers"], json!(1), "{preview}");
        house.post(&primary, json!({})).await;
        let jobs: Vec<Arc<dyn Handler>> = vec![Arc::new(zunke_tiering::primary::Follow::default())];
        while Worker::run_once(&house.db, &jobs, NOW).expect("runs").is_some() {}
        let level: Option<String> = house
            .db
            .read(|tx| {
                tx.query_one("SELECT level_id FROM customers", &[], |row| Ok(row.opt_uuid(0)?.map(|id| id.to_string())))
            })
            .expect("reads")
            .flatten();
        let lowest = house.get(&second).await["rules"]["levels"][0]["id"].as_str().expect("id").to_owned();
        let plain = |id: &str| id.trim_start_matches("lvl_").replace('-', "");
        assert_eq!(level.map(|id| plain(&id)), Some(plain(&lowest)), "the lists follow");

        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{second}/archive"), None, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (409, &json!("programme_is_primary")));
        house.post(&format!("{first}/archive"), json!({})).await;
        let left = house.get(&format!("/customers/{anna}/programmes")).await;
        assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
        let (status, refused) =
            house.call(&house.boss, "POST", &format!("{first}/publish"), None, Some(json!({}))).await;
        assert_eq!(status, 409, "{refused}");
        house.post(&format!("{first}/unarchive"), json!({})).await;
        let renamed = Some(json!({"name": {"zh": "甲品牌", "en": "Brand A"}}));
        let (status, whole) = house.call(&house.boss, "PATCH", &first, None, renamed).await;
        assert_eq!((status, &whole["name"]["zh"]), (200, &json!("甲品牌")));
        let empty = Some(json!({"name": {"zh": "", "en": ""}}));
        assert_eq!(house.call(&house.boss, "PATCH", &first, None, empty).await.0, 422);
    }
}

//! Trying rules over HTTP: flows, movers, load, cost, the test of potentials on history, on every database.

#[expect(dead_code, reason = "each test file uses its own part")]
mod common;
#[path = "common/house.rs"]
mod house;

use common::*;
use house::House;
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_customers::{Change, Kind};
use zunke_kernel::Zone;
use zunke_store::testing::databases;
use zunke_tiering::evaluate;

/// Twenty customers with 100 to 2,000 a month for half a year, and a published ladder from their own figures.
async fn filled(house: &House) -> String {
    let today = Zone::default().day_of(NOW);
    for number in 0..20_i64 {
        let id = customer(&house.db, number);
        let changes: Vec<Change> = (0..6)
            .map(|at| added(activity(id, Kind::Order, &today.plus(-20 * at).to_string(), 100 * (number + 1))))
            .collect();
        record(&house.db, &today.to_string(), &changes);
    }
    let made = house.post("/tiering/programmes", json!({"template": "own_data"})).await;
    let path = format!("/tiering/programmes/{}", made["id"].as_str().expect("id"));
    house.post(&format!("{path}/publish"), json!({})).await;
    evaluate(&house.db, &|| NOW, None).expect("evaluates");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_put_between_moves_only_who_changes_level_and_every_mover_has_a_reason() {
    for db in databases() {
        let house = House::new(db);
        let path = filled(&house).await;
        let rules = house.get(&path).await["rules"].clone();
        let same = house.post(&format!("{path}/simulate"), json!({"rules": rules})).await;
        assert_eq!((&same["moved"]["up"], &same["moved"]["down"]), (&json!(0), &json!(0)), "{same}");

        let mut more = rules.clone();
        let levels = more["levels"].as_array_mut().expect("levels");
        let mut new = levels[1].clone();
        new["id"] = json!("lvl_01910000000070008000000000000001");
        new["name"] = json!({"zh": "铜卡", "en": "Bronze"});
        new["entry"]["tests"][0]["value"] = json!(1_500);
        new["benefit_cost"] = json!(10);
        levels.insert(1, new);
        for (at, level) in levels.iter_mut().enumerate() {
            level["rank"] = json!(at + 1);
        }
        let tried = house.post(&format!("{path}/simulate"), json!({"rules": more})).await;
        let bronze = &tried["levels"][1];
        let count = bronze["customers"].as_u64().expect("count");
        assert!(count > 0, "{tried}");
        assert_eq!(
            (&bronze["before"], &tried["moved"]["up"], &tried["moved"]["down"]),
            (&json!(0), &json!(count), &json!(0))
        );
        assert_eq!(tried["cost"]["after"].as_str().map(str::to_owned), Some(format!("{}.00", count * 10)), "{tried}");
        for (old, new) in [(1, 2), (2, 3), (3, 4)] {
            assert_eq!(tried["before"][old]["customers"], tried["levels"][new]["before"], "the same level");
        }
        let movers = house.post(&format!("{path}/simulate/movers"), json!({"rules": more, "limit": 2})).await;
        assert_eq!(movers["items"].as_array().map(Vec::len), Some(2), "{movers}");
        assert_eq!(movers["items"][0]["direction"], json!("up"));
        assert!(movers["items"][0]["reason"]["zh"].as_str().is_some_and(|text| text.contains("铜卡")), "{movers}");
        let next = json!({"rules": more, "limit": 2, "offset": movers["next"]});
        let next = house.post(&format!("{path}/simulate/movers"), next).await;
        assert_ne!(next["items"][0]["customer_id"], movers["items"][0]["customer_id"]);

        // A harder level: who falls is told what is missing.
        let mut hard = rules.clone();
        hard["levels"][2]["entry"]["tests"][0]["value"] = json!(1_000_000);
        let fallen = house.post(&format!("{path}/simulate/movers"), json!({"rules": hard})).await;
        assert_eq!(fallen["items"][0]["direction"], json!("down"), "{fallen}");
        assert!(fallen["items"][0]["reason"]["zh"].as_str().is_some_and(|text| text.starts_with("未达到")), "{fallen}");
        for bad in [json!({"limit": 0}), json!({"limit": 101}), json!({"as_of": "1200-01-01"})] {
            let (status, _) =
                house.call(&house.boss, "POST", &format!("{path}/simulate/movers"), None, Some(bad)).await;
            assert_eq!(status, 422);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_of_each_manager_is_counted_and_potentials_are_tested_on_history() {
    for db in databases() {
        let house = House::new(db);
        let path = filled(&house).await;
        house
            .db
            .write(|tx| {
                tx.execute(
                    "UPDATE customers SET owner_id = (SELECT staff_id FROM staff LIMIT 1) WHERE name < '客户5'",
                    &[],
                )
            })
            .expect("owned");
        let mut hard = house.get(&path).await["rules"].clone();
        hard["levels"][1]["entry"]["tests"][0]["value"] = json!(1);
        let load = house.post(&format!("{path}/simulate/load"), json!({"rules": hard})).await;
        let row = &load["items"][0];
        let sum = |of: &Value| of.as_array().expect("ranks").iter().filter_map(Value::as_u64).sum::<u64>();
        assert_eq!((row["name"].as_str(), sum(&row["before"])), (Some("boss"), sum(&row["after"])), "{load}");
        assert_eq!(row["customers"].as_u64(), Some(sum(&row["after"])));

        let test = house.get("/tiering/potentials/backtest?days=60").await;
        assert!(test["sentence"]["zh"].is_string(), "{test}");
        assert!(!test["warnings"].as_array().expect("warnings").is_empty(), "half a year is too short: {test}");
        let agent = house.person("agent", Role::Agent);
        assert_eq!(house.call(&agent, "GET", "/tiering/potentials/backtest", None, None).await.0, 403);
        for bad in ["?days=3", "?days=9999", "?programme=x"] {
            let (status, answer) =
                house.call(&house.boss, "GET", &format!("/tiering/potentials/backtest{bad}"), None, None).await;
            assert_eq!(status, 422, "{bad}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_can_be_asked_of_another_programme() {
    for db in databases() {
        let house = House::new(db);
        filled(&house).await;
        let name = json!({"zh": "乙品牌", "en": "Brand B"});
        let other = house.post("/tiering/programmes", json!({"template": "b2b", "name": name})).await;
        let id = other["id"].as_str().expect("id").to_owned();
        house.post(&format!("/tiering/programmes/{id}/publish"), json!({})).await;
        evaluate(&house.db, &|| NOW, None).expect("evaluates");
        let overview = house.get(&format!("/tiering/overview?programme={id}")).await;
        assert_eq!((&overview["programme_id"], &overview["total"]), (&json!(id), &json!(20)), "{overview}");
        assert_eq!(overview["levels"].as_array().map(Vec::len), Some(3), "the levels of that programme");
        for list in ["changes", "potentials", "rfm"] {
            house.get(&format!("/tiering/{list}?programme={id}")).await;
        }
        let all = house.get("/tiering/changes").await["items"].as_array().map_or(0, Vec::len);
        let own = house.get(&format!("/tiering/changes?programme={id}")).await["items"].as_array().map_or(0, Vec::len);
        assert!(own < all, "{own} of {all}");
        let stairs = house.get("/tiering/staircase").await;
        let steps = stairs["steps"].as_array().expect("steps");
        assert_eq!(steps.iter().filter_map(|step| step["customers"].as_i64()).sum::<i64>(), 20, "{stairs}");
        assert!(steps.iter().any(|step| step["entries"].as_i64() > Some(0)), "{stairs}");
        let gone = "prg_00000000000000000000000000000001";
        let (status, _) =
            house.call(&house.boss, "GET", &format!("/tiering/overview?programme={gone}"), None, None).await;
        assert_eq!(status, 404);
    }
}

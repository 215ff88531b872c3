//! Tickets as callers meet them: over HTTP, on every database.

#[expect(dead_code, reason = "each file of tests takes what it needs")]
mod common;

use common::*;
use serde_json::json;
use zunke_store::testing::databases;

#[tokio::test]
async fn a_ticket_is_opened_answered_solved_and_listed() {
    for db in databases() {
        let house = House::new(db);
        let customer = house.customer("王小明", 3, None, None);
        house.phone(customer, "+8613800138000");
        let body = json!({ "phone": "138 0013 8000", "kind": "complaint", "channel": "phone",
            "body": "快递三天没到\n订单 20260118" });
        let opened = house.post("/tickets", body).await;
        assert_eq!((opened["number"].as_i64(), opened["outcome"].as_str()), (Some(1), Some("opened")));
        let path = format!("/tickets/{}", opened["id"].as_str().expect("an id"));
        let whole = house.get(&path).await;
        assert_eq!(whole["ticket"]["subject"], "快递三天没到");
        assert_eq!(whole["ticket"]["state"], "new");
        assert_eq!(whole["ticket"]["priority"], "high");
        assert_eq!(whole["ticket"]["customer"]["name"], "王小明");
        assert_eq!(whole["ticket"]["level_rank"], 3);
        assert_eq!(whole["customer"]["open_tickets"], 1);
        assert_eq!(whole["messages"][0]["author"], "王小明");
        assert_eq!(whole["events"][0]["kind"], "opened");
        house.later(HOUR);
        let said = house
            .post(
                &format!("{path}/messages"),
                json!({ "body": "马上为您查询。", "visibility": "public", "state_after": "waiting" }),
            )
            .await;
        assert_eq!(said["state"], "waiting");
        house.later(HOUR);
        house.patch(&path, json!({ "state": "solved" })).await;
        let whole = house.get(&path).await;
        assert!(whole["ticket"]["first_response_at"].is_string() && whole["ticket"]["solved_at"].is_string());
        let timeline = house.get(&format!("/customers/{customer}/timeline")).await;
        let subjects: Vec<&str> =
            timeline["items"].as_array().expect("items").iter().filter_map(|one| one["subject"].as_str()).collect();
        assert_eq!(subjects, ["工单已解决 #1 快递三天没到", "#1 快递三天没到"]);
        for (query, found) in [
            ("", 1),
            ("?view=mine", 0),
            ("?state=solved", 1),
            ("?state=open", 0),
            ("?search=%E5%BF%AB%E9%80%92", 1),
            ("?search=%E7%8E%8B%E5%B0%8F%E6%98%8E", 1),
            ("?search=%231", 1),
            ("?search=%232", 0),
            ("?view=due", 0),
            ("?sort=turn", 0),
            ("?level=3&kind=complaint&priority=high&channel=phone&sort=-updated", 1),
        ] {
            let page = house.get(&format!("/tickets{query}")).await;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{query}");
        }
    }
}

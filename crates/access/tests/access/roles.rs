//! Roles as sets of rights, groups with dates, and another person's eyes.

use crate::common::{START, houses};
use axum::http::StatusCode;
use serde_json::{Value, json};
use zunke_access::{Permission, Reach, Role, directory, today};

fn words(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn a_role_of_ones_own_holds_from_the_next_request_on() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let nina = house.person("nina", Role::Agent, None);
        let boss = house.log_in("boss").await;
        let made = boss
            .send(
                "POST",
                "/roles",
                Some(json!({
                    "base": "agent", "name": "客服主管", "reach": "all",
                    "permissions": ["set_due_times"],
                    "fields": {"birthday": "masked", "fields.skin": "hidden", "city": "write"}
                })),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let key = made.text("key");
        assert!(key.starts_with("rol_"));
        let has = words(&made.body["permissions"]);
        assert_eq!(has, ["read_customers", "read_tickets", "set_due_times"], "what it needs comes with it");
        assert_eq!(
            made.body["fields"],
            json!({"birthday": "masked", "fields.skin": "hidden"}),
            "city is as all others"
        );

        let path = format!("/staff/{}", nina.id);
        let given = boss.send("PATCH", &path, Some(json!({"role_key": key}))).await;
        assert_eq!(
            (given.status, given.text("role_key"), given.text("role")),
            (StatusCode::OK, key.clone(), "agent".into())
        );
        let her = house.log_in("nina").await;
        let session = her.get("/session").await;
        assert_eq!(words(&session.body["permissions"]), ["read_customers", "read_tickets", "set_due_times"]);
        assert_eq!(session.body["fields"], json!({"birthday": "masked", "fields.skin": "hidden", "*": "write"}));
        let scope = house
            .db
            .read(|tx| directory::scope_of_starter(tx, nina.id, Permission::SetDueTimes, START))
            .expect("a scope");
        assert_eq!(scope.reach, Reach::All);

        let in_use = boss.send("DELETE", &format!("/roles/{key}"), None).await;
        assert_eq!((in_use.status, in_use.code()), (StatusCode::CONFLICT, "role_in_use"));
        let less = boss.send("PATCH", &format!("/roles/{key}"), Some(json!({"permissions": []}))).await;
        assert_eq!(less.status, StatusCode::OK, "{}", less.body);
        assert_eq!(her.get("/session").await.body["permissions"], json!([]), "from the next request on");
        boss.send("PATCH", &path, Some(json!({"role": "analyst"}))).await;
        assert_eq!(boss.send("DELETE", &format!("/roles/{key}"), None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(boss.send("PATCH", &path, Some(json!({"role_key": key}))).await.code(), "role_unknown");
    }
}

#[tokio::test]
async fn a_shipped_role_is_changed_and_goes_back_and_the_administrator_stays_as_he_is() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        house.person("nina", Role::Agent, None);
        let boss = house.log_in("boss").await;
        let her = house.log_in("nina").await;
        let read = boss.get("/roles/agent").await;
        let etag = read.headers["etag"].to_str().expect("etag").to_owned();
        let change = json!({"permissions": ["read_customers", "use_tokens"]});
        let done = boss.send_with("PATCH", "/roles/agent", &[("if-match", &etag)], Some(change.clone())).await;
        assert_eq!((done.status, &done.body["changed"]), (StatusCode::OK, &json!(true)), "{}", done.body);
        let stale = boss.send_with("PATCH", "/roles/agent", &[("if-match", &etag)], Some(change)).await;
        assert_eq!(stale.code(), "version_changed");
        assert_eq!(words(&her.get("/session").await.body["permissions"]), ["use_tokens", "read_customers"]);
        assert_eq!(boss.send("DELETE", "/roles/agent", None).await.status, StatusCode::NO_CONTENT);
        let back = her.get("/session").await;
        assert!(words(&back.body["permissions"]).contains(&"work_tickets"), "as shipped");

        for (method, path, bad, status, code) in [
            ("PATCH", "/roles/administrator", json!({"permissions": []}), 422, "administrator_fixed"),
            ("POST", "/roles", json!({"base": "administrator", "name": "x"}), 422, "administrator_fixed"),
            ("POST", "/roles", json!({"base": "agent", "name": " "}), 422, "name_invalid"),
            (
                "POST",
                "/roles",
                json!({"base": "agent", "name": "x", "fields": {"net_spend": "hidden"}}),
                422,
                "field_unknown",
            ),
            ("POST", "/roles", json!({"base": "agent", "name": "x", "permissions": ["fly"]}), 422, "json_invalid"),
            ("PATCH", "/roles/agent", json!({"name": "x"}), 422, "name_fixed"),
            ("PATCH", "/roles/rol_nobody", json!({}), 404, "not_found"),
        ] {
            let answer = boss.send(method, path, Some(bad.clone())).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{method} {path} {bad}");
        }
        assert_eq!(her.get("/roles").await.status, StatusCode::FORBIDDEN);
        let one = json!({"base": "agent", "name": "Care"});
        assert_eq!(boss.send("POST", "/roles", Some(one)).await.status, StatusCode::CREATED);
        let same = boss.send("POST", "/roles", Some(json!({"base": "analyst", "name": "care "}))).await;
        assert_eq!((same.status, same.code()), (StatusCode::CONFLICT, "name_taken"));
    }
}

#[tokio::test]
async fn a_group_gives_and_takes_for_its_days_and_taking_wins() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let nina = house.person("nina", Role::Agent, None);
        let otto = house.person("otto", Role::AccountManager, None);
        let (boss, her) = (house.log_in("boss").await, house.log_in("nina").await);
        let day = house.db.read(zunke_access::settings::load).map(|found| today(&found, START)).expect("a day");
        let may = |answer: &Value, word: &str| words(&answer["permissions"]).contains(&word);
        let group = json!({
            "name": "双十一", "allow": ["export_customers", "edit_customers"],
            "members": [{"staff_id": nina.id, "from": day, "until": day}, {"staff_id": otto.id, "from": day}]
        });
        let made = boss.send("POST", "/staff-groups", Some(group.clone())).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        assert!(may(&her.get("/session").await.body, "export_customers"));
        let deny =
            json!({"name": "试用期", "deny": ["export_customers"], "members": [{"staff_id": nina.id, "from": day}]});
        let second = boss.send("POST", "/staff-groups", Some(deny)).await;
        assert!(!may(&her.get("/session").await.body, "export_customers"), "deny beats allow");
        boss.send("DELETE", &format!("/staff-groups/{}", second.text("id")), None).await;
        assert!(may(&her.get("/session").await.body, "export_customers"));

        // With the reach `group` she sees the customers of those who share a group with her, while they do.
        boss.send("PATCH", &format!("/staff/{}", nina.id), Some(json!({"reach": "group"}))).await;
        let scope = |now| {
            let read =
                |tx: &mut zunke_store::Tx| directory::scope_of_starter(tx, nina.id, Permission::ReadCustomers, now);
            house.db.read(read).expect("a scope")
        };
        assert!(scope(START).sees(Some(otto.id), None, 0) && scope(START).sees(Some(nina.id), None, 0));
        let tomorrow = START.plus_secs(24 * 3_600);
        assert!(!scope(tomorrow).sees(Some(otto.id), None, 0) && scope(tomorrow).sees(Some(nina.id), None, 0));
        house.wait_secs(24 * 3_600);
        let her = house.log_in("nina").await;
        assert!(!may(&her.get("/session").await.body, "export_customers"), "her day is over");

        let member = |id: &str, from: &str, until: &str| json!({"staff_id": id, "from": from, "until": until});
        let id = nina.id.to_string();
        for (bad, code) in [
            (json!({"name": ""}), "name_invalid"),
            (json!({"name": "双十一"}), "name_taken"),
            (json!({"name": "x", "members": [member(&id, "2026-02-02", "2026-02-01")]}), "days_wrong"),
            (
                json!({"name": "x", "members": [member(&id, "2026-02-02", "2026-02-03"), member(&id, "2026-02-02", "2026-02-03")]}),
                "member_twice",
            ),
            (
                json!({"name": "x", "members": [member("stf_00000000000070008000000000000000", "2026-02-02", "2026-02-03")]}),
                "staff_unknown",
            ),
        ] {
            let boss = house.log_in("boss").await;
            let answer = boss.send("POST", "/staff-groups", Some(bad.clone())).await;
            assert_eq!(answer.code(), code, "{bad}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn an_administrator_sees_as_another_does_and_can_change_nothing_meanwhile() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let other = house.person("second", Role::Administrator, None);
        let nina = house.person("nina", Role::OperationsManager, None);
        let boss = house.log_in("boss").await;
        for (bad, code) in [
            (json!({"staff_id": nina.id, "reason": " "}), "reason_required"),
            (json!({"staff_id": other.id, "reason": "x"}), "administrator_unseen"),
            (json!({"staff_id": nina.id}), "json_invalid"),
        ] {
            assert_eq!(boss.send("POST", "/session/see-as", Some(bad.clone())).await.code(), code, "{bad}");
        }
        let begun =
            boss.send("POST", "/session/see-as", Some(json!({"staff_id": nina.id, "reason": "她看不到客户"}))).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let session = boss.get("/session").await;
        assert_eq!(session.body["staff"]["login"], "nina");
        assert!(session.body["seen_by"].is_string());
        assert!(!words(&session.body["permissions"]).contains(&"export_customers"), "nothing is taken out");
        assert_eq!(boss.get("/roles").await.status, StatusCode::FORBIDDEN, "she may not, so he may not");
        for (method, path, body) in [
            ("POST", "/session/password", json!({"current": "a", "new": "b"})),
            ("PATCH", "/session", json!({"locale": "en"})),
            ("POST", "/tokens", json!({"name": "x", "scopes": ["read"]})),
            ("POST", "/session/see-as", json!({"staff_id": nina.id, "reason": "x"})),
            ("PUT", "/organisation", json!({})),
        ] {
            let refused = boss.send(method, path, Some(body)).await;
            let known = ["seeing_as_another", "forbidden"].contains(&refused.code());
            assert!(refused.status == StatusCode::FORBIDDEN && known, "{method} {path}: {}", refused.body);
        }
        assert_eq!(boss.send("DELETE", "/session/see-as", None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(boss.get("/session").await.body["staff"]["login"], "boss");
        let kept = boss.get("/audit?action=session.see_as").await;
        assert_eq!(kept.body["items"][0]["detail"]["reason"], "她看不到客户");

        // It ends by itself, and at once for who has left.
        boss.send("POST", "/session/see-as", Some(json!({"staff_id": nina.id, "reason": "x"}))).await;
        house.wait_secs(3_601);
        assert_eq!(boss.get("/session").await.body["staff"]["login"], "boss");
        let her = house.log_in("nina").await;
        let refused = her.send("POST", "/session/see-as", Some(json!({"staff_id": nina.id, "reason": "x"}))).await;
        assert_eq!(refused.code(), "forbidden");
    }
}

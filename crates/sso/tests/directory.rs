//! The directory of the company over SCIM: finds, makes, changes and ends people, in the shapes of Okta and Entra ID.

mod common;

use common::{Answer, Browser, House, text};
use serde_json::{Value, json};
use zunke_access::Role;
use zunke_store::testing::databases;

async fn key(house: &House) -> String {
    let body = json!({ "name": "Entra ID", "role": "agent" });
    let made = house.good(201, "POST", "/api/v1/directory-keys", Some(body)).await;
    format!("Bearer {}", text(&made, "key"))
}

async fn scim(house: &House, key: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    house.send(method, &format!("/scim/v2{path}"), &[("authorization", key)], body).await
}

fn messages(house: &House) -> Vec<String> {
    let sql = "SELECT message_key FROM outbox WHERE topic = 'access.staff_left' ORDER BY message_id";
    house.db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect("reads")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_opens_the_directory_and_nothing_else() {
    for db in databases() {
        let house = House::new(db).await;
        for (field, body) in [
            ("name", json!({ "name": "", "role": "agent" })),
            ("role", json!({ "name": "x", "role": "administrator" })),
            (
                "department_id",
                json!({ "name": "x", "role": "agent", "department_id": "dep_00000000000000000000000000000000" }),
            ),
        ] {
            let answer = house.call(&house.boss, "POST", "/api/v1/directory-keys", Some(body)).await;
            assert_eq!((answer.status, answer.field()), (422, field));
        }
        let key = key(&house).await;
        let list = house.good(200, "GET", "/api/v1/directory-keys", None).await;
        let secret = key.trim_start_matches("Bearer ");
        assert!(secret.starts_with("zd_") && !list.to_string().contains(secret));
        assert_eq!(house.call(&key, "GET", "/api/v1/staff", None).await.status, 401);
        for (wrong, status) in
            [(house.boss.as_str(), 401), ("Bearer zd_0", 401), ("Basic eDp5", 401), ("", 401), (key.as_str(), 200)]
        {
            let answer = scim(&house, wrong, "GET", "/Users", None).await;
            assert_eq!(answer.status, status, "{wrong}");
            assert_eq!(answer.headers["content-type"], "application/scim+json");
        }
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas"] {
            assert_eq!(scim(&house, "", "GET", path, None).await.status, 200, "{path}");
        }
        let schema = scim(&house, "", "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", None).await;
        assert_eq!(schema.body["name"], "User");
        assert_eq!(scim(&house, &key, "GET", "/Groups", None).await.status, 404);
        let used = house.good(200, "GET", "/api/v1/directory-keys", None).await;
        assert!(used["items"][0]["used_at"].is_string());
        let id = text(&list["items"][0], "id");
        house.good(204, "DELETE", &format!("/api/v1/directory-keys/{id}"), None).await;
        assert_eq!(scim(&house, &key, "GET", "/Users", None).await.status, 401, "revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_made_changed_and_ended_as_both_directories_do_it() {
    for db in databases() {
        let house = House::new(db).await;
        let key = key(&house).await;
        let none = scim(&house, &key, "GET", "/Users?filter=userName%20eq%20%22Wang.Fang%40shop%22", None).await;
        assert_eq!((none.status, &none.body["totalResults"]), (200, &json!(0)));
        let new = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Wang.Fang@shop", "externalId": "7f",
            "name": { "familyName": "王", "givenName": "芳" }, "active": true,
            "emails": [{ "value": "wang@shop.example", "type": "work", "primary": true }],
        });
        let made = scim(&house, &key, "POST", "/Users", Some(new.clone())).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = text(&made.body, "id");
        assert_eq!((&made.body["userName"], &made.body["displayName"]), (&json!("wang.fang@shop"), &json!("王芳")));
        assert_eq!(text(&made.body["meta"], "location"), format!("http://zunke.example/scim/v2/Users/{id}"));
        let taken = scim(&house, &key, "POST", "/Users", Some(new)).await;
        assert_eq!((taken.status, &taken.body["scimType"]), (409, &json!("uniqueness")));
        let staff = house.good(200, "GET", &format!("/api/v1/staff/{id}"), None).await;
        assert_eq!((&staff["role"], &staff["active"]), (&json!("agent"), &json!(true)));
        let found =
            scim(&house, &key, "GET", "/Users?filter=userName+eq+%22WANG.FANG%40shop%22&startIndex=1&count=1", None)
                .await;
        assert_eq!((&found.body["totalResults"], &found.body["Resources"][0]["id"]), (&json!(1), &json!(id)));
        let by = scim(&house, &key, "GET", "/Users?filter=externalId%20eq%20%227f%22", None).await;
        assert_eq!(by.body["Resources"][0]["id"], json!(id));
        let page = scim(&house, &key, "GET", "/Users?startIndex=2&count=1", None).await.body;
        assert_eq!(
            (&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]),
            (&json!(2), &json!(1), &json!(2))
        );
        assert_eq!(scim(&house, &key, "GET", "/Users?count=0", None).await.body["Resources"], json!([]));
        let path = format!("/Users/{id}");
        assert_eq!(scim(&house, &key, "GET", &path, None).await.body["externalId"], "7f");
        let renamed = json!({ "Operations": [{ "op": "Replace", "path": "userName", "value": "wf" }, { "op": "replace", "path": "displayName", "value": "王小芳" }] });
        let renamed = scim(&house, &key, "PATCH", &path, Some(renamed)).await;
        assert_eq!((&renamed.body["userName"], &renamed.body["displayName"]), (&json!("wf"), &json!("王小芳")));
        // Ended: out at once, with all keys, and told of for his work's sake; again is the same.
        let token = house.token("wf");
        assert_eq!(house.call(&token, "GET", "/api/v1/session", None).await.status, 200);
        let okta = json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
        let ended = scim(&house, &key, "PATCH", &path, Some(okta.clone())).await;
        assert_eq!((ended.status, &ended.body["active"]), (200, &json!(false)));
        assert_eq!(house.call(&token, "GET", "/api/v1/session", None).await.status, 401);
        assert_eq!(scim(&house, &key, "PATCH", &path, Some(okta)).await.status, 200);
        assert_eq!(messages(&house), std::slice::from_ref(&id));
        let entra = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "True" }] });
        assert_eq!(scim(&house, &key, "PATCH", &path, Some(entra)).await.body["active"], true);
        assert_eq!(house.call(&token, "GET", "/api/v1/session", None).await.status, 401, "old keys stay gone");
        let whole = json!({ "userName": "wf", "displayName": "王芳", "active": false });
        let put = scim(&house, &key, "PUT", &path, Some(whole)).await;
        assert_eq!((&put.body["active"], put.body.get("externalId")), (&json!(false), None));
        assert_eq!(scim(&house, &key, "DELETE", &path, None).await.status, 204, "ended already");
        assert_eq!(messages(&house).len(), 2);
        let gone = "/Users/stf_00000000000000000000000000000000";
        assert_eq!(scim(&house, &key, "DELETE", gone, None).await.status, 404);
        // Who did it stands in the record.
        let sql = "SELECT COUNT(*) FROM audit WHERE action = 'directory.end'";
        let ends = house.db.read(|tx| tx.query_one(sql, &[], |row| row.int(0))).expect("reads");
        assert_eq!(ends, Some(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_person_and_the_last_administrator_stays() {
    for db in databases() {
        let house = House::new(db).await;
        let key = key(&house).await;
        let wang = house.person("wang", Role::Agent);
        let mut browser = Browser::default();
        let body = json!({ "login": "wang", "password": "correct horse battery" });
        assert_eq!(browser.send(&house, "POST", "/api/v1/session", Some(body.clone())).await.status, 200);
        assert_eq!(scim(&house, &key, "DELETE", &format!("/Users/{}", wang.id), None).await.status, 204);
        assert_eq!(browser.go(&house, "/api/v1/session").await.status, 401);
        assert_eq!(browser.send(&house, "POST", "/api/v1/session", Some(body)).await.status, 401);
        let boss = house.good(200, "GET", "/api/v1/session", None).await["staff"]["id"].clone();
        let path = format!("/Users/{}", boss.as_str().expect("an id"));
        let last = scim(&house, &key, "DELETE", &path, None).await;
        assert_eq!((last.status, &last.body["status"]), (409, &json!("409")), "{}", last.body);
        assert_eq!(house.call(&house.boss, "GET", "/api/v1/session", None).await.status, 200);
        house.person("boss2", Role::Administrator);
        assert_eq!(scim(&house, &key, "DELETE", &path, None).await.status, 204);
        assert_eq!(house.call(&house.boss, "GET", "/api/v1/session", None).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_is_answered_in_the_protocols_words() {
    for db in databases() {
        let house = House::new(db).await;
        let key = key(&house).await;
        let wang = house.person("wang", Role::Agent);
        let own = format!("/Users/{}", wang.id);
        for path in [
            "/Users?filter=x",
            "/Users?filter=userName%20co%20%22a%22",
            "/Users?filter=userName%20eq%20%22a%00%22",
            "/Users?filter=userName%20eq%20%22a%5Cu0000%22",
            "/Users?startIndex=x",
            "/Users?count=99999999999999999999",
            "/Users?filter=a&filter=b",
        ] {
            let answer = scim(&house, &key, "GET", path, None).await;
            assert_eq!((answer.status, &answer.body["status"]), (400, &json!("400")), "{path}: {}", answer.body);
        }
        for path in ["/Users?startIndex=-9223372036854775808&count=-1", "/Users?startIndex=9223372036854775807"] {
            assert_eq!(scim(&house, &key, "GET", path, None).await.status, 200, "{path}");
        }
        for id in ["x", "%00", "..", "stf_"] {
            assert_eq!(scim(&house, &key, "GET", &format!("/Users/{id}"), None).await.status, 404, "{id}");
        }
        for bad in [
            json!({}),
            json!([]),
            json!("x"),
            json!({ "userName": "" }),
            json!({ "userName": 7 }),
            json!({ "userName": "a b" }),
            json!({ "userName": "a\u{0}b" }),
            json!({ "userName": "x".repeat(65) }),
            json!({ "userName": "ok", "active": "perhaps" }),
            json!({ "userName": "ok", "externalId": "x".repeat(256) }),
            json!({ "userName": "ok", "name": 7 }),
        ] {
            for (method, path) in [("POST", "/Users"), ("PUT", own.as_str())] {
                let answer = scim(&house, &key, method, path, Some(bad.clone())).await;
                assert_eq!(answer.status, 400, "{method} {bad}: {}", answer.body);
                assert!(answer.body["detail"].is_string());
            }
            assert_eq!(scim(&house, &key, "PATCH", &own, Some(bad.clone())).await.status, 400, "PATCH {bad}");
        }
        let taken = json!({ "Operations": [{ "op": "replace", "path": "userName", "value": "boss" }] });
        let taken = scim(&house, &key, "PATCH", &own, Some(taken)).await;
        assert_eq!((taken.status, &taken.body["scimType"]), (409, &json!("uniqueness")));
        // Odd names are cut, never refused: nobody sits before the directory.
        let long = json!({ "userName": "long", "displayName": format!("\n{}", "长".repeat(200)) });
        assert_eq!(scim(&house, &key, "POST", "/Users", Some(long)).await.status, 201);
    }
}

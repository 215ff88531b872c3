//! Staff, departments and tokens.

use crate::common::{House, PASSWORD, houses};
use axum::http::{Method, StatusCode};
use serde_json::json;
use zunke_access::{Actor, Asking, Can, LevelReach, Reach, Role, Write, may};
use zunke_kernel::id::DepartmentId;

/// A handler's view of who calls, for the scope tests.
async fn whoami(actor: Actor) -> String {
    let reach = match &actor.scope.reach {
        Reach::Own(staff) => format!("own {}", *staff == actor.staff),
        Reach::Department(departments) => format!("departments {}", departments.len()),
        Reach::All => "all".into(),
    };
    match &actor.scope.levels {
        LevelReach::All => reach,
        LevelReach::Only(ranks) => format!("{reach}, ranks {ranks:?}"),
    }
}

async fn scope_of(house: &House, login: &str) -> String {
    let token = house.token(login, false);
    house.probe(axum::routing::get(whoami), Method::GET, &[("authorization", &token)]).await
}

#[tokio::test]
async fn a_new_member_of_staff_gets_a_password_for_one_use() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let made = boss.post("/staff", json!({"login": "Wang.Fang", "name": "王芳", "role": "account_manager"})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        assert_eq!((made.text("login"), made.text("effective_reach")), ("wang.fang".into(), "own".into()));
        assert_eq!(made.headers["etag"], "\"1\"");
        let password = made.text("one_time_password");
        let first = house.try_login("wang.fang", &password).await;
        assert_eq!(first.body["must_change_password"], json!(true));
        let listed = boss.get("/staff?search=王&active=true").await;
        assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1));
        assert!(!listed.body.to_string().contains(&password));
        let audit = boss.get("/audit?action=staff.").await;
        assert!(audit.body.to_string().contains("staff.create") && !audit.body.to_string().contains(&password));

        let taken = boss.post("/staff", json!({"login": "wang.fang", "name": "x", "role": "agent"})).await;
        assert_eq!((taken.status, taken.code(), taken.field()), (StatusCode::CONFLICT, "login_taken", "login"));
        for (body, code, field) in [
            (json!({"login": "two words", "name": "x", "role": "agent"}), "login_invalid", "login"),
            (json!({"login": "a", "name": " ", "role": "agent"}), "name_invalid", "name"),
            (json!({"login": "a", "name": "x", "role": "king"}), "json_invalid", "role"),
            (json!({"login": "a", "name": "x", "role": "agent", "levels": [11]}), "levels_invalid", "levels"),
            (json!({"login": "a", "name": "x", "role": "agent", "reach": "far"}), "json_invalid", "reach"),
            (
                json!({"login": "a", "name": "x", "role": "agent", "department_id": DepartmentId::new(house.now())}),
                "department_unknown",
                "department_id",
            ),
        ] {
            let answer = boss.post("/staff", body).await;
            let seen = (answer.status, answer.code(), answer.field());
            assert_eq!(seen, (StatusCode::UNPROCESSABLE_ENTITY, code, field), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn others_see_names_but_no_logins() {
    for house in houses() {
        house.person("fang", Role::Agent, None);
        let fang = house.log_in("fang").await;
        let listed = fang.get("/staff").await;
        let one = &listed.body["items"][0];
        assert_eq!((one["name"].as_str(), one.get("login")), (Some("fang"), None));
        assert_eq!(one.as_object().map(serde_json::Map::len), Some(6), "a new field is closed by default: {one}");
    }
}

#[tokio::test]
async fn pages_of_staff_lose_and_double_nobody() {
    for house in houses() {
        for at in 0..7 {
            house.wait_secs(1);
            house.person(&format!("p{at}"), Role::Analyst, None);
        }
        let browser = house.log_in("p0").await;
        let mut seen = Vec::new();
        let mut path = "/staff?limit=3".to_owned();
        loop {
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            seen.extend(page.body["items"].as_array().expect("items").iter().map(|item| item["name"].clone()));
            let Some(next) = page.body["next"].as_str() else { break };
            path = format!("/staff?limit=3&after={next}");
        }
        assert_eq!(json!(seen), json!(["p0", "p1", "p2", "p3", "p4", "p5", "p6"]));
        for bad in ["limit=0", "limit=501", "limit=x", "after=zz", "after=31", "role=king", "active=maybe"] {
            let answer = browser.get(&format!("/staff?{bad}")).await;
            let field = bad.split('=').next();
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
            assert_eq!(Some(answer.field()), field, "{bad}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_change_on_an_older_version_is_refused_and_the_last_administrator_stays() {
    for house in houses() {
        let boss_staff = house.person("boss", Role::Administrator, None);
        let fang = house.person("fang", Role::Agent, None);
        let boss = house.log_in("boss").await;
        let path = format!("/staff/{}", fang.id);
        let read = boss.get(&path).await;
        let etag = read.headers["etag"].to_str().expect("etag").to_owned();
        let first = boss.send_with("PATCH", &path, &[("if-match", &etag)], Some(json!({"name": "芳"}))).await;
        assert_eq!((first.status, first.text("name")), (StatusCode::OK, "芳".into()));
        let second = boss.send_with("PATCH", &path, &[("if-match", &etag)], Some(json!({"name": "方"}))).await;
        assert_eq!((second.status, second.code()), (StatusCode::PRECONDITION_FAILED, "version_changed"));
        assert_eq!(boss.get(&path).await.headers["etag"], first.headers["etag"]);

        let own = format!("/staff/{}", boss_staff.id);
        for body in [json!({"active": false}), json!({"role": "analyst"})] {
            let refused = boss.send("PATCH", &own, Some(body)).await;
            assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "last_administrator"));
        }
        assert_eq!(boss.get("/staff").await.status, StatusCode::OK, "nothing was half done");
        let promoted = boss.send("PATCH", &path, Some(json!({"role": "administrator"}))).await;
        assert_eq!(promoted.status, StatusCode::OK);
        let demoted = boss.send("PATCH", &own, Some(json!({"role": "analyst"}))).await;
        assert_eq!(demoted.status, StatusCode::OK, "{}", demoted.body);
        assert_eq!(boss.get("/audit").await.status, StatusCode::FORBIDDEN, "at once");
    }
}

#[tokio::test]
async fn resetting_a_password_or_deactivating_ends_sessions_and_tokens() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let fang = house.person("fang", Role::AccountManager, None);
        let (boss, browser, token) =
            (house.log_in("boss").await, house.log_in("fang").await, house.token("fang", true));
        let bearer = [("authorization", token.as_str())];
        let path = format!("/staff/{}", fang.id);
        let reset = boss.send("PATCH", &path, Some(json!({"reset_password": true}))).await;
        let password = reset.text("one_time_password");
        assert_eq!(browser.get("/session").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(house.try_login("fang", PASSWORD).await.code(), "login_failed");
        assert_eq!(house.try_login("fang", &password).await.body["must_change_password"], json!(true));
        assert_eq!(house.call("GET", "/staff", &bearer, None).await.code(), "password_change_required");
        let off = boss.send("PATCH", &path, Some(json!({"active": false}))).await;
        assert_eq!(off.status, StatusCode::OK);
        assert_eq!(house.call("GET", "/staff", &bearer, None).await.code(), "token_invalid");
        boss.send("PATCH", &path, Some(json!({"active": true}))).await;
        assert_eq!(house.call("GET", "/staff", &bearer, None).await.code(), "token_invalid", "for good");
    }
}

#[tokio::test]
async fn the_tree_of_departments_moves_whole_and_never_into_itself() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let mut ids = std::collections::HashMap::<&str, String>::new();
        for (name, parent) in [("East", None), ("Shops", Some("East")), ("Shop 1", Some("Shops")), ("West", None)] {
            house.wait_secs(1);
            let parent_id = parent.map(|parent| ids[parent].clone());
            let made = boss.post("/departments", json!({"name": name, "parent_id": parent_id})).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
            ids.insert(name, made.text("id"));
        }
        let path = |name: &str| format!("/departments/{}", ids[name]);
        for below in ["Shops", "Shop 1"] {
            let refused = boss.send("PATCH", &path("Shops"), Some(json!({"parent_id": ids[below]}))).await;
            let seen = (refused.status, refused.code(), refused.field());
            assert_eq!(seen, (StatusCode::CONFLICT, "department_cycle", "parent_id"));
        }
        let shops: DepartmentId = ids["Shops"].parse().expect("id");
        let west: DepartmentId = ids["West"].parse().expect("id");
        house.person("agent", Role::Agent, Some(shops));
        house.person("western", Role::Agent, Some(west));
        assert_eq!(scope_of(&house, "agent").await, "departments 2");
        assert_eq!(scope_of(&house, "western").await, "departments 1");

        let moved = boss.send("PATCH", &path("Shops"), Some(json!({"parent_id": ids["West"]}))).await;
        assert_eq!((moved.status, &moved.body["depth"]), (StatusCode::OK, &json!(2)), "{}", moved.body);
        assert_eq!(scope_of(&house, "agent").await, "departments 2");
        assert_eq!(scope_of(&house, "western").await, "departments 3", "what moved below is seen at once");
        let tree = boss.get("/departments").await;
        let depths: Vec<_> = tree.body["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| (item["name"].as_str().expect("name"), item["depth"].as_i64().expect("depth")))
            .collect();
        assert_eq!(depths, [("East", 1), ("West", 1), ("Shops", 2), ("Shop 1", 3)]);

        let same = boss.post("/departments", json!({"name": "Shops", "parent_id": ids["West"]})).await;
        assert_eq!((same.status, same.code()), (StatusCode::CONFLICT, "department_name_taken"));
        let rooted = boss.send("PATCH", &path("Shops"), Some(json!({"parent_id": null}))).await;
        assert_eq!((rooted.status, &rooted.body["depth"]), (StatusCode::OK, &json!(1)));
        let renamed = boss.send("PATCH", &path("Shops"), Some(json!({"name": "East"}))).await;
        assert_eq!(renamed.code(), "department_name_taken");
        let stale = boss.send_with("PATCH", &path("Shops"), &[("if-match", "\"1\"")], Some(json!({"name": "S"}))).await;
        assert_eq!(stale.code(), "version_changed");
    }
}

#[tokio::test]
async fn two_moves_at_one_time_make_no_circle() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let boss = house.log_in("boss").await;
        let one = boss.post("/departments", json!({"name": "One"})).await.text("id");
        let two = boss.post("/departments", json!({"name": "Two"})).await.text("id");
        let (one_path, two_path) = (format!("/departments/{one}"), format!("/departments/{two}"));
        let (first, second) = tokio::join!(
            boss.send("PATCH", &one_path, Some(json!({"parent_id": two}))),
            boss.send("PATCH", &two_path, Some(json!({"parent_id": one}))),
        );
        let mut seen = [first.status.as_u16(), second.status.as_u16()];
        seen.sort_unstable();
        assert_eq!(seen, [200, 409], "{} {}", first.body, second.body);
    }
}

#[tokio::test]
async fn a_scope_follows_role_department_and_what_is_set_for_the_person() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        house.person("ops", Role::OperationsManager, None);
        house.person("analyst", Role::Analyst, None);
        house.person("manager", Role::AccountManager, None);
        let agent = house.person("agent", Role::Agent, None);
        for (login, scope) in
            [("boss", "all"), ("ops", "all"), ("analyst", "all"), ("manager", "own true"), ("agent", "departments 0")]
        {
            assert_eq!(scope_of(&house, login).await, scope, "{login}");
        }
        let boss = house.log_in("boss").await;
        let path = format!("/staff/{}", agent.id);
        let set = boss.send("PATCH", &path, Some(json!({"reach": "all", "levels": [4, 3, 4]}))).await;
        assert_eq!((set.status, &set.body["levels"]), (StatusCode::OK, &json!([3, 4])));
        assert_eq!(scope_of(&house, "agent").await, "all, ranks [3, 4]");
        boss.send("PATCH", &path, Some(json!({"levels": []}))).await;
        assert_eq!(scope_of(&house, "agent").await, "all, ranks []", "no level at all is not every level");
        boss.send("PATCH", &path, Some(json!({"reach": null, "levels": null}))).await;
        assert_eq!(scope_of(&house, "agent").await, "departments 0");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_never_does_more_than_its_scope_or_its_owner() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        house.person("analyst", Role::Analyst, None);
        let boss = house.log_in("boss").await;
        let later = house.now().plus_secs(3600);
        let made = boss.post("/tokens", json!({"name": "feed", "scopes": ["read"], "expires_at": later})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let secret = made.text("token");
        assert!(secret.starts_with("zk_"));
        let listed = boss.get("/tokens").await;
        assert!(!listed.body.to_string().contains(&secret) && listed.body.to_string().contains("feed"));
        assert!(!boss.get("/audit").await.body.to_string().contains(&secret));

        let bearer = format!("Bearer {secret}");
        let read_only = [("authorization", bearer.as_str())];
        assert_eq!(house.call("GET", "/staff", &read_only, None).await.status, StatusCode::OK);
        let refused = house.call("POST", "/departments", &read_only, Some(json!({"name": "x"}))).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "token_read_only"));
        house.wait_secs(3600);
        assert_eq!(house.call("GET", "/staff", &read_only, None).await.code(), "token_invalid");

        let analyst = house.token("analyst", true);
        let analyst = [("authorization", analyst.as_str())];
        let refused = house.call("POST", "/departments", &analyst, Some(json!({"name": "x"}))).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
        let nested = house.call("POST", "/tokens", &analyst, Some(json!({"name": "x", "scopes": ["read"]}))).await;
        assert_eq!(nested.code(), "session_required", "a token makes no tokens");
        let all = house.call("GET", "/tokens?all=true", &analyst, None).await;
        assert_eq!(all.status, StatusCode::FORBIDDEN);

        let others = boss.get("/tokens?all=true").await;
        let ids: Vec<_> =
            others.body["items"].as_array().expect("items").iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids.len(), 2);
        let own = house.call("GET", "/tokens", &analyst, None).await.body["items"][0]["id"].clone();
        let bosses = ids.iter().find(|id| **id != own).and_then(|id| id.as_str()).expect("the other");
        let path = format!("/tokens/{bosses}");
        assert_eq!(house.call("DELETE", &path, &analyst, None).await.status, StatusCode::NOT_FOUND);
        let path = format!("/tokens/{}", own.as_str().expect("id"));
        assert_eq!(boss.send("DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(house.call("GET", "/tokens", &analyst, None).await.code(), "token_invalid");
        for (body, field) in [
            (json!({"name": "", "scopes": ["read"]}), "name"),
            (json!({"name": "x", "scopes": []}), "scopes"),
            (json!({"name": "x", "scopes": ["admin"]}), "scopes[0]"),
            (json!({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
            (json!({"name": "x", "scopes": ["read"], "expires_at": "tomorrow"}), "expires_at"),
        ] {
            let answer = boss.post("/tokens", body).await;
            assert_eq!((answer.status, answer.field()), (StatusCode::UNPROCESSABLE_ENTITY, field), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_post_that_only_asks_is_open_to_a_read_only_token_and_to_no_other_site() {
    use axum::routing::post;
    async fn ask(_: Asking<may::SimulateTiering>) -> &'static str {
        "asked"
    }
    async fn act(_: Can<may::SimulateTiering>) -> &'static str {
        "acted"
    }
    async fn write(_: Write<may::SimulateTiering>) -> &'static str {
        "written"
    }
    for house in houses() {
        house.person("analyst", Role::Analyst, None);
        house.person("agent", Role::Agent, None);
        let browser = house.log_in("analyst").await;
        let (reader, writer) = (house.token("analyst", false), house.token("analyst", true));
        let agent = house.token("agent", true);
        let (reader, writer) = ([("authorization", reader.as_str())], [("authorization", writer.as_str())]);
        let agent = [("authorization", agent.as_str())];
        let cookie = ("cookie", browser.cookie.as_str());
        for (headers, seen) in [
            (&reader[..], ["asked", "token_read_only", "token_read_only"]),
            (&writer, ["asked", "acted", "written"]),
            (&agent, ["forbidden"; 3]),
            (&[cookie, ("x-zunke", "1")], ["asked", "acted", "written"]),
            (&[cookie], ["cross_site_refused"; 3]),
            (&[], ["login_required"; 3]),
        ] {
            for (handler, word) in [post(ask), post(act), post(write)].into_iter().zip(seen) {
                let answer = house.probe(handler, Method::POST, headers).await;
                assert!(answer.contains(word), "{headers:?}: {answer}");
            }
        }
    }
}

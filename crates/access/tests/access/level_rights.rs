//! What each role may do with customers of each level.

use crate::common::houses;
use axum::http::StatusCode;
use serde_json::json;
use zunke_access::{LevelReach, Permission, Role, directory};

#[tokio::test]
async fn the_matrix_is_set_by_administrators_and_narrows_the_scope_at_once() {
    for house in houses() {
        house.person("boss", Role::Administrator, None);
        let agent = house.person("nina", Role::Agent, None);
        let boss = house.log_in("boss").await;
        let read = boss.get("/level-rights").await;
        assert_eq!((read.status, &read.body["rights"]), (StatusCode::OK, &json!([])), "everything as it was");
        let etag = read.headers["etag"].to_str().expect("etag").to_owned();
        let right = |role: &str, rank: i64, see: bool, edit: bool| json!({"role": role, "rank": rank, "see": see, "edit": edit, "categorise": true, "archive": true});
        let wanted = json!({"rights": [right("agent", 5, false, true), right("agent", 4, true, false)]});
        let saved = boss.send_with("PUT", "/level-rights", &[("if-match", &etag)], Some(wanted.clone())).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert_eq!(saved.body["rights"][1]["archive"], false, "what is not seen is not archived");
        let stale = boss.send_with("PUT", "/level-rights", &[("if-match", &etag)], Some(wanted)).await;
        assert_eq!(stale.code(), "version_changed");
        let scope = house
            .db
            .read(|tx| directory::scope_of_starter(tx, agent.id, Permission::ReadCustomers, zunke_kernel::Instant(0)))
            .expect("a scope");
        assert_eq!(scope.levels, LevelReach::Only(vec![0, 1, 2, 3, 4, 6, 7, 8, 9, 10]));
        assert!(!scope.rights.edit.holds(4) && scope.rights.archive.holds(4));
        for (bad, code) in [
            (json!({"rights": [right("administrator", 1, false, false)]}), "administrator_unlimited"),
            (json!({"rights": [right("agent", 11, false, false)]}), "levels_invalid"),
            (json!({"rights": [right("agent", 1, false, false), right("agent", 1, true, false)]}), "right_twice"),
            (json!({"rights": [{"role": "agent", "rank": 1}]}), "json_invalid"),
            (json!({}), "json_invalid"),
        ] {
            let answer = boss.send("PUT", "/level-rights", Some(bad.clone())).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{bad}");
        }
    }
}

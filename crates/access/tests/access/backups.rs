//! Backups over HTTP, and the job that makes them.

use crate::common::{House, START};
use axum::http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use zunke_access::Role;
use zunke_access::backups::{Backups, MakeBackup, schedule};
use zunke_kernel::Zone;
use zunke_store::backup::Place;
use zunke_store::jobs::{self, Handler, Worker};
use zunke_store::testing::databases;
use zunke_store::vault::Vault;

#[tokio::test]
async fn backups_are_made_listed_kept_and_taken_away_by_who_may() {
    for db in databases() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_owned();
        let backups = Backups {
            place: Place { data: data.clone(), folders: vec!["tickets"], keys: vec![] },
            vault: Vault::in_folder(&data),
            folder: data.join("backups"),
        };
        let given = backups.clone();
        let house = House::with(db, |app| app.with(given));
        house.person("boss", Role::Administrator, None);
        house.person("ops", Role::OperationsManager, None);
        let (boss, ops) = (house.log_in("boss").await, house.log_in("ops").await);
        for (method, path) in [("GET", "/backups"), ("POST", "/backups"), ("GET", "/backups/settings")] {
            assert_eq!(ops.send(method, path, None).await.status, StatusCode::FORBIDDEN, "{method} {path}");
        }
        house.db.write(|tx| schedule(tx, START, &Zone::default())).expect("scheduled");
        let empty = boss.get("/backups").await;
        assert_eq!(empty.body["items"], json!([]), "{}", empty.body);
        assert!(empty.body["next_at"].is_string());

        let settings = boss.get("/backups/settings").await;
        let etag = settings.headers["etag"].to_str().expect("etag").to_owned();
        for (bad, field) in
            [(json!({"on": true, "hour": 24, "keep": 5}), "hour"), (json!({"on": true, "hour": 3, "keep": 0}), "keep")]
        {
            let answer = boss.send_with("PUT", "/backups/settings", &[("if-match", &etag)], Some(bad)).await;
            assert_eq!((answer.status, answer.field()), (StatusCode::UNPROCESSABLE_ENTITY, field));
        }
        let two = json!({"on": true, "hour": 5, "keep": 2});
        let saved = boss.send_with("PUT", "/backups/settings", &[("if-match", &etag)], Some(two.clone())).await;
        assert_eq!((saved.status, saved.body["keep"].as_i64()), (StatusCode::OK, Some(2)), "{}", saved.body);
        let stale = boss.send_with("PUT", "/backups/settings", &[("if-match", &etag)], Some(two)).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

        let handler: Arc<dyn Handler> = Arc::new(MakeBackup { backups: backups.clone() });
        for _ in 0..3 {
            let asked = boss.send("POST", "/backups", None).await;
            assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
            let again = boss.send("POST", "/backups", None).await;
            assert_eq!(again.body["job_id"], asked.body["job_id"], "one on its way is that one");
            let (db, now, handler) = (house.db.db.clone(), house.now(), Arc::clone(&handler));
            tokio::task::spawn_blocking(move || Worker::run_once(&db, &[handler], now))
                .await
                .expect("ran")
                .expect("done");
            house.wait_secs(60);
        }
        let dead = house.db.read(jobs::counts).expect("counts");
        assert!(dead.iter().all(|(state, _)| *state == jobs::State::Done), "{dead:?}");
        let listed = boss.get("/backups").await;
        let items = listed.body["items"].as_array().expect("items").clone();
        assert_eq!(items.len(), 2, "the oldest made room: {}", listed.body);
        assert!(items[0]["created_at"].as_str() > items[1]["created_at"].as_str(), "the newest first");
        let name = items[0]["name"].as_str().expect("a name");
        let file = backups.path(name).expect("there");
        zunke_store::backup::check(&file, &backups.vault, None).expect("whole");
        for bad in ["/backups/zunke-1.zbackup", "/backups/keys.json", "/backups/..%2fkeys.json"] {
            assert_eq!(boss.get(bad).await.status, StatusCode::NOT_FOUND, "{bad}");
            assert_eq!(boss.send("DELETE", bad, None).await.status, StatusCode::NOT_FOUND, "{bad}");
        }
        assert_eq!(boss.send("DELETE", &format!("/backups/{name}"), None).await.status, StatusCode::NO_CONTENT);
        assert!(!file.exists());
        let told = house
            .db
            .read(|tx| {
                tx.query("SELECT action FROM audit WHERE action LIKE 'backup.%' ORDER BY seq", &[], |row| row.text(0))
            })
            .expect("audit");
        for action in ["backup.settings", "backup.ask", "backup.make", "backup.delete"] {
            assert!(told.iter().any(|one| one == action), "{action} in {told:?}");
        }
    }
}

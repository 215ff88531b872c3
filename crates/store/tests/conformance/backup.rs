//! A backup is one moment, opens whole or not at all, and is put back only where nothing is.

use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use zunke_kernel::Instant;
use zunke_store::backup::{self, Lock, Place};
use zunke_store::jobs::{self, NewJob};
use zunke_store::testing::{TestDb, database, databases};
use zunke_store::vault::Vault;
use zunke_store::{Db, Engine, audit};

const NOW: Instant = Instant(1_790_000_000_000);

fn place(data: &Path) -> Place {
    Place { data: data.to_owned(), folders: vec!["tickets", "imports"], keys: vec!["keys.json"] }
}

/// An entry of the record and a job, in one unit of work.
fn pair(db: &Db, number: i64) {
    db.write(|tx| {
        let job = NewJob {
            kind: "test.nothing",
            payload: json!({ "number": number, "text": "换行\n制表\t反斜线\\N \u{1F600}" }),
            dedup_key: None,
            priority: 0,
            run_at: Instant(NOW.0 + 1_000_000_000_000),
            created_by: None,
        };
        jobs::enqueue(tx, NOW, job)?;
        audit::write(tx, NOW, None, "test.pair", "test", &json!({ "number": number }))
    })
    .unwrap();
}

fn counts(db: &Db) -> (i64, i64) {
    db.read(|tx| {
        let count = |tx: &mut zunke_store::Tx, sql: &str| tx.query_one(sql, &[], |row| row.int(0));
        Ok((
            count(tx, "SELECT COUNT(*) FROM jobs")?.unwrap(),
            count(tx, "SELECT COUNT(*) FROM audit WHERE action = 'test.pair'")?.unwrap(),
        ))
    })
    .unwrap()
}

/// Somewhere empty to restore into.
struct Target {
    folder: tempfile::TempDir,
    url: String,
    _database: Option<TestDb>,
}

impl Target {
    fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                Self { url: format!("sqlite:{}", folder.path().join("z.db").display()), folder, _database: None }
            }
            Engine::Postgres => {
                let fresh = database(engine).unwrap();
                // As `CREATE DATABASE` leaves it.
                fresh.write(|tx| tx.execute("DROP SCHEMA public CASCADE", &[])).unwrap();
                fresh.write(|tx| tx.execute("CREATE SCHEMA public", &[])).unwrap();
                Self { url: fresh.url.clone(), folder, _database: Some(fresh) }
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

fn phrase() -> Lock {
    Lock::Passphrase("correct horse battery".into())
}

#[test]
fn a_backup_taken_while_everybody_writes_is_one_moment_and_comes_back_whole() {
    for db in databases() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("tickets/ab")).unwrap();
        std::fs::write(data.join("tickets/ab/one"), vec![9; 700_000]).unwrap();
        std::fs::write(data.join("tickets/ab/two.part"), "half").unwrap();
        std::fs::write(data.join("elsewhere"), "not ours").unwrap();
        let vault = Vault::in_folder(&data);
        let sealed = vault.seal("x", b"secret").unwrap();
        for number in 0..200 {
            pair(&db, number);
        }
        let (stop, written) = (AtomicBool::new(false), AtomicI64::new(200));
        let file = folder.path().join("out/one.zbackup");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        pair(&db, written.fetch_add(1, Ordering::Relaxed));
                    }
                });
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            let done = backup::write(&db, &place(&data), &vault, &phrase(), NOW, &file);
            std::thread::sleep(std::time::Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
            let done = done.unwrap();
            assert_eq!(done.totals.files, 2, "the ticket's file and the ring");
            assert_eq!(done.bytes, std::fs::metadata(&file).unwrap().len());
        });
        assert!(
            std::fs::read_dir(&data).unwrap().all(|entry| !entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("backup-"))
        );

        let target = Target::new(db.engine());
        let other = Vault::in_folder(&target.data());
        let into = place(&target.data());
        let done = backup::restore(&target.url, &into, &other, Some(&phrase()), (NOW, false), &file).unwrap();
        let restored = Db::open(&target.url).unwrap();
        let (jobs, entries) = counts(&restored);
        assert_eq!(jobs, entries, "both of a unit of work, or neither");
        assert!(jobs >= 200 && jobs <= counts(&db).0);
        assert_eq!(done.audit_entries, entries);
        let text =
            restored.read(|tx| tx.query_one("SELECT payload FROM jobs LIMIT 1", &[], |row| row.text(0))).unwrap();
        let text: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        assert_eq!(text["text"], "换行\n制表\t反斜线\\N \u{1F600}");
        assert_eq!(std::fs::read(target.data().join("tickets/ab/one")).unwrap(), vec![9; 700_000]);
        assert!(!target.data().join("tickets/ab/two.part").exists());
        assert!(!target.data().join("elsewhere").exists());
        assert_eq!(Vault::in_folder(&target.data()).open("x", &sealed).unwrap(), b"secret", "the ring came along");
        // It goes on from there.
        pair(&restored, -1);
        assert!(restored.read(audit::verify).unwrap().broken_at.is_none());
        assert!(
            std::fs::read_dir(target.data()).unwrap().all(|entry| !entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .ends_with(".part"))
        );
    }
}

#[test]
fn a_wrong_phrase_a_damaged_file_and_a_filled_target_are_refused_and_nothing_is_touched() {
    for db in databases() {
        pair(&db, 1);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("tickets")).unwrap();
        std::fs::write(data.join("tickets/a"), "text").unwrap();
        let vault = Vault::in_folder(&data);
        let file = folder.path().join("a.zbackup");
        let short = Lock::Passphrase("short".into());
        let code = |lock: &Lock| backup::write(&db, &place(&data), &vault, lock, NOW, &file).unwrap_err().code;
        assert_eq!(code(&short), "passphrase_short");
        backup::write(&db, &place(&data), &vault, &phrase(), NOW, &file).unwrap();
        assert_eq!(code(&phrase()), "file_exists");
        assert!(!String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("test.pair"), "sealed");

        let target = Target::new(db.engine());
        let into = place(&target.data());
        let restore = |lock: Option<&Lock>, path: &Path| {
            backup::restore(&target.url, &into, &Vault::in_folder(&target.data()), lock, (NOW, false), path)
                .unwrap_err()
                .code
        };
        let wrong = Lock::Passphrase("another horse battery".into());
        assert_eq!(restore(Some(&wrong), &file), "backup_unreadable");
        assert_eq!(restore(None, &file), "passphrase_required");
        assert_eq!(restore(Some(&phrase()), &folder.path().join("none")), "file_not_found");
        let bytes = std::fs::read(&file).unwrap();
        let bad = folder.path().join("bad.zbackup");
        for cut in [0, 3, 20, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&bad, &bytes[..cut]).unwrap();
            assert_eq!(restore(Some(&phrase()), &bad), "backup_unreadable", "cut at {cut}");
        }
        for at in [9, bytes.len() / 2, bytes.len() - 1] {
            let mut bent = bytes.clone();
            bent[at] ^= 4;
            std::fs::write(&bad, bent).unwrap();
            assert_eq!(restore(Some(&phrase()), &bad), "backup_unreadable", "bent at {at}");
        }
        assert!(!target.data().join("tickets").exists(), "nothing was put in place");
        assert!(backup::is_empty(&Db::open(&target.url).unwrap()).unwrap());
        let (face, totals) = backup::check(&file, &vault, Some(&phrase())).unwrap();
        assert!(face.wants_passphrase());
        assert_eq!(totals.files, 1);

        // Somebody works there already.
        let filled = Target::new(db.engine());
        let there = Db::open(&filled.url).unwrap();
        there.migrate().unwrap();
        there
            .write(|tx| {
                tx.execute("INSERT INTO settings (name, content, version, updated_at) VALUES ('x', '{}', 1, 1)", &[])
            })
            .unwrap();
        assert!(backup::is_empty(&there).unwrap(), "settings alone are nobody");
        let into = place(&filled.data());
        std::fs::create_dir_all(filled.data().join("imports")).unwrap();
        std::fs::write(filled.data().join("imports/x"), "theirs").unwrap();
        let refused = backup::restore(
            &filled.url,
            &into,
            &Vault::in_folder(&filled.data()),
            Some(&phrase()),
            (NOW, false),
            &file,
        );
        assert_eq!(refused.unwrap_err().code, "database_exists");
        assert_eq!(std::fs::read_to_string(filled.data().join("imports/x")).unwrap(), "theirs");
    }
}

#[test]
fn a_backup_under_the_ring_opens_with_that_ring_also_after_a_rotation() {
    for db in databases() {
        pair(&db, 1);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let vault = Vault::in_folder(&data);
        let file = folder.path().join("a.zbackup");
        let written = backup::write(&db, &place(&data), &vault, &Lock::Ring, NOW, &file).unwrap();
        assert_eq!(written.totals.files, 0, "the ring is not inside what it seals");
        vault.rotate(NOW).unwrap();
        backup::check(&file, &vault, None).unwrap();
        let target = Target::new(db.engine());
        let other = Vault::in_folder(&target.data());
        let into = place(&target.data());
        let refused = backup::restore(&target.url, &into, &other, None, (NOW, false), &file).unwrap_err();
        // A new ring has a first key too, another one.
        assert_eq!(refused.code, "backup_unreadable");
        std::fs::copy(data.join("keys.json"), target.data().join("keys.json")).unwrap();
        let other = Vault::in_folder(&target.data());
        backup::restore(&target.url, &into, &other, None, (NOW, false), &file).unwrap();
        assert_eq!(counts(&Db::open(&target.url).unwrap()), (1, 1));
    }
}

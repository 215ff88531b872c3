use zunke_store::Db;
use zunke_store::testing::TestDb;

on_every_engine!(
    a_second_run_applies_nothing,
    a_changed_migration_is_refused,
    a_database_of_a_newer_build_is_refused,
    two_processes_starting_at_one_time_migrate_once,
    an_open_database_answers,
);

fn a_second_run_applies_nothing(db: &TestDb) {
    assert_eq!(db.migrate().unwrap(), [] as [&str; 0]);
    assert_eq!(Db::open(&db.url).unwrap().migrate().unwrap(), [] as [&str; 0]);
}

fn a_changed_migration_is_refused(db: &TestDb) {
    db.write(|tx| tx.execute("UPDATE schema_migrations SET checksum = 'other' WHERE name = '0001_store'", &[]))
        .unwrap();
    let error = db.migrate().unwrap_err();
    assert_eq!(error.code, "migration_changed");
    assert!(error.text.en.contains("0001_store"));
}

fn a_database_of_a_newer_build_is_refused(db: &TestDb) {
    db.write(|tx| tx.execute("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')", &[]))
        .unwrap();
    let error = db.migrate().unwrap_err();
    assert_eq!(error.code, "database_newer");
    assert!(error.text.zh.contains("9999_future"));
}

fn two_processes_starting_at_one_time_migrate_once(db: &TestDb) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(Db::open(&db.url).unwrap().migrate().unwrap().len(), 0));
        }
    });
}

fn an_open_database_answers(db: &TestDb) {
    db.ping().unwrap();
}

#[test]
fn four_openers_of_one_new_file_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/new/zunke.db", folder.path().display());
    let mut applied = Vec::new();
    std::thread::scope(|scope| {
        let openers: Vec<_> = (0..4).map(|_| scope.spawn(|| Db::open(&url)?.migrate())).collect();
        for opener in openers {
            applied.extend(opener.join().unwrap().unwrap());
        }
    });
    assert_eq!(applied.iter().filter(|name| *name == "0001_store").count(), 1);
}

#[test]
fn an_address_that_is_none_is_told_with_what_to_write() {
    for url in ["", "mysql://x", "sqlite:", "sqlite::memory:", "postgres://localhost:port/x"] {
        assert_eq!(Db::open(url).err().unwrap().code, "database_url_invalid", "{url}");
    }
    let nobody = Db::open("postgres://zunke@127.0.0.1:1/none").err().unwrap();
    assert_eq!(nobody.code, "database_unreachable");
}

#[test]
fn a_backup_is_whole_while_the_database_is_in_use() {
    let db = zunke_store::testing::sqlite();
    db.write(|tx| tx.execute("CREATE TABLE pairs (a BIGINT, b BIGINT)", &[])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.db");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..200 {
                db.write(|tx| {
                    tx.execute("INSERT INTO pairs (a, b) VALUES ($1, 0)", &[n.into()])?;
                    tx.execute("UPDATE pairs SET b = a WHERE a = $1", &[n.into()])
                })
                .unwrap();
            }
        });
        db.backup(&to).unwrap();
    });
    let copy = Db::open(&format!("sqlite:{}", to.display())).unwrap();
    assert_eq!(copy.migrate().unwrap(), [] as [&str; 0]);
    let torn = copy.read(|tx| tx.query_one("SELECT COUNT(*) FROM pairs WHERE a <> b", &[], |row| row.int(0))).unwrap();
    assert_eq!(torn, Some(0));
    assert!(db.backup(&to).is_err() || to.exists());
}

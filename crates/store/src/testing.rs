//! Fresh databases for tests, on every engine there is. Not for the product.

use crate::postgres::{Session, administer};
use crate::{Db, Engine, migrate};
use std::path::PathBuf;
use std::time::Duration;
use zunke_kernel::{Error, Result};

/// The URL of a private PostgreSQL that tests may fill and empty: `scripts/postgres-test.sh run …` sets it.
pub const SERVER: &str = "ZUNKE_TEST_POSTGRES";

/// A migrated database that goes away with this value.
pub struct TestDb {
    pub db: Db,
    /// For opening it a second time.
    pub url: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Database { server: String, name: String },
}

impl std::ops::Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.place {
            Place::Folder(folder) => {
                let _ = std::fs::remove_dir_all(folder);
            }
            Place::Database { server, name } => {
                let _ = administer(server, |session| batch(session, &format!("DROP DATABASE {name} WITH (FORCE)")));
            }
        }
    }
}

/// A fresh migrated database per engine: SQLite always, PostgreSQL where `ZUNKE_TEST_POSTGRES` names a server.
///
/// ```
/// for db in zunke_store::testing::databases() {
///     db.ping().unwrap();
/// }
/// ```
#[must_use]
pub fn databases() -> Vec<TestDb> {
    [Engine::Sqlite, Engine::Postgres].into_iter().filter_map(database).collect()
}

/// A fresh migrated SQLite database.
#[must_use]
#[expect(clippy::expect_used, reason = "a test without a database can only stop")]
pub fn sqlite() -> TestDb {
    database(Engine::Sqlite).expect("SQLite is always there")
}

/// A fresh migrated database of one engine; none where its server is not named, which is said aloud.
#[must_use]
#[expect(clippy::expect_used, clippy::print_stderr, reason = "a test without a database can only stop and say so")]
pub fn database(engine: Engine) -> Option<TestDb> {
    match engine {
        Engine::Sqlite => Some(open_sqlite().expect("a fresh SQLite database")),
        Engine::Postgres => {
            let Ok(server) = std::env::var(SERVER) else {
                eprintln!("!!! POSTGRESQL SKIPPED: {SERVER} is not set; run scripts/postgres-test.sh run cargo test");
                return None;
            };
            Some(clone_postgres(&server).expect("a fresh PostgreSQL database"))
        }
    }
}

fn open_sqlite() -> Result<TestDb> {
    let folder = std::env::temp_dir().join(format!("zunke-test-{}", uuid::Uuid::now_v7().simple()));
    let url = format!("sqlite:{}", folder.join("test.db").display());
    let db = Db::open(&url)?;
    db.migrate()?;
    Ok(TestDb { db, url, place: Place::Folder(folder) })
}

/// A copy of a template that is migrated once per state of the migrations.
fn clone_postgres(server: &str) -> Result<TestDb> {
    let template = format!("zunke_template_{}", migrate::fingerprint());
    let name = format!("zunke_test_{}", uuid::Uuid::now_v7().simple());
    administer(server, |session| {
        // Test processes run side by side; one makes the template, the others wait for it.
        batch(session, "SELECT pg_advisory_lock(7825104412)")?;
        let mut there = false;
        let known = [template.as_str().into()];
        session
            .walk("SELECT 1 FROM pg_database WHERE datname = $1", &known, &mut |_| {
                there = true;
                false
            })
            .map_err(|fault| fault.error)?;
        if !there {
            let draft = format!("{template}_draft");
            batch(session, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"))?;
            batch(session, &format!("CREATE DATABASE {draft} TEMPLATE template0 ENCODING 'UTF8'"))?;
            Db::open(&beside(server, &draft)?)?.migrate()?;
            patiently(|| batch(session, &format!("ALTER DATABASE {draft} RENAME TO {template}")))?;
        }
        batch(session, "SELECT pg_advisory_unlock(7825104412)")?;
        patiently(|| batch(session, &format!("CREATE DATABASE {name} TEMPLATE {template}")))
    })?;
    let url = beside(server, &name)?;
    let db = Db::open(&url)?;
    Ok(TestDb { db, url, place: Place::Database { server: server.to_owned(), name } })
}

/// The URL of another database on the same server.
fn beside(server: &str, name: &str) -> Result<String> {
    let (head, _) =
        server.rsplit_once('/').ok_or_else(|| Error::internal(format!("{SERVER} must end in /DATABASE")))?;
    Ok(format!("{head}/{name}"))
}

fn batch(session: &Session, sql: &str) -> Result<()> {
    session.batch(sql).map_err(|fault| fault.error)
}

/// A template must be left by everyone before it can be renamed or copied; connections take a moment to end.
fn patiently(mut work: impl FnMut() -> Result<()>) -> Result<()> {
    let mut tries = 0;
    loop {
        match work() {
            Err(_) if tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

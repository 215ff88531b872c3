//! The company of the matrix: people of every reach, and customers near and far, written before the house opens.

use crate::house::{House, json, run};
use std::time::{SystemTime, UNIX_EPOCH};
use zunke_access::staff::NewStaff;
use zunke_access::tokens::{self, Limits, NewToken};
use zunke_access::{ReachKind, Role, Secret, staff, tree};
use zunke_kernel::Instant;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_store::{Db, Value};

pub struct World {
    folder: tempfile::TempDir,
    pub db: Db,
}

#[expect(clippy::disallowed_methods, reason = "the house that is tried lives by the clock on the wall")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    Instant(i64::try_from(since).expect("a moment"))
}

pub fn headers(token: Option<&str>) -> Vec<(&'static str, &str)> {
    token.map(|token| ("authorization", token)).into_iter().collect()
}

impl World {
    /// A company without customers.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        json(folder.path(), None, &["organisation", "set", "--name", "甲"]);
        Self::of(folder)
    }

    /// The company of the demo, with levels and a service.
    pub fn demo(customers: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = run(folder.path(), None, &["demo", "--customers", &customers.to_string()]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::of(folder)
    }

    fn of(folder: tempfile::TempDir) -> Self {
        let db = Db::open(&format!("sqlite:{}", folder.path().join("data/zunke.db").display())).expect("opens");
        Self { folder, db }
    }

    pub fn person(
        &self,
        login: &str,
        role: Role,
        department: Option<DepartmentId>,
        reach: Option<ReachKind>,
        levels: Option<Vec<i64>>,
    ) -> StaffId {
        let (login, name) = (login.to_owned(), login.to_owned());
        let new = NewStaff { login, name, role, department, reach, levels, locale: None };
        self.db.write(|tx| staff::create(tx, now(), None, &new, "no password", false)).expect("a person").id
    }

    pub fn department(&self, name: &str, parent: Option<DepartmentId>) -> DepartmentId {
        self.db.write(|tx| tree::create(tx, now(), None, name, parent)).expect("a department").id
    }

    /// A key of somebody, as `Bearer …`.
    pub fn token(&self, staff: StaffId, may_write: bool, limits: &Limits) -> String {
        let secret = Secret::random(tokens::PREFIX).expect("random");
        let new = NewToken { name: "matrix".into(), may_write, expires_at: None };
        self.db.write(|tx| tokens::issue(tx, now(), None, staff, &new, limits, &secret)).expect("a token");
        format!("Bearer {}", secret.reveal())
    }

    /// The customers there are, the oldest id first.
    pub fn customers(&self) -> Vec<zunke_kernel::id::CustomerId> {
        let sql = "SELECT customer_id FROM customers WHERE status = 'active' ORDER BY customer_id";
        self.db.read(|tx| tx.query(sql, &[], |row| row.id(0, zunke_kernel::id::CustomerId))).expect("customers")
    }

    pub fn execute(&self, sql: &str, params: &[Value]) {
        let changed = self.db.write(|tx| tx.execute(sql, params)).expect(sql);
        assert!(changed > 0, "{sql} changed nothing");
    }

    /// Lets the house run on it. The world stays beside it.
    pub fn open(&self) -> House {
        let at = self.folder.path().join("data/zunke.db");
        House::open(&["--database", &format!("sqlite:{}", at.display())], &[])
    }
}

//! How SQLite should go about a page. It keeps no statistics that tell a rare search from a common one, so the query
//! looks itself, for at most a couple of thousand index entries: few answers are fetched and sorted; of many, the
//! list is walked in its own order until the page is full. PostgreSQL decides by itself.

use super::Filter;
use crate::custom;
use crate::fields::{CustomerColumns, Few};
use crate::store::search;
use zunke_access::{Reach, Scope};
use zunke_kernel::Result;
use zunke_kernel::condition::Test;
use zunke_store::{Engine, Tx, Value};

/// More than this many is common: fetching and sorting them costs more than walking a sorted index.
const COMMON: i64 = 2_000;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    engine: Engine,
    /// The answers are few and come by an index of their own; the sort index is not to be used.
    pub looked_up: bool,
    pub has_common_search: bool,
    pub has_common_department: bool,
    /// The levels asked for are large, and the order is not theirs.
    pub has_common_level: bool,
    /// Tests of fields of our own that few pass.
    pub few: Vec<Test>,
    /// All answers are needed.
    pub whole: bool,
}

impl Plan {
    pub fn of(tx: &mut Tx, scope: &Scope, filter: &Filter) -> Result<Self> {
        let engine = tx.engine();
        let mut plan = Self {
            engine,
            looked_up: false,
            has_common_search: false,
            has_common_department: false,
            has_common_level: false,
            few: Vec::new(),
            whole: false,
        };
        if engine == Engine::Postgres {
            return Ok(plan);
        }
        if let Some(question) = filter.question(engine) {
            plan.has_common_search = search::is_common(tx, &question, COMMON)?;
            plan.looked_up |= !plan.has_common_search;
        }
        if let Reach::Department(departments) = &scope.reach {
            let values: Vec<Value> = departments.iter().map(|id| (*id).into()).collect();
            plan.has_common_department = is_common(tx, "department_id", &values)?;
            plan.looked_up |= !plan.has_common_department;
        }
        if !filter.departments.is_empty() {
            let values: Vec<Value> = filter.departments.iter().map(|id| (*id).into()).collect();
            plan.has_common_department |= is_common(tx, "department_id", &values)?;
            plan.looked_up |= !plan.has_common_department;
        }
        plan.looked_up |= matches!(scope.reach, Reach::Own(_)) || !filter.owners.is_empty();
        plan.few = few(tx, filter)?;
        plan.looked_up |= !plan.few.is_empty();
        Ok(plan)
    }

    /// The plan where the order has no index to walk, or all answers are needed: what a search finds is fetched,
    /// however much it is.
    pub fn fetched(mut self) -> Self {
        self.looked_up |= self.has_common_search;
        self.has_common_search = false;
        self.whole = true;
        self
    }

    /// The plan of a list that is not in the order of its levels: a small level is fetched and sorted, of a large one the
    /// list's own order is walked.
    pub fn across_levels(mut self, tx: &mut Tx, ranks: &[i64]) -> Result<Self> {
        if self.engine == Engine::Sqlite && !self.looked_up {
            let ranks: Vec<Value> = ranks.iter().map(|rank| (*rank).into()).collect();
            self.has_common_level = is_common(tx, "level_rank", &ranks)?;
        }
        Ok(self)
    }

    /// Put before a column to keep its index out of a looked-up answer.
    pub fn off(&self) -> &'static str {
        if self.looked_up { self.engine_off() } else { "" }
    }

    /// The sign that keeps an index out of it; only SQLite knows it.
    pub fn engine_off(&self) -> &'static str {
        if self.engine == Engine::Sqlite { "+" } else { "" }
    }
}

/// The tests of fields of our own that few pass, among those that everybody in the answer must pass.
fn few(tx: &mut Tx, filter: &Filter) -> Result<Vec<Test>> {
    let columns = CustomerColumns { today: filter.today, zone: &filter.zone, few: Few::These(&[]) };
    let mut few = Vec::new();
    for (test, rows, binds) in filter.conditions.iter().flat_map(|condition| custom::probe(condition, &columns)) {
        let params: Vec<Value> = binds.into_iter().map(super::value).collect();
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM customer_fields f WHERE {rows} LIMIT {})", COMMON + 1);
        if tx.query_one(&sql, &params, |row| row.int(0))?.unwrap_or(0) <= COMMON {
            few.push(test);
        }
    }
    Ok(few)
}

/// Whether more than [`COMMON`] customers have one of these values in an indexed column.
fn is_common(tx: &mut Tx, column: &str, values: &[Value]) -> Result<bool> {
    let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
    let list = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM customers WHERE {column} IN ({list}) LIMIT {})", COMMON + 1);
    Ok(tx.query_one(&sql, values, |row| row.int(0))?.unwrap_or(0) > COMMON)
}

//! The one way to customers. A query starts from a scope, and everything it answers (a list, a count, a stream, one
//! customer) holds to it: a customer outside the scope is as absent as one that was never there.

mod by_field;
mod filter;
mod plan;
mod sort;

use crate::fields::{CustomerColumns, Few};
use crate::store::customers::{self, Stored, columns};
use crate::store::{for_each_in, search};
use plan::Plan;
use std::fmt::Write;
use zunke_access::{LevelReach, Reach, Scope};
use zunke_kernel::condition::{Binds, Scalar, compile};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Result};
use zunke_store::{Engine, Tx, Value};

pub use filter::{Filter, ListParams, RfmPattern};
pub use sort::{Sort, SortKey};

/// The highest rank that a level may have; 0 is "no level yet".
pub(crate) const RANK_MAX: i64 = 10;

/// A question about customers.
#[derive(Clone, Debug)]
pub struct CustomerQuery {
    scope: Scope,
    filter: Filter,
    sort: Sort,
    limit: u32,
    after: Option<Vec<Value>>,
}

impl CustomerQuery {
    /// What this scope may see.
    #[must_use]
    pub fn new(scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            filter: Filter::default(),
            sort: Sort::default(),
            limit: page::LIMIT_DEFAULT,
            after: None,
        }
    }

    /// Everybody, for jobs that act for the organisation. Never for a request of a person.
    #[must_use]
    pub fn system() -> Self {
        Self::new(&Scope::all())
    }

    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// The page after the mark of the one before.
    pub fn page(mut self, limit: Option<u32>, after: Option<&str>) -> Result<Self> {
        self.limit = page::limit(limit)?;
        self.after = after.map(|mark| self.sort.read_mark(mark)).transpose()?;
        Ok(self)
    }

    /// One page, in the order of the query.
    pub fn list(&self, tx: &mut Tx) -> Result<Page<Stored>> {
        if let SortKey::Field(id, kind) = self.sort.key {
            return self.list_by_field(tx, id, kind);
        }
        let (sql, params) = self.page_sql(tx)?;
        let mut items = tx.query(&sql, &params, customers::read)?;
        let more = items.len() > self.limit as usize;
        items.truncate(self.limit as usize);
        let next = items.last().filter(|_| more).map(|last| self.sort.mark(last));
        Ok(Page { items, next })
    }

    /// How many there are, on all pages.
    pub fn count(&self, tx: &mut Tx) -> Result<i64> {
        let plan = self.whole_plan(tx)?;
        let mut statement = Statement::new(tx.engine());
        let condition = self.condition(&mut statement, &plan, None);
        let sql = format!("SELECT COUNT(*) FROM customers c WHERE {condition}");
        Ok(tx.query_one(&sql, &statement.params, |row| row.int(0))?.unwrap_or(0))
    }

    /// All of them in order, one at a time in bounded memory: for exports.
    pub fn for_each(&self, tx: &mut Tx, mut each: impl FnMut(Stored) -> Result<()>) -> Result<()> {
        let plan = self.whole_plan(tx)?;
        let mut statement = Statement::new(tx.engine());
        let condition = self.condition(&mut statement, &plan, None);
        let order = self.sort.order("c.", "");
        let sql = format!("SELECT {} FROM customers c WHERE {condition} ORDER BY {order}", columns());
        tx.for_each(&sql, &statement.params, |row| each(customers::read(row)?))
    }

    /// Their ids, in no order, at most `bound`; more are refused.
    pub fn ids(&self, tx: &mut Tx, bound: u32) -> Result<Vec<CustomerId>> {
        let plan = self.whole_plan(tx)?;
        let mut statement = Statement::new(tx.engine());
        let condition = self.condition(&mut statement, &plan, None);
        let limit = statement.bind(i64::from(bound) + 1);
        let sql = format!("SELECT c.customer_id FROM customers c WHERE {condition} LIMIT {limit}");
        let ids = tx.query(&sql, &statement.params, |row| row.id(0, CustomerId))?;
        if ids.len() > bound as usize {
            return Err(Error::invalid(
                "selection_too_large",
                format!("一次最多处理 {bound} 位客户，请缩小筛选范围。"),
                format!("At most {bound} customers at once; please narrow the filter."),
            ));
        }
        Ok(ids)
    }

    /// One customer, whatever the filter; 404 where it isn't there or not in the scope.
    pub fn find(&self, tx: &mut Tx, id: CustomerId) -> Result<Stored> {
        let mut statement = Statement::new(tx.engine());
        let place = statement.bind(id);
        let scope = scope_sql(&self.scope, &mut statement, "");
        let sql = format!("SELECT {} FROM customers c WHERE c.customer_id = {place}{scope}", columns());
        tx.query_one(&sql, &statement.params, customers::read)?.ok_or_else(Error::not_found)
    }

    fn plan(&self, tx: &mut Tx) -> Result<Plan> {
        let plan = Plan::of(tx, &self.scope, &self.filter)?;
        let walkable = match self.sort.key {
            SortKey::Score => self.ranks().len() == 1,
            SortKey::Orders | SortKey::Potential | SortKey::Field(..) => false,
            SortKey::Level | SortKey::Name | SortKey::NetSpend | SortKey::LastOrderDay | SortKey::Created => true,
        };
        let by_level = matches!(self.sort.key, SortKey::Level | SortKey::Score);
        let narrowed = !self.filter.levels.is_empty() || self.scope.levels != LevelReach::All;
        match (walkable, by_level, narrowed) {
            (false, _, _) => Ok(plan.fetched()),
            (true, false, true) => plan.across_levels(tx, &self.ranks()),
            _ => Ok(plan),
        }
    }

    /// The plan of a question whose answers are all needed: no order is walked.
    fn whole_plan(&self, tx: &mut Tx) -> Result<Plan> {
        Ok(Plan::of(tx, &self.scope, &self.filter)?.fetched())
    }

    /// The statement of a page and its parameters: for tests of its plan, and for looking at a slow one.
    #[doc(hidden)]
    pub fn statement(&self, tx: &mut Tx) -> Result<(String, Vec<Value>)> {
        self.page_sql(tx)
    }

    fn page_sql(&self, tx: &mut Tx) -> Result<(String, Vec<Value>)> {
        let plan = self.plan(tx)?;
        let mut statement = Statement::new(tx.engine());
        let ranks = self.ranks();
        let split = self.sort.key == SortKey::Score && !plan.looked_up && !plan.has_common_search && ranks.len() > 1;
        let limit = i64::from(self.limit) + 1;
        if split {
            // Each level is sorted by score already: the best of each, merged, are the best of all.
            let mut parts = Vec::with_capacity(ranks.len());
            let limit = statement.bind(limit);
            let shared = self.condition(&mut statement, &plan, Some(&ranks));
            let order = self.sort.order("c.", "");
            for rank in &ranks {
                let rank = statement.bind(*rank);
                parts.push(format!(
                    "SELECT * FROM (SELECT {} FROM customers c WHERE c.level_rank = {rank} AND {shared} \
                     ORDER BY {order} LIMIT {limit}) AS l{}",
                    columns(),
                    parts.len()
                ));
            }
            let order = self.sort.order("u.", "");
            let sql = format!("SELECT * FROM ({}) AS u ORDER BY {order} LIMIT {limit}", parts.join(" UNION ALL "));
            return Ok((sql, statement.params));
        }
        let condition = self.condition(&mut statement, &plan, None);
        let order = self.sort.order("c.", plan.off());
        let limit = statement.bind(limit);
        let sql = format!("SELECT {} FROM customers c WHERE {condition} ORDER BY {order} LIMIT {limit}", columns());
        Ok((sql, statement.params))
    }

    /// The ranks that can be in the answer.
    fn ranks(&self) -> Vec<i64> {
        let asked: Vec<i64> =
            if self.filter.levels.is_empty() { (0..=RANK_MAX).collect() } else { self.filter.levels.clone() };
        match &self.scope.levels {
            LevelReach::All => asked,
            LevelReach::Only(seen) => asked.into_iter().filter(|rank| seen.contains(rank)).collect(),
        }
    }

    /// Scope, filter and mark as one condition. `split`: the levels are named by the branches around it.
    fn condition(&self, statement: &mut Statement, plan: &Plan, split: Option<&[i64]>) -> String {
        let off = plan.off();
        let mut sql = "1 = 1".to_owned();
        let off_department = if plan.has_common_department { plan.engine_off() } else { "" };
        sql += &reach_sql(&self.scope, statement, off_department);
        if split.is_none() && (!self.filter.levels.is_empty() || self.scope.levels != LevelReach::All) {
            let list = statement.list(self.ranks().into_iter().map(Value::from));
            let off = if plan.has_common_level { plan.engine_off() } else { off };
            let _ = write!(sql, " AND {off}c.level_rank IN ({list})");
        }
        self.filter.write(&mut sql, statement, plan);
        for condition in &self.filter.conditions {
            // Where the answers are few already, each is asked on its own.
            let few =
                if plan.whole && (!plan.looked_up || !plan.few.is_empty()) { Few::All } else { Few::These(&plan.few) };
            let columns = CustomerColumns { today: self.filter.today, zone: &self.filter.zone, few };
            let mut binds = Binds::after(statement.params.len());
            let part = compile(condition, &columns, &mut binds);
            statement.params.extend(binds.into_values().into_iter().map(value));
            let _ = write!(sql, " AND {part}");
        }
        if let Some(after) = self.after.as_ref().filter(|_| !matches!(self.sort.key, SortKey::Field(..))) {
            let list = statement.list(after.iter().cloned());
            let _ = write!(sql, " AND {}", self.sort.beyond(off, &list));
        }
        sql
    }
}

/// Which of these customers the scope sees.
pub fn within(tx: &mut Tx, scope: &Scope, ids: &[CustomerId]) -> Result<Vec<CustomerId>> {
    let mut statement = Statement::new(tx.engine());
    let condition = scope_sql(scope, &mut statement, "");
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut seen = Vec::with_capacity(ids.len());
    let sql = format!("SELECT c.customer_id FROM customers c WHERE c.customer_id IN ({{list}}){condition}");
    for_each_in(tx, &sql, &statement.params, &values, &mut |row| {
        seen.push(row.id(0, CustomerId)?);
        Ok(())
    })?;
    Ok(seen)
}

/// How far a scope reaches, as a condition that begins with AND, or nothing: his own, his departments', everybody, and
/// those of colleagues for whom he stands in.
fn reach_sql(scope: &Scope, statement: &mut Statement, off: &str) -> String {
    let owners = |statement: &mut Statement, own: Option<StaffId>| {
        let all = own.into_iter().chain(scope.stands_in.iter().copied());
        statement.list(all.map(Value::from).collect::<Vec<_>>())
    };
    match &scope.reach {
        Reach::All => String::new(),
        Reach::Own(staff) if scope.stands_in.is_empty() => format!(" AND c.owner_id = {}", statement.bind(*staff)),
        Reach::Own(staff) => format!(" AND c.owner_id IN ({})", owners(statement, Some(*staff))),
        Reach::Department(departments) => {
            let list = statement.list(departments.iter().map(|id| Value::from(*id)));
            if scope.stands_in.is_empty() {
                return format!(" AND {off}c.department_id IN ({list})");
            }
            format!(" AND ({off}c.department_id IN ({list}) OR c.owner_id IN ({}))", owners(statement, None))
        }
    }
}

/// The scope as a condition that begins with AND, or nothing.
fn scope_sql(scope: &Scope, statement: &mut Statement, off: &str) -> String {
    let mut sql = reach_sql(scope, statement, off);
    if let LevelReach::Only(ranks) = &scope.levels {
        let list = statement.list(ranks.iter().map(|rank| Value::from(*rank)));
        let _ = write!(sql, " AND {off}c.level_rank IN ({list})");
    }
    sql
}

/// The scope as a condition on `customers c` that begins with AND (or is empty), with its parameters: for the sums
/// that rooms above draw over customers.
#[must_use]
pub fn seen(engine: Engine, scope: &Scope) -> (String, Vec<Value>) {
    let mut statement = Statement::new(engine);
    let sql = scope_sql(scope, &mut statement, "");
    (sql, statement.params)
}

/// A statement while it is written: its parameters so far.
pub(crate) struct Statement {
    pub params: Vec<Value>,
    pub engine: Engine,
}

impl Statement {
    fn new(engine: Engine) -> Self {
        Self { params: Vec::new(), engine }
    }

    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    /// The inside of an IN list; of an empty one, NULL, which nothing is in.
    pub fn list(&mut self, values: impl IntoIterator<Item = Value>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if places.is_empty() { "NULL".to_owned() } else { places.join(", ") }
    }
}

pub(crate) fn value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Int(value) => Value::Int(value),
        Scalar::Real(value) => Value::Real(value),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Id(id) => Value::Uuid(id),
        Scalar::Bool(value) => Value::Bool(value),
    }
}

/// The search part of a filter, for [`Filter::write`].
pub(crate) fn search_sql(engine: Engine, place: &str, plan: &Plan) -> String {
    search::matches(engine, place, plan.has_common_search)
}

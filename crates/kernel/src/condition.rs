//! Conditions: the one language of segments, filters and rules. A condition is a tree of `all`, `any`, `not` over
//! single tests of a field or of behaviour over a window; it is written in JSON, checked against a [`Catalogue`],
//! and then means the same wherever it is asked: compiled to SQL ([`compile`]) or evaluated in memory ([`holds`]).
//!
//! ```json
//! {"all": [
//!   {"field": "city", "op": "in", "value": ["上海", "杭州"]},
//!   {"field": "tags", "op": "has_none", "value": ["tag_0190…"]},
//!   {"measure": "net_spend", "aggregate": "sum", "window_days": 365, "op": "gte", "value": "10000"},
//!   {"not": {"field": "last_order_day", "op": "older_than_days", "value": 90}}
//! ]}
//! ```
//!
//! Two-valued throughout: where a field holds nothing, a test is false, but `ne`, `not_in` and `empty` are true.

mod catalogue;
mod describe;
mod evaluate;
mod expand;
mod parse;
mod sql;
#[cfg(test)]
mod tests;

use crate::Money;
use uuid::Uuid;

pub use catalogue::{Aggregate, Catalogue, Choice, Field, FieldType, Measure, Op};
pub use describe::describe;
pub use evaluate::{Facts, holds};
pub use expand::{expand, segments};
pub use parse::{parse, parse_at};
pub use sql::{Binds, Columns, compare_filled, compile};

/// Levels of nesting, segments inside segments included.
pub const DEPTH_MAX: usize = 8;
/// Single tests in one condition.
pub const TESTS_MAX: usize = 100;
/// Values of one list.
pub const VALUES_MAX: usize = 200;
pub const TEXT_CHARS_MAX: usize = 200;
/// Ten years.
pub const WINDOW_DAYS_MAX: i64 = 3_660;

/// A condition that has been checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// True where all are; true where there are none.
    All(Vec<Condition>),
    /// True where one is; false where there are none.
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Test),
}

impl Condition {
    /// Holds for everybody.
    #[must_use]
    pub fn everybody() -> Self {
        Self::All(Vec::new())
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub subject: Subject,
    pub op: Op,
    pub value: Operand,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A field of the catalogue, with its type.
    Field(String, FieldType),
    Behaviour(Behaviour),
}

/// What somebody did over a window that ends with today.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    pub measure: String,
    pub aggregate: Aggregate,
    /// `None`: ever.
    pub window_days: Option<i64>,
    /// Of the result.
    pub result: FieldType,
}

/// What a test compares with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Nothing,
    One(Scalar),
    Many(Vec<Scalar>),
    /// Both ends belong to it.
    Range(Scalar, Scalar),
    /// A number of days back from today.
    Days(i64),
}

/// A single value. Money and days are whole numbers as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Int(i64),
    Real(f64),
    Text(String),
    Id(Uuid),
    Bool(bool),
}

impl From<Money> for Scalar {
    fn from(money: Money) -> Self {
        Self::Int(money.0)
    }
}

//! What a row of a file says, before anything is recorded.

use super::values::Decimal;
use crate::custom::{FieldId, FieldValue};
use crate::store::CategoryId;
use zunke_kernel::{Currency, Day, Instant, Money};

/// Whose row it is and what the row tells of him. Empty cells are `None` and change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub key: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub company: Option<bool>,
    pub gender: Option<&'static str>,
    pub birthday: Option<Day>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub note: Option<String>,
    pub joined: Option<Day>,
    /// Where he stands from now on, in files of customers.
    pub category: Option<CategoryId>,
    /// Values of own fields, in files of customers.
    pub fields: Vec<(FieldId, FieldValue)>,
}

impl Person {
    /// The identity that tells customers apart within one file.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.key.as_deref().or(self.phone.as_deref()).or(self.email.as_deref())
    }
}

/// An order or a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub id: String,
    pub at: Instant,
    pub refund: bool,
    /// Zero or more, also for a refund.
    pub amount: Money,
    pub currency: Option<Currency>,
    pub channel: Option<String>,
    pub of_order: Option<String>,
    /// In ten-thousandths.
    pub quantity: Option<i64>,
    pub lines: Vec<SaleLine>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleLine {
    pub sku: Option<String>,
    pub category: Option<String>,
    /// In ten-thousandths.
    pub quantity: Option<i64>,
    pub amount: Money,
}

/// One row of an order that is spread over several rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub at: Instant,
    /// Exact, before any rounding; signed.
    pub amount: Decimal,
    pub quantity: Option<i64>,
    pub sku: Option<String>,
    pub category: Option<String>,
    pub currency: Option<Currency>,
    pub channel: Option<String>,
    pub of_order: Option<String>,
}

/// A call, a visit, a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Where the file has no ids, one made of the row's content: the same row twice is one contact.
    pub id: String,
    pub at: Instant,
    pub channel: Option<String>,
    /// `in` or `out`.
    pub direction: Option<&'static str>,
    pub subject: Option<String>,
    pub body: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    Customer(Person),
    Sale(Person, Sale),
    Line(Person, Line),
    Contact(Person, Contact),
}

//! What a room holds of a person, and how it lets go of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Instant, Result, Text};
use zunke_store::{Row, Tx, Value};

/// What becomes of the rows of a table when a person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyFate)]
pub enum Fate {
    /// The rows go.
    Erased,
    /// The rows stay for the sums; what says who it is goes.
    Blanked,
    /// The rows stay: nothing in them says who it is, or the law wants them kept.
    Kept,
}

/// One line of a certificate: what, how much of it, what became of it and why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PrivacyCertificateLine)]
pub struct Line {
    pub what: Text,
    pub rows: i64,
    pub fate: Fate,
    pub why: Text,
}

impl Line {
    #[must_use]
    pub fn new(fate: Fate, rows: i64, what: (&str, &str), why: (&str, &str)) -> Self {
        let text = |(zh, en): (&str, &str)| Text { zh: zh.to_owned(), en: en.to_owned() };
        Self { what: text(what), rows, fate, why: text(why) }
    }
}

/// What a room took away in the transaction, and what is to be taken from the disk after it.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    pub lines: Vec<Line>,
    /// Names that [`Holder::discard`] understands.
    pub files: Vec<String>,
}

/// One column of a section: its key in the rows, and its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyCopyColumn)]
pub struct Column {
    pub key: String,
    pub label: Text,
}

/// A part of the copy that a person gets of his data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyCopySection)]
pub struct Section {
    pub id: String,
    pub title: Text,
    pub columns: Vec<Column>,
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Map<String, Json>>,
}

impl Section {
    #[must_use]
    pub fn new(id: &str, title: (&str, &str), columns: &[(&str, &str, &str)]) -> Self {
        let column = |(key, zh, en): &(&str, &str, &str)| Column {
            key: (*key).to_owned(),
            label: Text { zh: (*zh).to_owned(), en: (*en).to_owned() },
        };
        let title = Text { zh: title.0.to_owned(), en: title.1.to_owned() };
        Self { id: id.to_owned(), title, columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row: the values in the order of the columns.
    pub fn push(&mut self, values: impl IntoIterator<Item = Json>) {
        self.rows.push(self.columns.iter().map(|column| column.key.clone()).zip(values).collect());
    }
}

/// What is forgotten after its time, apart from people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PrivacyClass)]
pub enum Class {
    /// Words of calls, visits and messages in the time line.
    Interactions,
    /// Words of tickets that are closed.
    TicketTexts,
    /// Files of tickets that are closed.
    TicketFiles,
    /// Notes of visits.
    VisitNotes,
    /// Files that were loaded.
    ImportFiles,
    /// Customers without any activity: they are erased, as if they had asked for it.
    InactiveCustomers,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Interactions,
        Self::TicketTexts,
        Self::TicketFiles,
        Self::VisitNotes,
        Self::ImportFiles,
        Self::InactiveCustomers,
    ];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interactions => "interactions",
            Self::TicketTexts => "ticket_texts",
            Self::TicketFiles => "ticket_files",
            Self::VisitNotes => "visit_notes",
            Self::ImportFiles => "import_files",
            Self::InactiveCustomers => "inactive_customers",
        }
    }

    /// The shortest time after which it may be forgotten, in days: what is still being worked with is not swept away.
    #[must_use]
    pub const fn least_days(self) -> i64 {
        match self {
            Self::Interactions | Self::TicketTexts | Self::TicketFiles | Self::VisitNotes => 30,
            Self::ImportFiles => 7,
            Self::InactiveCustomers => 365,
        }
    }
}

/// What one step of a sweep did.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    pub rows: i64,
    pub files: Vec<String>,
}

/// A room that holds data of persons. Erasing is done in one transaction over all rooms, with the customer locked.
pub trait Holder: Send + Sync {
    /// The word of the room.
    fn room(&self) -> &'static str;

    /// Every table of the room that has rows about a customer, and what becomes of them.
    fn tables(&self) -> &'static [(&'static str, Fate)];

    /// What the room knows of a person, for the person.
    fn copy(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Section>>;

    /// What must be brought to an end before somebody can be erased.
    fn pending(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Text>> {
        let _ = (tx, customer);
        Ok(Vec::new())
    }

    /// Takes the person out of the room's tables. Doing it twice does nothing the second time.
    fn erase(&self, tx: &mut Tx, now: Instant, customer: CustomerId) -> Result<Removed>;

    /// How many rows of a class are older than an instant; `None`: the class is another room's.
    fn old(&self, tx: &mut Tx, class: Class, before: Instant) -> Result<Option<i64>> {
        let _ = (tx, class, before);
        Ok(None)
    }

    /// Forgets at most `limit` of them; done when it forgets none.
    fn forget(&self, tx: &mut Tx, class: Class, before: Instant, limit: u32) -> Result<Forgotten> {
        let _ = (tx, class, before, limit);
        Ok(Forgotten::default())
    }

    /// Takes a file from the disk; answers whether the name is one of this room's. One that is gone already is no fault.
    fn discard(&self, name: &str) -> Result<bool> {
        let _ = name;
        Ok(false)
    }
}

/// The holders of all rooms: `app.with(Holders(vec![…]))`.
#[derive(Clone, Default)]
pub struct Holders(pub Vec<Arc<dyn Holder>>);

/// A number that a statement about one customer (`$1`) answers.
pub fn count(tx: &mut Tx, sql: &str, customer: CustomerId) -> Result<i64> {
    Ok(tx.query_one(sql, &[customer.into()], |row| row.int(0))?.unwrap_or(0))
}

/// Runs a statement about one customer (`$1`); answers how many rows it changed.
pub fn execute(tx: &mut Tx, sql: &str, customer: CustomerId) -> Result<i64> {
    Ok(i64::try_from(tx.execute(sql, &[customer.into()])?).unwrap_or(i64::MAX))
}

/// Fills a section from a statement about one customer (`$1`).
pub fn rows(
    tx: &mut Tx,
    mut section: Section,
    sql: &str,
    customer: CustomerId,
    mut read: impl FnMut(&Row) -> Result<Vec<Json>>,
) -> Result<Section> {
    let params: [Value; 1] = [customer.into()];
    tx.for_each(sql, &params, |row| {
        section.push(read(row)?);
        Ok(())
    })?;
    Ok(section)
}

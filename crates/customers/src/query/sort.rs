//! The orders of a list. Each ends with the id, so that no two customers stand in the same place; a page goes on
//! from the values of the last row seen, so that rows inserted meanwhile lose and double none.

use crate::custom::{self, FieldId, FieldKind, Sight};
use crate::headline::{NO_DAY, NO_SCORE, POTENTIAL};
use crate::store::customers::Stored;
use serde_json::{Value as Json, json};
use zunke_access::FieldRight;
use zunke_kernel::id::CustomerId;
use zunke_kernel::money::shorten;
use zunke_kernel::{Error, Result, page};
use zunke_store::{Tx, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// By level, and within a level by score.
    Level,
    Score,
    Name,
    NetSpend,
    Orders,
    LastOrderDay,
    Potential,
    /// Ids are made in order of time.
    Created,
    /// A field of our own. Whoever has no value comes last, in either direction.
    Field(FieldId, FieldKind),
}

/// An order and its direction. Where a value is missing, the customer stands as if it were below all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

impl Default for Sort {
    /// The best customers first.
    fn default() -> Self {
        Self { key: SortKey::Level, descending: true }
    }
}

impl SortKey {
    pub const ALL: [Self; 8] = [
        Self::Level,
        Self::Score,
        Self::Name,
        Self::NetSpend,
        Self::Orders,
        Self::LastOrderDay,
        Self::Potential,
        Self::Created,
    ];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Score => "score",
            Self::Name => "name",
            Self::NetSpend => "net_spend",
            Self::Orders => "orders",
            Self::LastOrderDay => "last_order_day",
            Self::Potential => "potential",
            Self::Created => "created",
            Self::Field(..) => "field",
        }
    }

    /// The columns, of the table named by `of`; `off` keeps their index out of it.
    fn columns(self, of: &str, off: &str) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Level => &["level_rank", "score"],
            Self::Score => &["score"],
            Self::Name => &["name_sort"],
            Self::NetSpend => &["net_spend"],
            Self::Orders => &["orders"],
            Self::LastOrderDay => &["last_order_day"],
            Self::Potential => return vec![format!("COALESCE({POTENTIAL}, -1)"), format!("{of}customer_id")],
            Self::Created | Self::Field(..) => &[],
        };
        names.iter().chain(&["customer_id"]).map(|name| format!("{off}{of}{name}")).collect()
    }

    fn values(self, last: &Stored) -> Vec<Json> {
        let line = &last.headline;
        let mut values = match self {
            Self::Level => vec![json!(line.level_rank), json!(line.score.unwrap_or(NO_SCORE))],
            Self::Score => vec![json!(line.score.unwrap_or(NO_SCORE))],
            Self::Name => vec![json!(last.name_sort)],
            Self::NetSpend => vec![json!(line.net_spend.0)],
            Self::Orders => vec![json!(line.orders)],
            Self::LastOrderDay => vec![json!(line.last_order_day.map_or(NO_DAY, |day| i64::from(day.0)))],
            Self::Potential => vec![json!(line.potential.unwrap_or(-1.0))],
            Self::Created | Self::Field(..) => vec![],
        };
        values.push(json!(last.id.to_string()));
        values
    }
}

/// Whether a field of this kind has an order that lists can follow.
pub(crate) const fn sorts(kind: FieldKind) -> bool {
    !matches!(kind, FieldKind::Choices | FieldKind::Person)
}

impl Sort {
    /// Reads `-score`, `name`.
    pub fn read(text: &str) -> Result<Self> {
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        let key = SortKey::ALL.into_iter().find(|key| key.word() == word).ok_or_else(|| {
            let choices = SortKey::ALL.map(SortKey::word).join(", ");
            Error::invalid(
                "sort_invalid",
                format!("不能按“{}”排序，可选：{choices}（前加 - 为倒序）。", shorten(text)),
                format!("Cannot sort by “{}”; choose one of: {choices} (with - in front: descending).", shorten(text)),
            )
            .at("sort")
        })?;
        Ok(Self { key, descending })
    }

    /// As [`Self::read`], with the fields of our own that this reader sees: `-field.height`.
    pub fn find(tx: &mut Tx, text: &str, sight: &Sight) -> Result<Self> {
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        let Some(key) = word.strip_prefix("field.") else { return Self::read(text) };
        let fields = custom::fields(tx, sight, FieldRight::Read)?;
        let field =
            fields.iter().find(|field| field.key == key).filter(|field| sorts(field.kind)).ok_or_else(|| {
                Error::invalid(
                    "sort_invalid",
                    format!("不能按“{}”排序：没有该字段，或该类型不支持排序。", shorten(key)),
                    format!("Cannot sort by “{}”: there is no such field, or its kind has no order.", shorten(key)),
                )
                .at("sort")
            })?;
        Ok(Self { key: SortKey::Field(field.id, field.kind), descending })
    }

    pub(crate) fn order(self, of: &str, off: &str) -> String {
        let direction = if self.descending { " DESC" } else { "" };
        self.key.columns(of, off).iter().map(|column| format!("{column}{direction}")).collect::<Vec<_>>().join(", ")
    }

    /// The rows behind the mark whose values are bound as `list`.
    pub(crate) fn beyond(self, off: &str, list: &str) -> String {
        let sign = if self.descending { "<" } else { ">" };
        let columns = self.key.columns("c.", off);
        if columns.len() == 1 {
            format!("{} {sign} {list}", columns[0])
        } else {
            format!("({}) {sign} ({list})", columns.join(", "))
        }
    }

    pub(crate) fn mark(self, last: &Stored) -> String {
        page::mark(&json!([self.word(), self.key.values(last)]))
    }

    /// The mark of a list in the order of a field of our own: the value (none: behind all values) and the id.
    pub(crate) fn field_mark(self, value: Option<&Json>, last: &Stored) -> String {
        page::mark(&json!([self.word(), [value, json!(last.id.to_string())]]))
    }

    fn word(self) -> String {
        let of = if let SortKey::Field(id, _) = self.key { format!(".{id}") } else { String::new() };
        format!("{}{}{of}", if self.descending { "-" } else { "" }, self.key.word())
    }

    /// Reads a mark; one of another order, or a made-up one, is refused.
    pub(crate) fn read_mark(self, mark: &str) -> Result<Vec<Value>> {
        let refuse = || page::read_mark("?").err().unwrap_or_else(Error::not_found);
        let read = page::read_mark(mark)?;
        let (Some(word), Some(values)) = (read.get(0).and_then(Json::as_str), read.get(1).and_then(Json::as_array))
        else {
            return Err(refuse());
        };
        if word != self.word() || read.as_array().map_or(0, Vec::len) != 2 {
            return Err(refuse());
        }
        let (id, values) = values.split_last().ok_or_else(refuse)?;
        let int = |value: &Json| value.as_i64().map(Value::Int);
        let real = |value: &Json| value.as_f64().map(Value::Real);
        let text = |value: &Json| value.as_str().map(Value::from);
        let mut found: Vec<Value> = match (self.key, values) {
            (SortKey::Level, [rank, score]) => [int(rank), real(score)].into_iter().collect::<Option<Vec<_>>>(),
            (SortKey::Score | SortKey::Potential, [value]) => real(value).map(|value| vec![value]),
            (SortKey::Name, [value]) => text(value).map(|value| vec![value]),
            (SortKey::NetSpend | SortKey::Orders | SortKey::LastOrderDay, [value]) => {
                int(value).map(|value| vec![value])
            }
            (SortKey::Created, []) => Some(vec![]),
            (SortKey::Field(..), [Json::Null]) => Some(vec![Value::Null]),
            (SortKey::Field(_, FieldKind::Text), [value]) => text(value).map(|value| vec![value]),
            (SortKey::Field(_, FieldKind::Number), [value]) => real(value).map(|value| vec![value]),
            (SortKey::Field(..), [value]) => int(value).map(|value| vec![value]),
            _ => None,
        }
        .ok_or_else(refuse)?;
        let id: CustomerId = id.as_str().and_then(|id| id.parse().ok()).ok_or_else(refuse)?;
        found.push(id.into());
        Ok(found)
    }
}

//! What conditions may speak of: fields and measures, with their types, words and operators.

use crate::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    Text,
    /// One of the field's choices.
    Choice,
    Integer,
    Number,
    Money,
    Day,
    Bool,
    /// A level's rank: a whole number with names.
    Level,
    /// The ids of the tags that a customer has.
    Tags,
    /// The id of a segment.
    Segment,
    /// The id of something else: staff, a department.
    Id,
    /// Any number of the field's choices.
    Choices,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConditionOp)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    In,
    NotIn,
    Contains,
    StartsWith,
    Empty,
    NotEmpty,
    /// Of a day: at most so many days ago, today included.
    WithinDays,
    /// Of a day: more days ago than that.
    OlderThanDays,
    HasAny,
    HasAll,
    HasNone,
}

impl Op {
    pub const ALL: [Self; 18] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Lte,
        Self::Gt,
        Self::Gte,
        Self::Between,
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::StartsWith,
        Self::Empty,
        Self::NotEmpty,
        Self::WithinDays,
        Self::OlderThanDays,
        Self::HasAny,
        Self::HasAll,
        Self::HasNone,
    ];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Between => "between",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::Empty => "empty",
            Self::NotEmpty => "not_empty",
            Self::WithinDays => "within_days",
            Self::OlderThanDays => "older_than_days",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
            Self::HasNone => "has_none",
        }
    }
}

impl FieldType {
    /// The operators of a type, the most usual first.
    #[must_use]
    pub const fn operators(self) -> &'static [Op] {
        use Op::{
            Between, Contains, Empty, Eq, Gt, Gte, HasAll, HasAny, HasNone, In, Lt, Lte, Ne, NotEmpty, NotIn,
            OlderThanDays, StartsWith, WithinDays,
        };
        match self {
            Self::Text => &[Eq, Ne, In, NotIn, Contains, StartsWith, Empty, NotEmpty],
            Self::Choice => &[Eq, Ne, In, NotIn, Empty, NotEmpty],
            Self::Integer | Self::Number | Self::Money => &[Gte, Lte, Gt, Lt, Eq, Ne, Between, Empty, NotEmpty],
            Self::Level => &[In, NotIn, Gte, Lte, Eq, Ne],
            Self::Day => &[WithinDays, OlderThanDays, Gte, Lte, Gt, Lt, Eq, Between, Empty, NotEmpty],
            Self::Bool => &[Eq, Empty, NotEmpty],
            Self::Tags => &[HasAny, HasAll, HasNone],
            Self::Segment => &[In, NotIn],
            Self::Id => &[In, NotIn, Empty, NotEmpty],
            Self::Choices => &[HasAny, HasAll, HasNone, Empty, NotEmpty],
        }
    }
}

/// One of the values that a field of type choice may have.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Choice {
    pub value: String,
    pub label: Text,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Field {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub label: Text,
    pub choices: Vec<Choice>,
    /// Of ids: their prefix (`stf`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<&'static str>,
    /// Another name under which a condition may ask for it; it is kept under its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl Field {
    #[must_use]
    pub fn new(id: &str, kind: FieldType, zh: &str, en: &str) -> Self {
        Self { id: id.to_owned(), kind, label: Text::new(zh, en), choices: Vec::new(), prefix: None, alias: None }
    }

    #[must_use]
    pub fn choices(mut self, choices: &[(&str, &str, &str)]) -> Self {
        let choice =
            |&(value, zh, en): &(&str, &str, &str)| Choice { value: value.to_owned(), label: Text::new(zh, en) };
        self.choices = choices.iter().map(choice).collect();
        self
    }

    #[must_use]
    pub fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConditionAggregate)]
pub enum Aggregate {
    Sum,
    Count,
    /// The number of days on which it happened.
    Days,
    /// Days from the last time to today; nothing where it never happened.
    DaysSince,
}

impl Aggregate {
    pub const ALL: [Self; 4] = [Self::Sum, Self::Count, Self::Days, Self::DaysSince];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Days => "days",
            Self::DaysSince => "days_since",
        }
    }
}

/// Something that is added up over a window.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ConditionMeasure)]
pub struct Measure {
    pub id: String,
    /// Of the sum; counts and days are whole numbers.
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub label: Text,
    pub aggregates: Vec<Aggregate>,
}

impl Measure {
    #[must_use]
    pub fn new(id: &str, kind: FieldType, zh: &str, en: &str, aggregates: &[Aggregate]) -> Self {
        Self { id: id.to_owned(), kind, label: Text::new(zh, en), aggregates: aggregates.to_vec() }
    }
}

/// All that a condition may speak of in one place.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub fields: Vec<Field>,
    pub measures: Vec<Measure>,
}

impl Catalogue {
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id || field.alias.as_deref() == Some(id))
    }

    #[must_use]
    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }
}

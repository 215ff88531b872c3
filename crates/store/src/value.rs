//! What goes into a statement.

use uuid::Uuid;
use zunke_kernel::{Day, Instant, Money};

/// One parameter. Days, instants and money travel as whole numbers, ids as 16 bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    Bool(bool),
}

impl Value {
    /// JSON as the text that is stored.
    #[must_use]
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Text(value.to_string())
    }
}

macro_rules! from {
    ($($from:ty => |$value:ident| $to:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        }
    )+};
}

from! {
    i64 => |value| Self::Int(value);
    i32 => |value| Self::Int(i64::from(value));
    i16 => |value| Self::Int(i64::from(value));
    u32 => |value| Self::Int(i64::from(value));
    u16 => |value| Self::Int(i64::from(value));
    u8 => |value| Self::Int(i64::from(value));
    f64 => |value| Self::Real(value);
    &str => |value| Self::Text(value.to_owned());
    String => |value| Self::Text(value);
    &String => |value| Self::Text(value.clone());
    Vec<u8> => |value| Self::Bytes(value);
    &[u8] => |value| Self::Bytes(value.to_vec());
    bool => |value| Self::Bool(value);
    Uuid => |value| Self::Uuid(value);
    Day => |value| Self::Int(i64::from(value.0));
    Instant => |value| Self::Int(value.0);
    Money => |value| Self::Int(value.0);
    &serde_json::Value => |value| Self::json(value);
    serde_json::Value => |value| Self::json(&value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl From<zunke_kernel::id::$id> for Value {
            fn from(id: zunke_kernel::id::$id) -> Self {
                Self::Uuid(id.0)
            }
        }
    )+};
}

ids!(CustomerId, ActivityId, StaffId, DepartmentId, ProgrammeId, LevelId, VersionId, ImportId, JobId);
ids!(TicketId, MessageId, TaskId, FileId, GroupId, CalendarId, PolicyId, VisitId, TopicId, ImprovementId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null_and_kernel_words_are_whole_numbers() {
        assert_eq!(Value::from(None::<i64>), Value::Null);
        assert_eq!(Value::from(Some("a")), Value::Text("a".to_owned()));
        assert_eq!(Value::from(Money::units(2)), Value::Int(20_000));
        assert_eq!(Value::from(Day(5)), Value::Int(5));
        assert_eq!(Value::from(&serde_json::json!({"a": 1})), Value::Text("{\"a\":1}".to_owned()));
    }
}

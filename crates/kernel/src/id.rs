//! Typed, time-ordered ids. Stored as 16 bytes (UUID v7), written as `cus_` and 32 hex digits.

use crate::{Error, Instant};

/// Makes an id type: its Rust name, its prefix in the API, its words for a reader.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered by `at`.
            #[must_use]
            pub fn new(at: $crate::Instant) -> Self {
                Self($crate::id::uuid_at(at))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|error: $crate::Error| serde::de::Error::custom(error.text.en))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

id_type!(/** A customer. */ CustomerId, "cus");
id_type!(/** Something that happened to a customer. */ ActivityId, "act");
id_type!(/** A member of staff. */ StaffId, "stf");
id_type!(/** A department. */ DepartmentId, "dep");
id_type!(/** A programme: one ladder of levels. */ ProgrammeId, "prg");
id_type!(/** A level of a ladder; stays the same when it is renamed or moved. */ LevelId, "lvl");
id_type!(/** One version of a programme's rules. */ VersionId, "ver");
id_type!(/** An import of a file. */ ImportId, "imp");
id_type!(/** A durable job. */ JobId, "job");
id_type!(/** A ticket: something that a customer said and that somebody answers. */ TicketId, "tkt");
id_type!(/** One message of a ticket. */ MessageId, "msg");
id_type!(/** Something to be done, for a ticket or a customer. */ TaskId, "tsk");
id_type!(/** A file that belongs to a ticket. */ FileId, "fil");
id_type!(/** A group of staff that tickets are routed to. */ GroupId, "grp");
id_type!(/** A working calendar. */ CalendarId, "cal");
id_type!(/** A service policy: what is promised to whom. */ PolicyId, "slp");
id_type!(/** A visit to a customer, planned or made. */ VisitId, "vis");
id_type!(/** Something that customers keep saying. */ TopicId, "top");
id_type!(/** An improvement that came of what customers said. */ ImprovementId, "imv");

#[doc(hidden)]
#[must_use]
pub fn uuid_at(at: Instant) -> uuid::Uuid {
    let mut random = [0u8; 10];
    if getrandom::fill(&mut random).is_err() {
        // No entropy source at all: a v4 from the same source would fail too; uuid's own fallback panics.
        return uuid::Uuid::now_v7();
    }
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(at.0).unwrap_or(0), &random).into_uuid()
}

#[doc(hidden)]
pub fn parse(prefix: &str, text: &str) -> Result<uuid::Uuid, Error> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        .and_then(|hex| uuid::Uuid::try_parse(hex).ok())
        .ok_or_else(|| {
            Error::invalid(
                "id_invalid",
                format!("编号格式不对，应以 {prefix}_ 开头。"),
                format!("This id is not valid: it must be {prefix}_ and 32 hexadecimal digits."),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_time_and_read_back() {
        let early = CustomerId::new(Instant(1_000));
        let late = CustomerId::new(Instant(2_000));
        assert!(early < late);
        assert_eq!(early.to_string().parse::<CustomerId>().expect("reads back"), early);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let staff = StaffId::new(Instant(1_000)).to_string();
        assert_eq!(staff.parse::<CustomerId>().expect_err("wrong prefix").code, "id_invalid");
        assert!("cus_12".parse::<CustomerId>().is_err());
        assert!("cus_0000000000000000000000000000000G".parse::<CustomerId>().is_err());
        assert!("客户".parse::<CustomerId>().is_err());
    }
}

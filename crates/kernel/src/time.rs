//! Instants, days and the organisation's zone. An instant is UTC milliseconds; a day is counted from
//! 1970-01-01 and belongs to the organisation's zone. Nothing here reads a clock.

use crate::Error;
use crate::money::shorten;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// UTC milliseconds since 1970. In JSON an RFC 3339 text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A calendar day, counted from 1970-01-01. In JSON `2026-11-22`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// The time zone of the organisation.
#[derive(Clone, Debug)]
pub struct Zone(jiff::tz::TimeZone);

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl Instant {
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        self.plus_ms(secs.saturating_mul(1_000))
    }
}

impl Day {
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self::from_date)
    }

    #[must_use]
    pub fn from_date(date: jiff::civil::Date) -> Self {
        Self(date.since((jiff::Unit::Day, EPOCH)).map_or(0, |span| span.get_days()))
    }

    #[must_use]
    pub fn date(self) -> jiff::civil::Date {
        use jiff::ToSpan;
        EPOCH.saturating_add(i64::from(self.0).days())
    }

    #[must_use]
    pub fn year(self) -> i16 {
        self.date().year()
    }

    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Whole days from `earlier` to `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn parse(text: &str) -> Result<Self, Error> {
        text.parse::<jiff::civil::Date>().map(Self::from_date).map_err(|_| {
            Error::invalid(
                "day_invalid",
                format!("“{}”不是有效日期，请写成 2026-11-22。", shorten(text)),
                format!("“{}” is not a date; write it as 2026-11-22.", shorten(text)),
            )
        })
    }
}

impl Zone {
    pub fn parse(name: &str) -> Result<Self, Error> {
        jiff::tz::TimeZone::get(name).map(Self).map_err(|_| {
            Error::invalid(
                "time_zone_unknown",
                format!("不认识的时区“{}”，请使用如 Asia/Shanghai 的名称。", shorten(name)),
                format!("Unknown time zone “{}”; use a name such as Asia/Shanghai.", shorten(name)),
            )
        })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    #[must_use]
    pub fn day_of(&self, instant: Instant) -> Day {
        let timestamp = jiff::Timestamp::from_millisecond(instant.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Day::from_date(self.0.to_datetime(timestamp).date())
    }

    /// The instant of a local clock time; in a repeated hour the earlier, in a missing hour the later one.
    pub fn instant_of(&self, local: jiff::civil::DateTime) -> Option<Instant> {
        let zoned = self.0.to_ambiguous_zoned(local).compatible().ok()?;
        Some(Instant(zoned.timestamp().as_millisecond()))
    }

    /// What the clock on the wall shows.
    #[must_use]
    pub fn local(&self, instant: Instant) -> jiff::civil::DateTime {
        let timestamp = jiff::Timestamp::from_millisecond(instant.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.0.to_datetime(timestamp)
    }

    /// The stretches of time between `from` and `to` in which the zone keeps one offset from UTC, which is in milliseconds.
    #[must_use]
    pub fn stretches(&self, from: Instant, to: Instant) -> Vec<(Instant, Instant, i64)> {
        let Ok(start) = jiff::Timestamp::from_millisecond(from.0) else { return Vec::new() };
        let mut offset = i64::from(self.0.to_offset(start).seconds()) * 1_000;
        let mut at = from;
        let mut stretches = Vec::new();
        for change in self.0.following(start) {
            let when = Instant(change.timestamp().as_millisecond());
            if when >= to {
                break;
            }
            let next = i64::from(change.offset().seconds()) * 1_000;
            if next != offset {
                stretches.push((at, when, offset));
                (at, offset) = (when, next);
            }
        }
        stretches.push((at, to, offset));
        stretches
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of(&self, day: Day) -> Instant {
        self.instant_of(day.date().to_datetime(jiff::civil::Time::midnight())).unwrap_or_default()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::parse("Asia/Shanghai").unwrap_or(Self(jiff::tz::TimeZone::UTC))
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{timestamp:.3}")
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<jiff::Timestamp>().map(|timestamp| Self(timestamp.as_millisecond())).map_err(|_| {
            serde::de::Error::custom(format!(
                "“{}” is not an RFC 3339 time such as 2026-11-22T10:00:00Z",
                shorten(&text)
            ))
        })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| serde::de::Error::custom(error.text.en))
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        string_format(utoipa::openapi::schema::KnownFormat::DateTime)
    }
}

impl utoipa::ToSchema for Instant {}

impl utoipa::PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        string_format(utoipa::openapi::schema::KnownFormat::Date)
    }
}

impl utoipa::ToSchema for Day {}

fn string_format(
    format: utoipa::openapi::schema::KnownFormat,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .format(Some(utoipa::openapi::schema::SchemaFormat::KnownFormat(format)))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_and_print_as_dates() {
        assert_eq!(Day::parse("1970-01-01").expect("epoch").0, 0);
        assert_eq!(Day::parse("2011-12-10").expect("day").to_string(), "2011-12-10");
        assert_eq!(Day::parse("2024-02-29").expect("leap").plus(1).to_string(), "2024-03-01");
        assert_eq!(Day::parse("1969-12-31").expect("before").0, -1);
        assert!(Day::parse("2023-02-29").is_err());
    }

    #[test]
    fn a_day_belongs_to_the_zone_also_under_shanghais_odd_offsets() {
        let shanghai = Zone::default();
        let london = Zone::parse("Europe/London").expect("zone");
        // 2011-12-09T23:30Z is already the tenth in Shanghai.
        let late = Instant(1_323_473_400_000);
        assert_eq!(london.day_of(late).to_string(), "2011-12-09");
        assert_eq!(shanghai.day_of(late).to_string(), "2011-12-10");
        for text in ["1901-01-01", "1940-06-01", "1986-05-04", "1991-09-15"] {
            let day = Day::parse(text).expect(text);
            assert_eq!(shanghai.day_of(shanghai.start_of(day)), day, "{text}");
        }
        assert_eq!(Zone::parse("Mars/Base").expect_err("zone").code, "time_zone_unknown");
    }
}

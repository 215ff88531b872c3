//! The document of a calendar, and what is checked of it.

use crate::money::shorten;
use crate::{Day, Error, Result, Text, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Exceptions of one calendar.
pub const EXCEPTIONS_MAX: usize = 2_000;
/// Days of one exception.
const SPAN_MAX: i32 = 366;
/// Windows of one day.
const WINDOWS_MAX: usize = 24;
const DAY_MIN: u16 = 24 * 60;

/// A working calendar as it is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// What it is called.
    pub name: String,
    /// What it is called in each language, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    /// IANA name: `Asia/Shanghai`.
    pub zone: String,
    /// 24×7: every minute of every day; `week` and `exceptions` are then empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    /// The hours of each weekday; a day that is left out is closed.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub week: Week,
    /// Days that are not as the week says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<DayException>,
}

/// The windows of each weekday.
pub type Week = BTreeMap<Weekday, Vec<Hours>>;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CalendarWeekday)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    #[must_use]
    pub fn of(day: Day) -> Self {
        // 1970-01-01 was a Thursday.
        let at = (i64::from(day.0) + 3).rem_euclid(7);
        Self::ALL[usize::try_from(at).unwrap_or(0)]
    }
}

/// One window of a day, `09:00-18:00`: minutes from midnight; the end is not in it. Where the end is not after the
/// beginning it is on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// 0 … 1439.
    pub from: u16,
    /// 0 … 1440.
    pub to: u16,
}

impl Hours {
    /// Whether it goes on after midnight.
    #[must_use]
    pub fn is_night(self) -> bool {
        self.to <= self.from
    }

    /// The part on its own day.
    pub(super) fn head(self) -> (u16, u16) {
        (self.from, if self.is_night() { DAY_MIN } else { self.to })
    }

    /// The part on the next day.
    pub(super) fn tail(self) -> Option<(u16, u16)> {
        (self.is_night() && self.to > 0).then_some((0, self.to))
    }

    pub fn parse(text: &str) -> Result<Self> {
        let fault = || {
            Error::invalid(
                "hours_invalid",
                format!("“{}”不是有效的时段，请写成 09:00-18:00（可到 24:00，跨夜写成 22:00-06:00）。", shorten(text)),
                format!(
                    "“{}” is no window of hours; write it as 09:00-18:00 (24:00 may be the end, a night shift is 22:00-06:00).",
                    shorten(text)
                ),
            )
        };
        let (from, to) = text.trim().split_once(['-', '–']).ok_or_else(fault)?;
        let (from, to) = (minute(from).ok_or_else(fault)?, minute(to).ok_or_else(fault)?);
        if from >= DAY_MIN || from == to {
            return Err(fault());
        }
        Ok(Self { from, to })
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |part: &str| match part.len() {
        1 | 2 if part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u16>().ok(),
        _ => None,
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY_MIN).then_some(at)
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| serde::de::Error::custom(error.text.en))
    }
}

impl utoipa::PartialSchema for Hours {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$"))
            .into()
    }
}

impl ToSchema for Hours {
    fn name() -> std::borrow::Cow<'static, str> {
        "CalendarHours".into()
    }
}

/// Days on which other hours hold than the week says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CalendarException)]
pub struct DayException {
    pub from: Day,
    /// The last day; left out: one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    /// Why: 国庆节.
    #[serde(default)]
    pub name: String,
    /// The hours that hold instead; with neither this nor `like` the days are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// The hours of this weekday hold instead: a make-up day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Weekday>,
}

impl DayException {
    #[must_use]
    pub fn last(&self) -> Day {
        self.to.unwrap_or(self.from)
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.hours.is_empty() && self.like.is_none()
    }
}

impl CalendarSpec {
    /// Open every minute.
    #[must_use]
    pub fn always(name: &str, zone: &str) -> Self {
        Self { name: name.to_owned(), zone: zone.to_owned(), always: true, ..Self::default() }
    }

    /// Reads a document; a fault says where it is.
    pub fn read(json: &str) -> Result<Self> {
        serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|fault| {
            Error::invalid("calendar_unreadable", "这不是有效的日历文件。", "This is not a valid calendar file.")
                .caused_by(fault)
        })
    }

    /// The windows that begin on a weekday.
    #[must_use]
    pub fn hours_of(&self, weekday: Weekday) -> &[Hours] {
        self.week.get(&weekday).map_or(&[], Vec::as_slice)
    }

    /// Checks everything but whether it is ever open; names every fault with its field.
    pub fn check(&self) -> Result<Zone> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() || self.name.chars().count() > 60 {
            let text = ("请填写日历名称（最多 60 字）。", "Give the calendar a name (up to 60 characters).");
            faults.push(Error::invalid("name_invalid", text.0, text.1).at("name"));
        }
        let zone = Zone::parse(&self.zone).map_err(|error| error.at("zone"));
        if self.always && (self.week.values().any(|hours| !hours.is_empty()) || !self.exceptions.is_empty()) {
            let text = (
                "全天候（24×7）日历不能再设置工作时段或例外日期。",
                "A 24×7 calendar has neither hours nor exceptions.",
            );
            faults.push(Error::invalid("calendar_always", text.0, text.1).at("always"));
        }
        for (weekday, hours) in &self.week {
            let field = serde_json::to_value(weekday).ok();
            let field = field.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            faults.extend(windows_fault(hours).map(|fault| fault.at(format!("week.{field}"))));
        }
        if self.exceptions.len() > EXCEPTIONS_MAX {
            let zh = format!("例外日期最多 {EXCEPTIONS_MAX} 条。");
            let en = format!("At most {EXCEPTIONS_MAX} exceptions.");
            faults.push(Error::invalid("exceptions_too_many", zh, en).at("exceptions"));
        }
        faults.extend(self.exception_faults());
        match (zone, Error::gather(faults)) {
            (Ok(zone), None) => Ok(zone),
            (Ok(_), Some(fault)) => Err(fault),
            (Err(mut zone), None) => {
                zone.others.clear();
                Err(zone)
            }
            (Err(mut zone), Some(mut fault)) => {
                zone.others = std::mem::take(&mut fault.others);
                zone.others.insert(0, fault);
                Err(zone)
            }
        }
    }

    fn exception_faults(&self) -> Vec<Error> {
        let mut faults = Vec::new();
        let mut taken: BTreeMap<Day, usize> = BTreeMap::new();
        for (at, one) in self.exceptions.iter().enumerate().take(EXCEPTIONS_MAX) {
            let field = format!("exceptions[{at}]");
            if one.name.chars().count() > 60 {
                let text = ("例外日期的名称最多 60 字。", "The name of an exception has up to 60 characters.");
                faults.push(Error::invalid("name_invalid", text.0, text.1).at(format!("{field}.name")));
            }
            let days = one.last().since(one.from);
            if !(0..SPAN_MAX).contains(&days) {
                let text = (
                    "结束日期不能早于开始日期，且一条最多 366 天。",
                    "The last day is not before the first, and an exception has up to 366 days.",
                );
                faults.push(Error::invalid("exception_days", text.0, text.1).at(format!("{field}.to")));
                continue;
            }
            if one.like.is_some() && !one.hours.is_empty() {
                let text = (
                    "“时段”与“按某个工作日”只能填一项。",
                    "Give either hours or the weekday to take them from, not both.",
                );
                faults.push(Error::invalid("exception_both", text.0, text.1).at(format!("{field}.like")));
            }
            faults.extend(windows_fault(&one.hours).map(|fault| fault.at(format!("{field}.hours"))));
            for day in 0..=days {
                let day = one.from.plus(day);
                if taken.insert(day, at).is_some() {
                    let zh = format!("{day} 已在另一条例外中。");
                    let en = format!("{day} is in another exception already.");
                    faults.push(Error::invalid("exception_twice", zh, en).at(format!("{field}.from")));
                    break;
                }
            }
        }
        faults
    }
}

/// Too many windows, or windows that overlap.
fn windows_fault(hours: &[Hours]) -> Option<Error> {
    if hours.len() > WINDOWS_MAX {
        let zh = format!("一天最多 {WINDOWS_MAX} 个时段。");
        return Some(Error::invalid("hours_too_many", zh, format!("At most {WINDOWS_MAX} windows a day.")));
    }
    let mut sorted: Vec<Hours> = hours.to_vec();
    sorted.sort_unstable();
    let overlap = sorted.windows(2).find(|pair| pair[0].head().1 > pair[1].from)?;
    Some(Error::invalid(
        "hours_overlap",
        format!("时段 {} 与 {} 重叠。", overlap[0], overlap[1]),
        format!("The windows {} and {} overlap.", overlap[0], overlap[1]),
    ))
}

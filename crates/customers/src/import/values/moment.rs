//! Days and moments. A birthday is a day of the calendar and never passes through a time zone; a moment is a clock
//! time of the zone that the mapping declares.

use super::{Fault, narrow};
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use zunke_kernel::{Day, Instant, Zone};

/// The order of day, month and year where the figures alone don't tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// 2026-11-22; `3/4/2026` is refused.
    #[default]
    Ymd,
    /// 22/11/2026
    Dmy,
    /// 11/22/2026
    Mdy,
}

/// How clock times of a file are read.
#[derive(Clone, Debug)]
pub struct Clock {
    pub zone: Zone,
    pub order: DateOrder,
    /// The workbook counts days from 1904.
    pub from_1904: bool,
}

enum Read {
    Local(DateTime),
    /// With an offset of its own: `2026-11-22T10:00:00+08:00`.
    Fixed(Instant),
}

/// A moment; a day alone is its first instant in the zone.
pub fn instant(text: &str, clock: &Clock) -> Result<Instant, Fault> {
    match read(text, clock.order, clock.from_1904)? {
        Read::Fixed(instant) => Ok(instant),
        Read::Local(local) => clock.zone.instant_of(local).ok_or(Fault::NotADate),
    }
}

/// A day of the calendar (a birthday). A time behind it is dropped; only an instant with an offset of its own is
/// brought into the zone, because that is where systems lose a day.
pub fn day(text: &str, clock: &Clock) -> Result<Day, Fault> {
    match read(text, clock.order, clock.from_1904)? {
        Read::Fixed(instant) => Ok(clock.zone.day_of(instant)),
        Read::Local(local) => Ok(Day::from_date(local.date())),
    }
}

/// Whether a cell is a date rather than a name, for finding the header.
#[must_use]
pub fn looks_like_a_moment(text: &str) -> bool {
    matches!(read(text, DateOrder::Mdy, false), Ok(_) | Err(Fault::YearOutOfRange))
        || read(text, DateOrder::Dmy, false).is_ok()
}

/// Days of a spreadsheet's count as `2010-12-01` or `2010-12-01 08:26:00`.
#[must_use]
pub fn serial_text(serial: f64, from_1904: bool) -> Option<String> {
    let local = of_serial(serial, from_1904)?;
    Some(if local.time() == Time::midnight() { local.date().to_string() } else { local.to_string().replace('T', " ") })
}

/// The 1900 count has a 29 February 1900 that never was (serial 60); 1 January 1904 is 0 in the other count.
fn of_serial(serial: f64, from_1904: bool) -> Option<DateTime> {
    if !(0.0..2_958_466.0).contains(&serial) || (!from_1904 && serial < 1.0) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be below three million days")]
    let seconds = (serial * 86_400.0).round() as i64;
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let day = match (from_1904, days) {
        (true, days) => Day::from_ymd(1904, 1, 1)?.0 + i32::try_from(days).ok()?,
        (false, 60) => return None,
        (false, days @ ..60) => Day::from_ymd(1899, 12, 31)?.0 + i32::try_from(days).ok()?,
        (false, days) => Day::from_ymd(1899, 12, 30)?.0 + i32::try_from(days).ok()?,
    };
    let part = |value: i64| i8::try_from(value).ok();
    let time = Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, 0).ok()?;
    Some(Day(day).date().to_datetime(time))
}

fn read(text: &str, order: DateOrder, from_1904: bool) -> Result<Read, Fault> {
    let text = text.trim();
    if let Some(local) = iso(text.as_bytes()) {
        return in_range(local).map(Read::Local);
    }
    if text.starts_with('#') {
        return Err(Fault::CellError);
    }
    if text.len() > 64 || text.is_empty() {
        return Err(Fault::NotADate);
    }
    let text = without_weekday(&narrow(text));
    let text = text.trim().trim_start_matches(['\'', '`']);
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Ok(Read::Fixed(Instant(timestamp.as_millisecond())));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && let Some(read) = figures(text, from_1904)
    {
        return read;
    }
    let (date, time) = parts(text);
    let date = date_of(&date, order)?;
    let time = if time.trim().is_empty() { Time::midnight() } else { time_of(&time)? };
    in_range(date.to_datetime(time)).map(Read::Local)
}

fn in_range(local: DateTime) -> Result<DateTime, Fault> {
    if (1900..=2200).contains(&local.year()) { Ok(local) } else { Err(Fault::YearOutOfRange) }
}

/// The common way, without allocation: `2010-12-01 08:26:00`, also with `T`, also the date alone.
fn iso(bytes: &[u8]) -> Option<DateTime> {
    let figures = |from: usize, to: usize| {
        bytes
            .get(from..to)?
            .iter()
            .try_fold(0i16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0')))
    };
    let two = |from: usize| figures(from, from + 2).and_then(|value| i8::try_from(value).ok());
    if !matches!(bytes.len(), 10 | 16 | 19) || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let date = Date::new(figures(0, 4)?, two(5)?, two(8)?).ok()?;
    if bytes.len() == 10 {
        return Some(date.to_datetime(Time::midnight()));
    }
    if !matches!(bytes[10], b' ' | b'T') || bytes[13] != b':' {
        return None;
    }
    let second = if bytes.len() == 19 {
        if bytes[16] != b':' {
            return None;
        }
        two(17)?
    } else {
        0
    };
    Some(date.to_datetime(Time::new(two(11)?, two(14)?, second, 0).ok()?))
}

/// Figures only: 20101201, 20101201082600, milliseconds or seconds since 1970, or a spreadsheet's serial.
fn figures(text: &str, from_1904: bool) -> Option<Result<Read, Fault>> {
    if let Ok(serial) = text.parse::<f64>()
        && text.matches('.').count() <= 1
        && (1.0..200_000.0).contains(&serial)
        && (5..=6).contains(&text.split('.').next()?.len())
    {
        return Some(of_serial(serial, from_1904).ok_or(Fault::NotADate).and_then(in_range).map(Read::Local));
    }
    if text.contains('.') {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let small = |from: usize| part(from, from + 2).and_then(|value| i8::try_from(value).ok());
    let date = || Date::new(part(0, 4)?, small(4)?, small(6)?).ok();
    let read = match text.len() {
        8 => date().map(|date| date.to_datetime(Time::midnight())),
        12 => date().and_then(|date| Some(date.to_datetime(Time::new(small(8)?, small(10)?, 0, 0).ok()?))),
        14 => date().and_then(|date| Some(date.to_datetime(Time::new(small(8)?, small(10)?, small(12)?, 0).ok()?))),
        10 => return text.parse::<i64>().ok().map(|seconds| Ok(Read::Fixed(Instant(seconds * 1_000)))),
        13 => return text.parse::<i64>().ok().map(|millis| Ok(Read::Fixed(Instant(millis)))),
        _ => None,
    };
    Some(read.ok_or(Fault::NotADate).and_then(in_range).map(Read::Local))
}

/// Cuts a text into its date and its time.
fn parts(text: &str) -> (String, String) {
    // 2010年12月1日 8时26分: everything behind 日 is the time.
    if let Some((date, time)) = text.split_once('日').or_else(|| text.split_once('号')) {
        return (date.to_owned(), time.to_owned());
    }
    let colon = text.find(':').or_else(|| text.find('时')).or_else(|| text.find('点'));
    let Some(colon) = colon else { return (text.to_owned(), String::new()) };
    let hour = text[..colon]
        .rfind(|sign: char| !sign.is_ascii_digit())
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let mut cut = hour;
    for word in ["上午", "下午", "晚上", "中午", "凌晨", "早上"] {
        if let Some(at) = text[..cut].rfind(word) {
            cut = at;
        }
    }
    let date = text[..cut].trim_end_matches(['T', ' ', ',', '-']).to_owned();
    (date, text[cut..].to_owned())
}

/// 星期三 and 周三 say nothing that the date does not.
fn without_weekday(text: &str) -> String {
    let mut text = text.to_owned();
    for word in ["星期", "礼拜", "周"] {
        if let Some(at) = text.find(word) {
            let length = text[at..].chars().take(word.chars().count() + 1).map(char::len_utf8).sum::<usize>();
            text.replace_range(at..at + length, " ");
        }
    }
    text.replace("( )", " ")
}

fn date_of(text: &str, order: DateOrder) -> Result<Date, Fault> {
    let mut text = text.to_ascii_lowercase();
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        text = text.replace(day, "");
    }
    let mut month_name = None;
    let words: Vec<String> = text
        .split(['-', '/', '.', ' ', ',', '年', '月', '日'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let mut figures: Vec<&str> = Vec::new();
    for word in &words {
        if word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() <= 4 {
            figures.push(word);
        } else if let Some(month) = month_of(word) {
            if month_name.replace((month, figures.len())).is_some() {
                return Err(Fault::NotADate);
            }
        } else {
            return Err(Fault::NotADate);
        }
    }
    let value = |word: &str| word.parse::<i16>().map_err(|_| Fault::NotADate);
    let (year, month, day) = match (figures.as_slice(), month_name) {
        ([year, day], Some((month, _))) if year.len() == 4 => (value(year)?, month, value(day)?),
        ([day, year], Some((month, _))) => (value(year)? + century(year), month, value(day)?),
        ([year, month, day], None) if year.len() == 4 => (value(year)?, value(month)?, value(day)?),
        ([year, month, day], None) if order == DateOrder::Ymd && year.len() == 2 && day.len() <= 2 => {
            (value(year)? + century(year), value(month)?, value(day)?)
        }
        ([first, second, year], None) if matches!(year.len(), 2 | 4) => {
            let full = year.len() == 4;
            let (first, second, year) = (value(first)?, value(second)?, value(year)? + century(year));
            match order {
                // 13 to 31 can only be the day.
                _ if full && first > 12 && second <= 12 => (year, second, first),
                _ if full && second > 12 && first <= 12 => (year, first, second),
                DateOrder::Mdy => (year, first, second),
                DateOrder::Dmy => (year, second, first),
                DateOrder::Ymd => return Err(Fault::DateOrder),
            }
        }
        _ => return Err(Fault::NotADate),
    };
    let small = |value: i16| i8::try_from(value).map_err(|_| Fault::NotADate);
    Date::new(year, small(month)?, small(day)?).map_err(|_| Fault::NotADate)
}

/// Two figures of a year: 70 to 99 are of the last century.
fn century(year: &str) -> i16 {
    match (year.len(), year.parse::<i16>()) {
        (2, Ok(70..)) => 1900,
        (2, Ok(_)) => 2000,
        _ => 0,
    }
}

fn month_of(word: &str) -> Option<i16> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    // `dec` and `sept`.
    let short = word.get(..3).filter(|_| word.len() <= 4).unwrap_or(word);
    let at = NAMES.iter().position(|name| *name == word || (short.len() == 3 && name.starts_with(short)))?;
    i16::try_from(at + 1).ok()
}

fn time_of(text: &str) -> Result<Time, Fault> {
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let after_noon = has(&["pm", "p.m", "下午", "晚上"]);
    let before_noon = has(&["am", "a.m", "上午", "凌晨", "早上"]);
    let noon = has(&["中午"]);
    let mut figures: String = lower;
    for word in ["pm", "p.m.", "am", "a.m.", "上午", "下午", "晚上", "中午", "凌晨", "早上", " ", "秒", "t"]
    {
        figures = figures.replace(word, "");
    }
    let figures = figures.replace(['时', '点', '分'], ":");
    let figures = figures.trim_matches(':');
    let (clock, fraction) = figures.split_once('.').unwrap_or((figures, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::NotADate);
    }
    let millis = format!("{fraction:0<3}").get(..3).and_then(|part| part.parse::<i32>().ok()).unwrap_or(0);
    let values: Vec<i8> = clock.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| Fault::NotADate)?;
    let (hour, minute, second) = match values.as_slice() {
        [hour] => (*hour, 0, 0),
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return Err(Fault::NotADate),
    };
    let hour = match hour {
        12 if before_noon => 0,
        1..=11 if after_noon || (noon && hour < 11) => hour + 12,
        hour => hour,
    };
    // A leap second or the end of the day written as 24:00 stays within the day.
    if (hour, minute, second) == (24, 0, 0) {
        return Ok(Time::constant(23, 59, 59, 999_000_000));
    }
    Time::new(hour, minute, second.min(if second == 60 { 59 } else { second }), millis * 1_000_000)
        .map_err(|_| Fault::NotADate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str, order: DateOrder) -> Clock {
        Clock { zone: Zone::parse(zone).expect("zone"), order, from_1904: false }
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let shanghai = clock("Asia/Shanghai", DateOrder::Mdy);
        for (text, wanted) in [
            ("2010-12-01 08:26:00", "2010-12-01T00:26:00.000Z"),
            ("2010-12-01T08:26", "2010-12-01T00:26:00.000Z"),
            ("2010/12/1", "2010-11-30T16:00:00.000Z"),
            ("2010/12/1 8:26", "2010-12-01T00:26:00.000Z"),
            ("2010.12.1 8:26:05", "2010-12-01T00:26:05.000Z"),
            ("20101201", "2010-11-30T16:00:00.000Z"),
            ("20101201082600", "2010-12-01T00:26:00.000Z"),
            ("2010年12月1日", "2010-11-30T16:00:00.000Z"),
            ("２０１０年１２月１日 下午3点05分", "2010-12-01T07:05:00.000Z"),
            ("2010年12月1日星期三 8时26分30秒", "2010-12-01T00:26:30.000Z"),
            ("12/1/2010 8:26", "2010-12-01T00:26:00.000Z"),
            ("12/1/10 8:26 PM", "2010-12-01T12:26:00.000Z"),
            ("1-Dec-2010 12:00 AM", "2010-11-30T16:00:00.000Z"),
            ("Dec 1, 2010", "2010-11-30T16:00:00.000Z"),
            ("2010-12-01T00:26:00Z", "2010-12-01T00:26:00.000Z"),
            ("2010-12-01T08:26:00.500+08:00", "2010-12-01T00:26:00.500Z"),
            ("40513.3513888889", "2010-12-01T00:26:00.000Z"),
            ("1291163160", "2010-12-01T00:26:00.000Z"),
            ("1291163160000", "2010-12-01T00:26:00.000Z"),
        ] {
            assert_eq!(instant(text, &shanghai).map(|at| at.to_string()).as_deref(), Ok(wanted), "{text}");
        }
        let london = clock("Europe/London", DateOrder::Ymd);
        assert_eq!(instant("2011-07-01 08:00:00", &london).expect("summer").to_string(), "2011-07-01T07:00:00.000Z");
    }

    #[test]
    fn an_order_that_only_a_person_knows_is_asked_for() {
        let none = clock("Asia/Shanghai", DateOrder::Ymd);
        assert_eq!(day("3/4/2026", &none), Err(Fault::DateOrder));
        assert_eq!(day("25/4/2026", &none).expect("only one way").to_string(), "2026-04-25");
        assert_eq!(day("3/4/2026", &clock("Asia/Shanghai", DateOrder::Dmy)).expect("dmy").to_string(), "2026-04-03");
        assert_eq!(day("3/4/2026", &clock("Asia/Shanghai", DateOrder::Mdy)).expect("mdy").to_string(), "2026-03-04");
        assert_eq!(day("26/3/4", &none).expect("short years first").to_string(), "2026-03-04");
    }

    #[test]
    fn what_is_no_date_is_a_fault() {
        let shanghai = clock("Asia/Shanghai", DateOrder::Mdy);
        for text in [
            "",
            "昨天",
            "2010-02-30",
            "2010-13-01",
            "12345678901234567",
            "1",
            "25:00",
            "#VALUE!",
            "2010-12-01 25:00",
            "a/b/c",
        ] {
            assert!(day(text, &shanghai).is_err(), "{text}");
        }
        assert_eq!(day("1066-10-14", &shanghai), Err(Fault::YearOutOfRange));
        assert_eq!(day("9999-12-31", &shanghai), Err(Fault::YearOutOfRange));
    }

    #[test]
    fn serials_of_both_date_systems_are_the_days_that_excel_shows() {
        for (serial, from_1904, shown) in [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (61.0, false, "1900-03-01"),
            (40_513.0, false, "2010-12-01"),
            (39_051.0, true, "2010-12-01"),
            (0.0, true, "1904-01-01"),
            (40_513.351_388_888_9, false, "2010-12-01 08:26:00"),
        ] {
            assert_eq!(serial_text(serial, from_1904).as_deref(), Some(shown), "{serial}");
        }
        assert_eq!(serial_text(60.0, false), None, "29 February 1900 never was");
        assert_eq!(serial_text(-1.0, false), None);
        assert_eq!(serial_text(f64::NAN, false), None);
    }

    #[test]
    fn a_birthday_never_shifts_also_under_shanghais_odd_offsets() {
        let shanghai = clock("Asia/Shanghai", DateOrder::Ymd);
        for year in 1901..=1991 {
            for (month, date) in [(1, 1), (4, 15), (5, 4), (6, 1), (9, 15), (12, 31)] {
                let wanted = Day::from_ymd(year, month, date).expect("day");
                for text in [
                    format!("{wanted}"),
                    format!("{wanted} 00:00:00"),
                    format!("{year}/{month}/{date}"),
                    format!("{year}年{month}月{date}日"),
                ] {
                    assert_eq!(day(&text, &shanghai), Ok(wanted), "{text}");
                }
                // The same day as an instant, as JSON exports have it.
                let exported = shanghai.zone.start_of(wanted).to_string();
                assert_eq!(day(&exported, &shanghai), Ok(wanted), "{exported}");
            }
        }
    }
}

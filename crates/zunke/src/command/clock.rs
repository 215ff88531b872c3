//! `zunke clock due`: when something is due by a working calendar, without a database.

use crate::cli::ClockDue;
use crate::output::{Output, table};
use serde::Serialize;
use std::path::Path;
use zunke_kernel::calendar::{Calendar, CalendarSpec, Span, merged, named, open_by_day, open_outside};
use zunke_kernel::{Day, Error, Instant, Result, Zone};

/// Pauses of one call.
const PAUSES_MAX: usize = 1_000;

#[derive(Serialize)]
struct Told {
    calendar: String,
    zone: String,
    from: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i64>,
    /// `null`: the clock stands still in a pause without an end.
    due: Option<Instant>,
    /// As the clock on the wall of the calendar's zone shows it.
    due_local: Option<String>,
    /// In the order of time, each stretch once.
    pauses: Vec<Pause>,
    /// Working minutes from the beginning until it is due, without the pauses.
    working_minutes: Option<i64>,
    /// Where those minutes lie.
    by_day: Vec<DayShare>,
}

#[derive(Serialize)]
struct Pause {
    from: Instant,
    to: Option<Instant>,
    /// Working minutes that it gives back; `null` where it goes on.
    working_minutes: Option<i64>,
}

#[derive(Serialize)]
struct DayShare {
    day: Day,
    minutes: i64,
    #[serde(skip)]
    hours: String,
}

pub fn due(asked: &ClockDue, output: Output) -> Result<()> {
    let spec = read(&asked.calendar)?;
    let calendar = Calendar::build(&spec)?;
    let from = instant(&asked.from, calendar.zone()).map_err(|error| error.at("--from"))?;
    let pauses = pauses(&asked.pause, calendar.zone())?;
    let due = match (asked.minutes, asked.days) {
        (Some(minutes), _) => {
            let ms = minutes.checked_mul(60_000).ok_or_else(|| length("--minutes"))?;
            calendar.add_ms_outside(from, positive(ms, "--minutes")?, &pauses)?
        }
        (None, days) => calendar.add_days_outside(from, positive(days.unwrap_or(0), "--days")?, &pauses)?,
    };
    let by_day = due.map(|due| open_by_day(&calendar, from, due, &pauses)).unwrap_or_default();
    let told = Told {
        calendar: spec.name.clone(),
        zone: spec.zone.clone(),
        from,
        minutes: asked.minutes,
        days: asked.days,
        due,
        due_local: due.map(|due| local(&calendar, due)),
        pauses: pauses
            .iter()
            .map(|pause| Pause {
                from: pause.from,
                to: pause.to,
                working_minutes: pause.to.map(|to| calendar.minutes_between(pause.from.max(from), to)),
            })
            .collect(),
        working_minutes: due.map(|due| open_outside(&calendar, from, due, &pauses) / 60_000),
        by_day: by_day
            .into_iter()
            .map(|share| DayShare { day: share.day, minutes: share.ms / 60_000, hours: hours(&calendar, share.day) })
            .collect(),
    };
    output.done(&told, || human(&told, output))
}

fn human(told: &Told, output: Output) -> String {
    let mut text = match &told.due_local {
        Some(local) => format!("{} {local} ({})\n", output.say("到期：", "due"), told.zone),
        None => format!(
            "{}\n",
            output.say("处于未结束的暂停中，暂无到期时间。", "Paused without an end: nothing is due for now.")
        ),
    };
    if !told.by_day.is_empty() {
        let rows: Vec<Vec<String>> = told
            .by_day
            .iter()
            .map(|one| {
                let minutes = format!("{} {}", one.minutes, output.say("分钟", "min"));
                vec![one.day.to_string(), minutes, one.hours.clone()]
            })
            .collect();
        text.push_str(&table(&rows));
    }
    text
}

fn hours(calendar: &Calendar, day: Day) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let windows = calendar.hours(day).iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to)));
    windows.collect::<Vec<_>>().join(" ")
}

fn local(calendar: &Calendar, at: Instant) -> String {
    calendar.zone().local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A file where there is one of this name, else one of the calendars that are known by name.
fn read(name: &str) -> Result<CalendarSpec> {
    let path = Path::new(name);
    if !path.is_file()
        && let Some(spec) = named(name)
    {
        return Ok(spec);
    }
    let text = std::fs::read(path).map_err(|error| {
        Error::new(
            zunke_kernel::Kind::NotFound,
            "calendar_not_found",
            format!("没有名为“{name}”的日历，也没有这个文件。内置日历：cn、24x7。"),
            format!("There is no calendar “{name}” and no such file. Known by name: cn, 24x7."),
        )
        .at("--calendar")
        .caused_by(error)
    })?;
    let text = String::from_utf8(text).map_err(|_| {
        Error::invalid("calendar_unreadable", "日历文件不是 UTF-8 文本。", "The calendar file is not UTF-8 text.")
            .at("--calendar")
    })?;
    CalendarSpec::read(&text).map_err(|error| error.at("--calendar"))
}

/// RFC 3339, or a local time of the calendar's zone: `2026-09-30T17:50`.
fn instant(text: &str, zone: &Zone) -> Result<Instant> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Instant(at.as_millisecond()));
    }
    let fault = || {
        Error::invalid(
            "instant_invalid",
            format!("“{text}”不是有效时间，请写成 2026-09-30T17:50:00+08:00，或日历所在时区的 2026-09-30T17:50。"),
            format!(
                "“{text}” is not a time; write 2026-09-30T17:50:00+08:00, or 2026-09-30T17:50 in the calendar's zone."
            ),
        )
    };
    let local = text.parse::<jiff::civil::DateTime>().map_err(|_| fault())?;
    zone.instant_of(local).ok_or_else(fault)
}

fn pauses(texts: &[String], zone: &Zone) -> Result<Vec<Span>> {
    if texts.len() > PAUSES_MAX {
        let zh = format!("一次最多 {PAUSES_MAX} 段暂停。");
        return Err(Error::invalid("pauses_too_many", zh, format!("At most {PAUSES_MAX} pauses.")).at("--pause"));
    }
    let mut spans = Vec::new();
    for text in texts {
        let fault = || {
            Error::invalid(
                "pause_invalid",
                format!("“{text}”不是有效的暂停，请写成 开始/结束，未结束的写成 开始/。"),
                format!("“{text}” is no pause; write FROM/TO, or FROM/ where it goes on."),
            )
            .at("--pause")
        };
        let (from, to) = text.split_once('/').ok_or_else(fault)?;
        let at = |text: &str| instant(text, zone).map_err(|error| error.at("--pause"));
        let span = Span { from: at(from)?, to: if to.trim().is_empty() { None } else { Some(at(to)?) } };
        if span.end() < span.from {
            return Err(fault());
        }
        spans.push(span);
    }
    Ok(merged(&spans))
}

fn positive(length: i64, field: &'static str) -> Result<i64> {
    if length < 0 { Err(length_fault().at(field)) } else { Ok(length) }
}

fn length(field: &'static str) -> Error {
    length_fault().at(field)
}

fn length_fault() -> Error {
    Error::invalid(
        "length_invalid",
        "时长应为不小于 0 的整数，且不能过大。",
        "The length is a whole number of 0 or more, and not too large.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_an_offset_or_in_the_calendars_zone() {
        let zone = Zone::default();
        for text in ["2026-09-30T17:50:00+08:00", "2026-09-30T09:50:00Z", "2026-09-30T17:50", "2026-09-30 17:50"] {
            assert_eq!(instant(text, &zone).expect(text), Instant(1_790_761_800_000), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01T00:00", "17:50"] {
            assert_eq!(instant(text, &zone).expect_err(text).code, "instant_invalid", "{text}");
        }
    }

    #[test]
    fn pauses_are_merged_and_bad_ones_refused() {
        let zone = Zone::default();
        let texts = ["2026-11-20T16:00/2026-11-23T10:00".to_owned(), "2026-11-23T09:00/2026-11-23T11:00".to_owned()];
        let spans = pauses(&texts, &zone).expect("pauses");
        assert_eq!(spans.len(), 1);
        assert!(pauses(&["2026-11-20T16:00/".to_owned()], &zone).expect("goes on")[0].to.is_none());
        for text in ["2026-11-20T16:00", "2026-11-23T10:00/2026-11-20T16:00", "x/y", "/2026-11-23T10:00"] {
            let error = pauses(&[text.to_owned()], &zone).expect_err(text);
            assert_eq!(error.field.as_deref(), Some("--pause"), "{text}");
        }
    }
}

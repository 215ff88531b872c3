//! What may be written about a visit.

use super::State;
use zunke_kernel::{Day, Error, Result};

pub const PURPOSE_CHARS_MAX: usize = 120;
pub const NOTES_CHARS_MAX: usize = 4_000;
pub const TITLE_CHARS_MAX: usize = 200;
/// How far back and ahead a visit may be.
const PAST_DAYS: i32 = 366;
const AHEAD_DAYS: i32 = 550;

/// Text: trimmed, within bounds, nothing where there is nothing.
pub fn text(text: Option<&str>, field: &'static str, max: usize) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > max {
        let (zh, en) = (format!("最多 {max} 字。"), format!("At most {max} characters."));
        return Err(Error::invalid("text_too_long", zh, en).at(field));
    }
    Ok(Some(text.to_owned()))
}

/// Text that there must be.
pub fn needed(said: &str, field: &'static str, max: usize) -> Result<String> {
    text(Some(said), field, max)?.ok_or_else(|| {
        let (zh, en) = ("请填写内容。", "Please write something here.");
        Error::invalid("text_missing", zh, en).at(field)
    })
}

/// The day of a visit: planned ones lie ahead, those made behind.
pub fn check_day(state: State, day: Day, today: Day) -> Result<()> {
    let (good, zh, en) = match state {
        State::Planned => (
            day >= today && day.since(today) <= AHEAD_DAYS,
            "计划日期应为今天或以后，且在 550 天以内。",
            "A planned visit is today or later, within 550 days.",
        ),
        State::Done => (
            day <= today && today.since(day) <= PAST_DAYS,
            "拜访日期不能晚于今天，且在一年以内。",
            "A visit that was made is today or earlier, within a year.",
        ),
        State::Cancelled => (true, "", ""),
    };
    if good { Ok(()) } else { Err(Error::invalid("day_invalid", zh, en).at("day")) }
}

/// A due day of a task: none, or one that people mean.
pub fn check_due(day: Option<Day>, today: Day, field: &'static str) -> Result<()> {
    if day.is_none_or(|day| day.since(today).abs() <= AHEAD_DAYS) {
        return Ok(());
    }
    let (zh, en) = ("日期与今天相差不能超过 550 天。", "A day within 550 days of today.");
    Err(Error::invalid("day_invalid", zh, en).at(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_visits_lie_ahead_and_made_ones_behind() {
        let today = Day(20_000);
        assert!(check_day(State::Planned, today, today).is_ok() && check_day(State::Done, today, today).is_ok());
        assert!(check_day(State::Planned, today.plus(-1), today).is_err());
        assert!(check_day(State::Done, today.plus(1), today).is_err());
        assert!(check_day(State::Done, today.plus(-400), today).is_err());
        assert!(check_due(None, today, "due_day").is_ok() && check_due(Some(Day(0)), today, "due_day").is_err());
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(text(Some("  "), "notes", 5).expect("nothing"), None);
        assert_eq!(text(Some(" 很好 "), "notes", 5).expect("good").as_deref(), Some("很好"));
        assert_eq!(text(Some("123456"), "notes", 5).expect_err("long").field.as_deref(), Some("notes"));
        assert_eq!(needed(" ", "title", 5).expect_err("empty").code, "text_missing");
    }
}

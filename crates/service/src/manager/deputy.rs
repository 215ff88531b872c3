//! Who may stand in for whom.

use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Error, Result};

pub const NOTE_CHARS_MAX: usize = 200;
/// Longer than a year and a half is no deputy but a successor.
const DAYS_MAX: i32 = 550;

/// Checks what a person entered: both days count.
pub fn check(staff: StaffId, deputy: StaffId, (from, until): (Day, Day), note: Option<&str>, today: Day) -> Result<()> {
    let mut faults = Vec::new();
    if staff == deputy {
        let (zh, en) = ("代理人不能是本人。", "Nobody is his own deputy.");
        faults.push(Error::invalid("deputy_self", zh, en).at("deputy_id"));
    }
    if until < from || until.since(from) > DAYS_MAX {
        let (zh, en) =
            ("结束日期应在开始日期之后，且不超过 550 天。", "The last day comes after the first, by 550 days at most.");
        faults.push(Error::invalid("days_invalid", zh, en).at("until_day"));
    } else if until < today {
        let (zh, en) = ("结束日期已过。", "The last day is over already.");
        faults.push(Error::invalid("days_past", zh, en).at("until_day"));
    }
    if note.is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        let (zh, en) = (format!("备注最多 {NOTE_CHARS_MAX} 字。"), format!("At most {NOTE_CHARS_MAX} characters."));
        faults.push(Error::invalid("note_too_long", zh, en).at("note"));
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    #[test]
    fn a_deputy_is_somebody_else_for_days_to_come() {
        let (me, other) = (StaffId::new(Instant(1)), StaffId::new(Instant(2)));
        let day = |number| Day(20_000 + number);
        assert!(check(me, other, (day(0), day(0)), None, day(0)).is_ok());
        assert!(check(me, other, (day(-5), day(3)), Some("休假"), day(0)).is_ok());
        let bad = check(me, me, (day(3), day(1)), Some(&"长".repeat(201)), day(0)).expect_err("three faults");
        assert_eq!((bad.code, bad.others.len()), ("deputy_self", 2));
        assert_eq!(check(me, other, (day(-3), day(-1)), None, day(0)).expect_err("over").code, "days_past");
        assert_eq!(check(me, other, (day(0), day(551)), None, day(0)).expect_err("too long").code, "days_invalid");
    }
}

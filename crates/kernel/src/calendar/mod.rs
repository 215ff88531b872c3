//! Working calendars: on which days and hours work is done, and what follows for due times. Several windows a day, night
//! shifts, days that are closed or open against the week (holidays and make-up days, 调休), any zone.
//!
//! A calendar is written as a document ([`CalendarSpec`], the format of the files that `zunke clock due` reads):
//!
//! ```json
//! {
//!   "name": "support",
//!   "zone": "Asia/Shanghai",
//!   "week": { "mon": ["09:00-12:00", "13:00-18:00"], "fri": ["22:00-06:00"] },
//!   "exceptions": [
//!     { "from": "2026-10-01", "to": "2026-10-07", "name": "国庆节" },
//!     { "from": "2026-10-10", "name": "调休上班", "like": "mon" },
//!     { "from": "2026-12-31", "name": "年终盘点", "hours": ["09:00-12:00"] }
//!   ]
//! }
//! ```
//!
//! * An instant is open where the clock on the wall shows a time within a window of its day. So in a repeated hour work is
//!   done twice, in a missing hour not at all, and a window that is wholly within a missing hour is no window on that day.
//! * Windows are half open: at 18:00 the window to 18:00 is over. A window may end at 24:00; one that ends at or before its
//!   beginning goes on into the next day, and its second part belongs to that day.
//! * An exception says all of its days' hours: neither the week's nor the night before's are added. Without `hours` and
//!   `like` the day is closed.
//! * A due time is the first instant at which the minutes are worked: ten minutes from 17:50 are over at 18:00, not at
//!   nine the next morning.

mod cn;
mod compiled;
mod pause;
mod spec;
#[cfg(test)]
mod tests;

pub use cn::{cn, official};
pub use compiled::{Calendar, YEARS};
pub use pause::{Share, Span, merged, open_by_day, open_outside};
pub use spec::{CalendarSpec, DayException, Hours, Week, Weekday};

/// The calendars that are known by name: `cn`, and `24x7`.
#[must_use]
pub fn named(name: &str) -> Option<CalendarSpec> {
    match name {
        "cn" => Some(cn()),
        "24x7" => Some(CalendarSpec::always("24x7", "Asia/Shanghai")),
        _ => None,
    }
}

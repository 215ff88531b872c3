//! The official Chinese holidays and make-up days, as the General Office of the State Council arranged them:
//! 国办发明电〔2023〕7号 (2024), 国办发明电〔2024〕12号 (2025), and the notice of 2025-11-04 (2026).

use super::{CalendarSpec, DayException};

const DATA: &str = include_str!("cn.json");

/// Monday to Friday and make-up days, 09:00–12:00 and 13:00–18:00, Asia/Shanghai.
#[must_use]
pub fn cn() -> CalendarSpec {
    // The file is part of the program and a test reads it: an unreadable one is never shipped.
    serde_json::from_str(DATA).unwrap_or_default()
}

/// The holidays and make-up days of a year; empty where the arrangement is not known (or not published yet).
#[must_use]
pub fn official(year: i16) -> Vec<DayException> {
    cn().exceptions.into_iter().filter(|one| one.from.year() == year).collect()
}

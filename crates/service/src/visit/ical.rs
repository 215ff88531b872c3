//! iCalendar (RFC 5545): what calendar programs subscribe to. Events only: most programs show no to-dos of others.

use std::fmt::Write;
use zunke_kernel::{Day, Instant};

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Stays the same as long as it is the same thing.
    pub uid: String,
    pub when: When,
    pub summary: String,
    pub description: String,
    /// When it was last changed.
    pub changed: Instant,
}

/// A whole day, or half an hour that ends when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Day(Day),
    Due(Instant),
}

const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;

/// The whole calendar.
#[must_use]
pub fn calendar(name: &str, entries: &[Entry]) -> String {
    let mut text = String::with_capacity(200 + entries.len() * 250);
    for fixed in
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zunke//Tasks//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    {
        line(&mut text, fixed);
    }
    line(&mut text, &format!("X-WR-CALNAME:{}", escape(name)));
    line(&mut text, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for entry in entries {
        line(&mut text, "BEGIN:VEVENT");
        line(&mut text, &format!("UID:{}", escape(&entry.uid)));
        line(&mut text, &format!("DTSTAMP:{}", utc(entry.changed)));
        match entry.when {
            When::Day(day) => {
                line(&mut text, &format!("DTSTART;VALUE=DATE:{}", date(day)));
                line(&mut text, &format!("DTEND;VALUE=DATE:{}", date(day.plus(1))));
                line(&mut text, "TRANSP:TRANSPARENT");
            }
            When::Due(at) => {
                line(&mut text, &format!("DTSTART:{}", utc(at.plus_ms(-HALF_HOUR_MS))));
                line(&mut text, &format!("DTEND:{}", utc(at)));
            }
        }
        line(&mut text, &format!("SUMMARY:{}", escape(&entry.summary)));
        if !entry.description.is_empty() {
            line(&mut text, &format!("DESCRIPTION:{}", escape(&entry.description)));
        }
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// One content line: folded after 75 bytes, never inside a character.
fn line(text: &mut String, content: &str) {
    let mut width = 0;
    for sign in content.chars() {
        if width + sign.len_utf8() > 75 {
            text.push_str("\r\n ");
            width = 1;
        }
        text.push(sign);
        width += sign.len_utf8();
    }
    text.push_str("\r\n");
}

/// A text value. Control characters, which would end the line, are left out.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for sign in value.replace("\r\n", "\n").chars() {
        match sign {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(sign);
            }
            '\n' => escaped.push_str("\\n"),
            sign if sign.is_control() => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}

fn date(day: Day) -> String {
    day.to_string().replace('-', "")
}

fn utc(at: Instant) -> String {
    let seconds = at.0.div_euclid(1_000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut text = date(Day(i32::try_from(days).unwrap_or(0)));
    let _ = write!(text, "T{:02}{:02}{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_stand_as_calendar_programs_read_them() {
        let entries = [
            Entry {
                uid: "vis_1@zunke".into(),
                when: When::Day(Day(20_454)),
                summary: "拜访, 王女士; 高级\\VIP\r\nBEGIN:VEVENT".into(),
                description: String::new(),
                changed: Instant(1_767_225_600_000),
            },
            Entry {
                uid: "tsk_1@zunke".into(),
                when: When::Due(Instant(1_767_226_230_000)),
                summary: "回访".into(),
                description: "一\n二".into(),
                changed: Instant(0),
            },
        ];
        let text = calendar("我的任务", &entries);
        for wanted in [
            "DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260102\r\n",
            "SUMMARY:拜访\\, 王女士\\; 高级\\\\VIP\\nBEGIN:VEVENT\r\n",
            "DTSTART:20251231T234030Z\r\nDTEND:20260101T001030Z\r\n",
            "DESCRIPTION:一\\n二\r\n",
            "DTSTAMP:20260101T000000Z\r\n",
        ] {
            assert!(text.contains(wanted), "“{wanted}” is not in\n{text}");
        }
        assert_eq!(text.matches("\r\nBEGIN:VEVENT\r\n").count(), 2, "no text begins an entry of its own");
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn long_lines_are_folded_and_no_character_is_cut() {
        let entry = Entry {
            uid: "u".into(),
            when: When::Day(Day(0)),
            summary: "长𠮷".repeat(60),
            description: String::new(),
            changed: Instant(0),
        };
        let text = calendar("n", &[entry]);
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.replace("\r\n ", "").contains(&"长𠮷".repeat(60)));
    }
}

//! Notices before a level is at stake: so many days before the end of a cycle whose keep rule is not met yet, and before
//! the end of an observation. Of several that have come due unseen only the nearest is given.

use super::step::{Book, Held};
use zunke_kernel::Day;

/// A notice that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The last day of the cycle or observation.
    pub end: Day,
    pub observation: bool,
    /// Days before it on which this notice goes out.
    pub before: u16,
}

impl Notice {
    /// `keep_90`, `observation_0`.
    #[must_use]
    pub fn kind(&self) -> String {
        format!("{}_{}", if self.observation { "observation" } else { "keep" }, self.before)
    }
}

fn end(held: &Held) -> Option<(Day, bool)> {
    held.observe_until.map(|end| (end, true)).or_else(|| held.keep_until.map(|end| (end, false)))
}

/// The notice that holds on a day.
#[must_use]
pub fn due(book: &Book, held: &Held, day: Day) -> Option<Notice> {
    let (end, observation) = end(held)?;
    if (!observation && held.stands) || day > end {
        return None;
    }
    let left = end.since(day);
    let before = book.life.notices.iter().copied().filter(|before| left <= i32::from(*before)).min()?;
    Some(Notice { end, observation, before })
}

/// The next day on which one may become due.
#[must_use]
pub fn next(book: &Book, held: &Held, day: Day) -> Option<Day> {
    let (end, _) = end(held)?;
    book.life.notices.iter().map(|before| end.plus(-i32::from(*before))).filter(|at| *at > day).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::Life;

    #[test]
    fn each_notice_has_its_days_and_who_keeps_his_level_gets_none() {
        let book = Book::new(&Life::recommended(), Vec::new());
        let held = Held { keep_until: Some(Day(1_000)), ..Held::default() };
        let kinds = |held: &Held| -> Vec<Option<String>> {
            [909, 910, 969, 970, 993, 1_000, 1_001]
                .map(|at| due(&book, held, Day(at)).map(|notice| notice.kind()))
                .into()
        };
        let keep = |before: u16| Some(format!("keep_{before}"));
        assert_eq!(kinds(&held), [None, keep(90), keep(90), keep(30), keep(7), keep(0), None]);
        assert_eq!(kinds(&Held { stands: true, ..held }), [const { None }; 7]);
        let observed = Held { observe_until: Some(Day(1_030)), ..held };
        assert_eq!(due(&book, &observed, Day(1_001)).map(|notice| notice.kind()), Some("observation_30".into()));
        assert_eq!(next(&book, &held, Day(910)), Some(Day(970)));
        assert_eq!(next(&book, &held, Day(1_000)), None);
    }
}

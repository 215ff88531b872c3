//! One step of a life: from how a level stood at the end of an earlier day, and what the customer comes to, to how it
//! stands now. A pure function; the table of its transitions is in `docs/tiering.md`, and its tests go line by line.
//!
//! Within a day the order of what happens makes no difference: whoever asks again on the same day starts from the same
//! earlier day. Days that passed unseen are made up for as of *their* dates: a late run lengthens nothing.

use super::Life;
use super::settings::Downgrade;
use crate::rules::Rules;
use serde::{Deserialize, Serialize};
use zunke_kernel::Day;
use zunke_kernel::id::LevelId;

/// Days that an evaluation may lie before the last one and still be taken for a clock that was put right; then the life
/// stands still. Further back the life begins anew.
const BACK_DAYS: i32 = 31;
/// Dates that one step makes up for at most.
const TURNS_MOST: usize = 2_500;

/// How a level is held: the computed layer, without what a person has put on top of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// None where no level admits him.
    #[serde(rename = "l", default)]
    pub level: Option<LevelId>,
    #[serde(rename = "r", default)]
    pub rank: u8,
    /// The day on which this level began.
    #[serde(rename = "s", default)]
    pub since: Day,
    /// The last day of the running cycle; none: the level can't be lost.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Day>,
    /// The last day of the observation that is running.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub observe_until: Option<Day>,
    /// The level that was lost, while there is a way back.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub fallen: Option<Fallen>,
    /// A rise that waits for approval.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Whether the level was deserved when last looked at: by its keep rule, or by the entry rule of it or one above.
    #[serde(rename = "d", default)]
    pub stands: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallen {
    #[serde(rename = "l")]
    pub level: LevelId,
    #[serde(rename = "r")]
    pub rank: u8,
    /// The first day without it.
    #[serde(rename = "o")]
    pub on: Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    #[serde(rename = "l")]
    pub level: LevelId,
    #[serde(rename = "r")]
    pub rank: u8,
    #[serde(rename = "a")]
    pub asked: Day,
}

/// A level as a step sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    pub id: LevelId,
    pub rank: u8,
    pub approval: bool,
    /// Takes everyone, or stands at or below the floor: it is never lost.
    pub for_good: bool,
}

/// A programme's settings for lives, ready for steps.
#[derive(Clone, Debug)]
pub struct Book {
    pub life: Life,
    /// Rising by rank.
    pub rungs: Vec<Rung>,
    /// Levels that are no more, and those that take their customers.
    pub successors: Vec<(LevelId, LevelId)>,
    floor: u8,
}

/// Which levels admit a customer and which keep rules hold as of a day; a bit per rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub admits: u16,
    pub keeps: u16,
}

/// What a step is taken on, beside the facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today {
    pub day: Day,
    /// Something was refunded, corrected downwards or withdrawn on this day.
    pub taken_back: bool,
    /// A rise that somebody approved: the level and the day on which it was asked for.
    pub approved: Option<(LevelId, Day)>,
    /// Levels may be lost up to this day; later losses wait for the run that decides about them.
    pub falls_through: Day,
    pub joined: Option<Day>,
}

/// How it stood at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub held: Held,
    pub on: Day,
}

/// What happened to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LifeEventKind)]
pub enum Kind {
    Entered,
    Raised,
    Returned,
    Renewed,
    Observed,
    Recovered,
    Lowered,
    Left,
    Moved,
    Asked,
}

/// Something that happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// From when on.
    pub day: Day,
    pub kind: Kind,
    pub before: Held,
    pub after: Held,
}

/// What a step comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub held: Held,
    /// What fell due on the days that had passed unseen, in order.
    pub passed: Vec<Event>,
    /// How it stood before this day's facts were looked at.
    pub morning: Option<Held>,
    /// A loss that is due and waits for a run.
    pub waits: bool,
}

impl Seen {
    #[must_use]
    pub fn admits(self, rank: u8) -> bool {
        self.admits >> rank & 1 == 1
    }

    /// Whether a level is deserved: its keep rule holds, or who came anew would enter it or one above.
    #[must_use]
    pub fn keeps(self, rank: u8) -> bool {
        self.keeps >> rank & 1 == 1 || (rank > 0 && self.admits >> rank != 0)
    }

    /// Whether any higher level admits.
    #[must_use]
    pub fn admits_above(self, rank: u8) -> bool {
        self.admits >> rank >> 1 != 0
    }

    fn highest(self, may: impl Fn(u8) -> bool) -> Option<u8> {
        (1..=10).rev().find(|rank| self.admits(*rank) && may(*rank))
    }
}

impl Book {
    #[must_use]
    pub fn new(life: &Life, mut rungs: Vec<Rung>) -> Self {
        rungs.sort_by_key(|rung| rung.rank);
        let floor = rungs.iter().find(|rung| Some(rung.id) == life.floor).map_or(0, |rung| rung.rank);
        for rung in &mut rungs {
            rung.for_good |= rung.rank <= floor;
        }
        Self { life: life.clone(), rungs, successors: Vec::new(), floor }
    }

    /// Of rules that have settings for lives.
    #[must_use]
    pub fn of(rules: &Rules) -> Option<Self> {
        let rungs = rules.levels.iter().map(|level| Rung {
            id: level.id,
            rank: level.rank,
            approval: level.approval,
            for_good: level.entry.is_empty() && level.guards.is_empty(),
        });
        let mut book = rules.life.as_ref().map(|life| Self::new(life, rungs.collect()))?;
        book.successors =
            rules.moves.iter().filter_map(|each| Some((each.from, rules.successor(each.from)?.id))).collect();
        Some(book)
    }

    /// The rung of a level, or of the one that took its customers.
    fn successor(&self, id: LevelId) -> Option<&Rung> {
        let to = self.successors.iter().find(|(from, _)| *from == id).map_or(id, |(_, to)| *to);
        self.by_id(to)
    }

    #[must_use]
    pub fn rung(&self, rank: u8) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.rank == rank)
    }

    #[must_use]
    pub fn by_id(&self, id: LevelId) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.id == id)
    }

    /// The day whose end is the next at which time alone changes something, for who was last looked at on `on`.
    #[must_use]
    pub fn next_close(&self, held: &Held, on: Day) -> Option<Day> {
        let cycle = held.observe_until.or(held.keep_until);
        // Rules that have made the way back shorter end it from now on, not on a day that was seen with it.
        let back = held.fallen.map(|fallen| fallen.on.plus(i32::from(self.life.return_days)).max(on));
        cycle.into_iter().chain(back).min()
    }

    /// On what level somebody stands who loses one.
    #[must_use]
    pub fn landing(&self, rank: u8, seen: Seen) -> Option<&Rung> {
        let below = |most: u8| self.rungs.iter().rfind(|rung| rung.rank < rank && rung.rank <= most);
        let lowest = self.rungs.first().filter(|rung| rung.rank < rank);
        let target = match self.life.downgrade {
            Downgrade::OneStep => below(rank),
            Downgrade::ToBase => lowest,
            Downgrade::ToScore => match seen.highest(|of| of < rank && self.rung(of).is_some()) {
                Some(of) => below(of),
                None => lowest.filter(|rung| rung.for_good),
            },
        };
        // Who has reached the floor never falls below it.
        match target {
            Some(rung) if rung.rank < self.floor && rank > self.floor => self.rung(self.floor),
            None if rank > self.floor => self.rung(self.floor),
            target => target,
        }
    }

    /// Enters a level on a day, whichever way.
    fn enter(&self, held: &Held, rung: &Rung, day: Day, joined: Option<Day>) -> Held {
        Held {
            level: Some(rung.id),
            rank: rung.rank,
            since: day,
            keep_until: (!rung.for_good).then(|| self.life.first_end(day, joined)),
            observe_until: None,
            fallen: held.fallen.filter(|fallen| fallen.rank > rung.rank),
            pending: None,
            stands: true,
        }
    }

    fn recovered(&self, held: &Held, day: Day, joined: Option<Day>) -> Held {
        let keep_until = held.keep_until.map(|old| self.life.end_covering(day, old, held.since, joined));
        Held { observe_until: None, keep_until, stands: true, ..*held }
    }

    /// What the end of a day does. `None`: a loss that must wait.
    fn close(&self, held: &Held, day: Day, seen: Seen, today: &Today) -> Option<Held> {
        let mut after = *held;
        if held.fallen.is_some_and(|fallen| fallen.on.plus(i32::from(self.life.return_days)) <= day) {
            after.fallen = None;
        }
        let kept = seen.keeps(held.rank);
        match (held.observe_until, held.keep_until) {
            (Some(until), _) if until <= day => {
                if kept {
                    return Some(self.recovered(&after, day, today.joined));
                }
                let first = day.plus(1);
                if first > today.falls_through {
                    return None;
                }
                after = match self.landing(held.rank, seen) {
                    Some(rung) => self.enter(&after, rung, first, today.joined),
                    None => Held { since: first, ..Held::default() },
                };
                after.stands = seen.keeps(after.rank);
                let way_back = held.level.filter(|_| self.life.return_days > 0);
                after.fallen = way_back.map(|level| Fallen { level, rank: held.rank, on: first });
                Some(after)
            }
            (None, Some(until)) if until <= day => {
                after.stands = kept;
                if kept {
                    after.keep_until = Some(self.life.next_end(until, held.since, today.joined));
                } else {
                    after.observe_until = Some(until.plus(i32::from(self.life.observation_days)));
                }
                Some(after)
            }
            _ => Some(after),
        }
    }

    /// What a day's facts do.
    fn live(&self, held: &Held, seen: Seen, today: &Today) -> Held {
        let day = today.day;
        let mut now = self.on_ladder(held, today);
        let asked = |rung: &Rung| match held.pending {
            Some(pending) if pending.level == rung.id => pending.asked,
            _ => day,
        };
        let approved = |rung: &Rung| today.approved == Some((rung.id, asked(rung)));
        let may = |rank: u8| self.rung(rank).is_some_and(|rung| !rung.approval || approved(rung));
        let back = now
            .fallen
            .filter(|fallen| day <= fallen.on.plus(i32::from(self.life.return_days)) && seen.keeps(fallen.rank));
        let back = back.and_then(|fallen| self.by_id(fallen.level)).map_or(0, |rung| rung.rank);
        let rise = seen.highest(|rank| rank > now.rank && may(rank)).unwrap_or(0).max(back);
        let wanted = seen.highest(|rank| {
            rank > now.rank.max(rise) && self.rung(rank).is_some_and(|rung| rung.approval && !approved(rung))
        });
        if rise > now.rank
            && let Some(rung) = self.rung(rise)
        {
            now = self.enter(&now, rung, day, today.joined);
        } else {
            let kept = seen.keeps(now.rank);
            if now.observe_until.is_some() && kept {
                now = self.recovered(&now, day, today.joined);
            } else if now.observe_until.is_none() && now.keep_until.is_some() && !kept && now.stands && today.taken_back
            {
                now.observe_until = Some(day.plus(i32::from(self.life.observation_days)));
            }
            now.stands = kept;
        }
        now.pending = wanted.and_then(|rank| self.rung(rank)).map(|rung| Pending {
            level: rung.id,
            rank: rung.rank,
            asked: asked(rung),
        });
        now
    }

    /// The same life under rules that may have changed: dates stay, a level that is gone is the one that took its
    /// customers or else the next one below, and a level that has become one to be lost begins its first cycle.
    fn on_ladder(&self, held: &Held, today: &Today) -> Held {
        let Some(id) = held.level else { return *held };
        let lower = || self.rungs.iter().rfind(|rung| rung.rank <= held.rank).or(self.rungs.first());
        let Some(rung) = self.successor(id).or_else(lower) else {
            return Held { since: held.since, ..Held::default() };
        };
        let mut now = Held { level: Some(rung.id), rank: rung.rank, ..*held };
        if rung.id != id {
            now.since = today.day;
        }
        if let Some(fallen) = now.fallen {
            now.fallen = self.successor(fallen.level).map(|rung| Fallen { level: rung.id, rank: rung.rank, ..fallen });
        }
        if rung.for_good {
            (now.keep_until, now.observe_until) = (None, None);
        } else if now.keep_until.is_none() {
            now.keep_until = Some(self.life.first_end(today.day, today.joined));
        }
        now
    }

    /// The step: from how it stood to how it stands at `today`. `seen` answers for any day what the customer comes to
    /// as of it, by all that is known now.
    pub fn step(&self, base: Option<&Base>, today: &Today, seen: &mut dyn FnMut(Day) -> Seen) -> Step {
        let base = base.filter(|base| today.day.since(base.on) >= -BACK_DAYS);
        let Some(base) = base else {
            let fresh = Held { since: today.day, ..Held::default() };
            return Step { held: self.live(&fresh, seen(today.day), today), ..Step::default() };
        };
        let mut held = base.held;
        let mut step = Step { held, ..Step::default() };
        if today.day < base.on {
            step.morning = Some(held);
            return step;
        }
        for _ in 0..TURNS_MOST {
            let Some(day) = self.next_close(&held, base.on).filter(|day| *day < today.day) else { break };
            // Under rules that have changed meanwhile the date is judged by those of now.
            let ready = self.on_ladder(&held, &Today { day, ..*today });
            let Some(after) = self.close(&ready, day, seen(day), today) else {
                step.waits = true;
                break;
            };
            step.passed.extend(events(Some(&held), &after, day.plus(1)));
            held = after;
        }
        step.morning = Some(held);
        step.held = self.live(&held, seen(today.day), today);
        step
    }
}

/// What brought one state to another on a day.
#[must_use]
pub fn events(before: Option<&Held>, after: &Held, day: Day) -> Vec<Event> {
    let nothing = Held::default();
    let from = before.unwrap_or(&nothing);
    let kind = match (from.level, after.level) {
        (None, None) => None,
        (None, Some(_)) => Some(Kind::Entered),
        (Some(_), None) => Some(Kind::Left),
        (Some(one), Some(other)) if one != other => Some(match from.fallen {
            Some(fallen) if fallen.level == other => Kind::Returned,
            _ if after.rank > from.rank => Kind::Raised,
            _ if after.rank < from.rank => Kind::Lowered,
            _ => Kind::Moved,
        }),
        _ => match (from.observe_until, after.observe_until) {
            (None, Some(_)) => Some(Kind::Observed),
            (Some(_), None) => Some(Kind::Recovered),
            (None, None) if from.keep_until.is_some() && after.keep_until > from.keep_until => Some(Kind::Renewed),
            _ => None,
        },
    };
    let asked = after.pending.filter(|pending| from.pending.is_none_or(|before| before.level != pending.level));
    kind.into_iter()
        .chain(asked.map(|_| Kind::Asked))
        .map(|kind| Event { day, kind, before: *from, after: *after })
        .collect()
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;

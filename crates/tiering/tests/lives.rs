//! Random lives against a naive reference. The product takes steps: from the end of an earlier day over the dates that
//! fell due to now. The reference knows no steps: for every life it keeps the whole history, and for every answer walks
//! it from the first day to the last, day by day, adding up orders one by one.
//!
//! `LIVES=100000 SEED=7 cargo test --release -p zunke-tiering --test lives` for the long run; a failure prints the seed
//! of its life, and `SEED=… LIVES=1` repeats it.

use std::collections::BTreeMap;
use zunke_kernel::Day;
use zunke_kernel::id::LevelId;
use zunke_tiering::life::{
    Base, Book, Cycle, Downgrade, Held, Life, Rounding, Rung, Seen, Today, Validity, step::Kind, step::events,
};

// Numbers without a clock: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).expect("small")]
    }

    fn days(&mut self, most: u64) -> i32 {
        i32::try_from(self.below(most)).expect("small")
    }
}

/// A ladder on one fact, the spend of the last so many days: thresholds to enter and to keep, by rank from 1.
#[derive(Clone, Debug)]
struct Rules {
    life: Life,
    window: i32,
    enter: Vec<i64>,
    keep: Vec<i64>,
    approval: u8,
    /// Ranks that exist.
    there: Vec<bool>,
}

fn level(rank: usize) -> LevelId {
    LevelId(uuid::Uuid::from_u128(rank as u128))
}

fn rules(dice: &mut Dice) -> Rules {
    let levels = 1 + dice.below(5);
    let step = 50 + i64::try_from(dice.below(200)).expect("small");
    let first = if dice.chance(70) { 0 } else { step };
    let enter: Vec<i64> =
        (0..levels).map(|at| first + step * i64::try_from(at * (at + 1) / 2).expect("small")).collect();
    let keep = enter.iter().map(|amount| amount * i64::try_from(50 + dice.below(60)).expect("small") / 100).collect();
    let cycle = dice.pick(&[Cycle::Month, Cycle::Quarter, Cycle::HalfYear, Cycle::Year]);
    let validity = match dice.below(5) {
        0 | 1 => Validity::Months(dice.pick(&[1, 2, 3, 6, 12, 24])),
        2 => Validity::CalendarDate { month: dice.pick(&[1, 2, 6, 12]), day: dice.pick(&[1, 28, 29, 31]) },
        3 => Validity::JoiningAnniversary,
        _ => Validity::EndOfNext(cycle),
    };
    let life = Life {
        validity,
        rounding: dice.pick(&[Rounding::None, Rounding::Month, Rounding::Quarter, Rounding::HalfYear]),
        first_cycle_months: dice.pick(&[0, 0, 3, 14]),
        observation_days: dice.pick(&[0, 1, 10, 30, 90]),
        downgrade: dice.pick(&[Downgrade::OneStep, Downgrade::ToScore, Downgrade::ToBase]),
        floor: if dice.chance(20) { Some(level(2)) } else { None },
        return_days: dice.pick(&[0, 1, 30, 90]),
        ..Life::recommended()
    };
    let approval = if dice.chance(25) { 3 } else { 0 };
    Rules { life, window: dice.pick(&[30, 90, 365]), there: vec![true; enter.len()], enter, keep, approval }
}

fn book(rules: &Rules) -> Book {
    let rungs = (1..=rules.enter.len()).filter(|rank| rules.there[rank - 1]).map(|rank| Rung {
        id: level(rank),
        rank: u8::try_from(rank).expect("small"),
        approval: rules.approval == u8::try_from(rank).expect("small"),
        for_good: rules.enter[rank - 1] == 0,
    });
    Book::new(&rules.life, rungs.collect())
}

/// Everything that was delivered, by source id: the last delivery counts.
#[derive(Clone, Debug, Default)]
struct Purchases(BTreeMap<u64, (Day, i64)>);

impl Purchases {
    fn spend(&self, as_of: Day, window: i32) -> i64 {
        self.0.values().filter(|(day, _)| *day <= as_of && *day > as_of.plus(-window)).map(|(_, amount)| amount).sum()
    }

    fn seen(&self, rules: &Rules, as_of: Day) -> Seen {
        let spend = self.spend(as_of, rules.window);
        let mut seen = Seen::default();
        for at in 0..rules.enter.len() {
            if rules.there[at] {
                seen.admits |= u16::from(spend >= rules.enter[at] || rules.enter[at] == 0) << (at + 1);
                seen.keeps |= u16::from(spend >= rules.keep[at]) << (at + 1);
            }
        }
        seen
    }
}

/// What one day of a life was like when it was last looked at.
#[derive(Clone, Debug)]
struct Looked {
    day: Day,
    purchases: Purchases,
    rules: Rules,
    taken_back: bool,
    approved: Option<(LevelId, Day)>,
    falls_through: Day,
}

mod naive {
    //! The same life, told slowly.

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub struct Life {
        pub rank: Option<usize>,
        pub since: Day,
        pub end: Option<Day>,
        pub watched_to: Option<Day>,
        pub lost: Option<(usize, Day)>,
        pub asked: Option<(usize, Day)>,
        pub deserved: bool,
    }

    fn last_of_month(year: i32, month: i32) -> i32 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }

    fn ymd(day: Day) -> (i32, i32, i32) {
        let text = day.to_string();
        let mut parts = text.split('-').map(|part| part.parse().expect("a number"));
        (parts.next().expect("year"), parts.next().expect("month"), parts.next().expect("day"))
    }

    fn make(year: i32, month: i32, day: i32) -> Day {
        let (mut year, mut month) = (year, month);
        while month > 12 {
            (year, month) = (year + 1, month - 12);
        }
        let day = day.min(last_of_month(year, month));
        Day::parse(&format!("{year:04}-{month:02}-{day:02}")).expect("a day")
    }

    fn period_end(mut day: Day, months: i32) -> Day {
        loop {
            let (year, month, date) = ymd(day);
            if month % months == 0 && date == last_of_month(year, month) {
                return day;
            }
            day = day.plus(1);
        }
    }

    fn months(cycle: Cycle) -> i32 {
        match cycle {
            Cycle::Month => 1,
            Cycle::Quarter => 3,
            Cycle::HalfYear => 6,
            Cycle::Year => 12,
        }
    }

    fn raw(rules: &Rules, from: Day, since: Day, joined: Option<Day>) -> Day {
        let (year, month, date) = ymd(from);
        match rules.life.validity {
            Validity::Months(count) => {
                // Whole multiples from the first day, as long as they lead here.
                let (first_year, first_month, first_date) = ymd(since);
                for turn in 0..2_000 {
                    let at = make(first_year, first_month + turn * i32::from(count), first_date);
                    if at == from {
                        return make(first_year, first_month + (turn + 1) * i32::from(count), first_date);
                    }
                    if at > from {
                        break;
                    }
                }
                make(year, month + i32::from(count), date)
            }
            Validity::CalendarDate { month, day } => next(from, i32::from(month), i32::from(day)),
            Validity::JoiningAnniversary => {
                let (_, month, day) = ymd(joined.unwrap_or(since));
                next(from, month, day)
            }
            Validity::EndOfNext(cycle) => period_end(period_end(from, months(cycle)).plus(1), months(cycle)),
        }
    }

    fn next(from: Day, month: i32, date: i32) -> Day {
        let mut day = from.plus(1);
        loop {
            let (year, at, _) = ymd(day);
            if at == month && day == make(year, month, date) {
                return day;
            }
            day = day.plus(1);
        }
    }

    fn rounded(rules: &Rules, day: Day) -> Day {
        match rules.life.rounding {
            Rounding::None => day,
            Rounding::Month => period_end(day, 1),
            Rounding::Quarter => period_end(day, 3),
            Rounding::HalfYear => period_end(day, 6),
        }
    }

    pub fn first_end(rules: &Rules, from: Day, joined: Option<Day>) -> Day {
        let (year, month, date) = ymd(from);
        let least = make(year, month + i32::from(rules.life.first_cycle_months), date);
        let mut end = raw(rules, from, from, joined);
        while rules.life.first_cycle_months > 0 && end < least {
            end = raw(rules, end, from, joined);
        }
        rounded(rules, end)
    }

    fn next_end(rules: &Rules, old: Day, since: Day, joined: Option<Day>) -> Day {
        rounded(rules, raw(rules, old, since, joined))
    }

    fn for_good(rules: &Rules, rank: usize) -> bool {
        let floor = rules.life.floor == Some(level(2)) && rules.there.get(1) == Some(&true) && rank <= 2;
        rules.enter[rank - 1] == 0 || floor
    }

    fn floor(rules: &Rules) -> usize {
        if rules.life.floor == Some(level(2)) && rules.there.get(1) == Some(&true) { 2 } else { 0 }
    }

    fn enters(purchases: &Purchases, rules: &Rules, rank: usize, day: Day) -> bool {
        rules.there[rank - 1]
            && (rules.enter[rank - 1] == 0 || purchases.spend(day, rules.window) >= rules.enter[rank - 1])
    }

    fn deserves(purchases: &Purchases, rules: &Rules, rank: usize, day: Day) -> bool {
        (rules.there[rank - 1] && purchases.spend(day, rules.window) >= rules.keep[rank - 1])
            || (rank..=rules.enter.len()).any(|above| enters(purchases, rules, above, day))
    }

    fn reach(life: &mut Life, rules: &Rules, rank: usize, day: Day, joined: Option<Day>) {
        life.rank = Some(rank);
        life.since = day;
        life.end = (!for_good(rules, rank)).then(|| first_end(rules, day, joined));
        life.watched_to = None;
        life.asked = None;
        life.deserved = true;
        life.lost = life.lost.filter(|(lost, _)| *lost > rank);
    }

    fn forgive(life: &mut Life, rules: &Rules, day: Day, joined: Option<Day>) {
        life.watched_to = None;
        life.deserved = true;
        while let Some(end) = life.end.filter(|end| *end < day) {
            life.end = Some(next_end(rules, end, life.since, joined));
        }
    }

    fn fit(life: &mut Life, rules: &Rules, day: Day, joined: Option<Day>) {
        let Some(rank) = life.rank else { return };
        if let Some((lost, _)) = life.lost
            && !rules.there[lost - 1]
        {
            life.lost = None;
        }
        if !rules.there[rank - 1] {
            let lower = (1..rank).rev().find(|rank| rules.there[rank - 1]);
            let other = lower.or_else(|| (rank..=rules.there.len()).find(|rank| rules.there[rank - 1]));
            let Some(other) = other else {
                *life = nobody(life.since);
                return;
            };
            life.rank = Some(other);
            life.since = day;
        }
        if for_good(rules, life.rank.expect("a level")) {
            (life.end, life.watched_to) = (None, None);
        } else if life.end.is_none() {
            life.end = Some(first_end(rules, day, joined));
        }
    }

    pub fn nobody(since: Day) -> Life {
        Life { rank: None, since, end: None, watched_to: None, lost: None, asked: None, deserved: false }
    }

    /// Midnight after a day. Answers whether time goes on for this life.
    fn midnight(life: &mut Life, day: Day, known: &Looked, joined: Option<Day>) -> bool {
        let rules = &known.rules;
        let way_back_over =
            |life: &Life| life.lost.is_some_and(|(_, on)| on.plus(i32::from(rules.life.return_days)) <= day);
        let due = life.watched_to.or(life.end).is_some_and(|end| end <= day) || way_back_over(life);
        if !due {
            return true;
        }
        let before = life.clone();
        fit(life, rules, day, joined);
        if way_back_over(life) {
            life.lost = None;
        }
        let Some(rank) = life.rank else { return true };
        if life.watched_to.is_none() && life.end.is_some_and(|end| end <= day) {
            let end = life.end.expect("an end");
            life.deserved = deserves(&known.purchases, rules, rank, day);
            if life.deserved {
                life.end = Some(next_end(rules, end, life.since, joined));
                return true;
            }
            life.watched_to = Some(end.plus(i32::from(rules.life.observation_days)));
        }
        if life.watched_to.is_some_and(|until| until <= day) {
            if deserves(&known.purchases, rules, rank, day) {
                forgive(life, rules, day, joined);
                return true;
            }
            let first = day.plus(1);
            if first > known.falls_through {
                if before.watched_to.is_some() {
                    *life = before;
                }
                return false;
            }
            let fits = |to: &usize| rules.there[to - 1];
            let one = (1..rank).rev().find(fits);
            let base = (1..rank).find(fits);
            let mut to = match rules.life.downgrade {
                Downgrade::OneStep => one,
                Downgrade::ToBase => base,
                Downgrade::ToScore => (1..rank)
                    .rev()
                    .filter(fits)
                    .find(|to| enters(&known.purchases, rules, *to, day))
                    .or_else(|| base.filter(|to| for_good(rules, *to))),
            };
            if rank > floor(rules) && floor(rules) > 0 {
                to = Some(to.unwrap_or(0).max(floor(rules)));
            }
            match to {
                Some(to) => {
                    reach(life, rules, to, first, joined);
                    life.deserved = deserves(&known.purchases, rules, to, day);
                }
                None => *life = nobody(first),
            }
            life.lost = (rules.life.return_days > 0).then_some((rank, first));
        }
        true
    }

    /// What a day's end looks like, with all that was known then.
    fn evening(life: &mut Life, known: &Looked, joined: Option<Day>) {
        let (rules, day) = (&known.rules, known.day);
        fit(life, rules, day, joined);
        let held = life.rank.unwrap_or(0);
        let before = life.asked;
        let asked_on = |rank: usize| before.filter(|(asked, _)| *asked == rank).map_or(day, |(_, on)| on);
        let needs = |rank: usize| rules.approval == u8::try_from(rank).expect("small");
        let allowed = |rank: usize| known.approved == Some((level(rank), asked_on(rank)));
        let mut up = (held + 1..=rules.enter.len())
            .rev()
            .find(|rank| enters(&known.purchases, rules, *rank, day) && (!needs(*rank) || allowed(*rank)));
        if let Some((lost, on)) = life.lost
            && day.since(on) <= i32::from(rules.life.return_days)
            && deserves(&known.purchases, rules, lost, day)
        {
            up = Some(up.unwrap_or(0).max(lost));
        }
        if let Some(up) = up.filter(|up| *up > held) {
            reach(life, rules, up, day, joined);
        } else if held > 0 {
            let deserved = deserves(&known.purchases, rules, held, day);
            if life.watched_to.is_some() && deserved {
                forgive(life, rules, day, joined);
            } else if life.watched_to.is_none() && life.end.is_some() && life.deserved && !deserved && known.taken_back
            {
                life.watched_to = Some(day.plus(i32::from(rules.life.observation_days)));
            }
            life.deserved = deserved;
        }
        let top = life.rank.unwrap_or(0);
        life.asked = (top + 1..=rules.enter.len())
            .rev()
            .find(|rank| needs(*rank) && !allowed(*rank) && enters(&known.purchases, rules, *rank, day))
            .map(|rank| (rank, asked_on(rank)));
    }

    /// The whole life from its first day, every day of it.
    pub fn tell(all: &[Looked], joined: Option<Day>) -> Life {
        let mut life = nobody(all[0].day);
        evening(&mut life, &all[0], joined);
        for pair in all.windows(2) {
            let (mut day, known) = (pair[0].day, &pair[1]);
            // A loss that had to wait: its day is long past.
            if let Some(until) = life.watched_to.filter(|until| *until < day) {
                day = until;
            }
            while day < known.day {
                if !midnight(&mut life, day, known, joined) {
                    break;
                }
                day = day.plus(1);
            }
            evening(&mut life, known, joined);
        }
        life
    }
}

fn as_naive(held: &Held) -> naive::Life {
    naive::Life {
        rank: held.level.map(|_| usize::from(held.rank)),
        since: held.since,
        end: held.keep_until,
        watched_to: held.observe_until,
        lost: held.fallen.map(|fallen| (usize::from(fallen.rank), fallen.on)),
        asked: held.pending.map(|pending| (usize::from(pending.rank), pending.asked)),
        deserved: held.stands,
    }
}

/// What is on record, as the store keeps it.
#[derive(Clone, Copy, Debug)]
struct Record {
    held: Held,
    on: Day,
    opening: Option<Base>,
}

fn look(book: &Book, record: &mut Option<Record>, looked: &Looked, joined: Option<Day>) -> Vec<Kind> {
    let base = match record {
        Some(record) if record.on == looked.day => record.opening,
        Some(record) => Some(Base { held: record.held, on: record.on }),
        None => None,
    };
    let today = Today {
        day: looked.day,
        taken_back: looked.taken_back,
        approved: looked.approved,
        falls_through: looked.falls_through,
        joined,
    };
    let step = book.step(base.as_ref(), &today, &mut |day| looked.purchases.seen(&looked.rules, day));
    let before = record.filter(|record| record.on == looked.day).map(|record| record.held).or(step.morning);
    *record = Some(Record { held: step.held, on: looked.day, opening: base });
    events(before.as_ref(), &step.held, looked.day).into_iter().map(|event| event.kind).collect()
}

/// One life; answers what happened in it.
fn live(seed: u64) -> BTreeMap<String, u32> {
    let mut dice = Dice(seed);
    let dice = &mut dice;
    let mut counts = BTreeMap::new();
    let mut rules = rules(dice);
    let joined = dice.chance(70).then(|| Day(18_000 + dice.days(800)));
    let mut day = Day(19_000 + dice.days(1_000));
    let mut falls_through = Day(60_000);
    let mut purchases = Purchases::default();
    let mut looked: Vec<Looked> = Vec::new();
    let mut record: Option<Record> = None;
    let mut mornings: Option<Record> = None;
    let mut approved = None;
    for _ in 0..4 + dice.below(28) {
        // Time passes, or not at all; sometimes years in which nobody looked.
        let jump = match dice.below(10) {
            0..4 => 0,
            4..7 => dice.days(10),
            7..9 => dice.days(120),
            _ => dice.days(900),
        };
        if jump > 0 {
            mornings = record;
        }
        day = day.plus(jump);
        let mut taken_back = false;
        match dice.below(20) {
            // An order, perhaps dated back, perhaps to come.
            0..9 => {
                let dated = day.plus(match dice.below(6) {
                    0 => -dice.days(60),
                    1 => dice.days(20),
                    _ => 0,
                });
                let amount = 10 + i64::try_from(dice.below(500)).expect("small");
                purchases.0.insert(dice.next(), (dated, amount));
            }
            9..12 => {
                purchases.0.insert(dice.next(), (day, -i64::try_from(dice.below(300)).expect("small") - 1));
                taken_back = true;
            }
            // A correction, or a customer's orders that go over to another in a merge.
            12..15 => {
                let keys: Vec<u64> = purchases.0.keys().copied().collect();
                if !keys.is_empty() {
                    let key = dice.pick(&keys);
                    let old = purchases.0[&key];
                    let new = (old.0, i64::try_from(dice.below(600)).expect("small"));
                    taken_back = new.1 < old.1;
                    if dice.chance(50) {
                        purchases.0.insert(key, new);
                    } else {
                        taken_back |= old.1 > 0;
                        purchases.0.remove(&key);
                    }
                }
            }
            // A merge brings another's orders.
            15 => {
                for _ in 0..dice.below(6) {
                    let amount = i64::try_from(dice.below(400)).expect("small");
                    purchases.0.insert(dice.next(), (day.plus(-dice.days(500)), amount));
                }
            }
            // New rules.
            16 => {
                let other = self::rules(dice);
                if other.enter.len() >= rules.enter.len() {
                    rules = other;
                    if rules.there.len() > 1 && dice.chance(30) {
                        let gone = usize::try_from(dice.below(rules.there.len() as u64)).expect("small");
                        rules.there[gone] = false;
                    }
                }
            }
            // Somebody approves what is asked.
            17 => {
                let pending = record.and_then(|record| record.held.pending);
                approved = pending.map(|pending| (pending.level, pending.asked)).or(approved);
            }
            // A run's brake.
            18 => falls_through = if dice.chance(50) { day } else { Day(60_000) },
            _ => {}
        }
        let same_day = looked.last().is_some_and(|last| last.day == day);
        // The deed of any hour of the day is a deed of the day.
        let taken_back = taken_back || (same_day && looked.last().is_some_and(|last| last.taken_back));
        let now =
            Looked { day, purchases: purchases.clone(), rules: rules.clone(), taken_back, approved, falls_through };
        let book = book(&rules);
        let before = record;
        for kind in look(&book, &mut record, &now, joined) {
            *counts.entry(format!("{kind:?}")).or_insert(0) += 1;
        }
        // Killed before it was written, or asked again: the same.
        if dice.chance(30) {
            let mut again = if dice.chance(50) { before } else { record };
            look(&book, &mut again, &now, joined);
            assert_eq!(again.map(|record| record.held), record.map(|record| record.held), "seed {seed}: once more");
        }
        if same_day {
            looked.pop();
        }
        looked.push(now);
        let held = record.expect("looked").held;
        assert_eq!(as_naive(&held), naive::tell(&looked, joined), "seed {seed}, day {day}, {rules:?}");
        // Only what was known in the evening counts, whatever came in between.
        let mut evening = mornings.filter(|record| record.on != day);
        if evening.is_some() || looked.len() == 1 {
            look(&book, &mut evening, looked.last().expect("looked"), joined);
            assert_eq!(evening.map(|record| record.held), Some(held), "seed {seed}: in one delivery, {day}");
        }
        assert!(held.observe_until.is_none() || held.keep_until.is_some(), "seed {seed}");
    }
    counts
}

#[test]
fn random_lives_come_to_what_their_whole_history_says_day_by_day() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let lives = number("LIVES", 2_000);
    let seed = number("SEED", 20_261_122);
    println!("SEED={seed} LIVES={lives}");
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let counts = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut sum: BTreeMap<String, u32> = BTreeMap::new();
                    for at in (thread..lives).step_by(usize::try_from(threads).expect("few")) {
                        for (kind, count) in live(seed.wrapping_add(at)) {
                            *sum.entry(kind).or_insert(0) += count;
                        }
                    }
                    sum
                })
            })
            .collect();
        let mut sum: BTreeMap<String, u32> = BTreeMap::new();
        for one in all {
            for (kind, count) in one.join().expect("a thread of lives failed, see above") {
                *sum.entry(kind).or_insert(0) += count;
            }
        }
        sum
    });
    println!("{counts:?}");
    if lives >= 1_000 {
        for kind in ["Entered", "Raised", "Returned", "Observed", "Recovered", "Lowered", "Left", "Asked"] {
            assert!(counts.contains_key(kind), "no life had anything {kind}: {counts:?}");
        }
    }
}

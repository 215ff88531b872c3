//! Spreading visits over the working days that are left: who has waited longest comes first, and no day is too full.

use zunke_kernel::Day;
use zunke_kernel::id::CustomerId;

/// Somebody who is to be visited so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub customer: CustomerId,
    pub overdue: bool,
    pub rank: i64,
    pub last: Option<Day>,
    pub missing: i64,
    /// The last day on which it counts.
    pub until: Day,
}

/// Visits by day, and those for whom there was no room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    pub visits: Vec<(CustomerId, Day)>,
    pub left: Vec<CustomerId>,
}

/// `from`: the first day; `taken`: how many visits a day has already; `per_day`: how many it may have.
#[must_use]
pub fn spread(
    due: &[Due],
    from: Day,
    per_day: usize,
    taken: &dyn Fn(Day) -> usize,
    working: &dyn Fn(Day) -> bool,
) -> Spread {
    let mut order: Vec<Due> = due.to_vec();
    order.sort_by_key(|one| (!one.overdue, -one.rank, one.last, one.customer));
    let last = due.iter().map(|one| one.until).max().unwrap_or(from);
    let days: Vec<Day> =
        (0..=last.since(from).clamp(-1, 366)).map(|ahead| from.plus(ahead)).filter(|day| working(*day)).collect();
    let mut free: Vec<usize> = days.iter().map(|day| per_day.saturating_sub(taken(*day))).collect();
    let mut spread = Spread::default();
    for one in order {
        let fitting = days.iter().filter(|day| **day <= one.until).count();
        let wanted = usize::try_from(one.missing).unwrap_or(0);
        let mut at = 0;
        for visit in 0..wanted {
            // Several visits to one customer stand apart.
            at = at.max(fitting * visit / wanted);
            match (at..fitting).find(|place| free[*place] > 0) {
                Some(place) => {
                    free[place] -= 1;
                    spread.visits.push((one.customer, days[place]));
                    at = place + 1;
                }
                None => spread.left.push(one.customer),
            }
        }
    }
    spread.visits.sort_by_key(|(customer, day)| (*day, *customer));
    spread
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn due(number: i64, overdue: bool, missing: i64, until: Day) -> Due {
        Due { customer: CustomerId::new(Instant(number)), overdue, rank: 3, last: None, missing, until }
    }

    #[test]
    fn the_overdue_come_first_days_off_stay_free_and_no_day_is_too_full() {
        let from = Day(20_000);
        let until = from.plus(6);
        // The third and fourth day are a weekend; the first has one visit already.
        let working = |day: Day| !(2..=3).contains(&day.since(from));
        let taken = |day: Day| usize::from(day == from);
        let all = [due(1, false, 1, until), due(2, true, 1, until), due(3, false, 2, until), due(4, false, 1, from)];
        let done = spread(&all, from, 2, &taken, &working);
        assert_eq!(done.visits[0], (all[1].customer, from), "the overdue one has the only place of today");
        assert_eq!(done.left, [all[3].customer], "today is full, and tomorrow is too late for him");
        let days: Vec<i32> =
            done.visits.iter().filter(|(one, _)| *one == all[2].customer).map(|(_, day)| day.since(from)).collect();
        assert_eq!(days.len(), 2);
        assert!(days[1] - days[0] >= 2, "two visits to one customer stand apart: {days:?}");
        assert!(done.visits.iter().all(|(_, day)| working(*day)));
        assert_eq!(spread(&[], from, 2, &taken, &working), Spread::default());
        let never = spread(&all[..1], from, 2, &taken, &|_| false);
        assert_eq!((never.visits.len(), never.left.len()), (0, 1));
    }
}

//! The order of the queue: who is next, and why nobody's promise is broken for it.
//!
//! Two instants are kept with every open ticket, written when it changes and never counted on while it waits: ageing is in
//! them, because an instant that stays where it is comes nearer by itself.
//!
//! * `turn_at` orders the queue in ordinary times: the instant of opening, moved forward by the head start of the level and
//!   of the priority. A VIP stands before everybody who came within his head start; somebody who has waited longer than
//!   that stands before him.
//! * `guard_at` is where the last part of a promise begins. From then until the promise is broken, a ticket goes before all
//!   that are not in the last part of theirs, whoever they belong to. So a crowd of VIPs never uses up an ordinary
//!   customer's promise: theirs is guarded for a quarter of an hour of one hour, his for hours of a day. A promise that is
//!   broken already can't be kept by going first: that ticket takes its turn by level and age again.

use crate::ticket::{NEVER, Priority, Ticket};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};

const MINUTE_MS: i64 = 60_000;
/// Further forward than any head start: the urgent lane.
const URGENT_MS: i64 = 365 * 24 * 60 * MINUTE_MS;

/// How the queue is ordered; set by the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = QueueOrder)]
pub struct Order {
    /// The head start of each level above none, in minutes: 0 to 1440.
    pub level_minutes: i64,
    /// The head start of an urgent priority over a normal one, in minutes: 0 to 10080. High has a quarter of it, low as
    /// much less.
    pub priority_minutes: i64,
    /// The last part of a promise, in which it goes before all others: 0 to 90 hundredths of it …
    pub guard_percent: i64,
    /// … and no more than so many minutes: 0 to 1440.
    pub guard_minutes_max: i64,
    /// Of the hands that take the next ticket, how many hundredths go to guarded promises while there are any: 0 to 100.
    /// Less than 100 leaves some to VIPs also while very many ordinary promises run out at once.
    pub guard_share: i64,
    /// How often a day somebody may put a ticket into the urgent lane: 0 to 100.
    pub urgent_per_day: i64,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            level_minutes: 240,
            priority_minutes: 480,
            guard_percent: 25,
            guard_minutes_max: 240,
            guard_share: 100,
            urgent_per_day: 3,
        }
    }
}

impl Order {
    /// Checks what a person entered.
    pub fn check(&self) -> Result<()> {
        let bounds = [
            (self.level_minutes, 1_440, "level_minutes"),
            (self.priority_minutes, 10_080, "priority_minutes"),
            (self.guard_percent, 90, "guard_percent"),
            (self.guard_minutes_max, 1_440, "guard_minutes_max"),
            (self.guard_share, 100, "guard_share"),
            (self.urgent_per_day, 100, "urgent_per_day"),
        ];
        let faults =
            bounds.into_iter().filter(|(number, most, _)| !(0..=*most).contains(number)).map(|(_, most, field)| {
                Error::invalid(
                    "number_out_of_range",
                    format!("请填 0 到 {most} 的整数。"),
                    format!("Enter a whole number from 0 to {most}."),
                )
                .at(format!("order.{field}"))
            });
        Error::gather(faults.collect()).map_or(Ok(()), Err)
    }
}

/// What a place in the queue rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub level_rank: i64,
    pub priority: Priority,
    pub urgent: bool,
    pub opened_at: Instant,
    /// Since when the next promise counts.
    pub since: Instant,
    /// [`NEVER`]: nothing is promised.
    pub due_at: Instant,
}

impl Facts {
    #[must_use]
    pub fn of(ticket: &Ticket) -> Self {
        Self {
            level_rank: ticket.level_rank,
            priority: ticket.priority,
            urgent: ticket.urgent,
            opened_at: ticket.opened_at,
            since: ticket.first_response_at.unwrap_or(ticket.opened_at),
            due_at: ticket.next_due_at,
        }
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The earlier, the sooner.
    pub turn_at: Instant,
    /// From here on it goes before all that are not guarded; [`NEVER`]: never.
    pub guard_at: Instant,
}

impl Place {
    /// Whether the last part of its promise has begun and is not over.
    #[must_use]
    pub fn guarded(&self, due_at: Instant, now: Instant) -> bool {
        self.guard_at <= now && now < due_at
    }
}

/// Where a ticket stands.
#[must_use]
pub fn place(order: &Order, facts: &Facts) -> Place {
    let priority = match facts.priority {
        Priority::Urgent => order.priority_minutes,
        Priority::High => order.priority_minutes / 4,
        Priority::Normal => 0,
        Priority::Low => -order.priority_minutes / 4,
    };
    let ahead = (facts.level_rank.clamp(0, 100) * order.level_minutes + priority) * MINUTE_MS;
    let ahead = if facts.urgent { ahead + URGENT_MS } else { ahead };
    Place { turn_at: facts.opened_at.plus_ms(-ahead), guard_at: guard_at(order, facts) }
}

fn guard_at(order: &Order, facts: &Facts) -> Instant {
    if facts.urgent {
        return facts.opened_at;
    }
    if facts.due_at >= NEVER {
        return NEVER;
    }
    let whole = facts.due_at.0.saturating_sub(facts.since.0).max(0);
    let part = (whole / 100 * order.guard_percent).min(order.guard_minutes_max * MINUTE_MS);
    // Nothing guarded at all is a choice too.
    if part == 0 { NEVER } else { facts.due_at.plus_ms(-part) }
}

/// Which of the two orders the next hand takes from. `coin` is 0 to 99, any for each hand.
#[must_use]
pub fn guards_first(order: &Order, coin: u8) -> bool {
    i64::from(coin % 100) < order.guard_share
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;
    const NOW: Instant = Instant(1_800_000_000_000);

    fn facts(rank: i64, opened: Instant, hours: i64) -> Facts {
        Facts {
            level_rank: rank,
            priority: Priority::Normal,
            urgent: false,
            opened_at: opened,
            since: opened,
            due_at: opened.plus_ms(hours * HOUR),
        }
    }

    #[test]
    fn a_vip_stands_before_who_came_within_his_head_start_and_after_who_waits_longer() {
        let order = Order::default();
        let vip = place(&order, &facts(4, NOW, 1)).turn_at;
        assert!(vip < place(&order, &facts(0, NOW.plus_ms(-15 * HOUR), 24)).turn_at);
        assert!(vip > place(&order, &facts(0, NOW.plus_ms(-17 * HOUR), 24)).turn_at);
    }

    #[test]
    fn the_last_part_of_a_promise_is_guarded_until_it_is_broken() {
        let order = Order::default();
        let ordinary = facts(0, NOW, 24);
        let stands = place(&order, &ordinary);
        assert_eq!(stands.guard_at, NOW.plus_ms(20 * HOUR), "four hours are the most");
        assert!(!stands.guarded(ordinary.due_at, NOW.plus_ms(19 * HOUR)));
        assert!(stands.guarded(ordinary.due_at, NOW.plus_ms(23 * HOUR)));
        assert!(!stands.guarded(ordinary.due_at, ordinary.due_at), "a broken one takes its turn again");
        assert_eq!(place(&order, &facts(4, NOW, 1)).guard_at, NOW.plus_ms(45 * MINUTE_MS));
    }

    #[test]
    fn without_a_promise_only_level_and_age_count() {
        let nothing = Facts { due_at: NEVER, ..facts(0, NOW, 1) };
        assert_eq!(place(&Order::default(), &nothing).guard_at, NEVER);
    }

    #[test]
    fn the_urgent_lane_goes_before_every_level() {
        let order = Order::default();
        let urgent = place(&order, &Facts { urgent: true, ..facts(0, NOW, 24) });
        assert!(urgent.turn_at < place(&order, &facts(100, NOW.plus_ms(-300 * HOUR), 1)).turn_at);
        assert!(urgent.guarded(NEVER, NOW));
    }

    #[test]
    fn numbers_out_of_range_are_named_with_their_field() {
        let wrong = Order { guard_percent: 91, urgent_per_day: -1, ..Order::default() };
        let error = wrong.check().expect_err("refused");
        assert_eq!(error.field.as_deref(), Some("order.guard_percent"));
        assert_eq!(error.others[0].field.as_deref(), Some("order.urgent_per_day"));
        assert!(Order::default().check().is_ok());
    }
}

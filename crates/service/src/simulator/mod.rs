//! "With these staff and this flow, which promises hold?" A day at the desk is played through with the very functions that
//! order and route the real queue ([`crate::queue::order`], [`crate::routing::decide`]), ticket by ticket.

mod play;
mod random;
mod report;
#[cfg(test)]
mod tests;

pub use play::play;
pub use report::{LevelResult, Result as Played};

use crate::queue::order::Order;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Result};

/// Minutes that are played at most: two weeks.
const MINUTES_MAX: i64 = 14 * 1_440;
/// Tickets that are played at most.
const TICKETS_MAX: i64 = 200_000;

/// In which order the queue is taken, for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SimulatedOrder)]
pub enum Rule {
    /// As this house does it: VIPs first, and promises in their last part before them.
    House,
    /// VIPs first, whatever becomes of the others.
    VipsFirst,
    /// As they came.
    Arrival,
}

/// Members of staff who are alike.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SimulatedStaff)]
pub struct Crew {
    /// How many of them: 1 to 500.
    pub people: i64,
    /// Minutes of the day between which they work: 0 to 1440. The whole day where both are left out.
    #[serde(default)]
    pub from_minute: i64,
    #[serde(default = "whole_day")]
    pub until_minute: i64,
    /// Ranks whose group they are in; none: that of any level.
    #[serde(default)]
    pub levels: Option<Vec<i64>>,
    #[serde(default)]
    pub skills: Vec<String>,
    /// Whether they are dedicated managers: tickets of flows that are `managed` go to one of them first.
    #[serde(default)]
    pub manages: bool,
    /// Tickets that one of them may have in hand, where they are managers: 1 to 1000.
    #[serde(default = "usual_capacity")]
    pub capacity: i64,
}

const fn usual_capacity() -> i64 {
    20
}

const fn whole_day() -> i64 {
    1_440
}

/// Customers of one level, and what they are promised.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SimulatedTicketFlow)]
pub struct Flow {
    /// 0 is no level.
    pub level_rank: i64,
    /// Tickets an hour on average: 0 to 10000.
    pub per_hour: f64,
    /// Minutes of the day between which they come.
    #[serde(default)]
    pub from_minute: i64,
    #[serde(default = "whole_day")]
    pub until_minute: i64,
    /// Minutes within which somebody answers; the promise. 1 to 20160.
    pub promise_minutes: i64,
    /// Minutes of work on a ticket, on average: 1 to 480.
    pub work_minutes: f64,
    /// The skill that a ticket asks for.
    #[serde(default)]
    pub skill: Option<String>,
    /// Whether these customers have a dedicated manager: each of them one of the staff who `manages`.
    #[serde(default)]
    pub managed: bool,
}

/// Many at once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SimulatedCrowd)]
pub struct Crowd {
    pub level_rank: i64,
    pub tickets: i64,
    /// The minute since the beginning.
    pub at_minute: i64,
}

/// What is to be played.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Simulation)]
pub struct Plan {
    pub staff: Vec<Crew>,
    pub flows: Vec<Flow>,
    #[serde(default)]
    pub crowds: Vec<Crowd>,
    /// Days that are played: 1 to 14.
    #[serde(default = "one_day")]
    pub days: i64,
    /// The order of the queue; the one in force where none is given.
    #[serde(default)]
    pub order: Option<Order>,
    /// Each so many minutes that a ticket waits its skill is given up: 0 is never. The one in force where none is given.
    #[serde(default)]
    pub relax_minutes: Option<i64>,
    /// The same seed plays the same day.
    #[serde(default)]
    pub seed: u64,
}

const fn one_day() -> i64 {
    1
}

impl Plan {
    /// Checks what a person entered: every number within what can be played.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut within = |number: f64, least: f64, most: f64, field: String| {
            if !(least..=most).contains(&number) {
                let text =
                    (format!("请填 {least} 到 {most} 的数。"), format!("Enter a number from {least} to {most}."));
                faults.push(Error::invalid("number_out_of_range", text.0, text.1).at(field));
            }
        };
        let real = |number: i64| number as f64;
        within(real(self.days), 1.0, 14.0, "days".into());
        for (at, crew) in self.staff.iter().enumerate() {
            within(real(crew.people), 1.0, 500.0, format!("staff[{at}].people"));
            within(real(crew.from_minute), 0.0, 1_439.0, format!("staff[{at}].from_minute"));
            within(real(crew.until_minute), real(crew.from_minute) + 1.0, 1_440.0, format!("staff[{at}].until_minute"));
        }
        for (at, crew) in self.staff.iter().enumerate() {
            within(real(crew.capacity), 1.0, 1_000.0, format!("staff[{at}].capacity"));
        }
        for (at, flow) in self.flows.iter().enumerate() {
            within(real(flow.level_rank), 0.0, 100.0, format!("flows[{at}].level_rank"));
            within(flow.per_hour, 0.0, 10_000.0, format!("flows[{at}].per_hour"));
            within(real(flow.from_minute), 0.0, 1_439.0, format!("flows[{at}].from_minute"));
            within(real(flow.until_minute), real(flow.from_minute) + 1.0, 1_440.0, format!("flows[{at}].until_minute"));
            within(real(flow.promise_minutes), 1.0, 20_160.0, format!("flows[{at}].promise_minutes"));
            within(flow.work_minutes, 1.0, 480.0, format!("flows[{at}].work_minutes"));
        }
        for (at, crowd) in self.crowds.iter().enumerate() {
            within(real(crowd.tickets), 1.0, 20_000.0, format!("crowds[{at}].tickets"));
            within(
                real(crowd.at_minute),
                0.0,
                real(self.days.saturating_mul(1_440)),
                format!("crowds[{at}].at_minute"),
            );
        }
        let without = |(at, flow): (usize, &Flow)| {
            (flow.managed && !self.staff.iter().any(|crew| crew.manages)).then(|| {
                let text = ("请先填写专属客户经理。", "Say first who the dedicated managers are.");
                Error::invalid("managed_without_manager", text.0, text.1).at(format!("flows[{at}].managed"))
            })
        };
        faults.extend(self.flows.iter().enumerate().filter_map(without));
        let lone = |(at, crowd): (usize, &Crowd)| {
            let of_flow = self.flows.iter().any(|flow| flow.level_rank == crowd.level_rank);
            (!of_flow).then(|| {
                let text = ("请先为该等级填写来量与承诺。", "Say first what customers of this level are promised.");
                Error::invalid("crowd_without_flow", text.0, text.1).at(format!("crowds[{at}].level_rank"))
            })
        };
        faults.extend(self.crowds.iter().enumerate().filter_map(lone));
        if self.staff.is_empty() || self.staff.len() > 50 {
            let text = ("请填 1 到 50 行人员。", "Enter 1 to 50 rows of staff.");
            faults.push(Error::invalid("staff_invalid", text.0, text.1).at("staff"));
        }
        if self.flows.is_empty() || self.flows.len() > 50 {
            let text = ("请填 1 到 50 行来量。", "Enter 1 to 50 flows.");
            faults.push(Error::invalid("flows_invalid", text.0, text.1).at("flows"));
        }
        let hours = |flow: &Flow| real(flow.until_minute.saturating_sub(flow.from_minute)) / 60.0 * real(self.days);
        let expected: f64 = self.flows.iter().map(|flow| flow.per_hour * hours(flow)).sum();
        let crowds = self.crowds.iter().fold(0_i64, |sum, crowd| sum.saturating_add(crowd.tickets));
        if expected + real(crowds) > real(TICKETS_MAX) {
            let text = ("工单总数太多，最多模拟 20 万张。", "Too many tickets: at most 200,000 can be played.");
            faults.push(Error::invalid("tickets_too_many", text.0, text.1).at("flows"));
        }
        if let Some(order) = &self.order
            && let Err(error) = order.check()
        {
            faults.push(error);
        }
        Error::gather(faults).map_or(Ok(()), Err)
    }
}

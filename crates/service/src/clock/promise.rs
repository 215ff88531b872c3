//! What a policy promises: targets, the mode in which they follow a change, and the steps of escalation.

pub use super::run::Metric;
use crate::ticket::{State, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{CalendarId, StaffId};
use zunke_kernel::{Error, Result};

/// What a target is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockUnit)]
pub enum Unit {
    /// Minutes of working time by the calendar.
    WorkingMinutes,
    /// The same time of day, so many working days later.
    WorkingDays,
    /// Minutes of any time, day and night.
    Minutes,
}

words!(Unit { WorkingMinutes = "working_minutes", WorkingDays = "working_days", Minutes = "minutes" });

/// One thing promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockTarget)]
pub struct Target {
    pub metric: Metric,
    pub amount: i64,
    pub unit: Unit,
    /// The states in which the clock stands still: `waiting`, `held`.
    #[serde(default)]
    pub pauses: Vec<State>,
}

/// How the clocks that run follow a change of level, priority or kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockMode)]
pub enum Mode {
    /// Clocks that run keep their targets; those that begin later have the new ones.
    Keep,
    /// The earlier of the old and the new due time.
    #[default]
    Tighten,
    /// The new target, counted from the old beginning.
    Retarget,
    /// The new target, counted from the change.
    Restart,
}

words!(Mode { Keep = "keep", Tighten = "tighten", Retarget = "retarget", Restart = "restart" });

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockRole)]
pub enum Role {
    /// Who works on the ticket.
    Assignee,
    /// The customer's manager.
    Manager,
    /// The group that the ticket is with.
    Group,
    /// The operations managers of the department of who works on it; where it has none, all of them.
    Supervisor,
}

/// When a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockStepAt)]
pub enum StepAt {
    /// When so many hundredths of the time are used: 1 to 99.
    Percent(i64),
    /// Working minutes before the due time (negative), at it (0) or after it.
    Minutes(i64),
}

/// One step of escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockStep)]
pub struct Step {
    /// Left out: of every target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    pub at: StepAt,
    #[serde(default)]
    pub to: Vec<Role>,
    /// People by name, beside the roles.
    #[serde(default)]
    pub staff: Vec<StaffId>,
}

impl Step {
    /// What it is known by: `p50`, `m-30`, `m0`.
    #[must_use]
    pub fn key(&self) -> String {
        match self.at {
            StepAt::Percent(percent) => format!("p{percent}"),
            StepAt::Minutes(minutes) => format!("m{minutes}"),
        }
    }
}

/// What a policy promised when it was applied: kept in the log, so that later edits change no ticket behind its back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ClockPromise)]
pub struct Promise {
    pub name: String,
    pub calendar: CalendarId,
    pub calendar_version: i64,
    pub targets: Vec<Target>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

impl Promise {
    #[must_use]
    pub fn target(&self, metric: Metric) -> Option<&Target> {
        self.targets.iter().find(|target| target.metric == metric)
    }
}

/// Ten years of minutes.
const AMOUNT_MAX: i64 = 5_256_000;
const STEPS_MAX: usize = 20;

/// Checks targets and steps as a person entered them.
pub fn check(targets: &[Target], steps: &[Step]) -> Result<()> {
    let mut faults = Vec::new();
    if targets.is_empty() {
        let text = ("请至少设置一项目标。", "Set at least one target.");
        faults.push(Error::invalid("targets_missing", text.0, text.1).at("targets"));
    }
    for (at, target) in targets.iter().enumerate() {
        let most = if target.unit == Unit::WorkingDays { 3_650 } else { AMOUNT_MAX };
        if !(1..=most).contains(&target.amount) {
            let zh = format!("时长应为 1 到 {most} 的整数。");
            let en = format!("The length is a whole number from 1 to {most}.");
            faults.push(Error::invalid("amount_invalid", zh, en).at(format!("targets[{at}].amount")));
        }
        if targets[..at].iter().any(|other| other.metric == target.metric) {
            let text = ("同一指标只能设置一次。", "Each metric can be promised once.");
            faults.push(Error::invalid("target_twice", text.0, text.1).at(format!("targets[{at}].metric")));
        }
        if target.pauses.iter().any(|state| !matches!(state, State::Waiting | State::Held)) {
            let text = ("只能在“待客户”和“待内部”时暂停计时。", "A clock stands still only while waiting or held.");
            faults.push(Error::invalid("pause_invalid", text.0, text.1).at(format!("targets[{at}].pauses")));
        }
    }
    if steps.len() > STEPS_MAX {
        let zh = format!("提醒与升级最多 {STEPS_MAX} 步。");
        faults.push(Error::invalid("steps_too_many", zh, format!("At most {STEPS_MAX} steps.")).at("steps"));
    }
    for (at, step) in steps.iter().enumerate() {
        let fits = match step.at {
            StepAt::Percent(percent) => (1..=99).contains(&percent),
            StepAt::Minutes(minutes) => (-100_000..=100_000).contains(&minutes),
        };
        if !fits {
            let text =
                ("请填 1–99 的百分比，或 ±100000 以内的分钟数。", "Give 1 to 99 per cent, or minutes within ±100,000.");
            faults.push(Error::invalid("step_invalid", text.0, text.1).at(format!("steps[{at}].at")));
        }
        if step.to.is_empty() && step.staff.is_empty() {
            let text = ("请选择通知谁。", "Choose who is told.");
            faults.push(Error::invalid("step_nobody", text.0, text.1).at(format!("steps[{at}].to")));
        }
        if steps[..at].iter().any(|other| other.key() == step.key() && other.metric == step.metric) {
            let text = ("同一时间的步骤只能设置一次。", "Two steps at the same time: make them one.");
            faults.push(Error::invalid("step_twice", text.0, text.1).at(format!("steps[{at}].at")));
        }
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

//! What is promised until an organisation says something else: the calendar of China, and four policies.

use super::Content;
use crate::clock::promise::{Mode, Role, Step, StepAt, Target, Unit};
use crate::clock::run::Metric;
use crate::store::{calendars, policies};
use crate::ticket::{Kind, State};
use zunke_kernel::calendar::cn;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// The row among the settings that says that the defaults were written: who deletes them does not find them again.
const SEEDED: &str = "service.policies.seeded";

/// Writes the defaults, once in the life of a database.
pub fn seed(tx: &mut Tx, now: Instant) -> Result<()> {
    let sql = "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, 'true', 1, $2)
               ON CONFLICT (name) DO NOTHING";
    if tx.execute(sql, &[SEEDED.into(), now.into()])? == 0 {
        return Ok(());
    }
    let calendar = calendars::insert(tx, now, None, &cn())?.id;
    for (place, (name, content)) in (1..).zip(contents()) {
        policies::insert(tx, now, place, name, true, calendar, &content)?;
    }
    Ok(())
}

fn target(metric: Metric, amount: i64, unit: Unit) -> Target {
    let pauses = if metric == Metric::Resolution { vec![State::Waiting] } else { Vec::new() };
    Target { metric, amount, unit, pauses }
}

fn step(at: StepAt, to: &[Role]) -> Step {
    Step { metric: None, at, to: to.to_vec(), staff: Vec::new() }
}

/// VIPs are answered within two working hours, the highest level and a VIP's complaint within one, and their matters are
/// closed in 24 hours; so is every complaint. Everybody else is answered within 24 hours of any day.
fn contents() -> Vec<(&'static str, Content)> {
    use Metric::{FirstResponse, NextResponse, Resolution};
    let steps = || {
        vec![
            step(StepAt::Percent(50), &[Role::Assignee]),
            step(StepAt::Percent(80), &[Role::Assignee, Role::Manager]),
            step(StepAt::Minutes(0), &[Role::Assignee, Role::Manager, Role::Supervisor]),
            step(StepAt::Minutes(60), &[Role::Supervisor]),
        ]
    };
    let content = |vip: bool, kinds: Vec<Kind>, targets| Content {
        vip,
        rank_from: None,
        rank_to: None,
        kinds,
        priorities: Vec::new(),
        targets,
        mode: Mode::Tighten,
        steps: steps(),
    };
    let hour = |metric, hours: i64, unit| target(metric, hours * 60, unit);
    vec![
        (
            "VIP 投诉",
            content(
                true,
                vec![Kind::Complaint],
                vec![
                    hour(FirstResponse, 1, Unit::WorkingMinutes),
                    hour(NextResponse, 2, Unit::WorkingMinutes),
                    hour(Resolution, 24, Unit::Minutes),
                ],
            ),
        ),
        (
            "VIP",
            content(
                true,
                Vec::new(),
                vec![
                    hour(FirstResponse, 2, Unit::WorkingMinutes),
                    hour(NextResponse, 4, Unit::WorkingMinutes),
                    hour(Resolution, 24, Unit::Minutes),
                ],
            ),
        ),
        (
            "普通客户投诉",
            content(
                false,
                vec![Kind::Complaint],
                vec![hour(FirstResponse, 24, Unit::Minutes), hour(Resolution, 24, Unit::Minutes)],
            ),
        ),
        (
            "普通客户",
            content(
                false,
                Vec::new(),
                vec![hour(FirstResponse, 24, Unit::Minutes), target(Resolution, 3, Unit::WorkingDays)],
            ),
        ),
    ]
}

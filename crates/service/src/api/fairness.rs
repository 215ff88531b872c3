//! Whether ordinary customers get what they were promised.

use crate::fairness::{self, Judged, Kept, Verdict};
use crate::presence::weekday;
use crate::store::fairness as store;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zunke_access::settings as organisation;
use zunke_access::{Can, may};
use zunke_http::{App, ReadProblems, Result};
use zunke_kernel::{Day, Error, Kind};

/// Weeks that are shown.
const WEEKS: i32 = 12;
const WEEK_MS: i64 = 7 * 86_400_000;

#[derive(Serialize, ToSchema)]
#[schema(as = FairnessLevel)]
struct Level {
    level_rank: i64,
    #[serde(flatten)]
    promises: Kept,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FairnessWeek)]
struct Week {
    /// Its Monday.
    from_day: Day,
    levels: Vec<Level>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Fairness)]
pub(super) struct Fairness {
    /// The lowest level that promises fell due for; none: none has yet.
    lowest_rank: Option<i64>,
    /// Twelve weeks, the oldest first. Promises of open tickets that are over count as broken in the last one.
    weeks: Vec<Week>,
    /// The last first.
    changes: Vec<Judged>,
    /// Since one of the changes the lowest level fares worse than chance explains.
    alarm: bool,
}

/// 403 unless he sees everyone: a share of promises kept says nothing about fairness where some levels or departments
/// are missing from it, and the whole is not for who sees a part.
fn require_everyone(can: &Can<may::ReadTickets>) -> Result<()> {
    if can.scope.sees_all() {
        return Ok(());
    }
    let error = Error::new(
        Kind::Forbidden,
        "everyone_required",
        "公平性按全部客户统计，而您只能查看部分客户，请由能查看全部客户的同事查看。",
        "Fairness is counted over all customers, and you see only some of them; somebody who sees all of them can look.",
    );
    Err(error.into())
}

/// Promises kept by level and week, and what changes of the service standards did to the lowest level; for whoever sees
/// all customers.
#[utoipa::path(get, path = "/service/fairness", tag = "service", operation_id = "get_fairness",
    responses((status = 200, body = Fairness), ReadProblems))]
pub(super) async fn get(State(app): State<App>, can: Can<may::ReadTickets>) -> Result<axum::Json<Fairness>> {
    require_everyone(&can)?;
    let now = app.now();
    let found = app
        .db
        .read_async(move |tx| {
            let zone = organisation::load(tx)?.zone();
            let today = zone.day_of(now);
            let monday = today.plus(1 - i32::try_from(weekday(today)).unwrap_or(1));
            let first = monday.plus(-7 * (WEEKS - 1));
            let begin = zone.start_of(first);
            let mut weeks: Vec<BTreeMap<i64, Kept>> = vec![BTreeMap::new(); WEEKS as usize];
            // A summer time that begins in between moves an hour from one week to another: nothing for a share.
            for (step, rank, kept) in store::ended(tx, begin, now.plus_ms(1), WEEK_MS)? {
                let at = usize::try_from(step).unwrap_or(0).min(weeks.len() - 1);
                let sum = weeks[at].entry(rank).or_default();
                *sum = sum.and(kept);
            }
            if let Some(last) = weeks.last_mut() {
                for (rank, due) in store::overdue(tx, now)? {
                    let sum = last.entry(rank).or_default();
                    *sum = sum.and(Kept { kept: 0, due });
                }
            }
            let lowest_rank = weeks.iter().filter_map(|week| week.keys().next().copied()).min();
            let changes = match lowest_rank {
                Some(lowest) => fairness::judged(tx, begin, now, lowest)?,
                None => Vec::new(),
            };
            let weeks = weeks
                .into_iter()
                .zip(0..)
                .map(|(levels, week)| Week {
                    from_day: first.plus(7 * week),
                    levels: levels.into_iter().map(|(level_rank, promises)| Level { level_rank, promises }).collect(),
                })
                .collect();
            let alarm = changes.iter().any(|change| change.verdict == Verdict::Worse);
            Ok(Fairness { lowest_rank, weeks, changes, alarm })
        })
        .await?;
    Ok(axum::Json(found))
}

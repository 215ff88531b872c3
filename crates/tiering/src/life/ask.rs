//! Questions about lives: how one customer's level is held, and who is under observation or near the end of a cycle.

use super::layers::Layer;
use super::step::Seen;
use crate::bucket::Entry;
use crate::evaluate::Scratch;
use crate::explain::{ConditionRow, LevelFace, Missing, Subject};
use crate::image::Sections;
use crate::inputs;
use crate::keep::Ready;
use crate::store::buckets;
use crate::store::lives::{self, Lived};
use crate::way::{Trial, Way, cheapest_keep};
use serde::Serialize;
use zunke_access::Scope;
use zunke_customers::query;
use zunke_kernel::id::{CustomerId, LevelId, StaffId};
use zunke_kernel::{Day, Error, Money, Result, page};
use zunke_store::{Tx, Value};

/// How a level is held.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelLife)]
pub struct Face {
    /// `active` or `observation`.
    pub stage: String,
    /// The last day of the running cycle; absent: the level can't be lost.
    pub keep_until: Option<Day>,
    pub observe_until: Option<Day>,
    /// To the end of the observation, or else of the cycle.
    pub days_left: Option<i32>,
    /// What keeps the computed level; absent where it can't be lost.
    pub keep: Option<Keep>,
    pub fallen: Option<FallenFace>,
    pub pending: Option<PendingFace>,
    pub layers: LayersFace,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelKeep)]
pub struct Keep {
    /// Whether the level would be kept as things stand.
    pub met: bool,
    pub conditions: Vec<ConditionRow>,
    pub missing: Vec<Missing>,
    pub cheapest: Option<Way>,
}

/// A level that was lost, and the way back.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelFallen)]
pub struct FallenFace {
    pub level: Option<LevelFace>,
    /// The first day without it.
    pub on: Day,
    /// The last day on which meeting its keep rule brings it back.
    pub until: Day,
    pub missing: Vec<Missing>,
    pub cheapest: Option<Way>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelPending)]
pub struct PendingFace {
    pub level: Option<LevelFace>,
    pub asked: Day,
}

/// The layers of which the level is made.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelLayers)]
pub struct LayersFace {
    pub computed: Option<LevelFace>,
    pub manual: Option<LayerFace>,
    pub grant: Option<LayerFace>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelLayer)]
pub struct LayerFace {
    pub level: Option<LevelFace>,
    pub from: Day,
    /// The last day of it; absent: until it is taken away.
    pub until: Option<Day>,
    pub reason: String,
    pub by: Option<StaffId>,
    /// Whether it holds today.
    pub holds: bool,
}

fn level(ready: &Ready, id: Option<LevelId>) -> Option<LevelFace> {
    ready.rules.levels.iter().find(|level| Some(level.id) == id).map(LevelFace::from)
}

/// How a level is held, told.
#[must_use]
pub fn face(ready: &Ready, subject: &Subject<'_>, trial: &Trial<'_>, lived: &Lived, seen: Seen) -> Face {
    let today = ready.evaluator.as_of();
    let held = lived.held.unwrap_or_default();
    let rules_of = |id: Option<LevelId>| ready.rules.levels.iter().find(|level| Some(level.id) == id);
    let end = held.observe_until.or(held.keep_until);
    let layer = |layer: &Option<Layer>| {
        layer.as_ref().map(|layer| LayerFace {
            level: level(ready, Some(layer.level)),
            from: layer.from,
            until: layer.until,
            reason: layer.reason.clone(),
            by: layer.by,
            holds: layer.holds(today),
        })
    };
    let keep = rules_of(held.level).filter(|_| end.is_some()).map(|level| {
        let met = seen.keeps(held.rank);
        Keep {
            met,
            conditions: subject.keep_conditions(level),
            missing: if met { Vec::new() } else { subject.missing_to_keep(level) },
            cheapest: if met { None } else { cheapest_keep(trial, held.rank) },
        }
    });
    let back = i32::from(ready.book.as_ref().map_or(0, |book| book.life.return_days));
    let fallen = held.fallen.filter(|fallen| today <= fallen.on.plus(back)).map(|fallen| FallenFace {
        level: level(ready, Some(fallen.level)),
        on: fallen.on,
        until: fallen.on.plus(back),
        missing: rules_of(Some(fallen.level)).map(|level| subject.missing_to_keep(level)).unwrap_or_default(),
        cheapest: cheapest_keep(trial, fallen.rank),
    });
    Face {
        stage: lives::stage(&held).into(),
        keep_until: held.keep_until,
        observe_until: held.observe_until,
        days_left: end.map(|end| end.since(today)),
        keep,
        fallen,
        pending: held
            .pending
            .map(|pending| PendingFace { level: level(ready, Some(pending.level)), asked: pending.asked }),
        layers: LayersFace {
            computed: level(ready, held.level),
            manual: layer(&lived.layers.manual),
            grant: layer(&lived.layers.grant),
        },
    }
}

/// A customer whose level is at stake.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LevelAtStake)]
pub struct AtStake {
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub level_id: Option<LevelId>,
    pub level_rank: i64,
    pub keep_until: Option<Day>,
    pub observe_until: Option<Day>,
    pub days_left: i32,
    pub net_spend: Money,
    pub owner_id: Option<StaffId>,
    pub missing: Vec<Missing>,
    pub cheapest: Option<Way>,
    pub falls_to: Option<LevelFace>,
}

/// Which of them a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Under observation.
    Observed,
    /// The cycle ends by this day, and the level would not be kept as things stand.
    EndingBy(Day),
}

/// The order of such a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Whose time is up first.
    Soonest,
    /// Who has spent most.
    NetSpend,
}

/// One page of those whose level is at stake in a programme, within a scope.
pub fn at_stake(
    tx: &mut Tx,
    scope: &Scope,
    ready: &Ready,
    which: Which,
    order: Order,
    limit: u32,
    after: Option<&str>,
) -> Result<page::Page<AtStake>> {
    let today = ready.evaluator.as_of();
    let (seen, mut params) = query::seen(tx.engine(), scope);
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    let programme = bind(ready.programme.into());
    let mut sql = format!(
        "SELECT s.customer_id, c.name, s.held_level, s.held_rank, s.keep_until, s.observe_until, c.net_spend, c.owner_id
         FROM standings s JOIN customers c ON c.customer_id = s.customer_id
         WHERE s.programme_id = {programme} AND c.status = 'active'{seen}"
    );
    let column = match which {
        Which::Observed => {
            sql += " AND s.observe_until IS NOT NULL";
            "s.observe_until"
        }
        Which::EndingBy(day) => {
            let (from, to, no) = (bind(today.into()), bind(day.into()), bind(false.into()));
            sql += &format!(" AND s.keep_until >= {from} AND s.keep_until <= {to}");
            sql += &format!(" AND s.observe_until IS NULL AND s.stands = {no}");
            "s.keep_until"
        }
    };
    let (key, sign, direction) = match order {
        Order::Soonest => (column, ">", ""),
        Order::NetSpend => ("c.net_spend", "<", " DESC"),
    };
    if let Some(mark) = after {
        let (value, id): (i64, CustomerId) = serde_json::from_value(page::read_mark(mark)?).map_err(|_| {
            Error::invalid(
                "after_invalid",
                "翻页标记无效，请从第一页重新开始。",
                "This page mark is not valid; start again from the first page.",
            )
            .at("after")
        })?;
        let (value, id) = (bind(value.into()), bind(id.into()));
        sql += &format!(" AND ({key}, s.customer_id) {sign} ({value}, {id})");
    }
    let most = bind(i64::from(limit + 1).into());
    sql += &format!(" ORDER BY {key}{direction}, s.customer_id{direction} LIMIT {most}");
    let mut items = tx.query(&sql, &params, |row| {
        let (keep_until, observe_until) = (row.opt_day(4)?, row.opt_day(5)?);
        Ok(AtStake {
            customer_id: row.id(0, CustomerId)?,
            customer_name: row.text(1)?,
            level_id: row.opt_id(2, LevelId)?,
            level_rank: row.opt_int(3)?.unwrap_or(0),
            keep_until,
            observe_until,
            days_left: observe_until.or(keep_until).map_or(0, |end| end.since(today)),
            net_spend: row.money(6)?,
            owner_id: row.opt_id(7, StaffId)?,
            missing: Vec::new(),
            cheapest: None,
            falls_to: None,
        })
    })?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| {
        let value = match order {
            Order::NetSpend => last.net_spend.0,
            Order::Soonest => i64::from(last.observe_until.or(last.keep_until).unwrap_or_default().0),
        };
        page::mark(&serde_json::json!([value, last.customer_id]))
    });
    tell(tx, ready, &mut items)?;
    Ok(page::Page { items, next })
}

fn tell(tx: &mut Tx, ready: &Ready, items: &mut [AtStake]) -> Result<()> {
    let ids: Vec<CustomerId> = items.iter().map(|item| item.customer_id).collect();
    let years = buckets::read(tx, &ids)?;
    let profiles = inputs::profiles(tx, &ready.evaluator.plan, &ids)?;
    let nothing = Vec::new();
    for item in items {
        let sections = buckets::sections(years.get(&item.customer_id).unwrap_or(&nothing));
        let profile = profiles.get(&item.customer_id).copied().unwrap_or_default();
        let mut scratch = Scratch::default();
        ready.evaluator.gather(Sections::new(&sections), &mut scratch);
        let mut assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
        let rank = u8::try_from(item.level_rank).unwrap_or(0);
        assessment.rank = rank;
        let days: Vec<Entry<'_>> = Sections::new(&sections).collect();
        let subject = Subject {
            rules: &ready.rules,
            evaluator: &ready.evaluator,
            cuts: &ready.cuts,
            facts: &scratch.facts,
            assessment: &assessment,
            raw: ready.evaluator.rfm_raw(&scratch.gathered),
            since: None,
            currency: ready.currency,
        };
        if let Some(level) = ready.rules.levels.iter().find(|level| Some(level.id) == item.level_id) {
            item.missing = subject.missing_to_keep(level);
        }
        let trial = Trial {
            rules: &ready.rules,
            evaluator: &ready.evaluator,
            days: &days,
            profile,
            cuts: &ready.cuts,
            currency: ready.currency,
        };
        item.cheapest = cheapest_keep(&trial, rank);
        let landing = ready.book.as_ref().and_then(|book| book.landing(rank, ready.evaluator.seen(&scratch.facts)));
        item.falls_to = level(ready, landing.map(|rung| rung.id));
    }
    Ok(())
}

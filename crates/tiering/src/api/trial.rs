//! What lies behind a simulation: who moves and why, the load of each manager, and how well potential VIPs were named.

use super::overview::chosen;
use super::simulate::{Direction, Prepared, prepare};
use super::{check_day, tiers};
use crate::bucket::Entry;
use crate::evaluate::{Evaluator, Scratch};
use crate::explain::{LevelFace, Subject};
use crate::image::Sections;
use crate::inputs;
use crate::rules::Rules;
use crate::simulation::{Mover, Wanted as Ask};
use crate::store::{buckets, memberships, programmes};
use crate::trial;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Asking, Can, may, settings};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, ProgrammeId, StaffId};
use zunke_kernel::{Day, Error, Money, Text};
use zunke_store::Tx;

/// No list goes further than this: beyond it one looks at a single flow.
const MOST: usize = 5_000;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MoversWanted {
    rules: Option<Rules>,
    as_of: Option<Day>,
    /// Only from this rank on record.
    from: Option<u8>,
    /// Only to this rank of the rules that are tried.
    to: Option<u8>,
    /// 1 to 100; 20 where none is given.
    limit: Option<u32>,
    /// How many to leave out: those of the pages before.
    offset: u32,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MoverRow {
    customer_id: CustomerId,
    customer_name: String,
    from: Option<LevelFace>,
    to: Option<LevelFace>,
    direction: Direction,
    /// Net spend over the whole life.
    revenue: Money,
    score: f64,
    reason: Text,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Movers {
    as_of: Day,
    items: Vec<MoverRow>,
    /// The offset of the next page.
    next: Option<u32>,
}

/// Who would move, and why: those with the most revenue first.
#[utoipa::path(post, path = "/tiering/programmes/{id}/simulate/movers", tag = "tiering",
    operation_id = "list_simulated_movers", params(("id" = ProgrammeId, Path)), request_body = MoversWanted,
    responses((status = 200, body = Movers), WriteProblems))]
pub(super) async fn movers(
    State(app): State<App>,
    can: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(wanted): Json<MoversWanted>,
) -> Result<axum::Json<Movers>> {
    let as_of = check_day(wanted.as_of)?;
    let limit = match wanted.limit {
        None => 20,
        Some(limit @ 1..=100) => limit as usize,
        Some(limit) => {
            return Err(Error::invalid(
                "limit_invalid",
                format!("条数应在 1 到 100 之间，收到 {limit}。"),
                format!("limit must be between 1 and 100, got {limit}."),
            )
            .at("limit")
            .into());
        }
    };
    let began = app.now();
    let scope = can.scope.clone();
    let movers = tokio::task::spawn_blocking(move || {
        let ready = prepare(&app, &scope, id, wanted.rules, as_of, began, None)?;
        let places = trial::places(ready.published.as_deref(), &ready.rules);
        let takes = |mover: &Mover| {
            trial::direction(&places, mover.from, mover.to) != Ordering::Equal
                && wanted.from.is_none_or(|from| from == mover.from)
                && wanted.to.is_none_or(|to| to == mover.to)
        };
        let mut all: Vec<Mover> = Vec::new();
        match &ready.seen {
            None => {
                // Numbers of levels may differ where levels don't: then more are looked at than are listed.
                let ask = Ask { movers: MOST, from: wanted.from, to: wanted.to };
                let simulation = ready
                    .kept
                    .simulate(&ready.rules, ready.as_of, &ask, &|| false)
                    .map_err(|_| super::simulate::superseded())?;
                all = simulation.movers;
            }
            Some(ids) => {
                trial::of_some(&ready.kept.image, &ready.rules, ready.as_of, &ready.cuts, ids, |mover| all.push(mover));
            }
        }
        all.retain(takes);
        all.sort_by(|one, other| other.revenue.cmp(&one.revenue).then(one.customer.cmp(&other.customer)));
        all.truncate(MOST);
        let offset = wanted.offset as usize;
        let more = all.len() > offset + limit;
        let page: Vec<Mover> = all.into_iter().skip(offset).take(limit).collect();
        let items = app.db.read(|tx| {
            let ids: Vec<CustomerId> = page.iter().map(|mover| mover.customer).collect();
            let names = memberships::names(tx, &scope, &ids)?;
            let reasons = reasons(tx, &ready, &page)?;
            Ok(page
                .iter()
                .zip(reasons)
                .filter_map(|(mover, reason)| {
                    Some(MoverRow {
                        customer_id: mover.customer,
                        customer_name: names.get(&mover.customer)?.clone(),
                        from: ready
                            .published
                            .as_deref()
                            .and_then(|rules| rules.level_of_rank(mover.from))
                            .map(LevelFace::from),
                        to: ready.rules.level_of_rank(mover.to).map(LevelFace::from),
                        direction: trial::direction(&places, mover.from, mover.to).into(),
                        revenue: mover.revenue,
                        score: mover.score,
                        reason,
                    })
                })
                .collect::<Vec<_>>())
        })?;
        let next = more.then(|| wanted.offset + u32::try_from(limit).unwrap_or(0));
        Ok::<_, Error>(Movers { as_of: ready.as_of, items, next })
    });
    Ok(axum::Json(movers.await.map_err(Error::internal)??))
}

/// Why each of them moves, by the rules that are tried: what carries the new level, or what is missing for the next.
fn reasons(tx: &mut Tx, ready: &Prepared, movers: &[Mover]) -> zunke_kernel::Result<Vec<Text>> {
    let ids: Vec<CustomerId> = movers.iter().map(|mover| mover.customer).collect();
    let mut years = buckets::read(tx, &ids)?;
    let evaluator = Evaluator::new(&ready.rules, ready.as_of, &ready.cuts);
    let profiles = inputs::profiles(tx, &evaluator.plan, &ids)?;
    let mut scratch = Scratch::default();
    let mut reasons = Vec::with_capacity(movers.len());
    for mover in movers {
        let sections = buckets::sections(&years.remove(&mover.customer).unwrap_or_default());
        let days: Vec<Entry<'_>> = Sections::new(&sections).collect();
        evaluator.gather(days.into_iter(), &mut scratch);
        let profile = profiles.get(&mover.customer).copied().unwrap_or_default();
        let assessment = evaluator.assess(&mut scratch, profile, &ready.cuts);
        let subject = Subject {
            rules: &ready.rules,
            evaluator: &evaluator,
            cuts: &ready.cuts,
            facts: &scratch.facts,
            assessment: &assessment,
            raw: evaluator.rfm_raw(&scratch.gathered),
            since: None,
            currency: ready.currency,
        };
        let up = mover.to > mover.from;
        let next = if up { None } else { subject.explain(|_| None).next };
        reasons.push(match next {
            Some(next) if !next.missing.is_empty() => {
                let texts: Vec<Text> = next.missing.into_iter().map(|row| row.text).collect();
                let texts = crate::say::joined(&texts, "；", "; ");
                Text::new(
                    format!("未达到{}：{}。", next.level.name.zh, texts.zh),
                    format!("Not enough for {}: {}.", next.level.name.en, texts.en),
                )
            }
            _ => subject.sentence(),
        });
    }
    Ok(reasons)
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LoadWanted {
    rules: Option<Rules>,
    as_of: Option<Day>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ManagerRow {
    staff_id: StaffId,
    name: String,
    customers: u64,
    /// Customers by rank on record, 0 to 10.
    before: Vec<u64>,
    /// Customers by rank of the rules that are tried, 0 to 10.
    after: Vec<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SimulatedLoad)]
pub(super) struct Loaded {
    as_of: Day,
    items: Vec<ManagerRow>,
    next: Option<String>,
}

/// How many customers of each level every manager would have, those with the most customers first.
#[utoipa::path(post, path = "/tiering/programmes/{id}/simulate/load", tag = "tiering",
    operation_id = "list_simulated_load", params(("id" = ProgrammeId, Path)), request_body = LoadWanted,
    responses((status = 200, body = Loaded), WriteProblems))]
pub(super) async fn load(
    State(app): State<App>,
    can: Asking<may::SimulateTiering>,
    Path(id): Path<ProgrammeId>,
    Json(wanted): Json<LoadWanted>,
) -> Result<axum::Json<Loaded>> {
    let as_of = check_day(wanted.as_of)?;
    let began = app.now();
    let scope = can.scope.clone();
    let loaded = tokio::task::spawn_blocking(move || {
        let ready = prepare(&app, &scope, id, wanted.rules, as_of, began, None)?;
        let (owned, names) = app.db.read(|tx| Ok((memberships::owned(tx, &scope)?, memberships::staff_names(tx)?)))?;
        let load = trial::load(&ready.kept.image, &ready.rules, ready.as_of, &ready.cuts, &owned);
        let mut items: Vec<ManagerRow> = load
            .into_iter()
            .map(|(staff_id, [before, after])| ManagerRow {
                staff_id,
                name: names.get(&staff_id).cloned().unwrap_or_default(),
                customers: after.iter().sum(),
                before: before.to_vec(),
                after: after.to_vec(),
            })
            .collect();
        items.sort_by(|one, other| other.customers.cmp(&one.customers).then(one.name.cmp(&other.name)));
        Ok::<_, Error>(Loaded { as_of: ready.as_of, items, next: None })
    });
    Ok(axum::Json(loaded.await.map_err(Error::internal)??))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BackTestParams {
    /// The primary one where none is given.
    programme: Option<ProgrammeId>,
    /// How many days ago they were named, 30 to 730; 90 where none is given.
    days: Option<u16>,
}

/// How those who were named as potential VIPs have done since, beside customers picked at random.
#[derive(Serialize, ToSchema)]
#[schema(as = PotentialBackTest)]
pub(super) struct Tested {
    then: Day,
    now: Day,
    named: u64,
    rose: u64,
    /// 0 to 1; absent where nobody was named.
    share: Option<f64>,
    /// How many of as many picked at random from the same levels rise on average: reckoned, not drawn.
    expected: f64,
    expected_share: Option<f64>,
    /// Its standard deviation: chance alone rarely reaches twice this above the average.
    deviation: f64,
    /// How many times as often the named rose; absent where chance would have raised nobody.
    lift: Option<f64>,
    /// Customers at those levels who had ordered by then.
    base: u64,
    /// Why the figures may not be worth much.
    warnings: Vec<Text>,
    sentence: Text,
}

/// Name the potential VIPs of a past day by today's rules, from the days that are stored, and look where they are now.
#[utoipa::path(get, path = "/tiering/potentials/backtest", tag = "tiering", operation_id = "get_potential_backtest",
    params(BackTestParams), responses((status = 200, body = Tested), ReadProblems))]
pub(super) async fn backtest(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(params): Query<BackTestParams>,
) -> Result<axum::Json<Tested>> {
    // A figure about everyone is for who may see everyone.
    super::everyone(&can.scope)?;
    let days = params.days.unwrap_or(90);
    if !(30..=730).contains(&days) {
        return Err(Error::invalid(
            "days_invalid",
            format!("回测天数应在 30 到 730 之间，收到 {days}。"),
            format!("days must be between 30 and 730, got {days}."),
        )
        .at("days")
        .into());
    }
    let began = app.now();
    let tested = tokio::task::spawn_blocking(move || {
        let (programme, rules, today) = app.db.read(|tx| {
            let programme = chosen(tx, params.programme)?.ok_or_else(Error::not_found)?;
            let Some(version) = programme.published else {
                return Err(Error::conflict(
                    "no_published_rules",
                    "还没有发布等级规则，请先选择模板并发布。",
                    "No rules are published yet: choose a template and publish it first.",
                ));
            };
            Ok((programme.id, programmes::rules(tx, version)?, settings::today(&settings::load(tx)?, began)))
        })?;
        let then = today.plus(-i32::from(days));
        let kept = tiers(&app).image_for(&app.db, began, programme, &rules, today)?;
        let (before, after) = (kept.cuts(&rules, then), kept.cuts(&rules, today));
        let test = trial::back_test(&kept.image, &rules, then, today, [&before, &after]);
        Ok::<_, Error>(told(&test, then, today))
    });
    Ok(axum::Json(tested.await.map_err(Error::internal)??))
}

#[expect(clippy::cast_precision_loss, reason = "counts need no more than 53 bits")]
fn told(test: &trial::BackTest, then: Day, now: Day) -> Tested {
    let named = test.named as f64;
    let of = |part: f64| (test.named > 0).then(|| part / named);
    let (share, expected_share) = (of(test.rose as f64), of(test.expected));
    let lift = (test.expected > 0.0).then(|| test.rose as f64 / test.expected);
    let mut warnings = Vec::new();
    // A year of orders lies behind most rules.
    if test.first.is_none_or(|first| then.since(first) < 365) {
        let known = test.first.map_or(0, |first| then.since(first).max(0));
        warnings.push(Text::new(
            format!("{then} 之前只有 {known} 天的数据，不足一年，当时的名单偏少或偏差较大。"),
            format!("Only {known} days of data lie before {then}, less than a year: the list of then is thin."),
        ));
    }
    if test.named < 30 {
        warnings.push(Text::new(
            format!("当时只有 {} 人入选，样本太少，比例仅供参考。", test.named),
            format!("Only {} were named then: too few for shares to mean much.", test.named),
        ));
    } else if test.rose as f64 <= test.expected + 2.0 * test.deviation {
        warnings.push(Text::new(
            "与随机抽取相比差别不大，可能只是偶然。",
            "The difference from a random pick is small; it may be chance.",
        ));
    }
    let percent = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), crate::face::percent);
    let (own, chance) = (percent(share), percent(expected_share));
    let sentence = if test.named == 0 {
        Text::new(format!("{then} 时没有符合条件的潜在 VIP。"), format!("Nobody was a potential VIP on {then}."))
    } else {
        Text::new(
            format!(
                "{then} 入选的 {} 人中，至今有 {} 人（{own}）升级；从相同等级随机抽取同样人数，平均为 {} 人（{chance}）。",
                test.named,
                test.rose,
                crate::face::number((test.expected * 10.0).round() / 10.0)
            ),
            format!(
                "Of the {} named on {then}, {} ({own}) have risen since; of as many picked at random from the same \
                 levels, {} ({chance}) on average.",
                test.named,
                test.rose,
                crate::face::number((test.expected * 10.0).round() / 10.0)
            ),
        )
    };
    Tested {
        then,
        now,
        named: test.named,
        rose: test.rose,
        share,
        expected: test.expected,
        expected_share,
        deviation: test.deviation,
        lift,
        base: test.base,
        warnings,
        sentence,
    }
}

//! Levels at stake, levels set by hand, and what level somebody had on a day.

use super::{check_day, everyone, tiers};
use crate::ask;
use crate::bucket;
use crate::decision::Cause;
use crate::explain::{Explanation, LevelFace};
use crate::inputs;
use crate::keep::{Moment, Ready, keep};
use crate::life::ask::{AtStake, Order, Which, at_stake};
use crate::life::judge::Case;
use crate::life::layers::Layer;
use crate::measure::{DayValues, Delta};
use crate::store::lives::{self, Lived};
use crate::store::programmes::{self, Active};
use crate::store::read::{self, LevelChange};
use crate::store::{buckets, standings};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::settings::{self, Organisation};
use zunke_access::{Asking, Can, Deed, Scope, Write, may};
use zunke_customers::CustomerQuery;
use zunke_customers::privacy::standing;
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Day, Error, Instant, Money};
use zunke_store::Tx;

const REASON_MOST: usize = 500;

/// The programme that is named, or the primary one.
pub(super) fn programme(tx: &mut Tx, id: Option<ProgrammeId>) -> zunke_kernel::Result<Active> {
    match id {
        None => ask::primary(tx),
        Some(id) => {
            programmes::active(tx)?.into_iter().find(|active| active.programme == id).ok_or_else(Error::not_found)
        }
    }
}

fn ready(tx: &mut Tx, now: Instant, id: Option<ProgrammeId>) -> zunke_kernel::Result<(Ready, Organisation, Day)> {
    let active = programme(tx, id)?;
    let organisation = settings::load(tx)?;
    let today = settings::today(&organisation, now);
    Ok((Ready::load(tx, &active, today, organisation.currency)?, organisation, today))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Observations {
    /// The primary one where none is given.
    programme: Option<ProgrammeId>,
    /// `observe_until` (whose time is up first, the default) or `-net_spend`.
    sort: Option<String>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

fn order(sort: Option<&str>, soonest: &str) -> zunke_kernel::Result<Order> {
    match sort {
        None => Ok(Order::Soonest),
        Some("-net_spend") => Ok(Order::NetSpend),
        Some(word) if word == soonest => Ok(Order::Soonest),
        Some(_) => Err(Error::invalid(
            "sort_invalid",
            format!("排序可选：{soonest}、-net_spend。"),
            format!("Sort by {soonest} or -net_spend."),
        )
        .at("sort")),
    }
}

/// Who is under observation, with what is missing, by when, and the cheapest way to stay.
#[utoipa::path(get, path = "/tiering/observations", tag = "tiering", operation_id = "list_observations",
    params(Observations), responses((status = 200, body = Page<AtStake>), ReadProblems))]
pub(super) async fn observations(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(asked): Query<Observations>,
) -> Result<axum::Json<Page<AtStake>>> {
    let (scope, now) = (can.scope.clone(), app.now());
    let limit = page::limit(asked.limit)?;
    let order = order(asked.sort.as_deref(), "observe_until")?;
    let page = app
        .db
        .read_async(move |tx| {
            let (ready, ..) = ready(tx, now, asked.programme)?;
            at_stake(tx, &scope, &ready, Which::Observed, order, limit, asked.after.as_deref())
        })
        .await?;
    Ok(axum::Json(page))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Keeps {
    programme: Option<ProgrammeId>,
    /// 0 to 366; 90 where none is given.
    within_days: Option<i32>,
    /// `keep_until` (the default) or `-net_spend`.
    sort: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// Whose cycle ends soon without the keep rule being met yet.
#[utoipa::path(get, path = "/tiering/keeps", tag = "tiering", operation_id = "list_keeps",
    params(Keeps), responses((status = 200, body = Page<AtStake>), ReadProblems))]
pub(super) async fn keeps(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(asked): Query<Keeps>,
) -> Result<axum::Json<Page<AtStake>>> {
    let (scope, now) = (can.scope.clone(), app.now());
    let limit = page::limit(asked.limit)?;
    let order = order(asked.sort.as_deref(), "keep_until")?;
    let within = asked.within_days.unwrap_or(90);
    if !(0..=366).contains(&within) {
        return Err(Error::invalid(
            "within_days_invalid",
            "天数应在 0 到 366 之间。",
            "within_days must be between 0 and 366.",
        )
        .at("within_days")
        .into());
    }
    let page = app
        .db
        .read_async(move |tx| {
            let (ready, _, today) = ready(tx, now, asked.programme)?;
            let which = Which::EndingBy(today.plus(within));
            at_stake(tx, &scope, &ready, which, order, limit, asked.after.as_deref())
        })
        .await?;
    Ok(axum::Json(page))
}

/// A level to put on top of the computed one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLevelLayer)]
pub(super) struct NewLayer {
    level_id: LevelId,
    /// At most 500 characters.
    reason: String,
    /// The last day of it. A grant needs one.
    #[serde(default)]
    until: Option<Day>,
    /// The primary one where none is given.
    #[serde(default)]
    programme_id: Option<ProgrammeId>,
}

#[derive(Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfProgramme {
    programme_id: Option<ProgrammeId>,
}

pub(super) fn check_reason(reason: &str) -> zunke_kernel::Result<()> {
    if reason.trim().is_empty() || reason.chars().count() > REASON_MOST {
        return Err(Error::invalid(
            "reason_invalid",
            "请填写理由，不超过 500 字。",
            "Give a reason of at most 500 characters.",
        )
        .at("reason"));
    }
    Ok(())
}

/// Puts a layer on a customer and looks at him with it. The customer is in the scope.
pub(super) fn lay(
    tx: &mut Tx,
    now: Instant,
    customer: CustomerId,
    active: &Active,
    kind: &str,
    layer: &Layer,
    organisation: &Organisation,
) -> zunke_kernel::Result<()> {
    let today = settings::today(organisation, now);
    if !active.rules.levels.iter().any(|level| level.id == layer.level) {
        return Err(Error::invalid("level_unknown", "没有该等级。", "There is no such level.").at("level_id"));
    }
    if layer.until.is_some_and(|until| until < today) {
        return Err(Error::invalid("until_past", "截止日期已过。", "This day has passed already.").at("until"));
    }
    check_day(layer.until)?;
    standing::require_free(tx, customer)?;
    standings::lock(tx, &[customer])?;
    lives::put_layer(tx, now, customer, active.programme, kind, layer)?;
    look(tx, now, customer, organisation)
}

/// Looks at a customer once more, by what is on record now.
pub(super) fn look(
    tx: &mut Tx,
    now: Instant,
    customer: CustomerId,
    organisation: &Organisation,
) -> zunke_kernel::Result<()> {
    let as_of = settings::today(organisation, now);
    let moment = Moment { now, as_of, currency: organisation.currency, cause: Cause::Person };
    let years = buckets::read(tx, &[customer])?;
    keep(tx, &moment, &[customer], &years)?;
    zunke_customers::tag::levels_changed(tx, now, &[customer])
}

/// 403 where the level is one that the caller doesn't see, or may not edit: nobody lifts a customer out of his own sight.
pub(super) fn in_sight(scope: &Scope, active: &Active, level: LevelId) -> zunke_kernel::Result<()> {
    let rank = active.rules.levels.iter().find(|known| known.id == level).map(|known| i64::from(known.rank));
    // Level rights speak of the primary programme's ranks.
    let Some(rank) = rank.filter(|_| active.is_primary) else { return Ok(()) };
    if !scope.levels.holds(rank) {
        return Err(Error::forbidden());
    }
    scope.require(Deed::Edit, rank)
}

async fn put(
    app: App,
    write: Write<may::ManageTiering>,
    id: CustomerId,
    kind: &'static str,
    new: NewLayer,
) -> Result<Response> {
    check_reason(&new.reason)?;
    let (scope, now, by, audit) = (write.actor.scope.clone(), write.now, write.actor.staff, write.audit());
    let tiers = tiers(&app);
    let done = write
        .run(&app, StatusCode::OK, move |tx| {
            let found = CustomerQuery::new(&scope).find(tx, id)?;
            scope.require(Deed::Edit, found.headline.level_rank)?;
            let organisation = settings::load(tx)?;
            let active = programme(tx, new.programme_id)?;
            in_sight(&scope, &active, new.level_id)?;
            let from = settings::today(&organisation, now);
            let reason = new.reason.trim().to_owned();
            let layer = Layer { level: new.level_id, from, until: new.until, reason, by: Some(by) };
            lay(tx, now, id, &active, kind, &layer, &organisation)?;
            let detail = serde_json::json!({
                "level_id": new.level_id, "until": new.until, "reason": layer.reason, "programme_id": active.programme,
            });
            audit.note(tx, &format!("level.{kind}"), id, &detail)?;
            ask::explain(tx, &organisation, from, id)
        })
        .await?;
    tiers.touch();
    Ok(done)
}

async fn take(
    app: App,
    write: Write<may::ManageTiering>,
    id: CustomerId,
    kind: &'static str,
    asked: OfProgramme,
) -> Result<Response> {
    let (scope, now, audit) = (write.actor.scope.clone(), write.now, write.audit());
    let tiers = tiers(&app);
    let done = write
        .run(&app, StatusCode::OK, move |tx| {
            let found = CustomerQuery::new(&scope).find(tx, id)?;
            scope.require(Deed::Edit, found.headline.level_rank)?;
            let organisation = settings::load(tx)?;
            let active = programme(tx, asked.programme_id)?;
            standings::lock(tx, &[id])?;
            if !lives::take_layer(tx, id, active.programme, kind)? {
                return Err(Error::not_found());
            }
            look(tx, now, id, &organisation)?;
            audit.note(
                tx,
                &format!("level.{kind}_taken"),
                id,
                &serde_json::json!({"programme_id": active.programme}),
            )?;
            ask::explain(tx, &organisation, settings::today(&organisation, now), id)
        })
        .await?;
    tiers.touch();
    Ok(done)
}

/// Set a customer's level by hand: it stands above what is computed, which goes on beneath.
#[utoipa::path(post, path = "/customers/{id}/level/manual", tag = "tiering", operation_id = "set_manual_level",
    params(("id" = CustomerId, Path)), request_body = NewLayer,
    responses((status = 200, body = Explanation), WriteProblems))]
pub(super) async fn set_manual(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<CustomerId>,
    Json(new): Json<NewLayer>,
) -> Result<Response> {
    put(app, write, id, "manual", new).await
}

/// Take a manual level away: the computed one counts again.
#[utoipa::path(delete, path = "/customers/{id}/level/manual", tag = "tiering", operation_id = "delete_manual_level",
    params(("id" = CustomerId, Path), OfProgramme), responses((status = 200, body = Explanation), WriteProblems))]
pub(super) async fn take_manual(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<CustomerId>,
    Query(asked): Query<OfProgramme>,
) -> Result<Response> {
    take(app, write, id, "manual", asked).await
}

/// Grant a level for a time: it lifts, and never lowers.
#[utoipa::path(post, path = "/customers/{id}/level/grant", tag = "tiering", operation_id = "grant_level",
    params(("id" = CustomerId, Path)), request_body = NewLayer,
    responses((status = 200, body = Explanation), WriteProblems))]
pub(super) async fn grant(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<CustomerId>,
    Json(new): Json<NewLayer>,
) -> Result<Response> {
    if new.until.is_none() {
        let text = ("临时授予需要截止日期。", "A grant needs a last day.");
        return Err(Error::invalid("until_missing", text.0, text.1).at("until").into());
    }
    put(app, write, id, "grant", new).await
}

/// End a grant.
#[utoipa::path(delete, path = "/customers/{id}/level/grant", tag = "tiering", operation_id = "delete_level_grant",
    params(("id" = CustomerId, Path), OfProgramme), responses((status = 200, body = Explanation), WriteProblems))]
pub(super) async fn take_grant(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Path(id): Path<CustomerId>,
    Query(asked): Query<OfProgramme>,
) -> Result<Response> {
    take(app, write, id, "grant", asked).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDay {
    day: Day,
    programme_id: Option<ProgrammeId>,
}

/// What was on record for a day.
#[derive(Serialize, ToSchema)]
#[schema(as = LevelOnDay)]
pub(super) struct Then {
    day: Day,
    level: Option<LevelFace>,
    /// The decision that led there, as it was stored; absent before the first one.
    decision: Option<LevelChange>,
}

/// What level a customer had on a day, and why: as it was stored then, never reckoned again.
#[utoipa::path(get, path = "/customers/{id}/level/on", tag = "tiering", operation_id = "get_customer_level_on_day",
    params(("id" = CustomerId, Path), OnDay), responses((status = 200, body = Then), ReadProblems))]
pub(super) async fn on_day(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
    Query(asked): Query<OnDay>,
) -> Result<axum::Json<Then>> {
    check_day(Some(asked.day))?;
    let scope = can.scope.clone();
    let then = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let active = programme(tx, asked.programme_id)?;
            let (before, after) = read::around(tx, id, active.programme, asked.day)?;
            let (level, version) = match (&before, &after) {
                (Some(before), _) => (before.to_level, Some(before.version_id)),
                (None, Some(after)) => (after.from_level, Some(after.version_id)),
                (None, None) => {
                    let recorded = standings::read(tx, &[id])?.remove(&(id, active.programme));
                    (recorded.filter(|recorded| recorded.since <= asked.day).and_then(|recorded| recorded.level), None)
                }
            };
            let then = version.map(|version| programmes::rules(tx, version)).transpose()?;
            let face = |rules: &crate::rules::Rules| {
                rules.levels.iter().find(|known| Some(known.id) == level).map(LevelFace::from)
            };
            let level = then.as_deref().and_then(face).or_else(|| face(&active.rules));
            Ok(Then { day: asked.day, level, decision: before })
        })
        .await?;
    Ok(axum::Json(then))
}

/// Orders that a customer might place.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LevelWhatIf)]
pub(super) struct WhatIf {
    /// 1 to 100.
    orders: Vec<PossibleOrder>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PossibleOrder {
    amount: Money,
    /// Today where none is given; the answer is as of the last one.
    #[serde(default)]
    day: Option<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LevelWhatIfAnswer)]
pub(super) struct WhatIfAnswer {
    now: Explanation,
    then: Explanation,
}

/// What would become of a customer's level with some more orders. Nothing is written.
#[utoipa::path(post, path = "/customers/{id}/level/what-if", tag = "tiering", operation_id = "ask_what_if",
    params(("id" = CustomerId, Path)), request_body = WhatIf,
    responses((status = 200, body = WhatIfAnswer), WriteProblems))]
pub(super) async fn what_if(
    State(app): State<App>,
    can: Asking<may::ReadTiering>,
    Path(id): Path<CustomerId>,
    Json(asked): Json<WhatIf>,
) -> Result<axum::Json<WhatIfAnswer>> {
    let fine = |order: &PossibleOrder| order.amount.0 >= 0 && order.amount < Money::units(1_000_000_000);
    if asked.orders.is_empty() || asked.orders.len() > 100 || !asked.orders.iter().all(fine) {
        return Err(Error::invalid(
            "orders_invalid",
            "请填写 1 到 100 个订单，金额不为负且小于 10 亿。",
            "Give 1 to 100 orders, none negative and each below a billion.",
        )
        .at("orders")
        .into());
    }
    for order in &asked.orders {
        check_day(order.day)?;
    }
    let (scope, now) = (can.scope.clone(), app.now());
    let answer = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let organisation = settings::load(tx)?;
            let today = settings::today(&organisation, now);
            let explained = ask::explain(tx, &organisation, today, id)?;
            let then = asked.orders.iter().filter_map(|order| order.day).max().map_or(today, |day| day.max(today));
            if then.since(today) > 1_100 {
                let text = ("最多推算到三年以后。", "At most three years ahead.");
                return Err(Error::invalid("day_out_of_range", text.0, text.1).at("orders"));
            }
            Ok(WhatIfAnswer { now: explained, then: suppose(tx, &organisation, today, then, id, &asked.orders)? })
        })
        .await?;
    Ok(axum::Json(answer))
}

fn suppose(
    tx: &mut Tx,
    organisation: &Organisation,
    today: Day,
    then: Day,
    id: CustomerId,
    orders: &[PossibleOrder],
) -> zunke_kernel::Result<Explanation> {
    let active = ask::primary(tx)?;
    let ready = Ready { gate: then, ..Ready::load(tx, &active, then, organisation.currency)? };
    let mut years = buckets::read(tx, &[id])?.remove(&id).unwrap_or_default();
    for order in orders {
        let day = order.day.unwrap_or(today);
        let values = DayValues { orders: 1, gross: order.amount.0, quantity: 1, ..DayValues::default() };
        let year = day.year();
        let place = years.binary_search_by_key(&year, |(year, _)| *year);
        let before: &[u8] = place.map_or(&[], |at| &years[at].1);
        let after = bucket::apply(before, bucket::first_of(year), &[Delta { day, values }])?;
        match place {
            Ok(at) => years[at].1 = after,
            Err(at) => years.insert(at, (year, after)),
        }
    }
    let mut recorded = standings::read(tx, &[id])?.remove(&(id, active.programme)).unwrap_or_default();
    let mut lived = lives::read(tx, &[id])?.remove(&(id, active.programme)).unwrap_or_default();
    let profile = inputs::profiles(tx, &ready.evaluator.plan, &[id])?.remove(&id).unwrap_or_default();
    if ready.lives(Some(&lived)) {
        let sections = buckets::sections(&years);
        let mut scratch = crate::evaluate::Scratch::default();
        let days = crate::image::Sections::new(&sections);
        ready.evaluator.gather(days.clone(), &mut scratch);
        let assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
        let case = Case {
            customer: id,
            days,
            profile,
            recorded: &recorded,
            lived: &lived,
            cause: Cause::Activity,
            taken_back: false,
        };
        if let Some(row) = ready.judge_life(&case, &assessment, &mut scratch) {
            (recorded.level, recorded.rank) = (row.standing.level, row.standing.rank);
            (recorded.since, recorded.revision) = (row.standing.since, recorded.revision.max(1));
            lived = row.life.map_or_else(Lived::default, |life| life.lived);
        }
    }
    let told = ask::Told { ready: &ready, years: &years, recorded: Some(&recorded), lived: Some(&lived), profile };
    Ok(told.explain())
}

/// Rules decide about everyone; so do runs.
pub(super) fn all(scope: &zunke_access::Scope) -> zunke_kernel::Result<()> {
    everyone(scope)
}

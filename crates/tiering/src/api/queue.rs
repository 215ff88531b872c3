//! The review queue: rises to be approved, and customers on a border.

use super::life::{check_reason, in_sight, lay, look, programme};
use super::tiers;
use crate::life::layers::Layer;
use crate::store::queue::{self, Filter, Item};
use crate::store::read::{self, LevelChange};
use crate::store::{lives, standings};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::settings::{self, Organisation};
use zunke_access::{Can, Deed, Scope, Write, may};
use zunke_http::{App, Json, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, LevelId, StaffId};
use zunke_kernel::page;
use zunke_kernel::{Day, Error, Instant, Text};
use zunke_store::Tx;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `upgrade`, `borderline`, `disagreement`, or `request` (the customer asked for a human being).
    kind: Option<String>,
    /// `open` (the default) or `decided`.
    state: Option<String>,
    customer_id: Option<CustomerId>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueRow)]
pub(super) struct ItemRow {
    #[serde(flatten)]
    item: Item,
    /// The last three changes of this customer's level.
    history: Vec<LevelChange>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueuePage)]
pub(super) struct Items {
    items: Vec<ItemRow>,
    next: Option<String>,
    /// Open items of each kind.
    open: Vec<Count>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueCount)]
struct Count {
    kind: String,
    items: i64,
}

/// What waits for a person, those that wait longest first.
#[utoipa::path(get, path = "/tiering/queue", tag = "tiering", operation_id = "list_queue", params(Asked),
    responses((status = 200, body = Items), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Items>> {
    let limit = page::limit(asked.limit)?;
    let known = |word: &Option<String>, all: &[&str]| word.as_ref().is_none_or(|word| all.contains(&word.as_str()));
    if !known(&asked.kind, &["upgrade", "borderline", "disagreement", super::rights::REQUEST]) {
        let text = (
            "类型可选：upgrade、borderline、disagreement、request。",
            "kind: upgrade, borderline, disagreement or request.",
        );
        return Err(Error::invalid("kind_invalid", text.0, text.1).at("kind").into());
    }
    if !known(&asked.state, &["open", "decided"]) {
        let text = ("状态可选：open、decided。", "state: open or decided.");
        return Err(Error::invalid("state_invalid", text.0, text.1).at("state").into());
    }
    let scope = can.scope.clone();
    let page = app
        .db
        .read_async(move |tx| {
            let decided = asked.state.as_deref() == Some("decided");
            let filter = Filter { kind: asked.kind, decided, customer: asked.customer_id };
            let page = queue::list(tx, &scope, &filter, limit, asked.after.as_deref())?;
            let mut ids: Vec<_> = page.items.iter().map(|item| item.customer_id).collect();
            ids.sort_unstable();
            ids.dedup();
            // A customer may stand in the queue more than once.
            let last = read::last(tx, &ids, 3)?;
            let history = |id| last.get(&id).cloned().unwrap_or_default();
            let items =
                page.items.into_iter().map(|item| ItemRow { history: history(item.customer_id), item }).collect();
            let open = queue::counts(tx, &scope)?.into_iter().map(|(kind, items)| Count { kind, items }).collect();
            Ok(Items { items, next: page.next, open })
        })
        .await?;
    Ok(axum::Json(page))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QueueVerdict)]
enum Verdict {
    /// Does what is proposed: a rise that waited; a borderline customer is let in, or set down, for one cycle; a
    /// disagreement, or what a customer asked for, has been looked at, and the level stays.
    Approve,
    /// Leaves everything as it is.
    Reject,
    /// Sets a level by hand.
    Lock,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QueueDecision)]
pub(super) struct Decision {
    /// 1 to 500.
    #[schema(value_type = Vec<String>)]
    ids: Vec<uuid::Uuid>,
    decision: Verdict,
    reason: String,
    /// For `lock`: the level, of the primary programme; the proposed one where none is given.
    #[serde(default)]
    level_id: Option<LevelId>,
    /// For `lock` and for a borderline customer: the last day. Where none is given, a borderline customer's is the end of
    /// the cycle, or a year from now where levels have no cycle.
    #[serde(default)]
    until: Option<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueResults)]
pub(super) struct Results {
    results: Vec<Outcome>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueOutcome)]
struct Outcome {
    #[schema(value_type = String)]
    id: uuid::Uuid,
    /// `approved`, `rejected`, `locked` or `refused`.
    outcome: String,
    error: Option<Text>,
}

/// Decide about items, one or many, with a reason. Each stands for itself: one that is refused holds up no other.
#[utoipa::path(post, path = "/tiering/queue/decide", tag = "tiering", operation_id = "decide_queue",
    request_body = Decision, responses((status = 200, body = Results), WriteProblems))]
pub(super) async fn decide(
    State(app): State<App>,
    write: Write<may::ManageTiering>,
    Json(decision): Json<Decision>,
) -> Result<Response> {
    check_reason(&decision.reason)?;
    if decision.ids.is_empty() || decision.ids.len() > 500 {
        let text = ("一次处理 1 到 500 条。", "Decide about 1 to 500 items at once.");
        return Err(Error::invalid("ids_invalid", text.0, text.1).at("ids").into());
    }
    let (scope, now, by, audit) = (write.actor.scope.clone(), write.now, write.actor.staff, write.audit());
    let tiers = tiers(&app);
    let done = write
        .run(&app, StatusCode::OK, move |tx| {
            let organisation = settings::load(tx)?;
            let mut results = Vec::with_capacity(decision.ids.len());
            for id in &decision.ids {
                let done = tx.attempt(|tx| {
                    let (item, state) = one(tx, &scope, now, by, &organisation, *id, &decision)?;
                    let detail = serde_json::json!({
                        "item": item.id, "kind": item.kind, "to_level": item.to_level, "reason": decision.reason,
                    });
                    audit.note(tx, &format!("queue.{state}"), item.customer_id, &detail)?;
                    Ok(state)
                });
                results.push(match done {
                    Ok(state) => Outcome { id: *id, outcome: state.into(), error: None },
                    Err(error) if error.kind == zunke_kernel::Kind::Internal => return Err(error),
                    Err(error) => Outcome { id: *id, outcome: "refused".into(), error: Some(error.text) },
                });
            }
            Ok(Results { results })
        })
        .await?;
    tiers.touch();
    Ok(done)
}

fn one(
    tx: &mut Tx,
    scope: &Scope,
    now: Instant,
    by: StaffId,
    organisation: &Organisation,
    id: uuid::Uuid,
    decision: &Decision,
) -> zunke_kernel::Result<(Item, &'static str)> {
    let item = queue::find(tx, scope, id)?;
    let customer = item.customer_id;
    let found = zunke_customers::CustomerQuery::new(scope).find(tx, customer)?;
    scope.require(Deed::Edit, found.headline.level_rank)?;
    standings::lock(tx, &[customer])?;
    let state = match decision.decision {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
        Verdict::Lock => "locked",
    };
    if !queue::close(tx, now, &item, state, by, decision.reason.trim())? {
        return Err(Error::conflict("item_closed", "该项已处理。", "This item is decided already."));
    }
    let active = programme(tx, Some(item.programme_id))?;
    let today = settings::today(organisation, now);
    let layer = |level: LevelId, until: Option<Day>| Layer {
        level,
        from: today,
        until,
        reason: decision.reason.trim().to_owned(),
        by: Some(by),
    };
    let rank = |id: Option<LevelId>| {
        active.rules.levels.iter().find(|level| Some(level.id) == id).map_or(0, |level| level.rank)
    };
    let within_sight = |level: LevelId| in_sight(scope, &active, level);
    let cycle = || {
        let end = active.rules.life.as_ref().map(|life| life.first_end(today, found.joined_day));
        Some(decision.until.or(end).unwrap_or(today.plus(365)))
    };
    match (decision.decision, item.kind.as_str(), item.to_level) {
        (Verdict::Approve, "upgrade", Some(level)) => {
            within_sight(level)?;
            lives::approve(tx, customer, active.programme, level, item.asked_on)?;
            look(tx, now, customer, organisation)?;
        }
        // Somebody just before a threshold is let in for one cycle.
        (Verdict::Approve, "borderline", Some(level)) if rank(Some(level)) > rank(item.from_level) => {
            within_sight(level)?;
            lay(tx, now, customer, &active, "grant", &layer(level, cycle()), organisation)?;
        }
        // Somebody just above one is set down for a cycle, by hand: his figures would hold the level.
        (Verdict::Approve, "borderline", Some(level)) if rank(Some(level)) < rank(item.from_level) => {
            within_sight(level)?;
            lay(tx, now, customer, &active, "manual", &layer(level, cycle()), organisation)?;
        }
        (Verdict::Lock, _, proposed) => {
            let level = decision.level_id.or(proposed).ok_or_else(|| {
                Error::invalid("level_missing", "请选择要锁定的等级。", "Choose the level to lock.").at("level_id")
            })?;
            within_sight(level)?;
            lay(tx, now, customer, &active, "manual", &layer(level, decision.until), organisation)?;
        }
        _ => {}
    }
    Ok((item, state))
}

//! What the law gives a person about decisions that a machine makes about him (PIPL Art. 24): what it rested on, by which
//! rules, what came of it, and that a human being looks at it once more.

use super::life::{in_sight, programme};
use crate::store::queue::{self, Filter, Item};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use zunke_access::{Can, Deed, Write, may, settings};
use zunke_customers::CustomerQuery;
use zunke_customers::privacy::{lock, standing};
use zunke_http::{App, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{CustomerId, JobId, LevelId, ProgrammeId, VersionId};
use zunke_kernel::{Day, Error, Instant, Text};
use zunke_store::Tx;

/// The kind of item in the review queue by which somebody asks for a human being.
pub const REQUEST: &str = "request";
const WORDS_CHARS: std::ops::RangeInclusive<usize> = 2..=1_000;
const MOST: i64 = 100;

/// One decision about a level.
#[derive(Serialize, ToSchema)]
#[schema(as = LevelDecision)]
struct Decided {
    #[schema(value_type = String)]
    id: Uuid,
    decided_at: Instant,
    as_of: Day,
    programme_id: ProgrammeId,
    programme: Text,
    /// `entered`, `raised`, `lowered` …
    change: String,
    /// `activity`, `evaluation`, `rules`, `review` or `person`.
    cause: String,
    /// By a machine alone, or by a person.
    automated: bool,
    from_rank: i64,
    to_rank: i64,
    from_level: Option<LevelId>,
    to_level: Option<LevelId>,
    score: f64,
    /// In one sentence.
    reason: Text,
    /// Every figure that the decision rested on, as it was then.
    #[schema(value_type = Object)]
    inputs: serde_json::Value,
    version_id: VersionId,
    /// The number of the version of the rules.
    version_number: i64,
    rules_published_at: Instant,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LevelDecisions)]
pub(super) struct Decisions {
    /// The latest first, at most 100.
    items: Vec<Decided>,
    /// What was asked of a human being, and what he said.
    reviews: Vec<Item>,
}

/// The decisions about a customer's level with everything they rested on, and what was asked of a human being.
#[utoipa::path(get, path = "/customers/{id}/level-decisions", tag = "privacy", operation_id = "list_level_decisions",
    params(("id" = CustomerId, Path)), responses((status = 200, body = Decisions), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ReadTiering>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<Decisions>> {
    let scope = can.scope.clone();
    let found = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let items = decisions(tx, id)?;
            let of = |decided| Filter { kind: Some(REQUEST.to_owned()), decided, customer: Some(id) };
            let mut reviews = queue::list(tx, &scope, &of(false), 50, None)?.items;
            reviews.extend(queue::list(tx, &scope, &of(true), 50, None)?.items);
            Ok(Decisions { items, reviews })
        })
        .await?;
    Ok(axum::Json(found))
}

fn decisions(tx: &mut Tx, customer: CustomerId) -> zunke_kernel::Result<Vec<Decided>> {
    tx.query(
        "SELECT d.decision_id, d.decided_at, d.as_of, d.programme_id, p.name_zh, p.name_en, d.change_kind, d.cause,
           d.from_rank, d.to_rank, d.from_level, d.to_level, d.score, d.reason, d.inputs, d.version_id, v.number,
           v.published_at
         FROM decisions d JOIN programmes p ON p.programme_id = d.programme_id
         JOIN programme_versions v ON v.version_id = d.version_id
         WHERE d.customer_id = $1 ORDER BY d.decided_at DESC, d.decision_id DESC LIMIT $2",
        &[customer.into(), MOST.into()],
        |row| {
            let cause = row.text(7)?;
            Ok(Decided {
                id: row.uuid(0)?,
                decided_at: row.instant(1)?,
                as_of: row.day(2)?,
                programme_id: row.id(3, ProgrammeId)?,
                programme: Text::new(row.text(4)?, row.text(5)?),
                change: row.text(6)?,
                automated: cause != "person",
                cause,
                from_rank: row.int(8)?,
                to_rank: row.int(9)?,
                from_level: row.opt_id(10, LevelId)?,
                to_level: row.opt_id(11, LevelId)?,
                score: row.real(12)?,
                reason: row.json(13)?,
                inputs: row.json(14)?,
                version_id: row.id(15, VersionId)?,
                version_number: row.int(16)?,
                rules_published_at: row.instant(17)?,
            })
        },
    )
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LevelReviewRequest)]
pub(super) struct Body {
    /// Why, in the customer's words: 2 to 1000 characters.
    words: String,
}

/// Ask, for the customer, that a human being looks at his level: it goes into the review queue, and what is decided
/// there is shown here.
#[utoipa::path(post, path = "/customers/{id}/level-review", tag = "privacy", operation_id = "ask_level_review",
    params(("id" = CustomerId, Path)), request_body = Body, responses((status = 201, body = Item), WriteProblems))]
pub(super) async fn ask(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<CustomerId>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let words = body.words.trim().to_owned();
    if !WORDS_CHARS.contains(&words.chars().count()) {
        let text = ("请填写 2 到 1000 个字的复核理由。", "Say why in 2 to 1000 characters.");
        return Err(Error::invalid("words_invalid", text.0, text.1).at("words").into());
    }
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            lock(tx, id)?;
            let customer = CustomerQuery::new(&actor.scope).find(tx, id)?;
            actor.scope.require(Deed::Edit, customer.headline.level_rank)?;
            standing::require_there(tx, id)?;
            let active = programme(tx, None)?;
            let today = settings::today(&settings::load(tx)?, now);
            let open = Filter { kind: Some(REQUEST.to_owned()), decided: false, customer: Some(id) };
            if !queue::list(tx, &actor.scope, &open, 1, None)?.items.is_empty() {
                let text = ("该客户已有一项复核正在处理。", "A review of this customer is open already.");
                return Err(Error::conflict("review_open", text.0, text.1));
            }
            let stands = customer.headline;
            if let Some(level) = stands.level_id {
                in_sight(&actor.scope, &active, level)?;
            }
            let item = JobId::new(now).0;
            let why = Text::new(format!("客户要求人工复核：{words}"), format!("The customer asks for a human review: {words}"));
            tx.execute(
                "INSERT INTO level_queue (item_id, customer_id, programme_id, kind, state, from_level, to_level, asked_on,
                   why, score, rfm, version)
                 VALUES ($1, $2, $3, $4, 'open', $5, $5, $6, $7, $8, $9, 1)",
                &[
                    item.into(),
                    id.into(),
                    active.programme.into(),
                    REQUEST.into(),
                    stands.level_id.into(),
                    today.into(),
                    serde_json::to_string(&why).map_err(Error::internal)?.into(),
                    stands.score.unwrap_or(0.0).into(),
                    stands.rfm.into(),
                ],
            )?;
            audit.note(tx, "level.review_ask", id, &json!({ "item": item }))?;
            queue::find(tx, &actor.scope, item)
        })
        .await
}

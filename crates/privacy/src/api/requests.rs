//! `/privacy/requests`: the register, and what is done about each.

use super::{context, fits, holders, needed, observers};
use crate::erase::{self, Preview};
use crate::request::{Channel, Request, RequestId, State as RequestState, due};
use crate::store::{self, Filter};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Can, Write, may, settings as house};
use zunke_customers::CustomerQuery;
use zunke_customers::privacy::settings::{self, Asked};
use zunke_customers::privacy::standing;
use zunke_http::{App, IfMatch, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::calendar::{Calendar, named};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Instant, page};
use zunke_service::store::calendars;
use zunke_store::Tx;

/// A request is written down at the latest so long after it came.
const LATE_MS: i64 = 366 * 86_400_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asks {
    /// `open`, `done`, `refused` or `withdrawn`.
    #[param(value_type = Option<String>)]
    state: Option<RequestState>,
    /// `access`, `portability`, `correction`, `erasure` or `restriction`.
    #[param(value_type = Option<String>)]
    kind: Option<Asked>,
    customer_id: Option<CustomerId>,
    /// Only open ones whose time is up.
    #[serde(default)]
    overdue: bool,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivacyRequestPage)]
pub(super) struct Requests {
    items: Vec<Request>,
    next: Option<String>,
    /// How many are open, and how many of those are overdue.
    open: i64,
    overdue: i64,
}

/// Requests of people about their own data: open ones by their due time, others the latest first.
#[utoipa::path(get, path = "/privacy/requests", tag = "privacy", operation_id = "list_privacy_requests", params(Asks),
    responses((status = 200, body = Requests), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::ManagePrivacy>,
    Query(asked): Query<Asks>,
) -> Result<axum::Json<Requests>> {
    let (now, scope) = (app.now(), can.scope.clone());
    let limit = page::limit(asked.limit)?;
    let found = app
        .db
        .read_async(move |tx| {
            let filter = Filter {
                state: asked.state,
                kind: asked.kind,
                customer: asked.customer_id,
                overdue_at: asked.overdue.then_some(now),
            };
            let page = store::list(tx, &scope, &filter, limit, asked.after.as_deref())?;
            let (open, overdue) = store::counts(tx, &scope, now)?;
            Ok(Requests { items: page.items, next: page.next, open, overdue })
        })
        .await?;
    Ok(axum::Json(found))
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomerPrivacyRequests)]
pub(super) struct OfCustomer {
    items: Vec<Request>,
}

/// What a customer has asked for, the latest due time first.
#[utoipa::path(get, path = "/customers/{id}/privacy-requests", tag = "privacy",
    operation_id = "list_customer_privacy_requests", params(("id" = CustomerId, Path)),
    responses((status = 200, body = OfCustomer), ReadProblems))]
pub(super) async fn of_customer(
    State(app): State<App>,
    can: Can<may::ReadCustomers>,
    Path(id): Path<CustomerId>,
) -> Result<axum::Json<OfCustomer>> {
    let scope = can.scope.clone();
    let items = app
        .db
        .read_async(move |tx| {
            CustomerQuery::new(&scope).find(tx, id)?;
            let filter = Filter { customer: Some(id), ..Filter::default() };
            Ok(store::list(tx, &scope, &filter, 100, None)?.items)
        })
        .await?;
    Ok(axum::Json(OfCustomer { items }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrivacyRequest)]
pub(super) struct NewBody {
    kind: Asked,
    channel: Channel,
    /// What was asked, in the person's own words.
    #[serde(default)]
    words: Option<String>,
    /// When it came; now where it is left out.
    #[serde(default)]
    received_at: Option<Instant>,
}

/// Write down what a customer asks for about his own data. From here on its clock runs.
#[utoipa::path(post, path = "/customers/{id}/privacy-requests", tag = "privacy",
    operation_id = "create_privacy_request", params(("id" = CustomerId, Path)), request_body = NewBody,
    responses((status = 201, body = Request), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::EditCustomers>,
    Path(id): Path<CustomerId>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    if let Some(words) = &body.words {
        fits(words, "words")?;
    }
    let received = body.received_at.unwrap_or(now);
    if received > now || received < now.plus_ms(-LATE_MS) {
        let text = ("收到时间应在过去一年之内。", "It must have come within the last year.");
        return Err(Error::invalid("received_at_invalid", text.0, text.1).at("received_at").into());
    }
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            zunke_customers::privacy::lock(tx, id)?;
            let customer = CustomerQuery::new(&actor.scope).find(tx, id)?;
            standing::require_there(tx, id)?;
            if let Some(number) = store::open_of(tx, id, body.kind)? {
                return Err(Error::conflict(
                    "request_open",
                    format!("该客户已有一项同类请求正在处理（第 {number} 号）。"),
                    format!("A request of this kind is open for this customer already (number {number})."),
                ));
            }
            let due_at = due_of(tx, body.kind, received)?;
            let request = Request {
                id: RequestId::new(now),
                number: store::next_number(tx)?,
                customer_id: id,
                customer_name: customer.name,
                kind: body.kind,
                state: RequestState::Open,
                received_at: received,
                due_at,
                first_due_at: due_at,
                extension: None,
                channel: body.channel,
                words: body.words.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned),
                identity_check: None,
                answer: None,
                certificate: None,
                asked_by: Some(actor.staff),
                decided_by: None,
                decided_at: None,
                version: 1,
            };
            store::insert(tx, &request)?;
            let detail = json!({ "number": request.number, "kind": request.kind, "due_at": request.due_at });
            audit.note(tx, "privacy.request", id, &detail)?;
            Ok(request)
        })
        .await
}

/// When an answer is due, by the settings and the working calendar that stand now.
fn due_of(tx: &mut Tx, kind: Asked, received: Instant) -> zunke_kernel::Result<Instant> {
    let settings = settings::load(tx)?;
    let zone = house::load(tx)?.zone();
    let stored = match settings.calendar_id {
        Some(id) => calendars::find(tx, id)?,
        None => None,
    };
    let spec = match stored {
        Some(stored) => Some(stored.spec),
        None => calendars::all(tx)?.into_iter().next().map(|stored| stored.spec),
    };
    let spec = spec.or_else(|| named("cn")).ok_or_else(|| Error::internal("there is no working calendar"))?;
    due(settings.clock(kind), received, &zone, &Calendar::build(&spec)?)
}

/// One request.
#[utoipa::path(get, path = "/privacy/requests/{id}", tag = "privacy", operation_id = "get_privacy_request",
    params(("id" = RequestId, Path)), responses((status = 200, body = Request), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    can: Can<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
) -> Result<zunke_http::Versioned<Request>> {
    let scope = can.scope.clone();
    let found = app.db.read_async(move |tx| store::find(tx, &scope, id)).await?;
    Ok(zunke_http::Versioned(found.version, found))
}

/// What an erasure would do: what goes, what stays, and what must be brought to an end first.
#[utoipa::path(get, path = "/privacy/requests/{id}/preview", tag = "privacy",
    operation_id = "preview_privacy_erasure", params(("id" = RequestId, Path)),
    responses((status = 200, body = Preview), ReadProblems))]
pub(super) async fn preview(
    State(app): State<App>,
    can: Can<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
) -> Result<axum::Json<Preview>> {
    let (scope, holders) = (can.scope.clone(), holders(&app)?);
    let found = app
        .db
        .read_async(move |tx| {
            let request = store::find(tx, &scope, id)?;
            erase::preview(tx, &holders, request.customer_id)
        })
        .await?;
    Ok(axum::Json(found))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyCarryOut)]
pub(super) struct CarryOut {
    /// How it was made sure that the person is who he says.
    identity_check: String,
    /// What was done; needed for a correction.
    #[serde(default)]
    answer: Option<String>,
    /// For an erasure: the customer's name once more, because it can't be taken back.
    #[serde(default)]
    confirm_name: Option<String>,
}

/// Do what was asked: erase, restrict, or set down that the copy was handed over or the data were corrected. Doing it
/// once more answers what was done.
#[utoipa::path(post, path = "/privacy/requests/{id}/carry-out", tag = "privacy",
    operation_id = "carry_out_privacy_request", params(("id" = RequestId, Path)), request_body = CarryOut,
    responses((status = 200, body = Request), WriteProblems))]
pub(super) async fn carry_out(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
    Json(body): Json<CarryOut>,
) -> Result<Response> {
    let check =
        needed(&body.identity_check, "identity_check", "身份核验方式", "how the person's identity was checked")?;
    if let Some(answer) = &body.answer {
        fits(answer, "answer")?;
    }
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    let (holders, told) = (holders(&app)?, observers(&app));
    write
        .run(&app, StatusCode::OK, move |tx| {
            let found = store::find(tx, &actor.scope, id)?;
            zunke_customers::privacy::lock(tx, found.customer_id)?;
            let mut request = store::find(tx, &actor.scope, id)?;
            if request.state == RequestState::Done {
                return Ok(request);
            }
            must_be_open(&request)?;
            request.identity_check = Some(check.clone());
            request.answer =
                body.answer.as_deref().map(str::trim).filter(|answer| !answer.is_empty()).map(str::to_owned);
            let customer = request.customer_id;
            match request.kind {
                Asked::Correction if request.answer.is_none() => {
                    let text = ("请填写更正了什么。", "Say what was corrected.");
                    return Err(Error::invalid("answer_missing", text.0, text.1).at("answer"));
                }
                Asked::Access | Asked::Portability | Asked::Correction => {}
                Asked::Restriction => {
                    standing::require_there(tx, customer)?;
                    let state = standing::State::Restricted;
                    standing::set(tx, now, customer, state, Some(id.0), request.answer.as_deref())?;
                }
                Asked::Erasure => {
                    if body.confirm_name.as_deref().map(str::trim) != Some(request.customer_name.as_str()) {
                        return Err(Error::invalid(
                            "confirm_name_wrong",
                            "请准确输入客户姓名，确认匿名化（不可撤销）。",
                            "Type the customer's name exactly: an erasure can't be taken back.",
                        )
                        .at("confirm_name"));
                    }
                    let context = context(tx, now, &actor, &told)?;
                    let certificate = erase::erase(tx, &holders, &context, customer, request.number)?;
                    // Not kept: both may say who it was.
                    (request.identity_check, request.answer) = (None, None);
                    request.certificate = Some(certificate);
                    standing::set(tx, now, customer, standing::State::Erased, Some(id.0), None)?;
                }
            }
            request.state = RequestState::Done;
            (request.decided_by, request.decided_at) = (Some(actor.staff), Some(now));
            store::save(tx, &request)?;
            let detail = json!({ "number": request.number, "kind": request.kind,
                "late": now > request.due_at,
                "certificate": request.certificate.as_ref().map(|one| one.fingerprint.clone()) });
            audit.note(tx, "privacy.carry_out", customer, &detail)?;
            store::find(tx, &actor.scope, id)
        })
        .await
}

fn must_be_open(request: &Request) -> zunke_kernel::Result<()> {
    if request.state == RequestState::Open {
        return Ok(());
    }
    Err(Error::conflict("request_closed", "该请求已办结。", "This request is decided already."))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyReason)]
pub(super) struct Reason {
    reason: String,
}

async fn close(
    app: &App,
    write: &Write<may::ManagePrivacy>,
    id: RequestId,
    if_match: IfMatch,
    reason: &str,
    state: RequestState,
) -> Result<Response> {
    let reason = needed(reason, "reason", "理由", "the reason")?;
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    write
        .run(app, StatusCode::OK, move |tx| {
            let found = store::find(tx, &actor.scope, id)?;
            zunke_customers::privacy::lock(tx, found.customer_id)?;
            let mut request = store::find(tx, &actor.scope, id)?;
            if_match.check(request.version)?;
            must_be_open(&request)?;
            request.state = state;
            request.answer = Some(reason.clone());
            (request.decided_by, request.decided_at) = (Some(actor.staff), Some(now));
            store::save(tx, &request)?;
            // Why stands in the request, where an erasure reaches it.
            let detail = json!({ "number": request.number, "kind": request.kind });
            audit.note(tx, &format!("privacy.{}", state.word()), request.customer_id, &detail)?;
            store::find(tx, &actor.scope, id)
        })
        .await
}

/// Refuse a request, with the reason that the person is told.
#[utoipa::path(post, path = "/privacy/requests/{id}/refuse", tag = "privacy",
    operation_id = "refuse_privacy_request", params(("id" = RequestId, Path)), request_body = Reason,
    responses((status = 200, body = Request), WriteProblems))]
pub(super) async fn refuse(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
    if_match: IfMatch,
    Json(body): Json<Reason>,
) -> Result<Response> {
    close(&app, &write, id, if_match, &body.reason, RequestState::Refused).await
}

/// Set down that the person took the request back.
#[utoipa::path(post, path = "/privacy/requests/{id}/withdraw", tag = "privacy",
    operation_id = "withdraw_privacy_request", params(("id" = RequestId, Path)), request_body = Reason,
    responses((status = 200, body = Request), WriteProblems))]
pub(super) async fn withdraw(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
    if_match: IfMatch,
    Json(body): Json<Reason>,
) -> Result<Response> {
    close(&app, &write, id, if_match, &body.reason, RequestState::Withdrawn).await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivacyExtension)]
pub(super) struct Extension {
    /// 1 to 60 days more, once.
    days: i64,
    reason: String,
}

/// Put the due time off, once, with the reason that the person is told.
#[utoipa::path(post, path = "/privacy/requests/{id}/extend", tag = "privacy",
    operation_id = "extend_privacy_request", params(("id" = RequestId, Path)), request_body = Extension,
    responses((status = 200, body = Request), WriteProblems))]
pub(super) async fn extend(
    State(app): State<App>,
    write: Write<may::ManagePrivacy>,
    Path(id): Path<RequestId>,
    if_match: IfMatch,
    Json(body): Json<Extension>,
) -> Result<Response> {
    let reason = needed(&body.reason, "reason", "理由", "the reason")?;
    if !(1..=60).contains(&body.days) {
        return Err(Error::invalid("days_invalid", "可延长 1 到 60 天。", "By 1 to 60 days.").at("days").into());
    }
    let (actor, audit) = (write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let found = store::find(tx, &actor.scope, id)?;
            zunke_customers::privacy::lock(tx, found.customer_id)?;
            let mut request = store::find(tx, &actor.scope, id)?;
            if_match.check(request.version)?;
            must_be_open(&request)?;
            if request.extension.is_some() {
                let text = ("该请求已延长过一次，不能再延长。", "This request was put off once already.");
                return Err(Error::conflict("extended_already", text.0, text.1));
            }
            request.due_at = request.due_at.plus_secs(body.days * 86_400);
            request.extension = Some(reason.clone());
            store::save(tx, &request)?;
            let detail = json!({ "number": request.number, "days": body.days });
            audit.note(tx, "privacy.extend", request.customer_id, &detail)?;
            store::find(tx, &actor.scope, id)
        })
        .await
}

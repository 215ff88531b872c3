//! `/exports`: exports that are written in the background, with a reason, the word of a second person where there are
//! many customers in them, a number in every row, and an end.

use super::files::{self, Export, ExportFiles, ExportId, State as ExportState};
use super::work::{Payload, WriteExports, read_filters};
use crate::api::Narrowed;
use crate::custom::Sight;
use crate::privacy::settings;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Actor, Can, Permission, Write, may};
use zunke_http::routes;
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant};
use zunke_store::Tx;
use zunke_store::jobs::{self, NewJob};

const REASON_CHARS: std::ops::RangeInclusive<usize> = 2..=500;
const FILTER_CHARS_MAX: usize = 8_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(decide))
        .routes(routes!(retry))
        .routes(routes!(file))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewExport)]
struct Body {
    /// `csv` or `xlsx`.
    format: String,
    /// The filters of the list, as its query string; empty: everybody whom the caller sees.
    #[serde(default)]
    filters: String,
    /// What the file is for, 2 to 500 characters.
    reason: String,
}

fn check_reason(reason: &str) -> zunke_kernel::Result<()> {
    if REASON_CHARS.contains(&reason.trim().chars().count()) {
        return Ok(());
    }
    Err(Error::invalid("reason_invalid", "请填写 2 到 500 个字的理由。", "Give a reason of 2 to 500 characters.")
        .at("reason"))
}

/// Ask for a file of customers. Up to a number of rows it is written at once; above, a second person agrees first.
#[utoipa::path(post, path = "/exports", tag = "privacy", operation_id = "create_export", request_body = Body,
    responses((status = 201, body = Export), WriteProblems))]
async fn create(
    State(app): State<App>,
    write: Write<may::ExportCustomers>,
    Json(body): Json<Body>,
) -> Result<Response> {
    if !["csv", "xlsx"].contains(&body.format.as_str()) {
        let text = ("导出格式应为 csv 或 xlsx。", "The format is csv or xlsx.");
        return Err(Error::invalid("format_unknown", text.0, text.1).at("format").into());
    }
    check_reason(&body.reason)?;
    if body.filters.chars().count() > FILTER_CHARS_MAX {
        let text = ("筛选条件过长。", "The filters are too long.");
        return Err(Error::invalid("filters_invalid", text.0, text.1).at("filters").into());
    }
    let params = read_filters(&body.filters)?;
    let (now, actor, audit) = (write.now, write.actor.clone(), write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let query = Narrowed::within(tx, now, &actor.scope, &Sight::of(&actor), &params)?;
            let rows = query.count(tx)?;
            let waits = rows > settings::load(tx)?.export_approval_above;
            let export = Export {
                id: ExportId::new(now),
                number: files::next_number(tx)?,
                staff_id: actor.staff,
                staff_name: actor.name.clone(),
                format: body.format.clone(),
                filters: body.filters.trim_start_matches('?').to_owned(),
                reason: body.reason.trim().to_owned(),
                state: if waits { ExportState::Asked } else { ExportState::Running },
                asked_rows: rows,
                file_rows: None,
                bytes: None,
                sha256: None,
                problem: None,
                asked_at: now,
                decided_by: None,
                decided_at: None,
                decision: None,
                ready_at: None,
                expires_at: None,
                downloads: 0,
                version: 1,
            };
            files::insert(tx, &export)?;
            if !waits {
                enqueue(tx, now, export.id, actor.staff)?;
            }
            let detail = json!({ "number": export.number, "rows": rows, "filters": export.filters,
                "format": export.format, "reason": export.reason, "waits": waits });
            audit.note(tx, "customers.export_ask", export.id, &detail)?;
            Ok(export)
        })
        .await
}

fn enqueue(tx: &mut Tx, now: Instant, id: ExportId, by: StaffId) -> zunke_kernel::Result<()> {
    let payload = serde_json::to_value(Payload { export_id: id }).map_err(Error::internal)?;
    let job = NewJob { created_by: Some(by), ..NewJob::new(WriteExports::KIND, payload, now) };
    jobs::enqueue(tx, now, job).map(|_| ())
}

/// Whose exports somebody sees: his own, or everybody's where he decides about them.
fn seen_by(actor: &Actor) -> Option<StaffId> {
    actor.require(Permission::ApproveExports).is_err().then_some(actor.staff)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// `asked`, `running`, `ready`, `refused`, `failed`, `expired` or `withdrawn`.
    state: Option<String>,
    /// 1 to 500; 50 where none is given.
    limit: Option<u32>,
    after: Option<String>,
}

/// Exports, the newest first: one's own, and everybody's for those who decide about them.
#[utoipa::path(get, path = "/exports", tag = "privacy", operation_id = "list_exports", params(Asked),
    responses((status = 200, body = Page<Export>), ReadProblems))]
async fn list(
    State(app): State<App>,
    can: Can<may::ExportCustomers>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Export>>> {
    let limit = page::limit(asked.limit)?;
    let known = ["asked", "running", "ready", "refused", "failed", "expired", "withdrawn"];
    if asked.state.as_deref().is_some_and(|state| !known.contains(&state)) {
        return Err(Error::invalid("state_invalid", "没有这种状态。", "There is no such state.").at("state").into());
    }
    let own = seen_by(&can);
    let page = app
        .db
        .read_async(move |tx| files::list(tx, own, asked.state.as_deref(), limit, asked.after.as_deref()))
        .await?;
    Ok(axum::Json(page))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExportDecision)]
struct Decision {
    approve: bool,
    /// Needed where it is refused.
    #[serde(default)]
    reason: Option<String>,
}

/// Agree to an export, or refuse it. Nobody decides about his own.
#[utoipa::path(post, path = "/exports/{id}/decide", tag = "privacy", operation_id = "decide_export",
    params(("id" = ExportId, Path)), request_body = Decision, responses((status = 200, body = Export), WriteProblems))]
async fn decide(
    State(app): State<App>,
    write: Write<may::ApproveExports>,
    Path(id): Path<ExportId>,
    Json(body): Json<Decision>,
) -> Result<Response> {
    if !body.approve {
        check_reason(body.reason.as_deref().unwrap_or_default())?;
    }
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let export = files::find(tx, id, None)?;
            if export.staff_id == by {
                return Err(Error::conflict(
                    "own_export",
                    "不能审批自己的导出，请由另一位有权限的同事审批。",
                    "Nobody decides about his own export; somebody else who may has to.",
                ));
            }
            let to = if body.approve { ExportState::Running } else { ExportState::Refused };
            let words = body.reason.as_deref().map(str::trim).filter(|words| !words.is_empty());
            if !files::decide(tx, now, id, by, to, words)? {
                return Err(Error::conflict("export_decided", "该导出已处理。", "This export is decided already."));
            }
            if body.approve {
                enqueue(tx, now, id, export.staff_id)?;
            }
            let action = if body.approve { "customers.export_approve" } else { "customers.export_refuse" };
            let detail = json!({ "number": export.number, "rows": export.asked_rows, "reason": words });
            audit.note(tx, action, id, &detail)?;
            files::find(tx, id, None)
        })
        .await
}

/// Have a file that failed written again, with what one may see now. It was agreed to and needs no second word.
#[utoipa::path(post, path = "/exports/{id}/retry", tag = "privacy", operation_id = "retry_export",
    params(("id" = ExportId, Path)), responses((status = 200, body = Export), WriteProblems))]
async fn retry(
    State(app): State<App>,
    write: Write<may::ExportCustomers>,
    Path(id): Path<ExportId>,
) -> Result<Response> {
    let (now, staff, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let export = files::find(tx, id, Some(staff))?;
            if !files::again(tx, id)? {
                let text = ("只有失败的导出可以重新生成。", "Only a failed export is written again.");
                return Err(Error::conflict("export_not_failed", text.0, text.1));
            }
            enqueue(tx, now, id, staff)?;
            audit.note(tx, "customers.export_retry", id, &json!({ "number": export.number }))?;
            files::find(tx, id, Some(staff))
        })
        .await
}

/// The file of an export, for the one who asked for it. Every download is in the audit record.
#[utoipa::path(get, path = "/exports/{id}/file", tag = "privacy", operation_id = "get_export_file",
    params(("id" = ExportId, Path)),
    responses((status = 200, description = "The file", content((Vec<u8> = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ReadProblems))]
async fn file(State(app): State<App>, can: Can<may::ExportCustomers>, Path(id): Path<ExportId>) -> Result<Response> {
    let (now, staff) = (app.now(), can.staff);
    let files = app.get::<ExportFiles>().ok_or_else(|| Error::internal("there is no folder of exports"))?;
    let export = app.db.read_async(move |tx| files::find(tx, id, Some(staff))).await?;
    if export.state != ExportState::Ready || export.expires_at.is_some_and(|until| until <= now) {
        return Err(Error::conflict(
            "export_not_there",
            "文件尚未生成、已过期或已撤回，请重新导出。",
            "The file is not written yet, or its time is over, or it was withdrawn; please export anew.",
        )
        .into());
    }
    let path = files.path(id);
    let bytes = tokio::task::spawn_blocking(move || std::fs::read(path))
        .await
        .map_err(Error::internal)?
        .map_err(|error| Error::not_found().caused_by(error))?;
    let number = export.number;
    app.db
        .write_async(move |tx| {
            files::downloaded(tx, id)?;
            let detail = json!({ "number": number });
            zunke_store::audit::write(tx, now, Some(staff), "customers.export_download", &id.to_string(), &detail)
        })
        .await?;
    let kind = if export.format == "csv" {
        "text/csv; charset=utf-8"
    } else {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    };
    let name = format!("attachment; filename=\"customers-{}.{}\"", export.number, export.format);
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, name)
        .header(header::CACHE_CONTROL, "no-store")
        .body(axum::body::Body::from(bytes))
        .map_err(|error| Error::internal(error).into())
}

//! `/imports` and `/import-mappings`.

use super::files::Files;
use super::mapping::Mapping;
use super::preview::{self, Preview};
use super::progress::Progress;
use super::reader::{self, FILE_LIMIT, ReadOptions, Shape, Sheet};
use super::store::{self, Failure, Import, NamedMapping, State as ImportState};
use super::{errors, run, starter, suggest};
use crate::export::stream;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Actor, Can, Write, may, settings};
use zunke_http::routes;
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{ImportId, StaffId};
use zunke_kernel::page::{self, Page};
use zunke_kernel::{Error, Instant, Text};
use zunke_store::Tx;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload, list))
        .routes(routes!(get))
        .routes(routes!(look))
        .routes(routes!(inspect))
        .routes(routes!(start))
        .routes(routes!(cancel))
        .routes(routes!(resume))
        .routes(routes!(undo))
        .routes(routes!(error_file))
        .routes(routes!(mappings, save_mapping))
        .routes(routes!(delete_mapping))
}

/// An import as the API shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
struct View {
    id: ImportId,
    file_name: String,
    file_size: u64,
    state: ImportState,
    /// Column names, made unique.
    columns: Vec<String>,
    sheets: Vec<Sheet>,
    encoding: Option<String>,
    shape: Shape,
    /// Data rows found when the file was looked at.
    rows_estimated: u64,
    sample: Vec<Vec<String>>,
    warnings: Vec<Text>,
    /// Where it was not started yet: the remembered mapping that fits, or one made of the column names.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_mapping: Option<Mapping>,
    /// The name of the remembered mapping that is suggested.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_name: Option<String>,
    mapping: Option<Mapping>,
    #[serde(flatten)]
    progress: Progress,
    error: Option<Failure>,
    created_by: Option<StaffId>,
    created_at: Instant,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
}

impl View {
    fn of(tx: &mut Tx, import: Import) -> zunke_kernel::Result<Self> {
        let mut suggested = (None, None);
        if matches!(import.state, ImportState::Uploaded | ImportState::Previewed) {
            let shape = &import.inspection.shape;
            let fits = |named: &NamedMapping| !named.built_in && named.mapping.check(shape).is_ok();
            // Of several that fit the one that uses most of the file.
            let remembered =
                store::mappings(tx)?.into_iter().filter(fits).max_by_key(|named| named.mapping.columns.len());
            suggested = match remembered {
                Some(named) => (Some(named.mapping), Some(named.name)),
                None => {
                    let mut mapping = suggest::suggest(&import.inspection, &import.file_name);
                    // Only suggested here; what he may fill is looked up when it runs.
                    starter::reader(tx, import.created_by, import.created_at)?.suggest(&mut mapping, shape);
                    (Some(mapping), None)
                }
            };
        }
        let inspection = import.inspection;
        Ok(Self {
            id: import.id,
            file_name: import.file_name,
            file_size: import.file_size,
            state: import.state,
            columns: inspection.shape.columns.clone(),
            sheets: inspection.sheets,
            encoding: inspection.shape.encoding.clone(),
            shape: inspection.shape,
            rows_estimated: inspection.rows,
            sample: inspection.sample,
            warnings: inspection.warnings,
            suggested_mapping: suggested.0,
            suggested_name: suggested.1,
            mapping: import.mapping,
            progress: import.progress,
            error: import.error,
            created_by: import.created_by,
            created_at: import.created_at,
            started_at: import.started_at,
            finished_at: import.finished_at,
        })
    }

    /// One whose state has just been changed.
    fn find(tx: &mut Tx, id: ImportId) -> zunke_kernel::Result<Self> {
        let import = store::find(tx, id)?;
        Self::of(tx, import)
    }
}

/// Whose imports this actor may know of: `None` is everybody's. A file holds rows of any customer, so that others'
/// files are for those who see every customer.
fn reach(actor: &Actor) -> Option<StaffId> {
    (!actor.scope.is_all()).then_some(actor.staff)
}

fn files(app: &App) -> zunke_kernel::Result<Files> {
    app.get::<Files>().ok_or_else(|| Error::internal("the folder of imports was not put into the app"))
}

/// Blocking work of a request.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> zunke_kernel::Result<T> + Send + 'static,
) -> zunke_kernel::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadParams {
    /// The file's name, for people.
    #[serde(default)]
    file_name: String,
}

/// Take a file in: the body is the file itself, at most 200 MB. Answers what was found in it and a mapping to start from.
#[utoipa::path(post, path = "/imports", tag = "imports", operation_id = "create_import", params(UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = View), WriteProblems))]
async fn upload(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Query(params): Query<UploadParams>,
    body: Body,
) -> Result<Response> {
    let files = files(&app)?;
    let (now, by) = (write.now, write.actor.staff);
    let id = ImportId::new(now);
    let kept = files.clone();
    let received = async {
        let path = {
            let files = files.clone();
            blocking(move || files.prepare(id)).await?
        };
        receive(body, &path).await?;
        let name = params.file_name;
        blocking(move || run::look(&files, id, &name, Some(by), now)).await
    };
    let import = match received.await {
        Ok(import) => import,
        Err(error) => {
            kept.remove(id);
            return Err(error.into());
        }
    };
    write.read_body(import.file_hash.as_bytes());
    let audit = write.audit();
    let answer = write
        .run(&app, StatusCode::CREATED, move |tx| {
            store::insert(tx, &import)?;
            audit.note(
                tx,
                "import.upload",
                import.id,
                &json!({ "file": import.file_name, "rows": import.inspection.rows }),
            )?;
            View::of(tx, import.clone())
        })
        .await;
    // A repeated call was answered with the first upload; this copy of the file belongs to nothing.
    let entered = answer.as_ref().is_ok_and(|answer| !answer.headers().contains_key("idempotency-replayed"));
    if !entered {
        kept.remove(id);
    }
    answer
}

/// Streams a body to the disk.
async fn receive(body: Body, path: &std::path::Path) -> zunke_kernel::Result<()> {
    let mut file = tokio::fs::File::create(path).await.map_err(Error::internal)?;
    let mut stream = body.into_data_stream();
    let mut size = 0u64;
    while let Some(block) = stream.next().await {
        let block = block.map_err(|error| {
            Error::invalid("upload_broken", "上传中断，请重试。", "The upload broke off; please try again.")
                .caused_by(error)
        })?;
        size += block.len() as u64;
        if size > FILE_LIMIT {
            return Err(run::too_large());
        }
        file.write_all(&block).await.map_err(Error::internal)?;
    }
    file.sync_all().await.map_err(Error::internal)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// 1–500, default 50.
    limit: Option<u32>,
    after: Option<String>,
}

/// Imports, the newest first.
#[utoipa::path(get, path = "/imports", tag = "imports", operation_id = "list_imports", params(ListQuery),
    responses((status = 200, body = Page<View>), ReadProblems))]
async fn list(
    State(app): State<App>,
    can: Can<may::ImportCustomers>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page<View>>> {
    let limit = page::limit(query.limit)?;
    let wrong = || {
        Error::invalid("after_invalid", "翻页标记无效，请从第一页重新开始。", "This page mark is not valid.")
            .at("after")
    };
    let before = match query.after {
        Some(mark) => Some(serde_json::from_value::<ImportId>(page::read_mark(&mark)?).map_err(|_| wrong())?),
        None => None,
    };
    let of = reach(&can);
    let page = app
        .db
        .read_async(move |tx| {
            let mut found = store::list(tx, of, before, limit + 1)?;
            let more = found.len() > limit as usize;
            found.truncate(limit as usize);
            let next = found.last().filter(|_| more).map(|import| page::mark(&json!(import.id)));
            let items = found.into_iter().map(|import| View::of(tx, import)).collect::<zunke_kernel::Result<_>>()?;
            Ok(Page { items, next })
        })
        .await?;
    Ok(axum::Json(page))
}

/// One import: what was found, how far it is, what it has done.
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", operation_id = "get_import", params(("id" = ImportId, Path)),
    responses((status = 200, body = View), ReadProblems))]
async fn get(
    State(app): State<App>,
    can: Can<may::ImportCustomers>,
    Path(id): Path<ImportId>,
) -> Result<axum::Json<View>> {
    let of = reach(&can);
    let view = app.db.read_async(move |tx| store::find_for(tx, id, of).and_then(|import| View::of(tx, import)));
    Ok(axum::Json(view.await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportPreview)]
struct LookBody {
    mapping: Mapping,
}

/// What the first 50 rows will do under a mapping. Changes no customer and sends nothing.
#[utoipa::path(post, path = "/imports/{id}/preview", tag = "imports", operation_id = "preview_import",
    params(("id" = ImportId, Path)), request_body = LookBody, responses((status = 200, body = Preview), WriteProblems))]
async fn look(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
    Json(body): Json<LookBody>,
) -> Result<axum::Json<Preview>> {
    let files = files(&app)?;
    let (db, now) = (app.db.clone(), write.now);
    let (of, by) = (reach(&write.actor), write.actor.staff);
    let preview = blocking(move || {
        let import = db.read(|tx| store::find_for(tx, id, of))?;
        let inspection = run::shaped(&files, &import, &body.mapping)?;
        let (path, shape) = (files.source(id), &inspection.shape);
        let preview = db.read(|tx| {
            let context = starter::context(tx, now, Some(by))?;
            preview::preview(tx, &path, shape, &body.mapping, inspection.rows, &context)
        })?;
        db.write(|tx| store::turn_to(tx, id, &[ImportState::Uploaded], ImportState::Previewed, now))?;
        Ok(preview)
    })
    .await?;
    Ok(axum::Json(preview))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportInspect)]
struct InspectBody {
    read: ReadOptions,
}

/// Read a file again in another encoding, sheet or header row, before it is started: what was found in it now, and a
/// mapping of the columns that it now has.
#[utoipa::path(post, path = "/imports/{id}/inspect", tag = "imports", operation_id = "inspect_import",
    params(("id" = ImportId, Path)), request_body = InspectBody, responses((status = 200, body = View), WriteProblems))]
async fn inspect(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
    Json(body): Json<InspectBody>,
) -> Result<Response> {
    let files = files(&app)?;
    let (db, of, read) = (app.db.clone(), reach(&write.actor), body.read);
    let wanted = read.clone();
    let inspection = blocking(move || {
        let import = db.read(|tx| store::find_for(tx, id, of))?;
        reader::inspect(&files.source(id), &import.file_name, &wanted)
    })
    .await?;
    write
        .run(&app, StatusCode::OK, move |tx| {
            if !store::reread(tx, id, &inspection)? {
                return Err(Error::conflict(
                    "import_started",
                    "导入已开始，不能再改变文件的读取方式。",
                    "This import has been started; its file can't be read in another way any more.",
                ));
            }
            let mut view = View::find(tx, id)?;
            if let Some(mapping) = &mut view.suggested_mapping {
                mapping.read = read.clone();
            }
            Ok(view)
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportStart)]
struct StartBody {
    mapping: Mapping,
    /// Remember the mapping under this name.
    #[serde(default)]
    save_as: Option<String>,
}

/// Start recording. The work goes on when the page is closed.
#[utoipa::path(post, path = "/imports/{id}/start", tag = "imports", operation_id = "start_import",
    params(("id" = ImportId, Path)), request_body = StartBody, responses((status = 200, body = View), WriteProblems))]
async fn start(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
    Json(body): Json<StartBody>,
) -> Result<Response> {
    let files = files(&app)?;
    let (db, mapping, of) = (app.db.clone(), body.mapping.clone(), reach(&write.actor));
    let inspection = blocking(move || {
        let import = db.read(|tx| store::find_for(tx, id, of))?;
        run::shaped(&files, &import, &mapping)
    })
    .await?;
    let (audit, by, now) = (write.audit(), write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            run::start(tx, id, &body.mapping, &inspection, Some(by), now)?;
            if let Some(name) = &body.save_as {
                store::save_mapping(tx, name, &body.mapping, Some(by), now).map_err(|error| error.at("save_as"))?;
            }
            audit.note(tx, "import.start", id, &json!({ "source": body.mapping.source, "kind": body.mapping.kind }))?;
            View::find(tx, id)
        })
        .await
}

/// Stop an import. What it has recorded stays; it can go on, or be undone.
#[utoipa::path(post, path = "/imports/{id}/cancel", tag = "imports", operation_id = "cancel_import",
    params(("id" = ImportId, Path)), responses((status = 200, body = View), WriteProblems))]
async fn cancel(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
) -> Result<Response> {
    let (audit, of, now) = (write.audit(), reach(&write.actor), write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            store::find_for(tx, id, of)?;
            run::cancel(tx, id, now)?;
            audit.note(tx, "import.cancel", id, &json!({}))?;
            View::find(tx, id)
        })
        .await
}

/// Go on with an import that failed or was cancelled, from where it stopped.
#[utoipa::path(post, path = "/imports/{id}/resume", tag = "imports", operation_id = "resume_import",
    params(("id" = ImportId, Path)), responses((status = 200, body = View), WriteProblems))]
async fn resume(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
) -> Result<Response> {
    let (audit, of, by, now) = (write.audit(), reach(&write.actor), write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            store::find_for(tx, id, of)?;
            run::resume(tx, id, Some(by), now)?;
            audit.note(tx, "import.resume", id, &json!({}))?;
            View::find(tx, id)
        })
        .await
}

/// Take a whole import back: what it recorded goes, what it replaced comes back, customers that it made and nobody else
/// uses go too. Own fields that it changed get their former values back; other data of customers that it changed stays.
#[utoipa::path(post, path = "/imports/{id}/undo", tag = "imports", operation_id = "undo_import",
    params(("id" = ImportId, Path)), responses((status = 200, body = View), WriteProblems))]
async fn undo(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(id): Path<ImportId>,
) -> Result<Response> {
    let (audit, of, by, now) = (write.audit(), reach(&write.actor), write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            store::find_for(tx, id, of)?;
            run::undo(tx, id, Some(by), now)?;
            audit.note(tx, "import.undo", id, &json!({}))?;
            View::find(tx, id)
        })
        .await
}

/// The rows that were not taken, with their own columns and one that says why: correct it and load it again.
#[utoipa::path(get, path = "/imports/{id}/errors", tag = "imports", operation_id = "download_import_errors",
    params(("id" = ImportId, Path)),
    responses((status = 200, description = "The file", content_type = "text/csv", body = Vec<u8>), ReadProblems))]
async fn error_file(
    State(app): State<App>,
    can: Can<may::ImportCustomers>,
    Path(id): Path<ImportId>,
) -> Result<Response> {
    let files = files(&app)?;
    let (of, now) = (reach(&can), app.now());
    let found = app.db.read_async(move |tx| {
        let import = store::find_for(tx, id, of)?;
        let own = starter::reader(tx, import.created_by, now)?;
        Ok((import, settings::load(tx)?.zone(), own))
    });
    let (import, zone, own) = found.await?;
    if import.mapping.is_none() {
        return Err(Error::conflict(
            "import_state",
            "导入尚未开始，没有错误文件。",
            "The import was not started yet; there is no error file.",
        )
        .into());
    }
    let stem = import.file_name.split('.').next().unwrap_or("import").to_owned();
    let name = format!("{stem}-{}.csv", errors::COLUMN[usize::from(can.locale == zunke_kernel::Locale::En)]);
    let locale = can.locale;
    Ok(stream::file(&name, "text/csv; charset=utf-8", move |to| errors::write(&import, &files, &zone, own, locale, to)))
}

#[derive(Serialize, ToSchema)]
struct MappingList {
    items: Vec<NamedMapping>,
}

/// Mappings that are remembered, and those that the product brings along.
#[utoipa::path(get, path = "/import-mappings", tag = "imports", operation_id = "list_import_mappings",
    responses((status = 200, body = MappingList), ReadProblems))]
async fn mappings(State(app): State<App>, _: Can<may::ImportCustomers>) -> Result<axum::Json<MappingList>> {
    Ok(axum::Json(MappingList { items: app.db.read_async(store::mappings).await? }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewImportMapping)]
struct MappingBody {
    name: String,
    mapping: Mapping,
}

/// Remember a mapping under a name; one of this name is replaced.
#[utoipa::path(post, path = "/import-mappings", tag = "imports", operation_id = "save_import_mapping", request_body = MappingBody,
    responses((status = 200, body = NamedMapping), WriteProblems))]
async fn save_mapping(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Json(body): Json<MappingBody>,
) -> Result<Response> {
    if let Some(error) = Error::gather(body.mapping.faults()) {
        return Err(error.into());
    }
    let (audit, by, now) = (write.audit(), write.actor.staff, write.now);
    write
        .run(&app, StatusCode::OK, move |tx| {
            store::save_mapping(tx, &body.name, &body.mapping, Some(by), now)?;
            audit.note(tx, "import_mapping.save", body.name.trim(), &json!({}))?;
            Ok(NamedMapping { name: body.name.trim().to_owned(), mapping: body.mapping.clone(), built_in: false })
        })
        .await
}

/// Forget a mapping.
#[utoipa::path(delete, path = "/import-mappings/{name}", tag = "imports", operation_id = "delete_import_mapping",
    params(("name" = String, Path)), responses((status = 204), WriteProblems))]
async fn delete_mapping(
    State(app): State<App>,
    write: Write<may::ImportCustomers>,
    Path(name): Path<String>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            store::delete_mapping(tx, &name)?;
            audit.note(tx, "import_mapping.delete", &name, &json!({}))
        })
        .await
}

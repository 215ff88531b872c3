//! `/voices/model`: the model service that is asked in place of the lexicon.

use crate::store::voices::keep;
use crate::voice::model::Settings as ModelSettings;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Write, may};
use zunke_http::{App, Json, ReadProblems, Result, WriteProblems};
use zunke_store::Tx;

/// The model service as it stands; its token is not shown.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = VoiceModel)]
pub(super) struct Model {
    enabled: bool,
    endpoint: String,
    timeout_ms: u64,
    has_token: bool,
    /// Voices that wait for it.
    waiting: i64,
    /// Of the last hundred failures the latest one's reason.
    last_error: Option<String>,
}

fn model(tx: &mut Tx) -> zunke_kernel::Result<Model> {
    let settings = ModelSettings::load(tx)?;
    let sql = "SELECT model_error FROM voices WHERE model = 'failed' ORDER BY said_at DESC, message_id DESC LIMIT 1";
    let last_error = if settings.enabled { tx.query_one(sql, &[], |row| row.opt_text(0))?.flatten() } else { None };
    Ok(Model {
        enabled: settings.enabled,
        endpoint: settings.endpoint,
        timeout_ms: settings.timeout_ms,
        has_token: settings.token.is_some_and(|token| !token.is_empty()),
        waiting: i64::try_from(keep::waiting(tx, 1_000)?.len()).unwrap_or(i64::MAX),
        last_error,
    })
}

/// The model service that is asked in place of the lexicon.
#[utoipa::path(get, path = "/voices/model", tag = "service", operation_id = "get_voice_model",
    responses((status = 200, body = Model), ReadProblems))]
pub(super) async fn get_model(State(app): State<App>, _can: Can<may::ManageService>) -> Result<axum::Json<Model>> {
    Ok(axum::Json(app.db.read_async(model).await?))
}

/// Set the model service. A token that is left out stays.
#[utoipa::path(put, path = "/voices/model", tag = "service", operation_id = "update_voice_model",
    request_body = ModelSettings, responses((status = 200, body = Model), WriteProblems))]
pub(super) async fn set_model(
    State(app): State<App>,
    write: Write<may::ManageService>,
    Json(body): Json<ModelSettings>,
) -> Result<Response> {
    body.check()?;
    let (now, audit) = (write.now, write.audit());
    write
        .run(&app, StatusCode::OK, move |tx| {
            let mut new = body.clone();
            new.endpoint = new.endpoint.trim().to_owned();
            new.token = match &body.token {
                None => ModelSettings::load(tx)?.token,
                Some(token) => Some(token.trim().to_owned()).filter(|token| !token.is_empty()),
            };
            new.save(tx, now)?;
            let detail = json!({ "enabled": new.enabled, "endpoint": new.endpoint, "timeout_ms": new.timeout_ms });
            audit.note(tx, "voices.model", "voices", &detail)?;
            model(tx)
        })
        .await
}

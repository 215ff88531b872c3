//! `/sign-in-providers`: setting them, and trying whether they answer.

use crate::call::{Caller, Reason};
use crate::door;
use crate::provider::{Kind, Provider, ProviderId, Settings, check_secret};
use crate::store::{identities, providers};
use crate::{SignIn, wecom};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Asking, Can, Secret, Write, directory, may};
use zunke_http::{App, Change, IfMatch, Json, Path, ReadProblems, Result, Versioned, WriteProblems};
use zunke_kernel::{Error, Instant};
use zunke_store::Tx;
use zunke_store::vault::Vault;

/// A provider, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = SignInProvider)]
pub(super) struct View {
    id: ProviderId,
    enabled: bool,
    settings: Settings,
    has_secret: bool,
    /// What the provider must be told: where it sends browsers back to.
    redirect_uri: String,
    /// How many people are tied to it.
    people: i64,
    created_at: Instant,
    version: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignInProviderList)]
pub(super) struct List {
    items: Vec<View>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInProviderBody)]
pub(super) struct Body {
    settings: Settings,
    #[serde(default = "yes")]
    enabled: bool,
    /// Left out: it stays. `null`: a client without a secret.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, max_length = 500)]
    secret: Change<Secret>,
}

fn yes() -> bool {
    true
}

fn views(tx: &mut Tx, parts: &Parts, found: Vec<Provider>) -> zunke_kernel::Result<Vec<View>> {
    let counts = identities::counts(tx)?;
    let base = door::base(tx, parts)?;
    let view = |provider: Provider| View {
        people: counts.iter().filter(|(issuer, _)| *issuer == provider.issuer()).map(|(_, count)| count).sum(),
        redirect_uri: door::redirect(&base, provider.id),
        id: provider.id,
        enabled: provider.enabled,
        has_secret: provider.secret.is_some(),
        settings: provider.settings,
        created_at: provider.created_at,
        version: provider.version,
    };
    Ok(found.into_iter().map(view).collect())
}

pub(super) fn find(tx: &mut Tx, id: ProviderId) -> zunke_kernel::Result<Provider> {
    providers::find(tx, id)?.ok_or_else(Error::not_found)
}

fn view(tx: &mut Tx, parts: &Parts, id: ProviderId) -> zunke_kernel::Result<View> {
    let provider = find(tx, id)?;
    views(tx, parts, vec![provider])?.pop().ok_or_else(Error::not_found)
}

fn vault(app: &App) -> Result<Vault> {
    Ok(app.get::<Vault>().ok_or_else(|| Error::internal("no vault to seal in"))?)
}

/// Checks what was entered against the house as it is.
fn checked(tx: &mut Tx, settings: &Settings) -> zunke_kernel::Result<Settings> {
    let nets = zunke_hooks::settings::load(tx)?.nets()?;
    let settings = settings.clone().check(&nets)?;
    if let Some(id) = settings.department_id {
        directory::require_department(tx, id, "department_id")?;
    }
    Ok(settings)
}

fn seal(app: &App, id: ProviderId, secret: &Change<Secret>) -> Result<Change<Vec<u8>>> {
    Ok(match secret {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(secret) => {
            let secret = secret.reveal().trim();
            check_secret(secret)?;
            Change::Set(vault(app)?.seal(&Provider::about(id), secret.as_bytes())?)
        }
    })
}

fn secret_required(zh: &str, en: &str) -> Error {
    Error::invalid("secret_required", zh, en).at("secret")
}

fn needs_secret(provider: &Provider) -> zunke_kernel::Result<()> {
    if provider.settings.kind == Kind::Wecom && provider.secret.is_none() {
        return Err(secret_required("请填写应用的 Secret。", "Please enter the secret of the application."));
    }
    Ok(())
}

/// All providers of sign-ins.
#[utoipa::path(get, path = "/sign-in-providers", tag = "sign-in", operation_id = "list_sign_in_providers",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ManageSignIn>, parts: Parts) -> Result<axum::Json<List>> {
    let items = app
        .db
        .read_async(move |tx| {
            let found = providers::list(tx)?;
            views(tx, &parts, found)
        })
        .await?;
    Ok(axum::Json(List { items }))
}

/// Add a provider of sign-ins.
#[utoipa::path(post, path = "/sign-in-providers", tag = "sign-in", operation_id = "create_sign_in_provider",
    request_body = Body, responses((status = 201, body = View), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    parts: Parts,
    Json(body): Json<Body>,
) -> Result<Response> {
    let id = ProviderId::new(write.now);
    let secret = seal(&app, id, &body.secret)?.over(None);
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run(&app, StatusCode::CREATED, move |tx| {
            let provider = Provider {
                id,
                enabled: body.enabled,
                settings: checked(tx, &body.settings)?,
                secret: secret.clone(),
                version: 1,
                created_by: Some(by),
                created_at: now,
            };
            needs_secret(&provider)?;
            providers::insert(tx, &provider)?;
            audit.note(tx, "sign_in.create", id, &shown(&provider))?;
            view(tx, &parts, id)
        })
        .await
}

fn shown(provider: &Provider) -> serde_json::Value {
    json!({ "enabled": provider.enabled, "settings": provider.settings, "has_secret": provider.secret.is_some() })
}

/// One provider.
#[utoipa::path(get, path = "/sign-in-providers/{id}", tag = "sign-in", operation_id = "get_sign_in_provider",
    params(("id" = ProviderId, Path)), responses((status = 200, body = View), ReadProblems))]
pub(super) async fn get(
    State(app): State<App>,
    _: Can<may::ManageSignIn>,
    parts: Parts,
    Path(id): Path<ProviderId>,
) -> Result<Versioned<View>> {
    let found = app.db.read_async(move |tx| view(tx, &parts, id)).await?;
    Ok(Versioned(found.version, found))
}

/// Change a provider. Where it is asked at another address, its secret is to be entered again.
#[utoipa::path(put, path = "/sign-in-providers/{id}", tag = "sign-in", operation_id = "put_sign_in_provider",
    params(("id" = ProviderId, Path)), request_body = Body, responses((status = 200, body = View), WriteProblems))]
pub(super) async fn put(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    parts: Parts,
    Path(id): Path<ProviderId>,
    if_match: IfMatch,
    Json(body): Json<Body>,
) -> Result<Response> {
    let secret = seal(&app, id, &body.secret)?;
    let (now, audit) = (write.now, write.audit());
    let answer = write
        .run(&app, StatusCode::OK, move |tx| {
            let before = find(tx, id)?;
            if_match.check(before.version)?;
            let settings = checked(tx, &body.settings)?;
            if settings.kind != before.settings.kind {
                let (zh, en) = ("类型不能修改，请新建一个。", "The kind can't be changed; please make another one.");
                return Err(Error::invalid("kind_fixed", zh, en).at("kind"));
            }
            let address = |one: &Settings| (one.issuer.clone(), one.api_url.clone());
            if before.secret.is_some() && secret == Change::Keep && address(&settings) != address(&before.settings) {
                return Err(secret_required(
                    "地址已更改，请重新填写密钥。",
                    "The address is another: please enter the secret again.",
                ));
            }
            let after = Provider {
                enabled: body.enabled,
                settings,
                secret: secret.clone().over(before.secret.clone()),
                ..before.clone()
            };
            needs_secret(&after)?;
            providers::update(tx, now, &after)?;
            audit.note(tx, "sign_in.change", id, &json!({ "before": shown(&before), "after": shown(&after) }))?;
            view(tx, &parts, id)
        })
        .await?;
    app.get::<SignIn>().unwrap_or_default().forget(id);
    Ok(answer)
}

/// Delete a provider, with who was tied to it.
#[utoipa::path(delete, path = "/sign-in-providers/{id}", tag = "sign-in", operation_id = "delete_sign_in_provider",
    params(("id" = ProviderId, Path)), responses((status = 204, description = "Deleted"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    Path(id): Path<ProviderId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            let provider = find(tx, id)?;
            providers::delete(tx, id)?;
            let issuer = provider.issuer();
            if !providers::list(tx)?.iter().any(|other| other.issuer() == issuer) {
                identities::unlink_all(tx, &issuer)?;
            }
            audit.note(tx, "sign_in.delete", id, &shown(&provider))
        })
        .await
}

/// How a trial went.
#[derive(Serialize, ToSchema)]
#[schema(as = SignInTrial)]
pub(super) struct Trial {
    ok: bool,
    /// Why not, in a word: `discovery_status_404`, `issuer_differs`, `wecom_40001`, `address_refused`, `timeout`.
    reason: Option<String>,
}

/// Try whether a provider answers: its document and its keys, or the token of WeCom's interface.
#[utoipa::path(post, path = "/sign-in-providers/{id}/test", tag = "sign-in", operation_id = "test_sign_in_provider",
    params(("id" = ProviderId, Path)), responses((status = 200, body = Trial), WriteProblems))]
pub(super) async fn test(
    State(app): State<App>,
    _: Asking<may::ManageSignIn>,
    Path(id): Path<ProviderId>,
) -> Result<axum::Json<Trial>> {
    let (provider, nets) =
        app.db.read_async(move |tx| Ok((find(tx, id)?, zunke_hooks::settings::load(tx)?.nets()?))).await?;
    let secret = provider.secret(&vault(&app)?)?;
    let (now, fresh) = (app.now(), SignIn::default());
    let tried = tokio::task::spawn_blocking(move || -> Result<(), Reason> {
        let caller = Caller::new(nets);
        match provider.settings.kind {
            Kind::Wecom => {
                let secret = secret.unwrap_or_default();
                wecom::token(&caller, &fresh.tokens, &provider, &secret, now).map(|_| ())
            }
            Kind::Oidc => {
                let metadata = fresh.known.metadata(&caller, &provider.settings.issuer, now)?;
                let keys = fresh.known.keys(&caller, &metadata, now)?;
                if keys.is_empty() { Err("keys_none".into()) } else { Ok(()) }
            }
        }
    });
    let reason = tried.await.map_err(Error::internal)?.err();
    Ok(axum::Json(Trial { ok: reason.is_none(), reason }))
}

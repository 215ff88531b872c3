//! `/session/second-factor`: the own second step; and what an administrator may do for who lost it.

use crate::actor::SignedIn;
use crate::role::may;
use crate::second_factor::{self, totp};
use crate::store::{attempts, second_factors as table, sessions, staff as people};
use crate::{Secret, Write, login, password, settings, throttle};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_http::{App, AppError, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant};
use zunke_store::vault::Vault;

/// How the own second step stands.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactor)]
pub(super) struct View {
    active: bool,
    since: Option<Instant>,
    recovery_codes_left: i64,
    /// The house asks for it, so it can't be taken away.
    required: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecondFactorBegin)]
pub(super) struct BeginBody {
    /// The own password once more: a browser left open must not be enough.
    #[schema(value_type = String, max_length = 200, format = Password)]
    password: Secret,
}

/// What the authenticator needs; shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactorBegun)]
pub(super) struct Begun {
    /// In base 32, for typing.
    secret: String,
    /// `otpauth://…`, for a picture.
    uri: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecondFactorConfirm)]
pub(super) struct ConfirmBody {
    /// Six digits of the authenticator.
    #[schema(max_length = 20)]
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecondFactorProof)]
pub(super) struct ProofBody {
    #[schema(value_type = String, max_length = 200, format = Password)]
    password: Secret,
    /// Six digits of the authenticator, or a recovery code.
    #[schema(value_type = String, max_length = 40)]
    code: Secret,
}

/// Each of them replaces one code, once; shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(super) struct Codes {
    recovery_codes: Vec<String>,
}

impl Codes {
    fn of(codes: &[Secret]) -> axum::Json<Self> {
        axum::Json(Self { recovery_codes: codes.iter().map(|code| code.reveal().to_owned()).collect() })
    }
}

fn vault(app: &App) -> zunke_kernel::Result<Vault> {
    app.get::<Vault>().ok_or_else(|| Error::internal("no vault to seal in"))
}

/// The own second step.
#[utoipa::path(get, path = "/session/second-factor", tag = "access", operation_id = "get_second_factor",
    responses((status = 200, body = View), ReadProblems))]
pub(super) async fn get(State(app): State<App>, me: SignedIn) -> Result<axum::Json<View>> {
    me.session()?;
    let (staff, role) = (me.actor.staff, me.actor.role);
    let view = app.db.read_async(move |tx| {
        let since = table::find(tx, staff)?.and_then(|factor| factor.confirmed_at);
        Ok(View {
            active: since.is_some(),
            since,
            recovery_codes_left: table::codes_left(tx, staff)?,
            required: crate::security::load(tx)?.asks_second_step(role),
        })
    });
    Ok(axum::Json(view.await?))
}

/// 422 at `password` unless it is the own one. Attempts count as those of a login do; answers under what they count.
async fn prove(app: &App, me: &SignedIn, given: Secret) -> Result<String> {
    let (staff, now) = (me.actor.staff, app.now());
    let account = format!("account:{}", me.actor.login);
    let subjects = [(account.clone(), throttle::ACCOUNT)];
    if let Some(secs) = app.db.write_async(move |tx| attempts::take(tx, now, &subjects)).await? {
        return Err(AppError::from(login::throttled(secs)).retry_after(secs));
    }
    let stored = app.db.read_async(move |tx| people::password_of(tx, staff)).await?;
    let fits = given.reveal().chars().count() <= password::CHARS_MAX;
    if !fits || !password::verify(given, stored).await? {
        return Err(Error::invalid("password_wrong", "密码不正确。", "The password is not right.")
            .at("password")
            .into());
    }
    Ok(account)
}

/// Begin a second step: a secret for the authenticator. It is in force once its first code is confirmed.
#[utoipa::path(post, path = "/session/second-factor", tag = "access", operation_id = "begin_second_factor",
    request_body = BeginBody, responses((status = 200, body = Begun), WriteProblems))]
pub(super) async fn begin(
    State(app): State<App>,
    me: SignedIn,
    Json(body): Json<BeginBody>,
) -> Result<axum::Json<Begun>> {
    me.session()?;
    let vault = vault(&app)?;
    let account = prove(&app, &me, body.password).await?;
    let (staff, now, secret) = (me.actor.staff, app.now(), second_factor::random()?);
    let organisation = app
        .db
        .write_async(move |tx| {
            attempts::forgive(tx, &account, "")?;
            second_factor::begin(tx, now, &vault, staff, &secret)?;
            settings::load(tx)
        })
        .await?;
    Ok(axum::Json(Begun {
        secret: totp::base32(&secret),
        uri: totp::uri(&organisation.name, &me.actor.login, &secret),
    }))
}

/// Put the second step in force with a first code; answers ten recovery codes. Other sessions end.
#[utoipa::path(post, path = "/session/second-factor/confirm", tag = "access", operation_id = "confirm_second_factor",
    request_body = ConfirmBody, responses((status = 200, body = Codes), WriteProblems))]
pub(super) async fn confirm(
    State(app): State<App>,
    me: SignedIn,
    Json(body): Json<ConfirmBody>,
) -> Result<axum::Json<Codes>> {
    let here = me.session()?;
    let (staff, now, vault) = (me.actor.staff, app.now(), vault(&app)?);
    let codes = app
        .db
        .write_async(move |tx| {
            let codes = second_factor::confirm(tx, now, &vault, staff, &body.code)?;
            sessions::close_others(tx, staff, here)?;
            Ok(codes)
        })
        .await?;
    Ok(Codes::of(&codes))
}

/// 422 unless password and code are right; the code is used up.
async fn prove_both(app: &App, me: &SignedIn, body: ProofBody) -> Result<()> {
    let account = prove(app, me, body.password).await?;
    let (staff, now, vault) = (me.actor.staff, app.now(), vault(app)?);
    let step = app
        .db
        .write_async(move |tx| {
            let step = second_factor::admit(tx, now, Some(&vault), staff, Some(&body.code))?;
            if step == second_factor::Step::Passed {
                attempts::forgive(tx, &account, "")?;
            }
            Ok(step)
        })
        .await?;
    if step == second_factor::Step::Passed { Ok(()) } else { Err(second_factor::wrong("code").into()) }
}

/// Ten fresh recovery codes; those before hold no more.
#[utoipa::path(post, path = "/session/recovery-codes", tag = "access", operation_id = "renew_recovery_codes",
    request_body = ProofBody, responses((status = 200, body = Codes), WriteProblems))]
pub(super) async fn renew(
    State(app): State<App>,
    me: SignedIn,
    Json(body): Json<ProofBody>,
) -> Result<axum::Json<Codes>> {
    me.session()?;
    let (staff, now) = (me.actor.staff, app.now());
    require_active(&app, staff).await?;
    prove_both(&app, &me, body).await?;
    let codes = app.db.write_async(move |tx| second_factor::renew_codes(tx, now, staff)).await?;
    Ok(Codes::of(&codes))
}

/// Take the own second step away, where the house does not ask for it.
#[utoipa::path(post, path = "/session/second-factor/remove", tag = "access", operation_id = "remove_second_factor",
    request_body = ProofBody, responses((status = 204, description = "Off"), WriteProblems))]
pub(super) async fn remove(State(app): State<App>, me: SignedIn, Json(body): Json<ProofBody>) -> Result<StatusCode> {
    me.session()?;
    let (staff, role, now) = (me.actor.staff, me.actor.role, app.now());
    require_active(&app, staff).await?;
    if app.db.read_async(crate::security::load).await?.asks_second_step(role) {
        return Err(Error::conflict(
            "second_factor_kept",
            "公司要求使用两步验证，不能关闭。",
            "Your company asks for the second step; it can't be turned off.",
        )
        .into());
    }
    prove_both(&app, &me, body).await?;
    app.db.write_async(move |tx| second_factor::remove(tx, now, staff, staff)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn require_active(app: &App, staff: StaffId) -> Result<()> {
    let found = app.db.read_async(move |tx| table::find(tx, staff)).await?;
    if found.is_some_and(|factor| factor.confirmed_at.is_some()) {
        return Ok(());
    }
    Err(Error::conflict("second_factor_off", "两步验证尚未开启。", "The second step is not on.").into())
}

/// Take the second step of somebody away who lost his authenticator and his codes. His sessions end.
#[utoipa::path(post, path = "/staff/{id}/second-factor/reset", tag = "access", operation_id = "reset_second_factor",
    params(("id" = StaffId, Path)), responses((status = 204, description = "Off"), WriteProblems))]
pub(super) async fn reset(
    State(app): State<App>,
    me: SignedIn,
    write: Write<may::ManageStaff>,
    Path(id): Path<StaffId>,
) -> Result<Response> {
    me.session()?;
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            people::find(tx, id)?.ok_or_else(Error::not_found)?;
            if second_factor::remove(tx, now, by, id)? {
                sessions::close_all(tx, id)?;
            }
            Ok(())
        })
        .await
}

//! `/session`: logging in and out, the own password, the own sessions.

use crate::actor::{SessionId, SignedIn};
use crate::login::{self, From, Given, Outcome};
use crate::rights::{FieldRight, FieldRights};
use crate::role::{Permission, Role};
use crate::scope::Scope;
use crate::settings::{self, Organisation, today};
use crate::store::people::locale_word;
use crate::store::{sessions, staff as table};
use crate::{Secret, client, password};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_http::{App, AppError, Change, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Day, Error, Instant, Locale};
use zunke_store::vault::Vault;
use zunke_store::{Tx, audit};

/// How far the house is set up, of what the caller may see; the rooms above fill it in. A number above zero also says
/// that there is anything at all, to somebody who sees none of it; very large ones are lower bounds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Setup {
    pub customers: i64,
    pub orders: i64,
    pub programme_published: bool,
}

type SetupCheck = Arc<dyn Fn(&mut Tx, &Scope, &mut Setup) -> zunke_kernel::Result<()> + Send + Sync>;

/// Asked by `GET /session`, with the scope of the caller: figures are of what he may see; put into `App` by the binary: `app.with(SetupChecks(vec![…]))`.
#[derive(Clone, Default)]
pub struct SetupChecks(pub Vec<SetupCheck>);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub(super) struct LoginBody {
    #[schema(max_length = 64)]
    login: String,
    #[schema(value_type = String, max_length = 200, format = Password)]
    password: Secret,
    /// Six digits of the authenticator, or a recovery code, where there is a second step.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 40)]
    code: Option<Secret>,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionStaff)]
pub(super) struct Me {
    id: StaffId,
    name: String,
    login: String,
    role: Role,
    department_id: Option<DepartmentId>,
    /// His own choice; absent: as the browser has it.
    locale: Option<Locale>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    staff: Me,
    /// Until it is changed, nothing but `/session` answers.
    must_change_password: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CurrentSession {
    staff: Me,
    must_change_password: bool,
    /// The house asks for a second step; until it is set up, nothing but `/session` answers.
    second_step_missing: bool,
    permissions: Vec<Permission>,
    /// The rights to the fields of a customer that are less than all: `hidden`, `masked` or `read`, by field; `*` is every
    /// field that is not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, FieldRight>,
    /// Set while an administrator looks with this person's eyes: nothing can be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_by: Option<StaffId>,
    organisation: Organisation,
    /// The day that counts as today.
    today: Day,
    setup: Setup,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionChange {
    /// `null`: as the browser has it.
    #[serde(default)]
    #[schema(value_type = Option<Locale>)]
    locale: Change<Locale>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    current: Secret,
    /// 10 to 200 characters, not easy to guess.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 200)]
    new: Secret,
}

/// A login of one browser.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    id: SessionId,
    created_at: Instant,
    seen_at: Instant,
    expires_at: Instant,
    address: String,
    agent: String,
    /// The one that asks.
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    items: Vec<SessionView>,
}

/// Log in.
#[utoipa::path(post, path = "/session", tag = "access", operation_id = "create_session", security(()),
    request_body = LoginBody,
    responses((status = 200, body = LoggedIn, description = "Logged in; the cookie zunke_session is set"), WriteProblems))]
pub(super) async fn create(State(app): State<App>, parts: Parts, Json(body): Json<LoginBody>) -> Result<Response> {
    client::require_same_origin(&parts.headers)?;
    let from = From { address: client::address(&parts), agent: client::agent(&parts.headers) };
    let given = Given { login: body.login, password: body.password, code: body.code };
    match login::log_in(&app.db, app.get::<Vault>(), app.now(), given, from).await? {
        Outcome::Wait(secs) => Err(AppError::from(login::throttled(secs)).retry_after(secs)),
        Outcome::Open { staff, session } => {
            let answer = LoggedIn {
                must_change_password: staff.must_change_password,
                staff: Me {
                    id: staff.id,
                    name: staff.name,
                    login: staff.login,
                    role: staff.role,
                    department_id: staff.department,
                    locale: staff.locale,
                },
            };
            Ok((cookie(Some(&session), client::is_https(&parts))?, axum::Json(answer)).into_response())
        }
    }
}

/// Who is logged in, what he may do, and how the house stands.
#[utoipa::path(get, path = "/session", tag = "access", operation_id = "get_session",
    responses((status = 200, body = CurrentSession), ReadProblems))]
pub(super) async fn get(State(app): State<App>, me: SignedIn) -> Result<axum::Json<CurrentSession>> {
    let checks = app.get::<SetupChecks>().unwrap_or_default();
    let scope = me.actor.scope.clone();
    let (organisation, setup) = app
        .db
        .read_async(move |tx| {
            let organisation = settings::load(tx)?;
            let mut setup = Setup::default();
            for check in &checks.0 {
                check(tx, &scope, &mut setup)?;
            }
            Ok((organisation, setup))
        })
        .await?;
    Ok(axum::Json(CurrentSession {
        permissions: me.actor.permissions(),
        fields: narrowed(&me.actor.fields),
        seen_by: me.actor.seen_by,
        must_change_password: me.must_change_password,
        second_step_missing: me.second_step_missing,
        today: today(&organisation, app.now()),
        organisation,
        setup,
        staff: me_of(me),
    }))
}

/// What is less than all, with `*` for the fields that are not named.
fn narrowed(rights: &FieldRights) -> BTreeMap<String, FieldRight> {
    if rights.is_full() {
        return BTreeMap::new();
    }
    let mut all = rights.named.clone();
    all.insert("*".to_owned(), rights.others);
    all
}

fn me_of(me: SignedIn) -> Me {
    Me {
        id: me.actor.staff,
        name: me.actor.name,
        login: me.actor.login,
        role: me.actor.role,
        department_id: me.actor.department,
        locale: me.own_locale,
    }
}

/// Choose the own language.
#[utoipa::path(patch, path = "/session", tag = "access", operation_id = "update_session",
    request_body = SessionChange,
    responses((status = 200, body = Me), WriteProblems))]
pub(super) async fn change(
    State(app): State<App>,
    mut me: SignedIn,
    Json(body): Json<SessionChange>,
) -> Result<axum::Json<Me>> {
    me.session()?;
    let id = me.actor.staff;
    let now = app.now();
    let chosen = body.locale.over(me.own_locale);
    app.db
        .write_async(move |tx| {
            tx.execute(
                "UPDATE staff SET locale = $1, updated_at = $2 WHERE staff_id = $3",
                &[chosen.map(locale_word).into(), now.into(), id.into()],
            )?;
            audit::write(tx, now, Some(id), "staff.locale", &id.to_string(), &json!({"locale": chosen}))
        })
        .await?;
    me.own_locale = chosen;
    Ok(axum::Json(me_of(me)))
}

/// Log out.
#[utoipa::path(delete, path = "/session", tag = "access", operation_id = "delete_session",
    responses((status = 204, description = "Logged out"), WriteProblems))]
pub(super) async fn delete(State(app): State<App>, me: SignedIn, headers: HeaderMap) -> Result<Response> {
    let id = me.own_session()?;
    let (staff, now) = (me.actor.seen_by.unwrap_or(me.actor.staff), app.now());
    app.db
        .write_async(move |tx| {
            sessions::close(tx, staff, id)?;
            audit::write(tx, now, Some(staff), "session.close", &staff.to_string(), &json!({"session": id}))
        })
        .await?;
    let https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    Ok((StatusCode::NO_CONTENT, cookie(None, https)?).into_response())
}

/// Change the own password. All sessions end; this one goes on under a new cookie.
#[utoipa::path(post, path = "/session/password", tag = "access", operation_id = "change_password",
    request_body = PasswordChange,
    responses((status = 204, description = "Changed; the cookie is a new one"), WriteProblems))]
pub(super) async fn change_password(
    State(app): State<App>,
    me: SignedIn,
    parts: Parts,
    Json(body): Json<PasswordChange>,
) -> Result<Response> {
    me.session()?;
    let policy = app.db.read_async(crate::security::load).await?;
    password::check_of(policy.password_chars_min, &body.new, &me.actor.login, "new")?;
    if body.new == body.current {
        return Err(Error::invalid(
            "password_unchanged",
            "新密码不能与原密码相同。",
            "The new password must be another.",
        )
        .at("new")
        .into());
    }
    let (staff, now) = (me.actor.staff, app.now());
    let from = From { address: client::address(&parts), agent: client::agent(&parts.headers) };
    // A stolen session must not become a way to guess the password: attempts count as those of a login do.
    let account = format!("account:{}", me.actor.login);
    let subjects = [(account.clone(), crate::throttle::ACCOUNT)];
    if let Some(secs) = app.db.write_async(move |tx| crate::store::attempts::take(tx, now, &subjects)).await? {
        return Err(AppError::from(login::throttled(secs)).retry_after(secs));
    }
    let stored = app.db.read_async(move |tx| table::password_of(tx, staff)).await?;
    if !password::verify(body.current, stored.clone()).await? {
        return Err(Error::invalid("password_wrong", "原密码不正确。", "The current password is not right.")
            .at("current")
            .into());
    }
    let hash = password::hash(body.new).await?;
    let secret = Secret::random("")?;
    let fresh = secret.clone();
    app.db
        .write_async(move |tx| {
            // Changed meanwhile, in another window or by the administrator: that one stands.
            if table::password_of(tx, staff)? != stored {
                return Err(Error::stale());
            }
            crate::store::attempts::forgive(tx, &account, "")?;
            crate::staff::set_password(tx, now, staff, staff, &hash, false)?;
            sessions::open(tx, now, staff, &fresh, &from.address, &from.agent).map(|_| ())
        })
        .await?;
    Ok((StatusCode::NO_CONTENT, cookie(Some(&secret), client::is_https(&parts))?).into_response())
}

/// The own sessions.
#[utoipa::path(get, path = "/sessions", tag = "access", operation_id = "list_sessions",
    responses((status = 200, body = SessionList), ReadProblems))]
pub(super) async fn list(State(app): State<App>, me: SignedIn) -> Result<axum::Json<SessionList>> {
    me.gate()?;
    let current = me.session()?;
    let (staff, now) = (me.actor.staff, app.now());
    let found = app.db.read_async(move |tx| sessions::of_staff(tx, now, staff)).await?;
    let view = |session: sessions::Session| SessionView {
        current: session.id == current,
        id: session.id,
        created_at: session.created_at,
        seen_at: session.seen_at,
        expires_at: session.expires_at,
        address: session.address,
        agent: session.agent,
    };
    Ok(axum::Json(SessionList { items: found.into_iter().map(view).collect() }))
}

/// End one of the own sessions.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "access", operation_id = "delete_other_session",
    params(("id" = SessionId, Path)),
    responses((status = 204, description = "Ended"), WriteProblems))]
pub(super) async fn revoke(State(app): State<App>, me: SignedIn, Path(id): Path<SessionId>) -> Result<StatusCode> {
    me.gate()?;
    me.session()?;
    let (staff, now) = (me.actor.staff, app.now());
    app.db
        .write_async(move |tx| {
            if !sessions::close(tx, staff, id)? {
                return Err(Error::not_found());
            }
            audit::write(tx, now, Some(staff), "session.close", &staff.to_string(), &json!({"session": id}))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The header that sets the cookie, or takes it away. It outlives the idle time, which the server keeps.
pub fn cookie(secret: Option<&Secret>, https: bool) -> zunke_kernel::Result<[(header::HeaderName, HeaderValue); 1]> {
    let (value, age_secs) = secret.map_or(("", 0), |secret| (secret.reveal(), sessions::LIFE_SECS));
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={age_secs}{secure}", client::COOKIE);
    let mut value = HeaderValue::from_str(&text).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok([(header::SET_COOKIE, value)])
}

//! Who is acting. An `Actor` in a handler's signature means: logged in, password in order, allowed this method.
//! Without one of these extractors a handler has no scope, and without a scope there is no query of customers.

use crate::client::{self, Credential};
use crate::limit;
use crate::rights::FieldRights;
use crate::role::{Grant, Permission, PermissionSet, Role};
use crate::scope::Scope;
use crate::store::{sessions, tokens};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use zunke_http::{App, AppError};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Kind, Locale, Result};

zunke_kernel::id_type!(/** A login of one browser. */ SessionId, "ses");
zunke_kernel::id_type!(/** An API token. */ TokenId, "tok");

/// A logged-in member of staff. As an extractor: 401 without a login, 403 while the password has to be changed,
/// 403 for an unsafe method with a read-only token or from another site.
#[derive(Clone, Debug)]
pub struct Actor {
    pub staff: StaffId,
    pub name: String,
    pub login: String,
    /// The shipped role that he has, or that his own one is made from.
    pub role: Role,
    /// The own role, where he has one.
    pub role_key: Option<String>,
    pub department: Option<DepartmentId>,
    pub scope: Scope,
    /// The language of the answers: his own choice, else the browser's.
    pub locale: Locale,
    /// What he may do: his role, with what groups add and take away.
    pub permissions: PermissionSet,
    /// Which fields of a customer he may see and change.
    pub fields: Arc<FieldRights>,
    /// What the key that he calls with may do of what he may; `None`: all of it.
    pub key: Option<Arc<[Permission]>>,
    /// The administrator who looks at the product with this person's eyes.
    pub seen_by: Option<StaffId>,
}

impl Actor {
    /// Whether his role and his groups have it, and the key where he calls with one that may less.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        let seen_only = self.seen_by.is_some() && permission.takes_out();
        !seen_only && self.permissions.has(permission) && self.key.as_ref().is_none_or(|key| key.contains(&permission))
    }

    /// 403 unless he may.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        if self.permissions.has(permission) {
            return Err(Error::new(
                Kind::Forbidden,
                "key_scope",
                format!("该密钥没有“{}”权限。", permission.word()),
                format!("This key does not have the permission {}.", permission.word()),
            ));
        }
        Err(Error::forbidden())
    }

    /// All that he may, in the order of the table.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.may(*permission)).collect()
    }
}

/// An actor whose role has the permission `P`; 403 otherwise.
#[derive(Clone, Debug)]
pub struct Can<P: Grant>(pub Actor, PhantomData<fn() -> P>);

impl<P: Grant> Deref for Can<P> {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

/// Like `Can`, for a POST that only asks (a count, a preview, a simulation): a read-only token may.
#[derive(Clone, Debug)]
pub struct Asking<P: Grant>(pub Actor, PhantomData<fn() -> P>);

impl<P: Grant> Deref for Asking<P> {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

/// How somebody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Session(SessionId),
    Token { id: TokenId, may_write: bool, per_minute: Option<i64> },
}

/// Who it is and how he is known, before any gate. For the session endpoints only.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub actor: Actor,
    pub via: Via,
    pub must_change_password: bool,
    /// The house asks for a second step, and he has none yet.
    pub second_step_missing: bool,
    /// His own choice of language.
    pub own_locale: Option<Locale>,
}

impl SignedIn {
    /// The session, for what a token may not do: sessions, passwords, other tokens.
    /// Not while somebody looks with another person's eyes: that person's account is not his.
    pub fn session(&self) -> Result<SessionId> {
        if self.actor.seen_by.is_some() {
            return Err(seeing());
        }
        self.own_session()
    }

    /// The session, whoever's eyes it looks with.
    pub fn own_session(&self) -> Result<SessionId> {
        match self.via {
            Via::Session(id) => Ok(id),
            Via::Token { .. } => Err(Error::new(
                Kind::Forbidden,
                "session_required",
                "API 令牌不能进行此操作，请用账号登录。",
                "An API token cannot do this; please log in with your account.",
            )),
        }
    }

    pub(crate) fn gate(&self) -> Result<()> {
        if self.must_change_password {
            return Err(Error::new(
                Kind::Forbidden,
                "password_change_required",
                "请先修改初始密码。",
                "Please change your one-time password first.",
            ));
        }
        if self.second_step_missing {
            return Err(Error::new(
                Kind::Forbidden,
                "second_factor_setup_required",
                "请先设置两步验证。",
                "Please set up the second step first.",
            ));
        }
        Ok(())
    }

    /// Before anything is changed.
    fn gate_change(&self) -> Result<()> {
        if self.actor.seen_by.is_some() {
            return Err(seeing());
        }
        match self.via {
            Via::Token { may_write: false, .. } => Err(Error::new(
                Kind::Forbidden,
                "token_read_only",
                "该 API 令牌只有读取权限。",
                "This API token may only read.",
            )),
            _ => Ok(()),
        }
    }

    fn require(&self, permission: Option<Permission>) -> Result<()> {
        permission.map_or(Ok(()), |permission| self.actor.require(permission))
    }
}

fn seeing() -> Error {
    Error::new(
        Kind::Forbidden,
        "seeing_as_another",
        "您正在以他人的身份查看，只能浏览。结束后再进行此操作。",
        "You are looking with another person's eyes and can only read; end that first.",
    )
}

/// Finds out who is calling; once per request, however many extractors ask. A cookie-borne unsafe request must be
/// our own, whichever extractor the handler uses.
pub(crate) async fn identify(parts: &mut Parts, app: &App) -> Result<SignedIn> {
    if let Some(known) = parts.extensions.get::<SignedIn>() {
        return Ok(known.clone());
    }
    let now = app.now();
    let fallback = zunke_http::locale();
    let signed_in = match client::credential(&parts.headers) {
        None => return Err(Error::unauthorized()),
        Some(Credential::Token(token)) => tokens::identify(&app.db, now, token.hash(), fallback).await?,
        Some(Credential::Session(session)) => {
            let found = sessions::identify(&app.db, now, session.hash(), fallback).await?;
            if !client::is_safe(&parts.method) {
                client::require_own(&parts.headers)?;
            }
            found
        }
    };
    zunke_http::prefer_locale(signed_in.actor.locale);
    if let Via::Token { id, .. } = signed_in.via {
        zunke_store::audit::asked_with(id.0);
    }
    limit::count(parts, app, &signed_in)?;
    parts.extensions.insert(signed_in.clone());
    Ok(signed_in)
}

/// All gates of an ordinary request.
pub(crate) async fn admit(parts: &mut Parts, app: &App, permission: Option<Permission>) -> Result<Actor> {
    let signed_in = identify(parts, app).await?;
    signed_in.gate()?;
    if !client::is_safe(&parts.method) {
        signed_in.gate_change()?;
    }
    signed_in.require(permission)?;
    Ok(signed_in.actor)
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(identify(parts, app).await?)
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(admit(parts, app, None).await?)
    }
}

impl<P: Grant> FromRequestParts<App> for Can<P> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(Self(admit(parts, app, P::PERMISSION).await?, PhantomData))
    }
}

impl<P: Grant> FromRequestParts<App> for Asking<P> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = identify(parts, app).await?;
        signed_in.gate()?;
        signed_in.require(P::PERMISSION)?;
        Ok(Self(signed_in.actor, PhantomData))
    }
}

//! `/tokens`: the own API tokens; an administrator sees and revokes those of all.

use crate::actor::{SignedIn, TokenId};
use crate::role::{Permission, may};
use crate::store::tokens as table;
use crate::tokens::{self, Limits, NewToken, OVERLAP_HOURS_MAX, Token};
use crate::{Can, Secret, Write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_http::{App, Json, Path, Query, ReadProblems, Result, WriteProblems};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Error, Instant};
use zunke_store::audit;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TokenScope {
    Read,
    Write,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct TokenView {
    id: TokenId,
    staff_id: StaffId,
    name: String,
    scopes: Vec<TokenScope>,
    created_at: Instant,
    expires_at: Option<Instant>,
    /// To within five minutes.
    used_at: Option<Instant>,
    expired: bool,
    /// What it may do of what its owner may; `null`: all of it.
    permissions: Option<Vec<Permission>>,
    /// Until then the secret before holds too.
    old_until: Option<Instant>,
    /// Calls in a minute, where it has a limit of its own.
    per_minute: Option<i64>,
}

impl TokenView {
    fn new(token: Token, now: Instant) -> Self {
        let scopes = if token.may_write { vec![TokenScope::Read, TokenScope::Write] } else { vec![TokenScope::Read] };
        Self {
            id: token.id,
            staff_id: token.staff,
            name: token.name,
            scopes,
            created_at: token.created_at,
            expired: token.expires_at.is_some_and(|at| at <= now),
            expires_at: token.expires_at,
            used_at: token.used_at,
            permissions: token.permissions,
            old_until: token.old_until.filter(|until| *until > now),
            per_minute: token.per_minute,
        }
    }
}

/// A new token.
#[derive(ToSchema)]
#[schema(as = IssuedToken)]
#[expect(dead_code, reason = "describes the answer, whose secret part is added outside of what is kept")]
pub(super) struct Issued {
    id: TokenId,
    staff_id: StaffId,
    name: String,
    scopes: Vec<TokenScope>,
    created_at: Instant,
    expires_at: Option<Instant>,
    used_at: Option<Instant>,
    expired: bool,
    permissions: Option<Vec<Permission>>,
    old_until: Option<Instant>,
    per_minute: Option<i64>,
    /// `zk_…`, shown this once; absent in a repeated answer.
    token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenList {
    items: Vec<TokenView>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// The tokens of all staff (administrators).
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(super) struct NewBody {
    /// What it is for.
    #[schema(max_length = 60)]
    name: String,
    /// `["read"]` or `["read", "write"]`; `write` brings `read` with it.
    #[schema(min_items = 1)]
    scopes: Vec<TokenScope>,
    /// Absent: never.
    expires_at: Option<Instant>,
    /// What it may do of what you may; absent: all of it.
    #[serde(default)]
    permissions: Option<Vec<Permission>>,
    /// Calls in a minute, 1–60000; absent: as the house has it.
    #[serde(default)]
    per_minute: Option<i64>,
}

/// The own tokens, without their secrets.
#[utoipa::path(get, path = "/tokens", tag = "access", operation_id = "list_tokens", params(ListQuery),
    responses((status = 200, body = TokenList), ReadProblems))]
pub(super) async fn list(
    State(app): State<App>,
    can: Can<may::UseTokens>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<TokenList>> {
    if query.all {
        can.require(Permission::ManageStaff)?;
    }
    let staff = (!query.all).then_some(can.staff);
    let now = app.now();
    let found = app.db.read_async(move |tx| table::list(tx, staff)).await?;
    Ok(axum::Json(TokenList { items: found.into_iter().map(|token| TokenView::new(token, now)).collect() }))
}

/// Make a token for oneself. The answer shows it, once.
#[utoipa::path(post, path = "/tokens", tag = "access", operation_id = "create_token", request_body = NewBody,
    responses((status = 201, body = Issued), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    me: SignedIn,
    write: Write<may::UseTokens>,
    Json(body): Json<NewBody>,
) -> Result<Response> {
    // A token that could make tokens would outlive its own expiry.
    me.session()?;
    if body.scopes.is_empty() {
        return Err(Error::invalid(
            "scopes_required",
            "请至少选择一个权限：read 或 write。",
            "Choose at least one scope: read or write.",
        )
        .at("scopes")
        .into());
    }
    let new =
        NewToken { name: body.name, may_write: body.scopes.contains(&TokenScope::Write), expires_at: body.expires_at };
    let limits = Limits { permissions: body.permissions, per_minute: body.per_minute };
    limits.check(&write.actor)?;
    let secret = Secret::random(tokens::PREFIX)?;
    let kept = secret.clone();
    let (by, now) = (write.actor.staff, write.now);
    write
        .run_showing_once(&app, StatusCode::CREATED, ("token", Some(&secret)), move |tx| {
            Ok(TokenView::new(tokens::issue(tx, now, Some(by), by, &new, &limits, &kept)?, now))
        })
        .await
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenRotation)]
pub(super) struct RotateBody {
    /// Hours for which the secret before holds too, 0–168; 24 where it is left out.
    #[serde(default = "a_day")]
    overlap_hours: i64,
}

fn a_day() -> i64 {
    24
}

/// Give an own token another secret, shown once. The one before holds for a while, so that a program can change over
/// without a gap. What it may do and when it ends stay.
#[utoipa::path(post, path = "/tokens/{id}/rotate", tag = "access", operation_id = "rotate_token",
    params(("id" = TokenId, Path)), request_body = RotateBody,
    responses((status = 200, body = Issued), WriteProblems))]
pub(super) async fn rotate(
    State(app): State<App>,
    me: SignedIn,
    write: Write<may::UseTokens>,
    Path(id): Path<TokenId>,
    Json(body): Json<RotateBody>,
) -> Result<Response> {
    me.session()?;
    if !(0..=OVERLAP_HOURS_MAX).contains(&body.overlap_hours) {
        return Err(Error::invalid(
            "overlap_invalid",
            format!("旧密钥最多再保留 {OVERLAP_HOURS_MAX} 小时。"),
            format!("The old secret holds for 0 to {OVERLAP_HOURS_MAX} hours."),
        )
        .at("overlap_hours")
        .into());
    }
    let secret = Secret::random(tokens::PREFIX)?;
    let kept = secret.clone();
    let (by, now) = (write.actor.staff, write.now);
    write
        .run_showing_once(&app, StatusCode::OK, ("token", Some(&secret)), move |tx| {
            let until = now.plus_secs(body.overlap_hours * 3_600);
            if !table::rotate(tx, id, by, &kept, until)? {
                return Err(Error::not_found());
            }
            let token = table::list(tx, Some(by))?.into_iter().find(|token| token.id == id);
            let token = token.ok_or_else(Error::not_found)?;
            let detail = serde_json::json!({ "old_until": until });
            audit::write(tx, now, Some(by), "token.rotate", &id.to_string(), &detail)?;
            Ok(TokenView::new(token, now))
        })
        .await
}

/// Revoke a token: an own one, or anybody's for an administrator.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "access", operation_id = "delete_token",
    params(("id" = TokenId, Path)),
    responses((status = 204, description = "Revoked"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::UseTokens>,
    Path(id): Path<TokenId>,
) -> Result<Response> {
    let all = write.actor.may(Permission::ManageStaff);
    let (by, now) = (write.actor.staff, write.now);
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !table::delete(tx, id, (!all).then_some(by))? {
                return Err(Error::not_found());
            }
            audit::write(tx, now, Some(by), "token.delete", &id.to_string(), &serde_json::json!({}))
        })
        .await
}

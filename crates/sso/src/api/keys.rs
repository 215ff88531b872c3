//! `/directory-keys`: what the directory of the company proves itself with.

use crate::provider::check_role;
use crate::scim::{DirectoryKeyId, KEY_PREFIX};
use crate::store::directory::{self, Key};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zunke_access::{Can, Role, Secret, Write, directory as people, may};
use zunke_http::{App, Json, Path, ReadProblems, Result, WriteProblems};
use zunke_kernel::Error;
use zunke_kernel::id::DepartmentId;

const NAME_CHARS_MAX: usize = 60;
const COUNT_MAX: usize = 10;

#[derive(Serialize, ToSchema)]
#[schema(as = DirectoryKeyList)]
pub(super) struct List {
    items: Vec<Key>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDirectoryKey)]
pub(super) struct Body {
    /// Which directory it is for.
    #[schema(max_length = 60)]
    name: String,
    /// What those become whom it makes; not administrator.
    role: Role,
    #[serde(default)]
    department_id: Option<DepartmentId>,
}

/// A new key.
#[derive(ToSchema)]
#[schema(as = IssuedDirectoryKey)]
#[expect(dead_code, reason = "describes the answer, whose secret part is added outside of what is kept")]
pub(super) struct Issued {
    id: DirectoryKeyId,
    name: String,
    role: Role,
    department_id: Option<DepartmentId>,
    /// `zd_…`, shown this once; absent in a repeated answer.
    key: Option<String>,
}

/// The keys of the directory, without what they are.
#[utoipa::path(get, path = "/directory-keys", tag = "sign-in", operation_id = "list_directory_keys",
    responses((status = 200, body = List), ReadProblems))]
pub(super) async fn list(State(app): State<App>, _: Can<may::ManageSignIn>) -> Result<axum::Json<List>> {
    Ok(axum::Json(List { items: app.db.read_async(directory::keys).await? }))
}

/// Make a key of the directory. The answer shows it, once. It opens `/scim/v2` and nothing else.
#[utoipa::path(post, path = "/directory-keys", tag = "sign-in", operation_id = "create_directory_key",
    request_body = Body, responses((status = 201, body = Issued), WriteProblems))]
pub(super) async fn create(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    Json(body): Json<Body>,
) -> Result<Response> {
    let name = body.name.trim().to_owned();
    let mut faults = Vec::new();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let zh = format!("请填写名称，最多 {NAME_CHARS_MAX} 个字。");
        let en = format!("Please give a name of at most {NAME_CHARS_MAX} characters.");
        faults.push(Error::invalid("name_invalid", zh, en).at("name"));
    }
    faults.extend(check_role(Some(body.role)).err());
    if let Some(error) = Error::gather(faults) {
        return Err(error.into());
    }
    let secret = Secret::random(KEY_PREFIX)?;
    let kept = secret.clone();
    let (now, by, audit) = (write.now, write.actor.staff, write.audit());
    write
        .run_showing_once(&app, StatusCode::CREATED, ("key", Some(&secret)), move |tx| {
            if let Some(id) = body.department_id {
                people::require_department(tx, id, "department_id")?;
            }
            if directory::keys(tx)?.len() >= COUNT_MAX {
                let zh = format!("最多 {COUNT_MAX} 个密钥，请先删除不用的。");
                let en = format!("At most {COUNT_MAX} keys; please delete unused ones first.");
                return Err(Error::conflict("key_limit", zh, en));
            }
            let key = Key {
                id: DirectoryKeyId::new(now),
                name: name.clone(),
                role: body.role,
                department_id: body.department_id,
                created_by: by,
                created_at: now,
                used_at: None,
            };
            directory::insert_key(tx, &key, &kept)?;
            audit.note(tx, "directory_key.create", key.id, &json!({ "name": key.name, "role": key.role }))?;
            Ok(key)
        })
        .await
}

/// Revoke a key of the directory.
#[utoipa::path(delete, path = "/directory-keys/{id}", tag = "sign-in", operation_id = "delete_directory_key",
    params(("id" = DirectoryKeyId, Path)), responses((status = 204, description = "Revoked"), WriteProblems))]
pub(super) async fn delete(
    State(app): State<App>,
    write: Write<may::ManageSignIn>,
    Path(id): Path<DirectoryKeyId>,
) -> Result<Response> {
    let audit = write.audit();
    write
        .run(&app, StatusCode::NO_CONTENT, move |tx| {
            if !directory::delete_key(tx, id)? {
                return Err(Error::not_found());
            }
            audit.note(tx, "directory_key.delete", id, &json!({}))
        })
        .await
}

//! Answers in the shapes of the protocol, and what the house says of itself.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use zunke_http::locale;
use zunke_kernel::{Error, Kind};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// How a call went.
pub type Said = Result<Response, Fault>;

/// A fault in the protocol's words.
#[derive(Clone, Debug)]
pub struct Fault {
    status: StatusCode,
    kind: Option<&'static str>,
    detail: String,
}

impl Fault {
    pub fn bad(kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: Some(kind), detail: detail.into() }
    }

    pub fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, kind: None, detail: "There is no such resource.".into() }
    }

    pub fn unauthorized() -> Self {
        let detail = "A key of the directory is needed (Authorization: Bearer zd_…).".into();
        Self { status: StatusCode::UNAUTHORIZED, kind: None, detail }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let status = match error.kind {
            Kind::Invalid => StatusCode::BAD_REQUEST,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Stale => StatusCode::PRECONDITION_FAILED,
            Kind::Unauthorized => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => {
                tracing::error!(cause = error.cause.as_deref().unwrap_or(""), "the directory was not served");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let kind = match (error.kind, error.code) {
            (_, "login_taken") => Some("uniqueness"),
            (Kind::Invalid, _) => Some("invalidValue"),
            _ => None,
        };
        Self { status, kind, detail: error.text.get(locale()).to_owned() }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_u16().to_string(), "detail": self.detail,
        });
        if let (Some(kind), Some(body)) = (self.kind, body.as_object_mut()) {
            body.insert("scimType".into(), kind.into());
        }
        let mut response = json(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// An answer of the protocol; no body where there is nothing to say.
pub fn json(status: StatusCode, value: &Value) -> Response {
    if value.is_null() {
        return status.into_response();
    }
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/scim+json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, head, value.to_string()).into_response()
}

fn listed(items: &[Value]) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": items.len(), "startIndex": 1, "itemsPerPage": items.len(), "Resources": items,
    });
    json(StatusCode::OK, &body)
}

/// What of the protocol is spoken here. Open to everybody, as what it says is in every manual.
pub async fn config() -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 200 },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Bearer", "description": "A key made in Settings → Sign-in methods.",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": "/scim/v2/ServiceProviderConfig" },
    });
    json(StatusCode::OK, &body)
}

fn user_type_value() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User", "name": "User", "endpoint": "/Users", "description": "A member of staff", "schema": USER,
        "meta": { "resourceType": "ResourceType", "location": "/scim/v2/ResourceTypes/User" },
    })
}

pub async fn types() -> Response {
    listed(&[user_type_value()])
}

pub async fn user_type() -> Response {
    json(StatusCode::OK, &user_type_value())
}

fn user_schema() -> Value {
    let attribute = |name: &str, kind: &str, required: bool, unique: bool, text: &str| {
        json!({
            "name": name, "type": kind, "multiValued": false, "required": required, "caseExact": false,
            "mutability": "readWrite", "returned": "default",
            "uniqueness": if unique { "server" } else { "none" }, "description": text,
        })
    };
    let mut name = attribute("name", "complex", false, false, "The name of the person");
    if let Some(name) = name.as_object_mut() {
        let parts = ["formatted", "familyName", "givenName"];
        let parts: Vec<Value> = parts.iter().map(|part| attribute(part, "string", false, false, "")).collect();
        name.insert("subAttributes".into(), parts.into());
    }
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER, "name": "User", "description": "A member of staff",
        "attributes": [
            attribute("userName", "string", true, true, "The login"),
            attribute("displayName", "string", false, false, "The name as it is shown"),
            name,
            attribute("externalId", "string", false, false, "What the directory calls the person"),
            attribute("active", "boolean", false, false, "Whether the person may come in"),
        ],
        "meta": { "resourceType": "Schema", "location": format!("/scim/v2/Schemas/{USER}") },
    })
}

pub async fn schemas() -> Response {
    listed(&[user_schema()])
}

pub async fn schema(Path(id): Path<String>) -> Said {
    if id == USER { Ok(json(StatusCode::OK, &user_schema())) } else { Err(Fault::not_found()) }
}

/// Groups and whatever else is not kept here.
pub async fn nothing() -> Fault {
    Fault::not_found()
}

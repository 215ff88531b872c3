//! What every operation of the document has in common, said once instead of at each handler.

use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};

/// Completes the document of all rooms: a description for each response that has none (OpenAPI wants one), and the
/// headers that writes take. Call it once, on the document that is served.
pub fn complete_document(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        // Logging in and out has no answer worth keeping, and its answers hold secrets.
        let keyed = !path.contains("/session");
        let operations = [
            (&mut item.get, false, false),
            (&mut item.put, keyed, true),
            (&mut item.post, keyed, false),
            (&mut item.delete, keyed, false),
            (&mut item.patch, keyed, keyed),
        ];
        for (operation, takes_key, takes_version) in operations {
            let Some(operation) = operation else { continue };
            describe_responses(operation);
            if takes_key {
                add_header(
                    operation,
                    "Idempotency-Key",
                    "A repeated call under the same key gets the same answer and has no second effect.",
                );
            }
            if takes_version {
                add_header(
                    operation,
                    "If-Match",
                    "The ETag that the change is made on; 412 where it has changed meanwhile.",
                );
            }
        }
    }
}

fn describe_responses(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let status = status.parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok());
            let words = status.and_then(|status| status.canonical_reason()).unwrap_or("The answer");
            words.clone_into(&mut response.description);
        }
    }
}

fn add_header(operation: &mut Operation, name: &str, description: &str) {
    let parameters = operation.parameters.get_or_insert_default();
    if parameters.iter().any(|parameter| is_named(parameter, name)) {
        return;
    }
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(200)).build();
    parameters.push(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(text))
            .build()
            .into(),
    );
}

fn is_named(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name.eq_ignore_ascii_case(name))
}

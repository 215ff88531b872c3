//! The least body that the document of the API asks for, made from its schema.

use serde_json::{Map, Value, json};

/// Stands where a body may name a customer or a ticket; replaced by the id in question.
pub const WHO: &str = "<customer>";
pub const WHICH: &str = "<ticket>";

/// What is required, and whatever names a customer or a ticket.
pub fn least(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > 6 {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"].as_str() {
        return match target.rsplit('/').next().unwrap_or_default() {
            "CustomerId" => json!(WHO),
            "TicketId" => json!(WHICH),
            _ => document
                .pointer(target.trim_start_matches('#'))
                .map_or(Value::Null, |schema| least(document, schema, depth + 1)),
        };
    }
    for choice in ["oneOf", "anyOf"] {
        let first = schema[choice].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
        if let Some(first) = first {
            return least(document, first, depth + 1);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = least(document, part, depth + 1) {
                whole.extend(fields);
            }
        }
        return Value::Object(whole);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap_or_default() {
        "string" if schema["format"] == "date" => json!("2026-11-02"),
        "string" if schema["format"] == "date-time" => json!("2026-11-02T01:00:00Z"),
        "string" => json!("x"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => {
            let one = least(document, &schema["items"], depth + 1);
            if names_somebody(&one) { json!([one]) } else { json!([]) }
        }
        _ => {
            let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut fields = Map::new();
            for (name, part) in schema["properties"].as_object().into_iter().flatten() {
                let value = least(document, part, depth + 1);
                if required.contains(&json!(name)) || names_somebody(&value) {
                    fields.insert(name.clone(), value);
                }
            }
            Value::Object(fields)
        }
    }
}

/// Whether a customer or a ticket is named in it.
pub fn names_somebody(body: &Value) -> bool {
    let text = body.to_string();
    text.contains(WHO) || text.contains(WHICH)
}

/// The body about this customer and this ticket.
pub fn about(body: &Value, customer: &str, ticket: &str) -> Value {
    let text = body.to_string().replace(WHO, customer).replace(WHICH, ticket);
    serde_json::from_str(&text).expect("JSON")
}

//! The filter of a list: one attribute that equals a value, which is what directories ask for before they make somebody.

use super::answer::Fault;
use crate::store::directory::Wanted;
use zunke_access::staff::login_form;

const FILTER_CHARS_MAX: usize = 500;

fn bad(detail: &str) -> Fault {
    Fault::bad("invalidFilter", detail)
}

/// Whom a filter wants; everybody without one.
pub fn read(filter: Option<&str>) -> Result<Wanted, Fault> {
    let Some(text) = filter.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(Wanted::All) };
    if text.chars().count() > FILTER_CHARS_MAX || text.contains('\0') {
        return Err(bad("The filter is too long, or holds a NUL character."));
    }
    let parts = text.split_once(' ').and_then(|(name, rest)| Some((name, rest.trim_start().split_once(' ')?)));
    let Some((name, (operator, value))) = parts else {
        return Err(bad("A filter reads: userName eq \"somebody\"."));
    };
    if !operator.eq_ignore_ascii_case("eq") {
        return Err(bad("Of the operators only eq is known."));
    }
    let value: serde_json::Value =
        serde_json::from_str(value.trim()).map_err(|_| bad("The value stands in quotation marks."))?;
    let name = name.strip_prefix("urn:ietf:params:scim:schemas:core:2.0:User:").unwrap_or(name).to_ascii_lowercase();
    match (name.as_str(), value) {
        (_, serde_json::Value::String(text)) if text.contains('\0') => Err(bad("The value holds a NUL character.")),
        ("username", serde_json::Value::String(text)) => Ok(Wanted::Login(login_form(&text))),
        ("externalid", serde_json::Value::String(text)) => Ok(Wanted::ExternalId(text)),
        // An id of another form is nobody's.
        ("id", serde_json::Value::String(text)) => Ok(text.parse().map_or(Wanted::Nobody, Wanted::Id)),
        ("active", serde_json::Value::Bool(active)) => Ok(Wanted::Active(active)),
        _ => Err(bad("People are found by userName, externalId, id or active.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attribute_that_equals_a_value_is_asked_for() {
        assert_eq!(read(None).expect("all"), Wanted::All);
        assert_eq!(read(Some(" ")).expect("all"), Wanted::All);
        assert_eq!(read(Some("userName eq \"Wang.Fang@Shop\"")).expect("one"), Wanted::Login("wang.fang@shop".into()));
        assert_eq!(read(Some("USERNAME  EQ  \"a \\\"b\\\"\"")).expect("one"), Wanted::Login("a \"b\"".into()));
        assert_eq!(read(Some("externalId eq \"7f\"")).expect("one"), Wanted::ExternalId("7f".into()));
        assert_eq!(read(Some("active eq false")).expect("some"), Wanted::Active(false));
        assert_eq!(read(Some("id eq \"x\"")).expect("nobody"), Wanted::Nobody);
    }

    #[test]
    fn other_filters_are_refused_in_the_protocols_words() {
        let long = format!("userName eq \"{}\"", "x".repeat(600));
        for bad in [
            "userName",
            "userName eq",
            "userName eq x",
            "userName co \"x\"",
            "userName eq 7",
            "active eq \"true\"",
            "password eq \"x\"",
            "userName eq \"a\" or userName eq \"b\"",
            "userName eq \"a\\u0000b\"",
            "userName eq \"a\0b\"",
            long.as_str(),
        ] {
            assert!(read(Some(bad)).is_err(), "{bad}");
        }
    }
}

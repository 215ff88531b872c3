//! A change in the protocol's words. Okta writes `{"op":"replace","value":{"active":false}}`, Entra ID
//! `{"op":"Replace","path":"active","value":"False"}`.

use super::answer::Fault;
use super::user::Entered;
use serde_json::Value;

const OPERATIONS_MAX: usize = 100;

fn syntax(detail: &str) -> Fault {
    Fault::bad("invalidSyntax", detail)
}

/// What is to be changed.
pub fn read(body: &Value) -> Result<Entered, Fault> {
    let field = |value: &Value, wanted: &str| {
        let fields = value.as_object().into_iter().flatten();
        let mut same = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        same.next().map(|(_, value)| value.clone())
    };
    let operations = field(body, "Operations").and_then(|value| value.as_array().cloned());
    let operations = operations.filter(|all| (1..=OPERATIONS_MAX).contains(&all.len()));
    let operations = operations.ok_or_else(|| syntax("Operations holds 1 to 100 changes."))?;
    let mut entered = Entered::default();
    for operation in &operations {
        let word = field(operation, "op").and_then(|word| word.as_str().map(str::to_ascii_lowercase));
        let path = match field(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path),
            Some(_) => return Err(Fault::bad("invalidPath", "A path is a text.")),
        };
        let value = field(operation, "value");
        match word.as_deref() {
            Some("add" | "replace") => put(&mut entered, path.as_deref(), value.as_ref())?,
            Some("remove") => remove(&mut entered, path.as_deref())?,
            _ => return Err(syntax("op is add, replace or remove.")),
        }
    }
    Ok(entered)
}

fn put(entered: &mut Entered, path: Option<&str>, value: Option<&Value>) -> Result<(), Fault> {
    let value = value.ok_or_else(|| Fault::bad("invalidValue", "There is no value."))?;
    match path.map(str::trim).filter(|path| !path.is_empty()) {
        Some(path) => entered.set(path, value),
        None => {
            let fields = value
                .as_object()
                .ok_or_else(|| Fault::bad("invalidValue", "Without a path the value is an object."))?;
            fields.iter().try_for_each(|(name, value)| entered.set(name, value))
        }
    }
}

fn remove(entered: &mut Entered, path: Option<&str>) -> Result<(), Fault> {
    let path = path.ok_or_else(|| Fault::bad("noTarget", "What is removed is named by a path."))?.trim();
    match path.to_ascii_lowercase().as_str() {
        "username" | "active" | "id" => Err(Fault::bad("mutability", format!("{path} can't be removed."))),
        _ => entered.set(path, &Value::Null).or(Ok(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ended() -> Entered {
        Entered { active: Some(false), ..Entered::default() }
    }

    #[test]
    fn both_directories_are_understood() {
        let okta = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "value": { "active": false } }],
        });
        let entra = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "False" }] });
        assert_eq!(read(&okta).expect("read"), ended());
        assert_eq!(read(&entra).expect("read"), ended());
        let more = json!({ "operations": [
            { "op": "Add", "path": "name.familyName", "value": "王" },
            { "op": "add", "path": "emails[type eq \"work\"].value", "value": "a@b.example" },
            { "op": "Replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userName", "value": "wf" },
            { "op": "remove", "path": "externalId" },
        ] });
        let read = read(&more).expect("read");
        assert_eq!((read.family.as_deref(), read.login.as_deref()), (Some("王"), Some("wf")));
        assert_eq!(read.external_id, Some(None));
    }

    #[test]
    fn what_is_no_change_is_refused() {
        for bad in [
            json!({}),
            json!({ "Operations": [] }),
            json!({ "Operations": "x" }),
            json!({ "Operations": [7] }),
            json!({ "Operations": [{ "op": "move", "path": "active" }] }),
            json!({ "Operations": [{ "op": "replace", "path": "active" }] }),
            json!({ "Operations": [{ "op": "replace", "path": 7, "value": true }] }),
            json!({ "Operations": [{ "op": "replace", "value": false }] }),
            json!({ "Operations": [{ "op": "replace", "path": "active", "value": "soon" }] }),
            json!({ "Operations": [{ "op": "remove" }] }),
            json!({ "Operations": [{ "op": "remove", "path": "userName" }] }),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}

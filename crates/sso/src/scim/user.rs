//! A person in the shape of the protocol: read, and shown.

use super::answer::{Fault, USER};
use crate::store::directory::Person;
use serde_json::{Map, Value, json};

const EXTERNAL_CHARS_MAX: usize = 255;

/// What the directory says of a person; what it leaves out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    pub login: Option<String>,
    pub name: Option<String>,
    pub family: Option<String>,
    pub given: Option<String>,
    /// The outer: said at all; the inner: taken away.
    pub external_id: Option<Option<String>>,
    pub active: Option<bool>,
}

impl Entered {
    /// A whole person. Attributes that are not kept here (addresses, titles, phones) are passed over.
    pub fn read(value: &Value) -> Result<Self, Fault> {
        let mut entered = Self::default();
        for (name, value) in value.as_object().into_iter().flatten() {
            entered.set(name, value)?;
        }
        Ok(entered)
    }

    /// In a whole person what is left out is taken away; `active` is then the usual.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.external_id = Some(self.external_id.flatten());
        self.active = Some(self.active.unwrap_or(true));
        self
    }

    /// Sets one attribute by its name, in whatever case.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        let name = name.strip_prefix(USER).map_or(name, |rest| rest.trim_start_matches(':')).to_ascii_lowercase();
        match name.as_str() {
            "username" => self.login = Some(text(value, "userName")?),
            "displayname" => self.name = some(value, "displayName")?.or(self.name.take()),
            "name.formatted" => self.name = self.name.take().or(some(value, "name.formatted")?),
            "name.familyname" => self.family = some(value, "name.familyName")?,
            "name.givenname" => self.given = some(value, "name.givenName")?,
            "name" => {
                let parts = value.as_object().ok_or_else(|| wrong("name"))?;
                self.parts(parts)?;
            }
            "externalid" => {
                let id = some(value, "externalId")?;
                if id.as_ref().is_some_and(|id| id.chars().count() > EXTERNAL_CHARS_MAX) {
                    return Err(Fault::bad("invalidValue", "externalId has at most 255 characters."));
                }
                self.external_id = Some(id);
            }
            "active" => self.active = Some(truth(value)?),
            _ => {}
        }
        Ok(())
    }

    fn parts(&mut self, parts: &Map<String, Value>) -> Result<(), Fault> {
        for (part, value) in parts {
            self.set(&format!("name.{part}"), value)?;
        }
        Ok(())
    }

    /// The name as it is shown: given as such, or made of its parts. Chinese names have the family name first, without a gap.
    #[must_use]
    pub fn shown_name(&self) -> Option<String> {
        let said = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if let Some(name) = said {
            return Some(name.to_owned());
        }
        let part = |part: &Option<String>| part.as_deref().unwrap_or("").trim().to_owned();
        let (family, given) = (part(&self.family), part(&self.given));
        let chinese = |text: &str| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
        let name =
            if chinese(&family) || chinese(&given) { format!("{family}{given}") } else { format!("{given} {family}") };
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    }
}

fn wrong(name: &str) -> Fault {
    Fault::bad("invalidValue", format!("{name} has another type."))
}

fn text(value: &Value, name: &str) -> Result<String, Fault> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(name))
}

fn some(value: &Value, name: &str) -> Result<Option<String>, Fault> {
    if value.is_null() { Ok(None) } else { text(value, name).map(Some) }
}

/// A truth, also as one directory writes it: in quotation marks.
fn truth(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(word) if word.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(word) if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong("active")),
    }
}

/// Whether a text somewhere in it can't be stored.
pub fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// A person as the directory is told of him.
pub fn shown(person: &Person, base: &str) -> Value {
    let mut value = json!({
        "schemas": [USER],
        "id": person.id,
        "userName": person.login,
        "displayName": person.name,
        "name": { "formatted": person.name },
        "active": person.active,
        "meta": {
            "resourceType": "User", "created": person.created_at, "lastModified": person.updated_at,
            "location": format!("{base}/{}", person.id),
        },
    });
    if let (Some(id), Some(value)) = (&person.external_id, value.as_object_mut()) {
        value.insert("externalId".into(), id.as_str().into());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_read_whatever_else_is_said_of_him() {
        let said = json!({
            "schemas": [USER], "userName": "Wang.Fang@shop", "externalId": "7f", "active": "True",
            "name": { "familyName": "王", "givenName": "芳" },
            "emails": [{ "value": "wang@shop.example", "primary": true }], "title": "店长",
        });
        let read = Entered::read(&said).expect("read");
        assert_eq!((read.login.as_deref(), read.active), (Some("Wang.Fang@shop"), Some(true)));
        assert_eq!((read.shown_name().as_deref(), read.external_id), (Some("王芳"), Some(Some("7f".into()))));
        let english = Entered::read(&json!({ "name": { "familyName": "Doe", "givenName": "Ann" } })).expect("read");
        assert_eq!(english.shown_name().as_deref(), Some("Ann Doe"));
        let shown = Entered::read(&json!({ "name": { "formatted": "F" }, "displayName": "D" })).expect("read");
        assert_eq!(shown.shown_name().as_deref(), Some("D"));
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for bad in [
            json!({ "userName": 7 }),
            json!({ "active": "perhaps" }),
            json!({ "active": 1 }),
            json!({ "name": "x" }),
            json!({ "externalId": "x".repeat(256) }),
            json!({ "displayName": ["x"] }),
        ] {
            assert!(Entered::read(&bad).is_err(), "{bad}");
        }
        assert!(holds_nul(&json!({ "a": [{ "b": "x\u{0}" }] })));
    }
}

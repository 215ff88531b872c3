//! A field of a PATCH: left out, emptied, or set.

use serde::{Deserialize, Deserializer};

/// `#[serde(default)] parent_id: Change<DepartmentId>`: absent keeps, `null` clears, a value sets.
/// In the document it is `#[schema(value_type = Option<…>)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// What stands after the change where `now` stood before.
    pub fn over(self, now: Option<T>) -> Option<T> {
        match self {
            Self::Keep => now,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        note: Change<String>,
    }

    #[test]
    fn left_out_emptied_and_set_are_three_things() {
        let read = |text: &str| serde_json::from_str::<Body>(text).expect(text).note;
        assert_eq!(read("{}"), Change::Keep);
        assert_eq!(read(r#"{"note":null}"#), Change::Clear);
        assert_eq!(read(r#"{"note":"x"}"#), Change::Set("x".into()));
        assert_eq!(Change::Keep.over(Some(1)), Some(1));
        assert_eq!(Change::Clear.over(Some(1)), None);
        assert_eq!(Change::Set(2).over(Some(1)), Some(2));
    }
}

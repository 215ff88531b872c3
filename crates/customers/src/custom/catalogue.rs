//! Fields of our own as conditions ask for them: under their id, or as `field.<key>`.

use super::{CustomField, FieldKind, Sight};
use crate::store::custom as store;
use zunke_access::FieldRight;
use zunke_access::rights::FIELDS;
use zunke_kernel::condition::{Catalogue, Choice, Field, FieldType};
use zunke_kernel::{Result, Text};
use zunke_store::Tx;

impl FieldKind {
    /// How conditions treat it.
    #[must_use]
    pub const fn asked_as(self) -> FieldType {
        match self {
            Self::Text => FieldType::Text,
            Self::Number => FieldType::Number,
            Self::Money => FieldType::Money,
            Self::Date => FieldType::Day,
            Self::Choice => FieldType::Choice,
            Self::Choices => FieldType::Choices,
            Self::YesNo => FieldType::Bool,
            Self::Person => FieldType::Id,
        }
    }
}

/// Everything that a stored condition may speak of: archived and restricted fields too, so that a saved segment goes on.
pub fn catalogue(tx: &mut Tx) -> Result<Catalogue> {
    with(&store::all(tx)?)
}

/// What this reader may ask for from now on.
pub fn of_viewer(tx: &mut Tx, sight: &Sight) -> Result<Catalogue> {
    let mut catalogue = with(&super::fields(tx, sight, FieldRight::Read)?)?;
    let readable = |field: &str| {
        let field = if field == "birthday_month" { "birthday" } else { field };
        !FIELDS.contains(&field) || sight.rights.of(field) >= FieldRight::Read
    };
    catalogue.fields.retain(|field| readable(&field.id));
    Ok(catalogue)
}

fn with(fields: &[CustomField]) -> Result<Catalogue> {
    let mut catalogue = crate::fields::catalogue().clone();
    catalogue.fields.extend(fields.iter().map(asked));
    Ok(catalogue)
}

fn asked(field: &CustomField) -> Field {
    let mut asked = Field::new(&field.id.to_string(), field.kind.asked_as(), &field.label.zh, &field.label.en);
    asked.alias = Some(format!("field.{}", field.key));
    asked.choices = field
        .details
        .choices
        .iter()
        .map(|choice| {
            let said = choice.said();
            let label = if choice.retired {
                Text::new(format!("{}（已停用）", said.zh), format!("{} (retired)", said.en))
            } else {
                said
            };
            Choice { value: choice.id.clone(), label }
        })
        .collect();
    if field.kind == FieldKind::Person {
        asked = asked.prefix("stf");
    }
    asked
}

//! Fields of the organisation's own making (自定义字段): what is defined, what a value may be, and where it stands in
//! conditions, lists and scores.
//!
//! A field has an id and a key that never change, a name in one language or both, and a kind that stays once there are
//! values. Archived it takes no part in forms and lists any more, and its values stay; so do values of a retired choice.
//! A `restricted` field is there for those who manage fields and for nobody else: not in answers, exports, filters or
//! errors.

mod catalogue;
mod check;
mod inputs;
mod read;
mod sql;
mod value;
mod write;

use crate::store::custom as store;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use utoipa::ToSchema;
use zunke_access::{Actor, FieldRight, FieldRights, Permission, directory};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Instant, Result, Text};
use zunke_store::Tx;

pub use catalogue::{catalogue, of_viewer};
pub use check::{CHOICES_MAX, FIELDS_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX};
pub(crate) use check::{check, next_choice};
pub use inputs::{for_each_number, numbers, words};
pub use read::{Reader, Unread};
pub(crate) use sql::{probe, test, words_sort};
pub use value::FieldValue;
pub(crate) use value::{from_json, in_order, read_stored, shown};
pub use write::Changes;
pub(crate) use write::{FieldChange, Told, had, read_changes, required, undo, write};

zunke_kernel::id_type!(/** A field of the organisation's own making. */ FieldId, "fld");

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CustomFieldKind)]
pub enum FieldKind {
    Text,
    Number,
    Money,
    Date,
    /// One of the choices.
    Choice,
    /// Any of the choices.
    Choices,
    YesNo,
    /// A member of staff.
    Person,
}

impl FieldKind {
    pub const ALL: [Self; 8] =
        [Self::Text, Self::Number, Self::Money, Self::Date, Self::Choice, Self::Choices, Self::YesNo, Self::Person];

    /// The word in the database and the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::YesNo => "yes_no",
            Self::Person => "person",
        }
    }

    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    #[must_use]
    pub const fn has_choices(self) -> bool {
        matches!(self, Self::Choice | Self::Choices)
    }
}

/// One of the values of a choice. Its id never changes and is never given again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomFieldChoice)]
pub struct FieldChoice {
    /// `c1`; given by the server, so a new choice has none yet.
    #[serde(default)]
    pub id: String,
    /// In one language or both; the other one falls back on it.
    pub label: Text,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Not offered any more; who has it keeps it.
    #[serde(default)]
    pub retired: bool,
}

impl FieldChoice {
    /// Its number: what is stored.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        number_of(&self.id)
    }

    #[must_use]
    pub fn said(&self) -> Text {
        filled(&self.label)
    }
}

/// The number of a choice's id.
#[must_use]
pub fn number_of(id: &str) -> Option<i64> {
    id.strip_prefix('c').filter(|digits| digits.len() < 10)?.parse().ok().filter(|number| *number > 0)
}

/// Everything of a field but its identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CustomFieldDetails)]
pub struct Details {
    /// In one language or both.
    pub name: Text,
    pub help: Text,
    /// People must fill it in; imports and orders need not.
    pub required: bool,
    /// Only for those who manage fields.
    pub restricted: bool,
    /// Behind a number: `cm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a number: 0–4; without it as many as are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The least number, amount or day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The greatest number, amount or day; of a text how many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// In the order in which they are offered.
    pub choices: Vec<FieldChoice>,
    /// The highest number that a choice ever had.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_choice: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A field as it is defined.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomField)]
pub struct CustomField {
    pub id: FieldId,
    /// Its name in the API; never changes.
    pub key: String,
    pub kind: FieldKind,
    pub position: i64,
    pub archived: bool,
    #[serde(flatten)]
    pub details: Details,
    /// The name in both languages.
    pub label: Text,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl CustomField {
    /// The choice of this id or number.
    #[must_use]
    pub fn choice(&self, number: i64) -> Option<&FieldChoice> {
        self.details.choices.iter().find(|choice| choice.number() == Some(number))
    }

    /// Where a fault of its value stands.
    #[must_use]
    pub fn path(&self) -> String {
        format!("fields.{}", self.key)
    }
}

/// Both languages, the missing one taken from the other.
#[must_use]
pub fn filled(text: &Text) -> Text {
    match (text.zh.is_empty(), text.en.is_empty()) {
        (true, false) => Text::new(&text.en, &text.en),
        (false, true) => Text::new(&text.zh, &text.zh),
        _ => text.clone(),
    }
}

/// What a reader may do with which fields of a customer.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Whether restricted fields are there for him.
    restricted: bool,
    /// Those of his role.
    pub rights: Arc<FieldRights>,
}

impl Sight {
    /// What is there for everybody.
    #[must_use]
    pub fn open() -> Self {
        Self { restricted: false, rights: Arc::default() }
    }

    /// Everything: for the house itself.
    #[must_use]
    pub fn all() -> Self {
        Self { restricted: true, rights: Arc::default() }
    }

    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self { restricted: actor.may(Permission::ManageFields), rights: Arc::clone(&actor.fields) }
    }

    /// For a job: as the one who started it sees now.
    pub fn of_starter(tx: &mut Tx, staff: StaffId, now: Instant) -> Result<Self> {
        let granted = directory::granted(tx, staff, now)?;
        Ok(Self { restricted: granted.permissions.has(Permission::ManageFields), rights: Arc::new(granted.fields) })
    }

    /// The right to a field of our own.
    #[must_use]
    pub fn right(&self, field: &CustomField) -> FieldRight {
        if field.details.restricted && !self.restricted { FieldRight::Hidden } else { self.rights.of_own(&field.key) }
    }
}

/// The fields in use to which this reader has this right at least, in their order.
pub fn fields(tx: &mut Tx, sight: &Sight, least: FieldRight) -> Result<Vec<CustomField>> {
    Ok(store::all(tx)?.into_iter().filter(|field| !field.archived && sight.right(field) >= least).collect())
}

/// The values of a customer as the API shows them, by key.
pub type Shown = BTreeMap<String, serde_json::Value>;

/// The own fields of one customer, as a reader sees them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub values: Shown,
    /// Those that are filled in and not shown, as `fields.` and the key.
    pub masked: Vec<String>,
}

/// The values of customers as this reader sees them.
pub(crate) fn shown_of(tx: &mut Tx, customers: &[CustomerId], sight: &Sight) -> Result<HashMap<CustomerId, Own>> {
    let fields = fields(tx, sight, FieldRight::Masked)?;
    if fields.is_empty() {
        return Ok(HashMap::new());
    }
    let known: HashMap<FieldId, (&str, bool)> =
        fields.iter().map(|field| (field.id, (field.key.as_str(), sight.right(field) >= FieldRight::Read))).collect();
    let mut shown = HashMap::new();
    for (id, values) in store::values_of(tx, customers)? {
        let mut mine = Own::default();
        for (field, value) in &values {
            match known.get(field) {
                Some((key, true)) => {
                    mine.values.insert((*key).to_owned(), value.to_json());
                }
                Some((key, false)) => mine.masked.push(format!("fields.{key}")),
                None => {}
            }
        }
        shown.insert(id, mine);
    }
    Ok(shown)
}

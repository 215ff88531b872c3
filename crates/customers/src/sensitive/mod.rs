//! Sensitive fields of customers: id numbers, bank cards, what else must not be read by who has the database. A room of
//! its own, closed by construction: its values are in no list, search, filter, export, import or segment. They are shown
//! masked, in full only with a reason that is recorded, and found by equality through their blind index.

mod api;
mod form;
mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Instant, Result, Text};
use zunke_store::vault::Vault;
use zunke_store::{Db, Tx, Uuid};

pub use api::routes;
pub use form::Form;

zunke_kernel::id_type!(/** A field whose values are in the vault. */ SensitiveFieldId, "sfd");

/// Fields at most.
pub const FIELDS_MAX: i64 = 50;

/// What kind of secret it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SensitiveClass)]
pub enum Class {
    /// About the person.
    Personal,
    /// Harmful in wrong hands: id, biometrics, health, money, minors.
    Sensitive,
    /// A secret of the trade.
    Commercial,
}

impl Class {
    const ALL: [Self; 3] = [Self::Personal, Self::Sensitive, Self::Commercial];

    const fn word(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
            Self::Commercial => "commercial",
        }
    }

    fn read(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|class| class.word() == word)
            .ok_or_else(|| Error::internal(format!("a field of the unknown class {word}")))
    }
}

/// A field of the vault.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SensitiveField)]
pub struct Field {
    pub id: SensitiveFieldId,
    /// Its name in the API; never changes.
    pub key: String,
    pub name: Text,
    pub class: Class,
    pub form: Form,
    pub archived: bool,
    pub version: i64,
}

/// A value in its row.
struct Sealed {
    field: SensitiveFieldId,
    value_id: Uuid,
    sealed: Vec<u8>,
    updated_at: Instant,
    updated_by: Option<StaffId>,
}

impl Sealed {
    fn about(field: SensitiveFieldId, value_id: Uuid) -> String {
        format!("customer value {field} {}", value_id.simple())
    }

    fn open(&self, vault: &Vault) -> Result<String> {
        let plain = vault.open(&Self::about(self.field, self.value_id), &self.sealed)?;
        String::from_utf8(plain).map_err(|_| Error::internal("a sealed value is no text"))
    }
}

/// The values of a customer in full, with their fields: for the copy that he himself may ask for.
pub(crate) fn all_of(tx: &mut Tx, vault: &Vault, customer: CustomerId) -> Result<Vec<(Field, String)>> {
    let fields = store::fields(tx)?;
    let mut found = Vec::new();
    for sealed in store::of(tx, customer)? {
        if let Some(field) = fields.iter().find(|field| field.id == sealed.field) {
            found.push((field.clone(), sealed.open(vault)?));
        }
    }
    Ok(found)
}

/// Seals anew what older keys hold, piece by piece; answers how many values. What somebody changes meanwhile stays as he
/// left it, and what does not open stays as it is.
pub fn reseal(db: &Db, vault: &Vault) -> Result<u64> {
    let (mut renewed, mut after) = (0, None);
    loop {
        let rows = db.read(|tx| store::page(tx, after))?;
        let Some(last) = rows.last().map(|(customer, sealed)| (*customer, sealed.field)) else { return Ok(renewed) };
        let mut new = Vec::new();
        for (customer, old) in rows {
            if vault.is_current(&old.sealed)? {
                continue;
            }
            match old.open(vault) {
                Ok(plain) => {
                    let sealed = vault.seal(&Sealed::about(old.field, old.value_id), plain.as_bytes())?;
                    new.push(vec![sealed.into(), customer.into(), old.field.0.into(), old.sealed.into()]);
                }
                Err(error) => tracing::warn!(%customer, code = error.code, "a sealed value can't be sealed anew"),
            }
        }
        renewed += db.write(|tx| store::renew(tx, &new))?;
        after = Some(last);
    }
}

//! A customer as the API shows it: numbers and addresses masked, tags and headline beside it.

use crate::custom::{self, Shown, Sight};
use crate::identity::IdentityKind;
use crate::profile::{CustomerKind, Gender, Status};
use crate::store::CategoryId;
use crate::store::customers::Stored;
use crate::store::identities;
use crate::store::tags::{self, GivenTag, TagKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_access::rights::FIELDS;
use zunke_access::{FieldRight, FieldRights};
use zunke_kernel::id::{CustomerId, DepartmentId, ImportId, LevelId, StaffId};
use zunke_kernel::{Day, Instant, Money, Result};
use zunke_store::Tx;

/// An id in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalId {
    pub source: String,
    pub value: String,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    pub id: CustomerId,
    pub kind: CustomerKind,
    pub name: String,
    pub status: Status,
    pub gender: Option<Gender>,
    pub birthday: Option<Day>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub note: Option<String>,
    pub owner_id: Option<StaffId>,
    pub department_id: Option<DepartmentId>,
    pub source: Option<String>,
    pub joined_day: Option<Day>,
    pub import_id: Option<ImportId>,
    /// Masked (`138****1234`); `POST /customers/{id}/reveal` shows them.
    pub phones: Vec<String>,
    /// Masked (`w***@example.com`).
    pub emails: Vec<String>,
    pub external_ids: Vec<ExternalId>,
    pub tags: Vec<GivenTag>,
    /// Given by their conditions.
    pub value_classes: Vec<GivenTag>,
    pub category_id: Option<CategoryId>,
    /// Values of the organisation's own fields, by key; empty ones are left out.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Object>)]
    pub fields: Shown,
    /// 0: no level yet.
    pub level_rank: i64,
    pub level_id: Option<LevelId>,
    pub level_since: Option<Day>,
    /// 0–100.
    pub score: Option<f64>,
    /// `543`: recency, frequency, monetary; 0: none yet.
    pub rfm: i64,
    /// The id of the RFM group.
    pub value_class: Option<String>,
    pub orders: i64,
    pub net_spend: Money,
    pub first_order_day: Option<Day>,
    pub last_order_day: Option<Day>,
    /// 0–1.
    pub potential: Option<f64>,
    pub headline_as_of: Option<Day>,
    /// Fields that are kept from the reader, whether they are filled in or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Fields that are filled in and not shown to the reader; own ones as `fields.` and the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Customer {
    /// Takes out what the reader may not see, and says so.
    fn held_back(mut self, rights: &FieldRights) -> Self {
        for field in FIELDS {
            let right = rights.of(field);
            // Numbers and addresses are masked for everybody until they are revealed.
            let as_it_is = right >= FieldRight::Read || (right == FieldRight::Masked && Self::is_masked_anyway(field));
            if as_it_is {
                continue;
            }
            let filled = self.take(field);
            if right == FieldRight::Hidden {
                self.hidden.push(field.to_owned());
            } else if filled {
                self.masked.push(field.to_owned());
            }
        }
        self
    }

    fn is_masked_anyway(field: &str) -> bool {
        matches!(field, "phones" | "emails")
    }

    /// Empties one of [`FIELDS`]; answers whether it was filled in.
    fn take(&mut self, field: &str) -> bool {
        match field {
            "gender" => self.gender.take().is_some(),
            "birthday" => self.birthday.take().is_some(),
            "region" => self.region.take().is_some(),
            "city" => self.city.take().is_some(),
            "note" => self.note.take().is_some(),
            "source" => self.source.take().is_some(),
            "joined_day" => self.joined_day.take().is_some(),
            "phones" => !std::mem::take(&mut self.phones).is_empty(),
            "emails" => !std::mem::take(&mut self.emails).is_empty(),
            "external_ids" => !std::mem::take(&mut self.external_ids).is_empty(),
            _ => false,
        }
    }
}

/// As [`complete_for`], with what everybody may see.
pub fn complete(tx: &mut Tx, rows: Vec<Stored>) -> Result<Vec<Customer>> {
    complete_for(tx, rows, &Sight::open())
}

/// Puts identities, tags and the values of our own fields to rows: set queries for any number of them.
pub fn complete_for(tx: &mut Tx, rows: Vec<Stored>, sight: &Sight) -> Result<Vec<Customer>> {
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.id).collect();
    let mut known = identities::of(tx, &ids)?;
    let mut tags = tags::of(tx, &ids)?;
    let mut fields = custom::shown_of(tx, &ids, sight)?;
    let full = sight.rights.is_full();
    Ok(rows
        .into_iter()
        .map(|row| {
            let own = fields.remove(&row.id).unwrap_or_default();
            let known = known.remove(&row.id).unwrap_or_default();
            let (given, value_classes) =
                tags.remove(&row.id).unwrap_or_default().into_iter().partition(|tag| tag.kind == TagKind::Tag);
            let of = |kind: IdentityKind| known.iter().filter(move |identity| identity.kind() == kind);
            let external = |identity: &crate::Identity| ExternalId {
                source: identity.source().to_owned(),
                value: identity.value().to_owned(),
            };
            let line = row.headline;
            let customer = Customer {
                id: row.id,
                kind: row.kind,
                name: row.name,
                status: row.status,
                gender: row.gender,
                birthday: row.birthday,
                region: row.region,
                city: row.city,
                note: row.note,
                owner_id: row.owner_id,
                department_id: row.department_id,
                source: row.source,
                joined_day: row.joined_day,
                import_id: row.import_id,
                phones: of(IdentityKind::Phone).map(crate::Identity::masked).collect(),
                emails: of(IdentityKind::Email).map(crate::Identity::masked).collect(),
                external_ids: of(IdentityKind::External).map(external).collect(),
                tags: given,
                value_classes,
                category_id: row.category_id,
                fields: own.values,
                hidden: Vec::new(),
                masked: own.masked,
                level_rank: line.level_rank,
                level_id: line.level_id,
                level_since: line.level_since,
                score: line.score,
                rfm: line.rfm,
                value_class: line.value_class,
                orders: line.orders,
                net_spend: line.net_spend,
                first_order_day: line.first_order_day,
                last_order_day: line.last_order_day,
                potential: line.potential,
                headline_as_of: line.as_of,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            if full { customer } else { customer.held_back(&sight.rights) }
        })
        .collect())
}

/// One row, with what everybody may see.
pub fn complete_one(tx: &mut Tx, row: Stored) -> Result<Customer> {
    complete_one_for(tx, row, &Sight::open())
}

/// One row, as this reader may see it.
pub fn complete_one_for(tx: &mut Tx, row: Stored, sight: &Sight) -> Result<Customer> {
    complete_for(tx, vec![row], sight)?.pop().ok_or_else(zunke_kernel::Error::not_found)
}

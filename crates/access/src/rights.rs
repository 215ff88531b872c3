//! What a role is made of: permissions, a reach, and rights to the fields of a customer; shipped roles as code has them
//! until somebody changes them, and roles of the organisation's own making.

use crate::role::{Permission, PermissionSet, Role};
use crate::scope::ReachKind;
use crate::staff::{NAME_CHARS_MAX, check_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zunke_kernel::money::shorten;
use zunke_kernel::{Error, Result};

/// Roles of the organisation's own making.
pub const ROLES_MAX: usize = 50;

/// The fields of a customer that a role may have less than all of. What a customer bought and which level he has are not
/// among them: too much of the product is made from it to hide it honestly.
pub const FIELDS: [&str; 10] =
    ["gender", "birthday", "region", "city", "note", "source", "joined_day", "phones", "emails", "external_ids"];

/// Before the key of a field of the organisation's own making.
const OWN: &str = "fields.";

/// What somebody may do with a field of a customer; each holds what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldRight {
    /// It does not exist for him.
    Hidden,
    /// He sees that there is something, and not what.
    Masked,
    /// He sees it, finds and sorts by it, takes it out with an export.
    Read,
    Write,
}

/// The rights to the fields of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRights {
    /// Of fields that are not named, those that are made later among them.
    pub others: FieldRight,
    /// By field: `birthday`, or `fields.` and the key of an own field.
    #[serde(default)]
    pub named: BTreeMap<String, FieldRight>,
}

impl Default for FieldRights {
    /// Nothing held back.
    fn default() -> Self {
        Self { others: FieldRight::Write, named: BTreeMap::new() }
    }
}

impl FieldRights {
    /// The right to a field of every customer, one of [`FIELDS`].
    #[must_use]
    pub fn of(&self, field: &str) -> FieldRight {
        self.named.get(field).copied().unwrap_or(self.others)
    }

    /// The right to a field of the organisation's own making.
    #[must_use]
    pub fn of_own(&self, key: &str) -> FieldRight {
        if self.named.is_empty() {
            return self.others;
        }
        self.named.get(&format!("{OWN}{key}")).copied().unwrap_or(self.others)
    }

    /// Whether nothing is held back.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.others == FieldRight::Write && self.named.values().all(|right| *right == FieldRight::Write)
    }

    /// 403 unless he may write this field.
    pub fn require_write(&self, field: &str) -> Result<()> {
        if self.of(field) == FieldRight::Write { Ok(()) } else { Err(not_writable(field)) }
    }

    /// 403 unless he may read this field, before it is searched, filtered or sorted by.
    pub fn require_read(&self, field: &str) -> Result<()> {
        if self.of(field) >= FieldRight::Read { Ok(()) } else { Err(not_readable(field)) }
    }

    /// In the form in which they are kept: every field is known, those as all others are left out.
    fn check(mut self) -> Result<Self> {
        let mut faults = Vec::new();
        for field in self.named.keys() {
            let own = field.strip_prefix(OWN).is_some_and(|key| !key.is_empty() && key.chars().count() <= 60);
            if !own && !FIELDS.contains(&field.as_str()) {
                let (field, known) = (shorten(field), FIELDS.join(", "));
                faults.push(
                    Error::invalid(
                        "field_unknown",
                        format!("没有“{field}”这个字段，可选：{known}，或 fields. 加自定义字段的键。"),
                        format!(
                            "There is no field {field}; choose one of {known}, or fields. with the key of an own field."
                        ),
                    )
                    .at(format!("fields.{field}")),
                );
            }
        }
        let others = self.others;
        self.named.retain(|_, right| *right != others);
        Error::gather(faults).map_or(Ok(self), Err)
    }
}

/// 403: the field may be seen, not changed.
#[must_use]
pub fn not_writable(field: &str) -> Error {
    Error::new(
        zunke_kernel::Kind::Forbidden,
        "field_not_writable",
        "您的角色不能修改该字段，请联系管理员。",
        "Your role may not change this field; please ask an administrator.",
    )
    .at(field)
}

/// 403: the field is kept from the caller.
#[must_use]
pub fn not_readable(field: &str) -> Error {
    Error::new(
        zunke_kernel::Kind::Forbidden,
        "field_not_readable",
        "您的角色不能查看该字段，因此也不能按它筛选、排序或显示。",
        "Your role may not see this field, and so not filter, sort or reveal by it either.",
    )
    .at(field)
}

/// What a role is, beside its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSet {
    pub permissions: PermissionSet,
    pub reach: ReachKind,
    #[serde(default)]
    pub fields: FieldRights,
}

impl RoleSet {
    /// A role as it is shipped.
    #[must_use]
    pub fn shipped(role: Role) -> Self {
        Self {
            permissions: role.permissions().into_iter().collect(),
            reach: ReachKind::of_role(role),
            fields: FieldRights::default(),
        }
    }

    /// Checks what a person entered. What somebody may do he must also see: a permission that needs another brings it.
    pub fn check(self) -> Result<Self> {
        let permissions = self.permissions.with_needs();
        Ok(Self { permissions, fields: self.fields.check()?, ..self })
    }
}

/// The name of an own role as it is kept.
pub fn check_role_name(name: &str) -> Result<String> {
    check_name(name, NAME_CHARS_MAX)
}

/// What somebody may do today: his role, with what groups add and take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub permissions: PermissionSet,
    pub reach: ReachKind,
    pub fields: FieldRights,
}

impl Granted {
    /// For nobody.
    #[must_use]
    pub fn nothing() -> Self {
        let fields = FieldRights { others: FieldRight::Hidden, named: BTreeMap::new() };
        Self { permissions: PermissionSet::default(), reach: ReachKind::Own, fields }
    }

    /// Deny beats allow, whichever group says it.
    #[must_use]
    pub fn of(role: &RoleSet, allowed: PermissionSet, denied: PermissionSet) -> Self {
        Self {
            permissions: role.permissions.and(allowed).with_needs().without(denied),
            reach: role.reach,
            fields: role.fields.clone(),
        }
    }
}

impl PermissionSet {
    /// With what each needs to be of use: whoever edits customers sees them.
    #[must_use]
    pub fn with_needs(self) -> Self {
        use Permission as P;
        let mut all = self;
        for permission in self.iter() {
            let need = match permission {
                P::EditCustomers
                | P::ArchiveCustomers
                | P::AssignCustomers
                | P::ExportCustomers
                | P::MergeCustomers
                | P::RecordActivities
                | P::ImportCustomers
                | P::RevealPersonal
                | P::ApproveExports
                | P::ReadTickets
                | P::ManageSegments
                | P::ManageTags => P::ReadCustomers,
                P::SimulateTiering | P::ManageTiering => P::ReadTiering,
                P::WorkTickets | P::SetDueTimes | P::ManageService => P::ReadTickets,
                _ => continue,
            };
            all = all.and(PermissionSet::from_iter([need]));
        }
        if all == self { all } else { all.with_needs() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_beats_allow_and_a_permission_brings_what_it_needs() {
        let agent = RoleSet::shipped(Role::Agent);
        let allowed = PermissionSet::from_iter([Permission::ExportCustomers]);
        let denied = PermissionSet::from_iter([Permission::ExportCustomers, Permission::EditCustomers]);
        let both = Granted::of(&agent, allowed, denied);
        assert!(!both.permissions.has(Permission::ExportCustomers) && !both.permissions.has(Permission::EditCustomers));
        assert!(Granted::of(&agent, allowed, PermissionSet::default()).permissions.has(Permission::ExportCustomers));
        let narrow = PermissionSet::from_iter([Permission::SetDueTimes]).with_needs();
        assert!(narrow.has(Permission::ReadTickets) && narrow.has(Permission::ReadCustomers));
    }

    #[test]
    fn a_field_nobody_named_has_the_right_of_all_others() {
        let rights = FieldRights {
            others: FieldRight::Hidden,
            named: [("birthday".to_owned(), FieldRight::Read), ("fields.skin".to_owned(), FieldRight::Write)].into(),
        };
        assert_eq!(rights.of("birthday"), FieldRight::Read);
        assert_eq!((rights.of_own("skin"), rights.of_own("made_later")), (FieldRight::Write, FieldRight::Hidden));
        assert_eq!(rights.require_write("birthday").expect_err("read only").code, "field_not_writable");
        assert_eq!(rights.require_read("city").expect_err("hidden").code, "field_not_readable");
        assert!(rights.require_read("birthday").is_ok() && FieldRights::default().is_full());
    }

    #[test]
    fn every_field_that_is_not_there_is_named() {
        let rights = FieldRights {
            others: FieldRight::Write,
            named: ["net_spend", "fields.", "city"].map(|field| (field.to_owned(), FieldRight::Hidden)).into(),
        };
        let error = rights.check().expect_err("two are unknown");
        assert_eq!((error.code, error.others.len()), ("field_unknown", 1));
    }

    #[test]
    fn shipped_roles_need_nothing_that_they_lack() {
        for role in Role::ALL {
            let set = RoleSet::shipped(role);
            assert_eq!(set.permissions.with_needs(), set.permissions, "{role:?}");
        }
    }
}

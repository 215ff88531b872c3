//! Roles, and what each may do. The table stands here, in code: who may do what is part of the product, and its
//! test prints it whole.

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;
use zunke_kernel::Error;

/// What a member of staff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, and alone: staff, departments, the organisation, the audit record.
    Administrator,
    /// The business: customers, imports, programmes, exports.
    OperationsManager,
    /// Own customers.
    AccountManager,
    /// The customers of the department, day to day.
    Agent,
    /// Reads everything, changes no customer.
    Analyst,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::OperationsManager, Self::AccountManager, Self::Agent, Self::Analyst];

    /// The word in the API and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::OperationsManager => "operations_manager",
            Self::AccountManager => "account_manager",
            Self::Agent => "agent",
            Self::Analyst => "analyst",
        }
    }

    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }

    /// All that this role may do, in the order of the table.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|&permission| self.has(permission)).collect()
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|role| role.word() == text).ok_or_else(|| {
            let choices = Self::ALL.map(Self::word).join(", ");
            Error::invalid(
                "role_unknown",
                format!("没有该角色，可选：{choices}。"),
                format!("There is no such role; choose one of: {choices}."),
            )
            .at("role")
        })
    }
}

use Role::{AccountManager, Administrator, Agent, Analyst, OperationsManager};

/// Names each permission once: its variant, its word, who has it; and makes the marker type for signatures.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $roles:expr;)+) => {
        /// One thing that a role may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the API.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Who has it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => $roles,)+ }
            }
        }

        /// Permissions as types, for handler signatures: `can: Can<may::ReadCustomers>`, `write: Write<may::EditCustomers>`.
        pub mod may {
            use super::{Grant, Permission};

            /// No more than being logged in.
            #[derive(Clone, Copy, Debug)]
            pub struct Enter;

            impl Grant for Enter {
                const PERMISSION: Option<Permission> = None;
            }

            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl Grant for $name {
                    const PERMISSION: Option<Permission> = Some(Permission::$name);
                }
            )+
        }
    };
}

impl Permission {
    /// Whether it lets personal data out of the house or in full before somebody's eyes: not for who only looks with
    /// another person's eyes.
    #[must_use]
    pub const fn takes_out(self) -> bool {
        matches!(
            self,
            Self::ExportCustomers | Self::RevealPersonal | Self::ManagePrivacy | Self::ManageBackups | Self::ReadAudit
        )
    }
}

/// Some of the permissions; in JSON the list of their words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "a set holds 64");

impl PermissionSet {
    const fn bit(permission: Permission) -> u64 {
        1 << permission as u32
    }

    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// What is in one of them.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one only.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// In the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | Self::bit(permission)))
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    /// A word that is no permission any more is none: what was kept by a newer or older build can be read.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        Ok(Permission::ALL.iter().copied().filter(|one| words.iter().any(|word| word == one.word())).collect())
    }
}

/// A permission as a type.
pub trait Grant: Send + Sync + 'static {
    /// `None`: being logged in is enough.
    const PERMISSION: Option<Permission>;
}

permissions! {
    /// Staff, departments, other people's sessions and tokens.
    ManageStaff = "manage_staff": &[Administrator];
    /// Name, time zone, currency, the pinned day.
    ManageOrganisation = "manage_organisation": &[Administrator];
    /// Who did what, when.
    ReadAudit = "read_audit": &[Administrator];
    /// See and cancel the jobs of all.
    ManageJobs = "manage_jobs": &[Administrator, OperationsManager];
    /// Make API tokens for oneself.
    UseTokens = "use_tokens": &[Administrator, OperationsManager, AccountManager, Analyst];
    /// See customers within the own scope.
    ReadCustomers = "read_customers": &[Administrator, OperationsManager, AccountManager, Agent, Analyst];
    /// Make, change and tag customers within the own scope.
    EditCustomers = "edit_customers": &[Administrator, OperationsManager, AccountManager, Agent];
    /// Archive customers and bring them back.
    ArchiveCustomers = "archive_customers": &[Administrator, OperationsManager, AccountManager];
    /// Give customers to another owner or department.
    AssignCustomers = "assign_customers": &[Administrator, OperationsManager];
    /// Take customers out as a file.
    ExportCustomers = "export_customers": &[Administrator, OperationsManager, Analyst];
    /// Merge two entries of one customer, and part them again.
    MergeCustomers = "merge_customers": &[Administrator, OperationsManager];
    /// Record orders, refunds and interactions.
    RecordActivities = "record_activities": &[Administrator, OperationsManager, AccountManager, Agent];
    /// Load files.
    ImportCustomers = "import_customers": &[Administrator, OperationsManager];
    /// Make, rename and delete tags.
    ManageTags = "manage_tags": &[Administrator, OperationsManager];
    /// Define fields of the organisation's own making, and see restricted ones.
    ManageFields = "manage_fields": &[Administrator, OperationsManager];
    /// Make, change and delete segments.
    ManageSegments = "manage_segments": &[Administrator, OperationsManager, Analyst];
    /// See levels, scores and their reasons.
    ReadTiering = "read_tiering": &[Administrator, OperationsManager, AccountManager, Agent, Analyst];
    /// Try rules on the whole base.
    SimulateTiering = "simulate_tiering": &[Administrator, OperationsManager, Analyst];
    /// Change rules, publish them, evaluate all.
    ManageTiering = "manage_tiering": &[Administrator, OperationsManager];
    /// See tickets, visits and what customers say, within the own scope.
    ReadTickets = "read_tickets": &[Administrator, OperationsManager, AccountManager, Agent, Analyst];
    /// Open tickets, answer, solve and hand them on; record visits.
    WorkTickets = "work_tickets": &[Administrator, OperationsManager, AccountManager, Agent];
    /// Set a due time by hand, take it back.
    SetDueTimes = "set_due_times": &[Administrator, OperationsManager];
    /// Policies, calendars, groups, templates, mailboxes, topics; who manages whom.
    ManageService = "manage_service": &[Administrator, OperationsManager];
    /// Requests of people about their own data, retention, the wording of consents.
    ManagePrivacy = "manage_privacy": &[Administrator];
    /// Agree to exports of many customers.
    ApproveExports = "approve_exports": &[Administrator, OperationsManager];
    /// Webhooks: where other systems are told what happens here.
    ManageHooks = "manage_hooks": &[Administrator];
    /// What is asked of a login: passwords, sessions, second steps.
    ManageSecurity = "manage_security": &[Administrator];
    /// Signing in by other providers, and the directory that makes and ends people.
    ManageSignIn = "manage_sign_in": &[Administrator];
    /// See sensitive fields in full, with a reason; find customers by them.
    RevealPersonal = "reveal_personal": &[Administrator, OperationsManager, AccountManager];
    /// See, make and take away backups; when they are made.
    ManageBackups = "manage_backups": &[Administrator];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_permission_is_the_one_in_json_and_in_the_api_document() {
        use utoipa::PartialSchema;
        let document = serde_json::to_string(&Permission::schema()).expect("a schema");
        for permission in Permission::ALL {
            let word = serde_json::to_string(permission).expect("a word");
            assert_eq!(word, format!("\"{}\"", permission.word()));
            assert!(document.contains(&word), "{word} is not in {document}");
        }
    }
}

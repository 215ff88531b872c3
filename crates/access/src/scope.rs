//! Which customers somebody may see: how far (own, department and below, all) times which levels.
//! A query of customers starts from a `Scope`; there is no other way to them.

use crate::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{DepartmentId, StaffId};

/// The rows that somebody may see: both parts must let a customer through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub reach: Reach,
    pub levels: LevelReach,
}

/// How far somebody sees, resolved for a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The customers that he owns.
    Own(StaffId),
    /// The customers of these departments: his own and all below it. Empty without a department: nobody.
    Department(Vec<DepartmentId>),
    All,
}

/// The levels somebody sees, by rank (0: no level yet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelReach {
    All,
    Only(Vec<i64>),
}

/// How far somebody sees, as it is set and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReachKind {
    Own,
    Department,
    All,
}

impl ReachKind {
    pub const ALL: [Self; 3] = [Self::Own, Self::Department, Self::All];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Department => "department",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a role has where nothing else is set for the person.
    #[must_use]
    pub fn of_role(role: Role) -> Self {
        match role {
            Role::Administrator | Role::OperationsManager | Role::Analyst => Self::All,
            Role::AccountManager => Self::Own,
            Role::Agent => Self::Department,
        }
    }
}

impl Scope {
    /// Everybody: for jobs, the command line and observers, which act for the organisation.
    #[must_use]
    pub fn all() -> Self {
        Self { reach: Reach::All, levels: LevelReach::All }
    }

    /// Whether a customer of this owner, department and rank is within it. The rule that a query's condition
    /// must agree with.
    #[must_use]
    pub fn sees(&self, owner: Option<StaffId>, department: Option<DepartmentId>, rank: i64) -> bool {
        let near = match &self.reach {
            Reach::Own(staff) => owner == Some(*staff),
            Reach::Department(departments) => department.is_some_and(|id| departments.contains(&id)),
            Reach::All => true,
        };
        let level = match &self.levels {
            LevelReach::All => true,
            LevelReach::Only(ranks) => ranks.contains(&rank),
        };
        near && level
    }

    #[must_use]
    pub fn is_all(&self) -> bool {
        self.reach == Reach::All && self.levels == LevelReach::All
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    #[test]
    fn both_reach_and_level_must_let_a_customer_through() {
        let (me, other) = (StaffId::new(Instant(1)), StaffId::new(Instant(2)));
        let (mine, theirs) = (DepartmentId::new(Instant(1)), DepartmentId::new(Instant(2)));
        let own = Scope { reach: Reach::Own(me), levels: LevelReach::Only(vec![3, 4]) };
        assert!(own.sees(Some(me), Some(theirs), 3));
        assert!(!own.sees(Some(me), None, 2));
        assert!(!own.sees(Some(other), Some(mine), 3));
        assert!(!own.sees(None, None, 3));
        let department = Scope { reach: Reach::Department(vec![mine]), levels: LevelReach::All };
        assert!(department.sees(Some(other), Some(mine), 0));
        assert!(!department.sees(Some(me), Some(theirs), 0));
        assert!(!department.sees(Some(me), None, 0));
        let nowhere = Scope { reach: Reach::Department(Vec::new()), levels: LevelReach::All };
        assert!(!nowhere.sees(Some(me), Some(mine), 0));
        assert!(Scope::all().is_all() && Scope::all().sees(None, None, 0));
    }
}

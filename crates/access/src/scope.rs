//! Which customers somebody may see: how far (own, department and below, all) times which levels; and at which levels he
//! may do more than see. A query of customers starts from a `Scope`; there is no other way to them.

use crate::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Error, Kind, Result};

/// The rows that somebody may see: both parts must let a customer through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub reach: Reach,
    pub levels: LevelReach,
    pub rights: Rights,
    /// Colleagues for whom he stands in today, or with whom he shares by a group: their customers are within his reach
    /// as well.
    pub stands_in: Vec<StaffId>,
}

/// At which levels somebody may do more than see. What he may not see he may not touch either: the ranks of a `Scope` hold
/// first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Change customers, their tags and what happened to them.
    pub edit: LevelReach,
    /// Move customers between categories.
    pub categorise: LevelReach,
    /// Archive customers and bring them back.
    pub archive: LevelReach,
}

/// Something that is done to a customer, beyond looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Edit,
    Categorise,
    Archive,
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LevelReach {
    #[default]
    All,
    Only(Vec<i64>),
}

impl LevelReach {
    #[must_use]
    pub fn holds(&self, rank: i64) -> bool {
        match self {
            Self::All => true,
            Self::Only(ranks) => ranks.contains(&rank),
        }
    }

    /// The levels that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, one) | (one, Self::All) => one.clone(),
            (Self::Only(ranks), other) => Self::Only(ranks.iter().copied().filter(|rank| other.holds(*rank)).collect()),
        }
    }
}

/// How far somebody sees, as it is set and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReachKind {
    Own,
    /// His own, and those of the others in his groups.
    Group,
    /// Those of his department.
    DepartmentOnly,
    /// Those of his department and of all below it.
    Department,
    All,
}

impl ReachKind {
    pub const ALL: [Self; 5] = [Self::Own, Self::Group, Self::DepartmentOnly, Self::Department, Self::All];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Group => "group",
            Self::DepartmentOnly => "department_only",
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
        Self::seeing(Reach::All, LevelReach::All)
    }

    /// What somebody sees, with nothing held back from him within it.
    #[must_use]
    pub fn seeing(reach: Reach, levels: LevelReach) -> Self {
        Self { reach, levels, rights: Rights::default(), stands_in: Vec::new() }
    }

    /// The part of it at whose levels somebody may do this.
    #[must_use]
    pub fn for_deed(&self, deed: Deed) -> Self {
        Self { levels: self.levels.and(self.rights.of(deed)), ..self.clone() }
    }

    /// 403 unless this may be done to a customer of this rank, whom he sees.
    pub fn require(&self, deed: Deed, rank: i64) -> Result<()> {
        if self.rights.of(deed).holds(rank) { Ok(()) } else { Err(deed.refused()) }
    }

    /// 403 unless he sees everyone: for what touches everyone at once, such as rules and tags given by rule.
    pub fn require_everyone(&self) -> Result<()> {
        if self.sees_all() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Forbidden,
            "everyone_required",
            "此操作影响全部客户，而您只能查看部分客户，请由能查看全部客户的同事操作。",
            "This touches all customers, and you see only some of them; somebody who sees all of them can do it.",
        ))
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
        let near = near || owner.is_some_and(|owner| self.stands_in.contains(&owner));
        near && self.levels.holds(rank)
    }

    /// Whether everybody is seen.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.reach == Reach::All && self.levels == LevelReach::All
    }

    /// Whether nobody is held back, neither from being seen nor from being changed.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.sees_all() && self.rights == Rights::default()
    }
}

impl Rights {
    #[must_use]
    pub fn of(&self, deed: Deed) -> &LevelReach {
        match deed {
            Deed::Edit => &self.edit,
            Deed::Categorise => &self.categorise,
            Deed::Archive => &self.archive,
        }
    }
}

impl Deed {
    /// What somebody is told who may see a customer, but not do this to him.
    #[must_use]
    pub fn refused(self) -> Error {
        let (code, zh, en) = match self {
            Self::Edit => (
                "level_not_editable",
                "您可以查看该等级的客户，但不能修改，请联系管理员。",
                "You may see customers of this level, but not change them; please ask an administrator.",
            ),
            Self::Categorise => (
                "level_not_movable",
                "您不能移动该等级客户的分类，请联系管理员。",
                "You may not move customers of this level between categories; please ask an administrator.",
            ),
            Self::Archive => (
                "level_not_archivable",
                "您不能归档该等级的客户，请联系管理员。",
                "You may not archive customers of this level; please ask an administrator.",
            ),
        };
        Error::new(Kind::Forbidden, code, zh, en)
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
        let own = Scope::seeing(Reach::Own(me), LevelReach::Only(vec![3, 4]));
        assert!(own.sees(Some(me), Some(theirs), 3));
        assert!(!own.sees(Some(me), None, 2));
        assert!(!own.sees(Some(other), Some(mine), 3));
        assert!(!own.sees(None, None, 3));
        let department = Scope::seeing(Reach::Department(vec![mine]), LevelReach::All);
        assert!(department.sees(Some(other), Some(mine), 0));
        assert!(!department.sees(Some(me), Some(theirs), 0));
        assert!(!department.sees(Some(me), None, 0));
        let nowhere = Scope::seeing(Reach::Department(Vec::new()), LevelReach::All);
        assert!(!nowhere.sees(Some(me), Some(mine), 0));
        assert!(Scope::all().is_all() && Scope::all().sees(None, None, 0));
        let deputy = Scope { stands_in: vec![other], ..own };
        assert!(deputy.sees(Some(other), None, 3) && deputy.sees(Some(me), None, 4), "his own and the other's");
        assert!(!deputy.sees(Some(other), None, 2) && !deputy.sees(None, None, 3), "his own levels still hold");
    }

    #[test]
    fn seeing_a_level_is_not_yet_changing_it() {
        let mut scope = Scope::seeing(Reach::All, LevelReach::Only(vec![1, 2, 3]));
        scope.rights.edit = LevelReach::Only(vec![2, 3, 4]);
        assert!(scope.require(Deed::Edit, 2).is_ok() && scope.require(Deed::Archive, 1).is_ok());
        assert_eq!(scope.require(Deed::Edit, 1).expect_err("seen only").code, "level_not_editable");
        assert_eq!(scope.for_deed(Deed::Edit).levels, LevelReach::Only(vec![2, 3]));
        assert_eq!(scope.for_deed(Deed::Archive).levels, scope.levels);
        let mut all = Scope::all();
        assert!(all.require_everyone().is_ok());
        all.rights.edit = LevelReach::Only(vec![1]);
        assert!(all.sees_all() && !all.is_all() && all.require_everyone().is_ok());
        assert_eq!(scope.require_everyone().expect_err("some").code, "everyone_required");
    }
}

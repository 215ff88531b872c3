//! What each role may do with customers of each level: see, change, move between categories, archive. Everything that is
//! not held back here is allowed, within the reach and the levels of the person.

use crate::role::Role;
use crate::scope::{Deed, LevelReach, Rights};
use crate::staff::RANK_MAX;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;
use zunke_kernel::{Error, Instant, Result};
use zunke_store::Tx;

const NAME: &str = "level_rights";

/// The rights of one role at one level, by the rank of the primary programme (0: no level yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelRight {
    pub role: Role,
    pub rank: i64,
    /// Without it there is nothing else: these customers do not exist for the role.
    pub see: bool,
    pub edit: bool,
    /// Move between categories.
    pub categorise: bool,
    pub archive: bool,
}

/// All that is held back; what is not named is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LevelRights {
    pub rights: Vec<LevelRight>,
    /// Counts up with each change; the `ETag`.
    #[serde(default)]
    pub version: i64,
}

impl LevelRights {
    /// The levels that a role sees.
    #[must_use]
    pub fn seen(&self, role: Role) -> LevelReach {
        self.reach(role, |right| right.see)
    }

    /// What a role may do at which levels.
    #[must_use]
    pub fn rights(&self, role: Role) -> Rights {
        let of = |deed: Deed| self.reach(role, |right| right.see && right.may(deed));
        Rights { edit: of(Deed::Edit), categorise: of(Deed::Categorise), archive: of(Deed::Archive) }
    }

    fn reach(&self, role: Role, may: impl Fn(&LevelRight) -> bool) -> LevelReach {
        let without: HashSet<i64> =
            self.rights.iter().filter(|right| right.role == role && !may(right)).map(|right| right.rank).collect();
        if without.is_empty() {
            return LevelReach::All;
        }
        LevelReach::Only((0..=RANK_MAX).filter(|rank| !without.contains(rank)).collect())
    }

    /// Checks what a person entered, and brings it into the form in which it is kept.
    pub fn check(mut self) -> Result<Self> {
        let mut faults = Vec::new();
        let mut known = HashSet::new();
        for (at, right) in self.rights.iter_mut().enumerate() {
            let path = |field: &str| format!("rights[{at}].{field}");
            if !(0..=RANK_MAX).contains(&right.rank) {
                faults.push(
                    Error::invalid(
                        "levels_invalid",
                        format!("等级序号应在 0 到 {RANK_MAX} 之间，收到 {}。", right.rank),
                        format!("A rank is between 0 and {RANK_MAX}, got {}.", right.rank),
                    )
                    .at(path("rank")),
                );
            }
            if right.role == Role::Administrator && !right.is_full() {
                faults.push(
                    Error::invalid(
                        "administrator_unlimited",
                        "管理员不受等级权限限制，否则将无人能改回设置。",
                        "Administrators are not limited by level: nobody could set it right again.",
                    )
                    .at(path("role")),
                );
            }
            if !known.insert((right.role, right.rank)) {
                faults.push(
                    Error::invalid("right_twice", "同一角色和等级出现了两次。", "This role and level are named twice.")
                        .at(path("rank")),
                );
            }
            if !right.see {
                (right.edit, right.categorise, right.archive) = (false, false, false);
            }
        }
        self.rights.retain(|right| !right.is_full());
        self.rights.sort_by_key(|right| (right.role.word(), right.rank));
        Error::gather(faults).map_or(Ok(self), Err)
    }
}

impl LevelRight {
    fn may(self, deed: Deed) -> bool {
        match deed {
            Deed::Edit => self.edit,
            Deed::Categorise => self.categorise,
            Deed::Archive => self.archive,
        }
    }

    fn is_full(self) -> bool {
        self.see && self.edit && self.categorise && self.archive
    }
}

/// What stands.
pub fn load(tx: &mut Tx) -> Result<LevelRights> {
    let found = tx.query_one("SELECT content, version FROM settings WHERE name = $1", &[NAME.into()], |row| {
        Ok(LevelRights { rights: row.json(0)?, version: row.int(1)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps others from changing them until the end of this unit of work; answers what stands.
pub(crate) fn lock(tx: &mut Tx, now: Instant) -> Result<LevelRights> {
    tx.execute(
        "INSERT INTO settings (name, content, version, updated_at) VALUES ($1, '[]', 0, $2)
         ON CONFLICT (name) DO NOTHING",
        &[NAME.into(), now.into()],
    )?;
    tx.execute("UPDATE settings SET updated_at = $1 WHERE name = $2", &[now.into(), NAME.into()])?;
    load(tx)
}

/// Stores rights that have been checked; answers them with their new version.
pub(crate) fn save(tx: &mut Tx, now: Instant, rights: &LevelRights) -> Result<LevelRights> {
    let content = serde_json::to_string(&rights.rights).map_err(Error::internal)?;
    tx.execute(
        "UPDATE settings SET content = $1, version = version + 1, updated_at = $2 WHERE name = $3",
        &[content.into(), now.into(), NAME.into()],
    )?;
    load(tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(role: Role, rank: i64, see: bool, edit: bool) -> LevelRight {
        LevelRight { role, rank, see, edit, categorise: true, archive: true }
    }

    #[test]
    fn what_is_not_held_back_is_allowed_and_what_is_not_seen_is_not_touched() {
        assert_eq!(LevelRights::default().seen(Role::Agent), LevelReach::All);
        let rights = LevelRights {
            rights: vec![
                right(Role::Agent, 5, false, true),
                right(Role::Agent, 4, true, false),
                right(Role::Analyst, 1, true, true),
            ],
            version: 0,
        };
        let kept = rights.check().expect("good");
        assert_eq!(kept.rights.len(), 2, "a full right is no entry");
        assert!(!kept.seen(Role::Agent).holds(5) && kept.seen(Role::Agent).holds(4));
        let agent = kept.rights(Role::Agent);
        assert!(!agent.edit.holds(4) && !agent.edit.holds(5) && agent.edit.holds(3));
        assert!(agent.archive.holds(4) && !agent.archive.holds(5));
        assert_eq!(kept.rights(Role::Analyst), Rights::default());
    }

    #[test]
    fn all_faults_of_the_matrix_are_named_at_once() {
        let bad = LevelRights {
            rights: vec![
                right(Role::Administrator, 3, false, false),
                right(Role::Agent, 11, false, false),
                right(Role::Agent, 2, true, false),
                right(Role::Agent, 2, false, false),
            ],
            version: 0,
        };
        let error = bad.check().expect_err("three faults");
        let codes: Vec<&str> = std::iter::once(error.code).chain(error.others.iter().map(|other| other.code)).collect();
        assert_eq!(codes, ["administrator_unlimited", "levels_invalid", "right_twice"]);
    }
}

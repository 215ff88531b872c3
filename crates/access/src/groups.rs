//! Groups of staff with dates: a project, a shift, a standing in. A group adds permissions to what its members may do, or
//! takes them away, for as long as they belong to it; with the reach *group* they see each other's customers.

use crate::directory;
use crate::role::PermissionSet;
use crate::staff::check_name;
use crate::store::roles as table;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;
use zunke_kernel::id::StaffId;
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::Tx;

zunke_kernel::id_type!(/** A group of staff. */ StaffGroupId, "sgr");

pub const GROUPS_MAX: usize = 200;
pub const MEMBERS_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 60;

/// Somebody in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffGroupMember)]
pub struct Member {
    pub staff_id: StaffId,
    /// The first day.
    pub from: Day,
    /// The last day; absent: until further notice.
    #[serde(default)]
    pub until: Option<Day>,
}

/// What a group adds and takes away. What one group takes away no other gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSet {
    #[serde(default)]
    pub allow: PermissionSet,
    #[serde(default)]
    pub deny: PermissionSet,
}

/// A group as it is kept.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: StaffGroupId,
    pub name: String,
    pub set: GroupSet,
    pub members: Vec<Member>,
    pub version: i64,
}

fn name_taken() -> Error {
    Error::conflict(
        "name_taken",
        "已有同名的小组，请换一个名称。",
        "A group of this name is there; please choose another.",
    )
    .at("name")
}

/// Keeps a group that a person entered.
pub(crate) fn save(tx: &mut Tx, now: Instant, mut group: Group) -> Result<Group> {
    group.name = check_name(&group.name, NAME_CHARS_MAX)?;
    let mut faults = Vec::new();
    let mut known = HashSet::new();
    if group.members.len() > MEMBERS_MAX {
        faults.push(
            Error::invalid(
                "members_too_many",
                format!("一个小组最多 {MEMBERS_MAX} 人。"),
                format!("A group has at most {MEMBERS_MAX} members."),
            )
            .at("members"),
        );
        group.members.truncate(MEMBERS_MAX);
    }
    for (at, member) in group.members.iter().enumerate() {
        let path = |field: &str| format!("members[{at}].{field}");
        if !known.insert(member.staff_id) {
            let error = Error::invalid("member_twice", "该员工出现了两次。", "This member of staff is named twice.");
            faults.push(error.at(path("staff_id")));
        }
        if member.until.is_some_and(|until| until < member.from) {
            let error = Error::invalid("days_wrong", "结束日期早于开始日期。", "The last day is before the first.");
            faults.push(error.at(path("until")));
        }
    }
    Error::gather(faults).map_or(Ok(()), Err)?;
    let here: HashSet<StaffId> = directory::colleagues(tx)?.into_iter().map(|one| one.id).collect();
    let unknown = |(at, member): (usize, &Member)| {
        (!here.contains(&member.staff_id)).then(|| {
            Error::invalid("staff_unknown", "没有该员工。", "There is no such member of staff.")
                .at(format!("members[{at}].staff_id"))
        })
    };
    Error::gather(group.members.iter().enumerate().filter_map(unknown).collect()).map_or(Ok(()), Err)?;
    if !table::save_group(tx, now, &group)? {
        return Err(name_taken());
    }
    Ok(group)
}

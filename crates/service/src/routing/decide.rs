//! Whose a ticket is to be: dedicated manager, then his deputies, then the group of the level, then anyone who has the
//! skills. A pure function; each who was looked at and not taken has his reason.

use super::reason::{Reason, Refusal};
use crate::presence::State as Presence;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::id::{GroupId, StaffId};

/// What is asked of whoever gets the ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub level_rank: i64,
    /// Skills, the most important first; the last is given up first.
    pub skills: Vec<String>,
    /// How many of them are given up by now.
    pub relaxed: usize,
    /// The customer's dedicated manager.
    pub manager: Option<StaffId>,
    /// Those who stand in for him today, in order.
    pub deputies: Vec<StaffId>,
    /// Who has handed it back.
    pub handed_back: Vec<StaffId>,
}

impl Asked {
    /// The skills that still count.
    #[must_use]
    pub fn needed(&self) -> &[String] {
        &self.skills[..self.skills.len().saturating_sub(self.relaxed)]
    }

    /// Those that were given up.
    #[must_use]
    pub fn given_up(&self) -> &[String] {
        &self.skills[self.skills.len().saturating_sub(self.relaxed)..]
    }
}

/// Somebody who may be given tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: StaffId,
    pub name: String,
    /// May log in, and works on tickets.
    pub active: bool,
    pub presence: Presence,
    pub absent: bool,
    pub on_shift: bool,
    pub skills: Vec<String>,
    /// Ranks that he may see; `None`: all.
    pub levels: Option<Vec<i64>>,
    /// Open tickets that he may have at once.
    pub capacity: i64,
    /// Those that he has.
    pub load: i64,
}

impl Person {
    /// Why he can't be given it; nothing where he can.
    #[must_use]
    pub fn refusal(&self, asked: &Asked) -> Option<Refusal> {
        if asked.handed_back.contains(&self.id) {
            return Some(Refusal::HandedBack);
        }
        if !self.active {
            return Some(Refusal::Inactive);
        }
        if self.levels.as_ref().is_some_and(|levels| !levels.contains(&asked.level_rank)) {
            return Some(Refusal::LevelHidden);
        }
        if let Some(missing) = asked.needed().iter().find(|skill| !self.skills.contains(skill)) {
            return Some(Refusal::Lacks(missing.clone()));
        }
        self.away().or_else(|| {
            (self.load >= self.capacity).then_some(Refusal::Full { load: self.load, capacity: self.capacity })
        })
    }

    /// Why he is not there to take anything; nothing where he is.
    fn away(&self) -> Option<Refusal> {
        if self.absent {
            return Some(Refusal::Absent);
        }
        if !self.on_shift {
            return Some(Refusal::OffShift);
        }
        match self.presence {
            Presence::Online => None,
            Presence::Busy => Some(Refusal::Busy),
            Presence::Away => Some(Refusal::Away),
            Presence::Offline => Some(Refusal::Offline),
        }
    }

    /// How full he is, for who has the most room.
    fn fullness(&self) -> (i64, i64) {
        (self.load * 10_000 / self.capacity.max(1), self.load)
    }
}

/// A group that tickets are routed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    /// Ranks it is for; `None`: any.
    pub levels: Option<Vec<i64>>,
    pub members: Vec<StaffId>,
    /// Gives tickets to the member with the most room; otherwise members take the next by themselves.
    pub pushes: bool,
}

/// Where on the way it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RouteStage)]
pub enum Stage {
    Manager,
    Deputy,
    /// The group of the level.
    Group,
    /// Anyone who has the skills.
    Anyone,
    /// In a group's queue, or in everybody's: until somebody takes it or comes.
    Waiting,
}

/// Somebody or a group that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub stage: Stage,
    pub group: Option<GroupId>,
    pub staff: Option<StaffId>,
    pub name: String,
    /// `None`: taken.
    pub refusal: Option<Refusal>,
}

/// Whose it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    pub stage: Stage,
    pub group: Option<GroupId>,
    pub staff: Option<StaffId>,
    pub reason: Reason,
    pub tried: Vec<Tried>,
}

/// Decides. `groups` in the order in which they are to be looked at; `people` in any.
#[must_use]
pub fn decide(asked: &Asked, groups: &[Group], people: &[Person]) -> Routed {
    let mut tried = Vec::new();
    let known = |id: StaffId| people.iter().find(|person| person.id == id);
    let close = asked.manager.iter().map(|id| (Stage::Manager, *id));
    let close = close.chain(asked.deputies.iter().map(|id| (Stage::Deputy, *id)));
    for (stage, id) in close {
        let Some(person) = known(id) else { continue };
        let refusal = person.refusal(asked);
        let taken = refusal.is_none();
        tried.push(Tried { stage, group: None, staff: Some(id), name: person.name.clone(), refusal });
        if taken {
            let reason = if stage == Stage::Manager { Reason::Manager } else { Reason::Deputy };
            return Routed { stage, group: None, staff: Some(id), reason, tried };
        }
    }
    let fitting = of_level(asked, groups);
    for group in &fitting {
        let members: Vec<&Person> = group.members.iter().filter_map(|id| known(*id)).collect();
        let (free, refused) = sort_out(asked, Stage::Group, Some(group.id), &members);
        tried.extend(refused);
        let Some(best) = free.first() else {
            let refusal = if group.members.is_empty() { Refusal::NoMembers } else { Refusal::NobodyFree };
            tried.push(of_group(group, Some(refusal)));
            continue;
        };
        tried.push(of_group(group, None));
        if !group.pushes {
            let reason = Reason::GroupQueue { group: group.name.clone(), free: free.len() };
            return Routed { stage: Stage::Group, group: Some(group.id), staff: None, reason, tried };
        }
        tried.push(taken(Stage::Group, Some(group.id), best));
        let reason = Reason::MostRoom { group: Some(group.name.clone()) };
        return Routed { stage: Stage::Group, group: Some(group.id), staff: Some(best.id), reason, tried };
    }
    let all: Vec<&Person> = people.iter().collect();
    let (free, refused) = sort_out(asked, Stage::Anyone, None, &all);
    tried.extend(refused);
    // It stays in the queue of its group also while somebody outside has it: that is where it goes when he hands it back.
    let home = fitting.first().map(|group| group.id);
    if let Some(best) = free.first() {
        tried.push(taken(Stage::Anyone, None, best));
        let reason = Reason::MostRoom { group: None };
        return Routed { stage: Stage::Anyone, group: home, staff: Some(best.id), reason, tried };
    }
    let reason = match fitting.first() {
        Some(group) => Reason::Waits { group: Some(group.name.clone()), skills: asked.needed().to_vec() },
        None if people.is_empty() => Reason::NoStaff,
        None => Reason::Waits { group: None, skills: asked.needed().to_vec() },
    };
    Routed { stage: Stage::Waiting, group: home, staff: None, reason, tried }
}

/// The groups for this level: those made for fewer levels first, as they are more its own.
fn of_level<'a>(asked: &Asked, groups: &'a [Group]) -> Vec<&'a Group> {
    let mut fitting: Vec<&Group> = groups
        .iter()
        .filter(|group| group.levels.as_ref().is_none_or(|levels| levels.contains(&asked.level_rank)))
        .collect();
    fitting.sort_by_key(|group| group.levels.as_ref().map_or(usize::MAX, Vec::len));
    fitting
}

/// Those who can be given it, the one with the most room first, and the others with their reasons.
fn sort_out<'a>(
    asked: &Asked,
    stage: Stage,
    group: Option<GroupId>,
    people: &[&'a Person],
) -> (Vec<&'a Person>, Vec<Tried>) {
    let (mut free, mut refused) = (Vec::new(), Vec::new());
    for person in people {
        match person.refusal(asked) {
            None => free.push(*person),
            Some(refusal) => refused.push(Tried {
                stage,
                group,
                staff: Some(person.id),
                name: person.name.clone(),
                refusal: Some(refusal),
            }),
        }
    }
    free.sort_by_key(|person| (person.fullness(), person.id));
    (free, refused)
}

fn of_group(group: &Group, refusal: Option<Refusal>) -> Tried {
    Tried { stage: Stage::Group, group: Some(group.id), staff: None, name: group.name.clone(), refusal }
}

fn taken(stage: Stage, group: Option<GroupId>, person: &Person) -> Tried {
    Tried { stage, group, staff: Some(person.id), name: person.name.clone(), refusal: None }
}

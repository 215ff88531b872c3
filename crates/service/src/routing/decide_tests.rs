//! Whose a ticket is to be, case by case.

use super::decide::*;
use super::reason::{Reason, Refusal};
use crate::presence::State as Presence;
use zunke_kernel::Instant;
use zunke_kernel::id::{GroupId, StaffId};

fn staff(number: u128) -> StaffId {
    StaffId(uuid::Uuid::from_u128(number))
}

fn person(number: u128) -> Person {
    Person {
        id: staff(number),
        name: format!("{number}"),
        active: true,
        presence: Presence::Online,
        absent: false,
        on_shift: true,
        skills: Vec::new(),
        levels: None,
        capacity: 10,
        load: 0,
    }
}

fn group(name: &str, levels: Option<&[i64]>, members: &[u128], pushes: bool) -> Group {
    Group {
        id: GroupId::new(Instant(1_000)),
        name: name.into(),
        levels: levels.map(<[i64]>::to_vec),
        members: members.iter().map(|number| staff(*number)).collect(),
        pushes,
    }
}

fn asked() -> Asked {
    Asked { level_rank: 4, manager: Some(staff(1)), deputies: vec![staff(2), staff(3)], ..Asked::default() }
}

#[test]
fn the_manager_comes_first_then_his_deputies_in_order() {
    let mut people = vec![person(1), person(2), person(3), person(4)];
    let routed = decide(&asked(), &[], &people);
    assert_eq!((routed.stage, routed.staff, routed.reason), (Stage::Manager, Some(staff(1)), Reason::Manager));
    people[0].absent = true;
    let routed = decide(&asked(), &[], &people);
    assert_eq!((routed.stage, routed.staff), (Stage::Deputy, Some(staff(2))));
    assert_eq!(routed.tried[0].refusal, Some(Refusal::Absent));
    people[1].load = 10;
    let routed = decide(&asked(), &[], &people);
    assert_eq!(routed.staff, Some(staff(3)));
    assert_eq!(routed.tried[1].refusal, Some(Refusal::Full { load: 10, capacity: 10 }));
}

#[test]
fn the_levels_own_group_comes_before_one_for_everybody() {
    let people = [person(4), person(5)];
    let groups = [group("all", None, &[4], false), group("vip", Some(&[4, 5]), &[5], true)];
    let routed = decide(&asked(), &groups, &people);
    assert_eq!((routed.group, routed.staff), (Some(groups[1].id), Some(staff(5))));
    let ordinary = Asked { level_rank: 0, ..Asked::default() };
    let routed = decide(&ordinary, &groups, &people);
    assert_eq!((routed.stage, routed.group, routed.staff), (Stage::Group, Some(groups[0].id), None));
    assert_eq!(routed.reason, Reason::GroupQueue { group: "all".into(), free: 1 });
}

#[test]
fn a_pushing_group_gives_it_to_the_one_with_the_most_room() {
    let mut people = vec![person(4), person(5), person(6)];
    people[0].load = 2;
    people[1].load = 3;
    people[1].capacity = 30;
    people[2].load = 2;
    let groups = [group("vip", None, &[4, 5, 6], true)];
    let routed = decide(&Asked::default(), &groups, &people);
    assert_eq!(routed.staff, Some(staff(5)), "3 of 30 is less than 2 of 10");
}

#[test]
fn a_group_with_nobody_there_is_passed_over_and_anyone_skilled_takes_it() {
    let mut people = vec![person(4), person(5), person(6)];
    people[0].presence = Presence::Away;
    people[1].skills = vec!["en".into()];
    let groups = [group("vip", Some(&[4]), &[4], true)];
    let english = Asked { level_rank: 4, skills: vec!["en".into()], ..Asked::default() };
    let routed = decide(&english, &groups, &people);
    assert_eq!((routed.stage, routed.staff, routed.group), (Stage::Anyone, Some(staff(5)), Some(groups[0].id)));
    assert!(
        routed.tried.iter().any(|one| one.staff == Some(staff(6)) && one.refusal == Some(Refusal::Lacks("en".into())))
    );
}

#[test]
fn skills_are_given_up_from_the_last() {
    let mut people = vec![person(4)];
    people[0].skills = vec!["en".into()];
    let mut both = Asked { skills: vec!["en".into(), "cards".into()], ..Asked::default() };
    let routed = decide(&both, &[], &people);
    assert_eq!((routed.stage, routed.staff), (Stage::Waiting, None));
    both.relaxed = 1;
    assert_eq!(decide(&both, &[], &people).staff, Some(staff(4)));
    assert_eq!(both.given_up(), ["cards"]);
    people[0].skills.clear();
    assert_eq!(decide(&both, &[], &people).staff, None, "the language counts on");
    both.relaxed = 9;
    assert_eq!(decide(&both, &[], &people).staff, Some(staff(4)));
}

#[test]
fn nobody_at_all_is_a_state_with_a_reason() {
    let routed = decide(&asked(), &[], &[]);
    assert_eq!((routed.stage, routed.group, routed.staff), (Stage::Waiting, None, None));
    assert_eq!(routed.reason, Reason::NoStaff);
    let empty = [group("vip", None, &[], true)];
    let routed = decide(&asked(), &empty, &[]);
    assert_eq!((routed.stage, routed.group), (Stage::Waiting, Some(empty[0].id)));
    assert_eq!(routed.tried[0].refusal, Some(Refusal::NoMembers));
}

#[test]
fn everybody_absent_inactive_full_or_away_leaves_it_waiting_with_each_reason() {
    let mut people: Vec<Person> = (1..=8).map(person).collect();
    people[0].absent = true;
    people[1].active = false;
    people[2].load = 11;
    people[3].presence = Presence::Offline;
    people[4].presence = Presence::Busy;
    people[5].on_shift = false;
    people[6].levels = Some(vec![0, 1]);
    let mut asked = asked();
    asked.handed_back = vec![staff(8)];
    let all: Vec<u128> = (1..=8).collect();
    let routed = decide(&asked, &[group("vip", None, &all, true)], &people);
    assert_eq!((routed.stage, routed.staff), (Stage::Waiting, None));
    let of = |number: u128| {
        routed.tried.iter().find(|one| one.staff == Some(staff(number))).and_then(|one| one.refusal.clone())
    };
    let reasons: Vec<Option<Refusal>> = (1..=8).map(of).collect();
    assert_eq!(
        reasons.into_iter().map(Option::unwrap).collect::<Vec<_>>(),
        [
            Refusal::Absent,
            Refusal::Inactive,
            Refusal::Full { load: 11, capacity: 10 },
            Refusal::Offline,
            Refusal::Busy,
            Refusal::OffShift,
            Refusal::LevelHidden,
            Refusal::HandedBack,
        ]
    );
}

//! What the order of the queue promises, played through.

use super::report::Result as Played;
use super::*;
use proptest::prelude::*;

fn crew(people: i64) -> Crew {
    Crew { people, from_minute: 0, until_minute: 1_440, levels: None, skills: Vec::new(), manages: false, capacity: 20 }
}

fn flow(level_rank: i64, per_hour: f64, promise_minutes: i64) -> Flow {
    Flow {
        level_rank,
        per_hour,
        from_minute: 0,
        until_minute: 1_440,
        promise_minutes,
        work_minutes: 6.0,
        skill: None,
        managed: false,
    }
}

/// Ten people of a hundred tickets an hour; sixty ordinary ones an hour with four hours each, five diamond ones with one.
fn house(crowd: i64) -> Plan {
    let crowds = (crowd > 0).then_some(Crowd { level_rank: 4, tickets: crowd, at_minute: 60 });
    Plan {
        staff: vec![crew(10)],
        flows: vec![flow(0, 60.0, 240), flow(4, 5.0, 60)],
        crowds: crowds.into_iter().collect(),
        days: 1,
        order: None,
        relax_minutes: None,
        seed: 7,
    }
}

fn run(plan: &Plan, rule: Rule) -> Played {
    plan.check().expect("a plan that can be played");
    play(plan, &Order::default(), 15, rule)
}

fn level(played: &Played, rank: i64) -> &LevelResult {
    played.levels.iter().find(|level| level.level_rank == rank).expect("a level")
}

#[test]
fn five_hundred_diamond_tickets_at_once_break_no_ordinary_promise() {
    let plan = house(500);
    let (ours, naive, arrival) = (run(&plan, Rule::House), run(&plan, Rule::VipsFirst), run(&plan, Rule::Arrival));
    // The numbers of docs/service.md.
    insta::assert_debug_snapshot!((&ours, &naive, &arrival));
    assert_eq!(level(&ours, 0).broken, 0, "every ordinary promise holds");
    assert!(level(&naive, 0).broken > 100, "strictly VIPs first breaks them: {}", level(&naive, 0).broken);
    let (kept, by_arrival) = (level(&ours, 4).kept, level(&arrival, 4).kept);
    assert!(kept > by_arrival, "and VIPs still fare better than in the order of arrival: {kept} and {by_arrival}");
}

#[test]
fn in_ordinary_times_a_vip_waits_for_hardly_anybody() {
    let mut plan = house(0);
    plan.flows[0].per_hour = 90.0;
    let played = run(&plan, Rule::House);
    assert_eq!(level(&played, 4).broken + level(&played, 0).broken, 0);
    assert!(level(&played, 4).longest_minutes <= 6.0, "{played:?}");
}

/// Four managers among ten people, and the diamond customers theirs.
fn managed(crowd: i64) -> Plan {
    let mut plan = house(crowd);
    plan.staff = vec![crew(6), Crew { manages: true, ..crew(4) }];
    plan.flows[1].managed = true;
    plan
}

#[test]
fn dedicated_managers_answer_their_own_and_help_with_the_rest() {
    let plan = managed(0);
    let played = run(&plan, Rule::House);
    assert_eq!(level(&played, 4).broken + level(&played, 0).broken, 0, "{played:?}");
    let tickets = |rank| level(&run(&house(0), Rule::House), rank).tickets;
    assert_eq!((level(&played, 0).tickets, level(&played, 4).tickets), (tickets(0), tickets(4)), "the same day");
    // Whoever has more than fits gives the rest to who stands in, and then to everybody: a crowd is not left to one.
    let crowd = run(&managed(500), Rule::House);
    assert_eq!(level(&crowd, 0).broken, 0, "{crowd:?}");
    let alone = Plan { staff: vec![crew(9), Crew { manages: true, capacity: 1_000, ..crew(1) }], ..managed(500) };
    let alone = run(&alone, Rule::House);
    assert!(level(&alone, 4).kept < level(&crowd, 4).kept, "one manager with everything in hand: {alone:?}");
}

#[test]
fn a_manager_who_is_not_there_is_stood_in_for() {
    let mut plan = managed(0);
    // Nobody of them works at night: what comes then goes to the others at once.
    plan.staff[1] = Crew { from_minute: 540, until_minute: 1_080, ..plan.staff[1].clone() };
    let played = run(&plan, Rule::House);
    assert!(level(&played, 4).longest_minutes < 60.0, "{played:?}");
    plan.staff.pop();
    assert_eq!(plan.check().expect_err("nobody manages").code, "managed_without_manager");
    plan.staff[0].manages = true;
    plan.staff[0].capacity = 0;
    assert_eq!(plan.check().expect_err("no room").field.as_deref(), Some("staff[0].capacity"));
}

#[test]
fn the_same_plan_plays_the_same_and_another_seed_another() {
    let mut plan = house(100);
    let one = run(&plan, Rule::House);
    assert_eq!(one, run(&plan, Rule::House));
    plan.seed = 8;
    assert_ne!(one, run(&plan, Rule::House));
}

#[test]
fn a_share_for_vips_bounds_what_a_crowd_of_ordinary_tickets_does_to_them() {
    let mut plan = house(0);
    plan.days = 1;
    plan.crowds = vec![Crowd { level_rank: 0, tickets: 900, at_minute: 60 }];
    let strict = run(&plan, Rule::House);
    plan.order = Some(Order { guard_share: 80, ..Order::default() });
    let shared = run(&plan, Rule::House);
    assert!(level(&shared, 4).broken < level(&strict, 4).broken, "{strict:?} {shared:?}");
}

#[test]
fn a_skill_that_nobody_has_is_given_up_after_a_while() {
    let mut plan = house(0);
    plan.flows[0].skill = Some("en".into());
    plan.relax_minutes = Some(0);
    assert_eq!(level(&run(&plan, Rule::House), 0).kept, 0, "it waits for ever");
    plan.relax_minutes = Some(30);
    let played = run(&plan, Rule::House);
    assert!(level(&played, 0).kept > 1_000 && level(&played, 0).median_minutes >= 30.0, "{played:?}");
}

#[test]
fn nobody_at_work_is_a_result_not_a_fault() {
    let mut plan = house(0);
    plan.staff[0] = Crew { from_minute: 1_439, until_minute: 1_440, ..crew(1) };
    let played = run(&plan, Rule::House);
    assert!(level(&played, 0).broken > 1_000);
}

#[test]
fn what_can_not_be_played_is_named_field_by_field() {
    let mut plan = house(0);
    plan.staff[0].people = 0;
    plan.flows[1].work_minutes = f64::NAN;
    plan.crowds = vec![Crowd { level_rank: 3, tickets: 5, at_minute: 0 }];
    let error = plan.check().expect_err("refused");
    let mut fields = vec![error.field.clone().expect("a field")];
    fields.extend(error.others.iter().filter_map(|one| one.field.clone()));
    assert_eq!(fields, ["staff[0].people", "flows[1].work_minutes", "crowds[0].level_rank"]);
    let mut much = house(0);
    much.days = 14;
    much.flows[0].per_hour = 10_000.0;
    assert_eq!(much.check().expect_err("too much").code, "tickets_too_many");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever VIPs do: as long as the staff could serve the ordinary customers alone, no ordinary promise is broken.
    #[test]
    fn no_crowd_of_vips_breaks_an_ordinary_promise(
        seed in 0_u64..1_000, crowd in 0_i64..2_000, at in 0_i64..1_000, ordinary in 1.0_f64..75.0, vips in 0.0_f64..150.0,
    ) {
        let mut plan = house(crowd);
        plan.seed = seed;
        plan.flows[0].per_hour = ordinary;
        plan.flows[1].per_hour = vips;
        if let Some(crowd) = plan.crowds.first_mut() {
            crowd.at_minute = at;
        }
        let alone = Plan { flows: vec![plan.flows[0].clone()], crowds: Vec::new(), ..plan.clone() };
        prop_assume!(level(&run(&alone, Rule::House), 0).broken == 0);
        prop_assert_eq!(level(&run(&plan, Rule::House), 0).broken, 0);
    }
}

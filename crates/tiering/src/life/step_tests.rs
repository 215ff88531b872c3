//! The table of transitions, line by line, and the cases that hurt others.

use super::super::settings::{Rounding, Validity};
use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn id(rank: u8) -> LevelId {
    LevelId(uuid::Uuid::from_u128(u128::from(rank)))
}

/// Four levels; everyone is in the first; the fourth needs approval. A year, to the month's end.
fn book() -> Book {
    let rung = |rank| Rung { id: id(rank), rank, approval: rank == 4, for_good: rank == 1 };
    Book::new(&Life::recommended(), (1..=4).map(rung).collect())
}

/// Admitted by every level up to a rank; keep rules hold up to another.
fn seen(admits: u8, keeps: u8) -> Seen {
    let bits = |rank: u8| (2_u16 << rank) - 2;
    Seen { admits: bits(admits), keeps: bits(keeps) }
}

fn on(text: &str) -> Today {
    Today { day: day(text), falls_through: day("2200-01-01"), ..Today::default() }
}

fn go(book: &Book, base: Option<Base>, today: &Today, facts: Seen) -> (Step, Base) {
    let step = book.step(base.as_ref(), today, &mut |_| facts);
    let base = Base { held: step.held, on: today.day };
    (step, base)
}

fn kinds(step: &Step) -> Vec<Kind> {
    let live = events(step.morning.as_ref(), &step.held, Day(0));
    step.passed.iter().chain(&live).map(|event| event.kind).collect()
}

/// Gold (3) since 10 January 2026: held up to 31 January 2027.
fn gold() -> (Book, Base) {
    let book = book();
    let (step, base) = go(&book, None, &on("2026-01-10"), seen(3, 3));
    assert_eq!(kinds(&step), [Kind::Entered]);
    assert_eq!((base.held.rank, base.held.keep_until), (3, Some(day("2027-01-31"))));
    (book, base)
}

/// The same, in observation up to 2 March 2027 since the keep rule was missed.
fn observed() -> (Book, Base) {
    let (book, base) = gold();
    let (step, base) = go(&book, Some(base), &on("2027-02-10"), seen(1, 1));
    assert_eq!(kinds(&step), [Kind::Observed]);
    assert_eq!(base.held.observe_until, Some(day("2027-03-02")));
    (book, base)
}

#[test]
fn a_new_customer_enters_the_highest_level_that_admits_and_may_skip_levels() {
    let (step, _) = go(&book(), None, &on("2026-01-10"), seen(2, 0));
    assert_eq!((kinds(&step), step.held.rank, step.held.since), (vec![Kind::Entered], 2, day("2026-01-10")));
    let (step, _) = go(&book(), None, &on("2026-01-10"), seen(1, 0));
    assert_eq!((step.held.rank, step.held.keep_until), (1, None), "what takes everyone is never lost");
    let (step, _) = go(&book(), None, &on("2026-01-10"), Seen::default());
    assert_eq!((kinds(&step), step.held.level), (vec![], None));
}

#[test]
fn a_rise_comes_at_once_and_begins_a_new_cycle() {
    let book = book();
    let (_, base) = go(&book, None, &on("2026-01-10"), seen(1, 1));
    let (step, base) = go(&book, Some(base), &on("2026-05-20"), seen(3, 3));
    assert_eq!((kinds(&step), base.held.since), (vec![Kind::Raised], day("2026-05-20")));
    assert_eq!(base.held.keep_until, Some(day("2027-05-31")));
}

#[test]
fn time_alone_lowers_nobody_before_the_cycle_ends() {
    let (book, base) = gold();
    for text in ["2026-01-11", "2026-12-31", "2027-01-31"] {
        let (step, after) = go(&book, Some(base), &on(text), Seen::default());
        assert_eq!((kinds(&step), after.held.rank, after.held.observe_until), (vec![], 3, None), "{text}");
    }
}

#[test]
fn a_kept_level_is_renewed_from_the_old_day_however_late_the_run_is() {
    let (book, base) = gold();
    for text in ["2027-02-01", "2027-11-30"] {
        let (step, after) = go(&book, Some(base), &on(text), seen(1, 3));
        assert_eq!((kinds(&step), after.held.keep_until), (vec![Kind::Renewed], Some(day("2028-01-31"))), "{text}");
        assert_eq!(after.held.since, day("2026-01-10"));
    }
    let (step, after) = go(&book, Some(base), &on("2029-06-01"), seen(1, 3));
    assert_eq!(step.passed.len(), 3, "each year that passed unseen has its own day");
    assert_eq!(step.passed[1].day, day("2028-02-01"));
    assert_eq!(after.held.keep_until, Some(day("2030-01-31")));
}

#[test]
fn who_would_enter_anew_is_not_sent_into_observation_by_a_stricter_keep_rule() {
    let (book, base) = gold();
    let (step, _) = go(&book, Some(base), &on("2027-02-01"), seen(3, 0));
    assert_eq!(kinds(&step), [Kind::Renewed]);
}

#[test]
fn a_missed_keep_rule_leads_to_observation_with_the_level_kept() {
    let (_, base) = observed();
    assert_eq!((base.held.rank, base.held.keep_until), (3, Some(day("2027-01-31"))));
}

#[test]
fn a_short_dip_inside_observation_is_forgiven_and_the_cycle_counts_from_the_old_day() {
    let (book, base) = observed();
    let (step, after) = go(&book, Some(base), &on("2027-02-25"), seen(1, 3));
    assert_eq!(kinds(&step), [Kind::Recovered]);
    assert_eq!((after.held.rank, after.held.keep_until), (3, Some(day("2028-01-31"))));
    let (step, _) = go(&book, Some(base), &on("2027-03-10"), seen(1, 3));
    assert_eq!(kinds(&step), [Kind::Recovered], "also where the last day had passed unseen");
}

#[test]
fn a_higher_level_reached_in_observation_ends_it() {
    let (book, base) = observed();
    let approved = Today { approved: Some((id(4), day("2027-02-20"))), ..on("2027-02-20") };
    let (step, after) = go(&book, Some(base), &approved, seen(4, 4));
    assert_eq!((kinds(&step), after.held.rank, after.held.observe_until), (vec![Kind::Raised], 4, None));
}

#[test]
fn the_end_of_observation_lowers_by_one_step_and_begins_a_whole_new_cycle() {
    let (book, base) = observed();
    let (step, _) = go(&book, Some(base), &on("2027-03-02"), seen(1, 1));
    assert_eq!(kinds(&step), [], "the last day belongs to it");
    let (step, after) = go(&book, Some(base), &on("2027-06-15"), seen(1, 1));
    assert_eq!((kinds(&step), after.held.rank), (vec![Kind::Lowered], 2));
    assert_eq!((after.held.since, after.held.keep_until), (day("2027-03-03"), Some(day("2028-03-31"))));
    assert_eq!(after.held.fallen, None, "the 90 days to come back are over");
}

#[test]
fn from_above_straight_through_observation_and_down_when_nobody_looked_for_long() {
    let (book, base) = gold();
    let (step, after) = go(&book, Some(base), &on("2027-03-10"), seen(1, 1));
    let days: Vec<String> = step.passed.iter().map(|event| event.day.to_string()).collect();
    assert_eq!(
        (kinds(&step), days),
        (vec![Kind::Observed, Kind::Lowered], vec!["2027-02-01".into(), "2027-03-03".into()])
    );
    let fallen = after.held.fallen.expect("a way back");
    assert_eq!((fallen.rank, fallen.on), (3, day("2027-03-03")));
}

#[test]
fn the_way_back_is_open_for_its_days_and_brings_the_lost_level() {
    let (book, base) = observed();
    let (_, base) = go(&book, Some(base), &on("2027-03-10"), seen(1, 1));
    let (step, after) = go(&book, Some(base), &on("2027-06-01"), seen(1, 3));
    assert_eq!((kinds(&step), after.held.rank, after.held.fallen), (vec![Kind::Returned], 3, None));
    assert_eq!(after.held.keep_until, Some(day("2028-06-30")));
    let (step, after) = go(&book, Some(base), &on("2027-06-02"), seen(1, 3));
    assert_eq!((kinds(&step), after.held.rank), (vec![], 2), "the ninetieth day was the last");
}

#[test]
fn who_falls_to_where_he_is_deserved_falls_so_far_and_never_below_the_floor() {
    let rung = |rank| Rung { id: id(rank), rank, approval: false, for_good: rank == 1 };
    let landing = |downgrade, floor: Option<u8>, facts: Seen| {
        let life = Life { downgrade, floor: floor.map(id), ..Life::recommended() };
        let book = Book::new(&life, (1..=5).map(rung).collect());
        book.landing(5, facts).map(|rung| rung.rank)
    };
    assert_eq!(landing(Downgrade::OneStep, None, seen(1, 1)), Some(4));
    assert_eq!(landing(Downgrade::ToScore, None, seen(2, 1)), Some(2));
    assert_eq!(landing(Downgrade::ToBase, None, seen(2, 1)), Some(1));
    assert_eq!(landing(Downgrade::ToBase, Some(3), seen(2, 1)), Some(3));
    assert_eq!(landing(Downgrade::ToScore, Some(3), seen(2, 1)), Some(3));
    assert_eq!(landing(Downgrade::ToScore, Some(3), Seen::default()), Some(3));
}

#[test]
fn from_the_lowest_level_one_falls_out_where_it_has_conditions() {
    let rung = |rank| Rung { id: id(rank), rank, approval: false, for_good: false };
    let book = Book::new(&Life { observation_days: 0, return_days: 0, ..Life::recommended() }, vec![rung(1), rung(2)]);
    let (_, base) = go(&book, None, &on("2026-01-10"), seen(1, 1));
    let (step, after) = go(&book, Some(base), &on("2027-02-01"), Seen::default());
    assert_eq!(kinds(&step), [Kind::Observed, Kind::Left], "without days of observation on one day");
    assert_eq!((after.held.level, after.held.since), (None, day("2027-02-01")));
}

#[test]
fn what_a_refund_takes_back_leads_to_observation_at_once_and_what_comes_again_ends_it() {
    let (book, base) = gold();
    let taken = Today { taken_back: true, ..on("2026-03-01") };
    let (step, after) = go(&book, Some(base), &taken, seen(1, 1));
    assert_eq!((kinds(&step), after.held.rank), (vec![Kind::Observed], 3));
    assert_eq!(after.held.observe_until, Some(day("2026-03-31")));
    let (step, again) = go(&book, Some(after), &on("2026-03-20"), seen(3, 3));
    assert_eq!(
        (kinds(&step), again.held.keep_until),
        (vec![Kind::Recovered], base.held.keep_until),
        "the cycle runs on"
    );
    let (step, _) = go(&book, Some(base), &taken, seen(1, 3));
    assert_eq!(kinds(&step), [], "the keep rule holds all the same");
}

#[test]
fn a_small_refund_in_a_cycle_that_time_has_emptied_already_changes_nothing() {
    let (book, base) = gold();
    let (_, base) = go(&book, Some(base), &on("2026-11-01"), seen(1, 1));
    let taken = Today { taken_back: true, ..on("2026-11-05") };
    assert_eq!(kinds(&go(&book, Some(base), &taken, seen(1, 1)).0), []);
}

#[test]
fn a_level_reached_and_taken_back_on_one_day_leaves_nothing_behind_in_either_order() {
    let book = book();
    let (_, base) = go(&book, None, &on("2026-01-10"), seen(1, 1));
    let (risen, _) = go(&book, Some(base), &on("2026-02-01"), seen(3, 3));
    assert_eq!(risen.held.rank, 3);
    // The refund comes on the same day: asked again from the same morning.
    let taken = Today { taken_back: true, ..on("2026-02-01") };
    let (after, _) = go(&book, Some(base), &taken, seen(1, 1));
    let (other, _) = go(&book, Some(base), &on("2026-02-01"), seen(1, 1));
    assert_eq!((after.held, after.held.rank), (other.held, 1));
    assert_eq!(after.held, base.held);
}

#[test]
fn a_level_that_needs_approval_waits_with_the_highest_free_one_meanwhile() {
    let (book, base) = gold();
    let (step, asked) = go(&book, Some(base), &on("2026-02-01"), seen(4, 4));
    assert_eq!((kinds(&step), asked.held.rank), (vec![Kind::Asked], 3));
    let pending = asked.held.pending.expect("pending");
    assert_eq!((pending.rank, pending.asked), (4, day("2026-02-01")));
    let (step, later) = go(&book, Some(asked), &on("2026-02-09"), seen(4, 4));
    assert_eq!((kinds(&step), later.held.pending), (vec![], Some(pending)), "asked once");
    let approved = Today { approved: Some((id(4), pending.asked)), ..on("2026-02-10") };
    let (step, risen) = go(&book, Some(later), &approved, seen(4, 4));
    assert_eq!((kinds(&step), risen.held.since, risen.held.pending), (vec![Kind::Raised], day("2026-02-10"), None));
    let (_, gone) = go(&book, Some(later), &approved, seen(3, 3));
    assert_eq!((gone.held.rank, gone.held.pending), (3, None), "deserved no more: neither risen nor asked");
    let (step, again) = go(&book, Some(gone), &Today { day: day("2026-03-01"), ..approved }, seen(4, 4));
    assert_eq!((kinds(&step), again.held.rank), (vec![Kind::Asked], 3), "an old approval is for what was asked then");
}

#[test]
fn a_loss_waits_where_a_run_must_decide_and_everything_else_goes_on() {
    let (book, base) = observed();
    let shut = Today { falls_through: day("2027-03-02"), ..on("2027-04-01") };
    let (step, waiting) = go(&book, Some(base), &shut, seen(1, 1));
    assert!(step.waits && step.held.rank == 3);
    let (step, _) = go(&book, Some(waiting), &Today { day: day("2027-04-05"), ..shut }, seen(1, 3));
    assert_eq!(kinds(&step), [Kind::Recovered]);
    let open = on("2027-04-02");
    let (step, fallen) = go(&book, Some(waiting), &open, seen(1, 1));
    assert_eq!((kinds(&step), fallen.held.since), (vec![Kind::Lowered], day("2027-03-03")), "as of its own day");
}

#[test]
fn rules_that_change_in_mid_cycle_leave_the_dates_and_a_level_that_is_gone_becomes_the_next_one_below() {
    let (mut book, base) = gold();
    book.life.validity = Validity::Months(3);
    book.life.rounding = Rounding::None;
    let (step, after) = go(&book, Some(base), &on("2026-02-01"), seen(1, 1));
    assert_eq!((kinds(&step), after.held.keep_until), (vec![], base.held.keep_until));
    book.rungs.retain(|rung| rung.rank != 3);
    let (step, after) = go(&book, Some(base), &on("2026-02-01"), seen(1, 1));
    assert_eq!((kinds(&step), after.held.rank, after.held.keep_until), (vec![Kind::Lowered], 2, base.held.keep_until));
    book.successors = vec![(id(3), id(4))];
    let (_, merged) = go(&book, Some(base), &on("2026-02-01"), seen(1, 1));
    assert_eq!((merged.held.rank, merged.held.keep_until), (4, base.held.keep_until), "as the rules name it");
    book.successors.clear();
    book.rungs.clear();
    let (step, _) = go(&book, Some(base), &on("2026-02-01"), seen(1, 1));
    assert_eq!(kinds(&step), [Kind::Left]);
}

#[test]
fn a_way_back_that_new_rules_make_shorter_ends_from_the_last_look_on_and_not_before_it() {
    let (mut book, base) = observed();
    let (_, base) = go(&book, Some(base), &on("2027-04-10"), seen(1, 1));
    assert!(base.held.fallen.is_some());
    book.life.return_days = 1;
    book.rungs.retain(|rung| rung.rank != 2);
    let (step, after) = go(&book, Some(base), &on("2027-04-12"), seen(1, 1));
    assert_eq!((kinds(&step), after.held.fallen), (vec![Kind::Lowered], None));
    assert_eq!(after.held.since, day("2027-04-10"), "not a day on which he was seen as he was");
}

#[test]
fn a_standing_from_before_there_were_lives_begins_a_full_cycle_on_the_day_it_is_taken_on() {
    let book = book();
    let old = Held { level: Some(id(3)), rank: 3, since: day("2020-05-01"), ..Held::default() };
    let (step, after) = go(&book, Some(Base { held: old, on: day("2026-01-01") }), &on("2026-02-10"), seen(1, 1));
    assert_eq!((kinds(&step), after.held.keep_until), (vec![], Some(day("2027-02-28"))));
    assert_eq!(after.held.since, old.since);
}

#[test]
fn a_clock_that_is_put_right_stops_a_life_and_a_day_long_past_begins_it_anew() {
    let (book, base) = gold();
    let (step, after) = go(&book, Some(base), &on("2026-01-09"), seen(1, 1));
    assert_eq!((kinds(&step), after.held), (vec![], base.held));
    let (step, _) = go(&book, Some(base), &on("2011-12-09"), seen(2, 2));
    assert_eq!((kinds(&step), step.held.since), (vec![Kind::Entered], day("2011-12-09")));
}

#[test]
fn asked_twice_on_a_day_the_answer_is_the_same() {
    for (admits, keeps) in [(1, 1), (1, 3), (3, 3), (4, 4), (0, 0)] {
        let (book, base) = observed();
        for text in ["2027-02-10", "2027-03-03", "2028-05-01"] {
            let (once, _) = go(&book, Some(base), &on(text), seen(admits, keeps));
            let (twice, _) = go(&book, Some(base), &on(text), seen(admits, keeps));
            assert_eq!(once, twice);
            let (later, _) = go(&book, Some(Base { held: once.held, on: day(text) }), &on(text), seen(admits, keeps));
            assert_eq!(later.held, once.held, "and from its own evening nothing more happens");
        }
    }
}

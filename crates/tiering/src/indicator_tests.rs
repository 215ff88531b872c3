use super::*;
use crate::bucket::{Days, first_of, pack};
use crate::measure::DayValues;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn measure(of: Measure, aggregate: Aggregate, window: Window) -> Indicator {
    Indicator {
        id: "x".into(),
        name: Text::default(),
        source: Source::Measure(MeasureSource { of, aggregate, window }),
    }
}

fn order(on: &str, gross: i64, lines: &[(u32, i64)]) -> (Day, DayValues) {
    (
        day(on),
        DayValues { orders: 1, gross: gross * 10_000, quantity: 2, lines: lines.to_vec(), ..DayValues::default() },
    )
}

fn value(indicator: &Indicator, days: &[(Day, DayValues)], as_of: &str) -> f64 {
    let plan = Plan::new(std::slice::from_ref(indicator), day(as_of));
    let bytes = pack(days, first_of(2026));
    let mut gathered = Gathered::default();
    plan.gather(Days::new(&bytes, first_of(2026)), &mut gathered);
    let mut out = Vec::new();
    plan.values(&gathered, Profile { joined: Some(day("2024-01-01")), ..Profile::default() }, &mut out);
    out[0]
}

#[test]
fn a_window_of_days_ends_with_the_as_of_day_and_begins_n_days_before() {
    let days = [order("2026-03-01", 10, &[]), order("2026-03-02", 20, &[]), order("2026-03-31", 40, &[])];
    let spend = measure(Measure::NetSpend, Aggregate::Sum, Window::Days(30));
    assert_eq!(value(&spend, &days, "2026-03-31"), 60.0, "1 March is the 31st day back");
    assert_eq!(value(&spend, &days, "2026-03-30"), 30.0, "what is dated later does not exist yet");
}

#[test]
fn calendar_windows_follow_the_calendar() {
    let month = |back| Window::Calendar(Calendar { unit: CalendarUnit::Month, back });
    assert_eq!(month(0).range(day("2026-03-15")), (day("2026-03-01").0, day("2026-03-15").0));
    assert_eq!(month(1).range(day("2026-03-31")), (day("2026-02-01").0, day("2026-02-28").0));
    assert_eq!(month(3).range(day("2026-01-31")), (day("2025-10-01").0, day("2025-10-31").0));
    let quarter = Window::Calendar(Calendar { unit: CalendarUnit::Quarter, back: 1 });
    assert_eq!(quarter.range(day("2026-01-31")), (day("2025-10-01").0, day("2025-12-31").0));
    let year = Window::Calendar(Calendar { unit: CalendarUnit::Year, back: 0 });
    assert_eq!(year.range(day("2024-02-29")), (day("2024-01-01").0, day("2024-02-29").0));
    assert_eq!(year.previous(day("2024-02-29")), Some((day("2023-01-01").0, day("2023-12-31").0)));
}

#[test]
fn aggregates_say_what_their_names_say() {
    let mut days = vec![
        order("2026-01-05", 10, &[(1, 1)]),
        order("2026-02-05", 30, &[(1, 1), (2, 1)]),
        order("2026-02-20", 60, &[(3, 1)]),
    ];
    days[1].1.add(&DayValues { refunds: 1, refund_amount: 250_000, ..DayValues::default() }, 1);
    let as_of = "2026-03-01";
    let of = |measured, aggregate, window| value(&measure(measured, aggregate, window), &days, as_of);
    use Aggregate::*;
    assert_eq!(of(Measure::Orders, Sum, Window::Lifetime), 3.0);
    assert_eq!(of(Measure::NetSpend, Sum, Window::Lifetime), 75.0);
    assert_eq!(of(Measure::NetSpend, PerOrder, Window::Lifetime), 25.0);
    assert_eq!(of(Measure::GrossSpend, MaxPerDay, Window::Lifetime), 60.0);
    assert_eq!(of(Measure::GrossSpend, LargestDayShare, Window::Lifetime), 0.6);
    assert_eq!(of(Measure::RefundAmount, ShareOfGross, Window::Lifetime), 0.25);
    assert_eq!(of(Measure::Orders, DaysSinceLast, Window::Lifetime), 9.0);
    assert_eq!(of(Measure::Orders, DaysSinceFirst, Window::Lifetime), 55.0);
    assert_eq!(of(Measure::Orders, ActiveMonths, Window::Lifetime), 2.0);
    assert_eq!(of(Measure::Orders, ActiveYears, Window::Lifetime), 1.0);
    assert_eq!(of(Measure::ProductLines, Distinct, Window::Lifetime), 3.0);
    assert_eq!(of(Measure::ProductLines, NewDistinct, Window::Days(30)), 2.0, "1 was bought before");
    assert!((of(Measure::GrossSpend, Momentum, Window::Days(30)) - 0.9).abs() < 1e-12);
    assert!(of(Measure::Contacts, DaysSinceLast, Window::Lifetime).is_nan(), "never happened: no value, not 0");
}

#[test]
fn nothing_happened_is_zero_for_sums_and_no_value_for_averages() {
    let of = |aggregate, measured| value(&measure(measured, aggregate, Window::Lifetime), &[], "2026-03-01");
    assert_eq!(of(Aggregate::Sum, Measure::NetSpend), 0.0);
    assert!(of(Aggregate::PerOrder, Measure::NetSpend).is_nan());
    assert!(of(Aggregate::LargestDayShare, Measure::GrossSpend).is_nan());
    assert!(of(Aggregate::Momentum, Measure::Orders).is_nan());
}

#[test]
fn an_amount_exactly_on_a_threshold_equals_it() {
    let tenth = DayValues { orders: 1, gross: 1_000, ..DayValues::default() };
    let days: Vec<_> = (0..3).map(|at| (day("2026-01-01").plus(at), tenth.clone())).collect();
    let spend = measure(Measure::NetSpend, Aggregate::Sum, Window::Lifetime);
    assert_eq!(value(&spend, &days, "2026-03-01"), 0.3, "0.1 three times");
}

#[test]
fn months_and_years_of_days_agree_with_the_calendar() {
    for text in ["1970-01-01", "1969-12-31", "2000-02-29", "2024-12-31", "1899-03-01", "2100-03-01"] {
        let date = day(text).date();
        assert_eq!(month_of(day(text).0), i32::from(date.year()) * 12 + i32::from(date.month()) - 1, "{text}");
    }
}

#[test]
fn joining_years_count_from_the_record() {
    let joined =
        Indicator { id: "j".into(), name: Text::default(), source: Source::Profile(ProfileSource::JoinedYears) };
    assert!((value(&joined, &[], "2026-01-01") - 731.0 / 365.25).abs() < 1e-12);
    assert!(value(&joined, &[], "2023-01-01").is_nan(), "not yet joined");
}

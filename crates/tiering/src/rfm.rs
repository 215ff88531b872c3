//! Recency, frequency, monetary value: three grades from 1 to 5.
//!
//! The base of the grades is everyone with at least one order in the window as of the day. A grade is read from
//! four cuts: it is 1 plus the number of cuts that lie *below* the value. So equal values always share one grade,
//! and one customer can be graded alone from stored cuts.
//!
//! *Quantile cuts.* With n values in rising order, cut k is the value at place ⌈k·n/5⌉ (counted from 1): the
//! highest value of the lowest k fifths. Where a tie runs over a fifth's border, all of it takes the lower grade: if
//! 80 % of the base ordered once, they all have F 1 and the rest F 5. Two cases would be absurd and are treated apart:
//! all values equal → all 3; fewer than five values → grade ⌊5·(below + equal/2)/n⌋ + 1, so that three different
//! customers have 1, 3, 5, two have 2 and 4, and one has 3.
//!
//! *Direction.* A recent order is good: recency is graded on the negative number of days.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use zunke_kernel::Text;

use crate::indicator::Window;

/// How one axis is graded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grading {
    /// Fifths of the base.
    #[default]
    Quantile,
    /// Four fixed limits. Frequency and money: the least that earns 2, 3, 4, 5, rising. Recency: the most days
    /// that still earn 2, 3, 4, 5, falling (such as 365, 180, 90, 30).
    Bands([f64; 4]),
}

/// The RFM part of a rule set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub window: Window,
    #[serde(default)]
    pub recency: Grading,
    #[serde(default)]
    pub frequency: Grading,
    #[serde(default)]
    pub monetary: Grading,
    /// First match wins; a customer that no group takes is in none.
    #[serde(default = "eight_groups")]
    pub groups: Vec<Group>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: Window::Days(365),
            recency: Grading::Quantile,
            frequency: Grading::Quantile,
            monetary: Grading::Quantile,
            groups: eight_groups(),
        }
    }
}

/// A named part of the 5×5×5 cube. Ranges hold both ends; what is left out takes all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub id: String,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub m: Option<[u8; 2]>,
    /// The mean of F and M, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fm: Option<[u8; 2]>,
}

/// Three grades; `NONE` for a customer without an order in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Grades {
    pub r: u8,
    pub f: u8,
    pub m: u8,
}

impl Grades {
    pub const NONE: Self = Self { r: 0, f: 0, m: 0 };

    /// As one number, such as 543; 0 for none.
    #[must_use]
    pub fn code(self) -> u16 {
        u16::from(self.r) * 100 + u16::from(self.f) * 10 + u16::from(self.m)
    }

    #[must_use]
    pub fn from_code(code: u16) -> Self {
        let digit = |value: u16| u8::try_from(value % 10).unwrap_or(0);
        Self { r: digit(code / 100), f: digit(code / 10), m: digit(code) }
    }
}

impl Group {
    #[must_use]
    pub fn takes(&self, grades: Grades) -> bool {
        let within = |range: Option<[u8; 2]>, grade: u8| range.is_none_or(|[low, high]| (low..=high).contains(&grade));
        grades != Grades::NONE
            && within(self.r, grades.r)
            && within(self.f, grades.f)
            && within(self.m, grades.m)
            && within(self.fm, (grades.f + grades.m).div_ceil(2))
    }
}

/// The group that takes the grades first.
#[must_use]
pub fn group_of(groups: &[Group], grades: Grades) -> Option<&Group> {
    groups.iter().find(|group| group.takes(grades))
}

fn group(id: &str, zh: &str, en: &str, ranges: [Option<[u8; 2]>; 4]) -> Group {
    let [r, f, m, fm] = ranges;
    Group { id: id.into(), name: Text::new(zh, en), r, f, m, fm }
}

/// The eight classic groups: each grade is high (4 or 5, above the middle) or low.
#[must_use]
pub fn eight_groups() -> Vec<Group> {
    let high = Some([4, 5]);
    let low = Some([1, 3]);
    [
        ("important_value", "重要价值客户", "Champions", high, high, high),
        ("important_develop", "重要发展客户", "Big spenders to develop", high, low, high),
        ("important_keep", "重要保持客户", "Valued, to be kept", low, high, high),
        ("important_win_back", "重要挽留客户", "Valued, to be won back", low, low, high),
        ("general_value", "一般价值客户", "Frequent small buyers", high, high, low),
        ("general_develop", "一般发展客户", "New and promising", high, low, low),
        ("general_keep", "一般保持客户", "Once frequent", low, high, low),
        ("general_win_back", "一般挽留客户", "Lost", low, low, low),
    ]
    .map(|(id, zh, en, r, f, m)| group(id, zh, en, [r, f, m, None]))
    .to_vec()
}

/// The eleven groups in common use in English, by R and the mean of F and M. They cover every grade.
#[must_use]
pub fn eleven_groups() -> Vec<Group> {
    [
        ("champions", "冠军客户", "Champions", [5, 5], [4, 5]),
        ("loyal", "忠诚客户", "Loyal customers", [3, 4], [4, 5]),
        ("potential_loyalists", "潜力忠诚客户", "Potential loyalists", [4, 5], [2, 3]),
        ("recent", "新客户", "Recent customers", [5, 5], [1, 1]),
        ("promising", "有前景客户", "Promising", [4, 4], [1, 1]),
        ("need_attention", "需关注客户", "Need attention", [3, 3], [3, 3]),
        ("about_to_sleep", "即将沉睡客户", "About to sleep", [3, 3], [1, 2]),
        ("cannot_lose", "不能失去的客户", "Can't lose them", [1, 1], [5, 5]),
        ("at_risk", "有流失风险客户", "At risk", [1, 2], [3, 5]),
        ("hibernating", "沉睡客户", "Hibernating", [2, 2], [1, 2]),
        ("lost", "已流失客户", "Lost", [1, 1], [1, 2]),
    ]
    .map(|(id, zh, en, r, fm)| group(id, zh, en, [Some(r), None, None, Some(fm)]))
    .to_vec()
}

/// The limits of one axis, from which a value is graded alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cuts {
    /// Grade = 1 + the number of cuts below the value.
    Above([f64; 4]),
    /// Grade = 1 + the number of cuts at or below the value.
    From([f64; 4]),
    /// Every value has this grade.
    Flat(u8),
}

impl Cuts {
    #[inline]
    #[must_use]
    pub fn grade(&self, value: f64) -> u8 {
        match self {
            Self::Above(cuts) => cuts.iter().fold(1, |grade, cut| grade + u8::from(value > *cut)),
            Self::From(cuts) => cuts.iter().fold(1, |grade, cut| grade + u8::from(value >= *cut)),
            Self::Flat(grade) => *grade,
        }
    }
}

/// The cuts of all three axes as of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CubeCuts {
    /// On the negative number of days.
    pub r: Cuts,
    pub f: Cuts,
    pub m: Cuts,
    /// How many customers the cuts were drawn from.
    pub base: u64,
    /// Whether anyone in the base has a contact, and whether any order names a product line. What nobody has says
    /// nothing about anyone: it counts as without a source, and its weight goes to the others.
    #[serde(default = "yes")]
    pub contacts: bool,
    #[serde(default = "yes")]
    pub lines: bool,
}

fn yes() -> bool {
    true
}

impl CubeCuts {
    /// Where there is no base yet (the very first order): the middle.
    #[must_use]
    pub fn middle() -> Self {
        Self { r: Cuts::Flat(3), f: Cuts::Flat(3), m: Cuts::Flat(3), base: 0, contacts: true, lines: true }
    }

    /// Grades of one customer: days since the last order, orders, and net spend of the window.
    #[inline]
    #[must_use]
    pub fn grades(&self, days: f64, orders: f64, spend: f64) -> Grades {
        if orders <= 0.0 || days.is_nan() {
            return Grades::NONE;
        }
        Grades { r: self.r.grade(-days), f: self.f.grade(orders), m: self.m.grade(spend) }
    }
}

/// Cuts of one axis from its values in parts. `number` makes a value what is graded, and keeps the order.
#[must_use]
pub fn cuts(grading: &Grading, recency: bool, parts: &[&[i64]], number: fn(i64) -> f64) -> Cuts {
    match grading {
        Grading::Bands(limits) if recency => Cuts::From(limits.map(|days| -days)),
        Grading::Bands(limits) => Cuts::From(*limits),
        Grading::Quantile => quantile_cuts(parts, number),
    }
}

fn quantile_cuts(parts: &[&[i64]], number: fn(i64) -> f64) -> Cuts {
    let n: usize = parts.iter().map(|part| part.len()).sum();
    let all = || parts.iter().copied().flatten().copied();
    let Some(first) = all().next() else { return Cuts::Flat(3) };
    if all().all(|value| value == first) {
        return Cuts::Flat(3);
    }
    if n < 5 {
        return few_cuts(&mut all().map(number).collect::<Vec<_>>());
    }
    // The places counted from 0.
    Cuts::Above(at_places(parts, [1, 2, 3, 4].map(|fifth| (fifth * n).div_ceil(5) - 1)).map(number))
}

/// The values at rising places of the sorted whole: the values are counted in classes, and only the classes in which a
/// place lies are sorted out.
fn at_places(parts: &[&[i64]], places: [usize; 4]) -> [i64; 4] {
    let least = parts.par_iter().filter_map(|part| part.iter().min()).min().copied().unwrap_or(0);
    let class = |value: i64| class(value.wrapping_sub(least).cast_unsigned());
    let counts = parts
        .par_iter()
        .map(|part| {
            let mut counts = vec![0_u32; CLASSES];
            part.iter().for_each(|value| counts[class(*value)] += 1);
            counts
        })
        .reduce(
            || vec![0; CLASSES],
            |mut one, other| {
                one.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
                one
            },
        );
    // Per place: its class, and its place in there.
    let mut found = [(0, 0); 4];
    for (place, found) in places.iter().zip(&mut found) {
        let mut before = 0;
        for (at, count) in counts.iter().enumerate() {
            let count = *count as usize;
            if before + count > *place {
                *found = (at, place - before);
                break;
            }
            before += count;
        }
    }
    let gathered: Vec<Vec<(usize, i64)>> = parts
        .par_iter()
        .map(|part| {
            let classed = part.iter().map(|value| (class(*value), *value));
            classed.filter(|(at, _)| found.iter().any(|(wanted, _)| wanted == at)).collect()
        })
        .collect();
    found.map(|(wanted, place)| {
        let members = gathered.iter().flatten().filter(|(at, _)| *at == wanted);
        let mut members: Vec<i64> = members.map(|(_, value)| *value).collect();
        *members.select_nth_unstable(place).1
    })
}

/// As many classes as [`class`] tells apart.
const CLASSES: usize = 59 * 64;

/// A class of values that rises with them: each below 64 has its own, above there are 64 for every doubling.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both parts are below 64")]
fn class(value: u64) -> usize {
    if value < 64 {
        return value as usize;
    }
    let shift = 57 - value.leading_zeros();
    (shift as usize + 1) * 64 + ((value >> shift) & 63) as usize
}

/// Fewer than five values: each value's grade from its middle place, told as cuts.
fn few_cuts(values: &mut [f64]) -> Cuts {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    // The cut below grade g is the least value that earns it.
    let mut cuts = [f64::INFINITY; 4];
    for value in values.iter() {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| *other == value).count();
        let grade = (5 * (2 * below + equal) / (2 * n)).min(4);
        for cut in cuts.iter_mut().take(grade) {
            *cut = cut.min(*value);
        }
    }
    // A file of JSON has no infinity.
    Cuts::From(cuts.map(|cut| if cut.is_finite() { cut } else { f64::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grades(values: &[f64]) -> Vec<u8> {
        let whole: Vec<i64> = values.iter().map(|value| (value * 100.0) as i64).collect();
        let (one, other) = whole.split_at(whole.len() / 3);
        let cuts = cuts(&Grading::Quantile, false, &[one, &[], other], |value| value as f64 / 100.0);
        values.iter().map(|value| cuts.grade(*value)).collect()
    }

    #[test]
    fn ten_different_values_fill_the_five_grades_evenly() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(grades(&values), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }

    #[test]
    fn tiny_bases_none_and_all_equal_have_sensible_grades() {
        assert!(grades(&[]).is_empty());
        assert_eq!(grades(&[7.0]), [3]);
        assert_eq!(grades(&[7.0, 9.0]), [2, 4]);
        assert_eq!(grades(&[9.0, 7.0, 8.0]), [5, 1, 3]);
        assert_eq!(grades(&[1.0, 2.0, 3.0, 4.0]), [1, 2, 4, 5]);
        assert_eq!(grades(&[1.0, 1.0, 3.0]), [2, 2, 5]);
        assert_eq!(grades(&[4.0; 900]), [3; 900]);
    }

    #[test]
    fn where_eighty_percent_are_equal_they_share_the_lowest_grade() {
        let mut values = vec![1.0; 80];
        values.extend((2..22).map(f64::from));
        let grades = grades(&values);
        assert!(grades[..80].iter().all(|grade| *grade == 1));
        assert!(grades[80..].iter().all(|grade| *grade == 5));
    }

    #[test]
    fn a_recent_order_is_the_better_one() {
        let days: Vec<i64> = (0..10).map(|day| -day).collect();
        let cuts = cuts(&Grading::Quantile, true, &[&days], |value| value as f64);
        let cube = CubeCuts { r: cuts, ..CubeCuts::middle() };
        assert_eq!(cube.grades(0.0, 1.0, 1.0).r, 5);
        assert_eq!(cube.grades(9.0, 1.0, 1.0).r, 1);
        assert_eq!(cube.grades(f64::NAN, 0.0, 0.0), Grades::NONE, "never ordered: no grade");
    }

    #[test]
    fn band_limits_belong_to_the_better_grade() {
        let recency = cuts(&Grading::Bands([365.0, 180.0, 90.0, 30.0]), true, &[], |value| value as f64);
        assert_eq!([0.0, 30.0, 31.0, 180.0, 365.0, 366.0].map(|days: f64| recency.grade(-days)), [5, 5, 4, 3, 2, 1]);
        let spend = cuts(&Grading::Bands([100.0, 200.0, 300.0, 400.0]), false, &[], |value| value as f64);
        assert_eq!([99.99, 100.0, 400.0].map(|value: f64| spend.grade(value)), [1, 2, 5]);
    }

    #[test]
    fn every_cell_of_the_cube_has_exactly_one_of_the_eight_and_one_of_the_eleven_groups() {
        let eight = eight_groups();
        let eleven = eleven_groups();
        assert_eq!((eight.len(), eleven.len()), (8, 11));
        for r in 1..=5 {
            for f in 1..=5 {
                for m in 1..=5 {
                    let cell = Grades { r, f, m };
                    assert_eq!(eight.iter().filter(|group| group.takes(cell)).count(), 1, "{cell:?}");
                    assert!(group_of(&eleven, cell).is_some(), "{cell:?}");
                    assert_eq!(Grades::from_code(cell.code()), cell);
                }
            }
        }
        assert!(group_of(&eight, Grades::NONE).is_none());
    }

    proptest! {
        #[test]
        fn equal_values_share_a_grade_and_a_higher_value_never_has_a_lower_one(
            values in prop::collection::vec((0..30_i32).prop_map(f64::from), 1..200),
        ) {
            let graded = grades(&values);
            for (one, left) in values.iter().zip(&graded) {
                for (other, right) in values.iter().zip(&graded) {
                    prop_assert!(!(one == other && left != right));
                    prop_assert!(!(one < other && left > right));
                }
            }
        }

        #[test]
        fn the_cuts_are_the_values_at_the_fifths_of_the_sorted_base(
            values in prop::collection::vec(prop_oneof![-900..900_i64, any::<i64>().prop_map(|value| value >> 12)], 5..300),
        ) {
            let mut sorted: Vec<f64> = values.iter().map(|value| *value as f64).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let parts: Vec<&[i64]> = values.chunks(64).collect();
            if let Cuts::Above(found) = cuts(&Grading::Quantile, false, &parts, |value| value as f64) {
                for (at, cut) in found.iter().enumerate() {
                    let place = usize::div_ceil((at + 1) * sorted.len(), 5);
                    prop_assert_eq!(*cut, sorted[place - 1]);
                }
            }
        }
    }
}

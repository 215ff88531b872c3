//! Choosing a manager for a customer: a pure function, with its reasons.
//!
//! Among those who have a place left: who speaks the customer's language comes first, then who has his region, then
//! his industry, then who is the least loaded. A manager who names other languages, regions or industries comes last,
//! but he comes: nobody is left alone because nobody is perfect.

use super::load::{Load, Places};
use super::profile::{self, Profile};
use serde::Serialize;
use zunke_kernel::Text;
use zunke_kernel::id::{CustomerId, StaffId};

/// Somebody who may be given customers.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub staff: StaffId,
    pub name: String,
    pub profile: Profile,
    pub cap: Places,
    pub load: Load,
}

/// Somebody who is to be given a manager.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub customer: CustomerId,
    pub rank: i64,
    /// What he takes of his manager's places.
    pub weight: Places,
    pub vip: bool,
    /// Region and city: either may be the manager's.
    pub places: Vec<String>,
    pub industries: Vec<String>,
    pub languages: Vec<String>,
}

/// Who it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ManagerChoice)]
pub struct Choice {
    /// `null`: nobody has a place left.
    pub staff_id: Option<StaffId>,
    pub reasons: Vec<Text>,
    /// The manager's load without and with him.
    pub before: Places,
    pub after: Places,
    pub cap: Places,
}

/// The place of a candidate in the order, the least first, and the reasons.
fn fit(wanted: &Wanted, candidate: &Candidate) -> ((i64, i64, i64, StaffId), Vec<Text>) {
    let profile = &candidate.profile;
    let mut points = 0;
    let mut reasons = Vec::new();
    for (zh, en, worth, own, theirs) in [
        ("语言", "language", 9, &profile.languages, &wanted.languages),
        ("区域", "region", 3, &profile.regions, &wanted.places),
        ("行业", "industry", 1, &profile.industries, &wanted.industries),
    ] {
        let said = theirs.first().map_or("", String::as_str);
        match profile::meet(own, theirs) {
            Some(true) => {
                points += worth;
                reasons.push(Text::new(format!("{zh}相符：{said}"), format!("same {en}: {said}")));
            }
            Some(false) => {
                points -= worth;
                reasons.push(Text::new(format!("{zh}不同：{said}"), format!("another {en}: {said}")));
            }
            None => {}
        }
    }
    let after = candidate.load.places.plus(wanted.weight);
    ((-points, after.share_of(candidate.cap), candidate.load.customers, candidate.staff), reasons)
}

/// The best manager for one customer.
#[must_use]
pub fn choose(wanted: &Wanted, candidates: &[Candidate]) -> Choice {
    pick(wanted, candidates).1
}

fn pick(wanted: &Wanted, candidates: &[Candidate]) -> (Option<usize>, Choice) {
    let has_place = |one: &Candidate| one.load.places.plus(wanted.weight) <= one.cap || wanted.weight.0 == 0;
    let free = candidates.iter().enumerate().filter(|(_, one)| one.profile.takes && has_place(one));
    let best = free.map(|(at, one)| (fit(wanted, one), at)).min_by_key(|((order, _), _)| *order);
    let Some(((_, mut reasons), at)) = best else {
        let taking = candidates.iter().filter(|one| one.profile.takes).count();
        let reason = if taking == 0 {
            Text::new("没有可接收客户的客户经理", "no manager takes customers")
        } else {
            Text::new(format!("{taking} 位客户经理均已满额"), format!("all {taking} managers are full"))
        };
        let none = Places::default();
        return (None, Choice { staff_id: None, reasons: vec![reason], before: none, after: none, cap: none });
    };
    let one = &candidates[at];
    let (before, after, cap) = (one.load.places, one.load.places.plus(wanted.weight), one.cap);
    reasons.push(Text::new(format!("负载 {before}/{cap}"), format!("load {before} of {cap}")));
    (Some(at), Choice { staff_id: Some(one.staff), reasons, before, after, cap })
}

/// A manager for each of many customers, the highest levels first; each choice counts for the next. Answers in the
/// order of `wanted`.
#[must_use]
pub fn distribute(wanted: &[Wanted], candidates: &mut [Candidate]) -> Vec<Choice> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| (-wanted[*at].rank, wanted[*at].customer));
    let mut choices: Vec<Option<Choice>> = wanted.iter().map(|_| None).collect();
    for at in order {
        let (chosen, choice) = pick(&wanted[at], candidates);
        if let Some(one) = chosen.map(|chosen| &mut candidates[chosen]) {
            one.load.places = one.load.places.plus(wanted[at].weight);
            one.load.customers += 1;
            one.load.vips += i64::from(wanted[at].vip);
        }
        choices[at] = Some(choice);
    }
    choices.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zunke_kernel::Instant;

    fn staff(number: i64) -> StaffId {
        StaffId(uuid::Uuid::from_u128(u128::try_from(number).unwrap_or(0)))
    }

    fn manager(number: i64, region: &str, language: &str, vips: i64) -> Candidate {
        let list = |word: &str| word.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Candidate {
            staff: staff(number),
            name: format!("经理{number}"),
            profile: Profile { regions: list(region), languages: list(language), ..Profile::default() },
            cap: Places::CAP,
            load: Load { customers: vips, vips, places: Places(vips * 100) },
        }
    }

    fn wanted(number: i64, region: &str, language: &str) -> Wanted {
        Wanted {
            customer: CustomerId::new(Instant(number)),
            rank: 4,
            weight: Places::ONE,
            vip: true,
            places: vec![region.to_owned()],
            industries: Vec::new(),
            languages: vec![language.to_owned()],
        }
    }

    #[test]
    fn language_comes_before_region_and_region_before_load() {
        let all = [
            manager(1, "广东", "", 3),
            manager(2, "上海", "", 30),
            manager(3, "上海", "英语", 49),
            manager(4, "", "", 0),
        ];
        assert_eq!(choose(&wanted(1, "上海市", "英文"), &all).staff_id, Some(staff(3)));
        let choice = choose(&wanted(1, "上海", ""), &all[..2]);
        assert_eq!(choice.staff_id, Some(staff(2)));
        assert_eq!(choice.reasons[0].zh, "区域相符：上海");
        assert_eq!((choice.before, choice.after, choice.cap), (Places(3_000), Places(3_100), Places::CAP));
        assert_eq!(
            choose(&wanted(1, "湖南", ""), &all).staff_id,
            Some(staff(4)),
            "who is for any comes before a stranger"
        );
        assert_eq!(choose(&wanted(1, "湖南", ""), &all[..2]).staff_id, Some(staff(1)), "and a stranger before nobody");
        assert_eq!(
            choose(&wanted(1, "", ""), &[manager(1, "", "", 3), manager(2, "", "", 2)]).staff_id,
            Some(staff(2))
        );
    }

    #[test]
    fn nobody_is_given_more_than_his_places_and_nobody_at_all_is_an_answer() {
        let full = manager(1, "上海", "", 50);
        assert_eq!(
            choose(&wanted(1, "上海", ""), &[full.clone(), manager(2, "广东", "", 49)]).staff_id,
            Some(staff(2))
        );
        let none = choose(&wanted(1, "上海", ""), std::slice::from_ref(&full));
        assert_eq!((none.staff_id, none.reasons[0].en.as_str()), (None, "all 1 managers are full"));
        assert_eq!(choose(&wanted(1, "上海", ""), &[]).reasons[0].en, "no manager takes customers");
        let mut away = manager(2, "上海", "", 0);
        away.profile.takes = false;
        assert_eq!(choose(&wanted(1, "上海", ""), &[away]).staff_id, None);
        // Who takes no place is in nobody's way.
        let light = Wanted { weight: Places(0), rank: 1, vip: false, ..wanted(1, "上海", "") };
        assert_eq!(choose(&light, &[full]).staff_id, Some(staff(1)));
    }

    #[test]
    fn many_are_spread_evenly_the_highest_levels_first_and_never_above_the_cap() {
        let mut all = [manager(1, "", "", 48), manager(2, "", "", 47), manager(3, "", "", 50)];
        let mut many: Vec<Wanted> = (0..8).map(|number| wanted(number, "", "")).collect();
        many[7].rank = 5;
        let choices = distribute(&many, &mut all);
        let given = |number: i64| choices.iter().filter(|choice| choice.staff_id == Some(staff(number))).count();
        assert_eq!((given(1), given(2), given(3)), (2, 3, 0));
        assert_eq!(choices.iter().filter(|choice| choice.staff_id.is_none()).count(), 3);
        assert!(choices[7].staff_id.is_some(), "the highest level came first");
        assert!(all.iter().all(|one| one.load.places <= one.cap));
        let again = distribute(&many, &mut [manager(1, "", "", 48), manager(2, "", "", 47), manager(3, "", "", 50)]);
        assert_eq!(choices, again, "the same question has the same answer");
    }
}

//! One customer of the demo company, whole: who he is, what he bought, gave back and said. Pure: the same seed,
//! number, day and team always make the same customer.

use super::goods::{Article, LINES, ProductLine};
use super::process::{self, Habit};
use super::random::Random;
use super::talk::{COMPANIES, PEOPLE, RETURNS};
use super::words::{self, Area, CITIES};
use std::collections::BTreeMap;
use zunke_customers::profile::{CustomerKind, Gender, NewCustomer};
use zunke_customers::{CustomerRef, Identity, Kind, Line, NewActivity};
use zunke_kernel::id::{DepartmentId, StaffId};
use zunke_kernel::{Day, Instant, Money, Result, Zone};

/// The source that all of the demo bears.
pub const SOURCE: &str = "demo";
/// One customer in this many is a company.
const COMPANY_SHARE: f64 = 0.07;

/// Who looks after whom: per area a department and its account managers.
#[derive(Clone, Debug, Default)]
pub struct Team {
    pub areas: BTreeMap<String, (DepartmentId, Vec<StaffId>)>,
}

/// What the company is made from.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub seed: u64,
    /// The first day that is not part of the history.
    pub today: Day,
    pub zone: Zone,
    pub team: Team,
}

/// A customer with all that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub identity: Identity,
    pub profile: NewCustomer,
    pub tags: Vec<&'static str>,
    pub activities: Vec<NewActivity>,
}

/// The tags of the demo, with their colours.
pub const TAGS: [(&str, &str); 6] = [
    ("企业客户", "#1677ff"),
    ("茶友", "#389e0d"),
    ("送礼", "#d4380d"),
    ("价格敏感", "#8c8c8c"),
    ("喜欢新品", "#722ed1"),
    ("转介绍", "#d48806"),
];

/// Makes customer `number`.
pub fn customer(recipe: &Recipe, number: u32) -> Result<Made> {
    let random = &mut Random::of(recipe.seed, u64::from(number));
    let company = random.chance(COMPANY_SHARE);
    let habit = process::habit(random, company, recipe.today);
    let (region, city, _, area) = *random.weighted(&CITIES, |(_, _, share, _)| *share);
    let code = format!("M{number:06}");
    let identity = Identity::external(SOURCE, &code)?
        .ok_or_else(|| zunke_kernel::Error::internal("the demo's code is never empty"))?;
    let female = random.chance(0.62);
    let name = if company { words::company(random, city) } else { words::person(random, female) };
    let mut profile = NewCustomer {
        kind: if company { CustomerKind::Company } else { CustomerKind::Person },
        gender: (!company).then_some(if female { Gender::Female } else { Gender::Male }),
        birthday: (!company && random.chance(0.8)).then(|| birthday(random, recipe.today)),
        region: Some(region.to_owned()),
        city: Some(city.to_owned()),
        source: Some((*random.pick(&["微信商城", "天猫", "京东", "门店", "老客介绍", "展会"])).to_owned()),
        joined_day: Some(habit.joined),
        ..NewCustomer::named(name)
    }
    .with(Some(identity.clone()));
    // 169 is a range that no operator hands out: nobody can be rung up by mistake.
    profile = profile.with(Identity::phone(&format!("169{:08}", 10_000_000 + number))?);
    if company || random.chance(0.35) {
        profile = profile.with(Identity::email(&format!("m{number}@example.com"))?);
    }
    let days = process::order_days(random, &habit, recipe.today);
    if let Some((department, managers)) = recipe.team.areas.get(area_key(area)) {
        profile.department_id = Some(*department);
        if (company || days.len() >= 8) && !managers.is_empty() {
            profile.owner_id = Some(*random.pick(managers));
        }
    }
    let liked = liked_lines(random);
    let tags = tags(random, company, &liked, days.len());
    let mut diary = Diary { recipe, identity: &identity, number, activities: Vec::new() };
    diary.buy(random, &habit, company, &liked, &days);
    diary.speak(random, &habit, company, &liked, days.len());
    let mut activities = diary.activities;
    activities.sort_by_key(|activity| activity.occurred_at);
    Ok(Made { identity, profile, tags, activities })
}

/// Where the team is looked up.
pub fn area_key(area: Area) -> &'static str {
    area.name()
}

fn birthday(random: &mut Random, today: Day) -> Day {
    let age = (38.0 + 11.0 * random.normal()).clamp(19.0, 78.0);
    #[expect(clippy::cast_possible_truncation, reason = "at most 78 years of days")]
    let days = (age * 365.25) as i32;
    today.plus(-days - random.between(0, 364))
}

fn liked_lines(random: &mut Random) -> Vec<&'static ProductLine> {
    let count = 1 + random.below(3);
    let mut liked: Vec<&'static ProductLine> = Vec::new();
    for _ in 0..count {
        let line = random.weighted(&LINES, |line| line.liked);
        if !liked.iter().any(|known| known.name == line.name) {
            liked.push(line);
        }
    }
    liked
}

fn tags(random: &mut Random, company: bool, liked: &[&ProductLine], orders: usize) -> Vec<&'static str> {
    let mut tags = Vec::new();
    if company {
        tags.push("企业客户");
    }
    if liked.iter().any(|line| line.name == "茶叶") && orders >= 4 {
        tags.push("茶友");
    }
    if liked.iter().any(|line| line.name == "节令礼盒") && random.chance(0.6) {
        tags.push("送礼");
    }
    for (tag, share) in [("价格敏感", 0.07), ("喜欢新品", 0.05), ("转介绍", 0.04)] {
        if random.chance(share) {
            tags.push(tag);
        }
    }
    tags
}

/// Collects what happened to one customer.
struct Diary<'a> {
    recipe: &'a Recipe,
    identity: &'a Identity,
    number: u32,
    activities: Vec<NewActivity>,
}

impl Diary<'_> {
    fn note(&self, kind: Kind, id: String, at: Instant) -> NewActivity {
        let customer = CustomerRef::Identity { identity: self.identity.clone(), create: None };
        NewActivity::new(customer, kind, SOURCE, id, at)
    }

    /// Some time of that day when people are awake.
    fn moment(&self, random: &mut Random, day: Day) -> Instant {
        let hour = 9.0 + 13.0 * random.beta(2.0, 1.6);
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a day")]
        let ms = (hour * 3_600_000.0) as i64;
        self.recipe.zone.start_of(day).plus_ms(ms)
    }

    fn buy(&mut self, random: &mut Random, habit: &Habit, company: bool, liked: &[&'static ProductLine], days: &[Day]) {
        let channels: &[&str] = if company { &["sales", "web"] } else { &["wechat_shop", "tmall", "jd", "store"] };
        let favourite = *random.pick(channels);
        for (at, day) in days.iter().enumerate() {
            let lines = basket(random, habit, company, liked);
            let total: Money = lines.iter().map(|line| line.amount).sum();
            let id = format!("D{:06}-{at:03}", self.number);
            let mut order = self.note(Kind::Order, id.clone(), self.moment(random, *day)).amount(total);
            order.quantity = Some(lines.iter().map(|line| line.quantity).sum());
            order.channel = Some((if random.chance(0.8) { favourite } else { *random.pick(channels) }).to_owned());
            order.lines = lines;
            let returned = random.chance(if company { 0.02 } else { 0.05 }).then(|| random.between(1, 14));
            if let Some(after) = returned.filter(|after| day.plus(*after) < self.recipe.today) {
                let refund = self.refund(random, &order, day.plus(after));
                self.activities.push(refund);
            }
            self.activities.push(order);
        }
    }

    /// The whole order, or its first line.
    fn refund(&self, random: &mut Random, order: &NewActivity, day: Day) -> NewActivity {
        let whole = order.lines.len() == 1 || random.chance(0.6);
        let lines: Vec<Line> = if whole { order.lines.clone() } else { order.lines[..1].to_vec() };
        let total: Money = lines.iter().map(|line| line.amount).sum();
        let id = format!("R{}", &order.source_id[1..]);
        let mut refund = self.note(Kind::Refund, id, self.moment(random, day)).amount(total);
        refund.of_source_id = Some(order.source_id.clone());
        refund.quantity = Some(lines.iter().map(|line| line.quantity).sum());
        refund.channel.clone_from(&order.channel);
        refund.body = Some((*random.pick(&RETURNS)).to_owned());
        refund.lines = lines;
        refund
    }

    fn speak(
        &mut self,
        random: &mut Random,
        habit: &Habit,
        company: bool,
        liked: &[&'static ProductLine],
        orders: usize,
    ) {
        let talks: &[_] = if company { &COMPANIES } else { &PEOPLE };
        let known_days = f64::from(self.recipe.today.since(habit.joined));
        #[expect(clippy::cast_precision_loss, reason = "a few hundred orders")]
        let per_year = (if company { 3.0 } else { 0.35 }) + 0.12 * (orders as f64).min(40.0);
        let mut at = random.exponential(365.0 / per_year);
        let mut count = 0;
        while at < known_days && count < 80 {
            #[expect(clippy::cast_possible_truncation, reason = "a day of the history")]
            let day = habit.joined.plus(at as i32);
            if day < self.recipe.today {
                let talk = random.pick(talks);
                let line = random_line(random, liked);
                let article = random.pick(line.articles);
                let id = format!("I{:06}-{count:03}", self.number);
                let mut said = self.note(Kind::Interaction, id, self.moment(random, day));
                said.channel = Some(talk.channel.to_owned());
                said.direction = Some(talk.direction);
                said.subject = Some(talk.subject.to_owned());
                said.body = Some(talk.body.replace("{}", article.name));
                self.activities.push(said);
                count += 1;
            }
            at += random.exponential(365.0 / per_year);
        }
    }
}

fn random_line(random: &mut Random, liked: &[&'static ProductLine]) -> &'static ProductLine {
    if random.chance(0.85) { liked[random.below(liked.len())] } else { random.pick(&LINES) }
}

/// What goes into one order: articles near the customer's budget, companies by the dozen.
fn basket(random: &mut Random, habit: &Habit, company: bool, liked: &[&'static ProductLine]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let discount = *random.weighted(&[(100, 6.0), (95, 2.0), (90, 1.5), (85, 0.5)], |(_, share)| *share);
    loop {
        let line = random_line(random, liked);
        let near = |article: &Article| {
            #[expect(clippy::cast_precision_loss, reason = "prices are small")]
            let distance = (article.price as f64 / habit.budget).ln().abs();
            (-1.5 * distance).exp()
        };
        let article = random.weighted(line.articles, near);
        let quantity = i64::from(if company { random.between(1, 8) } else { 1 + i32::from(random.chance(0.22)) });
        if !lines.iter().any(|known| known.sku.as_deref() == Some(article.sku)) {
            lines.push(Line {
                sku: Some(article.sku.to_owned()),
                name: Some(article.name.to_owned()),
                category: Some(line.name.to_owned()),
                quantity,
                amount: Money(article.price * quantity * discount.0 * (zunke_kernel::money::SCALE / 100)),
            });
        }
        if lines.len() >= 5 || !random.chance(0.35) {
            return lines;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn recipe(seed: u64) -> Recipe {
        Recipe { seed, today: Day::parse("2026-11-22").expect("day"), zone: Zone::default(), team: Team::default() }
    }

    fn fingerprint(seed: u64) -> String {
        let mut hash = Sha256::new();
        for number in 0..500 {
            hash.update(format!("{:?}", customer(&recipe(seed), number).expect("made")));
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_company_and_another_seed_another() {
        assert_eq!(fingerprint(1), fingerprint(1));
        assert_ne!(fingerprint(1), fingerprint(2));
    }

    #[test]
    fn everything_made_would_be_accepted_and_lies_before_today() {
        let recipe = recipe(1);
        let now = recipe.zone.start_of(recipe.today);
        for number in 0..800 {
            let mut made = customer(&recipe, number).expect("made");
            made.profile.check(recipe.today).expect("a valid profile");
            for activity in &made.activities {
                activity.check(now, zunke_kernel::Currency::CNY).expect("a valid activity");
                assert!(activity.occurred_at < now);
            }
            let ids: std::collections::BTreeSet<_> = made.activities.iter().map(|one| &one.source_id).collect();
            assert_eq!(ids.len(), made.activities.len());
        }
    }

    #[test]
    fn revenue_is_spread_about_as_eighty_to_twenty() {
        let recipe = recipe(1);
        let mut nets: Vec<i64> = (0..4_000)
            .map(|number| {
                let made = customer(&recipe, number).expect("made");
                let amount = |activity: &NewActivity| activity.amount.unwrap_or_default().0;
                made.activities
                    .iter()
                    .map(|one| if one.kind == Kind::Refund { -amount(one) } else { amount(one) })
                    .sum()
            })
            .collect();
        nets.sort_unstable_by(|one, other| other.cmp(one));
        let best: i64 = nets[..800].iter().sum();
        let share = Money(best).as_f64() / Money(nets.iter().sum()).as_f64();
        assert!((0.72..0.90).contains(&share), "the best 20 % hold {share:.3}");
    }
}

//! All customers at once: their days end to end in memory, with what is on record for each, so that a rule set is
//! evaluated on everyone in parallel. Days are plain words where they can be ([`crate::flat`]), else packed as they are
//! stored. About 120 bytes a customer with ten orders.

use crate::bucket::{Days, Entry};
use crate::evaluate::{Evaluator, RfmRaw, Scratch};
use crate::flat::{self, Fit, Flat, FlatDay};
use crate::indicator::{Gathered, Plan, Profile};
use crate::rfm::{self, CubeCuts};
use crate::rules::Rules;
use crate::simulation::{Best, Mover, Simulation, Wanted};
use rayon::prelude::*;
use std::collections::HashMap;
use zunke_kernel::id::{CustomerId, LevelId};
use zunke_kernel::{Day, Money};

/// What is on record for a customer, as the image keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub level: Option<LevelId>,
    pub rank: u8,
    /// The potential that lists show, in ten-thousandths; kept for the primary programme only.
    pub potential: u16,
    pub since: Day,
    /// Of all that is written for the customer; 0 where nothing is on record.
    pub fingerprint: i64,
    /// Counted up by every write; 0 where nothing is on record.
    pub revision: i64,
}

/// [`Recorded`], as a run keeps it.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    fingerprint: i64,
    since: i32,
    revision: u32,
    /// Place among the levels of the run, counted from 1; 0: none.
    level: u16,
    potential: u16,
    rank: u8,
}

const NOT_KNOWN: i32 = i32::MIN;
/// Beside the place of the words: this customer has none. Places are multiples of eight.
const NO_WORDS: u32 = 1;

/// A run of customers, rising by id.
#[derive(Debug, Default)]
pub struct Partition {
    ids: Vec<CustomerId>,
    joined: Vec<i32>,
    recorded: Vec<Kept>,
    /// The levels that anyone in this run has.
    levels: Vec<LevelId>,
    /// Where each customer's packed days begin.
    offsets: Vec<u32>,
    /// Per year: first day (4 bytes), length (4 bytes), packed days. Nothing where words say it all.
    bytes: Vec<u8>,
    /// Where each customer's words begin; with [`NO_WORDS`] where his days have none.
    word_offsets: Vec<u32>,
    words: Vec<u8>,
    /// The first days on which anyone has contacts, and product lines.
    contacts_from: Option<i32>,
    lines_from: Option<i32>,
    /// By name, where rules ask for them.
    attributes: Vec<(String, Vec<f64>)>,
}

impl Partition {
    /// Adds a customer. His years follow with [`Partition::push_year`].
    pub fn push(&mut self, id: CustomerId, joined: Option<Day>) {
        self.finish();
        self.ids.push(id);
        self.joined.push(joined.map_or(NOT_KNOWN, |day| day.0));
        self.recorded.push(Kept::default());
        self.offsets.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// Makes words of the days of the customer that was added last. Until then, and if there are none for them, his days
    /// stay packed.
    fn finish(&mut self) {
        if self.word_offsets.len() == self.ids.len() {
            return;
        }
        let place = self.words.len();
        let begin = self.offsets.last().map_or(0, |begin| *begin as usize);
        let mut fit = Fit::Whole;
        for entry in Sections::new(&self.bytes[begin..]) {
            if entry.contacts > 0 {
                self.contacts_from = Some(self.contacts_from.map_or(entry.day, |day| day.min(entry.day)));
            }
            if !entry.lines.is_empty() {
                self.lines_from = Some(self.lines_from.map_or(entry.day, |day| day.min(entry.day)));
            }
            match (fit, flat::put(&mut self.words, &entry)) {
                (_, Fit::Not) => fit = Fit::Not,
                (Fit::Whole, Fit::Sums) => fit = Fit::Sums,
                _ => {}
            }
        }
        match fit {
            Fit::Whole => self.bytes.truncate(begin),
            Fit::Sums => {}
            Fit::Not => self.words.truncate(place),
        }
        let none = if fit == Fit::Not { NO_WORDS } else { 0 };
        self.word_offsets.push(u32::try_from(place).unwrap_or(u32::MAX) | none);
    }

    /// The words of a customer's days, where he has any.
    #[inline]
    fn flat(&self, at: usize) -> Option<Flat<'_>> {
        let begin = *self.word_offsets.get(at)?;
        if begin & NO_WORDS != 0 {
            return None;
        }
        let end = self.word_offsets.get(at + 1).map_or(self.words.len(), |end| (*end & !NO_WORDS) as usize);
        Some(Flat::new(&self.words[begin as usize..end]))
    }

    /// Adds up a customer's days.
    #[inline]
    pub fn gather(&self, at: usize, plan: &Plan, gathered: &mut Gathered) {
        match self.flat(at) {
            Some(days) if plan.sums_alone() => plan.gather_flat(days, gathered),
            _ => plan.gather(self.days(at), gathered),
        }
    }

    /// Adds a year to the customer that was added last. Years rise.
    pub fn push_year(&mut self, first: Day, days: &[u8]) {
        crate::store::buckets::put_section(&mut self.bytes, first, days);
    }

    pub fn record(&mut self, at: usize, recorded: Recorded) {
        let level = recorded.level.map_or(0, |level| {
            let place = self.levels.iter().position(|known| *known == level).unwrap_or_else(|| {
                self.levels.push(level);
                self.levels.len() - 1
            });
            u16::try_from(place + 1).unwrap_or(0)
        });
        self.recorded[at] = Kept {
            fingerprint: recorded.fingerprint,
            since: recorded.since.0,
            revision: u32::try_from(recorded.revision).unwrap_or(u32::MAX),
            level,
            potential: recorded.potential,
            rank: recorded.rank,
        };
    }

    /// What lists show as the potential of a customer of this run; of others nothing is kept.
    pub fn keep_potential(&mut self, id: CustomerId, potential: u16) {
        if let Ok(at) = self.ids.binary_search(&id) {
            self.recorded[at].potential = potential;
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    #[must_use]
    pub fn id(&self, at: usize) -> CustomerId {
        self.ids[at]
    }

    #[must_use]
    pub fn last(&self) -> Option<CustomerId> {
        self.ids.last().copied()
    }

    #[must_use]
    pub fn recorded(&self, at: usize) -> Recorded {
        let kept = self.recorded[at];
        Recorded {
            level: kept.level.checked_sub(1).and_then(|place| self.levels.get(usize::from(place)).copied()),
            rank: kept.rank,
            potential: kept.potential,
            since: Day(kept.since),
            fingerprint: kept.fingerprint,
            revision: i64::from(kept.revision),
        }
    }

    #[must_use]
    pub fn profile(&self, at: usize, plan: &Plan) -> Profile {
        let joined = self.joined[at];
        let mut profile = Profile { joined: (joined != NOT_KNOWN).then_some(Day(joined)), ..Profile::default() };
        for (slot, name) in profile.attributes.0.iter_mut().zip(plan.attributes()) {
            if let Some((_, column)) = self.attributes.iter().find(|(known, _)| known == name) {
                *slot = column[at];
            }
        }
        profile
    }

    /// Keeps an attribute of everyone in this run.
    pub fn keep_attribute(&mut self, name: &str, values: &HashMap<CustomerId, f64>, others: f64) {
        let column = self.ids.iter().map(|id| values.get(id).copied().unwrap_or(others)).collect();
        self.attributes.push((name.to_owned(), column));
    }

    /// A customer's days, oldest first.
    #[inline]
    #[must_use]
    pub fn days(&self, at: usize) -> Sections<'_> {
        let begin = self.offsets[at] as usize;
        let end = self.offsets.get(at + 1).map_or(self.bytes.len(), |end| *end as usize);
        let packed = Sections::new(&self.bytes[begin..end]);
        if begin == end { Sections { flat: self.flat(at).unwrap_or_default(), ..packed } } else { packed }
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity()
            + self.words.capacity()
            + self.ids.capacity() * size_of::<CustomerId>()
            + self.recorded.capacity() * size_of::<Kept>()
            + (self.offsets.capacity() + self.word_offsets.capacity() + self.joined.capacity()) * 4
            + self.attributes.iter().map(|(_, column)| column.capacity() * 8).sum::<usize>()
    }

    /// To be called once, when all are there: gives back what growing has taken too much.
    pub fn shrink(&mut self) {
        self.finish();
        self.words.shrink_to_fit();
        self.word_offsets.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.recorded.shrink_to_fit();
        self.offsets.shrink_to_fit();
        self.joined.shrink_to_fit();
    }
}

/// The years of one customer, day after day.
#[derive(Clone)]
pub struct Sections<'a> {
    rest: &'a [u8],
    days: Days<'a>,
    /// Instead of the others: words.
    flat: Flat<'a>,
}

impl<'a> Sections<'a> {
    /// Reads what [`Partition::push_year`] wrote, one year after the other.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, days: Days::new(&[], Day(0)), flat: Flat::default() }
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if let Some(day) = self.flat.next() {
            return Some(of_word(day));
        }
        loop {
            if let Some(entry) = self.days.next() {
                return Some(entry);
            }
            let (head, rest) = self.rest.split_first_chunk::<8>()?;
            let first = i32::from_le_bytes([head[0], head[1], head[2], head[3]]);
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let (days, rest) = rest.split_at_checked(size)?;
            self.rest = rest;
            self.days = Days::new(days, Day(first));
        }
    }

    /// Year by year, so that each runs through the short way of [`Days`].
    #[inline]
    fn fold<B, F: FnMut(B, Entry<'a>) -> B>(mut self, init: B, mut each: F) -> B {
        let mut done = self.flat.fold(init, |done, day| each(done, of_word(day)));
        done = self.days.fold(done, &mut each);
        while let Some((head, rest)) = self.rest.split_first_chunk::<8>() {
            let first = i32::from_le_bytes([head[0], head[1], head[2], head[3]]);
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let Some((days, rest)) = rest.split_at_checked(size) else { break };
            self.rest = rest;
            done = Days::new(days, Day(first)).fold(done, &mut each);
        }
        done
    }
}

#[inline]
fn of_word<'a>(FlatDay { day, orders, gross }: FlatDay) -> Entry<'a> {
    Entry { day, orders, gross, ..Entry::default() }
}

/// The image of a base.
#[derive(Debug, Default)]
pub struct Image {
    pub partitions: Vec<Partition>,
}

/// Thrown up by a cancelled simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl Image {
    #[must_use]
    pub fn len(&self) -> usize {
        self.partitions.iter().map(Partition::len).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        self.partitions.iter().map(Partition::size).sum()
    }

    /// Draws the RFM cuts of a rule set as of a day from everyone, and what measures anyone has.
    #[must_use]
    pub fn cuts(&self, rules: &Rules, as_of: Day) -> CubeCuts {
        let mut plan = Plan::new(&[], as_of);
        let window = plan.window(rules.rfm.window.range(as_of));
        let surveys: Vec<_> = self.partitions.par_iter().map(|part| survey(part, &plan, window, &|| false)).collect();
        draw(&rules.rfm, &surveys.into_iter().flatten().collect::<Vec<_>>())
    }

    /// What the rules would do to everyone, by the cuts that their own RFM settings draw: each customer's days are read
    /// once. Where cuts are known already, [`Image::simulate`] needs no memory for what lies between.
    pub fn weigh(
        &self,
        rules: &Rules,
        as_of: Day,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(CubeCuts, Simulation), Cancelled> {
        let mut plan = Plan::new(&rules.indicators, as_of);
        let window = plan.window(rules.rfm.window.range(as_of));
        let parts = self.partitions.par_iter();
        let surveys: Vec<Survey> =
            parts.map(|part| survey(part, &plan, window, cancelled)).collect::<Result<_, _>>()?;
        let cuts = draw(&rules.rfm, &surveys);
        let evaluator = Evaluator::new(rules, as_of, &cuts);
        let parts = self.partitions.par_iter().zip(&surveys).map(|(partition, survey)| {
            let mut simulation = Simulation::default();
            let mut facts = Vec::new();
            let mut graded = survey.recency.iter().zip(&survey.orders).zip(&survey.spend);
            for at in 0..partition.len() {
                if at % 4_096 == 0 && cancelled() {
                    return Err(Cancelled);
                }
                let raw = survey.bought[at].then(|| graded.next()).flatten();
                let raw = raw.map_or(RfmRaw::NONE, |((recency, orders), spend)| RfmRaw::of(-*recency, *orders, *spend));
                facts.clear();
                facts.extend_from_slice(&survey.facts[at * survey.indicators..(at + 1) * survey.indicators]);
                let rank = evaluator.rank(&mut facts, raw, &cuts);
                simulation.count(partition.recorded(at).rank, rank, survey.life[at]);
            }
            Ok(simulation)
        });
        let simulation = whole(parts.collect::<Result<_, _>>()?, 0);
        Ok((cuts, simulation))
    }

    /// What the rules would do to everyone.
    pub fn simulate(
        &self,
        rules: &Rules,
        as_of: Day,
        cuts: &CubeCuts,
        wanted: &Wanted,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Simulation, Cancelled> {
        let evaluator = Evaluator::new(rules, as_of, cuts);
        let parts = self.partitions.par_iter().map(|partition| {
            let mut simulation = Simulation::default();
            let mut best = Best::new(wanted.movers);
            let mut scratch = Scratch::default();
            for at in 0..partition.len() {
                if at % 4_096 == 0 && cancelled() {
                    return Err(Cancelled);
                }
                partition.gather(at, &evaluator.plan, &mut scratch.gathered);
                let Scratch { gathered, facts } = &mut scratch;
                evaluator.plan.values(gathered, partition.profile(at, &evaluator.plan), facts);
                let rank = evaluator.rank(facts, evaluator.rfm_raw(gathered), cuts);
                let (from, net) = (partition.recorded(at).rank, gathered.sums(0).net());
                simulation.count(from, rank, net);
                if wanted.takes(from, rank) {
                    let score = facts[evaluator.plan.indicators()];
                    best.offer(Mover { customer: partition.id(at), from, to: rank, revenue: Money(net), score });
                }
            }
            simulation.movers = best.done();
            Ok(simulation)
        });
        Ok(whole(parts.collect::<Result<_, _>>()?, wanted.movers))
    }
}

/// The sum of simulations of all partitions.
fn whole(parts: Vec<Simulation>, movers: usize) -> Simulation {
    parts.into_iter().fold(Simulation::default(), Simulation::join).best(movers)
}

/// What one pass over a partition's days gives: what cuts are drawn from, and the facts of everyone.
struct Survey {
    /// Of who ordered in the window: days since the last order, negative; orders; net spend.
    recency: Vec<i64>,
    orders: Vec<i64>,
    spend: Vec<i64>,
    /// Per customer: whether he is in these three.
    bought: Vec<bool>,
    /// Per customer: net spend over the whole life.
    life: Vec<i64>,
    /// Per customer: his indicators.
    facts: Vec<f64>,
    indicators: usize,
    contacts: bool,
    lines: bool,
}

fn survey(
    partition: &Partition,
    plan: &Plan,
    window: usize,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Survey, Cancelled> {
    let room = partition.len();
    let indicators = plan.indicators();
    let mut survey = Survey {
        recency: Vec::with_capacity(room),
        orders: Vec::with_capacity(room),
        spend: Vec::with_capacity(room),
        bought: Vec::with_capacity(room),
        life: Vec::with_capacity(room),
        facts: Vec::with_capacity(room * indicators),
        indicators,
        contacts: partition.contacts_from.is_some_and(|day| day <= plan.as_of.0),
        lines: partition.lines_from.is_some_and(|day| day <= plan.as_of.0),
    };
    let mut gathered = Gathered::default();
    for at in 0..room {
        if at % 4_096 == 0 && cancelled() {
            return Err(Cancelled);
        }
        partition.gather(at, plan, &mut gathered);
        let sums = gathered.sums(window);
        let last = sums.last_order();
        survey.bought.push(last.is_some());
        if let Some(last) = last {
            survey.recency.push(-i64::from(plan.as_of.since(last)));
            survey.orders.push(sums.orders);
            survey.spend.push(sums.net());
        }
        survey.life.push(gathered.sums(0).net());
        plan.add_values(&gathered, partition.profile(at, plan), &mut survey.facts);
    }
    Ok(survey)
}

fn draw(settings: &rfm::Settings, surveys: &[Survey]) -> CubeCuts {
    let pick = |pick: fn(&Survey) -> &Vec<i64>| -> Vec<&[i64]> { surveys.iter().map(|part| &**pick(part)).collect() };
    let (recency, orders, spend) = (pick(|part| &part.recency), pick(|part| &part.orders), pick(|part| &part.spend));
    CubeCuts {
        r: rfm::cuts(&settings.recency, true, &recency, number),
        f: rfm::cuts(&settings.frequency, false, &orders, number),
        m: rfm::cuts(&settings.monetary, false, &spend, |value| Money(value).as_f64()),
        base: orders.iter().map(|part| part.len() as u64).sum(),
        contacts: surveys.iter().any(|part| part.contacts),
        lines: surveys.iter().any(|part| part.lines),
    }
}

#[expect(clippy::cast_precision_loss, reason = "days and orders are far below 2^53")]
fn number(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::{first_of, pack};
    use crate::measure::DayValues;
    use crate::templates;
    use zunke_kernel::Instant;

    fn image(customers: i32) -> Image {
        let mut image = Image::default();
        for half in 0..2 {
            let mut partition = Partition::default();
            for at in (0..customers).filter(|at| at % 2 == half) {
                partition.push(CustomerId::new(Instant(i64::from(at))), None);
                for year in [2025, 2026] {
                    let days: Vec<_> = (0..=at % 7)
                        .map(|order| {
                            let gross = i64::from(at + 1) * 10_000_000;
                            let values = DayValues { orders: 1, gross, ..DayValues::default() };
                            (first_of(year).plus(order * 20), values)
                        })
                        .collect();
                    partition.push_year(first_of(year), &pack(&days, first_of(year)));
                }
            }
            partition.shrink();
            image.partitions.push(partition);
        }
        image
    }

    #[test]
    fn everyone_is_counted_once_and_where_nothing_is_on_record_all_levels_are_new() {
        let image = image(200);
        let rules = templates::build("retail", Instant(0), None).expect("rules");
        let as_of = Day::parse("2026-06-30").expect("day");
        let cuts = image.cuts(&rules, as_of);
        assert_eq!((cuts.base, cuts.contacts, cuts.lines), (200, false, false));
        let simulation = image.simulate(&rules, as_of, &cuts, &Wanted::default(), &|| false).expect("runs");
        assert_eq!(simulation.levels().iter().map(|level| level.customers).sum::<u64>(), 200);
        assert_eq!(simulation.before()[0].customers, 200);
        assert_eq!(image.weigh(&rules, as_of, &|| false).expect("runs"), (cuts, simulation.clone()), "one pass or two");
        let (up, down) = simulation.moved();
        assert_eq!((up.customers, down.customers), (200, 0));
        assert!(simulation.levels()[3].customers > 0 && simulation.levels()[1].customers > 0);
    }

    #[test]
    fn words_and_packed_days_say_the_same() {
        let mut seed = 5_u64;
        let mut dice = move |of: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 33) % of).expect("small")
        };
        let as_of = Day::parse("2026-06-30").expect("day");
        let mut indicators = templates::build("retail", Instant(0), None).expect("rules").indicators;
        indicators.retain(|one| Plan::new(std::slice::from_ref(one), as_of).sums_alone());
        assert!(indicators.len() > 2, "{indicators:?}");
        let plan = Plan::new(&indicators, as_of);
        let (mut partition, mut packed) = (Partition::default(), Vec::new());
        let mut kinds = [0; 3];
        for customer in 0..400 {
            partition.push(CustomerId::new(Instant(customer)), None);
            let mut sections = Vec::new();
            for year in [2024, 2025, 2026] {
                let mut days: Vec<i64> = (0..dice(6)).map(|_| dice(365)).collect();
                days.sort_unstable();
                days.dedup();
                let days: Vec<_> = days
                    .into_iter()
                    .map(|day| {
                        let refunded = customer % 3 == 0 && dice(8) == 0;
                        let values = DayValues {
                            orders: dice(3),
                            gross: 0,
                            refunds: i64::from(refunded),
                            refund_amount: if refunded { 70_000 } else { 0 },
                            contacts: if customer % 3 == 1 { dice(2) } else { 0 },
                            ..DayValues::default()
                        };
                        let values = DayValues { gross: values.orders * dice(90_000) * 100, ..values };
                        (first_of(year).plus(i32::try_from(day).expect("small")), values)
                    })
                    .collect();
                let bytes = pack(&days, first_of(year));
                partition.push_year(first_of(year), &bytes);
                crate::store::buckets::put_section(&mut sections, first_of(year), &bytes);
            }
            packed.push(sections);
        }
        partition.shrink();
        let (mut ours, mut theirs) = (Gathered::default(), Gathered::default());
        for (at, sections) in packed.iter().enumerate() {
            let say = |days: Sections<'_>| -> Vec<String> { days.map(|day| format!("{day:?}")).collect() };
            assert_eq!(say(partition.days(at)), say(Sections::new(sections)));
            partition.gather(at, &plan, &mut ours);
            plan.gather(Sections::new(sections), &mut theirs);
            let (mut one, mut other) = (Vec::new(), Vec::new());
            plan.values(&ours, Profile::default(), &mut one);
            plan.values(&theirs, Profile::default(), &mut other);
            assert_eq!(format!("{one:?}"), format!("{other:?}"));
            assert_eq!(ours.sums(0), theirs.sums(0));
            kinds[match (partition.flat(at), partition.offsets[at..].get(1)) {
                (None, _) => 0,
                (Some(_), Some(end)) if *end > partition.offsets[at] => 1,
                _ => 2,
            }] += 1;
        }
        assert!(kinds.iter().all(|kind| *kind > 20), "packed, both, words alone: {kinds:?}");
    }

    #[test]
    fn a_simulation_that_is_no_longer_wanted_stops() {
        let image = image(10);
        let rules = templates::build("retail", Instant(0), None).expect("rules");
        let as_of = Day::parse("2026-06-30").expect("day");
        let cuts = image.cuts(&rules, as_of);
        assert_eq!(image.simulate(&rules, as_of, &cuts, &Wanted::default(), &|| true), Err(Cancelled));
        assert_eq!(image.weigh(&rules, as_of, &|| true), Err(Cancelled));
    }

    #[test]
    fn an_empty_base_has_an_answer_too() {
        let rules = templates::build("own_data", Instant(0), None).expect("rules");
        let as_of = Day::parse("2026-06-30").expect("day");
        let image = Image::default();
        let cuts = image.cuts(&rules, as_of);
        let simulation = image.simulate(&rules, as_of, &cuts, &Wanted::default(), &|| false).expect("runs");
        assert_eq!(simulation.moved().0.customers, 0);
    }
}

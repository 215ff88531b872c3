//! Indicators: one number about a customer, drawn from his days (an aggregate of a measure over a window) or
//! from his record. What is needed for a whole rule set is compiled into a [`Plan`] once, and read in one pass
//! over a customer's days.
//!
//! A window ends with the as-of day, that day included; what is dated later does not exist yet. The order that
//! has just arrived is therefore in the sum.

use crate::bucket::Entry;
use crate::flat::Flat;
use crate::measure::{Measure, Unit};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use zunke_customers::input::Input;
use zunke_kernel::{Day, Text};

/// The span of days that an indicator looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The last n days up to and including the as-of day (1 to 36,500).
    Days(u16),
    /// From the first day there is.
    Lifetime,
    /// A calendar period: the running one (`back` = 0, up to the as-of day) or one before it.
    Calendar(Calendar),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    pub unit: CalendarUnit,
    /// 0 = the running period, 1 = the one before (at most 40).
    #[serde(default)]
    pub back: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUnit {
    Month,
    Quarter,
    Year,
}

impl Window {
    /// First and last day, both included, as of a day. Never reaches beyond the as-of day.
    #[must_use]
    pub fn range(self, as_of: Day) -> (i32, i32) {
        match self {
            Self::Days(days) => (as_of.0.saturating_sub(i32::from(days)).saturating_add(1), as_of.0),
            Self::Lifetime => (i32::MIN, as_of.0),
            Self::Calendar(Calendar { unit, back }) => {
                let date = as_of.date();
                let months = match unit {
                    CalendarUnit::Month => 1,
                    CalendarUnit::Quarter => 3,
                    CalendarUnit::Year => 12,
                };
                let month = i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
                let start = (month / months - i32::from(back)) * months;
                let first = |month: i32| {
                    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MIN);
                    let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
                    Day::from_ymd(year, month, 1).map_or(i32::MIN, |day| day.0)
                };
                (first(start), (first(start + months) - 1).min(as_of.0))
            }
        }
    }

    /// The window of the same length just before this one; none before a lifetime.
    #[must_use]
    pub fn previous(self, as_of: Day) -> Option<(i32, i32)> {
        match self {
            Self::Days(days) => {
                let (from, _) = self.range(as_of);
                Some((from.saturating_sub(i32::from(days)), from.saturating_sub(1)))
            }
            Self::Lifetime => None,
            Self::Calendar(calendar) => {
                Some(Self::Calendar(Calendar { back: calendar.back.checked_add(1)?, ..calendar }).range(as_of))
            }
        }
    }

    /// As people say it: 近365天, 本年.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Days(days) => Text::new(format!("近{days}天"), format!("last {days} days")),
            Self::Lifetime => Text::new("累计", "all time"),
            Self::Calendar(Calendar { unit, back }) => {
                let (zh, en) = match unit {
                    CalendarUnit::Month => ("月", "month"),
                    CalendarUnit::Quarter => ("季度", "quarter"),
                    CalendarUnit::Year => ("年", "year"),
                };
                match back {
                    0 => Text::new(format!("本{zh}"), format!("this {en}")),
                    1 => Text::new(format!("上{zh}"), format!("last {en}")),
                    _ => Text::new(format!("{back}{zh}前"), format!("{back} {en}s ago")),
                }
            }
        }
    }
}

/// How a measure becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The sum over the window; 0 where nothing happened.
    Sum,
    /// The sum divided by the number of orders; no value without an order.
    PerOrder,
    /// The largest sum of one day.
    MaxPerDay,
    /// Gross spend of the best day as a share of the window's: 1 means that everything was bought on one day.
    LargestDayShare,
    /// Refund amount as a share of gross spend.
    ShareOfGross,
    /// Days from the last time to the as-of day (0 = today); no value where it never happened.
    DaysSinceLast,
    /// Days from the first time.
    DaysSinceFirst,
    /// Years (of 365.25 days) from the first time.
    YearsSinceFirst,
    /// Different days on which it happened.
    ActiveDays,
    /// Different calendar months in which it happened.
    ActiveMonths,
    /// Different calendar years in which it happened.
    ActiveYears,
    /// Different product lines.
    Distinct,
    /// Product lines ordered from in the window and never before it.
    NewDistinct,
    /// This window's sum as a share of this and the window before: 0.5 is steady, above is rising.
    Momentum,
}

impl Aggregate {
    pub const ALL: [Self; 14] = [
        Self::Sum,
        Self::PerOrder,
        Self::MaxPerDay,
        Self::LargestDayShare,
        Self::ShareOfGross,
        Self::DaysSinceLast,
        Self::DaysSinceFirst,
        Self::YearsSinceFirst,
        Self::ActiveDays,
        Self::ActiveMonths,
        Self::ActiveYears,
        Self::Distinct,
        Self::NewDistinct,
        Self::Momentum,
    ];

    /// Whether the aggregate means something for the measure.
    #[must_use]
    pub fn fits(self, measure: Measure) -> bool {
        use Measure::{Contacts, GrossSpend, InboundContacts, NetSpend, Orders, ProductLines, Quantity, RefundAmount};
        match self {
            Self::Sum | Self::Momentum => measure != ProductLines,
            Self::PerOrder => matches!(measure, GrossSpend | NetSpend | Quantity),
            Self::MaxPerDay => matches!(measure, Orders | GrossSpend | Quantity | Contacts),
            Self::LargestDayShare => measure == GrossSpend,
            Self::ShareOfGross => measure == RefundAmount,
            Self::DaysSinceLast | Self::DaysSinceFirst | Self::YearsSinceFirst => {
                matches!(measure, Orders | Measure::Refunds | Contacts | InboundContacts)
            }
            Self::ActiveDays | Self::ActiveMonths | Self::ActiveYears => matches!(measure, Orders | Contacts),
            Self::Distinct | Self::NewDistinct => measure == ProductLines,
        }
    }

    #[must_use]
    pub fn unit(self, measure: Measure) -> Unit {
        match self {
            Self::Sum | Self::PerOrder | Self::MaxPerDay => measure.unit(),
            Self::LargestDayShare | Self::ShareOfGross | Self::Momentum => Unit::Share,
            Self::DaysSinceLast | Self::DaysSinceFirst | Self::ActiveDays => Unit::Days,
            Self::ActiveMonths => Unit::Months,
            Self::YearsSinceFirst | Self::ActiveYears => Unit::Years,
            Self::Distinct | Self::NewDistinct => Unit::Count,
        }
    }

    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Sum => Text::new("合计", "Sum"),
            Self::PerOrder => Text::new("每单平均", "Average per order"),
            Self::MaxPerDay => Text::new("单日最高", "Most in one day"),
            Self::LargestDayShare => Text::new("最大单日占比", "Share of the best day"),
            Self::ShareOfGross => Text::new("占消费总额比例", "Share of gross spend"),
            Self::DaysSinceLast => Text::new("距最近一次天数", "Days since the last"),
            Self::DaysSinceFirst => Text::new("距首次天数", "Days since the first"),
            Self::YearsSinceFirst => Text::new("距首次年数", "Years since the first"),
            Self::ActiveDays => Text::new("活跃天数", "Active days"),
            Self::ActiveMonths => Text::new("活跃月数", "Active months"),
            Self::ActiveYears => Text::new("活跃年数", "Active years"),
            Self::Distinct => Text::new("不同种类数", "Different ones"),
            Self::NewDistinct => Text::new("新增种类数", "New ones"),
            Self::Momentum => Text::new("增长势头", "Momentum"),
        }
    }
}

/// Where an indicator's number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Measure(MeasureSource),
    Profile(ProfileSource),
    /// A number kept on the customer's record: a field of our own (`field.budget`), whether he has a tag (`tag.tag_…`)
    /// or is in a segment (`segment.seg_…`). Nobody keeps anything under another name, such as `influence`: a dimension
    /// that rests on it gives its weight to the others.
    Attribute(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureSource {
    pub of: Measure,
    pub aggregate: Aggregate,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProfileSource {
    /// Years (of 365.25 days) since the customer joined; no value without a joining day.
    JoinedYears,
}

/// One indicator of a rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Lower-case letters, digits and `_`; unique in the rules.
    pub id: String,
    pub name: Text,
    pub source: Source,
}

impl Indicator {
    #[must_use]
    pub fn unit(&self) -> Unit {
        match &self.source {
            Source::Measure(source) => source.aggregate.unit(source.of),
            Source::Profile(ProfileSource::JoinedYears) => Unit::Years,
            Source::Attribute(_) => Unit::Points,
        }
    }

    /// Whether any customer can have a value at all.
    #[must_use]
    pub fn has_source(&self) -> bool {
        !matches!(&self.source, Source::Attribute(name) if Input::read(name).is_none())
    }
}

/// What is known of a customer besides his days.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile {
    pub joined: Option<Day>,
    pub attributes: Attributes,
}

/// Different attributes of one rule set.
pub const ATTRIBUTES_MOST: usize = 8;

/// The attributes of a customer, in the order of [`Plan::attributes`]; not a number where he has none.
#[derive(Clone, Copy, Debug)]
pub struct Attributes(pub [f64; ATTRIBUTES_MOST]);

impl Default for Attributes {
    fn default() -> Self {
        Self([f64::NAN; ATTRIBUTES_MOST])
    }
}

/// The attributes that indicators name and somebody may keep, each once, in their order.
#[must_use]
pub fn attributes(indicators: &[Indicator]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for indicator in indicators {
        if let Source::Attribute(name) = &indicator.source
            && indicator.has_source()
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// Orders and money of some days in a row, and the days of the first and last order: what every window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    pub orders: i64,
    pub gross: i64,
    pub refund_amount: i64,
    first: i32,
    last: i32,
}

const NEVER: i32 = i32::MIN;

impl Sums {
    const NONE: Self = Self { orders: 0, gross: 0, refund_amount: 0, first: NEVER, last: NEVER };

    #[must_use]
    pub fn net(&self) -> i64 {
        self.gross.wrapping_sub(self.refund_amount)
    }

    #[must_use]
    pub fn first_order(&self) -> Option<Day> {
        (self.first != NEVER).then_some(Day(self.first))
    }

    #[must_use]
    pub fn last_order(&self) -> Option<Day> {
        (self.last != NEVER).then_some(Day(self.last))
    }

    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        self.refund_amount = self.refund_amount.wrapping_add(entry.refund_amount);
        if entry.orders > 0 {
            self.orders += entry.orders;
            self.gross = self.gross.wrapping_add(entry.gross);
            self.first = if self.first == NEVER { entry.day } else { self.first };
            self.last = entry.day;
        }
    }

    /// Joins the days that follow.
    #[inline]
    fn join(&mut self, later: &Self) {
        self.orders += later.orders;
        self.gross = self.gross.wrapping_add(later.gross);
        self.refund_amount = self.refund_amount.wrapping_add(later.refund_amount);
        self.first = if self.first == NEVER { later.first } else { self.first };
        self.last = self.last.max(later.last);
    }
}

/// What only some windows are asked for, filled day by day in rising order.
#[derive(Clone, Debug)]
struct Finer {
    refunds: i64,
    quantity: i64,
    contacts: i64,
    inbound: i64,
    max_gross: i64,
    max_orders: i64,
    max_quantity: i64,
    max_contacts: i64,
    /// First and last day of refunds, contacts, contacts by the customer.
    first: [i32; 3],
    last: [i32; 3],
    /// Different days, months and years with orders, and with contacts.
    days: [u32; 2],
    months: [u32; 2],
    years: [u32; 2],
    last_month: [i32; 2],
}

impl Finer {
    const NONE: Self = Self {
        refunds: 0,
        quantity: 0,
        contacts: 0,
        inbound: 0,
        max_gross: 0,
        max_orders: 0,
        max_quantity: 0,
        max_contacts: 0,
        first: [NEVER; 3],
        last: [NEVER; 3],
        days: [0; 2],
        months: [0; 2],
        years: [0; 2],
        last_month: [NEVER; 2],
    };

    #[inline]
    fn see(&mut self, kind: usize, day: i32) {
        if self.first[kind] == NEVER {
            self.first[kind] = day;
        }
        self.last[kind] = day;
    }

    #[inline]
    fn add(&mut self, entry: &Entry<'_>, months: bool) {
        if entry.orders > 0 {
            self.quantity = self.quantity.wrapping_add(entry.quantity);
            self.max_gross = self.max_gross.max(entry.gross);
            self.max_orders = self.max_orders.max(entry.orders);
            self.max_quantity = self.max_quantity.max(entry.quantity);
            self.days[0] += 1;
            if months {
                self.count_month(0, entry.day);
            }
        }
        if entry.refunds > 0 {
            self.refunds += entry.refunds;
            self.see(0, entry.day);
        }
        if entry.contacts > 0 {
            self.contacts += entry.contacts;
            self.inbound += entry.inbound;
            self.max_contacts = self.max_contacts.max(entry.contacts);
            self.days[1] += 1;
            self.see(1, entry.day);
            if entry.inbound > 0 {
                self.see(2, entry.day);
            }
            if months {
                self.count_month(1, entry.day);
            }
        }
    }

    fn count_month(&mut self, kind: usize, day: i32) {
        let month = month_of(day);
        if month != self.last_month[kind] {
            self.months[kind] += 1;
            if self.last_month[kind] == NEVER || month.div_euclid(12) != self.last_month[kind].div_euclid(12) {
                self.years[kind] += 1;
            }
            self.last_month[kind] = month;
        }
    }
}

/// Months since year 0 of a day, by Hinnant's `civil_from_days`.
fn month_of(day: i32) -> i32 {
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let (month, next) = if month < 10 { (month + 2, 0) } else { (month - 10, 1) };
    (era * 400 + year_of_era + next) * 12 + month
}

/// What one indicator needs of the windows.
#[derive(Clone, Copy, Debug)]
enum Step {
    Window { window: usize, of: Measure, aggregate: Aggregate },
    Momentum { window: usize, before: Option<usize>, of: Measure },
    Lines { from: i32, to: i32, new: bool },
    Joined,
    Attribute(usize),
    None,
}

/// The indicators of a rule set as of one day, compiled: which windows to fill, and what to draw from them.
#[derive(Clone, Debug)]
pub struct Plan {
    pub as_of: Day,
    windows: Vec<Reading>,
    /// Where any window begins or has ended, rising: between two borders all days lie in the same windows, so that a
    /// day is added once, however many windows hold it.
    borders: Vec<i32>,
    steps: Vec<Step>,
    lines: bool,
    attributes: Vec<String>,
}

/// A window and how much of its days is wanted: most windows are asked for sums of money alone.
#[derive(Clone, Debug)]
struct Reading {
    range: (i32, i32),
    /// The window's spans between borders.
    spans: Range<usize>,
    /// More than [`Sums`].
    full: bool,
    /// Months and years too, which cost a calendar.
    months: bool,
}

/// What one pass over a customer's days has gathered; kept between customers to save the allocation.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Between borders.
    spans: Vec<Sums>,
    /// Per window.
    sums: Vec<Sums>,
    /// Per window; empty where no window is asked for more than sums.
    finer: Vec<Finer>,
    /// (code, day) of product lines, only where the plan asks for them.
    lines: Vec<(u32, i32)>,
}

impl Gathered {
    /// The sums of a window that [`Plan::window`] has given.
    #[inline]
    #[must_use]
    pub fn sums(&self, window: usize) -> &Sums {
        &self.sums[window]
    }

    #[inline]
    fn finer(&self, window: usize) -> &Finer {
        self.finer.get(window).unwrap_or(&Finer::NONE)
    }
}

impl Plan {
    /// The first window is always the lifetime.
    #[must_use]
    pub fn new(indicators: &[Indicator], as_of: Day) -> Self {
        let mut plan = Self {
            as_of,
            windows: Vec::new(),
            borders: Vec::new(),
            steps: Vec::new(),
            lines: false,
            attributes: attributes(indicators),
        };
        plan.window(Window::Lifetime.range(as_of));
        for indicator in indicators {
            let step = match &indicator.source {
                Source::Measure(MeasureSource { of, aggregate: Aggregate::Momentum, window }) => {
                    let before = window.previous(as_of).map(|range| plan.window(range));
                    let window = plan.window(window.range(as_of));
                    for window in before.into_iter().chain([window]) {
                        plan.windows[window].full |= !light(*of, Aggregate::Sum);
                    }
                    Step::Momentum { window, before, of: *of }
                }
                Source::Measure(MeasureSource { aggregate, window, .. })
                    if matches!(aggregate, Aggregate::Distinct | Aggregate::NewDistinct) =>
                {
                    plan.lines = true;
                    let (from, to) = window.range(as_of);
                    Step::Lines { from, to, new: *aggregate == Aggregate::NewDistinct }
                }
                Source::Measure(MeasureSource { of, aggregate, window }) => {
                    let window = plan.window(window.range(as_of));
                    plan.windows[window].months |=
                        matches!(aggregate, Aggregate::ActiveMonths | Aggregate::ActiveYears);
                    plan.windows[window].full |= !light(*of, *aggregate);
                    Step::Window { window, of: *of, aggregate: *aggregate }
                }
                Source::Profile(ProfileSource::JoinedYears) => Step::Joined,
                Source::Attribute(name) => plan
                    .attributes
                    .iter()
                    .take(ATTRIBUTES_MOST)
                    .position(|known| known == name)
                    .map_or(Step::None, Step::Attribute),
            };
            plan.steps.push(step);
        }
        plan
    }

    /// The number of a window with this range, added where it is new.
    pub fn window(&mut self, range: (i32, i32)) -> usize {
        if let Some(known) = self.windows.iter().position(|known| known.range == range) {
            return known;
        }
        self.windows.push(Reading { range, spans: 0..0, full: false, months: false });
        let ends = |reading: &Reading| [Some(reading.range.0), reading.range.1.checked_add(1)];
        self.borders = self.windows.iter().flat_map(ends).flatten().filter(|day| *day != i32::MIN).collect();
        self.borders.sort_unstable();
        self.borders.dedup();
        for reading in &mut self.windows {
            let span = |day: i32| self.borders.partition_point(|border| *border <= day);
            let begin = span(reading.range.0);
            let end = reading.range.1.checked_add(1).map_or(self.borders.len() + 1, span);
            reading.spans = begin..end.max(begin);
        }
        self.windows.len() - 1
    }

    /// Reads a customer's days, oldest first.
    #[inline]
    pub fn gather<'a>(&self, days: impl Iterator<Item = Entry<'a>>, gathered: &mut Gathered) {
        let finer = self.windows.iter().any(|window| window.full);
        if finer {
            gathered.finer.clear();
            gathered.finer.resize(self.windows.len(), Finer::NONE);
        }
        gathered.lines.clear();
        gathered.spans.clear();
        let mut span = Sums::NONE;
        let mut border = self.borders.first().copied().unwrap_or(i32::MAX);
        days.for_each(|entry| {
            if entry.day > self.as_of.0 {
                return;
            }
            while entry.day >= border && gathered.spans.len() < self.borders.len() {
                gathered.spans.push(span);
                span = Sums::NONE;
                border = self.borders.get(gathered.spans.len()).copied().unwrap_or(i32::MAX);
            }
            span.add(&entry);
            if finer {
                for (finer, window) in gathered.finer.iter_mut().zip(&self.windows) {
                    if window.full && window.range.0 <= entry.day && entry.day <= window.range.1 {
                        finer.add(&entry, window.months);
                    }
                }
            }
            if self.lines {
                let lines = entry.lines().filter(|(_, count)| *count > 0);
                gathered.lines.extend(lines.map(|(code, _)| (code, entry.day)));
            }
        });
        gathered.spans.push(span);
        self.sum_windows(gathered);
        if self.lines {
            gathered.lines.sort_unstable();
        }
    }

    /// Whether sums of orders and money are all that is asked of the days.
    #[must_use]
    pub fn sums_alone(&self) -> bool {
        !self.lines && !self.windows.iter().any(|window| window.full)
    }

    /// Like [`Plan::gather`], for a plan of [`Plan::sums_alone`] and a customer whose days are words.
    #[inline]
    pub fn gather_flat(&self, days: Flat<'_>, gathered: &mut Gathered) {
        gathered.finer.clear();
        gathered.lines.clear();
        gathered.spans.clear();
        let mut span = Sums::NONE;
        let mut border = self.borders.first().copied().unwrap_or(i32::MAX);
        for day in days {
            if day.day > self.as_of.0 {
                break;
            }
            while day.day >= border && gathered.spans.len() < self.borders.len() {
                gathered.spans.push(span);
                span = Sums::NONE;
                border = self.borders.get(gathered.spans.len()).copied().unwrap_or(i32::MAX);
            }
            span.orders += day.orders;
            span.gross = span.gross.wrapping_add(day.gross);
            span.first = if span.first == NEVER { day.day } else { span.first };
            span.last = day.day;
        }
        gathered.spans.push(span);
        self.sum_windows(gathered);
    }

    fn sum_windows(&self, gathered: &mut Gathered) {
        gathered.sums.clear();
        for window in &self.windows {
            let mut sums = Sums::NONE;
            for span in gathered.spans.iter().take(window.spans.end).skip(window.spans.start) {
                sums.join(span);
            }
            gathered.sums.push(sums);
        }
    }

    /// Writes each indicator's value to `out`, NaN where there is none.
    #[inline]
    pub fn values(&self, gathered: &Gathered, profile: Profile, out: &mut Vec<f64>) {
        out.clear();
        self.add_values(gathered, profile, out);
    }

    /// The attributes that are asked for.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// How many values [`Plan::values`] writes.
    #[must_use]
    pub fn indicators(&self) -> usize {
        self.steps.len()
    }

    /// Like [`Plan::values`], behind what is in `out`.
    #[inline]
    pub fn add_values(&self, gathered: &Gathered, profile: Profile, out: &mut Vec<f64>) {
        for step in &self.steps {
            out.push(match *step {
                Step::Window { window, of, aggregate } => {
                    self.aggregate(&gathered.sums[window], gathered.finer(window), of, aggregate)
                }
                Step::Momentum { window, before, of } => {
                    let now = sum(&gathered.sums[window], gathered.finer(window), of).max(0.0);
                    let before =
                        before.map_or(0.0, |before| sum(&gathered.sums[before], gathered.finer(before), of).max(0.0));
                    if now + before > 0.0 { now / (now + before) } else { f64::NAN }
                }
                Step::Lines { from, to, new } => distinct(&gathered.lines, from, to, new),
                Step::Joined => profile
                    .joined
                    .filter(|joined| joined.0 <= self.as_of.0)
                    .map_or(f64::NAN, |joined| f64::from(self.as_of.since(joined)) / 365.25),
                Step::Attribute(at) => profile.attributes.0[at],
                Step::None => f64::NAN,
            });
        }
    }

    #[inline]
    fn aggregate(&self, sums: &Sums, finer: &Finer, of: Measure, aggregate: Aggregate) -> f64 {
        let (first, last) = match of {
            Measure::Refunds | Measure::RefundAmount => (finer.first[0], finer.last[0]),
            Measure::Contacts => (finer.first[1], finer.last[1]),
            Measure::InboundContacts => (finer.first[2], finer.last[2]),
            _ => (sums.first, sums.last),
        };
        let activity = usize::from(matches!(of, Measure::Contacts | Measure::InboundContacts));
        let since = |day: i32| if day == NEVER { f64::NAN } else { f64::from(self.as_of.0 - day) };
        match aggregate {
            Aggregate::Sum => sum(sums, finer, of),
            Aggregate::PerOrder if sums.orders == 0 => f64::NAN,
            Aggregate::PerOrder => sum(sums, finer, of) / number(sums.orders),
            Aggregate::MaxPerDay => match of {
                Measure::Orders => number(finer.max_orders),
                Measure::Quantity => number(finer.max_quantity),
                Measure::Contacts => number(finer.max_contacts),
                _ => money(finer.max_gross),
            },
            Aggregate::LargestDayShare if sums.gross <= 0 => f64::NAN,
            Aggregate::LargestDayShare => number(finer.max_gross) / number(sums.gross),
            Aggregate::ShareOfGross if sums.gross <= 0 && sums.refund_amount <= 0 => f64::NAN,
            Aggregate::ShareOfGross if sums.gross <= 0 => 1.0,
            Aggregate::ShareOfGross => number(sums.refund_amount) / number(sums.gross),
            Aggregate::DaysSinceLast => since(last),
            Aggregate::DaysSinceFirst => since(first),
            Aggregate::YearsSinceFirst => since(first) / 365.25,
            Aggregate::ActiveDays => f64::from(finer.days[activity]),
            Aggregate::ActiveMonths => f64::from(finer.months[activity]),
            Aggregate::ActiveYears => f64::from(finer.years[activity]),
            Aggregate::Distinct | Aggregate::NewDistinct | Aggregate::Momentum => f64::NAN,
        }
    }
}

/// Whether [`Sums`] keep all that this asks for.
fn light(of: Measure, aggregate: Aggregate) -> bool {
    use Aggregate::{DaysSinceFirst, DaysSinceLast, PerOrder, ShareOfGross, Sum, YearsSinceFirst};
    match of {
        Measure::Orders => matches!(aggregate, Sum | DaysSinceFirst | DaysSinceLast | YearsSinceFirst),
        Measure::GrossSpend | Measure::NetSpend => matches!(aggregate, Sum | PerOrder),
        Measure::RefundAmount => matches!(aggregate, Sum | ShareOfGross),
        _ => false,
    }
}

#[inline]
fn sum(sums: &Sums, finer: &Finer, of: Measure) -> f64 {
    match of {
        Measure::Orders => number(sums.orders),
        Measure::GrossSpend => money(sums.gross),
        Measure::Refunds => number(finer.refunds),
        Measure::RefundAmount => money(sums.refund_amount),
        Measure::NetSpend => money(sums.net()),
        Measure::Quantity => number(finer.quantity),
        Measure::Contacts => number(finer.contacts),
        Measure::InboundContacts => number(finer.inbound),
        Measure::ProductLines => f64::NAN,
    }
}

#[inline]
#[expect(clippy::cast_precision_loss, reason = "sums below 2^53 are exact; above, a score needs no more")]
fn number(value: i64) -> f64 {
    value as f64
}

/// Ten-thousandths to units. One division, correctly rounded: a sum of exactly 100000.00 equals the threshold
/// that is written as 100000.
#[inline]
fn money(value: i64) -> f64 {
    number(value) / 10_000.0
}

/// Counts the product lines of a window in pairs sorted by code and day; `new` leaves out those seen before.
fn distinct(lines: &[(u32, i32)], from: i32, to: i32, new: bool) -> f64 {
    let mut count = 0;
    let mut rest = lines;
    while let Some((code, first)) = rest.first().copied() {
        let size = rest.iter().take_while(|(other, _)| *other == code).count();
        let (group, after) = rest.split_at(size);
        rest = after;
        let inside = group.iter().any(|(_, day)| *day >= from && *day <= to);
        if inside && !(new && first < from) {
            count += 1;
        }
    }
    f64::from(count)
}

#[cfg(test)]
#[path = "indicator_tests.rs"]
mod tests;

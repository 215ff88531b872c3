//! What has changed between two versions of a programme's rules, in plain words.

use crate::face::{self, number};
use crate::indicator::{Aggregate, Indicator, ProfileSource, Source};
use crate::ladder::Level;
use crate::life::{Cycle, Downgrade, Life, Rounding, Validity};
use crate::rfm::{Grading, Settings};
use crate::rules::Rules;
use crate::say::{Voice, joined};
use crate::score::{Bands, Dimension, Part, Score};
use serde::Serialize;
use zunke_kernel::{Currency, Text};

/// Which part of the rules a difference is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulesPart)]
pub enum Section {
    Levels,
    Weights,
    Points,
    Indicators,
    Rfm,
    Life,
    Potential,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Added,
    Removed,
    Changed,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RulesDifference)]
pub struct Difference {
    pub part: Section,
    pub kind: Sort,
    pub text: Text,
}

struct Notes {
    all: Vec<Difference>,
}

impl Notes {
    fn add(&mut self, part: Section, kind: Sort, text: Text) {
        self.all.push(Difference { part, kind, text });
    }

    /// `“金卡”的准入条件：A → B`.
    fn turned(&mut self, part: Section, of: &Text, what: (&str, &str), before: &Text, after: &Text) {
        let (zh, en) = what;
        self.add(
            part,
            Sort::Changed,
            Text::new(
                format!("“{}”的{zh}：{} → {}", of.zh, before.zh, after.zh),
                format!("{en} of “{}”: {} → {}", of.en, before.en, after.en),
            ),
        );
    }

    /// `积分窗口：A → B`.
    fn became(&mut self, part: Section, what: (&str, &str), before: &Text, after: &Text) {
        if before != after {
            let text = Text::new(
                format!("{}：{} → {}", what.0, before.zh, after.zh),
                format!("{}: {} → {}", what.1, before.en, after.en),
            );
            self.add(part, Sort::Changed, text);
        }
    }
}

/// All differences from one rule set to another: levels first, since they are what customers see.
#[must_use]
pub fn compare(before: &Rules, after: &Rules, currency: Currency) -> Vec<Difference> {
    let mut notes = Notes { all: Vec::new() };
    let (old, new) = (Voice { rules: before, currency }, Voice { rules: after, currency });
    levels(&mut notes, &old, &new);
    score(&mut notes, &old, &new, (&before.score, &after.score), ("综合评分", "Composite score"));
    score(&mut notes, &old, &new, (&before.loyalty, &after.loyalty), ("忠诚度", "Loyalty score"));
    indicators(&mut notes, before, after);
    rfm(&mut notes, &before.rfm, &after.rfm);
    life(&mut notes, before, after);
    let near = |rules: &Rules| both(&face::percent(rules.potential.near));
    notes.became(
        Section::Potential,
        ("潜在 VIP 的最低完成度", "Least progress of a potential VIP"),
        &near(before),
        &near(after),
    );
    let window = |rules: &Rules| rules.potential.window.text();
    notes.became(Section::Potential, ("潜在 VIP 的势头窗口", "Window of momentum"), &window(before), &window(after));
    notes.all
}

fn both(text: &str) -> Text {
    Text::new(text, text)
}

fn rank(level: &Level) -> Text {
    Text::new(format!("第 {} 级", level.rank), format!("rank {}", level.rank))
}

fn yes_no(yes: bool) -> Text {
    if yes { Text::new("是", "yes") } else { Text::new("否", "no") }
}

fn levels(notes: &mut Notes, old: &Voice<'_>, new: &Voice<'_>) {
    let (before, after) = (old.rules, new.rules);
    for level in &after.levels {
        let Some(was) = before.levels.iter().find(|was| was.id == level.id) else {
            let rule = new.rule(&level.entry);
            notes.add(
                Section::Levels,
                Sort::Added,
                Text::new(
                    format!("新增等级“{}”（第 {} 级）：{}", level.name.zh, level.rank, rule.zh),
                    format!("New level “{}” (rank {}): {}", level.name.en, level.rank, rule.en),
                ),
            );
            continue;
        };
        level_changed(notes, old, new, was, level);
    }
    for level in &before.levels {
        if after.levels.iter().any(|kept| kept.id == level.id) {
            continue;
        }
        let text = match after.successor(level.id) {
            Some(to) => Text::new(
                format!("等级“{}”并入“{}”", level.name.zh, to.name.zh),
                format!("Level “{}” is merged into “{}”", level.name.en, to.name.en),
            ),
            None => Text::new(
                format!("撤销等级“{}”，原有客户按条件重新评定", level.name.zh),
                format!("Level “{}” is retired; its customers are placed by the rules", level.name.en),
            ),
        };
        notes.add(Section::Levels, Sort::Removed, text);
    }
}

fn level_changed(notes: &mut Notes, old: &Voice<'_>, new: &Voice<'_>, was: &Level, level: &Level) {
    if was.name != level.name {
        notes.became(Section::Levels, ("等级改名", "Level renamed"), &was.name, &level.name);
    }
    if was.rank != level.rank {
        notes.turned(Section::Levels, &level.name, ("级别", "Rank"), &rank(was), &rank(level));
    }
    let keep = |voice: &Voice<'_>, level: &Level| {
        level
            .keep
            .as_ref()
            .map_or_else(|| Text::new("与准入条件相同", "the same as the entry rule"), |keep| voice.rule(keep))
    };
    let cost = |voice: &Voice<'_>, level: &Level| {
        level
            .benefit_cost
            .map_or_else(|| Text::new("未填写", "not given"), |cost| both(&face::money(cost, voice.currency)))
    };
    let rows = [
        (was.entry != level.entry, ("准入条件", "Entry rule"), old.rule(&was.entry), new.rule(&level.entry)),
        (was.guards != level.guards, ("防虚高条件", "Guards"), old.tests(&was.guards), new.tests(&level.guards)),
        (was.keep != level.keep, ("保级条件", "Keep rule"), keep(old, was), keep(new, level)),
        (was.approval != level.approval, ("升级需审批", "Approval"), yes_no(was.approval), yes_no(level.approval)),
        (
            was.benefit_cost != level.benefit_cost,
            ("每客年权益成本", "Yearly cost of benefits"),
            cost(old, was),
            cost(new, level),
        ),
        (was.colour != level.colour, ("颜色", "Colour"), both(&was.colour), both(&level.colour)),
    ];
    for (_, what, before, after) in rows.into_iter().filter(|(changed, ..)| *changed) {
        notes.turned(Section::Levels, &level.name, what, &before, &after);
    }
}

fn weight(value: f64) -> Text {
    both(&format!("{}%", number(value)))
}

fn score(notes: &mut Notes, old: &Voice<'_>, new: &Voice<'_>, scores: (&Score, &Score), name: (&str, &str)) {
    let (before, after) = scores;
    for dimension in &after.dimensions {
        match before.dimensions.iter().find(|was| was.id == dimension.id) {
            None => notes.add(
                Section::Weights,
                Sort::Added,
                Text::new(
                    format!("{}新增维度“{}”，权重 {}%", name.0, dimension.name.zh, number(dimension.weight)),
                    format!("{}: new dimension “{}”, weight {}%", name.1, dimension.name.en, number(dimension.weight)),
                ),
            ),
            Some(was) => dimension_changed(notes, old, new, was, dimension),
        }
    }
    for dimension in &before.dimensions {
        if !after.dimensions.iter().any(|kept| kept.id == dimension.id) {
            notes.add(
                Section::Weights,
                Sort::Removed,
                Text::new(
                    format!("{}移除维度“{}”", name.0, dimension.name.zh),
                    format!("{}: dimension “{}” removed", name.1, dimension.name.en),
                ),
            );
        }
    }
}

fn dimension_changed(notes: &mut Notes, old: &Voice<'_>, new: &Voice<'_>, was: &Dimension, now: &Dimension) {
    if was.name != now.name {
        notes.became(Section::Weights, ("维度改名", "Dimension renamed"), &was.name, &now.name);
    }
    if was.weight.to_bits() != now.weight.to_bits() {
        notes.turned(Section::Weights, &now.name, ("权重", "Weight"), &weight(was.weight), &weight(now.weight));
    }
    for part in &now.indicators {
        let (name, unit) = new.fact(&part.indicator);
        let of = Text::new(format!("{} · {}", now.name.zh, name.zh), format!("{} · {}", now.name.en, name.en));
        let Some(before) = was.indicators.iter().find(|before| before.indicator == part.indicator) else {
            let text = Text::new(
                format!("“{}”新增指标“{}”", now.name.zh, name.zh),
                format!("“{}” has a new indicator, “{}”", now.name.en, name.en),
            );
            notes.add(Section::Points, Sort::Added, text);
            continue;
        };
        if before.weight.to_bits() != part.weight.to_bits() {
            notes.turned(Section::Points, &of, ("权重", "Weight"), &weight(before.weight), &weight(part.weight));
        }
        if before.bands != part.bands {
            let bands = |part: &Part| bands(part, unit, new.currency);
            notes.turned(Section::Points, &of, ("得分分档", "Points"), &bands(before), &bands(part));
        }
        if before.missing.to_bits() != part.missing.to_bits() {
            let points = |value: f64| both(&number(value));
            let what = ("无数据时得分", "Points without data");
            notes.turned(Section::Points, &of, what, &points(before.missing), &points(part.missing));
        }
    }
    for part in &was.indicators {
        if !now.indicators.iter().any(|kept| kept.indicator == part.indicator) {
            let name = old.fact(&part.indicator).0;
            let text = Text::new(
                format!("“{}”移除指标“{}”", now.name.zh, name.zh),
                format!("“{}” no longer has “{}”", now.name.en, name.en),
            );
            notes.add(Section::Points, Sort::Removed, text);
        }
    }
}

fn bands(part: &Part, unit: crate::measure::Unit, currency: Currency) -> Text {
    let (mark, rows): (&str, Vec<(f64, f64)>) = match &part.bands {
        Bands::Step(steps) => ("≥", steps.iter().map(|step| (step.from, step.points)).collect()),
        Bands::Linear(points) => ("", points.iter().map(|point| (point.at, point.points)).collect()),
    };
    let texts: Vec<Text> = rows
        .into_iter()
        .map(|(at, points)| {
            let at = face::value(at, unit, currency);
            Text::new(format!("{mark}{} 得 {}", at.zh, number(points)), format!("{mark}{}: {}", at.en, number(points)))
        })
        .collect();
    joined(&texts, "，", ", ")
}

fn source(indicator: &Indicator) -> Text {
    match &indicator.source {
        Source::Measure(source) => {
            let (of, aggregate, window) = (source.of.name(), Aggregate::name(source.aggregate), source.window.text());
            joined(&[of, aggregate, window], " · ", " · ")
        }
        Source::Profile(ProfileSource::JoinedYears) => Text::new("入会年数", "years since joining"),
        other => both(&serde_json::to_string(other).unwrap_or_default()),
    }
}

fn indicators(notes: &mut Notes, before: &Rules, after: &Rules) {
    for indicator in &after.indicators {
        let Some(was) = before.indicators.iter().find(|was| was.id == indicator.id) else {
            let (name, source) = (&indicator.name, source(indicator));
            let text = Text::new(
                format!("新增指标“{}”（{}）", name.zh, source.zh),
                format!("New indicator “{}” ({})", name.en, source.en),
            );
            notes.add(Section::Indicators, Sort::Added, text);
            continue;
        };
        if was.name != indicator.name {
            notes.became(Section::Indicators, ("指标改名", "Indicator renamed"), &was.name, &indicator.name);
        }
        if was.source != indicator.source {
            notes.turned(Section::Indicators, &indicator.name, ("来源", "Source"), &source(was), &source(indicator));
        }
    }
    for indicator in &before.indicators {
        if !after.indicators.iter().any(|kept| kept.id == indicator.id) {
            let name = &indicator.name;
            let text = Text::new(format!("移除指标“{}”", name.zh), format!("Indicator “{}” removed", name.en));
            notes.add(Section::Indicators, Sort::Removed, text);
        }
    }
}

fn rfm(notes: &mut Notes, before: &Settings, after: &Settings) {
    notes.became(Section::Rfm, ("RFM 窗口", "Window of RFM"), &before.window.text(), &after.window.text());
    let graded = |grading: &Grading| match grading {
        Grading::Bands(limits) => both(&limits.map(number).join(" / ")),
        Grading::Quantile => Text::new("按五等分", "by fifths"),
    };
    for (what, was, now) in [
        (("R 分级", "Grades of R"), &before.recency, &after.recency),
        (("F 分级", "Grades of F"), &before.frequency, &after.frequency),
        (("M 分级", "Grades of M"), &before.monetary, &after.monetary),
    ] {
        notes.became(Section::Rfm, what, &graded(was), &graded(now));
    }
    if before.groups != after.groups {
        let names = |settings: &Settings| {
            joined(&settings.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>(), "、", ", ")
        };
        let (was, now) = (names(before), names(after));
        if was == now {
            let text = Text::new("RFM 分组的范围有调整", "The ranges of the RFM groups have changed");
            notes.add(Section::Rfm, Sort::Changed, text);
        } else {
            notes.became(Section::Rfm, ("RFM 分组", "Groups of RFM"), &was, &now);
        }
    }
}

fn cycle(cycle: Cycle) -> Text {
    match cycle {
        Cycle::Month => Text::new("月", "month"),
        Cycle::Quarter => Text::new("季度", "quarter"),
        Cycle::HalfYear => Text::new("半年", "half-year"),
        Cycle::Year => Text::new("年", "year"),
    }
}

fn validity(validity: Validity) -> Text {
    match validity {
        Validity::Months(n) => Text::new(format!("达到后 {n} 个月"), format!("{n} months from reaching it")),
        Validity::CalendarDate { month, day } => {
            Text::new(format!("至下一个 {month} 月 {day} 日"), format!("to the next {day}/{month}"))
        }
        Validity::JoiningAnniversary => Text::new("至下一个入会周年日", "to the next joining anniversary"),
        Validity::EndOfNext(period) => {
            let period = cycle(period);
            Text::new(format!("至下一个{}末", period.zh), format!("to the end of the next {}", period.en))
        }
    }
}

fn life(notes: &mut Notes, old: &Rules, new: &Rules) {
    let (before, after) = match (&old.life, &new.life) {
        (None, None) => return,
        (None, Some(after)) => {
            let held = validity(after.validity);
            let text = Text::new(
                format!("启用有效期与保级：{}，观察 {} 天", held.zh, after.observation_days),
                format!("Levels are now held for a time: {}, observation {} days", held.en, after.observation_days),
            );
            return notes.add(Section::Life, Sort::Added, text);
        }
        (Some(_), None) => {
            let text = Text::new(
                "停用有效期与保级，随条件即时升降",
                "Levels are no longer held: they follow the rules at once",
            );
            return notes.add(Section::Life, Sort::Removed, text);
        }
        (Some(before), Some(after)) => (before, after),
    };
    let days = |days: u16| Text::new(format!("{days} 天"), format!("{days} days"));
    let rounding = |life: &Life| match life.rounding {
        Rounding::None => Text::new("不取整", "none"),
        Rounding::Month => Text::new("月末", "end of month"),
        Rounding::Quarter => Text::new("季末", "end of quarter"),
        Rounding::HalfYear => Text::new("半年末", "end of half-year"),
    };
    let style = |life: &Life| match life.downgrade {
        Downgrade::OneStep => Text::new("降一级", "one step"),
        Downgrade::ToScore => Text::new("降到符合条件的等级", "to the level whose rule holds"),
        Downgrade::ToBase => Text::new("降到最低级", "to the lowest level"),
    };
    let floor = |rules: &Rules, life: &Life| {
        life.floor
            .and_then(|floor| rules.levels.iter().find(|level| level.id == floor))
            .map_or_else(|| Text::new("无", "none"), |level| level.name.clone())
    };
    let review = |life: &Life| life.review.cycle.map_or_else(|| Text::new("无", "none"), cycle);
    let notices = |life: &Life| both(&life.notices.iter().map(u16::to_string).collect::<Vec<_>>().join(" / "));
    for (what, was, now) in [
        (("有效期", "Validity"), validity(before.validity), validity(after.validity)),
        (("到期日取整", "Rounding of the last day"), rounding(before), rounding(after)),
        (
            ("首个周期最短月数", "Least months of the first cycle"),
            both(&before.first_cycle_months.to_string()),
            both(&after.first_cycle_months.to_string()),
        ),
        (("观察期", "Observation"), days(before.observation_days), days(after.observation_days)),
        (
            ("观察期保留权益", "Benefits during observation"),
            yes_no(before.observation_benefits),
            yes_no(after.observation_benefits),
        ),
        (("降级方式", "Downgrade"), style(before), style(after)),
        (("保底等级", "Floor"), floor(old, before), floor(new, after)),
        (("恢复期", "Way back"), days(before.return_days), days(after.return_days)),
        (("提前通知天数", "Days of notices"), notices(before), notices(after)),
        (("定期复核", "Review"), review(before), review(after)),
        (("降级刹车线", "Brake"), both(&face::percent(before.review.brake)), both(&face::percent(after.review.brake))),
    ] {
        notes.became(Section::Life, what, &was, &now);
    }
    if before.review.borderline != after.review.borderline {
        let text = Text::new("临界复核的范围有调整", "Who is in the borderline queue has changed");
        notes.add(Section::Life, Sort::Changed, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Move;
    use crate::templates;
    use zunke_kernel::Instant;

    fn texts(before: &Rules, after: &Rules) -> Vec<String> {
        compare(before, after, Currency::CNY).into_iter().map(|difference| difference.text.zh).collect()
    }

    #[test]
    fn the_same_rules_differ_in_nothing() {
        for id in templates::IDS {
            let rules = templates::build(id, Instant(0), None).expect(id);
            assert_eq!(texts(&rules, &rules.clone()), Vec::<String>::new(), "{id}");
        }
    }

    #[test]
    fn a_renamed_a_merged_and_a_harder_level_are_each_said_once() {
        let before = templates::build("retail", Instant(0), None).expect("rules");
        let mut after = before.clone();
        after.levels[1].name = Text::new("银卡", "Silver");
        after.levels[3].entry.tests[0].value = 250_000.0;
        let gone = after.levels.remove(2);
        after.levels[2].rank = 3;
        after.moves.push(Move { from: gone.id, to: after.levels[2].id });
        let said = texts(&before, &after);
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said.contains(&"等级改名：金卡 → 银卡".to_owned()), "{said:?}");
        assert!(said.contains(&"“钻石卡”的级别：第 4 级 → 第 3 级".to_owned()), "{said:?}");
        assert!(said.iter().any(|text| text.contains("¥200,000.00") && text.contains("¥250,000.00")), "{said:?}");
        assert!(said.contains(&"等级“铂金卡”并入“钻石卡”".to_owned()), "{said:?}");
        after.moves.clear();
        assert!(texts(&before, &after).iter().any(|text| text.contains("按条件重新评定")));
    }

    #[test]
    fn weights_bands_indicators_rfm_and_life_are_compared_too() {
        let before = templates::build("retail", Instant(0), None).expect("rules");
        let mut after = before.clone();
        after.score.dimensions[0].weight = 40.0;
        after.score.dimensions[0].indicators[0].missing = 5.0;
        after.score.dimensions[1].indicators.remove(0);
        after.indicators.remove(0);
        after.rfm.window = crate::indicator::Window::Days(180);
        after.life = Some(Life::recommended());
        let parts: Vec<(Section, Sort)> =
            compare(&before, &after, Currency::CNY).into_iter().map(|d| (d.part, d.kind)).collect();
        for expected in [
            (Section::Weights, Sort::Changed),
            (Section::Points, Sort::Changed),
            (Section::Points, Sort::Removed),
            (Section::Indicators, Sort::Removed),
            (Section::Rfm, Sort::Changed),
            (Section::Life, Sort::Added),
        ] {
            assert!(parts.contains(&expected), "{expected:?} in {parts:?}");
        }
    }
}

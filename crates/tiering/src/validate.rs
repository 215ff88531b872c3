//! Looks for every fault of a rule set at once, each with its path and both languages. An error keeps a version from
//! being published; a warning says that something is probably not meant.

use crate::indicator::{ATTRIBUTES_MOST, Aggregate, Indicator, Source, Window, attributes};
use crate::ladder::{Comparison, Level, Need, Rule, Test};
use crate::measure::Unit;
use crate::rfm::{Grades, Grading, group_of};
use crate::rules::{Fixed, Rules};
use crate::score::{Bands, Score};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use zunke_kernel::Text;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// One fault of a rule set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleFault)]
pub struct Fault {
    pub severity: Severity,
    pub code: String,
    /// Where: `levels[2].entry.tests[0].value`.
    pub path: String,
    pub text: Text,
}

const INDICATORS_MOST: usize = 60;
const DIMENSIONS_MOST: usize = 12;
const TESTS_MOST: usize = 20;
const DEPTH_MOST: usize = 3;

struct Finder {
    faults: Vec<Fault>,
}

impl Finder {
    fn add(&mut self, severity: Severity, code: &str, path: String, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.push(Fault { severity, code: code.into(), path, text: Text::new(zh, en) });
    }

    fn error(&mut self, code: &str, path: String, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Severity::Error, code, path, zh, en);
    }

    fn warning(&mut self, code: &str, path: String, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Severity::Warning, code, path, zh, en);
    }

    fn names(&mut self, name: &Text, path: &str) {
        if name.zh.trim().is_empty() || name.en.trim().is_empty() {
            self.error(
                "name_missing",
                format!("{path}.name"),
                "请填写中文和英文名称。",
                "Give a name in Chinese and in English.",
            );
        } else if name.zh.chars().count() > 60 || name.en.chars().count() > 120 {
            self.error("name_too_long", format!("{path}.name"), "名称过长。", "This name is too long.");
        }
    }

    fn finite(&mut self, value: f64, path: String) -> bool {
        let fine = value.is_finite() && value.abs() <= 1e15;
        if !fine {
            self.error("number_invalid", path, "请填写有效的数字。", "Write a number of ordinary size.");
        }
        fine
    }
}

/// All faults, errors first.
#[must_use]
pub fn validate(rules: &Rules) -> Vec<Fault> {
    let mut finder = Finder { faults: Vec::new() };
    if rules.form != 1 {
        finder.error(
            "form_unknown",
            "form".into(),
            "不支持的规则格式版本。",
            "This form of rules is not known; use 1.",
        );
    }
    indicators(&mut finder, rules);
    rfm(&mut finder, rules);
    score(&mut finder, rules, &rules.score, "score", true);
    score(&mut finder, rules, &rules.loyalty, "loyalty", false);
    levels(&mut finder, rules);
    let near = rules.potential.near;
    if !(0.0..=1.0).contains(&near) {
        finder.error("share_invalid", "potential.near".into(), "应在 0 到 1 之间。", "This must be between 0 and 1.");
    }
    window(&mut finder, rules.potential.window, "potential.window");
    let mut faults = finder.faults;
    faults.extend(crate::life::validate::faults(rules));
    faults.extend(crate::sense::look(rules));
    faults.sort_by_key(|fault| fault.severity != Severity::Error);
    faults
}

/// Whether a version may be published.
#[must_use]
pub fn sound(faults: &[Fault]) -> bool {
    !faults.iter().any(|fault| fault.severity == Severity::Error)
}

fn identifier(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 40
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn window(finder: &mut Finder, window: Window, path: &str) {
    match window {
        Window::Days(days) if !(1..=36_500).contains(&days) => finder.error(
            "window_invalid",
            path.into(),
            format!("窗口天数应在 1 到 36500 之间，收到 {days}。"),
            format!("A window has 1 to 36500 days, got {days}."),
        ),
        Window::Calendar(calendar) if calendar.back > 40 => {
            finder.error(
                "window_invalid",
                path.into(),
                "最多回看 40 个周期。",
                "A calendar window goes back 40 periods at most.",
            );
        }
        _ => {}
    }
}

fn indicators(finder: &mut Finder, rules: &Rules) {
    if rules.indicators.len() > INDICATORS_MOST {
        finder.error(
            "too_many",
            "indicators".into(),
            format!("指标最多 {INDICATORS_MOST} 个。"),
            format!("At most {INDICATORS_MOST} indicators."),
        );
    }
    if attributes(&rules.indicators).len() > ATTRIBUTES_MOST {
        finder.error(
            "too_many",
            "indicators".into(),
            format!("一套规则最多使用 {ATTRIBUTES_MOST} 个自定义字段、标签和客群。"),
            format!("Rules use at most {ATTRIBUTES_MOST} own fields, tags and segments."),
        );
    }
    let mut seen = HashSet::new();
    for (at, indicator) in rules.indicators.iter().enumerate() {
        let path = format!("indicators[{at}]");
        if !identifier(&indicator.id) || Fixed::ALL.iter().any(|fixed| fixed.id() == indicator.id) {
            finder.error(
                "indicator_id_invalid",
                format!("{path}.id"),
                "指标编号应为小写字母、数字和下划线，且不能是 score、loyalty、rfm_r、rfm_f、rfm_m。",
                "An indicator's id has lower-case letters, digits and _, and is none of score, loyalty, rfm_r, rfm_f, rfm_m.",
            );
        }
        if !seen.insert(&indicator.id) {
            finder.error(
                "indicator_twice",
                format!("{path}.id"),
                format!("指标编号“{}”重复。", indicator.id),
                format!("The id “{}” is used twice.", indicator.id),
            );
        }
        finder.names(&indicator.name, &path);
        match &indicator.source {
            Source::Measure(source) => {
                window(finder, source.window, &format!("{path}.source.measure.window"));
                if !source.aggregate.fits(source.of) {
                    let (aggregate, measure) = (source.aggregate.name(), source.of.name());
                    finder.error(
                        "aggregate_unfit",
                        format!("{path}.source.measure.aggregate"),
                        format!("“{}”不能用于“{}”。", aggregate.zh, measure.zh),
                        format!("“{}” means nothing for “{}”.", aggregate.en, measure.en),
                    );
                }
                if source.aggregate == Aggregate::Momentum && source.window == Window::Lifetime {
                    finder.error(
                        "momentum_lifetime",
                        format!("{path}.source.measure.window"),
                        "增长势头需要有限的窗口，不能用“累计”。",
                        "Momentum needs a window with one before it; all time has none.",
                    );
                }
            }
            Source::Attribute(name) if name.trim().is_empty() => finder.error(
                "attribute_missing",
                format!("{path}.source.attribute"),
                "请填写属性名称。",
                "Name the attribute.",
            ),
            Source::Attribute(_) if indicator.has_source() => {}
            Source::Attribute(_) => finder.warning(
                "no_data",
                format!("{path}.source.attribute"),
                format!("“{}”目前没有数据来源，其权重将分配给其他指标。", indicator.name.zh),
                format!("“{}” has no source of data yet; its weight goes to the others.", indicator.name.en),
            ),
            Source::Profile(_) => {}
        }
    }
}

fn rfm(finder: &mut Finder, rules: &Rules) {
    window(finder, rules.rfm.window, "rfm.window");
    for (name, grading, falling) in [
        ("recency", &rules.rfm.recency, true),
        ("frequency", &rules.rfm.frequency, false),
        ("monetary", &rules.rfm.monetary, false),
    ] {
        let Grading::Bands(limits) = grading else { continue };
        let path = format!("rfm.{name}.bands");
        if !limits.iter().all(|limit| finder.finite(*limit, path.clone())) {
            continue;
        }
        let ordered = limits.windows(2).all(|pair| if falling { pair[0] > pair[1] } else { pair[0] < pair[1] });
        if !ordered {
            let (zh, en) = if falling { ("递减", "fall") } else { ("递增", "rise") };
            finder.error(
                "bands_overlap",
                path,
                format!("四个界限必须依次{zh}，否则区间重叠。"),
                format!("The four limits must {en}, or the bands overlap."),
            );
        }
    }
    let mut seen = HashSet::new();
    for (at, group) in rules.rfm.groups.iter().enumerate() {
        let path = format!("rfm.groups[{at}]");
        if !identifier(&group.id) || !seen.insert(&group.id) {
            finder.error(
                "group_id_invalid",
                format!("{path}.id"),
                "分组编号应唯一，由小写字母、数字和下划线组成。",
                "A group's id is unique, of lower-case letters, digits and _.",
            );
        }
        finder.names(&group.name, &path);
        for range in [group.r, group.f, group.m, group.fm].into_iter().flatten() {
            if range[0] < 1 || range[1] > 5 || range[0] > range[1] {
                finder.error(
                    "range_invalid",
                    path.clone(),
                    "分值范围应在 1 到 5 之间。",
                    "A range of grades lies within 1 to 5.",
                );
            }
        }
    }
    let cells = (1..=5).flat_map(|r| (1..=5).flat_map(move |f| (1..=5).map(move |m| Grades { r, f, m })));
    let bare = cells.filter(|cell| group_of(&rules.rfm.groups, *cell).is_none()).count();
    if bare > 0 {
        finder.warning(
            "cells_without_group",
            "rfm.groups".into(),
            format!("125 种组合中有 {bare} 种不属于任何分组。"),
            format!("{bare} of the 125 cells belong to no group."),
        );
    }
}

fn score(finder: &mut Finder, rules: &Rules, score: &Score, root: &str, must: bool) {
    let path = format!("{root}.dimensions");
    if score.dimensions.is_empty() {
        if must {
            finder.error(
                "dimensions_missing",
                path,
                "评分至少需要一个维度。",
                "The score needs at least one dimension.",
            );
        }
        return;
    }
    if score.dimensions.len() > DIMENSIONS_MOST {
        finder.error(
            "too_many",
            path,
            format!("维度最多 {DIMENSIONS_MOST} 个。"),
            format!("At most {DIMENSIONS_MOST} dimensions."),
        );
        return;
    }
    let mut seen = HashSet::new();
    for (at, dimension) in score.dimensions.iter().enumerate() {
        let path = format!("{root}.dimensions[{at}]");
        if !identifier(&dimension.id) || !seen.insert(&dimension.id) {
            finder.error(
                "dimension_id_invalid",
                format!("{path}.id"),
                "维度编号应唯一，由小写字母、数字和下划线组成。",
                "A dimension's id is unique, of lower-case letters, digits and _.",
            );
        }
        finder.names(&dimension.name, &path);
        weight(finder, dimension.weight, &format!("{path}.weight"));
        parts(finder, rules, dimension, &path);
    }
    let total: f64 = score.dimensions.iter().map(|dimension| dimension.weight).sum();
    if total.is_finite() && (total - 100.0).abs() > 0.01 {
        let shown = crate::face::number(total);
        let shares: Vec<String> = score
            .dimensions
            .iter()
            .map(|dimension| format!("{}%", crate::face::number((dimension.weight / total * 1_000.0).round() / 10.0)))
            .collect();
        let real = if total > 0.0 { shares.join(" / ") } else { "–".into() };
        finder.error(
            "weights_sum",
            path,
            format!("各维度权重之和应为 100，现为 {shown}；实际占比相当于 {real}。"),
            format!(
                "The weights of the dimensions must add up to 100; they add up to {shown}, so the shares are {real}."
            ),
        );
    }
}

fn weight(finder: &mut Finder, weight: f64, path: &str) {
    if finder.finite(weight, path.into()) && !(0.0..=100.0).contains(&weight) {
        finder.error("weight_invalid", path.into(), "权重应在 0 到 100 之间。", "A weight is between 0 and 100.");
    }
}

fn parts(finder: &mut Finder, rules: &Rules, dimension: &crate::score::Dimension, path: &str) {
    if dimension.indicators.is_empty() {
        finder.error(
            "indicators_missing",
            format!("{path}.indicators"),
            "维度至少需要一个指标。",
            "A dimension needs at least one indicator.",
        );
        return;
    }
    if dimension.indicators.len() > TESTS_MOST {
        finder.error(
            "too_many",
            format!("{path}.indicators"),
            format!("最多 {TESTS_MOST} 个。"),
            format!("At most {TESTS_MOST}."),
        );
    }
    for (at, part) in dimension.indicators.iter().enumerate() {
        let path = format!("{path}.indicators[{at}]");
        match rules.indicators.iter().find(|indicator| indicator.id == part.indicator) {
            None => unknown_fact(finder, &part.indicator, format!("{path}.indicator")),
            Some(indicator) => bands(finder, &part.bands, indicator, &path),
        }
        weight(finder, part.weight, &format!("{path}.weight"));
        if finder.finite(part.missing, format!("{path}.missing")) && !(0.0..=100.0).contains(&part.missing) {
            points_fault(finder, format!("{path}.missing"));
        }
    }
    if dimension.weight > 0.0 && dimension.indicators.iter().all(|part| part.weight <= 0.0) {
        finder.warning(
            "weights_zero",
            format!("{path}.indicators"),
            format!("“{}”的指标权重全为 0，该维度不计分。", dimension.name.zh),
            format!("All indicators of “{}” weigh nothing; the dimension takes no part.", dimension.name.en),
        );
    }
}

fn unknown_fact(finder: &mut Finder, id: &str, path: String) {
    let id = zunke_kernel::money::shorten(id);
    finder.error(
        "indicator_unknown",
        path,
        format!("没有指标“{id}”，可能已被删除。"),
        format!("There is no indicator “{id}”; it may have been deleted."),
    );
}

fn points_fault(finder: &mut Finder, path: String) {
    finder.error("points_invalid", path, "得分应在 0 到 100 之间。", "Points are between 0 and 100.");
}

fn bands(finder: &mut Finder, bands: &Bands, indicator: &Indicator, path: &str) {
    let (kind, list): (&str, Vec<(f64, f64)>) = match bands {
        Bands::Step(steps) => ("step", steps.iter().map(|step| (step.from, step.points)).collect()),
        Bands::Linear(points) => ("linear", points.iter().map(|point| (point.at, point.points)).collect()),
    };
    let path = format!("{path}.bands.{kind}");
    if list.is_empty() || list.len() > 50 {
        finder.error("bands_missing", path, "分档应有 1 到 50 个。", "There must be 1 to 50 bands.");
        return;
    }
    let mut fine = true;
    for (at, (from, points)) in list.iter().enumerate() {
        fine &= finder.finite(*from, format!("{path}[{at}]"));
        if finder.finite(*points, format!("{path}[{at}].points")) && !(0.0..=100.0).contains(points) {
            points_fault(finder, format!("{path}[{at}].points"));
        }
        if at > 0 && fine && *from <= list[at - 1].0 {
            finder.error(
                "bands_overlap",
                format!("{path}[{at}]"),
                format!("“{}”的第 {} 档起点不高于上一档，区间重叠。", indicator.name.zh, at + 1),
                format!(
                    "Band {} of “{}” begins no higher than the one before: they overlap.",
                    at + 1,
                    indicator.name.en
                ),
            );
        }
    }
}

/// The least and most that a fact can be.
fn reach(rules: &Rules, id: &str) -> (f64, f64) {
    match Fixed::ALL.iter().find(|fixed| fixed.id() == id) {
        Some(Fixed::Score) => (0.0, most_score(rules, &rules.score)),
        Some(Fixed::Loyalty) => (0.0, most_score(rules, &rules.loyalty)),
        Some(_) => (1.0, 5.0),
        None => {
            let Some(indicator) = rules.indicators.iter().find(|indicator| indicator.id == id) else {
                return (f64::NEG_INFINITY, f64::INFINITY);
            };
            match (&indicator.source, indicator.unit()) {
                (Source::Measure(source), Unit::Share) if source.aggregate != Aggregate::ShareOfGross => (0.0, 1.0),
                (_, Unit::Money) | (Source::Attribute(_), _) => (f64::NEG_INFINITY, f64::INFINITY),
                _ => (0.0, f64::INFINITY),
            }
        }
    }
}

fn most_score(rules: &Rules, score: &Score) -> f64 {
    let mut best = 0.0;
    let mut total = 0.0;
    for dimension in &score.dimensions {
        let parts = dimension.indicators.iter().filter(|part| {
            part.weight > 0.0 && rules.indicators.iter().any(|known| known.id == part.indicator && known.has_source())
        });
        let (mut sum, mut weights) = (0.0, 0.0);
        for part in parts {
            sum += part.weight * part.bands.reach().1.max(part.missing);
            weights += part.weight;
        }
        if weights > 0.0 && dimension.weight > 0.0 {
            best += dimension.weight * sum / weights;
            total += dimension.weight;
        }
    }
    if total > 0.0 { best / total + 1e-6 } else { 0.0 }
}

fn levels(finder: &mut Finder, rules: &Rules) {
    let levels = &rules.levels;
    if !(1..=10).contains(&levels.len()) {
        finder.error("levels_count", "levels".into(), "等级应有 1 到 10 级。", "There must be 1 to 10 levels.");
    }
    let mut ids = HashSet::new();
    let mut names = HashMap::new();
    for (at, level) in levels.iter().enumerate() {
        let path = format!("levels[{at}]");
        finder.names(&level.name, &path);
        if !ids.insert(level.id) {
            finder.error("level_twice", format!("{path}.id"), "等级编号重复。", "Two levels have the same id.");
        }
        if names.insert(level.name.zh.trim(), at).is_some() {
            finder.error(
                "name_twice",
                format!("{path}.name"),
                format!("等级名称“{}”重复。", level.name.zh),
                format!("Two levels are called “{}”.", level.name.zh),
            );
        }
        if !(1..=10).contains(&level.rank) || (at > 0 && level.rank <= levels[at - 1].rank) {
            finder.error(
                "ranks_not_rising",
                format!("{path}.rank"),
                "级别应在 1 到 10 之间，且逐级递增。",
                "Ranks are 1 to 10 and rise from level to level.",
            );
        }
        let colour = level
            .colour
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if !colour {
            finder.error(
                "colour_invalid",
                format!("{path}.colour"),
                "颜色应写成 #rrggbb。",
                "A colour is written #rrggbb.",
            );
        }
        rule(finder, rules, &level.entry, &format!("{path}.entry"), 1);
        if level.guards.len() > TESTS_MOST {
            finder.error(
                "too_many",
                format!("{path}.guards"),
                format!("最多 {TESTS_MOST} 条。"),
                format!("At most {TESTS_MOST}."),
            );
        }
        tests(finder, rules, &level.guards, &format!("{path}.guards"));
        if level.entry.need == Need::All {
            let all: Vec<&Test> = level.entry.tests.iter().chain(&level.guards).collect();
            contradictions(finder, rules, &all, &format!("{path}.entry"));
        }
        if let Some(keep) = &level.keep {
            rule(finder, rules, keep, &format!("{path}.keep"), 1);
            if keep.need == Need::All {
                contradictions(finder, rules, &keep.tests.iter().collect::<Vec<_>>(), &format!("{path}.keep"));
            }
        }
        if at > 0 && level.entry.is_empty() {
            finder.warning(
                "entry_open",
                format!("{path}.entry"),
                format!("“{}”没有进入条件，所有客户都会达到。", level.name.zh),
                format!("“{}” has no entry rule: every customer reaches it.", level.name.en),
            );
        }
        if at > 0 {
            below(finder, &levels[at - 1], level, &path);
        }
    }
}

fn rule(finder: &mut Finder, rules: &Rules, rule_: &Rule, path: &str, depth: usize) {
    if depth > DEPTH_MOST {
        finder.error(
            "too_deep",
            path.into(),
            format!("条件组最多 {DEPTH_MOST} 层。"),
            format!("Groups go {DEPTH_MOST} deep at most."),
        );
        return;
    }
    let count = rule_.tests.len() + rule_.groups.len();
    if count > TESTS_MOST {
        finder.error(
            "too_many",
            path.into(),
            format!("最多 {TESTS_MOST} 条。"),
            format!("At most {TESTS_MOST} conditions."),
        );
    }
    if let Need::Any(n) = rule_.need
        && (n == 0 || usize::from(n) > count)
    {
        finder.error(
            "need_impossible",
            format!("{path}.need"),
            format!("要求满足 {n} 条，但共有 {count} 条。"),
            format!("{n} must hold, of {count} conditions."),
        );
    }
    tests(finder, rules, &rule_.tests, &format!("{path}.tests"));
    for (at, group) in rule_.groups.iter().enumerate() {
        let path = format!("{path}.groups[{at}]");
        if group.is_empty() {
            finder.error("group_empty", path.clone(), "条件组为空。", "This group has no conditions.");
        }
        rule(finder, rules, group, &path, depth + 1);
        if group.need == Need::All {
            contradictions(finder, rules, &group.tests.iter().collect::<Vec<_>>(), &path);
        }
    }
}

fn tests(finder: &mut Finder, rules: &Rules, tests: &[Test], path: &str) {
    for (at, test) in tests.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let Some((name, _)) = rules.fact_face(&test.fact) else {
            unknown_fact(finder, &test.fact, format!("{path}.fact"));
            continue;
        };
        if !finder.finite(test.value, format!("{path}.value")) {
            continue;
        }
        let (least, most) = reach(rules, &test.fact);
        let possible = match test.is {
            Comparison::AtLeast => test.value <= most,
            Comparison::MoreThan => test.value < most,
            Comparison::AtMost => test.value >= least,
            Comparison::LessThan => test.value > least,
        };
        if !possible {
            let end = crate::face::number(if test.is.wants_more() { most } else { least });
            finder.error(
                "never_met",
                format!("{path}.value"),
                format!(
                    "该条件永远无法满足：“{}”最{}只能是 {end}。",
                    name.zh,
                    if test.is.wants_more() { "高" } else { "低" }
                ),
                format!(
                    "This can never be met: “{}” is {end} at {}.",
                    name.en,
                    if test.is.wants_more() { "most" } else { "least" }
                ),
            );
        }
        if rules.indicators.iter().any(|known| known.id == test.fact && !known.has_source()) {
            finder.error(
                "never_met",
                format!("{path}.fact"),
                format!("“{}”没有数据来源，该条件永远无法满足。", name.zh),
                format!("“{}” has no source of data: this can never be met.", name.en),
            );
        }
    }
}

fn contradictions(finder: &mut Finder, rules: &Rules, tests: &[&Test], path: &str) {
    for low in tests.iter().filter(|test| test.is.wants_more()) {
        for high in tests.iter().filter(|test| !test.is.wants_more() && test.fact == low.fact) {
            let strict = low.is == Comparison::MoreThan || high.is == Comparison::LessThan;
            if low.value > high.value || (strict && low.value >= high.value) {
                let name =
                    rules.fact_face(&low.fact).map_or_else(|| Text::new(&*low.fact, &*low.fact), |(name, _)| name);
                finder.error(
                    "never_met",
                    path.into(),
                    format!("“{}”的两个条件互相矛盾，永远无法同时满足。", name.zh),
                    format!("Two conditions on “{}” exclude each other: they can never both be met.", name.en),
                );
            }
        }
    }
}

fn below(finder: &mut Finder, lower: &Level, higher: &Level, path: &str) {
    if lower.entry.need != Need::All || higher.entry.need != Need::All {
        return;
    }
    for (at, test) in higher.entry.tests.iter().enumerate() {
        let easier = lower.entry.tests.iter().any(|other| {
            other.fact == test.fact
                && other.is == test.is
                && if test.is.wants_more() { test.value < other.value } else { test.value > other.value }
        });
        if easier {
            finder.warning(
                "threshold_lower",
                format!("{path}.entry.tests[{at}].value"),
                format!("“{}”的这项门槛比“{}”更容易达到。", higher.name.zh, lower.name.zh),
                format!(
                    "This threshold of “{}” is easier than that of “{}”, the level below.",
                    higher.name.en, lower.name.en
                ),
            );
        }
    }
}

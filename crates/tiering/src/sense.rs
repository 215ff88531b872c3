//! What is allowed in a rule set and yet hardly meant: levels that nobody can hold, keep rules harder than the entry,
//! weights that don't say what they seem to, moves that lead nowhere. And what to do about each fault.

use crate::face::number;
use crate::ladder::{Comparison, Level, Need, Rule, Test};
use crate::rules::Rules;
use crate::score::{Dimension, Score};
use crate::validate::{Fault, Severity};
use serde::Serialize;
use zunke_kernel::Text;

/// A fault with what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = RulesFault)]
pub struct Told {
    #[serde(flatten)]
    pub fault: Fault,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Text>,
}

/// Adds suggestions to faults.
#[must_use]
pub fn told(faults: Vec<Fault>) -> Vec<Told> {
    faults.into_iter().map(|fault| Told { suggestion: suggestion(&fault.code), fault }).collect()
}

/// What to do about a fault of this kind, where something general can be said.
#[must_use]
pub fn suggestion(code: &str) -> Option<Text> {
    let (zh, en) = match code {
        "weights_sum" => (
            "按比例调整到合计 100，或在“权重”页拖动滑块自动补足。",
            "Scale them to 100, or drag a slider: the others give way.",
        ),
        "weights_share" => ("如非本意，请把这些权重调整到合计 100。", "Scale them to 100 if that isn't what you mean."),
        "weights_zero" => {
            ("给至少一个指标加上权重，或把该维度的权重设为 0。", "Give one indicator a weight, or the dimension none.")
        }
        "never_met" => ("调整门槛，或删除这项条件。", "Change the threshold, or remove the condition."),
        "level_unreachable" => {
            ("提高上级的门槛，或降低本级的门槛。", "Make the higher level harder, or this one easier.")
        }
        "threshold_lower" => ("通常上级的每项门槛都不低于下级。", "Usually no threshold of a higher level is easier."),
        "keep_stricter" => (
            "保级条件一般不高于准入条件，否则达到后仍可能马上进入观察。",
            "A keep rule is usually no harder than the entry rule, or whoever has just entered is observed at once.",
        ),
        "entry_open" => {
            ("为该等级设置准入条件，或把它移到最低一级。", "Give the level an entry rule, or make it the lowest.")
        }
        "bands_overlap" => ("让每一档的起点都大于上一档。", "Let each band begin above the one before."),
        "bands_flat" => ("让得分随数值变化，或删除多余的档。", "Let points change with the value, or remove bands."),
        "indicator_unknown" => {
            ("换一个现有指标，或在“指标”页重新添加它。", "Choose another indicator, or add it again.")
        }
        "no_data" => (
            "可以保留：有数据后自动计入；也可以移除。",
            "It can stay: it counts as soon as there is data. Or remove it.",
        ),
        "ranks_not_rising" => ("用上移、下移按钮重新排列等级。", "Put the levels in order with the arrows."),
        "need_impossible" => ("减少要求满足的条数，或再加条件。", "Ask for fewer conditions, or add some."),
        "move_lost" => {
            ("选择一个仍在使用的等级接收这些客户。", "Choose a level that is still there to take these customers.")
        }
        "cells_without_group" => (
            "扩大某个分组的范围；不属于任何分组的客户不显示分组名。",
            "Widen a group; customers in no group show no name.",
        ),
        "levels_count" => ("一般 3 到 5 级最易理解。", "Three to five levels are understood best."),
        "name_twice" => ("换一个不同的名称。", "Choose another name."),
        _ => return None,
    };
    Some(Text::new(zh, en))
}

/// Looks for what is hardly meant.
#[must_use]
pub fn look(rules: &Rules) -> Vec<Fault> {
    let mut notes = Notes(Vec::new());
    for (score, root) in [(&rules.score, "score"), (&rules.loyalty, "loyalty")] {
        shares(&mut notes, score, root);
    }
    for (at, level) in rules.levels.iter().enumerate() {
        let path = format!("levels[{at}]");
        let higher = rules.levels.iter().filter(|other| other.rank > level.rank);
        if let Some(over) = higher.into_iter().find(|over| implied(level, over)) {
            notes.add(
                Severity::Warning,
                "level_unreachable",
                format!("{path}.entry"),
                format!("没有客户会停留在“{}”：达到它的人都已符合更高的“{}”。", level.name.zh, over.name.zh),
                format!(
                    "Nobody can be at “{}”: whoever meets it also meets “{}” above it.",
                    level.name.en, over.name.en
                ),
            );
        }
        if let Some(keep) = &level.keep {
            stricter(&mut notes, rules, level, keep, &path);
        }
        if level.benefit_cost.is_some_and(|cost| !cost.is_finite() || !(0.0..=1e12).contains(&cost)) {
            notes.add(
                Severity::Error,
                "cost_invalid",
                format!("{path}.benefit_cost"),
                "权益成本应为不小于 0 的金额。".into(),
                "The cost of benefits is an amount of 0 or more.".into(),
            );
        }
    }
    for (at, each) in rules.moves.iter().enumerate() {
        let there = rules.levels.iter().any(|level| level.id == each.from);
        if !there && rules.successor(each.from).is_none() {
            notes.add(
                Severity::Error,
                "move_lost",
                format!("moves[{at}].to"),
                "接收客户的等级已不存在。".into(),
                "The level that was to take these customers is gone.".into(),
            );
        }
    }
    notes.0
}

struct Notes(Vec<Fault>);

impl Notes {
    fn add(&mut self, severity: Severity, code: &str, path: String, zh: String, en: String) {
        self.0.push(Fault { severity, code: code.into(), path, text: Text::new(zh, en) });
    }
}

/// Says what the shares of a dimension's indicators really are where their weights are no per cents.
fn shares(notes: &mut Notes, score: &Score, root: &str) {
    for (at, dimension) in score.dimensions.iter().enumerate() {
        let total: f64 = dimension.indicators.iter().map(|part| part.weight).sum();
        if dimension.indicators.len() < 2 || !total.is_finite() || total <= 0.0 || (total - 100.0).abs() <= 0.01 {
            continue;
        }
        let real = real_shares(dimension, total);
        let shown = number(total);
        notes.add(
            Severity::Warning,
            "weights_share",
            format!("{root}.dimensions[{at}].indicators"),
            format!("“{}”的指标权重合计 {shown}，实际占比为 {real}。", dimension.name.zh),
            format!("The weights in “{}” add up to {shown}; the real shares are {real}.", dimension.name.en),
        );
    }
}

fn real_shares(dimension: &Dimension, total: f64) -> String {
    let shares: Vec<String> = dimension
        .indicators
        .iter()
        .map(|part| format!("{}%", number((part.weight / total * 1_000.0).round() / 10.0)))
        .collect();
    shares.join(" / ")
}

/// All conditions of a level that must hold, where nothing else can stand for them.
fn needed(level: &Level) -> Option<Vec<&Test>> {
    let mut tests: Vec<&Test> = flat(&level.entry)?;
    tests.extend(&level.guards);
    Some(tests)
}

/// The tests of a rule all of which must hold; `None` where one may stand for another.
fn flat(rule: &Rule) -> Option<Vec<&Test>> {
    let single = rule.tests.len() + rule.groups.len() <= 1;
    if rule.need != Need::All && !(single && rule.need == Need::Any(1)) {
        return None;
    }
    let mut tests: Vec<&Test> = rule.tests.iter().collect();
    for group in &rule.groups {
        tests.extend(flat(group)?);
    }
    Some(tests)
}

/// Whether one test holds wherever the other does.
fn follows(test: &Test, from: &Test) -> bool {
    if test.fact != from.fact || test.is.wants_more() != from.is.wants_more() {
        return false;
    }
    let strict = |is: Comparison| matches!(is, Comparison::MoreThan | Comparison::LessThan);
    let on_edge = !strict(test.is) || strict(from.is);
    if test.is.wants_more() {
        from.value > test.value || (from.value >= test.value && on_edge)
    } else {
        from.value < test.value || (from.value <= test.value && on_edge)
    }
}

/// Whether everyone whom `lower` admits is admitted by `higher` too.
fn implied(lower: &Level, higher: &Level) -> bool {
    let (Some(lower), Some(higher)) = (needed(lower), needed(higher)) else { return false };
    higher.iter().all(|test| lower.iter().any(|from| follows(test, from)))
}

fn stricter(notes: &mut Notes, rules: &Rules, level: &Level, keep: &Rule, path: &str) {
    let entry: Vec<&Test> = level.entry.every_test();
    for (at, test) in keep.tests.iter().enumerate() {
        let harder = |known: &&&Test| {
            known.fact == test.fact && known.is.wants_more() == test.is.wants_more() && !follows(test, known)
        };
        if let Some(known) = entry.iter().find(harder) {
            let name =
                rules.fact_face(&test.fact).map_or_else(|| Text::new(&*test.fact, &*test.fact), |(name, _)| name);
            let (keep, entry) = (number(test.value), number(known.value));
            notes.add(
                Severity::Warning,
                "keep_stricter",
                format!("{path}.keep.tests[{at}].value"),
                format!("“{}”的保级门槛（{keep}）比准入门槛（{entry}）更严。", name.zh),
                format!("Keeping needs more of “{}” ({keep}) than entering ({entry}).", name.en),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Move;
    use crate::templates;
    use zunke_kernel::Instant;
    use zunke_kernel::id::LevelId;

    fn found(change: impl FnOnce(&mut Rules)) -> Vec<String> {
        let mut rules = templates::build("retail", Instant(0), None).expect("rules");
        change(&mut rules);
        look(&rules).into_iter().map(|fault| format!("{} {}", fault.path, fault.code)).collect()
    }

    #[test]
    fn templates_are_meant_as_they_are() {
        for id in templates::IDS {
            let rules = templates::build(id, Instant(0), None).expect(id);
            assert_eq!(look(&rules), [], "{id}");
        }
    }

    #[test]
    fn a_level_whose_customers_all_meet_a_higher_one_is_named() {
        assert_eq!(
            found(|rules| {
                rules.levels[2].entry = rules.levels[1].entry.clone();
                rules.levels[2].guards = rules.levels[1].guards.clone();
            }),
            ["levels[1].entry level_unreachable"]
        );
        let any = found(|rules| {
            rules.levels[2].entry = rules.levels[1].entry.clone();
            rules.levels[2].guards = rules.levels[1].guards.clone();
            rules.levels[1].entry.need = Need::Any(1);
        });
        assert_eq!(any, Vec::<String>::new(), "one condition of two is not both");
    }

    #[test]
    fn a_keep_rule_harder_than_the_entry_is_named_and_an_easier_one_is_not() {
        let keep = |value: f64| {
            found(|rules| {
                let mut test = rules.levels[1].entry.tests[0].clone();
                test.value = value;
                rules.levels[1].keep = Some(Rule::all(vec![test]));
            })
        };
        assert_eq!(keep(20_000.0), ["levels[1].keep.tests[0].value keep_stricter"]);
        assert_eq!(keep(10_000.0), Vec::<String>::new());
        assert_eq!(keep(6_000.0), Vec::<String>::new());
    }

    #[test]
    fn weights_that_are_no_per_cents_say_what_they_come_to() {
        let mut rules = templates::build("retail", Instant(0), None).expect("rules");
        rules.score.dimensions[0].indicators[0].weight = 30.0;
        let faults = look(&rules);
        assert_eq!(faults[0].code, "weights_share");
        assert!(
            faults[0].text.zh.contains("合计 80") && faults[0].text.zh.contains("37.5% / 25% / 37.5%"),
            "{faults:?}"
        );
    }

    #[test]
    fn moves_that_lead_nowhere_and_costs_below_nothing_are_errors() {
        let gone = LevelId::new(Instant(9));
        assert_eq!(found(|rules| rules.moves.push(Move { from: gone, to: gone })), ["moves[0].to move_lost"]);
        assert_eq!(found(|rules| rules.levels[0].benefit_cost = Some(-1.0)), ["levels[0].benefit_cost cost_invalid"]);
        assert_eq!(found(|rules| rules.levels[0].benefit_cost = Some(f64::NAN)).len(), 1);
    }

    #[test]
    fn the_faults_that_people_meet_have_a_suggestion() {
        for code in ["weights_sum", "never_met", "bands_overlap", "level_unreachable", "keep_stricter", "move_lost"] {
            assert!(suggestion(code).is_some(), "{code}");
        }
        assert!(suggestion("something_else").is_none());
    }
}

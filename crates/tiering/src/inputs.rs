//! Fields of our own, tags and segments as inputs of rules: read where rules name them and nowhere else, and told where
//! they are gone.

use crate::image::Image;
use crate::indicator::{ATTRIBUTES_MOST, Attributes, Plan, Profile, Source};
use crate::rules::Rules;
use crate::store::standings;
use crate::validate::{Fault, Severity, validate};
use std::collections::HashMap;
use zunke_access::settings;
use zunke_customers::input::{self, Found, Input};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Result, Text};
use zunke_store::Tx;

/// Whether rules name any.
#[must_use]
pub fn any(rules: &Rules) -> bool {
    rules.indicators.iter().any(|known| matches!(known.source, Source::Attribute(_)) && known.has_source())
}

/// What a plan asks for, of these customers, as it is on the plan's day. Nothing is read where it asks for nothing.
pub fn attributes(tx: &mut Tx, plan: &Plan, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Attributes>> {
    let mut all = HashMap::new();
    if plan.attributes().is_empty() || ids.is_empty() {
        return Ok(all);
    }
    let zone = settings::load(tx)?.zone();
    for (at, name) in plan.attributes().iter().enumerate().take(ATTRIBUTES_MOST) {
        let Some(input) = Input::read(name) else { continue };
        let values = input::values(tx, &input, Some(ids), plan.as_of, &zone)?;
        for id in ids {
            let own: &mut Attributes = all.entry(*id).or_default();
            own.0[at] = values.of.get(id).copied().unwrap_or(values.others);
        }
    }
    Ok(all)
}

/// What is known of these customers besides their days, as far as a plan asks for it.
pub fn profiles(tx: &mut Tx, plan: &Plan, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Profile>> {
    let joined = standings::joined(tx, ids)?;
    let attributes = attributes(tx, plan, ids)?;
    let of = |id: &CustomerId| Profile {
        joined: joined.get(id).copied(),
        attributes: attributes.get(id).copied().unwrap_or_default(),
    };
    Ok(ids.iter().map(|id| (*id, of(id))).collect())
}

/// Puts attributes of everyone, as they are on a day, into an image.
pub fn keep(tx: &mut Tx, image: &mut Image, names: &[String], as_of: Day) -> Result<()> {
    let zone = settings::load(tx)?.zone();
    for name in names {
        let Some(input) = Input::read(name) else { continue };
        let values = input::values(tx, &input, None, as_of, &zone)?;
        for partition in &mut image.partitions {
            partition.keep_attribute(name, &values.of, values.others);
        }
    }
    Ok(())
}

/// All faults of rules: those of the rules themselves, and of what they name.
pub fn check(tx: &mut Tx, rules: &Rules) -> Result<Vec<Fault>> {
    let mut faults = validate(rules);
    faults.extend(named(tx, rules)?);
    faults.sort_by_key(|fault| fault.severity != Severity::Error);
    Ok(faults)
}

/// What rules that hold already name and is no more: they go on without it, so that these are warnings.
pub fn gone(tx: &mut Tx, rules: &Rules) -> Result<Vec<Fault>> {
    let mut faults = named(tx, rules)?;
    faults.iter_mut().for_each(|fault| fault.severity = Severity::Warning);
    Ok(faults)
}

fn named(tx: &mut Tx, rules: &Rules) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for (at, indicator) in rules.indicators.iter().enumerate() {
        let Source::Attribute(name) = &indicator.source else { continue };
        let Some(input) = Input::read(name) else { continue };
        let kind = match input {
            Input::Field(_) => Text::new("自定义字段", "field"),
            Input::Tag(_) => Text::new("标签", "tag"),
            Input::Segment(_) => Text::new("客群", "segment"),
        };
        let own = &indicator.name;
        let (code, text) = match input::look(tx, &input)? {
            Found::Fine(_) => continue,
            Found::Gone => (
                "attribute_gone",
                Text::new(
                    format!(
                        "“{}”引用的{}已删除或停用，该指标没有数据。请选择其他来源，或删除该指标。",
                        own.zh, kind.zh
                    ),
                    format!(
                        "The {} behind “{}” is gone. Choose another source, or take the indicator away.",
                        kind.en, own.en
                    ),
                ),
            ),
            Found::NoNumber(field) => (
                "attribute_no_number",
                Text::new(
                    format!("字段“{}”不是数值。请选择数字、金额、日期、是否或选项字段。", field.zh),
                    format!(
                        "The field “{}” holds no numbers. Choose a number, amount, day, yes/no or choice.",
                        field.en
                    ),
                ),
            ),
            Found::Circle(of) => (
                "attribute_circle",
                Text::new(
                    format!(
                        "{}“{}”的条件用到等级、评分或消费汇总，不能再用来计算等级。请改用客户资料、标签或行为条件。",
                        kind.zh, of.zh
                    ),
                    format!(
                        "The {} “{}” rests on levels, scores or totals, so that levels can't rest on it. Use a condition on profile, tags or behaviour.",
                        kind.en, of.en
                    ),
                ),
            ),
        };
        faults.push(Fault {
            severity: Severity::Error,
            code: code.into(),
            path: format!("indicators[{at}].source.attribute"),
            text,
        });
    }
    Ok(faults)
}

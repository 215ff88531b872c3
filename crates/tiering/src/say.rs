//! Rules in words: conditions, bands, weights.

use crate::face;
use crate::ladder::{Comparison, Need, Rule, Test};
use crate::measure::Unit;
use crate::rules::Rules;
use zunke_kernel::{Currency, Text};

/// What rules are said with.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    pub rules: &'a Rules,
    pub currency: Currency,
}

/// `不低于`, `at least`.
#[must_use]
pub fn comparison(is: Comparison) -> Text {
    let (zh, en) = match is {
        Comparison::AtLeast => ("不低于", "at least"),
        Comparison::MoreThan => ("高于", "more than"),
        Comparison::AtMost => ("不高于", "at most"),
        Comparison::LessThan => ("低于", "less than"),
    };
    Text::new(zh, en)
}

/// Several texts with a mark between them, one per language.
#[must_use]
pub fn joined(texts: &[Text], zh: &str, en: &str) -> Text {
    let of = |pick: fn(&Text) -> &str, mark: &str| texts.iter().map(pick).collect::<Vec<_>>().join(mark);
    Text::new(of(|text| &text.zh, zh), of(|text| &text.en, en))
}

impl Voice<'_> {
    /// A fact's name and unit; one that is gone is named by its id.
    #[must_use]
    pub fn fact(&self, id: &str) -> (Text, Unit) {
        self.rules.fact_face(id).unwrap_or_else(|| (Text::new(id, id), Unit::Count))
    }

    /// `近一年净消费 不低于 ¥10,000.00`.
    #[must_use]
    pub fn test(&self, test: &Test) -> Text {
        let (name, unit) = self.fact(&test.fact);
        let (is, value) = (comparison(test.is), face::value(test.value, unit, self.currency));
        Text::new(format!("{} {} {}", name.zh, is.zh, value.zh), format!("{} {} {}", name.en, is.en, value.en))
    }

    #[must_use]
    pub fn tests(&self, tests: &[Test]) -> Text {
        if tests.is_empty() {
            return Text::new("无", "none");
        }
        joined(&tests.iter().map(|test| self.test(test)).collect::<Vec<_>>(), "，", ", ")
    }

    /// A whole rule in one line.
    #[must_use]
    pub fn rule(&self, rule: &Rule) -> Text {
        if rule.is_empty() {
            return Text::new("所有客户", "everyone");
        }
        let mut parts: Vec<Text> = rule.tests.iter().map(|test| self.test(test)).collect();
        parts.extend(rule.groups.iter().map(|group| {
            let inner = self.rule(group);
            Text::new(format!("（{}）", inner.zh), format!("({})", inner.en))
        }));
        match rule.need {
            Need::All => joined(&parts, " 且 ", " and "),
            Need::Any(1) => joined(&parts, " 或 ", " or "),
            Need::Any(n) => {
                let all = joined(&parts, "；", "; ");
                Text::new(format!("以下满足 {n} 项：{}", all.zh), format!("any {n} of: {}", all.en))
            }
        }
    }
}

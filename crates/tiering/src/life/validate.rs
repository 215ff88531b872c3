//! Faults of the settings for lives, each with its path.

use super::settings::{Life, Validity};
use crate::rules::Rules;
use crate::validate::{Fault, Severity};
use zunke_kernel::Text;

/// Every fault of `rules.life`; of rules without it, what only makes sense with it.
#[must_use]
pub fn faults(rules: &Rules) -> Vec<Fault> {
    let mut found = Finder(Vec::new());
    match &rules.life {
        Some(life) => found.life(rules, life),
        None => {
            for (at, level) in rules.levels.iter().enumerate() {
                if level.keep.is_some() || level.approval {
                    found.warning(
                        "life_missing",
                        format!("levels[{at}].{}", if level.keep.is_some() { "keep" } else { "approval" }),
                        "未设置等级有效期，保级条件和审批不起作用。",
                        "Without settings for how levels are held, keep rules and approvals have no effect.",
                    );
                }
            }
        }
    }
    found.0
}

struct Finder(Vec<Fault>);

impl Finder {
    fn add(&mut self, severity: Severity, code: &str, path: String, zh: &str, en: &str) {
        self.0.push(Fault { severity, code: code.into(), path, text: Text::new(zh, en) });
    }

    fn error(&mut self, code: &str, path: &str, zh: &str, en: &str) {
        self.add(Severity::Error, code, format!("life.{path}"), zh, en);
    }

    fn warning(&mut self, code: &str, path: String, zh: &str, en: &str) {
        self.add(Severity::Warning, code, path, zh, en);
    }

    fn life(&mut self, rules: &Rules, life: &Life) {
        match life.validity {
            Validity::Months(months) if !(1..=120).contains(&months) => self.error(
                "validity_invalid",
                "validity",
                "有效期应在 1 到 120 个月之间。",
                "A level is valid for 1 to 120 months.",
            ),
            Validity::CalendarDate { month, day } => {
                let days = match month {
                    2 => 29,
                    4 | 6 | 9 | 11 => 30,
                    1..=12 => 31,
                    _ => 0,
                };
                if !(1..=days).contains(&day) {
                    self.error(
                        "validity_invalid",
                        "validity",
                        "没有这个日期，请填写有效的月和日。",
                        "There is no such day of the year.",
                    );
                }
            }
            _ => {}
        }
        if life.first_cycle_months > 60 {
            self.error(
                "first_cycle_invalid",
                "first_cycle_months",
                "首个周期最短月数应在 0 到 60 之间。",
                "The shortest first cycle is 0 to 60 months.",
            );
        }
        for (days, path) in [(life.observation_days, "observation_days"), (life.return_days, "return_days")] {
            if days > 366 {
                self.error("days_invalid", path, "天数应在 0 到 366 之间。", "Between 0 and 366 days.");
            }
        }
        if let Some(floor) = life.floor
            && !rules.levels.iter().any(|level| level.id == floor)
        {
            self.error("floor_unknown", "floor", "保底等级不存在。", "The floor is none of these levels.");
        }
        if life.notices.len() > 12 || life.notices.iter().any(|days| *days > 366) {
            self.error(
                "notices_invalid",
                "notices",
                "提醒最多 12 次，提前天数在 0 到 366 之间。",
                "At most 12 notices, 0 to 366 days before the end.",
            );
        }
        let brake = life.review.brake;
        if !(brake.is_finite() && brake > 0.0 && brake <= 1.0) {
            self.error(
                "brake_invalid",
                "review.brake",
                "降级上限应大于 0 且不超过 100%。",
                "The share that may fall must be above 0 and at most 100%.",
            );
        }
        if let Some(borderline) = life.review.borderline
            && !(borderline.delta.is_finite() && (0.0..=0.5).contains(&borderline.delta))
        {
            self.error(
                "delta_invalid",
                "review.borderline.delta",
                "临界范围应在 0 到 50% 之间。",
                "Borderline is within 0 to 50% of a threshold.",
            );
        }
        if life.observation_days == 0 && life.notices.is_empty() {
            self.warning(
                "no_warning",
                "life.notices".into(),
                "既无观察期也无提醒，客户会在毫无预告的情况下降级。",
                "Without observation and notices, levels are lost without any warning.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates;
    use zunke_kernel::Instant;

    fn codes(change: impl FnOnce(&mut Rules)) -> Vec<String> {
        let mut rules = templates::build("retail", Instant(0), None).expect("rules");
        rules.life = Some(Life::recommended());
        change(&mut rules);
        faults(&rules).into_iter().map(|fault| format!("{} {}", fault.path, fault.code)).collect()
    }

    #[test]
    fn what_is_recommended_has_no_faults() {
        assert_eq!(codes(|_| ()), [] as [&str; 0]);
    }

    #[test]
    fn every_setting_out_of_its_bounds_is_told_at_its_place() {
        let life = |change: fn(&mut Life)| codes(|rules| rules.life.iter_mut().for_each(change));
        assert_eq!(life(|life| life.validity = Validity::Months(0)), ["life.validity validity_invalid"]);
        let date = |month, day| Validity::CalendarDate { month, day };
        assert_eq!(codes(|rules| rules.life.iter_mut().for_each(|life| life.validity = date(2, 30))).len(), 1);
        assert_eq!(codes(|rules| rules.life.iter_mut().for_each(|life| life.validity = date(2, 29))).len(), 0);
        assert_eq!(codes(|rules| rules.life.iter_mut().for_each(|life| life.validity = date(13, 1))).len(), 1);
        assert_eq!(life(|life| life.review.brake = f64::NAN), ["life.review.brake brake_invalid"]);
        assert_eq!(life(|life| life.observation_days = 400), ["life.observation_days days_invalid"]);
        assert_eq!(life(|life| life.notices = vec![400]), ["life.notices notices_invalid"]);
        let other = zunke_kernel::id::LevelId::new(Instant(5));
        assert_eq!(
            codes(|rules| rules.life.iter_mut().for_each(|life| life.floor = Some(other))),
            ["life.floor floor_unknown"]
        );
        let without = codes(|rules| {
            rules.life = None;
            rules.levels[1].approval = true;
        });
        assert_eq!(without, ["levels[1].approval life_missing"]);
    }
}

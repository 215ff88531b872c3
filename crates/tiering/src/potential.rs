//! Potential VIPs: customers who are near the next level, and those of them who are rising first.
//!
//! `strength = nearness × (0.7 + 0.3 × rise)`, where *nearness* is how far the way to the next level is gone (the least
//! advanced of the conditions it needs, 0 to 1) and *rise* is how much more of the net spend of two windows in a row
//! lies in the later one than in the earlier: 0 for steady or falling, 1 where all of it is new.

use crate::evaluate::Assessment;
use crate::face::{percent, signed_percent};
use zunke_kernel::Text;

/// 0 to 1.
#[inline]
#[must_use]
pub fn strength(nearness: f64, momentum: f64) -> f64 {
    let rise = ((momentum - 0.5) * 2.0).clamp(0.0, 1.0);
    // Four decimals: what is stored and what is compared are the same number.
    (nearness * (0.7 + 0.3 * rise) * 10_000.0).round() / 10_000.0
}

/// The strength that is kept for a customer: 0 unless he is as near as the rules ask (`near`). Who is far away is no
/// potential VIP, and his share of the way moves with every day and every threshold: writing it each time would
/// write the whole base again for what nobody lists.
#[inline]
#[must_use]
pub fn on_record(nearness: f64, momentum: f64, near: f64) -> f64 {
    if nearness >= near { strength(nearness, momentum) } else { 0.0 }
}

/// A strength in ten-thousandths, which is all that there is to it.
#[inline]
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
pub fn code(strength: f64) -> u16 {
    (strength * 10_000.0).round() as u16
}

/// Why this customer is named.
#[must_use]
pub fn reason(assessment: &Assessment, next: &Text, window: &Text) -> Text {
    let way = percent(assessment.nearness);
    let mut text = Text::new(format!("距{}已完成 {way}", next.zh), format!("{way} of the way to {}", next.en));
    if assessment.momentum > 0.5 {
        let (now, before) = (assessment.momentum, 1.0 - assessment.momentum);
        if before > 0.0 {
            let growth = signed_percent(now / before - 1.0);
            text.zh += &format!("，{}净消费较前一期 {growth}", window.zh);
            text.en += &format!("; net spend of the {} is {growth} on the period before", window.en);
        } else {
            text.zh += &format!("，{}有消费而前一期没有", window.zh);
            text.en += &format!("; has spent in the {}, and nothing in the period before", window.en);
        }
    }
    text.zh.push('。');
    text.en.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_rising_comes_before_near_and_steady_and_falling_counts_as_steady() {
        assert!(strength(0.9, 0.8) > strength(0.9, 0.5));
        assert_eq!(strength(0.9, 0.2), strength(0.9, 0.5));
        assert_eq!(strength(1.0, 1.0), 1.0);
        assert_eq!(strength(0.0, 1.0), 0.0);
    }

    #[test]
    fn who_is_not_near_is_no_potential_vip() {
        assert_eq!(on_record(0.59, 1.0, 0.6), 0.0);
        assert_eq!(on_record(0.6, 0.5, 0.6), 0.42);
    }

    #[test]
    fn the_reason_says_how_far_and_how_fast() {
        let assessment = Assessment { nearness: 0.8, momentum: 0.75, ..Assessment::default() };
        let text = reason(&assessment, &Text::new("金卡", "Gold"), &Text::new("近90天", "last 90 days"));
        assert_eq!(text.zh, "距金卡已完成 80%，近90天净消费较前一期 +200%。");
        assert!(text.en.contains("80% of the way to Gold"));
    }
}

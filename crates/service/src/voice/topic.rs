//! Topics (主题): what a voice is about, by rules of words that the business writes.

use super::segment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Result};

/// One rule: a voice fits when it has at least one of `any`, one of `with` (where there are some), and none of `without`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoiceTopicRule)]
pub struct Rule {
    pub any: Vec<String>,
    #[serde(default)]
    pub with: Vec<String>,
    #[serde(default)]
    pub without: Vec<String>,
}

pub const RULES_MAX: usize = 20;
pub const WORDS_MAX: usize = 100;
pub const WORD_CHARS_MAX: usize = 40;
pub const TOPICS_MAX: usize = 200;

/// The rules of a topic, ready to be asked. A topic fits when one of its rules does.
#[derive(Clone, Debug)]
pub struct Matcher {
    rules: Vec<Rule>,
}

impl Matcher {
    /// Rules that have been checked; words are made plain as texts are.
    #[must_use]
    pub fn new(rules: &[Rule]) -> Self {
        let plain = |words: &[String]| words.iter().map(|word| segment::plain(word)).collect();
        let rules = rules
            .iter()
            .map(|rule| Rule { any: plain(&rule.any), with: plain(&rule.with), without: plain(&rule.without) })
            .collect();
        Self { rules }
    }

    /// Whether a text that was made plain is about this topic.
    #[must_use]
    pub fn fits(&self, plain: &str) -> bool {
        let has = |word: &String| contains(plain, word);
        self.rules.iter().any(|rule| {
            rule.any.iter().any(has)
                && (rule.with.is_empty() || rule.with.iter().any(has))
                && !rule.without.iter().any(has)
        })
    }

    /// Whether a term is named in a rule already.
    #[must_use]
    pub fn names(&self, term: &str) -> bool {
        self.rules
            .iter()
            .flat_map(|rule| rule.any.iter().chain(&rule.with))
            .any(|word| word == term || term.contains(word.as_str()) || (word.contains(term) && !term.is_ascii()))
    }
}

/// Chinese words are found anywhere; a word of letters only where no letter stands before it, and behind it at most an
/// ending (`refund` in `refunds`, not `app` in `happy`).
fn contains(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + word.len()..];
        let ending: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        !before.is_some_and(|c| c.is_ascii_alphanumeric())
            && matches!(ending.as_str(), "" | "s" | "es" | "ed" | "d" | "ing" | "ly")
    })
}

/// Checks the rules that a person wrote; blank words are dropped, doubles too.
pub fn checked(rules: &[Rule]) -> Result<Vec<Rule>> {
    let many = |zh: &str, en: &str| Err(Error::invalid("topic_too_large", zh, en).at("rules"));
    if rules.len() > RULES_MAX {
        return many("一个主题最多 20 条规则。", "A topic has at most 20 rules.");
    }
    let words = |words: &[String]| -> Result<Vec<String>> {
        let mut kept: Vec<String> = Vec::new();
        for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
            if word.chars().count() > WORD_CHARS_MAX {
                let text = ("每个词最多 40 个字。", "A word has at most 40 characters.");
                return Err(Error::invalid("word_too_long", text.0, text.1).at("rules"));
            }
            if !kept.iter().any(|one| one == word) {
                kept.push(word.to_owned());
            }
        }
        Ok(kept)
    };
    let mut kept = Vec::new();
    for rule in rules {
        let rule = Rule { any: words(&rule.any)?, with: words(&rule.with)?, without: words(&rule.without)? };
        if rule.any.len() + rule.with.len() + rule.without.len() > WORDS_MAX {
            return many("一条规则最多 100 个词。", "A rule has at most 100 words.");
        }
        if rule.any.is_empty() {
            let text = ("每条规则至少要有一个“包含任一”的词。", "A rule needs at least one word to look for.");
            return Err(Error::invalid("rule_empty", text.0, text.1).at("rules"));
        }
        kept.push(rule);
    }
    if kept.is_empty() {
        let text = ("主题至少要有一条规则。", "A topic needs at least one rule.");
        return Err(Error::invalid("topic_empty", text.0, text.1).at("rules"));
    }
    Ok(kept)
}

/// Topics to begin with: name in Chinese and English, words.
pub const STARTERS: [(&str, &str, &[&str]); 10] = [
    (
        "物流配送",
        "Delivery",
        &["物流", "快递", "配送", "送货", "发货", "派送", "骑手", "delivery", "shipping", "courier", "parcel"],
    ),
    (
        "产品质量",
        "Quality",
        &[
            "质量",
            "做工",
            "坏了",
            "破损",
            "开裂",
            "故障",
            "瑕疵",
            "掉色",
            "起球",
            "quality",
            "broken",
            "defective",
            "damaged",
            "faulty",
        ],
    ),
    (
        "退换退款",
        "Returns and refunds",
        &["退款", "退货", "换货", "退换", "退钱", "退费", "refund", "return", "exchange", "money back"],
    ),
    (
        "客服态度",
        "Staff and service",
        &["客服", "态度", "服务员", "店员", "导购", "接待", "staff", "service", "rude", "agent"],
    ),
    (
        "等待与响应",
        "Waiting",
        &[
            "等了",
            "排队",
            "没人接",
            "没人回",
            "打不通",
            "联系不上",
            "不回复",
            "响应",
            "waiting",
            "waited",
            "queue",
            "on hold",
            "no reply",
        ],
    ),
    (
        "价格与优惠",
        "Prices and offers",
        &["价格", "涨价", "降价", "太贵", "优惠", "折扣", "优惠券", "满减", "price", "discount", "coupon", "expensive"],
    ),
    (
        "会员与积分",
        "Membership and points",
        &["会员", "积分", "等级", "权益", "VIP", "生日礼", "member", "membership", "points", "loyalty"],
    ),
    (
        "网站与应用",
        "Site and app",
        &["APP", "应用", "网页", "网站", "小程序", "登录", "闪退", "页面", "website", "log in", "login", "checkout"],
    ),
    ("包装", "Packaging", &["包装", "纸箱", "盒子", "礼盒", "packaging", "packing", "box"]),
    (
        "发票与账单",
        "Invoices",
        &["发票", "账单", "开票", "税号", "扣费", "多扣", "invoice", "receipt", "bill", "billing", "charged"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(any: &[&str], with: &[&str], without: &[&str]) -> Rule {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Rule { any: words(any), with: words(with), without: words(without) }
    }

    #[test]
    fn a_rule_asks_for_any_with_and_without() {
        let late = Matcher::new(&checked(&[rule(&["物流", "快递"], &["慢", "没到"], &["不慢"])]).expect("fine"));
        let fits = |text: &str| late.fits(&segment::plain(text));
        assert!(fits("快递太慢") && fits("物流三天没到"));
        assert!(!fits("快递很快") && !fits("快递不慢") && !fits("慢"));
    }

    #[test]
    fn words_of_letters_are_whole_words() {
        let app = Matcher::new(&[rule(&["APP", "refund"], &[], &[])]);
        let fits = |text: &str| app.fits(&segment::plain(text));
        assert!(fits("the app crashed") && fits("打开app闪退") && fits("Refunds please") && fits("was refunded"));
        assert!(!fits("I am happy") && !fits("application form"));
    }

    #[test]
    fn rules_without_words_are_refused() {
        for bad in
            [vec![], vec![rule(&[], &["a"], &[])], vec![rule(&[" "], &[], &[])], vec![rule(&["长"], &[], &[]); 21]]
        {
            assert!(checked(&bad).is_err());
        }
        assert!(checked(&[rule(&["长".repeat(41).as_str()], &[], &[])]).is_err());
        assert_eq!(checked(&[rule(&["慢", " 慢 ", ""], &[], &[])]).expect("fine")[0].any, ["慢"]);
    }

    #[test]
    fn the_topics_to_begin_with_are_good_rules() {
        for (_, _, words) in STARTERS {
            checked(&[rule(words, &[], &[])]).expect("fine");
        }
    }
}

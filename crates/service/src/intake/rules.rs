//! The rules as customers read them (规则公开): the levels of the published programme, what each gives, what is promised.
//! Made from the live configuration, so the page never says what is not so.

use super::public;
use crate::clock::promise::{Target, Unit};
use crate::clock::run::Metric;
use crate::policy::{Facts, Policy, first};
use crate::store::{managers, policies};
use crate::ticket::{Kind, Priority};
use serde::Serialize;
use utoipa::ToSchema;
use zunke_kernel::{Result, Text};
use zunke_store::Tx;
use zunke_tiering::say::Voice;
use zunke_tiering::store::programmes;

/// What the page says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PublicRules)]
pub struct Open {
    pub organisation: String,
    pub intro: Option<Text>,
    /// The highest first.
    pub levels: Vec<Level>,
}

/// One level as a customer reads of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PublicRulesLevel)]
pub struct Level {
    pub rank: i64,
    pub name: Text,
    pub colour: String,
    /// How it is reached, where the page tells.
    pub entry: Option<Text>,
    /// How it is kept, where that is another rule.
    pub keep: Option<Text>,
    pub benefits: Option<Text>,
    /// What is promised to it, a line for each kind that has a policy.
    pub promises: Vec<Text>,
}

/// The rules of now; none: the page is switched off.
pub fn open(tx: &mut Tx) -> Result<Option<Open>> {
    let settings = public::load(tx)?.rules;
    if !settings.on {
        return Ok(None);
    }
    let organisation = zunke_access::settings::load(tx)?;
    let primary = programmes::active(tx)?.into_iter().find(|active| active.is_primary);
    let policies = policies::all(tx)?;
    let rates = managers::rates(tx)?;
    let mut levels = Vec::new();
    if let Some(active) = primary {
        let voice = Voice { rules: &active.rules, currency: organisation.currency };
        for level in &active.rules.levels {
            let rank = i64::from(level.rank);
            let entry = voice.rule(&level.entry);
            let told = |text: Text| Some(text).filter(|text| settings.conditions && !text.zh.trim().is_empty());
            levels.push(Level {
                rank,
                name: level.name.clone(),
                colour: level.colour.clone(),
                entry: told(entry),
                keep: level.keep.as_ref().and_then(|keep| told(voice.rule(keep))),
                benefits: settings.benefits.iter().find(|one| one.rank == rank).map(|one| one.text.clone()),
                promises: promises(&policies, rank, rates.is_vip(rank)),
            });
        }
        levels.sort_by_key(|level| std::cmp::Reverse(level.rank));
    }
    Ok(Some(Open { organisation: organisation.name, intro: settings.intro, levels }))
}

/// What the policies in force promise to a level, by the very choice that a ticket goes through.
fn promises(policies: &[Policy], rank: i64, vip: bool) -> Vec<Text> {
    let kinds = [(Kind::Complaint, "投诉", "Complaints"), (Kind::Question, "咨询", "Questions")];
    let told = kinds.into_iter().filter_map(|(kind, zh, en)| {
        let facts = Facts { kind, priority: Priority::of_kind(kind), level_rank: rank, vip };
        let targets = &first(policies, facts)?.content.targets;
        let of = |metric: Metric| targets.iter().find(|target| target.metric == metric);
        let mut said: Vec<(String, String)> = Vec::new();
        if let Some(target) = of(Metric::FirstResponse) {
            let (zh, en) = span(target);
            said.push((format!("{zh}内首次回复"), format!("first answer within {en}")));
        }
        if let Some(target) = of(Metric::Resolution) {
            let (zh, en) = span(target);
            said.push((format!("{zh}内解决"), format!("solved within {en}")));
        }
        if said.is_empty() {
            return None;
        }
        let (chinese, english): (Vec<String>, Vec<String>) = said.into_iter().unzip();
        Some(Text::new(format!("{zh}：{}", chinese.join("，")), format!("{en}: {}", english.join(", "))))
    });
    told.collect()
}

/// `2 个工作小时`, `2 working hours`.
fn span(target: &Target) -> (String, String) {
    let n = target.amount;
    let many = |n: i64| if n == 1 { "" } else { "s" };
    match target.unit {
        Unit::WorkingDays => (format!(" {n} 个工作日"), format!("{n} working day{}", many(n))),
        Unit::WorkingMinutes if n % 60 == 0 => {
            (format!("工作时间 {} 小时", n / 60), format!("{} working hour{}", n / 60, many(n / 60)))
        }
        Unit::WorkingMinutes => (format!("工作时间 {n} 分钟"), format!("{n} working minute{}", many(n))),
        Unit::Minutes if n % 60 == 0 => (format!(" {} 小时", n / 60), format!("{} hour{}", n / 60, many(n / 60))),
        Unit::Minutes => (format!(" {n} 分钟"), format!("{n} minute{}", many(n))),
    }
}

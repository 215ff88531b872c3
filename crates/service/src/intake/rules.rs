//! The rules as customers read them (规则公开): the levels of the published programme, what each gives, what is promised.
//! Made from the live configuration, so the page never says what is not so.

use super::public;
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
}

/// The rules of now; none: the page is switched off.
pub fn open(tx: &mut Tx) -> Result<Option<Open>> {
    let settings = public::load(tx)?.rules;
    if !settings.on {
        return Ok(None);
    }
    let organisation = zunke_access::settings::load(tx)?;
    let primary = programmes::active(tx)?.into_iter().find(|active| active.is_primary);
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
            });
        }
        levels.sort_by_key(|level| std::cmp::Reverse(level.rank));
    }
    Ok(Some(Open { organisation: organisation.name, intro: settings.intro, levels }))
}

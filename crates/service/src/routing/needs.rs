//! Which skills a ticket asks for, and how long each of them is insisted on.

use crate::ticket::{Channel, Kind, Ticket};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zunke_kernel::{Error, Result};

/// Which tickets ask for which skills. What is empty fits every ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RouteNeed)]
pub struct Need {
    pub kinds: Vec<Kind>,
    pub channels: Vec<Channel>,
    /// As the ticket names them, in any case.
    pub products: Vec<String>,
    /// Ranks.
    pub levels: Vec<i64>,
    /// What it then asks for.
    pub skill: String,
}

impl Need {
    fn fits(&self, ticket: &Facts) -> bool {
        let product = || ticket.product.map(str::to_lowercase);
        (self.kinds.is_empty() || self.kinds.contains(&ticket.kind))
            && (self.channels.is_empty() || self.channels.contains(&ticket.channel))
            && (self.levels.is_empty() || self.levels.contains(&ticket.level_rank))
            && (self.products.is_empty()
                || product().is_some_and(|of| self.products.iter().any(|one| one.to_lowercase() == of)))
    }
}

/// What of a ticket the needs look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub kind: Kind,
    pub channel: Channel,
    pub product: Option<&'a str>,
    pub language: Option<&'a str>,
    pub level_rank: i64,
}

impl<'a> Facts<'a> {
    #[must_use]
    pub fn of(ticket: &'a Ticket) -> Self {
        Self {
            kind: ticket.kind,
            channel: ticket.channel,
            product: ticket.product.as_deref(),
            language: ticket.language.as_deref(),
            level_rank: ticket.level_rank,
        }
    }
}

/// The language that everybody here speaks: it asks for no skill.
const HOUSE_LANGUAGE: &str = "zh";

/// The skills that a ticket asks for, the most important first: its language, then the needs in the order in which they
/// are declared. The last is given up first.
#[must_use]
pub fn skills(needs: &[Need], ticket: &Facts) -> Vec<String> {
    let mut skills = Vec::new();
    let language = ticket.language.map(|tag| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase());
    if let Some(language) = language.filter(|tag| !tag.is_empty() && tag != HOUSE_LANGUAGE) {
        skills.push(language);
    }
    for need in needs.iter().filter(|need| need.fits(ticket)) {
        if !skills.contains(&need.skill) {
            skills.push(need.skill.clone());
        }
    }
    skills
}

/// How many skills are given up after waiting so long: one each `minutes`, none where it is 0.
#[must_use]
pub fn relaxed(waited_ms: i64, minutes: i64, skills: usize) -> usize {
    if minutes <= 0 {
        return 0;
    }
    usize::try_from(waited_ms.max(0) / (minutes * 60_000)).unwrap_or(usize::MAX).min(skills)
}

const SKILL_CHARS_MAX: usize = 40;

/// A skill as it is kept: without blanks around it, in lower case, so that “EN” and “en” are one.
pub fn skill(text: &str, field: &str) -> Result<String> {
    let text = text.trim().to_lowercase();
    let fits = !text.is_empty() && text.chars().count() <= SKILL_CHARS_MAX && !text.contains([',', '\n', '\t']);
    if fits {
        return Ok(text);
    }
    Err(Error::invalid(
        "skill_invalid",
        format!("技能名应为 1 到 {SKILL_CHARS_MAX} 个字，不含逗号。"),
        format!("A skill is 1 to {SKILL_CHARS_MAX} characters without a comma."),
    )
    .at(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(language: Option<&'static str>, product: Option<&'static str>) -> Facts<'static> {
        Facts { kind: Kind::Complaint, channel: Channel::Email, product, language, level_rank: 4 }
    }

    #[test]
    fn a_ticket_asks_for_its_language_first_and_then_for_what_is_declared() {
        let needs = [
            Need { products: vec!["Bank Card".into()], skill: "cards".into(), ..Need::default() },
            Need { kinds: vec![Kind::Complaint], levels: vec![4], skill: "senior".into(), ..Need::default() },
            Need { kinds: vec![Kind::Praise], skill: "thanks".into(), ..Need::default() },
        ];
        assert_eq!(skills(&needs, &facts(Some("en-GB"), Some("bank card"))), ["en", "cards", "senior"]);
        assert_eq!(skills(&needs, &facts(Some("zh-CN"), None)), ["senior"]);
        assert_eq!(skills(&[], &facts(None, None)), [] as [&str; 0]);
    }

    #[test]
    fn one_skill_is_given_up_each_so_many_minutes() {
        assert_eq!(relaxed(9 * 60_000, 10, 3), 0);
        assert_eq!(relaxed(10 * 60_000, 10, 3), 1);
        assert_eq!(relaxed(i64::MAX, 10, 3), 3);
        assert_eq!(relaxed(i64::MAX, 0, 3), 0, "never given up");
    }

    #[test]
    fn a_skill_is_kept_in_one_form() {
        assert_eq!(skill(" EN ", "skill").expect("a skill"), "en");
        for wrong in ["", "  ", "a,b", &"长".repeat(41)] {
            assert_eq!(skill(wrong, "skills[0]").expect_err("refused").field.as_deref(), Some("skills[0]"));
        }
    }
}

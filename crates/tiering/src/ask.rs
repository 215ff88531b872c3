//! Questions about one customer or the best few, answered from what is stored now.

use crate::bucket::Entry;
use crate::evaluate::Scratch;
use crate::explain::{Explanation, LevelFace, Subject};
use crate::image::{Recorded, Sections};
use crate::indicator::Profile;
use crate::inputs;
use crate::keep::Ready;
use crate::life::ask::face;
use crate::life::words;
use crate::potential;
use crate::store::buckets::Years;
use crate::store::lives::Lived;
use crate::store::programmes::{self, Active};
use crate::store::{buckets, lives, standings};
use crate::way::{Trial, cheapest};
use serde::Serialize;
use zunke_access::Organisation;
use zunke_customers::privacy::standing;
use zunke_customers::{CustomerQuery, Filter, Sort};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Error, Result, Text};
use zunke_store::Tx;

/// The primary programme's published rules.
///
/// # Errors
/// 409 `no_published_rules` before anything was published.
pub fn primary(tx: &mut Tx) -> Result<Active> {
    programmes::active(tx)?.into_iter().find(|active| active.is_primary).ok_or_else(|| {
        Error::conflict(
            "no_published_rules",
            "还没有发布等级规则，请先选择模板并发布。",
            "No rules are published yet: choose a template and publish it first.",
        )
    })
}

/// Why a customer has his level, reckoned as of a day by the rules that are published.
pub fn explain(tx: &mut Tx, organisation: &Organisation, as_of: Day, customer: CustomerId) -> Result<Explanation> {
    let active = primary(tx)?;
    let ready = Ready::load(tx, &active, as_of, organisation.currency)?;
    let years = buckets::read(tx, &[customer])?.remove(&customer).unwrap_or_default();
    let recorded = standings::read(tx, &[customer])?.remove(&(customer, active.programme));
    let lived = lives::read(tx, &[customer])?.remove(&(customer, active.programme));
    let profile = inputs::profiles(tx, &ready.evaluator.plan, &[customer])?.remove(&customer).unwrap_or_default();
    let told = Told { ready: &ready, years: &years, recorded: recorded.as_ref(), lived: lived.as_ref(), profile };
    Ok(told.explain())
}

/// One customer, to be explained.
pub struct Told<'a> {
    pub ready: &'a Ready,
    pub years: &'a Years,
    pub recorded: Option<&'a Recorded>,
    pub lived: Option<&'a Lived>,
    pub profile: Profile,
}

impl Told<'_> {
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let ready = self.ready;
        let sections = buckets::sections(self.years);
        let mut scratch = Scratch::default();
        ready.evaluator.gather(Sections::new(&sections), &mut scratch);
        let mut assessment = ready.evaluator.assess(&mut scratch, self.profile, &ready.cuts);
        let recorded = self.recorded.filter(|recorded| recorded.revision > 0);
        let lived = self.lived.filter(|lived| lived.known).filter(|_| recorded.is_some());
        if let (Some(recorded), Some(_)) = (recorded, lived) {
            // Held is not the same as deserved: what is on record counts.
            assessment.rank = recorded.rank;
        }
        let days: Vec<Entry<'_>> = Sections::new(&sections).collect();
        let subject = Subject {
            rules: &ready.rules,
            evaluator: &ready.evaluator,
            cuts: &ready.cuts,
            facts: &scratch.facts,
            assessment: &assessment,
            raw: ready.evaluator.rfm_raw(&scratch.gathered),
            since: recorded.filter(|recorded| recorded.level.is_some()).map(|recorded| recorded.since),
            currency: ready.currency,
        };
        let trial = Trial {
            rules: &ready.rules,
            evaluator: &ready.evaluator,
            days: &days,
            profile: self.profile,
            cuts: &ready.cuts,
            currency: ready.currency,
        };
        let mut explanation = subject.explain(|rank| cheapest(&trial, rank));
        if let Some(lived) = lived {
            let held = lived.held.unwrap_or_default();
            let seen = ready.evaluator.seen(&scratch.facts);
            let today = ready.evaluator.as_of();
            if held.rank == assessment.rank
                && let Some(sentence) = words::standing(&subject, &held, seen.keeps(held.rank), today)
            {
                explanation.sentence = sentence;
            }
            explanation.life = Some(face(ready, &subject, &trial, lived, seen));
        }
        explanation
    }
}

/// A potential VIP.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PotentialVip {
    pub customer_id: CustomerId,
    pub name: String,
    pub level: Option<LevelFace>,
    pub next: LevelFace,
    /// 0 to 1.
    pub potential: f64,
    /// How far the way to the next level is gone, 0 to 1.
    pub progress: f64,
    /// Share of the later of two windows in the net spend of both; above 0.5: rising.
    pub momentum: f64,
    pub reason: Text,
}

/// The best potentials that the query's scope sees, at most `limit`: those at least as near as the rules ask.
pub fn potentials(
    tx: &mut Tx,
    organisation: &Organisation,
    as_of: Day,
    query: CustomerQuery,
    limit: usize,
) -> Result<Vec<PotentialVip>> {
    let active = primary(tx)?;
    let ready = Ready::new(&active, as_of, organisation.currency);
    let filter = Filter {
        potential_min: Some(active.rules.potential.near * 0.7),
        status: Some(zunke_customers::Status::Active),
        today: as_of,
        zone: organisation.zone(),
        ..Filter::default()
    };
    let size = u32::try_from(limit * 3).unwrap_or(500).min(500);
    let page = query.filter(filter).sort(Sort::read("-potential")?).page(Some(size), None)?.list(tx)?;
    let ids: Vec<CustomerId> = page.items.iter().map(|customer| customer.id).collect();
    let kept_only = standing::among(tx, &ids, &[standing::State::Restricted])?;
    let mut years = buckets::read(tx, &ids)?;
    let profiles = inputs::profiles(tx, &ready.evaluator.plan, &ids)?;
    let mut scratch = Scratch::default();
    let window = active.rules.potential.window.text();
    let mut found = Vec::new();
    for customer in page.items.into_iter().filter(|customer| !kept_only.contains(&customer.id)) {
        let sections = buckets::sections(&years.remove(&customer.id).unwrap_or_default());
        ready.evaluator.gather(Sections::new(&sections), &mut scratch);
        let profile = profiles.get(&customer.id).copied().unwrap_or_default();
        let assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
        let next = active.rules.levels.iter().find(|level| level.rank > assessment.rank);
        let Some(next) = next.filter(|_| assessment.nearness >= active.rules.potential.near) else { continue };
        found.push(PotentialVip {
            customer_id: customer.id,
            name: customer.name,
            level: active.rules.level_of_rank(assessment.rank).map(LevelFace::from),
            next: next.into(),
            potential: assessment.potential,
            progress: (assessment.nearness * 1_000.0).round() / 1_000.0,
            momentum: (assessment.momentum * 1_000.0).round() / 1_000.0,
            reason: potential::reason(&assessment, &next.name, &window),
        });
    }
    found.sort_by(|one, other| other.potential.total_cmp(&one.potential).then(one.customer_id.cmp(&other.customer_id)));
    found.truncate(limit);
    Ok(found)
}

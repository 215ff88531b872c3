//! Potential VIPs of a programme that is not the primary one: its strengths stand in the standings, not in lists.

use crate::ask::PotentialVip;
use crate::evaluate::Scratch;
use crate::image::Sections;
use crate::indicator::Profile;
use crate::inputs;
use crate::keep::Ready;
use crate::potential;
use crate::store::{buckets, programmes, read};
use zunke_access::{Organisation, Scope};
use zunke_kernel::id::{CustomerId, ProgrammeId};
use zunke_kernel::{Day, Error, Result};
use zunke_store::Tx;

/// The best potentials that a scope sees, at most `limit`.
pub fn of(
    tx: &mut Tx,
    organisation: &Organisation,
    as_of: Day,
    scope: &Scope,
    programme: ProgrammeId,
    limit: usize,
) -> Result<Vec<PotentialVip>> {
    let active = programmes::active(tx)?.into_iter().find(|active| active.programme == programme);
    let active = active.ok_or_else(Error::not_found)?;
    let ready = Ready::new(&active, as_of, organisation.currency);
    let candidates = read::potentials_of(tx, scope, programme, limit)?;
    let ids: Vec<CustomerId> = candidates.iter().map(|candidate| candidate.customer).collect();
    let mut years = buckets::read(tx, &ids)?;
    let attributes = inputs::attributes(tx, &ready.evaluator.plan, &ids)?;
    let window = active.rules.potential.window.text();
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for candidate in candidates {
        let sections = buckets::sections(&years.remove(&candidate.customer).unwrap_or_default());
        ready.evaluator.gather(Sections::new(&sections), &mut scratch);
        let attributes = attributes.get(&candidate.customer).copied().unwrap_or_default();
        let profile = Profile { joined: candidate.joined, attributes };
        let assessment = ready.evaluator.assess(&mut scratch, profile, &ready.cuts);
        let next = active.rules.levels.iter().find(|level| level.rank > assessment.rank);
        let Some(next) = next.filter(|_| assessment.nearness >= active.rules.potential.near) else { continue };
        found.push(PotentialVip {
            customer_id: candidate.customer,
            name: candidate.name,
            level: active.rules.level_of_rank(assessment.rank).map(Into::into),
            next: next.into(),
            potential: assessment.potential,
            progress: (assessment.nearness * 1_000.0).round() / 1_000.0,
            momentum: (assessment.momentum * 1_000.0).round() / 1_000.0,
            reason: potential::reason(&assessment, &next.name, &window),
        });
    }
    Ok(found)
}

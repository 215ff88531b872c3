//! The image in memory, kept between simulations, and the room's services as the binary puts them together.

use crate::columns::Columns;
use crate::image::{Cancelled, Image};
use crate::indicator::attributes;
use crate::observer::{Tiering, Touched};
use crate::rfm::{self, CubeCuts};
use crate::rules::Rules;
use crate::simulation::{Simulation, Wanted};
use crate::store::load;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zunke_kernel::id::{ProgrammeId, StaffId};
use zunke_kernel::{Day, Instant, Result};
use zunke_store::Db;

/// An image is never older than this, since other processes write too.
const OLDEST_MS: i64 = 60_000;
/// While activities keep coming, an image serves this long: a slider is answered from one base, not from many.
const TOUCHED_MS: i64 = 5_000;

/// The room's services: put it into `App`, and its observer into the recording of activities.
#[derive(Clone, Default)]
pub struct Tiers {
    touched: Touched,
    kept: Arc<Mutex<Option<Arc<Kept>>>>,
    asked: Arc<Mutex<HashMap<StaffId, Arc<AtomicU64>>>>,
}

/// An image and the cuts that were drawn from it.
pub struct Kept {
    pub image: Image,
    programme: ProgrammeId,
    /// Which attributes it has, and of which day.
    attributes: (Vec<String>, Day),
    loaded_at: Instant,
    touched: u64,
    cuts: Mutex<Vec<(rfm::Settings, Day, Arc<CubeCuts>)>>,
    columns: Mutex<Columns>,
}

impl Tiers {
    /// The observer that keeps measures and levels; it tells this cache what it touches.
    #[must_use]
    pub fn observer(&self) -> Arc<Tiering> {
        Arc::new(Tiering { touched: self.touched.clone() })
    }

    /// Levels were written: the image is old.
    pub fn touch(&self) {
        self.touched.touch();
    }

    /// The image for a programme, with the attributes that rules name as they are on a day; loaded where there is none,
    /// it is old, or it has others. Blocks.
    pub fn image_for(
        &self,
        db: &Db,
        now: Instant,
        programme: ProgrammeId,
        rules: &Rules,
        as_of: Day,
    ) -> Result<Arc<Kept>> {
        let attributes = (attributes(&rules.indicators), as_of);
        // Held while loading: a second asker waits for the same image instead of reading it again.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let touched = self.touched.count();
        if let Some(kept) = kept.as_ref() {
            let age = now.0 - kept.loaded_at.0;
            let allowed = if kept.touched == touched { OLDEST_MS } else { TOUCHED_MS };
            let has = attributes.0.is_empty() || kept.attributes == attributes;
            if kept.programme == programme && has && (0..allowed).contains(&age) {
                return Ok(Arc::clone(kept));
            }
        }
        // The old one goes first: two of them at once would double the memory.
        *kept = None;
        let image = load::image_for(db, programme, rules, as_of)?;
        let fresh = Arc::new(Kept {
            image,
            programme,
            attributes,
            loaded_at: now,
            touched,
            cuts: Mutex::default(),
            columns: Mutex::default(),
        });
        *kept = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// A ticket for a long question of somebody: it is cancelled when he asks the next one.
    #[must_use]
    pub fn ticket(&self, staff: StaffId) -> Ticket {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = Arc::clone(asked.entry(staff).or_default());
        let number = latest.fetch_add(1, Ordering::AcqRel) + 1;
        Ticket { number, latest }
    }
}

impl Kept {
    /// What rules would do to everyone as of a day, beside what is on record. Blocks; `cancelled` is asked now and then.
    pub fn simulate(
        &self,
        rules: &Rules,
        as_of: Day,
        wanted: &Wanted,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> std::result::Result<Simulation, Cancelled> {
        let cuts = self.cuts(rules, as_of);
        // Held while it counts: questions that come at once share the columns, and the memory.
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if cancelled() {
            return Err(Cancelled);
        }
        let counted = columns.simulate(&self.image, rules, as_of, &cuts, wanted, cancelled);
        drop(columns);
        counted.unwrap_or_else(|| self.image.simulate(rules, as_of, &cuts, wanted, cancelled))
    }

    /// The cuts of rules as of a day; drawn once per RFM settings.
    #[must_use]
    pub fn cuts(&self, rules: &Rules, as_of: Day) -> Arc<CubeCuts> {
        let mut known = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., cuts)) = known.iter().find(|(settings, day, _)| *settings == rules.rfm && *day == as_of) {
            return Arc::clone(cuts);
        }
        let cuts = Arc::new(self.image.cuts(rules, as_of));
        if known.len() >= 8 {
            known.remove(0);
        }
        known.push((rules.rfm.clone(), as_of, Arc::clone(&cuts)));
        cuts
    }
}

/// See [`Tiers::ticket`].
#[derive(Clone, Debug)]
pub struct Ticket {
    number: u64,
    latest: Arc<AtomicU64>,
}

impl Ticket {
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.latest.load(Ordering::Acquire) != self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_question_of_the_same_person_cancels_the_older_and_nobody_elses() {
        let tiers = Tiers::default();
        let (one, other) = (StaffId::new(Instant(1)), StaffId::new(Instant(2)));
        let first = tiers.ticket(one);
        let elses = tiers.ticket(other);
        assert!(!first.cancelled());
        let second = tiers.ticket(one);
        assert!(first.cancelled() && !second.cancelled() && !elses.cancelled());
    }
}

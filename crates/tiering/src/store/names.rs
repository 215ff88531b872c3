//! What levels were called when something was decided about them.

use super::programmes;
use crate::explain::LevelFace;
use std::collections::HashMap;
use zunke_kernel::Result;
use zunke_kernel::id::{LevelId, ProgrammeId, VersionId};
use zunke_store::Tx;

/// Faces of levels by the version that decided. Reads a programme's versions once.
#[derive(Default)]
pub struct Names {
    numbers: HashMap<ProgrammeId, Vec<VersionId>>,
    faces: HashMap<(VersionId, LevelId), Option<LevelFace>>,
}

impl Names {
    /// The level as that version calls it; one that it has no more as the latest version before it did, else as the
    /// first after it.
    pub fn face(
        &mut self,
        tx: &mut Tx,
        programme: ProgrammeId,
        version: VersionId,
        level: Option<LevelId>,
    ) -> Result<Option<LevelFace>> {
        let Some(level) = level else { return Ok(None) };
        if let Some(known) = self.faces.get(&(version, level)) {
            return Ok(known.clone());
        }
        let mut face = named(tx, version, level)?;
        if face.is_none() {
            if let std::collections::hash_map::Entry::Vacant(entry) = self.numbers.entry(programme) {
                entry.insert(super::versions::list(tx, programme)?.into_iter().map(|version| version.id).collect());
            }
            // Newest first.
            let all = self.numbers.get(&programme).cloned().unwrap_or_default();
            let own = all.iter().position(|id| *id == version).unwrap_or(0);
            for other in all[own.min(all.len())..].iter().chain(all[..own.min(all.len())].iter().rev()) {
                face = named(tx, *other, level)?;
                if face.is_some() {
                    break;
                }
            }
        }
        self.faces.insert((version, level), face.clone());
        Ok(face)
    }
}

fn named(tx: &mut Tx, version: VersionId, level: LevelId) -> Result<Option<LevelFace>> {
    let rules = programmes::rules(tx, version)?;
    Ok(rules.levels.iter().find(|known| known.id == level).map(LevelFace::from))
}

//! For whom an import runs: it may do what the member of staff who started it may do now, and no more.

use crate::custom::{Reader, Sight};
use crate::record::RecordContext;
use zunke_access::{Deed, Permission, directory};
use zunke_kernel::id::StaffId;
use zunke_kernel::{Instant, Result};
use zunke_store::Tx;

/// The settings of the organisation, and the scope of the one who started it; without one (the command line) the whole
/// house. Fails with `starter_gone` where he has left or may no longer import.
pub fn context(tx: &mut Tx, now: Instant, by: Option<StaffId>) -> Result<RecordContext> {
    let mut context = RecordContext::load(tx, now)?;
    if let Some(by) = by {
        // Whom he may see but not change is as unknown to his import as whom he may not see.
        context.scope = directory::scope_of_starter(tx, by, Permission::ImportCustomers, now)?.for_deed(Deed::Edit);
    }
    context.actor = by;
    Ok(context)
}

/// The own fields that he may fill.
pub fn reader(tx: &mut Tx, by: Option<StaffId>, now: Instant) -> Result<Reader> {
    let sight = match by {
        Some(by) => Sight::of_starter(tx, by, now)?,
        None => Sight::all(),
    };
    Reader::load(tx, &sight)
}

//! A customer who rises to a VIP level is given a manager by the house, where that is switched on.

use super::place;
use crate::store::managers;
use std::sync::Arc;
use zunke_customers::{CustomerQuery, Observer, Observers, RecordContext, Status};
use zunke_kernel::Result;
use zunke_kernel::id::CustomerId;
use zunke_store::Tx;
use zunke_store::outbox::{Message, Subscriber};
use zunke_tiering::store::standings::LEVEL_CHANGED;

/// Acts on changes of levels. Where nobody has a place the customer stays without a manager, and the page of managers
/// counts him.
pub struct OnRise {
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Subscriber for OnRise {
    fn name(&self) -> &'static str {
        "service.managers"
    }

    fn topics(&self) -> &'static [&'static str] {
        &[LEVEL_CHANGED]
    }

    fn handle(&self, tx: &mut Tx, message: &Message) -> Result<()> {
        if !managers::settings(tx)?.automatic {
            return Ok(());
        }
        let Ok(id) = message.key.parse::<CustomerId>() else { return Ok(()) };
        // As he is now: what has happened since the message counts.
        let customer = match CustomerQuery::system().find(tx, id) {
            Ok(customer) => customer,
            Err(error) if error.kind == zunke_kernel::Kind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let vip = managers::rates(tx)?.is_vip(customer.headline.level_rank);
        if !vip || customer.owner_id.is_some() || customer.status != Status::Active {
            return Ok(());
        }
        let loaded = RecordContext::load(tx, message.sent_at)?;
        let context = RecordContext { observers: Observers(self.observers.clone()), ..loaded };
        place::apply(tx, &context, &[id], None)?;
        Ok(())
    }
}

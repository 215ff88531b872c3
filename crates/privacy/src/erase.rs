//! Taking a person out of every room: one transaction, with the customer locked; what lies on the disk follows in a job
//! that goes on after a crash.

use crate::request::Certificate;
use crate::store;
use crate::work;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use zunke_customers::privacy::standing::{self, State};
use zunke_customers::privacy::{self, Holders};
use zunke_customers::{CustomerQuery, RecordContext, export};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Error, Money, Result, Text};
use zunke_store::{Tx, outbox};

/// The topic of the message that goes out when somebody was erased; its key is the customer's id.
pub const TOPIC: &str = "customer.erased";

/// What an erasure would do, before it is done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyErasurePreview)]
pub struct Preview {
    pub customer_id: CustomerId,
    pub customer_name: String,
    /// The sums that stay.
    pub orders: i64,
    pub net_spend: Money,
    /// What must be brought to an end first.
    pub pending: Vec<Text>,
    /// How many parts of a copy there are, with their rows: what would go or be blanked.
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PrivacyErasurePart)]
pub struct Part {
    pub title: Text,
    pub rows: i64,
}

/// Looks at what an erasure would do.
pub fn preview(tx: &mut Tx, holders: &Holders, customer: CustomerId) -> Result<Preview> {
    let one = CustomerQuery::system().find(tx, customer)?;
    let mut pending = Vec::new();
    let mut parts = Vec::new();
    for holder in &holders.0 {
        pending.extend(holder.pending(tx, customer)?);
        for section in holder.copy(tx, customer)? {
            let rows = i64::try_from(section.rows.len()).unwrap_or(i64::MAX);
            if rows > 0 {
                parts.push(Part { title: section.title, rows });
            }
        }
    }
    let headline = one.headline;
    Ok(Preview {
        customer_id: customer,
        customer_name: one.name,
        orders: headline.orders,
        net_spend: headline.net_spend,
        pending,
        parts,
    })
}

/// Erases a customer; answers the certificate. Who is erased already gets the certificate that there is.
pub fn erase(
    tx: &mut Tx,
    holders: &Holders,
    context: &RecordContext,
    customer: CustomerId,
    number: i64,
) -> Result<Certificate> {
    privacy::lock(tx, customer)?;
    if standing::of(tx, customer)?.is_some_and(|standing| standing.state == State::Erased) {
        return store::certificate_of(tx, customer)?.ok_or_else(standing::gone);
    }
    let mut pending = Vec::new();
    for holder in &holders.0 {
        pending.extend(holder.pending(tx, customer)?);
    }
    if !pending.is_empty() {
        let zh: Vec<&str> = pending.iter().map(|text| text.zh.as_str()).collect();
        let en: Vec<&str> = pending.iter().map(|text| text.en.as_str()).collect();
        return Err(Error::conflict(
            "erasure_pending",
            format!("还不能匿名化：{}。", zh.join("；")),
            format!("It can't be erased yet: {}.", en.join("; ")),
        ));
    }
    at_once(tx, holders, context, customer, number)
}

/// The same, whatever is still open. The customer is locked and there.
pub(crate) fn at_once(
    tx: &mut Tx,
    holders: &Holders,
    context: &RecordContext,
    customer: CustomerId,
    number: i64,
) -> Result<Certificate> {
    let before = CustomerQuery::system().find(tx, customer)?;
    let (mut lines, mut files) = (Vec::new(), Vec::new());
    for holder in &holders.0 {
        let removed = holder.erase(tx, context.now, customer)?;
        lines.extend(removed.lines);
        files.extend(removed.files);
    }
    // Entries that were merged into his are his too: what was left in them goes with him.
    for other in privacy::merged_into(tx, customer)? {
        for holder in &holders.0 {
            files.extend(holder.erase(tx, context.now, other)?.files);
        }
    }
    // A file that was exported before may hold the person.
    files.extend(export::withdraw_all(tx, context.now)?);
    privacy::follow(tx, context, customer)?;
    work::discard(tx, context.now, &files)?;
    outbox::send(tx, context.now, TOPIC, &customer.to_string(), &json!({ "customer_id": customer }))?;
    seal(Certificate {
        number,
        customer_id: customer,
        erased_at: context.now,
        erased_by: context.actor,
        lines,
        orders: before.headline.orders,
        net_spend: before.headline.net_spend,
        fingerprint: String::new(),
    })
}

fn seal(mut certificate: Certificate) -> Result<Certificate> {
    let text = serde_json::to_string(&certificate).map_err(Error::internal)?;
    certificate.fingerprint = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(certificate)
}

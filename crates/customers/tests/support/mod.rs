//! What the tests of this room share: a context of a fixed day, and short ways to make customers and activities.
#![expect(dead_code, reason = "each test file uses its own part")]

use std::sync::{Arc, Mutex};
use zunke_access::Scope;
use zunke_customers::{
    Change, CustomerRef, Identity, Kind, NewActivity, NewCustomer, Observer, Observers, Outcome, RecordContext, make,
};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Currency, Day, Instant, Money, Result, Zone};
use zunke_store::{Db, Tx};

/// 2026-11-22, noon in Shanghai.
pub const NOW: Instant = Instant(1_795_320_000_000);
pub const DAY_MS: i64 = 86_400_000;

pub fn context() -> RecordContext {
    let zone = Zone::default();
    RecordContext {
        now: NOW,
        today: zone.day_of(NOW),
        zone,
        currency: Currency::CNY,
        actor: None,
        scope: Scope::all(),
        import_id: None,
        observers: Observers::default(),
    }
}

pub fn scoped(scope: &Scope) -> RecordContext {
    RecordContext { scope: scope.clone(), ..context() }
}

pub fn days_ago(days: i64) -> Instant {
    NOW.plus_ms(-days * DAY_MS)
}

pub fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

pub fn phone(text: &str) -> Option<Identity> {
    Identity::phone(text).expect(text)
}

pub fn email(text: &str) -> Option<Identity> {
    Identity::email(text).expect(text)
}

pub fn external(value: &str) -> Identity {
    Identity::external("shop", value).expect(value).expect("filled")
}

pub fn create(db: &Db, customer: &NewCustomer) -> Result<CustomerId> {
    db.write(|tx| make::create(tx, &context(), customer.clone()))
}

pub fn order(customer: CustomerRef, source_id: &str, days: i64, amount: &str) -> NewActivity {
    NewActivity::new(customer, Kind::Order, "shop", source_id, days_ago(days))
        .amount(Money::parse(amount).expect(amount))
}

/// An order of a customer known by an id of the shop, who is made where he isn't there.
pub fn shop_order(customer: &str, source_id: &str, days: i64, amount: &str) -> NewActivity {
    order(shopper(customer), source_id, days, amount)
}

pub fn shopper(customer: &str) -> CustomerRef {
    let create = NewCustomer::named(format!("客户{customer}"));
    CustomerRef::Identity { identity: external(customer), create: Some(Box::new(create)) }
}

pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Recorded(_) => "recorded",
        Outcome::Duplicate(_) => "duplicate",
        Outcome::Replaced(_) => "replaced",
        Outcome::Stale(_) => "stale",
        Outcome::Refused(error) => error.code,
    }
}

pub fn record_with(
    db: &Db,
    context: &RecordContext,
    rows: &[NewActivity],
    observers: &[Arc<dyn Observer>],
) -> Vec<&'static str> {
    let outcomes = db.write(|tx| zunke_customers::record(tx, context, rows, observers)).expect("the batch");
    outcomes.iter().map(word).collect()
}

pub fn record(db: &Db, rows: &[NewActivity]) -> Vec<&'static str> {
    record_with(db, &context(), rows, &[])
}

/// Keeps what it was told.
#[derive(Default)]
pub struct Witness(pub Mutex<Vec<Vec<Change>>>);

impl Observer for Witness {
    fn recorded(&self, _: &mut Tx, _: &RecordContext, changes: &[Change]) -> Result<()> {
        self.0.lock().expect("not poisoned").push(changes.to_vec());
        Ok(())
    }
}

/// Everything that activities left behind, but for ids and moments of recording: customers by name, amounts, days.
pub fn state(db: &Db) -> Vec<String> {
    db.read(|tx| {
        tx.query(
            "SELECT c.name, a.kind, a.source_id, a.revision, a.amount, a.day, k.revision, k.content_hash
             FROM activities a JOIN customers c ON c.customer_id = a.customer_id
             JOIN activity_keys k ON k.source = a.source AND k.source_id = a.source_id
              AND k.customer_id = a.customer_id AND k.occurred_at = a.occurred_at AND k.activity_id = a.activity_id
             ORDER BY a.source_id",
            &[],
            |row| {
                Ok(format!(
                    "{} {} {} r{} {:?} {} r{}",
                    row.text(0)?,
                    row.text(1)?,
                    row.text(2)?,
                    row.int(3)?,
                    row.opt_int(4)?,
                    row.day(5)?,
                    row.int(6)?,
                ))
            },
        )
    })
    .expect("state")
}

pub fn count(db: &Db, table: &str) -> i64 {
    db.read(|tx| tx.query_one(&format!("SELECT COUNT(*) FROM {table}"), &[], |row| row.int(0)))
        .expect(table)
        .unwrap_or(0)
}

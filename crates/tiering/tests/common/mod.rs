//! What the tests of this room share: customers by hand, activities without the recording room, a published ladder.

use zunke_access::Scope;
use zunke_customers::activity::Activity;
use zunke_customers::{Change, Kind, Observer, Observers, RecordContext};
use zunke_kernel::id::{ActivityId, CustomerId, ProgrammeId};
use zunke_kernel::{Currency, Day, Instant, Money, Text, Zone};
use zunke_store::Db;
use zunke_tiering::store::programmes;
use zunke_tiering::{Tiering, templates};

pub const NOW: Instant = Instant(1_800_000_000_000);

pub fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

pub fn customer(db: &Db, number: i64) -> CustomerId {
    let id = CustomerId::new(Instant(1_700_000_000_000 + number));
    db.write(|tx| {
        tx.execute(
            "INSERT INTO customers (customer_id, kind, name, name_sort, status, version, created_at, updated_at)
             VALUES ($1, 'person', $2, $2, 'active', 1, 0, 0)",
            &[id.into(), format!("客户{number}").into()],
        )
    })
    .expect("a customer");
    id
}

pub fn programme(db: &Db, template: &str) -> ProgrammeId {
    db.write(|tx| {
        let rules = templates::build(template, NOW, None).expect("a template");
        let id = programmes::create(tx, NOW, &Text::new("会员", "Members"), template, &rules)?;
        programmes::publish(tx, NOW, id, &rules, "first", None)?;
        Ok(id)
    })
    .expect("a programme")
}

pub fn activity(customer: CustomerId, kind: Kind, on: &str, amount: i64) -> Activity {
    Activity {
        id: ActivityId::new(NOW),
        customer_id: customer,
        kind,
        occurred_at: Instant(0),
        day: day(on),
        source: "test".into(),
        source_id: "1".into(),
        revision: 0,
        amount: (kind != Kind::Interaction).then(|| Money::units(amount)),
        quantity: None,
        channel: None,
        direction: None,
        subject: None,
        body: None,
        staff_id: None,
        of_source_id: None,
        lines: Vec::new(),
        recorded_at: NOW,
    }
}

pub fn added(activity: Activity) -> Change {
    Change { customer: activity.customer_id, before: None, after: Some(activity) }
}

pub fn context(today: &str) -> RecordContext {
    RecordContext {
        now: NOW,
        zone: Zone::default(),
        today: day(today),
        currency: Currency::CNY,
        actor: None,
        scope: Scope::all(),
        import_id: None,
        observers: Observers::default(),
    }
}

pub fn record(db: &Db, today: &str, changes: &[Change]) {
    let tiering = Tiering::default();
    db.write(|tx| tiering.recorded(tx, &context(today), changes)).expect("recorded");
}

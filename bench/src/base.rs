//! A filled database: customers, their orders, their packed days, and published rules.

use crate::orders::{AS_OF_DAY, Order, Random, orders_of};
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;
use zunke_access::Scope;
use zunke_customers::{Identity, NewCustomer, RecordContext};
use zunke_kernel::id::{ActivityId, CustomerId, ProgrammeId};
use zunke_kernel::{Currency, Day, Instant, Text, Zone};
use zunke_store::{Db, Value};
use zunke_tiering::measure::DayValues;
use zunke_tiering::rules::Rules;
use zunke_tiering::{bucket, store};

/// The moment that all measurements take for now: noon of the as-of day in Shanghai.
pub const NOW: Instant = Instant(AS_OF_DAY as i64 * 86_400_000 + 4 * 3_600_000);
/// The year that new orders of a measurement fall into.
pub const YEAR: i16 = 2026;
/// The rules of every measurement; the Polars peer reads the same file.
pub const RULES: &str = include_str!("../rules.json");
/// The system that the customers' external ids come from.
pub const SOURCE: &str = "bench";
const BATCH: u32 = 1_000;

pub fn context() -> RecordContext {
    RecordContext {
        now: NOW,
        zone: Zone::default(),
        today: Day(AS_OF_DAY),
        currency: Currency::CNY,
        actor: None,
        scope: Scope::all(),
        import_id: None,
        observers: zunke_customers::Observers::default(),
    }
}

pub fn external(customer: u32) -> Identity {
    match Identity::external(SOURCE, &customer.to_string()) {
        Ok(Some(identity)) => identity,
        _ => unreachable!("a number is an external id"),
    }
}

fn name(customer: u32) -> String {
    const SURNAMES: [char; 20] = [
        '王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '徐', '孙', '马', '朱', '胡', '郭', '何', '林',
        '高', '罗',
    ];
    const GIVEN: [char; 32] = [
        '伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '娟', '涛', '明', '超', '秀',
        '霞', '平', '刚', '桂', '英', '华', '建', '文', '晓', '小', '雨', '子', '欣', '宇',
    ];
    let mut random = Random::new(u64::from(customer) ^ 0x6e61_6d65);
    let mut pick = |from: &[char]| from[usize::try_from(random.below(from.len() as u64)).unwrap_or(0)];
    [pick(&SURNAMES), pick(&GIVEN), pick(&GIVEN)].iter().collect()
}

/// Fills a fresh database and publishes the rules.
pub fn fill(db: &Db, customers: u32, mean: f64) -> Result<()> {
    db.migrate()?;
    let programme = publish(db, None, RULES)?;
    for from in (0..customers).step_by(BATCH as usize) {
        let numbers: Vec<u32> = (from..customers.min(from + BATCH)).collect();
        db.write(|tx| {
            let mut fresh: Vec<NewCustomer> =
                numbers.iter().map(|number| NewCustomer::named(name(*number)).with(Some(external(*number)))).collect();
            let ids = zunke_customers::make::create_many(tx, &context(), &mut fresh)?;
            let mut activities = Vec::new();
            let mut keys = Vec::new();
            let mut years = Vec::new();
            let mut orders = Vec::new();
            for (number, id) in numbers.iter().zip(ids) {
                let id = id?;
                orders.clear();
                orders_of(*number, mean, &mut orders);
                for (at, order) in orders.iter().enumerate() {
                    let [activity, key] = rows(id, order, &format!("{number}-{at}"));
                    activities.push(activity);
                    keys.push(key);
                }
                years.extend(pack(id, &orders));
            }
            tx.execute_many(INSERT_ACTIVITY, &activities)?;
            tx.execute_many(INSERT_KEY, &keys)?;
            store::buckets::write(tx, years)
        })?;
        if from % 100_000 == 0 {
            eprintln!("filled {from} of {customers} customers");
        }
    }
    eprintln!("filled {customers} customers; programme {programme}");
    Ok(())
}

/// The rows that one order is in the database, without what is made of it: the bare engine inserts the same.
pub const INSERT_ACTIVITY: &str = "INSERT INTO activities (customer_id, occurred_at, activity_id, kind, day, source, \
     source_id, revision, amount, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
pub const INSERT_KEY: &str = "INSERT INTO activity_keys (source, source_id, customer_id, occurred_at, activity_id, \
     revision, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub fn occurred(day: i32) -> Instant {
    Instant(i64::from(day) * 86_400_000 + 3 * 3_600_000)
}

pub fn rows(customer: CustomerId, order: &Order, source_id: &str) -> [Vec<Value>; 2] {
    let occurred = occurred(order.day);
    let id = ActivityId::new(occurred);
    [
        vec![
            customer.into(),
            occurred.into(),
            id.into(),
            "order".into(),
            i64::from(order.day).into(),
            SOURCE.into(),
            source_id.into(),
            0_i64.into(),
            (order.cents * 100).into(),
            NOW.into(),
        ],
        vec![
            SOURCE.into(),
            source_id.into(),
            customer.into(),
            occurred.into(),
            id.into(),
            0_i64.into(),
            order.cents.into(),
        ],
    ]
}

fn pack(id: CustomerId, orders: &[Order]) -> Vec<(CustomerId, i16, Vec<u8>)> {
    let mut years: BTreeMap<i16, BTreeMap<Day, DayValues>> = BTreeMap::new();
    for order in orders {
        let day = Day(order.day);
        let values = years.entry(day.year()).or_default().entry(day).or_default();
        values.orders += 1;
        values.gross += order.cents * 100;
    }
    years
        .into_iter()
        .map(|(year, days)| {
            let days: Vec<(Day, DayValues)> = days.into_iter().collect();
            (id, year, bucket::pack(&days, bucket::first_of(year)))
        })
        .collect()
}

/// Publishes rules in a programme, made where none is given.
pub fn publish(db: &Db, programme: Option<ProgrammeId>, rules: &str) -> Result<ProgrammeId> {
    let rules = Rules::read(rules)?;
    db.write(|tx| {
        let programme = match programme {
            Some(programme) => programme,
            None => store::programmes::create(tx, NOW, &Text::new("测量", "Bench"), "bench", &rules)?,
        };
        store::programmes::publish(tx, NOW, programme, &rules, "", None)?;
        Ok(programme)
    })
    .map_err(|error| anyhow!("{error}"))
}

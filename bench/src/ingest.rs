//! Orders in batches of 1,000, with measures and evaluation in the same transaction, beside the bare engine that writes the
//! same rows in the same batches and does nothing else: it is told what to write.

use crate::base::{self, SOURCE};
use crate::engine::{Bare, Copy, Write};
use crate::figure::tell;
use crate::orders::{AS_OF_DAY, Order, Random};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use zunke_customers::{CustomerRef, Kind, NewActivity, Observer, Outcome};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Money};
use zunke_store::{Db, Engine};
use zunke_tiering::Tiering;

const BATCH: usize = 1_000;
const BATCHES_PER_ROUND: usize = 10;
const ROUNDS: usize = 6;

fn some_order(random: &mut Random, customers: u32) -> Order {
    Order {
        customer: u32::try_from(random.below(u64::from(customers))).unwrap_or(0),
        day: AS_OF_DAY - i32::try_from(random.below(30)).unwrap_or(0) - 1,
        cents: i64::try_from(1_000 + random.below(50_000)).unwrap_or(1_000),
    }
}

pub fn run(db: &Db, url: &str, customers: u32) -> Result<()> {
    let ids = identities(db, customers)?;
    // As in a house that runs: publishing rules has evaluated everyone once.
    zunke_tiering::evaluate(db, &|| base::NOW, Some(Day(AS_OF_DAY)))?;
    let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Tiering::default())];
    let mut random = Random::new(42);
    let copy = Copy::of(db, url)?;
    let mut bare = Bare::open(&copy.url)?;
    let (mut ours, mut theirs, mut orders_alone) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for round in 0..=ROUNDS {
        let orders: Vec<Order> = (0..BATCH * BATCHES_PER_ROUND).map(|_| some_order(&mut random, customers)).collect();
        let mut took = [Duration::ZERO; 3];
        for (number, batch) in orders.chunks(BATCH).enumerate() {
            let name = |kind: &str, at: usize| format!("{kind}{round}-{number}-{at}");
            let activities: Vec<NewActivity> = batch
                .iter()
                .enumerate()
                .map(|(at, order)| {
                    let who = CustomerRef::Identity { identity: base::external(order.customer), create: None };
                    NewActivity::new(who, Kind::Order, SOURCE, name("r", at), base::occurred(order.day))
                        .amount(Money(order.cents * 100))
                })
                .collect();
            let began = Stopwatch::now();
            let outcomes = db.write(|tx| zunke_customers::record(tx, &base::context(), &activities, &observers))?;
            took[0] += began.elapsed();
            ensure!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Recorded(_))), "{outcomes:?}");

            let placed = |kind: &str| -> Vec<Write> {
                let orders = batch.iter().enumerate();
                orders
                    .flat_map(|(at, order)| Write::order(ids[order.customer as usize], order, &name(kind, at)))
                    .collect()
            };
            let mut touched: Vec<CustomerId> = batch.iter().map(|order| ids[order.customer as usize]).collect();
            touched.sort_unstable();
            touched.dedup();
            let mut all = placed("b");
            all.extend(Write::standing_of(db, &touched)?);
            let began = Stopwatch::now();
            bare.run(&all)?;
            took[1] += began.elapsed();

            let alone = placed("o");
            let began = Stopwatch::now();
            bare.run(&alone)?;
            took[2] += began.elapsed();
        }
        // The first round warms up all.
        if round > 0 {
            ours += took[0];
            theirs += took[1];
            orders_alone += took[2];
        }
    }
    copy.agrees(db)?;
    let count = (BATCH * BATCHES_PER_ROUND * ROUNDS) as f64;
    let [ours, theirs, alone] = [ours, theirs, orders_alone].map(|took| count / took.as_secs_f64());
    let name = format!("{:?}: orders with measures and levels, batches of 1,000", db.engine());
    tell(&name, "orders/s", ours, ("bare engine, the same rows", theirs), ours / theirs, (">=", 0.4));
    tell(&name, "orders/s", ours, ("bare engine, only the orders' own rows", alone), ours / alone, (">=", 0.4));
    Ok(())
}

pub fn identities(db: &Db, customers: u32) -> Result<Vec<CustomerId>> {
    let mut ids = vec![None; customers as usize];
    db.read(|tx| {
        tx.for_each("SELECT value, customer_id FROM external_ids WHERE source = $1", &[SOURCE.into()], |row| {
            if let Some(slot) = row.text(0)?.parse::<usize>().ok().and_then(|at| ids.get_mut(at)) {
                *slot = Some(CustomerId(row.uuid(1)?));
            }
            Ok(())
        })
    })?;
    ids.into_iter().collect::<Option<Vec<_>>>().context("not all customers are there; fill first")
}

/// Whether the database is one that a file holds.
pub fn is_file(db: &Db) -> bool {
    db.engine() == Engine::Sqlite
}

//! Orders in batches of 1,000, with measures and evaluation in the same transaction, beside the bare engine that
//! inserts the same orders in the same batches and does nothing else.

use crate::base::{self, INSERT_ACTIVITY, INSERT_KEY, SOURCE};
use crate::figure::tell;
use crate::orders::{AS_OF_DAY, Order, Random};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use zunke_customers::{CustomerRef, Kind, NewActivity, Observer, Outcome};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Money};
use zunke_store::{Db, Engine, Value};
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
    let mut bare = Bare::open(url)?;
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for round in 0..=ROUNDS {
        let orders: Vec<Order> = (0..BATCH * BATCHES_PER_ROUND).map(|_| some_order(&mut random, customers)).collect();
        let activities: Vec<NewActivity> = orders
            .iter()
            .enumerate()
            .map(|(at, order)| {
                let who = CustomerRef::Identity { identity: base::external(order.customer), create: None };
                let id = format!("r{round}-{at}");
                NewActivity::new(who, Kind::Order, SOURCE, id, base::occurred(order.day))
                    .amount(Money(order.cents * 100))
            })
            .collect();
        let began = Stopwatch::now();
        for batch in activities.chunks(BATCH) {
            let outcomes = db.write(|tx| zunke_customers::record(tx, &base::context(), batch, &observers))?;
            ensure!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Recorded(_))), "{outcomes:?}");
        }
        let took = began.elapsed();
        let rows: Vec<[Vec<Value>; 2]> = orders
            .iter()
            .enumerate()
            .map(|(at, order)| base::rows(ids[order.customer as usize], order, &format!("b{round}-{at}")))
            .collect();
        let began = Stopwatch::now();
        for batch in rows.chunks(BATCH) {
            bare.insert(batch)?;
        }
        // The first round warms up both.
        if round > 0 {
            ours += took;
            theirs += began.elapsed();
        }
    }
    let count = (BATCH * BATCHES_PER_ROUND * ROUNDS) as f64;
    let (ours, theirs) = (count / ours.as_secs_f64(), count / theirs.as_secs_f64());
    let name = format!("{:?}: orders with measures and levels, batches of 1,000", db.engine());
    tell(&name, "orders/s", ours, ("bare engine, same orders", theirs), ours / theirs, (">=", 0.4));
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

/// The engine without the product: its own driver, prepared statements, one transaction a batch, and on SQLite the same
/// cache, durability and checkpoints that the product has.
pub enum Bare {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Peer>),
}

pub struct Peer {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
    activity: tokio_postgres::Statement,
    key: tokio_postgres::Statement,
}

impl Bare {
    pub fn open(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let connection = rusqlite::Connection::open(path)?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA busy_timeout = 10000;
                 PRAGMA wal_autocheckpoint = 16000",
            )?;
            return Ok(Self::Sqlite(connection));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (client, activity, key) = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let activity = client.prepare(INSERT_ACTIVITY).await?;
            let key = client.prepare(INSERT_KEY).await?;
            Ok::<_, tokio_postgres::Error>((client, activity, key))
        })?;
        Ok(Self::Postgres(Box::new(Peer { runtime, client, activity, key })))
    }

    pub fn insert(&mut self, batch: &[[Vec<Value>; 2]]) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
                {
                    let mut activity = tx.prepare_cached(INSERT_ACTIVITY)?;
                    let mut key = tx.prepare_cached(INSERT_KEY)?;
                    for [one, other] in batch {
                        activity.execute(rusqlite::params_from_iter(one.iter().map(sqlite_value)))?;
                        key.execute(rusqlite::params_from_iter(other.iter().map(sqlite_value)))?;
                    }
                }
                tx.commit()?;
            }
            Self::Postgres(peer) => {
                let Peer { runtime, client, activity, key } = &mut **peer;
                runtime.block_on(async {
                    let tx = client.transaction().await?;
                    let calls = batch.iter().flat_map(|[one, other]| [(&*activity, one), (&*key, other)]).map(
                        |(statement, row)| {
                            let tx = &tx;
                            async move {
                                let values: Vec<_> = row.iter().map(postgres_value).collect();
                                let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
                                    values.iter().map(|value| &**value as _).collect();
                                tx.execute(statement, &values).await
                            }
                        },
                    );
                    futures_util::future::try_join_all(calls).await?;
                    tx.commit().await
                })?;
            }
        }
        Ok(())
    }
}

fn sqlite_value(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Int(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::Bytes(bytes) => bytes.clone().into(),
        Value::Uuid(id) => id.as_bytes().to_vec().into(),
        Value::Bool(flag) => i64::from(*flag).into(),
        Value::Null => rusqlite::types::Value::Null,
    }
}

type Parameter = Box<dyn tokio_postgres::types::ToSql + Sync + Send>;

fn postgres_value(value: &Value) -> Parameter {
    match value {
        Value::Int(number) => Box::new(*number),
        Value::Real(number) => Box::new(*number),
        Value::Text(text) => Box::new(text.clone()),
        Value::Bytes(bytes) => Box::new(bytes.clone()),
        Value::Uuid(id) => Box::new(*id),
        Value::Bool(flag) => Box::new(*flag),
        Value::Null => Box::new(None::<i64>),
    }
}

/// Whether the database is one that a file holds.
pub fn is_file(db: &Db) -> bool {
    db.engine() == Engine::Sqlite
}

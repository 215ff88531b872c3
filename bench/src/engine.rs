//! The engine without the product: its own driver, prepared statements, one transaction a batch, and on SQLite the same
//! cache and durability. It works on a copy of the product's database and writes there, row by row, what the product has
//! worked out; so its rate is that of the rows themselves.

use crate::base::{self, INSERT_ACTIVITY, INSERT_KEY};
use crate::orders::Order;
use anyhow::{Context, Result, ensure};
use zunke_kernel::id::CustomerId;
use zunke_store::{Db, Engine, Row, Value};

const STATEMENTS: [&str; 5] = [
    INSERT_ACTIVITY,
    INSERT_KEY,
    "INSERT INTO measure_buckets (customer_id, year, days) VALUES ($1, $2, $3)
     ON CONFLICT (customer_id, year) DO UPDATE SET days = excluded.days",
    "UPDATE standings SET level_id = $2, level_rank = $3, since = $4, score = $5, loyalty = $6, rfm = $7, as_of = $8,
       decided_at = $9, fingerprint = $10, revision = $11 WHERE customer_id = $1",
    "UPDATE customers SET orders = $2, net_spend = $3, last_order_day = $4, level_rank = $5, score = $6, rfm = $7,
       headline_as_of = $8 WHERE customer_id = $1",
];

/// What stands of customers after their orders: buckets, standings, headlines; each in the order of its statement.
const STANDING: [(usize, &str); 3] = [
    (2, "SELECT customer_id, year, days FROM measure_buckets WHERE customer_id IN "),
    (
        3,
        "SELECT customer_id, level_id, level_rank, since, score, loyalty, rfm, as_of, decided_at, fingerprint, revision
         FROM standings WHERE customer_id IN ",
    ),
    (
        4,
        "SELECT customer_id, orders, net_spend, last_order_day, level_rank, score, rfm, headline_as_of
         FROM customers WHERE customer_id IN ",
    ),
];

/// One row to write.
pub struct Write {
    statement: usize,
    values: Vec<Value>,
}

impl Write {
    /// The rows that an order is by itself.
    pub fn order(customer: CustomerId, order: &Order, source_id: &str) -> [Self; 2] {
        let [activity, key] = base::rows(customer, order, source_id);
        [Self { statement: 0, values: activity }, Self { statement: 1, values: key }]
    }

    /// The rows that the product keeps of these customers beside their orders, as they stand: this year's measures, the
    /// standing, the headline.
    pub fn standing_of(db: &Db, customers: &[CustomerId]) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        db.read(|tx| {
            all.clear();
            for (statement, sql) in STANDING {
                for some in customers.chunks(500) {
                    let places: Vec<String> = (1..=some.len()).map(|at| format!("${at}")).collect();
                    let mut sql = format!("{sql} ({})", places.join(", "));
                    if statement == 2 {
                        sql.push_str(&format!(" AND year = {}", base::YEAR));
                    }
                    let ids: Vec<Value> = some.iter().map(|id| (*id).into()).collect();
                    tx.for_each(&sql, &ids, |row| {
                        all.push(Self { statement, values: values(statement, row)? });
                        Ok(())
                    })?;
                }
            }
            Ok(())
        })?;
        Ok(all)
    }
}

/// The columns of a row as the statement binds them.
fn values(statement: usize, row: &Row) -> zunke_kernel::Result<Vec<Value>> {
    let id = Value::Uuid(row.uuid(0)?);
    let ints = |at: std::ops::RangeInclusive<usize>| at.map(|at| Ok(Value::Int(row.int(at)?)));
    let mut values = vec![id];
    match statement {
        2 => values.extend([Value::Int(row.int(1)?), Value::Bytes(row.bytes(2)?)]),
        3 => {
            values.push(row.opt_uuid(1)?.map_or(Value::Null, Value::Uuid));
            values.extend(ints(2..=3).collect::<zunke_kernel::Result<Vec<_>>>()?);
            values.extend([Value::Real(row.real(4)?), Value::Real(row.real(5)?)]);
            values.extend(ints(6..=10).collect::<zunke_kernel::Result<Vec<_>>>()?);
        }
        _ => {
            values.extend(ints(1..=4).collect::<zunke_kernel::Result<Vec<_>>>()?);
            values.push(Value::Real(row.real(5)?));
            values.extend(ints(6..=7).collect::<zunke_kernel::Result<Vec<_>>>()?);
        }
    }
    Ok(values)
}

/// A copy of a database, for the engine alone; gone with the value where it is a file.
pub struct Copy {
    pub url: String,
    file: Option<std::path::PathBuf>,
}

impl Copy {
    pub fn of(db: &Db, url: &str) -> Result<Self> {
        match db.engine() {
            Engine::Sqlite => {
                let path = url.strip_prefix("sqlite:").context("a file")?;
                let file = std::path::PathBuf::from(format!("{path}.copy"));
                let _ = std::fs::remove_file(&file);
                rusqlite::Connection::open(path)?
                    .execute("VACUUM INTO ?1", [file.to_str().context("a readable path")?])?;
                Ok(Self { url: format!("sqlite:{}", file.display()), file: Some(file) })
            }
            Engine::Postgres => {
                let (server, name) = url.rsplit_once('/').context("a database")?;
                let copy = format!("{name}_copy");
                // Nobody may be connected to what is copied.
                let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
                let sql = [
                    format!("DROP DATABASE IF EXISTS {copy}"),
                    format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
                    end,
                    format!("CREATE DATABASE {copy} TEMPLATE {name}"),
                    format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
                ];
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let (client, connection) =
                        tokio_postgres::connect(&format!("{server}/postgres"), tokio_postgres::NoTls).await?;
                    tokio::spawn(connection);
                    for one in &sql {
                        client.simple_query(one).await?;
                    }
                    Ok::<_, tokio_postgres::Error>(())
                })?;
                Ok(Self { url: format!("{server}/{copy}"), file: None })
            }
        }
    }

    /// Stops unless the copy ends with the same sums as the original.
    pub fn agrees(&self, db: &Db) -> Result<()> {
        let sums = |db: &Db| {
            db.read(|tx| {
                let sql = "SELECT SUM(orders), SUM(net_spend), SUM(level_rank) FROM customers";
                tx.query_one(sql, &[], |row| Ok([row.int(0)?, row.int(1)?, row.int(2)?]))
            })
        };
        let (ours, copied) = (sums(db)?, sums(&Db::open(&self.url)?)?);
        ensure!(ours == copied, "the copy has other rows: {ours:?} and {copied:?}");
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                let _ = std::fs::remove_file(format!("{}{end}", file.display()));
            }
        }
    }
}

pub enum Bare {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Peer>),
}

pub struct Peer {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
    statements: Vec<tokio_postgres::Statement>,
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
        let (client, statements) = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let mut statements = Vec::new();
            for sql in STATEMENTS {
                statements.push(client.prepare(sql).await?);
            }
            Ok::<_, tokio_postgres::Error>((client, statements))
        })?;
        Ok(Self::Postgres(Box::new(Peer { runtime, client, statements })))
    }

    /// Writes these rows in one transaction.
    pub fn run(&mut self, batch: &[Write]) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
                {
                    // `?1` is a place, `$1` a name.
                    let mut statements = STATEMENTS
                        .iter()
                        .map(|sql| tx.prepare_cached(&sql.replace('$', "?")))
                        .collect::<rusqlite::Result<Vec<_>>>()?;
                    for write in batch {
                        statements[write.statement]
                            .execute(rusqlite::params_from_iter(write.values.iter().map(sqlite_value)))?;
                    }
                }
                tx.commit()?;
            }
            Self::Postgres(peer) => {
                let Peer { runtime, client, statements } = &mut **peer;
                runtime.block_on(async {
                    let tx = client.transaction().await?;
                    let calls = batch.iter().map(|write| {
                        let (tx, statement) = (&tx, &statements[write.statement]);
                        async move {
                            let values: Vec<_> = write.values.iter().map(postgres_value).collect();
                            let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
                                values.iter().map(|value| &**value as _).collect();
                            tx.execute(statement, &values).await
                        }
                    });
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

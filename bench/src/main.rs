//! `make bench`: what the product does, timed beside a named peer or limit in the same run.
//!
//! Each command prints one line of JSON per figure; `bench/run.sh` makes the table of `docs/performance.md`.

mod base;
mod claim;
mod clock;
mod due;
mod engine;
mod evaluate;
mod figure;
mod growth;
mod http;
mod ingest;
mod ltv;
mod orders;
mod serve;
mod simulate;
mod sql;
mod tickets;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use zunke_kernel::{Day, Instant};
use zunke_store::Db;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct Base {
    /// `sqlite:PATH` or `postgres://…`
    #[arg(long)]
    database: String,
    #[arg(long, default_value_t = 1_000_000)]
    customers: u32,
}

#[derive(Subcommand)]
enum Command {
    /// Writes the orders as a CSV: customer, day, amount.
    Csv {
        file: PathBuf,
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
    },
    /// Fills a fresh database with the same orders.
    Fill(Base),
    /// Evaluates everyone, beside Polars (whose output is in PEER) and the database's own SQL.
    Evaluate {
        #[command(flatten)]
        base: Base,
        #[arg(long)]
        peer: PathBuf,
    },
    /// Reads and weighs everyone in bases of several sizes (the smallest first), each filled before.
    Growth {
        #[arg(long, required = true)]
        database: Vec<String>,
    },
    /// Tries changed rules on everyone over HTTP, beside Polars (whose output is in PEER).
    Simulate {
        #[command(flatten)]
        base: Base,
        #[arg(long)]
        binary: PathBuf,
        #[arg(long)]
        peer: PathBuf,
    },
    /// Records orders in batches, beside the bare engine.
    Ingest(Base),
    /// Records single orders over HTTP, beside the engine's single commits.
    Singles {
        #[command(flatten)]
        base: Base,
        #[arg(long)]
        binary: PathBuf,
    },
    /// Start, list pages and search, beside the bare queries.
    Pages {
        #[command(flatten)]
        base: Base,
        #[arg(long)]
        binary: PathBuf,
    },
    /// Writes customers for the fit of lifetime values: x, recency, age, mean.
    LtvCsv {
        file: PathBuf,
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
    },
    /// Fits lifetime values, beside lifetimes (whose output is in PEER).
    Ltv {
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
        #[arg(long)]
        peer: PathBuf,
    },
    /// Due times by a working calendar, on one core.
    Clock,
    /// Takes tickets from the queue with 16 workers, in two fresh databases (for 1,000 and for 100,000 tickets), beside the
    /// bare conditional update.
    Claim {
        #[arg(long)]
        few: String,
        #[arg(long)]
        many: String,
    },
    /// Warns of many tickets whose promise ends in the same minute, in a fresh database.
    Due {
        #[arg(long)]
        database: String,
        #[arg(long, default_value_t = 10_000)]
        count: usize,
    },
    /// Creates tickets over HTTP at a steady rate, and lists those of a fresh database filled with many.
    Tickets {
        #[arg(long)]
        database: String,
        #[arg(long)]
        binary: PathBuf,
        #[arg(long, default_value_t = 1_000_000)]
        count: usize,
    },
    /// Idle memory and size.
    Idle {
        #[arg(long)]
        database: String,
        #[arg(long)]
        binary: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Csv { file, customers } => csv(&file, customers),
        Command::Fill(base) => base::fill(&Db::open(&base.database)?, base.customers, 10.0),
        Command::Evaluate { base, peer } => evaluate::run(&Db::open(&base.database)?, &now, &peer),
        Command::Growth { database } => {
            let opened: zunke_kernel::Result<Vec<Db>> = database.iter().map(|url| Db::open(url)).collect();
            growth::run(&opened?)
        }
        Command::Simulate { base, binary, peer } => {
            simulate::run(&binary, &Db::open(&base.database)?, &base.database, base.customers, &peer)
        }
        Command::Ingest(base) => ingest::run(&Db::open(&base.database)?, &base.database, base.customers),
        Command::Singles { base, binary } => {
            serve::singles(&binary, &Db::open(&base.database)?, &base.database, base.customers)
        }
        Command::Pages { base, binary } => {
            let path = base.database.strip_prefix("sqlite:").unwrap_or(&base.database);
            serve::pages(&binary, &Db::open(&base.database)?, Path::new(path), base.customers)
        }
        Command::LtvCsv { file, customers } => ltv::csv(&file, customers),
        Command::Ltv { customers, peer } => ltv::run(customers, &peer),
        Command::Clock => clock::run(),
        Command::Claim { few, many } => claim::run(&few, &many),
        Command::Due { database, count } => due::run(&database, count, now()),
        Command::Tickets { database, binary, count } => tickets::run(&binary, &database, count, now()),
        Command::Idle { database, binary } => serve::idle(&binary, &database),
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement is a binary: it reads the clock")]
fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(0))
}

fn csv(file: &Path, customers: u32) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "customer,day,amount")?;
    let mut buffer = Vec::new();
    // A till's file is in the order of time, not of customers; a stride mixes them the same way every time.
    for at in 0..customers {
        let customer = u32::try_from(u64::from(at) * 7_919 % u64::from(customers))?;
        buffer.clear();
        orders::orders_of(customer, 10.0, &mut buffer);
        for order in &buffer {
            writeln!(out, "{customer},{},{}.{:02}", Day(order.day), order.cents / 100, order.cents % 100)?;
        }
    }
    out.flush()?;
    Ok(())
}

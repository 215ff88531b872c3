//! Tickets over HTTP on two cores: creating them at a steady rate, each with its routing, clocks, events and notice on disk
//! before it is answered; and lists of a base of very many, beside the bare query on the same file.

use crate::figure::{percentile, tell};
use crate::http::Client;
use crate::serve::{Server, compared};
use crate::simulate::on_two_cores;
use anyhow::{Context as _, Result, anyhow, ensure};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};
use zunke_customers::NewCustomer;
use zunke_kernel::Instant;
use zunke_kernel::id::{CustomerId, TicketId};
use zunke_service::policy::defaults;
use zunke_service::store::tickets;
use zunke_service::ticket::{Channel, Kind, Priority, State, Ticket};
use zunke_service::{Context, Hooks, NewTicket, Sender};
use zunke_store::Db;

const CUSTOMERS: usize = 10_000;
const PER_SECOND: u32 = 100;
const SECONDS: u32 = 20;
const CONNECTIONS: u32 = 8;
const PAGES: usize = 500;

/// `url` is a fresh SQLite database; it is filled with `count` tickets.
pub fn run(binary: &Path, url: &str, count: usize, now: Instant) -> Result<()> {
    let path = url.strip_prefix("sqlite:").context("tickets are measured on SQLite")?;
    let db = Db::open(url)?;
    let ids = fill(&db, count, now)?;
    drop(db);
    let folder = tempfile::tempdir()?;
    let server = Server::start(&on_two_cores(binary, folder.path())?, url)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(lists(&server, path, count))?;
    let mut times = runtime.block_on(create(&server, &ids))?;
    eprintln!("create: median {:.1} ms", percentile(&mut times, 0.5));
    let p99 = percentile(&mut times, 0.99);
    let name = format!("SQLite: create a ticket, {PER_SECOND} a second, two cores, beside {count} tickets, p99");
    tell(&name, "ms", p99, ("limit", 30.0), p99 / 30.0, ("<=", 1.0));
    Ok(())
}

/// Customers with tickets of four years, one in twenty still open.
fn fill(db: &Db, count: usize, now: Instant) -> Result<Vec<CustomerId>> {
    db.migrate()?;
    db.write(|tx| defaults::seed(tx, now))?;
    let mut ids = Vec::with_capacity(CUSTOMERS);
    for from in (0..CUSTOMERS).step_by(1_000) {
        let made = db.write(|tx| {
            let mut new: Vec<NewCustomer> =
                (from..from + 1_000).map(|at| NewCustomer::named(format!("客户{at}"))).collect();
            zunke_customers::make::create_many(tx, &crate::base::context(), &mut new)
        })?;
        for id in made {
            ids.push(id?);
        }
    }
    let new = NewTicket::new(Sender::Known(ids[0]), Kind::Question, Channel::Api, "How do I pay?", now);
    let first = db.write(|tx| {
        let cx = Context::load(tx, now, None)?;
        zunke_service::open(tx, &cx, &new, &Hooks::default())
    })?;
    let template =
        db.read(|tx| tickets::find(tx, first.ticket()))?.ok_or_else(|| anyhow!("the first ticket is not there"))?;
    let kinds = [Kind::Complaint, Kind::Suggestion, Kind::Question, Kind::Praise];
    let numbers: Vec<usize> = (1..count).collect();
    for page in numbers.chunks(2_000) {
        db.write(|tx| {
            for number in page {
                let opened = now.plus_secs(-60 * 2 * i64::try_from(*number).unwrap_or(0));
                let ticket = Ticket {
                    id: TicketId::new(opened),
                    // From the product's own counter: what is created later goes on from there.
                    number: tickets::next_number(tx)?,
                    customer: ids[number * 7_919 % ids.len()],
                    kind: kinds[number % kinds.len()],
                    priority: if number % 10 == 0 { Priority::High } else { Priority::Normal },
                    state: if number % 20 == 0 { State::Open } else { State::Closed },
                    opened_at: opened,
                    updated_at: opened,
                    ..template.clone()
                };
                tickets::insert(tx, &ticket)?;
                if ticket.state == State::Open {
                    zunke_service::queue::place(tx, &ticket)?;
                }
            }
            Ok(())
        })?;
    }
    db.write(|tx| tx.execute("ANALYZE", &[]))?;
    Ok(ids)
}

/// At a steady rate, whatever the answers take: each is timed from the moment at which it was due to be sent.
async fn create(server: &Server, ids: &[CustomerId]) -> Result<Vec<Duration>> {
    let began = Stopwatch::now() + Duration::from_millis(200);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let (address, token, ids) = (server.address.clone(), server.token.clone(), ids.to_vec());
            tokio::spawn(async move {
                let mut client = Client::connect(&address, &token).await?;
                let mut times = Vec::new();
                for at in (connection..PER_SECOND * SECONDS).step_by(CONNECTIONS as usize) {
                    let due = began + Duration::from_secs(1) * at / PER_SECOND;
                    tokio::time::sleep_until(due.into()).await;
                    let body = serde_json::json!({
                        "customer_id": ids[at as usize * 31 % ids.len()], "kind": "question", "channel": "api",
                        "subject": format!("请问第 {at} 号订单何时送到？"), "body": "已经付款三天了。",
                        "source": "bench", "source_id": format!("{at}"),
                    });
                    let (status, answer) = client.call("POST", "/api/v1/tickets", &body.to_string()).await?;
                    times.push(due.elapsed());
                    ensure!(status == 201, "{status}: {}", String::from_utf8_lossy(&answer));
                }
                Ok(times)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    // The first second warms up.
    Ok(all)
}

/// Lists as people ask for them, each beside one statement that finds the same tickets with their customers' names.
async fn lists(server: &Server, path: &str, count: usize) -> Result<()> {
    let bare = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    bare.execute_batch("PRAGMA cache_size = -8192")?;
    let sql = |condition: &str| {
        format!(
            "SELECT t.*, c.name, c.level_rank FROM tickets t LEFT JOIN customers c ON c.customer_id = t.customer_id
             WHERE {condition} ORDER BY t.opened_at DESC, t.ticket_id DESC LIMIT 50"
        )
    };
    let asked = [
        ("", sql("1 = 1")),
        ("state=open&", sql("t.state = 'open'")),
        ("state=closed&kind=complaint&", sql("t.state = 'closed' AND t.kind = 'complaint'")),
        ("priority=high&", sql("t.priority = 'high'")),
    ];
    let mut client = Client::connect(&server.address, &server.token).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for at in 0..PAGES {
        let (filter, sql) = &asked[at % asked.len()];
        let began = Stopwatch::now();
        let (status, body) = client.call("GET", &format!("/api/v1/tickets?{filter}sort=-opened&limit=50"), "").await?;
        ours.push(began.elapsed());
        ensure!(status == 200, "{}", String::from_utf8_lossy(&body));
        let page: serde_json::Value = serde_json::from_slice(&body)?;
        let began = Stopwatch::now();
        let mut statement = bare.prepare_cached(sql)?;
        let numbers = statement.query_map([], |row| row.get::<_, i64>("number"))?.collect::<Result<Vec<_>, _>>()?;
        theirs.push(began.elapsed());
        let shown: Vec<i64> =
            page["items"].as_array().context("items")?.iter().filter_map(|one| one["number"].as_i64()).collect();
        ensure!(shown == numbers, "{filter}: other tickets than the bare query's");
    }
    compared(&format!("SQLite: list of {count} tickets, p99"), &mut ours, &mut theirs);
    Ok(())
}

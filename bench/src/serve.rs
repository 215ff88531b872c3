//! What a running server does: single durable orders, list pages, search, start and idle memory.

use crate::base;
use crate::engine::{Bare, Copy, Write};
use crate::figure::{percentile, tell};
use crate::http::Client;
use crate::ingest::{identities, is_file};
use crate::orders::{AS_OF_DAY, Order, Random};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Stopwatch};
use zunke_store::Db;

/// A server of this measurement; ends with it.
pub struct Server {
    process: Child,
    pub address: String,
    pub token: String,
    /// From the start of the process to ready.
    pub ready: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    pub fn start(binary: &Path, url: &str) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let began = Stopwatch::now();
        let process = Command::new(binary)
            .args(["serve", "--listen", &address, "--database", url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { process, address, token: String::new(), ready: Duration::ZERO };
        let runtime = runtime()?;
        runtime.block_on(async {
            for _ in 0..20_000 {
                if let Ok(mut client) = Client::connect(&server.address, "").await
                    && let Ok((200, _)) = client.call("GET", "/readyz", "").await
                {
                    return Ok(());
                }
                if let Some(status) = server.process.try_wait()? {
                    anyhow::bail!(
                        "the server ended with {status}: is it built from the same sources as this measurement?"
                    );
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            anyhow::bail!("the server did not become ready")
        })?;
        server.ready = began.elapsed();
        // A one-time password has to be changed before a token of its owner may do anything.
        let once = told(binary, &["user", "password", "--login", "admin", "--database", url, "--json"])?;
        let once = once["one_time_password"].as_str().context("a password")?;
        runtime.block_on(async {
            let mut client = Client::connect(&server.address, "").await?;
            let login = serde_json::json!({ "login": "admin", "password": once }).to_string();
            let change = serde_json::json!({ "current": once, "new": "only-for-this-run-7" }).to_string();
            for (path, body) in [("/api/v1/session", login), ("/api/v1/session/password", change)] {
                let (status, answer) = client.call("POST", path, &body).await?;
                ensure!(status / 100 == 2, "{path}: {status} {}", String::from_utf8_lossy(&answer));
            }
            Ok(())
        })?;
        let made =
            told(binary, &["token", "create", "--login", "admin", "--name", "bench", "--database", url, "--json"])?;
        server.token = made["token"].as_str().context("a token")?.to_owned();
        Ok(server)
    }

    /// Resident memory in MB.
    pub fn memory_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("VmRSS")?.parse::<f64>()? / 1_000.0)
    }
}

/// What a command of the product prints as JSON.
fn told(binary: &Path, arguments: &[&str]) -> Result<serde_json::Value> {
    let done = Command::new(binary).args(arguments).output()?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(serde_json::from_slice(&done.stdout)?)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

const CONNECTIONS: usize = 32;
const SINGLES: usize = 200;

/// Single orders over HTTP, each on disk before it is answered, beside the engine committing the same rows, one order at a time.
pub fn singles(binary: &Path, db: &Db, url: &str, customers: u32) -> Result<()> {
    let ids = identities(db, customers)?;
    let copy = Copy::of(db, url)?;
    let server = Server::start(binary, url)?;
    let began = Stopwatch::now();
    runtime()?.block_on(async {
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let (address, token, ids) = (server.address.clone(), server.token.clone(), ids.clone());
                tokio::spawn(async move {
                    let mut client = Client::connect(&address, &token).await?;
                    let mut random = Random::new(connection as u64 + 1);
                    for at in 0..SINGLES {
                        let customer = ids[usize::try_from(random.below(u64::from(customers)))?];
                        let body = serde_json::json!({
                            "customer": { "id": customer }, "kind": "order", "source": "single",
                            "source_id": format!("s{connection}-{at}-{}", AS_OF_DAY),
                            "occurred_at": base::occurred(AS_OF_DAY - 1).to_string(), "amount": "128.00",
                        });
                        let (status, answer) = client.call("POST", "/api/v1/activities", &body.to_string()).await?;
                        ensure!(status / 100 == 2, "{status}: {}", String::from_utf8_lossy(&answer));
                    }
                    Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    let ours = (CONNECTIONS * SINGLES) as f64 / began.elapsed().as_secs_f64();
    drop(server);
    // The rows of the first connections, one order a transaction.
    let mut singles = Vec::new();
    for connection in 0..CONNECTIONS / 4 {
        let mut random = Random::new(connection as u64 + 1);
        for at in 0..SINGLES {
            let customer = ids[usize::try_from(random.below(u64::from(customers)))?];
            let order = Order { customer: 0, day: AS_OF_DAY - 1, cents: 12_800 };
            let mut rows = Vec::from(Write::order(customer, &order, &format!("bare-single-{connection}-{at}")));
            rows.extend(Write::standing_of(db, &[customer])?);
            singles.push(rows);
        }
    }
    let mut bare = Bare::open(&copy.url)?;
    let began = Stopwatch::now();
    for rows in &singles {
        bare.run(rows)?;
    }
    let theirs = singles.len() as f64 / began.elapsed().as_secs_f64();
    let name = format!("{:?}: single durable orders over HTTP, {CONNECTIONS} connections", db.engine());
    tell(&name, "orders/s", ours, ("engine, single commits", theirs), ours / theirs, (">=", 0.5));
    Ok(())
}

const PAGES: usize = 1_000;

/// List pages and search over HTTP, beside the bare query on the same file.
pub fn pages(binary: &Path, db: &Db, path: &Path, customers: u32) -> Result<()> {
    ensure!(is_file(db), "pages are measured on SQLite");
    let url = format!("sqlite:{}", path.display());
    let server = Server::start(binary, &url)?;
    tell(
        &format!("SQLite: start to ready, {customers} customers"),
        "s",
        server.ready.as_secs_f64(),
        ("limit", 1.0),
        server.ready.as_secs_f64(),
        ("<=", 1.0),
    );
    let bare = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    bare.execute_batch("PRAGMA cache_size = -65536")?;

    let columns =
        "customer_id, name, kind, status, level_rank, level_id, score, rfm, orders, net_spend, last_order_day";
    let by_level = format!(
        "SELECT {columns} FROM customers WHERE status = 'active' AND level_rank = ?1 ORDER BY score DESC, customer_id DESC LIMIT 50"
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let levels = [1, 2, 3, 4];
    runtime()?.block_on(async {
        let mut client = Client::connect(&server.address, &server.token).await?;
        for at in 0..PAGES {
            let level = levels[at % levels.len()];
            let call = format!("/api/v1/customers?level={level}&sort=-score&limit=50");
            let began = Stopwatch::now();
            let (status, body) = client.call("GET", &call, "").await?;
            ours.push(began.elapsed());
            ensure!(status == 200, "{}", String::from_utf8_lossy(&body));
            let began = Stopwatch::now();
            theirs.push(bare_rows(&bare, &by_level, &level.to_string()).map(|_| began.elapsed())?);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    compared("SQLite: list page by level and score, p99", &mut ours, &mut theirs);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let questions = ["王小明", "wangxm", "李娜", "陈伟", "zhang", "lf", "刘文"];
    let search = format!(
        "SELECT {columns} FROM customers WHERE status = 'active' AND row_id IN (SELECT rowid FROM customer_search WHERE customer_search MATCH ?1) \
         ORDER BY score DESC, customer_id DESC LIMIT 50"
    );
    runtime()?.block_on(async {
        let mut client = Client::connect(&server.address, &server.token).await?;
        for at in 0..PAGES / 5 {
            let question = questions[at % questions.len()];
            let encoded: String = question.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let began = Stopwatch::now();
            let (status, body) =
                client.call("GET", &format!("/api/v1/customers?search={encoded}&sort=-score&limit=50"), "").await?;
            ours.push(began.elapsed());
            ensure!(status == 200, "{}", String::from_utf8_lossy(&body));
            let needs = bare_question(question);
            let began = Stopwatch::now();
            theirs.push(bare_rows(&bare, &search, &needs).map(|_| began.elapsed())?);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    compared("SQLite: search, p99", &mut ours, &mut theirs);
    Ok(())
}

/// The question as the search index is asked it: the same words, without the product around it.
fn bare_question(text: &str) -> String {
    let needs = zunke_kernel::search::needs(text);
    let any = |need: &zunke_kernel::search::Need| {
        let terms: Vec<String> =
            need.iter().map(|term| format!("\"{}\"{}", term.token, if term.prefix { "*" } else { "" })).collect();
        format!("({})", terms.join(" OR "))
    };
    needs.iter().map(any).collect::<Vec<_>>().join(" AND ")
}

fn bare_rows(bare: &rusqlite::Connection, sql: &str, parameter: &str) -> Result<usize> {
    let mut statement = bare.prepare_cached(sql)?;
    let mut rows = statement.query([parameter])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        std::hint::black_box(row.get::<_, String>(1)?);
        count += 1;
    }
    Ok(count)
}

pub fn compared(name: &str, ours: &mut [Duration], theirs: &mut [Duration]) {
    let (ours, theirs) = (percentile(ours, 0.99), percentile(theirs, 0.99));
    tell(name, "ms", ours, ("bare SQL", theirs), ours / theirs, ("<=", 5.0));
}

/// Memory of a server that nobody calls, on the demo company; and the size of the program.
pub fn idle(binary: &Path, url: &str) -> Result<()> {
    let server = Server::start(binary, url)?;
    std::thread::sleep(Duration::from_secs(10));
    let memory = server.memory_mb()?;
    tell("SQLite: idle memory, demo company", "MB", memory, ("limit", 150.0), memory / 150.0, ("<=", 1.0));
    let size = std::fs::metadata(binary)?.len() as f64 / 1_000_000.0;
    tell("size of the program", "MB", size, ("limit", 60.0), size / 60.0, ("<=", 1.0));
    Ok(())
}

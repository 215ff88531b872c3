//! A slider that moves: changed weights and thresholds tried on everyone, over HTTP on two cores, beside Polars scoring
//! the same customers from columns in memory on the same two cores.

use crate::base::RULES;
use crate::figure::{percentile, tell};
use crate::http::Client;
use crate::orders::AS_OF_DAY;
use crate::serve::Server;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};
use zunke_kernel::Day;
use zunke_store::Db;
use zunke_tiering::store::programmes;

const CALLS: usize = 200;

/// `peer` is the output of `polars_peer.py … scores`: what rules as they are come to, and the seconds of one scoring.
pub fn run(binary: &Path, db: &Db, url: &str, customers: u32, peer: &Path) -> Result<()> {
    db.migrate()?;
    let peer: Value = serde_json::from_str(&std::fs::read_to_string(peer)?)?;
    let polars = peer["score_seconds"].as_f64().context("the peer's seconds of one scoring")? * 1_000.0;
    let programme = db.read(programmes::primary)?.context("no programme; fill first")?.id;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&on_two_cores(binary, folder.path())?, url)?;
    let rules: Value = serde_json::from_str(RULES)?;
    let mut times = Vec::new();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut client = Client::connect(&server.address, &server.token).await?;
        let path = format!("/api/v1/tiering/programmes/{programme}/simulate");
        for at in 0..=CALLS {
            let body = json!({ "rules": moved(&rules, at), "as_of": Day(AS_OF_DAY) }).to_string();
            let began = Stopwatch::now();
            let (status, answer) = client.call("POST", &path, &body).await?;
            let took = began.elapsed();
            ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&answer));
            if at == 0 {
                eprintln!("first simulation, with the image read: {:.2} s", took.as_secs_f64());
                agrees(&serde_json::from_slice(&answer)?, &peer)?;
            } else {
                times.push(took);
            }
        }
        Ok::<_, anyhow::Error>(())
    })?;
    let median = percentile(&mut times.clone(), 0.5);
    tell(
        &format!("SQLite: simulation over HTTP, {customers} customers, two cores, p95"),
        "ms",
        percentile(&mut times, 0.95),
        ("limit", 150.0),
        percentile(&mut times, 0.95) / 150.0,
        ("<=", 1.0),
    );
    let same = "Polars, same scores, columns in memory";
    tell("SQLite: simulation over HTTP, median", "ms", median, (same, polars), median / polars, ("<=", 0.05));
    let memory = server.memory_mb()?;
    tell("SQLite: server with that base in memory", "MB", memory, ("limit", 400.0), memory / 400.0, ("<=", 1.0));
    Ok(())
}

/// The rules with one slider elsewhere: the weight of a dimension or of an indicator, or a threshold.
fn moved(rules: &Value, at: usize) -> Value {
    let mut rules = rules.clone();
    let step = at as f64;
    match at % 4 {
        _ if at == 0 => {}
        0 => rules["score"]["dimensions"][0]["indicators"][1]["weight"] = (20.0 + step / 10.0).into(),
        1 => {
            // The three add up to 100.
            rules["score"]["dimensions"][0]["weight"] = (50.0 - step / 10.0).into();
            rules["score"]["dimensions"][1]["weight"] = (20.0 + step / 10.0).into();
        }
        2 => rules["levels"][1]["entry"]["tests"][0]["value"] = (1_000.0 + step).into(),
        _ => rules["levels"][2]["entry"]["tests"][2]["value"] = (60.0 + step / 20.0).into(),
    }
    rules
}

fn agrees(answer: &Value, peer: &Value) -> Result<()> {
    for (rank, count) in peer["levels"].as_object().context("the peer's levels")? {
        let levels = answer["levels"].as_array().context("levels")?;
        let wanted: u64 = rank.parse()?;
        let ours = levels.iter().find(|level| level["rank"].as_u64() == Some(wanted)).map(|level| &level["customers"]);
        ensure!(ours == Some(count), "rank {rank}: {ours:?} here, {count} there");
    }
    Ok(())
}

/// A command that runs the program on the first two cores only.
pub fn on_two_cores(binary: &Path, folder: &Path) -> Result<std::path::PathBuf> {
    let path = folder.join("zunke");
    let mut file = std::fs::File::create(&path)?;
    writeln!(file, "#!/bin/sh\nexec taskset -c 0,1 '{}' \"$@\"", binary.display())?;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    drop(file);
    std::thread::sleep(Duration::from_millis(10));
    Ok(path)
}

//! Ten thousand tickets whose promise ends in the same minute: how long it takes until everybody is warned, each once.

use crate::figure::tell;
use anyhow::{Context as _, Result, ensure};
use std::time::Instant as Stopwatch;
use zunke_kernel::Instant;
use zunke_service::policy::defaults;
use zunke_service::ticket::{Channel, Kind, SenderKeys};
use zunke_service::{Context, Hooks, NewTicket, Sender, escalation};
use zunke_store::Db;

const PAGE: usize = 500;
/// As the job takes them.
const BATCH: i64 = 250;

/// `url` is a fresh database of either engine.
pub fn run(url: &str, count: usize, now: Instant) -> Result<()> {
    let db = Db::open(url).with_context(|| url.to_owned())?;
    db.migrate()?;
    db.write(|tx| defaults::seed(tx, now))?;
    for from in (0..count).step_by(PAGE) {
        db.write(|tx| {
            let cx = Context::load(tx, now, None)?;
            for at in from..(from + PAGE).min(count) {
                let sender = Sender::Unknown { name: Some(format!("客户{at}")), keys: SenderKeys::default() };
                let new = NewTicket::new(sender, Kind::Complaint, Channel::Api, "How do I pay?", now);
                zunke_service::open(tx, &cx, &new, &Hooks::default())?;
            }
            Ok(())
        })?;
    }
    let waiting = |tx: &mut zunke_store::Tx| {
        tx.query_one("SELECT COUNT(*), MIN(fire_at) FROM clock_alarms WHERE fired_at IS NULL", &[], |row| {
            Ok((row.int(0)?, row.opt_instant(1)?))
        })
    };
    let (before, first) = db.read(waiting)?.context("a count")?;
    let due = first.context("an alarm")?.plus_ms(60_000);
    let began = Stopwatch::now();
    let mut fired = 0;
    loop {
        let taken = db.write(|tx| escalation::fire(tx, due, BATCH))?;
        fired += taken;
        if taken < BATCH {
            break;
        }
    }
    let took = began.elapsed().as_secs_f64();
    let (after, _) = db.read(waiting)?.context("a count")?;
    ensure!(fired == before - after, "{fired} fired, {} gone", before - after);
    ensure!(fired >= i64::try_from(count)?, "{fired} of {count} fired");
    let again = db.write(|tx| escalation::fire(tx, due, BATCH))?;
    ensure!(again == 0, "{again} fired twice");
    let name = format!("{:?}: {count} tickets due in the same minute, all warned", db.engine());
    tell(&name, "s", took, ("limit", 60.0), took / 60.0, ("<=", 1.0));
    Ok(())
}

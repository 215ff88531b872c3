//! Sixteen workers take the next ticket, with 1,000 and with 100,000 waiting, beside the bare engine's conditional update on
//! the same rows.

use crate::figure::tell;
use anyhow::{Context as _, Result, anyhow, ensure};
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Stopwatch;
use zunke_access::{Actor, Permission, Role, Scope};
use zunke_kernel::id::{StaffId, TicketId};
use zunke_kernel::{Instant, Locale};
use zunke_service::queue::claim;
use zunke_service::store::queue::{self, Lane};
use zunke_service::store::tickets;
use zunke_service::ticket::{Channel, Kind, SenderKeys};
use zunke_service::{Context, Hooks, NewTicket, Sender};
use zunke_store::{Db, Engine, Value};

const WORKERS: usize = 16;
/// Tickets taken by all of them together in one run.
const CLAIMS: usize = 480;
const PAGE: u32 = 24;
const NOW: Instant = Instant(1_800_259_200_000);

/// Measures on two fresh databases of one engine, with `few` and `many` waiting tickets.
pub fn run(few: &str, many: &str) -> Result<()> {
    let (few, many) = (Stage::new(few, 1_000)?, Stage::new(many, 100_000)?);
    let engine = many.db.engine();
    // Each of the two in turn, so that both meet the same machine; the first round warms up.
    let mut rows = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for round in 0..4 {
        let rates = [few.rows()?, many.rows()?, many.bare()?, many.whole()?];
        if round > 0 {
            rows.iter_mut().zip(rates).for_each(|(all, rate)| all.push(rate));
        }
    }
    let [few, many, bare, whole] = rows.map(median);
    let name = |what: &str| format!("{engine:?}: {what}, {WORKERS} workers");
    tell(
        &name("claim of the next of 100,000 tickets"),
        "claims/s",
        many,
        ("bare conditional update", bare),
        many / bare,
        (">=", 0.5),
    );
    tell(
        &name("claim of the next, 100,000 beside 1,000 tickets"),
        "claims/s",
        many,
        ("1,000 tickets", few),
        many / few,
        (">=", 0.8),
    );
    tell(
        &name("claim with state, events, clocks and notice in one transaction"),
        "claims/s",
        whole,
        ("bare conditional update", bare),
        whole / bare,
        (">=", 0.05),
    );
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(0.0)
}

/// A database with waiting tickets, brought back to that before every run.
struct Stage {
    db: Db,
}

impl Stage {
    fn new(url: &str, waiting: usize) -> Result<Self> {
        let db = Db::open(url).with_context(|| url.to_owned())?;
        db.migrate()?;
        let sender = Sender::Unknown { name: Some("bench".into()), keys: SenderKeys::default() };
        let new = NewTicket::new(sender, Kind::Question, Channel::Api, "How do I pay?", NOW);
        let first = db.write(|tx| {
            let cx = Context::load(tx, NOW, None)?;
            zunke_service::open(tx, &cx, &new, &Hooks::default())
        })?;
        let template =
            db.read(|tx| tickets::find(tx, first.ticket()))?.ok_or_else(|| anyhow!("the first ticket is not there"))?;
        let numbers: Vec<usize> = (1..waiting).collect();
        for page in numbers.chunks(1_000) {
            db.write(|tx| {
                for number in page {
                    let mut ticket = template.clone();
                    ticket.id = TicketId::new(NOW);
                    ticket.number = i64::try_from(*number).unwrap_or(0) + 1;
                    // One in ten is a VIP's, and they came one a second.
                    ticket.level_rank = if number % 10 == 0 { 4 } else { 0 };
                    ticket.opened_at = NOW.plus_secs(-ticket.number);
                    tickets::insert(tx, &ticket)?;
                    zunke_service::queue::place(tx, &ticket)?;
                }
                Ok(())
            })?;
        }
        if db.engine() == Engine::Postgres {
            db.write(|tx| tx.execute("ANALYZE ticket_queue", &[]))?;
        }
        Ok(Self { db })
    }

    /// Puts everything back into the queue.
    fn reset(&self) -> Result<()> {
        self.db.write(|tx| {
            tx.execute("UPDATE ticket_queue SET assignee_id = NULL WHERE assignee_id IS NOT NULL", &[])?;
            tx.execute("UPDATE tickets SET assignee_id = NULL WHERE assignee_id IS NOT NULL", &[])
        })?;
        Ok(())
    }

    /// Runs `take` on all workers until enough are taken; answers the claims a second, after making sure that none was taken
    /// twice.
    fn race(&self, take: impl Fn(&Db, StaffId, usize) -> Result<Option<TicketId>> + Sync) -> Result<f64> {
        self.reset()?;
        let (begun, taken) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let watch = Stopwatch::now();
        std::thread::scope(|scope| -> Result<()> {
            let worker = || -> Result<()> {
                let me = StaffId::new(NOW);
                let mut mine = Vec::new();
                loop {
                    let at = begun.fetch_add(1, Ordering::Relaxed);
                    if at >= CLAIMS {
                        break;
                    }
                    mine.push(take(&self.db, me, at)?.ok_or_else(|| anyhow!("the queue is empty"))?);
                }
                taken.lock().map_err(|_| anyhow!("a worker failed"))?.extend(mine);
                Ok(())
            };
            let hands: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
            hands.into_iter().try_for_each(|hand| hand.join().map_err(|_| anyhow!("a worker failed"))?)
        })?;
        let seconds = watch.elapsed().as_secs_f64();
        let taken = taken.into_inner().map_err(|_| anyhow!("a worker failed"))?;
        let once: HashSet<TicketId> = taken.iter().copied().collect();
        ensure!(taken.len() == CLAIMS && once.len() == CLAIMS, "{} claims of {} tickets", taken.len(), once.len());
        Ok(CLAIMS as f64 / seconds)
    }

    /// The claim of the queue's row: what is looked at, and the conditional update.
    fn rows(&self) -> Result<f64> {
        self.race(|db, me, at| {
            Ok(db.write(|tx| {
                let mut lost = false;
                loop {
                    let guarded = queue::heads(tx, (Lane::Guard, NOW), &[None], None, PAGE)?;
                    let mut heads = guarded;
                    heads.extend(queue::heads(tx, (Lane::Turn, NOW), &[None], None, PAGE)?);
                    if heads.is_empty() {
                        return Ok(None);
                    }
                    let from = if lost { at % heads.len() } else { 0 };
                    for head in heads.iter().cycle().skip(from).take(heads.len()) {
                        if queue::win(tx, head.ticket, me)? {
                            return Ok(Some(head.ticket));
                        }
                    }
                    lost = true;
                }
            })?)
        })
    }

    /// The claim as the API makes it.
    fn whole(&self) -> Result<f64> {
        self.race(|db, me, at| {
            let actor = Actor {
                staff: me,
                name: "bench".into(),
                login: "bench".into(),
                role: Role::OperationsManager,
                role_key: None,
                department: None,
                scope: Scope::all(),
                locale: Locale::Zh,
                permissions: Permission::ALL.iter().copied().collect(),
                fields: std::sync::Arc::default(),
                key: None,
                seen_by: None,
            };
            let coin = u8::try_from(at % 100).unwrap_or(0);
            let taken = db.write(|tx| {
                let cx = Context::of(tx, NOW, &actor)?;
                claim::next(tx, &cx, &Hooks::default(), &actor, coin)
            })?;
            Ok(taken.map(|taken| taken.ticket))
        })
    }

    /// What one would write by hand, and nothing else.
    fn bare(&self) -> Result<f64> {
        let sql = "UPDATE ticket_queue SET assignee_id = $1 WHERE ticket_id = (
                     SELECT ticket_id FROM ticket_queue WHERE assignee_id IS NULL AND active AND group_id IS NULL
                     ORDER BY turn_at, ticket_id LIMIT 1) AND assignee_id IS NULL RETURNING ticket_id";
        self.race(|db, me, _| {
            loop {
                let params: [Value; 1] = [me.into()];
                let taken = db.write(|tx| tx.query_one(sql, &params, |row| row.id(0, TicketId)))?;
                // Lost to another worker at the same moment: again.
                if taken.is_some() {
                    return Ok(taken);
                }
            }
        })
    }
}

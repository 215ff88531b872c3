//! The image of everyone, read from the database by several threads at once.
//!
//! One thread walks the customers and hands out runs of them; the others read the days and standings of a run on one
//! snapshot each. Whoever changes while this goes on has a new revision, which the writer of results sees.

use crate::bucket;
use crate::image::{Image, Partition, Recorded};
use crate::indicator::attributes;
use crate::inputs;
use crate::rules::Rules;
use std::sync::{Mutex, PoisonError, mpsc};
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId};
use zunke_kernel::{Day, Error, Result};
use zunke_store::Db;

/// Customers in one run.
pub const RUN: usize = 16_384;

struct Run {
    place: usize,
    customers: Vec<(CustomerId, Option<Day>)>,
}

/// Reads everyone who is not archived, with what is on record for a programme.
pub fn image(db: &Db, programme: Option<ProgrammeId>) -> Result<Image> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8);
    let (sender, receiver) = mpsc::sync_channel::<Run>(threads * 2);
    let receiver = Mutex::new(receiver);
    let done: Mutex<Vec<(usize, Partition)>> = Mutex::default();
    let failed: Mutex<Option<Error>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(run) = next else { break };
                    let place = run.place;
                    match partition(db, programme, &run) {
                        Ok(partition) => {
                            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, partition));
                        }
                        Err(error) => {
                            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        }
                    }
                }
            });
        }
        if let Err(error) = walk(db, &sender) {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        drop(sender);
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    Ok(Image { partitions: done.into_iter().map(|(_, partition)| partition).collect() })
}

/// Like [`image`], with the attributes that rules name, as they are on a day.
pub fn image_for(db: &Db, programme: ProgrammeId, rules: &Rules, as_of: Day) -> Result<Image> {
    let mut image = image(db, Some(programme))?;
    let names = attributes(&rules.indicators);
    if !names.is_empty() {
        db.read(|tx| inputs::keep(tx, &mut image, &names, as_of))?;
    }
    Ok(image)
}

fn walk(db: &Db, sender: &mpsc::SyncSender<Run>) -> Result<()> {
    db.read(|tx| {
        let mut place = 0;
        let mut customers = Vec::with_capacity(RUN);
        let mut send = |customers: Vec<_>| {
            sender.send(Run { place, customers }).map_err(|_| Error::internal("the readers of the image are gone"))?;
            place += 1;
            Ok(())
        };
        tx.for_each("SELECT customer_id, status, joined_day FROM customers ORDER BY customer_id", &[], |row| {
            if row.str(1)? == "active" {
                customers.push((row.id(0, CustomerId)?, row.opt_day(2)?));
                if customers.len() == RUN {
                    send(std::mem::replace(&mut customers, Vec::with_capacity(RUN)))?;
                }
            }
            Ok(())
        })?;
        if customers.is_empty() { Ok(()) } else { send(customers) }
    })
}

fn partition(db: &Db, programme: Option<ProgrammeId>, run: &Run) -> Result<Partition> {
    let (Some((first, _)), Some((last, _))) = (run.customers.first(), run.customers.last()) else {
        return Ok(Partition::default());
    };
    let range = [(*first).into(), (*last).into()];
    let mut partition = Partition::default();
    db.read(|tx| {
        let mut at = 0;
        let mut year_known = (i64::MIN, Day(0));
        tx.for_each(
            "SELECT customer_id, year, days FROM measure_buckets
             WHERE customer_id >= $1 AND customer_id <= $2 ORDER BY customer_id, year",
            &range,
            |row| {
                let id = row.id(0, CustomerId)?;
                while at < run.customers.len() && run.customers[at].0 <= id {
                    partition.push(run.customers[at].0, run.customers[at].1);
                    at += 1;
                }
                // Days of someone archived, or come since the walk, are not for this run.
                if partition.last() == Some(id) {
                    let year = row.int(1)?;
                    if year != year_known.0 {
                        year_known = (year, bucket::first_of(i16::try_from(year).unwrap_or(i16::MAX)));
                    }
                    partition.push_year(year_known.1, row.slice(2)?);
                }
                Ok(())
            },
        )?;
        for (id, joined) in &run.customers[at..] {
            partition.push(*id, *joined);
        }
        let Some(programme) = programme else { return Ok(()) };
        let mut at = 0;
        tx.for_each(
            "SELECT customer_id, programme_id, level_id, level_rank, since, fingerprint, revision FROM standings
             WHERE customer_id >= $1 AND customer_id <= $2 ORDER BY customer_id",
            &range,
            |row| {
                let id = row.id(0, CustomerId)?;
                if row.id(1, ProgrammeId)? != programme {
                    return Ok(());
                }
                while at < partition.len() && partition.id(at) < id {
                    at += 1;
                }
                if at < partition.len() && partition.id(at) == id {
                    let recorded = Recorded {
                        level: row.opt_id(2, LevelId)?,
                        rank: u8::try_from(row.int(3)?).unwrap_or(0),
                        since: row.day(4)?,
                        fingerprint: row.int(5)?,
                        revision: row.int(6)?,
                    };
                    partition.record(at, recorded);
                }
                Ok(())
            },
        )
    })?;
    partition.shrink();
    Ok(partition)
}

//! The image of everyone, read from the database by several threads at once.
//!
//! One thread walks the ids and hands out ranges of them; the others read customers, days and standings of a range on one
//! snapshot each. Whoever changes while this goes on has a new revision, which the writer of results sees.

use crate::bucket;
use crate::image::{Image, Partition, Recorded};
use crate::indicator::attributes;
use crate::inputs;
use crate::potential;
use crate::rules::Rules;
use crate::store::programmes;
use std::sync::{Mutex, PoisonError, mpsc};
use zunke_customers::headline;
use zunke_kernel::id::{CustomerId, LevelId, ProgrammeId};
use zunke_kernel::{Day, Error, Result};
use zunke_store::Db;

/// Customers in one run.
pub const RUN: usize = 16_384;

/// Customers between two ids, both included.
struct Run {
    place: usize,
    first: CustomerId,
    last: CustomerId,
}

/// Reads everyone who is not archived, with what is on record for a programme.
pub fn image(db: &Db, programme: Option<ProgrammeId>) -> Result<Image> {
    let primary = programme.is_some() && db.read(programmes::primary)?.map(|known| known.id) == programme;
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
                    match partition(db, programme, primary, &run) {
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

/// Reads the ids alone, which stand in an index of their own.
fn walk(db: &Db, sender: &mpsc::SyncSender<Run>) -> Result<()> {
    db.read(|tx| {
        let mut place = 0;
        let mut run: Option<(CustomerId, CustomerId, usize)> = None;
        let mut send = |first, last| {
            sender
                .send(Run { place, first, last })
                .map_err(|_| Error::internal("the readers of the image are gone"))?;
            place += 1;
            Ok(())
        };
        tx.for_each("SELECT customer_id FROM customers ORDER BY customer_id", &[], |row| {
            let id = row.id(0, CustomerId)?;
            let (first, count) = run.map_or((id, 1), |(first, _, count)| (first, count + 1));
            run = Some((first, id, count));
            if count == RUN {
                run = None;
                send(first, id)?;
            }
            Ok(())
        })?;
        run.map_or(Ok(()), |(first, last, _)| send(first, last))
    })
}

fn partition(db: &Db, programme: Option<ProgrammeId>, primary: bool, run: &Run) -> Result<Partition> {
    let range = [run.first.into(), run.last.into()];
    let mut partition = Partition::default();
    db.read(|tx| {
        let mut customers = Vec::with_capacity(RUN);
        tx.for_each(
            "SELECT customer_id, status, joined_day FROM customers
             WHERE customer_id >= $1 AND customer_id <= $2 ORDER BY customer_id",
            &range,
            |row| {
                if row.str(1)? == "active" {
                    customers.push((row.id(0, CustomerId)?, row.opt_day(2)?));
                }
                Ok(())
            },
        )?;
        let mut at = 0;
        let mut year_known = (i64::MIN, Day(0));
        tx.for_each(
            "SELECT customer_id, year, days FROM measure_buckets
             WHERE customer_id >= $1 AND customer_id <= $2 ORDER BY customer_id, year",
            &range,
            |row| {
                let id = row.id(0, CustomerId)?;
                while at < customers.len() && customers[at].0 <= id {
                    partition.push(customers[at].0, customers[at].1);
                    at += 1;
                }
                // Days of someone archived are not for this run.
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
        for (id, joined) in &customers[at..] {
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
                        potential: 0,
                        since: row.day(4)?,
                        fingerprint: row.int(5)?,
                        revision: row.int(6)?,
                    };
                    partition.record(at, recorded);
                }
                Ok(())
            },
        )?;
        if !primary {
            return Ok(());
        }
        headline::each_potential(tx, run.first, run.last, |id, strength| {
            partition.keep_potential(id, potential::code(strength));
        })
    })?;
    partition.shrink();
    Ok(partition)
}

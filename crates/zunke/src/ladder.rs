//! A first ladder for a company that has none: its thresholds are drawn from its own customers, so that about a fifth
//! of the buyers stand above the lowest level, whatever the currency and the size.

use zunke_access::settings;
use zunke_kernel::{Day, Error, Instant, Result};
use zunke_store::{Db, audit};
use zunke_tiering::evaluate::{Evaluator, Scratch};
use zunke_tiering::rules::Rules;
use zunke_tiering::store::{load, programmes};
use zunke_tiering::templates::{self, Percentiles};

/// The template that is taken.
pub const TEMPLATE: &str = "own_data";

/// Publishes the first ladder where nothing is published yet; answers its template, or `None` where there was one.
pub fn ensure(db: &Db, now: Instant, as_of: Option<Day>) -> Result<Option<&'static str>> {
    ensure_with(db, now, as_of, |_| ())
}

/// The same, with something changed in its rules.
pub fn ensure_with(
    db: &Db,
    now: Instant,
    as_of: Option<Day>,
    change: impl FnOnce(&mut Rules),
) -> Result<Option<&'static str>> {
    if !db.read(programmes::active)?.is_empty() {
        return Ok(None);
    }
    let organisation = db.read(settings::load)?;
    let as_of = as_of.unwrap_or_else(|| settings::today(&organisation, now));
    let own = own(db, now, as_of)?;
    let face = templates::face(TEMPLATE).ok_or_else(|| Error::internal("the template is gone"))?;
    let mut rules =
        templates::build(TEMPLATE, now, own.as_ref()).ok_or_else(|| Error::internal("the template is gone"))?;
    change(&mut rules);
    db.write(|tx| {
        if !programmes::active(tx)?.is_empty() {
            return Ok(None);
        }
        let id = match programmes::primary(tx)? {
            Some(programme) => programme.id,
            None => programmes::create(tx, now, &face.name, TEMPLATE, &rules)?,
        };
        let version = programmes::publish(tx, now, id, &rules, &face.name.zh, None)?;
        let detail = serde_json::json!({ "template": TEMPLATE, "version": version.id });
        audit::write(tx, now, None, "programme.publish", &id.to_string(), &detail)?;
        Ok(Some(TEMPLATE))
    })
}

/// What buyers of the last year are like; `None` without any.
fn own(db: &Db, now: Instant, as_of: Day) -> Result<Option<Percentiles>> {
    let Some(rules) = templates::build(TEMPLATE, now, None) else { return Ok(None) };
    let fact = |id: &str| rules.fact(id).ok_or_else(|| Error::internal(format!("the template has no {id}")));
    let (spend, per_order, orders) = (fact("net_spend_365")?, fact("per_order_365")?, fact("orders_365")?);
    let image = load::image(db, None)?;
    let cuts = image.cuts(&rules, as_of);
    let evaluator = Evaluator::new(&rules, as_of, &cuts);
    let mut scratch = Scratch::default();
    let mut values: [Vec<f64>; 3] = Default::default();
    for partition in &image.partitions {
        for at in 0..partition.len() {
            evaluator.gather(partition.days(at), &mut scratch);
            evaluator.assess(&mut scratch, partition.profile(at, &evaluator.plan), &cuts);
            if scratch.facts[orders] > 0.0 {
                for (values, fact) in values.iter_mut().zip([spend, per_order, orders]) {
                    values.push(scratch.facts[fact]);
                }
            }
        }
    }
    let [net_spend, per_order, orders] = &mut values;
    let drawn = (templates::percentiles(net_spend), templates::percentiles(per_order), templates::percentiles(orders));
    let (Some(net_spend), Some(per_order), Some(orders)) = drawn else { return Ok(None) };
    Ok(Some(Percentiles { net_spend, per_order, orders }))
}

//! Lifetime value beside the Python package lifetimes: the same customers, the same two models.

use crate::figure::tell;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::time::Instant as Stopwatch;
use zunke_tiering::ltv::base::Buyer;
use zunke_tiering::ltv::bgnbd::{self, BgNbd, Groups};
use zunke_tiering::ltv::fit::{Asked, Model, Unit};
use zunke_tiering::ltv::gamma_gamma::{self, GammaGamma, Values};
use zunke_tiering::ltv::{average::Average, sample};

const BUYING: BgNbd = BgNbd { r: 0.45, alpha: 5.0, a: 0.8, b: 2.5 };
const WORTH: GammaGamma = GammaGamma { p: 6.25, q: 3.74, v: 154.4 };

fn customers(count: u32) -> Vec<Buyer> {
    sample::customers(count, 730, 365, &BUYING, &WORTH, 11)
}

/// The customers for the peer, time in weeks.
pub fn csv(file: &Path, count: u32) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "x,recency,age,mean")?;
    for buyer in customers(count) {
        let weeks = |days: u32| f64::from(days) / 7.0;
        writeln!(out, "{},{},{},{}", buyer.x, weeks(buyer.recency), weeks(buyer.age), buyer.mean())?;
    }
    out.flush()?;
    Ok(())
}

/// `peer` is the output of `lifetimes_peer.py` on the same customers.
pub fn run(count: u32, peer: &Path) -> Result<()> {
    let peer: Value = serde_json::from_str(&std::fs::read_to_string(peer)?)?;
    let number = |path: &str| peer.pointer(path).and_then(Value::as_f64).with_context(|| format!("the peer's {path}"));
    let buyers = customers(count);
    let mut times = Vec::new();
    let mut found = None;
    for _ in 0..5 {
        let began = Stopwatch::now();
        // From the same three numbers per customer that the peer is given; grouping them is in the time.
        let groups = Groups::new(buyers.iter().map(|buyer| (buyer.x, buyer.recency, buyer.age)).collect());
        let (buying, optimum) = bgnbd::fit(&groups, 7.0);
        let one = began.elapsed().as_secs_f64();
        let began = Stopwatch::now();
        let values = Values::new(buyers.iter().map(|buyer| (buyer.x, buyer.mean())).collect());
        let (worth, value) = gamma_gamma::fit(&values);
        times.push((one, began.elapsed().as_secs_f64()));
        ensure!(optimum.converged && value.converged, "no optimum was found");
        found = Some((groups, buying, optimum, values, worth, value));
    }
    let (groups, buying, optimum, values, worth, value) = found.context("a fit")?;
    eprintln!(
        "{count} customers, {} groups, {} and {} evaluations",
        groups.rows().len(),
        optimum.evaluations,
        value.evaluations
    );
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let bought = median(times.iter().map(|(one, _)| *one).collect());
    let valued = median(times.iter().map(|(_, other)| *other).collect());

    // The same optimum to four digits, and a likelihood that is no worse.
    let theirs = BgNbd {
        r: number("/bg_nbd/r")?,
        alpha: number("/bg_nbd/alpha")?,
        a: number("/bg_nbd/a")?,
        b: number("/bg_nbd/b")?,
    };
    let there = bgnbd::log_likelihood(&groups, 7.0, theirs).value;
    eprintln!("BG/NBD {buying:?} {}\n  peer {theirs:?} {there}", optimum.value);
    ensure!(optimum.value >= there - 1e-9 * there.abs(), "the peer's likelihood is better");
    let near = |name: &str, ours: f64, theirs: f64| {
        let off = (ours / theirs - 1.0).abs();
        // Where the peer stopped short its likelihood says so.
        ensure!(off < 5e-4, "{name}: {ours} here, {theirs} there");
        if off > 5e-5 {
            eprintln!("{name} differs by {off:.1e}");
        }
        Ok(())
    };
    near("r", buying.r, theirs.r)?;
    near("alpha", buying.alpha, theirs.alpha)?;
    near("a", buying.a, theirs.a)?;
    near("b", buying.b, theirs.b)?;
    let theirs =
        GammaGamma { p: number("/gamma_gamma/p")?, q: number("/gamma_gamma/q")?, v: number("/gamma_gamma/v")? };
    let there = gamma_gamma::log_likelihood(&values, theirs).value;
    eprintln!("Gamma-Gamma {worth:?} {}\n  peer {theirs:?} {there}", value.value);
    ensure!(value.value >= there - 1e-9 * there.abs(), "the peer's likelihood is better");
    near("p", worth.p, theirs.p)?;
    near("q", worth.q, theirs.q)?;
    near("v", worth.v, theirs.v)?;

    let model = Model { unit: Unit::Week, buying: Some(buying), worth: Some(worth), average: Average::of(&buyers) };
    let asked = Asked { unit: Unit::Week, horizon: 52.0, discount: 0.1 };
    let mut times = Vec::new();
    let mut sums = (0.0, 0.0);
    for _ in 0..5 {
        let began = Stopwatch::now();
        let figures = model.figures(&buyers, &asked);
        times.push(began.elapsed().as_secs_f64());
        sums = (figures.iter().map(|f| f.expected_purchases).sum(), figures.iter().map(|f| f.p_alive).sum());
    }
    ensure!((sums.0 / number("/expected")? - 1.0).abs() < 1e-3, "expected {} here, {} there", sums.0, peer["expected"]);
    ensure!((sums.1 / number("/alive")? - 1.0).abs() < 1e-3, "alive {} here, {} there", sums.1, peer["alive"]);
    let predicted = median(times);

    let (one, other) = (number("/bg_nbd_seconds")?, number("/gamma_gamma_seconds")?);
    tell(&format!("LTV: BG/NBD fit, {count} customers"), "s", bought, ("lifetimes", one), one / bought, (">=", 40.0));
    tell(
        &format!("LTV: Gamma-Gamma fit, {count} customers"),
        "s",
        valued,
        ("lifetimes", other),
        other / valued,
        (">=", 40.0),
    );
    tell(
        &format!("LTV: both fits, {count} customers"),
        "s",
        bought + valued,
        ("lifetimes", one + other),
        (one + other) / (bought + valued),
        (">=", 40.0),
    );
    if count >= 1_000_000 {
        tell(
            &format!("LTV: figures of {count} customers"),
            "s",
            predicted,
            ("limit", 2.0),
            predicted / 2.0,
            ("<=", 1.0),
        );
    }
    Ok(())
}

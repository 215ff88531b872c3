//! How figures are told: one line of JSON each, the product beside its peer.

use std::time::Duration;

/// Prints a figure: what was measured, ours, the peer's, their ratio, and the limit that the ratio must keep.
pub fn tell(name: &str, unit: &str, ours: f64, peer: (&str, f64), ratio: f64, limit: (&str, f64)) {
    let kept = if limit.0 == ">=" { ratio >= limit.1 } else { ratio <= limit.1 };
    let line = serde_json::json!({
        "figure": name, "unit": unit, "ours": round(ours), "peer": peer.0, "peers": round(peer.1),
        "ratio": round(ratio), "limit": format!("{} {}", limit.0, limit.1), "kept": kept,
    });
    println!("{line}");
}

/// A value of a list of times at a share of it (0.99 for the 99th percentile), in milliseconds.
pub fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand times")]
    let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
    times[at].as_secs_f64() * 1_000.0
}

fn round(value: f64) -> f64 {
    let digits = if value.abs() >= 100.0 { 1.0 } else { 1_000.0 };
    (value * digits).round() / digits
}

//! The peer "the same database's own SQL": facts, grades, score and level of every customer from the stored
//! orders, as one would write it by hand. Built from the same `rules.json`.

use serde_json::Value;
use std::fmt::Write as _;

fn step(column: &str, bands: &[Value]) -> String {
    let mut sql = "CASE".to_owned();
    for band in bands.iter().rev() {
        let _ = write!(sql, " WHEN {column} >= {} THEN {}", float(&band["from"]), float(&band["points"]));
    }
    sql + " ELSE 0.0 END"
}

fn linear(column: &str, bands: &[Value]) -> String {
    let at = |k: usize| bands[k]["at"].as_f64().unwrap_or(0.0);
    let points = |k: usize| bands[k]["points"].as_f64().unwrap_or(0.0);
    let last = bands.len() - 1;
    let mut sql = format!("CASE WHEN {column} IS NULL THEN 0.0 WHEN {column} < {:?} THEN {:?}", at(0), points(0));
    for k in 0..last {
        let slope = (points(k + 1) - points(k)) / (at(k + 1) - at(k));
        let _ =
            write!(sql, " WHEN {column} < {:?} THEN {:?} + {slope:?} * ({column} - {:?})", at(k + 1), points(k), at(k));
    }
    format!("{sql} ELSE {:?} END", points(last))
}

fn float(value: &Value) -> String {
    format!("{:?}", value.as_f64().unwrap_or(0.0))
}

fn score(rules: &Value) -> String {
    let empty = Vec::new();
    let mut terms = Vec::new();
    for dimension in rules["score"]["dimensions"].as_array().unwrap_or(&empty) {
        let parts = dimension["indicators"].as_array().unwrap_or(&empty);
        let whole: f64 = parts.iter().filter_map(|part| part["weight"].as_f64()).sum();
        for part in parts {
            let column = part["indicator"].as_str().unwrap_or_default();
            let points = match part["bands"]["step"].as_array() {
                Some(bands) => step(column, bands),
                None => linear(column, part["bands"]["linear"].as_array().unwrap_or(&empty)),
            };
            let weight = part["weight"].as_f64().unwrap_or(0.0) / whole * dimension["weight"].as_f64().unwrap_or(0.0);
            terms.push(format!("{:?} * ({points})", weight / 100.0));
        }
    }
    terms.join("\n + ")
}

fn level(rules: &Value) -> String {
    let empty = Vec::new();
    let mut sql = "CASE".to_owned();
    for level in rules["levels"].as_array().unwrap_or(&empty).iter().rev() {
        let tests = level["entry"]["tests"].as_array().unwrap_or(&empty);
        let guards = level["guards"].as_array().unwrap_or(&empty);
        let holds: Vec<String> = tests
            .iter()
            .chain(guards)
            .map(|test| {
                let sign = match test["is"].as_str() {
                    Some("at_least") => ">=",
                    Some("more_than") => ">",
                    Some("at_most") => "<=",
                    _ => "<",
                };
                format!("{} {sign} {}", test["fact"].as_str().unwrap_or_default(), float(&test["value"]))
            })
            .collect();
        let holds = if holds.is_empty() { "1 = 1".to_owned() } else { holds.join(" AND ") };
        let _ = write!(sql, " WHEN {holds} THEN {}", level["rank"]);
    }
    sql + " ELSE 0 END"
}

/// The cut of an axis: the value at place ⌈k·n/5⌉ of the rising order, for k = 1 to 4.
fn cuts(axis: &str, column: &str) -> String {
    (1..=4)
        .map(|k| {
            format!(
                "(SELECT {column} FROM facts WHERE orders > 0 ORDER BY {column} LIMIT 1 \
                 OFFSET (SELECT ({k} * COUNT(*) + 4) / 5 - 1 FROM facts WHERE orders > 0)) AS {axis}{k}"
            )
        })
        .collect::<Vec<_>>()
        .join(",\n")
}

fn grade(axis: &str, column: &str) -> String {
    let above = |k: u8| format!("CASE WHEN {column} > {axis}{k} THEN 1 ELSE 0 END");
    format!("1 + {} + {} + {} + {}", above(1), above(2), above(3), above(4))
}

/// Statements in order: temporary facts, temporary cuts, and the answer (rank, customers, sum of scores, sum of RFM codes).
#[must_use]
pub fn statements(rules: &Value, as_of: i32) -> [String; 3] {
    let from = as_of - 364;
    let facts = format!(
        "CREATE TEMPORARY TABLE facts AS
         SELECT customer_id, spend, orders, {as_of} - last_day AS recency, last_day - {as_of} AS near,
                ({as_of} - first_day) / 365.25 AS years,
                CASE WHEN orders > 0 THEN spend / orders END AS average
         FROM (SELECT customer_id,
                      SUM(CASE WHEN day >= {from} THEN amount ELSE 0 END) / 10000.0 AS spend,
                      SUM(CASE WHEN day >= {from} THEN 1 ELSE 0 END) AS orders,
                      MAX(day) AS last_day, MIN(day) AS first_day
               FROM activities WHERE kind = 'order' AND day <= {as_of} GROUP BY customer_id) AS sums"
    );
    let limits = format!(
        "CREATE TEMPORARY TABLE limits AS SELECT {},\n{},\n{}",
        cuts("r", "near"),
        cuts("f", "orders"),
        cuts("m", "spend")
    );
    let answer = format!(
        "SELECT rank, COUNT(*), SUM(score), CAST(SUM(grade) AS BIGINT) FROM (
           SELECT {} AS rank, score, grade FROM (
             SELECT facts.*, CASE WHEN orders > 0 THEN 100 * ({}) + 10 * ({}) + ({}) ELSE 0 END AS grade,
             {} AS score
             FROM facts, limits) AS scored) AS levelled GROUP BY rank ORDER BY rank",
        level(rules),
        grade("r", "near"),
        grade("f", "orders"),
        grade("m", "spend"),
        score(rules)
    );
    [facts, limits, answer]
}

//! What this room holds of a person. Levels and figures stay for the sums and for the history of the rules; what a
//! person wrote about him, and what is only forecast of him, goes.

use serde_json::json;
use zunke_customers::privacy::{Fate, Holder, Line, Removed, Section, count, execute, rows};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Instant, Result, Text};
use zunke_store::Tx;

/// The room of levels as a holder.
#[derive(Clone, Copy, Debug, Default)]
pub struct LevelHolder;

const TABLES: &[(&str, Fate)] = &[
    ("measure_buckets", Fate::Kept),
    ("standings", Fate::Kept),
    ("decisions", Fate::Blanked),
    ("level_layers", Fate::Erased),
    ("level_notices", Fate::Kept),
    ("level_queue", Fate::Blanked),
    ("ltv_values", Fate::Erased),
    ("customer_potentials", Fate::Erased),
];

impl Holder for LevelHolder {
    fn room(&self) -> &'static str {
        "tiering"
    }

    fn tables(&self) -> &'static [(&'static str, Fate)] {
        TABLES
    }

    fn copy(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Section>> {
        let columns = [
            ("as_of", "评定日", "As of"),
            ("from", "原等级", "From"),
            ("to", "新等级", "To"),
            ("score", "评分", "Score"),
            ("why", "理由", "Reason"),
        ];
        let decisions = rows(
            tx,
            Section::new("levels", ("等级评定", "Level decisions"), &columns),
            "SELECT as_of, from_rank, to_rank, score, reason FROM decisions WHERE customer_id = $1
             ORDER BY decided_at, decision_id",
            customer,
            |row| {
                let why: Text = row.json(4)?;
                Ok(vec![json!(row.day(0)?), json!(row.int(1)?), json!(row.int(2)?), json!(row.real(3)?), json!(why.zh)])
            },
        )?;
        let columns = [
            ("orders", "预计订单数", "Expected orders"),
            ("value", "预计价值", "Expected value"),
            ("alive", "活跃概率", "Probability of being active"),
        ];
        let forecast = rows(
            tx,
            Section::new("forecast", ("价值预测", "Forecast of value"), &columns),
            "SELECT purchases, ltv, p_alive FROM ltv_values WHERE customer_id = $1",
            customer,
            |row| Ok(vec![json!(row.real(0)?), json!(row.real(1)?), json!(row.real(2)?)]),
        )?;
        Ok(vec![decisions, forecast])
    }

    fn erase(&self, tx: &mut Tx, now: Instant, customer: CustomerId) -> Result<Removed> {
        let layers = execute(tx, "DELETE FROM level_layers WHERE customer_id = $1", customer)?;
        let forecasts = execute(tx, "DELETE FROM ltv_values WHERE customer_id = $1", customer)?
            + execute(tx, "DELETE FROM customer_potentials WHERE customer_id = $1", customer)?;
        let plain = serde_json::to_string(&Text::new("由员工调整", "Set by a person")).unwrap_or_default();
        tx.execute(
            "UPDATE decisions SET reason = $1 WHERE customer_id = $2 AND cause = 'person'",
            &[plain.into(), customer.into()],
        )?;
        tx.execute(
            "UPDATE level_queue SET reason = NULL, why = '{\"zh\":\"\",\"en\":\"\"}',
               state = CASE WHEN state = 'open' THEN 'lapsed' ELSE state END, decided_at = COALESCE(decided_at, $1),
               version = version + 1
             WHERE customer_id = $2",
            &[now.into(), customer.into()],
        )?;
        let decisions = count(tx, "SELECT COUNT(*) FROM decisions WHERE customer_id = $1", customer)?;
        Ok(Removed {
            lines: vec![
                Line::new(
                    Fate::Erased,
                    layers + forecasts,
                    ("人工等级、价值预测和潜力", "Levels set by hand, forecasts of value and potential"),
                    ("已删除", "Deleted"),
                ),
                Line::new(
                    Fate::Kept,
                    decisions,
                    ("等级评定的数值和规则版本", "Figures and versions of the rules of level decisions"),
                    (
                        "用于统计和规则复盘，已不能识别到个人；员工填写的理由已删除",
                        "For statistics and for looking back at the rules; they tell nothing of the person, and reasons that staff wrote are deleted",
                    ),
                ),
            ],
            files: Vec::new(),
        })
    }
}

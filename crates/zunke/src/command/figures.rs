//! `zunke evaluate` and `zunke stats`: who the VIPs are, and what is in the database.

use crate::cli::{Evaluate, Stats};
use crate::output::{Output, grouped, table};
use crate::{clock, fingerprint, ladder};
use serde::Serialize;
use serde_json::json;
use zunke_access::settings::{self, Guards};
use zunke_customers::{CustomerQuery, Sort, SortKey};
use zunke_kernel::id::CustomerId;
use zunke_kernel::{Day, Error, Money, Result};
use zunke_store::Db;
use zunke_tiering::stats;

/// Customers that an evaluation names.
const NAMED: u32 = 10;

#[derive(Serialize)]
struct Vip {
    id: CustomerId,
    name: String,
    rank: i64,
    score: Option<f64>,
    orders: i64,
    net_spend: Money,
    last_order_day: Option<Day>,
}

pub fn evaluate(db: &Db, asked: &Evaluate, output: Output) -> Result<()> {
    let published = ladder::ensure(db, clock::now(), asked.as_of)?;
    let summary = zunke_tiering::evaluate(db, &clock::now, asked.as_of)?;
    db.write(|tx| zunke_customers::tag::work::everyone_evaluated(tx, clock::now()))?;
    if asked.pin {
        let now = clock::now();
        db.write(|tx| {
            let mut organisation = settings::load(tx)?;
            organisation.as_of = asked.as_of;
            settings::save(tx, now, &organisation, &Guards::default()).map(drop)
        })?;
    }
    let (levels, vips) = db.read(|tx| {
        let levels = stats::stats(tx)?.levels;
        let sort = Sort { key: SortKey::Level, descending: true };
        let page = CustomerQuery::system().sort(sort).page(Some(NAMED), None)?.list(tx)?;
        let vips: Vec<Vip> = page
            .items
            .into_iter()
            .map(|found| Vip {
                id: found.id,
                name: found.name,
                rank: found.headline.level_rank,
                score: found.headline.score,
                orders: found.headline.orders,
                net_spend: found.headline.net_spend,
                last_order_day: found.headline.last_order_day,
            })
            .collect();
        Ok((levels, vips))
    })?;
    let mut value = serde_json::to_value(&summary).map_err(Error::internal)?;
    if let Some(value) = value.as_object_mut() {
        value.insert("published_template".into(), json!(published));
        value.insert("level_sums".into(), json!(levels));
        value.insert("vips".into(), json!(vips));
    }
    output.done(&value, || {
        let mut text = String::new();
        if let Some(template) = published {
            let said =
                output.say("还没有等级规则，已按模板发布", "There were no rules yet; published from the template");
            text.push_str(&format!("{said}: {template}\n"));
        }
        let changed = output.say("等级变化", "levels changed");
        let customers = output.say("客户", "customers");
        text.push_str(&format!(
            "{}  {} {customers}  {} {changed}  {} ms\n\n",
            summary.as_of,
            number(summary.customers),
            number(summary.changed),
            summary.took_ms
        ));
        text.push_str(&level_table(&levels, output));
        text.push('\n');
        let mut rows: Vec<Vec<String>> = vec![head(
            output,
            &["客户", "等级", "评分", "订单", "净消费"],
            &["Customer", "Rank", "Score", "Orders", "Net spend"],
        )];
        rows.extend(vips.iter().map(|vip| {
            let score = vip.score.map_or_else(String::new, |score| format!("{score:.1}"));
            vec![vip.name.clone(), vip.rank.to_string(), score, grouped(vip.orders), vip.net_spend.to_string()]
        }));
        text + &table(&rows)
    })
}

pub fn stats(db: &Db, asked: &Stats, output: Output) -> Result<()> {
    let found = db.read(stats::stats)?;
    let mut value = serde_json::to_value(&found).map_err(Error::internal)?;
    if asked.fingerprint
        && let Some(value) = value.as_object_mut()
    {
        value.insert("fingerprint".into(), json!(db.read(fingerprint::of)?));
    }
    output.done(&value, || {
        let row = |zh, en, value: String| vec![output.say(zh, en).to_owned(), value];
        let percent = |share: f64| format!("{:.2} %", share * 100.0);
        let mut rows = vec![
            row("客户", "Customers", grouped(found.customers)),
            row("订单", "Orders", grouped(found.orders)),
            row("订单金额", "Order sum", found.order_sum.to_string()),
            row("退款", "Refunds", grouped(found.refunds)),
            row("退款金额", "Refund sum", found.refund_sum.to_string()),
            row("净额", "Net", found.net_sum.to_string()),
            row("互动", "Interactions", grouped(found.interactions)),
            row("前 20% 客户的占比", "Share of the best 20 %", percent(found.pareto.top20_share)),
            row("前 5% 客户的占比", "Share of the best 5 %", percent(found.pareto.top5_share)),
        ];
        if let Some(print) = value.get("fingerprint").and_then(|print| print.as_str()) {
            rows.push(row("指纹", "Fingerprint", print.to_owned()));
        }
        format!("{}\n{}", table(&rows), level_table(&found.levels, output))
    })
}

fn level_table(levels: &[stats::LevelSum], output: Output) -> String {
    let mut rows = vec![head(
        output,
        &["等级", "客户", "占比", "收入", "占比"],
        &["Level", "Customers", "Share", "Revenue", "Share"],
    )];
    rows.extend(levels.iter().rev().map(|level| {
        vec![
            level.name.get(output.locale).to_owned(),
            grouped(level.customers),
            format!("{:.1} %", level.customer_share * 100.0),
            level.revenue.to_string(),
            format!("{:.1} %", level.revenue_share * 100.0),
        ]
    }));
    table(&rows)
}

fn head(output: Output, zh: &[&'static str], en: &[&'static str]) -> Vec<String> {
    zh.iter().zip(en).map(|(zh, en)| output.say(zh, en).to_owned()).collect()
}

fn number(count: u64) -> String {
    grouped(i64::try_from(count).unwrap_or(i64::MAX))
}

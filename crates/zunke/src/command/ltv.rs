//! `zunke ltv fit --csv FILE`: lifetime values from a file of purchases, without a database.

use crate::cli::LtvFit;
use crate::output::{Output, grouped, table};
use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use zunke_kernel::{Day, Error, Kind, Money, Result, Text};
use zunke_tiering::ltv::base::{Base, DayFact};
use zunke_tiering::ltv::fit::{self, Asked, Figure, Method, Report};

/// Faults that are told before reading is given up.
const FAULTS: usize = 20;
const COLUMNS: [&str; 3] = ["customer_id", "date", "amount"];

#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: ReportFace,
    /// In the order in which the file first names them.
    customers: Vec<Customer>,
}

/// The report with the count of customers under a name of its own: `customers` is the list.
#[derive(Serialize)]
struct ReportFace {
    customer_count: u64,
    #[serde(flatten)]
    report: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Customer {
    customer_id: String,
    /// Repeat purchases.
    frequency: u32,
    /// From the first purchase to the last, and to `--until`, in the unit.
    recency: f64,
    age: f64,
    /// Mean of the repeat purchases.
    monetary_value: f64,
    #[serde(flatten)]
    figure: Option<Figure>,
}

pub fn fit(asked: &LtvFit, output: Output) -> Result<()> {
    check(asked)?;
    let histories = read(asked)?;
    let check =
        asked.holdout.map(|day| if day > asked.until { (asked.until.0, day.0) } else { (day.0, asked.until.0) });
    let mut base = Base::new(asked.until.0, check);
    for (at, (_, days)) in histories.iter().enumerate() {
        base.push(at, days);
    }
    let wanted = Asked { unit: asked.unit, horizon: asked.horizon, discount: asked.discount };
    let (report, figures) = fit::fit(&base, &wanted);
    let unit = asked.unit.days();
    let mut customers: Vec<Customer> = histories
        .iter()
        .map(|(id, _)| Customer {
            customer_id: id.clone(),
            frequency: 0,
            recency: 0.0,
            age: 0.0,
            monetary_value: 0.0,
            figure: None,
        })
        .collect();
    for ((at, buyer), figure) in base.ids.iter().zip(&base.buyers).zip(figures) {
        let customer = &mut customers[*at];
        customer.frequency = buyer.x;
        customer.recency = f64::from(buyer.recency) / unit;
        customer.age = f64::from(buyer.age) / unit;
        customer.monetary_value = buyer.mean();
        customer.figure = Some(figure);
    }
    let mut face = match serde_json::to_value(&report).map_err(Error::internal)? {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    face.remove("customers");
    let told = Told { report: ReportFace { customer_count: report.customers, report: face }, customers };
    output.done(&told, || shown(&report, &told.customers, output))
}

fn check(asked: &LtvFit) -> Result<()> {
    let mut faults = Vec::new();
    if !asked.horizon.is_finite() || asked.horizon <= 0.0 || asked.horizon * asked.unit.days() > 36_525.0 {
        faults.push(
            Error::invalid(
                "horizon_invalid",
                "预测时长必须大于 0，且不超过 100 年。",
                "The horizon must be above 0 and not more than 100 years.",
            )
            .at("horizon"),
        );
    }
    if !asked.discount.is_finite() || !(0.0..=10.0).contains(&asked.discount) {
        faults.push(
            Error::invalid(
                "discount_invalid",
                "年折现率应在 0 到 10 之间，例如 0.1 表示每年 10%。",
                "The yearly discount rate must be between 0 and 10; 0.1 is 10 % a year.",
            )
            .at("discount"),
        );
    }
    if asked.holdout == Some(asked.until) {
        faults.push(
            Error::invalid(
                "holdout_invalid",
                "检验日期不能与截止日期相同。",
                "The holdout day must differ from the day of --until.",
            )
            .at("holdout"),
        );
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

fn unreadable(asked: &LtvFit, cause: impl std::fmt::Display) -> Error {
    Error::invalid(
        "file_unreadable",
        format!("无法读取文件 {}。", asked.csv.display()),
        format!("The file {} can't be read.", asked.csv.display()),
    )
    .caused_by(cause)
}

type Histories = Vec<(String, Vec<DayFact>)>;

/// Every customer's days, rising, in the order of the file.
fn read(asked: &LtvFit) -> Result<Histories> {
    let file = File::open(&asked.csv).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Error::new(
                Kind::NotFound,
                "file_not_found",
                format!("找不到文件 {}。", asked.csv.display()),
                format!("There is no file {}.", asked.csv.display()),
            )
        } else {
            unreadable(asked, error)
        }
    })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(file);
    let places = columns(reader.byte_headers().map_err(|error| unreadable(asked, error))?)?;
    let mut histories: Histories = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut faults = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| unreadable(asked, error))? {
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        match row(&record, places) {
            Ok((id, day, amount)) => {
                let at = *known.entry(record.get(places[0]).unwrap_or_default().to_vec()).or_insert_with(|| {
                    histories.push((id.to_owned(), Vec::new()));
                    histories.len() - 1
                });
                let refund = amount.0 < 0;
                histories[at].1.push(DayFact {
                    day: day.0,
                    orders: i64::from(!refund),
                    net: amount.0,
                    refunded: refund,
                });
            }
            Err(error) => {
                faults.push(at_row(error, line));
                if faults.len() == FAULTS {
                    break;
                }
            }
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if histories.is_empty() {
        return Err(Error::invalid("file_empty", "文件中没有任何数据行。", "The file has no rows of data."));
    }
    for (_, days) in &mut histories {
        days.sort_by_key(|fact| fact.day);
        days.dedup_by(|later, first| {
            let same = later.day == first.day;
            if same {
                first.orders += later.orders;
                first.net = first.net.saturating_add(later.net);
                first.refunded |= later.refunded;
            }
            same
        });
    }
    Ok(histories)
}

/// Where the three columns stand; others may stand between them.
fn columns(head: &csv::ByteRecord) -> Result<[usize; 3]> {
    let clean = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
    let names: Vec<String> = head.iter().map(clean).collect();
    let mut faults = Vec::new();
    let places = COLUMNS.map(|wanted| {
        names.iter().position(|name| name == wanted).unwrap_or_else(|| {
            faults.push(
                Error::invalid(
                    "column_missing",
                    format!("缺少列 {wanted}。文件需要 customer_id、date、amount 三列。"),
                    format!("The column {wanted} is missing. The file needs customer_id, date and amount."),
                )
                .at(wanted),
            );
            0
        })
    });
    Error::gather(faults).map_or(Ok(places), Err)
}

fn row(record: &csv::ByteRecord, places: [usize; 3]) -> Result<(&str, Day, Money)> {
    let cell = |k: usize| -> Result<&str> {
        let bytes = record.get(places[k]).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::invalid("not_utf8", "不是 UTF-8 文字。", "It is not UTF-8 text.").at(COLUMNS[k]))?;
        if text.is_empty() {
            return Err(Error::invalid(
                "cell_empty",
                format!("{} 不能为空。", COLUMNS[k]),
                format!("{} must not be empty.", COLUMNS[k]),
            )
            .at(COLUMNS[k]));
        }
        Ok(text)
    };
    let id = cell(0)?;
    let day = Day::parse(cell(1)?).map_err(|error| error.at("date"))?;
    let amount = Money::parse(cell(2)?).map_err(|error| error.at("amount"))?;
    Ok((id, day, amount))
}

fn at_row(mut error: Error, line: u64) -> Error {
    error.text = Text::new(format!("第 {line} 行：{}", error.text.zh), format!("Row {line}: {}", error.text.en));
    let field = error.field.take().unwrap_or_default();
    error.at(format!("row {line}: {field}"))
}

fn shown(report: &Report, customers: &[Customer], output: Output) -> String {
    let mut text = String::new();
    let method = match report.method {
        Method::Average => output.say("简化方法（节奏 × 留存）", "plain method (pace × retention)"),
        _ => "BG/NBD + Gamma-Gamma",
    };
    let mut rows = vec![
        vec![output.say("方法", "Method").to_owned(), method.to_owned()],
        vec![output.say("客户", "Customers").to_owned(), count(report.customers)],
        vec![output.say("复购客户", "Repeat customers").to_owned(), count(report.repeat_customers)],
    ];
    if let Some(fit) = &report.bg_nbd {
        let m = fit.model;
        rows.push(vec![
            "BG/NBD".into(),
            format!(
                "r = {:.4}  α = {:.4}  a = {:.4}  b = {:.4}  LL = {:.2}",
                m.r, m.alpha, m.a, m.b, fit.log_likelihood
            ),
        ]);
    }
    if let Some(fit) = &report.gamma_gamma {
        let m = fit.model;
        rows.push(vec![
            "Gamma-Gamma".into(),
            format!("p = {:.4}  q = {:.4}  v = {:.4}  LL = {:.2}", m.p, m.q, m.v, fit.log_likelihood),
        ]);
    }
    if let Some(holdout) = &report.holdout {
        let error = holdout.error.map_or_else(|| "–".to_owned(), |error| format!("{:+.1} %", error * 100.0));
        rows.push(vec![
            output.say("留出检验", "Holdout").to_owned(),
            format!("{} – {}: {:.0} / {:.0} ({error})", holdout.from, holdout.to, holdout.expected, holdout.actual),
        ]);
    }
    rows.push(vec![output.say("未来价值合计", "Value of all").to_owned(), format!("{:.2}", report.totals.ltv)]);
    text.push_str(&table(&rows));
    for warning in &report.warnings {
        text.push_str(&format!("! {}\n", warning.text.get(output.locale)));
    }
    let mut best: Vec<&Customer> = customers.iter().filter(|customer| customer.figure.is_some()).collect();
    let ltv = |customer: &Customer| customer.figure.map_or(0.0, |figure| figure.ltv);
    best.sort_by(|one, other| ltv(other).total_cmp(&ltv(one)));
    let head = [
        output.say("客户", "Customer"),
        output.say("存活概率", "Alive"),
        output.say("预期购买", "Purchases"),
        output.say("单次价值", "Value"),
        "LTV",
    ];
    let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    for customer in best.iter().take(10) {
        let figure = customer.figure.unwrap_or_default();
        rows.push(vec![
            customer.customer_id.clone(),
            format!("{:.0} %", figure.p_alive * 100.0),
            format!("{:.2}", figure.expected_purchases),
            format!("{:.2}", figure.expected_value),
            format!("{:.2}", figure.ltv),
        ]);
    }
    text + "\n" + &table(&rows)
}

fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

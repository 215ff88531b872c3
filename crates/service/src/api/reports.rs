//! `/service/reports/{name}`: the figures by level, agent, group, channel, kind, topic, product or time, and as a file.

use super::voices::{check_days, levels};
use crate::report::{By, FEW, Figures, Gathered};
use crate::store::reports::{self, Ask, begins, ends};
use crate::store::voices::topics;
use crate::ticket::{Channel, Kind};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use zunke_access::{Actor, Can, directory, may, settings};
use zunke_customers::export::csv;
use zunke_http::{App, Path, Query, ReadProblems, Result};
use zunke_kernel::id::{GroupId, StaffId};
use zunke_kernel::{Day, Error, Instant, Locale};
use zunke_store::Tx;

#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportParams {
    /// The first day; 29 days before the last one where none is given.
    from: Option<Day>,
    /// The last day; today where none is given.
    to: Option<Day>,
    /// Ranks of levels, parted by commas.
    level: Option<String>,
    kind: Option<String>,
    channel: Option<String>,
    group: Option<GroupId>,
    assignee: Option<StaffId>,
    /// For the file: `csv` (default) or `xlsx`.
    format: Option<String>,
}

/// A row: figures of the tickets that were opened in the period.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportRow)]
pub(super) struct ReportRow {
    /// A rank, an id, a word or a day; empty: none.
    key: String,
    /// Of agents, groups, topics and products.
    name: Option<String>,
    figures: Figures,
    /// The parameters of `GET /tickets` that list these tickets; another `counted` lists those of one figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    tickets: Option<BTreeMap<String, String>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Report)]
pub(super) struct Report {
    from: Day,
    to: Day,
    rows: Vec<ReportRow>,
    /// Of all tickets, each once.
    total: ReportRow,
    /// Figures of fewer than this many say little.
    few: i64,
}

fn read(asked: &ReportParams, name: &str, tx: &mut Tx, now: Instant) -> zunke_kernel::Result<(Ask, Day, Day)> {
    let by = By::read(name).ok_or_else(Error::not_found)?;
    let organisation = settings::load(tx)?;
    let zone = organisation.zone();
    let to = asked.to.unwrap_or_else(|| zone.day_of(now));
    let from = asked.from.unwrap_or_else(|| to.plus(-29));
    check_days(from, to)?;
    let unknown = |field: &str| {
        Error::invalid("filter_invalid", format!("{field} 的值不认识。"), format!("{field} has an unknown value."))
            .at(field)
    };
    if asked.kind.as_deref().is_some_and(|word| Kind::read(word).is_none()) {
        return Err(unknown("kind"));
    }
    if asked.channel.as_deref().is_some_and(|word| Channel::read(word).is_none()) {
        return Err(unknown("channel"));
    }
    let ask = Ask {
        by,
        from: zone.start_of(from),
        to: zone.start_of(to.plus(1)),
        levels: levels(asked.level.as_deref())?,
        kind: asked.kind.clone(),
        channel: asked.channel.clone(),
        group: asked.group,
        assignee: asked.assignee,
        zone,
    };
    Ok((ask, from, to))
}

fn names(tx: &mut Tx, by: By, keys: &[&String]) -> zunke_kernel::Result<HashMap<String, String>> {
    Ok(match by {
        By::Agent => {
            let ids: Vec<StaffId> = keys.iter().filter_map(|key| StaffId::from_str(key).ok()).collect();
            directory::staff_names(tx, ids)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect()
        }
        By::Group => tx
            .query("SELECT group_id, name FROM service_groups", &[], |row| Ok((row.id(0, GroupId)?, row.text(1)?)))?
            .into_iter()
            .map(|(id, name)| (id.to_string(), name))
            .collect(),
        By::Topic => topics::all(tx)?.into_iter().map(|topic| (topic.id.to_string(), topic.name)).collect(),
        By::Product => keys.iter().map(|key| ((*key).clone(), (*key).clone())).collect(),
        _ => HashMap::new(),
    })
}

/// The filter of `GET /tickets` for a row.
fn filter(ask: &Ask, key: Option<&str>) -> Option<BTreeMap<String, String>> {
    let (mut from, mut to) = (ask.from, ask.to);
    let mut found = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            found.insert(name.to_owned(), value);
        }
    };
    if !ask.levels.is_empty() {
        put("level", Some(ask.levels.iter().map(i64::to_string).collect::<Vec<_>>().join(",")));
    }
    put("kind", ask.kind.clone());
    put("channel", ask.channel.clone());
    put("group", ask.group.map(|id| id.to_string()));
    put("assignee", ask.assignee.map(|id| id.to_string()));
    if let Some(key) = key {
        match ask.by {
            By::Level => put("level", Some(key.to_owned())),
            By::Agent => put("assignee", Some(if key.is_empty() { "none".to_owned() } else { key.to_owned() })),
            By::Channel => put("channel", Some(key.to_owned())),
            By::Kind => put("kind", Some(key.to_owned())),
            By::Group => put("group", Some(if key.is_empty() { "none".to_owned() } else { key.to_owned() })),
            By::Topic => put("topic", Some(key.to_owned())),
            By::Product => put("product", Some(key.to_owned())),
            By::Day | By::Week | By::Month => {
                let day = Day::parse(key).ok()?;
                from = Instant(from.0.max(ask.zone.start_of(begins(ask.by, day)).0));
                to = Instant(to.0.min(ask.zone.start_of(ends(ask.by, day)).0));
            }
        }
    }
    put("counted", Some("all".to_owned()));
    put("opened_after", Some(from.to_string()));
    put("opened_before", Some(to.to_string()));
    Some(found)
}

fn make(tx: &mut Tx, actor: &Actor, asked: &ReportParams, name: &str, now: Instant) -> zunke_kernel::Result<Report> {
    let (ask, from, to) = read(asked, name, tx, now)?;
    let gathered = reports::gather(tx, actor, &ask, now)?;
    let names = names(tx, ask.by, &gathered.keys().collect::<Vec<_>>())?;
    // A ticket has several topics or none: the total is gathered by itself.
    let whole: Gathered = reports::gather(tx, actor, &Ask { by: By::Month, ..ask.clone() }, now)?
        .into_values()
        .fold(Gathered::default(), joined);
    let mut rows: Vec<ReportRow> = gathered
        .into_iter()
        .map(|(key, one)| ReportRow {
            name: names.get(&key).cloned(),
            tickets: filter(&ask, Some(&key)),
            figures: one.figures(),
            key,
        })
        .collect();
    match ask.by {
        By::Level => rows.sort_by_key(|row| std::cmp::Reverse(row.key.parse::<i64>().unwrap_or(0))),
        By::Day | By::Week | By::Month => {}
        _ => rows.sort_by_key(|row| std::cmp::Reverse(row.figures.opened)),
    }
    let total = ReportRow { key: String::new(), name: None, figures: whole.figures(), tickets: filter(&ask, None) };
    Ok(Report { from, to, rows, total, few: FEW })
}

fn joined(mut sum: Gathered, one: Gathered) -> Gathered {
    sum.opened += one.opened;
    sum.open += one.open;
    sum.reopened += one.reopened;
    sum.rated += one.rated;
    sum.rated_sum += one.rated_sum;
    sum.rated_well += one.rated_well;
    sum.visited += one.visited;
    sum.visited_well += one.visited_well;
    for (to, from) in [(&mut sum.response, one.response), (&mut sum.resolution, one.resolution)] {
        to.met += from.met;
        to.missed += from.missed;
        to.minutes.extend(from.minutes);
    }
    sum
}

/// The figures of the tickets opened in a period, by `level`, `agent`, `group`, `channel`, `kind`, `topic`, `product`,
/// `day`, `week` or `month`.
#[utoipa::path(get, path = "/service/reports/{name}", tag = "service", operation_id = "get_service_report",
    params(("name" = String, Path), ReportParams), responses((status = 200, body = Report), ReadProblems))]
pub(super) async fn report(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(name): Path<String>,
    Query(asked): Query<ReportParams>,
) -> Result<axum::Json<Report>> {
    let (actor, now) = (can.0, app.now());
    Ok(axum::Json(app.db.read_async(move |tx| make(tx, &actor, &asked, &name, now)).await?))
}

const COLUMNS: [(&str, &str); 18] = [
    ("项目", "row"),
    ("新建工单", "opened"),
    ("未结", "backlog"),
    ("重开", "reopened"),
    ("重开率", "reopened share"),
    ("首次响应样本", "first response n"),
    ("首次响应中位数（工作分钟）", "first response median (working min)"),
    ("首次响应 P90", "first response p90"),
    ("首次响应达标率", "first response compliance"),
    ("解决样本", "resolution n"),
    ("解决中位数（工作分钟）", "resolution median (working min)"),
    ("解决 P90", "resolution p90"),
    ("解决达标率", "resolution compliance"),
    ("评价数", "ratings"),
    ("平均评分", "mean rating"),
    ("满意率", "content"),
    ("回访样本", "return visits"),
    ("回访好评率", "return visits content"),
];

/// A row's cells: the first is text, the others numbers or nothing.
fn cells(row: &ReportRow, total: bool, locale: Locale) -> (String, [Option<f64>; 17]) {
    let name = match (&row.name, total) {
        (_, true) => if locale == Locale::Zh { "合计" } else { "total" }.to_owned(),
        (Some(name), _) if !name.is_empty() => name.clone(),
        _ if row.key.is_empty() => if locale == Locale::Zh { "（无）" } else { "(none)" }.to_owned(),
        _ => row.key.clone(),
    };
    let figures = &row.figures;
    #[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
    let count = |n: i64| Some(n as f64);
    let (first, last) = (&figures.first_response, &figures.resolution);
    let numbers = [
        count(figures.opened),
        count(figures.backlog),
        count(figures.reopened),
        figures.reopened_share,
        count(first.n),
        first.median,
        first.p90,
        first.compliance,
        count(last.n),
        last.median,
        last.p90,
        last.compliance,
        count(figures.csat_n),
        figures.csat_mean,
        figures.csat_share,
        count(figures.visits_n),
        figures.visits_share,
    ];
    (name, numbers)
}

/// The same figures as a file: `format=csv` (default) or `xlsx`. Every export is in the audit record.
#[utoipa::path(get, path = "/service/reports/{name}/export", tag = "service", operation_id = "export_service_report",
    params(("name" = String, Path), ReportParams),
    responses((status = 200, description = "The file", content((Vec<u8> = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ReadProblems))]
pub(super) async fn export(
    State(app): State<App>,
    can: Can<may::ReadTickets>,
    Path(name): Path<String>,
    Query(asked): Query<ReportParams>,
) -> Result<Response> {
    let format = asked.format.clone().unwrap_or_else(|| "csv".to_owned());
    if !["csv", "xlsx"].contains(&format.as_str()) {
        let text = ("导出格式应为 csv 或 xlsx。", "The format is csv or xlsx.");
        return Err(Error::invalid("format_unknown", text.0, text.1).at("format").into());
    }
    let (actor, now, locale) = (can.0.clone(), app.now(), can.0.locale);
    let by = name.clone();
    let made = app
        .db
        .write_async(move |tx| {
            let report = make(tx, &actor, &asked, &name, now)?;
            let detail = json!({ "report": name, "from": report.from, "to": report.to });
            zunke_store::audit::write(tx, now, Some(actor.staff), "service.report_export", "reports", &detail)?;
            Ok(report)
        })
        .await?;
    let rows: Vec<(String, [Option<f64>; 17])> =
        made.rows.iter().map(|row| cells(row, false, locale)).chain([cells(&made.total, true, locale)]).collect();
    let head = COLUMNS.map(|(zh, en)| if locale == Locale::Zh { zh } else { en });
    let (bytes, kind) = if format == "csv" {
        let mut out = "\u{feff}".as_bytes().to_vec();
        csv::row(&mut out, head)?;
        for (name, numbers) in &rows {
            let numbers: Vec<String> = numbers
                .iter()
                .map(|number| number.map(|number| format!("{}", (number * 1e4).round() / 1e4)).unwrap_or_default())
                .collect();
            csv::row(&mut out, std::iter::once(name.as_str()).chain(numbers.iter().map(String::as_str)))?;
        }
        (out, "text/csv; charset=utf-8")
    } else {
        (workbook(&head, &rows)?, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = format!("attachment; filename=\"report-{by}-{}-{}.{format}\"", made.from, made.to);
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn workbook(head: &[&str], rows: &[(String, [Option<f64>; 17])]) -> zunke_kernel::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(head) {
        sheet.write_with_format(0, column, *name, &bold).map_err(Error::internal)?;
    }
    for (line, (name, numbers)) in (1..).zip(rows) {
        sheet.write_string(line, 0, csv::harmless(name)).map_err(Error::internal)?;
        for (column, number) in (1..).zip(numbers) {
            if let Some(number) = number {
                sheet.write_number(line, column, *number).map_err(Error::internal)?;
            }
        }
    }
    book.save_to_buffer().map_err(Error::internal)
}

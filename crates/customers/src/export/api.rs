//! `GET /customers/export`.

use super::files::Export;
use super::{csv, stream, table};
use crate::api::Narrowed;
use crate::custom::Sight;
use crate::privacy::{settings, standing};
use crate::query::{CustomerQuery, ListParams};
use crate::view::{Customer, complete_for};
use axum::extract::State;
use axum::response::Response;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use utoipa_axum::router::OpenApiRouter;
use zunke_access::{Can, Scope, may};
use zunke_http::routes;
use zunke_http::{App, Query, ReadProblems, Result};
use zunke_kernel::{Error, Instant, Locale};
use zunke_store::{Db, Tx};

/// Rows of one step.
const STEP: u32 = 500;
/// Rows that a sheet of Excel has, without its header.
const SHEET_ROWS: u32 = 1_048_575;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export))
}

/// The customers that a list with these filters has, as a file: `format=csv` (default), `xlsx`, or `ndjson`, a customer as
/// the API has him on each line, sent while it is read (with `updated_since` only what changed). Phone numbers and
/// addresses are masked; cells that a spreadsheet would run as a formula are neutralised; every export is in the audit
/// record.
#[utoipa::path(get, path = "/customers/export", tag = "customers", operation_id = "export_customers", params(ListParams,
    ("format" = Option<String>, Query, description = "`csv`, `xlsx` or `ndjson`")),
    responses((status = 200, description = "The file", content((Vec<u8> = "text/csv"), (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ReadProblems))]
async fn export(
    State(app): State<App>,
    can: Can<may::ExportCustomers>,
    Query(params): Query<ListParams>,
) -> Result<Response> {
    let format = params.format.clone().unwrap_or_else(|| "csv".to_owned());
    if !["csv", "xlsx", "ndjson"].contains(&format.as_str()) {
        let text = ("导出格式应为 csv、xlsx 或 ndjson。", "The format is csv, xlsx or ndjson.");
        return Err(Error::invalid("format_unknown", text.0, text.1).at("format").into());
    }
    let (now, locale, staff) = (app.now(), can.locale, can.staff);
    let asker = Asker { now, scope: can.scope.clone(), sight: Sight::of(&can), params };
    let asked = serde_json::json!({ "format": format, "filters": format!("{:?}", asker.params) });
    let check = asker.clone();
    let own = app
        .db
        .write_async(move |tx| {
            // Wrong filters are told before the file begins.
            let count = check.query(tx)?.count(tx)?;
            if count > settings::load(tx)?.export_approval_above {
                return Err(needs_approval(count));
            }
            let mut detail = asked.clone();
            detail["customers"] = count.into();
            zunke_store::audit::write(tx, now, Some(staff), "customers.export", "customers", &detail)?;
            table::Own::load(tx, &check.sight)
        })
        .await?;
    let db = app.db.clone();
    let day = now.to_string();
    let name = format!("{}-{}.{format}", if locale == Locale::Zh { "客户" } else { "customers" }, &day[..10]);
    Ok(if format == "ndjson" {
        stream::file(&name, "application/x-ndjson", move |to| {
            each(&db, &asker, &mut |customer| {
                serde_json::to_writer(&mut *to, customer).map_err(Error::internal)?;
                to.write_all(b"\n").map_err(Error::internal)
            })
            .map(|_| ())
        })
    } else if format == "csv" {
        stream::file(&name, "text/csv; charset=utf-8", move |to| {
            to.write_all("\u{feff}".as_bytes()).map_err(Error::internal)?;
            csv::row(to, own.head(locale).iter().map(String::as_str))?;
            each(&db, &asker, &mut |customer| {
                let cells = own.cells(customer, locale);
                csv::row(to, cells.iter().map(String::as_str))
            })
            .map(|_| ())
        })
    } else {
        stream::file(&name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", move |to| {
            to.write_all(&workbook(&db, &asker, &own, locale, None)?.0).map_err(Error::internal)
        })
    })
}

/// More customers than one person may take out on his own word.
fn needs_approval(count: i64) -> Error {
    Error::conflict(
        "export_needs_approval",
        format!("将导出 {count} 位客户，超过免审批条数，请填写理由提交导出申请。"),
        format!("{count} customers are more than may be exported at once; ask for the file with a reason."),
    )
}

/// What marks a file: whose it is, and which one.
pub(super) struct Mark {
    number: String,
    lines: Vec<(&'static str, String)>,
}

impl Mark {
    pub fn of(export: &Export) -> Self {
        let number = format!("E-{:05}", export.number);
        let lines = vec![
            ("导出编号 Export", number.clone()),
            ("导出人 By", export.staff_name.clone()),
            ("申请时间 Asked (UTC)", export.asked_at.to_string()),
            ("用途 Reason", export.reason.clone()),
            ("筛选 Filters", export.filters.clone()),
            (
                "提示 Note",
                "本文件含个人信息，请勿外传，用后及时删除。 Personal data: do not pass on, delete after use.".into(),
            ),
        ];
        Self { number, lines }
    }
}

/// Whose export it is, and of what.
#[derive(Clone)]
pub(super) struct Asker {
    pub now: Instant,
    pub scope: Scope,
    pub sight: Sight,
    pub params: ListParams,
}

impl Asker {
    fn query(&self, tx: &mut Tx) -> zunke_kernel::Result<CustomerQuery> {
        Narrowed::within(tx, self.now, &self.scope, &self.sight, &self.params)
    }
}

/// All customers of a query, a step at a time; answers how many. Whose data are to be kept only, are left out.
fn each(
    db: &Db,
    asker: &Asker,
    to: &mut dyn FnMut(&Customer) -> zunke_kernel::Result<()>,
) -> zunke_kernel::Result<i64> {
    db.read(|tx| {
        let mut after: Option<String> = None;
        let mut rows = 0;
        loop {
            let page = asker.query(tx)?.page(Some(STEP), after.as_deref())?.list(tx)?;
            let ids: Vec<_> = page.items.iter().map(|one| one.id).collect();
            let shut = standing::among(tx, &ids, &[standing::State::Restricted, standing::State::Erased])?;
            for customer in complete_for(tx, page.items, &asker.sight)? {
                if !shut.contains(&customer.id) {
                    to(&customer)?;
                    rows += 1;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    })
}

/// Writes the customers as CSV, each row with the mark; answers how many.
pub(super) fn write_csv(
    db: &Db,
    asker: &Asker,
    own: &table::Own,
    locale: Locale,
    to: &mut dyn std::io::Write,
    mark: Option<&Mark>,
) -> zunke_kernel::Result<i64> {
    let title = if locale == Locale::Zh { "导出编号" } else { "export" };
    let last = |text: &str| mark.map(|_| text.to_owned());
    to.write_all("\u{feff}".as_bytes()).map_err(Error::internal)?;
    let head: Vec<String> = own.head(locale).into_iter().chain(last(title)).collect();
    csv::row(to, head.iter().map(String::as_str))?;
    each(db, asker, &mut |customer| {
        let mut cells = own.cells(customer, locale);
        cells.extend(mark.map(|mark| mark.number.clone()));
        csv::row(to, cells.iter().map(String::as_str))
    })
}

/// The customers as a workbook, and how many. With a mark: its number in every row and on every printed page, and a
/// sheet that says whose file it is.
pub(super) fn workbook(
    db: &Db,
    asker: &Asker,
    own: &table::Own,
    locale: Locale,
    mark: Option<&Mark>,
) -> zunke_kernel::Result<(Vec<u8>, i64)> {
    let fault = |error: XlsxError| Error::internal(error);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().map_err(fault)?;
    let bold = Format::new().set_bold();
    if let Some(mark) = mark {
        sheet.set_footer(format!("&L{}&R&P / &N", mark.number));
    }
    let title = if locale == Locale::Zh { "导出编号" } else { "export" };
    let head = own.head(locale).into_iter().chain(mark.map(|_| title.to_owned()));
    for (column, name) in (0u16..).zip(head) {
        sheet.write_string_with_format(0, column, name, &bold).map_err(fault)?;
    }
    let mut row = 0u32;
    let rows = each(db, asker, &mut |customer| {
        row += 1;
        if row > SHEET_ROWS {
            return Err(Error::invalid(
                "export_too_many_rows",
                "超过 Excel 的行数上限，请导出为 CSV。",
                "More rows than Excel has; export as CSV.",
            ));
        }
        let cells = own.cells(customer, locale);
        let width = cells.len();
        for (column, cell) in (0u16..).zip(cells.into_iter().chain(mark.map(|mark| mark.number.clone()))) {
            let place = usize::from(column);
            let number = (place < width && own.is_number(place)).then(|| cell.parse::<f64>().ok()).flatten();
            match number {
                Some(number) => sheet.write_number(row, column, number).map_err(fault)?,
                // A text is a text in a workbook: no formula can hide in it.
                None => sheet.write_string(row, column, cell).map_err(fault)?,
            };
        }
        Ok(())
    })?;
    if let Some(mark) = mark {
        let sheet = book.add_worksheet_with_constant_memory().map_err(fault)?;
        for (row, (name, text)) in (0u32..).zip(&mark.lines) {
            sheet.write_string_with_format(row, 0, *name, &bold).map_err(fault)?;
            sheet.write_string(row, 1, text.as_str()).map_err(fault)?;
        }
    }
    Ok((book.save_to_buffer().map_err(fault)?, rows))
}

//! `GET /customers/export`.

use super::{csv, stream, table};
use crate::api::Narrowed;
use crate::custom::Sight;
use crate::query::{CustomerQuery, ListParams};
use crate::view::{Customer, complete_for};
use axum::extract::State;
use axum::response::Response;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zunke_access::{Can, Scope, may};
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

/// The customers that a list with these filters has, as a file: `format=csv` (default) or `xlsx`. Phone numbers and
/// addresses are masked; cells that a spreadsheet would run as a formula are neutralised; every export is in the audit
/// record.
#[utoipa::path(get, path = "/customers/export", tag = "customers", operation_id = "export_customers", params(ListParams,
    ("format" = Option<String>, Query, description = "`csv` or `xlsx`")),
    responses((status = 200, description = "The file", content((Vec<u8> = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ReadProblems))]
async fn export(
    State(app): State<App>,
    can: Can<may::ExportCustomers>,
    Query(params): Query<ListParams>,
) -> Result<Response> {
    let format = params.format.clone().unwrap_or_else(|| "csv".to_owned());
    if !["csv", "xlsx"].contains(&format.as_str()) {
        return Err(Error::invalid("format_unknown", "导出格式应为 csv 或 xlsx。", "The format is csv or xlsx.")
            .at("format")
            .into());
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
            let mut detail = asked.clone();
            detail["customers"] = count.into();
            zunke_store::audit::write(tx, now, Some(staff), "customers.export", "customers", &detail)?;
            table::Own::load(tx, check.sight)
        })
        .await?;
    let db = app.db.clone();
    let day = now.to_string();
    let name = format!("{}-{}.{format}", if locale == Locale::Zh { "客户" } else { "customers" }, &day[..10]);
    Ok(if format == "csv" {
        stream::file(&name, "text/csv; charset=utf-8", move |to| {
            to.write_all("\u{feff}".as_bytes()).map_err(Error::internal)?;
            csv::row(to, own.head(locale).iter().map(String::as_str))?;
            each(&db, &asker, &mut |customer| {
                let cells = own.cells(customer, locale);
                csv::row(to, cells.iter().map(String::as_str))
            })
        })
    } else {
        stream::file(&name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", move |to| {
            to.write_all(&workbook(&db, &asker, &own, locale)?).map_err(Error::internal)
        })
    })
}

/// Whose export it is, and of what.
#[derive(Clone)]
struct Asker {
    now: Instant,
    scope: Scope,
    sight: Sight,
    params: ListParams,
}

impl Asker {
    fn query(&self, tx: &mut Tx) -> zunke_kernel::Result<CustomerQuery> {
        Narrowed::within(tx, self.now, &self.scope, self.sight, &self.params)
    }
}

/// All customers of a query, a step at a time.
fn each(db: &Db, asker: &Asker, to: &mut dyn FnMut(&Customer) -> zunke_kernel::Result<()>) -> zunke_kernel::Result<()> {
    db.read(|tx| {
        let mut after: Option<String> = None;
        loop {
            let page = asker.query(tx)?.page(Some(STEP), after.as_deref())?.list(tx)?;
            for customer in complete_for(tx, page.items, asker.sight)? {
                to(&customer)?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    })
}

fn workbook(db: &Db, asker: &Asker, own: &table::Own, locale: Locale) -> zunke_kernel::Result<Vec<u8>> {
    let fault = |error: XlsxError| Error::internal(error);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().map_err(fault)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0u16..).zip(own.head(locale)) {
        sheet.write_string_with_format(0, column, name, &bold).map_err(fault)?;
    }
    let mut row = 0u32;
    each(db, asker, &mut |customer| {
        row += 1;
        if row > SHEET_ROWS {
            return Err(Error::invalid(
                "export_too_many_rows",
                "超过 Excel 的行数上限，请导出为 CSV。",
                "More rows than Excel has; export as CSV.",
            ));
        }
        for (column, cell) in (0u16..).zip(own.cells(customer, locale)) {
            let number = own.is_number(usize::from(column)).then(|| cell.parse::<f64>().ok()).flatten();
            match number {
                Some(number) => sheet.write_number(row, column, number).map_err(fault)?,
                // A text is a text in a workbook: no formula can hide in it.
                None => sheet.write_string(row, column, cell).map_err(fault)?,
            };
        }
        Ok(())
    })?;
    book.save_to_buffer().map_err(fault)
}

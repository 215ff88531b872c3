//! `zunke import FILE`: loads a file here and now; called again after a crash it goes on where it stopped.

use crate::cli::Import;
use crate::output::{Output, grouped, table};
use crate::rooms::House;
use crate::{clock, rooms};
use std::path::Path;
use zunke_access::settings;
use zunke_customers::import::mapping::Mapping;
use zunke_customers::import::progress::{Phase, Progress};
use zunke_customers::import::reader::{ReadOptions, inspect};
use zunke_customers::import::run::{Options, Summary, run_file};
use zunke_customers::import::{store, suggest};
use zunke_kernel::{Error, Kind, Result};
use zunke_store::Db;

pub fn run(db: &Db, data: &Path, asked: &Import, output: Output) -> Result<()> {
    if !asked.file.is_file() {
        return Err(Error::new(
            Kind::NotFound,
            "file_not_found",
            format!("找不到文件 {}。", asked.file.display()),
            format!("There is no file {}.", asked.file.display()),
        ));
    }
    let mapping = match &asked.mapping {
        Some(named) => read_mapping(db, named)?,
        None => guess(&asked.file)?,
    };
    let house = House::default();
    let files = rooms::files(data);
    let options = Options { files: &files, by: None };
    let told = |progress: &Progress| output.progress(&line(progress, output));
    let done = run_file(db, &clock::now, &asked.file, &mapping, &house.observers(), &options, &told);
    output.progress_end();
    let done = done?;
    let currency = db.read(settings::load)?.currency;
    output.done(&done, || shown(&done, currency.code(), output))
}

/// A mapping that the product brings along, one saved under this name, or a JSON file.
fn read_mapping(db: &Db, named: &str) -> Result<Mapping> {
    if let Some(mapping) = Mapping::built_in(named) {
        return Ok(mapping);
    }
    if let Some(mapping) = db.read(|tx| store::mapping(tx, named))? {
        return Ok(mapping);
    }
    let text = std::fs::read_to_string(named).map_err(|error| {
        let known = Mapping::BUILT_IN.join(", ");
        Error::new(
            Kind::NotFound,
            "mapping_not_found",
            format!("没有名为“{named}”的映射，也没有这个文件。内置映射：{known}。"),
            format!("There is no mapping “{named}”, and no such file. Built in: {known}."),
        )
        .caused_by(error)
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Error::invalid(
            "mapping_unreadable",
            format!("映射文件 {named} 有误：{error}"),
            format!("The mapping file {named} can't be read: {error}"),
        )
    })
}

/// What the columns say by themselves.
fn guess(file: &Path) -> Result<Mapping> {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(suggest::suggest(&inspect(file, &name, &ReadOptions::default())?, &name))
}

fn line(progress: &Progress, output: Output) -> String {
    let phase = match progress.phase {
        Phase::Reading => output.say("读取", "reading"),
        Phase::Recording => output.say("记录", "recording"),
        Phase::Finished => output.say("完成", "done"),
    };
    let left = progress.seconds_left.map_or_else(String::new, |secs| format!("  {secs} s"));
    let done = if progress.phase == Phase::Reading { progress.rows_read } else { progress.rows_settled };
    let (settled, total) = (count(done), count(progress.rows_total));
    format!("{phase}  {settled} / {total}  {} /s{left}", count(progress.rows_per_second))
}

fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

fn shown(done: &Summary, currency: &str, output: Output) -> String {
    let progress = &done.progress;
    let mut rows = vec![
        vec![output.say("读取行数", "Rows read").to_owned(), count(progress.rows_read)],
        vec![output.say("接受", "Accepted").to_owned(), count(progress.accepted)],
    ];
    for (reason, skipped) in &progress.skipped {
        rows.push(vec![format!("{} {reason}", output.say("跳过", "Skipped")), count(*skipped)]);
    }
    rows.extend([
        vec![output.say("客户", "Customers").to_owned(), count(progress.customers)],
        vec![output.say("订单", "Orders").to_owned(), count(progress.orders)],
        vec![output.say("订单金额", "Order sum").to_owned(), format!("{} {currency}", progress.order_sum)],
        vec![output.say("退款", "Refunds").to_owned(), count(progress.refunds)],
        vec![output.say("退款金额", "Refund sum").to_owned(), format!("{} {currency}", progress.refund_sum)],
    ]);
    if done.resumed {
        rows.push(vec![output.say("从上次中断处继续", "Went on where it had stopped").to_owned()]);
    }
    table(&rows)
}

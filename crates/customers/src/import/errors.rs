//! The error file: the rows that were not taken, with their own columns and one more that says why. It can be corrected
//! and loaded again.

use super::files::Files;
use super::plan::Plan;
use super::reader;
use super::store::Import;
use crate::custom::Reader;
use crate::export::csv;
use std::io::Write;
use zunke_kernel::{Error, Instant, Locale, Result, Zone};

/// Names of the added column; a mapping is never suggested for them.
pub const COLUMN: [&str; 2] = ["错误", "error"];

/// Writes the error file of an import, streaming it from the file itself. The texts are made anew by the same plan that
/// skipped the rows; `own` reads the fields that the import may fill.
pub fn write(
    import: &Import,
    files: &Files,
    zone: &Zone,
    own: Reader,
    locale: Locale,
    to: &mut dyn Write,
) -> Result<()> {
    let reasons = files.reasons(import.id)?;
    let mapping = import.mapping.as_ref().ok_or_else(Error::not_found)?;
    let shape = &import.inspection.shape;
    let plan = Plan::new(mapping, shape, zone, import.started_at.unwrap_or(Instant(0)))?.with_fields(shape, own)?;
    to.write_all("\u{feff}".as_bytes()).map_err(Error::internal)?;
    let own = COLUMN[usize::from(locale == Locale::En)];
    // Columns of an error file that is loaded again are replaced by the new ones.
    let kept: Vec<usize> =
        (0..shape.columns.len()).filter(|at| !COLUMN.contains(&shape.columns[*at].as_str())).collect();
    let names = kept.iter().map(|at| shape.columns[*at].as_str()).chain([own]);
    csv::plain_row(to, names)?;
    reader::read(&files.source(import.id), shape, &mut |row| {
        let Some(reason) = reasons.of(row.number) else { return Ok(true) };
        let text = match plan.draft(row) {
            Err(problem) => problem.text(),
            Ok(_) => import.progress.refusals.get(&row.number).cloned().unwrap_or_else(|| reason.text()),
        };
        let last = format!(
            "{}{}",
            if locale == Locale::En { format!("Row {}: ", row.number) } else { format!("第 {} 行：", row.number) },
            text.get(locale)
        );
        csv::plain_row(to, kept.iter().map(|at| row.cell(*at)).chain([last.as_str()]))?;
        Ok(true)
    })?;
    to.flush().map_err(Error::internal)
}

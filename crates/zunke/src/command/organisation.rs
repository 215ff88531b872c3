//! `zunke organisation show|set`.

use crate::cli::{Organisation as Asked, OrganisationSet};
use crate::output::{Output, table};
use crate::{clock, rooms};
use serde_json::json;
use zunke_access::settings::{self, Organisation};
use zunke_kernel::{Error, Locale, Result};
use zunke_store::{Db, audit};

pub fn run(db: &Db, asked: Asked, output: Output) -> Result<()> {
    let organisation = match asked {
        Asked::Show => db.read(settings::load)?,
        Asked::Set(set) => change(db, &set)?,
    };
    output.done(&organisation, || shown(&organisation, output))
}

fn change(db: &Db, set: &OrganisationSet) -> Result<Organisation> {
    let now = clock::now();
    let guards = rooms::guards();
    db.write(|tx| {
        let before = settings::load(tx)?;
        let mut after = before.clone();
        if let Some(name) = &set.name {
            after.name.clone_from(name);
        }
        if let Some(zone) = &set.time_zone {
            after.time_zone.clone_from(zone);
        }
        after.currency = set.currency.unwrap_or(before.currency);
        after.as_of = set.as_of.map_or(before.as_of, |day| day.0);
        after.locale = set.locale.unwrap_or(before.locale);
        let saved = settings::save(tx, now, &after, &guards)?;
        let value = |organisation: &Organisation| serde_json::to_value(organisation).map_err(Error::internal);
        let detail = json!({ "before": value(&before)?, "after": value(&saved)? });
        audit::write(tx, now, None, "organisation.change", "organisation", &detail)?;
        Ok(saved)
    })
}

fn shown(organisation: &Organisation, output: Output) -> String {
    let as_of = match organisation.as_of {
        Some(day) => day.to_string(),
        None => output.say("实际日期", "the real day").to_owned(),
    };
    let locale = if organisation.locale == Locale::Zh { "zh" } else { "en" };
    let rows = [
        (output.say("名称", "Name"), organisation.name.clone()),
        (output.say("时区", "Time zone"), organisation.time_zone.clone()),
        (output.say("币种", "Currency"), organisation.currency.code().to_owned()),
        (output.say("今天", "Today"), as_of),
        (output.say("语言", "Language"), locale.to_owned()),
    ];
    table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}

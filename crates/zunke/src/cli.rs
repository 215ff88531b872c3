//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use zunke_access::Role;
use zunke_kernel::{Currency, Day, Locale};
use zunke_tiering::ltv::fit::Unit;

/// Zunke 尊客: who your real VIPs are, why, and what to do next.
#[derive(Debug, Parser)]
#[command(name = "zunke", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// sqlite:PATH or postgres://USER@HOST/NAME [default: sqlite:./data/zunke.db]
    #[arg(long, global = true, env = "ZUNKE_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Folder of uploaded files [default: beside a SQLite database, else ./data]
    #[arg(long, global = true, env = "ZUNKE_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Configuration file [default: zunke.toml, where there is one]
    #[arg(long, global = true, env = "ZUNKE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the result as JSON; errors too, on stderr
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the UI and the API
    Serve(Serve),
    /// Bring the database up to this version
    Migrate,
    /// Fill an empty database with the demo company
    Demo(Demo),
    /// Load a file of customers, orders or refunds
    Import(Import),
    /// Evaluate all customers: scores, levels, decisions
    Evaluate(Evaluate),
    /// What is in the database: customers, orders, sums, levels
    Stats(Stats),
    /// Lifetime value from a file of purchases, without a database
    #[command(subcommand)]
    Ltv(Ltv),
    /// Due times by a working calendar, without a database
    #[command(subcommand)]
    Clock(Clock),
    /// The organisation's settings
    #[command(subcommand)]
    Organisation(Organisation),
    /// Staff who may log in
    #[command(subcommand)]
    User(User),
    /// Tokens for programs
    #[command(subcommand)]
    Token(Token),
    /// Write a sealed backup of the database and its files, also while both are in use
    Backup(Backup),
    /// Put a backup back where nothing is, while nothing is using it
    Restore(Restore),
    /// The keys that secrets, sensitive fields and backups are sealed with
    #[command(subcommand)]
    Keys(Keys),
    /// The record of who did what
    #[command(subcommand)]
    Audit(Audit),
    /// Check the database and the set-up
    Doctor,
    /// Print the OpenAPI document of the API
    Openapi,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the whole chain: whether an entry was changed, taken out or put in
    Verify(AuditVerify),
    /// Write the whole record into a file, an entry a line, for scripts/verify-audit.py
    Export {
        /// The new file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct AuditVerify {
    /// The hash that the newest entry had when it was written down: it must still be in the chain
    #[arg(long, value_name = "HASH")]
    pub head: Option<String>,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The new file
    pub file: PathBuf,
    /// Seal it with the passphrase in this file, else in ZUNKE_BACKUP_PASSPHRASE; the keys of the house are inside it
    /// then. Without one it is sealed with the key ring
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The database that this one takes the place of: who was erased there is erased again here. With --replace it is the
    /// one that is replaced
    #[arg(long, value_name = "DATABASE")]
    pub erased_in: Option<String>,
    /// A file made by `zunke backup`
    pub file: PathBuf,
    /// The passphrase that it is sealed with, else in ZUNKE_BACKUP_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Replace a SQLite database that is there; it is kept beside it under another name
    #[arg(long)]
    pub replace: bool,
    /// Read it to its end and write nothing
    #[arg(long, conflicts_with = "replace")]
    pub check: bool,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Which keys there are
    Show,
    /// Add a key, seal with it from now on, and seal anew what older ones hold
    Rotate,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "ZUNKE_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Take forwarded mail (SMTP) on this address and port; left out: no mail is taken this way
    #[arg(long, env = "ZUNKE_MAIL_LISTEN", value_name = "ADDRESS")]
    pub mail_listen: Option<SocketAddr>,
    /// Fill an empty database with the demo company, in the background
    #[arg(long, env = "ZUNKE_DEMO", num_args = 0..=1, default_missing_value = "true",
        value_parser = clap::builder::FalseyValueParser::new())]
    pub demo: Option<bool>,
    /// Customers of the demo company
    #[arg(long, env = "ZUNKE_DEMO_CUSTOMERS", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub demo_customers: u32,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// How many customers
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub customers: u32,
    /// The same seed on the same day makes the same company
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Import {
    /// CSV or XLSX, also as .gz
    pub file: PathBuf,
    /// A built-in or saved mapping by name, or a JSON file with one; without it the columns are guessed
    #[arg(long, value_name = "NAME|FILE")]
    pub mapping: Option<String>,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The day to stand on [default: the organisation's today]
    #[arg(long, value_name = "DATE", value_parser = parse::<Day>)]
    pub as_of: Option<Day>,
    /// Let that day count as the organisation's today from now on
    #[arg(long, requires = "as_of")]
    pub pin: bool,
}

#[derive(Debug, Args)]
pub struct Stats {
    /// Also a hash over all customers, by which two loads are compared
    #[arg(long)]
    pub fingerprint: bool,
}

#[derive(Debug, Subcommand)]
pub enum Clock {
    /// When so many working minutes, or working days, are over
    Due(ClockDue),
}

#[derive(Debug, Args)]
pub struct ClockDue {
    /// A calendar file, or `cn` (China, with holidays and make-up days) or `24x7`
    #[arg(long, value_name = "FILE|NAME")]
    pub calendar: String,
    /// RFC 3339, or a local time of the calendar's zone
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// Working minutes
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        required_unless_present = "days",
        conflicts_with = "days"
    )]
    pub minutes: Option<i64>,
    /// Working days: the same time of day, so many working days later
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub days: Option<i64>,
    /// Time that does not count; may be given again. Without TO it goes on
    #[arg(long, value_name = "FROM/TO")]
    pub pause: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Ltv {
    /// Fit BG/NBD and Gamma-Gamma; print parameters, likelihoods, pictures and every customer's figures
    Fit(LtvFit),
}

#[derive(Debug, Args)]
pub struct LtvFit {
    /// UTF-8 CSV with the columns customer_id, date (2026-11-22) and amount; a negative amount is a refund
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// The last day that the models know
    #[arg(long, value_name = "DATE", value_parser = parse::<Day>)]
    pub until: Day,
    /// What time is counted in: day, week or month (a twelfth of 365.25 days)
    #[arg(long, default_value = "week", value_parser = unit)]
    pub unit: Unit,
    /// How far to look ahead, in units
    #[arg(long, default_value_t = 52.0, allow_negative_numbers = true)]
    pub horizon: f64,
    /// Yearly discount rate, such as 0.1
    #[arg(long, default_value_t = 0.0, value_name = "RATE", allow_negative_numbers = true)]
    pub discount: f64,
    /// Compare with what was really bought: from --until to this day, or, for an earlier day, from this day to --until
    /// by a fit that knows nothing after it
    #[arg(long, value_name = "DATE", value_parser = parse::<Day>)]
    pub holdout: Option<Day>,
}

#[derive(Debug, Subcommand)]
pub enum Organisation {
    /// Print them
    Show,
    /// Change some of them
    Set(OrganisationSet),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct OrganisationSet {
    #[arg(long)]
    pub name: Option<String>,
    /// Such as Asia/Shanghai
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Such as CNY
    #[arg(long, value_parser = parse::<Currency>)]
    pub currency: Option<Currency>,
    /// The day that counts as today; "none" for the real one
    #[arg(long, value_name = "DATE|none", value_parser = day_or_none)]
    pub as_of: Option<DayOrNone>,
    /// zh or en
    #[arg(long, value_parser = locale)]
    pub locale: Option<Locale>,
}

#[derive(Clone, Copy, Debug)]
pub struct DayOrNone(pub Option<Day>);

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a login; prints its one-time password
    Add {
        #[arg(long)]
        login: String,
        #[arg(long)]
        name: String,
        /// administrator, operations_manager, account_manager, agent or analyst
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Give a login a new one-time password
    Password {
        #[arg(long)]
        login: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token that acts for a login; it is shown this once
    Create {
        #[arg(long)]
        login: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// It may read only
        #[arg(long)]
        read_only: bool,
        /// Days until it expires [default: never]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
    },
}

/// Kernel types that are read from one text.
trait Read: Sized {
    fn read(text: &str) -> zunke_kernel::Result<Self>;
}

impl Read for Day {
    fn read(text: &str) -> zunke_kernel::Result<Self> {
        Self::parse(text)
    }
}

impl Read for Currency {
    fn read(text: &str) -> zunke_kernel::Result<Self> {
        Self::parse(text)
    }
}

fn parse<T: Read>(text: &str) -> Result<T, String> {
    T::read(text).map_err(|error| both(&error))
}

fn both(error: &zunke_kernel::Error) -> String {
    format!("{} / {}", error.text.zh, error.text.en)
}

fn role(text: &str) -> Result<Role, String> {
    text.parse::<Role>().map_err(|error| both(&error))
}

fn locale(text: &str) -> Result<Locale, String> {
    match text {
        "zh" => Ok(Locale::Zh),
        "en" => Ok(Locale::En),
        _ => Err("zh or en".into()),
    }
}

fn unit(text: &str) -> Result<Unit, String> {
    match text {
        "day" => Ok(Unit::Day),
        "week" => Ok(Unit::Week),
        "month" => Ok(Unit::Month),
        _ => Err("day, week or month".into()),
    }
}

fn day_or_none(text: &str) -> Result<DayOrNone, String> {
    if text == "none" { Ok(DayOrNone(None)) } else { parse::<Day>(text).map(|day| DayOrNone(Some(day))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_the_readme_shows_is_understood_and_nonsense_is_not() {
        for line in [
            "zunke serve --listen 127.0.0.1:9000 --demo",
            "zunke serve --database postgres://localhost/zunke --json",
            "zunke organisation set --time-zone Asia/Shanghai --currency cny",
            "zunke import orders.csv --mapping orders --json",
            "zunke evaluate --as-of 2026-11-22 --pin",
            "zunke token create --login admin --name shop --days 30",
            "zunke clock due --calendar cn --from 2026-09-30T17:50 --minutes 60 --pause 2026-09-30T17:55/ --json",
            "zunke clock due --calendar c.json --from 2026-09-30T17:50:00+08:00 --days 2",
            "zunke ltv fit --csv o.csv --until 1997-09-30 --unit week --horizon 39 --discount 0.1 --holdout 1998-06-30",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in [
            "zunke",
            "zunke serve --listen nowhere",
            "zunke evaluate --as-of 2026-02-30",
            "zunke evaluate --pin",
            "zunke organisation set",
            "zunke organisation set --currency XXX",
            "zunke user add --login a --name b --role king",
            "zunke demo --customers 0",
            "zunke clock due --calendar cn --from 2026-09-30T17:50",
            "zunke clock due --calendar cn --from 2026-09-30T17:50 --days 1 --minutes 60",
            "zunke ltv fit --csv o.csv",
            "zunke ltv fit --csv o.csv --until 1997-02-30",
            "zunke ltv fit --csv o.csv --until 1997-09-30 --unit year",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}

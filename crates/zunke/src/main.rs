//! The binary: it reads the command line, opens the database, and puts the rooms together.

mod cli;
mod clock;
mod command;
mod config;
mod demo;
mod fingerprint;
mod ladder;
mod open;
mod output;
mod rooms;
mod serve;

use clap::Parser;
use cli::{Cli, Command};
use output::Output;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use zunke_kernel::{Error, Result};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.common.json);
    let filter = EnvFilter::try_from_env("ZUNKE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.failed(&error),
    }
}

fn run(cli: Cli, output: Output) -> Result<()> {
    let file = config::read(cli.common.config.as_deref())?;
    let database = cli.common.database.or(file.database).unwrap_or_else(|| config::DATABASE.to_owned());
    let data = cli.common.data.or(file.data).unwrap_or_else(|| config::data_beside(&database));
    match cli.command {
        Command::Serve(asked) => {
            let standard = || config::LISTEN.parse().map_err(Error::internal);
            let listen = asked.listen.or(file.listen).map_or_else(standard, Ok)?;
            let demo = asked.demo.or(file.demo).unwrap_or(false).then_some(asked.demo_customers);
            let options = serve::Options {
                database,
                data,
                listen,
                mail_listen: asked.mail_listen,
                demo,
                workers: file.workers.unwrap_or(2),
            };
            serve::run(&options, output)
        }
        Command::Migrate => command::database::migrate(&database, output),
        Command::Demo(asked) => command::demo::run(&open::migrated(&database)?, &data, &asked, output),
        Command::Import(asked) => command::import::run(&open::migrated(&database)?, &data, &asked, output),
        Command::Evaluate(asked) => command::figures::evaluate(&open::migrated(&database)?, &asked, output),
        Command::Stats(asked) => command::figures::stats(&open::migrated(&database)?, &asked, output),
        Command::Clock(cli::Clock::Due(asked)) => command::clock::due(&asked, output),
        Command::Ltv(cli::Ltv::Fit(asked)) => command::ltv::fit(&asked, output),
        Command::Organisation(asked) => command::organisation::run(&open::migrated(&database)?, asked, output),
        Command::User(asked) => command::people::user(&open::migrated(&database)?, asked, output),
        Command::Token(asked) => command::people::token(&open::migrated(&database)?, asked, output),
        Command::Backup(asked) => command::backup::backup(&open::migrated(&database)?, &data, &asked, output),
        Command::Restore(asked) => command::backup::restore(&database, &data, &asked, output),
        Command::Keys(asked) => command::backup::keys(&database, &data, &asked, output),
        Command::Audit(asked) => command::audit::run(&open::migrated(&database)?, asked, output),
        Command::Doctor => command::doctor::run(&database, &data, output),
        Command::Openapi => output::print(&serve::openapi::text()?),
    }
}

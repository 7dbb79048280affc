//! `activerecord`: administers outboxes, sagas, two-phase commit, and copies of tables.
//!
//! Exit codes: 0, success; 1, the command failed; 2, invalid usage; 3, the command succeeded and found something that needs
//! attention (a transaction in doubt, a stuck saga, a dead letter, a row that was refused or differs, a setting).

mod bar;
mod capture;
mod doctor;
mod outbox;
mod output;
mod relay;
mod saga;
mod sync;
mod tables;
mod two_phase;

use std::path::PathBuf;
use std::process::ExitCode;

use activerecord::prelude::*;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use output::Output;

/// Administers outboxes, sagas, two-phase commit, and copies of tables.
///
/// Connections are read from the file of `--config`, or from `activerecord.toml` in the current folder, or from the environment
/// (`DATABASE_URL`, `DATABASE_URL_NAME`).
///
/// Exit codes: 0 success, 1 the command failed, 2 invalid usage, 3 success, but something needs attention.
#[derive(Parser, Debug)]
#[command(name = "activerecord", version)]
struct Cli {
    /// The file with the connections
    #[arg(long, global = true, env = "ACTIVERECORD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Transactions across databases (two-phase commit)
    #[command(subcommand)]
    TwoPhase(two_phase::Command),
    /// Sagas
    #[command(subcommand)]
    Saga(saga::Command),
    /// Outboxes
    #[command(subcommand)]
    Outbox(outbox::Command),
    Sync(sync::Sync),
    Verify(sync::Verify),
    Relay(relay::Relay),
    /// Triggers that capture changes of tables in the outbox
    #[command(subcommand)]
    Capture(capture::Command),
    Tables(tables::Tables),
    /// Checks whether every connection supports transactions across databases, and says how to fix it
    Doctor,
    /// Prints the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Whether a successful command found something that needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// It found nothing.
    None,
    /// It found something: exit code 3.
    Needed,
}

impl From<bool> for Attention {
    fn from(needed: bool) -> Self {
        if needed { Self::Needed } else { Self::None }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(Attention::None) => ExitCode::SUCCESS,
        Ok(Attention::Needed) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<Attention> {
    let output = Output { json: cli.json };
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "activerecord", &mut std::io::stdout());
        return Ok(Attention::None);
    }
    configure(cli.config)?;
    match cli.command {
        Command::TwoPhase(command) => two_phase::run(command, output).await,
        Command::Saga(command) => saga::run(command, output).await,
        Command::Outbox(command) => outbox::run(command, output).await,
        Command::Sync(arguments) => sync::sync(arguments, output).await,
        Command::Verify(arguments) => sync::verify(arguments, output).await,
        Command::Relay(arguments) => relay::run(arguments, output).await,
        Command::Capture(command) => capture::run(command, output).await,
        Command::Tables(arguments) => tables::run(arguments, output).await,
        Command::Doctor => doctor::run(output).await,
        Command::Completions { .. } => Ok(Attention::None),
    }
}

fn configure(file: Option<PathBuf>) -> Result<()> {
    let here = PathBuf::from("activerecord.toml");
    match file.or_else(|| here.exists().then_some(here)) {
        Some(file) => ConnectionManager::configure_from_file(file)?,
        None => ConnectionManager::configure_from_env()?,
    }
    if ConnectionManager::names().is_empty() {
        return Err(Error::configuration(
            "no connections are configured: name a file with --config, or set DATABASE_URL",
        ));
    }
    Ok(())
}

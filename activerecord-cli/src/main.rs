//! `activerecord`: looks after what the library keeps across databases.
//!
//! Exit codes: 0, nothing needs attention; 1, it could not be done; 2, the command line makes no sense; 3, it was done, and
//! something needs somebody's attention (a transaction in doubt, a stuck saga, a dead letter, a row that was refused or
//! differs, a setting).

mod bar;
mod capture;
mod doctor;
mod outbox;
mod output;
mod relay;
mod saga;
mod sync;
mod two_phase;

use std::path::PathBuf;
use std::process::ExitCode;

use activerecord::prelude::*;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use output::Output;

/// Looks after what activerecord keeps across databases.
///
/// The connections are those of `--config`, else of `activerecord.toml` in this folder if it is there, else of the environment
/// (`DATABASE_URL`, `DATABASE_URL_NAME`).
///
/// Exit codes: 0 nothing needs attention, 1 it could not be done, 2 wrong usage, 3 done, and something needs attention.
#[derive(Parser, Debug)]
#[command(name = "activerecord", version)]
struct Cli {
    /// A file with the connections
    #[arg(long, global = true, env = "ACTIVERECORD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Transactions across databases
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
    /// Triggers that write the changes of tables to the outbox
    #[command(subcommand)]
    Capture(capture::Command),
    /// What keeps connections from taking part in transactions across databases, and how to mend it
    Doctor,
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// Nothing needs any.
    None,
    /// Something does.
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
        return Err(Error::configuration("there are no connections: name a file with --config, or set DATABASE_URL"));
    }
    Ok(())
}

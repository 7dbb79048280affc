//! Development tasks: `cargo xtask --help` lists them.

mod bench;
mod cargo;
mod checks;
mod example;
mod faults;
mod lanes;
mod programs;
mod report;
mod services;
mod tally;
mod tidy;
mod watched;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cargo::Cargo;

/// What a task gives, or what stopped it.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Development tasks of activerecord.
#[derive(Parser, Debug)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Everything CI checks: format, lints, tests, documentation, invariants, and the example twice
    Test(checks::Arguments),
    /// Servers for the tests: databases and brokers, on free ports
    #[command(subcommand)]
    Services(services::Task),
    /// The fault matrix: processes and servers that are killed, stopped and cut off
    Faults(faults::Arguments),
    /// The invariants of the source that no compiler checks
    Tidy,
    /// Runs the tests and accepts the expansions, messages and SQL that they saw
    Bless,
    /// Compares with other libraries (benches/peers)
    Bench {
        /// Passed on to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compares `activerecord sync` and `verify` with other programs, which it installs (benches/sync)
    BenchSync {
        /// Passed on to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compares what models cost to compile with other libraries (`benches/compile_time`)
    BenchCompile {
        /// Passed on to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Test(arguments) => checks::run(&arguments),
        Task::Services(task) => services::run(task),
        Task::Faults(arguments) => faults::run(&arguments),
        Task::Tidy => tidy::run().map(|summary| println!("{summary}")),
        Task::Bless => bless(),
        Task::Bench { args } => bench::run(args),
        Task::BenchSync { args } => bench::sync(args),
        Task::BenchCompile { args } => bench::compile_time(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Snapshots are overwritten where they lie; none of these tests needs a server. A forced pass, so that one run accepts all snapshots of a test.
fn bless() -> Result<()> {
    let targets = ["--lib", "--test", "facade", "--test", "conformance", "--test", "ui"];
    Cargo::new(["test", "--workspace", "--all-features", "--no-fail-fast"].into_iter().chain(targets))
        .env("TRYBUILD", "overwrite")
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .run()
}

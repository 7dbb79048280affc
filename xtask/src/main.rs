//! Development tasks: `cargo xtask --help` lists them.

mod bench;
mod cargo;
mod checks;
mod corpus;
mod example;
mod faults;
mod fuzz;
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

/// The result type of this program: errors are only printed.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Development tasks of activerecord.
#[derive(Parser, Debug)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Checks everything that CI checks: format, lints, tests, documentation, invariants, and the example twice
    Test(checks::Arguments),
    /// Starts and stops the private servers of the tests: databases and brokers, on free ports
    #[command(subcommand)]
    Services(services::Task),
    /// Runs the fault matrix, which kills, stops and disconnects processes and servers
    Faults(faults::Arguments),
    /// Runs generated programs on every database and on an evaluator, and prints those that are answered differently
    Fuzz {
        /// The arguments of the fuzzer: --minutes, --seed, --database, --finds
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Checks the invariants of the source that the compiler does not check
    Tidy,
    /// Runs the tests without a server, and accepts the new snapshots: expansions, messages and SQL
    Bless,
    /// Compares the run time with other libraries (benches/peers)
    Bench {
        /// The arguments of the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compares `activerecord sync` and `verify` with other programs, which it installs (benches/sync)
    BenchSync {
        /// The arguments of the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Copies awkward tables between all databases and compares (`tests/sync_corpus`): also `generate`, `kill`, `test`
    SyncCorpus {
        /// The arguments of the program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compares the compile time of models with other libraries (`benches/compile_time`)
    BenchCompile {
        /// The arguments of the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Test(arguments) => checks::run(&arguments),
        Task::Services(task) => services::run(task),
        Task::Faults(arguments) => faults::run(&arguments),
        Task::Fuzz { args } => fuzz::run(args),
        Task::Tidy => tidy::run().map(|summary| println!("{summary}")),
        Task::Bless => bless(),
        Task::Bench { args } => bench::run(args),
        Task::BenchSync { args } => bench::sync(args),
        Task::SyncCorpus { args } => corpus::run(args),
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

/// Overwrites the snapshots in the source. None of these tests needs a server. Every assertion of a snapshot passes, so
/// that one run accepts all snapshots of a test.
fn bless() -> Result<()> {
    let targets = ["--lib", "--test", "facade", "--test", "conformance", "--test", "ui"];
    Cargo::new(["test", "--workspace", "--all-features", "--no-fail-fast"].into_iter().chain(targets))
        .env("TRYBUILD", "overwrite")
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .run()
}

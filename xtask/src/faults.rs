//! `cargo xtask faults`: the fault matrix alone. `cargo xtask test` runs its shorter form among the other tests.

use clap::Args;

use crate::Result;
use crate::cargo::Cargo;
use crate::services::{Lease, Options, Service};

/// What to run.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Every point on every database, and minutes of storm
    #[arg(long)]
    long: bool,
    /// A part of the names of the tests: `t5`, `s1`, `o3`
    filter: Option<String>,
    #[command(flatten)]
    services: Options,
}

/// Runs the tests that start processes, then those that need none.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lease = Lease::new(&arguments.services, &Service::ALL)?;
    lease.start()?;
    let mut args = vec!["test", "--package", "faults", "--no-fail-fast"];
    args.extend(arguments.filter.as_deref());
    let length = if arguments.long { "long" } else { "short" };
    Cargo::new(args).envs(lease.variables()?).env("ACTIVERECORD_FAULTS", length).run()?;
    let mut pairs = vec!["test", "--package", "activerecord", "--all-features", "--test", "two_phase"];
    pairs.extend(arguments.filter.as_deref());
    Cargo::new(pairs).envs(lease.variables()?).run()
}

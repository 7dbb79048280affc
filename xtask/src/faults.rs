//! `cargo xtask faults`: the fault matrix alone. `cargo xtask test` runs its shorter form among the other tests.

use clap::Args;

use crate::Result;
use crate::cargo::Cargo;
use crate::checks::DATABASES;
use crate::services::{Lease, Options, Service};

/// What to run.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Every point on every database, and minutes of storm; in release, for there is much to work off
    #[arg(long)]
    long: bool,
    /// A part of the names of the tests: `t5`, `s1`, `o3`
    filter: Option<String>,
    #[command(flatten)]
    services: Options,
}

/// Runs the tests that start processes, then those that need none, and those that every database has.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lease = Lease::new(&arguments.services, &Service::ALL)?;
    lease.start()?;
    let length = if arguments.long { "long" } else { "short" };
    let part = arguments.filter.as_deref();
    let run = |args: &[&str], database: &str| {
        let cargo = Cargo::new(args.iter().copied().chain(part)).envs(lease.variables()?);
        cargo.env("ACTIVERECORD_FAULTS", length).env("ACTIVERECORD_TEST_DATABASE", database).run()
    };
    let facade = ["test", "--package", "activerecord", "--all-features", "--test"];
    let build = if arguments.long { "release" } else { "test" };
    let mut done = run(&["test", "--package", "faults", "--profile", build, "--no-fail-fast"], "sqlite");
    // The bounds of pauses, which need no database.
    done = done.and(run(&["test", "--package", "activerecord-distributed", "--lib"], "sqlite"));
    for test in ["two_phase", "faults"] {
        done = done.and(run(&[&facade[..], &[test]].concat(), "sqlite"));
    }
    for database in ["sqlite"].iter().chain(DATABASES).filter(|database| !lease.leaves_out(database)) {
        let cases = [&facade[..], &["conformance"]].concat();
        let cases = if part.is_none() { [&cases[..], &["distributed"]].concat() } else { cases };
        done = done.and(run(&cases, database));
    }
    done
}

//! `cargo xtask faults`: the fault matrix alone. `cargo xtask test` runs its shorter form among the other tests.

use clap::Args;

use crate::Result;
use crate::checks::DATABASES;
use crate::programs::Programs;
use crate::services::{Lease, Options, Service};
use crate::watched::watched;

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

/// The programs of the matrix. The library has the bounds of pauses, which need no database.
const PROGRAMS: [&str; 4] = ["faults matrix", "activerecord-distributed", "two_phase", "faults"];

/// Runs the tests that start processes, then those that need none, and those that every database has.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lease = Lease::new(&arguments.services, &Service::ALL)?;
    let targets =
        ["--lib", "--bins", "--test", "matrix", "--test", "two_phase", "--test", "faults", "--test", "conformance"];
    let profile: &[&str] = if arguments.long { &["--release"] } else { &[] };
    let programs = Programs::build(&[&targets[..], profile].concat())?;
    lease.start()?;
    let length = if arguments.long { "long" } else { "short" };
    let run = |title: &str, database: &str, part: Option<&str>| {
        let mut command = programs.test(title)?.command();
        command.args(part).envs(lease.variables()?);
        command.env("ACTIVERECORD_FAULTS", length).env("ACTIVERECORD_TEST_DATABASE", database);
        watched(command, title, |line| println!("{line}"))
    };
    let part = arguments.filter.as_deref();
    let mut done = Ok(());
    for title in PROGRAMS {
        done = done.and(run(title, "sqlite", part));
    }
    for database in DATABASES.iter().filter(|database| !lease.leaves_out(database)) {
        done = done.and(run("conformance", database, part.or(Some("distributed"))));
    }
    done
}

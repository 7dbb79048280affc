//! `cargo xtask faults`: only the fault matrix. `cargo xtask test` includes its short form.

use clap::Args;

use crate::Result;
use crate::checks::DATABASES;
use crate::programs::Programs;
use crate::services::{Lease, Options, Service};
use crate::watched::watched;

/// The arguments of the command.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Run every failpoint on every database, and longer storms, in release mode
    #[arg(long)]
    long: bool,
    /// Run only the tests whose name contains this: `t5`, `s1`, `o3`
    filter: Option<String>,
    #[command(flatten)]
    services: Options,
}

/// The programs that are not run on each database. `activerecord-distributed` has the unit tests of the matrix, which
/// need no database.
const PROGRAMS: [&str; 4] = ["faults matrix", "activerecord-distributed", "two_phase", "faults"];

/// Runs these programs, and then the conformance cases on every database.
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

//! `cargo xtask fuzz`: generated programs on every database and on an evaluator.

use std::ffi::OsString;

use crate::Result;
use crate::cargo::Cargo;
use crate::services::{Lease, Options, Service};

/// Starts the databases, runs the fuzzer, and stops them.
pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    if args.iter().any(|arg| arg == "--texts") {
        return Cargo::new(["run", "--package", "fuzz", "--"]).args(args).run();
    }
    let options = Options::default();
    let lease = Lease::new(&options, &[Service::Postgres, Service::Mariadb, Service::Mysql])?;
    Cargo::new(["build", "--package", "fuzz"]).run()?;
    lease.start()?;
    Cargo::new(["run", "--package", "fuzz", "--"]).args(args).envs(lease.variables()?).run()
}

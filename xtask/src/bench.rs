//! `cargo xtask bench`, `bench-sync` and `bench-compile`: comparisons with other libraries and programs, on private
//! servers.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use crate::Result;
use crate::cargo::{Cargo, root};
use crate::services::{Lease, Options, Service};

/// Starts the servers that the comparison of run times needs, runs it, and stops them.
pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    let options = Options::default();
    let servers = servers(&args);
    let lease = Lease::new(&options, &servers)?;
    let mut cargo = workspace("benches/peers/Cargo.toml").args(args);
    if !servers.is_empty() {
        lease.start()?;
        cargo = cargo.envs(lease.variables()?);
    }
    cargo.run()
}

/// Compares copies between databases with other programs. Uses the servers of the environment if it has both, otherwise
/// private ones.
pub(crate) fn sync(args: Vec<OsString>) -> Result<()> {
    Cargo::new(["build", "--release", "--package", "activerecord-cli"]).run()?;
    let options = Options::default();
    let lease = Lease::new(&options, &[Service::Postgres, Service::Mariadb, Service::Nats])?;
    let mut python = Command::new("python3");
    python.arg(root().join("benches/sync/run.py")).args(args);
    if env::var_os("DATABASE_URL_POSTGRES").is_none() || env::var_os("DATABASE_URL_MARIADB").is_none() {
        lease.start()?;
        python.envs(lease.variables()?);
    }
    if python.status()?.success() { Ok(()) } else { Err("benches/sync/run.py failed".into()) }
}

/// Compares the compile times of models.
pub(crate) fn compile_time(args: Vec<OsString>) -> Result<()> {
    workspace("benches/compile_time/Cargo.toml").args(args).run()
}

/// Returns a run of a benchmark. Each benchmark is its own workspace, so the lockfile of this workspace does not
/// contain the libraries that it compares.
fn workspace(manifest: &str) -> Cargo {
    Cargo::new(["run", "--release", "--manifest-path", manifest, "--"])
}

/// Returns the servers of the databases in the arguments. Without a database it returns all servers; if only SQLite is
/// measured, it returns none.
fn servers(args: &[OsString]) -> Vec<Service> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let has = |names: &[&str]| args.iter().any(|arg| names.contains(&arg.as_ref()));
    let only_sqlite = has(&["--instructions", "--allocations"]) && !has(&["--publish"]);
    if only_sqlite || has(&["--help", "-h"]) {
        return Vec::new();
    }
    let next = args.windows(2).filter(|pair| pair[0] == "--database").map(|pair| pair[1].as_ref());
    let named: Vec<&str> = args.iter().filter_map(|arg| arg.strip_prefix("--database=")).chain(next).collect();
    let all = [Service::Postgres, Service::Mariadb];
    all.into_iter().filter(|service| named.is_empty() || named.contains(&service.to_string().as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<Service> {
        servers(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_servers_of_the_named_databases() {
        assert_eq!(of("--quick"), [Service::Postgres, Service::Mariadb]);
        assert_eq!(of("--database sqlite --quick"), []);
        assert_eq!(of("--database sqlite --database=mariadb"), [Service::Mariadb]);
    }

    #[test]
    fn counts_on_sqlite_need_no_server() {
        assert_eq!(of("--instructions"), []);
        assert_eq!(of("--instructions --publish").len(), 2);
        assert_eq!(of("--help"), []);
    }
}

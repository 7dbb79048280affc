//! `cargo xtask sync-corpus`: copies awkward tables between all databases, and compares with programs in Python
//! (`tests/sync_corpus`).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::cargo::{Cargo, root};
use crate::services::{Lease, Options, Service};

/// The first argument that selects another program than run.py.
const PROGRAMS: [(&str, &str); 4] =
    [("generate", "generate.py"), ("kill", "kill.py"), ("check", "check.py"), ("test", "test_check.py")];

/// Runs the program that the first argument selects. Uses the servers of the environment if it has all of them, otherwise
/// private ones.
pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    let (program, args) = chosen(args);
    let python = python()?;
    let options = Options::default();
    let lease = Lease::new(&options, &[Service::Postgres, Service::Mariadb, Service::Mysql])?;
    let copies = !matches!(program, "check.py" | "test_check.py");
    if copies && !args.iter().any(|arg| arg.to_string_lossy().starts_with("--binary")) {
        Cargo::new(["build", "--package", "activerecord-cli"]).run()?;
    }
    let mut command = Command::new(python);
    command.arg(folder().join(program)).args(args);
    if ["POSTGRES", "MARIADB", "MYSQL"].iter().any(|name| env::var_os(format!("DATABASE_URL_{name}")).is_none()) {
        lease.start()?;
        command.envs(lease.variables()?);
    }
    if command.status()?.success() { Ok(()) } else { Err(format!("tests/sync_corpus/{program} found a fault").into()) }
}

fn folder() -> PathBuf {
    root().join("tests/sync_corpus")
}

/// Returns the program that the arguments select, and its arguments.
fn chosen(mut args: Vec<OsString>) -> (&'static str, Vec<OsString>) {
    let first = args.first().map(|arg| arg.to_string_lossy().into_owned());
    match PROGRAMS.iter().find(|(name, _)| first.as_deref() == Some(*name)) {
        Some((_, program)) => (program, args.split_off(1)),
        None => ("run.py", args),
    }
}

/// Returns the interpreter of a virtual environment with the drivers. Installs them if they are missing or outdated.
fn python() -> Result<PathBuf> {
    let home = root().join("target/sync-corpus/venv");
    let (interpreter, installed) = (home.join("bin/python"), home.join("requirements.txt"));
    let required = folder().join("requirements.txt");
    if fs::read(&required)? != fs::read(&installed).unwrap_or_default() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        succeed(Command::new(&interpreter).args(install).arg(&required))?;
        fs::copy(required, installed)?;
    }
    Ok(interpreter)
}

fn succeed(command: &mut Command) -> Result<()> {
    if command.status()?.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (&'static str, usize) {
        let (program, args) = chosen(line.split_whitespace().map(OsString::from).collect());
        (program, args.len())
    }

    #[test]
    fn the_first_argument_selects_the_program() {
        assert_eq!(of(""), ("run.py", 0));
        assert_eq!(of("--quick -j1"), ("run.py", 2));
        assert_eq!(of("generate --seed 7"), ("generate.py", 2));
        assert_eq!(of("kill"), ("kill.py", 0));
    }
}

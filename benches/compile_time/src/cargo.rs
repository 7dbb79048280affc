//! Calls of cargo and of the compiler.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::contestant::{Crate, Variant};

/// The folder for everything that is generated, built or measured.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target")
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest)
}

/// Checks a crate, builds its dependencies if needed, and returns the duration.
pub fn check(of: &Crate, variant: Variant, incremental: bool) -> Result<Duration> {
    let mut cargo = cargo("check", of, variant);
    cargo.arg("--quiet").env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" });
    let start = Instant::now();
    let status = cargo.status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("the crate of {} does not compile", of.name).into()) }
}

/// Returns the source of a crate with all macros expanded.
pub fn expand(of: &Crate, variant: Variant) -> Result<String> {
    let mut cargo = cargo("rustc", of, variant);
    cargo.args(["--quiet", "--profile", "check", "--", "-Zunpretty=expanded"]);
    cargo.env("CARGO_INCREMENTAL", "0").env(WRAPPER, env::current_exe()?);
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("the crate of {} does not expand", of.name).into())
    }
}

/// The version of the compiler.
pub fn compiler_version() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(String::from_utf8(Command::new(rustc).arg("--version").output()?.stdout)?.trim().to_owned())
}

fn cargo(command: &str, of: &Crate, variant: Variant) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(command).args(variant.arguments()).current_dir(&of.folder);
    // One folder for all crates, so that shared dependencies are built once.
    cargo.env("CARGO_TARGET_DIR", target().join("built"));
    cargo
}

const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Whether cargo runs this process as a wrapper of the compiler, because of [`expand`].
pub fn wraps_the_compiler() -> bool {
    env::var_os(WRAPPER).is_some_and(|wrapper| env::current_exe().is_ok_and(|this| this == wrapper))
}

/// Runs the compiler with unstable options for one crate, and not for its dependencies.
pub fn compiler(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let compiler = arguments.next().ok_or("expected the path of the compiler as the first argument")?;
    let status = Command::new(compiler).args(arguments).env("RUSTC_BOOTSTRAP", OsStr::new("1")).status()?;
    if status.success() { Ok(()) } else { Err("the compiler failed".into()) }
}

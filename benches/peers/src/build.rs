//! Building the contestants: each its own workspace, all with one copy of SQLite.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// The contestants, in the order of a round. The others are compared with the first.
pub const CONTESTANTS: [&str; 3] = ["rusqlite", "activerecord", "diesel"];

/// Builds every contestant, and returns the paths of their programs.
///
/// rusqlite's build compiles SQLite; Diesel would bring another version of it with other options, so it is linked with
/// the same object code. activerecord compiles that same source again.
pub fn all() -> Result<Vec<(&'static str, PathBuf)>> {
    let mut sqlite: Option<String> = None;
    let mut built = Vec::new();
    for name in CONTESTANTS {
        eprintln!("building {name}");
        let messages = build(name, sqlite.as_deref().filter(|_| name == "diesel"))?;
        if name == "rusqlite" {
            sqlite = messages.iter().find_map(sqlite_directory);
        }
        let program = messages.iter().find_map(|message| program(message, name));
        built.push((name, program.ok_or(format!("cargo built no program for {name}"))?));
    }
    Ok(built)
}

/// The directory for everything that is built or measured.
pub fn target() -> PathBuf {
    root().join("target")
}

/// The versions of what is compared, by its locked dependencies.
pub fn versions() -> Vec<(String, String)> {
    CONTESTANTS.iter().filter_map(|name| Some(((*name).to_owned(), locked(name)?))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn build(name: &str, sqlite: Option<&str>) -> Result<Vec<Value>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--release", "--message-format", "json-render-diagnostics", "--manifest-path"]);
    cargo.arg(root().join(name).join("Cargo.toml")).arg("--target-dir").arg(target());
    if name != "activerecord" {
        // The peers stay at the versions that were compared. What activerecord depends on is in its own manifest.
        cargo.arg("--locked");
    }
    if let Some(directory) = sqlite {
        cargo.env("SQLITE3_STATIC", "1").env("SQLITE3_LIB_DIR", directory).env("SQLITE3_NO_PKG_CONFIG", "1");
    }
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{name} does not build").into());
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn sqlite_directory(message: &Value) -> Option<String> {
    let of_sqlite = message["reason"] == "build-script-executed"
        && message["package_id"].as_str().is_some_and(|id| id.contains("libsqlite3-sys"));
    of_sqlite.then(|| message["out_dir"].as_str().map(str::to_owned)).flatten()
}

fn program(message: &Value, name: &str) -> Option<PathBuf> {
    let of_contestant = message["target"]["name"] == format!("peer-{name}");
    of_contestant.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
}

fn locked(name: &str) -> Option<String> {
    let lock = std::fs::read_to_string(root().join(name).join("Cargo.lock")).ok()?;
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version.to_owned())
}

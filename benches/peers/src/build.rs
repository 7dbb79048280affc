//! Builds the contestants: each in its own workspace, all with the same build of SQLite.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use protocol::Database;
use serde_json::Value;

use crate::Result;
use crate::entries::{self, ENTRIES, Entry};
use crate::options::Options;
use crate::places::feature;

/// The Debian packages of the C libraries that contestants link, by contestant and database.
const LIBRARIES: [(&str, Database, &str); 2] =
    [("diesel", Database::Postgres, "libpq-dev"), ("diesel", Database::Mariadb, "libmariadb-dev")];

/// The purpose of a contestant's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Its time is measured.
    Time,
    /// Its allocations are counted, which costs time.
    Allocations,
}

/// A contestant's program.
#[derive(Clone, Debug)]
pub struct Built {
    /// The contestant.
    pub entry: &'static Entry,
    /// The path of the program.
    pub program: PathBuf,
}

/// Builds every selected contestant for a database.
///
/// rusqlite's build compiles SQLite. The other contestants would compile other versions, or with other options, so they
/// link the same object code.
pub fn all(database: Database, options: &Options, purpose: Purpose) -> Result<Vec<Built>> {
    let mut sqlite: Option<String> = None;
    let mut built = Vec::new();
    for entry in entries::on(database, options) {
        eprintln!("building {} for {}", entry.name, feature(database));
        let messages = build(entry, database, purpose, sqlite.as_deref())?;
        if entry.name == "rusqlite" {
            sqlite = messages.iter().find_map(sqlite_directory);
        }
        let program = messages.iter().find_map(|message| program(message, entry.name));
        let program = program.ok_or_else(|| format!("cargo built no program for {}", entry.name))?;
        built.push(Built { entry, program: kept(&program, entry, database, purpose)? });
    }
    Ok(built)
}

/// The folder for builds and measurements.
pub fn target() -> PathBuf {
    root().join("target")
}

/// The folder of this workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The versions of all contestants, from their lockfiles.
pub fn versions() -> Vec<(&'static str, String)> {
    ENTRIES.iter().filter_map(|entry| Some((entry.name, locked(entry)?))).collect()
}

fn build(entry: &Entry, database: Database, purpose: Purpose, sqlite: Option<&str>) -> Result<Vec<Value>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--release", "--message-format", "json-render-diagnostics", "--manifest-path"]);
    cargo.arg(root().join(entry.name).join("Cargo.toml")).arg("--target-dir").arg(target());
    cargo.args(["--features", &features(entry, database, purpose)]);
    if entry.name != "activerecord" {
        // The other libraries keep the compared versions. activerecord's dependencies are in its own manifest.
        cargo.arg("--locked");
    }
    if let Some(directory) = sqlite {
        cargo.env("SQLITE3_STATIC", "1").env("SQLITE3_LIB_DIR", directory).env("SQLITE3_NO_PKG_CONFIG", "1");
        // Prevents the bundled build, if a dependency enables it.
        cargo.env("LIBSQLITE3_SYS_USE_PKG_CONFIG", "1");
    }
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} does not build for {}{}", entry.name, feature(database), hint(entry, database)).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn features(entry: &Entry, database: Database, purpose: Purpose) -> String {
    let database = Some(feature(database)).filter(|_| entry.databases.len() > 1);
    let purpose = Some("allocations").filter(|_| purpose == Purpose::Allocations);
    database.into_iter().chain(purpose).collect::<Vec<_>>().join(",")
}

fn hint(entry: &Entry, database: Database) -> String {
    let library = LIBRARIES.iter().find(|(name, on, _)| *name == entry.name && *on == database);
    library.map_or(String::new(), |(.., package)| {
        format!(": it links a C library; install Debian's package {package}, or select others with --contestant")
    })
}

/// Copies a program to a place where the next build does not overwrite it.
fn kept(program: &Path, entry: &Entry, database: Database, purpose: Purpose) -> Result<PathBuf> {
    let folder = target().join("peers");
    fs::create_dir_all(&folder)?;
    let purpose = if purpose == Purpose::Allocations { "-allocations" } else { "" };
    let copy = folder.join(format!("{}-{}{purpose}", entry.name, feature(database)));
    fs::copy(program, &copy)?;
    Ok(copy)
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

fn locked(entry: &Entry) -> Option<String> {
    let lock = fs::read_to_string(root().join(entry.name).join("Cargo.lock")).ok()?;
    let (_, rest) = lock.split_once(&format!("name = \"{}\"\nversion = \"", entry.package))?;
    rest.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_has_a_locked_version() {
        assert_eq!(versions().len(), ENTRIES.len());
    }

    #[test]
    fn a_contestant_of_one_database_has_no_feature_for_it() {
        assert_eq!(features(&ENTRIES[0], Database::Sqlite, Purpose::Allocations), "allocations");
        assert_eq!(features(&ENTRIES[2], Database::Sqlite, Purpose::Time), "sqlite");
    }
}

//! The main example, unchanged, from every kind of database to every other, and to its own kind. Each pair has two new
//! databases and two runs: the second one finds the work of the first, and copies only what changed.

use std::env;
use std::path::Path;
use std::process::Command;

use activerecord::prelude::*;
use test_support::{example, is_left_out};

/// What the example's closing line starts with.
const SUMMARY: &str = "Rows copied to analytics: ";

/// Where databases can be made.
enum Place {
    /// In a folder of the test.
    Files,
    /// On the server that a variable names.
    Server(&'static str),
}

const PLACES: [(&str, Place); 4] = [
    ("sqlite", Place::Files),
    ("postgres", Place::Server("DATABASE_URL_POSTGRES")),
    ("mariadb", Place::Server("DATABASE_URL_MARIADB")),
    ("mysql", Place::Server("DATABASE_URL_MYSQL")),
];

impl Place {
    /// Makes a new database, and returns its URL.
    async fn make(&self, name: &str, folder: &Path) -> Result<String> {
        let Self::Server(variable) = self else {
            return Ok(format!("sqlite://{}?mode=rwc", folder.join(name).with_extension("db").display()));
        };
        let url = env::var(variable).map_err(|_| {
            Error::configuration(format!("{variable} is not set: run `cargo xtask test`, which starts the servers"))
        })?;
        let server = format!("the server of {name}");
        ConnectionManager::configure(&server, &url)?;
        connection(&server)?.execute(&format!("DROP DATABASE IF EXISTS {name}"), []).await?;
        connection(&server)?.execute(&format!("CREATE DATABASE {name}"), []).await?;
        let (before, _) = url.rsplit_once('/').ok_or_else(|| Error::configuration("the URL names no database"))?;
        Ok(format!("{before}/{name}"))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let Self::Server(_) = self else { return Ok(()) };
        let server = format!("the server of {name}");
        connection(&server)?.execute(&format!("DROP DATABASE {name}"), []).await?;
        ConnectionManager::remove(&server).await
    }
}

/// One run of the example; returns how many rows it copied.
fn run(primary: &str, analytics: &str, folder: &Path) -> Result<u64> {
    let output = Command::new(example("cross_database").map_err(Error::custom)?)
        .env("PRIMARY_URL", primary)
        .env("ANALYTICS_URL", analytics)
        .current_dir(folder)
        .output()
        .map_err(Error::custom)?;
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{error}");
    let copied = out.lines().find_map(|line| line.strip_prefix(SUMMARY));
    let copied = copied.and_then(|rows| rows.replace(',', "").parse().ok());
    copied.ok_or_else(|| Error::invalid(format!("no line `{SUMMARY}N`: {out}")))
}

#[tokio::test]
async fn the_example_runs_on_every_pair() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let places: Vec<_> = PLACES.iter().filter(|(name, _)| !is_left_out(name)).collect();
    for (from, primary) in &places {
        for (to, analytics) in &places {
            let names = [format!("pair_{from}_{to}_primary"), format!("pair_{from}_{to}_analytics")];
            let primary_url = primary.make(&names[0], folder.path()).await?;
            let analytics_url = analytics.make(&names[1], folder.path()).await?;
            let copied =
                [run(&primary_url, &analytics_url, folder.path())?, run(&primary_url, &analytics_url, folder.path())?];
            assert_eq!(copied, [4780, 3], "from {from} to {to}");
            primary.remove(&names[0]).await?;
            analytics.remove(&names[1]).await?;
            println!("{from} to {to}: {} rows copied, then {}", copied[0], copied[1]);
        }
    }
    Ok(())
}

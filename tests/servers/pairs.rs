//! The main example, on every pair of databases. Each pair has two new databases and two runs. The second run copies
//! only the changes since the first.

use std::env;
use std::path::Path;
use std::process::Command;

use activerecord::prelude::*;
use test_support::{TIME_LIMIT, example, is_left_out};

/// The start of the last line that the example prints.
const SUMMARY: &str = "Rows copied to analytics: ";

/// A place for new databases.
enum Place {
    /// A folder of the test.
    Files,
    /// A server. This environment variable contains its URL.
    Server(&'static str),
}

const PLACES: [(&str, Place); 4] = [
    ("sqlite", Place::Files),
    ("postgres", Place::Server("DATABASE_URL_POSTGRES")),
    ("mariadb", Place::Server("DATABASE_URL_MARIADB")),
    ("mysql", Place::Server("DATABASE_URL_MYSQL")),
];

impl Place {
    /// Creates a database, and returns its URL.
    async fn make(&self, name: &str, folder: &Path) -> Result<String> {
        let Self::Server(variable) = self else {
            let file = folder.join(name).with_extension("db");
            return Ok(format!("sqlite://{}?mode=rwc&busy_timeout={TIME_LIMIT}", file.display()));
        };
        let url = env::var(variable).map_err(|_| {
            Error::configuration(format!("{variable} is not set: run `cargo xtask test`, which starts the servers"))
        })?;
        let server = format!("the server of {name}");
        ConnectionManager::configure(&server, Config::url(&url)?.option("connect_timeout", TIME_LIMIT))?;
        connection(&server)?.execute(&format!("DROP DATABASE IF EXISTS {name}"), []).await?;
        connection(&server)?.execute(&format!("CREATE DATABASE {name}"), []).await?;
        let (before, _) = url.rsplit_once('/').ok_or_else(|| Error::configuration("the URL names no database"))?;
        Ok(format!("{before}/{name}?connect_timeout={TIME_LIMIT}"))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let Self::Server(_) = self else { return Ok(()) };
        let server = format!("the server of {name}");
        connection(&server)?.execute(&format!("DROP DATABASE {name}"), []).await?;
        ConnectionManager::remove(&server).await
    }
}

/// Runs the example, and returns how many rows it copied.
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

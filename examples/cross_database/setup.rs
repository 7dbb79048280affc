//! The connections and their tables.

use std::{env, fs};

use activerecord::prelude::*;

use crate::report;

/// The folder of the two SQLite files, if no URL is given.
const FOLDER: &str = "cross_database_data";

/// Configures both connections, from `PRIMARY_URL` and `ANALYTICS_URL` or as SQLite files. It opens no connection.
pub fn connect() -> Result<()> {
    for name in ["primary", "analytics"] {
        let given = env::var(variable(name));
        let place = given.as_ref().map_or_else(|_| file(name), |_| format!("from {}", variable(name)));
        ConnectionManager::configure(name, given.or_else(|_| new_file(name))?)?;
        report::connection(name, connection(name)?.dialect().name(), &place);
    }
    Ok(())
}

/// Closes both connections, so that no journal files are left beside the SQLite files.
pub async fn disconnect() -> Result<()> {
    ConnectionManager::remove("primary").await?;
    ConnectionManager::remove("analytics").await
}

/// Creates the missing tables. SQLite, PostgreSQL, MySQL and MariaDB all accept these type names.
pub async fn create_tables() -> Result<()> {
    for (name, tables) in [("primary", PRIMARY), ("analytics", ANALYTICS)] {
        for table in tables {
            connection(name)?.execute(&format!("CREATE TABLE IF NOT EXISTS {table}"), []).await?;
        }
    }
    Ok(())
}

/// Prints the commands that show the SQLite files, for connections without a URL.
pub fn say_where_to_look() {
    let questions = [
        ("primary", "SELECT tailnum, inspections FROM planes WHERE inspections > 0"),
        ("analytics", "SELECT source, last_sync, rows_copied FROM sync_logs"),
    ];
    let commands = questions.iter().filter(|(name, _)| env::var(variable(name)).is_err());
    report::commands(commands.map(|(name, sql)| format!("sqlite3 {} \"{sql}\"", file(name))));
}

const PRIMARY: &[&str] = &[
    "airports (
        faa VARCHAR(4) NOT NULL PRIMARY KEY,
        name VARCHAR(100) NOT NULL,
        latitude DOUBLE PRECISION NOT NULL,
        longitude DOUBLE PRECISION NOT NULL,
        altitude INTEGER NOT NULL,
        time_zone VARCHAR(50),
        updated_at TIMESTAMP(6) NOT NULL
    )",
    "planes (
        tailnum VARCHAR(10) NOT NULL PRIMARY KEY,
        built INTEGER,
        manufacturer VARCHAR(100) NOT NULL,
        model VARCHAR(100) NOT NULL,
        seats INTEGER NOT NULL,
        inspections INTEGER NOT NULL,
        updated_at TIMESTAMP(6) NOT NULL
    )",
    "airlines (carrier VARCHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)",
];

const ANALYTICS: &[&str] = &[
    PRIMARY[0],
    "plane_facts (
        tailnum VARCHAR(10) NOT NULL PRIMARY KEY,
        description VARCHAR(200) NOT NULL,
        seats INTEGER NOT NULL,
        inspections INTEGER NOT NULL,
        updated_at TIMESTAMP(6) NOT NULL
    )",
    PRIMARY[2],
    "sync_logs (
        id VARCHAR(36) NOT NULL PRIMARY KEY,
        source VARCHAR(100) NOT NULL,
        last_sync TIMESTAMP(6) NULL,
        rows_copied BIGINT NOT NULL
    )",
];

/// Returns `PRIMARY_URL` for `primary`.
fn variable(name: &str) -> String {
    format!("{}_URL", name.to_uppercase())
}

fn file(name: &str) -> String {
    format!("{FOLDER}/{name}.db")
}

fn new_file(name: &str) -> Result<String> {
    fs::create_dir_all(FOLDER).map_err(Error::custom)?;
    Ok(format!("sqlite://{}?mode=rwc", file(name)))
}
